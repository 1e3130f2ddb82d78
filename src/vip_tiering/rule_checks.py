"""What is wrong with a rule file, every mistake at once: its YAML, its form, and its values against each other.

Rule files hold the bank's own rules and nothing of a customer, so a message may show what stands in them.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vip_tiering import yaml_marks
from vip_tiering.calendar_checks import check_calendar
from vip_tiering.rule_models import (
    FILES,
    OWN_MESSAGE,
    CalendarFile,
    ExtractRules,
    TiersFile,
    bound_fen,
)
from vip_tiering.schema import RESERVED_CODES
from vip_tiering.yaml_marks import Document, Path, path_text

_OF_KEYS: Final = {
    "code": "must be 1 to 32 small letters, digits or _, beginning with a letter",
    "version": "must be 1",
    "valid_from": "must be a day such as 2015-01-01, without quotes",
}
_OF_WORDS: Final = {
    "id": "must be capital letters and digits with single -, such as E-SMS-1",
    "action": "must be capital letters and digits with single -, such as E-LOBBY-2",
    "covers": "must be capital letters and digits with single -, such as E-SMS-1",
    "topics": "must be a code of products.yaml: small letters, digits or _",
    "channels": "must be a code of channels.yaml: small letters, digits or _",
    "tier": "must be a code of tiers.yaml: small letters, digits or _",
    "same_as": "must be a code of tiers.yaml: small letters, digits or _",
    "customers_from": "must be a code of tiers.yaml: small letters, digits or _",
    "quarter": "must be a quarter such as 2016Q1",
    "not_before": 'must be a time of day from "00:00" to "23:59", in quotes',
    "not_after": 'must be a time of day from "00:00" to "23:59", in quotes',
    "first_day": 'must be a month and a day in quotes, such as "06-15"',
    "last_day": 'must be a month and a day in quotes, such as "06-15"',
    "field": "must be a field of a list: small letters, digits or _",
    "signature": "must be the sender in 【】, 2 to 20 characters long, such as 【示例银行】",
}
_OF_TEXT: Final = ("string_type", "string_pattern_mismatch")
_OF_KINDS: Final = {
    "literal_error": "must be {expected}",
    "int_type": "must be a whole number",
    "string_type": "must be text; quote it",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters long",
    "string_pattern_mismatch": "must not begin or end with a blank",
    "list_type": "must be a list, one item after each -",
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "bool_type": "must be true or false",
    "date_type": "must be a day such as 2015-01-01, without quotes",
    "too_short": "must not be empty",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
}


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


def check_form(content: bytes, model: type[BaseModel], name: str) -> Document:
    """Return the content of a rule file as a document with the problems of its YAML and of each value by itself."""
    document = yaml_marks.read(content, name)
    if not isinstance(document.data, dict):
        if not document.problems:
            document.add((), "must be a mapping of keys to values, such as version: 1")
        return document
    try:
        model.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in sorted(details, key=lambda one: one["type"] == "missing"):  # a misspelled key is no missing one
            _add(document, detail, model)
    if "version" not in document.data:
        _add_missing(document, ("version",), "write version: 1")
    return document


def _add(document: Document, detail: ErrorDetails, model: type[BaseModel]) -> None:
    """Translate one finding of pydantic into a line for people, at its place."""
    path, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(known)}"
        document.add(path, f"is not a known key{hint}", at_key=True)
    elif kind == "missing":
        if path != ("version",):
            _add_missing(document, path)
    elif path[-1] == "[key]":
        document.add(path[:-1], "must be a short name that does not begin or end with a blank", at_key=True)
    elif kind == OWN_MESSAGE:
        document.add(path, detail["msg"])
    elif path[-1] in _OF_KEYS and kind != "literal_error":
        document.add(path, _OF_KEYS[str(path[-1])])
    elif kind in _OF_TEXT and (words := _OF_WORDS.get(str(path[-2 if isinstance(path[-1], int) else -1]))):
        document.add(path, words)
    else:
        context = {key: str(value).replace("'", "") for key, value in detail.get("ctx", {}).items()}
        document.add(path, _OF_KINDS[kind].format(**context))


def _add_missing(document: Document, path: Path, hint: str = "") -> None:
    if not _stands_misspelled(document, path):
        document.add(path, "is missing" + (f"; {hint}" if hint else ""))


def _stands_misspelled(document: Document, path: Path) -> bool:
    """Tell whether a missing key is there under a near name, or comes by a merge; that is one mistake, told already."""
    beside = [str(other[-1]) for other in document.key_places if other[:-1] == path[:-1] and other in document.wrong]
    return "<<" in beside or any(get_close_matches(other, [str(path[-1])]) for other in beside)


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that `model` knows at `path`, for "did you mean"."""
    for step in path:
        if isinstance(step, str) and step in model.model_fields:
            model = next(_models_in(model.model_fields[step].annotation), model)
    return list(model.model_fields)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models within an annotation, such as Tier in `list[Tier] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _check_tiers_file(document: Document) -> None:
    """Add what only several values together can show: order of bounds, repeated codes and labels, repeated days."""
    data = document.data
    if "tiers" in data and "sets" in data:
        document.add(("sets",), "must not stand beside tiers; write either tiers or sets", at_key=True)
    elif "tiers" not in data and "sets" not in data and not any(_stands_misspelled(document, (key,)) for key in ("tiers", "sets")):
        document.add((), "must hold either tiers or sets")
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


def _check_ladder(document: Document, path: Path, tiers: object) -> None:
    """Add the problems of one ladder, spec: `[min, next min)`, lowest first."""
    below: tuple[int, int] | None = None
    first_use: dict[tuple[str, str], int] = {}
    for index, tier in enumerate(tiers if isinstance(tiers, list) else []):
        if not isinstance(tier, dict):
            continue
        here = (*path, index)
        for key, reserved in (("code", RESERVED_CODES.keys()), ("label", RESERVED_CODES.values())):
            word = tier.get(key)
            if not isinstance(word, str):
                continue
            if word in reserved:
                document.add((*here, key), f"is reserved; choose another {key}")
            if (first := first_use.setdefault((key, word), index)) != index:
                document.add((*here, key), f"must differ from {path_text((*path, first, key))}")
        fen = bound_fen(tier.get("min"))
        if fen is None:
            continue
        if below is not None and fen <= below[1]:
            document.add((*here, "min"), f"must be greater than {path_text((*path, below[0], 'min'))}")
        below = (index, fen)


def _check_columns(document: Document, columns: object) -> None:
    """Add the headers that stand for two meanings; headers are compared as in the extracts, NFKC and without case."""
    first_use: dict[str, str] = {}
    for role, header in columns.items() if isinstance(columns, dict) else ():
        if isinstance(header, str):
            tidy = unicodedata.normalize("NFKC", header).strip().casefold()
            if (first := first_use.setdefault(tidy, role)) != role:
                document.add(("columns", role), f"must differ from columns.{first}")


def _check_products(document: Document, product: object) -> None:
    """Add products that are named twice, or both count and do not count."""
    lists = product if isinstance(product, dict) else {}
    first_use: dict[str, Path] = {}
    for key in ("include", "exclude"):
        for index, code in enumerate(lists[key] if isinstance(lists.get(key), list) else []):
            path = ("product", key, index)
            if isinstance(code, str) and (first := first_use.setdefault(tidy(code), path)) != path:
                document.add(path, f"must differ from {path_text(first)}")
    weights = lists.get("weights")
    for code in weights if isinstance(weights, dict) else ():
        if (first := first_use.get(tidy(code), ("",) * 3))[1] == "exclude":
            message = f"must not have a weight, {path_text(first)} says that it does not count"
            document.add(("product", "weights", code), message, at_key=True)


def tidy(code: str) -> str:
    """Return a code as codes are compared in the extracts: NFKC, without surrounding blanks."""
    return unicodedata.normalize("NFKC", code).strip()
