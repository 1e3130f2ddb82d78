"""The job of `vip playbook record`: match what comes back with an export's lists, and keep what came of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import one_array, positions_in, row_keys
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.texts import split_joined
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import EXPORT, PRIVATE
from vip_tiering.lists.export.request import PRIVATE_SUFFIX, private_root
from vip_tiering.lists.followup import matching
from vip_tiering.lists.followup.matching import (
    WRONG_NUMBER,
    Listed,
    MatchedResults,
    barred_rows,
    contradicted,
    listed_of,
    log_rows,
    matched_in,
)
from vip_tiering.lists.followup.returned import parse_returned, read_tables, with_list_headers
from vip_tiering.lists.selection.contact_log import BARRED, CONTACT_LOG, MARK, grown, marks_of, sound_contact_log
from vip_tiering.lists.selection.earlier_exports import CONTACTS, export_days, folders_of, marks_in, read_table
from vip_tiering.lists.selection.facts import REFUSALS
from vip_tiering.lists.verification.read_back import ListPart, read_part
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.manifests import json_bytes, manifest_of


@dataclass(frozen=True)
class RecordOrder:
    """What `vip playbook record` was asked to do. `on`: the day of contacts whose row has none; default: that of the export."""

    export: Path
    results: tuple[Path, ...]
    rules: Path | None = None
    private_out: Path | None = None
    on: dt.date | None = None
    dry_run: bool = False
    max_bytes: str = "4G"

    @property
    def out(self) -> Path:
        """The folder of the exports; one that was replaced lies in `.superseded` there."""
        place = manifests.named(self.export).resolve() if self.export.is_symlink() else manifests.named(self.export)
        parent = manifests.named(place.parent)
        return parent.parent if parent.name == folders.SUPERSEDED else place.parent

    @property
    def private_root(self) -> Path:
        """The folder of the private parts."""
        return private_root(self.out, self.private_out)


@dataclass(frozen=True)
class RecordResult:
    """What came of it.

    `contacts`: results that are new in the log, by word; `known`: those that stood there already;
    `barred`: new do-not-contact entries; `files`: what was written, nothing where all was known.
    """

    contacts: dict[str, int]
    known: int
    barred: int
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def playbook_record(order: RecordOrder) -> RecordResult:
    """Keep what came of an export's lists. The same files again change nothing; a row that is wrong refuses all of them."""
    _, books = rules_with_playbooks(order.rules)
    manifest = manifests.manifest_of(order.export)
    _refuse_other(order, manifest)
    _refuse_place_and_day(order, manifest)
    with folders.locked(order.out), folders.locked(order.private_root):
        return _record(order, books, manifest)


def _refuse_other(order: RecordOrder, manifest: dict[str, Any]) -> None:
    """Refuse a folder that is no open part of an export, and say which one to name."""
    if manifest.get("schema") == EXPORT:
        return
    folder = manifests.named(order.export)
    message = "is no export of vip playbook export; name a folder such as lists/2016-01-05"
    if manifest.get("schema") == PRIVATE:
        root = folder.parent.name.removesuffix(PRIVATE_SUFFIX)
        beside = f"{root}/{manifest['on']}" if root != folder.parent.name else f"lists/{manifest['on']}"
        message = f"is the private part of an export; name the open one, such as {beside}, and the private part is found by it"
    raise DataError([Problem(folder.name, None, None, "export-manifest", message)])


def _refuse_place_and_day(order: RecordOrder, manifest: dict[str, Any]) -> None:
    """Refuse a copy of an export, whose results no later export would read, and a day that cannot be that of a contact."""
    if not (order.out / folders.LOCK).exists():
        message = "lies where no export was made, so that no later one would know of its results; name it where it was made"
        raise DataError([Problem(order.export.name, None, None, "export-manifest", message)])
    if order.on is not None and not manifest["on"] <= str(order.on) <= str(dt.date.today()):  # noqa: DTZ011 (the branch's day)
        raise UsageError(f"--on: must be a day from {manifest['on']}, that of the export, to today")


def _parts(order: RecordOrder, manifest: dict[str, Any]) -> list[Path]:
    """Return the folders of an export, the private one found by its digest: both may have been replaced since.

    Raises DataError where the private one is not there.
    """
    if not manifest.get("private"):
        return [order.export]
    root, day = order.private_root, manifest["on"]
    for folder in (root / day, *sorted((root / folders.SUPERSEDED).glob(f"{day}-*"))):
        with suppress(DataError):
            if manifests.manifest_of(folder)["digest"] == manifest["private"]["digest"]:
                return [order.export, folder]
    message = f"the private part of this export is not in {root.name}/{day} as it was; name its folder with --private-out"
    raise DataError([Problem(order.export.name, None, None, "memory-lost", message)])


