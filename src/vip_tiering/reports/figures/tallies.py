"""Customers and their fen-days by branch, manager and tier, and the lines that reports make of them. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from vip_tiering.base.money import fen_from_text
from vip_tiering.reports.figures.holders import with_holders
from vip_tiering.reports.figures.moves import codes_of_run
from vip_tiering.reports.words import FIGURES
from vip_tiering.tiers.published.run_folder import TieredRun

BRANCH: Final = ("branch",)
MANAGER: Final = ("branch", "manager")
TOTAL: Final = ""
"""Stands for all tiers together; no tier has this code."""
_HALF: Final = 32
"""Bits of either half of an amount: halves are summed apart, so that no sum wraps."""


@dataclass(frozen=True)
class Tally:
    """How many customers a run has, and their fen-days.

    `rows`: branch, manager, tier (null where the present ladder does not have it), customers and fen_days, both as Python
    integers, for a sum may pass 64 bits. `days`: N of the quarter.
    """

    rows: pd.DataFrame
    days: int


def tally_of(tiers: pd.DataFrame, holders: pd.DataFrame, codes: Sequence[str]) -> Tally:
    """Return the tally of a run's `tiers.parquet`. `codes`: of the present ladder."""
    rows = with_holders(tiers[["customer_id", "tier", "fen_days"]], holders)
    rows["tier"] = rows["tier"].astype("str").astype(pd.CategoricalDtype([*codes]))
    high, low = np.divmod(rows["fen_days"].to_numpy(np.int64), 1 << _HALF)
    parts = rows.assign(customers=1, high=high, low=low)
    sums = parts.groupby([*MANAGER, "tier"], observed=True, dropna=False)[["customers", "high", "low"]].sum().astype(object)
    sums["fen_days"] = sums["high"] * (1 << _HALF) + sums["low"]
    return Tally(sums.drop(columns=["high", "low"]).reset_index(), int(tiers["quarter_days"].iloc[0]) if len(tiers) else 1)


def said_before(run: TieredRun) -> Tally:
    """Return what a run itself says of all customers in the quarter before; sums of averages, rounded by tier, as of one day."""
    said = [
        {"tier": tier["code"], "customers": tier["previous_customers"], "fen_days": fen_from_text(tier["previous_daily_average_sum"])}
        for tier in run.manifest["tiers"]
    ]
    return Tally(pd.DataFrame(said, dtype=object), 1)


def lines_of(run: TieredRun, now: Tally, before: Tally | None, keys: Sequence[str] = ()) -> pd.DataFrame:
    """Return a line for each tier of each group, the highest tier first, all tiers (`TOTAL`) last.

    `keys`: BRANCH or MANAGER; without them all customers are one group, and no tier is left out. The columns after keys and tier
    are those of `words.FIGURES`: customers, and fen of sums of averages and of the average of a customer, rounded down; null where
    nothing is known of the quarter before.
    """
    rows = now.rows
    if before is not None:
        rows = pd.concat([rows, before.rows.rename(columns={"customers": "previous_customers", "fen_days": "previous_fen_days"})])
    rows = pd.concat([rows, rows.assign(tier=TOTAL)])
    rows["tier"] = pd.Categorical(rows["tier"], [*reversed(codes_of_run(run)), TOTAL], ordered=True)
    figures = [name for name in rows if name not in {*MANAGER, "tier"}]
    lines = rows.groupby([*keys, "tier"], observed=bool(keys))[figures].sum().reset_index()
    _add_averages(lines, "", now.days)
    if before is not None:
        _add_averages(lines, "previous_", before.days)
        lines["customers_change"] = lines["customers"] - lines["previous_customers"]
        lines["daily_average_change"] = lines["daily_average_sum"] - lines["previous_daily_average_sum"]
    return lines.reindex(columns=[*keys, "tier", *FIGURES]).astype(dict.fromkeys(FIGURES, "Int64"))


def _add_averages(lines: pd.DataFrame, side: str, days: int) -> None:
    """Add the sum of averages of a quarter, and the average per customer, null where there is none; both rounded down to fen."""
    customers, fen_days = lines[f"{side}customers"], lines[f"{side}fen_days"]
    lines[f"{side}daily_average_sum"] = fen_days // days
    lines[f"{side}average_per_customer"] = (fen_days // (days * customers.replace(0, 1))).mask(customers == 0)
