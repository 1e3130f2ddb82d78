"""Which used days were delivered in part (semantics 2.9): by their rows, and by files that come on other days and not on them.

Pure: file names and counts of rows by day in, findings out. A run refuses them, and `vip extract check` reports the same.
"""

from __future__ import annotations

import math
import re
import shlex
import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Self

from vip_tiering.base.errors import Problem, UsageError
from vip_tiering.base.quarter import DAY_WANTED, Period, day_date, day_number, day_of
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.find import SUFFIXES
from vip_tiering.extracts.named_days import NAME_DATE, NESTED
from vip_tiering.tiers.missing_days import spans

RowsByDay = Mapping[int, Mapping[str, int]]
"""Day number -> name of a file -> rows of that day in it."""
_DAYS_AROUND: Final = 7
_FEWER_ROWS: Final = 10
_LEVEL_DAYS: Final = 2
_USUAL_SHARE: Final = Fraction(80, 100)
_CHINESE_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}年[0-9]{1,2}月[0-9]{1,2}日")
_LOOKS_LIKE_DAY: Final = re.compile(r"[0-9]{4}[-/年]?[0-9]{1,2}[-/月]?[0-9]{1,2}日?")
_SEPARATORS: Final = "-_. *"
_RULE: Final = "day-partial"


@dataclass(frozen=True)
class Accepted:
    """What people accept: days that came in part, and parts that need not come."""

    days: frozenset[int] = frozenset()
    parts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, given: Iterable[str]) -> Self:
        """Return what `--accept-partial` was given. Raises UsageError for what looks like a day and is not one."""
        days, parts = set(), set()
        for one in given:
            if _LOOKS_LIKE_DAY.fullmatch(one):
                day = day_of(one)
                if day is None:
                    raise UsageError(f"--accept-partial: must be {DAY_WANTED}; or a part such as east")
                days.add(day_number(day))
            elif not one.strip(_SEPARATORS):
                raise UsageError("--accept-partial: is empty; name a day such as 2015-11-15, or a part such as east")
            else:
                parts.add(part_of(one))
        return cls(frozenset(days), frozenset(parts))

    def texts(self) -> list[str]:
        """Return it as documents say it, sorted: the same however it was written."""
        return [*(str(day_date(day)) for day in sorted(self.days)), *sorted(self.parts)]


@dataclass(frozen=True)
class FewRows:
    """A day with fewer rows than the days around it; `median`: theirs."""

    day: int
    rows: int
    median: Fraction


@dataclass(frozen=True)
class AbsentPart:
    """A part that comes on `came_on` of `of` delivered days of the period, and not, or not as often as usual, on `days`."""

    part: str
    days: tuple[int, ...]
    came_on: int
    of: int


_NUMBERED: Final = re.compile(r"(part|data)[-_.]?[0-9]+.*|[0-9]+")


@dataclass(frozen=True)
class PartialDays:
    """The used days that were delivered in part and are not accepted. A day that lacks a part is not told for its few rows again."""

    few_rows: list[FewRows] = field(default_factory=list)
    absent_parts: list[AbsentPart] = field(default_factory=list)

    def problems(self) -> list[Problem]:
        """Return one problem for each part that is absent, and for each other day with few rows."""
        return [*map(_absent, self.absent_parts), *map(_few, self.few_rows)]


def part_of(name: str, *, alone: bool = False) -> str:
    """Return what a file is a part of a day by: its name without dates and endings, with its folders or `alone`."""
    folder, _, own = _CHINESE_DATE.sub("", NESTED.sub("", NAME_DATE.sub("", name))).rpartition("/")
    while own.lower().endswith(SUFFIXES):
        own = own.rpartition(".")[0]
    own = re.sub(rf"([{_SEPARATORS}])[{_SEPARATORS}]+", r"\1", own).strip(_SEPARATORS)
    return own if alone else f"{folder}/{own}".strip("/")


def files_by_day(extracts: Iterable[Extract]) -> dict[int, list[str]]:
    """Return for each delivered day, by its number, the names of its own files; one of several days is no part of one day."""
    files: dict[int, list[str]] = {}
    for one in extracts:
        for day in one.days:
            files.setdefault(day, []).extend([one.name] if len(one.days) == 1 else [])
    return files


def may_be_empty(name: str) -> bool:
    """Return whether a file, by its name, is a numbered part, into which a job divides its rows by chance.

    Any other that has no rows is as absent as one that was not delivered: who is in it on other days would count 0.
    """
    return _NUMBERED.fullmatch(part_of(name, alone=True)) is not None


