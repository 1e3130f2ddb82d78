"""The command `vip playbook effect`. Heavy imports wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli.options import PrivateOption, RulesOption, json_option
from vip_tiering.cli.terminal import show_json, show_rendered
from vip_tiering.cli.words.language import words


def playbook_effect(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of the exports, such as lists.")],
    run_before: Annotated[Path, typer.Argument(metavar="RUN_BEFORE", help="The run before the contacts, such as out/2015Q4.")],
    run_after: Annotated[Path, typer.Argument(metavar="RUN_AFTER", help="A later run, such as out/2016Q1: exports between them count.")],
    action: Annotated[
        list[str] | None,
        typer.Option("--action", metavar="ACTION", help="Only this action; repeatable; default: all with a control group."),
    ] = None,
    private_out: PrivateOption = None,
    rules: RulesOption = None,
    as_json: Annotated[bool, json_option("the figures")] = False,
) -> None:
    """Compare customers who were contacted with the control group: balances and tiers, each difference with its 95 % interval."""
    from vip_tiering.analysis.effect.answer import playbook_effect as work
    from vip_tiering.cli.show.effect import effect_summary

    done = work(out, run_before, run_after, actions=action or (), private_out=private_out, rules=rules)
    if as_json:
        show_json(done.document)
    else:
        show_rendered(effect_summary(done.document, words().knowing(done.names)))
