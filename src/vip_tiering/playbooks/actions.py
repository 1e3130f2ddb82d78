"""playbooks.yaml: what is done for each tier, by which measure, and what the plan leaves open; plan_ids.yaml: what the plan says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Final, Literal, NamedTuple, get_args

from pydantic import ConfigDict, Field, PlainValidator, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.playbooks.channels import CAPS, Channel, MessageForm
from vip_tiering.playbooks.floor import Looser, PlaybookFile
from vip_tiering.playbooks.gates import PURPOSES, GatesFile, Purpose
from vip_tiering.playbooks.messages import fields_of
from vip_tiering.playbooks.products import SALE_PERIOD, Product
from vip_tiering.rules.calendar import Festival
from vip_tiering.rules.forms import (
    OWN_MESSAGE,
    Chinese,
    Clause,
    Code,
    Covers,
    Id,
    Label,
    MonthDay,
    Override,
    Reason,
    Source,
    Strict,
    Text,
    Version,
    What,
    Words,
    check_known,
    check_unique,
)
from vip_tiering.rules.tiers import SHARE_SCHEMA, Ladder, is_share, share_of
from vip_tiering.rules.yaml_file import Document, Path, path_text

Segment = Literal["payroll", "merchant", "savings", "settlement"]
BalanceTrigger = Literal["card_upgrade", "near_up", "near_down", "falling", "downgraded"]
"""What a run itself tells of a customer: that the tier has changed, or is about to (semantics 4.3 and 10.4)."""
Trigger = Literal[
    "regular",
    "maturity",
    "new_product",
    "birthday",
    "card_upgrade",
    "near_up",
    "near_down",
    "falling",
    "downgraded",
    "points",
    "festival",
    "branch_date",
    "meeting",
    "standing",
    "no_rating",
]
CAMPAIGN_TRIGGERS: Final[tuple[Trigger, ...]] = ("new_product", "branch_date")
"""The floor: what makes an action due for all customers of a tier at once."""
_COMMON_YEAR: Final = 2015
"""A year without 29 February."""


_MOST_CONTROL: Final = Fraction(1, 2)
_NEEDED: Final[tuple[Purpose, ...]] = ("service", "care")
"""What customers are owed: nobody is left without it for the sake of a comparison."""


def _check_control(share: object) -> object:
    """Refuse a control group of nobody, and one of more than half."""
    if not is_share(share) or not 0 < share_of(str(share)) <= _MOST_CONTROL:
        raise PydanticCustomError(OWN_MESSAGE, 'must be a quoted share above 0 % and at most 50 %, such as "10%"')
    return share


ControlShare = Annotated[str, PlainValidator(_check_control), SHARE_SCHEMA]


class Variant(Strict):
    """Another wording of a message for one segment; it never decides who gets one."""

    segment: Annotated[Segment, Field(description="for whom this wording is meant")]
    text: Text


class Message(Strict):
    """What is sent, and who approved the text."""

    text: Text
    variants: Annotated[list[Variant], Field(min_length=1, description="wordings by segment; all others get `text`")] | None = None
    reviewed_by: Annotated[Words, Field(description="who approved the text; `sample, replace before use` is nobody")]
    reviewed_on: Annotated[dt.date, Field(description="when the text was approved")] | None = None

    @property
    def is_sample(self) -> bool:
        """Whether the text is a sample that nobody approved."""
        return self.reviewed_by.casefold().startswith("sample")


class Audience(Strict):
    """Whom an action is for."""

    who: Annotated[Literal["tier", "visitors"], Field(description="every customer of the tier, or whoever visits the branch")]
    mainly: Annotated[list[Segment], Field(min_length=1, description="they come first; nobody else is left out")] | None = None
    note: Annotated[Words, Field(description="what people should know about it")] | None = None
    note_zh: Annotated[Chinese, Field(description="the note in Chinese; stands beside it")] | None = None


class Lobby(Strict):
    """An event in the branch hall: its occasion and what is handed out."""

    festival: Annotated[Festival, Field(description="the occasion; summer is a season and needs its two days")]
    material: Annotated[Words, Field(description="what is handed out")]
    first_day: Annotated[MonthDay, Field(description='first day of a season, quoted: "06-15"')] | None = None
    last_day: Annotated[MonthDay, Field(description='last day of a season, quoted: "08-31"')] | None = None
    working_days_before: (
        Annotated[
            StrictInt, Field(ge=1, le=30, description="begins so many working days before the day and ends on the last one before it")
        ]
        | None
    ) = None
    prepare_working_days: Annotated[
        StrictInt, Field(ge=1, le=60, description="everything is there so many working days before the first day of the event")
    ] = 5


class AlsoFor(Strict):
    """A further tier for which an action is done although the plan does not say so."""

    tier: Annotated[Code, Field(description="code of the tier")]
    origin: Annotated[Literal["not_in_plan"], Field(description="the plan names the action, but not for this tier")]
    reason: Reason


class Instead(Strict):
    """Another channel for those whom one gate stops on the preferred one."""

    gate: Annotated[Literal["senior"], Field(description="the reason for which the preferred channel is closed")]
    channel: Annotated[Code, Field(description="code of channels.yaml; all gates are tried again there")]


class Action(Strict):
    """One thing that is done for customers of a tier."""

    id: Id
    what: What
    what_zh: Chinese
    listed_as: (
        Annotated[Text, Field(description="what lists for people say of it; ${product} and other known fields are filled in")] | None
    ) = None
    covers: Covers | None = None
    origin: Annotated[Literal["plan", "ours"], Field(description="the plan says so, or we do")] = "plan"
    purpose: Annotated[list[Purpose], Field(min_length=1, description="what it is for; of several the strictest decides the gates")]
    audience: Annotated[Audience, Field(description="whom it is for")]
    topics: Annotated[list[Code], Field(min_length=1, description="codes of products.yaml that it is about")] | None = None
    channels: Annotated[list[Code], Field(min_length=1, description="codes of channels.yaml; lists go to the first, the others are free")]
    instead: Annotated[Instead, Field(description="another channel where a gate closes the first")] | None = None
    campaign: Annotated[StrictBool, Field(description="true: one offer for many, so never for private clients")] = False
    trigger: Annotated[Trigger, Field(description="what makes it due")]
    also_on: Annotated[list[BalanceTrigger], Field(min_length=1, description="what else makes it due; several at once are one")] | None = (
        None
    )
    active: Annotated[StrictBool, Field(description="false: it is known, and not done")] = True
    within_days: Annotated[StrictInt, Field(ge=0, le=92, description="due so many days before the event at the earliest")] | None = None
    for_days: (
        Annotated[StrictInt, Field(ge=1, le=92, description="due for so many days from the event; call_days of a product goes first")]
        | None
    ) = None
    once_per: Annotated[Literal["event", "run"], Field(description="never twice for the same event, or the same quarter's run")] | None = (
        None
    )
    cadence_days: (
        Annotated[StrictInt, Field(ge=1, le=366, description="least days between two contacts of the same customer and action")] | None
    ) = None
    cadence_source: Annotated[Literal["plan", "ours"], Field(description="whose number cadence_days is")] | None = None
    by: Annotated[
        Literal["manager", "wealth_manager"], Field(description="who acts: the own manager, or the wealth manager where there is one")
    ] = "manager"
    per_manager_a_day: (
        Annotated[StrictInt, Field(ge=1, le=10_000, description="at most so many customers of one manager in a day")] | None
    ) = None
    control_group: Annotated[
        ControlShare | None, Field(description="quoted share of the customers whom nobody contacts, so that the effect can be told")
    ] = None
    unless_held: Annotated[StrictBool, Field(description="true: topics that the customer holds already are left out")] = False
    aim: Annotated[Words, Field(description="what it is good for")]
    lobby: Annotated[Lobby, Field(description="the event in the branch hall")] | None = None
    message: Annotated[Message, Field(description="what is sent, where a message is sent")] | None = None
    also_for: Annotated[list[AlsoFor], Field(min_length=1, description="further tiers, not named by the plan")] | None = None
    source: Clause
    source_zh: Annotated[Chinese, Field(description="the clause in Chinese, where `source` says more than that in English")] | None = None
    override: Annotated[Override, Field(description="needed where campaign or cadence_days is looser than the floor")] | None = None

    @property
    def strictest(self) -> Purpose:
        """The purpose whose gates apply."""
        return max(self.purpose, key=PURPOSES.index)

    @property
    def control_share(self) -> Fraction | None:
        """The share of customers of its control group, exactly; None where it has none."""
        return None if self.control_group is None else share_of(self.control_group)

    @property
    def triggers(self) -> list[Trigger]:
        """Everything that makes it due."""
        return [self.trigger, *(self.also_on or ())]

    @property
    def texts(self) -> list[str]:
        """Everything that it says: in lists for people, in its message and in the wordings for segments."""
        message = [self.message.text, *(one.text for one in self.message.variants or ())] if self.message is not None else []
        return [*([self.listed_as] if self.listed_as is not None else []), *message]

    @property
    def tells_sale_period(self) -> bool:
        """Whether any of it is true only while its product is on sale."""
        return any(name in SALE_PERIOD for text in self.texts for _, name in fields_of(text))

    def forms_in(self, channels: dict[str, Channel]) -> list[tuple[Channel, MessageForm]]:
        """Return the channels of the action that carry messages, with the form of each."""
        used = [channels[code] for code in self.channels if code in channels]
        return [(channel, channel.message) for channel in used if channel.message is not None]


Actions = Annotated[list[Action], Field(min_length=1, description="what is done, in the order of the plan")]


class Playbook(Strict):
    """What is done for one tier: its actions, those of another tier, or nothing for a reason."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in ("actions", "same_as", "playbook")]})

    tier: Annotated[Code, Field(description="code of the tier in tiers.yaml")]
    covers: Covers | None = None
    bulk: Annotated[Literal["allowed", "barred"], Field(description="barred: no message or offer that goes to many")]
    actions: Actions | None = None
    same_as: Annotated[Code, Field(description="code of the tier whose actions are done here too")] | None = None
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
        same = [book.tier for book in self.playbooks if book.same_as == tier]
        return [tier, *same, *(other.tier for other in action.also_for or ())]

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


