"""The rows of a report: every customer who moved, in the order in which a branch head reads them. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, one_array, positions_in
from vip_tiering.base.money import DECIMAL, Int64s, decimal_from_fen, fen_from_decimal
from vip_tiering.base.schema import UNTIERED
from vip_tiering.reports.holders import Holders
from vip_tiering.tiers.run_folder import TieredRun

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


PRIVATE_DOWN: Final = "private downgraded"
ORDER: Final = (PRIVATE_DOWN, "downgraded", "upgraded", "entered", "lapsed", "left", "new")
"""The groups of rows in their order; `private downgraded`: who was a private client and is in a lower tier now."""
_RISES: Final = ("upgraded", "entered", "new")
_BELOW: Final = ("downgraded", "lapsed")
"""Who is still there and below the former tier."""


@dataclass(frozen=True)
class Moves:
    """Customers who moved, in order, arrays of shape (n,).

    `table`: customer_id, change, from_tier and to_tier as text; steps and days_held as int64; amounts as decimal128(18, 2)
    yuan, null where they mean nothing. `clues`: bits of `clues.CLUE_CODES`; `at`: place among the holders.
    """

    table: pa.Table
    clues: Int64s
    at: Int32s

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.table)


def codes_of_run(run: TieredRun) -> list[str]:
    """Return the codes of the ladder of a run by level, untiered first."""
    return [UNTIERED, *(code for code in run.labels if code != UNTIERED)]


def levels_of(tiers: pa.ChunkedArray | pa.Array, codes: Sequence[str]) -> Levels:
    """Return the level of each tier, shape (n,): -1 for one that is none of the codes, such as absent."""
    return positions_in(one_array(tiers).cast(pa.string()), pa.array(codes, pa.string())).astype(np.int64)


def moves_of(run: TieredRun, holders: Holders, private_tiers: Collection[str]) -> Moves:
    """Return the rows of a run's changes.csv with what they lack to other tiers, and their clues."""
    codes, changes = codes_of_run(run), run.changes
    bounds = np.array([run.bounds_fen.get(code, 0) for code in codes], np.int64)
    before, now = levels_of(changes["from_tier"], codes), levels_of(changes["to_tier"], codes)
    money = {name: _fen(changes[name]) for name in ("previous_daily_average", "daily_average", "difference", "closing_balance")}
    days_held = one_array(changes["days_held"].cast(pa.int64()))
    change = one_array(changes["change"])
    table = pa.table(
        {
            **{name: one_array(changes[name]) for name in ("customer_id", "change", "from_tier", "to_tier")},
            "steps": one_array(changes["steps"].cast(pa.int64())),
            **{name: decimal_from_fen(fen) for name, fen in money.items()},
            "days_held": days_held,
            "to_next_tier": _to_next_tier(now, money["daily_average"], bounds),
            "below_former_tier": _below_former_tier(change, before, money["daily_average"], bounds),
        }
    )
    days = int(run.manifest["quarter_days"])
    clues = clue_bits(before, now, money["closing_balance"], days_held.to_numpy(), bounds, days)
    was_private = np.isin(before, [codes.index(code) for code in private_tiers if code in codes])
    order = _order(change, np.where(was_private, before, 0), money["difference"])
    return Moves(table.take(pa.array(order)), clues[order], holders.at(table["customer_id"].combine_chunks())[order])


def _fen(amounts: pa.ChunkedArray) -> Int64s:
    return fen_from_decimal(one_array(amounts.cast(DECIMAL)))


def _to_next_tier(now: Levels, average_fen: Int64s, bounds_fen: Int64s) -> pa.Array:
    """Return how much the average lacks to the tier above, shape (n,); null in the highest tier, and for who is absent.

    The average is rounded down, and the bound is whole fen, so bound - average is what is lacking, rounded up: never too little.
    """
    top = len(bounds_fen) - 1
    above = bounds_fen[np.minimum(now + 1, top)]
    return _where((now >= 0) & (now < top), above - average_fen)


def _below_former_tier(change: pa.Array, before: Levels, average_fen: Int64s, bounds_fen: Int64s) -> pa.Array:
    """Return how far the average lies below the lower bound of the former tier, rounded up; null but for downgraded and lapsed.

    Null too where the average reaches that bound: the ladder itself has changed.
    """
    fell: Mask = pc.is_in(change, value_set=pa.array(_BELOW)).to_numpy(zero_copy_only=False)
    below = bounds_fen[np.maximum(before, 0)] - average_fen
    return _where(fell & (below > 0), below)


def _where(mask: Mask, fen: Int64s) -> pa.Array:
    return pc.if_else(pa.array(mask), decimal_from_fen(fen), pa.scalar(None, DECIMAL))


def _order(change: pa.Array, private_level: Levels, difference_fen: Int64s) -> Int64s:
    """Return the order of the rows: by group, in it by amount, largest first; ties by customer number, as the run has them.

    `private_level`: the former level of private clients, 0 of others; of those who fell the highest come first.
    """
    group = positions_in(change, pa.array(ORDER)).astype(np.int64)
    private_down = (private_level > 0) & (group == ORDER.index("downgraded"))
    group[private_down] = ORDER.index(PRIVATE_DOWN)
    rises = np.isin(group, [ORDER.index(one) for one in _RISES])
    by_amount = np.where(rises, -difference_fen, difference_fen)
    order: Int64s = np.lexsort((by_amount, np.where(private_down, -private_level, 0), group)).astype(np.int64)
    return order
