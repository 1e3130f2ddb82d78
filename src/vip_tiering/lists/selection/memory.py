"""Notes that exports and records leave beside the exports, so that a loss is noticed (semantics 9).

Each note names the one before by its SHA-256, says which manifest an export has and how the files with results are since, and stands in
the open folder and in the private one. A hidden mark beside them names the newest.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.lists.selection.contact_log import COLUMNS
from vip_tiering.publishing import manifests
from vip_tiering.publishing.switch import Switch

MEMORY: Final = "memory"
"""The folder of the notes, in both roots."""
MARK: Final = ".results.json"
"""Names the newest note: where notes stand and it does not, the folder was copied without its hidden files."""
RULE: Final = "memory-lost"
_SCHEMA: Final = "vip-tiering memory"
_NAME: Final = re.compile("[0-9]{6}[.]json")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CHAIN: Final = 1000
"""So many notes are read at most: the first of each thousand says what came before, so that no older one is needed."""
_MOST_NOTES: Final = 999_999
_SHOWN_LOSSES: Final = 20
Roots = Mapping[str, Path]
"""`open` and `private`: the folders of an export's two parts."""


@dataclass(frozen=True)
class Memory:
    """What the notes say, and stands there as they say.

    `exports`: the SHA-256 of the manifest of each day's export; `number`, `head`: those of the newest note, 0 and None where there is
    none; `given_up`: days whose exports stand there and are not sound; `begins`: the next note begins a chain;
    `forgotten_before`: up to when a loss was accepted just now.
    """

    exports: dict[str, str] = field(default_factory=dict)
    number: int = 0
    head: str | None = None
    given_up: tuple[str, ...] = ()
    begins: bool = False
    forgotten_before: dt.date | None = None

    def _beginning(self) -> dict[str, Any]:
        """Return what the first note of a chain says of all that came before."""
        forgotten = str(self.forgotten_before) if self.forgotten_before is not None else None
        return {"forgotten_before": forgotten, "exports": self.exports, "given_up": list(self.given_up)}

    def note(
        self, switch: Switch, roots: Roots, kind: str, on: dt.date, results: Mapping[str, Mapping[str, Any]], manifest: str | None = None
    ) -> None:
        """Let a switch write the next note and the mark in both folders.

        `results`: how the files with results are then, by part; `manifest`: the SHA-256 of that of an export. Raises OSError where the
        disk refuses.
        """
        document = {
            "schema": _SCHEMA,
            "number": self.number + 1,
            "before": self.head,
            "kind": kind,
            "on": str(on),
            "manifest": manifest,
            "results": results,
            "begins": self._beginning() if self.begins or (self.number + 1) % _CHAIN == 1 else None,
        }
        content = manifests.json_bytes(document)
        mark = manifests.json_bytes({"number": self.number + 1, "sha256": manifests.sha256_of(content)})
        for root in roots.values():
            switch.write(root, f"{MEMORY}/{self.number + 1:06}.json", content)
            switch.write(root, MARK, mark)


NOTHING: Final = Memory()
"""What is remembered where nothing was ever exported."""


@dataclass(frozen=True)
class _Loss:
    """Something that is missing, older or altered: the day of the export from which on it counts, where, and what is wrong."""

    day: str
    file: str
    message: str


@dataclass
class _Found:
    """What stands in the folders: the bytes of the notes, those that can be read, the marks, and the days of exports."""

    roots: Roots
    contents: dict[str, dict[int, bytes]]
    notes: dict[int, dict[str, Any]]
    marks: dict[str, dict[str, Any] | None]
    days: list[str]

    @property
    def numbers(self) -> range:
        """The numbers from the newest note that begins anew to the newest one that anything names."""
        marked = [one.get("number", 0) for one in self.marks.values() if one]
        newest = max([0, *(number for of_part in self.contents.values() for number in of_part), *marked])
        begun = [number for number, note in self.notes.items() if note["begins"] is not None]
        return range(max([min(1, newest), *begun]), newest + 1) if newest else range(0)

    @property
    def newest_day(self) -> str:
        """The newest day that anything tells of."""
        return max([*self.days, *(str(note["on"]) for note in self.notes.values())], default=str(dt.date.min))


def read_memory(roots: Roots, forget_before: dt.date | None = None, *, making: dt.date | None = None) -> Memory:
    """Return what is remembered, after finding that all of it stands there as the notes say.

    `making`: the day whose lists are made, so that those that stand there need not be whole: nothing goes by them;
    `forget_before`: what was lost of earlier days is accepted (semantics 9.3); what is left of it binds as before.
    Raises DataError with every note, export and file with results that is missing, older or altered (semantics 9.2).
    """
    with reading(roots["open"].name):
        found = _look(roots)
        # Where there were notes and nothing is left of them, nothing is known of the exports.
        expected = _expected(found) if found.numbers or _is_new(found) else None
        losses = [*_lost_notes(found), *_lost_exports(found, expected, making), *_lost_results(found)]
        whole = _whole(found) if losses or not found.numbers else {}
    kept = [loss for loss in losses if forget_before is None or loss.day >= str(forget_before)]
    if kept:
        raise DataError(_problems(kept))
    head = _head(found)
    if not losses and found.numbers:
        exports = {day: sha256 for day, sha256 in (expected or {}).items() if sha256}
        return Memory(exports, found.numbers[-1], head, tuple(day for day in expected or () if day not in exports))
    given_up = tuple(day for day in found.days if day not in whole)
    return Memory(whole, max(found.numbers, default=0), head, given_up, begins=True, forgotten_before=forget_before if losses else None)


