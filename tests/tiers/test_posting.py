"""Which rows of a day have one key: what is told quickly is what a set of keys tells."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vip_tiering.base.roster import Located
from vip_tiering.extracts.rows import Rows
from vip_tiering.tiers import posting
from vip_tiering.tiers.posting import collapse, differ

KEYS = st.tuples(st.integers(0, 4), st.sampled_from(["1", "2", "10", "x"]), st.sampled_from(["", "fund"]))


def rows_of(keys: list[tuple[int, str, str]], fen: list[int], *, products: bool) -> tuple[Rows, Located]:
    """Return rows with these keys and balances, all of one file and day, and whose they are."""
    count = len(keys)
    nothing = np.zeros(count, np.int32)
    account, product = (pa.array([key[place] for key in keys], pa.string()) for place in (1, 2))
    customers = Located(np.array([key[0] for key in keys], np.int64), 5)
    ids = pa.array([f"C{key[0]}" for key in keys], pa.string())
    row = np.arange(2, count + 2, dtype=np.int32)
    return Rows(ids, account, product if products else None, None, nothing, np.array(fen, np.int64), nothing, row), customers


@given(st.lists(st.tuples(KEYS, st.integers(0, 1)), max_size=40), st.booleans(), st.booleans())
def test_rows_that_surely_differ_do(drawn: list[tuple[tuple[int, str, str], int]], ordered: bool, products: bool) -> None:  # noqa: FBT001
    """Rows are told to differ only where no key stands twice; grouped by customer, few in number, always; and what is left is right."""
    if ordered:
        drawn = sorted(drawn, key=lambda one: one[0][0])
    keys = [key for key, _ in drawn]
    rows, customers = rows_of(keys, [fen for _, fen in drawn], products=products)
    counts = Counter(key if products else key[:2] for key in keys)
    repeated = any(count > 1 for count in counts.values())
    most = max(Counter(key[0] for key in keys).values(), default=0)
    assert not (differ(rows, customers) and repeated)
    if ordered and most <= posting._FEW_ROWS:
        assert differ(rows, customers) is not repeated
    done = collapse(rows, customers, ["a.csv"])
    if not done.conflicts:
        left = len(rows) if done.kept is None else len(done.kept)
        assert left == len(counts)
    else:
        assert repeated
