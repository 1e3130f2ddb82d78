"""Messages that go to many: one row for a number, its text, and the times between which it may be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, encoded
from vip_tiering.base.money import Int64s
from vip_tiering.base.schema import MESSAGE_FIELDS
from vip_tiering.customers.dates import iso_dates
from vip_tiering.customers.texts import NOBODY_NAMED, plain
from vip_tiering.lists.export.messages import OUR_BRANCH, OUR_MANAGER, render_message
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.gates import Judged
from vip_tiering.playbooks.actions import Segment
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.customers import SEGMENTS

_A_PRODUCT: Final = "相关产品"


def message_rows(judged: Sequence[Judged], channel: Channel, desk: RowContext, valid_days: int) -> pa.Table:
    """Return one row for every number, in the order of actions and customers: `schema.MESSAGE_FIELDS`.

    Turns were taken by number, so all who pass at one number pass for one action; they share the row, which then names nobody.
    """
    tables = [_rows(one, desk) for one in judged if one.due.case.channel.code == channel.code and one.passed.any()]
    if not tables:
        return pa.table({name: pa.array([], pa.string()) for name in MESSAGE_FIELDS})
    table = pa.concat_tables(tables)
    today = np.full(1, desk.today, np.int32)
    day = iso_dates(today)[0].as_py()
    window = channel.send_window
    times = {
        "not_before": f"{day} {window.not_before}" if window else day,
        "not_after": f"{day} {window.not_after}" if window else day,
        "valid_until": iso_dates(today + np.int32(valid_days))[0].as_py(),
    }
    for name, text in times.items():
        table = table.append_column(name, plain(text, len(table)))
    return table.select(list(MESSAGE_FIELDS))


def _rows(judged: Judged, desk: RowContext) -> pa.Table:
    """Return the rows of one action."""
    where = np.flatnonzero(judged.passed).astype(np.int32)
    at = judged.due.at[where]
    phone = desk.customers.phone[desk.people.profile[at]]
    order = np.lexsort((at, phone))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(phone[order]) != 0]))
    starts = starts[np.argsort(at[order][starts], kind="stable")]  # the number's first customer gives its place
    sizes = _sizes(phone[order], starts)
    first, several = order[starts], sizes > 1
    fields = _fields(judged, desk, at[first], where[first], several)
    bits = desk.customers.segments[desk.people.profile[at[first]]]
    segments: Mapping[Segment, Mask] = {name: ((bits >> number) & 1).astype(np.bool_) & ~several for number, name in enumerate(SEGMENTS)}  # type: ignore[misc]
    message = judged.due.case.action.message
    if message is None:  # the gate no_template lets nobody pass
        raise ValueError(judged.due.case.action.id)
    columns = {
        "phone": desk.phones(at[first]),
        "text": render_message(message, segments, fields, len(first)),
        "customer_id": _joined_ids(desk.people.customer_id, at[order], starts, sizes),
        "action": plain(judged.due.case.action.id, len(first)),
    }
    coded = {name: plain(column, len(first)) if isinstance(column, str) else encoded(column) for name, column in fields.items()}
    return pa.table({**columns, **coded})


def _fields(judged: Judged, desk: RowContext, at: Int32s, where: Int32s, several: Mask) -> dict[str, pa.Array | str]:
    """Return the fields of every row. A number with more than one holder is nobody's own: nobody is named."""
    fields = desk.fields_of(judged, at, where)
    fields["name"] = _where(desk.facts.holders[desk.people.profile[at]] > 1, NOBODY_NAMED, fields["name"])
    fields["branch"] = _where(several, OUR_BRANCH, fields["branch"])
    fields["manager"] = _where(several, OUR_MANAGER, fields["manager"])
    fields["product"] = _where(several, _shared_product(judged), fields["product"])
    return fields


def _where(mask: Mask, text: str, otherwise: pa.Array | str) -> pa.DictionaryArray:
    """Return a text where a mask is set and a field of templates elsewhere, shape (n,)."""
    coded = plain(otherwise, len(mask)) if isinstance(otherwise, str) else encoded(otherwise)
    codes = np.where(mask, np.int32(len(coded.dictionary)), coded.indices.to_numpy())
    return pa.DictionaryArray.from_arrays(codes, pa.concat_arrays([coded.dictionary, pa.array([text], pa.string())]))


def _shared_product(judged: Judged) -> str:
    """Return what several customers are told of: the one topic that all may be offered, else no product by name."""
    topics = judged.due.case.topics
    return topics[0].label if len(topics) == 1 else _A_PRODUCT


def _sizes(phone: Int32s, starts: Int64s) -> Int64s:
    """Return how many customers each row stands for. `phone` is sorted; `starts` are the first of each number, in any order."""
    counts = np.bincount(phone)
    result: Int64s = counts[phone[starts]]
    return result


def _joined_ids(ids: pa.Array, at: Int32s, starts: Int64s, sizes: Int64s) -> pa.Array:
    """Return the ids of each row joined by |. `at`: positions of the customers among the ids, those of a row together."""
    if len(starts) == len(at):  # nobody shares a number
        return ids.take(pa.array(at[starts]))
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    index = np.repeat(starts - offsets[:-1], sizes) + np.arange(offsets[-1])
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), ids.take(pa.array(at[index])))
    return pc.binary_join(lists, "|")
