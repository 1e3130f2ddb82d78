"""What changed over time: quarter after quarter, month after month, and day by day through the quarter. Frames in, tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from vip_tiering.base.money import fen_from_text
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.tables import Kind, Table

_HISTORY: Final[dict[str, Kind]] = {
    "quarter": "quarter", "status": "status", "tier": "tier", "customers": "count", "daily_average_sum": "fen",
}  # fmt: skip
_DAILY: Final[dict[str, Kind]] = {"date": "day", "tier": "tier", "customers": "count", "balance": "fen", "carried_from": "day"}
_MONTHS: Final[dict[str, Kind]] = {"month": "text", "month_average_sum": "fen", "month_change": "fen_change"}


def history_of(manifests: Sequence[Mapping[str, Any]]) -> Table:
    """Return customers and sums of averages of each run by tier, the oldest first, the highest tier first, all tiers last."""
    rows = [
        {
            "quarter": one["quarter"],
            "status": one["status"],
            "tier": tier["code"],
            "customers": tier["customers"],
            "daily_average_sum": fen_from_text(tier["daily_average_sum"]),
        }
        for one in manifests
        for tier in (
            *reversed(one["tiers"]),
            {"code": TOTAL, "customers": one["customers"], "daily_average_sum": one["daily_average_sum"]},
        )
    ]
    return Table.of("history", _HISTORY, pd.DataFrame(rows, columns=[*_HISTORY]))


def daily_of(daily: pa.Table, codes: Sequence[str]) -> Table:
    """Return balances day by day and tier by tier, the highest tier first, all tiers last. `daily`: daily.csv of the run, as text."""
    rows = daily.to_pandas()
    rows["customers"] = rows["customers"].astype("int64")
    rows["balance"] = rows["balance"].map(fen_from_text).astype("int64")
    sums = rows.groupby(["date", "carried_from"], sort=False)[["customers", "balance"]].sum().reset_index()
    rows = pd.concat([rows, sums.assign(tier=TOTAL)])
    place = rows["tier"].map({code: number for number, code in enumerate([*reversed(codes), TOTAL])})
    return Table.of("daily", _DAILY, rows.assign(place=place).sort_values(["date", "place"], kind="stable"))


def months_of(months: pd.DataFrame) -> Table:
    """Return the averages of the months of the quarter."""
    return Table.of("months", _MONTHS, months)
