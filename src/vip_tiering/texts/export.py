"""The texts of the rules as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa

from vip_tiering.playbooks.load import rules_with_playbooks
from vip_tiering.publishing.one_file import refuse_published, refuse_standing, write_file
from vip_tiering.publishing.workbook import Look, write_workbook
from vip_tiering.texts.rows import HEADERS, text_rows

_SHEET: Final = "消息文本"
_WIDEST: Final = {"text": 64, "reviewed_by": 18, "topics": 14, "tiers": 14}
"""Columns that need another width than usual, so that a text is read at a glance and the sheet is printed across A4."""


def texts_export(out: Path, rules: Path | None = None, *, replace: bool = False) -> int:
    """Write every text of the rules into the workbook `out` and return how many there are.

    Raises RulesError for rules that are refused, OutputError where the file stands there already or the disk refuses.
    """
    _, books = rules_with_playbooks(rules)
    refuse_published(out)
    refuse_standing(out, replace=replace)
    rows = text_rows(books)
    table = pa.table({name: [_cell(getattr(row, name)) for row in rows] for name in HEADERS})
    write_file(out, lambda sink: write_workbook({_SHEET: table}, HEADERS, sink, heading=_SHEET, look=Look(widths=_WIDEST)), replace=replace)
    return len(rows)


def _cell(value: object) -> str | int:
    return value if isinstance(value, int) else str(value or "")
