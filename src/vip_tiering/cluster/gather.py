"""The parts of all executors as one: what was posted, as if it had been posted here, and what forbids a run in the words of one process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from vip_tiering._version import __version__
from vip_tiering.base.arrays import Int32s, one_array
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.base.roster import Positions
from vip_tiering.cluster.tasks import BucketReport, FileReport, Work, post_wanted
from vip_tiering.extracts.checks import SeveralDays
from vip_tiering.extracts.days import Order, Reading, Step, read_one_day, reading_of_day
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.rows import Rows
from vip_tiering.tiers.ledger import Ledger, Tables
from vip_tiering.tiers.posting import Arrivals, Posted, post_days
from vip_tiering.tiers.scope import Renaming

_BEFORE: Final = np.iinfo(np.int32).min
_NEVER: Final = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Parts:
    """What the executors gave back: a report of every file, and of every bucket its ledger and its report."""

    files: dict[int, FileReport]
    buckets: list[tuple[Tables, BucketReport]]


def gather(work: Work, extracts: Sequence[Extract], parts: Parts) -> Posted:
    """Return what all buckets posted together.

    `extracts`: as this process knows them. Where a day could not be posted it is posted here, alone and whole, for its problems are
    told of the whole day; what comes after it was not posted, as in one process.
    Raises SeveralDays as reading does, DataError where sums could leave int64, and UsageError for executors of another program.
    """
    _refuse_other_programs(parts.files.values())
    if any(one.several_days for one in parts.files.values()):
        raise SeveralDays
    _refuse_out_of_reach(extracts, parts.files)
    buckets = parts.buckets or [post_wanted(work, lambda _day: _nobody())]
    order = Order.of(extracts, work.wanted)
    steps = list(_steps(extracts, order, parts.files))
    told = min((day for day, reading in steps if reading.problems), default=_NEVER)
    refused = min((one.refused for _, one in buckets if one.refused is not None), default=_NEVER)
    until = min(told, refused)  # from that day on nothing counts
    if until == _NEVER:
        posted = _side_by_side(work, extracts, order, buckets)
    else:
        posted = _arrived(work, extracts, order, buckets, until - (told <= refused))
    read: list[Step] = [(None, reading) for _, reading in steps]
    if refused < told:
        for _, one in buckets:
            if one.refused == refused and one.error is not None:
                raise one.error
        place = next(number for number, (day, _) in enumerate(steps) if day == refused)
        read[place] = read_one_day(extracts, work.wanted, refused)
    post_days(posted, read, len(work.wanted), extracts, work.rules)
    for _, one in buckets:
        for day, rejects in one.rejects.items():
            if day < until:
                posted.reading.rejects.extend(rejects)
    return posted


def _nobody() -> Rows:
    none = np.empty(0, np.int32)
    return Rows(pa.array([], pa.string()), None, None, None, none, np.empty(0, np.int64), none, none)


def _steps(extracts: Sequence[Extract], order: Order, files: dict[int, FileReport]) -> Iterator[tuple[int, Reading]]:
    """Yield what reading gave, in the order of one process: files of several days before all, those without a wanted day at the end."""
    for index in order.several:
        yield _BEFORE, files[index].reading
    of_several = {day for index in order.several for day in files[index].days}
    for day, indices in order.by_day.items():
        readings = (files[index].reading for index in indices)
        yield day, reading_of_day([extracts[index] for index in indices], readings, rows_elsewhere=day in of_several)
    for index in order.outside:
        yield _NEVER, files[index].reading


def _in_order(order: Order, buckets: Sequence[tuple[Tables, BucketReport]]) -> tuple[Positions, tuple[Int32s, Int32s, Int32s]]:
    """Return the customers of all buckets in the order in which one process would have met them, and day, file and row of each.

    On one day the files of that day alone come first. Who stood in no row comes at the end: it is nobody's first place.
    """
    day, file, row = (np.concatenate(column) for column in zip(*(report.arrived for _, report in buckets), strict=True))
    places = np.lexsort((row, file, np.isin(file, order.several), day, file < 0))
    return places, (day[places], file[places], row[places])


def _side_by_side(work: Work, extracts: Sequence[Extract], order: Order, buckets: Sequence[tuple[Tables, BucketReport]]) -> Posted:
    """Return what was posted of all customers, of whom each bucket holds others."""
    places, (_, file, row) = _in_order(order, buckets)
    posted = work.fresh()
    posted.ledger = Ledger.side_by_side([tables for tables, _ in buckets], places)
    for _, report in buckets:
        posted.add(report.posted)
    posted.arrivals = Arrivals([one.name for one in extracts], file, row)
    if work.rules.aliases:
        renamed_rows = sum(report.renamed_rows for _, report in buckets)
        posted.renaming = Renaming(work.rules.aliases, posted.ledger.roster, renamed_rows)
    return posted


def _arrived(work: Work, extracts: Sequence[Extract], order: Order, buckets: Sequence[tuple[Tables, BucketReport]], until: int) -> Posted:
    """Return who came up to a day, with nothing posted: all that counts of a run that is refused."""
    places, (day, file, row) = _in_order(order, buckets)
    came = np.flatnonzero(day <= until)
    ids = pa.concat_arrays([one_array(tables["customers"]["customer_id"]) for tables, _ in buckets])
    posted = work.fresh()
    if len(came):
        posted.ledger.roster.locate(ids.take(pa.array(places[came])))
    posted.arrivals = Arrivals([one.name for one in extracts], file[came], row[came])
    return posted


def _refuse_other_programs(reports: Iterable[FileReport]) -> None:
    """Raise UsageError where executors run another version of this program."""
    others = {one.program for one in reports} - {__version__}
    if others:
        message = f"the workers have vip-tiering {', '.join(sorted(others))}, this is {__version__}; install the same version everywhere"
        raise UsageError(f"--engine spark: {message}")


def _refuse_out_of_reach(extracts: Sequence[Extract], files: Mapping[int, FileReport]) -> None:
    """Raise DataError where workers cannot open files that this machine can: one line for all of them."""
    lost = [
        extracts[index].name
        for index, one in sorted(files.items())
        if any(isinstance(problem, Problem) and problem.rule == "file-unreadable" for problem in one.reading.problems)
        and os.access(extracts[index].path, os.R_OK)
    ]
    if lost:
        more = f"; nor {len(lost) - 1} more" if len(lost) > 1 else ""
        message = f"the workers cannot open it{more}; extracts must lie on every machine of the cluster at the same path, on a shared disk"
        raise DataError([Problem(lost[0], None, None, "file-unreadable", message)])
