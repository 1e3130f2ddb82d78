"""Households and two managers: who waits for whom, whom a row names, and in whose sheet it stands."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from tests.helpers import RULES, examples
from tests.lists.exporting import customer, export, make_run, private_rows, read_rows, reasons_of, write_customers, write_events
from vip_tiering.customers.households import households_of

ON, NEXT = "2016-01-05", "2016-01-06"
SILVER, GOLD, DIAMOND, PRIVATE = (200_000, 200_000), (600_000, 600_000), (2_000_000, 2_000_000), (9_000_000, 9_000_000)


class Branch:
    """A branch with a run, customers and maturities."""

    def __init__(self, folder: Path, tiers: Mapping[str, tuple[int, int]], customers: Mapping[str, Mapping[str, str]]) -> None:
        """Compute the run and write the customers."""
        self.folder = folder
        make_run(folder / "out", tiers)
        write_customers(folder / "customers.csv", customers)

    def export(self, on: str, *arguments: object) -> Path:
        """Export a day and return its folder."""
        done = export(self.folder / "out" / "2015Q4", self.folder / "customers.csv", self.folder / "lists", *arguments, on=on)
        assert done.returncode == 0, done.stderr
        return self.folder / "lists" / on

    def matures(self, *customers: str, day: str = ON) -> tuple[str, Path]:
        """Return the option for an events file in which something of these customers matures."""
        rows = [(one, "maturity", "", day, "三年定期", "") for one in customers]
        return "--events", write_events(self.folder / "events.csv", rows)


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (["", "", ""], [0, 1, 2]),
        (["", "A", ""], [0, 0, 2]),
        (["B", "C", ""], [0, 0, 0]),
        (["C", "C", ""], [0, 0, 0]),
        (["A", "B", "C"], [0, 1, 2]),
        (["0", "0", "Z"], [0, 1, 2]),
        (["B", "A", ""], [0, 0, 2]),
    ],
    ids=["nobody", "two", "a chain", "one head", "themselves", "no customers", "each other"],
)
def test_who_belongs_together(heads: list[str], expected: list[int]) -> None:
    """Links count in either direction and over any number of steps; oneself and a number of nobody link nobody."""
    assert expected == households_of(pa.array(["A", "B", "C"]), pa.array(heads)).tolist()


@given(st.lists(st.integers(-1, 14), min_size=15, max_size=15))
@settings(max_examples=examples(200))
def test_households_are_those_of_a_walk(heads: list[int]) -> None:
    """The households of any links are those that a walk from customer to customer finds."""
    ids = [f"C{number:02d}" for number in range(15)]
    near = {one: {one} for one in range(15)}
    for one, other in enumerate(heads):
        if other >= 0:
            near[one].add(other)
            near[other].add(one)
    expected = []
    for one in range(15):
        found = {one}
        while more := set().union(*(near[each] for each in found)) - found:
            found |= more
        expected.append(min(found))
    assert expected == households_of(pa.array(ids), pa.array([ids[one] if one >= 0 else "" for one in heads])).tolist()


def test_two_of_a_household_are_never_contacted_on_one_day(tmp_path: Path) -> None:
    """The more urgent one is contacted, whatever manager he has; the other waits and is told the day after, late."""
    people = {"G1": customer(1), "G2": customer(2, household_customer_id="G1", manager="M02"), "G3": customer(3)}
    branch = Branch(tmp_path, {"G1": GOLD, "G2": (700_000, 700_000), "G3": GOLD}, people)
    first = branch.export(ON, *branch.matures("G1", "G2", "G3"))
    assert {"G2", "G3"} == {row["customer_id"] for row in read_rows(first / "calls.csv")}
    assert "one_contact_a_day" == reasons_of(first)["G1", "G-CALL-1"]
    second = branch.export(NEXT, "--events", tmp_path / "events.csv")
    assert "G1" in {row["customer_id"] for row in read_rows(second / "calls.csv")}


def household_of(folder: Path, manager: str = "M01", branch: str = "朝阳支行") -> dict[str, str]:
    """Return the column of the household in a manager's sheet, by customer."""
    book = load_workbook(folder / "branches" / branch / f"{manager}.xlsx")
    rows = [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    header = next(row for row in rows if "同户客户" in row)
    who, what = header.index("客户号"), header.index("同户客户")
    return {row[who]: row[what] for row in rows[rows.index(header) + 1 :] if len(row) > who and row[who]}


def test_a_row_names_the_other_customer_of_the_household(tmp_path: Path) -> None:
    """The row says who else of the household is a customer, as rows mask names, with tier and manager."""
    people = {
        "G1": customer(1),
        "S1": customer(2, name="张丽", gender="F", household_customer_id="G1"),
        "S2": customer(3, name="赵山", household_customer_id="G1", manager="M02"),
        "S3": customer(4, name="李远", household_customer_id="G1", branch="城东支行"),
        "S4": customer(5, name="孙小", household_customer_id="G1", status="deceased"),
        "P1": customer(6, name="钱多", household_customer_id="G1"),
    }
    tiers = {"G1": GOLD, "S1": SILVER, "S2": SILVER, "S3": SILVER, "S4": SILVER, "P1": PRIVATE}
    branch = Branch(tmp_path, tiers, people)
    first = branch.export(ON, *branch.matures("G1"), "--only", "calls")
    assert {"G1": "张女士（银卡，同一客户经理）、赵先生（银卡，M02）"} == household_of(first)


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        (["", "0", "0"], "household_customer_id is in no row of the customer file, so that it links nobody: 2"),
        (["", *["G0"] * 10], "the largest household has 11 customers"),
        (["", *["G0"] * 9], ""),
    ],
    ids=["of nobody", "too large", "large"],
)
def test_a_column_that_is_no_household_is_told(heads: list[str], said: str, tmp_path: Path) -> None:
    """Heads that are nowhere, and a household of more than ten, are a warning; a large family is none."""
    people = {f"G{number}": customer(number, household_customer_id=head) for number, head in enumerate(heads)}
    branch = Branch(tmp_path, dict.fromkeys(people, GOLD), people)
    done = export(tmp_path / "out" / "2015Q4", branch.folder / "customers.csv", tmp_path / "lists")
    assert (0, bool(said)) == (done.returncode, "household" in done.stderr)
    assert said in done.stderr


