"""Contacts that were made before: by earlier exports, and by the contact log. What caps, cadence, turns and events go by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, positions_in, truth
from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import NO_DAY, Contacts, Customers
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.channels import Cap

Int16s = npt.NDArray[np.int16]
_DAYS_APART = 1 << 10
"""More days than any cap looks back, so that a unit and a day make one number."""
EARLIER_CONTACTS: pa.Schema = pa.schema(
    [
        pa.field("customer_id", pa.string()),
        pa.field("channel", pa.string()),
        pa.field("action", pa.string()),
        pa.field("day", pa.int32()),
        pa.field("event_day", pa.int32()),
        pa.field("product", pa.string()),
        pa.field("unanswered", pa.bool_()),
    ]
)
"""What is remembered of each contact of an export: `day` is that of the export, or the later one of its result; `event_day` is
NO_DAY without an event; `unanswered`: the last result says that nobody answered."""


@dataclass(frozen=True)
class History:
    """Contacts of customers of the customer file up to the day of the export, arrays of shape (h,).

    `at`: position in the customer file; `action` and `channel`: indices into the lists that were given, -1 for others;
    `event_day`, `product`: the event, where an earlier export made the contact; `logged`: it stands in the contact log, which
    knows no event; `freed`: nobody answered, and it is the only one about its event, so that one more is due.
    """

    at: Int32s
    action: Int16s
    channel: Int8s
    day: Int32s
    event_day: Int32s
    product: pa.Array
    logged: Mask
    freed: Mask

    def last_contact(self, count: int) -> Int32s:
        """Return the day of each customer's last contact on any channel, shape (count,); NO_DAY for none."""
        return _latest(self.at, self.day, count)

    def last_of(self, action: int, units: Int32s, count: int, *, but_freed: bool = False) -> Int32s:
        """Return the day on which each unit last heard of an action, shape (count,); NO_DAY for none.

        `units` gives the unit of every customer: himself, or his number; -1 for none. `but_freed`: what is due once more does
        not count.
        """
        meant = self.action == action
        if but_freed:
            meant &= ~self.freed
        unit = units[self.at[meant]]
        return _latest(unit[unit >= 0], self.day[meant][unit >= 0], count)

    def reached(
        self, caps: Sequence[Cap], channel: int, capped: Collection[int], units: Int32s, count: int, today: int, *, but_freed: bool
    ) -> Mask:
        """Return which units the caps of a channel close today, shape (count,).

        Several contacts of a unit on one day are one: an export and the log may both tell of it, and one message may stand
        for several customers. Only contacts by the actions `capped` count, and those whose action nobody knows. `but_freed`:
        for those who are due once more, what they did not answer does not count.
        """
        meant = (self.channel == channel) & np.isin(self.action, [-1, *capped])
        if but_freed:
            meant &= ~self.freed
        meant &= self.day > today - max(cap.days for cap in caps)
        unit, ago = units[self.at[meant]].astype(np.int64), today - self.day[meant]
        pairs = np.unique((unit * _DAYS_APART + ago)[unit >= 0])
        closed = np.zeros(count, np.bool_)
        for cap in caps:
            recent = pairs[pairs % _DAYS_APART < cap.days] // _DAYS_APART
            closed |= np.bincount(recent, minlength=count) >= cap.contacts
        return closed

    def told(self, action: int, at: Int32s, event_day: Int32s, product: pa.Array, due_from: Int32s) -> tuple[Mask, Mask]:
        """Return of which events their customers were told already, and of which they are to be told once more, shape (e,).

        `at`: positions in the customer file. An earlier export tells the event itself; the log tells only that the action
        was done, which means the event when it was done since the event came due.
        """
        exported = (self.action == action) & ~self.logged
        told, again = (self._same_events(at, event_day, product, exported & mask) for mask in (~self.freed, self.freed))
        logged = (self.action == action) & self.logged
        latest = _latest(self.at[logged], self.day[logged], int(at.max(initial=-1)) + 1)
        known = at >= 0
        told[known] |= (latest[at[known]] != NO_DAY) & (latest[at[known]] >= due_from[known])
        return told, again & ~told

    def _same_events(self, at: Int32s, day: Int32s, product: pa.Array, among: Mask) -> Mask:
        """Return which events (customer, day, product) are those of one of the contacts of a mask, shape (e,)."""
        if not among.any() or not len(at):
            return np.zeros(len(at), np.bool_)
        events = [np.concatenate([at, self.at[among]]), np.concatenate([day, self.event_day[among]])]
        key = _event_keys(*events, pa.concat_arrays([product, self.product.filter(pa.array(among)).cast(pa.string())]))
        result: Mask = np.isin(key[: len(at)], key[len(at) :])
        return result


