"""What people see of the plan of events, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.event_plan import records
from vip_tiering.festivals import LABELS


def events_table(events: pd.DataFrame, year: int) -> RenderableType:
    """Return events, columns `schema.EVENT_PLAN`, as a table."""
    heading = Text(f"{year}", style="bold")
    heading.append(f"  events in the branch hall: {len(events)}", style="not bold")
    table = Table(pad_edge=False, box=None, header_style="bold")
    for name in ("action", "prepare by", "from", "to"):
        table.add_column(name, no_wrap=True)
    table.add_column("days", justify="right", no_wrap=True)
    table.add_column("festival", no_wrap=True)
    table.add_column("what", overflow="fold")
    for row in records(events):
        days = (str(row[key]) for key in ("prepare_by", "event_from", "event_to"))
        festival = f"{LABELS[row['festival']]} {row['festival_date']:%m-%d}"
        table.add_row(row["action"], *days, str(row["working_days"]), festival, Text(_what(row)))
    return Group(heading, "", table, "", Text("days: working days from the first to the last day of the event"))


def _what(row: Mapping[str, Any]) -> str:
    """Return what is handed out, and below it how much, by whom and where, as far as it is known."""
    quantity = f"{row['quantity']} pieces" if row["quantity"] else ""
    return "\n".join(filter(None, (row["material"], quantity, row["owner"], row["branch"])))
