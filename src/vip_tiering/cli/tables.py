"""Tables and figures as every command shows them, readable at 80 columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table


def plain_table(*headers: str, **options: Any) -> Table:  # noqa: ANN401 (of rich's tables)
    """Return a table without lines, with bold headers."""
    return Table(*headers, pad_edge=False, box=None, header_style="bold", **options)


def ruled_table(*headers: str, padding: tuple[int, int] | tuple[int, int, int, int] = (0, 1, 0, 0)) -> Table:
    """Return a table with a line below its headers. `padding`: cells above, right, below and left; or above and beside."""
    return Table(*headers, box=box.SIMPLE, pad_edge=False, padding=padding)


def grid(columns: int) -> Table:
    """Return a table without headers and lines, of which the last column alone is broken over lines."""
    table = Table.grid(padding=(0, 2))
    for _ in range(columns - 1):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def add_figures(table: Table, *headers: str, footer: str = "") -> None:
    """Add columns of figures. They are never broken over two lines: a broken figure is misread."""
    for header in headers:
        table.add_column(header, justify="right", footer=footer, no_wrap=True)


def grouped(number: str | int) -> str:
    """Return an amount or a number with commas; one that is not known stays empty."""
    return "" if number == "" else f"{Decimal(number):,}"


def signed(number: str | int) -> str:
    """Return a growth with commas and its sign."""
    return f"+{grouped(number)}" if number != "" and Decimal(number) > 0 else grouped(number)
