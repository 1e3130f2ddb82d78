"""Quotes in a CSV: a quote that is opened and not closed swallows the rows that follow, which nobody would miss."""

from __future__ import annotations

import csv
import io
from collections import deque
from itertools import count
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.readers.extract import refuse

_BLOCK_BYTES: Final = 1 << 20
_QUOTE: Final = ord('"')
_BESIDE_FIELD: Final = np.isin(np.arange(256), list(b',\n\r"'))
"""What may stand outside a quote that begins or ends a text; another quote beside it means a quote in the text."""


def has_quotes(text: pa.Buffer) -> bool:
    """Return whether a text has any quotes."""
    content = np.frombuffer(text, np.uint8)
    return any((content[start : start + _BLOCK_BYTES] == _QUOTE).any() for start in range(0, len(content), _BLOCK_BYTES))


def refuse_open_quotes(text: pa.Buffer, name: str) -> None:
    """Raise DataError where a quote is opened and not closed, or closed within a text.

    Where every quote stands where a text begins or ends, all is well; otherwise the rows are walked along one by one,
    for a quote in the middle of a text without quotes is a sign like any other (37°36'37.8"N).
    """
    found, sound = _survey(np.frombuffer(text, np.uint8))
    if found and not sound:
        row, reason = _first_wrong_row(text)
        if row is not None:
            raise refuse(name, "file-quotes", f"a quote in this row is {reason}; close it, double it, or leave the quotes out", row)


def _survey(text: npt.NDArray[np.uint8]) -> tuple[int, bool]:
    """Return how many quotes there are, and whether every one, in turn, opens and closes a text."""
    found, sound = 0, True
    for start in range(0, len(text), _BLOCK_BYTES):
        places = np.flatnonzero(text[start : start + _BLOCK_BYTES] == _QUOTE) + start
        if sound and len(places):
            opening, closing = places[found % 2 :: 2], places[1 - found % 2 :: 2]
            before = _BESIDE_FIELD[text[opening - 1]] | (opening == 0)
            after = _BESIDE_FIELD[text[np.minimum(closing + 1, len(text) - 1)]]
            sound = bool(before.all() and after.all())
        found += len(places)
    return found, sound and found % 2 == 0


def _first_wrong_row(text: pa.Buffer) -> tuple[int | None, str]:
    """Return the first row with a wrong quote, counted as people count rows, and what is wrong with it."""
    rows = count(1)
    with pa.BufferReader(text) as source:
        reader = csv.reader(io.TextIOWrapper(io.BufferedReader(source, _BLOCK_BYTES), "utf-8", newline=""), strict=True)
        try:
            deque(zip(rows, reader, strict=False), maxlen=0)
        except csv.Error as error:
            # zip has taken the number of the row that failed.
            cut = "end of data" in str(error) or "field limit" in str(error)
            return next(rows) - 1, "opened and not closed" if cut else "closed in the middle of a text"
    return None, ""
