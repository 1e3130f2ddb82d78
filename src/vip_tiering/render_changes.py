"""What people see of a report of changes: how many moved, and the measures of the branch, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def summary(document: Mapping[str, Any]) -> RenderableType:
    """Return the summary of a report from its manifest."""
    against = f" against {document['previous']}" if document["previous"] else ", compared with no earlier run"
    head = Text(f"changes of {document['quarter']}{against}", style="bold")
    size = f"{document['customers']:,} customers, {document['branches']:,} branches, {document['managers']:,} managers"
    parts: list[RenderableType] = [head, Text(size)]
    moved = ", ".join(f"{name} {count:,}" for name, count in document["changes"].items() if count)
    parts.append(Text(f"moved: {moved or 'nobody'}"))
    if document["measures"]:
        parts += ["", _measures(document)]
    return Group(*parts)


def _measures(document: Mapping[str, Any]) -> Table:
    """Return the measures of all customers; a column of which nothing is known is left out."""
    rows = [
        {
            "now": _grouped(one["value"]),
            "vs before": _signed(one["growth"]),
            "vs last year": _signed(one["last_year_growth"]),
            "reached": one["quarter_reached"] or one["year_reached"],
        }
        for one in document["measures"]
    ]
    headers = [header for header in rows[0] if any(row[header] for row in rows)]
    table = Table(pad_edge=False, box=None, header_style="bold")
    table.add_column("measure", overflow="fold")
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    for one, row in zip(document["measures"], rows, strict=True):
        table.add_row(f"{one['label']} {one['measure']}", *(row[header] for header in headers))
    return table


def _grouped(amount: str) -> str:
    """Return an amount or a number with commas."""
    whole, dot, part = amount.partition(".")
    return f"{'-' * whole.startswith('-')}{abs(int(whole)):,}{dot}{part}" if amount else ""


def _signed(amount: str) -> str:
    return _grouped(amount) if not amount or amount.startswith("-") or not amount.strip("0.") else f"+{_grouped(amount)}"
