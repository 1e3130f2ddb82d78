"""What bears on contacting the customers of the customer file, found by sets and with code of its own: the facts of the hard gates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from vip_tiering.base.arrays import Mask, one_array, text_array, truth
from vip_tiering.base.disk import reading
from vip_tiering.base.money import Int64s
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULTS
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.types import NO_DAY, Contacts, Customers, Known
from vip_tiering.playbooks.customers.customers_file import ALL_CHANNELS, CODES, EVENTS
from vip_tiering.playbooks.gates import Limits
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import manifests
from vip_tiering.rules.extracts import Aliases
from vip_tiering.rules.tiers import bound_fen

WAYS: Final = ("sms", "call", "wechat", "in_person")
_MONTHS: Final = 12
_TIERS: Final = ("tier", "evaluated_tier", "retained_tier")
"""Where a run tells of a tier: that which a customer has, and those of the average and without overrides, where they may differ."""


@dataclass(frozen=True)
class Standing:
    """How every customer of the customer file stands on the day, arrays of shape (m,); by way where ways differ.

    `customer_id`: the present one; `renumbered`: it is another than the file says; `rating`: 1 to 5, 0 where none is valid; `number`:
    index of the customer's number, below 0 without one; `sharers`: how many have it; `complained`: so lately that nothing is offered;
    `managed`: with a manager.
    """

    customer_id: pa.Array
    renumbered: Mask
    active: Mask
    adult: Mask
    young: Mask
    bereaved: Mask
    complained: Mask
    managed: Mask
    private: Mask
    qualified: Mask
    rating: npt.NDArray[np.int8]
    listed: Mapping[str, Mask]
    refused: Mapping[str, Mask]
    consents: Mapping[str, Mask]
    number: Int64s
    sharers: Int64s

    def at_number(self, wrong: Mask) -> Mask:
        """Return at whose number anybody is one of those, shape (m,)."""
        has = self.number >= 0
        hit = np.zeros(int(self.number.max(initial=-1)) + 1, np.bool_)
        hit[self.number[has & wrong]] = True
        result = np.zeros(len(wrong), np.bool_)
        result[has] = hit[self.number[has]]
        return result


class NewIds:
    """Tells by which number a customer is known now, by a mapping of its own (semantics 12.1)."""

    def __init__(self, aliases: Aliases | None = None) -> None:
        """Take who got another number; without it everybody keeps his own."""
        self._new = None if aliases is None else pd.Series(aliases.new.to_pylist(), index=aliases.old.to_pylist(), dtype="str")

    def of(self, ids: pa.Array) -> pa.Array:
        """Return the present number of each customer, shape (n,)."""
        if self._new is None:
            return ids
        delivered = ids.to_pandas().astype("str")
        return text_array(delivered.map(self._new).fillna(delivered))


def standing_of(customers: Customers, known: Known, run: Path, books: Playbooks, on: dt.date, now: NewIds) -> Standing:
    """Return how customers stand on a day, by the customer file, what is beside it, and a run folder, each with ids of its own time."""
    delivered = customers.customer_id
    customers, known = _by_new_ids(customers, known, now)
    limits, count = books.gates.limits, len(customers)
    birthday, rated, today = customers.day["birthday"], customers.day["risk_rated_on"], day_number(on)
    months = _months_since(rated, on)
    valid = (rated != NO_DAY) & (rated <= today) & (months < limits.rating_valid_months.value)
    number = customers.phone.astype(np.int64)
    has, sharers = number >= 0, np.zeros(count, np.int64)
    sharers[has] = np.bincount(number[has])[number[has]]
    years = _months_since(birthday, on, end_of_month=False) // _MONTHS
    qualified_on = customers.day["qualified_on"]
    return Standing(
        customer_id=customers.customer_id,
        renumbered=truth(pc.not_equal(delivered, customers.customer_id)),
        active=_is(customers, "status", "active") if "status" in customers.given else np.ones(count, np.bool_),
        adult=(birthday == NO_DAY) | (years >= limits.adult_age_years.value),
        young=(birthday != NO_DAY) & (years < limits.senior_age_years.value),
        bereaved=_bereaved(customers, known, limits, today),
        complained=_heard(customers, known.logs, "complaint", today - limits.complaint_days.value),
        managed=truth(pc.greater(pc.utf8_length(customers.text["manager"].cast(pa.string()).fill_null("")), 0)),
        private=_is(customers, "private_client", "Y") | _private_by_run(customers, run, books, now),
        qualified=_is(customers, "qualified_investor", "Y") & (qualified_on != NO_DAY) & (qualified_on <= today),
        rating=np.where(valid, customers.code["risk_rating"], 0).astype(np.int8),
        listed=_listed(customers, known, books, today),
        refused=_refused(customers, known.logs, books),
        consents={way: _consent(customers, way, "Y") for way in WAYS},
        number=number,
        sharers=sharers,
    )


def _by_new_ids(customers: Customers, known: Known, now: NewIds) -> tuple[Customers, Known]:
    """Return what files say with the present numbers of customers."""
    everything = {name: one and replace(one, customer_id=now.of(one.customer_id)) for name, one in vars(known).items()}
    return replace(customers, customer_id=now.of(customers.customer_id)), Known(**everything)


def _is(customers: Customers, field: str, word: str) -> Mask:
    result: Mask = customers.code[field] == CODES[field].index(word)
    return result


def _consent(customers: Customers, way: str, word: str) -> Mask:
    return _is(customers, f"consent_{way}", word) if way != "in_person" else np.zeros(len(customers), np.bool_)


def _months_since(days: npt.NDArray[Any], on: dt.date, *, end_of_month: bool = True) -> Int64s:
    """Return the whole months from days to `on`, shape (n,). `end_of_month`: what began on a 31st is a month old on a 30th."""
    dates = np.where(days == NO_DAY, 0, days).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    began = (dates - months).astype(np.int64) + 1
    passed = on.year * _MONTHS + on.month - 1 - (months.astype(np.int64) + 1970 * _MONTHS)
    is_last = end_of_month and (on + dt.timedelta(days=1)).day == 1
    result: Int64s = passed - ((began > on.day) & (not is_last))
    return result


def _bereaved(customers: Customers, known: Known, limits: Limits, today: int) -> Mask:
    bereaved, events = _heard(customers, known.logs, "bereavement", today - limits.bereavement_days.value), known.events
    if events is None:
        return bereaved
    grave = truth(pc.is_in(events.kind.cast(pa.string()), value_set=pa.array(["bereavement", "illness"])))
    grave &= (events.event == EVENTS.index("family_event")) & (today - events.day.astype(np.int64) <= limits.bereavement_days.value)
    return bereaved | _are(customers.customer_id, events.customer_id.filter(pa.array(grave)))


def _heard(customers: Customers, logs: Sequence[Contacts], word: str, since: int) -> Mask:
    """Return of whom somebody heard something since a day."""
    ids = [one.customer_id.filter(pa.array((one.result == RESULTS.index(word)) & (one.day.astype(np.int64) >= since))) for one in logs]
    return _are(customers.customer_id, pa.concat_arrays([pa.array([], pa.string()), *ids]))


def _are(values: pa.Array, among: pa.Array) -> Mask:
    return truth(pc.is_in(values, value_set=pa.array(among)))


def _by_way(words: pa.DictionaryArray, way: str, books: Playbooks) -> Mask:
    """Return which entries mean a way, by the code of one of its channels or for all of them."""
    codes = [ALL_CHANNELS, *(code for code, one in books.channels.items() if one.way == way)]
    return truth(pc.is_in(words.cast(pa.string()), value_set=pa.array(codes, pa.string())))


def _listed(customers: Customers, known: Known, books: Playbooks, today: int) -> dict[str, Mask]:
    """Return who is on the do-not-contact list, by id, or by a number that he has; and whom the contact log bars like it."""
    nobody = np.zeros(len(customers), np.bool_)
    listed = {way: _logged(customers, known.contacts, way, books) if known.contacts is not None else nobody for way in WAYS}
    barred = known.barred
    if barred is None:
        return listed
    for way in WAYS:
        meant = pa.array(_by_way(barred.channel, way, books) & (barred.since <= today))
        listed[way] = listed[way] | _are(customers.customer_id, barred.customer_id.filter(meant))
        listed[way] |= _have(customers, _are(customers.numbers, barred.number.filter(meant)))
    return listed


def _have(customers: Customers, numbers: Mask) -> Mask:
    """Return who has one of some numbers, shape (m,)."""
    result: Mask = np.append(numbers, [False, False])[customers.phone]  # -1 and -2: without a number
    return result


def _logged(customers: Customers, log: Contacts, way: str, books: Playbooks) -> Mask:
    """Return whom a contact log bars for ever from a way: who refused, and whoever has the number; a wrong number, by whatever means."""
    refused = np.isin(log.result, [RESULTS.index("refused"), RESULTS.index("opt_out")]) & _by_way(log.channel, way, books)
    barred = _are(customers.customer_id, log.customer_id.filter(pa.array(refused)))
    if way not in ("sms", "call"):
        return barred
    wrong = log.result == RESULTS.index("wrong_number")
    told = truth(pc.not_equal(log.number, ""))
    numbers = _are(customers.numbers, log.number.filter(pa.array((refused | wrong) & told)))
    silent = _are(customers.customer_id, log.customer_id.filter(pa.array((refused | wrong) & ~told)))
    numbers[customers.phone[silent & (customers.phone >= 0)]] = True
    without = _are(customers.customer_id, log.customer_id.filter(pa.array(wrong & ~told))) & (customers.phone < 0)
    return barred | without | _have(customers, numbers)


def _refused(customers: Customers, logs: Sequence[Contacts], books: Playbooks) -> dict[str, Mask]:
    """Return who refused: by consent N, or in the contact log at any time."""
    refused = {way: _consent(customers, way, "N") for way in WAYS}
    for contacts in logs:
        said_no = np.isin(contacts.result, [RESULTS.index("refused"), RESULTS.index("opt_out")])
        for way in WAYS:
            refused[way] |= _are(
                customers.customer_id, contacts.customer_id.filter(pa.array(said_no & _by_way(contacts.channel, way, books)))
            )
    return refused


def _private_by_run(customers: Customers, run: Path, books: Playbooks, now: NewIds) -> Mask:
    """Return who is a private client by tier, earlier tier or closing balance of a run.

    Where the rules of the run let customers keep tiers, or set them, it tells the tier of the average and that without overrides too,
    and each of them counts. Whom a compared run does not name in changes.csv kept the tier, so that the tier now tells the earlier one too.
    """
    manifest = manifests.manifest_of(run)
    barred = [book.tier for book in books.file.playbooks if book.bulk == "barred"]
    bounds = [bound_fen(tier["min"]) or 0 for tier in manifest["rules"]["tiers"] if tier["code"] in barred]
    with reading(run.name):
        file = run / "tiers.parquet"
        named = [name for name in _TIERS if name in pq.read_schema(file).names]
        tiers = pq.read_table(file, columns=["customer_id", "closing_fen", *named])
        changes = csv_as_text(run / "changes.csv", ("customer_id", "from_tier"))
    rich = truth(pc.greater_equal(tiers["closing_fen"], min(bounds))) if bounds else np.zeros(len(tiers), np.bool_)
    barred_now = tiers["customer_id"].filter(pa.array(np.logical_or.reduce([rich, *(_has(tiers[name], barred) for name in named)])))
    before = changes["customer_id"].filter(pa.array(_has(changes["from_tier"], barred)))
    private = [now.of(one_array(one.cast(pa.string()))) for one in (barred_now, before)]
    return _are(customers.customer_id, private[0]) | _are(customers.customer_id, private[1])


def _has(column: pa.ChunkedArray, words: Sequence[str]) -> Mask:
    return truth(pc.is_in(column.cast(pa.string()), value_set=pa.array(words, pa.string())))
