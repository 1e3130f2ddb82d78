"""The charts of what lies ahead, of branches and managers, and of lists: each from one table of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.page.charts import Drawer
from vip_tiering.reports.overview.page.drawing import (
    FALL,
    INK,
    LETTERS,
    LINE,
    QUIET,
    RISE,
    SHEET,
    Chart,
    area,
    bars_across,
    legend_above,
    lines_of_bars,
    wan,
)
from vip_tiering.reports.overview.spread import NEED_BANDS
from vip_tiering.reports.overview.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_A_BAR: Final = 27
_A_THIN_BAR: Final = 20
_LONGEST_NAME: Final = 9
_AHEAD: Final = (("near_down", FALL, 0.5, -1), ("falling", FALL, 1, -1), ("near_up", RISE, 0.5, 1), ("rising", RISE, 1, 1))
"""State, colour, how strong, and to which side."""
_FUNNEL: Final = ("contacts", "recorded", "delivered", "reached", "interested")


def outlook_chart(drawer: Drawer, table: Table) -> Chart:
    """Return for each tier who is about to fall, to the left, and who is about to rise, to the right."""
    rows = table.rows
    names = [drawer.cells.name(code) for code in rows["tier"]]

    def draw(figure: Figure) -> None:
        axes = area(figure, 74, 8, 10, 32)
        ends = {-1: pd.Series(0.0, index=rows.index), 1: pd.Series(0.0, index=rows.index)}
        for state, color, strength, side in _AHEAD:
            lengths = side * rows[state].astype("float64")
            label = drawer.cells.header(state, "count")
            axes.barh(range(len(rows)), lengths, left=ends[side], color=color, alpha=strength, height=0.68, label=label)
            ends[side] = ends[side] + lengths
        widest = max(ends[1].max(), -ends[-1].min(), 1)
        for side, sums in ends.items():
            for place, end in enumerate(sums):
                if end:
                    axes.text(end + side * 0.03 * widest, place, f"{abs(end):,.0f}", ha="left" if side > 0 else "right", va="center")
        axes.axvline(0, color=LINE, linewidth=1)
        axes.set_xlim(-1.25 * widest, 1.25 * widest)
        lines_of_bars(axes, names)
        legend_above(figure, axes, len(_AHEAD))

    return drawer.chart("outlook", 44 + _A_BAR * len(rows), draw)


def need_chart(drawer: Drawer, table: Table) -> Chart:
    """Return how many customers a deposit of which size would lift, and how many it would keep."""
    counts = table.rows.groupby(["direction", "band"])["customers"].sum()

    def draw(figure: Figure) -> None:
        for place, (direction, color) in enumerate((("lift", RISE), ("keep", FALL))):
            axes = area(figure, (104, 290)[place], 6, (190, 6)[place], 24)
            numbers = [int(counts.get((direction, band), 0)) for band in NEED_BANDS]
            names = [drawer.cells.cell("word", band) for band in NEED_BANDS] if place == 0 else [""] * len(NEED_BANDS)
            bars_across(axes, names, [float(one) for one in numbers], [f"{one:,}" for one in numbers], color)
            axes.set_title(drawer.cells.cell("word", direction), loc="left", fontsize=LETTERS, color=QUIET)

    return drawer.chart("need", 30 + _A_BAR * len(NEED_BANDS), draw)


def branches_chart(drawer: Drawer, table: Table) -> list[Chart]:
    """Return the assets of each branch, tier beside tier. `table`: of branches by tier."""
    rows = table.rows
    names = list(rows["branch"].drop_duplicates())
    wide = wan(rows.pivot_table("daily_average_sum", index="branch", columns="tier", aggfunc="sum").fillna(0)).reindex(names)
    tiers = [one for one in reversed(drawer.tiers) if one in wide]

    def draw(figure: Figure) -> None:
        axes = area(figure, 104, 6, 70, drawer.top + 10)
        left = pd.Series(0.0, index=wide.index)
        for one in tiers:
            color, label = drawer.colors[one], drawer.cells.name(one)
            axes.barh(range(len(wide)), wide[one], left=left, color=color, label=label, height=0.68, edgecolor=SHEET, linewidth=0.6)
            left += wide[one]
        for place, whole in enumerate(wide[TOTAL]):
            axes.text(1.01, place, f"{whole:,.0f}", transform=axes.get_yaxis_transform(), va="center", color=INK)
        lines_of_bars(axes, [_short(drawer.cells.cell("branch", one)) for one in names])
        legend_above(figure, axes, 4)

    return [drawer.chart("branches", 20 + drawer.top + _A_BAR * len(wide), draw)]


def managers_chart(drawer: Drawer, table: Table) -> list[Chart]:
    """Return the assets of each manager, and by how much they changed."""
    rows = table.rows
    names = [_short(_manager(drawer, branch, manager)) for branch, manager in zip(rows["branch"], rows["manager"], strict=True)]

    def draw(figure: Figure) -> None:
        axes = area(figure, 104, 4, 150, 24)
        sums = wan(rows["daily_average_sum"])
        bars_across(axes, names, list(sums), [f"{one:,.0f}" for one in sums], drawer.plain)
        axes.set_title(drawer.cells.header("daily_average_sum", "fen"), loc="left", fontsize=LETTERS, color=QUIET)
        changes = wan(rows["daily_average_change"].fillna(0))
        beside = area(figure, 330, 4, 50, 24)
        beside.barh(range(len(rows)), changes, color=[FALL if one < 0 else RISE for one in changes], height=0.6)
        for place, change in enumerate(changes):
            beside.text(1.03, place, f"{change:+,.0f}", transform=beside.get_yaxis_transform(), va="center", color=INK)
        beside.axvline(0, color=LINE, linewidth=1)
        lines_of_bars(beside, [""] * len(rows))
        beside.set_title(drawer.cells.header("daily_average_change", "text"), loc="left", fontsize=LETTERS, color=QUIET)

    return [drawer.chart("managers", 28 + _A_THIN_BAR * len(rows), draw)]


def contacts_chart(drawer: Drawer, table: Table) -> list[Chart]:
    """Return how many contacts there were, and of how many what came of them. The last line of the table is all managers."""
    whole = table.rows.iloc[-1]

    def draw(figure: Figure) -> None:
        axes = area(figure, 74, 6, 6, 6)
        numbers = [float(whole[name]) for name in _FUNNEL]
        names = [drawer.cells.header(name, "count") for name in _FUNNEL]
        bars_across(axes, names, numbers, [f"{one:,.0f}" for one in numbers], drawer.plain)

    return [drawer.chart("contacts", 12 + _A_BAR * len(_FUNNEL), draw)]


def _manager(drawer: Drawer, branch: str, manager: str) -> str:
    return f"{drawer.cells.cell('manager', manager)}" if manager else drawer.cells.cell("branch", branch)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
