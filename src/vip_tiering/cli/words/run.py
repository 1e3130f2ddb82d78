"""What the summary of a run says, and what others say of runs in the same words."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.schema import CHANGES as IN_ORDER
from vip_tiering.base.words import Pair
from vip_tiering.reports.words import CHANGES as OF_REPORTS

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
_ALONE: Final[dict[str, Pair]] = {"initial": ("首次", "initial"), "kept": ("保持", "kept")}
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
RUNS: Final[dict[str, Pair]] = {
    "run": ("运行", "run"),
    "up_to": ("截至", "up to"),
    "customers": ("客户数", "customers"),
    "rose": ("上升", "rose"),
    "fell": ("下降", "fell"),
    "new": ("新增", "new"),
    "left": ("流失", "left"),
    "status": ("状态", "status"),
    "superseded": ("已被替换", "superseded"),
    "altered": ("不完整", "NOT INTACT"),
    "no_run": ("{folder}：没有运行结果", "{folder}: there is no run here"),
    "all_intact": ("共 {runs} 次运行，全部完好", "{runs} runs, all intact"),
    "not_intact": ("共 {runs} 次运行，{altered} 次不完整", "{runs} runs, {altered} not intact"),
    # vip runs diff
    "same_run": ("同一次运行：输入、规则、参数和版本都相同", "the same run: inputs, rules, options and version are equal"),
    "first": ("前者", "first"),
    "second": ("后者", "second"),
    "change": ("增减", "change"),
    "period": ("期间", "period"),
    "extracts_differ": ("不同的输入文件：{names}", "extracts that differ: {names}"),
    "extracts_other": ("输入文件：期间不同，不逐个比较", "extracts: not compared, for the periods differ"),
    "more": ("等，另有 {count} 个", " and {count} more"),
    "comma": ("、", ", "),
    "rules": ("规则", "rules"),
    "version": ("程序版本", "version"),
    "previous": ("对比的上季运行", "run before"),
    "none": ("无", "none"),
    "not_there": ("没有", "not there"),
    "kind": ("差异", "what differs"),
    "only_first": ("仅在前者", "in the first run only"),
    "only_second": ("仅在后者", "in the second run only"),
    "tier_differs": ("层级不同", "another tier"),
    "average_differs": ("日均不同", "another average"),
    "closing_differs": ("期末余额不同", "another closing balance"),
    "any": ("有差异的客户合计", "customers of whom anything differs"),
    "sums": ("日均合计，元", "sum of averages, yuan"),
    "nobody": ("客户没有差异：层级、日均和期末余额都相同", "nobody differs: tiers, averages and closing balances are equal"),
    "matrix": ("客户数：前者层级（行）到后者层级（列）", "customers by tier of the first run (rows) and the second (columns)"),
    "pairs": ("客户数：前者与后者的层级", "customers by tier of both runs"),
    "moved": ("层级不同的客户，及其日均合计", "customers of another tier, and the sums of their averages"),
    "from": ("从", "from"),
    "to": ("到", "to"),
    "second_sum": ("后者日均合计，元", "sum in the second, yuan"),
}
"""What `vip runs ...` says."""
REPORT: Final[dict[str, Pair]] = {
    "of": ("{first} 至 {last}，{days} 天，{status}", "{first} to {last}, {days} days, {status}"),
    "tier": ("层级", "tier"),
    "customers": ("客户数", "customers"),
    "change": ("较上季", "+/-"),
    "daily_average": ("日均资产", "daily average"),
    "share": ("占比", "share"),
    "trend": ("走势", "trend"),
    "assets": ("资产", "assets"),
    "in_wan": ("金额单位：万元", "amounts in 10,000 yuan"),
    "daily": ("每日资产  {first} 至 {last}，每格 {step} 天", "assets day by day, {first} to {last}, {step} to a sign"),
    "range": ("最低 {low}（{low_day}），最高 {high}（{high_day}）", "lowest {low} ({low_day}), highest {high} ({high_day})"),
    "carried": ("，沿用前日 {days} 天", ", {days} carried"),
    "measure": ("支行指标", "measure"),
    "value": ("本季", "now"),
    "target": ("目标", "target"),
    "reached": ("完成率", "reached"),
    "outlook": ("展望：若余额不变，至 {last}", "outlook to {last}, if balances stay"),
    "more": (
        "网页：--out FILE.html；工作簿：--xlsx FILE.xlsx",
        "as a page: --out FILE.html; as a workbook: --xlsx FILE.xlsx",
    ),
}
"""What the terminal says of a report, beside the words that all forms of a report share (reports/overview/words.py)."""
