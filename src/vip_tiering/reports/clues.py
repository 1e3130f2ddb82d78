"""What a run's own figures say about why a customer moved. This is the one place where the rules of 线索 stand.

    new_money     新资金       rose (new, entered, upgraded), and the closing balance reaches the tier of this quarter
    recovered     期末已回升   fell (downgraded, lapsed), and the closing balance reaches the former tier again
    outflow       资金流出     the closing balance is below the higher of both tiers: what fell has not come back,
                              what rose is gone again; who left has nothing
    partial_days  仅部分天数   present, with a known balance on fewer days than the quarter has

Every customer who moved has exactly one of the first three, and perhaps the last.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vip_tiering.money import Int64s
from vip_tiering.raw_columns import Mask

CLUE_CODES: Final = ("new_money", "outflow", "recovered", "partial_days")
"""In the order of their bits."""
Levels = npt.NDArray[np.int64]


def clue_bits(before: Levels, now: Levels, closing_fen: Int64s, days_held: Int64s, bounds_fen: Int64s, days: int) -> Int64s:
    """Return the clues of customers who moved, shape (n,): bit i says `CLUE_CODES[i]`.

    `before` and `now`: levels, -1 absent, 0 untiered; `bounds_fen`, shape (levels,): lower bound by level, 0 for untiered;
    `days`: N of the quarter.
    """
    higher = np.maximum(before, now)
    reaches: Mask = closing_fen >= bounds_fen[higher]
    rose = now > before
    partial = (now >= 0) & (days_held < days)
    masks = (rose & reaches, ~reaches, ~rose & reaches, partial)
    bits: Int64s = np.sum([mask.astype(np.int64) << place for place, mask in enumerate(masks)], axis=0)
    return bits


def codes_of(bits: int) -> list[str]:
    """Return the codes of clues."""
    return [code for place, code in enumerate(CLUE_CODES) if bits >> place & 1]
