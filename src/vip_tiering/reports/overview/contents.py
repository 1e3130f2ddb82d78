"""What a report says, in which order: exact frames that the page, the workbook, the terminal and `--json` show alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import ABSENT, UNTIERED
from vip_tiering.base.words import Pair
from vip_tiering.reports.changes.measure_tables import measure_names
from vip_tiering.reports.figures.movement import PARTS
from vip_tiering.reports.figures.moves import codes_of_run
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.groups import ListsDone, groups_of, lists_of
from vip_tiering.reports.overview.over_time import daily_of, history_of, months_of
from vip_tiering.reports.overview.sources import filled_of, inputs_of, ladder_of, rejects_of
from vip_tiering.reports.overview.spread import bounds_of, concentration_of, need_of
from vip_tiering.reports.overview.summary import measures_of, movers_of, prospects_of, sentences_of, tiers_of
from vip_tiering.reports.overview.tables import Kind, Sentence, Table
from vip_tiering.reports.overview.words import DEPOSIT_ON, TEXTS
from vip_tiering.reports.report import Report, ReportInputs
from vip_tiering.reports.words import DEPOSIT_NOW
from vip_tiering.reports.words import Words as ReportWords
from vip_tiering.tiers.outlook import STATES, states_by_tier


@dataclass(frozen=True)
class Head:
    """What stands above everything.

    `as_of`: the last day of a run inside a quarter, else None; `customers`: with and
    without a tier; `daily_average_sum`: in fen; `made_from`: what a run, its rules and the program say of themselves.
    """

    quarter: str
    status: str
    as_of: str | None
    first_day: str
    last_day: str
    days: int
    customers: int
    tiered: int
    daily_average_sum: int
    previous: str | None
    last_year: str | None
    outlook_last_day: str
    made_from: Mapping[str, str]


@dataclass(frozen=True)
class Contents:
    """A report.

    `names`: what tiers, measures and actions are called, by code; `tables`: in order, by code; `absent`: why a table is
    not among them, or is empty (`words.REASONS`); `warnings`: what people should know of how it was made.
    """

    head: Head
    sentences: tuple[Sentence, ...]
    tables: Mapping[str, Table]
    absent: Mapping[str, str]
    names: Mapping[str, Pair]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Around:
    """What a report says beyond its run.

    `quarters`: manifests of the runs beside it and its own, the oldest first; `daily`: daily.csv
    of the run, as text, where it has one; `has_people`: whether a customer file was given; `wants_lists`: whether a folder of lists
    was; `lists`: what came of them, None where there are none.
    """

    quarters: Sequence[Mapping[str, Any]]
    daily: pa.Table | None
    has_people: bool
    wants_lists: bool = False
    lists: ListsDone | None = None


def contents_of(inputs: ReportInputs, report: Report, around: Around, warnings: Sequence[str] = ()) -> Contents:
    """Return what a report says. `report`: proved against the run."""
    tables = {one.code: one for one in _tables(inputs, report, around)}
    told = {code: one for code, one in tables.items() if len(one)}
    return Contents(
        head=_head(inputs),
        sentences=sentences_of(report, inputs, tables["tiers"]),
        tables=told,
        absent={code: reason for code, reason in _reasons(inputs, around).items() if code not in told},
        names=_names(inputs, around),
        warnings=tuple(warnings),
    )


def _tables(inputs: ReportInputs, report: Report, around: Around) -> Iterator[Table]:
    """Yield every table of which something is known, in the order of a report."""
    run, manifest = inputs.run, inputs.run.manifest
    yield tiers_of(report, inputs)
    yield measures_of(report)
    yield from movers_of(report)
    yield from prospects_of(report, inputs)
    if len(around.quarters) > 1:
        yield history_of(around.quarters)
    yield months_of(inputs.months)
    if around.daily is not None:
        yield daily_of(around.daily, codes_of_run(run))
    if run.compared:
        yield _migration(inputs)
    if report.movement is not None:
        yield _movement(report.movement)
    yield bounds_of(run)
    yield concentration_of(run)
    yield _outlook(report)
    yield need_of(report.customers, run)
    if around.has_people:
        yield from groups_of(report)
    if around.lists is not None:
        yield from lists_of(around.lists)
    yield from (filled_of(manifest), rejects_of(manifest), ladder_of(manifest), inputs_of(manifest))


def _reasons(inputs: ReportInputs, around: Around) -> dict[str, str]:
    """Return for each table that may not be there why it then is not."""
    lists = "no_exports" if around.wants_lists else "no_lists"
    return {
        "measures": "no_targets",
        **dict.fromkeys(("rose", "fell"), "nobody" if inputs.run.compared else "initial"),
        **dict.fromkeys(("near_up", "falling", "need"), "nobody"),
        "history": "one_quarter",
        "daily": "no_daily",
        **dict.fromkeys(("migration", "movement"), "initial"),
        **dict.fromkeys(("branches", "managers"), "no_people"),
        **dict.fromkeys(("contacts", "actions"), lists),
        "filled": "none_filled",
        "rejects": "none_rejected",
    }


def _head(inputs: ReportInputs) -> Head:
    run, manifest = inputs.run, inputs.run.manifest
    untiered = sum(tier["customers"] for tier in manifest["tiers"] if tier["code"] == UNTIERED)
    return Head(
        quarter=str(run.quarter),
        status=manifest["status"],
        as_of=manifest["last_day"] if run.period.provisional else None,
        first_day=manifest["first_day"],
        last_day=manifest["last_day"],
        days=manifest["quarter_days"],
        customers=manifest["customers"],
        tiered=manifest["customers"] - untiered,
        daily_average_sum=fen_from_text(manifest["daily_average_sum"]),
        previous=str(run.quarter.previous) if run.compared else None,
        last_year=f"{run.quarter.year - 1}Q4" if inputs.last_year is not None else None,
        outlook_last_day=str(day_date(run.horizon.last)),
        made_from={
            "run": run.digest,
            "rules": manifest["rules"]["name"],
            "source": manifest["rules"]["source"] or "",
            "program": f"{manifest['program']['name']} {manifest['program']['version']}",
        },
    )


def _migration(inputs: ReportInputs) -> Table:
    """Return every pair of tiers that occurs, with its customers and the sums of their averages."""
    rows = inputs.migration.to_pandas()
    for name in ("daily_average_sum", "previous_daily_average_sum"):
        rows[name] = rows[name].map(fen_from_text)
    kinds: dict[str, Kind] = {"from_tier": "tier", "to_tier": "tier", "customers": "count"}
    kinds |= {"daily_average_sum": "fen", "previous_daily_average_sum": "fen"}
    return Table.of("migration", kinds, rows.astype({"customers": "int64"}))


def _movement(movement: pd.DataFrame) -> Table:
    """Return why each tier's sum of averages changed, all tiers last."""
    kinds: dict[str, Kind] = {"tier": "tier", "before": "fen"}
    kinds |= dict.fromkeys(PARTS, "fen_change")
    kinds |= {"after": "fen"}
    whole = movement.drop(columns="tier").sum().to_frame().T.assign(tier=TOTAL)
    return Table.of("movement", kinds, pd.concat([movement, whole]))


