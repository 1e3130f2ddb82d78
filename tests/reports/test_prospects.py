"""Reports inside a quarter: what a manager reads of who is about to rise or fall is what happens when the quarter is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import RULES, Row, days_between, read_csv, write_csv
from tests.lists.exporting import write_rows
from tests.reports.test_change_report import export, files_of, sheets_of
from vip_tiering import compute_tiers, load_rules

FIRST, AS_OF, LAST = dt.date(2015, 10, 1), dt.date(2015, 11, 14), dt.date(2015, 12, 31)
FEN: Mapping[str, tuple[int, int]] = {
    # fen in 2015Q3, and from 2015-10-01
    "near gold": (48_000_000, 48_000_000),
    "near silver": (9_500_001, 9_500_001),
    "rising": (30_000_000, 62_000_000),
    "falling": (60_000_000, 44_000_000),
    "near down": (51_000_000, 51_000_000),
    "steady": (700_000_00, 700_000_00),
    "top": (900_000_000, 900_000_000),
    "low": (100, 100),
    "unheld": (48_000_000, 48_000_000),
}
RISES = dt.date(2015, 11, 1)
"""From this day on who rises or falls has the second balance."""


def balance(customer: str, day: dt.date) -> int:
    """Return what a customer has on a day, in fen."""
    before, now = FEN[customer]
    return before if day < FIRST or (customer in ("rising", "falling") and day < RISES) else now


def made(folder: Path, more: Mapping[tuple[str, dt.date], int] | None = None, until: dt.date = LAST) -> Path:
    """Write the extract of both quarters. `more`: fen that come to a customer on a day and stay, or go where they are negative."""
    rows = []
    for day in days_between(dt.date(2015, 7, 1), until):
        came = {who: sum(fen for (whose, on), fen in (more or {}).items() if whose == who and on <= day) for who in FEN}
        rows += [Row(day, customer, None, balance(customer, day) + came[customer]) for customer in FEN]
    return write_csv(folder / "balances.csv", rows)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the run of 2015Q3, one as of day 45 of 2015Q4, and its report."""
    folder = tmp_path_factory.mktemp("home")
    extract, rules = made(folder, until=AS_OF), load_rules(RULES)
    compute_tiers(extract, "2015Q3", rules=rules).write(folder / "out")
    compute_tiers(extract, "2015Q4", rules=rules, as_of=AS_OF, previous=folder / "out" / "2015Q3").write(folder / "out")
    people = [(who, "张明", "M", "东城", "赵") for who in FEN if who != "unheld"]
    write_rows(folder / "customers.csv", ("客户号", "姓名", "性别", "网点", "客户经理"), people)
    contacts = [("near gold", "calls", "2015-11-02"), ("near gold", "visits", "2015-10-08"), ("nobody", "calls", "2015-11-03")]
    write_rows(folder / "log.csv", ("customer_id", "channel", "date"), contacts)
    run = folder / "out" / "2015Q4-asof-20151114"
    done = export(run, folder / "customers.csv", folder / "reports", "--contact-log", folder / "log.csv")
    assert (0, "2015Q4 (as of 2015-11-14, provisional)" in done.stdout) == (done.returncode, True)
    return folder


