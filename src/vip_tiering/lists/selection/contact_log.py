"""What came of exports, kept under their folder: the contact log and the do-not-contact entries that results made.

Both files only ever grow. Each export and each record notes how they were, so that the next one finds out whether anything was lost.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.schema import RESULTS
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.types import NO_DAY, Contacts, DoNotContact
from vip_tiering.playbooks.customers.customers_file import ALL_CHANNELS
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import csv_bytes

CONTACT_LOG: Final = "contact_log.csv"
BARRED: Final = "do_not_contact.csv"
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    CONTACT_LOG: ("customer_id", "channel", "action", "date", "result", "by", "obstacle", "note", "export"),
    BARRED: ("customer_id", "mobile", "channel", "since"),
}
"""The columns of each file; those that a contact log and a do-not-contact list have anyway come first."""
CONTACT: Final = ("customer_id", "channel", "action", "export")
"""What tells a contact of the log from others."""


@dataclass(frozen=True)
class LogFile:
    """One of the files as it lies in a folder. `rows`: its columns as text; `content`: its bytes, none where it is not there."""

    rows: pa.Table
    content: bytes


@dataclass(frozen=True)
class ContactLog:
    """The files of one folder, by name."""

    logs: dict[str, LogFile]

    @property
    def marks(self) -> dict[str, Any]:
        """The mark of each file that is there."""
        return marks_of({name: log.content for name, log in self.logs.items()})


def marks_of(contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Return how long files are, and their digests, by name; nothing of those that are empty."""
    return {name: {"bytes": len(one), "sha256": manifests.sha256_of(one)} for name, one in contents.items() if one}


@dataclass(frozen=True)
class Heard:
    """What logbooks say. `log`: rows of the contact log up to a day; `results`: all of them, typed; `barred`: None where nobody is."""

    log: pa.Table
    results: Contacts
    barred: DoNotContact | None


def heard_in(logbooks: Iterable[ContactLog], on: dt.date) -> Heard:
    """Return what the logbooks of both parts say; what came of contacts on later days is left out of the log, but no refusal is."""
    books = list(logbooks)
    none = pa.table({column: pa.array([], pa.string()) for column in COLUMNS[CONTACT_LOG]})
    log = pa.concat_tables([one.logs[CONTACT_LOG].rows for one in books] or [none])
    known = log.filter(pc.less_equal(log["date"], str(on)))
    return Heard(known, _contacts_of(log), together(_barred_of(one.logs[BARRED].rows) for one in books))


def read_contact_log(root: Path, marks: Mapping[str, Any] | None = None) -> ContactLog:
    """Return the files of a folder of exports, with `marks` as they were when an export noted them.

    Raises DataError where one of them is not as it was written.
    """
    contents = {name: _content(root, name) for name in COLUMNS}
    if marks is not None:
        _refuse_other(root, contents, [marks])
        contents = {name: content[: marks[name]["bytes"]] if name in marks else b"" for name, content in contents.items()}
    return ContactLog({name: _log(root, name, content) for name, content in contents.items()})


def _content(root: Path, name: str) -> bytes:
    with reading(f"{root.name}/{name}"), suppress(FileNotFoundError):
        return (root / name).read_bytes()
    return b""


def _log(root: Path, name: str, content: bytes) -> LogFile:
    columns = COLUMNS[name]
    if not content:
        return LogFile(pa.table({column: pa.array([], pa.string()) for column in columns}), b"")
    try:
        rows = csv_as_text(content, columns)
        head = content[: content.index(b"\n")].decode()
        sound = list(csv.reader([head.removeprefix("\ufeff")])) == [list(columns)]
        sound = sound and content.endswith(b"\n") and _known_words(rows)
    except (pa.ArrowInvalid, KeyError, ValueError):
        sound = False
    if not sound:
        raise DataError([_altered(root, name)])
    return LogFile(rows, content)


