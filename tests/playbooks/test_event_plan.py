"""The plan of events in the hall: right days, counted in the working days of China, overridden by the branch, and readable by calendars."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples, read_csv, vip
from vip_tiering.base.errors import UsageError
from vip_tiering.base.quarter import Quarter
from vip_tiering.base.schema import EVENT_PLAN
from vip_tiering.playbooks.load import Playbooks, load
from vip_tiering.playbooks.plan.event_plan import EventPlan, calendar_bytes, csv_writer, event_plan, event_plan_between
from vip_tiering.rules.calendar import FIRST_YEAR, LABELS, LAST_YEAR, BranchDate, CalendarFile, Festival, LobbyEvent, festival_day
from vip_tiering.rules.load import load_rules

TABLE = Path(__file__).parents[3] / "shared" / "data" / "festivals_2015_2030.csv"
DAY = dt.timedelta(days=1)

# The State Council's notices, by hand: days off in a row, and weekends that are worked for them.
HOLIDAYS = [
    *(dt.date(2015, 1, 1) + n * DAY for n in range(3)), *(dt.date(2015, 2, 18) + n * DAY for n in range(7)),
    *(dt.date(2015, 4, 4) + n * DAY for n in range(3)), *(dt.date(2015, 5, 1) + n * DAY for n in range(3)),
    *(dt.date(2015, 6, 20) + n * DAY for n in range(3)),
    *(dt.date(2016, 1, 1) + n * DAY for n in range(3)), *(dt.date(2016, 2, 7) + n * DAY for n in range(7)),
    *(dt.date(2016, 4, 2) + n * DAY for n in range(3)), *(dt.date(2016, 4, 30) + n * DAY for n in range(3)),
    *(dt.date(2016, 6, 9) + n * DAY for n in range(3)),
]  # fmt: skip
WORKED = [dt.date(2015, 1, 4), dt.date(2015, 2, 15), dt.date(2015, 2, 28), dt.date(2016, 2, 6), dt.date(2016, 2, 14), dt.date(2016, 6, 12)]


def works(day: dt.date) -> bool:
    """Tell whether a day before September of 2015 or 2016 is worked, by the notices."""
    return day in WORKED or (day.weekday() < 5 and day not in HOLIDAYS)


def books_of(folder: Path = RULES) -> Playbooks:
    """Return the playbooks of a folder."""
    books = load(folder).playbooks
    assert books is not None
    return books


@pytest.fixture(scope="module")
def books() -> Playbooks:
    """Return the shipped playbooks."""
    return books_of()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return a folder with a copy of the shipped rules."""
    return shutil.copytree(RULES, tmp_path / "rules")


def by_action(plan: EventPlan) -> dict[str, dict[str, Any]]:
    """Return the rows of a plan with one branch, by action."""
    return {row["action"]: row for row in plan.events}


def days_of(row: dict[str, Any]) -> tuple[str, str, str, int, str]:
    """Return the days of a row as text, and how many are worked."""
    return str(row["festival_date"]), str(row["event_from"]), str(row["event_to"]), row["working_days"], str(row["prepare_by"])


# --- festivals


@pytest.mark.skipif(not TABLE.is_file(), reason="the table lies beside the project")
def test_lunar_festivals_are_those_of_the_table() -> None:
    """春节, 元宵节 and 七夕 of 2015 to 2030 are those of a table that was made elsewhere."""
    named: dict[str, Festival] = {"春节": "spring_festival", "元宵节": "lantern", "七夕": "qixi"}
    with TABLE.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["festival"] in named]
    assert 48 == len(rows)
    expected = [row["date"] for row in rows]
    assert expected == [str(festival_day(named[row["festival"]], int(row["lunar_year"]))) for row in rows]


def test_solar_festivals() -> None:
    """情人节 and 六一 have their date; 母亲节 is the second Sunday of May, where May begins on a Sunday too."""
    assert (dt.date(2016, 2, 14), dt.date(2016, 6, 1)) == (festival_day("valentine", 2016), festival_day("childrens_day", 2016))
    days = {2015: 10, 2016: 8, 2021: 9, 2022: 8, 2033: 8, 2027: 9}
    assert days == {year: festival_day("mothers_day", year).day for year in days}


