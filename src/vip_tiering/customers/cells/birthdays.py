"""The birthdays of a customer file: by the solar calendar or, of whole columns or of single customers, by the lunar one."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, truth
from vip_tiering.base.quarter import DAY_FORMS, MIDNIGHT
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.customers.cells.lunar import LONGEST_MONTH, MONTHS, solar_days
from vip_tiering.customers.fields import OLDEST_BIRTHDAY, Fields
from vip_tiering.customers.types import NO_DAY
from vip_tiering.playbooks.customers.customers_file import CODES

_NUMBERS: Final = {"%Y": "(?P<year>[0-9]{4})", "%m": "(?P<month>[0-9]{1,2})", "%d": "(?P<day>[0-9]{1,2})"}
_COMPACT: Final = "(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
_WANTED: Final = (
    "not a lunar day in the form of this column; write 1990-08-15 for the 15th of the eighth month, a leap month by its number, and of a"
    " lunar month at most the 30th"
)


class Birthdays(NamedTuple):
    """Birthdays, shape (n,): the day of birth as a day number, NO_DAY where not given; `lunar`: month x 100 + day, 0 for solar ones."""

    day: Int32s
    lunar: npt.NDArray[np.int16]


def read_birthdays(fields: Fields, calendar: Int8s, born_by: int) -> Birthdays:
    """Return the birthdays of a file; what is wrong with them is noted, once per rule. `calendar`: index into CODES["birthday_calendar"].

    A lunar day need not be a day of the solar calendar: 1990-02-30 is sound (semantics 12.15).
    """
    usual = CODES["birthday_calendar"].index(fields.rules.birthday_calendar or "solar")
    is_lunar = np.where(calendar == 0, usual, calendar) == CODES["birthday_calendar"].index("lunar")
    day = fields.days("birthday", OLDEST_BIRTHDAY, born_by, within=~is_lunar)
    lunar = np.zeros(len(day), np.int16)
    if "birthday" in fields.columns and is_lunar.any():
        texts = pc.utf8_trim_whitespace(_texts(fields))
        rows = np.flatnonzero(is_lunar & truth(pc.not_equal(texts, "")))
        years, lunar[rows], wrong = _lunar_days(texts.take(pa.array(rows)), fields.rules.date_format)
        fields.note("birthday", "date-invalid", _at(rows[wrong], len(day)), _WANTED)
        found = solar_days(years, lunar[rows])
        lunar[rows[wrong]] = 0
        beyond = ~wrong & ((found == NO_DAY) | (found < OLDEST_BIRTHDAY) | (found > born_by))
        fields.note_range("birthday", _at(rows[beyond], len(day)), OLDEST_BIRTHDAY, born_by)
        day[rows] = np.where(wrong, NO_DAY, found)
    return Birthdays(day, lunar)


def _texts(fields: Fields) -> pa.Array:
    """Return the birthdays as text, shape (n,); a cell of a workbook that holds a day is the text of that day."""
    texts, told = fields.columns.texts("birthday"), fields.columns.days.get("birthday")
    return texts if told is None else pc.if_else(pa.array(told == NO_DAY), texts, iso_dates(told))


def _lunar_days(texts: pa.Array, date_format: str | None) -> tuple[Int32s, npt.NDArray[np.int16], Mask]:
    """Return year, month x 100 + day, and which texts are no lunar days, shape (k,) each; the form is that of most texts."""
    patterns = [_pattern(date_format)] if date_format else [_COMPACT if form == "%Y%m%d" else _pattern(form) for form in DAY_FORMS]
    days = pc.replace_substring_regex(texts, MIDNIGHT, "")
    read = [pc.extract_regex(days, f"^{pattern}$") for pattern in patterns]
    parts = max(read, key=lambda one: len(one) - one.null_count)
    year, month, day = (
        pc.fill_null(pc.struct_field(parts, name), "0").cast(pa.int32()).to_numpy(zero_copy_only=False) for name in ("year", "month", "day")
    )
    wrong = (month < 1) | (month > MONTHS) | (day < 1) | (day > LONGEST_MONTH)
    return np.where(wrong, 0, year), np.where(wrong, 101, month * 100 + day).astype(np.int16), wrong


def _pattern(date_format: str) -> str:
    """Return what reads the numbers of a form of dates; one with other parts than these three reads nothing."""
    pattern = "".join(f"\\{character}" if character in ".()[]+*?|^$" else character for character in date_format)
    for part, numbers in _NUMBERS.items():
        pattern = pattern.replace(part, numbers)
    return pattern if "%" not in pattern else "(?P<year>x)(?P<month>x)(?P<day>x)"


def _at(rows: npt.NDArray[np.intp], count: int) -> Mask:
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return mask
