"""The table of bad inputs, each run by the command as a whole: the answer, and that nothing is shown or left behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.extracts.bad_inputs import accepted, of_files, of_rows, of_runs
from tests.extracts.bad_inputs.cases import (
    AMOUNT,
    CANARY,
    DAYS,
    HEADER,
    MIDDLE,
    RUN,
    Accepted,
    Case,
    arguments_of,
    check_refused,
    compute,
    good,
    good_line,
    lay_out,
    row,
)
from tests.helpers import vip

REFUSED = [*of_files.CASES, *of_rows.CASES, *of_runs.CASES]


@pytest.mark.parametrize("case", [case.parameter() for case in REFUSED])
def test_bad_input_is_answered(case: Case, tmp_path: Path) -> None:
    """The exit code is the documented one, the message names the place and the rule, and nothing is shown or left."""
    before = lay_out(tmp_path, case.change)
    check_refused(compute(tmp_path, arguments_of(case.options)), case.status, case.names)
    assert before == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("case", [case.parameter() for case in accepted.CASES])
def test_what_only_looks_bad_is_read_right(case: Accepted, tmp_path: Path) -> None:
    """The customers have the tiers and amounts of the sound extract but for what the case says; what is worth a word has one."""
    lay_out(tmp_path, case.change)
    result = compute(tmp_path, [*arguments_of(case.options), "--json"])
    assert 0 == result.returncode, result.stderr
    sound = {f"{CANARY}00{number}": good_line(number) for number in range(5)} | {line.split(",")[0]: line for line in case.lines}
    expected = [line for customer, line in sorted(sound.items()) if customer not in case.gone]
    assert expected == (tmp_path / "out" / RUN / "tiers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    warnings = result.stderr.splitlines()
    assert len(case.warnings) == len(warnings), warnings
    for words, warning in zip(case.warnings, warnings, strict=True):
        assert warning.startswith("warning: ")
        assert [] == [word for word in words if word not in warning], warning
    assert [] == [word for word in (CANARY, AMOUNT) if word in result.stderr]
    rows = json.loads(result.stdout)["rows"]
    assert dict(case.rows) == {name: rows[name] for name, _ in case.rows}


@pytest.mark.bad_input(29)
def test_pipe_is_refused(tmp_path: Path) -> None:
    """A pipe or a socket is refused at once; the command does not wait for it."""
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.csv")[-100:])
        for name in ("pipe.csv", "s.csv"):
            result = compute(tmp_path, [name, "--quarter", "2015Q4", "--out", "out"])
            assert 4 == result.returncode
            assert "file-kind" in result.stderr


def test_all_files_are_reported_at_once(tmp_path: Path) -> None:
    """Problems of several files come together, one line each, so that they are mended in one go."""
    files = good() | {"balances_20151001.csv": b"", MIDDLE: b"PK\x03\x04", "balances_20151003.csv": b"<html>\n"}
    (tmp_path / "extracts").mkdir()
    for name, content in files.items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = compute(tmp_path, arguments_of(()))
    assert ["file-empty", "file-excel", "file-html"] == [line.rsplit("[", 1)[1].rstrip("]") for line in result.stderr.splitlines()]


def test_many_problems_are_counted(tmp_path: Path) -> None:
    """Many rows that break one rule are one line, and each rule stands at the end with its number."""
    (tmp_path / "extracts").mkdir()
    for name, content in good().items():
        (tmp_path / "extracts" / name).write_bytes(content)
    (tmp_path / "extracts" / MIDDLE).write_text(HEADER + f"{CANARY},{DAYS[1]},1.234\n" * 500 + f"{CANARY},{DAYS[1]},x\n" * 7)
    lines = compute(tmp_path, arguments_of(())).stderr.splitlines()
    first, second, total = lines
    assert "row 2, column balance" in first
    assert "; 500 rows are like this: 2, 3, 4" in first
    assert "; 7 rows are like this: 502, 503, 504, 505, 506, 507, 508 [amount-text]" in second
    assert "rows rejected: 507, allowed: 0 (amount-decimals 500, amount-text 7)" in total


@pytest.mark.parametrize("limit", ["7", "50%"])
def test_rejects_within_the_limit(tmp_path: Path, limit: str) -> None:
    """Within the limit the run is published, the rejected rows count 0, and rejects.csv lists them by place and rule."""
    files = good()
    row(f"{CANARY}002,{DAYS[1]},x")(files)
    (tmp_path / "extracts").mkdir()
    for name, content in files.items():
        (tmp_path / "extracts" / name).write_bytes(content)
    result = compute(tmp_path, arguments_of(("--max-rejects", limit)))
    assert 0 == result.returncode, result.stderr
    assert "1 row of 1 customer was rejected and counts 0 on its day" in result.stderr
    rejects = (tmp_path / "out" / "2015Q4-asof-20151003" / "rejects.csv").read_text(encoding="utf-8-sig")
    assert f"file,row,column,rule\n{MIDDLE},4,balance,amount-text\n" == rejects
    assert CANARY not in result.stdout + result.stderr


def test_negative_balance_beside_a_wrong_one(tmp_path: Path) -> None:
    """A negative balance is sound, also where another row of its file is not."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,balance\nA,-5.00\nB,+5.00\nC,x\nD,--5\nE,-.5\n")
    result = compute(tmp_path, ["b_20151001.csv", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert ["row 4", "row 5"] == [line.split(": ")[2].split(",")[0] for line in result.stderr.splitlines() if "row " in line]


def test_mapped_header_means_one_thing(tmp_path: Path) -> None:
    """A usual header that the rules map to another column is not recognised for its usual meaning too."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    (tmp_path / "rules" / "extracts.yaml").write_text("version: 1\ncolumns: {account_id: 客户号}\n", encoding="utf-8")
    (tmp_path / "b_20151001.csv").write_text("客户编号,客户号,余额\nA,1,5.00\nA,2,7.00\n", encoding="utf-8")
    result = compute(tmp_path, ["b_20151001.csv", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert 0 == result.returncode, result.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "A,one,一,12.00,12.00,1" == tiers.splitlines()[1]


@pytest.mark.parametrize("folder", ["date=2015-10-01", "branch=x/dt=20151001", "dt=20151001/currency=CNY"])
def test_partitioned_folders_are_columns(tmp_path: Path, folder: str) -> None:
    """Folders `key=value` right above a file count as columns, wherever the extracts lie."""
    deep = tmp_path / "balance=5" / "in" / folder
    deep.mkdir(parents=True)
    (deep / "part-0.csv").write_text("customer_id,balance\nA,7.00\n")
    result = compute(tmp_path, ["balance=5/in", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert 0 == result.returncode, result.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "A,untiered,未达标,7.00,7.00,1" == tiers.splitlines()[1]


@pytest.mark.parametrize("split", [False, True])
def test_rejected_day_counts_nothing(tmp_path: Path, split: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """A day whose rows were all rejected was delivered and counts 0, whether it has a file of its own or not."""
    (tmp_path / "in").mkdir()
    lines = ["S1,2015-10-01,5\n", "S1,2015-10-02,bad\n"]
    for number, part in enumerate(lines if split else ["".join(lines)]):
        (tmp_path / "in" / f"{number}.csv").write_text(HEADER + part)
    result = compute(tmp_path, ["in", "--quarter", "2015Q4", "--as-of", "2015-10-02", "--max-rejects", "2", "--out", "out"])
    assert 0 == result.returncode, result.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151002" / "tiers.csv").read_text(encoding="utf-8-sig")
    assert "S1,untiered,未达标,2.50,0.00,1" == tiers.splitlines()[1]


def test_column_that_differs_from_its_folder_is_refused(tmp_path: Path) -> None:
    """A column that a folder key=value gives too must say the same."""
    (tmp_path / "in" / "date=2015-10-01").mkdir(parents=True)
    (tmp_path / "in" / "date=2015-10-01" / "a.csv").write_text(HEADER + "S1,2015-10-02,5\n")
    result = compute(tmp_path, ["in", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert 4 == result.returncode
    assert "date-differs" in result.stderr


def test_every_number_is_covered() -> None:
    """Every number of the list that concerns extracts, rules or the command has a test that carries it."""
    counted = subprocess.run(
        [sys.executable, Path(__file__).parents[1] / "count_bad_inputs.py"], capture_output=True, text=True, check=False, timeout=300
    )
    assert 0 == counted.returncode, counted.stdout + counted.stderr


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    """A file whose name is not UTF-8, as GBK names from an archive are, is refused by both commands, wherever in the path it stands."""
    sound = b"customer_id,balance\nA,1.00\n"
    names = [b"\xd3\xe0_20151001.csv", b"\xd3\xe0/b_20151001.csv"]
    for number, name in enumerate(names):
        folder = tmp_path / str(number)
        path = os.fsencode(folder) + b"/in/" + name
        os.makedirs(os.path.dirname(path))  # noqa: PTH103, PTH120 (paths as bytes)
        Path(os.fsdecode(path)).write_bytes(sound)
        options = ("--quarter", "2015Q4", "--as-of", "2015-10-01")
        for command in (("tier", "compute", "in", *options, "--out", "out"), ("extract", "check", "in", *options)):
            done = vip(*command, cwd=folder)
            assert 4 == done.returncode, done.stderr
            assert "the name is not UTF-8" in done.stderr
            assert "rename the file, or the folder [file-name]\n" in done.stderr
        assert not (folder / "out").exists()


def test_a_name_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    """A name for which no companion has room has none."""
    name = "额" * 80 + "_20151001.csv"
    (tmp_path / name).write_text("customer_id,balance\nA,1.00\n")
    assert len(name.encode()) > 255 - len(".sha256")
    assert 0 == compute(tmp_path, [name, "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"]).returncode


def test_marks_that_nobody_sees_split_no_customer(tmp_path: Path) -> None:
    """An id with marks of direction, as they come with a copied number, is the customer without them, and a warning counts it."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,account_id,balance\n\u202aB1\u202c,2,60000.00\n", "utf-8")
    (tmp_path / "a_20151001.csv").write_text("customer_id,account_id,balance\nB1,1,60000.00\n", "utf-8")
    done = compute(tmp_path, ["a_20151001.csv", "b_20151001.csv", "--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out"])
    assert (0, True) == (done.returncode, "1 id had blanks, full-width or invisible characters" in done.stderr), done.stderr
    tiers = (tmp_path / "out" / "2015Q4-asof-20151001" / "tiers.csv").read_text("utf-8-sig").splitlines()
    assert ["B1,silver"] == [",".join(line.split(",")[:2]) for line in tiers[1:]]
