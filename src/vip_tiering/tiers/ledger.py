"""The ledger: fen-days per customer, posted day by day in date order. All state of a quarter is in one value.

A customer's balance stands from the day it is posted until the next posted day, so the ledger keeps one balance a
customer and, before a new day is posted, credits the days that have gone by:

    fen_days += balance_fen * days gone by within the period        (semantics 2.1: 季日均)

Memory therefore grows with customers and not with days, and no day needs to know which one comes next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import one_array
from vip_tiering.base.errors import DataError
from vip_tiering.base.money import INT64_LIMIT, Int64s, exact_sum, largest
from vip_tiering.base.roster import Located, Positions, Roster
from vip_tiering.rules.extracts import Kind

_STATE_VERSION = 1
_LONGEST_PERIOD_DAYS = 255
"""A day's crediting walks through every customer, so the days are kept in a byte; a quarter has 92 at most."""
_CUSTOMER_COLUMNS: dict[str, Any] = {
    "balance_fen": np.int64,
    "fen_days": np.int64,
    "days_held": np.uint8,
    "held": np.bool_,
    "present": np.bool_,
    "open_accounts": np.int32,
}
_FIGURES = ("standing_total", "counted_total", "bound", "largest_balance", "largest_account")
"""What is kept of all customers together; saved as text, for it may leave 64 bits."""


@dataclass(frozen=True)
class Averages:
    """What a closed ledger says.

    `customers`: one row per customer that was present, in no particular order, with customer_id, fen_days, closing_fen
    and days_held. The two totals are the same sum by two ways.
    """

    customers: pd.DataFrame
    fen_days_total: int
    counted_total: int


