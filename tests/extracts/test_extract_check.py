"""`vip extract check`: it finds what a computation would find, stops at nothing, and shows no customer's value."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.extracts.bad_inputs.cases import AMOUNT, CANARY, DAYS, HEADER, MIDDLE, Case, arguments_of, good, lay_out, rows
from tests.extracts.test_bad_inputs import REFUSED
from tests.helpers import Row, csv_text, days_between, vip, write_csv, write_parquet
from vip_tiering import RulesError, UsageError
from vip_tiering.tiers.checking.check import CheckResult, extract_check

TODAY = dt.date(2016, 1, 4)
QUARTER = days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))


def one_day(day: dt.date, customers: int = 10) -> list[Row]:
    """Return the rows of a day."""
    return [Row(day, f"C{number:04d}", f"A{number:04d}", 100 * number) for number in range(customers)]


def write_quarter(folder: Path, days: list[dt.date] = QUARTER, customers: int = 10) -> Path:
    """Write one sound file a day."""
    for day in days:
        write_csv(folder / f"balances_{day:%Y%m%d}.csv", one_day(day, customers))
    return folder


def check(*extracts: Path, **options: Any) -> CheckResult:
    """Look at extracts, with the packaged rules unless others are named."""
    return extract_check([str(one) for one in extracts], TODAY, **options)


def rules_of(result: CheckResult) -> dict[str, int]:
    """Return how many problems there are by rule."""
    return {one["rule"]: one["count"] for one in result.document["problems"]}


def file_of(result: CheckResult, name: str) -> dict[str, Any]:
    """Return the entry of a file."""
    return next(one for one in result.document["files"] if one["name"] == name)


def write_rules(folder: Path, extracts: str) -> Path:
    """Write a folder of rules."""
    folder.mkdir()
    (folder / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    (folder / "extracts.yaml").write_text(f"version: 1\n{extracts}\n", encoding="utf-8")
    return folder


def test_sound_quarter_is_ready(tmp_path: Path) -> None:
    """A whole quarter exits 0, says first that it is ready, and prints nothing on stderr."""
    result = vip("extract", "check", write_quarter(tmp_path / "in"), cwd=tmp_path, env={"COLUMNS": "80"})
    assert (0, "") == (result.returncode, result.stderr)
    lines = result.stdout.splitlines()
    assert "2015Q4: ready to be computed" == lines[0]
    assert "days       92 of 92 delivered" in lines
    assert "  92 files, csv, UTF-8, 2015-10-01 to 2015-12-31" in lines


def test_report_as_json(tmp_path: Path) -> None:
    """`--json` prints one document, also where a computation would stop; then the problems are on stderr and it exits 4."""
    write_quarter(tmp_path / "in", QUARTER[:-1])
    result = vip("extract", "check", "in", "--json", cwd=tmp_path)
    document = json.loads(result.stdout)
    assert (4, False, ["2015-12-31"]) == (result.returncode, document["ready"], document["days"]["missing"])
    assert "vip: quarter not complete yet: 2015-12-31; deliver that day, or accept it with --accept-missing 2015-12-31\n" == result.stderr


OPTIONS = {"--quarter", "--as-of", "--kind", "--out", "--whole"}
"""What a case may say for it to be looked at, too."""
SEEN = [case for case in REFUSED if case.status == 4 and {one for one in case.options if one.startswith("--")} <= OPTIONS]


@pytest.mark.parametrize("case", [case.parameter() for case in SEEN])
def test_look_finds_what_a_computation_finds(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stops a computation is a problem of the look too, in the same words, and no value is shown."""
    lay_out(tmp_path, case.change)
    monkeypatch.chdir(tmp_path)
    arguments = arguments_of(case.options)
    at = next(index for index, word in enumerate(arguments) if word.startswith("--"))
    given = dict(zip(arguments[at::2], arguments[at + 1 :: 2], strict=True))
    order: dict[str, Any] = {"kind": given.get("--kind")}
    if "--as-of" in given:
        order["as_of"] = dt.date.fromisoformat(given["--as-of"])
    result = check(*map(Path, arguments[:at]), quarter=given["--quarter"], **order)
    shown = "\n".join(map(str, result.problems))
    # Where a computation stops before it reads the rows, the look names the row as well.
    without_rows = re.sub(r" row \d+,", "", shown)
    assert [] == [name for name in case.names if name not in shown and name not in without_rows], shown
    everything = shown + json.dumps(result.document, ensure_ascii=False)
    assert [] == [word for word in (CANARY, AMOUNT) if word in everything], everything
    assert not result.document["ready"]


def test_refused_usage_and_rules(tmp_path: Path) -> None:
    """A quarter that has not begun and rules that are absent are refused as elsewhere."""
    with pytest.raises(UsageError, match="has not begun"):
        check(write_quarter(tmp_path / "in", QUARTER[:1]), quarter="2999Q1")
    with pytest.raises(RulesError, match="no such folder"):
        check(tmp_path / "in", rules=tmp_path / "none")


