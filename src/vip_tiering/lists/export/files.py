"""The files of an export: which tables go into which, and how each is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.quarter import Quarter
from vip_tiering.base.schema import LIST_FIELDS, ON_SCREEN_ALONE, PERSONAL_MESSAGE_FIELDS, RESULT_CODES, SHEET_FIELDS
from vip_tiering.lists.export.day import DayLists
from vip_tiering.lists.export.people_list import ARRANGE_BY
from vip_tiering.lists.export.profiles import DEFAULT_PROFILE, profile_writers
from vip_tiering.lists.selection.events import Window
from vip_tiering.lists.selection.memory import NOTHING, Memory
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.profiles import Profile
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.folders import Writer
from vip_tiering.publishing.workbook import Choice, Look, write_workbook
from vip_tiering.rules.calendar import CalendarFile
from vip_tiering.rules.extracts import Aliases

BRANCHES: Final = "branches"
CHANNEL: Final = "channel"
LONGEST_WORKBOOK: Final = 20_000
"""A manager's workbook with more rows is of no use to anybody; the CSV has them all."""
_WIDTHS: Final = {
    "rank": 5, "due_by": 11, "tier_change": 11, "last_contact": 11, "why": 30, "product": 14, "contact_by": 6, "due_date": 11,
    "lacking": 40, "may_offer": 14, "household": 30, "result": 9, "obstacle": 10, "note": 12, "text": 60, "wechat_id": 12,
}  # fmt: skip
"""So that a manager's day is read on paper, A4 across; what is not printed is wide, so that rows stay low."""
_LAST_IN_SIGHT: Final = "display_name"
"""Names stay in sight while results are filled in."""
_PRIVATE_MARK: Final = "（私密）"
_PRIVATE_FOOTER: Final = "私密，仅限本人"
"""So that nobody takes the one workbook for the other."""
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


@dataclass(frozen=True)
class _Title:
    """What stands above a sheet: the day, and of which quarter its figures are."""

    on: dt.date
    quarter: Quarter
    private: bool = False

    def of(self, sheet: str, owner: Sequence[str]) -> str:
        """Return such as 今日联系  朝阳支行  朝01  2016年1月5日（数据：2015年第4季度，截至12月31日，单位：元）."""
        on, end = self.on, self.quarter.end
        mark = _PRIVATE_MARK if self.private else ""
        data = f"（数据：{end.year}年第{self.quarter.number}季度，截至{end.month}月{end.day}日，单位：元）"
        return "  ".join((f"{sheet}{mark}", *owner, f"{on.year}年{on.month}月{on.day}日{data}"))


def export_files(lists: DayLists, profiles: Sequence[Profile], books: Playbooks, on: dt.date, quarter: Quarter) -> ExportFiles:
    """Return the files of an export of a day. `quarter`: that of the run, whose figures they hold."""
    title = _Title(on, quarter)
    open_files: dict[str, Writer] = {
        "suppressed.csv": _csv(lists.suppressed[0]),
        "contacts.csv": _csv(lists.contacts[0]),
        **{f"{code}.csv": _csv(pair[0]) for code, pair in lists.lists.items()},
    }
    for profile in profiles:
        for code in profile.channels:
            table = lists.messages[code] if code in lists.messages else _of_channel(lists.sheets[0], code)
            name, offered = _name(profile, code), _offered(books, code)
            open_files |= profile_writers(profile, table, code, private=False, name=name, offered=offered)
    own, long = _of_managers(lists.sheets[0], books, title)
    of_branches = _of_branches(lists.sheets[0], books, title)
    return ExportFiles(open_files | own | of_branches, _private_files(lists, profiles, books, title), long)


def _private_files(lists: DayLists, profiles: Sequence[Profile], books: Playbooks, title: _Title) -> dict[str, Writer]:
    """Return the files that only a manager may see: one for each, with the rows of all channels; none where there is nothing."""
    people = lists.sheets[1]
    if not len(people) and not len(lists.suppressed[1]):
        return {}
    own, _ = _of_managers(people, books, replace(title, private=True))
    files: dict[str, Writer] = {"suppressed.csv": _csv(lists.suppressed[1]), "contacts.csv": _csv(lists.contacts[1]), **own}
    for profile in profiles:
        if not profile.mass_send and profile.per == "manager":  # nobody but the manager may see them
            for code in profile.channels:
                if code in lists.lists and len(rows := _of_channel(people, code)):
                    name = _name(profile, code)
                    files |= profile_writers(profile, rows, code, private=True, name=name, offered=_offered(books, code))
    return files


