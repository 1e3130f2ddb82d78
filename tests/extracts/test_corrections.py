"""A day in parts, and a day that is delivered again: what is summed, what wins, what is a conflict."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.helpers import rules_with
from vip_tiering import DataError, compute_tiers
from vip_tiering.tiers.run import Run

FIRST = dt.date(2015, 10, 1)
BY_NAME = rules_with(corrections="by_file_name")
HEADER = "customer_id,account_id,balance\n"


def run(folder: Path, files: dict[str, str], rules: object = BY_NAME) -> Run:
    """Write files of one day and compute them."""
    for name, rows in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(HEADER + rows)
    return compute_tiers([folder / name for name in files], "2015Q4", rules=rules, as_of=FIRST)  # type: ignore[arg-type]


def sums(one: Run) -> dict[str, int]:
    """Return customer -> fen-days."""
    return dict(zip(one.tiers["customer_id"], one.tiers["fen_days"].tolist(), strict=True))


def test_a_day_in_parts_is_one_day(tmp_path: Path) -> None:
    """Files of one day whose keys differ are parts, under either rule: per branch, or per account of one customer."""
    files = {"b_20151001_branch1.csv": "A,1,1.00\nB,1,2.00\n", "b_20151001_branch2.csv": "A,2,4.00\nC,1,8.00\n"}
    for rules in (BY_NAME, rules_with()):
        one = run(tmp_path, files, rules)
        assert ({"A": 500, "B": 200, "C": 800}, 4) == (sums(one), one.manifest["rows"]["used"])


def test_the_later_name_wins_for_the_keys_it_holds(tmp_path: Path) -> None:
    """Of three deliveries the last name wins key by key; what it does not hold stands; the rest is superseded, by file."""
    files = {
        "b_20151001.csv": "A,1,1.00\nA,2,1.00\nB,1,1.00\nC,1,1.00\n",
        "b_20151001_v2.csv": "A,1,2.00\nB,1,2.00\n",
        "b_20151001_v3.csv": "A,1,4.00\nC,1,1.00\n",
    }
    one = run(tmp_path, files)
    assert {"A": 500, "B": 200, "C": 100} == sums(one)
    rows = one.manifest["rows"]
    assert (8, 4, 0, 4) == (rows["read"], rows["used"], rows["collapsed"], rows["superseded"])
    superseded = {entry["name"]: entry.get("superseded", 0) for entry in one.manifest["inputs"]}
    assert {"b_20151001.csv": 3, "b_20151001_v2.csv": 1, "b_20151001_v3.csv": 0} == superseded


def test_the_order_of_the_arguments_does_not_matter(tmp_path: Path) -> None:
    """Names decide, not the order in which files are given."""
    files = {"b_20151001_v2.csv": "A,1,2.00\n", "b_20151001.csv": "A,1,1.00\n"}
    assert {"A": 200} == sums(run(tmp_path, files))


def test_without_the_rule_it_is_a_conflict(tmp_path: Path) -> None:
    """Another balance for one key in a second file names both places, and the rule that would let the later one win."""
    files = {"b_20151001.csv": "A,1,1.00\n", "b_20151001_v2.csv": "A,1,2.00\n"}
    with pytest.raises(DataError) as caught:
        run(tmp_path, files, rules_with())
    (problem,) = map(str, caught.value.problems)
    assert problem.startswith(
        "b_20151001_v2.csv: row 2: another balance for the same day and customer, account stands in b_20151001.csv row 2"
    )
    assert problem.endswith("say corrections: by_file_name in rules/extracts.yaml [duplicate-conflict]")


def test_within_one_file_a_conflict_stays_one(tmp_path: Path) -> None:
    """The rule judges files; two balances for one key within the winning file are refused, in a file that lost they are gone."""
    with pytest.raises(DataError, match="duplicate-conflict"):
        run(tmp_path, {"b_20151001.csv": "A,1,1.00\n", "b_20151001_v2.csv": "A,1,2.00\nA,1,3.00\n"})
    assert {"A": 200} == sums(run(tmp_path, {"b_20151001.csv": "A,1,1.00\nA,1,3.00\n", "b_20151001_v2.csv": "A,1,2.00\nA,1,2.00\n"}))


def test_files_of_one_name_cannot_correct_each_other(tmp_path: Path) -> None:
    """Two files of the same name in two folders have no later one: a conflict."""
    with pytest.raises(DataError, match="duplicate-conflict"):
        run(tmp_path, {"one/b_20151001.csv": "A,1,1.00\n", "two/b_20151001.csv": "A,1,2.00\n"})
