"""The same task in DuckDB: exact fen-days, averages and tiers of a folder of daily Parquet or CSV files, into one Parquet file.

python benchmarks/duckdb_tiers.py FOLDER DAYS OUT.parquet '[["effective", 2000000], ...]'
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import duckdb

CSV = {"customer_id": "varchar", "date": "date", "balance": "decimal(18, 2)"}


def main() -> None:
    """Run one query; the sums are decimals and whole numbers throughout."""
    folder, days, out, bounds = sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
    cases = " ".join(f"when fen_days >= {min_fen}::bigint * {days} then '{code}'" for code, min_fen in reversed(bounds))
    source = (
        f"read_parquet('{folder}/*.parquet')" if list(Path(folder).glob("*.parquet")) else f"read_csv('{folder}/*.csv', columns = {CSV})"
    )
    connection = duckdb.connect()
    connection.execute(f"set threads = {len(os.sched_getaffinity(0))}")
    connection.execute(
        f"""
        copy (
          select customer_id, case {cases} else 'untiered' end as tier, fen_days, fen_days // {days} as daily_average_fen
          from (
            select customer_id, (sum(balance) * 100)::bigint as fen_days
            from {source} group by customer_id
          )
          order by customer_id
        ) to '{out}' (format parquet)
        """
    )


if __name__ == "__main__":
    main()
