"""The customer file: columns of text in, typed customers and warnings out."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from vip_tiering.ahead import threads
from vip_tiering.checks import tidy_text
from vip_tiering.customer_models import CustomerRules
from vip_tiering.errors import DataError, Problem
from vip_tiering.lists.absent import absent_columns
from vip_tiering.lists.columns import Columns, find_columns
from vip_tiering.lists.fields import NEWEST_DAY, OLDEST_BIRTHDAY, OLDEST_DAY, Fields
from vip_tiering.lists.forms import (
    CODES,
    CUSTOMER_FIELDS,
    DAY_FIELDS,
    NO_DAY,
    NO_PHONE,
    NOT_GIVEN,
    SEGMENTS,
    TEXT_FIELDS,
    Customers,
    Int8s,
)
from vip_tiering.lists.phones import canonical_mobiles
from vip_tiering.lists.texts import LONGEST_LIST, LONGEST_TEXT, clean_text, plain
from vip_tiering.quarter import day_number
from vip_tiering.readers.side_file import SideFile
from vip_tiering.rows import Int32s

_IDS: Final = "household_customer_id"


def parse_customers(file: SideFile, rules: CustomerRules) -> tuple[Customers, list[str]]:
    """Return the customers of a file, in its order, and a warning for each absent or perhaps misspelled column.

    Raises DataError (exit 4) with every problem at once: an id that is missing or stands twice, a word of a coded field
    that is not known, a day that is none, points that are no whole number; and where there is no status column and the
    rules do not say who allows that (compliance, "Absent columns"). No message holds a value.
    """
    columns, warnings = find_columns(file, rules, CUSTOMER_FIELDS, ("customer_id",))
    if not len(columns):
        raise DataError([Problem(file.name, None, None, "file-no-rows", "the file has a header and no rows; deliver the customers")])
    fields = Fields(columns, rules)
    if "status" not in columns and rules.status is None:
        fields.problems.append(Problem(file.name, None, None, "status-absent", _NO_STATUS))
    newest = day_number(file.read_on)
    with threads(1) as pool:
        mobiles = pool.submit(_mobiles, columns)
        customer_id = fields.ids("customer_id")
        fields.refuse_repeated("customer_id", customer_id)
        text = {field: _text(fields, field) for field in TEXT_FIELDS}
        code = {field: _codes(fields, field) for field in CODES}
        day = {field: _days(fields, field, newest) for field in DAY_FIELDS}
        points = fields.whole_numbers("points") if "points" in columns else np.full(len(columns), NOT_GIVEN, np.int64)
        segments = fields.segments("segments", SEGMENTS) if "segments" in columns else np.zeros(len(columns), np.uint8)
        phone, numbers = mobiles.result()
    customers = Customers(customer_id, frozenset(columns.values), text, code, day, points, segments, phone, numbers)
    fields.refuse()
    return customers, [*absent_columns(file.name, customers.given), *warnings]


_NO_STATUS: Final = (
    "no column for the status, so the dead and the minor could be written to; deliver it, or have a named person write"
    " status: {not_delivered: {approved_by: ..., approved_on: 2016-01-04, reason: ...}} in rules/customers.yaml"
)


def _mobiles(columns: Columns) -> tuple[Int32s, pa.Array]:
    if "mobile" not in columns:
        return np.full(len(columns), NO_PHONE, np.int32), pa.array([], pa.string())
    return canonical_mobiles(columns.values["mobile"])


def _text(fields: Fields, field: str) -> pa.DictionaryArray:
    if field not in fields.columns:
        return plain("", len(fields.columns))
    values = fields.columns.values[field]
    if field == _IDS:  # it is compared with ids, and so is tidied like them
        values = tidy_text(values)
    return clean_text(values, LONGEST_LIST if field == "products_held" else LONGEST_TEXT)


def _codes(fields: Fields, field: str) -> Int8s:
    return fields.codes(field, CODES[field]) if field in fields.columns else np.zeros(len(fields.columns), np.int8)


def _days(fields: Fields, field: str, newest: int) -> Int32s:
    """Return the days of a field; nobody is born after the file was read, other days may lie ahead."""
    if field not in fields.columns:
        return np.full(len(fields.columns), NO_DAY, np.int32)
    birthday = field == "birthday"
    return fields.days(field, OLDEST_BIRTHDAY if birthday else OLDEST_DAY, min(newest, NEWEST_DAY) if birthday else NEWEST_DAY)
