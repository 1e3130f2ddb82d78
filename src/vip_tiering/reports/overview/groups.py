"""Who holds what: branch by branch, manager by manager, and what came of the lists. Frames in, tables out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import pandas as pd
import pyarrow as pa

from vip_tiering.base.quarter import Quarter
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.reports.figures.tallies import BRANCH, MANAGER, TOTAL
from vip_tiering.reports.overview.summary import DOWNWARD, UPWARD
from vip_tiering.reports.overview.tables import Kind, Table
from vip_tiering.reports.report import Report
from vip_tiering.reports.words import FIGURES as LINES

_KEYS: Final[dict[str, Kind]] = {"branch": "branch", "manager": "manager"}
_LINE: Final[dict[str, Kind]] = {
    name: ("count" if name.endswith("customers") else "count_change" if name == "customers_change" else "fen") for name in LINES
} | {"daily_average_change": "fen_change"}
_MOVED: Final[dict[str, Kind]] = {"up": "count", "down": "count", "near_up": "count", "falling": "count"}
_CONTACTS: Final[dict[str, Kind]] = {
    **_KEYS, "customers": "count", "contacts": "count", "recorded": "count", "delivered": "count", "reached": "count",
    "interested": "count", "refused": "count", "complaints": "count", "obstacles": "count",
}  # fmt: skip
_ACTIONS: Final[dict[str, Kind]] = {
    "action": "action", "selected": "count", "exported": "count", "recorded": "count", "delivered": "count", "reached": "count",
    "interested": "count", "refused": "count",
}  # fmt: skip


class ListsDone(Protocol):
    """What came of the lists of some days. `managers`, `figures` by action: as `vip playbook results` counts them."""

    @property
    def managers(self) -> pa.Table:
        """Contacts by branch and manager, with the sum of all."""

    @property
    def figures(self) -> pa.Table:
        """Rows by branch, manager and action."""


CountLists = Callable[[dt.date, dt.date], ListsDone | None]
"""Counts the lists from one day to another; None where there was none."""


def days_of_lists(manifest: Mapping[str, Any]) -> tuple[dt.date, dt.date]:
    """Return the days whose lists a run decides: of the quarter after it, or of its own where it lies inside."""
    quarter = Quarter.of(dt.date.fromisoformat(manifest["last_day"]))
    wanted = quarter if manifest["status"] == "provisional" else quarter.following
    return wanted.start, wanted.end


def groups_of(report: Report) -> list[Table]:
    """Return a line for each branch and each manager, and for each of their tiers; who is about to move is counted beside who moved."""
    tables = []
    for code, keys, lines in (("branches", BRANCH, report.by_branch), ("managers", MANAGER, report.by_manager)):
        kinds = {name: _KEYS[name] for name in keys}
        whole = lines[lines["tier"] == TOTAL].merge(_moved(report, keys), how="left", on=[*keys])
        whole = whole.fillna(dict.fromkeys(_MOVED, 0))
        tables += [
            Table.of(code, {**kinds, **_LINE, **_MOVED}, whole),
            Table.of(f"{code}_tiers", {**kinds, "tier": "tier", **_LINE}, lines),
        ]
    return tables


def _moved(report: Report, keys: Sequence[str]) -> pd.DataFrame:
    """Return how many customers of each group rose, fell, and are about to."""
    change, state = report.moves["change"], report.customers["state"]
    none = dict.fromkeys(_MOVED, False)
    moved = report.moves[[*keys]].assign(**none | {"up": change.isin(UPWARD), "down": change.isin(DOWNWARD)})
    ahead = report.customers[[*keys]].assign(**none | {"near_up": state.isin(("rising", "near_up")), "falling": state == "falling"})
    # One frame, one grouping: pandas cannot join groups of many names to none at all.
    return pd.concat([moved, ahead]).groupby([*keys], observed=True).sum().reset_index()


def lists_of(done: ListsDone) -> list[Table]:
    """Return what came of the lists by manager, all of them (null) last, and by action."""
    contacts = done.managers.to_pandas()
    of_all = contacts["branch"].eq("") & contacts["manager"].eq("")
    named = contacts[~of_all].replace({name: {UNASSIGNED: ""} for name in _KEYS})
    whole = contacts[of_all].drop(columns=[*_KEYS])  # without a name: null
    managers = pd.concat([named, whole])
    actions = done.figures.to_pandas().groupby("action")[[*_ACTIONS][1:]].sum().reset_index()
    return [Table.of("contacts", _CONTACTS, managers), Table.of("actions", _ACTIONS, actions)]
