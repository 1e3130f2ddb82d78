"""What a branch itself delivers of a quarter: its fee income, and the events in its hall (方案 导言: 中收创利, 厅堂营销)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, truth
from vip_tiering.base.money import Int64s
from vip_tiering.base.quarter import Month, Period, day_date, day_number
from vip_tiering.base.text import tidy_column
from vip_tiering.customers.columns import FoundColumns, find_columns
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.types import NO_DAY
from vip_tiering.playbooks.customers.customers_file import FEE_FIELDS, LOBBY_FIELDS, CustomerRules

_NO_BRANCH: Final = "the branch is missing; write the one to which this belongs"
_NO_MONTH: Final = "this is not a month; write 2015-11, 201511 or 2015年11月"


@dataclass(frozen=True)
class Fees:
    """Fee income of a quarter, one entry per row, all arrays of shape (n,).

    `branch`, `manager`, `product`: dictionary arrays of string, "" where a manager or a product is not given; `customer_id`: "" where
    none is given; `amount_fen`: below 0 where a fee was given back.
    """

    branch: pa.DictionaryArray
    manager: pa.DictionaryArray
    product: pa.DictionaryArray
    customer_id: pa.Array
    amount_fen: Int64s

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.amount_fen)


@dataclass(frozen=True)
class Lobby:
    """Events in the branch hall in a quarter, one entry per day, branch and event, all arrays of shape (n,).

    `action`: dictionary array of ids of actions, "" for an event of the branch's own, which `event` names then. `visitors`,
    `accounts_opened`: None where the file has no such column.
    """

    day: Int32s
    branch: pa.DictionaryArray
    action: pa.DictionaryArray
    event: pa.DictionaryArray
    visitors: Int64s | None
    accounts_opened: Int64s | None

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.day)


def parse_fees(file: SideFile, rules: CustomerRules, period: Period) -> tuple[Fees, list[str]]:
    """Return the fee income of a period, in the order of the file, and warnings.

    Raises DataError for an entry without a branch or an amount, a day or month that is none or lies outside the period, an amount that
    is not exact to the fen, and an id that is none. Entries of other quarters would be counted in this one.
    """
    columns, warnings = find_columns(file, rules, FEE_FIELDS, ("branch", "amount"))
    if "date" not in columns and "month" not in columns:
        find_columns(file, rules, FEE_FIELDS, ("date",))  # says so, and which headers are not recognised
    fields = Fields(columns, rules)
    day = fields.days("date", needed="month" not in columns) if "date" in columns else np.full(len(columns), NO_DAY, np.int32)
    if "date" in columns:
        _refuse_outside(fields, "date", day, period)
    if "month" in columns:
        _refuse_outside(fields, "month", _months(fields, day == NO_DAY), period)
    given = truth(pc.not_equal(pc.utf8_trim_whitespace(columns.texts("customer_id")), ""))
    fees = Fees(
        branch=_branches(fields),
        manager=fields.text("manager"),
        product=fields.text("product"),
        customer_id=fields.ids("customer_id", needed=given),
        amount_fen=fields.signed_amounts("amount"),
    )
    fields.refuse()
    return fees, [*warnings, *_no_rows(columns)]


def parse_lobby(file: SideFile, rules: CustomerRules, period: Period, actions: Sequence[str]) -> tuple[Lobby, list[str]]:
    """Return the events in the hall in a period, in the order of the file, and warnings. `actions`: the ids that an action may have.

    Raises DataError for a row without a day of the period, a branch, and an action or an event; for an action that is not known;
    for a number that is missing or is not a whole one; and for an event that stands twice on a day in a branch, which would be
    counted twice.
    """
    columns, warnings = find_columns(file, rules, LOBBY_FIELDS, ("date", "branch"))
    if "action" not in columns and "event" not in columns:
        find_columns(file, rules, LOBBY_FIELDS, ("event",))
    fields = Fields(columns, rules)
    day = fields.days("date", needed=True)
    _refuse_outside(fields, "date", day, period)
    branch, action, event = _branches(fields), fields.words("action", actions), fields.text("event")
    named = pc.if_else(pc.equal(action.cast(pa.string()), ""), event.cast(pa.string()), action.cast(pa.string()))
    nameless = truth(pc.equal(named, ""))
    unknown = truth(pc.not_equal(pc.utf8_trim_whitespace(columns.texts("action")), ""))  # told as such already
    fields.note("event" if "event" in columns else "action", "value-missing", nameless & ~unknown, "the event is missing; name it")
    again = pa.table({"day": day, "branch": branch.cast(pa.string()), "event": named}).to_pandas().duplicated().to_numpy()
    twice = "this event of the day and branch stands in an earlier row; add both up in one row, or tell them apart by event"
    fields.note("date", "row-repeated", again & (day != NO_DAY) & ~nameless, twice, rows=True)
    counts = {name: fields.whole_numbers(name, needed=True) if name in columns else None for name in ("visitors", "accounts_opened")}
    fields.refuse()
    absent = [f"{file.name}: no column {name}: it is not counted" for name, values in counts.items() if values is None]
    return Lobby(day, branch, action, event, **counts), [*absent, *warnings, *_no_rows(columns)]


def _branches(fields: Fields) -> pa.DictionaryArray:
    branch = fields.text("branch")
    fields.note("branch", "value-missing", truth(pc.equal(branch.cast(pa.string()), "")), _NO_BRANCH)
    return branch


def _refuse_outside(fields: Fields, field: str, day: Int32s, period: Period) -> None:
    """Note the days that do not lie in a period."""
    outside = (day != NO_DAY) & ((day < period.first) | (day > period.last))
    span = f"{day_date(period.first)} to {day_date(period.last)}"
    fields.note(field, "day-outside", outside, f"the day does not lie in {span}; deliver the rows of these days alone", rows=True)


def _months(fields: Fields, within: Mask) -> Int32s:
    """Return the first day of the months of a column, shape (n,), NO_DAY where there is none. Only the rows of `within` are read."""
    coded = tidy_column(fields.columns.texts("month")).dictionary_encode()
    months = [Month.of_text(text) for text in coded.dictionary.to_pylist()]  # different months, a few
    numbers = np.array([NO_DAY if one is None else day_number(one.start) for one in months], np.int32)
    days = numbers[coded.indices.to_numpy(zero_copy_only=False)] if len(numbers) else np.empty(0, np.int32)
    told = fields.columns.days.get("month")  # a spreadsheet takes 2015-11 for the first day of the month
    days = days if told is None else np.where(told == NO_DAY, days, told)
    fields.note("month", "month-invalid", within & (days == NO_DAY), _NO_MONTH)
    return np.where(within, days, NO_DAY).astype(np.int32)


def _no_rows(columns: FoundColumns) -> list[str]:
    return [] if len(columns) else [f"{columns.file}: the file has a header and no rows"]
