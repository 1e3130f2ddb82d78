"""What people see of `vip extract check`: first whether a quarter can be computed and what is missing, then the files."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vip_tiering.cli.show.tables import grid
from vip_tiering.tiers.checking.check_report import OTHER
from vip_tiering.tiers.missing_days import spans

_SHOWN: Final = 6
"""So many days, files or places are named in one line; how many more there are is counted."""
_SHOWN_FILES: Final = 20
_SHOWN_GROUPS: Final = 8
_INDENT: Final = (0, 0, 0, 2)
_BY: Final = {"usual": "usual header", "rules": "by the rules", "folder": "by the folder", "name": "by the file's name"}


def extracts_report(document: Mapping[str, Any]) -> RenderableType:
    """Return the report of a look at extracts, readable at 80 columns with hundreds of files."""
    parts: list[RenderableType] = [_verdict(document), "", _overview(document)]
    if document["problems"]:
        parts += ["", Text("problems", style="bold"), _indented(_problems(document))]
    if lines := _groups(document["files"]):
        parts += ["", Text("files", style="bold"), *map(_indented, lines)]
    if lines := _remarkable(document):
        parts += ["", Text("worth a look", style="bold"), *map(_indented, lines)]
    return Group(*parts)


def _indented(what: RenderableType | str) -> Padding:
    return Padding(Text(what) if isinstance(what, str) else what, _INDENT)


def _verdict(document: Mapping[str, Any]) -> Text:
    """Return the first line: the period, and whether it can be computed."""
    count = sum(one["count"] for one in document["problems"])
    what = f"{document['period']}: " if document["period"] else ""
    if document["ready"]:
        return Text(f"{what}ready to be computed", style="bold green")
    return Text(f"{what}not ready, {count:,} problem{'s' if count > 1 else ''}", style="bold red")


def _overview(document: Mapping[str, Any]) -> Table:
    """Return what is delivered and what is missing, one line a subject."""
    table = grid(2)
    for label, text in (*_days(document), *_rows(document)):
        table.add_row(label, Text(text))
    return table


def _days(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    days, kind = document["days"], document["kind"]
    if days is None:
        return [("days", "no file that could be read holds a day")]
    chosen = "" if document["quarter_given"] else "; most days belong to this quarter, name another with --quarter"
    delivered = f"{days['delivered']} of {days['period']} delivered" if kind == "snapshot" else f"{days['delivered']} with rows"
    lines = [("period", f"{document['first_day']} to {document['last_day']}, {kind}{chosen}"), ("days", delivered)]
    if missing := _missing(days):
        lines.append(("missing", _some(missing)))
    if days["few_rows"]:
        few = [f"{one['day']} {one['rows']:,} rows ({one['rows'] * 100 // one['median']}%)" for one in days["few_rows"]]
        lines.append(("few rows", f"{_some(few)} against {days['few_rows'][0]['median']:,} on the median of the days around it"))
    if days["absent_parts"]:
        absent = [f"{one['part']} on {_stretches(one['days'])}" for one in days["absent_parts"]]
        lines.append(("absent parts", _some(absent)))
    if days["in_several_files"]:
        lines.append(("in several files", _stretches([one["day"] for one in days["in_several_files"]])))
    if days["opening"]:
        lines.append(("opening", f"{_counted(len(days['opening']), 'day')} before the period: {_stretches(days['opening'])}"))
    if days["outside"]:
        lines.append(("outside", f"{_counted(len(days['outside']), 'day')} not used: {_stretches(days['outside'])}"))
    if days["suggested_date_offset_days"] is not None:
        offset = days["suggested_date_offset_days"]
        hint = f"the names seem to tell the day of delivery; then say date_offset_days: {offset} in rules/extracts.yaml"
        lines.append(("dates", hint))
    return lines


def _missing(days: Mapping[str, Any]) -> list[str]:
    """Return the missing days as stretches, with the day that would stand for each."""
    stands = {one["day"]: one["stands"] for one in days["filled"]}
    by: dict[str | None, list[str]] = {}
    for day in days["missing"]:
        by.setdefault(stands.get(day), []).append(day)
    return [_stretches(missing) + (f" (filled by {day})" if day else "") for day, missing in by.items()]


def _rows(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows, files = document["rows"], document["files"]
    words = {"outside": "outside the period", "duplicates": "repeated and counted once"}
    words |= {"excluded": "of products that do not count", "superseded": "corrected by a later file", "rejected": "rejected"}
    copies = f", {_counted(len(document['copies']), 'copy', 'copies')} not counted" if document["copies"] else ""
    lines = [("files", f"{len(files):,} read{copies}")]
    if document["unread_files"]:
        lines.append(("not readable", _some(document["unread_files"])))
    lines += [
        ("rows", f"{rows['read']:,} read" + "".join(f", {rows[name]:,} {text}" for name, text in words.items() if rows[name])),
        ("customers", f"{document['customers']:,}"),
    ]
    if document["tidied_ids"]:
        lines.append(("ids", f"{document['tidied_ids']:,} had blanks, full-width or invisible characters, which are removed"))
    if other := [one for one in files if one["encoding"] == "GB18030" and not one["encoding_by_rules"]]:
        hint = "it is understood; say encoding: gb18030 in rules/extracts.yaml if it is meant"
        lines.append(("encoding", f"{_counted(len(other), 'file')} in GB18030; {hint}"))
    lines.append(("rules", document["rules"]))
    return lines + [("note", note) for note in document["notes"]]


def _problems(document: Mapping[str, Any]) -> Table:
    """Return one line a rule: how often it is broken, and the first places."""
    table = grid(3)
    table.columns[1].justify = "right"
    for one in document["problems"]:
        others = one["rule"] == OTHER
        places = [place["message"].partition(";")[0] if others else _place(place) for place in one["first"]]
        more = one["count"] - len(places)
        table.add_row("the quarter" if others else one["rule"], f"{one['count']:,}", Text("\n".join(places) + ("\n..." if more else "")))
    return table


def _place(place: Mapping[str, Any]) -> str:
    row = f" row {place['row']:,}" if place["row"] is not None else ""
    column = f" column {place['column']}" if place["column"] else ""
    return f"{place['file']}{row}{column}"


def _groups(files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the files by what they look like: one entry for all that are alike, with their columns."""
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in files:
        columns = tuple(tuple(column.items()) for column in one["columns"])
        alike.setdefault((one["format"], columns, tuple(one["ignored_columns"])), []).append(one)
    largest = sorted(alike.values(), key=len, reverse=True)
    rest = sum(map(len, largest[_SHOWN_GROUPS:]))
    return [*map(_group, largest[:_SHOWN_GROUPS]), *([f"... and {rest:,} files of other kinds; --json shows all"] if rest else [])]


