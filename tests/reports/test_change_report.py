"""`vip changes export`: every figure by a second way of counting, the order of the rows, and that it is whole, private and repeatable."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import stat
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from python_calamine import load_workbook

from tests.helpers import RULES, read_csv, vip
from tests.lists.exporting import write_rows
from vip_tiering import ProofError, compute_tiers, load_rules
from vip_tiering.base.schema import MIGRATION_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.playbooks.load import load
from vip_tiering.publishing.locks import locked
from vip_tiering.reports.changes.measure_tables import MEASURES_FOR_PROGRAMS
from vip_tiering.reports.changes.tables import ROWS_FOR_PROGRAMS
from vip_tiering.reports.figures.holders import parse_holders
from vip_tiering.reports.overview.words import TITLES
from vip_tiering.reports.report import ReportInputs, report_of
from vip_tiering.reports.words import CHANGES, HEADERS, LANGUAGES, OWN, PROSPECTS, ROWS, TEXTS
from vip_tiering.tiers.published.run_folder import read_run

SOFFICE = shutil.which("soffice")
ROOT = Path(__file__).parents[2]
LONG = "62220200001234567{:02}"
"""Ids of 19 digits."""
WORLD: dict[str, tuple[int, int, int | None, str, str]] = {
    # yuan in 2015Q3 and from 2015-10-01, on 2015-12-31 where it differs, branch, manager; 0: absent
    LONG.format(1): (9_000_000, 6_000_000, None, "城东支行", "张三"),
    LONG.format(2): (8_500_000, 7_000_000, 9_000_000, "城东支行", "张三"),
    LONG.format(3): (5_200_000, 1_500_000, None, "城西支行", "李四"),
    LONG.format(4): (600_000, 450_000, None, "城东支行", "张三"),
    LONG.format(5): (1_200_000, 150_000, 1_300_000, "城西支行", "李四"),
    LONG.format(6): (120_000, 90_000, 99_999, "城东支行", "王五"),
    LONG.format(7): (90_000, 110_000, None, "城东支行", "王五"),
    LONG.format(8): (90_000, 600_000, 20_000, "城西支行", ""),
    LONG.format(9): (15_000, 25_000, None, "", ""),
    LONG.format(10): (30_000, 10_000, None, "城东支行", "张三"),
    LONG.format(11): (30_000, 10_000, 20_000, "城西支行", "李四"),
    LONG.format(12): (700_000, 0, None, "城西支行", "李四"),
    LONG.format(13): (25_000, 0, None, "城东支行", "赵/六"),
    LONG.format(14): (0, 100_000, None, "城东支行", "赵/六"),
    LONG.format(15): (0, 10_000_000, None, "城东支行", "张三"),
    LONG.format(16): (200_000, 200_000, None, "城东支行", "张三"),
    LONG.format(17): (5_000, 5_000, None, "城东支行", "张三"),
    LONG.format(18): (0, 1_000, None, "城西支行", "李四"),
    LONG.format(19): (1_000, 0, None, "城西支行", "李四"),
    "0007": (600_000, 400_000, None, "城西支行", "李四"),
}
LATE = LONG.format(14)
"""Who comes on 2015-12-01 only."""
UNLISTED = LONG.format(11)
"""Who is not in the customer file."""
NAMES = {LONG.format(1): ("欧阳建国", "M"), LONG.format(2): ("王芳", "F"), LONG.format(3): ("李雷", ""), LONG.format(4): ("", "")}


def make_runs(out: Path, world: Mapping[str, tuple[int, int, int | None, str, str]] = WORLD) -> Path:
    """Compute 2014Q4, 2015Q3 and 2015Q4 and return the folder of 2015Q4."""
    rows: list[tuple[str, str, str]] = [("2014-09-30", "opening", "1.00"), ("2014-10-01", LONG.format(16), "100000.01")]
    for customer, (third, fourth, last, _, _) in world.items():
        if third:
            rows.append(("2015-07-01", customer, f"{third}.00"))
        rows.append(("2015-12-01" if customer == LATE else "2015-10-01", customer, f"{fourth}.37" if fourth else "0.00"))
        if last is not None:
            rows.append(("2015-12-31", customer, f"{last}.00"))
    path = write_rows(out.parent / "changes.csv", ("date", "customer_id", "balance"), rows)
    rules = load_rules(RULES)
    for quarter, previous in (("2014Q4", None), ("2015Q3", None), ("2015Q4", "2015Q3")):
        before = out / previous if previous else None
        compute_tiers(path, quarter, rules=rules, kind="changes", previous=before).write(out)
    return out / "2015Q4"


def write_people(path: Path) -> Path:
    """Write the customer file of the world."""
    rows = [
        (one, *NAMES.get(one, ("张小明", "M")), branch, manager)
        for one, (_, _, _, branch, manager) in WORLD.items()
        if one not in (UNLISTED, LATE)
    ]
    rows.append((LATE, "司马", "M", *WORLD[LATE][3:]))
    return write_rows(path, ("客户号", "姓名", "性别", "网点", "客户经理"), rows)


def export(run: Path, customers: Path, out: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `vip changes export` with the project's rules, unless `--rules` is among the arguments."""
    rules = () if "--rules" in arguments else ("--rules", RULES)
    return vip("changes", "export", run, "--customers", customers, "--out", out, *rules, *arguments)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs, a customer file, and the report of 2015Q4."""
    folder = tmp_path_factory.mktemp("home")
    make_runs(folder / "out")
    done = export(folder / "out" / "2015Q4", write_people(folder / "customers.csv"), folder / "reports")
    assert (0, "warning: customers.csv: 2 customers of the run are not in it; they are unassigned\n") == (done.returncode, done.stderr)
    return folder


@pytest.fixture(scope="module")
def report(home: Path) -> Path:
    """Return the report of 2015Q4."""
    return home / "reports" / "2015Q4"


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    """Return every sheet of a workbook as rows, by a reader that is not ours."""
    book = load_workbook(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# --- a second way of counting, in plain Python


TIERS = {one["code"]: Decimal(one["min"]) for one in yaml.safe_load((RULES / "tiers.yaml").read_text("utf-8"))["tiers"]}
LADDER = ["untiered", *TIERS]
LABELS = {one["code"]: one["label"] for one in yaml.safe_load((RULES / "tiers.yaml").read_text("utf-8"))["tiers"]} | {
    "untiered": "未达标",
    "absent": "无记录",
}
PRIVATE = ("private", "pre_private")


def tiers_of(run: Path) -> dict[str, dict[str, Any]]:
    """Return tiers.parquet of a run as customer -> row."""
    return {row["customer_id"]: row for row in pq.read_table(run / "tiers.parquet").to_pylist()}


def place_of(customer: str) -> tuple[str, str]:
    """Return branch and manager of a customer."""
    if customer in (UNLISTED, "opening"):
        return "未分配", "未分配"
    branch, manager = WORLD[customer][3:]
    return branch or "未分配", manager or "未分配"


def shown(customer: str) -> str:
    """Return how a customer is shown."""
    name, gender = ("司马", "M") if customer == LATE else NAMES.get(customer, ("张小明", "M"))
    if customer in (UNLISTED, "opening") or not name:
        return "客户"
    surname = "欧阳" if name.startswith("欧阳") else name[0]
    return surname + {"M": "先生", "F": "女士", "": "*"}[gender]


def expected_row(row: Mapping[str, str], days: int) -> list[Any]:
    """Return the row of a report for a row of the run's changes.csv."""
    now, before = row["to_tier"], row["from_tier"]
    level = {code: number for number, code in enumerate(LADDER)} | {"absent": -1}
    average, closing = Decimal(row["daily_average"]), Decimal(row["closing_balance"])
    higher = LADDER[level[now] + 1] if now != "absent" and level[now] + 1 < len(LADDER) else None
    clues = []
    if row["change"] in ("upgraded", "entered", "new"):
        clues.append("新资金" if closing >= TIERS[now] else "资金流出")
    else:
        clues.append("期末已回升" if closing >= TIERS[before] else "资金流出")
    if now != "absent" and int(row["days_held"]) < days:
        clues.append("仅部分天数")
    return [
        row["customer_id"],
        shown(row["customer_id"]),
        *place_of(row["customer_id"]),
        CHANGES[row["change"]][0],
        LABELS[before],
        LABELS[now],
        int(row["steps"]),
        Decimal(row["previous_daily_average"]),
        average,
        Decimal(row["difference"]),
        closing,
        int(row["days_held"]),
        TIERS[higher] - average if higher else None,
        TIERS[before] - average if row["change"] in ("downgraded", "lapsed") else None,
        "、".join(clues),
    ]


