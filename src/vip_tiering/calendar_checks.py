"""What is wrong with calendar.yaml: its days and entries against each other."""

from __future__ import annotations

import datetime as dt

from vip_tiering.rule_models import CalendarFile, LobbyEvent
from vip_tiering.yaml_marks import Document, Path, path_text


def check_calendar(document: Document) -> None:
    """Add what entries say against each other; the form of the values may still be wrong."""
    _check_days(document)
    if document.problems:
        return
    file = CalendarFile.model_validate(document.data)
    _check_branches(document, file.lobby_events or [])
    for index, entry in enumerate(file.lobby_events or ()):
        _check_years(document, ("lobby_events", index), entry)
    first_use: dict[tuple[str, dt.date, str | None], int] = {}
    for index, one in enumerate(file.branch_dates or ()):
        if (first := first_use.setdefault((one.action, one.date, one.place), index)) != index:
            document.add(("branch_dates", index), f"must differ from branch_dates[{first}] in action, date or place")


def _check_days(document: Document) -> None:
    """Add days that are named twice, or both working days and days off."""
    first_use: dict[dt.date, Path] = {}
    for key in ("working_days", "days_off"):
        days = document.data.get(key)
        for index, day in enumerate(days if isinstance(days, list) else []):
            if isinstance(day, dt.date) and (first := first_use.setdefault(day, (key, index))) != (key, index):
                document.add((key, index), f"must differ from {path_text(first)}")


def _check_branches(document: Document, entries: list[LobbyEvent]) -> None:
    """Add entries for one action and year that do not tell which branch is meant, or mean the same one."""
    first_use: dict[tuple[str, int], int] = {}
    branches: dict[tuple[str, int, str | None], int] = {}
    for index, one in enumerate(entries):
        first = first_use.setdefault((one.action, one.year), index)
        if first != index and entries[first].branch is None:
            document.add(("lobby_events", first), f"needs a branch; lobby_events[{index}] is for the same action and year")
        if first != index and one.branch is None:
            document.add(("lobby_events", index), f"needs a branch; lobby_events[{first}] is for the same action and year")
        elif (same := branches.setdefault((one.action, one.year, one.branch), index)) != index:
            document.add(("lobby_events", index, "branch"), f"must differ from lobby_events[{same}].branch")


def _check_years(document: Document, path: Path, entry: LobbyEvent) -> None:
    """Add days far from the year of the entry, where a digit was mistyped."""
    near = range(entry.year - 1, entry.year + 2)
    if entry.festival_date is not None and entry.festival_date.year != entry.year:
        document.add((*path, "festival_date"), f"must lie in {entry.year}, the year of this entry")
    for key in ("event_from", "event_to", "prepare_by"):
        day = getattr(entry, key)
        if day is not None and day.year not in near:
            document.add((*path, key), f"must lie in {near[0]}, {near[1]} or {near[2]}, near the year of this entry")
