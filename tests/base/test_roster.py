"""The roster against a dict: whatever comes in, the position of an id is that of its first appearance."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering.base import roster
from vip_tiering.base.roster import Roster, Words, id_words

REAL_MIX = roster.mix
CHARACTERS = st.sampled_from([*"0123456789abz-. ", "é", "客", "户", "𠮷", "\x01", "\x7f"])
PREFIXES = st.sampled_from(["", "6222", "00000000", "0000000000000000", "客户编号", "a" * 31])
IDS = st.builds(lambda prefix, rest: (prefix + rest)[:40], PREFIXES, st.text(CHARACTERS, min_size=1, max_size=40))
BATCHES = st.lists(st.lists(IDS, max_size=12), max_size=6)


class Oracle:
    """Id -> position by a dict."""

    def __init__(self) -> None:
        """Begin without ids."""
        self.positions: dict[str, int] = {}

    def locate(self, ids: list[str]) -> list[int]:
        """Return the position of every id; a new one gets the next position."""
        return [self.positions.setdefault(one, len(self.positions)) for one in ids]


def assert_located(batches: list[list[str]]) -> Roster:
    """Locate the batches one after the other in a new roster, and compare each with the oracle."""
    roster_, oracle = Roster(), Oracle()
    for batch in batches:
        expected = oracle.locate(batch)
        actual = roster_.locate(pa.array(batch, pa.string())).tolist()
        assert expected == actual
        assert len(oracle.positions) == len(roster_)
    assert list(oracle.positions) == roster_.ids.to_pylist()
    return roster_


def weak_until(salt: int, keys: int) -> object:
    """Return a mix with so few keys that ids collide, up to a salt from which the real one is used."""

    def mix(words: Words, now: int = 0) -> Words:
        return REAL_MIX(words, now) if now >= salt else REAL_MIX(words, now) % np.uint64(keys)

    return mix


@given(st.lists(st.lists(st.tuples(IDS, st.integers(1, 5)), max_size=12), max_size=6))
@settings(max_examples=examples(20))
def test_runs_are_located_like_rows(batches: list[list[tuple[str, int]]]) -> None:
    """Ids that stand several times in a row, or again further down, are where each row alone would be."""
    roster_, oracle = Roster(), Oracle()
    for batch in batches:
        rows = [one for one, times in batch for _ in range(times)]
        assert oracle.locate(rows) == roster_.locate_runs(pa.array(rows, pa.string())).tolist()
    assert list(oracle.positions) == roster_.ids.to_pylist()


@given(BATCHES)
@settings(max_examples=examples(20))
def test_positions_are_those_of_a_dict(batches: list[list[str]]) -> None:
    """Ids of 1 to 40 characters, with shared prefixes, non-ASCII and repeated, are located exactly."""
    assert_located(batches)


@given(BATCHES, st.integers(0, 4))
@settings(max_examples=examples(40))
def test_keys_that_collide_are_found_out(batches: list[list[str]], salt: int) -> None:
    """Where different ids have one key, also under the next salts, positions stay exact."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "mix", weak_until(salt, 5))
        assert_located(batches)


@given(BATCHES)
@settings(max_examples=examples(40))
@example([[*"0123456789abcdefghij"], ["客", "户"], ["户", "5", "客"]])
def test_late_arrivals_settle_exactly(batches: list[list[str]]) -> None:
    """The table of late arrivals may merge into the large one at any time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "_LATE_ARRIVALS", 3)
        salt = assert_located(batches)._salt
    assert 0 == salt, "a wrong position was noticed and mended by keying everybody anew"


@given(st.lists(IDS, max_size=12), st.integers(0, 12), st.integers(0, 12))
@settings(max_examples=examples(20))
def test_words_are_the_bytes_of_the_ids(ids: list[str], start: int, length: int) -> None:
    """Words are the id's bytes, little endian, padded with NUL, in a slice of an array too."""
    ids, array = ids[start:][:length], pa.array(ids, pa.string()).slice(start, length)
    actual = [b"".join(int(word).to_bytes(8, "little") for word in column) for column in id_words(array).T]
    assert [one.encode() for one in ids] == [text.rstrip(b"\0") for text in actual]


@given(st.lists(IDS, min_size=1, max_size=12), st.integers(0, 3), st.integers(0, 5))
@settings(max_examples=examples(20))
def test_a_key_does_not_depend_on_the_width(ids: list[str], more: int, salt: int) -> None:
    """An id keeps its key when longer ids widen the words."""
    words = id_words(pa.array(ids, pa.string()))
    wider = np.vstack([words, np.zeros((more, len(ids)), np.uint64)])
    assert roster.mix(words, salt).tolist() == roster.mix(wider, salt).tolist()


def _edited(ids: list[str], dice: random.Random, share: float, width: int) -> list[str]:
    """Return ids in their order with some left out and some newcomers between them."""
    edited = []
    for one in ids:
        if dice.random() >= share:
            edited.append(one)
        if dice.random() < share:
            edited.append(f"{dice.randrange(10**width):0{width}d}")
    return edited


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("keys", [None, 3000, 1 << 40])
def test_long_batches_along_the_last_order(seed: int, keys: int | None) -> None:
    """Batches of thousands in the last order, edited, cut, turned, shuffled, repeated, and with wider ids are exact."""
    dice = random.Random(seed)
    width = dice.choice([6, 8, 12, 16, 19])
    ids = [f"{dice.randrange(10**width):0{width}d}" for _ in range(dice.choice([2001, 2500, 4096]))]
    if dice.random() < 0.5:
        ids.sort()
    batches = [ids, ids]
    for share in (0.001, 0.02, 0.3, 0.6):
        batches += [_edited(batches[-1], dice, share, width), _edited(ids, dice, share, width + dice.randint(0, 9))]
    batches += [ids[100:], ids[:-100], ids[::-1], ids[700:] + ids[:700], dice.sample(ids, len(ids)), ids]
    batches += [ids + ids[:300], [one for one in ids for _ in range(2)], ids[1000:1050], [], ids]
    batches += [[f"客户{one}" for one in ids], ids, dice.choices([*ids, "客", "户" * 20], k=3000), ids]
    with pytest.MonkeyPatch.context() as patch:
        if keys is not None:
            patch.setattr(roster, "mix", weak_until(3, keys))
        salt = assert_located(batches)._salt
    assert salt == 0 or keys is not None


def test_a_wrong_anchor_is_not_believed() -> None:
    """A new id whose key is that of a known one at an anchor of the walk is a customer of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "mix", lambda words, salt=0: words[0] if salt == 0 else REAL_MIX(words, salt))
        ids = [f"{number:08d}" for number in range(3000)]
        twins = [one + "x" if number % 64 == 0 else one for number, one in enumerate(ids)]
        assert_located([ids, twins, ids, twins])


def test_a_salt_that_makes_known_ids_collide_is_passed_over() -> None:
    """Where the next salt gives two known ids one key, the one after it is taken."""
    mixes = [lambda words, _: words[0], lambda words, _: words[0] * np.uint64(0), REAL_MIX]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "mix", lambda words, salt=0: mixes[salt](words, salt))
        actual = assert_located([["12345678", "2"], ["12345678x", "2"], ["3", "12345678"]])
    assert 2 == actual._salt
