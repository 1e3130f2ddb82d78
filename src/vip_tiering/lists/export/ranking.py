"""Whom a manager contacts first: who waited longest for a place, what is due soonest, whom the action mainly means, the larger amount."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.gates import PASSES, stopped
from vip_tiering.playbooks.customers import SEGMENTS
from vip_tiering.playbooks.gates import ManagerQuota

NEVER: Final = np.iinfo(np.int32).max
"""Stands for a day that does not come: after every other."""
URGENT_FIRST: Final = {
    "waiting_since": True,
    "until": True,
    "mainly": False,
    "amount_fen": False,
    "daily_average_fen": False,
    "at": True,
}
"""The columns of `with_urgency` by which the most urgent customer comes first, the weightiest first, and whether each is ascending."""


def with_urgency(rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return verdicts on customers who have a profile with the columns of `URGENT_FIRST`.

    `waiting_since`: the first day on which the manager had no place, NEVER where there was one; `until`: by which day, NEVER for
    no such day; `mainly`: whom the action mainly means; `daily_average_fen`: of the customer.
    """
    at = rows["at"].to_numpy()
    number = context.of_cases(lambda case: case.number, rows)
    since = context.overflow.set_index(["at", "action"])["since"].reindex(pd.MultiIndex.from_arrays([at, number]), fill_value=NEVER)
    meant = context.of_cases(_main_segments, rows)
    return rows.assign(
        waiting_since=since.to_numpy(),
        until=rows["until"].replace(NO_DAY, NEVER),
        mainly=context.customers.segments[context.people.profile[at]] & meant > 0,
        daily_average_fen=context.people.daily_average_fen[at],
    )


def _main_segments(case: Case) -> int:
    """Return whom the action of a case mainly means, as bits of `Customers.segments`."""
    return sum(1 << number for number, segment in enumerate(SEGMENTS) if segment in (case.action.audience.mainly or ()))


def greatest_urgency(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the greatest urgency (`URGENT_FIRST`) of each group of rows, sorted by what they are grouped by, `at` among it."""
    greatest = {"waiting_since": "min", "until": "min", "mainly": "max", "amount_fen": "max", "daily_average_fen": "max"}
    return rows.groupby(by, as_index=False).agg(greatest)


def keep_quotas(verdicts: pd.DataFrame, context: RowContext, quota: ManagerQuota | None, channels: list[str]) -> pd.DataFrame:
    """Return the verdicts with `manager_quota` for whoever has no place in the day of his manager.

    One customer on one channel takes one place, however many reasons there are. The most urgent stay; of equal ones that on
    the first of the `channels`. A customer without a manager takes no place.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    mine = passed[~context.of_cases(lambda case: case.channel.public, passed)]
    if quota is None or mine.empty:
        return verdicts
    mine = with_urgency(mine, context).assign(channel=context.of_cases(lambda case: channels.index(case.channel.code), mine))
    places = greatest_urgency(mine, ["at", "channel"])
    places = places.sort_values([*URGENT_FIRST, "channel"], ascending=[*URGENT_FIRST.values(), True])
    profile = pa.array(context.people.profile[places["at"]])
    branch, manager = (context.customers.text[name].take(profile).indices.to_numpy() for name in ("branch", "manager"))
    rank = places.groupby([branch, manager]).cumcount()
    limit = _limits(quota, context)[manager]
    beyond = places[(limit >= 0) & (rank >= limit)]
    whom = mine.reset_index().merge(beyond[["at", "channel"]], on=["at", "channel"])["index"]
    return stopped(verdicts, pd.Index(whom), "manager_quota")


def _limits(quota: ManagerQuota, context: RowContext) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return how many customers each manager can contact, by the manager's place in the dictionary of the customer file; -1: any."""
    own = {one.manager: one.contacts_per_day for one in quota.managers or ()}
    usual = -1 if quota.contacts_per_day is None else quota.contacts_per_day
    names = context.customers.text["manager"].dictionary.to_pylist()
    return np.array([own.get(name, usual) if name else -1 for name in names], np.int64)
