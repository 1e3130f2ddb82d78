"""Columns of text into ids, codes, days and numbers. What is wrong is told once per column: how many rows, and the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, truth
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.money import Int64s, largest
from vip_tiering.base.quarter import day_number
from vip_tiering.base.text import tidy, tidy_column
from vip_tiering.customers.cells.texts import LONGEST_TEXT, clean_text, recoded
from vip_tiering.customers.columns import FoundColumns
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN
from vip_tiering.extracts.checks import check_amounts, check_range, counts_of, parse_days
from vip_tiering.extracts.ids import check_ids
from vip_tiering.extracts.row_rules import RULES, message_of
from vip_tiering.extracts.rows import Broken
from vip_tiering.playbooks.customers.customers_file import LIST_SEPARATOR, CustomerRules

OLDEST_BIRTHDAY: Final = day_number(dt.date(1901, 1, 1))
"""1900-01-01 is what systems write for a day that they do not know."""
OLDEST_DAY: Final = day_number(dt.date(1980, 1, 1))
NEWEST_DAY: Final = day_number(dt.date(2099, 12, 31))
_SHOWN_REPEATS: Final = 20
_ISO: Final = ("^([0-9]{4})-([0-9]{2})-([0-9]{2})$", "^([0-9]{4})([0-9]{2})([0-9]{2})$", "^([0-9]{4})/([0-9]{2})/([0-9]{2})$")
_WHOLE: Final = "^[0-9]{1,15}([.]0+)?$"
_FULL_WIDTH: Final = 0xFEE0
"""How far the full-width form of a sign of ASCII lies from it."""
_NO_ID: Final = "a spreadsheet took this id for a day, or for TRUE or FALSE; format the column as text, and fill it in anew"
_ABSENT: Final = -1
_UNKNOWN: Final = -2


class Fields:
    """The fields of one file, read one by one; a field without a column is given nowhere. What is wrong is collected in `problems`."""

    def __init__(self, columns: FoundColumns, rules: CustomerRules) -> None:
        """Begin without a problem."""
        self.columns, self.rules = columns, rules
        self.problems: list[Problem | str] = []

    def refuse(self) -> None:
        """Raise DataError with every problem, where there is any."""
        if self.problems:
            raise DataError(self.problems)

    def note(self, field: str | None, rule: str, mask: Mask, message: str, *, rows: bool = False) -> None:
        """Note what is wrong with the rows of `mask`, once: the first of them, and how many they are; with `rows` which, too."""
        count = int(np.count_nonzero(mask))
        if count:
            more = f"; {count} rows are like this" if count > 1 else ""
            if rows and more:
                first = self.columns.row[mask][:_SHOWN_REPEATS].tolist()
                more += f": {', '.join(map(str, first))}" + (f" and {count - len(first)} more" if count > len(first) else "")
            row, header = int(self.columns.row[np.argmax(mask)]), self.columns.headers[field] if field else None
            self.problems.append(Problem(self.columns.file, row, header, rule, f"{message}{more}"))

    def _add_broken(self, field: str, broken: Broken, words: Mapping[str, str]) -> None:
        """Note every rule of the extracts that rows broke, in the words for this field."""
        if broken.any():
            for number, (rule, message) in enumerate(RULES.items()):
                for old, new in words.items():
                    message = message.replace(old, new)  # noqa: PLW2901
                self.note(field, rule, broken.rule == number, message)

    def ids(self, field: str, *, needed: Mask | None = None) -> pa.Array:
        """Return ids as those of the extracts: NFKC, trimmed, leading zeros kept; only the rows of `needed` must have one."""
        values = self.columns.texts(field)
        broken = Broken(len(values))
        broken.add("id-control", "customer_id", truth(pc.match_substring(values, "\ufffd")))
        if needed is not None:
            values = pc.if_else(pa.array(needed), values, "0")
        tidied, _ = check_ids(values, "customer_id", broken)
        self._add_broken(field, broken, {})
        if field in self.columns.no_ids:
            self.note(field, "id-spreadsheet", self.columns.no_ids[field], _NO_ID)
        return tidied if needed is None else pc.if_else(pa.array(needed), tidied, "")

    def refuse_repeated(self, field: str, ids: pa.Array) -> None:
        """Note each id that stands twice, with both rows; an absent id is told elsewhere."""
        if pc.all(pc.less(ids[:-1], ids[1:])).as_py():  # a file that is sorted
            return
        repeated = ids.dictionary_encode().indices.to_pandas().duplicated().to_numpy()
        again = np.flatnonzero(repeated & ~truth(pc.equal(ids, "")))
        row, header = self.columns.row, self.columns.headers[field]
        for index in again[:_SHOWN_REPEATS].tolist():
            message = f"this id stands in row {row[pc.index(ids, ids[index]).as_py()]} already; deliver one row per customer"
            self.problems.append(Problem(self.columns.file, int(row[index]), header, "id-repeated", message))
        if len(again) > _SHOWN_REPEATS:
            self.problems.append(f"{self.columns.file}: ... and {len(again) - _SHOWN_REPEATS} more repeated ids")

    def text(self, field: str, longest: int = LONGEST_TEXT) -> pa.DictionaryArray:
        """Return harmless text, shape (n,); see `clean_text`."""
        return clean_text(self.columns.texts(field), longest)

    def several(self, field: str) -> pa.Array:
        """Return texts of several words, shape (n,), joined by |, whatever sign parts them in the bank's files; | always does."""
        texts, sign = self.columns.texts(field), self.rules.list_separator
        for form in {sign, tidy(sign), chr(ord(sign) + _FULL_WIDTH) if "!" <= sign <= "~" else sign} - {LIST_SEPARATOR}:
            texts = pc.replace_substring(texts, form, LIST_SEPARATOR)
        return texts

    def codes(self, field: str, known: Sequence[str], *, needed: bool = False) -> Int8s:
        """Return indices into `known`, shape (n,), of the words of a column; where nothing is given that of "", else -1.

        Words count as the rules map them, or as the codes themselves, in whatever letters. A word that is not known is a problem,
        and so is an empty cell where a word is `needed`.
        """
        return self._places(field, known, needed=needed).astype(np.int8)

    def words(
        self, field: str, known: Sequence[str], otherwise: str = "", *, needed: bool = False, within: Mask | None = None
    ) -> pa.DictionaryArray:
        """Return the codes themselves, shape (n,); `otherwise` stands where there is none. Only the rows of `within` are judged."""
        places = self._places(field, known, needed=needed, within=within)
        return recoded(pa.array(np.where(places < 0, len(known), places)), pa.array([*known, otherwise], pa.string()))

    def _places(self, field: str, known: Sequence[str], *, needed: bool, within: Mask | None = None) -> Int32s:
        coded = self.columns.texts(field).dictionary_encode()
        places = _look_up(tidy_column(coded.dictionary), self._word_table(field, known))[coded.indices.to_numpy(zero_copy_only=False)]
        judged = np.ones(len(places), np.bool_) if within is None else within
        right = ", ".join(filter(None, known))
        message = f"the word is not known; write {right}, or map it under values in rules/customers.yaml"
        self.note(field, "value-unknown", judged & (places == _UNKNOWN), message)
        if needed:
            self.note(field, "value-missing", judged & (places == _ABSENT), f"a word is missing; write {right}")
        return np.where(places == _UNKNOWN, np.int32(_ABSENT), places)

    def tally(self, field: str, known: Sequence[str], *, several: bool = False) -> tuple[list[dict[str, Any]], int, list[int]]:
        """Return how often each word of a column that the rules know stands there, how many cells are empty, and the rows of other words.

        A word comes with the code that it means. `several`: each word of a cell is counted by itself.
        """
        coded = (self.several(field) if several else self.columns.texts(field)).dictionary_encode()
        cells = tidy_column(coded.dictionary)
        times = np.bincount(coded.indices.to_numpy(zero_copy_only=False), minlength=len(cells))
        words, owner = cells, np.arange(len(cells))
        if several:
            parts = pc.split_pattern(cells, LIST_SEPARATOR)
            words, owner = tidy_column(pc.list_flatten(parts)), pc.list_parent_indices(parts).to_numpy(zero_copy_only=False)
        places = _look_up(words, self._word_table(field, known))
        found: dict[str, dict[str, Any]] = {}
        for at in np.flatnonzero((places != _UNKNOWN) & truth(pc.not_equal(words, ""))).tolist():  # different words, a few
            word, place = words[at].as_py(), int(places[at])
            entry = found.setdefault(word, {"value": word, "means": known[place] if place >= 0 else "", "count": 0})
            entry["count"] += int(times[owner[at]])
        strange = np.zeros(len(cells), np.bool_)
        strange[owner[places == _UNKNOWN]] = True
        rows = self.columns.row[strange[coded.indices.to_numpy(zero_copy_only=False)]].tolist()
        empty = int(times[truth(pc.equal(cells, ""))].sum())
        return sorted(found.values(), key=lambda one: (-one["count"], one["value"])), empty, rows

    def _word_table(self, field: str, known: Sequence[str]) -> dict[str, int]:
        """Return the place in `known` of every word that is one of its codes, or that the rules map to one; "" is not given."""
        places = {code: place for place, code in enumerate(known)}
        words = {tidy(code).lower(): place for code, place in places.items()}
        mapped = {tidy(word).lower(): places.get(code, _ABSENT if not code else _UNKNOWN) for word, code in self.rules.words_of(field)}
        return {"": places.get("", _ABSENT), **mapped, **words}

    def segments(self, field: str, known: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        """Return the bits of the words of a column, several in a cell; shape (n,). Each word is judged by itself."""
        coded = self.several(field).dictionary_encode()
        parts = pc.split_pattern(tidy_column(coded.dictionary), LIST_SEPARATOR)
        owner = pc.list_parent_indices(parts).to_numpy(zero_copy_only=False)
        places = _look_up(tidy_column(pc.list_flatten(parts)), self._word_table(field, known))
        bits = np.zeros(len(coded.dictionary), np.uint8)
        np.bitwise_or.at(bits, owner[places >= 0], np.left_shift(np.uint8(1), places[places >= 0].astype(np.uint8)))
        unknown = np.zeros(len(bits), bool)
        unknown[owner[places == _UNKNOWN]] = True
        codes = coded.indices.to_numpy(zero_copy_only=False)
        right = ", ".join(known)
        several = f"several joined by {self.rules.list_separator}"
        message = f"a word is not known; write {right}, {several}, or map it under values in rules/customers.yaml"
        self.note(field, "value-unknown", unknown[codes], message)
        return np.asarray(bits[codes], np.uint8)

    def days(
        self, field: str, oldest: int = OLDEST_DAY, newest: int = NEWEST_DAY, *, needed: bool = False, within: Mask | None = None
    ) -> Int32s:
        """Return day numbers, shape (n,), `NO_DAY` where none is given (a problem where it is `needed`); one form per column.

        Only the rows of `within` are read.
        """
        texts = self.columns.texts(field)
        told = self.columns.days.get(field)  # by the cells of a workbook, which have no form
        if within is not None and not within.all():
            texts = pc.if_else(pa.array(within), texts, "")
            told = None if told is None else np.where(within, told, NO_DAY)
        if told is not None:
            texts = pc.if_else(pa.array(told == NO_DAY), texts, "")
        coded = pc.utf8_trim_whitespace(texts).dictionary_encode()
        numbers, rules, written = _days(coded.dictionary, self.rules.date_format, counts_of(coded))
        codes = coded.indices.to_numpy(zero_copy_only=False)
        for rule in dict.fromkeys(one for one in rules if one):
            if rule != "date-empty" or needed:
                broken = np.array([one == rule for one in rules])[codes]
                self.note(field, rule, broken if told is None else broken & (told == NO_DAY), message_of(rule, written))
        days: Int32s = numbers[codes] if told is None else np.where(told == NO_DAY, numbers[codes], told)
        self.note_range(field, (days != NO_DAY) & ((days < oldest) | (days > newest)), oldest, newest)
        return days

    def note_range(self, field: str, beyond: Mask, oldest: int, newest: int) -> None:
        """Note the rows whose day lies beyond what can be."""
        limits = f"{_iso(oldest)} to {_iso(newest)}"
        self.note(field, "day-range", beyond, f"the day is not one from {limits}; leave the cell empty where there is no day")

    def whole_numbers(self, field: str, *, needed: bool = False) -> Int64s:
        """Return whole numbers of at most 15 digits, shape (n,), `NOT_GIVEN` where none is given, a problem where it is `needed`."""
        values = pc.utf8_trim_whitespace(self.columns.texts(field))
        empty = truth(pc.equal(values, ""))
        wrong = ~empty & ~truth(pc.match_substring_regex(values, _WHOLE))
        if needed:
            self.note(field, "value-missing", empty, "a number is missing; write 0 for none")
        self.note(field, "number-whole", wrong, "this is not a whole number; write plain digits such as 1200, without a sign")
        values = pc.if_else(pa.array(empty | wrong), "0", pc.replace_substring_regex(values, "[.]0+$", ""))
        numbers = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return np.where(empty, np.int64(NOT_GIVEN), numbers)

    def signed_amounts(self, field: str) -> Int64s:
        """Return amounts in fen, shape (n,), below 0 too; by the rules for balances, and every row must have one."""
        values = self.columns.texts(field)
        broken = Broken(len(values))
        fen = check_amounts(values, broken)
        check_range(fen, largest(fen), broken)
        self._add_broken(field, broken, {"the balance": "the amount"})
        return fen

    def amounts(self, field: str) -> Int64s:
        """Return amounts in fen, shape (n,), `NOT_GIVEN` where none is given; by the rules for balances, and not below 0."""
        values = self.columns.texts(field)
        empty = truth(pc.equal(pc.utf8_trim_whitespace(values), ""))
        broken = Broken(len(values))
        fen = check_amounts(pc.if_else(pa.array(empty), "0", values), broken)
        check_range(fen, largest(fen), broken)
        broken.add("amount-negative", "balance", fen < 0)
        negative = {RULES["amount-negative"]: "the amount is negative; write what is due, or leave the cell empty"}
        self._add_broken(field, broken, {**negative, "the balance": "the amount"})
        return np.where(empty, np.int64(NOT_GIVEN), fen)


def _look_up(words: pa.Array, table: Mapping[str, int]) -> Int32s:
    """Return the place of each tidy word, shape (n,), in small letters or not; -1: "" has no place, -2: it is not known."""
    found = pc.index_in(pc.utf8_lower(words), pa.array(list(table), pa.string())).fill_null(len(table))
    places = np.array([*table.values(), _UNKNOWN], np.int32)
    result: Int32s = places[found.to_numpy(zero_copy_only=False)]
    return result


def _iso(day: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=day)).isoformat()


