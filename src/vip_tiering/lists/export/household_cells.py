"""What a row for people says of the other customers of a household: who they are, on which tier, with whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, joined_groups, text_array, truth
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.lists.export.row_context import RowContext

_SAME_MANAGER = "同一客户经理"
_NO_MANAGER = "无客户经理"


def household_cells(rows: pd.DataFrame, context: RowContext) -> pa.Array:
    """Return for each customer of rows the others of his household, such as 张女士（银卡，同一客户经理）, joined by 、, shape (k,).

    `rows`: one of each customer, with its case. Named is who is a customer of the run, of the same branch, or of the same manager
    where no branch is known. Never a private client, for the row may be open; and nobody who is not an active customer of age.
    """
    pairs = _pairs(rows, context)
    if pairs.empty:
        return pa.repeat("", len(rows))
    other = pairs["other"].to_numpy()
    manager = context.named("manager", other)
    who = pc.if_else(pc.equal(manager, UNASSIGNED), _NO_MANAGER, manager)
    with_whom = pc.if_else(pa.array(pairs["same"].to_numpy()), _SAME_MANAGER, who)
    tier = context.labels_of(context.people.level[other]).cast(pa.string())
    told = pc.binary_join_element_wise(context.addresses_of(other)[0], "（", tier, "，", with_whom, "）", "")
    of_row = joined_groups(text_array(told.to_pandas()), pairs["place"], "、").to_pandas()
    return text_array(of_row.set_axis(pairs["place"].unique()).reindex(range(len(rows)), fill_value=""))


def _pairs(rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return row and other customer of the household who may be named: `place` in the rows, `other` in the run, `same` manager."""
    people, facts = context.people, context.facts
    known = np.flatnonzero(people.profile >= 0)
    profile = people.profile[known]
    shown = facts.marketable[profile] & ~context.private[known]
    everybody = pd.DataFrame({"household": facts.household[profile], "other": known})[shown]
    at = rows["at"].to_numpy()
    mine = pd.DataFrame({"place": np.arange(len(rows)), "at": at, "household": facts.household[people.profile[at]]})
    pairs = mine.merge(everybody, on="household")
    pairs = pairs[pairs["at"] != pairs["other"]].sort_values(["place", "other"], ignore_index=True)
    branch, manager = ([context.named(name, pairs[of]) for of in ("at", "other")] for name in ("branch", "manager"))
    same_branch, no_branch = truth(pc.equal(*branch)), truth(pc.equal(branch[0], UNASSIGNED))
    pairs["same"] = _alike(context.acting(rows).take(pa.array(pairs["place"])), manager[1])
    return pairs[same_branch & (~no_branch | _alike(*manager))].reset_index(drop=True)


def _alike(one: pa.Array, other: pa.Array) -> Mask:
    """Return where two names are the same, and one is given."""
    return truth(pc.and_(pc.equal(one, other), pc.not_equal(one, UNASSIGNED)))
