"""Products, currencies, renamed customers and overdrafts, exact to the fen against an oracle of fractions."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, days_between, examples, read_csv, read_tiers, vip
from vip_tiering import DataError, Rules, RulesError, compute_tiers, load_rules
from vip_tiering.base.money import AMOUNT_LIMIT_FEN
from vip_tiering.tiers.scope import half_even

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2015, 12, 31)
PRODUCTS = ("deposit", "fund", "insurance", "loan")
CURRENCIES = ("CNY", "USD", "JPY")
SCOPE = """version: 1
negative: {negative}
product:
  include: [deposit, fund]
  exclude: [loan]
  weights: {{fund: "0.5", insurance: "0.333333"}}
currency: {{rates: rates.csv}}
aliases: aliases.csv
"""


class Holding(NamedTuple):
    """One row of an extract; `hundredths` of its currency."""

    day: dt.date
    customer: str
    account: str
    product: str
    currency: str
    hundredths: int


def text_of(holdings: Iterable[Holding]) -> str:
    """Return rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["date", "customer_id", "account_id", "product", "currency", "balance"])
    for one in holdings:
        sign = "-" if one.hundredths < 0 else ""
        amount = f"{sign}{abs(one.hundredths) // 100}.{abs(one.hundredths) % 100:02d}"
        writer.writerow([one.day, one.customer, one.account, one.product, one.currency, amount])
    return text.getvalue()


def rules_folder(folder: Path, negative: str = "zero", rates: str = "", aliases: str = "", extracts: str = SCOPE) -> Path:
    """Write a folder of rules with the project's tiers."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiers.yaml").write_bytes((RULES / "tiers.yaml").read_bytes())
    (folder / "extracts.yaml").write_text(extracts.format(negative=negative), "utf-8")
    (folder / "rates.csv").write_text("date,currency,rate\n" + rates, "utf-8")
    (folder / "aliases.csv").write_text("old_id,new_id\n" + aliases, "utf-8")
    return folder


def half_even_fen(amount: Fraction) -> int:
    """Round half-even; Python's own rounding of fractions does just that."""
    return round(amount)


def oracle(holdings: list[Holding], rates: dict[tuple[str, dt.date], Fraction], aliases: dict[str, str], negative: str) -> dict[str, int]:
    """Return the fen-days of every present customer: each row by its own, in the order of the semantics."""
    weights = {"deposit": Fraction(1), "fund": Fraction(1, 2), "insurance": Fraction("0.333333"), "loan": None}
    delivered = sorted({one.day for one in holdings})
    sums: dict[str, int] = defaultdict(int)
    for day in days_between(FIRST, LAST):
        stands = max(one for one in delivered if one <= day)
        for one in holdings:
            weight = weights[one.product]
            if one.day != stands or weight is None:
                continue
            amount = Fraction(max(one.hundredths, 0) if negative == "zero" else one.hundredths)
            rate = Fraction(1)
            if one.currency != "CNY":
                rate = next(
                    rates[one.currency, stands - dt.timedelta(back)]
                    for back in range(8)
                    if (one.currency, stands - dt.timedelta(back)) in rates
                )
            sums[aliases.get(one.customer, one.customer)] += half_even_fen(amount * rate * weight)
    return dict(sums)


def world(seed: int) -> tuple[list[Holding], dict[tuple[str, dt.date], Fraction], dict[str, str]]:
    """Return rows of a few customers with several accounts, products and currencies, rates with gaps, and renamed customers."""
    dice = random.Random(seed)
    keys = [(f"C{number % 7}", f"A{number}", dice.choice(PRODUCTS), dice.choice(CURRENCIES)) for number in range(dice.randint(3, 25))]
    days = [day for day in days_between(FIRST, LAST) if day in (FIRST, LAST) or dice.random() < 0.9 or day.weekday() == 2]
    days = [day for place, day in enumerate(days) if place == 0 or (day - days[place - 1]).days <= 92]
    amounts = (0, 1, -1, 5, 15, 25, 333, 10**13, 99_999_999, -12_345)
    holdings = [
        Holding(day, *key, dice.choice(amounts) + dice.randint(-3, 3))
        for day in days
        for key in keys
        if dice.random() < 0.9 or day == FIRST
    ]
    rates = {
        (currency, day): Fraction(dice.choice(("6.4936", "0.0536125", "1", "0.5", "7.0000000001")))
        for currency in ("USD", "JPY")
        for day in days_between(FIRST - dt.timedelta(7), LAST)[::7]
    }
    return holdings, rates, {"C0": "C1", "C2": "N9"}


