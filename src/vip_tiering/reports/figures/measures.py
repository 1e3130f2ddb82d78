"""The measures of the branch, for all customers and for each branch, against their targets: from balances, and from what it delivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.base.quarter import Quarter
from vip_tiering.playbooks.targets import Figure, TargetsFile
from vip_tiering.reports.figures.delivered import Delivered
from vip_tiering.reports.figures.tallies import Tally
from vip_tiering.reports.words import MEASURES

YUAN: Final = "yuan"
SUM_OF_AVERAGES: Final = "daily_average_sum"
"""Stands for what the growth is a growth of; no measure of the rules has this id."""
_PER_MILLE: Final = 1000


@dataclass(frozen=True)
class Sides:
    """The quarter, and what there is to compare it with. `whole_before`: of all customers, as the run itself says."""

    now: Tally
    before: Tally | None
    last_year: Tally | None
    whole_before: Tally | None


def measures_of(
    sides: Sides,
    quarter: Quarter,
    branches: Sequence[str],
    codes: Sequence[str],
    file: TargetsFile | None,
    delivered: Delivered | None = None,
) -> pd.DataFrame:
    """Return every measure for all customers (branch null), then for each branch ("" for none).

    Columns: measure, group, branch, unit, and those of `words.MEASURES`: fen, customers and so on as Python integers, null where
    nothing is known; shares that are reached in tenths of a percent, rounded down. A measure from a tier that the ladder `codes` does
    not have is left out; one of which nothing was `delivered` has one row, of nulls: it is not 0.
    """
    delivered = delivered or Delivered()
    targets = {(one.id, one.branch, one.quarter or one.year): one.target for one in (file.targets if file else None) or ()}
    rows = []
    for figure in file.measures if file else ():
        if figure.customers_from is not None and figure.customers_from not in codes:
            continue
        absent = figure.delivered and delivered.value(str(figure.measure), None) is None
        others = [one for one in delivered.branches if one not in branches] if figure.delivered else []
        for branch in (None,) if absent else (None, *branches, *others):
            row = _measure(figure, sides, branch, codes, delivered)
            for period, key, growth in (("quarter", str(quarter), "growth"), ("year", quarter.year, "last_year_growth")):
                target = targets.get((figure.id, branch, key))
                row[f"{period}_target"] = None if target is None else target * (FEN_PER_YUAN if figure.unit == YUAN else 1)
                row[f"{period}_reached"] = _share(row[growth if figure.group == "growth" else "value"], row[f"{period}_target"])
            rows.append(row)
    return pd.DataFrame(rows, columns=["measure", "group", "branch", "unit", *MEASURES], dtype=object)


def told_measures(measures: pd.DataFrame) -> pd.DataFrame:
    """Return measures as people read them: the growth is told as itself, and the sum that grew in a row of its own below it.

    `measures`: see `measures_of`. The row of the growth holds it under `value`, with its targets, and under `last_year_growth` the one
    against last year's fourth quarter; that of the sum, `measure` SUM_OF_AVERAGES, has all but the targets.
    """
    grew = measures["group"] == "growth"
    growth = measures[grew].assign(value=measures["growth"], **dict.fromkeys(("previous", "growth", "last_year"), None))
    targets = [name for name in MEASURES if name.endswith(("_target", "_reached"))]
    sums = measures[grew].assign(measure=SUM_OF_AVERAGES, **dict.fromkeys(targets, None))
    rows: pd.DataFrame = pd.concat([growth, sums, measures[~grew]]).astype(object)
    place = measures["measure"].ne(measures["measure"].shift()).cumsum()
    return rows.iloc[place.loc[rows.index].to_numpy().argsort(kind="stable")].reset_index(drop=True)


def _measure(figure: Figure, sides: Sides, branch: str | None, codes: Sequence[str], delivered: Delivered) -> dict[str, Any]:
    """Return one measure of all customers or of a branch, but for its targets."""
    head = {"measure": figure.id, "group": figure.group, "branch": branch, "unit": figure.unit}
    if figure.delivered:  # of one quarter, so that there is nothing to compare it with
        return {**head, **dict.fromkeys(MEASURES), "value": delivered.value(str(figure.measure), branch)}
    counted = codes if figure.customers_from is None else codes[codes.index(figure.customers_from) :]

    def value(tally: Tally | None, tiers: Sequence[str] = counted) -> int | None:
        if tally is None:
            return None
        rows = tally.rows if branch is None else tally.rows[tally.rows["branch"] == branch]
        if figure.customers_from is None:
            return int(rows["fen_days"].sum()) // tally.days
        return int(rows["customers"][rows["tier"].isin(tiers)].sum())

    now, last_year = value(sides.now), value(sides.last_year)
    previous = value(sides.whole_before if branch is None else sides.before)
    return {
        **head,
        "value": now,
        "previous": previous,
        "growth": None if now is None or previous is None else now - previous,
        "last_year": last_year,
        "last_year_growth": None if now is None or last_year is None else now - last_year,
        "band": None if figure.customers_from is None else value(sides.now, [figure.customers_from]),
    }


def _share(value: int | None, target: int | None) -> int | None:
    """Return the share of a target in tenths of a percent, rounded down."""
    return None if value is None or target is None else _PER_MILLE * value // target
