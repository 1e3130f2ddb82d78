"""Tables as CSV."""

from __future__ import annotations

import csv
import io

import pyarrow as pa

from vip_tiering.publishing.csv_files import write_csv


def test_columns_of_words_with_gaps() -> None:
    """Columns of few words beside each other keep their gaps, in however many rows: nothing stands where a value is null."""
    tiers, following = ["silver", "gold", "top"], ["gold", "top", None]
    rows = 1_000
    columns = {
        "tier": pa.array(tiers * rows).dictionary_encode(),
        "state": pa.array(["steady"] * 3 * rows).dictionary_encode(),
        "next_tier": pa.array(following * rows).dictionary_encode(),
    }
    sink = io.BytesIO()
    assert write_csv(columns, sink) == 3 * rows
    read = list(csv.reader(io.StringIO(sink.getvalue().decode("utf-8-sig"))))
    assert read[1:] == [[tier, "steady", after or ""] for tier, after in zip(tiers, following, strict=True)] * rows
