"""The measures of the branch from balances (K-AUM, K-EFF, K-PRI), for all customers and for each branch, against their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.arrays import one_array
from vip_tiering.base.money import FEN_PER_YUAN, Int64s, exact_sums
from vip_tiering.base.quarter import Quarter
from vip_tiering.playbooks.targets import Figure, Target, TargetsFile
from vip_tiering.reports.holders import Holders
from vip_tiering.reports.moves import levels_of

Sums = npt.NDArray[np.object_]
"""Python integers, which cannot wrap."""


@dataclass(frozen=True)
class MoveTally:
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


def tally_of(quarter: str, tiers: pa.Table, holders: Holders, codes: Sequence[str]) -> MoveTally:
    """Return the tally of a run's `tiers.parquet` by owner and level."""
    levels = levels_of(tiers["tier"], codes)
    levels[levels < 0] = len(codes)
    width = len(codes) + 1
    groups = holders.owner[holders.at(one_array(tiers["customer_id"]))].astype(np.int64) * width + levels
    size = len(holders.owners) * width
    sums = np.array(exact_sums(tiers["fen_days"].to_numpy(), groups, size), dtype=object)
    shape = (len(holders.owners), width)
    days = int(tiers["quarter_days"][0].as_py()) if len(tiers) else 1
    return MoveTally(quarter, days, np.bincount(groups, minlength=size).astype(np.int64).reshape(shape), sums.reshape(shape))


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


def lines_of(now: MoveTally, before: MoveTally | None, owners: Sequence[int] | slice, levels: int, *, every: bool = False) -> list[Line]:
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


Unit = Literal["yuan", "customers"]
YUAN: Final = "yuan"
_PER_MILLE: Final = 1000


@dataclass(frozen=True)
class MeasuredValue:
    """One figure of all customers (`branch` None) or of one branch ("" for none), in fen or customers; None: not known.

    `value` is the sum of averages, or the customers from a tier up; `band`: those in that tier itself. `tier`: its code.
    Targets are in fen of growth, or in customers.
    """

    id: str
    unit: Unit
    tier: str | None
    branch: str | None
    value: int
    previous: int | None
    last_year: int | None
    band: int | None
    quarter_target: int | None = None
    year_target: int | None = None

    @property
    def growth(self) -> int | None:
        """Against the quarter before."""
        return None if self.previous is None else self.value - self.previous

    @property
    def last_year_growth(self) -> int | None:
        """Against the fourth quarter of last year."""
        return None if self.last_year is None else self.value - self.last_year

    @property
    def quarter_reached(self) -> int | None:
        """Share of the quarter's target in tenths of a percent, rounded down."""
        return _share(self.growth if self.unit == YUAN else self.value, self.quarter_target)

    @property
    def year_reached(self) -> int | None:
        """Share of the year's target in tenths of a percent, rounded down."""
        return _share(self.last_year_growth if self.unit == YUAN else self.value, self.year_target)


def _share(value: int | None, target: int | None) -> int | None:
    return None if value is None or target is None else _PER_MILLE * value // target


@dataclass(frozen=True)
class Past:
    """The quarter, and what there is to compare it with.

    `whole_before`: customers by level and fen of the sum of averages, as the run itself says; None in an initial run.
    """

    now: MoveTally
    before: MoveTally | None
    last_year: MoveTally | None
    whole_before: tuple[list[int], int] | None


def readings_of(past: Past, holders: Holders, branches: Sequence[str], codes: Sequence[str], file: TargetsFile) -> list[MeasuredValue]:
    """Return every figure for all customers, then for each branch. A tier that the ladder does not have gives none."""
    quarter = Quarter(int(past.now.quarter[:4]), int(past.now.quarter[-1]))
    readings = []
    for figure in file.measures:
        if figure.customers_from is not None and figure.customers_from not in codes:
            continue
        for branch in (None, *branches):
            goal = {
                "quarter_target": _target(figure, file.targets or (), branch, quarter=str(quarter)),
                "year_target": _target(figure, file.targets or (), branch, year=quarter.year),
            }
            readings.append(_reading(figure, past, holders, branch, codes, goal))
    return readings


def _target(
    figure: Figure, targets: Sequence[Target], branch: str | None, quarter: str | None = None, year: int | None = None
) -> int | None:
    """Return the target of a figure for a period, in its unit."""
    for one in targets:
        if (one.id, one.branch, one.quarter, one.year) == (figure.id, branch, quarter, year):
            return one.target * FEN_PER_YUAN if figure.measure else one.target
    return None


def _reading(
    figure: Figure, past: Past, holders: Holders, branch: str | None, codes: Sequence[str], goal: dict[str, int | None]
) -> MeasuredValue:
    """Return one figure of all customers or of a branch."""
    owners: Sequence[int] | slice = slice(None)
    if branch is not None:
        owners = [one for one, (name, _) in enumerate(holders.owners) if name == branch]
    unit: Unit = "yuan" if figure.customers_from is None else "customers"
    low = codes.index(figure.customers_from) if figure.customers_from is not None else 0

    def value(tally: MoveTally | None) -> int | None:
        if tally is None:
            return None
        counts, sums = tally.of(owners)
        return sum(sums) // tally.days if unit == YUAN else sum(counts[low : len(codes)])

    previous = value(past.before)
    if previous is None and branch is None and past.whole_before is not None:
        counts, fen = past.whole_before
        previous = fen if unit == YUAN else sum(counts[low:])
    band = None if unit == YUAN else past.now.of(owners)[0][low]
    return MeasuredValue(
        figure.id, unit, figure.customers_from, branch, value(past.now) or 0, previous, value(past.last_year), band, **goal
    )
