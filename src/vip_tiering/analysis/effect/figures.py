"""What contacts bring: customers who were contacted against those of the control group, from a run to a later one. Frames in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from vip_tiering.analysis.effect.intervals import CONFIDENCE, Interval, mean_intervals, share_interval
from vip_tiering.base.arrays import Mask
from vip_tiering.base.errors import DataError
from vip_tiering.base.money import exact_sum, yuan_text
from vip_tiering.playbooks.gates import GATES
from vip_tiering.tiers.published.run_folder import TieredRun

FEWEST: Final = 30
"""Of fewer customers in a group no mean is told: chance decides it, and it would tell of single customers."""
Standing = Literal["listed", "waiting", "control"]
LATER: Final = GATES[GATES.index("control_group") + 1 :]
"""The gates behind that of the control group: whom one of them stops was let pass as the control group was, and waits."""
ROWS: Final = ("customer_id", "action", "day", "standing")
"""What exports tell: a row for each customer, action and day of an export that let him pass up to the gate of the control group."""
FIGURES: Final = ("fen_days", "closing_fen", "level")
"""What a run tells of each customer. `level`: the place of the tier on the ladder."""


@dataclass(frozen=True)
class Groups:
    """Who was drawn for what in one action. `customers`: customer_id, control, listed; `both`: who stood on either side."""

    customers: pd.DataFrame
    both: int


def groups_of(rows: pd.DataFrame) -> Groups:
    """Return the groups of an action from what exports tell of it (`ROWS`); exports before its control group began do not count.

    Contacted is whoever was let pass, on a list or still waiting, whether anybody reached him or not (intention to treat): so both
    groups were drawn from the same customers, whoever of them managers got to first. Who stands on either side, because the rules
    or his number changed, is left out.
    """
    began = rows.loc[rows["standing"] == "control", "day"].min()
    rows = rows[rows["day"] >= began] if isinstance(began, str) else rows
    told = pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "control": rows["standing"] == "control",
            "contacted": rows["standing"] != "control",
            "listed": rows["standing"] == "listed",
        }
    )
    each = told.groupby("customer_id", as_index=False).any()
    both = each["control"] & each["contacted"]
    return Groups(each.loc[~both, ["customer_id", "control", "listed"]], int(both.sum()))


@dataclass(frozen=True)
class Figures:
    """What a run tells of its customers. `customers`: customer_id and `FIGURES`; `days`: of its quarter."""

    customers: pd.DataFrame
    days: int

    @classmethod
    def of(cls, run: TieredRun, ladder: TieredRun) -> Figures:
        """Return the figures of a run, with tiers by their place on the ladder of a later run.

        Raises DataError where the later run does not know one of the tiers.
        """
        tiers = run.frame()
        level = pd.Index(list(ladder.labels)).get_indexer(pd.Index(tiers["tier"].astype("str")))
        if (level < 0).any():
            raise DataError(f"{run.quarter}: has tiers that {ladder.quarter} does not know; moves between two ladders are not counted")
        return cls(tiers[["customer_id", "fen_days", "closing_fen"]].assign(level=level), run.period.days)


def effect_of(action: str, groups: Groups, before: Figures, after: Figures) -> dict[str, Any]:
    """Return what is said of one action, from one run to another.

    Who left meanwhile has 0 in the later run, for leaving may be the effect; who was not there before has no change, and is left
    out. Amounts are text in yuan, shares text in percent.
    """
    known = groups.customers.merge(before.customers, on="customer_id")
    both = known.merge(after.customers, how="left", on="customer_id", suffixes=("_before", ""))
    left = both["level"].isna()
    both = both.fillna(dict.fromkeys(FIGURES, 0)).astype(dict.fromkeys(FIGURES, "int64"))
    control = both["control"].to_numpy(np.bool_)
    contacted, held_back, listed = int((~control).sum()), int(control.sum()), int(both["listed"].sum())
    enough = min(listed, held_back) >= FEWEST
    return {
        "action": action,
        "customers": {"contacted": contacted, "control": held_back},
        "listed": listed,
        "waiting": contacted - listed,
        "left": {"contacted": int((left & ~control).sum()), "control": int((left & control).sum())},
        "not_in_run_before": len(groups.customers) - len(known),
        "in_both_groups": groups.both,
        "enough": enough,
        "measures": {**_money(both, control, before.days, after.days), **_moves(both, control)} if enough else {},
    }


def _money(both: pd.DataFrame, control: Mask, days_before: int, days: int) -> dict[str, Any]:
    """Return the changes of money with the means of both groups, the interval of their difference, and that for who was listed.

    The change of an average is fen_days / days - fen_days_before / days_before, so it is counted in fen / (days x days_before).
    """
    changes = {
        "daily_average": both["fen_days"] * days_before - both["fen_days_before"] * days,
        "closing_balance": both["closing_fen"] - both["closing_fen_before"],
    }
    parts = {"daily_average": days * days_before, "closing_balance": 1}
    values = [change.to_numpy(np.int64) for change in changes.values()]
    share_listed = Fraction(int(both["listed"].sum()), int((~control).sum()))
    measures = {}
    for name, change, interval in zip(changes, values, mean_intervals(values, control), strict=True):
        means = {group: Fraction(exact_sum(change[of]), int(of.sum())) for group, of in (("contacted", ~control), ("control", control))}
        measures[name] = {
            **{group: _yuan(mean / parts[name]) for group, mean in means.items()},
            **_told(interval.divided(parts[name]), _yuan),
            # The effect on each of those who were listed, if it is none on those who still wait (Bloom 1984).
            "per_listed": _told(interval.divided(parts[name] * share_listed), _yuan),
        }
    return measures


def _moves(both: pd.DataFrame, control: Mask) -> dict[str, Any]:
    """Return the shares that rose and fell in both groups, with the interval of their difference."""
    moved = both["level"] - both["level_before"]
    measures = {}
    for name, does in (("rose", moved > 0), ("fell", moved < 0)):
        contacted, held_back = ((int(does[of].sum()), int(of.sum())) for of in (~control, control))
        shares = {"contacted": _percent(Fraction(*contacted)), "control": _percent(Fraction(*held_back))}
        measures[name] = {**shares, **_told(share_interval(contacted, held_back), _percent)}
    return measures


def _told(interval: Interval, form: Callable[[Fraction], str]) -> dict[str, Any]:
    """Return an interval as documents have it."""
    low, high = (Fraction(one) for one in (interval.low, interval.high))
    return {"difference": form(interval.difference), "low": form(low), "high": form(high), "may_be_chance": interval.holds_zero}


def _yuan(fen: Fraction) -> str:
    """Return fen as text in yuan, to the nearest fen."""
    return yuan_text(round(fen))


def _percent(share: Fraction) -> str:
    """Return a share as text in percent, to the nearest tenth."""
    tenths = round(share * 1000)
    return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"


def document_of(days: list[str], before: TieredRun, after: TieredRun, actions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return everything that is said."""
    return {
        "schema": "vip-tiering effect",
        "run_before": str(before.period),
        "run_after": str(after.period),
        "exports": days,
        "confidence_percent": round(100 * CONFIDENCE),
        "fewest_customers": FEWEST,
        "actions": actions,
    }