def test_a_season_has_no_day_of_its_own() -> None:
    """Summer is not a festival with a date, and every festival has a name for people."""
    with pytest.raises(KeyError):
        festival_day("summer", 2016)
    assert {"summer"} == {
        one for one in LABELS if one not in {"spring_festival", "lantern", "valentine", "qixi", "mothers_day", "childrens_day"}
    }


@pytest.mark.parametrize("year", [FIRST_YEAR, 1985, 2033, 2034, LAST_YEAR])
def test_lunar_festivals_lie_in_their_season(year: int) -> None:
    """At the ends of the range and about the hard year 2033, 春节 falls from 21 January to 21 February, 元宵节 14 days later."""
    spring = festival_day("spring_festival", year)
    assert dt.date(year, 1, 21) <= spring <= dt.date(year, 2, 21)
    assert spring + 14 * DAY == festival_day("lantern", year)
    assert dt.date(year, 7, 31) <= festival_day("qixi", year) <= dt.date(year, 8, 31)


# --- the days of a year, by hand


def test_events_of_2015(books: Playbooks) -> None:
    """2015: 春节 on 19 February after the worked Sunday of the 15th; 14 February is a Saturday, so roses go out on Friday."""
    plan = event_plan(books, CalendarFile(), 2015)
    assert () == plan.warnings
    assert {
        "E-LOBBY-6": ("2015-02-19", "2015-02-05", "2015-02-17", 10, "2015-01-29"),
        "E-LOBBY-2": ("2015-02-14", "2015-02-13", "2015-02-13", 1, "2015-02-06"),
        "E-LOBBY-1": ("2015-03-05", "2015-03-05", "2015-03-05", 1, "2015-02-27"),
        "E-LOBBY-3": ("2015-05-10", "2015-05-08", "2015-05-08", 1, "2015-04-30"),
        "E-LOBBY-4": ("2015-06-01", "2015-06-01", "2015-06-01", 1, "2015-05-25"),
        "E-LOBBY-5": ("2015-06-15", "2015-06-15", "2015-08-31", 55, "2015-06-08"),
    } == {action: days_of(row) for action, row in by_action(plan).items()}


def test_events_of_2016(books: Playbooks) -> None:
    """2016: 春节 on 8 February after the worked Saturday of the 6th; 14 February is a Sunday, and worked."""
    plan = event_plan(books, CalendarFile(), 2016)
    assert {
        "E-LOBBY-6": ("2016-02-08", "2016-01-26", "2016-02-06", 10, "2016-01-19"),
        "E-LOBBY-2": ("2016-02-14", "2016-02-14", "2016-02-14", 1, "2016-02-02"),
        "E-LOBBY-1": ("2016-02-22", "2016-02-22", "2016-02-22", 1, "2016-02-15"),
        "E-LOBBY-3": ("2016-05-08", "2016-05-06", "2016-05-06", 1, "2016-04-28"),
        "E-LOBBY-4": ("2016-06-01", "2016-06-01", "2016-06-01", 1, "2016-05-25"),
        "E-LOBBY-5": ("2016-06-15", "2016-06-15", "2016-08-31", 56, "2016-06-07"),
    } == {action: days_of(row) for action, row in by_action(plan).items()}
    assert ["福字、春联", "玫瑰", "元宵", "丝巾", "文具", "凉茶"] == [row["material"] for row in plan.events]


@pytest.mark.parametrize("year", [2015, 2016])
def test_days_are_those_of_the_notices(books: Playbooks, year: int) -> None:
    """Counted on the State Council's notices, written down by hand: the days of each event, and five working days of preparation."""
    for row in event_plan(books, CalendarFile(), year).events:
        first, last, ready = row["event_from"], row["event_to"], row["prepare_by"]
        assert row["working_days"] == sum(works(first + n * DAY) for n in range((last - first).days + 1))
        assert 5 == sum(works(ready + n * DAY) for n in range((first - ready).days))
        assert works(ready)


