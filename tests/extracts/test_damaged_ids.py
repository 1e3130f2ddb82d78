"""Ids that lost their zeros, went through a spreadsheet, or are words for a total never become customers; odd ids that are sound do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import Row, days_between, rules_with, vip, write_csv
from vip_tiering import DataError, Rules, compute_tiers
from vip_tiering.extracts.ids import check_ids
from vip_tiering.extracts.rows import Broken
from vip_tiering.rules.extracts import parse_aliases
from vip_tiering.tiers.checking.check import extract_check

FIRST, SECOND, THIRD = days_between(dt.date(2015, 10, 1), dt.date(2015, 10, 3))
SOUND = ["0007", "C0012", "10086"]


def rule_of(text: str, role: str = "customer_id") -> str:
    """Return the rule that an id breaks among sound ones; "" for none."""
    broken = Broken(len(SOUND) + 1)
    check_ids(pa.array([*SOUND, text]), role, broken)
    if not broken.any():
        return ""
    assert [-1] * len(SOUND) == broken.rule[:-1].tolist(), "a sound id was rejected"
    return str(broken._rules[broken.rule[-1]])


@pytest.mark.parametrize(
    "text",
    [
        '="0007"', "=0007", '＝"0007"', '=T("0007")', "'0007", "’0007", "`0007", '"0007"', "7.0", "0007.00", "7.", "7,0", "7，0",
        "6.2E+18", "6.2e+18", "6.22202E18", "6,22E+18", "6E+18", "6,220,007", "6,220,007.00", "#N/A", "#NAME?", "########",
    ],
)  # fmt: skip
def test_id_of_a_spreadsheet_is_rejected(text: str) -> None:
    """Whatever a spreadsheet makes of an id is rejected, for customers and accounts, however the rest of the file looks."""
    assert ["id-spreadsheet"] * 2 == [rule_of(text, role) for role in ("customer_id", "account_id")]


@pytest.mark.parametrize("text", ["+7", "-0007", "@name", "-A7"])
def test_formula_is_no_customer(text: str) -> None:
    """An id that a spreadsheet would take for a formula is no customer; accounts stand in no list."""
    assert ("id-spreadsheet", "") == (rule_of(text), rule_of(text, "account_id"))


@pytest.mark.parametrize(
    "text",
    [
        "合计", "合　计", "合\u00a0计", "合计：", "总 计", "总\u2003计", "本页合计", "支行合计", "北京分行 0012 合计", "【合计】",
        "**合计**",
        "合计（元）", "合计100户", "合计/Total", "小计", "累计", "總計",
        "Total", "TOTALS", "sub-total", "Sub Total:", "SUBTOTAL", "Grand total",
        "grand_total", "Page Total", "Branch 0012 Total:", "Total: 100", "Total amount", "sum", "SUM:", "END", "*** EOF ***", "End of file",
    ],
)  # fmt: skip
def test_word_for_a_total_is_rejected(text: str) -> None:
    """A total is found in whatever form, with blanks and punctuation of any kind, alone and as an ending."""
    assert "id-total" == rule_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "总计划", "合计科技", "会计", "汇总表", "POSSUM", "checksum", "C0012SUM", "0012-SUM", "TOTAL1", "END1", "12END", "BLENDEND", "EOFX",
        "sumitomo", "THEODORE", "王总", "1E05", "12E45", "3E0012345", "C007.5", "A.1", "C-1", "1.2.3", "NA", "NULL", "-", "A'1", "C+",
    ],
)  # fmt: skip
def test_odd_id_that_is_sound_passes(text: str) -> None:
    """Neither letters that look like a total nor a dot, a dash or an E within an id make it one that is refused."""
    assert "" == rule_of(text)


@pytest.mark.parametrize("ids", [[""], ["", ""], ["", "合计"], ["7.0", ""], ["", "C7"], []])
def test_empty_ids_are_told_as_such(ids: list[str]) -> None:
    """A column that is empty, in part or throughout, is looked through like any other."""
    broken = Broken(len(ids))
    check_ids(pa.array(ids, pa.string()), "customer_id", broken)
    rules = {"": "id-empty", "合计": "id-total", "7.0": "id-spreadsheet", "C7": ""}
    told = [broken._rules[rule] if rule >= 0 else "" for rule in broken.rule.tolist()]
    assert [rules[one] for one in ids] == told


def test_total_is_found_wherever_it_stands(tmp_path: Path) -> None:
    """A total is refused in the middle of a file of any size, with its row, and not only among its last rows."""
    rows = [Row(FIRST, f"C{number:05d}", "1", 100) for number in range(1000)]
    rows.insert(500, Row(FIRST, "支行　合计", "1", 100_000))
    write_csv(tmp_path / "b_20151001.csv", rows)
    with pytest.raises(DataError, match=r"b_20151001.csv: row 502, column customer_id: .* \[id-total\]"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=FIRST)


@pytest.mark.parametrize(
    ("kind", "rule"), [(pa.string(), "id-spreadsheet"), (pa.float64(), "column-type"), (pa.decimal128(5, 1), "id-decimals")]
)
def test_parquet_is_no_way_around(tmp_path: Path, kind: pa.DataType, rule: str) -> None:
    """Ids that were numbers in a data frame are refused in Parquet too: as text with a point, as floats, as decimals that are not whole."""
    ids = pa.array(["7.0", "8.0"]) if kind == pa.string() else pa.array([Decimal("7.0"), Decimal("8.5")]).cast(kind)
    pq.write_table(pa.table({"customer_id": ids, "balance": pa.array([1, 2])}), tmp_path / "b_20151001.parquet")
    with pytest.raises(DataError, match=rf"\[{rule}\]"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=FIRST)


def write_days(folder: Path, ids: Mapping[dt.date, Sequence[str]]) -> Path:
    """Write one extract a day with these customers."""
    for day, customers in ids.items():
        write_csv(folder / f"b_{day:%Y%m%d}.csv", [Row(day, customer, None, 100) for customer in customers])
    return folder


@pytest.mark.parametrize(
    ("second", "row", "words"),
    [
        (["007", "8", "0010"], 3, "this id differs"),
        (["7", "08", "10"], 2, "2 ids, of which this is the first, differ"),
        (["8", "0007", "0010"], 2, "2 ids"),
        (["007", "08", "0010", "0A1", "A1"], 6, "this id differs"),
        (["007", "08", "0010", "00", "0"], 6, "this id differs"),
    ],
)
def test_lost_zeros_within_a_run_are_refused(tmp_path: Path, second: list[str], row: int, words: str) -> None:
    """Two ids of one run that are equal but for leading zeros stop it, with the place of the first that came later."""
    folder = write_days(tmp_path, {FIRST: ["007", "08", "0010"], SECOND: second, THIRD: ["007"]})
    place = f"b_20151002.csv: row {row}, column customer_id: {words}"
    with pytest.raises(DataError) as refused:
        compute_tiers(folder, "2015Q4", rules=rules_with(), as_of=THIRD)
    lines = [str(problem) for problem in refused.value.problems]
    assert (1, True, True) == (len(lines), lines[0].startswith(place), lines[0].endswith("[id-zeros]"))
    checked = extract_check([str(folder)], dt.date(2016, 1, 4), quarter="2015Q4", as_of=THIRD)
    assert lines == list(map(str, checked.problems))


def test_lost_zeros_within_a_day_and_a_file_of_several(tmp_path: Path) -> None:
    """It does not matter whether both stand on one day, in one file or in two."""
    write_csv(tmp_path / "all.csv", [Row(FIRST, "007", None, 1), Row(SECOND, "007", None, 1), Row(SECOND, "7", None, 1)])
    with pytest.raises(DataError, match=r"all.csv: row 4, column customer_id: this id differs .*\[id-zeros\]"):
        compute_tiers(tmp_path, "2015Q4", rules=rules_with(), as_of=SECOND)


@pytest.mark.parametrize("ids", [["007", "008", "070", "700"], ["7", "70", "070A", "A070"], ["0", "1", "01A"], ["100", "1000", "010"]])
def test_ids_that_only_look_alike_pass(tmp_path: Path, ids: list[str]) -> None:
    """Zeros at the end, within an id, and ids of other lengths are no lost zeros."""
    run = compute_tiers(write_days(tmp_path, dict.fromkeys((FIRST, SECOND), ids)), "2015Q4", rules=rules_with(), as_of=SECOND)
    assert sorted(ids) == run.tiers["customer_id"].tolist()


def with_aliases(text: str, **extracts: Any) -> Rules:
    """Return the rules with renumbered customers."""
    aliases, problems = parse_aliases(f"old_id,new_id\n{text}".encode(), "aliases.csv")
    assert [] == problems
    return replace(rules_with(**extracts), aliases=aliases)


def test_zeros_that_the_rules_explain_pass(tmp_path: Path) -> None:
    """Where leading zeros are significant, both are customers; where aliases join both, they are one."""
    folder = write_days(tmp_path, {FIRST: ["007", "8"], SECOND: ["7", "8"]})
    both = compute_tiers(folder, "2015Q4", rules=rules_with(leading_zeros="significant"), as_of=SECOND)
    assert ["007", "7", "8"] == both.tiers["customer_id"].tolist()
    one = compute_tiers(folder, "2015Q4", rules=with_aliases("007,7\n"), as_of=SECOND)
    assert (["7", "8"], [200, 200]) == (one.tiers["customer_id"].tolist(), one.tiers["fen_days"].tolist())
    with pytest.raises(DataError, match="id-zeros"):
        compute_tiers(folder, "2015Q4", rules=with_aliases("8,0007\n"), as_of=SECOND)


def test_lost_zeros_between_quarters_are_refused(tmp_path: Path) -> None:
    """A run is held against the one before: ids that lost or won zeros since would be a customer who left and one who came."""
    for quarter, first, last, ids in (("2015Q3", "07-01", "09-30", ("007", "0008")), ("2015Q4", "10-01", "12-31", ("7", "0008"))):
        days = days_between(dt.date.fromisoformat(f"2015-{first}"), dt.date.fromisoformat(f"2015-{last}"))
        write_csv(tmp_path / f"{quarter}.csv", [Row(day, customer, None, 100) for day in days for customer in ids])
    assert 0 == vip("tier", "compute", "2015Q3.csv", "--quarter", "2015Q3", "--out", "out", "--quiet", cwd=tmp_path).returncode
    refused = vip("tier", "compute", "2015Q4.csv", "--quarter", "2015Q4", "--out", "out", "--quiet", cwd=tmp_path)
    assert (4, "") == (refused.returncode, refused.stdout)
    assert refused.stderr.startswith(
        "vip: 2015Q4.csv: row 2, column customer_id: this id differs from those of 2015Q3 by leading zeros alone"
    )
    assert ["2015Q3"] == [path.name for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")]
    previous = tmp_path / "out" / "2015Q3"
    for rules in (rules_with(leading_zeros="significant"), with_aliases("007,7\n")):
        assert 2 == len(compute_tiers(tmp_path / "2015Q4.csv", "2015Q4", rules=rules, previous=previous).tiers)
