"""What earlier exports under the same folders remember: whom they put on a list, when, and for which event."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering import folders
from vip_tiering.errors import DataError, Problem
from vip_tiering.lists.forms import NO_DAY
from vip_tiering.lists.history import MEMORY
from vip_tiering.lists.outcome import CONTACT_COLUMNS
from vip_tiering.quarter import day_number

CONTACTS: Final = "contacts.csv"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Memory:
    """The contacts of earlier exports (`history.MEMORY`), and the digests of their manifests by day."""

    contacts: pa.Table
    digests: dict[str, str]


def earlier_contacts(out: Path, private_out: Path, on: dt.date) -> Memory:
    """Return what the exports of days before `on` remember.

    Raises DataError where one of them was altered, or its private part is not where it should be: somebody would be
    contacted again.
    """
    days = sorted(entry.name for entry in out.iterdir() if _DATE.fullmatch(entry.name) and entry.name < str(on)) if out.is_dir() else []
    tables, digests = [MEMORY.empty_table()], {}
    for day in days:
        manifest = folders.manifest_of(out / day)
        digests[day] = manifest["digest"]
        tables.append(_contacts(out / day, manifest, day))
        private = manifest.get("private")
        if private:
            tables.append(_private(private_out / day, private, day))
    return Memory(pa.concat_tables(tables), digests)


def _private(folder: Path, expected: dict[str, Any], day: str) -> pa.Table:
    message = f"the private part of the export of {day} is not in {folder.parent.name}/{day} as it was; name its folder with --private-out"
    try:
        manifest = folders.manifest_of(folder)
    except DataError:
        raise DataError([Problem(day, None, None, "memory-lost", message)]) from None
    if manifest["digest"] != expected["digest"]:
        raise DataError([Problem(day, None, None, "memory-lost", message)])
    return _contacts(folder, manifest, day)


def _contacts(folder: Path, manifest: dict[str, Any], day: str) -> pa.Table:
    """Return the contacts of one folder, which must be as they were written."""
    listed = next((one for one in manifest["outputs"] if one["name"] == CONTACTS), None)
    path = folder / CONTACTS
    try:
        content = path.read_bytes()
    except OSError:
        content = None
    if listed is None or content is None or folders.sha256_of(content) != listed["sha256"]:
        message = "was altered after it was published; caps and turns cannot go by it"
        raise DataError([Problem(f"{folder.name}/{CONTACTS}", None, None, "output-altered", message)])
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in CONTACT_COLUMNS}, null_values=[], strings_can_be_null=False
    )
    table = pyarrow.csv.read_csv(pa.BufferReader(content), convert_options=options)
    return pa.table(
        {
            "customer_id": table["customer_id"],
            "channel": table["channel"],
            "action": table["action"],
            "day": pa.array(np.full(len(table), day_number(dt.date.fromisoformat(day)), np.int32)),
            "event_day": _days(table["event_date"]),
            "product": table["product"],
        },
        schema=MEMORY,
    )


def _days(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return dates such as 2016-01-05 as day numbers; NO_DAY where there is none."""
    known = pc.if_else(pc.equal(dates, ""), None, dates)
    return pc.fill_null(pc.cast(pc.cast(known, pa.date32()), pa.int32()), NO_DAY)
