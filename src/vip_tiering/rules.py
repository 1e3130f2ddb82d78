"""The rule files as typed values: `tiers.yaml` (the ladder) and `extracts.yaml` (how the extracts look).

Every mistake of a file is reported at once, as `rules/tiers.yaml:12:10: path message`, before any data is read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from vip_tiering import yaml_marks
from vip_tiering.errors import OutputError, RulesError
from vip_tiering.money import AMOUNT_LIMIT_FEN, FEN_PER_YUAN
from vip_tiering.quarter import Quarter
from vip_tiering.schema import RESERVED_CODES

Kind = Literal["snapshot", "changes"]
Negative = Literal["zero", "net", "reject"]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="short name of the tier in files")]
Label = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^\S(.*\S)?$", description="name of the tier for people")]
Yuan = Annotated[
    StrictInt | Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]{1,2})?$")],
    Field(description="lower bound in yuan: a whole number, or a quoted decimal; the bound itself belongs to the tier"),
]
Source = Annotated[str, Field(min_length=1, description="which document, which clause")]
Header = Annotated[str, Field(min_length=1, max_length=64)]
Version = Annotated[Literal[1], Field(description="form of this file")]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Tier(_Strict):
    """One step of the ladder: customers with an average of `min` yuan or more, below the next step's `min`."""

    code: Code
    label: Label
    min: Yuan

    @property
    def min_fen(self) -> int:
        """The lower bound in fen."""
        whole, _, part = str(self.min).partition(".")
        return int(whole) * FEN_PER_YUAN + int(part.ljust(2, "0") or 0)


Tiers = Annotated[list[Tier], Field(min_length=1, description="from the lowest to the highest")]


class TierSet(_Strict):
    """A ladder that is in force from a day on."""

    valid_from: Annotated[dt.date, Field(description="in force for quarters that begin on this day or later")]
    source: Source | None = None
    tiers: Tiers


class TiersFile(_Strict):
    """The form of `tiers.yaml`: one ladder (`tiers`), or several by the day from which they are in force (`sets`)."""

    version: Version
    source: Source | None = None
    tiers: Tiers | None = None
    sets: Annotated[list[TierSet], Field(min_length=1)] | None = None


class Columns(_Strict):
    """The bank's own header for each meaning; what is not named here is recognised by its usual names."""

    customer_id: Header | None = None
    account_id: Header | None = None
    product: Header | None = None
    currency: Header | None = None
    date: Header | None = None
    balance: Header | None = None


class ExtractRules(_Strict):
    """The form of `extracts.yaml`: what the bank's extracts look like and mean."""

    version: Version = 1
    kind: Annotated[
        Kind, Field(description="snapshot: a date's rows are all balances of that day; changes: a row holds until the next")
    ] = "snapshot"
    columns: Columns = Columns()
    negative: Annotated[Negative, Field(description="a negative balance counts as zero, as it is, or is rejected")] = "zero"
    max_carry_days: Annotated[StrictInt, Field(ge=0, le=92, description="how many days a delivered day may stand for")] = 3
    date_format: Annotated[str, Field(min_length=2, description="such as %d.%m.%Y; otherwise ISO, %Y%m%d or %Y/%m/%d")] | None = None
    date_offset_days: Annotated[
        StrictInt, Field(ge=-31, le=31, description="added to a date taken from a name; -1 for the day of delivery")
    ] = 0
    final_newline: Annotated[Literal["required", "optional"], Field(description="a file without it may have been cut off")] = "required"


FILES: Final[dict[str, type[_Strict]]] = {"tiers.yaml": TiersFile, "extracts.yaml": ExtractRules}


@dataclass(frozen=True)
class Ladder:
    """The tiers in force for a quarter, lowest first. Level 0 is `untiered`; tier i has level i + 1."""

    tiers: tuple[Tier, ...]
    source: str
    valid_from: dt.date | None = None

    @property
    def codes(self) -> list[str]:
        """The code of every level, `untiered` first."""
        return ["untiered", *(tier.code for tier in self.tiers)]

    @property
    def labels(self) -> dict[str, str]:
        """The label of every code, reserved ones included."""
        return RESERVED_CODES | {tier.code: tier.label for tier in self.tiers}


