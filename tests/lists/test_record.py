"""`vip playbook record`: what comes back binds the next lists, nothing is recorded twice, and what is wrong is refused whole."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import signal
import stat
import subprocess
import tracemalloc
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xlsxwriter
import yaml
from python_calamine import load_workbook

from tests.helpers import RULES, vip, vip_interrupted
from tests.lists.exporting import (
    ON,
    customer,
    day,
    export,
    make_run,
    private_rows,
    read_rows,
    reasons_of,
    write_customers,
    write_events,
    write_rows,
)
from tests.workbooks import altered
from vip_tiering.base import disk
from vip_tiering.base.arrays import one_array
from vip_tiering.base.errors import DataError, OutputError
from vip_tiering.customers.side_file import SideFile, read_side_tables
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup.matching import listed_of, matched_in
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.lists.followup.results import obstacles_of
from vip_tiering.lists.followup.returned import parse_returned, with_list_headers
from vip_tiering.playbooks.load import load
from vip_tiering.rules.text_format import TableForm

NEXT, THIRD = "2016-01-06", "2016-01-07"
SOFFICE = shutil.which("soffice")
SILVER, GOLD, PRIVATE = (200_000, 200_000), (600_000, 600_000), (9_000_000, 9_000_000)
PEOPLE = {
    **{f"G{number}": customer(number) for number in range(1, 8)},
    "SHARED-1": customer(20),
    "SHARED-2": customer(20),
    "S1": customer(40, segments="merchant"),
    "P1": customer(30),
    "M1": customer(41),
    "M2": customer(42),
}
"""M1, M2 and those who share a number get a message; all others are called about a maturity."""
CALLED = [one for one in PEOPLE if one[0] != "M" and not one.startswith("SHARED")]
AVERAGES = {one: {"P1": PRIVATE, "S1": SILVER}.get(one, GOLD) for one in PEOPLE}
HEADER = ("customer_id", "action", "channel", "result", "on", "by", "obstacle", "note")


class Branch:
    """A branch with a run, a customer file, maturities for all of gold, and the export of a day."""

    def __init__(self, folder: Path) -> None:
        """Take the run and the files that stand in a folder, or make them."""
        self.folder, self.out = folder, folder / "lists"
        self.run, self.customers, self.events = folder / "out" / "2015Q4", folder / "customers.csv", folder / "events.csv"
        if not self.run.exists():
            make_run(folder / "out", AVERAGES)
            write_customers(self.customers, PEOPLE)
            write_events(self.events, [(one, "maturity", "", "2016-01-09", "三年定期", "50000.00") for one in CALLED])
            self.export()

    def export(self, on: str = ON, **asked: Any) -> Path:
        """Export the lists of a day; `allow_old_run`, `only` and `replace` as in `playbook_export`."""
        files = {"run": self.run, "customers": self.customers, "events": self.events, "out": self.out, "rules": RULES}
        playbook_export(**files, on=day(on), **asked)
        return self.out / on

    def record(self, *files: Path | str, on: str = ON) -> subprocess.CompletedProcess[str]:
        """Record results."""
        return vip("playbook", "record", self.out / on, *files, "--rules", RULES)

    def results(self, *rows: Mapping[str, str], name: str = "back.csv") -> Path:
        """Write results."""
        return write_rows(self.folder / name, HEADER, [[row.get(column, "") for column in HEADER] for row in rows])

    def log(self, *, private: bool = False) -> list[dict[str, str]]:
        """Return the contact log."""
        path = (self.folder / "lists.private" if private else self.out) / "contact_log.csv"
        return read_rows(path) if path.exists() else []

    def barred(self) -> list[dict[str, str]]:
        """Return the do-not-contact entries."""
        path = self.out / "do_not_contact.csv"
        return read_rows(path) if path.exists() else []


def said(customer_id: str, result: str, action: str = "G-CALL-1", channel: str = "calls", **cells: str) -> dict[str, str]:
    """Return a row of results."""
    return {"customer_id": customer_id, "action": action, "channel": channel, "result": result, **cells}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a branch with the lists of a day, made once."""
    return Branch(tmp_path_factory.mktemp("branch")).folder


@pytest.fixture(name="branch")
def _branch(made: Path, tmp_path: Path) -> Branch:
    """Return a branch with the lists of a day, a copy for one test."""
    shutil.copytree(made, tmp_path / "branch", symlinks=True)
    return Branch(tmp_path / "branch")


def calls(folder: Path) -> dict[str, str]:
    """Return customer -> actions of the call list."""
    return {row["customer_id"]: row["action"] for row in read_rows(folder / "calls.csv")}


def test_a_list_comes_back_as_it_went_out(branch: Branch) -> None:
    """A manager's CSV with Chinese headers and nothing but results filled in is recorded, one row for each action."""
    source = branch.out / ON / "branches" / "朝阳支行" / "M01.csv"
    rows = read_rows(source)
    rows[0] |= {"结果": "已接通", "阻碍": "利率低", "备注": "=1+1"}
    back = write_rows(branch.folder / "back.csv", list(rows[0]), [list(row.values()) for row in rows])
    done = branch.record(back)
    actions = rows[0]["事项"].split("|")
    assert (0, "") == (done.returncode, done.stderr)
    assert f"recorded {len(actions)} results: reached {len(actions)}\n" in done.stdout
    expected = {
        "customer_id": rows[0]["客户号"], "channel": "calls", "date": ON, "result": "reached", "by": "", "obstacle": "利率低",
        "note": "＝1+1", "export": ON,
    }  # fmt: skip
    assert [{**expected, "action": one} for one in actions] == branch.log()
    assert stat.S_IMODE((branch.out / "contact_log.csv").stat().st_mode) == 0o600


