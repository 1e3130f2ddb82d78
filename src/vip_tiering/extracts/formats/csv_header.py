"""The header of a text file: which columns it has, from its first bytes. What is another kind of file is told as such."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from pathlib import Path
from typing import Final

from vip_tiering.extracts.extract import refuse, refuse_columns
from vip_tiering.extracts.formats.csv_text import UTF8_BOM
from vip_tiering.rules.text_format import TextFormat

GZIP_MAGIC: Final = b"\x1f\x8b"
HEAD_BYTES: Final = 1 << 16
_SEPARATORS: Final = {",": "a comma", ";": '";"', "\t": "a tab", "|": '"|"', "\x01": "\\x01"}
_OTHER_FORMATS: Final = (
    (b"PK\x03\x04", "file-excel", "this is an Excel workbook (PK); save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "file-excel", "this is an old Excel workbook (.xls); save it as CSV UTF-8"),
    (b"\xff\xfe", "file-encoding", "this is UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "file-encoding", "this is UTF-16; save it as UTF-8"),
    (GZIP_MAGIC, "file-kind", "is gzipped twice; deliver it gzipped once"),
    (b"PAR1", "file-kind", "is a gzipped Parquet file; deliver it as it is, Parquet is compressed in itself"),
)
_SEPARATOR_LINE: Final = re.compile(rb'"?sep=(.?)"?', re.IGNORECASE)


def head(path: Path, name: str, *, gzipped: bool) -> bytes:
    """Return the first bytes of the text, as delivered."""
    try:
        with gzip.open(path) if gzipped else path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise refuse(name, "file-damaged", "is not a whole gzip file; incomplete transfer?") from None


def tail(path: Path) -> bytes:
    """Return the last bytes of a file."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - HEAD_BYTES, 0))
        return file.read()


def headers(start: bytes, name: str, form: TextFormat) -> tuple[str, ...]:
    """Return the headers from the first bytes of a text file, "" for a column without one: it must be empty throughout.

    Without a header row they are the numbers of the columns, from 1. Raises DataError where there are none to be found.
    """
    _refuse_other_formats(start, name)
    start = start.removeprefix(UTF8_BOM).lstrip(b"\r\n")
    line = first_line(start)
    if match := _SEPARATOR_LINE.fullmatch(line):
        shown = match[1].decode("ascii", "replace").strip()
        message = f"the first line is Excel's sep={shown}; delete this line, and separate with commas"
        raise refuse(name, "file-separator", message, 1)
    found = _fields(line, name, form)
    if len(found) <= 1:
        text = line.decode("latin-1")
        looks = next((shown for mark, shown in _SEPARATORS.items() if mark in text and mark != form.separator), None)
        if looks:
            mend = f"separate with {_SEPARATORS.get(form.separator, form.separator)}, or say separator in the rules"
            raise refuse(name, "file-separator", f"columns found: 1; the separator looks like {looks}; {mend}", 1)
    if not found:
        raise refuse(name, "file-quotes", "a quote is opened in the header and not closed; name the columns in one line", 1)
    refuse_columns(name, len(found))
    if not form.header:
        return tuple(str(place) for place in range(1, len(found) + 1))
    # A separator at the end of each line but the header's makes one more column, which is empty.
    second = _fields(first_line(start[len(line) :].lstrip(b"\r\n")), name, form)
    more = [""] if len(second) == len(found) + 1 and not second[-1] else []
    return tuple(header if header.strip() else "" for header in (*found, *more))


def _fields(line: bytes, name: str, form: TextFormat) -> list[str]:
    """Return the fields of one line; none where a line end stands within one whose quotes do not stand around it."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = line.decode("gb18030")
        except UnicodeDecodeError:
            if not form.header:
                text = line.decode("latin-1")
            else:
                raise refuse(name, "file-encoding", "the header is neither UTF-8 nor GB18030; save the file as UTF-8", 1) from None
    try:
        return next(csv.reader([text], delimiter=form.separator), [])
    except csv.Error:
        return []


def first_line(text: bytes) -> bytes:
    """Return the first line that is not empty; a line end within quotes belongs to the line."""
    text = text.lstrip(b"\r\n")
    quotes = 0
    for part in re.finditer(rb'["\r\n]', text):
        quotes += part[0] == b'"'
        if part[0] != b'"' and quotes % 2 == 0:
            return text[: part.start()]
    return text


def _refuse_other_formats(start: bytes, name: str) -> None:
    if not start.removeprefix(UTF8_BOM).strip():
        raise refuse(name, "file-empty", "the file is empty; was the transfer cut?")
    for magic, rule, message in _OTHER_FORMATS:
        if start.startswith(magic):
            raise refuse(name, rule, message)
    if b"\x00" in start[:2] or b"\x00" in first_line(start):
        # Latin letters in UTF-16 have a zero byte each, and so have its commas and line ends.
        zeros = sorted((start[0::2].count(0), start[1::2].count(0)))
        wide = zeros[0] == 0 and zeros[1] > 1
        what = "this is UTF-16 without a byte order mark" if wide else "the header holds NUL bytes; was the transfer cut?"
        raise refuse(name, "file-encoding", f"{what}; save it as UTF-8", None if wide else 1)
    if start.removeprefix(UTF8_BOM).lstrip()[:1] == b"<":
        raise refuse(name, "file-html", "this is a web page or XML, not a CSV; was an error page saved?")
