"""Tables as an Excel workbook: ids keep every digit, nothing is a formula, and it prints as it is. Same tables, same bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from wcwidth import wcswidth

from vip_tiering.base.arrays import one_array
from vip_tiering.base.money import FEN_PER_YUAN, Int64s, fen_from_decimal, largest
from vip_tiering.base.schema import CELL_UNITS, RESULT_CODES, SHEET_ROWS
from vip_tiering.publishing.sheet_rows import Heights, SheetRows, with_rows

_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    # No temporary file ever holds a customer; measured faster than constant_memory (docs/decisions/0012-xlsxwriter.md).
    "in_memory": True,
}
_MADE_ON: Final = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
"""The date in every workbook's properties, so that the same lists are the same bytes."""
_A4: Final = 9
_NARROWEST, _WIDEST = 6, 36
"""Column widths in characters of the standard font; what is wider is wrapped."""
_BUTTON: Final = 3
"""Characters that the button of the filter covers in a header."""
_LINE_POINTS: Final = 17
"""The height of a line; a row that needs several is given its height, because not every program finds it."""
_PIXEL: Final = 0.75
_MOST_LINES: Final = 27
"""Excel's rows are at most 409 points high."""
_SAMPLE: Final = 64
"""So many of a column's longest values are measured."""
_WORD: Final = re.compile(r"[!-~]+")
"""What is not parted at the end of a line."""
_FIGURES: Final = ("number", "money")
_TITLE_POINTS: Final = 21
_LIST_UNITS: Final = 255
_MAX_TAB: Final = 31
_CUT: Final = "…"
OFFERED: Final = {"result": RESULT_CODES}
_TEXT: Final = {"num_format": "@", "valign": "top"}
_HEADER: Final = {"bold": True, "num_format": "@", "bottom": 1, "bg_color": "#EEEEEE", "valign": "top"}
_LONG_HEADER: Final = 16
"""A header of figures that is wider stands in two lines, so that the figures stand close together."""
_MONEY: Final = {"num_format": "#,##0.00", "valign": "top", "align": "right", "indent": 1}
_COUNT: Final = {"num_format": "#,##0", "valign": "top", "align": "right", "indent": 1}
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    "header": _HEADER,
    "wrapped header": {**_HEADER, "text_wrap": True},
    "text": _TEXT,
    "wrapped": {**_TEXT, "text_wrap": True},
    "number": {"num_format": "0", "valign": "top", "align": "center"},
    "money": _MONEY,
    # Of parts: figures have their header above them, because no button of a filter covers it.
    "title": {"bold": True, "font_size": 13},
    "count": _COUNT,
    "header of figures": {**_HEADER, "align": "right", "indent": 1, "text_wrap": True},
    "text total": {**_TEXT, "bold": True},
    "wrapped total": {**_TEXT, "bold": True, "text_wrap": True},
    "money total": {**_MONEY, "bold": True},
    "count total": {**_COUNT, "bold": True},
}


@dataclass(frozen=True)
class SheetPart:
    """One of several tables that stand below each other in a sheet, with its title; a title without a table is a line of text.

    `totals`: the rows, from 0 on, that are printed bold.
    """

    title: str
    table: pa.Table | None = None
    totals: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Choice:
    """The words that a column offers in some rows of a table, `first` to `last`, from 0 on."""

    words: Sequence[str]
    first: int
    last: int


@dataclass(frozen=True)
class Look:
    """How a table is laid out, beside the usual.

    `title`: in the first row, above the headers; `widths`: of columns that are wrapped, in characters; `unprinted`: columns at the end
    that are not printed; `frozen`: how many columns stay in sight beside those that are scrolled; `footer`: what stands below each
    printed page; `choices`: by column, the words that some of its rows offer, instead of the same ones in all.
    """

    title: str = ""
    widths: Mapping[str, int] = field(default_factory=dict)
    unprinted: Collection[str] = ()
    frozen: int = 0
    footer: str = ""
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)


FilledSheet: TypeAlias = Callable[[Any, Any], int]
"""Fills an empty sheet of a workbook by itself, and returns how many rows of tables it holds."""
Sheet: TypeAlias = pa.Table | Sequence[SheetPart] | FilledSheet


