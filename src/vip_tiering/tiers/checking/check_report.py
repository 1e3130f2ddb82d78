"""What a look at extracts tells, as figures: of each file, of all days, of all files together. Pure: facts in, a document out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vip_tiering._version import __version__
from vip_tiering.base.errors import NAMED_FILES, Cause, Problem
from vip_tiering.base.quarter import Period, Quarter, day_date
from vip_tiering.extracts.extract import Extract
from vip_tiering.rules.extracts import Kind
from vip_tiering.tiers.missing_days import DaysOfPeriod
from vip_tiering.tiers.partial_days import PartialDays

SHOWN_PLACES: Final = 3
"""Of each rule, so many places are kept: memory does not grow with what is wrong."""
OTHER: Final = "other"
"""Stands for the rule of a problem that has none of its own, such as a quarter that is not complete."""


@dataclass
class RowTally:
    """Problems by rule: how many there are, the first few, and in which files the causes of these are found."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Problem | str]] = field(default_factory=dict)
    files: dict[Cause, Counter[str]] = field(default_factory=dict)

    def add(self, problem: Problem | str) -> None:
        """Count a problem."""
        rule = problem.rule if isinstance(problem, Problem) else OTHER
        self.counts[rule] += 1
        shown = self.first.setdefault(rule, [])
        if len(shown) < SHOWN_PLACES or rule == OTHER:
            shown.append(problem)
            if isinstance(problem, Problem):
                self.files.setdefault(problem.cause, Counter())
        if isinstance(problem, Problem) and problem.cause in self.files:
            self.files[problem.cause][problem.file] += 1

    def lines(self) -> list[Problem | str]:
        """Return what people are told: of each rule the first problems, and how many more there are; a cause of many files once."""
        lines: list[Problem | str] = []
        for rule, shown in self.first.items():
            more, causes = self.counts[rule], set()
            for one in shown:
                files = self.files[one.cause] if isinstance(one, Problem) else Counter[str]()
                if isinstance(one, str) or len(files) <= NAMED_FILES:
                    lines.append(one)
                    more -= 1
                elif one.cause not in causes:
                    causes.add(one.cause)
                    lines.append(one.in_files(files))
                    more -= files.total()
            if more > 0:
                lines.append(f"... and {more:,} more [{rule}]")
        return lines

    def document(self) -> list[dict[str, Any]]:
        """Return count and first places of each rule."""
        return [{"rule": rule, "count": self.counts[rule], "first": [_place(one) for one in shown]} for rule, shown in self.first.items()]


@dataclass
class FileFacts:
    """What is known of one file. `columns`: of each role its header, and how it was recognised (`by`).

    `seen`: which customers of a file of several days were seen, by their position in the roster of all.
    """

    extract: Extract
    columns: list[dict[str, Any]]
    ignored: list[str]
    rows: int | None = None
    customers: int | None = None
    encoding: str | None = None
    duplicates: int = 0
    tally: RowTally = field(default_factory=RowTally)
    seen: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def dated_by_name(self) -> bool:
        """Whether the date is that of the file's name."""
        return any((one["role"], one["by"]) == ("date", "name") for one in self.columns)

    def document(self, wanted: set[int]) -> dict[str, Any]:
        """Return the entry of this file; `wanted`: the days that a computation uses."""
        extract = self.extract
        return {
            "name": extract.name,
            "format": extract.format + (".gz" if extract.gzipped else ""),
            "name_differs": differs_from_name(extract),
            "encoding": self.encoding or extract.encoding,
            "encoding_by_rules": bool(extract.text_format.encoding),
            "columns": self.columns,
            "ignored_columns": self.ignored,
            "first_day": str(day_date(extract.days[0])) if extract.days else None,
            "last_day": str(day_date(extract.days[-1])) if extract.days else None,
            "days": len(extract.days),
            "used": not wanted.isdisjoint(extract.days),
            "rows": self.rows,
            "customers": self.customers,
            "duplicates": self.duplicates,
            "conflicts": self.tally.counts["duplicate-conflict"],
            "problems": self.tally.document(),
        }


