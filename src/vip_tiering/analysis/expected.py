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

from vip_tiering.base.arrays import Mask, one_array, positions_in
from vip_tiering.base.money import Int64s
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.rules.tiers import Ladder, OutlookRule
from vip_tiering.tiers.outlook import STATES, Standing, states_of
from vip_tiering.tiers.published.run_folder import TieredRun
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
    """Customers on one ladder. `level`: shape (n,); `marks`: whom each trigger of the balances concerns, None where nobody can know."""

    level: npt.NDArray[np.int64]
    codes: list[str]
    marks: Mapping[str, Mask | None]

    @classmethod
    def of(
        cls,
        customer_id: pa.Array,
        level: npt.NDArray[np.int64],
        ladder: Ladder,
        standing: Standing,
        rule: OutlookRule,
        earlier: Earlier | None,
    ) -> Counted:
        """Return the customers of a quarter. Who rose or fell was there in the quarter before, on another tier of the same ladder."""
        state = states_of(standing, level, ladder, rule)
        marks: dict[str, Mask | None] = {name: state == STATES.index(name) for name in ("near_up", "near_down", "falling")}
        marks |= {"card_upgrade": None, "downgraded": None}
        if earlier is not None:
            at = positions_in(customer_id, earlier.customer_id)
            before = np.append(tier_levels(earlier.fen_days, earlier.days, ladder), -1)[at]  # -1, absent, takes the last
            marks |= {"card_upgrade": (before >= 0) & (level > before), "downgraded": (level < before) & (level > 0)}
        return cls(level, ladder.codes, marks)

    def by_tier(self, triggers: tuple[str, ...]) -> dict[str, int] | None:
        """Return how many customers of each tier any of some triggers concerns; without triggers all, None where it is not known."""
        known = [mask for name in triggers if (mask := self.marks[name]) is not None]
        if len(known) < len(triggers):
            return None
        level = self.level[np.logical_or.reduce(known)] if known else self.level
        return dict(zip(self.codes, np.bincount(level, minlength=len(self.codes)).tolist(), strict=True))


def expected_rows(books: Playbooks, old: Counted, new: Counted) -> list[dict[str, Any]]:
    """Return for each action, in the order of the playbooks, how many customers it addresses at most under both ladders.

    None where it addresses nobody by name (whoever visits the branch, a day in its hall), and where who rose or fell is not known.
    """
    tiers: dict[str, list[str]] = {}
    for tier in books.of_tier:
        for action, _ in books.actions_of(tier):
            tiers.setdefault(action.id, []).append(tier)
    triggers = {action.id: tuple(action.triggers) if action.trigger in old.marks else () for action in books.actions()}
    sides = {name: {which: side.by_tier(which) for which in {*triggers.values()}} for name, side in (("old", old), ("new", new))}

    def addressed(action: Action, side: str) -> int | None:
        found = sides[side][triggers[action.id]] if _by_name(action, books) else None
        return None if found is None else sum(found.get(tier, 0) for tier in tiers.get(action.id, []))

    return [
        {
            "action": action.id,
            "what": action.what,
            "trigger": action.trigger,
            "tiers": tiers.get(action.id, []),
            "by_name": _by_name(action, books),
            "old": addressed(action, "old"),
            "new": addressed(action, "new"),
        }
        for action in books.actions()
    ]


def _by_name(action: Action, books: Playbooks) -> bool:
    """Tell whether an action makes rows of lists: for customers of a tier, on a channel by which somebody is contacted."""
    festival = action.trigger == "festival"
    return action.active and action.audience.who == "tier" and not festival and books.channels[action.channels[0]].contact
