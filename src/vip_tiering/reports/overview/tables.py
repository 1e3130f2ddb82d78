"""The form of what a report shows: frames of exact values whose columns say what they hold. Whoever shows one asks for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

Kind = Literal[
    "text", "person", "branch", "manager", "tier", "change", "state", "status", "word", "part", "measure", "action", "day", "quarter",
    "count", "count_change", "fen", "fen_change", "permille", "percent", "by_unit", "by_unit_change",
]  # fmt: skip
"""What a column holds.

`text`: as it stands; `person`: how somebody is addressed, "" for who has no name; `branch`, `manager`: a name, "" where nobody is named,
null for all; `tier`: a code, `TOTAL` for all; `change`, `state`,
`status`, `word`, `part`, `measure`, `action`: codes that `words` or the rules have words for; `day`: such as 2015-12-31; `quarter`: such
as 2015Q4; `count`: whole numbers; `fen`: amounts; `_change`: with a sign; `permille`: shares in tenths of a percent;
`percent`: whole percents; `by_unit`: amounts
where the column `unit` says yuan, else whole numbers. What is not known is null.
"""
FIGURES: Final[frozenset[Kind]] = frozenset(
    ("count", "count_change", "fen", "fen_change", "permille", "percent", "by_unit", "by_unit_change")
)
"""The kinds that are numbers: Int64 throughout."""
CHANGES: Final[frozenset[Kind]] = frozenset(("count_change", "fen_change", "by_unit_change"))
"""Numbers that are shown with their sign, and in red where they are negative."""


@dataclass(frozen=True)
class Table:
    """A table. `columns`: what each column holds, in order; `rows`: the values, of which there are no others."""

    code: str
    columns: Mapping[str, Kind]
    rows: pd.DataFrame

    @classmethod
    def of(cls, code: str, columns: Mapping[str, Kind], rows: pd.DataFrame) -> Table:
        """Return a table of the columns that are named, each with the type of its kind."""
        types = {name: "Int64" if kind in FIGURES else "str" for name, kind in columns.items()}
        return cls(code, columns, rows[[*columns]].reset_index(drop=True).astype(types))

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)


@dataclass(frozen=True)
class Sentence:
    """What happened, as a code of `words.SENTENCES` and the figures that it names, each with its kind."""

    code: str
    figures: Mapping[str, tuple[Kind, object]]
