"""The book as a workbook that a branch hangs on its wall, and as a page for the screen."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from wcwidth import wcswidth

from vip_tiering.base.words import BOOK
from vip_tiering.playbooks.plan.book import Book, BookTier
from vip_tiering.publishing.pages import page
from vip_tiering.publishing.workbook import new_workbook, set_up

_WIDTHS: Final = {
    "tier": 15, "id": 14, "what": 24, "whom": 23, "how": 11, "how_often": 18, "when": 25, "text": 40, "source": 23, "done": 16,
}  # fmt: skip
"""Widths of the columns in characters. Together they fit on the page at 70 percent, at which letters are 8 points high."""
_LINE_POINTS: Final = 16.5
_ROW_POINTS: Final = 4
"""What a row needs beside its lines."""
_TITLE_POINTS, _SUBTITLE_POINTS, _HEADER_POINTS = 34, 20, 24
_HEAD_ROWS: Final = 3
_POINTS_OF_A_WIDTH, _POINTS_OF_A_CELL = 5.25, 3.75
"""A character of the standard font takes 7 pixels of 0.75 points, and every cell 5 more."""
_A4_POINTS: Final = (784, 516)
"""Between the margins, across."""
_WHOLE_WIDTH: Final = sum(width * _POINTS_OF_A_WIDTH + _POINTS_OF_A_CELL for width in _WIDTHS.values())
_PAGE_POINTS: Final = 0.97 * _A4_POINTS[1] * _WHOLE_WIDTH / _A4_POINTS[0]
"""What rows may need together on one page, which is as wide as all columns; a little is left free."""
_TOGETHER: Final = 3
"""So many rows of a tier stand on the page on which it begins."""
_MOST_POINTS: Final = 409
_BORDER: Final = {"border": 1, "border_color": "#B5AFA2"}
_CELL: Final = {"num_format": "@", "text_wrap": True, "valign": "vcenter", **_BORDER}
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 20, "valign": "vcenter"},
    "subtitle": {"font_color": "#555555", "valign": "vcenter"},
    "header": {**_CELL, "bold": True, "bg_color": "#E7E2D6", "align": "center"},
    "tier": {**_CELL, "bold": True, "font_size": 12, "align": "center", "bg_color": "#F5F2EA"},
    "note": {**_CELL, "italic": True},
    "cell": _CELL,
    "what": {**_CELL, "bold": True},
}


@dataclass(frozen=True)
class _Line:
    """One row of the sheet: the tier to which it belongs, its cells (None: the tier's note instead), its height and its page."""

    tier: BookTier
    cells: dict[str, str] | None
    points: float
    page: int


def book_page(book: Book) -> bytes:
    """Return the book as one HTML file; the tier is a heading there, and a column of which nothing is known is left out."""
    columns = [name for name in book.columns if name != "tier" and any(row[name] for tier in book.tiers for row in tier.rows)]
    total = sum(_WIDTHS[name] for name in columns)
    shares = [round(100 * _WIDTHS[name] / total, 1) for name in columns]
    return page("book.html", book=book, columns=columns, shares=shares, looks={"id": "code", "what": "lead"})


def book_workbook(book: Book) -> bytes:
    """Return the book as a workbook of one sheet: tiers as merged cells, wrapped texts, a head that stays; A4 across, whole rows a page.

    Where a tier goes on, on the next page, it is named again.
    """
    buffer = io.BytesIO()
    workbook = new_workbook(buffer)
    looks = {name: workbook.add_format(look) for name, look in _LOOKS.items()}
    sheet = workbook.add_worksheet(book.title)
    for place, (name, header) in enumerate(book.columns.items()):
        sheet.set_column(place, place, _WIDTHS[name])
        sheet.write_string(_HEAD_ROWS - 1, place, header, looks["header"])
    for row, points in enumerate((_TITLE_POINTS, _SUBTITLE_POINTS, _HEADER_POINTS)):
        sheet.set_row(row, points)
    sheet.write_string(0, 0, book.title, looks["title"])
    sheet.write_string(1, 0, book.subtitle, looks["subtitle"])
    lines = list(_lines(book))
    for row, line in enumerate(lines, _HEAD_ROWS):
        _write_line(sheet, row, line, list(book.columns)[1:], looks)
    _merge_tiers(sheet, lines, looks["tier"])
    breaks = [row for row, line in enumerate(lines) if row and line.page != lines[row - 1].page]
    sheet.set_h_pagebreaks([_HEAD_ROWS + row for row in breaks])
    sheet.freeze_panes(_HEAD_ROWS, 1)
    sheet.repeat_rows(_HEAD_ROWS - 1)
    sheet.print_area(0, 0, _HEAD_ROWS + len(lines) - 1, len(book.columns) - 1)
    sheet.hide_gridlines(2)
    set_up(sheet)
    workbook.close()
    return buffer.getvalue()


def _lines(book: Book) -> Iterator[_Line]:
    """Yield the rows of the sheet, each on a page that has room for it; a tier begins on one that has room for some of its rows."""
    on_page, used = 0, float(_TITLE_POINTS + _SUBTITLE_POINTS + _HEADER_POINTS)
    for tier in book.tiers:
        notes: list[dict[str, str] | None] = [None] if tier.note else []
        heights = [(cells, _points_of(cells or {"note": tier.note})) for cells in [*notes, *tier.rows]]
        for number, (cells, points) in enumerate(heights):
            together = heights[:_TOGETHER] if number == 0 else [(cells, points)]
            if used + sum(needed for _, needed in together) > _PAGE_POINTS:
                on_page, used = on_page + 1, float(_HEADER_POINTS)
            used += points
            yield _Line(tier, cells, points, on_page)


def _points_of(texts: Mapping[str, str]) -> float:
    """Return the height of a row; a note is as wide as all columns but the tier's."""
    of_note = sum(_WIDTHS.values()) - _WIDTHS["tier"]
    lines = max(_lines_of(text, _WIDTHS.get(name, of_note)) for name, text in texts.items())
    return min(_LINE_POINTS * lines + _ROW_POINTS, _MOST_POINTS)


def _lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes; a Chinese character that does not fit leaves its half of a width free."""
    return sum(-(-max(wcswidth(line), len(line), 1) // (width - 2)) for line in text.split("\n"))


def _write_line(sheet: Any, row: int, line: _Line, columns: list[str], looks: dict[str, Any]) -> None:  # noqa: ANN401 (untyped library)
    sheet.set_row(row, line.points)
    if line.cells is None:
        sheet.merge_range(row, 1, row, len(columns), line.tier.note, looks["note"])
        return
    for place, name in enumerate(columns, 1):
        sheet.write_string(row, place, line.cells[name], looks["what" if name == "what" else "cell"])


def _merge_tiers(sheet: Any, lines: list[_Line], look: Any) -> None:  # noqa: ANN401 (untyped library)
    """Name each tier once on each page, beside all of its rows there."""
    row, named = _HEAD_ROWS, set[str]()
    for (_, tier), group in groupby(lines, key=lambda one: (one.page, one.tier.code)):
        rows = list(group)
        label = BOOK["continued"].format(tier=rows[0].tier.label) if tier in named else rows[0].tier.label
        text = "\n".join(filter(None, (label, rows[0].tier.bounds)))
        named.add(tier)
        if len(rows) > 1:
            sheet.merge_range(row, 0, row + len(rows) - 1, 0, text, look)
        else:
            sheet.write_string(row, 0, text, look)
        row += len(rows)
