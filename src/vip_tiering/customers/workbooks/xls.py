"""An old workbook (`.xls`) as a container: the records of each sheet, their size, and cells that the reader would take for empty."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
import olefile

from vip_tiering.base.errors import DataError
from vip_tiering.customers.workbooks.container import DAMAGED, Limits, locked, unread
from vip_tiering.customers.workbooks.ods import letters
from vip_tiering.extracts.extract import refuse

_STREAMS: Final = ("Workbook", "Book")
_ENCRYPTED: Final = "EncryptedPackage"
_BEGIN, _END, _CONTINUE, _SHEET, _LOCKED, _DATE_MODE, _TEXTS, _SIZE = 0x809, 0x0A, 0x3C, 0x85, 0x2F, 0x22, 0xFC, 0x200
_FORMULA, _OLD_FORMULA, _ERROR, _SHARED_TEXT, _TEXT, _NUMBER, _SMALL, _SMALLS = 0x06, 0x206, 0x205, 0xFD, 0x204, 0x203, 0x27E, 0xBD
_CELLS: Final = {_FORMULA, _OLD_FORMULA, _ERROR, _SHARED_TEXT, _TEXT, _NUMBER, _SMALL, _SMALLS}
_MOST_ROWS, _MOST_COLUMNS = 65_536, 256
_IS_SPECIAL: Final = b"\xff\xff"
_SPECIAL_ERROR, _SPECIAL_EMPTY = 2, 3
_COMPUTED_BY: Final = 0x1C1
"""Which version computed the formulas: programs that compute them write it, libraries that only write formulas do not."""
_COMPUTE_ON_LOAD: Final = 2
_WIDE, _FAR_EAST, _RICH = 1, 4, 8
_CHARACTER_BYTES: Final = 3
_EPOCH_1900, _EPOCH_1904 = 25_569, 24_107


class Xls:
    """A workbook of Excel until 2003."""

    def __init__(self, content: bytes, name: str, limits: Limits) -> None:
        """Begin with the bytes of a file. Raises DataError where they are no workbook, protected by a password, or damaged."""
        self._records, self._limits, self.epoch = _stream(content, name), limits, _EPOCH_1900
        self._starts: list[int] = []
        self._text_sizes = np.zeros(0, np.int64)
        self._computed = False
        texts: list[bytes] = []
        in_texts = False
        for kind, data in self._records_from(0):
            in_texts = kind == _TEXTS or (in_texts and kind == _CONTINUE)
            if in_texts:
                texts.append(data)
            elif kind == _LOCKED:
                raise locked(name)
            elif kind == _DATE_MODE and data[:1] == b"\x01":
                self.epoch = _EPOCH_1904
            elif kind == _COMPUTED_BY:
                self._computed = True
            elif kind == _SHEET:
                self._starts.append(int.from_bytes(data[:4], "little"))
        try:
            self._text_sizes = np.array([*_text_sizes(texts)], np.int64) if texts else self._text_sizes
            self._unread = [self._look(start, name) for start in self._starts]
        except (IndexError, struct.error):
            raise refuse(name, "file-damaged", DAMAGED) from None

    def judge(self, number: int, name: str) -> DataError | None:
        """Return why a sheet must not be read; see `Container`."""
        place = self._unread[number]
        return place and unread(name, *place)

    def _look(self, start: int, name: str) -> tuple[str, int] | None:
        """Return the first cell of a sheet that nobody can read. Raises DataError for a sheet that takes too much memory.

        The reader takes every sheet into memory, also those that are not asked for.
        """
        width = height = 0
        used: list[int] = []
        found = None
        if self._records[start : start + 2] != _BEGIN.to_bytes(2, "little"):
            raise refuse(name, "file-damaged", DAMAGED)
        for kind, data in self._records_from(start):
            if kind == _SIZE:
                self._refuse_size(data, name)
            if kind not in _CELLS:
                continue
            row, column = struct.unpack_from("<HH", data)
            last = column if kind != _SMALLS else struct.unpack_from("<H", data, len(data) - 2)[0]
            width, height = max(width, last + 1), max(height, row + 1)
            if kind == _SHARED_TEXT:
                used.append(struct.unpack_from("<I", data, 6)[0])
            elif found is None and _is_unread(kind, data, computed=self._computed):
                found = f"{letters(column)}{row + 1}", row + 1
        self._limits.refuse_cells(name, width * height)
        places = np.array(used, np.int64)
        self._limits.refuse_texts(name, int(self._text_sizes[places[places < len(self._text_sizes)]].sum()))
        return found

    def _refuse_size(self, data: bytes, name: str) -> None:
        """Raise DataError where a sheet says that it is larger than one can be: the reader would take the memory for it."""
        if len(data) >= 14:  # noqa: PLR2004 (since Excel 97: rows in four bytes each, columns in two)
            first, last, left, right = struct.unpack_from("<IIHH", data)
            if last > _MOST_ROWS or right > _MOST_COLUMNS or first > last or left > right:
                raise refuse(name, "file-damaged", DAMAGED)

    def _records_from(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Yield kind and data of each record of a part, without the parts within it such as charts."""
        stream, depth = self._records, 0
        while start + 4 <= len(stream):
            kind, size = struct.unpack_from("<HH", stream, start)
            data = stream[start + 4 : start + 4 + size]
            start += 4 + size
            depth += (kind == _BEGIN) - (kind == _END)
            if depth <= 0:
                return
            if depth == 1:
                yield kind, data


def _stream(content: bytes, name: str) -> bytes:
    """Return the records of a workbook from the container in which they lie."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as container:
            if container.exists(_ENCRYPTED):
                raise locked(name)
            for stream in _STREAMS:
                if container.exists(stream):
                    return bytes(container.openstream(stream).read())
    except (OSError, ValueError, IndexError, struct.error):
        raise refuse(name, "file-damaged", DAMAGED) from None
    raise refuse(name, "file-damaged", "is not a workbook of Excel or LibreOffice; save it as .xlsx")


def _is_unread(kind: int, data: bytes, *, computed: bool) -> bool:
    """Return whether a cell holds an error, or a formula that was never computed.

    The value of the latter is 0, and a program shall compute it; or an empty text, and no program has `computed` the workbook.
    """
    if kind == _ERROR:
        return data[7:8] == b"\x01"
    if kind not in {_FORMULA, _OLD_FORMULA}:
        return False
    if data[12:14] == _IS_SPECIAL:
        return data[6] == _SPECIAL_ERROR or (data[6] == _SPECIAL_EMPTY and not computed)
    return bool(data[14] & _COMPUTE_ON_LOAD) and not any(data[6:14])


def _text_sizes(blocks: list[bytes]) -> Iterator[int]:
    """Yield what each of the texts that cells share may take in memory; a text may go on in the next block."""
    count = struct.unpack_from("<I", blocks[0], 4)[0]
    block, at = 0, 8
    for _ in range(count):
        while at >= len(blocks[block]):
            block, at = block + 1, at - len(blocks[block])
        characters, flags = struct.unpack_from("<HB", blocks[block], at)
        yield characters * _CHARACTER_BYTES
        at += 3
        more = 0
        if flags & _RICH:
            more += 4 * struct.unpack_from("<H", blocks[block], at)[0]
            at += 2
        if flags & _FAR_EAST:
            more += struct.unpack_from("<I", blocks[block], at)[0]
            at += 4
        width = 1 + (flags & _WIDE)
        while (here := (len(blocks[block]) - at) // width) < characters:
            characters -= here
            block, at = block + 1, 1
            width = 1 + (blocks[block][0] & _WIDE)
        at += characters * width + more
