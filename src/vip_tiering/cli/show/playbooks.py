"""What people see of the playbooks: per action whom, how, how often, when, what for and by which clause; and one document of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.base.words import ORIGINS, TRIGGERS, Words
from vip_tiering.cli.show.tables import Line, grid, plain_table
from vip_tiering.cli.words.playbooks import LABELS as LINES
from vip_tiering.cli.words.playbooks import TEXTS
from vip_tiering.playbooks.actions import Action, Lobby
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.plan.book import rows_of
from vip_tiering.rules.calendar import LABELS

_ENGLISH: Final = Words("en")


def events_table(events: Sequence[Mapping[str, Any]], year: int, words: Words) -> RenderableType:
    """Return events, with the keys of `schema.EVENT_PLAN`, as a table."""
    heading = Line(f"{year}", style="bold")
    heading.append(f"  {words.text('events', count=len(events))}", style="not bold")
    table = plain_table()
    for name in ("action", "prepare_by", "from", "to"):
        table.add_column(words.column(name), no_wrap=True)
    table.add_column(words.column("days"), justify="right", no_wrap=True)
    table.add_column(words.column("festival"), no_wrap=True)
    table.add_column(words.column("what"), overflow="fold")
    for row in events:
        days = (str(row[key]) for key in ("prepare_by", "event_from", "event_to"))
        festival = f"{LABELS[row['festival']]} {row['festival_date']:%m-%d}"
        table.add_row(row["action"], *days, str(row["working_days"]), festival, Line(_what(row, words)))
    return Group(heading, "", table, "", Line(words.text("event_days")))


def _what(row: Mapping[str, Any], words: Words) -> str:
    """Return what is handed out, and below it how much, by whom and where, as far as it is known."""
    quantity = words.text("pieces", count=str(row["quantity"])) if row["quantity"] else ""
    return "\n".join(filter(None, (row["material"], quantity, row["owner"], row["branch"])))


def playbook(books: Playbooks, tier: str, words: Words) -> RenderableType:
    """Return what is done for a tier, readable at 80 columns."""
    book, chinese = books.of_tier[tier], words.language == "zh"
    bulk = "" if book.bulk == "allowed" else words.say(TEXTS, "no_bulk")
    head: Text = Line(words.say(TEXTS, "heading", label=books.labels[tier], code=tier, source=book.source) + bulk, style="bold")
    if book.playbook is not None:
        reason = words.say(TEXTS, "no_playbook", reason=book.reason_zh if chinese else book.reason)
        head.append(f"\n{reason}", style="not bold")
    table = grid(3)
    for action, lines in _in_chinese(books, tier) if chinese else _in_english(books, tier):
        for number, (label, text) in enumerate(lines):
            table.add_row("" if number else action, words.of(LINES, label), Line(text))
    return Group(head, table)


def _in_chinese(books: Playbooks, tier: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each action of a tier with its lines, as the book says them."""
    meanings = {one.code: one.meaning_zh for one in books.gates.purposes}
    for (action, _), row in zip(books.actions_of(tier), rows_of(books, tier), strict=True):
        lines = [("what", row["what"]), ("whom", row["whom"]), ("channel", row["how"]), ("how_often", row["how_often"])]
        lines += [("trigger", row["when"]), ("purpose", meanings[action.strictest])]
        lines += [("topics", "、".join(books.products[code].label for code in action.topics))] if action.topics else []
        lines += [("gives", action.lobby.material)] if action.lobby else []
        yield action.id, [*lines, ("source", row["source"])]


def _in_english(books: Playbooks, tier: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each action of a tier with its lines."""
    for action, origin in books.actions_of(tier):
        yield action.id, [("what", action.what + _ENGLISH.of(ORIGINS, origin)), *_lines(books, action)]


def _lines(books: Playbooks, action: Action) -> list[tuple[str, str]]:
    """Return the lines of an action below what it is."""
    channels = ", or ".join(f"{books.channels[code].label} {code}" for code in action.channels)
    lines = [("whom", _whom(action)), ("channel", channels + (", one offer for many" if action.campaign else ""))]
    off = "" if action.active else "; not active: it is not done"
    lines.append(("trigger", " or ".join(_ENGLISH.of(TRIGGERS, one) for one in action.triggers) + _when(action) + off))
    lines.append(("purpose", _purpose(action)))
    if action.topics:
        lines.append(("topics", ", ".join(books.products[code].label for code in action.topics)))
    if action.lobby:
        lines.append(("gives", action.lobby.material + _season(action.lobby)))
    return [*lines, ("source", action.source)]


def _season(lobby: Lobby) -> str:
    """Return when an event in the hall takes place, where it is not on its day."""
    if lobby.first_day and lobby.last_day:
        return f", from {lobby.first_day} to {lobby.last_day}"
    return f", from {lobby.working_days_before} working days before" if lobby.working_days_before else ""


def _whom(action: Action) -> str:
    who = "all customers of the tier" if action.audience.who == "tier" else "whoever visits the branch"
    mainly = f", mainly {' and '.join(action.audience.mainly)}" if action.audience.mainly else ""
    return who + mainly + (f"; {action.audience.note}" if action.audience.note else "")


def _when(action: Action) -> str:
    """Return the days and the cadence of an action, as an addition to its trigger."""
    text = f", from {action.within_days} days before" if action.within_days is not None else ""
    text += f", once per {action.once_per}" if action.once_per else ""
    if action.cadence_days is not None:
        text += f", at least {action.cadence_days} days apart ({'ours' if action.cadence_source == 'ours' else 'the plan'})"
    return text


def _purpose(action: Action) -> str:
    others = [one for one in action.purpose if one != action.strictest]
    return action.strictest + (f" (stricter than {', '.join(others)})" if others else "") + f": {action.aim}"


def document(books: Playbooks, tiers: Iterable[str]) -> dict[str, Any]:
    """Return the playbooks of some tiers as plain data."""
    file = books.file
    return {
        "rules": books.name,
        "source": file.source,
        "tiers": [_tier_document(books, tier) for tier in tiers],
        "measures": [one.model_dump(mode="json") for one in file.measures or ()],
        "gaps": [one.model_dump(mode="json") for one in file.gaps or ()],
        "warnings": list(books.warnings),
    }


def _tier_document(books: Playbooks, tier: str) -> dict[str, Any]:
    book = books.of_tier[tier]
    head = {"tier": tier, "label": books.labels[tier], **book.model_dump(mode="json", exclude={"tier", "actions"})}
    actions = [
        {**action.model_dump(mode="json"), "origin": origin, "strictest_purpose": action.strictest}
        for action, origin in books.actions_of(tier)
    ]
    return {**head, "actions": actions}


def coverage(books: Playbooks, words: Words) -> RenderableType:
    """Return every id of the plan with what it says, the rule that names it, and the command that puts it out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", ratio=1)
    for one in books.covers:
        fact, by = (one.fact_zh, one.named(words, books.labels)) if words.language == "zh" else (one.fact, one.by)
        said = [*by, *(one.put_out_by or [words.text("not_put_out")])] if by else [words.text("not_covered")]
        table.add_row(one.id, Line(fact), Line("\n".join(said)))
    known, missing = len(books.covers), len(books.missing) + len(books.silent)
    return Group(table, "", Line(words.text("covered", known=known, covered=known - missing, missing=missing)))
