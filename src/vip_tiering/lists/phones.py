"""Mobile numbers of mainland China, however they are written, as eleven digits."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.checks import tidy_text
from vip_tiering.lists.forms import BAD_PHONE, NO_PHONE
from vip_tiering.raw_columns import Mask, truth
from vip_tiering.rows import Int32s

_COUNTRY: Final = 86
_AFTER_PREFIX: Final = 10**4
"""Eleven digits divided by it are the prefix of seven."""
_BESIDE_DIGITS: Final = r"[\s\p{Z}.\-\x{2010}-\x{2015}\x{2212}()\[\]{}]"
_MOBILE: Final = "^1[0-9]{10}$"


def canonical_mobiles(values: pa.Array) -> tuple[Int32s, pa.Array]:
    """Return strings, shape (n,), as indices into distinct numbers, shape (n,), and those numbers, eleven digits, sorted.

    `NO_PHONE` stands where nothing is given, `BAD_PHONE` where it is no mobile number of mainland China. Full-width
    characters, blanks, hyphens, dots and brackets do not count, nor does +86, 0086 or 86 before eleven digits.
    """
    text, formed = _digits(values)
    numbers = np.zeros(len(text), np.int64)
    numbers[formed] = text.filter(pa.array(formed)).cast(pa.int64()).to_numpy(zero_copy_only=False)
    numbers[formed] *= _are_mobile(numbers[formed] // _AFTER_PREFIX)
    given = np.flatnonzero(numbers)
    distinct, places = np.unique(numbers[given], return_inverse=True)
    phone = np.where(truth(pc.equal(text, "")), np.int32(NO_PHONE), np.int32(BAD_PHONE))
    phone[given] = places.astype(np.int32)
    return phone, pa.array(distinct).cast(pa.string())


def _digits(values: pa.Array) -> tuple[pa.Array, Mask]:
    """Return numbers without what people write between digits, and without the country's code before eleven digits.

    With it comes which of them are eleven digits then. What is so already, which is most of a file, is left alone.
    """
    sound = truth(pc.match_substring_regex(values, _MOBILE))
    if sound.all():
        return values, sound
    odd = tidy_text(values.filter(pa.array(~sound)))
    odd = pc.replace_substring_regex(odd, _BESIDE_DIGITS, "")
    odd = pc.replace_substring_regex(odd, "^(?:[+]86|0086|86)([0-9]{11})$", r"\1")
    text = pc.replace_with_mask(values, pa.array(~sound), odd)
    sound[~sound] = truth(pc.match_substring_regex(odd, _MOBILE))
    return text, sound


def _are_mobile(prefixes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Mask:
    """Return for each prefix of seven digits, shape (n,), whether it is one of mobiles; each different one is asked about once."""
    distinct, places = np.unique(prefixes, return_inverse=True)
    verdicts = np.fromiter(map(_is_mobile, distinct.tolist()), bool, len(distinct))
    found: Mask = verdicts[places]
    return found


@functools.lru_cache(maxsize=1 << 16)
def _is_mobile(prefix: int) -> bool:
    number = phonenumbers.PhoneNumber(country_code=_COUNTRY, national_number=prefix * _AFTER_PREFIX)
    return bool(phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE)
