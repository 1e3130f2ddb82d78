"""What a Parquet file says of its columns, read from its footer by ourselves.

The library ends the whole process (it does not raise) where it is asked for a column or its statistics and the footer
contradicts itself: a type that differs, statistics that are too short, a codec that does not exist. What it is asked to
*read* it checks and raises for, so that reading is left to it, and asking is done here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from vip_tiering.readers.thrift import Fields, struct

Source = Path | bytes

_TAIL_BYTES: Final = 8
_WRONG: Final = (KeyError, IndexError, TypeError, AttributeError, ValueError)
"""What a footer that is none, or lacks a part, makes of itself."""
_CODECS: Final = ("uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw")
_ROW_GROUPS, _COLUMNS, _METADATA = 4, 1, 3
_ENCODINGS, _PATH, _CODEC, _VALUES, _UNPACKED, _DATA_PAGE, _DICTIONARY_PAGE, _STATISTICS = 2, 3, 4, 5, 6, 9, 11, 12
_NULLS, _LEAST, _MOST = 3, (6, 2), (5, 1)
"""Fields of the footer, as parquet.thrift numbers them; least and most have an older field each."""


@dataclass(frozen=True)
class Chunk:
    """One column in one row group. `stored` is its size unpacked, `begin` where its first page begins.

    `dictionary`: begin and end of its dictionary page, if it says so.
    """

    group: int
    values: int
    stored: int
    begin: int
    encodings: frozenset[int]
    codec: str
    dictionary: tuple[int, int] | None
    only_value: bytes | None
    """The value that every row has, where the statistics say that there is only one and no null."""


Footer = list[list[Fields]]
"""The columns of every row group."""


def read_footer(source: Source) -> Footer:
    """Return the footer of a file. Raises ArrowInvalid, like the library, for one that is none."""
    if isinstance(source, bytes):
        footer = source[-_TAIL_BYTES - int.from_bytes(source[-_TAIL_BYTES:-4], "little") :]
    else:
        with source.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(end - _TAIL_BYTES, 0))
            size = int.from_bytes(file.read(4), "little") + _TAIL_BYTES
            file.seek(max(end - size, 0))
            footer = file.read(size)
    try:
        fields, _ = struct(footer)
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


def _chunk(group: int, column: Fields) -> Chunk:
    dictionary = column.get(_DICTIONARY_PAGE)
    sizes = (column[_VALUES], column[_UNPACKED], column[_DATA_PAGE], dictionary or 0)
    if min(sizes) < 0 or not 0 <= column[_CODEC] < len(_CODECS):
        raise ValueError(sizes)
    return Chunk(
        group,
        column[_VALUES],
        column[_UNPACKED],
        dictionary or column[_DATA_PAGE],
        frozenset(column[_ENCODINGS]),
        _CODECS[column[_CODEC]],
        (dictionary, column[_DATA_PAGE]) if dictionary else None,
        _only_value(column.get(_STATISTICS, {})),
    )


def _only_value(statistics: Fields) -> bytes | None:
    least = next((statistics[field] for field in _LEAST if field in statistics), None)
    most = next((statistics[field] for field in _MOST if field in statistics), None)
    return least if isinstance(least, bytes) and least == most and statistics.get(_NULLS) == 0 else None


def bytes_between(source: Source, begin: int, end: int) -> bytes:
    """Return a part of a file."""
    if isinstance(source, bytes):
        return source[begin:end]
    with source.open("rb") as file:
        file.seek(begin)
        return file.read(max(end - begin, 0))
