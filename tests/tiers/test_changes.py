"""Changes and migration against an oracle of dicts, and every kind of change through the whole line."""

from __future__ import annotations

import dataclasses
import datetime as dt
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, Row, days_between, examples, ladder_of, read_csv, vip, write_csv, yuan
from vip_tiering import RulesError, compute_tiers, load_rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.changes import Comparison, compare
from vip_tiering.tiers.tiering import assign_tiers

BOUNDS = [100, 1_000, 20_000]
LADDER = ladder_of(BOUNDS)
CODES = ["untiered", "tier1", "tier2", "tier3"]
CHANGES = ["initial", "new", "entered", "upgraded", "kept", "downgraded", "lapsed", "left"]
Customer = tuple[int, int, int]
"""fen_days, closing_fen, days_held."""
AMOUNTS = st.integers(-300_000, 3_000_000) | st.sampled_from(
    [bound * days + odd for bound in BOUNDS for days in (90, 92) for odd in (-1, 0)]
)
CUSTOMERS = st.tuples(AMOUNTS | st.integers(-(2**62), 2**62), AMOUNTS, st.integers(0, 92))
SIDES = st.dictionaries(st.sampled_from(["0", "00", "1", "客户", "é", "z" * 9, "Z", "a,b", "7" * 19]), CUSTOMERS)


def frame(side: dict[str, Customer], days: int, ladder: Ladder = LADDER) -> pd.DataFrame:
    """Return a quarter's tiers as a run computes them."""
    ids = pd.Series(list(side), dtype="string[pyarrow]")
    columns = zip(("fen_days", "closing_fen", "days_held"), range(3), strict=True)
    values = {name: np.array([one[place] for one in side.values()], np.int64) for name, place in columns}
    return assign_tiers(pd.DataFrame({"customer_id": ids, **values}), days, ladder)


def tier(side: dict[str, Customer], customer: str, days: int) -> str:
    """Return the code of a customer's tier, or `absent`."""
    if customer not in side:
        return "absent"
    return CODES[sum(Fraction(side[customer][0], days) >= bound for bound in BOUNDS)]


def kind_of_change(before: str, now: str) -> str:
    """Return the kind of change, as the semantics put it in words."""
    off = ("untiered", "absent")
    if before == now or (before in off and now in off):
        return "kept"
    if before in off:
        return "new" if before == "absent" else "entered"
    if now in off:
        return "left" if now == "absent" else "lapsed"
    return "upgraded" if CODES.index(now) > CODES.index(before) else "downgraded"


def steps(code: str) -> int:
    """Return the step of a tier on the ladder; untiered and absent are 0."""
    return 0 if code == "absent" else CODES.index(code)


def oracle_changes(now: dict[str, Customer], now_days: int, before: dict[str, Customer], before_days: int) -> list[dict[str, Any]]:
    """Return the rows of every customer of both quarters, in the order of the ids' bytes."""
    rows = []
    for customer in sorted(now.keys() | before.keys(), key=str.encode):
        old, new = tier(before, customer, before_days), tier(now, customer, now_days)
        rows.append(
            {
                "customer_id": customer,
                "change": kind_of_change(old, new),
                "from_tier": old,
                "to_tier": new,
                "steps": steps(new) - steps(old),
                "previous_daily_average_fen": floor(Fraction(before.get(customer, (0, 0, 0))[0], before_days)),
                "daily_average_fen": floor(Fraction(now.get(customer, (0, 0, 0))[0], now_days)),
                "closing_fen": now.get(customer, (0, 0, 0))[1],
                "days_held": now.get(customer, (0, 0, 0))[2],
            }
        )
    return rows


def oracle_migration(rows: list[dict[str, Any]], now: dict[str, Customer], before: dict[str, Customer]) -> dict[tuple[str, str], list[int]]:
    """Return (from, to) -> customers and the exact fen-days of both quarters."""
    pairs: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        sums = pairs.setdefault((row["from_tier"], row["to_tier"]), [0, 0, 0])
        sums[0] += 1
        sums[1] += now.get(row["customer_id"], (0,))[0]
        sums[2] += before.get(row["customer_id"], (0,))[0]
    return pairs


def migration_of(comparison: Comparison) -> dict[tuple[str, str], list[int]]:
    """Return the migration of a comparison in the oracle's form."""
    rows = comparison.migration.itertuples(index=False)
    return {(row.from_tier, row.to_tier): [row.customers, row.fen_days, row.previous_fen_days] for row in rows}


