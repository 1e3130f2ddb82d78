"""What happened, or will, to customers of a run: one function for each trigger of an action that waits for an event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, positions_in, truth
from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.customers.cells.dates import anniversaries
from vip_tiering.customers.cells.lunar import lunar_anniversaries
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN, Customers, Events
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.actions import Action, Sign, Trigger
from vip_tiering.playbooks.customers.customers_file import EVENTS
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.calendar import BranchDate, IsWorking

_SATURDAY: Final = 5
_LONGEST_BREAK: Final = 31
DUE_EVENTS: Final = {
    "at": "int32",
    "day": "int32",
    "until": "int32",
    "due_from": "int32",
    "product": "str",
    "amount_fen": "int64",
    "points": "int64",
    "offered": "int32",
}
"""Columns of events that fall due for customers of a run, one row for each event.

`at`: position in the run; `day`, `until`: day numbers, of the event, and by when the customer should be told, NO_DAY for no such
day; `due_from`: the first day on which an export could have told of it; `product`: "" for none; `amount_fen`, `points`: NOT_GIVEN
where they are not; `offered`: index among all products of the one on offer, -1 for none.
"""
WORTH_TELLING_LATER: Final[tuple[Trigger, ...]] = ("maturity", "new_product", "birthday")
"""The triggers of events that are still worth a call after their day; an invitation, or points that have expired, are not."""


@dataclass(frozen=True)
class Window:
    """The first and the last day, as day numbers; `guessed` where the calendar does not know one of them."""

    first: int
    last: int
    guessed: bool = False

    @property
    def length(self) -> int:
        """How many days lie between the first and the last."""
        return self.last - self.first

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
class EventSources:
    """Where events come from: the run, the customer file, the events file (see `events_of_run`), the rules.

    `run_day`: the last day of the run's quarter; `branch_dates`: the days that the branch set; `products`: by code.
    """

    people: People
    customers: Customers
    events: pd.DataFrame
    window: Window
    run_day: int
    branch_dates: Sequence[BranchDate]
    products: Mapping[str, Product]

    def of_branch(self, branch: str | None) -> Mask:
        """Return which customers of the run belong to a branch, shape (n,); all for None."""
        profile = self.people.profile
        if branch is None:
            return np.ones(len(profile), np.bool_)
        return np.append(truth(pc.equal(self.customers.text["branch"].cast(pa.string()), branch)), np.False_)[profile]

    def told(self, kind: str, members: Mask) -> pd.DataFrame:
        """Return what the events file tells of a kind for members."""
        return self.events[(self.events["event"] == EVENTS.index(kind)) & members[self.events["at"]]]


def events_of_run(events: Events | None, people: People) -> pd.DataFrame:
    """Return the events of customers of a run: `at`, the position there, `event`, `day`, `product` (categorical), `amount_fen`."""
    if events is None:
        empty = dict.fromkeys(("at", "event", "day", "amount_fen"), np.empty(0, np.int64))
        return pd.DataFrame({**empty, "product": pd.Categorical([])})
    at = positions_in(events.customer_id, people.customer_id)
    columns = {"at": at, "event": events.event, "day": events.day, "product": events.product.to_pandas(), "amount_fen": events.amount_fen}
    return pd.DataFrame(columns)[at >= 0]


def due_events(action: Action, sources: EventSources, members: Mask) -> pd.DataFrame:
    """Return the events (`DUE_EVENTS`) that make an action due in the window. `members`, shape (n,): whose tier has the action."""
    found = [events for trigger in action.triggers for events in _TRIGGERS[trigger](action, sources, members)]
    return pd.concat([_falling_due([], NO_DAY, 0), *found], ignore_index=True)


def _falling_due(at: Any, day: Any, due_from: Any, **others: Any) -> pd.DataFrame:  # noqa: ANN401 (columns, or one value for all)
    """Return events (`DUE_EVENTS`) that should be told until their day unless another is given."""
    usual = {"until": day, "product": "", "amount_fen": NOT_GIVEN, "points": NOT_GIVEN, "offered": -1}
    return pd.DataFrame({"at": at, "day": day, "due_from": due_from, **usual, **others}).astype(DUE_EVENTS)[[*DUE_EVENTS]]


def _maturity(action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 第3条: 理财到期. Due from so many days before the day on which the product matures."""
    window, days = sources.window, action.within_days or 0
    events = sources.told("maturity", members)
    events = events[events["day"].between(window.first, window.last + days)]
    due_from = events["day"] - days - window.length
    return [_falling_due(events["at"], events["day"], due_from, product=events["product"], amount_fen=events["amount_fen"])]


