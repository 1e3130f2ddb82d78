"""Customers that got another number: their rows count for the new one (semantics, section 2, "Scope", `aliases`)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.arrow import text_array
from vip_tiering.roster import Located, Positions, Roster
from vip_tiering.rules import Aliases, Ladder
from vip_tiering.tiering import tier_levels


class Renaming:
    """Follows a roster of ids as delivered, and says whose rows count for whom."""

    def __init__(self, aliases: Aliases, roster: Roster) -> None:
        """Begin with a roster that may still be empty."""
        self._aliases, self._roster = aliases, roster
        self._target: Positions = np.empty(0, np.int64)
        self.rows = 0

    @property
    def customers(self) -> int:
        """How many delivered ids were renamed."""
        return int(np.count_nonzero(self._target != np.arange(len(self._target))))

    def apply(self, customers: Located) -> Located:
        """Return the rows' customers by their new numbers."""
        self._extend()
        positions = self._target[customers.positions]
        self.rows += int(np.count_nonzero(positions != customers.positions))
        return Located(positions, len(self._roster))

    def _extend(self) -> None:
        """Look at the ids that came since the last day; a new number may be new to the roster itself."""
        while (known := len(self._target)) < len(self._roster):
            new_ids = self._aliases.renamed(self._roster.ids.slice(known))
            target = np.arange(known, known + len(new_ids))
            renamed = np.flatnonzero(pc.is_valid(new_ids).to_numpy(zero_copy_only=False))
            if len(renamed):
                target[renamed] = self._roster.position_of(new_ids.take(pa.array(renamed)))
            self._target = np.concatenate([self._target, target])


def rename_previous(tiers: pd.DataFrame, aliases: Aliases, ladder: Ladder) -> pd.DataFrame:
    """Return the tiers of the quarter before by the new numbers: sums are added, and who was touched is tiered again.

    `days_held` of several ids becomes the longest of them. `ladder`: the one by which they were tiered.
    """
    ids = text_array(tiers["customer_id"])
    new_ids = pc.coalesce(aliases.renamed(ids), ids)
    touched = pc.is_in(new_ids, aliases.new.unique()).to_numpy(zero_copy_only=False)
    if not touched.any():
        return tiers
    merged = (
        tiers.loc[touched]
        .assign(customer_id=pd.Series(new_ids.filter(pa.array(touched)), index=tiers.index[touched], dtype="string[pyarrow]"))
        .groupby("customer_id", as_index=False, sort=True)
        .agg({"fen_days": "sum", "quarter_days": "first", "closing_fen": "sum", "days_held": "max"})
    )
    days = int(tiers["quarter_days"].iloc[0])
    levels = tier_levels(merged["fen_days"].to_numpy(np.int64), days, ladder)
    codes = pd.Index(ladder.codes).union(tiers["tier"].cat.categories, sort=False)
    merged = merged.assign(tier=pd.Categorical.from_codes(levels, categories=codes), daily_average_fen=merged["fen_days"] // days)
    rest = tiers.loc[~touched].assign(tier=tiers.loc[~touched, "tier"].cat.set_categories(codes))
    frame: pd.DataFrame = pd.concat([rest, merged[list(tiers.columns)]], ignore_index=True)
    return frame
