"""The rules for ids: what is none, what a spreadsheet has written, what is a total. Each is looked for only where its letters occur."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, offsets_of, text_bytes, truth, whole_parts
from vip_tiering.base.money import value_range
from vip_tiering.base.text import FORMULA_ID, SPREADSHEET_IDS, tidy_column
from vip_tiering.extracts.rows import Broken

LONGEST_ID_BYTES: Final = 64
_DELETE: Final = 0x7F
_IN_SPREADSHEETS: Final = b".,+\"'#"
_AT_THE_BEGINNING: Final = b"=@`-\xe2"
_TOTALS: Final = "合计|总计|小计|累计|共计|总额|汇总|合計|總計|小計|累計|總額"
_TOTAL: Final = "(?:sub)?totals?|sum"
_OF_TOTALS: Final = (
    "sub|grand|page|branch|bank|overall|running|daily|day|net|gross|report|sheet|group|section|region|department|all|the|of|for|this|"
    "customers?|accounts?|balances?|amounts?|assets?|count|rows|records|final|cny|rmb|yuan"
)
_JOINED: Final = (
    rf"(?:{_TOTALS})(?:数|额|金额|余额|元|万元|人民币)*[0-9]*(?:户|笔|条|人|行|元)?(?:total|sum)?$",
    rf"^(?:{_OF_TOTALS})*(?:{_TOTAL})(?:{_OF_TOTALS})*$",
    r"^(?:end|eof)(?:of(?:file|data|report|records?))?$",
)
"""Words for a total once blanks and punctuation are taken out, and for the end of a file; in small letters."""
_SPACED: Final = r"\s(?:sub-?)?(?:totals?|sum)[\s\pP]*$|^(?:grand\s+|sub[-\s]?)?(?:totals?|sum)[\s:=]+[0-9]"
"""A total behind a name, such as "Branch 12 Total:", and one before its number."""


def check_ids(values: pa.Array, role: str, broken: Broken) -> tuple[pa.Array, int]:
    """Check ids; text is trimmed and brought to NFKC where it needs it, whole numbers become their decimal text."""
    if pa.types.is_decimal(values.type):  # as Spark reads NUMBER of an Oracle
        values, fractions = whole_parts(values)
        broken.add("id-decimals", role, fractions)
    if pa.types.is_integer(values.type):
        values = values.cast(pa.string())
    if values.null_count:
        broken.add("id-empty", role, truth(pc.is_null(values)))
        values = values.fill_null("")
    text = text_bytes(values)
    tidied = 0
    lowest, highest = value_range(text)
    if len(text) and not (lowest > ord(" ") and highest < _DELETE):
        delivered = values
        values = tidy_column(values)
        tidied = len(values) - int(pc.sum(pc.equal(values, delivered)).as_py() or 0)
        broken.add("id-control", role, truth(pc.match_substring_regex(values, r"[\x00-\x1f\x7f-\x{9f}]")))
        lowest, highest = value_range(text_bytes(values))
    lengths = np.diff(offsets_of(values))
    shortest, longest = value_range(lengths)
    if shortest == 0:
        broken.add("id-empty", role, lengths == 0)
    if longest > LONGEST_ID_BYTES:
        broken.add("id-long", role, lengths > LONGEST_ID_BYTES)
    if longest and (lowest < ord("0") or highest > ord("9")):  # ids are digits as a rule
        _check_words(values, role, broken, highest)
    return values, tidied


def _check_words(values: pa.Array, role: str, broken: Broken, highest: int) -> None:
    """Note what spreadsheets have written, and totals, which both are more than digits."""
    text, offsets = text_bytes(values), offsets_of(values)
    offsets = offsets - offsets[0]
    first = text[np.minimum(offsets[:-1], len(text) - 1)]  # of an empty id, that of another one: it is told already
    if role == "customer_id" and highest >= ord("A"):
        plain = highest < _DELETE and not (text == ord(" ")).any()
        # A total begins and ends without a digit, but for some that hold Chinese letters or blanks.
        places = np.flatnonzero(~(_is_digit(first) | _is_digit(text[offsets[1:] - 1]))) if plain else np.arange(len(values))
        if plain and len(places):
            places = places[~truth(pc.match_substring_regex(values.take(pa.array(places)), "[0-9]"))]
        _check_totals(values, places, broken)
    begins = np.bincount(first, minlength=256)
    if any(begins[one] for one in _AT_THE_BEGINNING) or any((text == one).any() for one in _IN_SPREADSHEETS):
        forms = (*SPREADSHEET_IDS, FORMULA_ID) if role == "customer_id" else SPREADSHEET_IDS
        broken.add("id-spreadsheet", role, truth(pc.match_substring_regex(values, "|".join(forms))))


def _is_digit(letters: npt.NDArray[np.uint8]) -> Mask:
    return (letters >= ord("0")) & (letters <= ord("9"))


def _check_totals(values: pa.Array, places: npt.NDArray[np.intp], broken: Broken) -> None:
    """Note the totals among the ids at `places`."""
    if not len(places):
        return
    small = pc.utf8_lower(values.take(pa.array(places)))
    joined = pc.replace_substring_regex(small, r"[\s\pZ\pP\pS\pC]+", "")
    totals = truth(pc.or_(pc.match_substring_regex(joined, "|".join(_JOINED)), pc.match_substring_regex(small, _SPACED)))
    if totals.any():
        mask = np.zeros(len(values), bool)
        mask[places[totals]] = True
        broken.add("id-total", "customer_id", mask)
