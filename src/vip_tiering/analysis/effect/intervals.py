"""How far off a difference between two groups may be by chance: 95 % intervals, of means and of shares (decision 0017)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vip_tiering.base.money import Int64s, exact_sum

CONFIDENCE: Final = 0.95
DRAWS: Final = 1999
"""So many times the control group is drawn anew. (DRAWS + 1) x 2.5 % is a whole number, so that the bounds are values drawn."""
DRAWS_OF_MANY: Final = 399
"""Likewise for a control group of more than `MANY`, which takes longer and differs less from one drawing to the next."""
MANY: Final = 20_000
_SEED: Final = 2015
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


class Interval(NamedTuple):
    """A difference, contacted minus control, and the bounds of its interval."""

    difference: Fraction
    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether there may be no effect at all."""
        return self.low <= 0 <= self.high

    def divided(self, by: Fraction | int) -> Interval:
        """Return the same in another unit."""
        return Interval(self.difference / by, self.low / float(by), self.high / float(by))


def mean_intervals(values: Sequence[Int64s], control: npt.NDArray[np.bool_]) -> list[Interval]:
    """Return the difference of means for each of several values of the same customers, exact, with the interval of a drawing of lots.

    `values`: each of shape (n,), in whole units; `control`, shape (n,): who is of the control group, at least one and not all.

    The control group was drawn by lot, so it is drawn anew, many times, and each drawing tells by which effect, the same for
    everybody, the difference that was found would be equally far out: (D - d) / (1 - z), with d the difference of the values and z
    that of the share who were contacted, between the groups as drawn. The interval holds the middle 95 % of them.
    """
    everybody, size = len(control), int(control.sum())
    others = everybody - size
    columns = np.column_stack([*values, control]).astype(np.float64)
    columns -= columns.mean(axis=0)  # so that differences are not lost in large sums; it changes none of them
    sums = _drawn_sums(columns, size)
    differences = -sums / others - sums / size  # a column adds up to nothing, so that the others have what the drawn ones lack
    found = [_difference_of_means(one, control) for one in values]
    fewer_contacted = 1 + differences[:, -1]  # 1 - z: control is one less contacted
    effects = [(float(one) - differences[:, place]) / fewer_contacted for place, one in enumerate(found)]
    return [Interval(one, *_middle(effect)) for one, effect in zip(found, effects, strict=True)]


def _drawn_sums(columns: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    """Return the sums over each of many samples of rows without repetition, shape (samples, number of columns)."""
    lots = np.random.default_rng(_SEED)
    drawn = (lots.choice(len(columns), size, replace=False, shuffle=False) for _ in range(DRAWS if size <= MANY else DRAWS_OF_MANY))
    return np.array([columns[rows].sum(axis=0) for rows in drawn])


def _middle(effects: npt.NDArray[np.float64]) -> tuple[float, float]:
    in_order, outside = np.sort(effects), round((1 - CONFIDENCE) / 2 * (len(effects) + 1))
    return float(in_order[outside - 1]), float(in_order[-outside])


def _difference_of_means(values: Int64s, control: npt.NDArray[np.bool_]) -> Fraction:
    contacted, held_back = values[~control], values[control]
    return Fraction(exact_sum(contacted), len(contacted)) - Fraction(exact_sum(held_back), len(held_back))


def share_interval(contacted: tuple[int, int], control: tuple[int, int]) -> Interval:
    """Return the difference of two shares, exact, with Newcombe's interval (1998, method 10). Each: how many, of how many."""
    (many, of), (few, of_few) = contacted, control
    (low, high), (low_few, high_few) = (wilson(*one) for one in (contacted, control))
    difference = Fraction(many, of) - Fraction(few, of_few)
    share, share_few = many / of, few / of_few
    below = math.hypot(share - low, high_few - share_few)
    above = math.hypot(high - share, share_few - low_few)
    return Interval(difference, float(difference) - below, float(difference) + above)


def wilson(many: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval of a share (1927)."""
    share, square = many / of, _Z * _Z
    middle = share + square / (2 * of)
    half = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - half) / (1 + square / of), (middle + half) / (1 + square / of)