def test_the_rated_meeting_is_the_wealth_managers(tmp_path: Path) -> None:
    """A gold diamond customer stands in the sheet of his wealth manager; one without, and a private client, in that of his own."""
    people = {
        "D1": customer(1, wealth_manager="W01", qualified_investor="N"),
        "D2": customer(2, qualified_investor="N"),
        "D3": customer(3, wealth_manager="W01", qualified_investor="N", private_client="Y"),
    }
    branch = Branch(tmp_path, dict.fromkeys(people, DIAMOND), people)
    first = branch.export(ON, "--only", "D-ALLOC")
    assert {("D1", "W01")} == {(row["customer_id"], row["manager"]) for row in read_rows(first / "contacts.csv")} - {("D2", "M01")}
    assert {("D3", "M01")} >= {(row["客户号"], row["客户经理"]) for row in private_rows(tmp_path / "lists.private" / ON)}
    assert (first / "branches" / "朝阳支行" / "W01.xlsx").is_file()


def test_two_managers_are_one_contact_a_day(tmp_path: Path) -> None:
    """Where both managers have something for a customer, the more urgent of both contacts him and the other waits."""
    people = {"D1": customer(1, wealth_manager="W01", qualified_investor="N")}
    branch = Branch(tmp_path, {"D1": DIAMOND}, people)
    first = branch.export(ON, *branch.matures("D1"))
    assert {("G-CALL-1", "M01")} == {(row["action"], row["manager"]) for row in read_rows(first / "contacts.csv")}
    assert "one_contact_a_day" == reasons_of(first)["D1", "D-ALLOC"]
    second = branch.export(NEXT, "--events", tmp_path / "events.csv")
    assert {("D-ALLOC", "W01")} == {(row["action"], row["manager"]) for row in read_rows(second / "contacts.csv")}


def test_what_is_private_stays_with_the_own_manager(tmp_path: Path) -> None:
    """An action whose purpose is private cannot be given to the wealth manager."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "playbooks.yaml").read_text(encoding="utf-8")
    text = text.replace("topics: [private_wealth]\n", "topics: [private_wealth]\n        by: wealth_manager\n", 1)
    (rules / "playbooks.yaml").write_text(text, "utf-8")
    branch = Branch(tmp_path, {"G1": GOLD}, {"G1": customer(1)})
    done = export(tmp_path / "out" / "2015Q4", branch.folder / "customers.csv", tmp_path / "lists", "--rules", rules)
    assert 3 == done.returncode
    assert "by must be manager; what is private is for the customer's own manager" in done.stderr