def test_unreadable_file_stops_nothing(tmp_path: Path) -> None:
    """Files that cannot be read are listed with their problem, and all the others are looked at to the last row."""
    write_quarter(tmp_path)
    (tmp_path / "balances_20151101.csv").write_bytes(b"PK\x03\x04")
    (tmp_path / "balances_20151102.csv").write_bytes(b"")
    (tmp_path / "balances_20151231.csv").write_text(HEADER + "A,2015-12-31,x\nB,2015-12-31,5.00\n")
    result = check(tmp_path, tmp_path / "absent.csv")
    assert {"file-absent": 1, "file-excel": 1, "file-empty": 1, "columns-differ": 1, "amount-text": 1, "other": 1} == rules_of(result)
    assert ["absent.csv", "balances_20151101.csv", "balances_20151102.csv"] == result.document["unread_files"]
    assert 90 == len(result.document["files"])
    assert 89 * 10 + 2 == result.document["rows"]["read"]
    assert ["2015-11-01", "2015-11-02"] == [one["day"] for one in result.document["days"]["filled"]]


def test_nothing_that_can_be_read(tmp_path: Path) -> None:
    """Where no file holds a day there is no quarter to speak of, and the report says why."""
    (tmp_path / "a.csv").write_bytes(b"")
    result = vip("extract", "check", tmp_path / "a.csv")
    assert 4 == result.returncode
    assert result.stdout.startswith("not ready, 1 problem\n")
    assert "vip: a.csv: the file is empty; was the transfer cut? [file-empty]\n" == result.stderr


def test_dates_at_the_end_of_time(tmp_path: Path) -> None:
    """A date that stands for "never" makes no quarter; alone it is a problem, among others it changes nothing."""
    (tmp_path / "never.csv").write_text("date,customer_id,account_id,balance\n9999-12-31,A,1,5.00\n")
    assert {"other": 1} == rules_of(check(tmp_path))
    result = check(write_quarter(tmp_path))
    assert ("2015Q4", True, ["9999-12-31"]) == (result.document["quarter"], result.document["ready"], result.document["days"]["outside"])


def test_columns_say_how_they_were_recognised(tmp_path: Path) -> None:
    """Columns are known by the rules, by a usual header, by a folder or by the file's name; other headers only as they may be shown."""
    rules = write_rules(tmp_path / "rules", "columns: {customer_id: 编号}\ndate_offset_days: -1")
    folder = tmp_path / "in" / "currency=CNY"
    folder.mkdir(parents=True)
    (folder / "b_20151002.csv").write_text("编号,余额,备注,13800000000\nA,5.00,x,y\n", encoding="utf-8")
    one = check(tmp_path / "in", rules=rules).document["files"][0]
    assert [
        {"role": "customer_id", "header": "编号", "by": "rules"},
        {"role": "currency", "header": "", "by": "folder"},
        {"role": "date", "header": "", "by": "name", "offset_days": -1},
        {"role": "balance", "header": "余额", "by": "usual"},
    ] == one["columns"]
    assert ["备注", "column 4"] == one["ignored_columns"]
    assert "2015-10-01" == one["first_day"]


def test_figures_of_a_file(tmp_path: Path) -> None:
    """A file of several days counts each customer once; repeated rows and conflicts are those of the file that brings them."""
    many = [row for day in QUARTER for row in one_day(day)]
    write_parquet(tmp_path / "all.parquet", [*many, many[0]])
    write_csv(tmp_path / "more.csv", [many[11], many[12]._replace(fen=7)])
    result = check(tmp_path)
    every, more = file_of(result, "all.parquet"), file_of(result, "more.csv")
    assert (921, 10, 92) == (every["rows"], every["customers"], every["days"])
    assert (2, 2, 1) == (more["rows"], more["customers"], more["conflicts"])
    assert {"duplicate-conflict": 1} == rules_of(result)
    assert (1, 1) == (every["duplicates"], result.document["rows"]["duplicates"])
    assert [{"day": "2015-10-02", "files": ["all.parquet", "more.csv"]}] == result.document["days"]["in_several_files"]


def test_repeated_rows_are_those_of_the_later_file(tmp_path: Path) -> None:
    """Of two files with the same row the second one repeats it."""
    write_quarter(tmp_path)
    write_csv(tmp_path / "more.csv", one_day(QUARTER[5], 3))
    result = check(tmp_path)
    assert (3, 0) == (file_of(result, "more.csv")["duplicates"], file_of(result, "balances_20151006.csv")["duplicates"])
    assert result.document["ready"]


def test_partial_day_is_noticed(tmp_path: Path) -> None:
    """A day with few rows is named, with its figures, and stops a computation; one with exactly 90 % of the usual rows is not."""
    write_quarter(tmp_path, customers=100)
    write_csv(tmp_path / "balances_20151105.csv", one_day(QUARTER[35], 80))
    write_csv(tmp_path / "balances_20151106.csv", one_day(QUARTER[36], 90))
    result = check(tmp_path)
    assert [{"day": "2015-11-05", "rows": 80, "median": 100}] == result.document["days"]["few_rows"]
    assert {"day-partial": 1} == rules_of(result)


