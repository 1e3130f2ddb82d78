"""The files of a report: which tables go into which, and how each is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.playbooks.load import AllRules
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import Sheet, SheetPart, write_workbook
from vip_tiering.reports.report import Report, ReportInputs
from vip_tiering.reports.tables import (
    known,
    measures_for_people,
    measures_for_programs,
    migration_matrix,
    rows_table,
    tiers_table,
)
from vip_tiering.reports.tallies import MANAGER
from vip_tiering.reports.words import Words

SCHEMA: Final = "vip-tiering changes report"
SCHEMA_VERSION: Final = 1
"""Form of the manifest."""
BRANCHES: Final = "branches"
MANAGERS: Final = "managers"


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


def document_of(made_from: Mapping[str, Any], report: Report, inputs: ReportInputs, words: Words) -> dict[str, Any]:
    """Return the manifest, but for its outputs and warnings. `made_from`: everything that may change the report."""
    run, rules = inputs.run, inputs.rules
    whole = report.measures[report.measures["branch"].isna()]
    quarters = {"quarter": str(run.quarter), "previous": str(run.quarter.previous) if run.compared else None}
    return {
        **manifests.head(SCHEMA, SCHEMA_VERSION, made_from, **quarters, status="report"),
        "rules": {"name": rules.name},
        "customers": run.manifest["customers"],
        "branches": len(report.branches),
        "managers": len(report.managers),
        "changes": report.changes,
        "measures": measures_for_programs(whole, rules, words).to_pylist(),
        "proofs": [{"name": one.name, "left": str(one.left), "right": str(one.right), "holds": one.holds} for one in report.proofs],
    }


def report_files(report: Report, inputs: ReportInputs, words: Words) -> dict[str, Writer]:
    """Return how every file of a report is written, but for the manifest."""
    run, rows = inputs.run, rows_table(report.moves, inputs.run, words)
    matrix, headers = migration_matrix(inputs.migration, run, words)
    sheets: dict[str, Sheet] = {words.text("summary"): _summary(report, inputs, words, matrix), words.text("whole"): rows}
    files = {
        "changes.csv": _csv(rows_table(report.moves, run)),
        "tiers.csv": _csv(tiers_table(report.whole, run)),
        "branch_tiers.csv": _csv(tiers_table(report.by_branch, run)),
        "manager_tiers.csv": _csv(tiers_table(report.by_manager, run)),
        "migration.csv": _csv(inputs.migration),
        "measures.csv": _csv(measures_for_programs(report.measures, inputs.rules, words)),
    }
    safe = safe_names(words.named(branch) for branch in report.branches)
    for branch in report.branches:
        tab = name = words.named(branch)
        while tab in sheets:  # a branch that is called like another sheet
            tab += "_"
        sheets[tab] = rows.filter(pc.field("branch") == name)
        files[f"{BRANCHES}/{safe[name]}.csv"] = _csv(sheets[tab], words.headers)
        files |= _for_managers(branch, report, inputs, words, sheets[tab], f"{MANAGERS}/{safe[name]}")
    return {"report.xlsx": _workbook(sheets, {**words.headers, **headers}), **files}


def _for_managers(branch: str, report: Report, inputs: ReportInputs, words: Words, rows: pa.Table, folder: str) -> dict[str, Writer]:
    """Return a workbook and a CSV for each manager of a branch: their rows of those of the branch, and the tiers of their customers."""
    files: dict[str, Writer] = {}
    lines_of_branch = report.by_manager[report.by_manager["branch"] == branch]
    managers = [manager for of, manager in report.managers if of == branch]
    safe = safe_names(words.named(manager) for manager in managers)
    for manager in managers:
        name = words.named(manager)
        own = rows.filter(pc.field("manager") == name)
        lines = lines_of_branch[lines_of_branch["manager"] == manager].drop(columns=[*MANAGER])
        tiers = _part("tiers_title", tiers_table(lines, inputs.run, words), words)
        summary = [SheetPart(f"{words.named(branch)} {name}"), *_head(inputs, words), tiers]
        files[f"{folder}/{safe[name]}.csv"] = _csv(own, words.headers)
        files[f"{folder}/{safe[name]}.xlsx"] = _workbook({words.text("rows"): own, words.text("summary"): summary}, words.headers)
    return files


def _summary(report: Report, inputs: ReportInputs, words: Words, matrix: pa.Table) -> list[SheetPart]:
    """Return the tables of the first sheet, each with its title."""
    run, rules = inputs.run, inputs.rules
    tables = {
        "growth_title": measures_for_people(report.measures, rules, words, money=True),
        "customers_title": measures_for_people(report.measures, rules, words, money=False),
    }
    tables = {title: table for title, table in tables.items() if len(table)}
    tables["tiers_title"] = tiers_table(report.whole, run, words)
    if run.compared:
        tables["migration_title"] = matrix
    tables["branches_title"] = tiers_table(report.by_branch, run, words)
    tables["managers_title"] = tiers_table(report.by_manager, run, words)
    return [*_head(inputs, words), *(_part(title, table, words) for title, table in tables.items())]


def _part(title: str, table: pa.Table, words: Words) -> SheetPart:
    """Return a table with its title; what sums up others is a total, and what nothing is known of is left out."""
    sums = {words.text("total"), words.text("whole")}
    texts = [table[name].to_pylist() for name in table.column_names if pa.types.is_string(table[name].type)]
    totals = frozenset(row for row, cells in enumerate(zip(*texts, strict=True)) if sums & set(cells))
    return SheetPart(words.text(title), known(table), totals)


def _head(inputs: ReportInputs, words: Words) -> list[SheetPart]:
    """Return the lines at the top: which quarters, in which unit, what is not known."""
    quarter, before = str(inputs.run.quarter), str(inputs.run.quarter.previous)
    heading = words.text("heading", now=quarter, before=before) if inputs.run.compared else words.text("heading_alone", now=quarter)
    lines = [heading, words.text("units")]
    if not inputs.run.compared:
        lines.append(words.text("initial"))
    elif inputs.before is None:
        lines.append(words.text("no_before", before=before))
    return [SheetPart(line) for line in lines]


def _workbook(sheets: Mapping[str, Sheet], headers: Mapping[str, str]) -> Writer:
    return lambda sink: write_workbook(sheets, headers, sink)


def _csv(table: pa.Table, headers: Mapping[str, str] | None = None) -> Writer:
    """Return how a table is written as CSV. `headers`: column -> header; a column that is not named keeps its own name."""
    columns = {(headers or {}).get(name, name): table[name] for name in table.column_names}
    return lambda sink: write_csv(columns, sink)
