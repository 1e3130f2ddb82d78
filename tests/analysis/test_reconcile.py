"""`vip tier reconcile`: a run against columns that a second way of counting has fabricated, each with one known cause (semantics 11.4)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import days_between, read_csv, rules_without_calendar, vip, yuan
from tests.lists.exporting import write_rows
from tests.workbooks import write_book
from vip_tiering import DataError, OutputError, compute_tiers, load_rules
from vip_tiering.analysis.hypotheses import UNITS, Mode, rounded, unit_of_column
from vip_tiering.analysis.reconcile import COLUMNS, Reconciliation, parts_text, reconcile, yuan_texts

FIRST, LAST = dt.date(2015, 10, 1), dt.date(2015, 12, 31)
DAYS = days_between(FIRST, LAST)
DELIVERED = {day for number, day in enumerate(DAYS) if number % 5 == 0} | {LAST}
"""One day in five, for the sake of speed; the others are filled."""
LATE, LATE_DAY = "L", dt.date(2015, 12, 5)
"""Who comes late, on a delivered day."""
WEIGHTS = {"deposit": Fraction(1), "fund": Fraction(1), "insurance": Fraction(1, 2), "loan": Fraction(0)}
EXTRACTS = 'negative: zero\nmax_carry_days: 4\nproduct: {include: [deposit, fund], weights: {insurance: "0.5"}, exclude: [loan]}'
CUSTOMERS = [f"C{number:02}" for number in range(12)] + [LATE]
Balances = dict[dt.date, dict[tuple[str, str], int]]


def make_balances() -> Balances:
    """Return the balances in fen of every delivered day by customer and product, from the day before the quarter to the day after."""
    chance = random.Random(2015)
    balances: Balances = {}
    for day in days_between(FIRST - dt.timedelta(days=1), LAST + dt.timedelta(days=1)):
        if day in DELIVERED or not FIRST <= day <= LAST:
            own = {(one, product): chance.randint(-400_000, 30_000_000) for one in CUSTOMERS[:-1] for product in WEIGHTS}
            late = {(LATE, "deposit"): chance.randint(1, 10**9)} if day >= LATE_DAY else {}
            balances[day] = own | late
    return balances


BALANCES = make_balances()


def averages(
    *,
    divisor: Fraction | int = 92,
    missing: str = "carried",
    negative: str = "zero",
    weights: Mapping[str, Fraction] = WEIGHTS,
    shift: int = 0,
) -> dict[str, Fraction]:
    """Return everybody's average in fen, the plain way: day by day, row by row, in fractions."""
    sums: dict[str, Fraction] = {}
    for day in (one + dt.timedelta(days=shift) for one in DAYS):
        stands = day
        while stands not in BALANCES:
            stands -= dt.timedelta(days=1)
        for (one, product), fen in BALANCES[stands].items() if stands == day or missing == "carried" else ():
            counted = max(fen, 0) if negative == "zero" else fen
            sums[one] = sums.get(one, Fraction(0)) + round(counted * weights[product])  # Python rounds half to even
    return {one: total / divisor for one, total in sums.items()}


def days_held() -> dict[str, int]:
    """Return the days on which something is known of each customer."""
    return {one: (LAST - LATE_DAY).days + 1 if one == LATE else 92 for one in CUSTOMERS}


