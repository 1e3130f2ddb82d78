"""Phone numbers: however a number is written it is the same, never another one, and what cannot be read is told by its kind."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples
from vip_tiering.customers.cells.phones import PHONE_KINDS, damage_of, read_phones
from vip_tiering.customers.types import BAD_PHONE, NO_PHONE

PREFIXES = RULES.parents[1] / "shared" / "data" / "cn_mobile_prefixes.csv"
NUMBER = "13800138000"


def first_of(*cells: str) -> list[str | int]:
    """Return the first number of each cell, or what stands for none."""
    phones = read_phones(pa.array(cells))
    return [phones.numbers[place].as_py() if place >= 0 else place for place in phones.first.tolist()]


def all_of(cell: str) -> list[str]:
    """Return every number of a cell."""
    phones = read_phones(pa.array([cell]))
    return [phones.numbers[place].as_py() for place in phones.number.tolist()]


@pytest.mark.parametrize("text", ["", " ", "-", "\u3000", "/", "''"])
def test_no_phone(text: str) -> None:
    """Nothing, and what people write for nothing, is not a phone."""
    assert [NO_PHONE, NUMBER] == first_of(text, NUMBER)


BAD_PHONES = {
    "other": ["010-12345678", "01062345678", "02162345678", "0755-8234 5678", "+1 650 253 0000", "400-810-8888", "00852 9123 4567"],
    "words": ["CANARY", "无", "1380013800a", "138 0013 8000 转 8", "١٣٨٠٠١٣٨٠٠٠"],
    "short": ["1380013800", "10086", "62345678", "8613800138", "380013800"],
    "long": ["138001380000", "+8513800138000", "+13800138000", "0138001380001", "1380013800013900139000"],
    "unknown": ["12345678901", "00000000000", "17491234567"],
    "point": ["1380013800.0", "138.0013.8000", "13800138000.5", "138001380.00", "138.00138000"],
    "masked": ["138****8000", "138XXXX8000", "########", "138••••8000", "1380013****", "138＊＊＊＊8000"],
    "exponent": ["1.38E+10", "1.3800138E10", "1.38001e+10", "1.38E＋10"],
}


@pytest.mark.bad_input(64)
@pytest.mark.parametrize(("kind", "cell"), [(kind, cell) for kind, cells in BAD_PHONES.items() for cell in cells])
def test_what_is_not_a_mobile_number_is_told_by_its_kind(kind: str, cell: str) -> None:
    """A cell without a mobile number gives none, refuses nobody, and is counted for what a spreadsheet, a mask or a hand made of it."""
    phones = read_phones(pa.array([cell, NUMBER]))
    assert ([BAD_PHONE, 0], [NUMBER]) == (phones.first.tolist(), phones.numbers.to_pylist())
    assert {kind: 1, "": 1} == phones.counts()


@pytest.mark.parametrize(
    "cell",
    [
        "13800138000.0", "13800138000.00", "013800138000", "'13800138000", '="13800138000"', "’13800138000", "+8613800138000",
        "008613800138000", "8613800138000", "86-0138-0013-8000", "(+86)138 0013 8000", "13,800,138,000", "13,800,138,000.00",
        "１３８００１３８０００",
        "013800138000.0", "13800138000/", '"13800138000"', "\t13800138000\n",
    ],
)  # fmt: skip
def test_damaged_numbers_that_are_whole_are_read(cell: str) -> None:
    """Whatever a spreadsheet or a core system puts around eleven digits, they are the number."""
    assert [NUMBER] == first_of(cell)
    assert {"": 1} == read_phones(pa.array([cell])).counts()


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13800138000/13900139000", ["13800138000", "13900139000"]),
        ("13900139000、138-0013-8000", ["13900139000", "13800138000"]),
        ("13900139000 13800138000  +86 13700137000", ["13900139000", "13800138000", "13700137000"]),
        ("13900139000.0;013800138000", ["13900139000", "13800138000"]),
        ("13800138000，13800138000", ["13800138000", "13800138000"]),
        ("010-62345678/13800138000", ["13800138000"]),
        ("13800138000|138****8001", ["13800138000"]),
    ],
)
def test_several_numbers_in_a_cell(cell: str, numbers: list[str]) -> None:
    """Each number of a cell is read, in its order; the first mobile one is the customer's."""
    assert numbers == all_of(cell)
    assert [numbers[0]] == first_of(cell)


