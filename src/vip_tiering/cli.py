"""The command `vip`: parse, call, print. Nothing else prints or exits, and nothing heavy is imported before a command runs."""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
import typer.core

from vip_tiering._version import __version__
from vip_tiering.cli_changes import changes_app
from vip_tiering.cli_demo import demo
from vip_tiering.cli_results import playbook_app
from vip_tiering.errors import OutputError, UsageError, VipError
from vip_tiering.options import STYLE, MaxBytesOption, RulesOption, choice_of, date_of, folder_of, kind_of
from vip_tiering.terminal import (
    ProgressBar,
    complain,
    make_ready,
    print_summary,
    show,
    show_rendered,
    warn,
)

_EPILOG = "Exit codes: 0 ok, 1 bug, 2 usage, 3 rules refused, 4 data refused, 5 output not written, 6 locked, 143 ended by SIGTERM."
_FEW_COLLECTIONS = 100_000
"""New objects before rubbish is looked for: importing makes 100,000 that all stay, and would be searched two hundred times."""


class _InOrderOfUse(typer.core.TyperGroup):
    """Lists the commands as they are used, not groups last."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 (a context of the vendored parser)
        return sorted(super().list_commands(ctx), key=("extract", "tier", "changes", "playbook", "rules", "verify", "demo").index)


app = typer.Typer(
    cls=_InOrderOfUse,
    help="Tier customers by the quarterly daily average of their financial assets (金融资产季日均).",
    epilog=_EPILOG,
    **STYLE,
)
extract_app = typer.Typer(help="Look at balance extracts before they are used.", **STYLE)
tier_app = typer.Typer(help="Compute a quarter's tiers.", **STYLE)
rules_app = typer.Typer(help="Check the rule files.", **STYLE)
app.add_typer(extract_app, name="extract")
app.add_typer(tier_app, name="tier")
app.add_typer(changes_app, name="changes")
app.add_typer(playbook_app, name="playbook")
app.add_typer(rules_app, name="rules")

KindOption = Annotated[
    str | None, typer.Option(envvar="VIP_KIND", metavar="snapshot|changes", help="What a row means; default: as the rules say.")
]
OpeningOption = Annotated[
    str | None, typer.Option(envvar="VIP_OPENING", metavar="zero", help="With changes: balances before the first row are zero.")
]
AcceptMissingOption = Annotated[
    list[str] | None,
    typer.Option("--accept-missing", envvar="VIP_ACCEPT_MISSING", metavar="DATE", help="Accept that this day is missing; repeatable."),
]
AsOfOption = Annotated[
    str | None, typer.Option(envvar="VIP_AS_OF", metavar="DATE", help="Compute up to this day only; the run is provisional.")
]
OutOption = Annotated[
    Path, typer.Option("--out", envvar="VIP_OUT", metavar="DIR", parser=folder_of, help="Folder that receives the run folder.")
]


def _version(wanted: bool) -> None:  # noqa: FBT001 (typer's callback)
    if wanted:
        typer.echo(f"vip {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    debug: Annotated[
        bool, typer.Option("--debug", envvar="VIP_DEBUG", help="Show where in the program an unexpected error arose.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    _Settings.debug = debug


class _Settings:
    debug = False


@extract_app.command("check")
def extract_check(
    extracts: Annotated[list[str], typer.Argument(metavar="PATH", help="Balance extracts: files, folders or globs (CSV, .gz, Parquet).")],
    quarter: Annotated[
        str | None, typer.Option(envvar="VIP_QUARTER", metavar="QUARTER", help="2015Q4, or last; default: the one most days belong to.")
    ] = None,
    rules: RulesOption = None,
    kind: KindOption = None,
    opening: OpeningOption = None,
    accept_missing: AcceptMissingOption = None,
    as_of: AsOfOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print the report as one JSON document.")] = False,
) -> None:
    """Say what extracts hold, which days are missing, and whether a quarter can be computed; nothing is computed or written."""
    from vip_tiering import extract_check as work
    from vip_tiering.errors import DataError
    from vip_tiering.render_extracts import report

    order = work.CheckOrder(
        extracts=tuple(extracts),
        quarter=quarter,
        rules=rules,
        kind=kind_of(kind),
        opening_zero=choice_of("--opening", opening, ("zero",)) == "zero",
        accept_missing=tuple(date_of("--accept-missing", day) for day in accept_missing or ()),
        as_of=date_of("--as-of", as_of) if as_of is not None else None,
        max_bytes=max_bytes,
    )
    with ProgressBar() as progress:
        result = work.extract_check(order, dt.date.today(), progress)  # noqa: DTZ011 (the bank's own day)
    if as_json:
        show(json.dumps(result.document, ensure_ascii=False, indent=2))
    else:
        show_rendered(report(result.document))
    if result.problems:
        raise DataError(result.problems)


@tier_app.command("compute")
def tier_compute(
    extracts: Annotated[
        list[str], typer.Argument(metavar="EXTRACT", help="Balance extracts: files, folders or globs (CSV, .gz, Parquet).")
    ],
    quarter: Annotated[
        str, typer.Option(envvar="VIP_QUARTER", metavar="QUARTER", help="2015Q4, 2015-Q4, 2015年4季度, or last (complete one).")
    ],
    out: OutOption,
    rules: RulesOption = None,
    previous: Annotated[
        Path | None, typer.Option(envvar="VIP_PREVIOUS", metavar="RUN", help="Run of the quarter before; default: the one under --out.")
    ] = None,
    no_previous: Annotated[bool, typer.Option("--no-previous", help="Compare with no previous run.")] = False,
    kind: KindOption = None,
    opening: OpeningOption = None,
    accept_missing: AcceptMissingOption = None,
    as_of: AsOfOption = None,
    max_rejects: Annotated[str, typer.Option(envvar="VIP_MAX_REJECTS", metavar="N|P%", help="How many rows may be rejected.")] = "0",
    jobs: Annotated[
        int | None,
        typer.Option(envvar="VIP_JOBS", min=1, max=64, metavar="N", help="Threads that read; default: one more than processors."),
    ] = None,
    max_bytes: MaxBytesOption = "4G",
    replace: Annotated[bool, typer.Option("--replace", help="Move another run of the quarter to .superseded first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print the manifest as one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", envvar="VIP_QUIET", help="Print nothing but warnings and errors.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compute and show, but write nothing.")] = False,
) -> None:
    """Compute the tiers of a quarter from balance extracts and publish them as the folder OUT/QUARTER."""
    from vip_tiering import jobs as work

    if previous is not None and no_previous:
        raise UsageError("--previous and --no-previous exclude each other")
    order = work.Order(
        extracts=tuple(extracts),
        quarter=quarter,
        out=out,
        rules=rules,
        previous=previous,
        no_previous=no_previous,
        kind=kind_of(kind),
        opening_zero=choice_of("--opening", opening, ("zero",)) == "zero",
        accept_missing=tuple(date_of("--accept-missing", day) for day in accept_missing or ()),
        as_of=date_of("--as-of", as_of) if as_of is not None else None,
        max_rejects=max_rejects,
        jobs=jobs,
        max_bytes=max_bytes,
        replace=replace,
        dry_run=dry_run,
    )
    with ProgressBar(wanted=not quiet) as progress:
        result = work.tier_compute(order, dt.date.today(), progress)  # noqa: DTZ011 (the bank's own day)
    warn(result.warnings)
    if as_json:
        show(json.dumps({**result.document, "folder": str(result.folder) if result.folder else None}, ensure_ascii=False, indent=2))
    elif not quiet:
        print_summary(result)


@rules_app.command("check")
def rules_check(
    folder: Annotated[
        Path | None,
        typer.Argument(envvar="VIP_RULES", metavar="[DIR]", help="Folder of the rules; default: ./rules, else the packaged ones."),
    ] = None,
) -> None:
    """Check the rule files and report every mistake at once, with file, line and column."""
    from vip_tiering.playbooks import check_rules

    rules, books = check_rules(folder)
    for ladder in rules.ladders:
        since = f" from {ladder.valid_from}" if ladder.valid_from else ""
        steps = ", ".join(f"{tier.label} {tier.code} {tier.min}" for tier in ladder.tiers)
        show(f"{rules.name}: {len(ladder.tiers)} tiers{since}: {steps}")
    if books is not None:
        show(f"{rules.name}: {books.summary}")
        warn(books.warnings)


@rules_app.command("copy")
def rules_copy(
    folder: Annotated[Path, typer.Argument(metavar="DIR", parser=folder_of, help="New folder that receives the packaged rule files.")],
) -> None:
    """Write the packaged rules into a new folder, as a beginning of your own; nothing is written over."""
    from vip_tiering.rules import copy_packaged

    for path in copy_packaged(folder):
        show(path)


@rules_app.command("schema")
def rules_schema(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that receives one JSON Schema per rule file.")],
) -> None:
    """Write the JSON Schema of every rule file, so that editors complete and check them."""
    from vip_tiering.rule_schemas import write_schemas

    for path in write_schemas(folder):
        show(path)


@app.command("verify")
def verify(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A run folder, such as out/2015Q4.")]) -> None:
    """Check that a published folder is whole and unaltered, by the checksums in its manifest."""
    from vip_tiering import folders
    from vip_tiering.errors import DataError

    document, problems = folders.verify(folder)
    if problems:
        raise DataError(problems)
    show(f"{folder}: intact, {len(document['outputs'])} files, {document.get('quarter', document.get('year'))}, {document['status']}")


app.command("demo")(demo)


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(143)


def main() -> NoReturn:
    """Run the command; every way out is one of the documented exit codes."""
    os.umask(0o077)
    # Read when numpy loads: its linear algebra is not used, so its threads would only spin for a while at the start;
    # and memory is reused from day to day, so that huge pages would be made ready for nothing.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    gc.set_threshold(_FEW_COLLECTIONS)
    signal.signal(signal.SIGTERM, _terminate)
    make_ready()
    try:
        app()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except VipError as error:
        for problem in error.problems:
            complain(f"vip: {problem}")
        status = error.status
    except KeyboardInterrupt:
        status = 130
    except Exception as error:  # noqa: BLE001 (the last resort: a bug, told without values)
        # The text of an unexpected error may quote a customer's row; its kind and place may not.
        complain(f"vip: unexpected {type(error).__name__}; this is a bug, please report it (--debug shows the place)")
        if _Settings.debug:
            complain("".join(traceback.format_tb(error.__traceback__)))
        status = 1
    os._exit(_flushed(status))  # without tearing Python down: docs/decisions/0009-signals.md


def _flushed(status: int) -> int:
    """Write out what is left to be shown, and return the exit code: another one where that has no room."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            continue
        except OSError:
            status = status or OutputError.status
    return status
