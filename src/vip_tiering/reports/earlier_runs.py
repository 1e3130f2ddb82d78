"""The runs with which a report compares: the one of the quarter before, and that of last year's fourth quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vip_tiering.base.disk import is_unreadable, reading
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import Quarter
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import settle
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.published.run_folder import TieredRun, is_run, place_before, read_run
from vip_tiering.tiers.scope import rename_previous

_QUARTERS: Final = "[0-9][0-9][0-9][0-9]Q[1-4]"


@dataclass(frozen=True)
class Earlier:
    """An earlier run as a report uses it. `tiers` has the columns of `tiers.parquet`; customers have their present numbers.

    `bounds_fen`: the lower bounds by which it tiered, by code; `corrects`: it is not the run that was compared,
    but took its place since.
    """

    digest: str
    tiers: pd.DataFrame
    bounds_fen: Mapping[str, int]
    corrects: bool = False


def find_before(folder: Path, run: TieredRun, named: Path | None, rules: Rules) -> tuple[Earlier | None, list[str]]:
    """Return the run that a run in `folder` was compared with: the one that was named, else the one beside it.

    Raises DataError where another run was named. Where none is at hand it is None, and where the one beside it took its place since that
    one, with a warning.
    """
    origin, place = run.manifest["previous"], place_before(folder, run, named)
    if place is None:
        return None, [f"{folder.name}: is the first run; there is nothing to compare it with"]
    without = "what branches and managers had before is left empty"
    if named is None and not _is_folder(place):
        return None, [f"{folder.name}: the run {origin['quarter']} is not beside it; name it with --previous; {without}"]
    try:
        found = read_run(place)
    except DataError as error:
        if named is not None or is_unreadable(error):
            raise
        return None, [f"{place.name}: is not an intact official run; {without}"]
    replaced = found.digest != origin["digest"]
    if replaced and (named is not None or str(found.quarter) != origin["quarter"]):
        message = f"is not the run with which {folder.name} was compared; compute {folder.name} again, or name the old one with --previous"
        if named is not None:
            raise DataError([Problem(place.name, None, None, "previous-run", message)])
        return None, [f"{place.name}: {message}; {without}"]
    if _by_other_rules(run, rules):
        return None, [f"{folder.name}: follows renumbered customers by other rules than these; name them with --rules; {without}"]
    message = f"took the place of the run with which {folder.name} was compared; what that changed is told as corrections"
    warnings = [f"{place.name}: {message}; compute {folder.name} again; {without}"] if replaced else []
    return replace(_renamed(found, run, rules), corrects=replaced), warnings


def find_last_year(folder: Path, run: TieredRun, rules: Rules) -> tuple[Earlier | None, list[str]]:
    """Return the run of last year's fourth quarter, where it stands beside the run; else None, with a warning where it is not sound."""
    quarter = Quarter(run.quarter.year - 1, 4)
    place = folder.resolve().parent / str(quarter)
    settle(place)
    if not _is_folder(place):
        return None, []
    try:
        found = read_run(place)
    except DataError as error:
        if is_unreadable(error):
            raise
        return None, [f"{place.name}: is not an intact official run; the growth since last year is left empty"]
    if found.quarter != quarter:
        return None, [f"{place.name}: is a run of {found.quarter}; the growth since last year is left empty"]
    if _by_other_rules(run, rules):
        return None, [f"{folder.name}: follows renumbered customers by other rules than these; the growth since last year is left empty"]
    return _renamed(found, run, rules), []


def find_quarters(folder: Path, run: TieredRun) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return what the official runs of earlier quarters beside a run say of themselves, the oldest first, then the run itself.

    Of a run whose own words were altered there is a warning in its place; its files are not looked at.
    """
    found, warnings = [], []
    with reading(folder.name):
        places = sorted(folder.resolve().parent.glob(_QUARTERS))
    for place in places:
        if place.name >= str(run.quarter) or not _is_folder(place):
            continue
        try:
            manifest, problems = manifests.verify(place, only=())
        except DataError as error:
            if is_unreadable(error):
                raise
            problems, manifest = [*error.problems], {}
        if problems or not is_run(manifest) or manifest["quarter"] != place.name:
            warnings.append(f"{place.name}: is not an intact official run; the history leaves it out")
        elif manifest["status"] == "official":
            found.append(manifest)
    return [*found, run.manifest], warnings


def _is_folder(place: Path) -> bool:
    with reading(place.name):
        return place.is_dir()


def _by_other_rules(run: TieredRun, rules: Rules) -> bool:
    """Tell whether a run follows renumbered customers, and not by these rules."""
    return "aliases" in run.manifest["scope"] and run.manifest["made_from"]["rules"] != rules.digest(run.quarter)


def _renamed(found: TieredRun, run: TieredRun, rules: Rules) -> Earlier:
    """Return an earlier run, by the numbers that customers have now where the run follows them."""
    tiers = found.frame()
    if "aliases" in run.manifest["scope"] and rules.aliases is not None:
        tiers = rename_previous(tiers, rules.aliases, rules.ladder(found.quarter))
    return Earlier(found.digest, tiers, found.bounds_fen)
