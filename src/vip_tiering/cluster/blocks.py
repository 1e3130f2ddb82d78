"""Rows on their way from the executor that read them to the one that posts them: blocks of Arrow, one per file and bucket.

A bucket holds some customers with all their rows. Spark moves a block as one value and never looks at the rows in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.arrays import one_array
from vip_tiering.base.roster import id_words, mix
from vip_tiering.extracts.rows import Rows
from vip_tiering.rules.extracts import Aliases

_TEXTS: Final = ("customer_id", "account_id", "product", "currency")
_SPREAD: Final = (0xFF51_AFD7_ED55_8CCD, 0xC4CE_B9FE_1A85_EC53)
MOST_BUCKETS: Final = np.iinfo(np.int16).max
_OPTIONS: Final = pa.ipc.IpcWriteOptions(compression="zstd")


def buckets_of(ids: pa.Array, aliases: Aliases | None, buckets: int) -> npt.NDArray[np.int16]:
    """Return the bucket of every row's customer, shape (n,): the same for an id in every file, and for all ids of a renamed customer."""
    key = mix(id_words(aliases.known_as(ids) if aliases else ids))
    for factor in _SPREAD:  # the key of a short id is the id itself, whose bytes are all digits
        key ^= key >> np.uint64(33)
        key *= np.uint64(factor)
    key ^= key >> np.uint64(33)
    return (key % np.uint64(buckets)).astype(np.int16)  # two bytes are sorted quickly


def blocks_of(rows: Rows, bucket: npt.NDArray[np.int16]) -> Iterator[tuple[int, bytes]]:
    """Yield each bucket that has rows of one file, and those rows as a block; their order stays. `bucket`, shape (n,): of each row."""
    order = np.argsort(bucket, kind="stable")
    ordered = bucket[order]
    columns: dict[str, Any] = {name: column for name in _TEXTS if (column := getattr(rows, name)) is not None}
    columns |= {"balance_fen": pa.array(rows.balance_fen), "row": pa.array(rows.row)}
    if rows.day.strides != (0,):  # of one day: that of the file
        columns["day"] = pa.array(rows.day)
    table = pa.table(columns).take(pa.array(order)).combine_chunks()
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.empty(0, np.intp)
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(ordered)], strict=False):
        yield int(ordered[begin]), to_bytes(table.slice(begin, end - begin))


def rows_of(block: bytes | pa.Buffer, file: int, day: int | None) -> Rows:
    """Return the rows of a block. `file`: the index of the extract; `day`: its day, None where it holds several."""
    table = from_bytes(block)
    texts = {name: one_array(table[name]) if name in table.column_names else None for name in _TEXTS}
    days = table["day"].to_numpy() if "day" in table.column_names else np.broadcast_to(np.int32(day or 0), len(table))
    file_of_rows = np.broadcast_to(np.int32(file), len(table))
    return Rows(**texts, day=days, balance_fen=table["balance_fen"].to_numpy(), file=file_of_rows, row=table["row"].to_numpy())


def to_bytes(table: pa.Table) -> bytes:
    """Return a table as one compressed stream of Arrow."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def from_bytes(content: bytes | pa.Buffer) -> pa.Table:
    """Return the table that `to_bytes` wrote, each column in one piece."""
    return pa.ipc.open_stream(content).read_all().combine_chunks()
