"""Why a customer has a tier, told exactly: proof, quarters, outlook, and every day, against an independent oracle (semantics 11.1)."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from tests.helpers import RULES, Row, days_between, read_csv, read_tiers, rules_with, rules_without_calendar, vip, write_csv, yuan
from tests.lists.exporting import make_run
from vip_tiering import DataError, UsageError, compute_tiers, load_rules
from vip_tiering.analysis.explain import tier_explain
from vip_tiering.base.arrays import texts_of
from vip_tiering.cli.show.explain import sparkline
from vip_tiering.reports.figures.moves import moves_of
from vip_tiering.tiers.published.run_folder import read_customers, read_run

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2015, 12, 31)
DAYS = days_between(FIRST, LAST)
WEIGHTS = {"deposit": Fraction(1), "fund": Fraction(1, 2), "insurance": Fraction("0.333333"), "loan": None}
ALIASES = {"OLD1": "C1", "OLDER1": "C1", "OLD9": "C9"}


class Holding(NamedTuple):
    """One row of an extract; `hundredths` of its currency."""

    day: dt.date
    customer: str
    account: str
    product: str
    currency: str
    hundredths: int


def rules_folder(folder: Path, extracts: str) -> Path:
    """Write a folder of rules with the project's tiers, weights, rates that change every ten days, and renamed customers."""
    folder.mkdir(parents=True)
    (folder / "tiers.yaml").write_bytes((RULES / "tiers.yaml").read_bytes())
    product = 'product: {include: [deposit], exclude: [loan], weights: {fund: "0.5", insurance: "0.333333"}}'
    (folder / "extracts.yaml").write_text(f"version: 1\npartial_days: accept\naliases: aliases.csv\n{product}\n{extracts}\n", "utf-8")
    (folder / "rates.csv").write_text("date,currency,rate\n" + "".join(f"{day},USD,{rate}\n" for day, rate in rates().items()), "utf-8")
    (folder / "aliases.csv").write_text("old_id,new_id\n" + "".join(f"{old},{new}\n" for old, new in ALIASES.items()), "utf-8")
    return folder


def rates() -> dict[dt.date, str]:
    """Return the rate of each day from a month before the quarter on."""
    return {day: f"6.{day.toordinal() // 10 % 90 + 10}35" for day in days_between(dt.date(2015, 9, 1), LAST)}


def counted(one: Holding, negative: str) -> int:
    """Return what counts of a row in fen, by the definitions, in fractions."""
    weight = WEIGHTS[one.product]
    if weight is None:
        return 0
    amount = max(one.hundredths, 0) if negative == "zero" else one.hundredths
    rate = Fraction(rates()[one.day]) if one.currency == "USD" else Fraction(1)
    return round(Fraction(amount) * rate * weight)


