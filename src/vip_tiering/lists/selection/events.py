"""What happened, or will, to customers of a run: one function for each trigger of an action that waits for an event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, positions_in, truth
from vip_tiering.base.money import FEN_PER_YUAN, Int64s
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.customers.dates import anniversaries, within
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN, Customers, Events
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.actions import Action, Trigger
from vip_tiering.playbooks.customers import EVENTS
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.calendar import IsWorking

_SATURDAY: Final = 5
_LONGEST_BREAK: Final = 31


@dataclass(frozen=True)
class Window:
    """The first and the last day, as day numbers; `guessed` where the calendar does not know one of them."""

    first: int
    last: int
    guessed: bool = False

    @property
    def dates(self) -> tuple[dt.date, dt.date]:
        """The first and the last day."""
        return day_date(self.first), day_date(self.last)


def window_of(on: dt.date, is_working: IsWorking) -> Window:
    """Return the window of an export. Where nobody knows whether a day is worked, Saturdays and Sundays are not."""
    first = day_number(on)
    guessed = False
    for day in range(first + 1, first + _LONGEST_BREAK):
        works = is_working(day)
        guessed |= works is None
        if works or (works is None and day_date(day).weekday() < _SATURDAY):
            return Window(first, day - 1, guessed)
    return Window(first, first + _LONGEST_BREAK - 1, guessed)


@dataclass(frozen=True)
class DueEvents:
    """Events of customers of a run that fall due, arrays of shape (e,).

    `at`: position in the run; `until`: by when the customer should be told, NO_DAY for no such day; `due_from`: the first
    day on which an export could have told of it; `offered`: index among all products of the one
    on offer, -1 for none.
    """

    at: Int32s
    day: Int32s
    until: Int32s
    due_from: Int32s
    product: pa.Array
    amount_fen: Int64s
    points: Int64s
    offered: Int32s

    def take(self, index: Any) -> DueEvents:  # noqa: ANN401 (positions of any integer type)
        """Return the events at positions, in their order."""
        names = ("at", "day", "until", "due_from", "amount_fen", "points", "offered")
        return DueEvents(product=self.product.take(pa.array(index)), **{name: getattr(self, name)[index] for name in names})

    @staticmethod
    def concat(parts: Sequence[DueEvents]) -> DueEvents:
        """Return the events of all parts."""
        names = ("at", "day", "until", "due_from", "amount_fen", "points", "offered")
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return DueEvents(product=pa.concat_arrays([part.product for part in parts]), **columns)


@dataclass(frozen=True)
class EventSources:
    """Where events come from: the run, the customer file, the events file, the rules. `members` of shape (n,): whose tier has the action.

    `run_day`: the last day of the run's quarter; `branch_dates`: the days that the branch set, by action; `products`: by code.
    """

    people: People
    customers: Customers
    events: Events | None
    window: Window
    run_day: int
    branch_dates: Mapping[str, Sequence[int]]
    products: Mapping[str, Product]


def due_events(action: Action, sources: EventSources, members: Mask) -> DueEvents:
    """Return the events of the members that make an action due in the window."""
    parts = _TRIGGERS[action.trigger](action, sources, members)
    return DueEvents.concat(parts) if parts else _at(np.empty(0, np.int32), NO_DAY, 0)


def _at(at: Any, day: Any, due_from: Any, **others: Any) -> DueEvents:  # noqa: ANN401 (columns, or one value for all)
    """Return events; what is one value stands for all."""
    count = len(at)
    product = others.get("product", "")

    def column(value: Any, kind: type) -> Any:  # noqa: ANN401
        return np.broadcast_to(np.asarray(value, kind), (count,)).copy()

    return DueEvents(
        at=np.asarray(at, np.int32),
        day=column(day, np.int32),
        until=column(others.get("until", day), np.int32),
        due_from=column(due_from, np.int32),
        product=product if isinstance(product, pa.Array) else pa.repeat(pa.scalar(product, pa.string()), count),
        amount_fen=column(others.get("amount_fen", NOT_GIVEN), np.int64),
        points=column(others.get("points", NOT_GIVEN), np.int64),
        offered=column(others.get("offered", -1), np.int32),
    )


def _of_file(kind: str, sources: EventSources, members: Mask) -> tuple[Int32s, Int32s, Events]:
    """Return the events of a kind whose customers are members: their positions among the events, and in the run."""
    if sources.events is None:
        return np.empty(0, np.int32), np.empty(0, np.int32), _NO_EVENTS
    at = positions_in(sources.events.customer_id, sources.people.customer_id)
    mine = np.flatnonzero((at >= 0) & (sources.events.event == EVENTS.index(kind)))
    mine = mine[members[at[mine]]]
    return mine.astype(np.int32), at[mine], sources.events


def _texts(column: pa.DictionaryArray, index: Int32s) -> pa.Array:
    return column.cast(pa.string()).take(pa.array(index))


def _maturity(action: Action, sources: EventSources, members: Mask) -> list[DueEvents]:
    """方案 第3条: 理财到期. Due from so many days before the day on which the product matures."""
    index, at, events = _of_file("maturity", sources, members)
    window, days = sources.window, action.within_days or 0
    day = events.day[index]
    soon = within(day, window.first, window.last + days)
    index, at, day = index[soon], at[soon], day[soon]
    due_from = day - days - (window.last - window.first)
    return [_at(at, day, due_from, product=_texts(events.product, index), amount_fen=events.amount_fen[index])]


_MOST_DAYS: Final = np.int64(1 << 20)
"""More than the number of any day."""


def _points(action: Action, sources: EventSources, members: Mask) -> list[DueEvents]:
    """方案 第3条: 积分兑换. By the events file, and by the day on which points expire in the customer file.

    Points that expire on the day of which the events file tells are the same ones.
    """
    window, days = sources.window, action.within_days or 0
    last, length = window.last + days, window.last - window.first
    index, at, events = _of_file("points", sources, members)
    soon = within(events.day[index], window.first, last)
    index, at = index[soon], at[soon]
    given = events.amount_fen[index]
    points = np.where(given == NOT_GIVEN, NOT_GIVEN, given // FEN_PER_YUAN)
    told = _at(at, events.day[index], events.day[index] - days - length, points=points)
    customers, profile = sources.customers, sources.people.profile
    who = np.flatnonzero(members & (profile >= 0))
    day, points = customers.day["points_expire_on"][profile[who]], customers.points[profile[who]]
    known = np.isin(who * _MOST_DAYS + day, at * _MOST_DAYS + events.day[index])
    expiring = within(day, window.first, last) & (points != 0) & ~known
    who, day, points = who[expiring], day[expiring], points[expiring]
    return [told, _at(who, day, day - days - length, points=points)]


def _new_product(action: Action, sources: EventSources, members: Mask) -> list[DueEvents]:
    """方案 第3条: 新产品推荐. For all members from a product's launch, and for those that the events file names."""
    window, default = sources.window, action.for_days or 1
    parts = []
    for place, product in enumerate(sources.products.values()):
        if product.launch_on is not None and product.not_distributable is None:
            day, days = day_number(product.launch_on), product.call_days or default
            if day <= window.last and day + days > window.first:
                others = {"until": day + days - 1, "product": product.label, "offered": place}
                parts.append(_at(np.flatnonzero(members), day, day, **others))
    index, at, events = _of_file("new_product", sources, members)
    by_name = {name: (place, one) for place, one in enumerate(sources.products.values()) for name in (one.code, one.label)}
    for number, text in enumerate(events.product.dictionary.to_pylist()):
        if text not in by_name:
            continue
        place, one = by_name[text]
        days = one.call_days or default
        since = events.day[index]
        due = truth(pc.equal(events.product.indices, number))[index] & within(since, window.first - days + 1, window.last)
        others = {"until": since[due] + days - 1, "product": one.label, "offered": place}
        parts.append(_at(at[due], since[due], since[due], **others))
    return parts


