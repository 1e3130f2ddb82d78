"""Workbooks beside a run: what `.xlsx`, `.xls` and `.ods` hold is what a CSV of the same table holds, and nothing in them misleads."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import xlwt
from xlwt.CompoundDoc import XlsDoc

from tests.customers.test_customers import EMPTY, NONE, PERSON, as_rows, write
from tests.helpers import vip
from tests.workbooks import FORMS, Error, NeverComputed, altered, ods_bytes, write_book
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.other_files import parse_events
from vip_tiering.customers.side_file import SideFile, read_side_file, read_side_tables
from vip_tiering.customers.workbooks import sheets
from vip_tiering.rules.text_format import TableForm, TextFormat

CANARY = "13800002416"
HEADER = ["customer_id", "name"]


def book(folder: Path, form: str, *rows: Sequence[Any], **options: Any) -> Path:
    """Write a workbook of one sheet, of which every test has one of its own."""
    return write_book(folder / f"c.{form}", {"客户": rows}, **options)


def refusal(path: Path, form: TableForm | None = None, max_bytes: int = 4 << 30) -> str:
    """Return the one line with which a file is refused, without a value of a customer."""
    with pytest.raises(DataError) as error:
        read_side_file(path, max_bytes, form=form or TableForm())
    (problem,) = error.value.problems
    assert CANARY not in str(problem)
    return str(problem)


def texts(file: SideFile) -> list[list[str]]:
    """Return a file row by row."""
    return [list(row) for row in zip(*(column.to_pylist() for column in file.columns.values()), strict=True)]


@pytest.mark.parametrize("form", FORMS)
def test_a_workbook_is_its_csv(form: str, tmp_path: Path) -> None:
    """Days, numbers and truth values of a workbook are read as the texts that a CSV has for them."""
    typed = dict(PERSON) | {
        "birthday": dt.date(1980, 2, 29), "risk_rated_on": dt.date(2015, 3, 1), "points": 1200, "mobile": 13800138000, "consent_sms": True,
        "private_client": False, "customer_id": "0012",
    }  # fmt: skip
    path = book(tmp_path, form, list(PERSON), list(typed.values()), [], list(EMPTY.values()))
    file = read_side_file(path)
    csv = read_side_file(write(tmp_path / "customers.csv", [PERSON, EMPTY]))
    assert as_rows(parse_customers(csv, NONE)[0]) == as_rows(parse_customers(file, NONE)[0])
    assert [2, 4] == file.row.tolist()


@pytest.mark.parametrize("form", FORMS)
def test_a_workbook_is_known_by_its_content(form: str, tmp_path: Path) -> None:
    """The name decides nothing: a workbook named .csv is read, and a CSV named like a workbook; a gzipped one is refused."""
    path = book(tmp_path, form, HEADER, ["1", "王丹"])
    content = path.read_bytes()
    (tmp_path / "book.csv").write_bytes(content)
    assert [["1", "王丹"]] == texts(read_side_file(tmp_path / "book.csv"))
    path.write_text("customer_id,name\n1,王丹\n", encoding="utf-8")
    assert [["1", "王丹"]] == texts(read_side_file(path))
    path.write_bytes(gzip.compress(content))
    assert f"{path.name}: is a gzipped workbook; deliver it without gzip" in refusal(path)


@pytest.mark.parametrize("form", FORMS)
def test_rows_are_numbered_as_the_program_numbers_them(form: str, tmp_path: Path) -> None:
    """Blank rows are none, also before the header and of blanks alone; a table may begin in any column."""
    path = book(tmp_path, form, [], [None, *HEADER], [None, "1", "a"], [None, " ", ""], [], [None, "2", "b"])
    file = read_side_file(path)
    assert ([["1", "a"], ["2", "b"]], [3, 6]) == (texts(file), file.row.tolist())
    assert ("", *HEADER) == file.headers


@pytest.mark.parametrize("form", FORMS)
def test_ids_keep_what_they_have(form: str, tmp_path: Path) -> None:
    """A short number is its digits, one of more than 15 digits has lost some and is refused, as text it is whole."""
    whole = [["0012"], [7], [123456789012345], ["6217990001234567890"]]
    file = read_side_file(book(tmp_path, form, ["customer_id", "event", "date"], *([*row, "points", "2015-10-01"] for row in whole)))
    events, _ = parse_events(file, NONE)
    assert ["0012", "7", "123456789012345", "6217990001234567890"] == events.customer_id.to_pylist()
    for lost in (6217990001234567890, 9007199254740993, 10**15, 7.5e20):
        path = book(tmp_path, form, ["customer_id", "event", "date"], ["1", "points", "2015-10-01"], [float(lost), "points", "2015-10-01"])
        with pytest.raises(DataError, match=r"row 3, column customer_id: .*\[id-spreadsheet\]"):
            parse_events(read_side_file(path), NONE)


@pytest.mark.parametrize("form", FORMS)
def test_days_of_a_workbook_are_days(form: str, tmp_path: Path) -> None:
    """A day, its serial number, and a day typed as text in the one form of the column are all that day."""
    for typed in ("2015/10/1", "20151001", "2015年10月1日"):
        rows = [["1", "points", day] for day in (dt.date(2015, 10, 1), 42278, typed, dt.datetime(2015, 10, 1))]  # noqa: DTZ001
        events, _ = parse_events(read_side_file(book(tmp_path, form, ["customer_id", "event", "date"], *rows)), NONE)
        assert [day_number(dt.date(2015, 10, 1))] * 4 == events.day.tolist()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("day", ["2015/2/31", 1985, 99_999, 42278.5, 6, dt.datetime(2015, 10, 1, 12), "42278", "1/10/2015"])  # noqa: DTZ001
def test_what_is_no_day_is_none_in_a_workbook(day: Any, form: str, tmp_path: Path) -> None:
    """A year, a number with a time of day, a day beyond the calendar and a serial number as text are refused with their row."""
    path = book(tmp_path, form, ["customer_id", "event", "date"], ["1", "points", dt.date(2015, 10, 1)], ["2", "points", day])
    with pytest.raises(DataError, match=r"row 3, column date: .*\[(date-invalid|date-excel|date-time|day-range)\]"):
        parse_events(read_side_file(path), NONE)


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    """Excel for Macintosh counts from 1904: its serial numbers are other days, in .xlsx and .xls."""
    new, old = openpyxl.Workbook(), xlwt.Workbook()
    new.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    old.dates_1904 = True
    sheet = old.add_sheet("客户")
    for row, cells in enumerate([["customer_id", "event", "date"], ["1", "points", 42278 - 1462]]):
        new.active.append(cells)
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    new.save(tmp_path / "c.xlsx")
    old.save(str(tmp_path / "c.xls"))
    for name in ("c.xlsx", "c.xls"):
        assert [day_number(dt.date(2015, 10, 1))] == parse_events(read_side_file(tmp_path / name), NONE)[0].day.tolist()


@pytest.mark.parametrize("form", FORMS)
def test_amounts_have_the_digits_that_excel_shows(form: str, tmp_path: Path) -> None:
    """A number that was computed has the 15 digits that a spreadsheet keeps; a third digit after the point is refused as in a CSV."""
    rows = [[str(number), "maturity", "2015-10-01", amount] for number, amount in enumerate((1000, 1234.56, 0.1 + 0.2, None))]
    events, _ = parse_events(read_side_file(book(tmp_path, form, ["customer_id", "event", "date", "amount"], *rows)), NONE)
    assert [100_000, 123_456, 30] == events.amount_fen.tolist()[:3]
    rows[1][3] = 1234.567
    with pytest.raises(DataError, match="row 3, column amount"):
        parse_events(read_side_file(book(tmp_path, form, ["customer_id", "event", "date", "amount"], *rows)), NONE)


# --- which sheet


@pytest.mark.parametrize("form", FORMS)
def test_the_one_visible_sheet_is_read(form: str, tmp_path: Path) -> None:
    """Hidden sheets are left alone, whatever stands in them, and so are visible ones in which nothing stands."""
    sheets = {"旧": [["x", "x"], [Error, CANARY]], "客户": [HEADER, ["1", "a"]], "Sheet2": [], "Sheet3": []}
    assert [["1", "a"]] == texts(read_side_file(write_book(tmp_path / f"c.{form}", sheets, hidden={"旧"})))


@pytest.mark.parametrize("form", FORMS)
def test_two_visible_sheets_need_a_name(form: str, tmp_path: Path) -> None:
    """Which of two is meant, the rules say; without that both are named, one whose name could be a customer's value by its number."""
    sheets = {"客户": [HEADER, ["1", "a"]], "名单": [HEADER, ["2", "b"]], CANARY: [HEADER, ["3", "c"]]}
    path = write_book(tmp_path / f"c.{form}", sheets)
    assert (
        f"c.{form}: several visible sheets hold something: 客户, 名单, sheet 3; say which one to read:"
        " files: {events: {sheet: ...}} in rules/customers.yaml [sheet-ambiguous]"
    ) == refusal(path, TableForm(kind="events"))
    assert [["2", "b"]] == texts(read_side_file(path, form=TableForm(sheet="名单")))
    assert (
        "has no sheet with the name under files: {customers: {sheet: ...}} in rules/customers.yaml; its sheets: 客户, 名单, sheet 3"
        in refusal(path, TableForm(sheet="客户2"))
    )
    named = write_book(tmp_path / f"c.{form}", sheets, hidden={"名单"})
    assert [["2", "b"]] == texts(read_side_file(named, form=TableForm(sheet=" 名单")))
    assert ["c [sheet 1]", "c [sheet 2]", "c [sheet 3]"] == [one.name for one in read_side_tables(path, 1 << 30, "c", TableForm())]


