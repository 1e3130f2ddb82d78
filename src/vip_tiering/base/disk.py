"""What a disk refuses, told with the path: whatever call it refuses, and for whatever reason (semantics 6.6)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vip_tiering.base.errors import DataError, OutputError, Problem

UNREADABLE: Final = "file-unreadable"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let every OSError of the body be an OutputError that names `path`, what was to be written there (semantics 6.6)."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {_reason(error)}") from None


@contextmanager
def reading(name: Path | str) -> Iterator[None]:
    """Let every OSError of the body be a DataError that names what was to be read (semantics 6.6)."""
    try:
        yield
    except OSError as error:
        raise DataError([Problem(str(name), None, None, UNREADABLE, f"cannot be read: {_reason(error)}")]) from None


def is_unreadable(error: DataError) -> bool:
    """Tell whether it was the disk that refused, which says nothing of what is there."""
    return any(isinstance(one, Problem) and one.rule == UNREADABLE for one in error.problems)


def stands(path: Path) -> bool:
    """Tell whether anything has this name, a link that leads nowhere too. Raises OSError where the disk does not tell."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def write_new(path: Path, content: bytes) -> None:
    """Write a file durably and privately; what is left there of a killed command gives way. Raises OSError where the disk refuses."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    sync(path)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have arrived on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    """Return why, in the system's words; a library's own may quote what it read."""
    return error.strerror or "the disk does not give it"
