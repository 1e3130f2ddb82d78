"""What is wrong with the texts of the playbooks: unknown fields, no way to refuse, too long, promises that nobody may make."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from vip_tiering.message_text import FIELDS, OPT_OUT_WORDS, fields_of, filled, forbidden_in, longest_units, money_in, yield_in
from vip_tiering.offer_models import Channel, MessageForm, Product
from vip_tiering.playbook_checks import placed_actions
from vip_tiering.playbook_models import Action, PlaybooksFile, Purpose
from vip_tiering.yaml_marks import Document, Path

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
