"""The load ahead: the lists of the next working days, each made as if every contact before it was made and answered. Frames only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, one_array, positions_in
from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.lists.export.day import DayInputs, DayLists, lists_of_day
from vip_tiering.lists.export.outcome import Counts
from vip_tiering.lists.selection.cases import Only
from vip_tiering.lists.selection.earlier_exports import WAITS, remembered
from vip_tiering.lists.selection.events import Window, window_of
from vip_tiering.lists.selection.history import OVERFLOW
from vip_tiering.playbooks.gates import GATES
from vip_tiering.rules.calendar import IsWorking

NOBODY_DUE: Final = "nobody_due"
NOBODY_FITS: Final = "nobody_fits"
"""Why nobody hears of something, beside the gates: it is due for nobody; or of those who hear of its action it suits nobody."""
LOADS: Final = ("day", "branch", "manager", "contacts", "waiting")
"""Of each day and manager: the customers that he contacts, and those for whom he had no place."""
MANAGERS: Final = ("branch", "manager", "quota", "median", "most", "waiting", "longest_wait")
"""`quota`: NA for none; `median`, `most`: contacts per day; `waiting`: customers on the last day; `longest_wait`: in calendar days."""
ACTIONS: Final = ("action", "due", "told", "never_percent", "reason", "stopped")
"""Customers: `due` at least once, `told` at least once; `never_percent`: of those due, rounded down; `reason`: the last one of most of
the others, "" where there are none, and `stopped`: how many have it."""
SILENT: Final = ("kind", "code", "reason", "stopped")
"""`kind`: action or topic; `code`: of what nobody hears; `reason`: a gate, NOBODY_DUE or NOBODY_FITS; `stopped`: customers with it."""
_OWNER: Final = ["branch", "manager"]
_NOT_DUE: Final = -2
_TOLD: Final = -1


@dataclass(frozen=True)
class Forecast:
    """The load ahead. `windows`: the days that each export is for; `counts`: by action, for each of them; frames as named above."""

    windows: list[Window]
    counts: list[dict[str, Counts]]
    loads: pd.DataFrame
    managers: pd.DataFrame
    actions: pd.DataFrame
    silent: pd.DataFrame


def forecast(inputs: DayInputs, first: dt.date, count: int, is_working: IsWorking) -> Forecast:
    """Make the lists of so many working days from `first` on in memory, each remembering those before, and tell the load."""
    windows, counts, loads, waits = [], [], [], []
    topics: dict[str, int] = {}
    seen = _Seen(inputs)
    for window in windows_ahead(first, count, is_working):
        lists = lists_of_day(inputs, day_date(window.first), window, Only())
        following = day_after(inputs, lists, window.first)
        windows.append(window)
        counts.append(lists.counts)
        topics = {code: topics.get(code, 0) + told for code, told in lists.topics.items()}
        seen.note(lists)
        loads.append(_load(lists, inputs).assign(day=window.first))
        waits.append(_waits(inputs, following, lists, window.first))
        inputs = following
    load = pd.concat(loads, ignore_index=True)[[*LOADS]]
    actions = _actions(seen, counts)
    return Forecast(windows, counts, load, _managers(load, pd.concat(waits), inputs), actions, _silent(actions, topics, seen, inputs))


def windows_ahead(first: dt.date, count: int, is_working: IsWorking) -> Iterator[Window]:
    """Yield the window of each of so many working days from `first` on; where that is a day off, from the next working day on."""
    day = window_of(first - dt.timedelta(days=1), is_working).last + 1
    for _ in range(count):
        window = window_of(day_date(day), is_working)
        yield window
        day = window.last + 1


def day_after(inputs: DayInputs, lists: DayLists, today: int) -> DayInputs:
    """Return what the lists of the next day are made from, when every contact of today is made and answered.

    What an export leaves to the next one by its files (`read_earlier_exports`), without files.
    """
    memory = pd.concat([inputs.memory, *(remembered(table, today) for table in lists.contacts)], ignore_index=True)
    waiting = _waiting(lists, *WAITS)[["customer_id", "action"]].merge(inputs.overflow, how="left", on=["customer_id", "action"])
    overflow = waiting.assign(since=waiting["since"].fillna(today)).astype(OVERFLOW)[[*OVERFLOW]]
    return replace(inputs, memory=memory, overflow=overflow, first_day=today if inputs.first_day is None else inputs.first_day)


def _waiting(lists: DayLists, *reasons: str) -> pd.DataFrame:
    """Return customer, action, branch and manager of all who wait for another day by one of these reasons."""
    wanted = pa.array(reasons, pa.string())
    tables = [table.filter(pc.is_in(table["reason"].cast(pa.string()), value_set=wanted)) for table in lists.suppressed]
    return pd.concat([_texts(table, "customer_id", "action", *_OWNER) for table in tables], ignore_index=True)


def _texts(table: pa.Table, *columns: str) -> pd.DataFrame:
    """Return columns of a table as text."""
    frame: pd.DataFrame = pa.table({name: table[name].cast(pa.string()) for name in columns}).to_pandas()
    return frame


def _load(lists: DayLists, inputs: DayInputs) -> pd.DataFrame:
    """Return how many customers each manager contacts on a day, and for how many he has no place (`LOADS` but for the day)."""
    waiting = _waiting(lists, "manager_quota")
    waiting = waiting[~waiting["action"].isin(_limited(inputs))]
    both = {"contacts": _spoken_to(lists, inputs), "waiting": waiting}
    tallies = {name: rows.groupby(_OWNER)["customer_id"].nunique() for name, rows in both.items()}
    return pd.DataFrame(tallies).fillna(0).astype("int64").reset_index()


def _spoken_to(lists: DayLists, inputs: DayInputs) -> pd.DataFrame:
    """Return customer, action, branch and manager of all whom people contact on a day; messages to many are not among them."""
    people = [code for code, one in inputs.books.channels.items() if not one.public]
    contacts = pd.concat([_texts(table, "customer_id", "action", "channel", *_OWNER) for table in lists.contacts])
    return contacts[contacts["channel"].isin(people)]


def _limited(inputs: DayInputs) -> list[str]:
    """Return the actions with a limit of their own: whoever waits for one alone does not wait for a place in the day."""
    return [one.id for one in inputs.books.actions() if one.per_manager_a_day is not None]


def _waits(before: DayInputs, after: DayInputs, lists: DayLists, today: int) -> pd.DataFrame:
    """Return how many days customers waited who have a place today, and those who still have none: branch, manager, `wait`."""
    ended = _spoken_to(lists, before).merge(before.overflow, on=["customer_id", "action"])
    still = _waiting(lists, "manager_quota").merge(after.overflow, on=["customer_id", "action"])
    both = pd.concat([ended, still], ignore_index=True)
    return both[~both["action"].isin(_limited(before))].assign(wait=today - both["since"])[[*_OWNER, "wait"]]


class _Seen:
    """What became of every customer and action so far, as an array of shape (customers, actions).

    An entry is the index of the last gate that stopped it, _TOLD for good once it was told, or _NOT_DUE.
    """

    def __init__(self, inputs: DayInputs) -> None:
        """Take the actions of the rules; the customers come with the first lists."""
        self.actions = [one.id for one in inputs.books.actions()]
        self.state: npt.NDArray[np.int8] = np.empty((0, len(self.actions)), np.int8)

    def note(self, lists: DayLists) -> None:
        """Take the lists of one more day."""
        ids = lists.people.customer_id
        if not len(self.state):
            self.state = np.full((len(ids), len(self.actions)), _NOT_DUE, np.int8)
        for table in lists.suppressed:
            at, action = self._places(table, ids)
            reason = positions_in(one_array(table["reason"].cast(pa.string())), pa.array(GATES, pa.string())).astype(np.int8)
            self.state[at, action] = np.where(self.state[at, action] == _TOLD, np.int8(_TOLD), reason)
        for table in lists.contacts:
            self.state[self._places(table, ids)] = _TOLD

    def _places(self, table: pa.Table, ids: pa.Array) -> tuple[Int32s, Int32s]:
        action = one_array(table["action"].cast(pa.string()))
        return positions_in(one_array(table["customer_id"]), ids), positions_in(action, pa.array(self.actions, pa.string()))

    def of(self, action: str) -> Int8s:
        """Return what became of every customer for an action, shape (n,)."""
        column: Int8s = self.state[:, self.actions.index(action)]
        return column


def _managers(loads: pd.DataFrame, waits: pd.DataFrame, inputs: DayInputs) -> pd.DataFrame:
    """Return the load of each manager over all days (`MANAGERS`); a day without a contact counts as one with none."""
    by_day = {name: loads.pivot_table(name, _OWNER, "day", "sum", fill_value=0) for name in ("contacts", "waiting")}
    quota = inputs.books.gates.manager_quota
    frame = pd.DataFrame(
        {
            "median": by_day["contacts"].median(axis=1),
            "most": by_day["contacts"].max(axis=1),
            "waiting": by_day["waiting"].iloc[:, -1] if len(loads) else by_day["waiting"].sum(axis=1),
            "longest_wait": waits.groupby(_OWNER)["wait"].max(),
        }
    ).reset_index(names=_OWNER)
    places = [quota.places_of(one) if quota is not None and one != UNASSIGNED else None for one in frame["manager"]]
    whole = dict.fromkeys(("quota", "most", "waiting", "longest_wait"), "Int64")
    return frame.assign(quota=pd.array(places, "Int64"), longest_wait=frame["longest_wait"].fillna(0)).astype(whole)[[*MANAGERS]]


def _actions(seen: _Seen, counts: list[dict[str, Counts]]) -> pd.DataFrame:
    """Return what became of each action that anybody may have (`ACTIONS`), in the order of the rules."""
    rows = []
    for action in counts[0] if counts else ():
        of_action = seen.of(action)
        due, told = int(np.count_nonzero(of_action != _NOT_DUE)), int(np.count_nonzero(of_action == _TOLD))
        reason, stopped = _main_reason(of_action)
        rows.append((action, due, told, 100 * (due - told) // due if due else 0, reason, stopped))
    return pd.DataFrame(rows, columns=[*ACTIONS])


def _main_reason(of_action: Int8s) -> tuple[str, int]:
    """Return the last reason of most customers who were not told, and how many they are; of several the first gate."""
    stopped = np.bincount(of_action[of_action >= 0], minlength=len(GATES))
    most = int(stopped.argmax())
    return (GATES[most], int(stopped[most])) if stopped[most] else ("", 0)


def _silent(actions: pd.DataFrame, topics: Mapping[str, int], seen: _Seen, inputs: DayInputs) -> pd.DataFrame:
    """Return the actions and the topics of which nobody hears (`SILENT`)."""
    rows = [("action", one.action, one.reason or NOBODY_DUE, one.stopped) for one in actions[actions["told"] == 0].itertuples()]
    active = set(actions["action"])
    about = {code: [one.id for one in inputs.books.actions() if one.id in active and code in (one.topics or ())] for code in topics}
    for code in (code for code, told in topics.items() if not told):
        reason, stopped = _main_reason(np.concatenate([seen.of(action) for action in about[code]]))
        told = actions.loc[actions["action"].isin(about[code]), "told"].sum()
        rows.append(("topic", code, NOBODY_FITS if told else reason or NOBODY_DUE, 0 if told else stopped))
    return pd.DataFrame(rows, columns=[*SILENT])
