"""Who was selected and had no place in a manager's day: comes first the next day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from vip_tiering.lists.forms import NO_DAY
from vip_tiering.lists.people import People, positions_in
from vip_tiering.rows import Int32s

OVERFLOW: Final = pa.schema([pa.field("customer_id", pa.string()), pa.field("action", pa.string()), pa.field("since", pa.int32())])
"""Who had no place in a manager's day, and the day number of the first export in which it was so."""


@dataclass(frozen=True)
class Overflow:
    """Who had no place in a manager's day before, arrays of shape (o,).

    `at`: position in the run; `action`: index among all actions; `since`: day number of the first export in which it was so.
    """

    at: Int32s
    action: Int32s
    since: Int32s

    def of(self, action: int) -> tuple[Int32s, Int32s]:
        """Return who had no place for an action, and since when."""
        mine = self.action == action
        return self.at[mine], self.since[mine]

    def since_of(self, action: int, at: Int32s) -> Int32s:
        """Return since when customers had no place for an action, shape (k,); NO_DAY for those who had. `at` is ascending."""
        who, since = self.of(action)
        days = np.full(len(at), NO_DAY, np.int32)
        if len(who) and len(at):
            place = np.minimum(np.searchsorted(at, who), len(at) - 1)
            here = at[place] == who
            days[place[here]] = since[here]
        return days


def overflow_among(rows: pa.Table, people: People, actions: Sequence[str]) -> Overflow:
    """Return the overflow of earlier exports (`OVERFLOW`) among the customers of a run."""
    at = positions_in(rows["customer_id"].combine_chunks(), people.customer_id)
    action = positions_in(rows["action"].combine_chunks(), pa.array(actions, pa.string()))
    known = (at >= 0) & (action >= 0)
    return Overflow(at[known], action[known], rows["since"].to_numpy()[known])
