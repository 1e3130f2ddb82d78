"""The commands `vip changes ...`: what a run says of who rose, fell, came or went. Nothing heavy is imported before a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli.commands import Commands
from vip_tiering.cli.options import (
    FeesOption,
    HoldersOption,
    LobbyOption,
    MaxBytesOption,
    PreviousOption,
    QuietOption,
    RulesOption,
    json_option,
    out_option,
)
from vip_tiering.cli.terminal import print_changes, show_json, warn
from vip_tiering.cli.words.language import wanted

changes_app = Commands(help="Report who rose, fell, came or went.")


@changes_app.callback()
def _changes() -> None:
    """Keep `export` a command of its own while it is the only one."""


@changes_app.command("export")
def changes_export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4; one inside a quarter too.")],
    customers: Annotated[Path, HoldersOption],
    out: Annotated[Path, out_option("the report as DIR/QUARTER")],
    rules: RulesOption = None,
    previous: PreviousOption = None,
    contact_log: Annotated[
        Path | None,
        typer.Option("--contact-log", envvar="VIP_CONTACT_LOG", metavar="FILE", help="Contact log: when customers were contacted last."),
    ] = None,
    fees: FeesOption = None,
    lobby: LobbyOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move another report of the quarter to .superseded first.")] = False,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the manifest")] = False,
    quiet: QuietOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and show, but write nothing.")] = False,
) -> None:
    """Export who changed tier, and who is about to, as workbooks and CSV: a summary, all rows, each branch, a file for each manager."""
    from vip_tiering.reports.changes import export

    result = export.changes_export(
        run,
        customers,
        out,
        rules=rules,
        previous=previous,
        contact_log=contact_log,
        fees=fees,
        lobby=lobby,
        language=wanted() or "zh",
        replace=replace,
        dry_run=dry_run,
        max_bytes=max_bytes,
    )
    warn(result.warnings)
    if as_json:
        show_json({**result.document, "folder": result.folder})
    elif not quiet:
        print_changes(result)
