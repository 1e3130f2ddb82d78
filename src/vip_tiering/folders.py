"""Folders that appear whole or not at all: one lock per output folder, a staging folder beside the target, one rename."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, TypeGuard

from filelock import FileLock, Timeout

from vip_tiering import attic
from vip_tiering.ahead import threads
from vip_tiering.errors import DataError, LockedError, OutputError, Problem, ProofError

MANIFEST: Final = "manifest.json"
SUPERSEDED: Final = attic.SUPERSEDED
LOCK: Final = ".vip.lock"
"""What `locked` leaves in a folder; a folder with nothing else is empty."""
STAGING: Final = attic.STAGING
_ATTEMPTS: Final = 20


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder, creating it where needed; afterwards an empty folder that we made is gone.

    Raises LockedError where another run holds it, OutputError where the folder cannot be made.
    """
    for folder in (out, *out.resolve().parents):
        if _is_manifest(_document(folder)):
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


Writer = Callable[[IO[bytes]], int]
"""Writes the content of one file and returns its number of rows."""


def publish(
    out: Path,
    name: str,
    writers: dict[str, Writer],
    manifest: Callable[[list[dict[str, Any]]], bytes],
    *,
    replace: bool,
    check: Callable[[Path], Sequence[Problem]] | None = None,
) -> Path:
    """Write the files, then the manifest made of what they became, into `out/name`: whole, durable and private.

    A file may lie in folders of its own, such as `branches/朝阳支行/calls.csv`. With `replace` a folder that stands there moves
    to `.superseded`. The caller holds the lock. `check` looks at what was written before anybody else can. The writers are gone
    afterwards, each as soon as it has written, for they may hold what memory is short of.
    Raises OutputError where the disk is full or refuses, leaving everything as it was, ProofError where a name leads elsewhere
    or `check` finds anything.
    """
    if wrong := [file for file in writers if not _lies_within(file)]:
        raise ProofError(f"{name}: {len(wrong)} of the files to be written would lie outside of it")
    target = out / name
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=out))
    within = sorted(_folders_of(writers))
    try:
        for folder in within:
            (staging / folder).mkdir(mode=0o700)
        with threads(1) as disk, threads(2) as pool:

            def written(file: str) -> tuple[dict[str, Any], Future[None]]:
                """Write a file; it arrives on the disk while others are written and all are checked."""
                return _write(staging, file, writers.pop(file)), disk.submit(_sync, staging / file)

            files = list(pool.map(written, sorted(writers)))
            _write(staging, MANIFEST, lambda file: file.write(manifest([output for output, _ in files])))
            if check is not None and (problems := check(staging)):
                raise ProofError(problems)
            for _, arriving in files:
                arriving.result()
        for place in (MANIFEST, *reversed(within), ""):
            _sync(staging / place)
        with attic.provisional(target):
            if replace and target.exists():
                attic.supersede(target)
            staging.rename(target)
            _sync(out)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        _remove(staging)
    return target


def named(path: Path) -> Path:
    """Return a path that ends in a name, which `.` and `..` do not."""
    return path if path.name not in {"", ".."} else path.resolve()


def _lies_within(file: str) -> bool:
    """Tell whether a name leads to a file below its folder, by one way only, and is not the manifest's."""
    path = PurePosixPath(file)
    odd = path.is_absolute() or ".." in path.parts or str(path) != file or "\\" in file or "\0" in file
    return bool(path.parts) and not odd and file != MANIFEST


def _folders_of(files: Iterable[str]) -> set[str]:
    """Return every folder in which one of the files lies, and those around it."""
    return {str(folder) for file in files for folder in PurePosixPath(file).parents if folder.parts}


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


def refuse_absent(folder: Path, right: str = "a folder that was published") -> None:
    """Raise DataError where there is no folder, with the path as it was typed. `right`: what to name instead."""
    try:
        mode = folder.stat().st_mode
    except PermissionError:
        return  # whoever reads it says so
    except OSError:
        raise DataError(f"{folder}: there is no such folder; name {right}") from None
    if not stat.S_ISDIR(mode):
        raise DataError(f"{folder}: is a file; name {right}")


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return the manifest of a published folder. Raises DataError where there is none that can be read, or a name leads outside."""
    refuse_absent(folder)
    manifest, folder = _document(folder), named(folder)
    if not _is_manifest(manifest):
        raise DataError(f"{folder.name}: is no published folder; it has no {MANIFEST} that can be read")
    if not all(_lies_within(output["name"]) for output in manifest["outputs"]):
        raise DataError(f"{folder.name}/{MANIFEST}: names a file that lies elsewhere; do not trust this folder")
    return manifest


def _document(folder: Path) -> object:
    """Return what the manifest of a folder holds; None where there is none that can be read."""
    try:
        return json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _is_manifest(document: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a JSON document has what every manifest has; whether it is true is for `verify` to say."""
    if not isinstance(document, dict) or not {"outputs", "identity", "made_from", "digest", "status"} <= document.keys():
        return False
    if not {"quarter", "year"} & document.keys():
        return False
    outputs = document["outputs"]
    named = isinstance(outputs, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) and "sha256" in one for one in outputs
    )
    return named and isinstance(document["made_from"], dict)


def verify(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Return the manifest and what differs from it: files that are absent, altered, or that nobody wrote."""
    manifest, folder = manifest_of(folder), named(folder)
    listed = {output["name"]: output for output in manifest["outputs"]}
    problems = []
    for name, output in sorted(listed.items()):
        try:
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != output["sha256"]:
                    problems.append(Problem(f"{folder.name}/{name}", None, None, "output-altered", "was altered after it was published"))
        except OSError:
            problems.append(Problem(f"{folder.name}/{name}", None, None, "output-absent", "is listed in the manifest and is not there"))
    message = "was not written by the run; move it elsewhere"
    unknown = sorted(_unknown(folder, {*listed, MANIFEST}, _folders_of(listed)))
    problems += [Problem(f"{folder.name}/{name}", None, None, "output-unknown", message) for name in unknown]
    if manifest.get("digest") != digest(manifest):
        problems.append(Problem(f"{folder.name}/{MANIFEST}", None, None, "manifest-altered", "was altered after it was published"))
    return manifest, problems


def _unknown(folder: Path, files: set[str], folders: set[str], below: str = "") -> Iterator[str]:
    """Yield what lies in a folder and is neither one of the files nor one of the folders; an unknown folder once, as a whole."""
    for entry in (folder / below).iterdir():
        name = f"{below}/{entry.name}" if below else entry.name
        if name in folders and entry.is_dir() and not entry.is_symlink():
            yield from _unknown(folder, files, folders, name)
        elif name not in files:
            yield name


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a file's content, as a manifest has it."""
    return hashlib.sha256(content).hexdigest()


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document, without the member `digest` that may hold it."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
