"""The plan of events as a calendar file (RFC 5545), which phones, Outlook and the like import. Same plan, same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
from icalendar import Calendar, Event

from vip_tiering.event_plan import records
from vip_tiering.festivals import LABELS

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
