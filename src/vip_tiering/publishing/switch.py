"""Several names of one or two folders that change at once (semantics 6.6).

Everything is staged under names that begin with `.staging-`, then a journal says what is renamed to what, then it is renamed, then the
journal is gone. Whoever takes the lock next completes what a journal says. What stands in the way goes aside first, and is
removed last, so that every rename can be taken back.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vip_tiering.base.disk import stands, sync, write_new
from vip_tiering.base.errors import OutputError
from vip_tiering.publishing.manifests import json_bytes, lies_within

JOURNAL: Final = ".vip.journal"
"""In the first of the folders; while it stands there nothing that is staged may be removed."""
STAGING: Final = ".staging-"
SUPERSEDED: Final = ".superseded"
"""Beside the folders: where those lie that another one replaced."""
_SCHEMA: Final = "vip-tiering journal"
_ATTEMPTS: Final = 20


@dataclass(frozen=True)
class _Change:
    """One name that changes: what stands at `target` goes `aside`, then `staged` takes its name; None where there is none."""

    target: Path
    staged: Path | None
    aside: Path | None

    @property
    def paths(self) -> list[Path]:
        return [path for path in (self.target, self.staged, self.aside) if path is not None]

    def make(self) -> None:
        """Rename what was not renamed yet. Raises OSError where the disk refuses."""
        if self.staged is not None and not stands(self.staged):
            return
        if self.aside is not None and not stands(self.aside) and stands(self.target):
            self.target.rename(self.aside)
        if self.staged is not None:
            self.staged.rename(self.target)

    def take_back(self) -> None:
        """Rename back what was renamed. Raises OSError where the disk refuses."""
        if self.staged is not None and not stands(self.staged) and stands(self.target):
            self.target.rename(self.staged)
        if self.aside is not None and stands(self.aside) and not stands(self.target):
            self.aside.rename(self.target)


class Switch:
    """Names that change at once in `roots`, of which the first holds the journal; the caller holds the locks of all of them.

    Nothing changes before `commit`. What is staged and not committed is removed by `swept`.
    """

    def __init__(self, *roots: Path, changes: Iterable[_Change] = ()) -> None:
        """Begin a switch of nothing, or of what a journal says."""
        self._roots = roots
        self._changes = [*changes]

    def put(self, staged: Path, target: Path, *, keep: bool = False) -> None:
        """Give `staged` the name `target`; what stands there goes to `.superseded` where it is to be kept, else away.

        Raises OSError where the disk refuses to say what stands there.
        """
        aside = None
        if stands(target):
            aside = _place_in_attic(target) if keep else staged.with_name(f"{staged.name}-before")
        self._changes.append(_Change(target, staged, aside))

    def supersede(self, target: Path) -> None:
        """Move a folder into `.superseded` beside it, under a number of its own."""
        self._changes.append(_Change(target, None, _place_in_attic(target)))

    def write(self, root: Path, name: str, content: bytes) -> None:
        """Give the file `name` below a root another content; 0600. Raises OSError where the disk is full or refuses."""
        staged = root / f"{STAGING}{len(self._changes)}-{Path(name).name}"
        write_new(staged, content)
        self.put(staged, root / name)

    def commit(self) -> None:
        """Make all names change at once. Raises OSError where the disk refuses, with everything as it was.

        Where it does not even take back, and where the process is killed, the journal stands and the next lock completes it.
        """
        if not self._changes:
            return
        journal = self._roots[0] / JOURNAL
        made: list[Path] = []
        try:
            self._make_folders(made)
            for root in self._roots:
                sync(root)
            staged = journal.with_name(f"{STAGING}journal")
            write_new(staged, json_bytes(self._document()))
            staged.rename(journal)
            sync(journal.parent)
            self.complete()
        except BaseException:
            if stands(journal):
                self._take_back()
            for folder in reversed(made):
                with suppress(OSError):  # it holds others
                    folder.rmdir()
            raise

    def complete(self) -> None:
        """Rename whatever the journal says and was not renamed yet, and remove the journal. Raises OSError where the disk refuses."""
        for change in self._changes:
            change.make()
        for folder in self._folders():
            sync(folder)
        self._end()

    def refuse_gaps(self) -> None:
        """Raise OutputError where something that the journal names is gone, so that it can be neither completed nor taken back."""
        for change in self._changes:
            if not any(map(stands, change.paths)):
                message = f"a change was begun here and {change.target} is gone; restore the folder from a backup, hidden files too"
                raise OutputError(f"{self._roots[0] / JOURNAL}: {message}")

    def _take_back(self) -> None:
        for change in reversed(self._changes):
            change.take_back()
        for folder in self._folders():
            with suppress(OSError):  # the disk that failed before; what failed is told
                sync(folder)
        self._end()

    def _end(self) -> None:
        journal = self._roots[0] / JOURNAL
        journal.unlink()
        with suppress(OSError):  # a journal that comes back finds everything done
            sync(journal.parent)

    def _folders(self) -> list[Path]:
        return sorted({path.parent for change in self._changes for path in change.paths})

    def _make_folders(self, made: list[Path]) -> None:
        """Make the folders into which something is renamed, and note those that were not there. Raises OutputError for a link."""
        for folder in self._folders():
            refuse_link(folder)
            if not stands(folder):
                folder.mkdir(mode=0o700)
                made.append(folder)

    def _document(self) -> dict[str, Any]:
        first = self._roots[0]
        names = [{name: self._place(path) for name, path in vars(change).items()} for change in self._changes]
        return {"schema": _SCHEMA, "folders": [os.path.relpath(root, first) for root in self._roots], "changes": names}

    def _place(self, path: Path | None) -> list[Any] | None:
        if path is None:
            return None
        number = next(number for number, root in enumerate(self._roots) if path.is_relative_to(root))
        return [number, path.relative_to(self._roots[number]).as_posix()]


def _place_in_attic(target: Path) -> Path:
    """Return a free name for a folder in `.superseded` beside it. Raises OutputError where that is a link."""
    attic, number = target.parent / SUPERSEDED, 1
    refuse_link(attic)
    while stands(attic / f"{target.name}-{number}"):
        number += 1
    return attic / f"{target.name}-{number}"


def begun_in(out: Path) -> tuple[Switch, list[Path]] | None:
    """Return the switch of which a journal in a folder tells, and the other folders that it changes; None where there is none.

    Raises OSError where it cannot be read, OutputError where no program wrote it like this.
    """
    try:
        content = (out / JOURNAL).read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(content)
        roots = [out, *(Path(os.path.normpath(out / one)) for one in document["folders"][1:])]
        known = {_SCHEMA: document["changes"]}[document["schema"]]
        changes = [_Change(**{name: _path_of(place, roots) for name, place in one.items()}) for one in known]
    except (ValueError, LookupError, TypeError, AttributeError):
        raise OutputError(f"{out / JOURNAL}: is not as this program writes it; restore the folder from a backup") from None
    return Switch(*roots, changes=changes), roots[1:]


def _path_of(place: list[Any] | None, roots: Sequence[Path]) -> Any:  # noqa: ANN401 (as it stands in a file)
    """Return what a journal means by a place. Raises ValueError for one outside of the folders."""
    if place is None:
        return None
    number, name = place
    if not lies_within(name):
        raise ValueError(number)
    return roots[number] / name


def refuse_link(folder: Path) -> None:
    """Raise OutputError for a folder that is a symbolic link: what is written through it would lie where nobody expects it."""
    if folder.is_symlink():
        raise OutputError(f"{folder}: is a symbolic link; name the folder that it leads to, or put a folder of its own there")


def swept(out: Path) -> None:
    """Remove what was staged in a folder and is not needed by a journal. The caller holds the lock, so no live run owns it."""
    for _ in range(_ATTEMPTS):
        with suppress(OSError):  # what the disk refuses once more harms nobody, and the next lock tries again
            if stands(out / JOURNAL):
                return
            for stale in out.glob(f"{STAGING}*"):
                if stale.is_dir() and not stale.is_symlink():
                    _remove(stale)
                else:
                    stale.unlink(missing_ok=True)
            return


def _remove(staging: Path) -> None:
    """Remove a staging folder, also where a thread that nobody waits for still writes into it."""
    for _ in range(_ATTEMPTS):
        if not staging.exists():
            return
        shutil.rmtree(staging, ignore_errors=True)
