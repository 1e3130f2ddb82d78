"""What people see on a terminal: the summary of a run, readable at 80 columns, with and without colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.schema import ABSENT, RESERVED_CODES
from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, Matrix, add_figures, grouped, plain_table, signed
from vip_tiering.cli.words.run import CHANGES, NEGATIVES, ROWS, STATUSES, TEXTS
from vip_tiering.cli.words.sentences import told
from vip_tiering.reports.changes.words import STATES
from vip_tiering.tiers.missing_days import spans
from vip_tiering.tiers.outlook import STATES as IN_ORDER


def run_summary(document: Mapping[str, Any], migration: list[tuple[str, str, int]], words: Words) -> RenderableType:
    """Return the summary of a run from its manifest; `migration` holds (from_tier, to_tier, customers)."""
    parts: list[RenderableType] = [_heading(document, words), "", _tier_table(document, words), ""]
    if document["previous"]:
        parts += [_migration(document, migration, words), ""]
    parts += [_changes_line(document, words), "", *_outlook(document, words)]
    parts += [Line(line) for line in _remarks(document, words)]
    return Group(*parts)


def status_of(document: Mapping[str, Any], words: Words) -> str:
    """Return what a manifest is of, in words."""
    status: str = document["status"]
    return words.of(STATUSES, status) if status in STATUSES else status


def filled_days(filled: Iterable[Mapping[str, Any]], words: Words) -> str:
    """Return which days another one stands for, as one line."""
    stands = groupby(filled, key=lambda one: one["stands"])
    shown = ((words.text("and").join(stretches((one["day"] for one in days), words)), since) for since, days in stands)
    said = [words.say(TEXTS, "filled_by", days=days, since=since) for days, since in shown]
    return words.say(TEXTS, "filled", days=words.text("and").join(said))


def stretches(days: Iterable[str], words: Words) -> list[str]:
    """Return days as texts, neighbours joined."""
    return spans(map(dt.date.fromisoformat, days), words.say(TEXTS, "until"))


def _heading(document: Mapping[str, Any], words: Words) -> Text:
    heading = Line(document.get("month", document["quarter"]), style="bold")
    days = {"first": document["first_day"], "last": document["last_day"], "days": document["quarter_days"]}
    said = words.say(TEXTS, "heading", **days, status=status_of(document, words), customers=document["customers"])
    return heading.append(said, style="not bold")


def _tier_table(document: Mapping[str, Any], words: Words) -> Table:
    """Customers, sum of averages, share and change against last quarter by tier, the highest tier first."""
    total, previous = fen_from_text(document["daily_average_sum"]), document["previous"]
    table = plain_table(show_footer=True)
    customers = sum(tier["customers"] for tier in document["tiers"])
    change = customers - sum(tier["previous_customers"] for tier in document["tiers"])
    table.add_column(words.say(TEXTS, "tier"), footer=words.text("all"))
    add_figures(table, words.say(TEXTS, "customers"), footer=f"{customers:,}")
    if previous:
        add_figures(table, words.say(TEXTS, "versus", quarter=previous["quarter"]), footer=signed(change))
    add_figures(table, words.say(TEXTS, "sum"), footer=grouped(document["daily_average_sum"]))
    add_figures(table, words.say(TEXTS, "share"), footer="100.0%" if total else "")
    for tier in reversed(document["tiers"]):
        average = tier["daily_average_sum"]
        moved = [signed(tier["customers"] - tier["previous_customers"])] if previous else []
        share = _percent(fen_from_text(average), total)
        table.add_row(f"{tier['label']} {tier['code']}", f"{tier['customers']:,}", *moved, grouped(average), share)
    return table


def _migration(document: Mapping[str, Any], migration: list[tuple[str, str, int]], words: Words) -> Matrix:
    """Return customers by last quarter's tier and this quarter's, the highest first."""
    labels = {tier["code"]: tier["label"] for tier in reversed(document["tiers"])} | {ABSENT: RESERVED_CODES[ABSENT]}
    counts = {(before, now): customers for before, now, customers in migration}
    quarters = {"before": document["previous"]["quarter"], "now": document["quarter"]}
    titles = (words.say(TEXTS, "migration", **quarters), words.say(TEXTS, "migration_pairs", **quarters))
    return Matrix(labels, labels, counts, titles, words)


def _changes_line(document: Mapping[str, Any], words: Words) -> Line:
    counts = document["changes"]
    told = words.text("and").join(f"{words.of(CHANGES, name)} {counts[name]:,}" for name in CHANGES if counts.get(name))
    return Line(words.say(TEXTS, "changes" if document["previous"] else "changes_alone", changes=told))


def _outlook(document: Mapping[str, Any], words: Words) -> list[RenderableType]:
    """Customers by tier who are about to rise or fall, the highest tier first."""
    outlook = document["outlook"]
    labels = {tier["code"]: f"{tier['label']} {tier['code']}" for tier in document["tiers"]}
    table = plain_table(words.say(TEXTS, "tier"))
    add_figures(table, *(words.of(STATES, state) for state in IN_ORDER))
    for row in reversed(outlook["states"]):
        table.add_row(labels[row["tier"]], *(f"{row[state]:,}" for state in IN_ORDER))
    return [Line(words.say(TEXTS, "outlook", last=outlook["last_day"]), style="bold"), table, ""]


def _remarks(document: Mapping[str, Any], words: Words) -> list[str]:
    """Return what the reader must know of where the figures come from."""
    rows, negative, options = document["rows"], document["negative"], document["made_from"]["options"]
    counts = [words.say(ROWS, name, count=rows[name]) for name in ROWS if rows[name]]
    read = words.say(TEXTS, "rows", read=rows["read"], used=rows["used"])
    remarks = [words.say(TEXTS, "rules", name=told(document["rules"]["name"], words)), words.say(TEXTS, "comma").join([read, *counts])]
    if document["filled_days"]:
        remarks.append(filled_days(document["filled_days"], words))
    if options["kind"] == "changes":
        remarks.append(words.say(TEXTS, "newest", day=document["last_delivered_day"]))
    if negative["rows"]:
        counted = words.of(NEGATIVES, negative["rule"])
        remarks.append(words.say(TEXTS, "negative", rows=negative["rows"], sum=grouped(negative["sum"]), counted=counted))
    remarks += _scope_remarks(document["scope"], words)
    if options["accept_missing"]:
        remarks.append(words.say(TEXTS, "accepted_missing", days=words.text("and").join(options["accept_missing"])))
    if options["accept_partial"]:
        remarks.append(words.say(TEXTS, "accepted_partial", parts=words.text("and").join(options["accept_partial"])))
    return remarks


def _scope_remarks(scope: Mapping[str, Any], words: Words) -> list[str]:
    """Return one line per product and currency, and one for the renamed customers."""
    named = [(words.say(TEXTS, "product", code=one["code"], counts=one["counts"]), one) for one in scope.get("products", ())]
    named += [(words.say(TEXTS, "currency", code=one["code"]), one) for one in scope.get("currencies", ())]
    sums = ((name, one["rows"], grouped(one["delivered_sum"]), grouped(one["counted_sum"])) for name, one in named)
    remarks = [
        words.say(TEXTS, "scope", name=name, rows=rows, delivered=delivered, counted=counted) for name, rows, delivered, counted in sums
    ]
    if aliases := scope.get("aliases"):
        remarks.append(words.say(TEXTS, "renamed", customers=aliases["customers"], rows=aliases["rows"]))
    return remarks


def _percent(fen: int, total: int) -> str:
    """Return a share with one decimal, rounded half up, so that the shares add up to about 100."""
    tenths = (2_000 * fen + total) // (2 * total) if total > 0 else 0
    return f"{tenths // 10}.{tenths % 10}%" if total > 0 else ""
