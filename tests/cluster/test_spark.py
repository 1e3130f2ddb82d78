"""The contract on a real cluster: a master and two workers, each a process of its own; and one of them killed in the midst."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pyspark import SparkContext

from tests.cluster.cases import REFUSED, SOUND, presumed
from tests.cluster.engines import Outcome, outcome
from tests.cluster.standalone import SETTINGS, Cluster, cluster, kill
from tests.cluster.test_engines import BAD_INPUTS
from tests.extracts.bad_inputs.cases import arguments_of, lay_out
from tests.helpers import Row, days_between, vip, write_csv
from vip_tiering.cluster.session import connected

pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Java 17 is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of pyspark, for programmers
]
ON_SPARK = ("--engine", "spark")
EVERY = os.environ.get("VIP_SPARK") == "all"


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Any]]:
    """Give a cluster and one session on it, which every command of this module uses."""
    with cluster(tmp_path_factory.mktemp("cluster")) as running, mock.patch.dict(os.environ, SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with connected(running.url) as session:
            yield running, session
        gateway = SparkContext._gateway
        assert gateway is not None
        gateway.proc.stdin.close()  # Java ends with it
        gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = None


@pytest.mark.usefixtures("spark")
def test_a_cluster_gives_the_same(tmp_path: Path) -> None:
    """Deliveries, sound or not, have the bytes and the lines of the local engine, and so have bad inputs.

    A sample of both; with `VIP_SPARK=all` every kind of delivery. In one process `test_engines` tries them all.
    """
    differing: dict[str, tuple[Outcome, Outcome]] = {}
    for number, case in enumerate([*SOUND, *REFUSED][:: 1 if EVERY else 2]):
        folder = tmp_path / str(number)
        arguments = case.arguments(folder)
        answers = (outcome(folder, arguments, "local"), outcome(folder, arguments, "spark", options=ON_SPARK))
        if answers[0] != answers[1]:
            differing[case.name] = answers
    for bad in BAD_INPUTS[::16]:
        folder = tmp_path / bad.name
        folder.mkdir()
        lay_out(folder, bad.change)
        arguments = [one for one in arguments_of(bad.options) if one not in ("--out", "out")]
        answers = (outcome(folder, arguments, "local"), outcome(folder, arguments, "spark", options=ON_SPARK))
        if answers[0] != answers[1]:
            differing[bad.name] = answers
    assert {} == differing


def test_a_killed_worker_changes_nothing(spark: tuple[Cluster, Any], tmp_path: Path) -> None:
    """A worker that is killed while its tasks run is done without: the other one does its work, and the bytes are the same."""
    running, session = spark
    dice = random.Random(5)
    for day in days_between(dt.date(2015, 10, 1), dt.date(2015, 10, 20)):
        rows = [Row(day, f"C{number:06d}", None, dice.randrange(10**9)) for number in range(20_000)]
        write_csv(tmp_path / "extracts" / f"b_{day:%Y%m%d}.csv.gz", rows)
    arguments = ["extracts", "--quarter", "2015Q4", "--as-of", "2015-10-20"]
    expected = outcome(tmp_path, arguments, "local")
    killed: list[int] = []

    def kill_in_the_midst() -> None:
        tracker = session.sparkContext.statusTracker()
        while not killed:
            for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
                if stage is not None and stage.numActiveTasks and stage.numCompletedTasks:
                    killed.append(stage.numTasks - stage.numCompletedTasks)
                    kill(running.workers[0])
                    return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_in_the_midst, daemon=True)
    killer.start()
    with contextlib.ExitStack() as stack:
        stack.callback(killed.append, 0)
        actual = outcome(tmp_path, arguments, "spark", options=ON_SPARK)
        killer.join(1)
    assert expected == actual
    assert 0 == expected.status
    assert killed[0] > 0
    assert running.workers[0].poll() is not None


def test_the_command_says_nothing_of_spark(tmp_path: Path) -> None:
    """As a process of its own the command says what it says without Spark, and no more; a second look at the days needs no second start."""
    (case,) = (one for one in SOUND if one.lay_out is presumed)
    arguments = ["tier", "compute", *case.arguments(tmp_path), "--quiet"]
    expected = vip(*arguments, "--out", "local", cwd=tmp_path)
    actual = vip(*arguments, "--out", "spark", *ON_SPARK, "--spark-master", "local[1]", cwd=tmp_path, env=SETTINGS)
    assert (0, "", "") == (expected.returncode, expected.stdout, expected.stderr)
    assert (0, "", "") == (actual.returncode, actual.stdout, actual.stderr)
    (run,) = (path.name for path in (tmp_path / "local").glob("[!.]*"))
    for path in (tmp_path / "local" / run).iterdir():
        assert path.read_bytes() == (tmp_path / "spark" / run / path.name).read_bytes()


_ENDED = """
import warnings
from pyspark import SparkContext
from vip_tiering.base.errors import VipError
from vip_tiering.cluster.session import connected
warnings.simplefilter("ignore")
try:
    with connected("local[1]") as session:
        SparkContext._gateway.proc.kill()
        session.range(3).count()
except VipError as error:
    print(type(error).__name__, error.status, error)
"""


def test_a_cluster_that_ends_the_work(tmp_path: Path) -> None:
    """Where Spark itself ends in the midst, one line says so, as of any output that could not be written: exit code 5."""
    done = subprocess.run(
        [sys.executable, "-c", _ENDED], capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | SETTINGS
    )
    assert (0, "OutputError 5 --engine spark: the cluster at local[1] ended the work; its logs say why\n") == (done.returncode, done.stdout)
