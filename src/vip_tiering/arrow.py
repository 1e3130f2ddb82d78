"""Columns of any kind as one Arrow array, and the memory that they take."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd

_GLIBC_HEAP: Final = ((-8, 1), (-3, 1 << 30), (-1, 1 << 30))
"""glibc's mallopt: M_ARENA_MAX, one heap; M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, in bytes, freed memory is kept."""


def share_freed_memory() -> None:
    """Let all threads and libraries share one heap that keeps what is freed, for each day and step needs what the one before gave back.

    Otherwise glibc gives each thread a heap of its own, in which days pile up, and Arrow keeps a third kind of its own; and what
    goes back to the system must be emptied by it before it is used again. Where the C library is another one, only Arrow is told.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in _GLIBC_HEAP:
            mallopt(parameter, value)


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array; dictionary-encoded chunks get one dictionary."""
    if isinstance(column, pa.Array):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def encoded(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """Return a column with each different value once.

    All chunks that Arrow encodes together have one dictionary; to make one array of them it would compare it for every chunk.
    """
    if pa.types.is_dictionary(column.type):
        return one_array(column)
    if isinstance(column, pa.Array) or not len(column):
        return one_array(column).dictionary_encode()
    chunks = column.dictionary_encode().chunks
    return pa.DictionaryArray.from_arrays(pa.concat_arrays([chunk.indices for chunk in chunks]), chunks[-1].dictionary)


def row_keys(*columns: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return one text for each row of columns of harmless text, equal where the rows are; shape (n,)."""
    return one_array(pc.binary_join_element_wise(*columns, "\x1f"))


def last_rows(wanted: pa.Array, keys: pa.Array) -> pa.Array:
    """Return the last row whose key is each of those wanted, shape (k,); null where none is."""
    last = pa.table({"key": keys, "row": pa.array(np.arange(len(keys)))}).group_by("key").aggregate([("row", "max")])
    return one_array(last["row_max"].take(pc.index_in(wanted, value_set=one_array(last["key"]))))


def text_array(column: pd.Series) -> pa.Array:
    """Return a column of text, or a categorical one, as one string array."""
    return one_array(pa.array(column)).cast(pa.string())
