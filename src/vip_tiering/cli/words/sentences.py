"""Sentences of lower rooms that people see among other words: the English one, as it is said there, -> the Chinese one.

They are English in documents for programs. A field in braces stands for whatever is said in its place.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from vip_tiering.base.words import Words

CAUSES: Final[dict[str, str]] = {
    "rounded {how} to {unit}": "按{how}舍入到{unit}",
    "half up": "四舍五入",
    "half to even": "四舍六入五成双",
    "up": "进位",
    "down": "舍尾",
    "the fen": "分",
    "whole yuan": "元",
    "hundreds of yuan": "百元",
    "whole 万元": "万元",
    "{unit} yuan": " {unit} 元",
    "a divisor of {days} (360/4)": "除数为 {days}（360/4）",
    "a divisor of {days}": "除数为 {days}",
    "divided by the days held": "按持有天数平均",
    "as these extracts give it, not those of the run": "与给出的余额文件一致，与本结果所用的不同",
    "missing days ({days}) counted as nothing": "缺少的 {days} 天按无余额计",
    "mean over the {days} delivered days only": "只按有数据的 {days} 天平均",
    "negative balances netted": "负余额如实抵减",
    "negative balances counted as 0": "负余额按 0 计",
    "a day earlier: {first} to {last}": "日期早一天：{first} 至 {last}",
    "a day later: {first} to {last}": "日期晚一天：{first} 至 {last}",
    "weights of products ignored": "未按产品折算",
    "all products counted in full": "所有产品全额计入",
    "product {code} left out": "未计产品 {code}",
    "product {code} alone": "只计产品 {code}",
    "in the list only": "只在名单中",
    "in the run only": "只在结果中",
    "unexplained": "原因不明",
    "not tried without extracts: {what}; name the quarter's extracts behind the list": (
        "没有余额文件，未试：缺日、负余额、日期错位、其他统计口径；请在名单后给出本季余额文件"
    ),
    "not tried: a day earlier, which needs an extract of {day}": "未试日期早一天：需要 {day} 的余额文件",
    "not tried: a day later, which needs an extract of {day}": "未试日期晚一天：需要 {day} 的余额文件",
    "not tried: each product left out, for there are more than {most}": "未逐一试去掉某个产品：产品超过 {most} 个",
}
"""Why a bank's average differs, and what could not be tried (`analysis`)."""
CUSTOMER_FILES: Final[dict[str, str]] = {
    "messages address nobody by name": "话术中不称呼姓名",
    "nobody is addressed by gender": "称呼不分先生、女士",
    "nobody has a number: no messages by SMS, and no calls": "没有号码：不发短信，不打电话",
    "every customer is unassigned, and nothing of the purpose private goes out": "所有客户都算未分配，私下推介一律不出",
    "messages and lists name no branch": "话术和名单不写支行",
    "no birthday calls, and every age is unknown": "没有生日问候，年龄一律不详",
    "nobody belongs to a segment: the general wording is sent, and nobody comes first": "不分客群：一律用通用话术，也不分先后",
    "no messages by WeChat": "不发微信",
    "offers of the purposes rated and private fall": "有风险等级的推介和私下推介一律不出",
    "no risk rating has a day, so none is valid: offers of the purposes rated and private fall": (
        "风险测评没有日期，一律无效：有风险等级的推介和私下推介不出"
    ),
    "private products fall": "私募类产品一律不出",
    "no finding of a qualified investor has a day, so private products fall": "合格投资者认定没有日期，私募类产品一律不出",
    "by SMS: nothing is sent, and general, insurance, rated and private fall": "不发短信；短信渠道的各类推介一律不出",
    "by call: general, insurance, rated and private fall": "电话渠道的各类推介一律不出",
    "by WeChat: general, insurance, rated and private fall": "微信渠道的各类推介一律不出",
    "private clients are known by tier and balance only": "私密客户只按层级和余额认定",
    "no points are named in messages": "话术中不写积分",
    "no reminder that points expire": "不提醒积分到期",
    "mobile numbers": "手机号",
    "numbers of other phones, such as landlines": "其他电话，如座机",
    "written with other characters than digits": "含数字以外的字符",
    "of fewer than eleven digits": "不足十一位",
    "of more than eleven digits": "超过十一位",
    "of eleven digits that no mobile network has": "十一位，但不属于任何运营商号段",
    "written with a dot, which separates nothing: was the column a number?": "含小数点：该列是否曾为数值格式？",
    "masked": "已打码",
    "written 1.38E+10: the column was a number": "写作 1.38E+10：该列曾为数值格式",
    "empty": "空",
}
"""What falls without a column of the customer file, and how phones look (`customers`)."""
QUARTERS: Final[dict[str, str]] = {
    "quarter not complete yet: {day}": "本季还不完整：缺最后一天 {day}",
    "month not complete yet: {day}": "本月还不完整：缺最后一天 {day}",
    "period not complete yet: {day}": "本期还不完整：缺最后一天 {day}",
    "missing on working days: {days}": "缺工作日：{days}",
    "missing for more than {most} days after the last delivered day: {days}": "连续缺的天数超过 {most} 天：{days}",
    "missing at the start of the period: {days}": "缺期初几天：{days}",
    "no row is dated before {day}, so the opening balances are unknown": "{day} 之前没有一行，期初余额不详",
    "no extract holds a day of {period} ({days}) or before it": "没有一天属于 {period}（{days}）或更早",
    "no extract holds a day of any quarter": "没有一天属于任何季度",
    "most days belong to {quarter}, which has not begun": "多数日期属于 {quarter}，该季还没开始",
}
"""Why a quarter cannot be computed, as far as the semicolon behind which stands what to do (`tiers`)."""
OTHERS: Final[dict[str, str]] = {
    "packaged rules": "自带规则",
    "{name} changed": "{name} 有变",
    "{name} added": "{name} 新增",
    "{name} gone": "{name} 缺失",
    "named like {name}, is {kind}": "文件名像 {name}，内容是 {kind}",
    "carry_calendar: the working days of {years} are not announced yet; there at most {most} missing days are filled, whichever they are": (
        "carry_calendar：{years} 年的工作日安排尚未公布；该年最多补 {most} 天，不分工作日和休息日"
    ),
    "{books} playbooks, {actions} actions, {covered} of {known} ids of the plan covered": (
        "{books} 套方案，{actions} 项措施，方案编号共 {known} 个，已落实 {covered} 个"
    ),
    "{quarter} is compared with {before}.": "{quarter}，与 {before} 对比。",
    "{quarter} is the first quarter: nothing to compare it with.": "{quarter} 是第一个季度，没有上季可比。",
}
CATALOGUE: Final[dict[str, str]] = {**CAUSES, **CUSTOMER_FILES, **QUARTERS, **OTHERS}
_FIELD: Final = re.compile(r"\{(\w+)\}")
_DAYS: Final = (re.compile(r"(?<=-\d\d) to (?=\d{4}-)"), " 至 "), (re.compile(r"(?<=-\d\d), (?=\d{4}-)"), "、")
"""What stands between days, and what stands there in Chinese."""


def told(text: str, words: Words) -> str:
    """Return a sentence of a lower room in the language of the command; what nobody knows stays as it is."""
    if words.language == "en" or text in CATALOGUE:
        return CATALOGUE[text] if words.language == "zh" else text
    for english, form in _forms().items():
        if found := form.fullmatch(text):
            return CATALOGUE[english].format(**{name: told(value, words) for name, value in found.groupdict().items()})
    for between, chinese in _DAYS:
        text = between.sub(chinese, text)
    return text


@functools.cache
def _forms() -> dict[str, re.Pattern[str]]:
    """Return how each sentence with fields is recognised; one that is nothing but a field would be everything."""
    return {english: _form(english) for english in CATALOGUE if _FIELD.search(english)}


def _form(english: str) -> re.Pattern[str]:
    pieces = _FIELD.split(english)
    return re.compile("".join(f"(?P<{one}>.+)" if place % 2 else re.escape(one) for place, one in enumerate(pieces)))
