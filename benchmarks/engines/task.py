"""What every engine is asked: exact fen-days, averages and tiers of a folder of extracts, as one Parquet file in order of customers."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """The extracts, and by which rules they are counted.

    `doubles`: balances are doubles, else decimals; `changes`: a balance stands until the next row of its customer, else every day has
    every balance; `account`: rows have an account_id; `days`: from `first` to `last`, both ISO; `bounds`: code and least average in fen
    of each tier, rising.
    """

    folder: str
    form: str
    doubles: bool
    changes: bool
    account: bool
    first: str
    last: str
    days: int
    bounds: list[tuple[str, int]]

    @classmethod
    def read(cls, path: Path) -> Task:
        """Read a task that was written down."""
        return cls(**json.loads(path.read_text("utf-8")))

    @property
    def files(self) -> list[Path]:
        """The extracts, in order of their days."""
        return sorted(Path(self.folder).glob(f"*.{self.form}"))


def given() -> tuple[Task, Path]:
    """Return the task and the file to be written: `python ENGINE.py TASK.json OUT.parquet`."""
    return Task.read(Path(sys.argv[1])), Path(sys.argv[2])
