"""The roster: customer id -> position.

One function matters, `Roster.locate`: ids in, positions out, newcomers appended. What it does inside may be replaced.
The words of an id (see `id_words`) are mixed into one 64-bit key that is looked up in a hash table; a match is confirmed
by the words, so that two ids with one key are found out and never confused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Words = npt.NDArray[np.uint64]
WORD_BYTES: Final = 8
_ODD: Final = 0x9E37_79B9_7F4A_7C15
_ALL_BITS: Final = (1 << 64) - 1
Positions = npt.NDArray[np.int64]
_BLOCK: Final = 64
"""Rows in a block of the walk along the last order."""
_NOWHERE: Final = np.iinfo(np.int64).min
"""The shift of an anchor that was not there the last time."""
_LATE_ARRIVALS: Final = 1 << 16
_FEWER_RUNS: Final = 0.9
"""Runs are looked up in place of rows where there are so many fewer of them."""


def id_words(ids: pa.Array) -> Words:
    """Return strings without NUL, shape (n,), as NUL-padded little-endian words, shape (words, n).

    The number of words is that of the longest id. Equal columns mean equal ids, and the reverse.
    """
    count = len(ids)
    if count == 0:
        return np.zeros((1, 0), np.uint64)
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + count + 1]
    starts, lengths = offsets[:-1], np.diff(offsets)
    first, last, longest = int(offsets[0]), int(offsets[-1]), max(int(lengths.max()), 1)
    size = -(-longest // WORD_BYTES)
    text = np.empty(last - first + WORD_BYTES * size, np.uint8)
    text[: last - first] = np.frombuffer(ids.buffers()[2] or b"", np.uint8)[first:last]
    text[last - first :] = 0
    words = np.empty((size, count), np.uint64)
    uniform = int(lengths.min()) == longest
    # Every 8 bytes of the text, at each of its bytes, as one number: a view, nothing is copied.
    at_byte = np.ndarray((len(text) - WORD_BYTES + 1,), "<u8", buffer=text, strides=(1,))
    for word in range(size):
        if uniform:  # as customer numbers are: the ids stand in equal steps
            words[word] = np.ndarray((count,), "<u8", buffer=text, offset=word * WORD_BYTES, strides=(longest,))
        else:
            words[word] = at_byte[starts + np.int32(word * WORD_BYTES - first)]
        if not uniform or (word + 1) * WORD_BYTES > longest:
            words[word] &= _kept_bits(lengths[:1] if uniform else lengths, word)
    return words


def starts_of_runs(values: pa.Array) -> npt.NDArray[np.intp]:
    """Return where a value without nulls differs from the one before it, shape (runs,); the first run starts at 0."""
    if not len(values):
        return np.empty(0, np.intp)
    other = pc.not_equal(values.slice(1), values.slice(0, len(values) - 1)).to_numpy(zero_copy_only=False)
    return np.flatnonzero(np.concatenate([[True], other]))


def _kept_bits(lengths: npt.NDArray[np.int32], word: int) -> Words:
    """Return the mask of the bytes of a word that belong to ids of these lengths."""
    masks = np.array([(1 << (8 * size)) - 1 for size in range(WORD_BYTES + 1)], np.uint64)
    kept: Words = masks[np.clip(lengths - word * WORD_BYTES, 0, WORD_BYTES)]
    return kept


def mix(words: Words, salt: int = 0) -> Words:
    """Return one 64-bit key per id from its words, shape (words, n) -> (n,).

    A zero word adds nothing, so that an id keeps its key when longer ids widen the words. Two ids may share a key; an id
    of one word is its own key.
    """
    key: Words = words[0].copy()
    for number, word in enumerate(words[1:], 1):
        spread = word * np.uint64((_ODD * (2 * (number + salt) + 1)) & _ALL_BITS)
        spread ^= spread >> np.uint64(29)
        key += spread
    return key


@dataclass(frozen=True)
class Located:
    """The customer of every row, as its position in a roster of `size` customers; `positions` has shape (rows,)."""

    positions: Positions
    size: int

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which customers have a row, shape (size,)."""
        mask = np.zeros(self.size, bool)
        mask[self.positions] = True
        return mask

    @cached_property
    def distinct(self) -> bool:
        """Whether no customer has two rows."""
        return int(np.count_nonzero(self.present)) == len(self.positions)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Located:
        """Return the customers of the rows at `index`."""
        return Located(self.positions[index], self.size)


