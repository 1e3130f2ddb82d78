"""What people see of the effect of contacts: for each action both groups, and what may be chance; readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table

from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, add_figures, plain_table, signed

_MONEY: Final = ("daily_average", "closing_balance")


def effect_summary(document: Mapping[str, Any], words: Words) -> RenderableType:
    """Return what `vip playbook effect` found, action after action."""
    days: Sequence[str] = document["exports"]
    span = days[0] if len(days) == 1 else words.text("between", first=days[0], last=days[-1])
    exports = words.text("exports_of_one" if len(days) == 1 else "exports_of", exports=len(days), days=span)
    head = words.text("effect", before=document["run_before"], after=document["run_after"], exports=exports)
    parts: list[RenderableType] = [Line(head, style="bold")]
    for one in document["actions"]:
        parts += ["", *_action(one, document["fewest_customers"], words)]
    return Group(*parts, "", Line(words.text("effect_note")))


def _action(one: Mapping[str, Any], fewest: int, words: Words) -> Iterator[RenderableType]:
    """Yield what is said of one action: its groups, who does not count, and the measures."""
    named = one["action"] if words.name(one["action"]) == one["action"] else f"{one['action']} {words.name(one['action'])}"
    yield Line(words.text("effect_groups", action=named, listed=one["listed"], **one["customers"]))
    if any(one["left"].values()):
        yield Line(words.text("effect_left", **one["left"]))
    for text, key in (("effect_new", "not_in_run_before"), ("effect_both", "in_both_groups")):
        if one[key]:
            yield Line(words.text(text, count=one[key]))
    if not one["enough"]:
        yield Line(words.text("effect_few", fewest=fewest))
        return
    yield _measures(one["measures"], words)
    if one["waiting"]:
        for name in _MONEY:
            told = {key: _shown(name, one["measures"][name]["per_listed"][key]) for key in ("difference", "low", "high")}
            yield Line(words.text("effect_per_listed", measure=words.text(name), **told))
    found = [words.text(name) for name, measure in one["measures"].items() if not measure["may_be_chance"]]
    yield Line(words.text("effect_found", measures=words.text("and").join(found)) if found else words.text("effect_chance"))


def _measures(measures: Mapping[str, Any], words: Words) -> Table:
    table = plain_table(words.column("measure"))
    add_figures(table, *map(words.column, ("contacted", "control", "difference", "interval")))
    for name, one in measures.items():
        groups = [_shown(name, one[group]) if name in _MONEY else one[group] for group in ("contacted", "control")]
        low, high = _shown(name, one["low"]), _shown(name, one["high"])
        table.add_row(words.text(name), *groups, _shown(name, one["difference"]), words.text("between", first=low, last=high))
    return table


def _shown(name: str, amount: str) -> str:
    """Return a figure with its sign; money in whole yuan, for what chance blurs is not told to the fen."""
    return signed(str(Decimal(amount).quantize(Decimal(1), ROUND_HALF_EVEN)) if name in _MONEY else amount)
