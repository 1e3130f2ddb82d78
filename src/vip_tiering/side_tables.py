"""Tables beside the rule files: exchange rates, and customers that got another number. Content in, value and problems out.

They are the bank's own, small against the extracts, and are checked like rule files: every mistake at once, by line.
The numbers in `aliases` are customers' own, so no message shows them.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.quarter import day_number

HOME_CURRENCY: Final = "CNY"
LONGEST_CARRY_DAYS: Final = 7
"""A rate stands for at most this many days after its own (semantics, section 2, "Scope")."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_RATE: Final = re.compile(r"(0|[1-9][0-9]{0,7})(\.[0-9]{1,10})?")
_RATES_HEADER: Final = ("date", "currency", "rate")
_ALIASES_HEADER: Final = ("old_id", "new_id")


@dataclass(frozen=True)
class Rates:
    """Rates in CNY for 1 unit: currency -> its days (day numbers, rising) and the rate of each."""

    table: dict[str, tuple[list[int], list[Decimal]]]
    sha256: str

    def rate(self, currency: str, day: int) -> Decimal | None:
        """Return the newest rate on or before `day`, at most seven days old; None where there is none."""
        if currency == HOME_CURRENCY:
            return Decimal(1)
        days, rates = self.table.get(currency, ([], []))
        place = bisect_right(days, day) - 1
        return rates[place] if place >= 0 and day - days[place] <= LONGEST_CARRY_DAYS else None


@dataclass(frozen=True)
class Aliases:
    """Customers that got another number: `old[i]` is now `new[i]`; one step, nobody is renamed twice."""

    old: pa.Array
    new: pa.Array
    sha256: str

    def renamed(self, ids: pa.Array) -> pa.Array:
        """Return for each id its new one, null where it keeps its own."""
        return self.new.take(pc.index_in(ids, self.old))


def parse_rates(content: bytes, name: str) -> tuple[Rates, list[str]]:
    """Return the rates of a CSV `date, currency, rate`, and a line per mistake as `name:line: message`."""
    records, problems = _records(content, name, _RATES_HEADER)
    table: dict[str, dict[int, Decimal]] = {}
    for line, (date, currency, rate) in records:
        day = _day(date)
        if day is None:
            problems.append(f"{name}:{line}: date must be a day such as 2015-10-01")
        if not _CURRENCY.fullmatch(currency) or currency == HOME_CURRENCY:
            problems.append(f"{name}:{line}: currency must be a code of three capital letters other than CNY, such as USD")
        if not _RATE.fullmatch(rate) or Decimal(rate) == 0:
            problems.append(f"{name}:{line}: rate must be CNY for 1 unit, greater than 0, with at most ten places, such as 6.4936")
        elif day is not None and table.setdefault(currency, {}).setdefault(day, Decimal(rate)) != Decimal(rate):
            problems.append(f"{name}:{line}: another rate of this currency for this day stands above")
    by_currency = {code: (sorted(days), [days[day] for day in sorted(days)]) for code, days in sorted(table.items())}
    return Rates(by_currency, hashlib.sha256(content).hexdigest()), problems


def parse_aliases(content: bytes, name: str) -> tuple[Aliases, list[str]]:
    """Return the renamed customers of a CSV `old_id, new_id`, and a line per mistake as `name:line: message`."""
    records, problems = _records(content, name, _ALIASES_HEADER)
    renamed: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line, (old, new) in records:
        if not old or not new or old == new:
            problems.append(f"{name}:{line}: old_id and new_id must be two different ids")
        elif renamed.setdefault(old, new) != new:
            problems.append(f"{name}:{line}: this old_id stands in line {lines[old]} already, with another new_id")
        lines.setdefault(old, line)
    for line, (_, new) in records:
        if new in renamed:
            problems.append(f"{name}:{line}: this new_id is an old_id in line {lines[new]}; name the newest id, in one step")
    old, new = pa.array(list(renamed.keys()), pa.string()), pa.array(list(renamed.values()), pa.string())
    return Aliases(old, new, hashlib.sha256(content).hexdigest()), problems


def _records(content: bytes, name: str, header: tuple[str, ...]) -> tuple[list[tuple[int, tuple[str, ...]]], list[str]]:
    """Return the rows of a small CSV with their lines, trimmed and in NFKC, and what is wrong with its form."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [f"{name}:1: is not UTF-8; save the file as CSV UTF-8"]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[str] = []
    records: list[tuple[int, tuple[str, ...]]] = []
    try:
        found = tuple(cell.strip().lower() for cell in next(reader, []))
        if found != header:
            return [], [f"{name}:1: the header must be {','.join(header)}"]
        for row in reader:
            if len(row) == len(header):
                records.append((reader.line_num, tuple(unicodedata.normalize("NFKC", cell).strip() for cell in row)))
            elif row:
                problems.append(f"{name}:{reader.line_num}: must have {len(header)} fields, {','.join(header)}")
    except csv.Error:
        problems.append(f"{name}:{reader.line_num}: is no CSV; a quote is open or stands within a text")
    return records, problems


def _day(text: str) -> int | None:
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            day = dt.datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
        if day.strftime(form) == text:
            return day_number(day)
    return None
