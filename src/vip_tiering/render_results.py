"""What people see of the results of lists: by manager and action, and how far products are signed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vip_tiering.schema import UNASSIGNED

_SHOWN: Final = ("selected", "exported", "reached", "interested", "refused", "obstacles")
_LONGEST: Final = 60
"""More rows than this are shown for each manager, and for each action, alone."""
_MOST_PRODUCTS: Final = 8


def recorded(contacts: Mapping[str, int], known: int, barred: int) -> RenderableType:
    """Return what was recorded: new results by word, those known already, new do-not-contact entries."""
    new = sum(contacts.values())
    if not new and not barred:
        return Text(f"already recorded: {known:,} results, nothing new" if known else "no result to record")
    words = ", ".join(f"{word} {count:,}" for word, count in contacts.items())
    more = f"; {known:,} were known already" if known else ""
    lines = [f"recorded {new:,} results: {words}{more}" if new else f"{known:,} results were known already"]
    return Text("\n".join([*lines, *([f"new do-not-contact entries: {barred:,}"] if barred else [])]))


def document(days: Sequence[str], figures: pa.Table, coverage: pa.Table | None, files: Iterable[Path]) -> dict[str, Any]:
    """Return the results as one document."""
    return {
        "exports": list(days),
        "results": figures.to_pylist(),
        "coverage": coverage.to_pylist() if coverage is not None else None,
        "files": [str(one) for one in files],
    }


def summary(days: Sequence[str], figures: pa.Table, coverage: pa.Table | None) -> RenderableType:
    """Return the results as tables that are readable at 80 columns."""
    between = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    parts: list[RenderableType] = [Text(f"results of {len(days)} export{'s' * (len(days) > 1)}, {between}", style="bold")]
    if len(figures) <= _LONGEST:
        parts.append(_table(figures, ("branch", "manager", "action")))
    else:
        parts += [
            _table(_summed(figures, ("branch", "manager")), ("branch", "manager")),
            _table(_summed(figures, ("action",)), ("action",)),
        ]
    if coverage is not None:
        parts += [Text("products held", style="bold"), _coverage(coverage)]
    return Group(*parts)


def _summed(figures: pa.Table, by: Sequence[str]) -> pa.Table:
    sums = figures.group_by(list(by)).aggregate([(name, "sum") for name in _SHOWN])
    return sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names]).sort_by([(name, "ascending") for name in by])


def _table(figures: pa.Table, by: Sequence[str]) -> Table:
    """Return figures as a table, the names of branch and manager once, and their sum below."""
    table = _plain()
    for name in by:
        table.add_column(name, overflow="fold", no_wrap=name == "action")
    for name in _SHOWN:
        table.add_column(name, justify="right", no_wrap=True)
    before = dict.fromkeys(by)
    for row in figures.select([*by, *_SHOWN]).to_pylist():
        same = [row[name] == before[name] for name in by[:-1]]
        names = ["" if all(same[: place + 1]) else _shown(row[name]) for place, name in enumerate(by[:-1])]
        table.add_row(*names, _shown(row[by[-1]]), *(f"{row[name]:,}" for name in _SHOWN))
        before = row
    table.add_section()
    table.add_row("all", *[""] * (len(by) - 1), *(f"{pc.sum(figures[name]).as_py() or 0:,}" for name in _SHOWN))
    return table


def _shown(name: str) -> str:
    return "-" if name == UNASSIGNED else name


def _coverage(coverage: pa.Table) -> Table:
    """Return for each tier how many customers hold any product, and the products that most of them hold."""
    table = _plain()
    table.add_column("tier")
    for name in ("customers", "with any", "share %"):
        table.add_column(name, justify="right")
    table.add_column("most often", overflow="fold")
    for label in dict.fromkeys(coverage["tier_label"].to_pylist()):
        rows = coverage.filter(pc.equal(coverage["tier_label"], label)).to_pylist()
        most = sorted(rows[1:], key=lambda row: -row["holders"])[:_MOST_PRODUCTS]
        names = ", ".join(f"{row['product']} {row['share_percent']}" for row in most if row["holders"])
        table.add_row(label, f"{rows[0]['customers']:,}", f"{rows[0]['holders']:,}", rows[0]["share_percent"], names)
    return table


def _plain() -> Table:
    return Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
