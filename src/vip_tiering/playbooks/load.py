"""All rules of a folder as typed values, each file read and validated once: those that decide on tiers, playbooks, what reports go by.

`vip tier compute` never reads what stands here (semantics 7.1).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vip_tiering.base.disk import write_new, writing
from vip_tiering.base.errors import RulesError
from vip_tiering.base.words import Words
from vip_tiering.playbooks import floor
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import Channel, ChannelsFile
from vip_tiering.playbooks.checks.lint import lint
from vip_tiering.playbooks.checks.outputs import OUTPUTS, put_out
from vip_tiering.playbooks.checks.references import check_together
from vip_tiering.playbooks.customers.customers_file import CustomerRules
from vip_tiering.playbooks.floor import PlaybookFile
from vip_tiering.playbooks.gates import GatesFile
from vip_tiering.playbooks.plan_ids import PlanIdsFile
from vip_tiering.playbooks.playbooks_file import Entry, Playbook, PlaybooksFile, looser_playbooks
from vip_tiering.playbooks.products import Product, ProductsFile
from vip_tiering.playbooks.profiles import Profile, ProfilesFile
from vip_tiering.playbooks.targets import TargetsFile
from vip_tiering.rules.calendar import LABELS
from vip_tiering.rules.folder import packaged_rules
from vip_tiering.rules.forms import RuleFile, json_schema
from vip_tiering.rules.load import FILES, RuleFolder, Rules, read_folder, rules_of
from vip_tiering.rules.tiers import TiersFile

PLAYBOOK_FILES: Final[dict[str, type[PlaybookFile]]] = {
    "channels.yaml": ChannelsFile,
    "customers.yaml": CustomerRules,
    "gates.yaml": GatesFile,
    "plan_ids.yaml": PlanIdsFile,
    "playbooks.yaml": PlaybooksFile,
    "products.yaml": ProductsFile,
    "profiles.yaml": ProfilesFile,
    "targets.yaml": TargetsFile,
}
"""The form of every file that playbooks and reports need."""
ALL_FILES: Final[dict[str, type[RuleFile]]] = dict(sorted({**FILES, **PLAYBOOK_FILES}.items()))
"""The form of every rule file, in the order in which problems are shown."""
NEEDED: Final = ("channels.yaml", "gates.yaml", "products.yaml", "profiles.yaml")
"""What must stand beside playbooks.yaml."""
_ENGLISH: Final = Words("en")


@dataclass(frozen=True)
class Cover:
    """An id of the plan, the entries that name it, each with its `file:line`, and the outputs (`outputs.OUTPUTS`) that answer it."""

    id: str
    fact: str
    fact_zh: str
    entries: tuple[tuple[str, Entry], ...]
    put_out_by: tuple[str, ...] = ()

    @property
    def by(self) -> tuple[str, ...]:
        """The entries that cover it, as `file:line name`."""
        return self.named(_ENGLISH, {})

    def named(self, words: Words, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Return the entries as `file:line name` in a language. `labels`: what the tiers are called."""
        of_tier = {entry: labels.get(entry.tier, entry.tier) if entry.tier else words.text("every_tier") for _, entry in self.entries}
        return tuple(f"{place} {words.text(entry.kind, id=entry.id, tier=of_tier[entry])}" for place, entry in self.entries)


