"""Whom a manager contacts first, and who has no place in his day (playbooks.yaml, contact_order; gates.yaml, manager_quota)."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.gates import PASSES, stopped
from vip_tiering.playbooks.actions import Trigger
from vip_tiering.playbooks.gates import ManagerQuota

NEVER: Final = np.iinfo(np.int32).max
"""Stands for a day that does not come: after every other."""
URGENT_FIRST: Final = {
    "precedence": True,
    "money_fen": False,
    "level": False,
    "waiting_since": True,
    "until": True,
    "mainly": False,
    "daily_average_fen": False,
    "at": True,
}
"""The columns of `with_urgency` by which the most urgent customer comes first, the weightiest first, and whether each is ascending."""


def with_urgency(rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return verdicts on customers who have a profile with the columns of `URGENT_FIRST`.

    `precedence`: 0 for what ends before the next lists, then the place among those who come first by the rules, then all others,
    then those who come last; `money_fen`: of the event or the customer, where the rules order by it, else 0; `level`: of the
    customer's tier; `waiting_since`: the first day on which the manager had no place, NEVER where there was one; `until`: by which
    day, NEVER for no such day; `mainly`: whom the action mainly means; `daily_average_fen`: of the customer.
    """
    at = rows["at"].to_numpy()
    number = context.of_cases(lambda case: case.number, rows)
    since = context.overflow.set_index(["at", "action"])["since"].reindex(pd.MultiIndex.from_arrays([at, number]), fill_value=NEVER)
    meant = context.of_cases(lambda case: case.main_segments, rows)
    rows = rows.assign(
        level=context.people.level[at],
        waiting_since=since.to_numpy(),
        until=rows["until"].replace(NO_DAY, NEVER),
        mainly=context.customers.segments[context.people.profile[at]] & meant > 0,
        daily_average_fen=context.people.daily_average_fen[at],
    )
    return _with_precedence(rows, context)


def _with_precedence(rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return rows with `precedence` and `money_fen`, by the order that the rules give."""
    first, last = ([], []) if context.order is None else (context.order.first, context.order.last or [])
    money = {None: 0, "amount": rows["amount_fen"].clip(lower=0), "average": rows["daily_average_fen"]}
    rows = rows.assign(precedence=len(first) + 1, money_fen=np.int64(0))
    for place, entry in reversed([*enumerate(first, 1)]):
        meant = context.of_cases(partial(_has_any, entry.triggers), rows)
        if entry.tiers is not None:
            meant &= np.isin(rows["level"], [context.people.codes.index(code) for code in entry.tiers if code in context.people.codes])
        rows["precedence"] = rows["precedence"].mask(meant, place)
        rows["money_fen"] = rows["money_fen"].mask(meant, money[entry.by])
    behind = context.of_cases(lambda case: case.action.trigger in last, rows)
    rows["precedence"] = rows["precedence"].mask(behind, len(first) + 2).mask(rows["until"] <= context.window.last, 0)
    return rows


def _has_any(triggers: Collection[Trigger], case: Case) -> bool:
    return not set(triggers).isdisjoint(case.action.triggers)


def greatest_urgency(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the greatest urgency (`URGENT_FIRST`) of each customer of rows, sorted by `at`."""
    greatest = {name: "min" if ascending else "max" for name, ascending in URGENT_FIRST.items() if name != "at"}
    return rows.groupby("at", as_index=False).agg(greatest)


def keep_quotas(verdicts: pd.DataFrame, context: RowContext, quota: ManagerQuota | None) -> pd.DataFrame:
    """Return the verdicts with `manager_quota` for whoever has no place in the day of his manager.

    One customer takes one place, however many reasons there are. The most urgent stay. Of an action with a limit of its own, such
    as a new risk assessment, so many stay as the limit says. A customer without a manager takes no place.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    mine = passed[~context.of_cases(lambda case: case.channel.public, passed)]
    if mine.empty:
        return verdicts
    mine = with_urgency(mine, context).assign(label=mine.index, number=context.of_cases(lambda case: case.number, mine))
    places = greatest_urgency(mine).sort_values([*URGENT_FIRST], ascending=[*URGENT_FIRST.values()])
    profile = pa.array(context.people.profile[places["at"]])
    branch, manager = (context.customers.text[name].take(profile).indices.to_numpy() for name in ("branch", "manager"))
    places = places.assign(branch=branch, manager=manager, limit=_limits(quota, context)[manager])
    rank = places.groupby(["branch", "manager"]).cumcount()
    beyond = places.loc[(places["limit"] >= 0) & (rank >= places["limit"]), "at"]
    verdicts = stopped(verdicts, mine.index[mine["at"].isin(beyond)], "manager_quota")
    return _keep_own_limits(verdicts, mine[~mine["at"].isin(beyond)], places, context)


def _keep_own_limits(verdicts: pd.DataFrame, mine: pd.DataFrame, places: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return the verdicts with `manager_quota` for what is beyond the limit of its action (`per_manager_a_day`)."""
    named = context.customers.text["manager"].dictionary.to_pylist()
    owned = places[[bool(named[one]) for one in places["manager"]]]
    limits = {case.number: case.action.per_manager_a_day for case in context.cases if case.action.per_manager_a_day is not None}
    for number, limit in limits.items():
        asked = owned.merge(mine.loc[mine["number"] == number, ["at", "label"]], on="at")
        rank = asked.groupby(["branch", "manager"]).cumcount()
        verdicts = stopped(verdicts, pd.Index(asked.loc[rank >= limit, "label"]), "manager_quota")
    return verdicts


def _limits(quota: ManagerQuota | None, context: RowContext) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return how many customers each manager can contact, by the manager's place in the dictionary of the customer file; -1: any."""
    own = {one.manager: one.contacts_per_day for one in (quota.managers or () if quota else ())}
    usual = -1 if quota is None or quota.contacts_per_day is None else quota.contacts_per_day
    names = context.customers.text["manager"].dictionary.to_pylist()
    return np.array([own.get(name, usual) if name else -1 for name in names], np.int64)
