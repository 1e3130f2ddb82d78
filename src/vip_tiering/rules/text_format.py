"""How a bank's text files are written: their encoding, what stands between two fields, and whether the first row names the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from vip_tiering.rules.forms import OWN_MESSAGE, Header
from vip_tiering.rules.yaml_file import Document, Path

_WORDS: Final = {"tab": "\t", "\\t": "\t", "\\x01": "\x01", "\\u0001": "\x01", "\\001": "\x01"}
"""How people write a separator that cannot be seen; in double quotes YAML reads most of them by itself."""
_SEPARATORS: Final = ",;|\t\x01\x02\x1c\x1d\x1e\x1f^~!@#"
_SEPARATOR_SCHEMA: Final = {
    "description": "what stands between two fields, such as ; or | or tab; otherwise a comma",
    "type": "string",
    "enum": [*_SEPARATORS, *_WORDS],
}


def _check_separator(value: object) -> object:
    separator = _WORDS.get(value, value) if isinstance(value, str) else None
    if not isinstance(separator, str) or len(separator) != 1 or separator not in _SEPARATORS:
        raise PydanticCustomError(OWN_MESSAGE, 'must be one sign in quotes that parts fields, such as "|", ";", "tab" or "\\x01"')
    return separator


Encoding = Annotated[
    Literal["utf-8", "gb18030"],
    Field(description="the encoding of every text file; otherwise each file's own is found, and GB18030 is told in a warning"),
]
Separator = Annotated[str, BeforeValidator(_check_separator), WithJsonSchema(_SEPARATOR_SCHEMA)]
HeaderRow = Annotated[
    Literal["first_row", "none"],
    Field(description="none: no row names the columns, and columns gives each one's number, from 1"),
]


def is_number(value: object) -> bool:
    """Return whether a value is the number of a column."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _number_as_text(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value <= 0:
        raise PydanticCustomError(OWN_MESSAGE, "must be a header in quotes, or where header is none the number of a column, from 1")
    return str(value) if is_number(value) else value


class _OrNumber:
    """Tells editors that a number may stand for a header."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        header = handler(schema)
        about = {key: header.pop(key) for key in ("description",) if key in header}
        return {**about, "anyOf": [header, {"type": "integer", "minimum": 1}]}


HeaderOrNumber = Annotated[Header, BeforeValidator(_number_as_text), _OrNumber()]
"""A header, or where no row names the columns the number of a column, from 1, which then stands for its header."""


def check_numbers(document: Document, required: Sequence[str], within: Path = ()) -> None:
    """Add headers where numbers must stand, and numbers where headers must, in the mapping at `within`.

    `required`: what needs a number at least.
    """
    given = document.data
    for step in within:
        given = given.get(step) if isinstance(given, dict) else None
    given = given if isinstance(given, dict) else {}
    columns, none = given.get("columns") or {}, given.get("header") == "none"
    for role, headers in columns.items() if isinstance(columns, dict) else ():
        for index, header in enumerate(headers if isinstance(headers, list) else [headers]):
            path = (*within, "columns", role, index) if isinstance(headers, list) else (*within, "columns", role)
            if none and isinstance(header, str):
                document.add(path, "must be the number of the column, such as 3, because header is none")
            elif isinstance(header, int) and not isinstance(header, bool) and not none:
                document.add(path, "must be text; quote it")
    missing = [role for role in required if isinstance(columns, dict) and role not in columns] if none else []
    if missing:
        message = f"none needs the number of each column, such as columns: {{{missing[0]}: 1}}; missing: {', '.join(missing)}"
        document.add((*within, "header"), message)


@dataclass(frozen=True)
class TextFormat:
    """How a text file is written. `encoding`: "" where it is to be found out; `header`: the first row names the columns."""

    encoding: Literal["", "utf-8", "gb18030"] = ""
    separator: str = ","
    header: bool = True

    @classmethod
    def of(cls, encoding: Literal["utf-8", "gb18030"] | None, separator: str, header: Literal["first_row", "none"]) -> TextFormat:
        """Return what the keys of a rule file say."""
        return cls(encoding or "", separator, header == "first_row")


COMMAS: Final = TextFormat()
"""What is taken where nothing is said: commas, a header row, and the encoding that is found."""


@dataclass(frozen=True)
class TableForm:
    """How a file beside a run is written. `sheet`: the name of the sheet of a workbook, "" for the only visible one.

    `kind`: which file it is in customers.yaml, such as events; `last_column`: the highest number by which the rules name a column.
    """

    text: TextFormat = COMMAS
    sheet: str = ""
    kind: str = "customers"
    last_column: int = 0

    @property
    def sheet_key(self) -> str:
        """How a message names the key of the sheet."""
        return f"files: {{{self.kind}: {{sheet: ...}}}} in rules/customers.yaml"


AS_USUAL: Final = TableForm()
"""What is taken of a file beside a run where nothing is said."""
