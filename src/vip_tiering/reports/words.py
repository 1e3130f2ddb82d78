"""The words of reports in Chinese and English, each pair in one place: headers, kinds of change, clues, titles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from vip_tiering.base.schema import ABSENT, RESERVED_CODES
from vip_tiering.base.words import LANGUAGES, Language, Pair

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
    "to_next_tier": ("本季日均距上一级", "Average lacks to next tier"),
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
MOVEMENT: Final[dict[str, Pair]] = {
    "before": ("上季日均合计", "Sum before"),
    "corrections": ("上季数据更正", "Corrected since"),
    "new": ("新增客户", "New"),
    "moved_in": ("转入本层级", "Moved in"),
    "left": ("流失客户", "Left"),
    "moved_out": ("转出本层级", "Moved out"),
    "rules": ("分级标准变化", "Other rules"),
    "stayed": ("留存客户余额变化", "Balances of who stayed"),
    "after": ("本季日均合计", "Sum now"),
}
"""Why the sum of a tier's averages changed, likewise. `movement` makes the values."""
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
MONTHS: Final[dict[str, Pair]] = {
    "month": ("月份", "Month"),
    "month_average_sum": ("月日均合计", "Sum of averages"),
    "month_change": ("较上月", "+/- on month before"),
}
"""What a report says of each month, likewise. `months` makes the values."""
FEES: Final[dict[str, Pair]] = {
    "product": ("产品", "Product"),
    "entries": ("笔数", "Entries"),
    "amount": ("金额", "Amount"),
}
"""What a report says of fee income, after who earned it. `delivered` makes the values."""
LOBBY: Final[dict[str, Pair]] = {
    "event": ("活动", "Event"),
    "events": ("场次", "Events"),
    "visitors": ("到访人数", "Visitors"),
    "accounts_opened": ("开户数", "Accounts opened"),
}
"""What a report says of events in the hall, likewise."""
PRODUCTS: Final[dict[str, Pair]] = {
    "products_held": ("持有产品", "Products held"),
    "products_lacking": ("尚无的产品", "Products lacking"),
}
"""What a report says of the products of a customer. `coverage` makes the values."""
SIGNED_UP: Final[dict[str, Pair]] = {
    "product_label": ("产品", "Product"),
    "customers": ("本季客户数", "Customers"),
    "holders": ("持有客户数", "Holders"),
    "share_percent": ("覆盖度%", "Share %"),
}
"""What a report says of how far a product is signed up, likewise."""
DEPOSIT: Final = "deposit_"
"""Begins the columns of what must come on a day: `deposit_now`, then `deposit_2015-12-01` and so on."""
DEPOSIT_NOW: Final = f"{DEPOSIT}now"
PROSPECTS: Final[dict[str, Pair]] = {
    "tier_label": ("层级", "Tier"),
    "state_label": ("展望", "Outlook"),
    "target_label": ("目标层级", "Tier to reach"),
    "gap": ("还差日均", "Lacks in average"),
    DEPOSIT_NOW: ("{month}月{day}日存入多少可升级", "Deposit on {month}-{day} to rise"),
    "cushion": ("可转出多少不降级", "May be taken out"),
    "projected_label": ("按目前余额季末层级", "Tier if balances stay"),
    "daily_average": ("本季日均", "Daily average now"),
    "closing_balance": ("期末余额", "Closing balance"),
    "last_contact": ("上次联系", "Last contact"),
}
"""What a report says of each customer who is about to rise, after who they are and who holds them. `prospects` makes the values.

`deposit_now`: of money that comes on the first day after the run, which its header names."""
TO_KEEP: Final[Pair] = ("{month}月{day}日存入多少可保级", "Deposit on {month}-{day} to keep")
"""The header of `deposit_now` for who is about to fall: the tier to be kept is the one they have."""
OWN: Final = (
    "customer_id", "display_name", "tier_label", "basis_label", "from_label", "daily_average", "household_average", "closing_balance",
    "state_label", "gap_to_next", "cushion", "last_contact",
)  # fmt: skip
"""What a manager's file says of every customer of theirs; `basis_label` where tiers may be held or set,
`household_average` where households are known."""
LACKING: Final = ("customer_id", "display_name", "tier_label", "products_held", "products_lacking", "last_contact")
"""What a manager's file says of every customer of theirs who lacks a product that is taught."""
BASES: Final[dict[str, Pair]] = {
    "evaluated": ("日均", "average"),
    "held": ("保级", "held"),
    "override": ("指定", "set by hand"),
}
STATES: Final[dict[str, Pair]] = {
    "rising": ("将升级", "rising"),
    "near_up": ("临近升级", "near up"),
    "steady": ("稳定", "steady"),
    "near_down": ("临近降级", "near down"),
    "falling": ("将降级", "falling"),
}
HEADERS: Final[dict[str, Pair]] = {
    **PROSPECTS,
    **ROWS,
    "gap_to_next": ("按目前余额季末距上一级", "Lacks to next tier if balances stay"),
    "household_average": ("同户合计日均", "Household, averages together"),
    "basis_label": ("定级依据", "Tier by"),
    "measure": ("指标编号", "Measure"),
    "label": ("指标", "Name"),
    **FIGURES,
    **MOVEMENT,
    **MEASURES,
    **MONTHS,
    **FEES,
    **LOBBY,
    **PRODUCTS,
    **SIGNED_UP,
}
"""Column -> its header for people."""
AMOUNTS: Final = frozenset(
    {
        "previous_daily_average", "daily_average", "difference", "closing_balance", "to_next_tier", "below_former_tier",
        "previous_daily_average_sum", "daily_average_sum", "daily_average_change", "previous_average_per_customer",
        "average_per_customer", "gap", "gap_to_next", "cushion", "projected_average",
        "month_average_sum", "month_change", "amount", "household_average",
    }
)  # fmt: skip
"""Columns of money: fen while a report is made, yuan in its files. Those of measures are money where the unit is yuan."""
CHANGES: Final[dict[str, Pair]] = {
    "new": ("新增", "new"),
    "entered": ("达标", "entered"),
    "upgraded": ("升级", "upgraded"),
    "downgraded": ("降级", "downgraded"),
    "lapsed": ("掉出", "lapsed"),
    "held": ("保级", "held"),
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
    "rise": ("临界提升（按所需资金）", "About to rise (least money)"),
    "fall": ("可能降级（按所需资金）", "About to fall (least money)"),
    "own": ("我的客户", "My customers"),
    "waiting": ("{month}月{day}日存入", "Deposit on {month}-{day}"),
    "as_of": ("{quarter}（截至 {day}，季中）", "{quarter} (as of {day}, provisional)"),
    "provisional": (
        "季中数据：日均计算至 {day}，不作为定级依据，层级以季末结果为准",
        "Provisional: averages up to {day}; tiers are decided when the quarter is over",
    ),
    "heading": ("{now} 客户层级变动，对比 {before}", "Changes of tier in {now} against {before}"),
    "heading_alone": ("{now} 客户层级", "Tiers of {now}"),
    "initial": ("无上季运行可比", "There is no run of the quarter before to compare with"),
    "no_before": (
        "上季运行 {before} 不在手边：各支行、客户经理的上季数为空",
        "The run {before} is not at hand: what branches and managers had before is empty",
    ),
    "units": ("金额单位：元；日均向下取整到分", "Amounts in yuan; averages are rounded down to the cent"),
    "growth_title": ("支行指标：日均（万元）", "Measures of the branch: averages (wan yuan)"),
    "fees_title": ("支行指标：中间业务收入（万元）", "Measures of the branch: fee income (wan yuan)"),
    "lobby_title": ("支行指标：厅堂营销", "Measures of the branch: events in the hall"),
    "not_delivered": ("未提供数据，本报告不计（不是零）：{names}", "Not delivered, and not counted (not zero): {names}"),
    "fees_by_title": ("中间业务收入：支行 × 客户经理", "Fee income: branch by manager"),
    "own_fees_title": ("中间业务收入", "Fee income"),
    "lobby_by_title": ("厅堂营销：支行 × 活动", "Events in the hall: branch by event"),
    "coverage_title": ("产品签约覆盖度：支行、客户经理 × 可辅导产品，%", "Products signed up: branch and manager by product taught, %"),
    "own_coverage_title": ("产品签约覆盖度", "Products signed up"),
    "lacking": ("尚无的产品", "Products lacking"),
    "any_product": ("至少一项", "any"),
    "customers_title": ("支行指标：客户数（户）", "Measures of the branch: customers"),
    "tiers_title": ("各层级", "By tier"),
    "growth": ("金融资产日均新增", "growth of the sum of averages"),
    "sum_of_averages": ("金融资产日均合计", "sum of averages"),
    "customers_from": ("{tier}及以上客户数", "customers from {tier} up"),
    "fees": ("中间业务收入", "fee income"),
    "lobby_events": ("厅堂营销场次", "events in the hall"),
    "lobby_visitors": ("厅堂营销到访人数", "visitors of events in the hall"),
    "lobby_accounts": ("厅堂营销开户数", "accounts opened in the hall"),
}
_JOINED: Final[Pair] = ("、", ", ")


