"""playbooks.yaml: what is done for each tier, whom a manager contacts first, by which measure, and what the plan leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.playbooks.actions import CAMPAIGN_TRIGGERS, Action, Trigger, check_action
from vip_tiering.playbooks.channels import CAPS, Channel
from vip_tiering.playbooks.floor import Looser, PlaybookFile
from vip_tiering.playbooks.gates import GatesFile
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.forms import (
    Chinese,
    Clause,
    Code,
    Covers,
    Id,
    Label,
    Override,
    Reason,
    Source,
    Strict,
    Version,
    What,
    Words,
    check_known,
    check_unique,
)
from vip_tiering.rules.tiers import Ladder
from vip_tiering.rules.yaml_file import Document, Path, path_text

_ONE_OF: Final = "either actions, same_as, or playbook: none with reason and reason_zh"
Actions = Annotated[list[Action], Field(min_length=1, description="what is done, in the order of the plan")]


class Playbook(Strict):
    """What is done for one tier: its actions, those of another tier, or nothing for a reason."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in ("actions", "same_as", "playbook")]})

    tier: Annotated[Code, Field(description="code of the tier in tiers.yaml")]
    covers: Covers | None = None
    bulk: Annotated[Literal["allowed", "barred"], Field(description="barred: no message or offer that goes to many")]
    actions: Actions | None = None
    same_as: Annotated[Code, Field(description="code of the tier for which all is done that is done here")] | None = None
    playbook: Annotated[Literal["none"], Field(description="nothing is planned; needs a reason")] | None = None
    reason: Reason | None = None
    reason_zh: Annotated[Chinese, Field(description="the reason in Chinese; stands beside it")] | None = None
    source: Clause
    override: Annotated[Override, Field(description="needed where bulk is allowed in a tier of private clients")] | None = None


class First(Strict):
    """Customers who come before others in a manager's day, by what makes their action due."""

    triggers: Annotated[list[Trigger], Field(min_length=1, description="what makes the action due")]
    tiers: Annotated[list[Code], Field(min_length=1, description="codes of tiers; without it all are meant")] | None = None
    by: (
        Annotated[
            Literal["amount", "average"],
            Field(description="the larger comes first: the amount of the event, or the customer's daily average; else the higher tier"),
        ]
        | None
    ) = None


class ContactOrder(Strict):
    """Whom a manager contacts first. Before all comes what ends before the next lists, then these, then all others by tier."""

    first: Annotated[list[First], Field(min_length=1, description="in this order; of several that fit the first counts")]
    last: Annotated[list[Trigger], Field(min_length=1, description="what comes behind all others")] | None = None
    source: Clause


class Measure(Strict):
    """A figure by which the branch is measured."""

    id: Id
    label: Label
    what: What
    covers: Covers
    needs: Annotated[Words, Field(description="from which data it is counted")]
    taught_by: (
        Annotated[list[Id], Field(min_length=1, description="actions that teach: their topics are the products that customers may lack")]
        | None
    ) = None
    source: Clause


class Gap(Strict):
    """Something that the plan leaves open, and what we do about it."""

    id: Id
    what: What
    covers: Covers
    answer: Annotated[Words, Field(description="what we do instead")]
    source: Clause


class Entry(NamedTuple):
    """An entry that covers ids of the plan. `kind`: the text that names it; `tier`: None for every tier, and where none is meant."""

    kind: str
    id: str
    tier: str | None = None