class PlanId(Strict):
    """One thing that the plan says, under the id by which rules refer to it."""

    id: Id
    fact: Annotated[Words, Field(description="what the plan says, in one line")]
    fact_zh: Chinese


class PlanIdsFile(PlaybookFile):
    """Everything that the plan says; each id must be covered by a rule."""

    version: Version
    source: Source
    ids: Annotated[list[PlanId], Field(min_length=1, description="ids in the order of the plan")]

    def check(self, document: Document) -> None:
        """Add ids that are listed twice."""
        check_unique(document, ("ids",), "id", (one.id for one in self.ids))


def check_playbooks(document: Document, file: PlaybooksFile, tiers: list[str]) -> None:
    """Add what the tiers and the playbooks say against each other."""
    check_unique(document, ("playbooks",), "tier", (one.tier for one in file.playbooks))
    check_unique(document, ("measures",), "id", (one.id for one in file.measures or ()))
    check_unique(document, ("gaps",), "id", (one.id for one in file.gaps or ()))
    teach = [action.id for _, _, action in file.placed_actions() if action.topics]
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
        message = f"holds nothing for {', '.join(absent)}; write playbook: none with a reason, or same_as"
        document.note(document.key_places["playbooks",], ("playbooks",), message)
    first_use: dict[str, Path] = {}
    for path, tier, action in file.placed_actions():
        if (first := first_use.setdefault(action.id, path)) != path:
            document.add((*path, "id"), f"must differ from {path_text((*first, 'id'))}; use also_for to do it for a further tier")
        _check_action(document, path, action)
        others = [one for one in tiers if one != tier]
        for index, other in enumerate(action.also_for or ()):
            check_known(document, (*path, "also_for", index, "tier"), other.tier, others, "the other tiers")


