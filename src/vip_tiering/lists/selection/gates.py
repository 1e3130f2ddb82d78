"""The gates before any contact, in the order of rules/gates.yaml: the first that applies is the one reason.

Each gate is a function of one case, asked for all its customers at once. Sources stand beside the gates in the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vip_tiering.base.arrays import Int8s, Int32s, Mask
from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import BAD_PHONE, NO_DAY, NO_PHONE
from vip_tiering.lists.selection.cases import Case, Due
from vip_tiering.lists.selection.events import risk_of
from vip_tiering.lists.selection.facts import PHONE_WAYS, Facts, units_of
from vip_tiering.lists.selection.history import History
from vip_tiering.lists.selection.people import NOBODY
from vip_tiering.playbooks.channels import Cap, Way
from vip_tiering.playbooks.gates import GATES, Gate
from vip_tiering.playbooks.products import Product

PASSES: Final = -1
"""Stands where no gate applies; otherwise the index of the gate in GATES."""
UInt32s = npt.NDArray[np.uint32]
Verdict = Any
"""A mask of shape (k,), or None where the gate has nothing to say of the case."""


@dataclass(frozen=True)
class Judged:
    """The verdict on each customer of a case, shape (k,).

    `reason`: PASSES, or the index into GATES; `topics`: bit i says that topic i of the case may be offered.
    """

    due: Due
    reason: Int8s
    topics: UInt32s

    @property
    def passed(self) -> Mask:
        """Whom no gate stops."""
        passed: Mask = self.reason == PASSES
        return passed

    def take(self, mask: Mask) -> Judged:
        """Return the verdicts of a mask."""
        return Judged(self.due.take(mask), self.reason[mask], self.topics[mask])

    def stopped(self, mask: Mask, gate: Gate) -> Judged:
        """Return the same with one more gate for those who passed so far."""
        return replace(self, reason=np.where(mask & self.passed, GATES.index(gate), self.reason).astype(np.int8))


@dataclass(frozen=True)
class Judge:
    """What the gates go by. `profile`: the position in the customer file of every customer of the run; `products`: all there are."""

    facts: Facts
    profile: Int32s
    private: Mask
    history: History
    capped: Sequence[int]
    channels: Sequence[str]
    customers_per_phone: int
    today: int
    products: Sequence[Product]
    _closed: dict[tuple[str, bool], Mask] = field(default_factory=dict, repr=False)

    def closed_by(self, caps: Sequence[Cap], channel: str, units: Int32s, count: int, *, but_freed: bool) -> Mask:
        """Return which units the caps of a channel close today, shape (count,); see `History.reached`."""
        if (channel, but_freed) not in self._closed:  # many cases ask the same of a channel
            place = self.channels.index(channel)
            closed = self.history.reached(caps, place, self.capped, units, count, self.today, but_freed=but_freed)
            self._closed[channel, but_freed] = closed
        return self._closed[channel, but_freed]

    def judge(self, due: Due) -> Judged:
        """Try every gate in its order but those that look at several cases together (`not_this_turn`, `manager_quota`)."""
        view = _View(self, due)
        reason = np.full(len(due), PASSES, np.int8)
        for gate, applies in _GATES:
            hit = applies(view)
            if hit is not None:
                reason[(reason == PASSES) & hit] = GATES.index(gate)
        return Judged(due, reason, view.topics)


class _View:
    """One case as its gates see it: the facts of its customers, arrays of shape (k,)."""

    def __init__(self, judge: Judge, due: Due) -> None:
        self.judge, self.due, self.case, self.facts = judge, due, due.case, judge.facts
        profile = judge.profile[due.at]
        self.known = profile != NOBODY
        self.at = np.maximum(profile, 0)
        self.way: Way = self.case.channel.way or "in_person"
        self.topics = self._topics()

    def of(self, fact: npt.NDArray[Any]) -> Any:  # noqa: ANN401 (of the type of the fact)
        """Return a fact of the customer file for the customers of the case."""
        return fact[self.at] if len(fact) else np.zeros(len(self.at), fact.dtype)  # in an empty file nobody has a profile

    @property
    def needs_rating(self) -> bool:
        """Whether the purpose needs a risk rating for what is offered."""
        rule = self.case.purpose.rating
        return rule == "needed" or (rule == "uncertain_benefit" and self.uncertain)

    @property
    def uncertain(self) -> bool:
        """Whether an insurance with uncertain benefit is offered."""
        return any(topic.benefit == "uncertain" for topic in self.case.topics)

    def offers(self, what: Callable[[Product], bool]) -> Verdict:
        """Return to whom an event offers such a product; None where no event does."""
        if self.due.occasion is None:
            return None
        such = np.array([*map(what, self.judge.products), False])  # -1, no product, takes the last
        return such[self.due.occasion.offered]

    def _topics(self) -> UInt32s:
        """Return which topics may be offered to each customer: sellable, and no riskier than the rating where one is needed."""
        rating = self.of(self.facts.rating)
        bits = np.zeros(len(self.due), np.uint32)
        for number, topic in enumerate(self.case.topics):
            if topic.not_distributable is None:
                fits = rating >= risk_of(topic) if self.needs_rating else np.ones(len(bits), np.bool_)
                bits |= np.where(fits, np.uint32(1 << number), np.uint32(0))
        return bits


def _no_profile(view: _View) -> Verdict:
    return ~view.known


def _privacy_tier(view: _View) -> Verdict:
    return view.judge.private[view.due.at] if view.case.bulk else None


def _not_marketable(view: _View) -> Verdict:
    return ~view.of(view.facts.marketable)


def _bereavement(view: _View) -> Verdict:
    return None if view.case.purpose.code == "service" else view.of(view.facts.bereaved)


def _phone_barred(view: _View) -> Verdict:
    if view.way not in PHONE_WAYS:
        return None
    service = view.case.purpose.consent == "not_needed" and not view.case.channel.public
    return view.of(view.facts.barred_by_other(view.way, service=service, bulk=view.case.bulk))


def _do_not_contact(view: _View) -> Verdict:
    return view.of(view.facts.listed[view.way])


def _opted_out(view: _View) -> Verdict:
    """After a refusal no marketing in the same way; a public channel carries nothing against it."""
    if view.case.purpose.consent == "not_needed" and not view.case.channel.public:
        return None
    return view.of(view.facts.refused[view.way])


def _no_consent(view: _View) -> Verdict:
    rule = view.case.purpose
    by_message = view.case.channel.message is not None
    if view.way == "in_person" and rule.without_consent == "in_person":
        return None
    if rule.consent == "needed" or view.case.channel.public or (rule.consent == "not_refused" and by_message):
        return ~view.of(view.facts.consented[view.way])
    return None


def _no_phone(view: _View) -> Verdict:
    return view.of(view.facts.phone) == NO_PHONE if view.way in PHONE_WAYS else None


def _bad_phone(view: _View) -> Verdict:
    return view.of(view.facts.phone) == BAD_PHONE if view.way in PHONE_WAYS else None


def _no_wechat(view: _View) -> Verdict:
    return ~view.of(view.facts.wechat) if view.way == "wechat" else None


def _shared_phone(view: _View) -> Verdict:
    return view.of(view.facts.holders) > view.judge.customers_per_phone if view.way in PHONE_WAYS else None


def _private_in_public_channel(view: _View) -> Verdict:
    if not view.case.bulk:
        return None
    private = any(topic.offer == "private" for topic in view.case.topics) or view.case.purpose.code == "private"
    return np.ones(len(view.due), np.bool_) if private else view.offers(lambda product: product.offer == "private")


def _not_distributable(view: _View) -> Verdict:
    barred = view.case.topics and all(topic.not_distributable is not None for topic in view.case.topics)
    return np.ones(len(view.due), np.bool_) if barred else view.offers(lambda product: product.not_distributable is not None)


def _private_not_qualified(view: _View) -> Verdict:
    return ~view.of(view.facts.qualified) if view.case.purpose.qualified else None


def _no_risk_rating(view: _View) -> Verdict:
    return view.of(view.facts.rating) == 0 if view.needs_rating else None


def _rating_expired(view: _View) -> Verdict:
    return ~view.of(view.facts.rating_valid) if view.needs_rating else None


def _risk_mismatch(view: _View) -> Verdict:
    if not view.needs_rating:
        return None
    if view.case.topics:
        return view.topics == 0
    if view.due.occasion is None:
        return None
    risks = np.array([*map(risk_of, view.judge.products), 0])  # -1, no product, takes the last
    return view.of(view.facts.rating) < risks[view.due.occasion.offered]


def _senior(view: _View) -> Verdict:
    if not view.case.bulk:
        return None
    uncertain = True if view.uncertain else view.offers(lambda product: product.benefit == "uncertain")
    return None if uncertain is None else view.of(view.facts.senior) & uncertain


def _no_template(view: _View) -> Verdict:
    return np.ones(len(view.due), np.bool_) if view.case.channel.message is not None and view.case.action.message is None else None


def _already_contacted(view: _View) -> Verdict:
    return view.due.occasion.told if view.due.occasion and view.case.action.once_per is not None else None


def _frequency_cap(view: _View) -> Verdict:
    caps = view.case.channel.caps
    if not caps or not view.case.purpose.caps or not len(view.judge.history.at):
        return None
    units, count = units_of(view.case, view.facts)
    if not count:  # nobody has a number
        return None
    unit = units[view.at]
    closed = view.judge.closed_by(caps, view.case.channel.code, units, count, but_freed=False)[unit]
    again = view.due.occasion.again if view.due.occasion else None
    if again is not None and again.any():
        closed = np.where(again, view.judge.closed_by(caps, view.case.channel.code, units, count, but_freed=True)[unit], closed)
    return (unit >= 0) & closed


_GATES: Final[tuple[tuple[Gate, Callable[[_View], Verdict]], ...]] = (
    ("no_profile", _no_profile),
    ("privacy_tier", _privacy_tier),
    ("not_marketable", _not_marketable),
    ("bereavement", _bereavement),
    ("phone_barred", _phone_barred),
    ("do_not_contact", _do_not_contact),
    ("opted_out", _opted_out),
    ("no_consent", _no_consent),
    ("no_phone", _no_phone),
    ("bad_phone", _bad_phone),
    ("no_wechat", _no_wechat),
    ("shared_phone", _shared_phone),
    ("private_in_public_channel", _private_in_public_channel),
    ("not_distributable", _not_distributable),
    ("private_not_qualified", _private_not_qualified),
    ("no_risk_rating", _no_risk_rating),
    ("rating_expired", _rating_expired),
    ("risk_mismatch", _risk_mismatch),
    ("senior", _senior),
    ("no_template", _no_template),
    ("already_contacted", _already_contacted),
    ("frequency_cap", _frequency_cap),
)


def judged_with_instead(judge: Judge, due: Due, other: Case | None) -> Iterator[Judged]:
    """Yield the verdicts on a case; those whom its action sends elsewhere (`instead`) are judged on the `other` channel."""
    judged = judge.judge(due)
    instead = due.case.action.instead
    if instead is None or other is None:
        yield judged
        return
    moved = judged.reason == GATES.index(instead.gate)
    yield judged.take(~moved)
    yield judge.judge(due.take(moved, other))


def take_turns(judged: Sequence[Judged], history: History, facts: Facts, profile: Int32s) -> list[Judged]:
    """Return the verdicts with `not_this_turn` for all but one topic of each unit and channel.

    The unit is the number where many are sent to, so that a number gets one message however many customers share it, else
    the customer. Sent longest ago goes first, never sent before all; ties in the order of the playbooks.
    """
    best: dict[str, Int64s] = {}
    turns: list[tuple[Int64s, Int32s, Int64s] | None] = []
    for one in judged:
        case = one.due.case
        if not case.turns:
            turns.append(None)
            continue
        units, count = units_of(case, facts)
        first = best.setdefault(case.channel.code, np.full(count, np.iinfo(np.int64).max))
        unit = units[profile[one.due.at[one.passed]]]
        last = history.last_of(case.number, units, count)[unit].astype(np.int64)
        key = np.where(last == NO_DAY, 0, last - NO_DAY) << np.int64(_NUMBER_BITS) | np.int64(case.number)
        np.minimum.at(first, unit, key)
        turns.append((key, unit, first))
    return [one if turn is None else _kept(one, *turn) for one, turn in zip(judged, turns, strict=True)]


_NUMBER_BITS = 16


def _kept(one: Judged, key: Int64s, unit: Int32s, best: Int64s) -> Judged:
    """Return a verdict without those whose unit has a better key. `key`, `unit`: of those who passed; `best`: by unit."""
    later = np.zeros(len(one.due), np.bool_)
    later[one.passed] = best[unit] != key
    return one.stopped(later, "not_this_turn")
