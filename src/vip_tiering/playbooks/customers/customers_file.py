"""customers.yaml: how the bank's own columns and words become the fields and codes known here."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, WithJsonSchema
from pydantic_core import PydanticCustomError

from vip_tiering.base.schema import RESULTS
from vip_tiering.base.text import tidy
from vip_tiering.playbooks.customers.columns import CustomerColumns, CustomerFileColumns
from vip_tiering.playbooks.customers.file_forms import LISTS_THAT_COME_BACK, FileForm, FileForms, Kind, check_file_columns, columns_of
from vip_tiering.playbooks.floor import PlaybookFile
from vip_tiering.rules.forms import OWN_MESSAGE, DateFormat, FewWords, Override, Source, Strict, Version, Words, check_unique
from vip_tiering.rules.text_format import Encoding, Separator, TableForm, TextFormat
from vip_tiering.rules.yaml_file import Document, Path, path_text

ANSWERS: Final = ("", "N", "Y")
DAY_FIELDS: Final = ("birthday", "risk_rated_on", "qualified_on", "points_expire_on")
SEGMENTS: Final = ("payroll", "merchant", "savings", "settlement")
"""The segments in the order of their bits."""
CODES: Final[dict[str, tuple[str, ...]]] = {
    "gender": ("", "F", "M"),
    "birthday_calendar": ("", "solar", "lunar"),
    "risk_rating": ("", "C1", "C2", "C3", "C4", "C5"),
    "qualified_investor": ANSWERS,
    "consent_sms": ANSWERS,
    "consent_call": ANSWERS,
    "consent_wechat": ANSWERS,
    "private_client": ANSWERS,
    "status": ("", "active", "frozen", "deceased", "minor", "dormant", "closed", "blocked"),
}
"""The values of every coded field of the customer file; index 0 is "not given"."""
EVENTS: Final = ("maturity", "points", "new_product", "family_event")
GRAVE_KINDS: Final = ("bereavement", "illness")
"""The kinds of a family event after which nobody is offered anything for a while."""
FAMILY_KINDS: Final = (*GRAVE_KINDS, "birth", "wedding", "other")
"""The kinds of a family event."""
EVENT_FIELDS: Final = ("customer_id", "event", "kind", "date", "product", "amount")
CONTACT_FIELDS: Final = ("customer_id", "channel", "action", "date", "result", "mobile")
DO_NOT_CONTACT_FIELDS: Final = ("customer_id", "mobile", "channel", "since")
RESULT_FIELDS: Final = ("customer_id", "action", "channel", "result", "on", "by", "obstacle", "note")
"""What a list that comes back, or a receipt of a gateway, says of its rows."""
FEE_FIELDS: Final = ("date", "month", "branch", "manager", "customer_id", "product", "amount")
"""What a file of fee income says of each entry (K-FEE)."""
LOBBY_FIELDS: Final = ("date", "branch", "action", "event", "visitors", "accounts_opened")
"""What a file of events in the branch hall says of each (K-LOBBY)."""
ALL_CHANNELS: Final = "all"
"""Stands in a do-not-contact list for every channel."""
KNOWN_VALUES: Final[dict[str, tuple[str, ...]]] = {
    **CODES,
    "segments": SEGMENTS,
    "event": EVENTS,
    "kind": FAMILY_KINDS,
    "result": RESULTS,
}
"""The values of every coded field of all files; those of `channel` are the codes of channels.yaml."""
CodedField = Literal[
    "gender", "birthday_calendar", "risk_rating", "qualified_investor", "consent_sms", "consent_call", "consent_wechat", "private_client",
    "status", "segments", "event", "kind", "result", "channel",
]  # fmt: skip
MappedWord = Annotated[str, Field(max_length=64)]
_SHARED: Final = (
    {"consent_sms", "consent_call", "consent_wechat"},
    {"risk_rated_on", "qualified_on"},
    {"manager", "wealth_manager"},
)
"""Fields that one column may feed together."""
LIST_SEPARATOR: Final = "|"
"""What joins several words of a cell here, and in every list."""
_LIST_SEPARATOR_SCHEMA: Final = {
    "description": "what parts several words of one cell, such as 、 or /; otherwise |, which always does",
    "type": "string",
    "minLength": 1,
    "maxLength": 1,
}
CUSTOMER_FIELDS: Final = tuple(CustomerFileColumns.model_fields)
"""Every field of the customer file. One that is neither coded nor a day, nor has a form of its own, is text."""
TEXT_FIELDS: Final = tuple(
    one for one in CUSTOMER_FIELDS if one not in {"customer_id", "mobile", "segments", "points", *CODES, *DAY_FIELDS}
)


OF_BRANCH: Final = ("branch_phone", "manager_name", "manager_phone")
"""Fields of messages that `branches` fills."""
Telephone = Annotated[str, Field(pattern=r"^[0-9+][0-9 转-]{1,14}[0-9]$")]


def _check_list_separator(value: object) -> object:
    if not isinstance(value, str) or len(value) != 1 or unicodedata.category(value)[0] not in "PS" or value == '"':
        raise PydanticCustomError(OWN_MESSAGE, 'must be one sign in quotes that parts words, such as "、", "/" or ";"')
    return value


class ValueMap(Strict):
    """The bank's own words for the codes of one field, or of several fields alike."""

    fields: Annotated[list[CodedField], Field(min_length=1, description="the fields in which these words stand")]
    values: Annotated[
        dict[Annotated[MappedWord, Field(min_length=1, pattern=r"^\S(.*\S)?$")], MappedWord],
        Field(min_length=1, description='the bank\'s word -> the code; "" for: not given'),
    ]


