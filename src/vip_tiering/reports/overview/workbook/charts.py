"""Charts of tables that stand on a sheet: native ones, which whoever opens the workbook can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vip_tiering.reports.overview.workbook.grid import Placed

_COLOURS: Final = ("#1F3A5F", "#2F6690", "#5B9BC4", "#3D9C8B", "#8DB255", "#D9A441", "#B8BEC6", "#8C6BB1")
"""Of series, the highest tier first; each stands out from its neighbours in grey too."""
_FONT: Final = {"size": 9, "color": "#333333"}
_GRID: Final = {"visible": True, "line": {"color": "#DDDDDD", "width": 0.5}}
_WIDTH, _HEIGHT = 620, 320
_GAP: Final = 60
"""Between the bars of a chart, in percent of a bar."""


@dataclass(frozen=True)
class Chart:
    """A chart before it is drawn. `kind`: column, line or area; `categories`, each of `series`: cells as `Placed` names them.

    `of_tiers`: whether the bars of the only series are the tiers, the highest first; `size`: in pixels.
    """

    kind: str
    title: str
    categories: Sequence[Any]
    series: Mapping[str, Sequence[Any]]
    number_format: str = "#,##0"
    stacked: bool = False
    of_tiers: bool = False
    size: tuple[int, int] = (_WIDTH, _HEIGHT)

    def drawn(self, book: Any) -> Any:  # noqa: ANN401 (untyped library)
        """Return the chart as one of a workbook, which is yet to be put on a sheet."""
        made = book.add_chart({"type": self.kind, **({"subtype": "stacked"} if self.stacked else {})})
        for number, (name, values) in enumerate(self.series.items()):
            look = self._look(_COLOURS[number % len(_COLOURS)], is_first=number == 0)
            made.add_series({"name": name, "categories": [*self.categories], "values": [*values], **look})
        made.set_title({"name": self.title, "name_font": {"size": 11, "bold": True, "color": "#1F3A5F"}, "overlay": False})
        made.set_legend({"position": "bottom", "font": _FONT} if len(self.series) > 1 else {"none": True})
        made.set_x_axis({"num_font": _FONT, "label_position": "low", "line": {"color": "#999999"}})
        made.set_y_axis({"num_font": _FONT, "num_format": self.number_format, "major_gridlines": _GRID, "line": {"none": True}})
        made.set_size({"width": self.size[0], "height": self.size[1]})
        made.set_chartarea({"border": {"color": "#DDDDDD"}})
        return made

    def _look(self, colour: str, *, is_first: bool) -> dict[str, Any]:
        if self.kind == "line":
            return {"line": {"color": colour, "width": 2}}
        look: dict[str, Any] = {"fill": {"color": colour}, "border": {"none": True}}
        look |= {"gap": _GAP} if self.kind == "column" and is_first else {}
        # Each bar has the colour that its tier has in other charts.
        return look | ({"points": [{"fill": {"color": one}} for one in _COLOURS]} if self.of_tiers else {})


def by_column(placed: Placed, columns: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return a series for each column of a table, by the name that people read. `columns`: column -> name."""
    return {name: placed.values(column) for column, name in columns.items()}
