"""calendar.yaml: the branch's own days, over the calendar of China and the days of festivals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

import chinese_calendar
from pydantic import ConfigDict, Field, StrictInt

from vip_tiering.base.quarter import day_date
from vip_tiering.rules.forms import Clock, Id, RuleFile, Source, Strict, Version, Words
from vip_tiering.rules.yaml_file import Document, Path, path_text

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
IsWorking = Callable[[int], bool | None]
"""Tells of a day number whether it is a working day; None where nobody knows."""


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


class LobbyEvent(Strict):
    """What the bank sets for one event in the hall in one year; what is not set is computed. Several branches: one entry each."""

    action: Annotated[Id, Field(description="id of an action with trigger: festival")]
    year: Annotated[StrictInt, Field(ge=FIRST_YEAR, le=LAST_YEAR, description="year of the plan")]
    festival_date: Annotated[dt.date, Field(description="the day itself, or the first day of a season")] | None = None
    event_from: Annotated[dt.date, Field(description="first day of the event")] | None = None
    event_to: Annotated[dt.date, Field(description="last day of the event")] | None = None
    prepare_by: Annotated[dt.date, Field(description="day by which everything is there")] | None = None
    material: Annotated[Words, Field(description="what is handed out")] | None = None
    quantity: Annotated[StrictInt, Field(ge=1, le=10_000_000, description="how many pieces")] | None = None
    owner: Annotated[Words, Field(description="who sees to it")] | None = None
    branch: Annotated[Words, Field(description="where it takes place")] | None = None


class BranchDate(Strict):
    """A day that the branch, or one of several, sets for something it invites to."""

    action: Annotated[Id, Field(description="id of an action with trigger: branch_date")]
    date: Annotated[dt.date, Field(description="the day; invitations go out within_days of the action before it")]
    event: Annotated[Words, Field(description="what it is called; else the topics of the action")] | None = None
    time: Annotated[Clock, Field(description='when it begins, quoted: "14:00"')] | None = None
    place: Annotated[Words, Field(description="where it takes place")] | None = None
    branch: Annotated[Words, Field(description="whose event it is, as the customer file writes it; else of all")] | None = None
    seats: Annotated[StrictInt, Field(ge=1, le=100_000, description="so many customers are invited at most")] | None = None
    interests: Annotated[list[Words], Field(min_length=1, description="who has one of these comes first; nobody is left out")] | None = None
    note: Annotated[Words, Field(description="what people should know about it")] | None = None


class CalendarFile(RuleFile):
    """Days on which the bank works otherwise than the calendar of China says, and days that it sets for what it does."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Version = 1
    source: Source | None = None
    working_days: Annotated[list[dt.date], Field(min_length=1, description="days on which balances are delivered")] | None = None
    days_off: Annotated[list[dt.date], Field(min_length=1, description="days on which no extract is expected")] | None = None
    lobby_events: Annotated[list[LobbyEvent], Field(min_length=1, description="events in the hall that are set by hand")] | None = None
    branch_dates: Annotated[list[BranchDate], Field(min_length=1, description="days of seminars, journeys and the like")] | None = None

    @classmethod
    def check_data(cls, document: Document) -> None:
        """Add days that are named twice, or both working days and days off."""
        first_use: dict[dt.date, Path] = {}
        for key in ("working_days", "days_off"):
            days = document.data.get(key)
            for index, day in enumerate(days if isinstance(days, list) else []):
                if isinstance(day, dt.date) and (first := first_use.setdefault(day, (key, index))) != (key, index):
                    document.add((key, index), f"must differ from {path_text(first)}")

    def check(self, document: Document) -> None:
        """Add events of one action that cannot be told apart, days far from their year, and dates that stand twice."""
        events = [((one.action, one.year), one.branch) for one in self.lobby_events or ()]
        _check_branches(document, "lobby_events", events, "action and year")
        for index, entry in enumerate(self.lobby_events or ()):
            _check_years(document, ("lobby_events", index), entry)
        days = [((one.action, one.date), one.branch) for one in self.branch_dates or ()]
        _check_branches(document, "branch_dates", days, "action and date")


def _check_branches(document: Document, key: str, entries: Sequence[tuple[tuple[object, ...], str | None]], alike: str) -> None:
    """Add entries that are alike and do not tell which branch is meant, or mean the same one. `entries`: in what, and the branch."""
    first_use: dict[tuple[object, ...], int] = {}
    branches: dict[tuple[object, ...], int] = {}
    for index, (what, branch) in enumerate(entries):
        first = first_use.setdefault(what, index)
        if first != index and entries[first][1] is None:
            document.add((key, first), f"needs a branch; {key}[{index}] is for the same {alike}")
        if first != index and branch is None:
            document.add((key, index), f"needs a branch; {key}[{first}] is for the same {alike}")
        elif (same := branches.setdefault((*what, branch), index)) != index:
            document.add((key, index, "branch"), f"must differ from {key}[{same}].branch")


def _check_years(document: Document, path: Path, entry: LobbyEvent) -> None:
    """Add days far from the year of the entry, where a digit was mistyped."""
    near = range(entry.year - 1, entry.year + 2)
    if entry.festival_date is not None and entry.festival_date.year != entry.year:
        document.add((*path, "festival_date"), f"must lie in {entry.year}, the year of this entry")
    for key in ("event_from", "event_to", "prepare_by"):
        day = getattr(entry, key)
        if day is not None and day.year not in near:
            document.add((*path, key), f"must lie in {near[0]}, {near[1]} or {near[2]}, near the year of this entry")


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
