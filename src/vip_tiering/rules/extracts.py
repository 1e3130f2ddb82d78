"""extracts.yaml: what the bank's extracts look like and mean, and the two tables beside it: rates and renamed customers.

The tables are checked like rule files: every mistake at once, by line. Ids in `aliases` are customers' own: no message shows them.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, PlainValidator, StrictInt, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from vip_tiering.base.arrays import texts_of
from vip_tiering.base.quarter import day_number, day_of
from vip_tiering.base.text import tidy
from vip_tiering.rules.balance_unit import FEN_PER_UNIT, BalanceUnit, other_unit
from vip_tiering.rules.forms import OWN_MESSAGE, DateFormat, FileName, RuleFile, Strict, Version, check_printable
from vip_tiering.rules.tables import SPREADSHEET_ID, records
from vip_tiering.rules.text_format import Encoding, HeaderOrNumber, HeaderRow, Separator, TextFormat, check_numbers
from vip_tiering.rules.yaml_file import Document, Path, path_text

_WEIGHT: Final = re.compile(r"[01](\.[0-9]{1,6})?")
_WEIGHT_SCHEMA: Final = {
    "description": "share of the balance that counts: a quoted decimal from 0 to 1",
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"}],
}
_PERCENT: Final = re.compile(r"([1-9][0-9]?|100)%")
_PARTIAL_SCHEMA: Final = {
    "description": "below which share of the rows of the days around it a day is in part, and refused; accept: no day is",
    "anyOf": [
        {"const": "accept"},
        {
            "type": "object",
            "properties": {"below": {"description": "a share in whole percent", "type": "string", "pattern": f"^{_PERCENT.pattern}$"}},
            "required": ["below"],
            "additionalProperties": False,
        },
    ],
}
Kind = Literal["snapshot", "changes"]
Negative = Literal["zero", "net", "reject"]
ProductCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$"), AfterValidator(check_printable)]
HOME_CURRENCY: Final = "CNY"
_HOME_WORDS: Final = ("CNY", "RMB", "人民币", "人民币元", "156")
"""How systems write the renminbi; 156 is its number in ISO 4217. They are compared tidy and in capital letters."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_IGNORE: Final = "ignore"
_CURRENCY_VALUES_SCHEMA: Final = {
    "description": "the bank's own codes of currencies -> the code of three letters",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "pattern": "^[A-Z]{3}$"},
}
LONGEST_CARRY_DAYS: Final = 7
"""A rate stands for at most this many days after its own (semantics 2.6)."""
REQUIRED_ROLES: Final = ("customer_id", "balance")
"""What every extract has a column of."""
_RATE: Final = re.compile(r"(0|[1-9][0-9]{0,7})(\.[0-9]{1,10})?")
_RATES_HEADER: Final = ("date", "currency", "rate")
_ALIASES_HEADER: Final = ("old_id", "new_id")


def weight_of(weight: object) -> Decimal | None:
    """Return a weight as an exact decimal; None where its form or size is wrong."""
    if isinstance(weight, bool) or not isinstance(weight, int | str) or not _WEIGHT.fullmatch(str(weight)):
        return None
    value = Decimal(str(weight))
    return value if value <= 1 else None


def _check_weight(weight: object) -> object:
    if weight_of(weight) is None:
        raise PydanticCustomError(OWN_MESSAGE, 'must be a quoted decimal from "0" to "1" with at most six places, such as "0.5"')
    return weight


def _check_partial_days(value: object) -> object:
    share = str(value["below"]) if isinstance(value, dict) and value.keys() == {"below"} else ""
    if value != "accept" and not _PERCENT.fullmatch(share):
        raise PydanticCustomError(OWN_MESSAGE, 'must be {below: "90%"}, with a share from "1%" to "100%", or accept')
    return value


Weight = Annotated[int | str, PlainValidator(_check_weight), WithJsonSchema(_WEIGHT_SCHEMA)]


