"""The hard rules, held against the files that were written: a second opinion, which shares no code with gates and turns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from vip_tiering.errors import Problem
from vip_tiering.message_text import OPT_OUT_WORDS, forbidden_in
from vip_tiering.offer_models import Channel
from vip_tiering.playbook_checks import placed_actions
from vip_tiering.playbooks import Playbooks

MANIFEST: Final = "manifest.json"
_MOBILE: Final = r"^1[3-9][0-9]{9}$"
_FORMULA: Final = r"^[=+\-@\t\r]"
_RARE: Final = r"[\x{10000}-\x{10FFFF}]"


@dataclass(frozen=True)
class Written:
    """One part of an export as it stands on the disk. `lists`: by channel; for managers: all their files by channel."""

    name: str
    manifest: dict[str, Any]
    messages: dict[str, pa.Table]
    lists: dict[str, pa.Table]
    of_managers: dict[str, list[pa.Table]]
    suppressed: pa.Table
    contacts: pa.Table


def check_written(folder: Path, private: Path | None, books: Playbooks) -> list[Problem]:
    """Return what breaks a hard rule in the files of an export; `private`: its private part, where it has one."""
    channels = {code: one for code, one in books.books.channels.items() if one.contact}
    main = _read(folder, channels)
    hidden = _read(private, channels) if private is not None else None
    problems = [*_formulas(folder), *(_formulas(private) if private else ())]
    for code, table in main.messages.items():
        problems += _messages(main.name, code, table, channels[code], books)
    problems += _customers(main)
    problems += _memory(main)
    problems += _managers(main)
    problems += _both(main, hidden)
    problems += _counts(main, hidden)
    if hidden is not None:
        problems += _private(main, hidden, books)
    return problems


def _read(folder: Path, channels: dict[str, Channel]) -> Written:
    lists: dict[str, pa.Table] = {}
    messages: dict[str, pa.Table] = {}
    of_managers: dict[str, list[pa.Table]] = {}
    for code, channel in channels.items():
        path = folder / f"{code}.csv"
        if path.exists():
            (messages if channel.public else lists)[code] = _table(path)
        of_managers[code] = [_table(one) for one in sorted(folder.glob(f"branches/*/*/{code}.csv"))]
    manifest = json.loads((folder / MANIFEST).read_bytes())
    return Written(folder.name, manifest, messages, lists, of_managers, _table(folder / "suppressed.csv"), _table(folder / "contacts.csv"))


def _table(path: Path) -> pa.Table:
    """Return a CSV as text, nothing inferred."""
    with path.open("rb") as file:
        names = file.readline().decode("utf-8-sig").rstrip("\r\n").split(",")
    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False)
    return pyarrow.csv.read_csv(path, convert_options=convert)


def _formulas(folder: Path) -> Iterable[Problem]:
    """Find cells that a spreadsheet would compute. A prefix such as +86 is the profile's own and stands in files of profiles only."""
    for path in sorted(folder.rglob("*.csv")):
        if "-" in path.stem and path.parent == folder:
            continue
        table = _table(path)
        for name in table.column_names:
            if count := _count(pc.match_substring_regex(table[name], _FORMULA)):
                yield _broken(folder.name, path.name, "list-formula", f"cells that begin like a formula: {count}", name)


def _count(hits: pa.ChunkedArray) -> int:
    return pc.sum(hits).as_py() or 0


def _broken(folder: str, file: str, rule: str, message: str, column: str | None = None) -> Problem:
    return Problem(f"{folder}/{file}", None, column, rule, message)


