"""Extracts that are small on disk and enormous in memory are refused before the memory is gone."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vip_tiering as vip
from tests.helpers import RULES, Row, rules_with, write_csv
from vip_tiering.base.errors import DataError, RulesError, UsageError
from vip_tiering.customers.side_file import read_side_file
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
    status, message, peak = outcome("tier", "compute", *arguments)
    assert status == 4, message
    assert "file-too-large" in message
    return message, peak


def outcome(*arguments: str) -> tuple[int, str, int]:
    """Return exit code, the one line on stderr and peak memory in MiB of a command."""
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "vip_tiering", *arguments]
    numbers, *message = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    status, peak = map(int, numbers.split())
    assert len(message) == 1, message
    return status, message[0], peak


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
    message, peak = refused(path, "--max-bytes", "32M")
    assert "more than 32M in memory; split it by day, or allow more with --max-bytes" in message
    assert peak < BASE_MIB + 300  # the text so far, once more where it grows, and a piece of 66 MB


@pytest.mark.parametrize("fill", [bytes(1 << 24), b" " * (1 << 24), b"C1,1\n" * (1 << 20)], ids=["zeros", "blanks", "one row"])
def test_gzip_that_was_made_to_fill_the_memory(tmp_path: Path, fill: bytes) -> None:
    """A gzip file that unpacks to hundreds of times its size is refused before it takes much memory, whatever --max-bytes is."""
    path = tmp_path / "b_20151001.csv.gz"
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(b"customer_id,balance\n")
    path.write_bytes(head + b"".join(packer.compress(fill) for _ in range(16)) + packer.flush())
    message, peak = refused(path, "--max-bytes", "100G")
    assert "unpacks to more than 200 times its size" in message
    assert peak < BASE_MIB + 60  # how far unpacking is ahead of the judge hangs on the machine; all of it would be 256 MiB more


def test_gzip_of_much_the_same_is_read(tmp_path: Path) -> None:
    """A gzip file of rows that differ in their ids alone is far from that: it is read whole."""
    count = 3_000_000
    path = tmp_path / "b_20151001.csv.gz"
    text = b"customer_id,balance\n" + b"".join(b"C%09d,100000000.00\n" % number for number in range(count))
    assert len(text) > 64 << 20
    path.write_bytes(gzip.compress(text, 9))
    run = vip.compute_tiers(path, "2015Q4", rules=rules_with(), as_of=DAY, jobs=1)
    assert count == len(run.tiers)


def test_many_columns(tmp_path: Path) -> None:
    """A table of more than a thousand columns is refused by its header: CSV and Parquet, as an extract and beside a run."""
    names = ["customer_id", "balance", *(f"c{number}" for number in range(8_000))]
    table = tmp_path / "b_20151001.csv"
    table.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n", encoding="utf-8")
    assert "has 8,002 columns" in refused(table)[0]
    of_parquet = tmp_path / "b_20151001.parquet"
    pq.write_table(pa.table({name: ["1"] for name in names}), of_parquet)
    assert "has 8,002 columns" in refused(of_parquet)[0]
    for path in (table, of_parquet):
        with pytest.raises(DataError, match="has 8,002 columns"):
            read_side_file(path)


def test_a_thousand_columns_are_read(tmp_path: Path) -> None:
    """A table of exactly as many columns as a table may have is read."""
    names = ["customer_id", *(f"c{number}" for number in range(999))]
    path = tmp_path / "customers.csv"
    path.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n", encoding="utf-8")
    assert len(read_side_file(path).columns) == 1000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 1\n" + b"# much\n" * 9_000_000, "is larger than 512 KB"),
        (b"version: 1\nsource: s\ntiers:\n" + b"- a\n" * 100_000, "there are more than 10,000 keys and values"),
        (b"a: " + b"[" * 200_000, "values are nested more than 20 deep"),
    ],
    ids=["60 MB", "many values", "deep"],
)
def test_rule_file_that_is_none(tmp_path: Path, content: bytes, message: str) -> None:
    """A rule file far larger than rules are is refused before it takes time or memory."""
    (tmp_path / "tiers.yaml").write_bytes(content)
    status, said, peak = outcome("rules", "check", str(tmp_path))
    assert (3, True) == (status, message in said), said
    assert peak < BASE_MIB


def test_table_of_renamed_customers_that_is_none(tmp_path: Path) -> None:
    """A table beside the rules far larger than one is, and one in which every line is wrong, are refused in a few lines."""
    shutil.copy(RULES / "tiers.yaml", tmp_path)
    (tmp_path / "extracts.yaml").write_text("version: 1\naliases: aliases.csv\n", encoding="utf-8")
    table = tmp_path / "aliases.csv"
    table.write_bytes(b"old_id,new_id\n" + b"A,B\n" * (9 << 20))
    with pytest.raises(RulesError, match="is larger than 32 MB") as large:
        vip.load_rules(tmp_path)
    assert len(large.value.problems) == 1
    table.write_bytes(b"old_id,new_id\n" + b"A\n" * 100_000)
    with pytest.raises(RulesError, match="must have 2 fields") as wrong:
        vip.load_rules(tmp_path)
    assert len(wrong.value.problems) == 21


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
