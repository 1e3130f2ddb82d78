"""Folders that appear whole or not at all: one lock per output folder, a staging folder beside the target, one rename."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from filelock import FileLock, Timeout

from vip_tiering.base.errors import DataError, LockedError, OutputError, Problem, ProofError
from vip_tiering.base.threads import threads
from vip_tiering.publishing import manifests
from vip_tiering.publishing.manifests import MANIFEST

SUPERSEDED: Final = ".superseded"
"""Beside the folders: where those lie that another one replaced."""
LOCK: Final = ".vip.lock"
"""What `locked` leaves in a folder; a folder with nothing else is empty."""
STAGING: Final = ".staging-"
_ATTEMPTS: Final = 20
Writer = Callable[[IO[bytes]], int]
"""Writes the content of one file and returns its number of rows."""
_WORDS: Final = {
    "inputs": "extracts",
    "previous": "run of the quarter before",
    "last_year": "run of the year before",
    "earlier": "exports of earlier days",
    "program": "version of this program",
    "only": "--only",
    "profiles": "--profile",
    "language": "--lang",
    "period": "--as-of",
    "allow_old_run": "--allow-old-run",
}
"""How people call the members of `made_from`; a member that is not here is called by its own name."""
_GROUPS: Final = ("files", "options")
"""Members that hold several; each of these is an option of the command line."""


def supersede(target: Path) -> None:
    """Move a folder into the attic beside it, under a number of its own."""
    attic = target.parent / SUPERSEDED
    attic.mkdir(mode=0o700, exist_ok=True)
    number = 1
    while (attic / f"{target.name}-{number}").exists():
        number += 1
    target.rename(attic / f"{target.name}-{number}")


@contextmanager
def provisional(*targets: Path) -> Iterator[None]:
    """Let folders be published in the body; where it fails, for whatever reason, all is as it was: new ones gone, replaced ones back.

    The caller holds the locks.
    """
    before = [_identity(target) for target in targets]
    try:
        yield
    except BaseException:
        for target, stood in zip(targets, before, strict=True):
            with suppress(OSError):  # the disk that failed before; what failed is told
                _put_back(target, stood)
        raise


def _put_back(target: Path, stood: tuple[int, int] | None) -> None:
    """Take away what came to `target` since, and let what stood there before come back from the attic."""
    found = _identity(target)
    if found == stood:
        return
    if found is not None:
        gone = target.with_name(f"{STAGING}{target.name}")
        target.rename(gone)  # at once; to remove it takes longer
        shutil.rmtree(gone, ignore_errors=True)
    attic = target.parent / SUPERSEDED
    for kept in attic.glob(f"{target.name}-*"):
        if stood is not None and _identity(kept) == stood:
            kept.rename(target)
    with suppress(OSError):  # it holds others
        attic.rmdir()


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return by what a folder is known wherever it is moved; None where nothing stands there."""
    try:
        found = folder.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder, creating it where needed; afterwards an empty folder that we made is gone.

    Raises LockedError where another run holds it, OutputError where the folder cannot be made.
    """
    for folder in (out, *out.resolve().parents):
        if manifests.is_manifest(manifests.read_document(folder)):
            what = "is a published folder itself" if folder == out else f"lies in {folder.name}, a published folder"
            raise OutputError(f"{out}: {what}; choose a folder beside it")
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(out / LOCK, mode=0o600)
        lock.acquire(blocking=False)
    except Timeout:
        raise LockedError(f"{out}: another run is working here; wait until it has ended") from None
    except OSError as error:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise OutputError(f"{out}: cannot be written: {error.strerror}") from None
    try:
        _sweep(out)
        yield
    finally:
        if made and not any(entry.name != LOCK for entry in out.iterdir()):
            (out / LOCK).unlink(missing_ok=True)
        lock.release()
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _sweep(out: Path) -> None:
    """Remove what a run that was killed left behind. We hold the lock, so no live run owns it."""
    for stale in out.glob(f"{STAGING}*"):
        if stale.is_dir():
            shutil.rmtree(stale, ignore_errors=True)
        else:
            stale.unlink(missing_ok=True)


def publish(
    out: Path,
    name: str,
    writers: dict[str, Writer],
    document: Mapping[str, Any],
    *,
    replace: bool,
    check: Callable[[Path], Sequence[Problem]] | None = None,
) -> Path:
    """Write the files, then the manifest, into `out/name`: whole, durable and private.

    `document`: the manifest, but for its outputs and its own digest. A file may lie in folders of its own, such as
    `branches/朝阳支行/calls.csv`. With `replace` a folder that stands there moves
    to `.superseded`. The caller holds the lock. `check` looks at what was written before anybody else can. The writers are gone
    afterwards, each as soon as it has written, for they may hold what memory is short of.
    Raises OutputError where the disk is full or refuses, leaving everything as it was, ProofError where a name leads elsewhere
    or `check` finds anything.
    """
    if wrong := [file for file in writers if not manifests.lies_within(file)]:
        raise ProofError(f"{name}: {len(wrong)} of the files to be written would lie outside of it")
    target = out / name
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=out))
    within = sorted(manifests.folders_of(writers))
    try:
        for folder in within:
            (staging / folder).mkdir(mode=0o700)
        with threads(1) as disk, threads(2) as pool:

            def written(file: str) -> tuple[dict[str, Any], Future[None]]:
                """Write a file; it arrives on the disk while others are written and all are checked."""
                return _write(staging, file, writers.pop(file)), disk.submit(_sync, staging / file)

            files = list(pool.map(written, sorted(writers)))
            content = manifests.completed(document, [output for output, _ in files])
            _write(staging, MANIFEST, lambda file: file.write(content))
            if check is not None and (problems := check(staging)):
                raise ProofError(problems)
            for _, arriving in files:
                arriving.result()
        for place in (MANIFEST, *reversed(within), ""):
            _sync(staging / place)
        with provisional(target):
            if replace and target.exists():
                supersede(target)
            staging.rename(target)
            _sync(out)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        _remove(staging)
    return target


def _remove(staging: Path) -> None:
    """Remove a staging folder, also where a thread that nobody waits for still writes into it."""
    for _ in range(_ATTEMPTS):
        if not staging.exists():
            return
        shutil.rmtree(staging, ignore_errors=True)


class _Hashed(io.RawIOBase):
    """A file that is hashed and counted while it is written, so that it need not be held or read again."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.hash, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401 (bytes or any buffer)
        self._file.write(content)
        self.hash.update(content)
        size = memoryview(content).nbytes
        self.size += size
        return size


