"""Ids of the files beside a run: zeros that were lost, a customer file of another bank, and customers whom nobody knows."""

from __future__ import annotations

import cProfile
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import ON, customer, export, make_run, write_customers, write_rows
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import Quarter
from vip_tiering.customers.ids import NamedIds, judge_ids
from vip_tiering.tiers.published.run_folder import TieredRun

RUN = {"0071": (600_000, 600_000), "0072": (600_000, 600_000), "G3": (600_000, 600_000), "000": (600_000, 600_000)}
LEFT = {"0073": (600_000, 0)}
EVENT, LOG, LISTED = ("customer_id", "event", "date"), ("customer_id", "channel", "date"), ("mobile", "客户号")
REST = {"events": ("maturity", "2016-01-20"), "contact-log": ("sms", "2015-12-01")}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run whose ids begin with zeros, and its customer file."""
    folder = tmp_path_factory.mktemp("home")
    make_run(folder / "out", RUN | LEFT)
    write_customers(folder / "customers.csv", {one: customer(number) for number, one in enumerate([*RUN, *LEFT, "081"])})
    return folder


def beside(folder: Path, option: str, ids: Sequence[str]) -> tuple[object, ...]:
    """Write a file beside the customer file that names these ids and return the option that gives it."""
    if option == "do-not-contact":
        path = write_rows(folder / "listed.csv", LISTED, [("13900000000", ""), *(("13900000001", one) for one in ids)])
    else:
        path = write_rows(folder / f"{option}.csv", EVENT if option == "events" else LOG, [(one, *REST[option]) for one in ids])
    return f"--{option}", path


# --- by the command


def test_a_customer_file_that_lost_its_zeros_is_refused(home: Path, tmp_path: Path) -> None:
    """Ids without their zeros are counted, with the first row, by the export and by the report of changes, and nothing is written."""
    people = write_customers(tmp_path / "c.csv", {one: customer(number) for number, one in enumerate(("G3", "71", "072", "0"))})
    words = "vip: c.csv: row 3, column customer_id: 3 ids, of which this is the first, differ from those of the run by leading zeros only:"
    said = f"{words} leading zeros were lost; deliver ids as text, as they are in the run [id-zeros]\n"
    lists = export(home / "out" / "2015Q4", people, tmp_path / "lists")
    report = vip("changes", "export", home / "out" / "2015Q4", "--customers", people, "--out", tmp_path / "reports", "--rules", RULES)
    for done, out in ((lists, "lists/" + ON), (report, "reports")):
        assert (4, "", said) == (done.returncode, done.stdout, done.stderr)
        assert not (tmp_path / out).exists()


@pytest.mark.parametrize(
    ("option", "ids", "row", "column"),
    [
        ("events", ("G3", "71", "X9"), 3, "customer_id"),
        ("contact-log", ("81",), 2, "customer_id"),
        ("do-not-contact", ("G3", "73", "73"), 4, "客户号"),
    ],
)
def test_files_beside_it_that_lost_zeros_are_refused(
    home: Path, tmp_path: Path, option: str, ids: tuple[str, ...], row: int, column: str
) -> None:
    """An event, a contact or a refusal of somebody in the run, who left it, or is in the customer file only, is not lost in silence."""
    given = beside(tmp_path, option, ids)
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", *given)
    assert (4, 1, True) == (done.returncode, done.stderr.count("\n"), done.stderr.endswith(" [id-zeros]\n"))
    assert f": row {row}, column {column}: this id differs from one of the run by leading zeros only" in done.stderr


def test_every_file_that_lost_zeros_is_told_at_once(home: Path, tmp_path: Path) -> None:
    """A customer without his zeros in the customer file does not make those of the other files known."""
    people = write_customers(tmp_path / "c.csv", {"71": customer(1), "G3": customer(2)})
    given = beside(tmp_path, "events", ("71",)) + beside(tmp_path, "contact-log", ("71",))
    done = export(home / "out" / "2015Q4", people, tmp_path / "lists", *given)
    assert ["c.csv", "events.csv", "contact-log.csv"] == [line.split(": ")[1] for line in done.stderr.splitlines()]
    assert {True} == {line.endswith("[id-zeros]") for line in done.stderr.splitlines()}


def test_a_customer_file_of_another_bank_is_refused(home: Path, tmp_path: Path) -> None:
    """Where nobody with a tier is found, the lists would be empty in silence; who only left the run is not proof of the right file."""
    people = write_customers(tmp_path / "c.csv", {"A1": customer(1), "0073": customer(2)})
    done = export(home / "out" / "2015Q4", people, tmp_path / "lists")
    said = "vip: c.csv: none of the 4 customers with a tier is in this file; is it the file of this bank and month? [customers-none]\n"
    assert (4, "", said) == (done.returncode, done.stdout, done.stderr)


def test_unknown_customers_are_counted(home: Path, tmp_path: Path) -> None:
    """Each file tells how many of its customers nobody knows, once for each customer; a file whose customers are known tells nothing."""
    given = (
        *beside(tmp_path, "events", ("G3", "X1", "X1", "X2", "081")),
        *beside(tmp_path, "contact-log", ("G3", "0073")),
        *beside(tmp_path, "do-not-contact", ("X1",)),
    )
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", *given)
    assert done.returncode == 0, done.stderr
    words = "customers that are in neither the run nor the customer file"
    said = [f"events.csv: {words}: 2 of 4", f"listed.csv: {words}: 1 of 1"]
    assert [f"warning: {one}" for one in said] == [line for line in done.stderr.splitlines() if words in line]
    assert set(said) <= set(json.loads((tmp_path / "lists" / ON / "manifest.json").read_bytes())["warnings"])
    assert "X1" not in done.stdout + done.stderr


def test_verify_does_not_judge_by_a_file_that_lost_its_zeros(home: Path, tmp_path: Path) -> None:
    """An export that was sound is not judged by a contact log whose refusals would be lost; with the right files it passes."""
    run, lists = home / "out" / "2015Q4", tmp_path / "lists"
    assert 0 == export(run, home / "customers.csv", lists, *beside(tmp_path, "contact-log", ("0071",))).returncode
    asked = ("playbook", "verify", lists / ON, "--rules", RULES, "--run", run, "--customers", home / "customers.csv")
    assert 0 == vip(*asked, "--contact-log", tmp_path / "contact-log.csv").returncode
    done = vip(*asked, *beside(tmp_path, "contact-log", ("71",)))
    assert (4, True) == (done.returncode, "contact-log.csv: row 2, column customer_id: this id differs" in done.stderr)


# --- by itself


def run_of(tiered: Sequence[str], untiered: Sequence[str] = (), left: Sequence[str] = ()) -> TieredRun:
    """Return a run that holds these customers."""
    tiers = pa.table({"customer_id": [*tiered, *untiered], "tier": ["gold"] * len(tiered) + ["untiered"] * len(untiered)})
    return TieredRun(Quarter(2015, 4), "", False, {}, {}, tiers, pa.table({"customer_id": pa.array(left, pa.string())}), (), {})


def named(ids: Sequence[str], file: str = "c.csv") -> NamedIds:
    """Return ids that a file names in the rows from 2 on."""
    return NamedIds(file, "customer_id", pa.array(ids, pa.string()), np.arange(2, len(ids) + 2, dtype=np.int32))


@pytest.mark.parametrize(("known", "delivered"), [("007", "7"), ("7", "007"), ("07", "007"), ("00", "0"), ("0", "000"), ("0A", "A")])
def test_zeros_are_ignored_on_both_sides(known: str, delivered: str) -> None:
    """It does not matter which side has more zeros; an id of zeros only is an id."""
    with pytest.raises(DataError) as error:
        judge_ids(run_of([known, "x"]), named(["x", delivered]))
    (problem,) = error.value.problems
    assert isinstance(problem, Problem)
    assert ("c.csv", 3, "customer_id", "id-zeros") == (problem.file, problem.row, problem.column, problem.rule)
    assert delivered not in problem.message.split()


@pytest.mark.parametrize("ids", [["7", "70"], ["7", "07x"], ["7", "7"], ["7", "8"], ["7", " "]])
def test_other_ids_are_none_that_lost_zeros(ids: list[str]) -> None:
    """Zeros at the end or within, known ids and quite other ones refuse nothing."""
    assert [] == judge_ids(run_of(["7"], ["007"]), named(ids))


def test_without_anybody_with_a_tier_nobody_is_missed() -> None:
    """A run in which nobody reached a tier refuses no customer file; nor does a file of which nobody is named."""
    assert [] == judge_ids(run_of([], ["7"]), named(["8"]), [named([], "listed.csv")])


def test_a_large_branch_takes_no_more_steps() -> None:
    """A hundred thousand customers who are all known, in another order than the run's, are judged in as many steps as a hundred."""

    def steps(count: int) -> int:
        ids = [f"{number:012d}" for number in range(count)]
        run, customers, events = run_of(ids), named(ids[::-1]), named(ids[::7], "events.csv")
        with cProfile.Profile() as profile:
            assert [] == judge_ids(run, customers, [events])
        return sum(one.callcount for one in profile.getstats())

    steps(100)  # whatever is imported or kept at the first time
    assert steps(100_000) <= steps(100) + 50