def to_yuan(fen: Fraction, rounding: str = ROUND_HALF_UP, step: str = "0.01") -> str:
    """Return an average as text, rounded by Python's decimals to a multiple of `step` yuan; exact figures come of 60 digits."""
    exact = Decimal(fen.numerator * 10**40 // fen.denominator).scaleb(-42)
    if (fen * 10**40).denominator != 1:
        exact += Decimal(1).scaleb(-42) / 2  # above the digits that are cut off: it is not a half
    return f"{(exact / Decimal(step)).quantize(Decimal(1), rounding) * Decimal(step):f}"


def write_extract(path: Path, balances: Balances) -> Path:
    """Write all days as one extract and return its folder."""
    rows = [(day, one, product, yuan(fen)) for day, own in balances.items() for (one, product), fen in own.items()]
    return write_rows(path, ("date", "customer_id", "product", "balance"), rows).parent


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the extracts, and the run of 2015Q4."""
    folder = tmp_path_factory.mktemp("home")
    write_extract(folder / "extracts" / "all.csv", BALANCES)
    compute_tiers(folder / "extracts", "2015Q4", rules=load_rules(rules_without_calendar(EXTRACTS))).write(folder / "out")
    return folder


def write_list(path: Path, figures: Mapping[str, str], header: str = "季日均") -> Path:
    """Write a bank's list."""
    return write_rows(path, ("客户号", header), figures.items())


def compared(home: Path, file: Path, *, extracts: bool = True, **options: Any) -> Reconciliation:
    """Reconcile the run with a list, with its extracts or without."""
    named = [str(home / "extracts")] if extracts else []
    return reconcile(home / "out" / "2015Q4", file, named, rules=rules_without_calendar(EXTRACTS), **options)


def lines(rows: Iterable[str]) -> dict[str, Fraction]:
    """Return weights in which these products count in full and no other does."""
    return {one: Fraction(one in rows) for one in WEIGHTS}


FABRICATED: dict[str, Callable[[], dict[str, str]]] = {
    "divisor_90": lambda: {one: to_yuan(fen) for one, fen in averages(divisor=90).items()},
    "divisor_365/4": lambda: {one: to_yuan(fen) for one, fen in averages(divisor=Fraction(365, 4)).items()},
    "divisor_30": lambda: {one: to_yuan(fen) for one, fen in averages(divisor=30).items()},
    "missing_days_as_nothing": lambda: {one: to_yuan(fen) for one, fen in averages(missing="nothing").items()},
    "delivered_days_only": lambda: {one: to_yuan(fen) for one, fen in averages(missing="nothing", divisor=len(DELIVERED)).items()},
    "negatives_netted": lambda: {one: to_yuan(fen) for one, fen in averages(negative="net").items()},
    "rounding_half_up_0.01": lambda: {one: to_yuan(fen) for one, fen in averages().items()},
    "rounding_up_0.01": lambda: {one: to_yuan(fen, ROUND_CEILING) for one, fen in averages().items()},
    "rounding_half_up_1": lambda: {one: to_yuan(fen, step="1") for one, fen in averages().items()},
    "rounding_half_up_10000": lambda: {one: to_yuan(fen, step="10000") for one, fen in averages().items()},
    "rounding_half_up_0.0001": lambda: {one: to_yuan(fen, step="0.0001") for one, fen in averages().items()},
    "a_day_earlier": lambda: {one: to_yuan(fen) for one, fen in averages(shift=-1).items()},
    "a_day_later": lambda: {one: to_yuan(fen, step="1") for one, fen in averages(shift=1).items()},
    "weights_ignored": lambda: {one: to_yuan(fen) for one, fen in averages(weights=lines(["deposit", "fund", "insurance"])).items()},
    "all_products": lambda: {one: to_yuan(fen) for one, fen in averages(weights=lines(WEIGHTS)).items()},
    "without_product:fund": lambda: {one: to_yuan(fen) for one, fen in averages(weights={**WEIGHTS, "fund": Fraction(0)}).items()},
    "only_product:fund": lambda: {one: to_yuan(fen) for one, fen in averages(weights=lines(["fund"])).items()},
}
"""By cause, a column with that cause alone."""


def test_the_oracle_is_the_run(home: Path, tmp_path: Path) -> None:
    """Rounded down to the fen, the second way of counting is the run: everybody is equal and no cause is looked for."""
    figures = {one: yuan(floor(fen)) for one, fen in averages().items()}
    done = compared(home, write_list(tmp_path / "bank.csv", figures))
    assert (len(CUSTOMERS), 0, [], [], ()) == (
        done.document["equal"],
        done.document["differing"],
        done.document["causes"],
        done.document["not_tried"],
        done.warnings,
    )


@pytest.mark.parametrize("cause", FABRICATED)
def test_a_column_with_one_cause(home: Path, tmp_path: Path, cause: str) -> None:
    """The cause of a column that was made with it is named for all differences at once, with the exact sum of them."""
    figures = FABRICATED[cause]()
    done = compared(home, write_list(tmp_path / "bank.csv", figures), out=tmp_path / "who.csv")
    assert done.document["explained_by"] == cause
    printed = {one: yuan(floor(fen)) for one, fen in averages().items()}
    differing = {one: Decimal(figures[one]) - Decimal(printed[one]) for one in printed if Decimal(figures[one]) != Decimal(printed[one])}
    [only] = done.document["causes"]
    assert (cause, len(differing)) == (only["cause"], only["customers"])
    assert Decimal(only["difference_sum"]) == sum(differing.values())
    rows = read_csv(tmp_path / "who.csv")
    assert list(COLUMNS) == list(rows[0])
    assert differing == {row["customer_id"]: Decimal(row["difference"]) for row in rows}
    assert all(Decimal(row["bank_average"]) == Decimal(figures[row["customer_id"]]) for row in rows)
    assert all(row["run_average"] == printed[row["customer_id"]] for row in rows)
    assert {cause} == {row["cause"] for row in rows}


def test_causes_by_customer(home: Path, tmp_path: Path) -> None:
    """Where no cause is that of all, each customer has the first that gives the figure; who is on one side only is told."""
    ours, by_90, netted = averages(), averages(divisor=90), averages(negative="net")
    figures = {one: yuan(floor(fen)) for one, fen in ours.items()}
    figures |= {"C00": to_yuan(by_90["C00"]), "C01": to_yuan(netted["C01"]), "C02": "1.23", "X": "5000.00", "Y": "0"}
    figures[LATE] = to_yuan(ours[LATE] * 92 / days_held()[LATE])
    del figures["C03"]
    expected = {"C00": "divisor_90", "C01": "negatives_netted", "C02": "unexplained", "C03": "only_in_run"}
    expected |= {"X": "only_in_file", "Y": "only_in_file", LATE: "divisor_days_held"}
    done = compared(home, write_list(tmp_path / "bank.csv", figures), out=tmp_path / "who.csv")
    rows = {row["customer_id"]: row for row in read_csv(tmp_path / "who.csv")}
    assert expected == {one: row["cause"] for one, row in rows.items()}
    assert sorted(expected) == list(rows)
    assert (rows["C03"]["bank_average"], rows["X"]["run_average"]) == ("", "")
    assert done.document["explained_by"] is None
    assert Counter(expected.values()) == {one["cause"]: one["customers"] for one in done.document["causes"]}
    # Without the extracts, what only they tell stays unexplained, and a line says what they would add.
    alone = compared(home, tmp_path / "bank.csv", extracts=False)
    assert {one["cause"]: one["customers"] for one in alone.document["causes"]}["unexplained"] == 2
    assert ["not tried without extracts"] == [one.partition(":")[0] for one in alone.document["not_tried"]]


def test_products_that_no_rule_names(tmp_path: Path) -> None:
    """Without rules for products each that is delivered is tried; a shift that the extracts do not reach is told."""
    own = {("A", "02"): 7, ("B", "01"): 3_000_000, ("B", "02"): 50}
    extracts = str(write_extract(tmp_path / "extracts" / "all.csv", {day: {("A", "01"): day.day * 1701, **own} for day in DELIVERED}))
    rules = rules_without_calendar("max_carry_days: 4")
    compute_tiers(extracts, "2015Q4", rules=load_rules(rules)).write(tmp_path / "out")
    stands = [max(one for one in DELIVERED if one <= day) for day in DAYS]
    sums = {"A": sum(day.day * 1701 for day in stands), "B": 92 * 3_000_000}
    file = write_list(tmp_path / "bank.csv", {one: to_yuan(Fraction(fen, 92)) for one, fen in sums.items()})
    done = reconcile(tmp_path / "out" / "2015Q4", file, [extracts], rules=rules)
    assert done.document["explained_by"] == "only_product:01"
    file = write_list(tmp_path / "other.csv", {"A": "1.00", "B": "2.00"})
    done = reconcile(tmp_path / "out" / "2015Q4", file, [extracts], rules=rules)
    assert [one.rpartition(" ")[2] for one in done.document["not_tried"]] == ["2015-09-30", "2016-01-01"]


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_day_shifted_with_changes(tmp_path: Path, shift: int) -> None:
    """Where a row stands until the next one, a column of the days before or after is found too."""
    rows = [("2015-09-01", "A", "30000.00"), ("2015-10-01", "A", "40000.00"), ("2016-01-01", "A", "1.00"), ("2015-09-30", "B", "25000.00")]
    extracts = write_rows(tmp_path / "changes.csv", ("date", "customer_id", "balance"), rows)
    rules = rules_without_calendar("kind: changes")
    compute_tiers(extracts, "2015Q4", rules=load_rules(rules)).write(tmp_path / "out")
    total = {1: 91 * 4_000_000 + 100, -1: 91 * 4_000_000 + 3_000_000}[shift]
    file = write_list(tmp_path / "bank.csv", {"A": to_yuan(Fraction(total, 92)), "B": "25000.00"})
    done = reconcile(tmp_path / "out" / "2015Q4", file, [str(extracts)], rules=rules)
    assert done.document["explained_by"] == {1: "a_day_later", -1: "a_day_earlier"}[shift]


def test_other_extracts_are_told(home: Path, tmp_path: Path) -> None:
    """Extracts that give other averages than the run are told; where the bank has their figures, that is the cause.

    The list, the run and the extracts are read only.
    """
    day, more = dt.date(2015, 10, 21), averages()
    extracts = write_extract(tmp_path / "extracts" / "all.csv", BALANCES | {day: BALANCES[day] | {("C00", "fund"): 10**9}})
    more["C00"] += Fraction(5 * (10**9 - max(BALANCES[day]["C00", "fund"], 0)), 92)
    file = write_list(tmp_path / "bank.csv", {one: yuan(floor(fen)) for one, fen in more.items()})
    done = reconcile(home / "out" / "2015Q4", file, [str(extracts)], rules=rules_without_calendar(EXTRACTS))
    assert done.document["explained_by"] == "other_extracts"
    for place in (file, extracts / "who.csv", home / "out" / "2015Q4" / "who.csv"):
        with pytest.raises(OutputError):
            reconcile(home / "out" / "2015Q4", file, [str(extracts)], rules=rules_without_calendar(EXTRACTS), out=place, replace=True)
    assert ["2015Q4: these extracts give other averages than the run has; vip tier restate says whose"] == [*done.warnings]


@pytest.mark.parametrize("form", ["csv", "wan", "xlsx", "thousands", "column"])
def test_forms_of_the_list(home: Path, tmp_path: Path, form: str) -> None:
    """CSV and workbooks, 万元 by the header, thousands separators and a column that is named give the same figures, exactly."""
    figures = {one: to_yuan(fen, step="0.0001") for one, fen in averages(divisor=90).items()}
    options: dict[str, str] = {}
    if form == "wan":
        file = write_list(tmp_path / "bank.csv", {one: f"{Decimal(text) / 10_000:f}" for one, text in figures.items()}, "季日均(万元)")
    elif form == "xlsx":
        file = write_book(
            tmp_path / "bank.xlsx", {"季报": [["客户编号", "日均余额"], *([one, float(text)] for one, text in figures.items())]}
        )
    elif form == "thousands":
        file = write_list(tmp_path / "bank.csv", {one: f"{Decimal(text):,}" for one, text in figures.items()})
    elif form == "column":
        file = write_list(tmp_path / "bank.csv", figures, "本季平均资产")
        with pytest.raises(DataError, match=r"no column for the average .* name it with --column HEADER"):
            compared(home, file, extracts=False)
        options["column"] = "本季平均资产"
    else:
        file = write_list(tmp_path / "bank.csv", figures)
    done = compared(home, file, extracts=False, out=tmp_path / "who.csv", **options)
    assert done.document["explained_by"] == "divisor_90"
    assert {one: Decimal(text) for one, text in figures.items()} == {
        row["customer_id"]: Decimal(row["bank_average"]) for row in read_csv(tmp_path / "who.csv")
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("客户号,季日均\nC00,\n", "row 2, column 季日均: the average is missing"),
        ("客户号,季日均\nC00,1.2E+05\n", "row 2, column 季日均: the average has an exponent"),
        ("客户号,季日均\nC00,12,34\n", "more fields"),
        ('客户号,季日均\nC00,"12,34"\n', "row 2, column 季日均: the average is not a number"),
        ("客户号,季日均\nC00,￥5\n", "row 2, column 季日均: the average is not a number"),
        ("客户号,季日均\nC00,1000000000000\n", "row 2, column 季日均: the average is 10^12 yuan or more"),
        ("客户号,季日均(万元)\nC00,100000000\n", "the average is 10^12 yuan or more"),
        ("客户号,季日均(美元)\nC00,1\n", "gives averages in 美元, which is not understood"),
        ("客户号,季日均,日均\nC00,1,1\n", "季日均 and 日均 may all be the average; say which with --column HEADER"),
        ("客户号,季日均\nC00,1\nC00,1\n", "this id stands in row 2 already"),
        ("客户号,季日均\n合计,1\n", "this is a total and no customer"),
        ("客户号,季日均\nQ,1\n", "none of the 13 customers with a tier is in this file"),
    ],
)
def test_lists_that_are_refused(home: Path, tmp_path: Path, text: str, message: str) -> None:
    """A list is read as strictly as a customer file; no message holds a figure or an id."""
    (tmp_path / "bank.csv").write_text(text, "utf-8")
    with pytest.raises(DataError) as error:
        compared(home, tmp_path / "bank.csv", extracts=False)
    assert message in str(error.value)


