"""Columns of Parquet files from their pages: ids of one length and amounts, in less time than the library takes.

In a column of many different values nearly every page holds them as they are, one after the other, so that a page is
copied as a whole. Only what is beyond doubt is taken: all values are there, every page is of exactly the size that it must
have, and its checksum, if any, is right. Everything else is left to the library, damage too.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from vip_tiering.base.arrays import offsets_of, steps, text_bytes
from vip_tiering.base.money import DECIMAL, STORED_DECIMAL, fen_from_decimal
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES
from vip_tiering.extracts.parquet_footer import Chunk, common_length, struct, unsigned

Values = npt.NDArray[Any]
_LENGTH_BYTES: Final = {("INT64", DECIMAL): 0, ("BYTE_ARRAY", pa.string()): 4}
"""The bytes before each value, which tell its length, by how a column is stored and what it means."""
_CODECS: Final = ("uncompressed", "snappy", "zstd")
"""Codecs of which it is sure that they filled a page: for others the library does not tell."""
_HEADER_BYTES: Final = 256
_OFFSET_BYTES: Final = 4
_KIND, _UNPACKED_SIZE, _PACKED_SIZE, _CHECKSUM, _DATA = 1, 2, 3, 4, 5
_COUNT, _ENCODING, _LEVELS = 1, 2, 3
_DATA_PAGE, _DICTIONARY_PAGE, _PLAIN, _RLE, _CODED = 0, 2, 0, 3, (2, 8)
"""Fields of a page header and their values, as parquet.thrift numbers them."""
_WORTH_WHILE: Final = 2
"""At least one value in so many must stand in plain pages."""
_MOST_PAGES, _FEWEST_VALUES = 256, 100
"""Pages are walked in Python: a chunk may have so many, and one more for so many values."""
_UNFIT: Final = (KeyError, IndexError, TypeError, ValueError, MemoryError, OSError, pa.ArrowException)


@dataclass(frozen=True)
class _Page:
    """A page of `count` values: where its content begins and ends, and its size unpacked."""

    begin: int
    end: int
    unpacked: int
    count: int
    coded: bool


def plain_column(file: pq.ParquetFile, content: bytes, column: int, chunks: Sequence[Chunk]) -> pa.Array | None:
    """Return a column of a file, which has these chunks, as decimals of 8 bytes or as text; None where the library should read it."""
    name, described = file.schema_arrow.names[column], file.schema.column(column)
    length_bytes = _LENGTH_BYTES.get((described.physical_type, file.schema_arrow.types[column]))
    # Behind a nested column the library's numbers mean other columns; the path tells.
    flat = described.path == name and described.max_repetition_level == 0 and described.max_definition_level <= 1
    if length_bytes is None or not flat or not all(chunk.codec in _CODECS for chunk in chunks):
        return None
    try:
        pages = [_pages(content, chunk) for chunk in chunks]
        plain = sum(page.count for of_chunk in pages for page in of_chunk if not page.coded)
        if plain * _WORTH_WHILE < file.metadata.num_rows:
            return None
        reader = _Reader(file, content, name, length_bytes, nullable=described.max_definition_level == 1)
        pieces = (piece for chunk, of_chunk in zip(chunks, pages, strict=True) for piece in reader.pieces(chunk, of_chunk))
        return _as_array(_joined(pieces, file.metadata.num_rows), length_bytes)
    except _UNFIT:
        return None


def _pages(content: bytes, chunk: Chunk) -> list[_Page]:
    """Return the data pages of a chunk, of which those whose values stand in its dictionary come first."""
    pages: list[_Page] = []
    position, left = chunk.begin, chunk.values
    while left > 0:
        header, size = struct(content[position : position + _HEADER_BYTES])
        begin, packed = position + size, header[_PACKED_SIZE]
        position = begin + packed
        if packed <= 0 or position > len(content) or not 0 < header[_UNPACKED_SIZE] <= chunk.stored:
            raise ValueError(position)
        if _CHECKSUM in header and zlib.crc32(memoryview(content)[begin:position]) != header[_CHECKSUM] % (1 << 32):
            raise ValueError(position)
        if header[_KIND] == _DICTIONARY_PAGE and begin - size == chunk.begin:
            continue
        data = header[_DATA]
        coded = data[_ENCODING] in _CODED
        if header[_KIND] != _DATA_PAGE or data[_LEVELS] != _RLE or data[_COUNT] <= 0 or not (coded or data[_ENCODING] == _PLAIN):
            raise ValueError(position)
        pages.append(_Page(begin, position, header[_UNPACKED_SIZE], data[_COUNT], coded))
        left -= data[_COUNT]
        if len(pages) > _MOST_PAGES + chunk.values // _FEWEST_VALUES:
            raise ValueError(position)
    coded_first = sorted(pages, key=lambda page: not page.coded)
    if left < 0 or coded_first != pages or (chunk.dictionary and not pages[0].coded):
        raise ValueError(position)
    return pages


@dataclass(frozen=True)
class _Reader:
    """Reads the values of one column; ValueError where they are not what they should be."""

    file: pq.ParquetFile
    content: bytes
    name: str
    length_bytes: int
    nullable: bool

    def pieces(self, chunk: Chunk, pages: Sequence[_Page]) -> Iterator[Values]:
        """Yield the values of a chunk: those of its dictionary by the library, and page by page the others."""
        coded = sum(page.count for page in pages if page.coded)
        if coded:
            batches = self.file.iter_batches(batch_size=coded, row_groups=[chunk.group], columns=[self.name], use_threads=False)
            yield self._of_library(next(batches, None), coded)
        for page in pages:
            if not page.coded:
                yield self._of_page(self._unpacked(page, chunk.codec), page.count)

    def _of_library(self, batch: pa.RecordBatch | None, count: int) -> Values:
        values = batch.column(0) if batch else pa.nulls(1)
        if len(values) != count or values.null_count:
            raise ValueError(count)
        if not self.length_bytes:
            return fen_from_decimal(values)
        lengths = np.diff(offsets_of(values))
        if lengths[0] == 0 or (lengths != lengths[0]).any():
            raise ValueError(count)
        return text_bytes(values).view(f"V{lengths[0]}")

    def _unpacked(self, page: _Page, codec: str) -> memoryview | pa.Buffer:
        packed = memoryview(self.content)[page.begin : page.end]
        if codec == "snappy" and unsigned(self.content, page.begin)[0] != page.unpacked:
            raise ValueError(page.begin)
        return packed if codec == "uncompressed" else pa.Codec(codec).decompress(packed, page.unpacked)

    def _of_page(self, page: memoryview | pa.Buffer, count: int) -> Values:
        """Return the values of a plain page as a view of it, shape (count,)."""
        skipped = _all_there(count) if self.nullable else b""
        begin = len(skipped)
        if bytes(page[:begin]) != skipped:
            raise ValueError(count)
        if not self.length_bytes:
            if len(page) - begin != count * np.dtype(np.int64).itemsize:
                raise ValueError(count)
            return np.frombuffer(page, "<i8", count, begin)
        size = common_length(page, count, begin)
        if size is None:
            raise ValueError(count)
        return np.ndarray((count,), f"V{size}", page, begin + self.length_bytes, (size + self.length_bytes,))


def _all_there(count: int) -> bytes:
    """Return what a page of an optional column begins with where none of its values is null: one run of ones, and its size."""
    run = bytearray()
    length = count << 1
    while length > 0x7F:  # noqa: PLR2004 (seven bits a byte)
        run.append(length & 0x7F | 0x80)
        length >>= 7
    run += bytes([length, 1])
    return len(run).to_bytes(4, "little") + run


def _joined(pieces: Iterator[Values], count: int) -> Values:
    """Return all pieces as one array, shape (count,); ValueError where they are not of one kind."""
    values: Values = np.empty(0, np.uint8)
    end = 0
    for piece in pieces:
        if end == 0 and count * (piece.itemsize + _OFFSET_BYTES) <= COLUMN_LIMIT_BYTES:
            values = np.empty(count, piece.dtype)
        begin, end = end, end + len(piece)
        if end > len(values) or piece.dtype != values.dtype:
            raise ValueError(count)
        values[begin:end] = piece
    if end != count:
        raise ValueError(count)
    return values


def _as_array(values: Values, length_bytes: int) -> pa.Array:
    if not length_bytes:
        return pa.Array.from_buffers(STORED_DECIMAL, len(values), [None, pa.py_buffer(values)])
    offsets = steps(len(values) + 1, values.itemsize)
    return pa.Array.from_buffers(pa.string(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(values.view(np.uint8))])
