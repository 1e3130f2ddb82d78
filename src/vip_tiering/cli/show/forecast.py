"""What people see of the load ahead, readable at 80 columns: by manager, by action, and what never gets a turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table

from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, add_figures, called, grid, ruled_table
from vip_tiering.lists.forecast.days import NOBODY_DUE, NOBODY_FITS, Forecast

_LONGEST: Final = 60
"""Of more managers than this only those with the longest waits are shown."""


def forecast_summary(quarter: str, ahead: Forecast, words: Words) -> RenderableType:
    """Return the load ahead of the run of a quarter. `words` know what actions, products and gates are called."""
    first, last = day_date(ahead.windows[0].first), day_date(ahead.windows[-1].first)
    head = Line(words.text("load_ahead", days=len(ahead.windows), first=first, last=last, quarter=quarter), style="bold")
    parts: list[RenderableType] = [head, Line(words.text("as_if_answered")), _managers(ahead.managers, words)]
    if (more := len(ahead.managers) - _LONGEST) > 0:
        parts.append(Line(words.text("more_managers", more=more)))
    parts += [_actions(ahead.actions, words), *_silent(ahead.silent, words)]
    return Group(*parts)


def _managers(managers: pd.DataFrame, words: Words) -> Table:
    """Return the load of managers; of too many those with the longest waits."""
    if len(managers) > _LONGEST:
        managers = managers.sort_values(["waiting", "longest_wait"], ascending=False, kind="stable").head(_LONGEST).sort_index()
    table = ruled_table()
    for name in ("branch", "manager"):
        table.add_column(words.column(name), overflow="fold")
    add_figures(table, *map(words.column, ("median", "most", "quota", "waiting", "longest_wait")))
    before = ""
    for row in managers.to_dict("records"):
        names = ("-" if name == UNASSIGNED else name for name in ("" if row["branch"] == before else row["branch"], row["manager"]))
        quota = "-" if pd.isna(row["quota"]) else f"{row['quota']:,}"
        table.add_row(*names, f"{row['median']:,g}", f"{row['most']:,}", quota, f"{row['waiting']:,}", f"{row['longest_wait']:,}")
        before = row["branch"]
    return table


def _actions(actions: pd.DataFrame, words: Words) -> Table:
    """Return what became of the actions that are due for anybody."""
    table = ruled_table(padding=(0, 1))
    table.add_column(words.column("action"), overflow="fold")
    add_figures(table, *map(words.column, ("due", "told", "never_told")))
    table.add_column(words.column("most_often_for"), overflow="fold")
    for row in actions[actions["due"] > 0].to_dict("records"):
        why = f"{words.name(row['reason'])} {row['stopped']:,}" if row["reason"] else ""
        table.add_row(Line(called(row["action"], words)), f"{row['due']:,}", f"{row['told']:,}", f"{row['never_percent']}%", why)
    return table


def _silent(silent: pd.DataFrame, words: Words) -> Iterator[RenderableType]:
    """Yield of which actions and topics nobody hears, by the main reason."""
    if silent.empty:
        yield Line(words.text("all_heard"))
        return
    yield Line(words.text("never_heard"), style="bold")
    table = grid(2)
    for kind, reason in silent[["kind", "reason"]].drop_duplicates().to_numpy():
        rows = silent[(silent["kind"] == kind) & (silent["reason"] == reason)]
        why = words.text(reason) if reason in (NOBODY_DUE, NOBODY_FITS) else words.name(reason)
        names = (called(code, words) if kind == "action" else words.name(code) for code in rows["code"])
        table.add_row(why, Line(f"{words.text(f'silent_{kind}')}{words.text(f'and_{kind}').join(names)}"))
    yield table
