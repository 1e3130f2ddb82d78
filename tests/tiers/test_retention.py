"""Tiers that are kept for a while, or set by somebody: against an oracle that follows one customer at a time (semantics 3.4, 3.5)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from tests.helpers import RULES, Row, days_between, examples, ladder_of, read_csv, vip, write_csv
from vip_tiering import RulesError, compute_tiers, load_rules
from vip_tiering.rules.tiers import RetentionRule
from vip_tiering.tiers.retention import with_retained
from vip_tiering.tiers.tiering import assign_tiers

LADDER = ladder_of([100, 200, 300, 400])
CODES = LADDER.codes
RULE = st.builds(
    RetentionRule,
    tiers=st.lists(st.sampled_from(CODES[1:]), min_size=1, unique=True),
    grace_quarters=st.integers(1, 3),
    fall_to=st.sampled_from(["evaluated", "one_step"]),
)


def oracle(levels: Sequence[int | None], rule: RetentionRule) -> list[tuple[int, int] | None]:
    """Return the tier that a customer has in each quarter, and for how many quarters in a row it is above the average's."""
    had: tuple[int, int] | None = None
    found: list[tuple[int, int] | None] = []
    for level in levels:
        if level is None:  # not there: whoever comes back is new
            had = None
        else:
            tier, quarters = had or (level, 0)
            if level >= tier or CODES[tier] not in rule.tiers:
                had = (level, 0)
            elif quarters < rule.grace_quarters:
                had = (tier, quarters + 1)
            else:
                lower = max(level, tier - 1) if rule.fall_to == "one_step" else level
                had = (lower, quarters + 1) if lower > level else (level, 0)
        found.append(had)
    return found