def test_the_rows_are_those_of_the_schema(books: Playbooks) -> None:
    """Every row fits the schema, and so does the CSV's header without a row; nobody's quantity, owner and branch are empty."""
    full = event_plan(books, CalendarFile(), 2016)
    empty = event_plan_between(books, CalendarFile(), dt.date(2016, 9, 1), dt.date(2016, 9, 2))
    assert [EVENT_PLAN.names] * 6 == [list(row) for row in full.events]
    assert EVENT_PLAN == pa.Table.from_pylist(full.events, EVENT_PLAN).schema
    assert {(None, "", "")} == {(row["quantity"], row["owner"], row["branch"]) for row in full.events}
    assert sorted(row["event_from"] for row in full.events) == [row["event_from"] for row in full.events]
    sink = io.BytesIO()
    assert ([], 0) == (empty.events, csv_writer(empty)(sink))
    assert f"{','.join(EVENT_PLAN.names)}\n" == sink.getvalue().decode("utf-8-sig")


def test_qixi_in_place_of_valentine(rules: Path) -> None:
    """`festival: qixi` moves the roses to 七夕."""
    file = rules / "playbooks.yaml"
    file.write_text(file.read_text("utf-8").replace("festival: valentine", "festival: qixi"), "utf-8")
    row = by_action(event_plan(books_of(rules), CalendarFile(), 2016))["E-LOBBY-2"]
    assert ("qixi", ("2016-08-09", "2016-08-09", "2016-08-09", 1, "2016-08-02")) == (row["festival"], days_of(row))


def test_preparation_takes_as_long_as_the_rules_say(rules: Path) -> None:
    """`prepare_working_days` is the number of working days between that day and the event; without it, five."""
    file = rules / "playbooks.yaml"
    text = file.read_text("utf-8").replace('元宵", prepare_working_days: 5', '元宵", prepare_working_days: 1')
    file.write_text(text.replace('玫瑰", prepare_working_days: 5', '玫瑰"'), "utf-8")
    rows = by_action(event_plan(books_of(rules), CalendarFile(), 2016))
    assert ("2016-02-19", "2016-02-02") == (str(rows["E-LOBBY-1"]["prepare_by"]), str(rows["E-LOBBY-2"]["prepare_by"]))


def test_years_that_are_not_announced_take_weekends_off(books: Playbooks) -> None:
    """Where no notice is known, 春节 itself is not a day off but weekends are, and a warning names the year."""
    plan = event_plan(books, CalendarFile(), 2098)
    assert ("the working days of 2098 are not announced yet; weekends are taken as the days off",) == plan.warnings
    for row in plan.events:
        if row["festival"] != "summer":
            assert row["event_to"].weekday() < 5
        assert row["prepare_by"].weekday() < 5
    row = by_action(plan)["E-LOBBY-6"]
    spring = festival_day("spring_festival", 2098)
    assert row["working_days"] == 10 == sum((row["event_from"] + n * DAY).weekday() < 5 for n in range((spring - row["event_from"]).days))


def test_preparation_may_reach_into_the_year_before(books: Playbooks) -> None:
    """春节 of 2099 is on 21 January, so couplets are prepared in December, and the warning names both years."""
    plan = event_plan(books, CalendarFile(), 2099)
    assert ("2099-01-21", "2099-01-07", "2099-01-20", 10, "2098-12-31") == days_of(by_action(plan)["E-LOBBY-6"])
    assert ("the working days of 2098, 2099 are not announced yet; weekends are taken as the days off",) == plan.warnings


