"""`vip tier simulate`: the same customers under another ladder, over one or many past quarters (semantics 11.2).

Nothing is computed from extracts: a run holds the exact fen-days of every customer, and a ladder is all that changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.analysis.expected import Counted, Earlier, expected_rows
from vip_tiering.analysis.table_file import refuse_place, write_table
from vip_tiering.base.arrays import Mask, one_array
from vip_tiering.base.errors import DataError
from vip_tiering.base.money import Int64s, decimal_from_fen, exact_sums, yuan_text
from vip_tiering.base.quarter import Quarter
from vip_tiering.playbooks.load import load
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import settle
from vip_tiering.rules.load import Rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.outlook import Standing
from vip_tiering.tiers.published.run_folder import TieredRun, by_new_ids, read_run, refuse_around_runs
from vip_tiering.tiers.tiering import tier_levels

COLUMNS = ("customer_id", "quarter", "old_tier", "new_tier", "daily_average")
"""The columns of the file of who changes."""


@dataclass(frozen=True)
class Simulation:
    """What came of it. `document`: everything that is shown; `file`: who changes, None where it was not asked for.

    `names`: what people call the actions, by code.
    """

    document: dict[str, Any]
    file: Path | None
    warnings: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Retiered:
    """The customers of a run on two ladders. `old_level`, `new_level`: shape (n,), 0 is untiered; `fen_days`: shape (n,)."""

    customer_id: pa.Array
    fen_days: Int64s
    average_fen: Int64s
    days: int
    old: Ladder
    new: Ladder
    old_level: npt.NDArray[np.int64]
    new_level: npt.NDArray[np.int64]

    @classmethod
    def of(cls, run: TieredRun, new: Ladder) -> Retiered:
        """Return the customers of a run, tiered again by the one test of a tier; held tiers, and those set by hand, do not count."""
        old, tiers, days = run.ladder, run.tiers, run.period.days
        fen_days = one_array(tiers["fen_days"]).to_numpy()
        by_average = one_array(tiers["evaluated_tier" if "evaluated_tier" in tiers.column_names else "tier"])
        old_level = pc.index_in(by_average, pa.array(old.codes)).to_numpy(zero_copy_only=False).astype(np.int64)
        average_fen = one_array(tiers["daily_average_fen"]).to_numpy()
        ids = one_array(tiers["customer_id"])
        return cls(ids, fen_days, average_fen, days, old, new, old_level, tier_levels(fen_days, days, new))

    @property
    def changed(self) -> Mask:
        """Who would have a tier of another code, shape (n,)."""
        differs = np.array([[old != new for new in self.new.codes] for old in self.old.codes])
        mask: Mask = differs[self.old_level, self.new_level]
        return mask

    def moves(self) -> pd.DataFrame:
        """Return every pair of tiers that occurs: old_tier, new_tier, customers, and fen_days as exact Python integers."""
        width = len(self.new.codes)
        pairs, size = self.old_level * width + self.new_level, len(self.old.codes) * width
        counts, sums = np.bincount(pairs, minlength=size).tolist(), exact_sums(self.fen_days, pairs, size)
        rows = [
            (self.old.codes[pair // width], self.new.codes[pair % width], counts[pair], sums[pair]) for pair in range(size) if counts[pair]
        ]
        return pd.DataFrame(rows, columns=["old_tier", "new_tier", "customers", "fen_days"], dtype=object)

    def who(self, period: str) -> pa.Table:
        """Return the customers who change, with the columns of `COLUMNS`, in the order of the run."""
        at = np.flatnonzero(self.changed)
        old, new = (pa.array(ladder.codes) for ladder in (self.old, self.new))
        columns = [
            self.customer_id.take(pa.array(at)),
            pa.repeat(period, len(at)),
            old.take(pa.array(self.old_level[at])),
            new.take(pa.array(self.new_level[at])),
            decimal_from_fen(self.average_fen[at]),
        ]
        return pa.table(dict(zip(COLUMNS, columns, strict=True)))


def simulate(runs: Sequence[Path], candidate: Path | None, *, out: Path | None = None, replace: bool = False) -> Simulation:
    """Tier the customers of runs, official or provisional, again by the ladder that `candidate` has in force for their quarters.

    `out`: the file of who changes. Raises RulesError for the candidate, DataError for a run, OutputError for the file.
    """
    refuse_place(out, replace=replace)
    loaded = load(candidate)
    periods: list[dict[str, Any]] = []
    who: list[pa.Table] = []
    warnings: list[str] = []
    before: dict[Quarter, TieredRun] = {}
    for folder in _in_order(runs):
        run = read_run(folder, provisional=True)
        retiered = Retiered.of(run, loaded.rules.ladder(run.quarter))
        document = _document(run, retiered)
        if loaded.playbooks is not None:
            earlier, unknown = _earlier(folder, run, before, loaded.rules)
            warnings += unknown
            document["actions"] = expected_rows(
                loaded.playbooks, _counted(run, retiered, earlier, new=False), _counted(run, retiered, earlier)
            )
        periods.append(document)
        if out is not None:
            who.append(retiered.who(str(run.period)))
        if not run.period.provisional:
            before = {run.quarter: run}
    if out is not None:
        table = pa.concat_tables(who)
        write_table(out, {name: table[name] for name in COLUMNS}, replace=replace)
    whole = {"schema": "vip-tiering simulation", "candidate": loaded.name, "playbooks": loaded.playbooks is not None, "runs": periods}
    names = loaded.playbooks.names if loaded.playbooks is not None else {}
    return Simulation({**whole, "file": str(out) if out else None}, out, tuple(warnings), names)


def _in_order(runs: Sequence[Path]) -> list[Path]:
    """Return the folders of runs by their first and last day, one that is named twice once."""
    days: dict[Path, tuple[str, str, Path]] = {}
    for folder in runs:
        settle(folder)
        refuse_around_runs(folder)
        manifest = manifests.manifest_of(folder)
        days.setdefault(folder.resolve(), (str(manifest.get("first_day")), str(manifest.get("last_day")), folder))
    return [folder for _, _, folder in sorted(days.values())]


def _document(run: TieredRun, retiered: Retiered) -> dict[str, Any]:
    """Return what is said of one run: both ladders with their totals, and the matrix. Sums are floors of summed fen-days / N."""
    moves, days = retiered.moves(), retiered.days
    return {
        "run": str(run.period),
        "status": run.manifest["status"],
        "first_day": run.manifest["first_day"],
        "last_day": run.manifest["last_day"],
        "quarter_days": days,
        "customers": len(retiered.fen_days),
        "changed": int(np.count_nonzero(retiered.changed)),
        "old_tiers": _totals(retiered.old, moves, "old_tier", days),
        "new_tiers": _totals(retiered.new, moves, "new_tier", days),
        "moves": [
            {"old_tier": old, "new_tier": new, "customers": customers, "daily_average_sum": yuan_text(fen_days // days)}
            for old, new, customers, fen_days in moves.itertuples(index=False)
        ],
    }


def _totals(ladder: Ladder, moves: pd.DataFrame, side: str, days: int) -> list[dict[str, Any]]:
    """Return customers and the sum of averages of each tier of a ladder, `untiered` first; its label and bound beside it."""
    bounds = {tier.code: yuan_text(tier.min_fen) for tier in ladder.tiers}
    table = []
    for code in ladder.codes:
        of_tier = moves[moves[side] == code]
        total = {"customers": sum(of_tier["customers"]), "daily_average_sum": yuan_text(sum(of_tier["fen_days"]) // days)}
        table.append({"code": code, "label": ladder.labels[code], "min": bounds.get(code), **total})
    return table


def _earlier(folder: Path, run: TieredRun, known: dict[Quarter, TieredRun], rules: Rules) -> tuple[TieredRun | None, list[str]]:
    """Return the official run of the quarter before, from those given or from beside a run; None with a warning where there is none."""
    quarter = run.quarter.previous
    found = known.get(quarter)
    without = f"{run.period}: who rose or fell is not known, so actions for them are not counted"
    if found is None:
        place = folder.resolve().parent / str(quarter)
        if not place.is_dir():
            return None, [f"{without}; the run {quarter} is neither given nor beside it"]
        try:
            found = read_run(place)
        except DataError:
            return None, [f"{without}; {place.name} beside it is not an intact official run"]
    return (by_new_ids(found, rules.aliases) if "aliases" in run.manifest["scope"] else found), []


def _counted(run: TieredRun, retiered: Retiered, earlier: TieredRun | None, *, new: bool = True) -> Counted:
    """Return the customers of a run on one of the two ladders, with whom the triggers of the balances concern there."""
    ladder, level = (retiered.new, retiered.new_level) if new else (retiered.old, retiered.old_level)
    before = Earlier.of(earlier) if earlier else None
    standing = Standing.of(retiered.fen_days, one_array(run.tiers["closing_fen"]).to_numpy(), run.horizon)
    return Counted.of(retiered.customer_id, level, ladder, standing, run.outlook_rule, before)
