"""What people see of `vip customers file`, readable at 80 columns, with and without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vip_tiering.cli.show.explain import explanation
from vip_tiering.cli.show.tables import grid, grouped, plain_table

Document = Mapping[str, Any]
_INDENT = (0, 0, 0, 2)


def record(document: Document) -> RenderableType:
    """Return the record of a customer: who it is, tiers and outlook, products, contacts, what lies ahead."""
    return Group(
        _head(document),
        "",
        explanation(document),
        "",
        Text("products", style="bold"),
        _products(document),
        "",
        *_part("contacts", document["contacts"], _contacts),
        "",
        *_part(f"ahead from {document['on']}", document["events"], _events),
    )


def _head(document: Document) -> Text:
    """Return who the customer is, as lists show it, and who looks after the customer."""
    head = Text(document["display_name"], style="bold")
    managers = [document["branch"], document["manager"], *([document["wealth_manager"]] if document["wealth_manager"] else [])]
    rated = f" of {document['risk_rated_on']}" if document["risk_rated_on"] else ""
    rating = f"risk rating {document['risk_rating']}{rated}" if document["risk_rating"] else "no risk rating"
    private = "\nprivate client: not for open files" if document["private"] else ""
    return head.append(f"  {' '.join(managers)}, {rating}{private}", style="not bold")


def _products(document: Document) -> Padding:
    table = grid(2)
    if not document["products_known"]:
        return Padding(Text("not known"), _INDENT)
    for name in ("held", "lacking"):
        table.add_row(name, Text("、".join(document[f"products_{name}"]) or "none"))
    return Padding(table, _INDENT)


def _part(title: str, rows: Sequence[Document], table: Any) -> list[RenderableType]:  # noqa: ANN401 (a function of rows)
    heading = Text(title, style="bold")
    return [heading, Padding(table(rows), _INDENT)] if rows else [heading.append(": none", style="not bold")]


def _contacts(rows: Sequence[Document]) -> Table:
    """Return contacts, the newest first; what was in the way and what was noted stand below what it was for."""
    table = plain_table("date", "channel", "result")
    table.add_column("what", overflow="fold")
    for one in rows:
        by = f"by {one['by']}" if one["by"] else ""
        more = [f"{name}: {one[name]}" for name in ("obstacle", "note") if one[name]]
        said = [" ".join(filter(None, (one["action"], one["what"]))), *more, by]
        table.add_row(one["date"], one["channel"], one["result"] or "none yet", Text("\n".join(filter(None, said))))
    return table


def _events(rows: Sequence[Document]) -> Table:
    table = plain_table("date", "event")
    table.add_column("what", overflow="fold")
    for one in rows:
        points = f"{grouped(one['points'])} points" if one["points"] else ""
        amount = f"{grouped(one['amount'])} yuan" if one["amount"] else ""
        table.add_row(
            one["date"], one["event"].replace("_", " "), Text(", ".join(filter(None, (one["kind"], one["product"], amount, points))))
        )
    return table
