"""A workbook of LibreOffice (`.ods`) as a container: the size of each sheet, and cells that the reader would take for empty."""

from __future__ import annotations

import re
import zipfile
from typing import Final
from xml.parsers import expat

from vip_tiering.base.errors import DataError
from vip_tiering.customers.workbooks.container import DAMAGED, Limits, locked, unread
from vip_tiering.extracts.extract import refuse

CONTENT: Final = "content.xml"
MIME_TYPE: Final = "mimetype"
_SPREADSHEET: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST: Final = "META-INF/manifest.xml"
_EPOCH: Final = 25_569
_CELLS: Final = ("table:table-cell", "table:covered-table-cell")
_PIECE_BYTES: Final = 1 << 20
_ERROR: Final = re.compile(r"Err:[0-9]{3}|#(?:N/A|NAME\?|REF!|VALUE!|NUM!|NULL!|DIV/0!)")
"""What a formula shows that has no value; not every writer marks such a cell, and the value beside it is then 0 or an empty text."""
_LONGEST_ERROR: Final = 8


def is_ods(parts: zipfile.ZipFile) -> bool:
    """Return whether a zip file is a workbook of LibreOffice."""
    return {MIME_TYPE, CONTENT} <= {*parts.namelist()} and parts.read(MIME_TYPE).startswith(_SPREADSHEET)


class Ods:
    """A workbook of LibreOffice. Its sheets are looked at together; a cell that nobody can read is told of those that are asked for."""

    epoch = _EPOCH

    def __init__(self, parts: zipfile.ZipFile, name: str, limits: Limits) -> None:
        """Begin with the parts of a sound zip file. Raises DataError where they are protected by a password, or damaged."""
        if _MANIFEST in parts.namelist() and b":encryption-data" in parts.read(_MANIFEST):
            raise locked(name)
        survey = _Survey()
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = survey.start, survey.end
        parser.CharacterDataHandler = survey.text
        parser.StartDoctypeDeclHandler = survey.refuse_doctype
        try:
            with parts.open(CONTENT) as file:
                while piece := file.read(_PIECE_BYTES):
                    parser.Parse(piece, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError):
            raise refuse(name, "file-damaged", DAMAGED) from None
        self._sheets = survey.sheets
        for sheet in self._sheets:  # the reader takes every sheet into memory, also those that are not asked for
            limits.refuse_cells(name, sheet.width * sheet.height)
            limits.refuse_texts(name, sheet.text_bytes)

    def judge(self, number: int, name: str) -> DataError | None:
        """Return why a sheet must not be read; see `Container`."""
        sheet = self._sheets[number]
        if sheet.merged:
            return refuse(name, "file-merged", MERGED_ROWS, sheet.merged)
        return unread(name, *sheet.unread) if sheet.unread else None


MERGED_ROWS: Final = "cells of several rows are merged, and only the first of them would count; take the merging back"


class _Sheet:
    """What is known of a sheet: the place of its last cell that holds something, the size of its texts, what is wrong with it."""

    def __init__(self) -> None:
        self.width = self.height = self.text_bytes = self.merged = 0
        self.unread: tuple[str, int] | None = None


class _Survey:
    """Walks along the elements of a sheet. Rows and cells that are repeated are written once, with how often."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self._row = self._column = self._depth = self._repeat = self._characters = 0
        self._again = 1
        self._shown = ""
        self._cell: dict[str, str] | None = None

    def refuse_doctype(self, *_: object) -> None:
        """Raise ValueError: no workbook has a document type, by which texts may grow."""
        raise ValueError

    def start(self, tag: str, given: dict[str, str]) -> None:
        """Begin a sheet, a row or a cell."""
        if tag == "table:table":
            self._depth += 1
            if self._depth == 1:
                self.sheets.append(_Sheet())
                self._row = 0
        elif self._depth != 1:
            return
        elif tag == "table:table-row":
            self._again, self._column = int(given.get("table:number-rows-repeated", 1)), 0
        elif tag in _CELLS:
            self._cell, self._characters, self._shown = given, 0, ""
            self._repeat = int(given.get("table:number-columns-repeated", 1))

    def text(self, text: str) -> None:
        """Count the characters of a cell, and keep the first of them."""
        if self._cell is not None:
            self._characters += len(text)
            self._shown += text[: _LONGEST_ERROR + 1 - len(self._shown)]

    def end(self, tag: str) -> None:
        """End a sheet, a row or a cell."""
        if tag == "table:table":
            self._depth -= 1
        elif self._depth != 1:
            return
        elif tag == "table:table-row":
            self._row += self._again
        elif tag in _CELLS and self._cell is not None:
            self._end_cell(self.sheets[-1], self._cell)
            self._column += self._repeat
            self._cell = None

    def _end_cell(self, sheet: _Sheet, cell: dict[str, str]) -> None:
        kinds = {value for key, value in cell.items() if key.endswith(":value-type")}
        if not kinds and not self._characters and "table:formula" not in cell:
            return
        sheet.width = max(sheet.width, self._column + self._repeat)
        sheet.height = max(sheet.height, self._row + self._again)
        size = max(self._characters, len(cell.get("office:string-value", ""))) * 4
        sheet.text_bytes += size * self._repeat * self._again
        without_value = "table:formula" in cell and (not kinds or _ERROR.fullmatch(self._shown))
        if not sheet.unread and ("error" in kinds or without_value):
            sheet.unread = letters(self._column) + str(self._row + 1), self._row + 1
        if not sheet.merged and int(cell.get("table:number-rows-spanned", 1)) > 1:
            sheet.merged = self._row + 1


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0: A, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters
