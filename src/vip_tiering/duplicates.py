"""Rows of one day with the same key: the same balance collapses and is counted, another one is a conflict.

The key is the customer, with the account and the product where the extracts have them, as delivered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt

from vip_tiering.errors import Problem
from vip_tiering.id_words import Words, id_words, mix
from vip_tiering.roster import Located, Positions
from vip_tiering.rows import Rows

_SHOWN_CONFLICTS: Final = 20


@dataclass(frozen=True)
class Collapsed:
    """What is left of the rows of a day. `kept`: indices, None for all; `superseded`: indices of rows that a later file corrects."""

    kept: npt.NDArray[np.intp] | None = None
    superseded: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    conflicts: list[Problem] = field(default_factory=list)


def collapse(rows: Rows, customers: Located, names: list[str], *, by_file_name: bool = False) -> Collapsed:
    """Return one row per key: the first of equal ones, or that of the file with the latest name (`by_file_name`).

    `names`: the name of each extract. Other balances for one key are conflicts.
    """
    if rows.account_id is None and rows.product is None and customers.distinct:
        return Collapsed()
    keys = _key_words(rows, customers.positions)
    mixed = mix(keys)
    ordered = np.sort(mixed)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(repeated) == 0:
        return Collapsed()
    # Few rows are left to compare exactly; their order is that of file and row, so that the first one stays.
    suspects = np.flatnonzero(np.isin(mixed, repeated))
    suspects = suspects[np.lexsort((rows.row[suspects], rows.file[suspects], *keys[:, suspects]))]
    superseded = _corrected(rows, suspects, keys, names) if by_file_name else np.empty(0, np.intp)
    suspects = suspects[~np.isin(suspects, superseded)]
    same_key = _same_as_before(keys, suspects)
    same_balance = rows.balance_fen[suspects[1:]] == rows.balance_fen[suspects[:-1]]
    conflicts = np.flatnonzero(same_key & ~same_balance)
    if len(conflicts):
        pairs = zip(suspects[conflicts].tolist(), suspects[conflicts + 1].tolist(), strict=True)
        problems = sorted(_conflict(rows, first, second, names) for first, second in pairs)
        return Collapsed(conflicts=problems[:_SHOWN_CONFLICTS])
    dropped = np.concatenate([suspects[1:][same_key], superseded])
    return Collapsed(np.setdiff1d(np.arange(len(rows)), dropped, assume_unique=True), superseded)


def _same_as_before(keys: Words, ordered: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return for each row but the first whether it has the key of the row before it; shape (n - 1,)."""
    same: npt.NDArray[np.bool_] = (keys[:, ordered[1:]] == keys[:, ordered[:-1]]).all(axis=0)
    return same


def _corrected(rows: Rows, ordered: npt.NDArray[np.intp], keys: Words, names: list[str]) -> npt.NDArray[np.intp]:
    """Return the rows whose key stands in a file with a later name too; `ordered` goes by key, then by file.

    Names are those of the files alone: folders tell only where somebody put them.
    """
    own = [PurePosixPath(name).name for name in names]
    ranks = {name: rank for rank, name in enumerate(sorted(set(own)))}
    rank = np.array([ranks[name] for name in own])[rows.file[ordered]]
    starts = np.flatnonzero(np.r_[True, ~_same_as_before(keys, ordered)])
    latest = np.repeat(np.maximum.reduceat(rank, starts), np.diff(np.r_[starts, len(ordered)]))
    return ordered[rank < latest]


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
    if rows.file[first] != rows.file[second]:
        message += "; if the later file corrects the earlier one, say corrections: by_file_name in rules/extracts.yaml"
    return Problem(names[rows.file[second]], int(rows.row[second]), None, "duplicate-conflict", message)
