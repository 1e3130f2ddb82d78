"""What commands print: lines and tables on stdout, complaints and a progress bar on stderr.

Both may be closed, full, a pipe that nobody reads, or of an ASCII locale.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vip_tiering.base.errors import OutputError
from vip_tiering.base.words import Words
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import LEDGER, TEXTS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from vip_tiering.tiers.kept.ledgers import Note
    from vip_tiering.tiers.posting import Progress


def make_ready() -> None:
    """Give streams that the caller closed a place to go, and escape what a locale cannot show."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            _discard(number)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def show(text: object = "") -> None:
    """Print a line on stdout; a reader that has gone away (`| head`) is not an error. Raises OutputError where there is no room."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(1)
    except OSError as error:
        _discard(1)
        raise OutputError(f"standard output: cannot be written: {error.strerror}") from None


def complain(text: str) -> None:
    """Print a line on stderr; where nobody reads it the exit code must tell."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        _discard(2)


def warn(warnings: tuple[str, ...]) -> None:
    """Print one line per warning on stderr."""
    for warning in warnings:
        complain(f"warning: {warning}")


def show_rendered(what: RenderableType) -> None:
    """Print tables and text on stdout, as wide as the terminal, in colour where it has any."""
    from rich.console import Console

    captured = io.StringIO()  # Rich itself would write to stdout, and not bear it when that is full
    console = Console(file=captured, force_terminal=sys.stdout.isatty(), highlight=False, markup=False)
    console.print(what)
    show("\n".join(line.rstrip() for line in captured.getvalue().rstrip("\n").split("\n")))


def show_json(document: object) -> None:
    """Print a document for programs; a path is text in it."""
    show(json.dumps(document, ensure_ascii=False, indent=2, default=os.fspath))


def show_published(result: Any, *parts: RenderableType) -> None:  # noqa: ANN401 (a result of any command)
    """Print what a command made and where it lies; of what stands there already only the place."""
    if result.up_to_date:
        show(words().text("up_to_date", folder=result.folder))
        return
    for part in parts:
        show_rendered(part)
    show(result.folder or words().text("dry_run"))


def ledger_line(note: Note) -> str:
    """Return whether a provisional run went on from the one before it, and why not."""
    return words().say(LEDGER, note.code, **vars(note))


def print_summary(result: Any) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip tier compute`, and whether it went on from a ledger that was kept."""
    from vip_tiering.cli.show.run import run_summary

    if result.ledger:
        show(ledger_line(result.ledger))
    show_published(result, run_summary(result.document, result.migration, words()))


def print_export(result: Any, *, preview: bool = False) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip playbook export`; with `preview` the first rows of each list, masked."""
    from vip_tiering.cli.show.lists import export_summary, first_rows

    summary = export_summary(result.document, result.labels, words().knowing(result.names))
    show_published(result, summary, *([first_rows(result.previews, words())] if preview else []))
    if result.private_folder and not result.up_to_date:
        show(words().text("private_folder", folder=result.private_folder))


def print_changes(result: Any) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip changes export`."""
    from vip_tiering.cli.show.lists import changes_summary

    show_published(result, changes_summary(result.document, words()))


def print_recorded(done: Any, *, dry_run: bool = False) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip playbook record`."""
    from vip_tiering.cli.show.lists import recorded

    show_rendered(recorded(done.contacts, done.known, done.barred, words().knowing(done.names)))
    for line in [words().text("dry_run")] if dry_run else done.files:
        show(line)


def print_results(done: Any, known: Words | None = None, *, dry_run: bool = False) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip playbook results`. `known`: words that know what the actions are called."""
    from vip_tiering.cli.show.lists import results_summary

    show_rendered(results_summary(done, known or words()))
    show(words().text("dry_run") if dry_run else "\n".join(map(str, done.files)))


def show_changed_texts(done: Any, *, dry_run: bool = False) -> None:  # noqa: ANN401 (imported late)
    """Print what came of `vip playbook texts import`: what stood there, and what stands there now."""
    for one in done.changes:
        show(" ".join(filter(None, (one.action, one.segment, one.column))))
        show(f"  - {one.old}")
        show(f"  + {one.new}")
    count = len(done.changes)
    changed = words().say(TEXTS, "texts_changed" if count else "texts_same", file=done.file, count=count)
    show(words().text("dry_run") if dry_run and count else changed)


@contextmanager
def progress_bar(*, wanted: bool = True) -> Iterator[Progress]:
    """Give what is called with the number of days done and of all days; it shows a bar on stderr where somebody may see it."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words().say(TEXTS, "reading"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _discard(number: int) -> None:
    """Let what is written to this stream from now on, and what it still holds, go nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    if sink != number:
        os.dup2(sink, number)
        os.close(sink)
