"""What is wrong with the texts of the playbooks: unknown fields, no way to refuse, too long, promises that nobody may make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from vip_tiering.base.text import tidy
from vip_tiering.playbooks.actions import Action, PlaybooksFile, placed_actions
from vip_tiering.playbooks.channels import OPT_OUT_WORDS, Channel, MessageForm
from vip_tiering.playbooks.gates import Purpose
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.yaml_file import Document, Path

ONE_SEGMENT_UNITS: Final = 70
"""A message of at most so many UTF-16 units is sent, and paid, as one."""
LONG_SEGMENT_UNITS: Final = 67
"""A longer one is split; each part gives three units to its number."""
FIELDS: Final[dict[str, int]] = {
    "signature": 0,
    "opt_out": 0,
    "name": 12,
    "product": 32,
    "event_date": 11,
    "points": 9,
    "tier_label": 32,
    "branch": 24,
    "manager": 8,
}
"""Every field of a message, and how many UTF-16 units it takes at most; those of the channel have their own length."""
_FIELD: Final = re.compile(r"\$(?:(\$)|\{([^{}]*)\}|)")


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


def longest_units(text: str, signature: str, opt_out: str) -> int:
    """Return the most UTF-16 units that a template can become, with this signature and this way to refuse."""
    width = FIELDS | {"signature": utf16_units(signature), "opt_out": utf16_units(opt_out)}
    plain = utf16_units(_FIELD.sub(lambda match: "$" if match[1] else "", text))
    return plain + sum(width.get(name, 0) for _, name in fields_of(text))


def filled(text: str, signature: str, opt_out: str) -> str:
    """Return a template with the fields of its channel; the customer's stay as they are."""
    return text.replace("${signature}", signature).replace("${opt_out}", opt_out)


def forbidden_in(text: str, words: Iterable[str]) -> list[str]:
    """Return those of the words that a text holds; blanks and full-width forms hide none."""
    squeezed = _squeezed(text)
    return [word for word in words if _squeezed(word) in squeezed]


_OF_YIELD: Final = "年化|收益|回报|利率|利息|票息|业绩"
_RATE: Final = r"(?:[0-9]+(?:\.[0-9]+)?(?:%|‰|厘|个点|个百分点)|(?:百|千)分之[零〇一二两三四五六七八九十百点0-9.]+)"
_YIELD: Final = re.compile(
    rf"(?:{_OF_YIELD})[^。!?;,、]{{0,10}}?{_RATE}|{_RATE}[^。!?;,、]{{0,6}}?(?:{_OF_YIELD})|年化[^。!?;,、]{{0,4}}?[0-9.]+%?"
)
_MONEY: Final = re.compile(
    r"[0-9][0-9.,]*(?:[十百千]?[万亿]元?|元|块)|[¥$][0-9]|[一二两三四五六七八九十百千万亿]+元|[一二两三四五六七八九十百千]+[万亿](?:起|以上)"
)
"""An amount of money; 千万 alone, which also means "by all means", is none."""


def yield_in(text: str) -> str | None:
    """Return what in a text names a yield in figures, such as 年化4.5%; blanks and full-width forms hide none."""
    found = _YIELD.search(_squeezed(text))
    return found[0] if found else None


def money_in(text: str) -> str | None:
    """Return the amount of money that a text names, such as 100万元; blanks and full-width forms hide none."""
    found = _MONEY.search(_squeezed(text))
    return found[0] if found else None


def _squeezed(text: str) -> str:
    return "".join(tidy(text).split()).casefold()


NAMELESS: Final[tuple[Purpose, ...]] = ("care", "general", "private")
"""Purposes whose texts must not name a product."""


def texts_of(path: Path, action: Action) -> Iterator[tuple[Path, str]]:
    """Yield every text of an action's message with its place."""
    if action.message is not None:
        yield (*path, "message", "text"), action.message.text
        for index, variant in enumerate(action.message.variants or ()):
            yield (*path, "message", "variants", index, "text"), variant.text


def forms_of(action: Action, channels: dict[str, Channel]) -> list[tuple[Channel, MessageForm]]:
    """Return the channels of an action that carry messages, with the form of each."""
    used = [channels[code] for code in action.channels if code in channels]
    return [(channel, channel.message) for channel in used if channel.message is not None]


