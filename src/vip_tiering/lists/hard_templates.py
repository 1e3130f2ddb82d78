"""The hard rule that a message says what a reviewed template of its action says, whatever stands in its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.arrow import encoded
from vip_tiering.message_text import FIELDS, parts_of
from vip_tiering.money import Int64s
from vip_tiering.offer_models import Channel
from vip_tiering.playbook_checks import placed_actions
from vip_tiering.playbook_models import Action
from vip_tiering.playbooks import Playbooks
from vip_tiering.raw_columns import Mask, truth

_LETTER: Final = "[^\\n\\r\\x0b\\x0c\\x{85}\\x{2028}\\x{2029}]"
"""Anything but the end of a line."""
_UNMEASURED: Final = frozenset({"product", "points"})
"""Fields that are written as they are given; how long the whole text may be is a rule of its own."""


def are_strange(actions: pa.ChunkedArray, texts: pa.DictionaryArray, channel: Channel, books: Playbooks) -> Mask:
    """Return which messages are no template of their action filled in, shape (n,); each different text of an action is looked at once.

    `actions`: several of a row are joined by |, and one of them must say it. An action that nobody knows is another rule's business.
    """
    words = encoded(actions)
    text, action = texts.indices.to_numpy(), words.indices.to_numpy()
    forms = [None if (form := _forms(cell, channel, books)) is None else [*form] for cell in words.dictionary.to_pylist()]
    usual = np.zeros(len(texts.dictionary), np.int64)
    usual[text] = action  # hardly a text is that of two actions
    strange: Mask = _judged(texts.dictionary, usual, forms)[text]
    others = np.flatnonzero(usual[text] != action)
    pairs, place = np.unique(text[others] * np.int64(len(forms) + 1) + action[others], return_inverse=True)
    which, by = np.divmod(pairs, len(forms) + 1)
    strange[others] = _judged(texts.dictionary.take(pa.array(which)), by, forms)[place]
    return strange


def _judged(texts: pa.Array, actions: Int64s, forms: list[list[str] | None]) -> Mask:
    """Return which texts match none of the patterns of their action, shape (k,)."""
    strange = np.zeros(len(texts), np.bool_)
    for number, patterns in enumerate(forms):
        if patterns is None:
            continue
        left = np.flatnonzero(actions == number)
        for pattern in patterns:
            if len(left):
                left = left[~truth(pc.match_substring_regex(texts.take(pa.array(left)), pattern))]
        strange[left] = True
    return strange


def _forms(cell: str, channel: Channel, books: Playbooks) -> Iterator[str] | None:
    """Return the patterns of all texts that the actions of a cell may send on a channel; None where no action is known."""
    known = {action.id: action for _, _, action in placed_actions(books.books.playbooks)}
    actions = [known[one] for one in cell.split("|") if one in known]
    return (_pattern(text, channel) for text in dict.fromkeys(_templates(actions))) if actions else None


def _templates(actions: list[Action]) -> Iterator[str]:
    for message in (action.message for action in actions):
        if message is not None:
            yield message.text
            yield from (variant.text for variant in message.variants or ())


def _pattern(template: str, channel: Channel) -> str:
    """Return what matches a template whose fields hold anything of their width, in the syntax of RE2."""
    form = channel.message
    own = {"signature": (form and form.signature) or "", "opt_out": (form and form.opt_out) or ""}
    parts = [_of_field(name) if name and name not in own else re.escape(own.get(name, text)) for text, name in parts_of(template)]
    return f"^{''.join(parts)}$"


def _of_field(name: str) -> str:
    return f"{_LETTER}*" if name in _UNMEASURED else f"{_LETTER}{{0,{FIELDS[name]}}}"