FEN_DAYS = st.integers(-(10**14) * 92, 10**14 * 92) | st.integers(-1000, 1000)
MODES: dict[Mode, str] = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_CEILING}


@given(fen_days=FEN_DAYS, divisor=st.integers(1, 400), unit=st.sampled_from([*UNITS]), mode=st.sampled_from([*MODES, "down"]))
def test_rounding_is_exact(fen_days: int, divisor: int, unit: int, mode: Any) -> None:
    """An average is rounded once, in whole numbers, whatever its size: nearest, down or up, halves away from zero or to even."""
    exact = Fraction(fen_days * 10_000, divisor * unit)
    if mode == "down":
        expected = floor(exact)
    elif (2 * exact).denominator == 1 and exact.denominator == 2:
        expected = int(Decimal(exact.numerator).__truediv__(2).quantize(Decimal(1), MODES[mode]))
    else:
        expected = -floor(-exact) if mode == "up" else floor(exact + Fraction(1, 2))
    assert [expected * unit] == rounded(np.array([fen_days], np.int64), np.int64(divisor), unit, mode).tolist()


@given(parts=st.integers(-(10**18) + 1, 10**18 - 1))
def test_amounts_as_text(parts: int) -> None:
    """Both ways of writing an amount are exact, with two decimals at least and no zero behind them."""
    text = parts_text(parts)
    assert Decimal(text) == Decimal(parts).scaleb(-6)
    assert [text] == yuan_texts(np.array([parts], np.int64)).to_pylist()
    decimals = text.partition(".")[2]
    assert len(decimals) == 2 or not decimals.endswith("0")


