"""The floor: how strict rules are at least, as docs/compliance.md has it.

Stricter is free; whatever is looser needs an override with a name, a day and a reason (`floor_checks`). The floor is no rule file,
because a branch that could change it would need nobody's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vip_tiering.offer_models import Way
from vip_tiering.playbook_models import Purpose, Trigger

LIMITS: Final[dict[str, tuple[int, int]]] = {
    "adult_age_years": (18, 1),
    "senior_age_years": (60, -1),
    "bereavement_days": (90, 1),
    "customers_per_phone": (3, -1),
    "rating_valid_months": (12, -1),
    "reassess_days": (90, 1),
    "message_valid_days": (3, -1),
    "list_valid_days": (14, -1),
    "run_grace_days": (20, -1),
}
"""Of each limit the number, and in which direction it becomes stricter."""

PRIVATE_FROM_YUAN: Final = 5_000_000
"""Whoever averages so much is a private client, at the latest."""

STEPS: Final[dict[str, tuple[object, ...]]] = {
    "consent": ("not_needed", "not_refused", "needed"),
    "without_consent": ("in_person", "never"),
    "rating": ("none", "uncertain_benefit", "needed"),
    "qualified": (False, True),
    "caps": (False, True),
}
"""What a purpose can demand, from the loosest to the strictest."""

PURPOSES: Final[dict[Purpose, Mapping[str, object]]] = {
    "service": {},
    "care": {"consent": "not_refused", "caps": True},
    "general": {"consent": "needed", "caps": True},
    "insurance": {"consent": "needed", "without_consent": "never", "rating": "uncertain_benefit", "caps": True},
    "rated": {"consent": "needed", "without_consent": "never", "rating": "needed", "caps": True},
    "private": {"consent": "needed", "without_consent": "never", "rating": "needed", "qualified": True, "caps": True},
}
"""What each purpose demands, where that is not the loosest."""

CAPS: Final[dict[Way, tuple[tuple[int, int], ...]]] = {
    "sms": ((1, 7), (4, 30)),
    "call": ((1, 14),),
    "wechat": ((1, 7), (4, 30)),
}
"""By way: at most so many contacts in so many days. Who asks for a meeting (`appointment`) is not bound by them."""

SEND_WINDOW: Final = ("09:00", "20:00")
"""Not before and not after which time of day something is sent by those ways."""

NOT_DISTRIBUTABLE: Final = ("private_fund",)
"""Kinds of product that a bank may not sell."""

CAMPAIGN_TRIGGERS: Final[tuple[Trigger, ...]] = ("new_product", "branch_date")
"""What makes an action due for all customers of a tier at once."""

FORBIDDEN_WORDS: Final = (
    "预期收益", "预期年化", "保本", "保收益", "保证收益", "稳赚", "稳赢", "零风险", "无风险", "包赚", "只赚不赔", "高收益", "最高收益",
    "刚性兑付", "刚兑", "本金安全", "收益有保障",
)  # fmt: skip
"""Promises that no message may make."""
