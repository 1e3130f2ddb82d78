"""Workbooks: what goes in is what another program reads, nothing is a formula, and the same lists are the same bytes."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from tests.helpers import RULES, examples
from tests.lists.test_profiles import NASTY
from vip_tiering.base.schema import LIST_FIELDS, RESULT_CODES, RESULTS
from vip_tiering.playbooks.customers.customers_file import CustomerRules
from vip_tiering.playbooks.load import load
from vip_tiering.publishing import sheet_rows, workbook
from vip_tiering.publishing.workbook import SheetPart, write_workbook

SOFFICE = shutil.which("soffice")


def headers() -> dict[str, str]:
    """Return the shipped headers for people."""
    books = load(RULES).playbooks
    assert books is not None
    return books.headers


HEADERS = headers()


def call_list(rows: int) -> pa.Table:
    """Return a list of calls as a manager gets it."""
    values = {
        "customer_id": [f"62220200000000{row:05}" for row in range(rows)],
        "action": ["G-CALL-1"] * rows,
        "manager": ["欧阳建国"] * rows,
        "branch": ["北京朝阳门外大街支行"] * rows,
        "display_name": ["张𠮷女士", "李先生"] * rows,
        "phone": ["013800001234", "13912345678"] * rows,
        "tier_label": ["金钻", "金卡"] * rows,
        "previous_tier_label": ["金卡", "有效户"] * rows,
        "reasons": ["三年期定期存款到期，本季度由金卡升为金钻，生日在本月，距上次联系已超过三十天", "积分到期"] * rows,
        "product": ["三年期定期存款"] * rows,
        "event_date": ["2016-01-15"] * rows,
        "due_by": ["2016-01-14"] * rows,
        "rank": list(range(1, rows + 1)),
        "may_market": ["Y", "N"] * rows,
        "max_risk": ["R3", ""] * rows,
        "last_contact": ["2015-12-01", ""] * rows,
        "result": [""] * rows,
        "obstacle": [""] * rows,
        "note": ["", "仅服务，不得营销"] * rows,
    }
    return pa.table({name: values[name][:rows] for name in LIST_FIELDS})


def content_of(sheets: Mapping[str, pa.Table | list[SheetPart]]) -> bytes:
    """Return a workbook with the shipped headers."""
    sink = io.BytesIO()
    tables = [part for sheet in sheets.values() for part in (sheet if isinstance(sheet, list) else [sheet])]
    rows = sum(len(one if isinstance(one, pa.Table) else one.table or ()) for one in tables)
    assert rows == write_workbook(sheets, HEADERS, sink)
    return sink.getvalue()


def sheets_of(content: bytes) -> dict[str, list[list[object]]]:
    """Return every sheet as rows, by a reader that is not ours."""
    book = load_workbook(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def expected_rows(table: pa.Table) -> list[list[object]]:
    """Return what a sheet must hold."""
    return [[HEADERS.get(name, name) for name in table.column_names], *([*row.values()] for row in table.to_pylist())]


def xml_of(content: bytes, part: str = "xl/worksheets/sheet1.xml") -> str:
    """Return a part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return file.read(part).decode()


def nasty_table() -> pa.Table:
    """Return texts that Excel takes for something else, and their places as numbers."""
    return pa.table({"customer_id": NASTY, "note": NASTY[::-1], "rank": pa.array(range(len(NASTY)), pa.int64())})


def offered_by(*words: str) -> str:
    """Return what the cell of a result offers."""
    sink = io.BytesIO()
    write_workbook({"电话": pa.table({"result": [""]})}, HEADERS, sink, {"result": words})
    return re.findall(r'errorStyle="warning"[^>]*><formula1>"(.*?)"</formula1>', xml_of(sink.getvalue()))[0]


def test_the_cell_of_a_result_offers_words() -> None:
    """The words that were asked for, or the codes where Excel's 255 units do not hold them; a word with a comma is not offered."""
    assert "已接通,&lt;b&gt;" == offered_by("已接通", "<b>")
    assert ",".join(RESULT_CODES) == offered_by(*["词" * 30] * 9)
    values = {"通了,好": "reached", '"通"': "reached", "通": "reached", "Reached ok": "reached", "空": "wrong_number", "无": ""}
    rules = CustomerRules.model_validate({"version": 1, "values": [{"fields": ["result"], "values": values}]})
    assert ["通", "no_answer", "空"] == rules.offered_words("result", RESULT_CODES)[:3]
    assert list(RESULT_CODES) == CustomerRules().offered_words("result", RESULT_CODES)