class NotDelivered(Override):
    """Who allowed that the status of customers is not known, and when."""


class StatusRule(Strict):
    """What is done about the status of customers."""

    not_delivered: Annotated[NotDelivered, Field(description="a named person allows a customer file without a status column")]


class Staff(Strict):
    """A manager of a branch, as messages name him."""

    manager: Annotated[Words, Field(description="as the customer file writes the manager")]
    name: Annotated[FewWords, Field(description="what ${manager_name} becomes")] | None = None
    phone: Annotated[Telephone, Field(description="what ${manager_phone} becomes; otherwise that of the branch")] | None = None


class Branch(Strict):
    """A branch, and how its customers reach it and their managers."""

    branch: Annotated[Words, Field(description="as the customer file writes the branch")]
    phone: Annotated[Telephone, Field(description="what ${branch_phone} becomes")] | None = None
    managers: Annotated[list[Staff], Field(min_length=1, description="managers of this branch")] | None = None


class CustomerRules(PlaybookFile):
    """What the customer file and the files beside it look like; every key is optional but the version."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Version = 1
    source: Source | None = None
    columns: CustomerColumns = Field(default_factory=CustomerColumns)
    values: Annotated[list[ValueMap], Field(min_length=1, description="the bank's own words for codes")] | None = None
    obstacles: Annotated[list[Words], Field(min_length=1, description="words that lists offer for what stands in the way")] | None = None
    date_format: DateFormat | None = None
    birthday_calendar: (
        Annotated[Literal["solar", "lunar"], Field(description="the calendar of birthdays of which no column says it; default: solar")]
        | None
    ) = None
    encoding: Encoding | None = None
    separator: Separator = ","
    list_separator: Annotated[str, BeforeValidator(_check_list_separator), WithJsonSchema(_LIST_SEPARATOR_SCHEMA)] = LIST_SEPARATOR
    files: FileForms = Field(default_factory=FileForms)
    status: Annotated[StatusRule, Field(description="only where the customer file has no status column")] | None = None
    branches: (
        Annotated[list[Branch], Field(min_length=1, description="telephones and names that messages give; of others neutral words")] | None
    ) = None

    _list_headers: frozenset[str] = PrivateAttr(default=frozenset())

    def beside_lists(self, headers: Iterable[str]) -> CustomerRules:
        """Return the same rules, which know the headers of lists for people by sight: no field is fed by them."""
        rules = self.model_copy()
        rules._list_headers = frozenset(headers)  # noqa: SLF001 (a copy of its own)
        return rules

    @classmethod
    def check_data(cls, document: Document) -> None:
        """Add headers where numbers must stand, and what is wrong with any playbook file."""
        super().check_data(document)
        check_file_columns(document)

    def of_file(self, kind: Kind) -> CustomerRules:
        """Return the same rules with the columns of one kind of file: its own where it has some, by number all of them."""
        form = self._form(kind)
        own = {field: headers for field, headers in form.columns or () if headers}
        base = CustomerColumns() if form.numbered else self.columns
        return self.model_copy(update={"columns": base.model_copy(update=own)})

    def form_of(self, kind: Kind) -> TableForm:
        """Return how one kind of file is written: as all of them are, unless something else is said of it."""
        form, shared = self._form(kind), kind != LISTS_THAT_COME_BACK
        encoding, separator = (self.encoding, self.separator) if shared else (None, ",")
        text = TextFormat.of(form.encoding or encoding, form.separator or separator, form.header)
        numbers = [int(number) for _, headers in form.columns or () for number in headers or ()] if form.numbered else []
        return TableForm(text, form.sheet or "", kind, max(numbers, default=0))

    def _form(self, kind: Kind) -> FileForm:
        return getattr(self.files, kind) or FileForm()

    @property
    def list_headers(self) -> frozenset[str]:
        """The headers of lists for people."""
        return self._list_headers

    @property
    def every_header(self) -> list[str]:
        """Every header that means a field of any file beside a run."""
        return [header for field in CustomerColumns.model_fields for header in self.headers_of(field)]

    def headers_of(self, field: str) -> list[str]:
        """Return the headers that mean a field: its own name first, then those of the bank."""
        return [field, *(getattr(self.columns, field) or ())]

    def words_of(self, field: str) -> Iterator[tuple[str, str]]:
        """Yield the bank's own words for the codes of a field, each with its code."""
        for one in self.values or ():
            if field in one.fields:
                yield from one.values.items()

    def offered_words(self, field: str, codes: Sequence[str]) -> list[str]:
        """Return for each code of a field the word that a list to choose from offers: the bank's own first one, else the code.

        A list in a cell is separated by commas and quoted, so that a word with one of these is not offered.
        """
        return [self.every_word(field, [code])[0] for code in codes]

    def every_word(self, field: str, codes: Sequence[str]) -> list[str]:
        """Return all of the bank's own words for the codes of a field that a list can offer, by code; the code where it has none."""
        plain = [(word, code) for word, code in self.words_of(field) if not {",", '"'} & set(word)]
        return [one for wanted in codes for one in [word for word, code in plain if code == wanted] or [wanted]]


