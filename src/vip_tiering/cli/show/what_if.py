"""What people see of a simulation, a restatement and a reconciliation, readable at 80 columns, with and without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.base.money import fen_from_text, yuan_text
from vip_tiering.cli.show.tables import Matrix, add_figures, grouped, plain_table, signed

_SHOWN_EXTRACTS: Final = 10
_KINDS: Final = {
    "only_published": "in the published run only",
    "only_restated": "in the restated run only",
    "tier": "another tier",
    "average": "another average",
    "closing": "another closing balance",
    "change": "another change",
}


def simulation(document: Mapping[str, Any]) -> RenderableType:
    """Return what `vip tier simulate` found, run after run, the oldest first."""
    parts = [part for run in document["runs"] for part in _simulated(run, document["candidate"])]
    if not document["playbooks"]:
        parts.append(Text(f"{document['candidate']}: there is no playbooks.yaml, so no rows are expected"))
    return Group(*parts)


def _simulated(run: Mapping[str, Any], candidate: str) -> Iterator[RenderableType]:
    """Yield what is said of one run."""
    heading = Text(run["run"], style="bold")
    days = f"{run['first_day']} to {run['last_day']}, {run['quarter_days']} days, {run['status']}"
    heading.append(f"  {days}, {run['customers']:,} customers", style="not bold")
    yield heading
    yield Text(
        f"{run['changed']:,} would have another tier by {candidate}" if run["changed"] else f"nobody would change tier by {candidate}"
    )
    yield ""
    pairs = _pairs(run["old_tiers"], run["new_tiers"])
    yield _customers(pairs)
    yield ""
    yield _sums(pairs)
    yield ""
    moves = {(one["old_tier"], one["new_tier"]): one["customers"] for one in run["moves"]}
    old, new = ({one["code"]: one["label"] for one in reversed(run[side])} for side in ("old_tiers", "new_tiers"))
    yield Matrix(old, new, moves, "customers from the run's tiers (rows) to the candidate's (columns)", "customers by both ladders")
    yield ""
    if run["changed"]:
        yield _movers([one for one in run["moves"] if one["old_tier"] != one["new_tier"]], old, new)
        yield ""
    if "actions" in run:
        yield from _actions(run["actions"])


Tier = Mapping[str, Any]
"""What is said of a tier of one ladder; empty where the ladder has no such code."""


def _pairs(old: Sequence[Tier], new: Sequence[Tier]) -> list[tuple[str, Tier, Tier]]:
    """Return the tiers of both ladders by their name for people, the highest first."""
    before, now = ({one["code"]: one for one in ladder} for ladder in (old, new))
    both = {code: (before.get(code, {}), now.get(code, {})) for code in {**before, **now}}
    labels = {code: "/".join(dict.fromkeys(one["label"] for one in pair if one)) for code, pair in both.items()}
    bound = {code: max(fen_from_text(one["min"]) if one["min"] else 0 for one in pair if one) for code, pair in both.items()}
    ordered = sorted(both, key=lambda code: -bound[code])
    return [(f"{labels[code]} {code}", *both[code]) for code in ordered]


def _customers(pairs: list[tuple[str, Tier, Tier]]) -> Table:
    """Bound and customers of each tier by both ladders."""
    table = plain_table("tier")
    add_figures(table, "from, yuan", "candidate", "customers", "candidate", "change")
    for name, old, new in pairs:
        bounds = [grouped(one.get("min") or "") for one in (old, new)]
        counts = [f"{one['customers']:,}" if one else "" for one in (old, new)]
        table.add_row(name, *bounds, *counts, signed(new.get("customers", 0) - old.get("customers", 0)))
    return table


def _sums(pairs: list[tuple[str, Tier, Tier]]) -> Table:
    """The sum of averages of each tier by both ladders."""
    table = plain_table("tier")
    add_figures(table, "sum of averages, yuan", "candidate", "change")
    for name, old, new in pairs:
        sums = [one.get("daily_average_sum", "") for one in (old, new)]
        fen = [fen_from_text(one) if one else 0 for one in sums]
        table.add_row(name, *map(grouped, sums), signed(yuan_text(fen[1] - fen[0])))
    return table


def _movers(moves: Sequence[Mapping[str, Any]], old: Mapping[str, str], new: Mapping[str, str]) -> Table:
    """Who changes: each pair of tiers, the highest first, with the assets that go with it."""
    table = plain_table("who changes", "to")
    add_figures(table, "customers", "sum of averages, yuan")
    for one in reversed(moves):
        table.add_row(
            f"{old[one['old_tier']]} {one['old_tier']}",
            f"{new[one['new_tier']]} {one['new_tier']}",
            f"{one['customers']:,}",
            grouped(one["daily_average_sum"]),
        )
    return table


def _actions(actions: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """How many customers each action addresses at most, by both ladders."""
    yield Text("rows expected of each action at most, before any gate", style="bold")
    table = plain_table()
    table.add_column("action", no_wrap=True)
    add_figures(table, "now", "candidate", "change")
    table.add_column("what", overflow="fold")
    named = [one for one in actions if one["by_name"]]
    for one in named:
        known = one["old"] is not None
        figures = (f"{one['old']:,}", f"{one['new']:,}", signed(one["new"] - one["old"])) if known else ("not known",) * 2 + ("",)
        table.add_row(one["action"], *figures, one["what"])
    yield table
    if others := len(actions) - len(named):
        yield Text(f"{others} more actions address nobody by name: visitors, events in the branch hall")
    yield ""


def restatement(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return what `vip tier restate` found; `rows`: the customers to be shown, as `differences` returns them."""
    heading = Text(document["run"], style="bold")
    count = document["customers"]
    heading.append(
        f"  {document['status']}, {count['published']:,} customers as published, {count['restated']:,} restated", style="not bold"
    )
    parts: list[RenderableType] = [heading, *_other_extracts(document["extracts"])]
    if not document["differing"]:
        return Group(*parts, Text("nobody differs: tiers, averages and closing balances are as published"))
    parts += ["", _kinds(document), ""]
    labels = {one["code"]: one["label"] for one in reversed(document["tiers"])}
    moves = {(one["published_tier"], one["restated_tier"]): one["customers"] for one in document["moves"]}
    parts += [Matrix(labels, labels, moves, "customers as published (rows) and restated (columns)", "customers as published and restated")]
    if len(rows):
        parts += ["", _restated_rows(rows, labels)]
    if (more := document["differing"] - len(rows)) > 0:
        parts.append(Text(f"{more:,} more" if len(rows) else f"{more:,} customers; --out FILE.csv lists them"))
    return Group(*parts)