def _record(order: RecordOrder, books: Playbooks, manifest: dict[str, Any]) -> RecordResult:
    """Read, match and write; the caller holds the locks."""
    on = dt.date.fromisoformat(manifest["on"])
    parts = _parts(order, manifest)
    channels = [one for one in books.channels.values() if one.contact]
    listed = listed_of([read_table(part, CONTACTS, ("customer_id", "action", "channel")) for part in parts], [one.code for one in channels])
    found, warnings = _matched(order, books, channels, listed, on)
    numbers = _numbers(found, listed, channels, parts, books)
    manifests = {day: manifest_of(order.out / day) for day in export_days(order.out)}
    changed: dict[Path, bytes] = {}
    marks: dict[Path, bytes] = {}
    fresh: Counter[str] = Counter()
    barred = 0
    for part, root in (("open", order.out), ("private", order.private_root)):
        logbook, private = sound_contact_log(root, marks_in(manifests.values(), part), books.channels), part == "private"
        # The do-not-contact list first: where the log cannot be written any more, nobody is contacted again.
        entries, content = grown(logbook.logs[BARRED], barred_rows(found, listed, channels, numbers, on, private=private), BARRED)
        barred += len(entries)
        changed |= {root / BARRED: content} if len(entries) else {}
        rows, log = grown(logbook.logs[CONTACT_LOG], log_rows(found, listed, channels, on, private=private), CONTACT_LOG)
        fresh.update(rows["result"].to_pylist())
        changed |= {root / CONTACT_LOG: log} if len(rows) else {}
        marks |= {root / MARK: json_bytes(marks_of({BARRED: content, CONTACT_LOG: log}))} if len(entries) + len(rows) else {}
    if not order.dry_run:
        for path, content in {**changed, **marks}.items():
            folders.replace_file(path, content)
    if barred:
        warnings += _standing_lists(order, found, listed, {day: one for day, one in manifests.items() if day > str(on)})
    words = {word: fresh[word] for word in RESULTS if fresh[word]}
    return RecordResult(words, len(found) - sum(words.values()), barred, tuple(changed), tuple(warnings))


def _standing_lists(order: RecordOrder, found: MatchedResults, listed: Listed, later: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield a warning for each later export that holds customers who refused, or whose number is wrong: it does not know yet."""
    barred = found.at[np.isin(found.result, [RESULTS.index(one) for one in (*REFUSALS, WRONG_NUMBER)])]
    ids = listed.customers.take(pa.array(listed.customer[barred]))
    for day, manifest in later.items():
        try:
            parts = folders_of(order.out, order.private_root, day, manifest)
            held = pa.concat_tables([read_table(part, CONTACTS, ("customer_id",)) for part in parts])["customer_id"]
        except DataError:  # what came of this export is recorded all the same; the next export tells of the other one
            continue
        count = pc.count_distinct(held.filter(pc.is_in(held, value_set=ids))).as_py()
        if count:
            yield f"the lists of {day} stand already and hold {count} of these customers: export again with --replace, or take them out"


def _matched(
    order: RecordOrder, books: Playbooks, channels: Sequence[Channel], listed: Listed, on: dt.date
) -> tuple[MatchedResults, list[str]]:
    """Return what the files say of the export's contacts. Raises DataError with the problems of all of them."""
    rules, codes = with_list_headers(books.customers, books.headers), [one.code for one in channels]
    found: list[MatchedResults] = []
    problems: list[Problem | str] = []
    warnings: list[str] = []
    for path, name in zip(order.results, _shown_names(order.results), strict=True):
        try:
            for table in read_tables(path, size_in_bytes(order.max_bytes), name):
                returned, said = parse_returned(table, rules, codes, on, order.on or on)
                warnings += said
                one, wrong = matched_in(returned, listed, channels, f"the lists of {on}")
                found.append(one)
                problems += wrong
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    every = matching.together(found)
    if count := contradicted(every):
        what = "a contact has" if count == 1 else f"{count} contacts have"
        warnings.append(f"{what} different results of one day: all are kept, the last one counts, and a refusal stays")
    return every, warnings


def _shown_names(paths: Sequence[Path]) -> list[str]:
    """Return how messages call each file: by its name, or as it was typed where another one has the same name."""
    count = Counter(path.name for path in paths)
    return [path.name if count[path.name] == 1 else str(path) for path in paths]


def _numbers(found: MatchedResults, listed: Listed, channels: Sequence[Channel], parts: Sequence[Path], books: Playbooks) -> pa.Array:
    """Return the number of each contact as the export's lists have it, shape (f,); null where it is not known, or not asked for."""
    wrong = np.flatnonzero(found.result == RESULTS.index(WRONG_NUMBER))
    if not len(wrong):
        return pa.nulls(len(found), pa.string())
    read = [read_part(part, books, private=number > 0) for number, part in enumerate(parts)]
    if problems := [one for part, of_part in read if part is None for one in of_part]:
        raise DataError(problems)
    key, phone = _phones([part for part, _ in read if part is not None])
    at = found.at[wrong]
    codes = pa.array([one.code for one in channels], pa.string()).take(pa.array(listed.channel[at]))
    place = positions_in(row_keys(listed.customers.take(pa.array(listed.customer[at])), codes), key)
    index = np.full(len(found), -1)
    index[wrong] = place
    return phone.take(pa.array(index, mask=index < 0))


def _phones(parts: Sequence[ListPart]) -> tuple[pa.Array, pa.Array]:
    """Return customer and channel of every row of an export's lists, and the number in it."""
    keys, phones = [], []
    for part in parts:
        tables = [(part.tables[file], pa.repeat(code, len(part.tables[file]))) for code, files in part.lists.items() for file in files]
        tables += [(part.tables[file], part.tables[file]["channel"]) for file in part.managers.get("", ())]
        for table, channel in tables:
            customer, row = split_joined(one_array(table["customer_id"]))
            keys.append(row_keys(customer, one_array(channel).take(pa.array(row))))
            phones.append(one_array(table["phone"]).take(pa.array(row)))
    return pa.concat_arrays(keys), pa.concat_arrays(phones)
