"""What the summaries of a change report and of lists say besides `base.words`, and the small answers of other commands."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

REPORT: Final[dict[str, Pair]] = {
    "heading": ("{quarter}客户层级变动，对比 {previous}", "changes of {quarter} against {previous}"),
    "heading_alone": ("{quarter}客户层级（没有上季结果可比）", "changes of {quarter}, compared with no earlier run"),
    "inside": ("{quarter}（截至 {day}，季中）", "{quarter} (as of {day}, provisional)"),
    "size": (
        "{customers} 户，{branches} 家支行，{managers} 名客户经理",
        "{customers} customers, {branches} branches, {managers} managers",
    ),
    "moved": ("变动：{moved}", "moved: {moved}"),
    "nobody": ("无", "nobody"),
    "outlook": ("展望至 {last}：{about}", "outlook to {last}: {about}"),
    "measure": ("指标", "measure"),
    "now": ("本季", "now"),
    "versus_before": ("较上季", "vs before"),
    "versus_last_year": ("较上年四季度", "vs last year"),
    "reached": ("完成率", "reached"),
    "not_delivered": ("未提供", "not delivered"),
    "month": ("月份", "month"),
    "sum": ("日均合计（元）", "sum of averages, yuan"),
    "versus_month": ("较上月", "vs month before"),
}
TEXTS: Final[dict[str, Pair]] = {
    "reading": ("读取每日数据", "reading days"),
    "first_rows": ("名单前几行，已脱敏：", "the first rows, masked:"),
    "due_by": ("；截止 {day}", "; by {day}"),
    "sound": (
        "{folder}：名单合规，{files} 个文件，{rows} 行，{customers} 户，{how}",
        "{folder}: sound, {files} files, {rows} rows, {customers} customers, {how}",
    ),
    "by_customers": ("已对照客户资料", "by the customer file too"),
    "by_files": ("只核对名单文件", "by the files alone"),
    "intact": (
        "{folder}：完好，{files} 个文件，{of}，{status}",
        "{folder}: intact, {files} files, {of}, {status}",
    ),
    "ladder": ("{rules}：{count} 个层级：{tiers}", "{rules}: {count} tiers: {tiers}"),
    "ladder_from": ("{rules}：自 {day} 起 {count} 个层级：{tiers}", "{rules}: {count} tiers from {day}: {tiers}"),
    "playbooks": ("{rules}：{summary}", "{rules}: {summary}"),
    "texts_written": ("{file}：{count} 条话术", "{file}: {count} texts"),
    "texts_changed": ("{file}：改动 {count} 处", "{file}: {count} changes"),
    "texts_same": ("{file}：没有改动", "{file}: nothing to change"),
}
LEDGER: Final[dict[str, Pair]] = {
    "taken_up": (
        "接着 {day} 的累计算：{all_days} 天里只读了 {days} 天。",
        "Went on from the ledger of {day} and read {days} of {all_days} days.",
    ),
    "altered": ("每天都重新读了：留存的累计被改动过。", "Read every day again: the ledger that was kept was altered."),
    "program": ("每天都重新读了：留存的累计出自另一个版本。", "Read every day again: another version of vip kept the ledger."),
    "rules": ("每天都重新读了：{day} 之后换了规则。", "Read every day again: the rules are not those of the ledger of {day}."),
    "kind": ("每天都重新读了：{day} 的累计用的是另一种 --kind。", "Read every day again: the ledger of {day} is of another --kind."),
    "further": ("每天都重新读了：留存的累计已经到 {day}。", "Read every day again: the ledger goes to {day} already."),
    "days": ("每天都重新读了：{day} 之前算数的日子变了。", "Read every day again: other days count than in the ledger of {day}."),
    "file_gone": ("每天都重新读了：{day} 之后 {file} 不见了。", "Read every day again: {file} is gone since {day}."),
    "file_changed": ("每天都重新读了：{day} 之后 {file} 变了。", "Read every day again: {file} changed since {day}."),
    "file_new": ("每天都重新读了：新到的 {file} 是 {day} 或更早的数据。", "Read every day again: {file} is new, and of a day up to {day}."),
}
"""Whether a provisional run went on from the ledger of the one before, by the codes of `tiers.kept.ledgers.Note`."""
DEMO: Final[dict[str, Pair]] = {
    "look": (
        "请看 {folder}：extracts/ 和 customers/ 是虚构数据，out/ 是季度结果，",
        "Look into {folder}: extracts/ and customers/ hold invented data, out/ the runs,",
    ),
    "look_more": (
        "reports/ 是层级变动报告，lists/ 和 lists.private/ 是一天的名单。",
        "reports/ who changed tier, lists/ and lists.private/ the lists of a day.",
    ),
    "by_hand": ("各步详情：vip demo --verbose。自己动手试试：", "All of it: vip demo --verbose. By hand:"),
    "page": ("报告网页，用浏览器打开：", "The report, for a browser:"),
}