@pytest.fixture(scope="module")
def manager(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the sheets of the manager's workbook, each as rows by header."""
    path = home / "reports" / "2015Q4-asof-20151114" / "managers" / "东城" / "赵-asof-20151114.xlsx"
    return {name: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for name, rows in sheets_of(path).items() if name != "汇总"}


def test_every_name_and_title_says_that_it_is_inside_the_quarter(home: Path) -> None:
    """Each file of the report tells the day up to which it goes; the summaries say that tiers are not decided yet."""
    folder = home / "reports" / "2015Q4-asof-20151114"
    names = [name for name in files_of(folder) if name != "manifest.json"]
    assert names
    assert all("-asof-20151114." in name for name in names)
    head = [row[0] for row in sheets_of(folder / "report-asof-20151114.xlsx")["汇总"][:3]]
    assert "2015Q4 客户层级变动报告（截至2015-11-14，季中）" == head[0]
    assert "金额单位：万元" in head[1]
    assert head[2].startswith("季中数据")


def test_who_is_about_to_move_stands_in_order_of_the_money_needed(manager: dict[str, list[dict[str, Any]]]) -> None:
    """Who needs least comes first, then who needs nothing; each with the tier that the balance of today leads to."""
    rise, fall = manager["临界提升（按所需资金）"], manager["可能降级（按所需资金）"]
    expected = [
        ("near silver", "临近升级", "银卡", "有效户"),
        ("near gold", "临近升级", "金卡", "银卡"),
        ("rising", "将升级", "金卡", "金卡"),
    ]
    assert expected == [(row["客户号"], row["展望"], row["目标层级"], row["按目前余额季末层级"]) for row in rise]
    assert [("falling", "将降级", "银卡"), ("near down", "临近降级", "金卡")] == [
        (row["客户号"], row["展望"], row["按目前余额季末层级"]) for row in fall
    ]
    assert "unheld" not in {row["客户号"] for rows in manager.values() for row in rows}, "whoever is held by nobody is in another file"
    assert rise[1]["上次联系"] == "2015-11-02"


def average_at_the_end(customer: str, more: int, since: dt.date) -> Fraction:
    """Return a customer's average of the whole quarter in fen where so much comes on a day and stays, by the definition."""
    days = days_between(FIRST, LAST)
    return Fraction(sum(balance(customer, min(day, AS_OF)) + (more if day >= since else 0) for day in days), len(days))


def test_what_it_costs_to_wait_is_enough_and_not_a_fen_too_much(manager: dict[str, list[dict[str, Any]]]) -> None:
    """What a sheet asks for on a day, from the 1st and 15th of each month to the last day, reaches the bound; one fen less does not."""
    bounds = {"有效户": 2_000_000, "银卡": 10_000_000, "金卡": 50_000_000}
    waiting = {"11月15日存入多少可升级": AS_OF + dt.timedelta(days=1), "11月15日存入多少可保级": AS_OF + dt.timedelta(days=1)}
    waiting |= {"12月1日存入": dt.date(2015, 12, 1), "12月15日存入": dt.date(2015, 12, 15), "12月31日存入": LAST}
    seen = 0
    for row in manager["临界提升（按所需资金）"] + manager["可能降级（按所需资金）"]:
        bound = bounds[row.get("目标层级", row["层级"])]
        for header, day in waiting.items():
            fen = round(row.get(header, 0) * 100)
            if fen:
                assert average_at_the_end(row["客户号"], fen, day) >= bound > average_at_the_end(row["客户号"], fen - 1, day)
                seen += 1
    assert seen >= 12


def test_a_run_of_the_whole_quarter_agrees_with_what_was_foretold(manager: dict[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    """Whoever deposits what the sheet says has the tier when the quarter is over, and who takes out a fen more than it says loses it."""
    tomorrow = AS_OF + dt.timedelta(days=1)
    rise = {row["客户号"]: row for row in manager["临界提升（按所需资金）"]}
    fall = {row["客户号"]: row for row in manager["可能降级（按所需资金）"]}
    more = {
        ("near gold", tomorrow): round(rise["near gold"]["11月15日存入多少可升级"] * 100),
        ("near silver", tomorrow): round(rise["near silver"]["11月15日存入多少可升级"] * 100) - 1,
        ("falling", tomorrow): round(fall["falling"]["11月15日存入多少可保级"] * 100),
        ("near down", tomorrow): -round(fall["near down"]["可转出多少不降级"] * 100) - 1,
    }
    run = compute_tiers(made(tmp_path, more), "2015Q4", rules=load_rules(RULES)).write(tmp_path / "out")
    tiers = {row["customer_id"]: row["tier"] for row in read_csv(run / "tiers.csv")}
    expected = {"near gold": "gold", "near silver": "effective", "rising": "gold", "falling": "gold", "near down": "silver"}
    assert expected == {customer: tiers[customer] for customer in expected}


def test_a_manager_reads_of_all_their_customers(manager: dict[str, list[dict[str, Any]]]) -> None:
    """我的客户 lists everybody of the manager, the highest tier first, with the tier before, the state and the last contact."""
    own = {row["客户号"]: row for row in manager["我的客户"]}
    assert {*FEN} - {"unheld"} == {*own}
    assert ("私银", "私银", "稳定", "") == tuple(own["top"][name] for name in ("层级", "上季层级", "展望", "按目前余额季末距上一级"))
    assert ("未达标", "", "", "") == tuple(own["low"][name] for name in ("层级", "上季层级", "可转出多少不降级", "上次联系"))
    tiers = ["私银", "准私银", "金钻", "金卡", "银卡", "有效户", "未达标"]
    order = [(tiers.index(row["层级"]), -row["本季日均"]) for row in manager["我的客户"]]
    assert sorted(order) == order


def test_a_report_of_an_official_run_looks_to_the_next_quarter(home: Path, tmp_path: Path) -> None:
    """The sheets of a whole quarter are for the next one, from its first day on; names of files tell no day."""
    done = export(home / "out" / "2015Q3", home / "customers.csv", tmp_path / "reports")
    assert (0, "outlook to 2015-12-31" in done.stdout) == (done.returncode, True)
    rows = read_csv(tmp_path / "reports" / "2015Q3" / "outlook.csv")
    assert ["deposit_now", "deposit_2015-10-15"] == [name for name in rows[0] if name.startswith("deposit_")][:2]
    assert {("near gold", "20000.00"), ("unheld", "20000.00")} <= {(row["customer_id"], row["deposit_now"]) for row in rows}
