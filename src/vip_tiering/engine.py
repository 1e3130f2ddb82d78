"""Day after day into the ledger, with a tally of what became of every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.duplicates import collapse
from vip_tiering.errors import Problem
from vip_tiering.ledger import Ledger
from vip_tiering.readers.days import Day, Reading, Step
from vip_tiering.readers.extract import Extract
from vip_tiering.roster import Located, Positions
from vip_tiering.rows import Rows
from vip_tiering.rules import ExtractRules
from vip_tiering.scope import NegativeBalances, count_balances

Progress = Callable[[int, int], None]


@dataclass
class Posted:
    """The ledger after the last day, and what became of the rows. `problems` forbid a run; rejects may be allowed."""

    ledger: Ledger
    reading: Reading = field(default_factory=Reading)
    used: int = 0
    collapsed: int = 0
    copied_rows: int = 0
    negative: NegativeBalances = field(default_factory=NegativeBalances)
    problems: list[Problem | str] = field(default_factory=list)

    @property
    def tally(self) -> dict[str, int]:
        """Rows by what became of them; `read` is the sum of all others (the first proof of a run)."""
        return {
            "read": sum(self.reading.rows.values()) + self.copied_rows,
            "used": self.used,
            "outside": self.reading.outside,
            "collapsed": self.collapsed,
            "excluded": 0,
            "superseded": 0,
            "rejected": len(self.reading.rejects),
        }


def post_days(
    ledger: Ledger, steps: Iterable[Step], days: int, extracts: Sequence[Extract], rules: ExtractRules, progress: Progress
) -> Posted:
    """Post one day after another into the ledger; `days`: how many there are, `extracts`: what rows are known by in messages."""
    posted = Posted(ledger)
    names = [extract.name for extract in extracts]
    header = extracts[0].header("balance")
    done = 0
    for day, reading in steps:
        posted.reading.add(reading)
        posted.problems += reading.problems
        if day is not None and not posted.problems:
            _post_day(posted, day, rules, names, header)
        done += day is not None
        progress(done, days)
    return posted


def _post_day(posted: Posted, day: Day, rules: ExtractRules, names: list[str], header: str) -> None:
    """Post the rows of one day: one row per key, the balance that counts, the customer's position."""
    ledger, rows = posted.ledger, day.rows
    customers = Located(ledger.roster.locate(rows.customer_id), len(ledger.roster))
    kept, conflicts = collapse(rows, customers, names)
    posted.problems += conflicts
    if conflicts:
        return
    if kept is not None:
        posted.collapsed += len(rows) - len(kept)
        rows, customers = rows.take(kept), customers.take(kept)
    counted, rejects, negative = count_balances(rows, rules.negative, names, header)
    if len(rejects):
        posted.reading.rejects.extend(rejects)
        customers = customers.take(rows.balance_fen >= 0)
    else:
        posted.negative.rows += negative.rows
        posted.negative.sum_fen += negative.sum_fen
    posted.used += len(counted)
    accounts = _account_keys(counted, customers.positions) if ledger.kind == "changes" else None
    ledger.post(day.day, customers, counted.balance_fen, accounts)


def _account_keys(rows: Rows, positions: Positions) -> pa.Array:
    """Return one text per row that names its account: the customer with account and product where they are delivered."""
    parts = [pa.array(positions).cast(pa.string())]
    parts += [column for column in (rows.account_id, rows.product) if column is not None]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "\x1f")
