"""The plan of events in the branch hall: what the playbooks say, on the days of a year, as the branch's calendar overrides it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal

import pyarrow as pa
from icalendar import Calendar, Event

from vip_tiering._version import __version__
from vip_tiering.base.errors import UsageError
from vip_tiering.base.schema import EVENT_PLAN
from vip_tiering.base.words import Words
from vip_tiering.playbooks.actions import Lobby
from vip_tiering.playbooks.events import EventDays, event_days
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.locks import locked
from vip_tiering.rules.calendar import FIRST_YEAR, LABELS, LAST_YEAR, CalendarFile, LobbyEvent, working_days

SCHEMA_VERSION: Final = 1
"""Form of the manifest."""
_PRODUCT: Final = "-//vip-tiering//event plan//{language}"
_ENGLISH: Final = Words("en")
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class EventPlan:
    """Events in the order of their first day.

    `events`: one row per event and branch, with the keys of `schema.EVENT_PLAN`; days are `datetime.date`. Where nobody said,
    `quantity` is None, and `owner` and `branch` are "".
    """

    events: list[dict[str, Any]]
    warnings: tuple[str, ...]


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
    return _plan((row, unknown) for row, unknown in events if row["event_to"] >= first and row["prepare_by"] <= last)


def _events(playbooks: Playbooks, calendar: CalendarFile, year: int) -> Iterator[tuple[dict[str, Any], frozenset[int]]]:
    """Yield the events of a year in the order of the playbooks: one, or one per entry that the calendar has for it.

    Each with the years within its days of which nobody has announced what is worked.
    """
    is_working = working_days(calendar)
    for action in filter(lambda one: one.active, playbooks.actions()):
        if action.lobby is None:
            continue
        entries = [one for one in calendar.lobby_events or () if (one.action, one.year) == (action.id, year)]
        for entry in entries or (None,):
            days = event_days(action.lobby, year, entry, is_working)
            yield _row(action.id, action.lobby, days, entry), days.unknown_years


def _row(action: str, lobby: Lobby, days: EventDays, entry: LobbyEvent | None) -> dict[str, Any]:
    return {
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


def _plan(events: Iterable[tuple[dict[str, Any], frozenset[int]]]) -> EventPlan:
    ordered = sorted(events, key=lambda one: (one[0]["event_from"], one[0]["action"], one[0]["branch"]))
    rows, warnings = [row for row, _ in ordered], []
    if unknown := sorted({year for _, years in ordered for year in years}):
        warnings.append(f"the working days of {', '.join(map(str, unknown))} are not announced yet; weekends are taken as the days off")
    for row in rows:
        if row["working_days"] == 0:
            where = f" in {row['branch']}" if row["branch"] else ""
            warnings.append(f"{row['action']}{where} has no working day from {row['event_from']} to {row['event_to']}")
    return EventPlan(rows, tuple(warnings))


def rows_of(plan: EventPlan) -> list[dict[str, Any]]:
    """Return the events as plain data: days as text."""
    days = ("festival_date", "event_from", "event_to", "prepare_by")
    return [{**row, **{name: str(row[name]) for name in days}} for row in plan.events]


def publish_plan(
    plan: EventPlan, books: Playbooks, year: int, out: Path, *, words: Words = _ENGLISH, replace: bool = False
) -> tuple[Path, bool]:
    """Publish the plan of a year as the folder `out/YEAR`; return it, and whether the same plan stood there already.

    `words`: those of the calendar file; the same events in another language are another plan.
    Raises OutputError where another one stands there and `replace` is not set, LockedError where another run works on `out`.
    """
    document = _document(plan, books, year, words)

    def write_calendar(sink: IO[bytes]) -> int:
        sink.write(calendar_bytes(plan, words))
        return 2 * len(plan.events)

    with locked(out):
        if standing := folders.standing(out / str(year), document["made_from"], replace=replace):
            return standing, True
        writers: dict[str, folders.Writer] = {
            "event_plan.csv": csv_writer(plan),
            "event_plan.ics": write_calendar,
        }
        return folders.publish(out, str(year), writers, document, replace=replace), False


def csv_writer(plan: EventPlan) -> folders.Writer:
    """Return how a plan is written as CSV; a quantity that nobody gave is an empty cell."""
    rows = [{**row, "quantity": str(row["quantity"] or "")} for row in plan.events]
    types = {**dict(zip(EVENT_PLAN.names, EVENT_PLAN.types, strict=True)), "quantity": pa.string()}
    return lambda sink: write_csv({name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}, sink)


def _document(plan: EventPlan, books: Playbooks, year: int, words: Words) -> dict[str, Any]:
    """Return the manifest, but for its outputs: the events give the plan its identity, however the rules are written."""
    events = manifests.digest({"events": rows_of(plan)})
    made_from = {"year": year, "events": events, "language": words.language, "program": __version__}
    return {
        **manifests.head("vip-tiering event plan", SCHEMA_VERSION, made_from, year=year, status="event plan"),
        "rules": {"name": books.name, "source": books.file.source},
        "events": len(plan.events),
        "warnings": list(plan.warnings),
    }


def calendar_bytes(plan: EventPlan, words: Words = _ENGLISH) -> bytes:
    """Return the events as the bytes of an .ics file, in the language of the words.

    Each event becomes an entry over its days, and one on the day by which it is prepared: all of whole days, which many
    programs show where they would not show a task. An entry keeps its UID when its days move, so that importing again
    mends it. DTSTAMP, which would be the clock, is the first of January of the event's year.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT.format(language=words.language.upper()))
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for row in plan.events:
        calendar.add_component(_entry(row, "event", row["event_from"], row["event_to"], words))
        calendar.add_component(_entry(row, "prepare", row["prepare_by"], row["prepare_by"], words))
    return bytes(calendar.to_ical())


def _entry(row: Mapping[str, Any], kind: Literal["event", "prepare"], first: dt.date, last: dt.date, words: Words) -> Event:
    """Return an entry of whole days, which keeps nobody's time busy."""
    entry = Event()
    entry.add("uid", _uid(row, kind))
    entry.add("dtstamp", dt.datetime(row["festival_date"].year, 1, 1, tzinfo=dt.UTC))
    entry.add("dtstart", first)
    entry.add("dtend", last + _DAY)
    entry.add("summary", words.text(kind, festival=LABELS[row["festival"]], material=row["material"], action=row["action"]))
    entry.add("description", _description(row, words))
    if row["branch"]:
        entry.add("location", row["branch"])
    entry.add("transp", "TRANSPARENT")
    return entry


def _uid(row: Mapping[str, Any], kind: str) -> str:
    """Return what names an entry for ever: year, action and branch, the latter as a hash because it may hold any character."""
    branch = f"-{hashlib.sha256(row['branch'].encode()).hexdigest()[:16]}" if row["branch"] else ""
    return f"{row['festival_date'].year}-{row['action']}{branch}-{kind}@vip-tiering"


def _description(row: Mapping[str, Any], words: Words) -> str:
    lines = [
        f"{LABELS[row['festival']]} {row['festival_date']}",
        words.text("event_from_to", first=row["event_from"], last=row["event_to"], days=row["working_days"]),
        words.text("prepared_by", day=row["prepare_by"]),
    ]
    lines += [words.text(key, **{key: str(row[key])}) for key in ("quantity", "owner") if row[key]]
    return "\n".join(lines)
