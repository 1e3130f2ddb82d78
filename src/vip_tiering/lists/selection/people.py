"""The customers of a run, each beside his entry in the customer file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Int32s, Mask, one_array, positions_in, truth
from vip_tiering.base.money import DECIMAL, Int64s, fen_from_decimal
from vip_tiering.base.schema import ABSENT, UNTIERED
from vip_tiering.customers.types import NOT_GIVEN, Customers
from vip_tiering.playbooks.actions import Sign
from vip_tiering.tiers.outlook import STATES
from vip_tiering.tiers.published.run_folder import TieredRun

NOBODY = -1
"""Stands where a customer of the run is not in the customer file."""
_RISEN = ("upgraded", "entered")
_FALLEN = ("downgraded",)
_BESIDE = ("evaluated_tier", "retained_tier")


@dataclass(frozen=True)
class People:
    """The customers of a run, sorted by customer_id, arrays of shape (n,).

    `level`: index into the codes of the ladder, 0 is untiered; `previous_level`: likewise in the quarter before, -1 where
    the customer was absent or there was no run; `evaluated_level`, `retained_level`: that of the average and that without overrides,
    as `level` in a run by whose rules nobody keeps a tier or is given one; `risen`: upgraded or entered; `fallen`: downgraded;
    `state`: index into the states of the outlook; `previous_average_fen`: the average of the quarter before, of those alone whose tier
    has changed, else NOT_GIVEN; `profile`: position in the customer file, or `NOBODY`. `codes` and `labels` name the levels. `left_id`
    and `left_level`, shape (l,): who was in the run before and is not in this one, and the level there.
    """

    customer_id: pa.Array
    level: Int8s
    previous_level: Int8s
    evaluated_level: Int8s
    retained_level: Int8s
    risen: Mask
    fallen: Mask
    state: Int8s
    previous_average_fen: Int64s
    daily_average_fen: Int64s
    closing_fen: Int64s
    profile: Int32s
    codes: tuple[str, ...]
    labels: dict[str, str]
    left_id: pa.Array
    left_level: Int8s

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.level)

    def told(self, sign: Sign) -> Mask:
        """Return of whom the run tells a sign, shape (n,): that the tier has changed (semantics 4.3), or is about to (10.4)."""
        if sign == "card_upgrade":
            return self.risen
        return self.fallen if sign == "downgraded" else self.state == STATES.index(sign)


def meet(run: TieredRun, customers: Customers) -> People:
    """Return the customers of a run with their profiles; whoever is not among the changes of a run that was compared kept the tier."""
    tiers, changes, labels = run.tiers, run.changes, run.labels
    codes = [UNTIERED, *(code for code in labels if code != UNTIERED)]
    ids = tiers["customer_id"].combine_chunks()
    level = _levels(tiers["tier"].combine_chunks(), codes)
    previous = level.copy() if run.compared else np.full(len(level), -1, np.int8)
    at = positions_in(changes["customer_id"].combine_chunks(), ids)
    present = at >= 0
    from_level = _levels(changes["from_tier"].combine_chunks(), codes)
    previous[at[present]] = from_level[present]
    risen, fallen = (np.isin(np.arange(len(level)), at[present & _is(changes["change"], kinds)]) for kinds in (_RISEN, _FALLEN))
    evaluated, retained = (_levels(tiers[name if name in tiers.column_names else "tier"].combine_chunks(), codes) for name in _BESIDE)
    before = one_array(changes["previous_daily_average"])
    # who was absent has no average of the quarter before
    there = truth(pc.and_(pc.not_equal(one_array(changes["from_tier"]), ABSENT), pc.not_equal(before, ""))) & present
    average = np.full(len(level), NOT_GIVEN, np.int64)
    average[at[there]] = fen_from_decimal(before.filter(pa.array(there)).cast(DECIMAL))
    outlook = run.outlook()
    return People(
        customer_id=ids,
        level=level,
        previous_level=previous,
        evaluated_level=evaluated,
        retained_level=retained,
        risen=risen,
        fallen=fallen,
        state=outlook["state"].cat.codes.to_numpy().astype(np.int8),
        previous_average_fen=average,
        daily_average_fen=tiers["daily_average_fen"].to_numpy(),
        closing_fen=tiers["closing_fen"].to_numpy(),
        profile=positions_in(ids, customers.customer_id),
        codes=tuple(codes),
        labels=labels,
        left_id=changes["customer_id"].combine_chunks().filter(pa.array(~present)),
        left_level=from_level[~present],
    )


def _is(changes: pa.ChunkedArray, kinds: Sequence[str]) -> Mask:
    """Return which changes are of some kinds."""
    return truth(pc.is_in(changes, value_set=pa.array(kinds)))


def _levels(tiers: pa.Array, codes: Sequence[str]) -> Int8s:
    """Return the index of each tier among the codes; -1 for `absent`."""
    return positions_in(tiers.cast(pa.string()), pa.array(codes, pa.string())).astype(np.int8)
