"""A report with everything in it, and its page read back: for the tests of the page, with and without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pyarrow as pa

from tests.helpers import RULES
from tests.reports.test_change_report import make_runs, write_people
from vip_tiering.base.words import Language, Words
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.job import overview
from vip_tiering.reports.overview.page.page import report_page


class Done:
    """What came of lists, given by frames."""

    def __init__(self, managers: pd.DataFrame, figures: pd.DataFrame) -> None:
        """Take contacts by manager, and rows by manager and action."""
        self.managers, self.figures = (pa.Table.from_pandas(one, preserve_index=False) for one in (managers, figures))


_OUTCOMES = ("recorded", "reached", "interested", "refused", "complaints", "obstacles", "delivered")
_DONE = Done(
    pd.DataFrame(
        [
            ("城东支行", "张三", 5, 5, 4, 3, 1, 1, 0, 1, 1),
            ("城西支行", "李四", 3, 3, 3, 2, 0, 0, 0, 0, 0),
            ("", "", 8, 8, 7, 5, 1, 1, 0, 1, 1),
        ],
        columns=["branch", "manager", "customers", "contacts", *_OUTCOMES],
    ),
    pd.DataFrame(
        [("城东支行", "张三", "G-CALL-1", 6, 5, 4, 3, 1, 1, 1), ("城西支行", "李四", "G-CALL-1", 4, 3, 3, 2, 0, 0, 0)],
        columns=["branch", "manager", "action", "selected", "exported", *_OUTCOMES[:4], "delivered"],
    ),
)


def full_report(folder: Path) -> Contents:
    """Return a report that has every table: three runs, a customer file, results of lists."""
    run = make_runs(folder / "out")
    return overview(run, write_people(folder / "customers.csv"), rules=RULES, lists=lambda _first, _last: _DONE)


def full_page(folder: Path, language: Language = "zh") -> Path:
    """Write the page of such a report."""
    path = folder / f"report-{language}.html"
    path.write_bytes(report_page(full_report(folder), Words(language)))
    return path


@dataclass
class ShownTable:
    """A table of a page: the codes of its columns, and the texts of its rows, each cell without its second line."""

    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)


class ShownTables(HTMLParser):
    """Reads the tables of a page."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.tables: dict[str, ShownTable] = {}
        self.ids: list[str] = []
        self.tags: dict[str, int] = {}
        self._table: ShownTable | None = None
        self._in_cell = self._in_small = self._in_head = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a table, row or cell that begins."""
        given = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if name := given.get("id"):
            self.ids.append(name)
        if tag == "table":
            self._table = self.tables[given["data-table"] or ""] = ShownTable((given["data-columns"] or "").split(" "))
        self._in_head = self._in_head or tag == "thead"
        if tag == "tr" and not self._in_head and self._table:
            self._table.rows.append([])
        if tag in ("td", "th") and not self._in_head and self._table:
            self._table.rows[-1].append("")
            self._in_cell = True
        self._in_small = self._in_small or tag == "small"

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        self._in_head = self._in_head and tag != "thead"
        self._in_cell = self._in_cell and tag not in ("td", "th")
        self._in_small = self._in_small and tag != "small"

    def handle_data(self, data: str) -> None:
        """Note the text of a cell."""
        if self._in_cell and not self._in_small and self._table:
            self._table.rows[-1][-1] += data
