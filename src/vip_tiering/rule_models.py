"""The forms of the rule files, as strict models, and the JSON Schema of each for editors."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from vip_tiering.festivals import FIRST_YEAR, LAST_YEAR
from vip_tiering.money import AMOUNT_LIMIT_FEN, FEN_PER_YUAN

OWN_MESSAGE: Final = "rule"
"""The type of those errors whose text is written here and goes to people as it stands."""

_BOUND: Final = re.compile(r"-?(0|[1-9][0-9]{0,999})(\.[0-9]{1,2})?")
_BOUND_SCHEMA: Final = {
    "description": "lower bound in yuan: a whole number, or a quoted decimal; the bound itself belongs to the tier",
    "anyOf": [
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": AMOUNT_LIMIT_FEN // FEN_PER_YUAN},
        {"type": "string", "pattern": r"^(0\.(0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,11}(\.[0-9]{1,2})?)$"},
    ],
}
_WEIGHT: Final = re.compile(r"[01](\.[0-9]{1,6})?")
_WEIGHT_SCHEMA: Final = {
    "description": "share of the balance that counts: a quoted decimal from 0 to 1",
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"}],
}


def bound_fen(bound: object) -> int | None:
    """Return a bound in exact fen; None where it is no bound of the right form and size."""
    if isinstance(bound, bool) or not isinstance(bound, int | str) or not _BOUND.fullmatch(str(bound)):
        return None
    whole, _, part = str(bound).partition(".")
    fen = int(whole) * FEN_PER_YUAN + int(part.ljust(2, "0"))
    return fen if not whole.startswith("-") and 0 < fen < AMOUNT_LIMIT_FEN else None


def _check_bound(bound: object) -> int | str:
    if isinstance(bound, bool) or not isinstance(bound, int | str) or not _BOUND.fullmatch(str(bound)):
        form = 'must be whole yuan without a leading zero (20000), or a quoted decimal with at most two places ("20000.50")'
        raise PydanticCustomError(OWN_MESSAGE, form)
    if bound_fen(bound) is None:
        raise PydanticCustomError(OWN_MESSAGE, "must be greater than 0 and less than 1000000000000")
    return bound


def weight_of(weight: object) -> Decimal | None:
    """Return a weight as an exact decimal; None where it is no weight of the right form and size."""
    if isinstance(weight, bool) or not isinstance(weight, int | str) or not _WEIGHT.fullmatch(str(weight)):
        return None
    value = Decimal(str(weight))
    return value if value <= 1 else None


def _check_weight(weight: object) -> int | str:
    if weight_of(weight) is None:
        raise PydanticCustomError(OWN_MESSAGE, 'must be a quoted decimal from "0" to "1" with at most six places, such as "0.5"')
    if not isinstance(weight, int | str):
        raise TypeError(weight)
    return weight


def check_printable(text: str) -> str:
    """Refuse characters that could steer a terminal or break a line."""
    if not text.isprintable():
        raise PydanticCustomError(OWN_MESSAGE, "must hold printable characters only")
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


_SAMPLE_DAYS: Final = (dt.date(2015, 12, 31), dt.date(2016, 2, 9))

Kind = Literal["snapshot", "changes"]
Negative = Literal["zero", "net", "reject"]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$", description="short name of the tier in files")]
Label = Annotated[
    str,
    Field(min_length=1, max_length=32, pattern=r"^\S(.*\S)?$", description="name of the tier for people"),
    AfterValidator(check_printable),
]
Yuan = Annotated[int | str, PlainValidator(_check_bound), WithJsonSchema(_BOUND_SCHEMA)]
Source = Annotated[str, Field(min_length=1, description="which document, which clause")]
Header = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
Id = Annotated[
    str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", max_length=32, description="id of the plan, or of our own, such as E-SMS-1")
]
Words = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
Weight = Annotated[int | str, PlainValidator(_check_weight), WithJsonSchema(_WEIGHT_SCHEMA)]
Product = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
FileName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
DateFormat = Annotated[
    str,
    Field(description="form of the dates, such as %d.%m.%Y; otherwise 2015-12-31, 20151231 or 2015/12/31"),
    AfterValidator(_check_date_format),
]
Version = Annotated[StrictInt, Field(ge=1, le=1), WithJsonSchema({"description": "form of this file", "const": 1})]


class Strict(BaseModel):
    """A mapping of a rule file: no unknown key, no converted value."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)  # few commands need every form


class Tier(Strict):
    """One step of the ladder: customers with an average of `min` yuan or more, below the next step's `min`."""

    code: Code
    label: Label
    min: Yuan

    @property
    def min_fen(self) -> int:
        """The lower bound in fen."""
        fen = bound_fen(self.min)
        if fen is None:  # a Tier is checked when it is made
            raise ValueError(self.min)
        return fen


Tiers = Annotated[list[Tier], Field(min_length=1, description="the ladder, from the lowest tier to the highest")]


class TierSet(Strict):
    """A ladder that is in force from a day on."""

    valid_from: Annotated[dt.date, Field(description="in force for quarters that begin on this day or later, until a newer set")]
    source: Source | None = None
    tiers: Tiers