@given(rule=RULE, world=st.lists(st.lists(st.none() | st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=8))
@settings(max_examples=examples(5))
def test_a_tier_is_kept_as_long_as_the_rule_says(rule: RetentionRule, world: list[list[int | None]]) -> None:
    """Over six quarters every customer has the tier, the state and the basis that following them alone gives."""
    rules = replace(load_rules(RULES), retention=rule)
    expected = [oracle(levels, rule) for levels in world]
    previous = None
    for quarter in range(6):
        there = [customer for customer, levels in enumerate(world) if levels[quarter] is not None]
        sums = np.array([(world[customer][quarter] or 0) * 100 * 90 for customer in there], np.int64)
        ids = pd.Series([f"{customer:03d}" for customer in there], dtype="string[pyarrow]")
        tiers = assign_tiers(pd.DataFrame({"customer_id": ids, "fen_days": sums}), 90, LADDER)
        previous = with_retained(tiers, previous, rules, LADDER, 0)
        wanted = [expected[customer][quarter] for customer in there]
        actual = list(zip(previous["tier"].cat.codes.tolist(), previous["held_quarters"].tolist(), strict=True))
        assert wanted == actual
        bases = ["held" if one and one[1] else "evaluated" for one in wanted]
        assert bases == previous["tier_basis"].tolist()
        assert [world[customer][quarter] for customer in there] == previous["evaluated_tier"].cat.codes.tolist()


def rules_in(folder: Path, more: str, overrides: str = "") -> Path:
    """Write the project's rules with more in tiers.yaml, and a file of overrides where there is one."""
    folder.mkdir()
    for path in RULES.glob("*.yaml"):
        folder.joinpath(path.name).write_bytes(path.read_bytes())
    with folder.joinpath("tiers.yaml").open("a", encoding="utf-8") as file:
        file.write(more)
    if overrides:
        folder.joinpath("overrides.csv").write_text(f"customer_id,tier,reason,approved_by,valid_until\n{overrides}", "utf-8")
    return folder


KEEP = "retention: {tiers: [silver, gold], grace_quarters: 1, fall_to: evaluated}\n"
SET = "overrides: overrides.csv\n"
WORLD = {"keeps": [600_000, 300_000, 300_000], "stays": [600_000] * 3, "set": [30_000] * 3, "goes": [30_000, 10_000, 10_000]}
QUARTERS = {"2015Q2": (4, 6), "2015Q3": (7, 9), "2015Q4": (10, 12)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three quarters' runs under retention and an override until 31 October."""
    folder = tmp_path_factory.mktemp("runs")
    rows = [
        Row(day, customer, None, yuan[place] * 100)
        for place, (first, last) in enumerate(QUARTERS.values())
        for day in days_between(dt.date(2015, first, 1), dt.date(2015, last, 30 if last != 12 else 31))
        for customer, yuan in WORLD.items()
    ]
    extract = write_csv(folder / "balances.csv", rows)
    rules = load_rules(rules_in(folder / "rules", KEEP + SET, "set,gold,staff of the group,王主任,2015-10-31\n"))
    before = None
    for quarter in QUARTERS:
        before = compute_tiers(extract, quarter, rules=rules, previous=before).write(folder / "out")
    return folder / "out"


def test_what_a_run_says_of_kept_and_set_tiers(runs: Path) -> None:
    """tiers.csv names both tiers and why; changes.csv tells who is held; the migration and the manifest count them."""
    table = {row["customer_id"]: row for row in read_csv(runs / "2015Q3" / "tiers.csv")}
    assert [*table["keeps"]][:5] == ["customer_id", "tier", "tier_label", "evaluated_tier", "tier_basis"]
    shown = {who: tuple(row[name] for name in ("tier", "evaluated_tier", "tier_basis")) for who, row in table.items()}
    assert shown == {
        "keeps": ("gold", "silver", "held"),
        "stays": ("gold", "gold", "evaluated"),
        "set": ("gold", "effective", "override"),
        "goes": ("untiered", "untiered", "evaluated"),
    }
    changes = {row["customer_id"]: (row["change"], row["from_tier"], row["to_tier"]) for row in read_csv(runs / "2015Q3" / "changes.csv")}
    assert {"keeps": ("held", "gold", "gold"), "goes": ("lapsed", "effective", "untiered")} == changes
    migration = {(row["from_tier"], row["to_tier"]): row for row in read_csv(runs / "2015Q3" / "migration.csv")}
    assert ("3", "1", "1") == tuple(migration["gold", "gold"][name] for name in ("customers", "held_customers", "override_customers"))
    manifest: dict[str, Any] = json.loads((runs / "2015Q3" / "manifest.json").read_text("utf-8"))
    assert {"evaluated": 2, "held": 1, "override": 1} == manifest["retention"]["basis"]
    assert 1 == manifest["changes"]["held"]
    assert 1 == manifest["retention"]["evaluated"]["silver"]


def test_after_its_time_a_tier_is_lost(runs: Path) -> None:
    """In the next quarter who was held falls to the tier of the average, and what was set until a day before its end counts no more."""
    changes = {row["customer_id"]: (row["change"], row["from_tier"], row["to_tier"]) for row in read_csv(runs / "2015Q4" / "changes.csv")}
    assert {"keeps": ("downgraded", "gold", "silver"), "set": ("downgraded", "gold", "effective")} == changes


def test_an_override_is_not_kept_by_retention(runs: Path) -> None:
    """What counts next quarter is the tier without the override, so that it ends on its day."""
    rows = {row["customer_id"]: row for row in pq.read_table(runs / "2015Q3" / "tiers.parquet").to_pylist()}
    assert ("gold", "effective", 0) == tuple(rows["set"][name] for name in ("tier", "retained_tier", "held_quarters"))


@pytest.mark.parametrize("kind", ["off", "on"])
def test_without_either_the_files_are_as_ever(tmp_path: Path, kind: Literal["off", "on"]) -> None:
    """Without retention and overrides no file has a column of them; with them that nobody needs, the tiers are the same."""
    rows = [Row(day, "1", None, 30_000_00) for day in days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))]
    rules = load_rules(RULES if kind == "off" else rules_in(tmp_path / "rules", KEEP))
    run = compute_tiers(write_csv(tmp_path / "b.csv", rows), "2015Q4", rules=rules).write(tmp_path / "out")
    [row] = read_csv(run / "tiers.csv")
    assert ("evaluated_tier" in row, row["tier"]) == (kind == "on", "effective")
    assert ("held" in json.loads((run / "manifest.json").read_text("utf-8"))["changes"]) == (kind == "on")