def _write(staging: Path, name: str, writer: Writer) -> dict[str, Any]:
    """Write one file and return what the manifest says of it: name, rows, bytes, SHA-256. It is durable once it is synchronised."""
    descriptor = os.open(staging / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        hashed = _Hashed(file)
        rows = writer(hashed)  # type: ignore[arg-type]
    return {"name": name, "rows": rows, "bytes": hashed.size, "sha256": hashed.hash.hexdigest()}


def replace_file(path: Path, content: bytes) -> None:
    """Give a file another content, whole and durable or not at all; 0600. The caller holds the lock of its folder.

    Raises OutputError where the disk is full or refuses; the file is as it was then.
    """
    staging = path.parent / f"{STAGING}{path.name}"
    try:
        staging.unlink(missing_ok=True)
        _write(path.parent, staging.name, lambda file: file.write(content))
        _sync(staging)
        staging.rename(path)
        _sync(path.parent)
    except OSError as error:
        staging.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have arrived on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def standing(folder: Path, made_from: dict[str, Any], *, replace: bool) -> Path | None:
    """Return `folder` where it holds the same intact run already, None where the way is free.

    Raises OutputError where something else stands there: another run (it says what differs), one that was altered, or
    no run at all.
    """
    if not folder.exists() and not folder.is_symlink():
        return None
    try:
        found, problems = manifests.verify(folder)
    except (DataError, OSError):
        raise OutputError(f"{folder}: something that is not a run of this program stands there; move it away") from None
    same = found["identity"] == manifests.digest(made_from)
    if same and not problems:
        return folder
    if replace:
        return None
    if problems:
        raise OutputError([*map(str, problems), f"{folder}: stands there and was altered; --replace moves it to {SUPERSEDED}"])
    raise OutputError(f"{folder}: {_refusal(found['made_from'], made_from)}")


def _refusal(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return why a folder made from `found` stays, and what would replace it."""
    differs = list(dict.fromkeys(_differences(found, wanted)))
    if differs == ["results"]:
        # The usual case, and no mistake: the same command once more after the first results of the day came in.
        return (
            "results were recorded since these lists were made; the lists that were handed out stand, and --replace is only needed to "
            "make other lists of the day"
        )
    things = [f"from other {', '.join(plain)}"] if (plain := [one for one in differs if not one.startswith("--")]) else []
    options = [f"with other {', '.join(asked)}"] if (asked := [one for one in differs if one.startswith("--")]) else []
    return f"stands there and was made {' and '.join([*things, *options])}; --replace moves it to {SUPERSEDED}"


def _differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what differs; options as they are typed."""
    for name in {**wanted, **found}:
        old, new = found.get(name), wanted.get(name)
        if old == new:
            continue
        if name in _GROUPS and isinstance(old, dict) and isinstance(new, dict):
            yield from (_WORDS.get(one, f"--{one.replace('_', '-')}") for one in {**new, **old} if old.get(one) != new.get(one))
        else:
            yield _WORDS.get(name, name)
