"""Who acts on a customer, and that of a household one is contacted in a day: by the customer file, with code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Mask, positions_in
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.customers.types import Customers
from vip_tiering.lists.verification.customers import NewIds, Standing
from vip_tiering.lists.verification.entries import Export, findings_in


def check_households(export: Export, person: Int64s, customers: Customers, now: NewIds) -> Iterator[Problem]:
    """Yield contacts by people with customers of whose household another one is contacted too. `person`: position of each, or -1."""
    contacts = export.contacts
    by_people = ~export.public[contacts["channel"]] & (person >= 0)
    mine = pd.DataFrame({"household": _households(customers, now)[person], "person": person})[by_people]
    several = mine.groupby("household")["person"].transform("nunique") > 1
    wrong = np.zeros(len(contacts), np.bool_)
    wrong[np.flatnonzero(by_people)[several.to_numpy()]] = True
    yield from findings_in(contacts, "household-twice", wrong, "customer_id")


def check_managers(export: Export, person: Int64s, customers: Customers, standing: Standing) -> Iterator[Problem]:
    """Yield contacts whose manager is not who acts: the wealth manager of a customer who is not private, by an action that says so."""
    contacts = export.contacts
    given = export.of_actions(one.by == "wealth_manager" for one in export.actions)[contacts["action"]]
    own, wealth = (_names(customers, field)[person] for field in ("manager", "wealth_manager"))
    second: Mask = given & ~export.public[contacts["channel"]] & (wealth != UNASSIGNED) & ~standing.private[person]
    differs = contacts["manager"].astype("str").to_numpy() != np.where(second, wealth, own)
    yield from findings_in(contacts, "manager-differs", differs & (person >= 0), "manager")


def _names(customers: Customers, field: str) -> npt.NDArray[Any]:
    names: npt.NDArray[Any] = customers.text[field].cast(pa.string()).to_pandas().replace("", UNASSIGNED).to_numpy(object)
    return names


def _households(customers: Customers, now: NewIds) -> Int64s:
    """Return a number for each customer, shape (m,), the same for all who are linked: the smallest one spreads over all links."""
    head = positions_in(now.of(customers.text["household_customer_id"].cast(pa.string())), now.of(customers.customer_id))
    links = pd.DataFrame({"one": np.arange(len(customers)), "other": head})[head >= 0]
    both = pd.concat([links, links.rename(columns={"one": "other", "other": "one"})])
    number = pd.Series(np.arange(len(customers), dtype=np.int64))
    while True:
        least = number[both["other"]].groupby(both["one"].to_numpy()).min()
        spread = number.copy()
        spread[least.index] = np.minimum(number[least.index], least)
        if spread.equals(number):
            return number.to_numpy()
        number = spread
