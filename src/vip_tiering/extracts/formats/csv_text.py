"""The bytes of a text file into UTF-8: unpacked where they are gzipped, the encoding decided once for the whole file."""

from __future__ import annotations

import csv
import io
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.arrays import Int32s
from vip_tiering.base.errors import DataError
from vip_tiering.extracts.extract import refuse, too_large

UTF8_BOM: Final = b"\xef\xbb\xbf"
_PIECE_BYTES: Final = 16 << 20
_PACKED_PIECE_BYTES: Final = 64 << 10
"""Packed bytes that are unpacked at once: deflate makes at most 1032 times as much of them, 66 MB."""
_MOST_TIMES: Final = 200
"""No table of balances or customers unpacks to so many times its size; what does was made to fill the memory."""
_UNJUDGED_BYTES: Final = 64 << 20
"""A text up to this size fills no memory, whatever it was made for."""
_LAST_ASCII: Final = 0x7F
_HAN_FIRST, _HAN_LAST = 0xE4, 0xE9
"""First bytes of U+4E00 to U+9FFF in UTF-8: E4 B8 80 to E9 BF BF, three bytes each."""
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
_SIGN_BLOCK_BYTES: Final = 1 << 18
_LINE_BLOCK_BYTES: Final = 1 << 19
_LINE_FEED, _RETURN, _QUOTE = b'\n\r"'
_QUOTE_BLOCK_BYTES: Final = 1 << 20


def unpacked(packed: bytes, name: str, max_bytes: int) -> bytearray:
    """Return what a gzip file holds, in however many members. Raises DataError where it is damaged or holds too much."""
    text = bytearray()
    view = memoryview(packed)
    position = 0
    try:
        while position < len(view):
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                piece = view[position : position + _PACKED_PIECE_BYTES]
                if not piece:
                    raise _damaged(name)
                text += member.decompress(piece)
                position += len(piece) - len(member.unused_data)
                if len(text) > max_bytes:
                    raise too_large(name, max_bytes, "the unpacked text")
                if len(text) > max(_UNJUDGED_BYTES, _MOST_TIMES * position):
                    message = f"unpacks to more than {_MOST_TIMES} times its size, as no table does; deliver the text itself"
                    raise refuse(name, "file-too-large", message)
            if position < len(view) and view[position] == 0:
                position += _zeros(view[position:])
    except zlib.error:
        raise _damaged(name) from None
    except MemoryError:
        del text
        raise refuse(name, "file-too-large", "the unpacked text does not fit into memory; split it by day") from None
    return text


def _damaged(name: str) -> DataError:
    return refuse(name, "file-damaged", "is not a whole gzip file; incomplete transfer?")


def _zeros(view: memoryview) -> int:
    """Return with how many zero bytes a view begins: some tools fill up the last block of a gzip file."""
    filled = np.flatnonzero(np.frombuffer(view, np.uint8))
    return int(filled[0]) if len(filled) else len(view)


@dataclass(frozen=True)
class Signs:
    """What the bytes of a text are. `highest`: the highest one; `quotes`: how many quotes; `line_ends`: how many signs that may end a line.

    The latter are the signs up to the return, which are the line ends and the tab.
    """

    highest: int
    quotes: int
    line_ends: int

    @classmethod
    def of(cls, text: pa.Buffer) -> Signs:
        """Return the signs of a text in one walk, by blocks that stay in the processor's cache."""
        content = np.frombuffer(text, np.uint8)
        highest = quotes = line_ends = 0
        for start in range(0, len(content), _SIGN_BLOCK_BYTES):
            block = content[start : start + _SIGN_BLOCK_BYTES]
            highest = max(highest, int(block.max()))
            quotes += int(np.count_nonzero(block == _QUOTE))
            line_ends += int(np.count_nonzero(block <= _RETURN))
        return cls(highest, quotes, line_ends)


class Decoded(NamedTuple):
    """A text as UTF-8 without BOM, the encoding in which it was delivered, and its signs."""

    text: pa.Buffer
    encoding: str
    signs: Signs