def write_day(path: Path, holdings: list[Holding]) -> None:
    """Write rows as CSV; the first one twice, which changes nothing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "customer_id", "account_id", "product", "currency", "balance"])
        writer.writerows([*one[:5], yuan(one.hundredths)] for one in [*holdings, *holdings[:1]])


def spread(document: dict[str, Any]) -> Iterator[tuple[tuple[str, str, str], dt.date, dict[str, Any]]]:
    """Yield every account and day of an answer, with the span that holds the day."""
    for account in document["accounts"]:
        key = tuple(account[name] or "" for name in ("customer_id", "account_id", "product"))
        for span in account["spans"]:
            days = days_between(dt.date.fromisoformat(span["from"]), dt.date.fromisoformat(span["to"]))
            assert len(days) == span["days"]
            assert span["fen_days"] == str(fen(span["balance"]) * len(days))
            for day in days:
                yield key, day, span


def by_day(document: dict[str, Any]) -> dict[dt.date, int]:
    """Return what counts on each day of all accounts together."""
    spans = document["days"]
    assert all((one["balance"], one["rows"]) != (following["balance"], following["rows"]) for one, following in pairwise(spans))
    days = [days_between(*(dt.date.fromisoformat(one[side]) for side in ("from", "to"))) for one in spans]
    assert [one["fen_days"] for one in spans] == [str(fen(one["balance"]) * len(own)) for one, own in zip(spans, days, strict=True)]
    return {day: fen(one["balance"]) for one, own in zip(spans, days, strict=True) for day in own}


def fen(amount: str) -> int:
    """Return the fen of an amount in yuan."""
    return int(Fraction(amount) * 100)


@pytest.mark.parametrize(("seed", "negative"), [(1, "zero"), (2, "net"), (3, "zero")])
def test_snapshots_are_told_day_by_day(tmp_path: Path, seed: int, negative: str) -> None:
    """Every day and account is told with what was delivered and what counts; filled days by the right day; the sum is the run's."""
    rng = random.Random(seed)
    folder = rules_folder(tmp_path / "rules", f"negative: {negative}\ncurrency: {{rates: rates.csv}}")
    delivered = [dt.date(2015, 9, 29), *(day for day in DAYS if day == LAST or (day != FIRST and rng.random() < 0.7))]
    standing: dict[tuple[str, str, str], tuple[str, int]] = {}
    history: dict[dt.date, list[Holding]] = {}
    for day in delivered:
        for customer in ("C1", "OLD1", "OLDER1", "C2"):
            for account, product in (("A", "deposit"), ("A", "fund"), ("B", "insurance"), ("", "loan")):
                if rng.random() < 0.15 or not history:
                    standing[customer, account or "L", product] = (rng.choice(["CNY", "USD"]), rng.randint(-(10**7), 10**9))
                elif rng.random() < 0.03:
                    standing.pop((customer, account or "L", product), None)
        history[day] = [Holding(day, *key, *value) for key, value in standing.items()]
        write_day(tmp_path / f"extracts_{day:%Y%m%d}.csv", history[day])
    files = str(tmp_path / "extracts_*.csv")
    missing = [day for day in DAYS if day not in history]
    run = compute_tiers(files, "2015Q4", rules=load_rules(folder), accept_missing=missing).write(tmp_path / "out")

    found = tier_explain(rng.choice(["C1", "OLD1"]), run, [files], rules=folder)
    days = found.document["trace"]
    assert found.warnings == ()
    stands = {day: max(one for one in delivered if one <= day) for day in DAYS}
    own = {day: [one for one in history[since] if ALIASES.get(one.customer, one.customer) == "C1"] for day, since in stands.items()}
    told = {(key, day): span for key, day, span in spread(days)}
    expected = {(one[1:4], day): one for day, rows in own.items() for one in rows}
    assert told.keys() == expected.keys()
    for (key, day), one in expected.items():
        span = told[key, day]
        assert (fen(span["delivered"]), fen(span["balance"]), span["currency"]) == (one.hundredths, counted(one, negative), one.currency)
        assert span["outcome"] == ("excluded" if one.product == "loan" else "counted")
        assert span["rate"] == (rates()[one.day] if one.currency == "USD" else None)
        assert {"file": f"extracts_{one.day:%Y%m%d}.csv", "day": str(one.day)}.items() <= max(
            (row for row in span["rows"] if row["day"] <= str(day)), key=lambda row: row["day"]
        ).items()
    assert by_day(days) == {day: sum(counted(one, negative) for one in rows) for day, rows in own.items()}
    assert {one["day"]: one["stands"] for one in days["filled_days"]} == {str(day): str(stands[day]) for day in missing}
    total = sum(by_day(days).values())
    assert str(total) == days["fen_days"] == found.document["fen_days"] == str(read_tiers(run)["C1"]["fen_days"])
    assert days["difference_fen_days"] == "0"


@pytest.mark.parametrize("seed", [1, 2])
def test_changes_are_told_day_by_day(tmp_path: Path, seed: int) -> None:
    """With changes an account's row stands until its next one, also for a row of long before the quarter; the sum is the run's."""
    rng = random.Random(seed)
    folder = rules_folder(tmp_path / "rules", "kind: changes\nnegative: net")
    keys = [(customer, account, product) for customer in ("C1", "OLD1") for account in "AB" for product in ("deposit", "fund")]
    rows = {(dt.date(2015, 7, 1), key): rng.randint(0, 10**9) for key in keys[:5]}
    rows |= {(day, key): rng.randint(-(10**6), 10**9) for day in DAYS for key in keys if rng.random() < 0.05}
    holdings = [Holding(day, *key, "CNY", value) for (day, key), value in sorted(rows.items())]
    for month in sorted({one.day.replace(day=1) for one in holdings}):
        write_day(tmp_path / f"changes_{month:%Y%m}.csv", [one for one in holdings if one.day.replace(day=1) == month])
    files = str(tmp_path / "changes_*.csv")
    run = compute_tiers(files, "2015Q4", rules=load_rules(folder)).write(tmp_path / "out")

    found = tier_explain("C1", run, [files], rules=folder)
    days = found.document["trace"]
    told = {(key, day): span for key, day, span in spread(days)}
    for day in DAYS:
        for key in keys:
            since = max((one for one, own in rows if own == key and one <= day), default=None)
            if since is None:
                assert (key, day) not in told
            else:
                one = Holding(since, *key, "CNY", rows[since, key])
                assert fen(told[key, day]["balance"]) == counted(one, "net")
                assert str(since) in {row["day"] for row in told[key, day]["rows"]}
    assert str(sum(by_day(days).values())) == days["fen_days"] == str(read_tiers(run)["C1"]["fen_days"])
    assert found.warnings == ()


