"""What is due on a day, against a plain walk over the calendar."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering.base.quarter import Period, Quarter, day_number
from vip_tiering.routine.due import Due, Standing, days_lacking, lists_due, reports_due, tiers_due

FIRST = dt.date(2015, 1, 1)
DAYS = st.integers(0, 800).map(lambda offset: FIRST + dt.timedelta(days=offset))


def weekdays(day: int) -> bool:
    """Know of every day number whether it is one of Monday to Friday."""
    return (day + 3) % 7 < 5


@given(begin=DAYS, end=DAYS, today=DAYS, made=st.integers(0, 9), inside=st.booleans())
@settings(max_examples=examples(4))
def test_quarters_are_due_one_after_another(begin: dt.date, end: dt.date, today: dt.date, made: int, *, inside: bool) -> None:
    """From the first whole quarter on, each that has ended is due until it stands; then the present one, up to its newest day."""
    delivered = {day_number(begin) + number for number in range((end - begin).days + 1)}
    everything = tiers_due(Standing(today, delivered, []))
    past = [day for day in delivered if day < day_number(today)]
    quarters = []
    quarter = Quarter(2015, 1)
    while quarter.end < today:
        if past and begin <= quarter.start:
            quarters.append(quarter)
        quarter = quarter.following
    assert quarters == [one.of.quarter for one in everything if isinstance(one.of, Period) and not one.of.provisional]
    provisional = [one.of for one in everything if isinstance(one.of, Period) and one.of.provisional]
    newest = dt.date(1970, 1, 1) + dt.timedelta(days=max(past, default=0))
    expected = bool(past) and Quarter.of(newest) == Quarter.of(today) and begin <= Quarter.of(today).start
    assert ([Period(Quarter.of(today), newest)] if expected else []) == provisional
    standing = [str(one) for one in quarters[:made]] + [str(one) for one in provisional if inside]
    left = tiers_due(Standing(today, delivered, standing))
    assert [one for one in everything if str(one.of) not in standing] == left
    assert all(one.since <= today for one in everything)


def test_a_first_quarter_may_begin_with_the_day_before() -> None:
    """A quarter counts where its first day, or one before it, was delivered; one that begins in the middle is left out, or is opened."""
    from_the_middle = {day_number(dt.date(2015, 11, 2)), day_number(dt.date(2016, 1, 4))}
    today = dt.date(2016, 1, 5)
    first = tiers_due(Standing(today, from_the_middle, []))
    assert [Due("tiers", Period(Quarter(2016, 1), dt.date(2016, 1, 4)), today)] == first
    opened = tiers_due(Standing(today, from_the_middle, [], opening_zero=True))
    assert [Quarter(2015, 4), Quarter(2016, 1)] == [one.of.quarter for one in opened if isinstance(one.of, Period)]


def test_reports_follow_the_newest_runs() -> None:
    """The newest official run and a newer one inside the next quarter have a report each; older ones, months and other folders none."""
    runs = [
        "2015Q3",
        "2015Q4",
        "2015Q4-asof-20151115",
        "2016Q1-asof-20160104",
        "2016Q1-asof-20160105",
        "2015-11",
        "notes",
        "2015Q9",
        "2016Q1-asof-20151231",
    ]
    today = dt.date(2016, 1, 6)
    due = reports_due(Standing(today, (), runs, wants_reports=True))
    assert ["2015Q4", "2016Q1-asof-20160105"] == [str(one.of) for one in due]
    assert [] == reports_due(Standing(today, (), runs, [str(one.of) for one in due], wants_reports=True))
    assert [] == reports_due(Standing(today, (), runs))


def test_lists_are_for_working_days() -> None:
    """Lists are due on a working day that has none, once a quarter was tiered; where no calendar knows, on Monday to Friday."""
    monday, saturday = dt.date(2016, 1, 4), dt.date(2016, 1, 9)
    for day, known, expected in ((monday, True, 1), (monday, None, 1), (monday, False, 0), (saturday, None, 0), (saturday, True, 1)):
        assert expected == len(lists_due(Standing(day, (), ["2015Q4"], wants_lists=True), lambda _day, known=known: known))
    assert [] == lists_due(Standing(monday, (), ["2016Q1-asof-20160103"], wants_lists=True), weekdays)
    assert [] == lists_due(Standing(monday, (), ["2015Q4"], lists=["2016-01-04"], wants_lists=True), weekdays)


@given(newest=DAYS, today=DAYS)
@settings(max_examples=examples(10))
def test_working_days_without_an_extract_are_named(newest: dt.date, today: dt.date) -> None:
    """Every working day after the newest extract and before today lacks; days off do not, and today's own is not expected yet."""
    days = [newest + dt.timedelta(days=number) for number in range(1, 900)]
    expected = [day for day in days if day < today and day.weekday() < 5] if newest < today else []
    assert expected == days_lacking(Standing(today, {day_number(newest)}, []), weekdays)
