"""What the check of a customer file says, and the record of a customer."""

from __future__ import annotations

from typing import Final

from vip_tiering.base.words import Pair

CHECK: Final[dict[str, Pair]] = {
    "heading": ("{file}：{rows} 行，依据规则 {rules}", "{file}: {rows} rows, by the rules of {rules}"),
    "column": ("列", "column"),
    "is": ("对应字段", "is"),
    "filled": ("已填", "filled"),
    "not_there": ("没有的列", "not there"),
    "so": ("影响", "so"),
    "phones": ("电话号码", "phones"),
    "left_over": ("未用的列", "left over"),
    "did_you_mean": ("是否指 {field}？", "did you mean {field}?"),
    "word": ("用词", "word"),
    "means": ("含义", "means"),
    "customers": ("客户数", "customers"),
    "not_given": ("未填", "not given"),
    "empty": ("（空）", "(empty)"),
    "not_known": ("（无法识别）", "(not known)"),
    "rows": ("第 {rows} 行", "rows {rows}"),
    "more_rows": ("第 {rows} 行等", "rows {rows}, ..."),
    "run": ("与季度结果对照", "run"),
    "of_run": (
        "{quarter} 结果共 {customers} 户，其中在文件中",
        "of {customers} customers of the run {quarter}, in the file",
    ),
    "of_tiered": ("达标 {customers} 户，其中在文件中", "of {customers} with a tier, in the file"),
    "only_in_file": ("在文件中、不在结果中", "in the file, and not in the run"),
    "lunar": (
        "农历生日：{count} 户；闰月出生的，按同号平月过生日",
        "lunar birthdays: {count}; who was born in a leap month has the birthday in the ordinary month of that number",
    ),
    "warning": ("警告：{line}", "warning: {line}"),
    "ready": ("可用：可以据此出名单", "ready: lists can be made of this file"),
    "one_problem": ("不可用：有 {count} 处问题", "not ready: {count} problem"),
    "problems": ("不可用：有 {count} 处问题", "not ready: {count} problems"),
}
RECORD: Final[dict[str, Pair]] = {
    "products": ("产品", "products"),
    "contacts": ("联系", "contacts"),
    "ahead": ("{day} 起的后续事项", "ahead from {day}"),
    "and": ("，", ", "),
    "rating": ("风险等级 {rating}", "risk rating {rating}"),
    "rating_of": ("风险等级 {rating}（{day} 测评）", "risk rating {rating} of {day}"),
    "no_rating": ("没有风险测评", "no risk rating"),
    "private": ("私密客户：不得进入公开文件", "private client: not for open files"),
    "not_known": ("不详", "not known"),
    "held": ("已有", "held"),
    "lacking": ("尚无", "lacking"),
    "none": ("无", "none"),
    "no": ("：无", ": none"),
    "date": ("日期", "date"),
    "channel": ("渠道", "channel"),
    "result": ("结果", "result"),
    "what": ("内容", "what"),
    "event": ("事项", "event"),
    "none_yet": ("尚无", "none yet"),
    "by": ("联系人：{by}", "by {by}"),
    "obstacle": ("阻碍：{said}", "obstacle: {said}"),
    "note": ("备注：{said}", "note: {said}"),
    "points": ("{points} 分", "{points} points"),
    "amount": ("{amount} 元", "{amount} yuan"),
    "may": ("可否营销：{said}", "may be offered: {said}"),
    "way": ("{said}（{ways}）", "{said} ({ways})"),
    "between": ("；", "; "),
    "stopped": ("不得联系（{why}）", "no contact at all, {why}"),
    "up_to": ("可营销，至 {risk}", "all up to {risk}"),
    "no_risk": ("未测评或已过期，只谈无需测评的产品", "what needs no rating, for none is valid"),
    "general": ("仅服务和一般业务，不得营销", "service and general business alone"),
    "service": ("仅服务，不得营销", "service alone"),
    "barred": ("在谢绝联系名单中：{ways}", "on the do-not-contact list: {ways}"),
    "refused": ("已拒绝营销：{ways}", "refused to hear of offers: {ways}"),
    "bereaved": ("家中丧事或重病：至 {day}（含）只做服务，不得营销", "a death or grave illness in the family: service alone up to {day}"),
    "complained": ("近期投诉：至 {day}（含）不得营销", "complained lately: no offers up to {day}"),
    "rating_over": ("风险等级自 {day} 起已过期", "the risk rating is too old since {day}"),
    "not_given": ("未核对（未提供）：{files}", "not looked at, because not given: {files}"),
}
WAYS: Final[dict[str, Pair]] = {
    "sms": ("短信", "SMS"),
    "call": ("电话", "calls"),
    "wechat": ("微信", "WeChat"),
    "in_person": ("当面", "in person"),
}
NOT_GIVEN: Final[dict[str, Pair]] = {
    "do_not_contact": ("谢绝联系名单", "do-not-contact list"),
    "events": ("事件", "events"),
    "contact_log": ("联系记录", "contact log"),
}
NOTED: Final[tuple[str, ...]] = ("obstacle", "note")
"""What a record says of a contact below what it was for."""
EVENTS: Final[dict[str, Pair]] = {
    "maturity": ("产品到期", "maturity"),
    "points": ("积分", "points"),
    "points_expire": ("积分到期", "points expire"),
    "new_product": ("新产品发售", "new product"),
    "family_event": ("家庭事件", "family event"),
    "birthday": ("生日", "birthday"),
}
