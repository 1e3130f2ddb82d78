"""`vip tier compute`: one run at a time on an output folder, published whole, or up to date already. The line itself is in `run`.

`vip tier show`: what came of it, once more.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import glob
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.disk import reading, stands
from vip_tiering.base.errors import DataError, OutputError
from vip_tiering.base.quarter import Month
from vip_tiering.base.schema import MIGRATION_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.extracts.days import read_days
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.locks import locked
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.load import load_rules
from vip_tiering.tiers.kept import KEPT, drop
from vip_tiering.tiers.plan import Request, hashes, period_of, prepare, presumed_first, reading_threads
from vip_tiering.tiers.published.differences import differing_inputs
from vip_tiering.tiers.published.run_folder import read_manifest, run_before

if TYPE_CHECKING:
    from vip_tiering.tiers.kept.ledgers import Note
    from vip_tiering.tiers.plan import Plan
    from vip_tiering.tiers.posting import Posted, Progress
    from vip_tiering.tiers.run import Run

OUTPUTS: Final = ("tiers.csv", "tiers.parquet", "changes.csv", "migration.csv", "outlook.csv", "daily.csv", "rejects.csv")
"""The files of a run folder that a pattern of extracts might match."""


@dataclass(frozen=True)
class Result:
    """What came of it: the manifest, (from_tier, to_tier, customers) for the summary, the folder (None after a dry run).

    `ledger`: whether the ledger of an earlier run was taken up; None where none was looked for, or is there.
    """

    document: dict[str, Any]
    migration: list[tuple[str, str, int]]
    folder: Path | None
    warnings: tuple[str, ...]
    up_to_date: bool = False
    ledger: Note | None = None


def tier_compute(
    extracts: Sequence[str],
    quarter: str | Month,
    out: Path,
    today: dt.date,
    progress: Progress = lambda _done, _all: None,
    *,
    rules: Path | None = None,
    previous: Path | None = None,
    no_previous: bool = False,
    kind: Kind | None = None,
    opening_zero: bool = False,
    accept_missing: Sequence[dt.date] = (),
    as_of: dt.date | None = None,
    max_rejects: str = "0",
    accept_partial: Sequence[str] = (),
    jobs: int | None = None,
    max_bytes: str = "4G",
    replace: bool = False,
    dry_run: bool = False,
    from_start: bool = False,
    elsewhere: Callable[[Plan, Progress], Posted] | None = None,
) -> Result:
    """Compute the tiers of a quarter, or of a month, and publish them, unless it is a dry run or the same run stands there already.

    `previous`: the run to compare with; without it the one of the quarter before in `out` (semantics 4.1), unless `no_previous`.
    A provisional run goes on from the ledger that the one before it kept in `out` (semantics 2.11), unless `from_start`.
    `elsewhere`: reads and posts the days of a plan in another place than this process; what was kept is left alone.
    Raises the errors of `base.errors`; a run that fails leaves `out` as it was.
    """
    share_freed_memory()
    started_ns = time.time_ns()
    period = period_of(quarter, as_of, today)
    limit = size_in_bytes(max_bytes)
    loaded = load_rules(rules)
    request = Request(period, kind or loaded.extracts.kind, opening_zero, tuple(accept_missing), max_rejects, tuple(accept_partial))
    target = out / str(period)
    _refuse_out_inside_inputs(target, extracts)
    with nullcontext() if dry_run else locked(out), reading_threads(jobs) as (pool, ahead):
        if previous is None and not no_previous and period.month is None:
            previous = run_before(out, period.quarter, target)
        if not dry_run and stands(target):  # what gives that run its identity is known only once every day is
            plan = prepare(extracts, request, loaded, previous, pool, limit)
            sha256 = hashes(plan.extracts, pool)
            differing = partial(differing_inputs, inputs=plan.inputs(sha256))
            if standing := folders.standing(target, plan.made_from(sha256), replace=replace, differing=differing):
                return Result(manifests.manifest_of(standing), [], standing, plan.warnings, up_to_date=True)

        def computed(presume: bool) -> tuple[Run, Note | None, dict[Path, Path]]:  # noqa: FBT001 (as `presumed_first` calls it)
            plan = prepare(extracts, request, loaded, previous, pool, limit, presume=presume)
            if elsewhere is not None:
                from vip_tiering.tiers.run import finish  # noqa: PLC0415 (pandas loads late)

                return finish(plan, elsewhere(plan, progress)), None, {}
            if period.status == "provisional" and not dry_run:
                from vip_tiering.tiers.kept.nightly import go_on  # noqa: PLC0415

                return go_on(out, plan, pool, ahead, progress, started_ns=started_ns, from_start=from_start)
            steps = read_days(plan.extracts, plan.days.to_post, pool, ahead)
            from vip_tiering.tiers.run import compute  # noqa: PLC0415 (pandas loads while the first days are read)

            return compute(plan, steps, progress), None, {}

        run, ledger, beside = presumed_first(computed)
        folder = None if dry_run else run.publish(out, replace=replace, beside=beside)
        if folder and period.status == "official":
            drop(out / KEPT / str(period.quarter))
        document = manifests.manifest_of(folder) if folder else run.manifest
        migration = run.comparison.migration[["from_tier", "to_tier", "customers"]]
        return Result(document, list(migration.itertuples(index=False, name=None)), folder, run.warnings, ledger=ledger)


def tier_show(folder: Path) -> Result:
    """Return a published run as `tier_compute` did when it made it; nothing is computed or written.

    Raises DataError where the run is absent, altered, or no run.
    """
    document = read_manifest(folder)
    with reading(f"{manifests.named(folder).name}/migration.csv"):
        migration = csv_as_text(folder / "migration.csv", MIGRATION_CSV[:3]).to_pylist()
    pairs = [(one["from_tier"], one["to_tier"], int(one["customers"])) for one in migration]
    return Result(document, pairs, folder, ())


def _refuse_out_inside_inputs(target: Path, extracts: Sequence[str]) -> None:
    """Refuse a run folder among the extracts: it would be read as one the next time."""
    for argument in filter(None, extracts):
        try:
            inside = would_be_read(target.resolve(), Path(argument))
        except FileNotFoundError:
            raise DataError("the working folder is gone; change to another one, or give absolute paths") from None
        if inside:
            raise OutputError(f"{target}: lies inside the extracts ({argument}); choose another --out")


def would_be_read(target: Path, argument: Path) -> bool:
    """Tell whether a folder or pattern of extracts means this folder, one around it, or a file in it."""
    if argument.is_dir():
        return target.is_relative_to(argument.resolve())
    if argument.exists() or not glob.has_magic(str(argument)):
        return False
    plain = next(index for index, part in enumerate(argument.parts) if glob.has_magic(part))
    base, pattern = Path(*argument.parts[:plain]).resolve(), argument.parts[plain:]
    if not target.is_relative_to(base):
        return False
    below = target.relative_to(base).parts
    candidates = [below[:length] for length in range(1, len(below) + 1)] + [(*below, name) for name in OUTPUTS]
    return any(_matches(candidate, pattern) for candidate in candidates)


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Tell whether a path matches a pattern, both in parts, where `**` stands for any folders."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[skipped:], pattern[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
