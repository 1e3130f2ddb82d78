"""What is known of an extract before its rows are read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.extracts.find import Checksum, Control
from vip_tiering.extracts.row_rules import message_of
from vip_tiering.rules.text_format import COMMAS, TextFormat

DEFAULT_MAX_BYTES: Final = 4 << 30
"""What one extract may take in memory where nothing else is said: 4G."""
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
MOST_COLUMNS: Final = 1_000
"""More columns has no table that a bank delivers; a table takes time and memory for each."""
COLUMN_LIMIT_BYTES: Final = (1 << 31) - 1
"""The most text that one column of one day may hold: its places are counted in 32 bits."""


@dataclass(frozen=True)
class Extract:
    """One file of balances. `columns` gives the index of each role, `constants` what a folder `key=value` says.

    `days` are the day numbers that the file holds, sorted; `day` is set where the date is not a column of the file; `days` are
    empty for a part without rows that tells no day. `presumed`: its one day is that of its first and last rows, and reading the others
    will tell. `text_format`: how a text file is written.
    `date_rule` is a rule that some of its dates break, `date_written` a day as most of its rows write it.
    `foreign`: balances in other currencies pass; `currency_codes`: the code of three letters of words for a currency.
    `fen_per_unit` are the fen of 1 in its balances: 100 in yuan.
    `rows` is known where knowing it cost nothing. `sha256` and `controls` are what files beside it say of it.
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
    date_written: str = ""
    rows: int | None = None
    encoding: str | None = None
    integer_roles: frozenset[str] = frozenset()
    foreign: bool = False
    text_format: TextFormat = COMMAS
    presumed: bool = False
    currency_codes: Mapping[str, str] = field(default_factory=dict)
    fen_per_unit: int = FEN_PER_YUAN
    needs_final_newline: bool = True
    signature: tuple[int, int] = (0, 0)
    max_bytes: int = DEFAULT_MAX_BYTES
    sha256: Checksum | None = None
    controls: tuple[Control, ...] = ()

    def header(self, role: str) -> str:
        """Return the header of a role as delivered, or the role where no column gives it."""
        return self.headers[self.columns[role]] if role in self.columns else role

    def refuse(self, rule: str, message: str, row: int | None = None) -> DataError:
        """Return the error that refuses this file as a whole."""
        return refuse(self.name, rule, message, row)

    def no_rows(self) -> DataError:
        """Return the error for a file without rows, where no other part of its day has any."""
        return self.refuse("file-no-rows", "the file has no rows, nor has another file of its day; an empty day is not delivered like this")

    @property
    def date_problem(self) -> Problem:
        """The problem of a file in which some dates break a rule."""
        return Problem(self.name, None, self.header("date"), self.date_rule, message_of(self.date_rule, self.date_written))

    def read_bytes(self) -> tuple[bytes, str]:
        """Return the file's bytes and their SHA-256, so that what is hashed is what is read.

        Raises DataError where it cannot be read, or is another file than when it was first looked at.
        """
        with reading(self.name):
            content = self.path.read_bytes()
            changed = len(content) != self.signature[0] or signature(self.path) != self.signature
        if changed:
            raise self.refuse("file-changed", "the file changed while it was read; wait until its transfer has ended")
        sha256 = hashlib.sha256(content).hexdigest()
        if self.sha256 is not None and sha256 != self.sha256.sha256:
            message = f"is not the file whose checksum is in {self.sha256.name}; was the transfer cut? deliver both anew"
            raise self.refuse("checksum-differs", message)
        return content, sha256

    def refuse_other_rows(self, rows: int) -> None:
        """Raise DataError where a control file says another number of rows."""
        for control in self.controls:
            if control.rows not in (None, rows):
                message = f"has {rows} rows, {control.name} says {control.rows}; was the transfer cut? deliver both anew"
                raise self.refuse("control-rows", message)

    def refuse_other_sum(self, sum_fen: int) -> None:
        """Raise DataError where a control file says another sum of balances; no sum is shown, it may be one customer's."""
        for control in self.controls:
            if control.sum_fen not in (None, sum_fen):
                message = f"the balances do not add up to the sum in {control.name}; deliver both anew"
                raise self.refuse("control-sum", message)


def refuse(name: str, rule: str, message: str, row: int | None = None) -> DataError:
    """Return the error that refuses the file `name` as a whole."""
    return DataError([Problem(name, row, None, rule, message)])


def signature(path: Path) -> tuple[int, int]:
    """Return size and time of change: another signature means that the file was changed meanwhile."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def size_in_bytes(text: str) -> int:
    """Return a size such as `500M`, `4G` or `1048576` in bytes. Raises UsageError for anything else."""
    match = re.fullmatch(r"([0-9]{1,15})([KMGT]?)(i?B)?", text.strip(), re.IGNORECASE)
    size = int(match[1]) * _UNITS[match[2].upper()] if match else 0
    if size <= 0:
        raise UsageError("--max-bytes: must be a size such as 500M, 4G or 1048576")
    return size


def size_text(size: int) -> str:
    """Return a number of bytes in the largest unit that shows it without a fraction."""
    unit = max((one for one in _UNITS if size % _UNITS[one] == 0), key=lambda one: _UNITS[one])
    return f"{size // _UNITS[unit]}{unit}" if unit else f"{size} bytes"


def too_large(name: str, max_bytes: int, what: str = "the file") -> DataError:
    """Return the error for an extract that would take more memory than `--max-bytes` allows."""
    message = f"{what} would take more than {size_text(max_bytes)} in memory; split it by day, or allow more with --max-bytes"
    return refuse(name, "file-too-large", message)


def refuse_columns(name: str, count: int) -> None:
    """Raise DataError for a table of more columns than a table has."""
    if count > MOST_COLUMNS:
        raise refuse(name, "file-too-large", f"has {count:,} columns; a table may have {MOST_COLUMNS:,}; deliver the ones that are used")


def column_too_large(name: str, header: str) -> DataError:
    """Return the error for a column with more text than one column can hold."""
    return refuse(name, "file-too-large", f"column {header} holds 2 GiB of text or more; split the file")
