"""The page of `vip report`: what it shows is what `--json` says, it asks for nothing, and the same run gives the same bytes."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import stat
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import write_rows
from tests.reports.reported import ShownTables, full_page, full_report
from tests.reports.test_change_report import NAMES, WORLD
from vip_tiering import compute_tiers, load_rules
from vip_tiering.base.words import Words
from vip_tiering.reports.overview.document import document_of
from vip_tiering.reports.overview.job import overview
from vip_tiering.reports.overview.page.page import report_page
from vip_tiering.reports.overview.words import CHARTS

SHARES = ("customers_share", "daily_average_share", "quarter_reached", "year_reached")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs, a customer file, and the page of 2015Q4 in Chinese."""
    folder = tmp_path_factory.mktemp("page")
    full_page(folder)
    return folder


@pytest.fixture(scope="module")
def page(home: Path) -> str:
    """Return the page."""
    return (home / "report-zh.html").read_text(encoding="utf-8")


def rounded(yuan: str) -> Decimal:
    """Return yuan in 10,000 yuan with two decimals, by Python's own decimals."""
    return (Decimal(yuan) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)


def number(text: str) -> Decimal | None:
    """Return the number that a cell shows; None for none."""
    return Decimal(text.replace(",", "").lstrip("+")) if text else None


def expected(column: str, value: Any) -> Decimal | str | None:
    """Return what a cell should show of a value of `--json`."""
    if value is None:
        return None
    if column in SHARES:
        return f"{Decimal(value) / 10:.1f}%"
    if column.endswith("_percent"):
        return f"{value}%"
    return rounded(value) if isinstance(value, str) else Decimal(value)


def test_every_figure_of_the_page_is_that_of_json(home: Path, page: str) -> None:
    """Each number in each table of the page is the figure of `--json`, rounded to what is shown, row by row and cell by cell."""
    tables, shown = document_of(full_report(home / "again"))["tables"], ShownTables(page).tables
    compared = 0
    for code, table in shown.items():
        if code not in tables or code == "migration":
            continue
        assert len(table.rows) == len(tables[code]), code
        for cells, row in zip(table.rows, tables[code], strict=True):
            for column, text in zip(table.columns, cells, strict=True):
                value = row[column]
                if column in ("branch", "manager"):
                    continue
                if not isinstance(value, str) or re.fullmatch(r"-?\d+\.\d\d", value):
                    wanted = expected(column, value)
                    assert (text if isinstance(wanted, str) else number(text)) == wanted, (code, column, row)
                    compared += 1
    assert compared > 300
    heat, pairs = shown["migration"], {(row["from_tier"], row["to_tier"]): row["customers"] for row in tables["migration"]}
    told = {number(text) for cells in heat.rows for text in cells[1:]} - {None}
    assert told == {Decimal(one) for one in pairs.values()}
    for column in ("daily_average_sum", "customers"):
        cross = shown[f"history-{column}"]
        figures = {(row["quarter"], row["tier"]): row[column] for row in tables["history"]}
        for cells in cross.rows:
            codes = ["" if one == "" else one for one in cross.columns[1:]]
            assert [number(text) for text in cells[1:]] == [expected(column, figures[cells[0], code]) for code in codes]
    days = {row["date"]: row for row in tables["daily"] if row["tier"] == ""}
    assert [number(cells[-1]) for cells in shown["daily-balance"].rows] == [rounded(row["balance"]) for row in days.values()]


