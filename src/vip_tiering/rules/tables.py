"""Small CSVs beside the rule files (rates, renumbered customers, overrides): bytes in, tidy rows and what is wrong out."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from vip_tiering.base.text import FORMULA_ID, SPREADSHEET_IDS, tidy

SPREADSHEET_ID: Final = re.compile("|".join((*SPREADSHEET_IDS, FORMULA_ID)))
"""What a spreadsheet wrote, or would run, in the place of an id."""
_SHOWN_LINES: Final = 20


def records(content: bytes, name: str, header: tuple[str, ...]) -> tuple[list[tuple[int, tuple[str, ...]]], list[str]]:
    """Return the rows of a small CSV with their lines, tidy, and what is wrong with its form."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [f"{name}:1: is not UTF-8; save the file as CSV UTF-8"]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[str] = []
    records: list[tuple[int, tuple[str, ...]]] = []
    if text and text[-1] not in "\r\n":
        cut = max(text.count("\n"), text.count("\r")) + 1
        problems.append(f"{name}:{cut}: the last line has no line end; was the file cut? complete the line, and end it")
    try:
        found = tuple(cell.strip().lower() for cell in next(reader, []))
        if found != header:
            return [], [f"{name}:1: the header must be {','.join(header)}"]
        for row in reader:
            if len(row) == len(header):
                records.append((reader.line_num, tuple(tidy(cell) for cell in row)))
            elif row:
                problems.append(f"{name}:{reader.line_num}: must have {len(header)} fields, {','.join(header)}")
            if len(problems) == _SHOWN_LINES:
                return [], [*problems, f"{name}: ... and perhaps more"]
    except csv.Error:
        problems.append(f"{name}:{reader.line_num}: is not a CSV; a quote is open or stands within a text")
    return records, problems
