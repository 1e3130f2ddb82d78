"""How many customers each action of the playbooks would address: an upper bound of the rows of its lists (semantics 11.2).

The gates come on top, and what makes an action due: consents, caps, turns, quotas, birthdays. They can only make it fewer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.arrays import one_array, positions_in
from vip_tiering.base.money import Int64s
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.run_folder import TieredRun
from vip_tiering.tiers.tiering import tier_levels


@dataclass(frozen=True)
class Earlier:
    """The customers of the quarter before, shape (m,), and its N."""

    customer_id: pa.Array
    fen_days: Int64s
    days: int

    @classmethod
    def of(cls, run: TieredRun) -> Earlier:
        """Return the customers of a run."""
        return cls(one_array(run.tiers["customer_id"]), one_array(run.tiers["fen_days"]).to_numpy(), run.period.days)


@dataclass(frozen=True)
class Counted:
    """Customers by the code of their tier on one ladder, and those who rose into it; None where the quarter before is not known."""

    customers: Mapping[str, int]
    risen: Mapping[str, int] | None

    @classmethod
    def of(cls, customer_id: pa.Array, level: npt.NDArray[np.int64], ladder: Ladder, earlier: Earlier | None) -> Counted:
        """Count the customers of a quarter, shape (n,). Who rose was there in the quarter before, below, by the same ladder."""
        customers = _by_code(level, ladder)
        if earlier is None:
            return cls(customers, None)
        at = positions_in(customer_id, earlier.customer_id)
        before = tier_levels(earlier.fen_days, earlier.days, ladder)
        risen = (at >= 0) & (level > before[at]) if len(before) else np.zeros(len(level), np.bool_)
        return cls(customers, _by_code(level[risen], ladder))


def _by_code(level: npt.NDArray[np.int64], ladder: Ladder) -> dict[str, int]:
    return dict(zip(ladder.codes, np.bincount(level, minlength=len(ladder.codes)).tolist(), strict=True))


def expected_rows(books: Playbooks, old: Counted, new: Counted) -> list[dict[str, Any]]:
    """Return for each action, in the order of the playbooks, how many customers it addresses at most under both ladders.

    None where it addresses nobody by name (whoever visits the branch, a day in its hall), and where who rose is not known.
    """
    tiers: dict[str, list[str]] = {}
    for tier in books.of_tier:
        for action, _ in books.actions_of(tier):
            tiers.setdefault(action.id, []).append(tier)
    return [
        {
            "action": action.id,
            "what": action.what,
            "trigger": action.trigger,
            "tiers": tiers.get(action.id, []),
            "by_name": _by_name(action, books),
            "old": _addressed(action, tiers.get(action.id, []), old) if _by_name(action, books) else None,
            "new": _addressed(action, tiers.get(action.id, []), new) if _by_name(action, books) else None,
        }
        for action in books.actions()
    ]


def _by_name(action: Action, books: Playbooks) -> bool:
    """Tell whether an action makes rows of lists: for customers of a tier, on a channel by which somebody is contacted."""
    return action.audience.who == "tier" and action.trigger != "festival" and books.channels[action.channels[0]].contact


def _addressed(action: Action, tiers: list[str], counted: Counted) -> int | None:
    found = counted.risen if action.trigger == "card_upgrade" else counted.customers
    return None if found is None else sum(found.get(tier, 0) for tier in tiers)
