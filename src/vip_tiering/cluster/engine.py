"""The job on a cluster: files are read where there is room, rows go to the bucket of their customer, and each bucket is posted."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from vip_tiering.base.errors import VipError
from vip_tiering.cluster.blocks import MOST_BUCKETS, from_bytes
from vip_tiering.cluster.gather import Parts, gather
from vip_tiering.cluster.session import connected, quiet
from vip_tiering.cluster.tasks import BLOCKS, RESULTS, BucketReport, FileReport, Work, post_bucket, read_files
from vip_tiering.extracts.extract import Extract
from vip_tiering.tiers.plan import Plan
from vip_tiering.tiers.posting import Posted, Progress

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_BUCKET_BYTES: Final = 64 << 20
"""Bytes of extracts whose rows make one bucket; an executor holds a bucket, compressed, and opens it day by day."""
_TASK_BYTES: Final = 32 << 20
"""Small files are read together up to so many bytes."""
_TASKS_PER_CORE: Final = 3


@contextmanager
def posting_on(master: str | None) -> Iterator[Callable[[Plan, Progress], Posted]]:
    """Give what posts the days of a plan on the cluster `master`; None: the one that Spark's own settings name.

    The session is made when the first plan is ready, and serves every later one.
    """
    with ExitStack() as stack:
        sessions: list[SparkSession] = []

        def post(plan: Plan, progress: Progress) -> Posted:
            if not sessions:
                sessions.append(stack.enter_context(connected(master)))
            posted = post_on(sessions[0], plan)
            progress(len(plan.days.to_post), len(plan.days.to_post))
            return posted

        yield post


def post_on(session: SparkSession, plan: Plan, buckets: int | None = None) -> Posted:
    """Read and post the days of a plan on a cluster, and return what `tiers.run.post` would. `buckets`: into how many customers are parted.

    Raises the errors of `gather`, VipError for what is not ours.
    """
    work = work_of(plan, session.sparkContext.defaultParallelism, buckets)
    with quiet():
        tasks = session.range(0, len(work.parts), 1, len(work.parts))
        blocks = tasks.mapInArrow(lambda batches: read_files(work, batches), BLOCKS)
        results = blocks.groupBy("bucket").applyInArrow(lambda key, blocks: post_bucket(work, key, blocks), RESULTS).toArrow()
    return gather(work, plan.extracts, parts_of(results))


def work_of(plan: Plan, cores: int, buckets: int | None) -> Work:
    """Return what every executor must know. Paths are whole: an executor works in another folder."""
    size = sum(one.signature[0] for one in plan.extracts)
    period = plan.request.period
    return Work(
        tuple(dataclasses.replace(one, path=one.path.absolute()) for one in plan.extracts),
        plan.days.to_post,
        plan.rules,
        plan.ladder,
        plan.request.kind,
        period.first,
        period.last,
        _parted(plan.extracts, min(_TASK_BYTES, size // (_TASKS_PER_CORE * cores))),
        buckets or min(max(cores, -(-size // _BUCKET_BYTES)), MOST_BUCKETS),
    )


def _parted(extracts: Sequence[Extract], most: int) -> tuple[tuple[int, ...], ...]:
    """Return the files of each task, as indices: neighbours together up to `most` bytes."""
    parts: list[list[int]] = []
    room = 0
    for index, one in enumerate(extracts):
        size = one.signature[0]
        if size > room:
            parts.append([])
            room = most
        parts[-1].append(index)
        room -= size
    return tuple(map(tuple, parts))


def parts_of(results: pa.Table) -> Parts:
    """Return what came back (`RESULTS`). Raises VipError for an exception that is not ours, by its name alone."""
    reports = [pickle.loads(one) for one in results["report"].to_pylist()]  # noqa: S301 (made by ourselves, in the executors)
    failures = {failure for one in reports if (failure := getattr(one, "failure", ""))}
    if failures:
        raise VipError(f"unexpected {', '.join(sorted(failures))} in the cluster; this is a bug, please report it")
    files = {one.file: one for one in reports if isinstance(one, FileReport)}
    ledgers = zip(*(chain(*results[name].chunks) for name in ("customers", "accounts")), reports, strict=True)
    buckets = [
        ({"customers": from_bytes(customers.as_buffer()), "accounts": from_bytes(accounts.as_buffer())}, report)
        for customers, accounts, report in ledgers
        if isinstance(report, BucketReport)
    ]
    return Parts(files, buckets)