def balances(customers: dict[str, list[int]], first: dt.date) -> list[Row]:
    """Return a row for each customer and day, from the days' balances in fen."""
    rows = [(first + dt.timedelta(days=number), name, value) for name, each in customers.items() for number, value in enumerate(each)]
    return [Row(day, name, None, value) for day, name, value in rows]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three quarters of a few customers, and a provisional run of the fourth; return the folder with extracts and runs."""
    base = tmp_path_factory.mktemp("runs")
    rng = random.Random(7)
    rules = load_rules(RULES)
    quarters = {"2015Q1": dt.date(2015, 1, 1), "2015Q2": dt.date(2015, 4, 1), "2015Q3": dt.date(2015, 7, 1), "2015Q4": FIRST}
    previous = None
    for quarter, first in quarters.items():
        length = 90 if quarter == "2015Q1" else 91 if quarter == "2015Q2" else 92
        customers = {f"R{number:02d}": [rng.choice([10, 30, 90, 600, 9000]) * 10**5] * length for number in range(20)}
        for name, values in customers.items():
            values[rng.randrange(length) :] = [rng.choice([10, 30, 90, 600, 9000]) * 10**5] * (length - values.index(values[-1]))
            del values[length:]
            if quarter == "2015Q4" and name < "R04":
                values[:30] = []
        customers["EDGE"] = [10_000_000] * (length - 1) + [9_999_999]
        if quarter != "2015Q2":
            customers["GAP"] = [60_000_000] * length
        if quarter != "2015Q4":
            customers["GONE"] = [60_000_000] * length
        rows = balances(customers, first)
        if quarter == "2015Q4":
            last = {name: dt.timedelta(days=92 - len(values)) for name, values in customers.items()}
            rows = [one._replace(day=one.day + last[one.customer]) for one in rows]
        write_csv(base / f"{quarter}.csv", rows)
        run = compute_tiers(base / f"{quarter}.csv", quarter, rules=rules, previous=previous)
        previous = run.write(base / "out")
    compute_tiers(base / "2015Q4.csv", "2015Q4", rules=rules, previous=base / "out/2015Q3", as_of=dt.date(2015, 11, 15)).write(base / "out")
    return base


def test_one_fen_is_told(runs: Path) -> None:
    """Who lacks one fen on one day is short by one hundredth of a yuan-day, and holds the tier below with all the rest."""
    document = tier_explain("EDGE", runs / "out/2015Q4", rules=RULES).document
    assert (document["tier"], document["yuan_days"], document["daily_average"]) == ("effective", "9199999.99", "99999.99")
    own, following = document["proof"]
    assert (own["tier"], own["reached"], own["by_yuan_days"]) == ("effective", True, "7359999.99")
    assert (following["tier"], following["reached"], following["by_yuan_days"]) == ("silver", False, "0.01")
    assert following["needed_yuan_days"] == "9200000.00"


@pytest.mark.parametrize("name", ["2015Q3", "2015Q4", "2015Q4-asof-20151115"])
def test_everybody_is_told_what_the_run_says(runs: Path, name: str) -> None:
    """Tier, change, clues and outlook of every customer are those of the run's files and of the report of changes."""
    folder = runs / "out" / name
    run = read_run(folder, provisional=True)
    nobody = pd.DataFrame({"customer_id": [], "display_name": [], "branch": [], "manager": []}, dtype=object)
    clues = dict(zip(*(moves_of(run, nobody, ())[column] for column in ("customer_id", "clues")), strict=True))
    changes = {row["customer_id"]: row["change"] for row in read_csv(folder / "changes.csv")}
    outlooks = {row["customer_id"]: row for row in read_csv(folder / "outlook.csv")}
    for customer, row in read_tiers(folder).items():
        document = tier_explain(customer, folder, rules=RULES).document
        assert (document["tier"], document["fen_days"]) == (row["tier"], str(row["fen_days"]))
        assert "|".join(document["change"]["clues"]) == clues.get(customer, "")
        assert document["change"]["change"] == changes.get(customer, "kept")
        outlook = document["outlook"]
        names = ["projected_tier", "state", "next_tier", "gap_to_next", "cushion", "projected_average"]
        assert {one: outlook[one] or "" for one in names} == {one: outlooks[customer][one] for one in names}
        assert (outlook["deposits"][0]["for_next"] or "") == outlooks[customer]["deposit_for_next"]


