"""`vip extract check`: what a computation would find in extracts, without computing. Reading and checking are a run's own."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import Period, Quarter
from vip_tiering.base.roster import Located, Roster
from vip_tiering.base.schema import ROLES
from vip_tiering.extracts.days import Step, read_days
from vip_tiering.extracts.extract import Extract, size_in_bytes
from vip_tiering.extracts.find import FoundFile, find
from vip_tiering.extracts.headers import key_roles, shown, tidy_header
from vip_tiering.extracts.look import look, roles_of
from vip_tiering.extracts.named_days import NAME_DATE
from vip_tiering.extracts.rows import Rows
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.load import Rules, load_rules
from vip_tiering.tiers.checking.check_report import FileFacts, Findings, quarter_of_most
from vip_tiering.tiers.ledger import Ledger
from vip_tiering.tiers.partial_days import Accepted, may_be_empty, part_of
from vip_tiering.tiers.plan import (
    Request,
    days_of_period,
    partial_days,
    reading_threads,
    refuse_future,
    refuse_scope,
    unknown_years,
    without_copies,
)
from vip_tiering.tiers.posting import Arrivals, Posted, Progress, collapse, lost_zeros, post_days


@dataclass(frozen=True)
class CheckResult:
    """The report, and the problems for which a computation would stop."""

    document: dict[str, Any]
    problems: list[Problem | str]


def extract_check(
    extracts: Sequence[str],
    today: dt.date,
    progress: Progress = lambda _done, _all: None,
    *,
    quarter: str | None = None,
    rules: Path | None = None,
    kind: Kind | None = None,
    opening_zero: bool = False,
    accept_missing: Sequence[dt.date] = (),
    accept_partial: Sequence[str] = (),
    as_of: dt.date | None = None,
    max_bytes: str = "4G",
) -> CheckResult:
    """Read extracts as a computation of the quarter would, and say what is in them and what would stop it.

    `quarter`: without one, that to which most of the days belong.
    """
    share_freed_memory()
    wanted = Quarter.parse(quarter, today) if quarter else None
    refuse_future(as_of, today)
    Accepted.of(accept_partial)  # what it refuses, it refuses before anything is read
    loaded = load_rules(rules)
    with reading_threads(None) as (pool, ahead):
        findings, inspected = _look(extracts, kind or loaded.extracts.kind, loaded, pool, size_in_bytes(max_bytes))
        findings.quarter_given = wanted is not None
        request = None
        if wanted := wanted or quarter_of_most(inspected):
            loaded.ladder(wanted)
            request = Request(
                Period(wanted, as_of), findings.kind, opening_zero, tuple(accept_missing), accept_partial=tuple(accept_partial)
            )
            _look_at_days(findings, inspected, request, loaded, today)
        elif not findings.tally.counts:
            findings.tally.add("no extract holds a day of any quarter; are the dates right?")
        roster, arrivals, done = Roster(), Arrivals(), 0
        for members in _alike(inspected):
            group = _Group(findings, [findings.files[index] for index in members], loaded, roster, arrivals)
            for step in read_days(group.extracts, findings.days.to_post, pool, ahead):
                group.take(step)
                done += step[0] is not None
                progress(done, len(findings.days.to_post))
        findings.customers = len(roster)
        if findings.files:
            for problem in lost_zeros(roster.ids, arrivals, loaded, inspected[0].header("customer_id")):
                _note(findings, problem, {one.extract.name: one for one in reversed(findings.files)})
        if request is not None:
            _look_for_partial_days(findings, inspected, request, loaded)
    return CheckResult(findings.document(), findings.tally.lines())


def _look(extracts: Sequence[str], kind: Kind, rules: Rules, pool: Executor, max_bytes: int) -> tuple[Findings, list[Extract]]:
    """Find and inspect the files; those that cannot be read are problems, the others go on."""
    found, unfound = find(extracts)
    inspected, problems = look(found, rules.extracts, pool, max_bytes)
    copies: tuple[tuple[int, str], ...] = ()
    try:
        inspected, copies = without_copies(inspected, pool)
    except DataError as error:
        problems += error.problems
    where = {one.path: one for one in found}
    files = [_facts(one, where[one.path], rules) for one in inspected]
    findings = Findings(kind, rules.name, files, [(name, inspected[index].name) for index, name in copies])
    by_name = {one.extract.name: one for one in reversed(files)}
    for problem in (*unfound, *problems):
        _note(findings, problem, by_name)
        if isinstance(problem, Problem) and problem.file not in by_name and problem.file not in findings.unread:
            findings.unread.append(problem.file)
    return findings, inspected


def _facts(extract: Extract, found: FoundFile, rules: Rules) -> FileFacts:
    """Return which columns of a file were recognised and how, and which are ignored."""
    by_folder = key_roles(found.keys, rules.extracts.columns, found.name)
    columns: list[dict[str, Any]] = []
    for role in ROLES:
        if role in extract.columns:
            index = extract.columns[role]
            header = shown(extract.headers[index], index)
            # A header that was recognised is one of a table or of the rules: its tidied form is nobody's value.
            header = tidy_header(extract.headers[index]) if header == f"column {index + 1}" else header
            columns.append({"role": role, "header": header, "by": "usual" if getattr(rules.extracts.columns, role) is None else "rules"})
        elif role in extract.constants or (role == "date" and role in by_folder):
            columns.append({"role": role, "header": "", "by": "folder"})
        elif role == "date":
            by = "name" if NAME_DATE.search(found.path.name) else "folder"
            columns.append({"role": role, "header": "", "by": by, "offset_days": rules.extracts.date_offset_days})
    used = set(extract.columns.values())
    ignored = [shown(header, index) for index, header in enumerate(extract.headers) if index not in used]
    return FileFacts(extract, columns, ignored, rows=extract.rows)


def _look_at_days(findings: Findings, extracts: Sequence[Extract], request: Request, rules: Rules, today: dt.date) -> None:
    """Say which days a computation would use, and which it would miss."""
    findings.period, quarter = request.period, request.period.quarter
    if quarter.start > today:
        findings.tally.add(f"most days belong to {quarter}, which has not begun; are the dates right? name the quarter with --quarter")
    if extracts:
        try:
            refuse_scope(extracts, request, rules)
        except DataError as error:
            for problem in error.problems:
                findings.tally.add(problem)
    findings.days = days_of_period(extracts, request, rules)
    findings.notes += unknown_years(findings.days, rules)
    for line in findings.days.problems:
        findings.tally.add(line)
    wanted = set(findings.days.to_post)
    for one in findings.files:
        if findings.days.problems and one.extract.date_rule and wanted.isdisjoint(one.extract.days):
            # Its rows are not read, and the missing day may be among those that could not be understood.
            one.tally.add(one.extract.date_problem)
            findings.tally.add(one.extract.date_problem)


def _look_for_partial_days(findings: Findings, extracts: Sequence[Extract], request: Request, rules: Rules) -> None:
    """Say which days a computation would refuse because they came in part; what could not be read of them is told already."""
    parts = [one for one, facts in zip(extracts, findings.files, strict=True) if facts.rows or may_be_empty(one.name)]
    found = partial_days(parts, findings.rows_by_day, findings.days.to_post, request, rules.extracts)
    unread = {part_of(name, alone=alone) for name in findings.unread for alone in (False, True)}
    findings.partial = replace(found, absent_parts=[one for one in found.absent_parts if one.part not in unread])
    for problem in findings.partial.problems():
        findings.tally.add(problem)


def _alike(extracts: Sequence[Extract]) -> list[list[int]]:
    """Return the indices of files that can be read together: the same columns, and ids of one kind. As a rule, one list."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, one in enumerate(extracts):
        groups.setdefault((roles_of(one), one.integer_roles), []).append(index)
    return list(groups.values())


