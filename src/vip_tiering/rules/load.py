"""What is wrong with a rule file, every mistake at once: its YAML, its form, and its values against each other.

Rule files hold the bank's own rules and nothing of a customer, so a message may show what stands in them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from vip_tiering.base.errors import OutputError, RulesError
from vip_tiering.base.quarter import Quarter
from vip_tiering.rules.calendar import CalendarFile, check_calendar
from vip_tiering.rules.extracts import Aliases, ExtractRules, Rates, _check_columns, _check_products, parse_aliases, parse_rates
from vip_tiering.rules.forms import Strict, check_form
from vip_tiering.rules.tiers import Ladder, TiersFile, _check_tiers_file
from vip_tiering.rules.yaml_file import Document

FILES: Final[dict[str, type[Strict]]] = {"calendar.yaml": CalendarFile, "extracts.yaml": ExtractRules, "tiers.yaml": TiersFile}
"""The form of every rule file, in the order in which problems are shown."""


def check(content: bytes, file: str, name: str) -> Document:
    """Return the content of the rule file `file` as a document with all its problems; people know the file as `name`."""
    model = FILES[file]
    document = check_form(content, model, name)
    if not isinstance(document.data, dict):
        return document
    if model is TiersFile:
        _check_tiers_file(document)
    elif model is ExtractRules:
        _check_columns(document, document.data.get("columns"))
        _check_products(document, document.data.get("product"))
    elif model is CalendarFile:
        check_calendar(document)
    return document


@dataclass(frozen=True)
class Rules:
    """All rules of a folder. `name` tells people which folder it was; it is no path of this machine."""

    name: str
    ladders: tuple[Ladder, ...]
    extracts: ExtractRules
    calendar: CalendarFile = field(default_factory=CalendarFile)
    rates: Rates | None = None
    aliases: Aliases | None = None

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
        effective = {
            "tiers": [[tier.code, tier.label, tier.min_fen] for tier in ladder.tiers],
            "source": ladder.source,
            "extracts": self.extracts.model_dump(mode="json"),
            "calendar": self.calendar.model_dump(mode="json", exclude={"source", "lobby_events", "branch_dates"}),
            "rates": self.rates.sha256 if self.rates else None,
            "aliases": self.aliases.sha256 if self.aliases else None,
        }
        return hashlib.sha256(json.dumps(effective, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def packaged_rules() -> Path:
    """Return the folder of the rules that come with the program (in a wheel, or beside `src` in a checkout)."""
    inside = Path(str(files("vip_tiering"))) / "_data" / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "rules"


def copy_packaged(folder: Path) -> list[Path]:
    """Write the packaged rule files into a new folder, whole or not at all, and return their paths.

    Raises OutputError where something stands there already, or it cannot be written.
    """
    if folder.exists() or folder.is_symlink():
        raise OutputError(f"{folder}: stands there already and is not written over; name a new folder")
    staging = folder.with_name(f".staging-{folder.name}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
        for path in sorted(packaged_rules().glob("*.yaml")):
            (staging / path.name).write_bytes(path.read_bytes())
        staging.rename(folder)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from None
    return sorted(folder.iterdir())


def locate_rules(folder: str | Path | None = None) -> tuple[Path, str]:
    """Return the folder of rules that is meant, and how people know it."""
    path = Path(folder) if folder is not None else Path("rules") if Path("rules").is_dir() else packaged_rules()
    return path, "packaged rules" if path == packaged_rules() else str(path)


def folder_name(path: Path) -> str:
    """Return how a manifest names a folder of rules: never a path of this machine."""
    return "packaged rules" if path == packaged_rules() else path.name if path.name not in ("", "..") else path.resolve().name


def load_rules(folder: str | Path | None = None) -> Rules:
    """Return the rules of `folder`, else of `./rules` where it exists, else the packaged ones.

    Raises RulesError with every mistake of every file at once.
    """
    path, shown = locate_rules(folder)
    documents = {file: check(content, file, f"{shown}/{file}") for file, content in rule_contents(path, shown, FILES).items()}
    if problems := [line for document in documents.values() for line in document.lines()]:
        raise RulesError(problems)
    data = {file: document.data for file, document in documents.items()}
    extracts = ExtractRules.model_validate(data.get("extracts.yaml", {}))
    rates, aliases = _side_tables(path, shown, extracts)
    return Rules(
        name=folder_name(path),
        ladders=_ladders(TiersFile.model_validate(data["tiers.yaml"])),
        extracts=extracts,
        calendar=CalendarFile.model_validate(data.get("calendar.yaml", {})),
        rates=rates,
        aliases=aliases,
    )


def _side_tables(path: Path, shown: str, extracts: ExtractRules) -> tuple[Rates | None, Aliases | None]:
    """Return the tables that extracts.yaml names. Raises RulesError with every mistake of both."""
    problems: list[str] = []

    def read(file: str, key: str) -> bytes | None:
        try:
            return (path / file).read_bytes()
        except OSError as error:
            problems.append(f"{shown}/extracts.yaml: {key}: {file} cannot be read: {error.strerror}; name a CSV relative to this file")
            return None

    rates = aliases = None
    if extracts.currency and (content := read(extracts.currency.rates, "currency.rates")) is not None:
        rates, found = parse_rates(content, f"{shown}/{extracts.currency.rates}")
        problems += found
    if extracts.aliases and (content := read(extracts.aliases, "aliases")) is not None:
        aliases, found = parse_aliases(content, f"{shown}/{extracts.aliases}")
        problems += found
    if problems:
        raise RulesError(problems)
    return rates, aliases


def rule_contents(path: Path, shown: str, wanted: Iterable[str]) -> dict[str, bytes]:
    """Return the content of each wanted rule file in a folder, in that order; without tiers.yaml: RulesError."""
    try:
        if not path.is_dir():
            problem = "is not a folder; name the folder that holds tiers.yaml" if path.exists() else "there is no such folder of rules"
            raise RulesError(f"{shown}: {problem}")
        if others := [(file, other) for file in wanted if (other := path / file.replace(".yaml", ".yml")).exists()]:
            raise RulesError([f"{shown}/{other.name}: would not be read; rename it to {file}" for file, other in others])
        present = [file for file in wanted if (path / file).exists()]
        if strange := [file for file in present if not (path / file).is_file()]:
            raise RulesError([f"{shown}/{file}: is not a file" for file in strange])
        contents = {file: (path / file).read_bytes() for file in present}
    except OSError as error:
        raise RulesError(f"{shown}: cannot be read: {error.strerror}") from None
    if "tiers.yaml" not in contents:
        raise RulesError(f"{shown}: there is no tiers.yaml in this folder; name the folder that holds it")
    return contents


def _ladders(file: TiersFile) -> tuple[Ladder, ...]:
    if file.tiers is not None:
        return (Ladder(tuple(file.tiers), file.source or ""),)
    return tuple(Ladder(tuple(one.tiers), one.source or file.source or "", one.valid_from) for one in file.sets or ())
