"""Every help page is there in Chinese too, and fits a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
import wcwidth

from tests import prepared
from vip_tiering.cli.main import app
from vip_tiering.cli.words import language
from vip_tiering.cli.words.help_page import CATALOGUE
from vip_tiering.cli.words.lines import wrapped

COLUMNS = 80


def contexts(command: Any, parent: Any = None, name: str = "vip") -> Iterator[Any]:
    """Yield a context for each command and group of the whole tree."""
    context = typer.Context(command, info_name=name, parent=parent)
    yield context
    for word, below in getattr(command, "commands", {}).items():
        yield from contexts(below, context, word)


def texts(command: Any, context: Any) -> Iterator[str]:
    """Yield every English text that a help page shows."""
    yield from filter(None, (command.help, command.epilog, *(getattr(one, "help", None) for one in command.get_params(context))))


@pytest.fixture
def _chinese() -> Iterator[None]:
    """Let the commands of this process speak Chinese."""
    language.settle([], {"VIP_LANG": "zh"})
    yield
    language.settle([], {})


def test_every_help_text_is_there_in_chinese() -> None:
    """The catalogue holds each help text of the command tree, and no other; each is Chinese with the same codes."""
    shown = {text for context in contexts(typer.main.get_command(app)) for text in texts(context.command, context)}
    assert len(shown) > 100, "the search itself finds nothing"
    assert shown == {*CATALOGUE}
    assert [] == [text for text, chinese in CATALOGUE.items() if not re.search("[\u4e00-\u9fff]", chinese)]
    codes = re.compile(r"--[a-z-]+|\.[a-z]{3,}|\b[A-Z][A-Z0-9-]{2,}\b|\b\d{4}Q\d\b")
    for text, chinese in CATALOGUE.items():
        assert {*codes.findall(text)} - {"CSV", "OUT", "QUARTER", "MANAGER-DATE", "DATE", "SMS", "YEAR"} <= {*codes.findall(chinese)}, text


@pytest.mark.usefixtures("_chinese")
def test_every_help_page_is_chinese_and_fits() -> None:
    """No line of a help page in Chinese is wider than 80 columns, begins with punctuation, or holds an English sentence."""
    pages = {context.command_path: context.get_help() for context in contexts(typer.main.get_command(app))}
    assert len(pages) > 25
    for name, page in pages.items():
        assert "用法：" in page, name
        for line in page.splitlines():
            assert wcwidth.wcswidth(line) <= COLUMNS, line
            assert not re.match(r" *[，。；：、！？）》］]", line), line
            assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", re.sub(r"vip [a-z ]+", "", line)), line


@pytest.mark.parametrize("arguments", [["--lang", "zh", "--help"], ["--help", "--lang", "zh"], ["rules", "--help", "--lang=zh"]])
def test_language_may_stand_anywhere(arguments: list[str]) -> None:
    """`--lang` counts before the command, behind it and behind `--help`; what stands behind `--` is no option."""
    assert "用法：" in prepared.run(arguments).stdout
    assert "Usage:" in prepared.run([*arguments, "--lang", "en"]).stdout
    assert "用法：" in prepared.run([*arguments, "--", "--lang", "en"]).stdout


def test_errors_stay_english() -> None:
    """What is wrong with a command line is told in the same English words in every language."""
    for wrong in (["tier", "compute"], ["tier", "nothing"], ["rules", "check", "--nothing"]):
        told = [prepared.run(wrong, VIP_LANG=one) for one in ("zh", "en")]
        assert (told[0].returncode, told[0].stderr) == (told[1].returncode, told[1].stderr)


def test_lines_are_broken_by_columns() -> None:
    """A line breaks between Chinese signs or words, never inside a word, before punctuation or behind an opening bracket."""
    assert ["写入 OUT/季度", "。"] != wrapped("写入 OUT/季度。", 13)
    assert ["写入 OUT/季", "度。"] == wrapped("写入 OUT/季度。", 13)
    assert ["甲", "（乙）", "abc"] == wrapped("甲（乙）abc", 6)
