"""What a simulation, a restatement and a reconciliation say."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

KINDS: Final[dict[str, Pair]] = {
    "only_published": ("只在原结果中", "in the published run only"),
    "only_restated": ("只在重算结果中", "in the restated run only"),
    "tier": ("层级不同", "another tier"),
    "average": ("日均不同", "another average"),
    "closing": ("期末余额不同", "another closing balance"),
    "change": ("变动不同", "another change"),
}
"""What may differ between a published run and a restated one."""
TEXTS: Final[dict[str, Pair]] = {
    "to": (" → ", " to "),
    "customers": ("客户数", "customers"),
    "customer": ("客户", "customer"),
    "tier": ("层级", "tier"),
    "change": ("增减", "change"),
    "difference": ("差额", "difference"),
    # simulate
    "no_playbooks": (
        "{candidate}：没有 playbooks.yaml，不估算名单行数",
        "{candidate}: there is no playbooks.yaml, so no rows are expected",
    ),
    "would_change": ("按 {candidate}，有 {count} 户层级会不同", "{count} would have another tier by {candidate}"),
    "nobody_would": ("按 {candidate}，没有客户层级变动", "nobody would change tier by {candidate}"),
    "ladders": (
        "客户数：现行标准（行）到新标准（列）",
        "customers from the run's tiers (rows) to the candidate's (columns)",
    ),
    "ladders_pairs": ("客户数：现行标准到新标准", "customers by both ladders"),
    "from": ("起点（元）", "from, yuan"),
    "candidate": ("新标准", "candidate"),
    "sum": ("日均合计（元）", "sum of averages, yuan"),
    "who": ("谁会变动", "who changes"),
    "who_to": ("到", "to"),
    "expected": ("各措施最多的名单行数（未经筛选）", "rows expected of each action at most, before any gate"),
    "action": ("措施", "action"),
    "now": ("现行", "now"),
    "what": ("内容", "what"),
    "not_known": ("不详", "not known"),
    "others": (
        "另有 {count} 项措施不点名：到店客户、厅堂活动",
        "{count} more actions address nobody by name: visitors, events in the branch hall",
    ),
    # restate
    "restated": (
        "  {status}，原结果 {published} 户，重算 {restated} 户",
        "  {status}, {published} customers as published, {restated} restated",
    ),
    "nobody_differs": (
        "没有差异：层级、日均和期末余额都与原结果一致",
        "nobody differs: tiers, averages and closing balances are as published",
    ),
    "both": ("客户数：原结果（行）到重算（列）", "customers as published (rows) and restated (columns)"),
    "both_pairs": ("客户数：原结果到重算", "customers as published and restated"),
    "more": ("另有 {count} 户", "{count} more"),
    "more_in_file": ("共 {count} 户；--out FILE.csv 可全部列出", "{count} customers; --out FILE.csv lists them"),
    "same_extracts": ("余额文件：与原结果所用的相同", "extracts: those of the published run"),
    "other_extracts": ("有变化的余额文件：{names}", "extracts that differ: {names}"),
    "and_more": ("{names} 等，另有 {count} 个", "{names} and {count} more"),
    "differs": ("差异", "what differs"),
    "anything": ("有任何差异的客户", "customers of whom anything differs"),
    "not_compared": ("未比较", "not compared"),
    "published": ("原结果", "published"),
    "restated_figure": ("重算", "restated"),
    # reconcile
    "against": ("{run} 与 {list} 核对", "{run} against {list}"),
    "column": ("  {column}，单位{unit}，精确到 {to} 元", "  {column} in {unit}, figures of {to} yuan"),
    "sides": ("客户数：结果 {run}，名单 {list}，两边都有 {both}", "customers: run {run}, list {list}, both {both}"),
    "averages": ("日均：一致 {equal}，不同 {differing}", "averages: {equal} equal, {differing} differ"),
    "all_explained": ("{count} 处差异全部缘于：{cause}", "all {count} differences are explained by: {cause}"),
    "one_explained": ("唯一一处差异缘于：{cause}", "the one difference is explained by: {cause}"),
    "likely": ("可能原因", "likely cause"),
    "sum_of_differences": ("差额合计（元）", "sum of differences, yuan"),
    "bank": ("行内数", "bank"),
    "run": ("本结果", "run"),
    "cause": ("原因", "cause"),
}
