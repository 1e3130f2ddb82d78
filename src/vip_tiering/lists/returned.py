"""Lists that come back with a result, and receipts of gateways: columns of text in, typed rows out, empty rows left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.customer_fields import RESULT_FIELDS
from vip_tiering.customer_models import CustomerRules
from vip_tiering.lists.columns import find_columns
from vip_tiering.lists.fields import Fields, words_of
from vip_tiering.lists.forms import NO_DAY, RESULTS, Int8s
from vip_tiering.lists.texts import LONGEST_LIST, clean_text, recoded
from vip_tiering.quarter import day_number
from vip_tiering.raw_columns import Mask, truth
from vip_tiering.readers.side_file import SideFile
from vip_tiering.rows import Int32s

_TEXTS: Final = ("by", "obstacle", "note")
_NOT_GIVEN: Final = -1


@dataclass(frozen=True)
class Returned:
    """The rows of one file that have a result, arrays of shape (n,).

    `customer_id` and `action` as they stand in the list, several joined by |; `channel`: index into those known, -1 where the
    file does not say; `day`: of the contact; `row`: as people count it; `texts`: `by`, `obstacle` and `note`, harmless text.
    """

    file: str
    row: Int32s
    customer_id: pa.Array
    action: pa.Array
    channel: Int8s
    result: Int8s
    day: Int32s
    texts: Mapping[str, pa.DictionaryArray]

    def __len__(self) -> int:
        """Return the number of rows with a result."""
        return len(self.row)


def parse_returned(
    file: SideFile, rules: CustomerRules, channels: Sequence[str], on: dt.date, usual_day: dt.date
) -> tuple[Returned, list[str]]:
    """Return the rows of a table that have a result, in its order, and warnings.

    `on`: the day of the export, before which nothing can have come of it; `usual_day` stands where the file has no day.
    Raises DataError for a word or channel that is not known, for a day before `on` or after today, and for an obstacle or a
    note without a result.
    """
    columns, warnings = find_columns(file, rules, RESULT_FIELDS, ("customer_id", "action", "result"))
    fields = Fields(columns, rules)
    result = fields.codes("result", RESULTS)
    given = result > 0
    texts = {name: _text(fields, name) for name in _TEXTS}
    fields.refuse_without_result(~given & (_filled(texts["obstacle"]) | _filled(texts["note"])))
    if not given.any():
        warnings.append(f"{file.name}: no row has a result")
    days = fields.days("on", day_number(on), day_number(dt.date.today())) if "on" in columns else np.full(len(given), NO_DAY, np.int32)  # noqa: DTZ011 (the branch's day)
    channel = _channels(fields, channels) if "channel" in columns else np.full(len(given), _NOT_GIVEN, np.int8)
    ids = {name: pc.utf8_trim_whitespace(columns.values[name]) for name in ("customer_id", "action")}
    fields.refuse()
    kept = np.flatnonzero(given)
    at = pa.array(kept)
    return Returned(
        file=file.name,
        row=columns.row[kept],
        customer_id=ids["customer_id"].take(at),
        action=ids["action"].take(at),
        channel=channel[kept],
        result=result[kept],
        day=np.where(days == NO_DAY, day_number(usual_day), days).astype(np.int32)[kept],
        texts={name: recoded(column.indices.take(at), column.dictionary) for name, column in texts.items()},
    ), warnings


def _channels(fields: Fields, channels: Sequence[str]) -> Int8s:
    """Return the index of each channel, shape (n,); -1 where the cell is empty. A word that is not known is a problem."""
    places = words_of(fields.columns.values["channel"], fields.word_table("channel", channels))
    fields.refuse_unknown("channel", places, channels, needed=False)
    return np.maximum(places, _NOT_GIVEN).astype(np.int8)


def _text(fields: Fields, field: str) -> pa.DictionaryArray:
    columns = fields.columns
    values = columns.values[field] if field in columns else pa.repeat(pa.scalar("", pa.string()), len(columns))
    return clean_text(values, LONGEST_LIST)


def _filled(texts: pa.DictionaryArray) -> Mask:
    return truth(pc.not_equal(texts.cast(pa.string()), ""))


def with_list_headers(rules: CustomerRules, headers: Mapping[str, str]) -> CustomerRules:
    """Return rules that know the headers of lists for people too, so that a list comes back as it went out."""
    columns = {field: [*(getattr(rules.columns, field) or ()), headers[field]] for field in RESULT_FIELDS if field in headers}
    return rules.model_copy(update={"columns": rules.columns.model_copy(update=columns)})