@pytest.mark.parametrize("form", FORMS)
def test_a_workbook_without_anything_is_refused(form: str, tmp_path: Path) -> None:
    """Nothing on the visible sheets is nothing, also where a hidden one is full."""
    path = write_book(tmp_path / f"c.{form}", {"客户": [[]], "旧": [HEADER, ["1", "a"]]}, hidden={"旧"})
    assert "no sheet of the workbook holds anything [file-empty]" in refusal(path)


# --- cells that mislead


@pytest.mark.parametrize("form", FORMS)
def test_cells_with_an_error_are_refused(form: str, tmp_path: Path) -> None:
    """#N/A is not an empty cell: the workbook is refused with its place."""
    path = book(tmp_path, form, HEADER, [], ["1", Error])
    message = "an error such as #N/A, or a formula that was never computed; write the value itself [cell-unread]"
    assert f"c.{form}: row 3: cell B3 holds {message}" == refusal(path)


@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_formulas_that_were_never_computed_are_refused(form: str, tmp_path: Path) -> None:
    """A program that writes a formula without its value leaves a cell that reads as empty."""
    assert "row 2: cell B2 holds an error" in refusal(book(tmp_path, form, HEADER, ["1", NeverComputed]))


def test_formulas_with_a_value_are_their_value(tmp_path: Path) -> None:
    """A formula that was computed is its value, an empty text too; what openpyxl writes has none."""
    path = tmp_path / "c.xlsx"
    with xlsxwriter.Workbook(path) as new:
        sheet = new.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_formula(1, 0, '="0"&7', None, "07")
        sheet.write_formula(1, 1, '=IF(A2="","x","")', None, "y")
    assert [["07", "y"]] == texts(read_side_file(path))
    xml = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as parts:
        text = parts.read(xml)
    assert [["07", ""]] == texts(read_side_file(altered(path, {xml: text.replace(b"<v>y</v>", b"<v></v>")})))
    made = openpyxl.Workbook()
    made.active.append(HEADER)
    made.active.append(["1", "=A2"])
    made.save(path)
    assert "cell B2" in refusal(path)


