"""Regular work by people, spread evenly over its cadence: nobody finds all of it on the first day."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, truth
from vip_tiering.customers.types import Customers
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.people import NOBODY, People


def first_turns(case: Case, members: Mask, people: People, customers: Customers) -> Int32s:
    """Return how many days after the first export a customer's first turn comes, shape (n,); 0 for who is no member.

    The members of each manager, or of each wealth manager where he acts, follow one another through the cadence: first those whom the
    action mainly means, then by their daily average. `members`, shape (n,): whose tier has the action. Regular work for the same
    people by the same person has the same turns, so that it is done in one contact.
    """
    turns = np.zeros(len(members), np.int32)
    at = np.flatnonzero(members)
    if not len(at) or case.action.cadence_days is None:
        return turns
    profile = people.profile[at]
    known = profile != NOBODY
    of_customer = {
        "branch": customers.text["branch"].indices.to_numpy(),
        "manager": _managers(case, customers),
        "mainly": customers.segments & case.main_segments > 0,
    }
    columns = {name: np.where(known, values[np.maximum(profile, 0)], -1) for name, values in of_customer.items()} if len(customers) else {}
    frame = pd.DataFrame({"branch": -1, "manager": -1, "mainly": 0, "average": people.daily_average_fen[at], "at": at}).assign(**columns)
    frame = frame.sort_values(["branch", "manager", "mainly", "average", "at"], ascending=[True, True, False, False, True])
    managers = frame.groupby(["branch", "manager"])["at"]
    turns[frame["at"]] = managers.cumcount() * case.action.cadence_days // managers.transform("size")
    return turns


def _managers(case: Case, customers: Customers) -> Int32s:
    """Return a number for the manager who acts on each customer of the file, shape (m,)."""
    own: Int32s = customers.text["manager"].indices.to_numpy()
    if case.action.by == "manager":
        return own
    wealth = customers.text["wealth_manager"]
    numbers = wealth.indices.to_numpy() + len(customers.text["manager"].dictionary)
    result: Int32s = np.where(truth(pc.equal(wealth.cast(pa.string()), "")), own, numbers)
    return result
