"""What people see of a customer file: its columns, what its words mean, its phones, and whether lists can be made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.cli.show.tables import ruled_table


def customers_report(document: Mapping[str, Any]) -> RenderableType:
    """Return the report on a customer file, readable at 80 columns."""
    head = Text(f"{document['file']}: {document['rows']:,} rows, by the rules of {document['rules']}", style="bold")
    parts: list[RenderableType] = [head, _columns(document["columns"])]
    if document["left_over"]:
        parts.append(_left_over(document["left_over"]))
    if document["absent"]:
        parts.append(_pairs("not there", "so", [(one["field"], one["falls"]) for one in document["absent"]]))
    if document["values"]:
        parts.append(_values(document["values"]))
    if document["phones"]:
        parts.append(_counted("phones", [(one["looks"], one["count"]) for one in document["phones"]]))
    if document["run"]:
        parts.append(_run(document["run"]))
    parts += [Text(line) for line in _verdict(document)]
    return Group(*parts)


def _columns(columns: Sequence[Mapping[str, Any]]) -> Table:
    table = ruled_table("column", "is")
    table.add_column("filled", justify="right")
    for one in columns:
        table.add_row(one["header"], one["field"], f"{one['filled']:,}")
    return table


def _pairs(first: str, second: str, rows: Sequence[tuple[str, str]]) -> Table:
    table = ruled_table()
    table.add_column(first, no_wrap=True)
    table.add_column(second, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _left_over(columns: Sequence[Mapping[str, Any]]) -> Table:
    meant = [f"did you mean {one['did_you_mean']}?" if one["did_you_mean"] else "" for one in columns]
    return _pairs("left over", "", list(zip([one["header"] for one in columns], meant, strict=True)))


def _values(fields: Sequence[Mapping[str, Any]]) -> Table:
    """Return each word with what it means and how often it stands there; words that nobody knows are only counted."""
    table = ruled_table("column", "word", "means")
    table.add_column("customers", justify="right", no_wrap=True)
    for field in fields:
        rows = [(one["value"], one["means"] or "not given", f"{one['count']:,}") for one in field["values"]]
        rows += [("(empty)", "not given", f"{field['empty']:,}")] if field["empty"] else []
        if unknown := field["unknown"]["count"]:
            more = ", ..." if unknown > len(field["unknown"]["rows"]) else ""
            rows.append(("(not known)", f"rows {', '.join(map(str, field['unknown']['rows']))}{more}", f"{unknown:,}"))
        for number, row in enumerate(rows):
            table.add_row("" if number else field["header"], *row)
    return table


def _counted(what: str, rows: Sequence[tuple[str, int]]) -> Table:
    table = ruled_table()
    table.add_column(what, overflow="fold")
    table.add_column("customers", justify="right", no_wrap=True)
    for words, count in rows:
        table.add_row(words, f"{count:,}")
    return table


def _run(run: Mapping[str, Any]) -> Table:
    rows = [
        (f"of {run['customers']:,} customers of the run {run['quarter']}, in the file", run["in_the_file"]),
        (f"of {run['tiered']:,} with a tier, in the file", run["tiered_in_the_file"]),
        ("in the file, and not in the run", run["only_in_the_file"]),
    ]
    return _counted("run", rows)


def _verdict(document: Mapping[str, Any]) -> Iterator[str]:
    if count := document["lunar_birthdays"]:
        yield f"lunar birthdays: {count:,}; who was born in a leap month has the birthday in the ordinary month of that number"
    yield from (f"warning: {line}" for line in document["warnings"])
    count = len(document["problems"])
    yield "ready: lists can be made of this file" if document["ready"] else f"not ready: {count} problem{'s' * (count > 1)}"
