"""The page: its sections in order, each with what it shows, and how they become one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vip_tiering.base.schema import ABSENT, UNTIERED
from vip_tiering.base.words import Words
from vip_tiering.publishing.pages import page
from vip_tiering.reports.figures.movement import PARTS
from vip_tiering.reports.figures.tallies import TOTAL
from vip_tiering.reports.overview.cells import Cells
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.page import charts
from vip_tiering.reports.overview.page import charts_of_groups as groups
from vip_tiering.reports.overview.page.charts import Drawer
from vip_tiering.reports.overview.page.drawing import Chart
from vip_tiering.reports.overview.page.grids import Cross, Grid, cross_of, grid_of, heat_of
from vip_tiering.reports.overview.spread import NEED_BANDS
from vip_tiering.reports.overview.tables import Table
from vip_tiering.reports.overview.words import CARDS, REASONS, SECTIONS, TITLES
from vip_tiering.reports.words import DEPOSIT_NOW

_TIERS: Final = (
    "tier", "customers", "customers_share", "customers_change", "last_year_customers_change", "daily_average_sum", "daily_average_share",
    "daily_average_change", "last_year_daily_average_change", "average_per_customer",
)  # fmt: skip
_MEASURES: Final = (
    "measure", "unit", "value", "growth", "last_year_growth", "quarter_target", "quarter_reached", "year_target", "year_reached",
)  # fmt: skip
_MOVERS: Final = ("display_name", "from_tier", "to_tier", "difference", "daily_average", "manager", "customer")
_RISING: Final = ("display_name", "tier", "target", "state", DEPOSIT_NOW, "daily_average", "manager", "customer")
_FALLING: Final = ("display_name", "tier", "state", DEPOSIT_NOW, "cushion", "daily_average", "manager", "customer")
_GROUP: Final = (
    "customers", "customers_change", "daily_average_sum", "daily_average_change", "average_per_customer", "up", "down",
    "near_up", "falling",
)  # fmt: skip
Draw = Callable[[Drawer, Table], list[Chart]]
"""Draws the charts of a table."""


@dataclass(frozen=True)
class Figure:
    """A chart, and the table of its values where it stands with it: below, or beside where that is `wide`."""

    chart: Chart
    grid: Grid | None = None
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page. `figures` and `grids`: what it shows; `absent`: titles of what is not there, each with the reason."""

    code: str
    title: str
    figures: Sequence[Figure] = ()
    grids: Sequence[Grid] = ()
    absent: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Card:
    """A figure of the first screen. `change`: against the quarter before, "" where nothing was compared."""

    label: str
    figure: str
    unit: str
    change: str
    is_loss: bool


def report_page(contents: Contents, words: Words) -> bytes:
    """Return a report as one HTML file, in the language of `words`."""
    maker = _Maker(contents, words)
    return page("report.html", **maker.values())