def test_own_days_go_over_the_calendar(books: Playbooks) -> None:
    """A day off of the bank moves an event to the day before, one that it works moves it back; both are counted."""
    off = CalendarFile(days_off=[dt.date(2016, 2, 14)])
    assert "2016-02-06" == str(by_action(event_plan(books, off, 2016))["E-LOBBY-2"]["event_from"])
    worked = CalendarFile(working_days=[dt.date(2015, 2, 14)])
    rows = by_action(event_plan(books, worked, 2015))
    assert ("2015-02-14", "2015-02-06") == (str(rows["E-LOBBY-2"]["event_from"]), str(rows["E-LOBBY-6"]["event_from"]))


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1, 0, -1])
def test_a_year_without_sense_is_refused(books: Playbooks, year: int) -> None:
    """A year out of range is a usage error with an example."""
    with pytest.raises(UsageError, match=r"^--year: must be a year from 1900 to 2100, such as 2016$"):
        event_plan(books, CalendarFile(), year)


@pytest.mark.parametrize("year", [FIRST_YEAR, LAST_YEAR])
def test_the_ends_of_the_range_can_be_planned(books: Playbooks, year: int) -> None:
    """The first and the last year have all events, and so have days about them."""
    assert 6 == len(event_plan(books, CalendarFile(), year).events)
    assert 6 == len(event_plan_between(books, CalendarFile(), dt.date(year, 1, 1), dt.date(year, 12, 31)).events)


# --- what the branch sets by hand


def test_an_entry_overrides_what_it_names_and_nothing_else(books: Playbooks) -> None:
    """Every key of an entry goes over what is computed; another year keeps its own."""
    entry = LobbyEvent(
        action="E-LOBBY-2",
        year=2016,
        festival_date=dt.date(2016, 2, 15),
        event_from=dt.date(2016, 2, 14),
        event_to=dt.date(2016, 2, 15),
        prepare_by=dt.date(2016, 1, 29),
        material="红玫瑰",
        quantity=200,
        owner="张明",
        branch="城东支行",
    )
    calendar = CalendarFile(lobby_events=[entry])
    rows = by_action(event_plan(books, calendar, 2016))
    assert ("2016-02-15", "2016-02-14", "2016-02-15", 2, "2016-01-29") == days_of(rows["E-LOBBY-2"])
    assert ["红玫瑰", 200, "张明", "城东支行"] == [rows["E-LOBBY-2"][key] for key in ("material", "quantity", "owner", "branch")]
    others = by_action(event_plan(books, CalendarFile(), 2016))
    assert {key: row for key, row in others.items() if key != "E-LOBBY-2"} == {key: row for key, row in rows.items() if key != "E-LOBBY-2"}
    assert by_action(event_plan(books, CalendarFile(), 2015)) == by_action(event_plan(books, calendar, 2015))


def test_days_follow_from_a_day_that_is_set(books: Playbooks) -> None:
    """An entry that moves the festival moves the event, one that moves the first day moves the preparation."""
    moved = LobbyEvent(action="E-LOBBY-6", year=2016, festival_date=dt.date(2016, 2, 5))
    row = by_action(event_plan(books, CalendarFile(lobby_events=[moved]), 2016))["E-LOBBY-6"]
    assert ("2016-02-05", "2016-01-22", "2016-02-04", 10, "2016-01-15") == days_of(row)
    earlier = LobbyEvent(action="E-LOBBY-2", year=2016, event_from=dt.date(2016, 2, 5))
    row = by_action(event_plan(books, CalendarFile(lobby_events=[earlier]), 2016))["E-LOBBY-2"]
    assert ("2016-02-14", "2016-02-05", "2016-02-14", 3, "2016-01-29") == days_of(row)


def test_several_branches_have_a_row_each(books: Playbooks) -> None:
    """Each entry of an action is a row, in the order of the branches where the days are the same."""
    entries = [LobbyEvent(action="E-LOBBY-4", year=2016, branch=branch, quantity=number) for branch, number in (("乙", 5), ("丙", 7))]
    events = event_plan(books, CalendarFile(lobby_events=entries), 2016).events
    assert [("丙", 7), ("乙", 5)] == [(row["branch"], row["quantity"]) for row in events if row["action"] == "E-LOBBY-4"]
    assert 7 == len(events)


