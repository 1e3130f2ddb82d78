"""The commands' work, from an order to a result; nothing is printed here."""

from __future__ import annotations

import datetime as dt
import fnmatch
import glob
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.errors import DataError, OutputError, UsageError
from vip_tiering.base.quarter import Period, Quarter
from vip_tiering.extracts.days import read_days
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.publishing import folders, manifests
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.load import load_rules
from vip_tiering.tiers.plan import Request, hashes, prepare, reading_threads
from vip_tiering.tiers.run_folder import Previous, load_previous

if TYPE_CHECKING:
    from vip_tiering.tiers.posting import Progress
    from vip_tiering.tiers.run import Run


OUTPUTS: Final = ("tiers.csv", "tiers.parquet", "changes.csv", "migration.csv", "rejects.csv")
"""The files of a run folder that a pattern of extracts might match."""


@dataclass(frozen=True)
class Order:
    """What `vip tier compute` was asked to do."""

    extracts: tuple[str, ...]
    quarter: str
    out: Path
    rules: Path | None = None
    previous: Path | None = None
    no_previous: bool = False
    kind: Kind | None = None
    opening_zero: bool = False
    accept_missing: tuple[dt.date, ...] = ()
    as_of: dt.date | None = None
    max_rejects: str = "0"
    jobs: int | None = None
    max_bytes: str = "4G"
    replace: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Result:
    """What came of it: the manifest, the migration for the summary, the folder (None after a dry run)."""

    document: dict[str, Any]
    migration: list[tuple[str, str, int]]
    folder: Path | None
    warnings: tuple[str, ...]
    up_to_date: bool = False


def tier_compute(order: Order, today: dt.date, progress: Progress) -> Result:
    """Compute a quarter's tiers and publish them, unless it is a dry run or the same run stands there already."""
    share_freed_memory()
    quarter = Quarter.parse(order.quarter, today)
    if order.as_of is not None and order.as_of > today:
        raise UsageError("--as-of: lies in the future")
    max_bytes = size_in_bytes(order.max_bytes)
    rules = load_rules(order.rules)
    kind = order.kind or rules.extracts.kind
    period = Period(quarter, order.as_of)
    period.refuse_unfinished(today)
    request = Request(period, kind, order.opening_zero, order.accept_missing, order.max_rejects)
    target = order.out / str(period)
    _refuse_out_inside_inputs(target, order.extracts)
    with _locked_unless(order.out, dry_run=order.dry_run), reading_threads(order.jobs) as (pool, ahead):
        plan = prepare(order.extracts, request, rules, _previous(order, quarter), pool, max_bytes)
        if not order.dry_run and (target.exists() or target.is_symlink()):
            made_from = plan.made_from(hashes(plan.extracts, pool))
            if standing := folders.standing(target, made_from, replace=order.replace):
                return Result(manifests.manifest_of(standing), [], standing, plan.warnings, up_to_date=True)
        steps = read_days(plan.extracts, plan.coverage.days, pool, ahead)
        from vip_tiering.tiers import run as runs  # noqa: PLC0415 (pandas loads while the first days are read)

        run = runs.compute(plan, steps, progress)
        if order.dry_run:
            return Result(run.manifest, _pairs(run), None, run.warnings)
        folder = runs.publish(run, order.out, replace=order.replace)
        return Result(manifests.manifest_of(folder), _pairs(run), folder, run.warnings)


def _previous(order: Order, quarter: Quarter) -> Previous | None:
    """Return the run of the quarter before: the one that was named, else the one under the same output folder."""
    if order.no_previous:
        return None
    if order.previous is not None:
        return load_previous(order.previous, quarter)
    usual = order.out / str(quarter.previous)
    return load_previous(usual, quarter) if usual.exists() else None


def _pairs(run: Run) -> list[tuple[str, str, int]]:
    migration = run.comparison.migration
    return list(zip(migration["from_tier"], migration["to_tier"], migration["customers"], strict=True))


def _refuse_out_inside_inputs(target: Path, extracts: tuple[str, ...]) -> None:
    """A run folder among the extracts would be read as one the next time."""
    for argument in filter(None, extracts):
        try:
            inside = _would_be_read(target.resolve(), Path(argument))
        except FileNotFoundError:
            raise DataError("the working folder is gone; change to another one, or give absolute paths") from None
        if inside:
            raise OutputError(f"{target}: lies inside the extracts {argument}; choose another --out")


def _would_be_read(target: Path, argument: Path) -> bool:
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


@contextmanager
def _locked_unless(out: Path, *, dry_run: bool) -> Iterator[None]:
    if dry_run:
        yield
        return
    with folders.locked(out):
        yield