def _check_book(document: Document, file: PlaybooksFile, number: int) -> None:
    """Add what the playbook of one tier says against itself."""
    book, here = file.playbooks[number], ("playbooks", number)
    given = [key for key in ("actions", "same_as", "playbook") if getattr(book, key) is not None]
    if len(given) != 1:
        document.add(here, "must hold one of actions, same_as and playbook: none")
    if book.playbook is not None and book.reason is None:
        document.add((*here, "playbook"), "needs a reason beside it")
    if book.reason is not None and book.reason_zh is None:
        document.add((*here, "reason"), "needs reason_zh beside it, the same in Chinese")
    if book.same_as is not None:
        with_actions = [one.tier for one in file.playbooks if one.actions and one.tier != book.tier]
        check_known(document, (*here, "same_as"), book.same_as, with_actions, "the playbooks with actions")


def _check_action(document: Document, path: Path, action: Action) -> None:
    """Add what an action says against itself."""
    if action.by != "manager" and action.strictest == "private":
        document.add((*path, "by"), "must be manager; what is private is for the customer's own manager")
    _check_trigger(document, path, action)
    if action.audience.note is not None and action.audience.note_zh is None:
        document.add((*path, "audience", "note"), "needs note_zh beside it, the same in Chinese")
    _check_topics(document, path, action)
    _check_control_group(document, path, action)


