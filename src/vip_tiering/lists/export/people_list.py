"""What lists for people say: one row for a customer and channel, with all its reasons, ranked for the manager who acts on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, truth
from vip_tiering.base.money import Int64s
from vip_tiering.base.schema import LIST_FIELDS, PERSONAL_MESSAGE_FIELDS
from vip_tiering.customers.dates import iso_dates
from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.export.messages import render, tidy_blanks
from vip_tiering.lists.export.ranking import Urgency, urgency_of
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.gates import Judged
from vip_tiering.playbooks.channels import Channel

NO_MARKETING: Final = "仅服务,不得营销"
"""What a row says where nothing may be offered."""
GENERAL_ONLY: Final = "仅服务和一般业务,不得营销"
"""What a row in person says where only offers without risk may be talked of, since the customer consented to no way."""
_NO_RANK: Final = np.iinfo(np.int32).max


@dataclass(frozen=True)
class _Entries:
    """One reason for one customer each, arrays of shape (e,)."""

    at: Int32s
    number: Int32s
    hidden: Mask
    day: Int32s
    until: Int32s
    amount_fen: Int64s
    mainly: Mask
    waiting_since: Int32s
    action: pa.Array
    reason: pa.Array
    product: pa.Array
    text: pa.Array


def list_rows(judged: Sequence[Judged], channel: Channel, desk: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return the rows of a channel for people, and those that only private files may hold: of private clients, or for private purposes.

    Both are sorted by branch, manager and rank.
    """
    parts = [_entries(one, desk) for one in judged if one.due.case.channel.code == channel.code and one.passed.any()]
    open_rows = [_only(part, hidden=False) for part in parts]
    hidden_rows = [_only(part, hidden=True) for part in parts]
    return _rows(open_rows, channel, desk), _rows(hidden_rows, channel, desk)


def _entries(judged: Judged, desk: RowContext) -> _Entries:
    """Return the entries of one case: those whom no gate stopped."""
    where = np.flatnonzero(judged.passed).astype(np.int32)
    case, at = judged.due.case, judged.due.at[where]
    occasion = judged.due.occasion.take(where) if judged.due.occasion else None
    fields = desk.fields_of(judged, at, where)
    none = np.full(len(at), NO_DAY, np.int32)
    message = case.action.message if case.channel.message else None
    urgency = urgency_of(judged, where, desk.people, desk.customers, desk.overflow)
    return _Entries(
        at=at,
        number=np.full(len(at), case.number, np.int32),
        hidden=desk.hidden(judged.due)[where],
        day=np.where(occasion.until == NO_DAY, NO_DAY, occasion.day) if occasion else none,
        until=urgency.until,
        amount_fen=urgency.amount_fen,
        mainly=urgency.mainly,
        waiting_since=urgency.waiting_since,
        action=pa.repeat(case.action.id, len(at)),
        reason=_plain(tidy_blanks(render(case.action.listed_as or case.action.id, fields, len(at)))),
        product=_as_array(fields["product"], len(at)),
        text=_plain(render(message.text, fields, len(at))) if message else pa.repeat("", len(at)),
    )


def _plain(texts: pa.ChunkedArray | pa.Array) -> pa.Array:
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _as_array(texts: pa.Array | str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(texts, pa.string()), count) if isinstance(texts, str) else texts


def _only(part: _Entries, *, hidden: bool) -> _Entries:
    keep = np.flatnonzero(part.hidden == hidden)
    return _taken(part, keep)


def _taken(part: _Entries, index: Int64s) -> _Entries:
    positions = pa.array(index)
    return _Entries(
        **{
            name: column.take(positions) if isinstance(column := getattr(part, name), pa.Array) else column[index]
            for name in _Entries.__dataclass_fields__
        }
    )


def _concat(parts: Sequence[_Entries]) -> _Entries:
    columns = {name: [getattr(part, name) for part in parts] for name in _Entries.__dataclass_fields__}
    return _Entries(
        **{
            name: pa.concat_arrays(column) if isinstance(column[0], pa.Array) else np.concatenate(column)
            for name, column in columns.items()
        }
    )


def _rows(parts: Sequence[_Entries], channel: Channel, desk: RowContext) -> pa.Table:
    """Return one row per customer from all entries, sorted by branch, manager and rank."""
    parts = [part for part in parts if len(part.at)]
    names = LIST_FIELDS + (PERSONAL_MESSAGE_FIELDS if channel.message else ())
    if not parts:
        return pa.table({name: pa.array([], pa.int64() if name == "rank" else pa.string()) for name in names})
    entries = _concat(parts)
    entries = _taken(entries, np.lexsort((entries.number, entries.at)))
    starts = np.flatnonzero(np.concatenate([[True], entries.at[1:] != entries.at[:-1]]))
    at = entries.at[starts]
    columns = {**_who(at, channel, desk), **_what(entries, starts, at, channel, desk)}
    order, rank = _ranked(entries, starts, at, columns, desk)
    table = pa.table(columns).take(pa.array(order)).append_column("rank", pa.array(rank))
    return table.select(list(names))


