"""What people see of a simulation, a restatement and a reconciliation, readable at 80 columns, with and without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table

from vip_tiering.base.money import fen_from_text, yuan_text
from vip_tiering.base.words import Words
from vip_tiering.cli.show.run import status_of
from vip_tiering.cli.show.tables import Line, Matrix, add_figures, grouped, plain_table, signed
from vip_tiering.cli.words.run import TEXTS as OF_RUNS
from vip_tiering.cli.words.sentences import told
from vip_tiering.cli.words.what_if import KINDS, TEXTS

_SHOWN_EXTRACTS: Final = 10


def simulation(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return what `vip tier simulate` found, run after run, the oldest first. `words` know what actions are called."""
    candidate = told(document["candidate"], words)
    parts = [part for run in document["runs"] for part in _simulated(run, candidate, words)]
    if not document["playbooks"]:
        parts.append(Line(words.say(TEXTS, "no_playbooks", candidate=candidate)))
    return Group(*parts)


def _simulated(run: Mapping[str, Any], candidate: str, words: Words) -> Iterator[RenderableType]:
    """Yield what is said of one run."""
    heading = Line(run["run"], style="bold")
    days = {"first": run["first_day"], "last": run["last_day"], "days": run["quarter_days"]}
    said = words.say(OF_RUNS, "heading", **days, status=status_of(run, words), customers=run["customers"])
    yield heading.append(said, style="not bold")
    yield Line(words.say(TEXTS, "would_change" if run["changed"] else "nobody_would", candidate=candidate, count=run["changed"]))
    yield ""
    pairs = _pairs(run["old_tiers"], run["new_tiers"])
    yield _customers(pairs, words)
    yield ""
    yield _sums(pairs, words)
    yield ""
    moves = {(one["old_tier"], one["new_tier"]): one["customers"] for one in run["moves"]}
    old, new = ({one["code"]: one["label"] for one in reversed(run[side])} for side in ("old_tiers", "new_tiers"))
    yield Matrix(old, new, moves, (words.say(TEXTS, "ladders"), words.say(TEXTS, "ladders_pairs")), words)
    yield ""
    if run["changed"]:
        yield _movers([one for one in run["moves"] if one["old_tier"] != one["new_tier"]], old, new, words)
        yield ""
    if "actions" in run:
        yield from _actions(run["actions"], words)


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


def _customers(pairs: list[tuple[str, Tier, Tier]], words: Words) -> Table:
    """Bound and customers of each tier by both ladders."""
    table = plain_table(words.say(TEXTS, "tier"))
    add_figures(table, *(words.say(TEXTS, name) for name in ("from", "candidate", "customers", "candidate", "change")))
    for name, old, new in pairs:
        bounds = [grouped(one.get("min") or "") for one in (old, new)]
        counts = [f"{one['customers']:,}" if one else "" for one in (old, new)]
        table.add_row(name, *bounds, *counts, signed(new.get("customers", 0) - old.get("customers", 0)))
    return table


def _sums(pairs: list[tuple[str, Tier, Tier]], words: Words) -> Table:
    """The sum of averages of each tier by both ladders."""
    table = plain_table(words.say(TEXTS, "tier"))
    add_figures(table, *(words.say(TEXTS, name) for name in ("sum", "candidate", "change")))
    for name, old, new in pairs:
        sums = [one.get("daily_average_sum", "") for one in (old, new)]
        fen = [fen_from_text(one) if one else 0 for one in sums]
        table.add_row(name, *map(grouped, sums), signed(yuan_text(fen[1] - fen[0])))
    return table


def _movers(moves: Sequence[Mapping[str, Any]], old: Mapping[str, str], new: Mapping[str, str], words: Words) -> Table:
    """Who changes: each pair of tiers, the highest first, with the assets that go with it."""
    table = plain_table(*(words.say(TEXTS, name) for name in ("who", "who_to")))
    add_figures(table, *(words.say(TEXTS, name) for name in ("customers", "sum")))
    for one in reversed(moves):
        table.add_row(
            f"{old[one['old_tier']]} {one['old_tier']}",
            f"{new[one['new_tier']]} {one['new_tier']}",
            f"{one['customers']:,}",
            grouped(one["daily_average_sum"]),
        )
    return table


def _actions(actions: Sequence[Mapping[str, Any]], words: Words) -> Iterator[RenderableType]:
    """How many customers each action addresses at most, by both ladders."""
    yield Line(words.say(TEXTS, "expected"), style="bold")
    table = plain_table()
    table.add_column(words.say(TEXTS, "action"), no_wrap=True)
    add_figures(table, *(words.say(TEXTS, name) for name in ("now", "candidate", "change")))
    table.add_column(words.say(TEXTS, "what"), overflow="fold")
    named = [one for one in actions if one["by_name"]]
    unknown = (words.say(TEXTS, "not_known"),) * 2 + ("",)
    for one in named:
        known = one["old"] is not None
        figures = (f"{one['old']:,}", f"{one['new']:,}", signed(one["new"] - one["old"])) if known else unknown
        table.add_row(one["action"], *figures, words.names.get(one["action"], one["what"]))
    yield table
    if others := len(actions) - len(named):
        yield Line(words.say(TEXTS, "others", count=others))
    yield ""


