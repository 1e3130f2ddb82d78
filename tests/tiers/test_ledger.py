"""The ledger: exact to the edge of int64, and the same whether or not it was saved and resumed on the way."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering import DataError
from vip_tiering.base.roster import Located
from vip_tiering.rules.extracts import Kind
from vip_tiering.tiers.ledger import Ledger

KINDS: tuple[Kind, ...] = ("snapshot", "changes")
FIRST, LAST = 16_709, 16_800
"""2015-10-01 and 2015-12-31 as day numbers."""
HIGHEST = 2**63 - 1
Posting = tuple[int, dict[tuple[str, str], int]]
Closed = tuple[dict[str, tuple[int, int, int]], int, int]

KEYS = st.tuples(st.sampled_from(["01", "1", "客户一", "x" * 17, "y"]), st.sampled_from(["", "a", "b"]))
ORDINARY = st.integers(-(10**14) + 1, 10**14 - 1) | st.sampled_from([0, 0, 1, -1])
HUGE = st.integers(-(2**62), 2**62) | st.sampled_from([2**62, -(2**62), 2**61, HIGHEST, -HIGHEST, HIGHEST // 92, HIGHEST // 92 + 1])


def postings(amounts: st.SearchStrategy[int]) -> st.SearchStrategy[list[Posting]]:
    """Draw days in order, some before the period, each with the balances of a few accounts."""
    return st.dictionaries(st.integers(FIRST - 5, LAST), st.dictionaries(KEYS, amounts, max_size=6), max_size=6).map(
        lambda days: sorted(days.items())
    )


def post(ledger: Ledger, posting: Posting, *, named: bool = True) -> None:
    """Post the balances of one day, in the order of their keys. `named`: of `changes`, whether accounts have names; else one a customer."""
    day, balances = posting
    customers = Located(ledger.roster.locate(pa.array([customer for customer, _ in balances], pa.string())), len(ledger.roster))
    accounts = pa.array(["|".join(key) for key in balances], pa.string()) if ledger.kind == "changes" and named else None
    ledger.post(day, customers, np.array(list(balances.values()), np.int64), accounts)


def closed(ledger: Ledger) -> Closed:
    """Close a ledger; return customer -> (fen_days, closing_fen, days_held), and the two totals."""
    averages = ledger.close()
    rows = averages.customers.itertuples(index=False)
    return {row[0]: tuple(row[1:]) for row in rows}, averages.fen_days_total, averages.counted_total


def oracle(kind: Kind, days: list[Posting]) -> dict[str, tuple[int, int, int]]:
    """Walk every day of the period with Python's integers; return what `closed` returns of the customers."""
    customers = {customer for _, balances in days for customer, _ in balances}
    result = {}
    for customer in customers:
        sums, closing, held, present = 0, 0, 0, False
        for day in range(FIRST, LAST + 1):
            posted = [balances for posted_on, balances in days if posted_on <= day]
            standing: dict[tuple[str, str], int] = {}
            for balances in posted if kind == "changes" else posted[-1:]:
                standing |= balances
            own = [fen for (owner, _), fen in standing.items() if owner == customer]
            sums, closing, held = sums + sum(own), sum(own), held + bool(own)
            present |= any(own) if kind == "changes" else bool(own)
        if present:
            result[customer] = (sums, closing, held)
    return result


def through_parquet(table: pa.Table) -> pa.Table:
    """Return a table written to Parquet and read back."""
    file = io.BytesIO()
    pq.write_table(table, file)
    return pq.read_table(io.BytesIO(file.getvalue()))


