"""Workbooks beside a run, `.xlsx`, `.xls` and `.ods`: sheets into named columns of text, as strictly as text files.

Nothing else reads a workbook. What its container says is judged first, see `container`.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetMetadata, SheetTypeEnum, SheetVisibleEnum

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.types import NO_DAY
from vip_tiering.customers.workbooks.container import DAMAGED, OLD_MAGIC, ZIP_MAGIC, Container, Limits, Xlsx, whole_zip
from vip_tiering.customers.workbooks.ods import MERGED_ROWS, Ods, is_ods
from vip_tiering.customers.workbooks.xls import Xls
from vip_tiering.extracts.extract import DEFAULT_MAX_BYTES, refuse, refuse_columns
from vip_tiering.extracts.formats.csv_file import refuse_unnamed
from vip_tiering.extracts.headers import listed, shown, tidy_header
from vip_tiering.rules.text_format import AS_USUAL, TableForm

_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number."""
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 99_999
"""Numbers that can only be days where days are asked for: 1927 to 2173. Smaller ones may be years, larger ones are written as 20151231."""
_ROWS_AT_ONCE: Final = 4096
_PANIC: Final = "PanicException"
"""How a library in Rust ends on what its author thought impossible, such as a damaged record; the class has no name to import."""
Cell = str | float | int | bool | dt.datetime | dt.date | dt.time | dt.timedelta
_NO_ID: Final = (bool, dt.date, dt.time, dt.timedelta)


@dataclass(frozen=True)
class Sheet:
    """A sheet as text. `columns`: place -> string array, shape (n,), "" where nothing is given; `row`: as the program shows it.

    `days`: place -> day number of the cells that hold a day, or a number that can be one, else `NO_DAY`; `no_ids`: place -> which cells
    hold a day or a truth value, and neither text nor number. Both only of columns that have such cells.
    """

    name: str
    headers: tuple[str, ...]
    columns: dict[int, pa.Array]
    row: Int32s
    days: dict[int, Int32s] = field(default_factory=dict)
    no_ids: dict[int, Mask] = field(default_factory=dict)


def is_workbook(start: bytes | bytearray) -> bool:
    """Return whether a file begins as a workbook does."""
    return bytes(start[: len(OLD_MAGIC)]).startswith((ZIP_MAGIC, OLD_MAGIC))


def one_sheet(content: bytes, name: str, form: TableForm, max_bytes: int) -> Sheet:
    """Return the sheet that the rules name, or else the only visible one that holds anything; hidden ones are left alone.

    Raises DataError where there is no such sheet or several, and for a workbook that is damaged, protected by a password, or would
    take more than `max_bytes` in memory; for a cell that nobody can read, and merged cells; for columns without a header.
    """
    with _opened(content, name, max_bytes) as (book, container):
        sheets = book.sheets_metadata
        named = [number for number, one in enumerate(sheets) if tidy_header(one.name) == tidy_header(form.sheet)] if form.sheet else None
        if named == []:
            message = f"has no sheet with the name under {form.sheet_key}; its sheets: {_listed(sheets)}"
            raise refuse(name, "sheet-absent", message)
        found = [_Loaded(book, container, number, name) for number in (_visible(sheets) if named is None else named)]
        return _only(found, sheets, name, f"say which one to read: {form.sheet_key}").table(form)


def sheet_without_formulas(content: bytes, name: str) -> Sheet:
    """Return the only visible sheet of an `.xlsx` that holds anything; what stands in it is what somebody wrote, and not computed.

    Raises DataError as `one_sheet` does, for any other kind of file, and for the first formula.
    """
    if not content.startswith(ZIP_MAGIC):
        raise refuse(name, "file-kind", "is not a workbook of the form .xlsx; save it as one")
    with _opened(content, name, DEFAULT_MAX_BYTES) as (book, container):
        if not isinstance(container, Xlsx):
            raise refuse(name, "file-kind", "is not a workbook of the form .xlsx; save it as one")
        found = [_Loaded(book, container, number, name) for number in _visible(book.sheets_metadata)]
        only = _only(found, book.sheets_metadata, name, "leave one")
        if cell := container.formula(only.number):
            raise refuse(name, "cell-formula", f"cell {cell[0]} holds a formula; write the text itself", cell[1])
        return only.table(AS_USUAL)


