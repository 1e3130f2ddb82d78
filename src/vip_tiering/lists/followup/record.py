"""The job of `vip playbook record`: match what comes back with an export's lists, and keep what came of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from vip_tiering.base.disk import reading, stands, writing
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.base.schema import RESULT_CODES, RESULTS
from vip_tiering.customers.cells.texts import one_row_each
from vip_tiering.customers.side_file import read_side_tables
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import EXPORT, PRIVATE, PRIVATE_SUFFIX, private_root
from vip_tiering.lists.followup.matching import barred_rows, contradicted, listed_of, log_rows, matched_in, present_ids
from vip_tiering.lists.followup.returned import parse_returned, with_list_headers
from vip_tiering.lists.selection.contact_log import BARRED, CONTACT_LOG, grown, marks_of, sound_contact_log
from vip_tiering.lists.selection.earlier_exports import CONTACTS, folders_of, read_table
from vip_tiering.lists.selection.facts import REFUSALS, WRONG_NUMBER
from vip_tiering.lists.selection.memory import MEMORY, Memory, Roots, read_memory
from vip_tiering.lists.verification.read_back import ListPart, read_part
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import LOCK, locked, settle
from vip_tiering.publishing.manifests import manifest_of
from vip_tiering.publishing.switch import SUPERSEDED, Switch
from vip_tiering.rules.extracts import Aliases


@dataclass(frozen=True)
class RecordResult:
    """What came of it.

    `contacts`: results that are new in the log, by word; `known`: those that stood there already;
    `barred`: new do-not-contact entries; `files`: what was written, nothing where all was known;
    `names`: the bank's own words for results.
    """

    contacts: dict[str, int]
    known: int
    barred: int
    files: tuple[Path, ...]
    warnings: tuple[str, ...]
    names: dict[str, str]


def playbook_record(
    export: Path,
    results: Sequence[Path],
    *,
    rules: Path | None = None,
    private_out: Path | None = None,
    on: dt.date | None = None,
    dry_run: bool = False,
    max_bytes: str = "4G",
) -> RecordResult:
    """Keep what came of an export's lists. The same files again change nothing; a row that is wrong refuses all of them.

    `on`: the day of contacts whose row has none; default: that of the export.
    """
    loaded, books = rules_with_playbooks(rules)
    settle(export)
    manifest = manifests.manifest_of(export)
    _refuse_other(export, manifest)
    out = _folder_of_exports(export)
    _refuse_place_and_day(export, out, on, manifest)
    roots = {"open": out, "private": private_root(out, private_out)}
    day = dt.date.fromisoformat(manifest["on"])
    channels = [one for one in books.channels.values() if one.contact]
    with locked(roots["open"]), locked(roots["private"]):
        memory = read_memory(roots)
        parts = _parts(export, roots["private"], manifest)
        contacts = [read_table(part, CONTACTS, ("customer_id", "action", "channel")) for part in parts]
        listed = listed_of(contacts, [one.code for one in channels])
        found, warnings = _matched(results, size_in_bytes(max_bytes), books, channels, listed, day, on or day, loaded.aliases)
        found = _with_numbers(found, parts, books)
        changed: dict[tuple[Path, str], bytes] = {}
        marks: dict[str, dict[str, Any]] = {}
        fresh: Counter[str] = Counter()
        barred = 0
        for part, root in roots.items():
            log, private = sound_contact_log(root, books.channels).logs, part == "private"
            entries, do_not_contact = grown(log[BARRED], barred_rows(found, channels, day, private=private), BARRED)
            rows, contact_log = grown(log[CONTACT_LOG], log_rows(found, day, private=private), CONTACT_LOG)
            barred += len(entries)
            fresh.update(rows["result"].to_pylist())
            changed |= {(root, BARRED): do_not_contact} if len(entries) else {}
            changed |= {(root, CONTACT_LOG): contact_log} if len(rows) else {}
            marks[part] = marks_of({BARRED: do_not_contact, CONTACT_LOG: contact_log})
        if changed and not dry_run:
            _write(changed, roots, memory, day, marks)
        if barred:
            later = {name: manifest_of(out / name) for name in sorted(memory.exports) if name > str(day)}
            warnings += _standing_lists(roots, found, later, loaded.aliases)
    words = {word: fresh[word] for word in RESULTS if fresh[word]}
    return RecordResult(
        contacts=words,
        known=len(found) - sum(words.values()),
        barred=barred,
        files=tuple(root / name for root, name in changed),
        warnings=tuple(warnings),
        names=dict(zip(RESULT_CODES, books.customers.offered_words("result", RESULT_CODES), strict=True)),
    )


def _write(changed: Mapping[tuple[Path, str], bytes], roots: Roots, memory: Memory, on: dt.date, marks: Mapping[str, Any]) -> None:
    """Write the files of both parts and the note of them, all or none. Raises OutputError where the disk refuses."""
    switch = Switch(*roots.values())
    with writing(roots["open"]):
        for (root, name), content in changed.items():
            switch.write(root, name, content)
        memory.note(switch, roots, "record", on, marks)
        switch.commit()


def _folder_of_exports(export: Path) -> Path:
    """Return the folder in which an export lies; one that was replaced lies in `.superseded` there."""
    place = manifests.named(export).resolve() if export.is_symlink() else manifests.named(export)
    parent = manifests.named(place.parent)
    return parent.parent if parent.name == SUPERSEDED else place.parent


def _refuse_other(export: Path, manifest: dict[str, Any]) -> None:
    """Refuse a folder that is not the open part of an export, and say which one to name."""
    if manifest.get("schema") == EXPORT:
        return
    folder = manifests.named(export)
    message = "is not an export of vip playbook export; name a folder such as lists/2016-01-05"
    if manifest.get("schema") == PRIVATE:
        root = folder.parent.name.removesuffix(PRIVATE_SUFFIX)
        beside = f"{root}/{manifest['on']}" if root != folder.parent.name else f"lists/{manifest['on']}"
        message = f"is the private part of an export; name the open one, such as {beside}, and the private part is found by it"
    raise DataError([Problem(folder.name, None, None, "export-manifest", message)])


def _refuse_place_and_day(export: Path, out: Path, on: dt.date | None, manifest: dict[str, Any]) -> None:
    """Refuse a copy of an export, whose results no later export would read, and a day that cannot be that of a contact."""
    with reading(out.name):
        known = stands(out / LOCK) or stands(out / MEMORY)
    if not known:
        message = "lies where no export was made, so that no later one would know of its results; name it where it was made"
        raise DataError([Problem(export.name, None, None, "export-manifest", message)])
    if on is not None and not manifest["on"] <= str(on) <= str(dt.date.today()):  # noqa: DTZ011 (the branch's day)
        raise UsageError(f"--on: must be a day from {manifest['on']}, that of the export, to today")


def _parts(export: Path, root: Path, manifest: dict[str, Any]) -> list[Path]:
    """Return the folders of an export, the private one found by its digest under `root`: both may have been replaced since.

    Raises DataError where the private one is not there.
    """
    if not manifest.get("private"):
        return [export]
    day = manifest["on"]
    with reading(root.name):
        replaced = sorted((root / SUPERSEDED).glob(f"{day}-*"))
    for folder in (root / day, *replaced):
        with suppress(DataError):
            if manifests.manifest_of(folder)["digest"] == manifest["private"]["digest"]:
                return [export, folder]
    message = f"the private part of this export is not in {root.name}/{day} as it was; name its folder with --private-out"
    raise DataError([Problem(export.name, None, None, "memory-lost", message)])


def _standing_lists(
    roots: dict[str, Path], found: pd.DataFrame, later: dict[str, dict[str, Any]], aliases: Aliases | None
) -> Iterator[str]:
    """Yield a warning for each later export that holds customers who refused, or whose number is wrong: it does not know yet."""
    barred = present_ids(found.loc[found["result"].isin((*REFUSALS, WRONG_NUMBER)), "customer_id"], aliases)
    for day, manifest in later.items():
        try:
            parts = folders_of(roots["open"], roots["private"], day, manifest)
            held = pa.concat_tables([read_table(part, CONTACTS, ("customer_id",)) for part in parts]).to_pandas()["customer_id"]
        except DataError:  # what came of this export is recorded all the same; the next export tells of the other one
            continue
        held = present_ids(held, aliases)
        if count := held[held.isin(barred)].nunique():
            yield f"the lists of {day} stand already and hold {count} of these customers: export again with --replace, or take them out"


def _matched(
    files: Sequence[Path],
    most: int,
    books: Playbooks,
    channels: Sequence[Channel],
    listed: pd.DataFrame,
    on: dt.date,
    usual_day: dt.date,
    aliases: Aliases | None,
) -> tuple[pd.DataFrame, list[str]]:
    """Return what files of at most `most` bytes say of the contacts. Raises DataError with the problems of all of them."""
    rules, codes = with_list_headers(books.customers.of_file("results"), books.headers), [one.code for one in channels]
    found: list[pd.DataFrame] = []
    problems: list[Problem | str] = []
    warnings: list[str] = []
    same_name = Counter(path.name for path in files)
    for path in files:
        name = path.name if same_name[path.name] == 1 else str(path)
        try:
            for table in read_side_tables(path, most, name, rules.form_of("results")):
                returned, said = parse_returned(table, rules, codes, on, usual_day)
                warnings += said
                results, wrong = matched_in(table.name, returned, listed, channels, f"the lists of {on}", aliases)
                found.append(results)
                problems += wrong
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    every = pd.concat(found, ignore_index=True)
    if count := contradicted(every):
        what = "a contact has" if count == 1 else f"{count} contacts have"
        warnings.append(f"{what} different results of one day: all are kept, the last one counts, and a refusal stays")
    return every, warnings


def _with_numbers(found: pd.DataFrame, parts: Sequence[Path], books: Playbooks) -> pd.DataFrame:
    """Return results with the number in the export's lists as `mobile`; "" where it is not known, or no result bars one."""
    if not found["result"].isin((*REFUSALS, WRONG_NUMBER)).any():
        return found.assign(mobile="")
    with reading(parts[0].name):
        read = [read_part(part, books, private=number > 0) for number, part in enumerate(parts)]
    if problems := [one for part, of_part in read if part is None for one in of_part]:
        raise DataError(problems)
    numbers = pd.concat([numbers for part, _ in read if part is not None for numbers in _numbers(part)])
    return found.merge(numbers.drop_duplicates(["customer_id", "channel"]), how="left", on=["customer_id", "channel"]).fillna(
        {"mobile": ""}
    )


def _numbers(part: ListPart) -> Iterator[pd.DataFrame]:
    """Yield customer, channel and number of the rows of each list."""
    files = [(code, file) for code, of_channel in part.lists.items() for file in of_channel]
    for code, file in [*files, *(("", file) for file in part.managers if part.private)]:
        table = part.tables[file]
        rows = table.select(["customer_id", "phone"] if code else ["customer_id", "phone", "channel"])
        frame = one_row_each(rows, "customer_id").to_pandas().rename(columns={"phone": "mobile"})
        yield frame.assign(channel=code) if code else frame
