"""The forms of the files that playbooks refer to, as strict models: products, channels, and the gates before any contact."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from vip_tiering.customer_models import CUSTOMERS_FILE, CustomerRules
from vip_tiering.playbook_models import Clause, Clock, Override, PlanIdsFile, PlaybooksFile, Purpose, Reason, What
from vip_tiering.profile_models import ProfilesFile
from vip_tiering.rule_models import Code, Label, Source, Strict, Version, Words
from vip_tiering.schema import LIST_FIELDS, MESSAGE_FIELDS, PERSONAL_MESSAGE_FIELDS
from vip_tiering.target_models import TARGETS_FILE, TargetsFile

Gate = Literal[
    "no_profile", "privacy_tier", "not_marketable", "bereavement", "phone_barred", "do_not_contact", "opted_out", "no_consent",
    "no_phone", "bad_phone", "no_wechat", "shared_phone", "private_in_public_channel", "not_distributable", "private_not_qualified",
    "no_risk_rating", "rating_expired", "risk_mismatch", "senior", "no_template", "already_contacted", "frequency_cap",
    "not_this_turn", "manager_quota",
]  # fmt: skip
GATES: Final[tuple[Gate, ...]] = Gate.__args__  # type: ignore[attr-defined]
"""Every gate in the order in which they are tried; the first that applies is the reason."""


Way = Literal["sms", "call", "wechat", "in_person"]
"""By what a customer is reached."""


class Product(Strict):
    """Something that an action is about."""

    code: Annotated[Code, Field(description="short name in the playbooks")]
    label: Annotated[Label, Field(description="name for people, and what ${product} becomes")]
    kind: Annotated[
        Literal["bond", "fund", "wealth", "insurance", "metal", "card", "service", "activity", "trust", "plan", "private_fund"],
        Field(description="what sort of product it is"),
    ]
    offer: Annotated[Literal["public", "private"], Field(description="private: only by non-public means, to qualified investors")]
    risk: Annotated[Literal["none", "R1", "R2", "R3", "R4", "R5"], Field(description="risk level; none where principal is not at risk")]
    benefit: Annotated[Literal["protection", "uncertain"], Field(description="of an insurance: what the policy pays")] | None = None
    launch_on: Annotated[dt.date, Field(description="first day on which it is offered")] | None = None
    call_days: (
        Annotated[StrictInt, Field(ge=1, le=92, description="for so many days from launch_on customers are called about it")] | None
    ) = None
    not_distributable: Annotated[Reason, Field(description="why a bank may not sell it; it appears in no list")] | None = None
    source: Clause
    override: Annotated[Override, Field(description="needed where not_distributable is looser than the floor")] | None = None


class ProductsFile(Strict):
    """The products, services and activities that playbooks are about."""

    version: Version
    source: Source | None = None
    products: Annotated[list[Product], Field(min_length=1, description="each product once")]


class Cap(Strict):
    """At most so many contacts of a customer in so many days."""

    contacts: Annotated[StrictInt, Field(ge=1, le=366, description="at most so many contacts")]
    days: Annotated[StrictInt, Field(ge=1, le=366, description="in so many days")]
    source: Clause


class SendWindow(Strict):
    """Between which times of day a message may go out."""

    not_before: Annotated[Clock, Field(description='quoted, such as "09:00"')]
    not_after: Annotated[Clock, Field(description='quoted, such as "20:00"')]
    source: Clause


class MessageForm(Strict):
    """What a message of this channel must hold, and how long it may be."""

    signature: Annotated[str, Field(pattern=r"^【[^【】]{2,20}】$", description="the sender in 【】; what ${signature} becomes")] | None = (
        None
    )
    opt_out: Annotated[Words, Field(description="how to refuse further messages; what ${opt_out} becomes")] | None = None
    max_units: Annotated[StrictInt, Field(ge=1, le=500, description="longest message in UTF-16 units, signature and opt-out included")] = (
        500
    )
    max_segments: Annotated[StrictInt, Field(ge=1, le=8, description="a longer message is warned about")] = 2
    source: Clause


class Channel(Strict):
    """A way by which customers are reached."""

    code: Annotated[Code, Field(description="short name in the playbooks")]
    label: Annotated[Label, Field(description="name for people")]
    public: Annotated[StrictBool, Field(description="true: goes to many at once, so nothing private may pass")]
    contact: Annotated[StrictBool, Field(description="false: nobody is contacted by it, so it makes no list")]
    way: (
        Annotated[
            Way,
            Field(description="by what a customer is reached: consent and refusals go by it; needed where contact is true"),
        ]
        | None
    ) = None
    appointment: Annotated[StrictBool, Field(description="true: by it a manager asks for a meeting, so it needs no caps")] = False
    caps: Annotated[list[Cap], Field(min_length=1, description="how often a customer may be contacted by it")] | None = None
    send_window: Annotated[SendWindow, Field(description="times of day for it")] | None = None
    message: Annotated[MessageForm, Field(description="form of its messages, where it has any")] | None = None
    source: Clause
    override: Annotated[Override, Field(description="needed where caps or send_window are looser than the floor")] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the list that it makes."""
        if self.message is None:
            return LIST_FIELDS
        return MESSAGE_FIELDS if self.public else LIST_FIELDS + PERSONAL_MESSAGE_FIELDS


