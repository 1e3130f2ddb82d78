"""The words of reports in Chinese and English, each pair in one place: headers, kinds of change, clues, titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Pair = tuple[str, str]
HEADERS: Final[dict[str, Pair]] = {
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
    "tier_label": ("层级", "Tier"),
    "customers": ("本季客户数", "Customers"),
    "previous_customers": ("上季客户数", "Customers before"),
    "customers_change": ("客户增减", "Customers +/-"),
    "daily_average_sum": ("本季日均合计", "Sum of averages"),
    "previous_daily_average_sum": ("上季日均合计", "Sum before"),
    "daily_average_change": ("日均增减", "Sum +/-"),
    "average_per_customer": ("本季户均", "Average per customer"),
    "previous_average_per_customer": ("上季户均", "Per customer before"),
    "measure": ("指标编号", "Measure"),
    "label": ("指标", "Name"),
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
"""Column -> its header for people."""
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
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        """Choose the language."""
        self._at = LANGUAGES.index(language)
        self.headers = {column: pair[self._at] for column, pair in HEADERS.items()}

    def text(self, name: str, **values: str) -> str:
        """Return a text with its values."""
        return TEXTS[name][self._at].format(**values)

    def change(self, code: str) -> str:
        """Return the name of a kind of change."""
        return CHANGES[code][self._at]

    def clues(self, codes: Iterable[str]) -> str:
        """Return clues, joined."""
        return _JOINED[self._at].join(CLUES[code][self._at] for code in codes)

    def tiers(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Return the name of each tier: its label, which is Chinese, or its code."""
        return dict(labels) if self._at == 0 else {code: code.replace("_", " ") for code in labels}
