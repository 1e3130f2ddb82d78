"""Monthly averages 月日均: the runs of months that stand beside a run, and what they say of all customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vip_tiering.base.disk import is_unreadable, reading
from vip_tiering.base.errors import DataError
from vip_tiering.base.money import fen_from_text
from vip_tiering.base.quarter import Month, Period, day_date
from vip_tiering.publishing.locks import settle
from vip_tiering.reports.words import MONTHS
from vip_tiering.tiers.published.run_folder import TieredRun, read_month


@dataclass(frozen=True)
class Months:
    """The months of a run's quarter of which a run is at hand.

    `digests`: what the runs say of themselves, by month, that before the quarter too where it was used; `rows`: the columns
    `words.MONTHS`, amounts in fen, the change null where the month before is not at hand.
    """

    digests: dict[str, str]
    rows: pd.DataFrame


def find_months(folder: Path, run: TieredRun) -> tuple[Months, list[str]]:
    """Return what the runs of months beside the run in `folder` say, and warnings: of one that is not intact, which is left out.

    Only months that are over by the last day of the run count, and the one before the quarter for the change of its first.
    """
    wanted = _months_of(run.period)
    found, warnings = {}, []
    for month in (wanted[0].previous, *wanted) if wanted else ():
        place = folder.resolve().parent / str(month)
        settle(place)
        with reading(place.name):
            if not place.is_dir():
                continue
        try:
            found[month] = read_month(place, month)
        except DataError as error:
            if is_unreadable(error):
                raise
            warnings.append(f"{month}: is not an intact run of the month; the monthly averages leave it out")
    sums = {month: fen_from_text(manifest["daily_average_sum"]) for month, manifest in found.items()}
    shown = [month for month in wanted if month in found]
    rows = [(str(month), sums[month], sums[month] - sums[month.previous] if month.previous in sums else None) for month in shown]
    used = {one for month in shown for one in (month.previous, month)} & found.keys()
    digests = {str(month): found[month]["digest"] for month in sorted(used)}
    frame = pd.DataFrame(rows, columns=[*MONTHS], dtype=object).astype({"month": "str", **dict.fromkeys([*MONTHS][1:], "Int64")})
    return Months(digests, frame), [*warnings, *_not_adding_up({month: sums[month] for month in shown}, run)]


def _months_of(period: Period) -> list[Month]:
    """Return the months of a quarter that are over by the last day of a period, in order."""
    first = Month.of(period.quarter.start)
    months = (first, first.following, first.following.following)
    return [month for month in months if month.end <= day_date(period.last)]


def _not_adding_up(sums: dict[Month, int], run: TieredRun) -> list[str]:
    """Return the warning that months which cover the run differ from it: their averages times their days are not its own.

    What rounding down leaves is less than a fen of each average.
    """
    days = {month: Period.of(month).days for month in sums}
    whole = run.period.days
    if sum(days.values()) != whole:
        return []
    difference = sum(sums[month] * days[month] for month in sums) - fen_from_text(run.manifest["daily_average_sum"]) * whole
    if abs(difference) < whole:
        return []
    return [f"{', '.join(map(str, sums))}: do not add up to {run.period}; compute the months again from its extracts, by its rules"]
