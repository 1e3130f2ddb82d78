"""Who is about to rise or fall, how much money decides it, and until when (semantics 10). Whole numbers; frames in, frames out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from vip_tiering.base.money import INT64_LIMIT, largest
from vip_tiering.base.quarter import Period, day_number
from vip_tiering.rules.tiers import Ladder, OutlookRule
from vip_tiering.tiers.tiering import tier_levels

if TYPE_CHECKING:
    import pandas as pd

STATES: Final = ("rising", "near_up", "steady", "near_down", "falling")
"""Every state, from the best to the worst."""
Fen = npt.NDArray[Any]
"""Fen or fen-days, shape (n,): int64, or Python integers where a product could leave 64 bits."""


@dataclass(frozen=True)
class Horizon:
    """The period that an outlook is for: the quarter of a provisional run, else the quarter or month after the run's (semantics 10.1).

    `first`, `last`: day numbers of the days that are still to come; `days`: N, the calendar days of the whole period;
    `counts`: whether the fen-days so far are of this period.
    """

    first: int
    last: int
    days: int
    counts: bool

    @property
    def remaining(self) -> int:
        """R: the days to come, on which money that comes now counts."""
        return self.last - self.first + 1

    @classmethod
    def after(cls, period: Period) -> Horizon:
        """Return what comes after the last day of a run."""
        inside = period.status == "provisional"
        whole = period.whole if inside else period.whole.following
        first, last = day_number(whole.start), day_number(whole.end)
        return cls(max(first, period.last + 1), last, last - first + 1, counts=inside)


@dataclass(frozen=True)
class Standing:
    """Where customers will stand if their balances stay, shape (n,): what every figure of an outlook is computed from.

    `projected`: fen-days of the whole period, S + B x R; `so_far`: S; `closing`: B in fen.
    """

    horizon: Horizon
    projected: Fen
    so_far: Fen
    closing: Fen

    @classmethod
    def of(cls, fen_days: Fen, closing_fen: Fen, horizon: Horizon) -> Standing:
        """Return the standing of customers. `fen_days`: of the run; they count where the run is of the same period."""
        so_far = fen_days if horizon.counts else np.zeros(len(closing_fen), np.int64)
        if largest(so_far) + largest(closing_fen) * horizon.days >= INT64_LIMIT // 2:
            so_far, closing_fen = so_far.astype(object), closing_fen.astype(object)
        return cls(horizon, so_far + closing_fen * horizon.remaining, so_far, closing_fen)

    def deposit_fen(self, bound_fen: Fen, counting_days: int | None = None) -> Fen:
        """Return what must come to reach a bound, so that it counts on so many days; on all that remain without a number.

        0 where the balances reach it alone; rounded up to the fen, so that it is enough (semantics 10.2).
        """
        lacking = bound_fen * self.horizon.days - self.projected
        deposit: Fen = np.maximum(-(-lacking // (counting_days or self.horizon.remaining)), 0)
        return deposit

    def cushion_fen(self, bound_fen: Fen, counting_days: int | None = None) -> Fen:
        """Return what may be taken out without losing a bound: rounded down, at most the balance (semantics 10.3).

        It is then missing on so many days, on all that remain without a number.
        """
        spare = (self.projected - bound_fen * self.horizon.days) // (counting_days or self.horizon.remaining)
        cushion: Fen = np.maximum(np.minimum(spare, self.closing), 0)
        return cushion

    def locked(self, bound_fen: Fen) -> npt.NDArray[np.bool_]:
        """Return who has reached a bound already, whatever happens to the balance from now on."""
        return np.asarray(self.so_far >= bound_fen * self.horizon.days, np.bool_)

    def gap_fen(self, bound_fen: Fen) -> Fen:
        """Return how much of average is lacking to a bound: rounded up, for the projected average is rounded down."""
        gap: Fen = np.maximum(bound_fen - self.projected // self.horizon.days, 0)
        return gap


def outlook_of(tiers: pd.DataFrame, horizon: Horizon, ladder: Ladder, rule: OutlookRule) -> pd.DataFrame:
    """Return the outlook of every customer of a run, in its order (semantics 10.4).

    `tiers`: customer_id, tier (categorical), fen_days and closing_fen. The result has customer_id, tier, projected_tier, state and
    next_tier, categorical; gap_to_next_fen and deposit_for_next_fen, null in the highest tier; cushion_fen, null without a tier;
    closing_fen and projected_average_fen.
    """
    import pandas as pd  # noqa: PLC0415 (who asks for one customer does not wait for it)

    standing = Standing.of(tiers["fen_days"].to_numpy(), tiers["closing_fen"].to_numpy(), horizon)
    level = pd.Index(ladder.codes).get_indexer(tiers["tier"].cat.categories)[tiers["tier"].cat.codes]
    projected_level = tier_levels(standing.projected, horizon.days, ladder)
    bounds = np.array([0, *(tier.min_fen for tier in ladder.tiers)], np.int64)
    top = len(bounds) - 1
    own, following = bounds[level], bounds[np.minimum(level + 1, top)]
    codes = pd.Index(ladder.codes)
    return pd.DataFrame(
        {
            "customer_id": tiers["customer_id"],
            "tier": pd.Categorical.from_codes(level, categories=codes),
            "projected_tier": pd.Categorical.from_codes(projected_level, categories=codes),
            "state": pd.Categorical.from_codes(states_of(standing, level, ladder, rule), categories=pd.Index(STATES)),
            "next_tier": pd.Categorical.from_codes(np.where(level < top, level + 1, -1), categories=codes),
            "gap_to_next_fen": _where(level < top, standing.gap_fen(following)),
            "deposit_for_next_fen": _where(level < top, standing.deposit_fen(following)),
            "cushion_fen": _where(level > 0, standing.cushion_fen(own)),
            "closing_fen": tiers["closing_fen"],
            "projected_average_fen": (standing.projected // horizon.days).astype(np.int64),
        }
    )


def states_of(standing: Standing, level: npt.NDArray[np.int64], ladder: Ladder, rule: OutlookRule) -> npt.NDArray[np.int64]:
    """Return the place in `STATES` of customers who have a level now, shape (n,) (semantics 10.4)."""
    horizon = standing.horizon
    projected_level = tier_levels(standing.projected, horizon.days, ladder)
    bounds = np.array([0, *(tier.min_fen for tier in ladder.tiers)], np.int64)
    top = len(bounds) - 1
    own = bounds[level]
    near_up, near_down = rule.shares
    enough = _thresholds(bounds * horizon.days, near_up)[np.minimum(level + 1, top)]
    little = (standing.cushion_fen(own) < _thresholds(bounds, near_down)[level]) & ~standing.locked(own)
    states = {  # the last one that holds is the state
        "near_down": (level > 0) & little,
        "near_up": (level < top) & (standing.projected >= enough),
        "falling": projected_level < level,
        "rising": projected_level > level,
    }
    places = np.full(len(level), STATES.index("steady"), np.int64)
    for name, holds in states.items():
        places[np.asarray(holds, np.bool_)] = STATES.index(name)
    return places


def states_by_tier(outlook: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Return how many customers of each tier are in each state, `untiered` first."""
    counts = outlook.groupby(["tier", "state"], observed=False).size().to_dict()
    return [{"tier": tier, **{state: int(counts[tier, state]) for state in STATES}} for tier in outlook["tier"].cat.categories]


def _thresholds(bounds: npt.NDArray[np.int64], share: Fraction) -> npt.NDArray[np.int64]:
    """Return the least whole numbers that are at least a share of the bounds."""
    return np.array([ceil(bound * share) for bound in bounds.tolist()], np.int64)


def _where(known: npt.NDArray[np.bool_], values: Fen) -> pd.arrays.IntegerArray:
    """Return whole numbers that are null where nothing is known."""
    import pandas as pd  # noqa: PLC0415 (as above)

    return pd.arrays.IntegerArray(values.astype(np.int64), ~known)
