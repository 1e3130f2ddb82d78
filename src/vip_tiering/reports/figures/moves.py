"""The rows of a report: every customer who moved, in the order in which a branch head reads them. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pandas as pd

from vip_tiering.base.arrays import one_array
from vip_tiering.base.money import DECIMAL, fen_from_decimal
from vip_tiering.base.schema import ABSENT, UNTIERED
from vip_tiering.reports.figures.clues import clues_of
from vip_tiering.reports.figures.holders import with_holders
from vip_tiering.tiers.published.run_folder import TieredRun

PRIVATE_DOWN: Final = "private downgraded"
ORDER: Final = (PRIVATE_DOWN, "downgraded", "upgraded", "entered", "lapsed", "left", "new", "held")
"""The groups of rows in their order; `private downgraded`: who was a private client and is in a lower tier now."""
_RISES: Final = ("upgraded", "entered", "new")
_BELOW: Final = ("downgraded", "lapsed", "held")
"""Who is still there, with an average below the former tier."""


def codes_of_run(run: TieredRun) -> list[str]:
    """Return the codes of the ladder of a run by level, untiered first."""
    return [UNTIERED, *(code for code in run.labels if code != UNTIERED)]


def moves_of(run: TieredRun, holders: pd.DataFrame, private_tiers: Collection[str]) -> pd.DataFrame:
    """Return the rows of a run's changes.csv with who holds them, what they lack to other tiers, and their clues, in order.

    Columns are those of `words.ROWS`, from_tier and to_tier; changes, tiers and clues as codes; steps and days in whole numbers;
    amounts in fen, int64 or Int64, which is null where an amount means nothing.
    """
    codes = codes_of_run(run)
    moves = with_holders(run.changes.to_pandas(), holders)
    for name in ("steps", "days_held"):
        moves[name] = moves[name].astype("int64")
    for name in ("previous_daily_average", "daily_average", "difference", "closing_balance"):
        moves[name] = fen_from_decimal(one_array(run.changes[name].cast(DECIMAL)))
    level = {ABSENT: -1, **{code: place for place, code in enumerate(codes)}}
    before, now = (moves[name].map(level).astype("int64") for name in ("from_tier", "to_tier"))
    bounds = np.array([run.bounds_fen.get(code, 0) for code in codes], np.int64)
    moves["to_next_tier"] = _to_next_tier(now, moves["daily_average"], bounds)
    moves["below_former_tier"] = _below_former_tier(moves["change"], before, moves["daily_average"], bounds)
    closing_fen, days_held = (moves[name].to_numpy() for name in ("closing_balance", "days_held"))
    moves["clues"] = clues_of(before.to_numpy(), now.to_numpy(), closing_fen, days_held, bounds, int(run.manifest["quarter_days"]))
    return moves.iloc[_order(moves, before, private_tiers)].reset_index(drop=True)


def _to_next_tier(now: pd.Series, average_fen: pd.Series, bounds_fen: np.ndarray) -> pd.Series:
    """Return how much the average lacks to the tier above in fen; null in the highest tier, and for who is absent.

    The average is rounded down, and the bound is whole fen, so bound - average is what is lacking, rounded up: never too little.
    """
    top = len(bounds_fen) - 1
    lacking: pd.Series = bounds_fen[np.minimum(now + 1, top)] - average_fen
    return lacking.astype("Int64").where(now.between(0, top - 1))


def _below_former_tier(change: pd.Series, before: pd.Series, average_fen: pd.Series, bounds_fen: np.ndarray) -> pd.Series:
    """Return how far the average lies below the lower bound of the former tier in fen; null but for downgraded and lapsed.

    Null too where the average reaches that bound: the ladder itself has changed.
    """
    below: pd.Series = bounds_fen[np.maximum(before, 0)] - average_fen
    return below.astype("Int64").where(change.isin(_BELOW) & (below > 0))


def _order(moves: pd.DataFrame, before: pd.Series, private_tiers: Collection[str]) -> np.ndarray:
    """Return the order of the rows: by group, in it by amount, largest first; ties by customer number, as the run has them.

    Of the private clients who fell the highest come first.
    """
    private_down = (moves["change"] == "downgraded") & moves["from_tier"].isin(private_tiers)
    group = pd.Categorical(moves["change"].mask(private_down, PRIVATE_DOWN), ORDER)
    amount = moves["difference"].mask(moves["change"].isin(_RISES), -moves["difference"])
    return np.lexsort((amount, -before.where(private_down, 0), group.codes))
