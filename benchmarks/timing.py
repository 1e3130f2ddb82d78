"""What a command takes as a process: wall seconds, CPU seconds and peak memory.

As a program, `python timing.py COMMAND ...` runs a command and prints the three. `timed` starts it so, because the peak of a process counts
from that of the process that started it, and this one is small.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Taken(NamedTuple):
    """Wall seconds, CPU seconds, and peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def timed(command: list[str], folder: Path | None = None) -> Taken:
    """Run a command, in a folder, and return what it took; end where it fails. What it prints goes nowhere."""
    done = subprocess.run([sys.executable, "-S", str(Path(__file__).resolve()), *command], cwd=folder, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}")
    return Taken(*json.loads(done.stdout))


def main() -> None:
    """Run the command of the command line, print what it took as JSON, and end as it did."""
    begin = time.monotonic()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps([time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