def decoded(delivered: bytes | bytearray, name: str, declared: str = "") -> Decoded:
    """Return a file's text as UTF-8 without BOM.

    The encoding is decided once for the whole file: BOM, strict UTF-8, strict GB18030. GB18030 makes wrong characters of most
    UTF-8 without an error, so a file in GB18030 must have no line in UTF-8. `declared`: what the rules say, utf-8 or gb18030; a file
    in the other one is refused.
    """
    has_bom = delivered.startswith(UTF8_BOM)
    text = pa.py_buffer(delivered).slice(len(UTF8_BOM) if has_bom else 0)
    signs = Signs.of(text)
    if signs.highest <= _LAST_ASCII or (declared != "gb18030" and _is_utf8(text)):
        return Decoded(text, "UTF-8 with BOM" if has_bom else "UTF-8", signs)
    lines = _Lines(delivered)
    if declared == "gb18030":
        if has_bom or (han := lines.first_in_chinese_utf8()) is not None:
            message = "this row is UTF-8, and the rules say encoding: gb18030; take the key out, or deliver the file in GB18030"
            raise refuse(name, "file-encoding", message, 1 if has_bom else han)
    else:
        _refuse_mixed(lines, name, declared, has_bom=has_bom)
    utf8 = bytearray()
    for start, end in lines.pieces():
        try:
            utf8 += delivered[start:end].decode("gb18030").encode()
        except UnicodeDecodeError as error:
            row = lines.row_at(start + error.start)
            raise refuse(name, "file-encoding", "is neither UTF-8 nor GB18030 throughout; save it as UTF-8", row) from None
    text = pa.py_buffer(utf8)
    return Decoded(text, "GB18030", Signs.of(text))


def _refuse_mixed(lines: _Lines, name: str, declared: str, *, has_bom: bool) -> None:
    """Raise DataError for a file that is not UTF-8 throughout, and cannot be GB18030 or must not be."""
    wrong = lines.first_not_utf8()
    if has_bom:
        raise refuse(name, "file-encoding", "the file begins as UTF-8 with BOM, this row is not UTF-8; save it as UTF-8", wrong)
    if declared == "utf-8":
        raise refuse(name, "file-encoding", "this row is not UTF-8, and the rules say encoding: utf-8; save the file as UTF-8", wrong)
    if (han := lines.first_in_chinese_utf8()) is not None:
        message = f"row {han} is UTF-8, row {wrong} is not: the encodings are mixed; save the whole file as UTF-8"
        raise refuse(name, "file-encoding", message, max(han, wrong))