def deposit_on(day: dt.date) -> str:
    """Return the column of what must come on a day."""
    return f"{DEPOSIT}{day}"


class Words:
    """How a report speaks: the words of one language, and the name of each tier of a run, absent ones included."""

    def __init__(self, language: Language, labels: Mapping[str, str]) -> None:
        """Choose the language. `labels`: of the tiers, by code; they are Chinese, so English names are made of the codes."""
        self._at = LANGUAGES.index(language)
        self.language = language
        self.headers = {column: pair[self._at] for column, pair in HEADERS.items()}
        self.changes = {code: pair[self._at] for code, pair in CHANGES.items()}
        self.bases = {code: pair[self._at] for code, pair in BASES.items()}
        self.states = {code: pair[self._at] for code, pair in STATES.items()}
        labels = {**labels, ABSENT: RESERVED_CODES[ABSENT]}
        self.tiers = labels if language == "zh" else {code: code.replace("_", " ") for code in labels}

    def text(self, name: str, **values: str) -> str:
        """Return a text with its values."""
        return TEXTS[name][self._at].format(**values)

    def headers_of_prospects(self, first: dt.date, days: Iterable[dt.date], *, keep: bool) -> dict[str, str]:
        """Return the headers of who is about to rise, or with `keep` to fall.

        `first`: the first day on which money can come; `days`: those after it for which the cost of waiting is told.
        """
        now = (TO_KEEP if keep else PROSPECTS[DEPOSIT_NOW])[self._at].format(month=first.month, day=first.day)
        waiting = {deposit_on(day): self.text("waiting", month=f"{day.month}", day=f"{day.day}") for day in days}
        return {**self.headers, DEPOSIT_NOW: now, **waiting}

    def named(self, name: str) -> str:
        """Return the name of a branch or a manager."""
        return name or self.text("unassigned")

    def clues(self, codes: Iterable[str]) -> str:
        """Return clues, joined."""
        return self.joined(CLUES[code][self._at] for code in codes)

    def joined(self, names: Iterable[str]) -> str:
        """Return several names as one text."""
        return _JOINED[self._at].join(names)
