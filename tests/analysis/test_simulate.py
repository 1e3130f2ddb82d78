"""`vip tier simulate`: the same customers under another ladder, against a second way of counting in fractions (semantics 11.2)."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import stat
from collections import Counter, defaultdict
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import RULES, read_csv, read_tiers, vip, yuan
from tests.lists.exporting import write_rows
from vip_tiering import DataError, OutputError, RulesError, compute_tiers, load_rules
from vip_tiering.analysis.simulate import COLUMNS, simulate

BOUNDS = [20_000, 100_000, 500_000, 1_000_000, 5_000_000, 8_000_000]
CUSTOMERS = {f"C{number:03}": (7_000 * number**2, 6_500 * number**2 + 20_000 * (number % 3)) for number in range(1, 36)}
"""Yuan from the first day of 2015Q3 and of 2015Q4; every customer gets 1,000,000 more on the last day of either."""
AT_THE_BOUND = "AT"
"""Averages exactly 80,000.00 yuan in both quarters."""
NEW = "NEW"
"""Comes in 2015Q4."""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the runs of 2015Q3, 2015Q4 and of a day in 2016Q1."""
    folder = tmp_path_factory.mktemp("home")
    rows = [("2015-06-30", "opening", "1.00"), ("2015-07-01", AT_THE_BOUND, "80000.00"), ("2015-10-01", NEW, "900000.01")]
    for customer, (third, fourth) in CUSTOMERS.items():
        rows += [("2015-07-01", customer, f"{third}.00"), ("2015-09-30", customer, f"{third + 1_000_000}.00")]
        rows += [("2015-10-01", customer, f"{fourth}.00"), ("2015-12-31", customer, f"{fourth + 1_000_000}.00")]
    path = write_rows(folder / "changes.csv", ("date", "customer_id", "balance"), rows)
    rules, runs = load_rules(RULES), folder / "out"
    compute_tiers(path, "2015Q3", rules=rules, kind="changes").write(runs)
    compute_tiers(path, "2015Q4", rules=rules, kind="changes", previous=runs / "2015Q3").write(runs)
    compute_tiers(path, "2016Q1", rules=rules, kind="changes", as_of=dt.date(2016, 1, 10)).write(runs)
    return runs


