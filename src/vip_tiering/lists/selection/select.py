"""Who is selected for which action: by tier, cadence and trigger. No gate is tried here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN
from vip_tiering.lists.selection.cases import Case, Due, Occasion, Remembered
from vip_tiering.lists.selection.events import EVENT_TRIGGERS, WORTH_TELLING_LATER, DueEvents, EventSources, due_events, risk_of
from vip_tiering.lists.selection.history import History, Overflow


@dataclass(frozen=True)
class Selector:
    """Selects for one case after the other. `levels`: the levels of the ladder whose playbook has the action, by action.

    `overflow`: who had no place in a manager's day before, whose events are looked for since then.
    """

    sources: EventSources
    history: History
    levels: Mapping[str, Collection[int]]
    overflow: Overflow

    def select(self, case: Case) -> Due:
        """Return who is due for a case by its trigger, regular ones and those that wait for an event."""
        members = self._members(case)
        if case.action.trigger in EVENT_TRIGGERS:
            return self._by_event(case, members)
        return Due(case, np.flatnonzero(members & ~self._too_soon(case)).astype(np.int32))

    def among(self, case: Case, at: Int32s) -> Due:
        """Return who of these customers is due for a case that follows from another."""
        mask = np.zeros(len(self.sources.people), np.bool_)
        mask[at] = True
        return Due(case, np.flatnonzero(mask & self._members(case) & ~self._too_soon(case)).astype(np.int32))

    def _members(self, case: Case) -> Mask:
        return np.isin(self.sources.people.level, np.array(sorted(self.levels[case.action.id]), np.int8))

    def _too_soon(self, case: Case, *, but_freed: bool = False) -> Mask:
        """Return who heard of the action less than its cadence ago, shape (n,). `but_freed`: what nobody answered does not count."""
        profile = self.sources.people.profile
        if case.action.cadence_days is None or not len(self.history.at):
            return np.zeros(len(profile), np.bool_)
        everyone = np.arange(len(self.sources.customers), dtype=np.int32)
        last = self.history.last_of(case.number, everyone, len(everyone), but_freed=but_freed)
        recent = (last != NO_DAY) & (self.sources.window.first - last < case.action.cadence_days)
        too_soon: Mask = (profile >= 0) & recent[profile]
        return too_soon

    def _by_event(self, case: Case, members: Mask) -> Due:
        found = self._happenings(case, members & ~self._too_soon(case, but_freed=True))
        profile = self.sources.people.profile[found.at]
        told, again = self.history.told(case.number, profile, found.day, found.product, found.due_from)
        order = np.lexsort((found.day, self._later(found), told, found.at))
        found, told, again = found.take(order), told[order], again[order]
        first = np.ones(len(told), np.bool_)
        first[1:] = found.at[1:] != found.at[:-1]
        group = np.cumsum(first) - 1
        # Where a customer has an event that he was not told, those he was told do not count any more.
        kept = ~told | told[np.flatnonzero(first)[group]] if len(told) else told
        if case.action.trigger == "new_product":  # one product at a time
            kept &= first
        found, told, again = found.take(np.flatnonzero(kept)), told[kept], again[kept]
        occasion, at = _occasions(found, told, again)
        return Due(case, at, occasion, Remembered(found.at, found.day, found.product))

    def _happenings(self, case: Case, members: Mask) -> DueEvents:
        """Return the events of the window, and for those who had no place before the ones that have passed meanwhile."""
        found = due_events(case.action, self.sources, members)
        at, since = self.overflow.of(case.number)
        if case.action.trigger not in WORTH_TELLING_LATER or not members[at].any():
            return found
        window = replace(self.sources.window, first=int(since.min()))
        waiting = members.copy()
        waiting[:] = False
        waiting[at] = members[at]
        late = due_events(case.action, replace(self.sources, window=window), waiting)
        first_day = np.full(len(members), np.iinfo(np.int32).max, np.int32)
        first_day[at] = since
        late = late.take(np.flatnonzero((late.until >= first_day[late.at]) & (late.until < self.sources.window.first)))
        return DueEvents.concat([found, late])

    def _later(self, found: DueEvents) -> Int64s:
        """Return which of a customer's new products comes later: the private one, then the riskier one, shape (e,)."""
        private = [10 * (one.offer == "private") + risk_of(one) for one in self.sources.products.values()]
        later: Int64s = np.array([*private, 0], np.int64)[found.offered]  # -1, no product, takes the last
        return later


def _occasions(found: DueEvents, told: Mask, again: Mask) -> tuple[Occasion, Int32s]:
    """Return one occasion per customer from events that are sorted by customer, and the customers."""
    starts = np.flatnonzero(np.concatenate([[True], found.at[1:] != found.at[:-1]])) if len(found.at) else np.empty(0, np.int64)
    occasion = Occasion(
        day=_soonest(found.day, starts),
        until=_soonest(found.until, starts),
        product=_joined(found.product, starts),
        amount_fen=_total(found.amount_fen, starts),
        points=_total(found.points, starts),
        offered=found.offered[starts],
        told=told[starts],
        again=np.logical_and.reduceat(again, starts) if len(starts) else np.empty(0, np.bool_),
    )
    return occasion, found.at[starts]


def _soonest(days: Int32s, starts: Int64s) -> Int32s:
    return np.minimum.reduceat(days, starts) if len(starts) else np.empty(0, np.int32)


def _total(values: Int64s, starts: Int64s) -> Int64s:
    """Return the sum of what is given in each group; NOT_GIVEN where nothing is."""
    if not len(starts):
        return np.empty(0, np.int64)
    given = values != NOT_GIVEN
    sums = np.add.reduceat(np.where(given, values, 0), starts)
    return np.where(np.logical_or.reduceat(given, starts), sums, NOT_GIVEN)


def _joined(texts: pa.Array, starts: Int64s) -> pa.Array:
    """Return the texts of each group, joined by 、 where there are several."""
    offsets = pa.array(np.append(starts, len(texts)).astype(np.int32))
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), "、")
    return pc.replace_substring_regex(pc.utf8_trim(joined, "、"), "、+", "、")
