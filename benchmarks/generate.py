"""Make daily balance extracts of any size, seeded: one Parquet file a day, as a core system would deliver them.

    python benchmarks/generate.py FOLDER --customers 1000000 --days 92

One row per customer and day, in the order of the customer number (or shuffled with --order shuffled). Every day a tenth
of the balances move, a few customers open and a few close. Memory stays at one day.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

FIRST_DAY = dt.date(2015, 10, 1)
MOVED, OPENED, CLOSED = 0.1, 0.0002, 0.0002


def balances_fen(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return balances in fen, shape (count,): most people have little, a few have millions."""
    return np.minimum(rng.lognormal(14.5, 2.2, count), 1e13).astype(np.int64)


def customer_ids(count: int) -> pa.Array:
    """Return `count` ten-digit customer numbers as text, rising, with gaps."""
    numbers = 6_000_000_000 + np.arange(count, dtype=np.int64) * 37 % 3_999_999_983
    return pc.cast(pa.array(np.sort(numbers)), pa.string())


def generate(folder: Path, customers: int, days: int, seed: int, order: str, form: str, decimals: str) -> None:
    """Write the extracts of `days` days from 2015-10-01 on into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    ids = customer_ids(customers)
    fen = balances_fen(rng, customers)
    opening = np.where(rng.random(customers) < OPENED * days, rng.integers(1, days, customers), 0)
    closing = np.where(rng.random(customers) < CLOSED * days, rng.integers(1, days, customers), days)
    for number in range(days):
        moved = np.flatnonzero(rng.random(customers) < MOVED)
        fen[moved] = balances_fen(rng, len(moved))
        here = np.flatnonzero((opening <= number) & (number <= closing))
        if order == "shuffled":
            rng.shuffle(here)
        halves = np.zeros((len(here), 2), np.int64)
        halves[:, 0] = fen[here]
        day = FIRST_DAY + dt.timedelta(days=number)
        table = pa.table(
            {
                "customer_id": ids.take(pa.array(here)),
                "date": pa.array(np.full(len(here), np.datetime64(day))),
                "balance": pa.Array.from_buffers(pa.decimal128(18, 2), len(here), [None, pa.py_buffer(halves)]),
            }
        )
        path = folder / f"balances_{day:%Y%m%d}.{form}"
        if form == "parquet":
            pq.write_table(table, path, store_decimal_as_integer=decimals == "integer")
        else:
            pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style="none"))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=92)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--order", choices=("key", "shuffled"), default="key")
    parser.add_argument("--form", choices=("parquet", "csv"), default="parquet")
    parser.add_argument(
        "--decimals", choices=("integer", "bytes"), default="integer", help="as Spark writes decimal(18, 2), or as Arrow does"
    )
    given = parser.parse_args()
    generate(given.folder, given.customers, given.days, given.seed, given.order, given.form, given.decimals)


if __name__ == "__main__":
    main()