@given(now=SIDES, before=SIDES, now_days=st.sampled_from([90, 92]), before_days=st.sampled_from([91, 92]))
@settings(max_examples=examples(30))
def test_changes_and_migration_of_two_quarters(
    now: dict[str, Customer], before: dict[str, Customer], now_days: int, before_days: int
) -> None:
    """Every customer of both quarters has the change that a walk with dicts gives it, and the counts add up to the union."""
    comparison = compare(frame(now, now_days), frame(before, before_days), LADDER)
    rows = oracle_changes(now, now_days, before, before_days)
    assert [row for row in rows if row["change"] != "kept"] == comparison.changed.to_dict("records")
    assert {name: sum(row["change"] == name for row in rows) for name in CHANGES} == comparison.counts
    assert len(now.keys() | before.keys()) == sum(comparison.counts.values())
    assert oracle_migration(rows, now, before) == migration_of(comparison)
    present = (now_days if now else comparison.days, before_days if before else comparison.previous_days)
    assert present == (comparison.days, comparison.previous_days)


@given(now=SIDES, days=st.sampled_from([90, 92]))
@settings(max_examples=examples(100))
def test_the_first_run_has_no_changes(now: dict[str, Customer], days: int) -> None:
    """Without a previous run everybody is `initial`, nobody has changed, and the migration starts from `absent`."""
    comparison = compare(frame(now, days), None, LADDER)
    assert comparison.changed.empty
    assert dict.fromkeys(CHANGES, 0) | {"initial": len(now)} == comparison.counts
    assert oracle_migration(oracle_changes(now, days, {}, 1), now, {}) == migration_of(comparison)


def test_an_empty_previous_run_is_not_the_first_run() -> None:
    """A previous run in which nobody was present makes everybody new or kept, and nobody initial."""
    comparison = compare(frame({"1": (9_200, 5, 92), "2": (0, 0, 92)}, 92), frame({}, 92), LADDER)
    assert dict.fromkeys(CHANGES, 0) | {"new": 1, "kept": 1} == comparison.counts


def test_previous_tiers_count_by_code_on_the_present_ladder() -> None:
    """Where a tier is put below another one, a customer rises or falls by the order of the codes today."""
    turned = dataclasses.replace(
        LADDER, tiers=(LADDER.tiers[1].model_copy(update={"min": 1}), LADDER.tiers[0].model_copy(update={"min": 10}))
    )
    before = frame({"up": (1_000 * 92, 0, 92), "down": (100 * 92, 0, 92)}, 92)
    comparison = compare(frame({"up": (1_000 * 92, 0, 92), "down": (100 * 92, 0, 92)}, 92, turned), before, turned)
    expected = [("down", "downgraded", "tier1", "tier2", -1), ("up", "upgraded", "tier2", "tier1", 1)]
    changed = comparison.changed[["customer_id", "change", "from_tier", "to_tier", "steps"]]
    assert expected == list(changed.itertuples(index=False, name=None))


def test_a_tier_that_is_gone_is_refused() -> None:
    """A previous tier that the present rules do not have is named; tiers that are gone but were held by nobody are not."""
    before = frame({"1": (20_000 * 92, 0, 92), "2": (1_000 * 92, 0, 92)}, 92)
    shorter = dataclasses.replace(LADDER, tiers=LADDER.tiers[:1])
    with pytest.raises(RulesError, match="tier2, tier3;"):
        compare(frame({"1": (1, 0, 92)}, 92, shorter), before, shorter)
    kept = compare(frame({"1": (1, 0, 92)}, 92, shorter), before.iloc[:0], shorter)
    assert dict.fromkeys(CHANGES, 0) | {"kept": 1} == kept.counts


