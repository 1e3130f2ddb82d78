"""Why the sum of a tier's averages changed: who came, went, moved in or out, and what the balances of those who stayed did.

Frames in, frames out. The parts add up to the change of the printed sums, to the fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from vip_tiering.base.money import exact_sums, fen_from_text
from vip_tiering.base.schema import ABSENT
from vip_tiering.reports.figures.moves import codes_of_run
from vip_tiering.tiers.changes import compare
from vip_tiering.tiers.published.run_folder import TieredRun
from vip_tiering.tiers.tiering import tier_levels

PARTS: Final = ("corrections", "new", "moved_in", "left", "moved_out", "rules", "stayed")
"""What a change is made of. `left` and `moved_out` are negative; `corrections`: the quarter before as it is now, where its run was
replaced; `rules`: the tiers of the quarter before by the present bounds."""


def movement_of(
    run: TieredRun, migration: pd.DataFrame, before: pd.DataFrame | None, bounds_before: Mapping[str, int], *, corrected: bool = False
) -> pd.DataFrame:
    """Return a row for each tier, the highest first: tier, before, the PARTS and after, in fen of summed averages, as Python integers.

    `migration`: migration.csv of the run; `before`: `tiers.parquet` of the quarter before, where it is at hand; `bounds_before`: its
    bounds in fen. Where these are others than the run's, its customers are tiered by the run's first, and what that changes is `rules`.
    `corrected`: `before` took the place of the run that was compared; by how much its sums differ from those is `corrections`.
    What rounding each part down leaves, less than a fen for each pair of tiers, counts as `stayed`.
    """
    said = {tier["code"]: tier for tier in run.manifest["tiers"]}
    published = {code: fen_from_text(tier["previous_daily_average_sum"]) for code, tier in said.items()}
    pairs, owned, restated = _pairs(migration), published, published
    if before is not None and (corrected or bounds_before != run.bounds_fen):
        again = before if bounds_before == run.bounds_fen else _by_present_bounds(run, before)
        pairs, restated = _pairs_with(run, again), _sums(again, published)
        owned = _sums(before, published) if corrected else published
    rows = []
    for code in reversed(codes_of_run(run)):
        into, out_of = pairs[pairs["to_tier"] == code], pairs[pairs["from_tier"] == code]
        parts = {
            "corrections": owned[code] - published[code],
            "new": into["now"][into["from_tier"] == ABSENT].sum(),
            "moved_in": into["now"][~into["from_tier"].isin([ABSENT, code])].sum(),
            "left": -out_of["previous"][out_of["to_tier"] == ABSENT].sum(),
            "moved_out": -out_of["previous"][~out_of["to_tier"].isin([ABSENT, code])].sum(),
            "rules": restated[code] - owned[code],
        }
        first, last = published[code], fen_from_text(said[code]["daily_average_sum"])
        rows.append({"tier": code, "before": first, **parts, "stayed": last - first - sum(parts.values()), "after": last})
    return pd.DataFrame(rows, dtype=object)


def _pairs(migration: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of averages of each pair of tiers in fen."""
    sums = {"now": "daily_average_sum", "previous": "previous_daily_average_sum"}
    return migration[["from_tier", "to_tier"]].assign(
        **{name: migration[text].map(fen_from_text).astype(object) for name, text in sums.items()}
    )


def _by_present_bounds(run: TieredRun, before: pd.DataFrame) -> pd.DataFrame:
    """Return the customers of the quarter before, tiered by the run's bounds."""
    ladder = run.ladder
    levels = tier_levels(before["fen_days"].to_numpy(), _days_of(before), ladder)
    return before.assign(tier=pd.Categorical.from_codes(levels, categories=pd.Index(ladder.codes)))


def _pairs_with(run: TieredRun, before: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of averages of each pair of tiers in fen, `before` and in the run."""
    found = compare(run.frame(), before, run.ladder)
    pairs = found.migration
    return pairs.assign(now=pairs["fen_days"] // found.days, previous=pairs["previous_fen_days"] // found.previous_days)


def _sums(before: pd.DataFrame, codes: Iterable[str]) -> dict[str, int]:
    """Return the sum of averages of each tier in fen, rounded down once."""
    level = pd.Index([*codes]).get_indexer(before["tier"].cat.categories)[before["tier"].cat.codes]
    held = np.flatnonzero(level >= 0)  # a tier that the run does not have is none of its rows
    sums = exact_sums(before["fen_days"].to_numpy()[held], level[held], len([*codes]))
    return {code: total // _days_of(before) for code, total in zip(codes, sums, strict=True)}


def _days_of(before: pd.DataFrame) -> int:
    return int(before["quarter_days"].iloc[0]) if len(before) else 1
