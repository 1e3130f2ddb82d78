"""Folders of tables with a log, files without a header row, and files of which one lacks a column that the rules need."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.helpers import Row, rules_with, vip, write_csv, write_parquet
from vip_tiering import DataError, compute_tiers
from vip_tiering.tiers.checking.check import extract_check

DAY = dt.date(2015, 10, 1)
TODAY = dt.date(2016, 1, 4)
LOGS = {
    "_delta_log/00000000000000000000.json": "a Delta table",
    "metadata/v1.metadata.json": "an Iceberg table",
    "metadata/snap-1.json": "an Iceberg table",
    ".hoodie/hoodie.properties": "a Hudi table",
    "_spark_metadata/0": "the output of a Spark stream",
}


def lay_out(table: Path, log: str, data: str = "part-0.parquet") -> None:
    """Write a table: one file of data, and its log."""
    write_parquet(table / data, [Row(DAY, "C1", None, 100)])
    (table / log).parent.mkdir(parents=True)
    (table / log).write_text("{}")


def refusal(*arguments: Path) -> list[str]:
    """Return the lines with which a run is refused."""
    with pytest.raises(DataError) as refused:
        compute_tiers(list(arguments), "2015Q4", rules=rules_with(), as_of=DAY)
    return list(map(str, refused.value.problems))


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("place", ["table", "in/below/table"])
def test_table_with_a_log_is_refused_by_name(tmp_path: Path, log: str, place: str) -> None:
    """The folder is named, wherever it lies in the argument, and nothing else is said of its files."""
    lay_out(tmp_path / place, log)
    argument = tmp_path / place.partition("/")[0]
    line = f"{place}: holds {log.partition('/')[0]}"
    [told] = refusal(argument)
    assert (True, True, True) == (told.startswith(line), LOGS[log] in told, told.endswith("[folder-table]"))
    assert [told] == list(map(str, extract_check([str(argument)], TODAY).problems))


@pytest.mark.parametrize("log", [log for log in LOGS if log != "metadata/snap-1.json"])
def test_files_within_a_table_are_refused_too(tmp_path: Path, log: str) -> None:
    """Neither a file, nor a pattern, nor a folder of a partition is a way around the log."""
    lay_out(tmp_path / "table", log, "data/date=2015-10-01/part-0.parquet")
    for way in ("data/date=2015-10-01/part-0.parquet", "data/*/*.parquet", "data", "data/date=2015-10-01"):
        [told] = refusal(tmp_path / "table" / way)
        assert told.startswith("table: holds ")


def test_command_refuses_a_table_with_4(tmp_path: Path) -> None:
    """The command ends with 4 in one line and leaves nothing."""
    lay_out(tmp_path / "in", "_delta_log/00000000000000000000.json")
    done = vip("tier", "compute", "in", "--quarter", "2015Q4", "--as-of", DAY, "--out", "out", cwd=tmp_path)
    assert (4, 1, ["in"]) == (done.returncode, done.stderr.count("\n"), [path.name for path in tmp_path.iterdir()])


@pytest.mark.parametrize("other", ["metadata/readme.json", "_SUCCESS", "_delta_log_of_yesterday/0.json", "hoodie/x"])
def test_folders_that_are_no_table_pass(tmp_path: Path, other: str) -> None:
    """What lies beside the extracts and is no log changes nothing."""
    write_csv(tmp_path / "in" / "b_20151001.csv", [Row(DAY, "C1", None, 100)])
    (tmp_path / other).parent.mkdir(exist_ok=True)
    (tmp_path / other).write_text("{}")
    assert 1 == len(compute_tiers(tmp_path / "in", "2015Q4", rules=rules_with(), as_of=DAY).tiers)


@pytest.mark.parametrize("first", ["王小明,C1,5.00\n", "王小明,王小明,5.00\n", "C1,王小明\n", "张三\n"])
def test_first_row_that_is_data_is_not_shown(tmp_path: Path, first: str) -> None:
    """Where no cell of the first row is a known header there is no header row, and none of its cells is told."""
    (tmp_path / "b_20151001.csv").write_text(first * 3, encoding="utf-8")
    [line] = refusal(tmp_path)
    assert (True, True) == (line.startswith("b_20151001.csv: there is no header row: "), line.endswith("[header-missing]"))
    assert not [cell for cell in first.strip().split(",") if cell in line]


def test_header_row_with_a_known_header_names_the_others(tmp_path: Path) -> None:
    """A header row in which one header is known is one: the others are told, with what is near."""
    (tmp_path / "b_20151001.csv").write_text("customer_id,blance\nC1,5.00\n")
    [line] = refusal(tmp_path)
    assert "not recognised: blance; did you mean blance?" in line


@pytest.mark.parametrize("rejected", [False, True])
def test_check_of_a_file_without_the_product(tmp_path: Path, rejected: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """Where the rules name products and one of two files has no such column, the look says so in one line and goes on."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    (rules / "extracts.yaml").write_text("version: 1\nproduct: {include: [fund], exclude: [loan]}\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b_20151001.csv").write_text("customer_id,product,balance\nA,fund,5\nB,loan,3\n")
    (tmp_path / "in" / "b_20151002.csv").write_text(f"customer_id,balance\nA,{'x' if rejected else '5'}\n")
    result = extract_check([str(tmp_path / "in")], TODAY, quarter="2015Q4", as_of=dt.date(2015, 10, 2), rules=rules)
    expected = {"columns-differ": 1, **({"amount-text": 1} if rejected else {})}
    assert expected == {one["rule"]: one["count"] for one in result.document["problems"]}
