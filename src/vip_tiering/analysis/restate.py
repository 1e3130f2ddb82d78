"""`vip tier restate`: corrected extracts against a published quarter; whose tier, average or change would differ (semantics 11.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from vip_tiering.analysis.recompute import compared_with, other_causes, request_of
from vip_tiering.analysis.table_file import refuse_place, write_table
from vip_tiering.analysis.two_runs import differing, file_columns, order_of_tiers, rows_that_differ, side_by_side
from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.money import exact_sum, yuan_text
from vip_tiering.base.schema import ABSENT
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.rules.load import load_rules
from vip_tiering.tiers.posting import Progress
from vip_tiering.tiers.published.differences import differing_inputs
from vip_tiering.tiers.published.run_folder import TieredRun, read_run
from vip_tiering.tiers.run import Run, walk

KINDS: Final = ("only_published", "only_restated", "tier", "average", "closing", "change")
"""What may differ of a customer, in this order; who is in one only is not told of tier, average and closing besides."""
COLUMNS: Final = (
    "customer_id",
    "differs",
    "published_tier",
    "restated_tier",
    "published_average",
    "restated_average",
    "difference",
    "published_closing",
    "restated_closing",
    "published_change",
    "restated_change",
)
"""The columns of the file: amounts in yuan, 0.00 and tier `absent` on a side without the customer."""
_NAMES: Final = ("published", "restated")
_UNCHANGED: Final = "kept"


@dataclass(frozen=True)
class Restatement:
    """What came of it. `document`: everything but customers; `rows`: as `differences` returns them; `file`: where they lie."""

    document: dict[str, Any]
    rows: pd.DataFrame
    file: Path | None
    warnings: tuple[str, ...]


def restate(
    folder: Path,
    extracts: Sequence[str],
    progress: Progress = lambda _done, _all: None,
    *,
    rules: Path | None = None,
    previous: Path | None = None,
    out: Path | None = None,
    replace: bool = False,
    max_bytes: str = "4G",
) -> Restatement:
    """Compute a published run once more from other extracts and compare it customer by customer; the run is only read.

    The options are those of its manifest. `previous`: the run with which it was compared; default: the one beside it.
    Raises the errors of `vip tier compute`, and OutputError for the file.
    """
    share_freed_memory()
    refuse_place(out, extracts, replace=replace)
    loaded = load_rules(rules)
    published = read_run(folder, provisional=True)
    before, unknown = compared_with(folder, published, previous)
    restated = walk(extracts, request_of(published), loaded, before, progress, max_bytes=size_in_bytes(max_bytes))
    compared = published.compared and before is not None
    sides = _sides(published, restated, compared=compared)
    rows = differences(sides)
    if out is not None:
        write_table(out, file_columns(rows), replace=replace)
    document = _document(published, restated, sides, rows, compared=compared)
    warnings = (*other_causes(published, loaded), *unknown, *restated.warnings)
    return Restatement({**document, "file": str(out) if out else None}, rows, out, warnings)


def _sides(published: TieredRun, restated: Run, *, compared: bool) -> pd.DataFrame:
    """Return everybody of both runs, sorted by customer_id, with tier, figures in fen and change of either side.

    Where changes are not compared they are "" throughout.
    """
    both = side_by_side(published.frame(), restated.tiers, _NAMES)
    before = published.changes.select(["customer_id", "change"]).to_pandas() if compared else None
    now = restated.comparison.changed[["customer_id", "change"]] if compared else None
    for name, changes in (("published_change", before), ("restated_change", now)):
        if changes is None:
            both[name] = ""
        else:
            both = both.merge(changes.astype("str").rename(columns={"change": name}), how="outer", on="customer_id")
            both[name] = both[name].fillna(_UNCHANGED)
    return both.sort_values("customer_id", ignore_index=True)


def differences(sides: pd.DataFrame) -> pd.DataFrame:
    """Return the customers of whom anything differs, with the columns of `COLUMNS`; amounts in fen, int64.

    Averages differ where fen-days do, so that a difference below a fen is told too; `difference` subtracts those that are printed.
    """
    changed = (sides["published_change"] != sides["restated_change"]).to_numpy()
    differs = {**differing(sides, _NAMES), "change": changed}
    rows = rows_that_differ(sides, differs, _NAMES)
    changes = sides.loc[np.logical_or.reduce([*differs.values()]), ["published_change", "restated_change"]].reset_index(drop=True)
    return pd.concat([rows, changes], axis="columns")[list(COLUMNS)]


def _document(published: TieredRun, restated: Run, sides: pd.DataFrame, rows: pd.DataFrame, *, compared: bool) -> dict[str, Any]:
    """Return what is said of all customers together."""
    words = rows["differs"].str.split("|").explode().value_counts()
    pairs = sides[["tier_published", "tier_restated"]].fillna(ABSENT).value_counts()
    order = order_of_tiers(published.ladder.codes, restated.ladder.codes)
    labels = {**published.ladder.labels, **restated.ladder.labels}
    return {
        "schema": "vip-tiering restatement",
        "run": str(published.period),
        "status": published.manifest["status"],
        "rules": restated.manifest["rules"]["name"],
        "extracts": differing_inputs(published.manifest, restated.manifest["inputs"]),
        "customers": {"published": len(published.tiers), "restated": len(restated.tiers)},
        "daily_average_sum": {"published": published.manifest["daily_average_sum"], "restated": restated.manifest["daily_average_sum"]},
        "differing": len(rows),
        "difference_sum": yuan_text(exact_sum(rows["difference"].to_numpy(np.int64))),
        "changes_compared": compared,
        "kinds": {kind: int(words.get(kind, 0)) for kind in KINDS},
        "tiers": [{"code": code, "label": labels[code]} for code in order],
        "moves": _moves(pairs.to_dict(), order),
    }


def _moves(pairs: Mapping[Any, int], order: Sequence[str]) -> list[dict[str, Any]]:
    """Return every pair of tiers that occurs among both runs, with its customers."""
    return [
        {"published_tier": old, "restated_tier": new, "customers": int(pairs[old, new])}
        for old in order
        for new in order
        if (old, new) != (ABSENT, ABSENT) and (old, new) in pairs
    ]


def first_rows(rows: pd.DataFrame, count: int) -> list[dict[Any, Any]]:
    """Return so many rows as people want to see first: whose tier differs, then the largest differences."""
    moved = rows["published_tier"] != rows["restated_tier"]
    order = np.lexsort((-rows["difference"].abs(), ~moved))
    return rows.iloc[order[:count]].to_dict("records")
