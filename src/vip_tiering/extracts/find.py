"""Arguments of the command line into the files they mean: files, folders, globs. No file is ever skipped in silence."""

from __future__ import annotations

import errno
import glob
import itertools
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from vip_tiering.base.disk import reading, stands
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.money import FEN_PER_YUAN

CHECKSUM_SUFFIX: Final = ".sha256"
CONTROL_SUFFIX: Final = ".ctl"
_LONGEST_BYTES: Final = 1 << 16
_CHECKSUM: Final = re.compile(r"([0-9a-fA-F]{64})([ \t]+\*?\S.*)?")
_ENTRY: Final = re.compile(r"([A-Za-z_]+)\s*[=:]\s*(\S+)")
_RIGHT: Final = "write rows=12345, or sum=67890.12"
_TABLE_LOGS: Final = {"_delta_log": "a Delta table", ".hoodie": "a Hudi table", "_spark_metadata": "the output of a Spark stream"}
_ICEBERG: Final = "metadata/*.json"
SUFFIXES: Final = (".csv", ".txt", ".gz", ".parquet")
_COMPANION_SUFFIXES: Final = (CHECKSUM_SUFFIX, CONTROL_SUFFIX)
_FLAG_SUFFIXES: Final = (".ok", ".done", ".flg")
"""Files by which a host says that a transfer has ended."""