def _whole(found: _Found) -> dict[str, str]:
    """Return the SHA-256 of the manifest of each export that is sound by itself."""
    out = found.roots["open"]
    return {day: sha256 for day in found.days if (sha256 := _manifest_sha256(out / day)) and not _broken(found.roots, day)}


def _look(roots: Roots) -> _Found:
    """Return what stands in the folders. Raises OSError where the disk refuses."""
    places = {part: _notes_in(root / MEMORY) for part, root in roots.items()}
    contents: dict[str, dict[int, bytes]] = {part: {} for part in roots}
    notes: dict[int, dict[str, Any]] = {}
    for number in sorted({number for of_part in places.values() for number in of_part}, reverse=True):
        for part, of_part in reversed(places.items()):  # the open ones last, for they count
            if number in of_part:
                contents[part][number] = of_part[number].read_bytes()
                note = _note_of(number, contents[part][number])
                notes |= {number: note} if note is not None else {}
        if number in notes and notes[number]["begins"] is not None:
            break  # what came before is in it
    return _Found(roots, contents, notes, {part: _mark_in(root) for part, root in roots.items()}, export_days(roots["open"]))


def _notes_in(folder: Path) -> dict[int, Path]:
    return {int(entry.stem): entry for entry in folder.iterdir() if _NAME.fullmatch(entry.name)} if folder.is_dir() else {}


def _note_of(number: int, content: bytes) -> dict[str, Any] | None:
    """Return a note; None for what is none."""
    try:
        note = json.loads(content)
        begins = note["begins"] or {"exports": {}, "given_up": []}
        days = [note["on"], *begins["exports"], *begins["given_up"]]
        marks = [mark for of_part in note["results"].values() for mark in of_part.values()]
        texts = [*begins["exports"].values(), *(mark["sha256"] for mark in marks), note["before"] or "", note["manifest"] or ""]
        sound = note["schema"] == _SCHEMA and note["number"] == number and all(isinstance(one, str) for one in texts)
        sound = sound and note["kind"] in {"export", "record"} and all(map(_DATE.fullmatch, days))
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
    return note if sound else None


def _mark_in(root: Path) -> dict[str, Any] | None:
    """Return what the mark of a folder says, nothing where it is none; None where it is not there."""
    try:
        mark = json.loads((root / MARK).read_bytes())
        of_logs = mark.keys() <= set(COLUMNS)  # of a version without notes
        return mark if of_logs or (0 < int(mark["number"]) <= _MOST_NOTES and isinstance(mark["sha256"], str)) else {}
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}


def export_days(out: Path) -> list[str]:
    """Return the days of the exports under a folder, in their order. Raises OSError where the disk refuses."""
    if not out.is_dir():
        return []
    return sorted(entry.name for entry in out.iterdir() if _DATE.fullmatch(entry.name))


def _is_new(found: _Found) -> bool:
    """Tell whether nothing was ever noted here: there is nothing, or a version of this program without notes made it."""
    for part, root in found.roots.items():
        mark = found.marks[part]
        logs = [name for name in COLUMNS if _log_content(root, name)]
        if "number" in (mark or ()) or (logs and not mark):
            return False
    return not any("memory" in (manifests.read_document(found.roots["open"] / day) or {}) for day in found.days)  # type: ignore[operator]


def _expected(found: _Found) -> dict[str, str | None]:
    """Return the SHA-256 of each export's manifest as the notes say; None where one is not expected to be whole."""
    if not found.numbers:  # of a version without notes: as they stand
        return {day: _manifest_sha256(found.roots["open"] / day) for day in found.days}
    exports: dict[str, str | None] = {}
    for number in found.numbers:
        note = found.notes.get(number)
        if note is None:
            continue
        if note["begins"] is not None:
            exports |= {**note["begins"]["exports"], **dict.fromkeys(note["begins"].get("given_up", ()))}
        if note["kind"] == "export":
            exports[note["on"]] = note["manifest"]
    return exports


def _lost_notes(found: _Found) -> Iterator[_Loss]:
    """Yield notes and marks that are gone, altered, or not those that others name."""
    day = found.newest_day
    if not found.numbers:
        if not _is_new(found):
            yield _Loss(day, f"{found.roots['open'].name}/{MEMORY}", "is gone, and what stands here was made after notes in it")
        return
    for part, root in found.roots.items():
        contents, mark = found.contents[part], found.marks[part]
        gone = [number for number in found.numbers if number not in contents]
        if gone:
            more = f", and so are {len(gone) - 1} more notes" if len(gone) > 1 else ""
            hint = "; name the private folder with --private-out if it is another one" if part == "private" and not contents else ""
            yield _Loss(day, f"{root.name}/{MEMORY}/{gone[0]:06}.json", f"is gone{more}; it tells of an export or a record{hint}")
        for number in found.numbers:
            if number in contents and _is_altered(found, part, number):
                yield _Loss(day, f"{root.name}/{MEMORY}/{number:06}.json", "was altered: it is not the note that what came after it names")
        if mark is None:
            yield _Loss(
                day, f"{root.name}/{MARK}", f"is gone; was {root.name} copied without its hidden files? copy it whole, as cp -a does"
            )
        elif not gone and mark.get("number") != found.numbers[-1]:
            yield _Loss(day, f"{root.name}/{MARK}", f"is older or was altered: it is not the mark of the newest note in {MEMORY}")