class _Maker:
    """Makes the sections of a page from the tables of a report."""

    def __init__(self, contents: Contents, words: Words) -> None:
        self._contents, self._words, self._tables = contents, words, contents.tables
        self._cells = Cells(words, contents.names)
        self._codes = [*(str(one) for one in contents.tables["outlook"].rows["tier"])]  # the highest first, untiered last
        self._drawer = Drawer(self._cells, [*reversed(self._codes)])

    def values(self) -> dict[str, object]:
        """Return what the template needs."""
        head, text = self._contents.head, self._cells.text
        title = text("title_as_of", quarter=head.quarter, day=head.as_of) if head.as_of else text("title", quarter=head.quarter)
        period = text("period", first=head.first_day, last=head.last_day, days=head.days)
        against = text("against", quarter=head.previous) if head.previous else text("against_nothing")
        return {
            "lang": "zh-CN" if self._words.language == "zh" else "en",
            "title": title,
            "subtitle": period + against,
            "provisional": text("provisional", day=head.as_of) if head.as_of else "",
            "units": text("units"),
            "sentences": [self._cells.sentence(one) for one in self._contents.sentences],
            "cards": list(self._cards()),
            "summary": self._summary(),
            "sections": [one for one in self._sections() if one.figures or one.grids or one.absent],
            "facts": self._facts(),
            "warnings": self._contents.warnings,
            "say": {name: text(name) for name in ("summary", "contents", "warnings", "scroll")},
        }

    def _cards(self) -> Iterator[Card]:
        """Yield the figures that stand at the very top."""
        cells, tiers = self._cells, self._tables["tiers"].rows
        whole, tiered = tiers[tiers["tier"] == TOTAL].iloc[0], tiers[~tiers["tier"].isin([TOTAL, UNTIERED])]
        compared = self._contents.head.previous is not None
        for code, kind, value, change in (
            ("assets", "fen", whole["daily_average_sum"], whole["daily_average_change"]),
            ("tiered", "count", tiered["customers"].sum(), tiered["customers_change"].sum()),
        ):
            said = cells.cell("fen_change" if kind == "fen" else "count_change", change) if compared else ""
            unit = cells.text("wan" if kind == "fen" else "households")
            label = self._words.of(CARDS, code)
            since = cells.text("since", change=said) if said else ""
            yield Card(label, cells.cell("fen" if kind == "fen" else "count", value), unit, since, is_loss=said.startswith("-"))
        for one in self._contents.sentences:
            for code in ("up", "down", "rising", "falling"):
                if code in one.figures:
                    figure = cells.cell(*one.figures[code])
                    yield Card(self._words.of(CARDS, code), figure, cells.text("households"), "", is_loss=False)

    def _summary(self) -> list[Section]:
        """Return the tables of the first screen; pairs stand side by side."""
        wanted = {
            "tiers": (("tiers", _TIERS),),
            "measures": (("measures", _MEASURES),),
            "moved": (("rose", _MOVERS), ("fell", _MOVERS)),
            "ahead": (("near_up", _RISING), ("falling", _FALLING)),
        }
        return [
            Section(f"summary-{code}", "", (), [*self._grids(*pairs)], self._absent(*(name for name, _ in pairs)))
            for code, pairs in wanted.items()
        ]

    def _sections(self) -> Iterator[Section]:
        """Yield every section below the summary."""
        yield self._section("tiers", [*self._of_tiers()], [])
        yield self._section("history", self._figures("history", charts.history_charts), [*self._history()], "history")
        yield self._section("migration", [], [*self._heat()], "migration")
        yield self._section("daily", self._figures("daily", charts.daily_charts), [*self._daily()], "daily")
        yield self._section("bounds", [Figure(charts.bounds_chart(self._drawer, self._tables["bounds"]), self._bounds(), wide=True)], [])
        yield self._section("movement", self._figures("movement", charts.movement_charts), [*self._movement()], "movement")
        yield self._section("outlook", [*self._ahead()], [*self._need()], "need")
        yield self._section("branches", [*self._of_branches()], [*self._grids(("branches", ("branch", *_GROUP)))], "branches")
        managers = self._grids(("managers", ("branch", "manager", *_GROUP)))
        yield self._section("managers", self._figures("managers", groups.managers_chart), [*managers], "managers")
        lists = [*self._grids(("contacts", None)), *self._grids(("actions", None), folded=True)]
        yield self._section("lists", self._figures("contacts", groups.contacts_chart), lists, "contacts")
        sources = [*self._grids(("filled", None), ("rejects", None), ("ladder", None)), *self._grids(("inputs", None), folded=True)]
        yield self._section("sources", [], sources, "filled", "rejects")

    def _section(self, code: str, figures: Sequence[Figure], grids: Sequence[Grid], *may_be_absent: str) -> Section:
        return Section(code, self._words.of(SECTIONS, code), figures, grids, self._absent(*may_be_absent))

    def _absent(self, *codes: str) -> list[tuple[str, str]]:
        """Return for each table that is not there its title, and why."""
        absent = self._contents.absent
        return [(self._words.of(TITLES, code), self._words.of(REASONS, absent[code])) for code in codes if code in absent]

    def _figures(self, code: str, draw: Draw) -> list[Figure]:
        """Return the charts of a table, none where it is not there."""
        return [Figure(one) for one in draw(self._drawer, self._tables[code])] if code in self._tables else []

    def _grids(self, *wanted: tuple[str, Sequence[str] | None], folded: bool = False) -> Iterator[Grid]:
        """Yield those of the tables that are there, with the columns that are named."""
        for code, columns in wanted:
            if code in self._tables:
                yield grid_of(self._tables[code], self._cells, columns, folded=folded)

    def _cross(self, code: str, by: str, across: str, column: str) -> Iterator[Grid]:
        if code in self._tables:
            yield cross_of(self._tables[code], self._cells, Cross(by, across, column, order=[*self._codes, TOTAL]))

    def _of_tiers(self) -> Iterator[Figure]:
        yield Figure(charts.tiers_chart(self._drawer, self._tables["tiers"]))
        table = self._tables["concentration"]
        yield Figure(charts.concentration_chart(self._drawer, table), grid_of(table, self._cells))

    def _history(self) -> Iterator[Grid]:
        for column in ("daily_average_sum", "customers"):
            yield from self._cross("history", "quarter", "tier", column)
        yield from self._grids(("months", None))

    def _daily(self) -> Iterator[Grid]:
        """Yield the balances day by day; a carried day says from which."""
        if "daily" not in self._tables:
            return
        rows = self._tables["daily"].rows
        carried = [self._cells.text("carried", day=day, since=since) for day, since in zip(rows["date"], rows["carried_from"], strict=True)]
        days = rows["date"].where(rows["carried_from"] == "", carried)
        told = Table.of("daily", {"date": "text", "tier": "tier", "balance": "fen"}, rows.assign(date=days))
        yield cross_of(told, self._cells, Cross("date", "tier", "balance", order=[*self._codes, TOTAL], folded=True))

    def _heat(self) -> Iterator[Grid]:
        if "migration" in self._tables:
            yield heat_of(self._tables["migration"], self._cells, [*self._codes, ABSENT])

    def _movement(self) -> Iterator[Grid]:
        """Yield why sums changed, without a reason that did nothing."""
        if "movement" in self._tables:
            table = self._tables["movement"]
            told = [name for name in table.columns if name not in PARTS or (table.rows[name] != 0).any()]
            yield grid_of(table, self._cells, told)

    def _bounds(self) -> Grid:
        """Return customers around the bounds, a line for each band."""
        rows = self._tables["bounds"].rows
        bands = [f"{first:+d}%~{last:+d}%" for first, last in zip(rows["from_percent"], rows["to_percent"], strict=True)]
        told = Table.of("bounds", {"tier": "tier", "band": "text", "customers": "count"}, rows.assign(band=bands))
        return cross_of(told, self._cells, Cross("band", "tier", "customers"))

    def _ahead(self) -> Iterator[Figure]:
        outlook = self._tables["outlook"]
        yield Figure(groups.outlook_chart(self._drawer, outlook), grid_of(outlook, self._cells))
        if "need" in self._tables:
            yield Figure(groups.need_chart(self._drawer, self._tables["need"]))

    def _need(self) -> Iterator[Grid]:
        """Yield how many customers a deposit would lift, and keep, by its size, and the whole table folded."""
        if "need" not in self._tables:
            return
        table = self._tables["need"]
        for direction in ("lift", "keep"):
            rows = table.rows[table.rows["direction"] == direction]
            if len(rows):
                cross = Cross("target", "band", "customers", order=NEED_BANDS, title=self._cells.text(f"need_{direction}"))
                yield cross_of(Table.of("need", table.columns, rows), self._cells, cross)
        yield grid_of(table, self._cells, folded=True)

    def _of_branches(self) -> Iterator[Figure]:
        for chart in self._figures("branches_tiers", groups.branches_chart):
            yield Figure(chart.chart, next(self._cross("branches_tiers", "branch", "tier", "customers")), wide=True)

    def _facts(self) -> list[tuple[str, str]]:
        """Return where the figures come from, as name and value."""
        made_from = self._contents.head.made_from
        return [(self._cells.text(f"fact_{name}"), value) for name, value in made_from.items() if value]