def _check_trigger(document: Document, path: Path, action: Action) -> None:
    """Add what an action says against its trigger."""
    if (action.cadence_days is None) != (action.cadence_source is None):
        key, other = ("cadence_source", "cadence_days") if action.cadence_days is None else ("cadence_days", "cadence_source")
        document.add((*path, key), f"needs {other} beside it")
    if action.trigger == "regular" and action.cadence_days is None:
        document.add((*path, "trigger"), "regular needs cadence_days and cadence_source")
    if action.also_on is not None and action.trigger not in get_args(BalanceTrigger):
        document.add((*path, "also_on"), f"belongs to a trigger of the balances: {', '.join(get_args(BalanceTrigger))}")
    if (action.trigger == "festival") != (action.lobby is not None):
        document.add((*path, "trigger"), "festival and lobby belong together")
    if action.message is not None:
        check_unique(document, (*path, "message", "variants"), "segment", (one.segment for one in action.message.variants or ()))
    lobby = action.lobby
    if lobby and (lobby.festival == "summer") != bool(lobby.first_day and lobby.last_day):
        document.add((*path, "lobby"), "first_day and last_day belong to festival: summer, and only to it")
    elif lobby and lobby.first_day and lobby.last_day:
        _check_season(document, (*path, "lobby"), lobby.first_day, lobby.last_day)
        if lobby.working_days_before is not None:
            document.add((*path, "lobby", "working_days_before"), "must not stand beside first_day and last_day")


def _check_topics(document: Document, path: Path, action: Action) -> None:
    """Add that an action would leave out topics and has none."""
    if action.unless_held and action.topics is None:
        document.add((*path, "unless_held"), "needs topics beside it")


def _check_control_group(document: Document, path: Path, action: Action) -> None:
    """Add a control group of customers who would be left without what is theirs, or whom no list names."""
    if action.control_group is None:
        return
    if owed := [one for one in action.purpose if one in _NEEDED]:
        wrong = f"must not stand beside purpose: {owed[0]}; nobody is left without what he needs"
        document.add((*path, "control_group"), wrong)
    elif action.audience.who != "tier":
        document.add((*path, "control_group"), "needs who: tier; whoever visits the branch is on no list")


def _check_season(document: Document, path: Path, first_day: str, last_day: str) -> None:
    """Add the ends of a season that are not days of every year, or stand the wrong way round."""
    for key, day in (("first_day", first_day), ("last_day", last_day)):
        try:
            dt.date.fromisoformat(f"{_COMMON_YEAR}-{day}")
        except ValueError:
            document.add((*path, key), "must be a day of every year")
    if last_day < first_day:
        document.add((*path, "last_day"), "must not be before first_day; a season lies within one year")


def check_plan_covered(document: Document, file: PlaybooksFile, ids: list[str]) -> None:
    """Add covered ids that the plan does not have."""
    for path, one, _ in file.covered():
        if one not in ids:
            near = get_close_matches(one, ids, n=1)
            document.add(path, "is not in plan_ids.yaml" + (f"; did you mean {near[0]}?" if near else ""))


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
