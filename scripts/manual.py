"""Write the manual page of `vip` from its commands: what `--help` says of each, on one page for `man vip`.

    python scripts/manual.py docs/vip.1

The same commands give the same bytes: the page bears a version and no date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import typer.main

from vip_tiering import __version__
from vip_tiering.cli.main import app
from vip_tiering.cli.words import language


class RoffPage:
    """A help page as Typer fills it, written as man(7): `lines`. Options that stand in `said` are those of every command."""

    indentation = nullcontext

    def __init__(self, *lines: str, said: Sequence[tuple[str, str]] = (), headings: bool = False) -> None:
        """Begin with these lines."""
        self.lines = [*lines]
        self.said = {*said}
        self.headings = headings
        self.rows: list[tuple[str, str]] = []

    def write_usage(self, prog: str, args: str = "") -> None:
        """Write how a command is called."""
        self.lines += [rf"\fB{escaped(prog)}\fR {escaped(args)}"]

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        for paragraph in text.split("\n\n"):
            self.lines += [".PP", escaped(" ".join(paragraph.split()))]

    def write_paragraph(self) -> None:
        """Begin a paragraph; every text does."""

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Write what follows below a heading; a single command needs none between its arguments and options."""
        self.lines += [f".SH {escaped(name.upper())}"] if self.headings else []
        yield

    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write options, arguments or commands, and what each means."""
        self.rows += rows
        for name, text in rows:
            if (name, text) not in self.said:
                self.lines += [".TP", rf"\fB{escaped(name)}\fR", escaped(" ".join(text.split()))]


def escaped(text: str) -> str:
    """Return a line of text in which roff sees nothing of its own."""
    return re.sub(r"^(?=['.])", r"\\&", text.replace("\\", r"\e").replace("-", r"\-").replace("~", r"\(ti").replace("^", r"\(ha"))


def commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 (those of the vendored parser)
    """Yield each command below a group, in the order of its help, with its context."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from commands(command, inner)
        else:
            yield command, inner


def manual() -> str:
    """Return the page."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="vip", **root.context_settings)
    what = (root.help or "").rstrip(".")
    name = rf"vip \- {escaped(what[0].lower() + what[1:])}"
    page = RoffPage(f'.TH VIP 1 "" "vip {__version__}"', ".SH NAME", name, ".SH SYNOPSIS", headings=True)
    root.format_usage(context, page)
    root.format_options(context, page)
    page.lines.append(".SH THE COMMANDS ONE BY ONE")
    for command, inner in commands(root, context):
        part = RoffPage(f".SS {escaped(inner.command_path)}", said=page.rows)
        command.format_usage(inner, part)
        command.format_help_text(inner, part)
        command.format_options(inner, part)
        page.lines += part.lines
    page.lines += [".SH EXIT STATUS", escaped(root.epilog or "")]
    return "\n".join([*page.lines, ""])


if __name__ == "__main__":
    language.settle(["--lang", "en"])
    Path(sys.argv[1]).write_text(manual(), encoding="utf-8")
