"""Checked rows, one day after another, read ahead by a few threads.

A file of one day is read when its day comes, so memory does not grow with days. Files of several days are read first,
sorted by day, and handed out day by day.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.money import exact_sum
from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import ROLES
from vip_tiering.base.text import tidy, tidy_column
from vip_tiering.base.threads import in_order
from vip_tiering.extracts.checks import check_days, check_rows
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES, Extract, column_too_large
from vip_tiering.extracts.formats import csv_file, parquet
from vip_tiering.extracts.rows import Broken, RawColumns, Rejects, Rows


@dataclass
class Reading:
    """What reading one or several files gave beside their rows. `rows`, `sha256` and `encodings` go by the extract's index.

    `outside`: rows of days that are not wanted, by their day.
    """

    rows: Counter[int] = field(default_factory=Counter)
    sha256: dict[int, str] = field(default_factory=dict)
    encodings: dict[int, str] = field(default_factory=dict)
    rejects: Rejects = field(default_factory=Rejects)
    problems: list[Problem | str] = field(default_factory=list)
    tidied_ids: int = 0
    outside: Counter[int] = field(default_factory=Counter)

    def add(self, other: Reading) -> None:
        """Add what reading another file gave."""
        self.rows.update(other.rows)
        self.sha256 |= other.sha256
        self.encodings |= other.encodings
        self.rejects.extend(other.rejects)
        self.problems += other.problems
        self.tidied_ids += other.tidied_ids
        self.outside.update(other.outside)


@dataclass(frozen=True)
class Day:
    """The rows of one day, from however many files."""

    day: int
    rows: Rows


Step = tuple[Day | None, Reading]
"""The rows of the next day, and what reading gave; a step without a day only reports: rows outside, problems."""


@dataclass(frozen=True)
class Order:
    """In which order files are read, as indices of extracts: those of several days, those of each wanted day, those of no wanted day."""

    several: tuple[int, ...]
    by_day: dict[int, list[int]]
    outside: list[int]

    @classmethod
    def of(cls, extracts: Sequence[Extract], wanted: Collection[int], known: Collection[int] = ()) -> Order:
        """Return the order for these wanted days. `known`: the indices of extracts that need not be read."""
        unread = {index: one for index, one in enumerate(extracts) if index not in known}
        by_day: dict[int, list[int]] = {}
        for index, one in unread.items():
            if len(one.days) == 1:
                by_day.setdefault(one.days[0], []).append(index)
        outside = [index for day, files in by_day.items() if day not in wanted for index in files]
        outside += [index for index, one in unread.items() if not one.days]
        several = tuple(index for index, one in unread.items() if len(one.days) > 1)
        return cls(several, {day: by_day.get(day, []) for day in wanted}, outside)


def read_days(
    extracts: Sequence[Extract], wanted: Sequence[int], pool: Executor, ahead: int, known: Collection[int] = ()
) -> Iterator[Step]:
    """Return the rows of the wanted days in their order; reading begins with the call, `ahead` days in advance.

    `known`: the indices of extracts that need not be read, for what they hold is known.
    Nothing is raised for bad data, so that the problems of all files come together.
    """
    days, order = set(wanted), Order.of(extracts, set(wanted), known)
    of_several = list(pool.map(lambda index: _read_sorted(extracts[index], index, days), order.several))
    sorted_parts = [part for part, _ in of_several if part is not None]

    def read_day(day: int) -> Step:
        return _read_day(day, [(index, extracts[index]) for index in order.by_day[day]], sorted_parts)

    def count_outside(index: int) -> Step:
        return None, _count_outside(extracts[index], index)

    sorted_steps: list[Step] = [(None, reading) for _, reading in of_several]
    return chain(sorted_steps, in_order(pool, read_day, wanted, ahead), in_order(pool, count_outside, order.outside, ahead))


def read_one_day(extracts: Sequence[Extract], wanted: Collection[int], day: int) -> Step:
    """Return the rows of one of the wanted days, as `read_days` does."""
    order, parts = Order.of(extracts, wanted), []
    for index in order.several:
        part, _ = _read_sorted(extracts[index], index, {day})
        parts += [] if part is None else [part]
    return _read_day(day, [(index, extracts[index]) for index in order.by_day[day]], parts)


def read_file(extract: Extract, file: int, wanted: Collection[int]) -> tuple[Rows | None, Reading]:
    """Return of one file, whichever days it holds, the checked rows of the wanted days, sorted by day, and what reading it gave."""
    if len(extract.days) > 1:
        return _read_sorted(extract, file, wanted)
    if any(day in wanted for day in extract.days):
        return read_rows(extract, file)
    return None, _count_outside(extract, file)


def read_rows(extract: Extract, file: int) -> tuple[Rows | None, Reading]:
    """Return the checked rows of one file (None where the file as a whole is refused) and what reading it gave."""
    reading = Reading()
    try:
        content, reading.sha256[file] = extract.read_bytes()
        if extract.format == "csv":
            raw, reading.rejects, reading.encodings[file] = csv_file.read(extract, content, file, ROLES)
        else:
            raw = parquet.read(extract, content, file, ROLES)
        del content  # the rows take as much
        extract.refuse_other_rows(len(raw) + len(reading.rejects))
        raw = _with_constants(raw)
    except DataError as error:
        reading.problems = [*error.problems]
        return None, reading
    reading.rows[file] = len(raw) + len(reading.rejects)
    try:
        rows, rejects, reading.tidied_ids = check_rows(raw, foreign=extract.foreign)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        if not _holds_bytes_for_text(raw):
            raise
        reading.problems = [*extract.refuse("file-encoding", "a text in this file is not UTF-8; deliver text as UTF-8").problems]
        return None, reading
    reading.rejects.extend(rejects)
    if not len(reading.rejects) and extract.controls:
        try:
            extract.refuse_other_sum(exact_sum(rows.balance_fen))
        except DataError as error:
            reading.problems = [*error.problems]
            return None, reading
    return rows, reading


def _holds_bytes_for_text(raw: RawColumns) -> bool:
    """Return whether a column holds bytes that are not UTF-8; in Parquet they are taken as they come until they are read as text."""
    for column in raw.columns.values():
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            return True
    return False


def _with_constants(raw: RawColumns) -> RawColumns:
    """Return the columns of a file with those that its folders `key=value` give.

    Raises DataError where one is a column too, and differs.
    """
    constants = {}
    for role, value in raw.extract.constants.items():
        if role in raw.columns:
            _refuse_other_values(raw, role, value)
        elif len(raw) * len(value.encode()) > COLUMN_LIMIT_BYTES:
            raise column_too_large(raw.extract.name, role)
        else:
            constants[role] = pa.repeat(pa.scalar(value, pa.string()), len(raw))
    return dataclasses.replace(raw, columns=raw.columns | constants)


def _refuse_other_values(raw: RawColumns, role: str, value: str) -> None:
    """Raise DataError for the first row whose column does not say what the folder says."""
    same = pc.equal(tidy_column(raw.columns[role].cast(pa.string()).fill_null("")), tidy(value))
    first = pc.index(same, False).as_py()
    if first >= 0:
        message = f"column {raw.extract.header(role)} differs from the folder that gives the {role}; keep one of the two"
        raise raw.extract.refuse("key-differs", message, int(raw.row[first]))


def _read_day(day: int, files: list[tuple[int, Extract]], sorted_parts: list[Rows]) -> Step:
    """Return the rows of one day from its own files and from those of several days."""
    of_files = [read_rows(extract, index) for index, extract in files]
    of_several = rows_of_day(day, sorted_parts)
    reading = reading_of_day([extract for _, extract in files], [one for _, one in of_files], rows_elsewhere=bool(of_several))
    parts = [rows for rows, _ in of_files if rows is not None] + of_several
    if not parts and sorted_parts:
        # Every row of the day was rejected: it was delivered all the same, and holds nothing.
        parts = [sorted_parts[0].take(slice(0, 0))]
    if not parts:
        return None, reading
    if len(parts) > 1 and _longest_column_bytes(parts) > COLUMN_LIMIT_BYTES:
        message = "the files of this day hold 2 GiB of text or more in one column; shorten the ids"
        reading.problems.append(Problem(str(day_date(day)), None, None, "file-too-large", message))
        return None, reading
    return Day(day, Rows.concat(parts)), reading


def rows_of_day(day: int, sorted_parts: Iterable[Rows]) -> list[Rows]:
    """Return the rows of one day of each part that has any; the rows of a part are sorted by day."""
    found = [(part, *np.searchsorted(part.day, [day, day + 1])) for part in sorted_parts]
    return [part.take(slice(begin, end)) for part, begin, end in found if end > begin]


def reading_of_day(extracts: Sequence[Extract], readings: Iterable[Reading], *, rows_elsewhere: bool) -> Reading:
    """Return what reading the files of one day gave together; a day of which no file has a row is a problem.

    `rows_elsewhere`: files of several days have rows of it.
    """
    reading = Reading()
    for one in readings:
        reading.add(one)
    if not reading.problems and not reading.rows.total() and not rows_elsewhere:
        reading.problems += [problem for extract in extracts for problem in extract.no_rows().problems]
    return reading


def _longest_column_bytes(parts: list[Rows]) -> int:
    """Return how many bytes the longest column of text holds in all parts together."""
    columns = zip(*((part.customer_id, part.account_id, part.product) for part in parts), strict=True)
    return max(sum(0 if one is None else one.nbytes for one in column) for column in columns)


def _read_sorted(extract: Extract, file: int, wanted: Collection[int]) -> tuple[Rows | None, Reading]:
    """Return the rows of a file of several days that are wanted, sorted by day; the others are counted."""
    rows, reading = read_rows(extract, file)
    if rows is None:
        return None, reading
    inside = np.isin(rows.day, list(wanted))
    if not inside.all():
        days, counts = np.unique(rows.day[~inside], return_counts=True)
        reading.outside.update(dict(zip(days.tolist(), counts.tolist(), strict=True)))
        rows = rows.take(np.flatnonzero(inside))
    if (np.diff(rows.day) < 0).any():
        rows = rows.take(np.argsort(rows.day, kind="stable"))
    return rows, reading


def _count_outside(extract: Extract, file: int) -> Reading:
    """Return the number of rows of a file whose one day is not wanted, or that has none; its rows are not checked."""
    try:
        content, sha256 = extract.read_bytes()
        count = extract.rows
        if count is None:
            raw, wrong, _ = csv_file.read(extract, content, file, ("date" if extract.presumed else "customer_id",))
            count = len(raw) + len(wrong)
            if extract.presumed:
                check_days(raw, Broken(len(raw)))
        extract.refuse_other_rows(count)
    except DataError as error:
        return Reading(problems=[*error.problems])
    return Reading(rows=Counter({file: count}), sha256={file: sha256}, outside=Counter(dict.fromkeys(extract.days, count)))
