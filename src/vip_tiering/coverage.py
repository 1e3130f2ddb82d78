"""Which delivered day stands for which day of the period (semantics, section 2, "Missing days")."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vip_tiering.quarter import Period, day_date


@dataclass(frozen=True)
class Coverage:
    """The days to post, in order, and the days that an earlier one stands for. Days are day numbers.

    `days` may begin with the opening: the newest delivered day before the period, where the first day is missing.
    """

    days: tuple[int, ...]
    filled: tuple[tuple[int, int], ...]
    problems: tuple[str, ...]


def cover(delivered: Collection[int], period: Period, max_carry_days: int, accepted: Collection[int]) -> Coverage:
    """Return what a period of snapshots needs of the days that were delivered.

    A missing day is filled from the newest delivered day before it, at most `max_carry_days` later, and the last day of
    the period must be delivered; both rules are lifted for the `accepted` days.
    """
    first, last = period.first, period.last
    inside = sorted(day for day in delivered if first <= day <= last)
    before = max((day for day in delivered if day < first), default=None)
    problems = []
    if not inside or inside[0] > first:
        if before is None:
            problems.append(_no_opening(inside, period))
            return Coverage(tuple(inside), (), tuple(problems))
        inside.insert(0, before)
    filled = []
    known = set(inside)
    stands = inside[0]
    for day in range(first, last + 1):
        if day in known:
            stands = day
        else:
            filled.append((day, stands))
    too_late = [(day, since) for day, since in filled if day - since > max_carry_days and day not in accepted]
    if last not in known and last not in accepted:
        what = "quarter" if not period.provisional else "period"
        problems.append(f"{what} not complete yet: {day_date(last)}; deliver that day, or accept it with --accept-missing {day_date(last)}")
        too_late = [(day, since) for day, since in too_late if since != filled[-1][1]]
    if too_late:
        problems.append(_beyond_carry(too_late, max_carry_days))
    return Coverage(tuple(inside), tuple(filled), tuple(problems))


def cover_changes(delivered: Collection[int], period: Period, *, opening_zero: bool) -> Coverage:
    """Return what a period of changes needs: every day up to the last; rows before the period are the opening balances."""
    days = sorted(day for day in delivered if day <= period.last)
    problems = []
    if not days:
        problems.append(_no_opening([], period))
    elif days[0] >= period.first and not opening_zero:
        start = day_date(period.first)
        problems.append(
            f"no row is dated before {start}, so the opening balances are unknown; deliver the balances that stood on {start}, "
            "or say --opening zero for a history that begins inside the period"
        )
    return Coverage(tuple(days), (), tuple(problems))


def _no_opening(inside: list[int], period: Period) -> str:
    if not inside:
        return f"no extract holds a day of {period.quarter} ({day_date(period.first)} to {day_date(period.last)}) or before it"
    missing = _spans(list(range(period.first, inside[0])))
    return f"missing at the start of the period: {missing}; deliver these days, or the newest extract dated before {day_date(period.first)}"


def _beyond_carry(days: list[tuple[int, int]], max_carry_days: int) -> str:
    missing = _spans([day for day, _ in days])
    options = " ".join(f"--accept-missing {day_date(day)}" for day, _ in days[:2])
    return (
        f"missing for more than {max_carry_days} days after the last delivered day: {missing}; "
        f"deliver these days, or accept each with {options}{' ...' if len(days) > 2 else ''}"  # noqa: PLR2004
    )


def _spans(days: list[int]) -> str:
    """Return days as text, neighbours joined: `2015-10-01, 2015-10-03 to 2015-10-05`."""
    spans: list[list[int]] = []
    for day in days:
        if spans and spans[-1][1] == day - 1:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return ", ".join(str(day_date(a)) if a == b else f"{day_date(a)} to {day_date(b)}" for a, b in spans)