def _who(at: Int32s, channel: Channel, desk: RowContext) -> dict[str, pa.Array]:
    """Return the columns that tell who is meant and who acts."""
    by_phone = channel.way in ("sms", "call")
    blank = pa.repeat("", len(at))
    columns = {
        "customer_id": desk.people.customer_id.take(pa.array(at)),
        "manager": desk.named("manager", at),
        "branch": desk.named("branch", at),
        "display_name": desk.addresses_of(at)[0],
        "phone": desk.phones(at) if by_phone else blank,
        "tier_label": desk.labels_of(desk.people.level[at]),
        "previous_tier_label": desk.labels_of(desk.people.previous_level[at]),
        "last_contact": iso_dates(desk.last_contact[desk.people.profile[at]]),
        "result": blank,
        "obstacle": blank,
        "note": blank,
    }
    return columns | ({"wechat_id": desk.text_of("wechat_id", at)} if channel.message else {})


def _what(entries: _Entries, starts: Int64s, at: Int32s, channel: Channel, desk: RowContext) -> dict[str, pa.Array]:
    """Return the columns that tell what is due, by when, and what may be offered."""
    offsets = pa.array(np.append(starts, len(entries.at)).astype(np.int32))

    def joined(texts: pa.Array, separator: str) -> pa.Array:
        return pc.binary_join(pa.ListArray.from_arrays(offsets, texts), separator)

    may = _may_market(at, channel, desk)
    until = _soonest(entries.until, starts)
    reasons = joined(entries.reason, ";")
    columns = {
        "action": joined(entries.action, "|"),
        "reasons": pc.if_else(pa.array(may), reasons, pc.binary_join_element_wise(reasons, _remark(at, channel, desk), ";")),
        "product": _distinct(joined(entries.product, "、")),
        "event_date": iso_dates(_soonest(entries.day, starts)),
        # What waited for a place in the manager's day may be overdue.
        "due_by": iso_dates(np.where(until == NO_DAY, desk.today + desk.list_valid_days, np.maximum(until, desk.today)).astype(np.int32)),
        "may_market": pc.if_else(pa.array(may), "Y", "N"),
        "max_risk": _max_risk(at, may, desk),
    }
    return columns | ({"text": entries.text.take(pa.array(starts))} if channel.message else {})


def _distinct(names: pa.Array) -> pa.Array:
    """Return names that are joined by 、 with each of them once, in their order."""
    lists = pc.split_pattern(names, "、")
    values = lists.flatten().dictionary_encode()
    row = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
    pairs = row * np.int64(len(values.dictionary)) + values.indices.to_numpy()
    first = np.sort(np.unique(pairs, return_index=True)[1])
    first = first[truth(pc.not_equal(values, "").take(pa.array(first)))]
    offsets = np.searchsorted(row[first], np.arange(len(lists) + 1)).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), values.take(pa.array(first)).cast(pa.string())), "、")


def _may_market(at: Int32s, channel: Channel, desk: RowContext) -> Mask:
    """Return to whom something may be offered on this channel; in person consent to any way that was not refused is enough."""
    profile, facts, way = desk.people.profile[at], desk.facts, channel.way or "in_person"
    ways = [one for one in facts.consented if way in (one, "in_person")]
    consented = np.logical_or.reduce([(facts.consented[one] & ~facts.refused[one])[profile] for one in ways])
    if way in ("sms", "call"):  # the number of somebody who must not be offered anything
        consented &= ~facts.barred_by_other(way, service=False, bulk=False)[profile]
    result: Mask = consented & ~facts.refused[way][profile] & ~facts.bereaved[profile]
    return result


def _remark(at: Int32s, channel: Channel, desk: RowContext) -> pa.Array:
    """Return what a row says where nothing may be offered: in person an offer without risk needs no consent."""
    profile, facts, way = desk.people.profile[at], desk.facts, channel.way or "in_person"
    silent = facts.refused[way][profile] | facts.bereaved[profile] if way == "in_person" else np.ones(len(at), np.bool_)
    return pc.if_else(pa.array(silent), NO_MARKETING, GENERAL_ONLY)


def _max_risk(at: Int32s, may: Mask, desk: RowContext) -> pa.Array:
    profile = desk.people.profile[at]
    rating = np.where(may & desk.facts.rating_valid[profile], desk.facts.rating[profile], 0)
    return pa.array(["", "R1", "R2", "R3", "R4", "R5"], pa.string()).take(pa.array(rating))


def _soonest(days: Int32s, starts: Int64s) -> Int32s:
    """Return the first day of each group; NO_DAY where it has none."""
    first: Int32s = np.minimum.reduceat(np.where(days == NO_DAY, _NO_RANK, days), starts)
    return np.where(first == _NO_RANK, NO_DAY, first).astype(np.int32)


def _ranked(entries: _Entries, starts: Int64s, at: Int32s, columns: dict[str, pa.Array], desk: RowContext) -> tuple[Int64s, Int64s]:
    """Return the order by branch, manager and rank, and the rank of each row in that order, from 1 for every manager.

    In the order of `Urgency`, then the higher average, the customer_id.
    """
    urgency = Urgency(entries.until, entries.amount_fen, entries.mainly, entries.waiting_since).of_groups(starts)
    branch, manager = _text_order(columns["branch"]), _text_order(columns["manager"])
    order = np.lexsort((*urgency.keys(at, desk.people), manager, branch))
    fresh = np.ones(len(at), np.bool_)
    fresh[1:] = (np.diff(branch[order]) != 0) | (np.diff(manager[order]) != 0)
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(at)), 0))
    return order, np.arange(len(at)) - begin + 1


def _text_order(texts: pa.Array) -> Int64s:
    """Return the place of each text in the order of all distinct ones, by their bytes."""
    encoded = texts.dictionary_encode()
    place = np.empty(len(encoded.dictionary), np.int64)
    place[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(place))
    result: Int64s = place[encoded.indices.to_numpy(zero_copy_only=False)]
    return result
