"""The words of reports in Chinese and English, each pair in one place: headers, kinds of change, clues, titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from vip_tiering.base.schema import ABSENT, RESERVED_CODES

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Pair = tuple[str, str]
ROWS: Final[dict[str, Pair]] = {
    "customer_id": ("客户号", "Customer number"),
    "display_name": ("客户", "Customer"),
    "branch": ("支行", "Branch"),
    "manager": ("客户经理", "Manager"),
    "change": ("变动", "Change"),
    "from_label": ("上季层级", "Tier before"),
    "to_label": ("本季层级", "Tier now"),
    "steps": ("级差", "Steps"),
    "previous_daily_average": ("上季日均", "Daily average before"),
    "daily_average": ("本季日均", "Daily average now"),
    "difference": ("差额", "Difference"),
    "closing_balance": ("期末余额", "Closing balance"),
    "days_held": ("持有天数", "Days held"),
    "to_next_tier": ("距上一级尚差", "Lacks to next tier"),
    "below_former_tier": ("低于原级差额", "Below former tier"),
    "clues": ("线索", "Clues"),
}
"""What a report says of each customer who moved, in order: column -> its header for people. `moves` makes the values."""
FIGURES: Final[dict[str, Pair]] = {
    "previous_customers": ("上季客户数", "Customers before"),
    "customers": ("本季客户数", "Customers"),
    "customers_change": ("客户增减", "Customers +/-"),
    "previous_daily_average_sum": ("上季日均合计", "Sum before"),
    "daily_average_sum": ("本季日均合计", "Sum of averages"),
    "daily_average_change": ("日均增减", "Sum +/-"),
    "previous_average_per_customer": ("上季户均", "Per customer before"),
    "average_per_customer": ("本季户均", "Average per customer"),
}
"""What a report says of each tier, likewise. `tallies` makes the values."""
MEASURES: Final[dict[str, Pair]] = {
    "value": ("本季", "Now"),
    "previous": ("上季", "Before"),
    "growth": ("较上季", "+/- on before"),
    "last_year": ("上年四季度", "Last year Q4"),
    "last_year_growth": ("较上年四季度", "+/- on last year Q4"),
    "band": ("其中本级", "In the tier itself"),
    "quarter_target": ("季度目标", "Target of quarter"),
    "quarter_reached": ("季度完成率", "Reached"),
    "year_target": ("年度目标", "Target of year"),
    "year_reached": ("年度完成率", "Reached of year"),
}
"""What a report says of each measure of the branch, likewise. `measures` makes the values."""
HEADERS: Final[dict[str, Pair]] = {
    **ROWS,
    "tier_label": ("层级", "Tier"),
    "measure": ("指标编号", "Measure"),
    "label": ("指标", "Name"),
    **FIGURES,
    **MEASURES,
}
"""Column -> its header for people."""
AMOUNTS: Final = frozenset(
    {
        "previous_daily_average", "daily_average", "difference", "closing_balance", "to_next_tier", "below_former_tier",
        "previous_daily_average_sum", "daily_average_sum", "daily_average_change", "previous_average_per_customer",
        "average_per_customer",
    }
)  # fmt: skip
"""Columns of money: fen while a report is made, yuan in its files. Those of measures are money where the unit is yuan."""
CHANGES: Final[dict[str, Pair]] = {
    "new": ("新增", "new"),
    "entered": ("达标", "entered"),
    "upgraded": ("升级", "upgraded"),
    "downgraded": ("降级", "downgraded"),
    "lapsed": ("掉出", "lapsed"),
    "left": ("流失", "left"),
}
"""Kind of change -> its name, as in the glossary."""
CLUES: Final[dict[str, Pair]] = {
    "new_money": ("新资金", "new money"),
    "outflow": ("资金流出", "outflow"),
    "recovered": ("期末已回升", "recovered at the close"),
    "partial_days": ("仅部分天数", "part of the days only"),
}
TEXTS: Final[dict[str, Pair]] = {
    "unassigned": ("未分配", "unassigned"),
    "nobody": ("客户", "customer"),
    "total": ("合计", "all"),
    "whole": ("全部", "All"),
    "summary": ("汇总", "Summary"),
    "rows": ("变动", "Changes"),
    "heading": ("{now} 客户层级变动，对比 {before}", "Changes of tier in {now} against {before}"),
    "heading_alone": ("{now} 客户层级", "Tiers of {now}"),
    "initial": ("无上季运行可比", "There is no run of the quarter before to compare with"),
    "no_before": (
        "上季运行 {before} 不在手边：各支行、客户经理的上季数为空",
        "The run {before} is not at hand: what branches and managers had before is empty",
    ),
    "units": ("金额单位：元；日均向下取整到分", "Amounts in yuan; averages are rounded down to the cent"),
    "growth_title": ("支行指标：日均", "Measures of the branch: averages"),
    "customers_title": ("支行指标：客户数", "Measures of the branch: customers"),
    "tiers_title": ("各层级", "By tier"),
    "migration_title": ("迁徙矩阵：上季（行）到本季（列），客户数", "Migration: customers from before (rows) to now (columns)"),
    "branches_title": ("支行 × 层级", "Branch by tier"),
    "managers_title": ("客户经理 × 层级", "Manager by tier"),
    "growth": ("金融资产日均新增", "growth of the sum of averages"),
    "customers_from": ("{tier}及以上客户数", "customers from {tier} up"),
}
_JOINED: Final[Pair] = ("、", ", ")


class Words:
    """How a report speaks: the words of one language, and the name of each tier of a run, absent ones included."""

    def __init__(self, language: Language, labels: Mapping[str, str]) -> None:
        """Choose the language. `labels`: of the tiers, by code; they are Chinese, so English names are made of the codes."""
        self._at = LANGUAGES.index(language)
        self.language = language
        self.headers = {column: pair[self._at] for column, pair in HEADERS.items()}
        self.changes = {code: pair[self._at] for code, pair in CHANGES.items()}
        labels = {**labels, ABSENT: RESERVED_CODES[ABSENT]}
        self.tiers = labels if language == "zh" else {code: code.replace("_", " ") for code in labels}

    def text(self, name: str, **values: str) -> str:
        """Return a text with its values."""
        return TEXTS[name][self._at].format(**values)

    def named(self, name: str) -> str:
        """Return the name of a branch or a manager."""
        return name or self.text("unassigned")

    def clues(self, codes: Iterable[str]) -> str:
        """Return clues, joined."""
        return _JOINED[self._at].join(CLUES[code][self._at] for code in codes)
