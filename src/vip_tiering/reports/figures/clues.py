"""Clues to why a customer moved: what the closing balance and the days held say. Pure; one entry per customer, in and out."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.integer[Any]]
BETWEEN_CLUES: Final = "|"


def clues_of(before: Whole, now: Whole, closing_fen: Whole, days_held: Whole, bounds_fen: Whole, days: int) -> npt.NDArray[Any]:
    """Return the codes of clues of customers who moved, joined by |; shape (n,), text.

    `before`, `now`: level in either quarter, -1 for absent; `bounds_fen`: lower bound by level; `days`: N of the quarter.
    """
    reaches = closing_fen >= bounds_fen[np.maximum(before, now)]
    clues = np.where(reaches, np.where(now > before, "new_money", "recovered"), "outflow")
    partial = (now >= 0) & (days_held < days)
    return np.where(partial, np.char.add(clues, f"{BETWEEN_CLUES}partial_days"), clues)
