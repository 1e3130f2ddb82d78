"""The straight line of a run: extracts -> days -> ledger -> averages -> tiers -> changes -> run folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vip_tiering.base.arrays import text_array
from vip_tiering.base.errors import DataError, counted, told
from vip_tiering.base.quarter import Month, Quarter
from vip_tiering.extracts.days import Step, read_days
from vip_tiering.extracts.extract import DEFAULT_MAX_BYTES
from vip_tiering.extracts.rows import Rejects
from vip_tiering.publishing import folders
from vip_tiering.publishing.locks import locked
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.load import Rules, load_rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.changes import Comparison, compare
from vip_tiering.tiers.day_totals import DayTotals
from vip_tiering.tiers.ledger import Ledger
from vip_tiering.tiers.outlook import Horizon, outlook_of
from vip_tiering.tiers.partial_days import may_be_empty
from vip_tiering.tiers.plan import Plan, Request, partial_days, period_of, prepare, presumed_first, reading_threads, rejects_allowed
from vip_tiering.tiers.posting import Posted, Progress, lost_zeros, post_days
from vip_tiering.tiers.published import run_files
from vip_tiering.tiers.published.differences import differing_inputs
from vip_tiering.tiers.retention import judge_overrides, retains, with_retained
from vip_tiering.tiers.scope import rename_previous
from vip_tiering.tiers.tiering import assign_tiers

_SHOWN_PROBLEMS: Final = 20
_NEVER_LIFTED: Final = {"currency", "currency-empty"}
"""Rules of rows that say something of the whole delivery: foreign balances without rates, or of no currency (semantics 2.5)."""


@dataclass(frozen=True)
class Run:
    """A computed run. Of each present customer, sorted by customer_id: `tiers` (`schema.TIERS_PARQUET`), `outlook` (`outlook_of`).

    `days`: the assets day by day (`DayTotals.frame`).
    """

    name: str
    tiers: pd.DataFrame
    comparison: Comparison
    outlook: pd.DataFrame
    days: pd.DataFrame
    rejects: Rejects
    ladder: Ladder
    manifest: dict[str, Any]
    warnings: tuple[str, ...] = ()

    def write(self, out: str | Path, *, replace: bool = False) -> Path:
        """Publish the run as the folder `out/NAME`, whole or not at all, and return that folder.

        The same run again changes nothing. Raises OutputError where another one stands there and `replace` is not set,
        LockedError where another run works on `out`.
        """
        with locked(Path(out)):
            differing = partial(differing_inputs, inputs=self.manifest["inputs"])
            standing = folders.standing(Path(out) / self.name, self.manifest["made_from"], replace=replace, differing=differing)
            return standing or self.publish(Path(out), replace=replace)

    def publish(self, out: Path, *, replace: bool = False, beside: Mapping[Path, Path] | None = None) -> Path:
        """Write the folder `out/NAME` and return it; the caller holds the lock and knows that nothing else stands there.

        `beside`: what was staged and appears with it, as for `folders.publish`.
        """
        writers = run_files.run_writers(self.tiers, self.comparison, self.outlook, self.days, self.rejects, self.ladder)
        return folders.publish(out, self.name, writers, self.manifest, replace=replace, beside=beside)


def compute_tiers(
    extracts: str | Path | Iterable[str | Path],
    quarter: str | Quarter | Month,
    *,
    rules: Rules | None = None,
    previous: str | Path | None = None,
    kind: Kind | None = None,
    opening_zero: bool = False,
    accept_missing: Iterable[dt.date] = (),
    as_of: dt.date | None = None,
    max_rejects: str = "0",
    accept_partial: Iterable[str] = (),
    jobs: int | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> Run:
    """Compute a quarter's tiers from extracts (files, folders, globs) and compare them with the run folder `previous`.

    Of a `Month` the averages are its own, the tiers count for nothing, and nothing is compared.

    `accept_partial`: days such as `2015-12-31`, and parts of days such as `east`, as `--accept-partial` takes them.
    One extract may take `max_bytes` in memory.
    Raises the errors of `base.errors`; nothing is written before `Run.write`.
    """
    rules = rules or load_rules()
    period = period_of(quarter, as_of, today=dt.date.today())  # noqa: DTZ011 (the bank's own day)
    request = Request(period, kind or rules.extracts.kind, opening_zero, tuple(accept_missing), max_rejects, tuple(accept_partial))
    arguments = [extracts] if isinstance(extracts, str | Path) else list(extracts)
    return walk(arguments, request, rules, None if previous is None else Path(previous), jobs=jobs, max_bytes=max_bytes)


def walk(
    arguments: Sequence[str | Path],
    request: Request,
    rules: Rules,
    previous: Path | None = None,
    progress: Progress = lambda _done, _all: None,
    *,
    jobs: int | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    through: Callable[[Plan, Iterable[Step]], Iterable[Step]] = lambda _plan, steps: steps,
) -> Run:
    """Find the extracts and walk the line once; nothing is written. Whoever looks at the days as they go by takes them `through`."""
    with reading_threads(jobs) as (pool, ahead):

        def walked(presume: bool) -> Run:  # noqa: FBT001 (as `presumed_first` calls it)
            plan = prepare(arguments, request, rules, previous, pool, max_bytes, presume=presume)
            return compute(plan, through(plan, read_days(plan.extracts, plan.days.to_post, pool, ahead)), progress)

        return presumed_first(walked)


def compute(plan: Plan, steps: Iterable[Step], progress: Progress = lambda _done, _all: None) -> Run:
    """Walk the line: post the days, then do what follows once every day is posted."""
    return finish(plan, post(plan, steps, progress))


def post(plan: Plan, steps: Iterable[Step], progress: Progress = lambda _done, _all: None, begun: Posted | None = None) -> Posted:
    """Post the days of a plan; what was found wrong is in the result, and nothing is raised for it.

    `begun`: what was posted of its first days; without it every day is posted, into a new ledger.
    """
    period = plan.request.period
    begun = begun or Posted(Ledger(plan.request.kind, period.first, period.last), day_totals=DayTotals.of(plan.ladder))
    return post_days(begun, steps, len(plan.days.to_post) - len(begun.days), plan.extracts, plan.rules, progress)


def finish(plan: Plan, posted: Posted) -> Run:
    """Close the ledger, tier, compare, prove. The ledger is used up. Raises DataError where what was posted forbids a run."""
    period, before = plan.request.period, plan.previous
    for index, _ in plan.copies:  # read and collapsed, without being read again
        posted.collapsed += posted.reading.rows[index]
        posted.copied_rows += posted.reading.rows[index]
    _refuse_problems(plan, posted)
    averages = posted.ledger.close()
    del posted.ledger  # whatever follows takes the room that it had
    tiers = assign_tiers(averages.customers, period.days, plan.ladder)
    previous_tiers = rename_previous(before.frame(), plan.rules.aliases, before.ladder) if before else None
    judged: tuple[str, ...] = ()
    if retains(plan.rules) and period.month is None:  # tiers of a month count for nothing
        judged = judge_overrides(text_array(tiers["customer_id"]), plan.rules, plan.ladder, period.last)
        tiers = with_retained(tiers, previous_tiers, plan.rules, plan.ladder, period.last)
    comparison = compare(tiers, previous_tiers, plan.ladder)
    outlook = outlook_of(tiers, Horizon.after(period), plan.ladder, plan.rules.outlook)
    days = posted.day_totals.frame(period.first, period.last, dict(plan.days.filled), plan.ladder)
    document = run_files.build(plan, posted, averages, tiers, comparison, outlook, days)
    warnings = (*judged, *_warnings(plan, posted))
    return Run(str(period), tiers, comparison, outlook, days, posted.reading.rejects, plan.ladder, document, warnings)


def _refuse_problems(plan: Plan, posted: Posted) -> None:
    """Raise DataError where files or rows forbid a run: the first problems, and how many there are by rule."""
    rejects = posted.reading.rejects
    lifted = plan.request.kind == "snapshot" and _NEVER_LIFTED.isdisjoint(rejects.by_rule())
    allowed = rejects_allowed(plan.request.max_rejects, posted.tally["read"]) if lifted else 0
    ids, header = posted.ledger.roster.ids, plan.extracts[0].header("customer_id")
    problems = [*posted.problems, *lost_zeros(ids, posted.arrivals, plan.rules, header, plan.previous)]
    if len(rejects) > allowed:
        problems += sorted(rejects.problems)
    if not problems:  # they say more, and may be why a day has few rows
        parts = [one for index, one in enumerate(plan.extracts) if posted.reading.rows[index] or may_be_empty(one.name)]
        found = partial_days(parts, posted.rows_by_day, plan.days.to_post, plan.request, plan.rules.extracts)
        problems += found.problems()
    if not problems:
        return
    shown, more = told(problems, _SHOWN_PROBLEMS)
    if more:
        shown.append(f"... and {counted(more, 'more problem')}")
    if len(rejects) > allowed:
        rules = ", ".join(f"{rule} {count}" for rule, count in rejects.by_rule().items())
        mend = "mend the extract, or allow them with --max-rejects" if lifted else "mend the extract; --max-rejects does not lift this"
        shown.append(f"rows rejected: {len(rejects)}, allowed: {allowed} ({rules}); {mend}")
    raise DataError(shown)


def _warnings(plan: Plan, posted: Posted) -> tuple[str, ...]:
    """Return what people should know of a run that succeeded."""
    warnings = list(plan.warnings)
    rejects = posted.reading.rejects
    if len(rejects):
        whose = f"{counted(len(rejects), 'row')} of {counted(len(rejects.customers), 'customer')}"
        what = "was rejected and counts 0 on its day" if len(rejects) == 1 else "were rejected and count 0 on their day"
        warnings.append(f"{whose} {what}; see rejects.csv")
    warnings += _notes_on_files(plan, posted)
    if posted.reading.tidied_ids:
        warnings.append(f"{counted(posted.reading.tidied_ids, 'id')} had blanks, full-width or invisible characters, which were removed")
    return tuple(warnings)


def _notes_on_files(plan: Plan, posted: Posted) -> list[str]:
    """Return what was found out about files and could be a mistake: another format than the name says, another encoding than UTF-8.

    One line for all files of which the same is true, for a bank whose files are all like that has one every day.
    """
    names: dict[str, list[str]] = {}
    for index, extract in enumerate(plan.extracts):
        form = "Parquet" if extract.format == "parquet" else "gzip" if extract.gzipped else "CSV"
        by_name = {".parquet": "Parquet", ".gz": "gzip"}.get(extract.path.suffix.lower(), "CSV")
        if form != by_name:
            names.setdefault(f"named like {by_name}, is {form} by its content, and is read as {form}", []).append(extract.name)
        if posted.reading.encodings.get(index) == "GB18030" and not plan.rules.extracts.encoding:
            names.setdefault(
                "is GB18030, not UTF-8, and is read as GB18030; write encoding: gb18030 in extracts.yaml if it is meant", []
            ).append(extract.name)
    return [
        f"{first}: {note}" + (f"; so {'is' if len(others) == 1 else 'are'} {counted(len(others), 'more file')}" if others else "")
        for note, (first, *others) in sorted(names.items())
    ]
