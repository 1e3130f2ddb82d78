"""The task in chDB, which is ClickHouse within a process: one query."""

from __future__ import annotations

from pathlib import Path

import chdb
from task import Task, given


def tiers(task: Task, out: Path) -> None:
    """Write the tiers; the sums are decimals and whole numbers throughout."""
    kind = "Float64" if task.doubles else "Decimal(18, 2)"
    names = f"customer_id String, {'account_id String, ' if task.account else ''}date Date, balance {kind}"
    form = "CSVWithNames" if task.form == "csv" else "Parquet"
    fen = "sum(toInt64(round(balance * 100)) * stood)" if task.doubles else "sum(balance * stood) * 100"
    stood = "1"
    if task.changes:
        window = "partition by customer_id order by date rows between unbounded preceding and unbounded following"
        stood = f"dateDiff('day', date, leadInFrame(date, 1, toDate('{task.last}') + 1) over ({window}))"
    cases = ", ".join(f"fen_days >= toInt64({bound}) * {task.days}, '{code}'" for code, bound in reversed(task.bounds))
    rows = f"select customer_id, balance, {stood} as stood from file('{task.folder}/*.{task.form}', '{form}', '{names}')"
    content = chdb.query(
        f"""
        select customer_id, multiIf({cases}, 'untiered') as tier, fen_days, intDiv(fen_days, {task.days}) as daily_average_fen
        from (select customer_id, toInt64({fen}) as fen_days from ({rows}) group by customer_id)
        order by customer_id
        """,
        "Parquet",
    )
    out.write_bytes(content.bytes())


if __name__ == "__main__":
    tiers(*given())
