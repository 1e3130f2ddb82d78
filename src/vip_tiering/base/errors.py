"""The error tree. Each class carries the exit status that the command ends with.

    VipError                1   (also: any exception that is not ours, a bug)
    ├── UsageError          2   the command line asks for something that does not exist
    ├── RulesError          3   rule files refused or absent
    ├── DataError           4   extracts or runs refused, absent or not complete
    ├── OutputError         5   the output could not be written
    ├── LockedError         6   another run works on the same output folder
    └── ProofError          1   a run contradicts itself: a bug, nothing is published

An error holds *all* problems that were found, so that people mend them in one go.
No problem ever holds a value of a customer: only places, rules and what would be right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar, Final

NAMED_FILES: Final = 3
"""Files that are named of those with one cause; up to so many are told one by one, with their rows."""
_ROWS_ALONE: Final = 3
"""Up to so many rows of one file with one cause are told one by one."""
_NAMED_ROWS: Final = 20
"""Rows that are named where more are told together."""
Cause = tuple[str | None, str, str]
"""What problems of several files have in common: column, rule and message."""
_CONTROL_CHARACTERS: Final = {number: f"\\x{number:02x}" for number in (*range(0x20), *range(0x7F, 0xA0))}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, as a value: where it is, which rule it breaks, what would be right.

    `file` is a name for people; `row` counts the header of a CSV as row 1 (Parquet has no header: its first row is 1).
    """

    file: str
    row: int | None = None
    column: str | None = None
    rule: str = ""
    message: str = ""

    def __str__(self) -> str:
        """Return the one line that people read: `FILE: row N, column C: MESSAGE [RULE]`."""
        place = [] if self.row is None else [f"row {self.row}"]
        if self.column is not None:
            place.append(f"column {self.column}")
        parts = [part for part in (self.file, ", ".join(place), self.message) if part]
        line = ": ".join(parts) + (f" [{self.rule}]" if self.rule else "")
        return line.translate(_CONTROL_CHARACTERS)  # a file may be named like that, and a problem is one line

    @property
    def cause(self) -> Cause:
        """What is wrong, wherever it is."""
        return self.column, self.rule, self.message

    def in_files(self, files: Collection[str]) -> Problem:
        """Return the same problem as one of several files: how many they are, and the first of them by name."""
        message = f"{self.message}: {first_of(files, NAMED_FILES)}"
        return replace(self, file=f"{len(files)} files", row=None, message=message)

    def in_rows(self, rows: Collection[int]) -> Problem:
        """Return the same problem as one of several rows of its file: how many they are, and the first of them."""
        return replace(self, message=f"{self.message}; {len(rows)} rows are like this: {first_of(rows, _NAMED_ROWS)}")


def first_of(names: Collection[object], most: int) -> str:
    """Return the first of some names, as one line has room for them, and how many more there are: `a, b, c and 4 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, islice(names, most))) + more


def counted(number: int, noun: str) -> str:
    """Return so many of something, as a message says it: `1 row`, `1,200 rows`. `noun`: of one, with an s where there are others."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def told(problems: Iterable[Problem | str], most: int | None = None) -> tuple[list[Problem | str], int]:
    """Return what people are told of problems, at most so many lines, and how many problems stand in none of them.

    One cause in more files than are named, or in many rows of one file, is one line, at the place of the first; all else stays as it is.
    """
    problems = list(problems)
    places: dict[Cause, dict[str, list[int | None]]] = {}
    for one in problems:
        if isinstance(one, Problem):
            places.setdefault(one.cause, {}).setdefault(one.file, []).append(one.row)
    lines: list[Problem | str] = []
    left, done = 0, set()
    for one in problems:
        line, count = one, 1
        if isinstance(one, Problem):
            files = places[one.cause]
            rows = files[one.file]
            in_files, in_rows = len(files) > NAMED_FILES, one.row is not None and len(rows) > _ROWS_ALONE
            together = (one.cause, None if in_files else one.file)
            if together in done:
                continue
            if in_files:
                line, count = one.in_files(files), sum(map(len, files.values()))
            elif in_rows:
                line, count = one.in_rows([row for row in rows if row is not None]), len(rows)
            if in_files or in_rows:
                done.add(together)
        if most is None or len(lines) < most:
            lines.append(line)
        else:
            left += count
    return lines, left


class VipError(Exception):
    """Base of all errors that this program raises on purpose; `problems` are the lines to show."""

    status: ClassVar[int] = 1

    def __init__(self, problems: Iterable[Problem | str] | str) -> None:
        """Take one line, or the problems that were collected."""
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(VipError):
    """The command line asks for something that does not exist."""

    status = 2


class RulesError(VipError):
    """Rule files are refused or absent."""

    status = 3


class DataError(VipError):
    """Extracts or runs are refused, absent or not complete."""

    status = 4


class OutputError(VipError):
    """The output could not be written: it exists with other content, lies inside the inputs, or there is no room."""

    status = 5


class LockedError(VipError):
    """Another run works on the same output folder."""

    status = 6


class ProofError(VipError):
    """A run contradicts itself; nothing is published."""
