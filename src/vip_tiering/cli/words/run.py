"""What the summary of a run says, and what others say of runs in the same words."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.schema import CHANGES as IN_ORDER
from vip_tiering.base.words import Pair
from vip_tiering.reports.changes.words import CHANGES as OF_REPORTS

STATUSES: Final[dict[str, Pair]] = {
    "official": ("季末结果", "official"),
    "provisional": ("季中结果", "provisional"),
    "monthly": ("月度结果", "monthly"),
    "export": ("名单", "export"),
    "records": ("客户档案", "records"),
    "event plan": ("厅堂活动计划", "event plan"),
    "report": ("变动报告", "report"),
    "provisional report": ("季中变动报告", "provisional report"),
}
"""What a manifest says of a run or report; whatever else it says is shown as it is."""
_ALONE: Final[dict[str, Pair]] = {"initial": ("首次", "initial"), "kept": ("不变", "kept")}
CHANGES: Final[dict[str, Pair]] = {code: {**OF_REPORTS, **_ALONE}[code] for code in IN_ORDER}
"""Every kind of change (semantics 4.3): those of reports, and the two of which reports say nothing."""
ROWS: Final[dict[str, Pair]] = {
    "outside": ("期外 {count}", "outside the period {count}"),
    "collapsed": ("重复 {count}", "repeated {count}"),
    "excluded": ("不计产品 {count}", "excluded {count}"),
    "superseded": ("已被更正 {count}", "superseded {count}"),
    "rejected": ("剔除 {count}", "rejected {count}"),
}
NEGATIVES: Final[dict[str, Pair]] = {
    "zero": ("按 0.00 计", "counted as 0.00"),
    "net": ("如实计入", "counted as they are"),
    "reject": ("剔除", "rejected"),
}
TEXTS: Final[dict[str, Pair]] = {
    "comma": ("，", ", "),
    "until": (" 至 ", " to "),
    "heading": (
        "  {first} 至 {last}，{days} 天，{status}，{customers} 户",
        "  {first} to {last}, {days} days, {status}, {customers} customers",
    ),
    "tier": ("层级", "tier"),
    "customers": ("客户数", "customers"),
    "versus": ("较 {quarter}", "vs {quarter}"),
    "sum": ("日均合计（元）", "sum of averages, yuan"),
    "share": ("占比", "share"),
    "migration": ("客户数：{before}（行）到 {now}（列）", "customers from {before} (rows) to {now} (columns)"),
    "migration_pairs": ("客户数：{before} 到 {now}", "customers from {before} to {now}"),
    "changes": ("变动：{changes}", "changes: {changes}"),
    "changes_alone": ("变动：{changes}（没有上季结果可比）", "changes: {changes} (compared with no earlier run)"),
    "outlook": ("展望至 {last}（假定余额不变）", "outlook to {last}, if balances stay"),
    "rules": ("规则：{name}", "rules: {name}"),
    "rows": ("行数：读入 {read}，采用 {used}", "rows: read {read}, used {used}"),
    "filled": ("补齐日期：{days}", "filled days: {days}"),
    "filled_by": ("{days}（用 {since} 的余额）", "{days} (by {since})"),
    "newest": ("最近一行：{day}；此后余额视为不变", "newest row: {day}; it stands to the end"),
    "negative": ("负余额：{rows} 行，{sum} 元，{counted}", "negative balances: {rows} rows, {sum} yuan, {counted}"),
    "accepted_missing": ("认可缺少的日期：{days}", "missing days accepted: {days}"),
    "accepted_partial": ("认可不完整的部分：{parts}", "accepted in part: {parts}"),
    "product": ("产品 {code} × {counts}", "product {code} x {counts}"),
    "currency": ("币种 {code}", "currency {code}"),
    "scope": (
        "{name}：{rows} 行，{delivered}，计入 {counted} 元",
        "{name}: {rows} rows, {delivered}, counted {counted} yuan",
    ),
    "renamed": ("换号客户：{customers} 户，{rows} 行", "renamed customers: {customers}, with {rows} rows"),
}
MATRIX: Final[dict[str, Pair]] = {
    "from": ("原层级", "from"),
    "to": ("现层级", "to"),
    "customers": ("客户数", "customers"),
}
"""Headers of customers by two tiers, where they are listed as pairs."""
