"""The customer file: columns of text in, typed customers and warnings out."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Final

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, truth
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import day_number
from vip_tiering.base.text import tidy_column
from vip_tiering.base.threads import threads
from vip_tiering.customers.columns import find_columns
from vip_tiering.customers.fields import NEWEST_DAY, OLDEST_BIRTHDAY, Fields
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.texts import LONGEST_LIST, LONGEST_TEXT, clean_text
from vip_tiering.customers.types import BAD_PHONE, NO_PHONE, Customers
from vip_tiering.playbooks.customers import CODES, CUSTOMER_FIELDS, DAY_FIELDS, SEGMENTS, TEXT_FIELDS, CustomerRules

ABSENT: Final[dict[str, str]] = {
    "name": "messages address nobody by name",
    "gender": "nobody is addressed by gender",
    "mobile": "nobody has a number: no messages by SMS, and no calls",
    "manager": "every customer is unassigned",
    "branch": "messages and lists name no branch",
    "birthday": "no birthday calls, and every age is unknown",
    "segments": "nobody belongs to a segment: the general wording is sent, and nobody comes first",
    "wechat_id": "no messages by WeChat",
    "risk_rating": "offers of the purposes rated and private fall",
    "risk_rated_on": "no risk rating has a day, so none is valid: offers of the purposes rated and private fall",
    "qualified_investor": "private products fall",
    "qualified_on": "no finding of a qualified investor has a day, so private products fall",
    "consent_sms": "by SMS: nothing is sent, and general, insurance, rated and private fall",
    "consent_call": "by call: general, insurance, rated and private fall",
    "consent_wechat": "by WeChat: general, insurance, rated and private fall",
    "private_client": "private clients are known by tier and balance only",
    "points": "no points are named in messages",
    "points_expire_on": "no reminder that points expire",
}
"""Field -> what falls without it (compliance, "Absent columns"); the status has its own rule, and what no list needs is not missed."""
_COUNTRY: Final = 86
_AFTER_PREFIX: Final = 10**4
"""Eleven digits divided by it are the prefix of seven."""
_BESIDE_DIGITS: Final = r"[\s\p{Z}.\-\x{2010}-\x{2015}\x{2212}()\[\]{}]"
_MOBILE: Final = "^1[0-9]{10}$"
_NO_STATUS: Final = (
    "no column for the status, so the dead and the minor could be written to; deliver it, or have a named person write"
    " status: {not_delivered: {approved_by: ..., approved_on: 2016-01-04, reason: ...}} in rules/customers.yaml"
)


def absent_columns(file: str, given: Iterable[str]) -> list[str]:
    """Return one warning per optional field that a customer file does not have."""
    fields = set(given)
    return [f"{file}: no column {field}: {falls}" for field, falls in ABSENT.items() if field not in fields]


def canonical_mobiles(values: pa.Array) -> tuple[Int32s, pa.Array]:
    """Return strings, shape (n,), as indices into distinct numbers, shape (n,), and those numbers, eleven digits, sorted.

    `NO_PHONE` stands where nothing is given, `BAD_PHONE` where it is not a mobile number of mainland China. Full-width
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
    odd = tidy_column(values.filter(pa.array(~sound)))
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


def parse_customers(file: SideFile, rules: CustomerRules) -> tuple[Customers, list[str]]:
    """Return the customers of a file, in its order, and a warning for each absent or perhaps misspelled column.

    Raises DataError (exit 4) with every problem at once: an id that is missing or stands twice, a word of a coded field
    that is not known, a day that is not one, points that are not a whole number; and where there is no status column and the
    rules do not say who allows that (compliance, "Absent columns"). No message holds a value.
    """
    columns, warnings = find_columns(file, rules, CUSTOMER_FIELDS, ("customer_id",))
    if not len(columns):
        raise DataError([Problem(file.name, None, None, "file-no-rows", "the file has a header and no rows; deliver the customers")])
    fields = Fields(columns, rules)
    if "status" not in columns and rules.status is None:
        fields.problems.append(Problem(file.name, None, None, "status-absent", _NO_STATUS))
    with threads(1) as pool:
        mobiles = pool.submit(canonical_mobiles, columns.texts("mobile"))
        customer_id = fields.ids("customer_id")
        fields.refuse_repeated("customer_id", customer_id)
        text = {field: _text(fields, field) for field in TEXT_FIELDS}
        code = {field: fields.codes(field, CODES[field]) for field in CODES}
        born_by = min(day_number(file.read_on), NEWEST_DAY)  # other days may lie ahead
        day = {field: fields.days(field, OLDEST_BIRTHDAY, born_by) if field == "birthday" else fields.days(field) for field in DAY_FIELDS}
        points = fields.whole_numbers("points")
        segments = fields.segments("segments", SEGMENTS)
        phone, numbers = mobiles.result()
    customers = Customers(customer_id, frozenset(columns.values), text, code, day, points, segments, phone, numbers)
    fields.refuse()
    return customers, [*absent_columns(file.name, customers.given), *warnings]


def _text(fields: Fields, field: str) -> pa.DictionaryArray:
    if field == "household_customer_id":  # it is compared with ids, and so is tidied like them
        return clean_text(tidy_column(fields.columns.texts(field)))
    return fields.text(field, LONGEST_LIST if field == "products_held" else LONGEST_TEXT)