def _group(members: Sequence[Mapping[str, Any]]) -> str:
    what = members[0]["name"] if len(members) == 1 else f"{len(members):,} files"
    first = min((one["first_day"] for one in members if one["first_day"]), default="no rows")
    last = max((one["last_day"] for one in members if one["last_day"]), default=first)
    encodings = Counter(one["encoding"] for one in members if one["encoding"])
    named = [encoding if len(encodings) == 1 else f"{encoding} ({count:,})" for encoding, count in encodings.most_common()]
    heading = ", ".join([what, members[0]["format"], *named, first if first == last else f"{first} to {last}"])
    unused = sum(not one["used"] for one in members)
    columns = [f"  {_column(column)}" for column in members[0]["columns"]]
    outside = [f"  {'not used' if unused == len(members) else f'{unused:,} of them not used'}: no day of the period"] if unused else []
    return "\n".join([heading, *columns, *_ignored(members[0]["ignored_columns"]), *outside])


def _column(column: Mapping[str, Any]) -> str:
    source = f" <- {column['header']}" if column["header"] else ""
    moved = f", {column['offset_days']:+d} days" if column.get("offset_days") else ""
    return f"{column['role']}{source} ({_BY[column['by']]}{moved})"


def _ignored(headers: Sequence[str]) -> list[str]:
    return [f"  ignored: {', '.join(headers[:_SHOWN_FILES])}{_more(len(headers) - _SHOWN_FILES)}"] if headers else []


def _remarkable(document: Mapping[str, Any]) -> list[str]:
    """Return one line for each file of which something should be known, but for its problems."""
    lines = [f"{one['name']}: a byte-identical copy of {one['copy_of']}, counted once" for one in document["copies"]]
    encodings = Counter(one["encoding"] for one in document["files"] if one["encoding"])
    usual = encodings.most_common(1)[0][0] if encodings else None
    for one in document["files"]:
        notes = [one["name_differs"]] if one["name_differs"] else []
        if one["encoding"] not in (usual, None):
            notes.append(f"in {one['encoding']}, most are {usual}")
        if one["duplicates"]:
            notes.append(f"{_counted(one['duplicates'], 'row')} repeated, counted once")
        if notes:
            lines.append(f"{one['name']}: {'; '.join(notes)}")
    shown = lines[:_SHOWN_FILES]
    return [*shown, f"... and {len(lines) - len(shown):,} more; --json shows all"] if len(lines) > len(shown) else shown


def _stretches(days: Sequence[str]) -> str:
    return _some(spans(map(dt.date.fromisoformat, days)))


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + _more(len(texts) - _SHOWN)


def _more(count: int) -> str:
    return f" and {count:,} more" if count > 0 else ""


def _counted(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"
