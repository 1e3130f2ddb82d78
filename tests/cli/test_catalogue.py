"""Every text that commands show is there in Chinese and English, in tables that are found by their form, wherever they stand."""

from __future__ import annotations

import ast
import importlib
import re
import string
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vip_tiering
from vip_tiering.analysis import hypotheses, reconcile
from vip_tiering.base.schema import ROLES
from vip_tiering.base.words import LANGUAGES, Pair, Words
from vip_tiering.cli.words import sentences
from vip_tiering.cli.words.extracts import ROLES as ROLE_WORDS
from vip_tiering.cli.words.help import HEADINGS
from vip_tiering.customers.cells.phones import PHONE_KINDS
from vip_tiering.customers.customer_file import ABSENT
from vip_tiering.tiers.outlook import STATES

PACKAGE = Path(vip_tiering.__file__).parent
CHINESE = Words("zh")
ENGLISH_ALONE = {"_in_english", "_lines", "_season", "_whom", "_when", "_purpose"}
"""Functions of `show.playbooks` that say what the book says in Chinese."""


def is_table(value: object) -> bool:
    """Tell whether something is a table of pairs."""
    return isinstance(value, dict) and bool(value) and all(isinstance(one, tuple) and len(one) == len(LANGUAGES) for one in value.values())


def tables() -> Iterator[tuple[str, dict[str, Pair]]]:
    """Yield every table of pairs of every module that is called `words` or lies in a room of that name, and of what is shown."""
    paths = [path.relative_to(PACKAGE.parent).with_suffix("") for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__init__"]
    for module in (".".join(path.parts) for path in paths if {"words", "show"} & {*path.parts}):
        found = vars(importlib.import_module(module))
        yield from ((f"{module}.{name}", value) for name, value in found.items() if is_table(value))


def fields(text: str) -> set[str]:
    """Return the values that a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def is_chinese(text: str) -> bool:
    """Tell whether a text holds a Chinese character."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


@pytest.mark.parametrize(("name", "table"), [*tables()], ids=lambda one: one if isinstance(one, str) else "")
def test_pairs_say_the_same(name: str, table: dict[str, Pair]) -> None:
    """Each entry is Chinese and English, or both are signs alone, and both take the same values; Chinese has full-width signs."""
    for code, (chinese, english) in table.items():
        assert fields(chinese) == fields(english) or name.endswith(".TRIGGERS"), (name, code)  # of which English says no days
        assert not is_chinese(re.sub("万元", "", english)), (name, code)
        plain = re.sub(r"\{\w+\}", "", chinese)
        assert is_chinese(chinese) or not any(sign.isalpha() for sign in plain), (name, code)
        assert not re.search("[\u4e00-\u9fff][,;:!?(]|[,;:!?][\u4e00-\u9fff]", chinese), (name, code)


def test_the_tables_are_found() -> None:
    """The search finds the tables of the base, of reports and of commands."""
    found = {name for name, _ in tables()}
    assert {"vip_tiering.base.words.TEXTS", "vip_tiering.reports.words.ROWS", "vip_tiering.cli.words.run.TEXTS"} <= found
    assert len(found) > 30
    assert {*ROLES} == {*ROLE_WORDS}
    assert {*STATES} <= {code for name, table in tables() if name.endswith("reports.words.STATES") for code in table}
    assert all(map(is_chinese, HEADINGS.values()))


def words_of_source() -> set[str]:
    """Return every word of every text that the source outside of the tables of words holds."""
    paths = [path for path in PACKAGE.rglob("*.py") if "words" not in path.parts]
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return {
        word
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"[\w.+-]+", node.value)
    }


def test_sentences_of_lower_rooms_are_said_there() -> None:
    """Each English sentence is made of words that the source says, and the Chinese one takes no other values."""
    said = words_of_source()
    for english, chinese in sentences.CATALOGUE.items():
        assert [] == [word for word in re.findall(r"[\w.+-]+", re.sub(r"\{\w+\}", " ", english)) if word not in said], english
        assert fields(chinese) <= fields(english), english
        assert is_chinese(chinese), english


def test_fixed_sentences_of_lower_rooms_are_known() -> None:
    """What falls without a column, how phones look, and every cause that a run alone tells, has Chinese words."""
    ones = np.ones(3, np.int64)
    causes = [*hypotheses.roundings(ones, 92, 1_000_000), *hypotheses.divisors(ones, ones, 90, 92, 100)]
    assert len(causes) > 10
    english = [*ABSENT.values(), *PHONE_KINDS.values(), *(one.words for one in causes), *reconcile._OTHERS.values()]
    told = {text: sentences.told(text, CHINESE) for text in english}
    assert [] == [text for text, chinese in told.items() if re.search("[a-z]{2}", chinese) or not is_chinese(chinese)]
    assert "按四舍六入五成双舍入到分" == sentences.told("rounded half to even to the fen", CHINESE)
    assert "nobody says this" == sentences.told("nobody says this", CHINESE)


def literals(path: Path) -> Iterator[str]:
    """Yield the texts in a module that are no docstrings and stand in no table, outside of functions that are English alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for owner in ast.walk(tree)
        if isinstance(owner, ast.FunctionDef) and owner.name in ENGLISH_ALONE and path.name == "playbooks.py"
        for node in ast.walk(owner)
    }
    pairs = (node for node in tree.body if isinstance(node, ast.AnnAssign) and "Pair" in ast.unparse(node.annotation))
    skipped |= {id(node) for table in pairs for node in ast.walk(table)}
    skipped |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli" / "show").glob("*.py")), ids=lambda path: path.stem)
def test_what_is_shown_has_no_words_of_its_own(path: Path) -> None:
    """No function of `show` says two English words in a row: all words come from tables. Styles of Rich are no words."""
    texts = [text for text in literals(path) if re.search("[A-Za-z]{2,} [A-Za-z]{2,}", text)]
    assert [] == [text for text in texts if text not in {"not bold", "bold green", "bold red"} and "{" not in text]
