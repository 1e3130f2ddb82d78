"""The unit of balances: what a header says of it is heard, 万元 is exact to the fen, and no other unit passes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import rules_with, vip
from vip_tiering import DataError, compute_tiers
from vip_tiering.rules.balance_unit import unit_of

DAY = dt.date(2015, 10, 1)
YUAN = [
    "余额",
    "余额(元)",
    "余额（元）",
    "余额【人民币元】",
    "余额（单位：元）",
    "账户余额_元",
    "balance (CNY)",
    "balance_yuan",
    "Balance RMB",
    "余额（￥）",
]
WAN = [
    "余额(万元)",
    "余额（万元）",
    "余额[万]",
    "余额_万元",
    "余额万元",
    "万元余额",
    "balance_wan",
    "balance_wan_yuan",
    "Balance (in 10,000 yuan)",
]
OTHERS = ["余额(千元)", "余额（亿元）", "余额(分)", "余额_百万元", "balance_k", "balance (million)", "余额(美元)", "balance_usd", "余额-分"]


def fen_of(folder: Path, header: str, written: str, **rules: Any) -> int:
    """Return the fen of a customer with this balance under this header."""
    (folder / "b_20151001.csv").write_text(f'客户号,"{header}"\nC1,{written}\n', encoding="utf-8")
    return int(compute_tiers(folder, "2015Q4", rules=rules_with(**rules), as_of=DAY).tiers["fen_days"].item())


@pytest.mark.parametrize("header", YUAN)
def test_yuan_are_recognised(tmp_path: Path, header: str) -> None:
    """A header that says yuan, in brackets or behind the name, needs nothing in the rules; with wan_yuan it is refused."""
    assert 1234 == fen_of(tmp_path, header, "12.34")
    if header != "余额":
        with pytest.raises(DataError, match=r"balance_unit is wan_yuan; .*\[header-unit\]"):
            fen_of(tmp_path, header, "12.34", balance_unit="wan_yuan")


@pytest.mark.parametrize("header", WAN)
def test_wan_need_the_rule(tmp_path: Path, header: str) -> None:
    """A header that says 万元 is refused unless the rules say so too; then each counts 10,000 yuan."""
    with pytest.raises(DataError, match=r"^b_20151001.csv: column .*: gives balances in .*balance_unit is yuan; .*\[header-unit\]$"):
        fen_of(tmp_path, header, "15")
    assert 15_000_000 == fen_of(tmp_path, header, "15", balance_unit="wan_yuan")


@pytest.mark.parametrize("header", OTHERS)
@pytest.mark.parametrize("unit", ["yuan", "wan_yuan"])
def test_other_units_are_refused(tmp_path: Path, header: str, unit: str) -> None:
    """Thousands, millions, fen and foreign money are no unit of balances, whatever the rules say."""
    with pytest.raises(DataError, match=r"which is not understood.*\[header-unit\]"):
        fen_of(tmp_path, header, "15", balance_unit=unit)


@pytest.mark.parametrize(
    "header", ["部分", "积分", "期末余额(日终)", "balance_2015", "客户数(户)", "余额（不含利息）", "bal_eom", "balance_total"]
)
def test_header_without_a_unit(header: str) -> None:
    """What is in brackets, or behind a line, and is no unit is not taken for one."""
    assert unit_of(header) is None


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("15", 15_000_000),
        ("0.000001", 1),
        ("-3.00", -3_000_000),
        ("12.345678", 12_345_678),
        ("12.3456780", 12_345_678),
        ("99999999.999999", 10**14 - 1),
    ],
)
def test_wan_are_exact(tmp_path: Path, written: str, fen: int) -> None:
    """Balances in 万元 are exact to the fen, that is to the sixth decimal, as text and as decimals of Parquet."""
    assert fen == fen_of(tmp_path, "余额", written, balance_unit="wan_yuan", negative="net")
    (tmp_path / "b_20151001.csv").unlink()
    for kind in (pa.decimal128(18, 6), pa.decimal128(30, 8)):
        table = pa.table({"customer_id": ["C1"], "balance_wan": pa.array([Decimal(written)]).cast(kind)})
        pq.write_table(table, tmp_path / "b_20151001.parquet")
        rules = rules_with(balance_unit="wan_yuan", negative="net")
        assert [fen] == compute_tiers(tmp_path, "2015Q4", rules=rules, as_of=DAY).tiers["fen_days"].tolist()


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("1.0000001", "amount-decimals"),
        ("100000000", "amount-range"),
        ("9" * 13, "amount-range"),
        ("1.5E+03", "amount-exponent"),
        ("15万", "amount-text"),
    ],
)
def test_wan_that_are_no_amount(tmp_path: Path, written: str, rule: str) -> None:
    """A seventh decimal, 10^12 yuan and more, and a unit in the cell are rejected as they are in yuan."""
    with pytest.raises(DataError, match=rf"row 2, column 余额: .*\[{rule}\]"):
        fen_of(tmp_path, "余额", written, balance_unit="wan_yuan")


@pytest.mark.parametrize(("values", "fen"), [(pa.array([15]), 15_000_000), (pa.array([12.345678]), 12_345_678), (pa.array([0.07]), 70_000)])
def test_wan_as_numbers_of_parquet(tmp_path: Path, values: pa.Array, fen: int) -> None:
    """Whole numbers and floats of Parquet are 万元 too."""
    pq.write_table(pa.table({"customer_id": ["C1"], "余额(万元)": values}), tmp_path / "b_20151001.parquet")
    run = compute_tiers(tmp_path, "2015Q4", rules=rules_with(balance_unit="wan_yuan"), as_of=DAY)
    assert [fen] == run.tiers["fen_days"].tolist()


def test_float_between_two_fen_is_rejected(tmp_path: Path) -> None:
    """A float that can mean two amounts in fen is rejected in 万元 as well."""
    pq.write_table(pa.table({"customer_id": ["C1"], "余额(万元)": pa.array([0.0000015])}), tmp_path / "b_20151001.parquet")
    with pytest.raises(DataError, match=r"\[amount-decimals\]"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(balance_unit="wan_yuan"), as_of=DAY)


@pytest.mark.parametrize(("total", "agrees"), [("15.000001", True), ("15.000002", False), ("15.0000011", False)])
def test_control_sum_is_in_the_same_unit(tmp_path: Path, total: str, agrees: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """What a control file says of the balances is in their unit, to the fen."""
    (tmp_path / "b_20151001.csv.ctl").write_text(f"sum={total}\n")
    if agrees:
        assert 15_000_001 == fen_of(tmp_path, "余额", "15.000001", balance_unit="wan_yuan")
    else:
        with pytest.raises(DataError, match=r"\[control-(sum|file)\]"):
            fen_of(tmp_path, "余额", "15.000001", balance_unit="wan_yuan")


def test_header_alone_comes_before_one_with_a_unit(tmp_path: Path) -> None:
    """Of 余额 and 余额(万元) in one file the first is the balance; two with units are ambiguous."""
    (tmp_path / "b_20151001.csv").write_text("客户号,余额(万元),余额\nC1,15,150000\n", encoding="utf-8")
    run = compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=DAY)
    assert [15_000_000] == run.tiers["fen_days"].tolist()
    (tmp_path / "b_20151001.csv").write_text("客户号,余额(万元),余额(元)\nC1,15,150000\n", encoding="utf-8")
    with pytest.raises(DataError, match="header-ambiguous"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=DAY)


def test_mapped_header_with_a_unit(tmp_path: Path) -> None:
    """`vip rules check` ends with 3 where the rules map a header with a unit and do not declare it; with both the run is right."""
    rules = tmp_path / "rules"
    assert 0 == vip("rules", "copy", "rules", cwd=tmp_path).returncode
    before = (rules / "extracts.yaml").read_text("utf-8").replace("balance_unit: yuan", "# ")
    (rules / "extracts.yaml").write_text(before + "columns: {balance: 期末资产（万元）}\n", encoding="utf-8")
    refused = vip("rules", "check", "rules", cwd=tmp_path)
    assert (3, True) == (refused.returncode, "columns.balance gives balances in 万元, and balance_unit is yuan" in refused.stderr)
    (rules / "extracts.yaml").write_text(before + "columns: {balance: 期末资产（万元）}\nbalance_unit: wan_yuan\n", encoding="utf-8")
    (tmp_path / "b_20151001.csv").write_text("客户号,期末资产(万元)\nC1,15\n", encoding="utf-8")
    done = vip("tier", "compute", "b_20151001.csv", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out", "--quiet", cwd=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert "C1,silver,银卡,150000.00," in (tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv").read_text("utf-8-sig")
