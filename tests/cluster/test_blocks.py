"""Rows on their way: which bucket they go to, and that they arrive as they were sent."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering.cluster.blocks import blocks_of, buckets_of, rows_of
from vip_tiering.extracts.rows import Rows
from vip_tiering.rules.extracts import Aliases

IDS = st.text(st.sampled_from([*"0123456789Cab", "é", "客", "𠮷"]), min_size=1, max_size=30)


def rows_with(ids: list[str], days: list[int] | None) -> Rows:
    """Return rows of these customers, each of another balance, of one day or of several."""
    count = len(ids)
    day = np.broadcast_to(np.int32(7), count) if days is None else np.array(days, np.int32)
    numbers = np.arange(count, dtype=np.int32)
    texts = pa.array(ids, pa.string())
    return Rows(texts, texts, None, texts, day, np.arange(count) * 10**12, np.broadcast_to(np.int32(3), count), numbers)


@given(ids=st.lists(IDS, max_size=30), buckets=st.integers(1, 5), several=st.booleans())
@settings(max_examples=examples(5))
def test_rows_arrive_as_they_were_sent(ids: list[str], buckets: int, several: bool) -> None:  # noqa: FBT001
    """Every row arrives once, in the bucket of its customer, with every value and in the order of its file."""
    sent = rows_with(ids, sorted(number % 3 for number in range(len(ids))) if several else None)
    bucket = buckets_of(sent.customer_id, None, buckets)
    arrived = {number: rows_of(block, 3, None if several else 7) for number, block in blocks_of(sent, bucket)}
    assert sorted(set(bucket.tolist())) == sorted(arrived)
    for number, rows in arrived.items():
        expected = sent.take(np.flatnonzero(bucket == number))
        for name in ("customer_id", "account_id", "product", "currency", "day", "balance_fen", "file", "row"):
            values = [None if column is None else column.tolist() for column in (getattr(expected, name), getattr(rows, name))]
            assert values[0] == values[1]


@given(ids=st.lists(IDS, min_size=2, max_size=30, unique=True), buckets=st.integers(2, 5))
@settings(max_examples=examples(5))
def test_a_customer_has_one_bucket(ids: list[str], buckets: int) -> None:
    """The bucket of an id is the same whatever stands beside it, and a renamed customer has that of the new number."""
    together = buckets_of(pa.array(ids), None, buckets).tolist()
    assert together == [int(buckets_of(pa.array([one]), None, buckets)[0]) for one in ids]
    aliases = Aliases(pa.array(ids[:1]), pa.array(ids[1:2]), "")
    renamed = buckets_of(pa.array(ids), aliases, buckets).tolist()
    assert [together[1], *together[1:]] == renamed


def test_buckets_are_of_one_size() -> None:
    """Customer numbers that differ in a few digits are spread evenly."""
    counts = np.bincount(buckets_of(pa.array([f"{6_000_000_000 + number * 37}" for number in range(100_000)]), None, 32))
    assert 0.9 * 100_000 / 32 < counts.min() <= counts.max() < 1.1 * 100_000 / 32
    short = np.bincount(buckets_of(pa.array([f"{number:08d}" for number in range(100_000)]), None, 32))
    assert 0.9 * 100_000 / 32 < short.min() <= short.max() < 1.1 * 100_000 / 32
