"""What makes long columns quick changes nothing: each short way gives what the plain way gives."""

from __future__ import annotations

import csv
import datetime as dt
import io
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import examples
from vip_tiering.base.arrays import encoded, positions_in, truth
from vip_tiering.customers.cells.dates import parts
from vip_tiering.customers.cells.texts import are_longer
from vip_tiering.lists.verification.read_back import Layout, begins_like_formula, read_table
from vip_tiering.lists.verification.texts import _BLANKS, _SETTLED, _among, _squeezed
from vip_tiering.playbooks.messages import utf16_units
from vip_tiering.publishing.csv_files import CsvForm, write_csv

TEXTS = st.lists(st.text("=+-@\t\r\n,\"'ab客户保 Ａ１，😀", max_size=4), max_size=40)


def chunked(texts: list[str], size: int = 7) -> pa.ChunkedArray:
    """Return texts in several chunks, of which none begins where its memory does."""
    whole = pa.array(["=before", *texts], pa.string())
    return pa.chunked_array([whole.slice(1 + start, min(size, len(texts) - start)) for start in range(0, len(texts), size)], pa.string())


def test_settled_characters_stay_as_they_are() -> None:
    """What the hard rules do not normalise would not change: no character by itself, no pair of them, and no blank is among them."""
    characters = [chr(code) for code in range(0x20000) if not 0xD800 <= code < 0xE000]
    settled = pa.array(characters).filter(pc.match_substring_regex(pa.array(characters), _SETTLED)).to_pylist()
    assert len(settled) > 20_000
    assert [one for one in settled if unicodedata.normalize("NFKC", one) != one] == []
    assert not {unicodedata.combining(one) for one in settled} - {0}
    assert not pc.any(pc.match_substring_regex(pa.array(settled), _BLANKS)).as_py()
    together = "".join(settled)
    assert unicodedata.normalize("NFKC", together) == together


@given(TEXTS)
@settings(max_examples=examples(10))
def test_squeezed_texts(texts: list[str]) -> None:
    """Only odd texts are normalised, and all come out as if each had been."""
    column = pa.array(texts, pa.string())
    plain = pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(column, form="NFKC"), _BLANKS, ""))
    assert plain.to_pylist() == _squeezed(column).to_pylist()


@given(TEXTS)
@settings(max_examples=examples(10))
def test_formulas_are_known_by_the_first_byte(texts: list[str]) -> None:
    """In plain columns and in dictionaries, whatever stands before or behind an empty cell."""
    expected = [text[:1] in {"=", "+", "-", "@", "\t", "\r"} for text in texts]
    for column in (chunked(texts), chunked(texts).dictionary_encode()):
        assert expected == begins_like_formula(column).tolist()


@given(TEXTS)
@settings(max_examples=examples(10))
def test_encoded_columns_hold_the_same(texts: list[str]) -> None:
    """A column becomes one dictionary array, with each value once."""
    for column in (chunked(texts), chunked(texts).dictionary_encode(), pa.array(texts, pa.string())):
        found = encoded(column)
        assert (found.to_pylist(), len(set(texts))) == (texts, len(found.dictionary))


@given(TEXTS, st.integers(0, 5))
@settings(max_examples=examples(10))
def test_longer_texts(texts: list[str], most: int) -> None:
    """Lengths are UTF-16 units; only texts with more bytes than that are measured."""
    expected = [utf16_units(text) > most for text in texts]
    for column in (chunked(texts), chunked(texts).dictionary_encode()):
        assert expected == are_longer(column, most).tolist()


def test_only_what_may_be_wrong_is_judged() -> None:
    """The verdicts come back to where the texts stand."""
    found = _among(pa.array(["a", "b", "c"]), np.array([True, False, True]), lambda some: truth(pc.equal(some, "c")))
    assert [False, False, True] == found.tolist()


@given(st.lists(st.tuples(*[st.sampled_from(["", "甲", 'a"b', "x,y", "线\n"])] * 3), min_size=1, max_size=30))
@settings(max_examples=examples(10))
def test_csv_of_dictionaries(rows: list[tuple[str, str, str]]) -> None:
    """Columns that are joined word by word are written as the standard library writes them."""
    many = rows * 80
    texts = [pa.array([row[place] for row in many], pa.string()) for place in range(3)]
    plain, coded = io.BytesIO(), io.BytesIO()
    form = CsvForm(bom=False, header=False)
    write_csv(dict(zip("abc", texts, strict=True)), plain, form)
    write_csv({"a": texts[0].dictionary_encode(), "b": texts[1].dictionary_encode(), "c": chunked(texts[2].to_pylist(), 50)}, coded, form)
    assert plain.getvalue() == coded.getvalue()
    assert [list(row) for row in many] == list(csv.reader(io.StringIO(coded.getvalue().decode(), newline="")))


@given(st.lists(st.integers(-40_000, 40_000), max_size=30), st.integers(1, 4000))
@settings(max_examples=examples(10))
def test_parts_of_days(days: list[int], times: int) -> None:
    """Many days are looked up in a calendar, and a few are not."""
    few = np.array(days, np.int32)
    expected = [dt.date(1970, 1, 1) + dt.timedelta(days=one) for one in days] * times
    year, month, day = parts(np.tile(few, times))
    assert [(one.year, one.month, one.day) for one in expected] == list(zip(year.tolist(), month.tolist(), day.tolist(), strict=True))


@pytest.mark.parametrize(("ids", "expected"), [([], []), (["a", "b"], [0, 1]), (["b", "c"], [1, -1])])
def test_positions(ids: list[str], expected: list[int]) -> None:
    """The same ids are not looked up, others are."""
    assert expected == positions_in(pa.array(ids, pa.string()), pa.array(["a", "b"])).tolist()


def test_dictionaries_are_read_like_texts(tmp_path: Path) -> None:
    """A column that is read as a dictionary holds what it would hold as text."""
    path = tmp_path / "a.csv"
    path.write_text("\ufeffx,y\n" + "".join(f'甲{number % 3},"b,{number}"\n' for number in range(1000)), "utf-8")
    fields = {"x": "x", "y": "y"}
    plain, coded = read_table(path, Layout(fields)), read_table(path, Layout(fields, repeating=frozenset("x")))
    assert plain is not None
    assert coded is not None
    assert plain.to_pydict() == coded.to_pydict()
