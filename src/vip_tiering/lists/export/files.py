"""The files of an export: which tables go into which, and how each is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.quarter import Quarter
from vip_tiering.base.schema import LIST_FIELDS, PERSONAL_MESSAGE_FIELDS, RESULT_CODES
from vip_tiering.lists.export.day import DayLists
from vip_tiering.lists.export.profiles import DEFAULT_PROFILE, profile_writers
from vip_tiering.lists.selection.events import Window
from vip_tiering.lists.selection.memory import NOTHING, Memory
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.profiles import Profile
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import write_workbook
from vip_tiering.rules.calendar import CalendarFile
from vip_tiering.rules.extracts import Aliases

BRANCHES: Final = "branches"
CHANNEL: Final = "channel"
LONGEST_WORKBOOK: Final = 20_000
"""A manager's workbook with more rows is of no use to anybody; the CSV has them all."""
Owner = tuple[str, str]
"""A branch and a manager."""
SCHEMA_VERSION: Final = 1
"""Form of the manifest."""
EXPORT: Final = "vip-tiering export"
PRIVATE: Final = "vip-tiering private export"
PRIVATE_SUFFIX: Final = ".private"


@dataclass(frozen=True)
class ExportFiles:
    """How every file is written, but for the manifests; and whose lists are too long for a workbook."""

    open: dict[str, Writer]
    private: dict[str, Writer]
    without_workbook: list[str]


def export_files(
    lists: DayLists,
    profiles: Sequence[Profile],
    channels: Mapping[str, Channel],
    headers: Mapping[str, str],
    offered: Sequence[str] = RESULT_CODES,
) -> ExportFiles:
    """Return the files of an export.

    `headers`: the Chinese header of each column, for the files that people open; `offered`: the words that a workbook offers
    for a result.
    """
    open_files: dict[str, Writer] = {
        "suppressed.csv": _csv(lists.suppressed[0]),
        "contacts.csv": _csv(lists.contacts[0]),
        **{f"{code}.csv": _csv(pair[0]) for code, pair in lists.lists.items()},
    }
    for profile in profiles:
        for code in profile.channels:
            table = lists.messages[code] if code in lists.messages else lists.lists[code][0]
            open_files |= profile_writers(profile, table, code, private=False, name=_name(profile, code), offered=offered)
    by_manager = _by_manager({code: pair[0] for code, pair in lists.lists.items() if len(pair[0])})
    places = _places(by_manager)
    long = []
    for owner, tables in by_manager.items():
        folder = f"{BRANCHES}/{places[owner]}"
        open_files |= {f"{folder}/{code}.csv": _csv(table, headers) for code, table in tables.items()}
        if sum(map(len, tables.values())) > LONGEST_WORKBOOK:
            long.append("/".join(owner))
        else:
            open_files[f"{folder}/lists.xlsx"] = _workbook(
                {channels[code].label: table for code, table in tables.items()}, headers, offered
            )
    return ExportFiles(open_files, _private_files(lists, profiles, headers, offered), long)


def _private_files(lists: DayLists, profiles: Sequence[Profile], headers: Mapping[str, str], offered: Sequence[str]) -> dict[str, Writer]:
    """Return the files that only a manager may see: one for each, with the rows of all channels; none where there is nothing."""
    pairs = {code: pair[1] for code, pair in lists.lists.items() if len(pair[1])}
    if not pairs and not len(lists.suppressed[1]):
        return {}
    by_manager = _by_manager(pairs)
    places = _places(by_manager)
    files: dict[str, Writer] = {"suppressed.csv": _csv(lists.suppressed[1]), "contacts.csv": _csv(lists.contacts[1])}
    for owner, tables in by_manager.items():
        files[f"{BRANCHES}/{places[owner]}.csv"] = _csv(_together(tables), headers)
    for profile in profiles:
        if not profile.mass_send and profile.per == "manager":  # nobody but the manager may see them
            for code in profile.channels:
                if code in pairs:
                    files |= profile_writers(profile, pairs[code], code, private=True, name=_name(profile, code), offered=offered)
    return files


def _name(profile: Profile, channel: str) -> str:
    """Return the name of a profile's file: the default's messages have that of their channel alone."""
    return channel if profile.code == DEFAULT_PROFILE else f"{channel}-{profile.code}"


def _csv(table: pa.Table, headers: Mapping[str, str] | None = None) -> Writer:
    """Return how a table is written as CSV, with other headers where they are given."""

    def write(sink: IO[bytes]) -> int:
        columns = {(headers or {}).get(name, name): table[name] for name in table.column_names}
        return write_csv(columns, sink)

    return write


def _workbook(sheets: Mapping[str, pa.Table], headers: Mapping[str, str], offered: Sequence[str]) -> Writer:
    return lambda sink: write_workbook(sheets, headers, sink, offered)


