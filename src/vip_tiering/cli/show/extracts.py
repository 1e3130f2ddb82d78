"""What people see of `vip extract check`: first whether a quarter can be computed and what is missing, then the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from vip_tiering.base.words import Words
from vip_tiering.cli.show.run import stretches
from vip_tiering.cli.show.tables import Line, grid
from vip_tiering.cli.words.extracts import BY, KINDS, LABELS, ROLES, ROWS, TEXTS
from vip_tiering.cli.words.sentences import told
from vip_tiering.tiers.checking.check_report import OTHER
from vip_tiering.tiers.missing_days import SHOWN_SPANS

_SHOWN: Final = SHOWN_SPANS
"""So many days, files or places are named in one line; how many more there are is counted."""
_SHOWN_FILES: Final = 20
_SHOWN_GROUPS: Final = 8
_INDENT: Final = (0, 0, 0, 2)


def extracts_report(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return the report of a look at extracts, readable at 80 columns with hundreds of files."""
    parts: list[RenderableType] = [_verdict(document, words), "", _overview(document, words)]
    if document["problems"]:
        parts += ["", _title("title_problems", words), _indented(_problems(document, words))]
    if lines := _groups(document["files"], words):
        parts += ["", _title("title_files", words), *map(_indented, lines)]
    if lines := _remarkable(document, words):
        parts += ["", _title("title_remarkable", words), *map(_indented, lines)]
    return Group(*parts)


def _title(text: str, words: Words) -> Line:
    return Line(words.say(TEXTS, text), style="bold")


def _indented(what: RenderableType | str) -> Padding:
    return Padding(Line(what) if isinstance(what, str) else what, _INDENT)


def _counted(text: str, count: int, words: Words, **values: object) -> str:
    """Return a text with a number, which English says otherwise of one."""
    return words.say(TEXTS, f"one_{text}" if count == 1 else text, count=count, **values)


def _verdict(document: Mapping[str, Any], words: Words) -> Line:
    """Return the first line: the period, and whether it can be computed."""
    count = sum(one["count"] for one in document["problems"])
    what = words.say(TEXTS, "ready") if document["ready"] else _counted("problems", count, words)
    said = words.say(TEXTS, "of_period", period=document["period"], what=what) if document["period"] else what
    return Line(said, style="bold green" if document["ready"] else "bold red")


def _overview(document: Mapping[str, Any], words: Words) -> Table:
    """Return what is delivered and what is missing, one line a subject."""
    table = grid(2)
    for label, text in (*_days(document, words), *_rows(document, words)):
        table.add_row(words.of(LABELS, label), Line(text))
    return table


