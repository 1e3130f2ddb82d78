"""Lists that come back with a result, and receipts of gateways: columns of text in, typed rows out, empty rows left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import truth
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.customers.cells.texts import LONGEST_LIST
from vip_tiering.customers.columns import find_columns
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.types import NO_DAY
from vip_tiering.playbooks.customers.customers_file import RESULT_FIELDS, CustomerRules

_TEXTS: Final = ("by", "obstacle", "note")


def parse_returned(
    file: SideFile, rules: CustomerRules, channels: Sequence[str], on: dt.date, usual_day: dt.date
) -> tuple[pa.Table, list[str]]:
    """Return the rows of a table that have a result, in its order, and warnings.

    Columns: `row` as people count it, then text: `customer_id` and `action` as they stand in the list, several joined by |;
    `channel`, "" where the file does not say; `result`; `date` of the contact; `by`, `obstacle` and `note`, harmless.

    `on`: the day of the export, before which nothing can have come of it; `usual_day` stands where the file has no day.
    Raises DataError for a word or channel that is not known, for a day before `on` or after today, and for an obstacle or a
    note without a result.
    """
    columns, warnings = find_columns(file, rules, RESULT_FIELDS, ("customer_id", "action", "result"))
    fields = Fields(columns, rules)
    result = fields.words("result", RESULTS).cast(pa.string())
    given = truth(pc.not_equal(result, ""))
    texts = {name: fields.text(name, LONGEST_LIST).cast(pa.string()) for name in _TEXTS}
    told = truth(pc.or_(pc.not_equal(texts["obstacle"], ""), pc.not_equal(texts["note"], "")))
    without = "an obstacle or a note stands here without a result; write one, such as no_answer"
    fields.note("result", "result-missing", ~given & told, without)
    if not given.any():
        warnings.append(f"{file.name}: no row has a result")
    days = fields.days("on", day_number(on), day_number(dt.date.today()))  # noqa: DTZ011 (the branch's day)
    channel = fields.words("channel", channels).cast(pa.string())
    fields.refuse()
    rows = {
        "row": columns.row,
        "customer_id": pc.utf8_trim_whitespace(columns.values["customer_id"]),
        "action": pc.utf8_trim_whitespace(columns.values["action"]),
        "channel": channel,
        "result": result,
        "date": iso_dates(np.where(days == NO_DAY, day_number(usual_day), days).astype(np.int32)),
        **texts,
    }
    return pa.table(rows).filter(pa.array(given)), warnings


def with_list_headers(rules: CustomerRules, headers: Mapping[str, str]) -> CustomerRules:
    """Return rules that know the headers of lists for people too, so that a list comes back as it went out."""
    columns = {field: [*(getattr(rules.columns, field) or ()), headers[field]] for field in RESULT_FIELDS if field in headers}
    return rules.model_copy(update={"columns": rules.columns.model_copy(update=columns)})
