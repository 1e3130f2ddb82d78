"""The forms of the files that playbooks refer to, as strict models: products, channels, and the gates before any contact."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from vip_tiering.rules.forms import Clause, Override, Source, Strict, Version, What, Words, check_unique
from vip_tiering.rules.yaml_file import Document

Purpose = Literal["service", "care", "general", "insurance", "rated", "private"]
"""What a contact is for, from the loosest gates to the strictest."""
PURPOSES: Final[tuple[Purpose, ...]] = ("service", "care", "general", "insurance", "rated", "private")
Gate = Literal[
    "no_profile", "privacy_tier", "not_marketable", "bereavement", "phone_barred", "do_not_contact", "opted_out", "no_consent",
    "no_phone", "bad_phone", "no_wechat", "shared_phone", "private_in_public_channel", "not_distributable", "private_not_qualified",
    "no_risk_rating", "rating_expired", "risk_mismatch", "senior", "no_template", "already_contacted", "frequency_cap",
    "not_this_turn", "manager_quota",
]  # fmt: skip
GATES: Final[tuple[Gate, ...]] = Gate.__args__  # type: ignore[attr-defined]
"""Every gate in the order in which they are tried; the first that applies is the reason."""


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


def check_gates(document: Document, file: GatesFile) -> None:
    """Add purposes or gates that are missing or out of order, and quotas that say nothing."""
    _check_order(document, "purposes", [one.code for one in file.purposes], list(PURPOSES))
    _check_order(document, "gates", [one.code for one in file.gates], list(GATES))
    quota = file.manager_quota
    if quota is not None and quota.contacts_per_day is None and quota.managers is None:
        document.add(("manager_quota",), "must say contacts_per_day, managers, or both", at_key=True)
    if quota is not None:
        check_unique(document, ("manager_quota", "managers"), "manager", (one.manager for one in quota.managers or ()))


def _check_order(document: Document, key: str, found: list[str], wanted: list[str]) -> None:
    """Add the first place where a list differs from the one that the program goes by."""
    for index, code in enumerate(wanted):
        if index >= len(found):
            document.add((key,), f"ends before {code}; write every one, in the shipped order", at_key=True)
            return
        if found[index] != code:
            document.add((key, index, "code"), f"must be {code}; write every one once, in the shipped order")
            return
    if len(found) > len(wanted):
        document.add((key, len(wanted)), "is one too many")
