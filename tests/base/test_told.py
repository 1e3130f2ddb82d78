"""What people are told of problems: one cause in many files, or in many rows of one, is one line; nothing else is put together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import read_csv, rules_without_calendar, vip
from vip_tiering.base.errors import Problem, counted, told

COMPUTE = ("--quarter", "2015Q4", "--as-of", "2015-10-05", "--no-previous")


def problem(number: int, row: int | None = 2, message: str = "the balance is missing", column: str = "余额") -> Problem:
    """Return a problem of one file of a bank's quarter."""
    return Problem(f"core_{number:02}.csv", row, column, "amount-empty", message)


def shown(*problems: Problem | str) -> list[str]:
    """Return the lines that people see."""
    return [*map(str, told(problems)[0])]


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (4, "4 files: column 余额: the balance is missing: core_01.csv, core_02.csv, core_03.csv and 1 more [amount-empty]"),
        (92, "92 files: column 余额: the balance is missing: core_01.csv, core_02.csv, core_03.csv and 89 more [amount-empty]"),
    ],
)
def test_one_cause_in_many_files_is_one_line(files: int, line: str) -> None:
    """The line counts the files and names the first three, however many rows of each are like that, and stands where the first stood."""
    problems = [problem(number, row) for number in range(1, files + 1) for row in (2, 7)]
    assert [line, "what follows"] == shown(*problems, "what follows")


def test_few_files_are_told_one_by_one() -> None:
    """Of three files and of three rows of one file each problem is a line of its own, with its row, as it was found."""
    three = [problem(number) for number in (1, 2, 3)]
    rows_of_one = [problem(1, row) for row in (2, 3, 4)]
    for problems in (three, rows_of_one, [*three, *rows_of_one[1:]]):
        assert [*map(str, problems)] == shown(*problems)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (range(2, 6), "4 rows are like this: 2, 3, 4, 5"),
        (range(2, 22), "20 rows are like this: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21"),
        (range(2, 278), "276 rows are like this: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 and 256 more"),
    ],
)
def test_one_cause_in_many_rows_is_one_line(rows: range, named: str) -> None:
    """The line counts the rows and names the first twenty; another cause, and another file, keep lines of their own."""
    problems = [problem(1, row) for row in rows]
    others = [problem(2), problem(1, 3, "the balance is negative")]
    line = f"core_01.csv: row 2, column 余额: the balance is missing; {named} [amount-empty]"
    assert [line, *map(str, others)] == shown(problems[0], *others, *problems[1:])


def test_problems_without_a_row_are_not_put_together() -> None:
    """What is wrong with a file as a whole has no row, and is told as it was found, however often."""
    problems = [problem(1, None, column=f"余额{number}") for number in range(5)]
    assert [*map(str, problems)] == shown(*problems)


def test_causes_that_differ_are_not_put_together() -> None:
    """Another column or other words are another cause; lines without a file stay as they are, also where they are alike."""
    problems = [
        problem(1),
        problem(2, column="金额"),
        problem(3, message="the balance is negative"),
        problem(4),
        "again",
        "again",
        "again",
        "again",
    ]
    assert [*map(str, problems)] == shown(*problems)


@pytest.mark.parametrize("most", [0, 1, 2, 3, 50])
def test_what_is_cut_off_is_counted(most: int) -> None:
    """Every problem stands in a line that is shown, or in the count of the others."""
    many = [problem(number, row) for number in range(1, 6) for row in (2, 3)]
    single = [problem(9, row, "the balance is negative") for row in range(2, 5)]
    lines, left = told([*many, *single], most)
    assert len(lines) == min(most, 4)
    assert left == (13 if most == 0 else 3 - len(lines) + 1)


def deliver(folder: Path, days: int, cell: str) -> Path:
    """Write a file for each day, each with a sound row and two with this balance."""
    folder.mkdir()
    for day in range(1, days + 1):
        (folder / f"core_2015100{day}.csv").write_text(f"客户号,余额\nC1,1.00\nC2,{cell}\nC3,{cell}\n")
    return folder


def test_commands_tell_a_cause_of_many_files_once(tmp_path: Path) -> None:
    """`tier compute` and `extract check` say it in one line; the report for programs still counts every row and names places."""
    given = deliver(tmp_path / "in", 5, "n/a")
    rules = ("--rules", rules_without_calendar())
    line = (
        "vip: 5 files: column 余额: the balance is missing; write 0.00 for nothing: "
        "core_20151001.csv, core_20151002.csv, core_20151003.csv and 2 more [amount-empty]\n"
    )
    computed = vip("tier", "compute", given, *COMPUTE, "--out", tmp_path / "out", *rules)
    rest = "vip: rows rejected: 10, allowed: 0 (amount-empty 10); mend the extract, or allow them with --max-rejects\n"
    assert (4, line + rest) == (computed.returncode, computed.stderr)
    checked = vip("extract", "check", given, *COMPUTE[:4], "--json", *rules)
    assert (4, line) == (checked.returncode, checked.stderr)
    assert '"rule": "amount-empty",\n      "count": 10' in checked.stdout


def test_files_for_programs_keep_every_problem(tmp_path: Path) -> None:
    """`rejects.csv` has each rejected row with its file and its row, also where people see one line."""
    given = deliver(tmp_path / "in", 5, "n/a")
    done = vip(
        "tier", "compute", given, *COMPUTE, "--out", tmp_path / "out", "--max-rejects", "10", "--quiet", "--rules", rules_without_calendar()
    )
    assert done.returncode == 0, done.stderr
    rows = read_csv(tmp_path / "out" / "2015Q4-asof-20151005" / "rejects.csv")
    expected = [(f"core_2015100{day}.csv", str(row)) for day in range(1, 6) for row in (3, 4)]
    assert expected == [(row["file"], row["row"]) for row in rows]


def test_three_files_keep_their_rows(tmp_path: Path) -> None:
    """Where only three files are wrong, each row is told as it always was."""
    given = deliver(tmp_path / "in", 3, "n/a")
    for day in (4, 5):
        (given / f"core_2015100{day}.csv").write_text("客户号,余额\nC1,1.00\nC2,1.00\nC3,1.00\n")
    done = vip("tier", "compute", given, *COMPUTE, "--out", tmp_path / "out", "--rules", rules_without_calendar())
    assert (4, 6) == (done.returncode, done.stderr.count("the balance is missing"))
    assert "vip: core_20151002.csv: row 4, column 余额: the balance is missing; write 0.00 for nothing [amount-empty]\n" in done.stderr


def test_one_thing_is_counted_as_one() -> None:
    """A message says one row, and as many rows as there are otherwise, none included; thousands stand apart."""
    assert ["0 rows", "1 row", "2 rows", "1,200 rows"] == [counted(number, "row") for number in (0, 1, 2, 1200)]
