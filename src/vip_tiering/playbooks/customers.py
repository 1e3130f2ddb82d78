"""customers.yaml: how the bank's own columns and words become the fields and codes known here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, PrivateAttr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from vip_tiering.base.schema import RESULTS
from vip_tiering.base.text import tidy
from vip_tiering.playbooks.floor import PlaybookFile
from vip_tiering.rules.forms import OWN_MESSAGE, DateFormat, Header, Override, Source, Strict, Version
from vip_tiering.rules.yaml_file import Document, path_text

ANSWERS: Final = ("", "N", "Y")
DAY_FIELDS: Final = ("birthday", "risk_rated_on", "qualified_on", "points_expire_on")
SEGMENTS: Final = ("payroll", "merchant", "savings", "settlement")
"""The segments in the order of their bits."""
CODES: Final[dict[str, tuple[str, ...]]] = {
    "gender": ("", "F", "M"),
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
FAMILY_KINDS: Final = ("bereavement", "illness", "birth", "wedding", "other")
"""The kinds of a family event; the first two are grave."""
EVENT_FIELDS: Final = ("customer_id", "event", "kind", "date", "product", "amount")
CONTACT_FIELDS: Final = ("customer_id", "channel", "action", "date", "result", "mobile")
DO_NOT_CONTACT_FIELDS: Final = ("customer_id", "mobile", "channel", "since")
RESULT_FIELDS: Final = ("customer_id", "action", "channel", "result", "on", "by", "obstacle", "note")
"""What a list that comes back, or a receipt of a gateway, says of its rows."""
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
    "gender", "risk_rating", "qualified_investor", "consent_sms", "consent_call", "consent_wechat", "private_client", "status",
    "segments", "event", "kind", "result", "channel",
]  # fmt: skip
MappedWord = Annotated[str, Field(max_length=64)]
_SHARED: Final = (
    {"consent_sms", "consent_call", "consent_wechat"},
    {"risk_rated_on", "qualified_on"},
    {"manager", "wealth_manager"},
)
"""Fields that one column may feed together."""


def _as_list(headers: object) -> object:
    if not isinstance(headers, str | list):
        raise PydanticCustomError(OWN_MESSAGE, "must be a header, or a list of headers")
    return [headers] if isinstance(headers, str) else headers


class _OneOrSeveral:
    """Tells editors that one header may stand without the brackets of a list."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        several = handler(schema)
        about = {key: several.pop(key) for key in ("description",) if key in several}
        return {**about, "anyOf": [several["items"], several]}


HeaderNames = Annotated[list[Header], BeforeValidator(_as_list), Field(min_length=1), _OneOrSeveral()]


class CustomerFileColumns(Strict):
    """The bank's own header, or several, for each field of the customer file; all but the first are optional."""

    customer_id: Annotated[HeaderNames, Field(description="headers of the customer's number; it stays text")] | None = None
    name: Annotated[HeaderNames, Field(description="headers of the customer's name")] | None = None
    gender: Annotated[HeaderNames, Field(description="headers of the gender: F or M")] | None = None
    mobile: Annotated[HeaderNames, Field(description="headers of the mobile number")] | None = None
    manager: Annotated[HeaderNames, Field(description="headers of the customer's own manager")] | None = None
    wealth_manager: Annotated[HeaderNames, Field(description="headers of the wealth manager")] | None = None
    branch: Annotated[HeaderNames, Field(description="headers of the branch")] | None = None
    birthday: Annotated[HeaderNames, Field(description="headers of the day of birth")] | None = None
    segments: Annotated[HeaderNames, Field(description="headers of the segments, several joined by |")] | None = None
    wechat_id: Annotated[HeaderNames, Field(description="headers of the WeChat id")] | None = None
    household_customer_id: Annotated[HeaderNames, Field(description="headers of the customer number of the household's head")] | None = None
    risk_rating: Annotated[HeaderNames, Field(description="headers of the customer's risk rating: C1 to C5")] | None = None
    risk_rated_on: Annotated[HeaderNames, Field(description="headers of the day of the risk rating")] | None = None
    qualified_investor: Annotated[HeaderNames, Field(description="headers of whether the customer is a qualified investor")] | None = None
    qualified_on: Annotated[HeaderNames, Field(description="headers of the day on which that was found")] | None = None
    consent_sms: Annotated[HeaderNames, Field(description="headers of the consent to messages by SMS")] | None = None
    consent_call: Annotated[HeaderNames, Field(description="headers of the consent to calls")] | None = None
    consent_wechat: Annotated[HeaderNames, Field(description="headers of the consent to messages by WeChat")] | None = None
    status: Annotated[HeaderNames, Field(description="headers of the customer's status")] | None = None
    private_client: Annotated[HeaderNames, Field(description="headers of whether this is a private client")] | None = None
    points: Annotated[HeaderNames, Field(description="headers of the points")] | None = None
    points_expire_on: Annotated[HeaderNames, Field(description="headers of the day on which points expire")] | None = None
    products_held: (
        Annotated[HeaderNames, Field(description="headers of the products that the customer holds, several joined by |")] | None
    ) = None


