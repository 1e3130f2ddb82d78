"""`vip runs diff`: what differs between two published runs, and of which customers the tier, average or closing balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from vip_tiering.analysis.table_file import refuse_place, write_table
from vip_tiering.analysis.two_runs import differing, file_columns, order_of_tiers, rows_that_differ, side_by_side
from vip_tiering.base.money import exact_sum, yuan_text
from vip_tiering.base.schema import ABSENT
from vip_tiering.publishing import manifests
from vip_tiering.tiers.published.differences import differing_inputs
from vip_tiering.tiers.published.run_folder import TieredRun, read_run

_NAMES: Final = ("first", "second")
KINDS: Final = ("only_first", "only_second", "tier", "average", "closing")
"""What may differ of a customer, in this order; who is in one only is not told of tier, average and closing besides."""


@dataclass(frozen=True)
class RunDiff:
    """What came of it. `document`: everything but customers; `file`: where they lie."""

    document: dict[str, Any]
    file: Path | None


def run_diff(first: Path, second: Path, *, out: Path | None = None, replace: bool = False) -> RunDiff:
    """Compare two runs of whatever quarters, official or provisional; both are only read.

    `out`: the CSV that receives every customer of whom anything differs. Raises DataError for a run that is absent, altered or of a
    month, and OutputError for the file.
    """
    refuse_place(out, (first, second), replace=replace)
    runs = read_run(first, provisional=True), read_run(second, provisional=True)
    sides = side_by_side(runs[0].frame(), runs[1].frame(), _NAMES)
    equal_days = len({run.manifest["quarter_days"] for run in runs}) == 1
    differs = differing(sides, _NAMES, "fen_days" if equal_days else "daily_average_fen")
    rows = rows_that_differ(sides, differs, _NAMES)
    if out is not None:
        write_table(out, file_columns(rows), replace=replace)
    document = {
        "schema": "vip-tiering run diff",
        "runs": {name: _described(folder, run) for name, folder, run in zip(_NAMES, (first, second), runs, strict=True)},
        **_causes(*runs),
        "differing": len(rows),
        "kinds": {kind: int(mask.sum()) for kind, mask in differs.items()},
        **_by_tier(sides, *runs),
        "file": str(out) if out else None,
    }
    return RunDiff(document, out)


def _described(folder: Path, run: TieredRun) -> dict[str, Any]:
    """Return what a run says of itself, for people and programs; `digest` tells two runs apart that agree in all else."""
    manifest = run.manifest
    wanted = ("status", "first_day", "last_day", "quarter_days", "customers", "daily_average_sum", "identity", "digest")
    return {"folder": manifests.named(folder).name, "period": str(run.period), **{name: manifest[name] for name in wanted}}


def _causes(first: TieredRun, second: TieredRun) -> dict[str, Any]:
    """Return what may make two runs differ: their extracts, rules, options, the program and the run before, each as both have it.

    `extracts` is None where the periods differ, for then all of them do; else each one that differs, with how.
    """
    made_from = [run.manifest["made_from"] for run in (first, second)]
    same_period = first.period == second.period
    options = {name: [one["options"].get(name) for one in made_from] for name in {**made_from[0]["options"], **made_from[1]["options"]}}
    return {
        "same_run": first.manifest["identity"] == second.manifest["identity"],
        "extracts": differing_inputs(first.manifest, second.manifest["inputs"]) if same_period else None,
        "rules": [{"name": run.manifest["rules"]["name"], "sha256": run.manifest["made_from"]["rules"]} for run in (first, second)],
        "bounds": _other_bounds(first, second),
        "options": {name: pair for name, pair in options.items() if name != "period" and pair[0] != pair[1]},
        "program": [one["program"] for one in made_from],
        "previous": [run.manifest["previous"] for run in (first, second)],
    }


def _other_bounds(first: TieredRun, second: TieredRun) -> list[dict[str, Any]]:
    """Return the tiers of which label or lower bound differ, or that one run has not, the lowest first."""
    ladders = [{one["code"]: one for one in run.manifest["rules"]["tiers"]} for run in (first, second)]
    codes = order_of_tiers([*ladders[0]], [*ladders[1]])
    pairs = {code: [ladder.get(code) for ladder in ladders] for code in codes if code != ABSENT}
    return [
        {"code": code, **{name: side and {"label": side["label"], "min": side["min"]} for name, side in zip(_NAMES, pair, strict=True)}}
        for code, pair in pairs.items()
        if pair[0] != pair[1]
    ]


def _by_tier(sides: pd.DataFrame, first: TieredRun, second: TieredRun) -> dict[str, Any]:
    """Return the tiers of both runs, the lowest first, and of every pair that occurs its customers and the sums of averages in yuan."""
    order = order_of_tiers(first.ladder.codes, second.ladder.codes)
    labels = {**first.ladder.labels, **second.ladder.labels}
    pairs = {name: pd.Categorical(sides[f"tier_{name}"].fillna(ABSENT), categories=order) for name in _NAMES}
    groups = sides.groupby([pairs["first"], pairs["second"]], observed=True, sort=True)
    moves = [_move(str(old), str(new), customers) for (old, new), customers in groups]
    return {"tiers": [{"code": code, "label": labels[code]} for code in order], "moves": moves}


def _move(first: str, second: str, customers: pd.DataFrame) -> Mapping[str, Any]:
    """Return what is said of the customers of one pair of tiers."""
    sums = [exact_sum(customers[f"daily_average_fen_{name}"].fillna(0).to_numpy(np.int64)) for name in _NAMES]
    return {
        "first_tier": first,
        "second_tier": second,
        "customers": len(customers),
        **{f"{name}_average_sum": yuan_text(fen) for name, fen in zip(_NAMES, sums, strict=True)},
        "difference_sum": yuan_text(sums[1] - sums[0]),
    }
