"""A report for programs: the same frames as one JSON document. Codes in English, amounts in yuan as text; no language changes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from vip_tiering.base.money import yuan_text
from vip_tiering.reports.figures.measures import YUAN
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.tables import FIGURES, Kind, Table


def document_of(contents: Contents) -> dict[str, Any]:
    """Return a report as one document; a figure that is not known is null."""
    head = asdict(contents.head)
    return {
        **head,
        "daily_average_sum": yuan_text(contents.head.daily_average_sum),
        "sentences": [
            {"code": one.code, **{name: _value(kind, value, {}) for name, (kind, value) in one.figures.items()}}
            for one in contents.sentences
        ],
        "tables": {code: rows_of(table) for code, table in contents.tables.items()},
        "absent": dict(contents.absent),
        "warnings": list(contents.warnings),
    }


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return [{name: _value(kind, row[name], row) for name, kind in table.columns.items()} for row in table.rows.to_dict("records")]


def _value(kind: Kind, value: Any, row: dict[Any, Any]) -> str | int | None:  # noqa: ANN401 (of any kind)
    if pd.isna(value):
        return None
    if kind not in FIGURES:
        return str(value)
    is_money = kind in ("fen", "fen_change") or (kind in ("by_unit", "by_unit_change") and row["unit"] == YUAN)
    return yuan_text(int(value)) if is_money else int(value)
