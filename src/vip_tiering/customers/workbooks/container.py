"""What a workbook says of itself before a cell is read: its kind, its size, and cells that the reader would take for empty.

The reader (python-calamine) keeps every cell between the first and the last of a sheet in memory, and reads an error such as #N/A,
and a formula without a value, as empty. Both are judged here, in the container, for `.xlsx`; see `xls` and `ods`.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from vip_tiering.base.errors import DataError
from vip_tiering.base.money import Int64s
from vip_tiering.extracts.extract import refuse, size_text

ZIP_MAGIC: Final = b"PK\x03\x04"
OLD_MAGIC: Final = b"\xd0\xcf\x11\xe0"
DAMAGED: Final = "is not a whole workbook; was the transfer cut? deliver it anew, or save it as .xlsx again"
_CELL_BYTES: Final = 512
"""What a cell may take in memory while a sheet is read, the empty ones between others too: of 4G, 8 million cells."""
_PACKED_SHARE: Final = 8
"""A workbook may unpack to this part of what it may take in memory: cells take more than their text."""
_PIECE_BYTES: Final = 8 << 20
_EPOCH_1900, _EPOCH_1904 = 25_569, 24_107
"""The serial number of 1970-01-01 in the two calendars of Excel."""
_Q: Final = rb"[\"']"
_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_SHARED_TEXTS: Final = "xl/sharedStrings.xml"
_TAG: Final = rb"<(?:\w+:)?"
_SHEET: Final = re.compile(_TAG + rb"sheet\s[^>]*?\b\w+:id=" + _Q + rb"([^\"']*)")
_RELATION: Final = re.compile(_TAG + rb"Relationship\s[^>]*>")
_ATTRIBUTE: Final = rb"\b%s=" + _Q + rb"([^\"']*)"
_DATE_1904: Final = re.compile(_TAG + rb"workbookPr\s[^>]*?\bdate1904=" + _Q + rb"(?:1|true|on)")
_NAME: Final = re.compile(rb"\sr=" + _Q + rb"([A-Z]{0,3}[0-9]{1,7})" + _Q)
_NAME_BYTES, _LETTERS = 10, 3
_ROW_START: Final = re.compile(_TAG + rb"row\b")
_CELL_START: Final = re.compile(_TAG + rb"c[\s>/]")
_SHARED_TEXT: Final = re.compile(_TAG + rb"si\b[^>]*?(?:/>|>.*?</(?:\w+:)?si>)", re.DOTALL)
_USE_OF_TEXT: Final = tuple(re.compile(b"t=%bs%b" % (quote, quote) + rb"[^>]*>\s*<(?:\w+:)?v>([0-9]{1,9})</") for quote in (b'"', b"'"))
_PLACE: Final = rb"(?=(?:[^>]*?\br=" + _Q + rb"([A-Z]{1,3}([0-9]{1,7})))?)"
_NO_VALUE: Final = rb"\s*(?:<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*)?</(?:\w+:)?c>"
_FORMULA: Final = _TAG + rb"f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)"
_SIGNS: Final = ((b't="e"', b"t='e'"), (b"<f", b":f"))
_UNREAD: Final = (
    re.compile(_TAG + rb"c\b" + _PLACE + rb"[^>]*?\bt=" + _Q + rb"e" + _Q),
    re.compile(_TAG + rb"c\b" + _PLACE + rb"(?![^>]*\bt=" + _Q + rb"str)[^>]*>\s*" + _FORMULA + _NO_VALUE),
)
"""A cell with an error such as #N/A, and one with a formula and no value: an empty text (`t="str"`) is one."""
_COMPUTED: Final = re.compile(_TAG + rb"c\b" + _PLACE + rb"[^>]*>\s*" + _TAG + rb"f\b")


class Container(Protocol):
    """A workbook as it lies there. `epoch`: the serial number of 1970-01-01 in its dates."""

    @property
    def epoch(self) -> int:
        """The serial number of 1970-01-01."""

    def judge(self, number: int, name: str) -> DataError | None:
        """Return why a sheet, counted from 0, must not be read although it can be; people know the sheet as `name`.

        Raises DataError for one that takes more memory than it may, where that was not told before.
        """


