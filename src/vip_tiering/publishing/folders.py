"""Folders that appear whole or not at all: staged beside the target, durable, then switched; and what stands there already."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any, Final

from vip_tiering.base.disk import stands, sync, writing
from vip_tiering.base.errors import NAMED_FILES, DataError, OutputError, Problem, ProofError, first_of
from vip_tiering.base.threads import threads
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import locked
from vip_tiering.publishing.manifests import MANIFEST
from vip_tiering.publishing.switch import STAGING, SUPERSEDED, Switch, swept

Writer = Callable[[IO[bytes]], int]
"""Writes the content of one file and returns its number of rows."""
Check = Callable[[Path], Sequence[Problem]]
"""Looks at a staging folder and returns what is wrong."""
_WORDS: Final = {
    "inputs": "extracts",
    "previous": "run of the quarter before",
    "last_year": "run of the year before",
    "months": "runs of months",
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


def publish(
    out: Path,
    name: str,
    writers: dict[str, Writer],
    document: Mapping[str, Any],
    *,
    replace: bool,
    beside: Mapping[Path, Path] | None = None,
    check: Check | None = None,
) -> Path:
    """Write the files, then the manifest, into `out/name`: whole, durable and private (semantics 6.4).

    With `replace` a folder that stands there moves to `.superseded`. `beside`: what was staged in `out` and appears at the same moment,
    with its place there; what it takes the place of goes. The caller holds the lock; all else is as for `staged`.
    Raises OutputError where the disk is full or refuses, leaving everything as it was, ProofError as `staged` does.
    """
    target = out / name
    try:
        with writing(target):
            if not replace and stands(target):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            switch = Switch(out)
            switch.put(staged(out, name, writers, document, check), target, keep=True)
            for staging, place in (beside or {}).items():
                switch.put(staging, place)
            switch.commit()
    finally:
        swept(out)
    return target


def staged(out: Path, name: str, writers: dict[str, Writer], document: Mapping[str, Any], check: Check | None = None) -> Path:
    """Write the files of `out/name`, then its manifest, into a staging folder, durable and private, and return that.

    `document`: the manifest, but for its outputs and its own digest. A file may lie in folders of its own, such as
    `branches/朝阳支行/calls.csv`. The caller holds the lock. `check` looks at what was written before anybody else can. The
    writers are gone afterwards, each as soon as it has written, for they may hold what memory is short of.
    Raises OSError where the disk is full or refuses, ProofError where a name leads elsewhere or `check` finds anything.
    """
    if wrong := [file for file in writers if not manifests.lies_within(file)]:
        raise ProofError(f"{name}: {len(wrong)} of the files to be written would lie outside of it")
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=out))
    within = sorted(manifests.folders_of(writers))
    for folder in within:
        (staging / folder).mkdir(mode=0o700)
    with threads(1) as disk, threads(2) as pool:

        def written(file: str) -> tuple[dict[str, Any], Future[None]]:
            """Write a file; it arrives on the disk while others are written and all are checked."""
            return _write(staging, file, writers.pop(file)), disk.submit(sync, staging / file)

        files = list(pool.map(written, sorted(writers)))
        content = manifests.completed(document, [output for output, _ in files])
        _write(staging, MANIFEST, lambda file: file.write(content))
        if check is not None and (problems := check(staging)):
            raise ProofError(problems)
        for _, arriving in files:
            arriving.result()
    for place in (MANIFEST, *reversed(within), ""):
        sync(staging / place)
    return staging


def remove(out: Path, names: Iterable[str]) -> None:
    """Remove what has these names in a folder, each whole or not at all; one that is not there is no error.

    Raises LockedError where another command works there, OutputError where the disk refuses.
    """
    with locked(out), writing(out):
        for number, name in enumerate(names):
            if stands(out / name):
                (out / name).rename(out / f"{STAGING}away-{number}")  # it is swept as whatever was staged


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


def standing(
    folder: Path, made_from: dict[str, Any], *, replace: bool, differing: Callable[[dict[str, Any]], Sequence[str]] | None = None
) -> Path | None:
    """Return `folder` where it holds the same intact run already, None where the way is free.

    `differing`: says of another run's manifest which inputs differ, and how.
    Raises OutputError where something else stands there: another run (it says what differs), one that was altered, or
    no run at all.
    """
    try:
        with writing(folder):
            if not stands(folder):
                return None
            found, problems = manifests.compared(folder)
    except DataError:
        raise OutputError(f"{folder}: something that is not a run of this program stands there; move it away") from None
    same = found["identity"] == manifests.digest(made_from)
    if same and not problems:
        return folder
    if replace:
        return None
    if problems:
        raise OutputError([*map(str, problems), f"{folder}: stands there and was altered; --replace moves it to {SUPERSEDED}"])
    raise OutputError(f"{folder}: {_refusal(found['made_from'], made_from, differing(found) if differing else ())}")


def _refusal(found: Mapping[str, Any], wanted: Mapping[str, Any], inputs: Sequence[str]) -> str:
    """Return why a folder made from `found` stays, and what would replace it. `inputs`: those that differ, and how."""
    differs = list(dict.fromkeys(_differences(found, wanted)))
    if differs == ["results"]:
        # The usual case, and no mistake: the same command once more after the first results of the day came in.
        return (
            "results were recorded since these lists were made; the lists that were handed out stand, and --replace is only needed to "
            "make other lists of the day"
        )
    if inputs:
        extracts = _WORDS["inputs"]
        differs = [f"{one} ({first_of(inputs, NAMED_FILES)})" if one == extracts else one for one in differs]
    plain = [one for one in differs if not one.startswith("--")]
    things = [f"from {'another' if plain[0].startswith('run ') else 'other'} {', '.join(plain)}"] if plain else []
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
