"""What people see of a customer file: its columns, what its words mean, its phones, and whether lists can be made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, called, ruled_table
from vip_tiering.cli.words.customers import CHECK
from vip_tiering.cli.words.sentences import told


def customers_report(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return the report on a customer file, readable at 80 columns."""
    rules = told(document["rules"], words)
    head = Line(words.say(CHECK, "heading", file=document["file"], rows=document["rows"], rules=rules), style="bold")
    parts: list[RenderableType] = [head, _columns(document["columns"], words)]
    if document["left_over"]:
        parts.append(_left_over(document["left_over"], words))
    if document["absent"]:
        absent = [(called(one["field"], words), told(one["falls"], words)) for one in document["absent"]]
        parts.append(_pairs(words.say(CHECK, "not_there"), words.say(CHECK, "so"), absent))
    if document["values"]:
        parts.append(_values(document["values"], words))
    if document["phones"]:
        phones = [(told(one["looks"], words), one["count"]) for one in document["phones"]]
        parts.append(_counted(words.say(CHECK, "phones"), phones, words))
    if document["run"]:
        parts.append(_run(document["run"], words))
    parts += [Line(line) for line in _verdict(document, words)]
    return Group(*parts)


def _columns(columns: Sequence[Mapping[str, Any]], words: Words) -> Table:
    table = ruled_table(words.say(CHECK, "column"), words.say(CHECK, "is"))
    table.add_column(words.say(CHECK, "filled"), justify="right")
    for one in columns:
        table.add_row(one["header"], called(one["field"], words), f"{one['filled']:,}")
    return table


def _pairs(first: str, second: str, rows: Sequence[tuple[str, str]]) -> Table:
    table = ruled_table()
    table.add_column(first, no_wrap=True)
    table.add_column(second, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _left_over(columns: Sequence[Mapping[str, Any]], words: Words) -> Table:
    meant = [words.say(CHECK, "did_you_mean", field=called(one["did_you_mean"], words)) if one["did_you_mean"] else "" for one in columns]
    return _pairs(words.say(CHECK, "left_over"), "", list(zip([one["header"] for one in columns], meant, strict=True)))


def _values(fields: Sequence[Mapping[str, Any]], words: Words) -> Table:
    """Return each word with what it means and how often it stands there; words that nobody knows are only counted."""
    table = ruled_table(*(words.say(CHECK, name) for name in ("column", "word", "means")))
    table.add_column(words.say(CHECK, "customers"), justify="right", no_wrap=True)
    not_given = words.say(CHECK, "not_given")
    for field in fields:
        rows = [(one["value"], one["means"] or not_given, f"{one['count']:,}") for one in field["values"]]
        rows += [(words.say(CHECK, "empty"), not_given, f"{field['empty']:,}")] if field["empty"] else []
        if unknown := field["unknown"]["count"]:
            where = words.say(
                CHECK,
                "more_rows" if unknown > len(field["unknown"]["rows"]) else "rows",
                rows=words.text("and").join(map(str, field["unknown"]["rows"])),
            )
            rows.append((words.say(CHECK, "not_known"), where, f"{unknown:,}"))
        for number, row in enumerate(rows):
            table.add_row("" if number else field["header"], *row)
    return table


def _counted(what: str, rows: Sequence[tuple[str, int]], words: Words) -> Table:
    table = ruled_table()
    table.add_column(what, overflow="fold")
    table.add_column(words.say(CHECK, "customers"), justify="right", no_wrap=True)
    for said, count in rows:
        table.add_row(said, f"{count:,}")
    return table


def _run(run: Mapping[str, Any], words: Words) -> Table:
    rows = [
        (words.say(CHECK, "of_run", quarter=run["quarter"], customers=run["customers"]), run["in_the_file"]),
        (words.say(CHECK, "of_tiered", customers=run["tiered"]), run["tiered_in_the_file"]),
        (words.say(CHECK, "only_in_file"), run["only_in_the_file"]),
    ]
    return _counted(words.say(CHECK, "run"), rows, words)


def _verdict(document: Mapping[str, Any], words: Words) -> Iterator[str]:
    if count := document["lunar_birthdays"]:
        yield words.say(CHECK, "lunar", count=count)
    yield from (words.say(CHECK, "warning", line=line) for line in document["warnings"])
    count = len(document["problems"])
    yield words.say(CHECK, "ready" if document["ready"] else "one_problem" if count == 1 else "problems", count=count)
