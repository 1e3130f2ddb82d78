"""Texts that are sent: length in segments as carriers count it, fields, promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vip_tiering.playbooks.messages import FIELDS, fields_of, forbidden_in, longest_units, segments, utf16_units

SIGNATURE, OPT_OUT = "【示例银行】", "拒收请回复R"


@pytest.mark.parametrize(
    ("units", "parts"), [(0, 1), (1, 1), (69, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4), (469, 7), (470, 8), (500, 8)]
)
def test_up_to_70_units_are_one_segment_and_beyond_67_each(units: int, parts: int) -> None:
    """Seventy units go in one part; a longer message is split into parts of 67, the numbering takes the rest."""
    assert parts == segments(units)


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("abc", 3), ("尊敬的客户", 5), ("\U0001f600", 2), ("𠮷野", 3), ("é", 1), ("e\u0301", 2), ("\ud800", 1)]
)
def test_units_are_those_of_utf16(text: str, units: int) -> None:
    """A Chinese character is one unit, an emoji or a rare character two, and a broken one does not raise."""
    assert units == utf16_units(text)


@given(st.text(max_size=300))
def test_segments_hold_the_text_and_not_a_part_more(text: str) -> None:
    """The parts hold every unit, and one part fewer would not."""
    units = utf16_units(text)
    parts = segments(units)
    room = 70 if parts == 1 else 67 * parts
    assert units <= room
    assert parts == 1 or units > (70 if parts == 2 else 67 * (parts - 1))


def test_signature_and_opt_out_count() -> None:
    """What the channel adds is part of the length: 6 units of signature, 6 of opt-out, and the longest name of 12."""
    assert 6 + 6 == longest_units("${signature}${opt_out}", SIGNATURE, OPT_OUT)
    assert 6 + 3 + 12 + 1 + 6 == longest_units("${signature}尊敬的${name},${opt_out}", SIGNATURE, OPT_OUT)
    exactly_one = "${signature}" + "文" * 58 + "${opt_out}"
    assert (1, 2) == (
        segments(longest_units(exactly_one, SIGNATURE, OPT_OUT)),
        segments(longest_units("文" + exactly_one, SIGNATURE, OPT_OUT)),
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("没有", []),
        ("${name}${name}", ["name", "name"]),
        ("${ name }", [" name "]),
        ("${name.upper()}", ["name.upper()"]),
        ("$name", [""]),
        ("100$", [""]),
        ("$$", []),
        ("$${name}", []),
        ("$$${name}", ["name"]),
        ("${name", [""]),
        ("{name}", []),
        ("${${name}}", ["", "name"]),
    ],
)
def test_fields_are_found_as_written(text: str, names: list[str]) -> None:
    """A field is `${name}` and nothing else; `$$` is a plain `$`, and a lone `$` is told as a field without a name."""
    assert names == [name for _, name in fields_of(text)]


def test_a_doubled_dollar_counts_once() -> None:
    """`$$` becomes one `$`."""
    assert 2 == longest_units("$$5", "", "")


@given(st.lists(st.sampled_from([*(f"${{{name}}}" for name in FIELDS), "文", "a", "\U0001f600", "$$"]), max_size=20))
def test_no_filling_is_longer_than_foretold(parts: list[str]) -> None:
    """A template filled with values as long as they may be has exactly the foretold length."""
    text = "".join(parts)
    longest = {name: "字" * field.width for name, field in FIELDS.items()} | {"signature": SIGNATURE, "opt_out": OPT_OUT}
    made = "".join(longest[part[2:-1]] if part.startswith("${") else "$" if part == "$$" else part for part in parts)
    assert utf16_units(made) == longest_units(text, SIGNATURE, OPT_OUT)


@pytest.mark.parametrize("text", ["保证收益", "保 证\u3000收\u00a0益", "年化保证收益产品", "保\n证收益"])
def test_promises_are_found_however_they_are_spaced(text: str) -> None:
    """Blanks of any kind do not hide a promise."""
    assert ["保证收益"] == forbidden_in(text, ["保证收益", "稳赚"])


def test_full_width_letters_hide_nothing() -> None:
    """Full-width forms are compared as plain ones, without case."""
    assert ["top yield"] == forbidden_in("ＴＯＰ　ＹＩＥＬＤ", ["top yield"])
    assert [] == forbidden_in("理财有风险", ["保本"])
