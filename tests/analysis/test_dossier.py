"""`vip customers file`: the record of a customer holds exactly what small invented files say, and open files nothing of private clients."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given as hypothetically
from hypothesis import settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from tests.helpers import RULES, read_csv, vip
from tests.lists.exporting import CUSTOMER_HEADER, ON, customer, make_run, read_rows, write_events, write_rows
from tests.reports.test_change_report import files_of, sheets_of
from vip_tiering.analysis.explain import money_on, tier_explain
from vip_tiering.base.quarter import Period, Quarter
from vip_tiering.rules.load import load_rules
from vip_tiering.tiers.outlook import Horizon

GOLD, DIAMOND, PRIVATE, NONE = (600_000, 700_000), (2_000_000, 2_000_000), (9_000_000, 9_000_000), (5_000, 5_000)
PEOPLE: dict[str, dict[str, str]] = {
    "G1": customer(1, name="欧阳建国", points="1200", points_expire_on="2016-02-01", products_held="手机银行|credit_card|夜市贷"),
    "G2": customer(2, manager="M02", name="李雷"),
    "D1": customer(3, name="赵丽", gender="F", birthday="1976-02-29"),
    "P1": customer(4, name="钱多", gender=""),
    "N1": customer(5, name="孙小"),
    "X1": customer(6, name="吴无"),
    "F1": customer(7, name="周明", private_client="Y"),
}
AVERAGES = {"G1": GOLD, "G2": GOLD, "D1": DIAMOND, "P1": PRIVATE, "N1": NONE, "F1": (0, 600_000), "G3": GOLD}
EVENTS = [
    ("G1", "maturity", "", "2016-01-09", "三年定期", "50000.00"),
    ("G1", "maturity", "", "2015-12-01", "半年定期", "1.00"),
    ("G1", "family_event", "illness", "2015-12-20", "", ""),
    ("G1", "family_event", "wedding", "2015-01-20", "", ""),
    ("G2", "maturity", "", "2016-01-09", "三年定期", "7.00"),
    ("D1", "new_product", "", ON, "私银产品", ""),
    ("P1", "maturity", "", "2016-01-10", "五年定期", "90000.00"),
]
LOG = [("G1", "电话", "G-CALL-3", "2015-11-11", "已接通"), ("G2", "短信", "", "2015-11-12", "已送达"), ("G1", "短信", "", "2016-02-02", "")]
BARRED = [("G2", "", "电话", ""), ("X1", "", "all", "")]
NEXT = "2016-01-06"
NOBODY = "no customer in customers.csv has this manager; write the name as it stands there"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs, files, the lists of a day, and what came of two of them."""
    folder = tmp_path_factory.mktemp("records")
    make_run(folder / "out", AVERAGES)
    header = (*CUSTOMER_HEADER, "products_held")
    write_rows(
        folder / "customers.csv",
        header,
        [[{"customer_id": one, **cells}.get(name, "") for name in header] for one, cells in PEOPLE.items()],
    )
    write_events(folder / "events.csv", EVENTS)
    write_rows(folder / "log.csv", ("客户号", "渠道", "动作", "联系日期", "结果"), LOG)
    write_rows(folder / "barred.csv", ("customer_id", "mobile", "channel", "since"), BARRED)
    done = vip(
        "playbook", "export", folder / "out" / "2015Q4", "--customers", folder / "customers.csv", "--events", folder / "events.csv",
        "--on", ON, "--out", folder / "lists", "--rules", RULES,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    rows = [
        ("P1", "G-CALL-1", "appointments", "meeting_set", NEXT, "王经理", "", "带合同"),
        *[
            ("G1", row["action"], row["channel"], "refused", NEXT, "王经理", "嫌利率低", "明年再说")
            for row in listed(folder)
            if row["customer_id"] == "G1"
        ][:1],
    ]
    back = write_rows(folder / "back.csv", ("customer_id", "action", "channel", "result", "on", "by", "obstacle", "note"), rows)
    done = vip("playbook", "record", folder / "lists" / ON, back, "--rules", RULES)
    assert 0 == done.returncode, done.stderr
    return folder


def listed(home: Path) -> list[dict[str, str]]:
    """Return every contact that the export listed, with the part it stands in."""
    parts = [(part, home / name / ON / "contacts.csv") for part, name in (("open", "lists"), ("private", "lists.private"))]
    return [{**row, "part": part} for part, path in parts for row in read_rows(path)]


def files(home: Path) -> list[object]:
    """Return the options that name every file."""
    named = {
        "customers": "customers.csv",
        "events": "events.csv",
        "contact-log": "log.csv",
        "lists": "lists",
        "do-not-contact": "barred.csv",
    }
    return [word for option, name in named.items() for word in (f"--{option}", home / name)]


def record(home: Path, customer_id: str, *arguments: object, given: list[object] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `vip customers file` for a customer."""
    rules = () if "--rules" in arguments else ("--rules", RULES)
    asked = files(home) if given is None else given
    return vip("customers", "file", customer_id, home / "out" / "2015Q4", *asked, "--on", "2016-01-07", *rules, *arguments)


def document(home: Path, customer_id: str, *arguments: object) -> dict[str, Any]:
    """Return the record of a customer as `--json` gives it."""
    done = record(home, customer_id, "--json", *arguments)
    assert 0 == done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def workbooks(home: Path, out: Path, manager: str = "M01", *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `vip customers file --manager`."""
    run = home / "out" / "2015Q4"
    return vip(
        "customers", "file", run, *files(home), "--on", "2016-01-07", "--rules", RULES, "--manager", manager, "--out", out, *arguments
    )


def expected_contacts(home: Path, customer_id: str) -> list[tuple[str, ...]]:
    """Return date, channel, action, product, result, by, obstacle, note, source of each contact, from the files, in plain Python."""
    logs = [row for name in ("lists", "lists.private") if (path := home / name / "contact_log.csv").exists() for row in read_rows(path)]
    found = []
    for row in listed(home):
        if row["customer_id"] != customer_id:
            continue
        told = [one for one in logs if all(one[key] == row[key] for key in ("customer_id", "channel", "action")) and one["export"] == ON]
        for one in told or [{"date": ON, "result": "", "by": "", "obstacle": "", "note": ""}]:
            cells = (one["result"], one["by"], one["obstacle"], one["note"])
            found.append((one["date"], row["channel"], row["action"], row["product"], *cells, ON))
    words = {"电话": "calls", "短信": "sms", "已接通": "reached", "已送达": "delivered", "": ""}
    for one, channel, action, date, result in LOG:
        if one == customer_id and date <= "2016-01-07":
            found.append((date, words[channel], action, "", words[result], "", "", "", "contact log"))
    return sorted(found)


@pytest.mark.parametrize("customer_id", ["G1", "G2", "D1", "P1"])
def test_contacts_are_those_of_the_files(home: Path, customer_id: str) -> None:
    """Every contact that an export listed stands there once for each result, every one of the log too, the newest first; no later one."""
    names = ("date", "channel", "action", "product", "result", "by", "obstacle", "note", "source")
    contacts = document(home, customer_id)["contacts"]
    assert expected_contacts(home, customer_id) == sorted(tuple(one[name] for name in names) for one in contacts)
    dates = [one["date"] for one in contacts]
    assert (sorted(dates, reverse=True), True) == (dates, len(contacts) > 0)


def test_a_result_stands_with_its_obstacle_and_note(home: Path) -> None:
    """What a manager wrote down is read again by the next one."""
    one = document(home, "P1")["contacts"][0]
    assert (NEXT, "meeting_set", "王经理", "带合同", "五年定期", "2016-01-10") == tuple(
        one[name] for name in ("date", "result", "by", "note", "product", "event_date")
    )
    assert "五年定期" in one["what"]
    refused = [one for one in document(home, "G1")["contacts"] if one["result"] == "refused"]
    assert [("嫌利率低", "明年再说")] == [(one["obstacle"], one["note"]) for one in refused]


def test_what_lies_ahead(home: Path) -> None:
    """Maturities, points and birthdays from the day on, the soonest first; of family events those that a caller must know."""
    names = ("date", "event", "kind", "product", "amount", "points")
    assert [
        ("2015-12-20", "family_event", "illness", "", "", ""),
        ("2016-01-09", "maturity", "", "三年定期", "50000.00", ""),
        ("2016-02-01", "points_expire", "", "", "", "1200"),
        ("2016-06-15", "birthday", "", "", "", ""),
    ] == [tuple(one[name] for name in names) for one in document(home, "G1")["events"]]
    assert [("2016-02-29", "birthday")] == [(one["date"], one["event"]) for one in document(home, "D1")["events"]]


def test_tiers_are_those_of_explain(home: Path) -> None:
    """Tiers, quarters, change and outlook are word for word what `vip tier explain` says."""
    for one in ("G1", "P1", "F1", "N1"):
        explained = tier_explain(one, home / "out" / "2015Q4", rules=RULES).document
        found = document(home, one)
        assert explained == {name: found[name] for name in explained}
    assert ["2015Q3", "2015Q4"] == [one["quarter"] for one in document(home, "G1")["quarters"]]


def test_products_held_and_lacking(home: Path) -> None:
    """Codes and labels mean the same; a product that the rules do not know is held as it is called; an empty cell holds nothing."""
    one = document(home, "G1")
    assert ["手机银行", "信用卡", "夜市贷"] == one["products_held"]
    assert ["网上银行", "乐收银", "跨行资金归集", "理财超市操作", "生活缴费"] == one["products_lacking"]
    other = document(home, "G2")
    assert ([], 7) == (other["products_held"], len(other["products_lacking"]))


def test_who_is_private(home: Path) -> None:
    """By the tier, or by the customer file, as exports have it."""
    assert [False, False, True, True] == [document(home, one)["private"] for one in ("G1", "D1", "P1", "F1")]


def test_who_is_not_in_the_customer_file(home: Path) -> None:
    """The run alone is told, a warning says so, and what is not known is not said to be lacking."""
    done = record(home, "G3", "--json")
    found = json.loads(done.stdout)
    assert "warning: customers.csv: does not have this customer; are leading zeros lost?" in done.stderr
    assert ("客户", "unassigned", [], False, "gold") == tuple(
        found[name] for name in ("display_name", "manager", "products_lacking", "products_known", "tier")
    )


def test_an_old_number_is_the_same_customer(home: Path, tmp_path: Path) -> None:
    """Who was renumbered has one record, with contacts and events under both numbers (semantics 12.1)."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    with (rules / "extracts.yaml").open("a", encoding="utf-8") as file:
        file.write("\naliases: aliases.csv\n")
    (rules / "aliases.csv").write_text("old_id,new_id\nG1,NEW1\n", "utf-8")
    asked = [document(home, one, "--rules", rules) for one in ("G1", "NEW1")]
    plain = document(home, "G1")
    assert ("G1", None) == (asked[0]["renamed_from"], asked[1]["renamed_from"])
    for name in ("contacts", "events", "quarters", "products_held", "display_name"):
        assert plain[name] == asked[0][name] == asked[1][name]


def test_without_files_the_record_says_so(home: Path) -> None:
    """Only the customer file must be there; what may be forbidden besides is said, in the record and in a warning."""
    done = record(home, "G1", given=["--customers", home / "customers.csv"])
    assert (0, "warning: no --do-not-contact file: nobody is known to be on such a list\n") == (done.returncode, done.stderr)
    assert "contacts: none\n" in done.stdout
    assert "not looked at, because not given: do-not-contact list, events, contact log\n" in done.stdout
    assert "not looked at" not in record(home, "G1").stdout


def test_the_terminal_is_readable(home: Path) -> None:
    """80 columns, the name masked, no phone number, and everything that `--json` says of contacts and events."""
    done = record(home, "G1")
    assert max(wcswidth(line) for line in done.stdout.splitlines()) <= 80
    assert done.stdout.startswith("欧阳先生  朝阳支行 M01, risk rating C5 of 2015-06-01\n")
    assert set() == {word for word in ("建国", PEOPLE["G1"]["mobile"]) if word in done.stdout}
    for text in (
        "lacking  网上银行",
        "obstacle: 嫌利率低",
        "note: 明年再说",
        "by 王经理",
        "2016-01-09  maturity",
        "1,200 points",
        "50,000.00 yuan",
    ):
        assert text in done.stdout
    assert "private client: not for open files" in record(home, "P1").stdout


def test_the_id_is_read_from_standard_input(home: Path) -> None:
    """With - the id need not stand in the shell's history; and no message holds one that is not known."""
    command = [sys.executable, "-m", "vip_tiering", "customers", "file", "-", home / "out" / "2015Q4", *files(home), "--rules", RULES]
    done = subprocess.run([*command, "--on", "2016-01-07"], input="G1\n", capture_output=True, text=True, check=False)
    assert record(home, "G1").stdout == done.stdout
    unknown = record(home, "NOBODY-7")
    assert (4, "", False) == (unknown.returncode, unknown.stdout, "NOBODY-7" in unknown.stderr)
    assert "does not know this customer" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["G1"], "CUSTOMER RUN: name a customer and a run, or a run with --manager and --out"),
        (["G1", "RUN", "more"], "CUSTOMER RUN: name a customer and a run, or a run with --manager and --out"),
        (["G1", "RUN", "--manager", "M01", "--out", "x"], "RUN: with --manager name the run alone, without a CUSTOMER"),
        (["RUN", "--manager", "M01"], "--manager and --out belong together: the workbooks of a manager need a folder"),
        (["G1", "RUN", "--out", "x"], "--manager and --out belong together: the workbooks of a manager need a folder"),
        (["RUN", "--manager", "M09", "--out", "x"], f"--manager: {NOBODY}"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(home: Path, arguments: list[str], line: str, tmp_path: Path) -> None:
    """A command line that cannot be meant is exit code 2, with what would be right; nothing is written."""
    words = [home / "out" / "2015Q4" if one == "RUN" else one for one in arguments]
    done = vip("customers", "file", *words, "--customers", home / "customers.csv", "--rules", RULES, cwd=tmp_path)
    assert (2, f"vip: {line}\n", []) == (done.returncode, done.stderr, [*tmp_path.glob("[!.]*")])


@pytest.mark.parametrize(
    ("name", "right"), [("out", "lies among the runs"), ("lists", "holds the exports"), ("lists.private", "holds the exports")]
)
def test_records_have_a_folder_of_their_own(home: Path, name: str, right: str) -> None:
    """Records lie neither among runs nor among exports."""
    done = workbooks(home, home / name)
    assert (5, True) == (done.returncode, right in done.stderr)


def test_a_folder_without_exports_is_refused(home: Path, tmp_path: Path) -> None:
    """A wrong folder would mean that nobody was ever contacted."""
    (tmp_path / "empty").mkdir()
    for folder, right in ((tmp_path / "empty", "no export lies here"), (tmp_path / "nowhere", "there is no such folder")):
        done = record(home, "G1", given=["--customers", home / "customers.csv", "--lists", folder])
        assert (4, "", True) == (done.returncode, done.stdout, right in done.stderr)


# --- the workbook of a manager


@pytest.fixture(scope="module")
def written(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the workbooks of M01."""
    out = tmp_path_factory.mktemp("written") / "records"
    done = workbooks(home, out)
    assert (0, "warning: 2015Q4: customers of this manager whom it does not know: 1\n") == (done.returncode, done.stderr)
    assert f"{out}/M01-2016-01-07\n{out}.private/M01-2016-01-07\n" == done.stdout
    return out


def book(out: Path) -> dict[str, list[list[Any]]]:
    """Return the sheets of the one workbook below a folder."""
    [path] = out.rglob("*.xlsx")
    return sheets_of(path)


def test_open_workbooks_know_nothing_of_private_clients(home: Path, written: Path) -> None:
    """An open workbook holds neither a private client nor what only a private file of an export said; the private one holds both."""
    open_book, private_book = book(written), book(written.with_name("records.private"))
    assert [["D1"], ["G1"]] == [[row[2]] for row in open_book["目录"][2:]]
    assert ["P1", "D1", "F1"] == [row[2] for row in private_book["目录"][2:]]
    cells = {str(cell) for rows in open_book.values() for row in rows for cell in row}
    assert set() == {cell for cell in cells for secret in ("P1", "F1", "钱", "周", "五年定期") if secret in cell}
    hidden = [one for one in document(home, "D1")["contacts"] if one["hidden"]]
    assert hidden, "the export listed nothing for a private purpose, so that nothing is tested"
    assert {row["action"] for row in listed(home) if (row["customer_id"], row["part"]) == ("D1", "private")} == {
        one["action"] for one in hidden
    }

    def said(rows: list[list[Any]]) -> list[str]:
        start = next(number for number, row in enumerate(rows) if "D1" in str(row[0]))
        contacts = next(number for number in range(start, len(rows)) if str(rows[number][0]).startswith("联系"))
        end = next(number for number in range(contacts, len(rows)) if str(rows[number][0]).startswith("即将发生"))
        return [row[1] for row in rows[contacts + 2 : end] if row[0]]

    whole = [one["what"] for one in document(home, "D1")["contacts"]]
    assert sorted(whole) == sorted(said(private_book["档案"]))
    assert sorted(one["what"] for one in document(home, "D1")["contacts"] if not one["hidden"]) == sorted(said(open_book["档案"]))


def test_the_workbook_says_what_the_record_says(home: Path, written: Path) -> None:
    """The index and the block of a customer hold what `--json` says, in Chinese words."""
    sheets, found = book(written), document(home, "G1")
    _, header, *rows = sheets["目录"]
    line = dict(zip(header, rows[1], strict=True))
    assert ("欧阳先生", "G1", "金卡", float(found["daily_average"])) == tuple(line[name] for name in ("客户", "客户号", "层级", "日均"))
    assert ("、".join(found["products_lacking"]), found["contacts"][0]["date"]) == (line["尚无的产品"], line["上次联系"])
    assert ("嫌利率低", "家庭事件：重病", "2015-12-20") == (line["阻碍"], line["下一事件"], line["事件日期"])
    rows = sheets["档案"]
    start = next(number for number, row in enumerate(rows) if row[0] == "2　欧阳先生　金卡　G1")
    block = rows[start:]
    facts = {row[0]: row[1] for row in block[1:10]}
    assert ("手机银行、信用卡、夜市贷", "C5（2015-06-01 测评）") == (facts["持有产品"], facts["风险等级"])
    assert [["2015Q3", "金卡", "首次"], ["2015Q4", "金卡", "保持"]] == [row[:3] for row in block if str(row[0]).startswith("2015Q")]
    told = [row for row in block if row[3] == "拒绝"]
    assert [[NEXT, "嫌利率低", "明年再说", "王经理"]] == [[row[0], *row[4:7]] for row in told]
    assert ["2016-01-09", "到期", "三年定期", 50000.0] == next(row[:4] for row in block if row[1] == "到期")


def test_who_never_had_a_tier_has_no_record(home: Path, written: Path) -> None:
    """A customer below the lowest tier in every quarter is no 贵宾客户; asked for by name there is a record all the same."""
    assert "N1" not in {row[2] for rows in (book(written), book(written.with_name("records.private"))) for row in rows["目录"][1:]}
    assert "untiered" == document(home, "N1")["tier"]


def test_workbooks_are_published_like_lists(home: Path, written: Path) -> None:
    """0700 and 0600, verified, repeatable byte for byte, up to date a second time; another day's result needs --replace."""
    for out in (written, written.with_name("records.private")):
        folder = out / "M01-2016-01-07"
        assert f"{folder}: intact, 1 files, 2015Q4, records\n" == vip("verify", folder).stdout
        assert {(True, 0o700), (False, 0o600)} == {
            (path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))
        }
    before = files_of(written)
    again = workbooks(home, written)
    assert (2, before) == (again.stdout.count("already up to date"), files_of(written))
    assert workbooks(home, written.with_name("again")).returncode == 0
    assert {name: one for name, one in before.items() if name != ".vip.lock"} == {
        name: one for name, one in files_of(written.with_name("again")).items() if name != ".vip.lock"
    }


def test_a_new_result_makes_new_workbooks(home: Path, tmp_path: Path) -> None:
    """What stands there stays until --replace, and is kept then; the other manager's customers are in none of them."""
    shutil.copytree(home, tmp_path / "home")
    out = tmp_path / "records"
    assert 0 == workbooks(tmp_path / "home", out).returncode
    write_events(tmp_path / "home" / "events.csv", EVENTS[:1])
    refused = workbooks(tmp_path / "home", out)
    assert (5, True) == (refused.returncode, "stands there and was made from other" in refused.stderr)
    assert 0 == workbooks(tmp_path / "home", out, "M01", "--replace").returncode
    assert ["M01-2016-01-07-1"] == [path.name for path in (out / ".superseded").iterdir()]
    assert "G2" not in {row[2] for row in book(out / "M01-2016-01-07")["目录"]}
    other = workbooks(tmp_path / "home", out, "M02")
    assert (0, f"{out}/M02-2016-01-07\n") == (other.returncode, other.stdout)


def test_many_customers_are_told_as_each_alone(tmp_path: Path) -> None:
    """Beyond fifty customers the files of a run are read as a whole: each still has the record that he has alone."""
    names = [f"C{number:03}" for number in range(70)]
    make_run(tmp_path / "out", {one: (30_000 * (number % 3), 40_000 * (number % 5 + 1)) for number, one in enumerate(names)})
    header = (*CUSTOMER_HEADER, "products_held")
    people = {one: customer(number, name="王芳") for number, one in enumerate(names)}
    write_rows(
        tmp_path / "customers.csv",
        header,
        [[{"customer_id": one, **cells}.get(name, "") for name in header] for one, cells in people.items()],
    )
    run, asked = tmp_path / "out" / "2015Q4", ["--customers", tmp_path / "customers.csv", "--on", "2016-01-07", "--rules", RULES]
    done = vip("customers", "file", run, *asked, "--manager", "M01", "--out", tmp_path / "records")
    assert 0 == done.returncode, done.stderr
    _, header_row, *rows = book(tmp_path / "records")["目录"]
    for row in rows[::7]:
        line = dict(zip(header_row, row, strict=True))
        alone = json.loads(vip("customers", "file", line["客户号"], run, *asked, "--json").stdout)
        expected = (alone["tier_label"], float(alone["daily_average"]), float(alone["outlook"]["gap_to_next"]))
        assert expected == (line["层级"], line["日均"], line["按目前余额季末距上一级"])
    tiers = {row["customer_id"]: row["tier"] for row in read_csv(run / "tiers.csv")}
    assert {one for one, tier in tiers.items() if tier != "untiered"} == {row[2] for row in rows}


# --- the money of the day


AVERAGE = st.integers(0, 1_200_000_000)


def fen_days_with(so_far: int, balance: int, first: dt.date, day: dt.date, last: dt.date, more: int) -> int:
    """Return the fen-days at the end of a period, day by day: the balance stays, and from a day on it is more, or less."""
    days = [first + dt.timedelta(days=place) for place in range((last - first).days + 1)]
    return so_far + sum(balance + (more if one >= day else 0) for one in days)


@settings(deadline=None)
@hypothetically(AVERAGE, AVERAGE, st.integers(0, 91), st.sampled_from(["official", "provisional"]))
def test_the_money_of_a_day_is_exact(average: int, balance: int, place: int, status: str) -> None:
    """What comes on the day of the record reaches the tier and one fen less does not; what may go keeps it, and one fen more does not.

    Whichever day of the period it is, for the tier above, for the own one, and for what may be taken out.
    """
    run, row = run_of(status, average, balance)
    horizon = run.horizon
    first, last = dt.date.fromordinal(EPOCH + horizon.first), dt.date.fromordinal(EPOCH + horizon.last)
    day = first + dt.timedelta(days=place)
    money = money_on(row, run, day)
    if day > last:
        assert money is None
        return
    assert (str(day), (last - day).days + 1) == (money["day"], money["days_left"])
    so_far = int(row["fen_days"]) if status == "provisional" else 0
    level = run.ladder.codes.index(row["tier"])

    def reaches(bound: int, more: int) -> bool:
        return Fraction(fen_days_with(so_far, balance, first, day, last, more), horizon.days) >= bound

    for name, of_level in (("for_next", level + 1), ("to_keep", level)):
        if not 0 < of_level < len(run.ladder.codes):
            assert money[name] is None
            continue
        bound, deposit = run.ladder.tiers[of_level - 1].min_fen, fen_of(money[name])
        assert reaches(bound, deposit)
        assert deposit == 0 or not reaches(bound, deposit - 1)
    if level:
        bound, gone = run.ladder.tiers[level - 1].min_fen, fen_of(money["cushion"])
        assert gone == 0 or reaches(bound, -gone)
        assert gone == balance or not reaches(bound, -gone - 1)


EPOCH = dt.date(1970, 1, 1).toordinal()


def fen_of(text: str) -> int:
    """Return an amount in fen."""
    return int(Decimal(text) * 100)


def run_of(status: str, average: int, balance: int) -> tuple[Any, dict[str, Any]]:
    """Return a run of 2015Q4, whole or up to 2015-11-13, as far as an outlook needs it, and the row of its one customer."""
    loaded = load_rules(RULES)
    as_of = dt.date(2015, 11, 13) if status == "provisional" else None
    period = Period.of(Quarter.of(dt.date(2015, 10, 1)), as_of)
    ladder = loaded.ladder(Quarter.of(dt.date(2015, 10, 1)))
    days = period.days
    level = sum(average >= tier.min_fen for tier in ladder.tiers)
    run = SimpleNamespace(ladder=ladder, horizon=Horizon.after(period), outlook_rule=None)
    return run, {"tier": ladder.codes[level], "fen_days": average * days, "closing_fen": balance}


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2016-01-07", "今天（1月7日）存入 {} 并保持到 3月31日，可达金钻"),
        ("2016-03-25", "今天（3月25日）存入 {} 并保持到 3月31日，可达金钻"),
        ("2016-03-31", "今天（3月31日）存入 {} 并保持到 3月31日，可达金钻"),
        ("2015-12-31", "12月31日早于展望期（2016-01-01 起），不推算存取金额"),
        ("2016-04-01", "展望期已于 2016-03-31 结束，不作推算，请看新一期结果"),
    ],
)
def test_the_page_names_the_day_of_its_money(home: Path, tmp_path: Path, on: str, said: str) -> None:
    """The amount on the page of a customer is that of the day of the record, which it names; outside of the period there is none."""
    given = files(home)[:2] + files(home)[-2:]
    done = vip(
        "customers", "file", home / "out" / "2015Q4", *given, "--on", on, "--rules", RULES, "--manager", "M01", "--out", tmp_path / "of"
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    alone = vip("customers", "file", "G1", home / "out" / "2015Q4", *given, "--on", on, "--rules", RULES, "--json")
    deposits = {one["day"]: one["for_next"] for one in json.loads(alone.stdout)["outlook"]["deposits"]}
    told = facts_of_page(book(tmp_path / "of")["档案"], "G1")["展望"]
    amount = f"{Decimal(deposits[on]):,}" if on in deposits else ""
    assert said.format(amount) in told
    assert (on in deposits) == ("存入" in told) == ("可转出" in told)


# --- what is forbidden, first of all


def facts_of_page(rows: list[list[Any]], customer_id: str) -> dict[str, str]:
    """Return the facts on the page of a customer, in their order."""
    start = next(number for number, row in enumerate(rows) if str(row[0]).endswith(f"　{customer_id}"))
    end = next(number for number in range(start, len(rows)) if str(rows[number][0]).startswith("层级"))
    return {row[0]: row[1] for row in rows[start + 1 : end]}


BOUND = {
    "OK": {"risk_rated_on": "2015-06-01"},
    "OLD": {"risk_rated_on": "2014-12-01"},
    "UNDATED": {"risk_rated_on": ""},
    "NO": {"consent_call": "N", "consent_sms": "N"},
    "ALL": {},
    "SAD": {},
    "TOLD": {},
    "ANGRY": {},
    "FROZEN": {"status": "冻结"},
}


@pytest.fixture(scope="module")
def bound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, str]]]:
    """Return a folder with customers for whom something is forbidden, and the facts on the page of each, on 2016-01-20."""
    folder = tmp_path_factory.mktemp("bound")
    make_run(folder / "out", dict.fromkeys(BOUND, (400_000, 485_000)))
    people = [customer(number, name="王芳") | cells for number, cells in enumerate(BOUND.values())]
    header = CUSTOMER_HEADER
    rows = [[{"customer_id": one, **cells}.get(name, "") for name in header] for one, cells in zip(BOUND, people, strict=True)]
    write_rows(folder / "customers.csv", header, rows)
    write_events(folder / "events.csv", [("SAD", "family_event", "bereavement", "2016-01-02", "", "")])
    log = [("TOLD", "电话", "", "2015-12-01", "丧事"), ("ANGRY", "电话", "", "2016-01-05", "投诉")]
    write_rows(folder / "log.csv", ("客户号", "渠道", "动作", "联系日期", "结果"), log)
    write_rows(folder / "barred.csv", ("customer_id", "mobile", "channel", "since"), [("ALL", "", "all", "")])
    given = [word for name in ("customers", "events") for word in (f"--{name}", folder / f"{name}.csv")]
    given += ["--contact-log", folder / "log.csv", "--do-not-contact", folder / "barred.csv"]
    asked = [*given, "--on", "2016-01-20", "--rules", RULES]
    done = vip("customers", "file", folder / "out" / "2015Q4", *asked, "--manager", "M01", "--out", folder / "records")
    assert 0 == done.returncode, done.stderr
    pages = book(folder / "records")["档案"]
    export = vip("playbook", "export", folder / "out" / "2015Q4", *asked, "--out", folder / "lists", "--allow-old-run")
    assert 0 == export.returncode, export.stderr
    return folder, {one: facts_of_page(pages, one) for one in BOUND}


