"""Columns of any kind as one Arrow array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Return a column as one array; dictionary-encoded chunks get one dictionary."""
    if isinstance(column, pa.Array):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def text_array(column: pd.Series) -> pa.Array:
    """Return a column of text, or a categorical one, as one string array."""
    return one_array(pa.array(column)).cast(pa.string())
