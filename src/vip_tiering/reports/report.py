"""The straight line of a report: run and holders -> rows, tallies, measures -> proofs that it adds up. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd
import pyarrow as pa

from vip_tiering.base.money import fen_from_text
from vip_tiering.playbooks.load import AllRules
from vip_tiering.reports.figures.coverage import with_products
from vip_tiering.reports.figures.delivered import Delivered
from vip_tiering.reports.figures.holders import are_held
from vip_tiering.reports.figures.measures import Sides, measures_of
from vip_tiering.reports.figures.movement import movement_of
from vip_tiering.reports.figures.moves import codes_of_run, moves_of
from vip_tiering.reports.figures.prospects import customers_of
from vip_tiering.reports.figures.tallies import BRANCH, MANAGER, TOTAL, lines_of, said_before, tally_of
from vip_tiering.reports.words import CHANGES, MONTHS
from vip_tiering.tiers.published.run_files import Proof, refuse_contradiction
from vip_tiering.tiers.published.run_folder import TieredRun


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report is made from. `before`, `last_year`: `tiers.parquet` of the runs to compare with, where they are at hand.

    `holders`: as `parse_holders` returns them; `migration`: migration.csv of the run, as text; `last_contact`: the newest day of a
    contact by customer, as text, where a log is given; `bounds_before`: by which `before` tiered, in fen by code; `months`: the averages
    of months, see `Months.rows`; `delivered`: fees and events in the hall; `corrected`: where the run of the quarter before was
    replaced since, the one in its place, by `bounds_before`.
    """

    run: TieredRun
    holders: pd.DataFrame
    rules: AllRules
    migration: pa.Table
    before: pd.DataFrame | None
    last_year: pd.DataFrame | None
    last_contact: pd.Series | None = None
    bounds_before: Mapping[str, int] = field(default_factory=dict)
    months: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*MONTHS]))
    delivered: Delivered = field(default_factory=Delivered)
    corrected: pd.DataFrame | None = None


@dataclass(frozen=True)
class Report:
    """A report, as frames.

    `moves`: who moved, see `moves_of`; `customers`: everybody, see `customers_of`; `whole`, `by_branch`, `by_manager`: lines by tier,
    see `lines_of`; `branches` and `managers`: those who have customers in it, in order, managers as pairs of branch and manager;
    `movement`: see `movement_of`, None where nothing was compared; `measures`: see `measures_of`; `changes`: rows by kind; `coverage`:
    of products, see `with_products`, None where the customer file does not say who holds what.
    """

    moves: pd.DataFrame
    customers: pd.DataFrame
    whole: pd.DataFrame
    by_branch: pd.DataFrame
    by_manager: pd.DataFrame
    branches: list[str]
    managers: list[tuple[str, str]]
    movement: pd.DataFrame | None
    measures: pd.DataFrame
    coverage: pd.DataFrame | None
    changes: dict[str, int]
    proofs: list[Proof]


def report_of(inputs: ReportInputs) -> Report:
    """Return the report of a run. Raises ProofError where it does not add up to what the run says."""
    run, holders, codes = inputs.run, inputs.holders, codes_of_run(inputs.run)
    moves = moves_of(run, holders, inputs.rules.private_tiers)
    now = tally_of(run.tiers.to_pandas(), holders, codes)
    before = tally_of(inputs.before, holders, codes) if inputs.before is not None else None
    last_year = tally_of(inputs.last_year, holders, codes) if inputs.last_year is not None else None
    whole_before = before or (said_before(run) if run.compared else None)
    movers = moves[[*MANAGER]].drop_duplicates().assign(customers=0, fen_days=0)  # all the customers of a manager may have left
    held = replace(now, rows=pd.concat([now.rows, movers]))
    by_branch, by_manager = lines_of(run, held, before, BRANCH), lines_of(run, held, before, MANAGER)
    branches = by_branch["branch"].unique().tolist()
    books = inputs.rules.playbooks
    customers = customers_of(run, holders, inputs.last_contact)
    in_file = pd.Series(are_held(customers["customer_id"], holders))
    customers, coverage = with_products(customers, in_file, books.products if books else {}, books.taught if books else [])
    sides = Sides(now, before, last_year, whole_before)
    report = Report(
        moves=moves,
        customers=customers,
        whole=lines_of(run, now, whole_before),
        by_branch=by_branch,
        by_manager=by_manager,
        branches=branches,
        managers=list(by_manager[[*MANAGER]].drop_duplicates().itertuples(index=False, name=None)),
        movement=_movement(inputs) if run.compared else None,
        measures=measures_of(sides, run.quarter, branches, codes, inputs.rules.targets, inputs.delivered),
        coverage=coverage,
        changes={code: int((moves["change"] == code).sum()) for code in CHANGES if code in run.manifest["changes"]},
        proofs=[],
    )
    return replace(report, proofs=_proved(report, inputs))


def _movement(inputs: ReportInputs) -> pd.DataFrame:
    corrected = inputs.corrected is not None
    before = inputs.corrected if corrected else inputs.before
    return movement_of(inputs.run, inputs.migration.to_pandas(), before, inputs.bounds_before, corrected=corrected)


def _proofs_of_measures(measures: pd.DataFrame) -> Iterator[Proof]:
    """Yield for each figure that the branch delivers that its branches add up to the whole."""
    delivered = measures[measures["group"].isin(["fees", "lobby"]) & measures["value"].notna()]
    for name, rows in delivered.groupby("measure"):
        whole = rows["branch"].isna()
        yield Proof(f"{name} of all branches = {name}", int(rows["value"][~whole].sum()), int(rows["value"][whole].sum()))


def _proved(report: Report, inputs: ReportInputs) -> list[Proof]:
    """Return the proofs of a report. Raises ProofError where one does not hold."""
    run = inputs.run
    said = run.manifest["changes"]
    proofs = [Proof(f"rows {code} = customers {code} of the run", count, said[code]) for code, count in report.changes.items()]
    lines, tiers = report.whole.set_index("tier").to_dict("index"), {tier["code"]: tier for tier in run.manifest["tiers"]}
    for side in ("", "previous_") if inputs.before is not None else ("",):
        for code in codes_of_run(run):
            customers, fen = (int(lines[code][f"{side}{name}"]) for name in ("customers", "daily_average_sum"))
            proofs.append(Proof(f"{side}customers of {code} = those of the run", customers, tiers[code][f"{side}customers"]))
            whole = fen_from_text(tiers[code][f"{side}daily_average_sum"])
            proofs.append(Proof(f"{side}sum of averages of {code} in fen = that of the run", fen, whole))
    for name, by in (("branches", report.by_branch), ("managers", report.by_manager)):
        total = int(by["customers"][by["tier"] == TOTAL].sum())
        proofs.append(Proof(f"customers of all {name} = customers of the run", total, run.manifest["customers"]))
    proofs.append(Proof("customers of all managers' files = customers of the run", len(report.customers), run.manifest["customers"]))
    held = len(report.moves.merge(pd.DataFrame(report.managers, columns=[*MANAGER]), on=[*MANAGER]))
    proofs.append(Proof("rows of all managers = rows", held, len(report.moves)))
    proofs += _proofs_of_measures(report.measures)
    migrated = sum(int(one) for one in inputs.migration["customers"].to_pylist())
    proofs.append(Proof("customers of the migration = sum over changes", migrated, sum(run.manifest["changes"].values())))
    refuse_contradiction(proofs)
    return proofs
