"""How much money that comes on the day of the lists brings a customer to the next tier by the end of the period (semantics 10.2)."""

from __future__ import annotations

import numpy as np

from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import NOT_GIVEN
from vip_tiering.lists.selection.people import People
from vip_tiering.tiers.outlook import Standing
from vip_tiering.tiers.published.run_folder import TieredRun


def deposits_on(day: int, run: TieredRun, people: People) -> Int64s:
    """Return the deposit in fen for each customer of a run, shape (n,), if it comes on a day and stays: exact, rounded up.

    It counts on that day and on all that follow. NOT_GIVEN in the highest tier, and where the day lies outside of the period that
    the outlook of the run is for.
    """
    horizon = run.horizon
    if not horizon.first <= day <= horizon.last:
        return np.full(len(people), NOT_GIVEN, np.int64)
    tiers = run.tiers
    standing = Standing.of(tiers["fen_days"].to_numpy(), tiers["closing_fen"].to_numpy(), horizon)
    bounds = np.array([0, *(run.bounds_fen[code] for code in people.codes[1:])], np.int64)
    top = len(bounds) - 1
    level = people.level.astype(np.int64)
    deposit = standing.deposit_fen(bounds[np.minimum(level + 1, top)], horizon.last - day + 1)
    return np.where(level < top, deposit, NOT_GIVEN).astype(np.int64)