def test_days_of_delivery_are_recognised(tmp_path: Path) -> None:
    """Files named from the quarter's second day to the first one after it suggest an offset, which then makes them ready."""
    for day in QUARTER:
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"b_{day + dt.timedelta(days=1):%Y%m%d}.csv").write_text("customer_id,balance\nA,5.00\n")
    shifted = check(tmp_path / "in")
    assert ("2015Q4", -1) == (shifted.document["quarter"], shifted.document["days"]["suggested_date_offset_days"])
    assert not shifted.document["ready"]
    mended = check(tmp_path / "in", rules=write_rules(tmp_path / "rules", "date_offset_days: -1"))
    assert (True, None) == (mended.document["ready"], mended.document["days"]["suggested_date_offset_days"])


def test_dates_in_columns_suggest_no_offset(tmp_path: Path) -> None:
    """An offset moves dates of names only, so that a column of dates suggests none."""
    write_quarter(tmp_path, [*QUARTER[1:], dt.date(2016, 1, 1)])
    assert check(tmp_path).document["days"]["suggested_date_offset_days"] is None


def test_what_is_odd_about_files_is_told(tmp_path: Path) -> None:
    """Copies, other encodings, names that say something else and ids that were tidied are told, and stop nothing."""
    write_quarter(tmp_path)
    text = csv_text(one_day(QUARTER[3])).replace(b"C0003", "C0003　".encode()).decode()
    (tmp_path / "balances_20151004.csv").write_bytes(text.encode("gb18030"))
    (tmp_path / "balances_20151005.csv").write_bytes(gzip.compress(csv_text(one_day(QUARTER[4]))))
    (tmp_path / "copy.csv").write_bytes((tmp_path / "balances_20151006.csv").read_bytes())
    result = vip("extract", "check", tmp_path, env={"COLUMNS": "200"})
    assert (0, "") == (result.returncode, result.stderr)
    for line in (
        "  copy.csv: a byte-identical copy of balances_20151006.csv, counted once",
        "  balances_20151004.csv: in GB18030, most are UTF-8",
        "  balances_20151005.csv: named like csv, is gzipped csv",
        "ids        1 had blanks, full-width or invisible characters, which are removed",
        "files      92 read, 1 copy not counted",
    ):
        assert line in result.stdout.splitlines()


def test_opening_and_days_outside(tmp_path: Path) -> None:
    """The day before the quarter that stands for its first day is not a stray one; older and younger days are not used."""
    write_quarter(tmp_path, [dt.date(2015, 9, 1), dt.date(2015, 9, 30), *QUARTER[2:], dt.date(2016, 1, 1)])
    days = check(tmp_path).document["days"]
    assert (["2015-09-30"], ["2015-09-01", "2016-01-01"]) == (days["opening"], days["outside"])
    assert ["2015-09-30", "2015-09-30"] == [one["stands"] for one in days["filled"]]


def test_changes_need_an_opening(tmp_path: Path) -> None:
    """With changes no day is missing; rows before the quarter are the opening, or `--opening zero` is said."""
    write_csv(tmp_path / "c.csv", [Row(QUARTER[4], "A", "1", 500)])
    assert {"other": 1} == rules_of(check(tmp_path, kind="changes"))
    result = check(tmp_path, kind="changes", opening_zero=True)
    assert (True, []) == (result.document["ready"], result.document["days"]["missing"])


def test_many_problems_stay_short(tmp_path: Path) -> None:
    """Of each rule the first places are named and the others counted, however many rows break it."""
    (tmp_path / "extracts").mkdir()
    for name, content in (good() | {MIDDLE: (HEADER + rows(DAYS[1], 500).replace(".50", ".505")).encode()}).items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = vip("extract", "check", "extracts", "--as-of", "2015-10-03", "--quarter", "2015Q4", cwd=tmp_path)
    lines = result.stderr.splitlines()
    assert (4, 4, "vip: ... and 497 more [amount-decimals]") == (result.returncode, len(lines), lines[-1])
    assert CANARY not in result.stdout + result.stderr


@pytest.mark.parametrize("columns", [80, 40])
def test_report_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    """With hundreds of files, Chinese headers and problems no line is wider than the terminal, and there are few."""
    folder = tmp_path / "in"
    folder.mkdir()
    for day in days_between(dt.date(2015, 3, 1), QUARTER[-2]):
        text = "客户号,账号,余额,备注\n" + "".join(f"C{number},A{number},{number}.00,正常\n" for number in range(5))
        (folder / f"余额_{day:%Y%m%d}.csv").write_bytes(text.encode("gb18030"))
    (folder / "余额_20151105.csv").write_bytes("客户号,账号,余额,备注\nC1,A1,5元,正常\n".encode("gb18030"))
    result = vip("extract", "check", "in", "--quarter", "2015Q4", cwd=tmp_path, env={"COLUMNS": str(columns), "NO_COLOR": "1"})
    lines = result.stdout.splitlines()
    assert max(sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in line) for line in lines) <= columns
    assert len(lines) < 60
    assert "\x1b" not in result.stdout
    assert "2015Q4: not ready, 2 problems" == lines[0]
