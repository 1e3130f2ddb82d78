"""Arguments of the command line into the files they mean: files, folders, globs. No file is ever skipped in silence."""

from __future__ import annotations

import glob
import itertools
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from vip_tiering.errors import DataError, Problem
from vip_tiering.readers.companions import CHECKSUM_SUFFIX, CONTROL_SUFFIX, control_names

SUFFIXES: Final = (".csv", ".txt", ".gz", ".parquet")
_COMPANION_SUFFIXES: Final = (CHECKSUM_SUFFIX, CONTROL_SUFFIX)


@dataclass(frozen=True, order=True)
class Found:
    """A file to read. `name` is its path within the argument, for people and manifests; `keys` its folders `key=value`."""

    name: str
    path: Path
    keys: tuple[tuple[str, str], ...] = ()


def locate(arguments: Iterable[str | Path]) -> list[Found]:
    """Return the files that the arguments mean, sorted by name, each once. Raises DataError with every problem at once."""
    found, problems = find(arguments)
    if problems:
        raise DataError(problems)
    return found


def find(arguments: Iterable[str | Path]) -> tuple[list[Found], list[Problem]]:
    """Return the files that the arguments mean, sorted by name, each once, and what is wrong with the others."""
    found: dict[Path, Found] = {}
    problems: list[Problem] = []
    for argument in map(str, arguments):
        if not argument:
            problems.append(Problem("EXTRACT", None, None, "file-absent", "an argument is empty; was a variable not set?"))
            continue
        roots = [Path(argument)] if Path(argument).exists() or not glob.has_magic(argument) else _glob(argument)
        if not roots:
            problems.append(Problem(argument, None, None, "file-absent", "no file matches this pattern"))
        files = [(root, path) for root in roots for path in _files(root, problems)]
        base = _base(argument) if glob.has_magic(argument) and not Path(argument).exists() else None
        for root, path in files:
            within = path.relative_to(base) if base else path.relative_to(root) if path != root else Path(path.name)
            one = Found(within.as_posix(), path, _hive_keys(path))
            problem = _problem(one)
            if problem:
                problems.append(problem)
            else:
                found.setdefault(path.resolve(), one)
    return sorted(found.values()), sorted(problems, key=str)


def _glob(pattern: str) -> list[Path]:
    """Return what a pattern matches; hidden files and companions are not meant by a `*`."""
    matched = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (Path.glob refuses absolute patterns)
    return [path for path in map(Path, matched) if not _is_aside(path)]


def _base(pattern: str) -> Path:
    """Return the folder before the first part of a pattern that has a wildcard."""
    parts = Path(pattern).parts
    plain = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:plain])


def _is_aside(path: Path) -> bool:
    return path.name.startswith((".", "_")) or path.name.endswith(_COMPANION_SUFFIXES)


def _files(root: Path, problems: list[Problem]) -> list[Path]:
    """Return the extracts of a folder and of the folders in it, or the file itself."""
    if not root.is_dir():
        return [root]
    files: list[Path] = []
    orphans: list[Problem] = []
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        problems.append(Problem(root.name, None, None, "file-unreadable", f"the folder cannot be read: {error.strerror}"))

    for folder, folders, names in os.walk(root, onerror=refuse, followlinks=True):
        real = os.path.realpath(folder)
        # A link back to a folder that was walked already leads in circles.
        folders[:] = sorted(name for name in folders if not _is_aside(Path(name))) if real not in seen else []
        if real not in seen:
            files += [path for path in (Path(folder, name) for name in sorted(names)) if not _is_aside(path)]
            orphans += _orphans(Path(folder), names, root)
        seen.add(real)
    problems += orphans
    if not files and not orphans:
        message = f"the folder holds no extract (*{', *'.join(SUFFIXES)})"
        problems.append(Problem(root.name or str(root), None, None, "folder-empty", message))
    return files


def _orphans(folder: Path, names: list[str], root: Path) -> list[Problem]:
    """Return a problem for each checksum or control file whose extract is not in its folder: a day may be missing."""
    present = {name for name in names if not name.startswith((".", "_"))}
    controls = {control for name in present if not name.endswith(_COMPANION_SUFFIXES) for control in control_names(name)}
    orphans = [
        name
        for name in sorted(present)
        if (name.endswith(CHECKSUM_SUFFIX) and name.removesuffix(CHECKSUM_SUFFIX) not in present)
        or (name.endswith(CONTROL_SUFFIX) and name not in controls)
    ]
    message = "the extract that it belongs to is missing; deliver it, or remove this file"
    return [Problem((folder / name).relative_to(root).as_posix(), None, None, "checksum-orphan", message) for name in orphans]


def _hive_keys(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the folders `key=value` right above a file; what lies further up is where somebody put the extracts."""
    folders = itertools.takewhile(lambda part: "=" in part, reversed(path.absolute().parent.parts))
    pairs = (part.split("=", 1) for part in folders)
    return tuple(sorted((key, unquote(value)) for key, value in pairs))


def _problem(found: Found) -> Problem | None:
    """Return why a file cannot be an extract, by its name and kind; its content is looked at later."""
    try:
        mode = found.path.stat().st_mode
    except OSError as error:
        return Problem(found.name, None, None, "file-absent", f"cannot be found: {error.strerror}")
    if not stat.S_ISREG(mode):
        return Problem(found.name, None, None, "file-kind", "is no regular file; pipes and devices cannot be read twice")
    if not found.name.lower().endswith(SUFFIXES):
        message = f"is no extract by its name; rename it to one of *{', *'.join(SUFFIXES)}, or move it elsewhere"
        return Problem(found.name, None, None, "file-name", message)
    if not os.access(found.path, os.R_OK):
        return Problem(found.name, None, None, "file-unreadable", "cannot be read: permission denied")
    return None