@given(seed=st.integers(0, 2**32), negative=st.sampled_from(["zero", "net"]))
@settings(max_examples=examples(60), deadline=None)
def test_scope_is_that_of_the_oracle(seed: int, negative: str) -> None:
    """Over accounts, products, currencies and renamed customers every sum is the exact one, each row rounded half-even once."""
    holdings, rates, aliases = world(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules = rules_folder(
            folder / "rules",
            negative,
            "".join(f"{day},{currency},{rate.numerator / rate.denominator:.10f}\n" for (currency, day), rate in rates.items()),
            "".join(f"{old},{new}\n" for old, new in aliases.items()),
        )
        (folder / "extract.csv").write_text(text_of(random.Random(seed).sample(holdings, len(holdings))))
        accepted = days_between(FIRST, LAST)
        run = compute_tiers(folder / "extract.csv", "2015Q4", rules=load_rules(rules), accept_missing=accepted)
    actual = dict(zip(run.tiers["customer_id"], run.tiers["fen_days"].tolist(), strict=True))
    assert oracle(holdings, rates, aliases, negative) == actual
    assert sum(one.product == "loan" for one in holdings) == run.manifest["rows"]["excluded"]


@given(
    amounts=st.lists(st.integers(-AMOUNT_LIMIT_FEN + 1, AMOUNT_LIMIT_FEN - 1), min_size=1),
    factor=st.decimals("0", "99999999.9999999999", places=10),
)
@settings(max_examples=examples(10))
def test_half_even_is_exact(amounts: list[int], factor: Any) -> None:
    """An amount times a rate is rounded half-even once; what leaves the range stays out of it."""
    expected = [max(-AMOUNT_LIMIT_FEN, min(AMOUNT_LIMIT_FEN, round(Fraction(one) * Fraction(factor)))) for one in amounts]
    assert expected == half_even(np.array(amounts, np.int64), factor).tolist()


def one_day(folder: Path, rows: str, **rules: str) -> tuple[Path, Rules]:
    """Write an extract of one day and a folder of rules."""
    path = folder / "b_20151001.csv"
    path.write_text("customer_id,account_id,product,currency,balance\n" + rows)
    return path, load_rules(rules_folder(folder / "rules", **rules))


def test_totals_are_told(tmp_path: Path) -> None:
    """Summary and manifest say of each product and currency its rows, what was delivered and what counted, and who was renamed."""
    rows = "A,1,deposit,CNY,100.00\nA,2,fund,CNY,100.01\nB,3,loan,CNY,500.00\nB,4,insurance,USD,10.00\nB,5,deposit,CNY,-7.00\n"
    path, _ = one_day(tmp_path, rows, rates="2015-09-28,USD,6.4936\n", aliases="A,B\n")
    result = vip("tier", "compute", path.name, "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out", cwd=tmp_path)
    assert 0 == result.returncode, result.stderr
    assert "product fund x 0.5: 1 rows, 100.01, counted 50.00 yuan" in result.stdout
    assert "product loan x 0: 1 rows, 500.00, counted 0.00 yuan" in result.stdout
    assert "currency USD: 1 rows, 10.00, counted 21.65 yuan" in result.stdout
    assert "renamed customers: 1, with 2 rows" in result.stdout
    assert "excluded 1" in result.stdout
    assert "negative balances: 1 rows, -7.00 yuan, counted as 0.00" in result.stdout
    (row,) = read_csv(tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv")
    assert ("B", "171.65") == (row["customer_id"], row["daily_average"])  # 100.00 + 50.00 (half-even of 50.005) + 21.65


def test_unknown_products_are_listed(tmp_path: Path) -> None:
    """A product that no rule names is exit 4, by its name; one that may be a customer's number is only counted."""
    path, rules = one_day(tmp_path, "A,1,deposit,CNY,1.00\nA,2,gold,CNY,1.00\nA,3,bonds,CNY,1.00\nA,4,6222020001,CNY,1.00\n")
    with pytest.raises(DataError) as caught:
        compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST)
    (problem,) = caught.value.problems
    line = "b_20151001.csv: row 3, column product: product unknown: bonds, gold and 1 more; name each one under product in "
    assert line + "rules/extracts.yaml: include, exclude or weights [product-unknown]" == str(problem)


def test_rates_are_carried_seven_days(tmp_path: Path) -> None:
    """A rate stands for the seven days after its own; on the eighth day it is missing, and the currency and the day are named."""
    path, rules = one_day(tmp_path, "A,1,deposit,USD,1.00\n", rates="2015-09-24,USD,2\n")
    run = compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST)
    assert [200] == run.tiers["fen_days"].tolist()
    path, rules = one_day(tmp_path, "A,1,deposit,USD,1.00\n", rates="2015-09-23,USD,2\n2015-10-02,USD,3\n")
    with pytest.raises(DataError, match="no rate of USD for 2015-10-01 or one of the 7 days before it"):
        compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST)