def test_what_stands_beside_a_number_is_known() -> None:
    """A number beside one that cannot be read is read, and the kind of the other is told; the customer file counts it as read."""
    phones = read_phones(pa.array(["13800138000|138****8001", "010-62345678/13800138000"]))
    assert ["masked", "other"] == [list(PHONE_KINDS)[kind] for kind in phones.kind.tolist()]
    assert {"": 2} == phones.counts()


_DIGITS = st.sampled_from([str.maketrans("0123456789", "0123456789"), str.maketrans("0123456789+-()", "０１２３４５６７８９＋－（）")])
_BETWEEN = st.sampled_from(["", " ", "-", "\u3000", "\u00a0", "\u200b", "—", "(", ")"])
_HEADS = st.sampled_from(["138", "139", "150", "186", "199", "1700", "166"])


@settings(max_examples=examples(10))
@given(
    prefix=st.sampled_from(["", "+86", "0086", "86", "0", "860"]),
    head=_HEADS,
    tail=st.integers(0, 10**8 - 1),
    between=st.lists(_BETWEEN, min_size=12, max_size=12),
    end=st.sampled_from(["", ".0", ".00"]),
    width=_DIGITS,
)
@pytest.mark.bad_input(64)
def test_however_a_number_is_written_it_is_the_same(
    prefix: str, head: str, tail: int, between: list[str], end: str, width: dict[int, int]
) -> None:
    """Prefixes, blanks, hyphens, brackets, full-width digits and the .0 of a spreadsheet do not make another number of it."""
    number = (head + f"{tail:08d}")[:11]
    written = prefix + "".join(mark + digit for mark, digit in zip(between, number, strict=False)) + end + between[-1]
    assert [number] == first_of(written.translate(width))


@settings(max_examples=examples(10))
@given(head=_HEADS, tail=st.integers(0, 10**8 - 1), place=st.integers(1, 10), mark=st.sampled_from([".", "*", "", "E+", "．", "x"]))
def test_a_damaged_number_never_becomes_another_one(head: str, tail: int, place: int, mark: str) -> None:
    """Where a digit was lost, hidden or cut off by a dot, no number is read: neither this one nor one that is somebody else's."""
    number = (head + f"{tail:08d}")[:11]
    damaged = [
        number[:place] + mark + number[place + 1 :],
        f"{number[:place]}{number[place + 1 :]}.0",
        f"{number[:place]}.{number[place:]}",
    ]
    assert [BAD_PHONE] * 3 == first_of(*damaged)


def test_numbers_are_distinct_and_sorted() -> None:
    """One entry per number, whoever holds it."""
    phones = read_phones(pa.array(["13900139000", "+86 138-0013-8000", "13900139000", "x"]))
    assert (["13800138000", "13900139000"], [1, 0, 1, BAD_PHONE]) == (phones.numbers.to_pylist(), phones.first.tolist())


def test_no_numbers_at_all() -> None:
    """A column without any number, and one without any row, are fine."""
    found = [read_phones(pa.array(texts, pa.string())) for texts in ([""], [])]
    assert [([NO_PHONE], [], {}), ([], [], {})] == [(one.first.tolist(), one.numbers.to_pylist(), one.counts()) for one in found]


def test_damage_is_counted_the_most_frequent_first() -> None:
    """What a column looks like is told by how many of its cells are so; cells without anything do not count."""
    phones = read_phones(pa.array(["1.38E+10", "1.39E+10", "", "138****8000", NUMBER, "010-62345678"]))
    first, *others = damage_of(phones.counts())
    assert "2 of 5 are written 1.38E+10: the column was a number" == first
    assert ["1 of 5 are masked", "1 of 5 are numbers of other phones, such as landlines"] == others


@pytest.mark.skipif(not PREFIXES.is_file(), reason="the table of prefixes lies beside the project")
def test_prefixes_are_those_of_the_table() -> None:
    """Each of the prefixes 1000 to 1999 is a mobile where an independent table says so."""
    with PREFIXES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000
    expected = [row["sample"] if row["type"] == "MOBILE" and row["valid"] == "True" else BAD_PHONE for row in rows]
    assert expected == first_of(*(row["sample"] for row in rows))
