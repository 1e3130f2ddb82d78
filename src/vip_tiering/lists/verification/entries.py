"""Who stands for which action on which channel, as the files of an export say it: ids and words as numbers, ready for sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, encoded, offsets_of, one_array, text_bytes, truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.base.roster import Roster
from vip_tiering.customers.texts import split_joined
from vip_tiering.extracts.checks import LONGEST_ID_BYTES
from vip_tiering.extracts.extract import COLUMN_LIMIT_BYTES
from vip_tiering.lists.verification.read_back import CONTACTS, SUPPRESSED, ListPart, findings
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.load import Playbooks


@dataclass(frozen=True)
class Entries:
    """Each customer and action that files of one kind name, arrays of shape (e,).

    `files`: their names for people; `file`: index into them; `row`: counted from 0 below the header; `customer`, `action`,
    `channel`: indices into those of the `Export`; `private`: of the private part.
    """

    files: tuple[str, ...]
    file: Int32s
    row: Int32s
    customer: Int32s
    action: Int32s
    channel: Int32s
    private: Mask

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.row)

    def findings(self, rule: str, wrong: Mask, column: str | None = None) -> list[Problem]:
        """Return what was found against a rule, file by file."""
        numbers = np.unique(self.file[wrong]).tolist()
        return [one for number in numbers for one in findings(self.files[number], rule, self.row[wrong & (self.file == number)], column)]


@dataclass(frozen=True)
class Export:
    """Both parts of an export, and whom they name. An action or channel that is not known has the index behind the last one.

    `listed`: the tables from which the claims of `lists` are, one for each of their files.
    """

    parts: tuple[ListPart, ...]
    books: Playbooks
    actions: tuple[Action, ...]
    channels: tuple[str, ...]
    customers: pa.Array
    listed: tuple[pa.Table, ...]
    lists: Entries
    contacts: Entries
    suppressed: Entries

    @property
    def main(self) -> ListPart:
        """The part that the branch may read."""
        return self.parts[0]

    def pairs(self, claims: Entries) -> Int64s:
        """Return one number for each customer and action."""
        return claims.customer * np.int64(len(self.actions) + 1) + claims.action

    def places(self, claims: Entries) -> Int64s:
        """Return one number for each customer, action, channel and part."""
        return (self.pairs(claims) * (len(self.channels) + 1) + claims.channel) * 2 + claims.private

    def of_actions(self, facts: Sequence[bool]) -> Mask:
        """Return a fact of every action as a mask that claims may index; an unknown action has none."""
        return np.array([*facts, False], np.bool_)


@dataclass(frozen=True)
class _Source:
    """The claims of one file before they are numbers."""

    file: str
    private: bool
    table: pa.Table
    row: Int32s
    customer: pa.Array | pa.ChunkedArray
    action: pa.Array
    channel: pa.Array


def export_of(parts: Sequence[ListPart], books: Playbooks) -> Export:
    """Return the parts of an export with everybody whom they name; the main part comes first."""
    actions = tuple(books.actions())
    channels = tuple(books.channels)
    kinds = [[kind(part) for part in parts] for kind in (_listed, _contacts, _suppressed)]
    sources = [[one for of_part in kind for one in of_part] for kind in kinds]
    customers, codes = distinct([one.customer for kind in sources for one in kind])
    words = (pa.array([one.id for one in actions], pa.string()), pa.array(channels, pa.string()))
    claims, start = [], 0
    for kind in sources:
        end = start + sum(len(one.row) for one in kind)
        claims.append(_entries(kind, codes[start:end], *words))
        start = end
    return Export(tuple(parts), books, actions, channels, customers, tuple(one.table for one in sources[0]), *claims)


def distinct(columns: Sequence[pa.Array | pa.ChunkedArray]) -> tuple[pa.Array, Int32s]:
    """Return the different texts of all columns, and the place of every row's among them, one column after the other.

    The files of an export name the same customers in the same order, along which a roster walks. What no customer number
    can be, as in a file that was altered, is compared as it is.
    """
    chunks = [chunk for one in columns for chunk in (one.chunks if isinstance(one, pa.ChunkedArray) else [one])]
    if all(map(_may_be_ids, chunks)) and all(one.nbytes <= COLUMN_LIMIT_BYTES for one in columns):
        roster = Roster()
        places = [roster.locate(one_array(column)).astype(np.int32) for column in columns]
        return roster.ids, np.concatenate([np.empty(0, np.int32), *places])
    coded = encoded(pa.chunked_array(chunks, pa.string()))
    return coded.dictionary, coded.indices.to_numpy()


def _may_be_ids(texts: pa.Array) -> bool:
    """Tell whether texts are such as a roster can hold: not too long, and without NUL."""
    longest = np.diff(offsets_of(texts)).max(initial=0)
    return bool(longest <= LONGEST_ID_BYTES and text_bytes(texts).min(initial=1) > 0)


def _entries(sources: Sequence[_Source], customer: Int32s, actions: pa.Array, channels: pa.Array) -> Entries:
    none = np.empty(0, np.int32)
    sizes = [len(one.row) for one in sources]
    return Entries(
        files=tuple(one.file for one in sources),
        file=np.repeat(np.arange(len(sources), dtype=np.int32), sizes),
        row=np.concatenate([none, *(one.row for one in sources)]),
        customer=customer,
        action=np.concatenate([none, *(places_in(one.action, actions) for one in sources)]),
        channel=np.concatenate([none, *(places_in(one.channel, channels) for one in sources)]),
        private=np.repeat(np.array([one.private for one in sources], np.bool_), sizes),
    )


def places_in(words: pa.Array, known: pa.Array) -> Int32s:
    """Return the place of each word among those known, shape (n,); behind the last one where it is not known."""
    if pa.types.is_dictionary(words.type):
        return np.asarray(places_in(words.dictionary, known)[words.indices.to_numpy()])
    found = pc.fill_null(pc.index_in(words, value_set=known), len(known))
    result: Int32s = found.to_numpy(zero_copy_only=False)
    return result


def _listed(part: ListPart) -> Iterator[_Source]:
    for channel, files in part.lists.items():
        for file in files:
            yield _split(part, file, pa.repeat(pa.scalar(channel), len(part.tables[file])).dictionary_encode())
    for file in part.managers.get("", ()):
        yield _split(part, file, one_array(part.tables[file]["channel"]))


def _split(part: ListPart, file: str, channel: pa.Array) -> _Source:
    """Return the claims of a list: a row may name several customers, or several actions."""
    table = part.tables[file]
    row = np.arange(len(table), dtype=np.int32)
    customer, action = table["customer_id"], one_array(table["action"])
    if _hold_several(customer):
        customer, row = split_joined(one_array(customer))
        action, channel = action.take(pa.array(row)), channel.take(pa.array(row))
    if _hold_several(action):
        action, inner = split_joined(action.cast(pa.string()))
        row, customer, channel = row[inner], customer.take(pa.array(inner)), channel.take(pa.array(inner))
    return _Source(part.shown(file), part.private, table, row, customer, action, channel)


def _hold_several(cells: pa.Array | pa.ChunkedArray) -> bool:
    """Tell whether any cell names several, joined by |."""
    words = cells.dictionary if pa.types.is_dictionary(cells.type) else cells
    return pc.any(pc.match_substring(words, "|")).as_py() or False


def _contacts(part: ListPart) -> Iterator[_Source]:
    yield _plain(part, CONTACTS)


def _suppressed(part: ListPart) -> Iterator[_Source]:
    yield _plain(part, SUPPRESSED)


def _plain(part: ListPart, file: str) -> _Source:
    table = part.tables[file]
    action, channel = one_array(table["action"]), one_array(table["channel"])
    return _Source(part.shown(file), part.private, table, np.arange(len(table), dtype=np.int32), table["customer_id"], action, channel)


def repeated(keys: Int64s) -> Mask:
    """Return which keys stood before already, shape (n,)."""
    order = np.argsort(keys, kind="stable")
    again = np.zeros(len(keys), np.bool_)
    again[order[1:]] = keys[order[1:]] == keys[order[:-1]]
    return again


def all_differ(*keys: Int64s) -> bool:
    """Return whether no key stands twice anywhere."""
    ordered = np.sort(np.concatenate(keys))
    return not (ordered[1:] == ordered[:-1]).any()


def are_among(keys: Int64s, others: Int64s) -> Mask:
    """Return which keys stand among others too, shape (n,); by hashing, which is quicker than numpy's sorting."""
    return truth(pc.is_in(pa.array(keys), value_set=pa.array(others)))


def barred_tiers(books: Playbooks) -> tuple[list[str], list[str]]:
    """Return codes and labels of the tiers to which nothing goes that goes to many."""
    codes = [book.tier for book in books.file.playbooks if book.bulk == "barred"]
    return codes, [books.labels[code] for code in codes]


def are_in(column: pa.ChunkedArray, words: Sequence[str]) -> Mask:
    """Return which cells hold one of the words, shape (n,)."""
    return places_in(one_array(column), pa.array(words, pa.string())) < len(words)