def through_ipc(table: pa.Table) -> pa.Table:
    """Return a table written to an Arrow IPC file, in small batches, and read back."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return pa.ipc.open_file(sink.getvalue()).read_all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("saved", [through_parquet, through_ipc])
@given(days=postings(ORDINARY))
@settings(max_examples=examples(200))
def test_saved_and_resumed_after_any_day(kind: Kind, saved: Callable[[pa.Table], pa.Table], days: list[Posting]) -> None:
    """A ledger that is saved to files and resumed after any day, even the last, ends like one that never was."""
    whole = Ledger(kind, FIRST, LAST)
    for posting in days:
        post(whole, posting)
    expected_tables, expected = whole.to_tables(), closed(whole)
    for cut in range(len(days) + 1):
        ledger = Ledger(kind, FIRST, LAST)
        for number, posting in enumerate(days):
            if number == cut:
                ledger = Ledger.from_tables({name: saved(table) for name, table in ledger.to_tables().items()})
            post(ledger, posting)
        if cut == len(days):
            ledger = Ledger.from_tables({name: saved(table) for name, table in ledger.to_tables().items()})
        actual_tables = ledger.to_tables()
        for name, table in expected_tables.items():
            assert table.equals(actual_tables[name], check_metadata=True)
        assert expected == closed(ledger)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_stays_as_it_was(kind: Kind) -> None:
    """Tables that were taken from a ledger do not move when it goes on."""
    ledger = Ledger(kind, FIRST, LAST)
    post(ledger, (FIRST, {("1", ""): 5, ("2", ""): 7}))
    tables = ledger.to_tables()
    expected = {name: table.to_pylist() for name, table in tables.items()}
    post(ledger, (FIRST + 1, {("1", ""): 6}))
    ledger.close()
    assert expected == {name: table.to_pylist() for name, table in tables.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_resumed_every_day(kind: Kind) -> None:
    """A nightly run, which resumes the ledger before each day and saves it after, ends like one that runs through."""
    days: list[Posting] = [
        (day, {(f"{number}", account): day * number - 10 for number in range(day % 7 + 1) for account in "ab"})
        for day in range(FIRST - 2, LAST + 1)
        if day % 5
    ]
    through = Ledger(kind, FIRST, LAST)
    tables = Ledger(kind, FIRST, LAST).to_tables()
    for posting in days:
        post(through, posting)
        nightly = Ledger.from_tables(tables)
        post(nightly, posting)
        tables = {name: through_parquet(table) for name, table in nightly.to_tables().items()}
    expected, actual = closed(through), closed(Ledger.from_tables(tables))
    assert expected == actual
    assert oracle(kind, days) == actual[0]


@pytest.mark.parametrize("kind", KINDS)
@given(days=postings(ORDINARY))
@settings(max_examples=examples(60))
def test_a_ledger_is_a_walk_over_every_day(kind: Kind, days: list[Posting]) -> None:
    """Days that are posted before and within the period give the sums of a walk over its days; both totals agree."""
    ledger = Ledger(kind, FIRST, LAST)
    for posting in days:
        post(ledger, posting)
    expected = oracle(kind, days)
    customers, fen_days_total, counted_total = closed(ledger)
    assert expected == customers
    assert sum(fen_days for fen_days, _, _ in expected.values()) == fen_days_total
    assert fen_days_total == counted_total
    assert (customers, fen_days_total, counted_total) == closed(ledger)


@pytest.mark.parametrize("kind", KINDS)
@given(days=postings(HUGE))
@settings(max_examples=examples(60))
def test_sums_are_exact_or_refused(kind: Kind, days: list[Posting]) -> None:
    """Whatever the size of the balances, a sum is that of Python's integers or the run is refused; nothing wraps."""
    ledger = Ledger(kind, FIRST, LAST)
    try:
        for posting in days:
            post(ledger, posting)
        customers, fen_days_total, counted_total = closed(ledger)
    except DataError:
        return
    assert oracle(kind, days) == customers
    assert fen_days_total == counted_total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_sum_is_exact_and_one_more_is_refused(kind: Kind, sign: int) -> None:
    """A balance whose sum over 92 days just fits 64 bits is summed exactly; one fen more is refused."""
    fits = HIGHEST // 92
    ledger = Ledger(kind, FIRST, LAST)
    post(ledger, (FIRST, {("1", ""): sign * fits}))
    expected = {"1": (sign * fits * 92, sign * fits, 92)}
    assert expected == closed(ledger)[0]
    beyond = Ledger(kind, FIRST, LAST)
    post(beyond, (FIRST, {("1", ""): sign * (fits + 1)}))
    with pytest.raises(DataError, match="64 bits"):
        beyond.close()


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_one_day_that_wrap_are_refused(kind: Kind) -> None:
    """Two accounts of one customer whose sum on one day leaves 64 bits are refused when they are posted."""
    ledger = Ledger(kind, FIRST, LAST)
    with pytest.raises(DataError, match="64 bits"):
        post(ledger, (LAST, {("1", "a"): 2**62, ("1", "b"): 2**62}))


HALF = 2**62 - 1
"""A balance of which an account may change its sign, and no more, within 64 bits."""


def ledger_of_opposite_accounts() -> Ledger:
    """Return a ledger of changes in which, on its last day, a customer has one account far below zero and one as far above."""
    ledger = Ledger("changes", LAST, LAST)
    post(ledger, (LAST - 2, {("1", "a"): -HALF}))
    post(ledger, (LAST - 1, {("1", "b"): HALF}))
    return ledger


