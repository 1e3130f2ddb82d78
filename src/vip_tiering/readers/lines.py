"""Which row of a text a record stands in, as people count rows: blank lines count, a text over several lines is one row."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vip_tiering.rows import Int32s

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

_BLOCK_BYTES: Final = 1 << 19
_LINE_FEED, _RETURN, _QUOTE = b'\n\r"'


def has_blank_lines(text: Bytes) -> bool:
    """Return whether a line end follows a line end anywhere; by blocks that stay in the processor's cache."""
    for start in range(0, len(text), _BLOCK_BYTES):
        block = text[start : start + _BLOCK_BYTES + 1]
        feeds, returns = block == _LINE_FEED, block == _RETURN
        twice = feeds[:-1] & feeds[1:]
        if returns.any():
            twice |= (feeds | returns)[:-1] & returns[1:]
        if twice.any():
            return True
    return False


def may_have_longer_records(text: Bytes, records: int) -> bool:
    """Return whether a record may go on over several lines; only where there is one line end per record it surely does not."""
    feeds = returns = 0
    for start in range(0, len(text), _BLOCK_BYTES):
        block = text[start : start + _BLOCK_BYTES]
        feeds += int(np.count_nonzero(block == _LINE_FEED))
        returns += int(np.count_nonzero(block == _RETURN))
    return max(feeds, returns) != records or 0 < min(feeds, returns) < records


def rows_of_records(text: Bytes, records: int) -> Int32s:
    """Return the row of each of the records of a text, the header being the first of both.

    Where the lines do not add up to the records (a quote in the middle of a text, and texts over several lines), the
    rows are those of a text without blank lines.
    """
    quotes = _places(text, _QUOTE)
    feeds = _places(text, _LINE_FEED)
    returns = _places(text, _RETURN)
    returns = returns[text[np.minimum(returns + 1, len(text) - 1)] != _LINE_FEED]  # elsewhere the line feed behind it counts
    ends = np.sort(np.concatenate([feeds, returns]), kind="stable")
    ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    if len(text) and text[-1] not in (_LINE_FEED, _RETURN):
        ends = np.append(ends, len(text))
    begins = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - begins
    blank = (lengths == 0) | ((lengths == 1) & (text[np.minimum(begins, len(text) - 1)] == _RETURN))
    filled: Int32s = np.flatnonzero(~blank).astype(np.int32) + np.int32(1)
    return filled if len(filled) == records else np.arange(1, records + 1, dtype=np.int32)


def _places(text: Bytes, value: int) -> Places:
    """Return where a byte stands in a text."""
    blocks = range(0, len(text), _BLOCK_BYTES)
    return np.concatenate([np.flatnonzero(text[start : start + _BLOCK_BYTES] == value) + start for start in blocks])
