"""The fields of the files that come in beside a run, and the values that a coded field may have."""

from __future__ import annotations

from typing import Final

ANSWERS: Final = ("", "N", "Y")
TEXT_FIELDS: Final = ("name", "manager", "wealth_manager", "branch", "wechat_id", "household_customer_id", "products_held")
DAY_FIELDS: Final = ("birthday", "risk_rated_on", "qualified_on", "points_expire_on")
SEGMENTS: Final = ("payroll", "merchant", "savings", "settlement")
"""The segments in the order of their bits."""
CODES: Final[dict[str, tuple[str, ...]]] = {
    "gender": ("", "F", "M"),
    "risk_rating": ("", "C1", "C2", "C3", "C4", "C5"),
    "qualified_investor": ANSWERS,
    "consent_sms": ANSWERS,
    "consent_call": ANSWERS,
    "consent_wechat": ANSWERS,
    "private_client": ANSWERS,
    "status": ("", "active", "frozen", "deceased", "minor", "dormant", "closed", "blocked"),
}
"""The values of every coded field of the customer file; index 0 is "not given"."""
CUSTOMER_FIELDS: Final = (
    "customer_id", "name", "gender", "mobile", "manager", "wealth_manager", "branch", "birthday", "segments", "wechat_id",
    "household_customer_id", "risk_rating", "risk_rated_on", "qualified_investor", "qualified_on", "consent_sms", "consent_call",
    "consent_wechat", "status", "private_client", "points", "points_expire_on", "products_held",
)  # fmt: skip
"""Every field of the customer file; all but the first are optional."""
EVENTS: Final = ("maturity", "points", "new_product", "family_event")
FAMILY_KINDS: Final = ("bereavement", "illness", "birth", "wedding", "other")
"""The kinds of a family event; the first two are grave."""
RESULTS: Final = (
    "", "reached", "no_answer", "wrong_number", "refused", "complaint", "interested", "meeting_set", "done", "bereavement",
    "delivered", "failed", "opt_out",
)  # fmt: skip
"""What came of a contact; "" where nobody said."""
RESULT_CODES: Final = RESULTS[1:]
EVENT_FIELDS: Final = ("customer_id", "event", "kind", "date", "product", "amount")
CONTACT_FIELDS: Final = ("customer_id", "channel", "action", "date", "result")
DO_NOT_CONTACT_FIELDS: Final = ("customer_id", "mobile", "channel", "since")
RESULT_FIELDS: Final = ("customer_id", "action", "channel", "result", "on", "by", "obstacle", "note")
"""What a list that comes back, or a receipt of a gateway, says of its rows."""
ALL_CHANNELS: Final = "all"
"""Stands in a do-not-contact list for every channel."""
KNOWN_VALUES: Final[dict[str, tuple[str, ...]]] = {
    **CODES,
    "segments": SEGMENTS,
    "event": EVENTS,
    "kind": FAMILY_KINDS,
    "result": RESULTS,
}
"""The values of every coded field of all files; those of `channel` are the codes of channels.yaml."""