class ExtractColumns(Strict):
    """The bank's own header for each meaning; what is not named here is recognised by its usual names.

    Where no row names the columns, their numbers from 1 stand for headers.
    """

    customer_id: Annotated[HeaderOrNumber, Field(description="header of the customer's number; it stays text")] | None = None
    account_id: Annotated[HeaderOrNumber, Field(description="header of the account's number; a customer's accounts are summed")] | None = (
        None
    )
    product: Annotated[HeaderOrNumber, Field(description="header of the product code")] | None = None
    currency: Annotated[HeaderOrNumber, Field(description="header of the currency code")] | None = None
    date: Annotated[HeaderOrNumber, Field(description="header of the day on which the balance stood")] | None = None
    balance: Annotated[HeaderOrNumber, Field(description="header of the balance")] | None = None


class ProductRules(Strict):
    """Which products count. Every product of the extracts must be named; one that is not is an error."""

    include: Annotated[list[ProductCode], Field(min_length=1, description="products that count in full, or by their weight")] | None = None
    exclude: Annotated[list[ProductCode], Field(min_length=1, description="products that do not count, such as loans")] | None = None
    weights: Annotated[dict[ProductCode, Weight], Field(min_length=1, description="products of which a share counts")] | None = None


class CurrencyRules(Strict):
    """Balances in foreign currency, converted at the rate of the delivered day."""

    rates: Annotated[FileName, Field(description="CSV beside this file with date, currency, rate (CNY for 1 unit)")]


class _OrIgnore:
    """Tells editors that the word ignore may stand instead of the rules."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        rules = handler(schema)
        about = {key: rules.pop(key) for key in ("description",) if key in rules}
        return {**about, "anyOf": [{"const": _IGNORE}, rules]}


_IGNORED: Final = CurrencyRules.model_construct(rates="")
"""What `currency: ignore` says: the column is not looked at, and every balance counts as it stands."""


def _check_currency(value: object) -> object:
    if value == _IGNORE:
        return _IGNORED
    if not isinstance(value, dict):
        raise PydanticCustomError(OWN_MESSAGE, "must be {rates: rates.csv}, or ignore: every balance is in yuan, whatever the column says")
    return value


def _check_currency_values(value: object) -> object:
    """Accept a mapping of a bank's own codes to those of three letters; the code 01 without quotes is the number 1."""
    pairs = dict(value) if isinstance(value, dict) else {}
    if not pairs or not all(isinstance(own, str) and isinstance(code, str) and _CURRENCY.fullmatch(code) for own, code in pairs.items()):
        raise PydanticCustomError(OWN_MESSAGE, 'must be your codes in quotes, each with three letters, such as {"01": CNY, "14": USD}')
    codes = {tidy(own).upper(): code for own, code in pairs.items()}
    if "" in codes or len(codes) < len(pairs):
        raise PydanticCustomError(OWN_MESSAGE, "must name each of your codes once, and none that is empty")
    if any(code in _HOME_WORDS and code != HOME_CURRENCY for code in codes.values()):
        raise PydanticCustomError(OWN_MESSAGE, "must say CNY for yuan, the code of ISO 4217")
    return value