def _known_words(rows: pa.Table) -> bool:
    """Tell whether days are days, results are results, and each row says whom it means. Raises ArrowInvalid or ValueError for no day."""
    for name in {"date", "export", "since"}.intersection(rows.column_names):
        written = pc.all(pc.match_substring_regex(rows[name], "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).as_py()
        if written is False:
            return False
        day_numbers(rows[name])
    if "result" in rows.column_names:
        named = pc.and_(pc.is_in(rows["result"], value_set=pa.array(RESULTS[1:])), pc.not_equal(rows["customer_id"], ""))
    else:
        named = pc.xor(pc.equal(rows["customer_id"], ""), pc.equal(rows["mobile"], ""))
    return pc.all(named).as_py() is not False


def sound_contact_log(root: Path, channels: Collection[str] | None = None) -> ContactLog:
    """Return the files of a folder; whether they are those that the last record left is for `memory` to say.

    `channels`: those that the rules know, where they are at hand. Raises DataError where a file is not as it was written, or names
    another channel.
    """
    logbook = read_contact_log(root)
    if channels is not None:
        _refuse_strange_channels(root, logbook, channels)
    return logbook


def _refuse_strange_channels(root: Path, logbook: ContactLog, channels: Collection[str]) -> None:
    """Raise DataError where a row names a channel that the rules do not know: it would bar nothing."""
    known = pa.array([*channels, ALL_CHANNELS], pa.string())
    names = [name for name, log in logbook.logs.items() if pc.all(pc.is_in(log.rows["channel"], value_set=known)).as_py() is False]
    if names:
        message = "holds a channel that channels.yaml does not; refusals stand in it, so give the channel back, or restore the file"
        raise DataError([Problem(f"{root.name}/{name}", None, "channel", "log-altered", message) for name in names])


def _refuse_other(root: Path, contents: Mapping[str, bytes], marks: Iterable[Mapping[str, Any]]) -> None:
    problems = {
        name: _altered(root, name)
        for of_export in marks
        for name, mark in of_export.items()
        if name in COLUMNS and _begin(contents[name], mark["bytes"]) != mark["sha256"]
    }
    if problems:
        raise DataError(list(problems.values()))


def _begin(content: bytes, size: int) -> str:
    return hashlib.sha256(memoryview(content)[:size]).hexdigest() if len(content) >= size else ""


def _altered(root: Path, name: str) -> Problem:
    message = "was altered or cut; refusals stand in it, so restore it from a backup"
    return Problem(f"{root.name}/{name}", None, None, "log-altered", message)


def grown(log: LogFile, rows: pa.Table, name: str) -> tuple[pa.Table, bytes]:
    """Return those of the rows that a file does not say yet, in their order, and its content with them at the end."""
    before = log.rows.select(list(COLUMNS[name]))
    given = rows.select(before.column_names).cast(before.schema).to_pandas().drop_duplicates()
    new = given[~_known_already(before.to_pandas(), given, CONTACT if name == CONTACT_LOG else ())]
    added = pa.Table.from_pandas(new, before.schema, preserve_index=False)
    lines = csv_bytes({column: added[column] for column in added.column_names}, header=not log.content) if len(added) else b""
    return added, log.content + lines


def _known_already(before: pd.DataFrame, given: pd.DataFrame, contact: Sequence[str]) -> Mask:
    """Return which of the given rows a file has already, shape (n,).

    A result that stands there counts as known only while nothing that came later for the same contact overrules it: a correction
    back to what was said first is a new row. What the given rows say themselves overrules none of them.
    """
    columns = list(before)
    place = last_rows(given, before, columns)
    if not contact:
        return place >= 0
    others = before[last_rows(before, given, columns) < 0]
    return (place >= 0) & (place > last_rows(given, others, contact))


def last_rows(wanted: pd.DataFrame, among: pd.DataFrame, columns: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    """Return the label of the last row of a frame that is the same as each of those wanted in some columns, shape (n,); -1 for none."""
    last = among[[*columns]].drop_duplicates(keep="last")
    last = last.assign(row=last.index.to_series().astype("Int64"))
    return wanted[[*columns]].merge(last, how="left")["row"].to_numpy(np.int64, na_value=-1)


def _contacts_of(rows: pa.Table) -> Contacts:
    """Return the rows of a contact log as contacts, in their order."""
    texts = {name: rows[name].combine_chunks() for name in rows.column_names}
    return Contacts(
        customer_id=texts["customer_id"],
        channel=texts["channel"].dictionary_encode(),
        action=texts["action"].dictionary_encode(),
        day=day_numbers(texts["date"]),
        result=pc.fill_null(pc.index_in(texts["result"], value_set=pa.array(RESULTS)), 0).to_numpy(zero_copy_only=False).astype(np.int8),
        number=pa.repeat("", len(rows)),
    )


def _barred_of(rows: pa.Table) -> DoNotContact:
    """Return the rows of a do-not-contact list of ours as entries, in their order."""
    texts = {name: rows[name].combine_chunks() for name in rows.column_names}
    return DoNotContact(texts["customer_id"], texts["mobile"], texts["channel"].dictionary_encode(), day_numbers(texts["since"]))


def day_numbers(dates: pa.Array) -> Int32s:
    """Return dates such as 2016-01-05 as day numbers, shape (n,); NO_DAY where there is none."""
    given = pc.if_else(pc.equal(dates, ""), None, dates).cast(pa.date32()).cast(pa.int32())
    days: Int32s = pc.fill_null(given, NO_DAY).to_numpy(zero_copy_only=False).astype(np.int32)
    return days


def together(parts: Iterable[DoNotContact | None]) -> DoNotContact | None:
    """Return the entries of all lists that there are; None where there is none."""
    given = [one for one in parts if one is not None and len(one)]
    if not given:
        return None
    return DoNotContact(
        customer_id=pa.concat_arrays([one.customer_id for one in given]),
        number=pa.concat_arrays([one.number for one in given]),
        channel=pa.concat_arrays([one.channel.cast(pa.string()) for one in given]).dictionary_encode(),
        since=np.concatenate([one.since for one in given]),
    )
