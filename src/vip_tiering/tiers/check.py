"""`vip extract check`: what a computation would find in extracts, without computing. Reading and checking are a run's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vip_tiering.base.arrays import share_freed_memory
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.base.quarter import Period, Quarter
from vip_tiering.base.roster import Located, Roster
from vip_tiering.base.schema import ROLES
from vip_tiering.extracts.days import Day, Reading, read_days
from vip_tiering.extracts.extract import Extract, size_in_bytes
from vip_tiering.extracts.find import FoundFile, find
from vip_tiering.extracts.headers import key_roles, shown, tidy_header
from vip_tiering.extracts.look import look, roles_of
from vip_tiering.extracts.rows import Rows
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.load import Rules, load_rules
from vip_tiering.tiers.check_report import FileFacts, Findings, quarter_of_most
from vip_tiering.tiers.plan import Request, days_of_period, reading_threads, refuse_scope, unknown_years, without_copies
from vip_tiering.tiers.posting import collapse

if TYPE_CHECKING:
    from vip_tiering.tiers.posting import Progress


@dataclass(frozen=True)
class CheckOrder:
    """What `vip extract check` was asked to look at."""

    extracts: tuple[str, ...]
    quarter: str | None = None
    rules: Path | None = None
    kind: Kind | None = None
    opening_zero: bool = False
    accept_missing: tuple[dt.date, ...] = ()
    as_of: dt.date | None = None
    max_bytes: str = "4G"


@dataclass(frozen=True)
class CheckResult:
    """The report, and the problems for which a computation would stop."""

    document: dict[str, Any]
    problems: list[Problem | str]


def extract_check(order: CheckOrder, today: dt.date, progress: Progress) -> CheckResult:
    """Read extracts as a computation of the quarter would, and say what is in them and what would stop it."""
    share_freed_memory()
    quarter = Quarter.parse(order.quarter, today) if order.quarter else None
    if order.as_of is not None and order.as_of > today:
        raise UsageError("--as-of: lies in the future")
    rules = load_rules(order.rules)
    with reading_threads(None) as (pool, ahead):
        findings, extracts = _look(order, rules, pool)
        findings.quarter_given = quarter is not None
        if quarter := quarter or quarter_of_most(extracts):
            _look_at_days(findings, extracts, order, rules, quarter, today)
        elif not findings.tally.counts:
            findings.tally.add("no extract holds a day of any quarter; are the dates right?")
        walk = _Walk(findings, rules)
        done = 0
        for members in _alike(extracts):
            walk.begin([extracts[index] for index in members], members)
            for day, reading in read_days(walk.extracts, findings.coverage.days, pool, ahead):
                walk.take(day, reading)
                done += day is not None
                progress(done, len(findings.coverage.days))
        walk.end()
    return CheckResult(findings.document(), findings.tally.lines())


def _look(order: CheckOrder, rules: Rules, pool: Executor) -> tuple[Findings, list[Extract]]:
    """Find and inspect the files; those that cannot be read are problems, the others go on."""
    found, unfound = find(order.extracts)
    extracts, problems = look(found, rules.extracts, pool, size_in_bytes(order.max_bytes))
    extracts.sort(key=lambda one: (one.name, str(one.path)))
    copies: tuple[tuple[int, str], ...] = ()
    try:
        extracts, copies, _ = without_copies(extracts, pool)
    except DataError as error:
        problems += error.problems
    where = {one.path: one for one in found}
    files = [_facts(one, where[one.path], rules) for one in extracts]
    findings = Findings(order.kind or rules.extracts.kind, rules.name, files, [(name, extracts[index].name) for index, name in copies])
    by_name = {one.extract.name: one for one in reversed(files)}
    for problem in (*unfound, *problems):
        _note(findings, problem, by_name)
        if isinstance(problem, Problem) and problem.file not in by_name and problem.file not in findings.unread:
            findings.unread.append(problem.file)
    return findings, extracts


def _facts(extract: Extract, found: FoundFile, rules: Rules) -> FileFacts:
    """Return which columns of a file were recognised and how, and which are ignored."""
    by_folder = key_roles(found.keys, rules.extracts.columns)
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
            columns.append({"role": role, "header": "", "by": "name", "offset_days": rules.extracts.date_offset_days})
    used = set(extract.columns.values())
    ignored = [shown(header, index) for index, header in enumerate(extract.headers) if index not in used]
    return FileFacts(extract, columns, ignored, rows=extract.rows)


def _look_at_days(
    findings: Findings, extracts: Sequence[Extract], order: CheckOrder, rules: Rules, quarter: Quarter, today: dt.date
) -> None:
    """Say which days a computation would use, and which it would miss."""
    rules.ladder(quarter)
    findings.period = Period(quarter, order.as_of)
    request = Request(findings.period, findings.kind, order.opening_zero, order.accept_missing)
    if quarter.start > today:
        findings.tally.add(f"most days belong to {quarter}, which has not begun; are the dates right? name the quarter with --quarter")
    if extracts:
        try:
            refuse_scope(extracts, request, rules)
        except DataError as error:
            for problem in error.problems:
                findings.tally.add(problem)
    findings.coverage = days_of_period(extracts, request, rules)
    if rules.extracts.carry_calendar == "china" and findings.coverage.unknown:
        findings.notes.append(unknown_years(findings.coverage, rules.extracts.max_carry_days))
    for line in findings.coverage.problems:
        findings.tally.add(line)
    wanted = set(findings.coverage.days)
    for one in findings.files:
        if findings.coverage.problems and one.extract.date_rule and wanted.isdisjoint(one.extract.days):
            # Its rows are not read, and the missing day may be among those that could not be understood.
            one.tally.add(one.extract.date_problem)
            findings.tally.add(one.extract.date_problem)


def _alike(extracts: Sequence[Extract]) -> list[list[int]]:
    """Return the indices of files that can be read together: the same columns, and ids of one kind. As a rule, one list."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, one in enumerate(extracts):
        groups.setdefault((roles_of(one), one.integer_roles), []).append(index)
    return list(groups.values())


