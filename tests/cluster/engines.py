"""The command by each engine, in this process: what it publishes, what it says, how it ends."""

from __future__ import annotations

import contextlib
import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pyarrow as pa

from vip_tiering.base.errors import VipError, told
from vip_tiering.cli.main import app
from vip_tiering.cluster.engine import parts_of, work_of
from vip_tiering.cluster.gather import gather
from vip_tiering.cluster.tasks import post_bucket, read_files
from vip_tiering.tiers.plan import Plan
from vip_tiering.tiers.posting import Posted, Progress

Posting = Callable[[Plan, Progress], Posted]


@dataclass(frozen=True)
class Outcome:
    """How the command ended, its lines on stderr, and every file of its run folder by path."""

    status: int
    lines: tuple[str, ...]
    files: dict[str, bytes]


def in_parts(buckets: int) -> Posting:
    """Return an engine that does what a cluster does, but in this process: the same tasks on the same blocks, one after the other."""

    def post(plan: Plan, _progress: Progress) -> Posted:
        work = pickle.loads(pickle.dumps(work_of(plan, 2, buckets)))  # noqa: S301 (as it travels)
        tasks = pa.record_batch({"id": pa.array(range(len(work.parts)), pa.int64())})
        blocks = pa.Table.from_batches(read_files(work, iter([tasks])))
        by_bucket = {bucket: blocks.filter(pa.compute.equal(blocks["bucket"], bucket)) for bucket in blocks["bucket"].unique()}
        return gather(work, plan.extracts, parts_of(pa.concat_tables(post_bucket(work, (key,), one) for key, one in by_bucket.items())))

    return post


def outcome(folder: Path, arguments: Sequence[str], out: str, engine: Posting | None = None, *, options: Sequence[str] = ()) -> Outcome:
    """Run `vip tier compute` in `folder` with its results in `out`. `engine`: posts the days; else as the `options` say."""
    said, status = io.StringIO(), 0
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said), _posted_by(engine):
        try:
            app(["tier", "compute", *arguments, "--out", out, *options], standalone_mode=False)
        except VipError as error:
            said.write("".join(f"vip: {line}\n" for line in told(error.problems)[0]))
            status = error.status
    target = folder / out
    published = (path for path in target.glob("[!.]*/**/*") if path.is_file())
    files = {path.relative_to(target).as_posix(): path.read_bytes() for path in published}
    return Outcome(status, tuple(said.getvalue().splitlines()), files)


@contextlib.contextmanager
def _posted_by(engine: Posting | None) -> Iterator[None]:
    if engine is None:
        yield
        return
    with mock.patch("vip_tiering.cli.tiers._posting", return_value=contextlib.nullcontext(engine)):
        yield
