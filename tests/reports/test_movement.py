"""Why the sum of a tier's averages changed: the parts by a second way of counting, and that they add up to the fen."""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.helpers import RULES, read_csv
from tests.reports.test_change_report import export, make_runs, sheets_of, write_people
from vip_tiering import compute_tiers, load_rules
from vip_tiering.base.words import Words
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.job import overview
from vip_tiering.reports.overview.page.charts import steps_of_whole

PARTS = ("corrections", "new", "moved_in", "left", "moved_out", "rules", "stayed")


def fen(text: str) -> int:
    """Return yuan with two decimals in fen."""
    return int(text.replace(".", ""))


def customers_of(run: Path) -> dict[str, tuple[str, Fraction]]:
    """Return tier and exact average of every customer of a run."""
    rows = pq.read_table(run / "tiers.parquet").to_pylist()
    return {row["customer_id"]: (row["tier"], Fraction(row["fen_days"], row["quarter_days"])) for row in rows}


def oracle(before: dict[str, tuple[str, Fraction]], now: dict[str, tuple[str, Fraction]]) -> dict[tuple[str, str], Fraction]:
    """Return each part of each tier but for what bounds do, exactly, by the definitions."""
    parts: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for customer in {*before, *now}:
        old, was = before.get(customer, ("absent", Fraction()))
        new, has = now.get(customer, ("absent", Fraction()))
        if old == new:
            parts[new, "stayed"] += has - was
        else:
            parts[new, "new" if old == "absent" else "moved_in"] += has
            parts[old, "left" if new == "absent" else "moved_out"] -= was
    return parts


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs, a customer file and the report of 2015Q4."""
    folder = tmp_path_factory.mktemp("home")
    make_runs(folder / "out")
    assert 0 == export(folder / "out" / "2015Q4", write_people(folder / "customers.csv"), folder / "reports").returncode
    return folder


def test_the_parts_are_those_of_the_definition_and_add_up(home: Path) -> None:
    """Each part lies within a fen for each pair of tiers of the exact one; together they are the change of the printed sums, exactly."""
    rows = read_csv(home / "reports" / "2015Q4" / "movement.csv")
    exact = oracle(*(customers_of(home / "out" / quarter) for quarter in ("2015Q3", "2015Q4")))
    assert ["private", "pre_private", "gold_diamond", "gold", "silver", "effective", "untiered"] == [row["tier"] for row in rows]
    for row in rows:
        assert fen(row["after"]) - fen(row["before"]) == sum(fen(row[part]) for part in PARTS)
        for part in PARTS:
            assert abs(fen(row[part]) - floor(exact[row["tier"], part])) <= 8, (row["tier"], part)
    document = json.loads((home / "reports" / "2015Q4" / "manifest.json").read_text("utf-8"))
    assert rows == document["movement"]


def test_people_read_it_in_the_summary(home: Path) -> None:
    """The summary holds the table with a total, in which what moves between tiers cancels out but for balances; no part is all zero."""
    rows = sheets_of(home / "reports" / "2015Q4" / "report.xlsx")["汇总"]
    top = next(place for place, row in enumerate(rows) if str(row[0]).startswith("日均变动分解"))
    head: list[Any] = [cell for cell in rows[top + 1] if cell]
    wanted = ["层级", "上季日均", "新增客户", "转入本层级", "流失客户", "转出本层级", "留存客户余额变化", "本季日均"]
    assert wanted == [cell.partition("\n")[0] for cell in head]
    total = dict(zip(head, rows[top + 9], strict=False))
    assert total["层级"] == "合计"
    amounts = [round(total[name] * 1_000_000) for name in head[1:]]
    assert amounts[-1] - amounts[0] == sum(amounts[1:-1])


def test_other_bounds_are_a_part_of_their_own(home: Path, tmp_path: Path) -> None:
    """Where the ladder was raised, who moved only for that is told under the rules, and the parts still add up."""
    text = (RULES / "tiers.yaml").read_text("utf-8").replace("min: 500000}", "min: 650000}")
    rules = tmp_path / "rules"
    rules.mkdir()
    for path in RULES.glob("*.yaml"):
        (rules / path.name).write_text(text if path.name == "tiers.yaml" else path.read_text("utf-8"), "utf-8")
    out = home / "raised"
    run = compute_tiers(home / "changes.csv", "2015Q4", rules=load_rules(rules), kind="changes", previous=home / "out" / "2015Q3").write(
        out
    )
    previous = home / "out" / "2015Q3"
    done = export(run, home / "customers.csv", tmp_path / "reports", "--rules", rules, "--previous", previous)
    assert 0 == done.returncode, done.stderr
    rows = {row["tier"]: row for row in read_csv(tmp_path / "reports" / "2015Q4" / "movement.csv")}
    was = {tier: [average for one, average in customers_of(previous).values() if one == tier] for tier in ("gold", "silver")}
    between = [average for average in was["gold"] if average < 65_000_000]
    assert between
    assert abs(fen(rows["silver"]["rules"]) - floor(sum(between))) <= 1
    assert abs(fen(rows["gold"]["rules"]) + floor(sum(between))) <= 1
    for row in rows.values():
        assert fen(row["after"]) - fen(row["before"]) == sum(fen(row[part]) for part in PARTS)


def test_a_quarter_that_was_corrected_since_is_a_part_of_its_own(tmp_path: Path) -> None:
    """Where the run of the quarter before was replaced after the comparison, what that changed is told, and the parts still add up.

    Before stands what was published then; what moved is counted from the corrected run.
    """
    run = make_runs(tmp_path / "out")
    published = customers_of(tmp_path / "out" / "2015Q3")
    extract = tmp_path / "changes.csv"
    lines = extract.read_text("utf-8-sig").splitlines()
    silver = next(customer for customer, (tier, _) in published.items() if tier == "silver")
    wrong = next(number for number, line in enumerate(lines) if line.startswith(f"2015-07-01,{silver},"))
    lines[wrong] = f"2015-07-01,{silver},600000.05"
    extract.write_text("\n".join(lines) + "\n", "utf-8")
    compute_tiers(extract, "2015Q3", rules=load_rules(RULES), kind="changes").write(tmp_path / "out", replace=True)
    corrected = customers_of(tmp_path / "out" / "2015Q3")
    assert ("silver", "gold") == (published[silver][0], corrected[silver][0])
    done = export(run, write_people(tmp_path / "customers.csv"), tmp_path / "reports")
    said = (
        "2015Q3: took the place of the run with which 2015Q4 was compared; what that changed is told as corrections; compute 2015Q4 again"
    )
    assert (0, True) == (done.returncode, said in done.stderr), done.stderr
    exact = oracle(corrected, customers_of(run))
    for row in read_csv(tmp_path / "reports" / "2015Q4" / "movement.csv"):
        tier = row["tier"]
        then, since = (floor(sum(average for one, average in each.values() if one == tier)) for each in (published, corrected))
        assert (then, since - then) == (fen(row["before"]), fen(row["corrections"]))
        assert fen(row["after"]) - fen(row["before"]) == sum(fen(row[part]) for part in PARTS)
        for part in PARTS[1:]:
            assert abs(fen(row[part]) - floor(exact[tier, part])) <= 8, (tier, part)
    head = next(row for row in sheets_of(tmp_path / "reports" / "2015Q4" / "report.xlsx")["汇总"] if "上季数据更正\n（万元）" in row)
    assert "上季日均\n（万元）" in head


def test_moves_between_tiers_are_one_step_of_the_whole(home: Path) -> None:
    """The chart of the total has no step in or out of tiers, which change no total: their net is one, and all steps add up to it."""
    contents = overview(home / "out" / "2015Q4", None, rules=RULES)
    rows = contents.tables["movement"].rows
    whole = rows[rows["tier"] == TOTAL].iloc[0]
    steps = steps_of_whole(Cells(Words("zh"), contents.names), whole)
    first, *between, last = steps
    assert [("上季日均", whole["before"]), ("本季日均", whole["after"])] == [first, last]
    assert last[1] - first[1] == sum(fen for _, fen in between)
    assert whole["moved_in"] + whole["moved_out"] == dict(between)["换层客户余额变化"]
    assert not {"转入本层级", "转出本层级"} & dict(between).keys()
