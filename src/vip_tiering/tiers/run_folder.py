"""The run from which lists and reports are made: found intact and official; for lists, of the right quarter too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import Quarter
from vip_tiering.base.schema import CHANGES_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.publishing import manifests
from vip_tiering.rules.tiers import Ladder, Tier, bound_fen

if TYPE_CHECKING:
    import pandas as pd


_RUN: str = "vip-tiering run"


@dataclass(frozen=True)
class TieredRun:
    """A published run. `labels`: by code, untiered first; `bounds_fen`: lower bound by code; `compared`: with the quarter before.

    `tiers` and `changes` have the columns of `tiers.parquet` and `changes.csv`, the latter as text. `manifest`: as published.
    """

    quarter: Quarter
    digest: str
    compared: bool
    labels: dict[str, str]
    bounds_fen: dict[str, int]
    tiers: pa.Table
    changes: pa.Table
    warnings: tuple[str, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)


def load_run(folder: Path, on: dt.date, grace_days: int, *, allow_old: bool) -> TieredRun:
    """Return the run in a folder for an export on a day.

    Raises DataError where it is absent, altered, provisional, later than the day, or not of the newest quarter that ended
    before it; the quarter before that one passes within `grace_days` of the new quarter, and any with `allow_old`.
    """
    run = read_run(folder)
    return replace(run, warnings=_judge_quarter(manifests.named(folder), run.quarter, on, grace_days, allow_old=allow_old))


def read_run(folder: Path) -> TieredRun:
    """Return the run in a folder, of whatever quarter. Raises DataError where it is absent, altered or provisional."""
    if not folder.is_dir():
        raise DataError(f"{folder.name}: there is no such run folder; name one such as out/2015Q4")
    manifest, problems = manifests.verify(folder)
    folder = manifests.named(folder)
    if problems:
        raise DataError(problems)
    if manifest.get("schema") != _RUN:
        raise DataError([_refused(folder, "is no run of vip tier compute; name a folder such as out/2015Q4")])
    if manifest["status"] != "official":
        raise DataError([_refused(folder, "is a provisional run (--as-of); compute the whole quarter first")])
    tiers, changes = pq.read_table(folder / "tiers.parquet"), csv_as_text(folder / "changes.csv", CHANGES_CSV)
    _refuse_formulas(folder, "tiers.parquet", tiers["customer_id"])
    _refuse_formulas(folder, "changes.csv", changes["customer_id"])
    return TieredRun(
        quarter=Quarter.parse(manifest["quarter"], dt.date.max),
        digest=manifest["digest"],
        compared=manifest["previous"] is not None,
        labels={tier["code"]: tier["label"] for tier in manifest["tiers"]},
        bounds_fen={tier["code"]: bound_fen(tier["min"]) or 0 for tier in manifest["rules"]["tiers"]},
        tiers=tiers,
        changes=changes,
        warnings=(),
        manifest=manifest,
    )


def _judge_quarter(folder: Path, quarter: Quarter, on: dt.date, grace_days: int, *, allow_old: bool) -> tuple[str, ...]:
    newest = Quarter.of(on).previous
    if quarter == newest:
        return ()
    if quarter > newest:
        raise DataError([_refused(folder, f"is a run of {quarter}, which had not ended on {on}; the newest quarter before is {newest}")])
    days = (on - newest.following.start).days
    if quarter == newest.previous and days < grace_days:
        return (f"{folder.name} is not the newest quarter: {newest} has ended; it passes until {newest} is {grace_days} days over",)
    if allow_old:
        return (f"{folder.name} is an old run, used because of --allow-old-run; the newest quarter before {on} is {newest}",)
    message = f"is a run of {quarter}; the newest quarter that ended before {on} is {newest}: compute it, or say --allow-old-run"
    raise DataError([_refused(folder, message)])


def _refuse_formulas(folder: Path, file: str, ids: pa.ChunkedArray) -> None:
    """Ids stand in lists as they are; one that a spreadsheet takes for a formula must not get there."""
    count = pc.sum(pc.match_substring_regex(ids, r"^[=+\-@]")).as_py()
    if count:
        message = f"ids that a spreadsheet would take for formulas: {count}; they begin with =, +, - or @"
        raise DataError([Problem(f"{folder.name}/{file}", None, "customer_id", "id-formula", message)])


def _refused(folder: Path, message: str) -> Problem:
    return Problem(folder.name, None, None, "run-unfit", message)


@dataclass(frozen=True)
class Previous:
    """An official, intact run of the quarter before. `digest` is that of its manifest, `ladder` the one by which it was tiered."""

    quarter: str
    digest: str
    tiers: pd.DataFrame
    ladder: Ladder


def load_previous(folder: Path, quarter: Quarter) -> Previous:
    """Return the run in `folder`, which must be the official, intact run of the quarter before `quarter`.

    Raises DataError for any other quarter, a provisional run, and one that was altered.
    """
    if not folder.is_dir():
        raise DataError(f"{folder.name}: there is no such run folder for the previous quarter")
    manifest, problems = manifests.verify(folder)
    folder = manifests.named(folder)
    if problems:
        raise DataError(problems)
    if manifest.get("quarter") != str(quarter.previous):
        found = manifest.get("quarter", "no quarter")
        raise DataError([_unfit_previous(folder, f"is a run of {found}; the quarter before {quarter} is {quarter.previous}")])
    if manifest.get("status") != "official":
        raise DataError([_unfit_previous(folder, "is a provisional run (--as-of); compute the whole quarter first")])
    ladder = Ladder(tuple(Tier.model_validate(tier) for tier in manifest["rules"]["tiers"]), manifest["rules"]["source"])
    return Previous(str(quarter.previous), manifest["digest"], read_tiers(folder), ladder)


def read_tiers(folder: Path) -> pd.DataFrame:
    """Return `tiers.parquet` of a run as a frame with the columns of the schema; tier is categorical."""
    frame: pd.DataFrame = pq.read_table(folder / "tiers.parquet", read_dictionary=["tier"]).to_pandas()
    return frame


def _unfit_previous(folder: Path, message: str) -> Problem:
    return Problem(folder.name, None, None, "previous-run", message)
