"""What the writers of this field write, in one file or in parts, is read to the same bytes of tiers.csv.

Spark needs an environment of its own: VIP_SPARK_PYTHON names its Python, and without it Spark's cases are skipped.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from vip_tiering.tiers.job import tier_compute

DAYS = [dt.date(2015, 10, day) for day in (1, 2, 3)]
ROWS = [
    (f"{number:06d}", f"A{number}{part}", "人民币", Decimal(number * 1_000_000 + day.day * 100 + part).scaleb(-2), day)
    for day in DAYS
    for number in range(1, 8)
    for part in (0, 1)
]
NAMES = ["customer_id", "account_id", "currency", "balance", "date"]
TABLE = pa.table(dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))).cast(
    pa.schema({**dict.fromkeys(NAMES[:3], pa.string()), "balance": pa.decimal128(18, 2), "date": pa.date32()})
)
FLOATS = TABLE.set_column(3, "balance", TABLE["balance"].cast(pa.float64())).set_column(4, "date", TABLE["date"].cast(pa.string()))


def by_duckdb(folder: Path, form: str, options: str) -> None:
    """Write the rows with DuckDB."""
    folder.mkdir()
    duckdb.from_arrow(TABLE).to_view("extracts")
    target = folder if "partition_by" in options else folder / f"data.{form}"
    duckdb.sql(f"copy (from extracts) to '{target}' (format {form}{options})")


def by_fastparquet(folder: Path, **options: object) -> None:
    """Write the rows with fastparquet: it knows no decimals and no days."""
    folder.mkdir()
    target = folder if options else folder / "data.parquet"
    fastparquet.write(str(target), FLOATS.to_pandas(), write_index=False, **options)


def by_polars(folder: Path, form: str, keys: list[str]) -> None:
    """Write the rows with Polars, which keeps the keys of folders in the files too."""
    folder.mkdir()
    frame = pl.from_arrow(TABLE)
    if keys:
        frame.write_parquet(pl.PartitionBy(folder, key=keys, include_key=True))
    elif form == "csv":
        frame.write_csv(folder / "data.csv")
    else:
        frame.write_parquet(folder / "data.parquet")


def by_arrow(folder: Path, form: str, **options: object) -> None:
    """Write the rows with Arrow's datasets."""
    ds.write_dataset(TABLE, folder, format=form, **options)


def by_pandas(folder: Path) -> None:
    """Write the rows of each day with pandas."""
    folder.mkdir()
    for day, frame in pd.DataFrame(ROWS, columns=NAMES).groupby("date"):
        frame.drop(columns="date").to_csv(folder / f"b_{day:%Y%m%d}.csv", index=False, encoding="utf-8-sig")


def by_spark(folder: Path, form: str, keys: list[str]) -> None:
    """Write the rows with Spark, in a process of its own environment; one part is empty."""
    if not (python := os.environ.get("VIP_SPARK_PYTHON")):
        pytest.skip("VIP_SPARK_PYTHON names no environment with pyspark")
    script = f"""
import datetime, decimal
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
rows = {[(*row[:3], str(row[3]), str(row[4])) for row in ROWS]!r}
frame = spark.createDataFrame(rows, {NAMES!r})
frame = frame.withColumn("balance", frame.balance.cast("decimal(18,2)")).withColumn("date", frame.date.cast("date"))
empty = frame.filter("customer_id = ''").coalesce(1)
writer = frame.repartition(3).union(empty).write.option("header", True)
writer = writer.partitionBy({", ".join(map(repr, keys))}) if {bool(keys)} else writer
writer.format({form!r}).save({str(folder)!r})
"""
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False, timeout=300)
    assert 0 == done.returncode, done.stderr[-2000:]


WRITERS: dict[str, Callable[[Path], None]] = {
    "DuckDB Parquet": lambda folder: by_duckdb(folder, "parquet", ""),
    "DuckDB CSV": lambda folder: by_duckdb(folder, "csv", ""),
    "DuckDB by day": lambda folder: by_duckdb(folder, "parquet", ", partition_by (date)"),
    "DuckDB CSV by day": lambda folder: by_duckdb(folder, "csv", ", partition_by (date)"),
    "DuckDB by day and currency, written in both": lambda folder: by_duckdb(
        folder, "parquet", ", partition_by (date, currency), write_partition_columns true"
    ),
    "Polars Parquet": lambda folder: by_polars(folder, "parquet", []),
    "Polars CSV": lambda folder: by_polars(folder, "csv", []),
    "Polars by day, written in both": lambda folder: by_polars(folder, "parquet", ["date"]),
    "fastparquet": by_fastparquet,
    "fastparquet by day": lambda folder: by_fastparquet(folder, file_scheme="hive", partition_on=["date"]),
    "fastparquet in parts": lambda folder: by_fastparquet(folder, file_scheme="hive", row_group_offsets=10),
    "Arrow by day": lambda folder: by_arrow(folder, "parquet", partitioning=["date"], partitioning_flavor="hive"),
    "Arrow by day in plain folders": lambda folder: by_arrow(folder, "parquet", partitioning=["date"]),
    "Arrow CSV by day": lambda folder: by_arrow(folder, "csv", partitioning=["date"], partitioning_flavor="hive"),
    "pandas, a file a day": by_pandas,
    "Spark Parquet": lambda folder: by_spark(folder, "parquet", []),
    "Spark CSV": lambda folder: by_spark(folder, "csv", []),
    "Spark by day": lambda folder: by_spark(folder, "parquet", ["date"]),
    "Spark CSV by currency and day": lambda folder: by_spark(folder, "csv", ["currency", "date"]),
}


def tiers_of(extracts: Path, out: Path) -> bytes:
    """Return the bytes of tiers.csv of the extracts."""
    done = tier_compute([str(extracts)], "2015Q4", out, dt.date(2016, 1, 4), as_of=DAYS[-1], no_previous=True)
    assert done.folder is not None
    return (done.folder / "tiers.csv").read_bytes()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return tiers.csv of one file that Arrow wrote."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "in").mkdir()
    pq.write_table(TABLE, folder / "in" / "b.parquet")
    return tiers_of(folder / "in", folder / "out")


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_whoever_wrote_it(tmp_path: Path, expected: bytes, write: Callable[[Path], None]) -> None:
    """Every writer's files, partitioned and not, give the same tiers, byte for byte."""
    write(tmp_path / "in")
    assert expected == tiers_of(tmp_path / "in", tmp_path / "out")


def test_the_oracle_is_the_rows(expected: bytes) -> None:
    """The tiers that all are compared with hold the closing balances of the rows."""
    closing = {row[0]: sum(one[3] for one in ROWS if one[0] == row[0] and one[4] == DAYS[-1]) for row in ROWS}
    read = pd.read_csv(pa.BufferReader(expected), dtype=str, encoding="utf-8-sig")
    assert closing == dict(zip(read["customer_id"], map(Decimal, read["closing_balance"]), strict=True))