def candidate(folder: Path, mins: dict[str, int], *, playbooks: bool = True) -> Path:
    """Write the project's rules with other bounds and return their folder."""
    if playbooks:
        shutil.copytree(RULES, folder)
    else:
        folder.mkdir()
        shutil.copy(RULES / "tiers.yaml", folder)
    document = yaml.safe_load((folder / "tiers.yaml").read_text("utf-8"))
    for tier in document["tiers"]:
        tier["min"] = mins.get(tier["code"], tier["min"])
    (folder / "tiers.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return folder


LOWER = {"silver": 80_000, "pre_private": 4_500_000}
"""A candidate that opens two tiers to more customers."""


def code_of(average: Fraction, ladder: list[dict[str, Any]]) -> str:
    """Return the tier of an average in yuan, the plain way."""
    return next((tier["code"] for tier in reversed(ladder) if average >= Fraction(tier["min"])), "untiered")


def ladder_of(folder: Path) -> list[dict[str, Any]]:
    """Return the tiers of a folder of rules."""
    tiers: list[dict[str, Any]] = yaml.safe_load((folder / "tiers.yaml").read_text("utf-8"))["tiers"]
    return tiers


def averages(run: Path) -> dict[str, Fraction]:
    """Return the exact average of everybody in a run, in yuan."""
    return {one: Fraction(row["fen_days"], row["quarter_days"] * 100) for one, row in read_tiers(run).items()}


def test_the_same_rules_change_nobody(out: Path, tmp_path: Path) -> None:
    """Under the ladder that it has, a run's customers stay where they are: nobody in the file, the matrix has a diagonal only."""
    done = simulate([out / "2015Q4", out / "2015Q3", out / "2016Q1-asof-20160110"], RULES, out=tmp_path / "who.csv")
    assert ["2015Q3", "2015Q4", "2016Q1-asof-20160110"] == [run["run"] for run in done.document["runs"]]
    for run in done.document["runs"]:
        assert run["changed"] == 0
        assert run["old_tiers"] == run["new_tiers"]
        assert all(one["old_tier"] == one["new_tier"] for one in run["moves"])
        assert all(one["old"] == one["new"] for one in run["actions"])
    assert [] == read_csv(tmp_path / "who.csv")
    assert (tmp_path / "who.csv").read_bytes().decode("utf-8-sig") == ",".join(COLUMNS) + "\n"


def test_matrix_totals_and_file_by_a_second_way(out: Path, tmp_path: Path) -> None:
    """Matrix, totals and who changes are what fractions say, customer by customer; exactly at a new bound belongs to the new tier."""
    rules = candidate(tmp_path / "candidate", LOWER)
    done = simulate([out / "2015Q3", out / "2015Q4"], rules, out=tmp_path / "who.csv")
    expected_rows: list[tuple[str, ...]] = []
    for run in done.document["runs"]:
        exact = averages(out / run["run"])
        tiers = {one: (code_of(average, ladder_of(RULES)), code_of(average, ladder_of(rules))) for one, average in exact.items()}
        assert tiers[AT_THE_BOUND] == ("effective", "silver")
        counts, sums = Counter(tiers.values()), defaultdict(Fraction)
        for one, pair in tiers.items():
            sums[pair] += exact[one]
        expected = {pair: (count, yuan(floor(sums[pair] * 100))) for pair, count in counts.items()}
        assert expected == {(one["old_tier"], one["new_tier"]): (one["customers"], one["daily_average_sum"]) for one in run["moves"]}
        for side, place in (("old_tiers", 0), ("new_tiers", 1)):
            for tier in run[side]:
                inside = [exact[one] for one, pair in tiers.items() if pair[place] == tier["code"]]
                assert (len(inside), yuan(floor(sum(inside, Fraction(0)) * 100))) == (tier["customers"], tier["daily_average_sum"])
        moved = sorted(one for one, (old, new) in tiers.items() if old != new)
        assert run["changed"] == len(moved) > 0
        expected_rows += [(one, run["run"], *tiers[one], yuan(floor(exact[one] * 100))) for one in moved]
    assert expected_rows == [tuple(row.values()) for row in read_csv(tmp_path / "who.csv")]


def test_expected_rows_of_actions(out: Path, tmp_path: Path) -> None:
    """An action addresses the customers of its tiers; a call for a higher card who rose by the same ladder; visitors nobody by name."""
    rules = candidate(tmp_path / "candidate", LOWER)
    run = simulate([out / "2015Q4"], rules).document["runs"][0]
    now, before = averages(out / "2015Q4"), averages(out / "2015Q3")
    actions = {one["action"]: one for one in run["actions"]}
    for side, folder in (("old", RULES), ("new", rules)):
        ladder = ladder_of(folder)
        codes = ["untiered", *(tier["code"] for tier in ladder)]
        tier = {one: code_of(average, ladder) for one, average in now.items()}
        assert actions["S-POS"][side] == sum(one == "silver" for one in tier.values())
        rose = [
            one
            for one in now
            if one in before and codes.index(tier[one]) > codes.index(code_of(before[one], ladder)) and tier[one] in codes[3:]
        ]
        assert actions["G-CALL-4"][side] == len(rose)
        assert actions["E-LOBBY-1"][side] is None
    assert actions["S-POS"]["old"] < actions["S-POS"]["new"]
    assert NEW not in before


def test_without_the_quarter_before_who_rose_is_not_known(out: Path) -> None:
    """Where the quarter before is neither given nor beside the run, the call for a higher card is not counted, and a warning says so."""
    done = simulate([out / "2015Q3"], RULES)
    actions = {one["action"]: one for one in done.document["runs"][0]["actions"]}
    assert (actions["G-CALL-4"]["old"], actions["G-CALL-4"]["new"]) == (None, None)
    assert ["the run 2015Q2 is neither given nor beside it"] == [one.partition("; ")[2] for one in done.warnings]


def test_a_ladder_with_other_codes(out: Path, tmp_path: Path) -> None:
    """A candidate with other codes is shown with its own; who has another code changes; without playbooks no rows are expected."""
    folder = tmp_path / "other"
    folder.mkdir()
    tiers = "version: 1\nsource: test\ntiers:\n  - {code: silver, label: 银, min: 100000}\n  - {code: top, label: 顶级, min: 600000}\n"
    (folder / "tiers.yaml").write_text(tiers, "utf-8")
    document = simulate([out / "2015Q4"], folder).document
    run = document["runs"][0]
    assert ["untiered", "silver", "top"] == [one["code"] for one in run["new_tiers"]]
    assert run["changed"] == sum(one["customers"] for one in run["moves"] if one["old_tier"] != one["new_tier"])
    assert not document["playbooks"]
    assert "actions" not in run


def test_the_file_is_private_and_never_written_over_unasked(out: Path, tmp_path: Path) -> None:
    """The file is its owner's alone; what stands there, runs, and places in them are left as they are."""
    file = tmp_path / "who.csv"
    rules = candidate(tmp_path / "candidate", LOWER, playbooks=False)
    simulate([out / "2015Q4"], rules, out=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = file.read_bytes()
    with pytest.raises(OutputError, match="stands there already"):
        simulate([out / "2015Q4"], RULES, out=file)
    assert file.read_bytes() == first
    simulate([out / "2015Q4"], RULES, out=file, replace=True)
    assert file.read_bytes() != first
    with pytest.raises(OutputError, match="lies inside a published folder"):
        simulate([out / "2015Q4"], rules, out=out / "2015Q4" / "who.csv")
    assert ["candidate", "who.csv"] == sorted(one.name for one in tmp_path.iterdir())


def test_an_altered_run_and_a_ladder_that_is_not_in_force_are_refused(out: Path, tmp_path: Path) -> None:
    """A run that was altered is exit 4, a candidate without a ladder for the quarter exit 3."""
    shutil.copytree(out / "2015Q4", tmp_path / "2015Q4")
    with (tmp_path / "2015Q4" / "tiers.csv").open("a") as sink:
        sink.write("x")
    with pytest.raises(DataError, match="was altered"):
        simulate([tmp_path / "2015Q4"], RULES)
    (tmp_path / "late").mkdir()
    late = "version: 1\nsets:\n  - {valid_from: 2016-01-01, source: test, tiers: [{code: a, label: 甲, min: 1}]}\n"
    (tmp_path / "late" / "tiers.yaml").write_text(late, "utf-8")
    with pytest.raises(RulesError, match="no tiers are in force for 2015Q4"):
        simulate([out / "2015Q4"], tmp_path / "late")


def test_command(out: Path, tmp_path: Path) -> None:
    """The command shows the figures at 80 columns, or prints them as one document, and says where the file is."""
    rules = candidate(tmp_path / "candidate", LOWER)
    shown = vip("tier", "simulate", "--rules", rules, out / "2015Q4", "--out", tmp_path / "who.csv", env={"COLUMNS": "80"})
    assert (0, "") == (shown.returncode, shown.stderr)
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert shown.stdout.splitlines()[-1] == str(tmp_path / "who.csv")
    printed = vip("tier", "simulate", "--rules", rules, out / "2015Q4", "--json")
    assert json.loads(printed.stdout) == {**simulate([out / "2015Q4"], rules).document}
