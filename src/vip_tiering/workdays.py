"""Which days a bank in China works: the public calendar, and what the bank's own rules say otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import chinese_calendar

from vip_tiering.quarter import day_date
from vip_tiering.rule_models import CalendarFile

IsWorking = Callable[[int], bool | None]
"""Tells of a day number whether it is a working day; None where nobody knows."""


def working_days(calendar: CalendarFile) -> IsWorking:
    """Return the calendar of China (weekends, holidays, working weekends) with the bank's own days over it.

    Years for which the State Council's notice is not known to the library are None.
    """
    own = dict.fromkeys(calendar.working_days or (), True) | dict.fromkeys(calendar.days_off or (), False)

    def is_working(day: int) -> bool | None:
        date = day_date(day)
        return own[date] if date in own else _in_china(date)

    return is_working


def _in_china(date: dt.date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(date))
    except NotImplementedError:
        return None


def all_alike(_day: int) -> bool | None:
    """Know of no day whether it is a working day."""
    return None
