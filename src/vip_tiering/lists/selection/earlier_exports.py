"""What earlier exports under the same folders remember: whom they put on a list, when, and for which event."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, last_rows, one_array, row_keys, truth
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import day_number
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.selection.contact_log import Heard, heard_in, sound_contact_log
from vip_tiering.lists.selection.history import EARLIER_CONTACTS, OVERFLOW
from vip_tiering.publishing import manifests
from vip_tiering.publishing.manifests import manifest_of

CONTACTS: Final = "contacts.csv"
SUPPRESSED: Final = "suppressed.csv"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class EarlierExports:
    """What is known from before a day.

    `contacts`: of earlier exports (`history.MEMORY`); `digests`: those of their manifests by day; `heard`: what came of them, and
    who may not be contacted since; `marks`: how long the files with both were, for the manifest; `overflow`: who was selected
    in an unbroken row of exports and had no place in a manager's day (`OVERFLOW`).
    """

    contacts: pa.Table
    digests: dict[str, str]
    heard: Heard
    marks: dict[str, dict[str, Any]]
    overflow: pa.Table


def read_earlier_exports(out: Path, private_out: Path, on: dt.date, channels: Collection[str]) -> EarlierExports:
    """Return what the exports of days before `on` remember, and what came of them up to that day.

    Raises DataError where one of them was altered, or its private part is not where it should be, or results were lost:
    somebody would be contacted again.
    """
    days = export_days(out, on)
    manifests = {day: manifest_of(out / day) for day in days}
    parts = {day: folders_of(out, private_out, day, manifest) for day, manifest in manifests.items()}
    tables = [_contacts_of(folder, day) for day, both in parts.items() for folder in both]
    roots = {"open": out, "private": private_out}
    logbooks = {part: sound_contact_log(root, marks_in(manifests.values(), part), channels) for part, root in roots.items()}
    heard = heard_in(logbooks.values(), on)
    return EarlierExports(
        contacts=with_results(pa.concat_tables([EARLIER_CONTACTS.empty_table(), *tables]), heard.log),
        digests={day: manifest["digest"] for day, manifest in manifests.items()},
        heard=heard,
        marks={part: one.marks for part, one in logbooks.items()},
        overflow=overflow_of([(day, parts[day], manifests[day]) for day in reversed(days)]),
    )


def marks_in(manifests: Iterable[dict[str, Any]], part: str) -> list[dict[str, Any]]:
    """Return how long the files with results were when each export was made. `part`: `open` or `private`."""
    return [manifest["made_from"].get("results", {}).get(part, {}) for manifest in manifests]


def export_days(out: Path, before: dt.date = dt.date.max) -> list[str]:
    """Return the days of the exports under a folder that lie before one, in their order."""
    if not out.is_dir():
        return []
    return sorted(entry.name for entry in out.iterdir() if _DATE.fullmatch(entry.name) and entry.name < str(before))


def folders_of(out: Path, private_out: Path, day: str, manifest: dict[str, Any]) -> list[Path]:
    """Return the folders of the export of a day: the main part, and the private one where there is one.

    Raises DataError where the private part is not as the main one says.
    """
    private = manifest.get("private")
    if not private:
        return [out / day]
    message = f"the private part of the export of {day} is not in {private_out.name}/{day} as it was; name its folder with --private-out"
    try:
        found = manifests.manifest_of(private_out / day)["digest"]
    except DataError:
        found = None
    if found != private["digest"]:
        raise DataError([Problem(day, None, None, "memory-lost", message)])
    return [out / day, private_out / day]


def read_table(folder: Path, name: str, columns: Sequence[str]) -> pa.Table:
    """Return a file of a part of an export as text. Raises DataError where it is not as it was written."""
    manifest = manifests.manifest_of(folder)
    listed = next((one for one in manifest["outputs"] if one["name"] == name), None)
    try:
        content = (folder / name).read_bytes()
    except OSError:
        content = None
    if listed is None or content is None or manifests.sha256_of(content) != listed["sha256"]:
        message = "was altered after it was published; caps and turns cannot go by it"
        raise DataError([Problem(f"{folder.name}/{name}", None, None, "output-altered", message)])
    return csv_as_text(content, columns)


def _contacts_of(folder: Path, day: str) -> pa.Table:
    """Return the contacts of one part of an export."""
    table = read_table(folder, CONTACTS, ("customer_id", "channel", "action", "event_date", "product"))
    return pa.table(
        {
            "customer_id": table["customer_id"],
            "channel": table["channel"],
            "action": table["action"],
            "day": pa.array(np.full(len(table), day_number(dt.date.fromisoformat(day)), np.int32)),
            "event_day": _days(table["event_date"]),
            "product": table["product"],
            "unanswered": pa.array(np.zeros(len(table), np.bool_)),
        },
        schema=EARLIER_CONTACTS,
    )


def with_results(memory: pa.Table, log: pa.Table) -> pa.Table:
    """Return contacts with what came of them: the day of the last result, and whether nobody answered.

    `log` has the columns of a contact log of ours; a row belongs to a contact by customer, channel, action and export.
    """
    if not len(log) or not len(memory):
        return memory
    mine = np.flatnonzero(truth(pc.is_in(memory["customer_id"], value_set=one_array(log["customer_id"]))))
    some = memory.take(pa.array(mine))
    days = some["day"].cast(pa.int32()).cast(pa.date32()).cast(pa.string())
    keys = row_keys(some["customer_id"], some["channel"], some["action"], days)
    row = last_rows(keys, row_keys(*(log[name] for name in ("customer_id", "channel", "action", "export"))))
    known = truth(pc.is_valid(row))
    row = row.filter(pa.array(known))
    at = mine[known]
    day, unanswered = memory["day"].to_numpy().copy(), truth(memory["unanswered"])
    day[at] = np.maximum(day[at], _days(log["date"].take(row)).to_numpy())
    unanswered[at] = truth(pc.equal(log["result"].take(row), "no_answer"))
    return memory.set_column(3, "day", pa.array(day, pa.int32())).set_column(6, "unanswered", pa.array(unanswered))


def overflow_of(exports: Sequence[tuple[str, Sequence[Path], dict[str, Any]]]) -> pa.Table:
    """Return who had no place in a manager's day in the newest export, and since when without a break (`OVERFLOW`).

    `exports`: day, folders and manifest of each, the newest first. One that did not look at an action (`--only`) breaks nothing.
    """
    found, alive, seen = OVERFLOW.empty_table(), np.zeros(0, np.bool_), set[str]()
    for day, both, manifest in exports:
        number, counted = day_number(dt.date.fromisoformat(day)), set(manifest["actions"])
        fresh, seen = counted - seen, seen | counted
        if not alive.any() and not any("manager_quota" in manifest["actions"][one]["suppressed"] for one in fresh):
            continue  # most exports are not read
        today = _overflow_in(both)
        looked_at = _among(found["action"], counted)
        again = truth(pc.is_in(row_keys(found["customer_id"], found["action"]), value_set=row_keys(*today.columns)))
        alive &= again | ~looked_at
        since = np.where(alive & looked_at, number, found["since"].to_numpy())
        begun = today.filter(pa.array(_among(today["action"], fresh)))
        since, alive = (np.append(old, np.full(len(begun), new, old.dtype)) for old, new in ((since, number), (alive, True)))
        both_pairs = pa.concat_tables([found.select(begun.column_names), begun])
        found = both_pairs.append_column("since", pa.array(since, pa.int32()))
    return found


def _among(actions: pa.ChunkedArray, wanted: Iterable[str]) -> Mask:
    return truth(pc.is_in(actions, value_set=pa.array(sorted(wanted), pa.string())))


def _overflow_in(both: Sequence[Path]) -> pa.Table:
    """Return customer and action of all for whom a manager had no place in one export."""
    rows = [read_table(folder, SUPPRESSED, ("customer_id", "action", "reason")) for folder in both]
    return pa.concat_tables([one.filter(pc.equal(one["reason"], "manager_quota")).select(["customer_id", "action"]) for one in rows])


def _days(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return dates such as 2016-01-05 as day numbers; NO_DAY where there is none."""
    known = pc.if_else(pc.equal(dates, ""), None, dates)
    return pc.fill_null(pc.cast(pc.cast(known, pa.date32()), pa.int32()), NO_DAY)
