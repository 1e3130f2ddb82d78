"""Extracts that are small on disk and enormous in memory are refused before the memory is gone."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vip_tiering as vip
from tests.helpers import Row, rules_with, write_csv
from vip_tiering.base.errors import DataError, UsageError
from vip_tiering.extracts.extract import size_in_bytes, size_text

DAY = dt.date(2015, 10, 1)
BASE_MIB = 300
"""What the command takes for an extract of a few rows, with room to spare."""


LAUNCHER = """
import resource, subprocess, sys
result = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
print(result.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
print(result.stderr, end="")
"""
"""A process counts what the one that started it had taken, so that a small one is put between."""


def refused(extract: Path, *options: str) -> tuple[str, int]:
    """Return the message with which the command refuses an extract, and its peak memory in MiB."""
    arguments = [str(extract), "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", str(extract.parent / "out"), *options]
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments]
    numbers, *message = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    status, peak = map(int, numbers.split())
    assert (4, 1) == (status, len(message)), message
    assert "file-too-large" in message[0]
    assert "--max-bytes" in message[0]
    return message[0], peak


def columns(count: int) -> dict[str, pa.Array]:
    """Return the columns of a sound extract."""
    return {
        "customer_id": pa.array([f"C{number}" for number in range(count)]),
        "balance": pa.array(np.arange(count)),
    }


def test_gzip_of_zeros(tmp_path: Path) -> None:
    """A gzip file of a few MB that unpacks to 1 GB is refused at the limit."""
    path = tmp_path / "b_20151001.csv.gz"
    packer = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        file.write(packer.compress(b"customer_id,balance\n"))
        for _ in range(64):
            file.write(packer.compress(bytes(1 << 24)))
        file.write(packer.flush())
    message, peak = refused(path, "--max-bytes", "100M")
    assert "more than 100M" in message
    assert peak < BASE_MIB + 300  # the text so far, once more where it grows, and a piece of 66 MB


def test_parquet_of_a_thousand_million_rows(tmp_path: Path) -> None:
    """A Parquet file of 10^9 equal rows is refused by what it says of itself."""
    path = tmp_path / "b_20151001.parquet"
    codes = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int8)), pa.array(["C1"]))
    pq.write_table(pa.table({"customer_id": codes, "balance": pa.array(np.zeros(1_000_000, np.int32))}), path, row_group_size=1_000_000)
    content = path.read_bytes()
    footer_bytes = int.from_bytes(content[-8:-4], "little") + 8
    metadata, once = pq.read_metadata(path), pq.read_metadata(path)
    for _ in range(999):  # a thousand row groups that all lie in the same place
        metadata.append_row_groups(once)
    footer = io.BytesIO()
    metadata.write_metadata_file(footer)
    path.write_bytes(content[:-footer_bytes] + footer.getvalue()[4:])
    assert 10**9 == pq.read_metadata(path).num_rows
    _, peak = refused(path)
    assert peak < BASE_MIB


@pytest.mark.parametrize("column", ["customer_id", "date", "balance"])
def test_text_that_is_stored_once(tmp_path: Path, column: str) -> None:
    """A text of 5 MB that a column repeats a million times is refused before it is multiplied."""
    count = 1_000_000
    path = tmp_path / "b_20151001.parquet"
    bomb = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["7" * 5_000_000]))
    pq.write_table(pa.table({**columns(count), column: bomb}), path, store_schema=False)
    message, peak = refused(path)
    assert f"column {column}" in message
    assert peak < BASE_MIB


def test_text_that_is_like_the_one_before(tmp_path: Path) -> None:
    """A text of 100 kB that is stored a thousand times as "like the one before" is refused before it is multiplied."""
    count = 1000
    path = tmp_path / "b_20151001.parquet"
    table = pa.table({**columns(count), "customer_id": pa.array(["7" * 100_000] * count)})
    pq.write_table(table, path, use_dictionary=False, column_encoding={"customer_id": "DELTA_BYTE_ARRAY"}, write_statistics=False)
    assert path.stat().st_size < 1 << 20
    message, peak = refused(path, "--max-bytes", "20M")
    assert "column customer_id" in message
    assert peak < BASE_MIB


def test_file_itself(tmp_path: Path) -> None:
    """A file that is larger than the limit is refused unread."""
    path = tmp_path / "b_20151001.csv"
    with path.open("wb") as file:
        file.write(b"customer_id,balance\n")
        file.truncate(5 << 30)
    _, peak = refused(path)
    assert peak < BASE_MIB


def test_short_texts_that_repeat_are_read(tmp_path: Path) -> None:
    """Dictionaries of short texts are looked at and read, whatever they would come to if every text were as long as all."""
    count = 200_000
    path = tmp_path / "b_20151001.parquet"
    ids = pa.array([f"C{number % 1000:06d}" for number in range(count)])
    accounts = pa.array([f"A{number:08d}" for number in range(count)])
    table = pa.table({"customer_id": ids, "account_id": accounts, "balance": pa.array(np.ones(count, np.int64))})
    for form in ({}, {"use_dictionary": False, "column_encoding": {"customer_id": "DELTA_BYTE_ARRAY", "account_id": "DELTA_BYTE_ARRAY"}}):
        pq.write_table(table, path, **form)
        run = vip.compute_tiers(path, "2015Q4", rules=rules_with(), as_of=DAY, jobs=1, max_bytes=20 << 20)
        assert [count // 1000 * 100] * 1000 == run.tiers["closing_fen"].tolist()


def test_limit_counts_what_is_unpacked(tmp_path: Path) -> None:
    """The limit is on what an extract takes in memory: a file that fits is read, one byte less refuses it."""
    path = write_csv(tmp_path / "b_20151001.csv.gz", [Row(DAY, f"C{number}", None, number) for number in range(1000)])
    size = len(gzip.decompress(path.read_bytes()))
    assert 1000 == len(vip.compute_tiers(path, "2015Q4", rules=rules_with(), as_of=DAY, jobs=1, max_bytes=size).tiers)
    with pytest.raises(DataError, match="file-too-large"):
        vip.compute_tiers(path, "2015Q4", rules=rules_with(), as_of=DAY, jobs=1, max_bytes=size - 1)


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("500M", 500 << 20), ("4G", 4 << 30), ("2g", 2 << 30), ("64KiB", 65536), ("1T", 1 << 40)]
)
def test_sizes(text: str, size: int) -> None:
    """Sizes are written as people write them, and shown in the largest whole unit."""
    assert size == size_in_bytes(text)
    assert size == size_in_bytes(size_text(size).removesuffix(" bytes"))


@pytest.mark.parametrize("text", ["", "0", "-1", "4X", "1.5G", "G", "４G", "1 G M"])
def test_sizes_that_are_none(text: str) -> None:
    """Anything else is a usage error that shows the form."""
    with pytest.raises(UsageError, match="--max-bytes: must be a size such as 500M"):
        size_in_bytes(text)