# One customer for each kind of change: balance in yuan throughout 2015Q3, and throughout 2015Q4.
CASES = {
    "new": (None, 100_000),
    "entered": (19_999, 20_000),
    "upgraded": (20_000, 8_000_000),
    "kept": (500_000, 999_999),
    "kept-untiered": (1, 19_999),
    "kept-absent-untiered": (None, 5),
    "kept-untiered-absent": (5, None),
    "downgraded": (1_000_000, 500_000),
    "lapsed": (100_000, 19_999),
    "left": (5_000_000, None),
}
EXPECTED_CHANGES = [
    "downgraded,downgraded,gold_diamond,gold,金钻,金卡,-1,1000000.00,500000.00,-500000.00,500000.00,92",
    "entered,entered,untiered,effective,未达标,有效户,1,19999.00,20000.00,1.00,20000.00,92",
    "lapsed,lapsed,silver,untiered,银卡,未达标,-2,100000.00,19999.00,-80001.00,19999.00,92",
    "left,left,pre_private,absent,准私银,无记录,-5,5000000.00,0.00,-5000000.00,0.00,0",
    "new,new,absent,silver,无记录,银卡,2,0.00,100000.00,100000.00,100000.00,92",
    "upgraded,upgraded,effective,private,有效户,私银,5,20000.00,8000000.00,7980000.00,8000000.00,92",
]
EXPECTED_MIGRATION = [
    "absent,untiered,1,5.00,0.00",
    "absent,silver,1,100000.00,0.00",
    "untiered,absent,1,0.00,5.00",
    "untiered,untiered,1,19999.00,1.00",
    "untiered,effective,1,20000.00,19999.00",
    "effective,private,1,8000000.00,20000.00",
    "silver,untiered,1,19999.00,100000.00",
    "gold,gold,1,999999.00,500000.00",
    "gold_diamond,gold,1,500000.00,1000000.00",
    "pre_private,absent,1,0.00,5000000.00",
]


def _two_quarters(folder: Path) -> tuple[Path, Path]:
    """Write the extracts of the cases, one file a quarter; return both."""
    files = []
    for place, (first, last) in enumerate([(dt.date(2015, 7, 1), dt.date(2015, 9, 30)), (dt.date(2015, 10, 1), dt.date(2015, 12, 31))]):
        held = [(customer, both[place]) for customer, both in CASES.items()]
        rows = [Row(day, customer, None, fen * 100) for day in days_between(first, last) for customer, fen in held if fen is not None]
        files.append(write_csv(folder / f"q{place}.csv", rows))
    return files[0], files[1]


def test_every_change_through_the_whole_line(tmp_path: Path) -> None:
    """Each kind of change stands in `changes.csv` and `migration.csv` as it is documented, and the manifest counts them."""
    before, now = _two_quarters(tmp_path)
    rules = load_rules(RULES)
    previous = compute_tiers(before, "2015Q3", rules=rules).write(tmp_path / "out")
    run = compute_tiers(now, "2015Q4", rules=rules, previous=previous)
    folder = run.write(tmp_path / "out")
    changes = (folder / "changes.csv").read_text("utf-8-sig").splitlines()
    migration = (folder / "migration.csv").read_text("utf-8-sig").splitlines()
    assert EXPECTED_CHANGES == changes[1:]
    assert EXPECTED_MIGRATION == migration[1:]
    expected = {"initial": 0, "new": 1, "entered": 1, "upgraded": 1, "kept": 4, "downgraded": 1, "lapsed": 1, "left": 1}
    assert expected == run.manifest["changes"]
    assert sum(expected.values()) == len(CASES)


def test_the_first_run_writes_headers_only(tmp_path: Path) -> None:
    """Where there is no previous run, `changes.csv` has its header and `migration.csv` counts everybody from `absent`."""
    before, _ = _two_quarters(tmp_path)
    folder = compute_tiers(before, "2015Q3", rules=load_rules(RULES)).write(tmp_path / "out")
    assert [] == read_csv(folder / "changes.csv")
    held = [fen for fen, _ in CASES.values() if fen is not None]
    expected = {("absent", row["tier"]) for row in read_csv(folder / "tiers.csv")}
    migration = read_csv(folder / "migration.csv")
    assert expected == {(row["from_tier"], row["to_tier"]) for row in migration}
    assert len(held) == sum(int(row["customers"]) for row in migration)
    assert yuan(sum(held) * 100) == yuan(sum(int(row["daily_average_sum"].replace(".", "")) for row in migration))


def test_a_tier_that_is_gone_ends_with_exit_code_3(tmp_path: Path) -> None:
    """The command refuses rules that lost the code of a previous tier, and writes nothing."""
    before, now = _two_quarters(tmp_path)
    compute_tiers(before, "2015Q3", rules=load_rules(RULES)).write(tmp_path / "out")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\nsource: test\ntiers: [{code: silver, label: 银卡, min: 100000}]\n", encoding="utf-8")
    actual = vip("tier", "compute", now, "--quarter", "2015Q4", "--out", tmp_path / "out", "--rules", rules)
    assert (3, "") == (actual.returncode, actual.stdout)
    assert "effective, gold, gold_diamond, pre_private" in actual.stderr
    assert not (tmp_path / "out" / "2015Q4").exists()
