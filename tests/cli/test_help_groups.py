"""Help: the same for every command, under headings, and whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from vip_tiering.cli.main import app

ROOT = typer.main.get_command(app)


def below(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return every command and group with the words that call it."""
    yield words, command
    for word, one in getattr(command, "commands", {}).items():
        yield from below(one, (*words, word))


COMMANDS = dict(below(ROOT))


def help_of(*words: str) -> str:
    """Return what a command line prints on a terminal of 80 columns; it must end well."""
    result = CliRunner().invoke(app, [*words], env={"COLUMNS": "80"}, prog_name="vip")
    assert 0 == result.exit_code, result.output
    return result.stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_h_is_help(words: tuple[str, ...]) -> None:
    """`-h` shows the same as `--help`, for every command and group."""
    assert help_of(*words, "-h") == help_of(*words, "--help")


def test_q_is_quiet() -> None:
    """Every command that can be quiet takes `-q`, and no command means something else by it."""
    named = [parameter.opts for command in COMMANDS.values() for parameter in command.params if {"--quiet", "-q"} & {*parameter.opts}]
    assert len(named) > 4, "the search itself finds nothing"
    assert [["--quiet", "-q"]] * len(named) == named


def test_commands_stand_under_headings() -> None:
    """`vip` groups its commands by when they are needed; each stands under one heading, also those of a group with headings."""
    for group in (ROOT, ROOT.commands["playbook"]):
        names = [name for names in group.headings.values() for name in names]
        assert sorted({*names}) == sorted(names)
        assert set() == {*group.commands} - {*names}
        assert {*group.list_commands(None)} == {*group.commands}
    shown = help_of("--help")
    places = [shown.index(f"\n{heading}:\n") for heading in ("Every quarter", "Every day", "Looking", "Setting up")]
    assert sorted(places) == places


@pytest.mark.parametrize("words", [words for words, command in COMMANDS.items() if hasattr(command, "commands")], ids=" ".join)
def test_lists_of_commands_are_whole(words: tuple[str, ...]) -> None:
    """A group tells in full what each of its commands does; no line is cut off, and none is wider than the terminal."""
    lines = help_of(*words, "--help").splitlines()
    assert [] == [line for line in lines if line.endswith("...") and "Usage" not in line]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("words", "called"),
    [
        (("demo",), "[DIR]"),
        (("tier", "explain"), "CUSTOMER RUN [EXTRACT]..."),
        (("customers", "file"), "[CUSTOMER] RUN"),
        (("playbook", "record"), "EXPORT RESULTS..."),
    ],
)
def test_arguments_are_shown_as_they_are_typed(words: tuple[str, ...], called: str) -> None:
    """Help shows arguments without braces and types of Python; one that may be left out stands in brackets."""
    page = help_of(*words, "--help")
    assert f"Usage: vip {' '.join(words)} [OPTIONS] {called}\n" in page
    assert not set("{}<>") & {*page}
