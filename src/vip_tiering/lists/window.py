"""The days that an export answers for: from its day to the day before the next working day, so that no weekend is lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from vip_tiering.quarter import day_date, day_number
from vip_tiering.workdays import IsWorking

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
