"""Columns from their pages: what the library reads, or nothing."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vip_tiering.base.arrays import one_array
from vip_tiering.base.money import decimal_from_fen, fen_from_decimal
from vip_tiering.extracts.parquet_footer import chunks_of, read_footer
from vip_tiering.extracts.parquet_pages import plain_column

AMOUNT = pa.decimal128(18, 2)


def amounts(fen: list[int | None]) -> pa.Array:
    """Return amounts in fen as decimals."""
    return pa.array([None if one is None else Decimal(one).scaleb(-2) for one in fen], AMOUNT)


def written(column: pa.Array, *, required: bool = False, **options: Any) -> bytes:
    """Return a Parquet file with one column, whose decimals are stored as whole numbers."""
    sink = io.BytesIO()
    schema = pa.schema([pa.field("a", column.type, nullable=not required)])
    pq.write_table(pa.Table.from_arrays([column], schema=schema), sink, store_decimal_as_integer=True, **options)
    return sink.getvalue()


def from_pages(content: bytes) -> pa.Array | None:
    """Return what is read from the pages of a file with one column, as the library would give it."""
    with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
        values = plain_column(file, content, 0, chunks_of(read_footer(content), "a"))
    if values is not None:
        values.validate()
        return decimal_from_fen(fen_from_decimal(values)) if pa.types.is_decimal(values.type) else values
    return None


def by_library(content: bytes) -> pa.Array:
    """Return what the library reads."""
    with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
        return one_array(file.read()["a"])


ids = st.integers(1, 12).flatmap(lambda size: st.lists(st.text("0123456789", min_size=size, max_size=size), min_size=1, max_size=200))
columns = st.one_of(
    ids.map(pa.array),
    st.lists(st.text("0ab", max_size=4) | st.none(), min_size=1, max_size=50).map(lambda texts: pa.array(texts, pa.string())),
    st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=200).map(amounts),
    st.lists(st.integers(-300, 300) | st.none(), min_size=1, max_size=50).map(amounts),
)
forms = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "zstd", "gzip"]),
        "use_dictionary": st.booleans(),
        "dictionary_pagesize_limit": st.sampled_from([1, 100, 1000]),
        "data_page_size": st.sampled_from([1, 50, 5000]),
        "data_page_version": st.sampled_from(["1.0", "1.0", "2.0"]),
        "row_group_size": st.sampled_from([3, 64, 1000]),
        "write_batch_size": st.sampled_from([1, 7, 100]),
        "write_page_checksum": st.booleans(),
    }
)


@given(columns, forms, st.booleans())
def test_what_the_library_reads_or_nothing(column: pa.Array, form: dict[str, Any], required: bool) -> None:  # noqa: FBT001
    """However a file is written, its pages give the column itself, or leave it to the library."""
    content = written(column, required=required and not column.null_count, **form)
    values = from_pages(content)
    assert values is None or values.equals(column)
    fits = not column.null_count and not form["use_dictionary"] and form["data_page_version"] == "1.0" and form["compression"] != "gzip"
    if fits and (pa.types.is_decimal(column.type) or (column[0].as_py() and pc.count_distinct(pc.binary_length(column)).as_py() == 1)):
        assert values is not None


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("checksum", [True, False])
@pytest.mark.parametrize("column", [pa.array([f"C{number:05d}" for number in range(2000)]), amounts(list(range(0, 200_000, 100)))])
def test_damage_is_left_to_the_library(column: pa.Array, compression: str, checksum: bool) -> None:  # noqa: FBT001
    """One flipped byte before the footer: nothing is read from the pages, or what is still there, or what the library reads.

    A checksum leaves the second only, for a byte in the head of a page that means nothing here.
    """
    form = {"data_page_size": 3000, "write_batch_size": 100, "dictionary_pagesize_limit": 2000}
    content = written(column, compression=compression, write_page_checksum=checksum, **form)
    assert column.equals(from_pages(content))
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    left = 0
    for position in range(4, footer, 7):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        values = from_pages(bytes(flipped))
        left += values is None
        assert values is None or values.equals(column) or (not checksum and values.equals(by_library(bytes(flipped))))
    assert left > 20


def test_most_values_in_the_dictionary() -> None:
    """A column that repeats its values is left to the library as a whole."""
    assert from_pages(written(amounts([5, 6] * 1000))) is None


def test_first_values_in_the_dictionary() -> None:
    """The values before the dictionary was full are read with it, those after it from their pages, in every row group."""
    numbers = np.random.default_rng(1).integers(0, 10**9, 5000).tolist()
    for column in (amounts(numbers), pa.array([f"{number:010d}" for number in numbers])):
        content = written(column, dictionary_pagesize_limit=3000, data_page_size=1000, write_batch_size=50, row_group_size=1500)
        assert column.equals(from_pages(content))


def test_snappy_page_that_says_another_size() -> None:
    """A page whose content is shorter than its head says is refused by the library, and not filled up with whatever was there."""
    content = written(amounts(list(range(100))), compression="snappy", use_dictionary=False)
    head = content.index(bytes([0x15]), 4) + 3  # behind the kind of the page stands its size unpacked, in two bytes
    longer = bytearray(content)
    longer[head] += 2
    assert from_pages(content) is not None
    assert from_pages(bytes(longer)) is None


def test_nested_column_before_two_alike() -> None:
    """Behind a nested column, whose parts are columns of the file, no column is taken for another."""
    first, second = ([f"{letter}{number:05d}" for number in range(500)] for letter in "AB")
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"n": [{"x": 1, "y": 2}] * 500, "a": first, "b": second}), sink, dictionary_pagesize_limit=500, write_batch_size=10
    )
    content = sink.getvalue()
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        for column, (name, texts) in enumerate({"a": first, "b": second}.items(), 1):
            values = plain_column(file, content, column, chunks_of(read_footer(content), name))
            assert values is None or values.to_pylist() == texts


def test_pages_of_one_value() -> None:
    """Pages are walked one by one, so that a file of very many small ones is left to the library."""
    form = {"use_dictionary": False, "data_page_size": 1, "write_batch_size": 1}
    assert from_pages(written(amounts(list(range(200))), **form)) is not None
    assert from_pages(written(amounts(list(range(400))), **form)) is None
