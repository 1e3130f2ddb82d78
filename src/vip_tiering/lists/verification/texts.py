"""The hard rules for messages: numbers, texts, times. Each different text is looked at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, encoded, truth
from vip_tiering.base.errors import Problem
from vip_tiering.lists.verification.read_back import ListPart, Rows, findings
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import OPT_OUT_WORDS, Channel
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.messages import FIELDS, parts_of
from vip_tiering.playbooks.products import FACTS

_LETTER: Final = "[^\\n\\r\\x0b\\x0c\\x{85}\\x{2028}\\x{2029}]"
"""Anything but the end of a line."""
_UNMEASURED: Final = frozenset({"product", "points"})
"""Fields that are written as they are given; how long the whole text may be is a rule of its own."""
_MOBILE: Final = "^1[3-9][0-9]{9}$"
_TWO_UNITS: Final = "[\\x{10000}-\\x{10FFFF}]"
_BLANKS: Final = "[\\s\\p{Z}]+"
_SETTLED: Final = "^[!-~\\x{4e00}-\\x{9fff}、。《》【】“”]*$"
"""Texts of these characters alone, no blank among them, stay as they are under NFKC."""
_NEVER: Final = "\\z."
"""Matches nothing: a template whose fields cannot be filled, or that tells of a sale that is over, says nothing."""
_NEUTRAL: Final = {"branch_phone": "我行客服热线", "manager_name": "客户经理", "manager_phone": "我行客服热线"}
"""What stands where the rules name nobody and no number."""
_GREETING: Final = "尊敬的"
_NOBODY: Final = "尊敬的客户"
TITLES: Final = ("先生", "女士")


def are_strange(actions: pa.ChunkedArray, texts: pa.DictionaryArray, channel: Channel, books: Playbooks, day: dt.date) -> Mask:
    """Return which messages are not a template of their action filled in, shape (n,); each different text of an action is looked at once.

    `actions`: several of a row are joined by |, and one of them must say it. An action that nobody knows is another rule's business.
    `day`: that of the lists.
    """
    rows = pd.DataFrame({"action": encoded(actions).to_pandas(), "text": texts.indices.to_numpy()})
    strange = np.zeros(len(rows), np.bool_)
    known = {action.id: action for action in books.actions()}
    for cell, place in rows.groupby("action", observed=True)["text"]:
        actions_of_cell = [known[one] for one in str(cell).split("|") if one in known]
        if not actions_of_cell:
            continue
        left = place.unique()
        for pattern in _patterns(actions_of_cell, channel, books, day):
            left = left[~truth(pc.match_substring_regex(texts.dictionary.take(pa.array(left)), pattern))]
        strange[place.index[place.isin(left)]] = True
    return strange


def templates(actions: Iterable[Action]) -> Iterator[str]:
    """Yield every text that actions send."""
    for message in (action.message for action in actions):
        if message is not None:
            yield message.text
            yield from (variant.text for variant in message.variants or ())


def tells_of_one_person(action: Action) -> bool:
    """Return whether a text that an action sends has a field of one customer for which no neutral words can stand."""
    fields = {name for text in templates([action]) for _, name in parts_of(text) if name}
    return any(FIELDS[name].shared == "never" for name in fields & FIELDS.keys())


def _patterns(actions: Iterable[Action], channel: Channel, books: Playbooks, day: dt.date) -> Iterator[str]:
    """Yield what matches each template of actions whose fields hold what they may hold, in the syntax of RE2."""
    form = channel.message
    own = {"signature": (form and form.signature) or "", "opt_out": (form and form.opt_out) or ""}
    of_branches = _of_branches(books)
    for action in actions:
        known = {name: re.escape(value) for name, value in own.items()} | of_branches | _of_product(action, books, day)
        for template in templates([action]):
            parts = [known[name] if name in known else _of_field(name) if name else re.escape(text) for text, name in parts_of(template)]
            yield f"^{''.join(parts)}$"


def _of_product(action: Action, books: Playbooks, day: dt.date) -> dict[str, str]:
    """Return what each field of a product may hold in the texts of an action: what the rules say of its one topic, and nothing else."""
    topics = action.topics or []
    one = books.products.get(topics[0]) if len(topics) == 1 else None
    if one is None:
        return dict.fromkeys(FACTS, _NEVER)
    over = one.sale_until is not None and one.sale_until < day
    first, last = (f"{one_day.month}月{one_day.day}日" if one_day and not over else "" for one_day in (one.sale_from, one.sale_until))
    said = {"product_term": one.term, "product_minimum": one.minimum, "product_from": first, "product_until": last, "coupon": one.coupon}
    return {name: re.escape(value) if value else _NEVER for name, value in said.items()}


def _of_branches(books: Playbooks) -> dict[str, str]:
    """Return what each field of branches and managers may hold: what the rules say of any of them, else the neutral words."""
    branches = books.customers.branches or []
    staff = [other for one in branches for other in one.managers or ()]
    phones = [one.phone for one in branches]
    said = {"branch_phone": phones, "manager_name": [one.name for one in staff], "manager_phone": [*phones, *(one.phone for one in staff)]}
    return {name: f"(?:{_any_of([_NEUTRAL[name], *filter(None, dict.fromkeys(values))])})" for name, values in said.items()}


def _of_field(name: str) -> str:
    return f"{_LETTER}*" if name in _UNMEASURED else f"{_LETTER}{{0,{FIELDS[name].width}}}"


def check_numbers(parts: Sequence[ListPart], books: Playbooks) -> Iterator[Problem]:
    """Yield numbers that are none, and on a public channel those that stand twice, in whichever file of a part."""
    for part in parts:
        for code, files in part.lists.items():
            channel = books.channels[code]
            if channel.way in ("sms", "call"):
                yield from _check_numbers(part, files, channel)


def check_texts(parts: Sequence[ListPart], books: Playbooks) -> Iterator[Problem]:
    """Yield what is wrong with the texts of every channel that has any, in both parts."""
    for part in parts:
        for code, files in part.lists.items():
            for file in files:
                table = part.tables[file]
                yield from _check_texts(part.shown(file), table, np.arange(len(table)), books.channels[code], books, part.day)
        for file in part.managers if part.private else ():  # of the open part, the lists of the channels hold the same rows
            table = part.tables[file]
            for channel in books.channels.values():
                rows = np.flatnonzero(truth(pc.equal(table["channel"], channel.code)))
                yield from _check_texts(part.shown(file), table.take(pa.array(rows)), rows, channel, books, part.day)


def check_times(parts: Sequence[ListPart], books: Playbooks) -> Iterator[Problem]:
    """Yield when something is to be sent that must not be sent then, on any channel that says when."""
    for part in parts:
        for code, files in part.lists.items():
            for file in files:
                yield from _check_times(part.shown(file), part.tables[file], books.channels[code], part.day, books)


def _check_numbers(part: ListPart, files: Sequence[str], channel: Channel) -> Iterator[Problem]:
    phones = pa.chunked_array([chunk for file in files for chunk in part.tables[file]["phone"].chunks], pa.string())
    wrong = {"phone-form": ~truth(pc.match_substring_regex(phones, _MOBILE))}
    if channel.public:
        wrong["phone-repeated"] = phones.to_pandas().duplicated().to_numpy()
    start = 0
    for file in files:
        end = start + len(part.tables[file])
        for rule, mask in wrong.items():
            yield from findings(part.shown(file), rule, np.flatnonzero(mask[start:end]), "phone")
        start = end


def _check_texts(
    file: str,
    table: pa.Table,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    channel: Channel,
    books: Playbooks,
    day: dt.date,
) -> Iterator[Problem]:
    """Yield what is wrong with texts. `rows`: where they stand in the file."""
    if channel.message is None or not len(table):
        return
    coded = encoded(table["text"])
    place = coded.indices.to_numpy()
    for rule, wrong in _wrong_texts(coded.dictionary, channel, books):
        yield from findings(file, rule, rows[wrong[place]], "text")
    yield from findings(file, "text-template", rows[are_strange(table["action"], coded, channel, books, day)], "text")
    if channel.public:
        several = np.flatnonzero(truth(pc.match_substring(table["customer_id"], "|")))
        named = _names_somebody(coded.take(pa.array(several)).cast(pa.string()), books)
        yield from findings(file, "text-names", rows[several[named]], "text")
        told = pa.array([one.id for one in books.actions() if tells_of_one_person(one)], pa.string())
        tells = truth(pc.is_in(table["action"].cast(pa.string()).take(pa.array(several)), value_set=told))
        yield from findings(file, "text-tells", rows[several[tells]], "text")


def _wrong_texts(texts: pa.Array, channel: Channel, books: Playbooks) -> Iterator[tuple[str, Mask]]:
    """Yield each rule with the different texts that break it, shape (k,)."""
    form = channel.message
    if form is None:
        return
    sent = [*templates(books.actions())]
    most = form.max_units
    yield "text-length", _among(texts, truth(pc.greater(pc.binary_length(texts), most)), lambda long: _units(long) > most)
    signatures = [form.signature or "", *(match[0] for text in sent if (match := re.match("【[^【】]*】", text)))]
    if form.signature is not None:
        yield "text-signature", ~truth(pc.match_substring_regex(texts, f"^(?:{_any_of(signatures)})"))
    if form.opt_out is not None:  # a template may say it in words of its own
        own = OPT_OUT_WORDS if any("${opt_out}" not in text and word in text for text in sent for word in OPT_OUT_WORDS) else ()
        yield "text-opt-out", ~truth(pc.match_substring_regex(texts, _any_of([form.opt_out, *own])))
    promises = books.gates.forbidden_words.words
    private = [one.label for one in books.products.values() if one.offer == "private"]
    either = _hold_any(texts, [*promises, *private])
    yield "text-promise", _among(texts, either, lambda some: _hold_any(some, promises))
    if private:  # the name of the bank itself is not an offer
        yield "text-private", _among(texts, either, lambda some: _hold_any(_unsigned(_squeezed(some)), private))


def _among(texts: pa.Array, perhaps: Mask, judge: Callable[[pa.Array], Mask]) -> Mask:
    """Return the verdict on texts, shape (k,), where only those of a mask may be wrong; only these are judged."""
    wrong = np.zeros(len(texts), np.bool_)
    wrong[perhaps] = judge(texts.filter(pa.array(perhaps)))
    return wrong


def _units(texts: pa.Array) -> Rows:
    """Return the lengths in UTF-16 units, shape (k,); no text has more of them than bytes."""
    result: Rows = pc.add(pc.utf8_length(texts), pc.count_substring_regex(texts, _TWO_UNITS)).to_numpy(zero_copy_only=False)
    return result


def _squeezed(texts: pa.Array) -> pa.Array:
    """Return texts without blanks and without what hides a word: full-width forms, capitals."""
    return pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFKC"), _BLANKS, ""))


def _hold_any(texts: pa.Array, words: Sequence[str]) -> Mask:
    """Return which texts hold any of the words, both squeezed; of settled ones only capitals could hide one."""
    hidden = _any_of(_squeezed(pa.array(words, pa.string())).to_pylist())
    found = truth(pc.match_substring_regex(texts, hidden, ignore_case=True))
    odd = ~truth(pc.match_substring_regex(texts, _SETTLED))
    found[odd] = truth(pc.match_substring_regex(_squeezed(texts.filter(pa.array(odd))), hidden))
    return found


def _unsigned(squeezed: pa.Array) -> pa.Array:
    """Return squeezed texts without the signature that begins them."""
    return pc.replace_substring_regex(squeezed, "^(?:【[^【】]*】|\\[[^\\[\\]]*\\])", "")


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in words if word)


def _names_somebody(texts: pa.Array, books: Playbooks) -> Mask:
    """Return which texts greet anybody but 客户, or hold a form of address that no template holds."""
    greeted = pc.not_equal(pc.count_substring(texts, _GREETING), pc.count_substring(texts, _NOBODY))
    titles = [title for title in TITLES if not any(title in text for text in templates(books.actions()))]
    addressed = truth(pc.match_substring_regex(texts, _any_of(titles))) if titles else np.zeros(len(texts), np.bool_)
    result: Mask = truth(greeted) | addressed
    return result


def _check_times(file: str, table: pa.Table, channel: Channel, day: dt.date, books: Playbooks) -> Iterator[Problem]:
    """Yield times that are not on the day, outside the hours of the channel, or not in their order; and days that are not the last one."""
    if {"not_before", "not_after"} <= set(table.column_names):
        early, late = (table[name].cast(pa.string()) for name in ("not_before", "not_after"))
        yield from findings(file, "send-window", np.flatnonzero(~_are_sound_times(early, late, channel, day)), "not_before")
    if "valid_until" in table.column_names:
        last = str(day + dt.timedelta(days=books.gates.limits.message_valid_days.value))
        other = truth(pc.not_equal(table["valid_until"].cast(pa.string()), last))
        yield from findings(file, "valid-until", np.flatnonzero(other), "valid_until")


def _are_sound_times(early: pa.ChunkedArray, late: pa.ChunkedArray, channel: Channel, day: dt.date) -> Mask:
    """Return which pairs of times are in order, on the day and within the hours of the channel, shape (k,)."""
    window = channel.send_window
    if window is None:
        return truth(pc.and_(pc.equal(early, str(day)), pc.equal(late, str(day))))
    form = f"^{day} ([01][0-9]|2[0-3]):[0-5][0-9]$"
    sound = pc.and_(pc.match_substring_regex(early, form), pc.match_substring_regex(late, form))
    within = pc.and_(pc.greater_equal(early, f"{day} {window.not_before}"), pc.less_equal(late, f"{day} {window.not_after}"))
    return truth(pc.and_(pc.and_(sound, within), pc.less(early, late)))
