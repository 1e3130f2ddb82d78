"""Tables and figures as every command shows them, readable at 80 columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.containers import Lines
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from vip_tiering.base.words import Words
from vip_tiering.cli.words.lines import breaks
from vip_tiering.cli.words.run import MATRIX

_ANY_WIDTH: Final = 10_000
_EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_LEVELS: Final = "▁▂▃▄▅▆▇█"
_CHINESE: Final = re.compile("[，。；：（]")
"""What is in every Chinese sentence, and in no English one."""
_PUNCTUATION: Final = re.compile("[，。；：、！？）》”]")
"""What never begins a line."""


class Line(Text):
    """A sentence. A Chinese one may break between any two signs, which Rich alone does not do."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:  # noqa: ANN401 (of rich's texts)
        """Return the sentence in lines of so many columns at most."""
        usual = super().wrap(console, width, **options)
        if not _CHINESE.search(self.plain) and not any(_PUNCTUATION.match(one.plain) for one in usual):
            return usual
        lines = [one for line in self.split(allow_blank=True) for one in line.divide(breaks(line.plain, width))]
        for one in lines:
            one.rstrip()
        return Lines(lines)


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


def called(code: str, words: Words) -> str:
    """Return a code, by which something is asked for, and what it is called beside it."""
    name = words.name(code)
    return code if name == code else f"{code} {name}"


def grouped(number: str | int) -> str:
    """Return an amount or a number with commas; one that is not known stays empty."""
    return "" if number == "" else f"{Decimal(number):,}"


def signed(number: str | int) -> str:
    """Return a growth with commas and its sign."""
    return f"+{grouped(number)}" if number != "" and Decimal(number) > 0 else grouped(number)


def bar(part: int, whole: int, width: int) -> str:
    """Return a bar, as long as `part` is of `whole`, at most `width` characters, in eighths of one; none where there is no whole."""
    eighths = min(part * 8 * width // whole, 8 * width) if whole > 0 else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8]


def sparkline(values: Sequence[int], floor: int | None = None) -> str:
    """Return a line of one character for each value, as high as it lies between `floor`, by default 0, and the largest."""
    lowest = min(0, *values) if floor is None else floor
    height = max(values) - lowest
    return "".join(_LEVELS[(one - lowest) * (len(_LEVELS) - 1) // height if height > 0 else 0] for one in values)


class Matrix:
    """Customers by two tiers, of which nobody has most pairs: a matrix, or a list of pairs where that is too wide."""

    def __init__(
        self,
        rows: Mapping[str, str],
        columns: Mapping[str, str],
        customers: Mapping[tuple[str, str], int],
        titles: tuple[str, str],
        words: Words,
    ) -> None:
        """Take code and label of each row and column, in their order, customers by pair of codes, and what stands above either form."""
        self._rows, self._columns, self._customers, self._titles, self._words = rows, columns, customers, titles, words

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the form that fits."""
        matrix = self._matrix()
        fits = Measurement.get(console, options.update(width=_ANY_WIDTH, max_width=_ANY_WIDTH), matrix).maximum <= options.max_width
        yield Text(self._titles[0 if fits else -1], style="bold")
        yield matrix if fits else self._pairs()

    def _matrix(self) -> Table:
        table = plain_table("")
        add_figures(table, *self._columns.values())
        for before, label in self._rows.items():
            row = [f"{self._customers[before, now]:,}" if (before, now) in self._customers else "." for now in self._columns]
            table.add_row(label, *row)
        return table

    def _pairs(self) -> Table:
        table = plain_table(*(self._words.say(MATRIX, name) for name in ("from", "to")))
        add_figures(table, self._words.say(MATRIX, "customers"))
        for before, now in ((before, now) for before in self._rows for now in self._columns if (before, now) in self._customers):
            table.add_row(self._rows[before], self._columns[now], f"{self._customers[before, now]:,}")
        return table
