"""What a workbook says beside the words of the report: the names of its sheets."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

SHEETS: Final[dict[str, Pair]] = {
    "summary": ("摘要", "Summary"),
    "tiers": ("层级", "Tiers"),
    "rose": ("增加最多", "Largest rises"),
    "fell": ("减少最多", "Largest falls"),
    "near_up": ("临界提升", "About to rise"),
    "falling": ("可能降级", "About to fall"),
    "history": ("历季", "Quarters"),
    "daily": ("每日", "Days"),
    "migration": ("迁徙", "Migration"),
    "movement": ("变动分解", "Why"),
    "spread": ("分布", "Spread"),
    "outlook": ("展望", "Outlook"),
    "branches": ("支行", "Branches"),
    "branches_tiers": ("支行层级", "Branches, tiers"),
    "managers": ("客户经理", "Managers"),
    "managers_tiers": ("客户经理层级", "Managers, tiers"),
    "lists": ("名单结果", "Lists"),
    "sources": ("数据来源", "Sources"),
}
"""Sheet -> its name."""
BOOK_TEXTS: Final[dict[str, Pair]] = {
    "of": ("{first} 至 {last}，{days} 天；{status}", "{first} to {last}, {days} days; {status}"),
    "unit": ("金额单位：万元，精确到分", "Amounts in 10,000 yuan, exact to the cent"),
    "absent": ("未列内容", "Not told here"),
    "why": ("原因", "Why"),
    "what": ("内容", "What"),
    "matrix": ("{title}：{what}", "{title}: {what}"),
    "assets_by_tier": ("各层级日均资产", "Daily average by tier"),
    "customers_by_tier": ("各层级客户数", "Customers by tier"),
}
"""Everything else that a workbook says."""
