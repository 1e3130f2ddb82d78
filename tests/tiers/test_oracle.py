"""Tiers and whole runs against an independent oracle of fractions and dicts."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, Row, days_between, examples, ladder_of, rules_with, write_csv
from vip_tiering import compute_tiers, load_rules
from vip_tiering.base.money import decimal_from_fen, exact_sum, exact_sums, fen_from_decimal, yuan_text
from vip_tiering.rules.extracts import Kind, Negative
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.tiering import assign_tiers, tier_levels

PACKAGED = [2_000_000, 10_000_000, 50_000_000, 100_000_000, 500_000_000, 800_000_000]
"""The plan's bounds in fen, written out here so that the rule file itself is under test."""
QUARTER_DAYS = st.sampled_from([90, 91, 92])
BOUNDS = st.just(PACKAGED) | st.lists(st.integers(1, 10**14 - 1), min_size=1, max_size=8, unique=True).map(sorted)
INT64S = st.integers(-(2**63), 2**63 - 1)


def oracle_level(fen_days: int, days: int, bounds_fen: list[int]) -> int:
    """Return the level by the definition: how many bounds the exact average reaches."""
    average = Fraction(fen_days, days)
    return sum(average >= bound for bound in bounds_fen)


def steered(bounds: list[int], days: int) -> list[int]:
    """Return the sums at every bound, -2..+2 fen."""
    return [bound * days + offset for bound in bounds for offset in range(-2, 3)]


def ladder_for(bounds: list[int]) -> Ladder:
    """Return the project's own ladder for the plan's bounds, else one made of the bounds."""
    return _THE_LADDER if bounds == PACKAGED else ladder_of(bounds)


_THE_LADDER = load_rules(RULES).ladders[0]


def test_the_plan_has_these_six_tiers() -> None:
    """The rule file of the project holds the plan's six bounds."""
    codes = ["effective", "silver", "gold", "gold_diamond", "pre_private", "private"]
    expected = list(zip(codes, PACKAGED, strict=True))
    actual = [(tier.code, tier.min_fen) for tier in load_rules(RULES).ladders[0].tiers]
    assert expected == actual


@given(days=QUARTER_DAYS, bounds=BOUNDS, others=st.lists(INT64S, max_size=5))
def test_a_tier_is_the_one_of_the_exact_average(days: int, bounds: list[int], others: list[int]) -> None:
    """Every sum, at every bound -2..+2 fen and anywhere in int64, gets the tier of its exact fraction."""
    sums = steered(bounds, days) + others
    expected = [oracle_level(one, days, bounds) for one in sums]
    actual = tier_levels(np.array(sums, np.int64), days, ladder_for(bounds)).tolist()
    assert expected == actual


@given(days=QUARTER_DAYS, bounds=BOUNDS, others=st.lists(INT64S, max_size=5))
@settings(max_examples=examples(10))
def test_a_printed_average_is_the_floor_and_never_contradicts_its_tier(days: int, bounds: list[int], others: list[int]) -> None:
    """What is printed is the floor to the fen, negative averages too, and read back it has the customer's tier."""
    sums = steered(bounds, days) + others
    ids = pd.Series([f"{number:04d}" for number in range(len(sums))], dtype="string[pyarrow]")
    tiers = assign_tiers(pd.DataFrame({"customer_id": ids, "fen_days": np.array(sums, np.int64)}), days, ladder_for(bounds))
    assert [floor(Fraction(one, days)) for one in sums] == tiers["daily_average_fen"].tolist()
    printed = [Fraction(text) * 100 for text in decimal_from_fen(tiers["daily_average_fen"].to_numpy()).cast(pa.string()).to_pylist()]
    assert [floor(Fraction(one, days)) for one in sums] == printed
    assert [sum(average >= bound for bound in bounds) for average in printed] == tiers["tier"].cat.codes.tolist()


@given(st.lists(INT64S))
@settings(max_examples=examples(10))
def test_money_is_exact_over_all_of_int64(values: list[int]) -> None:
    """Text, sums and sums by group of any int64 amounts are those of Python's integers."""
    fen = np.array(values, np.int64)
    groups = np.arange(len(values), dtype=np.int64) % 3
    assert sum(values) == exact_sum(fen)
    assert [sum(values[group::3]) for group in range(3)] == exact_sums(fen, groups, 3)
    texts = [f"{'-' if one < 0 else ''}{abs(one) // 100}.{abs(one) % 100:02d}" for one in values]
    assert texts == decimal_from_fen(fen).cast(pa.string()).to_pylist()
    assert texts == [yuan_text(one) for one in values]


