"""The rules that one row must pass: raw columns in, checked rows and rejects out. Nothing is repaired by guessing.

Every column is checked as a whole, and cheaply where it is sound; only where something is off are its rows looked at
one rule after another, still as whole columns. The first rule that a row breaks is the one that is reported.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, offsets_of, text_bytes, truth
from vip_tiering.base.money import AMOUNT_LIMIT_FEN, DECIMAL, FEN_PER_YUAN, WAN_DECIMAL, Int64s, fen_from_decimal, value_range
from vip_tiering.base.quarter import DAY_FORMS, day_in_form, day_number
from vip_tiering.base.text import tidy_column
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.ids import check_ids
from vip_tiering.extracts.rows import Broken, RawColumns, Rejects, Rows
from vip_tiering.rules.extracts import HOME_CURRENCY

_PLACES: Final = len(".00")
_DECIMALS: Final = {10**kind.scale: kind for kind in (DECIMAL, WAN_DECIMAL)}
_FLOAT_SLACK: Final = 1e-4
_BLOCK_ROWS: Final = 32 << 10
_AMOUNT_PATTERNS: Final = (
    ("amount-empty", r"^(?i:|n/?a|null|none|nan|#n/a|-)$"),
    ("amount-exponent", r"^[-+]?[0-9.]+[eE][-+]?[0-9]+$"),
    ("amount-thousands", r"^[-+]?[0-9]{1,3}([,，'][0-9]{3})+(\.[0-9]*)?$"),
    ("amount-full-width", r"[\x{ff10}-\x{ff19}\x{ff0e}]"),
    ("amount-text", r"^[^-+0-9.]|^.+[^0-9.]|^[-+]?\.?$|\..*\."),
    ("amount-range", r"^[-+]?0*[1-9][0-9]{12}"),
)
_TIME_OF_DAY: Final = re.compile(r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[-+][0-9]{2}:?[0-9]{2})?$", re.ASCII)
_SECONDS_PER_DAY: Final = 86_400
_MIDNIGHT_IN_SHANGHAI: Final = 16 * 3600
"""In seconds of the day in UTC, the day before."""
_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EXCEL_SERIALS: Final = range(20_000, 80_000)
_CURRENCY_CODE: Final = re.compile(r"[A-Z]{3}")
_SAMPLE_DAY: Final = dt.date(2015, 10, 1)
"""What messages write to show a form."""
CALENDAR: Final = range(day_number(dt.date.min), day_number(dt.date.max) + 1)
"""The day numbers that are days of the calendar."""


class SeveralDays(Exception):  # noqa: N818 (no mistake of anybody)
    """A file holds several days, although its first and last rows are of one: it must be looked at as a whole."""


def check_amounts(values: pa.Array, broken: Broken, fen_per_unit: int = FEN_PER_YUAN) -> Int64s:
    """Return balances in fen: text and decimals exactly, integers as whole units, floats only where they can mean one amount.

    `fen_per_unit`: the fen of 1, 100 in yuan (semantics 1.2). Whether they are too large is left to `check_range`.
    """
    if values.null_count:
        broken.add("amount-empty", "balance", truth(pc.is_null(values)))
        values = values.fill_null("" if pa.types.is_string(values.type) else pa.scalar(0, values.type))
    if pa.types.is_string(values.type):
        fen = _amounts_of_text(values, broken, fen_per_unit)
    elif pa.types.is_floating(values.type):
        fen = _amounts_of_floats(values, broken, fen_per_unit)
    else:
        fen = _amounts_of_exact(values, broken, fen_per_unit)
    return fen


def check_range(fen: Int64s, largest_fen: int, broken: Broken) -> None:
    """Note the balances that are too large; `largest_fen` is the size of the largest."""
    if largest_fen >= AMOUNT_LIMIT_FEN:
        broken.add("amount-range", "balance", (fen >= AMOUNT_LIMIT_FEN) | (fen <= -AMOUNT_LIMIT_FEN))


def _amounts_of_text(values: pa.Array, broken: Broken, fen_per_unit: int) -> Int64s:
    """Parse text as decimals to the fen; pyarrow refuses what does not rescale exactly, and the range of our bytes excludes exponents."""
    kind = _DECIMALS[fen_per_unit]
    text = text_bytes(values)
    lowest, highest = value_range(text)
    plain = lowest >= ord("+") and highest <= ord("9")
    if plain and fen_per_unit == FEN_PER_YUAN and (fen := _amounts_of_two_places(values, text)) is not None:
        return fen
    if plain:
        # Where some row is wrong pyarrow's message would quote it; the rows are then found by rule.
        with suppress(pa.ArrowInvalid):
            return fen_from_decimal(values.cast(kind))
    values = pc.utf8_trim_whitespace(values)
    bad = np.zeros(len(values), bool)
    for rule, pattern in (*_AMOUNT_PATTERNS, ("amount-decimals", rf"\.[0-9]{{{kind.scale}}}[0-9]*[1-9]")):
        mask = truth(pc.match_substring_regex(values, pattern))
        broken.add(rule, "balance", mask & ~bad)
        bad |= mask
    sound = pc.if_else(pa.array(bad), "0", values)
    return fen_from_decimal(sound.cast(kind))


def _amounts_of_two_places(values: pa.Array, text: npt.NDArray[np.uint8]) -> Int64s | None:
    """Return the fen of texts that all have two places, as core systems write them; None where any has another form.

    With nothing but digits, signs and a point before the last two digits, the nearest float is that amount: below 1e12 yuan a
    hundredfold of it is less than 0.03 off the fen.
    """
    offsets = offsets_of(values)
    ends = offsets[1:] - offsets[0]
    if not len(ends) or int(np.diff(offsets).min()) < _PLACES or not (text[ends - _PLACES] == ord(".")).all():
        return None
    try:
        yuan = values.cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    lowest, highest = value_range(yuan)
    if max(highest, -lowest) >= AMOUNT_LIMIT_FEN // FEN_PER_YUAN:
        return None
    fen: Int64s = np.rint(yuan * float(FEN_PER_YUAN)).astype(np.int64)
    return fen


def _amounts_of_exact(values: pa.Array, broken: Broken, fen_per_unit: int) -> Int64s:
    """Rescale decimals and integers to the fen; what does not rescale exactly is rejected."""
    try:
        if pa.types.is_integer(values.type):
            limit = AMOUNT_LIMIT_FEN // fen_per_unit
            yuan = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
            beyond = (yuan >= limit) | (yuan <= -limit)
            broken.add("amount-range", "balance", beyond)
            return np.where(beyond, 0, yuan) * fen_per_unit
        return fen_from_decimal(values.cast(_DECIMALS[fen_per_unit]))
    except pa.ArrowInvalid:
        return _amounts_of_text(values.cast(pa.string()), broken, fen_per_unit)


@np.errstate(over="ignore", under="ignore")  # what becomes infinite is too large
def _amounts_of_floats(values: pa.Array, broken: Broken, fen_per_unit: int) -> Int64s:
    """Accept a float64 x where fen = rint(100x) is within 1e-4 fen and 4 units in the last place of 100x, in yuan.

    Blocks that stay in the processor's cache are looked at first; only where one is not clearly sound are the rows judged by rule.
    """
    amounts = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    fen = np.empty(len(amounts), np.int64)
    for start in range(0, len(amounts), _BLOCK_ROWS):
        hundredfold = amounts[start : start + _BLOCK_ROWS] * float(fen_per_unit)
        rounded = np.rint(hundredfold)
        if not (np.abs(rounded).max() < float(AMOUNT_LIMIT_FEN) and np.abs(hundredfold - rounded).max() <= _FLOAT_SLACK):
            return _floats_by_rule(amounts, broken, fen_per_unit)
        fen[start : start + _BLOCK_ROWS] = rounded
    return fen


def _floats_by_rule(amounts: npt.NDArray[np.float64], broken: Broken, fen_per_unit: int) -> Int64s:
    hundredfold = amounts * float(fen_per_unit)
    finite = np.isfinite(hundredfold)
    broken.add("amount-text", "balance", ~finite)
    inside = finite & (np.abs(np.where(finite, hundredfold, 0.0)) < float(AMOUNT_LIMIT_FEN))
    broken.add("amount-range", "balance", finite & ~inside)
    hundredfold = np.where(inside, hundredfold, 0.0)
    fen = np.rint(hundredfold)
    broken.add("amount-decimals", "balance", np.abs(hundredfold - fen) > _FLOAT_SLACK + 4 * np.spacing(np.abs(hundredfold)))
    return fen.astype(np.int64)


def check_days(raw: RawColumns, broken: Broken) -> Int32s:
    """Return the day number of every row; each different value is judged once.

    Raises SeveralDays where a file holds another day than its first and last rows said.
    """
    if raw.day is not None:
        return np.broadcast_to(np.int32(raw.day), len(raw))
    values = raw.columns["date"]
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    days, rules, broken.date_written = parse_days(encoded.dictionary, raw.extract.date_format, counts_of(encoded))
    _refuse_other_days(raw.extract, {day for day, rule in zip(days, rules, strict=True) if not rule})
    if len(days) == 1 and not rules[0] and not encoded.null_count:  # as in most extracts
        return np.broadcast_to(np.int32(days[0]), len(raw))
    codes = encoded.indices.cast(pa.int32()).fill_null(len(days)).to_numpy(zero_copy_only=False)
    days, rules = [*days, 0], [*rules, "date-empty"]
    for rule in sorted({rule for rule in rules if rule}):
        broken.add(rule, "date", np.array([one == rule for one in rules])[codes])
    numbers: Int32s = np.array(days, np.int32)[codes]
    return numbers


def _refuse_other_days(extract: Extract, found: set[int]) -> None:
    if extract.presumed and not found <= {*extract.days}:
        raise SeveralDays


def counts_of(encoded: pa.DictionaryArray) -> Int64s:
    """Return how many rows have each value of the dictionary, shape (d,)."""
    if len(encoded.dictionary) == 1:  # as in most extracts: whatever is counted, it is all there is
        return np.ones(1, np.int64)
    codes = encoded.indices.drop_null().to_numpy(zero_copy_only=False)
    return np.bincount(codes, minlength=len(encoded.dictionary)).astype(np.int64)


class ParsedDays(NamedTuple):
    """The day number of each different value of a file, the rule that it breaks ("": none), and a day as most rows write it.

    `written` is "" where the values are not texts, or none of them could be read.
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
        per_second = _PER_SECOND[values.type.unit]
        days, times = zip(*(divmod(moment, _SECONDS_PER_DAY * per_second) for moment in moments), strict=True) if moments else ((), ())
        zone = _MIDNIGHT_IN_SHANGHAI * per_second
        rules = ["date-zone" if time == zone else "date-time" if time else _day_rule(day) for day, time in zip(days, times, strict=True)]
        return ParsedDays(list(days), rules)
    if pa.types.is_date(values.type):
        days = values.cast(pa.date32()).cast(pa.int32()).to_pylist()
        return ParsedDays(days, [_day_rule(day) for day in days])
    return _parse_texts([text.strip() for text in values.cast(pa.string()).to_pylist()], date_format, counts)


