"""The rows of a table as they stand in a workbook, made of whole columns and not cell by cell. Same table, same bytes.

XlsxWriter makes all else of a workbook: it writes the last row of a table without values, and that is the pattern for every row.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import text_bytes
from vip_tiering.base.threads import in_order, threads

_CHUNK_ROWS: Final = 1 << 13
_LARGE_FILE: Final = 1 << 31
"""A part of a zip file that is larger in bytes must be said to be so before it is written."""
_EFFORT: Final = 3
"""zlib's level: half the time of the usual 6, and a seventh more bytes."""
_CELL_BYTES: Final = 64
"""What stands around the value of a cell, at most."""
_ROWS_PER_WORD: Final = 4
"""A column's different texts are made cells once each where every one of them stands in so many rows, on average."""
_MARKUP: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # in this order
_NO_CHARACTERS: Final = "\ufffe\uffff"
_FIRST_OF_NO_CHARACTER: Final = 0xEF
"""The first byte of both in UTF-8."""


Heights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SheetRows:
    """The rows of a table: where they begin, from 0; its columns, each text, whole numbers or decimals; and the height of each row.

    `points`: the heights, shape (n,), 0 for the usual one.
    """

    top: int
    columns: Sequence[pa.Array]
    points: Heights


def with_rows(empty: IO[bytes], sink: IO[bytes], tables: Mapping[int, SheetRows]) -> None:
    """Write a workbook anew, with the rows of tables. `tables`: number of the sheet, from 1 -> rows; the last one stands there, empty."""
    parts = {f"xl/worksheets/sheet{number}.xml": rows for number, rows in tables.items() if len(rows.points)}
    with zipfile.ZipFile(empty) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_EFFORT) as new:
        for name in old.namelist():
            content, rows = old.read(name), parts.get(name)
            with new.open(name, "w", force_zip64=rows is not None and _most_bytes(rows) > _LARGE_FILE) as file:  # dated 1980
                for piece in [content] if rows is None else _with_rows(content, rows):
                    file.write(piece)


def _most_bytes(rows: SheetRows) -> int:
    return sum(column.nbytes + _CELL_BYTES * len(column) for column in rows.columns)


def _with_rows(content: bytes, rows: SheetRows) -> Iterator[bytes | memoryview]:
    """Yield a sheet in pieces, with all rows in place of the empty last one."""
    last = rows.top + len(rows.points)
    before, begin, after = content.partition(f'<row r="{last}"'.encode())
    row, end, rest = after.partition(b"</row>")
    around, *_ = row.decode().partition(">")
    looks = re.findall(r'<c r="([A-Z]+)\d+" s="(\d+)"/>', row.decode())
    if not begin or not end or len(looks) != len(rows.columns):
        raise ValueError("XlsxWriter wrote another pattern")
    yield before

    def lines(start: int) -> memoryview:
        return _rows(rows, start, around, looks)

    with threads(2) as pool:
        yield from in_order(pool, lines, range(0, len(rows.points), _CHUNK_ROWS), ahead=2)
    yield rest


def _rows(rows: SheetRows, start: int, around: str, looks: Sequence[tuple[str, str]]) -> memoryview:
    """Return a stretch of rows. `around`: attributes that each has; `looks`: letter and number of the format of each column."""
    points = rows.points[start : start + _CHUNK_ROWS]
    numbers = pa.array(np.arange(rows.top + start + 1, rows.top + start + 1 + len(points))).cast(pa.string())
    begin = _joined('<row r="', numbers, f'"{around}')
    if points.any():
        heights = _joined(' ht="', pa.array(points).cast(pa.string()), '" customHeight="1">')
        begin = _joined(begin, pc.if_else(pa.array(points > 0), heights, ">"))
    else:
        begin = _joined(begin, ">")
    cells = []
    for column, (letter, look) in zip(rows.columns, looks, strict=True):
        cells.append(_joined(f'<c r="{letter}', numbers, _cells(column.slice(start, len(points)), look)))
    lines = pc.binary_join_element_wise(begin, *cells, "</row>", "", null_handling="replace")
    return text_bytes(lines).data


def _joined(*texts: pa.Array | str) -> pa.Array:
    """Return texts joined, null where one of them is."""
    return pc.binary_join_element_wise(*texts, "")


def _cells(column: pa.Array, look: str) -> pa.Array:
    """Return the cells of a column from the number of their row on; null where there is no cell."""
    if not pa.types.is_string(column.type):
        return _joined(f'" s="{look}"><v>', column.cast(pa.string()), "</v></c>")
    coded = column.dictionary_encode()
    if len(coded.dictionary) * _ROWS_PER_WORD <= len(column):
        return _text_cells(coded.dictionary, look).take(coded.indices)
    return _text_cells(column, look)


def _text_cells(texts: pa.Array, look: str) -> pa.Array:
    """Return the cells of texts, null where a text is null or empty; spaces at the ends stay only where they are said to."""
    filled = pc.if_else(pc.not_equal(texts, ""), texts, pa.scalar(None, pa.string()))
    begin = f'" s="{look}" t="inlineStr"><is><t'
    spaced = pc.match_substring_regex(filled, r"^\s|\s$")
    if pc.any(spaced).as_py():
        begin = pc.if_else(spaced, f'{begin} xml:space="preserve"', begin)
    return _joined(begin, ">", _escaped(filled), "</t></is></c>")


def _escaped(texts: pa.Array) -> pa.Array:
    """Return texts as XML; what XML cannot hold is written as Excel does, `_x0001_`, and what looks like that as `_x005F_x0001_`."""
    held = set(np.flatnonzero(np.bincount(text_bytes(texts))).tolist())
    if ord("_") in held:
        texts = pc.replace_substring_regex(texts, "(_x[0-9a-fA-F]{4}_)", r"_x005F\1")
    special = [chr(byte) for byte in sorted(held) if byte < ord(" ") and chr(byte) not in "\t\n"]
    for character in [*special, *(_NO_CHARACTERS if _FIRST_OF_NO_CHARACTER in held else "")]:
        texts = pc.replace_substring(texts, character, f"_x{ord(character):04X}_")
    for character, written in _MARKUP.items():
        if ord(character) in held:
            texts = pc.replace_substring(texts, character, written)
    return texts
