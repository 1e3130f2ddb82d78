"""Text as it is compared: what nobody sees makes no difference, and what people see does."""

from __future__ import annotations

import sys
import unicodedata
from typing import Final

import pyarrow as pa
import pytest

from vip_tiering.base.text import tidy, tidy_column

_SEEN: Final = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}
"""Characters of the category "format" that show: they stand under numbers of other scripts, and order hieroglyphs."""
_MARKS: Final = [chr(number) for number in range(sys.maxunicode) if unicodedata.category(chr(number)) == "Cf" and number not in _SEEN]
_OTHERS: Final = [
    "\u034f",
    "\u115f",
    "\u1160",
    "\u180b",
    "\u2028",
    "\u2029",
    "\u2800",
    "\u3164",
    "\ufe00",
    "\ufe0f",
    "\uffa0",
    "\U000e0100",
]


def test_what_nobody_sees_makes_no_difference() -> None:
    """Every mark of format, selector and filler is taken out, wherever it stands, in a column as in a single text."""
    for place in ("{}6001", "60{}01", "6001{}", "{0}6001{0}"):
        texts = [place.format(one) for one in (*_MARKS, *_OTHERS)]
        assert {"6001"} == set(map(tidy, texts)) == set(tidy_column(pa.array(texts)).to_pylist())


@pytest.mark.parametrize("text", ["6001", "张·三", "O'Neil", "A-1", "\u0600", "é", "ａ１".translate({0xFF41: "a", 0xFF11: "1"}), "私银"])
def test_what_people_see_stays(text: str) -> None:
    """Letters, digits, signs and accents are left as they are."""
    assert text == tidy(text) == tidy_column(pa.array([text]))[0].as_py()
