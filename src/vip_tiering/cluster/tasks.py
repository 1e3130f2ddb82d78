"""What executors do: some read files, each of them whole; others post the days of a bucket of customers. Spark itself is not seen here.

What goes wrong becomes part of what is returned: an exception would be written to Spark's logs, with what it says of a customer.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from vip_tiering._version import __version__
from vip_tiering.base.arrays import Int32s
from vip_tiering.base.errors import DataError
from vip_tiering.cluster.blocks import blocks_of, buckets_of, rows_of, to_bytes
from vip_tiering.extracts.checks import SeveralDays
from vip_tiering.extracts.days import Day, Reading, read_file, rows_of_day
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.rows import Rejects, Rows
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.load import Rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.day_totals import DayTotals
from vip_tiering.tiers.ledger import Ledger, Tables
from vip_tiering.tiers.posting import Arrivals, Posted, post_days

REPORTS: Final = -1
"""In place of a bucket: what reading a file gave beside its rows."""
BLOCKS: Final = "bucket int, file int, content binary"
"""The form of what reading gives, in Spark's words."""
RESULTS: Final = "bucket int, customers binary, accounts binary, report binary"
"""The form of what posting gives."""
_BATCH_BYTES: Final = 256 << 20
_BLOCKS_SCHEMA: Final = pa.schema([("bucket", pa.int32()), ("file", pa.int32()), ("content", pa.binary())])
_RESULTS_SCHEMA: Final = pa.schema([("bucket", pa.int32()), *((name, pa.binary()) for name in ("customers", "accounts", "report"))])


@dataclass(frozen=True)
class Work:
    """What every executor knows of a run. `parts`: the files that each task reads, as indices of extracts; `wanted`: the days to post."""

    extracts: tuple[Extract, ...]
    wanted: tuple[int, ...]
    rules: Rules
    ladder: Ladder
    kind: Kind
    first: int
    last: int
    parts: tuple[tuple[int, ...], ...]
    buckets: int

    def fresh(self) -> Posted:
        """Return a ledger in which nothing was posted."""
        return Posted(Ledger(self.kind, self.first, self.last), day_totals=DayTotals.of(self.ladder))


@dataclass(frozen=True)
class FileReport:
    """What reading one file gave beside its rows. `days`: those of its rows, where it holds several.

    `several_days`: it holds several where one was presumed. `failure`: the name of an exception that is not ours.
    `program`: the version that read it.
    """

    file: int
    reading: Reading = field(default_factory=Reading)
    days: frozenset[int] = frozenset()
    several_days: bool = False
    failure: str = ""
    program: str = __version__


@dataclass(frozen=True)
class BucketReport:
    """What became of the rows of a bucket: `posted`, without its ledger, its reading and its problems.

    `arrived`: day, file and row in which each customer stood first, file -1 for one that stood in none.
    `rejects`: the rows that were rejected, by their day.
    `refused`: the day that could not be posted, at which the bucket ended; `error`: what the ledger said of it, if it was the ledger.
    """

    posted: Posted
    arrived: tuple[Int32s, Int32s, Int32s]
    rejects: dict[int, Rejects]
    renamed_rows: int = 0
    refused: int | None = None
    error: DataError | None = None


@dataclass(frozen=True)
class Failure:
    """A bucket that ended with an exception that is not ours: its name."""

    failure: str


