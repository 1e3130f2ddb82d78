"""What the book says was done in a quarter: counted once more from the files of the exports, in plain Python."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import load_workbook

from tests.helpers import RULES, vip
from tests.lists.exporting import customer, export, make_run, read_rows, write_customers, write_events, write_rows
from tests.lists.written_exports import rehash
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import Quarter
from vip_tiering.lists.followup import progress
from vip_tiering.lists.followup.progress import progress_of
from vip_tiering.lists.followup.results import FIGURES
from vip_tiering.playbooks.load import load
from vip_tiering.playbooks.plan.book import Done
from vip_tiering.publishing import manifests

DAYS = ("2016-01-05", "2016-01-19", "2016-02-24")
SILVER, GOLD, DIAMOND, PRIVATE = 200_000, 600_000, 2_000_000, 9_000_000
TIERS = {"S1": SILVER, "S2": SILVER, "G1": GOLD, "G2": GOLD, "G3": GOLD, "D1": DIAMOND, "D2": DIAMOND, "P1": PRIVATE, "P2": PRIVATE}
REACHED = {"reached", "refused", "complaint", "interested", "meeting_set", "done", "bereavement", "delivered", "opt_out"}
RESULTS = {
    DAYS[0]: [
        ("G1", "G-CALL-1", "no_answer"), ("G2", "G-CALL-1", "interested"), ("D1", "G-CALL-1", "reached"), ("P1", "G-CALL-1", "done"),
        ("S1", "S-SMS-1", "delivered"), ("S2", "S-SMS-1", "failed"), ("G3", "G-CALL-1", "reached"), ("G3", "G-CALL-1", "no_answer"),
    ],
    DAYS[1]: [("G1", "G-CALL-1", "reached"), ("S2", "S-SMS-2", "delivered")],
    DAYS[2]: [("D2", "G-CALL-1", "wrong_number")],
}  # fmt: skip


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a branch with three exports of a quarter and what came of them, and one of the quarter before."""
    folder = tmp_path_factory.mktemp("branch")
    run, customers, out = (
        make_run(folder / "out", {one: (yuan, yuan) for one, yuan in TIERS.items()}),
        folder / "customers.csv",
        folder / "lists",
    )
    write_customers(customers, {one: customer(number) for number, one in enumerate(TIERS)})
    for number, on in enumerate(("2015-12-30", *DAYS)):
        events = folder / f"events{number}.csv"
        matures = f"{on[:8]}{min(int(on[8:]) + 3, 31):02d}"
        write_events(events, [(one, "maturity", "", matures, f"存款{number // 2}", "50000.00") for one in TIERS])
        earlier = run.with_name("2015Q3")
        done = export(earlier if number == 0 else run, customers, out, "--events", events, "--allow-old-run", on=on)
        assert done.returncode == 0, done.stderr
        rows = RESULTS.get(on, [("G1", "G-CALL-1", "reached")])
        listed = {(row["customer_id"], row["action"]) for part in parts_of(folder, on) for row in read_rows(part / "contacts.csv")}
        for place, (one, action, result) in enumerate(rows):  # one file for each, so that the last one counts
            if (one, action) in listed:
                back = write_rows(folder / f"back{number}{place}.csv", ("customer_id", "action", "result"), [(one, action, result)])
                recorded = vip("playbook", "record", out / on, back, "--rules", RULES)
                assert recorded.returncode == 0, recorded.stderr
    return folder


def parts_of(folder: Path, on: str) -> list[Path]:
    """Return the parts of an export that there are."""
    return [part for part in (folder / "lists" / on, folder / "lists.private" / on) if part.exists()]


