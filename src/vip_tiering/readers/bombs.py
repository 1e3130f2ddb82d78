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

from vip_tiering.readers.extract import Extract
from vip_tiering.readers.limits import too_large

_BYTES_PER_ROW: Final = 40
"""What a row takes at least while it is read: an id, an amount of 16 bytes, its day, its number."""
_SHORTEST_PLAIN_BYTES: Final = 8
"""A text that is stored as it is takes 4 bytes for its length, and ids have more than 4 characters."""
_STORED_ONCE: Final = {"PLAIN_DICTIONARY", "RLE_DICTIONARY", "DELTA_BYTE_ARRAY"}
_LOOK_BYTES: Final = 256 << 20
"""What looking at texts that are stored as "like the one before" may take at a time."""

Chunks = Sequence[pq.ColumnChunkMetaData]
Source = Path | bytes


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type holds text, dictionary-encoded or not."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain))


def refuse_bombs(file: pq.ParquetFile, source: Source, chunks: Mapping[int, Chunks], extract: Extract) -> None:
    """Raise DataError where the columns, given by their chunks, would take more memory than the extract may."""
    rows = max([file.metadata.num_rows, *(sum(chunk.num_values for chunk in column) for column in chunks.values())])
    stored = sum(chunk.total_uncompressed_size for column in chunks.values() for chunk in column)
    if max(rows * _BYTES_PER_ROW, stored) > extract.max_bytes:
        raise too_large(extract.name, extract.max_bytes)
    for column, its_chunks in chunks.items():
        if is_text(file.schema_arrow.types[column]):
            needed = sum(_text_bytes(file, source, (column, group), chunk, extract.max_bytes) for group, chunk in enumerate(its_chunks))
            if needed > extract.max_bytes:
                raise too_large(extract.name, extract.max_bytes, f"column {extract.headers[column]}")


def _text_bytes(file: pq.ParquetFile, source: Source, place: tuple[int, int], chunk: pq.ColumnChunkMetaData, enough: int) -> int:
    """Return how many bytes the texts of a chunk (`place`: column, row group) take at most.

    Only where texts may repeat, and would be too large if they did, a look inside is needed.
    """
    stored, values = int(chunk.total_uncompressed_size), int(chunk.num_values)
    if not _STORED_ONCE.intersection(chunk.encodings) or stored >= values * _SHORTEST_PLAIN_BYTES:
        return stored
    if stored * values <= enough:
        return stored * values
    if "DELTA_BYTE_ARRAY" in chunk.encodings:
        return _counted_bytes(file, place, max(_LOOK_BYTES // stored, 1), enough)
    return _longest_entry(file, source, place) * values + stored


def _longest_entry(file: pq.ParquetFile, source: Source, place: tuple[int, int]) -> int:
    """Return the length of the longest text in the dictionary of a chunk; one row is read, and with it the dictionary."""
    name = file.schema_arrow.names[place[0]]
    again = source if isinstance(source, Path) else pa.BufferReader(source)
    with pq.ParquetFile(again, metadata=file.metadata, read_dictionary=[name], page_checksum_verification=True) as coded:
        for batch in coded.iter_batches(batch_size=1, row_groups=[place[1]], columns=[name], use_threads=False):
            return int(pc.max(pc.binary_length(batch.column(0).dictionary)).as_py() or 0)
    return 0


def _counted_bytes(file: pq.ParquetFile, place: tuple[int, int], rows: int, enough: int) -> int:
    """Return how many bytes the texts of a chunk take, read by so many rows at a time; counting ends where it is enough."""
    name = file.schema_arrow.names[place[0]]
    needed = 0
    for batch in file.iter_batches(batch_size=rows, row_groups=[place[1]], columns=[name], use_threads=False):
        needed += batch.nbytes
        if needed > enough:
            break
    return needed
