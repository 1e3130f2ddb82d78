"""The form of `customers.yaml`, as a strict model: how the bank's own columns and words become the fields and codes known here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, PrivateAttr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from vip_tiering.playbook_models import Reason
from vip_tiering.rule_models import OWN_MESSAGE, DateFormat, Header, Source, Strict, Version, Words

CUSTOMERS_FILE: Final = "customers.yaml"


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


Headers = Annotated[list[Header], BeforeValidator(_as_list), Field(min_length=1), _OneOrSeveral()]
CodedField = Literal[
    "gender", "risk_rating", "qualified_investor", "consent_sms", "consent_call", "consent_wechat", "private_client", "status",
    "segments", "event", "kind", "result", "channel",
]  # fmt: skip
Word = Annotated[str, Field(max_length=64)]


class CustomerColumns(Strict):
    """The bank's own header, or several, for each field of the files beside a run; the field's own name is always recognised."""

    customer_id: Annotated[Headers, Field(description="headers of the customer's number; it stays text")] | None = None
    name: Annotated[Headers, Field(description="headers of the customer's name")] | None = None
    gender: Annotated[Headers, Field(description="headers of the gender: F or M")] | None = None
    mobile: Annotated[Headers, Field(description="headers of the mobile number")] | None = None
    manager: Annotated[Headers, Field(description="headers of the customer's own manager")] | None = None
    wealth_manager: Annotated[Headers, Field(description="headers of the wealth manager")] | None = None
    branch: Annotated[Headers, Field(description="headers of the branch")] | None = None
    birthday: Annotated[Headers, Field(description="headers of the day of birth")] | None = None
    segments: Annotated[Headers, Field(description="headers of the segments, several joined by |")] | None = None
    wechat_id: Annotated[Headers, Field(description="headers of the WeChat id")] | None = None
    household_customer_id: Annotated[Headers, Field(description="headers of the customer number of the household's head")] | None = None
    risk_rating: Annotated[Headers, Field(description="headers of the customer's risk rating: C1 to C5")] | None = None
    risk_rated_on: Annotated[Headers, Field(description="headers of the day of the risk rating")] | None = None
    qualified_investor: Annotated[Headers, Field(description="headers of whether the customer is a qualified investor")] | None = None
    qualified_on: Annotated[Headers, Field(description="headers of the day on which that was found")] | None = None
    consent_sms: Annotated[Headers, Field(description="headers of the consent to messages by SMS")] | None = None
    consent_call: Annotated[Headers, Field(description="headers of the consent to calls")] | None = None
    consent_wechat: Annotated[Headers, Field(description="headers of the consent to messages by WeChat")] | None = None
    status: Annotated[Headers, Field(description="headers of the customer's status")] | None = None
    private_client: Annotated[Headers, Field(description="headers of whether this is a private client")] | None = None
    points: Annotated[Headers, Field(description="headers of the points")] | None = None
    points_expire_on: Annotated[Headers, Field(description="headers of the day on which points expire")] | None = None
    products_held: Annotated[Headers, Field(description="headers of the products that the customer holds, several joined by |")] | None = (
        None
    )
    event: Annotated[Headers, Field(description="events file: headers of the event")] | None = None
    kind: Annotated[Headers, Field(description="events file: headers of the kind of the event")] | None = None
    product: Annotated[Headers, Field(description="events file: headers of the product")] | None = None
    amount: Annotated[Headers, Field(description="events file: headers of the amount in yuan")] | None = None
    date: Annotated[Headers, Field(description="events file and contact log: headers of the day")] | None = None
    channel: Annotated[Headers, Field(description="contact log, do-not-contact list and results: headers of the channel")] | None = None
    action: Annotated[Headers, Field(description="contact log and results: headers of the action's id")] | None = None
    result: Annotated[Headers, Field(description="contact log and results: headers of the result")] | None = None
    since: Annotated[Headers, Field(description="do-not-contact list: headers of the day from which on")] | None = None
    on: Annotated[Headers, Field(description="results: headers of the day of the contact")] | None = None
    by: Annotated[Headers, Field(description="results: headers of who made the contact")] | None = None
    obstacle: Annotated[Headers, Field(description="results: headers of what stood in the way")] | None = None
    note: Annotated[Headers, Field(description="results: headers of notes")] | None = None


class ValueMap(Strict):
    """The bank's own words for the codes of one field, or of several fields alike."""

    fields: Annotated[list[CodedField], Field(min_length=1, description="the fields in which these words stand")]
    values: Annotated[
        dict[Annotated[Word, Field(min_length=1, pattern=r"^\S(.*\S)?$")], Word],
        Field(min_length=1, description='the bank\'s word -> the code; "" for: not given'),
    ]


class NotDelivered(Strict):
    """Who allowed that the status of customers is not known, and when."""

    approved_by: Annotated[Words, Field(description="name and office")]
    approved_on: Annotated[dt.date, Field(description="day of the approval")]
    reason: Reason


class StatusRule(Strict):
    """What is done about the status of customers."""

    not_delivered: Annotated[NotDelivered, Field(description="a named person allows a customer file without a status column")]


class CustomerRules(Strict):
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


def mapped_values(data: dict[str, Any]) -> Iterator[tuple[int, str, str, str]]:
    """Yield (number of the entry, field, word, code) of every mapped value in the plain data of a valid `customers.yaml`."""
    for index, entry in enumerate(data.get("values") or ()):
        for field in entry["fields"]:
            for word, code in entry["values"].items():
                yield index, field, word, code
