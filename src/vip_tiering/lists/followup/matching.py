"""Which contacts of an export the rows of returned lists mean, and what follows from their results. Frames in, frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, positions_in, truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.dates import iso_dates
from vip_tiering.customers.texts import split_joined
from vip_tiering.lists.followup.returned import Returned
from vip_tiering.lists.selection.contact_log import BARRED, COLUMNS, CONTACT_LOG
from vip_tiering.lists.selection.facts import PHONE_WAYS, REFUSALS
from vip_tiering.playbooks.channels import Channel

WRONG_NUMBER: Final = "wrong_number"


@dataclass(frozen=True)
class Listed:
    """The customers and actions that an export put on lists, each pair once, arrays of shape (p,), sorted by `key`.

    `channel`: index into those known; `private`: it stands in the private part alone. `customers`, `actions`: what the key is made of.
    """

    key: Int64s
    customer: Int32s
    action: Int32s
    channel: Int8s
    private: Mask
    customers: pa.Array
    actions: pa.Array

    def places(self, customer_id: pa.Array, action: pa.Array) -> Int64s:
        """Return where pairs of customer and action stand, shape (k,); -1 for nowhere."""
        customer, number = positions_in(customer_id, self.customers), positions_in(action, self.actions)
        key = customer.astype(np.int64) * len(self.actions) + number
        place = np.minimum(np.searchsorted(self.key, key), max(len(self.key) - 1, 0))
        known = (customer >= 0) & (number >= 0) & (self.key[place] == key) if len(self.key) else np.zeros(len(key), np.bool_)
        return np.where(known, place, -1)

    def differ_by_zeros(self, customer_id: pa.Array) -> Mask:
        """Tell which ids are none of these customers and would be one with other leading zeros, shape (k,)."""
        bare = pc.utf8_ltrim(customer_id, "0")
        alike = truth(pc.is_in(bare, value_set=pc.utf8_ltrim(self.customers, "0")))
        return alike & ~truth(pc.is_in(customer_id, value_set=self.customers)) & ~truth(pc.equal(bare, ""))


def listed_of(parts: Sequence[pa.Table], channels: Sequence[str]) -> Listed:
    """Return whom the parts of an export name, the open one first, by the columns of their `contacts.csv`."""
    columns = {name: pa.chunked_array([chunk for part in parts for chunk in part[name].chunks], pa.string()) for name in _PAIR}
    customer, action = (columns[name].combine_chunks().dictionary_encode() for name in ("customer_id", "action"))
    codes = [one.indices.to_numpy(zero_copy_only=False).astype(np.int32) for one in (customer, action)]
    key, first = np.unique(codes[0].astype(np.int64) * len(action.dictionary) + codes[1], return_index=True)
    private = np.repeat(np.arange(len(parts)) > 0, [len(part) for part in parts])
    channel = positions_in(columns["channel"].combine_chunks(), pa.array(channels, pa.string())).astype(np.int8)
    return Listed(key, codes[0][first], codes[1][first], channel[first], private[first], customer.dictionary, action.dictionary)


_PAIR: Final = ("customer_id", "action", "channel")


@dataclass(frozen=True)
class MatchedResults:
    """What came of contacts, arrays of shape (f,); several rows may tell of one. `at`: the pair's place among the `Listed`."""

    at: Int64s
    result: Int8s
    day: Int32s
    texts: Mapping[str, pa.Array]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.at)


def matched_in(returned: Returned, listed: Listed, channels: Sequence[Channel], what: str) -> tuple[MatchedResults, list[Problem]]:
    """Return the results of one file for each contact that its rows mean, and the problems of rows that mean none.

    A row may name several customers or several actions, as it does in the list. `channels`: those known, in their order.
    """
    customer, row = split_joined(returned.customer_id)
    action, inner = split_joined(returned.action.take(pa.array(row)))
    row = row[inner]
    at = listed.places(customer.take(pa.array(inner)), action)
    said = returned.channel[row]
    wrong = (at < 0) | ((said >= 0) & (said != listed.channel[at] if len(listed.key) else said >= 0))
    unlisted = np.bincount(row[wrong], minlength=len(returned)) > 0
    shortened = np.bincount(row[wrong & listed.differ_by_zeros(customer).take(inner)], minlength=len(returned)) > 0
    problems = _problems(returned, unlisted & ~shortened, "result-unlisted", _UNLISTED.format(what=what))
    problems += _problems(returned, shortened, "result-unlisted", _ZEROS_LOST.format(what=what))
    by_phone = np.array([one.way in PHONE_WAYS for one in channels], np.bool_)
    ways = by_phone[listed.channel[np.maximum(at, 0)]] if len(listed.key) else np.zeros(len(at), np.bool_)
    odd = ~wrong & (returned.result[row] == RESULTS.index(WRONG_NUMBER)) & ~ways
    problems += _problems(returned, np.bincount(row[odd], minlength=len(returned)) > 0, "result-channel", _NO_NUMBER)
    texts = {name: column.take(pa.array(row)).cast(pa.string()) for name, column in returned.texts.items()}
    return MatchedResults(at, returned.result[row], returned.day[row], texts), problems


