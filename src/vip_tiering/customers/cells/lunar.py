"""Birthdays by the lunar calendar (semantics 12.15): the days on which months begin, looked up once a year, then whole columns at once."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from vip_tiering.base.arrays import Int32s
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.types import NO_DAY

YEARS: Final = range(1900, 2101)
"""The lunar years that are known: the calendars that are printed in China end here."""
MONTHS: Final = 12
LONGEST_MONTH: Final = 30
_JULIAN_EPOCH: Final = 2_440_588
"""The Julian day that begins at noon of 1970-01-01."""


@cache
def _months_of(year: int) -> tuple[Int32s, Int32s]:
    """Return the first day of each month of a lunar year, and how many days it has, shape (12,) each; leap months have no place."""
    from lunar_python import LunarYear  # noqa: PLC0415 (only lunar birthdays ask for it)

    months = {one.getMonth(): one for one in LunarYear.fromYear(year).getMonthsInYear()}  # a leap month is the negative of its number
    of_year = [months[number] for number in range(1, MONTHS + 1)]
    first = np.array([int(one.getFirstJulianDay()) - _JULIAN_EPOCH for one in of_year], np.int32)
    return first, np.array([one.getDayCount() for one in of_year], np.int32)


def solar_days(years: Int32s, month_days: npt.NDArray[np.int16]) -> Int32s:
    """Return the day numbers of lunar days, shape (n,); NO_DAY where the year is not known.

    `month_days`: month x 100 + day. The 30th of a month that has 29 days is its 29th; a month is the ordinary one of its number.
    """
    found = np.full(len(years), NO_DAY, np.int32)
    month, day = np.divmod(month_days.astype(np.int32), 100)
    for year in np.unique(years).tolist():
        if year in YEARS:
            first, length = _months_of(year)
            those = years == year
            at = month[those] - 1
            found[those] = first[at] + np.minimum(day[those], length[at]) - 1
    return found


def lunar_anniversaries(month_days: npt.NDArray[np.int16], first: dt.date, last: dt.date) -> Int32s:
    """Return the first birthday within `first` to `last`, both included, of lunar birthdays, shape (n,); NO_DAY for none."""
    found = np.full(len(month_days), NO_DAY, np.int32)
    lunar = np.flatnonzero(month_days)
    distinct, place = np.unique(month_days[lunar], return_inverse=True)
    for year in range(last.year, first.year - 2, -1):  # a lunar year ends in the next solar one
        days = solar_days(np.full(len(distinct), year, np.int32), distinct)
        hit = ((days >= day_number(first)) & (days <= day_number(last)))[place]
        found[lunar[hit]] = days[place[hit]]
    return found
