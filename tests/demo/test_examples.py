"""The branch example: its commands give its golden output, and an oracle in plain Python agrees with it."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import days_between, vip

ROOT = Path(__file__).parents[2]
EXPECTED = ROOT / "examples" / "branch" / "expected"
QUARTERS = ("2015Q3", "2015Q4")
FIRST, LAST = dt.date(2015, 10, 1), dt.date(2015, 12, 31)


def commands(path: Path) -> list[list[str]]:
    """Return the `vip` commands of a README or Makefile, as arguments without the program."""
    lines = [line.strip().replace("$(VIP)", "vip").replace("$(BRANCH)", "examples/branch") for line in path.read_text().splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("vip ")]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the README's commands as they stand, but into a folder of the test."""
    folder = tmp_path_factory.mktemp("branch") / "out"
    for arguments in commands(ROOT / "examples" / "README.md"):
        done = vip(*[str(folder) if one == "out" else one for one in arguments], "--quiet", cwd=ROOT)
        notes = [
            line
            for line in done.stderr.splitlines()
            if not line.endswith("is GB18030, not UTF-8, and is read as GB18030; write encoding: gb18030 in extracts.yaml if it is meant")
        ]
        assert (done.returncode, done.stdout, notes) == (0, "", [])
    return folder


def same_pyarrow(folder: Path) -> bool:
    """Whether the installed pyarrow is the one that wrote a golden folder."""
    return f"parquet-cpp-arrow version {pa.__version__}" == str(pq.read_metadata(folder / "tiers.parquet").created_by)


def without_pyarrow(manifest: Path) -> dict[str, Any]:
    """Return a manifest without what depends on the version of pyarrow."""
    document = json.loads(manifest.read_bytes())
    document["made_from"] = {key: value for key, value in document["made_from"].items() if key != "previous"}
    for output in document["outputs"]:
        if output["name"] == "tiers.parquet":
            del output["sha256"], output["bytes"]
    return {key: value for key, value in document.items() if key not in {"identity", "digest", "previous"}}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_the_example_gives_its_golden_output(out: Path, quarter: str) -> None:
    """Every file of both run folders equals the golden one, byte for byte; under another pyarrow, Parquet as a table."""
    golden, made = EXPECTED / quarter, out / quarter
    assert sorted(path.name for path in golden.iterdir()) == sorted(path.name for path in made.iterdir())
    loose = set() if same_pyarrow(golden) else {"tiers.parquet", "manifest.json"}
    for path in sorted(golden.iterdir()):
        if path.name not in loose:
            assert (path.name, path.read_bytes()) == (path.name, (made / path.name).read_bytes())
    assert pq.read_table(golden / "tiers.parquet").equals(pq.read_table(made / "tiers.parquet"))
    assert without_pyarrow(golden / "manifest.json") == without_pyarrow(made / "manifest.json")


@pytest.mark.parametrize("quarter", QUARTERS)
def test_the_golden_output_is_whole(quarter: str) -> None:
    """The golden run folders pass `vip verify`, so nobody edited them by hand."""
    done = vip("verify", EXPECTED / quarter)
    assert (done.returncode, done.stderr) == (0, "")


def test_make_golden_runs_the_same_commands() -> None:
    """`make golden` computes exactly what the README of the examples computes, only into the golden folder."""
    readme = commands(ROOT / "examples" / "README.md")
    into_golden = [[*("examples/branch/expected" if one == "out" else one for one in line), "--quiet"] for line in readme]
    assert into_golden == commands(ROOT / "Makefile")


def rows_by_day() -> dict[dt.date, list[tuple[str, int]]]:
    """Return customer and counted fen of every row of 2015Q4 by day, read without the program: overdrafts count 0."""
    days: dict[dt.date, list[tuple[str, int]]] = {}
    for path in sorted((ROOT / "examples" / "branch" / "extracts" / "2015Q4").iterdir()):
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pylist()
        else:
            raw = path.read_bytes()
            text = gzip.decompress(raw).decode("gb18030") if path.suffix == ".gz" else raw.decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(text)))
        for row in rows:
            day = dt.date.fromisoformat(str(row["数据日期"]))
            fen = int(Decimal(row["余额"]) * 100)
            days.setdefault(day, []).append((row["客户号"], max(fen, 0)))
    return days


def test_the_golden_output_is_right() -> None:
    """A loop over days and rows in whole fen gives the golden fen_days of every customer, the missing weekend carried."""
    rows = rows_by_day()
    fen_days: dict[str, int] = {}
    standing: list[tuple[str, int]] = []
    for day in days_between(FIRST, LAST):
        standing = rows.get(day, standing)
        for customer, fen in standing:
            fen_days[customer] = fen_days.get(customer, 0) + fen
    golden = pq.read_table(EXPECTED / "2015Q4" / "tiers.parquet").to_pylist()
    assert fen_days == {row["customer_id"]: row["fen_days"] for row in golden}
    assert {dt.date(2015, 10, 17), dt.date(2015, 10, 18)} == set(days_between(FIRST, LAST)) - set(rows)


SHOWN = {
    "00310001": ("silver", "100000.00", None),
    "00310002": ("effective", "99999.99", "downgraded"),
    "00310003": ("silver", "113043.47", "new"),
    "00310004": ("effective", "79565.32", "downgraded"),
    "00310005": ("effective", "23408.16", None),
    "00310006": (None, None, "left"),
    "00310007": ("gold", "563478.26", "new"),
    "00310008": ("effective", "44439.13", "entered"),
    "00310009": ("gold_diamond", "1544347.82", "upgraded"),
    "00310010": ("silver", "421521.73", "downgraded"),
    "00310011": ("untiered", "5130.43", "lapsed"),
    "00310012": ("private", "8000000.00", None),
    "00310013": ("silver", "195000.01", None),
}
"""Customer: tier, average and change in 2015Q4, worked out by hand from what the README says of them."""


def by_customer(name: str) -> dict[str, dict[str, str]]:
    """Return a CSV of the golden 2015Q4 as customer -> row."""
    with (EXPECTED / "2015Q4" / name).open(encoding="utf-8-sig", newline="") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


def test_the_named_customers_show_what_the_readme_says() -> None:
    """Each customer of the README's table has the tier, the average and the change that it stands for."""
    tiers, changes = by_customer("tiers.csv"), by_customer("changes.csv")
    found = {
        customer: (
            tiers.get(customer, {}).get("tier"),
            tiers.get(customer, {}).get("daily_average"),
            changes.get(customer, {}).get("change"),
        )
        for customer in SHOWN
    }
    assert found == SHOWN
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert list(SHOWN) == [line[2:10] for line in readme.splitlines() if line.startswith("| 0031")]


def test_the_examples_stay_small() -> None:
    """The folder travels in the wheel, so all of it stays below 400 KB."""
    assert sum(path.stat().st_size for path in (ROOT / "examples").rglob("*") if path.is_file()) < 400_000