def test_what_is_forbidden_stands_first(bound: tuple[Path, dict[str, dict[str, str]]]) -> None:
    """Under the name, before any figure: what may be offered, refused ways, until when nothing may be, and a rating that is too old."""
    _, facts = bound
    for one in BOUND:
        names = list(facts[one])
        assert ["可否营销", "谢绝方式"] == names[:2]
        assert names.index("风险等级") < names.index("本季层级")
    assert ("无", "C5（2015-06-01 测评）") == (facts["OK"]["谢绝方式"], facts["OK"]["风险等级"])
    assert "C5（2014-12-01 测评，2015-12-01 起已过期）" == facts["OLD"]["风险等级"]
    assert "C5（无测评日期，无效）" == facts["UNDATED"]["风险等级"]
    assert "短信、电话、约见（已拒绝营销）" == facts["NO"]["谢绝方式"]
    assert ("不得联系（在谢绝联系名单中）", "全部方式（在谢绝联系名单中）") == (facts["ALL"]["可否营销"], facts["ALL"]["谢绝方式"])
    assert "不得联系（客户状态异常或未成年）" == facts["FROZEN"]["可否营销"]
    assert ("仅服务，不得营销", "至 2016-04-01（含）只做服务，不得营销") == (facts["SAD"]["可否营销"], facts["SAD"]["家中丧事或重病"])
    assert "至 2016-02-29（含）只做服务，不得营销" == facts["TOLD"]["家中丧事或重病"]
    assert ("仅服务，不得营销", "至 2016-02-04（含）不得营销") == (facts["ANGRY"]["可否营销"], facts["ANGRY"]["近期投诉"])


