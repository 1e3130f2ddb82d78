"""The benchmarks: every engine finds what `vip` finds, however extracts are delivered, and one command tells it as a table."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.helpers import vip

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SUITE = BENCHMARKS / "suite.py"
CASES = tuple(runpy.run_path(str(BENCHMARKS / "generate.py"))["CASES"])
CUSTOMERS, DAYS, SEED = 200, 5, 1


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names of the suite."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "engines"))
    return runpy.run_path(str(SUITE))


@pytest.mark.parametrize("name", CASES)
def test_every_engine_finds_the_same(name: str, suite: dict[str, Any], tmp_path: Path) -> None:
    """Averages and tiers of all engines that are installed are those of `vip`, customer by customer."""
    case = suite["prepared"](tmp_path, name, CUSTOMERS, DAYS, SEED)
    done = vip(*case.vip[3:], "--out", tmp_path / "out")
    assert 0 == done.returncode, done.stderr
    (ours,) = (tmp_path / "out").glob("*/tiers.parquet")
    expected = pq.read_table(ours, columns=suite["COLUMNS"])
    assert len(expected) > CUSTOMERS / 2
    compared = []
    for module, package in suite["ENGINES"].values():
        if suite["find_spec"](package) is None:
            continue
        engine, out = runpy.run_path(str(BENCHMARKS / "engines" / f"{module}.py")), tmp_path / f"{module}.parquet"
        engine["tiers"](engine["Task"].read(case.task), out)
        if out.exists():
            compared.append(module)
            assert expected.equals(pq.read_table(out, columns=suite["COLUMNS"]).cast(expected.schema)), module
    assert {"with_duckdb", "with_polars", "with_pandas"} <= {*compared}


def test_one_command_fills_a_page(tmp_path: Path) -> None:
    """The suite runs everything as processes, in turns, and writes between the marks of a page what it prints; the rest of it stays."""
    page = tmp_path / "benchmarks.md"
    page.write_text("before\n\n<!-- measured by benchmarks/suite.py -->\nold\n<!-- end -->\nafter\n", "utf-8")
    options = ["--customers", str(CUSTOMERS), "--days", str(DAYS), "--pairs", "1", "--case", "daily-parquet", "--engine", "DuckDB"]
    done = subprocess.run([sys.executable, SUITE, *options, "--write", page], capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    text = page.read_text("utf-8")
    assert text.startswith("before\n\n<!-- measured by benchmarks/suite.py -->\n\n200 customers, 5 days, 1 turns of each case, ")
    assert text.endswith("<!-- end -->\nafter\n")
    assert "old" not in text
    assert re.search(r"^\| daily-parquet \| vip \| [\d.]+ \| [\d.]+ \| \d+ \|  \|  \|$", text, re.MULTILINE)
    assert re.search(r"^\| daily-parquet \| DuckDB \| [\d.]+ \| [\d.]+ \| \d+ \| [\d.]+ \| [\d.]+ \|$", text, re.MULTILINE)
    assert all(line in done.stdout for line in text.splitlines()[6:-3])


def test_the_page_has_the_marks(suite: dict[str, Any]) -> None:
    """The page of the documentation has the place for the table, and names the command that fills it."""
    text = (BENCHMARKS.parent / "docs" / "benchmarks.md").read_text("utf-8")
    assert 1 == text.count(suite["BEGIN"]) == text.count(suite["END"])
    assert "python benchmarks/suite.py --customers 1000000 --pairs 5 --write docs/benchmarks.md" in text
    assert all(f"`{case}`" in text for case in CASES)
    assert all(engine in text for engine in suite["ENGINES"])
