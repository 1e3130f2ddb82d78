"""What a Parquet file says of its columns, read from its footer by ourselves.

The library ends the whole process (it does not raise) where it is asked for a column or its statistics and the footer
contradicts itself: a type that differs, statistics that are too short, a codec that does not exist. What it is asked to
*read* it checks and raises for, so that reading is left to it, and asking is done here.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

ThriftFields = dict[int, Any]
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_WHOLE_NUMBERS: Final = (4, 5, 6)
_LISTS: Final = (9, 10)
_DOUBLE_BYTES: Final = 8
_MORE: Final = 0x80
_LONG_LIST: Final = 15
_DEEPEST: Final = 32
Source = Path | bytes
_TAIL_BYTES: Final = 8
_WRONG: Final = (KeyError, IndexError, TypeError, AttributeError, ValueError)
"""What a footer that is none, or lacks a part, makes of itself."""
_CODECS: Final = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw")
_ROW_GROUPS, _COLUMNS, _METADATA = 4, 1, 3
_ENCODINGS, _PATH, _CODEC, _VALUES, _UNPACKED, _DATA_PAGE, _DICTIONARY_PAGE, _STATISTICS = 2, 3, 4, 5, 6, 9, 11, 12
_NULLS, _LEAST, _MOST = 3, (6, 2), (5, 1)
"""Fields of the footer, as parquet.thrift numbers them; least and most have an older field each."""
Footer = list[list[ThriftFields]]
"""The columns of every row group."""
_HEADER_BYTES: Final = 256
_PAGE_UNPACKED, _PAGE_PACKED, _DICTIONARY, _COUNT = 2, 3, 7, 1
"""Fields of a page header; the last one is that of a dictionary page's."""
_LENGTH_BYTES: Final = 4


def _struct(data: bytes, position: int = 0, depth: int = 0) -> tuple[ThriftFields, int]:
    """Return the struct that begins at `position`, and where it ends. Raises ValueError or IndexError where there is none.

    Whole numbers, truth values, bytes, lists and structs are what Parquet needs; maps do not occur.
    """
    fields: ThriftFields = {}
    number = 0
    while data[position]:
        step, kind = divmod(data[position], 16)
        position += 1
        if step:
            number += step
        else:
            number, position = _signed(data, position)
        if kind in (_TRUE, _FALSE):
            fields[number] = kind == _TRUE
        else:
            fields[number], position = _value(data, position, kind, depth)
    return fields, position + 1


def _value(data: bytes, position: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in _WHOLE_NUMBERS:
        return _signed(data, position)
    if kind == _BINARY:
        size, position = _unsigned(data, position)
        if position + size > len(data):
            raise IndexError(size)
        return data[position : position + size], position + size
    if depth == _DEEPEST:
        raise ValueError(depth)
    if kind == _STRUCT:
        return _struct(data, position, depth + 1)
    if kind in _LISTS:
        return _list(data, position, depth + 1)
    if kind in (_BYTE, _TRUE, _FALSE):
        return data[position], position + 1
    if kind == _DOUBLE:
        return data[position : position + _DOUBLE_BYTES], position + _DOUBLE_BYTES
    raise ValueError(kind)


def _list(data: bytes, position: int, depth: int) -> tuple[list[Any], int]:
    size, kind = divmod(data[position], 16)
    position += 1
    if size == _LONG_LIST:
        size, position = _unsigned(data, position)
    values = []
    for _ in range(size):
        value, position = _value(data, position, kind, depth)
        values.append(value)
    return values, position


def _unsigned(data: bytes, position: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while data[position] & _MORE:
        value |= (data[position] ^ _MORE) << shift
        shift += 7
        position += 1
    return value | data[position] << shift, position + 1


def _signed(data: bytes, position: int) -> tuple[int, int]:
    """Return a number whose lowest bit is its sign."""
    value, position = _unsigned(data, position)
    return (value >> 1) ^ -(value & 1), position


@dataclass(frozen=True)
class Chunk:
    """One column in one row group. `stored` is its size unpacked, in bytes; `dictionary` is where its dictionary page stands."""

    group: int
    values: int
    stored: int
    encodings: frozenset[int]
    codec: str
    dictionary: slice
    only_value: bytes | None
    """The value that every row has, where the statistics say that there is only one and no null."""


def read_footer(source: Source) -> Footer:
    """Return the footer of a file. Raises ArrowInvalid, like the library, for one that is none."""
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        end = file.seek(0, io.SEEK_END)
        file.seek(max(end - _TAIL_BYTES, 0))
        size = int.from_bytes(file.read(4), "little") + _TAIL_BYTES
        file.seek(max(end - size, 0))
        footer = file.read(size)
    try:
        fields, _ = _struct(footer)
        return [[column[_METADATA] for column in group[_COLUMNS]] for group in fields[_ROW_GROUPS]]
    except _WRONG:
        raise pa.ArrowInvalid from None


def chunks_of(footer: Footer, header: str) -> list[Chunk]:
    """Return what is known of a flat column in every row group; none where it is not in every one of them, or nested."""
    path = [header.encode()]
    try:
        found = [(group, column) for group, columns in enumerate(footer) for column in columns if column.get(_PATH) == path]
        chunks = [_chunk(group, column) for group, column in found]
    except _WRONG:
        raise pa.ArrowInvalid from None
    return chunks if [chunk.group for chunk in chunks] == list(range(len(footer))) else []


def _chunk(group: int, column: ThriftFields) -> Chunk:
    values, stored, dictionary = column[_VALUES], column[_UNPACKED], column.get(_DICTIONARY_PAGE)
    if min(values, stored, dictionary or 0) < 0 or not 0 <= column[_CODEC] < len(_CODECS):
        raise ValueError(values, stored)
    return Chunk(
        group,
        values,
        stored,
        frozenset(column[_ENCODINGS]),
        _CODECS[column[_CODEC]],
        slice(dictionary, column[_DATA_PAGE]) if dictionary else slice(0),
        _only_value(column.get(_STATISTICS, {})),
    )


def _only_value(statistics: ThriftFields) -> bytes | None:
    least = next((statistics[field] for field in _LEAST if field in statistics), None)
    most = next((statistics[field] for field in _MOST if field in statistics), None)
    return least if isinstance(least, bytes) and least == most and statistics.get(_NULLS) == 0 else None


def length_of_texts(page: bytes, codec: str, most: int) -> int | None:
    """Return the length in bytes that all texts of a dictionary page have; None where they differ, or it is not such a page.

    Each text stands behind its length, so that texts of one length stand in equal steps. `most`: what the page may have
    unpacked, in bytes. The library would make a table of all texts to tell it, which takes longer than to read the column.
    """
    try:
        header, begin = _struct(page[:_HEADER_BYTES])
        unpacked, content, count = header[_PAGE_UNPACKED], page[begin : begin + header[_PAGE_PACKED]], header[_DICTIONARY][_COUNT]
        if not 0 < unpacked <= most:
            return None
        if codec != "uncompressed":
            content = pa.Codec(codec).decompress(content, unpacked, asbytes=True)
        step, rest = divmod(len(content), count)
        lengths = np.ndarray((count,), "<u4", content, strides=(step,))
    except (*_WRONG, ArithmeticError, OSError, MemoryError):
        return None
    length = step - _LENGTH_BYTES
    return length if not rest and (lengths == length).all() else None
