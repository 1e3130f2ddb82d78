"""How a table stands on a sheet: exact amounts in 万元, signs, red negatives, totals in bold, columns as wide as what they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wcwidth import wcswidth

from vip_tiering.reports.figures.measures import YUAN
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.tables import FIGURES, Kind, Table

FEN_PER_WAN: Final = 1_000_000
_MONEY: Final = "#,##0.00;[Red]-#,##0.00"
_MONEY_CHANGE: Final = "+#,##0.00;[Red]-#,##0.00;0.00"
_NUMBERS: Final[dict[str, str]] = {
    "fen": _MONEY,
    "fen_change": _MONEY_CHANGE,
    "count": "#,##0;[Red]-#,##0",
    "count_change": "+#,##0;[Red]-#,##0;0",
    "permille": "0.0%;[Red]-0.0%",
}
"""How spreadsheets show each kind of figure. What is not known stays an empty cell."""
_BY_UNIT: Final = {"by_unit": ("fen", "count"), "by_unit_change": ("fen_change", "count_change")}
_HEADER: Final = {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E8EDF3", "valign": "vcenter"}
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 13, "font_color": "#1F3A5F", "valign": "vcenter"},
    "heading": {"bold": True, "font_size": 18, "font_color": "#1F3A5F", "valign": "vcenter"},
    "note": {"font_color": "#555555", "valign": "vcenter"},
    "warning": {"bold": True, "font_color": "#B00020", "valign": "vcenter"},
    "sentence": {"text_wrap": True, "valign": "vcenter"},
    "header": _HEADER,
    "header of figures": {**_HEADER, "align": "right"},
}
_ROW_POINTS, _TITLE_POINTS, _HEADER_POINTS = 16.5, 22, 33
_NARROWEST, _WIDEST = 8, 30
_SPARE: Final = 2
"""Characters that a cell has beside its text."""


@dataclass(frozen=True)
class Placed:
    """Where a table stands: the name of its sheet, its header's row, the first and the last row of its values, each column's place."""

    sheet: str
    header: int
    first: int
    last: int
    columns: Mapping[str, int]

    def values(self, column: str, first: int | None = None, last: int | None = None) -> list[Any]:
        """Return the cells of a column as charts want them; `first`, `last`: of some of its rows, from 0 on."""
        place = self.columns[column]
        begin = self.first + (first or 0)
        return [self.sheet, begin, place, self.last if last is None else self.first + last, place]

    def name(self, column: str) -> list[Any]:
        """Return the cell of a column's header as charts want it."""
        return [self.sheet, self.header, self.columns[column]]