class PlaybooksFile(PlaybookFile):
    """What is done for each tier, by which measure, and what the plan leaves open."""

    version: Version
    source: Source
    playbooks: Annotated[list[Playbook], Field(min_length=1, description="one for each tier")]
    every_tier: Annotated[list[Action], Field(min_length=1, description="actions of every tier that has a playbook")] | None = None
    contact_order: Annotated[ContactOrder, Field(description="whom a manager contacts first; without it by tier alone")] | None = None
    measures: Annotated[list[Measure], Field(min_length=1, description="figures of the branch")] | None = None
    gaps: Annotated[list[Gap], Field(min_length=1, description="what the plan leaves open")] | None = None

    @property
    def private_tiers(self) -> list[str]:
        """The tiers of private clients: those that bar what goes to many."""
        return [book.tier for book in self.playbooks if book.bulk == "barred"]

    def placed_actions(self) -> Iterator[tuple[Path, str | None, Action]]:
        """Yield every action with its place and the code of its tier; None for those of every tier."""
        for number, book in enumerate(self.playbooks):
            for index, action in enumerate(book.actions or ()):
                yield ("playbooks", number, "actions", index), book.tier, action
        for index, action in enumerate(self.every_tier or ()):
            yield ("every_tier", index), None, action

    def reached_tiers(self, tier: str | None, action: Action) -> list[str]:
        """Return every tier for which an action of `tier` is done; None is every tier."""
        if tier is None:
            return sorted(book.tier for book in self.playbooks)
        named = [tier, *(other.tier for other in action.also_for or ())]
        same = [book.tier for book in self.playbooks if book.same_as in named]
        return list(dict.fromkeys([*named, *same]))

    def covered(self) -> Iterator[tuple[Path, str, Entry]]:
        """Yield the place of every id of the plan that an entry covers, the id, and the entry."""
        entries: list[tuple[Path, list[str] | None, Entry]] = [
            (("playbooks", number), book.covers, Entry("of_playbook", "", book.tier)) for number, book in enumerate(self.playbooks)
        ]
        entries += [(path, action.covers, Entry("of_action", action.id, tier)) for path, tier, action in self.placed_actions()]
        entries += [(("measures", index), one.covers, Entry("of_measure", one.id)) for index, one in enumerate(self.measures or ())]
        entries += [(("gaps", index), one.covers, Entry("of_gap", one.id)) for index, one in enumerate(self.gaps or ())]
        for path, ids, entry in entries:
            for index, one in enumerate(ids or ()):
                yield (*path, "covers", index), one, entry


def check_playbooks(document: Document, file: PlaybooksFile, tiers: list[str]) -> None:
    """Add what the tiers and the playbooks say against each other."""
    check_unique(document, ("playbooks",), "tier", (one.tier for one in file.playbooks))
    check_unique(document, ("measures",), "id", (one.id for one in file.measures or ()))
    check_unique(document, ("gaps",), "id", (one.id for one in file.gaps or ()))
    teach = [action.id for path, _, action in file.placed_actions() if action.topics or document.is_wrong(path)]
    for index, measure in enumerate(file.measures or ()):
        for place, one in enumerate(measure.taught_by or ()):
            check_known(document, ("measures", index, "taught_by", place), one, teach, "the actions with topics")
    for number, book in enumerate(file.playbooks):
        check_known(document, ("playbooks", number, "tier"), book.tier, tiers, "tiers.yaml")
        _check_book(document, file, number)
    for index, entry in enumerate(file.contact_order.first if file.contact_order else ()):
        for place, code in enumerate(entry.tiers or ()):
            check_known(document, ("contact_order", "first", index, "tiers", place), code, tiers, "tiers.yaml")
    absent = [one for one in tiers if one not in [book.tier for book in file.playbooks]]
    renamed = any(("playbooks", number, "tier") in document.wrong for number in range(len(file.playbooks)))
    if absent and not renamed:  # a tier that was renamed is one mistake, told already
        needed = ", ".join(key for key, one in Playbook.model_fields.items() if one.is_required())
        message = f"holds nothing for {', '.join(absent)}; write an entry with {needed}, and {_ONE_OF}"
        document.note(document.key_places["playbooks",], ("playbooks",), message)
    first_use: dict[str, Path] = {}
    for path, tier, action in file.placed_actions():
        if (first := first_use.setdefault(action.id, path)) != path:
            document.add((*path, "id"), f"must differ from {path_text((*first, 'id'))}; use also_for to do it for a further tier")
        check_action(document, path, action)
        others = [one for one in tiers if one != tier]
        for index, other in enumerate(action.also_for or ()):
            check_known(document, (*path, "also_for", index, "tier"), other.tier, others, "the other tiers")


