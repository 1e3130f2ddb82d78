"""Amounts become fen exactly, whichever way is the quick one; the oracle reads each by itself, with decimals."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vip_tiering.extracts.checks import check_amounts, check_range
from vip_tiering.extracts.rows import Broken

LIMIT_FEN = 10**14
TWO_PLACES = st.builds("{}{}.{:02d}".format, st.sampled_from(["", "-", "+", "0", "-00"]), st.integers(0, 10**14), st.integers(0, 99))
OTHERS = st.one_of(
    st.from_regex(r"\A[-+]?[0-9]{0,14}(\.[0-9]{0,9})?\Z"),
    st.text("0123456789.,/+-", min_size=1, max_size=9),
    st.sampled_from(
        ["1.2300001", "1.2E+05", "1,234.50", "1/2.00", "1..00", "0.1-", "--1.00", "1.-5", ".", "-", "", "nan", "inf.00", "１.00", "1 .00"]
    ),
)


def fen_of(text: str) -> int | None:
    """Return the fen of one text, None where it is refused."""
    if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)", text, re.ASCII):
        return None
    fen = Decimal(text) * 100
    return int(fen) if fen == int(fen) and abs(fen) < LIMIT_FEN else None


def checked(values: pa.Array) -> list[int | None]:
    """Return the fen of each value, None for those that are rejected."""
    broken = Broken(len(values))
    fen = check_amounts(values, broken)
    check_range(fen, int(np.abs(fen).max(initial=0)), broken)
    rejected = broken.rule >= 0 if broken.any() else np.zeros(len(values), bool)
    return [None if bad else one for one, bad in zip(fen.tolist(), rejected.tolist(), strict=True)]


@given(st.lists(TWO_PLACES, max_size=9), st.lists(OTHERS, max_size=2))
def test_texts_are_read_to_the_fen(plain: list[str], others: list[str]) -> None:
    """Each text counts what it says or is rejected, whatever stands beside it: the quick way for two places takes no other form."""
    texts = [*plain, *others]
    assert [fen_of(text) for text in texts] == checked(pa.array(texts, pa.string()))


def test_every_last_digit() -> None:
    """Around the bounds of what is exact, no amount of two places is off by one."""
    fen = [sign * (base + step) for sign in (1, -1) for base in (0, 10**9, 2**46, 10**14 - 1000) for step in range(1000)]
    texts = [f"{'-' if one < 0 else ''}{abs(one) // 100}.{abs(one) % 100:02d}" for one in fen]
    assert fen == checked(pa.array(texts)) == checked(pa.array(texts, pa.string()).slice(0))
    assert fen[7:900] == checked(pa.array(texts).slice(7, 893))


@given(st.lists(st.integers(-(10**14), 10**14), max_size=9), st.lists(st.floats(), max_size=2))
def test_floats_are_read_where_they_mean_one_amount(fen: list[int], others: list[float]) -> None:
    """The float nearest to an amount is that amount; any other is judged by itself, whatever stands beside it."""
    values = [one / 100 for one in fen]
    alone = [checked(pa.array([one], pa.float64()))[0] for one in others]
    assert [one if abs(one) < LIMIT_FEN else None for one in fen] + alone == checked(pa.array([*values, *others], pa.float64()))


@pytest.mark.parametrize("rows", [0, 1, 32 << 10, (32 << 10) + 1, 100_000])
def test_floats_by_blocks(rows: int) -> None:
    """A value that is wrong is found in whichever block it stands."""
    values = np.arange(rows) / 100
    assert list(range(rows)) == checked(pa.array(values))
    for place in {0, rows // 2, rows - 1} if rows else ():
        wrong = values.copy()
        wrong[place] = 0.001
        assert [place] == [number for number, one in enumerate(checked(pa.array(wrong))) if one is None]
