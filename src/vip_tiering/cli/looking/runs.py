"""The commands `vip runs ...`: which runs there are, and what differs between two. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli.commands import Commands
from vip_tiering.cli.options import ReplaceFileOption, file_option, json_option
from vip_tiering.cli.terminal import show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words

runs_app = Commands(usual="list", help="See which runs a folder holds, and what differs between two. `vip runs OUT` is enough.")


@runs_app.command("list")
def runs_list(
    out: Annotated[Path, typer.Argument(metavar="OUT", envvar="VIP_OUT", help="The folder that holds the runs, such as out.")],
    as_json: Annotated[bool, json_option("the runs")] = False,
) -> None:
    """List all runs in a folder, replaced ones too: up to which day, customers, who moved, status, and whether each is intact."""
    from vip_tiering.cli.show.run import runs_table
    from vip_tiering.tiers.published.all_runs import all_runs

    document = all_runs(out)
    if as_json:
        show_json(document)
        return
    show_rendered(runs_table(document, words()))
    warn(tuple(problem for run in document["runs"] for problem in run["problems"]))


@runs_app.command("diff")
def runs_diff(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="A run folder, such as out/.superseded/2015Q4-1.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="The run it is compared with, such as out/2015Q4.")],
    out: Annotated[Path | None, file_option("every customer of whom anything differs")] = None,
    replace: ReplaceFileOption = False,
    as_json: Annotated[bool, json_option("the counts")] = False,
) -> None:
    """Show what differs between two runs: extracts, rules, options, version; customers by tier, and the sums of their averages."""
    from vip_tiering.analysis.run_diff import run_diff
    from vip_tiering.cli.show.run import differences

    done = run_diff(first, second, out=out, replace=replace)
    if as_json:
        show_json(done.document)
        return
    show_rendered(differences(done.document, words()))
    if done.file is not None:
        show(done.file)