@dataclass(frozen=True)
class Limits:
    """How much a workbook may hold. `max_bytes`: what it may take in memory."""

    max_bytes: int

    @property
    def cells(self) -> int:
        """The most cells from the first to the last of a sheet."""
        return self.max_bytes // _CELL_BYTES

    @property
    def unpacked(self) -> int:
        """The most bytes to which the parts of a workbook may unpack, and which the texts of a sheet may take."""
        return self.max_bytes // _PACKED_SHARE

    def refuse_cells(self, name: str, count: int) -> None:
        """Raise DataError for a sheet of too many cells."""
        if count > self.cells:
            raise self._too_much(name, f"a sheet spans more than {self.cells:,} cells")

    def refuse_texts(self, name: str, size: int) -> None:
        """Raise DataError for a sheet with too much text."""
        if size > self.unpacked:
            raise self._too_much(name, f"the texts of a sheet take more than {size_text(self.unpacked)}")

    def refuse_unpacked(self, name: str, size: int) -> None:
        """Raise DataError for a workbook whose parts are too large."""
        if size > self.unpacked:
            raise self._too_much(name, f"the workbook unpacks to more than {size_text(self.unpacked)}")

    def _too_much(self, name: str, what: str) -> DataError:
        message = f"{what}; delete rows and columns in which nothing stands, save it as CSV, or allow more with --max-bytes"
        return refuse(name, "file-too-large", message)


def unread(name: str, place: str, row: int | None) -> DataError:
    """Return the error for a cell that the reader would take for empty. `place`: such as C3; "" where it is not known."""
    message = f"cell {place} holds" if place else "a cell holds"
    return refuse(
        name, "cell-unread", f"{message} an error such as #N/A, or a formula that was never computed; write the value itself", row
    )


def locked(name: str) -> DataError:
    """Return the error for a workbook with a password."""
    return refuse(name, "file-password", "is protected by a password; save it without one")


