"""Which customers belong together: those whom the column of the household's head links, whatever the order of the links."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, positions_in


def households_of(customer_id: pa.Array, head: pa.Array) -> Int32s:
    """Return the household of each customer, shape (n,): the position of its first member.

    `head`: the customer number of the household's head, "" for none. Everybody belongs with whom he names, and with whoever names
    him, over any number of steps. A number that no customer has, such as a placeholder, links nobody; nor does one's own.
    """
    named = positions_in(head.cast(pa.string()), customer_id)
    who = np.flatnonzero(named >= 0).astype(np.int32)
    linked = named[who]
    household = np.arange(len(customer_id), dtype=np.int32)
    while True:  # each round at least doubles how far a household's first member is known
        nearer = household.copy()
        np.minimum.at(nearer, who, household[linked])
        np.minimum.at(nearer, linked, household[who])
        nearer = nearer[nearer]
        if np.array_equal(nearer, household):
            return household
        household = nearer
