"""The run of the quarter before: found, checked, and read as a frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from vip_tiering import folders
from vip_tiering.errors import DataError, Problem
from vip_tiering.quarter import Quarter
from vip_tiering.rules import Ladder, Tier

if TYPE_CHECKING:
    import pandas as pd


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
    manifest, problems = folders.verify(folder)
    folder = folders.named(folder)
    if problems:
        raise DataError(problems)
    if manifest.get("quarter") != str(quarter.previous):
        found = manifest.get("quarter", "no quarter")
        raise DataError([_refused(folder, f"is a run of {found}; the quarter before {quarter} is {quarter.previous}")])
    if manifest.get("status") != "official":
        raise DataError([_refused(folder, "is a provisional run (--as-of); compute the whole quarter first")])
    ladder = Ladder(tuple(Tier.model_validate(tier) for tier in manifest["rules"]["tiers"]), manifest["rules"]["source"])
    return Previous(str(quarter.previous), manifest["digest"], read_tiers(folder), ladder)


def read_tiers(folder: Path) -> pd.DataFrame:
    """Return `tiers.parquet` of a run as a frame with the columns of the schema; tier is categorical."""
    frame: pd.DataFrame = pq.read_table(folder / "tiers.parquet", read_dictionary=["tier"]).to_pandas()
    return frame


def _refused(folder: Path, message: str) -> Problem:
    return Problem(folder.name, None, None, "previous-run", message)
