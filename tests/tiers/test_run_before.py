"""Which run a quarter is compared with: one that is missing among others is told, and no quarter is taken for the first by mistake."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import write_rows


def compute(home: Path, quarter: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Compute a quarter of one customer."""
    days = [f"2015-{month:02}-01" for month in (1, 4, 7, 10)]
    write_rows(
        home / "c.csv", ("date", "customer_id", "balance"), [("2014-12-31", "A", "1.00"), *((day, "A", "200000.00") for day in days)]
    )
    command = ("tier", "compute", home / "c.csv", "--kind", "changes", "--out", home / "out", "--rules", RULES)
    return vip(*command, "--quarter", quarter, *arguments)


def initial(home: Path, quarter: str) -> int:
    """Return how many customers of a run have nothing to be compared with."""
    return int(json.loads((home / "out" / quarter / "manifest.json").read_bytes())["changes"]["initial"])


def test_the_first_quarter_is_compared_with_nothing(tmp_path: Path) -> None:
    """In an empty folder, and beside its own provisional run, a quarter is the first; it stays so once later ones stand there."""
    assert compute(tmp_path, "2015Q2", "--as-of", "2015-05-31").returncode == 0
    assert compute(tmp_path, "2015Q2").returncode == 0
    assert compute(tmp_path, "2015Q3").returncode == 0
    again = compute(tmp_path, "2015Q2")
    assert (0, True) == (again.returncode, "already up to date" in again.stdout), again.stderr
    assert (1, 0) == (initial(tmp_path, "2015Q2"), initial(tmp_path, "2015Q3"))


@pytest.mark.parametrize("lost", ["removed", "replaced", "renamed"])
def test_a_quarter_that_is_missing_among_others_is_told(tmp_path: Path, lost: str) -> None:
    """Where runs of other quarters stand, also only as replaced ones, the one before must be there: exit 4, and nothing is published."""
    for quarter in ("2015Q2", "2015Q3"):
        assert compute(tmp_path, quarter).returncode == 0
    out = tmp_path / "out"
    if lost == "removed":
        shutil.rmtree(out / "2015Q3")
    elif lost == "renamed":
        (out / "2015Q3").rename(out / "old")
    else:
        (out / ".superseded").mkdir()
        (out / "2015Q3").rename(out / ".superseded" / "2015Q3-1")
        shutil.rmtree(out / "2015Q2")
    done = compute(tmp_path, "2015Q4")
    assert (4, True) == (done.returncode, done.stderr.startswith("vip: 2015Q3: is not there, although 2015Q")), done.stderr
    assert "or say --no-previous if 2015Q4 is to be compared with nothing [previous-run]\n" in done.stderr
    assert not (out / "2015Q4").exists()
    assert compute(tmp_path, "2015Q4", "--no-previous").returncode == 0
    assert initial(tmp_path, "2015Q4") == 1


def test_an_earlier_quarter_beside_later_ones_says_so(tmp_path: Path) -> None:
    """A quarter before all others is compared with nothing only by name; provisional runs and other folders are no runs to miss."""
    (tmp_path / "out" / "notes").mkdir(parents=True)
    assert compute(tmp_path, "2015Q4").returncode == 0
    assert compute(tmp_path, "2015Q2").returncode == 4
    assert compute(tmp_path, "2015Q2", "--no-previous").returncode == 0