def expected_rows(run: Path) -> list[list[Any]]:
    """Return all rows in the order that the issue names."""

    def key(row: Mapping[str, str]) -> tuple[int, int, Decimal, str]:
        difference = Decimal(row["difference"])
        private = row["change"] == "downgraded" and row["from_tier"] in PRIVATE
        group = 0 if private else 1 + ["downgraded", "upgraded", "entered", "lapsed", "left", "new"].index(row["change"])
        first = -LADDER.index(row["from_tier"]) if private else 0
        return group, first, -difference if row["change"] in ("upgraded", "entered", "new") else difference, row["customer_id"]

    days = json.loads((run / "manifest.json").read_text("utf-8"))["quarter_days"]
    return [expected_row(row, days) for row in sorted(read_csv(run / "changes.csv"), key=key)]


def figures(values: Iterable[tuple[int, int]]) -> tuple[int, Decimal]:
    """Return customers and the sum of averages, rounded down, of (fen-days, days)."""
    found = list(values)
    whole = sum((Decimal(fen_days) / 100 / days for fen_days, days in found), Decimal())
    exact = Decimal(sum(fen_days for fen_days, _ in found)) / (found[0][1] if found else 1)
    assert abs(whole * 100 - exact) < 1
    return len(found), Decimal(int(exact.to_integral_value(ROUND_FLOOR))) / 100


def same(expected: Any, found: Any) -> bool:
    """Tell whether a cell of a workbook holds a value: texts as texts, numbers as numbers, exact to the cent."""
    if expected is None:
        return found == ""
    if isinstance(expected, str):
        return isinstance(found, str) and found == expected
    return isinstance(found, int | float) and Decimal(str(found)).quantize(Decimal("0.01")) == expected


