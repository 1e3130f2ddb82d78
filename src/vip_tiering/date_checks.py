"""Dates into day numbers: one form of date per file, and nothing that is no day of the calendar."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.money import Int64s
from vip_tiering.quarter import day_number
from vip_tiering.raw_columns import Broken, RawColumns
from vip_tiering.rows import Int32s

_DATE_FORMATS: Final = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")
_MIDNIGHT: Final = re.compile(r"[ T]00:00(:00(\.0+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$", re.ASCII)
_TIME_OF_DAY: Final = re.compile(r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$", re.ASCII)
_SECONDS_PER_DAY: Final = 86_400
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EXCEL_SERIALS: Final = range(20_000, 80_000)
_SAMPLE_DAY: Final = dt.date(2015, 10, 1)
"""What messages write to show a form."""
CALENDAR: Final = range(day_number(dt.date.min), day_number(dt.date.max) + 1)
"""The day numbers that are days of the calendar."""


def check_days(raw: RawColumns, broken: Broken) -> Int32s:
    """Return the day number of every row; each different value is judged once."""
    if raw.day is not None:
        return np.broadcast_to(np.int32(raw.day), len(raw))
    encoded = raw.columns["date"]
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    days, rules, broken.date_written = parse_days(encoded.dictionary, raw.date_format, counts_of(encoded))
    codes = encoded.indices.fill_null(len(days)).to_numpy(zero_copy_only=False)
    days, rules = [*days, 0], [*rules, "date-empty"]
    for rule in sorted({rule for rule in rules if rule}):
        broken.add(rule, "date", np.array([one == rule for one in rules])[codes])
    numbers: Int32s = np.array(days, np.int32)[codes]
    return numbers


def counts_of(encoded: pa.DictionaryArray) -> Int64s:
    """Return how many rows have each value of the dictionary, shape (d,)."""
    if len(encoded.dictionary) == 1:  # as in most extracts: whatever is counted, it is all there is
        return np.ones(1, np.int64)
    codes = encoded.indices.drop_null().to_numpy(zero_copy_only=False)
    return np.bincount(codes, minlength=len(encoded.dictionary)).astype(np.int64)


class ParsedDays(NamedTuple):
    """The day number of each different value of a file, the rule that it breaks ("": none), and a day as most rows write it.

    `written` is "" where the values are no texts, or none of them could be read.
    """

    days: list[int]
    rules: list[str]
    written: str = ""


def parse_days(values: pa.Array, date_format: str | None = None, counts: Int64s | None = None) -> ParsedDays:
    """Return the day number of each different date value of a file, and the rule that it breaks.

    A file has one form of date: the first of the known forms that reads most of its rows. `counts`, shape (d,): how many rows
    have each value; default: one each. Time stamps must be midnight.
    """
    if pa.types.is_timestamp(values.type):
        wall = values if values.type.tz is None else pc.local_timestamp(values)
        moments = wall.cast(pa.int64()).to_pylist()
        per_day = _SECONDS_PER_DAY * _PER_SECOND[values.type.unit]
        days = [moment // per_day for moment in moments]
        return ParsedDays(days, ["date-time" if moment % per_day else _day_rule(day) for moment, day in zip(moments, days, strict=True)])
    if pa.types.is_date(values.type):
        days = values.cast(pa.date32()).cast(pa.int32()).to_pylist()
        return ParsedDays(days, [_day_rule(day) for day in days])
    return _parse_texts([text.strip() for text in values.cast(pa.string()).to_pylist()], date_format, counts)


def _parse_texts(texts: list[str], date_format: str | None, counts: Int64s | None) -> ParsedDays:
    rows = np.ones(len(texts), np.int64) if counts is None else counts
    best: list[int | None] = [None] * len(texts)
    form, most = date_format or _DATE_FORMATS[0], 0
    for one in (date_format,) if date_format else _DATE_FORMATS:
        read = [_parse_day(text, one) for text in texts]
        total = int(rows[[day is not None for day in read]].sum())
        if total > most:
            best, form, most = read, one, total
    rules = ["" if day is not None else _date_rule(text, form) for day, text in zip(best, texts, strict=True)]
    return ParsedDays([0 if day is None else day for day in best], rules, _SAMPLE_DAY.strftime(form) if most else "")


def readable_days(parsed: ParsedDays) -> tuple[tuple[int, ...], str, str]:
    """Return the days that could be read, sorted, the first rule that a value breaks ("": none), and a day as most rows write it."""
    days = tuple(sorted({day for day, rule in zip(parsed.days, parsed.rules, strict=True) if not rule}))
    return days, next((rule for rule in parsed.rules if rule), ""), parsed.written


def _parse_day(text: str, date_format: str) -> int | None:
    """Return the day number of a text in exactly this form, so that 2015-02-30 and 2015-1-5 are refused; midnight may follow."""
    try:
        text = _MIDNIGHT.sub("", text)
        day = dt.datetime.strptime(text, date_format).date()  # noqa: DTZ007 (a day has no time zone)
    except ValueError:
        return None
    return day_number(day) if day.strftime(date_format) == text else None


def _day_rule(day: int) -> str:
    return "" if day in CALENDAR else "date-invalid"


def _date_rule(text: str, date_format: str) -> str:
    if not text:
        return "date-empty"
    if (time := _TIME_OF_DAY.search(text)) and _parse_day(text[: time.start()], date_format) is not None:
        return "date-time"
    return "date-excel" if text.isascii() and text.isdigit() and int(text) in _EXCEL_SERIALS else "date-invalid"
