"""The files of a report: which tables go into which, and how each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vip_tiering.base.quarter import day_date
from vip_tiering.playbooks.load import AllRules
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import FilledSheet, Sheet, SheetPart, write_workbook
from vip_tiering.reports.changes.first_sheet import first_sheet
from vip_tiering.reports.changes.measure_tables import (
    coverage_for_programs,
    fees_table,
    lobby_table,
    measures_for_programs,
    own_coverage_table,
    own_fees_table,
)
from vip_tiering.reports.changes.tables import (
    known,
    lacking_table,
    months_table,
    movement_table,
    own_table,
    prospects_table,
    rows_table,
    tiers_table,
    without_owner,
)
from vip_tiering.reports.figures.delivered import fees_by
from vip_tiering.reports.figures.prospects import about_to_fall, about_to_rise, waiting_days
from vip_tiering.reports.figures.tallies import MANAGER
from vip_tiering.reports.report import Report, ReportInputs
from vip_tiering.reports.words import Words
from vip_tiering.tiers.outlook import states_by_tier
from vip_tiering.tiers.published.run_folder import TieredRun

SCHEMA: Final = "vip-tiering changes report"
SCHEMA_VERSION: Final = 1
"""Form of the manifest."""
BRANCHES: Final = "branches"
MANAGERS: Final = "managers"
Places = npt.NDArray[np.intp]
_NOWHERE: Final[Places] = np.empty(0, np.intp)


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
        "measures": _measures(whole, rules, words),
        "not_delivered": whole["measure"][whole["group"].isin(["fees", "lobby"]) & whole["value"].isna()].tolist(),
        "coverage": _coverage(report, rules),
        "months": _texts(months_table(inputs.months)),
        "proofs": [one.document for one in report.proofs],
    }


def _measures(whole: pd.DataFrame, rules: AllRules, words: Words) -> list[dict[str, str]]:
    """Return the measures of all customers as text, each with the group that it stands with."""
    rows = measures_for_programs(whole, rules, words).to_pylist()
    return [{**row, "group": group} for row, group in zip(rows, whole["group"], strict=True)]


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


def _places(owners: pd.DataFrame, names: str | list[str]) -> Mapping[Any, Places]:
    """Return where the rows of each owner are, found for all at once."""
    return cast("Mapping[Any, Places]", owners.groupby(names, observed=True).indices)


@dataclass(frozen=True)
class _Owned:
    """Rows of customers, in the order in which people read them, and where those of each branch and each manager are among them."""

    table: pa.Table
    of_branch: Mapping[str, Places]
    of_manager: Mapping[tuple[str, str], Places]

    @classmethod
    def by(cls, owners: pd.DataFrame, table: pa.Table) -> _Owned:
        """Find the rows of all owners at once. `owners`: branch and manager of each row."""
        return cls(table, _places(owners, "branch"), _places(owners, [*MANAGER]))

    def branch(self, branch: str) -> pa.Table:
        """Return the rows of a branch."""
        return self.table.take(pa.array(self.of_branch.get(branch, _NOWHERE)))

    def manager(self, owner: tuple[str, str]) -> pa.Table:
        """Return the rows of a manager."""
        return self.table.take(pa.array(self.of_manager.get(owner, _NOWHERE)))


@dataclass(frozen=True)
class _People:
    """All rows that are written for people: who moved, who is about to rise and to fall; tiers, fee income and coverage of managers.

    `customers`: everybody; they become a table one manager after the other, because memory is short of the table of all. `places`: where
    those of each manager are among them.
    """

    moved: _Owned
    rise: _Owned
    fall: _Owned
    customers: pd.DataFrame
    places: Mapping[tuple[str, str], Places]
    tiers: _Owned
    fees: _Owned | None
    coverage: _Owned | None


def _people(report: Report, inputs: ReportInputs, words: Words, rise: pd.DataFrame, fall: pd.DataFrame) -> _People:
    run, coverage, delivered = inputs.run, report.coverage, inputs.delivered
    fees = fees_by(delivered, ["branch", "manager", "product"]) if delivered.fees is not None else None
    return _People(
        moved=_Owned.by(report.moves, rows_table(report.moves, run, words)),
        rise=_Owned.by(rise, prospects_table(rise, words)),
        fall=_Owned.by(fall, prospects_table(fall, words)),
        customers=report.customers,
        places=_places(report.customers, [*MANAGER]),
        tiers=_Owned.by(report.by_manager, tiers_table(report.by_manager, run, words)),
        fees=None if fees is None else _Owned.by(fees, own_fees_table(fees)),
        coverage=None if coverage is None else _Owned.by(coverage, own_coverage_table(coverage, inputs.rules, words)),
    )


@dataclass(frozen=True)
class _Around:
    """What stands around the rows of every workbook: what is printed above each page, the lines at the top, headers of rise and fall."""

    heading: str
    head: list[SheetPart]
    rise: Mapping[str, str]
    fall: Mapping[str, str]
    words: Words


def _around(inputs: ReportInputs, words: Words) -> _Around:
    horizon = inputs.run.horizon
    first, days = day_date(horizon.first), waiting_days(horizon)
    rise, fall = (words.headers_of_prospects(first, days, keep=keep) for keep in (False, True))
    return _Around(_heading(inputs, words), _head(inputs, words), rise, fall, words)


def report_files(report: Report, inputs: ReportInputs, words: Words) -> dict[str, Writer]:
    """Return how every file of a report is written, but for the manifest; the names of a run inside a quarter tell its day.

    The files hold what they are written from, and nothing else of the report; the longest tables are made when they are written.
    """
    run, around = inputs.run, _around(inputs, words)
    first = first_sheet(report, inputs, words)
    rise, fall = about_to_rise(report.customers, run), about_to_fall(report.customers, run)
    people = _people(report, inputs, words, rise, fall)
    files: dict[str, Writer] = {
        "report.xlsx": partial(_write_report_book, first, report.branches, people.moved, people.rise.table, people.fall.table, around),
        "changes.csv": partial(_write_csv, partial(rows_table, report.moves, run), {}),
        "outlook.csv": partial(_write_csv, lambda: pa.concat_tables([prospects_table(rise), prospects_table(fall)]), {}),
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
    safe = safe_names(words.named(branch) for branch in report.branches)
    for branch in report.branches:
        managers = [manager for of, manager in report.managers if of == branch]
        name = safe[words.named(branch)]
        files[f"{BRANCHES}/{name}.csv"] = partial(_write_csv, partial(people.moved.branch, branch), words.headers)
        files |= _for_managers(branch, managers, people, around, f"{MANAGERS}/{name}")
    return {_dated(name, run): writer for name, writer in files.items()}


def _write_report_book(
    first: FilledSheet, branches: Sequence[str], moved: _Owned, rise: pa.Table, fall: pa.Table, around: _Around, sink: IO[bytes]
) -> int:
    """Write the workbook of all: the summary, who moved, who is about to, and who moved in each branch."""
    words = around.words
    sheets: dict[str, Sheet] = {words.text("summary"): first, words.text("whole"): moved.table, **_prospects(rise, fall, around)}
    for branch in branches:
        tab = words.named(branch)
        while tab in sheets:  # a branch that is called like another sheet
            tab += "_"
        sheets[tab] = moved.branch(branch)
    return write_workbook(sheets, words.headers, sink, heading=around.heading)


def _dated(name: str, run: TieredRun) -> str:
    """Return the name of a file, with the day up to which a run inside a quarter goes."""
    if not run.period.provisional:
        return name
    stem, _, ending = name.rpartition(".")
    return f"{stem}-asof-{run.period.as_of:%Y%m%d}.{ending}"


def _prospects(rise: pa.Table, fall: pa.Table, around: _Around) -> dict[str, Sheet]:
    """Return the sheets of who is about to rise, and of who is about to fall."""
    words = around.words
    return {words.text("rise"): _with_headers(rise, around.rise), words.text("fall"): _with_headers(fall, around.fall)}


def _for_managers(branch: str, managers: Sequence[str], people: _People, around: _Around, folder: str) -> dict[str, Writer]:
    """Return a workbook and a CSV for each manager of a branch."""
    files: dict[str, Writer] = {}
    words = around.words
    safe = safe_names(words.named(manager) for manager in managers)
    for manager in managers:
        name, owner = safe[words.named(manager)], (branch, manager)
        files[f"{folder}/{name}.csv"] = partial(_write_csv, partial(people.moved.manager, owner), words.headers)
        files[f"{folder}/{name}.xlsx"] = partial(_write_own_book, owner, people, around)
    return files


def _write_own_book(owner: tuple[str, str], people: _People, around: _Around, sink: IO[bytes]) -> int:
    """Write the workbook of a manager: who moved, who is about to, all customers of theirs, and their tiers."""
    words = around.words
    named = f"{words.named(owner[0])} {words.named(owner[1])}"
    rise, fall = (without_owner(prospects.manager(owner)) for prospects in (people.rise, people.fall))
    customers = people.customers.iloc[people.places.get(owner, _NOWHERE)]
    sheets: dict[str, Sheet] = {
        words.text("rows"): people.moved.manager(owner),
        **_prospects(rise, fall, around),
        words.text("own"): own_table(customers, words),
    }
    if people.coverage is not None and len(lacking := lacking_table(customers, words)):
        sheets[words.text("lacking")] = lacking
    summary = [_part("tiers_title", people.tiers.manager(owner).drop_columns([*MANAGER]), words)]
    for title, told in (("own_fees_title", people.fees), ("own_coverage_title", people.coverage)):
        if told is not None and len(rows := told.manager(owner)):
            summary.append(_part(title, rows, words))
    sheets[words.text("summary")] = [SheetPart(named), *around.head, *summary]
    return write_workbook(sheets, words.headers, sink, heading=f"{around.heading}　{named}")


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


def _csv(table: pa.Table) -> Writer:
    """Return how a table is written as CSV under the names of its columns."""
    return partial(_write_csv, lambda: table, {})


def _write_csv(made: Callable[[], pa.Table], headers: Mapping[str, str], sink: IO[bytes]) -> int:
    """Write a table that is made now as CSV. `headers`: column -> header; a column that is not named keeps its own name."""
    table = made()
    return write_csv({headers.get(name, name): table[name] for name in table.column_names}, sink)
