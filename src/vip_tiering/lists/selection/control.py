"""Who is of the control group of an action: fixed by a keyed hash of the customer, the same for every export (semantics 12.19)."""

from __future__ import annotations

from fractions import Fraction
from hashlib import blake2b
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask

_DIGEST_BYTES: Final = 8
_NUMBERS: Final = 2 ** (8 * _DIGEST_BYTES)
"""How many numbers a digest may be."""


def control_group(customer_id: pa.Array, action: str, share: Fraction) -> Mask:
    """Return who is of the control group of an action, shape (n,).

    The BLAKE2b digest of the id, of 8 bytes and keyed by the id of the action, is a number; below `share` of all numbers are the
    control group. So every action has a group of its own, and a larger share keeps whom a smaller one had.
    """
    key = action.encode()
    digests = b"".join([blake2b(one, digest_size=_DIGEST_BYTES, key=key).digest() for one in customer_id.cast(pa.binary()).to_pylist()])
    below: Mask = np.frombuffer(digests, ">u8") < np.uint64(-(-share.numerator * _NUMBERS // share.denominator))
    return below


def speakers(customer_id: pa.Array, unit: Int32s) -> Int32s:
    """Return the customer by whose id all of a unit are drawn, shape (m,): the first of those who get one message together.

    `unit`: that of each customer of the customer file, shape (m,), -1 for none; who has none is drawn by the own id.
    """
    in_order = pc.array_sort_indices(customer_id).to_numpy().astype(np.int32)
    units, first = np.unique(unit[in_order], return_index=True)
    result = in_order[first][np.searchsorted(units, unit)]
    own: Int32s = np.where(unit < 0, np.arange(len(unit), dtype=np.int32), result).astype(np.int32)
    return own
