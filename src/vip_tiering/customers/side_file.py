"""A file that comes in beside a run (customers, events, contacts, do-not-contact, results): bytes into named columns of text.

CSV, gzipped CSV, Parquet and workbooks, by what the first bytes say. What is hashed is what is parsed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import one_array, whole_parts
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.customers.workbooks import sheets
from vip_tiering.customers.workbooks.sheets import Sheet
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES, DEFAULT_MAX_BYTES, Extract, column_too_large, refuse, signature, too_large
from vip_tiering.extracts.find import companions, name_problem
from vip_tiering.extracts.formats import csv_file, csv_header, parquet
from vip_tiering.extracts.formats.csv_text import unpacked
from vip_tiering.extracts.formats.parquet import is_text
from vip_tiering.extracts.headers import shown, tidy_header
from vip_tiering.extracts.row_rules import RULES
from vip_tiering.rules.text_format import AS_USUAL, TableForm, TextFormat

_EXACT_INTEGER: Final = float(2**53)
"""Below it every whole number is a float64 of its own."""


@dataclass(frozen=True, kw_only=True)
class SideFile(Sheet):
    """A file beside a run as text, of whatever form: a CSV and a Parquet file are a sheet too, of which no cell holds a day.

    `unreadable`: place -> type of a column that cannot be text; `read_on`: the day of reading, in the branch.
    """

    sha256: str
    unreadable: dict[int, str] = field(default_factory=dict)
    read_on: dt.date = field(default_factory=dt.date.today)

    @property
    def rows(self) -> int:
        """The number of rows, without the header."""
        return len(self.row)


def read_side_file(path: Path, max_bytes: int = DEFAULT_MAX_BYTES, *, form: TableForm = AS_USUAL) -> SideFile:
    """Return a file's columns as text; it may take `max_bytes` in memory.

    Of a workbook the one sheet is read, see `sheets.one_sheet`. Raises DataError for what is not a sound table: absent, damaged, of
    mixed encodings, with rows of a wrong length, with a header that is empty or stands twice, or not what the checksum beside it says. A
    checksum file is not needed.
    """
    [table] = _tables(path, max_bytes, path.name, form, every_sheet=False)
    return table


def read_side_tables(path: Path, max_bytes: int, name: str, form: TableForm) -> list[SideFile]:
    """Return the tables of a file: every sheet of a workbook, or the one that the rules name; else as `read_side_file` does.

    `name`: how messages call the file.
    """
    return _tables(path, max_bytes, name, form, every_sheet=not form.sheet)


def _tables(path: Path, max_bytes: int, name: str, form: TableForm, *, every_sheet: bool) -> list[SideFile]:
    delivered, sha256, plain = read_delivered(path, max_bytes, name)
    if sheets.is_workbook(delivered):
        arguments = (delivered, name, form, max_bytes)
        tables = sheets.every_sheet(*arguments) if every_sheet else [sheets.one_sheet(*arguments)]
        found = [_of_sheet(table, sha256) for table in tables]
    elif delivered.startswith(parquet.MAGIC):
        if not form.text.header:
            raise parquet.names_its_columns(name, "rules/customers.yaml")
        found = [_of_parquet(dataclasses.replace(plain, format="parquet"), delivered, sha256)]
    else:
        found = [_of_text(name, delivered, sha256, max_bytes, form.text)]
    plain.refuse_other_rows(sum(one.rows for one in found))
    for one in found:
        if len(one.headers) < form.last_column:
            message = f"has {len(one.headers)} columns, and rules/customers.yaml names column {form.last_column}; deliver every column"
            raise refuse(one.name, "header-missing", f"{message}, or correct the numbers under files")
    return found


def read_delivered(path: Path, max_bytes: int, name: str) -> tuple[bytes, str, Extract]:
    """Return a file's bytes, their SHA-256, and the file as it was looked at before, with what lies beside it.

    Raises DataError for a file that is absent, empty, too large, changed meanwhile, or not what its checksum says.
    """
    if problem := name_problem(path.name, name):
        raise DataError([problem])
    with reading(name):
        before = _signature(path, name)
        if before[0] > max_bytes:
            raise too_large(name, max_bytes)
        checksum, controls = companions(path, name)
        plain = Extract(name, path, "csv", gzipped=False, headers=(), columns={}, signature=before, max_bytes=max_bytes)
        delivered, sha256 = dataclasses.replace(plain, sha256=checksum).read_bytes()
    if not delivered:
        raise refuse(name, "file-empty", "the file is empty; was the transfer cut?")
    return delivered, sha256, dataclasses.replace(plain, controls=controls)


def _signature(path: Path, name: str) -> tuple[int, int]:
    """Return size and time of change of a regular file that may be read. Raises DataError for anything else."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise refuse(name, "file-absent", f"cannot be found: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        raise refuse(name, "file-kind", "is not a regular file; name the file itself, as a pipe or a folder cannot be read")
    if not os.access(path, os.R_OK):
        raise refuse(name, "file-unreadable", "cannot be read: permission denied")
    return signature(path)


