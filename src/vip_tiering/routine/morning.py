"""`vip run` and `vip due`: look at what stands, decide what is due, do it. A second start finds nothing left to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.extracts.find import locate
from vip_tiering.extracts.look import inspect
from vip_tiering.publishing import manifests
from vip_tiering.routine.config import Settings
from vip_tiering.routine.due import Due, Standing, away_due, days_lacking, lists_due, newest_official, reports_due, tiers_due
from vip_tiering.routine.steps import Outcome, do
from vip_tiering.rules.calendar import working_days
from vip_tiering.rules.load import Rules, load_rules
from vip_tiering.tiers.missing_days import some_spans
from vip_tiering.tiers.plan import reading_threads

_FEW_DAYS: Final = 3
"""Up to so many days are named one by one."""


def due_on(settings: Settings, today: dt.date) -> tuple[list[Due], list[dt.date]]:
    """Return what is due on a day, in the order in which it is done, and the working days whose extracts have not come.

    Nothing is written. Raises the errors of `base.errors` where rules, extracts or folders cannot be read.
    """
    rules = load_rules(settings["rules"])
    is_working = working_days(rules.calendar)
    standing = _standing(settings, today, _delivered(settings, rules))
    tiers = tiers_due(standing)
    afterwards = replace(standing, runs={*standing.runs, *(str(one.of) for one in tiers)})
    due = [*tiers, *reports_due(afterwards), *lists_due(afterwards, is_working), *away_due(afterwards)]
    return due, days_lacking(standing, is_working) if _expects_every_day(settings, rules) else []


def run_morning(settings: Settings, today: dt.date) -> Iterator[Outcome]:
    """Do what is due, and yield what came of each step; a run that fails holds up those after it, and no other step.

    The last outcome says which extracts have not come, where working days lack theirs: exit code 4.
    """
    share_freed_memory()
    rules = load_rules(settings["rules"])
    is_working, delivered = working_days(rules.calendar), _delivered(settings, rules)
    standing = _standing(settings, today, delivered)
    for due in tiers_due(standing):
        outcome = do(due, settings, today, None)
        yield outcome
        if outcome.status:
            break
    standing = _standing(settings, today, delivered)  # with what was made just now
    newest = newest_official(standing.runs)
    for due in [*reports_due(standing), *lists_due(standing, is_working), *away_due(standing)]:
        yield do(due, settings, today, str(newest) if newest else None)
    if _expects_every_day(settings, rules) and (lacking := days_lacking(standing, is_working)):
        few = len(lacking) <= _FEW_DAYS
        days = ", ".join(map(str, lacking)) if few else f"{len(lacking):,} working days ({some_spans(lacking)})"
        line = f"not complete yet: no extract of {days} has come; run again when it is there"
        yield Outcome("tiers", str(lacking[-1]), DataError.status, problems=(line,))


def _expects_every_day(settings: Settings, rules: Rules) -> bool:
    """Tell whether a working day without an extract is a day that lacks: with `changes` a day may have none."""
    return (settings["kind"] or rules.extracts.kind) == "snapshot"


def _delivered(settings: Settings, rules: Rules) -> set[int]:
    """Return the days of the extracts, as day numbers; each file is looked into, none is read."""
    with reading_threads(None) as (pool, _):
        extracts = inspect(locate(settings["extracts"]), rules.extracts, pool, size_in_bytes(settings["max_bytes"]), presume=True)
    return {day for extract in extracts for day in extract.days}


def _standing(settings: Settings, today: dt.date, delivered: set[int]) -> Standing:
    """Return what stands on a morning."""
    wants_reports = settings["reports"] is not None and settings["customers"] is not None
    wants_lists = settings["lists"] is not None and settings["customers"] is not None
    return Standing(
        today,
        delivered,
        _published(settings["out"]),
        _published(settings["reports"]) if wants_reports else (),
        _published(settings["lists"]) if wants_lists else (),
        wants_reports,
        wants_lists,
        settings["opening"] == "zero",
        settings["keep_provisional"],
    )


def _published(folder: Path) -> list[str]:
    """Return the names of what was published in a folder; none where there is no folder yet."""
    with reading(folder.name):
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        return [one.name for one in entries if not one.name.startswith(".") and manifests.is_manifest(manifests.read_document(one))]
