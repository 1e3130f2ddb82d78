"""What people see of runs, readable at 80 columns, with and without colour: a summary, all of a folder, what differs between two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.schema import ABSENT, RESERVED_CODES
from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, Matrix, add_figures, grouped, plain_table, signed
from vip_tiering.cli.words.run import CHANGES, NEGATIVES, ROWS, RUNS, STATUSES, TEXTS
from vip_tiering.cli.words.sentences import told
from vip_tiering.reports.words import STATES
from vip_tiering.tiers.missing_days import spans
from vip_tiering.tiers.outlook import STATES as IN_ORDER

_ROSE: Final = ("entered", "upgraded")
_FELL: Final = ("downgraded", "lapsed")
_CLOSE: Final = (0, 1, 0, 0)
"""Columns one blank apart, so that the name of a provisional run that was replaced fits."""
_SHOWN_EXTRACTS: Final = 10
_SHORT: Final = 8
"""So many digits of a digest tell two apart."""


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


def runs_table(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return all runs of a folder, the oldest first: up to which day, how many customers, who moved, and what each run counts for."""
    runs: Sequence[Mapping[str, Any]] = document["runs"]
    if not runs:
        return Line(words.say(RUNS, "no_run", folder=document["folder"]))
    table = plain_table(padding=_CLOSE)
    table.add_column(words.of(RUNS, "run"), overflow="fold")
    table.add_column(words.of(RUNS, "up_to"), no_wrap=True)
    add_figures(table, *(words.of(RUNS, name) for name in ("customers", "rose", "fell", "new", "left")))
    table.add_column(words.of(RUNS, "status"), overflow="fold")
    for run in runs:
        customers = grouped("" if run["customers"] is None else run["customers"])
        table.add_row(PurePath(run["run"]).name, run["last_day"] or "", customers, *_moved_of(run), _status_of(run, words))
    altered = sum(not run["intact"] for run in runs)
    said = words.say(RUNS, "not_intact" if altered else "all_intact", runs=len(runs), altered=altered)
    return Group(table, "", Text(said))


def _moved_of(run: Mapping[str, Any]) -> list[str]:
    """Return how many customers rose, fell, came and left; nothing where the run was compared with none, or does not say."""
    if run["previous"] is None:
        return [""] * 4
    changes = run["changes"]
    return [f"{sum(changes[name] for name in names):,}" for names in (_ROSE, _FELL, ("new",), ("left",))]


def _status_of(run: Mapping[str, Any], words: Words) -> Text:
    """Return what a run counts for, in red where it is not intact."""
    status = words.of(RUNS, "superseded") if run["superseded"] else status_of(run, words) if run["status"] else ""
    altered = "" if run["intact"] else words.of(RUNS, "altered")
    return Text(words.of(RUNS, "comma").join(filter(None, (status, altered))), style="bold red" if altered else "")


def differences(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return what `vip runs diff` found: what may be the cause, how many customers differ, and how they moved between tiers."""
    parts: list[RenderableType] = [_causes(document, words), *_extracts(document, words), ""]
    if not document["differing"]:
        return Group(*parts, Line(words.of(RUNS, "nobody")))
    labels = {one["code"]: one["label"] for one in reversed(document["tiers"])}
    customers = {(one["first_tier"], one["second_tier"]): one["customers"] for one in document["moves"]}
    parts += [_kinds(document, words), "", Matrix(labels, labels, customers, (words.of(RUNS, "matrix"), words.of(RUNS, "pairs")), words)]
    moved = [one for one in reversed(document["moves"]) if one["first_tier"] != one["second_tier"]]
    if moved:
        parts += ["", Text(words.of(RUNS, "moved"), style="bold"), _moves(moved, labels, words)]
    return Group(*parts)


def _causes(document: Mapping[str, Any], words: Words) -> Table:
    """Return how both runs are called, and every line in which they differ but for customers."""
    runs = [document["runs"][name] for name in ("first", "second")]
    rows: list[tuple[str, Sequence[str]]] = [
        ("status", [status_of(run, words) for run in runs]),
        ("period", [f"{run['first_day']} - {run['last_day']}" for run in runs]),
        ("customers", [grouped(run["customers"]) for run in runs]),
        ("sums", [grouped(run["daily_average_sum"]) for run in runs]),
        ("version", document["program"]),
        ("previous", [f"{one['quarter']} {one['digest'][:_SHORT]}" if one else words.of(RUNS, "none") for one in document["previous"]]),
        ("rules", [f"{one['name']} {one['sha256'][:_SHORT]}" for one in document["rules"]]),
    ]
    table = plain_table("", *(words.of(RUNS, name) for name in ("first", "second")))
    table.add_row(words.of(RUNS, "run"), *(run["folder"] for run in runs))
    for name, pair in rows:
        if pair[0] != pair[1]:
            table.add_row(words.of(RUNS, name), *pair)
    for one in document["bounds"]:
        table.add_row(f"  {one['code']}", *(_bound(one[side], words) for side in ("first", "second")))
    for name, pair in document["options"].items():
        table.add_row(f"--{name.replace('_', '-')}", *(_option(value) for value in pair))
    return table


def _bound(tier: Mapping[str, str] | None, words: Words) -> str:
    return f"{tier['label']} {grouped(tier['min'])}" if tier else words.of(RUNS, "not_there")


def _option(value: object) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else "-" if value is None else str(value)


def _extracts(document: Mapping[str, Any], words: Words) -> Iterator[Line]:
    """Yield which extracts differ, or why that is not told."""
    extracts = document["extracts"]
    if document["same_run"]:
        yield Line(words.of(RUNS, "same_run"))
    elif extracts is None:
        yield Line(words.of(RUNS, "extracts_other"))
    elif extracts:
        more = words.say(RUNS, "more", count=len(extracts) - _SHOWN_EXTRACTS) if len(extracts) > _SHOWN_EXTRACTS else ""
        names = words.of(RUNS, "comma").join(extracts[:_SHOWN_EXTRACTS])
        yield Line(words.say(RUNS, "extracts_differ", names=names + more))


def _kinds(document: Mapping[str, Any], words: Words) -> Table:
    """Customers by what differs; one may be in several rows."""
    table = plain_table(words.of(RUNS, "kind"), show_footer=True)
    table.columns[0].footer = words.of(RUNS, "any")
    add_figures(table, words.of(RUNS, "customers"), footer=f"{document['differing']:,}")
    for kind, customers in document["kinds"].items():
        table.add_row(words.of(RUNS, kind if kind.startswith("only") else f"{kind}_differs"), f"{customers:,}")
    return table


def _moves(moves: Sequence[Mapping[str, Any]], labels: Mapping[str, str], words: Words) -> Table:
    """Who is in another tier: each pair, the highest first, with the sums of their averages in both runs."""
    table = plain_table(words.of(RUNS, "from"), words.of(RUNS, "to"))
    add_figures(table, *(words.of(RUNS, name) for name in ("customers", "second_sum", "change")))
    for one in moves:
        pair = (labels[one["first_tier"]], labels[one["second_tier"]])
        table.add_row(*pair, f"{one['customers']:,}", grouped(one["second_average_sum"]), signed(one["difference_sum"]))
    return table