def _is_altered(found: _Found, part: str, number: int) -> bool:
    """Tell whether a note is not what the next one in its folder names, or the mark, or is not the same in both folders."""
    content, mark = found.contents[part][number], found.marks[part] or {}
    following = _note_of(number + 1, found.contents[part].get(number + 1, b""))
    named = following["before"] if following else mark.get("sha256") if mark.get("number") == number else None
    if _note_of(number, content) is None or (named is not None and named != manifests.sha256_of(content)):
        return True
    others = [of_part[number] for of_part in found.contents.values() if number in of_part]
    return number == found.numbers[-1] and any(one != content for one in others)


def _lost_exports(found: _Found, expected: Mapping[str, str | None] | None, making: dt.date | None) -> Iterator[_Loss]:
    """Yield exports that are gone, altered, without their private part, or of which no note tells."""
    out = found.roots["open"]
    for day, sha256 in (expected or {}).items():
        place, here = f"{out.name}/{day}", _manifest_sha256(out / day)
        if sha256 is None or day == str(making):
            continue
        if here is None:
            yield _Loss(day, place, "is gone; it was exported, and caps and turns go by it")
        elif here != sha256:
            yield _Loss(day, f"{place}/{manifests.MANIFEST}", "is older or was altered after the export was published")
        elif broken := _broken(found.roots, day):
            yield _Loss(day, place, broken)
    if expected is not None and found.numbers:
        for day in found.days:
            if day not in expected and day != str(making):
                yield _Loss(day, f"{out.name}/{day}", "stands there and no note tells of it; are the notes older than the exports?")


def _manifest_sha256(folder: Path) -> str | None:
    """Return the SHA-256 of a manifest as a file; None where there is none."""
    try:
        return manifests.sha256_of((folder / manifests.MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _broken(roots: Roots, day: str) -> str | None:
    """Return what is wrong with the manifests of an export by themselves; None where they are sound."""
    try:
        manifest = manifests.manifest_of(roots["open"] / day)
    except DataError:
        return "its manifest was altered or cannot be read"
    if manifest["digest"] != manifests.digest(manifest):
        return "its manifest was altered after the export was published"
    private = manifest.get("private")
    if not private:
        return None
    try:
        part = manifests.manifest_of(roots["private"] / day)
    except DataError:
        part = {}
    if part.get("digest") != private["digest"] or manifests.digest(part) != private["digest"]:
        return f"its private part is not in {roots['private'].name}/{day} as it was; name its folder with --private-out"
    return None


def _lost_results(found: _Found) -> Iterator[_Loss]:
    """Yield files with results that are not as the newest note says."""
    newest = next((found.notes[number] for number in reversed(found.numbers) if number in found.notes), None)
    if newest is None:
        return
    for part, root in found.roots.items():
        for name in COLUMNS:
            content, said = _log_content(root, name), newest["results"].get(part, {}).get(name)
            place = f"{root.name}/{name}"
            if said is None and content:
                yield _Loss(found.newest_day, place, "stands there and no record wrote it")
            elif said is not None and not content:
                yield _Loss(found.newest_day, place, "is gone; refusals stand in it")
            elif said is not None and manifests.sha256_of(content) != said["sha256"]:
                yield _Loss(found.newest_day, place, "is older or was altered since the last record; refusals stand in it")


def _log_content(root: Path, name: str) -> bytes:
    try:
        return (root / name).read_bytes()
    except FileNotFoundError:
        return b""


def _head(found: _Found) -> str | None:
    """Return the SHA-256 of the newest note that stands there."""
    newest = max((number for of_part in found.contents.values() for number in of_part), default=0)
    contents = [of_part[newest] for of_part in found.contents.values() if newest in of_part]
    return manifests.sha256_of(contents[0]) if contents else None


def _problems(losses: list[_Loss]) -> list[Problem | str]:
    """Return a line for each of the first losses, with the ways on."""
    day = min(dt.date.fromisoformat(max(loss.day for loss in losses)), dt.date.max - dt.timedelta(days=1)) + dt.timedelta(days=1)
    ways = f"restore it from a backup, or export with --forget-before {day}, and what is lost is forgotten"
    problems: list[Problem | str] = [Problem(loss.file, None, None, RULE, f"{loss.message}; {ways}") for loss in losses[:_SHOWN_LOSSES]]
    if len(losses) > _SHOWN_LOSSES:
        problems.append(f"... and {len(losses) - _SHOWN_LOSSES} more losses")
    return problems