@dataclass(frozen=True)
class Rules:
    """All rules of a folder. `name` tells people which folder it was; it is no path of this machine."""

    name: str
    ladders: tuple[Ladder, ...]
    extracts: ExtractRules

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
        }
        return hashlib.sha256(json.dumps(effective, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def packaged_rules() -> Path:
    """Return the folder of the rules that come with the program (in a wheel, or beside `src` in a checkout)."""
    inside = Path(str(files("vip_tiering"))) / "_data" / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "rules"


def load_rules(folder: str | Path | None = None) -> Rules:
    """Return the rules of `folder`, else of `./rules` where it exists, else the packaged ones.

    Raises RulesError with every mistake of every file at once.
    """
    path = Path(folder) if folder is not None else Path("rules") if Path("rules").is_dir() else packaged_rules()
    name = "packaged rules" if path == packaged_rules() else path.name or path.resolve().name
    shown = name if name == "packaged rules" else str(folder if folder is not None else "rules")
    if not (path / "tiers.yaml").is_file():
        raise RulesError(f"{shown}: there is no tiers.yaml here; give the folder of the rules with --rules")
    documents = {file: _read(path / file, f"{shown}/{file}") for file in FILES if (path / file).is_file()}
    problems = [line for document in documents.values() for line in document.lines()]
    if problems:
        raise RulesError(problems)
    extracts = documents.get("extracts.yaml")
    return Rules(
        name=name,
        ladders=_ladders(TiersFile.model_validate(documents["tiers.yaml"].data)),
        extracts=ExtractRules() if extracts is None else ExtractRules.model_validate(extracts.data),
    )


def json_schema(file: str) -> dict[str, Any]:
    """Return the JSON Schema of a rule file, so that editors complete and check it."""
    schema = FILES[file].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": file, **schema, "required": ["version"]}


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of every rule file into `folder`, as `tiers.schema.json` and so on; return the paths."""
    paths = []
    for file in FILES:
        path = folder / file.replace(".yaml", ".schema.json")
        try:
            path.write_text(json.dumps(json_schema(file), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
        paths.append(path)
    return paths


def _ladders(file: TiersFile) -> tuple[Ladder, ...]:
    if file.tiers is not None:
        return (Ladder(tuple(file.tiers), file.source or ""),)
    return tuple(Ladder(tuple(one.tiers), one.source or file.source or "", one.valid_from) for one in file.sets or ())


def _read(path: Path, name: str) -> yaml_marks.Document:
    """Return a rule file as a document that holds every problem: of YAML, of its form, and across its values."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RulesError(f"{name}: cannot be read: {error.strerror}") from None
    document = yaml_marks.read(text, name)
    if () in document.problems:
        return document
    if not isinstance(document.data, dict):
        document.problems[()] = (yaml_marks.Place(1, 1), "must be a mapping of keys to values")
        return document
    model = FILES[path.name]
    if "version" not in document.data:
        document.add((), 'the key "version" is missing; write version: 1')
    try:
        model.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _add(document, detail, model)
    if model is TiersFile:
        _check_tiers_file(document)
    return document


def _add(document: yaml_marks.Document, detail: Any, model: type[_Strict]) -> None:  # noqa: ANN401 (pydantic's ErrorDetails)
    """Translate one finding of pydantic into a line for people, at its place."""
    path = tuple(step for step in detail["loc"] if step not in _UNION_STEPS and not str(step).startswith("constrained-"))
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _keys_at(model, path[:-1]), n=1)
        document.add(path, f"is not a known key{f'; did you mean {near[0]}?' if near else ''}", at_key=True)
    elif kind == "missing":
        if path != ("version",):
            document.add(path, "is missing")
    else:
        document.add(path, _MESSAGES.get((path[-1], kind)) or _MESSAGES.get(path[-1]) or _message(kind, context, detail["msg"]))


_UNION_STEPS: Final = ("int", "str")
_MESSAGES: Final[dict[Any, str]] = {
    "min": 'must be whole yuan without a leading zero (20000) or a quoted decimal ("20000.50")',
    "code": "must be 1 to 32 small letters, digits or _, beginning with a letter",
    "label": "must be quoted or plain text of 1 to 32 characters",
    "version": "must be 1",
    "valid_from": "must be a day such as 2015-01-01",
}


def _message(kind: str, context: dict[str, Any], message: str) -> str:
    match kind:
        case "literal_error":
            return f"must be one of {context['expected']}"
        case "int_type" | "int_from_float":
            return "must be a whole number"
        case "string_type" | "string_too_short" | "string_too_long" | "string_pattern_mismatch":
            return "must be text of a sensible length; quote it"
        case "list_type":
            return "must be a list, one item after each -"
        case "model_type" | "dict_type":
            return "must be a mapping of keys to values"
        case "too_short":
            return "must not be empty"
        case "greater_than_equal":
            return f"must be {context['ge']} or more"
        case "less_than_equal":
            return f"must be {context['le']} or less"
    return message[:1].lower() + message[1:]


def _keys_at(model: type[BaseModel], path: yaml_marks.Path) -> list[str]:
    """Return the keys that `model` knows at `path`, for "did you mean"."""
    nested: dict[str, type[BaseModel]] = {"tiers": Tier, "sets": TierSet, "columns": Columns}
    for step in path:
        model = nested.get(str(step), model)
    return list(model.model_fields)


def _check_tiers_file(document: yaml_marks.Document) -> None:
    """Add what only several values together can show: order of bounds, repeated codes and labels, repeated days."""
    data = document.data
    if ("tiers" in data) == ("sets" in data):
        document.add((), "must hold either tiers or sets" + (", not both" if "tiers" in data else ""))
    _check_ladder(document, ("tiers",), data.get("tiers"))
    sets = data.get("sets")
    days: dict[dt.date, int] = {}
    for index, one in enumerate(sets if isinstance(sets, list) else []):
        if not isinstance(one, dict):
            continue
        _check_ladder(document, ("sets", index, "tiers"), one.get("tiers"))
        day = one.get("valid_from")
        if isinstance(day, dt.date) and (first := days.setdefault(day, index)) != index:
            document.add(("sets", index, "valid_from"), f"must differ from sets[{first}].valid_from")


def _check_ladder(document: yaml_marks.Document, path: yaml_marks.Path, tiers: object) -> None:
    below: tuple[int, int] | None = None
    first_use: dict[tuple[str, str], int] = {}
    for index, tier in enumerate(tiers if isinstance(tiers, list) else []):
        if not isinstance(tier, dict):
            continue
        here = (*path, index)
        for key in ("code", "label"):
            word = tier.get(key)
            if isinstance(word, str) and (first := first_use.setdefault((key, word), index)) != index:
                document.add((*here, key), f"must differ from {yaml_marks.path_text((*path, first, key))}")
        if tier.get("code") in RESERVED_CODES:
            document.add((*here, "code"), "is reserved; choose another code")
        fen = _fen(tier.get("min"))
        if fen is None:
            continue
        if not 0 < fen < AMOUNT_LIMIT_FEN:
            document.add((*here, "min"), "must be greater than 0 and less than 1000000000000")
        elif below is not None and fen <= below[1]:
            document.add((*here, "min"), f"must be greater than {yaml_marks.path_text((*path, below[0], 'min'))}")
        below = (index, fen)


def _fen(bound: object) -> int | None:
    """Return a bound in fen where it has the right form; the form itself is judged elsewhere."""
    if isinstance(bound, bool) or not isinstance(bound, int | str) or not re.fullmatch(r"-?[0-9]+(\.[0-9]{1,2})?", str(bound)):
        return None
    return -1 if str(bound).startswith("-") else Tier(code="x", label="x", min=bound).min_fen