def history_of(
    customers: Customers, memory: pa.Table, contacts: Contacts | None, actions: Sequence[str], channels: Sequence[str], today: int
) -> History:
    """Return the history from earlier exports (`MEMORY`, before `today`) and the contact log (up to `today`)."""
    ids = [memory["customer_id"].combine_chunks()]
    texts = {name: [memory[name].combine_chunks()] for name in ("action", "channel")}
    days = [memory["day"].to_numpy()]
    if contacts is not None:
        ids.append(contacts.customer_id)
        texts["action"].append(contacts.action.cast(pa.string()))
        texts["channel"].append(contacts.channel.cast(pa.string()))
        days.append(contacts.day)
    at, day = positions_in(pa.concat_arrays(ids), customers.customer_id), np.concatenate(days).astype(np.int32)
    added = len(at) - len(memory)
    kept = (at >= 0) & (day <= today)
    number = positions_in(pa.concat_arrays(texts["action"]), pa.array(actions, pa.string())).astype(np.int16)
    event_day = np.concatenate([memory["event_day"].to_numpy(), np.full(added, NO_DAY)]).astype(np.int32)
    product = pa.concat_arrays([memory["product"].combine_chunks(), pa.repeat("", added)])
    unanswered = np.concatenate([truth(memory["unanswered"]), np.zeros(added, np.bool_)])
    freed = _freed(unanswered & kept, at, number, event_day, product)
    return History(
        at=at[kept],
        action=number[kept],
        channel=positions_in(pa.concat_arrays(texts["channel"]), pa.array(channels, pa.string())).astype(np.int8)[kept],
        day=day[kept],
        event_day=event_day[kept],
        product=product.filter(pa.array(kept)),
        logged=(np.arange(len(at)) >= len(memory))[kept],
        freed=freed[kept],
    )


def _latest(unit: Int32s, day: Int32s, count: int) -> Int32s:
    latest = np.full(count, NO_DAY, np.int32)
    inside = unit < count
    np.maximum.at(latest, unit[inside], day[inside])
    return latest


def _event_keys(at: Int32s, day: Int32s, product: pa.Array, *others: npt.NDArray[np.int16]) -> Int64s:
    """Return one number for each different event, shape (e,): its customer, day and product, and whatever else tells it apart."""
    code = pc.dictionary_encode(product).indices.to_numpy(zero_copy_only=False)
    _, key = np.unique(np.stack([at, day, code, *others]).astype(np.int64), axis=1, return_inverse=True)
    numbers: Int64s = key.reshape(-1)
    return numbers


def _freed(unanswered: Mask, at: Int32s, action: Int16s, event_day: Int32s, product: pa.Array) -> Mask:
    """Return which contacts are the only ones about their event, and nobody answered, shape (h,)."""
    freed = unanswered.copy()
    if unanswered.any():
        same = np.flatnonzero(np.isin(at, at[unanswered]))
        key = _event_keys(at[same], event_day[same], product.take(pa.array(same)), action[same])
        freed[same] &= np.bincount(key)[key] == 1
    return freed


OVERFLOW: Final = pa.schema([pa.field("customer_id", pa.string()), pa.field("action", pa.string()), pa.field("since", pa.int32())])
"""Who had no place in a manager's day, and the day number of the first export in which it was so."""


@dataclass(frozen=True)
class Overflow:
    """Who had no place in a manager's day before, arrays of shape (o,).

    `at`: position in the run; `action`: index among all actions; `since`: day number of the first export in which it was so.
    """

    at: Int32s
    action: Int32s
    since: Int32s

    def of(self, action: int) -> tuple[Int32s, Int32s]:
        """Return who had no place for an action, and since when."""
        mine = self.action == action
        return self.at[mine], self.since[mine]

    def since_of(self, action: int, at: Int32s) -> Int32s:
        """Return since when customers had no place for an action, shape (k,); NO_DAY for those who had. `at` is ascending."""
        who, since = self.of(action)
        days = np.full(len(at), NO_DAY, np.int32)
        if len(who) and len(at):
            place = np.minimum(np.searchsorted(at, who), len(at) - 1)
            here = at[place] == who
            days[place[here]] = since[here]
        return days


def overflow_among(rows: pa.Table, people: People, actions: Sequence[str]) -> Overflow:
    """Return the overflow of earlier exports (`OVERFLOW`) among the customers of a run."""
    at = positions_in(rows["customer_id"].combine_chunks(), people.customer_id)
    action = positions_in(rows["action"].combine_chunks(), pa.array(actions, pa.string()))
    known = (at >= 0) & (action >= 0)
    return Overflow(at[known], action[known], rows["since"].to_numpy()[known])