_UNLISTED: Final = "is on none of {what}; give the lists back with customer_id, action and channel as they were"
_ZEROS_LOST: Final = (
    "is on none of {what}, where its id stands with leading zeros, which were lost here as Excel does with numbers; "
    "give customer_id back as it was, in a column of the format text"
)
_NO_NUMBER: Final = "wrong_number says that a number is wrong, and this channel uses none; write no_answer"
_SHOWN_ROWS: Final = 20


def _problems(returned: Returned, wrong: Mask, rule: str, message: str) -> list[Problem]:
    """Return a problem for each row of a mask, 20 at most; the last one says how many more there are."""
    rows = returned.row[wrong].tolist()
    more = f"; {len(rows) - _SHOWN_ROWS} more rows are like this" if len(rows) > _SHOWN_ROWS else ""
    shown = rows[:_SHOWN_ROWS]
    return [Problem(returned.file, row, None, rule, message + (more if row == shown[-1] else "")) for row in shown]


def together(parts: Sequence[MatchedResults]) -> MatchedResults:
    """Return what came of contacts by all files, in their order."""
    return MatchedResults(
        at=np.concatenate([one.at for one in parts]),
        result=np.concatenate([one.result for one in parts]),
        day=np.concatenate([one.day for one in parts]),
        texts={name: pa.concat_arrays([one.texts[name] for one in parts]) for name in parts[0].texts},
    )


def contradicted(found: MatchedResults) -> int:
    """Return of how many contacts the files say different things of one day."""
    said = np.unique(np.stack([found.at, found.day, found.result]), axis=1)[:2]
    return int(np.count_nonzero(np.unique(said, axis=1, return_counts=True)[1] > 1))


def log_rows(found: MatchedResults, listed: Listed, channels: Sequence[Channel], on: dt.date, *, private: bool) -> pa.Table:
    """Return the rows for the contact log of one part. `on`: the day of the export."""
    mine = np.flatnonzero(listed.private[found.at] == private)
    at, index = found.at[mine], pa.array(mine)
    columns = {
        "customer_id": listed.customers.take(pa.array(listed.customer[at])),
        "channel": _codes(channels).take(pa.array(listed.channel[at])),
        "action": listed.actions.take(pa.array(listed.action[at])),
        "date": iso_dates(found.day[mine]),
        "result": pa.array(RESULTS).take(pa.array(found.result[mine])),
        **{name: column.take(index) for name, column in found.texts.items()},
        "export": pa.repeat(str(on), len(mine)),
    }
    return pa.table(columns).select(list(COLUMNS[CONTACT_LOG]))


def _codes(channels: Sequence[Channel]) -> pa.Array:
    return pa.array([one.code for one in channels], pa.string())


def barred_rows(
    found: MatchedResults, listed: Listed, channels: Sequence[Channel], numbers: pa.Array, on: dt.date, *, private: bool
) -> pa.Table:
    """Return the do-not-contact entries that follow from the results of one part.

    Who refused is barred from the channel; a wrong number is barred from everything that uses it. `numbers`, shape (f,): the
    number of each contact; where it is not known the customer is barred instead. They hold from `on`, the day of the export: a slip
    of the pen in the day of a contact must not put off a refusal.
    """
    mine = listed.private[found.at] == private
    refused = np.flatnonzero(mine & np.isin(found.result, [RESULTS.index(one) for one in REFUSALS]))
    wrong = np.flatnonzero(mine & (found.result == RESULTS.index(WRONG_NUMBER)))
    by_phone = list({one.way: number for number, one in reversed(list(enumerate(channels))) if one.way in PHONE_WAYS}.values())
    at = np.concatenate([refused, np.repeat(wrong, len(by_phone))]).astype(np.int64)
    channel = np.concatenate([listed.channel[found.at[refused]], np.tile(by_phone, len(wrong))]).astype(np.int64)
    number = pc.fill_null(numbers.take(pa.array(at)), "")
    number = pc.if_else(pa.array(np.arange(len(at)) < len(refused)), "", number)
    customer = listed.customers.take(pa.array(listed.customer[found.at[at]]))
    columns = {
        "customer_id": pc.if_else(pc.equal(number, ""), customer, ""),
        "mobile": number,
        "channel": _codes(channels).take(pa.array(channel)),
        "since": pa.repeat(str(on), len(at)),
    }
    return pa.table(columns).select(list(COLUMNS[BARRED]))
