"""Texts go out as a workbook and come back edited and signed: nothing is changed but what somebody edited, or nothing at all."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples, vip, vip_interrupted
from tests.workbooks import write_book
from vip_tiering.rules import yaml_file
from vip_tiering.rules.yaml_edit import Edit, edited

HEADERS = ["动作", "层级", "主题", "客群", "文本", "字数", "条数", "审核人", "审核日期", "版本"]
TEXT, REVIEWER, DAY = (HEADERS.index(one) + 1 for one in ("文本", "审核人", "审核日期"))
Change = Callable[[Any], object]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Return a copy of the shipped rules."""
    shutil.copytree(RULES, tmp_path / "rules")
    return tmp_path / "rules"


def export(rules: Path) -> Path:
    """Write the workbook of texts beside the rules."""
    path = rules.parent / "texts.xlsx"
    done = vip("playbook", "texts", "export", "--rules", rules, "--out", path, "--replace")
    assert (0, f"{path}: 21 texts\n", "") == (done.returncode, done.stdout, done.stderr)
    return path


def edit(path: Path, change: Change) -> Path:
    """Change the sheet of a workbook as somebody would in Excel."""
    book = openpyxl.load_workbook(path)
    change(book.active)
    book.save(path)
    return path


def come_back(path: Path, rules: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Import a workbook."""
    return vip("playbook", "texts", "import", path, "--rules", rules, *more)


def row_of(sheet: Any, action: str, segment: str = "通用") -> int:
    """Return the row of a text."""
    return next(row for row in range(2, sheet.max_row + 1) if (sheet.cell(row, 1).value, sheet.cell(row, 4).value) == (action, segment))


def put(action: str, column: int, value: object, segment: str = "通用") -> Change:
    """Return a change of one cell."""
    return lambda sheet: setattr(sheet.cell(row_of(sheet, action, segment), column), "value", value)


def signed(action: str, old: str, new: str, day: object = "2016-01-04") -> Change:
    """Return a change of some words of a text, approved."""

    def change(sheet: Any) -> None:
        row = row_of(sheet, action)
        assert old in sheet.cell(row, TEXT).value
        sheet.cell(row, TEXT, sheet.cell(row, TEXT).value.replace(old, new))
        sheet.cell(row, REVIEWER, "合规部 李明")
        sheet.cell(row, DAY, day)

    return change


def content(rules: Path) -> bytes:
    """Return the playbooks of a folder."""
    return (rules / "playbooks.yaml").read_bytes()


def test_the_workbook_tells_every_text(rules: Path) -> None:
    """A row for each text and wording with its tiers, topics, length and signature; text cells, a frozen header, A4 across."""
    sheet = openpyxl.load_workbook(export(rules)).active
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert HEADERS == rows[0]
    playbooks = yaml_file.read(content(rules), "").data["playbooks"]
    messages = [(one["id"], one["message"]) for book in playbooks for one in book.get("actions", ()) if "message" in one]
    assert [(name, text) for name, said in messages for text in (said["text"], *(one["text"] for one in said.get("variants", ())))] == [
        (row[0], row[TEXT - 1]) for row in rows[1:]
    ]
    assert ["E-SMS-1", "有效户", "储蓄国债", "代发"] == rows[2][:4]
    assert {"sample, replace before use"} == {row[REVIEWER - 1] for row in rows[1:]}
    assert all(isinstance(row[5], int) and row[6] == 2 for row in rows[1:])
    assert ("A2", "landscape", 9) == (sheet.freeze_panes, sheet.page_setup.orientation, sheet.page_setup.paperSize)
    assert all(row[TEXT - 1].alignment.wrap_text and row[TEXT - 1].data_type == "s" for row in sheet.iter_rows(min_row=2))


def test_an_unedited_export_changes_no_byte(rules: Path) -> None:
    """What nobody edited is not written, whoever saved it."""
    before = content(rules)
    path = edit(export(rules), lambda _: None)
    done = come_back(path, rules)
    assert (0, f"{rules}/playbooks.yaml: nothing to change\n", "") == (done.returncode, done.stdout, done.stderr)
    assert before == content(rules)


def test_only_what_was_edited_is_written(rules: Path) -> None:
    """A text and its signature take the place of the old ones, in their quotes; every other byte stays, and who may read the file too."""
    (rules / "playbooks.yaml").chmod(0o640)
    before = content(rules).decode()
    path = edit(export(rules), signed("G-SMS-2", "净值有涨有跌", "净值会涨也会跌", dt.date(2016, 1, 4)))
    shown = come_back(path, rules, "--dry-run")
    assert shown.stdout.endswith("dry run: nothing was written\n")
    assert before == content(rules).decode()
    done = come_back(path, rules)
    assert (0, f"{rules}/playbooks.yaml: 3 changes") == (done.returncode, done.stdout.splitlines()[-1])
    start, end = before.index("- id: G-SMS-2"), before.index("- id: G-SMS-3")
    expected = before[start:end].replace("净值有涨有跌", "净值会涨也会跌").replace("sample, replace before use", "合规部 李明")
    expected = expected.replace('李明"\n', '李明"\n          reviewed_on: 2016-01-04\n')
    assert before[:start] + expected + before[end:] == content(rules).decode()
    assert 0o640 == stat.S_IMODE((rules / "playbooks.yaml").stat().st_mode)
    assert [] == list(rules.glob(".staging*"))
    again = come_back(path, rules)
    assert (0, f"{rules}/playbooks.yaml: nothing to change\n") == (again.returncode, again.stdout)


def test_programs_are_told_what_changes(rules: Path) -> None:
    """As JSON: of which action and wording, which column, before and after."""
    path = edit(export(rules), put("E-SMS-1", TEXT, "${signature}尊敬的${name}，您好。${opt_out}", "代发"))
    told = json.loads(come_back(path, rules, "--json", "--dry-run").stdout)
    [change] = told["changes"]
    assert ("E-SMS-1", "代发", "文本", "${signature}尊敬的${name}，您好。${opt_out}") == tuple(
        change[key] for key in ("action", "segment", "column", "new")
    )


def test_it_comes_back_through_libreoffice(rules: Path, tmp_path: Path) -> None:
    """Saved anew by LibreOffice the same texts come back, and nothing is changed."""
    if shutil.which("soffice") is None:
        pytest.skip("needs LibreOffice")
    before = content(rules)
    path = export(rules)
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", tmp_path / "saved", path], check=True, capture_output=True, timeout=120)
    done = come_back(tmp_path / "saved" / "texts.xlsx", rules)
    assert (0, f"{rules}/playbooks.yaml: nothing to change\n", "") == (done.returncode, done.stdout, done.stderr)
    assert before == content(rules)


def test_an_approval_can_be_taken_back(rules: Path) -> None:
    """With a sample's signature and an empty day the key reviewed_on goes again, and the file is what it was."""
    before = content(rules)
    assert 0 == come_back(edit(export(rules), signed("S-SMS-5", "已经开始", "已经开始")), rules).returncode
    assert b"reviewed_on: 2016-01-04" in content(rules)

    def back(sheet: Any) -> None:
        row = row_of(sheet, "S-SMS-5")
        sheet.cell(row, REVIEWER, "sample, replace before use")
        sheet.cell(row, DAY).value = None

    assert 0 == come_back(edit(export(rules), back), rules).returncode
    assert before == content(rules)


def test_two_exports_meet(rules: Path) -> None:
    """Two people who edited other texts of one export both have their way; who edited the same text second is refused."""
    first = export(rules)
    second = Path(shutil.copy(first, rules.parent / "second.xlsx"))
    third = Path(shutil.copy(first, rules.parent / "third.xlsx"))
    assert 0 == come_back(edit(first, signed("G-SMS-2", "有涨有跌", "会有涨跌")), rules).returncode
    assert 0 == come_back(edit(second, signed("G-SMS-3", "有涨有跌", "会有涨跌")), rules).returncode
    assert 2 == content(rules).decode().count("会有涨跌")
    refused = come_back(edit(third, signed("G-SMS-2", "有涨有跌", "涨跌都有")), rules)
    assert (4, "[text-stale]") == (refused.returncode, refused.stderr.split()[-1])


def both(*changes: Change) -> Change:
    """Return several changes as one."""
    return lambda sheet: [one(sheet) for one in changes]


def more(sheet: Any) -> None:
    """Fill another sheet."""
    sheet.parent.create_sheet("别的")["A1"] = "x"


REFUSED: dict[str, tuple[Change, str, str]] = {
    "unknown action": (put("G-SMS-2", 1, "G-SMS-9"), "动作", "text-unknown"),
    "unknown segment": (put("E-SMS-1", 4, "商户", "代发"), "客群", "text-unknown"),
    "changed tier": (put("G-SMS-2", 2, "银卡"), "层级", "text-key"),
    "changed topic": (put("G-SMS-2", 3, "基金"), "主题", "text-key"),
    "another version": (both(put("G-SMS-2", 10, "00000000"), signed("G-SMS-2", "净值", "净 值")), "版本", "text-stale"),
    "twice": (lambda sheet: sheet.append([cell.value for cell in sheet[3]]), "动作", "text-repeated"),
    "missing": (lambda sheet: sheet.delete_rows(5), "", "text-missing"),
    "promise": (signed("G-SMS-2", "有涨有跌", "稳赚"), "文本", "text-refused"),
    "no way to refuse": (signed("G-SMS-2", "${opt_out}", ""), "文本", "text-refused"),
    "unknown field": (signed("G-SMS-2", "${product}", "${produkt}"), "文本", "text-refused"),
    "coupon of a fund": (signed("G-SMS-2", "净值", "票面利率4.00%，净值"), "文本", "text-refused"),
    "line end": (signed("G-SMS-2", "净值", "\n净值"), "文本", "text-refused"),
    "empty": (put("G-SMS-2", TEXT, None), "文本", "text-refused"),
    "nobody reviewed it": (put("G-SMS-2", REVIEWER, None), "审核人", "text-refused"),
    "a day to come": (signed("G-SMS-2", "净值", "净 值", "2099-01-04"), "审核日期", "text-refused"),
    "no day": (signed("G-SMS-2", "净值", "净 值", "上周"), "审核日期", "text-day"),
    "one wording signed": (put("E-SMS-1", REVIEWER, "合规部", "代发"), "审核人", "text-reviewers"),
    "formula": (put("G-SMS-2", 8, '="合规部"'), "", "cell-formula"),
    "two sheets": (more, "", "sheet-ambiguous"),
    "no column": (lambda sheet: sheet.delete_cols(10), "", "header-missing"),
    "column twice": (lambda sheet: sheet.cell(1, 11, "文本"), "", "header-missing"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_refused_whole(case: str, rules: Path) -> None:
    """One mistake beside a sound edit: exit 4, a line with its row, column and rule, and not a byte is written."""
    change, column, rule = REFUSED[case]
    before = content(rules)
    path = edit(export(rules), signed("G-SMS-3", "有涨有跌", "会有涨跌"))
    done = come_back(edit(path, change), rules)
    lines = done.stderr.splitlines()
    told = [line for line in lines if line.startswith("vip: texts.xlsx: ") and line.endswith(f"[{rule}]")]
    assert (4, "", {rule, *(["text-missing"] if rule == "text-unknown" else [])}) == (
        done.returncode,
        done.stdout,
        {line.rpartition("[")[2].rstrip("]") for line in lines},
    )
    assert all(f", column {column}: " in line for line in told if column)
    assert before == content(rules)


def test_a_formula_with_a_value_is_refused(rules: Path) -> None:
    """What a program computed was written by nobody: the cell is named, although its value could be read."""
    path = export(rules)
    sheet = openpyxl.load_workbook(path).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    import xlsxwriter  # noqa: PLC0415

    with xlsxwriter.Workbook(path) as book:
        made = book.add_worksheet()
        for number, row in enumerate(rows):
            made.write_row(number, 0, row)
        made.write_formula(4, TEXT - 1, '=CONCAT("a","b")', None, rows[4][TEXT - 1])
    done = come_back(path, rules)
    assert (4, "vip: texts.xlsx: row 5: cell E5 holds a formula; write the text itself [cell-formula]\n") == (done.returncode, done.stderr)


def test_other_kinds_of_files_are_refused(rules: Path, tmp_path: Path) -> None:
    """Only an .xlsx tells which cells hold formulas."""
    for name in ("texts.ods", "texts.xls"):
        done = come_back(write_book(tmp_path / name, {"文本": [HEADERS]}), rules)
        assert (4, f"vip: {name}: is not a workbook of the form .xlsx; save it as one [file-kind]\n") == (done.returncode, done.stderr)


def test_a_changed_text_needs_a_new_approval(rules: Path) -> None:
    """The approval of a text is not one of its successor: refused with the old day, taken with a new one."""
    assert 0 == come_back(edit(export(rules), signed("G-SMS-2", "有涨有跌", "会有涨跌")), rules).returncode
    path = edit(export(rules), signed("G-SMS-2", "会有涨跌", "涨跌都有"))
    refused = come_back(path, rules)
    assert (4, "[text-approval]") == (refused.returncode, refused.stderr.split()[-1])
    assert 0 == come_back(edit(path, put("G-SMS-2", DAY, "2016-02-01")), rules).returncode
    assert "涨跌都有" in content(rules).decode()


def test_the_packaged_rules_stay_as_they_are(tmp_path: Path) -> None:
    """Without rules of one's own there is nothing to be written into; exit 2 says how to get some."""
    done = vip("playbook", "texts", "import", tmp_path / "texts.xlsx", cwd=tmp_path)
    assert (2, True) == (done.returncode, "vip rules copy DIR" in done.stderr)


def test_a_workbook_is_not_written_over_unasked(rules: Path) -> None:
    """An edited workbook is safe from the next export; --replace is the word for it."""
    path = export(rules)
    before = path.read_bytes()
    done = vip("playbook", "texts", "export", "--rules", rules, "--out", path)
    assert (5, "") == (done.returncode, done.stdout)
    assert before == path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("after", [0, 1])
def test_a_killed_import_leaves_the_old_or_the_new(rules: Path, after: int) -> None:
    """Killed while the file is made durable, or its name is: what stands there is whole, and the same import again heals it."""
    before = content(rules)
    path = edit(export(rules), signed("G-SMS-2", "有涨有跌", "会有涨跌"))
    command = ("playbook", "texts", "import", path, "--rules", rules)
    assert -signal.SIGKILL == vip_interrupted("os:fsync", signal.SIGKILL, *command, cwd=rules, after=after).returncode
    assert (after == 0) == (before == content(rules))
    done = come_back(path, rules)
    assert 0 == done.returncode
    assert "会有涨跌" in content(rules).decode()
    assert [] == list(rules.glob(".staging*"))


FORMS = {
    "block": "a: 1  # one\nm:\n  text: old text  # two\n  by: x # three\n  last: 1\nz: [1,  2]\n",
    "single": "m:\n  text: 'old ''text'\n  by: x\n",
    "double": 'm:\n    text: "old \\"text\\""\n    by: "x"\n',
    "flow": "m: {text: old text, by: x}   # one\nz: 1\n",
    "flow on lines": 'm: {\n  "text": "old",\n  by: x,\n}\n',
    "folded": "m:\n  text: >-\n    old\n    text\n\n  # one\n  by: x\n",
    "plain on lines": "m:\n  text: old\n    text\n  by: x\n",
    "no end": "m:\n  text: old\n  by: x",
    "crlf": "m:\r\n  text: old\r\n  by: x # one\r\nz: 1\r\n",
    "bom": "\ufeffm:\n  text: old\n  by: x\n",
}


@pytest.mark.parametrize("form", FORMS)
@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"]), min_size=1, max_size=20), day=st.dates())
@settings(max_examples=examples(10))
def test_a_value_changes_at_its_place_alone(form: str, value: str, day: dt.date) -> None:
    """Whatever a text holds and however the old one was written: the new one is read back, comments stay, and a new key goes as it came."""
    old = FORMS[form].encode()
    new = edited(old, [Edit(("m", "text"), value), Edit(("m", "on"), day, after="by")])
    before, after = yaml_file.read(old, "").data, yaml_file.read(new, "").data
    assert {**before, "m": {**before["m"], "text": value, "on": day}} == after
    assert [line.partition("#")[2] for line in FORMS[form].splitlines() if "#" in line] == [
        line.rpartition("#")[2] for line in new.decode().splitlines() if line.endswith(("# one", "# two", "# three"))
    ]
    said = yaml_file.read(old, "").data["m"]["text"]
    back = edited(new, [Edit(("m", "text"), said), Edit(("m", "on"), None)])
    assert before == yaml_file.read(back, "").data
    if form not in ("folded", "plain on lines"):
        kept = edited(edited(old, [Edit(("m", "on"), day, after="by")]), [Edit(("m", "on"), None)])
        assert old == kept
