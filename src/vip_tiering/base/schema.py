"""The columns of every table but those of reports (reports/words.py), in one place; and codes that no tier may have."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

SHEET_ROWS: Final = 1_048_575
"""Rows of an Excel sheet below its header."""
CELL_UNITS: Final = 32_767
"""UTF-16 units of an Excel cell."""
UNTIERED: Final = "untiered"
"""未达标: present, below the lowest tier; always reported, never marketed to."""
ABSENT: Final = "absent"
"""Without any balance in the quarter: the other side of `new` and `left`."""
UNASSIGNED: Final = "unassigned"
"""Stands for a branch or a manager that is not known."""
RESERVED_CODES: Final = {UNTIERED: "未达标", ABSENT: "无记录"}
TIERS_PARQUET: Final = pa.schema(
    [
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("tier", pa.string(), nullable=False),
        pa.field("fen_days", pa.int64(), nullable=False),
        pa.field("quarter_days", pa.int64(), nullable=False),
        pa.field("daily_average_fen", pa.int64(), nullable=False),
        pa.field("closing_fen", pa.int64(), nullable=False),
        pa.field("days_held", pa.int64(), nullable=False),
    ]
)
RETENTION: Final = pa.schema(
    [
        pa.field("evaluated_tier", pa.string(), nullable=False),
        pa.field("retained_tier", pa.string(), nullable=False),
        pa.field("held_quarters", pa.int64(), nullable=False),
        pa.field("tier_basis", pa.string(), nullable=False),
    ]
)
"""What `tiers.parquet` holds besides where the rules let customers keep tiers, or set them (semantics 3.4 and 3.5)."""
TIER_BASES: Final = ("evaluated", "held", "override")
"""Why a customer has the tier: by the average, kept although the average is lower, set by somebody."""
MIGRATION_BASES: Final = tuple(f"{basis}_customers" for basis in TIER_BASES[1:])
"""What `migration.csv` counts besides for each pair of tiers, then too."""
TIERS_AND_RETENTION: Final = pa.schema([*TIERS_PARQUET, *RETENTION])
TIERS_CSV: Final = ("customer_id", "tier", "tier_label", "daily_average", "closing_balance", "days_held")
CHANGES_CSV: Final = (
    "customer_id",
    "change",
    "from_tier",
    "to_tier",
    "from_label",
    "to_label",
    "steps",
    "previous_daily_average",
    "daily_average",
    "difference",
    "closing_balance",
    "days_held",
)
MIGRATION_CSV: Final = ("from_tier", "to_tier", "customers", "daily_average_sum", "previous_daily_average_sum")
OUTLOOK_CSV: Final = (
    "customer_id",
    "tier",
    "projected_tier",
    "state",
    "next_tier",
    "gap_to_next",
    "deposit_for_next",
    "cushion",
    "closing_balance",
    "projected_average",
)
DAILY_CSV: Final = ("date", "tier", "customers", "balance", "carried_from")
REJECTS_CSV: Final = ("file", "row", "column", "rule")
CHANGES: Final = ("initial", "new", "entered", "upgraded", "kept", "held", "downgraded", "lapsed", "left")
"""Every kind of change, in the order in which reports show them."""
ROLES: Final = ("customer_id", "account_id", "product", "currency", "date", "balance")
"""What a column of an extract may mean."""
EVENT_PLAN: Final = pa.schema(
    [
        pa.field("action", pa.string(), nullable=False),
        pa.field("festival", pa.string(), nullable=False),
        pa.field("festival_date", pa.date32(), nullable=False),
        pa.field("event_from", pa.date32(), nullable=False),
        pa.field("event_to", pa.date32(), nullable=False),
        pa.field("working_days", pa.int64(), nullable=False),
        pa.field("prepare_by", pa.date32(), nullable=False),
        pa.field("material", pa.string(), nullable=False),
        pa.field("quantity", pa.int64()),
        pa.field("owner", pa.string(), nullable=False),
        pa.field("branch", pa.string(), nullable=False),
    ]
)
"""The plan of events in the branch hall: one row per event and branch."""
MESSAGE_FIELDS: Final = (
    "phone", "text", "customer_id", "action", "not_before", "not_after", "valid_until", "name", "product", "event_date", "points",
    "tier_label", "branch", "manager", "signature", "opt_out", "product_term", "product_minimum", "product_from", "product_until", "coupon",
    "branch_phone", "manager_name", "manager_phone",
)  # fmt: skip
"""What the list of a public channel of messages may hold, one row per message; all text."""
LIST_FIELDS: Final = (
    "customer_id", "action", "manager", "branch", "display_name", "phone", "tier_label", "previous_tier_label", "reasons", "product",
    "event_date", "due_by", "rank", "may_market", "max_risk", "last_contact", "result", "obstacle", "note",
)  # fmt: skip
"""What a list for people holds, one row per customer; all text but `rank`, which is int64."""
PERSONAL_MESSAGE_FIELDS: Final = ("text", "wechat_id")
"""What the list of a channel holds besides, where people send messages themselves."""
ON_SCREEN_ALONE: Final = (
    "due_date", "previous_daily_average", "closing_balance", "lacking", "household", "text", "wechat_id", "action",
)  # fmt: skip
"""Those columns of the workbook of a manager's day that are not printed, so that a page can be read; they stand at its end."""
SHEET_FIELDS: Final = (
    "rank", "display_name", "due_by", "tier_change", "why", "product", "contact_by", "phone", "last_contact", "daily_average",
    "deposit_today", "due_amount", "may_offer", "result", "obstacle", "note", "customer_id",
    *ON_SCREEN_ALONE,
)  # fmt: skip
"""What the workbook of a manager's day holds, one row per customer; amounts are `decimal128(18, 2)` in yuan, `rank` is int64."""
RESULTS: Final = (
    "", "reached", "no_answer", "wrong_number", "refused", "complaint", "interested", "meeting_set", "done", "bereavement",
    "delivered", "failed", "opt_out",
)  # fmt: skip
"""What came of a contact; "" where nobody said."""
RESULT_CODES: Final = RESULTS[1:]
