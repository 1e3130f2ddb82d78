"""`vip report`: the workbook and the terminal say what `--json` and the run's files say, cell by cell; one page is printed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from rich.console import Console
from wcwidth import wcswidth
from xlsxwriter import Workbook

from tests import prepared
from tests.helpers import RULES, read_csv
from tests.reports.test_change_report import make_runs, write_people
from vip_tiering.base.words import LANGUAGES, Words
from vip_tiering.cli.show.report import report_summary
from vip_tiering.cli.show.tables import bar, sparkline
from vip_tiering.reports.figures.measures import YUAN
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.document import document_of
from vip_tiering.reports.overview.job import overview
from vip_tiering.reports.overview.tables import FIGURES, Table
from vip_tiering.reports.overview.words import TITLES
from vip_tiering.reports.overview.workbook.book import parts_of, workbook_of
from vip_tiering.reports.overview.workbook.first_sheet import Titled
from vip_tiering.reports.overview.workbook.grid import Formats, Grid
from vip_tiering.reports.overview.workbook.words import SHEETS

FEN_PER_WAN = 1_000_000
Rows = list[list[Any]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the runs 2014Q4, 2015Q3 and 2015Q4, and a customer file."""
    folder = tmp_path_factory.mktemp("book")
    make_runs(folder / "out")
    write_people(folder / "customers.csv")
    return folder


@pytest.fixture(scope="module")
def contents(home: Path) -> Contents:
    """Return what the report of 2015Q4 says."""
    return overview(home / "out" / "2015Q4", home / "customers.csv", rules=RULES)


@pytest.fixture(scope="module")
def sheets(contents: Contents) -> dict[str, Rows]:
    """Return the sheets of the workbook as rows, by a reader that is not ours."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(contents, Words("zh"))))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def parts(contents: Contents) -> list[Titled]:
    """Return every table of the report as people read it."""
    cells = Cells(Words("zh"), contents.names)
    return [part for code in contents.tables for part in parts_of(code, contents, cells)]


def found(sheets: dict[str, Rows], part: Titled) -> Rows:
    """Return the cells of the table that has a title, on whatever sheet but the first."""
    (place,) = [
        (rows, row, column)
        for name, rows in [*sheets.items()][1:]
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
        if cell == part.title and (row == 0 or name == SHEETS["migration"][0])
    ]
    rows, top, left = place
    return [cells[left : left + len(part.table.columns)] for cells in rows[top + 2 : top + 2 + len(part.table)]]


def as_number(kind: str, unit: str, cell: Any) -> int | None:
    """Return a figure of a cell in the unit of `--json`'s frames: fen, tenths of a percent, or as it is."""
    if cell is None:
        return None
    is_money = kind.startswith("fen") or (kind.startswith("by_unit") and unit == YUAN)
    scale = FEN_PER_WAN if is_money else 1000 if kind == "permille" else 1
    return round(cell * scale)


def test_every_figure_stands_in_the_workbook(contents: Contents, sheets: dict[str, Rows]) -> None:
    """Each cell of each table is in the workbook, exact to the fen; text stands there as the page says it."""
    cells = Cells(Words("zh"), contents.names)
    tried = 0
    for part in parts(contents):
        for row, shown in zip(part.table.rows.to_dict("records"), found(sheets, part), strict=True):
            for (name, kind), cell in zip(part.table.columns.items(), shown, strict=True):
                if kind in FIGURES:
                    expected = None if pd.isna(row[name]) else int(row[name])
                    assert expected == as_number(kind, row.get("unit", ""), cell), (part.title, name, row)
                else:
                    assert cells.cell(kind, row[name]) == (cell or ""), (part.title, name, row)
                tried += 1
    assert tried > 1000


