"""The days of festivals: those of the lunar calendar by lunar-python, those of the solar calendar by their rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final, Literal

Festival = Literal["spring_festival", "lantern", "valentine", "qixi", "mothers_day", "childrens_day", "summer"]
"""An occasion of an event; `summer` is a season, whose days the rules give."""

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
"""The years of which a plan can be made; the tables of the lunar calendar that are printed in China end here."""

LABELS: Final[dict[Festival, str]] = {
    "spring_festival": "春节",
    "lantern": "元宵节",
    "valentine": "情人节",
    "qixi": "七夕",
    "mothers_day": "母亲节",
    "childrens_day": "六一",
    "summer": "夏季",
}
"""Each festival for people."""

_SUNDAY: Final = 6


def festival_day(festival: Festival, year: int) -> dt.date:
    """Return the day of a festival in a year of the solar calendar, FIRST_YEAR to LAST_YEAR.

    Raises KeyError for `summer`, which has no day of its own.
    """
    return _DAYS[festival](year)


def _lunar(month: int, day: int) -> Callable[[int], dt.date]:
    """Return the rule of a day of the lunar year that begins in a solar year; a leap month has no festival."""

    def rule(year: int) -> dt.date:
        from lunar_python import Lunar  # noqa: PLC0415 (only plans ask the lunar calendar)

        solar = Lunar.fromYmd(year, month, day).getSolar()
        return dt.date(solar.getYear(), solar.getMonth(), solar.getDay())

    return rule


def _solar(month: int, day: int) -> Callable[[int], dt.date]:
    return lambda year: dt.date(year, month, day)


def _second_sunday_of_may(year: int) -> dt.date:
    first = dt.date(year, 5, 1)
    return first + dt.timedelta(days=_SUNDAY - first.weekday() + 7)


_DAYS: Final[dict[Festival, Callable[[int], dt.date]]] = {
    "spring_festival": _lunar(1, 1),
    "lantern": _lunar(1, 15),
    "valentine": _solar(2, 14),
    "qixi": _lunar(7, 7),
    "mothers_day": _second_sunday_of_may,
    "childrens_day": _solar(6, 1),
}
