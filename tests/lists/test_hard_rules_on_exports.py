"""The second opinion agrees with the first: whatever the exporter writes for invented branches, no hard rule finds anything in it."""

from __future__ import annotations

import datetime as dt
import json
import random
import tempfile
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples
from tests.lists.oracle_lists import World
from tests.lists.test_gates_oracle import DAYS, Likely, inputs_of, world_of
from tests.lists.written_exports import check_people
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.types import Known
from vip_tiering.lists.export.day import DayInputs, lists_of_day
from vip_tiering.lists.export.files import document_of, export_files, private_document
from vip_tiering.lists.selection.cases import Only
from vip_tiering.lists.selection.events import Window
from vip_tiering.lists.verification.rules import check_written
from vip_tiering.playbooks.load import load
from vip_tiering.publishing import folders, manifests

BOOKS = load(RULES).playbooks


def run_folder(inputs: DayInputs, root: Path) -> Path:
    """Write what a run folder tells of the customers."""
    root.mkdir()
    pq.write_table(inputs.run.tiers, root / "tiers.parquet")
    pyarrow.csv.write_csv(inputs.run.changes, root / "changes.csv")
    tiers = [{"code": code, "min": f"{fen // 100}.{fen % 100:02d}"} for code, fen in inputs.run.bounds_fen.items()]
    manifest = {"identity": "", "made_from": {}, "quarter": "", "status": "", "outputs": [], "rules": {"tiers": tiers}}
    (root / "manifest.json").write_text(json.dumps({**manifest, "digest": inputs.run.digest}), encoding="utf-8")
    return root


def found_in(world: World, root: Path) -> list[str]:
    """Export the day of a world and return what the hard rules find."""
    assert BOOKS is not None
    inputs = inputs_of(world, BOOKS, root)
    window = Window(day_number(world.on), day_number(world.last))
    lists = lists_of_day(inputs, world.on, window, Only())
    files = export_files(lists, [BOOKS.profiles["gateway"]], BOOKS, world.on, inputs.run.quarter)
    made_from = {"on": str(world.on), "run": inputs.run.digest, "files": {}}
    private, named = None, None
    if files.private:
        document = private_document(made_from, inputs.run.quarter)
        private = folders.publish(root, "private", files.private, document, replace=False)
        named = {"digest": manifests.manifest_of(private)["digest"], "rows": 0}
    whole = {**document_of(made_from, inputs.run.quarter, window, lists, BOOKS, ()), "private": named}
    main = folders.publish(root, "main", files.open, whole, replace=False)
    beside = Known(inputs.known.events, inputs.known.contacts, inputs.known.barred)
    run = run_folder(inputs, root / "run")
    problems = [*check_written(main, private, BOOKS), *check_people(main, private, BOOKS, run, inputs.customers, beside)]
    return [str(one) for one in problems]


@pytest.mark.parametrize("on", DAYS[::3], ids=str)
def test_a_large_branch_keeps_the_hard_rules(on: dt.date, tmp_path: Path) -> None:
    """In an export of many invented customers no hard rule finds anything."""
    assert [] == found_in(world_of(random.Random(str(on)), on, 2_000, Likely(mishap=0.06, event=0.5)), tmp_path)


@given(st.randoms(), st.sampled_from(DAYS), st.integers(1, 8), st.sampled_from((0.05, 0.2)))
@settings(max_examples=examples(250))
def test_small_branches_keep_the_hard_rules(rng: random.Random, on: dt.date, count: int, mishap: float) -> None:
    """In exports of a few customers, with every sort of mishap, no hard rule finds anything."""
    with tempfile.TemporaryDirectory() as folder:
        assert [] == found_in(world_of(rng, on, count, Likely(mishap=mishap, event=0.7)), Path(folder))
