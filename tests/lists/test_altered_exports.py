"""`vip playbook verify` on what the program exported: a change of its files is found, by code that shares nothing with the gates."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import ON, customer, export, make_run, read_rows, write_customers, write_events
from vip_tiering.lists.verification.rules import check_written
from vip_tiering.playbooks.load import Playbooks, load

CANARY = "G-MANY"


@pytest.fixture(scope="module")
def books() -> Playbooks:
    """Return the shipped playbooks."""
    loaded = load(RULES).playbooks
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an export, with its private part beside it."""
    home = tmp_path_factory.mktemp("sound")
    everybody = {f"G-MANY-{number}": customer(number) for number in range(1, 6)}
    everybody |= {"G-SHARED-1": customer(50), "G-SHARED-2": customer(50), "P-CLIENT": customer(60, wechat_id="wx60")}
    run = make_run(home / "out", {one: (600_000, 600_000) if one[0] == "G" else (9_000_000, 9_000_000) for one in everybody})
    events = write_events(home / "events.csv", [("G-MANY-1", "maturity", "", "2016-01-08", "非凡理财", "1.00")])
    done = export(run, write_customers(home / "customers.csv", everybody), home / "lists", "--events", events)
    assert done.returncode == 0, done.stderr
    return home / "lists" / ON


def rewrite(path: Path, change: Callable[[list[list[str]]], None]) -> None:
    """Change the rows of a CSV, its header among them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    encoding = "utf-8-sig" if path.read_bytes().startswith(b"\xef\xbb\xbf") else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def cell(row: int, column: int, text: str) -> Callable[[list[list[str]]], None]:
    """Return what sets one cell."""

    def change(rows: list[list[str]]) -> None:
        rows[row][column] = text

    return change


def copied(row: int) -> Callable[[list[list[str]]], None]:
    """Return what adds a row once more."""
    return lambda rows: rows.append(list(rows[row]))


def without(row: int) -> Callable[[list[list[str]]], None]:
    """Return what takes a row out."""

    def change(rows: list[list[str]]) -> None:
        del rows[row]

    return change


def counts(folder: Path) -> None:
    """Say one more was selected than there was."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["actions"]["G-SMS-1"]["selected"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def name_all(rows: list[list[str]]) -> None:
    """Let the text for several customers name one of them."""
    row = next(row for row in rows if "|" in row[2])
    row[1] = row[1].replace("客户", "王先生")


def sent_to(rows: list[list[str]]) -> None:
    """Suppress somebody to whom a message goes."""
    rows[1][:2] = ["G-MANY-2", "G-SMS-1"]


MUTATIONS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "number twice": ("phone-repeated", lambda folder: rewrite(folder / "sms.csv", cell(2, 0, "13800000002"))),
    "no mobile": ("phone-form", lambda folder: rewrite(folder / "sms.csv", cell(1, 0, "01088888888"))),
    "text without sender": ("text-signature", lambda folder: rewrite(folder / "sms.csv", cell(1, 1, "您好。拒收请回复R"))),
    "text without refusal": ("text-opt-out", lambda folder: rewrite(folder / "sms.csv", cell(1, 1, "【示例银行】您好。"))),
    "text too long": ("text-length", lambda folder: rewrite(folder / "sms.csv", cell(1, 1, "【示例银行】" + "长" * 600 + "拒收请回复R"))),
    "promise": ("text-promise", lambda folder: rewrite(folder / "sms.csv", cell(1, 1, "【示例银行】保 本。拒收请回复R"))),
    "private product": ("text-private", lambda folder: rewrite(folder / "sms.csv", cell(1, 1, "【示例银行】信托。拒收请回复R"))),
    "several named": (
        "text-names",
        lambda folder: rewrite(folder / "sms.csv", name_all),
    ),
    "formula": ("cell-formula", lambda folder: rewrite(folder / "calls.csv", cell(1, 4, "=cmd"))),
    "customer twice": ("customer-repeated", lambda folder: rewrite(folder / "calls.csv", copied(1))),
    "forgotten": ("contact-missing", lambda folder: rewrite(folder / "contacts.csv", without(1))),
    "unknown customer": ("contact-missing", lambda folder: rewrite(folder / "sms.csv", cell(1, 2, "NOBODY"))),
    "manager's file": ("manager-rows", lambda folder: rewrite(next(folder.glob("branches/*/*.csv")), without(1))),
    "both": ("both-ways", lambda folder: rewrite(folder / "suppressed.csv", sent_to)),
    "counts": ("counts-differ", counts),
    "private client": ("private-client", lambda folder: rewrite(folder / "sms.csv", cell(1, 2, "P-CLIENT"))),
}


def test_a_sound_export_is_sound(sound: Path, books: Playbooks) -> None:
    """The export as it was written breaks no rule, and the command says so; a shared number has one row that names nobody."""
    assert [] == check_written(sound, sound.parent.with_name("lists.private") / ON, books)
    done = vip("playbook", "verify", sound, "--rules", RULES)
    assert (0, "") == (done.returncode, done.stderr)
    assert ": sound, " in done.stdout
    shared = [row for row in read_rows(sound / "sms.csv") if row["customer_id"] == "G-SHARED-1|G-SHARED-2"]
    assert ["13800000050"] == [row["phone"] for row in shared]
    assert "尊敬的客户" in shared[0]["text"]


@pytest.mark.parametrize(("rule", "mutate"), MUTATIONS.values(), ids=MUTATIONS.keys())
def test_each_broken_rule_is_found(sound: Path, books: Playbooks, tmp_path: Path, rule: str, mutate: Callable[[Path], None]) -> None:
    """One change to the files of an export is found under its rule, without a word of the customer."""
    folder = shutil.copytree(sound, tmp_path / ON)
    mutate(folder)
    problems = check_written(folder, sound.parent.with_name("lists.private") / ON, books)
    assert rule in {problem.rule for problem in problems}
    assert not [problem for problem in problems if CANARY in str(problem) or "138000" in str(problem)]


def test_an_altered_export_is_refused(sound: Path, tmp_path: Path) -> None:
    """`vip playbook verify` ends with 4 where a file was altered after it was published."""
    home = shutil.copytree(sound.parents[1], tmp_path / "home")
    rewrite(home / "lists" / ON / "sms.csv", without(1))
    done = vip("playbook", "verify", home / "lists" / ON, "--rules", RULES)
    assert done.returncode == 4
    assert "[output-altered]" in done.stderr
