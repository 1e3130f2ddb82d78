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

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

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