def test_an_event_without_a_working_day_is_told(books: Playbooks) -> None:
    """A warning names an event whose days are all off."""
    entry = LobbyEvent(action="E-LOBBY-2", year=2016, event_from=dt.date(2016, 2, 13), event_to=dt.date(2016, 2, 13), branch="城东支行")
    warning = "E-LOBBY-2 in 城东支行 has no working day from 2016-02-13 to 2016-02-13"
    assert (warning,) == event_plan(books, CalendarFile(lobby_events=[entry]), 2016).warnings


def test_branch_dates_are_exposed(rules: Path) -> None:
    """Days that the branch sets are read from calendar.yaml; the actions that they are for go out 14 days before."""
    with (rules / "calendar.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "branch_dates:\n  - {action: G-SEMINAR, date: 2016-03-12, place: 城东支行}\n  - {action: P-BRANCH-2, date: 2016-05-01}\n"
        )
    expected = [
        BranchDate(action="G-SEMINAR", date=dt.date(2016, 3, 12), place="城东支行"),
        BranchDate(action="P-BRANCH-2", date=dt.date(2016, 5, 1)),
    ]
    assert expected == load_rules(rules).calendar.branch_dates
    actions = [one for book in books_of(rules).file.playbooks for one in book.actions or () if one.trigger == "branch_date"]
    assert ["G-SEMINAR", "D-EVENT", "P-BRANCH-1", "P-BRANCH-2", "P-BRANCH-3"] == [one.id for one in actions]
    assert {14} == {one.within_days for one in actions}


def test_the_examples_in_the_shipped_calendar_are_valid(rules: Path) -> None:
    """The entries that stand as comments in calendar.yaml are right when the marks are taken off; as shipped there are none."""
    shipped = load_rules(RULES).calendar
    assert (None, None) == (shipped.lobby_events, shipped.branch_dates)
    file = rules / "calendar.yaml"
    head, mark, rest = file.read_text("utf-8").partition("# lobby_events:")
    lines = (mark + rest).splitlines()
    file.write_text(head + "\n".join(line.removeprefix("# ").removeprefix("#") for line in lines) + "\n", "utf-8")
    assert books_of(rules)
    calendar = load_rules(rules).calendar
    assert (1, 1) == (len(calendar.lobby_events or ()), len(calendar.branch_dates or ()))


def test_events_give_a_run_of_tiers_no_other_identity(rules: Path) -> None:
    """The digest of the rules, which is part of a run's identity, stays when events are planned, and changes with a day off."""
    before, quarter = load_rules(rules).digest(Quarter(2015, 4)), Quarter(2015, 4)
    file = rules / "calendar.yaml"
    shipped = file.read_text("utf-8")
    file.write_text(
        shipped + "lobby_events: [{action: E-LOBBY-4, year: 2016, quantity: 5}]\nbranch_dates: [{action: D-EVENT, date: 2016-03-12}]\n",
        "utf-8",
    )
    assert before == load_rules(rules).digest(quarter)
    file.write_text(shipped + "days_off: [2015-12-31]\n", "utf-8")
    assert before != load_rules(rules).digest(quarter)


# --- between two days


