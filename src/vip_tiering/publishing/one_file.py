"""One file that somebody asks for by its name: whole or not at all, never over what stands there unasked."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from vip_tiering.base.disk import stands, sync, writing
from vip_tiering.base.errors import OutputError
from vip_tiering.publishing import manifests


def refuse_published(path: Path) -> None:
    """Raise OutputError where a file would lie in a folder that was published, which would be altered by it."""
    with writing(path):
        if any(manifests.is_manifest(manifests.read_document(folder)) for folder in path.resolve().parents):
            raise OutputError(f"{path}: lies inside a published folder, which is never touched; choose another --out")


def refuse_standing(path: Path, *, replace: bool) -> None:
    """Raise OutputError where something stands there already and `replace` is not set."""
    with writing(path):
        if not replace and stands(path):
            raise OutputError(f"{path}: stands there already; choose another --out, or write over it with --replace")


def refuse_place(path: Path, *, replace: bool) -> None:
    """Raise OutputError where a file must not be written: it stands there, or would lie in a published folder and alter it."""
    refuse_published(path)
    refuse_standing(path, replace=replace)


def write_file(path: Path, fill: Callable[[IO[bytes]], object], *, replace: bool, mode: int = 0o600) -> None:
    """Write a file by `fill`, for its owner alone unless `mode` says otherwise.

    Raises OutputError where the disk refuses, and where something stands there and `replace` is not set.
    """
    staging = path.with_name(f".staging-{path.name}")
    with writing(path):
        try:
            staging.unlink(missing_ok=True)  # what a killed command left
            with os.fdopen(os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
                fill(sink)
            staging.chmod(mode)
            sync(staging)
            refuse_standing(path, replace=replace)
            staging.rename(path)
        except BaseException:
            staging.unlink(missing_ok=True)
            raise
        with suppress(OSError):  # it stands there
            sync(path.parent)


def write_content(path: Path, content: bytes, *, replace: bool, mode: int = 0o600) -> None:
    """Write a file that holds `content`, as `write_file` does."""
    write_file(path, lambda sink: sink.write(content), replace=replace, mode=mode)
