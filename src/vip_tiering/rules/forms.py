"""What all rule files have in common: the forms of their values, how a file is checked, and its JSON Schema for editors."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Final, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, ValidationError, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, PydanticCustomError, core_schema

from vip_tiering.rules import yaml_file
from vip_tiering.rules.yaml_file import Document, Path, path_text

OWN_MESSAGE: Final = "rule"
"""The type of those errors whose text is written here and goes to people as it stands."""
_SAMPLE_DAYS: Final = (dt.date(2015, 12, 31), dt.date(2016, 2, 9))
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="short name of the tier in files")]
Source = Annotated[str, Field(min_length=1, description="which document, which clause")]
Id = Annotated[
    str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", max_length=32, description="id of the plan, or of our own, such as E-SMS-1")
]
Version = Annotated[StrictInt, Field(ge=1, le=1), WithJsonSchema({"description": "form of this file", "const": 1})]
Covers = Annotated[list[Id], Field(min_length=1, description="ids of the plan that this entry answers")]
Clause = Annotated[Source, Field(description="which clause of the plan, or which text of law, or ours")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='time of day, quoted, such as "09:00"')]
MonthDay = Annotated[
    str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", description='month and day, quoted, such as "06-15"')
]
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
    "time": 'must be a time of day from "00:00" to "23:59", in quotes',
    "first_day": 'must be a month and a day in quotes, such as "06-15"',
    "last_day": 'must be a month and a day in quotes, such as "06-15"',
    "field": "must be a field of a list: small letters, digits or _",
    "coupon": 'must be a coupon in quotes, such as "4.00%"',
    "phone": 'must be a telephone number of at most 16 signs, in quotes, such as "010-65550001"',
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


def check_printable(text: str) -> str:
    """Refuse characters that could steer a terminal or break a line."""
    if not text.isprintable():
        raise PydanticCustomError(OWN_MESSAGE, "must hold printable characters only")
    return text


def check_chinese(text: str) -> str:
    """Refuse a text without a single Chinese character where people read Chinese."""
    if not any("\u4e00" <= sign <= "\u9fff" for sign in text):
        raise PydanticCustomError(OWN_MESSAGE, "must be in Chinese; people read it")
    return text


def _check_date_format(text: str) -> str:
    """Refuse a format that cannot bring a day back: one with a part missing, given twice or unknown to Python."""
    try:
        days = [dt.datetime.strptime(day.strftime(text), text).date() == day for day in _SAMPLE_DAYS]  # noqa: DTZ007 (days)
    except (ValueError, re.error):
        days = [False]
    if not all(days):
        raise PydanticCustomError(OWN_MESSAGE, 'must hold a year, a month and a day once each, such as "%d.%m.%Y"')
    return text


Label = Annotated[
    str,
    Field(min_length=1, max_length=32, pattern=r"^\S(.*\S)?$", description="name of the tier for people"),
    AfterValidator(check_printable),
]
Header = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
Words = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
FewWords = Annotated[str, Field(min_length=1, max_length=12, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
"""What a field of a message may be filled with."""
DateFormat = Annotated[
    str,
    Field(description="form of the dates, such as %d.%m.%Y; otherwise 2015-12-31, 20151231, 2015/12/31 or 2015年12月31日"),
    AfterValidator(_check_date_format),
]


class Strict(BaseModel):
    """A mapping of a rule file: no unknown key, no converted value."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)  # few commands need every form


class RuleFile(Strict):
    """A whole rule file."""

    @classmethod
    def check_data(cls, document: Document) -> None:
        """Add what values say against each other, although other values may have a wrong form."""

    def check(self, document: Document) -> None:
        """Add what the values of a file without other mistakes say against each other."""


Text = Annotated[
    str,
    Field(min_length=1, max_length=2000, description="what is sent; ${name} and other known fields are filled in"),
    AfterValidator(check_printable),
]
FileName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
"""The name of a table beside a rule file."""
What = Annotated[Words, Field(description="what is done or meant, in one line")]
Chinese = Annotated[Words, AfterValidator(check_chinese), Field(description="the same for people, in Chinese")]
Reason = Annotated[Words, Field(description="why it is so")]


class Override(Strict):
    """Who allowed something looser than the floor, and when."""

    approved_by: Annotated[Words, Field(description="name and office")]
    approved_on: Annotated[dt.date, Field(description="day of the approval")]
    reason: Reason


