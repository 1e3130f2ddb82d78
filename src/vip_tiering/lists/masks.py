"""What reports and previews may show of customers: enough to find a row again, not enough to know anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vip_tiering.lists.day import DayLists
from vip_tiering.lists.messages import NOBODY_NAMED

_SHORTEST: Final = 6
_FIRST_ROWS: Final = 2


def masked_id(text: str) -> str:
    """Return an id as D0***12; a short one is hidden whole."""
    return f"{text[:2]}***{text[-2:]}" if len(text) >= _SHORTEST else "***"


def masked_phone(text: str) -> str:
    """Return a number as 138****1234."""
    return f"{text[:3]}****{text[-4:]}" if text else ""


def previews_of(lists: DayLists, labels: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return the first rows of each open list by its name, masked. Of the private lists nothing is shown but that they exist."""
    tables = {**lists.messages, **{code: pair[0] for code, pair in lists.lists.items()}}
    return {
        f"{labels.get(code, '')} {code}".strip(): [_masked(row) for row in table.slice(0, _FIRST_ROWS).to_pylist()]
        for code, table in tables.items()
    }


def _masked(row: dict[str, str]) -> dict[str, str]:
    masked = {**row, "phone": masked_phone(row["phone"]), "customer_id": "|".join(map(masked_id, row["customer_id"].split("|")))}
    if "display_name" in row:
        masked["display_name"] = row["display_name"][:1] + "*"
    elif row["name"] != NOBODY_NAMED:
        masked["text"] = row["text"].replace(row["name"], row["name"][:1] + "*")
    return masked
