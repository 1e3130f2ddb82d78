"""Ages, anniversaries and months later, for whole columns, against Python's own calendar one by one."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.customers.cells.dates import ages, anniversaries, chinese_dates, iso_dates, months_later
from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.selection.events import window_of
from vip_tiering.rules.calendar import CalendarFile, all_alike, working_days

BIRTHDAYS = st.lists(st.none() | st.dates(dt.date(1901, 1, 1), dt.date(2015, 12, 31)), max_size=30)
DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31))


def numbers(days: list[dt.date | None]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return days as the column of a table."""
    return np.array([NO_DAY if day is None else day_number(day) for day in days], np.int32)


@given(birthdays=BIRTHDAYS, on=DAYS)
@settings(max_examples=examples(10))
def test_age_counts_whole_years(birthdays: list[dt.date | None], on: dt.date) -> None:
    """A customer is a year older on the birthday; one born on 29 February on 1 March of a common year."""
    expected = [-1 if day is None else on.year - day.year - ((on.month, on.day) < (day.month, day.day)) for day in birthdays]
    assert expected == ages(numbers(birthdays), on).tolist()


@given(birthdays=BIRTHDAYS, first=DAYS, length=st.integers(0, 10))
@settings(max_examples=examples(10))
def test_no_birthday_of_a_window_is_lost(birthdays: list[dt.date | None], first: dt.date, length: int) -> None:
    """The first birthday in the window is found, across a year's end and for 29 February too, and no other day is."""
    window = [first + dt.timedelta(days=number) for number in range(length + 1)]

    def birthday_in(year: int, day: dt.date) -> dt.date:
        try:
            return day.replace(year=year)
        except ValueError:
            return dt.date(year, 2, 28)

    expected = []
    for day in birthdays:
        hits = [one for one in window if day is not None and birthday_in(one.year, day) == one]
        expected.append(day_number(hits[0]) if hits else NO_DAY)
    assert expected == anniversaries(numbers(birthdays), window[0], window[-1]).tolist()


@given(days=st.lists(st.none() | DAYS, max_size=20), months=st.integers(0, 40))
@settings(max_examples=examples(10))
def test_months_later_stays_within_its_month(days: list[dt.date | None], months: int) -> None:
    """So many months later is the same day of the month, or the last one where the month is shorter."""

    def later(day: dt.date) -> dt.date:
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        following = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
        return dt.date(year, month + 1, min(day.day, (following - dt.timedelta(days=1)).day))

    expected = [NO_DAY if day is None else day_number(later(day)) for day in days]
    assert expected == months_later(numbers(days), months).tolist()


@given(days=st.lists(st.none() | DAYS, max_size=20))
@settings(max_examples=examples(10))
def test_dates_are_written_as_people_write_them(days: list[dt.date | None]) -> None:
    """A day is 2016-01-05 in files and 2016年1月5日 in texts; a day that is not given is empty."""
    assert ["" if day is None else str(day) for day in days] == iso_dates(numbers(days)).to_pylist()
    texts = ["" if day is None else f"{day.year}年{day.month}月{day.day}日" for day in days]
    assert texts == chinese_dates(numbers(days)).to_pylist()


def test_window_reaches_to_the_day_before_the_next_working_day() -> None:
    """On a Friday the weekend is in the window, before a holiday all of it; a working Saturday ends it; on a Tuesday it is the day."""
    is_working = working_days(CalendarFile())
    ends = {
        "2016-01-05": "2016-01-05",
        "2016-01-08": "2016-01-10",
        "2016-02-05": "2016-02-05",  # the Saturday after it was worked, for 春节
        "2016-02-06": "2016-02-13",
        "2015-12-31": "2016-01-03",
    }
    found = {text: str(day_date(window_of(dt.date.fromisoformat(text), is_working).last)) for text in ends}
    assert ends == found


def test_window_of_unknown_years_takes_weekends_off_and_says_so() -> None:
    """Where no calendar knows the days, Saturday and Sunday are off, and the window says that it is a guess."""
    window = window_of(dt.date(2016, 1, 8), all_alike)
    assert (str(day_date(window.last)), True) == ("2016-01-10", window.guessed)
