"""The task in Polars: one lazy frame, by its streaming engine."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
from task import Task, given


def tiers(task: Task, out: Path) -> None:
    """Write the tiers; balances are whole fen before they are added up."""
    balance = pl.col("balance")
    if task.form == "csv":
        names = ["customer_id", *(["account_id"] if task.account else []), "date", "balance"]
        rows = pl.scan_csv(task.files, schema={**dict.fromkeys(names, pl.String), "date": pl.Date, "balance": pl.Decimal(18, 2)})
    else:
        rows = pl.scan_parquet(task.files)
    fen = (balance * 100).round().cast(pl.Int64) if task.doubles else balance.cast(pl.Decimal(38, 2)).mul(100).cast(pl.Int64)
    rows = rows.with_columns(fen=fen)
    if task.changes:
        until = pl.col("date").shift(-1).over("customer_id", order_by="date").fill_null(dt.date.fromisoformat(task.last) + dt.timedelta(1))
        rows = rows.with_columns(fen=pl.col("fen") * (until - pl.col("date")).dt.total_days())
    sums = rows.group_by("customer_id").agg(fen_days=pl.col("fen").sum())
    tier = pl.lit("untiered")
    for code, bound in task.bounds:
        tier = pl.when(pl.col("fen_days") >= bound * task.days).then(pl.lit(code)).otherwise(tier)
    average = pl.col("fen_days") // task.days
    sums.select("customer_id", tier=tier, fen_days="fen_days", daily_average_fen=average).sort("customer_id").sink_parquet(out)


if __name__ == "__main__":
    tiers(*given())
