"""The files of a report: which tables go into which, and how each is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering._version import __version__
from vip_tiering.base.arrays import one_array
from vip_tiering.playbooks.load import AllRules
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import Sheet, SheetPart, write_workbook
from vip_tiering.reports.report import Report, ReportInputs
from vip_tiering.reports.tables import (
    Speech,
    known,
    measure_names,
    measures_for_people,
    measures_for_programs,
    migration_matrix,
    rows_for_people,
    rows_for_programs,
    tier_lines,
)

SCHEMA: Final = "vip-tiering changes report"
SCHEMA_VERSION: Final = 1
"""Form of the manifest."""


@dataclass(frozen=True)
class ReportOrigin:
    """Everything that may change a report. Digests: of the manifests of runs, of the customer file, of rules; None for what is absent."""

    run: str
    previous: str | None
    last_year: str | None
    customers: str
    rules: str
    language: str

    @property
    def made_from(self) -> dict[str, Any]:
        """What gives the report its identity."""
        return {
            "run": self.run,
            "previous": self.previous,
            "last_year": self.last_year,
            "customers": self.customers,
            "rules": self.rules,
            "language": self.language,
            "program": __version__,
        }


def rules_digest(rules: AllRules) -> str:
    """Return the SHA-256 of what a report goes by, however it is written."""
    return manifests.digest(
        {
            "customers": rules.customers.model_dump(mode="json"),
            "targets": rules.targets.model_dump(mode="json") if rules.targets else None,
            "private_tiers": list(rules.private_tiers),
            "measures": rules.measures,
        }
    )


def document_of(
    origin: ReportOrigin, report: Report, inputs: ReportInputs, names: Mapping[str, str], warnings: Sequence[str]
) -> dict[str, Any]:
    """Return the manifest, but for its outputs. `names`: of the measures."""
    run = inputs.run
    whole = [one for one in report.readings if one.branch is None]
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "program": {"name": "vip-tiering", "version": __version__},
        "quarter": str(run.quarter),
        "previous": str(run.quarter.previous) if run.compared else None,
        "status": "report",
        "identity": manifests.digest(origin.made_from),
        "made_from": origin.made_from,
        "rules": {"name": inputs.rules.name},
        "customers": run.manifest["customers"],
        "branches": len(report.branches),
        "managers": len(report.owners),
        "changes": report.changes,
        "measures": measures_for_programs(whole, names).to_pylist(),
        "proofs": [{"name": one.name, "left": str(one.left), "right": str(one.right), "holds": one.holds} for one in report.proofs],
        "warnings": list(warnings),
    }


BRANCHES: Final = "branches"
MANAGERS: Final = "managers"


@dataclass(frozen=True)
class _Maker:
    """What files are made of. `rows`: for people; `owner`, shape (n,): index of the owner of each row."""

    report: Report
    inputs: ReportInputs
    speech: Speech
    rows: pa.Table
    owner: np.ndarray
    names: dict[str, str]

    def rows_of(self, owners: list[int]) -> pa.Table:
        """Return the rows of some owners, in their order."""
        return self.rows.filter(pa.array(np.isin(self.owner, owners)))


def report_files(report: Report, inputs: ReportInputs, speech: Speech, *, chinese: bool) -> dict[str, Writer]:
    """Return how every file of a report is written, but for the manifest."""
    moves, holders, run = report.moves, inputs.holders, inputs.run
    names = measure_names(report.readings, inputs.rules.measures, speech, chinese=chinese)
    rows = rows_for_people(moves, holders, speech)
    maker = _Maker(report, inputs, speech, rows, holders.owner[moves.at], names)
    return {
        "report.xlsx": _workbook(_sheets(maker), _headers(maker)),
        "changes.csv": _csv(rows_for_programs(moves, holders, run)),
        "tiers.csv": _csv(tier_lines([((), report.whole)], (), run, None)),
        "branch_tiers.csv": _csv(tier_lines((((one,), lines) for one, lines in report.by_branch.items()), ("branch",), run, None)),
        "manager_tiers.csv": _csv(
            tier_lines(((holders.owners[one], lines) for one, lines in report.by_owner.items()), ("branch", "manager"), run, None)
        ),
        "migration.csv": _csv(inputs.migration),
        "measures.csv": _csv(measures_for_programs(report.readings, names)),
        **_for_branches(maker),
        **_for_managers(maker),
    }


def _headers(maker: _Maker) -> dict[str, str]:
    return {**maker.speech.words.headers, **migration_matrix(maker.inputs.migration, maker.inputs.run, maker.speech)[1]}


def _sheets(maker: _Maker) -> dict[str, Sheet]:
    """Return the sheets of the workbook: the summary, all rows, the rows of each branch."""
    words = maker.speech.words
    sheets: dict[str, Sheet] = {words.text("summary"): _summary(maker), words.text("whole"): maker.rows}
    for branch in maker.report.branches:
        tab = maker.speech.named(branch)
        while tab in sheets:  # a branch that is called like another sheet
            tab += "_"
        sheets[tab] = maker.rows_of(_owners_of(maker, branch))
    return sheets


def _owners_of(maker: _Maker, branch: str) -> list[int]:
    return [one for one in maker.report.owners if maker.inputs.holders.owners[one][0] == branch]


def _summary(maker: _Maker) -> list[SheetPart]:
    """Return the tables of the first sheet, each with its title."""
    report, run, speech = maker.report, maker.inputs.run, maker.speech
    holders, parts = maker.inputs.holders, _head(maker)
    for money in (True, False):
        table = measures_for_people(report.readings, maker.names, speech, money=money)
        if len(table):
            parts.append(_part(maker, "growth_title" if money else "customers_title", table))
    parts.append(_part(maker, "tiers_title", tier_lines([((), report.whole)], (), run, speech)))
    if run.compared:
        parts.append(_part(maker, "migration_title", migration_matrix(maker.inputs.migration, run, speech)[0]))
    of_branches = tier_lines((((one,), lines) for one, lines in report.by_branch.items()), ("branch",), run, speech)
    owned = ((holders.owners[one], lines) for one, lines in report.by_owner.items())
    of_managers = tier_lines(owned, ("branch", "manager"), run, speech)
    return [*parts, _part(maker, "branches_title", of_branches), _part(maker, "managers_title", of_managers)]


def _part(maker: _Maker, title: str, table: pa.Table) -> SheetPart:
    """Return a table with its title; what sums up others is a total, and what nothing is known of is left out."""
    words = maker.speech.words
    sums = {words.text("total"), words.text("whole")}
    texts = [table[name].to_pylist() for name in table.column_names if pa.types.is_string(table[name].type)]
    totals = frozenset(row for row, cells in enumerate(zip(*texts, strict=True)) if sums & set(cells))
    return SheetPart(words.text(title), known(table), totals)


def _head(maker: _Maker) -> list[SheetPart]:
    """Return the lines at the top: which quarters, in which unit, what is not known."""
    run, words = maker.inputs.run, maker.speech.words
    heading = (
        words.text("heading", now=str(run.quarter), before=str(run.quarter.previous))
        if run.compared
        else words.text("heading_alone", now=str(run.quarter))
    )
    lines = [heading, words.text("units")]
    if not run.compared:
        lines.append(words.text("initial"))
    elif maker.inputs.before is None:
        lines.append(words.text("no_before", before=str(run.quarter.previous)))
    return [SheetPart(line) for line in lines]


def _for_branches(maker: _Maker) -> dict[str, Writer]:
    """Return one CSV for each branch."""
    shown = {branch: maker.speech.named(branch) for branch in maker.report.branches}
    safe = safe_names(shown.values())
    headers = maker.speech.words.headers
    return {f"{BRANCHES}/{safe[shown[one]]}.csv": _csv(maker.rows_of(_owners_of(maker, one)), headers) for one in maker.report.branches}


def _for_managers(maker: _Maker) -> dict[str, Writer]:
    """Return a workbook and a CSV for each manager: the rows, and the tiers of the manager's customers."""
    holders, speech, files = maker.inputs.holders, maker.speech, {}
    headers = speech.words.headers
    branches = safe_names(speech.named(branch) for branch in maker.report.branches)
    for branch in maker.report.branches:
        owners = _owners_of(maker, branch)
        managers = safe_names(speech.named(holders.owners[one][1]) for one in owners)
        for one in owners:
            name = speech.named(holders.owners[one][1])
            lines = tier_lines([((), maker.report.by_owner[one])], (), maker.inputs.run, speech)
            rows = maker.rows_of([one])
            summary = [SheetPart(f"{speech.named(branch)} {name}"), *_head(maker), _part(maker, "tiers_title", lines)]
            place = f"{MANAGERS}/{branches[speech.named(branch)]}/{managers[name]}"
            files[f"{place}.csv"] = _csv(rows, headers)
            files[f"{place}.xlsx"] = _workbook({speech.words.text("rows"): rows, speech.words.text("summary"): summary}, headers)
    return files


def _workbook(sheets: Mapping[str, Sheet], headers: Mapping[str, str]) -> Writer:
    return lambda sink: write_workbook(sheets, headers, sink)


def _csv(table: pa.Table, headers: Mapping[str, str] | None = None) -> Writer:
    """Return how a table is written as CSV; nothing stands where nothing is known."""
    columns = {(headers or {}).get(name, name): _plain(one_array(table[name])) for name in table.column_names}
    return lambda sink: write_csv(columns, sink)


def _plain(column: pa.Array) -> pa.Array:
    return pc.fill_null(column.cast(pa.string()), "") if column.null_count else column
