"""What people see of the results of lists: by manager and action, and how far products are signed up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, add_figures, called, grouped, plain_table, ruled_table, signed
from vip_tiering.cli.words.lists import REPORT, TEXTS
from vip_tiering.cli.words.run import CHANGES
from vip_tiering.reports.words import STATES as STATE_WORDS
from vip_tiering.reports.words import TEXTS as MEASURE_TEXTS
from vip_tiering.tiers.outlook import STATES

if TYPE_CHECKING:
    from vip_tiering.lists.followup.results import Results

_INDENT: Final = (0, 0, 0, 2)
_SHOWN_REASONS: Final = 2
_PREVIEW_COLUMNS: Final = 5
_SHOWN: Final = ("selected", "exported", "delivered", "reached", "interested", "refused", "obstacles")
_OF_MANAGERS: Final = ("customers", "contacts", "delivered", "reached", "interested", "refused")
_LONGEST: Final = 60
"""More rows than this are shown for each action alone, whoever the manager is."""
_MOST_PRODUCTS: Final = 8


def changes_summary(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return the summary of a report from its manifest."""
    quarter = document["quarter"]
    if "as_of" in document:
        quarter = words.say(REPORT, "inside", quarter=quarter, day=document["as_of"])
    head = words.say(REPORT, "heading" if document["previous"] else "heading_alone", quarter=quarter, previous=document["previous"])
    size = {name: document[name] for name in ("customers", "branches", "managers")}
    moved = words.text("and").join(f"{words.of(CHANGES, name)} {count:,}" for name, count in document["changes"].items() if count)
    outlook = document["outlook"]
    counts = {state: sum(row[state] for row in outlook["states"]) for state in STATES if state != "steady"}
    about = words.text("and").join(f"{words.of(STATE_WORDS, state)} {count:,}" for state, count in counts.items())
    parts: list[RenderableType] = [
        Line(head, style="bold"),
        Line(words.say(REPORT, "size", **size)),
        Line(words.say(REPORT, "moved", moved=moved or words.say(REPORT, "nobody"))),
        Line(words.say(REPORT, "outlook", last=outlook["last_day"], about=about)),
    ]
    if document["measures"]:
        parts += ["", _measures(document, words)]
    if document["months"]:
        parts += ["", _months(document, words)]
    return Group(*parts)


def _measures(document: Mapping[str, Any], words: Words) -> Table:
    """Return the measures of all customers; a column of which nothing is known is left out.

    Growth is told as itself, as in the workbooks (`told_measures`), and the sum that grew below it.
    """
    rows = [row for one in document["measures"] for row in _rows_of_measure(one, words)]
    shown = [name for name in rows[0] if name != "measure" and any(row[name] for row in rows)]
    table = plain_table()
    table.add_column(words.say(REPORT, "measure"), overflow="fold")
    add_figures(table, *(words.say(REPORT, name) for name in shown))
    for row in rows:
        table.add_row(row["measure"], *(row[name] for name in shown))
    return table


def _rows_of_measure(one: Mapping[str, Any], words: Words) -> Iterator[dict[str, str]]:
    """Yield what is told of a measure: its name, and the texts of each column."""
    name, reached = f"{one['label']} {one['measure']}", one["quarter_reached"] or one["year_reached"]
    changes = {"versus_before": signed(one["growth"]), "versus_last_year": signed(one["last_year_growth"])}
    now = grouped(one["value"]) or words.say(REPORT, "not_delivered")
    if one["group"] != "growth":
        yield {"measure": name, "now": now, **changes, "reached": reached}
        return
    if changes["versus_before"]:
        yield {"measure": name, "now": changes["versus_before"], **changes, "versus_before": "", "reached": reached}
    yield {"measure": words.of(MEASURE_TEXTS, "sum_of_averages"), "now": now, **changes, "reached": ""}


