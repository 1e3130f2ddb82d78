"""The rows of an answer as one CSV file: whole or not at all, for its owner alone, never over what stands there unasked."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from vip_tiering.base.disk import stands, sync, writing
from vip_tiering.base.errors import OutputError
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.tiers.job import would_be_read


def refuse_place(path: Path | None, inputs: Sequence[str | Path] = (), *, replace: bool) -> None:
    """Raise OutputError where a file must not be written, before anything is computed.

    It stands there already and `replace` is not set; it would lie in a folder that was published, which would be altered by it; it
    is one of the `inputs` (files, folders, globs), or would be read as one of them the next time.
    """
    if path is None:
        return
    with writing(path):
        target = path.resolve()
        if any(manifests.is_manifest(manifests.read_document(folder)) for folder in target.parents):
            raise OutputError(f"{path}: lies inside a published folder, which is never touched; choose another --out")
        if any(target == Path(one).resolve() or would_be_read(target, Path(one)) for one in filter(None, map(str, inputs))):
            raise OutputError(f"{path}: lies among what is read; choose another --out")
        _refuse_standing(path, replace=replace)


def write_table(path: Path, columns: Mapping[str, pa.Array | pa.ChunkedArray], *, replace: bool) -> None:
    """Write columns as a CSV. Raises OutputError where the disk refuses, and where something stands there and `replace` is not set."""
    staging = path.with_name(f".staging-{path.name}")
    with writing(path):
        try:
            staging.unlink(missing_ok=True)  # what a killed command left
            with os.fdopen(os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
                write_csv(columns, sink)
            sync(staging)
            _refuse_standing(path, replace=replace)
            staging.rename(path)
        except BaseException:
            staging.unlink(missing_ok=True)
            raise
        with suppress(OSError):  # it stands there
            sync(path.parent)


def _refuse_standing(path: Path, *, replace: bool) -> None:
    if not replace and stands(path):
        raise OutputError(f"{path}: stands there already; choose another --out, or write over it with --replace")
