"""The rules that one row must pass: raw columns in, checked rows and rejects out. Nothing is repaired by guessing.

Every column is checked as a whole, and cheaply where it is sound; only where something is off are its rows looked at
one rule after another, still as whole columns. The first rule that a row breaks is the one that is reported.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.amount_checks import check_amounts, check_range
from vip_tiering.date_checks import check_days
from vip_tiering.money import value_range
from vip_tiering.raw_columns import Broken, RawColumns, offsets_of, text_bytes, truth
from vip_tiering.rows import Rejects, Rows
from vip_tiering.side_tables import HOME_CURRENCY

LONGEST_ID_BYTES: Final = 64
_TOTALS: Final = ("合计", "总计", "小计", "总额", "total", "totals", "subtotal", "grand total", "sum")
_LAST_ROWS: Final = 3
_HOME_NAMES: Final = ("CNY", "RMB", "人民币")


def check_rows(raw: RawColumns, *, foreign: bool = False) -> tuple[Rows, Rejects, int]:
    """Return the rows that pass, the rejects, and how many ids had to be trimmed or narrowed to be told apart.

    Balances in foreign currency pass where they are converted later (`foreign`).
    """
    broken = Broken(len(raw))
    ids, tidied = {}, 0
    for role in ("customer_id", "account_id", "product"):
        if role in raw.columns:
            ids[role], count = check_ids(raw.columns[role], role, broken)
            tidied += count
    currency = _check_currency(raw.columns["currency"], broken, foreign=foreign) if "currency" in raw.columns else None
    days = check_days(raw, broken)
    balance_fen = check_amounts(raw.columns["balance"], broken)
    rows = Rows(
        ids["customer_id"],
        ids.get("account_id"),
        ids.get("product"),
        currency if foreign else None,
        days,
        balance_fen,
        np.broadcast_to(np.int32(raw.file), len(raw)),
        raw.row,
    )
    check_range(balance_fen, rows.largest_fen, broken)
    if not broken.any():
        return rows, Rejects(), tidied
    return rows.take(np.flatnonzero(broken.rule < 0)), broken.rejects(raw), tidied


def check_ids(values: pa.Array, role: str, broken: Broken) -> tuple[pa.Array, int]:
    """Check ids; text is trimmed and brought to NFKC where it needs it, whole numbers become their decimal text."""
    if pa.types.is_integer(values.type):
        values = values.cast(pa.string())
    if values.null_count:
        broken.add("id-empty", role, truth(pc.is_null(values)))
        values = values.fill_null("")
    text = text_bytes(values)
    tidied = 0
    lowest, highest = value_range(text)
    if len(text) and not (lowest > ord(" ") and highest < 0x7F):  # noqa: PLR2004 (DEL; what follows is not ASCII)
        delivered = values
        values = tidy_text(values)
        tidied = len(values) - int(pc.sum(pc.equal(values, delivered)).as_py() or 0)
        broken.add("id-control", role, truth(pc.match_substring_regex(values, r"[\x00-\x1f\x7f-\x{9f}]")))
    lengths = np.diff(offsets_of(values))
    shortest, longest = value_range(lengths)
    if shortest == 0:
        broken.add("id-empty", role, lengths == 0)
    if longest > LONGEST_ID_BYTES:
        broken.add("id-long", role, lengths > LONGEST_ID_BYTES)
    if role == "customer_id":
        _check_total(values, broken)
    if lowest < ord("0") and (text == ord("+")).any():
        broken.add("id-scientific", role, truth(pc.match_substring_regex(values, r"^[0-9](\.[0-9]*)?[eE]\+[0-9]+$")))
    return values, tidied


def _check_total(values: pa.Array, broken: Broken) -> None:
    """Note totals among the last rows, where systems that make a report of an extract write them."""
    begin = max(len(values) - _LAST_ROWS, 0)
    totals = truth(pc.is_in(pc.utf8_lower(values[begin:]), value_set=pa.array(_TOTALS)))
    if totals.any():
        mask = np.zeros(len(values), bool)
        mask[begin:] = totals
        broken.add("id-total", "customer_id", mask)


def tidy_text(values: pa.Array) -> pa.Array:
    """Return strings in NFKC without surrounding blanks and without invisible characters, so that equal ids look equal."""
    values = pc.utf8_normalize(values, form="NFKC")
    values = pc.replace_substring_regex(values, r"[\x{200b}-\x{200f}\x{2060}\x{feff}]", "")
    return pc.utf8_trim_whitespace(values)


def _check_currency(values: pa.Array, broken: Broken, *, foreign: bool) -> pa.Array:
    """Return the currencies as codes of three letters; another one than CNY passes only where it is converted."""
    text = pc.utf8_upper(tidy_text(values.cast(pa.string()).fill_null("")))
    home = pc.is_in(text, pa.array(_HOME_NAMES))
    if foreign:
        broken.add("currency-code", "currency", ~truth(pc.or_(home, pc.match_substring_regex(text, "^[A-Z]{3}$"))))
    else:
        broken.add("currency", "currency", ~truth(home))
    return pc.if_else(home, HOME_CURRENCY, text)
