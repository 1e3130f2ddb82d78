"""The plan of events in the branch hall: what the playbooks say, on the days of a year, as the branch's calendar overrides it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pandas as pd
import pyarrow as pa
from icalendar import Calendar, Event

from vip_tiering._version import __version__
from vip_tiering.base.errors import UsageError
from vip_tiering.base.schema import EVENT_PLAN
from vip_tiering.playbooks.actions import Lobby
from vip_tiering.playbooks.events import EventDays, event_days
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.csv_files import manifest_of, write_csv
from vip_tiering.rules.calendar import FIRST_YEAR, LABELS, LAST_YEAR, CalendarFile, IsWorking, LobbyEvent, working_days


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
    for action in playbooks.actions():
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


SCHEMA_VERSION: Final = 1
"""Form of the manifest."""


def rows_of(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Return events, columns `schema.EVENT_PLAN`, as plain data: days as text, None where no quantity is given."""
    days = ("festival_date", "event_from", "event_to", "prepare_by")
    return [{**row, **{name: str(row[name]) for name in days}} for row in records(events)]


def publish_plan(plan: EventPlan, books: Playbooks, year: int, out: Path, *, replace: bool = False) -> tuple[Path, bool]:
    """Publish the plan of a year as the folder `out/YEAR`; return it, and whether the same plan stood there already.

    Raises OutputError where another one stands there and `replace` is not set, LockedError where another run works on `out`.
    """
    document = _document(plan, books, year)
    with folders.locked(out):
        if standing := folders.standing(out / str(year), document["made_from"], replace=replace):
            return standing, True
        writers: dict[str, folders.Writer] = {
            "event_plan.csv": csv_writer(plan),
            "event_plan.ics": lambda sink: _write_calendar(plan.events, sink),
        }
        return folders.publish(out, str(year), writers, manifest_of(document), replace=replace), False


def csv_writer(plan: EventPlan) -> folders.Writer:
    """Return how a plan is written as CSV."""
    return lambda sink: write_csv(_columns(plan.events), sink)


def _document(plan: EventPlan, books: Playbooks, year: int) -> dict[str, Any]:
    """Return the manifest, but for its outputs: the events give the plan its identity, however the rules are written."""
    made_from = {"year": year, "events": manifests.digest({"events": rows_of(plan.events)}), "program": __version__}
    return {
        "schema": "vip-tiering event plan",
        "schema_version": SCHEMA_VERSION,
        "program": {"name": "vip-tiering", "version": __version__},
        "year": year,
        "status": "event plan",
        "identity": manifests.digest(made_from),
        "made_from": made_from,
        "rules": {"name": books.name, "source": books.file.source},
        "events": len(plan.events),
        "warnings": list(plan.warnings),
    }


def _columns(events: pd.DataFrame) -> dict[str, pa.Array]:
    """Return the events as columns of a CSV; a quantity that nobody gave is an empty cell."""
    texts = {"quantity": pa.array([str(row["quantity"] or "") for row in records(events)], pa.string())}
    columns = zip(EVENT_PLAN.names, EVENT_PLAN.types, strict=True)
    return {name: texts[name] if name in texts else pa.array(events[name].tolist(), kind) for name, kind in columns}


def _write_calendar(events: pd.DataFrame, sink: IO[bytes]) -> int:

    sink.write(calendar_bytes(events))
    return 2 * len(events)


_PRODUCT: Final = "-//vip-tiering//event plan//EN"
_DAY: Final = dt.timedelta(days=1)


def calendar_bytes(events: pd.DataFrame) -> bytes:
    """Return events, columns `schema.EVENT_PLAN`, as the bytes of an .ics file.

    Each event becomes an entry over its days, and one on the day by which it is prepared: all of whole days, which many
    programs show where they would not show a task. An entry keeps its UID when its days move, so that importing again
    mends it. DTSTAMP, which would be the clock, is the first of January of the event's year.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for row in records(events):
        what = f"{row['material']} ({row['action']})"
        label = LABELS[row["festival"]]
        calendar.add_component(_entry(row, "event", row["event_from"], row["event_to"], f"{label}: {what}"))
        calendar.add_component(_entry(row, "prepare", row["prepare_by"], row["prepare_by"], f"prepare for {label}: {what}"))
    return bytes(calendar.to_ical())


def _entry(row: Mapping[str, Any], kind: str, first: dt.date, last: dt.date, summary: str) -> Event:
    """Return an entry of whole days, which keeps nobody's time busy."""
    entry = Event()
    entry.add("uid", _uid(row, kind))
    entry.add("dtstamp", dt.datetime(row["festival_date"].year, 1, 1, tzinfo=dt.UTC))
    entry.add("dtstart", first)
    entry.add("dtend", last + _DAY)
    entry.add("summary", summary)
    entry.add("description", _description(row))
    if row["branch"]:
        entry.add("location", row["branch"])
    entry.add("transp", "TRANSPARENT")
    return entry


def _uid(row: Mapping[str, Any], kind: str) -> str:
    """Return what names an entry for ever: year, action and branch, the latter as a hash because it may hold any character."""
    branch = f"-{hashlib.sha256(row['branch'].encode()).hexdigest()[:16]}" if row["branch"] else ""
    return f"{row['festival_date'].year}-{row['action']}{branch}-{kind}@vip-tiering"


def _description(row: Mapping[str, Any]) -> str:
    lines = [
        f"{LABELS[row['festival']]} {row['festival_date']}",
        f"{row['event_from']} to {row['event_to']}, working days: {row['working_days']}",
        f"prepared by {row['prepare_by']}",
    ]
    lines += [f"{key}: {row[key]}" for key in ("quantity", "owner") if row[key]]
    return "\n".join(lines)