def test_nobody_in_mourning_is_spoken_to_about_money(bound: tuple[Path, dict[str, dict[str, str]]]) -> None:
    """While somebody in the family died or is gravely ill, neither page nor index nor terminal tell how near the next tier is."""
    folder, facts = bound
    assert {"SAD", "TOLD"} == {one for one in BOUND if "展望" not in facts[one]}
    assert "临近升级" in facts["OK"]["展望"]
    _, header, *rows = book(folder / "records")["目录"]
    lines = {row[header.index("客户号")]: row for row in rows}
    told = {one: [lines[one][header.index(name)] for name in ("展望", "按目前余额季末距上一级")] for one in BOUND}
    assert (["", ""], ["", ""], "临近升级") == (told["SAD"], told["TOLD"], told["OK"][0])
    asked = ["--customers", folder / "customers.csv", "--events", folder / "events.csv", "--on", "2016-01-20", "--rules", RULES]
    shown = vip("customers", "file", "SAD", folder / "out" / "2015Q4", *asked).stdout
    assert "a death or grave illness in the family: service alone up to 2016-04-01" in shown
    assert "outlook" not in shown


def test_the_page_says_what_the_lists_of_the_day_say(bound: tuple[Path, dict[str, dict[str, str]]]) -> None:
    """Whoever stands in a list of the same day has there, word for word, what the page says of that channel."""
    folder, facts = bound
    labels = {one["code"]: one["label"] for one in yaml.safe_load((RULES / "channels.yaml").read_text("utf-8"))["channels"]}
    listed = 0
    for path in (folder / "lists" / "2016-01-20").rglob("*.csv"):
        rows = read_rows(path)
        if not rows or "may_market" not in rows[0] or path.stem not in labels:
            continue
        for row in rows:
            parts = [part.partition("：") for part in facts[row["customer_id"]]["可否营销"].split("；")]
            [said] = [text or ways for ways, _, text in parts if not text or labels[path.stem] in ways.split("、")]
            may = said.startswith(("可营销", "未测评或已过期"))
            assert (row["may_market"], row["max_risk"]) == ("Y" if may else "N", said.partition("至 ")[2] if may else "")
            listed += 1
    assert listed, "the lists of the day hold nobody, so that nothing is tested"


