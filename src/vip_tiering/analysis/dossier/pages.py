"""The sheet 档案: each customer begins on a page of his own, A4 across; what is forbidden stands first, then facts and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from wcwidth import wcswidth

from vip_tiering.publishing.workbook import FilledSheet, set_up

_WIDTHS: Final = (16, 34, 12, 15, 16, 16, 9)
"""Widths of the columns in characters; tables share them, and what is longer is wrapped."""
_SCALE: Final = 86
"""The percentage at which they fit on the page, also where a character takes 9.7 pixels, as without Excel's own font, instead of 7.

It is fixed, because Excel may leave breaks between pages aside where it has to find a scale by itself.
"""
_LINE_POINTS, _TITLE_POINTS, _MOST_POINTS = 17, 24, 409
_BORDER: Final = {"border": 1, "border_color": "#BBBBBB"}
_CELL: Final = {"num_format": "@", "valign": "top", "text_wrap": True, **_BORDER}
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 14, "valign": "vcenter", "num_format": "@"},
    "part": {"bold": True, "valign": "bottom", "num_format": "@"},
    "header": {**_CELL, "bold": True, "bg_color": "#EEEEEE"},
    "figures": {**_CELL, "bold": True, "bg_color": "#EEEEEE", "align": "right"},
    "text": _CELL,
    "money": {**_CELL, "num_format": "#,##0.00", "align": "right"},
    "item": {**_CELL, "bg_color": "#EEEEEE"},
    "forbidden item": {**_CELL, "bold": True, "bg_color": "#FBE3D6"},
    "forbidden": {**_CELL, "bold": True, "bg_color": "#FBE3D6"},
}
Cell = str | Decimal | None


@dataclass(frozen=True)
class Fact:
    """One line of what must be known of a customer. `forbids`: something must not be done, so that nobody overlooks it."""

    item: str
    content: str
    forbids: bool = False


@dataclass(frozen=True)
class Part:
    """A table with its title: for each column its header and its cells, amounts as decimals; the title alone where there is no row."""

    title: str
    columns: Mapping[str, Sequence[Cell]]

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The rows of the table."""
        return list(zip(*self.columns.values(), strict=True))


@dataclass(frozen=True)
class Page:
    """What is told of one customer."""

    title: str
    facts: Sequence[Fact]
    parts: Sequence[Part]


def pages_sheet(pages: Sequence[Page]) -> FilledSheet:
    """Return what fills a sheet with the pages of customers."""

    def fill(book: Any, sheet: Any) -> int:  # noqa: ANN401 (untyped library)
        writer = _Writer(sheet, {name: book.add_format(look) for name, look in _LOOKS.items()})
        begins = [writer.page(one) for one in pages]
        for place, width in enumerate(_WIDTHS):
            sheet.set_column(place, place, width)
        set_up(sheet)
        sheet.set_print_scale(_SCALE)
        sheet.set_h_pagebreaks(begins[1:])
        sheet.hide_gridlines(2)
        return writer.written

    return fill


class _Writer:
    """A sheet while it is filled, from the top downwards. `written`: the rows of facts and tables so far."""

    def __init__(self, sheet: Any, looks: Mapping[str, Any]) -> None:  # noqa: ANN401 (untyped library)
        self._sheet, self._looks = sheet, looks
        self._row = self.written = 0

    def page(self, page: Page) -> int:
        """Write the page of a customer, and return its first row."""
        begins = self._row
        self._line(page.title, "title", _TITLE_POINTS)
        for fact in page.facts:
            self._fact(fact)
        for part in page.parts:
            self._part(part)
        self._row += 1
        return begins

    def _line(self, text: str, look: str, points: int) -> None:
        self._sheet.set_row(self._row, points)
        self._sheet.write_string(self._row, 0, text, self._looks[look])
        self._row += 1

    def _fact(self, fact: Fact) -> None:
        """Write a fact: what it is, and across all other columns what there is to say."""
        look = "forbidden" if fact.forbids else "text"
        self._raise([(fact.item, _WIDTHS[0]), (fact.content, sum(_WIDTHS[1:]))])
        self._sheet.write_string(self._row, 0, fact.item, self._looks["forbidden item" if fact.forbids else "item"])
        self._sheet.merge_range(self._row, 1, self._row, len(_WIDTHS) - 1, "", self._looks[look])
        self._sheet.write_string(self._row, 1, fact.content, self._looks[look])
        self._row += 1
        self.written += 1

    def _part(self, part: Part) -> None:
        self._line(part.title, "part", _TITLE_POINTS)
        if not part.rows:
            return
        for place, (header, cells) in enumerate(part.columns.items()):
            look = "figures" if any(isinstance(one, Decimal) for one in cells) else "header"
            self._sheet.write_string(self._row, place, header, self._looks[look])
        self._row += 1
        for row in part.rows:
            self._raise([(one, _WIDTHS[place]) for place, one in enumerate(row) if isinstance(one, str)])
            for place, one in enumerate(row):
                self._cell(place, one)
            self._row += 1
            self.written += 1

    def _cell(self, place: int, cell: Cell) -> None:
        if isinstance(cell, Decimal):
            self._sheet.write_number(self._row, place, cell, self._looks["money"])
        elif cell:
            self._sheet.write_string(self._row, place, cell, self._looks["text"])
        else:
            self._sheet.write_blank(self._row, place, None, self._looks["text"])

    def _raise(self, texts: Iterable[tuple[str, int]]) -> None:
        """Give the row the height that its longest text needs: a program that opens the workbook does not find it by itself."""
        # A character of two widths that does not fit leaves half of itself free, and so does a number or a day.
        lines = max(-(-max(wcswidth(text), len(text)) // (width - 2)) for text, width in texts)
        self._sheet.set_row(self._row, min(_LINE_POINTS * max(lines, 1), _MOST_POINTS))
