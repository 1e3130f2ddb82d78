"""The ledger: fen-days per customer, posted day by day in date order. All state of a quarter is in one value.

A customer's balance stands from the day it is posted until the next posted day, so the ledger keeps one balance a
customer and, before a new day is posted, credits the days that have gone by:

    fen_days += balance_fen * days gone by within the period        (semantics 2.1: 季日均)

Memory therefore grows with customers and not with days, and no day needs to know which one comes next.

Two ledgers of one period, of which the other begins after this one ended, merge into the ledger of both: what stands at the end of the
first is credited until the second says otherwise. So days may be posted in several places, and their ledgers be brought together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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

_STATE_VERSION = 2
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
_ACCOUNT_COLUMNS: dict[str, Any] = {"fen": np.int64, "owner": np.int64, "since": np.int64}
"""Per account, for `changes` only: what stands, the position of its customer, and the day on which it was posted first."""
_NAMED_OR_NOT = "either all days name their accounts or none does"
_NEVER = np.iinfo(np.int64).min
"""The day of an account that was not posted yet."""
_FIGURES = ("standing_total", "counted_total", "bound", "largest_balance", "largest_account")
"""What is kept of all customers together; saved as text, for it may leave 64 bits."""
_TOTALS = ("standing_total", "counted_total")
"""Those that are sums over customers; the others are the largest of any."""
Tables = dict[str, pa.Table]
"""The state of a ledger: its customers and its accounts."""


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
        self.begun: int | None = None
        # Per customer: what stands since `clock`, and what was credited up to it.
        self._columns: dict[str, Any] = {name: np.zeros(0, dtype) for name, dtype in _CUSTOMER_COLUMNS.items()}
        # Per account, for `changes` only; where accounts have no names, that of a customer stands at the customer's position.
        self._accounts: Roster | None = None
        self._account_columns: dict[str, Any] = {name: np.zeros(0, dtype) for name, dtype in _ACCOUNT_COLUMNS.items()}
        # The proof: totals of the posted rows, kept apart from the customers.
        self._standing_total = 0
        self._counted_total = 0
        self._bound = 0
        self._largest_balance = 0
        self._largest_account = 0

    def post(self, day: int, customers: Located, fen: Int64s, accounts: pa.Array | None = None, largest_fen: int | None = None) -> None:
        """Post the rows of one day: `fen[i]`, shape (n,), for the customer at position `customers.positions[i]` of the roster.

        `accounts` names each row's account, for `changes`, one row per account; without it each customer has one. A name says whose
        account it is, so that it means the same in every ledger. `largest_fen` is the largest size among `fen` where it is known.
        Days come in date order, each once.
        Raises DataError where sums could leave int64 (semantics 1.3).
        """
        if self.clock is not None and day <= self.clock:
            raise ValueError("days are posted in date order, each once")
        if day > self.last:
            raise ValueError("a day after the period is not posted; it would change the closing balance")
        self._credit_until(day)
        self._grow()
        if self.begun is None:
            self.begun = day
            self._accounts = None if accounts is None else Roster()
        self.clock = day
        if self.kind == "snapshot":
            self._stand_snapshot(customers, fen, largest(fen) if largest_fen is None else largest_fen)
        else:
            self._stand_changes(customers, fen, self._places(customers.positions, accounts), day)

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

    def _places(self, customers: Positions, accounts: pa.Array | None) -> Positions:
        """Return the place of each row's account among all accounts, and give every account a place in every column."""
        if (accounts is None) != (self._accounts is None):
            raise ValueError(_NAMED_OR_NOT)
        places = customers if self._accounts is None else self._accounts.locate(accounts)
        self._grow_accounts(self._count_accounts())
        return places

    def _grow_accounts(self, size: int) -> None:
        for name, values in self._account_columns.items():
            self._account_columns[name] = _grown(values, size, _NEVER if name == "since" else 0)

    def _count_accounts(self) -> int:
        return len(self.roster if self._accounts is None else self._accounts)

    def _stand_changes(self, customers: Located, fen: Int64s, places: Positions, day: int) -> None:
        column, account, positions = self._columns, self._account_columns, customers.positions
        before = account["fen"][places]
        account["fen"][places] = fen
        account["owner"][places] = positions
        since = account["since"][places]
        account["since"][places] = np.where(since == _NEVER, day, since)
        self._largest_account = max(self._largest_account, largest(fen))
        if self._largest_account * self._count_accounts() >= INT64_LIMIT:  # rare, so the exact bound may take its time
            self._refuse_wrap(largest(column["balance_fen"]) + 2 * self._largest_account * int(np.bincount(positions).max()))
        opened = (fen != 0).astype(np.int32) - (before != 0)
        if customers.distinct:
            column["balance_fen"][positions] += fen - before
            column["open_accounts"][positions] += opened
        else:
            np.add.at(column["balance_fen"], positions, fen - before)
            np.add.at(column["open_accounts"], positions, opened)
        column["held"][positions] = True
        self._standing_total += exact_sum(fen) - exact_sum(before)

    def _refuse_wrap(self, size: int) -> None:
        if size >= INT64_LIMIT:
            raise DataError("the balances of one day are too large to be summed exactly: balance x rows per customer leaves 64 bits")

    def _grow(self) -> None:
        """Give every customer of the roster a place in every column; capacity grows by a quarter at a time."""
        for name, values in self._columns.items():
            self._columns[name] = _grown(values, len(self.roster))

    def to_tables(self) -> Tables:
        """Return the whole state as tables, to be saved; `from_tables` gives the same ledger back.

        The columns are copies, so that what was saved stays as it was while the ledger goes on.
        """
        self._grow()  # for those who came on a day that could not be posted
        count = len(self.roster)
        customers = {"customer_id": self.roster.ids} | {name: pa.array(values[:count].copy()) for name, values in self._columns.items()}
        named, size = self._accounts is not None, self._count_accounts() if self.kind == "changes" else 0
        self._grow_accounts(size)
        accounts = {name: pa.array(values[:size].copy()) for name, values in self._account_columns.items()}
        state = {
            "version": _STATE_VERSION,
            "kind": self.kind,
            "first": self.first,
            "last": self.last,
            "clock": self.clock,
            "begun": self.begun,
            "accounts_named": named,
            **{name: str(getattr(self, f"_{name}")) for name in _FIGURES},
        }
        metadata = {"ledger": json.dumps(state)}
        ids = self._accounts.ids if self._accounts is not None else pa.nulls(size, pa.string())
        return {"customers": pa.table(customers).replace_schema_metadata(metadata), "accounts": pa.table({"account": ids, **accounts})}

    @classmethod
    def from_tables(cls, tables: Tables) -> Self:
        """Return the ledger that `to_tables` described."""
        customers, accounts = tables["customers"].combine_chunks(), tables["accounts"].combine_chunks()
        state = json.loads(customers.schema.metadata[b"ledger"])
        if state["version"] != _STATE_VERSION:
            raise DataError("the saved ledger is of another version of this program")
        ledger = cls(state["kind"], state["first"], state["last"])
        ledger.clock, ledger.begun = state["clock"], state["begun"]
        for name in _FIGURES:
            setattr(ledger, f"_{name}", int(state[name]))
        if len(customers):
            ledger.roster.locate(one_array(customers["customer_id"]))
        if state["accounts_named"]:
            ledger._accounts = Roster()
            if len(accounts):
                ledger._accounts.locate(one_array(accounts["account"]))
        ledger._columns = {name: customers[name].to_numpy().astype(dtype) for name, dtype in _CUSTOMER_COLUMNS.items()}
        ledger._account_columns = {name: accounts[name].to_numpy().astype(dtype) for name, dtype in _ACCOUNT_COLUMNS.items()}
        return ledger

    @classmethod
    def side_by_side(cls, parts: Sequence[Tables], order: Positions) -> Self:
        """Return the ledger of the customers of all parts, as if all had been posted in it.

        `parts`: what `to_tables` gave of ledgers that were posted on the same days, each for customers of its own. `order`, shape (n,):
        the customers of all parts, one part after the other, in the order of the new roster.
        Raises ValueError where the parts are not of the same days, or one customer stands in two of them.
        """
        states = [json.loads(part["customers"].schema.metadata[b"ledger"]) for part in parts]
        if len({json.dumps({key: value for key, value in state.items() if key not in _FIGURES}) for state in states}) != 1:
            raise ValueError("only ledgers of one kind that were posted on the same days stand side by side")
        figures = {name: str((sum if name in _TOTALS else max)(int(state[name]) for state in states)) for name in _FIGURES}
        customers = pa.concat_tables([part["customers"].replace_schema_metadata(None) for part in parts]).take(pa.array(order))
        accounts = pa.concat_tables([part["accounts"] for part in parts])
        # The owner of an account is a place in its own part; from there it is a place in all parts, and then in the new order.
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        begins = np.cumsum([0, *(len(part["customers"]) for part in parts)])
        owner = accounts["owner"].to_numpy() + np.repeat(begins[:-1], [len(part["accounts"]) for part in parts])
        accounts = accounts.set_column(accounts.column_names.index("owner"), "owner", pa.array(place[owner]))
        if len(accounts) and not states[0]["accounts_named"]:  # the account of a customer stands at the customer's position
            accounts = accounts.take(pa.array(order))
        metadata = {"ledger": json.dumps(states[0] | figures)}
        ledger = cls.from_tables({"customers": customers.replace_schema_metadata(metadata), "accounts": accounts})
        if len(ledger.roster) != len(order):
            raise ValueError("a customer stands in two ledgers")
        return ledger

    def merge(self, later: Self) -> Self:
        """Return the ledger of both, as if all days had been posted in it; neither of them changes. Merging is associative.

        Sums of this one, what stands in it until `later` says otherwise, sums of `later`; what stands in the end is what stands there.
        `later`: of the same kind and period, begun after the newest day of this one.
        Raises ValueError for another kind, period or order, DataError where sums could leave int64 (semantics 1.3).
        """
        if (self.kind, self.first, self.last) != (later.kind, later.first, later.last):
            raise ValueError("only ledgers of one kind and period are merged")
        if self.clock is None or later.begun is None:
            return self.from_tables((later if self.clock is None else self).to_tables())
        if later.begun <= self.clock:
            raise ValueError("the later ledger begins before this one has ended")
        if (self._accounts is None) != (later._accounts is None):
            raise ValueError(_NAMED_OR_NOT)
        merged = self.from_tables(self.to_tables())
        merged.go_on(later)
        return merged

    def go_on(self, later: Self) -> None:
        """Make this one the ledger of both, as `merge` does, which judges whether that can be."""
        here = self.roster.position_of(later.roster.ids)
        self._grow()
        days_held = later._columns["days_held"][: len(here)]
        if self.kind == "snapshot":
            self._credit_until(later.begun or 0)
            self._let_stand(later, here)
        else:
            days_held = np.where(self._columns["held"][here], 0, days_held).astype(np.uint8)  # who is held stays it, and is credited here
            self._continue_accounts(later, here)
        self._add(later, here, days_held)
        self.clock = later.clock

    def _add(self, later: Self, here: Positions, days_held: npt.NDArray[np.uint8]) -> None:
        """Add what was credited in `later`; `here`: the position of each of its customers, `days_held`: the days to be added for them."""
        self._bound += later._bound
        self._refuse_wrap(self._bound)
        self._columns["fen_days"][here] += later._columns["fen_days"][: len(here)]
        self._columns["days_held"][here] += days_held
        self._columns["present"][here] |= later._columns["present"][: len(here)]
        self._counted_total += later._counted_total

    def _let_stand(self, later: Self, here: Positions) -> None:
        """Let what stands in `later` stand, and nothing else."""
        for name in ("balance_fen", "held"):
            self._columns[name][:] = 0
            self._columns[name][here] = later._columns[name][: len(here)]
        self._standing_total, self._largest_balance = later._standing_total, later._largest_balance

    def _continue_accounts(self, later: Self, here: Positions) -> None:
        """Credit what stands in each account until `later` names the account, at most until where `later` is; then let stand what does."""
        count = self._count_accounts() if self._accounts is not None else len(self._account_columns["fen"])
        places = here if self._accounts is None else self._accounts.position_of(later._accounts.ids)  # type: ignore[union-attr]  # `merge` has looked
        posted = later._account_columns["since"][: len(places)] != _NEVER
        places = places[posted]
        fen, owner, since = (later._account_columns[name][: len(posted)][posted] for name in ("fen", "owner", "since"))
        self._credit_accounts(count, places, since, later.clock or 0)
        self._grow_accounts(self._count_accounts())
        account = self._account_columns
        account["fen"][places], account["owner"][places] = fen, here[owner]
        account["since"][places] = np.where(account["since"][places] == _NEVER, since, account["since"][places])
        self._columns["held"][here] |= later._columns["held"][: len(here)]
        self._largest_account = max(self._largest_account, later._largest_account)
        for name, values in (("balance_fen", account["fen"]), ("open_accounts", (account["fen"] != 0).astype(np.int32))):
            self._columns[name][:] = 0
            np.add.at(self._columns[name], account["owner"], values)
        self._standing_total = exact_sum(account["fen"])

    def _credit_accounts(self, count: int, named: Positions, since: Int64s, clock: int) -> None:
        """Credit the first `count` accounts up to `clock`, those at the places `named` only up to the day in `since`."""
        begin, end = max(self.clock or 0, self.first), min(clock, self.last + 1)
        span = max(end - begin, 0)
        fen, owner = (self._account_columns[name][:count] for name in ("fen", "owner"))
        self._bound += largest(fen) * (int(np.bincount(owner).max()) if count else 0) * span
        self._refuse_wrap(self._bound)
        days = np.full(count, span)
        known = named < count
        days[named[known]] = np.clip(since[known] - begin, 0, span)
        credited = fen * days
        np.add.at(self._columns["fen_days"], owner, credited)
        self._counted_total += exact_sum(credited)
        self._columns["present"][owner[(fen != 0) & (days > 0)]] = True
        self._columns["days_held"] += self._columns["held"].view(np.uint8) * np.uint8(span)


def _grown(values: Any, size: int, fill: int = 0) -> Any:  # noqa: ANN401 (any dtype)
    """Return `values` with room for `size` entries, new ones `fill`."""
    if len(values) >= size:
        return values
    grown = np.full(max(size, len(values) * 5 // 4), fill, values.dtype)
    grown[: len(values)] = values
    return grown
