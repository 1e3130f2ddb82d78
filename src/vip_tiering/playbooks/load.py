"""The playbooks as typed values: what is done for each tier, checked against tiers, products, channels, gates and the plan.

`vip tier compute` never reads these files (semantics, section 7).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from vip_tiering.base.errors import OutputError, RulesError
from vip_tiering.playbooks import actions, customers, events, floor, messages, profiles, references, targets
from vip_tiering.playbooks.actions import Action, PlanIdsFile, Playbook, PlaybooksFile, check_plan_ids, placed_actions
from vip_tiering.playbooks.channels import Channel, ChannelsFile, check_channels
from vip_tiering.playbooks.customers import CUSTOMERS_FILE, CustomerRules
from vip_tiering.playbooks.gates import GatesFile, check_gates
from vip_tiering.playbooks.products import Product, ProductsFile, check_products
from vip_tiering.playbooks.profiles import Profile, ProfilesFile, check_profile_channels, with_headers
from vip_tiering.playbooks.references import Books, lint, missing_ids
from vip_tiering.playbooks.targets import TARGETS_FILE, TargetsFile
from vip_tiering.rules.calendar import CalendarFile
from vip_tiering.rules.forms import Strict, check_form
from vip_tiering.rules.load import FILES, Rules, check, folder_name, load_rules, locate_rules, rule_contents
from vip_tiering.rules.tiers import TiersFile
from vip_tiering.rules.yaml_file import Document

PLAYBOOK_FILES: Final[dict[str, type[Strict]]] = {
    "channels.yaml": ChannelsFile,
    CUSTOMERS_FILE: CustomerRules,
    "gates.yaml": GatesFile,
    "plan_ids.yaml": PlanIdsFile,
    "playbooks.yaml": PlaybooksFile,
    "products.yaml": ProductsFile,
    "profiles.yaml": ProfilesFile,
    TARGETS_FILE: TargetsFile,
}
"""The form of every file that playbooks and reports need, in the order in which problems are shown."""
CHECKS: Final[dict[str, Callable[[Document], None]]] = {
    "channels.yaml": lambda document: check_channels(document, ChannelsFile.model_validate(document.data)),
    "gates.yaml": lambda document: check_gates(document, GatesFile.model_validate(document.data)),
    "plan_ids.yaml": lambda document: check_plan_ids(document, PlanIdsFile.model_validate(document.data)),
    "products.yaml": lambda document: check_products(document, ProductsFile.model_validate(document.data)),
}
"""The checks of each file by itself."""
BOOK: Final = "playbooks.yaml"
NEEDED: Final = ("channels.yaml", "gates.yaml", "products.yaml", "profiles.yaml")
"""What must stand beside playbooks.yaml."""


@dataclass(frozen=True)
class Cover:
    """An id of the plan, and the entries that cover it as `file:line name`."""

    id: str
    fact: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Playbooks:
    """All playbooks of a folder of rules. `labels` names every tier for people, lowest first.

    `customers` says what the customer file looks like; where the folder does not say it, only the English names are known.
    `profiles`: the systems that take lists, by code, every column with its header; `headers`: the header for people of every
    field of a list.
    """

    name: str
    labels: dict[str, str]
    books: Books
    gates: GatesFile
    warnings: tuple[str, ...]
    covers: tuple[Cover, ...]
    customers: CustomerRules
    profiles: dict[str, Profile]
    headers: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The ids of the plan that no rule covers."""
        return missing_ids(self.books)

    @property
    def summary(self) -> str:
        """One line on how much there is."""
        file = self.books.playbooks
        books = sum(one.playbook is None for one in file.playbooks)
        actions = sum(1 for _ in placed_actions(file))
        covered = len(self.covers) - len(self.missing)
        return f"{books} playbooks, {actions} actions, {covered} of {len(self.covers)} ids of the plan covered"

    def playbook(self, tier: str) -> Playbook:
        """Return the playbook of a tier."""
        return next(one for one in self.books.playbooks.playbooks if one.tier == tier)

    def actions(self, tier: str) -> list[tuple[Action, str]]:
        """Return what is done for a tier, with its origin: `plan`, `not_in_plan` or `ours`."""
        book = self.playbook(tier)
        own = self.playbook(book.same_as or tier)
        result: list[tuple[Action, str]] = [(one, "not_in_plan" if book.same_as else one.origin) for one in own.actions or ()]
        for other in self.books.playbooks.playbooks:
            result += [(one, "not_in_plan") for one in other.actions or () if tier in [also.tier for also in one.also_for or ()]]
        if book.playbook is None:
            result += [(one, one.origin) for one in self.books.playbooks.every_tier or ()]
        return result


