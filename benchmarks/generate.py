"""Make balance extracts of any size, seeded, as a core system would deliver them: the cases of the benchmarks.

    python benchmarks/generate.py FOLDER --customers 1000000 --days 92 [--case daily-parquet]

Every day a tenth of the balances move; where each day has every balance, a few accounts open and a few close. Memory stays at one day.
"""

from __future__ import annotations

import argparse
import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

FIRST_DAY = dt.date(2015, 10, 1)
MOVED, OPENED, CLOSED = 0.1, 0.0002, 0.0002
DECIMAL = pa.decimal128(18, 2)


@dataclass(frozen=True)
class Case:
    """How extracts are delivered.

    `balance`: in Parquet, decimals as Spark writes them (integer) or as Arrow does (bytes), or doubles; `accounts`: each customer has
    one to so many; `kind`: every balance of each day, or after the first day those that moved.
    """

    form: Literal["parquet", "csv"] = "parquet"
    order: Literal["key", "shuffled"] = "key"
    balance: Literal["integer", "bytes", "double"] = "integer"
    files: Literal["daily", "monthly"] = "daily"
    accounts: int = 1
    kind: Literal["snapshot", "changes"] = "snapshot"


CASES = {
    "daily-parquet": Case(),
    "daily-parquet-shuffled": Case(order="shuffled"),
    "daily-parquet-bytes": Case(balance="bytes"),
    "daily-parquet-doubles": Case(balance="double"),
    "daily-parquet-accounts": Case(accounts=3),
    "daily-parquet-changes": Case(kind="changes"),
    "daily-csv": Case(form="csv"),
    "daily-csv-shuffled": Case(form="csv", order="shuffled"),
    "monthly-parquet": Case(files="monthly"),
    "monthly-csv": Case(form="csv", files="monthly"),
}


def balances_fen(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return balances in fen, shape (count,): most people have little, a few have millions."""
    return np.minimum(rng.lognormal(14.5, 2.2, count), 1e13).astype(np.int64)


def customer_ids(count: int) -> pa.Array:
    """Return `count` ten-digit customer numbers as text, rising, with gaps."""
    numbers = 6_000_000_000 + np.arange(count, dtype=np.int64) * 37 % 3_999_999_983
    return pc.cast(pa.array(np.sort(numbers)), pa.string())


def keys_of(rng: np.random.Generator, customers: int, accounts: int) -> dict[str, pa.Array]:
    """Return the columns that name an account, in order: customer, and account where customers have several."""
    ids = customer_ids(customers)
    if accounts == 1:
        return {"customer_id": ids}
    held = rng.integers(1, accounts + 1, customers)
    owners = ids.take(pa.array(np.repeat(np.arange(customers), held)))
    numbers = np.arange(len(owners)) - np.repeat(np.cumsum(held) - held, held)
    return {"customer_id": owners, "account_id": pc.binary_join_element_wise(owners, pa.array(numbers).cast(pa.string()), "-")}


def balance_column(fen: np.ndarray, case: Case) -> pa.Array:
    """Return fen, shape (n,), as yuan of the kind that the case has."""
    if case.balance == "double":
        return pa.array(fen / 100)
    halves = np.zeros((len(fen), 2), np.int64)
    halves[:, 0] = fen
    return pa.Array.from_buffers(DECIMAL, len(fen), [None, pa.py_buffer(halves)])


def generate(folder: Path, customers: int, days: int, seed: int, case: Case) -> None:
    """Write the extracts of `days` days from 2015-10-01 on into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    keys = keys_of(rng, customers, case.accounts)
    count = len(keys["customer_id"])
    fen = balances_fen(rng, count)
    opening = np.where(rng.random(count) < OPENED * days, rng.integers(1, max(days, 2), count), 0)
    closing = np.where(rng.random(count) < CLOSED * days, rng.integers(1, max(days, 2), count), days)
    with ExitStack() as files:
        opened: dict[Path, Any] = {}
        for number in range(days):
            moved = np.flatnonzero(rng.random(count) < MOVED)
            fen[moved] = balances_fen(rng, len(moved))
            if case.kind == "changes":
                here = moved if number else np.arange(count)
            else:
                here = np.flatnonzero((opening <= number) & (number <= closing))
            if case.order == "shuffled":
                rng.shuffle(here)
            day = FIRST_DAY + dt.timedelta(days=number)
            columns = {name: column.take(pa.array(here)) for name, column in keys.items()}
            columns["date"] = pa.array(np.full(len(here), np.datetime64(day)))
            table = pa.table({**columns, "balance": balance_column(fen[here], case)})
            name = f"balances_{day:%Y%m%d}" if case.files == "daily" else f"balances_{day:%Y%m}"
            path = folder / f"{name}.{case.form}"
            if path not in opened:
                files.pop_all().close()  # one file at a time
                opened = {path: files.enter_context(_writer(path, table.schema, case))}
            opened[path].write_table(table)


def _writer(path: Path, schema: pa.Schema, case: Case) -> Any:  # noqa: ANN401 (untyped library)
    if case.form == "csv":
        return pyarrow.csv.CSVWriter(path, schema, write_options=pyarrow.csv.WriteOptions(quoting_style="none"))
    return pq.ParquetWriter(path, schema, store_decimal_as_integer=case.balance == "integer")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=92)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", choices=CASES, default="daily-parquet")
    given = parser.parse_args()
    generate(given.folder, given.customers, given.days, given.seed, CASES[given.case])


if __name__ == "__main__":
    main()
