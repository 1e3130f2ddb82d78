"""Lists that come back with a result, and receipts of gateways: columns of text in, typed rows out, empty rows left out."""

from __future__ import annotations

import datetime as dt
import functools
import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from vip_tiering.base.arrays import Int32s, truth
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError
from vip_tiering.base.money import Int64s
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.columns import find_columns
from vip_tiering.customers.dates import iso_dates
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.side_file import SideFile, read_delivered, read_side_file
from vip_tiering.customers.texts import LONGEST_LIST
from vip_tiering.customers.types import NO_DAY
from vip_tiering.extracts.extract import DEFAULT_MAX_BYTES, refuse, size_text
from vip_tiering.extracts.headers import shown, tidy_header
from vip_tiering.playbooks.customers import RESULT_FIELDS, CustomerRules

_TEXTS: Final = ("by", "obstacle", "note")
ZIP_MAGIC: Final = b"PK\x03\x04"
_TEXTS_PART: Final = "xl/sharedStrings.xml"
_OLD_MAGIC: Final = b"\xd0\xcf\x11\xe0"
_DAMAGED: Final = "is not a whole workbook without a password; save it as .xlsx again"
_MOST_CELLS: Final = 2_000_000
"""Between the first and the last cell of a sheet: 50,000 rows of 40 columns. Each takes memory, also where nothing stands in it."""
_MOST_UNPACKED_BYTES: Final = 128 << 20
"""What the parts of a workbook may unpack to: more than so many cells take."""
_COLUMN: Final = re.compile(rb'\sr="([A-Z]{1,3})[0-9]{1,7}"')
_ROW: Final = re.compile(rb'\sr="[A-Z]{0,3}([0-9]{1,7})"')
_CELL: Final = rb'<c\s[^>]*?\br="([A-Z]{1,3}([0-9]{1,7}))"[^>]*'
_SHARED_TEXT: Final = re.compile(rb"<si\b[^>]*?(?:/>|>.*?</si>)", re.DOTALL)
_USE_OF_TEXT: Final = re.compile(rb'<c\s[^>]*?\bt="s"[^>]*>\s*<v>([0-9]{1,9})</v>')
_UNREAD: Final = (
    re.compile(rb'<c\s(?=[^>]*\st="e")[^>]*?\br="([A-Z]{1,3}([0-9]{1,7}))"'),
    re.compile(_CELL + rb">\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*</c>"),
)
"""A cell with an error such as #N/A, and one with a formula and no value; the library reads both as empty."""
_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number."""
Cell = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta


def parse_returned(
    file: SideFile, rules: CustomerRules, channels: Sequence[str], on: dt.date, usual_day: dt.date
) -> tuple[pa.Table, list[str]]:
    """Return the rows of a table that have a result, in its order, and warnings.

    Columns: `row` as people count it, then text: `customer_id` and `action` as they stand in the list, several joined by |;
    `channel`, "" where the file does not say; `result`; `date` of the contact; `by`, `obstacle` and `note`, harmless.

    `on`: the day of the export, before which nothing can have come of it; `usual_day` stands where the file has no day.
    Raises DataError for a word or channel that is not known, for a day before `on` or after today, and for an obstacle or a
    note without a result.
    """
    columns, warnings = find_columns(file, rules, RESULT_FIELDS, ("customer_id", "action", "result"))
    fields = Fields(columns, rules)
    result = fields.words("result", RESULTS).cast(pa.string())
    given = truth(pc.not_equal(result, ""))
    texts = {name: fields.text(name, LONGEST_LIST).cast(pa.string()) for name in _TEXTS}
    told = truth(pc.or_(pc.not_equal(texts["obstacle"], ""), pc.not_equal(texts["note"], "")))
    without = "an obstacle or a note stands here without a result; write one, such as no_answer"
    fields.note("result", "result-missing", ~given & told, without)
    if not given.any():
        warnings.append(f"{file.name}: no row has a result")
    days = fields.days("on", day_number(on), day_number(dt.date.today()))  # noqa: DTZ011 (the branch's day)
    channel = fields.words("channel", channels).cast(pa.string())
    fields.refuse()
    rows = {
        "row": columns.row,
        "customer_id": pc.utf8_trim_whitespace(columns.values["customer_id"]),
        "action": pc.utf8_trim_whitespace(columns.values["action"]),
        "channel": channel,
        "result": result,
        "date": iso_dates(np.where(days == NO_DAY, day_number(usual_day), days).astype(np.int32)),
        **texts,
    }
    return pa.table(rows).filter(pa.array(given)), warnings


def with_list_headers(rules: CustomerRules, headers: Mapping[str, str]) -> CustomerRules:
    """Return rules that know the headers of lists for people too, so that a list comes back as it went out."""
    columns = {field: [*(getattr(rules.columns, field) or ()), headers[field]] for field in RESULT_FIELDS if field in headers}
    return rules.model_copy(update={"columns": rules.columns.model_copy(update=columns)})


def read_tables(path: Path, max_bytes: int = DEFAULT_MAX_BYTES, name: str = "") -> list[SideFile]:
    """Return the tables of a file as text: the sheets of an `.xlsx`, or the one table of a CSV or Parquet file.

    `name`: how messages call the file; default: by its own name. Raises DataError for what is not a sound table, as
    `read_side_file` does, and for a workbook that is damaged, locked by a password, or would take more than `max_bytes` in memory.
    """
    name = name or path.name
    with reading(name), path.open("rb") if path.is_file() else io.BytesIO() as file:
        magic = file.read(len(ZIP_MAGIC))
    if magic == _OLD_MAGIC:
        raise refuse(name, "file-excel", "is an old workbook, or one with a password; save it as .xlsx without a password")
    if magic != ZIP_MAGIC:
        return [read_side_file(path, max_bytes, name)]
    content, sha256, _ = read_delivered(path, max_bytes, name)
    _refuse_odd(content, name, max_bytes)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            tables = [
                _table(book.get_sheet_by_name(sheet), f"{name} [sheet {number}]", sha256)
                for number, sheet in enumerate(book.sheet_names, 1)
            ]
    except CalamineError:
        raise refuse(name, "file-damaged", _DAMAGED) from None
    if not any(tables):
        raise refuse(name, "file-empty", "no sheet of the workbook holds anything")
    return [one for one in tables if one is not None]


def _refuse_odd(content: bytes, name: str, max_bytes: int) -> None:
    """Raise DataError for what is not a .xlsx, for cells that nobody can read, and for a workbook that would take more memory than it may.

    Sizes are taken from the container before anything is unpacked; `testzip` finds the part that says less than it holds.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if "xl/workbook.xml" not in parts.namelist():
                raise refuse(name, "file-damaged", "is not a workbook of Excel; save it as .xlsx")
            most = min(max_bytes, _MOST_UNPACKED_BYTES)
            if sum(one.file_size for one in parts.infolist()) > most:
                raise _too_much(name, f"the workbook unpacks to more than {size_text(most)}")
            if parts.testzip() is not None:
                raise refuse(name, "file-damaged", _DAMAGED)
            texts = parts.read(_TEXTS_PART) if _TEXTS_PART in parts.namelist() else b""
            sizes = np.array([len(one) for one in _SHARED_TEXT.findall(texts)], np.int64)
            for part in parts.namelist():
                if part.startswith("xl/worksheets/"):
                    _refuse_sheet(parts.read(part), sizes, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise refuse(name, "file-damaged", _DAMAGED) from None


def _too_much(name: str, what: str) -> DataError:
    message = f"{what}, more than a list takes; delete the rows and columns in which nothing stands, or save it as CSV"
    return refuse(name, "file-too-large", message)


def _refuse_sheet(sheet: bytes, sizes: Int64s, name: str) -> None:
    """Raise DataError for a sheet of too many cells, or with one that cannot be read.

    `sizes`, shape (t,): those of the texts that cells share; a workbook holds each once, in memory every cell has its own.
    """
    if sheet.count(b"<c ") > _MOST_CELLS or _cells_between(sheet) > _MOST_CELLS:
        raise _too_much(name, f"a sheet spans more than {_MOST_CELLS:,} cells")
    used = np.array(_USE_OF_TEXT.findall(sheet), "S9").astype(np.int64)
    if sizes[used[used < len(sizes)]].sum() > _MOST_UNPACKED_BYTES:
        raise _too_much(name, f"the texts of a sheet take more than {size_text(_MOST_UNPACKED_BYTES)}")
    for pattern in _UNREAD:
        if cell := pattern.search(sheet):
            place = cell[1].decode()
            message = f"cell {place} holds an error such as #N/A, or a formula that was never computed; write the value itself"
            raise refuse(name, "cell-unread", message, int(cell[2]))


def _cells_between(sheet: bytes) -> int:
    """Return how many cells lie between A1 and the last row and column that a sheet names."""
    columns = set(_COLUMN.findall(sheet))
    width = max((functools.reduce(lambda place, letter: place * 26 + letter - 64, one, 0) for one in columns), default=1)
    return width * max(map(int, _ROW.findall(sheet)), default=1)


def _table(sheet: CalamineSheet, name: str, sha256: str) -> SideFile | None:
    """Return a sheet, its first row as the header; None where nothing stands in it."""
    if any(last[0] > max(first[0], 0) for first, last in sheet.merged_cell_ranges or ()):
        raise refuse(name, "file-merged", "cells of several rows are merged, and only the first of them would count; take the merging back")
    rows = sheet.to_python(skip_empty_area=False)
    filled = [number for number, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not filled:
        return None
    headers = tuple(_text_of_cell(cell) for cell in rows[0])
    body = [row for number, row in zip(filled, map(rows.__getitem__, filled), strict=True) if number]
    columns = {place: pa.array([_text_of_cell(row[place]) for row in body], pa.string()) for place in range(len(headers))}
    _refuse_headers(headers, columns, name)
    numbers: Int32s = np.array([number + 1 for number in filled if number], np.int32)
    # A column without a header in which nothing stands is what a formatted cell leaves.
    named = {place: column for place, column in columns.items() if headers[place]}
    read_on = dt.date.today()  # noqa: DTZ011 (the day in the branch)
    return SideFile(name, sha256, headers, named, numbers, read_on=read_on)


def _refuse_headers(headers: Sequence[str], columns: dict[int, pa.Array], name: str) -> None:
    """Raise DataError for a column of values without a header, and for a header that stands twice."""
    empty = [str(place + 1) for place, header in enumerate(headers) if not header and any(columns[place].to_pylist())]
    if empty:
        raise refuse(name, "header-empty", f"column {', '.join(empty)} has no header; name every column", 1)
    tidied = [tidy_header(header) for header in headers]
    repeated = sorted({shown(one, place) for place, one in enumerate(headers) if one and tidied.index(tidied[place]) != place})
    if repeated:
        raise refuse(name, "header-repeated", f"a header stands twice: {', '.join(repeated)}; deliver each column once", 1)


def _text_of_cell(cell: Cell) -> str:
    """Return a cell as a CSV would hold it: a whole number without a decimal point, a day without a time of day.

    A number of more digits than Excel keeps stays as Excel has it, with an exponent, and is not an id.
    """
    if isinstance(cell, bool):
        return "Y" if cell else "N"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return str(int(cell))
    if isinstance(cell, float | int):
        return f"{cell:E}" if abs(cell) >= _EXACT else str(cell)
    if isinstance(cell, dt.datetime):
        return str(cell.date()) if cell.time() == dt.time() else str(cell)
    return str(cell)
