"""The job of `vip changes export`: read what comes in, walk the line of a report, publish it whole or not at all."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vip_tiering._version import __version__
from vip_tiering.base.disk import stands, writing
from vip_tiering.base.errors import DataError, OutputError
from vip_tiering.base.words import Language
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.playbooks.load import load
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.locks import locked
from vip_tiering.reports.changes.files import SCHEMA, document_of, report_files
from vip_tiering.reports.changes.notes import notes_of
from vip_tiering.reports.inputs import read_inputs
from vip_tiering.reports.report import report_of
from vip_tiering.reports.words import Words


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
    read = read_inputs(
        run,
        customers,
        loaded,
        previous=previous,
        contact_log=contact_log,
        branch_files={"fees": fees, "lobby": lobby},
        max_bytes=size_in_bytes(max_bytes),
    )
    inputs = read.inputs
    made_from = {**read.made_from, "language": language, "program": __version__}
    target = out / str(inputs.run.period)
    with nullcontext() if dry_run else locked(out):
        if not dry_run:
            _refuse_foreign(target)
            if standing := folders.standing(target, made_from, replace=replace):
                document = manifests.manifest_of(standing)
                return ChangesResult(document, standing, tuple(document["warnings"]), up_to_date=True)
        report, words = report_of(inputs), Words(language, inputs.run.labels)
        warnings = (*read.warnings, *notes_of(inputs, report, customers.name))
        document = {**document_of(made_from, report, inputs, words), "warnings": list(warnings)}
        if dry_run:
            return ChangesResult(document, None, warnings)
        files = report_files(report, inputs, words)
        del read, inputs, report  # the files hold what they are written from; of a large bank, memory is short of the rest
        folder = folders.publish(out, target.name, files, document, replace=replace)
    return ChangesResult(manifests.manifest_of(folder), folder, warnings)


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
