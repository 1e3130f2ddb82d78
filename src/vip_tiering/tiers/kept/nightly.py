"""A provisional run that goes on from the ledger of the one before it, and keeps its own for the next."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

from vip_tiering.base.disk import reading, stands
from vip_tiering.extracts.days import read_days
from vip_tiering.tiers.kept import KEPT
from vip_tiering.tiers.kept.ledgers import Note, TakenUp, keep, take_up
from vip_tiering.tiers.plan import Plan
from vip_tiering.tiers.posting import Progress
from vip_tiering.tiers.run import Run, finish, post


def go_on(
    out: Path, plan: Plan, pool: Executor, ahead: int, progress: Progress, *, started_ns: int, from_start: bool
) -> tuple[Run, Note | None, dict[Path, Path]]:
    """Compute a run from the ledger that was kept in `out`; the caller holds the lock.

    Return the run, whether it could go on from a ledger, and its own, staged, with the place that it takes when the run is published.
    Without one, with one that is not fit, and `from_start`, every day is posted. `started_ns`: when the command began.
    Raises the errors of `base.errors`.
    """
    folder = out / KEPT / str(plan.request.period.quarter)
    with reading(folder):
        there = stands(folder)
    taken = take_up(folder, plan, pool) if there and not from_start else TakenUp()
    left = plan.days.to_post[len(taken.posted.days) if taken.posted else 0 :]
    posted = post(plan, read_days(plan.extracts, left, pool, ahead, taken.known), progress, taken.posted)
    staged = None if posted.problems else keep(out, plan, posted, started_ns)
    return finish(plan, posted), taken.note, {} if staged is None else {staged: folder}
