"""Checked rows of extracts, and the rows that were rejected: frames of equal-length arrays, one value each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.errors import Problem
from vip_tiering.money import Int64s, value_range

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Rows:
    """Rows that passed every check of one row; every array has shape (n,).

    `currency` is there only where foreign balances are converted. `day` is a day number, `balance_fen` the balance as
    delivered, in hundredths of its currency, `file` an index into the list of extracts, `row` the row in that file as
    people count it.
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

    def with_balance(self, balance_fen: Int64s) -> Rows:
        """Return the same rows with other balances."""
        return replace(self, balance_fen=balance_fen)

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