def risk_of(product: Product) -> int:
    """Return the risk level of a product as a number, 1 to 5 for R1 to R5; 0 where no principal is at risk."""
    return 0 if product.risk == "none" else int(product.risk[1:])


def _birthday(_action: Action, sources: EventSources, members: Mask) -> list[DueEvents]:
    """方案 第3条: 生日问候. Birthdays of the whole window, so that those of a weekend are not lost."""
    window, profile = sources.window, sources.people.profile
    who = np.flatnonzero(members & (profile >= 0))
    day = anniversaries(sources.customers.day["birthday"][profile[who]], *window.dates)
    hit = day != NO_DAY
    return [_at(who[hit], day[hit], day[hit] - (window.last - window.first))]


def _card_upgrade(_action: Action, sources: EventSources, members: Mask) -> list[DueEvents]:
    """方案 第3条: 贵宾卡升级. Who was upgraded or entered by the run itself; the event is the close of its quarter."""
    who = np.flatnonzero(members & sources.people.risen)
    return [_at(who, sources.run_day, sources.run_day + 1, until=NO_DAY)]


def _branch_date(action: Action, sources: EventSources, members: Mask) -> list[DueEvents]:
    """方案 第3至5条: 不定期. The days that the branch set in rules/calendar.yaml."""
    window, days = sources.window, action.within_days or 0
    who = np.flatnonzero(members)
    dates = [day for day in sources.branch_dates.get(action.id, ()) if window.first <= day <= window.last + days]
    return [_at(who, day, day - days - (window.last - window.first)) for day in dates]


_NO_EVENTS: Final = Events(
    customer_id=pa.array([], pa.string()),
    event=np.empty(0, np.int8),
    kind=pa.array([], pa.string()).dictionary_encode(),
    day=np.empty(0, np.int32),
    product=pa.array([], pa.string()).dictionary_encode(),
    amount_fen=np.empty(0, np.int64),
)
_TRIGGERS: Final[dict[Trigger, Callable[[Action, EventSources, Mask], list[DueEvents]]]] = {
    "maturity": _maturity,
    "points": _points,
    "new_product": _new_product,
    "birthday": _birthday,
    "card_upgrade": _card_upgrade,
    "branch_date": _branch_date,
}
EVENT_TRIGGERS: Final = tuple(_TRIGGERS)
"""The triggers that wait for an event."""
WORTH_TELLING_LATER: Final[tuple[Trigger, ...]] = ("maturity", "new_product", "birthday")
"""The triggers of events that are still worth a call after their day; an invitation, or points that have expired, are not."""
