"""Day after day into the ledger, with a tally of what became of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.duplicates import collapse
from vip_tiering.errors import Problem
from vip_tiering.ledger import Ledger
from vip_tiering.readers.days import Day, Reading, Step
from vip_tiering.readers.extract import Extract
from vip_tiering.renaming import Renaming
from vip_tiering.roster import Located, Positions
from vip_tiering.rows import Rows
from vip_tiering.rules import Rules
from vip_tiering.scope import Scope, Totals, count_day

Progress = Callable[[int, int], None]


@dataclass
class Posted:
    """The ledger after the last day, and what became of the rows. `problems` forbid a run; rejects may be allowed.

    `superseded`: rows that a later file corrected, by the index of the extract that held them.
    """

    ledger: Ledger
    reading: Reading = field(default_factory=Reading)
    used: int = 0
    collapsed: int = 0
    copied_rows: int = 0
    superseded: Counter[int] = field(default_factory=Counter)
    totals: Totals = field(default_factory=Totals)
    renaming: Renaming | None = None
    problems: list[Problem | str] = field(default_factory=list)

    @property
    def tally(self) -> dict[str, int]:
        """Rows by what became of them; `read` is the sum of all others (the first proof of a run)."""
        return {
            "read": sum(self.reading.rows.values()) + self.copied_rows,
            "used": self.used,
            "outside": self.reading.outside,
            "collapsed": self.collapsed,
            "excluded": self.totals.excluded,
            "superseded": self.superseded.total(),
            "rejected": len(self.reading.rejects),
        }


def post_days(ledger: Ledger, steps: Iterable[Step], days: int, extracts: Sequence[Extract], rules: Rules, progress: Progress) -> Posted:
    """Post one day after another into the ledger; `days`: how many there are, `extracts`: what rows are known by in messages."""
    posted = Posted(ledger, renaming=Renaming(rules.aliases, ledger.roster) if rules.aliases else None)
    names = [extract.name for extract in extracts]
    scope = Scope.of(rules, names, {role: extracts[0].header(role) for role in ("balance", "currency", "product")})
    done = 0
    for day, reading in steps:
        posted.reading.add(reading)
        posted.problems += reading.problems
        if day is not None and not posted.problems:
            _post_day(posted, day, scope, by_file_name=rules.extracts.corrections == "by_file_name")
        done += day is not None
        progress(done, days)
    return posted


def _post_day(posted: Posted, day: Day, scope: Scope, *, by_file_name: bool) -> None:
    """Post the rows of one day: one row per key, the balance that counts, the customer that it counts for."""
    ledger, rows = posted.ledger, day.rows
    customers = Located(ledger.roster.locate(rows.customer_id), len(ledger.roster))
    single = collapse(rows, customers, scope.names, by_file_name=by_file_name)
    posted.problems += single.conflicts
    if single.conflicts:
        return
    if single.kept is not None:
        posted.collapsed += len(rows) - len(single.kept) - len(single.superseded)
        posted.superseded.update(dict(enumerate(np.bincount(rows.file[single.superseded]).tolist())))
        rows, customers = rows.take(single.kept), customers.take(single.kept)
    counted = count_day(rows, day.day, scope)
    posted.problems += counted.problems
    posted.reading.rejects.extend(counted.rejects)
    posted.totals.add(counted.totals)
    if counted.problems:
        return
    if counted.kept is not None:
        customers = customers.take(counted.kept)
    posted.used += len(counted.rows)
    accounts = _account_keys(counted.rows, customers.positions) if ledger.kind == "changes" else None
    if posted.renaming:
        customers = posted.renaming.apply(customers)
    ledger.post(day.day, customers, counted.rows.balance_fen, accounts, counted.rows.largest_fen)


def _account_keys(rows: Rows, positions: Positions) -> pa.Array:
    """Return one text per row that names its account: the delivered customer, with account and product where they are delivered."""
    parts = [pa.array(positions).cast(pa.string())]
    parts += [column for column in (rows.account_id, rows.product) if column is not None]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "\x1f")
