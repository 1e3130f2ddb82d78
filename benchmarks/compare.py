"""Time the whole command against DuckDB on the same files, in pairs, and compare the results.

    python benchmarks/generate.py /tmp/quarter
    python benchmarks/compare.py /tmp/quarter

Prints, for each pair, wall and CPU seconds and peak memory of both processes, and the ratios of their times.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from vip_tiering import load_rules


def timed(command: list[str], folder: Path | None = None) -> tuple[float, float, float]:
    """Run a command, in a folder; return wall seconds, CPU seconds and peak memory in MiB."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Read the command line, run the pairs, and stop with an error where the results differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    days = len(list(given.folder.glob("balances_*")))
    work = Path(tempfile.mkdtemp(prefix="vip-benchmark-"))
    here = Path(__file__).parent
    vip = [sys.executable, "-m", "vip_tiering", "tier", "compute", str(given.folder), "--quarter", "2015Q4", "--no-previous", "--quiet"]
    duckdb = [sys.executable, str(here / "duckdb_tiers.py"), str(given.folder), str(days)]
    bounds = json.dumps([(tier.code, tier.min_fen) for tier in load_rules().ladders[0].tiers])
    ratios = []
    for number in range(given.pairs):
        seconds, cpu, memory = timed([*vip, "--out", str(work / f"run{number}")])
        their_seconds, their_cpu, their_memory = timed([*duckdb, str(work / "duckdb.parquet"), bounds])
        ratios.append((seconds / their_seconds, cpu / their_cpu))
        ours = f"vip {seconds:.2f} s, CPU {cpu:.2f} s, {memory:.0f} MiB"
        print(f"{ours}; DuckDB {their_seconds:.2f} s, CPU {their_cpu:.2f} s, {their_memory:.0f} MiB; ", end="")
        print("ratios {:.2f}, CPU {:.2f}".format(*ratios[-1]), flush=True)
    names = ["customer_id", "tier", "fen_days", "daily_average_fen"]
    ours, theirs = (pq.read_table(path).select(names) for path in (work / "run0" / "2015Q4" / "tiers.parquet", work / "duckdb.parquet"))
    same = ours.equals(theirs.cast(ours.schema))
    shutil.rmtree(work)
    wall, cpu = (statistics.median(one) for one in zip(*ratios, strict=True))
    print(f"median ratios {wall:.2f}, CPU {cpu:.2f}; results {'equal' if same else 'DIFFER'}")
    sys.exit(not same)


if __name__ == "__main__":
    main()
