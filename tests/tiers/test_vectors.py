"""Worked examples through the whole line, most of them in both extract kinds: what a bank would check by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.helpers import RULES, Row, days_between, read_csv, read_tiers, rules_with, vip, write_csv
from vip_tiering import DataError, UsageError, compute_tiers, load_rules
from vip_tiering.base.quarter import Quarter
from vip_tiering.rules.extracts import Kind

QUARTERS = {
    "2015Q1": (dt.date(2015, 1, 1), dt.date(2015, 3, 31)),
    "2016Q1": (dt.date(2016, 1, 1), dt.date(2016, 3, 31)),
    "2015Q2": (dt.date(2015, 4, 1), dt.date(2015, 6, 30)),
    "2015Q3": (dt.date(2015, 7, 1), dt.date(2015, 9, 30)),
    "2015Q4": (dt.date(2015, 10, 1), dt.date(2015, 12, 31)),
}
BOTH_KINDS = pytest.mark.parametrize("kind", ["snapshot", "changes"])
SILVER_FEN = 100_000_00
BOUNDS_FEN = {
    "effective": 20_000_00,
    "silver": 100_000_00,
    "gold": 500_000_00,
    "gold_diamond": 1_000_000_00,
    "pre_private": 5_000_000_00,
    "private": 8_000_000_00,
}
BELOW = dict(pairwise([*reversed(BOUNDS_FEN), "untiered"]))
Spans = list[tuple[int, int | None]]
"""Days and the balance in fen on each of them; None where the account is not open."""


class Shown(NamedTuple):
    """What a run says of a customer: `tiers.parquet` first, then the text of `tiers.csv`."""

    fen_days: int
    closing_fen: int
    days_held: int
    tier: str
    average: str


def snapshot_rows(accounts: Mapping[tuple[str, str], Spans], first: dt.date) -> list[Row]:
    """Return one row per account and day on which it is open."""
    rows = []
    for (customer, account), spans in accounts.items():
        day = first
        for days, fen in spans:
            rows += [Row(day + dt.timedelta(days=number), customer, account, fen) for number in range(days) if fen is not None]
            day += dt.timedelta(days=days)
    return rows


def changes_rows(accounts: Mapping[tuple[str, str], Spans], first: dt.date) -> list[Row]:
    """Return one row per change: the opening is dated the day before the quarter, a closed account changes to 0."""
    rows = []
    for (customer, account), spans in accounts.items():
        day, known = first, False
        for days, fen in spans:
            if fen is not None or known:
                rows.append(Row(day - dt.timedelta(days=day == first), customer, account, fen or 0))
                known = True
            day += dt.timedelta(days=days)
    return rows


def run(tmp_path: Path, kind: Kind, accounts: Mapping[tuple[str, str], Spans], quarter: str = "2015Q4") -> dict[str, Shown]:
    """Compute and publish a quarter of these accounts; return what it says of every customer."""
    rows = (snapshot_rows if kind == "snapshot" else changes_rows)(accounts, QUARTERS[quarter][0])
    if kind == "changes" and not any(row.day < QUARTERS[quarter][0] for row in rows):
        rows.append(Row(QUARTERS[quarter][0] - dt.timedelta(days=1), "opening", "0", 0))
    extract = write_csv(tmp_path / "extract.csv", rows)
    return shown(compute_tiers(extract, quarter, rules=load_rules(RULES), kind=kind).write(tmp_path / "out"))


def shown(folder: Path) -> dict[str, Shown]:
    """Return what a run folder says of every customer, from both of its tables."""
    texts = {row["customer_id"]: row for row in read_csv(folder / "tiers.csv")}
    result = {}
    for customer, row in read_tiers(folder).items():
        assert row["tier"] == texts[customer]["tier"]
        result[customer] = Shown(row["fen_days"], row["closing_fen"], row["days_held"], row["tier"], texts[customer]["daily_average"])
    return result


@BOTH_KINDS
def test_three_balances_over_92_days(tmp_path: Path, kind: Kind) -> None:
    """10,000 for 13 days, 110,000 for 52 and 100,000 for 27 make 92,934.78: effective, not silver."""
    spans = [(13, 10_000_00), (52, 110_000_00), (27, 100_000_00)]
    expected = {"1": Shown(8_550_000_00, 100_000_00, 92, "effective", "92934.78")}
    assert expected == run(tmp_path, kind, {("1", "a"): spans})


@BOTH_KINDS
def test_one_fen_short_of_silver(tmp_path: Path, kind: Kind) -> None:
    """A sum one fen short of 100,000 x 92 is effective and shows 99,999.99, although its mean rounds to 100,000.00."""
    spans = [(91, SILVER_FEN), (1, SILVER_FEN - 1)]
    expected = {"1": Shown(SILVER_FEN * 92 - 1, SILVER_FEN - 1, 92, "effective", "99999.99")}
    assert expected == run(tmp_path, kind, {("1", "a"): spans})


@BOTH_KINDS
@pytest.mark.parametrize("quarter", QUARTERS)
def test_every_bound_exactly_and_one_fen_around_it(tmp_path: Path, kind: Kind, quarter: str) -> None:
    """A sum exactly at a bound has the bound's tier, one fen more too, one fen less has the tier below."""
    first, last = QUARTERS[quarter]
    days = (last - first).days + 1
    accounts: dict[tuple[str, str], Spans] = {}
    expected = {}
    for code, fen in BOUNDS_FEN.items():
        for odd in (-1, 0, 1):
            accounts[f"{code}{odd:+d}", "a"] = [(40, fen), (1, fen + odd), (days - 41, fen)]
            tier = code if odd >= 0 else BELOW[code]
            floor = fen if odd >= 0 else fen - 1
            average = f"{floor // 100}.{floor % 100:02d}"
            expected[f"{code}{odd:+d}"] = Shown(fen * days + odd, fen, days, tier, average)
    assert expected == run(tmp_path, kind, accounts, quarter)


