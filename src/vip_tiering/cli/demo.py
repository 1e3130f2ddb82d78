"""The command `vip demo`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from vip_tiering.cli.terminal import print_changes, print_export, print_recorded, print_results, print_summary, show, show_rendered
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import DEMO
from vip_tiering.cli.words.sentences import told


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder for the demo's data, runs and lists.")] = Path("vip-demo"),
    verbose: Annotated[bool, typer.Option("--verbose", help="Show what each command of the cycle prints.")] = False,
) -> None:
    """Show the whole cycle on an invented branch, from its extracts to its results.

    Two quarters are computed, who changed is reported, the lists of a day are exported, what came of them is counted, and the newer
    quarter is told on one page.
    """
    from rich.console import Group

    from vip_tiering.cli.show.report import report_head
    from vip_tiering.demo import run as example

    for title, result in example.run(folder):
        if verbose:
            show(told(title, words()))
            print_summary(result)
            show()
    changes, lists = example.report(folder), example.lists(folder)
    recorded, counted = example.results(folder)
    contents, page = example.overview_of(folder, counted)
    if verbose:
        _print_more(changes, lists, recorded, counted)
    else:
        show_rendered(Group(*report_head(contents, words(), in_short=True)))
    show()
    for line in ("look", "look_more", "by_hand"):
        show(words().say(DEMO, line, folder=folder))
    here = [shlex.quote(f"{folder}/{name}") for name in ("extracts", "out", "out/2015Q4", "lists", "customers/customers.csv")]
    show(f"vip tier compute {here[0]} --quarter 2015Q4 --out {here[1]}")
    show(f"vip playbook export {here[2]} --on 2016-01-11 --out {here[3]} \\\n    --customers {here[4]}")
    show(words().say(DEMO, "page"))
    show(page)


def _print_more(changes: Any, lists: Any, recorded: Any, counted: Any) -> None:  # noqa: ANN401 (imported late)
    """Print what the commands after the runs print."""
    print_changes(changes)
    show()
    print_export(lists, preview=True)
    show()
    print_recorded(recorded)
    print_results(counted)
