"""CSV files, also gzipped: bytes into raw columns. Everything is read as text; nothing is inferred or repaired."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering.base.arrays import Int32s, all_alike, one_array, truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.threads import threads
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES, Extract, column_too_large, refuse
from vip_tiering.extracts.formats.csv_header import HEAD_BYTES, first_line, headers
from vip_tiering.extracts.formats.csv_text import (
    Decoded,
    decoded,
    has_blank_lines,
    may_have_longer_records,
    refuse_open_quotes,
    rows_of_records,
    unpacked,
)
from vip_tiering.extracts.headers import shown
from vip_tiering.extracts.row_rules import RULES
from vip_tiering.extracts.rows import RawColumns, Rejects
from vip_tiering.rules.text_format import COMMAS, TextFormat

_BLOCK_BYTES: Final = 1 << 20
"""What the library parses at a time: it stays in the processor's cache. A row may not be larger."""
_BLANK: Final = ""
"""Stands for the rule of a row of nothing but separators, which is no row."""
_END_MARK: Final = b"\x1a"
_LINE_END: Final = re.compile(r"[\r\n]")


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


def table(
    delivered: bytes | bytearray,
    name: str,
    form: TextFormat = COMMAS,
    *,
    final_newline: bool,
    wanted: Collection[int] | None = None,
    use_threads: bool = False,
) -> RawTable:
    """Return the table that the content of a text file (not gzipped) holds: the columns at the places `wanted`, by default all.

    Rows of nothing but separators are no rows. `use_threads`: no other file is read at the same time. Raises DataError for what
    is no such file as a whole; a last line without line end is accepted where no `final_newline` is asked for.
    """
    delivered = without_end_mark(delivered)
    names = headers(bytes(delivered[:HEAD_BYTES]), name, form)
    if delivered[-1:] not in (b"\n", b"\r"):
        if final_newline:
            message = "the last line has no line end; was the transfer cut? (rules/extracts.yaml: final_newline: optional accepts it)"
            raise refuse(name, "file-cut", message, _last_row(delivered))
        delivered = delivered + b"\n"  # the library takes a header without line end for a row that is too large
    content = decoded(delivered, name, form.encoding)
    unnamed = [place for place, header in enumerate(names) if not header]
    places = range(len(names)) if wanted is None else sorted({*wanted, *unnamed})
    csv_text = _Csv(content, name, form, len(names), places)
    columns, row, wrong = csv_text.numbered(use_threads=use_threads)
    for place in unnamed:
        refuse_unnamed(name, place, columns.pop(place), row)
    return RawTable(names, columns, row, wrong, content.encoding, csv_text.has_longer_records)


def without_end_mark(delivered: bytes | bytearray) -> bytes | bytearray:
    """Return the content without the byte 0x1A, with which DOS and some hosts end a text file."""
    if delivered[-1:] == _END_MARK:
        return delivered[:-1]
    return delivered[:-2] if delivered[-2:] == _END_MARK + b"\n" else delivered


def refuse_unnamed(name: str, place: int, column: pa.ChunkedArray | pa.Array, row: Int32s) -> None:
    """Raise DataError where a column without a header holds something; one that is empty throughout was left by a spreadsheet."""
    if pc.max(pc.binary_length(column)).as_py():
        filled = int(np.argmax(truth(one_array(pc.greater(pc.binary_length(column), 0)))))
        message = f"column {place + 1} has no header, and this row fills it; name every column"
        raise refuse(name, "header-empty", message, int(row[filled]))


def _last_row(delivered: bytes | bytearray) -> int:
    return max(delivered.count(b"\n"), delivered.count(b"\r")) + 1