@dataclass(frozen=True)
class Playbooks:
    """The playbooks of a folder of rules and what they refer to, true to each other.

    `labels`: the label of every tier, lowest first; `products` and `channels` by code; `profiles`: the systems that take lists,
    by code, every column with its header; `headers`: the header for people of every field of a list; `day_sheet`: what a manager's
    sheet of the day is called. `customers` says what the customer file looks like; where the folder does not say it, only the
    English names are known.
    """

    name: str
    labels: dict[str, str]
    file: PlaybooksFile
    products: dict[str, Product]
    channels: dict[str, Channel]
    gates: GatesFile
    plan_ids: PlanIdsFile | None
    customers: CustomerRules
    profiles: dict[str, Profile]
    headers: dict[str, str]
    day_sheet: str
    warnings: tuple[str, ...]
    covers: tuple[Cover, ...]

    @property
    def of_tier(self) -> dict[str, Playbook]:
        """The playbook of every tier, by its code."""
        return {book.tier: book for book in self.file.playbooks}

    @property
    def names(self) -> dict[str, str]:
        """What codes are called in Chinese: the actions, and the gates as reasons for which somebody is left out."""
        return {one.id: one.what_zh for one in self.actions()} | {one.code: one.meaning_zh for one in self.gates.gates}

    @property
    def missing(self) -> list[str]:
        """The ids of the plan that no rule covers."""
        return [one.id for one in self.covers if not one.by]

    @property
    def silent(self) -> list[str]:
        """The ids that a rule names, and of which no command puts out anything."""
        return [one.id for one in self.covers if one.by and not one.put_out_by]

    @property
    def summary(self) -> str:
        """One line on how much there is."""
        books = sum(one.playbook is None for one in self.file.playbooks)
        covered = sum(1 for one in self.covers if one.put_out_by)
        return f"{books} playbooks, {len(self.actions())} actions, {covered} of {len(self.covers)} ids of the plan covered"

    @property
    def taught(self) -> list[Product]:
        """The products that are taught: the topics of the actions that a measure names under `taught_by`, each once."""
        topics = {action.id: action.topics or [] for action in self.actions()}
        named = [one for measure in self.file.measures or () for one in measure.taught_by or ()]
        return [self.products[code] for code in dict.fromkeys(code for one in named for code in topics[one])]

    @property
    def hall_actions(self) -> dict[str, str]:
        """The actions that are events in the branch hall, by id, each as people call it: its occasion and what is handed out."""
        return {one.id: f"{LABELS[one.lobby.festival]}{one.lobby.material}" for one in self.actions() if one.lobby}

    def actions(self) -> list[Action]:
        """Return every action, in the order of the file."""
        return [action for _, _, action in self.file.placed_actions()]

    def actions_of(self, tier: str) -> list[tuple[Action, str]]:
        """Return what is done for a tier, with its origin: `plan`, `not_in_plan` or `ours`.

        First its own actions or those of the tier that it is the same as, then those of further tiers that reach it, then those of
        every tier.
        """
        book = self.of_tier[tier]
        own = self.of_tier[book.same_as or tier]
        result: list[tuple[Action, str]] = [(one, "not_in_plan" if book.same_as else one.origin) for one in own.actions or ()]
        for other in self.file.playbooks:
            if other is not own:
                result += [(one, "not_in_plan") for one in other.actions or () if tier in self.file.reached_tiers(other.tier, one)]
        if book.playbook is None:
            result += [(one, one.origin) for one in self.file.every_tier or ()]
        return result


@dataclass(frozen=True)
class AllRules:
    """All rules of a folder; each of them but `rules` may be absent from it.

    `shown`: how people know the folder; `private_tiers`: the tiers of private clients; `measures`: name for people of each
    figure of the branch.
    """

    shown: str
    rules: Rules
    playbooks: Playbooks | None
    customers: CustomerRules
    targets: TargetsFile | None
    private_tiers: tuple[str, ...]
    measures: dict[str, str]

    @property
    def name(self) -> str:
        """How a manifest names the folder."""
        return self.rules.name


def load(folder: str | Path | None = None) -> AllRules:
    """Return all rules of `folder`, else of `./rules` where it exists, else the packaged ones.

    Raises RulesError with every mistake of every file at once.
    """
    return _packaged() if folder == packaged_rules() else all_rules(read_folder(folder, ALL_FILES))


@functools.cache
def _packaged() -> AllRules:
    """Return the packaged rules, which nobody edits while the program runs; the demo asks for them six times."""
    return all_rules(read_folder(packaged_rules(), ALL_FILES))


