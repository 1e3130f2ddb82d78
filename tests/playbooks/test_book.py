"""The plan as a branch reads it: every measure once, as the rules say it, in a workbook that prints and a page that asks for nothing."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import zipfile
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import load_workbook

from tests.helpers import RULES, vip
from vip_tiering.base.words import BOOK_COLUMNS

SOFFICE = shutil.which("soffice")
HEADERS = ["层级", "编号", "措施", "对象", "方式", "频率", "触发", "话术", "依据", "本季完成"]
VOID = {"meta", "br", "hr", "img", "link", "input"}


def written(folder: Path, rules: Path = RULES, *arguments: str) -> tuple[Path, Path]:
    """Return the workbook and the page that the command writes."""
    workbook, html = folder / "plan.xlsx", folder / "plan.html"
    done = vip("playbook", "book", "--out", workbook, "--html", html, "--rules", rules, *arguments)
    assert (0, f"{workbook}\n{html}\n", "") == (done.returncode, done.stdout, done.stderr)
    return workbook, html


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of the shipped rules."""
    return written(tmp_path_factory.mktemp("book"))


def rows_of(workbook: Path) -> list[dict[str, str]]:
    """Return the rows of the sheet by header, each with its tier, as merged cells tell it; notes have no id."""
    (name,) = load_workbook(workbook).sheet_names
    cells = load_workbook(workbook).get_sheet_by_name(name).to_python()
    assert "贵宾客户维护措施" == name == cells[0][0]
    assert HEADERS == cells[2]
    rows, tier = [], ""
    for line in cells[3:]:
        tier = str(line[0]) or tier
        rows.append({"层级": tier.partition("\n")[0].removesuffix("（续）"), **dict(zip(HEADERS[1:], map(str, line[1:]), strict=True))})
    return rows


class Page(HTMLParser):
    """A page read strictly: each element is closed where it must be. `rows`: the cells of each table row, by section."""

    def __init__(self, path: Path) -> None:
        """Read a page."""
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[tuple[str, list[tuple[str, str]]]] = []
        self.section = self.label = ""
        self.text = path.read_text("utf-8")
        self.feed(self.text)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that opens."""
        named = dict(attrs)
        self.tags.append((tag, named))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = named["id"] or ""
        if tag == "tr":
            self.rows.append((self.section, []))
        if tag == "td":
            self.rows[-1][1].append((named["data-label"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        """Refuse an end that is not that of the element that is open."""
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Keep the text of cells."""
        if self.open and self.open[-1] == "td":
            label, before = self.rows[-1][1][-1]
            self.rows[-1][1][-1] = (label, before + data)


