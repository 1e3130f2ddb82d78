"""Where a Chinese text may be broken over lines: between any two signs, but never inside a word, nor before its punctuation."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

_WIDE: Final = "\u2e80-\uffff"
_PIECE: Final = re.compile(rf"[（《“［]*(?:[^\s{_WIDE}（《“]+|[{_WIDE}])[，。；：、！？）》”］]*|\s+")
"""What stays on one line: a word, or a sign with the punctuation around it; or blanks, which may end a line and begin none."""


def breaks(text: str, width: int) -> Iterator[int]:
    """Yield where lines of so many columns at most begin, but for the first one."""
    start = 0
    for piece in _PIECE.finditer(text):
        if columns(text[start : piece.end()].rstrip()) > width and piece.start() > start and not piece[0].isspace():
            start = piece.start()
            yield start


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of so many columns at most."""
    ends = [0, *breaks(text, width), len(text)]
    return [text[start:end].strip() for start, end in pairwise(ends) if end > start]


@functools.lru_cache(maxsize=4096)
def columns(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    import wcwidth  # only where Chinese is written

    return wcwidth.wcswidth(text)
