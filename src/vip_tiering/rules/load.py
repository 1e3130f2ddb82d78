"""The rules of a folder: every file is read and validated once, and every mistake of every file is told at once.

Rule files hold the bank's own rules and nothing of a customer, so a message may show what stands in them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from vip_tiering.base.disk import stands, sync, write_new, writing
from vip_tiering.base.errors import OutputError, RulesError
from vip_tiering.base.quarter import Quarter
from vip_tiering.rules.calendar import CalendarFile
from vip_tiering.rules.extracts import Aliases, ExtractRules, Rates, parse_aliases, parse_rates
from vip_tiering.rules.folder import packaged_rules, place_of
from vip_tiering.rules.forms import RuleFile, check
from vip_tiering.rules.overrides import Overrides, parse_overrides
from vip_tiering.rules.tiers import Ladder, OutlookRule, RetentionRule, TiersFile
from vip_tiering.rules.yaml_file import MOST_BYTES, Document

FILES: Final[dict[str, type[RuleFile]]] = {"calendar.yaml": CalendarFile, "extracts.yaml": ExtractRules, "tiers.yaml": TiersFile}
"""The form of every file that decides on tiers, in the order in which problems are shown."""
_TABLE_BYTES: Final = 32 << 20
"""What a table beside extracts.yaml may have: a million renamed customers."""
_NEAR_NAME: Final = 0.8
"""How alike two names are of which one is a slip of the pen: playbook and playbooks, extract and extracts, calender and calendar."""
Form = TypeVar("Form", bound=RuleFile)


@dataclass(frozen=True)
class RuleFolder:
    """The rule files of a folder, by their forms. People know the folder as `shown`; problems of side tables are `of_tables`."""

    path: Path
    shown: str
    documents: dict[type[RuleFile], Document]
    of_tables: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """How a manifest names the folder: never a path of this machine."""
        path = self.path
        return "packaged rules" if path == packaged_rules() else path.name if path.name not in ("", "..") else path.resolve().name

    def sound(self, form: type[Form]) -> Form | None:
        """Return a file as a model; None where it is absent or has mistakes, so that nothing is judged by it."""
        document = self.documents.get(form)
        return document.model if document is not None and document.is_sound else None

    def judged(self, form: type[Form]) -> Form | None:
        """Return a file as a model in which what is not wrong can be judged by others; None where there is no such."""
        document = self.documents.get(form)
        return document.model if document is not None else None

    def lines(self) -> list[str]:
        """Return a line for every mistake, file by file."""
        return [*(line for document in self.documents.values() for line in document.lines()), *self.of_tables]


@dataclass(frozen=True)
class Rules:
    """All rules of a folder. `name` tells people which folder it was; it is not a path of this machine."""

    name: str
    ladders: tuple[Ladder, ...]
    extracts: ExtractRules
    calendar: CalendarFile = field(default_factory=CalendarFile)
    rates: Rates | None = None
    aliases: Aliases | None = None
    outlook: OutlookRule = field(default_factory=OutlookRule)
    retention: RetentionRule | None = None
    overrides: Overrides | None = None

    def ladder(self, quarter: Quarter) -> Ladder:
        """Return the ladder with the newest `valid_from` on or before the quarter's first day; none: RulesError."""
        valid = [one for one in self.ladders if one.valid_from is None or one.valid_from <= quarter.start]
        if not valid:
            first = min(one.valid_from for one in self.ladders if one.valid_from)
            raise RulesError(f"{self.name}/tiers.yaml: no tiers are in force for {quarter}; the first set is valid from {first}")
        return max(valid, key=lambda one: one.valid_from or dt.date.min)

    def digest(self, quarter: Quarter) -> str:
        """Return the SHA-256 of the rules that are in effect for a quarter, however they are written."""
        ladder = self.ladder(quarter)
        effective: dict[str, Any] = {
            "tiers": [[tier.code, tier.label, tier.min_fen] for tier in ladder.tiers],
            "source": ladder.source,
            "outlook": self.outlook.model_dump(),
            "extracts": self.extracts.model_dump(mode="json"),
            "calendar": self.calendar.model_dump(mode="json", exclude={"source", "lobby_events", "branch_dates"}),
            "rates": self.rates.sha256 if self.rates else None,
            "aliases": self.aliases.sha256 if self.aliases else None,
        }
        if self.retention is not None:
            effective["retention"] = self.retention.model_dump()
        if self.overrides is not None:
            effective["overrides"] = self.overrides.sha256
        return hashlib.sha256(json.dumps(effective, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def copy_packaged(folder: Path) -> list[Path]:
    """Write the packaged rule files into a new folder, whole or not at all, and return their paths.

    Raises OutputError where something stands there already, or it cannot be written.
    """
    staging = folder.with_name(f".staging-{folder.name}")
    with writing(folder):
        if stands(folder):
            raise OutputError(f"{folder}: stands there already and is not written over; name a new folder")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(staging, ignore_errors=True)  # what a killed command left
            staging.mkdir()
            for path in sorted(packaged_rules().glob("*.yaml")):
                write_new(staging / path.name, path.read_bytes())
            sync(staging)
            staging.rename(folder)
            with suppress(OSError):  # it stands there
                sync(folder.parent)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        return sorted(folder.iterdir())


def read_folder(
    folder: str | Path | None, wanted: Mapping[str, type[RuleFile]], instead: Mapping[str, bytes] = MappingProxyType({})
) -> RuleFolder:
    """Return the wanted files of a folder (`place_of`), each checked by itself. `instead`: content that stands in place of a file's own.

    Raises RulesError where there is no such folder, no tiers.yaml in it, or a file of it cannot be read.
    """
    path = place_of(folder)
    shown = "packaged rules" if path == packaged_rules() else str(path)
    try:
        if not path.is_dir():
            problem = "is not a folder; name the folder that holds tiers.yaml" if path.exists() else "there is no such folder of rules"
            raise RulesError(f"{shown}: {problem}")
        if strange := [(name, near) for name, near in _unread(path).items() if near in wanted]:
            raise RulesError([f"{shown}/{name}: {_instead(path, near)}" for name, near in strange])
        present = [file for file in wanted if (path / file).exists()]
        if folders := [file for file in present if not (path / file).is_file()]:
            raise RulesError([f"{shown}/{file}: is not a file" for file in folders])
        contents = {file: instead[file] if file in instead else _content(path / file, MOST_BYTES) for file in present}
    except OSError as error:
        raise RulesError(f"{shown}: cannot be read: {error.strerror}") from None
    if "tiers.yaml" not in contents:
        raise RulesError(f"{shown}: there is no tiers.yaml in this folder; name the folder that holds it")
    documents = {wanted[file]: check(content, wanted[file], f"{shown}/{file}") for file, content in contents.items()}
    return RuleFolder(path, shown, documents)


def _unread(folder: Path) -> dict[str, str]:
    """Return every YAML file of a folder that no command reads, with the rule file for which people may hold it, or ""."""
    known = [path.name for path in packaged_rules().glob("*.yaml")]
    others = [path.name for path in folder.iterdir() if path.suffix.casefold() in (".yaml", ".yml") and not path.name.startswith(".")]
    return {name: _meant(Path(name).stem.casefold(), known) for name in sorted(others) if name not in known}


def _meant(stem: str, known: list[str]) -> str:
    """Return the rule file of which a name is a slip of the pen, or a copy: `tier`, `tiers (1)`, `tiers - 副本`; "" where there is none."""
    stems = {Path(one).stem: one for one in known}
    copied = [one for one in stems if re.search(rf"(?<![a-z]){one}(?![a-z])", stem)]
    near = copied or get_close_matches(stem, stems, n=1, cutoff=_NEAR_NAME)
    return stems[max(near, key=len)] if near else ""


def _instead(folder: Path, near: str) -> str:
    """Return what to do with a file that stands where people may believe that it is read as `near`."""
    if (folder / near).exists():
        return f"is not read, {near} is; move it to another folder, or give it an ending other than .yaml"
    return f"would not be read; rename it to {near}"


def unread(folder: str | Path | None) -> tuple[str, ...]:
    """Return a warning for every YAML file of a folder of rules (`place_of`) that no command reads."""
    return tuple(f"{place_of(folder)}/{name}: is not read by any command" for name in _unread(place_of(folder)))


def load_rules(folder: str | Path | None = None) -> Rules:
    """Return the rules of `folder`, else of `./rules` where it exists, else the packaged ones.

    Raises RulesError with every mistake of every file at once. Files of playbooks are not read (semantics 7.1).
    """
    read = read_folder(folder, FILES)
    rules = rules_of(read)
    if rules is None:
        raise RulesError(read.lines())
    return rules


def rules_of(folder: RuleFolder) -> Rules | None:
    """Return the rules that decide on tiers, with the tables that extracts.yaml names; None where any of it has mistakes."""
    tiers = folder.sound(TiersFile)
    if tiers is None or any(folder.documents[form].problems for form in FILES.values() if form in folder.documents):
        return None
    extracts = folder.sound(ExtractRules) or ExtractRules()
    rates = aliases = overrides = None
    if extracts.rates_file and (content := _table(folder, extracts.rates_file, "currency.rates")) is not None:
        rates, found = parse_rates(content, f"{folder.shown}/{extracts.rates_file}")
        folder.of_tables.extend(found)
    if extracts.aliases and (content := _table(folder, extracts.aliases, "aliases")) is not None:
        aliases, found = parse_aliases(content, f"{folder.shown}/{extracts.aliases}")
        folder.of_tables.extend(found)
    if tiers.overrides and (content := _table(folder, tiers.overrides, "overrides", "tiers.yaml")) is not None:
        overrides, found = parse_overrides(content, f"{folder.shown}/{tiers.overrides}", tiers.labels, aliases)
        folder.of_tables.extend(found)
    if folder.of_tables:
        return None
    calendar = folder.sound(CalendarFile) or CalendarFile()
    of_tiers = (tiers.outlook, tiers.retention, overrides)
    return Rules(folder.name, tiers.ladders, extracts, calendar, rates, aliases, *of_tiers)


def _table(folder: RuleFolder, file: str, key: str, named_in: str = "extracts.yaml") -> bytes | None:
    """Return the content of a table that a rule file names; where it cannot be read that is noted."""
    try:
        content = _content(folder.path / file, _TABLE_BYTES)
    except OSError as error:
        message = f"{key}: {file} cannot be read: {error.strerror}; name a CSV relative to this file"
        folder.of_tables.append(f"{folder.shown}/{named_in}: {message}")
        return None
    if len(content) > _TABLE_BYTES:
        folder.of_tables.append(f"{folder.shown}/{file}: is larger than {_TABLE_BYTES >> 20} MB, the most that such a table may have")
        return None
    return content


def _content(path: Path, most: int) -> bytes:
    """Return a file's content; of a larger one than `most` only one byte more, so that it is known to be larger."""
    with path.open("rb") as file:
        return file.read(most + 1)