def _note(findings: Findings, problem: Problem | str, files: Mapping[str, FileFacts]) -> None:
    """Count a problem, for its file too."""
    findings.tally.add(problem)
    if isinstance(problem, Problem) and problem.file in files:
        files[problem.file].tally.add(problem)


@dataclass
class _Walk:
    """Day after day through files that can be read together, as a run walks, into the findings."""

    findings: Findings
    rules: Rules
    roster: Roster = field(default_factory=Roster)
    extracts: list[Extract] = field(default_factory=list)
    files: list[FileFacts] = field(default_factory=list)

    def begin(self, extracts: list[Extract], members: Iterable[int]) -> None:
        """Begin with other files."""
        from vip_tiering.tiers.ledger import Ledger  # noqa: PLC0415 (pandas loads while extracts are inspected)

        period = self.findings.period
        self.extracts, self.files = extracts, [self.findings.files[index] for index in members]
        self._ledger = Ledger(self.findings.kind, period.first if period else 0, period.last if period else 0)
        self._names = [one.name for one in extracts]

    def take(self, day: Day | None, reading: Reading) -> None:
        """Take in a step of reading: post it as a run does, and note what came of each file."""
        from vip_tiering.tiers.posting import Posted, post_days  # noqa: PLC0415

        try:
            posted = post_days(self._ledger, [(day, reading)], 1, self.extracts, self.rules, lambda _done, _all: None)
        except DataError as error:
            posted = Posted(self._ledger, reading, problems=[*reading.problems, *error.problems])
        findings, rejects = self.findings, posted.reading.rejects
        by_name = {one.extract.name: one for one in reversed(self.files)}
        by_name |= {self._names[index]: self.files[index] for index in reading.rows}
        for problem in (*posted.problems, *sorted(rejects.problems)):
            _note(findings, problem, by_name)
        for index, rows in reading.rows.items():
            self.files[index].rows = rows
            self.files[index].encoding = reading.encodings.get(index)
        counts = {"read": sum(reading.rows.values()), "outside": reading.outside, "tidied_ids": reading.tidied_ids}
        findings.rows.update({**counts, "rejected": len(rejects), "duplicates": posted.collapsed})
        findings.rows.update({"excluded": posted.totals.excluded, "superseded": posted.superseded.total()})
        if day is not None:
            findings.rows_by_day[day.day] += len(day.rows) + len(reading.rejects)
            self._look_at_rows(day.rows, posted.collapsed)

    def _look_at_rows(self, rows: Rows, collapsed: int) -> None:
        """Count the customers of each file, and its rows that repeat others."""
        customers = Located(self.roster.locate(rows.customer_id), len(self.roster))
        files = np.unique(rows.file)
        for index in files.tolist():
            one = self.files[index]
            present = (customers if len(files) == 1 else customers.take(rows.file == index)).present
            if len(one.extract.days) > 1:
                present = present.copy()
                present[: len(one.seen)] |= one.seen
                one.seen = present
            one.customers = int(np.count_nonzero(present))
        if collapsed:
            single = collapse(rows, customers, self._names, by_file_name=self.rules.extracts.corrections == "by_file_name")
            dropped = np.ones(len(rows), bool)
            dropped[slice(None) if single.kept is None else single.kept] = False
            dropped[single.superseded] = False
            for index, count in enumerate(np.bincount(rows.file[dropped]).tolist()):
                self.files[index].duplicates += count

    def end(self) -> None:
        """Note what all files gave together."""
        self.findings.customers = len(self.roster)
