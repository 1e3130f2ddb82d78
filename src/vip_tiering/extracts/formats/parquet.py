"""Parquet files into raw columns. Types are taken as they are declared; what cannot be exact is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vip_tiering.base.arrays import one_array
from vip_tiering.base.errors import DataError
from vip_tiering.extracts.checks import CALENDAR, counts_of, parse_days, readable_days
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES, Extract, column_too_large, refuse, refuse_columns, too_large
from vip_tiering.extracts.formats.parquet_footer import Chunk, Footer, Source, chunks_of, length_of_texts, read_footer
from vip_tiering.extracts.rows import RawColumns

_BYTES_PER_ROW: Final = 40
"""What a row takes at least while it is read: an id, an amount of 16 bytes, its day, its number."""
_DELTA_BYTE_ARRAY: Final = 7
_STORED_ONCE: Final = {2, 8, _DELTA_BYTE_ARRAY}
"""Encodings that store a text once: PLAIN_DICTIONARY, RLE_DICTIONARY, and that of "like the one before"."""
_LOOK_BYTES: Final = 256 << 20
"""What looking at texts that are stored as "like the one before" may take at a time."""
MAGIC = b"PAR1"
_DATE32_BYTES: Final = 4


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
    same = length_of_texts(source[chunk.dictionary], chunk.codec, chunk.stored) if isinstance(source, bytes) else None
    return (_longest_entry(file, source, name, chunk.group) if same is None else same) * chunk.values + chunk.stored


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


@contextmanager
def opened(file: Path | pa.BufferReader, name: str) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; whatever is wrong inside it is one clear error without the library's words."""
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened_file:
            yield opened_file
    except MemoryError:
        raise refuse(name, "file-too-large", "does not fit into memory; split it by day") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise refuse(name, "file-damaged", "is not a whole, sound Parquet file; incomplete transfer?") from None


def headers(file: pq.ParquetFile, name: str) -> tuple[str, ...]:
    """Return the names of the columns. Raises DataError where there are more than a table has."""
    refuse_columns(name, file.metadata.num_columns)
    return tuple(file.schema_arrow.names)


def names_its_columns(name: str, rules: str) -> DataError:
    """Return the error for a file where the rules number the columns, for text files without a header."""
    message = (
        f"is Parquet, which names its columns, and {rules} numbers them (header: none); deliver text, or name them in rules of their own"
    )
    return refuse(name, "header-missing", message)


def refuse_types(file: pq.ParquetFile, columns: dict[str, int], name: str) -> frozenset[str]:
    """Return the roles of text whose columns hold numbers. Raises DataError for types from which a value cannot be read exactly."""
    kinds = {role: file.schema_arrow.types[index] for role, index in columns.items()}
    for role, kind in kinds.items():
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        text = is_text(plain)
        if role == "balance":
            fits = text or pa.types.is_decimal(plain) or pa.types.is_integer(plain) or pa.types.is_float64(plain)
            right = "decimal(18, 2)"
        elif role == "date":
            fits = text or pa.types.is_date(plain) or pa.types.is_timestamp(plain) or pa.types.is_integer(plain)
            right = "date"
        else:  # an id with decimals is a row's mistake; no code of a currency has any
            decimals = pa.types.is_decimal(plain) and plain.scale >= 0 and (role != "currency" or plain.scale == 0)
            fits = text or pa.types.is_integer(plain) or decimals
            right = "string"
        if not fits:
            column = file.schema_arrow.names[columns[role]]
            raise refuse(name, "column-type", f"column {column} is of type {plain}; deliver it as {right}")
    return frozenset(role for role, kind in kinds.items() if role not in {"balance", "date"} and not is_text(kind))


def days(file: pq.ParquetFile, extract: Extract) -> tuple[tuple[int, ...], str, str]:
    """Return the days that the date column holds, a rule that some of its values break ("": none), and a day as most rows write it.

    The statistics tell where they settle it, else the column is read.
    """
    column = extract.columns["date"]
    footer = read_footer(extract.path)
    settled = _settled_days(file, footer, column)
    if settled is not None:
        return settled, "", ""
    values = _read(file, extract.path, footer, [column], extract)[column]
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    encoded = values.drop_null().dictionary_encode()
    return readable_days(parse_days(encoded.dictionary, extract.date_format, counts_of(encoded)))


