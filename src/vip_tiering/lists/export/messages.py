"""Messages that go to many: one row for a number, its text, and the times between which it may be sent.

Texts are made from templates column by column, never row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, encoded, joined_groups
from vip_tiering.base.schema import MESSAGE_FIELDS
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.customers.cells.texts import NOBODY_NAMED, plain
from vip_tiering.lists.export.row_context import OUR_BRANCH, OUR_MANAGER, OUR_PHONE, RowContext
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.gates import PASSES
from vip_tiering.playbooks.actions import Message, Segment
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.customers.customers_file import SEGMENTS
from vip_tiering.playbooks.messages import FIELDS, parts_of

_A_PRODUCT: Final = "相关产品"
_PIECE_ROWS: Final = 1 << 18
"""So many texts are joined at once: the bytes of one array are counted in 32 bits."""
MessageColumns = Mapping[str, pa.Array | str]


def render(template: str, fields: MessageColumns, count: int) -> pa.ChunkedArray:
    """Return a template filled for every row, shape (count,). `fields`: an array of shape (count,), or one text for all rows.

    The template was checked when the rules were loaded, so every field in it is known.
    """
    parts = [fields[name] if name else text for text, name in parts_of(template)]
    columns = [pa.repeat(part, count) if isinstance(part, str) else part for part in parts]
    pieces = []
    for start in range(0, count, _PIECE_ROWS):
        texts = [column.slice(start, _PIECE_ROWS).cast(pa.string()) for column in columns]
        pieces.append(pc.binary_join_element_wise(*texts, ""))
    return pa.chunked_array(pieces, pa.string())


def render_message(message: Message, segment_bits: Mapping[Segment, Mask], fields: MessageColumns, count: int) -> pa.ChunkedArray:
    """Return the text of a message for every row; the first wording whose segment a customer belongs to is his.

    `segment_bits`: which rows belong to a segment, shape (count,).
    """
    text = render(message.text, fields, count)
    for variant in reversed(message.variants or []):
        meant = pa.array(segment_bits[variant.segment])
        if pc.any(meant).as_py():
            text = pc.if_else(meant, render(variant.text, fields, count), text)
    return text if isinstance(text, pa.ChunkedArray) else pa.chunked_array([text])


def message_rows(verdicts: pd.DataFrame, channel: Channel, context: RowContext) -> pa.Table:
    """Return one row for every number, in the order of actions and customers: `schema.MESSAGE_FIELDS`.

    Turns were taken by number, so all who pass at one number pass for one action; they share the row, which then names nobody.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    rows = passed[context.of_cases(lambda case: case.channel.code == channel.code, passed)]
    tables = [_rows(case, part, context) for case, part in context.by_case(rows)]
    if not tables:
        return pa.table({name: pa.array([], pa.string()) for name in MESSAGE_FIELDS})
    table = pa.concat_tables(tables)
    valid_days = context.limits.message_valid_days.value
    day, valid_until = iso_dates(np.array([context.today, context.today + valid_days], np.int32)).to_pylist()
    window = channel.send_window
    times = {
        "not_before": f"{day} {window.not_before}" if window else day,
        "not_after": f"{day} {window.not_after}" if window else day,
        "valid_until": valid_until,
    }
    for name, text in times.items():
        table = table.append_column(name, plain(text, len(table)))
    return table.select(list(MESSAGE_FIELDS))


def _rows(case: Case, rows: pd.DataFrame, context: RowContext) -> pa.Table:
    """Return the rows of one case."""
    message = case.action.message
    if message is None:  # the gate no_template lets nobody pass
        raise ValueError(case.action.id)
    profile = context.people.profile
    rows = rows.assign(phone=context.customers.phone[profile[rows["at"]]]).sort_values(["phone", "at"])
    ids = joined_groups(context.people.customer_id.take(pa.array(rows["at"])), rows["phone"], "|")
    firsts = rows.drop_duplicates("phone").assign(ids=ids.to_pandas().array)
    firsts = firsts.sort_values("at")  # the number's first customer gives its place
    shared: Mask = context.facts.holders[profile[firsts["at"]]] > 1
    fields = _fields(case, firsts, shared, context)
    bits = context.customers.segments[profile[firsts["at"]]]
    segments: Mapping[Segment, Mask] = {name: ((bits >> number) & 1).astype(np.bool_) & ~shared for number, name in enumerate(SEGMENTS)}  # type: ignore[misc]
    columns = {
        "phone": context.phones(firsts["at"]),
        "text": render_message(message, segments, fields, len(firsts)),
        "customer_id": pa.array(firsts["ids"], pa.string()),
        "action": plain(case.action.id, len(firsts)),
    }
    coded = {name: plain(column, len(firsts)) if isinstance(column, str) else encoded(column) for name, column in fields.items()}
    return pa.table({**columns, **coded})


def _fields(case: Case, rows: pd.DataFrame, shared: Mask, context: RowContext) -> dict[str, pa.Array | str]:
    """Return the fields of every row. A number with more than one holder is nobody's own: it hears nothing of any of them.

    `shared`, shape (k,): whose number has several holders, whether all of them pass or one alone. The gate `shared_phone` keeps
    from them every text with a field that has no neutral words; here such a field is empty for what else a system fills in.
    """
    fields = context.values_of(case, rows)
    neutral = {
        "name": NOBODY_NAMED,
        # What several customers are told of: the one topic that all may be offered, else no product by name.
        "product": case.topics[0].label if len(case.topics) == 1 else _A_PRODUCT,
        "branch": OUR_BRANCH,
        "branch_phone": OUR_PHONE,
        "manager": OUR_MANAGER,
        "manager_name": OUR_MANAGER,
        "manager_phone": OUR_PHONE,
    }
    for name, field in FIELDS.items():
        if field.shared != "same":
            fields[name] = _where(shared, neutral[name] if field.shared == "neutral" else "", fields[name])
    return fields


def _where(mask: Mask, text: str, otherwise: pa.Array | str) -> pa.DictionaryArray:
    """Return a text where a mask is set and a field of templates elsewhere, shape (n,)."""
    coded = plain(otherwise, len(mask)) if isinstance(otherwise, str) else encoded(otherwise)
    codes = np.where(mask, np.int32(len(coded.dictionary)), coded.indices.to_numpy())
    return pa.DictionaryArray.from_arrays(codes, pa.concat_arrays([coded.dictionary, pa.array([text], pa.string())]))
