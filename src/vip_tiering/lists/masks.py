"""Ids and numbers as reports may show them: enough to find a row again, not enough to know a customer."""

from __future__ import annotations

from typing import Final

_SHORTEST: Final = 6


def masked_id(text: str) -> str:
    """Return an id as D0***12; a short one is hidden whole."""
    return f"{text[:2]}***{text[-2:]}" if len(text) >= _SHORTEST else "***"


def masked_phone(text: str) -> str:
    """Return a number as 138****1234."""
    return f"{text[:3]}****{text[-4:]}" if text else ""
