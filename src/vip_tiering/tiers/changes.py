"""Who rose, fell, came or went against the previous quarter (semantics 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import text_array
from vip_tiering.base.errors import RulesError
from vip_tiering.base.money import exact_sums
from vip_tiering.base.roster import Positions, Roster
from vip_tiering.base.schema import ABSENT, CHANGES, MIGRATION_BASES, TIER_BASES
from vip_tiering.rules.tiers import Ladder

Levels = npt.NDArray[np.int32]
_ABSENT = -1
"""The level, and the row, on a side without the customer; untiered is level 0, the tiers follow."""


@dataclass(frozen=True)
class Comparison:
    """What changed between two quarters.

    `changed`: one row per customer that did not stay where it was, sorted by customer_id; `migration`: every pair of
    tiers that occurs, with the exact fen-days of both quarters as Python integers; `counts`: customers by change;
    `days` and `previous_days`: N of both quarters.
    """

    changed: pd.DataFrame
    migration: pd.DataFrame
    counts: dict[str, int]
    days: int
    previous_days: int


def compare(current: pd.DataFrame, previous: pd.DataFrame | None, ladder: Ladder) -> Comparison:
    """Compare a quarter's tiers with those of the quarter before; None when there was no run for it.

    Both frames have customer_id, tier (categorical), fen_days, quarter_days, daily_average_fen, closing_fen, days_held.
    Raises RulesError where the previous run has a tier that the present ladder does not have.
    """
    before = current.iloc[:0] if previous is None else previous
    _refuse_unknown_tiers(before, ladder)
    ids, now_at, before_at = _union(current, before)
    now = _Side(current, now_at, len(ids), ladder)
    then = _Side(before, before_at, len(ids), ladder)
    initial = np.full(len(ids), CHANGES.index("initial"), np.int8)
    change = initial if previous is None else _change_codes(then.level, now.level)
    retains = "tier_basis" in current
    held = now_at[(current["tier_basis"] == "held").to_numpy()] if retains else now_at[:0]
    change[held[change[held] == CHANGES.index("kept")]] = CHANGES.index("held")
    moved = np.flatnonzero((change != CHANGES.index("kept")) & (change != CHANGES.index("initial")))
    ids = ids.take(pa.array(moved))
    order = pc.sort_indices(ids).to_numpy()
    moved, ids = moved[order], ids.take(pa.array(order))
    changed = pd.DataFrame(
        {
            "customer_id": pd.Series(ids, dtype="string[pyarrow]"),
            "change": pd.Categorical.from_codes(change[moved], categories=pd.Index(CHANGES)),
            "from_tier": _tiers(then.level[moved], ladder),
            "to_tier": _tiers(now.level[moved], ladder),
            "steps": np.maximum(now.level[moved], 0).astype(np.int64) - np.maximum(then.level[moved], 0),
            "previous_daily_average_fen": then.column("daily_average_fen", moved),
            "daily_average_fen": now.column("daily_average_fen", moved),
            "closing_fen": now.column("closing_fen", moved),
            "days_held": now.column("days_held", moved),
        }
    )
    counts = dict(zip(CHANGES, np.bincount(change, minlength=len(CHANGES)).tolist(), strict=True))
    if not retains:
        del counts["held"]
    return Comparison(changed, _migration(then, now, ladder), counts, now.days, then.days)


def _union(current: pd.DataFrame, before: pd.DataFrame) -> tuple[pa.Array, Positions, Positions]:
    """Return the ids of both quarters, each once, and the positions of either quarter's customers among them."""
    ids = text_array(current["customer_id"])
    if before.empty:
        return ids, np.arange(len(ids)), np.empty(0, np.int64)
    union = Roster()
    now_at, before_at = union.locate(ids), union.locate(text_array(before["customer_id"]))
    return union.ids, now_at, before_at


