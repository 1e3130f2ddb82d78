"""An action of playbooks.yaml: one thing that is done for customers of a tier, and what it says against itself."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, PlainValidator, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from vip_tiering.playbooks.channels import Channel, MessageForm
from vip_tiering.playbooks.gates import PURPOSES, Purpose
from vip_tiering.playbooks.messages import fields_of, tells_of_one
from vip_tiering.playbooks.products import SALE_PERIOD
from vip_tiering.rules.calendar import Festival
from vip_tiering.rules.forms import (
    OWN_MESSAGE,
    Chinese,
    Clause,
    Code,
    Covers,
    Id,
    MonthDay,
    Override,
    Reason,
    Strict,
    Text,
    What,
    Words,
    check_unique,
)
from vip_tiering.rules.tiers import SHARE_SCHEMA, is_share, share_of
from vip_tiering.rules.yaml_file import Document, Path

Segment = Literal["payroll", "merchant", "savings", "settlement"]
BalanceTrigger = Literal["card_upgrade", "near_up", "near_down", "falling", "downgraded"]
"""What a run itself tells of a customer: that the tier has changed, or is about to (semantics 4.3 and 10.4)."""
Sign = Literal[BalanceTrigger, "rising"]
"""What a reason may depend on; `rising` makes nothing due, and who has fallen and rises again is told something else."""
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
    def texts(self) -> list[str]:
        """Its text and the wordings for segments."""
        return [self.text, *(one.text for one in self.variants or ())]

    @property
    def tells_of_one(self) -> bool:
        """Whether any of its texts tells of one person what a number with several holders must not hear."""
        return any(map(tells_of_one, self.texts))

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


class ListedWhen(Strict):
    """What lists for people say of an action for those of whom the run tells all of these signs."""

    when: Annotated[list[Sign], Field(min_length=1, description="what the run tells of the customer; all of it must hold")]
    text: Text


class Action(Strict):
    """One thing that is done for customers of a tier."""

    id: Id
    what: What
    what_zh: Chinese
    listed_as: (
        Annotated[Text, Field(description="what lists for people say of it; ${product} and other known fields are filled in")] | None
    ) = None
    listed_when: (
        Annotated[list[ListedWhen], Field(min_length=1, description="what they say instead; the first that holds of a customer counts")]
        | None
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
        message = self.message.texts if self.message is not None else []
        listed = [self.listed_as] if self.listed_as is not None else []
        return [*listed, *(one.text for one in self.listed_when or ()), *message]

    @property
    def tells_sale_period(self) -> bool:
        """Whether any of it is true only while its product is on sale."""
        return any(name in SALE_PERIOD for text in self.texts for _, name in fields_of(text))

    def forms_in(self, channels: dict[str, Channel]) -> list[tuple[Channel, MessageForm]]:
        """Return the channels of the action that carry messages, with the form of each."""
        used = [channels[code] for code in self.channels if code in channels]
        return [(channel, channel.message) for channel in used if channel.message is not None]


def check_action(document: Document, path: Path, action: Action) -> None:
    """Add what an action says against itself."""
    if action.by != "manager" and action.strictest == "private":
        document.add((*path, "by"), "must be manager; what is private is for the customer's own manager")
    _check_trigger(document, path, action)
    if action.audience.note is not None and action.audience.note_zh is None:
        document.add((*path, "audience", "note"), "needs note_zh beside it, the same in Chinese")
    _check_listed_when(document, path, action)
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


def _check_listed_when(document: Document, path: Path, action: Action) -> None:
    """Add reasons by what the run tells where nothing of the run makes the action due, or where some would have no reason."""
    if action.listed_when is None:
        return
    if action.trigger not in get_args(BalanceTrigger):
        document.add((*path, "listed_when"), f"belongs to a trigger of the balances: {', '.join(get_args(BalanceTrigger))}")
    if action.listed_as is None:
        document.add((*path, "listed_when"), "needs listed_as beside it, for those of whom none of it holds")


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
