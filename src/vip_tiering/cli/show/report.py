"""What people see of a report on a terminal: its first screen with bars and sparklines, at 80 columns, with and without colour.

The figures are the frames of `reports.overview`, and so is the way in which they are said; here they are only laid out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from vip_tiering.base.words import Words
from vip_tiering.cli.show.tables import Line, add_figures, bar, plain_table, sparkline
from vip_tiering.cli.words.run import REPORT
from vip_tiering.reports.figures.measures import SUM_OF_AVERAGES
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.tables import Kind, Table
from vip_tiering.reports.overview.words import TITLES
from vip_tiering.reports.words import STATES

_BAR: Final = 12
"""Characters of the longest bar; beside all columns of the tiers there is less room."""
_SHORT_BAR: Final = 8
_CLOSE: Final = (0, 1, 0, 0)
"""Columns one blank apart, so that eight quarters of a large bank fit."""
_QUARTERS: Final = range(3, 9)
"""So many quarters are in a trend: two are told by the change already."""
_DAYS_LINE: Final = 60
"""Characters for the days of a quarter at most."""
_SHOWN: Final = 3
"""So many customers are shown of each list."""
_FULL: Final = 1000
"""All of a target, in tenths of a percent."""


def report_summary(contents: Contents, words: Words) -> RenderableType:
    """Return the first screen of a report, then measures, who moved and who is about to."""
    cells, tables = Cells(words, contents.names), contents.tables
    parts: list[RenderableType] = [*report_head(contents, words)]
    if "measures" in tables:
        parts += ["", _measures(tables["measures"], cells)]
    for code in ("rose", "fell"):
        if code in tables:
            parts += ["", *_movers(tables[code], cells)]
    parts += ["", *_outlook(contents, cells)]
    return Group(*parts, "", Line(words.of(REPORT, "more")))


def report_head(contents: Contents, words: Words, *, in_short: bool = False) -> Iterator[RenderableType]:
    """Yield the first screen: of what, what happened in words, the tiers, and the assets day by day; `in_short`: without words and days."""
    cells, head = Cells(words, contents.names), contents.head
    day = head.as_of or ""
    title = Text(cells.text("title_as_of" if day else "title", quarter=head.quarter, day=day), style="bold")
    of = words.say(REPORT, "of", first=head.first_day, last=head.last_day, days=head.days, status=cells.cell("status", head.status))
    yield title.append(f"  {of}", style="not bold")
    if day:
        yield Line(cells.text("provisional", day=day), "bold red")
    if not in_short:
        yield from (Line(cells.sentence(one)) for one in contents.sentences)
    yield ""
    yield _tiers(contents, cells)
    if "daily" in contents.tables and not in_short:
        yield ""
        yield from _daily(contents.tables["daily"], cells)


def _tiers(contents: Contents, cells: Cells) -> RichTable:
    """Customers and assets of each tier, how they changed, how they went quarter after quarter, and a bar of the assets."""
    words, rows = cells.words, contents.tables["tiers"].rows
    trends = _trends(contents)
    compared = rows["daily_average_change"].notna().any()
    columns: list[tuple[str, str, Kind]] = [("customers", "customers", "count")]
    columns += [("change", "customers_change", "count_change")] if compared else []
    columns += [("daily_average", "daily_average_sum", "fen")]
    columns += [("change", "daily_average_change", "fen_change")] if compared else []
    columns += [("share", "daily_average_share", "permille")]
    table = plain_table(padding=_CLOSE)
    table.add_column(words.of(REPORT, "tier"), no_wrap=True)
    add_figures(table, *(words.of(REPORT, name) for name, *_ in columns))
    if trends:
        table.add_column(words.of(REPORT, "trend"), no_wrap=True)
    table.add_column(words.of(REPORT, "assets"), no_wrap=True)
    longest = int(rows.loc[rows["tier"] != TOTAL, "daily_average_sum"].max())
    for row in rows.to_dict("records"):
        total = row["tier"] == TOTAL
        figures = [_figure(cells.cell(kind, row[name]), negative=_is_negative(row[name])) for _, name, kind in columns]
        trend = [trends.get(row["tier"], "")] if trends else []
        assets = "" if total else bar(int(row["daily_average_sum"]), longest, _SHORT_BAR)
        table.add_row(cells.name(row["tier"]), *figures, *trend, assets, style="bold" if total else "")
    table.caption, table.caption_justify = Text(words.of(REPORT, "in_wan"), style="dim"), "left"
    return table


def _trends(contents: Contents) -> dict[str, str]:
    """Return the assets of each tier, quarter after quarter, as a sparkline; nothing where there are too few quarters."""
    if "history" not in contents.tables:
        return {}
    rows = contents.tables["history"].rows
    if rows["quarter"].nunique() < _QUARTERS.start:
        return {}
    sums = rows.groupby("tier")["daily_average_sum"]
    return {str(tier): sparkline([int(one) for one in of_tier.tail(_QUARTERS[-1])]) for tier, of_tier in sums}


def _daily(table: Table, cells: Cells) -> Iterator[Text]:
    """Yield the assets day by day as a sparkline from the lowest to the highest day, and what those are."""
    words, rows = cells.words, table.rows[table.rows["tier"] == TOTAL].reset_index(drop=True)
    balances = rows["balance"].astype("int64")
    step = -(-len(rows) // _DAYS_LINE)
    low, high = rows.iloc[int(balances.argmin())], rows.iloc[int(balances.argmax())]
    said = {"first": rows["date"].iloc[0], "last": rows["date"].iloc[-1], "step": step}
    yield Text(words.say(REPORT, "daily", **said), style="bold")
    yield Text(sparkline(balances.iloc[::step].tolist(), floor=int(low["balance"])), style="cyan")
    ends = {"low": low, "high": high}
    figures = {name: cells.cell("fen", one["balance"]) for name, one in ends.items()}
    figures |= {f"{name}_day": one["date"] for name, one in ends.items()}
    carried = int((rows["carried_from"] != "").sum())
    more = words.say(REPORT, "carried", days=carried) if carried else ""
    yield Text(words.say(REPORT, "range", **figures) + more)


def _measures(table: Table, cells: Cells) -> RichTable:
    """The measures with their growth, and with targets where the bank sets any; a bar says how far those are reached."""
    words, rows = cells.words, table.rows.to_dict("records")
    has_targets = bool(table.rows["quarter_target"].notna().any() or table.rows["year_target"].notna().any())
    shown = plain_table()
    shown.add_column(words.of(REPORT, "measure"), overflow="fold")
    add_figures(shown, *(words.of(REPORT, name) for name in ("value", "change", *(("target", "reached") if has_targets else ()))))
    if has_targets:
        shown.add_column("", no_wrap=True)
    for row in rows:
        span = "quarter" if pd.notna(row["quarter_target"]) else "year"
        figures = [cells.cell("by_unit", row["value"], row), cells.cell("by_unit_change", row["growth"], row)]
        reached = row[f"{span}_reached"]
        if has_targets:
            figures += [cells.cell("by_unit", row[f"{span}_target"], row), cells.cell("permille", reached)]
        progress = [bar(max(int(reached), 0), _FULL, _BAR) if pd.notna(reached) else ""] if has_targets else []
        texts = [_figure(text, negative=text.startswith("-")) for text in figures]
        code = "" if row["measure"] == SUM_OF_AVERAGES else f" {row['measure']}"
        shown.add_row(f"{cells.name(row['measure'])}{code}", *texts, *progress)
    return shown


def _movers(table: Table, cells: Cells) -> Iterator[RenderableType]:
    """Yield the first of those who moved, masked: from which tier to which, and by how much their average changed."""
    rows = table.rows.head(_SHOWN)
    yield Text(cells.words.of(TITLES, table.code), style="bold")
    shown = plain_table("", "", "", show_header=False)
    add_figures(shown, "")
    shown.add_column(no_wrap=True)
    longest = int(rows["difference"].abs().max())
    for row in rows.to_dict("records"):
        difference = int(row["difference"])
        path = f"{cells.name(row['from_tier'])} → {cells.name(row['to_tier'])}"
        text = _figure(cells.cell("fen_change", difference), negative=difference < 0)
        shown.add_row(row["customer"], row["display_name"], path, text, bar(abs(difference), longest, _BAR))
    yield shown


def _outlook(contents: Contents, cells: Cells) -> Iterator[RenderableType]:
    """Yield how many customers of each tier are about to rise or fall."""
    table = contents.tables["outlook"]
    yield Text(cells.words.say(REPORT, "outlook", last=contents.head.outlook_last_day), style="bold")
    shown = plain_table(cells.words.of(REPORT, "tier"))
    add_figures(shown, *(cells.words.of(STATES, state) for state in table.columns if state in STATES))
    for row in cells.rows(table):
        shown.add_row(*row)
    yield shown


def _is_negative(value: Any) -> bool:  # noqa: ANN401 (a cell)
    return bool(pd.notna(value)) and value < 0


def _figure(text: str, *, negative: bool) -> Text:
    """Return a figure, red where it is negative; the sign says so too, for there may be no colour."""
    return Text(text, style="red" if negative else "")
