"""Who is about to rise or fall, and the money that decides it, against an independent oracle of fractions (semantics 10)."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import Row, days_between, ladder_of, read_csv, rules_with, write_csv
from vip_tiering import compute_tiers
from vip_tiering.base.quarter import Period, Quarter
from vip_tiering.rules.tiers import OutlookRule
from vip_tiering.tiers.outlook import STATES, Horizon, Standing, outlook_of
from vip_tiering.tiers.published.run_folder import read_run
from vip_tiering.tiers.tiering import assign_tiers

LADDER = ladder_of([2_000_000, 10_000_000, 50_000_000, 100_000_000, 500_000_000, 800_000_000])
BOUNDS = [tier.min_fen for tier in LADDER.tiers]
QUARTERS = st.builds(Quarter, st.integers(2000, 2030), st.integers(1, 4))
FEN = st.integers(0, 10**10) | st.sampled_from(BOUNDS).flatmap(lambda bound: st.integers(max(bound - 300, 0), bound + 300))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Return a whole quarter, or one that goes on after a day of it."""
    quarter = draw(QUARTERS)
    gone = draw(st.integers(1, (quarter.end - quarter.start).days))
    return Period(quarter, draw(st.sampled_from([None, quarter.start + dt.timedelta(days=gone - 1)])))


def standing_of(period: Period, fen_days: int, closing: int) -> Standing:
    """Return the standing of one customer."""
    return Standing.of(np.array([fen_days], np.int64), np.array([closing], np.int64), Horizon.after(period))


def one(value: Any) -> int:
    """Return the figure of the only customer."""
    return int(value[0])


@given(period=periods(), so_far=FEN, closing=FEN, bound=st.sampled_from(BOUNDS), data=st.data())
def test_the_deposit_reaches_the_bound_and_one_fen_less_does_not(period: Period, so_far: int, closing: int, bound: int, data: Any) -> None:
    """Whoever deposits exactly what is said, so that it counts on k days, averages the bound or more; with one fen less, below it."""
    standing = standing_of(period, so_far * period.days, closing)
    horizon = standing.horizon
    begun = Fraction(so_far * period.days if horizon.counts else 0)
    counting = data.draw(st.integers(1, horizon.remaining))
    deposit = one(standing.deposit_fen(np.array([bound]), counting))

    def average(more: int) -> Fraction:
        return (begun + closing * horizon.remaining + more * counting) / horizon.days

    assert deposit >= 0
    assert average(deposit) >= bound
    if deposit:
        assert average(deposit - 1) < bound


@given(period=periods(), so_far=FEN, closing=FEN, bound=st.sampled_from(BOUNDS))
def test_taking_the_cushion_keeps_the_tier_and_one_fen_more_does_not(period: Period, so_far: int, closing: int, bound: int) -> None:
    """What may be taken out today leaves the average at the bound or above; one fen more does not, but for who has reached it already."""
    standing = standing_of(period, so_far * period.days, closing)
    horizon = standing.horizon
    begun = Fraction(so_far * period.days if horizon.counts else 0)

    def average(less: int) -> Fraction:
        return (begun + (closing - less) * horizon.remaining) / horizon.days

    cushion, locked = one(standing.cushion_fen(np.array([bound]))), bool(standing.locked(np.array([bound]))[0])
    assert 0 <= cushion <= closing
    assert locked == (begun / horizon.days >= bound)
    if average(0) >= bound:
        assert average(cushion) >= bound
        assert locked or average(cushion + 1) < bound
    else:
        assert cushion == 0
    if locked:
        assert average(closing) >= bound, "it stays even where everything is taken out"


def oracle(fen_days: int, closing: int, period: Period, rule: OutlookRule) -> dict[str, Any]:
    """Return what an outlook says of a customer, by the definitions, in fractions."""
    provisional = period.as_of is not None and period.as_of != period.quarter.end
    quarter = period.quarter if provisional else period.quarter.following
    days = (quarter.end - quarter.start).days + 1
    remaining = (quarter.end - period.as_of).days if provisional and period.as_of else days
    so_far = fen_days if provisional else 0
    projected = Fraction(so_far + closing * remaining, days)
    level = sum(Fraction(fen_days, period.days) >= bound for bound in BOUNDS)
    projected_level = sum(projected >= bound for bound in BOUNDS)
    up = BOUNDS[level] if level < len(BOUNDS) else None
    down = BOUNDS[level - 1] if level else None
    cushion = None if down is None else max(0, min(floor((projected - down) * days / remaining), closing))
    locked = down is not None and Fraction(so_far, days) >= down
    state = "steady"
    if projected_level != level:
        state = "rising" if projected_level > level else "falling"
    elif up is not None and projected >= up * Fraction(rule.near_up[:-1]) / 100:
        state = "near_up"
    elif down is not None and cushion is not None and not locked and cushion < down * Fraction(rule.near_down[:-1]) / 100:
        state = "near_down"
    return {
        "tier": LADDER.codes[level],
        "projected_tier": LADDER.codes[projected_level],
        "state": state,
        "next_tier": LADDER.codes[level + 1] if up is not None else None,
        "gap_to_next_fen": None if up is None else max(0, up - floor(projected)),
        "deposit_for_next_fen": None if up is None else max(0, ceil((up - projected) * days / remaining)),
        "cushion_fen": cushion,
        "closing_fen": closing,
        "projected_average_fen": floor(projected),
    }