def _other_extracts(extracts: Sequence[str]) -> Iterator[Text]:
    """Yield which extracts differ from those of the published run."""
    if not extracts:
        yield Text("extracts: those of the published run")
        return
    more = f" and {len(extracts) - _SHOWN_EXTRACTS} more" if len(extracts) > _SHOWN_EXTRACTS else ""
    yield Text(f"extracts that differ: {', '.join(extracts[:_SHOWN_EXTRACTS])}{more}")


def _kinds(document: Mapping[str, Any]) -> Table:
    """Customers by what differs; one may be in several rows."""
    table = plain_table("what differs", show_footer=True)
    table.columns[0].footer = "customers of whom anything differs"
    add_figures(table, "customers", footer=f"{document['differing']:,}")
    for kind, words in _KINDS.items():
        known = kind != "change" or document["changes_compared"]
        table.add_row(words, f"{document['kinds'][kind]:,}" if known else "not compared")
    return table


def _restated_rows(rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> Table:
    table = plain_table()
    table.add_column("customer", overflow="fold")
    table.add_column("tier", no_wrap=True)
    add_figures(table, "published", "restated", "difference")
    for one in rows:
        tiers = " to ".join(dict.fromkeys(labels[one[side]] for side in ("published_tier", "restated_tier")))
        figures = (grouped(yuan_text(one[side])) for side in ("published_average", "restated_average"))
        table.add_row(one["customer_id"], tiers, *figures, signed(yuan_text(one["difference"])))
    return table


def reconciliation(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Return what `vip tier reconcile` found; `rows`: the customers to be shown, with amounts as text."""
    heading = Text(f"{document['run']} against {document['list']}", style="bold")
    unit = "万元" if document["column_unit"] == "wan_yuan" else "元"
    heading.append(f"  {document['column']} in {unit}, figures of {document['column_rounded_to']} yuan", style="not bold")
    count = document["customers"]
    customers = f"customers: run {count['run']:,}, list {count['list']:,}, both {count['both']:,}"
    equal = f"averages: {document['equal']:,} equal, {document['differing']:,} differ"
    parts: list[RenderableType] = [heading, Text(customers), Text(equal)]
    if document["explained_by"] is not None:
        words = next(one["words"] for one in document["causes"] if one["cause"] == document["explained_by"])
        many = f"all {document['differing']:,} differences are" if document["differing"] > 1 else "the one difference is"
        parts.append(Text(f"{many} explained by: {words}", style="bold"))
    if document["causes"]:
        parts += ["", _causes(document)]
    if rows:
        parts += ["", _reconciled_rows(rows)]
    parts += [Text(line) for line in document["not_tried"]]
    return Group(*parts)


def _causes(document: Mapping[str, Any]) -> Table:
    """Customers by the likely cause of their difference."""
    table = plain_table()
    table.add_column("likely cause", overflow="fold")
    add_figures(table, "customers", "sum of differences, yuan")
    for one in document["causes"]:
        table.add_row(one["words"], f"{one['customers']:,}", signed(one["difference_sum"]))
    return table


def _reconciled_rows(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = plain_table()
    table.add_column("customer", overflow="fold")
    add_figures(table, "bank", "run", "difference")
    table.add_column("cause", overflow="fold")
    for one in rows:
        figures = (grouped(one["bank_average"]), grouped(one["run_average"]), signed(one["difference"]))
        table.add_row(one["customer_id"], *figures, one["cause"])
    return table