def _is_utf8(text: pa.Buffer) -> bool:
    offsets = pa.py_buffer(np.array([0, text.size], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, text]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


class _Lines:
    """The lines of a file whose encoding is in question, looked at by pieces of whole lines. Rows count from 1."""

    def __init__(self, content: bytes | bytearray) -> None:
        self._content = content
        self._end = b"\n" if b"\n" in content else b"\r"

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Give begin and end of each piece; a line end is not part of a longer character in UTF-8 or GB18030."""
        start = 0
        while start < len(self._content):
            end = self._content.find(self._end, start + _PIECE_BYTES) + 1 or len(self._content)
            yield start, end
            start = end

    def row_at(self, position: int) -> int:
        """Return the row of a byte."""
        return self._content.count(self._end, 0, position) + 1

    def first_not_utf8(self) -> int:
        """Return the first row that is not UTF-8."""
        for start, end in self.pieces():
            try:
                self._content[start:end].decode()
            except UnicodeDecodeError as error:
                return self.row_at(start + error.start)
        raise ValueError("UTF-8 throughout")

    def first_in_chinese_utf8(self) -> int | None:
        """Return the first row in which all that is not ASCII is Chinese characters (U+4E00 to U+9FFF) in UTF-8, if there is one."""
        for start, end in self.pieces():
            text = np.frombuffer(self._content, np.uint8, end - start, start)
            line = _first_line_in_chinese(text, self._end[0])
            if line is not None:
                return self.row_at(start) + line
        return None


def _first_line_in_chinese(text: npt.NDArray[np.uint8], line_end: int) -> int | None:
    """Return the first line, from 0, whose bytes beyond ASCII are whole Chinese characters in UTF-8.

    First and further bytes of such a character have no value in common, so that characters cannot overlap: a line
    qualifies where it has three times as many bytes beyond ASCII as it has characters.
    """
    ends = np.flatnonzero(text == line_end)
    high = np.flatnonzero(text >= 0x80)  # noqa: PLR2004 (the first byte beyond ASCII)
    first = high[(text[high] >= _HAN_FIRST) & (text[high] <= _HAN_LAST) & (high + 2 < len(text))]
    second, third = text[np.minimum(first + 1, len(text) - 1)], text[np.minimum(first + 2, len(text) - 1)]
    further = (second >> 6 == 0b10) & (third >> 6 == 0b10) & ((text[first] > _HAN_FIRST) | (second >= 0xB8))  # noqa: PLR2004
    size = len(ends) + 1
    bytes_beyond = np.bincount(np.searchsorted(ends, high), minlength=size)
    characters = np.bincount(np.searchsorted(ends, first[further]), minlength=size)
    chinese = np.flatnonzero((bytes_beyond > 0) & (bytes_beyond == 3 * characters))
    return int(chinese[0]) if len(chinese) else None


def has_blank_lines(text: Bytes) -> bool:
    """Return whether a line end follows a line end anywhere; by blocks that stay in the processor's cache."""
    for start in range(0, len(text), _LINE_BLOCK_BYTES):
        block = text[start : start + _LINE_BLOCK_BYTES + 1]
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
    for start in range(0, len(text), _LINE_BLOCK_BYTES):
        block = text[start : start + _LINE_BLOCK_BYTES]
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
    blocks = range(0, len(text), _LINE_BLOCK_BYTES)
    return np.concatenate([np.flatnonzero(text[start : start + _LINE_BLOCK_BYTES] == value) + start for start in blocks])


def refuse_open_quotes(text: pa.Buffer, name: str, separator: str) -> None:
    """Raise DataError where a quote is opened and not closed, or closed within a text.

    Where every quote stands where a text begins or ends, all is well; otherwise the rows are walked along one by one,
    for a quote in the middle of a text without quotes is a sign like any other (37°36'37.8"N).
    """
    found, sound = _survey(np.frombuffer(text, np.uint8), separator)
    if found and not sound:
        row, reason = _first_wrong_row(text, separator)
        if row is not None:
            raise refuse(name, "file-quotes", f"a quote in this row is {reason}; close it, double it, or leave the quotes out", row)


def _survey(text: npt.NDArray[np.uint8], separator: str) -> tuple[int, bool]:
    """Return how many quotes there are, and whether every one, in turn, opens and closes a text."""
    found, sound = 0, True
    # What may stand outside a quote that begins or ends a text; another quote beside it means a quote in the text.
    beside = np.isin(np.arange(256), list(b'\n\r"' + separator.encode()))
    for start in range(0, len(text), _QUOTE_BLOCK_BYTES):
        places = np.flatnonzero(text[start : start + _QUOTE_BLOCK_BYTES] == _QUOTE) + start
        if sound and len(places):
            opening, closing = places[found % 2 :: 2], places[1 - found % 2 :: 2]
            before = beside[text[opening - 1]] | (opening == 0)
            after = beside[text[np.minimum(closing + 1, len(text) - 1)]]
            sound = bool(before.all() and after.all())
        found += len(places)
    return found, sound and found % 2 == 0


def _first_wrong_row(text: pa.Buffer, separator: str) -> tuple[int | None, str]:
    """Return the first row with a wrong quote, counted as people count rows, and what is wrong with it."""
    rows = count(1)
    with pa.BufferReader(text) as source:
        lines = io.TextIOWrapper(io.BufferedReader(source, _QUOTE_BLOCK_BYTES), "utf-8", newline="")
        reader = csv.reader(lines, delimiter=separator, strict=True)
        try:
            deque(zip(rows, reader, strict=False), maxlen=0)
        except csv.Error as error:
            # zip has taken the number of the row that failed.
            cut = "end of data" in str(error) or "field limit" in str(error)
            return next(rows) - 1, "opened and not closed" if cut else "closed in the middle of a text"
    return None, ""