def whole_zip(content: bytes, name: str, limits: Limits) -> zipfile.ZipFile:
    """Return the parts of a workbook, each of them whole; `testzip` finds the part that says less than it holds.

    Raises DataError where they are not, or would unpack to too much: that is judged before anything is unpacked.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(content))
        limits.refuse_unpacked(name, sum(one.file_size for one in parts.infolist()))
        if any(one.flag_bits & 1 for one in parts.infolist()):
            raise locked(name)
        names = parts.namelist()
        damaged = len(names) > len({*names}) or parts.testzip() is not None  # of two parts of one name nobody knows which is read
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError, struct.error):
        damaged = True
    if damaged:
        raise refuse(name, "file-damaged", DAMAGED)
    return parts


class Xlsx:
    """A workbook of Excel since 2007."""

    def __init__(self, parts: zipfile.ZipFile, name: str, limits: Limits) -> None:
        """Begin with the parts of a sound zip file. Raises DataError where they are not those of a workbook."""
        if _WORKBOOK not in parts.namelist():
            raise refuse(name, "file-damaged", "is not a workbook of Excel or LibreOffice; save it as .xlsx")
        self._parts, self._limits = parts, limits
        book = parts.read(_WORKBOOK)
        self.epoch = _EPOCH_1904 if _DATE_1904.search(book) else _EPOCH_1900
        relations = parts.read(_RELATIONS) if _RELATIONS in parts.namelist() else b""
        targets = {_attribute(one, b"Id"): _attribute(one, b"Target") for one in _RELATION.findall(relations)}
        self._sheets = [posixpath.join("/xl", targets.get(key.decode("utf-8", "replace"), "")).lstrip("/") for key in _SHEET.findall(book)]
        texts = parts.read(_SHARED_TEXTS) if _SHARED_TEXTS in parts.namelist() else b""
        self._text_sizes = np.array([len(one) for one in _SHARED_TEXT.findall(texts)], np.int64)

    def judge(self, number: int, name: str) -> DataError | None:
        """Return why a sheet must not be read; see `Container`."""
        part = self._sheets[number] if number < len(self._sheets) else ""
        if part not in self._parts.namelist():
            raise refuse(name, "file-damaged", DAMAGED)
        self._limits.refuse_cells(name, sum(_cells_written(piece) for piece in self._pieces(part)))
        size = _SheetSize(self._text_sizes)
        found = None
        for piece in self._pieces(part):
            size.add(piece)
            self._limits.refuse_cells(name, size.cells)
            self._limits.refuse_texts(name, size.text_bytes)
            if found is None and (cell := _unread_cell(piece)):
                found = unread(name, (cell[1] or b"").decode(), int(cell[2]) if cell[2] else None)
        return found

    def formula(self, number: int) -> tuple[str, int] | None:
        """Return place and row of the first cell of a sheet that holds a formula; None where none does."""
        cells = (_COMPUTED.search(piece) for piece in self._pieces(self._sheets[number]))
        cell = next(filter(None, cells), None)
        return cell and ((cell[1] or b"").decode(), int(cell[2] or 0))

    def _pieces(self, part: str) -> Iterator[bytes]:
        """Yield a part by pieces of whole rows."""
        rest = b""
        with self._parts.open(part) as file:
            while piece := file.read(_PIECE_BYTES):
                text = rest + piece
                cut = text.rfind(b"row>") + len(b"row>") if b"row>" in text else 0
                rest = text[cut:]
                yield text[:cut]
        yield rest


class _SheetSize:
    """How many cells lie between A1 and the last row and column that a sheet names, and how long their texts are.

    `sizes`, shape (t,): those of the texts that cells share; a workbook holds each once, in memory every cell has its own.
    """

    def __init__(self, sizes: Int64s) -> None:
        self._sizes = sizes
        self._width = self._height = self._rows = self._written = 0
        self.text_bytes = 0

    def add(self, piece: bytes) -> None:
        """Count the cells of a piece of whole rows."""
        names = np.array(_NAME.findall(piece), f"S{_NAME_BYTES}")
        signs = names.view(np.uint8).reshape(len(names), _NAME_BYTES).astype(np.int64)
        column, row = np.zeros((2, len(names)), np.int64)
        for place in range(_NAME_BYTES):
            sign = signs[:, place]
            if place < _LETTERS:
                column = np.where(sign >= ord("A"), column * 26 + sign - ord("A") + 1, column)
            row = np.where((sign >= ord("0")) & (sign <= ord("9")), row * 10 + sign - ord("0"), row)
        width, named = int(column.max(initial=0)), int(np.count_nonzero(column))
        written = _cells_written(piece)
        if written != named:
            written = len(_CELL_START.findall(piece))
        if written > named:  # cells without a name follow on those before them
            width += max(len(_CELL_START.findall(row)) for row in _ROW_START.split(piece))
        self._written += written
        self._rows += len(_ROW_START.findall(piece))
        self._width, self._height = max(self._width, width), max(self._height, int(row.max(initial=0)))
        for pattern in _USE_OF_TEXT:
            used = np.array(pattern.findall(piece), "S9").astype(np.int64)
            self.text_bytes += int(self._sizes[used[used < len(self._sizes)]].sum())

    @property
    def cells(self) -> int:
        """How many cells a reader keeps."""
        return max(self._written, self._width * max(self._height, self._rows))


def _cells_written(piece: bytes) -> int:
    """Return how many cells a piece writes out, as far as they have a place or a format."""
    return piece.count(b"<c ") + piece.count(b":c ")


def _unread_cell(piece: bytes) -> re.Match[bytes] | None:
    """Return the first cell that the reader would take for empty, with its place."""
    cells = [pattern.search(piece) for signs, pattern in zip(_SIGNS, _UNREAD, strict=True) if any(sign in piece for sign in signs)]
    return min((cell for cell in cells if cell), key=re.Match.start, default=None)


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(_ATTRIBUTE % name, tag)
    return html.unescape(found[1].decode("utf-8", "replace")) if found else ""
