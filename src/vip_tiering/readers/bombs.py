"""Parquet files that are small on disk and enormous in memory, found before they are read.

A text that repeats is stored once in a dictionary, or as "like the one before": 5 MB of it, a million times, are 5 MB
in the file and 5 TB when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vip_tiering.readers.dictionary_page import longest_text
from vip_tiering.readers.extract import Extract
from vip_tiering.readers.footer import Chunk, Source, bytes_between
from vip_tiering.readers.limits import too_large

_BYTES_PER_ROW: Final = 40
"""What a row takes at least while it is read: an id, an amount of 16 bytes, its day, its number."""
_DELTA_BYTE_ARRAY: Final = 7
_STORED_ONCE: Final = {2, 8, _DELTA_BYTE_ARRAY}
"""Encodings that store a text once: PLAIN_DICTIONARY, RLE_DICTIONARY, and that of "like the one before"."""
_LOOK_BYTES: Final = 256 << 20
"""What looking at texts that are stored as "like the one before" may take at a time."""


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type holds text, dictionary-encoded or not."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain))


def refuse_bombs(file: pq.ParquetFile, source: Source, chunks: Mapping[int, Sequence[Chunk]], extract: Extract) -> None:
    """Raise DataError where the columns, given by their chunks, would take more memory than the extract may."""
    rows = max([file.metadata.num_rows, *(sum(chunk.values for chunk in column) for column in chunks.values())])
    stored = sum(chunk.stored for column in chunks.values() for chunk in column)
    if max(rows * _BYTES_PER_ROW, stored) > extract.max_bytes:
        raise too_large(extract.name, extract.max_bytes)
    for column, its_chunks in chunks.items():
        if is_text(file.schema_arrow.types[column]):
            needed = sum(_text_bytes(file, source, column, chunk, extract.max_bytes) for chunk in its_chunks)
            if needed > extract.max_bytes:
                raise too_large(extract.name, extract.max_bytes, f"column {extract.headers[column]}")


def _text_bytes(file: pq.ParquetFile, source: Source, column: int, chunk: Chunk, enough: int) -> int:
    """Return how many bytes the texts of a chunk take at most.

    Only where texts may repeat, and would be too large if they did, a look inside is needed.
    """
    if not _STORED_ONCE.intersection(chunk.encodings):
        return chunk.stored
    if chunk.stored * chunk.values <= enough:
        return chunk.stored * chunk.values
    name = file.schema_arrow.names[column]
    if _DELTA_BYTE_ARRAY in chunk.encodings:
        return _counted_bytes(file, name, chunk.group, max(min(_LOOK_BYTES, enough) // chunk.stored, 1), enough)
    page = bytes_between(source, *chunk.dictionary) if chunk.dictionary else b""
    longest = longest_text(page, chunk.codec, chunk.stored)
    return (_longest_entry(file, source, name, chunk.group) if longest is None else longest) * chunk.values + chunk.stored


def _longest_entry(file: pq.ParquetFile, source: Source, name: str, group: int) -> int:
    """Return the length of the longest text in the dictionary of a chunk; one row is read, and with it the dictionary."""
    again = source if isinstance(source, Path) else pa.BufferReader(source)
    with pq.ParquetFile(again, metadata=file.metadata, read_dictionary=[name], page_checksum_verification=True) as coded:
        for batch in coded.iter_batches(batch_size=1, row_groups=[group], columns=[name], use_threads=False):
            return int(pc.max(pc.binary_length(batch.column(0).dictionary)).as_py() or 0)
    return 0


def _counted_bytes(file: pq.ParquetFile, name: str, group: int, rows: int, enough: int) -> int:
    """Return how many bytes the texts of a chunk take, read by so many rows at a time; counting ends where it is enough."""
    needed = 0
    for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=[name], use_threads=False):
        needed += batch.nbytes
        if needed > enough:
            break
    return needed
