"""Quarters and periods at their edges: the day on which one begins, and the day on which it ends."""

from __future__ import annotations

import datetime as dt

import pytest

from vip_tiering.base.errors import UsageError
from vip_tiering.base.quarter import Period, Quarter, day_of

Q4 = Quarter(2015, 4)
DAY = dt.timedelta(days=1)


def test_a_quarter_may_be_named_from_its_first_day_on() -> None:
    """On its first day a quarter has begun; the day before it has not."""
    assert Q4 == Quarter.parse("2015Q4", Q4.start)
    with pytest.raises(UsageError, match="2015Q4 has not begun; the newest complete quarter is 2015Q2"):
        Quarter.parse("2015Q4", Q4.start - DAY)


def test_a_whole_quarter_may_be_computed_from_its_last_day_on() -> None:
    """On its last day a quarter may be computed whole, as its last day may be delivered that evening; the day before it may not."""
    Period(Q4).refuse_unfinished(Q4.end)
    with pytest.raises(UsageError, match="2015Q4 ends on 2015-12-31; until then give --as-of DAY"):
        Period(Q4).refuse_unfinished(Q4.end - DAY)
    Period(Q4, Q4.end - DAY).refuse_unfinished(Q4.end - DAY)


def test_the_last_day_makes_a_run_official() -> None:
    """As of its last day a quarter is whole: the same folder and the same days as without a day; one day less is provisional."""
    assert (False, "2015Q4", 92) == (Period(Q4, Q4.end).provisional, str(Period(Q4, Q4.end)), Period(Q4, Q4.end).days)
    assert (True, "2015Q4-asof-20151230", 91) == (
        Period(Q4, Q4.end - DAY).provisional,
        str(Period(Q4, Q4.end - DAY)),
        Period(Q4, Q4.end - DAY).days,
    )


def test_days_outside_the_quarter_are_none_of_it() -> None:
    """A period ends on a day of its quarter, the first and the last included."""
    for day in (Q4.start, Q4.end):
        Period(Q4, day)
    for day in (Q4.start - DAY, Q4.end + DAY):
        with pytest.raises(UsageError, match="must lie within 2015-10-01 to 2015-12-31"):
            Period(Q4, day)


def test_last_is_the_newest_complete_quarter() -> None:
    """`last` on the last day of a quarter is the one before it, on the next day this one."""
    assert Q4.previous == Quarter.parse("last", Q4.end)
    assert Q4 == Quarter.parse("last", Q4.end + DAY)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-09",
        "20261009",
        "2026/10/09",
        "2026/10/9",
        "2026-10-9",
        "2026年10月9日",
        "2026年10月09日",
        " 2026-10-09 ",
    ],
)
def test_a_day_is_read_as_it_is_written_in_files(text: str) -> None:
    """Every form that a file may have names the same day, with zeros or without."""
    assert dt.date(2026, 10, 9) == day_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-31", "20260231", "2026/2/31", "2026年2月31日", "2026-13-01", "9/10/2026", "10.09.2026", "26-10-09", "2026109", "2026-10",
        "2026-10-09 12:00", "2026-10-09 00:00", "2026/10/9 0:00", "2026/10-9", "2026年10月9", "46304", "today", "",
    ],
)  # fmt: skip
def test_what_is_not_a_day_is_none(text: str) -> None:
    """31 February in any form, another order, a year of two digits, a time, an Excel serial number: none of these is guessed at."""
    assert day_of(text) is None
