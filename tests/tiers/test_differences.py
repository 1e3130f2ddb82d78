"""A run that would take the place of another one says which extracts differ, and how."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers import rules_without_calendar, vip
from vip_tiering import compute_tiers, load_rules
from vip_tiering.base.errors import OutputError
from vip_tiering.tiers.published.differences import differing_inputs

DAY_FIVE = dt.date(2015, 10, 5)
DAYS = ("--quarter", "2015Q4", "--as-of", "2015-10-05", "--accept-missing", "2015-10-05", "--quiet")


def deliver(folder: Path, balances: Mapping[str, str]) -> Path:
    """Write a file of one customer for each day, or for a day and a part of it, in place of what was there."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, balance in balances.items():
        (folder / f"b_{name}.csv").write_text(f"customer_id,balance\nC{name[8:]},{balance}\n")
    return folder


FIRST = {f"201510{day:02}": "1.00" for day in range(1, 5)}


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (FIRST | {"20151002": "2.00"}, "b_20151002.csv changed"),
        (FIRST | {"20151005": "1.00"}, "b_20151005.csv added"),
        ({day: one for day, one in FIRST.items() if day != "20151003"}, "b_20151003.csv gone"),
        (
            {"20151001": "3.00", "20151002": "1.00", "20151004": "1.00", "20151005": "1.00"},
            "b_20151001.csv changed, b_20151003.csv gone, b_20151005.csv added",
        ),
        (dict.fromkeys(FIRST, "7.00"), "b_20151001.csv changed, b_20151002.csv changed, b_20151003.csv changed and 1 more"),
    ],
)
def test_files_that_differ_are_named(second: Mapping[str, str], told: str, tmp_path: Path) -> None:
    """Up to three files are named, each as changed, added or gone; the others are counted. The command and the library say the same."""
    command = ("tier", "compute", tmp_path / "in", *DAYS, "--out", tmp_path / "out", "--rules", rules_without_calendar())
    deliver(tmp_path / "in", FIRST)
    assert vip(*command).returncode == 0
    deliver(tmp_path / "in", second)
    refused = vip(*command)
    line = f"stands there and was made from other extracts ({told}"
    assert (5, True) == (refused.returncode, line + ")" in refused.stderr), refused.stderr
    if "20151003" in second and "20151005" not in second:
        run = compute_tiers(
            tmp_path / "in", "2015Q4", as_of=DAY_FIVE, rules=load_rules(rules_without_calendar()), accept_missing=[DAY_FIVE]
        )
        with pytest.raises(OutputError, match=re.escape(line)):
            run.write(tmp_path / "out")


def test_other_names_of_the_same_content_are_the_same_run(tmp_path: Path) -> None:
    """A file that was only renamed is no difference: neither alone, nor among those that are named."""
    command = ("tier", "compute", tmp_path / "in", *DAYS, "--out", tmp_path / "out", "--rules", rules_without_calendar())
    deliver(tmp_path / "in", FIRST)
    assert vip(*command).returncode == 0
    (tmp_path / "in" / "b_20151001.csv").rename(tmp_path / "in" / "renamed_20151001.csv")
    assert vip(*command).returncode == 0
    (tmp_path / "in" / "b_20151002.csv").write_text("customer_id,balance\nC,9.00\n")
    assert "from other extracts (b_20151002.csv changed); --replace" in vip(*command).stderr


def entry(name: str, day: str, content: str = "a") -> dict[str, str]:
    """Return what a manifest says of a file of one day."""
    return {"name": name, "sha256": content, "first_day": day, "last_day": day}


def run_of(*inputs: Mapping[str, str], kind: str = "snapshot") -> dict[str, object]:
    """Return so much of a run's manifest as is compared."""
    options = {"options": {"kind": kind}}
    return {"inputs": inputs, "first_day": "2015-10-01", "last_day": "2015-12-31", "made_from": options}


def test_files_of_unused_days_do_not_count() -> None:
    """A file after the quarter is never named; of those before it only the newest, which fills the first days, or with changes each."""
    used = [entry("sep30", "2015-09-30"), entry("oct", "2015-10-02")]
    unused = [entry("sep29", "2015-09-29", "b"), entry("jan", "2016-01-01", "c")]
    assert [] == differing_inputs(run_of(*used, *unused), used)
    assert ["sep29 gone"] == differing_inputs(run_of(*used, *unused, kind="changes"), used)
    assert ["sep30 changed"] == differing_inputs(run_of(*used), [entry("sep30", "2015-09-30", "z"), used[1]])


def test_where_names_decide_they_are_told() -> None:
    """Where contents are the same and only names differ, both names are told; of what is no run nothing is."""
    assert ["v1 gone", "v2 added"] == differing_inputs(run_of(entry("v1", "2015-10-01")), [entry("v2", "2015-10-01")])
    assert [] == differing_inputs({"inputs": [], "made_from": {}}, [entry("v2", "2015-10-01")])


def test_a_part_without_rows_stands_beside_others_whatever_is_asked(tmp_path: Path) -> None:
    """A file of a header alone is nothing beside one with days: the same run again is up to date, another is told, restating works."""
    days = [dt.date(2015, 10, 1) + dt.timedelta(number) for number in range(5)]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "part-1.csv").write_text("customer_id,date,balance\n" + "".join(f"C,{day},5.00\n" for day in days))
    (folder / "part-2.csv").write_text("customer_id,date,balance\n")
    command = ("tier", "compute", folder, "--out", tmp_path / "out", "--quarter", "2015Q4", "--as-of", "2015-10-05")
    assert vip(*command).returncode == 0
    again = vip(*command)
    assert (0, True) == (again.returncode, "already up to date" in again.stdout)
    restated = vip("tier", "restate", tmp_path / "out" / "2015Q4-asof-20151005", folder)
    assert (0, True) == (restated.returncode, "nobody differs" in restated.stdout), restated.stderr
    (folder / "part-1.csv").write_text("customer_id,date,balance\n" + "".join(f"C,{day},6.00\n" for day in days))
    other = vip(*command)
    assert (5, True) == (other.returncode, "from other extracts (part-1.csv changed)" in other.stderr)
