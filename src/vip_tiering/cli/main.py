"""The command `vip`: parse, call, print. Nothing else prints or exits, and nothing heavy is imported before a command runs."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from types import FrameType
from typing import Annotated, NoReturn

import typer

from vip_tiering._version import __version__
from vip_tiering.base.errors import OutputError, VipError, told
from vip_tiering.cli.changes import changes_app
from vip_tiering.cli.commands import Commands
from vip_tiering.cli.demo import demo
from vip_tiering.cli.looking.report import report
from vip_tiering.cli.looking.runs import runs_app
from vip_tiering.cli.playbook.group import playbook_app
from vip_tiering.cli.routine import config_app, due, run
from vip_tiering.cli.rules import rules_app
from vip_tiering.cli.terminal import complain, make_ready
from vip_tiering.cli.tiers import customers_app, extract_app, tier_app, verify
from vip_tiering.cli.words.language import settle

_EPILOG = "Exit codes: 0 ok, 1 bug, 2 usage, 3 rules refused, 4 data refused, 5 output not written, 6 locked, 143 ended by SIGTERM."
_FEW_COLLECTIONS = 100_000
"""New objects before rubbish is looked for: importing makes 100,000 that all stay, and would be searched two hundred times."""


_HEADINGS = {
    "Every quarter": ("extract", "tier", "changes"),
    "Every day": ("run", "due", "customers", "playbook"),
    "Looking": ("report", "runs", "verify"),
    "Setting up": ("config", "rules", "demo"),
}
"""The commands in the order in which they are used."""


app = Commands(
    headings=_HEADINGS,
    add_completion=True,
    help="Tier customers by the quarterly daily average of their financial assets (金融资产季日均).",
    epilog=_EPILOG,
)
app.add_typer(extract_app, name="extract")
app.add_typer(tier_app, name="tier")
app.add_typer(runs_app, name="runs")
app.add_typer(customers_app, name="customers")
app.add_typer(changes_app, name="changes")
app.add_typer(playbook_app, name="playbook")
app.add_typer(rules_app, name="rules")


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


app.command("report")(report)
app.add_typer(config_app, name="config")
app.command("run")(run)
app.command("due")(due)
app.command("verify")(verify)
app.command("demo")(demo)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    """End with 143, or as an interrupt does; a second signal would strike while what is staged is removed, so it is ignored."""
    signal.signal(number, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
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
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell lets jobs in the background ignore it
        signal.signal(signal.SIGINT, _terminate)
    make_ready()
    try:
        settle(sys.argv[1:])
        app()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except VipError as error:
        for line in told(error.problems)[0]:
            complain(f"vip: {line}")
        status = error.status
    except KeyboardInterrupt:
        status = 130
    except OSError as error:
        complain(f"vip: {error.filename or 'a file'}: cannot be read or written: {error.strerror or 'the disk refuses'}")
        status = OutputError.status
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