def restatement(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], words: Words) -> RenderableType:
    """Return what `vip tier restate` found; `rows`: the customers to be shown, as `differences` returns them."""
    heading = Line(document["run"], style="bold")
    heading.append(words.say(TEXTS, "restated", status=status_of(document, words), **document["customers"]), style="not bold")
    parts: list[RenderableType] = [heading, _other_extracts(document["extracts"], words)]
    if not document["differing"]:
        return Group(*parts, Line(words.say(TEXTS, "nobody_differs")))
    parts += ["", _kinds(document, words), ""]
    labels = {one["code"]: one["label"] for one in reversed(document["tiers"])}
    moves = {(one["published_tier"], one["restated_tier"]): one["customers"] for one in document["moves"]}
    parts += [Matrix(labels, labels, moves, (words.say(TEXTS, "both"), words.say(TEXTS, "both_pairs")), words)]
    if len(rows):
        parts += ["", _restated_rows(rows, labels, words)]
    if (more := document["differing"] - len(rows)) > 0:
        parts.append(Line(words.say(TEXTS, "more" if len(rows) else "more_in_file", count=more)))
    return Group(*parts)


def _other_extracts(extracts: Sequence[str], words: Words) -> Line:
    """Return which extracts differ from those of the published run."""
    if not extracts:
        return Line(words.say(TEXTS, "same_extracts"))
    names = words.text("and").join(told(one, words) for one in extracts[:_SHOWN_EXTRACTS])
    more = len(extracts) - _SHOWN_EXTRACTS
    return Line(words.say(TEXTS, "other_extracts", names=words.say(TEXTS, "and_more", names=names, count=more) if more > 0 else names))


def _kinds(document: Mapping[str, Any], words: Words) -> Table:
    """Customers by what differs; one may be in several rows."""
    table = plain_table(words.say(TEXTS, "differs"), show_footer=True)
    table.columns[0].footer = words.say(TEXTS, "anything")
    add_figures(table, words.say(TEXTS, "customers"), footer=f"{document['differing']:,}")
    for kind in KINDS:
        known = kind != "change" or document["changes_compared"]
        table.add_row(words.of(KINDS, kind), f"{document['kinds'][kind]:,}" if known else words.say(TEXTS, "not_compared"))
    return table


def _restated_rows(rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str], words: Words) -> Table:
    table = plain_table()
    table.add_column(words.say(TEXTS, "customer"), overflow="fold")
    table.add_column(words.say(TEXTS, "tier"), no_wrap=True)
    add_figures(table, *(words.say(TEXTS, name) for name in ("published", "restated_figure", "difference")))
    for one in rows:
        tiers = words.say(TEXTS, "to").join(dict.fromkeys(labels[one[side]] for side in ("published_tier", "restated_tier")))
        figures = (grouped(yuan_text(one[side])) for side in ("published_average", "restated_average"))
        table.add_row(one["customer_id"], tiers, *figures, signed(yuan_text(one["difference"])))
    return table


def reconciliation(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], words: Words) -> RenderableType:
    """Return what `vip tier reconcile` found; `rows`: the customers to be shown, with amounts as text."""
    heading = Line(words.say(TEXTS, "against", run=document["run"], list=document["list"]), style="bold")
    unit = "万元" if document["column_unit"] == "wan_yuan" else "元"
    column = words.say(TEXTS, "column", column=document["column"], unit=unit, to=document["column_rounded_to"])
    parts: list[RenderableType] = [heading.append(column, style="not bold"), Line(words.say(TEXTS, "sides", **document["customers"]))]
    parts.append(Line(words.say(TEXTS, "averages", equal=document["equal"], differing=document["differing"])))
    if document["explained_by"] is not None:
        cause = next(one["words"] for one in document["causes"] if one["cause"] == document["explained_by"])
        how = "all_explained" if document["differing"] > 1 else "one_explained"
        parts.append(Line(words.say(TEXTS, how, count=document["differing"], cause=told(cause, words)), style="bold"))
    if document["causes"]:
        parts += ["", _causes(document, words)]
    if rows:
        names = {one["cause"]: told(one["words"], words) for one in document["causes"]} if words.language == "zh" else {}
        parts += ["", _reconciled_rows(rows, names, words)]
    parts += [Line(told(line, words)) for line in document["not_tried"]]
    return Group(*parts)


def _causes(document: Mapping[str, Any], words: Words) -> Table:
    """Customers by the likely cause of their difference."""
    table = plain_table()
    table.add_column(words.say(TEXTS, "likely"), overflow="fold")
    add_figures(table, *(words.say(TEXTS, name) for name in ("customers", "sum_of_differences")))
    for one in document["causes"]:
        table.add_row(told(one["words"], words), f"{one['customers']:,}", signed(one["difference_sum"]))
    return table


def _reconciled_rows(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], words: Words) -> Table:
    """Customers, with the code of the cause, or its name where it has one."""
    table = plain_table()
    table.add_column(words.say(TEXTS, "customer"), overflow="fold")
    add_figures(table, *(words.say(TEXTS, name) for name in ("bank", "run", "difference")))
    table.add_column(words.say(TEXTS, "cause"), overflow="fold")
    for one in rows:
        figures = (grouped(one["bank_average"]), grouped(one["run_average"]), signed(one["difference"]))
        table.add_row(one["customer_id"], *figures, names.get(one["cause"], one["cause"]))
    return table