def test_an_account_that_changes_its_sign_counts_twice() -> None:
    """An account that goes from far below zero to as far above moves the sum by twice its size: what still fits is exact."""
    ledger = ledger_of_opposite_accounts()
    post(ledger, (LAST, {("1", "a"): HALF, ("2", "c"): 0}))
    assert (2 * HALF, 2 * HALF, 1) == closed(ledger)[0]["1"]


def test_what_an_account_moves_beyond_64_bits_is_refused() -> None:
    """The same change beside another account as large leaves 64 bits, and is refused when it is posted, never wrapped."""
    ledger = ledger_of_opposite_accounts()
    with pytest.raises(DataError, match="64 bits"):
        post(ledger, (LAST, {("1", "a"): HALF, ("1", "c"): HALF}))


def test_the_bound_outlives_a_pause() -> None:
    """Each half of the quarter fits 64 bits, both together do not: days credited before a pause count after it too."""
    half = HIGHEST // 92 * 2
    ledger = Ledger("snapshot", FIRST, LAST)
    post(ledger, (FIRST, {("1", ""): half}))
    post(ledger, (FIRST + 46, {("1", ""): -half}))
    resumed = Ledger.from_tables(ledger.to_tables())
    with pytest.raises(DataError, match="64 bits"):
        resumed.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("day", [FIRST + 10, FIRST + 9, FIRST - 1])
def test_days_out_of_order_are_refused(kind: Kind, day: int) -> None:
    """A day that was posted already, or one before it, is refused, after a pause too."""
    ledger = Ledger(kind, FIRST, LAST)
    post(ledger, (FIRST + 10, {("1", ""): 5}))
    for one in (ledger, Ledger.from_tables(ledger.to_tables())):
        with pytest.raises(ValueError, match="in date order"):
            post(one, (day, {("1", ""): 5}))


def test_a_day_after_the_period_is_refused() -> None:
    """A day after the last is refused, because its balance would stand as the closing one."""
    with pytest.raises(ValueError, match="after the period"):
        post(Ledger("snapshot", FIRST, LAST), (LAST + 1, {("1", ""): 5}))


def test_a_ledger_of_another_version_is_refused() -> None:
    """Tables that another version of the program saved are refused and not guessed at."""
    tables = Ledger("snapshot", FIRST, LAST).to_tables()
    state = tables["customers"].schema.metadata[b"ledger"].replace(b'"version": 2', b'"version": 0')
    tables["customers"] = tables["customers"].replace_schema_metadata({"ledger": state})
    with pytest.raises(DataError, match="another version"):
        Ledger.from_tables(tables)


def test_a_period_that_days_held_could_not_count_is_refused() -> None:
    """Days are counted in a byte: 255 days are counted to the last one, and a longer period is refused, never wrapped."""
    ledger = Ledger("snapshot", 0, 254)
    ledger.roster.locate(pa.array(["A"]))
    ledger.post(0, Located(np.array([0]), 1), np.array([1]))
    customers = ledger.close().customers
    assert (customers["days_held"].tolist(), customers["fen_days"].tolist()) == ([255], [255])
    with pytest.raises(ValueError, match="255 days"):
        Ledger("snapshot", 0, 255)


def of_one_account(days: list[Posting]) -> list[Posting]:
    """Return days on which every customer has one account, without a name."""
    return [(day, {(customer, ""): fen for (customer, _), fen in balances.items()}) for day, balances in days]


def ledger_of(kind: Kind, days: list[Posting], *, named: bool) -> Ledger:
    """Return a ledger into which these days were posted."""
    ledger = Ledger(kind, FIRST, LAST)
    for posting in days:
        post(ledger, posting, named=named)
    return ledger


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("named", [True, False])
@given(days=postings(ORDINARY), cuts=st.lists(st.integers(0, 6), min_size=2, max_size=2).map(sorted))
@settings(max_examples=examples(8))
def test_merged_ledgers_are_the_ledger_of_all_days(kind: Kind, named: bool, days: list[Posting], cuts: list[int]) -> None:  # noqa: FBT001
    """However days are parted, and in whichever order neighbours are merged, the result is that of posting all days in one ledger.

    It can go on from there, and the parts stay as they were.
    """
    days = days if named else of_one_account(days)
    first, second = cuts
    parts = [ledger_of(kind, part, named=named) for part in (days[:first], days[first:second], days[second:])]
    before = [part.to_tables() for part in parts]
    for merged in (parts[0].merge(parts[1]).merge(parts[2]), parts[0].merge(parts[1].merge(parts[2]))):
        resumed = Ledger.from_tables({name: through_parquet(table) for name, table in merged.to_tables().items()})
        assert closed(ledger_of(kind, days, named=named)) == closed(merged) == closed(resumed)
    assert before == [part.to_tables() for part in parts]
    gone_on, whole = parts[0].merge(parts[1]), ledger_of(kind, days[:second], named=named)
    for ledger in (gone_on, whole):
        for posting in days[second:]:
            post(ledger, posting, named=named)
    expected = closed(whole)
    assert expected == closed(gone_on)
    assert oracle(kind, days) == expected[0]
    assert expected[1] == expected[2]


