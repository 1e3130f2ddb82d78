"""What is missing or goes wrong on the way to a cluster: one line that says what to do, and never a customer's value."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from tests.cluster.cases import DAILY, Case
from tests.cluster.engines import Outcome, in_parts, outcome
from vip_tiering.base.errors import Problem
from vip_tiering.extracts.days import Reading

TASKS = "vip_tiering.cluster.tasks"
CASE = Case("daily", DAILY)
SPARK = ("--engine", "spark")


def answer(folder: Path, *options: str) -> Outcome:
    """Return how the command ends by its own choice of engine."""
    return outcome(folder, CASE.arguments(folder), "out", options=options)


@pytest.mark.parametrize("place", ["read_file", "blocks_of", "post_days"])
def test_an_unexpected_error_is_told_by_its_name(place: str, tmp_path: Path) -> None:
    """A bug in an executor ends the command with one line; the text of the error, which may quote a row, goes nowhere."""
    with mock.patch(f"{TASKS}.{place}", side_effect=KeyError("CANARY")):
        ended = outcome(tmp_path, CASE.arguments(tmp_path), "out", in_parts(2))
    assert (1, ("vip: unexpected KeyError in the cluster; this is a bug, please report it",), {}) == (
        ended.status,
        ended.lines,
        ended.files,
    )


def test_extracts_that_workers_cannot_open(tmp_path: Path) -> None:
    """Where this machine can open what the workers cannot, one line says where extracts must lie."""

    def read_file(extract: object, _file: int, _wanted: object) -> tuple[None, Reading]:
        return None, Reading(problems=[Problem(extract.name, None, None, "file-unreadable", "cannot be read")])  # type: ignore[attr-defined]

    with mock.patch(f"{TASKS}.read_file", read_file):
        ended = outcome(tmp_path, CASE.arguments(tmp_path), "out", in_parts(2))
    message = "the workers cannot open it; nor 5 more; extracts must lie on every machine of the cluster at the same path, on a shared disk"
    assert (4, (f"vip: b_20151001.csv: {message} [file-unreadable]",)) == (ended.status, ended.lines)


def test_workers_with_another_program(tmp_path: Path) -> None:
    """Executors of another version are refused: they might post by other rules."""
    with mock.patch("vip_tiering.cluster.gather.__version__", "9.9"):
        ended = outcome(tmp_path, CASE.arguments(tmp_path), "out", in_parts(2))
    assert 2 == ended.status
    assert "this is 9.9; install the same version everywhere" in ended.lines[0]


def test_without_pyspark(tmp_path: Path) -> None:
    """Without the extra, one line says what to install."""
    with mock.patch("importlib.util.find_spec", return_value=None):
        ended = answer(tmp_path, *SPARK)
    assert (2, ("vip: --engine spark: pyspark is not installed; install vip-tiering[spark]",)) == (ended.status, ended.lines)


@pytest.mark.parametrize(("variable", "where"), [("JAVA_HOME", "there is none in JAVA_HOME"), ("PATH", "none was found")])
def test_without_java(variable: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Java, one line says what to install."""
    for name in ("JAVA_HOME", "PYSPARK_GATEWAY_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    ended = answer(tmp_path, *SPARK)
    line = f"vip: --engine spark: Java 17 or newer is needed, and {where}; install it, such as openjdk-17-jre-headless"
    assert (2, (line,)) == (ended.status, ended.lines)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--engine", "dask"), "vip: --engine: must be local or spark"),
        (("--spark-master", "spark://h:7077"), "vip: --spark-master: is for --engine spark"),
    ],
)
def test_what_cannot_be_meant(options: tuple[str, ...], line: str, tmp_path: Path) -> None:
    """Another engine, or a cluster for the engine that needs none, is a usage error."""
    ended = answer(tmp_path, *options)
    assert (2, (line,)) == (ended.status, ended.lines)


def test_a_variable_for_the_cluster_stops_no_local_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where VIP_SPARK_MASTER stands in the environment for other commands, a run on this machine goes on as ever."""
    monkeypatch.setenv("VIP_SPARK_MASTER", "spark://h:7077")
    assert answer(tmp_path).status == 0


def test_the_local_engine_knows_no_spark(tmp_path: Path) -> None:
    """Without `--engine spark` neither Spark nor the room of the cluster is imported."""
    script = """
import os, sys
from vip_tiering.cli import main
os._exit = lambda code: print(code, [name for name in sys.modules if name.startswith(("pyspark", "py4j", "vip_tiering.cluster"))])
main.main()
"""
    arguments = [*CASE.arguments(tmp_path), "--out", "out", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", script, "tier", "compute", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ("0 []\n", "") == (done.stdout, done.stderr)
