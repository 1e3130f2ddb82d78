"""The page of a workbook that people print: what happened in words, two charts, tiers, measures, who moved and who is about to.

It is the first sheet of `vip report --xlsx`, and of the report of changes, where more tables follow below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from wcwidth import wcswidth

from vip_tiering.base.words import Words
from vip_tiering.publishing.workbook import set_up
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.tables import Kind, Table
from vip_tiering.reports.overview.words import REASONS, TITLES
from vip_tiering.reports.overview.workbook.charts import Chart
from vip_tiering.reports.overview.workbook.grid import Formats, Grid, Placed
from vip_tiering.reports.overview.workbook.wide import known
from vip_tiering.reports.overview.workbook.words import BOOK_TEXTS
from vip_tiering.reports.words import DEPOSIT_NOW

_FIRST: Final = 5
"""So many customers of each list are on the page; all that the report shows have a sheet of their own."""
_TIERS: Final = (
    "tier", "customers", "customers_share", "customers_change", "daily_average_sum", "daily_average_share", "daily_average_change",
    "average_per_customer", "last_year_customers_change", "last_year_daily_average_change",
)  # fmt: skip
_FALLING: Final = (
    "customer", "display_name", "branch", "manager", "tier", "state", "daily_average", "closing_balance", "gap", DEPOSIT_NOW, "cushion",
)  # fmt: skip
"""The tier to be kept is the one they have."""
_WIDTHS: Final = (20, *(12,) * 10)
"""Widths of the columns in characters: the page is as wide as who is about to move needs it."""
_LINE_POINTS, _HEADING_POINTS = 17, 30
_CHART_ROWS: Final = 13
_CHARTS: Final = ((0, 490), (5, 530))
"""The first column of each chart, and its width in pixels."""
_CHART_HEIGHT: Final = 270


@dataclass(frozen=True)
class Titled:
    """A table that follows below the page, with what stands above it.

    `headers`: of columns that the report has no word for; `totals`: the rows, from 0 on, that sum up others.
    """

    title: str
    table: Table
    headers: Mapping[str, str]
    totals: frozenset[int] = frozenset()


class FirstSheet:
    """The first sheet while it is filled, from the top downwards."""

    def __init__(self, book: Any, sheet: Any, contents: Contents, words: Words, *, of_changes: bool = False) -> None:  # noqa: ANN401 (untyped library)
        """Take an empty sheet of a workbook, and the report that it tells; `of_changes`: whether it is the report of changes."""
        self._title = "changes" if of_changes else "title"
        self._book, self._sheet, self._contents = book, sheet, contents
        self._cells, self._words = Cells(words, contents.names), words
        self._grid = Grid(sheet, Formats(book), self._cells, _WIDTHS)
        self._row = self._rows = 0

    def fill(self, lines: Sequence[str] = (), more: Sequence[Titled] = ()) -> int:
        """Fill the sheet, and return how many rows of tables it holds. `lines`: what is said besides; `more`: tables below the page."""
        for place, width in enumerate(_WIDTHS):
            self._sheet.set_column(place, place, width)
        self._head(lines)
        charts_at = self._row
        self._row += _CHART_ROWS
        self._charts(charts_at, self._table(self._excerpt("tiers", _TIERS)))
        for code in ("measures", "rose", "fell", "near_up", "falling"):
            if code in self._contents.tables:
                self._table(self._excerpt(code, _FALLING if code == "falling" else ()))
        end = self._row - 2
        for one in more:
            self._table(one)
        self._set_up(self._row - 2 if more else end, is_alone=not more)
        return self._rows

    def _head(self, lines: Sequence[str]) -> None:
        """Write the title, of which days it is, that it is provisional where it is, and what happened."""
        head, cells, text = self._contents.head, self._cells, self._words.of
        day = head.as_of or ""
        self._sheet.set_row(0, _HEADING_POINTS)
        self._line(cells.text(f"{self._title}_as_of" if day else self._title, quarter=head.quarter, day=day), "heading")
        status = cells.cell("status", head.status)
        of = text(BOOK_TEXTS, "of").format(first=head.first_day, last=head.last_day, days=head.days, status=status)
        self._line(f"{of}　　{text(BOOK_TEXTS, 'unit')}", "note")
        if day:
            self._line(cells.text("provisional", day=day), "warning")
        for one in self._contents.sentences:
            self._sentence(cells.sentence(one))
        for line in lines:
            self._line(line, "note")
        self._row += 1

    def _line(self, text: str, look: str) -> None:
        self._sheet.write_string(self._row, 0, text, self._grid.formats.of(look))
        self._row += 1

    def _sentence(self, text: str) -> None:
        """Write a sentence across the page, as high as its lines need."""
        lines = -(-wcswidth(text) // (sum(_WIDTHS) - 8))
        self._sheet.set_row(self._row, _LINE_POINTS * lines)
        self._sheet.merge_range(self._row, 0, self._row, len(_WIDTHS) - 1, text, self._grid.formats.of("sentence"))
        self._row += 1

    def _excerpt(self, code: str, columns: Sequence[str] = ()) -> Titled:
        """Return what the page shows of a table: columns that are not empty throughout, and the first of many customers."""
        table = self._contents.tables[code]
        rows = table.rows.head(_FIRST) if "customer" in table.columns else table.rows
        kept: dict[str, Kind] = {name: kind for name, kind in table.columns.items() if (not columns or name in columns) and name != "group"}
        return Titled(self._words.of(TITLES, code), known(replace(table, columns=kept, rows=rows)), {})

    def _table(self, one: Titled) -> Placed:
        """Write a table below what stands there, with its title, and a free line after it."""
        self._grid.title(self._row, 0, one.title)
        placed = self._grid.table(self._row + 1, 0, one.table, one.headers, one.totals)
        self._row += len(one.table) + 3
        self._rows += len(one.table)
        return placed

    def _charts(self, row: int, tiers: Placed) -> None:
        """Put two charts beside each other: assets and customers by tier."""
        count = int(self._contents.tables["tiers"].rows["tier"].ne(TOTAL).sum())
        titles = {"assets_by_tier": "daily_average_sum", "customers_by_tier": "customers"}
        for (title, column), (place, width) in zip(titles.items(), _CHARTS, strict=True):
            name = self._words.of(BOOK_TEXTS, title)
            values = {name: tiers.values(column, 0, count - 1)}
            size = (width, _CHART_HEIGHT)
            chart = Chart("column", name, tiers.values("tier", 0, count - 1), values, size=size, of_tiers=True)
            self._sheet.insert_chart(row, place, chart.drawn(self._book), {"description": name, "object_position": 1})

    def _set_up(self, last: int, *, is_alone: bool) -> None:
        """Print on A4, upright; the page alone on one sheet of paper, what follows below on as many as it takes."""
        set_up(self._sheet)
        self._sheet.set_portrait()
        self._sheet.center_horizontally()
        self._sheet.fit_to_pages(1, 1 if is_alone else 0)
        self._sheet.print_area(0, 0, last, len(_WIDTHS) - 1)
        self._sheet.hide_gridlines(2)
        self._sheet.freeze_panes(1, 0)


def reasons_of(contents: Contents, words: Words) -> list[tuple[str, str]]:
    """Return what is not told, each with why, in the words of the report."""
    return [(words.of(TITLES, code), words.of(REASONS, reason)) for code, reason in contents.absent.items()]
