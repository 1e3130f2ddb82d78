"""A Spark cluster of the test's own: a master and two workers, processes on the loopback interface."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyspark

_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
"""Spark moves a few blocks here; to compile it thoroughly would take longer than to run it."""
SETTINGS = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "SPARK_NO_DAEMONIZE": "1",
    "SPARK_DAEMON_MEMORY": "256m",
    "JAVA_TOOL_OPTIONS": _QUICK,
    "PYSPARK_PYTHON": sys.executable,
    "PYSPARK_SUBMIT_ARGS": "--conf spark.driver.memory=512m --conf spark.executor.memory=512m --conf spark.executor.cores=1"
    " --conf spark.network.timeout=60s --conf spark.executor.heartbeatInterval=3s --conf spark.sql.shuffle.partitions=2"
    " --conf spark.ui.enabled=false pyspark-shell",
}


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its address, and the processes of its workers."""

    url: str
    workers: tuple[subprocess.Popen[bytes], ...]


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start a master and two workers with one core each, and end them afterwards; `folder` takes what they write."""
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        stack.enter_context(_started(folder, "master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", free_port()))
        _wait_for(port)
        arguments = ("--host", "127.0.0.1", "--cores", 1, "--memory", "700m", "--work-dir", folder / "work", url)
        workers = [stack.enter_context(_started(folder, "worker.Worker", "--webui-port", free_port(), *arguments)) for _ in range(2)]
        yield Cluster(url, tuple(workers))


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker with all that it has started, as when its machine loses power."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def _started(folder: Path, name: str, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    home = Path(pyspark.__file__).parent
    command = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{name}", *arguments]
    environment = {**os.environ, **SETTINGS, "SPARK_HOME": str(home), "SPARK_LOCAL_DIRS": str(folder)}
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen([*map(str, command)], env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        kill(process)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the master of the cluster does not listen")