def _without_absent_columns(rules: Rules, extract: Extract) -> Rules:
    """Return the rules by which rows can be judged that have no product or currency: that the column is absent is told already."""
    given = roles_of(extract)
    extracts = rules.extracts if "product" in given else rules.extracts.model_copy(update={"product": None})
    return replace(rules, extracts=extracts, rates=rules.rates if "currency" in given else None)


def _note(findings: Findings, problem: Problem | str, files: Mapping[str, FileFacts]) -> None:
    """Count a problem, for its file too."""
    findings.tally.add(problem)
    if isinstance(problem, Problem) and problem.file in files:
        files[problem.file].tally.add(problem)


class _Group:
    """Files that can be read together, posted into a ledger of their own as a run does; what comes of it goes into the findings."""

    def __init__(self, findings: Findings, files: list[FileFacts], rules: Rules, roster: Roster, arrivals: Arrivals) -> None:
        """Begin with the files as they were inspected. `roster`: the customers of all groups; `arrivals`: where they stood first."""
        period = findings.period
        self.extracts = [one.extract for one in files]
        self._findings, self._files, self._roster = findings, files, roster
        self._rules = _without_absent_columns(rules, self.extracts[0])
        self._arrivals = arrivals
        self._ledger = Ledger(findings.kind, period.first if period else 0, period.last if period else 0)

    def take(self, step: Step) -> None:
        """Take in a step of reading: post it as a run does, and note what came of each file."""
        day, reading = step
        try:
            posted = post_days(Posted(self._ledger), [step], 1, self.extracts, self._rules)
        except DataError as error:
            posted = Posted(self._ledger, reading, problems=[*reading.problems, *error.problems])
        findings, rejects = self._findings, posted.reading.rejects
        by_name = {one.extract.name: one for one in reversed(self._files)}
        by_name |= {self.extracts[index].name: self._files[index] for index in reading.rows}
        for problem in (*posted.problems, *sorted(rejects.problems)):
            _note(findings, problem, by_name)
        for index, rows in reading.rows.items():
            self._files[index].rows = rows
            self._files[index].encoding = reading.encodings.get(index)
        findings.rows.update({**posted.tally, "duplicates": posted.collapsed})
        for one, rows_of_files in posted.rows_by_day.items():
            findings.rows_by_day.setdefault(one, Counter()).update(rows_of_files)
        findings.tidied_ids += reading.tidied_ids
        if day is not None:
            self._look_at_rows(day.rows, posted.collapsed)

    def _look_at_rows(self, rows: Rows, collapsed: int) -> None:
        """Count the customers of each file, and its rows that repeat others."""
        known = len(self._roster)
        customers = Located(self._roster.locate(rows.customer_id), len(self._roster))
        self._arrivals.note(rows, customers, known, [one.name for one in self.extracts])
        files = np.unique(rows.file)
        for index in files.tolist():
            one = self._files[index]
            present = (customers if len(files) == 1 else customers.take(rows.file == index)).present
            if len(one.extract.days) > 1:
                present = present.copy()
                present[: len(one.seen)] |= one.seen
                one.seen = present
            one.customers = int(np.count_nonzero(present))
        if collapsed:
            names = [one.name for one in self.extracts]
            single = collapse(rows, customers, names, by_file_name=self._rules.extracts.corrections == "by_file_name")
            dropped = np.ones(len(rows), bool)
            dropped[slice(None) if single.kept is None else single.kept] = False
            dropped[single.superseded] = False
            for index, count in enumerate(np.bincount(rows.file[dropped]).tolist()):
                self._files[index].duplicates += count