def _parse_texts(texts: list[str], date_format: str | None, counts: Int64s | None) -> ParsedDays:
    rows = np.ones(len(texts), np.int64) if counts is None else counts
    best: list[int | None] = [None] * len(texts)
    form, most = date_format or DAY_FORMS[0], 0
    for one in (date_format,) if date_format else DAY_FORMS:
        read = [day_in_form(text, one) for text in texts]
        total = int(rows[[day is not None for day in read]].sum())
        if total > most:
            best, form, most = read, one, total
    rules = ["" if day is not None else _date_rule(text, form) for day, text in zip(best, texts, strict=True)]
    return ParsedDays([0 if day is None else day for day in best], rules, _SAMPLE_DAY.strftime(form) if most else "")


def readable_days(parsed: ParsedDays) -> tuple[tuple[int, ...], str, str]:
    """Return the days that could be read, sorted, the first rule that a value breaks ("": none), and a day as most rows write it."""
    days = tuple(sorted({day for day, rule in zip(parsed.days, parsed.rules, strict=True) if not rule}))
    return days, next((rule for rule in parsed.rules if rule), ""), parsed.written


def _day_rule(day: int) -> str:
    return "" if day in CALENDAR else "date-invalid"


def _date_rule(text: str, date_format: str) -> str:
    if not text:
        return "date-empty"
    if (time := _TIME_OF_DAY.search(text)) and day_in_form(text[: time.start()], date_format) is not None:
        return "date-time"
    return "date-excel" if text.isascii() and text.isdigit() and int(text) in _EXCEL_SERIALS else "date-invalid"


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
    currency = (
        _check_currency(raw.columns["currency"], broken, raw.extract.currency_codes, foreign=foreign) if "currency" in raw.columns else None
    )
    days = check_days(raw, broken)
    raw.columns.pop("date", None)  # what is checked makes room
    balance_fen = check_amounts(raw.columns["balance"], broken, raw.extract.fen_per_unit)
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


def _check_currency(values: pa.Array, broken: Broken, codes: Mapping[str, str], *, foreign: bool) -> pa.Array:
    """Return the currencies as codes of three letters, shape (n,); another one than CNY passes only where it is converted.

    `codes`: the code of words for a currency, in capital letters. Each different value is judged once.
    """
    encoded = values.cast(pa.string()).fill_null("").dictionary_encode()
    words = pc.utf8_upper(tidy_column(encoded.dictionary)).to_pylist()
    found = [codes.get(word, word) for word in words]
    for rule, wrong in (
        ("currency-empty", [not word for word in words]),
        ("currency-code", [foreign and not _CURRENCY_CODE.fullmatch(code) for code in found]),
        ("currency", [not foreign and code != HOME_CURRENCY for code in found]),
    ):
        if any(wrong):
            broken.add(rule, "currency", np.array(wrong)[encoded.indices.to_numpy()])
    return pa.array(found, pa.string()).take(encoded.indices)
