"""What became of every selected customer, counted per action in customers: selected = exported + suppressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.errors import ProofError
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.customers.dates import iso_dates
from vip_tiering.customers.texts import plain
from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.gates import Judged
from vip_tiering.lists.selection.people import NOBODY
from vip_tiering.playbooks.gates import GATES

SUPPRESSED_COLUMNS: Final = ("customer_id", "action", "channel", "reason", "manager", "branch", "tier")
CONTACT_COLUMNS: Final = ("customer_id", "channel", "action", "event_date", "product", "manager", "branch")
"""What an export remembers of whom it put on a list, and whose customer it was; the day is that of the export."""


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


def counts_of(judged: Sequence[Judged], selected: Mapping[str, int]) -> dict[str, Counts]:
    """Return the counts of every action. Raises ProofError where customers were lost or doubled on the way.

    `selected`: how many were selected, for every action in its order.
    """
    counts = {}
    for action, chosen in selected.items():
        of_action = [one for one in judged if one.due.case.action.id == action]
        reasons = np.concatenate([one.reason for one in of_action]) if of_action else np.empty(0, np.int8)
        stopped = np.bincount(reasons[reasons >= 0], minlength=len(GATES)).tolist()
        suppressed: dict[str, int] = {gate: count for gate, count in zip(GATES, stopped, strict=True) if count}
        one = Counts(chosen, int((reasons < 0).sum()), suppressed)
        at = np.sort(np.concatenate([one.due.at for one in of_action])) if of_action else np.empty(0, np.int32)
        if one.selected != one.exported + sum(suppressed.values()) or (np.diff(at) == 0).any():
            raise ProofError(f"{action}: selected {one.selected}, exported {one.exported}, suppressed {sum(suppressed.values())}")
        counts[action] = one
    return counts


def suppressed_rows(judged: Sequence[Judged], desk: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return whom a gate stopped, with the one reason; and those among them that only private files may hold."""
    return _suppressed(judged, desk, hidden=False), _suppressed(judged, desk, hidden=True)


def _stopped(judged: Judged, desk: RowContext, *, hidden: bool) -> Mask:
    stopped: Mask = ~judged.passed & (desk.hidden(judged.due) == hidden)
    return stopped


def _suppressed(judged: Sequence[Judged], desk: RowContext, *, hidden: bool) -> pa.Table:
    parts = [(one, _stopped(one, desk, hidden=hidden)) for one in judged]
    at = np.concatenate([one.due.at[mask] for one, mask in parts]) if parts else np.empty(0, np.int32)
    texts = {
        "action": [(one.due.case.action.id, mask) for one, mask in parts],
        "channel": [(one.due.case.channel.code, mask) for one, mask in parts],
    }
    reasons = np.concatenate([one.reason[mask] for one, mask in parts]) if parts else np.empty(0, np.int8)
    columns = {
        "customer_id": pa.DictionaryArray.from_arrays(pa.array(at), desk.people.customer_id),
        **{name: _repeated([(text, int(mask.sum())) for text, mask in pairs]) for name, pairs in texts.items()},
        "reason": pa.DictionaryArray.from_arrays(pa.array(reasons), pa.array(GATES, pa.string())),
        "manager": _named_or_none(desk, "manager", at),
        "branch": _named_or_none(desk, "branch", at),
        "tier": pa.DictionaryArray.from_arrays(pa.array(desk.people.level[at]), pa.array(desk.people.codes, pa.string())),
    }
    return pa.table(columns).select(list(SUPPRESSED_COLUMNS))


def _repeated(counts: Sequence[tuple[str, int]]) -> pa.DictionaryArray:
    """Return each text so many times."""
    texts = list(dict.fromkeys(text for text, _ in counts))
    codes = np.array([texts.index(text) for text, _ in counts], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(np.repeat(codes, [count for _, count in counts])), pa.array(texts, pa.string()))


def _named_or_none(desk: RowContext, field: str, at: Int32s) -> pa.DictionaryArray:
    """Return branch or manager, `unassigned` also for those who are not in the customer file."""
    column = desk.customers.text[field]
    profile = desk.people.profile[at]
    index = pa.array(np.maximum(profile, 0), mask=profile == NOBODY)
    named = pc.if_else(pc.equal(column.dictionary, ""), UNASSIGNED, column.dictionary)
    nobody = pa.scalar(len(named), pa.int32())
    codes = pc.fill_null(column.indices.take(index), nobody)
    return pa.DictionaryArray.from_arrays(codes, pa.concat_arrays([named, pa.array([UNASSIGNED], pa.string())]))


def contact_rows(judged: Sequence[Judged], desk: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return whom this export puts on a list, one row for each action and event; and those that only private files may hold.

    The first hold `CONTACT_COLUMNS`; a later export reads them as `MEMORY`.
    """
    return _all_contacts(judged, desk, hidden=False), _all_contacts(judged, desk, hidden=True)


def _all_contacts(judged: Sequence[Judged], desk: RowContext, *, hidden: bool) -> pa.Table:
    return pa.concat_tables([_EMPTY, *(_contacts(one, desk, hidden=hidden) for one in judged)])


def _contacts(judged: Judged, desk: RowContext, *, hidden: bool) -> pa.Table:
    due, case = judged.due, judged.due.case
    at = due.at[judged.passed & (desk.hidden(due) == hidden)]
    if due.events is not None:
        events = due.events.of(at)
        at, day, product = events.at, events.day, events.product
    else:
        day, product = np.full(len(at), NO_DAY, np.int32), pa.repeat("", len(at))
    columns = {
        "customer_id": desk.people.customer_id.take(pa.array(at)),
        "channel": plain(case.channel.code, len(at)),
        "action": plain(case.action.id, len(at)),
        "event_date": iso_dates(day),
        "product": product.cast(pa.string()),
        "manager": _named_or_none(desk, "manager", at),
        "branch": _named_or_none(desk, "branch", at),
    }
    return pa.table(columns, schema=_EMPTY.schema)


_WORD: Final = pa.dictionary(pa.int32(), pa.string())
_EMPTY: Final = pa.schema(
    [(name, _WORD if name in {"channel", "action", "manager", "branch"} else pa.string()) for name in CONTACT_COLUMNS]
).empty_table()
