"""What is wrong with `customers.yaml`: codes that do not exist, and words or headers that mean two things."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from vip_tiering.customer_fields import (
    ALL_CHANNELS,
    CONTACT_FIELDS,
    CUSTOMER_FIELDS,
    DO_NOT_CONTACT_FIELDS,
    EVENT_FIELDS,
    KNOWN_VALUES,
    RESULT_FIELDS,
)
from vip_tiering.customer_models import mapped_values
from vip_tiering.yaml_marks import Document, path_text

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff]")
_SHARED: Final = (
    {"consent_sms", "consent_call", "consent_wechat"},
    {"risk_rated_on", "qualified_on"},
    {"manager", "wealth_manager"},
)
"""Fields that one column may feed together."""
_FILES: Final = (CUSTOMER_FIELDS, EVENT_FIELDS, CONTACT_FIELDS, DO_NOT_CONTACT_FIELDS, RESULT_FIELDS)


def tidy_word(word: str) -> str:
    """Return a word as words of coded fields are compared: NFKC, in small letters, without blanks around it."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", word)).strip().lower()


def check_customers(document: Document, channels: Collection[str] | None = None) -> None:
    """Add what the values of a well-formed file say against each other, and against the codes that are known.

    Codes of channels are judged where `channels` are given.
    """
    _check_headers(document)
    known = KNOWN_VALUES if channels is None else KNOWN_VALUES | {"channel": (*channels, ALL_CHANNELS)}
    first_use: dict[tuple[str, str], tuple[int, str, str]] = {}
    for index, field, word, code in mapped_values(document.data):
        path = ("values", index, "values", word)
        if field in known and code not in known[field] and code:
            near = get_close_matches(code, known[field], n=1)
            hint = f"did you mean {near[0]}?" if near else f"write {', '.join(filter(None, known[field]))}"
            document.add(path, f"must be a value of {field}; {hint}")
            continue
        own = next((one for one in known.get(field, ()) if one and tidy_word(one) == tidy_word(word)), code)
        if own != code:
            document.add(path, f"must be {own}, which it is by itself", at_key=True)
        first = first_use.setdefault((field, tidy_word(word)), (index, word, code))
        if first[2] != code:
            place = path_text(("values", first[0], "values", first[1]))
            document.add(path, f"must be {first[2] or 'empty'} for {field}, as {place} says", at_key=True)


def _check_headers(document: Document) -> None:
    """Add headers that feed two fields of one file which cannot mean the same."""
    columns = document.data.get("columns") or {}
    for fields in _FILES:
        first_use: dict[str, str] = {one: one for one in fields}
        for field in fields:
            given = columns.get(field) or []
            for index, header in enumerate([given] if isinstance(given, str) else given):
                first = first_use.setdefault(tidy_word(header), field)
                if first != field and not any({first, field} <= together for together in _SHARED):
                    path = ("columns", field) if isinstance(given, str) else ("columns", field, index)
                    document.add(path, f"must not be the header of {first} too")