def _check_book(document: Document, file: PlaybooksFile, number: int) -> None:
    """Add what the playbook of one tier says against itself."""
    book, here = file.playbooks[number], ("playbooks", number)
    given = [key for key in ("actions", "same_as", "playbook") if getattr(book, key) is not None]
    if len(given) != 1:
        document.add(here, f"must hold {_ONE_OF}")
    if book.playbook is not None and book.reason is None:
        document.add((*here, "playbook"), "needs reason and reason_zh beside it")
    if book.reason is not None and book.reason_zh is None:
        document.add((*here, "reason"), "needs reason_zh beside it, the same in Chinese")
    if book.same_as is not None:
        with_actions = [one.tier for one in file.playbooks if one.actions and one.tier != book.tier]
        check_known(document, (*here, "same_as"), book.same_as, with_actions, "the playbooks with actions")


def looser_playbooks(
    file: PlaybooksFile, ladders: Iterable[Ladder], gates: GatesFile, products: dict[str, Product], channels: dict[str, Channel]
) -> Iterator[Looser]:
    """Yield tiers of private clients that are open to what goes to many, and actions that go to many and do not say so."""
    from_yuan = gates.private_from_yuan
    private = tiers_reaching(ladders, from_yuan * FEN_PER_YUAN)
    for number, book in enumerate(file.playbooks):
        if book.bulk != "barred" and book.tier in private:
            wanted = f"must be barred: customers with {from_yuan} yuan or more stand in {book.tier} (gates.yaml, private_clients)"
            yield Looser(("playbooks", number, "bulk"), wanted, book.override)
    barred = private.union(file.private_tiers)
    for path, tier, action in file.placed_actions():
        if action.channels[0] in channels and not set(file.reached_tiers(tier, action)) <= barred:
            yield from _looser_action(path, action, channels[action.channels[0]], products)
    yield from _looser_cadence(file, channels)


def _looser_action(path: Path, action: Action, channel: Channel, products: dict[str, Product]) -> Iterator[Looser]:
    """Yield what an action for a tier that is not barred leaves open: everybody is invited, or the old are offered what is uncertain."""
    if action.campaign or channel.public or not channel.contact or channel.appointment:
        return
    uncertain = [code for code in action.topics or () if code in products and products[code].benefit == "uncertain"]
    if action.trigger in CAMPAIGN_TRIGGERS:
        why = f"trigger: {action.trigger} invites many"
    elif uncertain:
        why = f"it names {uncertain[0]}, whose benefit is uncertain, on a channel that is for no appointment"
    else:
        return
    place = (*path, "campaign") if "campaign" in action.model_fields_set else path
    yield Looser(place, f"must say campaign: true, since {why}", action.override)


def _looser_cadence(file: PlaybooksFile, channels: dict[str, Channel]) -> Iterator[Looser]:
    """Yield actions that ask for meetings more often than the caps of the same way would let them: appointments have none."""
    for path, _, action in file.placed_actions():
        channel = channels.get(action.channels[0])
        if channel is None or not channel.appointment or channel.way not in CAPS or action.trigger != "regular":
            continue
        least = max(-(-days // contacts) for contacts, days in CAPS[channel.way])
        if (action.cadence_days or 0) < least:
            yield Looser((*path, "cadence_days"), f"must be at least {least} on {channel.code}, which has no caps", action.override)


def tiers_reaching(ladders: Iterable[Ladder], fen: int) -> set[str]:
    """Return the tiers of any ladder in which a customer with so much or more can stand: those whose upper end lies above it."""
    pairs = [pair for one in ladders for pair in zip(one.tiers, [*one.tiers[1:], None], strict=True)]
    return {tier.code for tier, above in pairs if above is None or above.min_fen > fen}
