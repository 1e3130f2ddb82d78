"""A run that is ready to be computed: what was asked, what was found, which day stands for which."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from vip_tiering._version import __version__
from vip_tiering.base.errors import DataError, Problem, RulesError, UsageError
from vip_tiering.base.quarter import Month, Period, Quarter, day_date, day_number
from vip_tiering.base.threads import threads
from vip_tiering.extracts.checks import SeveralDays
from vip_tiering.extracts.extract import DEFAULT_MAX_BYTES, Extract
from vip_tiering.extracts.find import locate
from vip_tiering.extracts.look import inspect
from vip_tiering.publishing import manifests
from vip_tiering.rules.calendar import all_alike, working_days
from vip_tiering.rules.extracts import ExtractRules, Kind
from vip_tiering.rules.load import Rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.missing_days import DaysOfPeriod, days_of_changes, fill_missing_days
from vip_tiering.tiers.partial_days import Accepted, PartialDays, RowsByDay, files_by_day, find_partial, part_of
from vip_tiering.tiers.published.run_folder import TieredRun, load_previous

Made = TypeVar("Made")


@dataclass(frozen=True)
class Request:
    """What is asked of a run, beside the extracts: everything that may change its result."""

    period: Period
    kind: Kind
    opening_zero: bool = False
    accept_missing: tuple[dt.date, ...] = ()
    max_rejects: str = "0"
    accept_partial: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        rejects_allowed(self.max_rejects, 0)
        Accepted.of(self.accept_partial)
        outside = [day for day in self.accept_missing if not self.period.first <= day_number(day) <= self.period.last]
        if outside:
            raise UsageError(f"--accept-missing: {outside[0]} is not a day of {self.period}")


def period_of(whole: str | Quarter | Month, as_of: dt.date | None, today: dt.date) -> Period:
    """Return the period that is asked for (semantics 2.7): of a quarter, or of a month.

    Raises UsageError for one that is not over, or that nobody could mean.
    """
    whole = Quarter.parse(whole, today) if isinstance(whole, str) else whole
    refuse_future(as_of, today)
    period = Period.of(whole, as_of)
    period.refuse_unfinished(today)
    return period


def refuse_future(as_of: dt.date | None, today: dt.date) -> None:
    """Refuse to compute as of a day that has not come."""
    if as_of is not None and as_of > today:
        raise UsageError("--as-of: lies in the future")


@dataclass(frozen=True)
class Plan:
    """A run that is ready to be computed: every input is known, and no row was read."""

    request: Request
    rules: Rules
    ladder: Ladder
    extracts: tuple[Extract, ...]
    copies: tuple[tuple[int, str], ...]
    days: DaysOfPeriod
    previous: TieredRun | None
    warnings: tuple[str, ...]

    def inputs(self, sha256: Mapping[int, str]) -> list[dict[str, Any]]:
        """Return of every extract its name, content and days, as the manifest of a run has them."""
        return [
            {
                "name": one.name,
                "sha256": sha256[index],
                "first_day": str(day_date(one.days[0])),
                "last_day": str(day_date(one.days[-1])),
            }
            for index, one in enumerate(self.extracts)
            if one.days  # a part without rows
        ]

    def made_from(self, sha256: Mapping[int, str]) -> dict[str, Any]:
        """Return what gives the run its identity (semantics 6.5), from the SHA-256 of every extract by its index.

        A file without a used day changes nothing and does not count. What its name or its folders say counts where it is used.
        """
        wanted, request = set(self.days.to_post), self.request
        used = [(sha256[index], one) for index, one in enumerate(self.extracts) if wanted.intersection(one.days)]
        by_name = self.rules.extracts.corrections == "by_file_name"
        inputs = sorted(
            [content, str(one.day), *map("=".join, sorted(one.constants.items())), *([one.path.name] if by_name else [])]
            for content, one in used
        )
        return {
            "inputs": manifests.digest({"inputs": inputs}),
            "rules": self.rules.digest(request.period.quarter),
            "options": {
                "period": str(request.period),
                "kind": request.kind,
                "opening": "zero" if request.opening_zero and request.kind == "changes" else None,
                "accept_missing": [str(day_date(day)) for day in self.days.accepted],
                "accept_partial": Accepted.of(request.accept_partial).texts() if request.kind == "snapshot" else [],
                "max_rejects": request.max_rejects,
            },
            "previous": self.previous.digest if self.previous else None,
            "program": __version__,
        }


@contextmanager
def reading_threads(jobs: int | None) -> Iterator[tuple[Executor, int]]:
    """Give a pool of threads that read, and how many days they may be ahead while another is posted: one for each processor."""
    count = jobs or min(len(os.sched_getaffinity(0)), 8)
    with threads(count) as pool:
        yield pool, count


def hashes(extracts: Sequence[Extract], pool: Executor) -> dict[int, str]:
    """Return the SHA-256 of every extract by its index. Raises DataError with the problems of all files."""
    outcomes = list(pool.map(_hash, extracts))
    if problems := [problem for outcome in outcomes if isinstance(outcome, DataError) for problem in outcome.problems]:
        raise DataError(problems)
    return {index: outcome for index, outcome in enumerate(outcomes) if isinstance(outcome, str)}


def _hash(extract: Extract) -> str | DataError:
    try:
        return extract.read_bytes()[1]
    except DataError as error:
        return error


def prepare(
    arguments: Sequence[str | Path],
    request: Request,
    rules: Rules,
    previous: Path | None,
    pool: Executor,
    max_bytes: int = DEFAULT_MAX_BYTES,
    *,
    presume: bool = False,
) -> Plan:
    """Find and inspect the extracts, and say which days stand for which. Raises before any row is read.

    `previous`: the folder of the run to compare with, of the quarter before; a run of a month has none.
    `presume`: the day of a text file is that of its first and last rows, until reading says otherwise (`presumed_first`).
    `max_bytes` is what one extract may take in memory; it changes no result and is not part of the run's identity.
    """
    if previous is not None and request.period.month is not None:
        raise UsageError("--month and --previous exclude each other: a run of a month is compared with nothing")
    compared = load_previous(previous, request.period.quarter) if previous is not None else None
    ladder = rules.ladder(request.period.quarter)
    extracts, copies = without_copies(inspect(locate(arguments), rules.extracts, pool, max_bytes, presume=presume), pool)
    refuse_scope(extracts, request, rules)
    days = days_of_period(extracts, request, rules)
    if days.problems:
        # A day may be missing because its dates could not be read: that is said first.
        raise DataError([*(one.date_problem for one in extracts if one.date_rule), *days.problems])
    warnings = [f"{name} is a byte-identical copy of {extracts[index].name}; it is counted once" for index, name in copies]
    warnings += [*unknown_years(days, rules), *_accepted_in_vain(extracts, request)]
    return Plan(request, rules, ladder, tuple(extracts), copies, days, compared, tuple(warnings))


def presumed_first(attempt: Callable[[bool], Made]) -> Made:
    """Return what an attempt makes that prepares with `presume`; where a file holds several days all the same, without it."""
    try:
        return attempt(True)
    except SeveralDays:
        return attempt(False)


def refuse_scope(extracts: Sequence[Extract], request: Request, rules: Rules) -> None:
    """Refuse scope rules that the extracts, or their kind, cannot serve. All files of a run have the same columns."""
    if rules.rates is not None and request.kind == "changes":
        raise RulesError(f"{rules.name}/extracts.yaml: currency: cannot be used with kind changes, where a balance has no day's rate")
    wanted = {"currency": rules.rates, "product": rules.extracts.product}
    first = extracts[0]
    missing = [role for role, rule in wanted.items() if rule is not None and role not in first.columns and role not in first.constants]
    if missing:
        message = "the rules say what counts of each {0}, and no column gives the {0}; name it under columns in rules/extracts.yaml"
        raise DataError([Problem(first.name, None, None, "scope-column", message.format(role)) for role in missing])


def _accepted_in_vain(extracts: Sequence[Extract], request: Request) -> list[str]:
    """Return a warning for each day that is accepted as missing and was delivered: it counts as it came, and perhaps another was meant."""
    delivered = {day for extract in extracts for day in extract.days} if request.kind == "snapshot" else set()
    days = sorted({day for day in request.accept_missing if day_number(day) in delivered})
    return [f"--accept-missing {day}: this day was delivered, and counts as it came; was another day meant?" for day in days]


def unknown_years(days: DaysOfPeriod, rules: Rules) -> list[str]:
    """Return the warning that no calendar knows the working days of some filled days; none where the rules need no calendar."""
    years = sorted({day_date(day).year for day in days.unknown})
    if rules.extracts.carry_calendar != "china" or not years:
        return []
    most = f"there at most {rules.extracts.max_carry_days} missing days are filled, whichever they are"
    return [f"carry_calendar: the working days of {', '.join(map(str, years))} are not announced yet; {most}"]


def days_of_period(extracts: Sequence[Extract], request: Request, rules: Rules) -> DaysOfPeriod:
    """Say which delivered day stands for which day of the period."""
    delivered = {day for extract in extracts for day in extract.days}
    if request.kind == "changes":
        return days_of_changes(delivered, request.period, opening_zero=request.opening_zero)
    accepted = {day_number(day) for day in request.accept_missing}
    is_working = working_days(rules.calendar) if rules.extracts.carry_calendar == "china" else all_alike
    return fill_missing_days(delivered, request.period, rules.extracts.max_carry_days, accepted, is_working)


def partial_days(extracts: Iterable[Extract], rows: RowsByDay, used: Collection[int], request: Request, rules: ExtractRules) -> PartialDays:
    """Return the used days that were delivered in part; `changes` has none, for there a day's rows are not the whole picture."""
    if request.kind == "changes" or rules.partial_below is None:
        return PartialDays()
    accepted = Accepted.of(request.accept_partial)
    return find_partial(files_by_day(extracts), rows, used, request.period, rules.partial_below, accepted)


