"""Small banks of every kind, posted in parts and as a whole."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cluster.engines import in_parts
from tests.helpers import Row, examples, rules_with, write_csv
from tests.tiers.test_oracle import World, worlds
from vip_tiering import DataError
from vip_tiering.base.quarter import Period, Quarter
from vip_tiering.extracts.days import read_days
from vip_tiering.tiers.plan import Plan, Request, prepare, presumed_first, reading_threads
from vip_tiering.tiers.posting import Posted
from vip_tiering.tiers.run import Run, finish, post

Rules = Any


def run_of(world: World, files: list[Path], rules: Rules, posted_by: Callable[[Plan], Posted] | None) -> list[object]:
    """Return what a run holds, or the lines that refuse it; `posted_by`: None for the engine of one process."""
    period = Period.of(Quarter.parse(world.quarter, world.last), world.as_of)
    request = Request(period, world.kind, world.opening_zero, tuple(world.accepted), "5")
    with reading_threads(1) as (pool, ahead):

        def attempt(presume: bool) -> Run:  # noqa: FBT001 (as `presumed_first` calls it)
            plan = prepare(files, request, rules, None, pool, presume=presume)
            return finish(plan, posted_by(plan) if posted_by else post(plan, read_days(plan.extracts, plan.days.to_post, pool, ahead)))

        try:
            run = presumed_first(attempt)
        except DataError as error:
            return [str(error)]
    frames = [frame.to_csv() for frame in (run.tiers, run.comparison.changed, run.comparison.migration, run.outlook, run.days)]
    return [run.manifest, frames, sorted(run.rejects.problems), run.warnings]


def delivered(world: World, folder: Path, dice: random.Random) -> list[Path]:
    """Write the rows into files of one day and of several, in any order; now and then one of them is wrong."""
    rows: list[Row] = dice.sample(world.rows, len(world.rows))
    if dice.random() < 0.3:
        odd = dice.choice(rows)
        rows.append(odd._replace(fen=odd.fen + 1))  # a conflict, or a correction where its file has a later name
    wholes = [rows[: len(rows) // 3], rows[len(rows) // 3 : len(rows) // 2]] if dice.random() < 0.7 else []
    rest = rows[sum(map(len, wholes)) :]
    files = [write_csv(folder / f"{dice.choice('amz')}{number}.csv", part) for number, part in enumerate(wholes) if part]
    for day in sorted({row.day for row in rest}):
        of_day = [row for row in rest if row.day == day]
        cut = dice.choice([0, len(of_day) // 2])
        files += [
            write_csv(folder / f"b{day:%Y%m%d}_{number}.csv", part) for number, part in enumerate((of_day[:cut], of_day[cut:])) if part
        ]
    if dice.random() < 0.2:
        path = dice.choice(files)
        path.write_text(path.read_text() + dice.choice(["x,y,z\n", f"{world.last},Z,1\n", f"{world.last},Z,0.001\n", f"{world.last},Z"]))
    return files


@given(world=worlds(), seed=st.integers(0, 2**32), buckets=st.integers(1, 4))
@settings(max_examples=examples(5))
def test_a_bank_in_parts_is_the_bank(world: World, seed: int, buckets: int) -> None:
    """However files and customers are parted: the same run to the last figure, or the same lines that refuse it."""
    dice = random.Random(seed)
    zeros, corrections = dice.choice(["refuse", "significant"]), dice.choice(["refuse", "by_file_name"])
    rules = rules_with(negative=world.negative, leading_zeros=zeros, corrections=corrections, partial_days="accept")
    with tempfile.TemporaryDirectory() as folder:
        files = delivered(world, Path(folder), dice)
        answer = partial(run_of, world, files, rules)
        assert answer(None) == answer(lambda plan: in_parts(buckets)(plan, lambda *_: None))
