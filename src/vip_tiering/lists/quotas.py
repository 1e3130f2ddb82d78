"""How many customers a manager can contact in a day: whoever is beyond it waits, and comes first the next day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from vip_tiering.lists.desk import Desk
from vip_tiering.lists.gates import Judged
from vip_tiering.lists.ranking import Urgency, urgency_of
from vip_tiering.money import Int64s
from vip_tiering.offer_models import ManagerQuota
from vip_tiering.rows import Int32s


def keep_quotas(judged: Sequence[Judged], desk: Desk, quota: ManagerQuota | None, channels: Sequence[str]) -> list[Judged]:
    """Return the verdicts with `manager_quota` for whoever has no place in the day of his manager.

    One customer on one channel takes one place, however many reasons there are. The most urgent stay; of equal ones that on
    the first of the `channels`. A customer without a manager takes no place.
    """
    mine = [one for one in judged if not one.due.case.channel.public and one.passed.any()]
    if quota is None or not mine:
        return list(judged)
    beyond = _beyond(mine, channels, desk, _limits(quota, desk))
    return [one.stopped(np.isin(_places(one, channels), beyond), "manager_quota") if one in mine else one for one in judged]


def _places(one: Judged, channels: Sequence[str]) -> Int64s:
    """Return one number for each customer of a case on its channel, shape (k,)."""
    places: Int64s = one.due.at.astype(np.int64) * len(channels) + channels.index(one.due.case.channel.code)
    return places


def _limits(quota: ManagerQuota, desk: Desk) -> Int64s:
    """Return how many customers each manager can contact, by the manager's place in the dictionary of the customer file; -1: any."""
    own = {one.manager: one.contacts_per_day for one in quota.managers or ()}
    usual = -1 if quota.contacts_per_day is None else quota.contacts_per_day
    names = desk.customers.text["manager"].dictionary.to_pylist()
    return np.array([own.get(name, usual) if name else -1 for name in names], np.int64)


def _beyond(mine: Sequence[Judged], channels: Sequence[str], desk: Desk, limits: Int64s) -> Int64s:
    """Return the places of customers who are beyond the limit of their manager."""
    where = [np.flatnonzero(one.passed).astype(np.int32) for one in mine]
    place = np.concatenate([_places(one, channels)[at] for one, at in zip(mine, where, strict=True)])
    parts = [urgency_of(one, at, desk.people, desk.customers, desk.overflow) for one, at in zip(mine, where, strict=True)]
    order = np.argsort(place, kind="stable")
    place = place[order]
    starts = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]]))
    names = ("until", "amount_fen", "mainly", "waiting_since")
    urgency = Urgency(**{name: np.concatenate([getattr(one, name) for one in parts])[order] for name in names}).of_groups(starts)
    place = place[starts]
    at = (place // len(channels)).astype(np.int32)
    owner, manager = _owners(desk, at)
    order = np.lexsort((place, *urgency.keys(at, desk.people), owner))
    begin = np.flatnonzero(np.concatenate([[True], np.diff(owner[order]) != 0]))
    rank = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    limit = limits[manager[order]]
    beyond: Int64s = place[order[(limit >= 0) & (rank >= limit)]]
    return beyond


def _owners(desk: Desk, at: Int32s) -> tuple[Int64s, Int64s]:
    """Return one number for the branch and manager of each customer, and the manager's place in the dictionary."""
    profile = pa.array(desk.people.profile[at])
    manager, branch = (desk.customers.text[name].take(profile).indices.to_numpy().astype(np.int64) for name in ("manager", "branch"))
    return branch * len(desk.customers.text["manager"].dictionary) + manager, manager
