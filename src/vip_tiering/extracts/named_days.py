"""The day that the name of a file, or of a folder around it, tells where no column does (semantics 2.10)."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa

from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import day_date
from vip_tiering.extracts.checks import parse_days
from vip_tiering.extracts.extract import refuse
from vip_tiering.extracts.find import FoundFile
from vip_tiering.rules.extracts import ExtractRules

NAME_DATE: Final = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})([-_/.]?)(0[1-9]|1[0-2])\2([0-2][0-9]|3[01])(?![0-9])")
"""A day as the name of a file or folder writes it."""
NESTED: Final = re.compile(r"(?<![0-9])(?:year=)?((?:19|20)[0-9]{2})/(?:month=)?([0-9]{1,2})/(?:day=)?([0-9]{1,2})(?![0-9])", re.IGNORECASE)
"""A day as three folders write it, one in the other."""
_RIGHT: Final = "name it like balances_20151001.csv, or put each day into a folder such as 20151001/ or date=2015-10-01/"


def named_day(found: FoundFile, rules: ExtractRules) -> int | None:
    """Return the day number that the file's name tells, or else the nearest folder; None where none does.

    `date_offset_days` of the rules moves it. Raises DataError for a name with several dates, and for one that is no day of the calendar.
    """
    for name in (found.path.name, *found.folders):
        if dates := {"-".join(match.group(1, 3, 4)) for match in NAME_DATE.finditer(name)}:
            return _day(found, dates, rules)
    around = found.path.absolute().parent.parts[::-1]
    for place in range(len(found.folders)):  # the argument may be the folder of a day, within those of its month and year
        if match := NESTED.fullmatch("/".join(around[place : place + 3][::-1])):
            return _day(found, {"-".join(match.groups())}, rules)
    return None


def _day(found: FoundFile, dates: set[str], rules: ExtractRules) -> int:
    if len(dates) > 1:
        raise refuse(found.name, "date-absent", f"there is no date column, and the name holds several dates; {_RIGHT}")
    [day], [broken], _ = parse_days(pa.array(sorted(dates)), "%Y-%m-%d")
    if broken:
        raise refuse(found.name, "date-invalid", f"the date in the name is not a day of the calendar; {_RIGHT}")
    return day + rules.date_offset_days


def needed_day(found: FoundFile, rules: ExtractRules) -> int:
    """Return the same where there must be one. Raises DataError where none is."""
    day = named_day(found, rules)
    if day is None:
        raise refuse(found.name, "date-absent", f"there is no date column, and the name holds no date; {_RIGHT}")
    return day


def key_day(value: str, name: str, rules: ExtractRules) -> int:
    """Return the day number of a folder `date=...`, in the form of the rules or a usual one. Raises DataError for what is none."""
    for form in (rules.date_format, None):
        [day], [broken], _ = parse_days(pa.array([value]), form)
        if not broken:
            return day
    raise refuse(name, broken, "the folder's date is not a day of the calendar; write date=2015-10-01")


def other_days(name: str, header: str, day: int) -> DataError:
    """Return the error for a file whose folder tells one day and whose column tells others."""
    message = f"the folder says {day_date(day)}, and column {header} holds another day; put each day into its own folder"
    return refuse(name, "date-differs", message)
