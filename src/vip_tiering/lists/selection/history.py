"""Contacts that were made before: by earlier exports, and by the contact log. What caps, cadence, turns and events go by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, Mask, positions_in, text_array
from vip_tiering.customers.types import NO_DAY, Contacts, Customers
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.channels import Cap

EARLIER_CONTACTS: Final = {
    "customer_id": "str",
    "channel": "str",
    "action": "str",
    "day": "int32",
    "event_day": "int32",
    "product": "str",
    "unanswered": "bool",
    "branch": "str",
    "declined": "bool",
}
"""What is remembered of each contact of an export: `day` is that of the export, or the later one of its result; `event_day` is
NO_DAY without an event; `unanswered`: the last result says that nobody answered; `branch`: the customer's on that day, `unassigned`
for none; `declined`: the last result is a refusal."""
OVERFLOW: Final = {"customer_id": "str", "action": "str", "since": "int32"}
"""Who had no place in a manager's day, and the day number of the first export in which it was so."""


@dataclass(frozen=True)
class History:
    """Contacts of customers of the customer file up to the day of the export, a frame with one row for each.

    `at`: position in the customer file; `action`, `channel`: indices into the lists that were given, -1 for others; `day`;
    `event_day`, `product`: the event, where an earlier export made the contact; `logged`: it stands in the contact log, which
    knows no event; `freed`: nobody answered, and it is the only one about its event, so that one more is due.
    """

    contacts: pd.DataFrame

    def last_contact(self, count: int) -> Int32s:
        """Return the day of each customer's last contact on any channel, shape (count,); NO_DAY for none."""
        return _latest(self.contacts, self.contacts["at"], count)

    def last_of(self, action: int, units: Int32s, count: int, *, but_freed: bool = False) -> Int32s:
        """Return the day on which each unit last heard of an action, shape (count,); NO_DAY for none.

        `units` gives the unit of every customer: himself, or his number; -1 for none. `but_freed`: what is due once more does
        not count.
        """
        meant = self.contacts[(self.contacts["action"] == action) & ~(but_freed & self.contacts["freed"])]
        return _latest(meant, units[meant["at"]], count)

    def reached(
        self, caps: Sequence[Cap], channel: int, capped: Collection[int], units: Int32s, count: int, today: int, *, but_freed: bool
    ) -> Mask:
        """Return which units the caps of a channel close today, shape (count,); messages and calls are counted (semantics 12.8).

        What an export lists for a unit is one of them, however many actions it is for. Of the log each row is one, but that one
        message may stand for several customers of a number. Where the log tells of what an export listed on the same day, by its
        action or by none that is known, it is the same. Only contacts by the actions `capped` count, and those whose action nobody
        knows. `but_freed`: for those who are due once more, what they did not answer does not count.
        """
        contacts = self.contacts
        meant = contacts[(contacts["channel"] == channel) & contacts["action"].isin([-1, *capped]) & ~(but_freed & contacts["freed"])]
        meant = meant.assign(unit=units[meant["at"]])
        logged = meant[meant["logged"]].groupby(["unit", "day", "action", "at"]).size().groupby(["unit", "day", "action"]).max()
        listed = meant[~meant["logged"]][["unit", "day", "action"]]
        told = [pd.MultiIndex.from_frame(one).isin(logged.index) for one in (listed, listed.assign(action=-1))]
        days = listed.assign(told=told[0] | told[1]).groupby(["unit", "day"])["told"].any()
        made = pd.concat([logged.rename("times").reset_index(), days[~days].index.to_frame(index=False).assign(times=1)])
        closed = np.zeros(count, np.bool_)
        for cap in caps:
            recent = made[(made["unit"] >= 0) & (made["day"] > today - cap.days)]
            closed |= np.bincount(recent["unit"].astype(np.int64), recent["times"], minlength=count) >= cap.contacts
        return closed

    def told(self, action: int, events: pd.DataFrame, profile: Int32s) -> tuple[Mask, Mask]:
        """Return of which events their customers were told already, and of which they are to be told once more, shape (e,).

        `events`: `events.DUE_EVENTS`; `profile`, shape (n,): the position in the customer file of every customer of the run. An
        earlier export tells the event itself; the log tells only that the action was done, which means the event when it was
        done since the event came due.
        """
        mine = self.contacts[self.contacts["action"] == action]
        at = profile[events["at"]]
        wanted = pd.MultiIndex.from_arrays([at, events["day"], events["product"]])
        exported = pd.MultiIndex.from_frame(mine[["at", "event_day", "product"]])
        told, again = (wanted.isin(exported[(~mine["logged"] & (mine["freed"] == freed)).to_numpy()]) for freed in (False, True))
        done_on = _latest(mine[mine["logged"]], mine["at"][mine["logged"]], int(profile.max(initial=-1)) + 1)
        done_on = np.append(done_on, np.int32(NO_DAY))  # -1, nobody in the customer file, takes the last
        told |= (done_on[at] != NO_DAY) & (done_on[at] >= events["due_from"].to_numpy())
        return told, again & ~told


def history_of(
    customers: Customers, earlier: pd.DataFrame, log: Contacts | None, actions: Sequence[str], channels: Sequence[str], today: int
) -> History:
    """Return the history from earlier exports (`EARLIER_CONTACTS`, before `today`) and the contact log (up to `today`)."""
    contacts = earlier.drop(columns=["branch", "declined"]).assign(logged=False)
    if log is not None:
        said = {"customer_id": log.customer_id, "channel": log.channel.cast(pa.string()), "action": log.action.cast(pa.string())}
        logged = pa.table({**said, "day": log.day}).to_pandas()
        contacts = pd.concat([contacts, logged.assign(event_day=NO_DAY, product="", unanswered=False, logged=True)], ignore_index=True)
    for name, column, words in (
        ("at", "customer_id", customers.customer_id),
        ("action", "action", pa.array(actions, pa.string())),
        ("channel", "channel", pa.array(channels, pa.string())),
    ):
        contacts[name] = positions_in(text_array(contacts[column]), words)
    contacts = contacts[contacts["at"] >= 0]
    several = contacts.duplicated(["at", "action", "event_day", "product"], keep=False)
    kept = contacts.assign(freed=contacts["unanswered"] & (contacts["day"] <= today) & ~several)
    return History(kept[kept["day"] <= today].drop(columns=["customer_id", "unanswered"]))


def _latest(contacts: pd.DataFrame, unit: Int32s | pd.Series[int], count: int) -> Int32s:
    """Return the last day of each unit, shape (count,); NO_DAY for none.

    `unit`: that of each contact; others than 0 to count - 1 do not count.
    """
    latest = np.full(count, NO_DAY, np.int32)
    last = contacts["day"].groupby(np.asarray(unit)).max().loc[0 : count - 1]
    latest[last.index] = last
    return latest


def overflow_among(rows: pd.DataFrame, people: People, actions: Sequence[str]) -> pd.DataFrame:
    """Return the overflow of earlier exports (`OVERFLOW`) among the customers of a run: `at`, the position there, `action`, `since`.

    `action`: index among all `actions`.
    """
    at = positions_in(text_array(rows["customer_id"]), people.customer_id)
    action = positions_in(text_array(rows["action"]), pa.array(actions, pa.string()))
    return rows.assign(at=at, action=action)[(at >= 0) & (action >= 0)]