def test_no_figure_is_left_out(contents: Contents) -> None:
    """What people read of a table holds each figure of `--json`: columns that are left out are empty or nothing throughout."""
    cells = Cells(Words("zh"), contents.names)
    document = document_of(contents)["tables"]
    assert [*document] == [*contents.tables]
    for code, table in contents.tables.items():
        shown = [*parts_of(code, contents, cells)]
        figures = [name for name, kind in table.columns.items() if kind in FIGURES]
        if len(shown) > 1:  # wide ones, of one figure each
            assert len(figures) == len(shown)
            sums = [int(part.table.rows[[*part.table.columns][1:]].select_dtypes("number").sum().sum()) for part in shown]
            doubled = 4 if code == "migration" else 1  # each sum of a matrix stands in its row, its column and the corner
            assert sorted(sums) == sorted(doubled * int(table.rows[name].sum()) for name in figures)
        for name in {*figures} - {*shown[0].table.columns} if len(shown) == 1 else ():
            assert {None, 0} >= {row[name] and Decimal(row[name]) for row in document[code]}, (code, name)


def test_the_workbook_says_what_the_files_of_the_run_say(home: Path, sheets: dict[str, Rows], contents: Contents) -> None:
    """Migration and days are those of migration.csv and daily.csv, cell by cell."""
    run = home / "out" / "2015Q4"
    titles = {part.title: part for part in parts(contents)}
    names = {code: pair[0] for code, pair in contents.names.items()}
    migration = {(names[row["from_tier"]], names[row["to_tier"]]): row for row in read_csv(run / "migration.csv")}
    for title, column, scale in (("层级迁徙：客户数", "customers", 1), ("层级迁徙：日均资产", "daily_average_sum", FEN_PER_WAN // 100)):
        *rows, _ = found(sheets, titles[title])
        across = [names[code] for code in [*titles[title].table.columns][1:-1]]
        told = {
            (row[0], to): Decimal(str(cell)) * scale for row in rows for to, cell in zip(across, row[1:-1], strict=True) if cell is not None
        }
        assert {pair: Decimal(row[column]) for pair, row in migration.items()} == told
    rows = found(sheets, titles["每日资产：余额"])
    across = [*titles["每日资产：余额"].table.columns][2:-1]
    days = {(row[0], code): round(cell * FEN_PER_WAN) for row in rows for code, cell in zip(across, row[2:-1], strict=True)}
    assert {(row["date"], row["tier"]): int(Decimal(row["balance"]) * 100) for row in read_csv(run / "daily.csv")} == days


def test_the_workbook_is_made_for_reading(contents: Contents) -> None:
    """Every section has a sheet with a head that stays; money is red where it is negative; charts are native; one page is printed."""
    content = workbook_of(contents, Words("zh"))
    book = openpyxl.load_workbook(io.BytesIO(content))
    first, *others = book.worksheets
    assert SHEETS["summary"][0] == first.title
    assert ("A2", True, 1, "portrait", "9") == (
        first.freeze_panes,
        first.sheet_properties.pageSetUpPr.fitToPage,
        int(first.page_setup.fitToHeight or 1),
        first.page_setup.orientation,
        str(first.page_setup.paperSize),
    )
    assert {"B3", "B1"} == {sheet.freeze_panes for sheet in others}
    formats = {
        cell.number_format for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if isinstance(cell.value, float)
    }
    assert all("[Red]-" in one for one in formats)
    with zipfile.ZipFile(io.BytesIO(content)) as parts_of_file:
        names = parts_of_file.namelist()
        titles = "".join(parts_of_file.read(name).decode() for name in names if re.fullmatch(r"xl/charts/chart\d+\.xml", name))
    assert {"tiers", "daily", "history", "movement", "outlook", "bounds", "concentration", "branches", "managers"} - {"tiers"} <= {
        code for code, (zh, _) in TITLES.items() if f">{zh}<" in titles
    }
    assert content == workbook_of(contents, Words("zh"))


def test_sheets_are_printed_in_letters_that_can_be_read(contents: Contents) -> None:
    """A wide or long sheet takes several pages, so that no letter is printed smaller than 8 points; the matrices stay on one."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(contents, Words("zh"))))
    for sheet in book.worksheets[1:]:
        across, down = (int(1 if one is None else one) for one in (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight))
        filled = sum(one.width for one in sheet.column_dimensions.values() for _ in range(one.min, one.max + 1))
        assert filled / across <= 165, sheet.title
        assert down == (1 if sheet.title == SHEETS["migration"][0] else 0), sheet.title


def test_a_sum_of_all_branches_is_called_so() -> None:
    """The last row of what came of lists, which belongs to no branch, says that it is the sum, and is bold."""
    rows = pd.DataFrame([("城东支行", 3), (None, 3)], columns=["branch", "contacts"])
    book = Workbook(io.BytesIO(), {"in_memory": True})
    sheet = book.add_worksheet()
    Grid(sheet, Formats(book), Cells(Words("zh"), {})).table(0, 0, Table.of("contacts", {"branch": "branch", "contacts": "count"}, rows))
    texts = [*sheet.table[2].values()]
    assert book.str_table.string_table["合计"] == texts[0].string
    assert all(cell.format.bold for cell in texts)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_first_sheet_is_one_page(contents: Contents, tmp_path: Path) -> None:
    """LibreOffice opens the workbook, and prints its first sheet on one page."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(contents, Words("zh"))))
    for name in book.sheetnames[1:]:
        del book[name]
    book.save(tmp_path / "first.xlsx")
    settings = f"-env:UserInstallation=file://{tmp_path}/settings"
    command = ["soffice", settings, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "first.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert 1 == len(re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "first.pdf").read_bytes()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terminal_shows_the_same(contents: Contents, language: str) -> None:
    """The terminal shows each figure of the tiers as the page says it, at 80 columns and in one colour; customers stay masked."""
    words = Words(language)  # type: ignore[arg-type]
    printed = io.StringIO()
    Console(width=80, file=printed, no_color=True).print(report_summary(contents, words))
    text = printed.getvalue()
    assert "\x1b" not in text
    assert max(map(wcswidth, text.splitlines())) <= 80
    cells, table = Cells(words, contents.names), contents.tables["tiers"]
    shown = ("customers", "customers_change", "daily_average_sum", "daily_average_change", "daily_average_share")
    for row in table.rows.to_dict("records"):
        (line,) = [one for one in text.splitlines() if re.match(rf"{cells.name(row['tier'])} +[0-9,]+ .*%", one)]
        assert [cells.cell(table.columns[name], row[name]) for name in shown] == line.removeprefix(cells.name(row["tier"])).split()[:5]
    assert set() == {one for one in contents.tables["rose"].rows["customer"] if "*" not in one}


def test_bars_and_sparklines() -> None:
    """A bar is as long as its part of the whole, to an eighth of a character; a sparkline as high as its values, flat ones low."""
    assert ["", "▏", "████", "████████", "████████"] == [bar(part, 64, 8) for part in (0, 1, 32, 64, 99)]
    assert "" == bar(5, 0, 8)
    assert ("▁▄█", "▁▁▁", "▁▄█") == (sparkline([0, 5, 10]), sparkline([7, 7], 7) + sparkline([0]), sparkline([100, 105, 110], 100))


def test_files_are_written_once(home: Path, tmp_path: Path) -> None:
    """--xlsx prints the path alone; what stands there is written over with --replace only, and no file is put into a run."""
    run, people = home / "out" / "2015Q4", home / "customers.csv"
    command = ["report", str(run), "--customers", str(people), "--rules", str(RULES), "--xlsx"]
    done = prepared.run([*command, str(tmp_path / "r.xlsx")])
    assert (0, f"{tmp_path / 'r.xlsx'}\n") == (done.returncode, done.stdout)
    for place in (tmp_path / "r.xlsx", run / "r.xlsx"):
        refused = prepared.run([*command, str(place)])
        assert (5, "") == (refused.returncode, refused.stdout)