def _outlook(report: Report) -> Table:
    """Return how many customers of each tier are in each state, the highest tier first."""
    kinds: dict[str, Kind] = {"tier": "tier"}
    kinds |= dict.fromkeys(STATES, "count")
    return Table.of("outlook", kinds, pd.DataFrame(states_by_tier(report.customers)).iloc[::-1])


def _deposit_on(day: dt.date) -> Pair:
    """Return what a deposit is called that comes on a day."""
    zh, en = (text.format(month=day.month, day=day.day) for text in DEPOSIT_ON)
    return zh, en


def _names(inputs: ReportInputs, around: Around) -> dict[str, Pair]:
    """Return what tiers, measures, actions and the deposit of a day are called; a tier that the run has not keeps its earlier name."""
    labels = {tier["code"]: tier["label"] for one in around.quarters for tier in one["tiers"]} | inputs.run.labels
    measures = [measure_names(inputs.rules, ReportWords(language, inputs.run.labels)) for language in ("zh", "en")]
    actions = inputs.rules.playbooks.names if inputs.rules.playbooks else {}
    return {
        **{code: (label, code) for code, label in actions.items()},
        **{code: (name, measures[1].get(code, code)) for code, name in measures[0].items()},
        **{code: (label, code.replace("_", " ")) for code, label in labels.items()},
        DEPOSIT_NOW: _deposit_on(day_date(inputs.run.horizon.first)),
        ABSENT: TEXTS["absent"],
        TOTAL: TEXTS["total"],
    }