class Formats:
    """The looks of a workbook's cells, each made once."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 (untyped library)
        """Take the workbook."""
        self._book, self._made = book, dict[tuple[str, bool], Any]()

    def of(self, name: str, *, total: bool = False) -> Any:  # noqa: ANN401 (untyped library)
        """Return a look by its name, or the one of a kind of cells; `total`: of a row that sums up others."""
        key = name, total
        if key not in self._made:
            look = _LOOKS.get(name) or ({"num_format": _NUMBERS[name]} if name in _NUMBERS else {"num_format": "@"})
            self._made[key] = self._book.add_format({**look, **({"bold": True, "top": 1} if total else {})})
        return self._made[key]


class Grid:
    """A sheet that is filled with tables; `finish` makes its columns as wide as what they hold."""

    def __init__(self, sheet: Any, formats: Formats, cells: Cells, fixed: Sequence[int] = ()) -> None:  # noqa: ANN401 (untyped library)
        """Take an empty sheet, the looks of its workbook, and who says what stands in cells. `fixed`: widths that columns have already."""
        self.sheet, self.formats, self.cells, self._fixed = sheet, formats, cells, fixed
        sheet.set_default_row(_ROW_POINTS)
        self._widths: dict[int, int] = {}

    def title(self, row: int, column: int, text: str) -> None:
        """Write what stands above a table."""
        self.sheet.set_row(row, _TITLE_POINTS)
        self.sheet.write_string(row, column, text, self.formats.of("title"))

    def table(self, row: int, column: int, table: Table, headers: Mapping[str, str] | None = None, totals: Collection[int] = ()) -> Placed:
        """Write a table, its header into `row`, and say where it stands.

        `headers`: of columns that are called otherwise than usual; `totals`: rows that are bold besides those of all tiers.
        """
        lines = 1
        places = {name: column + number for number, name in enumerate(table.columns)}
        bold = {*totals, *_sums(table)}
        for name, kind in table.columns.items():
            header = (headers or {}).get(name) or self.cells.header(name, kind, table.code).replace("（", "\n（")
            self.sheet.write_string(row, places[name], header, self.formats.of("header of figures" if kind in FIGURES else "header"))
            self._widen(places[name], max(map(wcswidth, header.split("\n"))))
            lines = max(lines, self._lines(header, places[name]))
            self._column(row + 1, places[name], table, name, bold)
        self.sheet.set_row(row, max(_HEADER_POINTS, _ROW_POINTS * lines))
        return Placed(self.sheet.get_name(), row, row + 1, row + len(table), places)

    def _lines(self, header: str, place: int) -> int:
        """Return how many lines a header needs in a column that is not made as wide as it is."""
        width = self._fixed[place] if place < len(self._fixed) else _WIDEST
        return sum(-(-wcswidth(part) // width) for part in header.split("\n"))

    @property
    def width(self) -> int:
        """Characters from the first column to the last one that is filled."""
        return sum(self._widths.get(place, _NARROWEST) for place in range(max(self._widths, default=-1) + 1))

    def _column(self, top: int, place: int, table: Table, name: str, bold: Collection[int]) -> None:
        units = table.rows["unit"].tolist() if "unit" in table.rows else [""] * len(table)
        for number, (value, unit) in enumerate(zip(table.rows[name].tolist(), units, strict=True)):
            kind = self._kind(table.columns[name], unit)
            text = self.cells.cell(kind, value)
            self._widen(place, wcswidth(text))
            if not text:  # where nothing is known; the total of all branches has a name
                continue
            look = self.formats.of(kind if kind in FIGURES else "text", total=number in bold)
            if kind in FIGURES:
                self.sheet.write_number(top + number, place, number_of(kind, int(value)), look)
            else:
                self.sheet.write_string(top + number, place, text, look)

    def _kind(self, kind: Kind, unit: str) -> Kind:
        if kind not in _BY_UNIT:
            return kind
        of_money, of_number = _BY_UNIT[kind]
        return of_money if unit == YUAN else of_number  # type: ignore[return-value]  # a member of the table above

    def _widen(self, place: int, width: int) -> None:
        self._widths[place] = max(self._widths.get(place, _NARROWEST), min(width + _SPARE, _WIDEST))

    def finish(self) -> None:
        """Set the widths of all columns."""
        for place, width in self._widths.items():
            self.sheet.set_column(place, place, width)


def _sums(table: Table) -> list[int]:
    """Return the rows that sum up others: those of all tiers, and of all branches."""
    tiers = [name for name, kind in table.columns.items() if kind == "tier"]
    branches = [name for name, kind in table.columns.items() if kind == "branch"]
    rows, is_none = table.rows[tiers].to_numpy().tolist(), table.rows[branches].isna().to_numpy().tolist()
    return [number for number, (codes, none) in enumerate(zip(rows, is_none, strict=True)) if TOTAL in codes or any(none)]


def number_of(kind: Kind, value: int) -> float:
    """Return a figure as a spreadsheet holds it: fen in 万元, tenths of a percent as a share, all else as it is.

    A division of whole numbers is rounded once, so that 15 digits, what a spreadsheet keeps, give the fen again.
    """
    if kind in ("fen", "fen_change"):
        return value / FEN_PER_WAN
    return value / 1000 if kind == "permille" else value