class Ledger:
    """The fen-days of every customer from day `first` to day `last` (day numbers, both included).

    `kind` says what a posted row means: with `snapshot` a day's rows are the whole picture of that day, with `changes`
    a row is the account's balance from that day on.
    """

    def __init__(self, kind: Kind, first: int, last: int) -> None:
        """Open an empty ledger for a period of at most 255 days."""
        if last - first >= _LONGEST_PERIOD_DAYS:
            raise ValueError(f"a ledger is for at most {_LONGEST_PERIOD_DAYS} days")
        self.kind, self.first, self.last = kind, first, last
        self.roster = Roster()
        self.clock: int | None = None
        # Per customer: what stands since `clock`, and what was credited up to it.
        self._columns: dict[str, Any] = {name: np.zeros(0, dtype) for name, dtype in _CUSTOMER_COLUMNS.items()}
        # Per account, for `changes` only.
        self._accounts = Roster()
        self._account_fen: Int64s = np.zeros(0, np.int64)
        # The proof: totals of the posted rows, kept apart from the customers.
        self._standing_total = 0
        self._counted_total = 0
        self._bound = 0
        self._largest_balance = 0
        self._largest_account = 0

    def post(self, day: int, customers: Located, fen: Int64s, accounts: pa.Array | None = None, largest_fen: int | None = None) -> None:
        """Post the rows of one day: `fen[i]`, shape (n,), for the customer at position `customers.positions[i]` of the roster.

        `accounts` names each row's account, for `changes`, one row per account; `largest_fen` is the largest size among
        `fen` where it is known. Days come in date order, each once.
        Raises DataError where sums could leave int64 (semantics 1.3).
        """
        if self.clock is not None and day <= self.clock:
            raise ValueError("days are posted in date order, each once")
        if day > self.last:
            raise ValueError("a day after the period is not posted; it would change the closing balance")
        self._credit_until(day)
        self._grow()
        self.clock = day
        if self.kind == "snapshot":
            self._stand_snapshot(customers, fen, largest(fen) if largest_fen is None else largest_fen)
        else:
            positions = customers.positions
            self._stand_changes(positions, fen, pa.array(positions).cast(pa.string()) if accounts is None else accounts)

    def standing(self) -> tuple[Int64s, npt.NDArray[np.bool_]]:
        """Return what stands since the last posted day: the balance of every customer of the roster in fen, and whether it is known."""
        count = len(self.roster)
        return self._columns["balance_fen"][:count], self._columns["held"][:count]

    def close(self) -> Averages:
        """Credit the rest of the period and return what every present customer has. The ledger can be closed again."""
        self._credit_until(self.last + 1)
        self._grow()
        present = np.flatnonzero(self._columns["present"])
        everyone = len(present) == len(self.roster)
        frame = pd.DataFrame(
            {
                "customer_id": pd.Series(self.roster.ids if everyone else self.roster.ids.take(pa.array(present)), dtype="string[pyarrow]"),
                "fen_days": self._columns["fen_days"][present],
                "closing_fen": self._columns["balance_fen"][present],
                "days_held": self._columns["days_held"][present].astype(np.int64),
            }
        )
        total = exact_sum(self._columns["fen_days"][: len(self.roster)])
        return Averages(frame, total, self._counted_total)

    def _credit_until(self, day: int) -> None:
        """Credit what stands for the days of the period before `day` that were not credited yet."""
        if self.clock is None:
            return
        begin, end = max(self.clock, self.first), min(day, self.last + 1)
        if end <= begin:
            return
        days = end - begin
        if self.kind == "changes":
            self._largest_balance = largest(self._columns["balance_fen"])
        self._bound += self._largest_balance * days
        if self._bound >= INT64_LIMIT:
            raise DataError("the balances are too large to be summed exactly: balance x days x rows per customer leaves 64 bits")
        column = self._columns
        # One day is the usual case, and needs no product.
        column["fen_days"] += column["balance_fen"] if days == 1 else column["balance_fen"] * days
        column["days_held"] += column["held"].view(np.uint8) * np.uint8(days)
        column["present"] |= column["held"] if self.kind == "snapshot" else column["open_accounts"] > 0
        self._counted_total += self._standing_total * days
        self.clock = max(self.clock, end)

    def _stand_snapshot(self, customers: Located, fen: Int64s, largest_fen: int) -> None:
        balance, positions = self._columns["balance_fen"], customers.positions
        held = self._columns["held"][: customers.size]
        if customers.distinct:
            rows_per_customer = 1
            balance[np.flatnonzero(held & ~customers.present)] = 0  # who is there is written over
            balance[positions] = fen
        else:
            rows_per_customer = int(np.bincount(positions).max())
            self._refuse_wrap(largest_fen * rows_per_customer)
            balance[:] = 0
            np.add.at(balance, positions, fen)
        held[:] = customers.present
        self._largest_balance = largest_fen * rows_per_customer
        self._standing_total = exact_sum(fen, largest_fen)

    def _stand_changes(self, customers: Positions, fen: Int64s, accounts: pa.Array) -> None:
        column = self._columns
        places = self._accounts.locate(accounts)
        self._account_fen = _grown(self._account_fen, len(self._accounts))
        before = self._account_fen[places]
        self._account_fen[places] = fen
        self._largest_account = max(self._largest_account, largest(fen))
        if self._largest_account * len(self._accounts) >= INT64_LIMIT:  # rare, so the exact bound may take its time
            self._refuse_wrap(largest(column["balance_fen"]) + 2 * self._largest_account * int(np.bincount(customers).max()))
        np.add.at(column["balance_fen"], customers, fen - before)
        np.add.at(column["open_accounts"], customers, (fen != 0).astype(np.int32) - (before != 0))
        column["held"][customers] = True
        self._standing_total += exact_sum(fen) - exact_sum(before)

    def _refuse_wrap(self, size: int) -> None:
        if size >= INT64_LIMIT:
            raise DataError("the balances of one day are too large to be summed exactly: balance x rows per customer leaves 64 bits")

    def _grow(self) -> None:
        """Give every customer of the roster a place in every column; capacity grows by a quarter at a time."""
        for name, values in self._columns.items():
            self._columns[name] = _grown(values, len(self.roster))

    def to_tables(self) -> dict[str, pa.Table]:
        """Return the whole state as tables, to be saved; `from_tables` gives the same ledger back.

        The columns are copies, so that what was saved stays as it was while the ledger goes on.
        """
        count = len(self.roster)
        customers = {"customer_id": self.roster.ids} | {name: pa.array(values[:count].copy()) for name, values in self._columns.items()}
        accounts = {"account": self._accounts.ids, "fen": pa.array(self._account_fen[: len(self._accounts)].copy())}
        state = {
            "version": _STATE_VERSION,
            "kind": self.kind,
            "first": self.first,
            "last": self.last,
            "clock": self.clock,
            **{name: str(getattr(self, f"_{name}")) for name in _FIGURES},
        }
        metadata = {"ledger": json.dumps(state)}
        return {"customers": pa.table(customers).replace_schema_metadata(metadata), "accounts": pa.table(accounts)}

    @classmethod
    def from_tables(cls, tables: dict[str, pa.Table]) -> Self:
        """Return the ledger that `to_tables` described."""
        customers, accounts = tables["customers"].combine_chunks(), tables["accounts"].combine_chunks()
        state = json.loads(customers.schema.metadata[b"ledger"])
        if state["version"] != _STATE_VERSION:
            raise DataError("the saved ledger is of another version of this program")
        ledger = cls(state["kind"], state["first"], state["last"])
        ledger.clock = state["clock"]
        for name in _FIGURES:
            setattr(ledger, f"_{name}", int(state[name]))
        if len(customers):
            ledger.roster.locate(one_array(customers["customer_id"]))
        if len(accounts):
            ledger._accounts.locate(one_array(accounts["account"]))
        ledger._columns = {name: customers[name].to_numpy().astype(dtype) for name, dtype in _CUSTOMER_COLUMNS.items()}
        ledger._account_fen = accounts["fen"].to_numpy().astype(np.int64)
        return ledger


def _grown(values: Any, size: int) -> Any:  # noqa: ANN401 (any dtype)
    """Return `values` with room for `size` entries, new ones zero."""
    if len(values) >= size:
        return values
    grown = np.zeros(max(size, len(values) * 5 // 4), values.dtype)
    grown[: len(values)] = values
    return grown