class ExtractRules(RuleFile):
    """What the bank's balance extracts look like and mean; every key is optional but the version."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Version = 1
    kind: Annotated[
        Kind, Field(description="snapshot: a date's rows are all balances of that day; changes: a row holds until the account's next")
    ] = "snapshot"
    columns: ExtractColumns = Field(default_factory=ExtractColumns)
    negative: Annotated[Negative, Field(description="a negative balance counts as zero, counts as it is, or is rejected")] = "zero"
    max_carry_days: Annotated[StrictInt, Field(ge=0, le=92, description="for how many missing days after it a delivered day may stand")] = 3
    date_format: DateFormat | None = None
    date_offset_days: Annotated[
        StrictInt, Field(ge=-31, le=31, description="added to a date taken from a file's name; -1 where the name tells the day of delivery")
    ] = 0
    encoding: Encoding | None = None
    separator: Separator = ","
    header: HeaderRow = "first_row"
    final_newline: Annotated[
        Literal["required", "optional"], Field(description="a text file that does not end with a line end may have been cut off")
    ] = "required"
    product: Annotated[ProductRules, Field(description="which products count, and by how much")] | None = None
    currency: (
        Annotated[
            CurrencyRules,
            BeforeValidator(_check_currency),
            Field(description="converts foreign balances; without it only CNY is taken; ignore: the column is not looked at"),
            _OrIgnore(),
        ]
        | None
    ) = None
    currency_values: Annotated[dict[str, str], PlainValidator(_check_currency_values), WithJsonSchema(_CURRENCY_VALUES_SCHEMA)] | None = (
        None
    )
    aliases: Annotated[FileName, Field(description="CSV beside this file with old_id, new_id: renumbered customers")] | None = None
    carry_calendar: Annotated[
        Literal["none", "china"],
        Field(description="china: a day off needs no extract, and a missing working day is an error; none: all days are alike"),
    ] = "none"
    corrections: Annotated[
        Literal["refuse", "by_file_name"],
        Field(description="two files with another balance for one key: an error, or the later file name wins"),
    ] = "refuse"
    balance_unit: Annotated[
        BalanceUnit, Field(description="what balances are counted in: yuan, or wan_yuan (万元, exactly 10,000 yuan)")
    ] = "yuan"
    leading_zeros: Annotated[
        Literal["refuse", "significant"],
        Field(description="two ids that are equal but for leading zeros: an error, or two customers (significant)"),
    ] = "refuse"
    partial_days: Annotated[dict[str, str] | str, PlainValidator(_check_partial_days), WithJsonSchema(_PARTIAL_SCHEMA)] = Field(
        default_factory=lambda: {"below": "90%"}
    )

    @property
    def partial_below(self) -> Fraction | None:
        """The share of the rows of the days around it below which a day is in part; None where no day is."""
        return Fraction(self.partial_days["below"].rstrip("%")) / 100 if isinstance(self.partial_days, dict) else None

    @property
    def text_format(self) -> TextFormat:
        """How the text files are written."""
        return TextFormat.of(self.encoding, self.separator, self.header)

    @property
    def ignores_currency(self) -> bool:
        """Whether the column of the currency is not looked at."""
        return self.currency is not None and not self.currency.rates

    @property
    def rates_file(self) -> str:
        """The name of the rates file; "" where foreign balances are not converted."""
        return self.currency.rates if self.currency is not None else ""

    @property
    def currency_codes(self) -> dict[str, str]:
        """The code of three letters of every word for a currency, tidy and in capital letters."""
        own = {tidy(word).upper(): code for word, code in (self.currency_values or {}).items()}
        return dict.fromkeys(_HOME_WORDS, HOME_CURRENCY) | own

    @classmethod
    def check_data(cls, document: Document) -> None:
        """Add headers that stand for two meanings, and products that stand twice."""
        _check_columns(document, document.data.get("columns"))
        check_numbers(document, REQUIRED_ROLES)
        _check_unit(document, document.data.get("columns"), document.data.get("balance_unit", "yuan"))
        _check_products(document, document.data.get("product"))


def _check_columns(document: Document, columns: object) -> None:
    """Add the headers that stand for two meanings; headers are compared as in the extracts."""
    first_use: dict[str, str] = {}
    for role, header in columns.items() if isinstance(columns, dict) else ():
        if isinstance(header, str | int) and (first := first_use.setdefault(tidy(str(header)).casefold(), role)) != role:
            document.add(("columns", role), f"must differ from columns.{first}")


def _check_unit(document: Document, columns: object, declared: object) -> None:
    """Add a header of the balance that gives another unit than the one declared."""
    header = columns.get("balance") if isinstance(columns, dict) else None
    if isinstance(header, str) and declared in FEN_PER_UNIT and (problem := other_unit(header, declared)):
        document.add(("columns", "balance"), problem)


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


@dataclass(frozen=True)
class Rates:
    """Rates in CNY for 1 unit: currency -> its days (day numbers, rising) and the rate of each."""

    table: dict[str, tuple[list[int], list[Decimal]]]
    sha256: str

    def rate(self, currency: str, day: int) -> Decimal | None:
        """Return the newest rate on or before `day`, at most seven days old; None where there is none."""
        if currency == HOME_CURRENCY:
            return Decimal(1)
        days, rates = self.table.get(currency, ([], []))
        place = bisect_right(days, day) - 1
        return rates[place] if place >= 0 and day - days[place] <= LONGEST_CARRY_DAYS else None


@dataclass(frozen=True)
class Aliases:
    """Customers that got another number: `old[i]` is now `new[i]`; one step, nobody is renamed twice."""

    old: pa.Array
    new: pa.Array
    sha256: str

    def renamed(self, ids: pa.Array) -> pa.Array:
        """Return for each id its new one, null where it keeps its own."""
        return self.new.take(pc.index_in(ids, self.old))

    def known_as(self, ids: pa.Array) -> pa.Array:
        """Return for each id, shape (n,), the present one of its customer; ids are renamed here alone (semantics 12.1)."""
        return pc.coalesce(self.renamed(ids), ids)


def parse_rates(content: bytes, name: str) -> tuple[Rates, list[str]]:
    """Return the rates of a CSV `date, currency, rate`, and a line per mistake as `name:line: message`."""
    rows, problems = records(content, name, _RATES_HEADER)
    table: dict[str, dict[int, Decimal]] = {}
    for line, (date, currency, rate) in rows:
        read = day_of(date)
        day = None if read is None else day_number(read)
        if day is None:
            problems.append(f"{name}:{line}: date must be a day such as 2015-10-01")
        if not _CURRENCY.fullmatch(currency) or currency == HOME_CURRENCY:
            problems.append(f"{name}:{line}: currency must be a code of three capital letters other than CNY, such as USD")
        if not _RATE.fullmatch(rate) or Decimal(rate) == 0:
            problems.append(f"{name}:{line}: rate must be CNY for 1 unit, greater than 0, with at most ten places, such as 6.4936")
        elif day is not None and table.setdefault(currency, {}).setdefault(day, Decimal(rate)) != Decimal(rate):
            problems.append(f"{name}:{line}: another rate of this currency for this day stands above")
    by_currency = {code: (sorted(days), [days[day] for day in sorted(days)]) for code, days in sorted(table.items())}
    return Rates(by_currency, hashlib.sha256(content).hexdigest()), problems


def parse_aliases(content: bytes, name: str) -> tuple[Aliases, list[str]]:
    """Return the renamed customers of a CSV `old_id, new_id`, and a line per mistake as `name:line: message`."""
    rows, problems = records(content, name, _ALIASES_HEADER)
    renamed: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line, (old, new) in rows:
        if not old or not new or old == new:
            problems.append(f"{name}:{line}: old_id and new_id must be two different ids")
        elif renamed.setdefault(old, new) != new:
            problems.append(f"{name}:{line}: this old_id stands in line {lines[old]} already, with another new_id")
        lines.setdefault(old, line)
        for column, one in (("old_id", old), ("new_id", new)):
            if SPREADSHEET_ID.search(one):
                problems.append(f"{name}:{line}: {column} was written by a spreadsheet, or would be run by one; write the id as plain text")
    for line, (_, new) in rows:
        if new in renamed:
            problems.append(f"{name}:{line}: this new_id is an old_id in line {lines[new]}; name the newest id, in one step")
    return Aliases(texts_of([*renamed]), texts_of([*renamed.values()]), hashlib.sha256(content).hexdigest()), problems
