"""How a figure is said: one formatter for the page, the terminal and the sentences. Values in, text out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from vip_tiering.base.money import wan_text
from vip_tiering.base.words import Pair, Words
from vip_tiering.reports.figures.measures import YUAN
from vip_tiering.reports.overview.tables import CHANGES, Kind, Sentence, Table
from vip_tiering.reports.overview.words import CODES, COLUMNS, COLUMNS_OF, PARTS, SENTENCES, TEXTS

_AMOUNTS: Final = frozenset(("fen", "fen_change"))
_NOBODY: Final = {"branch": "unassigned", "manager": "unassigned", "person": "somebody"}
"""How is called who has no name."""
_BY_UNIT: Final[Mapping[Kind, tuple[Kind, Kind]]] = {"by_unit": ("fen", "count"), "by_unit_change": ("fen_change", "count_change")}


class Cells:
    """Says values in one language. `names`: what tiers, measures and actions are called, by code."""

    def __init__(self, words: Words, names: Mapping[str, Pair]) -> None:
        """Take the language, and the names of the rules."""
        self.words, self._names = words, names

    def text(self, code: str, **values: object) -> str:
        """Return one of `words.TEXTS` with its values."""
        return self.words.of(TEXTS, code).format(**values)

    def column(self, column: str, table: str = "") -> str:
        """Return what a column of a table is called; one that the words do not have is named by the report, for its day."""
        if of_table := COLUMNS_OF.get(f"{table}.{column}"):
            return self.words.of({column: of_table}, column)
        return self.words.of(COLUMNS, column) if column in COLUMNS else self.name(column)

    def header(self, column: str, kind: Kind, table: str = "") -> str:
        """Return what stands above a column in one line: its name, and the unit of amounts."""
        name, unit = self.column(column, table), self.unit(kind)
        return f"{name}（{unit}）" if unit and self.words.language == "zh" else name

    def unit(self, kind: Kind) -> str:
        """Return the unit of amounts; "" for what is no amount."""
        return self.text("wan") if kind in _AMOUNTS else ""

    def name(self, code: str) -> str:
        """Return what a code of the rules is called; one that they do not know is called by its code."""
        return self.words.of(self._names, code) if code in self._names else code

    def rows(self, table: Table) -> Iterator[list[str]]:
        """Yield the texts of each row of a table."""
        for row in table.rows.to_dict("records"):
            yield [self.cell(kind, row[name], row) for name, kind in table.columns.items()]

    def cell(self, kind: Kind, value: Any, row: Mapping[Any, Any] | None = None) -> str:  # noqa: ANN401 (of any kind)
        """Return a value as text; "" for what is not known, and the total for no branch. `row`: where the column `unit` decides."""
        if pd.isna(value):
            return self.text("total") if kind == "branch" else ""
        if kind in _BY_UNIT:
            kind = _BY_UNIT[kind][0 if row and row["unit"] == YUAN else 1]
        return _signed(_NUMBERS[kind](int(value)), kind) if kind in _NUMBERS else self._word(kind, str(value))

    def _word(self, kind: Kind, value: str) -> str:
        if kind in _NOBODY:
            return value or self.text(_NOBODY[kind])
        if kind in ("tier", "measure", "action"):
            return self.name(value)
        if kind == "part":
            return self.words.of(PARTS, value)
        if kind in ("change", "state", "status", "word") and value in CODES:
            return self.words.of(CODES, value)
        return value

    def sentence(self, one: Sentence) -> str:
        """Return what happened, in words."""
        said = {name: self._said(kind, value) for name, (kind, value) in one.figures.items()}
        return self.words.of(SENTENCES, one.code).format(**said)

    def _said(self, kind: Kind, value: Any) -> str:  # noqa: ANN401 (of any kind)
        if kind not in CHANGES:
            text = self.cell(kind, value)
            return self.text("of_wan", number=text) if kind == "fen" else text
        if not value:
            return self.text("same")
        text = self.cell("fen" if kind == "fen_change" else "count", abs(int(value)))
        amount = self.text("of_wan", number=text) if kind == "fen_change" else text
        return self.text("more" if value > 0 else "less", amount=amount)


def _count_text(number: int) -> str:
    return f"{number:,}"


def percent_text(tenths: int) -> str:
    """Return tenths of a percent as text, such as 12.3%."""
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10:,}.{abs(tenths) % 10}%"


def _signed(text: str, kind: Kind) -> str:
    """Return a number with its sign where it is a change; nothing has none."""
    is_nothing = not text.strip("0.,-")
    return f"+{text}" if kind in CHANGES and not text.startswith("-") and not is_nothing else text


_NUMBERS: Final[Mapping[Kind, Callable[[int], str]]] = {
    "count": _count_text,
    "count_change": _count_text,
    "fen": wan_text,
    "fen_change": wan_text,
    "permille": percent_text,
    "percent": "{}%".format,
}
