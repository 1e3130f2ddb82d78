"""Birthdays by the lunar calendar: read, found in the year of the lists, and shown in what people read before lists are made."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from lunar_python import Solar

from tests.helpers import RULES, vip
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.customers.cells.lunar import lunar_anniversaries, solar_days
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.customers.types import NO_DAY, Customers
from vip_tiering.playbooks.customers.customers_file import CustomerRules, ValueMap

LUNAR = CustomerRules(birthday_calendar="lunar")
WORDS = CustomerRules(values=[ValueMap(fields=["birthday_calendar"], values={"农历": "lunar", "公历": "solar"})])


def birthday_in(year: int, month: int, day: int) -> dt.date:
    """Return a birthday in a lunar year: the library's own calendar looked through day by day, leap months left out."""
    months = {}
    date = dt.date(year, 1, 15)
    while date < dt.date(year + 1, 3, 1):
        lunar = Solar.fromYmd(date.year, date.month, date.day).getLunar()
        if lunar.getYear() == year and lunar.getMonth() == month:
            months[lunar.getDay()] = date
        date += dt.timedelta(days=1)
    return months[min(day, max(months))]


@pytest.mark.parametrize(
    ("year", "month", "day", "solar"),
    [
        (2016, 8, 15, dt.date(2016, 9, 15)),
        (2015, 12, 30, dt.date(2016, 2, 7)),
        (2016, 12, 30, dt.date(2017, 1, 27)),
        (2016, 2, 30, dt.date(2016, 4, 6)),
        (2020, 4, 15, dt.date(2020, 5, 7)),
        (2025, 6, 1, dt.date(2025, 6, 25)),
        (2025, 6, 30, dt.date(2025, 7, 24)),
        (2033, 11, 1, dt.date(2033, 11, 22)),
        (2016, 1, 1, dt.date(2016, 2, 8)),
    ],
)
def test_a_lunar_day_is_a_day_of_the_year(year: int, month: int, day: int, solar: dt.date) -> None:
    """The days of printed calendars: of a month of 29 days the 30th is the 29th, and a leap month (2020, 2025, 2033) has no birthday."""
    assert solar == birthday_in(year, month, day)
    [found] = solar_days(np.array([year], np.int32), np.array([month * 100 + day], np.int16))
    assert day_number(solar) == found


def test_birthdays_of_a_window_are_found() -> None:
    """Of every lunar birthday exactly those of the window are found, across both new years; 0 is none."""
    first, last = dt.date(2015, 12, 30), dt.date(2016, 2, 12)
    every = [100 * month + day for month in range(1, 13) for day in range(1, 31)]
    found = dict(zip(every, lunar_anniversaries(np.array(every, np.int16), first, last).tolist(), strict=True))
    in_order = [one for one in sorted(every, key=lambda one: (found[one], one)) if found[one] != NO_DAY]
    assert [day_number(first), day_number(last)] == [found[in_order[0]], found[in_order[-1]]]
    assert (1120, 105) == (in_order[0], in_order[-1])
    assert found[1230] == found[1229] == day_number(dt.date(2016, 2, 7))  # the twelfth month of 2015 has 29 days
    assert [NO_DAY] == lunar_anniversaries(np.array([0], np.int16), first, last).tolist()


def read(folder: Path, rules: CustomerRules, *rows: tuple[str, ...]) -> Customers:
    """Return customers with a birthday each, and where it is given with its calendar."""
    path = folder / "customers.csv"
    header = ("customer_id", "status", "birthday", "birthday_calendar")[: 2 + len(rows[0])]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *((f"C{number}", "active", *row) for number, row in enumerate(rows, 1))])
    return parse_customers(read_side_file(path), rules)[0]


@pytest.mark.parametrize("form", ["1990-08-15", "19900815", "1990/8/15", "1990-8-15", "1990年8月15日", "1990/8/15 0:00"])
def test_a_lunar_birthday_is_read_in_every_form(form: str, tmp_path: Path) -> None:
    """The eighth month's 15th of 1990, 3 October by the solar calendar: the age counts from that day."""
    customers = read(tmp_path, LUNAR, (form,), ("",))
    assert [815, 0] == customers.lunar_birthday.tolist()
    assert [day_number(dt.date(1990, 10, 3)), NO_DAY] == customers.day["birthday"].tolist()


def test_each_customer_may_have_a_calendar(tmp_path: Path) -> None:
    """The column says it of each customer, in the bank's words; where it is empty the rules decide, and without them it is solar."""
    rows = (("1990-08-15", "农历"), ("1990-08-15", "公历"), ("1990-08-15", ""), ("1990-02-30", "lunar"), ("", "农历"))
    customers = read(tmp_path, WORDS, *rows)
    assert [815, 0, 0, 230, 0] == customers.lunar_birthday.tolist()
    assert ["1990-10-03", "1990-08-15", "1990-08-15"] == [str(day_date(day)) for day in customers.day["birthday"][:3].tolist()]
    assert NO_DAY == customers.day["birthday"][4]
    both = WORDS.model_copy(update={"birthday_calendar": "lunar"})
    assert [815, 0, 815, 230, 0] == read(tmp_path, both, *rows).lunar_birthday.tolist()


def test_a_form_of_the_bank_is_read(tmp_path: Path) -> None:
    """`date_format` holds for lunar days too."""
    rules = CustomerRules(birthday_calendar="lunar", date_format="%d.%m.%Y")
    assert [230] == read(tmp_path, rules, ("30.02.1990",)).lunar_birthday.tolist()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1990-02-31", "date-invalid"),
        ("1990-13-01", "date-invalid"),
        ("1990-00-10", "date-invalid"),
        ("15/08/1990", "date-invalid"),
        ("1990年闰5月15日", "date-invalid"),
        ("1880-08-15", "day-range"),
        ("1900-01-01", "day-range"),
        ("2199-08-15", "day-range"),
    ],
)
def test_what_is_not_a_lunar_birthday_is_refused(text: str, rule: str, tmp_path: Path) -> None:
    """No month has a 31st, no year a 13th month; a leap month is written by its number; the message says so and the row, once a rule."""
    with pytest.raises(DataError) as error:
        read(tmp_path, LUNAR, ("1990-02-30",), (text,))
    [problem] = error.value.problems
    assert (rule, 3, "birthday") == (problem.rule, problem.row, problem.column)
    assert text not in str(problem)
    assert ("a leap month by its number" in str(problem)) == (rule == "date-invalid")


def test_a_solar_day_that_is_none_is_refused_beside_lunar_ones(tmp_path: Path) -> None:
    """30 February is sound as a lunar day only."""
    with pytest.raises(DataError, match=r"row 3, column birthday: not a day"):
        read(tmp_path, WORDS, ("1990-02-30", "农历"), ("1990-02-30", "公历"))


def test_the_look_at_a_file_says_what_becomes_of_leap_months(tmp_path: Path) -> None:
    """`vip customers check` counts lunar birthdays and says where those of a leap month are; without one it says nothing of it."""
    said = "lunar birthdays: 1; who was born in a leap month has the birthday in the ordinary month of that number"
    for word, count in (("农历", 1), ("公历", 0)):
        (tmp_path / "customers.csv").write_text(f"客户号,客户状态,生日,生日历法\nC1,正常,1990-08-15,{word}\n")
        done = vip("customers", "check", tmp_path / "customers.csv", "--rules", RULES)
        assert (0, bool(count)) == (done.returncode, said in " ".join(done.stdout.split())), done.stderr
        report = vip("customers", "check", tmp_path / "customers.csv", "--rules", RULES, "--json")
        assert count == json.loads(report.stdout)["lunar_birthdays"]
