"""CSV files, also gzipped: bytes into raw columns. Everything is read as text; nothing is inferred or repaired."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering.base.arrays import Int32s, one_array
from vip_tiering.base.errors import Problem
from vip_tiering.base.threads import threads
from vip_tiering.extracts.csv_text import (
    UTF8_BOM,
    decoded,
    has_blank_lines,
    has_quotes,
    may_have_longer_records,
    refuse_open_quotes,
    rows_of_records,
    unpacked,
)
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES, Extract, column_too_large, refuse, refuse_columns
from vip_tiering.extracts.row_rules import RULES
from vip_tiering.extracts.rows import RawColumns, Rejects

GZIP_MAGIC: Final = b"\x1f\x8b"
_BLOCK_BYTES: Final = 16 << 20
_HEAD_BYTES: Final = 1 << 16
_SEPARATORS: Final = {";": ";", "\t": "a tab", "|": "|"}
_TEXT_ARRAY: Final = pa.string()
_CODES: Final = pa.dictionary(pa.int32(), pa.string())
_OTHER_FORMATS: Final = (
    (b"PK\x03\x04", "file-excel", "this is an Excel workbook (PK); save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "file-excel", "this is an old Excel workbook (.xls); save it as CSV UTF-8"),
    (b"\xff\xfe", "file-encoding", "this is UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "file-encoding", "this is UTF-16; save it as UTF-8"),
    (GZIP_MAGIC, "file-kind", "is gzipped twice; deliver it gzipped once"),
    (b"PAR1", "file-kind", "is a gzipped Parquet file; deliver it as it is, Parquet is compressed in itself"),
)
_LINE_END: Final = re.compile(r"[\r\n]")
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=(.?)"?', re.IGNORECASE)


@dataclass(frozen=True)
class RawTable:
    """A CSV as a table of text, as it was delivered. `columns` are named by their position, `row` is each row's number.

    Rows count as people count them: the header is row 1. `wrong` tells the rows with too few or too many fields, which
    are not in the table. `several_lines` says whether a text may go on over several lines.
    """

    headers: tuple[str, ...]
    columns: dict[int, pa.ChunkedArray]
    row: Int32s
    wrong: list[tuple[int, str]]
    encoding: str
    several_lines: bool


def head(path: Path, name: str, *, gzipped: bool) -> bytes:
    """Return the first bytes of the text, as delivered."""
    try:
        with gzip.open(path) if gzipped else path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise refuse(name, "file-damaged", "is not a whole gzip file; incomplete transfer?") from None


def headers(start: bytes, name: str) -> tuple[str, ...]:
    """Return the headers from the first bytes of a CSV. Raises DataError where there are none to be found."""
    _refuse_other_formats(start, name)
    line = _first_line(start.removeprefix(UTF8_BOM))
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = line.decode("gb18030")
        except UnicodeDecodeError:
            raise refuse(name, "file-encoding", "the header is neither UTF-8 nor GB18030; save the file as UTF-8", 1) from None
    if match := _SEPARATOR_LINE.fullmatch(line):
        shown = match[1].decode("ascii", "replace").strip()
        message = f"the first line is Excel's sep={shown}; delete this line, and separate with commas"
        raise refuse(name, "file-separator", message, 1)
    try:
        found = next(csv.reader([text]), [])
    except csv.Error:  # a line end within a header, whose quotes do not stand around it
        found = []
    if len(found) <= 1:
        looks = next((shown for mark, shown in _SEPARATORS.items() if mark in text), None)
        if looks:
            raise refuse(name, "file-separator", f"columns found: 1; the separator looks like {looks}; separate with commas", 1)
    if not found:
        raise refuse(name, "file-quotes", "a quote is opened in the header and not closed; name the columns in one line", 1)
    refuse_columns(name, len(found))
    empty = [str(index + 1) for index, header in enumerate(found) if not header.strip()]
    if empty:
        raise refuse(name, "header-empty", f"column {', '.join(empty)} has no header; name every column", 1)
    return tuple(found)


def _first_line(text: bytes) -> bytes:
    """Return the first line that is not empty; a line end within quotes belongs to the line."""
    text = text.lstrip(b"\r\n")
    quotes = 0
    for part in re.finditer(rb'["\r\n]', text):
        quotes += part[0] == b'"'
        if part[0] != b'"' and quotes % 2 == 0:
            return text[: part.start()]
    return text


def _refuse_other_formats(start: bytes, name: str) -> None:
    if not start.removeprefix(UTF8_BOM).strip():
        raise refuse(name, "file-empty", "the file is empty; was the transfer cut?")
    for magic, rule, message in _OTHER_FORMATS:
        if start.startswith(magic):
            raise refuse(name, rule, message)
    if b"\x00" in start[:2] or b"\x00" in _first_line(start):
        # Latin letters in UTF-16 have a zero byte each, and so have its commas and line ends.
        zeros = sorted((start[0::2].count(0), start[1::2].count(0)))
        wide = zeros[0] == 0 and zeros[1] > 1
        what = "this is UTF-16 without a byte order mark" if wide else "the header holds NUL bytes; was the transfer cut?"
        raise refuse(name, "file-encoding", f"{what}; save it as UTF-8", None if wide else 1)
    if start.removeprefix(UTF8_BOM).lstrip()[:1] == b"<":
        raise refuse(name, "file-html", "this is a web page or XML, not a CSV; was an error page saved?")


def table(
    delivered: bytes | bytearray,
    name: str,
    *,
    final_newline: bool,
    wanted: Collection[int] | None = None,
    codes: Collection[int] = (),
    use_threads: bool = False,
) -> RawTable:
    """Return the table that the content of a CSV (not gzipped) holds: the columns at the places `wanted`, by default all.

    Those in `codes` are dictionary-encoded. `use_threads`: no other file is read at the same time. Raises DataError for what
    is not a CSV as a whole; a last line without line end is accepted where no `final_newline` is asked for.
    """
    names = headers(bytes(delivered[:_HEAD_BYTES]), name)
    if delivered[-1:] not in (b"\n", b"\r"):
        if final_newline:
            message = "the last line has no line end; was the transfer cut? (rules/extracts.yaml: final_newline: optional accepts it)"
            raise refuse(name, "file-cut", message, _last_row(delivered))
        delivered = delivered + b"\n"  # the library takes a header without line end for a row that is too large
    text, encoding = decoded(delivered, name)
    csv_text = _Csv(text, name, len(names), range(len(names)) if wanted is None else sorted(wanted), codes)
    columns, row, wrong = csv_text.numbered(use_threads=use_threads)
    return RawTable(names, columns, row, wrong, encoding, csv_text.has_longer_records)


def _last_row(delivered: bytes | bytearray) -> int:
    return max(delivered.count(b"\n"), delivered.count(b"\r")) + 1


class _Csv:
    """The text of a CSV on its way to a table. `wanted`: the places of the columns that are needed."""

    def __init__(self, text: pa.Buffer, name: str, width: int, wanted: Sequence[int], codes: Collection[int]) -> None:
        start = memoryview(text)[:_HEAD_BYTES].tobytes()
        blank = start[: len(start) - len(start.lstrip(b"\r\n"))]
        self._first_row = len(re.findall(rb"\r\n|\r|\n", blank)) + 1
        self._text = text.slice(len(blank))
        self._name, self._width, self._wanted, self._codes = name, width, wanted, codes
        self.has_quotes = has_quotes(self._text)

    def numbered(self, *, use_threads: bool) -> tuple[dict[int, pa.ChunkedArray], Int32s, list[tuple[int, str]]]:
        """Return the wanted columns, the row of each of their values, and (row, rule) for rows with a wrong number of fields."""
        if self.has_quotes and not use_threads:
            refuse_open_quotes(self._text, self._name)
        read, wrong = self._parse_beside_quotes() if self.has_quotes and use_threads else self._parse(use_threads=use_threads)
        if wrong and use_threads:  # only one thread knows which rows they are
            read, wrong = self._parse(use_threads=False)
        view = np.frombuffer(self._text, np.uint8)
        records = len(read) + len(wrong) + 1
        if wrong or has_blank_lines(view):
            rows = rows_of_records(view, records) + np.int32(self._first_row - 1)
        else:
            rows = np.arange(self._first_row, self._first_row + records, dtype=np.int32)
        self.has_longer_records = self.has_quotes and may_have_longer_records(view, records)
        skipped = [0, *(record - 1 for record, _ in wrong)]
        columns = {place: read[str(place)] for place in self._wanted}
        return columns, np.delete(rows, skipped), [(int(rows[record - 1]), rule) for record, rule in wrong]

    def _parse_beside_quotes(self) -> tuple[pa.Table, list[tuple[int, str]]]:
        """Parse while the quotes are looked at; what is wrong with them is told before all else."""
        with threads(1) as pool:
            quotes = pool.submit(refuse_open_quotes, self._text, self._name)
            try:
                return self._parse(use_threads=True)
            finally:
                quotes.result()

    def _parse(self, *, use_threads: bool) -> tuple[pa.Table, list[tuple[int, str]]]:
        """Return the wanted columns, and (record, rule) for rows with a wrong number of fields; the header is record 1."""
        wrong: list[tuple[int, str]] = []
        swallowed: list[int] = []

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            record = row.number or 0
            wrong.append((record, "fields-missing" if row.actual_columns < row.expected_columns else "fields-extra"))
            if _LINE_END.search(row.text.rstrip("\r\n")):
                swallowed.append(record)
            return "skip"

        names = [str(place) for place in range(self._width)]
        try:
            read = pyarrow.csv.read_csv(
                pa.BufferReader(self._text),
                pyarrow.csv.ReadOptions(
                    column_names=names, skip_rows_after_names=1, use_threads=use_threads, block_size=min(_BLOCK_BYTES, self._text.size + 1)
                ),
                pyarrow.csv.ParseOptions(newlines_in_values=self.has_quotes, invalid_row_handler=skip),
                pyarrow.csv.ConvertOptions(
                    check_utf8=False,
                    column_types={name: _CODES if int(name) in self._codes else _TEXT_ARRAY for name in names},
                    include_columns=[str(place) for place in self._wanted],
                    null_values=[],
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            # The library's message quotes the row; ours must not.
            message = "a quoted text is not closed, or a row is larger than 16 MiB; is a quote missing?"
            raise refuse(self._name, "file-quotes", message) from None
        if swallowed and not use_threads:
            message = "a quoted text of several lines, and a wrong number of fields: is a quote missing? close it, or leave the quotes out"
            raise refuse(self._name, "file-quotes", message, swallowed[0] + self._first_row - 1)
        return read, wrong


def read(extract: Extract, delivered: bytes, file: int, roles: Collection[str]) -> tuple[RawColumns, Rejects, str]:
    """Return the columns of `roles` as text, the rows with a wrong number of fields, and the encoding of the file's content."""
    text = unpacked(delivered, extract.name, extract.max_bytes) if extract.gzipped else delivered
    places = {role: extract.columns[role] for role in roles if role in extract.columns}
    codes = [extract.columns["date"]] if "date" in extract.columns else []
    raw = table(text, extract.name, final_newline=extract.needs_final_newline, wanted=set(places.values()), codes=codes)
    columns = {role: _one_line_each(extract, raw, role, place) for role, place in places.items()}
    problems = [Problem(extract.name, number, None, rule, RULES[rule]) for number, rule in raw.wrong]
    return RawColumns(extract, file, columns, raw.row, extract.day), Rejects(problems), raw.encoding


def _one_line_each(extract: Extract, raw: RawTable, role: str, place: int) -> pa.Array:
    """Return a column that is read as one array. A value over several lines is an open quote that swallowed rows: refused."""
    column = raw.columns[place]
    if column.nbytes > COLUMN_LIMIT_BYTES:
        raise column_too_large(extract.name, extract.header(role))
    values = one_array(column)
    if raw.several_lines:
        coded = pa.types.is_dictionary(values.type)
        several = pc.match_substring_regex(values.dictionary if coded else values, r"[\r\n]")
        if pc.any(several).as_py():
            mask = several.take(values.indices) if coded else several
            row = int(raw.row[np.flatnonzero(mask.to_numpy(zero_copy_only=False))[0]])
            message = f"column {extract.header(role)} goes on over several lines: is a quote missing? close it, or leave the quotes out"
            raise extract.refuse("file-quotes", message, row)
    return values