def every_sheet(content: bytes, name: str, form: TableForm, max_bytes: int) -> list[Sheet]:
    """Return every sheet that holds anything, hidden ones too: `name [sheet 1]` and so on. Raises DataError as `one_sheet` does."""
    with _opened(content, name, max_bytes) as (book, container):
        of_cells = [number for number, one in enumerate(book.sheets_metadata) if one.typ == SheetTypeEnum.WorkSheet]
        found = [_Loaded(book, container, number, f"{name} [sheet {number + 1}]") for number in of_cells]
        filled = [one.table(form) for one in found if one.rows]
    if not filled:
        raise _nothing(name)
    return filled


@contextmanager
def _opened(content: bytes, name: str, max_bytes: int) -> Iterator[tuple[CalamineWorkbook, Container]]:
    """Give a workbook to its reader, and what its container says of it. Raises DataError where it cannot be read."""
    limits = Limits(max_bytes)
    container: Container
    if content.startswith(OLD_MAGIC):
        container = Xls(content, name, limits)
    else:
        parts = whole_zip(content, name, limits)
        container = Ods(parts, name, limits) if is_ods(parts) else Xlsx(parts, name, limits)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            yield book, container
    except BaseException as error:
        if isinstance(error, CalamineError) or type(error).__name__ == _PANIC:
            raise refuse(name, "file-damaged", DAMAGED) from None
        raise


def _visible(sheets: Sequence[SheetMetadata]) -> list[int]:
    return [number for number, one in enumerate(sheets) if (one.typ, one.visible) == (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)]


def _listed(sheets: Sequence[SheetMetadata], numbers: Sequence[int] | None = None) -> str:
    """Return sheets as a message may list them; one whose name could be a customer's value by its number only."""
    found = range(len(sheets)) if numbers is None else numbers
    return listed([one if (one := sheets[number].name) == shown(one, number) else f"sheet {number + 1}" for number in found])


def _nothing(name: str) -> DataError:
    return refuse(name, "file-empty", "no sheet of the workbook holds anything")


