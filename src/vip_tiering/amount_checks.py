"""Balances into fen: exactly, or the row is rejected."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.money import AMOUNT_LIMIT_FEN, DECIMAL, FEN_PER_YUAN, STORED_DECIMAL, Int64s, fen_from_decimal
from vip_tiering.raw_columns import Broken, text_bytes, truth

_AMOUNT_BYTES: Final = np.isin(np.arange(256), list(b"0123456789.-+"))
_FLOAT_SLACK: Final = 1e-4


def check_amounts(values: pa.Array, broken: Broken) -> Int64s:
    """Return balances in fen: text and decimals exactly, integers as yuan, floats only where they can mean one amount.

    Whether they are too large is left to `check_range`.
    """
    if values.null_count:
        broken.add("amount-empty", "balance", truth(pc.is_null(values)))
        values = values.fill_null("" if pa.types.is_string(values.type) else pa.scalar(0, values.type))
    if pa.types.is_string(values.type):
        fen = _amounts_of_text(values, broken)
    elif pa.types.is_floating(values.type):
        fen = _amounts_of_floats(values, broken)
    else:
        fen = _amounts_of_exact(values, broken)
    return fen


def check_range(fen: Int64s, largest_fen: int, broken: Broken) -> None:
    """Note the balances that are too large; `largest_fen` is the size of the largest."""
    if largest_fen >= AMOUNT_LIMIT_FEN:
        broken.add("amount-range", "balance", (fen >= AMOUNT_LIMIT_FEN) | (fen <= -AMOUNT_LIMIT_FEN))


def _amounts_of_text(values: pa.Array, broken: Broken) -> Int64s:
    """Parse text as decimal(18, 2); pyarrow refuses what does not rescale exactly, and our bytes exclude exponents."""
    text = text_bytes(values)
    if _AMOUNT_BYTES[text].all():
        # Where some row is wrong pyarrow's message would quote it; the rows are then found by rule.
        with suppress(pa.ArrowInvalid):
            return fen_from_decimal(values.cast(DECIMAL))
    values = pc.utf8_trim_whitespace(values)
    bad = np.zeros(len(values), bool)
    for rule, pattern in _AMOUNT_PATTERNS:
        mask = truth(pc.match_substring_regex(values, pattern))
        broken.add(rule, "balance", mask & ~bad)
        bad |= mask
    sound = pc.if_else(pa.array(bad), "0", values)
    return fen_from_decimal(sound.cast(DECIMAL))


_AMOUNT_PATTERNS: Final = (
    ("amount-empty", r"^(?i:|n/?a|null|none|nan|#n/a|-)$"),
    ("amount-exponent", r"^[-+]?[0-9.]+[eE][-+]?[0-9]+$"),
    ("amount-thousands", r"^[-+]?[0-9]{1,3}([,，'][0-9]{3})+(\.[0-9]*)?$"),
    ("amount-full-width", r"[\x{ff10}-\x{ff19}\x{ff0e}]"),
    ("amount-text", r"^[^-+0-9.]|^.+[^0-9.]|^[-+]?\.?$|\..*\."),
    ("amount-decimals", r"\.[0-9]{2}[0-9]*[1-9]"),
    ("amount-range", r"^[-+]?0*[1-9][0-9]{12}"),
)


def _amounts_of_exact(values: pa.Array, broken: Broken) -> Int64s:
    """Rescale decimals and integers to decimal(18, 2); what does not rescale exactly is rejected."""
    if values.type in (DECIMAL, STORED_DECIMAL):
        return fen_from_decimal(values)
    try:
        if pa.types.is_integer(values.type):
            limit = AMOUNT_LIMIT_FEN // FEN_PER_YUAN
            yuan = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
            beyond = (yuan >= limit) | (yuan <= -limit)
            broken.add("amount-range", "balance", beyond)
            return np.where(beyond, 0, yuan) * FEN_PER_YUAN
        return fen_from_decimal(values.cast(DECIMAL))
    except pa.ArrowInvalid:
        return _amounts_of_text(values.cast(pa.string()), broken)


def _amounts_of_floats(values: pa.Array, broken: Broken) -> Int64s:
    """Accept a float64 x where fen = rint(100x) is within 1e-4 fen and 4 units in the last place of 100x."""
    hundredfold = values.cast(pa.float64()).to_numpy(zero_copy_only=False) * float(FEN_PER_YUAN)
    finite = np.isfinite(hundredfold)
    broken.add("amount-text", "balance", ~finite)
    inside = finite & (np.abs(np.where(finite, hundredfold, 0.0)) < float(AMOUNT_LIMIT_FEN))
    broken.add("amount-range", "balance", finite & ~inside)
    hundredfold = np.where(inside, hundredfold, 0.0)
    fen = np.rint(hundredfold)
    broken.add("amount-decimals", "balance", np.abs(hundredfold - fen) > _FLOAT_SLACK + 4 * np.spacing(np.abs(hundredfold)))
    return fen.astype(np.int64)
