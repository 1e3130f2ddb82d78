"""What falls where the customer file has no column for a field: one line each, for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ABSENT: Final[dict[str, str]] = {
    "name": "messages address nobody by name",
    "gender": "nobody is addressed by gender",
    "mobile": "nobody has a number: no messages by SMS, and no calls",
    "manager": "every customer is unassigned",
    "branch": "messages and lists name no branch",
    "birthday": "no birthday calls, and every age is unknown",
    "segments": "nobody belongs to a segment: the general wording is sent, and nobody comes first",
    "wechat_id": "no messages by WeChat",
    "risk_rating": "offers of the purposes rated and private fall",
    "risk_rated_on": "no risk rating has a day, so none is valid: offers of the purposes rated and private fall",
    "qualified_investor": "private products fall",
    "qualified_on": "no finding of a qualified investor has a day, so private products fall",
    "consent_sms": "by SMS: nothing is sent, and general, insurance, rated and private fall",
    "consent_call": "by call: general, insurance, rated and private fall",
    "consent_wechat": "by WeChat: general, insurance, rated and private fall",
    "private_client": "private clients are known by tier and balance only",
    "points": "no points are named in messages",
    "points_expire_on": "no reminder that points expire",
}
"""Field -> what falls without it (compliance, "Absent columns"); the status has its own rule, and what no list needs is not missed."""


def absent_columns(file: str, given: Iterable[str]) -> list[str]:
    """Return one warning per optional field that a customer file does not have."""
    fields = set(given)
    return [f"{file}: no column {field}: {falls}" for field, falls in ABSENT.items() if field not in fields]
