"""The gates before any contact, in the order of rules/gates.yaml: the first that applies is the one reason.

Each gate is the function of its name; `_TRIED` lists them. It is asked of one case for all its customers at once. What the
bank's sources say of a gate stands beside it in the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.types import BAD_PHONE, NO_PHONE
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.control import control_group as drawn
from vip_tiering.lists.selection.control import speakers
from vip_tiering.lists.selection.events import risk_of
from vip_tiering.lists.selection.facts import PHONE_WAYS, Facts, units_of
from vip_tiering.lists.selection.history import History
from vip_tiering.lists.selection.people import NOBODY
from vip_tiering.lists.selection.select import DUE
from vip_tiering.playbooks.channels import Channel, Way
from vip_tiering.playbooks.gates import GATES, Gate
from vip_tiering.playbooks.products import Product

PASSES: Final = -1
"""Stands where no gate applies; otherwise the index of the gate in GATES."""
VERDICTS: Final = {**DUE, "case": "int16", "reason": "int8", "topics": "uint32"}
"""Columns of the verdicts on customers for whom a case is due, beside those of `DUE`.

`case`: the place of the case among those of the day; `reason`: PASSES, or the index into GATES; `topics`: bit i says that
topic i of the case may be offered.
"""
NO_VERDICTS: Final = pd.DataFrame({name: [] for name in VERDICTS}).astype(VERDICTS)
Stopped = Any
"""Whom a gate stops: a mask of shape (k,), or one truth value for all."""


@dataclass(frozen=True)
class Judge:
    """What the gates go by. `profile`: the position in the customer file of every customer of the run; `products`: all there are.

    `customer_id`: that of every customer of the customer file; `private`, shape (n,): who in the run is a private client; `closed`: by
    the code of a channel with caps, see `closed_channels`.
    """

    facts: Facts
    customer_id: pa.Array
    profile: Int32s
    private: Mask
    history: History
    closed: Mapping[str, tuple[Mask, Mask]]
    channels: Sequence[str]
    customers_per_phone: int
    today: int
    products: Sequence[Product]

    def judge(self, case: Case, due: pd.DataFrame, instead: Case | None = None) -> pd.DataFrame:
        """Return the verdicts (`VERDICTS`) on customers for whom a case is due (`DUE`).

        Every gate is tried but those that look at several cases together: `not_this_turn`, `manager_quota` and `one_contact_a_day`.
        Those whom the action sends elsewhere are judged on that channel, as the case `instead`.
        """
        asked = Asked(self, case, due)
        reason = np.full(len(due), PASSES, np.int8)
        for gate in _TRIED:
            reason[(reason == PASSES) & gate(asked)] = GATES.index(gate.__name__)
        verdicts: pd.DataFrame = due.assign(case=np.int16(case.place), reason=reason, topics=asked.topics)
        if instead is None or case.action.instead is None:
            return verdicts
        moved: Mask = reason == GATES.index(case.action.instead.gate)
        return pd.concat([verdicts[~moved], self.judge(instead, due[moved])])


def closed_channels(
    channels: Iterable[Channel], facts: Facts, history: History, capped: Sequence[int], today: int
) -> dict[str, tuple[Mask, Mask]]:
    """Return by channel which units its caps close today, and which for those who are due once more; the last, of nobody, is never closed.

    `capped`: the numbers of the actions that count against caps. Channels without caps are left out.
    """
    closed = {}
    for place, channel in enumerate(channels):
        if channel.caps:
            units, count = units_of(channel, facts)
            every, again = (
                np.append(history.reached(channel.caps, place, capped, units, count, today, but_freed=freed), np.False_)
                for freed in (False, True)
            )
            closed[channel.code] = every, again
    return closed


class Asked:
    """One case as its gates see it, and the customers who are due for it (`DUE`), k of them."""

    def __init__(self, judge: Judge, case: Case, due: pd.DataFrame) -> None:
        """Take a case.

        `topics`, shape (k,): those that may be offered to each customer, sellable, no riskier than the rating, and private
        only for qualified investors: each product is judged, not the meeting (semantics 12.10).
        """
        self.judge, self.case, self.due, self.facts = judge, case, due, judge.facts
        self.profile = judge.profile[due["at"]]
        self.way: Way = case.channel.way or "in_person"
        self.by_phone = self.way in PHONE_WAYS
        self.by_message = case.channel.message is not None
        self.marketing = case.purpose.consent != "not_needed" or case.channel.public
        self.offers = case.purpose.code not in ("service", "care")
        self.uncertain = any(topic.benefit == "uncertain" for topic in case.topics)
        self.needs_rating = case.purpose.rating == "needed" or (case.purpose.rating == "uncertain_benefit" and self.uncertain)
        self.sold = [topic for topic in case.topics if topic.not_distributable is None]
        self.topics = np.zeros(len(due), np.uint32)
        for number, topic in enumerate(case.topics):
            if topic in self.sold:
                fits = self.may_hear_of(topic) & (not self.needs_rating or self.of(self.facts.rating) >= risk_of(topic))
                fits &= ~self.holds(topic)
                self.topics |= np.where(fits, np.uint32(1 << number), np.uint32(0))

    def of(self, fact: npt.NDArray[Any]) -> Any:  # noqa: ANN401 (of the type of the fact)
        """Return a fact of the customer file for every customer of the case; whom `no_profile` stops has that of another."""
        return fact[np.maximum(self.profile, 0)] if len(fact) else np.zeros(len(self.profile), fact.dtype)

    def may_hear_of(self, topic: Product) -> Mask:
        """Return whom the purpose lets hear of a product, shape (k,): a private one is for qualified investors."""
        if not self.case.purpose.qualified or topic.offer != "private":
            return np.ones(len(self.profile), np.bool_)
        qualified: Mask = self.of(self.facts.qualified)
        return qualified

    def holds(self, topic: Product) -> Mask:
        """Return who holds a product of which the action says that it is only for those who do not, shape (k,)."""
        if not self.case.action.unless_held:
            return np.zeros(len(self.profile), np.bool_)
        held: Mask = self.of(self.facts.held[topic.code])
        return held

    def offered(self, what: Callable[[Product], Any]) -> Any:  # noqa: ANN401 (of the type of what is told of a product)
        """Return what is told of the product that an event offers to each customer; false where none does."""
        told = np.array([*map(what, self.judge.products), False])  # -1, no product, takes the last
        return told[self.due["offered"]]


def no_profile(asked: Asked) -> Stopped:
    """The customer is not in the customer file."""
    return asked.profile == NOBODY


def privacy_tier(asked: Asked) -> Stopped:
    """What goes to many never goes to private clients."""
    return asked.case.bulk and asked.judge.private[asked.due["at"]]


def not_marketable(asked: Asked) -> Stopped:
    """The customer is not an active one, or is a minor."""
    return ~asked.of(asked.facts.marketable)


def bereavement(asked: Asked) -> Stopped:
    """After a death or a grave illness in the family nobody calls for anything but service."""
    return asked.case.purpose.code != "service" and asked.of(asked.facts.bereaved)


def phone_barred(asked: Asked) -> Stopped:
    """Another customer who has the same number bars it."""
    return asked.by_phone and asked.of(
        asked.facts.barred_by_other(asked.way, service=not asked.marketing, offer=asked.offers, bulk=asked.case.bulk)
    )


def do_not_contact(asked: Asked) -> Stopped:
    """The customer, or his number, is on the do-not-contact list."""
    return asked.of(asked.facts.listed[asked.way])


def opted_out(asked: Asked) -> Stopped:
    """After a refusal no marketing in the same way, after a complaint no offer; a public channel carries nothing against a refusal."""
    stopped = asked.of(asked.facts.complained) if asked.offers else False
    return (asked.of(asked.facts.refused[asked.way]) | stopped) if asked.marketing else stopped


def no_consent(asked: Asked) -> Stopped:
    """The purpose, or the channel, needs a consent that the customer did not give."""
    rule = asked.case.purpose
    if asked.way == "in_person" and rule.without_consent == "in_person":
        return False
    needed = rule.consent == "needed" or asked.case.channel.public or (rule.consent == "not_refused" and asked.by_message)
    return needed and ~asked.of(asked.facts.consented[asked.way])


def no_manager(asked: Asked) -> Stopped:
    """What is private is for the customer's own manager (semantics 12.11)."""
    return asked.case.purpose.code == "private" and ~asked.of(asked.facts.managed)