def check_rules(folder: str | FilePath | None = None) -> tuple[Rules, Playbooks | None]:
    """Return all rules of a folder, playbooks included where there are any. Raises RulesError with every mistake at once."""
    problems: list[str] = []
    rules = books = None
    try:
        books = load_playbooks(folder)
    except RulesError as error:
        problems += map(str, error.problems)
    try:
        rules = load_rules(folder)
    except RulesError as error:
        problems += [line for line in map(str, error.problems) if line not in problems]
    if problems or rules is None:
        raise RulesError(problems)
    return rules, books


def rules_with_playbooks(folder: str | FilePath | None = None) -> tuple[Rules, Playbooks]:
    """Return all rules of a folder that has playbooks. Raises RulesError as `check_rules` does, and where there are none."""
    rules, books = check_rules(folder)
    if books is None:
        raise RulesError(f"{rules.name}: there is no playbooks.yaml in this folder")
    return rules, books


def load_playbooks(folder: str | FilePath | None = None) -> Playbooks | None:
    """Return the playbooks of a folder of rules; None where it has no playbooks.yaml.

    Raises RulesError with every mistake of every rule file at once.
    """
    documents, name = _checked(folder)
    return _playbooks(documents, name) if BOOK in documents else None


@dataclass(frozen=True)
class ReportRules:
    """What reports go by; each of it may be absent from a folder of rules.

    `private_tiers`: the tiers of private clients; `measures`: name for people of each figure of the branch.
    """

    name: str
    customers: CustomerRules
    targets: TargetsFile | None
    private_tiers: tuple[str, ...]
    measures: dict[str, str]


def load_report_rules(folder: str | FilePath | None = None) -> ReportRules:
    """Return what reports go by. Raises RulesError with every mistake of every rule file at once."""
    documents, name = _checked(folder)
    data = {file: document.data for file, document in documents.items()}
    book = PlaybooksFile.model_validate(data[BOOK]) if BOOK in data else None
    return ReportRules(
        name=name,
        customers=CustomerRules.model_validate(data.get(CUSTOMERS_FILE, {})),
        targets=TargetsFile.model_validate(data[TARGETS_FILE]) if TARGETS_FILE in data else None,
        private_tiers=tuple(private_tiers(book)) if book else (),
        measures={one.id: one.label for one in (book.measures if book else None) or ()},
    )


def private_tiers(file: PlaybooksFile) -> list[str]:
    """Return the tiers of private clients: those that bar what goes to many."""
    return [book.tier for book in file.playbooks if book.bulk == "barred"]


def _checked(folder: str | FilePath | None) -> tuple[dict[str, Document], str]:
    """Return every rule file of a folder as a document without mistakes, and the folder's name."""
    path, shown = locate_rules(folder)
    documents = {
        file: check_form(content, PLAYBOOK_FILES[file], f"{shown}/{file}")
        if file in PLAYBOOK_FILES
        else check(content, file, f"{shown}/{file}")
        for file, content in rule_contents(path, shown, sorted({**FILES, **PLAYBOOK_FILES})).items()
    }
    checks = {**CHECKS, "profiles.yaml": profiles.check_profiles, TARGETS_FILE: targets.check_targets}
    for document in documents.values():
        floor.check_signatures(document, dt.date.today())  # noqa: DTZ011 (the branch's day)
    sound = {file for file, document in documents.items() if not document.problems}
    for file in [one for one in checks if one in sound]:
        checks[file](documents[file])
        if file in floor.FINDERS:
            floor.refuse(documents[file], floor.FINDERS[file](documents[file]))
    absent = [f"{shown}/{BOOK}: needs {file} beside it" for file in NEEDED if BOOK in documents and file not in documents]
    _check_together(documents)
    if problems := [*absent, *(line for document in documents.values() for line in document.lines())]:
        raise RulesError(problems)
    return documents, folder_name(path)


def _check_together(documents: dict[str, Document]) -> None:
    """Add what files say against each other; a file with mistakes of its own is no witness."""
    data = {file: document.data for file, document in documents.items() if not document.problems}
    gates = GatesFile.model_validate(data["gates.yaml"]) if "gates.yaml" in data else None
    forbidden = gates.forbidden_words.words if gates else []
    products = {one.code: one for one in ProductsFile.model_validate(data["products.yaml"]).products} if "products.yaml" in data else None
    channels = {one.code: one for one in ChannelsFile.model_validate(data["channels.yaml"]).channels} if "channels.yaml" in data else None
    if CUSTOMERS_FILE in data:
        customers.check_customers(documents[CUSTOMERS_FILE], channels)
    if products is not None:
        messages.check_product_labels(documents["products.yaml"], products, forbidden)
    if channels is not None and "profiles.yaml" in data:
        profiles = ProfilesFile.model_validate(data["profiles.yaml"])
        check_profile_channels(documents["profiles.yaml"], profiles, channels)
    ladders = TiersFile.model_validate(data["tiers.yaml"]) if "tiers.yaml" in data else None
    tiers = list(_labels(ladders)) if ladders else None
    if TARGETS_FILE in data:
        named = PlaybooksFile.model_validate(data[BOOK]).measures if BOOK in data else None
        measures = [one.id for one in named] if named else None
        targets.check_figures(documents[TARGETS_FILE], TargetsFile.model_validate(data[TARGETS_FILE]), tiers, measures)
    if BOOK in data:
        _check_books(documents, ladders, gates, products, channels)