def differences(expected: list[list[Any]], found: list[list[Any]]) -> list[tuple[Any, Any]]:
    """Return the cells that differ."""
    assert [len(row) for row in expected] == [len(row) for row in found]
    return [(a, b) for left, right in zip(expected, found, strict=True) for a, b in zip(left, right, strict=True) if not same(a, b)]


def test_every_column_of_every_row(home: Path, report: Path) -> None:
    """The sheet of all customers holds every column of the issue, exact, in its order; ids of 19 digits are text."""
    expected = expected_rows(home / "out" / "2015Q4")
    assert {pair for code, pair in CHANGES.items() if code != "held"} == {
        (row[4], en) for row in expected for zh, en in CHANGES.values() if zh == row[4]
    }
    head, *rows = sheets_of(report / "report.xlsx")["全部"]
    assert [
        "客户号", "客户", "支行", "客户经理", "变动", "上季层级", "本季层级", "级差", "上季日均", "本季日均", "差额", "期末余额",
        "持有天数", "本季日均距上一级", "低于原级差额", "线索",
    ] == head  # fmt: skip
    assert [] == differences(expected, rows)
    assert {"新资金", "资金流出", "期末已回升", "新资金、仅部分天数"} <= {row[-1] for row in rows}


def test_order_of_the_rows(report: Path) -> None:
    """Private clients who fell come first, then who else fell, rose, entered, lapsed, left, came; the largest amount first."""
    groups = ["down of private clients", "downgraded", "upgraded", "entered", "lapsed", "left", "new"]
    rows = read_csv(report / "changes.csv")
    kinds = [groups[0] if row["change"] == "downgraded" and row["from_tier"] in PRIVATE else row["change"] for row in rows]
    assert kinds == sorted(kinds, key=groups.index)
    assert [LONG.format(1), LONG.format(2), LONG.format(3), LONG.format(5), "0007", LONG.format(4)] == [
        row["customer_id"] for row in rows[:6]
    ]


def test_branches_and_managers_hold_the_same_rows(report: Path) -> None:
    """Each branch has a sheet and a CSV, each manager a workbook and a CSV; together they hold every row once, in the same order."""
    sheets = sheets_of(report / "report.xlsx")
    rows = sheets["全部"][1:]
    branches = list(dict.fromkeys(place_of(one)[0] for one in WORLD))
    assert {"汇总", "全部", "临界提升（按所需资金）", "可能降级（按所需资金）", *branches} == set(sheets)
    managers = {(row[2], row[3]) for row in rows}
    for branch in branches:
        assert [row for row in rows if row[2] == branch] == sheets[branch][1:]
    for branch, manager in managers:
        stem = report / "managers" / branch / manager.replace("/", "_")
        assert [row for row in rows if tuple(row[2:4]) == (branch, manager)] == sheets_of(stem.with_suffix(".xlsx"))["变动"][1:]
        written = [row["客户号"] for row in read_csv(stem.with_suffix(".csv"))]
        assert [row[0] for row in rows if tuple(row[2:4]) == (branch, manager)] == written
    found = sorted(path.relative_to(report).as_posix() for path in report.rglob("*.csv") if "/" in path.relative_to(report).as_posix())
    per = [f"managers/{branch}/{manager.replace('/', '_')}.csv" for branch, manager in managers]
    assert sorted([*(f"branches/{one}.csv" for one in branches), *per]) == found


def test_csv_for_programs(home: Path, report: Path) -> None:
    """changes.csv holds what the run says under the run's own names, yuan with two decimals, and nothing where nothing is meant."""
    rows = read_csv(report / "changes.csv")
    assert list(ROWS_FOR_PROGRAMS) == list(rows[0])
    by_id = {row["customer_id"]: row for row in read_csv(home / "out" / "2015Q4" / "changes.csv")}
    assert by_id == {row["customer_id"]: {name: row[name] for name in by_id[row["customer_id"]]} for row in rows}
    by_id = {row["customer_id"]: row for row in rows}
    late, fallen, gone = by_id[LATE], by_id[LONG.format(1)], by_id[LONG.format(12)]
    average = (Decimal("100000.37") * 31 / 92).quantize(Decimal("0.01"), ROUND_FLOOR)
    assert ("new", f"{average:.2f}", "31") == tuple(late[name] for name in ("change", "daily_average", "days_held"))
    assert (f"{TIERS['silver'] - average:.2f}", "", "new_money|partial_days") == tuple(late[name] for name in EXTRA)
    assert ("1999999.63", "1999999.63", "outflow") == tuple(fallen[name] for name in EXTRA)
    assert ("", "", "outflow") == tuple(gone[name] for name in EXTRA)
    assert ("unassigned", "") == (by_id[UNLISTED]["branch"], by_id[UNLISTED]["display_name"])


EXTRA = ("to_next_tier", "below_former_tier", "clues")
"""What a report adds to the columns of a run."""


