"""When an event in the branch hall takes place, and by when it is prepared: counted in working days, one event at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from vip_tiering.base.quarter import day_number
from vip_tiering.playbooks.actions import Action, Lobby, Trigger
from vip_tiering.playbooks.playbooks_file import PlaybooksFile
from vip_tiering.rules.calendar import CalendarFile, IsWorking, LobbyEvent, festival_day, working_days
from vip_tiering.rules.forms import check_known
from vip_tiering.rules.yaml_file import Document, Path

_DAY: Final = dt.timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True)
class EventDays:
    """The days of one event. `working_days`: how many there are from `event_from` to `event_to`, both included.

    `unknown_years`: the years within whose days nobody has announced which are worked, so that weekends were taken as off.
    """

    festival_date: dt.date
    event_from: dt.date
    event_to: dt.date
    working_days: int
    prepare_by: dt.date
    unknown_years: frozenset[int]


def event_days(lobby: Lobby, year: int, entry: LobbyEvent | None, is_working: IsWorking) -> EventDays:
    """Return the days of an event in a year; a day that `entry` gives goes first, and the others follow from it.

    A season runs from its first to its last day. With `working_days_before` an event begins so many working days before the
    day and ends on the last one before it. Any other is held on the last working day up to and including the day itself.
    Source: 方案 第1条 names the occasions; how their days are found is ours.
    """
    given = entry.model_dump(include={"festival_date", "event_from", "event_to", "prepare_by"}) if entry else {}
    season = _season(lobby, year)
    day = given.get("festival_date") or (season[0] if season else festival_day(lobby.festival, year))
    if season:
        begins, ends = day, season[1]
    elif lobby.working_days_before:
        before = [*islice(_working_days_before(day, is_working), lobby.working_days_before)]
        begins, ends = before[-1], before[0]
    else:
        begins = ends = next(_working_days_before(day + _DAY, is_working))
    begins, ends = given.get("event_from") or begins, given.get("event_to") or ends
    ready = next(islice(_working_days_before(begins, is_working), lobby.prepare_working_days - 1, None))
    ready = given.get("prepare_by") or ready
    return EventDays(
        festival_date=day,
        event_from=begins,
        event_to=ends,
        working_days=sum(_works(one, is_working) for one in _days(begins, ends)),
        prepare_by=ready,
        unknown_years=frozenset(one.year for one in _days(min(ready, begins), max(day, ends)) if is_working(day_number(one)) is None),
    )


def _season(lobby: Lobby, year: int) -> tuple[dt.date, dt.date] | None:
    if lobby.first_day is None or lobby.last_day is None:
        return None
    return dt.date.fromisoformat(f"{year}-{lobby.first_day}"), dt.date.fromisoformat(f"{year}-{lobby.last_day}")


def _working_days_before(day: dt.date, is_working: IsWorking) -> Iterator[dt.date]:
    """Yield the working days before a day, the nearest first."""
    while True:
        day -= _DAY
        if _works(day, is_working):
            yield day


def _works(day: dt.date, is_working: IsWorking) -> bool:
    """Tell whether a day is worked; where nobody knows, weekends are off."""
    known = is_working(day_number(day))
    return day.weekday() < _SATURDAY if known is None else known


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + number * _DAY for number in range((last - first).days + 1))


def check_actions(document: Document, calendar: CalendarFile, playbooks: PlaybooksFile) -> None:
    """Add entries whose action is nowhere or of another trigger, and events that would end before they begin.

    Both files are without other mistakes.
    """
    actions = {action.id: action for _, _, action in playbooks.placed_actions()}
    for index, one in enumerate(calendar.branch_dates or ()):
        _check_action(document, ("branch_dates", index, "action"), one.action, actions, "branch_date")
    is_working = working_days(calendar)
    for index, entry in enumerate(calendar.lobby_events or ()):
        path = ("lobby_events", index)
        _check_action(document, (*path, "action"), entry.action, actions, "festival")
        action = actions.get(entry.action)
        if action is None or action.lobby is None:
            continue
        days = event_days(action.lobby, entry.year, entry, is_working)
        if days.event_from > days.event_to:
            message = f"would begin on {days.event_from} and end on {days.event_to}; write both event_from and event_to"
            document.add(path, message)
        elif days.prepare_by > days.event_from:
            document.add((*path, "prepare_by"), f"must not be after {days.event_from}, the first day of the event")


def _check_action(document: Document, path: Path, name: str, actions: dict[str, Action], trigger: Trigger) -> None:
    known = [one.id for one in actions.values() if one.trigger == trigger]
    if name in actions and name not in known:
        document.add(path, f"has the trigger {actions[name].trigger}; only actions with trigger: {trigger} stand here")
    else:
        check_known(document, path, name, known, "playbooks.yaml")