def _messages(folder: str, code: str, table: pa.Table, channel: Channel, books: Playbooks) -> Iterable[Problem]:
    """Judge numbers and texts. Texts are judged once each, without what differs between customers where it may."""
    file, form = f"{code}.csv", channel.message
    if len(table["phone"].unique()) != len(table):
        yield _broken(folder, file, "list-number", "a number stands in more than one row", "phone")
    if count := _count(pc.invert(pc.match_substring_regex(table["phone"], _MOBILE))):
        yield _broken(folder, file, "list-number", f"numbers that are no mobile: {count}", "phone")
    if form is None:
        return
    texts = table["text"]
    units = pc.add(pc.utf8_length(texts), pc.count_substring_regex(texts, _RARE))
    private = [one.label for one in books.books.products.values() if one.offer == "private"]
    tests: list[tuple[str, Any]] = [
        (f"texts of more than {form.max_units} UTF-16 units", pc.greater(units, form.max_units)),
        ("texts that do not begin with the sender", pc.invert(pc.starts_with(texts, "【"))),
        ("texts that do not say how to refuse", pc.invert(pc.match_substring_regex(texts, "|".join(OPT_OUT_WORDS)))),
        *((f"texts that name {label}, a private product", pc.match_substring(texts, label)) for label in private),
    ]
    for what, hits in tests:
        if count := _count(hits):
            yield _broken(folder, file, "list-text", f"{what}: {count}", "text")
    together = pc.match_substring(table["customer_id"], "|")
    if count := _count(pc.and_(together, pc.match_substring_regex(texts, "先生|女士"))):
        yield _broken(folder, file, "list-text", f"texts for several customers that name one: {count}", "text")
    squeezed = pc.replace_substring_regex(texts, r"[\s\x{3000}]", "")
    for word in books.gates.forbidden_words.words:
        if _count(pc.match_substring(squeezed, word)) and forbidden_in(word, [word]):
            yield _broken(folder, file, "list-text", f"texts that hold {word}, a promise that no message may make", "text")


def _ids(table: pa.Table) -> pa.Array:
    """Return every customer of a list, those of one number apart."""
    return pc.list_flatten(pc.split_pattern(table["customer_id"].combine_chunks(), "|"))


def _customers(main: Written) -> Iterable[Problem]:
    for code, table in {**main.messages, **main.lists}.items():
        ids = _ids(table)
        if len(ids.unique()) != len(ids):
            yield _broken(main.name, f"{code}.csv", "list-customer-twice", "a customer stands in more than one row", "customer_id")


def _pairs(ids: pa.Array, actions: pa.Array) -> pa.Array:
    """Return customer and action as one text each."""
    return pc.binary_join_element_wise(ids, actions, "\x1f")


def _listed(table: pa.Table) -> pa.Array:
    """Return every (customer, action) of a list; a row may stand for several customers or several actions."""
    actions = pc.split_pattern(table["action"].combine_chunks(), "|")
    customers = pc.split_pattern(table["customer_id"].combine_chunks(), "|")
    counts_a, counts_c = (pc.list_value_length(one).to_numpy() for one in (actions, customers))
    # One of the two is always single: messages have one action, rows for people one customer.
    ids = pc.list_flatten(customers).take(pa.array(np.repeat(np.arange(counts_c.sum()), np.repeat(counts_a, counts_c))))
    done = pc.list_flatten(actions).take(pa.array(np.repeat(np.arange(counts_a.sum()), np.repeat(counts_c, counts_a))))
    return _pairs(ids, done)


def _memory(main: Written) -> Iterable[Problem]:
    """Hold the lists against what later exports will remember of them."""
    for code, table in {**main.messages, **main.lists}.items():
        of_channel = main.contacts.filter(pc.equal(main.contacts["channel"], code))
        remembered = _pairs(of_channel["customer_id"].combine_chunks(), of_channel["action"].combine_chunks()).unique()
        listed = _listed(table)
        known = pc.all(pc.is_in(listed, value_set=remembered)).as_py()
        if len(listed) != len(remembered) or known is False:
            yield _broken(main.name, f"{code}.csv", "list-memory", "does not hold the customers and actions of contacts.csv")


def _managers(main: Written) -> Iterable[Problem]:
    for code, table in main.lists.items():
        parts = main.of_managers.get(code, [])
        ids = pa.concat_arrays([part.column(0).combine_chunks() for part in parts]) if parts else pa.array([], pa.string())
        whole = table["customer_id"].combine_chunks()
        if len(ids) != len(whole) or (len(ids) and not pc.all(pc.is_in(ids, value_set=whole)).as_py()):
            yield _broken(main.name, f"{code}.csv", "list-manager", "the files of the managers do not hold the same customers")


