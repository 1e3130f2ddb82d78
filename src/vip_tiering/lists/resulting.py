"""The job of `vip playbook results`: what came of the exports under a folder, for each manager and action."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering import folders
from vip_tiering.errors import DataError, UsageError
from vip_tiering.lists.customers import parse_customers
from vip_tiering.lists.feedback import coverage_of, figures_of, obstacles_of, obstacles_together, summed
from vip_tiering.lists.logbook import CONTACT_LOG, sound_logbook
from vip_tiering.lists.memory import CONTACTS, SUPPRESSED, export_days, folders_of, marks_in, read_table
from vip_tiering.lists.people import meet
from vip_tiering.lists.places import private_root
from vip_tiering.lists.run_folder import read_run
from vip_tiering.playbooks import rules_with_playbooks
from vip_tiering.readers.limits import size_in_bytes
from vip_tiering.readers.side_file import read_side_file
from vip_tiering.tables import csv_bytes

RESULTS_FILE: Final = "results.csv"
OBSTACLES_FILE: Final = "obstacles.csv"
COVERAGE_FILE: Final = "coverage.csv"


@dataclass(frozen=True)
class ResultsOrder:
    """What `vip playbook results` was asked to do. `since`, `until`: days of exports."""

    out: Path
    since: dt.date = dt.date.min
    until: dt.date = dt.date.max
    run: Path | None = None
    customers: Path | None = None
    private_out: Path | None = None
    rules: Path | None = None
    dry_run: bool = False
    max_bytes: str = "4G"

    @property
    def private_root(self) -> Path:
        """The folder of the private parts."""
        return private_root(self.out, self.private_out)


@dataclass(frozen=True)
class Results:
    """What came of it. `figures`: `feedback.RESULTS_COLUMNS`; `coverage`: None where nobody asked; `files`: what was written."""

    days: list[str]
    figures: pa.Table
    coverage: pa.Table | None
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def playbook_results(order: ResultsOrder) -> Results:
    """Count what came of the exports under a folder, and write it beside them; what came of private clients to the private part."""
    if (order.run is None) != (order.customers is None):
        raise UsageError("--run and --customers belong together: by both the products that each tier holds are counted")
    folders.refuse_absent(order.out, "the --out of vip playbook export, such as lists")
    days = [day for day in export_days(order.out) if str(order.since) <= day <= str(order.until)]
    if not days:
        raise DataError(f"{order.out.name}: no export of these days lies here; name the --out of vip playbook export, such as lists")
    coverage, warnings = _coverage(order, order.run, order.customers) if order.run and order.customers else (None, [])
    with folders.locked(order.out), folders.locked(order.private_root):
        return _results(order, days, coverage, warnings)


def _results(order: ResultsOrder, days: list[str], coverage: pa.Table | None, warnings: list[str]) -> Results:
    """Count and write; the caller holds the locks."""
    roots = {"open": order.out, "private": order.private_root}
    manifests = {day: folders.manifest_of(order.out / day) for day in export_days(order.out)}
    logbooks = {part: sound_logbook(root, marks_in(manifests.values(), part)) for part, root in roots.items()}
    logs = {part: one.logs[CONTACT_LOG].rows for part, one in logbooks.items()}
    figures: dict[str, list[pa.Table]] = {part: [] for part in roots}
    obstacles: dict[str, list[pa.Table]] = {part: [] for part in roots}
    for day in days:
        parts = folders_of(order.out, order.private_root, day, manifests[day])
        for part, folder in zip(roots, parts, strict=False):
            contacts = read_table(folder, CONTACTS, ("customer_id", "action", "branch", "manager"))
            suppressed = read_table(folder, SUPPRESSED, ("action", "branch", "manager"))
            log = logs[part].filter(pc.equal(logs[part]["export"], day))
            figures[part].append(figures_of(contacts, suppressed, log))
            obstacles[part].append(obstacles_of(contacts, log))
    tables: dict[Path, pa.Table] = {}
    for part, root in roots.items():
        for name, table in ((RESULTS_FILE, summed(figures[part])), (OBSTACLES_FILE, obstacles_together(obstacles[part]))):
            if len(table) or (root / name).exists():  # what stands there from before is not true any more
                tables[root / name] = table
    if coverage is not None:
        tables[order.out / COVERAGE_FILE] = coverage
    if not order.dry_run:
        for path, table in tables.items():
            folders.replace_file(path, csv_bytes({name: table[name] for name in table.column_names}, header=True))
    whole = summed([table for of_part in figures.values() for table in of_part])
    return Results(days, whole, coverage, () if order.dry_run else tuple(tables), tuple(warnings))


def _coverage(order: ResultsOrder, run_folder: Path, customer_file: Path) -> tuple[pa.Table | None, list[str]]:
    """Return how far products are signed up in each tier; None, and a warning, where the customer file does not say."""
    _, books = rules_with_playbooks(order.rules)
    run = read_run(run_folder)
    customers, warnings = parse_customers(read_side_file(customer_file, size_in_bytes(order.max_bytes)), books.customers)
    if "products_held" not in customers.given:
        return None, [*warnings, "no column products_held in the customer file: the coverage of products is not known"]
    return coverage_of(customers, meet(run.tiers, run.changes, customers, run.labels, compared=run.compared), run.labels), warnings
