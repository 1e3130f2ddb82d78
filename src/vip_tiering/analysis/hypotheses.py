"""Why a bank's average may differ from ours: each cause is an exact average under one other assumption (semantics 11.4). Pure.

An assumption is a name, the fen-days that it gives every customer, and what they are divided by. What the run alone tells stands
here: rounding and divisors. `other_lines` has those for which the line must be walked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from vip_tiering.analysis.bank_file import PARTS_PER_FEN
from vip_tiering.base.arrays import Mask
from vip_tiering.base.money import INT64_LIMIT, Int64s, largest

Fen = npt.NDArray[Any]
"""Fen-days, shape (n,): int64, or Python integers where a product could leave 64 bits."""
Mode = Literal["down", "half_up", "half_even", "up"]
UNITS: Final = {
    1: "0.000001",
    10: "0.00001",
    100: "0.0001",
    1_000: "0.001",
    PARTS_PER_FEN: "0.01",
    100_000: "0.1",
    1_000_000: "1",
    100_000_000: "100",
    10_000_000_000: "10000",
}
"""What figures may be rounded to, in 1/10,000 fen and in yuan."""
_MODES: Final[dict[Mode, str]] = {"half_up": "half up", "half_even": "half to even", "up": "up", "down": "down"}
_UNIT_WORDS: Final = {"0.01": "the fen", "1": "whole yuan", "100": "hundreds of yuan", "10000": "whole 万元"}
_MOST: Final = 10
"""All but one in so many figures are multiples of what a column is rounded to; the others are slips."""
_USUAL_DIVISORS: Final = {"90": (1, 90), "365/4": (4, 365), "91": (1, 91), "92": (1, 92), "30": (1, 30)}
"""Divisors that banks use, as text, and each as what is multiplied and what is divided by; 360/4 is 90."""


@dataclass(frozen=True)
class Hypothesis:
    """An assumption: the exact average of everybody under it is `fen_days / divisor` in fen, shape (n,); a divisor of 0 gives none.

    `roundings`: the units, in 1/10,000 fen, and the modes in which it may be written.
    """

    code: str
    words: str
    fen_days: Fen
    divisor: int | Int64s
    roundings: tuple[tuple[int, Mode], ...]

    def fits(self, figure: Int64s) -> Mask:
        """Return whose figure, shape (n,), in 1/10,000 fen, is exactly this average, rounded in one of these ways."""
        known = np.broadcast_to(np.asarray(self.divisor) > 0, figure.shape)
        divisor = np.maximum(self.divisor, 1)
        hits = [rounded(self.fen_days, divisor, unit, mode) == figure for unit, mode in self.roundings]
        mask: Mask = np.logical_or.reduce(hits).astype(np.bool_) & known
        return mask


def rounded(fen_days: Fen, divisor: Int64s | np.int64, unit: int, mode: Mode) -> Fen:
    """Return `fen_days / divisor` rounded to a multiple of `unit`, in 1/10,000 fen, shape (n,): in whole numbers, once."""
    finer = max(PARTS_PER_FEN // unit, 1)
    if largest(fen_days) * PARTS_PER_FEN >= INT64_LIMIT // 4:
        fen_days = fen_days.astype(object)
    amount, by = fen_days * finer, divisor * max(unit // PARTS_PER_FEN, 1)
    whole = amount // by
    twice = 2 * (amount - whole * by)
    if mode == "down":
        more = twice < 0
    elif mode == "up":
        more = twice > 0
    elif mode == "half_up":  # as people and databases do it: a half goes away from zero
        more = (twice > by) | ((twice == by) & (amount >= 0))
    else:
        more = (twice > by) | ((twice == by) & (whole % 2 == 1))
    result: Fen = (whole + more) * unit
    return result


def unit_of_column(figure: Int64s) -> int:
    """Return what the figures of a column are rounded to, in 1/10,000 fen: the coarsest unit of which nearly all are multiples."""
    given = figure[figure != 0]
    fitting = [unit for unit in UNITS if np.count_nonzero(given % unit) * _MOST <= len(given)]
    return max(fitting, default=PARTS_PER_FEN) if len(given) else PARTS_PER_FEN


def any_rounding(unit: int) -> tuple[tuple[int, Mode], ...]:
    """Return the ways in which a column of this unit may be rounded: to it or to the fen; whatever the mode, it is down or up."""
    modes: tuple[Mode, ...] = ("down", "up")
    return tuple((one, mode) for one in dict.fromkeys((PARTS_PER_FEN, unit)) for mode in modes)


def roundings(fen_days: Int64s, days: int, unit: int) -> Iterator[Hypothesis]:
    """Yield the run's own averages, rounded in other ways than down to the fen."""
    for one in dict.fromkeys((PARTS_PER_FEN, unit)):
        for mode, words in _MODES.items():
            if (one, mode) != (PARTS_PER_FEN, "down"):
                to = _UNIT_WORDS.get(UNITS[one], f"{UNITS[one]} yuan")
                yield Hypothesis(f"rounding_{mode}_{UNITS[one]}", f"rounded {words} to {to}", fen_days, days, ((one, mode),))


def divisors(fen_days: Int64s, days_held: Int64s, days: int, quarter_days: int, unit: int) -> Iterator[Hypothesis]:
    """Yield the run's own fen-days by other divisors than N: usual ones, the whole quarter of a provisional run, the days held."""
    ways = any_rounding(unit)
    usual = {**_USUAL_DIVISORS, str(quarter_days): (1, quarter_days)}
    wide = fen_days.astype(object) if largest(fen_days) * 4 >= INT64_LIMIT else fen_days
    for text, (times, by) in usual.items():
        if (times, by) != (1, days):
            words = f"a divisor of {text}" + (" (360/4)" if text == "90" else "")
            yield Hypothesis(f"divisor_{text}", words, wide * times, by, ways)
        if text == "365/4" and ((days_held != days) & (days_held > 0)).any():
            yield Hypothesis("divisor_days_held", "divided by the days held", fen_days, days_held, ways)