def check_unique(document: Document, path: Path, key: str, values: Iterable[str]) -> None:
    """Add the values of `key` that stand twice in the list at `path`."""
    first_use: dict[str, int] = {}
    for index, value in enumerate(values):
        if (first := first_use.setdefault(value, index)) != index:
            document.add((*path, index, key), f"must differ from {path_text((*path, first, key))}")


def check_known(document: Document, path: Path, word: str, known: Iterable[str], where: str) -> None:
    """Add a word that is none of those in another file."""
    known = list(known)
    if word not in known:
        near = get_close_matches(word, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known there: {', '.join(known) or 'none'}"
        document.add(path, f"is not in {where}{hint}")


def check(content: bytes, form: type[RuleFile], name: str) -> Document:
    """Return the content of a rule file as a document with all the problems that the file has by itself; people know it as `name`."""
    document = yaml_file.read(content, name)
    if not isinstance(document.data, dict):
        if not document.problems:
            document.add((), "must be a mapping of keys to values, such as version: 1")
        return document
    try:
        document.model = form.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in sorted(details, key=lambda one: one["type"] == "missing"):  # a misspelled key is not a missing one
            _add(document, detail, form)
        document.model = _rest(document, form)
    if "version" not in document.data:
        _add_missing(document, ("version",), "write version: 1")
    form.check_data(document)
    document.wrong |= {entry for path in document.wrong - document.foreign if (entry := _entry(path))}
    if document.model is not None:
        document.model.check(document)
    return document


def _rest(document: Document, form: type[RuleFile]) -> RuleFile | None:
    """Return a file without its wrong keys, so that what else it says is judged too; None where it has no form without them.

    A key that holds entries, or stands in none, may be what other entries go by: nothing is judged without it.
    """
    data = copy.deepcopy(document.data)
    gone: set[Path] = set()
    for there, path in sorted(((_key_of(path, document), path) for path in document.wrong), key=lambda one: len(one[0])):
        if any(there[:length] in gone for length in range(1, len(there) + 1)):
            continue
        gone.add(there)
        *above, key = there or ("",)
        holder = functools.reduce(lambda value, step: value[step], above, data)
        if path not in document.foreign and (not _entry(there) or "{" in str(holder.get(key))):
            return None
        holder.pop(key, None)
    try:
        return form.model_validate(data)
    except ValidationError:
        return None


def _key_of(path: Path, document: Document) -> Path:
    """Return the path of the key whose value holds the place `path`, or stands there."""
    while path and (path not in document.key_places or path not in document.places):
        path = path[:-1]
    return path


def _entry(path: Path) -> Path:
    """Return the path of the innermost entry of a list that holds a place; () where none does."""
    return next((path[:length] for length in range(len(path), 0, -1) if isinstance(path[length - 1], int)), ())


def _add(document: Document, detail: ErrorDetails, form: type[RuleFile]) -> None:
    """Translate one finding of pydantic into a line for people, at its place."""
    path, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        known = _keys_at(form, path[:-1])
        near = get_close_matches(str(path[-1]), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(known)}"
        if not near and not document.is_wrong(path):
            document.foreign.add(path)
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
    elif kind == "model_type" and isinstance(detail["input"], str) and (hint := yaml_file.unspaced(detail["input"])):
        document.add(path, hint)
    elif kind in _OF_TEXT and (words := _OF_WORDS.get(str(path[-2 if isinstance(path[-1], int) else -1]))):
        document.add(path, words)
    else:
        context = {key: str(value).replace("'", "") for key, value in detail.get("ctx", {}).items()}
        document.add(path, _OF_KINDS[kind].format(**context))


def _add_missing(document: Document, path: Path, hint: str = "") -> None:
    if not stands_misspelled(document, path):
        document.add(path, "is missing" + (f"; {hint}" if hint else ""))


def stands_misspelled(document: Document, path: Path) -> bool:
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


class _Schema(GenerateJsonSchema):
    """JSON Schema without noise: no generated titles, and no null, because a key without a value is refused."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        result = super().default_schema(schema)
        return {key: value for key, value in result.items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 (pydantic's signature)
        return False


def json_schema(file: str, form: type[RuleFile]) -> dict[str, Any]:
    """Return the JSON Schema of a rule file, so that editors complete and check it."""
    schema = form.model_json_schema(schema_generator=_Schema)
    for part in schema.get("$defs", {}).values():
        part.pop("title", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": file}
