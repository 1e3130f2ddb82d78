"""The task in DuckDB: one query."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
from task import Task, given


def tiers(task: Task, out: Path) -> None:
    """Write the tiers; the sums are decimals and whole numbers throughout."""
    names = {"customer_id": "varchar", **({"account_id": "varchar"} if task.account else {}), "date": "date", "balance": "decimal(18, 2)"}
    csv = f"read_csv('{task.folder}/*.csv', columns = {names})"
    source = csv if task.form == "csv" else f"read_parquet('{task.folder}/*.parquet')"
    fen = "sum(round(balance * 100)::bigint * stood)" if task.doubles else "sum(balance * stood) * 100"
    stood = "1"
    if task.changes:
        stood = f"lead(date, 1, date '{task.last}' + 1) over (partition by customer_id order by date) - date"
    cases = " ".join(f"when fen_days >= {bound}::bigint * {task.days} then '{code}'" for code, bound in reversed(task.bounds))
    rows = f"select customer_id, balance, {stood} as stood from {source}"
    connection = duckdb.connect()
    connection.execute(f"set threads = {len(os.sched_getaffinity(0))}")
    connection.execute(
        f"""
        copy (
          select customer_id, case {cases} else 'untiered' end as tier, fen_days, fen_days // {task.days} as daily_average_fen
          from (select customer_id, ({fen})::bigint as fen_days from ({rows}) group by customer_id)
          order by customer_id
        ) to '{out}' (format parquet)
        """
    )


if __name__ == "__main__":
    tiers(*given())
