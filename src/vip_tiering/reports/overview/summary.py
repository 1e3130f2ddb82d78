"""The first screen: tiers with what changed, measures against targets, who moved by amount, who is about to, and what happened in words.

Frames in, tables out. Customers are masked here, so that nobody who shows a table has to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import UNTIERED
from vip_tiering.base.text import masked_id
from vip_tiering.reports.figures.holders import no_holders
from vip_tiering.reports.figures.measures import told_measures
from vip_tiering.reports.figures.movement import PARTS
from vip_tiering.reports.figures.moves import codes_of_run
from vip_tiering.reports.figures.prospects import about_to_fall, about_to_rise
from vip_tiering.reports.figures.tallies import TOTAL, lines_of, tally_of
from vip_tiering.reports.overview.tables import Kind, Sentence, Table
from vip_tiering.reports.report import Report, ReportInputs
from vip_tiering.reports.words import DEPOSIT_NOW, MEASURES
from vip_tiering.tiers.outlook import states_by_tier

SHOWN: Final = 10
"""So many customers are shown of those who moved most, or need least."""
UPWARD: Final = ("upgraded", "entered", "new")
DOWNWARD: Final = ("downgraded", "lapsed", "left")
_LAST_YEAR: Final[dict[str, Kind]] = {
    "last_year_customers": "count",
    "last_year_customers_change": "count_change",
    "last_year_daily_average_sum": "fen",
    "last_year_daily_average_change": "fen_change",
}
_TIERS: Final[dict[str, Kind]] = {
    "tier": "tier",
    "customers": "count",
    "customers_share": "permille",
    "previous_customers": "count",
    "customers_change": "count_change",
    "daily_average_sum": "fen",
    "daily_average_share": "permille",
    "previous_daily_average_sum": "fen",
    "daily_average_change": "fen_change",
    "average_per_customer": "fen",
    **_LAST_YEAR,
}
_WHO: Final[dict[str, Kind]] = {"customer": "text", "display_name": "person", "branch": "branch", "manager": "manager"}
_MOVERS: Final[dict[str, Kind]] = {
    **_WHO,
    "change": "change",
    "from_tier": "tier",
    "to_tier": "tier",
    "previous_daily_average": "fen",
    "daily_average": "fen",
    "difference": "fen_change",
}
_RISING: Final[dict[str, Kind]] = {
    **_WHO,
    "tier": "tier",
    "target": "tier",
    "state": "state",
    "daily_average": "fen",
    "closing_balance": "fen",
    "gap": "fen",
    DEPOSIT_NOW: "fen",
}
_FALLING: Final[dict[str, Kind]] = {**_RISING, "cushion": "fen"}


def share_of(part: pd.Series, whole: int) -> pd.Series:
    """Return shares in tenths of a percent, rounded half up; null where there is no whole."""
    parts = part.astype(object)
    return (2000 * parts + whole) // (2 * whole) if whole > 0 else parts.map(lambda _: pd.NA)


def tiers_of(report: Report, inputs: ReportInputs) -> Table:
    """Return a line for each tier, the highest first, all of them last: now, before, and last year's fourth quarter."""
    lines = report.whole.merge(_last_year(inputs), how="left", on="tier")
    whole = lines[lines["tier"] == TOTAL].iloc[0]
    lines["customers_share"] = share_of(lines["customers"], int(whole["customers"]))
    lines["daily_average_share"] = share_of(lines["daily_average_sum"], int(whole["daily_average_sum"]))
    lines["last_year_customers_change"] = lines["customers"] - lines["last_year_customers"]
    lines["last_year_daily_average_change"] = lines["daily_average_sum"] - lines["last_year_daily_average_sum"]
    return Table.of("tiers", _TIERS, lines)


def _last_year(inputs: ReportInputs) -> pd.DataFrame:
    """Return customers and the sum of averages by tier in last year's fourth quarter; null where it is not at hand."""
    names = {"customers": "last_year_customers", "daily_average_sum": "last_year_daily_average_sum"}
    if inputs.last_year is None:
        return pd.DataFrame({"tier": pd.Series(dtype="str"), **{name: pd.Series(dtype="Int64") for name in names.values()}})
    tally = tally_of(inputs.last_year, no_holders(), codes_of_run(inputs.run))
    lines = lines_of(inputs.run, tally, None)
    return lines[["tier", *names]].rename(columns=names).astype({"tier": "str"})


def measures_of(report: Report) -> Table:
    """Return the measures of all customers of which something is known, in the order of the rules."""
    told = told_measures(report.measures[report.measures["branch"].isna()])
    whole = told[told["value"].notna()]
    figures: dict[str, Kind] = dict.fromkeys(MEASURES, "by_unit")
    figures |= dict.fromkeys(("growth", "last_year_growth"), "by_unit_change")
    figures |= {name: "permille" for name in MEASURES if name.endswith("_reached")}
    return Table.of("measures", {"measure": "measure", "group": "word", "unit": "word", **figures}, whole)


