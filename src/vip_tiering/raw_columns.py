"""Columns as they were read, before any check, and the verdict on each of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.errors import Problem
from vip_tiering.row_rules import RULES, message_of
from vip_tiering.rows import Int32s, Rejects
from vip_tiering.schema import ROLES

Mask = npt.NDArray[np.bool_]
_ROUND: Final = 1 << 16


@dataclass(frozen=True)
class RawColumns:
    """The columns of one file by role, before any check; arrays of shape (n,), nulls allowed.

    `headers` gives the header of a role as delivered; `row` the row of each value as people count it; `file` the index
    of the extract, `name` its name. `day` is set where the date is not a column.
    """

    name: str
    file: int
    columns: dict[str, pa.Array]
    headers: dict[str, str]
    row: Int32s
    day: int | None = None
    date_format: str | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.row)


class Broken:
    """Which rule each row breaks first (-1: none), and in which column."""

    def __init__(self, count: int) -> None:
        """Begin with rows of which none breaks a rule."""
        self._count = count
        self.rule = self.role = np.empty(0, np.int16)  # made when the first row breaks a rule
        self._rules = list(RULES)
        self._roles = ROLES
        self.date_written = ""
        """A day as most rows of the file write it."""

    def add(self, rule: str, role: str, mask: Mask) -> None:
        """Note the rule for the rows of `mask` that broke none before."""
        if not mask.any():
            return
        if not self.any():
            self.rule, self.role = np.full((2, self._count), -1, np.int16)
        fresh = mask & (self.rule < 0)
        self.rule[fresh] = self._rules.index(rule)
        self.role[fresh] = self._roles.index(role)

    def any(self) -> bool:
        """Whether any row is rejected."""
        return len(self.rule) > 0

    def rejects(self, raw: RawColumns) -> Rejects:
        """Return the rejected rows as problems."""
        bad = np.flatnonzero(self.rule >= 0)
        customers = pc.unique(raw.columns["customer_id"].take(pa.array(bad)).cast(pa.string())).to_pylist()
        problems = []
        for row, rule, role in zip(raw.row[bad].tolist(), self.rule[bad].tolist(), self.role[bad].tolist(), strict=True):
            code = self._rules[rule]
            problems.append(Problem(raw.name, row, raw.headers.get(self._roles[role]), code, message_of(code, self.date_written)))
        return Rejects(problems, {customer for customer in customers if customer})


def truth(values: pa.Array) -> Mask:
    """Return an array of truth values as a mask; null is false."""
    return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def offsets_of(values: pa.Array) -> Int32s:
    """Return where each string of an array begins in its bytes, and where the last one ends; shape (n + 1,)."""
    if len(values) == 0:
        return np.zeros(1, np.int32)
    return np.frombuffer(values.buffers()[1], np.int32)[values.offset : values.offset + len(values) + 1]


def text_bytes(values: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the bytes of all strings of an array, one after the other."""
    if len(values) == 0 or values.buffers()[2] is None:
        return np.empty(0, np.uint8)
    offsets = offsets_of(values)
    return np.frombuffer(values.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]


def steps(count: int, step: int) -> Int32s:
    """Return 0, step, 2 step and so on, shape (count,): one array for the files of all days, so that it is made once."""
    return _steps(-(-count // _ROUND) * _ROUND, step)[:count]


@lru_cache(maxsize=4)
def _steps(count: int, step: int) -> Int32s:
    numbers = np.arange(count, dtype=np.int32) * np.int32(step)  # beyond what is asked for it may wrap
    numbers.flags.writeable = False
    return numbers