def test_the_page_asks_for_nothing_and_runs_nothing(page: str) -> None:
    """No script, font, image or link comes from elsewhere; the policy of the page says so to the browser; no id occurs twice."""
    read = ShownTables(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & read.tags.keys()
    assert re.findall(r"https?://(?!www\.w3\.org/)", page) == []
    assert re.findall(r"""\bsrc=|@import|url\((?!#)""", page) == []
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert len(read.ids) == len({*read.ids})


def test_every_chart_has_words_for_who_does_not_see_it(page: str) -> None:
    """Each chart is there, with a title and a description that name it, and letters that stay text."""
    for code, (title, _) in CHARTS.items():
        begin = page.index(f'<figure id="chart-{code}"')
        chart = page[begin : page.index("</figure>", begin)]
        assert f'<title id="chart-{code}-title">{title}</title><desc id="chart-{code}-desc">' in chart
        assert 'role="img"' in chart
        assert "<text" in chart
        assert "#0101" not in chart
        assert "#0102" not in chart


def test_nobody_is_named(page: str) -> None:
    """No number and no given name of a customer stands in the page."""
    secrets = [*WORLD, *(name for name, _ in NAMES.values() if name), "张小明"]
    assert [one for one in secrets if one != "0007" and one in page] == []
    assert "欧阳先生" in page


def test_the_same_run_gives_the_same_bytes(home: Path, tmp_path: Path) -> None:
    """In another time zone, locale and folder the page of a language is the same to the byte; the language changes the words alone."""
    shutil.copytree(home / "out", tmp_path / "out")
    pages = []
    for place, zone, locale in ((home, "Asia/Shanghai", "zh_CN.UTF-8"), (tmp_path, "America/New_York", "C")):
        target = tmp_path / f"{locale}.html"
        command = ("report", place / "out" / "2015Q4", "--out", target, "--lang", "en", "--rules", RULES, "--quiet")
        done = vip(*command, env={"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(len(pages))})
        assert (done.returncode, done.stdout) == (0, "")
        pages.append(target.read_bytes())
    assert pages[0] == pages[1]
    assert b'<html lang="en">' in pages[0]
    assert not re.search("[\u4e00-\u9fff]", re.sub("支行贵宾客户提升及维护方案 (?:.*)|万元", "", pages[0].decode()))


def test_a_page_is_written_for_its_owner_and_over_nothing(home: Path, tmp_path: Path) -> None:
    """What stands there is written over with --replace only; nothing is written into a run; only the owner may read the page."""
    target, run = tmp_path / "report.html", home / "out" / "2015Q4"
    assert vip("report", run, "--out", target, "--rules", RULES).returncode == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.write_text("mine", encoding="utf-8")
    refused = vip("report", run, "--out", target, "--rules", RULES)
    assert (refused.returncode, target.read_text(encoding="utf-8")) == (5, "mine")
    assert "stands there already" in refused.stderr
    replaced = vip("report", run, "--out", target, "--rules", RULES, "--replace")
    assert (replaced.returncode, replaced.stdout) == (0, f"{target}\n")
    before = sorted(one.name for one in run.iterdir())
    assert vip("report", run, "--out", run / "report.html", "--rules", RULES).returncode == 5
    assert sorted(one.name for one in run.iterdir()) == before


def test_a_run_inside_a_quarter_is_named_provisional(tmp_path: Path) -> None:
    """The report of a run with --as-of says so in its title, above everything, and in `--json`; names are shown as text, not HTML."""
    rows = [("2015-10-01", "c1", "120000.00"), ("2015-11-15", "c1", "130000.00")]
    extract = write_rows(tmp_path / "changes.csv", ("date", "customer_id", "balance"), rows)
    people = write_rows(tmp_path / "customers.csv", ("客户号", "姓名", "网点", "客户经理"), [("c1", "张三", "<b>东</b>", "<script>")])
    rules = load_rules(RULES)
    run = compute_tiers(extract, "2015Q4", rules=rules, kind="changes", opening_zero=True, as_of=dt.date(2015, 11, 20)).write(
        tmp_path / "out"
    )
    target = tmp_path / "report.html"
    done = vip("report", run, "--customers", people, "--out", target, "--rules", RULES, "--lang", "zh")
    assert done.returncode == 0, done.stderr
    page = target.read_text(encoding="utf-8")
    assert "<title>2015Q4 客户层级报告（截至2015-11-20，季中）</title>" in page
    assert '<p class="provisional">季中数据' in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>东" not in page


def test_the_sentences_are_in_words(home: Path, page: str) -> None:
    """The first sentence says the whole and its change in both languages, as the figures are."""
    contents = full_report(home / "said")
    whole = document_of(contents)["tables"]["tiers"][-1]
    amount, change = (f"{rounded(whole[name]):,}" for name in ("daily_average_sum", "daily_average_change"))
    assert f"2015Q4日均资产合计{amount}万元，较上季{'减少' if change[0] == '-' else '增加'}{change.lstrip('-')}万元" in page
    english = report_page(contents, Words("en")).decode()
    assert (
        f"Daily averages of 2015Q4 sum to {amount} wan yuan, {'down' if change[0] == '-' else 'up'} {change.lstrip('-')} wan yuan"
        in english
    )


@pytest.mark.parametrize("balance", ["0.00", "25000.00", "-5.00"])
def test_a_ladder_of_one_tier_and_nothing_in_it_have_a_page(tmp_path: Path, balance: str) -> None:
    """However few tiers, customers and amounts there are, the report is made."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\nsource: test\ntiers:\n  - {code: vip, label: 贵宾, min: 20000}\n", encoding="utf-8")
    extract = write_rows(tmp_path / "changes.csv", ("date", "customer_id", "balance"), [("2015-10-01", "c1", balance)])
    run = compute_tiers(extract, "2015Q4", rules=load_rules(rules), kind="changes", opening_zero=True).write(tmp_path / "out")
    page = report_page(overview(run, rules=rules), Words("zh")).decode()
    assert page.count("<svg") == 6


def test_without_anything_beside_the_run_the_page_says_so(tmp_path: Path) -> None:
    """The first run of all, without a customer file, has a page that names what is not known."""
    rows = [("2015-10-01", "c1", "1.00")]
    extract = write_rows(tmp_path / "changes.csv", ("date", "customer_id", "balance"), rows)
    rules = load_rules(RULES)
    run = compute_tiers(extract, "2015Q4", rules=rules, kind="changes", opening_zero=True).write(tmp_path / "out")
    contents = overview(run, rules=RULES)
    page = report_page(contents, Words("zh")).decode()
    for reason in ("没有上季可比。", "未提供客户信息表", "未提供名单文件夹。", "只有这一季的结果"):
        assert reason in page