class TiersFile(Strict):
    """The tiers and their lower bounds: one ladder (`tiers`), or several by the day from which they are in force (`sets`)."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["tiers"]}, {"required": ["sets"]}]})

    version: Version
    source: Source | None = None
    tiers: Tiers | None = None
    sets: Annotated[list[TierSet], Field(min_length=1, description="several ladders; the newest in force counts")] | None = None


class Columns(Strict):
    """The bank's own header for each meaning; what is not named here is recognised by its usual names."""

    customer_id: Annotated[Header, Field(description="header of the customer's number; it stays text")] | None = None
    account_id: Annotated[Header, Field(description="header of the account's number; a customer's accounts are summed")] | None = None
    product: Annotated[Header, Field(description="header of the product code")] | None = None
    currency: Annotated[Header, Field(description="header of the currency code")] | None = None
    date: Annotated[Header, Field(description="header of the day on which the balance stood")] | None = None
    balance: Annotated[Header, Field(description="header of the balance in yuan")] | None = None


class ProductRules(Strict):
    """Which products count. Every product of the extracts must be named; one that is not is an error."""

    include: Annotated[list[Product], Field(min_length=1, description="products that count in full, or by their weight")] | None = None
    exclude: Annotated[list[Product], Field(min_length=1, description="products that do not count, such as loans")] | None = None
    weights: Annotated[dict[Product, Weight], Field(min_length=1, description="products of which a share counts")] | None = None


class CurrencyRules(Strict):
    """Balances in foreign currency, converted at the rate of the delivered day."""

    rates: Annotated[FileName, Field(description="CSV beside this file with date, currency, rate (CNY for 1 unit)")]


class ExtractRules(Strict):
    """What the bank's balance extracts look like and mean; every key is optional but the version."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Version = 1
    kind: Annotated[
        Kind, Field(description="snapshot: a date's rows are all balances of that day; changes: a row holds until the account's next")
    ] = "snapshot"
    columns: Columns = Field(default_factory=Columns)
    negative: Annotated[Negative, Field(description="a negative balance counts as zero, counts as it is, or is rejected")] = "zero"
    max_carry_days: Annotated[StrictInt, Field(ge=0, le=92, description="for how many missing days after it a delivered day may stand")] = 3
    date_format: DateFormat | None = None
    date_offset_days: Annotated[
        StrictInt, Field(ge=-31, le=31, description="added to a date taken from a file's name; -1 where the name tells the day of delivery")
    ] = 0
    final_newline: Annotated[
        Literal["required", "optional"], Field(description="a text file that does not end with a line end may have been cut off")
    ] = "required"
    product: Annotated[ProductRules, Field(description="which products count, and by how much")] | None = None
    currency: Annotated[CurrencyRules, Field(description="converts foreign balances; without it only CNY is taken")] | None = None
    aliases: Annotated[FileName, Field(description="CSV beside this file with old_id, new_id: renumbered customers")] | None = None
    carry_calendar: Annotated[
        Literal["none", "china"],
        Field(description="china: a day off needs no extract, and a missing working day is an error; none: all days are alike"),
    ] = "none"
    corrections: Annotated[
        Literal["refuse", "by_file_name"],
        Field(description="two files with another balance for one key: an error, or the later file name wins"),
    ] = "refuse"


class LobbyEvent(Strict):
    """What the bank sets for one event in the hall in one year; what is not set is computed. Several branches: one entry each."""

    action: Annotated[Id, Field(description="id of an action with trigger: festival")]
    year: Annotated[StrictInt, Field(ge=FIRST_YEAR, le=LAST_YEAR, description="year of the plan")]
    festival_date: Annotated[dt.date, Field(description="the day itself, or the first day of a season")] | None = None
    event_from: Annotated[dt.date, Field(description="first day of the event")] | None = None
    event_to: Annotated[dt.date, Field(description="last day of the event")] | None = None
    prepare_by: Annotated[dt.date, Field(description="day by which everything is there")] | None = None
    material: Annotated[Words, Field(description="what is handed out")] | None = None
    quantity: Annotated[StrictInt, Field(ge=1, le=10_000_000, description="how many pieces")] | None = None
    owner: Annotated[Words, Field(description="who sees to it")] | None = None
    branch: Annotated[Words, Field(description="where it takes place")] | None = None


class BranchDate(Strict):
    """A day that the branch sets for something it invites to."""

    action: Annotated[Id, Field(description="id of an action with trigger: branch_date")]
    date: Annotated[dt.date, Field(description="the day; invitations go out within_days of the action before it")]
    place: Annotated[Words, Field(description="where it takes place")] | None = None
    note: Annotated[Words, Field(description="what people should know about it")] | None = None


class CalendarFile(Strict):
    """Days on which the bank works otherwise than the calendar of China says, and days that it sets for what it does."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Version = 1
    source: Source | None = None
    working_days: Annotated[list[dt.date], Field(min_length=1, description="days on which balances are delivered")] | None = None
    days_off: Annotated[list[dt.date], Field(min_length=1, description="days on which no extract is expected")] | None = None
    lobby_events: Annotated[list[LobbyEvent], Field(min_length=1, description="events in the hall that are set by hand")] | None = None
    branch_dates: Annotated[list[BranchDate], Field(min_length=1, description="days of seminars, journeys and the like")] | None = None


FILES: Final[dict[str, type[Strict]]] = {"calendar.yaml": CalendarFile, "extracts.yaml": ExtractRules, "tiers.yaml": TiersFile}
"""The form of every rule file, in the order in which problems are shown."""