@pytest.mark.parametrize(
    ("more", "overrides", "message"),
    [
        ("retention: {tiers: [goldd], grace_quarters: 1}\n", "", "retention.tiers[0] is not in the tiers; did you mean gold?"),
        ("retention: {tiers: [gold], grace_quarters: 0}\n", "", "retention.grace_quarters"),
        (SET, "1,goldd,r,a,2015-12-31\n", "overrides.csv:2: tier must be a code of tiers.yaml"),
        (SET, "1,gold,,a,2015-12-31\n", "overrides.csv:2: reason and approved_by must be filled in"),
        (SET, "1,gold,r,a,31.12.2015\n", "overrides.csv:2: valid_until must be a day"),
        (SET, "1,gold,r,a,2015-12-31\n1,silver,r,a,2016-12-31\n", "overrides.csv:3: this customer_id stands in line 2 already"),
        (SET, "=1,gold,r,a,2015-12-31\n", "overrides.csv:2: customer_id must be an id as plain text"),
        (SET, "1,gold,r,a,2015-12-3", "overrides.csv:2: the last line has no line end; was the file cut?"),
        (SET, "", "overrides: overrides.csv cannot be read"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, more: str, overrides: str, message: str) -> None:
    """A tier that is not known, a row without a reason, a day that is not one: each is a line that says what would be right."""
    with pytest.raises(RulesError) as error:
        load_rules(rules_in(tmp_path / "rules", more, overrides))
    assert message in str(error.value)


def computed(folder: Path, more: str, overrides: str, *, balances: dict[str, int], aliases: str = "", quarter: str = "2015Q4") -> Any:
    """Compute a quarter whose customers have the same balance, in yuan, on every day, with overrides and renamed customers."""
    folder.mkdir(exist_ok=True)
    rules = rules_in(folder / f"rules-{quarter}", more, overrides)
    if aliases:
        rules.joinpath("aliases.csv").write_text(f"old_id,new_id\n{aliases}", "utf-8")
        with rules.joinpath("extracts.yaml").open("a", encoding="utf-8") as file:
            file.write("aliases: aliases.csv\n")
    first, last = {"2015Q3": ("2015-07-01", "2015-09-30"), "2015Q4": ("2015-10-01", "2015-12-31")}[quarter]
    days = days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    extract = write_csv(folder / f"{quarter}.csv", [Row(day, who, None, yuan * 100) for day in days for who, yuan in balances.items()])
    before = folder / "out" / "2015Q3"
    return compute_tiers(extract, quarter, rules=load_rules(rules), previous=before if before.exists() else None)


def test_an_override_means_a_renamed_customer_by_both_numbers(tmp_path: Path) -> None:
    """By the old number of an alias as by the new one the customer has the tier that was set; both at once are one row too many."""
    world = {"OLD1": 150_000, "OLD2": 150_000}
    run = computed(tmp_path, SET, "OLD1,gold,r,a,2015-12-31\nNEW2,gold,r,a,2015-12-31\n", balances=world, aliases="OLD1,NEW1\nOLD2,NEW2\n")
    assert {"NEW1": "gold", "NEW2": "gold"} == dict(zip(run.tiers["customer_id"], run.tiers["tier"], strict=True))
    assert not any("overrides" in one for one in run.warnings)
    rows = "OLD1,gold,r,a,2015-12-31\nNEW1,gold,r,a,2015-12-31\n"
    with pytest.raises(RulesError, match=r"overrides.csv:3: this customer_id stands in line 2 already"):
        computed(tmp_path / "twice", SET, rows, balances=world, aliases="OLD1,NEW1\n")


def test_an_override_of_nobody_is_told(tmp_path: Path) -> None:
    """Whoever is not in the run is counted with the lines, and no id is shown; an override that is over is not told."""
    rows = "gone,gold,r,a,2015-12-31\nover,gold,r,a,2015-10-31\nhere,gold,r,a,2015-12-31\naway,gold,r,a,2016-12-31\n"
    run = computed(tmp_path, SET, rows, balances={"here": 150_000})
    [warning] = [one for one in run.warnings if "overrides" in one]
    assert warning.endswith("overrides.csv: 2 customers with an override in force are not in this run: lines 2, 5")
    assert ["gold"] == run.tiers["tier"].tolist()


@pytest.mark.parametrize("zeros", ["insignificant", "significant"])
def test_an_override_whose_id_lost_its_zeros(tmp_path: Path, zeros: str) -> None:
    """An id that is in the run but for leading zeros is refused with its line; where zeros count it is another customer's."""
    rows = "77,gold,r,a,2015-12-31\n"
    if zeros == "insignificant":
        with pytest.raises(RulesError, match=r"overrides.csv:2: customer_id differs from one of this run by leading zeros alone"):
            computed(tmp_path, SET, rows, balances={"0077": 150_000})
    else:
        rules = load_rules(rules_in(tmp_path / "rules", SET, rows))
        rules = replace(rules, extracts=rules.extracts.model_copy(update={"leading_zeros": "significant"}))
        extract = write_csv(
            tmp_path / "b.csv", [Row(day, "0077", None, 1) for day in days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))]
        )
        assert any(
            "1 customer with an override in force is not in this run: line 2" in one
            for one in compute_tiers(extract, "2015Q4", rules=rules).warnings
        )