def test_pages_and_names_tell_customers_and_files_apart(written: Path) -> None:
    """Each customer begins on a page of his own, at a fixed scale; files are named by manager and day, private ones marked everywhere."""
    marks = {"records": "", "records.private": "私密"}
    for folder, mark in marks.items():
        [path] = written.with_name(folder).rglob("*.xlsx")
        assert "-".join(filter(None, ("维护档案", "M01", "2016-01-07", mark))) == path.stem
        rows = sheets_of(path)["档案"]
        with zipfile.ZipFile(path) as archive:
            index, pages = (archive.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2))
        begins = [number for number, row in enumerate(rows) if re.match(r"\d+　", str(row[0]))]
        assert begins[1:] == [int(one) for one in re.findall(r'<brk id="(\d+)"', pages)]
        assert ('orientation="landscape"' in pages, 'paperSize="9"' in pages, "fitToPage" in pages) == (True, True, False)
        below = [re.search("<oddFooter>.*?</oddFooter>", one).group() for one in (index, pages)]  # type: ignore[union-attr]
        assert [bool(mark)] * 3 == ["私密" in one for one in (sheets_of(path)["目录"][0][0], *below)]


def test_the_manifest_names_no_customer(written: Path) -> None:
    """What a manifest tells of the inputs is digests and counts."""
    for out in (written, written.with_name("records.private")):
        text = (out / "M01-2016-01-07" / "manifest.json").read_text("utf-8")
        assert set() == {one for one in PEOPLE if f'"{one}"' in text}
        assert not any(name in text for one in PEOPLE.values() if (name := one["name"]))


def test_the_rules_of_the_files_hold(home: Path, tmp_path: Path) -> None:
    """A file beside the run with a mistake is refused, with all others that have one; nothing is shown."""
    write_events(tmp_path / "events.csv", [("G1", "maturity", "", "2016-13-01", "", "")])
    with (tmp_path / "log.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("customer_id", "channel", "date"), ("G1", "pigeon", "2016-01-01")])
    given = ["--customers", home / "customers.csv", "--events", tmp_path / "events.csv", "--contact-log", tmp_path / "log.csv"]
    done = record(home, "G1", given=given)
    assert (4, "", 2) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert ("[date-invalid]" in done.stderr, "[value-unknown]" in done.stderr) == (True, True)
