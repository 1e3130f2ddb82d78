"""How the assets stood day by day: customers and balances of each tier on every day of a period.

The tier is the one that the balance of that day alone would give (semantics 6.2): a customer's tier of the quarter is known only at
its end, and to wait for it would take memory for every customer and day.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from vip_tiering.base.money import Int64s, exact_sum, largest
from vip_tiering.base.quarter import day_date
from vip_tiering.rules.tiers import Ladder


@dataclass
class DayTotals:
    """Totals of each posted day, by its number: customers and fen of each level, untiered first."""

    bounds_fen: tuple[int, ...] = ()
    by_day: dict[int, tuple[list[int], list[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, ladder: Ladder) -> DayTotals:
        """Return totals without a day, by the bounds of a ladder."""
        return cls(tuple(tier.min_fen for tier in ladder.tiers))

    def note(self, day: int, balance_fen: Int64s, held: npt.NDArray[np.bool_]) -> None:
        """Note what stands since `day`: the balance of every customer, shape (n,), 0 where it is not known (`held`); no bound is 0."""
        above, size = balance_fen, largest(balance_fen)
        customers, fen = [int(np.count_nonzero(held))], [exact_sum(above, size)]
        for bound in self.bounds_fen:
            above = above.take(np.flatnonzero(above >= bound))  # places first: a third of the time of above[above >= bound]
            customers.append(len(above))
            fen.append(exact_sum(above, size))
        self.by_day[day] = _apart(customers), _apart(fen)

    def add(self, other: DayTotals) -> None:
        """Add the totals of other customers, by the same bounds, on the same days."""
        for day, figures in other.by_day.items():
            mine = self.by_day.get(day, ([0] * len(figures[0]), [0] * len(figures[1])))
            self.by_day[day] = _sums(mine[0], figures[0]), _sums(mine[1], figures[1])

    def frame(self, first: int, last: int, stands_for: Mapping[int, int], ladder: Ladder) -> pd.DataFrame:
        """Return date, tier, customers, balance_fen and carried_from: one row per day from `first` to `last` and tier, untiered first.

        A day without rows has those of the newest posted day before it; `stands_for` names that day where one is missing.
        `balance_fen` holds Python integers, which a whole bank's fen may need.
        """
        posted, rows = sorted(self.by_day), []
        nobody = [0] * (len(self.bounds_fen) + 1)
        for day in range(first, last + 1):
            at = bisect.bisect_right(posted, day)
            customers, fen = self.by_day[posted[at - 1]] if at else (nobody, nobody)
            since = day_date(stands_for[day]) if day in stands_for else None
            rows += [(day_date(day), code, count, amount, since) for code, count, amount in zip(ladder.codes, customers, fen, strict=True)]
        frame = pd.DataFrame(rows, columns=["date", "tier", "customers", "balance_fen", "carried_from"])
        return frame.astype({"balance_fen": object})


def _sums(some: list[int], others: list[int]) -> list[int]:
    return [one + other for one, other in zip(some, others, strict=True)]


def _apart(from_here_up: list[int]) -> list[int]:
    """Return what each level has alone, from what it has together with all above it."""
    return [here - above for here, above in zip(from_here_up, [*from_here_up[1:], 0], strict=True)]