def movers_of(report: Report) -> Iterator[Table]:
    """Yield whose average rose most among those who changed tier, then whose fell most; equal amounts by number."""
    moves = report.moves.sort_values(["difference", "customer_id"], ascending=[False, True], kind="stable")
    rose, fell = moves[moves["difference"] > 0].head(SHOWN), moves[moves["difference"] < 0].iloc[::-1].head(SHOWN)
    for code, chosen in (("rose", rose), ("fell", fell)):
        yield Table.of(code, _MOVERS, _masked(chosen))


def prospects_of(report: Report, inputs: ReportInputs) -> Iterator[Table]:
    """Yield who is about to rise and who is about to fall, the highest tier first, then who needs the least money.

    Who needs none has null there, and may take something out; who is below the bound has null there.
    """
    for code, chosen, columns in (("near_up", about_to_rise, _RISING), ("falling", about_to_fall, _FALLING)):
        rows = chosen(report.customers, inputs.run)
        rows = rows.iloc[(-rows["target"].cat.codes).argsort(kind="stable")].head(SHOWN)
        rows = rows.rename(columns={"closing_fen": "closing_balance", "cushion_fen": "cushion"})
        needs = rows[DEPOSIT_NOW] > 0
        none = {DEPOSIT_NOW: rows[DEPOSIT_NOW].astype("Int64").where(needs), "cushion": rows["cushion"].astype("Int64").mask(needs)}
        yield Table.of(code, columns, _masked(rows.assign(**none)))


def _masked(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(customer=[masked_id(one) for one in rows["customer_id"]])


def sentences_of(report: Report, inputs: ReportInputs, tiers: Table) -> tuple[Sentence, ...]:
    """Return what happened: how much there is, who moved and why, and what lies ahead."""
    whole = tiers.rows[tiers.rows["tier"] == TOTAL].iloc[0]
    tiered = tiers.rows[~tiers.rows["tier"].isin([TOTAL, UNTIERED])]
    balance: dict[str, tuple[Kind, object]] = {
        "quarter": ("text", str(inputs.run.quarter)),
        "sum": ("fen", whole["daily_average_sum"]),
        "tiered": ("count", tiered["customers"].sum()),
    }
    if not inputs.run.compared:
        return Sentence("balance_alone", balance), _ahead(report, inputs)
    growth = int(whole["daily_average_change"])
    balance |= {
        "change": ("fen_change", growth),
        "tiered_change": ("count_change", tiered["customers_change"].sum()),
    }
    return Sentence("balance", balance), _moved(report, tiered), _ahead(report, inputs)


def _moved(report: Report, tiered: pd.DataFrame) -> Sentence:
    """Return how many rose and fell, which tier changed most, and the largest part of that change in its direction."""
    movement = report.movement
    up, down = (sum(report.changes.get(code, 0) for code in codes) for codes in (UPWARD, DOWNWARD))
    values: dict[str, tuple[Kind, object]] = {"up": ("count", up), "down": ("count", down)}
    changed = tiered["daily_average_change"].abs().to_numpy("int64")
    if movement is None or not changed.max():
        return Sentence("moved_alone", values)
    most = tiered.iloc[changed.argmax()]
    parts = movement.loc[movement["tier"] == most["tier"], [*PARTS]].iloc[0]
    part = max(PARTS, key=lambda name: parts[name] if most["daily_average_change"] > 0 else -parts[name])
    return Sentence(
        "moved",
        {
            **values,
            "tier": ("tier", most["tier"]),
            "change": ("fen_change", most["daily_average_change"]),
            "part": ("part", part),
            "amount": ("fen_change", parts[part]),
        },
    )


def _ahead(report: Report, inputs: ReportInputs) -> Sentence:
    """Return who will rise and fall if balances stay, and what those lack together who are near the next tier."""
    counts: Mapping[str, int] = {}
    for tier in states_by_tier(report.customers):
        counts = {state: counts.get(state, 0) + number for state, number in tier.items() if state != "tier"}
    near = about_to_rise(report.customers, inputs.run)
    lacking = near.loc[near["state"] == "near_up", DEPOSIT_NOW]
    return Sentence(
        "ahead",
        {
            "last": ("day", str(day_date(inputs.run.horizon.last))),
            "first": ("day", str(day_date(inputs.run.horizon.first))),
            "rising": ("count", counts["rising"]),
            "falling": ("count", counts["falling"]),
            "near": ("count", counts["near_up"]),
            "deposit": ("fen", lacking.sum()),
        },
    )