def no_phone(asked: Asked) -> Stopped:
    """The customer file has no number."""
    return asked.by_phone and asked.of(asked.facts.phone) == NO_PHONE


def bad_phone(asked: Asked) -> Stopped:
    """The number is not a mobile number of mainland China."""
    return asked.by_phone and asked.of(asked.facts.phone) == BAD_PHONE


def no_wechat(asked: Asked) -> Stopped:
    """The customer file has no WeChat id."""
    return asked.way == "wechat" and ~asked.of(asked.facts.wechat)


def shared_phone(asked: Asked) -> Stopped:
    """More customers have the number than one family would, or than the one of whom the text tells."""
    message = asked.case.action.message if asked.by_message else None
    most = 1 if message is not None and message.tells_of_one else asked.judge.customers_per_phone
    return asked.by_phone and asked.of(asked.facts.holders) > most


def private_in_public_channel(asked: Asked) -> Stopped:
    """What goes to many never offers a private product."""
    private = asked.case.purpose.code == "private" or any(topic.offer == "private" for topic in asked.case.topics)
    return asked.case.bulk and (private or asked.offered(lambda product: product.offer == "private"))


def not_distributable(asked: Asked) -> Stopped:
    """The bank may sell none of the products."""
    topics = asked.case.topics
    none_left = bool(topics) and all(topic.not_distributable is not None for topic in topics)
    return none_left or asked.offered(lambda product: product.not_distributable is not None)


