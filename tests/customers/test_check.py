"""`vip customers check`: what a customer file holds is said before lists are made of it, and no customer's value is shown."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import make_run, write_rows
from vip_tiering.customers.check import CustomersCheck, customers_check

CANARY = "CANARY"
HEADER = ("客户号", "客户姓名", "手机号", "客户类型", "短信同意", "电话同意", "客户状态", "风险等级", "网点号")
ROWS = [
    ("0071", CANARY, "13800138001", "储蓄客户|代发", "是", "否", "正常", "C3", CANARY),
    ("0072", CANARY, "13800138002.0", "储蓄客户", "是", "", "正常", "稳健型", CANARY),
    ("0073", CANARY, "", "", "Ｙ", "未知", "死亡", "c3", CANARY),
    ("0074", CANARY, "010-62345678", "储蓄客户", "同意", "是", "正常", "", CANARY),
    ("0079", CANARY, "13800138005", "商户", "n", "是", "active", "", CANARY),
]


def checked(folder: Path, header: tuple[str, ...] = HEADER, rows: list[tuple[str, ...]] = ROWS, **asked: Path) -> CustomersCheck:
    """Return what is said of a file; what is shown holds no value."""
    done = customers_check(write_rows(folder / "c.csv", header, rows), rules=asked.pop("rules", RULES), **asked)
    assert CANARY not in json.dumps(done.document, ensure_ascii=False) + str(done.problems)
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of six customers, two of them without a tier."""
    averages = dict.fromkeys(("0071", "0072", "0073", "0075"), (600_000, 600_000))
    return make_run(tmp_path_factory.mktemp("runs") / "out", averages | {"0076": (1_000, 1_000)})


def test_everything_is_said(run: Path, tmp_path: Path) -> None:
    """Columns with their fields, what is left over, each known word with its meaning and count, phones by kind, and the run both ways."""
    document = checked(tmp_path, run=run).document
    assert {"客户号": "customer_id", "手机号": "mobile", "风险等级": "risk_rating"}.items() <= {
        one["header"]: one["field"] for one in document["columns"]
    }.items()
    assert [{"header": "网点号", "did_you_mean": "branch"}] == document["left_over"]
    words = {one["field"]: {word["value"]: (word["means"], word["count"]) for word in one["values"]} for one in document["values"]}
    assert {"是": ("Y", 2), "Y": ("Y", 1), "同意": ("Y", 1), "n": ("N", 1)} == words["consent_sms"]
    assert {"是": ("Y", 2), "否": ("N", 1), "未知": ("", 1)} == words["consent_call"]
    assert {"储蓄客户": ("savings", 3), "代发": ("payroll", 1), "商户": ("merchant", 1)} == words["segments"]
    assert {"C3": ("C3", 1), "c3": ("C3", 1), "稳健型": ("C2", 1)} == words["risk_rating"]
    assert {"consent_call": 1, "risk_rating": 2, "segments": 1} == {
        one["field"]: one["empty"] for one in document["values"] if one["empty"]
    }
    assert [("mobile", 3), ("other", 1), ("empty", 1)] == [(one["kind"], one["count"]) for one in document["phones"]]
    beside = {"customers": 6, "in_the_file": 3, "tiered": 4, "tiered_in_the_file": 3, "only_in_the_file": 2}
    assert {"quarter": "2015Q4", **beside} == document["run"]
    assert (True, []) == (document["ready"], document["problems"])


def test_a_column_of_one_word_is_counted(tmp_path: Path) -> None:
    """A word that stands in every row stands there as often as there are rows."""
    document = checked(tmp_path, ("客户号", "客户状态", "短信同意"), [(f"7{number}", "正常", "是") for number in range(6)]).document
    assert [[{"value": "是", "means": "Y", "count": 6}], [{"value": "正常", "means": "active", "count": 6}]] == [
        one["values"] for one in document["values"]
    ]


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [(4, CANARY, "value-unknown"), (3, f"储蓄客户|{CANARY}", "value-unknown"), (0, "0071", "id-repeated"), (0, "", "id-empty")],
)
def test_what_stops_the_lists_is_told(place: int, value: str, rule: str, tmp_path: Path) -> None:
    """A word that nobody knows is counted with its row and not shown; whatever stops an export is a problem, and the rest is still said."""
    rows = [*ROWS[:-1], (*ROWS[-1][:place], value, *ROWS[-1][place + 1 :])]
    done = checked(tmp_path, rows=rows)
    assert [rule] == [problem.rule for problem in done.problems if not isinstance(problem, str)]
    unknown = {one["field"]: one["unknown"] for one in done.document["values"] if one["unknown"]["count"]}
    field = {4: "consent_sms", 3: "segments"}.get(place)
    assert ({field: {"count": 1, "rows": [6]}} if field else {}) == unknown
    assert (False, 5) == (done.document["ready"], done.document["rows"])


