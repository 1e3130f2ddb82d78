"""Which delivered day stands for which day of the period (semantics 2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from vip_tiering.base.errors import first_of
from vip_tiering.base.quarter import Period, day_date
from vip_tiering.rules.calendar import IsWorking, all_alike

SHOWN_SPANS: Final = 6
"""So many stretches of days are named in one line; how many more there are is counted."""
_CAME_LATE: Final = 7
"""So many days at the end of a quarter may be late; where more lack the quarter still runs."""


@dataclass(frozen=True)
class DaysOfPeriod:
    """The days to post, in order, and the days that an earlier one stands for. Days are day numbers.

    `to_post` may begin with the opening: the newest delivered day before the period, where the first day is missing.
    `unknown`: filled days of which no calendar knew whether they are working days; `accepted`: those that may be missing because
    somebody said so.
    """

    to_post: tuple[int, ...]
    filled: tuple[tuple[int, int], ...]
    problems: tuple[str, ...]
    unknown: tuple[int, ...] = ()
    accepted: tuple[int, ...] = ()

    def filled_days(self) -> list[dict[str, str]]:
        """Return each missing day and the one that stands for it, as documents say it."""
        return [{"day": str(day_date(day)), "stands": str(day_date(since))} for day, since in self.filled]


def fill_missing_days(
    delivered: Collection[int], period: Period, max_carry_days: int, accepted: Collection[int], is_working: IsWorking = all_alike
) -> DaysOfPeriod:
    """Return what a period of snapshots needs of the days that were delivered (semantics 2.3).

    A missing day is filled from the newest delivered day before it, at most `max_carry_days` later, days off not counted;
    a working day may not be missing where the calendar knows it; the last day of the period must be delivered. These
    rules are lifted for the `accepted` days.
    """
    first, last = period.first, period.last
    running = period.status == "official" and max(delivered, default=last) < last
    inside = sorted(day for day in delivered if first <= day <= last)
    before = max((day for day in delivered if day < first), default=None)
    if not inside or inside[0] > first:
        if before is None:
            return DaysOfPeriod(tuple(inside), (), (_no_opening(inside, period),))
        inside.insert(0, before)
    filled = _filled(inside, first, last, is_working)
    lacking = [one for one in filled if one.day not in accepted]
    problems = []
    if lacking and lacking[-1].day == last:
        what = {"official": "quarter", "provisional": "period", "monthly": "month"}[period.status]
        problems.append(f"{what} not complete yet: {day_date(last)}; {_until_then(inside[-1], period, running=running)}")
        lacking = [one for one in lacking if one.stands != filled[-1].stands]  # those before it are missing too: no need to say so
    if working := [one.day for one in lacking if one.works]:
        problems.append(f"missing on working days: {_spans(working)}; {_mend(working)}")
    if too_late := [one.day for one in lacking if not one.works and one.carried > max_carry_days]:
        late = f"missing for more than {max_carry_days} days after the last delivered day"
        problems.append(f"{late}: {_spans(too_late)}; {_mend(too_late)}")
    unknown = tuple(one.day for one in filled if one.works is None)
    lifted = tuple(one.day for one in filled if one.day in accepted)
    return DaysOfPeriod(tuple(inside), tuple((one.day, one.stands) for one in filled), tuple(problems), unknown, lifted)


@dataclass(frozen=True)
class _Filled:
    """A missing day: the day that stands for it, whether it is a working day, how many days that count it was carried."""

    day: int
    stands: int
    works: bool | None
    carried: int


def _filled(inside: list[int], first: int, last: int, is_working: IsWorking) -> list[_Filled]:
    known = set(inside)
    stands, carried = inside[0], 0
    filled = []
    for day in range(inside[0] + 1, last + 1):
        if day in known:
            stands, carried = day, 0
            continue
        works = is_working(day)
        carried += works is not False
        if day >= first:
            filled.append(_Filled(day, stands, works, carried))
    return filled


def days_of_changes(delivered: Collection[int], period: Period, *, opening_zero: bool) -> DaysOfPeriod:
    """Return what a period of changes needs: every day up to the last; earlier rows are the opening balances (semantics 2.2)."""
    days = sorted(day for day in delivered if day <= period.last)
    problems = []
    if not days:
        problems.append(_no_opening([], period))
    elif days[0] >= period.first and not opening_zero:
        start = day_date(period.first)
        problems.append(
            f"no row is dated before {start}, so the opening balances are unknown; deliver the balances that stood on {start}, "
            "or say --opening zero for a history that begins inside the period"
        )
    return DaysOfPeriod(tuple(days), (), tuple(problems))


def _no_opening(inside: list[int], period: Period) -> str:
    if not inside:
        return f"no extract holds a day of {period.whole} ({day_date(period.first)} to {day_date(period.last)}) or before it"
    missing = _spans(list(range(period.first, inside[0])))
    return f"missing at the start of the period: {missing}; deliver these days, or the newest extract dated before {day_date(period.first)}"


def _mend(days: list[int]) -> str:
    options = " ".join(f"--accept-missing {day_date(day)}" for day in days[:2])
    return f"deliver these days, or accept each with {options}{' ...' if len(days) > 2 else ''}"  # noqa: PLR2004 (two)


def _until_then(newest: int, period: Period, *, running: bool) -> str:
    """Return what to do where the last day of a period has not come. `running`: the delivered days end before it does."""
    last = day_date(period.last)
    if running and newest >= period.first and period.last - newest > _CAME_LATE:
        return f"deliver the days up to it, or compute what is there so far with --as-of {day_date(newest)}"
    return f"deliver that day, or accept it with --accept-missing {last}"


def _spans(days: Iterable[int]) -> str:
    return ", ".join(spans(map(day_date, days)))


def spans(days: Iterable[dt.date], between: str = " to ") -> list[str]:
    """Return sorted days as texts, neighbours joined: `2015-10-01`, `2015-10-03 to 2015-10-05`."""
    stretches = []
    for _, pairs in groupby(enumerate(days), lambda pair: pair[1].toordinal() - pair[0]):
        stretch = [day for _, day in pairs]
        stretches.append(f"{stretch[0]}" if len(stretch) == 1 else f"{stretch[0]}{between}{stretch[-1]}")
    return stretches


def some_spans(days: Iterable[dt.date]) -> str:
    """Return the first stretches of sorted days, and how many more there are, as a line has room for them."""
    return first_of(spans(days), SHOWN_SPANS)
