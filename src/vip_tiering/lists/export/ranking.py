"""Whom a manager contacts first, and who has no place in his day (playbooks.yaml, contact_order; gates.yaml, manager_quota)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
_PLACE: Final = ("at", "of_wealth")
"""What takes one place in a day: a customer with what his manager, or his wealth manager, has for him."""


def with_urgency(rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return verdicts on customers who have a profile with the columns of `URGENT_FIRST`.

    `precedence`: 0 for what ends before the next lists, then the place among those who come first by the rules, then all others,
    then those who come last; `money_fen`: of the event or the customer, where the rules order by it, else 0; `level`: of the
    customer's tier; `waiting_since`: the first day on which there was no place, NEVER where there was one; `until`: by which day,
    NEVER for no such day; `mainly`: whom the action mainly means, or who is invited to what he cares for; `daily_average_fen`: of
    the customer.
    """
    at = rows["at"].to_numpy()
    number = context.of_cases(lambda case: case.number, rows)
    since = context.overflow.set_index(["at", "action"])["since"].reindex(pd.MultiIndex.from_arrays([at, number]), fill_value=NEVER)
    meant = context.of_cases(lambda case: case.main_segments, rows)
    rows = rows.assign(
        level=context.people.level[at],
        waiting_since=since.to_numpy(),
        until=rows["until"].replace(NO_DAY, NEVER),
        mainly=(context.customers.segments[context.people.profile[at]] & meant > 0) | context.interested(rows),
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


def greatest_urgency(rows: pd.DataFrame, by: Sequence[str] = ("at",)) -> pd.DataFrame:
    """Return the greatest urgency (`URGENT_FIRST`) of each customer of rows, sorted by `at`. `by`: what is a place of its own."""
    greatest = {name: "min" if ascending else "max" for name, ascending in URGENT_FIRST.items() if name != "at"}
    return rows.groupby([*by], as_index=False).agg(greatest)


def keep_quotas(verdicts: pd.DataFrame, context: RowContext, quota: ManagerQuota | None) -> pd.DataFrame:
    """Return the verdicts with `one_contact_a_day` for whoever waits for another, and `manager_quota` for whoever has no place.

    One customer takes one place in the day of who acts on him, however many reasons there are. Of a household, and of a customer
    for whom both his managers have something, the most urgent place stays. Of those the most urgent stay in each manager's day. Of
    an action with a limit of its own, such as a new risk assessment, so many stay as the limit says. Who has no manager takes no
    place.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    mine = passed[~context.of_cases(lambda case: case.channel.public, passed)]
    if mine.empty:
        return verdicts
    mine = with_urgency(mine, context).assign(label=mine.index, of_wealth=context.by_wealth_manager(mine))
    places = greatest_urgency(mine, _PLACE).sort_values([*URGENT_FIRST, "of_wealth"], ascending=[*URGENT_FIRST.values(), True])
    waiting = pd.Series(context.facts.household[context.people.profile[places["at"]]], places.index).duplicated()
    verdicts = stopped(verdicts, _rows_of(mine, places[waiting]), "one_contact_a_day")
    places = _with_owner(places[~waiting], context, quota)
    rank = places.groupby(["branch", "manager"]).cumcount()
    beyond = (places["limit"] >= 0) & (rank >= places["limit"])
    verdicts = stopped(verdicts, _rows_of(mine, places[beyond]), "manager_quota")
    return _keep_own_limits(verdicts, mine, places[~beyond], context)


def _rows_of(mine: pd.DataFrame, places: pd.DataFrame) -> pd.Index:
    """Return the labels of the verdicts that belong to places."""
    of_place = pd.MultiIndex.from_frame(mine[[*_PLACE]]).isin(pd.MultiIndex.from_frame(places[[*_PLACE]]))
    labels: pd.Index = pd.Index(mine["label"])[of_place]
    return labels


def _with_owner(places: pd.DataFrame, context: RowContext, quota: ManagerQuota | None) -> pd.DataFrame:
    """Return places with `branch`, `manager`, who acts, and `limit`, how many customers he can contact in the day; -1: any."""
    profile = context.people.profile[places["at"]]
    manager, wealth_manager = (context.customers.text[name].take(pa.array(profile)).to_pandas() for name in ("manager", "wealth_manager"))
    acting = np.where(places["of_wealth"], wealth_manager, manager)
    allowed = {name: quota.places_of(name) if quota is not None and name else None for name in np.unique(acting)}
    limits = {name: -1 if places is None else places for name, places in allowed.items()}
    branch = context.customers.text["branch"].indices.to_numpy()[profile]
    return places.assign(branch=branch, manager=acting, limit=pd.Series(acting, places.index).map(limits))


def _keep_own_limits(verdicts: pd.DataFrame, mine: pd.DataFrame, places: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return the verdicts with `manager_quota` for what is beyond the limit of its action (`per_manager_a_day`)."""
    owned = places[places["manager"] != ""]
    mine = mine.assign(number=context.of_cases(lambda case: case.number, mine))
    limits = {case.number: case.action.per_manager_a_day for case in context.cases if case.action.per_manager_a_day is not None}
    for number, limit in limits.items():
        asked = owned.merge(mine.loc[mine["number"] == number, [*_PLACE, "label"]], on=[*_PLACE])
        rank = asked.groupby(["branch", "manager"]).cumcount()
        verdicts = stopped(verdicts, pd.Index(asked.loc[rank >= limit, "label"]), "manager_quota")
    return verdicts
