"""The task in pandas: one file after another, so that memory holds the customers and not all rows; changes need all rows at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from task import Task, given


def tiers(task: Task, out: Path) -> None:
    """Write the tiers; balances are rounded to whole fen, exact below 2**53 of them."""
    if task.changes:
        rows = pd.concat([read(path, task) for path in task.files]).sort_values(["customer_id", "date"])
        until = rows.groupby("customer_id")["date"].shift(-1).fillna(pd.Timestamp(task.last) + pd.Timedelta(days=1))
        rows["fen"] *= (until - rows["date"]).dt.days
        sums = rows.groupby("customer_id")["fen"].sum()
    else:
        sums = pd.Series(dtype="int64")
        for path in task.files:
            day = read(path, task).groupby("customer_id")["fen"].sum()
            sums = sums.add(day, fill_value=0).astype("int64") if len(sums) else day
    bounds = [bound * task.days for _, bound in task.bounds]
    tier = np.array(["untiered", *(code for code, _ in task.bounds)])[np.searchsorted(bounds, sums.to_numpy(), side="right")]
    table = {"customer_id": sums.index, "tier": tier, "fen_days": sums.to_numpy(), "daily_average_fen": sums.to_numpy() // task.days}
    pd.DataFrame(table).to_parquet(out, index=False)


def read(path: Path, task: Task) -> pd.DataFrame:
    """Return the rows of a file with their balances in fen."""
    names = ["customer_id", "balance", *(["date"] if task.changes else [])]
    if task.form == "csv":
        rows = pd.read_csv(path, usecols=names, dtype={"customer_id": "str", "balance": "float64"}, parse_dates=names[2:])
    else:
        types = {"customer_id": "str", "balance": "double[pyarrow]", **({"date": "datetime64[s]"} if task.changes else {})}
        rows = pd.read_parquet(path, columns=names, dtype_backend="pyarrow").astype(types)
    return rows.assign(fen=(rows["balance"].astype("float64") * 100).round().astype("int64"))


if __name__ == "__main__":
    tiers(*given())
