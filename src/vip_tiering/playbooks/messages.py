"""The texts of messages: their fields, their length on a phone, and promises, yields and amounts that stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from vip_tiering.base.text import tidy

ONE_SEGMENT_UNITS: Final = 70
"""A message of at most so many UTF-16 units is sent, and paid, as one."""
LONG_SEGMENT_UNITS: Final = 67
"""A longer one is split; each part gives three units to its number."""


class MessageField(NamedTuple):
    """A field of messages.

    `width`: how many UTF-16 units it takes at most; a field of the channel has its own length.
    `shared`: what a number with several holders hears of it. `same`: it tells of no customer; `neutral`: neutral words stand for it;
    `never`: it tells of one person and has no neutral words, so that no text with it goes there, even where all holders have the same.
    """

    width: int
    shared: Literal["same", "neutral", "never"]


FIELDS: Final[dict[str, MessageField]] = {
    "signature": MessageField(0, "same"),
    "opt_out": MessageField(0, "same"),
    "name": MessageField(12, "neutral"),
    "product": MessageField(32, "neutral"),
    "event_date": MessageField(11, "never"),
    "points": MessageField(9, "never"),
    "tier_label": MessageField(32, "never"),
    "branch": MessageField(24, "neutral"),
    "manager": MessageField(8, "neutral"),
    "product_term": MessageField(12, "same"),
    "product_minimum": MessageField(12, "same"),
    "product_from": MessageField(6, "same"),
    "product_until": MessageField(6, "same"),
    "coupon": MessageField(8, "same"),
    "branch_phone": MessageField(16, "neutral"),
    "manager_name": MessageField(12, "neutral"),
    "manager_phone": MessageField(16, "neutral"),
}
"""Every field of a message."""
EVENT_FIELD: Final = "event"
"""What only lists for people may hold: the event to which the branch invites, its day, when it begins and where."""
_FIELD: Final = re.compile(r"\$(?:(\$)|\{([^{}]*)\}|)")
_OF_GAIN: Final = "年化|收益|回报|业绩"
_OF_YIELD: Final = f"{_OF_GAIN}|利率|利息|票息"
_RATE: Final = r"(?:[0-9]+(?:\.[0-9]+)?(?:%|‰|厘|个点|个百分点)|(?:百|千)分之[零〇一二两三四五六七八九十百点0-9.]+)"


def _with_figure(words: str) -> re.Pattern[str]:
    """Return what finds a rate beside one of the words."""
    return re.compile(rf"(?:{words})[^。!?;,、]{{0,10}}?{_RATE}|{_RATE}[^。!?;,、]{{0,6}}?(?:{words})|年化[^。!?;,、]{{0,4}}?[0-9.]+%?")


_YIELD: Final = _with_figure(_OF_YIELD)
_GAIN: Final = _with_figure(_OF_GAIN)
_PERCENT: Final = re.compile(_RATE)
_MONEY: Final = re.compile(
    r"[0-9][0-9.,]*(?:[十百千]?[万亿]元?|元|块)|[¥$][0-9]|[一二两三四五六七八九十百千万亿]+元|[一二两三四五六七八九十百千]+[万亿](?:起|以上)"
)
"""An amount of money; 千万 alone, which also means "by all means", is none."""


def utf16_units(text: str) -> int:
    """Return the length in UTF-16 units: a character outside the basic plane, such as an emoji, counts as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def segments(units: int) -> int:
    """Return in how many parts a message of so many UTF-16 units is sent: up to 70 in one, beyond that 67 in each."""
    return 1 if units <= ONE_SEGMENT_UNITS else -(-units // LONG_SEGMENT_UNITS)


def parts_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a template in their order: (plain text, "") or ("", name of a field); `$$` is a plain `$`."""
    end = 0
    for match in _FIELD.finditer(text):
        if plain := text[end : match.start()] + ("$" if match[1] else ""):
            yield plain, ""
        if match[2]:
            yield "", match[2]
        end = match.end()
    if text[end:]:
        yield text[end:], ""


def fields_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each field of a template as it is written and its name; a `$` that begins no field has the name ""."""
    for match in _FIELD.finditer(text):
        if not match[1]:
            yield match[0], match[2] or ""


def tells_of_one(text: str) -> bool:
    """Return whether a template tells of one person what a number with several holders must not hear."""
    return any(name in FIELDS and FIELDS[name].shared == "never" for _, name in fields_of(text))


def longest_units(text: str, signature: str, opt_out: str) -> int:
    """Return the most UTF-16 units that a template can become, with this signature and this way to refuse."""
    width = {name: field.width for name, field in FIELDS.items()} | {"signature": utf16_units(signature), "opt_out": utf16_units(opt_out)}
    plain = utf16_units(_FIELD.sub(lambda match: "$" if match[1] else "", text))
    return plain + sum(width.get(name, 0) for _, name in fields_of(text))


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return a template with some of its fields filled in; all others stay fields."""

    def told(plain: str, name: str) -> str:
        return f"${{{name}}}" if name and name not in values else values.get(name, plain).replace("$", "$$")

    return "".join(told(plain, name) for plain, name in parts_of(text))


def forbidden_in(text: str, words: Iterable[str]) -> list[str]:
    """Return those of the words that a text holds; blanks and full-width forms hide none."""
    squeezed = _squeezed(text)
    return [word for word in words if _squeezed(word) in squeezed]


def yield_in(text: str, *, coupon: bool = False) -> str | None:
    """Return what in a text names a yield in figures, such as 年化4.5%; blanks and full-width forms hide none.

    `coupon`: the text is about what has one, so 票面利率4.00% and the like are a fact; a gain or a return is a promise there too.
    """
    found = (_GAIN if coupon else _YIELD).search(_squeezed(text))
    return found[0] if found else None


def percent_in(text: str) -> str | None:
    """Return the percentage that a text names, such as 4.5% or 百分之四; blanks and full-width forms hide none."""
    found = _PERCENT.search(_squeezed(text))
    return found[0] if found else None


def money_in(text: str) -> str | None:
    """Return the amount of money that a text names, such as 100万元; blanks and full-width forms hide none."""
    found = _MONEY.search(_squeezed(text))
    return found[0] if found else None


def _squeezed(text: str) -> str:
    return "".join(tidy(text).split()).casefold()
