"""One command at a time in an output folder, which is ours alone; whoever comes next completes what a killed one began."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from vip_tiering.base.disk import writing
from vip_tiering.base.errors import LockedError, OutputError
from vip_tiering.publishing import manifests
from vip_tiering.publishing.switch import begun_in, refuse_link, swept

LOCK: Final = ".vip.lock"
"""What `locked` leaves in a folder; a folder with nothing else is empty."""
HOLDER: Final = ".vip.holder"
"""Says who holds the lock, while it is held."""


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of an output folder, creating it where needed; afterwards an empty folder that we made is gone.

    What a killed command began is completed first, and what is staged is swept before and after.
    Raises LockedError where another command holds it, OutputError where the folder cannot be made, or is not ours alone.
    """
    with writing(out):
        refuse_link(out)
        _refuse_published(out)
        made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        with writing(out):
            out.mkdir(parents=True, exist_ok=True, mode=0o700)
            _refuse_open_to_all(out)
        with _held(out):
            with writing(out):
                _complete(out)
            swept(out)
            try:
                yield
            finally:
                swept(out)
                with suppress(OSError):
                    if made and not {entry.name for entry in out.iterdir()} - {LOCK, HOLDER}:
                        (out / LOCK).unlink(missing_ok=True)
    finally:
        for folder in made:
            with suppress(OSError):  # it holds what was published, or was never made
                folder.rmdir()


def settle(folder: Path) -> None:
    """Complete what a killed command began beside a folder that is to be read; nothing happens where there is no journal.

    A folder in which another command works, or where nobody may write, is read as it is.
    """
    parent = manifests.named(folder).parent
    with suppress(OSError, OutputError, LockedError):
        if begun_in(parent) is not None:
            with locked(parent):
                pass


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold the lock file of a folder, and say in it who does."""
    lock = FileLock(out / LOCK, mode=0o600)
    with writing(out):
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise LockedError(f"{out}: another run is working here{_holder(out)}; wait until it has ended") from None
    try:
        with suppress(OSError):  # it is for people only, and a disk that refuses it stops nobody
            holder = {"command": _command(), "process": os.getpid(), "host": os.uname().nodename, "since": _now()}
            (out / HOLDER).write_text(json.dumps(holder), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            (out / HOLDER).unlink(missing_ok=True)
        lock.release()


def _complete(out: Path) -> None:
    """Complete what a journal says, in all folders of which it tells. Raises OSError where the disk refuses."""
    begun = begun_in(out)
    if begun is None:
        return
    switch, others = begun
    with ExitStack() as locks:
        for other in others:
            if not other.is_dir():
                raise OutputError(f"{other}: is not there, and a change that was begun in {out} belongs to it; bring it back")
            locks.enter_context(_held(other))
        switch.refuse_gaps()
        switch.complete()
        for other in others:
            swept(other)


def _refuse_published(out: Path) -> None:
    """Refuse a folder that was published, or lies in one: it would no longer be as it was. Raises OSError where the disk refuses."""
    for folder in (out, *out.resolve().parents):
        with suppress(PermissionError):  # somebody else's, and no folder of ours
            if manifests.is_manifest(manifests.read_document(folder)):
                what = "is a published folder itself" if folder == out else f"lies in {folder.name}, a published folder"
                raise OutputError(f"{out}: {what}; choose a folder beside it")


def _refuse_open_to_all(out: Path) -> None:
    """Refuse a folder into which everybody may put what a later run would take for ours; a group is fine."""
    if out.stat().st_mode & stat.S_IWOTH:
        raise OutputError(f"{out}: everybody may write here; take that away with chmod o-w {out}, or choose another folder")


def _holder(out: Path) -> str:
    """Return who holds a lock, for people; nothing where it does not say."""
    try:
        holder = json.loads((out / HOLDER).read_bytes())
        return ": {command}, process {process} on {host}, since {since}".format_map(holder)
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _command() -> str:
    """Return what is running, as people call it: the command's own words, without paths or options."""
    program = Path(sys.argv[0])
    if program.name != "vip" and program.parts[-2:] != ("vip_tiering", "__main__.py"):
        return program.name
    typed = (word for word in sys.argv[1:] if not word.startswith("-"))
    return " ".join(["vip", *takewhile(re.compile("[a-z]+").fullmatch, [*typed][:2])])


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
