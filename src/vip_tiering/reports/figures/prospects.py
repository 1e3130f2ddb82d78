"""Everybody of a run with where they will stand, and who of them is about to rise or to fall. Frames in, frames out (semantics 10)."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.reports.figures.holders import with_holders
from vip_tiering.reports.figures.moves import codes_of_run
from vip_tiering.reports.words import DEPOSIT_NOW, deposit_on
from vip_tiering.tiers.outlook import Horizon, Standing
from vip_tiering.tiers.published.run_folder import TieredRun

UP: Final = ("rising", "near_up")
DOWN: Final = ("falling", "near_down")
_MID_MONTH: Final = 15


def waiting_days(horizon: Horizon) -> list[dt.date]:
    """Return the days for which the cost of waiting is told: the 1st and 15th of each month still to come, and the last day of all."""
    days = [day_date(number) for number in range(horizon.first + 1, horizon.last + 1)]
    return [day for day in days if day.day in (1, _MID_MONTH) or day == days[-1]]


def customers_of(run: TieredRun, holders: pd.DataFrame, last_contact: pd.Series | None) -> pd.DataFrame:
    """Return every customer of a run with who holds them, by branch and manager, the highest tier and average first.

    Columns: those of `outlook_of`, but for the deposit, and of holders; fen_days and daily_average (fen) of the run; from_tier, "" for
    who had none or where nothing was compared; tier_basis, where the run has it; last_contact, "" where nobody knows.
    `last_contact`: the newest day by customer, as text.
    """
    named = {"fen_days": "fen_days", "daily_average": "daily_average_fen", "tier_basis": "tier_basis"}
    figures = {name: run.tiers[column].to_pandas() for name, column in named.items() if column in run.tiers.column_names}
    customers = with_holders(run.outlook().drop(columns="deposit_for_next_fen").assign(**figures), holders)
    moved = run.changes.select(["customer_id", "from_tier"]).to_pandas().set_index("customer_id")["from_tier"]
    tier = customers["tier"].astype("str")
    stayed = tier.where(customers["tier"].cat.codes > 0, "") if run.compared else ""
    customers["from_tier"] = customers["customer_id"].map(moved).astype("str").fillna(stayed)
    customers["last_contact"] = "" if last_contact is None else customers["customer_id"].map(last_contact).fillna("")
    level = -customers["tier"].cat.codes.astype("int64")
    order = np.lexsort((-customers["daily_average"], level, customers["manager"].cat.codes, customers["branch"].cat.codes))
    return customers.iloc[order].reset_index(drop=True)


def about_to_rise(customers: pd.DataFrame, run: TieredRun) -> pd.DataFrame:
    """Return who is near the next tier, the least money first, then who rises without any more. `target`: the tier to be reached."""
    chosen = customers[customers["state"].isin(UP)]
    level = chosen["tier"].cat.codes.to_numpy().astype(np.int64) + 1
    return _by_need(_with_deposits(chosen, run, level), "near_up")


def about_to_fall(customers: pd.DataFrame, run: TieredRun) -> pd.DataFrame:
    """Return who will fall if nothing comes, the least money first, then who has little to spare. `target`: the tier to be kept."""
    chosen = customers[customers["state"].isin(DOWN)]
    level = chosen["tier"].cat.codes.to_numpy().astype(np.int64)
    return _by_need(_with_deposits(chosen, run, level), "falling")


def _with_deposits(chosen: pd.DataFrame, run: TieredRun, level: np.ndarray) -> pd.DataFrame:
    """Return customers with the tier of a level as `target`, what its bound lacks, and the deposit by the day on which it comes."""
    horizon, codes = run.horizon, codes_of_run(run)
    bound = np.array([run.bounds_fen.get(code, 0) for code in codes], np.int64)[level]
    fen_days = chosen["fen_days"].to_numpy()
    standing = Standing.of(fen_days, chosen["closing_fen"].to_numpy(), horizon)
    deposits = {DEPOSIT_NOW: standing.deposit_fen(bound)}
    for day in waiting_days(horizon):
        deposits[deposit_on(day)] = standing.deposit_fen(bound, horizon.last - day_number(day) + 1)
    target = pd.Categorical.from_codes(level, categories=pd.Index(codes))
    return chosen.assign(target=target, gap=standing.gap_fen(bound), **{name: fen.astype("int64") for name, fen in deposits.items()})


def _by_need(customers: pd.DataFrame, first: str) -> pd.DataFrame:
    """Return customers of one state first; in it by what must come now, then by what may be taken out, then by number."""
    cushion = customers["cushion_fen"].fillna(0).astype("int64")
    order = np.lexsort((customers["customer_id"], cushion, customers[DEPOSIT_NOW], customers["state"] != first))
    return customers.iloc[order].reset_index(drop=True)