class _Loaded:
    """A sheet whose cells are in memory. `rows`: the row of each that holds something, counted from 0."""

    def __init__(self, book: CalamineWorkbook, container: Container, number: int, name: str) -> None:
        self.number, self._name = number, name
        self._wrong = container.judge(number, name)
        self._epoch = container.epoch
        self._sheet = book.get_sheet_by_index(number)
        _, self._left = self._sheet.start or (0, 0)
        # The reader gives rows from the first of the sheet on, but columns from the first that holds something.
        filled = [(number, sum(map(_holds, row))) for number, row in enumerate(self._sheet.iter_rows())]
        self.rows = [number for number, cells in filled if cells]
        self._title = [cells for _, cells in filled if cells][:2]

    def table(self, form: TableForm) -> Sheet:
        """Return the sheet as a table. Its header is the first row that holds something, or the second where the first is a title."""
        if self._wrong is not None:
            raise self._wrong
        if form.text.header and self._title[0] == 1 < self._title[-1]:  # one cell above a table of several columns
            self.rows = self.rows[1:]
        header = self.rows[0] if form.text.header else None
        self._refuse_merged(self._sheet, header)
        rows, left = self._filled_rows(), self._left
        width = left + self._sheet.width
        refuse_columns(self._name, width)
        headers = [str(place) for place in range(1, width + 1)]
        if header is not None:
            headers = [*[""] * left, *(text if (text := _text_of(cell)).strip() else "" for cell in next(rows))]
        row: Int32s = np.array(self.rows, np.int32)[header is not None :] + np.int32(1)
        columns, days, no_ids = self._columns(rows, width)
        if header is None:  # what is left of the table has a number too
            columns = {place: pa.repeat("", len(row)) for place in range(left)} | columns
        for place in [place for place in columns if not headers[place]]:
            refuse_unnamed(self._name, place, columns.pop(place), row)
        days = {place: one for place, one in days.items() if place in columns}
        return Sheet(self._name, tuple(headers), columns, row, days, {place: one for place, one in no_ids.items() if place in columns})

    def _columns(self, rows: Iterator[list[Cell]], width: int) -> tuple[dict[int, pa.Array], dict[int, Int32s], dict[int, Mask]]:
        """Return the texts of each column, its days and its cells that are no ids, as `Sheet` has them."""
        texts: dict[int, list[pa.Array]] = {place: [pa.array([], pa.string())] for place in range(self._left, width)}
        days: dict[int, list[Int32s]] = {place: [np.zeros(0, np.int32)] for place in texts}
        no_ids: dict[int, list[Mask]] = {place: [np.zeros(0, np.bool_)] for place in texts}
        while block := list(itertools.islice(rows, _ROWS_AT_ONCE)):
            for place, cells in enumerate(zip(*block, strict=True), self._left):
                plain = {*map(type, cells)} == {str}
                texts[place].append(pa.array(cells if plain else [_text_of(cell) for cell in cells], pa.string()))
                told = np.full(len(cells), NO_DAY) if plain else np.array([_day_of(cell, self._epoch) for cell in cells])
                days[place].append(told.astype(np.int32))
                no_ids[place].append(np.zeros(len(cells), np.bool_) if plain else np.array([isinstance(cell, _NO_ID) for cell in cells]))
        told_days = {place: np.concatenate(blocks) for place, blocks in days.items()}
        masks = {place: np.concatenate(blocks) for place, blocks in no_ids.items()}
        return (
            {place: pa.concat_arrays(blocks) for place, blocks in texts.items()},
            {place: one for place, one in told_days.items() if (one != NO_DAY).any()},
            {place: one for place, one in masks.items() if one.any()},
        )

    def _filled_rows(self) -> Iterator[list[Cell]]:
        filled = {*self.rows}
        return (row for number, row in enumerate(self._sheet.iter_rows()) if number in filled)

    def _refuse_merged(self, sheet: CalamineSheet, header: int | None) -> None:
        """Raise DataError for merged cells of which only the first would count: those of several rows, and those of the header."""
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
            if bottom > top and (header is None or bottom > header):
                raise refuse(self._name, "file-merged", MERGED_ROWS, top + 1)
            if top == header and right > left:
                message = "cells of the header are merged; name each column in a cell of its own, and delete what stands above the header"
                raise refuse(self._name, "file-merged", message, top + 1)


def _only(found: Sequence[_Loaded], sheets: Sequence[SheetMetadata], name: str, remedy: str) -> _Loaded:
    """Return the only sheet that holds anything. Raises DataError for none and for several, with what to do about these."""
    filled = [one for one in found if one.rows]
    if len(filled) > 1:
        these = _listed(sheets, [one.number for one in filled])
        raise refuse(name, "sheet-ambiguous", f"several visible sheets hold something: {these}; {remedy}")
    if not filled:
        raise _nothing(name)
    return filled[0]


def _holds(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True


def _text_of(cell: Cell) -> str:
    """Return a cell as a CSV would hold it: a whole number without a decimal point, a day without a time of day.

    Other numbers have the 15 digits that Excel keeps; one of more digits before the point has lost some: it stays with an exponent, and is
    not an id.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "Y" if cell else "N"
    if isinstance(cell, float | int):
        if abs(cell) >= _EXACT:
            return f"{cell:E}"
        return str(int(cell)) if float(cell).is_integer() else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        return str(cell.date()) if cell.time() == dt.time() else str(cell)
    return str(cell)


def _day_of(cell: Cell, epoch: int) -> int:
    """Return the day number of a cell that holds a day, or a number that Excel would show as one; `NO_DAY` for any other."""
    if isinstance(cell, str):
        return NO_DAY
    if isinstance(cell, dt.datetime):
        return day_number(cell.date()) if cell.time() == dt.time() else NO_DAY
    if isinstance(cell, dt.date):
        return day_number(cell)
    if isinstance(cell, float | int) and _FIRST_SERIAL <= cell <= _LAST_SERIAL and cell == int(cell):
        return int(cell) - epoch
    return NO_DAY