@dataclass(frozen=True)
class Checksum:
    """The SHA-256 that an extract must have, in lower case, and the file that says so."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Control:
    """How many rows an extract must have, and what its balances must add up to, as far as the control file says."""

    name: str
    rows: int | None = None
    sum_fen: int | None = None


def control_names(extract: str) -> list[str]:
    """Return the names that the control file of an extract may have: X.ctl, and X without its endings."""
    names = [extract]
    while names[-1].lower().endswith((".gz", ".csv", ".txt", ".parquet")):
        names.append(names[-1].rpartition(".")[0])
    return [f"{name}{CONTROL_SUFFIX}" for name in names if name]


def companions(extract: Path, name: str, fen_per_unit: int = FEN_PER_YUAN) -> tuple[Checksum | None, tuple[Control, ...]]:
    """Return what lies beside an extract that is known as `name`. Raises DataError for what cannot be read as such.

    `fen_per_unit`: the fen of 1 in its balances.
    """
    shown = name.removesuffix(extract.name)
    checksum = extract.with_name(extract.name + CHECKSUM_SUFFIX)
    problems: list[Problem] = []
    found = _checksum(checksum, shown + checksum.name, problems) if _lies_there(checksum) else None
    beside = [path for one in control_names(extract.name) if _lies_there(path := extract.with_name(one))]
    controls = tuple(_control(path, shown + path.name, problems, fen_per_unit) for path in beside)
    if problems:
        raise DataError(problems)
    return found, controls


def name_problem(name: str, shown: str) -> Problem | None:
    """Return why a file has no name that a manifest could hold; None where it has. People know it as `shown`."""
    try:
        name.encode()
    except UnicodeEncodeError:
        readable = shown.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        message = "the name is not UTF-8, as after unpacking an archive of Windows; rename the file, or the folder"
        return Problem(readable, None, None, "file-name", message)
    return None


def _lies_there(path: Path) -> bool:
    """Tell whether a companion is there; a name that is too long for the disk has nobody."""
    try:
        return stands(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise


def _text(path: Path, name: str, rule: str, problems: list[Problem]) -> str | None:
    """Return the text of a companion; what cannot be one becomes a problem."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST_BYTES:
            problems.append(Problem(name, None, None, rule, "is not a small text file; deliver it anew, or move it elsewhere"))
            return None
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problems.append(Problem(name, None, None, rule, f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError:
        problems.append(Problem(name, None, None, rule, "is not text in UTF-8; deliver it anew, or move it elsewhere"))
    return None


def _checksum(path: Path, name: str, problems: list[Problem]) -> Checksum | None:
    text = _text(path, name, "checksum-file", problems)
    if text is None:
        return None
    match = _CHECKSUM.fullmatch(text.strip())
    if match is None:
        message = "is not a checksum; it holds the 64 hexadecimal digits of one file's SHA-256, as sha256sum writes them"
        problems.append(Problem(name, None, None, "checksum-file", message))
        return None
    return Checksum(name, match[1].lower())


def _control(path: Path, name: str, problems: list[Problem], fen_per_unit: int) -> Control:
    text = _text(path, name, "control-file", problems)
    if text is None:
        return Control(name)
    places = len(str(fen_per_unit)) - 1
    forms = {"rows": r"[0-9]{1,18}", "sum": rf"[-+]?[0-9]{{1,25}}(\.[0-9]{{1,{places}}}0*)?"}
    found: dict[str, str] = {}
    before = len(problems)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ENTRY.fullmatch(line.strip())
        key = match[1].lower() if match else ""
        if match is None or key not in forms:
            problem = f"is neither rows nor sum; {_RIGHT}"
        elif key in found:
            problem = f"says {key} a second time; say it once"
        elif not re.fullmatch(forms[key], match[2]):
            problem = f"says no {'number of rows' if key == 'rows' else 'amount in yuan'}; {_RIGHT}"
        else:
            found[key] = match[2]
            continue
        problems.append(Problem(name, number, None, "control-file", problem))
    if not found and len(problems) == before:
        problems.append(Problem(name, None, None, "control-file", f"says nothing; {_RIGHT}"))
    rows, total = found.get("rows"), found.get("sum")
    return Control(name, None if rows is None else int(rows), None if total is None else int(Decimal(total) * fen_per_unit))


@dataclass(frozen=True, order=True)
class FoundFile:
    """A file to read. `name` is its path within the argument, for people and manifests; `keys` its folders `key=value`.

    `folders`: the names of the folders around it, the nearest first, up to that of the argument.
    """

    name: str
    path: Path
    keys: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()


def locate(arguments: Iterable[str | Path]) -> list[FoundFile]:
    """Return the files that the arguments mean, sorted by name, each once. Raises DataError with every problem at once."""
    found, problems = find(arguments)
    if problems:
        raise DataError(problems)
    return found


def find(arguments: Iterable[str | Path]) -> tuple[list[FoundFile], list[Problem]]:
    """Return the files that the arguments mean, sorted by name, each once, and what is wrong with the others."""
    found: dict[Path, FoundFile] = {}
    problems: list[Problem] = []
    for argument in map(str, arguments):
        if not argument:
            problems.append(Problem("EXTRACT", None, None, "file-absent", "an argument is empty; was a variable not set?"))
            continue
        try:
            with reading(argument):
                _find(argument, found, problems)
        except DataError as error:
            problems += [one for one in error.problems if isinstance(one, Problem)]
    return sorted(_told_apart(found.values())), sorted(problems, key=str)


def _told_apart(files: Collection[FoundFile]) -> list[FoundFile]:
    """Return files of which those of one name are named with the folder of their argument, such as one for each day."""
    names = Counter(one.name for one in files)
    return [replace(one, name=f"{one.folders[-1]}/{one.name}") if names[one.name] > 1 and one.folders[-1] else one for one in files]


def _find(argument: str, found: dict[Path, FoundFile], problems: list[Problem]) -> None:
    """Add the files that an argument means, and what is wrong with it. Raises OSError where the disk refuses."""
    if table := _table_around(Path(argument)):
        problems.append(table)
        return
    roots = [Path(argument)] if Path(argument).exists() or not glob.has_magic(argument) else _glob(argument)
    if not roots:
        problems.append(Problem(argument, None, None, "file-absent", "no file matches this pattern"))
    files = [(root, path) for root in roots for path in _files(root, problems)]
    base = _base(argument) if glob.has_magic(argument) and not Path(argument).exists() else None
    for root, path in files:
        around = base or (root if path != root else path.parent)
        within = path.relative_to(around)
        folders = (*within.parent.parts[::-1], around.absolute().name)
        one = FoundFile(within.as_posix(), path, _hive_keys(path, len(folders)), folders)
        problem = _problem(one)
        if problem:
            problems.append(problem)
        else:
            found.setdefault(path.resolve(), one)


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
    return path.name.startswith((".", "_")) or path.name.lower().endswith((*_COMPANION_SUFFIXES, *_FLAG_SUFFIXES))


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
        if table := _table(Path(folder), Path(folder).relative_to(root.parent).as_posix()):
            problems.append(table)
            return []
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


def _table_around(argument: Path) -> Problem | None:
    """Return why files within a table with a log are not read, where an argument is or names some of them: the table is a folder above."""
    for folder in argument.absolute().parents:
        if not glob.has_magic(str(folder)) and (table := _table(folder, folder.name, inside=True)):
            return table
    return None


def _table(folder: Path, name: str, *, inside: bool = False) -> Problem | None:
    """Return why a folder is not read that holds a table with a log: some of its files are no longer part of the table.

    `inside`: it is a folder above the extracts, where a folder `metadata` may be anybody's; then the names of Iceberg's files decide.
    """
    found = next((log for log in _TABLE_LOGS if (folder / log).is_dir()), None)
    if found is None and any((folder / "metadata").glob("*.metadata.json" if inside else "*.json")):
        found = _ICEBERG
    if found is None:
        return None
    kind = _TABLE_LOGS.get(found, "an Iceberg table")
    message = f"holds {found}: this is {kind}, whose folder keeps files that are no longer part of it; export the table first"
    return Problem(name, None, None, "folder-table", message)


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


def _hive_keys(path: Path, inside: int) -> tuple[tuple[str, str], ...]:
    """Return the folders `key=value` above a file: of the `inside` nearest up to that of the argument, and those right above.

    What lies further up is where somebody put the extracts.
    """
    folders = path.absolute().parent.parts[::-1]
    above = itertools.takewhile(lambda part: "=" in part, folders[inside:]) if all("=" in part for part in folders[:inside]) else ()
    pairs = (part.split("=", 1) for part in (*folders[:inside], *above) if "=" in part)
    return tuple(sorted((key, unquote(value)) for key, value in pairs))


def _problem(found: FoundFile) -> Problem | None:
    """Return why a file cannot be an extract, by its name and kind; its content is looked at later."""
    if problem := name_problem("/".join((*found.folders[::-1], found.path.name)), found.name):
        return problem
    try:
        mode = found.path.stat().st_mode
    except OSError as error:
        return Problem(found.name, None, None, "file-absent", f"cannot be found: {error.strerror}")
    if not stat.S_ISREG(mode):
        return Problem(found.name, None, None, "file-kind", "is not a regular file; pipes and devices cannot be read twice")
    if not found.name.lower().endswith(SUFFIXES):
        message = f"is not an extract by its name; rename it to one of *{', *'.join(SUFFIXES)}, or move it elsewhere"
        return Problem(found.name, None, None, "file-name", message)
    if not os.access(found.path, os.R_OK):
        return Problem(found.name, None, None, "file-unreadable", "cannot be read: permission denied")
    return None
