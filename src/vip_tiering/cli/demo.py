"""The command `vip demo`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli.terminal import print_changes, print_export, print_recorded, print_results, print_summary, show
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import DEMO
from vip_tiering.cli.words.sentences import told


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder for the demo's data, runs and lists.")] = Path("vip-demo"),
) -> None:
    """Show the whole cycle on an invented branch, from its extracts to its results.

    Two quarters are computed, who changed is reported, the lists of a day are exported, and what came of them is counted.
    """
    from vip_tiering.demo import run as example

    for title, result in example.run(folder):
        show(told(title, words()))
        print_summary(result)
        show()
    print_changes(example.report(folder))
    show()
    print_export(example.lists(folder), preview=True)
    show()
    recorded, counted = example.results(folder)
    print_recorded(recorded)
    print_results(counted)
    show()
    show(words().say(DEMO, "look", folder=folder))
    for line in ("look_more", "by_hand"):
        show(words().say(DEMO, line))
    here = [shlex.quote(f"{folder}/{name}") for name in ("extracts", "out", "out/2015Q4", "lists", "customers/customers.csv")]
    show(f"vip tier compute {here[0]} --quarter 2015Q4 --out {here[1]}")
    show(f"vip playbook export {here[2]} --on 2016-01-11 --out {here[3]} \\\n    --customers {here[4]}")