def test_counts_and_sums_by_branch_and_manager(home: Path, report: Path) -> None:
    """Customers and sums of averages by branch and tier and by manager and tier, now and before, are those of the two runs."""
    for file, width in (("branch_tiers.csv", 1), ("manager_tiers.csv", 2)):
        sides: list[dict[tuple[str, ...], list[tuple[int, int]]]] = []
        for quarter in ("2015Q3", "2015Q4"):
            side = defaultdict(list)
            for customer, row in tiers_of(home / "out" / quarter).items():
                side[(*place_of(customer)[:width], row["tier"])].append((row["fen_days"], row["quarter_days"]))
            sides.append(side)
        expected = {key: (*figures(sides[0][key]), *figures(sides[1][key])) for key in {*sides[0], *sides[1]}}
        found = {}
        for row in read_csv(report / file):
            key = tuple(row[name].replace("unassigned", "未分配") for name in ("branch", "manager")[:width])
            values = (row["previous_customers"], row["previous_daily_average_sum"], row["customers"], row["daily_average_sum"])
            found[*key, row["tier"]] = (int(values[0]), Decimal(values[1]), int(values[2]), Decimal(values[3]))
            assert int(row["customers"]) - int(row["previous_customers"]) == int(row["customers_change"])
            each = Decimal(row["daily_average_sum"]) / int(row["customers"] or 0) if int(row["customers"]) else None
            assert (row["average_per_customer"] == "") == (each is None)
            assert each is None or 0 <= each - Decimal(row["average_per_customer"]) < Decimal("0.02")
        assert expected == found


def test_first_sheet(report: Path) -> None:
    """The first sheet tells the quarter, tiers, measures, the matrix, branches and managers, each under its title; amounts in 万元."""
    sheets = sheets_of(report / "report.xlsx")
    assert "汇总" == next(iter(sheets))
    first = [row[0] for row in sheets["汇总"]]
    whole = [TITLES[name][0] for name in ("tiers", "measures")]
    titles = [
        *whole,
        "层级迁徙：客户数",
        "支行 × 层级",
        "客户经理 × 层级",
        *(TEXTS[name][0] for name in ("growth_title", "customers_title")),
    ]
    assert titles == [one for one in first if one in titles]
    assert "2015Q4 客户层级变动报告" == first[0]
    at = first.index("层级迁徙：客户数") + 1
    head, matrix = sheets["汇总"][at], sheets["汇总"][at + 1 : at + 10]
    migration = {(row["from_tier"], row["to_tier"]): int(row["customers"]) for row in read_csv(report / "migration.csv")}
    codes = [*reversed(LADDER), "absent"]
    assert [LABELS[code] for code in codes] == head[1:9]
    for row, before in zip(matrix[:8], codes, strict=True):
        assert [LABELS[before], *(migration.get((before, now), "") for now in codes)] == row[:9]
    assert [sum(count for (_, to), count in migration.items() if to == now) for now in codes] == matrix[8][1:9]
    at, end = first.index("支行 × 层级") + 2, first.index("客户经理 × 层级") - 1
    shown = [(row[0].replace("未分配", "unassigned"), row[1], round(row[6] * 1_000_000)) for row in sheets["汇总"][at:end]]
    rows = [(row["branch"], row["tier"], int(Decimal(row["daily_average_sum"]) * 100)) for row in read_csv(report / "branch_tiers.csv")]
    assert [(branch, LABELS[tier], average) for branch, tier, average in rows] == [row for row in shown if row[1] != "合计"]


def test_measures(home: Path, report: Path) -> None:
    """The measures of the branch by a second count: growth against the quarter before and last year's Q4, customers from a tier up."""
    rows = {(row["measure"], row["branch"]): row for row in read_csv(report / "measures.csv")}
    assert list(MEASURES_FOR_PROGRAMS) == list(next(iter(rows.values())))
    runs = [tiers_of(home / "out" / quarter) for quarter in ("2015Q4", "2015Q3", "2014Q4")]
    sums = [figures((row["fen_days"], row["quarter_days"]) for row in run.values())[1] for run in runs]
    whole = rows["K-AUM", ""]
    assert [*map(Decimal, (whole["value"], whole["growth"], whole["last_year_growth"]))] == [sums[0], sums[0] - sums[1], sums[0] - sums[2]]
    for measure, tier in (("K-EFF", "effective"), ("K-PRI", "private")):
        for branch in ("", "城东支行", "城西支行", "unassigned"):
            place = branch.replace("unassigned", "未分配")
            here = [[row["tier"] for one, row in run.items() if not branch or place_of(one)[0] == place] for run in runs]
            counts = [sum(code in LADDER[LADDER.index(tier) :] for code in side) for side in here]
            row = rows[measure, branch]
            found = [row[name] for name in ("value", "previous", "last_year", "band")]
            assert [*map(str, counts), str(here[0].count(tier))] == found
    assert {("", "")} == {(row["quarter_target"], row["year_target"]) for row in rows.values()}


def test_targets(home: Path, tmp_path: Path) -> None:
    """A target is for a figure, a period and all or one branch; the share that is reached is rounded down."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "targets.yaml").read_text("utf-8").partition("# targets:")[0]
    text += """targets:
  - {id: K-AUM, quarter: 2015Q4, target: 3000000}
  - {id: K-AUM, year: 2015, target: 100000000}
  - {id: K-EFF, quarter: 2015Q4, branch: 城东支行, target: 7}
  - {id: K-EFF, quarter: 2016Q1, target: 9}
  - {id: K-PRI, year: 2015, branch: 城北支行, target: 2}
