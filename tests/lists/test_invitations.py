"""Invitations: what they say, whose they are, and that no event has more guests than seats."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.helpers import RULES, vip
from tests.lists.exporting import customer, export, make_run, read_rows, reasons_of, write_customers

ON, NEXT = "2016-01-05", "2016-01-06"


class Hall:
    """A branch that invites gold customers to a seminar on 19 January."""

    def __init__(self, folder: Path, people: Mapping[str, Mapping[str, str]], event: str) -> None:
        """Compute a run of gold customers, the first the richest, and write the event into the calendar."""
        self.folder, self.out = folder, folder / "lists"
        shutil.copytree(RULES, folder / "rules")
        with (folder / "rules" / "calendar.yaml").open("a", encoding="utf-8") as file:
            file.write(f"branch_dates:\n  - {{action: G-SEMINAR, date: 2016-01-19, {event}}}\n")
        make_run(folder / "out", {one: (900_000 - 1_000 * place,) * 2 for place, one in enumerate(people)})
        write_customers(folder / "customers.csv", people)

    def invited(self, on: str) -> dict[str, str]:
        """Export the invitations of a day and return what each row says, by customer."""
        arguments = ("--rules", self.folder / "rules", "--only", "G-SEMINAR")
        done = export(self.folder / "out" / "2015Q4", self.folder / "customers.csv", self.out, *arguments, on=on)
        assert done.returncode == 0, done.stderr
        return {row["customer_id"]: row["reasons"] for row in read_rows(self.out / on / "invitations.csv")}

    def without_seat(self, on: str) -> set[str]:
        """Return who had no seat on a day."""
        return {customer for (customer, _), reason in reasons_of(self.out / on).items() if reason == "no_seat"}


def people(count: int, **fields: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return gold customers G1 to G{count}, some with fields of their own."""
    return {f"G{number}": customer(number, **fields.get(f"G{number}", {})) for number in range(1, count + 1)}


def test_a_row_says_what_when_and_where(tmp_path: Path) -> None:
    """The row names the event, its day, when it begins and where."""
    hall = Hall(tmp_path, people(1), 'event: 春季讲座, time: "14:00", place: 朝阳支行三楼')
    assert {"G1": "春季讲座 1月19日 14:00 朝阳支行三楼"} == hall.invited(ON)


def test_an_event_without_a_name_is_called_by_its_topic(tmp_path: Path) -> None:
    """What the calendar does not say is not there, and nothing is left open."""
    assert {"G1": "理财讲座 1月19日"} == Hall(tmp_path, people(1), "note: 自带笔").invited(ON)


def test_who_comes_first_gets_a_seat(tmp_path: Path) -> None:
    """Two seats go to the first two by rank; the others are suppressed, on this day and later, but for one who takes a free seat."""
    hall = Hall(tmp_path, people(4), "seats: 2")
    assert {"G1", "G2"} == hall.invited(ON).keys()
    assert {"G3", "G4"} == hall.without_seat(ON)
    assert {} == hall.invited(NEXT)
    assert {"G3", "G4"} == hall.without_seat(NEXT)


def test_who_refuses_frees_a_seat(tmp_path: Path) -> None:
    """A refusal that was recorded frees a seat; that nobody answered does not, and the guest is asked once more."""
    hall = Hall(tmp_path, people(4), "seats: 2")
    hall.invited(ON)
    results = tmp_path / "results.csv"
    results.write_text("customer_id,action,channel,result\nG1,G-SEMINAR,invitations,refused\nG2,G-SEMINAR,invitations,no_answer\n", "utf-8")
    done = vip("playbook", "record", hall.out / ON, results, "--rules", tmp_path / "rules", "--on", ON)
    assert done.returncode == 0, done.stderr
    assert {"G2", "G3"} == hall.invited(NEXT).keys()
    assert {"G4"} == hall.without_seat(NEXT)


def test_who_cares_for_it_comes_first(tmp_path: Path) -> None:
    """Of one tier who has one of the interests of an event goes before all others, who take what is left."""
    interested = {"G3": {"interests": "跑步|基金"}, "G4": {"interests": "基金会"}}
    hall = Hall(tmp_path, people(4, **interested), "seats: 2, interests: [基金, 黄金]")
    assert {"G3", "G1"} == hall.invited(ON).keys()


def test_a_branch_has_an_event_of_its_own(tmp_path: Path) -> None:
    """To the event of a branch its own customers are invited, and to none of it the others."""
    hall = Hall(tmp_path, people(2, G2={"branch": "城东支行"}), "branch: 城东支行")
    assert {"G2"} == hall.invited(ON).keys()
    assert set() == hall.without_seat(ON)