@pytest.mark.parametrize("name", ["2015Q4", "2015Q4-asof-20151115"])
def test_every_day_left_has_its_deposit(runs: Path, name: str) -> None:
    """What must come on a day is enough to reach or keep a tier, and one fen less is not; the days go to the end of the period."""
    folder = runs / "out" / name
    bounds = {tier.code: tier.min_fen for tier in read_run(folder, provisional=True).ladder.tiers}
    last = LAST if "asof" in name else dt.date(2016, 3, 31)
    days = 92 if "asof" in name else 91
    for customer, row in read_tiers(folder).items():
        document = tier_explain(customer, folder, rules=RULES).document
        outlook = document["outlook"]
        assert outlook["deposits"][-1]["day"] == outlook["last_day"] == str(last)
        assert len(outlook["deposits"]) == outlook["days_left"]
        so_far = row["fen_days"] if "asof" in name else 0
        assert outlook["locked"] == (row["tier"] != "untiered" and so_far >= bounds[row["tier"]] * days)
        for one in outlook["deposits"]:
            left = (last - dt.date.fromisoformat(one["day"])).days + 1
            for deposit, tier in ((one["for_next"], outlook["next_tier"]), (one["to_keep"], row["tier"])):
                if deposit is None:
                    assert tier in (None, "untiered")
                    continue
                projected = Fraction(so_far + row["closing_fen"] * outlook["days_left"] + fen(deposit) * left, days)
                assert projected >= bounds[tier]
                assert fen(deposit) == 0 or projected - Fraction(left, days) < bounds[tier]


def test_quarters_are_told_one_by_one(runs: Path) -> None:
    """Every official run beside it is a line, the oldest first; an absent customer is said, and so is an altered run."""
    lines = tier_explain("GAP", runs / "out/2015Q4", rules=RULES).document["quarters"]
    assert [(one["quarter"], one["tier_label"], one["change"]) for one in lines] == [
        ("2015Q1", "金卡", "initial"),
        ("2015Q2", "无记录", "left"),
        ("2015Q3", "金卡", "new"),
        ("2015Q4", "金卡", "kept"),
    ]
    assert [one["daily_average"] for one in lines] == ["600000.00", None, "600000.00", "600000.00"]
    tiers = runs / "out/2015Q2/tiers.parquet"
    content = tiers.read_bytes()
    try:
        tiers.write_bytes(content[:-9] + b"x" + content[-8:])
        lines = tier_explain("GAP", runs / "out/2015Q4", rules=RULES).document["quarters"]
        assert [one["problem"] for one in lines] == [None, "was altered after it was published", None, None]
        with pytest.raises(DataError, match=r"2015Q2/tiers\.parquet: was altered"):
            tier_explain("EDGE", runs / "out/2015Q2", rules=RULES)
    finally:
        tiers.write_bytes(content)


def test_who_left_is_explained(runs: Path) -> None:
    """Who has no balance any more is known by the changes: absent, and why."""
    found = tier_explain("GONE", runs / "out/2015Q4", [runs / "2015Q4.csv"], rules=RULES)
    document = found.document
    assert (document["tier"], document["change"]["change"], document["change"]["clues"]) == ("absent", "left", ["outflow"])
    assert (document["proof"], document["outlook"], document["trace"]["accounts"]) == ([], None, [])
    assert document["trace"]["fen_days"] == "0"


def test_other_extracts_and_rules_are_said(runs: Path, tmp_path: Path) -> None:
    """Extracts that are not those of the run are a warning without figures, and the answer says by how much their sum differs."""
    text = (runs / "2015Q4.csv").read_text("utf-8").replace("2015-12-31,EDGE,99999.99", "2015-12-31,EDGE,100000.00")
    (tmp_path / "2015Q4.csv").write_text(text, "utf-8")
    found = tier_explain("EDGE", runs / "out/2015Q4", [tmp_path / "2015Q4.csv"], rules=RULES)
    assert found.warnings == ("these are not the extracts of 2015Q4: 2015Q4.csv changed",)
    assert (found.document["trace"]["extracts_of_run"], found.document["trace"]["difference_fen_days"]) == (False, "1")
    other = tier_explain("EDGE", runs / "out/2015Q4", rules=rules_without_calendar("negative: net"))
    assert other.warnings == ("2015Q4: was made by other rules than these (rules)",)


