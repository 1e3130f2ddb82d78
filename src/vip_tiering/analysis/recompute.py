"""A published run computed once more, by the options in its manifest, and the run that it was compared with."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from vip_tiering._version import __version__
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.publishing import manifests
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.plan import Request
from vip_tiering.tiers.published.run_folder import TieredRun, place_before


def request_of(run: TieredRun) -> Request:
    """Return what was asked of a run: its period, its kind, and everything else that may change its result."""
    options = run.manifest["made_from"]["options"]
    return Request(
        period=run.period,
        kind=options["kind"],
        opening_zero=options["opening"] == "zero",
        accept_missing=tuple(map(dt.date.fromisoformat, options["accept_missing"])),
        max_rejects=options["max_rejects"],
        accept_partial=tuple(options.get("accept_partial", ())),
    )


def other_causes(run: TieredRun, rules: Rules) -> list[str]:
    """Return a warning for whatever but extracts may make the same run come out otherwise: its rules, the program."""
    made_from, warnings = run.manifest["made_from"], []
    if made_from["rules"] != rules.digest(run.quarter):
        what = f"{run.period}: was computed by other rules than {rules.name}, so differences may come from the rules"
        warnings.append(f"{what}; name the same ones with --rules")
    if made_from["program"] != __version__:
        warnings.append(f"{run.period}: was computed by version {made_from['program']} of this program, and this is {__version__}")
    return warnings


def compared_with(folder: Path, run: TieredRun, named: Path | None) -> tuple[Path | None, list[str]]:
    """Return the folder of the run with which a run was compared: the one that is named, else the one beside it.

    None with a warning where it is not at hand, and without one where the run was compared with none. Raises DataError where
    another run is named.
    """
    origin, place = run.manifest["previous"], place_before(folder, run, named)
    if place is None:
        return None, []
    try:
        manifest, problems = manifests.verify(place)
    except DataError:
        if named is not None:
            raise
        return None, [f"{run.period}: changes are not compared; the run {origin['quarter']} is not beside it, name it with --previous"]
    if problems and named is not None:
        raise DataError(problems)
    if problems or manifest["digest"] != origin["digest"]:
        if named is not None:
            message = f"was not compared with {manifests.named(named).name} as it is now; name the one with which it was"
            raise DataError([Problem(str(run.period), None, None, "previous-run", message)])
        what = f"{run.period}: changes are not compared; {place.name} beside it is not the run with which it was compared"
        return None, [f"{what}; name that one with --previous"]
    return place, []
