"""Parquet as it comes: nested neighbours, contradictory footers, damage in every page, text that is none."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vip_tiering as vip
from tests.helpers import rules_with
from vip_tiering.base.errors import DataError
from vip_tiering.extracts.formats.parquet_footer import chunks_of, length_of_texts, read_footer

DAY = dt.date(2015, 10, 1)


def columns(count: int = 3, day: dt.date = DAY) -> dict[str, pa.Array]:
    """Return the columns of a sound extract."""
    return {
        "customer_id": pa.array([f"C{number:04d}" for number in range(count)]),
        "date": pa.array([day] * count),
        "balance": pa.array([f"{number}.50" for number in range(count)]).cast(pa.decimal128(18, 2)),
    }


def written(table: Mapping[str, Any], **options: Any) -> bytes:
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(table), sink, **options)
    return sink.getvalue()


def compute(folder: Path, content: bytes) -> dict[str, int]:
    """Return customer -> closing balance in fen of an extract."""
    (folder / "b.parquet").write_bytes(content)
    tiers = vip.compute_tiers(folder / "b.parquet", "2015Q4", rules=rules_with(), as_of=DAY, jobs=1).tiers
    return dict(zip(tiers["customer_id"], tiers["closing_fen"].tolist(), strict=True))


def refusal(folder: Path, content: bytes) -> str:
    """Return the text with which an extract is refused."""
    with pytest.raises(DataError) as caught:
        compute(folder, content)
    return str(caught.value)


def test_nested_column_before_the_date(tmp_path: Path) -> None:
    """A nested column, which has several columns in the file, does not shift what is known of the others."""
    nested = pa.array([{"x": DAY - dt.timedelta(1), "y": 1}] * 3)
    assert {"C0000": 50, "C0001": 150, "C0002": 250} == compute(tmp_path, written({"nested": nested, **columns()}))


def test_nested_balance_is_refused(tmp_path: Path) -> None:
    """A column that is read must not be nested."""
    assert "column-type" in refusal(tmp_path, written({**columns(), "balance": pa.array([[1], [2], [3]])}))


def test_text_that_is_no_utf8(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 in a column of text are refused, and not shown."""
    broken = pa.Array.from_buffers(pa.string(), 3, [None, *pa.array([b"C1", "张".encode("gb18030"), b"C3"]).buffers()[1:]])
    assert "file-encoding" in refusal(tmp_path, written({**columns(), "customer_id": broken}))


def test_time_stamps_of_any_unit(tmp_path: Path) -> None:
    """Midnight is judged in the unit of the column: a nanosecond counts, and far days do not wrap around."""
    for unit, per_day in (("s", 86400), ("ms", 86400 * 10**3), ("us", 86400 * 10**6), ("ns", 86400 * 10**9)):
        days = pa.array([16709 * per_day] * 3, pa.timestamp(unit))
        assert 3 == len(compute(tmp_path, written({**columns(), "date": days}, version="2.6")))
    off = pa.array([16709 * 86400 * 10**9] * 2 + [16709 * 86400 * 10**9 + 1], pa.timestamp("ns"))
    assert "row 3, column date" in refusal(tmp_path, written({**columns(), "date": off}))
    far = pa.array([16709 * 86400 * 10**3] * 2 + [400_000 * 86400 * 10**3], pa.timestamp("ms"))
    assert 2 == len(compute(tmp_path, written({**columns(), "date": far})))


@pytest.mark.parametrize("place", ["footer", "anywhere"])
def test_flipped_bits_end_in_a_clear_refusal(tmp_path: Path, place: str) -> None:
    """Whatever bit of a file with checksums is flipped: it is refused, or it meant nothing. The process never ends by a signal."""
    content = written(columns(200), write_page_checksum=True, compression="none")
    sound = compute(tmp_path, content)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    seeded = np.random.default_rng(1)
    for position in seeded.integers(footer if place == "footer" else 0, len(content), 300).tolist():
        flipped = bytearray(content)
        flipped[position] ^= 1 << int(seeded.integers(8))
        try:
            found = compute(tmp_path, bytes(flipped))
        except DataError:
            continue
        assert position >= footer or sound == found


def test_footers_that_contradict_themselves(tmp_path: Path) -> None:
    """Any byte of a footer may be wrong: the file is refused, or reads as before; the process is never ended by the library."""
    content = written(columns(), compression="none", store_schema=False)
    sound = {"C0000": 50, "C0001": 150, "C0002": 250}
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    ends = {"refused": 0, "read": 0}
    for position in range(footer, len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << position % 8
        try:
            ends["read"] += compute(tmp_path, bytes(flipped)) == sound
        except DataError:
            ends["refused"] += 1
    assert min(ends.values()) > 100


@pytest.mark.parametrize("column", ["customer_id", "account_id", "date", "balance"])
@pytest.mark.parametrize("compression", ["none", "snappy"])
def test_damage_in_every_page_is_refused(tmp_path: Path, column: str, compression: str) -> None:
    """One flipped byte in the middle of any page of any column that is read is refused, where it changes what is read."""
    table = {
        "account_id": pa.array([f"A{number:06d}" for number in range(3000)]),
        **columns(3000),
        "date": pa.array([str(DAY + dt.timedelta(number % 60)) for number in range(3000)]),
    }
    content = written(table, write_page_checksum=True, compression=compression, data_page_size=2000, write_batch_size=100)
    chunk = pq.read_metadata(io.BytesIO(content)).row_group(0).column(list(table).index(column))
    sound, refused = compute(tmp_path, content), 0
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    for position in np.linspace(begin + 40, begin + chunk.total_compressed_size - 1, 12).astype(int).tolist():
        flipped = bytearray(content)
        flipped[position] ^= 0xFF
        try:
            assert sound == compute(tmp_path, bytes(flipped))  # the statistics in the head of a page mean nothing here
        except DataError as error:
            refused += "file-damaged" in str(error)
    assert refused > 8


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "lz4"])
@pytest.mark.parametrize("texts", [["C0001", "C0002", "C0003"], ["C1", "C22"], ["", ""], ["a", "张三"], ["x" * 5_000]])
def test_length_of_the_texts_of_a_dictionary(texts: list[str], compression: str) -> None:
    """The length is told where all texts have it, and only there; a page that unpacks to more than it may is not unpacked."""
    content = written({"a": texts}, compression=compression)
    chunk = chunks_of(read_footer(content), "a")[0]
    lengths = {len(text.encode()) for text in texts}
    expected = lengths.pop() if len(lengths) == 1 else None
    assert length_of_texts(content[chunk.dictionary], chunk.codec, 1 << 20) == expected
    assert length_of_texts(content[chunk.dictionary], chunk.codec, 3) is None


@pytest.mark.parametrize("page", [b"", b"\x15", b"\x15\x04\x15\x80\x80\x80", bytes(100), b"\xff" * 300])
def test_page_that_is_none(page: bytes) -> None:
    """From bytes that are not a dictionary page nothing is told."""
    assert length_of_texts(page, "uncompressed", 100) is None
