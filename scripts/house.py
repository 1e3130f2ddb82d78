"""Say how large the house is: entries at the top, modules per room, the median and the longest module, lines in all.

    python scripts/house.py          the work tree
    python scripts/house.py REV      the same for a commit

An `__init__.py` is the name plate of a room and no module; its lines count.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path, PurePath

PACKAGE = "src/vip_tiering"


def lines_here() -> dict[PurePath, int]:
    """Return the number of lines of every Python file of the package in the work tree, by its path in the package."""
    return {path.relative_to(PACKAGE): path.read_bytes().count(b"\n") for path in Path(PACKAGE).rglob("*.py")}


def lines_at(revision: str) -> dict[PurePath, int]:
    """Return the same for a commit."""
    command = ["git", "archive", revision, PACKAGE]
    with tarfile.open(fileobj=io.BytesIO(subprocess.run(command, capture_output=True, check=True).stdout)) as archive:  # noqa: S603
        files = {name: archive.extractfile(name) for name in archive.getnames() if name.endswith(".py")}
        return {PurePath(name).relative_to(PACKAGE): file.read().count(b"\n") for name, file in files.items() if file is not None}


def report(lines: dict[PurePath, int]) -> str:
    """Return what there is to say, one figure a line."""
    modules = {path: count for path, count in lines.items() if path.name != "__init__.py"}
    longest = max(modules, key=modules.__getitem__)
    rooms = Counter(str(path.parent) for path in modules)
    return "\n".join(
        [
            f"entries at the top: {len({path.parts[0] for path in lines})}",
            f"modules: {len(modules)}; {', '.join(f'{room} {count}' for room, count in sorted(rooms.items()))}",
            f"median module: {statistics.median(modules.values()):.0f} lines",
            f"longest module: {longest}, {modules[longest]} lines",
            f"lines in all: {sum(lines.values())}",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(report(lines_at(sys.argv[1]) if len(sys.argv) > 1 else lines_here()) + "\n")
