"""Lists as an Excel workbook: ids keep every digit, nothing is a formula, and it prints as it is. Same tables, same bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from wcwidth import wcswidth

from vip_tiering.arrow import one_array
from vip_tiering.lists.forms import RESULTS
from vip_tiering.money import Int64s
from vip_tiering.profile_models import CELL_UNITS, SHEET_ROWS

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
_LINE_POINTS: Final = 15
"""The height of a line; a row that needs several is given its height, because not every program finds it."""
_MOST_LINES: Final = 27
"""Excel's rows are at most 409 points high."""
_SAMPLE: Final = 64
"""So many of a column's longest values are measured."""
_MAX_TAB: Final = 31
_CUT: Final = "…"


def write_workbook(sheets: Mapping[str, pa.Table], headers: Mapping[str, str], sink: IO[bytes]) -> int:
    """Write each table as a sheet and return the number of rows of all.

    `sheets`: name of the tab -> table of n rows; text columns become text cells, integer columns numbers. `headers`: column ->
    header; a column that is not named keeps its own name. The column `result` offers the words of a contact log. A table of
    more than 1,048,575 rows goes on in further sheets; a text of more than 32,767 UTF-16 units, which Excel refuses, ends in `…`.
    """
    import xlsxwriter  # noqa: PLC0415 (most exports have no workbook)

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, _OPTIONS)
    book.set_properties({"created": _MADE_ON})
    text = {"num_format": "@", "valign": "top"}
    formats = {
        "header": book.add_format({"bold": True, "num_format": "@", "bottom": 1, "bg_color": "#EEEEEE"}),
        "text": book.add_format(text),
        "wrapped": book.add_format({**text, "text_wrap": True}),
        "number": book.add_format({"num_format": "0", "valign": "top", "align": "center"}),
    }
    for tab, table in _tabs(sheets):
        _write_sheet(book.add_worksheet(tab), table, headers, formats)
    book.close()
    sink.write(buffer.getbuffer())
    return sum(len(table) for table in sheets.values())


def _tabs(sheets: Mapping[str, pa.Table]) -> Iterator[tuple[str, pa.Table]]:
    """Yield every sheet with a name that Excel takes, once: at most 31 characters, no brackets, slashes or `:*?`, no quote at an end."""
    taken: set[str] = set()
    for name, table in sheets.items():
        for start in range(0, max(1, len(table)), SHEET_ROWS):
            tab = plain = re.sub(r"[\[\]:*?/\\]|^'|'$", "_", name)[:_MAX_TAB] or "_"
            number = 1
            while tab.casefold() in taken or tab.casefold() == "history":  # Excel keeps this one for itself
                number += 1
                tab = f"{plain[: _MAX_TAB - 8]} ({number})"
            taken.add(tab.casefold())
            yield tab, table.slice(start, SHEET_ROWS)


def _write_sheet(sheet: Any, table: pa.Table, headers: Mapping[str, str], formats: Mapping[str, Any]) -> None:  # noqa: ANN401 (untyped library)
    """Fill a sheet, column by column, and set it up for reading and printing."""
    lines = np.ones(len(table), np.int64)
    for place, name in enumerate(table.column_names):
        column = one_array(table.column(name))
        header = headers.get(name, name)
        sheet.write_string(0, place, header, formats["header"])
        if pa.types.is_integer(column.type):
            sheet.set_column(place, place, _NARROWEST + 2, formats["number"])
            for row, number in enumerate(column.to_pylist(), 1):
                if number is not None:
                    sheet.write_number(row, place, number)
            continue
        texts = _fitting(column.cast(pa.string()))
        width = max(_width(texts), (wcswidth(header) or len(header)) + _BUTTON)
        sheet.set_column(place, place, min(max(width, _NARROWEST), _WIDEST), formats["wrapped" if width > _WIDEST else "text"])
        if width > _WIDEST:
            lines = np.maximum(lines, _lines(texts))
        for row, value in enumerate(texts.to_pylist(), 1):
            if value:
                sheet.write_string(row, place, value)
        if name == "result" and len(table):
            sheet.data_validation(1, place, len(table), place, {"validate": "list", "source": [word for word in RESULTS if word]})
    for row in np.flatnonzero(lines > 1).tolist():
        sheet.set_row(row + 1, _LINE_POINTS * min(int(lines[row]), _MOST_LINES))
    _set_up(sheet, len(table), table.num_columns)


def _set_up(sheet: Any, rows: int, columns: int) -> None:  # noqa: ANN401 (untyped library)
    """Keep the header in sight, filter by it, and print on A4 across, one page wide, the header on each page."""
    sheet.freeze_panes(1, 0)
    if columns:
        sheet.autofilter(0, 0, rows, columns - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&R&P / &N")


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


def _lines(texts: pa.Array) -> Int64s:
    """Return how many lines each text takes in the widest column, shape (n,); two bytes of UTF-8 beyond the first are one width."""
    letters, size = (
        pc.fill_null(one, 0).to_numpy(zero_copy_only=False).astype(np.int64) for one in (pc.utf8_length(texts), pc.binary_length(texts))
    )
    # A Chinese character that does not fit leaves its half of a width free, so a line is counted as two narrower.
    lines: Int64s = -(-(letters + (size - letters) // 2) // (_WIDEST - 2))
    return lines
