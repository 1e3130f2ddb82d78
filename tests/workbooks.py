"""Workbooks for tests: the same sheets as `.xlsx`, `.xls` and `.ods`."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
import xlwt

FORMS = ("xlsx", "xls", "ods")
Rows = Sequence[Sequence[Any]]
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = (
    " ".join(f'xmlns:{key}="urn:oasis:names:tc:opendocument:xmlns:{key}:1.0"' for key in ("office", "style", "table", "text"))
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


class Error:
    """A cell with the error #N/A."""


class NeverComputed:
    """A cell with a formula and no value."""


def write_book(path: Path, sheets: Mapping[str, Rows], *, hidden: Collection[str] = (), merged: Sequence[int] = ()) -> Path:
    """Write sheets as the name says. `merged`: first row, first column, last row, last column of cells of the first sheet, from 0."""
    {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods}[path.suffix](path, sheets, hidden, merged)
    return path


def altered(path: Path, parts: Mapping[str, bytes | None]) -> Path:
    """Write a zip file anew with other parts, or without those that are None."""
    with zipfile.ZipFile(path) as old:
        content = {name: old.read(name) for name in old.namelist()} | dict(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, text in content.items():
            if text is not None:
                new.writestr(name, text)
    return path


def _xlsx(path: Path, sheets: Mapping[str, Rows], hidden: Collection[str], merged: Sequence[int]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy/m/d"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            else:
                sheet.activate()
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell is Error:
                        sheet.write_formula(number, column, "=NA()", None, "#N/A")
                    elif cell is NeverComputed:
                        sheet.write_formula(number, column, "=A1", None, "")
                    elif isinstance(cell, dt.date | dt.datetime):
                        sheet.write_datetime(number, column, cell, day)
                    elif cell is not None:
                        sheet.write(number, column, cell)
        if merged:
            book.worksheets()[0].merge_range(*merged, "合并")


def _xls(path: Path, sheets: Mapping[str, Rows], hidden: Collection[str], merged: Sequence[int]) -> None:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    for place, (name, rows) in enumerate(sheets.items()):
        sheet = book.add_sheet(name, cell_overwrite_ok=True)
        sheet.visibility = int(name in hidden)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is Error:
                    sheet.row(number).set_cell_error(column, 0x2A)
                elif cell is not None:
                    sheet.write(number, column, cell, *([day] if isinstance(cell, dt.date) else []))
        if merged and not place:
            sheet.write_merge(merged[0], merged[2], merged[1], merged[3], "合并")
    book.save(str(path))


def _ods(path: Path, sheets: Mapping[str, Rows], hidden: Collection[str], merged: Sequence[int]) -> None:
    def of_row(place: int, number: int, row: Sequence[Any]) -> str:
        starts = [not place and [number, column] == [*merged[:2]] for column in range(len(row))]
        return "".join(_ods_cell(cell, merged if starts[column] else ()) for column, cell in enumerate(row))

    tables = []
    for place, (name, rows) in enumerate(sheets.items()):
        lines = [f"<table:table-row>{of_row(place, number, row)}</table:table-row>" for number, row in enumerate(rows)]
        style = "off" if name in hidden else "on"
        tables.append(f'<table:table table:name="{name}" table:style-name="{style}">{"".join(lines)}</table:table>')
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/></style:style>'
        for name, shown in (("on", "true"), ("off", "false"))
    )
    path.write_bytes(ods_bytes(f"<office:automatic-styles>{styles}</office:automatic-styles>", "".join(tables)))


def ods_bytes(styles: str, tables: str, manifest: str = "") -> bytes:
    """Return a workbook of LibreOffice of the least parts."""
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    content = f"<office:document-content {_NAMES}>{styles}{body}</office:document-content>"
    about = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">{manifest}</manifest:file-entry>'
        "</manifest:manifest>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", _ODS_TYPE)
        parts.writestr("META-INF/manifest.xml", about)
        parts.writestr("content.xml", content)
    return target.getvalue()


def _ods_cell(cell: Any, merged: Sequence[int]) -> str:
    span = (
        f' table:number-rows-spanned="{merged[2] - merged[0] + 1}" table:number-columns-spanned="{merged[3] - merged[1] + 1}"'
        if merged
        else ""
    )
    if cell is Error:
        about = 'table:formula="of:=NA()" office:value-type="string" office:string-value="" calcext:value-type="error"'
        return f"<table:table-cell {about}><text:p>#N/A</text:p></table:table-cell>"
    if cell is NeverComputed:
        return '<table:table-cell table:formula="of:=[.A1]"/>'
    if cell is None:
        return f"<table:table-cell{span}/>"
    if isinstance(cell, bool):
        about = f'office:value-type="boolean" office:boolean-value="{str(cell).lower()}"'
    elif isinstance(cell, int | float):
        about = f'office:value-type="float" office:value="{cell!r}"'
    elif isinstance(cell, dt.date):
        about = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
    else:
        about = 'office:value-type="string"'
    return f"<table:table-cell{span} {about}><text:p>{escape(str(cell))}</text:p></table:table-cell>"
