"""What people see on a terminal: the summary of a run, readable at 80 columns, with and without colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.schema import CHANGES

_MOST_FILLED_DAYS = 6


def summary(document: Mapping[str, Any], migration: list[tuple[str, str, int]]) -> RenderableType:
    """Return the summary of a run from its manifest; `migration` holds (from_tier, to_tier, customers)."""
    parts: list[RenderableType] = [_heading(document), _tier_table(document)]
    if document["previous"]:
        parts += [_migration_table(document, migration), _changes_line(document)]
    parts += [Text(line) for line in _remarks(document)]
    return Group(*parts)


def _heading(document: Mapping[str, Any]) -> Text:
    heading = Text(f"{document['quarter']}", style="bold")
    days = f"{document['first_day']} to {document['last_day']}, {document['quarter_days']} days"
    heading.append(f"  {days}, {document['status']}, {document['customers']:,} customers", style="not bold")
    return heading


def _tier_table(document: Mapping[str, Any]) -> Table:
    """Customers, sum of averages, share and change against last quarter by tier, the highest tier first."""
    total = sum(_fen(tier["daily_average_sum"]) for tier in document["tiers"])
    compared = document["previous"] is not None
    table = Table(title_justify="left", pad_edge=False, box=None, header_style="bold", show_footer=True)
    customers = sum(tier["customers"] for tier in document["tiers"])
    change = customers - sum(tier["previous_customers"] for tier in document["tiers"])
    table.add_column("tier", footer="all")
    table.add_column("customers", justify="right", footer=f"{customers:,}")
    if compared:
        table.add_column("change", justify="right", footer=f"{change:+,}")
    table.add_column("sum of daily averages", justify="right", footer=_grouped(total))
    table.add_column("share", justify="right", footer="100.0%" if total else "")
    for tier in reversed(document["tiers"]):
        fen = _fen(tier["daily_average_sum"])
        share = f"{fen * 1000 // total / 10:.1f}%" if total > 0 else ""
        moved = [f"{tier['customers'] - tier['previous_customers']:+,}"] if compared else []
        table.add_row(f"{tier['label']} {tier['code']}", f"{tier['customers']:,}", *moved, _grouped(fen), share)
    return table


def _migration_table(document: Mapping[str, Any], migration: list[tuple[str, str, int]]) -> Table:
    """Customers by last quarter's tier (rows) and this quarter's (columns), the highest first."""
    labels = {tier["code"]: tier["label"] for tier in document["tiers"]} | {"absent": "无记录"}
    codes = [tier["code"] for tier in reversed(document["tiers"])] + ["absent"]
    counts = {(before, now): customers for before, now, customers in migration}
    table = Table(pad_edge=False, box=None, header_style="bold")
    table.add_column(f"{document['previous']['quarter']} to {document['quarter']}")
    for code in codes:
        table.add_column(labels[code], justify="right")
    for before in codes:
        row = [f"{counts[before, now]:,}" if (before, now) in counts else "." for now in codes]
        table.add_row(labels[before], *row)
    return table


def _changes_line(document: Mapping[str, Any]) -> Text:
    counts = document["changes"]
    return Text(", ".join(f"{name} {counts[name]:,}" for name in CHANGES if counts.get(name)))


def _remarks(document: Mapping[str, Any]) -> list[str]:
    """Return what the reader must know of where the figures come from."""
    rows, negative, filled = document["rows"], document["negative"], document["filled_days"]
    remarks = [f"rules: {document['rules']['name']}; rows read {rows['read']:,}, used {rows['used']:,}"]
    remarks[0] += "".join(f", {name} {rows[name]:,}" for name in ("outside", "collapsed", "rejected") if rows[name])
    if filled:
        shown = ", ".join(f"{one['day']} (by {one['stands']})" for one in filled[:_MOST_FILLED_DAYS])
        more = f" and {len(filled) - _MOST_FILLED_DAYS} more" if len(filled) > _MOST_FILLED_DAYS else ""
        remarks.append(f"filled days: {shown}{more}")
    if document["made_from"]["options"]["kind"] == "changes":
        remarks.append(f"newest row: {document['last_delivered_day']}; it stands to the end")
    if negative["rows"]:
        remarks.append(f"negative balances: {negative['rows']:,} rows, {negative['sum']} yuan, counted by the rule {negative['rule']}")
    if document["made_from"]["options"]["accept_missing"]:
        remarks.append(f"missing days accepted: {', '.join(document['made_from']['options']['accept_missing'])}")
    return remarks


def _fen(amount: str) -> int:
    return int(amount.replace(".", ""))


def _grouped(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
