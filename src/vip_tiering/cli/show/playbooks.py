"""What people see of the playbooks: per action whom, how, how often, when, what for and by which clause; and one document of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.base.words import ORIGINS, TRIGGERS, Words
from vip_tiering.cli.show.tables import grid, plain_table
from vip_tiering.playbooks.actions import Action, Lobby
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.rules.calendar import LABELS

_ENGLISH: Final = Words("en")


def events_table(events: Sequence[Mapping[str, Any]], year: int, words: Words) -> RenderableType:
    """Return events, with the keys of `schema.EVENT_PLAN`, as a table."""
    heading = Text(f"{year}", style="bold")
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
        table.add_row(row["action"], *days, str(row["working_days"]), festival, Text(_what(row, words)))
    return Group(heading, "", table, "", Text(words.text("event_days")))


def _what(row: Mapping[str, Any], words: Words) -> str:
    """Return what is handed out, and below it how much, by whom and where, as far as it is known."""
    quantity = words.text("pieces", count=str(row["quantity"])) if row["quantity"] else ""
    return "\n".join(filter(None, (row["material"], quantity, row["owner"], row["branch"])))


def playbook(books: Playbooks, tier: str) -> RenderableType:
    """Return what is done for a tier, readable at 80 columns."""
    book = books.of_tier[tier]
    bulk = "" if book.bulk == "allowed" else "; nothing in bulk"
    head = Text(f"{books.labels[tier]} {tier} ({book.source}){bulk}", style="bold")
    if book.playbook is not None:
        head = Text.assemble(head, Text(f"\nno playbook: {book.reason}", style="not bold"))
    table = grid(3)
    for action, origin in books.actions_of(tier):
        table.add_row(action.id, "what", Text(action.what + _ENGLISH.of(ORIGINS, origin)))
        for label, text in _lines(books, action):
            table.add_row("", label, Text(text))
    return Group(head, table)


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
        table.add_row(one.id, Text(fact), Text("\n".join(said)))
    known, missing = len(books.covers), len(books.missing) + len(books.silent)
    return Group(table, "", Text(words.text("covered", known=known, covered=known - missing, missing=missing)))