def test_values_come_back() -> None:
    """Texts are texts, digits and zeros and all, and ranks are numbers."""
    assert {"电话": expected_rows(nasty_table())} == sheets_of(content_of({"电话": nasty_table()}))


@settings(max_examples=examples(50))
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\ufffe", "\uffff"]), max_size=20), min_size=1, max_size=8
    )
)
def test_any_text_comes_back(texts: list[str]) -> None:
    """Whatever a text holds, it comes back; only empty ones are not cells."""
    table = pa.table({"note": ["*", *texts, "*"]})
    (rows,) = sheets_of(content_of({"x": table})).values()
    assert expected_rows(table) == rows


def test_nothing_is_a_formula_a_link_or_a_number() -> None:
    """What looks like a formula, a link or a number is text in the file itself; only ranks are numbers."""
    content = content_of(
        {"x": pa.table({"note": ["=1+1", "+1", "@SUM(A1)", "http://example.com", "1e5", "0012345678901234567"], "rank": range(6)})}
    )
    xml = xml_of(content)
    assert [] == re.findall(r"<f>|<hyperlink", xml)
    assert 6 == len(re.findall(r'<c r="B\d" s="\d+"><v>\d</v></c>', xml))
    assert 6 == len(re.findall(r'<c r="A[2-7]" s="\d+" t="inlineStr">', xml))


def test_sheet_is_ready_to_read_and_print() -> None:
    """The header is bold, stays in sight and on each page; filters, choices of results, A4 across, one page wide."""
    xml = xml_of(content_of({"电话": call_list(30)}))
    assert 'topLeftCell="A2" activePane="bottomLeft" state="frozen"' in xml
    assert '<autoFilter ref="A1:S31"/>' in xml
    assert '<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>' in xml
    assert '<dataValidation type="list"' in xml
    assert 'sqref="Q2:Q31"' in xml
    choices = re.search(r"<formula1>(.*?)</formula1>", xml)
    assert choices is not None
    assert [word for word in RESULTS if word] == choices[1].replace("&quot;", "").replace('"', "").split(",")
    assert "电话!$1:$1" in xml_of(content_of({"电话": call_list(30)}), "xl/workbook.xml")
    assert "<b/>" in xml_of(content_of({"电话": call_list(30)}), "xl/styles.xml")


def test_same_lists_are_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the clock nor the time zone nor chunks of the table are in a workbook."""
    once = content_of({"电话": call_list(30), "微信": nasty_table()})
    monkeypatch.setenv("TZ", "America/New_York")
    chunks = pa.concat_tables([call_list(30).slice(0, 7), call_list(30).slice(7)])
    assert once == content_of({"电话": chunks, "微信": nasty_table()})


def test_rows_are_made_a_stretch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are made at once, the sheet is the same: repeated and rare texts, gaps, wrapped rows and plain ones."""
    sheets = {"电话": call_list(30), "x": nasty_table(), "y": pa.table({"note": ["字" * 40, "", None, "z"] * 3, "rank": [1, None, 2] * 4})}
    whole = [xml_of(content_of(sheets), f"xl/worksheets/sheet{number}.xml") for number in (1, 2, 3)]
    monkeypatch.setattr(sheet_rows, "_CHUNK_ROWS", 5)
    assert whole == [xml_of(content_of(sheets), f"xl/worksheets/sheet{number}.xml") for number in (1, 2, 3)]
    assert '<row r="2" spans="1:2" ht="51" customHeight="1"><c r="A2"' in whole[2]
    assert '<row r="3" spans="1:2"></row>' in whole[2]