def check_messages(
    document: Document,
    file: PlaybooksFile,
    products: dict[str, Product] | None,
    channels: dict[str, Channel] | None,
    forbidden: list[str],
) -> None:
    """Add the mistakes of every text, one per text."""
    for path, _, action in placed_actions(file):
        if action.message is not None and channels is not None and not forms_of(action, channels):
            document.add(
                (*path, "message"), "stands where no channel carries messages; take it out, or name a channel that does", at_key=True
            )
        if action.listed_as is not None:
            _check_fields(document, (*path, "listed_as"), action.listed_as)
            _check_promises(document, (*path, "listed_as"), action.listed_as, forbidden)
            _check_names(document, (*path, "listed_as"), action.listed_as, action.strictest, products or {})
        for place, text in texts_of(path, action):
            _check_text(document, place, text, action, forms_of(action, channels or {}))
            _check_promises(document, place, text, forbidden)
            _check_names(document, place, text, action.strictest, products or {})
            if action.strictest == "private" and (amount := money_in(text)):
                document.add(place, f"names the amount {amount}; a text of the purpose private asks for a meeting and names none")


def _check_text(document: Document, path: Path, text: str, action: Action, forms: list[tuple[Channel, MessageForm]]) -> None:
    names = _check_fields(document, path, text)
    if path in document.wrong:
        return
    if "product" in names and action.strictest in NAMELESS:
        document.add(path, f"must not name a product: its purpose is {action.strictest}")
    for channel, form in forms:
        if form.opt_out is not None and not any(word in filled(text, "", form.opt_out) for word in OPT_OUT_WORDS):
            document.add(path, "does not say how to refuse further messages; write ${opt_out} at its end")
        if form.signature is not None and "signature" not in names and not text.startswith("【"):
            document.add(path, "does not say who sends it; begin with ${signature}")
        units = longest_units(text, form.signature or "", form.opt_out or "")
        if units > form.max_units:
            document.add(
                path, f"can become {units} UTF-16 units long; at most {form.max_units} on {channel.code}, signature and opt-out included"
            )


def _check_fields(document: Document, path: Path, text: str) -> list[str]:
    """Return the fields of a text; the first that nobody knows is added."""
    names = []
    for written, name in fields_of(text):
        names.append(name)
        if name not in FIELDS:
            document.add(path, f"holds {written}, which is no field{_hint(name)}")
            break
    return names


def _hint(name: str) -> str:
    near = get_close_matches(name, FIELDS, n=1, cutoff=0.7)
    if near:
        return f"; did you mean ${{{near[0]}}}?"
    return f"; fields are {', '.join(f'${{{one}}}' for one in FIELDS)}, and $$ is a plain $"


def _check_promises(document: Document, path: Path, text: str, forbidden: list[str]) -> None:
    if found := forbidden_in(text, forbidden):
        document.add(path, f"holds {found[0]}, a promise that no message may make (gates.yaml, forbidden_words)")
    elif figure := yield_in(text):
        document.add(path, f"holds {figure}, a yield; no message may promise one, so take the figure out")


def _check_names(document: Document, path: Path, text: str, purpose: Purpose, products: dict[str, Product]) -> None:
    """Add the first product that a text names although its purpose forbids it."""
    barred = [one.label for one in products.values() if purpose in NAMELESS and _unnamed(one, purpose)]
    if named := forbidden_in(text, barred):
        document.add(path, f"names {named[0]}; a text of the purpose {purpose} must name no such product (products.yaml)")


def _unnamed(product: Product, purpose: Purpose) -> bool:
    """Tell whether texts of a purpose must not name a product: general ones no investment and no insurance, the others none at all."""
    if purpose == "general":
        return product.risk != "none" or product.kind == "insurance"
    return product.kind not in ("activity", "service")


def check_product_labels(document: Document, products: dict[str, Product], forbidden: list[str]) -> None:
    """Add the products whose label, which messages may hold, makes a promise."""
    for index, product in enumerate(products.values()):
        _check_promises(document, ("products", index, "label"), product.label, forbidden)
