"""Lists as a workbook that opens in Excel as people expect: ids as text, nothing a formula, wide enough for Chinese."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from typing import IO, Final

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from wcwidth import wcswidth
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from vip_tiering.lists.forms import RESULTS

LONGEST_SHEET: Final = 1_048_575
"""Rows of a sheet, without its header."""
_LONGEST_CELL: Final = 32_767
_NARROWEST, _WIDEST = 6, 48
_LOOKED_AT: Final = 200
"""So many rows decide how wide a column is."""
_CREATED: Final = dt.datetime(2015, 1, 1)  # noqa: DTZ001 (stands in every workbook: the same rows give the same bytes)
_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_workbook(sheets: Mapping[str, pa.Table], headers: Mapping[str, str], sink: IO[bytes]) -> int:
    """Write tables as the sheets of a workbook and return the number of rows. `headers`: what a column is called.

    Text stays text, whatever it looks like; whole numbers are numbers. A sheet holds at most `LONGEST_SHEET` rows: the next
    ones go on in another.
    """
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, _OPTIONS)
    workbook.set_properties({"created": _CREATED})
    bold = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF7", "text_wrap": True, "valign": "vcenter"})
    text = workbook.add_format({"num_format": "@", "valign": "top"})
    for title, table in _parts(sheets):
        _write_sheet(workbook.add_worksheet(title), table, headers, bold, text)
    workbook.close()
    sink.write(content.getbuffer())
    return sum(map(len, sheets.values()))


def _parts(sheets: Mapping[str, pa.Table]) -> Iterator[tuple[str, pa.Table]]:
    """Yield every sheet, in several parts where it is too long for one."""
    for title, table in sheets.items():
        for number, start in enumerate(range(0, max(len(table), 1), LONGEST_SHEET), 1):
            yield title if number == 1 else f"{title} {number}", table.slice(start, LONGEST_SHEET)


def _write_sheet(sheet: Worksheet, table: pa.Table, headers: Mapping[str, str], bold: Format, text: Format) -> None:
    """Write one table, set up to be read on a screen and printed on paper."""
    for place, name in enumerate(table.column_names):
        column = table[name]
        title = headers.get(name, name)
        number = pa.types.is_integer(column.type)
        values = column.to_pylist() if number else pc.utf8_slice_codeunits(column.cast(pa.string()), 0, _LONGEST_CELL).to_pylist()
        sheet.set_column(place, place, _width(title, values), None if number else text)
        sheet.write_string(0, place, title, bold)
        write = sheet.write_number if number else sheet.write_string
        for row, value in enumerate(values, 1):  # the library takes cells one by one
            if value != "":
                write(row, place, value)
    last_row, last_column = max(len(table), 1), len(table.column_names) - 1
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last_row, last_column)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    if "result" in table.column_names:
        place = table.column_names.index("result")
        sheet.data_validation(1, place, last_row, place, {"validate": "list", "source": [one for one in RESULTS if one]})


def _width(title: str, values: list[str] | list[int]) -> int:
    """Return the width of a column in characters: a Chinese one takes two."""
    looked_at = [str(value) for value in values[:_LOOKED_AT]]
    longest = max([wcswidth(title) + 3, *(max(wcswidth(one), len(one)) + 2 for one in looked_at)])
    return min(max(longest, _NARROWEST), _WIDEST)