def actions_between(books: Playbooks, first: str, last: str) -> list[tuple[str, int]]:
    """Return action and year of the events between two days."""
    plan = event_plan_between(books, CalendarFile(), dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return [(row["action"], row["festival_date"].year) for row in plan.events]


def test_events_between_two_days(books: Playbooks) -> None:
    """An event is there from the day by which it is prepared to its last day, both included, and not a day longer."""
    assert [("E-LOBBY-4", 2016)] == actions_between(books, "2016-05-09", "2016-05-25")
    assert [] == actions_between(books, "2016-05-09", "2016-05-24")
    assert [("E-LOBBY-5", 2016)] == actions_between(books, "2016-08-31", "2016-08-31")
    assert [] == actions_between(books, "2016-09-01", "2016-09-30")


def test_events_between_two_days_cross_the_year(books: Playbooks) -> None:
    """In December the couplets of the next year are there, and in an override an event that began in the year before."""
    assert [("E-LOBBY-6", 2017), ("E-LOBBY-1", 2017)] == actions_between(books, "2016-12-08", "2017-02-06")
    entry = LobbyEvent(action="E-LOBBY-6", year=2017, event_from=dt.date(2016, 12, 30), prepare_by=dt.date(2016, 12, 1))
    plan = event_plan_between(books, CalendarFile(lobby_events=[entry]), dt.date(2016, 11, 1), dt.date(2016, 12, 1))
    assert ["2016-12-30"] == [str(row["event_from"]) for row in plan.events]
    assert () == plan.warnings


def test_a_warning_is_about_events_that_are_shown(books: Playbooks) -> None:
    """Working days that are not announced matter only for events between the two days."""
    calendar = CalendarFile()
    assert () == event_plan_between(books, calendar, dt.date(2026, 9, 1), dt.date(2026, 10, 30)).warnings
    assert event_plan_between(books, calendar, dt.date(2098, 12, 1), dt.date(2099, 1, 30)).warnings


@pytest.fixture(scope="module")
def events_of_ten_years(books: Playbooks) -> list[dict[str, Any]]:
    """Return the events of the plans of 2012 to 2021."""
    return [row for year in range(2012, 2022) for row in event_plan(books, CalendarFile(), year).events]


@settings(max_examples=examples(8))
@given(st.dates(dt.date(2014, 1, 1), dt.date(2018, 12, 31)), st.integers(0, 500))
def test_between_is_a_selection_of_whole_years(
    books: Playbooks, events_of_ten_years: list[dict[str, Any]], first: dt.date, days: int
) -> None:
    """What lies between two days is what a walk over the plans of all years about them finds."""
    last = first + days * DAY
    expected = [row for row in events_of_ten_years if row["event_to"] >= first and row["prepare_by"] <= last]
    assert expected == event_plan_between(books, CalendarFile(), first, last).events


# --- the calendar file


def read_calendar(content: bytes) -> list[dict[str, Any]]:
    """Return the entries of a calendar file as another library reads them."""
    calendar = vobject.readOne(content.decode("utf-8"))
    return [{name: lines[0].value for name, lines in entry.contents.items()} for entry in calendar.vevent_list]


def test_a_calendar_reads_the_plan_back(books: Playbooks) -> None:
    """Another parser finds for every event its days, the last one included, its text, and the day of preparation."""
    owner = '王,小;明 \\n "乙"'
    entry = LobbyEvent(
        action="E-LOBBY-2", year=2016, quantity=200, owner=owner, branch="城东支行,二楼", material="玫瑰;" + "很长的名字" * 30
    )
    plan = event_plan(books, CalendarFile(lobby_events=[entry]), 2016)
    entries = {one["uid"].partition("@")[0].rpartition("-")[2] + one["uid"][5:14]: one for one in read_calendar(calendar_bytes(plan))}
    assert 12 == len(entries)
    for row in plan.events:
        event, ready = entries["event" + row["action"]], entries["prepare" + row["action"]]
        assert (row["event_from"], row["event_to"] + DAY) == (event["dtstart"], event["dtend"])
        assert (row["prepare_by"], row["prepare_by"] + DAY) == (ready["dtstart"], ready["dtend"])
        assert f"{LABELS[row['festival']]}: {row['material']} ({row['action']})" == event["summary"]
        assert f"prepare for {event['summary']}" == ready["summary"]
        assert row["branch"] == event.get("location", "")
    assert f"quantity: 200\nowner: {owner}" == "\n".join(entries["eventE-LOBBY-2"]["description"].split("\n")[3:])


def test_a_calendar_file_keeps_the_form(books: Playbooks) -> None:
    """Lines end with CR LF, are at most 75 octets long, and no character is cut in two (RFC 5545, 3.1)."""
    entry = LobbyEvent(action="E-LOBBY-2", year=2016, material="一" * 400, owner="😀" * 100)
    content = calendar_bytes(event_plan(books, CalendarFile(lobby_events=[entry]), 2016))
    lines = content.split(b"\r\n")
    assert b"" == lines.pop()
    assert not [line for line in lines if b"\n" in line or b"\r" in line or len(line) > 75]
    assert [] == [line for line in lines if line.decode("utf-8").encode() != line]
    text = content.replace(b"\r\n ", b"").decode()
    assert "一" * 400 in text
    assert "😀" * 100 in text
    assert 12 == text.count("DTSTAMP:20160101T000000Z")
    assert 24 == text.count(";VALUE=DATE:2016")


def test_uids_stay_and_differ(books: Playbooks) -> None:
    """Each entry has a UID of its own, which stays when its days, its material and the other entries change."""
    one = [LobbyEvent(action="E-LOBBY-2", year=2016, branch="甲")]
    two = [LobbyEvent(action="E-LOBBY-2", year=2016, branch="乙"), LobbyEvent(action="E-LOBBY-2", year=2016, branch="甲", quantity=3)]
    three = [LobbyEvent(action="E-LOBBY-2", year=2016, branch="甲", festival_date=dt.date(2016, 2, 15), material="糖")]
    uids = [
        [entry["uid"] for entry in read_calendar(calendar_bytes(event_plan(books, CalendarFile(lobby_events=each), 2016)))]
        for each in (one, two, three)
    ]
    assert [12, 14, 12] == [len(set(each)) for each in uids]
    assert set(uids[0]) == set(uids[2])
    assert set(uids[0]) < set(uids[1])
    other = [entry["uid"] for entry in read_calendar(calendar_bytes(event_plan(books, CalendarFile(), 2017)))]
    assert not set(other) & set(uids[0])


def test_an_empty_plan_is_a_calendar_without_entries() -> None:
    """A plan without a row is a calendar file all the same."""
    assert calendar_bytes(EventPlan([], ())).startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")


# --- the command


def test_the_command_prints_a_table_of_80_columns(tmp_path: Path) -> None:
    """Without --out the plan is a table that fits 80 columns, and nothing is written."""
    done = vip("playbook", "plan", "--year", "2016", cwd=tmp_path, env={"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"})
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert "2016  events in the branch hall: 6" == lines[0]
    assert "E-LOBBY-2  2016-02-02  2016-02-14  2016-02-14     1  情人节 02-14  玫瑰" in lines
    assert all(len(line.encode("gb18030")) <= 80 for line in lines)
    assert [] == list(tmp_path.iterdir())


def test_the_command_prints_json(tmp_path: Path, rules: Path) -> None:
    """With --json the same plan is one document, a missing quantity null; warnings stand in it and on stderr."""
    done = vip("playbook", "plan", "--rules", rules, "--json", cwd=tmp_path, env={"VIP_YEAR": "2098"})
    document = json.loads(done.stdout)
    assert 0 == done.returncode
    assert "".join(f"warning: {one}\n" for one in document["warnings"]) == done.stderr
    assert (2098, "rules", None, 1) == (document["year"], document["rules"], document["folder"], len(document["warnings"]))
    assert [[*EVENT_PLAN.names]] * 6 == [list(row) for row in document["events"]]
    assert ["2098-02-14", "元宵", None, ""] == [document["events"][1][key] for key in ("event_from", "material", "quantity", "owner")]


def test_the_command_publishes_a_folder(tmp_path: Path, rules: Path) -> None:
    """With --out the plan is published whole and private; again it is up to date, otherwise it is exit 5 until --replace."""
    plan = ("playbook", "plan", "--year", "2016", "--rules", rules)
    done = vip(*plan, cwd=tmp_path, env={"VIP_OUT": "plans"})
    assert (0, "plans/2016\n", "") == (done.returncode, done.stdout, done.stderr)
    folder = tmp_path / "plans" / "2016"
    assert ["event_plan.csv", "event_plan.ics", "manifest.json"] == sorted(path.name for path in folder.iterdir())
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert (folder / "event_plan.csv").read_bytes().startswith(b"\xef\xbb\xbfaction,festival,")
    rows = read_csv(folder / "event_plan.csv")
    assert [("E-LOBBY-6", "2016-01-26", ""), ("E-LOBBY-2", "2016-02-14", "")] == [
        (row["action"], row["event_from"], row["quantity"]) for row in rows[:2]
    ]
    assert "plans/2016: already up to date\n" == vip(*plan, "--out", "plans", cwd=tmp_path).stdout
    assert "plans/2016: intact, 2 files, 2016, event plan\n" == vip("verify", "plans/2016", cwd=tmp_path).stdout

    with (rules / "calendar.yaml").open("a", encoding="utf-8") as file:
        file.write('lobby_events: [{action: E-LOBBY-2, year: 2016, quantity: 200, owner: "王, 明"}]\n')
    done = vip(*plan, "--out", "plans", cwd=tmp_path)
    line = "vip: plans/2016: stands there and was made from other events; --replace moves it to .superseded\n"
    assert (5, "", line) == (done.returncode, done.stdout, done.stderr)
    assert 0 == vip(*plan, "--out", "plans", "--replace", cwd=tmp_path).returncode
    assert [("200", "王, 明")] == [(row["quantity"], row["owner"]) for row in read_csv(folder / "event_plan.csv") if row["quantity"]]
    assert ["2016-1"] == [path.name for path in (tmp_path / "plans" / ".superseded").iterdir()]


def test_the_same_plan_is_the_same_bytes(tmp_path: Path, rules: Path) -> None:
    """Whatever the hash seed, the time zone and the wording of the rules elsewhere, the files are the same to the byte."""
    (rules / "extracts.yaml").unlink()
    for name, zone, folder in (("1", "Asia/Shanghai", RULES), ("2", "America/New_York", rules)):
        surroundings = {"TZ": zone, "PYTHONHASHSEED": name}
        vip("playbook", "plan", "--year", "2016", "--rules", folder, "--out", name, cwd=tmp_path, env=surroundings)
    for file in ("event_plan.csv", "event_plan.ics"):
        assert (tmp_path / "1" / "2016" / file).read_bytes() == (tmp_path / "2" / "2016" / file).read_bytes()


@pytest.mark.parametrize("year", ["1816", "2101", "16", "02016", "next", "２０１６", "2016.0", ""])
def test_a_year_that_is_none_is_exit_2(tmp_path: Path, year: str) -> None:
    """A year without sense is a usage error with an example."""
    done = vip("playbook", "plan", "--year", year, cwd=tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("vip: --year: must be a year ")
    assert done.stderr.endswith(", such as 2016\n")


def test_rules_without_playbooks_have_no_plan(tmp_path: Path) -> None:
    """A folder without playbooks.yaml is exit 3."""
    shutil.copy(RULES / "tiers.yaml", tmp_path)
    done = vip("playbook", "plan", "--year", "2016", "--rules", ".", cwd=tmp_path)
    assert (3, "", "vip: .: there is no playbooks.yaml in this folder\n") == (done.returncode, done.stdout, done.stderr)


def test_a_plan_is_no_previous_run(tmp_path: Path) -> None:
    """The folder of a plan is refused as the run of the quarter before, in one line."""
    vip("playbook", "plan", "--year", "2015", "--rules", RULES, "--out", ".", cwd=tmp_path)
    (tmp_path / "x.csv").write_text("date,customer_id,balance\n2015-12-31,1,1\n", "utf-8")
    done = vip("tier", "compute", "x.csv", "--quarter", "2015Q4", "--rules", RULES, "--out", "out", "--previous", "2015", cwd=tmp_path)
    assert (4, 1) == (done.returncode, done.stderr.count("\n"))
    assert "is a run of no quarter; the quarter before 2015Q4 is 2015Q3" in done.stderr
