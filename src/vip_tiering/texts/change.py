"""The workbook of texts comes back: what was edited is checked, and written into playbooks.yaml at its place, or nothing is."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from vip_tiering.base.disk import reading, writing
from vip_tiering.base.errors import DataError, OutputError, Problem, RulesError, UsageError
from vip_tiering.base.quarter import DAY_WANTED, day_date, day_of
from vip_tiering.customers.side_file import read_delivered
from vip_tiering.customers.types import NO_DAY
from vip_tiering.customers.workbooks.sheets import Sheet, sheet_without_formulas
from vip_tiering.extracts.extract import DEFAULT_MAX_BYTES
from vip_tiering.playbooks.load import ALL_FILES, AllRules, Playbooks, all_rules
from vip_tiering.playbooks.playbooks_file import PlaybooksFile
from vip_tiering.publishing.one_file import write_content
from vip_tiering.rules.folder import packaged_rules, place_of
from vip_tiering.rules.load import read_folder
from vip_tiering.rules.yaml_edit import Edit, edited
from vip_tiering.rules.yaml_file import Path as YamlPath
from vip_tiering.rules.yaml_file import path_text
from vip_tiering.texts.rows import HEADERS, KEYS, TextRow, text_rows, version_of

_FILE: Final = "playbooks.yaml"
_NEEDED: Final = (*KEYS, "text", "reviewed_by", "reviewed_on", "version")
"""What an import reads; lengths are computed anew."""


class Change(NamedTuple):
    """One value that an import writes: of which action and wording, which column, and what stood there before."""

    action: str
    segment: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do. `warnings`: what the rules warn of since."""

    file: Path
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


class _Cells(NamedTuple):
    """A row of the workbook as it came back. `number`: as the program shows it; `day_told`: whether 审核日期 is empty or a day."""

    number: int
    action: str
    tiers: str
    topics: str
    segment: str
    text: str
    reviewed_by: str
    reviewed_on: dt.date | None
    version: str
    day_told: bool

    @property
    def edited(self) -> bool:
        """Whether somebody changed the text or the signature."""
        return version_of(self.text, self.reviewed_by, self.reviewed_on) != self.version


def texts_import(workbook: Path, rules: Path | None = None, *, dry_run: bool = False) -> Imported:
    """Write the texts and signatures that were edited in a workbook into playbooks.yaml; with `dry_run` only tell what would change.

    Raises DataError with every problem of the workbook at once: a row that is unknown, missing or stands twice, a changed key, a formula, a
    text that the rules refuse, one whose approval is that of the text before, one that was changed in the rules meanwhile. RulesError: the
    rules are refused as they are; OutputError: the disk refuses, or the rules were changed just now.
    """
    folder = place_of(rules)
    if folder == packaged_rules():
        raise UsageError("--rules: the packaged rules are not changed; make rules of your own with vip rules copy DIR")
    file = folder / _FILE
    with reading(file):
        content = file.read_bytes() if file.is_file() else b""
    books = _books(all_rules(read_folder(rules, ALL_FILES, {_FILE: content})))
    name = workbook.name
    sheet = sheet_without_formulas(read_delivered(workbook, DEFAULT_MAX_BYTES, name)[0], name)
    cells, known = _cells_of(sheet), text_rows(books)
    if problems := [*_wrong_rows(name, cells, known), *_wrong_signatures(name, cells, known)]:
        raise DataError(_by_row(problems))
    pairs = [(row, one) for row in known for one in cells if (one.action, one.segment) == (row.action, row.segment) and one.edited]
    edits, changes = _edits(pairs)
    new = edited(content, edits)
    warnings = _warnings(books, rules, new, name, pairs)
    if edits and not dry_run:
        _write(file, content, new)
    return Imported(file, changes, warnings)


def _books(loaded: AllRules) -> Playbooks:
    if loaded.playbooks is None:
        raise RulesError(f"{loaded.shown}: there is no {_FILE} in this folder")
    return loaded.playbooks


def _cells_of(sheet: Sheet) -> list[_Cells]:
    """Return the rows of a sheet. Raises DataError where a column is absent or stands twice."""
    headers = [one.strip() for one in sheet.headers]
    wrong = [HEADERS[name] for name in _NEEDED if headers.count(HEADERS[name]) != 1]
    if wrong:
        message = f"must hold each of these columns once: {', '.join(wrong)}; export the texts anew and edit those"
        raise DataError([Problem(sheet.name, None, None, "header-missing", message)])
    places = {name: headers.index(HEADERS[name]) for name in _NEEDED}
    columns = {name: [text.strip() for text in sheet.columns[place].to_pylist()] for name, place in places.items()}
    days = sheet.days.get(places["reviewed_on"])
    rows = []
    for index, number in enumerate(sheet.row.tolist()):
        of_row = {name: values[index] for name, values in columns.items()}
        given = of_row.pop("reviewed_on")
        day = day_date(int(days[index])) if days is not None and days[index] != NO_DAY else day_of(given) if given else None
        rows.append(_Cells(number=number, reviewed_on=day, day_told=day is not None or not given, **of_row))
    return rows


