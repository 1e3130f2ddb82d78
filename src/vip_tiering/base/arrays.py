"""Columns of any kind as one Arrow array, and the memory that they take."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd


_GLIBC_HEAP: Final = ((-8, 1), (-3, 1 << 30), (-1, 64 << 20))
"""glibc's mallopt: M_ARENA_MAX, one heap; M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, in bytes: freed memory is kept, up to two days' of it."""


_DECIMAL_DIGITS: Final = 76
"""The most digits that a decimal may have."""
Int32s = npt.NDArray[np.int32]
Int8s = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]


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


def joined_groups(texts: pa.Array, groups: npt.ArrayLike, separator: str) -> pa.Array:
    """Return the texts of each group joined, one text for each group.

    `groups`, shape (n,): a number from 0 for every text; equal ones stand together.
    """
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    offsets = pa.array(np.append(starts, len(texts)).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), separator)


def texts_of(texts: Sequence[str]) -> pa.Array:
    """Return texts as an array. `pa.array` would do, but loads pandas to see whether it was given one of its columns."""
    encoded = [one.encode() for one in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(encoded), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))])


def text_array(column: pd.Series) -> pa.Array:
    """Return a column of text, or a categorical one, as one string array."""
    return one_array(pa.array(column)).cast(pa.string())


def truth(values: pa.Array) -> Mask:
    """Return an array of truth values as a mask; null is false."""
    return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def offsets_of(values: pa.Array) -> Int32s:
    """Return where each string of an array begins in its bytes, and where the last one ends; shape (n + 1,)."""
    if len(values) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]


def text_bytes(values: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the bytes of all strings of an array, one after the other."""
    if len(values) == 0 or values.buffers()[2] is None:
        return np.empty(0, np.uint8)
    offsets = offsets_of(values)
    return np.frombuffer(values.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]


def all_alike(values: pa.Array) -> bool:
    """Return whether all strings of an array are the same; false for none, and for other types."""
    if not len(values) or not pa.types.is_string(values.type) or values.null_count:
        return False
    lengths = np.diff(offsets_of(values))
    text = text_bytes(values)
    same = int(lengths[0])
    return len(text) == same * len(values) and bool((lengths == same).all()) and bool((text[same:] == text[: -same or None]).all())


def whole_parts(values: pa.Array) -> tuple[pa.Array, Mask]:
    """Return the whole part of decimals as text, shape (n,), and which of them are more than that; null stays null."""
    wide = values.cast(pa.decimal256(_DECIMAL_DIGITS, values.type.scale))
    whole = pc.trunc(wide)
    return whole.cast(pa.decimal256(_DECIMAL_DIGITS, 0)).cast(pa.string()), truth(pc.not_equal(whole, wide).fill_null(False))


def positions_in(ids: pa.Array, among: pa.Array) -> Int32s:
    """Return where each id stands among others, shape (n,); -1 for nowhere. Where both are the same, nothing is looked up."""
    if not len(ids) or ids.equals(among):
        return np.arange(len(ids), dtype=np.int32)
    found: Int32s = pc.fill_null(pc.index_in(ids, value_set=among), -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return found
