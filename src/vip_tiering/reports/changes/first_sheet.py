"""The first sheet of report.xlsx: the printed page of `vip report`, made by the same code, and below it what branches and managers hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base import words as spoken
from vip_tiering.base.arrays import one_array
from vip_tiering.base.money import fen_from_decimal
from vip_tiering.publishing.workbook import FilledSheet
from vip_tiering.reports.changes.measure_tables import (
    coverage_for_people,
    fees_table,
    lobby_table,
    measures_for_people,
    not_delivered,
)
from vip_tiering.reports.changes.tables import known
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.contents import Around, Contents, contents_of
from vip_tiering.reports.overview.tables import Kind, Table
from vip_tiering.reports.overview.workbook.book import parts_of
from vip_tiering.reports.overview.workbook.first_sheet import FirstSheet, Titled
from vip_tiering.reports.report import Report, ReportInputs
from vip_tiering.reports.words import Words

_BELOW: Final = ("months", "outlook", "movement", "migration", "branches_tiers", "managers_tiers")
"""Tables of the report that stand below its page."""
_TITLES: Final = {"growth": "growth_title", "customers": "customers_title", "fees": "fees_title", "lobby": "lobby_title"}
"""Measures -> what stands above them."""


def first_sheet(report: Report, inputs: ReportInputs, words: Words) -> FilledSheet:
    """Return what fills the first sheet: the page, then measures by branch, tables of the whole report, fees, events and coverage."""
    around = Around([inputs.run.manifest], daily=None, has_people=True)
    contents, speak = contents_of(inputs, report, around), spoken.Words(words.language)
    below = [*_of_report(contents, Cells(speak, contents.names)), *_of_branch(report, inputs, words)]
    lines = _lines(report, inputs, words)

    def fill(book: Any, sheet: Any) -> int:  # noqa: ANN401 (untyped library)
        return FirstSheet(book, sheet, contents, speak, of_changes=True).fill(lines, below)

    return fill


def _lines(report: Report, inputs: ReportInputs, words: Words) -> list[str]:
    """Return what people should know of the figures: what is not at hand, what was not delivered."""
    lines = [words.text("no_before", before=str(inputs.run.quarter.previous))] if inputs.run.compared and inputs.before is None else []
    absent = not_delivered(report.measures, inputs.rules, words)
    return [*lines, *([words.text("not_delivered", names=words.joined(absent))] if absent else [])]


def _of_report(contents: Contents, cells: Cells) -> Iterator[Titled]:
    for code in _BELOW:
        if code in contents.tables:
            yield from (Titled(part.title, part.table, part.headers) for part in parts_of(code, contents, cells))


def _of_branch(report: Report, inputs: ReportInputs, words: Words) -> Iterator[Titled]:
    """Yield what the report of changes tells besides: measures branch by branch, fees, events in the hall, products signed up."""
    rules, delivered = inputs.rules, inputs.delivered
    for group, title in _TITLES.items():
        measures = measures_for_people(report.measures, rules, words, group)  # type: ignore[arg-type]  # one of the groups
        if len(measures):
            yield _titled(title, measures, words)
    if delivered.fees is not None:
        yield _titled("fees_by_title", fees_table(delivered, words), words)
    if delivered.lobby is not None:
        yield _titled("lobby_by_title", lobby_table(delivered, words), words)
    if report.coverage is not None and len(report.coverage):
        yield _titled("coverage_title", coverage_for_people(report.coverage, rules, words), words)


def _titled(title: str, given: pa.Table, words: Words) -> Titled:
    """Return a table for people as one of the report: text, numbers and amounts in fen; what sums up others is a total."""
    table = known(given)
    columns = {name: one_array(table[name]) for name in table.column_names}
    kinds = {name: _kind_of(column.type) for name, column in columns.items()}
    frame = pd.DataFrame({name: _values(column) for name, column in columns.items()})
    sums = {words.text("total"), words.text("whole")}
    texts = [frame[name].tolist() for name, kind in kinds.items() if kind == "text"]
    totals = frozenset(row for row, cells in enumerate(zip(*texts, strict=True)) if sums & {*cells})
    headers = {name: words.headers.get(name, name) for name in kinds}
    return Titled(words.text(title), Table.of(title, kinds, frame), headers, totals)


def _kind_of(kind: pa.DataType) -> Kind:
    return "fen" if pa.types.is_decimal(kind) else "count" if pa.types.is_integer(kind) else "text"


def _values(column: pa.Array) -> pd.Series:
    """Return the values of a column: amounts in fen; null where nothing is known, but for text, which is empty then."""
    if pa.types.is_decimal(column.type):
        fen = pd.Series(fen_from_decimal(pc.fill_null(column, 0)), dtype="Int64")
        return fen.mask(column.is_null().to_pandas())
    if pa.types.is_integer(column.type):
        return pd.Series(column.to_pylist(), dtype="Int64")
    return pd.Series(column.fill_null("").to_pylist(), dtype="str")
