"""The job of `vip changes export`: read what comes in, walk the line of a report, publish it whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vip_tiering._version import __version__
from vip_tiering.base.arrays import text_array
from vip_tiering.base.disk import reading, stands, writing
from vip_tiering.base.errors import DataError, OutputError
from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import MIGRATION_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.base.words import Language
from vip_tiering.customers.branch_files import parse_fees, parse_lobby
from vip_tiering.customers.ids import NamedIds, judge_ids, named_ids, refuse_repeated, renamed
from vip_tiering.customers.incoming import Parse, read_given
from vip_tiering.customers.other_files import parse_contacts
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.playbooks.customers.file_forms import Kind
from vip_tiering.playbooks.load import AllRules, load
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.locks import locked
from vip_tiering.reports.changes.files import SCHEMA, document_of, report_files, rules_digest
from vip_tiering.reports.changes.report import Report, ReportInputs, report_of
from vip_tiering.reports.changes.words import Words
from vip_tiering.reports.earlier_runs import find_before, find_last_year
from vip_tiering.reports.figures.delivered import Delivered, delivered_of
from vip_tiering.reports.figures.holders import parse_holders, with_households
from vip_tiering.reports.months import find_months
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun, read_run


@dataclass(frozen=True)
class ChangesResult:
    """What came of it: the manifest, the folder (None after a dry run)."""

    document: dict[str, Any]
    folder: Path | None
    warnings: tuple[str, ...]
    up_to_date: bool = False


def changes_export(
    run: Path,
    customers: Path,
    out: Path,
    *,
    rules: Path | None = None,
    previous: Path | None = None,
    contact_log: Path | None = None,
    fees: Path | None = None,
    lobby: Path | None = None,
    language: Language = "zh",
    replace: bool = False,
    dry_run: bool = False,
    max_bytes: str = "4G",
) -> ChangesResult:
    """Make the report of a run as `out/QUARTER`, unless the same report stands there already. With `dry_run` nothing is written.

    A run inside a quarter is told as such, in `out/QUARTER-asof-DAY`. `customers`: the customer file; `contact_log`: tells when customers
    were contacted last; `fees`, `lobby`: what the branch delivers of the period (`branch_files`), without which its measures are not
    counted; `rules`: folder of rules, the packaged ones without it; `previous`: the run of the quarter before, else the one
    beside the run; `replace`: move another report of the quarter to `.superseded`.
    Raises RulesError, DataError, OutputError, LockedError, and ProofError where the report does not add up.
    """
    loaded = load(rules)
    _refuse_places(run, out)
    found = read_run(run, provisional=True)
    before, no_before = find_before(run, found, previous, loaded.rules)
    last_year, no_last_year = find_last_year(run, found, loaded.rules)
    months, no_months = find_months(run, found)
    form = loaded.customers.of_file("customers")
    file = read_side_file(customers, size_in_bytes(max_bytes), form=form.form_of("customers"))
    holders, said = parse_holders(file, form)
    named = named_ids(file, form, text_array(holders["customer_id"]))
    aliases = loaded.rules.aliases if "aliases" in found.manifest["scope"] else None
    if aliases is not None:  # the run has the new numbers
        now = renamed(named, aliases, "ids")
        refuse_repeated(named, now)
        named, holders = now, holders.assign(customer_id=now.ids.to_pandas())
    holders = with_households(holders, aliases)
    branch_files = _read_branch_files({"fees": fees, "lobby": lobby}, loaded, found, size_in_bytes(max_bytes))
    said_of_ids = judge_ids(found, named, [one if aliases is None else renamed(one, aliases, "ids") for one in branch_files.named])
    last_contact, log_sha256, said_of_log = _last_contacts(contact_log, loaded, aliases, size_in_bytes(max_bytes))
    made_from = {
        "run": found.digest,
        "previous": before.digest if before else None,
        "last_year": last_year.digest if last_year else None,
        "months": months.digests,
        "customers": file.sha256,
        "contact_log": log_sha256,
        **branch_files.sha256,
        "rules": rules_digest(loaded),
        "language": language,
        "program": __version__,
    }
    with reading(f"{run.name}/migration.csv"):
        migration = csv_as_text(run / "migration.csv", MIGRATION_CSV)
    tiers_before, tiers_last_year = (one.tiers if one and not one.corrects else None for one in (before, last_year))
    corrected = before.tiers if before and before.corrects else None
    bounds_before = before.bounds_fen if before else {}
    inputs = ReportInputs(
        found,
        holders,
        loaded,
        migration,
        tiers_before,
        tiers_last_year,
        last_contact,
        bounds_before,
        months.rows,
        branch_files.delivered,
        corrected,
    )
    target = out / str(found.period)
    with nullcontext() if dry_run else locked(out):
        if not dry_run:
            _refuse_foreign(target)
            if standing := folders.standing(target, made_from, replace=replace):
                document = manifests.manifest_of(standing)
                return ChangesResult(document, standing, tuple(document["warnings"]), up_to_date=True)
        report, words = report_of(inputs), Words(language, found.labels)
        said_of_files = (*said, *said_of_log, *branch_files.warnings, *said_of_ids)
        warnings = (*said_of_files, *no_before, *no_last_year, *no_months, *_notes(inputs, report, customers.name))
        document = {**document_of(made_from, report, inputs, words), "warnings": list(warnings)}
        if dry_run:
            return ChangesResult(document, None, warnings)
        folder = folders.publish(out, target.name, report_files(report, inputs, words), document, replace=replace)
    return ChangesResult(manifests.manifest_of(folder), folder, warnings)


def _last_contacts(
    path: Path | None, rules: AllRules, aliases: Aliases | None, max_bytes: int
) -> tuple[pd.Series | None, str | None, list[str]]:
    """Return the newest day of a contact by customer, as text, from a contact log; its SHA-256, and warnings."""
    if path is None:
        return None, None, []
    channels = [code for code, one in (rules.playbooks.channels if rules.playbooks else {}).items() if one.contact]
    form = rules.customers.of_file("contact_log")
    file = read_side_file(path, max_bytes, form=form.form_of("contact_log"))
    contacts, said = parse_contacts(file, form, channels)
    ids = contacts.customer_id if aliases is None else aliases.known_as(contacts.customer_id)
    newest = pd.Series(contacts.day).groupby(ids.to_pandas()).max()
    return newest.map(day_date).astype("str"), file.sha256, said


@dataclass(frozen=True)
class _BranchFiles:
    """What the branch delivers, the SHA-256 of each file by option, the ids that the files name, and warnings."""

    delivered: Delivered
    sha256: dict[str, str]
    named: list[NamedIds]
    warnings: list[str]


def _read_branch_files(given: Mapping[Kind, Path | None], rules: AllRules, run: TieredRun, max_bytes: int) -> _BranchFiles:
    """Return what the branch delivers of the period of a run. Raises DataError with the problems of both files."""
    hall_actions = rules.playbooks.hall_actions if rules.playbooks else {}
    parsers: dict[Kind, tuple[Path | None, Parse]] = {
        "fees": (given["fees"], lambda file, form: parse_fees(file, form, run.period)),
        "lobby": (given["lobby"], lambda file, form: parse_lobby(file, form, run.period, list(hall_actions))),
    }
    read = read_given(parsers, rules.customers, max_bytes)
    fees, lobby = (read[kind].value if kind in read else None for kind in ("fees", "lobby"))
    sha256 = {str(kind): one.file.sha256 for kind, one in read.items()}
    named = [named_ids(read["fees"].file, read["fees"].rules, fees.customer_id)] if fees is not None else []
    warnings = [line for one in read.values() for line in one.warnings]
    return _BranchFiles(delivered_of(fees, lobby, hall_actions), sha256, named, warnings)


def _notes_on_delivered(inputs: ReportInputs, report: Report) -> Iterator[str]:
    """Yield what people should know of fees and events in the hall."""
    rules, run, delivered = inputs.rules, inputs.run, inputs.delivered
    if strange := [one for one in delivered.branches if one and one not in report.branches]:
        yield f"no customer belongs to {', '.join(strange)}, which the fees or events in the hall name; the measures count them"
    if delivered.fees is not None:
        managers = pd.MultiIndex.from_frame(delivered.fees[["branch", "manager"]]).unique()
        unknown = sum(1 for one in managers if one[1] and one not in report.managers)
        if unknown:
            yield f"managers who earned fees and hold no customer: {unknown}; what they earned stands in the summary alone"
    figures = rules.targets.measures if rules.targets else []
    for group, frame in (("fees", delivered.fees), ("lobby", delivered.lobby)):
        if frame is not None and group not in {one.group for one in figures}:
            yield f"--{group}: no measure in targets.yaml counts it; its own tables hold it alone"
        absent = [one.id for one in figures if one.group == group and frame is None]
        wanted = {one.id for one in (rules.targets.targets if rules.targets else None) or () if one.quarter == str(run.quarter)}
        yield from (
            f"{one}: has a target of {run.quarter}, and no --{group} file was given; it is not counted" for one in absent if one in wanted
        )


def _notes(inputs: ReportInputs, report: Report, file: str) -> list[str]:
    """Return what people should know of a report that was made."""
    run, rules, notes = inputs.run, inputs.rules, []
    ids = pd.concat([run.tiers["customer_id"].to_pandas(), report.moves["customer_id"]]).drop_duplicates()
    if unknown := int((~ids.isin(inputs.holders["customer_id"])).sum()):
        notes.append(f"{file}: {unknown:,} customers of the run are not in it; they are unassigned")
    if inputs.last_year is not None and (gone := sorted({*inputs.last_year["tier"].unique()} - {*run.labels})):
        notes.append(
            f"{run.quarter.year - 1}Q4: has tiers that {run.quarter} has not: {', '.join(gone)}; no measure of customers counts them"
        )
    notes += _notes_on_delivered(inputs, report)
    if rules.targets is None:
        return [*notes, f"{rules.name}: there is no targets.yaml in this folder; the measures of the branch are left out"]
    left_out = [one for one in rules.targets.measures if one.customers_from is not None and one.customers_from not in run.labels]
    notes += [f"{one.id}: {one.customers_from} is not a tier of the run; the measure is left out" for one in left_out]
    strange = sorted({one.branch for one in rules.targets.targets or () if one.branch} - {*report.branches, *inputs.delivered.branches})
    return [*notes, *(f"targets.yaml: no customer belongs to {branch}, which has a target" for branch in strange)]


def _refuse_places(run: Path, out: Path) -> None:
    """Refuse a place where the report would stand among the runs, or in one of them."""
    if out.resolve().is_relative_to(run.resolve()):
        raise OutputError(f"{out}: lies inside the run {manifests.named(run).name}; choose another --out")
    if out.resolve() == run.resolve().parent:
        raise OutputError(f"{out}: holds the run {manifests.named(run).name} itself; choose another --out")


def _refuse_foreign(target: Path) -> None:
    """Refuse to move anything but an earlier report, also with --replace."""
    with writing(target):
        if not stands(target):
            return
    try:
        schema = manifests.manifest_of(target).get("schema")
    except DataError:
        return  # `standing` says what stands there
    if schema != SCHEMA:
        raise OutputError(f"{target}: is not a report of changes; choose another --out")