def test_a_workbook_comes_back(branch: Branch) -> None:
    """The workbook of a manager, filled in and saved anew, below its title, says its channel by customer and action alone."""
    source = branch.out / ON / "branches" / "朝阳支行" / "M01.xlsx"
    sheets = load_workbook(source)
    back = branch.folder / "back.xlsx"
    with xlsxwriter.Workbook(back, {"strings_to_formulas": False}) as book:
        for name in sheets.sheet_names:
            rows = sheets.get_sheet_by_name(name).to_python()
            place = rows[1].index("结果")
            tab = book.add_worksheet(name)
            for number, row in enumerate(rows):
                tab.write_row(number, 0, [*row[:place], "interested" if number > 1 else row[place], *row[place + 1 :]])
    done = branch.record(back)
    assert done.returncode == 0, done.stderr
    assert {row["channel"] for row in branch.log()} == {"calls", "visits"}
    assert {row["result"] for row in branch.log()} == {"interested"}


def test_what_a_workbook_offers_is_read_back(branch: Branch) -> None:
    """The workbook offers the bank's own words for the results of a channel, lets others through with a warning, and reads all."""
    source = branch.out / ON / "branches" / "朝阳支行" / "M01.xlsx"
    with zipfile.ZipFile(source) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
    offers = re.findall(r'<dataValidation type="list" errorStyle="warning"[^>]*><formula1>"([^"]*)"</formula1>', xml)
    of_calls, of_visits, obstacles = (one.split(",") for one in offers)
    assert "利率偏低" in obstacles
    assert ["已接通", "未接通", "无人接听", "空号", "错号"] == of_calls[:5]
    assert {"空号", "错号"} == {*of_calls} - {*of_visits}
    sheets = load_workbook(source)
    rows = sheets.get_sheet_by_name(sheets.sheet_names[0]).to_python()
    place = rows[1].index("结果")
    back = branch.folder / "back.xlsx"
    with xlsxwriter.Workbook(back, {"strings_to_formulas": False}) as book:
        tab = book.add_worksheet("电话")
        tab.write_row(0, 0, rows[1])
        for number, word in enumerate([*of_calls, "退订"], 1):
            tab.write_row(number, 0, [*rows[2][:place], word, *rows[2][place + 1 :]])
    done = branch.record(back)
    assert done.returncode == 0, done.stderr
    [calls] = [one for one in yaml.safe_load((RULES / "channels.yaml").read_text("utf-8"))["channels"] if one["code"] == "calls"]
    assert list(dict.fromkeys(row["result"] for row in branch.log())) == [*calls["results"], "opt_out"]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_a_workbook_saved_by_another_program_comes_back(branch: Branch) -> None:
    """LibreOffice opens the workbook of a manager and saves it as CSV and as .xlsx; both are taken, and have no result yet."""
    source = branch.out / ON / "branches" / "朝阳支行" / "M01.xlsx"
    target = branch.folder / "saved"
    command = [str(SOFFICE), f"-env:UserInstallation=file://{branch.folder}/profile", "--headless", "--convert-to"]
    subprocess.run([*command, "xlsx", "--outdir", target, source], check=True, capture_output=True, timeout=120)
    done = branch.record(target / "M01.xlsx")
    assert done.returncode == 0, done.stderr
    assert "no result to record" in done.stdout


def test_the_same_again_changes_nothing(branch: Branch) -> None:
    """The same file, in another order or form, changes no byte; a fuller one adds what is new."""
    first = branch.results(said("G1", "reached"), said("G2", "no_answer", obstacle="忙"))
    assert branch.record(first).returncode == 0
    before = {path: path.read_bytes() for path in branch.out.glob("*.csv")}
    again = branch.record(branch.results(said("G2", "no_answer", obstacle="忙"), said("G1", "reached"), name="again.csv"))
    assert "already recorded: 2 results, nothing new\n" in again.stdout
    assert before == {path: path.read_bytes() for path in branch.out.glob("*.csv")}
    more = branch.record(branch.results(said("G1", "reached"), said("G2", "no_answer", obstacle="忙"), said("G3", "done"), name="more.csv"))
    assert "recorded 1 results: done 1; 2 were known already\n" in more.stdout
    assert [row["customer_id"] for row in branch.log()] == ["G1", "G2", "G3"]


