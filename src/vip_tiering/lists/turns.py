"""One message for a number and an export: among the topics that may be sent, the one that was sent longest ago."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vip_tiering.lists.facts import Facts, units_of
from vip_tiering.lists.forms import NO_DAY
from vip_tiering.lists.gates import Judged
from vip_tiering.lists.history import History
from vip_tiering.money import Int64s
from vip_tiering.rows import Int32s


def take_turns(judged: Sequence[Judged], history: History, facts: Facts, profile: Int32s) -> list[Judged]:
    """Return the verdicts with `not_this_turn` for all but one topic of each unit and channel.

    The unit is the number where many are sent to, so that a number gets one message however many customers share it, else
    the customer. Sent longest ago goes first, never sent before all; ties in the order of the playbooks.
    """
    best: dict[str, Int64s] = {}
    turns: list[tuple[Int64s, Int32s, Int64s] | None] = []
    for one in judged:
        case = one.due.case
        if not case.turns:
            turns.append(None)
            continue
        units, count = units_of(case, facts)
        first = best.setdefault(case.channel.code, np.full(count, np.iinfo(np.int64).max))
        unit = units[profile[one.due.at[one.passed]]]
        last = history.last_of(case.number, units, count)[unit].astype(np.int64)
        key = np.where(last == NO_DAY, 0, last - NO_DAY) << np.int64(_NUMBER_BITS) | np.int64(case.number)
        np.minimum.at(first, unit, key)
        turns.append((key, unit, first))
    return [one if turn is None else _kept(one, *turn) for one, turn in zip(judged, turns, strict=True)]


_NUMBER_BITS = 16


def _kept(one: Judged, key: Int64s, unit: Int32s, best: Int64s) -> Judged:
    """Return a verdict without those whose unit has a better key. `key`, `unit`: of those who passed; `best`: by unit."""
    later = np.zeros(len(one.due), np.bool_)
    later[one.passed] = best[unit] != key
    return one.stopped(later, "not_this_turn")