"""
    (rules / "targets.yaml").write_text(text, "utf-8")
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "reports", "--rules", rules, "--json")
    assert "warning: targets.yaml: no customer belongs to 城北支行, which has a target\n" in done.stderr
    rows = {(row["measure"], row["branch"]): row for row in read_csv(tmp_path / "reports" / "2015Q4" / "measures.csv")}
    whole, east = rows["K-AUM", ""], rows["K-EFF", "城东支行"]
    assert whole["quarter_target"] == "3000000.00"
    for name, growth, target in (("quarter", "growth", 3_000_000), ("year", "last_year_growth", 100_000_000)):
        tenths = (Decimal(whole[growth]) * 1000 / target).to_integral_value(ROUND_FLOOR)
        assert whole[f"{name}_reached"] == f"{tenths / 10:.1f}%"
    assert (east["quarter_target"], east["quarter_reached"]) == ("7", f"{int(east['value']) * 1000 // 7 / 10:.1f}%")
    assert rows["K-EFF", ""]["quarter_target"] == ""
    summary = sheets_of(tmp_path / "reports" / "2015Q4" / "report.xlsx")["汇总"]
    at = next(number for number, row in enumerate(summary) if row[0] == TITLES["measures"][0]) + 1
    reached = dict(zip(summary[at], summary[at + 1], strict=True))["季度完成率"]
    assert whole["quarter_reached"] == f"{round(reached * 1000) / 10:.1f}%"


def test_counts_add_up_and_are_proved(home: Path, report: Path) -> None:
    """Rows by kind of change are those of the run, and the manifest holds the proofs."""
    manifest, run = (json.loads((folder / "manifest.json").read_text("utf-8")) for folder in (report, home / "out" / "2015Q4"))
    counts = Counter(row["change"] for row in read_csv(report / "changes.csv"))
    assert {code: run["changes"][code] for code in CHANGES if code != "held"} == dict(counts) == manifest["changes"]
    assert {True} == {proof["holds"] for proof in manifest["proofs"]}
    assert len(manifest["proofs"]) > 30


def test_a_report_that_does_not_add_up_is_a_bug(home: Path) -> None:
    """Where the tiers are not those that the manifest counts, or a row is missing, nothing is made of them: exit code 1."""
    run = read_run(home / "out" / "2015Q4")
    rules = load(RULES)
    holders, _ = parse_holders(read_side_file(home / "customers.csv"), rules.customers)
    migration = csv_as_text(home / "out" / "2015Q4" / "migration.csv", MIGRATION_CSV)
    before = read_run(home / "out" / "2015Q3").frame()
    whole = ReportInputs(run, holders, rules, migration, before, None)
    assert report_of(whole).proofs
    for broken in (
        replace(whole, run=replace(run, tiers=run.tiers.slice(1))),
        replace(whole, run=replace(run, changes=run.changes.slice(1))),
        replace(whole, before=before.iloc[:-1]),
        replace(whole, migration=migration.slice(1)),
    ):
        with pytest.raises(ProofError) as raised:
            report_of(broken)
        assert (1, True) == (raised.value.status, str(raised.value).startswith("proof failed, nothing was published: "))


# --- published like a run


def test_the_folder_is_private_whole_and_repeatable(home: Path, report: Path, tmp_path: Path) -> None:
    """The same inputs give the same bytes, from a copy too; the same again changes nothing; folders are 0700 and files 0600."""
    shutil.copytree(home, tmp_path / "copy")
    again = export(tmp_path / "copy" / "out" / "2015Q4", tmp_path / "copy" / "customers.csv", tmp_path / "reports")
    assert (0, files_of(report)) == (again.returncode, files_of(tmp_path / "reports" / "2015Q4"))
    before = {path: path.stat().st_mtime_ns for path in report.rglob("*")}
    same_again = export(home / "out" / "2015Q4", home / "customers.csv", home / "reports")
    assert f"{report}: already up to date\n" == same_again.stdout
    assert before == {path: path.stat().st_mtime_ns for path in report.rglob("*")}
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in [report, *report.rglob("*")]}
    assert {(True, 0o700), (False, 0o600)} == modes
    verified = vip("verify", report)
    assert (0, f"{report}: intact, {len(files_of(report)) - 1} files, 2015Q4, report\n") == (verified.returncode, verified.stdout)


def test_another_report_stays_until_it_is_replaced(home: Path, tmp_path: Path) -> None:
    """Another language is another report: exit 5 says what differs, and --replace keeps the old one in .superseded."""
    run, customers, out = home / "out" / "2015Q4", home / "customers.csv", tmp_path / "reports"
    assert 0 == export(run, customers, out, "--quiet").returncode
    refused = export(run, customers, out, "--lang", "en")
    assert (5, "") == (refused.returncode, refused.stdout)
    assert f"vip: {out}/2015Q4: stands there and was made with other --lang; --replace moves it to .superseded\n" == refused.stderr
    assert 0 == export(run, customers, out, "--lang", "en", "--replace").returncode
    assert (out / ".superseded" / "2015Q4-1" / "report.xlsx").exists()


def test_nothing_but_a_report_is_replaced(home: Path, tmp_path: Path) -> None:
    """A report never takes the place of a run, even with --replace, nor stands inside one."""
    shutil.copytree(home / "out", tmp_path / "out")
    run = tmp_path / "out" / "2015Q4"
    before = files_of(run)
    for out, words in (
        (tmp_path / "out", "holds the run 2015Q4 itself; choose another --out"),
        (run, "lies inside the run 2015Q4; choose another --out"),
    ):
        done = export(run, home / "customers.csv", out, "--replace")
        assert (5, f"vip: {out}: {words}\n") == (done.returncode, done.stderr)
    shutil.copytree(home / "out", tmp_path / "others")
    done = export(run, home / "customers.csv", tmp_path / "others", "--replace")
    assert (5, f"vip: {tmp_path}/others/2015Q4: is not a report of changes; choose another --out\n") == (done.returncode, done.stderr)
    assert before == files_of(run)


def test_one_report_at_a_time(home: Path, tmp_path: Path) -> None:
    """While another run works on the folder, exit code 6."""
    with locked(tmp_path / "reports"):
        done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "reports")
    assert (6, "") == (done.returncode, done.stdout)


def test_dry_run_json_and_quiet(home: Path, report: Path, tmp_path: Path) -> None:
    """--dry-run writes nothing, --json prints the manifest with the folder, --quiet prints nothing."""
    run, customers, out = home / "out" / "2015Q4", home / "customers.csv", tmp_path / "reports"
    dry = export(run, customers, out, "--dry-run", "--json")
    document = json.loads(dry.stdout)
    written = json.loads((report / "manifest.json").read_text("utf-8"))
    assert (None, False) == (document.pop("folder"), out.exists())
    assert {name: value for name, value in written.items() if name not in ("outputs", "digest")} == document
    assert "" == export(run, customers, out, "--quiet").stdout
    shown_again = export(run, customers, tmp_path / "third").stdout
    assert max(map(len, shown_again.splitlines()[:-1])) <= 80
    assert "changes of 2015Q4 against 2015Q3" in shown_again


# --- what is refused, and what is told


def test_unfit_runs_and_files(home: Path, tmp_path: Path) -> None:
    """Runs that are absent, altered or no runs, other earlier runs and bad customer files end with 4 and one line, without a value."""
    customers = home / "customers.csv"
    shutil.copytree(home / "out", tmp_path / "out")
    (tmp_path / "out" / "2015Q4" / "changes.csv").write_bytes(b"")
    twice = write_rows(tmp_path / "twice.csv", ("客户号", "网点"), [(LONG.format(1), "甲"), (LONG.format(1), "乙")])
    cases = [
        ((tmp_path / "nowhere", customers), f"{tmp_path}/nowhere: there is no such run folder"),
        ((tmp_path / "out" / "2015Q4", customers), "2015Q4/changes.csv: was altered after it was published"),
        ((home / "reports" / "2015Q4", customers), "2015Q4: is not a run of vip tier compute"),
        (
            (home / "out" / "2015Q4", customers, "--previous", home / "out" / "2014Q4"),
            "2014Q4: is not the run with which 2015Q4 was compared",
        ),
        ((home / "out" / "2015Q3", customers, "--previous", home / "out" / "2014Q4"), "2015Q3: was compared with no earlier run"),
        ((home / "out" / "2015Q4", twice), "twice.csv: row 3, column 客户号: this id stands in row 2 already"),
        ((home / "out" / "2015Q4", tmp_path / "none.csv"), "none.csv"),
    ]
    for (run, file, *more), words in cases:
        done = export(run, file, tmp_path / "reports", *more)
        assert (4, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n")), words
        assert done.stderr.startswith(f"vip: {words}")
        assert "6222" not in done.stderr
    assert not (tmp_path / "reports").exists()
    assert (2, "vip: --lang: must be zh or en\n") == (
        (done := export(home / "out" / "2015Q4", customers, tmp_path / "reports", "--lang", "fr")).returncode,
        done.stderr,
    )


def test_a_run_without_a_previous_one(home: Path, tmp_path: Path) -> None:
    """The first run has no rows, and the report says so; customers and measures are there, and no empty columns."""
    done = export(home / "out" / "2015Q3", home / "customers.csv", tmp_path / "reports")
    assert (0, True) == (done.returncode, "warning: 2015Q3: is the first run; there is nothing to compare it with" in done.stderr)
    sheets = sheets_of(tmp_path / "reports" / "2015Q3" / "report.xlsx")
    assert 1 == len(sheets["全部"])
    first = [row[0] for row in sheets["汇总"]]
    assert "2015Q3 客户层级变动报告" == first[0]
    assert "没有上季可比" in first[2]
    assert not any(str(one).startswith("层级迁徙") for one in first)
    at = first.index("支行 × 层级") + 1
    assert ["支行", "层级", "客户数", "日均资产\n（万元）", "户均\n（万元）"] == [cell for cell in sheets["汇总"][at] if cell]
    assert [] == read_csv(tmp_path / "reports" / "2015Q3" / "changes.csv")


def test_without_the_previous_run_at_hand(home: Path, tmp_path: Path) -> None:
    """Where the earlier run is not beside the run, a warning says what is left empty; --previous names it, and nothing is left empty."""
    shutil.copytree(home / "out" / "2015Q4", tmp_path / "out" / "2015Q4")
    run = tmp_path / "out" / "2015Q4"
    alone = export(run, home / "customers.csv", tmp_path / "alone")
    words = "warning: 2015Q4: the run 2015Q3 is not beside it; name it with --previous; what branches and managers had before is left empty"
    assert (0, True) == (alone.returncode, words in alone.stderr)
    for row in read_csv(tmp_path / "alone" / "2015Q4" / "branch_tiers.csv"):
        assert ("", "") == (row["previous_customers"], row["previous_daily_average_sum"])
    named = export(run, home / "customers.csv", tmp_path / "named", "--previous", home / "out" / "2015Q3")
    assert 0 == named.returncode
    mine, theirs = (read_csv(folder / "2015Q4" / "branch_tiers.csv") for folder in (tmp_path / "named", home / "reports"))
    assert theirs == mine
    whole = [read_csv(folder / "2015Q4" / "tiers.csv") for folder in (tmp_path / "alone", home / "reports")]
    assert whole[0] == whole[1]
    shutil.copytree(home / "out" / "2014Q4", tmp_path / "out" / "2015Q3")
    other = export(run, home / "customers.csv", tmp_path / "other")
    assert (0, True) == (other.returncode, "2015Q3: is not the run with which 2015Q4 was compared" in other.stderr)


def test_only_ids_and_without_rules_for_playbooks(home: Path, tmp_path: Path) -> None:
    """A customer file of ids alone, and rules of tiers alone, are enough: everybody is unassigned, and warnings say what is left out."""
    rules = tmp_path / "rules"
    rules.mkdir()
    shutil.copy(RULES / "tiers.yaml", rules)
    people = write_rows(tmp_path / "ids.csv", ("customer_id",), [(one,) for one in [*WORLD, "opening"]])
    done = export(home / "out" / "2015Q4", people, tmp_path / "reports", "--rules", rules)
    assert 0 == done.returncode
    assert [
        "warning: ids.csv: no column name: nobody is shown by name",
        "warning: ids.csv: no column manager: every customer is unassigned",
        "warning: ids.csv: no column branch: every customer belongs to no branch",
        "warning: rules: there is no targets.yaml in this folder; the measures of the branch are left out",
    ] == done.stderr.splitlines()
    tabs = ["汇总", "全部", *(TEXTS[name][0] for name in ("rise", "fall")), "未分配"]
    assert tabs == list(sheets_of(tmp_path / "reports" / "2015Q4" / "report.xlsx"))


def test_a_measure_of_a_tier_that_the_run_has_not(tmp_path: Path) -> None:
    """A measure from a tier that the run does not know is left out, with a warning; the others are there."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\nsource: test\ntiers: [{code: effective, label: 有效户, min: 20000}]\n", "utf-8")
    rows = [("2015-09-30", "1", "5.00"), ("2015-10-01", "1", "30000.00")]
    path = write_rows(tmp_path / "c.csv", ("date", "customer_id", "balance"), rows)
    assert (
        0
        == vip("tier", "compute", path, "--quarter", "2015Q4", "--kind", "changes", "--out", tmp_path / "out", "--rules", rules).returncode
    )
    people = write_rows(tmp_path / "customers.csv", ("客户号", "网点"), [("1", "城东支行")])
    done = export(tmp_path / "out" / "2015Q4", people, tmp_path / "reports")
    assert (0, True) == (done.returncode, "warning: K-PRI: private is not a tier of the run; the measure is left out\n" in done.stderr)
    measures = {row["measure"] for row in read_csv(tmp_path / "reports" / "2015Q4" / "measures.csv")}
    assert {"K-AUM", "K-EFF", "K-FEE", "K-LOBBY-1", "K-LOBBY-2", "K-LOBBY-3"} == measures