@given(st.lists(st.integers(-(10**14) + 1, 10**14 - 1)), st.integers(0, 3))
@settings(max_examples=examples(10))
def test_an_amount_read_is_the_amount_written(values: list[int], cut: int) -> None:
    """Text parsed as decimal(18, 2) and viewed as int64 is the same number of fen, in a slice of an array too."""
    decimals = pa.array([f"{'-' if one < 0 else ''}{abs(one) // 100}.{abs(one) % 100:02d}" for one in values], pa.string())
    parsed = decimals.cast(pa.decimal128(18, 2))[cut:]
    assert values[cut:] == fen_from_decimal(parsed).tolist()


@dataclass
class World:
    """A small bank: what was delivered and what is asked. `delivered`: the days with an extract, for snapshots."""

    quarter: str
    first: dt.date
    last: dt.date
    as_of: dt.date | None
    kind: Kind
    negative: Negative
    rows: list[Row]
    delivered: list[dt.date]
    accepted: list[dt.date] = field(default_factory=list)
    opening_zero: bool = False


QUARTERS = {
    "2015Q1": (dt.date(2015, 1, 1), dt.date(2015, 3, 31)),
    "2016Q1": (dt.date(2016, 1, 1), dt.date(2016, 3, 31)),
    "2015Q4": (dt.date(2015, 10, 1), dt.date(2015, 12, 31)),
}
IDS = ["00012", "12", "客户一", "K-7", "a" * 20, "a" * 20 + "b", "é", "z,\"'", "0"]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a small bank; the cells come from a seeded generator, which is much quicker than drawing each."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    quarter = draw(st.sampled_from(sorted(QUARTERS)))
    first, end = QUARTERS[quarter]
    length = draw(st.integers(1, 12) | st.just((end - first).days + 1))
    last = first + dt.timedelta(days=length - 1)
    world = World(
        quarter=quarter,
        first=first,
        last=last,
        as_of=last if last != end else None,
        kind=draw(st.sampled_from(["snapshot", "changes"])),
        negative=draw(st.sampled_from(["zero", "net"])),
        rows=[],
        delivered=[],
    )
    has_accounts = draw(st.booleans())
    customers = dice.sample(IDS, draw(st.integers(1, 5)))
    accounts = [(one, f"{number}") for one in customers for number in range(dice.randint(1, 3) if has_accounts else 1)]
    (_fill_snapshot if world.kind == "snapshot" else _fill_changes)(world, accounts, dice, length)
    if not has_accounts:
        world.rows = [row._replace(account=None) for row in world.rows]
    return world


