"""What people see of the playbooks: per action whom, how, how often, when, what for and by which clause; and one document of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.cli.tables import grid, plain_table
from vip_tiering.playbooks.actions import Action, Lobby
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.rules.calendar import LABELS

TRIGGERS: Final = {
    "regular": "regularly",
    "maturity": "a product matures",
    "new_product": "a product is new",
    "birthday": "birthday",
    "card_upgrade": "a higher tier",
    "near_up": "the next tier is near",
    "near_down": "the tier is nearly lost",
    "falling": "the tier will be lost if balances stay",
    "downgraded": "a lower tier",
    "points": "points can be exchanged",
    "festival": "the day or season",
    "branch_date": "the branch sets a day",
    "meeting": "in the meeting",
    "standing": "always kept",
    "no_rating": "rating missing or expired",
}
"""Each trigger for people."""
_ORIGINS: Final = {"plan": "", "ours": " (ours, not in the plan)", "not_in_plan": " (the plan does not name it for this tier)"}


def events_table(events: Sequence[Mapping[str, Any]], year: int) -> RenderableType:
    """Return events, with the keys of `schema.EVENT_PLAN`, as a table."""
    heading = Text(f"{year}", style="bold")
    heading.append(f"  events in the branch hall: {len(events)}", style="not bold")
    table = plain_table()
    for name in ("action", "prepare by", "from", "to"):
        table.add_column(name, no_wrap=True)
    table.add_column("days", justify="right", no_wrap=True)
    table.add_column("festival", no_wrap=True)
    table.add_column("what", overflow="fold")
    for row in events:
        days = (str(row[key]) for key in ("prepare_by", "event_from", "event_to"))
        festival = f"{LABELS[row['festival']]} {row['festival_date']:%m-%d}"
        table.add_row(row["action"], *days, str(row["working_days"]), festival, Text(_what(row)))
    return Group(heading, "", table, "", Text("days: working days from the first to the last day of the event"))


def _what(row: Mapping[str, Any]) -> str:
    """Return what is handed out, and below it how much, by whom and where, as far as it is known."""
    quantity = f"{row['quantity']} pieces" if row["quantity"] else ""
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
        table.add_row(action.id, "what", Text(action.what + _ORIGINS[origin]))
        for label, text in _lines(books, action):
            table.add_row("", label, Text(text))
    return Group(head, table)


def _lines(books: Playbooks, action: Action) -> list[tuple[str, str]]:
    """Return the lines of an action below what it is."""
    channels = ", or ".join(f"{books.channels[code].label} {code}" for code in action.channels)
    lines = [("whom", _whom(action)), ("channel", channels + (", one offer for many" if action.campaign else ""))]
    off = "" if action.active else "; not active: it is not done"
    lines.append(("trigger", " or ".join(TRIGGERS[one] for one in action.triggers) + _when(action) + off))
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


def coverage(books: Playbooks) -> RenderableType:
    """Return every id of the plan with what it says, the rule that names it, and the command that puts it out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", ratio=1)
    for one in books.covers:
        said = [*one.by, *(one.put_out_by or ["NOTHING PUTS IT OUT"])] if one.by else ["NOT COVERED"]
        table.add_row(one.id, Text(one.fact), Text("\n".join(said)))
    known, missing = len(books.covers), len(books.missing) + len(books.silent)
    return Group(table, "", Text(f"{known} ids, {known - missing} covered, {missing} missing"))
