"""The command `vip`: parse, call, print. Nothing else prints or exits, and nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer.core

from vip_tiering.cli.commands import Commands
from vip_tiering.cli.options import folder_of
from vip_tiering.cli.terminal import show, warn
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import TEXTS
from vip_tiering.cli.words.sentences import told

rules_app = Commands(help="Check the rule files, or copy the packaged ones as a beginning of your own.")


@rules_app.command("check")
def rules_check(
    folder: Annotated[
        Path | None,
        typer.Argument(envvar="VIP_RULES", metavar="[DIR]", help="Folder of the rules; default: ./rules, else the packaged ones."),
    ] = None,
) -> None:
    """Check the rule files and report their mistakes together, with file, line and column."""
    from vip_tiering.playbooks.load import load
    from vip_tiering.rules.load import unread

    loaded = load(folder)
    rules, books = loaded.rules, loaded.playbooks
    for ladder in rules.ladders:
        steps = words().text("and").join(f"{tier.label} {tier.code} {tier.min}" for tier in ladder.tiers)
        told_of = {"rules": told(rules.name, words()), "count": len(ladder.tiers), "tiers": steps, "day": ladder.valid_from}
        show(words().say(TEXTS, "ladder_from" if ladder.valid_from else "ladder", **told_of))
    if books is not None:
        show(words().say(TEXTS, "playbooks", rules=told(rules.name, words()), summary=told(books.summary, words())))
        warn(books.warnings)
    warn(unread(folder))


@rules_app.command("copy")
def rules_copy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", parser=folder_of, help="New folder that receives the packaged rule files.")],
) -> None:
    """Write the packaged rules into a new folder, as a beginning of your own; nothing is written over."""
    from vip_tiering.rules.load import copy_packaged

    for path in copy_packaged(folder):
        show(path)


@rules_app.command("schema")
def rules_schema(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that receives one JSON Schema per rule file.")],
) -> None:
    """Write the JSON Schema of every rule file, so that editors complete and check them."""
    from vip_tiering.playbooks.load import write_schemas

    for path in write_schemas(folder):
        show(path)