_PLAIN: Final = Look()


def write_workbook(
    sheets: Mapping[str, Sheet],
    headers: Mapping[str, str],
    sink: IO[bytes],
    offered: Mapping[str, Sequence[str]] = OFFERED,
    heading: str = "",
    look: Look = _PLAIN,
    mark: str = "",
) -> int:
    """Write each table as a sheet and return the number of rows of all.

    `sheets`: name of the tab -> table of n rows, several tables as parts, or what fills the sheet by itself; text columns become text
    cells, integer columns numbers, `decimal128(18, 2)` columns amounts in yuan. `headers`: column -> header; a column that is not named
    keeps its own name. `heading` stands above each printed page, `mark` below it before the name of the sheet; `look`: how the tables are
    laid out, but for parts. The columns of `offered` offer these words and take others after a warning.
    A table of more than 1,048,575 rows goes on in further sheets, parts do not; a text of more than 32,767 UTF-16 units, which Excel
    refuses, ends in `…`.
    """
    empty = io.BytesIO()
    book = new_workbook(empty)
    formats = {name: book.add_format(looks) for name, looks in _FORMATS.items()}
    taken: set[str] = set()
    tables: dict[int, SheetRows] = {}
    rows = 0
    for name, content in sheets.items():
        if callable(content):
            rows += content(book, book.add_worksheet(_tab(name, taken)))
            continue
        if not isinstance(content, pa.Table):
            rows += _write_parts(book.add_worksheet(_tab(name, taken)), content, headers, formats)
            continue
        for start in range(0, max(1, len(content)), SHEET_ROWS):
            sheet = book.add_worksheet(_tab(name, taken))
            table = content.slice(start, SHEET_ROWS)
            tables[len(book.worksheets())] = _set_up_sheet(sheet, table, headers, formats, offered, look)
            rows += len(table)
    for sheet in book.worksheets():
        if heading:
            sheet.set_header(f"&L{heading.replace('&', '&&')}")
        if mark:
            sheet.set_footer(footer_of(mark))
    book.close()
    with_rows(empty, sink, tables)
    return rows


def new_workbook(buffer: IO[bytes]) -> Any:  # noqa: ANN401 (untyped library)
    """Return an empty workbook that is written into a buffer when it is closed: nothing in it is a formula or a link."""
    import xlsxwriter  # noqa: PLC0415 (most exports have no workbook)

    book = xlsxwriter.Workbook(buffer, _OPTIONS)
    book.set_properties({"created": _MADE_ON})
    return book


def _tab(name: str, taken: set[str]) -> str:
    """Return a name that Excel takes, once: at most 31 characters, no brackets, slashes or `:*?`, no quote at an end."""
    tab = plain = re.sub(r"[\[\]:*?/\\]|^'|'$", "_", name)[:_MAX_TAB] or "_"
    number = 1
    while tab.casefold() in taken or tab.casefold() == "history":  # Excel keeps this one for itself
        number += 1
        tab = f"{plain[: _MAX_TAB - 8]} ({number})"
    taken.add(tab.casefold())
    return tab


@dataclass(frozen=True)
class _Cells:
    """The cells of a column: name of their format, width in characters, values; and the lines of each where it is wrapped."""

    kind: str
    width: int
    values: pa.Array
    lines: Int64s | None = None


def _cells(column: pa.Array, header: str, fixed: int | None = None) -> _Cells:
    """Return a column as cells; nothing is a cell that is null or an empty text. `fixed`: the width of a column that is wrapped."""
    header_width = (wcswidth(header) or len(header)) + _BUTTON
    width = max(_NARROWEST, header_width)
    if pa.types.is_integer(column.type):
        return _Cells("number", fixed or max(width, _NARROWEST + 2, *(len(f"{one:,}") + 1 for one in _ends(column))), column)
    if pa.types.is_decimal(column.type):
        if header_width > _LONG_HEADER:
            width = header_width // 2 + 2 * _BUTTON
        fen = fen_from_decimal(pc.fill_null(column, 0))
        return _Cells("money", max(width, len(f"-{largest(fen) / FEN_PER_YUAN:,.2f}") + 1), column)
    texts = _fitting(column.cast(pa.string()))
    width, widest = max(width, _width(texts)), fixed or _WIDEST
    wrapped = width > widest or fixed is not None
    return _Cells("wrapped" if wrapped else "text", min(width, widest), texts, _lines(texts, widest) if wrapped else None)