def _days(texts: pa.Array, date_format: str | None, counts: Int64s) -> tuple[Int32s, list[str], str]:
    """Return the day number of each different trimmed text, the rule that it breaks, and a day as most rows write it.

    The usual forms are read at once, as a column. Texts that are not all in one of them, or are not days, are left to the rules of the
    extracts. `counts`: how many rows have each text.
    """
    given = truth(pc.not_equal(texts, ""))
    numbers = np.full(len(texts), NO_DAY, np.int32)
    rules = np.where(given, "", "date-empty").tolist()
    some = texts.filter(pa.array(given))
    for pattern in _ISO if date_format is None and len(some) else ():
        if pc.all(pc.match_substring_regex(some, pattern)).as_py():
            try:
                days = pc.replace_substring_regex(some, pattern, r"\1-\2-\3").cast(pa.date32()).cast(pa.int32())
            except pa.ArrowInvalid:  # one of them is not a day of the calendar
                break
            numbers[given] = days.to_numpy(zero_copy_only=False)
            return numbers, rules, ""
    found, broken, written = parse_days(some, date_format, counts[given])
    numbers[given] = [NO_DAY if rule else day for day, rule in zip(found, broken, strict=True)]
    for place, rule in zip(np.flatnonzero(given).tolist(), broken, strict=True):
        rules[place] = rule
    return numbers, rules, written
