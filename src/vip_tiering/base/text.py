"""Text as it is compared, one at a time or as a column, and CSV files as columns of text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_INVISIBLE: Final = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that nobody sees: those that Unicode calls default ignorable, marks of direction and of annotation, ends of lines and
paragraphs, and the empty Braille pattern. Two ids that differ by them look alike."""
_CODED: Final = pa.dictionary(pa.int32(), pa.string())
SPREADSHEET_IDS: Final = (
    r"^=",  # ="0007"
    r"^[\"'`‘’“”]",  # '0007
    r"^[0-9]+[.,]0*$",  # 7.0
    r"^[0-9]{1,3}(?:,[0-9]{3})+(?:\.0*)?$",  # 6,220,007
    r"^[0-9]+(?:[.,][0-9]*)?[eE]\+[0-9]+$",  # 6.2E+18
    r"^[0-9]+[.,][0-9]*[eE][0-9]+$",  # 6.2E18
    r"^#(?:N/A|NAME\?|REF!|VALUE!|NUM!|NULL!|DIV/0!|#+)$",
)
"""Ids that a spreadsheet wrote, or that show what it could not write."""
FORMULA_ID: Final = r"^[-+@]."
"""What a spreadsheet takes for a formula. Lists hold the ids of customers, not those of accounts and products."""
_SHORTEST_SHOWN: Final = 6
"""An id with fewer characters is hidden whole."""


def tidy(text: str) -> str:
    """Return a text as texts are compared: NFKC, without invisible characters and surrounding blanks. Letters keep their case."""
    return re.sub(_INVISIBLE, "", unicodedata.normalize("NFKC", text)).strip()


def tidy_column(texts: pa.Array) -> pa.Array:
    """Return strings, shape (n,), as texts are compared; see `tidy`."""
    texts = pc.utf8_normalize(texts, form="NFKC")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _INVISIBLE, ""))


def masked_id(text: str) -> str:
    """Return an id as D0***12; a short one is hidden whole."""
    return f"{text[:2]}***{text[-2:]}" if len(text) >= _SHORTEST_SHOWN else "***"


def but_for_zeros(unknown: pa.Array, known: pa.Array) -> pa.Array:
    """Return those of the unknown ids that are known once leading zeros are ignored on both sides."""
    if not len(unknown):
        return unknown
    bare = pc.utf8_ltrim(unknown, "0")
    known = pc.utf8_ltrim(known, "0")
    return unknown.filter(pc.is_in(bare, value_set=known.filter(pc.is_in(known, value_set=bare))))


def csv_as_text(
    source: Path | bytes, columns: Sequence[str], coded: Collection[str] = (), options: pyarrow.csv.ReadOptions | None = None
) -> pa.Table:
    """Return the named columns of a CSV as text, those in `coded` as dictionaries; an empty cell is "" and nothing is inferred.

    Raises ArrowInvalid for what is not a CSV, and KeyError where a column is absent.
    """
    convert = pyarrow.csv.ConvertOptions(
        column_types={name: _CODED if name in coded else pa.string() for name in columns},
        include_columns=list(columns),
        null_values=[],
        strings_can_be_null=False,
    )
    return pyarrow.csv.read_csv(pa.BufferReader(source) if isinstance(source, bytes) else source, options, convert_options=convert)