def _balance(dice: random.Random, days: int) -> int:
    """Return a balance that is often at a bound, sometimes such that the sum over all days misses a bound by one fen."""
    bound = dice.choice(PACKAGED)
    odd = dice.choice([0, 0, -1, 1, -days, days, dice.randint(-200, 200)])
    return dice.choice([bound + odd, bound + odd, bound // 2 + odd, 0, dice.randint(-(10**9), 10**9), dice.randint(-5, 5), 10**14 - 1])


def _fill_snapshot(world: World, accounts: list[tuple[str, str]], dice: random.Random, length: int) -> None:
    """Deliver days with gaps within the limit; each account opens, changes now and then, and closes."""
    day = world.first - dt.timedelta(days=dice.choice([0, 0, 0, 1, 2, 3]))
    while True:
        world.delivered.append(day)
        if day == world.last:
            break
        day = min(day + dt.timedelta(days=dice.choice([1, 1, 1, 1, 2, 3, 4])), world.last)
    if dice.random() < 0.2 and len(world.delivered) > 1:
        gone = world.delivered.pop()
        world.accepted = days_between(max(world.delivered[-1] + dt.timedelta(days=1), world.first), gone)
    outside = [world.first - dt.timedelta(days=20), world.last + dt.timedelta(days=1)] if dice.random() < 0.3 else []
    everyday = [*world.delivered, *outside]
    for customer, account in accounts:
        begin, end = sorted(dice.choices([0, 0, length, dice.randrange(length + 1)], k=2))
        opened, closed = world.first + dt.timedelta(days=begin - 1), world.first + dt.timedelta(days=end)
        fen = _balance(dice, length)
        for day in everyday:
            fen = _balance(dice, length) if dice.random() < 0.1 else fen
            if opened <= day <= closed:
                world.rows += [Row(day, customer, account, fen)] * (2 if dice.random() < 0.02 else 1)
    customer, account = accounts[0]
    world.rows += [Row(day, customer, account, 0) for day in set(everyday) - {row.day for row in world.rows}]


def _fill_changes(world: World, accounts: list[tuple[str, str]], dice: random.Random, length: int) -> None:
    """Give each account a history: before, within and after the period; sometimes it ends with a zero."""
    for customer, account in accounts:
        for offset in sorted(dice.sample(range(-5, length + 3), min(dice.randint(1, 5), length + 8))):
            fen = dice.choice([_balance(dice, length), _balance(dice, length), 0])
            world.rows += [Row(world.first + dt.timedelta(days=offset), customer, account, fen)] * (2 if dice.random() < 0.05 else 1)
    if not any(row.day <= world.last for row in world.rows):
        world.rows.append(Row(world.last, *accounts[0], 7))
    world.opening_zero = not any(row.day < world.first for row in world.rows) or dice.random() < 0.2


CODES = ["untiered", "effective", "silver", "gold", "gold_diamond", "pre_private", "private"]
Days = dict[tuple[dt.date, str], tuple[int, int, dt.date | None]]
"""Day and tier -> customers, fen, and the day whose balances stand for a missing one."""


def oracle_run(world: World) -> tuple[dict[str, tuple[int, int, int, str]], Days]:
    """Walk every calendar day; return customer -> (fen_days, closing_fen, days_held, tier) of those present, and the days."""
    everyday: Days = {}
    customers = {row.customer for row in world.rows}
    sums, held, closing = dict.fromkeys(customers, 0), dict.fromkeys(customers, 0), dict.fromkeys(customers, 0)
    present = set()
    for day in days_between(world.first, world.last):
        standing: dict[tuple[str, str | None], int] = {}
        for row in sorted(world.rows, key=lambda row: row.day):
            applies = row.day <= day if world.kind == "changes" else row.day == max(one for one in world.delivered if one <= day)
            if applies:
                standing[row.customer, row.account] = max(row.fen, 0) if world.negative == "zero" else row.fen
        stands = max(one for one in world.delivered if one <= day) if world.kind == "snapshot" else day
        balances: dict[str, int] = {}
        for (owner, _), fen in standing.items():
            balances[owner] = balances.get(owner, 0) + fen
        for level, code in enumerate(CODES):
            here = [fen for fen in balances.values() if oracle_level(fen, 1, PACKAGED) == level]
            everyday[day, code] = len(here), sum(here), stands if stands != day else None
        for customer in customers:
            own = [fen for (owner, _), fen in standing.items() if owner == customer]
            sums[customer] += sum(own)
            held[customer] += bool(own)
            closing[customer] = sum(own)
            if any(own) or (own and world.kind == "snapshot"):
                present.add(customer)
    days = (world.last - world.first).days + 1
    tiers = {one: CODES[oracle_level(sums[one], days, PACKAGED)] for one in customers}
    return {one: (sums[one], closing[one], held[one], tiers[one]) for one in sorted(present)}, everyday


@given(world=worlds(), seed=st.integers(0, 2**32))
@settings(max_examples=examples(33))
def test_a_whole_run_is_that_of_a_walk_over_every_calendar_day(world: World, seed: int) -> None:
    """Sums, closing balances, days held, tiers, who is present and the totals of each day equal those of an oracle that walks every day."""
    dice = random.Random(seed)
    rows = dice.sample(world.rows, len(world.rows))
    cut = dice.randint(0, len(rows))
    with tempfile.TemporaryDirectory() as folder:
        parts = [part for part in (rows[:cut], rows[cut:]) if part]
        files = [write_csv(Path(folder) / f"part{number}.csv", part) for number, part in enumerate(parts)]
        run = compute_tiers(
            files,
            world.quarter,
            rules=rules_with(negative=world.negative, leading_zeros="significant"),
            kind=world.kind,
            opening_zero=world.opening_zero,
            accept_missing=world.accepted,
            as_of=world.as_of,
            jobs=1,
        )
    tiers = run.tiers
    actual = {row.customer_id: (row.fen_days, row.closing_fen, row.days_held, row.tier) for row in tiers.itertuples(index=False)}
    expected, everyday = oracle_run(world)
    assert expected == actual
    rows_of_days = zip(*(run.days[name] for name in ("date", "tier", "customers", "balance_fen", "carried_from")), strict=True)
    assert list(everyday.items()) == [((day, tier), (count, fen, since)) for day, tier, count, fen, since in rows_of_days]
    assert sorted(actual, key=str.encode) == tiers["customer_id"].tolist()
    assert {(world.last - world.first).days + 1} >= set(tiers["quarter_days"])


def test_numpy_raises_in_tests() -> None:
    """An overflow that numpy would only warn of fails a test."""
    with pytest.raises(FloatingPointError):
        np.int64(2**62) * np.int64(4)
