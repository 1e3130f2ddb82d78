"""Whatever bytes come in, the answer is a result or one of our own errors; anything else is a bug.

Three entry points: a CSV extract, a Parquet extract, a rule file. The bytes are pure chance, or sound files that were cut,
turned, spliced and repeated. Run more of them with `HYPOTHESIS_PROFILE=ci`; `tests/fuzz` searches on without an end.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.extracts.fuzz.targets import SOUND_CSV, SOUND_PARQUET, SOUND_YAML, read_extract, read_rules

EXAMPLES = min(5_000, settings().max_examples)


@st.composite
def mutated(draw: st.DrawFn, sound: list[bytes], steps: int = 4) -> bytes:
    """Return a sound file after a few accidents: a cut, a turned byte, a splice, a repetition, bytes put in."""
    content = bytearray(draw(st.sampled_from(sound)))
    for _ in range(draw(st.integers(1, steps))):
        first, last = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
        match draw(st.sampled_from(["cut", "turn", "splice", "repeat", "insert", "remove"])):
            case "cut":
                del content[last:]
            case "turn" if first < len(content):
                content[first] ^= draw(st.integers(1, 255))
            case "splice":
                content[first:last] = draw(st.sampled_from(sound))[first:last]
            case "repeat":
                content[last:last] = content[first:last][:2000]
            case "insert":
                content[first:first] = draw(st.binary(max_size=8))
            case _:
                del content[first:last]
    return bytes(content)


_FIELD = st.one_of(
    st.sampled_from(
        [
            "customer_id",
            "date",
            "balance",
            "客户号",
            "余额",
            "2015-10-02",
            "20151002",
            "2015/10/2",
            "42279",
            "1.5",
            "-0",
            "+1",
            ".",
            "",
            " ",
            "1e5",
            "9" * 40,
            "１２",
            "NULL",
            '"',
            '""',
            '"a',
            'a"',
            '"a,b"',
            '"a\nb"',
            "\x00",
            "\ufeff",
            "\u200b",
            "é",
            "李四",
            "\ud7ff",
            "2015-10-02 00:00:00",
            "0001-01-01",
            "9999-12-31",
            "1,000",
            "sep=;",
            "<html>",
            "PAR1",
        ]
    ),
    st.text(max_size=5),
)
_SEPARATOR = st.sampled_from([",", ",", ",", ",", ";", "\t", "|"])
_END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", ""])
_HEADER = st.sampled_from(
    ["customer_id,date,balance\n", "客户号,日期,余额\r\n", "balance,customer_id\n", "", "customer_id,date,balance,currency,product\n"]
)


@st.composite
def csv_text(draw: st.DrawFn) -> bytes:
    """Return something between a CSV and a heap of fields, separators, quotes and line ends, in some encoding."""
    lines = draw(st.lists(st.tuples(st.lists(_FIELD, max_size=5), _SEPARATOR, _END), max_size=8))
    text = draw(_HEADER) + "".join(separator.join(fields) + end for fields, separator, end in lines)
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "gb18030", "utf-16", "utf-8-sig"])), "surrogatepass")
    return gzip.compress(content, mtime=0) if draw(st.integers(0, 9)) == 0 else content


_TOKEN = st.sampled_from(
    [
        "version",
        "tiers",
        "sets",
        "source",
        "code",
        "label",
        "min",
        "valid_from",
        "kind",
        "columns",
        "customer_id",
        "negative",
        "snapshot",
        ": ",
        ":",
        "- ",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!t ",
        "!!int ",
        "<<: ",
        "|\n",
        ">\n",
        "'",
        '"',
        "#",
        "%YAML 1.1\n",
        "---\n",
        "...\n",
        "1",
        "20000",
        "0x1F",
        "1e5",
        "1_000",
        "on",
        "null",
        "~",
        "2015-01-01",
        "2015-02-30",
        "银卡",
        "\ufeff",
        "\x85",
        "\u2028",
        "\x00",
        "\x1b",
        "9" * 5000,
        "10:30",
        ".inf",
        "[" * 30,
        "{a: " * 30,
    ]
)


def _yaml_soup() -> st.SearchStrategy[bytes]:
    tokens = st.lists(_TOKEN, max_size=30).map("".join)
    return st.tuples(st.sampled_from(["", "version: 1\n", "version: 1\ntiers:\n"]), tokens).map(lambda parts: "".join(parts).encode())


def _anything(sound: list[bytes], *more: st.SearchStrategy[bytes]) -> Callable[[Callable[[bytes], None]], Callable[[], None]]:
    """Return what makes a test of chance, of accidents to these sound files, and of what more there is."""
    contents = st.one_of(st.binary(max_size=300), mutated(sound), *more)
    return lambda test: settings(max_examples=EXAMPLES)(given(contents)(test))


@_anything(SOUND_CSV, csv_text())
@example(b"\x1f\x8b")
@example(b'customer_id;"a\nb"\n')
@example(b'customer_id"a\nb"\n')
@example(b"customer_id,date,balance")
@example(b'customer_id,date,balance\n"')
def test_any_csv_is_read_or_refused(content: bytes) -> None:
    """Any bytes named like a CSV are read or refused by one of our own errors, which hold no more than places."""
    read_extract(content, "b_20151002.csv")


@_anything(SOUND_PARQUET)
@example(b"PAR1PAR1")
@example(b"PAR1" + bytes(8) + b"PAR1")
def test_any_parquet_is_read_or_refused(content: bytes) -> None:
    """Any bytes that begin like a Parquet file are read or refused by one of our own errors."""
    read_extract(b"PAR1" + content.removeprefix(b"PAR1"), "b_20151002.parquet")


@_anything(SOUND_YAML, _yaml_soup())
@example(b"")
def test_any_rule_file_is_read_or_refused(content: bytes) -> None:
    """Any bytes in place of a rule file give rules, or places and words; nothing else is raised."""
    read_rules(content)
