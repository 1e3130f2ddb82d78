"""What became of every selected customer, counted per action in customers: selected = exported + suppressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import text_array
from vip_tiering.base.errors import ProofError
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.gates import PASSES
from vip_tiering.lists.selection.select import Due
from vip_tiering.playbooks.gates import GATES

SUPPRESSED_COLUMNS: Final = ("customer_id", "action", "channel", "reason", "manager", "branch", "tier")
CONTACT_COLUMNS: Final = ("customer_id", "channel", "action", "event_date", "product", "manager", "branch", "tier")
"""What an export remembers of whom it put on a list, whose customer it was and on which tier; the day is that of the export."""


@dataclass(frozen=True)
class Counts:
    """What became of the customers that were selected for an action. `suppressed`: by reason, in the order of the gates."""

    selected: int
    exported: int
    suppressed: dict[str, int]

    @property
    def document(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {"selected": self.selected, "exported": self.exported, "suppressed": self.suppressed}


def counts_of(verdicts: pd.DataFrame, cases: Sequence[Case], selected: Mapping[str, int]) -> dict[str, Counts]:
    """Return the counts of every action. Raises ProofError where customers were lost or doubled on the way.

    `selected`: how many were selected, for every action in its order.
    """
    counts = {}
    for action, chosen in selected.items():
        rows = verdicts[verdicts["case"].isin([case.place for case in cases if case.action.id == action])]
        by_reason = rows["reason"].value_counts().to_dict()
        suppressed: dict[str, int] = {gate: by_reason[number] for number, gate in enumerate(GATES) if number in by_reason}
        one = Counts(chosen, by_reason.get(PASSES, 0), suppressed)
        if one.selected != one.exported + sum(suppressed.values()) or rows["at"].duplicated().any():
            raise ProofError(f"{action}: selected {one.selected}, exported {one.exported}, suppressed {sum(suppressed.values())}")
        counts[action] = one
    return counts


def topics_told(verdicts: pd.DataFrame, cases: Sequence[Case]) -> dict[str, int]:
    """Return how many customers hear of each product that an action is about, by its code; one whom two actions tell counts twice."""
    told: dict[str, int] = {}
    passed = verdicts[verdicts["reason"] == PASSES]
    for case in cases:
        bits = passed.loc[passed["case"] == case.place, "topics"].to_numpy()
        for number, topic in enumerate(case.topics):
            told[topic.code] = told.get(topic.code, 0) + int(np.count_nonzero(bits >> np.uint32(number) & np.uint32(1)))
    return told


def suppressed_rows(verdicts: pd.DataFrame, context: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return whom a gate stopped, with the one reason; and those among them that only private files may hold."""
    rows = verdicts[verdicts["reason"] != PASSES]
    return context.parted(rows, lambda part: _suppressed(part, context))


def _suppressed(rows: pd.DataFrame, context: RowContext) -> pa.Table:
    columns = {
        **_whose(rows, context),
        "reason": pa.DictionaryArray.from_arrays(pa.array(rows["reason"]), pa.array(GATES, pa.string())),
    }
    return pa.table(columns).select(list(SUPPRESSED_COLUMNS))


def _whose(rows: pd.DataFrame, context: RowContext) -> dict[str, pa.Array]:
    """Return the columns that both files have: customer, manager, branch and tier, action and channel. `rows`: `at`, `case`."""
    case, people = pa.array(rows["case"]), context.people
    return {
        "customer_id": people.customer_id.take(pa.array(rows["at"])),
        "action": pa.DictionaryArray.from_arrays(case, pa.array([one.action.id for one in context.cases], pa.string())),
        "channel": pa.DictionaryArray.from_arrays(case, pa.array([one.channel.code for one in context.cases], pa.string())),
        "manager": context.acting(rows),
        "branch": context.named("branch", rows["at"]),
        "tier": pa.DictionaryArray.from_arrays(pa.array(people.level[rows["at"]]), pa.array(people.codes, pa.string())),
    }


def contact_rows(verdicts: pd.DataFrame, dues: Sequence[Due], context: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return whom this export puts on a list, one row for each action and event; and those that only private files may hold.

    The first hold `CONTACT_COLUMNS`; a later export reads them as `EARLIER_CONTACTS`.
    """
    numbers = np.array([case.number for case in context.cases])
    passed = verdicts[verdicts["reason"] == PASSES][["at", "case"]].assign(action=lambda rows: numbers[rows["case"]])
    events = pd.concat([due.events.assign(action=due.case.number) for due in dues])
    return context.parted(passed.merge(events, on=["action", "at"]), lambda part: _contacts(part, context))


def _contacts(rows: pd.DataFrame, context: RowContext) -> pa.Table:
    columns = {
        **_whose(rows, context),
        "event_date": iso_dates(rows["day"].to_numpy()),
        "product": text_array(rows["product"]),
    }
    return pa.table(columns).select(list(CONTACT_COLUMNS))
