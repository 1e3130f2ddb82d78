"""Whom a manager contacts first: who waited longest for a place, what is due soonest, whom the action mainly means, the larger amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vip_tiering.lists.forms import NO_DAY, NOT_GIVEN, SEGMENTS, Customers
from vip_tiering.lists.gates import Judged
from vip_tiering.lists.overflow import Overflow
from vip_tiering.lists.people import People
from vip_tiering.money import Int64s
from vip_tiering.raw_columns import Mask
from vip_tiering.rows import Int32s

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