def test_unit_of_a_column() -> None:
    """A column is of the coarsest unit of which nearly all figures are multiples; one slip among many does not hide it."""
    assert unit_of_column(np.array([0, 0], np.int64)) == 10_000
    assert unit_of_column(np.array([5_000_000] * 20 + [10_000], np.int64)) == 1_000_000
    assert unit_of_column(np.array([12_340_000, 5_670_000], np.int64)) == 10_000
    assert unit_of_column(np.array([3], np.int64)) == 1


def test_command(home: Path, tmp_path: Path) -> None:
    """The command shows counts and the largest differences at 80 columns, or one document without a customer, and ends with exit 0."""
    file = write_list(tmp_path / "bank.csv", FABRICATED["divisor_90"]())
    line = ("tier", "reconcile", home / "out" / "2015Q4", file, "--rules", rules_without_calendar(EXTRACTS))
    shown = vip(*line, "--out", tmp_path / "who.csv", env={"COLUMNS": "80"})
    assert (0, "") == (shown.returncode, shown.stderr)
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert f"all {len(CUSTOMERS)} differences are explained by: a divisor of 90 (360/4)" in shown.stdout
    printed = vip(*line, "--json").stdout
    assert json.loads(printed)["explained_by"] == "divisor_90"
    assert "C00" not in printed
    assert len(list(csv.DictReader(io.StringIO((tmp_path / "who.csv").read_text("utf-8-sig"))))) == len(CUSTOMERS)