def find_partial(
    files: Mapping[int, Sequence[str]], rows: RowsByDay, used: Collection[int], period: Period, below: Fraction, accepted: Accepted
) -> PartialDays:
    """Return the used days that were delivered in part.

    `files`: the names of the files of one day, of each delivered day; `rows`: of all files, where they are known, also of days around
    the period;
    `below`: the share of the median below which a day has few rows. Files of accepted parts are looked past.
    """
    wanted = {day: [name for name in names if not _is_one_of(name, accepted.parts)] for day, names in files.items()}
    judged = sorted(set(used) - accepted.days)
    parts = _absent_parts(wanted, judged, period)
    explained = {day for one in parts for day in one.days}
    counts = {day: sum(count for name, count in of_day.items() if not _is_one_of(name, accepted.parts)) for day, of_day in rows.items()}
    few = [one for one in _days_with_few_rows(counts, judged, below) if one.day not in explained]
    return PartialDays(few, parts)


def _is_one_of(name: str, parts: Collection[str]) -> bool:
    return bool(parts) and (part_of(name) in parts or part_of(name, alone=True) in parts)


def _absent_parts(files: Mapping[int, Sequence[str]], judged: Sequence[int], period: Period) -> list[AbsentPart]:
    """Return the parts that come on at least 80 % of the delivered days of the period, and not on some that are judged.

    Parts of one name in several folders are looked for one by one first; then names alone, for folders may change by month.
    """
    found: list[AbsentPart] = []
    inside = [day for day in files if period.first <= day <= period.last]
    needed = math.ceil(len(inside) * _USUAL_SHARE)
    for alone in (False, True):
        explained = {day for one in found for day in one.days}
        for part, by_day in sorted(_files_of_parts(files, alone=alone).items()):
            usual = sorted((by_day[day] for day in inside), reverse=True)[needed - 1] if inside else 0
            since = _since(by_day, usual, sorted(files))
            days = tuple(day for day in judged if day >= since and by_day[day] < usual and day not in explained)
            if days:
                found.append(AbsentPart(part, days, sum(by_day[day] >= usual for day in inside), len(inside)))
    return found


def _files_of_parts(files: Mapping[int, Sequence[str]], *, alone: bool) -> dict[str, Counter[int]]:
    """Return of each part how many files it has on each day; arguments of the command line may bring several of one name."""
    parts: dict[str, Counter[int]] = {}
    for day, names in files.items():
        for name in names:
            parts.setdefault(part_of(name, alone=alone), Counter())[day] += 1
    return parts


def _since(by_day: Counter[int], usual: int, delivered: Sequence[int]) -> int:
    """Return from which day on a part is expected: from its first day, for a branch may open.

    One that comes from the second day of all on was lost on the first; no branch opens as late as that.
    """
    first = min(day for day, count in by_day.items() if count >= usual)
    return delivered[0] if first == delivered[min(1, len(delivered) - 1)] else first


def _days_with_few_rows(rows: Mapping[int, int], judged: Collection[int], below: Fraction) -> Iterator[FewRows]:
    """Yield the days whose rows are fewer than the share of the median of up to seven days before and after, and 10 fewer."""
    days = sorted(rows)
    for place, day in enumerate(days):
        before = [rows[one] for one in days[max(place - _DAYS_AROUND, 0) : place]]
        after = [rows[one] for one in days[place + 1 : place + 1 + _DAYS_AROUND]]
        median = _median([*before, *after])
        if day in judged and _is_few(rows[day], median, below) and not _grows(rows[day], before, after, below):
            yield FewRows(day, rows[day], median)


def _grows(rows: int, before: Sequence[int], after: Sequence[int], below: Fraction) -> bool:
    """Tell whether a day has fewer rows than those around it because the bank grows: not fewer than those before it.

    The first day of a history has none before it; it can be judged only where those after it are level.
    """
    if before:
        return not _is_few(rows, _median(before), below)
    return len(after) < _LEVEL_DAYS or min(after) < max(after) * below


def _median(counts: Sequence[int]) -> Fraction:
    return Fraction(statistics.median(map(Fraction, counts))) if counts else Fraction(0)


def _is_few(rows: int, usual: Fraction, below: Fraction) -> bool:
    return rows < usual * below and usual - rows >= _FEWER_ROWS


def _absent(one: AbsentPart) -> Problem:
    days = spans(map(day_date, one.days))
    part = one.part or "a file named by its date alone"
    message = f"delivered in part: {part} is absent, and comes on {one.came_on} of {one.of} days; deliver it, or accept"
    mend = f"the day with --accept-partial {day_date(one.days[0])}" if len(one.days) == 1 else "each day with --accept-partial DATE"
    ending = f", or with --accept-partial {shlex.quote(one.part)} a part that comes no more" if one.part else ""
    return Problem(", ".join(days), None, None, _RULE, f"{message} {mend}{ending}")


def _few(one: FewRows) -> Problem:
    day = day_date(one.day)
    message = f"delivered in part: {one.rows:,} rows, and {int(one.median):,} on the median of the days around it"
    return Problem(str(day), None, None, _RULE, f"{message}; deliver the whole day, or accept it with --accept-partial {day}")