def _months(document: Mapping[str, Any], words: Words) -> Table:
    """Return the averages of months of all customers; the change is left out where no month before one is known."""
    changes = [signed(one["month_change"]) for one in document["months"]]
    table = plain_table(words.say(REPORT, "month"))
    add_figures(table, words.say(REPORT, "sum"), *([words.say(REPORT, "versus_month")] if any(changes) else []))
    for one, change in zip(document["months"], changes, strict=True):
        table.add_row(one["month"], grouped(one["month_average_sum"]), *([change] if any(changes) else []))
    return table


def export_summary(document: Mapping[str, Any], labels: Mapping[str, str], words: Words) -> RenderableType:
    """Return the summary of an export from its manifest, readable at 80 columns. `labels`: name of each channel for people."""
    window, days = document["window"], document["on"]
    if window["first"] != window["last"]:
        days = words.text("up_to", day=days, last=window["last"])
    head = Line(words.text("lists", days=days, quarter=document["quarter"]), style="bold")
    parts: list[RenderableType] = [head, _channels(document, labels, words), _actions(document, words)]
    if empty := list(_empty(document, words)):
        parts += [Line(words.text("nobody_left")), *(Padding(Line(line), _INDENT) for line in empty)]
    return Group(*parts)


def _channels(document: Mapping[str, Any], labels: Mapping[str, str], words: Words) -> Table:
    table = ruled_table(words.column("channel"), padding=(0, 1))
    for name in ("rows", "private_rows", "customers"):
        table.add_column(words.column(name), justify="right")
    for code, counts in document["channels"].items():
        table.add_row(f"{labels.get(code, '')} {code}".strip(), *(f"{counts[name]:,}" for name in ("rows", "private_rows", "customers")))
    return table


def _actions(document: Mapping[str, Any], words: Words) -> Table:
    table = ruled_table(padding=(0, 1))
    table.add_column(words.column("action"), overflow="fold")
    for name in ("selected", "exported", "suppressed"):
        table.add_column(words.column(name), justify="right", no_wrap=True)
    table.add_column(words.column("most_often_for"), overflow="fold")
    for action, counts in document["actions"].items():
        if counts["selected"]:
            reasons = counts["suppressed"]
            most = sorted(reasons, key=lambda reason: -reasons[reason])[:_SHOWN_REASONS]
            figures = (counts["selected"], counts["exported"], sum(reasons.values()))
            told = words.text("and_for").join(f"{words.name(one)} {reasons[one]:,}" for one in most)
            table.add_row(Line(called(action, words)), *(f"{figure:,}" for figure in figures), told)
    return table


def _empty(document: Mapping[str, Any], words: Words) -> Iterator[str]:
    """Yield a line for every action of which nobody is left, with its main reason: an empty list is never silent."""
    for action, counts in document["actions"].items():
        if counts["selected"] and not counts["exported"]:
            reason, count = max(counts["suppressed"].items(), key=lambda one: one[1])
            name, why = called(action, words), words.name(reason)
            yield words.text("none_exported", action=name, selected=counts["selected"], reason=why, count=count)


def first_rows(previews: Mapping[str, list[dict[str, str]]], words: Words) -> RenderableType:
    """Return the first rows of each list, whose names, ids and numbers are masked already. `previews`: by name of the list."""
    table = Table.grid(padding=(0, 2))
    for column in range(_PREVIEW_COLUMNS):
        table.add_column(no_wrap=column < _PREVIEW_COLUMNS - 1, overflow="fold")
    for name, rows in previews.items():
        for number, row in enumerate(rows):
            due = words.say(TEXTS, "due_by", day=row["due_by"]) if "due_by" in row else ""
            what = (row.get("text") or row["reasons"]) + due
            title = Line(name if number == 0 else "", style="bold")
            table.add_row(title, row["customer_id"], row.get("display_name", ""), row["phone"], what)
    return Group(Line(words.say(TEXTS, "first_rows")), table)


def recorded(contacts: Mapping[str, int], known: int, barred: int, words: Words) -> RenderableType:
    """Return what was recorded: new results by word, those known already, new do-not-contact entries."""
    new = sum(contacts.values())
    if not new and not barred:
        return Line(words.text("already_recorded", known=known) if known else words.text("nothing_to_record"))
    told = words.text("and").join(f"{words.name(result)} {count:,}" for result, count in contacts.items())
    more = words.text("known_too", known=known) if known else ""
    lines = [words.text("recorded", new=new, words=told) + more if new else words.text("all_known", known=known)]
    return Line("\n".join([*lines, *([words.text("barred", barred=barred)] if barred else [])]))


