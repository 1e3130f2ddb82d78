"""Whom a manager contacts first: who waited longest for a place, what is due soonest, whom the action mainly means, the larger amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN, Customers
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.gates import Judged
from vip_tiering.lists.selection.history import Overflow
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.customers import SEGMENTS
from vip_tiering.playbooks.gates import ManagerQuota

_NEVER: Final = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Urgency:
    """How soon customers are to be contacted, arrays of shape (n,).

    `until`: by which day, NO_DAY for no such day; `amount_fen`: what is at stake, NOT_GIVEN where it is not known; `mainly`: whom
    the action mainly means; `waiting_since`: the first day on which the manager had no place, NO_DAY where there was one.
    """

    until: Int32s
    amount_fen: Int64s
    mainly: Mask
    waiting_since: Int32s

    def of_groups(self, starts: Int64s) -> Urgency:
        """Return the greatest urgency of each group of entries that begins at one of `starts`."""
        return Urgency(
            until=_first(self.until, starts),
            amount_fen=np.maximum.reduceat(self.amount_fen, starts),
            mainly=np.logical_or.reduceat(self.mainly, starts),
            waiting_since=_first(self.waiting_since, starts),
        )

    def keys(self, at: Int32s, people: People) -> tuple[npt.NDArray[Any], ...]:
        """Return the keys of `numpy.lexsort` that put the most urgent customer first. `at`: positions in the run, shape (n,)."""
        until, waiting = (np.where(days == NO_DAY, _NEVER, days) for days in (self.until, self.waiting_since))
        return at, -people.daily_average_fen[at], -self.amount_fen, ~self.mainly, until, waiting


def _first(days: Int32s, starts: Int64s) -> Int32s:
    """Return the first day of each group; NO_DAY where it has none."""
    first: Int32s = np.minimum.reduceat(np.where(days == NO_DAY, _NEVER, days), starts)
    return np.where(first == _NEVER, NO_DAY, first).astype(np.int32)


def urgency_of(judged: Judged, where: Int32s, people: People, customers: Customers, overflow: Overflow) -> Urgency:
    """Return how urgent a case is for those of its customers who stand at `where`."""
    case, at = judged.due.case, judged.due.at[where]
    occasion = judged.due.occasion.take(where) if judged.due.occasion else None
    meant = case.action.audience.mainly or ()
    bits = customers.segments[people.profile[at]] & sum(1 << number for number, segment in enumerate(SEGMENTS) if segment in meant)
    return Urgency(
        until=occasion.until if occasion else np.full(len(at), NO_DAY, np.int32),
        amount_fen=occasion.amount_fen if occasion else np.full(len(at), NOT_GIVEN, np.int64),
        mainly=bits > 0,
        waiting_since=overflow.since_of(case.number, at),
    )


def keep_quotas(judged: Sequence[Judged], desk: RowContext, quota: ManagerQuota | None, channels: Sequence[str]) -> list[Judged]:
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


def _limits(quota: ManagerQuota, desk: RowContext) -> Int64s:
    """Return how many customers each manager can contact, by the manager's place in the dictionary of the customer file; -1: any."""
    own = {one.manager: one.contacts_per_day for one in quota.managers or ()}
    usual = -1 if quota.contacts_per_day is None else quota.contacts_per_day
    names = desk.customers.text["manager"].dictionary.to_pylist()
    return np.array([own.get(name, usual) if name else -1 for name in names], np.int64)


def _beyond(mine: Sequence[Judged], channels: Sequence[str], desk: RowContext, limits: Int64s) -> Int64s:
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


def _owners(desk: RowContext, at: Int32s) -> tuple[Int64s, Int64s]:
    """Return one number for the branch and manager of each customer, and the manager's place in the dictionary."""
    profile = pa.array(desk.people.profile[at])
    manager, branch = (desk.customers.text[name].take(profile).indices.to_numpy().astype(np.int64) for name in ("manager", "branch"))
    return branch * len(desk.customers.text["manager"].dictionary) + manager, manager
