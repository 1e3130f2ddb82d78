"""The straight line of a report: run and holders -> rows, tallies, measures -> proofs that it adds up. Frames in, frames out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from vip_tiering.base.errors import ProofError
from vip_tiering.base.money import fen_from_text
from vip_tiering.playbooks.load import AllRules
from vip_tiering.reports.holders import Holders
from vip_tiering.reports.measures import Line, MeasuredValue, MoveTally, Past, lines_of, readings_of, tally_of
from vip_tiering.reports.moves import Moves, codes_of_run, moves_of
from vip_tiering.reports.words import CHANGES
from vip_tiering.tiers.run_files import Proof
from vip_tiering.tiers.run_folder import TieredRun


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report is made from. `before`, `last_year`: `tiers.parquet` of the runs to compare with, where they are at hand.

    `migration`: migration.csv of the run, as text.
    """

    run: TieredRun
    holders: Holders
    rules: AllRules
    migration: pa.Table
    before: pa.Table | None
    last_year: pa.Table | None


@dataclass(frozen=True)
class Report:
    """A report. `owners`: indices of those who have customers in it, in order; `branches` likewise, by name.

    `whole`: lines of all customers; `by_branch` and `by_owner`: lines of each branch and each owner; `changes`: rows by kind.
    """

    moves: Moves
    owners: list[int]
    branches: list[str]
    whole: list[Line]
    by_branch: dict[str, list[Line]]
    by_owner: dict[int, list[Line]]
    readings: list[MeasuredValue]
    changes: dict[str, int]
    proofs: list[Proof]


def report_of(inputs: ReportInputs) -> Report:
    """Return the report of a run. Raises ProofError where it does not add up to what the run says."""
    run, holders, codes = inputs.run, inputs.holders, codes_of_run(inputs.run)
    moves = moves_of(run, holders, inputs.rules.private_tiers)
    now = tally_of(str(run.quarter), run.tiers, holders, codes)
    before = tally_of(str(run.quarter.previous), inputs.before, holders, codes) if inputs.before is not None else None
    last_year = tally_of(f"{run.quarter.year - 1}Q4", inputs.last_year, holders, codes) if inputs.last_year is not None else None
    owners = _owners(moves, holders, now, before)
    branches = list(dict.fromkeys(holders.owners[one][0] for one in owners))
    levels = len(codes)
    of_branch = {branch: [one for one in owners if holders.owners[one][0] == branch] for branch in branches}
    past = Past(now, before, last_year, _whole_before(run))
    whole = lines_of(now, before, slice(None), levels, every=True)
    if before is None and run.compared:
        whole = [_as_the_run_says(line, run) for line in whole]
    report = Report(
        moves=moves,
        owners=owners,
        branches=branches,
        whole=whole,
        by_branch={branch: lines_of(now, before, of_branch[branch], levels) for branch in branches},
        by_owner={one: lines_of(now, before, [one], levels) for one in owners},
        readings=readings_of(past, holders, branches, codes, inputs.rules.targets) if inputs.rules.targets else [],
        changes=_counts(moves),
        proofs=[],
    )
    return replace(report, proofs=_proved(report, inputs, now, before))


def _owners(moves: Moves, holders: Holders, now: MoveTally, before: MoveTally | None) -> list[int]:
    """Return the owners who have customers now or before, or a row."""
    some = now.customers.sum(axis=1) + (before.customers.sum(axis=1) if before else 0)
    some += np.bincount(holders.owner[moves.at], minlength=len(holders.owners))
    return np.flatnonzero(some).tolist()


def _counts(moves: Moves) -> dict[str, int]:
    change = moves.table["change"].to_pylist()
    return {code: change.count(code) for code in CHANGES}


def _whole_before(run: TieredRun) -> tuple[list[int], int] | None:
    """Return customers by level and fen of the sum of averages in the quarter before, as the run says; the sum is rounded by tier."""
    if not run.compared:
        return None
    tiers = _tiers_of(run)
    return [tier["previous_customers"] for tier in tiers], sum(fen_from_text(tier["previous_daily_average_sum"]) for tier in tiers)


def _as_the_run_says(line: Line, run: TieredRun) -> Line:
    """Return a line of all customers with what the run itself says of the quarter before; the sum over tiers is one of rounded sums."""
    tiers = _tiers_of(run) if line.level is None else [_tiers_of(run)[line.level]]
    count = sum(tier["previous_customers"] for tier in tiers)
    fen = sum(fen_from_text(tier["previous_daily_average_sum"]) for tier in tiers)
    return replace(line, previous_customers=count, previous_sum_fen=fen, previous_each_fen=fen // count if count else None)


def _tiers_of(run: TieredRun) -> list[dict[str, Any]]:
    by_code = {tier["code"]: tier for tier in run.manifest["tiers"]}
    return [by_code[code] for code in codes_of_run(run)]


def _proved(report: Report, inputs: ReportInputs, now: MoveTally, before: MoveTally | None) -> list[Proof]:
    """Return the proofs of a report. Raises ProofError where one does not hold."""
    run, migration = inputs.run, inputs.migration
    said = {code: run.manifest["changes"].get(code, 0) for code in CHANGES}
    proofs = [Proof(f"rows {code} = customers {code} of the run", report.changes[code], said[code]) for code in CHANGES]
    sides = [("", now), *([("previous_", before)] if before else [])]
    for key, tally in sides:
        counts, sums = tally.of(slice(None))
        for level, tier in enumerate(_tiers_of(run)):
            proofs.append(Proof(f"{key}customers of {tier['code']} = those of the run", counts[level], tier[f"{key}customers"]))
            whole = fen_from_text(tier[f"{key}daily_average_sum"])
            proofs.append(Proof(f"{key}sum of averages of {tier['code']} in fen = that of the run", sums[level] // tally.days, whole))
    for name, lines in (("branches", report.by_branch), ("managers", report.by_owner)):
        total = sum(line.customers for group in lines.values() for line in group if line.level is None)
        proofs.append(Proof(f"customers of all {name} = customers of the run", total, run.manifest["customers"]))
    held = int(np.isin(inputs.holders.owner[report.moves.at], report.owners).sum())
    proofs.append(Proof("rows of all managers = rows", held, len(report.moves)))
    migrated = sum(int(one) for one in migration["customers"].to_pylist())
    proofs.append(Proof("customers of the migration = sum over changes", migrated, sum(run.manifest["changes"].values())))
    failed = [one for one in proofs if not one.holds]
    if failed:
        raise ProofError([f"proof failed, nothing was published: {one.name}: {one.left} against {one.right}" for one in failed])
    return proofs
