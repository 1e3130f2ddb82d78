"""What people should know of a report that was made: who is in no file, what is not counted, which targets mean nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from vip_tiering.base.errors import counted
from vip_tiering.reports.figures.holders import are_held
from vip_tiering.reports.report import Report, ReportInputs


def _notes_on_delivered(inputs: ReportInputs, report: Report) -> Iterator[str]:
    """Yield what people should know of fees and events in the hall."""
    rules, run, delivered = inputs.rules, inputs.run, inputs.delivered
    if strange := [one for one in delivered.branches if one and one not in report.branches]:
        yield f"no customer belongs to {', '.join(strange)}, which the fees or events in the hall name; the measures count them"
    if delivered.fees is not None:
        managers = pd.MultiIndex.from_frame(delivered.fees[["branch", "manager"]]).unique()
        unknown = sum(1 for one in managers if one[1] and one not in report.managers)
        if unknown:
            yield f"managers who earned fees and hold no customer: {unknown}; what they earned stands in the summary alone"
    figures = rules.targets.measures if rules.targets else []
    for group, frame in (("fees", delivered.fees), ("lobby", delivered.lobby)):
        if frame is not None and group not in {one.group for one in figures}:
            yield f"--{group}: no measure in targets.yaml counts it; its own tables hold it alone"
        absent = [one.id for one in figures if one.group == group and frame is None]
        wanted = {one.id for one in (rules.targets.targets if rules.targets else None) or () if one.quarter == str(run.quarter)}
        yield from (
            f"{one}: has a target of {run.quarter}, and no --{group} file was given; it is not counted" for one in absent if one in wanted
        )


def notes_of(inputs: ReportInputs, report: Report, file: str | None) -> list[str]:
    """Return what people should know of a report that was made. `file`: the name of the customer file, None where there is none."""
    run, rules, notes = inputs.run, inputs.rules, []
    left = report.moves[report.moves["change"] == "left"]  # the run has no other row of theirs
    unknown = sum(int((~are_held(one["customer_id"], inputs.holders)).sum()) for one in (report.customers, left))
    if file is not None and unknown:
        what = "is not in it and is unassigned" if unknown == 1 else "are not in it; they are unassigned"
        notes.append(f"{file}: {counted(unknown, 'customer')} of the run {what}")
    if inputs.last_year is not None and (gone := sorted({*inputs.last_year["tier"].unique()} - {*run.labels})):
        notes.append(
            f"{run.quarter.year - 1}Q4: has tiers that {run.quarter} has not: {', '.join(gone)}; no measure of customers counts them"
        )
    notes += _notes_on_delivered(inputs, report)
    if rules.targets is None:
        return [*notes, f"{rules.name}: there is no targets.yaml in this folder; the measures of the branch are left out"]
    left_out = [one for one in rules.targets.measures if one.customers_from is not None and one.customers_from not in run.labels]
    notes += [f"{one.id}: {one.customers_from} is not a tier of the run; the measure is left out" for one in left_out]
    strange = sorted({one.branch for one in rules.targets.targets or () if one.branch} - {*report.branches, *inputs.delivered.branches})
    return [*notes, *(f"targets.yaml: no customer belongs to {branch}, which has a target" for branch in strange)]
