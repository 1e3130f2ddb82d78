"""Working days of China: what may be missing, what may not, and what the bank's own calendar changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.helpers import RULES, Row, days_between, vip, write_csv
from vip_tiering.base.quarter import Period, Quarter, day_number
from vip_tiering.rules.calendar import CalendarFile, working_days
from vip_tiering.tiers.missing_days import fill_missing_days

CHINA = working_days(CalendarFile())


def covered(
    year: int,
    number: int,
    missing: Collection[dt.date],
    accepted: Collection[dt.date] = (),
    calendar: CalendarFile | None = None,
    carry: int = 3,
) -> tuple[list[str], int]:
    """Return the problems of a quarter in which these days are missing, and how many days are filled."""
    quarter = Quarter(year, number)
    delivered = [day for day in days_between(quarter.start - dt.timedelta(5), quarter.end) if day not in missing]
    is_working = CHINA if calendar is None else working_days(calendar)
    coverage = fill_missing_days([*map(day_number, delivered)], Period(quarter), carry, {*map(day_number, accepted)}, is_working)
    return list(coverage.problems), len(coverage.filled)


@pytest.mark.parametrize(
    ("year", "number", "first", "last"),
    [
        (2015, 4, dt.date(2015, 10, 1), dt.date(2015, 10, 7)),  # golden week, at the start of the quarter
        (2020, 4, dt.date(2020, 10, 1), dt.date(2020, 10, 8)),  # with the mid-autumn festival, eight days
        (2024, 1, dt.date(2024, 2, 10), dt.date(2024, 2, 17)),  # spring festival, eight days
        (2015, 4, dt.date(2015, 11, 14), dt.date(2015, 11, 15)),  # a weekend
    ],
)
def test_days_off_may_be_missing_however_many(year: int, number: int, first: dt.date, last: dt.date) -> None:
    """Golden weeks and weekends need no extract: the day before stands for all of them, beyond max_carry_days too."""
    missing = days_between(first, last)
    assert ([], len(missing)) == covered(year, number, missing, carry=0)


def test_a_lost_friday_does_not_hide_behind_a_weekend() -> None:
    """A missing working day is an error that names it, though the days around it are off and the limit is not reached."""
    missing = days_between(dt.date(2015, 11, 13), dt.date(2015, 11, 15))
    line = "missing on working days: 2015-11-13; deliver these days, or accept each with --accept-missing 2015-11-13"
    assert ([line], 3) == covered(2015, 4, missing)
    assert ([], 3) == covered(2015, 4, missing, accepted=[dt.date(2015, 11, 13)])


def test_a_weekend_that_is_worked_may_not_be_missing() -> None:
    """Saturday 10 October 2015 was a working day, in exchange for the golden week."""
    missing = [dt.date(2015, 10, 10), dt.date(2015, 10, 11)]
    (line,), _ = covered(2015, 4, missing)
    assert line.startswith("missing on working days: 2015-10-10;")


def test_the_last_day_must_be_delivered_also_on_a_day_off() -> None:
    """31 March 2018 was a Saturday: the quarter is not complete without it, and the accepted day is filled."""
    last = dt.date(2018, 3, 31)
    (line,), _ = covered(2018, 1, [last])
    assert line.startswith("quarter not complete yet: 2018-03-31;")
    assert ([], 1) == covered(2018, 1, [last], accepted=[last])


def test_the_bank_s_own_days_come_first() -> None:
    """`days_off` lets a working day be missing, `working_days` asks for a Sunday; both where China's calendar is unknown too."""
    friday, sunday = dt.date(2015, 11, 13), dt.date(2015, 11, 15)
    own = CalendarFile(working_days=[sunday], days_off=[friday])
    assert ([], 1) == covered(2015, 4, [friday], calendar=own)
    (line,), _ = covered(2015, 4, [sunday], calendar=own)
    assert line.startswith("missing on working days: 2015-11-15;")
    early = CalendarFile(days_off=days_between(dt.date(1993, 10, 4), dt.date(1993, 10, 8)))
    assert ([], 5) == covered(1993, 4, early.days_off or [], calendar=early)


def test_years_that_nobody_knows_fall_back_to_the_limit() -> None:
    """Where the working days are not known, max_carry_days counts every missing day."""
    missing = days_between(dt.date(1993, 11, 1), dt.date(1993, 11, 4))
    (line,), _ = covered(1993, 4, missing)
    assert line.startswith("missing for more than 3 days after the last delivered day: 1993-11-04;")
    assert ([], 3) == covered(1993, 4, missing[:3])


def test_the_shipped_rules_ask_the_calendar(tmp_path: Path) -> None:
    """The command as a whole: a lost Friday is exit 4 by name; a year without a calendar is told in a warning."""
    days = [day for day in days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31)) if day != dt.date(2015, 11, 13)]
    extract = write_csv(tmp_path / "friday.csv", [Row(day, "1", None, 100) for day in days])
    result = vip("tier", "compute", extract, "--quarter", "2015Q4", "--out", tmp_path / "out", "--rules", RULES)
    line = "vip: missing on working days: 2015-11-13; deliver these days, or accept each with --accept-missing 2015-11-13\n"
    assert (4, "", line) == (result.returncode, result.stdout, result.stderr)
    days = [day for day in days_between(dt.date(1993, 10, 1), dt.date(1993, 12, 31)) if day != dt.date(1993, 11, 13)]
    extract = write_csv(tmp_path / "early.csv", [Row(day, "1", None, 100) for day in days])
    result = vip("tier", "compute", extract, "--quarter", "1993Q4", "--out", tmp_path / "out", "--rules", RULES, "--quiet")
    assert (0, "") == (result.returncode, result.stdout)
    assert result.stderr.startswith("warning: carry_calendar: the working days of 1993 are not announced yet;")
