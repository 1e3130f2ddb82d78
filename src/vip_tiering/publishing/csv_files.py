"""A run's tables into bytes: CSV that opens in Excel and reads back exactly, and Parquet. Same tables, same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vip_tiering.base.arrays import one_array, text_bytes
from vip_tiering.base.money import value_range
from vip_tiering.base.threads import in_order, threads

_BOM = b"\xef\xbb\xbf"
_CHUNK_ROWS = 1 << 16
_ROWS_PER_WORD = 8
"""Columns become one before they are written where each of its words stands in so many rows, on average."""
_REPEATING = ["tier", "quarter_days", "days_held"]
"""The columns of `tiers.parquet` whose values repeat, so that a dictionary is worth building."""


@dataclass(frozen=True)
class CsvForm:
    """How a CSV is written: its encoding, whether the mark of UTF-8 begins it, its line end, whether a header is its first row."""

    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    bom: bool = True
    line_end: str = "\n"
    header: bool = True


def write_csv(columns: Mapping[str, pa.Array | pa.ChunkedArray], sink: IO[bytes], form: CsvForm = CsvForm()) -> int:
    """Write columns as CSV and return the number of rows.

    Without a form: UTF-8 with BOM, a line feed after every row. Nothing stands where a value is null. Quotes only where a
    text needs them, looked for once in a dictionary; a stretch of rows at a time, the next two while one is written. What stands
    in two columns, as one object, becomes text once.
    """
    if form.bom:
        sink.write(_BOM)
    if form.header:
        sink.write(_csv_lines([_csv_text(pa.array([name])) for name in columns], form))
    rows = len(next(iter(columns.values())))
    ready = _ready(columns.values(), most_words=rows // _ROWS_PER_WORD)
    different = {id(column): column for column in ready}

    def lines(start: int) -> memoryview | bytes:
        texts = {key: _csv_text(one_array(column.slice(start, _CHUNK_ROWS))) for key, column in different.items()}
        return _csv_lines([texts[id(column)] for column in ready], form)

    with threads(2) as pool:
        for text in in_order(pool, lines, range(0, rows, _CHUNK_ROWS), ahead=2):
            sink.write(text)
    return rows


def csv_bytes(columns: Mapping[str, pa.Array | pa.ChunkedArray], *, header: bool) -> bytes:
    """Return columns as CSV, as `write_csv` writes them; without a header, as rows to be added to a file."""
    sink = io.BytesIO()
    write_csv(columns, sink, CsvForm(bom=header, header=header))
    return sink.getvalue()


def _csv_lines(texts: list[pa.Array], form: CsvForm) -> memoryview | bytes:
    """Return the rows of columns of CSV fields, of equal length, as encoded CSV."""
    texts[-1] = pc.binary_join_element_wise(texts[-1], form.line_end, "", null_handling="replace")
    lines = pc.binary_join_element_wise(*texts, ",", null_handling="replace")
    encoded = text_bytes(lines).data
    return encoded if form.encoding == "utf-8" else str(encoded, "utf-8").encode(form.encoding)


def _ready(columns: Iterable[pa.Array | pa.ChunkedArray], most_words: int) -> list[pa.Array | pa.ChunkedArray]:
    """Return what is to be joined with commas; dictionaries beside each other become one where it has no more words than this."""
    ready: list[pa.Array | pa.ChunkedArray] = []
    for column in map(_with_csv_words, columns):
        coded = ready and all(pa.types.is_dictionary(one.type) for one in (ready[-1], column))
        if coded and len(ready[-1].dictionary) * len(column.dictionary) <= most_words:
            ready[-1] = _pairs(ready[-1], column)
        else:
            ready.append(column)
    return ready


def _pairs(first: pa.DictionaryArray, second: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return two columns of CSV fields as one, with a comma between."""
    size = len(second.dictionary)
    codes = np.arange(len(first.dictionary) * size, dtype=np.int32)
    words = pc.binary_join_element_wise(first.dictionary.take(pa.array(codes // size)), second.dictionary.take(pa.array(codes % size)), ",")
    return pa.DictionaryArray.from_arrays(first.indices.to_numpy().astype(np.int32) * np.int32(size) + second.indices.to_numpy(), words)


def _with_csv_words(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return a column as it is, but for the words of a dictionary, which become CSV fields; that of null is the empty one."""
    if not pa.types.is_dictionary(column.type):
        return column
    coded = one_array(column)
    words = _csv_text(coded.dictionary)
    if not coded.null_count:
        return pa.DictionaryArray.from_arrays(coded.indices, words)
    indices = coded.indices.cast(pa.int32()).fill_null(len(words))
    return pa.DictionaryArray.from_arrays(indices, pa.concat_arrays([words, pa.array([""])]))


def _csv_text(column: pa.Array) -> pa.Array:
    """Return a column as CSV fields, with quotes where a text holds a separator, a quote or a line end."""
    if pa.types.is_dictionary(column.type):  # of CSV fields already
        return column.dictionary.take(column.indices)
    if not pa.types.is_string(column.type):
        return column.cast(pa.string())
    content = text_bytes(column)
    # As in ids: what needs quotes is a comma or comes before it.
    if value_range(content)[0] > ord(",") or not any((content == mark).any() for mark in b',"\r\n'):
        return column
    needs = pc.match_substring_regex(column, '[",\r\n]')
    doubled = pc.replace_substring(column, '"', '""') if (content == ord('"')).any() else column
    return pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), column)


def write_parquet(table: pa.Table, sink: IO[bytes]) -> int:
    """Write a table as Parquet and return the number of rows; page checksums let a flipped bit be found on reading."""
    pq.write_table(table, sink, use_dictionary=_REPEATING, write_page_checksum=True, store_schema=False)
    return len(table)