def test_an_old_id_is_found_where_the_run_is_older(runs: Path, tmp_path: Path) -> None:
    """Who got a new id after the run was made is found by both, also where two ids became one: sums are added and tiered again."""
    folder = rules_folder(tmp_path / "rules", "")
    (folder / "aliases.csv").write_text("old_id,new_id\nGAP,NEW\nEDGE,NEW\n", "utf-8")
    rows = read_tiers(runs / "out/2015Q4")
    for asked in ("GAP", " ＮＥＷ\u200b", "EDGE"):
        document = tier_explain(asked, runs / "out/2015Q4", rules=folder).document
        assert (document["customer_id"], document["tier"]) == ("NEW", "gold")
        assert document["renamed_from"] == (None if "Ｎ" in asked else asked)
        assert document["fen_days"] == str(rows["GAP"]["fen_days"] + rows["EDGE"]["fen_days"])
        assert [one["tier"] for one in document["quarters"]] == ["gold", "effective", "gold", "gold"]


def test_rejected_rows_are_said(tmp_path: Path) -> None:
    """A row that was rejected and allowed counts 0 on its day, and the answer says that there was one."""
    write_csv(tmp_path / "in.csv", [Row(day, name, None, 3_000_000) for day in DAYS for name in ("A", "B")])
    text = (tmp_path / "in.csv").read_text("utf-8").replace("2015-11-03,A,30000.00", "2015-11-03,A,30000.001")
    (tmp_path / "in.csv").write_text(text, "utf-8")
    run = compute_tiers(tmp_path / "in.csv", "2015Q4", rules=load_rules(RULES), max_rejects="1").write(tmp_path / "out")
    found = tier_explain("A", run, [tmp_path / "in.csv"], rules=RULES)
    assert found.document["trace"]["rejected_rows"] is True
    assert [(one["days"], one["rows"]) for one in found.document["trace"]["days"]] == [(33, 1), (1, 0), (58, 1)]
    assert found.warnings == ("rows of this customer were rejected and count 0 on their day",)
    assert tier_explain("B", run, [tmp_path / "in.csv"], rules=RULES).document["trace"]["rejected_rows"] is False


def test_few_rows_are_read_as_all_are(tmp_path: Path) -> None:
    """Whatever an id holds, and wherever its row stands, the rows of some customers are those that reading the whole run gives."""
    names = ['a"b', "a,b", "a", "aa", "Ω号", "z" * 60, *map(str, range(300))]
    rows = [Row(FIRST, name, None, 3_000_000 + number) for number, name in enumerate(names)]
    before = [one._replace(day=dt.date(2015, 7, 1), fen=1) for one in rows]
    write_csv(tmp_path / "q3.csv", before)
    write_csv(tmp_path / "q4.csv", rows)
    missing_before = days_between(dt.date(2015, 7, 2), dt.date(2015, 9, 30))
    previous = compute_tiers(tmp_path / "q3.csv", "2015Q3", rules=rules_with(), accept_missing=missing_before).write(tmp_path / "out")
    run = compute_tiers(tmp_path / "q4.csv", "2015Q4", rules=rules_with(), accept_missing=DAYS[1:], previous=previous)
    folder = run.write(tmp_path / "out")
    whole = read_run(folder)
    for one in names[:12]:
        few = read_customers(folder, texts_of([one, "nobody"]))
        for table, everybody in ((few.tiers, whole.tiers), (few.changes, whole.changes)):
            assert table.to_pylist() == [row for row in everybody.to_pylist() if row["customer_id"] == one]
            assert len(table) == 1
    assert len(read_customers(folder, texts_of(["nobody"])).tiers) == 0


def test_no_id_is_a_usage_error_and_no_message_holds_one(runs: Path) -> None:
    """A blank id is refused; an unknown one is told without the id."""
    with pytest.raises(UsageError, match="CUSTOMER: is empty"):
        tier_explain(" \u200b", runs / "out/2015Q4", rules=RULES)
    with pytest.raises(DataError, match="does not know this customer") as error:
        tier_explain("SECRET77", runs / "out/2015Q4", rules=RULES)
    assert "SECRET77" not in str(error.value)