def test_an_old_workbook_without_values_is_refused(tmp_path: Path) -> None:
    """In an `.xls` a formula with an empty text is empty where a program computed the workbook; where none did, nobody knows its value."""
    old = xlwt.Workbook()
    sheet = old.add_sheet("客户")
    for column, header in enumerate(HEADER):
        sheet.write(0, column, header)
    sheet.write(1, 0, "7")
    sheet.write(1, 1, xlwt.Formula('IF(A2="","x","")'))
    old.save(str(tmp_path / "c.xls"))
    assert "row 2: cell B2 holds an error such as #N/A, or a formula that was never computed" in refusal(tmp_path / "c.xls")
    content = (tmp_path / "c.xls").read_bytes()
    of_menus, computed_by = bytes.fromhex("c10002000000"), bytes.fromhex("c10102000000")  # one record in the place of another
    assert 1 == content.count(of_menus)
    (tmp_path / "c.xls").write_bytes(content.replace(of_menus, computed_by))
    assert [["7", ""]] == texts(read_side_file(tmp_path / "c.xls"))


@pytest.mark.parametrize("value", ['office:value-type="float" office:value="0"', 'office:value-type="string" office:string-value=""'])
@pytest.mark.parametrize("shown", ["#DIV/0!", "Err:502", "#NAME?"])
def test_errors_that_only_show_are_refused(value: str, shown: str, tmp_path: Path) -> None:
    """Not every writer of `.ods` marks a formula without a value: it shows an error beside a value that is none. A text may."""
    cells = [f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in (*HEADER, "7", shown)]
    formula = f'<table:table-cell table:formula="of:=1/0" {value}><text:p>{shown}</text:p></table:table-cell>'
    for last, wrong in ((formula, True), (cells[3], False)):
        rows = [f"<table:table-row>{row}</table:table-row>" for row in (cells[0] + cells[1], cells[2] + last)]
        (tmp_path / "c.ods").write_bytes(ods_bytes("", f'<table:table table:name="a">{"".join(rows)}</table:table>'))
        if wrong:
            assert "row 2: cell B2 holds an error" in refusal(tmp_path / "c.ods")
        else:
            assert [["7", shown]] == texts(read_side_file(tmp_path / "c.ods"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", [True, dt.date(2015, 10, 1)])
def test_days_and_truth_values_are_no_ids(cell: Any, form: str, tmp_path: Path) -> None:
    """A spreadsheet makes a day of 10-1 and a truth value of TRUE: such an id is refused, and a number that could be a day is one."""
    path = book(tmp_path, form, ["customer_id", "event", "date"], [42278, "points", "2015-10-01"], [cell, "points", "2015-10-01"])
    with pytest.raises(DataError, match=r"row 3, column customer_id: a spreadsheet took this id for a day, or .*\[id-spreadsheet\]"):
        parse_events(read_side_file(path), NONE)


@pytest.mark.parametrize("form", FORMS)
def test_columns_by_number_may_be_empty(form: str, tmp_path: Path) -> None:
    """Where no row names the columns an empty one before the table has its number too, and is empty."""
    path = book(tmp_path, form, [None, "1", "a"], [None, "2", "b"])
    file = read_side_file(path, form=TableForm(text=TextFormat(header=False)))
    assert (("1", "2", "3"), [["", "1", "a"], ["", "2", "b"]]) == (file.headers, texts(file))


def test_parquet_has_no_columns_by_number(tmp_path: Path) -> None:
    """Parquet names its columns, so rules that number them are not about such a file."""
    path = tmp_path / "c.parquet"
    pq.write_table(pa.table({"customer_id": ["1"]}), path)
    assert "c.parquet: is Parquet, which names its columns, and rules/customers.yaml numbers them (header: none)" in refusal(
        path, TableForm(text=TextFormat(header=False))
    )


@pytest.mark.parametrize("prefix", ["", "x:"])
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("placed", [True, False])
def test_sheets_of_other_writers_are_judged(prefix: str, quote: str, placed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Writers that use a prefix, single quotes or no places of cells are read, and their errors found."""
    space = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"

    def cell(name: str, kind: str, value: str) -> str:
        place = f' r="{name}"' if placed else ""
        return f'<{prefix}c{place} t="{kind}"><{prefix}v>{value}</{prefix}v></{prefix}c>'

    def sheet(kind: str, value: str) -> bytes:
        rows = [cell("A1", "str", "customer_id") + cell("B1", "str", "name"), cell("A2", "str", "007") + cell("B2", kind, value)]
        body = "".join(f"<{prefix}row>{row}</{prefix}row>" for row in rows)
        text = f'<{prefix}worksheet {space}="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><{prefix}sheetData>{body}'
        return f"{text}</{prefix}sheetData></{prefix}worksheet>".replace('"', quote).encode()

    path = book(tmp_path, "xlsx", HEADER)
    xml = "xl/worksheets/sheet1.xml"
    assert [["007", "a"]] == texts(read_side_file(altered(path, {xml: sheet("str", "a")})))
    assert ("cell B2 holds" if placed else "a cell holds") in refusal(altered(path, {xml: sheet("e", "#REF!")}))


@pytest.mark.parametrize("form", FORMS)
def test_merged_rows_are_refused(form: str, tmp_path: Path) -> None:
    """Of merged cells of several rows only the first would count."""
    path = book(tmp_path, form, HEADER, ["1", "a"], ["2", None], ["3", "c"], merged=(1, 1, 2, 1))
    assert f"c.{form}: row 2: cells of several rows are merged" in refusal(path)


@pytest.mark.parametrize("form", ["xlsx", "xls"])
def test_a_merged_header_is_refused(form: str, tmp_path: Path) -> None:
    """One header for two columns is not the name of a column; a title above the table and merged cells of one row below are taken."""
    path = book(tmp_path, form, [None, None, "note"], ["1", "a", "b"], merged=(0, 0, 0, 1))
    assert "row 1: cells of the header are merged; name each column in a cell of its own, and delete what stands above" in refusal(path)
    path = book(tmp_path, form, [None, None], HEADER, ["1", "a"], merged=(0, 0, 0, 1))
    assert [["1", "a"]] == texts(read_side_file(path))
    path = book(tmp_path, form, [*HEADER, "note", "more"], ["1", "a", None, None], merged=(1, 2, 1, 3))
    assert [["1", "a", "合并", ""]] == texts(read_side_file(path))


@pytest.mark.parametrize("form", FORMS)
def test_headers_are_judged_as_in_a_csv(form: str, tmp_path: Path) -> None:
    """A header that stands twice, and a column of values without one, are refused; an empty column without a header is none."""
    assert "a header stands twice: Name; deliver each column once [header-repeated]" in refusal(
        book(tmp_path, form, [*HEADER, "Name"], ["1", "a", "b"])
    )
    assert "row 3: column 3 has no header, and this row fills it; name every column [header-empty]" in refusal(
        book(tmp_path, form, HEADER, ["1", "a"], ["2", "b", CANARY])
    )
    assert [["1", "a"]] == texts(read_side_file(book(tmp_path, form, [*HEADER, " "], ["1", "a", ""])))


# --- what is no whole workbook


@pytest.mark.parametrize("form", FORMS)
def test_damaged_workbooks_are_refused(form: str, tmp_path: Path) -> None:
    """A workbook that was cut anywhere, or in which bytes changed, is refused and never read in part."""
    whole = book(tmp_path, form, HEADER, ["1", "a"]).read_bytes()
    path = tmp_path / f"cut.{form}"
    for length in (8, 9, 100, len(whole) // 2, len(whole) - 600 if form == "xls" else len(whole) - 1):
        path.write_bytes(whole[:length])
        assert "file-damaged" in refusal(path)


@pytest.mark.parametrize("form", FORMS)
def test_no_change_of_bytes_ends_otherwise(form: str, tmp_path: Path) -> None:
    """Whatever bytes of a workbook change, it is read or refused with a message."""
    whole = book(tmp_path, form, HEADER, ["1", "a"], ["2", dt.date(2015, 10, 1)]).read_bytes()
    path = tmp_path / f"changed.{form}"
    chance = random.Random(form)
    for _ in range(60):
        changed = bytearray(whole)
        for place in chance.sample(range(len(whole)), 3):
            changed[place] = chance.randrange(256)
        path.write_bytes(changed)
        with contextlib.suppress(DataError):
            read_side_file(path)


def test_a_reader_that_panics_is_a_damaged_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its author thought impossible ends the reader in a way of its own, which is damage; an interruption stays one."""
    path = book(tmp_path, "xls", HEADER, ["1", "a"])

    class PanicException(BaseException):
        """As the reader ends."""

    for ending, expected in ((PanicException, DataError), (KeyboardInterrupt, KeyboardInterrupt)):
        monkeypatch.setattr(sheets, "CalamineWorkbook", SimpleNamespace(from_filelike=mock.Mock(side_effect=ending)))
        with pytest.raises(expected):
            read_side_file(path)


def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    """Of two sheets under one name one would be judged and the other read."""
    path = book(tmp_path, "xlsx", HEADER, ["1", "a"])
    with zipfile.ZipFile(path, "a") as parts, pytest.warns(UserWarning, match="Duplicate name"):
        parts.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    assert "[file-damaged]" in refusal(path)


def _renamed_stream(content: bytes, name: str) -> bytes:
    """Return an old workbook whose stream has another name."""
    old, new = ("Workbook".encode("utf-16-le"), name.encode("utf-16-le"))
    at = content.index(old)
    entry = bytearray(content[at : at + 128])
    entry[:64] = new.ljust(64, b"\0")
    entry[64:66] = (len(new) + 2).to_bytes(2, "little")
    return content[:at] + bytes(entry) + content[at + 128 :]


def test_workbooks_with_a_password_are_refused(tmp_path: Path) -> None:
    """Excel's new and old way and LibreOffice's to protect a workbook are told as such, and not as damage."""
    plain = book(tmp_path, "xls", HEADER, ["1", "a"]).read_bytes()
    (tmp_path / "new.xlsx").write_bytes(_renamed_stream(plain, "EncryptedPackage"))
    stream = bytes.fromhex("0908100000060500bb0dcc0700000000060000002f000200" + "0000" + "0a000000")
    XlsDoc().save(str(tmp_path / "old.xls"), stream.ljust(8192, b"\0"))
    (tmp_path / "libre.ods").write_bytes(ods_bytes("", "", "<manifest:encryption-data/>"))
    for name in ("new.xlsx", "old.xls", "libre.ods"):
        assert f"{name}: is protected by a password; save it without one [file-password]" == refusal(tmp_path / name)


def test_other_files_of_these_containers_are_refused(tmp_path: Path) -> None:
    """A Word document, old or new, and any zip file are not workbooks."""
    old = book(tmp_path, "xls", HEADER, ["1", "a"]).read_bytes()
    (tmp_path / "a.doc").write_bytes(_renamed_stream(old, "WordDocument"))
    altered(book(tmp_path, "xlsx", HEADER).rename(tmp_path / "a.docx"), {"xl/workbook.xml": None})
    for name in ("a.doc", "a.docx"):
        assert f"{name}: is not a workbook of Excel or LibreOffice; save it as .xlsx [file-damaged]" == refusal(tmp_path / name)


# --- what would fill the memory

ROW = '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="{}"{}</table:table-row>'
FILLED = ' office:value-type="string"><text:p>{}</text:p></table:table-cell>'


@pytest.mark.parametrize("cells", [ROW.format(1_000_000, 1000, FILLED.format("x")), ROW.format(100, 100, FILLED.format("x" * 2000))])
def test_repeated_cells_are_counted(cells: str, tmp_path: Path) -> None:
    """LibreOffice writes equal cells once, with how often; what grows so is refused before it is read, and blank cells are nothing."""
    path = tmp_path / "c.ods"
    path.write_bytes(ods_bytes("", f'<table:table table:name="a">{cells}</table:table>'))
    assert "[file-too-large]" in refusal(path, max_bytes=100 << 20)
    blank = ROW.format(1_000_000, 1000, "/>")
    row = "<table:table-row>" + "".join(
        f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in HEADER
    )
    path.write_bytes(ods_bytes("", f'<table:table table:name="a">{row}</table:table-row>{blank}</table:table>'))
    assert tuple(HEADER) == read_side_file(path, 100 << 20).headers


def test_old_workbooks_that_fill_the_memory_are_refused(tmp_path: Path) -> None:
    """A cell far away, and a long text that thousands of cells share, are judged before the sheet is read."""
    path = book(tmp_path, "xls", HEADER, ["1", "a"])
    assert 1 == read_side_file(path, 1 << 20).rows
    path = book(tmp_path, "xls", HEADER, *[[]] * 60_000, [*[None] * 255, "x"])
    assert "a sheet spans more than 2,097,152 cells" in refusal(path, max_bytes=1 << 30)
    path = book(tmp_path, "xls", HEADER, *[["x" * 30_000, "b" * number] for number in range(200)])
    assert "the texts of a sheet take more than 8M" in refusal(path, max_bytes=64 << 20)
    assert 200 == read_side_file(path, 1 << 30).rows


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    """Texts that a document type makes grow are not expanded."""
    path = tmp_path / "c.ods"
    path.write_bytes(ods_bytes("", '<table:table table:name="a"/>'))
    altered(path, {"content.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><office:document-content/>'})
    assert "[file-damaged]" in refusal(path)


def test_commands_take_workbooks(tmp_path: Path) -> None:
    """`vip customers check` reads a workbook, and refuses one with a line and exit 4."""
    assert vip("customers", "check", book(tmp_path, "xls", list(PERSON), list(PERSON.values()))).returncode == 0
    done = vip("customers", "check", book(tmp_path, "xlsx", HEADER, ["1", Error]))
    assert (4, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines())), done.stderr