def read_files(work: Work, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read the files of every task whose number stands in `batches`; yield their blocks, and a report of each file (`BLOCKS`)."""
    for batch in batches:
        for part in batch.column(0).to_pylist():
            for file in work.parts[part]:
                yield from _read(work, file)


def _read(work: Work, file: int) -> Iterator[pa.RecordBatch]:
    """Yield the blocks of one file, and the report of it at the end."""
    report, rows = _attempt(work, file)
    pending: list[tuple[int, bytes]] = []
    size = 0
    if rows is not None and len(rows):
        try:
            for bucket, block in blocks_of(rows, buckets_of(rows.customer_id, work.rules.aliases, work.buckets)):
                pending.append((bucket, block))
                size += len(block)
                if size > _BATCH_BYTES:
                    yield _batch(pending, file)
                    pending, size = [], 0
        except Exception as error:  # noqa: BLE001 (told by its name alone)
            report = FileReport(file, failure=type(error).__name__)
    yield _batch([*pending, (REPORTS, pickle.dumps(report))], file)


def _attempt(work: Work, file: int) -> tuple[FileReport, Rows | None]:
    try:
        rows, reading = read_file(work.extracts[file], file, set(work.wanted))
    except SeveralDays:
        return FileReport(file, several_days=True), None
    except Exception as error:  # noqa: BLE001 (likewise)
        return FileReport(file, failure=type(error).__name__), None
    days = np.unique(rows.day).tolist() if rows is not None and len(work.extracts[file].days) > 1 else ()
    return FileReport(file, reading, frozenset(days)), rows


def _batch(blocks: Sequence[tuple[int, bytes]], file: int) -> pa.RecordBatch:
    rows = [(bucket, file, content) for bucket, content in blocks]
    return _table(rows, _BLOCKS_SCHEMA).to_batches()[0]


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    return pa.table([pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)], schema=schema)


def post_bucket(work: Work, key: tuple[pa.Scalar, ...], blocks: pa.Table) -> pa.Table:
    """Return the ledger of a bucket and its report (`RESULTS`); the reports of files go through as they are."""
    bucket = key[0].as_py()
    if bucket == REPORTS:
        reports = blocks["content"].to_pylist()
        return _table([(bucket, None, None, report) for report in reports], _RESULTS_SCHEMA)
    try:
        tables, report = _posted(work, blocks)
        return _table([(bucket, to_bytes(tables["customers"]), to_bytes(tables["accounts"]), pickle.dumps(report))], _RESULTS_SCHEMA)
    except Exception as error:  # noqa: BLE001 (likewise)
        return _table([(bucket, None, None, pickle.dumps(Failure(type(error).__name__)))], _RESULTS_SCHEMA)


def _posted(work: Work, blocks: pa.Table) -> tuple[Tables, BucketReport]:
    """Post the rows of a bucket, which come in the order in which `read_days` gives them; a block is opened when its day comes."""
    several: dict[int, Rows] = {}
    of_day: dict[int, dict[int, pa.Buffer]] = {}
    for file, content in zip(blocks["file"].to_pylist(), chain(*blocks["content"].chunks), strict=True):
        days = work.extracts[file].days
        if len(days) > 1:
            several[file] = rows_of(content.as_buffer(), file, None)
        else:
            of_day.setdefault(days[0], {})[file] = content.as_buffer()
    sorted_parts = [rows for _, rows in sorted(several.items())]
    some = sorted_parts[0] if sorted_parts else next(rows_of(one, 0, 0) for blocks in of_day.values() for one in blocks.values())

    def rows_on(day: int) -> Rows:
        parts = [rows_of(content, file, day) for file, content in sorted(of_day.get(day, {}).items())]
        return Rows.concat([*parts, *rows_of_day(day, sorted_parts)] or [some.take(slice(0, 0))])

    return post_wanted(work, rows_on)


def post_wanted(work: Work, rows_on: Callable[[int], Rows]) -> tuple[Tables, BucketReport]:
    """Post every wanted day, with the rows that there are on it, up to one that cannot be posted."""
    posted, rejects = work.fresh(), {}
    refused = error = None
    begins: list[int] = []  # where the newcomers of each day begin in the roster
    for day in work.wanted:
        begins.append(len(posted.ledger.roster))
        try:
            post_days(posted, [(Day(day, rows_on(day)), Reading())], 1, work.extracts, work.rules)
        except DataError as raised:
            error = raised
        if error or posted.problems:
            refused = day
            break
        rejects[day] = posted.reading.rejects
        posted.reading = Reading()
    tables = posted.ledger.to_tables()
    count = len(posted.ledger.roster)
    came = np.repeat(np.array(work.wanted[: len(begins)], np.int32), np.diff([*begins, count]))
    rows = posted.renaming.rows if posted.renaming else 0
    bare = replace(posted, ledger=work.fresh().ledger, reading=Reading(), problems=[], renaming=None, arrivals=Arrivals())
    return tables, BucketReport(bare, (came, *posted.arrivals.places(count)), rejects, rows, refused, error)