def _ends(column: pa.Array) -> list[int]:
    """Return the lowest and the highest of whole numbers."""
    ends = pc.min_max(column).as_py()
    return [ends["min"] or 0, ends["max"] or 0]


def _fill(sheet: Any, top: int, place: int, cells: _Cells, looks: Sequence[Any]) -> None:  # noqa: ANN401 (untyped library)
    """Write the cells of a column of a part below each other, each with its format in `looks`."""
    write = sheet.write_number if cells.kind in _FIGURES else sheet.write_string
    for row, value in enumerate(cells.values.to_pylist()):
        if value is not None and value != "":
            write(top + row, place, value, looks[row])


def _set_up_sheet(
    sheet: Any,  # noqa: ANN401 (untyped library)
    table: pa.Table,
    headers: Mapping[str, str],
    formats: Mapping[str, Any],
    offered: Mapping[str, Sequence[str]],
    look: Look,
) -> SheetRows:
    """Set up a sheet for reading and printing, with its headers and an empty last row, and return its rows."""
    lines = np.ones(len(table), np.int64)
    columns = []
    tall = False
    top = 0
    if look.title:
        sheet.set_row(0, _TITLE_POINTS)
        sheet.write_string(0, 0, look.title, formats["title"])
        top = 1
    for place, name in enumerate(table.column_names):
        header = headers.get(name, name)
        cells = _cells(one_array(table.column(name)), header, look.widths.get(name))
        columns.append(cells.values)
        tall |= (cells.kind == "money" or name in look.widths) and _BUTTON + wcswidth(header) > cells.width
        kind = "header of figures" if cells.kind in _FIGURES else "wrapped header" if name in look.widths else "header"
        sheet.write_string(top, place, header, formats[kind])
        sheet.set_column(place, place, cells.width, formats[cells.kind])
        if len(table):
            sheet.write_blank(top + len(table), place, None, formats[cells.kind])
        if cells.lines is not None:
            lines = np.maximum(lines, cells.lines)
        usual = [Choice(offered[name], 0, len(table) - 1)] if name in offered and len(table) else []
        for one in look.choices.get(name, usual):
            # A warning and no stop: other words of the bank are read back too.
            rule = {"validate": "list", "source": _fitting_list(name, one.words), "error_type": "warning"}
            sheet.data_validation(top + 1 + one.first, place, top + 1 + one.last, place, rule)
    if tall or look is not _PLAIN:
        sheet.set_row(top, 2 * _TITLE_POINTS if tall else _TITLE_POINTS)
    sheet.freeze_panes(top + 1, look.frozen)
    if table.num_columns:
        sheet.autofilter(top, 0, top + len(table), table.num_columns - 1)
    sheet.repeat_rows(0, top)
    set_up(sheet, look.footer)
    if look is not _PLAIN:
        sheet.hide_gridlines(0)  # which prints them
    if look.unprinted:
        sheet.print_area(0, 0, top + len(table), table.num_columns - 1 - sum(name in look.unprinted for name in table.column_names))
    return SheetRows(top + 1, columns, _points(lines))


def _points(lines: Int64s) -> Heights:
    """Return the height of each row by its lines in points, as many as whole pixels have; 0 for the usual height of one line."""
    pixels = np.rint(_LINE_POINTS * np.minimum(lines, _MOST_LINES) / _PIXEL)
    return np.where(lines > 1, pixels * _PIXEL, 0.0)


def _make_tall(sheet: Any, top: int, lines: Int64s) -> None:  # noqa: ANN401 (untyped library)
    """Give rows that need several lines their height; the first of them is row `top`."""
    points = _points(lines)
    for row in np.flatnonzero(points).tolist():
        sheet.set_row(top + row, points[row])


