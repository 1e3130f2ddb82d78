"""What a row for people says of an action: why this customer is contacted, by what the run tells of him."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.lists.export.messages import MessageColumns, render
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Case

_OF_POINTS: Final = " 分"
_LAST_THREE: Final = r"^(\d+)(\d{3}(?:,\d{3})*)$"
_MOST_COMMAS: Final = 6
"""A number of 64 bits has at most 19 digits."""


def reasons_of(case: Case, rows: pd.DataFrame, fields: MessageColumns, context: RowContext) -> pa.Array:
    """Return what lists say of a case for each of its rows, shape (k,): of `listed_when` the first that holds, else `listed_as`.

    `fields`: those of templates, for these rows. Points have commas and their unit.
    """
    action, count, at = case.action, len(rows), rows["at"].to_numpy()
    fields = {**fields, "points": _with_unit(fields["points"])}
    reasons = render(action.listed_as or action.id, fields, count)
    for one in reversed(action.listed_when or ()):  # the first is written last, over the others
        holds = np.logical_and.reduce([context.people.told(sign)[at] for sign in one.when])
        reasons = pc.if_else(pa.array(holds), render(one.text, fields, count), reasons)
    return pc.utf8_trim(pc.replace_substring_regex(reasons, " +", " "), " ")  # without the blanks that an empty field leaves


def _with_unit(numbers: pa.Array | str) -> pa.Array | str:
    """Return whole numbers as 22,100 分; nothing stays nothing."""
    if isinstance(numbers, str):
        return numbers
    for _ in range(_MOST_COMMAS):
        numbers = pc.replace_substring_regex(numbers, _LAST_THREE, r"\1,\2")
    return pc.if_else(pc.equal(numbers, ""), "", pc.binary_join_element_wise(numbers, _OF_POINTS, ""))