def test_a_filled_day_repeats_the_converted_balance(tmp_path: Path) -> None:
    """A day that was not delivered repeats the fen of the day that stands for it, whatever the rate of its own."""
    path, rules = one_day(tmp_path, "A,1,deposit,USD,1.00\n", rates="2015-10-01,USD,2\n2015-10-02,USD,3\n")
    run = compute_tiers(path, "2015Q4", rules=rules, as_of=dt.date(2015, 10, 2), accept_missing=[dt.date(2015, 10, 2)])
    assert [400] == run.tiers["fen_days"].tolist()


@pytest.mark.parametrize(
    ("rows", "rule"),
    [("A,1,deposit,dollars,1.00\n", "currency-code"), ("A,1,deposit,USD,999999999999.00\n", "amount-range")],
)
def test_rows_that_cannot_be_converted_are_rejected(rows: str, rule: str, tmp_path: Path) -> None:
    """A currency that is not a code, and a balance that is too large once converted, are rejected rows."""
    path, rules = one_day(tmp_path, rows, rates="2015-10-01,USD,2\n")
    with pytest.raises(DataError, match=rf"row 2, column \w+: .* \[{rule}\]"):
        compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST)


def test_rules_that_the_extracts_cannot_serve(tmp_path: Path) -> None:
    """Rules for a column that is not there are exit 4; rates with kind changes are exit 3."""
    rules = load_rules(rules_folder(tmp_path / "rules"))
    path = tmp_path / "b_20151001.csv"
    path.write_text("customer_id,balance\nA,1.00\n")
    with pytest.raises(DataError) as caught:
        compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST)
    assert ["currency", "product"] == sorted(str(problem).split("each ")[1].split(",")[0] for problem in caught.value.problems)
    with pytest.raises(RulesError, match="currency: cannot be used with kind changes"):
        compute_tiers(path, "2015Q4", rules=rules, kind="changes", opening_zero=True)


@pytest.mark.parametrize(
    ("file", "text", "lines"),
    [
        ("rates.csv", "day,currency,rate\n", ["rates.csv:1: the header must be date,currency,rate"]),
        ("rates.csv", "date,currency,rate\n2015-02-30,USD,1\n", ["rates.csv:2: date must be a day such as 2015-10-01"]),
        ("rates.csv", "date,currency,rate\n2015-10-01,usd,1\n", ["rates.csv:2: currency must be a code of three capital letters"]),
        ("rates.csv", "date,currency,rate\n2015-10-01,USD,6.4e0\n", ["rates.csv:2: rate must be CNY for 1 unit"]),
        ("rates.csv", "date,currency,rate\n2015-10-01,USD,0\n", ["rates.csv:2: rate must be CNY for 1 unit"]),
        ("rates.csv", "date,currency,rate\n2015-10-01,USD,1\n2015-10-01,USD,2\n", ["rates.csv:3: another rate of this currency"]),
        ("rates.csv", "date,currency,rate\n2015-10-01,USD\n", ["rates.csv:2: must have 3 fields"]),
        ("rates.csv", "date,currency,rate\n2015-10-01,USD,6", ["rates.csv:2: the last line has no line end; was the file cut?"]),
        ("aliases.csv", "old_id,new_id\nA,A\n", ["aliases.csv:2: old_id and new_id must be two different ids"]),
        ("aliases.csv", "old_id,new_id\nA,B\nB,C\n", ["aliases.csv:2: this new_id is an old_id in line 3"]),
        ("aliases.csv", "old_id,new_id\nA,B\nA,C\n", ["aliases.csv:3: this old_id stands in line 2 already"]),
        ("aliases.csv", "old_id,new_id\nA,=B\n", ["aliases.csv:2: new_id was written by a spreadsheet, or would be run by one"]),
        ("aliases.csv", "old_id,new_id\nA,+1\n", ["aliases.csv:2: new_id was written by a spreadsheet"]),
        ("aliases.csv", "old_id,new_id\n7.0,8\n", ["aliases.csv:2: old_id was written by a spreadsheet"]),
        ("aliases.csv", "old_id,new_id\nA,'0007\n", ["aliases.csv:2: new_id was written by a spreadsheet"]),
        ("aliases.csv", 'old_id,new_id\n"A,B\n', ["aliases.csv:2: is not a CSV"]),
        ("aliases.csv", "old_id,new_id\nA,B\nC,D", ["aliases.csv:3: the last line has no line end; was the file cut?"]),
    ],
)
def test_tables_beside_the_rules_are_checked(file: str, text: str, lines: list[str], tmp_path: Path) -> None:
    """Every mistake of a rates or an aliases file is exit 3 with file and line, and shows no customer."""
    folder = rules_folder(tmp_path / "rules")
    (folder / file).write_text(text)
    result = vip("rules", "check", "rules", cwd=tmp_path)
    assert (3, "") == (result.returncode, result.stdout)
    found = result.stderr.splitlines()
    assert [True] * len(lines) == [line in one for line, one in zip(lines, found, strict=True)], found


