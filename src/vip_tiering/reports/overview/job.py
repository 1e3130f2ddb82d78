"""The job of `vip report`: read what comes in, walk the line of a report, prove it, and say in which tables it is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa

from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.disk import reading
from vip_tiering.base.schema import DAILY_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.playbooks.customers.file_forms import Kind
from vip_tiering.playbooks.load import load
from vip_tiering.reports.changes.notes import notes_of
from vip_tiering.reports.earlier_runs import find_quarters
from vip_tiering.reports.inputs import read_inputs
from vip_tiering.reports.overview.contents import Around, Contents, contents_of
from vip_tiering.reports.overview.groups import CountLists, days_of_lists
from vip_tiering.reports.report import report_of
from vip_tiering.tiers.published.run_folder import TieredRun

_DAILY: Final = "daily.csv"


def overview(
    run: Path,
    customers: Path | None = None,
    *,
    rules: Path | None = None,
    previous: Path | None = None,
    branch_files: Mapping[Kind, Path | None] | None = None,
    lists: CountLists | None = None,
    max_bytes: str = "4G",
) -> Contents:
    """Return what the report of a run says; nothing is written.

    `customers`: the customer file, without which branches and managers are not told; `previous`: the run of the quarter before, else
    the one beside the run; `branch_files`: `fees` and `lobby`; `lists`: counts what came of the lists of the days for
    which the run decides.
    Raises RulesError, DataError, and ProofError where the report does not add up to what the run says.
    """
    share_freed_memory()
    given = branch_files or {"fees": None, "lobby": None}
    read = read_inputs(run, customers, load(rules), previous=previous, branch_files=given, max_bytes=size_in_bytes(max_bytes))
    quarters, no_quarters = find_quarters(run, read.inputs.run)
    report = report_of(read.inputs)
    notes = notes_of(read.inputs, report, customers.name if customers is not None else None)
    done = lists(*days_of_lists(read.inputs.run.manifest)) if lists is not None else None
    around = Around(quarters, _daily(run, read.inputs.run), customers is not None, lists is not None, done)
    return contents_of(read.inputs, report, around, (*read.warnings, *no_quarters, *notes))


def _daily(folder: Path, run: TieredRun) -> pa.Table | None:
    """Return daily.csv of a run, as text; None where an earlier version made it."""
    if not any(output["name"] == _DAILY for output in run.manifest["outputs"]):
        return None
    with reading(f"{folder.name}/{_DAILY}"):
        return csv_as_text(folder / _DAILY, DAILY_CSV)
