"""The forms of the playbook files, as strict models: what is done for each tier, with which products, on which channels.

Plain data only: a rule names a code that the program knows, it never holds an expression.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt

from vip_tiering.festivals import Festival
from vip_tiering.rule_models import Code, Id, Label, Source, Strict, Version, Words, check_printable

Purpose = Literal["service", "care", "general", "insurance", "rated", "private"]
"""What a contact is for, from the loosest gates to the strictest."""
PURPOSES: Final[tuple[Purpose, ...]] = ("service", "care", "general", "insurance", "rated", "private")
Segment = Literal["payroll", "merchant", "savings", "settlement"]
Trigger = Literal[
    "regular",
    "maturity",
    "new_product",
    "birthday",
    "card_upgrade",
    "points",
    "festival",
    "branch_date",
    "meeting",
    "standing",
    "no_rating",
]
Covers = Annotated[list[Id], Field(min_length=1, description="ids of the plan that this entry answers")]
Clause = Annotated[Source, Field(description="which clause of the plan, or which text of law, or ours")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='time of day, quoted, such as "09:00"')]
MonthDay = Annotated[
    str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", description='month and day, quoted, such as "06-15"')
]
Text = Annotated[
    str,
    Field(min_length=1, max_length=2000, description="what is sent; ${name} and other known fields are filled in"),
    AfterValidator(check_printable),
]
What = Annotated[Words, Field(description="what is done or meant, in one line")]
Reason = Annotated[Words, Field(description="why it is so")]


class Override(Strict):
    """Who allowed something looser than the floor, and when."""

    approved_by: Annotated[Words, Field(description="name and office")]
    approved_on: Annotated[dt.date, Field(description="day of the approval")]
    reason: Reason


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


class Audience(Strict):
    """Whom an action is for."""

    who: Annotated[Literal["tier", "visitors"], Field(description="every customer of the tier, or whoever visits the branch")]
    mainly: Annotated[list[Segment], Field(min_length=1, description="they come first; nobody else is left out")] | None = None
    note: Annotated[Words, Field(description="what people should know about it")] | None = None


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
    aim: Annotated[Words, Field(description="what it is good for")]
    lobby: Annotated[Lobby, Field(description="the event in the branch hall")] | None = None
    message: Annotated[Message, Field(description="what is sent, where a message is sent")] | None = None
    also_for: Annotated[list[AlsoFor], Field(min_length=1, description="further tiers, not named by the plan")] | None = None
    source: Clause
    override: Annotated[Override, Field(description="needed where campaign or cadence_days is looser than the floor")] | None = None

    @property
    def strictest(self) -> Purpose:
        """The purpose whose gates apply."""
        return max(self.purpose, key=PURPOSES.index)


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
    source: Clause
    override: Annotated[Override, Field(description="needed where bulk is allowed in a tier of private clients")] | None = None


class Measure(Strict):
    """A figure by which the branch is measured."""

    id: Id
    label: Label
    what: What
    covers: Covers
    needs: Annotated[Words, Field(description="from which data it is counted")]
    source: Clause


class Gap(Strict):
    """Something that the plan leaves open, and what we do about it."""

    id: Id
    what: What
    covers: Covers
    answer: Annotated[Words, Field(description="what we do instead")]
    source: Clause


class PlaybooksFile(Strict):
    """What is done for each tier, by which measure, and what the plan leaves open."""

    version: Version
    source: Source
    playbooks: Annotated[list[Playbook], Field(min_length=1, description="one for each tier")]
    every_tier: Annotated[list[Action], Field(min_length=1, description="actions of every tier that has a playbook")] | None = None
    measures: Annotated[list[Measure], Field(min_length=1, description="figures of the branch")] | None = None
    gaps: Annotated[list[Gap], Field(min_length=1, description="what the plan leaves open")] | None = None


class PlanId(Strict):
    """One thing that the plan says, under the id by which rules refer to it."""

    id: Id
    fact: Annotated[Words, Field(description="what the plan says, in one line")]


class PlanIdsFile(Strict):
    """Everything that the plan says; each id must be covered by a rule."""

    version: Version
    source: Source
    ids: Annotated[list[PlanId], Field(min_length=1, description="ids in the order of the plan")]


ACTION_PATHS: Final = ("playbooks", "every_tier")
"""The keys of a PlaybooksFile below which actions stand."""
