"""CSV files, also gzipped: bytes into raw columns. Everything is read as text; nothing is inferred or repaired."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering.arrow import one_array
from vip_tiering.checks import RawColumns
from vip_tiering.errors import Problem
from vip_tiering.readers.extract import Extract, refuse
from vip_tiering.row_rules import RULES
from vip_tiering.rows import Int32s, Rejects

GZIP_MAGIC: Final = b"\x1f\x8b"
_BLOCK_BYTES: Final = 16 << 20
_HEAD_BYTES: Final = 1 << 16
_SEPARATORS: Final = {";": ";", "\t": "a tab", "|": "|"}
_TEXT_ARRAY: Final = pa.string()
_CODES: Final = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Content:
    """The whole text of a file as UTF-8, and the encoding in which it was delivered."""

    text: pa.Buffer
    encoding: str


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
    line = _first_line(start.removeprefix(b"\xef\xbb\xbf"))
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = line.decode("gb18030")
        except UnicodeDecodeError:
            raise refuse(name, "file-encoding", "the header is neither UTF-8 nor GB18030; save the file as UTF-8", 1) from None
    found = next(csv.reader([text]), [])
    if len(found) == 1:
        looks = next((shown for mark, shown in _SEPARATORS.items() if mark in text), None)
        if looks:
            raise refuse(name, "file-separator", f"columns found: 1; the separator looks like {looks}; separate with commas", 1)
    empty = [str(index + 1) for index, header in enumerate(found) if not header.strip()]
    if empty:
        raise refuse(name, "header-empty", f"column {', '.join(empty)} has no header; name every column", 1)
    return tuple(found)


def _first_line(text: bytes) -> bytes:
    """Return the first line that is not empty; a line end within quotes belongs to the line."""
    text = text.lstrip(b"\r\n")
    end = 0
    while end < len(text) and not (text[end] in b"\r\n" and text.count(b'"', 0, end) % 2 == 0):
        end += 1
    return text[:end]


def _refuse_other_formats(start: bytes, name: str) -> None:
    if not start.strip():
        raise refuse(name, "file-empty", "the file is empty; was the transfer cut?")
    if start.startswith(b"PK"):
        raise refuse(name, "file-excel", "this is an Excel workbook (PK); save it as CSV UTF-8")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse(name, "file-encoding", "this is UTF-16; save it as UTF-8")
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise refuse(name, "file-html", "this is a web page or XML, not a CSV; was an error page saved?")


def load(extract: Extract, delivered: bytes) -> Content:
    """Return the text of a CSV from its content. The encoding is decided once for the whole file: BOM, strict UTF-8, strict GB18030."""
    try:
        if extract.gzipped:
            delivered = gzip.decompress(delivered)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise extract.refuse("file-damaged", "is not a whole gzip file; incomplete transfer?") from None
    if delivered and delivered[-1:] not in (b"\n", b"\r") and not extract.final_newline:
        message = "the last line has no line end; was the transfer cut? (rules/extracts.yaml: final_newline: optional accepts it)"
        raise extract.refuse("file-cut", message)
    if delivered.startswith(b"\xef\xbb\xbf"):
        content = Content(pa.py_buffer(delivered).slice(3), "UTF-8 with BOM")
    else:
        content = Content(pa.py_buffer(delivered), "UTF-8")
    if _is_utf8(content.text):
        return content
    try:
        return Content(pa.py_buffer(delivered.decode("gb18030").encode("utf-8")), "GB18030")
    except UnicodeDecodeError as error:
        row = delivered.count(b"\n", 0, error.start) + 1
        raise extract.refuse("file-encoding", "is neither UTF-8 nor GB18030 throughout; save it as UTF-8", row) from None


def _is_utf8(text: pa.Buffer) -> bool:
    offsets = pa.py_buffer(np.array([0, text.size], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, text]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def read(extract: Extract, delivered: bytes, file: int, roles: Collection[str]) -> tuple[RawColumns, Rejects, str]:
    """Return the columns of `roles` as text, the rows with a wrong number of fields, and the encoding of the file's content."""
    content = load(extract, delivered)
    table, wrong = _parse(extract, content, roles, careful=False)
    _refuse_open_quote(extract, content, rows_are_wrong=bool(wrong))
    if wrong:
        table, wrong = _parse(extract, content, roles, careful=True)
    row, kept = _row_numbers(table, wrong, extract, content)
    if kept is not None:
        table = table.filter(pa.array(kept))
    columns = {role: one_array(table[str(extract.columns[role])]) for role in roles if role in extract.columns}
    raw = RawColumns(
        name=extract.name,
        file=file,
        columns=columns,
        headers={role: extract.header(role) for role in extract.columns},
        row=row,
        day=extract.day,
        date_format=extract.date_format,
    )
    problems = [Problem(extract.name, number, None, rule, RULES[rule]) for number, rule in wrong]
    return raw, Rejects(problems), content.encoding


