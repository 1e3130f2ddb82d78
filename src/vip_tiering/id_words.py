"""Ids as 64-bit words, and one key per id.

Ids hold no NUL (checked on reading), so an id padded with NUL to whole 8-byte words is the id itself: comparing words
compares ids exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint64]

WORD_BYTES: Final = 8
_ODD: Final = 0x9E37_79B9_7F4A_7C15
_ALL_BITS: Final = (1 << 64) - 1


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
