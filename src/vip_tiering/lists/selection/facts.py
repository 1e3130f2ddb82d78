"""What bears on contacting each customer of the customer file, whoever is selected. The gates read only this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, positions_in, truth
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULTS, UNASSIGNED
from vip_tiering.customers.cells.dates import ages, months_later
from vip_tiering.customers.households import households_of
from vip_tiering.customers.products import held_products
from vip_tiering.customers.types import NO_DAY, NO_PHONE, Contacts, Customers, DoNotContact, Known
from vip_tiering.lists.selection.contact_log import together
from vip_tiering.lists.selection.people import People
from vip_tiering.lists.selection.privacy import PrivacyRule, private_in_file
from vip_tiering.playbooks.channels import Channel, Way
from vip_tiering.playbooks.customers.customers_file import ALL_CHANNELS, CODES, EVENTS, GRAVE_KINDS
from vip_tiering.playbooks.gates import Limits
from vip_tiering.playbooks.products import Product

WAYS: Final[tuple[Way, ...]] = get_args(Way)
PHONE_WAYS: Final[tuple[Way, ...]] = ("sms", "call")
"""The ways that use the customer's number."""
REFUSALS: Final = ("refused", "opt_out")
"""After these nobody contacts the customer in the same way again (银保监会令2022年第9号)."""
WRONG_NUMBER: Final = "wrong_number"
_YES, _NO = 2, 1
_CONSENT: Final[dict[Way, str | None]] = {"sms": "consent_sms", "call": "consent_call", "wechat": "consent_wechat", "in_person": None}


@dataclass(frozen=True)
class Facts:
    """The facts of every customer of the customer file, arrays of shape (m,); those by way are mappings.

    `listed`: on the do-not-contact list, or barred by what the contact log tells; `refused`: consent N, or a refusal in the contact
    log; `complained`: lately, so that nothing is offered; `consented`: consent Y; `managed`: with a manager of their own;
    `rating`: 1 to 5 for C1 to C5, 0 for none; `senior`: old enough, or of unknown age; `holders`: how many customers have
    the same number, 0 without a number; `held`: by the code of a product, who holds it; `household`: the position of its first member.
    """

    private: Mask
    marketable: Mask
    bereaved: Mask
    listed: Mapping[Way, Mask]
    refused: Mapping[Way, Mask]
    complained: Mask
    consented: Mapping[Way, Mask]
    rating: Int8s
    rating_valid: Mask
    qualified: Mask
    senior: Mask
    phone: Int32s
    holders: Int32s
    wechat: Mask
    managed: Mask
    held: Mapping[str, Mask]
    household: Int32s

    def barred_by_other(self, way: Way, *, service: bool, offer: bool, bulk: bool) -> Mask:
        """Return whose number another holder bars, shape (m,): a message reaches a phone, not a customer.

        A refusal and a bereavement do not stop service, a complaint stops offers alone; that a holder is a private client stops
        only what goes to many.
        """
        barred = ~self.marketable | self.listed[way]
        if not service:
            barred |= self.bereaved | self.refused[way]
        if offer:
            barred |= self.complained
        if bulk:
            barred |= self.private
        has = self.phone >= 0
        count = np.bincount(self.phone[has & barred], minlength=int(self.phone.max(initial=-1)) + 1)
        result = np.zeros(len(barred), np.bool_)
        result[has] = count[self.phone[has]] > barred[has]
        return result


