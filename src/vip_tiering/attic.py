"""What a published folder replaces lies in an attic beside it, and comes back where the new one is not to stand after all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SUPERSEDED: Final = ".superseded"
STAGING: Final = ".staging-"
"""What begins like this is not published, or not any more; what a run that was killed left of it is swept by `folders.locked`."""


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