def test_an_override_to_a_tier_of_another_ladder(tmp_path: Path) -> None:
    """A tier that the quarter's ladder does not have is refused with its line, and not passed over."""
    rules = load_rules(rules_in(tmp_path / "rules", SET, "1,gold,r,a,2015-12-31\n"))
    extract = write_csv(
        tmp_path / "b.csv", [Row(day, "1", None, 15_000_000) for day in days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))]
    )
    with pytest.raises(RulesError, match=r"overrides.csv:2: tier gold is none of this quarter's: untiered, tier1"):
        compute_tiers(extract, "2015Q4", rules=replace(rules, ladders=(LADDER,)))


def test_a_renamed_customer_keeps_what_was_set(tmp_path: Path) -> None:
    """Somebody whose tier was set before and is set now did not rise by getting another number, and who lost it fell."""
    before = "AAA,gold,r,a,2015-12-31\nZZZ,gold,r,a,2015-12-31\nEEE,gold,r,a,2015-09-30\n"
    world = {"AAA": 150_000, "ZZZ": 150_000, "EEE": 150_000}
    computed(tmp_path, SET, before, balances=world, quarter="2015Q3").write(tmp_path / "out")
    now = "NNN,gold,r,a,2015-12-31\nZZZ,gold,r,a,2015-12-31\n"
    run = computed(tmp_path, SET, now, balances=world, aliases="AAA,NNN\nEEE,FFF\n")
    changed = run.comparison.changed
    assert {("FFF", "downgraded", "gold", "silver")} == set(
        changed[["customer_id", "change", "from_tier", "to_tier"]].astype(str).itertuples(index=False, name=None)
    )


def test_explaining_and_reporting_show_why(runs: Path, tmp_path: Path) -> None:
    """`vip tier explain` proves the tier of the average and says that another one is held; a manager's sheet has the reason."""
    rules = runs.parent / "rules"
    said = vip("tier", "explain", "keeps", runs / "2015Q3", "--rules", rules)
    assert (0, "") == (said.returncode, said.stderr)
    assert "held by retention; the average alone gives 银卡 silver" in said.stdout
    assert "held: 金卡 gold, although the average is lower" in said.stdout
    assert "27,600,000.00 yuan-days >= 100,000.00 x 92" in said.stdout
    assert (
        "set by hand; the average alone gives 有效户 effective" in vip("tier", "explain", "set", runs / "2015Q3", "--rules", rules).stdout
    )
    people = tmp_path / "customers.csv"
    people.write_text("客户号,客户经理\n" + "".join(f"{who},赵\n" for who in WORLD), "utf-8")
    done = vip("changes", "export", runs / "2015Q3", "--customers", people, "--out", tmp_path / "reports", "--rules", rules)
    assert 0 == done.returncode, done.stderr
    assert "held 1" in done.stdout
    book = load_workbook(tmp_path / "reports" / "2015Q3" / "managers" / "未分配" / "赵.xlsx")
    head, *rows = book.get_sheet_by_name("我的客户").to_python()
    basis = {row[0]: row[head.index("定级依据")] for row in rows}
    assert {"keeps": "保级", "stays": "日均", "set": "指定", "goes": "日均"} == basis
