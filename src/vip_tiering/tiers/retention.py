"""Tiers that customers have for another reason than their average: kept for a while, or set by somebody. Frames in, frames out."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.errors import RulesError, counted, first_of
from vip_tiering.base.schema import TIER_BASES
from vip_tiering.base.text import but_for_zeros
from vip_tiering.rules.load import Rules
from vip_tiering.rules.tiers import Ladder, RetentionRule

_SHOWN_LINES: Final = 10


def retains(rules: Rules) -> bool:
    """Tell whether customers may have another tier than that of their average; the shipped rules say no."""
    return rules.retention is not None or rules.overrides is not None


def with_retained(tiers: pd.DataFrame, previous: pd.DataFrame | None, rules: Rules, ladder: Ladder, last_day: int) -> pd.DataFrame:
    """Return the customers of a run with the tier that they keep or that was set for them (semantics 3.4 and 3.5).

    `tiers`: as `assign_tiers` returns them; `previous`: those of the quarter before, by the present numbers. Adds evaluated_tier,
    that of the average; retained_tier, what counts next quarter, without overrides; held_quarters, for how many quarters in a row it is
    above the average's; and tier_basis, one of TIER_BASES. `last_day`: of the period, as a day number.
    """
    evaluated = tiers["tier"].cat.codes.to_numpy().astype(np.int64)
    retained, held = evaluated, np.zeros(len(tiers), np.int64)
    if rules.retention is not None and previous is not None:
        retained, held = _retained(tiers["customer_id"], evaluated, _state_before(previous), rules.retention, ladder)
    basis = np.where(retained > evaluated, TIER_BASES.index("held"), TIER_BASES.index("evaluated"))
    level = retained
    if rules.overrides is not None:
        in_force = rules.overrides.in_force(last_day).to_pandas()
        set_tier = tiers["customer_id"].map(in_force.set_index("customer_id")["tier"])
        set_level = pd.Index(ladder.codes).get_indexer(pd.Index(set_tier))
        level = np.where(set_level >= 0, set_level, retained)
        basis = np.where(set_level >= 0, TIER_BASES.index("override"), basis)
    codes_of = pd.Index(ladder.codes)
    return tiers.assign(
        tier=pd.Categorical.from_codes(level, categories=codes_of),
        evaluated_tier=tiers["tier"],
        retained_tier=pd.Categorical.from_codes(retained, categories=codes_of),
        held_quarters=held,
        tier_basis=pd.Categorical.from_codes(basis, categories=pd.Index(TIER_BASES)),
    )


def judge_overrides(ids: pa.Array, rules: Rules, ladder: Ladder, last_day: int) -> tuple[str, ...]:
    """Return the warning that overrides in force are of customers who are not in a run with these ids (semantics 3.5).

    Raises RulesError for a tier that the ladder of the quarter does not have, and for ids that are in the run but for leading zeros.
    """
    if rules.overrides is None:
        return ()
    name, in_force = rules.overrides.name, rules.overrides.in_force(last_day).to_pandas()
    foreign = in_force[~in_force["tier"].isin(ladder.codes)]
    known = f"is none of this quarter's: {', '.join(ladder.codes)}"
    problems = [f"{name}:{line}: tier {tier} {known}" for line, tier in zip(foreign["line"], foreign["tier"], strict=True)]
    absent = in_force[~in_force["customer_id"].isin(ids.to_pandas())]
    if rules.extracts.leading_zeros != "significant":
        lost = but_for_zeros(pa.array(absent["customer_id"], pa.string()), ids).to_pandas()
        mend = "write it as text with its zeros, or say leading_zeros: significant in rules/extracts.yaml"
        message = f"customer_id differs from one of this run by leading zeros alone; {mend}"
        problems += [f"{name}:{line}: {message}" for line in absent.loc[absent["customer_id"].isin(lost), "line"]]
    if problems:
        raise RulesError(problems)
    if absent.empty:
        return ()
    who, lines = counted(len(absent), "customer"), first_of(absent["line"].tolist(), _SHOWN_LINES)
    where = f"is not in this run: line {lines}" if len(absent) == 1 else f"are not in this run: lines {lines}"
    return (f"{name}: {who} with an override in force {where}",)


def keep_highest(merged: pd.DataFrame, touched: pd.DataFrame, new_ids: pa.Array, ladder: Ladder) -> pd.DataFrame:
    """Return merged customers with what they kept, and with what was set for them (semantics 3.4 and 3.5).

    Of several numbers of one customer the highest tier counts.
    """
    codes, known = pd.Index(ladder.codes), merged["tier"].cat.categories
    kept, had = (codes.get_indexer(pd.Index(touched[name])) for name in ("retained_tier", "tier"))
    state = pd.DataFrame({"customer_id": new_ids.to_pandas(), "kept": kept, "held_quarters": touched["held_quarters"].to_numpy()})
    state = state.sort_values([*state.columns]).drop_duplicates("customer_id", keep="last").set_index("customer_id")
    state = state.reindex(merged["customer_id"])
    was_set = pd.Series(np.where(touched["tier_basis"] == "override", had, -1)).groupby(new_ids.to_pandas()).max()
    set_level = was_set.reindex(merged["customer_id"]).to_numpy()
    evaluated = codes.get_indexer(pd.Index(merged["tier"]))
    retained = np.maximum(state["kept"].to_numpy(), evaluated)
    level, above = np.where(set_level >= 0, set_level, retained), retained > evaluated
    return merged.assign(
        evaluated_tier=codes.take(evaluated).to_numpy(),
        tier=pd.Categorical.from_codes(known.get_indexer(codes.take(level)), categories=known),
        retained_tier=codes.take(retained).to_numpy(),
        held_quarters=np.where(above, state["held_quarters"].to_numpy(), 0),
        tier_basis=np.where(set_level >= 0, "override", np.where(above, "held", "evaluated")),
    )


def _state_before(previous: pd.DataFrame) -> pd.DataFrame:
    """Return retained_tier and held_quarters by customer; a run that was computed without retention held nobody."""
    state = previous.set_index("customer_id")
    if "retained_tier" not in state:
        state = state.assign(retained_tier=state["tier"], held_quarters=0)
    return state[["retained_tier", "held_quarters"]].astype({"retained_tier": "str"})


def _retained(
    ids: pd.Series, evaluated: np.ndarray, before: pd.DataFrame, rule: RetentionRule, ladder: Ladder
) -> tuple[np.ndarray, np.ndarray]:
    """Return the level that each customer keeps, and for how many quarters in a row it is above the evaluated one."""
    codes = pd.Index(ladder.codes)
    state = before.reindex(ids)
    level = codes.get_indexer(pd.Index(state["retained_tier"]))
    quarters = state["held_quarters"].fillna(0).to_numpy().astype(np.int64)
    kept = np.isin(level, codes.get_indexer(pd.Index(rule.tiers))) & (level > evaluated)
    in_grace = kept & (quarters < rule.grace_quarters)
    after = evaluated if rule.fall_to == "evaluated" else np.where(kept, np.maximum(level - 1, evaluated), evaluated)
    retained = np.where(in_grace, level, after)
    return retained, np.where(retained > evaluated, quarters + 1, 0)
