"""What is known of an extract before its rows are read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vip_tiering.errors import DataError, Problem


@dataclass(frozen=True)
class Extract:
    """One file of balances. `columns` gives the index of each role, `constants` what a folder `key=value` says.

    `days` are the day numbers that the file holds, sorted; `day` is set where the date is no column of the file.
    `date_rule` is a rule that some of its dates break. `rows` is known where knowing it cost nothing.
    """

    name: str
    path: Path
    format: Literal["csv", "parquet"]
    gzipped: bool
    headers: tuple[str, ...]
    columns: dict[str, int]
    constants: dict[str, str] = field(default_factory=dict)
    days: tuple[int, ...] = ()
    day: int | None = None
    date_format: str | None = None
    date_rule: str = ""
    rows: int | None = None
    encoding: str | None = None
    integer_ids: bool = False
    foreign: bool = False
    final_newline: bool = True
    signature: tuple[int, int] = (0, 0)

    def header(self, role: str) -> str:
        """Return the header of a role as delivered, or the role where no column gives it."""
        return self.headers[self.columns[role]] if role in self.columns else role

    def refuse(self, rule: str, message: str, row: int | None = None) -> DataError:
        """Return the error that refuses this file as a whole."""
        return refuse(self.name, rule, message, row)

    def read_bytes(self) -> tuple[bytes, str]:
        """Return the file's bytes and their SHA-256, so that what is hashed is what is read.

        Raises DataError where it cannot be read, or is another file than when it was first looked at.
        """
        try:
            content = self.path.read_bytes()
            changed = len(content) != self.signature[0] or signature(self.path) != self.signature
        except OSError as error:
            raise self.refuse("file-unreadable", f"cannot be read: {error.strerror}") from None
        if changed:
            raise self.refuse("file-changed", "the file changed while it was read; wait until its transfer has ended")
        return content, hashlib.sha256(content).hexdigest()


def refuse(name: str, rule: str, message: str, row: int | None = None) -> DataError:
    """Return the error that refuses the file `name` as a whole."""
    return DataError([Problem(name, row, None, rule, message)])


def signature(path: Path) -> tuple[int, int]:
    """Return size and time of change: another signature means that the file was changed meanwhile."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