def test_all_that_lists_ask_is_asked(run: Path, tmp_path: Path) -> None:
    """A column of damaged numbers, consents that nobody recognises and zeros that were lost are told at once."""
    header = ("客户号", "客户状态", "手机号", "短信营销许可")
    done = checked(tmp_path, header, [("71", "正常", "1.38E+10", "是"), ("72", "正常", "1.38E+10", "是")], run=run)
    assert ["mobile-column", "consent-absent", "id-zeros"] == [problem.rule for problem in done.problems if not isinstance(problem, str)]
    assert [{"header": "短信营销许可", "did_you_mean": "consent_sms"}] == done.document["left_over"]


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("tel_agree", None),
        ("telephone", None),
        ("risk_level", None),
        ("wealth_manger", "wealth_manager"),
        ("WEALTH_MANGER", "wealth_manager"),
        ("brithday", "birthday"),
        ("客户名", "name"),
        ("短信营销许可", "consent_sms"),
        ("国籍", None),
    ],
)
def test_only_what_is_really_alike_is_asked(header: str, meant: str | None, tmp_path: Path) -> None:
    """A slip of the pen is asked about, and a Chinese header of which half is known; an English one that shares some letters is not."""
    document = checked(tmp_path, ("客户号", "客户状态", header), [("71", "正常", "")]).document
    assert [{"header": header, "did_you_mean": meant}] == document["left_over"]


def test_renumbered_customers_are_found(run: Path, tmp_path: Path) -> None:
    """By the aliases the file and the run know each other, whichever of both has the old id."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    write_rows(rules / "aliases.csv", ("old_id", "new_id"), [("0075", "0079")])
    assert 3 == checked(tmp_path, run=run, rules=rules).document["run"]["in_the_file"]
    with (rules / "extracts.yaml").open("a", encoding="utf-8") as file:
        file.write("\naliases: aliases.csv\n")
    assert 4 == checked(tmp_path, run=run, rules=rules).document["run"]["in_the_file"]


def test_the_command(run: Path, tmp_path: Path) -> None:
    """A ready file is 0; another one is 4 with its problems on stderr; at 80 columns nothing is cut, and nothing is coloured."""
    path = write_rows(tmp_path / "c.csv", HEADER, ROWS)
    done = vip("customers", "check", path, run, "--rules", RULES, env={"COLUMNS": "80"})
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.endswith("ready: lists can be made of this file\n")
    assert "\x1b" not in done.stdout
    assert not re.search("…|CANARY|138001", done.stdout)
    assert {"同意", "not given", "of 6 customers of the run 2015Q4, in the file"} <= {*re.split(r" {2,}|\n ?", done.stdout)}
    bad = write_rows(tmp_path / "c.csv", HEADER, [*ROWS, ("0078", CANARY, "", "", CANARY, "", "正常", "", "")])
    done = vip("customers", "check", bad, "--rules", RULES)
    assert (4, True) == (done.returncode, "[value-unknown]" in done.stderr)
    assert done.stdout.endswith("not ready: 1 problem\n")
    done = vip("customers", "check", bad, "--rules", RULES, "--json")
    assert (4, False) == (done.returncode, json.loads(done.stdout)["ready"])
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("lacking", [*((one,) for one in HEADER), ("客户号", "客户状态")])
def test_a_column_that_is_absent_is_told_and_is_no_bug(lacking: tuple[str, ...], run: Path, tmp_path: Path) -> None:
    """Without any column of the file the report is still said; each needed one is named at once, with what was not recognised instead."""
    needed = {"客户号": "header-missing", "客户状态": "status-absent"}
    header = tuple("顾客编号" if one in lacking and one == "客户号" else f"x_{one}" if one in lacking else one for one in HEADER)
    done = checked(tmp_path, header, run=run)
    problems = [one for one in done.problems if not isinstance(one, str)]
    assert [needed[one] for one in lacking if one in needed] == [one.rule for one in problems]
    assert bool(problems) != done.document["ready"]
    for one in problems:
        if one.rule == "header-missing":
            assert "顾客编号 (did you mean " in one.message