def results_document(done: Results) -> dict[str, Any]:
    """Return the results as one document."""
    return {
        "exports": list(done.days),
        "results": done.figures.to_pylist(),
        "contacts": done.contacts.to_pylist(),
        "coverage": done.coverage.to_pylist() if done.coverage is not None else None,
        "files": list(done.files),
    }


def results_summary(done: Results, words: Words) -> RenderableType:
    """Return the results as tables that are readable at 80 columns: contacts by manager, then what they were for."""
    days, figures = done.days, done.figures
    between = days[0] if len(days) == 1 else words.text("between", first=days[0], last=days[-1])
    head = words.text("results_of_one" if len(days) == 1 else "results_of", exports=len(days), days=between)
    parts: list[RenderableType] = [Line(head, style="bold"), _results_table(done.managers, ("branch", "manager"), _OF_MANAGERS, words)]
    parts.append(Line(words.text("by_action"), style="bold"))
    by = ("branch", "manager", "action") if len(figures) <= _LONGEST else ("action",)
    parts.append(_results_table(_with_sum(figures, by), by, _SHOWN, words))
    if done.coverage is not None:
        parts += [Line(words.text("products_held"), style="bold"), _coverage(done.coverage, words)]
    return Group(*parts)


def _with_sum(figures: pa.Table, by: Sequence[str]) -> pa.Table:
    """Return the figures by some columns, in their order, and the sum of all behind."""
    rows: list[pa.Table] = []
    for names in (by, ()):
        sums = figures.group_by(list(names)).aggregate([(name, "sum") for name in _SHOWN])
        sums = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names])
        rows.append(sums.sort_by([(name, "ascending") for name in names]) if names else sums)
    return pa.concat_tables(rows, promote_options="default")


def _results_table(figures: pa.Table, by: Sequence[str], shown: Sequence[str], words: Words) -> Table:
    """Return figures as a table, the names of branch and manager once; the last row is the sum of all."""
    table = ruled_table(padding=(0, 0, 0, 0))  # so many figures fit into 80 columns only so
    for name in by:
        table.add_column(words.column(name), overflow="fold", no_wrap=name == "action" and not words.names)
    add_figures(table, *map(words.column, shown))
    before = dict.fromkeys(by)
    *rows, whole = figures.select([*by, *shown]).to_pylist()
    for row in rows:
        same = [row[name] == before[name] for name in by[:-1]]
        names = ["" if all(same[: place + 1]) else _shown(row[name]) for place, name in enumerate(by[:-1])]
        last = Line(called(row["action"], words)) if by[-1] == "action" else _shown(row[by[-1]])
        table.add_row(*names, last, *(f"{row[name]:,}" for name in shown))
        before = row
    table.add_section()
    table.add_row(words.text("all"), *[""] * (len(by) - 1), *(f"{whole[name] or 0:,}" for name in shown))
    return table


def _shown(name: str) -> str:
    return "-" if name == UNASSIGNED else name


def _coverage(coverage: pa.Table, words: Words) -> Table:
    """Return for each tier how many customers hold any product, and the products that most of them hold."""
    table = ruled_table(words.column("tier"))
    for name in ("customers", "with_any", "share"):
        table.add_column(words.column(name), justify="right")
    table.add_column(words.column("most_often"), overflow="fold")
    for label in dict.fromkeys(coverage["tier_label"].to_pylist()):
        rows = coverage.filter(pc.equal(coverage["tier_label"], label)).to_pylist()
        most = sorted(rows[1:], key=lambda row: -row["holders"])[:_MOST_PRODUCTS]
        names = words.text("and_for").join(f"{row['product']} {row['share_percent']}" for row in most if row["holders"])
        table.add_row(label, f"{rows[0]['customers']:,}", f"{rows[0]['holders']:,}", rows[0]["share_percent"], names)
    return table
