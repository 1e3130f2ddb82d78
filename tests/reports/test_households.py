"""The joint view of a household: what its customers average together, in the workbook of their manager."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
from python_calamine import load_workbook

from tests.helpers import RULES, vip
from tests.lists.exporting import customer, make_run, write_customers
from vip_tiering.reports.changes.tables import household_averages


def own_rows(folder: Path, manager: str) -> dict[str, dict[str, object]]:
    """Return the sheet 我的客户 of a manager by customer."""
    rows = load_workbook(folder / "managers" / "朝阳支行" / f"{manager}.xlsx").get_sheet_by_name("我的客户").to_python()
    header = next(row for row in rows if "客户号" in row)
    return {str(row[header.index("客户号")]): dict(zip(header, row, strict=True)) for row in rows[rows.index(header) + 1 :]}


def test_averages_of_a_household_together(tmp_path: Path) -> None:
    """Of the customers of one manager those of a household have one sum, to the fen; another manager's customer is not in it."""
    run = make_run(tmp_path / "out", {"A": (1, 600_001), "B": (1, 200_002), "C": (1, 300_003), "D": (1, 30_004)})
    people = {
        "A": customer(1),
        "B": customer(2, household_customer_id="A"),
        "C": customer(3, household_customer_id="B", manager="M02"),
        "D": customer(4, household_customer_id="Z"),
    }
    customers = write_customers(tmp_path / "customers.csv", people)
    done = vip("changes", "export", run, "--customers", customers, "--out", tmp_path / "reports", "--rules", RULES, "--lang", "zh")
    assert done.returncode == 0, done.stderr
    first, second = (own_rows(tmp_path / "reports" / "2015Q4", one) for one in ("M01", "M02"))
    own = sum(Decimal(str(first[one]["本季日均"])) for one in ("A", "B"))
    assert [own, own, ""] == [Decimal(str(cell)) if (cell := first[one]["同户合计日均"]) else "" for one in ("A", "B", "D")]
    assert "" == second["C"]["同户合计日均"]


def test_a_file_without_heads_has_no_such_column(tmp_path: Path) -> None:
    """Where the customer file has no column for the household's head, the sheet has none for its sum."""
    run = make_run(tmp_path / "out", {"A": (1, 600_001)})
    customers = write_customers(tmp_path / "customers.csv", {"A": customer(1)}, without=["household_customer_id"])
    done = vip("changes", "export", run, "--customers", customers, "--out", tmp_path / "reports", "--rules", RULES, "--lang", "zh")
    assert done.returncode == 0, done.stderr
    assert "同户合计日均" not in own_rows(tmp_path / "reports" / "2015Q4", "M01")["A"]


def test_sums_beyond_a_float_keep_every_fen() -> None:
    """A sum that a float would round is exact."""
    customers = pd.DataFrame({"household": ["A", "A", "B", ""], "daily_average": [2**53, 1, 5, 7]})
    assert [2**53 + 1, 2**53 + 1, pd.NA, pd.NA] == household_averages(customers).tolist()