CUSTOMER_FIELDS: Final = tuple(CustomerFileColumns.model_fields)
"""Every field of the customer file. One that is neither coded nor a day, nor has a form of its own, is text."""
TEXT_FIELDS: Final = tuple(
    one for one in CUSTOMER_FIELDS if one not in {"customer_id", "mobile", "segments", "points", *CODES, *DAY_FIELDS}
)


class CustomerColumns(CustomerFileColumns):
    """The bank's own header, or several, for each field of the files beside a run; the field's own name is always recognised."""

    event: Annotated[HeaderNames, Field(description="events file: headers of the event")] | None = None
    kind: Annotated[HeaderNames, Field(description="events file: headers of the kind of the event")] | None = None
    product: Annotated[HeaderNames, Field(description="events file: headers of the product")] | None = None
    amount: Annotated[HeaderNames, Field(description="events file: headers of the amount in yuan")] | None = None
    date: Annotated[HeaderNames, Field(description="events file and contact log: headers of the day")] | None = None
    channel: Annotated[HeaderNames, Field(description="contact log, do-not-contact list and results: headers of the channel")] | None = None
    action: Annotated[HeaderNames, Field(description="contact log and results: headers of the action's id")] | None = None
    result: Annotated[HeaderNames, Field(description="contact log and results: headers of the result")] | None = None
    since: Annotated[HeaderNames, Field(description="do-not-contact list: headers of the day from which on")] | None = None
    on: Annotated[HeaderNames, Field(description="results: headers of the day of the contact")] | None = None
    by: Annotated[HeaderNames, Field(description="results: headers of who made the contact")] | None = None
    obstacle: Annotated[HeaderNames, Field(description="results: headers of what stood in the way")] | None = None
    note: Annotated[HeaderNames, Field(description="results: headers of notes")] | None = None


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


class CustomerRules(PlaybookFile):
    """What the customer file, events, contact log, do-not-contact list and results look like; every key is optional but the version."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Version = 1
    source: Source | None = None
    columns: CustomerColumns = Field(default_factory=CustomerColumns)
    values: Annotated[list[ValueMap], Field(min_length=1, description="the bank's own words for codes")] | None = None
    date_format: DateFormat | None = None
    status: Annotated[StatusRule, Field(description="only where the customer file has no status column")] | None = None

    _list_headers: frozenset[str] = PrivateAttr(default=frozenset())

    def beside_lists(self, headers: Iterable[str]) -> CustomerRules:
        """Return the same rules, which know the headers of lists for people by sight: no field is fed by them."""
        rules = self.model_copy()
        rules._list_headers = frozenset(headers)  # noqa: SLF001 (a copy of its own)
        return rules

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
        plain = [(word, code) for word, code in self.words_of(field) if not {",", '"'} & set(word)]
        return [next((word for word, code in plain if code == wanted), wanted) for wanted in codes]


_FILES: Final = (CUSTOMER_FIELDS, EVENT_FIELDS, CONTACT_FIELDS, DO_NOT_CONTACT_FIELDS, RESULT_FIELDS)


def check_customers(document: Document, channels: Collection[str] | None = None) -> None:
    """Add what the values of a well-formed file say against each other, and against the codes that are known.

    Codes of channels are judged where `channels` are given.
    """
    _check_headers(document)
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
    """Add headers that feed two fields of one file which cannot mean the same."""
    columns = document.data.get("columns") or {}
    for fields in _FILES:
        first_use: dict[str, str] = {one: one for one in fields}
        for field in fields:
            given = columns.get(field) or []
            for index, header in enumerate([given] if isinstance(given, str) else given):
                first = first_use.setdefault(tidy(header).lower(), field)
                if first != field and not any({first, field} <= together for together in _SHARED):
                    path = ("columns", field) if isinstance(given, str) else ("columns", field, index)
                    document.add(path, f"must not be the header of {first} too")
