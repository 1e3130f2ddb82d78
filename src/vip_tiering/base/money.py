"""Money is int64 fen (分, 1/100 CNY): exact sums, floors and their text. No float, no mean."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]
FEN_PER_YUAN: Final = 100
AMOUNT_LIMIT_FEN: Final = 10**12 * FEN_PER_YUAN
"""Every amount must be smaller than this in size: |x| < 1e12 yuan (semantics 1.3)."""
INT64_LIMIT: Final = 2**63
DECIMAL: Final = pa.decimal128(18, 2)
WAN_DECIMAL: Final = pa.decimal128(18, 6)
"""10,000 yuan, 万元, to the fen."""
_FEN_OF_A_HUNDREDTH: Final = 10_000
"""The hundredth part of 10,000 yuan."""
_LOW_BITS: Final = 32
_BLOCK_BYTES: Final = 1 << 19


def fen_from_decimal(amounts: pa.Array) -> Int64s:
    """Return `decimal128(18, 2)` yuan, shape (n,), without nulls, as int64 fen, shape (n,); so `decimal128(18, 6)` of 万元.

    A decimal128 is 16 bytes, little endian; 18 digits fit its low 8 bytes, so no digit is computed.
    """
    if amounts.type not in (DECIMAL, WAN_DECIMAL):
        raise TypeError(amounts.type)
    if len(amounts) == 0:
        return np.empty(0, np.int64)
    halves = np.frombuffer(amounts.buffers()[1], np.int64)
    return halves[2 * amounts.offset : 2 * (amounts.offset + len(amounts)) : 2].copy()


def decimal_from_fen(fen: Int64s, known: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Return int64 fen, shape (n,), as `decimal128(18, 2)` yuan; the reverse of `fen_from_decimal`. Null where `known` says no."""
    halves = np.empty((len(fen), 2), np.int64)
    halves[:, 0] = fen
    halves[:, 1] = fen >> 63
    valid = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(DECIMAL, len(fen), [valid, pa.py_buffer(halves)])


def yuan_text(fen: int) -> str:
    """Return an amount of any size in fen as text in yuan with two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN_PER_YUAN}.{abs(fen) % FEN_PER_YUAN:02d}"


def wan_text(fen: int) -> str:
    """Return an amount of any size in fen as text in 万元 (10,000 yuan) with commas and two decimals, rounded half away from zero."""
    sign = "-" if fen < 0 else ""
    hundredths = (abs(fen) + _FEN_OF_A_HUNDREDTH // 2) // _FEN_OF_A_HUNDREDTH
    return f"{sign if hundredths else ''}{hundredths // 100:,}.{hundredths % 100:02d}"


def fen_from_text(text: str) -> int:
    """Return the fen of an amount that `yuan_text` wrote."""
    return int(text.replace(".", ""))


def exact_sum(values: Int64s, bound: int | None = None) -> int:
    """Return the sum of int64 values as a Python integer that cannot wrap; `bound` may bring their largest size.

    Parts of so few values that no part can leave 64 bits are summed there, and the parts in Python.
    """
    size = largest(values) if bound is None else bound
    together = max((INT64_LIMIT - 1) // max(size, 1), 1)
    if len(values) <= together:
        return int(values.sum())
    return sum(np.add.reduceat(values, np.arange(0, len(values), together)).tolist())


def exact_sums(values: Int64s, groups: npt.NDArray[np.int64], size: int) -> list[int]:
    """Return the exact sum of `values`, shape (n,), in each of the groups 0..size-1 (`groups`, shape (n,))."""
    high, low = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(high, groups, values >> _LOW_BITS)
    np.add.at(low, groups, values & 0xFFFF_FFFF)
    return [(int(a) << _LOW_BITS) + int(b) for a, b in zip(high, low, strict=True)]


def largest(values: Int64s) -> int:
    """Return the largest size |x| among int64 values; 0 when there are none."""
    lowest, highest = value_range(values)
    return max(highest, -lowest)


def value_range(values: npt.NDArray[Any]) -> tuple[int, int]:
    """Return the lowest and the highest value, (0, 0) when there are none; by blocks that stay in the processor's cache."""
    step = _BLOCK_BYTES // values.itemsize
    lowest, highest = [], []
    for start in range(0, len(values), step):
        block = values[start : start + step]
        lowest.append(int(block.min()))
        highest.append(int(block.max()))
    return min(lowest, default=0), max(highest, default=0)
