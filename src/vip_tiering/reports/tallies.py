"""Customers and their averages by owner and tier, in one quarter or in two. Exact: sums of fen-days in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.arrow import one_array
from vip_tiering.money import Int64s, exact_sums
from vip_tiering.reports.holders import Holders
from vip_tiering.reports.moves import levels_of

Sums = npt.NDArray[np.object_]
"""Python integers, which cannot wrap."""


@dataclass(frozen=True)
class Tally:
    """Customers, shape (owners, levels), int64, and their fen-days, likewise, as Python integers; `days`: N of the quarter.

    The last level holds tiers that the present ladder does not have; only a run of last year may have any.
    """

    quarter: str
    days: int
    customers: Int64s
    fen_days: Sums

    def of(self, owners: Sequence[int] | slice) -> tuple[list[int], list[int]]:
        """Return customers and fen-days by level of some owners together."""
        return self.customers[owners].sum(axis=0).tolist(), list(self.fen_days[owners].sum(axis=0))


def tally_of(quarter: str, tiers: pa.Table, holders: Holders, codes: Sequence[str]) -> Tally:
    """Return the tally of a run's `tiers.parquet` by owner and level."""
    levels = levels_of(tiers["tier"], codes)
    levels[levels < 0] = len(codes)
    width = len(codes) + 1
    groups = holders.owner[holders.at(one_array(tiers["customer_id"]))].astype(np.int64) * width + levels
    size = len(holders.owners) * width
    sums = np.array(exact_sums(tiers["fen_days"].to_numpy(), groups, size), dtype=object)
    shape = (len(holders.owners), width)
    days = int(tiers["quarter_days"][0].as_py()) if len(tiers) else 1
    return Tally(quarter, days, np.bincount(groups, minlength=size).astype(np.int64).reshape(shape), sums.reshape(shape))


@dataclass(frozen=True)
class Line:
    """One tier of one group: customers, and fen of the sum of averages and of the average of a customer, now and before.

    What is not known is None; `level` None: all tiers together.
    """

    level: int | None
    customers: int
    sum_fen: int
    each_fen: int | None
    previous_customers: int | None
    previous_sum_fen: int | None
    previous_each_fen: int | None


def lines_of(now: Tally, before: Tally | None, owners: Sequence[int] | slice, levels: int, *, every: bool = False) -> list[Line]:
    """Return the lines of some owners together, the highest tier first, all tiers last.

    Tiers without a customer on both sides are left out, unless `every` is set.
    """
    counts, sums = now.of(owners)
    old_counts, old_sums = before.of(owners) if before else ([0] * len(counts), [0] * len(sums))
    places: list[int | None] = [one for one in reversed(range(levels)) if every or counts[one] or old_counts[one]]
    result = []
    for place in [*places, None]:
        at = slice(place, place + 1) if place is not None else slice(0, levels)
        count, total, old_count, old_total = (sum(one[at]) for one in (counts, sums, old_counts, old_sums))
        result.append(
            Line(
                place,
                count,
                total // now.days,
                total // (now.days * count) if count else None,
                old_count if before else None,
                old_total // before.days if before else None,
                old_total // (before.days * old_count) if before and old_count else None,
            )
        )
    return result
