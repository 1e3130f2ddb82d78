"""Who is invited to an event with a number of seats: those who come first by rank, over all exports."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import truth
from vip_tiering.base.quarter import day_number
from vip_tiering.lists.export.ranking import URGENT_FIRST, with_urgency
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.gates import PASSES, stopped
from vip_tiering.rules.calendar import BranchDate


def keep_seats(verdicts: pd.DataFrame, context: RowContext, memory: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts with `no_seat` for whoever is beyond the seats of the event to which he would be invited.

    `memory`: contacts of earlier exports (`history.EARLIER_CONTACTS`), whose invitations hold a seat until they are refused. Who
    holds one already needs no other. Of the others the first by `URGENT_FIRST` are invited; what a manager has no place for today
    goes by its rank again tomorrow.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    event = context.events_of(passed)
    for place, one in enumerate(context.branch_dates):
        rows = passed[event == place]
        if one.seats is None or rows.empty:
            continue
        held = _held(one, memory)
        new = rows[~truth(pc.is_in(context.people.customer_id.take(rows["at"].to_numpy()), value_set=held))]
        in_order = with_urgency(new, context).sort_values([*URGENT_FIRST], ascending=[*URGENT_FIRST.values()])
        free = max(0, one.seats - len(held))
        verdicts = stopped(verdicts, in_order.index[free:], "no_seat")
    return verdicts


def _held(event: BranchDate, memory: pd.DataFrame) -> pa.Array:
    """Return who was invited to an event and did not refuse, each customer once."""
    invited = memory[(memory["action"] == event.action) & (memory["event_day"] == day_number(event.date))]
    if event.branch is not None:
        invited = invited[invited["branch"] == event.branch]
    refused = invited.loc[invited["declined"], "customer_id"]
    return pa.array(invited.loc[~invited["customer_id"].isin(refused), "customer_id"].unique(), pa.string())