def all_rules(read: RuleFolder) -> AllRules:
    """Return all rules of a folder that was read. Raises RulesError as `load` does; then the documents of the folder hold the problems."""
    rules = rules_of(read)
    absent = [file for file in NEEDED if PlaybooksFile in read.documents and ALL_FILES[file] not in read.documents]
    check_together(read)
    if (problems := [*(f"{read.shown}/playbooks.yaml: needs {file} beside it" for file in absent), *read.lines()]) or rules is None:
        raise RulesError(problems)
    book = read.sound(PlaybooksFile)
    return AllRules(
        shown=read.shown,
        rules=rules,
        playbooks=_playbooks(read),
        customers=read.sound(CustomerRules) or CustomerRules(),
        targets=read.sound(TargetsFile),
        private_tiers=tuple(book.private_tiers) if book else (),
        measures={one.id: one.label for one in (book.measures if book else None) or ()},
    )


def rules_with_playbooks(folder: str | Path | None = None) -> tuple[Rules, Playbooks]:
    """Return the rules and the playbooks of a folder. Raises RulesError as `load` does, and where there are no playbooks."""
    loaded = load(folder)
    if loaded.playbooks is None:
        raise RulesError(f"{loaded.name}: there is no playbooks.yaml in this folder")
    return loaded.rules, loaded.playbooks


def _playbooks(read: RuleFolder) -> Playbooks | None:
    """Return the playbooks of a folder without mistakes; None where it has none."""
    file, gates, products, channels = read.sound(PlaybooksFile), read.sound(GatesFile), read.sound(ProductsFile), read.sound(ChannelsFile)
    profiles, tiers, ids = read.sound(ProfilesFile), read.sound(TiersFile), read.sound(PlanIdsFile)
    if not (file and gates and products and channels and profiles and tiers):
        return None
    document, headers = read.documents[PlaybooksFile], profiles.headers.model_dump()
    customers = read.sound(CustomerRules) or CustomerRules()
    looser = [(read.documents[type(one)], one.looser()) for one in (channels, gates, products)]
    looser.append((document, looser_playbooks(file, tiers.ladders, gates, products.by_code, channels.by_code)))
    return Playbooks(
        name=read.name,
        labels=tiers.labels,
        file=file,
        products=products.by_code,
        channels=channels.by_code,
        gates=gates,
        plan_ids=ids,
        customers=customers.beside_lists(headers.values()),
        profiles=profiles.by_code,
        headers=headers,
        day_sheet=profiles.day_sheet,
        warnings=(
            *lint(document, file, products.by_code, channels.by_code, ids, customers),
            *(line for one, found in looser for line in floor.allowed(one, found)),
        ),
        covers=tuple(_covers(read, file, ids, channels.by_code)),
    )


def _covers(read: RuleFolder, file: PlaybooksFile, ids: PlanIdsFile | None, channels: Mapping[str, Channel]) -> Iterator[Cover]:
    outputs: dict[tuple[str | int, ...], list[str]] = {}
    for path, kind in put_out(file, channels, read.sound(TargetsFile)):
        outputs.setdefault(path, []).append(OUTPUTS[kind])
    entries: dict[str, list[tuple[str, Entry]]] = {}
    put_out_by: dict[str, list[str]] = {}
    for path, one, entry in file.covered():
        entries.setdefault(one, []).append((f"playbooks.yaml:{read.documents[PlaybooksFile].place(path).line}", entry))
        put_out_by.setdefault(one, []).extend(outputs.get(path[: path.index("covers")], ()))
    for fact in ids.ids if ids else ():
        commands = tuple(dict.fromkeys(put_out_by.get(fact.id, ())))
        yield Cover(fact.id, fact.fact, fact.fact_zh, tuple(entries.get(fact.id, ())), commands)


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of every rule file into `folder`, as `tiers.schema.json` and so on; return the paths."""
    paths = []
    for file, form in ALL_FILES.items():
        path = folder / file.replace(".yaml", ".schema.json")
        staging = folder / f".staging-{path.name}"
        with writing(path):
            try:
                write_new(staging, f"{json.dumps(json_schema(file, form), ensure_ascii=False, indent=2)}\n".encode())
                staging.rename(path)
            except OSError:
                staging.unlink(missing_ok=True)
                raise
        paths.append(path)
    return paths