@pytest.mark.parametrize("kind", KINDS)
@given(days=postings(HUGE), cut=st.integers(0, 6))
@settings(max_examples=examples(30))
def test_merged_sums_are_exact_or_refused(kind: Kind, days: list[Posting], cut: int) -> None:
    """Whatever the size of the balances, merged sums are those of Python's integers or are refused; nothing wraps."""
    try:
        merged = ledger_of(kind, days[:cut], named=True).merge(ledger_of(kind, days[cut:], named=True))
        customers, fen_days_total, counted_total = closed(merged)
    except DataError:
        return
    assert oracle(kind, days) == customers
    assert fen_days_total == counted_total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("named", [True, False])
@given(days=postings(ORDINARY), count=st.integers(1, 4), dice=st.randoms(use_true_random=False))
@settings(max_examples=examples(8))
def test_ledgers_side_by_side_are_the_ledger_of_all_customers(
    kind: Kind,
    named: bool,  # noqa: FBT001
    days: list[Posting],
    count: int,
    dice: random.Random,
) -> None:
    """However customers are parted, and in whichever order they come together, the result is that of posting all in one ledger.

    It can be saved and go on from there.
    """
    days = days if named else of_one_account(days)
    customers = sorted({customer for _, balances in days for customer, _ in balances})
    part_of = {customer: dice.randrange(count) for customer in customers}
    parted = [
        [(day, {key: fen for key, fen in balances.items() if part_of[key[0]] == part}) for day, balances in days] for part in range(count)
    ]
    parts = [ledger_of(kind, one, named=named).to_tables() for one in parted]
    order = dice.sample(range(len(customers)), len(customers))
    together = Ledger.side_by_side(parts, np.array(order, np.int64))
    ids = [customer for part in parts for customer in part["customers"]["customer_id"].to_pylist()]
    assert [ids[place] for place in order] == together.roster.ids.to_pylist()
    resumed = Ledger.from_tables({name: through_parquet(table) for name, table in together.to_tables().items()})
    whole = ledger_of(kind, days, named=named)
    more = (LAST, {("y", "a" if named else ""): 7, ("new", "a" if named else ""): 9})
    if not days or days[-1][0] < LAST:
        for ledger in (whole, together, resumed):
            post(ledger, more, named=named)
    expected = closed(whole)
    assert expected == closed(together) == closed(resumed)
    assert expected[1] == expected[2]


def test_what_cannot_stand_side_by_side_is_refused() -> None:
    """A customer in two ledgers would count twice, and ledgers of other days know other sums: neither is put together."""
    one, same, later, other = (
        ledger_of(kind, [(day, {("1", ""): 5})], named=False).to_tables()
        for kind, day in (("snapshot", FIRST), ("snapshot", FIRST), ("snapshot", FIRST + 1), ("changes", FIRST))
    )
    with pytest.raises(ValueError, match="in two ledgers"):
        Ledger.side_by_side([one, same], np.arange(2))
    for wrong in (later, other):
        with pytest.raises(ValueError, match="the same days"):
            Ledger.side_by_side([one, wrong], np.arange(2))


def test_what_cannot_be_merged_is_refused() -> None:
    """Ledgers of other kinds or periods, with days in the wrong order, or of which one alone names its accounts, are not merged."""
    early, late = [(FIRST, {("1", ""): 5})], [(FIRST + 1, {("1", ""): 5})]
    ledger = ledger_of("changes", late, named=True)
    with pytest.raises(ValueError, match="one kind and period"):
        ledger.merge(ledger_of("snapshot", late, named=True))
    with pytest.raises(ValueError, match="one kind and period"):
        ledger.merge(Ledger("changes", FIRST, LAST - 1))
    for days in (early, late):
        with pytest.raises(ValueError, match="before this one has ended"):
            ledger.merge(ledger_of("changes", days, named=True))
    with pytest.raises(ValueError, match="name their accounts"):
        ledger_of("changes", early, named=False).merge(ledger)
    with pytest.raises(ValueError, match="name their accounts"):
        post(ledger, (LAST, {("1", ""): 5}), named=False)
