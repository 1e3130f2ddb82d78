"""Rows of one day with the same key: the same balance collapses and is counted, another one is a conflict.

The key is the customer, with the account and the product where the extracts have them, as delivered.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vip_tiering.errors import Problem
from vip_tiering.roster import Located, Positions, Words, id_words, mix
from vip_tiering.rows import Rows

_SHOWN_CONFLICTS: Final = 20


def collapse(rows: Rows, customers: Located, names: list[str]) -> tuple[npt.NDArray[np.intp] | None, list[Problem]]:
    """Return the indices of the rows of one day to keep (None: all of them), and a problem for each conflict.

    `names`: the name of each extract, for the messages.
    """
    if rows.account_id is None and rows.product is None and customers.distinct:
        return None, []
    keys = _key_words(rows, customers.positions)
    mixed = mix(keys)
    ordered = np.sort(mixed)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(repeated) == 0:
        return None, []
    # Few rows are left to compare exactly; their order is that of file and row, so that the first one stays.
    suspects = np.flatnonzero(np.isin(mixed, repeated))
    suspects = suspects[np.lexsort((rows.row[suspects], rows.file[suspects], *keys[:, suspects]))]
    same_key = (keys[:, suspects[1:]] == keys[:, suspects[:-1]]).all(axis=0)
    same_balance = rows.balance_fen[suspects[1:]] == rows.balance_fen[suspects[:-1]]
    conflicts = np.flatnonzero(same_key & ~same_balance)
    if len(conflicts):
        pairs = zip(suspects[conflicts].tolist(), suspects[conflicts + 1].tolist(), strict=True)
        problems = sorted(_conflict(rows, first, second, names) for first, second in pairs)
        return None, problems[:_SHOWN_CONFLICTS]
    dropped = suspects[1:][same_key]
    return np.setdiff1d(np.arange(len(rows)), dropped, assume_unique=True), []


def _key_words(rows: Rows, positions: Positions) -> Words:
    parts = [positions.astype(np.uint64)[None, :]]
    parts += [id_words(column) for column in (rows.account_id, rows.product) if column is not None]
    return np.vstack(parts) if len(parts) > 1 else parts[0]


def _conflict(rows: Rows, first: int, second: int, names: list[str]) -> Problem:
    key = "customer" + (", account" if rows.account_id is not None else "") + (", product" if rows.product is not None else "")
    other = f"{names[rows.file[first]]} row {rows.row[first]}"
    message = f"another balance for the same day and {key} stands in {other}; deliver one of the two"
    if rows.account_id is None:
        message += ", or add the account's column"
    return Problem(names[rows.file[second]], int(rows.row[second]), None, "duplicate-conflict", message)