class ChannelsFile(Strict):
    """The channels, with their caps, times of day and forms of message."""

    version: Version
    source: Source | None = None
    channels: Annotated[list[Channel], Field(min_length=1, description="each channel once")]


class PurposeRule(Strict):
    """What a purpose demands of a contact."""

    code: Annotated[Purpose, Field(description="the purpose")]
    meaning: What
    consent: Annotated[
        Literal["not_needed", "not_refused", "needed"],
        Field(description="not_refused: by the own manager an empty consent passes; by a message it is needed"),
    ]
    without_consent: Annotated[Literal["never", "in_person"], Field(description="in_person: visits and invitations remain")]
    rating: Annotated[Literal["none", "uncertain_benefit", "needed"], Field(description="whether a valid risk rating is needed")]
    qualified: Annotated[StrictBool, Field(description="true: qualified investors only")]
    caps: Annotated[StrictBool, Field(description="true: counts against the caps of the channel")]
    text: Annotated[Words, Field(description="what a text may hold")]
    source: Clause
    override: Annotated[Override, Field(description="needed where the purpose demands less than the floor")] | None = None


class GateRule(Strict):
    """A reason for which a row is not exported."""

    code: Annotated[Gate, Field(description="the reason as it stands in suppressed.csv")]
    meaning: What
    source: Clause


class Limit(Strict):
    """A number on which gates depend. Stricter is free; looser than shipped needs an override."""

    value: Annotated[StrictInt, Field(ge=0, le=366, description="the number, in the unit that its name tells")]
    source: Clause
    override: Annotated[Override, Field(description="needed where the number is looser than the shipped one")] | None = None


class Limits(Strict):
    """The numbers on which gates depend."""

    adult_age_years: Annotated[Limit, Field(description="younger customers are not marketed to")]
    senior_age_years: Annotated[Limit, Field(description="from here no bulk offer of policies with uncertain benefit")]
    bereavement_days: Annotated[Limit, Field(description="so long a grave family event stops all contacts but service")]
    customers_per_phone: Annotated[Limit, Field(description="a number that more customers share is not used")]
    rating_valid_months: Annotated[Limit, Field(description="so long a risk rating is valid")]
    reassess_days: Annotated[Limit, Field(description="a manager is asked for a new rating at most once in so many days")]
    message_valid_days: Annotated[Limit, Field(description="so long an exported message may be sent")]
    list_valid_days: Annotated[Limit, Field(description="so long a row without an event may wait")]
    run_grace_days: Annotated[Limit, Field(description="so long into a quarter the run of the quarter before the last one passes")]


class OwnQuota(Strict):
    """How many customers one manager can contact in a day."""

    manager: Annotated[Words, Field(description="the manager as the customer file names him")]
    contacts_per_day: Annotated[StrictInt, Field(ge=0, le=10_000, description="customers that he can contact in a day")]


class ManagerQuota(Strict):
    """How many customers managers can contact in a day; whoever is beyond it comes first the next day."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["contacts_per_day"]}, {"required": ["managers"]}]})

    contacts_per_day: (
        Annotated[StrictInt, Field(ge=1, le=10_000, description="customers in a day, one for each list he stands in")] | None
    ) = None
    managers: Annotated[list[OwnQuota], Field(min_length=1, description="managers with a quota of their own")] | None = None
    source: Clause


class ForbiddenWords(Strict):
    """Words that no message may hold."""

    words: Annotated[list[Words], Field(min_length=1, description="compared without blanks and without full-width forms")]
    source: Clause
    override: Annotated[Override, Field(description="needed where a word of the floor is allowed")] | None = None


class PrivateClients(Strict):
    """From which average on a tier is one of private clients, to whom nothing goes in bulk."""

    from_yuan: Annotated[
        StrictInt, Field(ge=1, le=999_999_999_999, description="a tier that holds customers with so much must say bulk: barred")
    ]
    source: Clause
    override: Annotated[Override, Field(description="needed where the number is looser than the floor")] | None = None


class GatesFile(Strict):
    """What each purpose demands, every gate in its order, and the numbers behind them."""

    version: Version
    source: Source
    purposes: Annotated[list[PurposeRule], Field(description="every purpose, the strictest last")]
    gates: Annotated[list[GateRule], Field(description="every gate, in the order in which they are tried")]
    limits: Annotated[Limits, Field(description="the numbers")]
    forbidden_words: Annotated[ForbiddenWords, Field(description="promises that no message may make")]
    private_clients: Annotated[PrivateClients, Field(description="whom nothing reaches in bulk; absent: the shipped number")] | None = None
    manager_quota: Annotated[ManagerQuota, Field(description="optional: how many customers a manager can contact in a day")] | None = None


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