def counted(folder: Path, days: tuple[str, ...] = DAYS) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return listed, contacted and reached customers by tier and action, from contacts.csv and contact_log.csv alone."""
    customers: dict[tuple[str, str], dict[str, list[bool]]] = defaultdict(dict)
    for on in days:
        for part in parts_of(folder, on):
            log = part.parent / "contact_log.csv"
            said = (
                {(row["customer_id"], row["action"]): row["result"] for row in read_rows(log) if row["export"] == on}
                if log.exists()
                else {}
            )
            for row in read_rows(part / "contacts.csv"):
                result = said.get((row["customer_id"], row["action"]))
                flags = customers[row["tier"], row["action"]].setdefault(row["customer_id"], [False, False])
                flags[0] |= result is not None
                flags[1] |= result in REACHED
    return {key: (len(of), sum(one for one, _ in of.values()), sum(two for _, two in of.values())) for key, of in customers.items()}


def test_contacts_tell_the_tier_of_the_day(branch: Path) -> None:
    """Each contact has the tier on which the run of its export saw the customer, in both parts."""
    codes = {SILVER: "silver", GOLD: "gold", DIAMOND: "gold_diamond", PRIVATE: "private"}
    rows = [row for on in DAYS for part in parts_of(branch, on) for row in read_rows(part / "contacts.csv")]
    assert {(one, codes[yuan]) for one, yuan in TIERS.items()} == {(row["customer_id"], row["tier"]) for row in rows}


def test_figures_are_those_of_the_files(branch: Path) -> None:
    """By tier and action: customers on any list of the quarter, those with a result, and those whose last result reached them."""
    found, expected = progress_of(branch / "lists"), counted(branch)
    assert {key: Done(*numbers) for key, numbers in expected.items()} == found.done
    assert (Quarter(2016, 1), DAYS) == (found.quarter, found.days)
    assert {"gold", "gold_diamond", "private"} <= {tier for tier, action in expected if action == "G-CALL-1"}
    assert [] == [numbers for numbers in expected.values() if not numbers[0] >= numbers[1] >= numbers[2]]
    assert expected["gold", "G-CALL-1"][2] < expected["gold", "G-CALL-1"][1], "the last result of a contact counts"
    assert "reached" in FIGURES


def test_another_quarter_has_its_own_figures(branch: Path) -> None:
    """`--quarter` counts the exports of its days alone; one without an export says so and has no figure."""
    before = progress_of(branch / "lists", Quarter(2015, 4))
    assert ("2015-12-30",) == before.days
    assert {key: Done(*numbers) for key, numbers in counted(branch, ("2015-12-30",)).items()} == before.done
    assert ((), {}) == (progress_of(branch / "lists", Quarter(2015, 3)).days, progress_of(branch / "lists", Quarter(2015, 3)).done)


def test_the_book_says_it_in_words(branch: Path, tmp_path: Path) -> None:
    """The column 本季完成 of each tier and action holds the figures of the files; channels without lists have none."""
    path = tmp_path / "plan.xlsx"
    done = vip("playbook", "book", "--out", path, "--lists", branch / "lists", "--rules", RULES)
    assert (0, "") == (done.returncode, done.stderr)
    (name,) = load_workbook(path).sheet_names
    cells = load_workbook(path).get_sheet_by_name(name).to_python()
    assert "完成情况：2016年第1季度，3 次名单，2016-01-05 至 2016-02-24" in str(cells[1][0])
    books = load(RULES).playbooks
    assert books is not None
    codes = {label: code for code, label in books.labels.items()}
    actions, expected, tier, seen = {one.id: one for one in books.actions()}, counted(branch), "", 0
    for line in cells[3:]:
        tier = str(line[0]).partition("\n")[0].removesuffix("（续）") or tier
        action = actions.get(str(line[1]))
        if action is None:
            continue
        numbers = expected.get((codes[tier], action.id), (0, 0, 0))
        told = [int(number) for number in re.findall(r"(\d+)户", str(line[9]))]
        lists = books.channels[action.channels[0]].contact
        assert told == ([*numbers] if numbers[1] else [numbers[0]] if lists else []), (tier, action.id)
        seen += numbers[1] > 0
    assert seen >= 4
    words = {str(line[9]) for line in cells[3:]}
    assert {"已联系", "已回执"} <= {word for word in ("已联系", "已回执") for cell in words if word in cell}


def test_what_is_lost_or_absent_is_refused(branch: Path, tmp_path: Path) -> None:
    """A folder without exports, and one of which an export is gone, end with exit code 4 and write nothing."""
    copy = shutil.copytree(branch, tmp_path / "branch", symlinks=True)
    shutil.rmtree(copy / "lists" / DAYS[0])
    for lists in (copy / "lists", copy / "out"):
        done = vip("playbook", "book", "--out", tmp_path / "plan.xlsx", "--lists", lists, "--rules", RULES)
        assert 4 == done.returncode, done.stderr
        assert not (tmp_path / "plan.xlsx").exists()


def test_an_export_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    """An export whose contacts do not tell the tiers is refused with what to do; the same with tiers is read."""
    roots = {"open": tmp_path / "lists", "private": tmp_path / "lists.private"}
    logs = {part: pd.DataFrame({"export": [], "customer_id": [], "action": [], "result": []}, dtype="str") for part in roots}
    for day, columns in ((DAYS[0], ("customer_id", "action")), (DAYS[1], ("customer_id", "action", "tier"))):
        contacts = write_rows(roots["open"] / day / "contacts.csv", columns, [("G1", "G-CALL-1", "gold")[: len(columns)]])
        output = {"name": "contacts.csv", "rows": 1, "sha256": manifests.sha256_of(contacts.read_bytes())}
        head = {"schema": "vip-tiering export", "identity": "1", "made_from": {}, "status": "export", "quarter": "2015Q4"}
        rehash(contacts.parent, {**head, "outputs": [output], "private": None})
    with pytest.raises(DataError, match=rf"{DAYS[0]}/contacts.csv: does not tell the tiers of customers; .* with --replace"):
        progress._parts_of(roots, DAYS[0], logs)
    (part,) = progress._parts_of(roots, DAYS[1], logs)
    assert {("gold", "G-CALL-1"): Done(1, 0, 0)} == progress.done_of([part])