def private_not_qualified(asked: Asked) -> Stopped:
    """Private products are for qualified investors only, and all that the bank may sell of those on offer are private."""
    if not asked.case.purpose.qualified:
        return False
    if not asked.case.topics:
        return ~asked.of(asked.facts.qualified)
    return bool(asked.sold) and ~np.logical_or.reduce([asked.may_hear_of(one) for one in asked.sold])


def already_held(asked: Asked) -> Stopped:
    """The customer holds everything that the action is about."""
    return asked.case.action.unless_held and np.logical_and.reduce([asked.holds(one) for one in asked.sold])


def no_risk_rating(asked: Asked) -> Stopped:
    """What bears a risk needs a rating of the customer."""
    return asked.needs_rating and asked.of(asked.facts.rating) == 0


def rating_expired(asked: Asked) -> Stopped:
    """The rating is too old, or not yet valid."""
    return asked.needs_rating and ~asked.of(asked.facts.rating_valid)


def risk_mismatch(asked: Asked) -> Stopped:
    """Every product on offer is riskier than the customer's rating."""
    if not asked.needs_rating:
        return False
    return asked.topics == 0 if asked.case.topics else asked.of(asked.facts.rating) < asked.offered(risk_of)


def senior(asked: Asked) -> Stopped:
    """What goes to many offers old customers no insurance with uncertain benefit."""
    uncertain = asked.uncertain or asked.offered(lambda product: product.benefit == "uncertain")
    return asked.case.bulk and uncertain & asked.of(asked.facts.senior)


def no_template(asked: Asked) -> Stopped:
    """The channel needs a text, and the action has none; or its texts tell of a sale that is over."""
    action = asked.case.action
    over = any(one.sale_until is not None and day_number(one.sale_until) < asked.judge.today for one in asked.case.topics)
    return (asked.by_message and action.message is None) or (over and action.tells_sale_period)


def already_contacted(asked: Asked) -> Stopped:
    """The customer was told of the event before."""
    return asked.case.action.once_per is not None and asked.due["told"].to_numpy()


def frequency_cap(asked: Asked) -> Stopped:
    """The channel reached the customer, or the number, as often as its caps allow."""
    channel = asked.case.channel
    if not channel.caps or not asked.case.purpose.caps:
        return False
    closed, closed_again = asked.judge.closed[channel.code]
    unit = asked.of(units_of(channel, asked.facts)[0])  # -1, no number, takes the last
    return np.where(asked.due["again"], closed_again[unit], closed[unit])


def control_group(asked: Asked) -> Stopped:
    """The customer is of the control group of the action; whose number gets one message are in it together, or none of them is."""
    share = asked.case.action.control_share
    if share is None or not len(asked.profile):
        return False
    unit, _ = units_of(asked.case.channel, asked.facts)
    ids = asked.judge.customer_id
    by = speakers(ids, unit)[np.maximum(asked.profile, 0)]
    return drawn(ids.take(pa.array(by)), asked.case.action.id, share)


_TRIED: Final[Sequence[Callable[[Asked], Stopped]]] = (
    no_profile,
    privacy_tier,
    not_marketable,
    bereavement,
    phone_barred,
    do_not_contact,
    opted_out,
    no_consent,
    no_manager,
    no_phone,
    bad_phone,
    no_wechat,
    shared_phone,
    private_in_public_channel,
    not_distributable,
    private_not_qualified,
    already_held,
    no_risk_rating,
    rating_expired,
    risk_mismatch,
    senior,
    no_template,
    already_contacted,
    frequency_cap,
    control_group,
)


def take_turns(verdicts: pd.DataFrame, cases: Sequence[Case], judge: Judge) -> pd.DataFrame:
    """Return the verdicts with `not_this_turn` for all but one topic of each unit and channel.

    The unit is the number where many are sent to, so that a number gets one message however many customers share it, else
    the customer. Sent longest ago goes first, never sent before all; ties in the order of the playbooks. `cases`: those that
    take turns with each other.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    turns = [pd.DataFrame({"channel": [], "unit": [], "last": [], "action": []})]
    for case in cases:
        rows = passed[passed["case"] == case.place]
        units, count = units_of(case.channel, judge.facts)
        unit = units[judge.profile[rows["at"]]]
        last = judge.history.last_of(case.number, units, count)[unit]  # NO_DAY, never, is before every day
        columns = {"channel": case.channel.code, "unit": unit, "last": last, "action": case.number}
        turns.append(pd.DataFrame(columns, index=rows.index))
    in_turn = pd.concat(turns).sort_values(["last", "action"])
    first = in_turn.groupby(["channel", "unit"])["action"].transform("first")
    return stopped(verdicts, in_turn.index[in_turn["action"] != first], "not_this_turn")


def stopped(verdicts: pd.DataFrame, whom: pd.Index, gate: Gate) -> pd.DataFrame:
    """Return verdicts with one more gate for those who passed so far. `whom`: their labels in the index."""
    reason = verdicts["reason"].where(~verdicts.index.isin(whom), GATES.index(gate))
    return verdicts.assign(reason=reason.astype(np.int8))
