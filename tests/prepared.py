"""The command from a process that has imported everything already: each call is a fork of it, so that no test waits for imports.

A call is a process of its own, with its own arguments, folder, streams and exit code. Whoever needs another environment, or the start
of the interpreter itself, runs the command as usual.
"""

from __future__ import annotations

import atexit
import functools
import io
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

_IMPORTS = (
    "vip_tiering.analysis.dossier.records",
    "vip_tiering.analysis.reconcile",
    "vip_tiering.analysis.simulate",
    "vip_tiering.analysis.trace",
    "vip_tiering.cli.main",
    "vip_tiering.demo.run",
    "vip_tiering.lists.export.job",
    "vip_tiering.lists.followup.results",
    "vip_tiering.reports.changes.export",
    "vip_tiering.tiers.checking.check",
    "vip_tiering.reports.overview.page.page",
    "matplotlib.backends.backend_svg",
    "xlsxwriter",
    "rich.console",
)


def run(arguments: list[str], cwd: Path | str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m vip_tiering` with these arguments in a fork of the prepared process, in the environment of the tests.

    `variables`: what the command itself reads of the environment, beside that.
    """
    return _ordered(arguments, cwd, {**os.environ, **variables}, ("stdout", "stderr"))


def seen(arguments: list[str], cwd: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run it in an environment of its own, and return its exit code and what a terminal would show: both streams in one."""
    done = _ordered(arguments, cwd, environment, ("terminal", "terminal"))
    return done.returncode, done.stdout


def _ordered(
    arguments: list[str], cwd: Path | str | None, environment: Mapping[str, str], files: tuple[str, str]
) -> subprocess.CompletedProcess[str]:
    server = _server()
    with tempfile.TemporaryDirectory() as folder:
        streams = {name: f"{folder}/{file}" for name, file in zip(("stdout", "stderr"), files, strict=True)}
        order = {"arguments": arguments, "cwd": str(cwd or Path.cwd()), "environment": dict(environment), **streams}
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        texts = [Path(path).read_bytes().decode() for path in streams.values()]
    return subprocess.CompletedProcess(["vip", *arguments], code, *texts)


@functools.cache
def _server() -> subprocess.Popen[str]:
    root = Path(__file__).parents[1]
    server = subprocess.Popen([sys.executable, "-m", "tests.prepared"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    atexit.register(server.kill)
    return server


def _serve() -> None:
    """Fork for every order on standard input, and say its exit code on standard output."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no thread may run when the process forks
    for name in _IMPORTS:
        __import__(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _obey(json.loads(line))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _obey(order: dict[str, Any]) -> NoReturn:
    """Become the command: its folder, environment, streams and arguments."""
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        stream = io.TextIOWrapper(io.FileIO(number, "w", closefd=False), sys.stdout.encoding, write_through=True)
        setattr(sys, name, stream)
    sys.argv = ["vip", *order["arguments"]]
    try:
        runpy.run_module("vip_tiering", run_name="__main__", alter_sys=True)
    finally:
        os._exit(70)  # it ends by itself, always


if __name__ == "__main__":
    _serve()