def test_bars_go_from_nothing_to_the_largest() -> None:
    """An average of nothing is the lowest bar, the largest one the highest, and a quarter without the customer a dot."""
    assert sparkline(["0.00", "50.00", None, "100.00", "-1.00"]) == "▁▄·█▁"
    assert sparkline([None]) == "·"


def test_the_command(runs: Path) -> None:
    """The id may come from standard input; the answer is one document for programs; mistakes have their exit codes, without the id."""
    command = [sys.executable, "-m", "vip_tiering", "tier", "explain", "-", str(runs / "out/2015Q4"), "--rules", str(RULES), "--json"]
    piped = subprocess.run(command, input=" EDGE\n", capture_output=True, text=True, check=False)
    assert (piped.returncode, json.loads(piped.stdout)["customer_id"], piped.stderr) == (0, "EDGE", "")
    empty = subprocess.run(command, input="\n", capture_output=True, text=True, check=False)
    assert (empty.returncode, empty.stdout) == (2, "")
    assert empty.stderr == "vip: CUSTOMER: standard input holds no id; give one id\n"
    shown = vip("tier", "explain", "EDGE", runs / "out/2015Q4", runs / "2015Q4.csv", "--rules", RULES, env={"COLUMNS": "80"})
    assert shown.returncode == 0, shown.stderr
    assert "  银卡    9,199,999.99 yuan-days < 100,000.00 x 92, short by 0.01" in shown.stdout.splitlines()
    assert shown.stdout.splitlines()[-1] == "  sum: 9,199,999.99 yuan-days, as in the run"
    unknown = vip("tier", "explain", "SECRET77", runs / "out/2015Q4", "--rules", RULES)
    assert (unknown.returncode, unknown.stdout, len(unknown.stderr.splitlines())) == (4, "", 1)
    assert "SECRET77" not in unknown.stderr


def test_what_stands_in_the_place_of_the_run_is_never_shown(runs: Path, tmp_path: Path) -> None:
    """Whoever swaps a customer and a run is told the order, and never reads the id in a message; likewise where there is no such run."""
    run = runs / "out/2015Q4"
    file = ("--customers", tmp_path / "c.csv")
    for command, options in ((("tier", "explain"), ()), (("customers", "file"), file)):
        swapped = vip(*command, run, "00SECRET", *options)
        assert (2, "") == (swapped.returncode, swapped.stdout)
        assert "the customer comes first, then the run" in swapped.stderr
        absent = vip(*command, "EDGE", "00SECRET", *options)
        assert (4, "vip: RUN: there is no such run folder") == (absent.returncode, absent.stderr.partition(";")[0])
        assert "SECRET" not in swapped.stderr + absent.stderr


def test_an_id_that_lost_its_zeros_is_hinted_at(tmp_path: Path) -> None:
    """An id that is known once leading zeros are ignored gets a hint, in which no id stands."""
    run = make_run(tmp_path / "out", {"00730": (600_000, 600_000)})
    for asked in ("730", "000730"):
        told = vip("tier", "explain", asked, run)
        assert 4 == told.returncode
        assert "leading zeros" in told.stderr
        assert "730" not in told.stderr
    assert "leading zeros" not in vip("tier", "explain", "731", run).stderr


def test_the_folder_around_runs_names_them(tmp_path: Path) -> None:
    """Whoever names the folder of runs, or a run that is not there, is told what to name, by the path as it was typed."""
    (tmp_path / "out").mkdir()
    absent = vip("tier", "show", "out/2015Q4", cwd=tmp_path)
    assert (4, True) == (absent.returncode, absent.stderr.startswith("vip: out/2015Q4: there is no such run folder; vip tier compute "))
    make_run(tmp_path / "out", {"0071": (600_000, 600_000)})
    commands = [("tier", "show"), ("tier", "simulate"), ("verify",)]
    export = ("playbook", "export", "out", "--customers", "c.csv", "--on", "2016-01-05", "--out", "lists")
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    for one in [*((*command, "out") for command in commands), export]:
        around = vip(*one, *(("--rules", "rules") if "simulate" in one else ()), cwd=tmp_path)
        assert 4 == around.returncode, around.stderr
        assert around.stderr.startswith("vip: out: holds the runs 2015Q3, 2015Q4; name one of them")
