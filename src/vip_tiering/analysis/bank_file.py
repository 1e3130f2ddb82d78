"""The bank's own list of averages, 季日均: read as strictly as a customer file, its figures exact (semantics 11.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import truth
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.money import AMOUNT_LIMIT_FEN, Int64s
from vip_tiering.customers.columns import find_columns
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.ids import NamedIds, named_ids
from vip_tiering.customers.side_file import SideFile, read_side_file
from vip_tiering.extracts.headers import ALIASES, listed, shown, tidy_header
from vip_tiering.playbooks.customers.customers_file import CustomerRules
from vip_tiering.rules.balance_unit import BalanceUnit, unit_of
from vip_tiering.rules.text_format import TableForm, TextFormat

PARTS_PER_FEN: Final = 10_000
"""Figures are whole numbers of 1/10,000 fen, the sixth decimal of a yuan: below 10^12 yuan they fit int64."""
HEADERS: Final = (
    "季日均", "季日均余额", "季度日均", "季度日均余额", "日均", "日均余额", "日均资产", "金融资产季日均", "金融资产日均", "average",
    "daily_average", "average_balance", "avg_balance", "quarterly_average", "quarterly_daily_average", "adb",
)  # fmt: skip
"""Usual headers of the column, compared as all headers are; a unit may stand beside them."""
_PLACES: Final[dict[BalanceUnit, int]] = {"yuan": 6, "wan_yuan": 10}
_READ: Final = pa.decimal128(38, 20)
_FIGURE: Final = r"^[-+]?([0-9]{1,18}|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{0,20})?$"
_EXPONENT: Final = r"^[-+]?[0-9.]+[eE][-+]?[0-9]+$"
_WIDEST: Final = r"^[-+]?0*[1-9][0-9]{12}"
_FIELD: Final = "average"


@dataclass(frozen=True)
class _Form(TableForm):
    """How the list is written; the command line names its sheet."""

    @property
    def sheet_key(self) -> str:
        """How a message names the sheet's option."""
        return "--sheet NAME"


@dataclass(frozen=True)
class BankAverages:
    """The averages of a list, shape (n,): `figure` in 1/10,000 fen. `column`: its header as messages show it; `named`: whose they are."""

    name: str
    column: str
    unit: BalanceUnit
    named: NamedIds
    figure: Int64s


def read_bank_file(path: Path, rules: CustomerRules, column: str | None, sheet: str, max_bytes: int) -> BankAverages:
    """Return the averages of a list: CSV, workbook or Parquet, one row per customer.

    `column`: the header of the averages where it is none of the usual ones; `sheet`: that of a workbook, "" for the only visible one.
    Figures are exact up to the sixth decimal of a yuan, and rounded half-even there: a spreadsheet has no more of a computed one.
    Thousands separators are taken where every group has three digits; an exponent, and a cell without a figure, are refused.
    Raises DataError with every problem at once.
    """
    form = _Form(TextFormat.of(rules.encoding, rules.separator, "first_row"), sheet)
    file = read_side_file(path, max_bytes, form=form)
    usual = [*rules.headers_of("customer_id"), *ALIASES["customer_id"]]
    known = rules.model_copy(update={"columns": rules.columns.model_copy(update={"customer_id": usual})})
    found, _ = find_columns(file, known, ("customer_id",), ("customer_id",))
    place, unit = _average_column(file, column)
    header = shown(file.headers[place], place)
    columns = replace(found, values={**found.values, _FIELD: file.columns[place]}, headers={**found.headers, _FIELD: header})
    fields = Fields(columns, known)
    ids = fields.ids("customer_id")
    fields.refuse_repeated("customer_id", ids)
    figure = _figures(fields, unit)
    fields.refuse()
    return BankAverages(file.name, header, unit, named_ids(file, known, ids), figure)


def _average_column(file: SideFile, column: str | None) -> tuple[int, BalanceUnit]:
    """Return the place of the column of averages, and what it is counted in."""
    tidied = [tidy_header(header) for header in file.headers]
    names = {tidy_header(one) for one in ([column] if column else HEADERS)}
    hits = [place for place, one in enumerate(tidied) if one in names]
    hits = hits or [place for place, header in enumerate(file.headers) if (unit := unit_of(header)) and unit.base in names]
    if len(hits) != 1:
        headers = [shown(header, place) for place, header in enumerate(file.headers) if header]
        raise DataError([_no_column(file.name, column, [headers[place] for place in hits], headers)])
    [place] = hits
    found = unit_of(file.headers[place])
    if place in file.unreadable:
        raise DataError([Problem(file.name, None, None, "column-type", f"{shown(file.headers[place], place)} is not text or a number")])
    if found is not None and found.unit is None:
        message = f"gives averages in {found.words}, which is not understood; deliver them in 元 or 万元"
        raise DataError([Problem(file.name, None, shown(file.headers[place], place), "header-unit", message)])
    return place, found.unit if found is not None and found.unit is not None else "yuan"


def _no_column(name: str, column: str | None, hits: Sequence[str], headers: Sequence[str]) -> Problem:
    if hits:
        return Problem(name, None, None, "header-ambiguous", f"{' and '.join(hits)} may all be the average; say which with --column HEADER")
    what = "no column has the header of --column" if column else f"no column for the average (such as {' or '.join(HEADERS[:3])})"
    return Problem(name, None, None, "header-missing", f"{what}; there are {listed(headers)}; name it with --column HEADER")


def _figures(fields: Fields, unit: BalanceUnit) -> Int64s:
    """Return the figures in 1/10,000 fen, shape (n,); what is none is noted."""
    texts = pc.utf8_trim_whitespace(fields.columns.texts(_FIELD))
    empty = truth(pc.equal(texts, ""))
    exponent = truth(pc.match_substring_regex(texts, _EXPONENT))
    wrong = ~truth(pc.match_substring_regex(texts, _FIGURE)) & ~empty & ~exponent
    plain = pc.if_else(pa.array(empty | exponent | wrong), "0", pc.replace_substring(texts, ",", ""))
    wide = truth(pc.match_substring_regex(plain, _WIDEST))
    places = _PLACES[unit]
    exact = pc.if_else(pa.array(wide), "0", plain).cast(_READ)
    limit = pa.scalar(AMOUNT_LIMIT_FEN * PARTS_PER_FEN, pa.int64()).cast(pa.decimal128(19, 0))
    kind = pa.decimal128(38, places)
    rounded = pc.round(exact, places, round_mode="half_to_even").cast(kind)
    whole = pa.Array.from_buffers(pa.decimal128(38, 0), len(rounded), rounded.buffers(), offset=rounded.offset)
    wide |= truth(pc.greater_equal(pc.abs(whole), limit))
    fields.note(_FIELD, "amount-empty", empty, "the average is missing; write 0 where there is none, or leave the customer out")
    fields.note(_FIELD, "amount-exponent", exponent, "the average has an exponent, so digits were lost; deliver all of them")
    fields.note(_FIELD, "amount-text", wrong, "the average is not a number; write plain digits such as 1234.56 or 1,234.56")
    fields.note(_FIELD, "amount-range", wide, "the average is 10^12 yuan or more")
    parts: Int64s = np.frombuffer(whole.buffers()[1], np.int64)[2 * whole.offset : 2 * (whole.offset + len(whole)) : 2].copy()
    return parts