def rules_as_data(rules: Path = RULES) -> dict[str, Any]:
    """Return the rule files as plain YAML, read by nothing of the program."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in rules.glob("*.yaml")}


def expected_actions(data: dict[str, Any]) -> list[tuple[str, dict[str, Any], bool]]:
    """Return the label of each tier, each action that is done there, and whether the plan names it for this tier; in order."""
    books = data["playbooks"]
    labels = {one["code"]: one["label"] for one in data["tiers"]["tiers"]}
    found = []
    for book in books["playbooks"]:
        own = [(one, one.get("origin", "plan") == "plan") for one in book.get("actions", [])]
        also = [
            (one, False)
            for other in books["playbooks"]
            for one in other.get("actions", [])
            if book["tier"] in [further["tier"] for further in one.get("also_for", [])]
        ]
        every = [(one, one.get("origin", "plan") == "plan") for one in books["every_tier"] if "playbook" not in book]
        found += [(labels[book["tier"]], one, planned) for one, planned in [*own, *also, *every]]
    return found


def test_the_workbook_says_what_the_rules_say(shipped: tuple[Path, Path]) -> None:
    """Read back, the sheet holds every action of the rules once for each tier that it serves, in order, and nothing else.

    Measure, channels, cadence and whose it is, days, audience, clause and origin are those of the YAML, read by itself.
    """
    data = rules_as_data()
    channels = {one["code"]: one["label"] for one in data["channels"]["channels"]}
    rows = [row for row in rows_of(shipped[0]) if row["措施"]]
    expected = expected_actions(data)
    assert [(tier, one["id"], one["what_zh"]) for tier, one, _ in expected] == [(row["层级"], row["编号"], row["措施"]) for row in rows]
    assert len({(row["层级"], row["编号"]) for row in rows}) == len(rows) > 60
    for row, (_, action, planned) in zip(rows, expected, strict=True):
        assert row["方式"].splitlines()[0] == "或".join(channels[code] for code in action["channels"])
        days = action.get("cadence_days")
        assert ([str(days)] if days else []) == re.findall(r"\d+(?=天)", row["频率"]), row
        assert ("（本行设定，方案未规定）" in row["频率"]) == (action.get("cadence_source") == "ours")
        assert ("每季一次" in row["频率"], "每事一次" in row["频率"]) == (
            action.get("once_per") == "run",
            action.get("once_per") == "event",
        )
        if days_before := action.get("within_days"):
            assert f"前{days_before}天" in row["触发"]
        assert row["依据"].startswith(action.get("source_zh", action["source"]))
        assert planned == ("方案未列" not in row["依据"])
        assert row["对象"].startswith("到店客户" if action["audience"]["who"] == "visitors" else "本层级")
        assert ("以商户为主" in row["对象"]) == (action["audience"].get("mainly") == ["merchant"])
        assert action["audience"].get("note_zh", "") in row["对象"]
        assert "" == row["本季完成"]


def test_texts_are_those_of_the_rules(shipped: tuple[Path, Path]) -> None:
    """A message stands there with sender and way to refuse, its wordings by segment, and a mark where nobody reviewed it.

    Of its fields only their names for people are left.
    """
    data = rules_as_data()
    names = data["profiles"]["headers"]
    sms = next(one for one in data["channels"]["channels"] if one["code"] == "sms")["message"]
    products = {one["code"]: one["label"] for one in data["products"]["products"]}
    texts = {row["编号"]: row["话术"] for row in rows_of(shipped[0])}
    checked = 0
    for _, action, _ in expected_actions(data):
        message = action.get("message") or {"text": action["listed_as"]} if "message" in action or "listed_as" in action else None
        if message is None:
            continue
        known = {"signature": sms["signature"], "opt_out": sms["opt_out"]} if "sms" in action["channels"] else {}
        known["event"] = "〔活动、日期、时间、地点〕"
        if len(action.get("topics", [])) == 1:
            known["product"] = products[action["topics"][0]]
        for text in [message["text"], *(one["text"] for one in message.get("variants", []))]:
            filled = re.sub(r"\$\{(\w+)\}", lambda field: known.get(field[1]) or f"〔{names.get(field[1], field[1])}〕", text)  # noqa: B023
            assert filled in texts[action["id"]]
            checked += 1
        assert str(message.get("reviewed_by", "")).startswith("sample") == ("（样稿，未经审核）" in texts[action["id"]])
    assert checked > 50
    assert "代发客户：" in texts["E-SMS-1"]
    assert [] == [text for text in texts.values() if "$" in text]


def test_tiers_have_their_bounds_and_their_reason(shipped: tuple[Path, Path], tmp_path: Path) -> None:
    """Each tier tells from which average to which it goes, by the ladder; a tier without a playbook says why, in its own row."""
    (name,) = load_workbook(shipped[0]).sheet_names
    cells = [str(line[0]) for line in load_workbook(shipped[0]).get_sheet_by_name(name).to_python()[3:] if line[0]]
    named = dict.fromkeys(cell.replace("（续）", "") for cell in cells)
    bounds = ["2万至10万元", "10万至50万元", "50万至100万元", "100万至500万元", "500万至800万元", "800万元以上"]
    labels = ["有效户", "银卡", "金卡", "金钻", "准私银", "私银"]
    assert [f"{label}\n{bound}" for label, bound in zip(labels, bounds, strict=True)] == list(named)
    notes = [row for row in rows_of(shipped[0]) if not row["措施"]]
    assert [("准私银", next(one["reason_zh"] for one in rules_as_data()["playbooks"]["playbooks"] if "playbook" in one))] == [
        (row["层级"], row["编号"]) for row in notes
    ]
    rules = shutil.copytree(RULES, tmp_path / "rules")
    tiers = (rules / "tiers.yaml").read_text("utf-8")
    (rules / "tiers.yaml").write_text(tiers.replace("min: 20000}", 'min: "25000.50"}').replace("min: 100000}", "min: 125000}"), "utf-8")
    text = written(tmp_path, rules, "--tier", "effective")[1].read_text("utf-8")
    assert "<h2>有效户<small>25,000.50至12.5万元</small></h2>" in text


def test_the_page_says_the_same_and_asks_for_nothing(shipped: tuple[Path, Path]) -> None:
    """The page is well-formed, has the rows of the workbook, and holds no script, no reference to elsewhere and no style from there."""
    page, rows = Page(shipped[1]), rows_of(shipped[0])
    columns = [header for header in HEADERS if header not in ("层级", "本季完成")]
    expected = [tuple(row[column] for column in columns) for row in rows if row["措施"]]
    found = [cells for _, cells in page.rows if cells]
    assert expected == [tuple(text for _, text in cells) for cells in found]
    assert {tuple(columns)} == {tuple(label for label, _ in cells) for cells in found}
    assert ["effective", "silver", "gold", "gold_diamond", "pre_private", "private"] == list(dict.fromkeys(one for one, _ in page.rows))
    assert set() == {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    attributes = [(name, value or "") for _, named in page.tags for name, value in named.items()]
    assert [] == [name for name, _ in attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert {"#"} == {value[:1] for name, value in attributes if name == "href"}
    assert [] == re.findall(r"https?:|//|url\(|@import|@font-face", page.text)
    assert "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">" in page.text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page.text
    assert {"(prefers-color-scheme: dark)", "print"} <= {one.strip() for one in re.findall(r"@media ([^{]*?) *\{", page.text)}


@pytest.mark.parametrize(
    "hostile", ["国债<script>alert(1)</script>", "国债\"'><img src=x onerror=a>", "&lt;b&gt;国债", "=1+1国债", "{{ 7*7 }}国债{% raw %}"]
)
def test_a_hostile_label_stays_text(tmp_path: Path, hostile: str) -> None:
    """Whatever a rule calls something, page and workbook show it as it is written; nothing of it becomes markup or a formula."""
    rules = shutil.copytree(RULES, tmp_path / "rules")
    text = (rules / "playbooks.yaml").read_text("utf-8")
    quoted = hostile.replace("'", "''")
    (rules / "playbooks.yaml").write_text(text.replace("what_zh: 发送储蓄国债信息", f"what_zh: '{quoted}'"), "utf-8")
    tiers = (rules / "tiers.yaml").read_text("utf-8")
    (rules / "tiers.yaml").write_text(tiers.replace("label: 有效户", f"label: '{quoted[:32]}'"), "utf-8")
    workbook, html = written(tmp_path, rules, "--tier", "effective")
    page, sound = Page(html), {"html", "head", "meta", "title", "style", "body", "h1", "p", "nav", "a", "section", "h2", "small"}
    assert {tag for tag, _ in page.tags} <= sound | {"table", "thead", "tbody", "tr", "th", "td"}
    assert hostile in {text for _, cells in page.rows for _, text in cells}
    assert hostile in {row["措施"] for row in rows_of(workbook)}
    with zipfile.ZipFile(workbook) as parts:
        assert "<f>" not in parts.read("xl/worksheets/sheet1.xml").decode()


def test_only_the_tiers_that_are_asked_for(tmp_path: Path) -> None:
    """`--tier` by code and by label, in the order of the ladder; one that is nowhere is exit code 2."""
    workbook, _ = written(tmp_path, RULES, "--tier", "私银", "--tier", "gold")
    assert ["金卡", "私银"] == list(dict.fromkeys(row["层级"] for row in rows_of(workbook)))
    refused = vip("playbook", "book", "--out", tmp_path / "other.xlsx", "--tier", "platinum", "--rules", RULES)
    message = "vip: --tier: must be one of effective, silver, gold, gold_diamond, pre_private, private\n"
    assert (2, "", message) == (refused.returncode, refused.stdout, refused.stderr)
    assert not (tmp_path / "other.xlsx").exists()


def test_what_stands_there_is_not_written_over(tmp_path: Path) -> None:
    """Both files are for their owner alone; where one stands already neither is written, until `--replace`; same rules, same bytes."""
    paths = written(tmp_path)
    before = [path.read_bytes() for path in paths]
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in paths}
    command = ["playbook", "book", "--out", tmp_path / "new.xlsx", "--html", paths[1], "--rules", RULES]
    refused = vip(*command)
    message = f"vip: {paths[1]}: stands there already; choose another --out, or write over it with --replace\n"
    assert (5, "", message) == (refused.returncode, refused.stdout, refused.stderr)
    assert ["plan.html", "plan.xlsx"] == sorted(path.name for path in tmp_path.iterdir())
    assert 0 == vip(*command, "--replace").returncode
    assert before == [(tmp_path / "new.xlsx").read_bytes(), paths[1].read_bytes()]


def test_places_and_options_that_cannot_be(tmp_path: Path) -> None:
    """One file for both, a place in a published folder, and a quarter of nothing are refused, each in one line."""
    plan = vip("playbook", "plan", "--year", "2016", "--out", tmp_path, "--rules", RULES)
    assert 0 == plan.returncode
    book = ("playbook", "book", "--rules", RULES, "--out")
    inside = vip(*book, tmp_path / "2016" / "plan.xlsx")
    assert (5, True) == (inside.returncode, "lies inside a published folder" in inside.stderr)
    same = vip(*book, tmp_path / "plan.xlsx", "--html", tmp_path / "plan.xlsx")
    assert (2, "vip: --html: must be another file than --out\n") == (same.returncode, same.stderr)
    alone = vip(*book, tmp_path / "plan.xlsx", "--quarter", "2016Q1")
    assert (2, "vip: --quarter: needs --lists, whose exports it is about\n") == (alone.returncode, alone.stderr)
    nowhere = vip(*book, tmp_path / "absent" / "plan.xlsx")
    assert 5 == nowhere.returncode
    assert 0 == vip("verify", tmp_path / "2016").returncode


def test_it_prints_on_a4_across_whole_tiers_named_on_each_page(shipped: tuple[Path, Path]) -> None:
    """The sheet prints on A4 across, one page wide, with its head on each page; breaks fall between tiers or where one goes on."""
    with zipfile.ZipFile(shipped[0]) as parts:
        xml, workbook = parts.read("xl/worksheets/sheet1.xml").decode(), parts.read("xl/workbook.xml").decode()
    assert re.search(r'<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>', xml)
    assert '<pane xSplit="1" ySplit="3"' in xml
    assert "_xlnm.Print_Titles" in workbook
    breaks = [int(one) for one in re.findall(r'<brk id="(\d+)"', xml)]
    first_rows = {int(row) for row in re.findall(r'<c r="A(\d+)"[^>]*t="s"', xml)}
    assert len(breaks) >= 3
    assert {one + 1 for one in breaks} <= first_rows, "a tier is named on top of each page"
    heights = {int(row): float(points) for row, points in re.findall(r'<row r="(\d+)"[^>]* ht="([\d.]+)"', xml)}
    pages = [sum(heights[row] for row in range(first + 1, last + 1)) for first, last in pairwise([0, *breaks, max(heights)])]
    assert max(pages) < 790, "what is 784 points wide at 65 to 70 percent is 516 high"


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_nothing_is_cut_in_print(shipped: tuple[Path, Path], tmp_path: Path) -> None:
    """Printed by LibreOffice, each page has every column, and all texts are there whole."""
    assert SOFFICE is not None
    command = [
        SOFFICE,
        "--headless",
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--convert-to",
        "pdf",
        "--outdir",
        tmp_path,
        shipped[0],
    ]
    subprocess.run([*map(str, command)], check=True, capture_output=True, timeout=120)
    text = subprocess.run(["pdftotext", "-raw", tmp_path / "plan.pdf", "-"], check=True, capture_output=True, text=True).stdout
    pages = text.rstrip("\f").split("\f")
    assert {True} == {all(header in page for header in HEADERS) for page in pages}
    squeezed = "".join(text.split())
    cells = {"".join(value.split()) for row in rows_of(shipped[0]) for value in row.values()}
    assert [] == [cell for cell in cells if cell not in squeezed]


def test_columns_are_the_ones_that_were_asked_for() -> None:
    """The columns are tier, measure, for whom, how, how often, when, text, clause, done; and the id by which lists call a measure."""
    assert HEADERS == list(BOOK_COLUMNS.values())
