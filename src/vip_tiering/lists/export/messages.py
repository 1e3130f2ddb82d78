"""Texts from templates: fields are joined column by column, never row by row; names become a surname and a form of address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, encoded
from vip_tiering.base.money import Int64s
from vip_tiering.base.threads import threads
from vip_tiering.customers.texts import utf16_lengths
from vip_tiering.customers.types import NOT_GIVEN
from vip_tiering.lists.selection.gates import UInt32s
from vip_tiering.playbooks.actions import Message, Segment
from vip_tiering.playbooks.messages import FIELDS, forbidden_in, parts_of
from vip_tiering.playbooks.products import Product

OUR_BRANCH: Final = "我行网点"
OUR_MANAGER: Final = "客户经理"
_PIECE_ROWS: Final = 1 << 18
"""So many texts are joined at once: the bytes of one array are counted in 32 bits."""
MessageColumns = Mapping[str, pa.Array | str]


def render(template: str, fields: MessageColumns, count: int) -> pa.ChunkedArray:
    """Return a template filled for every row, shape (count,). `fields`: an array of shape (count,), or one text for all rows.

    The template was checked when the rules were loaded, so every field in it is known.
    """
    parts = [fields[name] if name else text for text, name in parts_of(template)]
    with threads(2) as pool:
        pieces = [*pool.map(lambda start: _joined(parts, start, min(count, start + _PIECE_ROWS)), range(0, count, _PIECE_ROWS))]
    return pa.chunked_array(pieces, pa.string())


def _joined(parts: list[pa.Array | str], start: int, end: int) -> pa.Array:
    columns = [part if isinstance(part, str) else part.slice(start, end - start).cast(pa.string()) for part in parts]
    if all(isinstance(column, str) for column in columns):
        return pa.repeat("".join(columns), end - start)
    return pc.binary_join_element_wise(*columns, "")


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


def fitting(texts: pa.Array, field: str, otherwise: str, unsayable: Sequence[str] = ()) -> pa.DictionaryArray:
    """Return the texts of a field, with `otherwise` where one is empty or longer than the width that messages count on.

    Also where one holds a word that no message may hold, such as a branch that is called like a private product.
    """
    coded = encoded(texts)  # branches and managers repeat
    distinct = coded.dictionary
    units = utf16_lengths(distinct)
    sayable = pa.array([not forbidden_in(text, unsayable) for text in distinct.to_pylist()], pa.bool_())
    fits = pc.and_(sayable, pc.and_(pc.greater(units, 0), pc.less_equal(units, FIELDS[field])))
    return pa.DictionaryArray.from_arrays(coded.indices, pc.if_else(fits, distinct, otherwise))


def topic_labels(topics: UInt32s, products: tuple[Product, ...]) -> pa.Array:
    """Return the labels of the topics that may be offered, joined by 、, shape (k,). `topics`: bit i for product i."""
    distinct = np.flatnonzero(np.bincount(topics))
    texts = ["、".join(one.label for number, one in enumerate(products) if bits >> number & 1) for bits in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(np.searchsorted(distinct, topics)))


def number_texts(values: Int64s) -> pa.Array:
    """Return whole numbers as text, shape (n,); "" for NOT_GIVEN."""
    return pc.if_else(pa.array(values != NOT_GIVEN), pa.array(values).cast(pa.string()), "")


def tidy_blanks(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return texts without the blanks that an empty field leaves."""
    return pc.utf8_trim(pc.replace_substring_regex(texts, " +", " "), " ")