@BOTH_KINDS
@pytest.mark.parametrize(("quarter", "days"), [("2015Q1", 90), ("2016Q1", 91), ("2015Q2", 91), ("2015Q3", 92), ("2015Q4", 92)])
def test_the_days_of_a_quarter(tmp_path: Path, kind: Kind, quarter: str, days: int) -> None:
    """2015Q1 has 90 days, 2016Q1 has 91 because of 29 February, and the sum runs over all of them."""
    actual = run(tmp_path, kind, {("1", "a"): [(days, SILVER_FEN)]}, quarter)
    assert {"1": Shown(SILVER_FEN * days, SILVER_FEN, days, "silver", "100000.00")} == actual
    assert {days} == {row["quarter_days"] for row in read_tiers(tmp_path / "out" / quarter).values()}


@BOTH_KINDS
def test_accounts_that_open_and_close(tmp_path: Path, kind: Kind) -> None:
    """An account counts 0 before its first day and after its last; a customer with one of each has their sum.

    A closed account's balance is known to be 0 where changes are delivered, and not known where the snapshots lack it.
    """
    opened: Spans = [(40, None), (52, 184_000_00)]
    closed: Spans = [(46, 200_000_00), (46, None)]
    accounts = {
        ("closed", "a"): closed,
        ("one-of-each", "a"): opened,
        ("one-of-each", "b"): closed,
        ("opened", "a"): opened,
        ("reopened", "a"): [(10, 92_00), (72, None), (10, 92_00)],
    }
    assert {
        "closed": Shown(9_200_000_00, 0, 46 if kind == "snapshot" else 92, "silver", "100000.00"),
        "one-of-each": Shown(18_768_000_00, 184_000_00, 92, "silver", "204000.00"),
        "opened": Shown(9_568_000_00, 184_000_00, 52, "silver", "104000.00"),
        "reopened": Shown(20 * 92_00, 92_00, 20 if kind == "snapshot" else 92, "untiered", "20.00"),
    } == {customer: one for customer, one in run(tmp_path, kind, accounts).items() if customer != "opening"}


@BOTH_KINDS
def test_the_first_and_the_last_day_count(tmp_path: Path, kind: Kind) -> None:
    """A balance of one day counts on that day only, be it the quarter's first or its last."""
    accounts: dict[tuple[str, str], Spans] = {
        ("every", "a"): [(92, 100)],
        ("first", "a"): [(1, 9_200), (91, None)],
        ("last", "a"): [(91, None), (1, 9_200)],
    }
    actual = run(tmp_path, kind, accounts)
    assert [9_200] * 3 == [one.fen_days for one in actual.values()]
    assert [100, 0, 9_200] == [one.closing_fen for one in actual.values()]


