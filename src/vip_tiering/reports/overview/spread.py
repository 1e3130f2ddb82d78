"""How assets are spread: around the bounds of tiers, over few or many customers, and what money decides. Frames in, tables out.

The steps are those of an axis, and decide nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vip_tiering.base.money import FEN_PER_YUAN, exact_sum
from vip_tiering.reports.figures.prospects import about_to_fall, about_to_rise
from vip_tiering.reports.overview.summary import share_of
from vip_tiering.reports.overview.tables import Kind, Table
from vip_tiering.reports.words import DEPOSIT_NOW
from vip_tiering.tiers.published.run_folder import TieredRun

STEP_PERCENT: Final = 2
REACH_PERCENT: Final = 10
"""Bands of 2 %, from 10 % below a bound to 10 % above it."""
FIRST_PERCENT: Final = (1, 5, 10, 20, 50, 100)
NEED_YUAN: Final = (10_000, 100_000, 1_000_000)
"""Up to so much money, and more than the last of them."""
_BOUNDS: Final[dict[str, Kind]] = {
    "tier": "tier", "bound": "fen", "from_percent": "percent", "to_percent": "percent",
    "customers": "count", "daily_average_sum": "fen",
}  # fmt: skip
_CONCENTRATION: Final[dict[str, Kind]] = {
    "first_percent": "percent", "customers": "count", "daily_average_sum": "fen", "daily_average_share": "permille",
}  # fmt: skip
_NEED: Final[dict[str, Kind]] = {"direction": "word", "target": "tier", "band": "word", "customers": "count", DEPOSIT_NOW: "fen"}


def bounds_of(run: TieredRun) -> Table:
    """Return how many customers lie just below and just above each bound, in bands of its percent, the highest bound first.

    A band begins with its lower edge and ends before its upper one; edges are rounded up to the fen.
    """
    average = np.sort(run.tiers["daily_average_fen"].to_numpy())
    starts = range(-REACH_PERCENT, REACH_PERCENT, STEP_PERCENT)
    rows = []
    for code, bound in reversed(run.bounds_fen.items()):
        for start in starts:
            edges = [-(-bound * (100 + percent) // 100) for percent in (start, start + STEP_PERCENT)]
            first, last = np.searchsorted(average, edges).tolist()
            rows.append((code, bound, start, start + STEP_PERCENT, last - first, exact_sum(average[first:last])))
    return Table.of("bounds", _BOUNDS, pd.DataFrame(rows, columns=[*_BOUNDS]))


def concentration_of(run: TieredRun) -> Table:
    """Return what the first customers by average hold together: the first 1 % (rounded up to a customer), 5 % and so on."""
    fen_days, days = np.sort(run.tiers["fen_days"].to_numpy())[::-1], int(run.manifest["quarter_days"])
    counts = [-(-len(fen_days) * percent // 100) for percent in FIRST_PERCENT]
    sums = [exact_sum(fen_days[:count]) // days for count in counts]
    columns = (FIRST_PERCENT, counts, sums, share_of(pd.Series(sums, dtype=object), sums[-1]))
    return Table.of("concentration", _CONCENTRATION, pd.DataFrame(dict(zip(_CONCENTRATION, columns, strict=True))))


def need_of(customers: pd.DataFrame, run: TieredRun) -> Table:
    """Return how many customers a deposit of which size would lift to the next tier, and how many it would keep in theirs.

    `customers`: see `customers_of`. Who rises without any more, or does not fall, is not counted. The highest tier comes first.
    """
    near, falling = about_to_rise(customers, run), about_to_fall(customers, run)
    chosen = [("lift", near[near["state"] == "near_up"]), ("keep", falling[falling["state"] == "falling"])]
    both = pd.concat([rows[["target", DEPOSIT_NOW]].assign(direction=direction) for direction, rows in chosen])
    both["band"] = _bands(both[DEPOSIT_NOW].to_numpy(np.int64))
    both["level"] = -both["target"].cat.codes.astype("int64")
    groups = both.groupby(["direction", "level", "target", "band"], observed=True, sort=False)[DEPOSIT_NOW]
    counted = groups.agg(["size", "sum"]).reset_index().rename(columns={"size": "customers", "sum": DEPOSIT_NOW})
    order = counted.sort_values(["direction", "level", "band"], ascending=[False, True, True], kind="stable")
    return Table.of("need", _NEED, order.assign(band=order["band"].map(dict(enumerate(NEED_BANDS)))))


NEED_BANDS: Final = (*(f"to_{limit}" for limit in NEED_YUAN), "above")
"""The codes of the bands, the smallest first."""


def _bands(fen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the place of the band in which each amount lies; a limit belongs to the band below it."""
    return np.searchsorted([limit * FEN_PER_YUAN for limit in NEED_YUAN], fen)