def test_a_refusal_bars_its_way_for_ever(branch: Branch) -> None:
    """Who refused a call is not called again, not even as a service; messages still go out. Who opted out gets no message again."""
    done = branch.record(branch.results(said("G1", "refused"), said("M2", "opt_out", *sms_of(branch, "M2"))))
    assert done.returncode == 0, done.stderr
    assert [tuple(row.values()) for row in branch.barred()] == [
        *((one, "", channel, ON) for one, channel in (("G1", "calls"), ("M2", "sms"))),
        *(("", PEOPLE[one]["mobile"], channel, ON) for one, channel in (("G1", "calls"), ("M2", "sms"))),
    ]
    reasons = reasons_of(branch.export("2016-02-29", allow_old_run=True))
    assert {reason for (one, action), reason in reasons.items() if one == "G1" and action.startswith("G-CALL")} <= {"do_not_contact"}
    assert {reason for (one, action), reason in reasons.items() if one == "M2" and "-SMS-" in action} == {"do_not_contact"}
    assert "do_not_contact" not in {reason for (one, action), reason in reasons.items() if one == "G1" and "-SMS-" in action}


def sms_of(branch: Branch, customer_id: str) -> tuple[str, str]:
    """Return action and channel of a customer's message."""
    row = next(row for row in read_rows(branch.out / ON / "sms.csv") if customer_id in row["customer_id"].split("|"))
    return row["action"], "sms"


def test_who_was_spoken_to_is_counted_apart_from_what_was_delivered(branch: Branch) -> None:
    """A message that came to a phone is nobody who answered, whatever the answer: two figures in every file, and two on the terminal."""
    sent = [said("M1", "delivered", *sms_of(branch, "M1")), said("M2", "opt_out", *sms_of(branch, "M2"))]
    assert branch.record(branch.results(*sent, said("G1", "refused"), said("G2", "no_answer"))).returncode == 0
    done = vip("playbook", "results", branch.out, "--rules", RULES, "--lang", "zh")
    assert 0 == done.returncode, done.stderr
    assert {"已送达", "接通"} <= set(done.stdout.split())
    for file in ("results_by_manager.csv", "results.csv"):
        rows = read_rows(branch.out / file)
        assert [*rows[0]][-1] == "delivered"
        counted = {sms: [(int(row["reached"]), int(row["delivered"])) for row in rows if is_sms(row) == sms] for sms in (True, False)}
        assert ((0, 2), (1, 0)) == tuple(tuple(map(sum, zip(*counted[sms], strict=True))) for sms in (True, False))


def is_sms(row: Mapping[str, str]) -> bool:
    """Tell whether a row of results is about messages."""
    return row.get("channel", row.get("action", "")) == "sms" or "-SMS-" in row.get("action", "")


def test_a_wrong_number_is_barred_and_the_customer_is_not(branch: Branch) -> None:
    """A wrong number is neither called nor sent to again; with another number the customer is."""
    assert branch.record(branch.results(said("G1", "wrong_number"))).returncode == 0
    assert {(row["customer_id"], row["mobile"], row["channel"]) for row in branch.barred()} == {
        ("", "13800000001", "calls"),
        ("", "13800000001", "sms"),
    }
    reasons = reasons_of(branch.export(NEXT))
    assert {reason for (one, action), reason in reasons.items() if one == "G1" and "-SMS-" in action} == {"do_not_contact"}
    write_customers(branch.customers, {**PEOPLE, "G1": customer(99)})
    reasons = reasons_of(branch.export(NEXT, replace=True))
    assert "do_not_contact" not in {reason for (one, _), reason in reasons.items() if one == "G1"}


def test_bereavement_suspends_all_but_service(branch: Branch) -> None:
    """A death in the family that a caller was told of stops marketing for as long as one in the events file."""
    assert branch.record(branch.results(said("G1", "bereavement"))).returncode == 0
    reasons = reasons_of(branch.export(NEXT))
    assert {reason for (one, action), reason in reasons.items() if one == "G1" and "-SMS-" in action} == {"bereavement"}
    later = reasons_of(branch.export("2016-04-05", allow_old_run=True))
    assert "bereavement" not in {reason for (one, _), reason in later.items() if one == "G1"}


def test_no_answer_frees_the_event_for_one_more_call(branch: Branch) -> None:
    """Nobody answered: the event is told once more the next day, and not a third time, whatever comes of that."""
    assert branch.record(branch.results(said("G1", "no_answer"), said("G2", "reached"))).returncode == 0
    second = branch.export(NEXT)
    assert "G-CALL-1" in calls(second).get("G1", "")
    assert "G-CALL-1" not in calls(second).get("G2", "")
    assert branch.record(branch.results(said("G1", "no_answer"), name="second.csv"), on=NEXT).returncode == 0
    third = branch.export(THIRD)
    assert "G-CALL-1" not in calls(third).get("G1", "")
    assert reasons_of(third)["G1", "G-CALL-1"] == "already_contacted"


def test_a_row_for_several_customers_counts_for_each(branch: Branch) -> None:
    """A receipt of a message to a shared number is recorded for all who share it, and refuses for all of them."""
    action, _ = sms_of(branch, "SHARED-1")
    done = branch.record(branch.results(said("SHARED-1|SHARED-2", "opt_out", action, "sms")))
    assert done.returncode == 0, done.stderr
    assert ["SHARED-1", "SHARED-2"] == [row["customer_id"] for row in branch.log()]
    assert {row["customer_id"] or row["mobile"] for row in branch.barred()} == {"SHARED-1", "SHARED-2", PEOPLE["SHARED-1"]["mobile"]}