def _fitting_list(name: str, offered: Sequence[str]) -> list[str]:
    """Return the words that a cell offers; the codes, or none, where Excel, which takes 255 UTF-16 units, cannot hold them."""
    units = len(",".join(offered).encode("utf-16-le")) // 2
    return [*(offered if units <= _LIST_UNITS else OFFERED.get(name, ()))]


def _write_parts(sheet: Any, parts: Sequence[SheetPart], headers: Mapping[str, str], formats: Mapping[str, Any]) -> int:  # noqa: ANN401 (untyped library)
    """Fill a sheet with several tables below each other, a free line before each, and return their rows."""
    widths: dict[int, int] = {}
    top = rows = 0
    for part in parts:
        if part.table is None:
            sheet.write_string(top, 0, part.title, formats["text"])
            top += 1
            continue
        sheet.set_row(top + 1, _TITLE_POINTS)
        sheet.write_string(top + 1, 0, part.title, formats["title"])
        lines = np.ones(len(part.table), np.int64)
        for place, name in enumerate(part.table.column_names):
            header = headers.get(name, name)
            cells = _cells(one_array(part.table.column(name)), header)
            kind = "count" if cells.kind == "number" else cells.kind
            looks = [formats[f"{kind} total" if row in part.totals else kind] for row in range(len(part.table))]
            sheet.write_string(top + 2, place, header, formats["header of figures" if cells.kind in _FIGURES else "header"])
            _fill(sheet, top + 3, place, cells, looks)
            if cells.lines is not None:
                lines = np.maximum(lines, cells.lines)
            widths[place] = max(cells.width, widths.get(place, 0))
        _make_tall(sheet, top + 3, lines)
        top += len(part.table) + 3
        rows += len(part.table)
    for place, width in widths.items():
        sheet.set_column(place, place, width)
    set_up(sheet)
    return rows


def set_up(sheet: Any, footer: str = "") -> None:  # noqa: ANN401 (untyped library)
    """Print on A4 across, one page wide, with the name of the sheet, a footer and the number of the page."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.75)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(footer_of(footer))


def footer_of(mark: str = "") -> str:
    """Return what stands below a printed page: a mark, the name of the sheet, and the number of the page."""
    mark = f"{mark.replace('&', '&&')}　" if mark else ""
    return f"&L&8{mark}&A&R&8&P / &N"  # larger Chinese characters are cut at their feet


def _fitting(texts: pa.Array) -> pa.Array:
    """Return texts that a cell can hold; a longer one is cut between two characters and ends in `…`."""
    if not len(texts) or (pc.max(pc.binary_length(texts)).as_py() or 0) <= CELL_UNITS:
        return texts  # no text has more UTF-16 units than bytes of UTF-8
    return pa.array([text if text is None else _cut(text) for text in texts.to_pylist()], pa.string())


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= 2 * CELL_UNITS:
        return text
    return units[: 2 * (CELL_UNITS - 1)].decode("utf-16-le", "ignore") + _CUT


def _width(texts: pa.Array) -> int:
    """Return the widest of a column's longest texts in characters of the standard font; Chinese ones take two."""
    distinct = texts.drop_null().unique()
    sizes = pc.binary_length(distinct)
    longest = distinct.take(pc.array_sort_indices(sizes, order="descending")[:_SAMPLE])
    # A text without a width holds control characters, which no cell shows.
    return max((max(wcswidth(text), len(text)) + 1 for text in longest.to_pylist()), default=0)


def _lines(texts: pa.Array, widest: int) -> Int64s:
    """Return how many lines each text takes in a column of that width, shape (n,); two bytes of UTF-8 beyond the first are one width."""
    letters, size = (
        pc.fill_null(one, 0).to_numpy(zero_copy_only=False).astype(np.int64) for one in (pc.utf8_length(texts), pc.binary_length(texts))
    )
    # A Chinese character that does not fit leaves its half of a width free, and a word its own; on average half of the longest one.
    word = max((len(one) for text in texts.drop_null().unique()[:_SAMPLE].to_pylist() for one in _WORD.findall(text)), default=0)
    lines: Int64s = -(-(letters + (size - letters) // 2) // (widest - max(2, min(word, widest) // 2)))
    return lines
