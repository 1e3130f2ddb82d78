"""The plan of events in the branch hall: what the playbooks say, on the days of a year, as the branch's calendar overrides it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vip_tiering.errors import UsageError
from vip_tiering.event_days import EventDays, event_days
from vip_tiering.festivals import FIRST_YEAR, LAST_YEAR
from vip_tiering.playbook_checks import placed_actions
from vip_tiering.playbook_models import Lobby
from vip_tiering.playbooks import Playbooks
from vip_tiering.rule_models import CalendarFile, LobbyEvent
from vip_tiering.schema import EVENT_PLAN
from vip_tiering.workdays import IsWorking, working_days


@dataclass(frozen=True)
class EventPlan:
    """Events in the order of their first day.

    `events`: columns `schema.EVENT_PLAN`, one row per event and branch; days are `datetime.date`, `working_days` is int64, and
    `quantity` is Int64 with a gap where nobody said; `owner` and `branch` are "" there.
    """

    events: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Event:
    """One row of the plan, and the days behind it."""

    row: dict[str, Any]
    days: EventDays


def event_plan(playbooks: Playbooks, calendar: CalendarFile, year: int) -> EventPlan:
    """Return the events of a year. Raises UsageError for a year of which no plan can be made."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UsageError(f"--year: must be a year from {FIRST_YEAR} to {LAST_YEAR}, such as 2016")
    return _plan(_events(playbooks, calendar, year))


def event_plan_between(playbooks: Playbooks, calendar: CalendarFile, first: dt.date, last: dt.date) -> EventPlan:
    """Return the events that are not over on `first` and must be prepared by `last`, of whatever year.

    Such as for an export of a day: what is on, and what is to be prepared in the next 60 days.
    """
    years = range(max(first.year - 1, FIRST_YEAR), min(last.year + 1, LAST_YEAR) + 1)
    events = (event for year in years for event in _events(playbooks, calendar, year))
    return _plan(event for event in events if event.days.event_to >= first and event.days.prepare_by <= last)


def records(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Return events, columns `schema.EVENT_PLAN`, one mapping per row; a quantity that nobody gave is None."""
    rows = [{str(name): value for name, value in row.items()} for row in events.to_dict("records")]
    return [{**row, "quantity": None if pd.isna(row["quantity"]) else int(row["quantity"])} for row in rows]


def _events(playbooks: Playbooks, calendar: CalendarFile, year: int) -> Iterator[_Event]:
    """Yield the events of a year in the order of the playbooks: one, or one per entry that the calendar has for it."""
    is_working = working_days(calendar)
    for _, _, action in placed_actions(playbooks.books.playbooks):
        if action.lobby is None:
            continue
        entries = [one for one in calendar.lobby_events or () if (one.action, one.year) == (action.id, year)]
        for entry in entries or (None,):
            yield _event(action.id, action.lobby, year, entry, is_working)


def _event(action: str, lobby: Lobby, year: int, entry: LobbyEvent | None, is_working: IsWorking) -> _Event:
    days = event_days(lobby, year, entry, is_working)
    row = {
        "action": action,
        "festival": lobby.festival,
        "festival_date": days.festival_date,
        "event_from": days.event_from,
        "event_to": days.event_to,
        "working_days": days.working_days,
        "prepare_by": days.prepare_by,
        "material": (entry and entry.material) or lobby.material,
        "quantity": entry.quantity if entry else None,
        "owner": (entry and entry.owner) or "",
        "branch": (entry and entry.branch) or "",
    }
    return _Event(row, days)


def _plan(events: Iterable[_Event]) -> EventPlan:
    ordered = sorted(events, key=lambda one: (one.row["event_from"], one.row["action"], one.row["branch"]))
    frame = pd.DataFrame([one.row for one in ordered], columns=[*EVENT_PLAN.names])
    types = {"working_days": "int64", "quantity": "Int64"}
    return EventPlan(frame.astype(types), tuple(_warnings(ordered)))


def _warnings(events: list[_Event]) -> Iterator[str]:
    if unknown := sorted({year for one in events for year in one.days.unknown_years}):
        years = ", ".join(map(str, unknown))
        yield f"the working days of {years} are not announced yet; weekends are taken as the days off"
    for one in events:
        if one.days.working_days == 0:
            row = one.row
            where = f" in {row['branch']}" if row["branch"] else ""
            yield f"{row['action']}{where} has no working day from {row['event_from']} to {row['event_to']}"
