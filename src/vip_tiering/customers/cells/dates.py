"""Day numbers as years, months and days: ages, anniversaries, months later. Whole columns at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.customers.types import NO_DAY

_FEBRUARY, _LEAP_DAY = 2, 29


def parts(days: npt.NDArray[Any]) -> tuple[Int32s, Int32s, Int32s]:
    """Return year, month and day of the month of day numbers, each of shape (n,); NO_DAY has none."""
    first, last = int(days.min(initial=0)), int(days.max(initial=0))
    if last - first < len(days):  # each day of the calendar once, where customers are more
        at = days - first
        year, month, day = _parts(np.arange(first, last + 1))
        return year[at], month[at], day[at]
    return _parts(days)


def _parts(days: npt.NDArray[Any]) -> tuple[Int32s, Int32s, Int32s]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    year = years.astype(np.int64) + 1970
    month = (months - years).astype(np.int64) + 1
    day = (dates - months).astype(np.int64) + 1
    return year.astype(np.int32), month.astype(np.int32), day.astype(np.int32)


def ages(birthdays: Int32s, on: dt.date) -> Int32s:
    """Return the age in whole years on a day, shape (n,); -1 where the birthday is not known.

    Somebody born on 29 February is a year older on 1 March of a common year.
    """
    known = birthdays != NO_DAY
    year, month, day = parts(np.where(known, birthdays, 0))
    before = (month > on.month) | ((month == on.month) & (day > on.day))
    return np.where(known, on.year - year - before, -1).astype(np.int32)


def months_later(days: Int32s, months: int) -> Int32s:
    """Return the same day so many months later, the last of the month where it has no such day; NO_DAY stays."""
    known = days != NO_DAY
    year, month, day = parts(np.where(known, days, 0))
    total = year.astype(np.int64) * 12 + month - 1 + months - 1970 * 12
    first = total.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    last = (total + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    return np.where(known, np.minimum(first + day - 1, last), NO_DAY).astype(np.int32)


def anniversaries(birthdays: Int32s, first: dt.date, last: dt.date) -> Int32s:
    """Return the first birthday within `first` to `last`, both included, shape (n,); NO_DAY for none.

    Who was born on 29 February has the birthday on the 28th in common years.
    """
    known = birthdays != NO_DAY
    _, month, day = parts(np.where(known, birthdays, 0))
    found = np.full(len(birthdays), NO_DAY, np.int32)
    for number in range(day_number(last), day_number(first) - 1, -1):
        date = day_date(number)
        hit = (month == date.month) & (day == date.day)
        if (date + dt.timedelta(days=1)).month != _FEBRUARY and date.month == _FEBRUARY and date.day != _LEAP_DAY:
            hit |= (month == _FEBRUARY) & (day == _LEAP_DAY)
        found[hit & known] = number
    return found


def iso_dates(days: Int32s) -> pa.Array:
    """Return days as text such as 2016-01-05, shape (n,); "" for NO_DAY."""
    known = days != NO_DAY
    if not known.any():
        return pa.repeat("", len(days))
    return pc.if_else(pa.array(known), pa.array(np.where(known, days, 0).astype(np.int32)).cast(pa.date32()).cast(pa.string()), "")


def chinese_dates(days: Int32s) -> pa.Array:
    """Return days as text such as 2016年1月5日, shape (n,); "" for NO_DAY."""
    known = days != NO_DAY
    distinct, index = np.unique(days, return_inverse=True)
    year, month, day = parts(np.where(distinct == NO_DAY, 0, distinct))
    texts = [f"{y}年{m}月{d}日" for y, m, d in zip(year.tolist(), month.tolist(), day.tolist(), strict=True)]
    return pc.if_else(pa.array(known), pa.array(texts, pa.string()).take(pa.array(index)), "")
