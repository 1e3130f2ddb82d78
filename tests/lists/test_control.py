"""Control groups: drawn by a hash of the customer, as often as the share says, each action by itself."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pytest

from vip_tiering.lists.selection.control import control_group, speakers

COUNT = 20_000
IDS = pa.array([f"客户{number}" for number in range(COUNT)])


@pytest.mark.parametrize("share", ["0.5%", "10%", "33.3333%", "50%"])
def test_the_share_is_that_of_the_rules(share: str) -> None:
    """So many customers are drawn as the share says, give or take four standard deviations, and exactly those by the digest."""
    part = Fraction(share[:-1]) / 100
    drawn = control_group(IDS, "E-SMS-1", part)
    assert abs(drawn.sum() - COUNT * part) <= 4 * (COUNT * part * (1 - part)) ** 0.5
    digests = (blake2b(one.encode(), key=b"E-SMS-1", digest_size=8).digest() for one in IDS.to_pylist())
    assert drawn.tolist() == [Fraction(int.from_bytes(one, "big"), 2**64) < part for one in digests]


def test_a_larger_share_keeps_whom_a_smaller_one_had() -> None:
    """Whoever is drawn at 10 % is drawn at 20 %, whatever customers stand beside him."""
    small, large = (control_group(IDS, "E-SMS-1", Fraction(one, 100)) for one in (10, 20))
    assert (small <= large).all()
    assert (control_group(IDS[::-3], "E-SMS-1", Fraction(1, 10)) == small[::-3]).all()


def test_actions_draw_by_themselves() -> None:
    """Of the control group of one action a tenth is in that of another: nobody is left out of everything."""
    first, second = (control_group(IDS, action, Fraction(1, 10)) for action in ("E-SMS-1", "E-SMS-2"))
    assert 130 < (first & second).sum() < 270


def test_another_process_draws_the_same() -> None:
    """The draw depends on nothing but id, action and share: not on the process and its own hashes."""
    code = (
        "import pyarrow as pa; from fractions import Fraction; from vip_tiering.lists.selection.control import control_group;"
        "print(control_group(pa.array([f'C{n}' for n in range(64)]), 'S-POS', Fraction(1, 3)).astype(int).tolist())"
    )
    here = control_group(pa.array([f"C{number}" for number in range(64)]), "S-POS", Fraction(1, 3)).astype(int).tolist()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{here}\n" == done.stdout


def test_holders_of_a_number_are_drawn_by_the_first_id() -> None:
    """All who have a number are drawn by the first of their ids in the order of bytes; who has none by the own."""
    ids = pa.array(["C3", "C1", "C2", "Z", "A", "é"])
    assert [1, 1, 2, 4, 4, 5] == speakers(ids, np.array([0, 0, -1, 7, 7, -1], np.int32)).tolist()
    assert [] == speakers(ids[:0], np.array([], np.int32)).tolist()
