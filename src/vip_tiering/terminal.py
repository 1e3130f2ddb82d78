"""What commands write to a terminal: lines on stdout, warnings and a progress bar on stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from vip_tiering.engine import Progress


def show(text: object = "") -> None:
    """Print a line on stdout; a reader that has gone away (`| head`) is no error."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(warnings: tuple[str, ...]) -> None:
    """Print one line per warning on stderr."""
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)


def show_rendered(what: RenderableType) -> None:
    """Print tables and text on stdout, as wide as the terminal, in colour where it has any."""
    from rich.console import Console  # noqa: PLC0415 (only where something is shown)

    console = Console(highlight=False, markup=False)
    with console.capture() as captured:
        console.print(what)
    show("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def print_summary(result: Any) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip tier compute`."""
    from vip_tiering.render import summary  # noqa: PLC0415

    if result.up_to_date:
        show(f"{result.folder}: already up to date")
        return
    show_rendered(summary(result.document, result.migration))
    show(f"{result.folder}" if result.folder else "dry run: nothing was written")


class ProgressBar:
    """A progress bar on stderr where it is a terminal; otherwise nothing."""

    def __init__(self, *, wanted: bool = True) -> None:
        """Show a bar only where it is wanted and somebody may see it."""
        self._show = wanted and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        """Return what is called with the number of days done and of all days."""
        if not self._show:
            return lambda _done, _all: None
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415

        self._bar = Bar(console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task("reading days", total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._show:
            self._bar.stop()
