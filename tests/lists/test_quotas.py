"""A manager's day: the most urgent stay, the others come first the next day, and an export of something else loses nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.helpers import RULES
from tests.lists.exporting import customer, export, make_run, private_rows, read_rows, reasons_of, write_customers, write_events

FIRST, SECOND, THIRD = "2016-01-05", "2016-01-06", "2016-01-07"
GOLD, PRIVATE = (600_000, 600_000), (9_000_000, 9_000_000)
PEOPLE = {f"G{number}": customer(number) for number in range(1, 7)}


@pytest.fixture(name="branch")
def _branch(tmp_path: Path) -> Path:
    """Return a folder with a run, customers of one manager with maturities, one a day, and rules with two places a day."""
    shutil.copytree(RULES, tmp_path / "rules")
    quota = "contacts_per_day: 2\n  managers: [{manager: M02, contacts_per_day: 0}]"
    gates = tmp_path / "rules" / "gates.yaml"
    gates.write_text(gates.read_text(encoding="utf-8").replace("contacts_per_day: 12", quota), encoding="utf-8")
    make_run(tmp_path / "out", dict.fromkeys(PEOPLE, GOLD))
    write_customers(tmp_path / "customers.csv", PEOPLE)
    write_events(
        tmp_path / "events.csv", [(one, "maturity", "", f"2016-01-{5 + place:02d}", "三年定期", "") for place, one in enumerate(PEOPLE)]
    )
    return tmp_path


def calls(branch: Path, on: str, *arguments: object) -> list[str]:
    """Export a day and return who is called, in the order of the list."""
    files = ("--events", branch / "events.csv", "--rules", branch / "rules")
    done = export(branch / "out" / "2015Q4", branch / "customers.csv", branch / "lists", *files, *arguments, on=on)
    assert done.returncode == 0, done.stderr
    return [row["customer_id"] for row in read_rows(branch / "lists" / on / "calls.csv")]


def test_the_most_urgent_stay(branch: Path) -> None:
    """Two places go to what matures first; the others are suppressed as `manager_quota`."""
    assert ["G1", "G2"] == calls(branch, FIRST)
    reasons = reasons_of(branch / "lists" / FIRST)
    assert {"G3", "G4", "G5", "G6"} == {
        one for (one, action), reason in reasons.items() if (action, reason) == ("G-CALL-1", "manager_quota")
    }


def test_what_ends_today_comes_first_and_then_who_waited(branch: Path) -> None:
    """What ends today stands before who waited, and who waited longest before who is due sooner."""
    assert ["G1", "G2"] == calls(branch, FIRST)
    write_events(
        branch / "events.csv",
        [*_maturities(), ("G1", "maturity", "", "2016-01-06", "新的", ""), ("G2", "maturity", "", "2016-01-06", "新的", "")],
    )
    assert ["G1", "G2"] == calls(branch, SECOND)
    write_events(branch / "events.csv", [*_maturities(), ("G1", "maturity", "", "2016-01-08", "又一个", "")])
    assert ["G3", "G4"] == calls(branch, THIRD)


def _maturities() -> list[tuple[str, str, str, str, str, str]]:
    return [(one, "maturity", "", f"2016-01-{5 + place:02d}", "三年定期", "") for place, one in enumerate(PEOPLE)]


def test_an_export_of_something_else_loses_nobody(branch: Path) -> None:
    """A day on which only messages were exported does not break the row of who waits: what passed meanwhile is still told."""
    write_events(branch / "events.csv", [(one, "maturity", "", FIRST, "三年定期", "") for one in PEOPLE])
    assert ["G1", "G2"] == calls(branch, FIRST)
    assert [] == calls(branch, SECOND, "--only", "sms")
    assert ["G3", "G4"] == calls(branch, THIRD)
    assert ["G5", "G6"] == calls(branch, "2016-01-08")


def test_due_by_is_never_in_the_past(branch: Path) -> None:
    """What is told after its day says its own day, and is due today."""
    write_events(branch / "events.csv", [(one, "maturity", "", FIRST, "三年定期", "") for one in PEOPLE])
    calls(branch, FIRST)
    calls(branch, SECOND)
    row = read_rows(branch / "lists" / SECOND / "calls.csv")[0]
    assert (FIRST, SECOND) == (row["event_date"], row["due_by"])


def test_each_manager_has_a_day_of_his_own(branch: Path) -> None:
    """A manager may have a quota of his own, none at all is none, and customers without a manager are not counted."""
    people = {one: {**fields, "manager": {"G1": "M02", "G2": "", "G3": "", "G4": ""}.get(one, "M01")} for one, fields in PEOPLE.items()}
    write_customers(branch / "customers.csv", people)
    assert {"G2", "G3", "G4", "G5", "G6"} == set(calls(branch, FIRST))
    assert reasons_of(branch / "lists" / FIRST)["G1", "G-CALL-1"] == "manager_quota"


def test_private_clients_take_places_too(branch: Path) -> None:
    """Rows of private files and open ones share a manager's day."""
    make_run(branch / "out2", {**dict.fromkeys(PEOPLE, GOLD), "P1": PRIVATE, "P2": PRIVATE})
    shutil.move(branch / "out2" / "2015Q4", branch / "out" / "other")
    write_customers(branch / "customers.csv", {**PEOPLE, "P1": customer(21), "P2": customer(22)})
    write_events(branch / "events.csv", [("P1", "maturity", "", FIRST, "三年定期", ""), *_maturities()[1:]])
    done = export(
        branch / "out" / "other", branch / "customers.csv", branch / "lists", "--events", branch / "events.csv", "--rules", branch / "rules"
    )
    assert done.returncode == 0, done.stderr
    open_rows = read_rows(branch / "lists" / FIRST / "calls.csv")
    hidden = private_rows(branch / "lists.private" / FIRST)
    assert (2, {"P1"}) == (len(open_rows) + len(hidden), {row["客户号"] for row in hidden})