def test_renumbered_customers_before(tmp_path: Path) -> None:
    """A customer that got another number counts before under the new one too, where the rules are those of the run."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    (rules / "extracts.yaml").write_text("version: 1\naliases: aliases.csv\n", "utf-8")
    (rules / "aliases.csv").write_text("old_id,new_id\nA1,B1\n", "utf-8")
    rows = [("2015-06-30", "x", "1.00"), ("2015-07-01", "A1", "50000.00"), ("2015-10-01", "A1", "0.00"), ("2015-10-01", "B1", "150000.00")]
    path = write_rows(tmp_path / "c.csv", ("date", "customer_id", "balance"), rows)
    for quarter, folder in (("2015Q3", RULES), ("2015Q4", rules)):
        done = vip("tier", "compute", path, "--quarter", quarter, "--kind", "changes", "--out", tmp_path / "out", "--rules", folder)
        assert 0 == done.returncode
    people = write_rows(tmp_path / "customers.csv", ("客户号", "网点"), [("B1", "城东支行"), ("x", "城西支行")])
    run = tmp_path / "out" / "2015Q4"
    assert 0 == export(run, people, tmp_path / "reports", "--rules", rules).returncode
    east = {row["tier"]: row for row in read_csv(tmp_path / "reports" / "2015Q4" / "branch_tiers.csv") if row["branch"] == "城东支行"}
    assert {"effective": ("1", "0"), "silver": ("0", "1")} == {
        code: (row["previous_customers"], row["customers"]) for code, row in east.items()
    }
    others = export(run, people, tmp_path / "others")
    assert (0, True) == (
        others.returncode,
        "follows renumbered customers by other rules than these; name them with --rules" in others.stderr,
    )


# --- what people see


def test_english(home: Path, tmp_path: Path) -> None:
    """With --lang en headers, changes, tiers, clues and the names of files and sheets are English; figures are the same."""
    assert 0 == export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "reports", "--lang", "en").returncode
    english = sheets_of(tmp_path / "reports" / "2015Q4" / "report.xlsx")
    chinese = sheets_of(home / "reports" / "2015Q4" / "report.xlsx")
    assert ["Summary", "All"] == list(english)[:2]
    assert [HEADERS[name][1] for name in ROWS] == english["All"][0]
    assert [row[7:15] for row in chinese["全部"][1:]] == [row[7:15] for row in english["All"][1:]]
    assert ["downgraded", "private", "pre private", "outflow"] == [english["All"][1][at] for at in (4, 5, 6, 15)]
    own = {*NAMES, *(word for row in chinese["全部"][1:] for word in row[1:4])}
    left = {cell for sheet in english.values() for row in sheet for cell in row if isinstance(cell, str)} - own
    assert [] == [cell for cell in sorted(left) if re.search(r"[\u4e00-\u9fff]", cell) and cell not in {"城东支行", "城西支行"}]


def test_words_are_complete_and_one_place(home: Path) -> None:
    """Every column has both languages; the words are those of the glossary and of the lists."""
    assert {len(LANGUAGES)} == {len(pair) for words in (HEADERS, CHANGES, TEXTS) for pair in words.values()}
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    for code, (zh, en) in CHANGES.items():
        assert f"| {zh} | {en} | `{code}` |" in glossary
    lists = yaml.safe_load((RULES / "profiles.yaml").read_text("utf-8"))["headers"]
    shared = {"customer_id", "display_name", "branch", "manager"}
    assert {name: lists[name] for name in shared} == {name: HEADERS[name][0] for name in shared}
    assert lists["tier_label"] == HEADERS["to_label"][0]
    assert lists["previous_tier_label"] == HEADERS["from_label"][0]
    assert home.is_dir()


def test_one_header_is_one_figure() -> None:
    """In a manager's workbook no header stands above two different figures, in either language."""
    headers = [HEADERS[name] for name in {*ROWS, *PROSPECTS, *OWN}]
    assert all(len(headers) == len({pair[at] for pair in headers}) for at in range(len(LANGUAGES)))