_FILES: Final[dict[Kind, tuple[str, ...]]] = {
    "customers": CUSTOMER_FIELDS,
    "events": EVENT_FIELDS,
    "contact_log": CONTACT_FIELDS,
    "do_not_contact": DO_NOT_CONTACT_FIELDS,
    "results": RESULT_FIELDS,
    "fees": FEE_FIELDS,
    "lobby": LOBBY_FIELDS,
}
"""The fields of each kind of file."""


def check_customers(document: Document, channels: Collection[str] | None = None) -> None:
    """Add what the values of a well-formed file say against each other, and against the codes that are known.

    Codes of channels are judged where `channels` are given.
    """
    _check_headers(document)
    branches: list[Branch] = document.model.branches or []
    check_unique(document, ("branches",), "branch", (tidy(one.branch) for one in branches))
    for index, one in enumerate(branches):
        check_unique(document, ("branches", index, "managers"), "manager", (tidy(other.manager) for other in one.managers or ()))
    known = KNOWN_VALUES if channels is None else KNOWN_VALUES | {"channel": (*channels, ALL_CHANNELS)}
    first_use: dict[tuple[str, str], tuple[int, str, str]] = {}
    entries = enumerate(document.model.values or ())
    mapped = ((index, field, *pair) for index, entry in entries for field in entry.fields for pair in entry.values.items())
    for index, field, word, code in mapped:
        path = ("values", index, "values", word)
        if field in known and code not in known[field] and code:
            near = get_close_matches(code, known[field], n=1)
            hint = f"did you mean {near[0]}?" if near else f"write {', '.join(filter(None, known[field]))}"
            document.add(path, f"must be a value of {field}; {hint}")
            continue
        own = next((one for one in known.get(field, ()) if one and tidy(one).lower() == tidy(word).lower()), code)
        if own != code:
            document.add(path, f"must be {own}, which it is by itself", at_key=True)
        first = first_use.setdefault((field, tidy(word).lower()), (index, word, code))
        if first[2] != code:
            place = path_text(("values", first[0], "values", first[1]))
            document.add(path, f"must be {first[2] or 'empty'} for {field}, as {place} says", at_key=True)


def _check_headers(document: Document) -> None:
    """Add headers, or numbers of columns, that feed two fields of one file which cannot mean the same."""
    for kind, fields in _FILES.items():
        form = getattr(document.model.files, kind) or FileForm()
        shared = {} if form.numbered else columns_of(document)
        given: dict[str, tuple[Path, object]] = {field: (("columns", field), headers) for field, headers in shared.items()}
        given |= {field: (("files", kind, "columns", field), headers) for field, headers in columns_of(document, kind).items()}
        first_use: dict[str, str] = {} if form.numbered else {one: one for one in fields}
        for field in fields:
            path, headers = given.get(field, ((), []))
            for index, header in enumerate(headers if isinstance(headers, list) else [headers]):
                first = first_use.setdefault(tidy(str(header)).lower(), field)
                if first != field and not any({first, field} <= together for together in _SHARED):
                    what = "column" if form.numbered else "header"
                    document.add((*path, index) if isinstance(headers, list) else path, f"must not be the {what} of {first} too")
