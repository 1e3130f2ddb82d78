"""What people see on a terminal: the summary of a run, readable at 80 columns, with and without colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.schema import ABSENT, CHANGES, RESERVED_CODES
from vip_tiering.cli.show.tables import Matrix, add_figures, grouped, plain_table, signed
from vip_tiering.tiers.missing_days import spans
from vip_tiering.tiers.outlook import STATES

_ROW_WORDS = {
    "outside": "outside the period",
    "collapsed": "repeated",
    "excluded": "excluded",
    "superseded": "superseded",
    "rejected": "rejected",
}
_NEGATIVE_WORDS = {"zero": "counted as 0.00", "net": "counted as they are", "reject": "rejected"}


def run_summary(document: Mapping[str, Any], migration: list[tuple[str, str, int]]) -> RenderableType:
    """Return the summary of a run from its manifest; `migration` holds (from_tier, to_tier, customers)."""
    parts: list[RenderableType] = [_heading(document), "", _tier_table(document), ""]
    if document["previous"]:
        parts += [_migration(document, migration), ""]
    parts += [_changes_line(document), "", *_outlook(document)]
    parts += [Text(line) for line in _remarks(document)]
    return Group(*parts)


def _heading(document: Mapping[str, Any]) -> Text:
    heading = Text(document.get("month", document["quarter"]), style="bold")
    days = f"{document['first_day']} to {document['last_day']}, {document['quarter_days']} days"
    heading.append(f"  {days}, {document['status']}, {document['customers']:,} customers", style="not bold")
    return heading


def _tier_table(document: Mapping[str, Any]) -> Table:
    """Customers, sum of averages, share and change against last quarter by tier, the highest tier first."""
    total, previous = fen_from_text(document["daily_average_sum"]), document["previous"]
    table = plain_table(show_footer=True)
    customers = sum(tier["customers"] for tier in document["tiers"])
    change = customers - sum(tier["previous_customers"] for tier in document["tiers"])
    table.add_column("tier", footer="all")
    add_figures(table, "customers", footer=f"{customers:,}")
    if previous:
        add_figures(table, f"vs {previous['quarter']}", footer=signed(change))
    add_figures(table, "sum of averages, yuan", footer=grouped(document["daily_average_sum"]))
    add_figures(table, "share", footer="100.0%" if total else "")
    for tier in reversed(document["tiers"]):
        average = tier["daily_average_sum"]
        moved = [signed(tier["customers"] - tier["previous_customers"])] if previous else []
        share = _percent(fen_from_text(average), total)
        table.add_row(f"{tier['label']} {tier['code']}", f"{tier['customers']:,}", *moved, grouped(average), share)
    return table


def _migration(document: Mapping[str, Any], migration: list[tuple[str, str, int]]) -> Matrix:
    """Return customers by last quarter's tier and this quarter's, the highest first."""
    labels = {tier["code"]: tier["label"] for tier in reversed(document["tiers"])} | {ABSENT: RESERVED_CODES[ABSENT]}
    counts = {(before, now): customers for before, now, customers in migration}
    both = f"customers from {document['previous']['quarter']}", f"to {document['quarter']}"
    return Matrix(labels, labels, counts, f"{both[0]} (rows) {both[1]} (columns)", " ".join(both))


def _changes_line(document: Mapping[str, Any]) -> Text:
    counts = document["changes"]
    alone = "" if document["previous"] else " (compared with no earlier run)"
    return Text("changes: " + ", ".join(f"{name} {counts[name]:,}" for name in CHANGES if counts.get(name)) + alone)


def _outlook(document: Mapping[str, Any]) -> list[RenderableType]:
    """Customers by tier who are about to rise or fall, the highest tier first."""
    outlook = document["outlook"]
    labels = {tier["code"]: f"{tier['label']} {tier['code']}" for tier in document["tiers"]}
    table = plain_table("tier")
    add_figures(table, *(state.replace("_", " ") for state in STATES))
    for row in reversed(outlook["states"]):
        table.add_row(labels[row["tier"]], *(f"{row[state]:,}" for state in STATES))
    return [Text(f"outlook to {outlook['last_day']}, if balances stay", style="bold"), table, ""]


def _remarks(document: Mapping[str, Any]) -> list[str]:
    """Return what the reader must know of where the figures come from."""
    rows, negative, filled = document["rows"], document["negative"], document["filled_days"]
    remarks = [f"rules: {document['rules']['name']}", f"rows: read {rows['read']:,}, used {rows['used']:,}"]
    remarks[1] += "".join(f", {words} {rows[name]:,}" for name, words in _ROW_WORDS.items() if rows[name])
    if filled:
        stands = groupby(filled, key=lambda one: one["stands"])
        shown = (f"{', '.join(spans(dt.date.fromisoformat(one['day']) for one in days))} (by {since})" for since, days in stands)
        remarks.append(f"filled days: {', '.join(shown)}")
    if document["made_from"]["options"]["kind"] == "changes":
        remarks.append(f"newest row: {document['last_delivered_day']}; it stands to the end")
    if negative["rows"]:
        counted = _NEGATIVE_WORDS[negative["rule"]]
        remarks.append(f"negative balances: {negative['rows']:,} rows, {grouped(negative['sum'])} yuan, {counted}")
    remarks += _scope_remarks(document["scope"])
    if document["made_from"]["options"]["accept_missing"]:
        remarks.append(f"missing days accepted: {', '.join(document['made_from']['options']['accept_missing'])}")
    if document["made_from"]["options"]["accept_partial"]:
        remarks.append(f"accepted in part: {', '.join(document['made_from']['options']['accept_partial'])}")
    return remarks


def _scope_remarks(scope: Mapping[str, Any]) -> list[str]:
    """Return one line per product and currency, and one for the renamed customers."""
    named = [(f"product {one['code']} x {one['counts']}", one) for one in scope.get("products", ())]
    named += [(f"currency {one['code']}", one) for one in scope.get("currencies", ())]
    remarks = [
        f"{name}: {one['rows']:,} rows, {grouped(one['delivered_sum'])}, counted {grouped(one['counted_sum'])} yuan" for name, one in named
    ]
    if aliases := scope.get("aliases"):
        remarks.append(f"renamed customers: {aliases['customers']:,}, with {aliases['rows']:,} rows")
    return remarks


def _percent(fen: int, total: int) -> str:
    """Return a share with one decimal, rounded half up, so that the shares add up to about 100."""
    tenths = (2_000 * fen + total) // (2 * total) if total > 0 else 0
    return f"{tenths // 10}.{tenths % 10}%" if total > 0 else ""
