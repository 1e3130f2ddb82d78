"""The files of a report: which tables go into which, and how each is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.quarter import day_date
from vip_tiering.playbooks.load import AllRules
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import Sheet, SheetPart, write_workbook
from vip_tiering.reports.changes.first_sheet import first_sheet
from vip_tiering.reports.changes.measure_tables import (
    coverage_for_programs,
    fees_table,
    lobby_table,
    measures_for_programs,
    own_coverage_table,
    own_fees_table,
)
from vip_tiering.reports.changes.report import Report, ReportInputs
from vip_tiering.reports.changes.tables import (
    known,
    lacking_table,
    months_table,
    movement_table,
    own_table,
    prospects_table,
    rows_table,
    tiers_table,
)
from vip_tiering.reports.changes.words import Words
from vip_tiering.reports.figures.prospects import about_to_fall, about_to_rise, waiting_days
from vip_tiering.reports.figures.tallies import MANAGER
from vip_tiering.tiers.outlook import states_by_tier
from vip_tiering.tiers.published.run_folder import TieredRun

SCHEMA: Final = "vip-tiering changes report"
SCHEMA_VERSION: Final = 1
"""Form of the manifest."""
BRANCHES: Final = "branches"
MANAGERS: Final = "managers"


def document_of(made_from: Mapping[str, Any], report: Report, inputs: ReportInputs, words: Words) -> dict[str, Any]:
    """Return the manifest, but for its outputs and warnings. `made_from`: everything that may change the report."""
    run, rules = inputs.run, inputs.rules
    whole = report.measures[report.measures["branch"].isna()]
    quarters = {"quarter": str(run.quarter), "previous": str(run.quarter.previous) if run.compared else None}
    status = {"status": "provisional report", "as_of": str(run.period.as_of)} if run.period.provisional else {"status": "report"}
    return {
        **manifests.head(SCHEMA, SCHEMA_VERSION, made_from, **quarters, **status),
        "rules": {"name": rules.name},
        "customers": run.manifest["customers"],
        "branches": len(report.branches),
        "managers": len(report.managers),
        "changes": report.changes,
        "movement": _movement(report, run),
        "outlook": {"last_day": str(day_date(run.horizon.last)), "states": states_by_tier(report.customers)},
        "measures": measures_for_programs(whole, rules, words).to_pylist(),
        "not_delivered": whole["measure"][whole["group"].isin(["fees", "lobby"]) & whole["value"].isna()].tolist(),
        "coverage": _coverage(report, rules),
        "months": _texts(months_table(inputs.months)),
        "proofs": [{"name": one.name, "left": str(one.left), "right": str(one.right), "holds": one.holds} for one in report.proofs],
    }


def _coverage(report: Report, rules: AllRules) -> list[dict[str, str]]:
    """Return how far products are signed up among all customers."""
    if report.coverage is None:
        return []
    return _texts(coverage_for_programs(report.coverage[report.coverage["branch"].isna()], rules))


def _movement(report: Report, run: TieredRun) -> list[dict[str, str]]:
    """Return why each tier's sum of averages changed, in yuan as text."""
    if report.movement is None:
        return []
    return _texts(movement_table(report.movement, run))


def _texts(table: pa.Table) -> list[dict[str, str]]:
    """Return the rows of a table as text; what is not known is empty."""
    return [{name: "" if value is None else str(value) for name, value in row.items()} for row in table.to_pylist()]


def report_files(report: Report, inputs: ReportInputs, words: Words) -> dict[str, Writer]:
    """Return how every file of a report is written, but for the manifest; the names of a run inside a quarter tell its day."""
    run, rows = inputs.run, rows_table(report.moves, inputs.run, words)
    prospects = {"rise": about_to_rise(report.customers, run), "fall": about_to_fall(report.customers, run)}
    sheets: dict[str, Sheet] = {words.text("summary"): first_sheet(report, inputs, words), words.text("whole"): rows}
    sheets |= _prospects(prospects, run, words)
    files = {
        "changes.csv": _csv(rows_table(report.moves, run)),
        "outlook.csv": _csv(pa.concat_tables([prospects_table(chosen) for chosen in prospects.values()])),
        "tiers.csv": _csv(tiers_table(report.whole, run)),
        **({} if report.movement is None else {"movement.csv": _csv(movement_table(report.movement, run))}),
        "branch_tiers.csv": _csv(tiers_table(report.by_branch, run)),
        "manager_tiers.csv": _csv(tiers_table(report.by_manager, run)),
        "migration.csv": _csv(inputs.migration),
        "measures.csv": _csv(measures_for_programs(report.measures, inputs.rules, words)),
        **({"months.csv": _csv(months_table(inputs.months))} if len(inputs.months) else {}),
        **({"fees.csv": _csv(fees_table(inputs.delivered))} if inputs.delivered.fees is not None else {}),
        **({"lobby.csv": _csv(lobby_table(inputs.delivered))} if inputs.delivered.lobby is not None else {}),
        **({"coverage.csv": _csv(coverage_for_programs(report.coverage, inputs.rules))} if report.coverage is not None else {}),
    }
    by_manager = report.customers.groupby([*MANAGER], observed=True)
    own = {(str(branch), str(manager)): customers for (branch, manager), customers in by_manager}
    safe = safe_names(words.named(branch) for branch in report.branches)
    for branch in report.branches:
        tab = name = words.named(branch)
        while tab in sheets:  # a branch that is called like another sheet
            tab += "_"
        sheets[tab] = rows.filter(pc.field("branch") == name)
        files[f"{BRANCHES}/{safe[name]}.csv"] = _csv(sheets[tab], words.headers)
        files |= _for_managers(branch, report, inputs, words, sheets[tab], own, f"{MANAGERS}/{safe[name]}")
    files = {"report.xlsx": _workbook(sheets, words.headers, _heading(inputs, words)), **files}
    return {_dated(name, run): writer for name, writer in files.items()}