def _refuse_repeated(headers: tuple[str, ...], name: str) -> None:
    tidied = [tidy_header(header) for header in headers]
    repeated = sorted({shown(headers[place], place) for place, one in enumerate(tidied) if one and tidied.index(one) != place})
    if repeated:
        raise refuse(name, "header-repeated", f"a header stands twice: {', '.join(repeated)}; deliver each column once")


def _of_sheet(sheet: Sheet, sha256: str) -> SideFile:
    _refuse_repeated(sheet.headers, sheet.name)
    return SideFile(**vars(sheet), sha256=sha256)


def _of_text(name: str, delivered: bytes, sha256: str, max_bytes: int, form: TextFormat) -> SideFile:
    gzipped = delivered.startswith(csv_header.GZIP_MAGIC)
    content = csv_file.without_end_mark(unpacked(delivered, name, max_bytes) if gzipped else delivered)
    if gzipped and sheets.is_workbook(content):
        raise refuse(name, "file-kind", "is a gzipped workbook; deliver it without gzip, a workbook is compressed in itself")
    _refuse_repeated(csv_header.headers(bytes(content[: csv_header.HEAD_BYTES]), name, form), name)
    if content[-1:] not in (b"\n", b"\r"):
        raise refuse(name, "file-cut", "the last line has no line end; was the transfer cut? deliver the file anew, or end its last line")
    raw = csv_file.table(content, name, form, final_newline=True, use_threads=True)
    if raw.wrong:
        raise DataError([Problem(name, row, None, rule, RULES[rule]) for row, rule in raw.wrong])
    columns = {}
    for place in list(raw.columns):
        column = raw.columns.pop(place)
        if column.nbytes > COLUMN_LIMIT_BYTES:
            raise column_too_large(name, shown(raw.headers[place], place))
        columns[place] = one_array(column)
        if raw.several_lines:
            csv_file.refuse_swallowed_rows(name, columns[place], raw.headers, place, raw.row, form.separator)
    headers = raw.headers if form.header else _without_line_ends(raw.headers, columns)
    return SideFile(name, headers, columns, raw.row, sha256=sha256)


def _without_line_ends(headers: tuple[str, ...], columns: dict[int, pa.Array]) -> tuple[str, ...]:
    """Return the numbers of columns without the last one where it is empty throughout: a separator at the end of each line makes it."""
    last = len(headers) - 1
    return headers[:last] if last in columns and not pc.any(pc.not_equal(columns[last], "")).as_py() else headers


def _of_parquet(plain: Extract, delivered: bytes, sha256: str) -> SideFile:
    with parquet.opened(pa.BufferReader(delivered), plain.name) as file:
        headers = parquet.headers(file, plain.name)
        _refuse_repeated(headers, plain.name)
        unreadable = {place: str(kind) for place, kind in enumerate(file.schema_arrow.types) if not _can_be_text(kind)}
    places = {str(place): place for place in range(len(headers)) if place not in unreadable}
    extract = dataclasses.replace(plain, headers=tuple(shown(one, place) for place, one in enumerate(headers)), columns=places)
    raw = parquet.read(extract, delivered, 0, list(places))
    columns = {places[key]: _as_text(raw.columns.pop(key)) for key in places}
    return SideFile(plain.name, headers, columns, raw.row, sha256=sha256, unreadable=unreadable)


def _can_be_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    of_values = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_date)
    return is_text(plain) or pa.types.is_timestamp(plain) or pa.types.is_null(plain) or any(fits(plain) for fits in of_values)


def _as_text(values: pa.Array) -> pa.Array:
    """Return a column as strings, as a CSV would hold them; "" where nothing is given. Text that is not UTF-8 gets U+FFFD there."""
    if pa.types.is_boolean(values.type):
        values = pc.if_else(values, "Y", "N")
    elif pa.types.is_floating(values.type):
        values = _text_of_floats(values.cast(pa.float64()))
    elif pa.types.is_decimal(values.type):
        whole, fractions = whole_parts(values)
        values = values.cast(pa.string()) if fractions.any() else whole
    elif pa.types.is_timestamp(values.type) and values.type.tz is not None:
        values = pc.local_timestamp(values).cast(pa.string())
    elif not pa.types.is_string(values.type):
        values = values.cast(pa.string())
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        coded = values.cast(pa.binary()).dictionary_encode()
        sound = pa.array([one.decode("utf-8", "replace") for one in coded.dictionary.to_pylist()], pa.string())
        values = sound.take(coded.indices)
    return values.fill_null("")


def _text_of_floats(values: pa.Array) -> pa.Array:
    """Return floats as text; where all are whole, as those whole numbers: a column of them with gaps often comes as floats."""
    values = pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)
    whole = pc.and_(pc.equal(pc.round(values), values), pc.less(pc.abs(values), _EXACT_INTEGER))
    if pc.all(whole).as_py() is not False:
        return values.cast(pa.int64()).cast(pa.string())
    return values.cast(pa.string())