def _days(document: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    days, kind = document["days"], document["kind"]
    if days is None:
        return [("days", words.say(TEXTS, "no_day"))]
    chosen = "" if document["quarter_given"] else words.say(TEXTS, "chosen")
    period = {"first": document["first_day"], "last": document["last_day"], "kind": words.of(KINDS, kind), "chosen": chosen}
    delivered = {"period": days["period"], "delivered": days["delivered"]}
    lines = [
        ("period", words.say(TEXTS, "period", **period)),
        ("days", words.say(TEXTS, "delivered" if kind == "snapshot" else "with_rows", **delivered)),
    ]
    if missing := _missing(days, words):
        lines.append(("missing", _some(missing, words)))
    return lines + _odd_days(days, words)


def _odd_days(days: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """Return what looks odd about the days that were delivered."""
    lines = []
    if days["few_rows"]:
        lines.append(("few_rows", _few_rows(days["few_rows"], words)))
    if days["absent_parts"]:
        absent = [words.say(TEXTS, "absent", part=one["part"], days=some_days(one["days"], words)) for one in days["absent_parts"]]
        lines.append(("absent_parts", _some(absent, words)))
    if days["in_several_files"]:
        lines.append(("in_several_files", some_days([one["day"] for one in days["in_several_files"]], words)))
    for label, text in (("opening", "before"), ("outside", "not_used")):
        if days[label]:
            lines.append((label, _counted(text, len(days[label]), words, days=some_days(days[label], words))))
    if days["suggested_date_offset_days"] is not None:
        lines.append(("dates", words.say(TEXTS, "offset", days=days["suggested_date_offset_days"])))
    return lines


def _few_rows(days: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Return which days have few rows, and against how many."""
    few = [words.say(TEXTS, "few", day=one["day"], rows=one["rows"], percent=one["rows"] * 100 // one["median"]) for one in days]
    return words.say(TEXTS, "few_rows", days=_some(few, words), median=days[0]["median"])


def _missing(days: Mapping[str, Any], words: Words) -> list[str]:
    """Return the missing days as stretches, with the day that would stand for each."""
    stands = {one["day"]: one["stands"] for one in days["filled"]}
    by: dict[str | None, list[str]] = {}
    for day in days["missing"]:
        by.setdefault(stands.get(day), []).append(day)
    said = ((some_days(missing, words), day) for day, missing in by.items())
    return [words.say(TEXTS, "filled_by", days=missing, day=day) if day else missing for missing, day in said]


def _rows(document: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    rows, files = document["rows"], document["files"]
    copies = _counted("copies", len(document["copies"]), words) if document["copies"] else ""
    lines = [("files", words.say(TEXTS, "files_read", count=len(files)) + copies)]
    if document["unread_files"]:
        lines.append(("unread", _some(document["unread_files"], words)))
    counts = [words.say(ROWS, name, count=rows[name]) for name in ROWS if rows[name]]
    lines += [
        ("rows", words.say(TEXTS, "and").join([words.say(TEXTS, "rows_read", count=rows["read"]), *counts])),
        ("customers", f"{document['customers']:,}"),
    ]
    if document["tidied_ids"]:
        lines.append(("ids", words.say(TEXTS, "tidied", count=document["tidied_ids"])))
    if other := [one for one in files if one["encoding"] == "GB18030" and not one["encoding_by_rules"]]:
        lines.append(("encoding", _counted("gb18030", len(other), words)))
    lines.append(("rules", told(document["rules"], words)))
    return lines + [("note", told(note, words)) for note in document["notes"]]


def _problems(document: Mapping[str, Any], words: Words) -> Table:
    """Return one line a rule: how often it is broken, and the first places."""
    table = grid(3)
    table.columns[1].justify = "right"
    for one in document["problems"]:
        others = one["rule"] == OTHER
        places = [told(place["message"].partition(";")[0], words) if others else _place(place, words) for place in one["first"]]
        rest = "\n..." if one["count"] > len(places) else ""
        rule = words.say(TEXTS, "quarter") if others else one["rule"]
        table.add_row(rule, f"{one['count']:,}", Line("\n".join(places) + rest))
    return table


def _place(place: Mapping[str, Any], words: Words) -> str:
    row = words.say(TEXTS, "row", row=place["row"]) if place["row"] is not None else ""
    column = words.say(TEXTS, "column", column=place["column"]) if place["column"] else ""
    return f"{place['file']}{row}{column}"


def _groups(files: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    """Return the files by what they look like: one entry for all that are alike, with their columns."""
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in files:
        columns = tuple(tuple(column.items()) for column in one["columns"])
        alike.setdefault((one["format"], columns, tuple(one["ignored_columns"])), []).append(one)
    largest = sorted(alike.values(), key=len, reverse=True)
    rest = sum(map(len, largest[_SHOWN_GROUPS:]))
    shown = [_group(members, words) for members in largest[:_SHOWN_GROUPS]]
    return [*shown, *([words.say(TEXTS, "other_files", count=rest)] if rest else [])]


def _group(members: Sequence[Mapping[str, Any]], words: Words) -> str:
    what = members[0]["name"] if len(members) == 1 else words.say(TEXTS, "many_files", count=len(members))
    first = min((one["first_day"] for one in members if one["first_day"]), default=words.say(TEXTS, "no_rows"))
    last = max((one["last_day"] for one in members if one["last_day"]), default=first)
    encodings = Counter(one["encoding"] for one in members if one["encoding"])
    named = [encoding if len(encodings) == 1 else f"{encoding} ({count:,})" for encoding, count in encodings.most_common()]
    days = first if first == last else words.say(TEXTS, "span", first=first, last=last)
    heading = words.say(TEXTS, "and").join([what, members[0]["format"], *named, days])
    unused = sum(not one["used"] for one in members)
    columns = [f"  {_column(column, words)}" for column in members[0]["columns"]]
    outside = [words.say(TEXTS, "all_unused" if unused == len(members) else "some_unused", count=unused)] if unused else []
    return "\n".join([heading, *columns, *_ignored(members[0]["ignored_columns"], words), *outside])


def _column(column: Mapping[str, Any], words: Words) -> str:
    source = f" <- {column['header']}" if column["header"] else ""
    moved = words.say(TEXTS, "moved", days=f"{column['offset_days']:+d}") if column.get("offset_days") else ""
    return words.say(TEXTS, "found", role=words.of(ROLES, column["role"]), source=source, by=words.of(BY, column["by"]), moved=moved)


def _ignored(headers: Sequence[str], words: Words) -> list[str]:
    if not headers:
        return []
    shown = words.text("and").join(headers[:_SHOWN_FILES])
    return [words.say(TEXTS, "ignored", headers=shown + _more(len(headers) - _SHOWN_FILES, words))]


def _remarkable(document: Mapping[str, Any], words: Words) -> list[str]:
    """Return one line for each file of which something should be known, but for its problems."""
    lines = [words.say(TEXTS, "copy_of", name=one["name"], original=one["copy_of"]) for one in document["copies"]]
    encodings = Counter(one["encoding"] for one in document["files"] if one["encoding"])
    usual = encodings.most_common(1)[0][0] if encodings else None
    for one in document["files"]:
        notes = [told(one["name_differs"], words)] if one["name_differs"] else []
        if one["encoding"] not in (usual, None):
            notes.append(words.say(TEXTS, "encoded", encoding=one["encoding"], usual=usual))
        if one["duplicates"]:
            notes.append(_counted("repeated", one["duplicates"], words))
        if notes:
            lines.append(words.say(TEXTS, "notes", name=one["name"], notes=words.say(TEXTS, "semicolon").join(notes)))
    more = len(lines) - _SHOWN_FILES
    return [*lines[:_SHOWN_FILES], *([words.say(TEXTS, "others", count=more)] if more > 0 else [])]


def some_days(days: Sequence[str], words: Words) -> str:
    """Return the first stretches of days, and how many more there are."""
    return _some(stretches(days, words), words)


def _some(texts: Sequence[str], words: Words) -> str:
    return words.text("and").join(texts[:_SHOWN]) + _more(len(texts) - _SHOWN, words)


def _more(count: int, words: Words) -> str:
    return words.say(TEXTS, "more", count=count) if count > 0 else ""
