"""What may be said to customers, and what not: as the lists of the day judge it, for whoever is about to call. Arrays in, documents out."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np

from vip_tiering.base.arrays import Int32s
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.customers.types import NO_DAY, Customers, Known
from vip_tiering.lists.export.people_list import may_offer
from vip_tiering.lists.selection.facts import WAYS, Facts, facts_of, last_bereaved, last_complained, rating_ends
from vip_tiering.lists.selection.people import People
from vip_tiering.lists.selection.privacy import PrivacyRule
from vip_tiering.playbooks.channels import Way
from vip_tiering.playbooks.gates import Gate
from vip_tiering.playbooks.load import Playbooks

Document = dict[str, Any]
_STOPPED_FOR_ALL: Final[tuple[Gate, ...]] = ("not_marketable", "phone_barred", "do_not_contact")
"""The gates that stop even service in a way, in their order among `GATES`."""
ABSENT: Final[Document] = {
    "ways": [{"way": way, "stopped_by": "no_profile", "may_market": False, "max_risk": "", "may_offer": ""} for way in WAYS],
    "barred": [],
    "refused": [],
    "bereaved_until": None,
    "no_offers_until": None,
    "rating_valid": False,
    "rating_ended_on": None,
}
"""What is known of a customer who is not in the customer file: nobody may contact him by a list."""


def permissions(
    at: Int32s, customers: Customers, people: People, known: Known, privacy: PrivacyRule, books: Playbooks, on: dt.date
) -> list[Document]:
    """Return what binds whoever contacts customers on a day, one document for each of their positions in the customer file, in order.

    `ways`: by way, the gate that stops even service, or None, and what may be offered otherwise, in the words of the sheet of the day;
    `barred`, `refused`: ways that the do-not-contact list closes, and those in which the customer will hear of no offer;
    `bereaved_until`, `no_offers_until`: the last day of either, None where it is over; `rating_ended_on`: since when the rating is too
    old, None where it is not.
    """
    limits = books.gates.limits
    facts = facts_of(customers, people, known, books.channels, limits, on, privacy, books.products)
    there = np.maximum(at, 0)
    by_way = {way: _of_way(there, way, facts) for way in WAYS} if len(customers) else {}
    until = {
        "bereaved_until": _until(last_bereaved(customers, known), limits.bereavement_days.value, on),
        "no_offers_until": _until(last_complained(customers, known), limits.complaint_days.value, on),
    }
    ends = np.where(customers.day["risk_rated_on"] == NO_DAY, NO_DAY, rating_ends(customers, limits))
    ended = iso_dates(np.where(ends <= day_number(on), ends, NO_DAY).astype(np.int32)).to_pylist()
    return [
        {
            "ways": [{"way": way, **by_way[way][row]} for way in WAYS],
            "barred": [way for way in WAYS if facts.listed[way][place]],
            "refused": [way for way in WAYS if facts.refused[way][place]],
            **{name: days[place] or None for name, days in until.items()},
            "rating_valid": bool(facts.rating_valid[place]),
            "rating_ended_on": ended[place] or None,
        }
        if place >= 0
        else ABSENT
        for row, place in enumerate(at.tolist())
    ]


def _of_way(at: Int32s, way: Way, facts: Facts) -> list[Document]:
    """Return which gate stops even service in a way, and what may be offered, for customers at some positions."""
    barred_by_other = facts.barred_by_other(way, service=True, offer=False, bulk=False) if way in ("sms", "call") else np.False_
    stops = {"not_marketable": ~facts.marketable, "phone_barred": barred_by_other, "do_not_contact": facts.listed[way]}
    stopped = np.select([np.broadcast_to(stops[gate], len(facts.marketable)) for gate in _STOPPED_FOR_ALL], [*_STOPPED_FOR_ALL], "")[at]
    may, risk, said = may_offer(at, way, facts)
    return [
        {"stopped_by": None, "may_market": may_market, "max_risk": max_risk, "may_offer": text}
        if not gate
        else {"stopped_by": gate, "may_market": False, "max_risk": "", "may_offer": ""}
        for gate, may_market, max_risk, text in zip(stopped.tolist(), may.tolist(), risk.to_pylist(), said.to_pylist(), strict=True)
    ]


def _until(last: Int32s, days: int, on: dt.date) -> list[str]:
    """Return the last of so many days after a day, shape (m,); "" where it is over or was never."""
    ends = np.where(last == NO_DAY, NO_DAY, last + np.int32(days))
    return list(iso_dates(np.where(ends >= day_number(on), ends, NO_DAY).astype(np.int32)).to_pylist())