def _parse(extract: Extract, content: Content, roles: Collection[str], *, careful: bool) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Return the wanted columns, and (row, rule) for rows with a wrong number of fields (rows are right if `careful`)."""
    wrong: list[tuple[int, str]] = []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        wrong.append((row.number or 0, "fields-missing" if row.actual_columns < row.expected_columns else "fields-extra"))
        return "skip"

    names = [str(index) for index in range(len(extract.headers))]
    wanted = [str(extract.columns[role]) for role in roles if role in extract.columns]
    types = {name: _CODES if name == str(extract.columns.get("date")) else _TEXT_ARRAY for name in names}
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(content.text),
            pyarrow.csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, use_threads=False, block_size=min(_BLOCK_BYTES, content.text.size + 1)
            ),
            pyarrow.csv.ParseOptions(
                newlines_in_values=_has_quotes(content),
                ignore_empty_lines=not careful,
                invalid_row_handler=skip,
            ),
            pyarrow.csv.ConvertOptions(
                check_utf8=False,
                column_types=types,
                include_columns=names if careful else wanted,
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        # The library's message quotes the row; ours must not.
        raise extract.refuse("file-quotes", "a quoted text is not closed, or a row is larger than 16 MiB; is a quote missing?") from None
    return table, wrong


def _refuse_open_quote(extract: Extract, content: Content, *, rows_are_wrong: bool) -> None:
    """Refuse a file in which a quote is opened and not closed: it swallows the rows that follow, which nobody would miss.

    A text over several lines is fine as long as every row has the right number of fields.
    """
    text = np.frombuffer(content.text, np.uint8)
    quotes = np.flatnonzero(text == ord('"'))
    if len(quotes) % 2 == 0 and not (rows_are_wrong and len(quotes)):
        return
    per_line = np.bincount(np.searchsorted(np.flatnonzero(text == ord("\n")), quotes))
    odd = np.flatnonzero(per_line % 2)
    if len(odd):
        message = "a quote is opened in this row and not closed; close it, or leave the quotes out"
        raise extract.refuse("file-quotes", message, int(odd[0]) + 1)


def _has_quotes(content: Content) -> bool:
    return bool((np.frombuffer(content.text, np.uint8) == ord('"')).any())


def _row_numbers(
    table: pa.Table, wrong: list[tuple[int, str]], extract: Extract, content: Content
) -> tuple[Int32s, npt.NDArray[np.bool_] | None]:
    """Return the row of each record as people count it (the header is row 1), and which records are no blank lines."""
    if not wrong:
        return np.arange(2, len(table) + 2, dtype=np.int32), None
    numbers = np.setdiff1d(np.arange(2, len(table) + len(wrong) + 2, dtype=np.int32), [number for number, _ in wrong])
    filled = np.zeros(len(table), bool)
    for column in table.columns:
        text = column.cast(pa.string())
        filled |= pc.not_equal(pc.binary_length(text), 0).to_numpy()
    blank_lines = len(table) - len(_parse(extract, content, ("customer_id",), careful=False)[0])
    if int(np.count_nonzero(~filled)) != blank_lines:
        return numbers, None
    return numbers[filled], filled
