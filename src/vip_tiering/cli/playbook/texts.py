"""The commands `vip playbook texts ...`: the texts of messages as a workbook, and back. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli.commands import Commands
from vip_tiering.cli.options import ReplaceFileOption, RulesOption, json_option
from vip_tiering.cli.terminal import show, show_changed_texts, show_json, warn
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import TEXTS

texts_app = Commands(help="Write the texts of messages into a workbook, and read it back, edited by a branch and signed by compliance.")


@texts_app.command("export")
def texts_export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.xlsx", help="Workbook that receives the texts.")],
    rules: RulesOption = None,
    replace: ReplaceFileOption = False,
) -> None:
    """Write every text of the playbooks into a workbook: a row for each text and wording, with its length and who approved it."""
    from vip_tiering.texts.export import texts_export as work

    count = work(out, rules, replace=replace)
    show(words().say(TEXTS, "texts_written", file=out, count=count))


@texts_app.command("import")
def texts_import(
    workbook: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook of texts, edited and signed.")],
    rules: RulesOption = None,
    as_json: Annotated[bool, json_option("what changes")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show what would change, but write nothing.")] = False,
) -> None:
    """Check an edited workbook of texts and write what changed into playbooks.yaml, where every other byte stays as it was."""
    from vip_tiering.texts.change import texts_import as work

    done = work(workbook, rules, dry_run=dry_run)
    warn(done.warnings)
    if as_json:
        show_json({"file": done.file, "changes": [one._asdict() for one in done.changes], "warnings": done.warnings})
    else:
        show_changed_texts(done, dry_run=dry_run)