def _together(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return the rows of all channels as one table, the channel first; a column that a channel has not is empty."""
    names = [*LIST_FIELDS, *PERSONAL_MESSAGE_FIELDS]
    parts = []
    for code, table in tables.items():
        columns = {name: table[name] if name in table.column_names else pa.repeat("", len(table)) for name in names}
        parts.append(pa.table({CHANNEL: pa.repeat(code, len(table)), **columns}))
    return pa.concat_tables(parts)


def _by_manager(tables: Mapping[str, pa.Table]) -> dict[Owner, dict[str, pa.Table]]:
    """Return the rows of each branch and manager by channel, sorted by branch and manager; the tables are sorted like this."""
    owners: dict[Owner, dict[str, pa.Table]] = {}
    for code, table in tables.items():
        of_owner = table.select(["branch", "manager"]).to_pandas().groupby(["branch", "manager"]).indices
        for owner, rows in of_owner.items():
            owners.setdefault(owner, {})[code] = table.slice(int(rows[0]), len(rows))
    return dict(sorted(owners.items()))


def _places(owners: Mapping[Owner, object]) -> dict[Owner, str]:
    """Return the folder of each branch and manager, `branch/manager`, as names that every file system takes."""
    branches = safe_names(sorted({branch for branch, _ in owners}))
    managers = {branch: safe_names(sorted(manager for one, manager in owners if one == branch)) for branch in branches}
    return {(branch, manager): f"{branches[branch]}/{managers[branch][manager]}" for branch, manager in owners}


def private_root(out: Path, given: Path | None) -> Path:
    """Return the folder of the private parts: the one `given`, else OUT.private beside OUT."""
    if given is not None:
        return given
    beside = manifests.named(out)
    return beside.with_name(f"{beside.name}{PRIVATE_SUFFIX}")


def rules_digest(books: Playbooks, calendar: CalendarFile, aliases: Aliases | None) -> str:
    """Return the SHA-256 of all rules of an export, however they are written."""
    renumbered = {"aliases": aliases.sha256} if aliases is not None else {}
    return manifests.digest(
        {
            "playbooks": books.file.model_dump(mode="json"),
            "products": {code: one.model_dump(mode="json") for code, one in books.products.items()},
            "channels": {code: one.model_dump(mode="json") for code, one in books.channels.items()},
            "gates": books.gates.model_dump(mode="json"),
            "customers": books.customers.model_dump(mode="json"),
            "profiles": {code: one.model_dump(mode="json") for code, one in books.profiles.items()},
            "headers": books.headers,
            "calendar": calendar.model_dump(mode="json"),
            **renumbered,
        }
    )


def document_of(
    made_from: Mapping[str, Any],
    quarter: Quarter,
    window: Window,
    lists: DayLists,
    books: Playbooks,
    warnings: Sequence[str],
    memory: Memory = NOTHING,
) -> dict[str, Any]:
    """Return the manifest, but for its outputs and its private part. `made_from`: everything that may change the export.

    `memory`: what it names is the note before it (semantics 9.1); no part of the identity, which knows what was remembered itself.
    """
    first, last = window.dates
    return {
        **_head(EXPORT, made_from, quarter, window={"first": str(first), "last": str(last)}),
        "rules": {"name": books.name, "source": books.file.source},
        "actions": {action: one.document for action, one in lists.counts.items()},
        "channels": channel_counts(lists),
        "private": None,
        "memory": {
            "before": memory.head,
            "forgotten_before": str(memory.forgotten_before) if memory.forgotten_before is not None else None,
        },
        "warnings": list(warnings),
    }


def private_document(made_from: Mapping[str, Any], quarter: Quarter) -> dict[str, Any]:
    """Return the manifest of the private part, but for its outputs. It tells of no action: the main manifest counts all."""
    return _head(PRIVATE, made_from, quarter)


def _head(schema: str, made_from: Mapping[str, Any], quarter: Quarter, **members: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return manifests.head(schema, SCHEMA_VERSION, made_from, on=made_from["on"], quarter=str(quarter), status="export", **members)


def channel_counts(lists: DayLists) -> dict[str, dict[str, int]]:
    """Return the rows of every channel, those in private files, and the customers they stand for."""
    counts = {}
    for code, table in lists.messages.items():
        ids = pc.sum(pc.count_substring(table["customer_id"], "|")).as_py() or 0
        counts[code] = {"rows": len(table), "private_rows": 0, "customers": len(table) + ids}
    for code, (open_rows, private_rows) in lists.lists.items():
        counts[code] = {"rows": len(open_rows), "private_rows": len(private_rows), "customers": len(open_rows) + len(private_rows)}
    return counts
