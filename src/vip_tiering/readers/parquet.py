"""Parquet files into raw columns. Types are taken as they are declared; what cannot be exact is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vip_tiering.arrow import one_array
from vip_tiering.checks import RawColumns, parse_days, readable_days
from vip_tiering.quarter import day_number
from vip_tiering.readers.extract import Extract, refuse

MAGIC = b"PAR1"


@contextmanager
def opened(file: Path | pa.BufferReader, name: str) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; whatever is wrong inside it is one clear error without the library's words."""
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened_file:
            yield opened_file
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise refuse(name, "file-damaged", "is not a whole, sound Parquet file; incomplete transfer?") from None


def headers(file: pq.ParquetFile) -> tuple[str, ...]:
    """Return the names of the columns."""
    return tuple(file.schema_arrow.names)


def refuse_types(file: pq.ParquetFile, columns: dict[str, int], name: str) -> bool:
    """Return whether ids are whole numbers. Raises DataError for types from which a value cannot be read exactly."""
    kinds = {role: file.schema_arrow.types[index] for role, index in columns.items()}
    for role, kind in kinds.items():
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        text = pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain)
        if role == "balance":
            fits = text or pa.types.is_decimal(plain) or pa.types.is_integer(plain) or pa.types.is_float64(plain)
            right = "decimal(18, 2)"
        elif role == "date":
            fits = text or pa.types.is_date(plain) or pa.types.is_timestamp(plain) or pa.types.is_integer(plain)
            right = "date"
        else:
            fits = text or pa.types.is_integer(plain)
            right = "string"
        if not fits:
            column = file.schema_arrow.names[columns[role]]
            raise refuse(name, "column-type", f"column {column} is of type {plain}; deliver it as {right}")
    return pa.types.is_integer(kinds["customer_id"]) if "customer_id" in kinds else False


def days(file: pq.ParquetFile, column: int, date_format: str | None) -> tuple[tuple[int, ...], str]:
    """Return the days that the date column holds, and a rule that some of its values break ("": none).

    The statistics tell where they settle it, else the column is read.
    """
    settled = settled_days(file, column)
    if settled is not None:
        return settled, ""
    values = _read(file, [column])[column]
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    numbers, rules = parse_days(values.drop_null().unique(), date_format)
    return readable_days(numbers, rules)


def settled_days(file: pq.ParquetFile, column: int) -> tuple[int, ...] | None:
    """Return the days of a date column where the statistics settle them: every row group holds one day and no null."""
    groups = [file.metadata.row_group(index).column(column) for index in range(file.metadata.num_row_groups)]
    if not pa.types.is_date32(file.schema_arrow.types[column]) or not all(_is_settled(group) for group in groups):
        return None
    return tuple(sorted({day_number(group.statistics.min) for group in groups}))


def _is_settled(group: pq.ColumnChunkMetaData) -> bool:
    statistics = group.statistics
    return bool(
        statistics is not None
        and statistics.has_min_max
        and statistics.has_null_count
        and statistics.null_count == 0
        and statistics.min == statistics.max
    )


def read(extract: Extract, content: bytes, file: int, roles: Collection[str]) -> RawColumns:
    """Return the columns of `roles` from the content of a file, in the types that the checks know."""
    wanted = {role: extract.columns[role] for role in roles if role in extract.columns}
    with opened(pa.BufferReader(content), extract.name) as source:
        day = extract.day
        if "date" in wanted and day is None and (settled := settled_days(source, wanted["date"])) is not None and len(settled) == 1:
            day = settled[0]
            del wanted["date"]
        values = _read(source, sorted(set(wanted.values())))
        count = source.metadata.num_rows
    return RawColumns(
        name=extract.name,
        file=file,
        columns={role: _plain(values[index], keep_codes=role == "date") for role, index in wanted.items()},
        headers={role: extract.header(role) for role in extract.columns},
        row=np.arange(1, count + 1, dtype=np.int32),
        day=day,
        date_format=extract.date_format,
    )


def _read(file: pq.ParquetFile, columns: list[int]) -> dict[int, pa.Array]:
    names = file.schema_arrow.names
    table = file.read(columns=[names[column] for column in columns], use_threads=False)
    return {column: one_array(table[names[column]]) for column in columns}


def _plain(values: pa.Array, *, keep_codes: bool) -> pa.Array:
    """Return text as string arrays with 32-bit offsets, and dictionaries decoded unless their codes are wanted."""
    if pa.types.is_dictionary(values.type) and not keep_codes:
        values = values.dictionary_decode()
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        return values.cast(pa.string())
    return values