@BOTH_KINDS
def test_an_overdraft_below_the_floor(tmp_path: Path, kind: Kind) -> None:
    """With `negative: net` an average of a negative sum is floored away from zero: -1 fen over 92 days shows -0.01."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_bytes((RULES / "tiers.yaml").read_bytes())
    (rules / "extracts.yaml").write_text("version: 1\nnegative: net\n")
    first, last = QUARTERS["2015Q4"]
    rows = [Row(day, "1", None, -1 if day == last else 0) for day in days_between(first - dt.timedelta(days=1), last)]
    extract = write_csv(tmp_path / "extract.csv", rows)
    folder = compute_tiers(extract, "2015Q4", rules=load_rules(rules), kind=kind).write(tmp_path / "out")
    assert {"1": Shown(-1, -1, 92, "untiered", "-0.01")} == shown(folder)


def _new_year(tmp_path: Path, delivered_from: dt.date) -> Path:
    """Write 2016Q1 from `delivered_from` on, without 1 to 3 January, with 3,000.00 in 2015 and 100.00 afterwards."""
    days = [day for day in days_between(delivered_from, dt.date(2016, 3, 31)) if not dt.date(2016, 1, 1) <= day <= dt.date(2016, 1, 3)]
    return write_csv(tmp_path / "extract.csv", [Row(day, "1", None, 3_000_00 if day.year == 2015 else 100_00) for day in days])


def test_a_quarter_that_opens_on_a_holiday_uses_the_extract_before_it(tmp_path: Path) -> None:
    """Where 1 to 3 January are missing, 31 December stands for them, and the manifest lists them."""
    computed = compute_tiers(_new_year(tmp_path, dt.date(2015, 12, 31)), "2016Q1", rules=load_rules(RULES))
    assert {"1": Shown(3 * 3_000_00 + 88 * 100_00, 100_00, 91, "untiered", "195.60")} == shown(computed.write(tmp_path / "out"))
    expected = [{"day": f"2016-01-0{number}", "stands": "2015-12-31"} for number in (1, 2, 3)]
    assert expected == computed.manifest["filled_days"]


def test_a_quarter_that_opens_on_a_holiday_refuses_without_an_extract_before_it(tmp_path: Path) -> None:
    """Without an extract dated before the quarter the missing first days are named, and nothing is computed."""
    with pytest.raises(DataError, match="missing at the start of the period: 2016-01-01 to 2016-01-03;"):
        compute_tiers(_new_year(tmp_path, dt.date(2016, 1, 4)), "2016Q1", rules=load_rules(RULES))


def test_a_golden_week_is_longer_than_the_limit(tmp_path: Path) -> None:
    """Where no calendar is asked, 30 September stands for 1 to 3 October; 4 to 7 October are refused by name, or accepted."""
    days = [
        day for day in days_between(dt.date(2015, 9, 30), dt.date(2015, 12, 31)) if not dt.date(2015, 10, 1) <= day <= dt.date(2015, 10, 7)
    ]
    extract = write_csv(tmp_path / "extract.csv", [Row(day, "1", None, 100) for day in days])
    with pytest.raises(DataError, match="2015-10-04 to 2015-10-07"):
        compute_tiers(extract, "2015Q4", rules=rules_with())
    accepted = days_between(dt.date(2015, 10, 4), dt.date(2015, 10, 7))
    with pytest.raises(DataError, match="delivered day: 2015-10-07;"):
        compute_tiers(extract, "2015Q4", rules=rules_with(), accept_missing=accepted[:-1])
    computed = compute_tiers(extract, "2015Q4", rules=rules_with(), accept_missing=accepted)
    assert 7 == len(computed.manifest["filled_days"])
    assert {"1": Shown(9_200, 100, 92, "untiered", "1.00")} == shown(computed.write(tmp_path / "out"))


def test_a_quarter_without_its_last_day(tmp_path: Path) -> None:
    """The command refuses it with exit code 4 and writes nothing; with --accept-missing the day before stands for it."""
    days = days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 30))
    extract = write_csv(tmp_path / "extract.csv", [Row(day, "1", None, 100) for day in days])
    arguments = ["tier", "compute", extract, "--quarter", "2015Q4", "--out", tmp_path / "out", "--rules", RULES, "--quiet"]
    refused = vip(*arguments)
    assert (4, "") == (refused.returncode, refused.stdout)
    assert refused.stderr.startswith("vip: quarter not complete yet: 2015-12-31; ")
    assert 1 == len(refused.stderr.splitlines())
    assert not (tmp_path / "out").exists()
    taken = vip(*arguments, "--accept-missing", "2015-12-31")
    assert (0, "") == (taken.returncode, taken.stdout)
    assert {"1": Shown(9_200, 100, 92, "untiered", "1.00")} == shown(tmp_path / "out" / "2015Q4")
    manifest = _manifest(tmp_path / "out" / "2015Q4")
    assert ["2015-12-31"] == manifest["made_from"]["options"]["accept_missing"]
    assert [{"day": "2015-12-31", "stands": "2015-12-30"}] == manifest["filled_days"]


def test_changes_stand_to_the_end(tmp_path: Path) -> None:
    """With `changes` the last row stands to the quarter's end without limit, and the manifest shows its day."""
    rows = [Row(dt.date(2012, 2, 29), "1", "a", 50_00), Row(dt.date(2015, 10, 2), "2", "a", 92_00)]
    computed = compute_tiers(write_csv(tmp_path / "extract.csv", rows), "2015Q4", rules=load_rules(RULES), kind="changes")
    expected = {"1": Shown(92 * 50_00, 50_00, 92, "untiered", "50.00"), "2": Shown(91 * 92_00, 92_00, 91, "untiered", "91.00")}
    assert expected == shown(computed.write(tmp_path / "out"))
    assert "2015-10-02" == computed.manifest["last_delivered_day"]


