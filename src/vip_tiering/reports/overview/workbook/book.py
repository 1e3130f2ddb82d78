"""Which sheets a workbook has: the printed page, then one for each section of the report that there is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pandas as pd

from vip_tiering.base.schema import ABSENT
from vip_tiering.base.words import Words
from vip_tiering.publishing.workbook import new_workbook, set_up
from vip_tiering.reports.figures.movement import PARTS
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.tables import Table
from vip_tiering.reports.overview.words import COLUMNS, TITLES
from vip_tiering.reports.overview.workbook.charts import Chart, by_column
from vip_tiering.reports.overview.workbook.first_sheet import FirstSheet, Titled, reasons_of
from vip_tiering.reports.overview.workbook.grid import Formats, Grid, Placed
from vip_tiering.reports.overview.workbook.wide import known, matrix, wide, without_zeros
from vip_tiering.reports.overview.workbook.words import BOOK_TEXTS, SHEETS
from vip_tiering.tiers.outlook import STATES

_HEADER_ROW: Final = 1
"""Below the titles; what stands above the values stays when people scroll."""
_CHART_ROWS: Final = 17
_A_PAGE: Final = 165
"""So many characters stand beside each other on A4 across at 8 points."""
_A_CHARACTER, _NO_COLUMN = 7, 9
"""Pixels of a character; characters of the empty column before a chart."""
_SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "tiers": ("tiers", "measures"),
    "rose": ("rose",),
    "fell": ("fell",),
    "near_up": ("near_up",),
    "falling": ("falling",),
    "history": ("history", "months"),
    "daily": ("daily",),
    "migration": ("migration",),
    "movement": ("movement",),
    "spread": ("bounds", "concentration"),
    "outlook": ("outlook", "need"),
    "branches": ("branches",),
    "branches_tiers": ("branches_tiers",),
    "managers": ("managers",),
    "managers_tiers": ("managers_tiers",),
    "lists": ("contacts", "actions"),
    "sources": ("filled", "rejects", "ladder", "inputs"),
}
"""Sheet -> its tables, which stand beside each other."""


def workbook_of(contents: Contents, words: Words) -> bytes:
    """Return a report as a workbook: the same report and language give the same bytes."""
    buffer = io.BytesIO()
    book = new_workbook(buffer)
    FirstSheet(book, book.add_worksheet(words.of(SHEETS, "summary")), contents, words).fill()
    sections = _Sections(book, contents, words)
    for name, codes in _SECTIONS.items():
        if any(code in contents.tables for code in codes) or name == "sources":
            sections.add(name, [code for code in codes if code in contents.tables])
    book.close()
    return buffer.getvalue()


def parts_of(code: str, contents: Contents, cells: Cells) -> Iterator[Titled]:
    """Yield a table of a report as people read it: tiers, quarters and days across where that is shorter."""
    table, title = contents.tables[code], cells.words.of(TITLES, code)
    if code not in ("history", "daily", "migration"):
        yield Titled(title, without_zeros(known(table), PARTS), {})
        return
    figures = {"history": ("daily_average_sum", "customers"), "daily": ("balance", "customers")}
    named = {one: cells.name(one) for one in contents.names}
    if code == "migration":
        codes = [one for one in (*contents.tables["tiers"].rows["tier"], ABSENT) if one != TOTAL]
        spread = {name: matrix(table, "from_tier", "to_tier", name, codes) for name in list(table.columns)[2:]}
    else:
        keys = [name for name, kind in table.columns.items() if kind in ("quarter", "status", "day")]
        spread = {name: wide(table, keys, "tier", name) for name in figures[code]}
    for name, one in spread.items():
        what = cells.words.of(COLUMNS, name)
        yield Titled(cells.words.of(BOOK_TEXTS, "matrix").format(title=title, what=what), one, named)


class _Sections:
    """The sheets after the printed page."""

    def __init__(self, book: Any, contents: Contents, words: Words) -> None:  # noqa: ANN401 (untyped library)
        self._book, self._contents, self._words = book, contents, words
        self._cells, self._formats = Cells(words, contents.names), Formats(book)

    def add(self, name: str, codes: Sequence[str]) -> None:
        """Add a sheet with its tables beside each other, and with its charts right of them."""
        sheet = self._book.add_worksheet(self._words.of(SHEETS, name))
        grid = Grid(sheet, self._formats, self._cells)
        parts = [part for code in codes for part in parts_of(code, self._contents, self._cells)]
        if name == "sources" and self._contents.absent:
            parts.append(self._reasons())
        below = name == "migration"
        column, row, placed = 0, _HEADER_ROW, []
        for part in parts:
            grid.title(row - 1, column, part.title)
            placed.append(grid.table(row, column, part.table, part.headers))
            if below:  # three matrices of the same tiers
                self._heat(sheet, placed[-1], part.table)
                row += len(part.table) + 3
            else:
                column += len(part.table.columns) + 1
        grid.finish()
        charts = [*_CHARTS.get(name, _no_charts)(self, [part.table for part in parts], placed)]
        for number, chart in enumerate(charts):
            place = max(max(one.columns.values()) for one in placed) + 2
            sheet.insert_chart(_HEADER_ROW + number * _CHART_ROWS, place, chart.drawn(self._book), {"object_position": 3})
        sheet.freeze_panes(_HEADER_ROW + 1 if not below else 0, 1)
        if len(parts) == 1 and placed[0].last > placed[0].first:
            sheet.autofilter(_HEADER_ROW, 0, placed[0].last, max(placed[0].columns.values()))
        set_up(sheet)
        # Letters of 8 points or more: several pages across where the sheet is wide, and as many down as it takes.
        width = grid.width + max((chart.size[0] // _A_CHARACTER + _NO_COLUMN for chart in charts), default=0)
        sheet.fit_to_pages(-(-width // _A_PAGE), 1 if below else 0)
        if not below:
            sheet.repeat_rows(0, _HEADER_ROW)

    def _reasons(self) -> Titled:
        rows = pd.DataFrame(reasons_of(self._contents, self._words), columns=["what", "why"])
        headers = {name: self._words.of(BOOK_TEXTS, name) for name in ("what", "why")}
        return Titled(self._words.of(BOOK_TEXTS, "absent"), Table.of("absent", {"what": "text", "why": "text"}, rows), headers)

    def _heat(self, sheet: Any, placed: Placed, table: Table) -> None:  # noqa: ANN401 (untyped library)
        """Colour the cells of a matrix but for its sums, the darker the more."""
        first, *_, last, _ = sorted(placed.columns.values())[1:]
        look = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#7FB3D5"}
        sheet.conditional_format(placed.first, first, placed.first + len(table) - 2, last, look)

    def named(self, codes: Sequence[str]) -> dict[str, str]:
        """Return what tiers are called."""
        return {code: self._cells.name(code) for code in codes}

    def title(self, code: str) -> str:
        """Return the title of a table."""
        return self._words.of(TITLES, code)

    def column(self, code: str) -> str:
        """Return what a column is called."""
        return self._words.of(COLUMNS, code)


Charts = Callable[[_Sections, Sequence[Table], Sequence[Placed]], Iterator[Chart]]


def _no_charts(_sections: _Sections, _tables: Sequence[Table], _placed: Sequence[Placed]) -> Iterator[Chart]:
    yield from ()


def _tier_codes(table: Table) -> list[str]:
    """Return the columns of a wide table that are tiers, the highest first, without the one of all."""
    return [name for name, kind in table.columns.items() if kind in ("fen", "count") and name != TOTAL]


def _history(to: _Sections, tables: Sequence[Table], placed: Sequence[Placed]) -> Iterator[Chart]:
    if len(tables) > 1 and "quarter" in placed[0].columns:
        named = to.named(_tier_codes(tables[0]))
        yield Chart("column", to.title("history"), placed[0].values("quarter"), by_column(placed[0], named), stacked=True)


def _daily(to: _Sections, tables: Sequence[Table], placed: Sequence[Placed]) -> Iterator[Chart]:
    named = to.named(_tier_codes(tables[0]))
    size = (900, 380)
    yield Chart("area", to.title("daily"), placed[0].values("date"), by_column(placed[0], named), stacked=True, size=size)


def _movement(to: _Sections, tables: Sequence[Table], placed: Sequence[Placed]) -> Iterator[Chart]:
    tiers = len(tables[0]) - 1
    series = {to.column(part): placed[0].values(part, 0, tiers - 1) for part in PARTS if part in placed[0].columns}
    yield Chart("column", to.title("movement"), placed[0].values("tier", 0, tiers - 1), series, stacked=True)


def _spread(to: _Sections, tables: Sequence[Table], placed: Sequence[Placed]) -> Iterator[Chart]:
    tiers = tables[0].rows["tier"]
    spans = {code: (int(rows.index[0]), int(rows.index[-1])) for code, rows in tiers.groupby(tiers, sort=False)}
    series = {name: placed[0].values("customers", *spans[code]) for code, name in to.named(list(spans)).items()}
    first = next(iter(spans.values()))
    yield Chart("line", to.title("bounds"), placed[0].values("from_percent", *first), series)
    share = {to.title("concentration"): placed[1].values("daily_average_share")}
    yield Chart("column", to.title("concentration"), placed[1].values("first_percent"), share, number_format="0%")


def _outlook(to: _Sections, _tables: Sequence[Table], placed: Sequence[Placed]) -> Iterator[Chart]:
    series = {to.column(state): placed[0].values(state) for state in STATES if state != "steady"}
    yield Chart("column", to.title("outlook"), placed[0].values("tier"), series, stacked=True)


def _groups(code: str, key: str) -> Charts:
    def made(to: _Sections, _tables: Sequence[Table], placed: Sequence[Placed]) -> Iterator[Chart]:
        series = {to.column("daily_average_sum"): placed[0].values("daily_average_sum")}
        yield Chart("column", to.title(code), placed[0].values(key), series)

    return made


_CHARTS: Final[dict[str, Charts]] = {
    "history": _history,
    "daily": _daily,
    "movement": _movement,
    "spread": _spread,
    "outlook": _outlook,
    "branches": _groups("branches", "branch"),
    "managers": _groups("managers", "manager"),
}
"""Sheet -> its charts."""
