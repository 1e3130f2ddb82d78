"""Time `vip tier compute` as a process against other engines on the same files, in turns, and compare the results.

    python benchmarks/suite.py --customers 1000000 --pairs 5 [--case daily-parquet] [--write docs/benchmarks.md]

Makes the extracts of each case, seeded, in --folder or in a temporary one. Engines that are not installed are left out and named. Prints
a table: medians of wall and CPU seconds and of peak memory, and the medians of vip's share of each turn. Ends with 1 where results differ.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pyarrow.parquet as pq

from generate import CASES, FIRST_DAY, generate
from timing import Taken, timed
from vip_tiering import load_rules

HERE = Path(__file__).parent
ENGINES = {
    "DuckDB": ("with_duckdb", "duckdb"),
    "chDB": ("with_chdb", "chdb"),
    "Polars": ("with_polars", "polars"),
    "pandas": ("with_pandas", "pandas"),
    "decode only": ("decode_only", "pyarrow"),
}
"""Engine -> its module in engines/, and the package that it needs."""
OURS = "vip"
QUARTER_DAYS = 92
COLUMNS = ["customer_id", "tier", "fen_days", "daily_average_fen"]
BEGIN, END = "<!-- measured by benchmarks/suite.py -->\n", "<!-- end -->\n"


@dataclass(frozen=True)
class Prepared:
    """A case with its extracts: what the engines read, and how `vip` is called."""

    name: str
    folder: Path
    vip: list[str]

    @property
    def task(self) -> Path:
        """The file that tells the engines what to do."""
        return self.folder / "task.json"


def prepared(folder: Path, name: str, customers: int, days: int, seed: int) -> Prepared:
    """Make the extracts of a case where they do not stand yet, and write down the task."""
    case, extracts = CASES[name], folder / "extracts"
    last = FIRST_DAY + dt.timedelta(days=days - 1)
    task = {
        "folder": str(extracts),
        "form": case.form,
        "doubles": case.balance == "double",
        "changes": case.kind == "changes",
        "account": case.accounts > 1,
        "first": str(FIRST_DAY),
        "last": str(last),
        "days": days,
        "bounds": [(tier.code, tier.min_fen) for tier in load_rules().ladders[0].tiers],
    }
    made = folder / f"made-{customers}-{days}-{seed}"
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        generate(extracts, customers, days, seed, case)
        made.touch()
    (folder / "task.json").write_text(json.dumps(task), "utf-8")
    options = ["--quarter", "2015Q4", "--kind", case.kind, "--no-previous", "--quiet"]
    options += ["--opening", "zero"] if case.kind == "changes" else []
    options += ["--as-of", str(last)] if days < QUARTER_DAYS else []
    vip = [sys.executable, "-m", "vip_tiering", "tier", "compute", str(extracts), *options]
    return Prepared(name, folder, vip)


def turn(case: Prepared, engines: Sequence[str], *, compare: bool) -> dict[str, Taken]:
    """Run vip and the engines once each, and return what each took. Ends with 1 where results differ, if they are compared."""
    out = case.folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    taken = {OURS: timed([*case.vip, "--out", str(out)])}
    (ours,) = out.glob("*/tiers.parquet")
    expected = pq.read_table(ours, columns=COLUMNS) if compare else None
    for engine in engines:
        theirs = case.folder / f"{engine}.parquet"
        taken[engine] = timed([sys.executable, str(HERE / "engines" / f"{ENGINES[engine][0]}.py"), str(case.task), str(theirs)])
        if expected is not None and theirs.exists():  # who only decodes has no results
            found = pq.read_table(theirs, columns=COLUMNS).cast(expected.schema)
            if not found.equals(expected):
                sys.exit(f"{case.name}: the results of vip and {engine} differ")
        theirs.unlink(missing_ok=True)
    return taken


def lines(case: Prepared, turns: Sequence[dict[str, Taken]]) -> Iterator[str]:
    """Yield the rows of the table: a line for each engine, the medians of its turns and of vip's share in them."""
    for engine in turns[0]:
        wall, cpu, peak = (statistics.median(values) for values in zip(*(one[engine] for one in turns), strict=True))
        shares = ("", "")
        if engine != OURS:
            shares = tuple(f"{statistics.median(one[OURS][at] / one[engine][at] for one in turns):.2f}" for at in (0, 1))
        yield f"| {case.name} | {engine} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {' | '.join(shares)} |"


def machine() -> str:
    """Return on what and with what was measured."""
    cpuinfo = Path("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"Python {platform.python_version()}"]
    for package in ("vip-tiering", *dict.fromkeys(package for _, package in ENGINES.values())):
        with contextlib.suppress(PackageNotFoundError):
            versions.append(f"{package} {version(package)}")
    processors = len(os.sched_getaffinity(0))
    return f"{models[0] if models else platform.machine()}, {processors} processors, {memory:.0f} GiB; {', '.join(versions)}."


def written(path: Path, text: str) -> None:
    """Write a text between the two marks of a page."""
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path}: has no lines {BEGIN.strip()} and {END.strip()}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


def main() -> None:
    """Read the command line, run the cases in turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=QUARTER_DAYS)
    parser.add_argument("--pairs", type=int, default=5, help="turns of each case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", action="append", choices=CASES, help="repeatable; all cases without it")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="repeatable; all that are installed without it")
    parser.add_argument("--folder", type=Path, help="where extracts are made, and kept")
    parser.add_argument("--write", type=Path, help="a page with the marks between which the table goes")
    given = parser.parse_args()
    wanted = given.engine or list(ENGINES)
    engines = [engine for engine in wanted if find_spec(ENGINES[engine][1])]
    absent = [engine for engine in wanted if engine not in engines]
    table = ["| case | engine | wall, s | CPU, s | peak, MiB | vip's wall to it | vip's CPU to it |", "| --- | --- " + "| ---: " * 5 + "|"]
    with contextlib.ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vip-benchmark-")))
        for name in given.case or CASES:
            case = prepared(folder / name, name, given.customers, given.days, given.seed)
            turns = [turn(case, engines, compare=number == 0) for number in range(given.pairs)]
            table += lines(case, turns)
            print("\n".join(table[-len(engines) - 1 :]), flush=True)
            if not given.folder:
                shutil.rmtree(folder / name)  # a disk need not hold all cases at once
    said = f"{given.customers:,} customers, {given.days} days, {given.pairs} turns of each case, medians; the results are equal."
    left_out = [f"Not installed, and left out: {', '.join(absent)}."] if absent else []
    text = "\n".join([said, machine(), *left_out, "", *table, ""])
    print(f"\n{text}")
    if given.write:
        written(given.write, text)


if __name__ == "__main__":
    main()
