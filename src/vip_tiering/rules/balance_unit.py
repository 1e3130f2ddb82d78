"""The unit of balances: as a header says it, and as the rules declare it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from vip_tiering.base.text import tidy

BalanceUnit = Literal["yuan", "wan_yuan"]
FEN_PER_UNIT: Final[dict[BalanceUnit, int]] = {"yuan": 100, "wan_yuan": 1_000_000}
_WORDS: Final[dict[BalanceUnit, str]] = {
    "yuan": "元 圆 1元 人民币 人民币元 元人民币 ¥ yuan cny rmb cnyyuan rmbyuan cny元 rmb元",
    "wan_yuan": (
        "万 万元 万圆 1万元 10000元 万人民币 人民币万元 万元人民币 cny万元 rmb万元 wan wanyuan wancny wanrmb cnywan rmbwan 10k "
        "10kcny 10krmb cny10k rmb10k 10000yuan 10000cny 10000rmb cny10000 rmb10000 cny0000 rmb0000 tenthousand tenthousandyuan"
    ),
}
_NOT_UNDERSTOOD: Final = (
    "分 人民币分 fen cent cents 角 jiao 百元 千 千元 人民币千元 1000元 k thousand thousandyuan 1000yuan cny000 rmb000 kcny krmb cnyk rmbk "
    "qian qianyuan 十万元 百万 百万元 人民币百万元 million mn mm millionyuan cnymillion rmbmillion 千万 千万元 亿 亿元 人民币亿元 "
    "yi yiyuan billion 美元 usd us$ $ 港元 港币 hkd 欧元 eur € 日元 jpy 英镑 gbp £ 澳元 aud 加元 cad 外币"
)
_UNITS: Final[dict[str, BalanceUnit | None]] = {
    **{word: unit for unit, words in _WORDS.items() for word in words.split()},
    **dict.fromkeys(_NOT_UNDERSTOOD.split()),
}
_ATTACHED: Final = ("百万元", "千万元", "十万元", "亿元", "万元", "千元", "美元", "港元", "欧元", "日元", "元", "万")
"""Units that stand behind or before a Chinese header without a sign between."""
_BRACKETS: Final = re.compile(r"[(\[{【〔〖<《「]([^()\[\]{}]*?)[)\]}】〕〗>》」]")
_SAYING_SO: Final = re.compile(r"^(?:单位|币种|计量单位|unit|in|currency)(?=\W|为|[万千百亿元分])\W*为?\s*")
_BETWEEN: Final = r"[\s_\-/.,:;'、]"


@dataclass(frozen=True)
class HeaderUnit:
    """The unit that a header gives. `base`: the header without it; `words`: what stands there; `unit`: None where it is not understood."""

    base: str
    words: str
    unit: BalanceUnit | None


def unit_of(header: str) -> HeaderUnit | None:
    """Return the unit that a header gives, in brackets or behind the name: 余额(万元), balance_wan. None where it gives none."""
    text = tidy(header).casefold()
    for match in _BRACKETS.finditer(text):
        words = _SAYING_SO.sub("", match[1].strip())
        if (key := re.sub(_BETWEEN, "", words)) in _UNITS:
            base = re.sub(rf"^{_BETWEEN}+|{_BETWEEN}+$", "", text[: match.start()] + text[match.end() :])
            return HeaderUnit(base, words, _UNITS[key])
    parts = list(re.finditer(rf"{_BETWEEN}+", text))
    for part in parts:  # the longest ending first: wan_yuan before yuan
        words = _SAYING_SO.sub("", text[part.end() :])
        if part.start() and (key := re.sub(_BETWEEN, "", words)) in _UNITS:
            return HeaderUnit(text[: part.start()], words, _UNITS[key])
    for words in _ATTACHED:
        for base in (text.removesuffix(words), text.removeprefix(words)):
            if base not in ("", text) and not base.isascii():
                return HeaderUnit(base.strip("_-/: "), words, _UNITS[words])
    return None


def other_unit(header: str, declared: BalanceUnit) -> str | None:
    """Return what is wrong with a header that gives balances in another unit than the one declared; None where nothing is."""
    found = unit_of(header)
    if found is None or found.unit == declared:
        return None
    if found.unit is None:
        return f"gives balances in {found.words}, which is not understood; deliver them in 元, or in 万元 with balance_unit: wan_yuan"
    return (
        f"gives balances in {found.words}, and balance_unit is {declared}; write balance_unit: {found.unit} beside columns in extracts.yaml"
    )