def _settled_days(file: pq.ParquetFile, footer: Footer, column: int) -> tuple[int, ...] | None:
    """Return the days of a date column where the statistics settle them: every row group holds one day and no null."""
    if not pa.types.is_date32(file.schema_arrow.types[column]):
        return None
    values = [chunk.only_value for chunk in chunks_of(footer, file.schema_arrow.names[column])]
    days = {int.from_bytes(value, "little", signed=True) for value in values if value is not None and len(value) == _DATE32_BYTES}
    return tuple(sorted(days)) if None not in values and days and all(day in CALENDAR for day in days) else None


def read(extract: Extract, content: bytes, file: int, roles: Collection[str]) -> RawColumns:
    """Return the columns of `roles` from the content of a file, in the types that the checks know."""
    wanted = {role: extract.columns[role] for role in roles if role in extract.columns}
    with opened(pa.BufferReader(content), extract.name) as source:
        day = extract.day
        footer = read_footer(content)
        if "date" in wanted and day is None:
            settled = _settled_days(source, footer, wanted["date"])
            if settled is not None and len(settled) == 1:
                day = settled[0]
                del wanted["date"]
        values = _read(source, content, footer, sorted(set(wanted.values())), extract)
        count = source.metadata.num_rows
        # A part without rows may have types that say nothing.
        columns = {role: _plain(values[index], extract, role) if count else pa.array([], pa.string()) for role, index in wanted.items()}
    return RawColumns(extract, file, columns, np.arange(1, count + 1, dtype=np.int32), day)


def _read(file: pq.ParquetFile, source: Source, footer: Footer, columns: list[int], extract: Extract) -> dict[int, pa.Array]:
    """Return columns of a file, once it is sure that they fit; values that no sound file holds refuse it."""
    names = file.schema_arrow.names
    chunks = {column: chunks_of(footer, names[column]) for column in columns}
    if file.metadata.num_row_groups != len(footer) or (footer and not all(chunks.values())):
        raise pa.ArrowInvalid
    refuse_bombs(file, source, chunks, extract)
    try:
        table = file.read(columns=[names[column] for column in columns], use_threads=False)
    except (pa.ArrowException, OSError):
        raise _damaged(file, [names[column] for column in columns], extract) from None
    if any(len(table[names[column]]) != file.metadata.num_rows for column in columns):
        raise pa.ArrowInvalid
    values = {}
    for column in columns:
        if is_text(table[names[column]].type) and table[names[column]].nbytes > COLUMN_LIMIT_BYTES:
            raise column_too_large(extract.name, extract.headers[column])
        values[column] = one_array(table[names[column]])
        if pa.types.is_dictionary(values[column].type):
            values[column].validate(full=True)  # codes without a text are taken as they come
    return values


def _damaged(file: pq.ParquetFile, names: list[str], extract: Extract) -> DataError:
    """Return the error for columns that cannot be read, with the first row group in which that is so."""
    for group in range(file.metadata.num_row_groups):
        try:
            file.read_row_group(group, columns=names, use_threads=False)
        except (pa.ArrowException, OSError):
            return extract.refuse("file-damaged", f"row group {group + 1} is damaged; incomplete transfer? deliver the file anew")
    return extract.refuse("file-damaged", "is not a whole, sound Parquet file; incomplete transfer?")


def _plain(values: pa.Array, extract: Extract, role: str) -> pa.Array:
    """Return text as string arrays with 32-bit offsets, and dictionaries decoded unless they are dates."""
    if pa.types.is_dictionary(values.type) and role != "date":
        if is_text(values.type) and _decoded_bytes(values) > COLUMN_LIMIT_BYTES:
            raise column_too_large(extract.name, extract.header(role))
        values = values.dictionary_decode()
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        return values.cast(pa.string())
    return values


def _decoded_bytes(values: pa.DictionaryArray) -> int:
    """Return how much text a dictionary-encoded column holds once it is decoded."""
    lengths = pc.binary_length(values.dictionary).cast(pa.int64()).take(values.indices)
    return int(pc.sum(lengths).as_py() or 0)