def facts_of(
    customers: Customers,
    people: People,
    known: Known,
    channels: Mapping[str, Channel],
    limits: Limits,
    on: dt.date,
    privacy: PrivacyRule,
    products: Mapping[str, Product],
) -> Facts:
    """Return the facts on the day of the export. `products`: those of the rules, by code."""
    code, today = customers.code, day_number(on)
    age = ages(customers.day["birthday"], on)
    # Where the bank delivers no status, which the rules must allow by name, nobody is stopped for it.
    active = code["status"] == CODES["status"].index("active") if "status" in customers.given else np.ones(len(customers), np.bool_)
    rated_on = customers.day["risk_rated_on"]
    qualified_on = customers.day["qualified_on"]
    return Facts(
        private=private_in_file(customers, people, privacy),
        marketable=active & ~((age >= 0) & (age < limits.adult_age_years.value)),
        bereaved=last_bereaved(customers, known) >= today - limits.bereavement_days.value,
        listed=_listed(customers, together([known.barred, barred_by(known.contacts, customers, channels)]), channels, today),
        refused=_refused(customers, known.logs, channels),
        complained=last_complained(customers, known) >= today - limits.complaint_days.value,
        consented={way: code[field] == _YES if field else np.zeros(len(customers), np.bool_) for way, field in _CONSENT.items()},
        rating=code["risk_rating"],
        rating_valid=(rated_on != NO_DAY) & (rated_on <= today) & (today < rating_ends(customers, limits)),
        qualified=(code["qualified_investor"] == _YES) & (qualified_on != NO_DAY) & (qualified_on <= today),
        senior=(age < 0) | (age >= limits.senior_age_years.value),
        phone=customers.phone,
        holders=_holders(customers.phone),
        wechat=truth(pc.not_equal(customers.text["wechat_id"].cast(pa.string()), "")),
        managed=~truth(pc.is_in(customers.text["manager"].cast(pa.string()), value_set=pa.array(["", UNASSIGNED]))),
        held=_held(customers, products),
        household=households_of(customers.customer_id, customers.text["household_customer_id"]),
    )


def _held(customers: Customers, products: Mapping[str, Product]) -> dict[str, Mask]:
    """Return who holds each product of the rules by the customer file, shape (m,)."""
    held = held_products(customers.text["products_held"], products).groupby("product")["at"]
    holders = {code: at.to_numpy() for code, at in held}
    return {code: _among(customers, holders.get(code, np.empty(0, np.int32))) for code in products}


def barred_by(log: Contacts | None, customers: Customers, channels: Mapping[str, Channel]) -> DoNotContact | None:
    """Return the do-not-contact entries that follow from a contact log, as from results that are recorded (semantics 12.7).

    Who refused is barred from the channel, and so is the number where the channel uses one; a wrong number is barred from everything
    that uses it, and where nobody knows it the customer. The number is that of the log, else the one in the customer file.
    """
    if log is None:
        return None
    at = positions_in(log.customer_id, customers.customer_id)
    phone = np.where(at >= 0, customers.phone[at], NO_PHONE) if len(customers) else np.full(len(at), NO_PHONE, np.int32)
    own = pc.fill_null(customers.numbers.take(pa.array(phone, mask=phone < 0)), "")
    number = pc.if_else(pc.equal(log.number, ""), own, log.number)
    told = truth(pc.not_equal(number, ""))
    refused = np.isin(log.result, [RESULTS.index(one) for one in REFUSALS])
    by_phone = truth(pc.is_in(log.channel.cast(pa.string()), value_set=pa.array(_codes(PHONE_WAYS, channels), pa.string())))
    wrong = log.result == RESULTS.index(WRONG_NUMBER)
    parts = [_entries(log.customer_id, None, log.channel, refused), _entries(None, number, log.channel, refused & by_phone & told)]
    for way in PHONE_WAYS:
        for code in _codes([way], channels)[:1]:
            parts += [_entries(None, number, code, wrong & told), _entries(log.customer_id, None, code, wrong & ~told)]
    return together(parts)


def _codes(ways: Collection[Way], channels: Mapping[str, Channel]) -> list[str]:
    return [code for code, channel in channels.items() if channel.way in ways]


def _entries(customer_id: pa.Array | None, number: pa.Array | None, channel: pa.DictionaryArray | str, meant: Mask) -> DoNotContact:
    """Return an entry for each contact that is meant, by customer or by number; they hold always."""
    count = int(np.count_nonzero(meant))
    ids, numbers = (pa.repeat("", count) if one is None else one.filter(pa.array(meant)) for one in (customer_id, number))
    codes = pa.repeat(channel, count) if isinstance(channel, str) else channel.cast(pa.string()).filter(pa.array(meant))
    return DoNotContact(ids, numbers, codes.dictionary_encode(), np.full(count, NO_DAY, np.int32))