def _points(action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 第3条: 积分兑换. By the events file, and by the day on which points expire in the customer file.

    Points that expire on the day of which the events file tells are the same ones.
    """
    window, days = sources.window, action.within_days or 0
    last = window.last + days
    events = sources.told("points", members)
    events = events[events["day"].between(window.first, last)]
    given = events["amount_fen"]
    told = _falling_due(
        events["at"],
        events["day"],
        events["day"] - days - window.length,
        points=given.where(given == NOT_GIVEN, given // FEN_PER_YUAN),
    )
    customers, profile = sources.customers, sources.people.profile
    who = np.flatnonzero(members & (profile >= 0))
    day, points = customers.day["points_expire_on"][profile[who]], customers.points[profile[who]]
    soon = (window.first <= day) & (day <= last) & (points != 0)
    own = _falling_due(who[soon], day[soon], day[soon] - days - window.length, points=points[soon])
    known = pd.MultiIndex.from_frame(own[["at", "day"]]).isin(pd.MultiIndex.from_frame(told[["at", "day"]]))
    return [told, own[~known]]


def _new_product(action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 第3条: 新产品推荐. For all members from a product's launch, and for those that the events file names."""
    window, default = sources.window, action.for_days or 1
    parts = []
    for place, product in enumerate(sources.products.values()):
        if product.launch_on is not None and product.not_distributable is None:
            day, days = day_number(product.launch_on), product.call_days or default
            if day <= window.last and day + days > window.first:
                others = {"until": day + days - 1, "product": product.label, "offered": place}
                parts.append(_falling_due(np.flatnonzero(members), day, day, **others))
    by_name = {name: (place, one) for place, one in enumerate(sources.products.values()) for name in (one.code, one.label)}
    told = sources.told("new_product", members)
    for name in filter(by_name.get, told["product"].cat.categories):
        place, product = by_name[name]
        days = product.call_days or default
        events = told[(told["product"] == name) & told["day"].between(window.first - days + 1, window.last)]
        others = {"until": events["day"] + days - 1, "product": product.label, "offered": place}
        parts.append(_falling_due(events["at"], events["day"], events["day"], **others))
    return parts


def risk_of(product: Product) -> int:
    """Return the risk level of a product as a number, 1 to 5 for R1 to R5; 0 where no principal is at risk."""
    return 0 if product.risk == "none" else int(product.risk[1:])


def _birthday(_action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 第3条: 生日问候. Birthdays of the whole window, so that those of a weekend are not lost."""
    window, profile = sources.window, sources.people.profile
    who = np.flatnonzero(members & (profile >= 0))
    born, lunar = sources.customers.day["birthday"][profile[who]], sources.customers.lunar_birthday[profile[who]]
    day = np.where(lunar > 0, lunar_anniversaries(lunar, *window.dates), anniversaries(born, *window.dates))
    hit = day != NO_DAY
    return [_falling_due(who[hit], day[hit], day[hit] - window.length)]


def _card_upgrade(_action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 第3条: 贵宾卡升级. Who was upgraded or entered by the run itself."""
    return _of_run(sources, members & sources.people.told("card_upgrade"))


def _downgraded(_action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 导言: 维护. Who was downgraded by the run itself."""
    return _of_run(sources, members & sources.people.told("downgraded"))


def _in_state(state: Sign) -> Callable[[Action, EventSources, Mask], list[pd.DataFrame]]:
    """方案 导言: 提升、维护. Return the trigger of who is in a state of the outlook (semantics 10.4)."""
    return lambda _action, sources, members: _of_run(sources, members & sources.people.told(state))


def _of_run(sources: EventSources, meant: Mask) -> list[pd.DataFrame]:
    """Return the events of customers that the run itself tells; they happen at the close of its quarter."""
    return [_falling_due(np.flatnonzero(meant), sources.run_day, sources.run_day + 1, until=NO_DAY)]


def _branch_date(action: Action, sources: EventSources, members: Mask) -> list[pd.DataFrame]:
    """方案 第3至5条: 不定期. The days that the branch set in rules/calendar.yaml."""
    window, days = sources.window, action.within_days or 0
    parts = []
    for one in sources.branch_dates:
        day = day_number(one.date)
        if one.action == action.id and window.first <= day <= window.last + days:
            parts.append(_falling_due(np.flatnonzero(members & sources.of_branch(one.branch)), day, day - days - window.length))
    return parts


_TRIGGERS: Final[dict[Trigger, Callable[[Action, EventSources, Mask], list[pd.DataFrame]]]] = {
    "maturity": _maturity,
    "points": _points,
    "new_product": _new_product,
    "birthday": _birthday,
    "card_upgrade": _card_upgrade,
    "downgraded": _downgraded,
    "near_up": _in_state("near_up"),
    "near_down": _in_state("near_down"),
    "falling": _in_state("falling"),
    "branch_date": _branch_date,
}
EVENT_TRIGGERS: Final = tuple(_TRIGGERS)
"""The triggers that wait for an event."""
