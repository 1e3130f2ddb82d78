"""The columns of the files beside a run: which header, or number, of the bank's feeds which field."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from vip_tiering.rules.forms import OWN_MESSAGE, Strict
from vip_tiering.rules.text_format import HeaderOrNumber, is_number


def _as_list(headers: object) -> object:
    if not isinstance(headers, str | list) and not is_number(headers):
        raise PydanticCustomError(OWN_MESSAGE, "must be a header, or a list of headers")
    return headers if isinstance(headers, list) else [headers]


class _OneOrSeveral:
    """Tells editors that one header may stand without the brackets of a list."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        several = handler(schema)
        about = {key: several.pop(key) for key in ("description",) if key in several}
        return {**about, "anyOf": [several["items"], several]}


HeaderNames = Annotated[list[HeaderOrNumber], BeforeValidator(_as_list), Field(min_length=1), _OneOrSeveral()]


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
    birthday_calendar: Annotated[HeaderNames, Field(description="headers of the calendar of that day: solar or lunar")] | None = None
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
    interests: Annotated[HeaderNames, Field(description="headers of what the customer cares for, several joined by |")] | None = None


class CustomerColumns(CustomerFileColumns):
    """The bank's own header, or several, for each field of the files beside a run; the field's own name is always recognised."""

    event: Annotated[HeaderNames, Field(description="events file, events in the hall: headers of the event")] | None = None
    kind: Annotated[HeaderNames, Field(description="events file: headers of the kind of the event")] | None = None
    product: Annotated[HeaderNames, Field(description="events file, fees: headers of the product")] | None = None
    amount: Annotated[HeaderNames, Field(description="events file, fees: headers of the amount in yuan")] | None = None
    date: Annotated[HeaderNames, Field(description="events file, contact log, fees, events in the hall: headers of the day")] | None = None
    month: Annotated[HeaderNames, Field(description="fees: headers of the month, in place of a day")] | None = None
    visitors: Annotated[HeaderNames, Field(description="events in the hall: headers of how many came")] | None = None
    accounts_opened: Annotated[HeaderNames, Field(description="events in the hall: headers of how many accounts were opened")] | None = None
    channel: Annotated[HeaderNames, Field(description="contact log, do-not-contact list and results: headers of the channel")] | None = None
    action: Annotated[HeaderNames, Field(description="contact log, results, events in the hall: headers of the action's id")] | None = None
    result: Annotated[HeaderNames, Field(description="contact log and results: headers of the result")] | None = None
    since: Annotated[HeaderNames, Field(description="do-not-contact list: headers of the day from which on")] | None = None
    on: Annotated[HeaderNames, Field(description="results: headers of the day of the contact")] | None = None
    by: Annotated[HeaderNames, Field(description="results: headers of who made the contact")] | None = None
    obstacle: Annotated[HeaderNames, Field(description="results: headers of what stood in the way")] | None = None
    note: Annotated[HeaderNames, Field(description="results: headers of notes")] | None = None
