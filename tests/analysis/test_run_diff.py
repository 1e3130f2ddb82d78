"""`vip runs diff`: two published runs against each other, against a second way of counting; and what may have made them differ."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Row, days_between, read_csv, read_tiers, rules_without_calendar, vip, write_csv, yuan
from vip_tiering import compute_tiers, load_rules
from vip_tiering.analysis.run_diff import run_diff

Q4 = days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))
FIRST = {"A": 10_000_000, "B": 9_999_999, "C": 50_000_000, "D": 1_999_999, "E": 2_000_000, "F": 77}
"""Fen of every day, by customer."""
SECOND = {"A": 10_000_000, "B": 10_000_000, "C": 49_999_999, "D": 1_999_999, "G": 123_456_789, "F": 77}
LADDER = """version: 1
source: test
tiers:
  - {code: effective, label: 有效户, min: 20000}
  - {code: silver, label: 银卡, min: "100000.01"}
  - {code: gold, label: 金卡, min: 500000}
  - {code: private, label: 私银, min: 8000000}
"""
FIGURES = {"tier": "tier", "average": "fen_days", "closing": "closing_fen"}
Tiers = dict[str, dict[str, Any]]


def write_extract(path: Path, balances: dict[str, int], moved_fen: int) -> None:
    """Write balances of every day; D moves so many fen from the last day but one to the last, so that the average stays."""
    other = {Q4[-2]: -moved_fen, Q4[-1]: moved_fen}
    write_csv(path, [Row(day, one, None, fen + (other.get(day, 0) if one == "D" else 0)) for day in Q4 for one, fen in balances.items()])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs of one quarter: `a`; `b` of other extracts; `c` of those of `a` by another ladder; and `d`, inside it."""
    folder = tmp_path_factory.mktemp("home")
    write_extract(folder / "x" / "first.csv", FIRST, 0)
    write_extract(folder / "y" / "second.csv", SECOND, 5)
    other = folder / "rules"
    other.mkdir()
    (other / "tiers.yaml").write_text(LADDER, encoding="utf-8")
    usual = load_rules(rules_without_calendar())
    for name, extracts, rules in (("a", "x", usual), ("b", "y", usual), ("c", "x", load_rules(other))):
        compute_tiers(folder / extracts, "2015Q4", rules=rules).write(folder / name)
    compute_tiers(folder / "x", "2015Q4", rules=usual, as_of=dt.date(2015, 11, 30)).write(folder / "d")
    return folder


def oracle(old: Tiers, new: Tiers) -> list[dict[str, str]]:
    """Return the rows of the file, by dictionaries, from what both runs hold."""
    rows = []
    absent = {"tier": "absent", "fen_days": 0, "daily_average_fen": 0, "closing_fen": 0}
    for one in sorted({*old, *new}):
        first, second = (run.get(one, absent) for run in (old, new))
        if one in old and one in new:
            differs = [kind for kind, column in FIGURES.items() if first[column] != second[column]]
        else:
            differs = ["only_first" if one in old else "only_second"]
        if differs:
            shown = {"customer_id": one, "differs": "|".join(differs)}
            for name, side in (("first", first), ("second", second)):
                shown |= {f"{name}_tier": side["tier"], f"{name}_average": yuan(side["daily_average_fen"])}
                shown |= {f"{name}_closing": yuan(side["closing_fen"])}
            rows.append({**shown, "difference": yuan(second["daily_average_fen"] - first["daily_average_fen"])})
    return rows


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a"), ("a", "c"), ("a", "a")])
def test_every_customer_who_differs_is_told(home: Path, tmp_path: Path, first: str, second: str) -> None:
    """The file holds everybody of whom tier, average or closing balance differ, and nobody else; kinds and pairs count them."""
    folders = [home / name / "2015Q4" for name in (first, second)]
    old, new = map(read_tiers, folders)
    done = run_diff(*folders, out=tmp_path / "who.csv")
    expected = oracle(old, new)
    assert expected == read_csv(tmp_path / "who.csv")
    kinds = Counter(kind for row in expected for kind in row["differs"].split("|"))
    assert (len(expected), {kind: kinds[kind] for kind in done.document["kinds"]}) == (done.document["differing"], done.document["kinds"])
    pairs = Counter((old[one]["tier"] if one in old else "absent", new[one]["tier"] if one in new else "absent") for one in {*old, *new})
    assert pairs == {(one["first_tier"], one["second_tier"]): one["customers"] for one in done.document["moves"]}
    for one in done.document["moves"]:
        pair = (one["first_tier"], one["second_tier"])
        own = [who for who in {*old, *new} if pair == tuple(run[who]["tier"] if who in run else "absent" for run in (old, new))]
        sums = [sum(run[who]["daily_average_fen"] for who in own if who in run) for run in (old, new)]
        assert [yuan(fen) for fen in (*sums, sums[1] - sums[0])] == [
            one[f"{name}_sum"] for name in ("first_average", "second_average", "difference")
        ]


