"""What `--help` prints in Chinese: the texts of `help`, broken over lines by what they take on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import typer

from vip_tiering.cli.words.help import HEADINGS, HINTS, SHARED, TIERS
from vip_tiering.cli.words.help_of_lists import CHANGES, CUSTOMERS, LISTS, PLAYBOOKS, ROUTINE
from vip_tiering.cli.words.lines import columns, wrapped

CATALOGUE: Final[dict[str, str]] = {**SHARED, **TIERS, **CUSTOMERS, **CHANGES, **PLAYBOOKS, **LISTS, **ROUTINE}
"""Every help text: English -> Chinese."""
_FIRST_COLUMN_MOST: Final = 30
_EnglishPage: Any = typer.Context.formatter_class


def short(text: str) -> str:
    """Return the first sentence of a help text in Chinese: its line in a list of commands."""
    return CATALOGUE.get(text, text).partition("。")[0]


class ChinesePage(_EnglishPage):  # type: ignore[misc]  # Typer's own, which brings no types
    """A help page that takes English texts and writes Chinese ones."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is called."""
        super().write_usage(prog, args, prefix or "用法：")

    def write_heading(self, heading: str) -> None:
        """Write what stands above a list."""
        self.write(f"{'':{self.current_indent}}{HEADINGS.get(heading, heading)}：\n")

    def write_text(self, text: str) -> None:
        """Write a text, paragraph by paragraph."""
        for number, paragraph in enumerate(CATALOGUE.get(text, text).split("\n\n")):
            self.write("\n" * bool(number))
            for line in wrapped(paragraph, self.width - self.current_indent):
                self.write(f"{'':{self.current_indent}}{line}\n")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = _FIRST_COLUMN_MOST, col_spacing: int = 2) -> None:
        """Write a list of two columns: options or commands, and what they mean."""
        first_width = min(max(columns(first) for first, _ in rows), col_max) + col_spacing
        indent = " " * (self.current_indent + first_width)
        for first, second in rows:
            lines = wrapped(_in_chinese(second), max(self.width - len(indent), 10))
            fits = columns(first) <= col_max
            beside = lines.pop(0) if fits and lines else ""
            padding = " " * (first_width - columns(first)) if beside else ""
            self.write(f"{'':{self.current_indent}}{first}{padding}{beside}\n")
            for line in lines:
                self.write(f"{indent}{line}\n")


def _in_chinese(text: str) -> str:
    """Return what is said of an option: its text, and in brackets what Typer adds."""
    said, _, hints = text.partition("  [")
    said = CATALOGUE.get(said, said)
    if not hints:
        return said
    for english, chinese in HINTS.items():
        hints = re.sub(rf"(?<![^ ]){english}", chinese, hints)
    return f"{said}［{hints.removesuffix(']').replace('; ', '；')}］"
