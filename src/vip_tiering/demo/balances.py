"""The invented balances of the demo: two quarters of daily extracts.

Everything follows from one seed by whole-number arithmetic, so that every machine makes the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering.base.money import Int64s, decimal_from_fen
from vip_tiering.base.quarter import Quarter

QUARTERS: Final = (Quarter(2015, 3), Quarter(2015, 4))
NOT_DELIVERED: Final = (dt.date(2015, 11, 14), dt.date(2015, 11, 15))
"""A weekend without extracts: the Friday before stands for it."""
SEED: Final = 2015
CUSTOMERS: Final = 3_000
_DAY_COUNT: Final = (QUARTERS[1].end - QUARTERS[0].start).days + 1
_Q4: Final = (QUARTERS[1].start - QUARTERS[0].start).days
_SHARES: Final = (34, 30, 21, 8, 4, 2, 1)
"""Customers in each band of wealth, in percent, the poorest first."""
_BANDS: Final = (300, 20_000, 100_000, 500_000, 1_000_000, 5_000_000, 8_000_000, 30_000_000)
"""The bounds of these bands in yuan. The tiers themselves come from the rules alone."""


@dataclass(frozen=True)
class _Accounts:
    """Every account: its customer (0..), its number within the customer (1..), its first and its last day (0.. from 1 July)."""

    customer: Int64s
    number: Int64s
    opened: Int64s
    closed: Int64s

    def __len__(self) -> int:
        return len(self.customer)


def extracts() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every extract: columns customer_id, account_id, date, balance; one CSV a day."""
    rng = np.random.default_rng(SEED)
    accounts = _accounts(rng)
    fen = _balances_fen(rng, accounts)
    customer_id = customer_ids(accounts.customer)
    account_id = pc.binary_join_element_wise(customer_id, _digits(accounts.number, 1), "-")
    for day in range(_DAY_COUNT):
        date = QUARTERS[0].start + dt.timedelta(days=day)
        if date in NOT_DELIVERED:
            continue
        here = np.flatnonzero((accounts.opened <= day) & (day <= accounts.closed))
        columns = {
            "customer_id": customer_id.take(pa.array(here)),
            "account_id": account_id.take(pa.array(here)),
            "date": pa.repeat(pa.scalar(date), len(here)),
            "balance": decimal_from_fen(fen[here, day]),
        }
        yield f"balances_{date:%Y%m%d}.csv", plain_csv(columns, quoting="none")


def plain_csv(columns: dict[str, pa.Array], *, quoting: Literal["none", "needed"]) -> bytes:
    """Return columns as a CSV such as other systems write: UTF-8 without a mark, the header without quotes."""
    sink = io.BytesIO()
    sink.write(",".join(columns).encode() + b"\n")
    pyarrow.csv.write_csv(pa.table(columns), sink, pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting))
    return sink.getvalue()


def customer_ids(numbers: Int64s) -> pa.Array:
    """Return the ids of customers by their numbers, 0 to CUSTOMERS - 1, shape (n,)."""
    return pc.binary_join_element_wise("D", _digits(numbers + 1, 6), "")


def _digits(numbers: Int64s, width: int) -> pa.Array:
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, padding="0")


def _accounts(rng: np.random.Generator) -> _Accounts:
    """Return one to four accounts per customer. Some customers come or go, and some of the others' accounts do."""
    per_customer = rng.choice(np.repeat([1, 2, 3, 4], [5, 3, 1, 1]), CUSTOMERS)
    customer = np.repeat(np.arange(CUSTOMERS), per_customer)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(per_customer) - per_customer, per_customer) + 1
    arrives, leaves = np.zeros(CUSTOMERS, np.int64), np.full(CUSTOMERS, _DAY_COUNT, np.int64)
    fate = rng.integers(0, 100, CUSTOMERS)
    arrives[fate < 4] = rng.integers(1, _DAY_COUNT - 5, np.count_nonzero(fate < 4))  # noqa: PLR2004 (percent)
    leaves[fate >= 97] = rng.integers(5, _DAY_COUNT - 1, np.count_nonzero(fate >= 97))  # noqa: PLR2004 (percent)
    opened, closed = arrives[customer], leaves[customer]
    later = np.flatnonzero((number > 1) & (rng.integers(0, 100, len(customer)) < 8))  # noqa: PLR2004 (percent)
    opened[later] = np.maximum(opened[later], rng.integers(1, _DAY_COUNT, len(later)))
    sooner = np.flatnonzero((number > 1) & (rng.integers(0, 100, len(customer)) < 8))  # noqa: PLR2004 (percent)
    closed[sooner] = np.minimum(closed[sooner], rng.integers(1, _DAY_COUNT, len(sooner)))
    return _Accounts(customer, number, opened, closed)


def _balances_fen(rng: np.random.Generator, accounts: _Accounts) -> Int64s:
    """Return the balance of every account on every day in fen, shape (accounts, days); whole numbers throughout."""
    usual_fen = _usual_fen(rng, accounts)
    # Per mille of the usual balance: it moves on one day in twelve, and from October on some customers are richer or poorer.
    permille = rng.integers(850, 1_151, (len(accounts), _DAY_COUNT))
    moves = rng.integers(0, 12, permille.shape) == 0
    moves[:, 0] = True
    since = np.maximum.accumulate(np.where(moves, np.arange(_DAY_COUNT), 0), axis=1)
    permille = np.take_along_axis(permille, since, axis=1)
    fen = usual_fen[:, np.newaxis] * permille // 1_000
    october = np.where(rng.integers(0, 100, CUSTOMERS) < 12, rng.integers(200, 3_000, CUSTOMERS), 1_000)  # noqa: PLR2004 (percent)
    fen[:, _Q4:] = fen[:, _Q4:] * october[accounts.customer][:, np.newaxis] // 1_000
    return _with_overdrafts(rng, fen)


def _usual_fen(rng: np.random.Generator, accounts: _Accounts) -> Int64s:
    """Return each account's usual balance in fen: its customer's wealth in equal parts, give or take."""
    bounds = np.array(_BANDS, np.int64) * 100
    band = rng.choice(np.repeat(np.arange(len(_SHARES)), _SHARES), CUSTOMERS)
    where = rng.integers(0, 1_000, CUSTOMERS)
    wealth = bounds[band] + (bounds[band + 1] - bounds[band]) * where // 1_000 * where // 1_000 + rng.integers(0, 100, CUSTOMERS)
    parts = np.bincount(accounts.customer, minlength=CUSTOMERS)
    usual: Int64s = wealth[accounts.customer] // parts[accounts.customer]
    return usual


def _with_overdrafts(rng: np.random.Generator, fen: npt.NDArray[np.int64]) -> Int64s:
    """Return the balances with a dozen accounts overdrawn for a few days; by the packaged rules they count as nothing."""
    for account, day in zip(rng.integers(0, len(fen), 12), rng.integers(0, _DAY_COUNT - 5, 12), strict=True):
        fen[account, day : day + 5] = -rng.integers(1_000, 200_000)
    return fen
