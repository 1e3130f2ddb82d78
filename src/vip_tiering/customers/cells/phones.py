"""Phone numbers as people and spreadsheets write them: cells in, mobile numbers out, and what the other cells are (semantics 12.3)."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, truth
from vip_tiering.base.money import Int64s
from vip_tiering.base.text import tidy_column
from vip_tiering.customers.types import BAD_PHONE, NO_PHONE

PHONE_KINDS: Final[dict[str, str]] = {
    "": "mobile numbers",
    "other": "numbers of other phones, such as landlines",
    "words": "written with other characters than digits",
    "short": "of fewer than eleven digits",
    "long": "of more than eleven digits",
    "unknown": "of eleven digits that no mobile network has",
    "point": "written with a dot, which separates nothing: was the column a number?",
    "masked": "masked",
    "exponent": "written 1.38E+10: the column was a number",
}
"""What may stand in a cell beside a mobile number, and the words of messages for it; of several in one cell the last here counts."""
_CODES: Final = {kind: place for place, kind in enumerate(PHONE_KINDS)}
SPREADSHEET_KINDS: Final = ("point", "masked", "exponent")
"""What spreadsheets and masks make of numbers, and nobody writes by hand."""
OTHER: Final = _CODES["other"]
"""Up to this place a cell can be read."""
_COUNTRY: Final = 86
_AFTER_PREFIX: Final = 10**4
"""Eleven digits divided by it are the prefix of seven."""
_MOBILE: Final = "^1[0-9]{10}$"
_QUOTES: Final = "\"'\u2018\u2019`"
_QUOTED: Final = f"^=?[{_QUOTES}]+|[{_QUOTES}]+$"
"""How a spreadsheet is told that a number is text, and what is left of it."""
_THOUSANDS: Final = "^[0-9]{1,3}(?:,[0-9]{3})+(?:[.]0+)?$"
_BETWEEN_TWO: Final = r"([0-9]{11}(?:[.]0+)?)[\s\p{Z}]+([+(]?[0-9])"
_SEPARATORS: Final = r"[/\\\x{3001},;|&\r\n\t]+"
_BESIDE_DIGITS: Final = r"[\s\p{Z}\-\x{2010}-\x{2015}\x{2212}()\[\]{}]"
"""What people write between digits; never a dot, which would make 13812345670 of 1381234567.0."""
_WHOLE: Final = "^([+]?[0-9]+)[.]0+$"
_LONG_FORM: Final = "^(?:(?:[+]|00)?86)?0?(1[0-9]{10})$"
_LOOKS: Final = {
    "exponent": "^[0-9.]+[eE][+-]?[0-9]+$",
    "masked": r"[*#\x{2022}\x{25cf}\x{203b}]|[0-9][xX]{2,}",
    "point": "^[+]?[0-9]+[.][0-9.]+$",
    "unknown": "^[0-9]{11}$",
    "short": "^[+]?[0-9]{1,10}$",
    "long": "^[+]?[0-9]{11,}$",
}
"""What a piece of a cell looks like that is not a number; the first that fits, otherwise words."""
_WITH_AREA: Final = "^(?:[+]|0|400|800)[0-9]+$"
"""Only so is a number of another kind believed: without its first digits a mobile number may look like a landline."""


@dataclass(frozen=True)
class Phones:
    """What n cells of phone numbers hold.

    `first`, shape (n,): index into `numbers` of the first mobile number of each cell, else `NO_PHONE` or `BAD_PHONE`; `numbers`:
    distinct mobile numbers of eleven digits, sorted. `row`, `number`, shape (k,): cell and index of every mobile number, in the
    order of the cells. `kind`, shape (n,): what else stands in a cell, a place in `PHONE_KINDS`; 0 for nothing else.
    """

    first: Int32s
    numbers: pa.Array
    row: Int64s
    number: Int32s
    kind: Int8s

    def counts(self) -> dict[str, int]:
        """Return how many cells are of each kind, those that occur: "" for mobile numbers; empty cells are of none."""
        kind = np.where(self.first < 0, self.kind, 0)[self.first != NO_PHONE]
        of_kind = np.bincount(kind, minlength=len(PHONE_KINDS)).tolist()
        return {kind: count for kind, count in zip(PHONE_KINDS, of_kind, strict=True) if count}


def read_phones(cells: pa.Array) -> Phones:
    """Return the mobile numbers that strings, shape (n,), hold (semantics 12.3).

    Read are +86, 0086, 86 and 0 before a number, blanks, hyphens and brackets between its digits, `.0` or quotes around it, full
    width, and several numbers in a cell. What is plain already, which is most of a file, is left alone.
    """
    plain = truth(pc.match_substring_regex(cells, _MOBILE))
    odd = np.flatnonzero(~plain)
    pieces, owner = _pieces(cells.filter(pa.array(~plain)))
    digits = pc.replace_substring_regex(pc.replace_substring_regex(pieces, _WHOLE, r"\1"), _LONG_FORM, r"\1")
    formed = truth(pc.match_substring_regex(digits, _MOBILE))
    row = np.concatenate([np.flatnonzero(plain), odd[owner[formed]]])
    value = np.concatenate([_integers(cells.filter(pa.array(plain))), _integers(digits.filter(pa.array(formed)))])
    order = np.argsort(row, kind="stable")
    row, value = row[order], value[order]
    mobile = _are_mobile(value // _AFTER_PREFIX)
    kind = np.zeros(len(cells), np.int8)
    kind[row[~mobile]] = _CODES["unknown"]
    np.maximum.at(kind, odd[owner[~formed]], _kinds_of(pieces.filter(pa.array(~formed)), digits.filter(pa.array(~formed))))
    numbers, places = np.unique(value[mobile], return_inverse=True)
    row, number = row[mobile], places.astype(np.int32)
    first = np.full(len(cells), BAD_PHONE, np.int32)
    first[np.setdiff1d(odd, odd[owner])] = NO_PHONE
    first[row[::-1]] = number[::-1]
    return Phones(first, pa.array(numbers).cast(pa.string()), row.astype(np.int64), number, kind)


def _pieces(cells: pa.Array) -> tuple[pa.Array, Int64s]:
    """Return what stands in cells, shape (k,), one piece for each number, without marks between digits; and the cell of each."""
    text = pc.replace_substring_regex(tidy_column(cells), _QUOTED, "")
    text = pc.if_else(pc.match_substring_regex(text, _THOUSANDS), pc.replace_substring(text, ",", ""), text)
    for _ in range(2):  # the second of three numbers has a neighbour on both sides
        text = pc.replace_substring_regex(text, _BETWEEN_TWO, r"\1|\2")
    split = pc.split_pattern_regex(text, _SEPARATORS)
    pieces = pc.replace_substring_regex(pc.list_flatten(split), _BESIDE_DIGITS, "")
    pieces = pc.replace_substring_regex(pieces, _QUOTED, "")
    given = pc.not_equal(pieces, "")
    return pieces.filter(given), pc.list_parent_indices(split).filter(given).to_numpy(zero_copy_only=False)


def _integers(digits: pa.Array) -> Int64s:
    values: Int64s = digits.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return values


def _kinds_of(pieces: pa.Array, digits: pa.Array) -> Int8s:
    """Return what pieces of cells are that do not have the form of a mobile number, shape (k,). `digits`: without `.0` at the end."""
    kinds = np.full(len(pieces), _CODES["words"], np.int8)
    for name, looks in reversed(_LOOKS.items()):
        kinds[truth(pc.match_substring_regex(pieces, looks))] = _CODES[name]
    coded = digits.dictionary_encode()
    complete = truth(pc.match_substring_regex(coded.dictionary, _WITH_AREA))
    valid = np.zeros(len(complete), np.bool_)
    valid[complete] = [*map(_is_valid, coded.dictionary.filter(pa.array(complete)).to_pylist())]
    kinds[valid[coded.indices.to_numpy(zero_copy_only=False)]] = OTHER
    return kinds


def _are_mobile(prefixes: npt.NDArray[np.int64]) -> Mask:
    """Return for each prefix of seven digits, shape (n,), whether it is one of mobiles; each different one is asked about once."""
    distinct, places = np.unique(prefixes, return_inverse=True)
    verdicts = np.fromiter(map(_is_mobile, distinct.tolist()), bool, len(distinct))
    found: Mask = verdicts[places]
    return found


@functools.lru_cache(maxsize=1 << 16)
def _is_mobile(prefix: int) -> bool:
    number = phonenumbers.PhoneNumber(country_code=_COUNTRY, national_number=prefix * _AFTER_PREFIX)
    return bool(phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE)


@functools.lru_cache(maxsize=1 << 16)
def _is_valid(digits: str) -> bool:
    """Tell whether digits are a whole number of any phone, here or abroad."""
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(digits, "CN")))
    except phonenumbers.NumberParseException:
        return False


def damage_of(counts: Mapping[str, int], kinds: Collection[str] = tuple(PHONE_KINDS)[1:]) -> Iterator[str]:
    """Yield how many cells are of which of the kinds, the most frequent first, such as 6 of 6 are masked. `counts`: by kind."""
    given = sum(counts.values())
    for kind in sorted(set(kinds).intersection(counts), key=lambda kind: (-counts[kind], kind)):
        yield f"{counts[kind]} of {given} are {PHONE_KINDS[kind]}"
