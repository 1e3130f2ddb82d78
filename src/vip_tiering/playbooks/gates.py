"""gates.yaml: what each purpose demands of a contact, every gate in its order, and the numbers and words behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from vip_tiering.playbooks.floor import Looser, PlaybookFile, refuse
from vip_tiering.playbooks.messages import forbidden_in
from vip_tiering.rules.forms import Chinese, Clause, Override, Source, Strict, Version, What, Words, check_unique
from vip_tiering.rules.yaml_file import Document, Path

Purpose = Literal["service", "care", "general", "insurance", "rated", "private"]
"""What a contact is for, from the loosest gates to the strictest."""
PURPOSES: Final[tuple[Purpose, ...]] = Purpose.__args__  # type: ignore[attr-defined]
Gate = Literal[
    "no_profile", "privacy_tier", "not_marketable", "bereavement", "phone_barred", "do_not_contact", "opted_out", "no_consent",
    "no_manager", "no_phone", "bad_phone", "no_wechat", "shared_phone", "private_in_public_channel", "not_distributable",
    "private_not_qualified", "already_held", "no_risk_rating", "rating_expired", "risk_mismatch", "senior", "no_template",
    "already_contacted", "frequency_cap", "control_group", "not_this_turn", "no_seat", "manager_quota", "one_contact_a_day",
]  # fmt: skip
GATES: Final[tuple[Gate, ...]] = Gate.__args__  # type: ignore[attr-defined]
"""Every gate in the order in which they are tried; the first that applies is the reason."""
LIMITS: Final[dict[str, tuple[int, int]]] = {
    "adult_age_years": (18, 1),
    "senior_age_years": (60, -1),
    "bereavement_days": (90, 1),
    "complaint_days": (30, 1),
    "customers_per_phone": (3, -1),
    "rating_valid_months": (12, -1),
    "reassess_days": (90, 1),
    "message_valid_days": (3, -1),
    "list_valid_days": (14, -1),
    "run_grace_days": (20, -1),
}
"""The floor of each limit: the number, and in which direction it becomes stricter."""
PRIVATE_FROM_YUAN: Final = 5_000_000
"""The floor: whoever averages so much is a private client, at the latest."""
STEPS: Final[dict[str, tuple[object, ...]]] = {
    "consent": ("not_needed", "not_refused", "needed"),
    "without_consent": ("in_person", "never"),
    "rating": ("none", "uncertain_benefit", "needed"),
    "qualified": (False, True),
    "caps": (False, True),
}
"""What a purpose can demand, from the loosest to the strictest."""
DEMANDS: Final[dict[Purpose, Mapping[str, object]]] = {
    "service": {},
    "care": {"consent": "not_refused"},
    "general": {"consent": "needed", "caps": True},
    "insurance": {"consent": "needed", "without_consent": "never", "rating": "uncertain_benefit", "caps": True},
    "rated": {"consent": "needed", "without_consent": "never", "rating": "needed", "caps": True},
    "private": {"consent": "needed", "without_consent": "never", "rating": "needed", "qualified": True, "caps": True},
}
"""The floor of each purpose: what it demands, where that is not the loosest."""
FORBIDDEN_WORDS: Final = (
    "预期收益", "预期年化", "保本", "保收益", "保证收益", "稳赚", "稳赢", "零风险", "无风险", "包赚", "只赚不赔", "高收益", "最高收益",
    "刚性兑付", "刚兑", "本金安全", "收益有保障",
)  # fmt: skip
"""The floor: promises that no message may make."""


class PurposeRule(Strict):
    """What a purpose demands of a contact."""

    code: Annotated[Purpose, Field(description="the purpose")]
    meaning: What
    meaning_zh: Chinese
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
    meaning_zh: Chinese
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
    complaint_days: Annotated[Limit, Field(description="so long a complaint stops all offers; service and care stay")]
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

    contacts_per_day: Annotated[StrictInt, Field(ge=1, le=10_000, description="customers in a day, by whatever channel")] | None = None
    managers: Annotated[list[OwnQuota], Field(min_length=1, description="managers with a quota of their own")] | None = None
    source: Clause

    def places_of(self, manager: str) -> int | None:
        """Return how many customers a manager can contact in a day; None for as many as there are."""
        own = {one.manager: one.contacts_per_day for one in self.managers or ()}
        return own.get(manager, self.contacts_per_day)


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


class GatesFile(PlaybookFile):
    """What each purpose demands, every gate in its order, and the numbers behind them."""

    version: Version
    source: Source
    purposes: Annotated[list[PurposeRule], Field(description="every purpose, the strictest last")]
    gates: Annotated[list[GateRule], Field(description="every gate, in the order in which they are tried")]
    limits: Annotated[Limits, Field(description="the numbers")]
    forbidden_words: Annotated[ForbiddenWords, Field(description="promises that no message may make")]
    private_clients: Annotated[PrivateClients, Field(description="whom nothing reaches in bulk; absent: the shipped number")] | None = None
    manager_quota: Annotated[ManagerQuota, Field(description="optional: how many customers a manager can contact in a day")] | None = None

    @property
    def private_from_yuan(self) -> int:
        """From which average on a tier is one of private clients, in yuan."""
        return self.private_clients.from_yuan if self.private_clients else PRIVATE_FROM_YUAN

    def check(self, document: Document) -> None:
        """Add purposes or gates that are missing or out of order, and quotas that say nothing."""
        _check_order(document, "purposes", [one.code for one in self.purposes], list(PURPOSES))
        _check_order(document, "gates", [one.code for one in self.gates], list(GATES))
        quota = self.manager_quota
        if quota is not None and quota.contacts_per_day is None and quota.managers is None:
            document.add(("manager_quota",), "must say contacts_per_day, managers, or both", at_key=True)
        if quota is not None:
            check_unique(document, ("manager_quota", "managers"), "manager", (one.manager for one in quota.managers or ()))
        refuse(document, self.looser())

    def looser(self) -> Iterator[Looser]:
        """Yield limits, purposes, private clients and forbidden words that are looser than the floor."""
        for key, (shipped, direction) in LIMITS.items():
            limit = getattr(self.limits, key)
            if (limit.value - shipped) * direction < 0:
                yield Looser(("limits", key, "value"), f"must be {'at least' if direction > 0 else 'at most'} {shipped}", limit.override)
        for index, rule in enumerate(self.purposes):
            yield from _looser_purpose(("purposes", index), rule)
        if self.private_clients is not None and self.private_from_yuan > PRIVATE_FROM_YUAN:
            yield Looser(("private_clients", "from_yuan"), f"must be at most {PRIVATE_FROM_YUAN}", self.private_clients.override)
        words = self.forbidden_words
        if missing := [one for one in FORBIDDEN_WORDS if not forbidden_in(one, words.words)]:
            yield Looser(("forbidden_words", "words"), f"must hold {'、'.join(missing)}", words.override)


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


def _looser_purpose(path: Path, rule: PurposeRule) -> Iterator[Looser]:
    """Yield what a purpose does not demand although it should."""
    for key, least in DEMANDS[rule.code].items():
        steps = STEPS[key]
        if steps.index(getattr(rule, key)) < steps.index(least):
            enough = " or ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in steps[steps.index(least) :])
            yield Looser((*path, key), f"must be {enough}", rule.override)