class _Csv:
    """The text of a CSV on its way to a table. `wanted`: the places of the columns that are needed."""

    def __init__(self, content: Decoded, name: str, form: TextFormat, width: int, wanted: Sequence[int]) -> None:
        start = memoryview(content.text)[:HEAD_BYTES].tobytes()
        blank = start[: len(start) - len(start.lstrip(b"\r\n"))]
        self._first_row = len(re.findall(rb"\r\n|\r|\n", blank)) + 1
        self._text = content.text.slice(len(blank))
        self._line_ends = content.signs.line_ends - len(blank)
        self._name, self._form, self._width, self._wanted = name, form, width, wanted
        line = first_line(start[len(blank) :])
        self._header_bytes = len(line) if form.header and not _LINE_END.search(line.decode("latin-1")) else 0
        # Writers that quote nothing else quote their headers; it costs to parse what may go on over several lines.
        self.has_quotes = content.signs.quotes > line.count(b'"', 0, self._header_bytes)

    def numbered(self, *, use_threads: bool) -> tuple[dict[int, pa.ChunkedArray], Int32s, list[tuple[int, str]]]:
        """Return the wanted columns, the row of each of their values, and (row, rule) for rows with a wrong number of fields."""
        if not (self.has_quotes and use_threads):
            suspect = self._text if self.has_quotes else self._text.slice(0, self._header_bytes)
            refuse_open_quotes(suspect, self._name, self._form.separator)
        if self.has_quotes and use_threads:
            read, wrong = self._parse_beside_quotes()
        else:
            read, wrong = self._parse(self._wanted, use_threads=use_threads)
        if wrong and use_threads:  # only one thread knows which rows they are
            read, wrong = self._parse(self._wanted, use_threads=False)
        view = np.frombuffer(self._text, np.uint8)
        header = int(self._form.header)
        records = len(read) + len(wrong) + header
        plain = self._line_ends == records  # surely one for each record, so that rows are records
        if not plain and (wrong or has_blank_lines(view)):
            rows = rows_of_records(view, records) + np.int32(self._first_row - 1)
        else:
            rows = np.arange(self._first_row, self._first_row + records, dtype=np.int32)
        self.has_longer_records = self.has_quotes and not plain and may_have_longer_records(view, records)
        skipped = [*range(header), *(record - 1 for record, _ in wrong)]
        wrong = [(int(rows[record - 1]), rule) for record, rule in wrong if rule != _BLANK]
        rows = np.delete(rows, skipped)
        if (filled := self._filled(read)) is not None:
            read, rows = read.take(pa.array(filled)), rows[filled]
        return {place: read[str(place)] for place in self._wanted}, rows, wrong

    def _filled(self, read: pa.Table) -> npt.NDArray[np.intp] | None:
        """Return which rows hold something; None where all do. What a spreadsheet leaves below a table is separators alone."""
        first = read[str(self._wanted[0])]
        if not len(first) or pc.min(pc.binary_length(first)).as_py():
            return None
        every = read if len(self._wanted) == self._width else self._parse(range(self._width), use_threads=False)[0]
        blank = np.ones(len(read), bool)
        for column in every.columns:
            at = np.flatnonzero(blank)
            blank[at] = truth(one_array(pc.equal(pc.utf8_trim_whitespace(column.take(pa.array(at))), "")))
        return np.flatnonzero(~blank) if blank.any() else None

    def _parse_beside_quotes(self) -> tuple[pa.Table, list[tuple[int, str]]]:
        """Parse while the quotes are looked at; what is wrong with them is told before all else."""
        with threads(1) as pool:
            quotes = pool.submit(refuse_open_quotes, self._text, self._name, self._form.separator)
            try:
                return self._parse(self._wanted, use_threads=True)
            finally:
                quotes.result()

    def _parse(self, wanted: Sequence[int], *, use_threads: bool) -> tuple[pa.Table, list[tuple[int, str]]]:
        """Return columns, and (record, rule) for rows with a wrong number of fields, or none of them; the first record is 1."""
        wrong: list[tuple[int, str]] = []
        swallowed: list[int] = []
        blanks = self._form.separator + ' "\r\n'

        def skip(row: pyarrow.csv.InvalidRow) -> str:
            record = row.number or 0
            if not row.text.strip(blanks):
                wrong.append((record, _BLANK))
                return "skip"
            wrong.append((record, "fields-missing" if row.actual_columns < row.expected_columns else "fields-extra"))
            if _LINE_END.search(row.text.rstrip("\r\n")):
                swallowed.append(record)
            return "skip"

        names = [str(place) for place in range(self._width)]
        try:
            read = pyarrow.csv.read_csv(
                pa.BufferReader(self._text),
                pyarrow.csv.ReadOptions(
                    column_names=names,
                    skip_rows_after_names=int(self._form.header),
                    use_threads=use_threads,
                    block_size=min(_BLOCK_BYTES, self._text.size + 1),
                ),
                pyarrow.csv.ParseOptions(
                    delimiter=self._form.separator,
                    quote_char='"' if self.has_quotes else False,  # those of the header, which is skipped, do not count
                    newlines_in_values=self.has_quotes,
                    invalid_row_handler=skip,
                ),
                pyarrow.csv.ConvertOptions(
                    check_utf8=False,
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=[str(place) for place in wanted],
                    null_values=[],
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            # The library's message quotes the row; ours must not.
            message = "a quoted text is not closed, or a row is larger than 1 MiB; is a quote missing?"
            raise refuse(self._name, "file-quotes", message) from None
        if swallowed and not use_threads:
            message = "a quoted text of several lines, and a wrong number of fields: is a quote missing? close it, or leave the quotes out"
            raise refuse(self._name, "file-quotes", message, swallowed[0] + self._first_row - 1)
        return read, wrong


def read(extract: Extract, delivered: bytes, file: int, roles: Collection[str]) -> tuple[RawColumns, Rejects, str]:
    """Return the columns of `roles` as text, the rows with a wrong number of fields, and the encoding of the file's content."""
    text = unpacked(delivered, extract.name, extract.max_bytes) if extract.gzipped else delivered
    places = {role: extract.columns[role] for role in roles if role in extract.columns}
    needed = extract.needs_final_newline
    raw = table(text, extract.name, extract.text_format, final_newline=needed, wanted=places.values())
    if raw.several_lines:  # what is not read may hold rows that a stray quote swallowed
        every = table(text, extract.name, extract.text_format, final_newline=needed)
        for place in set(every.columns) - set(places.values()):
            values = one_array(every.columns[place])
            refuse_swallowed_rows(extract.name, values, raw.headers, place, every.row, extract.text_format.separator)
    # As a rule all dates are one, which then takes no room; it is the first column that makes some for the others.
    columns = {"date": date} if "date" in places and (date := _one_date(raw, places["date"])) is not None else {}
    columns |= {role: _one_line_each(extract, raw, role, place) for role, place in places.items() if role not in columns}
    problems = [Problem(extract.name, number, None, rule, RULES[rule]) for number, rule in raw.wrong]
    return RawColumns(extract, file, columns, raw.row, extract.day), Rejects(problems), raw.encoding


def refuse_swallowed_rows(name: str, values: pa.Array, headers: tuple[str, ...], place: int, row: Int32s, separator: str) -> None:
    """Raise DataError for a text over several lines that could be rows between two stray quotes.

    From a column of one row to the same column of the next there is a separator for each further column.
    """
    several = pc.match_substring_regex(values, r"[\r\n]")
    swallowed = pc.and_(several, pc.greater_equal(pc.count_substring(values, separator), len(headers) - 1))
    first = pc.index(swallowed, True).as_py()
    if first >= 0:
        message = f"column {shown(headers[place], place)} goes on over several lines: is a quote missing? close it, or leave the quotes out"
        raise refuse(name, "file-quotes", message, int(row[first]))


def _one_date(raw: RawTable, place: int) -> pa.DictionaryArray | None:
    """Return a column whose values are all the same as a dictionary of that one value; None where they are not."""
    chunks = [chunk for chunk in raw.columns[place].chunks if len(chunk)]
    if raw.several_lines or not chunks or not all(map(all_alike, chunks)) or len({chunk[0].as_py() for chunk in chunks}) > 1:
        return None
    del raw.columns[place]
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(raw.row), np.int8)), chunks[0][:1])


def _one_line_each(extract: Extract, raw: RawTable, role: str, place: int) -> pa.Array:
    """Return a column that is read as one array. A value over several lines is an open quote that swallowed rows: refused."""
    column = raw.columns.pop(place)  # each makes room for the next
    if column.nbytes > COLUMN_LIMIT_BYTES:
        raise column_too_large(extract.name, extract.header(role))
    values = one_array(column)
    if raw.several_lines and (several := truth(pc.match_substring_regex(values, r"[\r\n]"))).any():
        message = f"column {extract.header(role)} goes on over several lines: is a quote missing? close it, or leave the quotes out"
        raise extract.refuse("file-quotes", message, int(raw.row[np.argmax(several)]))
    return values