class _Side:
    """One quarter along the union of both: the level of everybody, shape (size,), and the columns of those who are in it."""

    def __init__(self, frame: pd.DataFrame, at: Positions, size: int, ladder: Ladder) -> None:
        self._frame, self._at = frame, at
        self._row = np.full(size, _ABSENT, np.int64)
        self._row[at] = np.arange(len(frame))
        self.level: Levels = np.full(size, _ABSENT, np.int32)
        levels = pd.Index(ladder.codes).get_indexer(frame["tier"].cat.categories).astype(np.int32)
        self.level[at] = levels[frame["tier"].cat.codes]
        self.days = int(frame["quarter_days"].iloc[0]) if len(frame) else 1

    def column(self, name: str, wanted: Positions) -> npt.NDArray[np.int64]:
        """Return a column for the wanted positions of the union, with 0 for the absent."""
        rows = self._row[wanted]
        values = np.zeros(len(wanted), np.int64)
        values[rows != _ABSENT] = self._frame[name].to_numpy()[rows[rows != _ABSENT]]
        return values

    def has(self, name: str) -> bool:
        """Tell whether there is such a column."""
        return name in self._frame

    def counts_where(self, name: str, value: str, groups: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
        """Return in each group how many have a value in a column; none where there is no such column."""
        meant = (self._frame[name] == value).to_numpy() if self.has(name) else np.zeros(len(self._at), np.bool_)
        return np.bincount(groups[self._at[meant]], minlength=size)

    def sums(self, name: str, groups: npt.NDArray[np.int64], size: int) -> list[int]:
        """Return the exact sum of a column in each group, of which everybody has one."""
        return exact_sums(self._frame[name].to_numpy(), groups[self._at], size)


def _tiers(levels: Levels, ladder: Ladder) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(levels + 1, categories=pd.Index([ABSENT, *ladder.codes]))


def _change_codes(then: Levels, now: Levels) -> npt.NDArray[np.int8]:
    """Return the index into CHANGES of every customer from its levels before and now, -1 absent, 0 untiered (semantics 4.3)."""
    rules = [
        ("kept", (now == then) | ((now <= 0) & (then <= 0))),
        ("new", (then == _ABSENT) & (now > 0)),
        ("entered", (then == 0) & (now > 0)),
        ("left", (then > 0) & (now == _ABSENT)),
        ("lapsed", (then > 0) & (now == 0)),
        ("upgraded", now > then),
    ]
    codes = {name: np.int8(code) for code, name in enumerate(CHANGES)}
    return np.select([mask for _, mask in rules], [codes[name] for name, _ in rules], codes["downgraded"])


def _migration(then: _Side, now: _Side, ladder: Ladder) -> pd.DataFrame:
    """Return every pair of tiers that occurs, with its customers and its exact fen-days on both sides."""
    codes = [ABSENT, *ladder.codes]
    pairs = (then.level + 1) * len(codes) + now.level + 1
    size = len(codes) ** 2
    counts = np.bincount(pairs, minlength=size)
    now_sums, then_sums = (side.sums("fen_days", pairs, size) for side in (now, then))
    occurring = np.flatnonzero(counts).tolist()
    each = zip(MIGRATION_BASES, TIER_BASES[1:], strict=True)
    bases = {name: now.counts_where("tier_basis", basis, pairs, size) for name, basis in each}
    frame = pd.DataFrame(
        {
            "from_tier": [codes[pair // len(codes)] for pair in occurring],
            "to_tier": [codes[pair % len(codes)] for pair in occurring],
            "customers": [int(counts[pair]) for pair in occurring],
            "fen_days": pd.Series([now_sums[pair] for pair in occurring], dtype=object),
            "previous_fen_days": pd.Series([then_sums[pair] for pair in occurring], dtype=object),
        }
    )
    return frame.assign(**{name: some[occurring] for name, some in bases.items()}) if now.has("tier_basis") else frame


def _refuse_unknown_tiers(previous: pd.DataFrame, ladder: Ladder) -> None:
    gone = sorted(set(previous["tier"].cat.remove_unused_categories().cat.categories) - set(ladder.codes))
    if gone:
        raise RulesError(f"tiers.yaml: the previous run has tiers that the present rules do not have: {', '.join(gone)}; keep their codes")
