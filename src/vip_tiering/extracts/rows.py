"""Checked rows of extracts, and the rows that were rejected: frames of equal-length arrays, one value each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s, value_range
from vip_tiering.base.schema import ROLES
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.row_rules import RULES, message_of


@dataclass(frozen=True)
class Rows:
    """Rows that passed every check of one row; every array has shape (n,).

    `currency` is there only where foreign balances are converted. `day` is a day number. `balance_fen` is the balance as delivered, in
    hundredths of its currency, and once scope rules were applied what counts of it, in fen. `file` is an index into the list of
    extracts, `row` the row in that file as people count it.
    """

    customer_id: pa.Array
    account_id: pa.Array | None
    product: pa.Array | None
    currency: pa.Array | None
    day: Int32s
    balance_fen: Int64s
    file: Int32s
    row: Int32s

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.balance_fen)

    @cached_property
    def balance_range_fen(self) -> tuple[int, int]:
        """The lowest and the highest balance, (0, 0) where there are no rows; looked for once."""
        return value_range(self.balance_fen)

    @property
    def largest_fen(self) -> int:
        """The largest size |x| of a balance."""
        lowest, highest = self.balance_range_fen
        return max(highest, -lowest)

    def take(self, index: npt.NDArray[np.intp] | slice) -> Rows:
        """Return the rows at `index`, in its order."""
        return Rows(**{one.name: _take(getattr(self, one.name), index) for one in fields(self)})

    @staticmethod
    def concat(parts: Sequence[Rows]) -> Rows:
        """Return the rows of all parts, one part after the other; a column counts where every part has it."""
        if len(parts) == 1:
            return parts[0]
        return Rows(**{one.name: _concat([getattr(part, one.name) for part in parts]) for one in fields(Rows)})


@dataclass
class Rejects:
    """Rows that broke a rule. `customer_id` only counts how many customers are touched; it is never shown."""

    problems: list[Problem] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        """Return the number of rejected rows."""
        return len(self.problems)

    def extend(self, other: Rejects) -> None:
        """Add the rejects of another file."""
        self.problems += other.problems
        self.customers |= other.customers

    def by_rule(self) -> dict[str, int]:
        """Return the number of rejected rows by rule, sorted."""
        return dict(sorted(Counter(problem.rule for problem in self.problems).items()))


def _take(column: Any, index: npt.NDArray[np.intp] | slice) -> Any:  # noqa: ANN401 (a column of any kind, or none)
    if isinstance(column, pa.Array) and not isinstance(index, slice):
        return column.take(pa.array(index))
    return None if column is None else column[index]


def _concat(columns: Sequence[Any]) -> Any:  # noqa: ANN401 (a column of any kind, or none)
    present = [column for column in columns if column is not None]
    if len(present) < len(columns):
        return None
    return pa.concat_arrays(present) if isinstance(present[0], pa.Array) else np.concatenate(present)


@dataclass(frozen=True)
class RawColumns:
    """The columns of one extract by role, before any check; arrays of shape (n,), nulls allowed.

    `file` is the index of the extract, `row` the row of each value as people count it. `day` is set where the date is not
    read from a column.
    """

    extract: Extract
    file: int
    columns: dict[str, pa.Array]
    row: Int32s
    day: int | None

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
        extract = raw.extract
        customers = pc.unique(raw.columns["customer_id"].take(pa.array(bad)).cast(pa.string())).to_pylist()
        problems = []
        for row, rule, role in zip(raw.row[bad].tolist(), self.rule[bad].tolist(), self.role[bad].tolist(), strict=True):
            code, place = self._rules[rule], extract.columns.get(self._roles[role])
            header = None if place is None else extract.headers[place]
            problems.append(Problem(extract.name, row, header, code, message_of(code, self.date_written)))
        return Rejects(problems, {customer for customer in customers if customer})
