"""The customer file: columns of text in, typed customers and warnings out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import day_number
from vip_tiering.base.text import tidy_column
from vip_tiering.base.threads import threads
from vip_tiering.customers.cells.birthdays import read_birthdays
from vip_tiering.customers.cells.phones import read_phones
from vip_tiering.customers.cells.texts import LONGEST_LIST, LONGEST_TEXT, clean_text
from vip_tiering.customers.columns import find_columns, missing_column
from vip_tiering.customers.fields import NEWEST_DAY, Fields
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.types import Customers
from vip_tiering.playbooks.customers.customers_file import CODES, CUSTOMER_FIELDS, DAY_FIELDS, SEGMENTS, TEXT_FIELDS, CustomerRules

ABSENT: Final[dict[str, str]] = {
    "name": "messages address nobody by name",
    "gender": "nobody is addressed by gender",
    "mobile": "nobody has a number: no messages by SMS, and no calls",
    "manager": "every customer is unassigned, and nothing of the purpose private goes out",
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
_NO_STATUS: Final = (
    "no column for the status, so the dead and the minor could be written to; deliver it, or have a named person write"
    " status: {not_delivered: {approved_by: ..., approved_on: 2016-01-04, reason: ...}} in rules/customers.yaml"
)


def absent_columns(file: str, given: Iterable[str]) -> list[str]:
    """Return one warning per optional field that a customer file does not have."""
    fields = set(given)
    return [f"{file}: no column {field}: {falls}" for field, falls in ABSENT.items() if field not in fields]


def parse_customers(file: SideFile, rules: CustomerRules) -> tuple[Customers, list[str]]:
    """Return the customers of a file, in its order, and a warning for each absent or perhaps misspelled column.

    Raises DataError (exit 4) with every problem at once: an id that is missing or stands twice, a word of a coded field
    that is not known, a day that is not one, points that are not a whole number; and where there is no status column and the
    rules do not say who allows that (compliance, "Absent columns"). No message holds a value.
    """
    columns, warnings = find_columns(file, rules, CUSTOMER_FIELDS, ())
    lacking = [missing_column(columns, rules, "customer_id")] if "customer_id" not in columns else []
    if columns.values and "status" not in columns and rules.status is None:
        lacking.append(Problem(file.name, None, None, "status-absent", _NO_STATUS))
    if "customer_id" not in columns:
        raise DataError(lacking)
    if not len(columns):
        raise DataError([Problem(file.name, None, None, "file-no-rows", "the file has a header and no rows; deliver the customers")])
    fields = Fields(columns, rules)
    fields.problems += lacking
    with threads(1) as pool:
        reading = pool.submit(read_phones, columns.texts("mobile"))
        customer_id = fields.ids("customer_id")
        fields.refuse_repeated("customer_id", customer_id)
        text = {field: _text(fields, field) for field in TEXT_FIELDS}
        code = {field: fields.codes(field, CODES[field]) for field in CODES}
        born_by = min(day_number(file.read_on), NEWEST_DAY)  # other days may lie ahead
        birthdays = read_birthdays(fields, code["birthday_calendar"], born_by)
        day = {"birthday": birthdays.day, **{field: fields.days(field) for field in DAY_FIELDS if field != "birthday"}}
        points = fields.whole_numbers("points")
        segments = fields.segments("segments", SEGMENTS)
        phones = reading.result()
    given = frozenset(columns.values)
    numbers = (phones.first, phones.numbers, birthdays.lunar, phones.counts())
    customers = Customers(customer_id, given, text, code, day, points, segments, *numbers)
    fields.refuse()
    return customers, [*absent_columns(file.name, customers.given), *warnings]


def _text(fields: Fields, field: str) -> pa.DictionaryArray:
    if field == "household_customer_id":  # it is compared with ids, and so is tidied like them
        return clean_text(tidy_column(fields.columns.texts(field)))
    if field in ("products_held", "interests"):
        return clean_text(fields.several(field), LONGEST_LIST)
    return fields.text(field, LONGEST_TEXT)