def test_private_clients_stay_private(branch: Branch) -> None:
    """Results of private clients lie in the private part alone, and bind the next private lists."""
    row = next(row for row in private_rows(branch.folder / "lists.private" / ON) if row["客户号"] == "P1")
    done = branch.record(branch.results(said("P1", "refused", row["事项"].split("|")[0], row["渠道"])))
    assert done.returncode == 0, done.stderr
    assert ([], ["P1"]) == (branch.log(), [one["customer_id"] for one in branch.log(private=True)])
    assert not branch.barred()
    branch.export(NEXT)
    reasons = reasons_of(branch.out / NEXT, branch.folder / "lists.private" / NEXT)
    assert "do_not_contact" in {reason for (one, _), reason in reasons.items() if one == "P1"}


BAD: dict[str, tuple[Sequence[dict[str, str]], str, str]] = {
    "nobody": ([said("G1", "reached"), said("NOBODY", "reached")], "row 3", "result-unlisted"),
    "another action": ([said("G1", "reached", "D-ALLOC")], "row 2", "result-unlisted"),
    "another channel": ([said("G1", "reached", channel="visits")], "row 2", "result-unlisted"),
    "one of several": ([said("G1|NOBODY", "reached")], "row 2", "result-unlisted"),
    "unknown result": ([said("G1", "perhaps")], "row 2, column result", "value-unknown"),
    "unknown channel": ([said("G1", "reached", channel="fax")], "row 2, column channel", "value-unknown"),
    "day before the export": ([said("G1", "reached", on="2016-01-04")], "row 2, column on", "day-range"),
    "day to come": ([said("G1", "reached", on="2099-01-01")], "row 2, column on", "day-range"),
    "no day": ([said("G1", "reached", on="yesterday")], "row 2, column on", "date-invalid"),
    "obstacle without a result": ([said("G1", "", obstacle="利率低")], "row 2, column result", "result-missing"),
    "wrong number of a visit": ([said("S1", "wrong_number", "S-POS", "visits")], "row 2", "result-channel"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_refuses_the_file_whole(name: str, branch: Branch) -> None:
    """One wrong row is exit 4, named by its row and rule without a value of it, and nothing of the file is recorded."""
    rows, place, rule = BAD[name]
    done = branch.record(branch.results(*rows))
    assert done.returncode == 4
    assert f"back.csv: {place}: " in done.stderr
    assert f"[{rule}]" in done.stderr
    assert "NOBODY" not in done.stderr
    assert not (branch.out / "contact_log.csv").exists()


def test_leading_zeros_that_were_lost_are_told() -> None:
    """A row whose id lost its leading zeros says so; one that is listed, and has another action, does not."""
    listed = pa.table({"customer_id": ["0012", "007", "7", "0"], "action": ["A"] * 4, "channel": ["calls"] * 4})
    ids = ["12", "012", "9", "7", "0012", "12|0012", "", "00"]
    rows = pa.table({"客户号": ids, "事项": ["A", "A", "A", "B", "A", "A", "A", "A"], "结果": ["reached"] * len(ids)})
    file = SideFile(
        "back.csv", tuple(rows.column_names), dict(enumerate(map(one_array, rows.columns))), np.arange(2, 10, dtype=np.int32), sha256=""
    )
    books = load(RULES).playbooks
    assert books is not None
    rules = with_list_headers(books.customers, books.headers)
    returned, _ = parse_returned(file, rules, ["calls"], day(ON), day(ON))
    _, problems = matched_in("back.csv", returned, listed_of([listed], ["calls"]), [books.channels["calls"]], "the lists")
    said = {one.row: "its id stands with leading zeros, which were lost here" in one.message for one in problems}
    assert {2: True, 3: True, 4: False, 5: False, 7: True, 8: False, 9: False} == said
    assert {"result-unlisted"} == {one.rule for one in problems}
    assert "12" not in "".join(one.message for one in problems)


def test_every_wrong_row_of_every_file_is_named(branch: Branch) -> None:
    """Files with mistakes are told together, each row of them."""
    first = branch.results(said("X1", "reached"), said("G1", "reached"), said("X2", "reached"), name="a.csv")
    second = branch.results(said("G1", "nothing"), name="b.csv")
    done = branch.record(first, second, branch.folder / "absent.csv")
    assert done.returncode == 4
    for place in ("a.csv: row 2", "a.csv: row 4", "b.csv: row 2", "absent.csv: cannot be found"):
        assert place in done.stderr


def test_files_of_the_same_name_are_told_apart(branch: Branch) -> None:
    """Of two files with the same name messages show the paths as they were typed, of the others the names."""
    for place in ("a", "b"):
        (branch.folder / "ret" / place).mkdir(parents=True)
        branch.results(said("X1", "reached"), name=f"ret/{place}/calls.csv")
        with xlsxwriter.Workbook(branch.folder / "ret" / place / "lists.xlsx") as book:
            sheet = book.add_worksheet("电话")
            sheet.write_row(0, 0, ["客户号", "事项", "结果"])
            sheet.write_row(1, 0, ["X2", "G-CALL-1", "reached"])
    branch.results(said("X3", "reached"), name="ret/a/other.csv")

    def record(*files: str) -> subprocess.CompletedProcess[str]:
        return vip("playbook", "record", branch.out / ON, *files, "--rules", RULES, cwd=branch.folder)

    texts = record("ret/a/calls.csv", "ret/b/calls.csv", "ret/a/other.csv", "absent/calls.csv")
    workbooks = record("ret/a/lists.xlsx", "ret/b/lists.xlsx")
    assert (4, 4) == (texts.returncode, workbooks.returncode)
    for place in ("a", "b"):
        assert f"vip: ret/{place}/calls.csv: row 2: " in texts.stderr
        assert f"vip: ret/{place}/lists.xlsx [sheet 1]: row 2: " in workbooks.stderr
    assert "vip: other.csv: row 2: " in texts.stderr
    assert "vip: absent/calls.csv: cannot be found" in texts.stderr


def test_a_workbook_that_is_none_is_refused(branch: Branch) -> None:
    """A damaged workbook, one with a column without a header, and one whose ids Excel took for numbers are refused."""
    whole = branch.folder / "whole.xlsx"
    with xlsxwriter.Workbook(whole) as book:
        book.add_worksheet().write_row(0, 0, ["客户号", "事项", "结果"])
    broken = branch.folder / "broken.xlsx"
    broken.write_bytes(whole.read_bytes()[:-40])
    nameless = branch.folder / "nameless.xlsx"
    with xlsxwriter.Workbook(nameless) as book:
        sheet = book.add_worksheet("电话")
        sheet.write_row(0, 0, ["客户号", "事项", "结果", "", "备注"])
        sheet.write_row(1, 0, ["G1", "G-CALL-1", "reached", "?", ""])
    digits = branch.folder / "digits.xlsx"
    with xlsxwriter.Workbook(digits) as book:
        sheet = book.add_worksheet("电话")
        sheet.write_row(0, 0, ["客户号", "事项", "结果"])
        sheet.write_row(1, 0, [1234567890123456789, "G-CALL-1", "reached"])
    for file, message in (
        (broken, "broken.xlsx: is not a whole workbook"),
        (nameless, "nameless.xlsx [sheet 1]: row 2: column 4 has no header, and this row fills it"),
        (digits, "digits.xlsx [sheet 1]: row 2"),
    ):
        done = branch.record(file)
        assert (4, True) == (done.returncode, message in done.stderr), done.stderr


def test_dates_and_numbers_of_a_workbook_are_read(branch: Branch) -> None:
    """A day that Excel keeps as a date, an id that it keeps as a number, and empty rows between are what they mean."""
    book_path = branch.folder / "typed.xlsx"
    with xlsxwriter.Workbook(book_path) as book:
        sheet = book.add_worksheet("电话")
        sheet.write_row(0, 0, ["customer_id", "action", "result", "on"])
        sheet.write_row(3, 0, ["G1", "G-CALL-1", "reached"])
        sheet.write_datetime(3, 3, dt.datetime(2016, 1, 6), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001 (Excel knows none)
    assert branch.record(book_path).returncode == 0
    assert [("G1", "2016-01-06", ON)] == [(row["customer_id"], row["date"], row["export"]) for row in branch.log()]


def test_a_log_that_was_cut_stops_everything(branch: Branch) -> None:
    """A contact log or do-not-contact list of ours that lost a row since an export used it stops the next export and record."""
    assert branch.record(branch.results(said("G1", "refused"), said("G2", "reached"))).returncode == 0
    branch.export(NEXT)
    for name in ("contact_log.csv", "do_not_contact.csv"):
        path = branch.out / name
        whole = path.read_bytes()
        for damaged in (None, whole[:-5], b"".join(whole.splitlines(keepends=True)[:-1]), whole.replace(b"G1", b"G9", 1)):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(
                DataError, match=f"lists/{name}: is (gone|older or was altered since the last record); refusals stand in it"
            ):
                branch.export(THIRD)
            more = branch.results(said("G3", "reached"), name="more.csv")
            with pytest.raises(DataError, match="memory-lost"):
                playbook_record(branch.out / ON, [more], rules=RULES)
            path.write_bytes(whole)
    branch.export(THIRD)


@pytest.mark.parametrize("place", ["switch:Switch.write 2", "switch:Switch.commit 0", "switch:_Change.make 3", "disk:sync 7"])
def test_a_signal_leaves_nothing_half_and_the_same_command_heals(branch: Branch, place: str) -> None:
    """SIGTERM while a record is written leaves all of it as it was, no staged list of ids too; the same again is as if nothing had been."""
    back = branch.results(said("G1", "refused"), said("G2", "wrong_number"), said("G3", "reached"))
    name, after = place.split()
    room = "base" if name.startswith("disk") else "publishing"
    command = ("playbook", "record", branch.out / ON, back, "--rules", RULES)
    before = written(branch)
    done = vip_interrupted(f"vip_tiering.{room}.{name}", signal.SIGTERM, *command, cwd=branch.folder, after=int(after))
    assert (143, "", "", before) == (done.returncode, done.stdout, done.stderr, written(branch))
    other = Branch(Path(shutil.copytree(branch.folder, branch.folder.with_name("other"), symlinks=True)))
    assert branch.record(back).returncode == 0
    playbook_record(other.out / ON, [back], rules=RULES)
    assert written(branch) == written(other)


def written(branch: Branch) -> dict[str, bytes]:
    """Return all files of both parts, hidden ones too."""
    roots = (branch.out, branch.folder / "lists.private")
    return {path.relative_to(branch.folder).as_posix(): path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}


def test_a_killed_write_leaves_the_file_as_it_was(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way changes nothing and leaves nothing behind; what a killed one left is swept by the next."""
    assert branch.record(branch.results(said("G1", "reached"))).returncode == 0
    before = (branch.out / "contact_log.csv").read_bytes()
    (branch.out / ".staging-contact_log.csv").write_bytes(b"half")
    monkeypatch.setattr(disk.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left"):
        playbook_record(branch.out / ON, [branch.results(said("G2", "reached"), name="b.csv")], rules=RULES)
    assert before == (branch.out / "contact_log.csv").read_bytes()
    assert not list(branch.out.glob(".staging-*"))


def test_dry_run_and_json(branch: Branch) -> None:
    """`--dry-run` writes nothing, `--json` is one document, `--quiet` prints nothing."""
    back = branch.results(said("G1", "refused"), said("G2", "reached"))
    dry = vip("playbook", "record", branch.out / ON, back, "--rules", RULES, "--dry-run")
    assert (0, True) == (dry.returncode, "dry run: nothing was written" in dry.stdout)
    assert not branch.log()
    done = vip("playbook", "record", branch.out / ON, back, "--rules", RULES, "--json")
    document: dict[str, Any] = json.loads(done.stdout)
    assert {"recorded": 2, "known": 0, "results": {"reached": 1, "refused": 1}, "barred": 2} == {
        key: value for key, value in document.items() if key != "files"
    }
    quiet = vip("playbook", "record", branch.out / ON, back, "--rules", RULES, "--quiet")
    assert (0, "", "") == (quiet.returncode, quiet.stdout, quiet.stderr)


def test_only_an_export_takes_results(branch: Branch) -> None:
    """A folder that is not an export is exit 4 and says what to name."""
    done = vip("playbook", "record", branch.run, branch.results(said("G1", "reached")), "--rules", RULES)
    assert (4, True) == (done.returncode, "name a folder such as lists/2016-01-05" in done.stderr)


def test_a_refusal_binds_whatever_day_somebody_wrote(branch: Branch) -> None:
    """A day of a contact that is years ahead of the next list puts off no refusal and no bereavement; `--on` must be a day that can be."""
    late = {"on": "2020-01-05"}
    assert branch.record(branch.results(said("G1", "refused", **late), said("G2", "bereavement", **late))).returncode == 0
    reasons = reasons_of(branch.export(NEXT))
    assert {reason for (one, action), reason in reasons.items() if one == "G1" and action.startswith("G-CALL")} <= {"do_not_contact"}
    assert {reason for (one, action), reason in reasons.items() if one == "G2" and "-SMS-" in action} == {"bereavement"}
    for text in ("2016-01-04", "2099-01-01"):
        done = vip("playbook", "record", branch.out / ON, branch.results(said("G3", "reached")), "--rules", RULES, "--on", text)
        assert (2, True) == (done.returncode, "--on: must be a day from 2016-01-05" in done.stderr)


def test_a_log_that_was_edited_stops_the_next_export(branch: Branch) -> None:
    """A log that Excel saved, that lost a line, or that somebody removed after the last record stops the next export at once."""
    assert branch.record(branch.results(said("G1", "refused"), said("G2", "bereavement"), said("G3", "wrong_number"))).returncode == 0
    for name in ("contact_log.csv", "do_not_contact.csv"):
        path = branch.out / name
        whole = path.read_bytes()
        strange = {
            "contact_log.csv": (
                b"G9,calls,G-CALL-1,12.1.2016,reached,,,,2016-01-05\n",
                b"G9,calls,G-CALL-1,2016-01-05,perhaps,,,,2016-01-05\n",
            ),
            "do_not_contact.csv": (b"G9,,calls,2016-13-45\n", b"G9,,fax,2016-01-05\n", b",,calls,2016-01-05\n"),
        }[name]
        shorter = b"".join(whole.splitlines(keepends=True)[:-1])
        for damaged in (None, whole.replace(b"2016-01-05", b"2016/1/5"), shorter, *(whole + line for line in strange)):
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            with pytest.raises(DataError, match="memory-lost"):
                branch.export(NEXT)
            path.write_bytes(whole)
    branch.export(NEXT)


def test_what_was_said_last_counts(branch: Branch) -> None:
    """A correction back to what was said first is recorded; several results of one contact in one go stay as they are."""
    first, second = branch.results(said("G1", "reached"), name="a.csv"), branch.results(said("G1", "no_answer"), name="b.csv")
    for back in (first, second, first, first):
        assert branch.record(back).returncode == 0
    assert ["reached", "no_answer", "reached"] == [row["result"] for row in branch.log()]
    action, channel = sms_of(branch, "M2")
    receipts = branch.results(said("M2", "delivered", action, channel), said("M2", "opt_out", action, channel), name="c.csv")
    for _ in range(2):
        assert branch.record(receipts).returncode == 0
    assert ["delivered", "opt_out"] == [row["result"] for row in branch.log() if row["customer_id"] == "M2"]


def test_a_replaced_export_takes_results_and_a_copy_does_not(branch: Branch) -> None:
    """What came of lists that were replaced binds too; of a copy elsewhere no later export would know, so it is refused."""
    action, channel = sms_of(branch, "M1")
    branch.export(ON, only=("calls",), replace=True)
    old = branch.out / ".superseded" / f"{ON}-1"
    done = vip("playbook", "record", old, branch.results(said("M1", "opt_out", action, channel)), "--rules", RULES)
    assert done.returncode == 0, done.stderr
    assert ["M1"] == [row["customer_id"] for row in branch.barred() if row["customer_id"]]
    copy = branch.folder / "inbox" / ON
    shutil.copytree(branch.out / ON, copy)
    for arguments in ((), ("--private-out", branch.folder / "lists.private")):
        refused = vip("playbook", "record", copy, branch.results(said("G2", "refused"), name="b.csv"), "--rules", RULES, *arguments)
        assert (4, True) == (refused.returncode, "name it where it was made" in refused.stderr)
    link = branch.folder / "link"
    link.symlink_to(branch.out / ON)
    assert vip("playbook", "record", link, branch.results(said("G2", "refused"), name="b.csv"), "--rules", RULES).returncode == 0
    assert ["G2", "M1"] == sorted(row["customer_id"] for row in branch.barred() if row["customer_id"])


def test_lists_that_stand_already_are_named(branch: Branch) -> None:
    """A refusal that comes in while later lists stand that hold the customer says so."""
    write_events(branch.events, [("G1", "maturity", "", "2016-02-20", "又一个", "")])
    branch.export("2016-02-15", allow_old_run=True)
    done = branch.record(branch.results(said("G1", "refused")))
    assert "the lists of 2016-02-15 stand already and hold 1 of these customers" in done.stderr


@pytest.mark.parametrize("kind", ["merged", "empty", "far", "other"])
def test_workbooks_that_mislead_are_refused(kind: str, branch: Branch) -> None:
    """Merged results, a workbook in which nothing stands, a stray cell at the end of the sheet, and what is not a .xlsx are exit 4."""
    path = branch.folder / "odd.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("陈先生13800002416")
        if kind != "empty":
            sheet.write_row(0, 0, ["客户号", "事项", "结果"])
            sheet.write_row(1, 0, ["G1", "G-CALL-1", ""])
            sheet.write_row(2, 0, ["G2", "G-CALL-1", ""])
        if kind == "merged":
            sheet.merge_range(1, 2, 2, 2, "refused")
        if kind == "far":
            sheet.write(1_048_575, 16_383, "x")
    if kind == "other":
        shutil.make_archive(str(branch.folder / "odd"), "zip", branch.out / ON)
        (branch.folder / "odd.zip").rename(path)
    done = branch.record(path)
    rule = {"merged": "file-merged", "empty": "file-empty", "far": "file-too-large", "other": "file-damaged"}[kind]
    assert (4, True, False) == (done.returncode, f"[{rule}]" in done.stderr, "1380000" in done.stderr), done.stderr


_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
_TEXTS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</sst>'
_PART = "xl/worksheets/sheet1.xml"
_BLANKS = "".join(f'<row r="{row}">' + f'<c r="A{row}" s="1"/>' * 100 + "</row>" for row in range(1, 25_001))
BOMBS = {
    "blanks": {_PART: _SHEET.format(_BLANKS)},
    "large": {_PART: _SHEET.format(" " * (130 << 20))},
    "one long text": {
        _PART: _SHEET.format("".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 100_001))),
        "xl/sharedStrings.xml": _TEXTS.format(f"<si><t>{'备' * 32_000}</t></si>"),
    },
}
"""Workbooks of a few hundred KB that fill the memory: parts of a sound one and what stands in their place."""


@pytest.mark.parametrize("kind", BOMBS)
def test_workbooks_that_fill_the_memory_are_refused(kind: str, branch: Branch) -> None:
    """A small workbook of millions of blank cells, of a huge part, or in which all cells share a long text, is exit 4 before it is read."""
    sound = branch.folder / "sound.xlsx"
    with xlsxwriter.Workbook(sound) as book:
        book.add_worksheet().write_row(0, 0, ["客户号", "事项", "结果"])
    bomb = branch.folder / "bomb.xlsx"
    with zipfile.ZipFile(sound) as parts, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as altered:
        for part in {*parts.namelist(), *BOMBS[kind]}:
            altered.writestr(part, BOMBS[kind].get(part) or parts.read(part))
    assert bomb.stat().st_size < 3 << 20
    tracemalloc.start()
    with pytest.raises(DataError, match="file-too-large"):
        read_side_tables(bomb, 1 << 30, bomb.name, TableForm())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 << 20
    done = branch.record(bomb, "--max-bytes", "1G")
    assert (4, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr


@pytest.mark.parametrize(
    "cell",
    [
        't="e"><f>NA()</f><v>#N/A</v></c>',
        't="e"><v>#REF!</v></c>',
        "><f>A2</f></c>",
        '><f t="shared" si="0"/></c>',
        "><f>A2</f><v></v></c>",
    ],
)
def test_cells_that_nobody_can_read_are_refused(cell: str, branch: Branch) -> None:
    """A cell with an error, or with a formula that was never computed, is exit 4 with its place; an empty text of a formula is none."""
    path = branch.folder / "back.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["客户号", "事项", "结果"], ["G1", "G-CALL-1", "reached"], ["G2", "G-CALL-1"]]):
            sheet.write_row(number, 0, row)
        sheet.write_formula(2, 2, '=IF(A3="","x","")', None, "")
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as parts:
        xml = parts.read(name)
    computed = xml.replace(b'<c r="C3">', b'<c r="C3" t="str">')
    assert branch.record(altered(path, {name: computed}), "--dry-run").returncode == 0
    altered(path, {name: re.sub(rb'<c r="C3".*?</c>', f'<c r="C3" {cell}'.encode(), xml)})
    done = branch.record(path)
    assert (4, True, True) == (
        done.returncode,
        "back.xlsx [sheet 1]: row 3: cell C3 holds an error" in done.stderr,
        "[cell-unread]" in done.stderr,
    )
    assert not branch.log()


def test_different_results_of_one_contact_are_told(branch: Branch) -> None:
    """Two results of one day for one contact are both kept with a warning; on two days they are what happened."""
    twice = branch.record(branch.results(said("G1", "reached"), said("G2", "done"), said("G1", "no_answer")), "--dry-run")
    assert "a contact has different results of one day: all are kept, the last one counts, and a refusal stays" in twice.stderr
    rows = [said("G1", "no_answer") | {"on": ON}, said("G1", "reached") | {"on": NEXT}]
    assert "different results" not in branch.record(branch.results(*rows)).stderr


def test_the_export_of_the_day_once_more_says_that_results_came_in(branch: Branch) -> None:
    """After the first results of the day the same command is exit 5 and says that its lists stand; nothing needs to be done."""
    command = (branch.run, branch.customers, branch.out, "--events", branch.events)
    assert "already up to date" in export(*command).stdout
    assert branch.record(branch.results(said("G1", "reached"))).returncode == 0
    again = export(*command)
    assert (5, "") == (again.returncode, again.stdout)
    assert (
        f"vip: {branch.out}/{ON}: results were recorded since these lists were made; the lists that were handed out stand" in again.stderr
    )
    assert "--replace is only needed to make other lists of the day\n" in again.stderr
    assert "was made from other results and with other --only; --replace" in export(*command, "--only", "calls").stderr


def test_the_private_part_names_the_open_one(branch: Branch) -> None:
    """Results of private clients are recorded through the open folder, and whoever names the private one is told which that is."""
    place = branch.folder / "lists.private" / ON
    done = vip("playbook", "record", place, branch.results(said("G1", "reached")), "--rules", RULES)
    assert (4, True) == (done.returncode, f"is the private part of an export; name the open one, such as lists/{ON}" in done.stderr)


def test_nothing_is_published_into_a_published_folder(branch: Branch) -> None:
    """A report, or lists, cannot lie inside an export: it would no longer be intact."""
    done = vip("changes", "export", branch.run, "--customers", branch.customers, "--out", branch.out / ON, "--rules", RULES)
    assert (5, True) == (done.returncode, "is a published folder itself" in done.stderr)


def test_own_logs_are_not_given_twice(branch: Branch) -> None:
    """The files with results are read by themselves; as `--contact-log` or `--do-not-contact` they are a mistake of the command line."""
    assert branch.record(branch.results(said("G1", "refused"))).returncode == 0
    for option, name in (("--contact-log", "contact_log.csv"), ("--do-not-contact", "do_not_contact.csv")):
        done = export(branch.run, branch.customers, branch.out, option, branch.out / name, on=NEXT)
        assert (2, True) == (done.returncode, "is read by itself" in done.stderr)


def test_verify_goes_by_what_was_known_then(branch: Branch) -> None:
    """An export is sound by the results that it knew, and stays so when refusals come in after it."""
    assert branch.record(branch.results(said("G1", "no_answer"))).returncode == 0
    second = branch.export(NEXT)
    back = branch.results(said("G1", "refused"), name="late.csv")
    assert branch.record(back, on=NEXT).returncode == 0
    done = vip(
        "playbook", "verify", second, "--run", branch.run, "--customers", branch.customers, "--events", branch.events, "--rules", RULES
    )
    assert (0, True) == (done.returncode, "sound" in done.stdout), done.stderr


@pytest.mark.parametrize(
    ("obstacle", "shown"),
    [
        ("改打13800002416", "改打***"),
        ("打138 0000 2416找他女儿", "打***找他女儿"),
        ("座机010-8800－2416", "座机***"),
        ("１３８０００２４１６６", "***"),
        ("6217990001234567转走", "***转走"),
        ("电话-13800002416", "电话-***"),
        ("要100万，利率3.25%", "要100万，利率3.25%"),
        ("2016-01-05再打", "2016-01-05再打"),
    ],
)
def test_obstacles_take_no_number_along(obstacle: str, shown: str) -> None:
    """What goes to many says what stood in the way, without the phone or account number somebody wrote into it; days and amounts stay."""
    contacts = pd.DataFrame({"customer_id": ["A"], "action": ["G-CALL-1"], "branch": ["朝阳"], "manager": ["M01"]})
    log = pd.DataFrame({"customer_id": ["A"], "action": ["G-CALL-1"], "obstacle": [obstacle]})
    assert [shown] == obstacles_of(contacts, log)["obstacle"].tolist()