def _check_books(
    documents: dict[str, Document],
    ladders: TiersFile | None,
    gates: GatesFile | None,
    products: dict[str, Product] | None,
    channels: dict[str, Channel] | None,
) -> None:
    """Add what the playbooks and the other files say against each other; None is a file with mistakes of its own."""
    data = {file: document.data for file, document in documents.items() if not document.problems}
    document, file = documents[BOOK], PlaybooksFile.model_validate(data[BOOK])
    if ladders is not None:
        actions.check_playbooks(document, file, list(_labels(ladders)))
    if "plan_ids.yaml" in data:
        ids = [one.id for one in PlanIdsFile.model_validate(data["plan_ids.yaml"]).ids]
        actions.check_plan_covered(document, file, ids)
    references.check_references(document, file, products, channels)
    messages.check_messages(document, file, products, channels, gates.forbidden_words.words if gates else [])
    if channels is not None:
        references.check_appointments(document, file, channels)
    if gates is not None:
        references.check_reassess(document, file, gates)
    if ladders and gates and products is not None and channels is not None:
        floor.refuse(document, floor.looser_playbooks(file, ladders, gates, products, channels))
    if events.FILE in data and not document.problems:
        calendar = CalendarFile.model_validate(data[events.FILE])
        events.check_actions(documents[events.FILE], calendar, file)


def _labels(file: TiersFile) -> dict[str, str]:
    """Return code and label of every tier of every ladder, lowest first."""
    ladders = [file.tiers] if file.tiers is not None else [one.tiers for one in file.sets or ()]
    return {tier.code: tier.label for ladder in ladders for tier in ladder}


def _playbooks(documents: dict[str, Document], name: str) -> Playbooks:
    data = {file: document.data for file, document in documents.items()}
    books = Books(
        PlaybooksFile.model_validate(data[BOOK]),
        {one.code: one for one in ProductsFile.model_validate(data["products.yaml"]).products},
        {one.code: one for one in ChannelsFile.model_validate(data["channels.yaml"]).channels},
        PlanIdsFile.model_validate(data["plan_ids.yaml"]) if "plan_ids.yaml" in data else None,
    )
    lists = ProfilesFile.model_validate(data["profiles.yaml"])
    return Playbooks(
        name=name,
        labels=_labels(TiersFile.model_validate(data["tiers.yaml"])),
        books=books,
        gates=GatesFile.model_validate(data["gates.yaml"]),
        warnings=(*lint(books, documents[BOOK]), *_allowed(documents, books)),
        covers=_covers(books, documents[BOOK]),
        customers=CustomerRules.model_validate(data.get(CUSTOMERS_FILE, {})).beside_lists(lists.headers.model_dump().values()),
        profiles={one.code: with_headers(one, lists.headers) for one in lists.profiles},
        headers=lists.headers.model_dump(),
    )


def _allowed(documents: dict[str, Document], books: Books) -> Iterator[str]:
    """Yield a warning for whatever is looser than the floor because somebody signed for it."""
    for file, find in floor.FINDERS.items():
        yield from floor.allowed(documents[file], find(documents[file]))
    ladders, gates = TiersFile.model_validate(documents["tiers.yaml"].data), GatesFile.model_validate(documents["gates.yaml"].data)
    found = floor.looser_playbooks(books.playbooks, ladders, gates, books.products, books.channels)
    yield from floor.allowed(documents[BOOK], found)


def _covers(books: Books, document: Document) -> tuple[Cover, ...]:
    by: dict[str, list[str]] = {}
    for path, ids, name in actions.covers_of(books.playbooks):
        for index, one in enumerate(ids):
            by.setdefault(one, []).append(f"{BOOK}:{document.place((*path, index)).line} {name}")
    return tuple(Cover(one.id, one.fact, tuple(by.get(one.id, ()))) for one in (books.plan_ids.ids if books.plan_ids else ()))


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of every rule file into `folder`, as `tiers.schema.json` and so on; return the paths."""
    paths = []
    for file, model in sorted({**FILES, **PLAYBOOK_FILES}.items()):
        path = folder / file.replace(".yaml", ".schema.json")
        try:
            path.write_text(json.dumps(json_schema(file, model), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
        paths.append(path)
    return paths


class _Schema(GenerateJsonSchema):
    """JSON Schema without noise: no generated titles, and no null, because a key without a value is refused."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        result = super().default_schema(schema)
        return {key: value for key, value in result.items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 (pydantic's signature)
        return False


def json_schema(file: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a rule file, so that editors complete and check it."""
    schema = model.model_json_schema(schema_generator=_Schema)
    for part in schema.get("$defs", {}).values():
        part.pop("title", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": file}