def _of_managers(people: pa.Table, books: Playbooks, title: _Title) -> tuple[dict[str, Writer], list[str]]:
    """Return the files of each manager, and whose rows are too many for a workbook: a CSV, and the sheet of the day."""
    files: dict[str, Writer] = {}
    long = []
    shares = _by_manager(people)
    for owner, place in _places(shares).items():
        rows = shares[owner]
        files[f"{BRANCHES}/{place}.csv"] = _csv(rows.select([CHANNEL, *LIST_FIELDS, *PERSONAL_MESSAGE_FIELDS]), books.headers)
        if len(rows) > LONGEST_WORKBOOK:
            long.append("/".join(owner))
        else:
            files[f"{BRANCHES}/{place}.xlsx"] = _day_sheet(rows, SHEET_FIELDS, owner, books, title)
    return files, long


def _of_branches(people: pa.Table, books: Playbooks, title: _Title) -> dict[str, Writer]:
    """Return the sheet of the day of each branch's head: the rows of all its managers, one after the other."""
    owners = people["branch"].to_pandas()
    names = safe_names(owners.unique())
    fields = ("manager", *SHEET_FIELDS)
    return {
        f"{BRANCHES}/{names[branch]}.xlsx": _day_sheet(people.take(pa.array(rows)), fields, (branch,), books, title)
        for branch, rows in owners.groupby(owners).indices.items()
        if len(rows) <= LONGEST_WORKBOOK
    }


def _day_sheet(rows: pa.Table, fields: Sequence[str], owner: Sequence[str], books: Playbooks, title: _Title) -> Writer:
    """Return how the sheet of a day is written; what is sent by hand has its columns where there is any."""
    rows = rows.set_column(rows.column_names.index("phone"), "phone", rows[ARRANGE_BY])
    empty = [name for name in PERSONAL_MESSAGE_FIELDS if pc.all(pc.equal(rows[name], "")).as_py()]
    table = rows.select([name for name in fields if name not in empty])
    frozen = table.column_names.index(_LAST_IN_SIGHT) + 1
    footer = _PRIVATE_FOOTER if title.private else ""
    look = Look(title.of(books.day_sheet, owner), _WIDTHS, ON_SCREEN_ALONE, frozen, footer, {"result": _choices(rows, books)})
    return lambda sink: write_workbook({books.day_sheet: table}, books.headers, sink, _offered(books), look=look)


def _choices(rows: pa.Table, books: Playbooks) -> list[Choice]:
    """Return the results that a sheet offers, for each stretch of rows of one channel."""
    channels = rows[CHANNEL].to_pandas()
    ends = [*np.flatnonzero(channels != channels.shift()).tolist(), len(rows)]
    words = {code: _offered(books, code)["result"] for code in channels.unique()}
    return [Choice(words[channels[first]], first, end - 1) for first, end in pairwise(ends)]


def _of_channel(people: pa.Table, channel: str) -> pa.Table:
    """Return the rows of a channel with every field that a profile may take."""
    return people.filter(pc.equal(people[CHANNEL], channel)).drop_columns([CHANNEL])


def _offered(books: Playbooks, channel: str | None = None) -> dict[str, Sequence[str]]:
    """Return the words that workbooks offer, by field; of results those that fit the channel, where one is meant."""
    results = (books.channels[channel].results if channel is not None else None) or RESULT_CODES
    return {"result": books.customers.every_word("result", results), "obstacle": books.customers.obstacles or []}


def _name(profile: Profile, channel: str) -> str:
    """Return the name of a profile's file: the default's messages have that of their channel alone."""
    return channel if profile.code == DEFAULT_PROFILE else f"{channel}-{profile.code}"


def _csv(table: pa.Table, headers: Mapping[str, str] | None = None) -> Writer:
    """Return how a table is written as CSV, with other headers where they are given."""

    def write(sink: IO[bytes]) -> int:
        columns = {(headers or {}).get(name, name): table[name] for name in table.column_names}
        return write_csv(columns, sink)

    return write


def _by_manager(people: pa.Table) -> dict[Owner, pa.Table]:
    """Return the rows of each branch and manager, sorted by both; the rows are sorted like this."""
    of_owner = people.select(["branch", "manager"]).to_pandas().groupby(["branch", "manager"]).indices
    return {owner: people.slice(int(rows[0]), len(rows)) for owner, rows in sorted(of_owner.items())}


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
