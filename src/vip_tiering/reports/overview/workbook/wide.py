"""Long tables as people read them, with one of their codes across: quarters and days by tier, tiers before by tiers now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.tables import Kind, Table


def known(table: Table) -> Table:
    """Return a table without the columns of which nothing is known."""
    return replace(table, columns={name: kind for name, kind in table.columns.items() if table.rows[name].notna().any()})


def without_zeros(table: Table, columns: Collection[str]) -> Table:
    """Return a table without those of the columns that are 0 throughout."""
    return replace(table, columns={name: kind for name, kind in table.columns.items() if name not in columns or table.rows[name].any()})


def wide(table: Table, keys: Sequence[str], across: str, value: str) -> Table:
    """Return a table with a row for each of `keys` and a column for each code of `across`, in the order of the table, which hold `value`.

    The columns are called by the codes. A pair that does not occur is null.
    """
    rows, kind = table.rows, table.columns[value]
    codes = list(dict.fromkeys(rows[across]))
    order = rows[[*keys]].drop_duplicates()
    values = rows.set_index([*keys, across])[value].unstack(across)
    columns: dict[str, Kind] = {name: table.columns[name] for name in keys}
    columns |= dict.fromkeys(codes, kind)
    return Table.of(f"{table.code}_{value}", columns, order.merge(values.reset_index(), on=[*keys], how="left"))


def matrix(table: Table, rows: str, columns: str, value: str, codes: Sequence[str]) -> Table:
    """Return the same of two codes, in the order of `codes`, of which both may have any; the last row and column sum up the others."""
    spread = wide(table, [rows], columns, value).rows.set_index(rows)
    ordered = spread.reindex(index=[*codes], columns=[*codes])
    ordered[TOTAL] = ordered.sum(axis="columns")
    ordered.loc[TOTAL] = ordered.sum()
    kinds: dict[str, Kind] = {rows: "tier"}
    kinds |= dict.fromkeys([*codes, TOTAL], table.columns[value])
    return Table.of(f"{table.code}_{value}", kinds, ordered.rename_axis(rows).reset_index())
