"""What people see of an export: rows by channel, what became of every action, and a masked look at the lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_SHOWN_REASONS: Final = 2
_PREVIEW_COLUMNS: Final = 5


def summary(document: Mapping[str, Any], labels: Mapping[str, str]) -> RenderableType:
    """Return the summary of an export from its manifest, readable at 80 columns. `labels`: name of each channel for people."""
    window = document["window"]
    days = document["on"] if window["first"] == window["last"] else f"{document['on']} (up to {window['last']})"
    head = Text(f"lists of {days} from the run {document['quarter']}", style="bold")
    parts: list[RenderableType] = [head, _channels(document, labels), _actions(document)]
    if empty := list(_empty(document)):
        parts.append(Text("\n".join(["selected, and nobody left:", *(f"  {line}" for line in empty)])))
    return Group(*parts)


def _channels(document: Mapping[str, Any], labels: Mapping[str, str]) -> Table:
    table = _table()
    table.add_column("channel")
    for name in ("rows", "private rows", "customers"):
        table.add_column(name, justify="right")
    for code, counts in document["channels"].items():
        table.add_row(f"{labels.get(code, '')} {code}".strip(), *(f"{counts[name]:,}" for name in ("rows", "private_rows", "customers")))
    return table


def _actions(document: Mapping[str, Any]) -> Table:
    table = _table()
    table.add_column("action")
    for name in ("selected", "exported", "suppressed"):
        table.add_column(name, justify="right")
    table.add_column("most often for", overflow="fold")
    for action, counts in document["actions"].items():
        if counts["selected"]:
            reasons = counts["suppressed"]
            most = sorted(reasons, key=lambda reason: -reasons[reason])[:_SHOWN_REASONS]
            figures = (counts["selected"], counts["exported"], sum(reasons.values()))
            table.add_row(action, *(f"{figure:,}" for figure in figures), ", ".join(f"{one} {reasons[one]:,}" for one in most))
    return table


def _empty(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for every action of which nobody is left, with its first reason: an empty list is never silent."""
    for action, counts in document["actions"].items():
        if counts["selected"] and not counts["exported"]:
            reason, count = next(iter(counts["suppressed"].items()))
            yield f"{action}: {counts['selected']:,} selected, none exported; first reason {reason} {count:,}"


def first_rows(previews: Mapping[str, list[dict[str, str]]]) -> RenderableType:
    """Return the first rows of each list, whose names, ids and numbers are masked already. `previews`: by name of the list."""
    grid = Table.grid(padding=(0, 2))
    for column in range(_PREVIEW_COLUMNS):
        grid.add_column(no_wrap=column < _PREVIEW_COLUMNS - 1, overflow="fold")
    for name, rows in previews.items():
        for number, row in enumerate(rows):
            due = f"; by {row['due_by']}" if "due_by" in row else ""
            what = (row.get("text") or row["reasons"]) + due
            grid.add_row(
                Text(name if number == 0 else "", style="bold"), row["customer_id"], row.get("display_name", ""), row["phone"], what
            )
    return Group(Text("the first rows, masked:"), grid)


def _table() -> Table:
    return Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1))
