"""The charts of tiers, of time, and of how assets are spread: each from one table of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vip_tiering.reports.figures.movement import PARTS
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells, percent_text
from vip_tiering.reports.overview.page.drawing import (
    FALL,
    INK,
    LETTERS,
    MARK,
    QUIET,
    RISE,
    SHEET,
    Chart,
    area,
    bars_across,
    chart_of,
    legend_above,
    lines_of_bars,
    number_ticks,
    tier_colors,
    wan,
)
from vip_tiering.reports.overview.spread import STEP_PERCENT
from vip_tiering.reports.overview.tables import Table
from vip_tiering.reports.overview.words import CHARTS, CHARTS_SAID

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES: Final = 74
"""Pixels on the left for the names of tiers."""
_A_BAR: Final = 27
_LEGEND_COLUMNS: Final = 4
_LEGEND_LINE: Final = 17
_PANELS: Final = 3
_PANEL_POINTS: Final = 96


@dataclass(frozen=True)
class Drawer:
    """Draws in one language. `tiers`: codes from the lowest, untiered, on."""

    cells: Cells
    tiers: Sequence[str]

    @property
    def colors(self) -> dict[str, str]:
        """The colour of each tier."""
        return tier_colors(self.tiers)

    def chart(self, code: str, height: int, draw: Any) -> Chart:  # noqa: ANN401 (what draws on a figure)
        """Return a chart with the title and description that words have for it."""
        of = self.cells.words.of
        return chart_of(f"chart-{code}", of(CHARTS, code), of(CHARTS_SAID, code), height, draw)

    @property
    def plain(self) -> str:
        """The colour of what is of no tier: that of one in the middle."""
        return self.colors[self.tiers[len(self.tiers) * 2 // 3]]

    @property
    def top(self) -> int:
        """Pixels that the legend of all tiers takes."""
        return 8 + _LEGEND_LINE * -(-len(self.tiers) // _LEGEND_COLUMNS)


def tiers_chart(drawer: Drawer, table: Table) -> Chart:
    """Return customers and assets of each tier side by side."""
    rows, cells = table.rows[table.rows["tier"] != TOTAL], drawer.cells
    colors = [drawer.colors[code] for code in rows["tier"]]

    def draw(figure: Figure) -> None:
        names = [cells.name(code) for code in rows["tier"]]
        for place, (column, kind) in enumerate((("customers", "count"), ("daily_average_sum", "fen"))):
            axes = area(figure, (_NAMES, 278)[place], 6, (204, 0)[place], 24)
            amounts = wan(rows[column]) if kind == "fen" else rows[column].astype("float64")
            texts = [f"{amount:,.0f}" for amount in amounts]
            bars_across(axes, names if place == 0 else [""] * len(names), list(amounts), texts, colors)
            axes.set_title(cells.header(column, table.columns[column]), loc="left", fontsize=LETTERS, color=QUIET)

    return drawer.chart("tiers", 30 + _A_BAR * len(rows), draw)


def history_charts(drawer: Drawer, table: Table) -> list[Chart]:
    """Return assets and customers with a tier, quarter after quarter; the tiers lie on top of each other."""
    return [_history(drawer, table, "history_assets", "daily_average_sum"), _history(drawer, table, "history_customers", "customers")]


def _history(drawer: Drawer, table: Table, code: str, column: str) -> Chart:
    wide = _wide(table, "quarter", column)
    told = [one for one in drawer.tiers if one in wide and (column != "customers" or one != drawer.tiers[0])]
    values = wan(wide[told].fillna(0)) if column != "customers" else wide[told].fillna(0).astype("float64")

    def draw(figure: Figure) -> None:
        axes = area(figure, 58, 24, 6, drawer.top + 8)
        _stacked(axes, drawer, values)
        for place, whole in enumerate(values.sum(axis="columns")):
            axes.text(place, whole, f"{whole:,.0f}\n", ha="center", va="center", color=INK, fontsize=LETTERS - 1)
        axes.set_xticks(range(len(values)), [str(one) for one in values.index])
        axes.tick_params(axis="x", length=0)
        axes.margins(y=0.12)
        number_ticks(axes.yaxis)
        axes.grid(visible=True, axis="y")
        legend_above(figure, axes, _LEGEND_COLUMNS)

    return drawer.chart(code, 240 + drawer.top, draw)


def _stacked(axes: Axes, drawer: Drawer, values: pd.DataFrame) -> None:
    below = pd.Series(0.0, index=values.index)
    for one in values:
        axes.bar(
            range(len(values)),
            values[one],
            bottom=below,
            width=0.62,
            color=drawer.colors[str(one)],
            label=drawer.cells.name(str(one)),
            edgecolor=SHEET,
            linewidth=0.6,
        )
        below += values[one]


def _wide(table: Table, by: str, column: str) -> pd.DataFrame:
    """Return a column of a table with a line for each of its keys in their order, and a column for each tier."""
    order = table.rows[by].drop_duplicates()
    wide: pd.DataFrame = table.rows.pivot_table(column, index=by, columns="tier", aggfunc="sum", sort=False)
    return wide.reindex(order)


def daily_charts(drawer: Drawer, table: Table) -> list[Chart]:
    """Return the assets of each day, and the share that each tier has of them; carried days are marked."""
    wide = wan(_wide(table, "date", "balance").fillna(0))
    whole = wide[TOTAL].where(wide[TOTAL] > 0, 1)
    tiers = [one for one in drawer.tiers if one in wide]
    carried = table.rows[table.rows["carried_from"] != ""]["date"].unique()
    return [
        _daily(drawer, "daily_assets", wide[tiers], list(carried), "{:,.0f}"),
        _daily(drawer, "daily_share", wide[tiers].mul(100).div(whole, axis="index"), list(carried), "{:.0f}%"),
    ]


def _daily(drawer: Drawer, code: str, values: pd.DataFrame, carried: Sequence[str], form: str) -> Chart:
    days = [str(one) for one in values.index]

    def draw(figure: Figure) -> None:
        axes = area(figure, 58, 24, 20, drawer.top + 8)
        places = range(len(days))
        colors, names = [drawer.colors[str(one)] for one in values], [drawer.cells.name(str(one)) for one in values]
        axes.stackplot(places, values.to_numpy().T, colors=colors, labels=names, edgecolor=SHEET, linewidth=0.3)
        label = drawer.cells.text("carried_day")
        for day in carried:
            place = days.index(day)
            axes.axvspan(place - 0.5, place + 0.5, facecolor=MARK, alpha=0.3, label=label)
            label = "_"
        first = [place for place in places if days[place].endswith("-01")] or [0]
        axes.set_xticks([*first, len(days) - 1], [days[place][5:] for place in (*first, len(days) - 1)])
        axes.set_xlim(0, max(len(days) - 1, 1))
        axes.set_ylim(0, None if "%" not in form else 100)
        number_ticks(axes.yaxis, form)
        axes.grid(visible=True, axis="y")
        legend_above(figure, axes, _LEGEND_COLUMNS)

    return drawer.chart(code, 240 + drawer.top + _LEGEND_LINE * bool(carried), draw)


def bounds_chart(drawer: Drawer, table: Table) -> Chart:
    """Return for each bound how many customers lie in the bands below and above it."""
    bounds = [(str(code), rows) for code, rows in table.rows.groupby("tier", sort=False)]
    lines = -(-len(bounds) // _PANELS)

    def draw(figure: Figure) -> None:
        for place, (code, rows) in enumerate(bounds):
            line, column = divmod(place, _PANELS)
            left, top = 8 + column * 151, 22 + line * (_PANEL_POINTS + 44)
            axes = area(figure, left, 24 + (lines - 1 - line) * (_PANEL_POINTS + 44), 460 - left - 136, top)
            starts = rows["from_percent"].astype("float64").to_list()
            colors = [FALL if start < 0 else RISE for start in starts]
            axes.bar(starts, rows["customers"].astype("float64").to_list(), width=STEP_PERCENT * 0.86, align="edge", color=colors)
            axes.axvline(0, color=INK, linewidth=1)
            bound = drawer.cells.cell("fen", rows["bound"].iloc[0])
            axes.set_title(f"{drawer.cells.name(code)} {bound}", loc="left", fontsize=LETTERS - 0.5, color=INK)
            axes.set_xticks([starts[0], 0, starts[-1] + STEP_PERCENT], [f"{starts[0]:.0f}%", "0", f"+{starts[-1] + STEP_PERCENT:.0f}%"])
            axes.tick_params(axis="x", length=2, labelsize=LETTERS - 2)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            most = int(rows["customers"].max())
            axes.set_ylim(0, max(most, 1) * 1.2)
            for start, number in zip(starts, rows["customers"], strict=True):
                if number:
                    axes.text(start + STEP_PERCENT / 2, number, f"{number:,}", ha="center", va="bottom", fontsize=LETTERS - 3, color=QUIET)

    return drawer.chart("bounds", lines * (_PANEL_POINTS + 44) + 6, draw)


def concentration_chart(drawer: Drawer, table: Table) -> Chart:
    """Return which share of all assets the first customers hold."""
    rows = table.rows[table.rows["first_percent"] < 100]  # noqa: PLR2004 (all of them hold all)
    shares = rows["daily_average_share"].fillna(0)  # of nothing

    def draw(figure: Figure) -> None:
        axes = area(figure, _NAMES, 6, 6, 6)
        names = [drawer.cells.text("first_of_all", percent=percent) for percent in rows["first_percent"]]
        texts = [percent_text(int(share)) for share in shares]
        bars_across(axes, names, list(shares.astype("float64")), texts, drawer.plain)

    return drawer.chart("concentration", 12 + _A_BAR * len(rows), draw)


def movement_charts(drawer: Drawer, table: Table) -> list[Chart]:
    """Return how the sum of all averages became what it is, step by step, and by how much each tier changed."""
    return [_waterfall(drawer, table), _change_of_tiers(drawer, table)]


def _waterfall(drawer: Drawer, table: Table) -> Chart:
    whole = table.rows[table.rows["tier"] == TOTAL].iloc[0]
    steps = steps_of_whole(drawer.cells, whole)

    def draw(figure: Figure) -> None:
        axes = area(figure, 118, 6, 84, 6)
        level = 0.0
        for place, (_, fen) in enumerate(steps):
            change = float(wan(fen))
            is_sum = place in (0, len(steps) - 1)
            start, level = (level, change) if is_sum else (level, level + change)
            if is_sum:
                axes.plot([level], [place], marker="D", color=INK, markersize=7)
            else:
                axes.barh(place, change, left=start, height=0.62, color=RISE if change >= 0 else FALL)
            text = drawer.cells.cell("fen" if is_sum else "fen_change", fen)
            axes.text(1.03, place, text, transform=axes.get_yaxis_transform(), va="center", color=INK)
            if place < len(steps) - 1:
                axes.plot([level, level], [place, place + 1], color=QUIET, linewidth=0.7, zorder=0)
        lines_of_bars(axes, [name for name, _ in steps])
        axes.use_sticky_edges = False
        axes.margins(x=0.05)

    return drawer.chart("movement", 12 + _A_BAR * len(steps), draw)


def steps_of_whole(cells: Cells, whole: pd.Series) -> list[tuple[str, int]]:
    """Return each step from the sum before to the sum now, by its name, in fen.

    Who moved between tiers is one step: of all tiers together only what their balances did is left of it.
    """
    steps = []
    for name in ("before", *PARTS, "after"):
        if name == "moved_out":
            continue  # together with who moved in
        step = cells.column(name), int(whole[name])
        if name == "moved_in":
            step = cells.text("between_tiers"), int(whole["moved_in"] + whole["moved_out"])
        if name not in PARTS or step[1]:
            steps.append(step)
    return steps


def _change_of_tiers(drawer: Drawer, table: Table) -> Chart:
    rows = table.rows[table.rows["tier"] != TOTAL]
    changes = rows["after"] - rows["before"]

    def draw(figure: Figure) -> None:
        axes = area(figure, _NAMES, 6, 84, 6)
        axes.barh(range(len(rows)), wan(changes), color=[FALL if one < 0 else RISE for one in changes], height=0.62)
        for place, change in enumerate(changes):
            axes.text(1.03, place, drawer.cells.cell("fen_change", change), transform=axes.get_yaxis_transform(), va="center", color=INK)
        axes.axvline(0, color=QUIET, linewidth=0.7)
        lines_of_bars(axes, [drawer.cells.name(code) for code in rows["tier"]])

    return drawer.chart("movement_tiers", 12 + _A_BAR * len(rows), draw)