def units_of(channel: Channel, facts: Facts) -> tuple[Int32s, int]:
    """Return to whom caps and turns belong: to the number where many are sent to, else to the customer; and how many there are.

    The units are those of the customers of the customer file, shape (m,); -1 without a number.
    """
    if channel.public and channel.way in PHONE_WAYS:
        return np.maximum(facts.phone, -1), int(facts.phone.max(initial=-1)) + 1
    return np.arange(len(facts.phone), dtype=np.int32), len(facts.phone)


def rating_ends(customers: Customers, limits: Limits) -> Int32s:
    """Return the first day on which the risk rating of each customer is too old, shape (m,); of no use where no day is given."""
    return months_later(customers.day["risk_rated_on"], limits.rating_valid_months.value)


def last_bereaved(customers: Customers, known: Known) -> Int32s:
    """Return the last day of a death or a grave illness in the family, by the events, or by what a caller was told, shape (m,).

    NO_DAY, which is before every day, for none.
    """
    last, events = _last_told(customers, known.logs, "bereavement"), known.events
    if events is not None:
        grave = truth(pc.is_in(events.kind.cast(pa.string()), value_set=pa.array(GRAVE_KINDS)))
        grave &= events.event == EVENTS.index("family_event")
        _keep_last(last, positions_in(events.customer_id, customers.customer_id)[grave], events.day[grave])
    return last


def last_complained(customers: Customers, known: Known) -> Int32s:
    """Return the last day of a complaint, shape (m,); NO_DAY for none."""
    return _last_told(customers, known.logs, "complaint")


def _last_told(customers: Customers, logs: Sequence[Contacts], result: str) -> Int32s:
    """Return the last day on which a log tells a result of each customer, shape (m,); NO_DAY for none."""
    last = np.full(len(customers), NO_DAY, np.int32)
    for contacts in logs:
        told = contacts.result == RESULTS.index(result)
        _keep_last(last, positions_in(contacts.customer_id, customers.customer_id)[told], contacts.day[told])
    return last


def _keep_last(last: Int32s, at: Int32s, day: Int32s) -> None:
    """Raise the last days to later ones of customers at some positions; -1 stands for nobody."""
    np.maximum.at(last, at[at >= 0], day[at >= 0])


def _mean(words: pa.DictionaryArray, way: Way, channels: Mapping[str, Channel]) -> Mask:
    """Return which words mean a way: the codes of its channels, or `all`."""
    codes = [ALL_CHANNELS, *(code for code, channel in channels.items() if channel.way == way)]
    return truth(pc.is_in(words.cast(pa.string()), value_set=pa.array(codes)))


def _listed(customers: Customers, barred: DoNotContact | None, channels: Mapping[str, Channel], today: int) -> dict[Way, Mask]:
    """Return who is on the do-not-contact list, by customer or by number: every holder of a listed number is meant."""
    if barred is None:
        return {way: np.zeros(len(customers), np.bool_) for way in WAYS}
    at = positions_in(barred.customer_id, customers.customer_id)
    number = positions_in(barred.number, customers.numbers)
    listed = {}
    for way in WAYS:
        meant = _mean(barred.channel, way, channels) & (barred.since <= today)  # NO_DAY is before every day
        listed[way] = _among(customers, at[meant]) | np.isin(customers.phone, number[meant & (number >= 0)])
    return listed


def _refused(customers: Customers, logs: Sequence[Contacts], channels: Mapping[str, Channel]) -> dict[Way, Mask]:
    """Return who refused a way: by consent N, or in the contact log, where a refusal holds for ever."""
    refused = {}
    for way, field in _CONSENT.items():
        refused[way] = customers.code[field] == _NO if field else np.zeros(len(customers), np.bool_)
        for contacts in logs:
            said_no = np.isin(contacts.result, [RESULTS.index(one) for one in REFUSALS]) & _mean(contacts.channel, way, channels)
            refused[way] |= _among(customers, positions_in(contacts.customer_id, customers.customer_id)[said_no])
    return refused


def _among(customers: Customers, at: Int32s) -> Mask:
    """Return which customers of the file stand at some positions, shape (m,); -1 stands for nobody."""
    return np.isin(np.arange(len(customers)), at)


def _holders(phone: Int32s) -> Int32s:
    has = phone >= 0
    holders = np.zeros(len(phone), np.int32)
    holders[has] = np.bincount(phone[has])[phone[has]]
    return holders
