"""The job of `vip changes export`: read what comes in, walk the line of a report, publish it whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from vip_tiering.base.errors import DataError, OutputError
from vip_tiering.base.schema import MIGRATION_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.ids import judge_ids, named_ids
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.playbooks.load import AllRules, load
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.csv_files import manifest_of
from vip_tiering.reports.earlier_runs import Earlier, find_before, find_last_year
from vip_tiering.reports.files import SCHEMA, ReportOrigin, document_of, report_files, rules_digest
from vip_tiering.reports.holders import Holders, parse_holders
from vip_tiering.reports.report import Report, ReportInputs, report_of
from vip_tiering.reports.tables import Speech, measure_names
from vip_tiering.reports.words import Language, Words
from vip_tiering.tiers.run_folder import TieredRun, read_run


@dataclass(frozen=True)
class ChangesOrder:
    """What `vip changes export` was asked to do."""

    run: Path
    customers: Path
    out: Path
    rules: Path | None = None
    previous: Path | None = None
    language: Language = "zh"
    replace: bool = False
    dry_run: bool = False
    max_bytes: str = "4G"


@dataclass(frozen=True)
class ChangesResult:
    """What came of it: the manifest, the folder (None after a dry run)."""

    document: dict[str, Any]
    folder: Path | None
    warnings: tuple[str, ...]
    up_to_date: bool = False


def changes_export(order: ChangesOrder) -> ChangesResult:
    """Make the report of a run, unless the same report stands there already. With `dry_run` nothing is written."""
    rules = load(order.rules)
    _refuse_places(order)
    run = read_run(order.run)
    before, no_before = find_before(order.run, run, order.previous, rules.rules)
    last_year, no_last_year = find_last_year(order.run, run, rules.rules)
    file = read_side_file(order.customers, size_in_bytes(order.max_bytes))
    holders, said = parse_holders(file, rules.customers)
    judge_ids(run, named_ids(file, rules.customers, holders.customer_id))
    origin = ReportOrigin(
        run=run.digest,
        previous=before.digest if before else None,
        last_year=last_year.digest if last_year else None,
        customers=file.sha256,
        rules=rules_digest(rules),
        language=order.language,
    )
    warnings = (*said, *no_before, *no_last_year)
    if order.dry_run:
        return _export(order, origin, _inputs(order, run, holders, rules, before, last_year), warnings)
    with folders.locked(order.out):
        target = order.out / str(run.quarter)
        _refuse_foreign(target)
        if standing := folders.standing(target, origin.made_from, replace=order.replace):
            document = manifests.manifest_of(standing)
            return ChangesResult(document, standing, tuple(document["warnings"]), up_to_date=True)
        return _export(order, origin, _inputs(order, run, holders, rules, before, last_year), warnings)


def _inputs(
    order: ChangesOrder, run: TieredRun, holders: Holders, rules: AllRules, before: Earlier | None, last_year: Earlier | None
) -> ReportInputs:
    migration = csv_as_text(order.run / "migration.csv", MIGRATION_CSV)
    return ReportInputs(run, holders, rules, migration, before.tiers if before else None, last_year.tiers if last_year else None)


def _export(order: ChangesOrder, origin: ReportOrigin, inputs: ReportInputs, warnings: tuple[str, ...]) -> ChangesResult:
    """Make the report and publish it; the caller holds the lock, but for a dry run."""
    run, words = inputs.run, Words(order.language)
    report, speech, chinese = report_of(inputs), Speech.of(words, run), order.language == "zh"
    warnings = (*warnings, *_notes(inputs, report, order.customers.name))
    names = measure_names(report.readings, inputs.rules.measures, speech, chinese=chinese)
    document = document_of(origin, report, inputs, names, warnings)
    if order.dry_run:
        return ChangesResult(document, None, warnings)
    files = report_files(report, inputs, speech, chinese=chinese)
    folder = folders.publish(order.out, str(run.quarter), files, manifest_of(document), replace=order.replace)
    return ChangesResult(manifests.manifest_of(folder), folder, warnings)


def _notes(inputs: ReportInputs, report: Report, file: str) -> list[str]:
    """Return what people should know of a report that was made."""
    run, rules, notes = inputs.run, inputs.rules, []
    ids = pa.concat_arrays([run.tiers["customer_id"].combine_chunks(), report.moves.table["customer_id"].combine_chunks()]).unique()
    if unknown := inputs.holders.unknown(ids):
        notes.append(f"{file}: {unknown:,} customers of the run are not in it; they are unassigned")
    if inputs.last_year is not None and (gone := sorted({*inputs.last_year["tier"].unique().to_pylist()} - {*run.labels})):
        notes.append(
            f"{run.quarter.year - 1}Q4: has tiers that {run.quarter} has not: {', '.join(gone)}; no measure of customers counts them"
        )
    if rules.targets is None:
        return [*notes, f"{rules.name}: there is no targets.yaml in this folder; the measures of the branch are left out"]
    left_out = [one for one in rules.targets.measures if one.customers_from is not None and one.customers_from not in run.labels]
    notes += [f"{one.id}: {one.customers_from} is no tier of the run; the measure is left out" for one in left_out]
    strange = sorted({one.branch for one in rules.targets.targets or () if one.branch} - set(report.branches))
    return [*notes, *(f"targets.yaml: no customer belongs to {branch}, which has a target" for branch in strange)]


def _refuse_places(order: ChangesOrder) -> None:
    """Refuse a place where the report would stand among the runs, or in one of them."""
    out, run = order.out.resolve(), order.run.resolve()
    if out.is_relative_to(run):
        raise OutputError(f"{order.out}: lies inside the run {manifests.named(order.run).name}; choose another --out")
    if out == run.parent:
        raise OutputError(f"{order.out}: holds the run {manifests.named(order.run).name} itself; choose another --out")


def _refuse_foreign(target: Path) -> None:
    """Refuse to move anything but an earlier report, also with --replace."""
    if not target.exists():
        return
    try:
        schema = manifests.manifest_of(target).get("schema")
    except DataError:
        return  # `standing` says what stands there
    if schema != SCHEMA:
        raise OutputError(f"{target}: is no report of changes; choose another --out")