def test_all_ways_to_differ_occur(home: Path) -> None:
    """The oracle is tried on each way to differ: here only, there only, tier, average, closing balance."""
    document = run_diff(home / "a" / "2015Q4", home / "b" / "2015Q4").document
    assert {"only_first": 1, "only_second": 1, "tier": 2, "average": 2, "closing": 3} == document["kinds"]


def test_the_cause_is_told(home: Path) -> None:
    """Other extracts, another ladder and another period are told as such, and nothing that is equal."""
    runs = {name: next((home / name).glob("2015Q4*")) for name in "abcd"}

    def causes(first: str, second: str) -> dict[str, Any]:
        document = run_diff(runs[first], runs[second]).document
        differs = {name for name in ("rules", "program", "previous") if document[name][0] != document[name][1]}
        return {"differs": differs, **{name: document[name] for name in ("same_run", "extracts", "bounds", "options")}}

    nothing = {"differs": set(), "same_run": False, "extracts": [], "bounds": [], "options": {}}
    assert {**nothing, "same_run": True} == causes("a", "a")
    assert {**nothing, "extracts": ["first.csv gone", "second.csv added"]} == causes("a", "b")
    ladder = causes("a", "c")
    assert {**nothing, "differs": {"rules"}, "bounds": ladder["bounds"]} == ladder
    told = {one["code"]: [one[side] and one[side]["min"] for side in ("first", "second")] for one in ladder["bounds"]}
    assert {
        "silver": ["100000.00", "100000.01"],
        "gold_diamond": ["1000000.00", None],
        "pre_private": ["5000000.00", None],
    } == told
    assert {**nothing, "extracts": None} == causes("d", "a")


def test_runs_of_other_days_differ_by_averages(home: Path) -> None:
    """Where both runs have other numbers of days, averages are compared and not the sums of days: of equal balances none differs."""
    document = run_diff(home / "d" / "2015Q4-asof-20151130", home / "a" / "2015Q4").document
    assert (61, 92) == tuple(document["runs"][name]["quarter_days"] for name in ("first", "second"))
    assert 0 == document["differing"]


def test_the_terminal_shows_no_customer(home: Path, tmp_path: Path) -> None:
    """The terminal shows counts and sums at 80 columns in both languages; no id but in the file, which is not overwritten unasked."""
    command = ("runs", "diff", home / "a" / "2015Q4", home / "b" / "2015Q4", "--out", tmp_path / "who.csv")
    texts = [vip(*command, "--replace", "--lang", lang) for lang in ("en", "zh")]
    assert [(0, ""), (0, "")] == [(done.returncode, done.stderr) for done in texts]
    for done in texts:
        assert "first.csv gone" in done.stdout
        assert not {*FIRST, *SECOND} & {*done.stdout.split()}
    assert "customers of whom anything differs          5" in texts[0].stdout
    assert "有差异的客户合计       5" in texts[1].stdout
    again = vip(*command)
    assert (5, "") == (again.returncode, again.stdout)
    same = vip("runs", "diff", home / "a" / "2015Q4", home / "a" / "2015Q4", "--json")
    assert json.loads(same.stdout)["same_run"] is True


def test_what_is_no_sound_run_is_refused(home: Path, tmp_path: Path) -> None:
    """A run that was altered, and a folder that is none, are refused with exit code 4; so is a file within a run, with 5."""
    run = home / "a" / "2015Q4"
    assert 4 == vip("runs", "diff", run, home / "x").returncode
    assert 5 == vip("runs", "diff", run, run, "--out", run / "who.csv").returncode
    altered = tmp_path / "2015Q4"
    altered.mkdir()
    for file in run.iterdir():
        (altered / file.name).write_bytes(file.read_bytes() + b"\n" * (file.name == "changes.csv"))
    assert 4 == vip("runs", "diff", run, altered).returncode