def test_aliases_reach_the_quarter_before(tmp_path: Path) -> None:
    """Who was two customers last quarter is compared as one, tiered again by the sum; nobody is new or has left for it."""
    rules = rules_folder(tmp_path / "rules", extracts="version: 1\naliases: aliases.csv\n", aliases="")
    for quarter, rows in {"2015Q3": "OLD,60000.00\nNEW,50000.00\nX,5.00\n", "2015Q4": "NEW,110000.00\nX,5.00\n"}.items():
        first = {"2015Q3": "20150701", "2015Q4": "20151001"}[quarter]
        days = days_between(dt.date.fromisoformat(first), {"2015Q3": dt.date(2015, 9, 30), "2015Q4": LAST}[quarter])
        (tmp_path / quarter).mkdir()
        for day in days:
            (tmp_path / quarter / f"b_{day:%Y%m%d}.csv").write_text("customer_id,balance\n" + rows)
    base = ["--rules", rules, "--out", tmp_path / "out"]
    assert 0 == vip("tier", "compute", tmp_path / "2015Q3", "--quarter", "2015Q3", *base).returncode
    (rules / "aliases.csv").write_text("old_id,new_id\nOLD,NEW\n")
    result = vip("tier", "compute", tmp_path / "2015Q4", "--quarter", "2015Q4", *base)
    assert 0 == result.returncode, result.stderr
    assert "changes: kept 2\n" in result.stdout
    assert [] == read_csv(tmp_path / "out" / "2015Q4" / "changes.csv")
    assert {"NEW", "X"} == set(read_tiers(tmp_path / "out" / "2015Q4"))


def test_duplicates_are_judged_before_customers_are_renamed(tmp_path: Path) -> None:
    """The old and the new number of a customer on one day are two rows that are summed, not a duplicate."""
    rules = load_rules(rules_folder(tmp_path / "rules", extracts="version: 1\naliases: aliases.csv\n", aliases="OLD,NEW\n"))
    path = tmp_path / "b_20151001.csv"
    path.write_text("customer_id,balance\nOLD,1.00\nNEW,2.00\n")
    run = compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST)
    assert ({"NEW": 300}, 0) == (dict(zip(run.tiers["customer_id"], run.tiers["fen_days"], strict=True)), run.manifest["rows"]["collapsed"])
    for kind in ("snapshot", "changes"):
        other = compute_tiers(path, "2015Q4", rules=rules, as_of=FIRST, kind=kind, opening_zero=True)
        assert [300] == other.tiers["fen_days"].tolist()


@pytest.mark.parametrize("zeros", ["", "leading_zeros: significant\n"])
@pytest.mark.parametrize("in_quarter_before", [False, True])
def test_an_alias_whose_old_id_lost_its_zeros(zeros: str, in_quarter_before: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """An old number that would be a customer's but for leading zeros renames nobody: refused, unless zeros count."""
    rules = load_rules(rules_folder(tmp_path / "rules", extracts=f"version: 1\naliases: aliases.csv\n{zeros}", aliases="7,N1\n"))
    plain = load_rules(rules_folder(tmp_path / "plain", extracts="version: 1\n"))
    delivered = {True: {"2015Q3": "0007", "2015Q4": "N1"}, False: {"2015Q4": "0007"}}[in_quarter_before]
    before, refused = None, zeros == ""
    for quarter, customer in delivered.items():
        first, last = {"2015Q3": (dt.date(2015, 7, 1), dt.date(2015, 9, 30)), "2015Q4": (FIRST, LAST)}[quarter]
        path = tmp_path / f"{quarter}.csv"
        path.write_text("date,customer_id,balance\n" + "".join(f"{day},{customer},9.00\n" for day in days_between(first, last)))
        if quarter == "2015Q3":
            before = compute_tiers(path, quarter, rules=plain).write(tmp_path / "out")
        elif refused:
            with pytest.raises(
                DataError, match=r"rules/aliases.csv: column old_id: 1 old id is that of a customer but for leading zeros.* \[id-zeros\]"
            ) as caught:
                compute_tiers(path, quarter, rules=rules, previous=before)
            assert 1 == len(caught.value.problems)
        else:
            assert [customer] == compute_tiers(path, quarter, rules=rules, previous=before).tiers["customer_id"].tolist()
