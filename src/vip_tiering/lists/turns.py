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
    keys: list[Int64s | None] = []
    for one in judged:
        case = one.due.case
        if not case.turns:
            keys.append(None)
            continue
        units, count = units_of(case, facts)
        first = best.setdefault(case.channel.code, np.full(count, np.iinfo(np.int64).max))
        unit = units[profile[one.due.at[one.passed]]]
        last = history.last_of(case.number, units, count)[unit].astype(np.int64)
        key = np.where(last == NO_DAY, 0, last - NO_DAY) << np.int64(_NUMBER_BITS) | np.int64(case.number)
        np.minimum.at(first, unit, key)
        keys.append(key)
    return [one if key is None else _kept(one, key, best, facts, profile) for one, key in zip(judged, keys, strict=True)]


_NUMBER_BITS = 16


def _kept(one: Judged, key: Int64s, best: dict[str, Int64s], facts: Facts, profile: Int32s) -> Judged:
    units, _ = units_of(one.due.case, facts)
    later = np.zeros(len(one.due), np.bool_)
    later[one.passed] = best[one.due.case.channel.code][units[profile[one.due.at[one.passed]]]] != key
    return one.stopped(later, "not_this_turn")
