"""The rows of an answer as one CSV file, where it may lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from vip_tiering.base.disk import writing
from vip_tiering.base.errors import OutputError
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.one_file import refuse_published, refuse_standing, write_file
from vip_tiering.tiers.job import would_be_read


def refuse_place(path: Path | None, inputs: Sequence[str | Path] = (), *, replace: bool) -> None:
    """Raise OutputError where a file must not be written, before anything is computed.

    It stands there already and `replace` is not set; it would lie in a folder that was published, which would be altered by it; it
    is one of the `inputs` (files, folders, globs), or would be read as one of them the next time.
    """
    if path is None:
        return
    refuse_published(path)
    with writing(path):
        target = path.resolve()
        if any(target == Path(one).resolve() or would_be_read(target, Path(one)) for one in filter(None, map(str, inputs))):
            raise OutputError(f"{path}: lies among what is read; choose another --out")
    refuse_standing(path, replace=replace)


def write_table(path: Path, columns: Mapping[str, pa.Array | pa.ChunkedArray], *, replace: bool) -> None:
    """Write columns as a CSV. Raises OutputError where the disk refuses, and where something stands there and `replace` is not set."""
    write_file(path, lambda sink: write_csv(columns, sink), replace=replace)
