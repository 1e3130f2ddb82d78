"""Who is due: however many things make one action due for a customer, it is one contact."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.lists.exporting import ON, customer, export, make_run, read_rows, write_customers, write_events

MATURITY = ("maturity", "", "2016-01-09")


def lists_of(home: Path, *arguments: object) -> Path:
    """Export the lists of a day for a branch with one customer."""
    customers = write_customers(home / "customers.csv", {"A": customer(1)})
    done = export(home / "out" / "2015Q4", customers, home / "lists", *arguments)
    assert done.returncode == 0, done.stderr
    return home / "lists" / ON


@pytest.mark.parametrize(
    ("events", "contacts", "products"),
    [
        ([(*MATURITY, "三年定期", "50000.00"), (*MATURITY, "三年定期", "70000.00")], 1, "三年定期"),
        ([(*MATURITY, "三年定期", "50000.00"), (*MATURITY, "五年定期", "70000.00")], 2, "三年定期、五年定期"),
    ],
)
def test_two_deposits_of_a_product_that_mature_on_one_day_are_one_event(
    tmp_path: Path, events: list[tuple[str, ...]], contacts: int, products: str
) -> None:
    """Two deposits of one product that mature on one day are told once; two products are two events of one call."""
    make_run(tmp_path / "out", {"A": (600_000, 600_000)})
    events_file = write_events(tmp_path / "events.csv", [("A", *event) for event in events])
    lists = lists_of(tmp_path, "--events", events_file)
    told = [row for row in read_rows(lists / "contacts.csv") if row["action"] == "G-CALL-1"]
    assert len(told) == contacts
    (path,) = lists.glob("branches/*/*.csv")
    (row,) = read_rows(path)
    assert row["产品"] == products


def test_who_fell_and_stands_near_the_bound_is_called_once(tmp_path: Path) -> None:
    """Whom a run downgraded, and who may lose the new tier too, has one call to keep him, not two."""
    make_run(tmp_path / "out", {"A": (600_000, 101_000)})
    lists = lists_of(tmp_path)
    outlook = {row["customer_id"]: row["state"] for row in read_rows(tmp_path / "out" / "2015Q4" / "outlook.csv")}
    told = Counter(row["action"] for row in read_rows(lists / "contacts.csv"))
    assert (outlook["A"], told["KEEP"]) == ("near_down", 1)
