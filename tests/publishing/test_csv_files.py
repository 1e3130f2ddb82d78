"""Tables as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa

from vip_tiering.base.money import decimal_from_fen
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


def test_what_stands_in_two_columns_is_written_in_both() -> None:
    """One column under two names, with what is not known among its amounts, is written as two equal columns would be."""
    fen = np.array([0, 5, -5, 123_456_789, 7], np.int64)
    known = np.array([True, True, True, True, False])
    amounts, texts = decimal_from_fen(fen, known), ["0.00", "0.05", "-0.05", "1234567.89", None]
    assert texts == amounts.cast(pa.string()).to_pylist()
    written = [io.BytesIO() for _ in range(2)]
    write_csv({"gap": amounts, "between": pa.array(list("abcde")), "deposit": amounts}, written[0])
    write_csv({"gap": amounts, "between": pa.array(list("abcde")), "deposit": pa.array(texts)}, written[1])
    assert written[0].getvalue() == written[1].getvalue()
    assert written[0].getvalue().decode("utf-8-sig").splitlines()[1:] == [
        "0.00,a,0.00",
        "0.05,b,0.05",
        "-0.05,c,-0.05",
        f"{texts[3]},d,{texts[3]}",
        ",e,",
    ]
