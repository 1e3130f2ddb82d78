"""What is due on a day, by what was delivered and what stands already: a pure rule, so that it can be asked without doing anything."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from vip_tiering.base.errors import UsageError
from vip_tiering.base.quarter import Period, Quarter, day_date, day_number, day_of
from vip_tiering.rules.calendar import IsWorking

Step = Literal["tiers", "report", "lists", "away"]
_FRIDAY: Final = 4
_NAME: Final = re.compile(r"([0-9]{4})Q([1-4])(?:-asof-([0-9]{8}))?")
"""How the folder of a run is called, but of a month."""


@dataclass(frozen=True)
class Standing:
    """What is there on the morning of `today`.

    `delivered`: the days of the extracts, as day numbers; `runs`, `reports`: names of the folders that stand, such as `2015Q4`; `lists`:
    days that have lists; `wants_reports`, `wants_lists`: whether they are made at all; `opening_zero`: nothing was there before the
    first day, so that its quarter is whole; `keep_provisional`: how many provisional runs stay, None for all.
    """

    today: dt.date
    delivered: Collection[int]
    runs: Collection[str]
    reports: Collection[str] = ()
    lists: Collection[str] = ()
    wants_reports: bool = False
    wants_lists: bool = False
    opening_zero: bool = False
    keep_provisional: int | None = None


@dataclass(frozen=True)
class Due:
    """Something to be done. `of`: the period of a run, or the day of lists as text; `since`: the first morning on which it was due."""

    step: Step
    of: Period | str
    since: dt.date


def tiers_due(standing: Standing) -> list[Due]:
    """Return the runs that are due, the oldest first: every quarter that has ended, then the present one up to the newest day.

    Quarters begin with the first one whose first day is known; what lies before an official run is past.
    """
    past = sorted(day for day in standing.delivered if day < day_number(standing.today))
    if not past:
        return []
    present = Quarter.of(standing.today)
    due, quarter = [], _first_whole(past, opening_zero=standing.opening_zero)
    official = [one for one in _quarters(standing.runs) if one < present]
    if official:
        quarter = max(quarter, max(official).following)
    while quarter < present:
        due.append(Due("tiers", Period(quarter), quarter.following.start))
        quarter = quarter.following
    newest = day_date(past[-1])
    if quarter == present and Quarter.of(newest) == present:
        due.append(Due("tiers", Period(present, newest), newest + dt.timedelta(days=1)))
    return [one for one in due if str(one.of) not in standing.runs]


def reports_due(standing: Standing) -> list[Due]:
    """Return the reports that are due: of the newest official run, and of the newest run after it, where there are none yet."""
    if not standing.wants_reports:
        return []
    periods = [one for one in map(_period, sorted(standing.runs)) if one is not None]
    official = max((one for one in periods if not one.provisional), key=lambda one: one.last, default=None)
    inside = [one for one in periods if one.provisional and (official is None or one.last > official.last)]
    newest = [one for one in (official, max(inside, key=lambda one: one.last, default=None)) if one is not None]
    return [Due("report", one, day_date(one.last + 1)) for one in newest if str(one) not in standing.reports]


def lists_due(standing: Standing, is_working: IsWorking) -> list[Due]:
    """Return that lists of today are due: on a working day, where a quarter was tiered and today has none yet."""
    today = str(standing.today)
    if not standing.wants_lists or today in standing.lists or not _quarters(standing.runs) or not _works(standing.today, is_working):
        return []
    return [Due("lists", today, standing.today)]


def away_due(standing: Standing) -> list[Due]:
    """Return the provisional runs that are to be put away, the oldest first: all but the newest ones."""
    inside = sorted((one for one in map(_period, standing.runs) if one is not None and one.provisional), key=lambda one: one.last)
    outdated = inside[: -standing.keep_provisional] if standing.keep_provisional else []
    return [Due("away", one, standing.today) for one in outdated]


def days_lacking(standing: Standing, is_working: IsWorking) -> list[dt.date]:
    """Return the working days after the newest delivered day and before today: extracts that should be there."""
    past = [day for day in standing.delivered if day < day_number(standing.today)]
    if not past:
        return []
    days = [day_date(number) for number in range(max(past) + 1, day_number(standing.today))]
    return [day for day in days if _works(day, is_working)]


def newest_official(runs: Collection[str]) -> Quarter | None:
    """Return the newest quarter that has an official run."""
    return max(_quarters(runs), default=None)


def _first_whole(delivered: list[int], *, opening_zero: bool) -> Quarter:
    """Return the first quarter of which the first day is known: delivered, or by a day before it."""
    quarter = Quarter.of(day_date(delivered[0]))
    return quarter if opening_zero or delivered[0] == day_number(quarter.start) else quarter.following


def _quarters(runs: Collection[str]) -> list[Quarter]:
    """Return the quarters among the names of runs."""
    return [period.quarter for period in map(_period, runs) if period is not None and not period.provisional]


def _period(name: str) -> Period | None:
    """Return the period that the name of a run tells; None for anything else, and for a month."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    as_of = day_of(match[3]) if match[3] else None
    try:
        return Period(Quarter(int(match[1]), int(match[2])), as_of) if as_of or not match[3] else None
    except UsageError:  # a day outside the quarter
        return None


def _works(day: dt.date, is_working: IsWorking) -> bool:
    """Tell whether the bank works on a day; Monday to Friday where no calendar knows."""
    known = is_working(day_number(day))
    return day.weekday() <= _FRIDAY if known is None else known