def test_sheets_beyond_what_excel_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is too long goes on in another sheet with the header again; tabs that Excel refuses are mended and told apart."""
    monkeypatch.setattr(workbook, "SHEET_ROWS", 2)
    table = pa.table({"customer_id": ["1", "2", "3", "4", "5"]})
    found = sheets_of(
        content_of({"a/b": table, "A:B": table.slice(0, 1), "字" * 40: table.slice(0, 0), "": table.slice(0, 1), "History": table.slice(4)})
    )
    assert ["a_b", "a_b (2)", "a_b (3)", "A_B (4)", "字" * 31, "_", "History (2)"] == list(found)
    assert [["客户号"], ["5"]] == found["a_b (3)"]
    assert [["客户号"]] == found["字" * 31]


def test_cells_beyond_what_excel_takes() -> None:
    """A text of 32,767 units stays whole; a longer one ends in `…`, and no rare character is cut in half."""
    whole, long, rare = "a" * 32_767, "a" * 32_768, "a" + "𠮷" * 16_384
    (rows,) = sheets_of(content_of({"x": pa.table({"note": [whole, long, rare]})})).values()
    assert [[HEADERS["note"]], [whole], ["a" * 32_766 + "…"], ["a" + "𠮷" * 16_382 + "…"]] == rows


def test_columns_fit_their_chinese() -> None:
    """A column is as wide as its longest text, a Chinese character counting two, and a very wide one is wrapped."""
    xml = xml_of(content_of({"x": call_list(30)}))
    widths = [float(width) for width in re.findall(r'<col min="\d+" max="\d+" width="([\d.]+)"', xml)]
    assert (widths[0] >= 19, widths[3] >= 20) == (True, True)
    assert max(widths) < 38
    assert '<row r="2" spans="1:19" ht="51" customHeight="1">' in xml
    assert 'wrapText="1"' in xml_of(content_of({"x": call_list(30)}), "xl/styles.xml")


def test_money_is_a_number_exact_to_the_cent() -> None:
    """An amount comes back as the very cents, up to 999,999,999,999.99 yuan, with commas and two decimals; none is not a cell."""
    yuan = [None, Decimal("0.00"), Decimal("-0.01"), Decimal("99999.99"), Decimal("-999999999999.99"), Decimal("1234567.10")]
    content = content_of({"x": pa.table({"customer_id": ["1"] * len(yuan), "amount": pa.array(yuan, pa.decimal128(18, 2))})})
    (rows,) = sheets_of(content).values()
    assert ["", *map(float, yuan[1:])] == [row[1] for row in rows[1:]]
    assert [f"{one:.2f}" for one in yuan[1:]] == [f"{row[1]:.2f}" for row in rows[2:]]
    assert '"#,##0.00"' in xml_of(content, "xl/styles.xml")
    assert [float(width) >= 20 for width in re.findall(r'<col min="2" max="2" width="([\d.]+)"', xml_of(content))] == [True]


def test_parts_stand_below_each_other() -> None:
    """A sheet of parts holds lines of text, then each table under its title with its own header; totals are bold, nothing is filtered."""
    figures = pa.table({"branch": ["甲", "合计"], "customers": pa.array([1_234, None], pa.int64())})
    parts = [SheetPart("第一行"), SheetPart("标题", figures, frozenset({1})), SheetPart("空", figures.slice(0, 0))]
    content = content_of({"汇总": parts})
    (rows,) = sheets_of(content).values()
    assert [
        ["第一行", ""],
        ["", ""],
        ["标题", ""],
        ["支行", "customers"],
        ["甲", 1234],
        ["合计", ""],
        ["", ""],
        ["空", ""],
        ["支行", "customers"],
    ] == rows
    assert "autoFilter" not in xml_of(content)
    assert "fitToHeight" in xml_of(content)
    styles = re.findall(r'<c r="A([56])" s="(\d+)"', xml_of(content))
    assert styles[0][1] != styles[1][1]


def converted(content: bytes, folder: Path, form: str) -> Path:
    """Return what LibreOffice makes of a workbook."""
    (folder / "list.xlsx").write_bytes(content)
    command = [str(SOFFICE), f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", form, "--outdir", str(folder)]
    subprocess.run([*command, str(folder / "list.xlsx")], check=True, capture_output=True, timeout=240)
    return folder / f"list.{form.partition(':')[0]}"


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_libreoffice_shows_the_same(tmp_path: Path) -> None:
    """LibreOffice opens the workbook, and the CSV that it makes shows the values themselves: no formula, every digit."""
    table = pa.table(
        {
            name: [one.replace("\r", "") if isinstance(one, str) else one for one in column.to_pylist()]
            for name, column in zip(nasty_table().column_names, nasty_table().columns, strict=True)
        }
    )
    text = converted(content_of({"x": table}), tmp_path, "csv:Text - txt - csv (StarCalc):44,34,76,1").read_text("utf-8-sig")
    shown = list(csv.reader(io.StringIO(text)))
    assert [[str(cell) for cell in row] for row in expected_rows(table)] == shown


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_libreoffice_prints_it(tmp_path: Path) -> None:
    """A list prints one page wide: its pages are as many as its rows need, and no more beside them."""
    pages = [
        len(re.findall(rb"/Type\s*/Page\b", converted(content_of({"电话": call_list(rows)}), tmp_path, "pdf").read_bytes()))
        for rows in (1, 200)
    ]
    assert pages[0] == 1
    assert 2 <= pages[1] <= 12
