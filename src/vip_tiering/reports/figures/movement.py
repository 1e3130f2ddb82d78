"""Why the sum of a tier's averages changed: who came, went, moved in or out, and what the balances of those who stayed did.

Frames in, frames out. The parts add up to the change of the printed sums, to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.schema import ABSENT
from vip_tiering.reports.figures.moves import codes_of_run
from vip_tiering.tiers.changes import compare
from vip_tiering.tiers.published.run_folder import TieredRun
from vip_tiering.tiers.tiering import tier_levels

PARTS: Final = ("new", "moved_in", "left", "moved_out", "rules", "stayed")
"""What a change is made of. `left` and `moved_out` are negative; `rules`: the tiers of the quarter before by the present bounds."""


def movement_of(run: TieredRun, migration: pd.DataFrame, before: pd.DataFrame | None, bounds_before: Mapping[str, int]) -> pd.DataFrame:
    """Return a row for each tier, the highest first: tier, before, the PARTS and after, in fen of summed averages, as Python integers.

    `migration`: migration.csv of the run; `before`: `tiers.parquet` of the quarter before, where it is at hand; `bounds_before`: its
    bounds in fen. Where these are others than the run's, its customers are tiered by the run's first, and what that changes is `rules`.
    What rounding each part down leaves, less than a fen for each pair of tiers, counts as `stayed`.
    """
    said = {tier["code"]: tier for tier in run.manifest["tiers"]}
    rows = []
    pairs = _pairs(migration)
    restated = dict.fromkeys(said, 0)
    if before is not None and bounds_before != run.bounds_fen:
        pairs, restated = _by_present_bounds(run, before, said)
    for code in reversed(codes_of_run(run)):
        into, out_of = pairs[pairs["to_tier"] == code], pairs[pairs["from_tier"] == code]
        parts = {
            "new": into["now"][into["from_tier"] == ABSENT].sum(),
            "moved_in": into["now"][~into["from_tier"].isin([ABSENT, code])].sum(),
            "left": -out_of["previous"][out_of["to_tier"] == ABSENT].sum(),
            "moved_out": -out_of["previous"][~out_of["to_tier"].isin([ABSENT, code])].sum(),
            "rules": restated[code],
        }
        first, last = (fen_from_text(said[code][name]) for name in ("previous_daily_average_sum", "daily_average_sum"))
        rows.append({"tier": code, "before": first, **parts, "stayed": last - first - sum(parts.values()), "after": last})
    return pd.DataFrame(rows, dtype=object)


def _pairs(migration: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of averages of each pair of tiers in fen."""
    sums = {"now": "daily_average_sum", "previous": "previous_daily_average_sum"}
    return migration[["from_tier", "to_tier"]].assign(
        **{name: migration[text].map(fen_from_text).astype(object) for name, text in sums.items()}
    )


def _by_present_bounds(run: TieredRun, before: pd.DataFrame, said: Mapping[str, Mapping[str, str]]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the pairs where the quarter before is tiered by the run's bounds, and by how much that changes its sum of each tier."""
    ladder = run.ladder
    days = int(before["quarter_days"].iloc[0]) if len(before) else 1
    levels = tier_levels(before["fen_days"].to_numpy(), days, ladder)
    again = before.assign(tier=pd.Categorical.from_codes(levels, categories=pd.Index(ladder.codes)))
    found = compare(run.frame(), again, ladder)
    pairs = found.migration
    pairs = pairs.assign(now=pairs["fen_days"] // found.days, previous=pairs["previous_fen_days"] // found.previous_days)
    sums = pairs.groupby("from_tier")["previous_fen_days"].sum()
    published = {code: fen_from_text(tier["previous_daily_average_sum"]) for code, tier in said.items()}
    return pairs, {code: int(sums.get(code, 0)) // found.previous_days - published[code] for code in said}
