"""Run a command again and again in forks of one warm process, each killed, or refused by the disk, at another call.

`python -m tests.faults.driver JOBS RULES` with the library of `faults.c` preloaded prints what came of each job as a line of JSON. JOBS is
a JSON file with a list of them: see `Job`.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import json
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import vip_tiering.cli.show.lists
import vip_tiering.cli.show.playbooks
import vip_tiering.cli.show.run
import vip_tiering.lists.followup.results
import vip_tiering.tiers.run  # noqa: F401
from vip_tiering.cli import main as cli
from vip_tiering.lists.export import job as export_job
from vip_tiering.lists.followup import record
from vip_tiering.playbooks import load
from vip_tiering.reports.changes import export as report_job

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES)
FOR_EVER = 1 << 40
BUG, KILLED = 1, -signal.SIGKILL


@dataclass
class Job:
    """A command and what is tried on it.

    `template`: the folder that each attempt gets a copy of as `home`; `command`, `other`: words after `vip`, with {home} in paths; `other`
    is a command of another kind, which must heal what the first one left as well; `points`: so many calls are tried, 0 for all;
    `ignored`: names of files, or ends of paths with `*`, that may differ from one undisturbed run to the next.
    """

    template: str
    home: str
    command: list[str]
    other: list[str] = field(default_factory=list)
    points: int = 0
    ignored: tuple[str, ...] = ()


class Bench:
    """Attempts of one job, each on a fresh copy of its template."""

    def __init__(self, job: Job) -> None:
        """Take a job; the undisturbed run comes first."""
        self.job, self.home = job, Path(job.home)
        self.library = ctypes.CDLL(None)
        self.library.counted_calls.restype = ctypes.c_long
        self.figures: dict[str, Any] = {"kills": 0, "faults": 0, "bugs": [], "torn": [], "unequal": [], "left": [], "silent": []}
        self.before = self.fresh()
        status, said, self.calls = self.attempt(job.command)
        assert status == 0, said
        self.after = self.tree()
        self.fresh()
        self.changes = self.attempt(job.command, changes=True)[2]
        self.figures["calls"] = self.calls

    def fresh(self) -> dict[str, bytes | None]:
        """Make the home anew and return what lies in it."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.job.template, self.home, symlinks=True)
        return self.tree()

    def tree(self) -> dict[str, bytes | None]:
        """Return what lies in the home: bytes of files, None for folders; what the job ignores is left out."""
        ignored = (".vip.holder", *self.job.ignored)
        paths = sorted(path for path in self.home.rglob("*") if not any(map(path.match, ignored)))
        return {path.relative_to(self.home).as_posix(): None if path.is_dir() else path.read_bytes() for path in paths}

    def attempt(self, command: list[str], first: int = 0, last: int = 0, error: int = 0, *, changes: bool = False) -> tuple[int, str, int]:
        """Run a command in a fork; return its exit code, what it complained of, and how many calls were counted."""
        errors, counted = (self.home.with_name(name) for name in ("stderr", "counted"))
        child = os.fork()
        if child == 0:
            for number, path in ((1, os.devnull), (2, str(errors))):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            leave = os._exit

            def note(status: int) -> None:
                number = self.library.counted_calls()
                self.library.arm_faults(b"", ctypes.c_long(0), ctypes.c_long(0), 0, 0)
                counted.write_text(str(number))
                leave(status)

            os._exit = note  # type: ignore[assignment]
            sys.argv = ["vip", *(word.replace("{home}", str(self.home)) for word in command)]
            self.library.arm_faults(str(self.home).encode(), ctypes.c_long(first), ctypes.c_long(last), error, int(changes))
            cli.main()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        number = int(counted.read_text()) if counted.exists() else 0
        counted.unlink(missing_ok=True)
        return status, errors.read_text(errors="replace"), number

    def run(self) -> dict[str, Any]:
        """Try every point, and return the figures."""
        for number, point in enumerate(self.points(self.changes)):
            self.kill(point, by_other=bool(self.job.other) and number % 2 == 0)
        for number, point in enumerate(self.points(self.calls)):
            self.refuse(point, ERRORS[number % len(ERRORS)], for_ever=number % 4 == 3)
        return self.figures

    def points(self, calls: int) -> Iterator[int]:
        """Yield the calls that are tried, the last one among them."""
        yield from range(calls, 0, -max(1, calls // self.job.points) if self.job.points else -1)

    def kill(self, point: int, *, by_other: bool) -> None:
        """Kill the command before a change; the next command heals it, and the same one again ends in the same bytes."""
        self.fresh()
        status, _, _ = self.attempt(self.job.command, point, point, changes=True)
        if status != KILLED:
            return  # threads made fewer calls this time
        self.figures["kills"] += 1
        if by_other:
            status, said, _ = self.attempt(self.job.other)
            if status != 0 or any(path.endswith(".vip.journal") for path in self.tree()):
                self.figures["torn"].append([point, status, said, *self.half()])
        self.again(point, "killed")

    def refuse(self, point: int, error: int, *, for_ever: bool) -> None:
        """Let the disk refuse a call: exit 5 or 4 tells where, nothing half is left, and the same command again ends in the same bytes."""
        self.fresh()
        status, said, _ = self.attempt(self.job.command, point, FOR_EVER if for_ever else point, error)
        self.figures["faults"] += 1
        what = [point, errno.errorcode[error], status, said]
        if status == BUG or status < 0 or "bug" in said:
            self.figures["bugs"].append(what)
        if status in {4, 5} and not (str(self.home) in said or any(f"{name}" in said for name in ("cannot be", "is not"))):
            self.figures["silent"].append(what)
        if not for_ever:
            if self.half():
                self.figures["left"].append([*what, *self.half()])
            if status == 0 and self.tree() != self.after:
                self.figures["unequal"].append([*what, "exit 0 with something else"])
            if status != 0 and self.tree() not in (self.before, self.after) and self.without_locks() != self.before:
                self.figures["torn"].append([*what, *self.differences(self.before)])
        self.again(point, "refused")

    def again(self, point: int, what: str) -> None:
        """Run the command undisturbed and compare what lies there with what lay there without any disturbance."""
        status, said, _ = self.attempt(self.job.command)
        if status != 0 or self.tree() != self.after:
            self.figures["unequal"].append([what, point, status, said, *self.differences(self.after)])

    def half(self) -> list[str]:
        """Return what a command should not leave: what was staged, and a journal."""
        return [path for path in self.tree() if ".staging-" in path or path.endswith(".vip.journal")]

    def without_locks(self) -> dict[str, bytes | None]:
        """Return what lies there but for new locks, and for folders in which nothing lies but them."""
        tree = {path: content for path, content in self.tree().items() if path in self.before or not path.endswith(".vip.lock")}
        full = {parent.as_posix() for path in tree for parent in Path(path).parents}
        return {path: one for path, one in tree.items() if one is not None or path in self.before or path in full}

    def differences(self, wanted: dict[str, bytes | None]) -> list[str]:
        """Return which paths differ."""
        found = self.tree()
        return sorted(path for path in {*wanted, *found} if wanted.get(path, b"-") != found.get(path, b"-"))[:8]


def select_once(place: Path) -> None:
    """Let the first fork that makes lists keep them for the others: they touch no disk, and take most of the time."""
    make = export_job.lists_of_day

    def kept(*asked: Any) -> Any:
        if not place.exists():
            place.write_bytes(pickle.dumps(make(*asked)))
        return pickle.loads(place.read_bytes())  # noqa: S301 (written above)

    export_job.lists_of_day = kept


def warm() -> None:
    """Read rule files once; what commands import late is imported above."""
    once, loaded = functools.cache(load.rules_with_playbooks), functools.cache(load.load)
    export_job.rules_with_playbooks = record.rules_with_playbooks = once  # type: ignore[assignment]
    report_job.load = load.load = loaded  # type: ignore[assignment]
    for rules in sys.argv[2:]:
        once(Path(rules))
        loaded(Path(rules))


def main() -> None:
    """Do one job after the other, each in a fork."""
    warm()
    for words in json.loads(Path(sys.argv[1]).read_text()):
        if (child := os.fork()) == 0:
            job = Job(**words)
            Path(job.home).parent.mkdir()
            select_once(Path(job.home).with_name("lists.pickle"))
            print(json.dumps(Bench(job).run()), flush=True)  # noqa: T201 (it is read by the test)
            return
        if os.waitpid(child, 0)[1]:
            sys.exit(f"{words['command']}: was not tried to the end")


if __name__ == "__main__":
    main()
