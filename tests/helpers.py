"""Small helpers of the tests: extracts written in every format, the command as its own process, run folders read back."""

from __future__ import annotations

import atexit
import csv
import dataclasses
import datetime as dt
import functools
import gzip
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import settings

from tests import prepared
from vip_tiering import Rules, load_rules
from vip_tiering.rules.extracts import ExtractRules
from vip_tiering.rules.tiers import Ladder, Tier

RULES = Path(__file__).parents[1] / "rules"
"""The rules of the project itself; a test that means other rules brings its own."""
RESULT_FILES = ("tiers.csv", "tiers.parquet", "changes.csv", "migration.csv", "outlook.csv", "daily.csv")
"""The files of a run that depend on rows and rules only."""


class Row(NamedTuple):
    """One row of an extract; `account` None where the extract has no such column."""

    day: dt.date
    customer: str
    account: str | None
    fen: int


def examples(one_in: int) -> int:
    """Return how many examples a slow property test may take: every `one_in`-th of the profile's, at least 10."""
    return max(10, settings().max_examples // one_in)


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return every calendar day from `first` to `last`, both included."""
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals, by Python's own decimals."""
    return f"{Decimal(fen).scaleb(-2):.2f}"


def csv_text(rows: Iterable[Row]) -> bytes:
    """Return rows as a CSV with a date column, and an account column where the rows have accounts."""
    rows = list(rows)
    accounts = any(row.account is not None for row in rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["date", "customer_id", *(["account_id"] if accounts else []), "balance"])
    writer.writerows([row.day, row.customer, *([row.account] if accounts else []), yuan(row.fen)] for row in rows)
    return text.getvalue().encode()


def write_csv(path: Path, rows: Iterable[Row]) -> Path:
    """Write rows as a CSV, gzipped where the name ends in `.gz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = csv_text(rows)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def write_parquet(path: Path, rows: Iterable[Row]) -> Path:
    """Write rows as Parquet, with the types that the documentation asks for."""
    rows = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "date": pa.array([row.day for row in rows], pa.date32()),
        "customer_id": pa.array([row.customer for row in rows], pa.string()),
        "balance": pa.array([Decimal(row.fen).scaleb(-2) for row in rows], pa.decimal128(18, 2)),
    }
    if any(row.account is not None for row in rows):
        columns["account_id"] = pa.array([row.account for row in rows], pa.string())
    pq.write_table(pa.table(columns), path)
    return path


def vip(*arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as its own process; `env` is added to the present environment."""
    if env is None:
        return prepared.run([*map(str, arguments)], cwd)
    return subprocess.run(
        [sys.executable, "-m", "vip_tiering", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


_INTERRUPTED = """
import importlib, os, signal, sys
from vip_tiering.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started without
def raising(inner, calls):
    def counted(*arguments, **options):
        if next(calls, None) is None:
            signal.raise_signal({number})
        return inner(*arguments, **options)
    return counted
for place in {places!r}:
    module, _, name = place.partition(":")
    owner = importlib.import_module(module)
    *path, name = name.split(".")
    for step in path:
        owner = getattr(owner, step)
    setattr(owner, name, raising(getattr(owner, name), iter(range({times}))))
sys.argv = ["vip", *sys.argv[1:]]
main()
"""


def vip_interrupted(place: str, number: int, *arguments: object, cwd: Path, after: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command as its own process that gets a signal whenever it calls the function at `place`, after so many calls of it.

    `place`: `module:name`, such as `os:fsync`, or several of them. So a signal comes at the same moment on every machine.
    """
    script = _INTERRUPTED.format(places=place.split(), number=int(number), times=after)
    return subprocess.run([sys.executable, "-c", script, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)


def result_bytes(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the files that depend on rows and rules only."""
    return {name: (folder / name).read_bytes() for name in RESULT_FILES}


def read_tiers(folder: Path) -> dict[str, dict[str, Any]]:
    """Return `tiers.parquet` of a run folder as customer -> row."""
    return {row["customer_id"]: row for row in pq.read_table(folder / "tiers.parquet").to_pylist()}


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return a CSV of a run folder as rows by header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@functools.cache
def rules_without_calendar(extracts: str = "") -> Path:
    """Return a folder with the project's tiers and these rules for extracts, by default none, so that all days are alike."""
    folder = Path(tempfile.mkdtemp(prefix="vip-test-")) / "rules"
    folder.mkdir()
    atexit.register(shutil.rmtree, folder.parent)
    shutil.copy(RULES / "tiers.yaml", folder)
    if extracts:
        (folder / "extracts.yaml").write_text(f"version: 1\n{extracts}\n", encoding="utf-8")
    return folder


def ladder_of(bounds_fen: Sequence[int]) -> Ladder:
    """Return a ladder with these lower bounds in fen."""
    tiers = (Tier(code=f"tier{number}", label=f"第{number}级", min=yuan(fen)) for number, fen in enumerate(bounds_fen, 1))
    return Ladder(tuple(tiers), source="test")


def rules_with(**extracts: Any) -> Rules:
    """Return the project's rules with other settings for extracts."""
    return dataclasses.replace(_the_rules(), extracts=ExtractRules(**extracts))


@functools.cache
def _the_rules() -> Rules:
    return load_rules(RULES)
