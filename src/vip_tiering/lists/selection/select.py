"""Who is selected for which action: by tier, cadence and trigger. No gate is tried here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from vip_tiering.base.arrays import Int32s, Mask, joined_groups, text_array
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.events import EVENT_TRIGGERS, WORTH_TELLING_LATER, EventSources, due_events, risk_of
from vip_tiering.lists.selection.history import History
from vip_tiering.lists.selection.spread import first_turns

DUE: Final = {
    "at": "int32",
    "day": "int32",
    "until": "int32",
    "product": "str",
    "amount_fen": "int64",
    "points": "int64",
    "offered": "int32",
    "told": "bool",
    "again": "bool",
}
"""Columns of the customers for whom a case is due, each once, by their position in the run (`at`); what makes it due is one occasion.

`day`: of the soonest event; `until`: by when it should be done, NO_DAY for no such day; `product`: labels joined by 、;
`amount_fen`, `points`: of all events, NOT_GIVEN where they are not; `offered`: index of the product on offer among all, -1 for
none; `told`: of every event the customer was told already; `again`: of every event the customer is to be told once more,
because nobody answered.
"""


def _due_anyway(at: Any) -> pd.DataFrame:  # noqa: ANN401 (positions of any integer type)
    """Return customers for whom something is due that waits for no event."""
    none = {"day": NO_DAY, "until": NO_DAY, "product": "", "amount_fen": NOT_GIVEN, "points": NOT_GIVEN, "offered": -1}
    return pd.DataFrame({"at": at, **none, "told": False, "again": False}).astype(DUE)


@dataclass(frozen=True)
class Due:
    """The customers for whom a case is due (`DUE`), and the single events (`at`, `day`, `product`), so that none is told twice.

    Two deposits of one product that mature on one day are one event; so is what two triggers find on one day.
    """

    case: Case
    rows: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True)
class Selector:
    """Selects for one case after the other. `levels`: the levels of the ladder whose playbook has the action, by action.

    `overflow` (see `overflow_among`): who had no place in a manager's day before, whose events are looked for since then.
    `first_day`: the day number of the first export that is remembered, from which regular work by people is spread.
    """

    sources: EventSources
    history: History
    levels: Mapping[str, Collection[int]]
    overflow: pd.DataFrame
    first_day: int

    def select(self, case: Case, among: Int32s | None = None) -> Due:
        """Return who is due for a case by its trigger, regular ones and those that wait for an event.

        `among`: who alone may be, for a case that follows from another.
        """
        members = np.isin(self.sources.people.level, sorted(self.levels[case.action.id]))
        if among is not None:
            members &= np.isin(np.arange(len(members)), among)
        if case.action.trigger in EVENT_TRIGGERS:
            return self._by_event(case, members)
        due = members & ~self._too_soon(case)
        if case.action.trigger == "regular" and not case.channel.public:
            due &= ~self._not_yet(case, members)
        rows = _due_anyway(np.flatnonzero(due))
        return Due(case, rows, rows[["at", "day", "product"]])

    def _not_yet(self, case: Case, members: Mask) -> Mask:
        """Return who never heard of a regular action by people and has his first turn on a later day, shape (n,)."""
        sources = self.sources
        everyone = np.arange(len(sources.customers), dtype=np.int32)
        never = np.append(self.history.last_of(case.number, everyone, len(everyone)) == NO_DAY, np.True_)[sources.people.profile]
        turns = first_turns(case, members, sources.people, sources.customers)
        result: Mask = never & (self.first_day + turns > sources.window.last)
        return result

    def _too_soon(self, case: Case, *, but_freed: bool = False) -> Mask:
        """Return who heard of the action less than its cadence ago, shape (n,). `but_freed`: what nobody answered does not count."""
        profile = self.sources.people.profile
        if case.action.cadence_days is None:
            return np.zeros(len(profile), np.bool_)
        everyone = np.arange(len(self.sources.customers), dtype=np.int32)
        last = self.history.last_of(case.number, everyone, len(everyone), but_freed=but_freed)
        recent = (last != NO_DAY) & (self.sources.window.first - last < case.action.cadence_days)
        result: Mask = np.append(recent, np.False_)[profile]  # -1, nobody in the customer file, takes the last
        return result

    def _by_event(self, case: Case, members: Mask) -> Due:
        found = self._events(case, members & ~self._too_soon(case, but_freed=True))
        told, again = self.history.told(case.number, found, self.sources.people.profile)
        found = found.assign(told=told, again=again, later=self._later(found))
        found = found.sort_values(["at", "told", "later", "day", "offered"], kind="stable")  # in the end as the rules name them
        # Where a customer has an event that he was not told, those he was told do not count any more.
        found = found[~found["told"] | found.groupby("at")["told"].transform("all")]
        if case.action.trigger in ("new_product", "branch_date"):  # one product, and one invitation, at a time
            found = found.drop_duplicates("at")
        return Due(case, _occasions(found), found[["at", "day", "product"]].drop_duplicates())

    def _events(self, case: Case, members: Mask) -> pd.DataFrame:
        """Return the events of the window, and for those who had no place before the ones that have passed meanwhile."""
        found = due_events(case.action, self.sources, members)
        waiting = self.overflow[self.overflow["action"] == case.number]
        meant = members & np.isin(np.arange(len(members)), waiting["at"])
        if case.action.trigger not in WORTH_TELLING_LATER or not meant.any():
            return found
        window = replace(self.sources.window, first=int(waiting["since"].min()))
        late = due_events(case.action, replace(self.sources, window=window), meant)
        since = late["at"].map(waiting.set_index("at")["since"])
        return pd.concat([found, late[(late["until"] >= since) & (late["until"] < self.sources.window.first)]], ignore_index=True)

    def _later(self, found: pd.DataFrame) -> Any:  # noqa: ANN401 (an array of numbers)
        """Return which of a customer's new products comes later: the private one, then the riskier one, shape (e,)."""
        later = [10 * (one.offer == "private") + risk_of(one) for one in self.sources.products.values()]
        return np.array([*later, 0])[found["offered"]]  # -1, no product, takes the last


def _occasions(found: pd.DataFrame) -> pd.DataFrame:
    """Return one occasion per customer (`DUE`) from events that are sorted by customer."""
    of_one = found.groupby("at", sort=False)
    occasions = of_one.agg({"day": "min", "until": "min", "offered": "first", "told": "first", "again": "all"}).reset_index()
    for name in ("amount_fen", "points"):
        given = found[name] != NOT_GIVEN
        occasions[name] = np.where(given.groupby(found["at"]).any(), found[name].where(given, 0).groupby(found["at"]).sum(), NOT_GIVEN)
    named = found.drop_duplicates(["at", "product"])
    occasions["product"] = joined_groups(text_array(named["product"]), named["at"], "、").to_pandas()
    occasions["product"] = occasions["product"].str.strip("、").str.replace("、+", "、", regex=True)
    return occasions.astype(DUE)[[*DUE]]
