"""What of a delivered balance counts: for now the rule for negative balances (overdrafts)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vip_tiering.errors import Problem
from vip_tiering.money import exact_sum
from vip_tiering.row_rules import RULES
from vip_tiering.rows import Rejects, Rows
from vip_tiering.rules import Negative

_NEGATIVE = "amount-negative"


@dataclass
class NegativeBalances:
    """How many used rows were negative, and their sum as delivered."""

    rows: int = 0
    sum_fen: int = 0


def count_balances(rows: Rows, rule: Negative, names: list[str], header: str) -> tuple[Rows, Rejects, NegativeBalances]:
    """Return rows with the balance that counts, the rejects, and what was negative (semantics, section 2, "Scope").

    `zero`: an overdraft counts as nothing. `net`: it counts as it is. `reject`: the row is rejected.
    """
    if rows.balance_fen.min(initial=0) >= 0:
        return rows, Rejects(), NegativeBalances()
    negative = rows.balance_fen < 0
    found = NegativeBalances(int(np.count_nonzero(negative)), exact_sum(rows.balance_fen[negative]))
    if rule == "net":
        return rows, Rejects(), found
    if rule == "zero":
        return rows.with_balance(np.maximum(rows.balance_fen, 0)), Rejects(), found
    bad = rows.take(np.flatnonzero(negative))
    places = zip(bad.file.tolist(), bad.row.tolist(), strict=True)
    problems = [Problem(names[file], row, header, _NEGATIVE, RULES[_NEGATIVE]) for file, row in places]
    return rows.take(np.flatnonzero(~negative)), Rejects(problems, set(bad.customer_id.to_pylist())), found