@dataclass
class Findings:
    """Everything that was found. `rows_by_day`: rows of each day, by the name of the file."""

    kind: Kind
    rules: str
    files: list[FileFacts]
    copies: list[tuple[str, str]]
    period: Period | None = None
    quarter_given: bool = False
    days: DaysOfPeriod = field(default_factory=lambda: DaysOfPeriod((), (), ()))
    unread: list[str] = field(default_factory=list)
    tally: RowTally = field(default_factory=RowTally)
    rows_by_day: dict[int, Counter[str]] = field(default_factory=dict)
    partial: PartialDays = field(default_factory=PartialDays)
    rows: Counter[str] = field(default_factory=Counter)
    tidied_ids: int = 0
    customers: int = 0
    notes: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the whole report."""
        wanted = set(self.days.to_post)
        period = self.period
        return {
            "schema": "vip-tiering extract check",
            "schema_version": 1,
            "program": {"name": "vip-tiering", "version": __version__},
            "ready": not self.tally.counts,
            "quarter": str(period.quarter) if period else None,
            "quarter_given": self.quarter_given,
            "period": str(period) if period else None,
            "first_day": str(day_date(period.first)) if period else None,
            "last_day": str(day_date(period.last)) if period else None,
            "kind": self.kind,
            "rules": self.rules,
            "days": days_document(self, period) if period else None,
            "rows": {name: self.rows[name] for name in ("read", "outside", "duplicates", "excluded", "superseded", "rejected")},
            "customers": self.customers,
            "tidied_ids": self.tidied_ids,
            "notes": self.notes,
            "problems": self.tally.document(),
            "unread_files": self.unread,
            "copies": [{"name": name, "copy_of": original} for name, original in self.copies],
            "files": [one.document(wanted) for one in self.files],
        }


def days_document(findings: Findings, period: Period) -> dict[str, Any]:
    """Return which days of the period were delivered, are missing and filled, and what looks odd about them."""
    files = findings.files
    delivered = Counter(day for one in files for day in one.extract.days)
    inside = [day for day in range(period.first, period.last + 1) if day in delivered]
    missing = [day for day in range(period.first, period.last + 1) if day not in delivered]
    several = [day for day in inside if delivered[day] > 1]
    return {
        "period": period.days,
        "delivered": len(inside),
        "missing": _dates(missing) if findings.kind == "snapshot" else [],
        "filled": findings.days.filled_days(),
        "opening": _dates(day for day in findings.days.to_post if day < period.first),
        "outside": _dates(sorted(delivered.keys() - {*findings.days.to_post, *inside})),
        "few_rows": [{"day": str(day_date(one.day)), "rows": one.rows, "median": int(one.median)} for one in findings.partial.few_rows],
        "absent_parts": [{"part": one.part, "days": _dates(one.days), "came_on": one.came_on} for one in findings.partial.absent_parts],
        "in_several_files": [
            {"day": str(day_date(day)), "files": [one.extract.name for one in files if day in one.extract.days]} for day in several
        ],
        "suggested_date_offset_days": -1 if looks_shifted(files, period) else None,
    }


def looks_shifted(files: Sequence[FileFacts], period: Period) -> bool:
    """Whether names seem to tell the day of delivery: from the second day of the period to the first one after it."""
    days = {day for one in files if one.dated_by_name for day in one.extract.days if day >= period.first - 1}
    return bool(days) and min(days) == period.first + 1 and max(days) == period.last + 1


def quarter_of_most(extracts: Iterable[Extract]) -> Quarter | None:
    """Return the quarter to which most of the delivered days belong, the newest of several; None without a day.

    The first and the last year of the calendar, as in 9999-12-31, stand for "never" and belong to none.
    """
    dates = [day_date(day) for day in {day for extract in extracts for day in extract.days}]
    counts = Counter(Quarter.of(date) for date in dates if dt.MINYEAR < date.year < dt.MAXYEAR)
    return max(counts, key=lambda quarter: (counts[quarter], quarter), default=None)


def differs_from_name(extract: Extract) -> str | None:
    """Return what a file is where its name says something else."""
    name = extract.name.lower()
    is_now = "parquet" if extract.format == "parquet" else "gzipped csv" if extract.gzipped else "csv"
    says = "parquet" if name.endswith(".parquet") else "gzipped csv" if name.endswith(".gz") else "csv"
    return None if is_now == says else f"named like {says}, is {is_now}"


def _dates(days: Iterable[int]) -> list[str]:
    return [str(day_date(day)) for day in days]


def _place(problem: Problem | str) -> dict[str, Any]:
    if isinstance(problem, str):
        return {"file": None, "row": None, "column": None, "message": problem}
    return {"file": problem.file, "row": problem.row, "column": problem.column, "message": problem.message}
