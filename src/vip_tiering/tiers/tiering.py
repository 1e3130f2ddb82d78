"""Averages into tiers: the one place where the test of a tier stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from vip_tiering.base.arrays import text_array
from vip_tiering.base.errors import RulesError
from vip_tiering.base.money import INT64_LIMIT, Int64s
from vip_tiering.rules.tiers import Ladder

if TYPE_CHECKING:
    import pandas as pd


def tier_levels(fen_days: Int64s, days: int, ladder: Ladder) -> npt.NDArray[np.int64]:
    """Return the level of every customer, shape (n,): 0 is untiered, i + 1 is tier i of the ladder.

    Semantics 3.1, clause 客户分级管理原则: tiers by 季日均. A bound belongs to the upper tier, [min, next min), and nothing is
    divided: `fen_days >= min_fen * days`, all in int64. Raises RulesError where the highest bound leaves int64.
    """
    bounds = [tier.min_fen * days for tier in ladder.tiers]
    if bounds[-1] >= INT64_LIMIT:
        raise RulesError("tiers.yaml: the highest bound times the days of the quarter leaves 64 bits")
    return np.searchsorted(np.array(bounds, np.int64), fen_days, side="right").astype(np.int64)


def assign_tiers(customers: pd.DataFrame, days: int, ladder: Ladder) -> pd.DataFrame:
    """Return the customers of a closed ledger with their tier, sorted by customer_id in the order of UTF-8 bytes.

    Adds tier, quarter_days and daily_average_fen: the floor of fen_days / days, so that a printed average never
    contradicts its tier (semantics 1.4).
    """
    import pandas as pd  # noqa: PLC0415 (who asks for levels alone does not wait for it)

    order = _byte_order(customers["customer_id"])
    frame = customers if order is None else customers.take(order).reset_index(drop=True)
    levels = tier_levels(frame["fen_days"].to_numpy(), days, ladder)
    return frame.assign(
        tier=pd.Categorical.from_codes(levels, categories=pd.Index(ladder.codes)),
        quarter_days=np.int64(days),
        daily_average_fen=frame["fen_days"] // days,
    )


def _byte_order(ids: pd.Series) -> npt.NDArray[np.int64] | None:
    """Return the order of ids by their bytes; None where they stand in it already."""
    column = text_array(ids)
    if len(column) < 2 or pc.all(pc.less(column[:-1], column[1:])).as_py():  # noqa: PLR2004 (a pair)
        return None
    order: npt.NDArray[np.int64] = pc.sort_indices(column).to_numpy().astype(np.int64)
    return order
