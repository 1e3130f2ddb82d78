"""Tables as people read them: texts in rows, as a table has them or crossed, and a heat map. What is not known takes no column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.tables import CHANGES, FIGURES, Kind, Table
from vip_tiering.reports.overview.words import COLUMNS, TITLES

_HEATS: Final = (0, 0.01, 0.05, 0.2, 0.5)
"""From which share of its line on a cell is one step hotter; so a tier with few customers has its pattern too."""


@dataclass(frozen=True)
class Cell:
    """A cell. `looks`: classes of the page's style; `below`: a second, smaller line; `is_head`: names its row."""

    text: str
    looks: str = ""
    below: str = ""
    is_head: bool = False


@dataclass(frozen=True)
class Grid:
    """A table as it is shown.

    `codes`: of the columns, in the order of `headers`; `total`: the places of rows that sum up others;
    `folded`: what stands in its place until somebody opens it, "" where it is open.
    """

    code: str
    title: str
    codes: Sequence[str]
    headers: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    total: Collection[int] = field(default=())
    folded: str = ""


def grid_of(table: Table, cells: Cells, columns: Sequence[str] | None = None, *, folded: bool = False) -> Grid:
    """Return a table with some of its columns, all of them without a choice; one of which nothing is known is left out."""
    wanted = [name for name in columns or table.columns if _is_known(table.rows[name])]
    kinds = {name: table.columns[name] for name in wanted}
    first = wanted[0]
    rows = [
        [_cell(cells, kind, row[name], row, is_head=name == first) for name, kind in kinds.items()] for row in table.rows.to_dict("records")
    ]
    headers = [
        Cell(cells.column(name, table.code), "figure" if kind in FIGURES and name != first else "", cells.unit(kind))
        for name, kind in kinds.items()
    ]
    total = [place for place, row in enumerate(table.rows.to_dict("records")) if row.get("tier") == TOTAL or pd.isna(row.get("branch", ""))]
    title = cells.words.of(TITLES, table.code)
    return Grid(table.code, title, wanted, headers, rows, total, _folded(cells, title, len(rows)) if folded else "")


def _folded(cells: Cells, title: str, rows: int) -> str:
    return cells.text("folded", title=title, rows=f"{rows:,}")


def _is_known(values: pd.Series) -> bool:
    """Tell whether something is known of a column; a text that is empty throughout says nothing."""
    known = values.dropna()
    return len(known) > 0 and not (known == "").all()


def _cell(cells: Cells, kind: Kind, value: Any, row: Mapping[Any, Any], *, is_head: bool = False) -> Cell:  # noqa: ANN401 (of any kind)
    text = cells.cell(kind, value, row)
    looks = ["figure"] if kind in FIGURES else []
    if kind in CHANGES and text.startswith("-"):
        looks.append("loss")
    return Cell(text, " ".join(looks), is_head=is_head)


@dataclass(frozen=True)
class Cross:
    """How a table is crossed: a row for each value of `by`, a column for each of `across`, and in them the values of `column`.

    `order`: of the columns, where it is not that of the table; `title`: where it is not that of the table with the column's name.
    """

    by: str
    across: str
    column: str
    order: Sequence[str] = ()
    title: str = ""
    folded: bool = False


def cross_of(table: Table, cells: Cells, cross: Cross) -> Grid:
    """Return a table crossed; what occurs in no row of it is empty."""
    rows, kinds = table.rows, table.columns
    wide = rows.pivot_table(cross.column, index=cross.by, columns=cross.across, aggfunc="sum", sort=False)
    keys = [one for one in cross.order if one in wide] or list(rows[cross.across].drop_duplicates())
    wide = wide.reindex(index=rows[cross.by].drop_duplicates(), columns=keys)
    corner = Cell(cells.words.of(COLUMNS, cross.by))
    headers = [corner, *(Cell(cells.cell(kinds[cross.across], key), "figure") for key in keys)]
    shown = [
        [Cell(cells.cell(kinds[cross.by], key), is_head=True), *(_cell(cells, kinds[cross.column], value, {}) for value in line)]
        for key, line in zip(wide.index, wide.astype(object).to_numpy().tolist(), strict=True)
    ]
    of_column = cells.header(cross.column, kinds[cross.column])
    title = cross.title or cells.text("crossed", title=cells.words.of(TITLES, table.code), column=of_column)
    folded = _folded(cells, title, len(shown)) if cross.folded else ""
    return Grid(f"{table.code}-{cross.column}", title, [cross.by, *map(str, keys)], headers, shown, folded=folded)


def heat_of(table: Table, cells: Cells, codes: Sequence[str]) -> Grid:
    """Return migration as a heat map: from the tier in the row to that in the column, customers above the sum of averages.

    `codes`: of tiers, the highest first, absent ones last.
    """
    pairs = {(row["from_tier"], row["to_tier"]): row for row in table.rows.to_dict("records")}
    of_row = table.rows.groupby("from_tier")["customers"].sum()
    known_from, known_to = ([one for one in codes if one in set(table.rows[name])] for name in ("from_tier", "to_tier"))
    shown = []
    for before in known_from:
        line = [Cell(cells.name(before), is_head=True)]
        for now in known_to:
            row = pairs.get((before, now))
            if row is None:
                line.append(Cell("", "figure heat-0 none"))
                continue
            share = int(row["customers"]) / int(of_row[before])
            heat = sum(share > limit for limit in _HEATS)
            amount = row["daily_average_sum"] if now != codes[-1] else row["previous_daily_average_sum"]
            stays = " stays" if before == now else ""
            line.append(Cell(cells.cell("count", row["customers"]), f"figure heat-{heat}{stays}", cells.cell("fen", amount)))
        shown.append(line)
    corner = Cell(f"{cells.words.of(COLUMNS, 'from_tier')} ╲ {cells.words.of(COLUMNS, 'to_tier')}")
    headers = [corner, *(Cell(cells.name(now), "figure") for now in known_to)]
    return Grid("migration", cells.text("heat"), ["from_tier", *known_to], headers, shown)
