"""What core systems and spreadsheets write is taken as it comes: dates, currencies. What could mean two things is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import rules_with
from vip_tiering import DataError, compute_tiers

DAY = dt.date(2015, 10, 1)


def fen_of(folder: Path, as_of: dt.date = DAY, **rules: Any) -> dict[str, int]:
    """Return the fen-days of each customer of extracts, by the rules given, up to a day of the quarter."""
    tiers = compute_tiers(folder, "2015Q4", rules=rules_with(**rules), as_of=as_of).tiers
    return dict(zip(tiers["customer_id"], tiers["fen_days"].tolist(), strict=True))


def write(path: Path, *lines: str) -> None:
    """Write a text file of these lines, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2015/10/1", "2015/10/2"),
        ("2015/10/01", "2015/10/2"),
        ("2015-10-1", "2015-10-2"),
        ("2015年10月1日", "2015年10月2日"),
        ("2015年10月01日", "2015年10月2日"),
        ("2015/10/1 0:00", "2015/10/2 0:00"),
    ],
)
def test_dates_as_spreadsheets_write_them(tmp_path: Path, first: str, second: str) -> None:
    """One form throughout is clear, with its zeros or without them; midnight may stand beside it."""
    write(tmp_path / "b.csv", "客户号,日期,余额", f"C1,{first},1.00", f"C1,{second},2.00")
    assert {"C1": 300} == fen_of(tmp_path, dt.date(2015, 10, 2))


@pytest.mark.parametrize(
    "wrong",
    ["1/10/2015", "2015/10/32", "2015/2/31", "2015-10-1", "2015/10/1 8:00", "15/10/1", "2015//1", "2015年10月1日", "42278"],
)
def test_dates_that_are_none_or_of_another_form(tmp_path: Path, wrong: str) -> None:
    """Beside 2015/10/1 no other form passes, and no day that the calendar has not."""
    write(tmp_path / "b.csv", "客户号,日期,余额", "C1,2015/10/1,1.00", "C2,2015/10/1,1.00", f"C3,{wrong},1.00")
    with pytest.raises(DataError, match=r"b\.csv: row 4, column 日期: .*\[date-(invalid|time|excel)\]"):
        fen_of(tmp_path)


def test_a_form_of_the_rules_needs_no_zeros(tmp_path: Path) -> None:
    """With date_format "%d.%m.%Y" the first of October is 1.10.2015 or 01.10.2015."""
    write(tmp_path / "b.csv", "客户号,日期,余额", "C1,1.10.2015,1.00", "C2,01.10.2015,2.00")
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, date_format="%d.%m.%Y")


@pytest.mark.parametrize("word", ["CNY", "cny", "RMB", "人民币", "人民币元", "156", " ＣＮＹ "])
def test_words_of_the_renminbi(tmp_path: Path, word: str) -> None:
    """All of these are CNY, without a rule."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", f"C1,{word},1.00")
    assert {"C1": 100} == fen_of(tmp_path)


@pytest.mark.parametrize(
    ("word", "rule"), [("USD", "currency"), ("01", "currency"), ("840", "currency"), ("", "currency-empty"), (" ", "currency-empty")]
)
def test_other_currencies(tmp_path: Path, word: str, rule: str) -> None:
    """Another currency, a code that nobody knows and an empty cell end a run, whatever `--max-rejects` says; no value is shown."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C0,CNY,1.00", f"C1,{word},1.00")
    with pytest.raises(DataError, match=rf"row 3, column 币种: .*\[{rule}\]"):
        compute_tiers(tmp_path, "2015Q4", as_of=DAY, max_rejects="50%")


def test_codes_of_a_bank(tmp_path: Path) -> None:
    """`currency_values` maps a bank's own codes; one that it does not name is refused still."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C1,01,1.00", "C2,CNY,2.00")
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, currency_values={"01": "CNY", "14": "USD"})
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C1,14,1.00")
    with pytest.raises(DataError, match=r"\[currency\]"):
        fen_of(tmp_path, currency_values={"01": "CNY", "14": "USD"})


def test_a_currency_that_is_not_looked_at(tmp_path: Path) -> None:
    """`currency: ignore` counts every balance as it stands, whatever the column says; nobody ignores it by chance."""
    write(tmp_path / "b_20151001.csv", "客户号,币种,余额", "C1,??,1.00", "C2,,2.00")
    assert {"C1": 100, "C2": 200} == fen_of(tmp_path, currency="ignore")
