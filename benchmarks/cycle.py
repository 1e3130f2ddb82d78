"""The working cycle of a large branch: the report of changes, a day's lists, and 50,000 results recorded; time and peak memory of each.

    python benchmarks/cycle.py FOLDER [--customers 200000] [--managers 40] [--moved 20] [--results 50000]

Makes two quarters and a customer file in FOLDER (once). Every command runs as a process of its own, with the shipped rules.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from export import vip
from timing import timed

ON = "2016-01-04"
WORDS = ("reached", "no_answer", "interested", "done", "refused", "wrong_number", "meeting_set")


def made(folder: Path, count: int, managers: int, moved: int) -> None:
    """Make two quarters, of which the second moves so many of 100 balances, and a customer file, where they do not stand yet."""
    if (folder / "out" / "2015Q4").exists():
        return
    rng = np.random.default_rng(1)
    ids = pc.binary_join_element_wise("621799000", pc.utf8_lpad(pa.array(np.arange(count)).cast(pa.string()), 10, padding="0"), "")
    (folder / "extracts").mkdir(parents=True, exist_ok=True)
    yuan = np.exp(rng.normal(11.5, 1.6, count)).astype(np.int64)
    for day in ("20150630", "20151001"):
        table = pa.table({"customer_id": ids, "balance": pa.array(yuan).cast(pa.string())})
        pyarrow.csv.write_csv(table, folder / "extracts" / f"balances_{day}.csv")
        yuan = np.where(rng.integers(0, 100, count) < moved, (yuan * rng.uniform(0.2, 4, count)).astype(np.int64), yuan)
    for quarter in ("2015Q3", "2015Q4"):
        vip(folder, "tier", "compute", "extracts", "--quarter", quarter, "--kind", "changes", "--out", "out")

    def pick(words: list[str]) -> pa.Array:
        return pa.array(np.array(words, object)[rng.integers(0, len(words), count)], pa.string())

    manager = rng.integers(0, managers, count)
    columns = {
        "customer_id": ids,
        "name": pc.binary_join_element_wise(pick(list("王李张刘陈杨黄赵吴周")), pick(list("伟芳娜敏静丽强磊军洋")), ""),
        "gender": pick(["F", "M"]),
        "mobile": pc.binary_join_element_wise("138", pc.utf8_lpad(pa.array(np.arange(count)).cast(pa.string()), 8, padding="0"), ""),
        "manager": pa.array([f"M{number:02d}" for number in manager.tolist()]),
        "branch": pa.array([f"第{number % 8 + 1}支行" for number in manager.tolist()]),
        "birthday": pick([str(dt.date(1950, 1, 1) + dt.timedelta(days=97 * number)) for number in range(150)]),
        "segments": pick(["merchant", "payroll", ""]),
        "risk_rating": pick(["C3", "C5", ""]),
        "risk_rated_on": pick(["2015-06-01"]),
        "consent_sms": pick(["Y", "Y", "N"]),
        "consent_call": pick(["Y", "Y", "N"]),
        "status": pick(["active"]),
    }
    pyarrow.csv.write_csv(pa.table(columns), folder / "customers.csv")


def results_of(folder: Path, wanted: int) -> tuple[Path, int]:
    """Fill in the lists of the day until so many rows have a result, and return the file and the number of rows."""
    rng = np.random.default_rng(2)
    rows: list[tuple[str, str, str]] = []
    for name in ("calls", "visits", "appointments", "sms"):
        with (folder / "lists" / ON / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows += [(row["customer_id"], row["action"], name) for row in csv.DictReader(file)]
    rows = rows[:wanted]
    words = np.array(WORDS, object)[rng.integers(0, len(WORDS), len(rows))]
    by_phone = np.array([channel != "visits" for _, _, channel in rows])
    words = np.where((words == "wrong_number") & ~by_phone, "no_answer", words)
    path = folder / "back.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("customer_id", "action", "channel", "result", "obstacle"))
        writer.writerows(
            (*row, word, "利率低" if number % 7 == 0 else "") for number, (row, word) in enumerate(zip(rows, words, strict=True))
        )
    return path, len(rows)


def main() -> None:
    """Run the cycle once and print what each command took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--managers", type=int, default=40)
    parser.add_argument("--moved", type=int, default=20, help="of 100 balances, between the quarters")
    parser.add_argument("--results", type=int, default=50_000)
    wanted = parser.parse_args()
    folder = wanted.folder
    folder.mkdir(parents=True, exist_ok=True)
    made(folder, wanted.customers, wanted.managers, wanted.moved)
    for name in ("lists", "lists.private", "reports"):
        shutil.rmtree(folder / name, ignore_errors=True)

    def run(title: str, *arguments: str) -> None:
        seconds, _, peak = timed([sys.executable, "-m", "vip_tiering", *arguments, "--quiet"], folder)
        print(f"{title}: {seconds:.1f} s, {peak:.0f} MiB")

    run("changes export", "changes", "export", "out/2015Q4", "--customers", "customers.csv", "--out", "reports")
    day = ("--customers", "customers.csv", "--out", "lists")
    run("playbook export", "playbook", "export", "out/2015Q4", "--on", ON, *day)
    path, count = results_of(folder, wanted.results)
    run(f"playbook record of {count:,} rows", "playbook", "record", f"lists/{ON}", path.name)
    run("the same again", "playbook", "record", f"lists/{ON}", path.name)
    run("playbook export of the next day", "playbook", "export", "out/2015Q4", "--on", "2016-01-05", *day)
    run("playbook results", "playbook", "results", "lists")


if __name__ == "__main__":
    main()