def test_a_growth_is_told_as_a_growth(home: Path, report: Path) -> None:
    """People read what the sum of averages grew by under that name, and the sum under its own; in the summary and on the terminal."""
    rows = {(row["measure"], row["branch"]): row for row in read_csv(report / "measures.csv")}
    whole = rows["K-AUM", ""]
    shown = sheets_of(report / "report.xlsx")["汇总"]
    told = {row[0]: row for row in shown if row[0] in ("金融资产日均新增", "金融资产日均合计")}
    names = [cell for cell in next(shown[place - 1] for place, row in enumerate(shown) if row[0] == "金融资产日均新增") if cell]
    at = [one.partition("\n")[0] for one in names].index("本季")
    for name, figure in (("金融资产日均新增", "growth"), ("金融资产日均合计", "value")):
        assert int(Decimal(whole[figure]) * 100) == round(told[name][at] * 1_000_000)
    done = export(home / "out" / "2015Q4", home / "customers.csv", home / "told", "--dry-run", "--lang", "zh")
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.startswith("金融资产日均")}
    assert f"{Decimal(whole['growth']):+,}" == lines["金融资产日均新增"][2]
    assert f"{Decimal(whole['value']):,}" == lines["金融资产日均合计"][1]


def converted(path: Path, folder: Path, form: str) -> Path:
    """Return what LibreOffice makes of a workbook."""
    command = [str(SOFFICE), f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form, "--outdir", str(folder)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=240)
    return folder / f"{path.stem}.{form.partition(':')[0]}"


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_libreoffice_opens_and_prints_it(report: Path, tmp_path: Path) -> None:
    """A manager's workbook shows ids with every digit and money with commas and cents, and the report prints one page wide."""
    text = converted(report / "managers" / "城东支行" / "张三.xlsx", tmp_path, "csv:Text - txt - csv (StarCalc):44,34,76,1").read_text(
        "utf-8-sig"
    )
    head, first, *_ = list(csv.reader(io.StringIO(text)))
    row = dict(zip(head, first, strict=True))
    assert (LONG.format(1), "欧阳先生", "9,000,000.00", "6,000,000.37") == tuple(
        row[name] for name in ("客户号", "客户", "上季日均", "本季日均")
    )
    assert row["差额"] == "-2,999,999.63"
    pages = len(re.findall(rb"/Type\s*/Page\b", converted(report / "report.xlsx", tmp_path, "pdf").read_bytes()))
    assert 5 <= pages <= 10