def _done(part: Written) -> pa.Array:
    return _pairs(part.contacts["customer_id"].combine_chunks(), part.contacts["action"].combine_chunks()).unique()


def _left_out(part: Written) -> pa.Array:
    return _pairs(part.suppressed["customer_id"].combine_chunks(), part.suppressed["action"].combine_chunks())


def _parts(main: Written, hidden: Written | None, what: Callable[[Written], pa.Array]) -> pa.Array:
    return pa.concat_arrays([what(one) for one in (main, hidden) if one is not None])


def _both(main: Written, hidden: Written | None) -> Iterable[Problem]:
    done, left_out = _parts(main, hidden, _done), _parts(main, hidden, _left_out)
    if count := _count(pa.chunked_array([pc.is_in(left_out, value_set=done)])):
        yield _broken(main.name, "suppressed.csv", "list-both", f"customers that are on a list for the same action: {count}")


def _counts(main: Written, hidden: Written | None) -> Iterable[Problem]:
    """Count customers by action anew, and hold them against the manifest."""
    exported = _by_action(_parts(main, hidden, _done))
    reasons = [part.suppressed for part in (main, hidden) if part is not None]
    suppressed: dict[str, Counter[str]] = {}
    for table in reasons:
        for row in table.group_by(["action", "reason"]).aggregate([([], "count_all")]).to_pylist():
            suppressed.setdefault(row["action"], Counter())[row["reason"]] += row["count_all"]
    for action, counts in main.manifest["actions"].items():
        found = (exported.get(action, 0), dict(suppressed.get(action, {})))
        if found != (counts["exported"], counts["suppressed"]) or counts["selected"] != found[0] + sum(found[1].values()):
            yield _broken(main.name, MANIFEST, "list-counts", f"{action}: the rows are not those that the counts say")
    if strange := {*exported, *suppressed} - main.manifest["actions"].keys():
        yield _broken(main.name, MANIFEST, "list-counts", f"has no counts of {', '.join(sorted(strange))}")


def _by_action(pairs: pa.Array) -> dict[str, int]:
    actions = pc.list_element(pc.split_pattern(pairs, "\x1f"), 1)
    return {one["values"]: one["counts"] for one in pc.value_counts(actions).to_pylist()}


def _private(main: Written, hidden: Written, books: Playbooks) -> Iterable[Problem]:
    """Nobody of a tier that bars what goes to many, and nothing of the purpose private, stands in an open file."""
    secret = {action.id for _, _, action in placed_actions(books.books.playbooks) if action.strictest == "private"}
    barred = [one.tier for one in books.books.playbooks.playbooks if one.bulk == "barred"]
    clients = hidden.suppressed.filter(pc.is_in(hidden.suppressed["tier"], value_set=pa.array(barred)))["customer_id"].combine_chunks()
    of_actions = hidden.contacts.filter(pc.invert(pc.is_in(hidden.contacts["action"], value_set=pa.array(sorted(secret), pa.string()))))
    clients = pa.concat_arrays([clients, of_actions["customer_id"].combine_chunks()]).unique()
    for file, ids in [
        *((f"{code}.csv", _ids(table)) for code, table in {**main.messages, **main.lists}.items()),
        ("suppressed.csv", main.suppressed["customer_id"].combine_chunks()),
        ("contacts.csv", main.contacts["customer_id"].combine_chunks()),
    ]:
        if len(ids) and (count := pc.sum(pc.is_in(ids, value_set=clients)).as_py()):
            yield _broken(main.name, file, "list-private", f"customers of the private part: {count}", "customer_id")
    if count := _count(pc.is_in(main.contacts["action"], value_set=pa.array(sorted(secret), pa.string()))):
        yield _broken(main.name, "contacts.csv", "list-private", f"rows of the purpose private: {count}", "action")