def _by_row(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems in the order of the sheet, those of no row behind."""
    return sorted(problems, key=lambda one: (one.row is None, one.row or 0, one.column or "", one.message))


def _wrong_rows(name: str, cells: Sequence[_Cells], known: Sequence[TextRow]) -> Iterator[Problem]:
    """Yield rows that are none of the rules, stand twice or are missing, keys that were changed, and texts that were changed elsewhere."""
    of_rules = {(row.action, row.segment): row for row in known}
    actions = {row.action for row in known}
    first: dict[tuple[str, str], int] = {}
    for one in cells:
        key = (one.action, one.segment)
        row = of_rules.get(key)
        if row is None:
            column = HEADERS["segment" if one.action in actions else "action"]
            message = "no text of playbooks.yaml is this one; leave 动作 and 客群 as they were exported"
            yield Problem(name, one.number, column, "text-unknown", message)
            continue
        if (number := first.setdefault(key, one.number)) != one.number:
            message = f"this text stands in row {number} already; leave one row for each"
            yield Problem(name, one.number, HEADERS["action"], "text-repeated", message)
            continue
        for column in ("tiers", "topics"):
            if getattr(one, column) != getattr(row, column):
                message = "is not what the rules say; leave it as it was exported, or export the texts anew"
                yield Problem(name, one.number, HEADERS[column], "text-key", message)
        now = version_of(one.text, one.reviewed_by, one.reviewed_on)  # of an import that was done already nothing is left to do
        if one.edited and row.version not in (one.version, now):
            message = "the text, or its signature, is another one in playbooks.yaml since the export; export the texts anew and edit those"
            yield Problem(name, one.number, HEADERS["version"], "text-stale", message)
    for action, segment in of_rules.keys() - first.keys():
        yield Problem(name, None, None, "text-missing", f"there is no row for {action} {segment}; export the texts anew and edit those")


def _wrong_signatures(name: str, cells: Sequence[_Cells], known: Sequence[TextRow]) -> Iterator[Problem]:
    """Yield signatures that are none, differ between the wordings of a message, or were given for the text before."""
    of_rules = {(row.action, row.segment): row for row in known}
    signed: dict[str, _Cells] = {}
    today = dt.date.today()  # noqa: DTZ011 (the branch's day)
    for one in cells:
        row = of_rules.get((one.action, one.segment))
        if row is None:
            continue
        if not one.day_told:
            yield Problem(name, one.number, HEADERS["reviewed_on"], "text-day", DAY_WANTED)
        first = signed.setdefault(one.action, one)
        if (one.reviewed_by, one.reviewed_on) != (first.reviewed_by, first.reviewed_on):
            message = f"must be as in row {first.number}: the wordings of a message are approved together"
            yield Problem(name, one.number, HEADERS["reviewed_by"], "text-reviewers", message)
        same = (one.reviewed_by, one.reviewed_on) == (row.reviewed_by, row.reviewed_on)
        if one.text != row.text.strip() and same and one.reviewed_on is not None and one.reviewed_on < today:
            message = "the text was changed, and this is the approval of the text before; write who approved this one, and when"
            yield Problem(name, one.number, HEADERS["reviewed_on"], "text-approval", message)


def _edits(pairs: Sequence[tuple[TextRow, _Cells]]) -> tuple[list[Edit], tuple[Change, ...]]:
    """Return what is to be written for the rows that were edited, and the same for people."""
    edits: dict[YamlPath, Edit] = {}
    changes = []
    for row, one in pairs:
        wanted: list[tuple[str, Edit]] = [
            ("text", Edit(row.place, one.text)),
            ("reviewed_by", Edit((*row.message, "reviewed_by"), one.reviewed_by)),
            ("reviewed_on", Edit((*row.message, "reviewed_on"), one.reviewed_on, after="reviewed_by")),
        ]
        for column, edit in wanted:
            old = getattr(row, column)
            if edit.path in edits or edit.value == (old.strip() if column == "text" else old):
                continue
            edits[edit.path] = edit
            segment = row.segment if column == "text" else ""
            changes.append(Change(row.action, segment, HEADERS[column], str(old or ""), str(edit.value or "")))
    return [*edits.values()], tuple(changes)


def _warnings(books: Playbooks, rules: Path | None, content: bytes, name: str, pairs: Sequence[tuple[TextRow, _Cells]]) -> tuple[str, ...]:
    """Return what the rules warn of with the new texts, and did not before. Raises DataError, by rows, for texts that they refuse."""
    read = read_folder(rules, ALL_FILES, {_FILE: content})
    try:
        loaded = all_rules(read)
    except RulesError:
        rows = {}
        for row, one in reversed(pairs):
            rows[path_text(row.place)] = one.number, HEADERS["text"]
            rows |= {path_text((*row.message, key)): (one.number, HEADERS[key]) for key in ("reviewed_by", "reviewed_on")}
        found = [(rows.get(path, (None, None)), message) for _, path, message in sorted(read.documents[PlaybooksFile].problems)]
        raise DataError([Problem(name, number, column, "text-refused", message) for (number, column), message in found]) from None
    before = {one.partition(": ")[2] for one in books.warnings}  # the lines of the file may be others now
    return tuple(one for one in _books(loaded).warnings if one.partition(": ")[2] not in before)


def _write(file: Path, old: bytes, new: bytes) -> None:
    """Put the new content in the place of the old one; who may read it stays as it is. Raises OutputError where it changed meanwhile."""
    target = file.resolve()
    with writing(file):
        if target.read_bytes() != old:
            raise OutputError(f"{file}: was changed just now; import again")
        mode = stat.S_IMODE(target.stat().st_mode)
    write_content(target, new, replace=True, mode=mode)