@given(period=periods(), people=st.lists(st.tuples(FEN, FEN), min_size=1, max_size=12), near=st.sampled_from(["90%", "99.5%", "60%"]))
def test_an_outlook_is_that_of_its_definition(period: Period, people: list[tuple[int, int]], near: str) -> None:
    """Every column of an outlook is what fractions say, in both kinds of period and for other shares."""
    rule = OutlookRule(near_up=near, near_down="5%")
    frame = pd.DataFrame(
        {
            "customer_id": pd.Series([f"{number:03d}" for number in range(len(people))], dtype="string[pyarrow]"),
            "fen_days": np.array([average * period.days for average, _ in people], np.int64),
            "closing_fen": np.array([closing for _, closing in people], np.int64),
        }
    )
    outlook = outlook_of(assign_tiers(frame, period.days, LADDER), Horizon.after(period), LADDER, rule)
    found = outlook.drop(columns="customer_id").astype(object).to_dict("records")
    actual = [{name: None if pd.isna(value) else value for name, value in row.items()} for row in found]
    assert [oracle(average * period.days, closing, period, rule) for average, closing in people] == actual


def test_sums_that_leave_64_bits_stay_exact() -> None:
    """A balance that could not be multiplied by the days in int64 gives the same figures as in fractions."""
    closing = 2**62 // 50
    standing = standing_of(Period(Quarter(2015, 4)), 0, closing)
    assert closing * 91 == one(standing.projected)
    assert closing - 5 * 10**8 == one(standing.cushion_fen(np.array([5 * 10**8])))


@pytest.mark.parametrize(("as_of", "deposit"), [("2015-02-28", 5_806_452), ("2015-03-16", 12_000_000), ("2015-03-30", 180_000_000)])
def test_what_it_costs_to_wait(as_of: str, deposit: int) -> None:
    """Of 90 days at 480,000.00, 500,000.00 lacks 58,064.52 on 1 March, 120,000.00 on the 17th and 1,800,000.00 on the 31st."""
    period = Period(Quarter(2015, 1), dt.date.fromisoformat(as_of))
    standing = standing_of(period, 48_000_000 * period.days, 48_000_000)
    assert deposit == one(standing.deposit_fen(np.array([50_000_000])))


def test_a_run_inside_a_quarter_and_one_of_the_whole_publish_their_outlook(tmp_path: Path) -> None:
    """`outlook.csv` lists everybody who is present; inside a quarter for the days left, afterwards for the next quarter."""
    days = days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))
    rows = [Row(day, customer, None, fen) for day in days for customer, fen in {"near": 48_000_000, "low": 100, "top": 10**9}.items()]
    rows += [Row(day, "late", None, 0 if day < dt.date(2015, 11, 15) else 30_000_000) for day in days]
    extract, rules = write_csv(tmp_path / "balances.csv", rows), rules_with()
    inside = compute_tiers(extract, "2015Q4", rules=rules, as_of=dt.date(2015, 11, 15)).write(tmp_path / "out")
    shown = {row["customer_id"]: [*row.values()][1:] for row in read_csv(inside / "outlook.csv")}
    assert shown == {
        "late": ["untiered", "silver", "rising", "effective", "0.00", "0.00", "", "300000.00", "153260.86"],
        "low": ["untiered", "untiered", "steady", "effective", "19999.00", "39998.00", "", "1.00", "1.00"],
        "near": ["silver", "silver", "near_up", "gold", "20000.00", "40000.00", "480000.00", "480000.00", "480000.00"],
        "top": ["private", "private", "steady", "", "", "", "4000000.00", "10000000.00", "10000000.00"],
    }
    whole = compute_tiers(extract, "2015Q4", rules=rules).write(tmp_path / "out")
    run = read_run(whole)
    outlook = run.manifest["outlook"]
    assert ("2016-01-01", "2016-03-31") == (outlook["first_day"], outlook["last_day"])
    silver = next(row for row in outlook["states"] if row["tier"] == "silver")
    assert {"tier": "silver", "rising": 0, "near_up": 1, "steady": 1, "near_down": 0, "falling": 0} == silver
    assert len(run.tiers) == sum(row[state] for row in outlook["states"] for state in STATES)
    listed = {row["customer_id"]: row["state"] for row in read_csv(whole / "outlook.csv")}
    assert listed == dict(zip(run.outlook()["customer_id"], run.outlook()["state"], strict=True)), "the same, made again of the run"