def _dated(name: str, run: TieredRun) -> str:
    """Return the name of a file, with the day up to which a run inside a quarter goes."""
    if not run.period.provisional:
        return name
    stem, _, ending = name.rpartition(".")
    return f"{stem}-asof-{run.period.as_of:%Y%m%d}.{ending}"


def _prospects(prospects: Mapping[str, pd.DataFrame], run: TieredRun, words: Words, *, of_one: bool = False) -> dict[str, Sheet]:
    """Return the sheets of who is about to `rise`, and of who is about to `fall`. `of_one`: of one manager."""
    days = waiting_days(run.horizon)
    sheets: dict[str, Sheet] = {}
    for name, chosen in prospects.items():
        table = prospects_table(chosen, words, of_one=of_one)
        sheets[words.text(name)] = _with_headers(table, words.headers_of_prospects(days, keep=name == "fall"))
    return sheets


def _for_managers(
    branch: str,
    report: Report,
    inputs: ReportInputs,
    words: Words,
    rows: pa.Table,
    own: Mapping[tuple[str, str], pd.DataFrame],
    folder: str,
) -> dict[str, Writer]:
    """Return a workbook and a CSV for each manager of a branch: who moved, who is about to, all customers of theirs, and their tiers."""
    files: dict[str, Writer] = {}
    lines_of_branch = report.by_manager[report.by_manager["branch"] == branch]
    managers = [manager for of, manager in report.managers if of == branch]
    safe = safe_names(words.named(manager) for manager in managers)
    for manager in managers:
        name = words.named(manager)
        moved, customers = rows.filter(pc.field("manager") == name), own.get((branch, manager), report.customers.iloc[:0])
        lines = lines_of_branch[lines_of_branch["manager"] == manager].drop(columns=[*MANAGER])
        summary = [_part("tiers_title", tiers_table(lines, inputs.run, words), words), *_own(report, inputs, words, branch, manager)]
        prospects = {"rise": about_to_rise(customers, inputs.run), "fall": about_to_fall(customers, inputs.run)}
        sheets: dict[str, Sheet] = {
            words.text("rows"): moved,
            **_prospects(prospects, inputs.run, words, of_one=True),
            words.text("own"): own_table(customers, words),
        }
        if report.coverage is not None and len(lacking := lacking_table(customers, words)):
            sheets[words.text("lacking")] = lacking
        sheets[words.text("summary")] = [SheetPart(f"{words.named(branch)} {name}"), *_head(inputs, words), *summary]
        files[f"{folder}/{safe[name]}.csv"] = _csv(moved, words.headers)
        files[f"{folder}/{safe[name]}.xlsx"] = _workbook(sheets, words.headers, f"{_heading(inputs, words)}　{words.named(branch)} {name}")
    return files


def _own(report: Report, inputs: ReportInputs, words: Words, branch: str, manager: str) -> Iterator[SheetPart]:
    """Yield what stands below the tiers of a manager: fee income, and how far products are signed up."""
    if inputs.delivered.fees is not None and len(fees := own_fees_table(inputs.delivered, branch, manager)):
        yield _part("own_fees_title", fees, words)
    if report.coverage is not None and len(coverage := own_coverage_table(report.coverage, branch, manager, inputs.rules, words)):
        yield _part("own_coverage_title", coverage, words)


def _with_headers(table: pa.Table, headers: Mapping[str, str]) -> pa.Table:
    """Return a table whose columns are called as people read them, where two sheets of a workbook call one column differently."""
    return table.rename_columns([headers.get(name, name) for name in table.column_names])


def _part(title: str, table: pa.Table, words: Words, **values: str) -> SheetPart:
    """Return a table with its title; what sums up others is a total, and what nothing is known of is left out."""
    sums = {words.text("total"), words.text("whole")}
    texts = [table[name].to_pylist() for name in table.column_names if pa.types.is_string(table[name].type)]
    totals = frozenset(row for row, cells in enumerate(zip(*texts, strict=True)) if sums & set(cells))
    return SheetPart(words.text(title, **values), known(table), totals)


def _heading(inputs: ReportInputs, words: Words) -> str:
    """Return what stands above everything: of which quarter, up to which day of it, against which."""
    period, before = inputs.run.period, str(inputs.run.quarter.previous)
    inside = {"quarter": str(period.quarter), "day": str(period.as_of)}
    quarter = words.text("as_of", **inside) if period.provisional else str(period.quarter)
    return words.text("heading", now=quarter, before=before) if inputs.run.compared else words.text("heading_alone", now=quarter)


def _head(inputs: ReportInputs, words: Words) -> list[SheetPart]:
    """Return the lines at the top: which quarters, in which unit, what is not known."""
    period, before = inputs.run.period, str(inputs.run.quarter.previous)
    lines = [_heading(inputs, words), words.text("units")]
    if period.provisional:
        lines.append(words.text("provisional", day=str(period.as_of)))
    if not inputs.run.compared:
        lines.append(words.text("initial"))
    elif inputs.before is None:
        lines.append(words.text("no_before", before=before))
    return [SheetPart(line) for line in lines]


def _workbook(sheets: Mapping[str, Sheet], headers: Mapping[str, str], heading: str) -> Writer:
    return lambda sink: write_workbook(sheets, headers, sink, heading=heading)


def _csv(table: pa.Table, headers: Mapping[str, str] | None = None) -> Writer:
    """Return how a table is written as CSV. `headers`: column -> header; a column that is not named keeps its own name."""
    columns = {(headers or {}).get(name, name): table[name] for name in table.column_names}
    return lambda sink: write_csv(columns, sink)
