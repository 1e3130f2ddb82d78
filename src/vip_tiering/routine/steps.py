"""Each step of a morning: the job of the single command, by the settings. What fails is an outcome, so that the next step has its turn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from vip_tiering.base.disk import writing
from vip_tiering.base.errors import Problem, UsageError, VipError, told
from vip_tiering.base.quarter import Period
from vip_tiering.base.words import Words
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup.for_report import results_between
from vip_tiering.publishing.folders import remove
from vip_tiering.publishing.one_file import write_content
from vip_tiering.reports.changes.export import changes_export
from vip_tiering.reports.overview.job import overview
from vip_tiering.reports.overview.page.page import report_page
from vip_tiering.routine.config import Settings, rules_named
from vip_tiering.routine.due import Due, Step
from vip_tiering.tiers.job import tier_compute
from vip_tiering.tiers.kept.ledgers import Note


@dataclass(frozen=True)
class Outcome:
    """What came of a step. `status`: the exit code; `folder`: what was published; `figures`: what its line tells.

    `ledger`: whether a provisional run went on from the one before it; `rules`: by which rules it was done, None where none were asked.
    """

    step: Step
    of: str
    status: int = 0
    folder: Path | None = None
    figures: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    ledger: Note | None = None
    rules: str | None = None


@dataclass(frozen=True)
class _Done:
    folder: Path | None
    figures: dict[str, int]
    warnings: tuple[str, ...]
    ledger: Note | None = None


def do(due: Due, settings: Settings, today: dt.date, newest: str | None) -> Outcome:
    """Do what is due; `newest`: the name of the newest official run, of which lists are made. Never raises a VipError."""
    try:
        done = _JOBS[due.step](due, settings, today, newest)
    except VipError as error:
        return Outcome(due.step, str(due.of), error.status, problems=lines_of(error.problems))
    rules = rules_named(settings["rules"]) if due.step != "away" else None
    return Outcome(due.step, str(due.of), 0, done.folder, done.figures, done.warnings, ledger=done.ledger, rules=rules)


def lines_of(problems: Iterable[Problem | str]) -> tuple[str, ...]:
    """Return the lines in which people are told of problems."""
    return tuple(map(str, told(problems)[0]))


def _tiers(due: Due, settings: Settings, today: dt.date, _newest: str | None) -> _Done:
    period = due.of
    assert isinstance(period, Period)  # noqa: S101 (what `tiers_due` makes)
    result = tier_compute(
        settings["extracts"],
        str(period.quarter),
        settings["out"],
        today,
        rules=settings["rules"],
        kind=settings["kind"],
        opening_zero=settings["opening"] == "zero",
        as_of=period.as_of,
        max_rejects=settings["max_rejects"],
        max_bytes=settings["max_bytes"],
    )
    changes = result.document["changes"]
    told_changes = {code: changes[code] for code in ("upgraded", "downgraded") if code in changes}
    return _Done(result.folder, {"customers": result.document["customers"], **told_changes}, result.warnings, result.ledger)


def _report(due: Due, settings: Settings, _today: dt.date, _newest: str | None) -> _Done:
    run = settings["out"] / str(due.of)
    _write_page(run, settings)  # before the folder, which tells that the report is there
    result = changes_export(
        run,
        settings["customers"],
        settings["reports"],
        rules=settings["rules"],
        contact_log=settings["contact_log"],
        language=settings["lang"],
        max_bytes=settings["max_bytes"],
    )
    document = result.document
    return _Done(result.folder, {name: document[name] for name in ("branches", "managers")}, result.warnings)


def _write_page(run: Path, settings: Settings) -> None:
    """Write the report of a run on one page beside the folders of reports."""
    counts = partial(results_between, settings["lists"], private_out=settings["private_out"], rules=settings["rules"])
    lists = counts if settings["lists"] is not None and settings["lists"].is_dir() else None
    contents = overview(run, settings["customers"], rules=settings["rules"], lists=lists, max_bytes=settings["max_bytes"])
    page = report_page(contents, Words(settings["lang"]))
    with writing(settings["reports"]):
        settings["reports"].mkdir(parents=True, exist_ok=True)
    write_content(settings["reports"] / f"{run.name}.html", page, replace=True)


def _lists(due: Due, settings: Settings, today: dt.date, newest: str | None) -> _Done:
    if newest is None:
        raise UsageError(f"{due.of}: there is no official run to make lists of")
    result = playbook_export(
        settings["out"] / newest,
        customers=settings["customers"],
        on=today,
        out=settings["lists"],
        rules=settings["rules"],
        events=settings["events"],
        contact_log=settings["contact_log"],
        do_not_contact=settings["do_not_contact"],
        private_out=settings["private_out"],
        max_bytes=settings["max_bytes"],
    )
    contacts = sum(channel["customers"] for channel in result.document["channels"].values())
    return _Done(result.folder, {"contacts": contacts}, result.warnings)


def _away(due: Due, settings: Settings, _today: dt.date, _newest: str | None) -> _Done:
    """Remove a provisional run, and the reports that were made of it."""
    name = str(due.of)
    if settings["reports"] is not None and settings["reports"].is_dir():
        remove(settings["reports"], [name, f"{name}.html"])
    remove(settings["out"], [name])
    return _Done(None, {}, ())


_JOBS: Final[dict[Step, Callable[[Due, Settings, dt.date, str | None], _Done]]] = {
    "tiers": _tiers,
    "report": _report,
    "lists": _lists,
    "away": _away,
}