def test_changes_without_an_opening(tmp_path: Path) -> None:
    """With `changes` and no row before the quarter the run is refused; --opening zero counts 0 before the first row."""
    extract = write_csv(tmp_path / "extract.csv", [Row(dt.date(2015, 10, 1), "1", "a", 100), Row(dt.date(2015, 12, 31), "2", "a", 92)])
    with pytest.raises(DataError, match="no row is dated before 2015-10-01"):
        compute_tiers(extract, "2015Q4", rules=load_rules(RULES), kind="changes")
    computed = compute_tiers(extract, "2015Q4", rules=load_rules(RULES), kind="changes", opening_zero=True)
    expected = {"1": Shown(9_200, 100, 92, "untiered", "1.00"), "2": Shown(92, 92, 1, "untiered", "0.01")}
    assert expected == shown(computed.write(tmp_path / "out"))


@BOTH_KINDS
def test_who_is_present(tmp_path: Path, kind: Kind) -> None:
    """A snapshot row of 0.00 makes a customer present; where changes are delivered, 0 throughout makes it absent."""
    actual = run(tmp_path, kind, {("zero", "a"): [(92, 0)], ("held", "a"): [(92, 1)]})
    assert (["held", "zero"] if kind == "snapshot" else ["held"]) == list(actual)


def test_as_of_a_day_inside_the_quarter(tmp_path: Path) -> None:
    """As of 15 November N is 46 everywhere, and the run is provisional and stands under its own name."""
    days = days_between(dt.date(2015, 10, 1), dt.date(2015, 11, 20))
    extract = write_csv(tmp_path / "extract.csv", [Row(day, "1", None, SILVER_FEN) for day in days])
    folder = compute_tiers(extract, "2015Q4", rules=load_rules(RULES), as_of=dt.date(2015, 11, 15)).write(tmp_path / "out")
    assert "2015Q4-asof-20151115" == folder.name
    assert {"1": Shown(46 * SILVER_FEN, SILVER_FEN, 46, "silver", "100000.00")} == shown(folder)
    assert ("provisional", 46) == (_manifest(folder)["status"], _manifest(folder)["quarter_days"])


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return manifest


def test_as_of_a_day_that_has_not_come(tmp_path: Path) -> None:
    """A day after today is refused before any extract is looked for, by the command and by the public call."""
    today = dt.date.today()  # noqa: DTZ011 (the bank's own day)
    quarter, day = Quarter.of(today), today + dt.timedelta(days=1)
    with pytest.raises(UsageError, match="--as-of: lies in the future"):
        compute_tiers(tmp_path / "absent", quarter, as_of=day)
    result = vip("tier", "compute", tmp_path / "absent", "--quarter", quarter, "--as-of", day, "--out", tmp_path / "out")
    assert (2, "vip: --as-of: lies in the future\n") == (result.returncode, result.stderr)
