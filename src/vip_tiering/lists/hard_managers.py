"""The hard rules for the files of managers: all rows of a list, each in the file of its own manager, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.arrow import one_array
from vip_tiering.errors import Problem
from vip_tiering.lists.claims import Export, repeated
from vip_tiering.lists.file_names import safe_names
from vip_tiering.lists.findings import finding
from vip_tiering.lists.written import Part

Owners = set[tuple[str, str]]
"""Branch and manager of rows."""


def check_managers(export: Export) -> Iterator[Problem]:
    """Yield files of managers that hold other rows than the lists, or rows of somebody else."""
    for part in export.parts:
        files = [file for of_channel in part.managers.values() for file in of_channel]
        owners = {file: _owners(part.tables[file]) for file in files}
        everybody = set().union(*owners.values(), *(_owners(part.tables[file]) for file in _for_people(part, export)))
        places = _places(everybody)
        for file, found in owners.items():
            if any(places[owner] != _place_of(file, private=part.private) for owner in found):
                yield finding(part.shown(file), "manager-folder")
        for file in _for_people(part, export):
            channel = file.removesuffix(".csv")
            if not _same_rows(part.tables[file], [part.tables[one] for one in part.managers.get(channel, ())]):
                yield finding(part.shown(file), "manager-rows")


def _for_people(part: Part, export: Export) -> list[str]:
    """Return the lists that are split by manager."""
    return [file for code, files in part.lists.items() if not export.books.books.channels[code].public for file in files]


def _owners(table: pa.Table) -> Owners:
    """Return whose rows a table holds."""
    branch, manager = (one_array(table[name].dictionary_encode()) for name in ("branch", "manager"))
    key = branch.indices.to_numpy().astype(np.int64) * max(1, len(manager.dictionary)) + manager.indices.to_numpy()
    pairs = [divmod(one, len(manager.dictionary)) for one in np.unique(key).tolist()]
    return {(branch.dictionary[first].as_py(), manager.dictionary[second].as_py()) for first, second in pairs}


def _places(owners: Owners) -> dict[tuple[str, str], str]:
    """Return the name of the folder, or file, of each branch and manager."""
    branches = safe_names({branch for branch, _ in owners})
    managers = {branch: safe_names({manager for one, manager in owners if one == branch}) for branch in branches}
    return {(branch, manager): f"{branches[branch]}/{managers[branch][manager]}" for branch, manager in owners}


def _place_of(file: str, *, private: bool) -> str:
    """Return what a file's own name says: BRANCH/MANAGER."""
    inner = file.removeprefix("branches/")
    return inner.removesuffix(".csv") if private else inner.rpartition("/")[0]


def _same_rows(listed: pa.Table, shares: list[pa.Table]) -> bool:
    """Tell whether tables together hold the rows of a list, in whatever order, cell by cell."""
    if not shares:
        return len(listed) == 0
    together = pa.concat_tables(shares)
    at = pc.index_in(one_array(together["customer_id"]), value_set=one_array(listed["customer_id"]))
    if len(together) != len(listed) or at.null_count or repeated(at.to_numpy().astype(np.int64)).any():
        return False
    return bool(listed.take(at).combine_chunks().equals(together.combine_chunks()))