def without_copies(extracts: Sequence[Extract], pool: Executor) -> tuple[list[Extract], tuple[tuple[int, str], ...]]:
    """Return the extracts without byte-identical copies of the same days, and the copies (index of the original, name).

    Only files that might be copies, of one size and for the same days, are hashed here. The original is the one whose part, its name
    without dates, comes most often, or the first: a copy that is named anew would be taken for a part that is absent on all other days.
    """
    alike = [(extract.signature[0], extract.days, tuple(sorted(extract.constants.items()))) for extract in extracts]
    repeated = {key for key, count in Counter(alike).items() if count > 1}
    suspects = [index for index, key in enumerate(alike) if key in repeated]
    sha256 = hashes([extracts[index] for index in suspects], pool)
    content = {index: sha256[number] for number, index in enumerate(suspects)}
    same: dict[tuple[object, ...], list[int]] = {}
    for index in suspects:
        same.setdefault((content[index], *alike[index]), []).append(index)
    came = Counter(part_of(one.name) for one in extracts) if suspects else Counter[str]()
    original_of: dict[int, int] = {}
    for group in same.values():
        original = max(group, key=lambda index: came[part_of(extracts[index].name)])
        original_of.update((copy, original) for copy in group if copy != original)
    place = {index: number for number, index in enumerate(index for index in range(len(extracts)) if index not in original_of)}
    kept = [extracts[index] for index in place]
    for copy, original in original_of.items():  # what lies beside the copy is verified too, with the rows of the original
        one = kept[place[original]]
        kept[place[original]] = dataclasses.replace(one, controls=one.controls + extracts[copy].controls)
    return kept, tuple((place[original], extracts[copy].name) for copy, original in sorted(original_of.items()))


def rejects_allowed(limit: str, rows: int) -> int:
    """Return how many of `rows` rows may be rejected (semantics 2.5), by a limit such as `12` or `0.1%`; another is a UsageError.

    One must be left: where every row is wrong, something else is, and a run would say that the bank has no customers.
    """
    match = re.fullmatch(r"([0-9]+)|([0-9]+(?:\.[0-9]+)?)%", limit)
    if match is None or (match[2] and Fraction(match[2]) > 100):  # noqa: PLR2004 (percent)
        raise UsageError("--max-rejects: must be a number of rows such as 12, or a share of the rows such as 0.1%")
    allowed = int(match[1]) if match[1] else int(Fraction(match[2]) * rows / 100)
    return max(min(allowed, rows - 1), 0)