class _KeyIndex:
    """Key -> position in order of arrival: one large hash table, and a small one of late arrivals beside it.

    A newcomer a day would otherwise rebuild the large table every day.
    """

    def __init__(self) -> None:
        self._parts = [pd.Index(np.empty(0, np.uint64)), pd.Index(np.empty(0, np.uint64))]

    def find(self, keys: Words) -> Positions:
        """Return the position of each key, or -1."""
        settled, late = self._parts
        found = settled.get_indexer(pd.Index(keys)).astype(np.int64, copy=False)
        if len(late) and len(missing := np.flatnonzero(found < 0)):
            positions = late.get_indexer(pd.Index(keys[missing]))
            found[missing] = np.where(positions < 0, -1, positions + len(settled))
        return found

    def add(self, keys: pd.Index) -> None:
        """Append distinct keys that are not there yet."""
        settled, late = self._parts
        if len(settled) == 0:
            self._parts = [keys, late]  # as it is, with the hash table that telling its uniqueness has built
            return
        late = late.append(keys)
        if len(late) > max(_LATE_ARRIVALS, len(settled) // 4):
            settled, late = settled.append(late), late[:0]
        self._parts = [settled, late]


class Roster:
    """Customers in the order of their first appearance. `words`: shape (words, capacity); `len(roster)` are in use."""

    def __init__(self) -> None:
        """Begin without customers."""
        self._words: Words = np.zeros((1, 0), np.uint64)
        self._size = 0
        self._ids: list[pa.Array] = []
        self._index = _KeyIndex()
        self._salt = 0
        self._last_ids = pa.array([], pa.string())
        self._last_order: Positions = np.empty(0, np.int64)
        self._last_row = self._row_numbers = np.zeros(0, np.int32)

    def __len__(self) -> int:
        """Return the number of customers."""
        return self._size

    @property
    def ids(self) -> pa.Array:
        """The id at every position."""
        if len(self._ids) > 1:
            self._ids = [pa.concat_arrays(self._ids)]
        return self._ids[0] if self._ids else pa.array([], pa.string())

    def locate(self, ids: pa.Array) -> Positions:
        """Return the position of every id, shape (n,); an id that is new gets the next position, in order of rows."""
        found, rows = self._walk(ids)
        if len(rows) == len(ids):
            found = self._look_up(ids)
        elif len(rows):
            found[rows] = self._look_up(ids.take(pa.array(rows)))
        self._last_ids, self._last_order = ids, found
        return found

    def locate_runs(self, ids: pa.Array) -> Positions:
        """Return what `locate` returns, for rows in which those of one id follow each other: each such run is looked up once."""
        starts = starts_of_runs(ids)
        if len(starts) > len(ids) * _FEWER_RUNS:
            return self.locate(ids)
        return np.repeat(self.locate(ids.take(pa.array(starts))), np.diff(np.r_[starts, len(ids)]))

    def position_of(self, ids: pa.Array) -> Positions:
        """Return what `locate` returns, for ids that are not the rows of a day: the order of the last day stays as it is."""
        return self._look_up(ids)

    def _walk(self, ids: pa.Array) -> tuple[Positions, npt.NDArray[np.int64]]:
        """Return the positions of the ids that follow each other as they did the last time, and the rows of the others.

        Extracts come in the order of the core system's keys, and few customers come or go from one day to the next. Every
        block of rows begins with an anchor whose row of the last time is looked up; neighbouring blocks that moved by the
        same number of rows make a stretch, and a stretch whose ids equal those of the last time needs no look-up.
        """
        found = np.empty(len(ids), np.int64)
        if len(ids) < 2 * _BLOCK or len(self._last_order) < _BLOCK:
            return found, np.arange(len(ids))
        self._note_last_rows()
        anchors = np.arange(0, len(ids), _BLOCK)
        at = self._index.find(mix(id_words(ids.take(pa.array(anchors))), self._salt))
        shift = np.where(at < 0, _NOWHERE, self._last_row[at] - anchors)
        begins, ends, order = [0], [], self._last_order  # of what lies between the equal parts
        for start, stop, moved in _stretches(shift):
            for first, last in self._equal_parts(ids, start * _BLOCK, stop * _BLOCK, moved):
                found[first:last] = order[first + moved : last + moved]
                ends.append(first)
                begins.append(last)
        rows = _rows_within(begins, [*ends, len(ids)])
        return found, self._take_over_beside_changes(ids, rows, shift, found) if ends else rows

    def _take_over_beside_changes(
        self, ids: pa.Array, rows: npt.NDArray[np.int64], shift: npt.NDArray[np.int64], found: Positions
    ) -> npt.NDArray[np.int64]:
        """Find the rows of blocks in which somebody came or went, and return those that are left.

        Such a row moved like its own block's anchor, where it stands before the change, or like the next one's.
        """
        block = rows // _BLOCK
        guesses = np.stack([shift[block], shift[np.minimum(block + 1, len(shift) - 1)]]) + rows
        left = np.ones(len(rows), bool)
        for guess in guesses:
            tried = np.flatnonzero(left & (guess >= 0) & (guess < len(self._last_order)))
            same = pc.equal(ids.take(pa.array(rows[tried])), self._last_ids.take(pa.array(guess[tried]))).to_numpy(zero_copy_only=False)
            tried = tried[same]
            found[rows[tried]] = self._last_order[guess[tried]]
            left[tried] = False
        return rows[left]

    def _note_last_rows(self) -> None:
        """Note in which row each customer stood the last time. Older rows may stay: they are guesses, and are compared."""
        if len(self._last_row) < self._size:
            self._last_row = np.zeros(self._size * 5 // 4, np.int32)
        if len(self._row_numbers) < len(self._last_order):
            self._row_numbers = np.arange(len(self._last_order) * 5 // 4, dtype=np.int32)
        self._last_row[self._last_order] = self._row_numbers[: len(self._last_order)]

    def _equal_parts(self, ids: pa.Array, begin: int, end: int, shift: int) -> Iterator[tuple[int, int]]:
        """Yield, in order, the parts of rows begin..end whose ids equal those of the last time `shift` rows further.

        A stretch that is not the same throughout is halved, down to one block, which is then left to be looked up.
        """
        if begin + shift < 0 or end + shift > len(self._last_order):
            return
        if ids.slice(begin, end - begin).equals(self._last_ids.slice(begin + shift, end - begin)):
            yield begin, end
        elif end - begin > _BLOCK:
            middle = begin + (end - begin) // (2 * _BLOCK) * _BLOCK
            yield from self._equal_parts(ids, begin, middle, shift)
            yield from self._equal_parts(ids, middle, end, shift)

    def _look_up(self, ids: pa.Array) -> Positions:
        """Return the positions of ids by their keys, and append the newcomers among them."""
        words = _padded(id_words(ids), len(self._words))
        self._words = _padded(self._words, len(words))
        if self._size == 0 and (index := pd.Index(mix(words, self._salt))).is_unique:
            self._append(ids, words, index)
            return np.arange(len(ids))
        while True:
            keys = mix(words, self._salt)
            found = self._index.find(keys)
            new = np.flatnonzero(found < 0)
            codes, new_keys = pd.factorize(keys[new])
            first = np.empty(len(new_keys), np.int64)
            first[codes[::-1]] = new[::-1]  # the last assignment stands: the first row of each newcomer
            known = found >= 0 if len(new) else slice(None)
            if _same(self._words, found[known], words[:, known]) and _same(words, first[codes], words[:, new]):
                break
            self._change_salt()
        if len(new):
            found[new] = self._size + codes
            self._append(ids.take(pa.array(first)), words[:, first], pd.Index(new_keys))
        return found

    def _change_salt(self) -> None:
        """Two different ids have one key: key everybody anew, until all keys differ."""
        self._salt += 1
        while not (keys := pd.Index(mix(self._words[:, : self._size], self._salt))).is_unique:
            self._salt += 1
        self._index = _KeyIndex()
        self._index.add(keys)

    def _append(self, ids: pa.Array, words: Words, keys: pd.Index) -> None:
        needed, capacity = self._size + len(ids), self._words.shape[1]
        if needed > capacity:
            grown = np.zeros((len(self._words), max(needed, capacity * 5 // 4)), np.uint64)
            grown[:, : self._size] = self._words[:, : self._size]
            self._words = grown
        self._words[:, self._size : needed] = words
        self._ids.append(ids)
        self._index.add(keys)
        self._size = needed


def _rows_within(begins: list[int], ends: list[int]) -> npt.NDArray[np.int64]:
    """Return the rows from each begin to its end, in their order; many of the parts are empty."""
    first = np.array(begins, np.int64)
    sizes = np.array(ends, np.int64) - first
    rows: npt.NDArray[np.int64] = np.arange(int(sizes.sum())) + np.repeat(first - np.cumsum(sizes) + sizes, sizes)
    return rows


def _stretches(shift: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Yield the stretches of blocks (begin, end) whose following anchor moved like their own, and by how many rows.

    Where most blocks moved by a number of their own, walking is not worth its while: nothing is yielded.
    """
    whole = np.flatnonzero((shift[1:] == shift[:-1]) & (shift[1:] != _NOWHERE))
    if len(whole) * 8 < len(shift):
        return
    breaks = np.flatnonzero((np.diff(whole) > 1) | (np.diff(shift[whole]) != 0)) + 1
    first, last = whole[np.r_[0, breaks]], whole[np.r_[breaks - 1, -1]]
    yield from zip(first.tolist(), (last + 1).tolist(), shift[first].tolist(), strict=True)


def _padded(words: Words, size: int) -> Words:
    """Return words with at least `size` rows; what is added is zero, as it is beyond the end of an id."""
    return words if len(words) >= size else np.vstack([words, np.zeros((size - len(words), words.shape[1]), np.uint64)])


def _same(stored: Words, positions: npt.NDArray[Any], wanted: Words) -> bool:
    """Whether the stored words at `positions` are the wanted ones."""
    return all(bool((one[positions] == other).all()) for one, other in zip(stored, wanted, strict=True))
