"""The commands of every morning: `vip run`, `vip due`, `vip config ...`. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vip_tiering.base.errors import UsageError
from vip_tiering.cli.commands import Commands
from vip_tiering.cli.options import QuietOption, date_of, folder_of, json_option, on_command_line
from vip_tiering.cli.terminal import complain, ledger_line, show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import prefer, wanted, words

if TYPE_CHECKING:
    from vip_tiering.routine.config import Settings

config_app = Commands(help="Write down once where files lie and where results go, and show what holds.")
ConfigOption = Annotated[
    Path | None, typer.Option("--config", envvar="VIP_CONFIG", metavar="FILE", help="File of settings; default: ./vip.yaml.")
]
OnOption = Annotated[str, typer.Option("--on", metavar="DATE", help="The day that counts as today; default: today.")]


def run(
    ctx: typer.Context,
    config: ConfigOption = None,
    extracts: Annotated[
        list[str] | None, typer.Option(envvar="VIP_EXTRACTS", metavar="PATH", help="Balance extracts: files, folders or globs; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(envvar="VIP_OUT", metavar="DIR", parser=folder_of, help="Folder of the runs.")] = None,
    customers: Annotated[
        Path | None, typer.Option(envvar="VIP_CUSTOMERS", metavar="FILE", help="Customer file; reports and lists need it.")
    ] = None,
    reports: Annotated[
        Path | None, typer.Option(envvar="VIP_REPORTS", metavar="DIR", parser=folder_of, help="Folder of the reports; else none is made.")
    ] = None,
    lists: Annotated[
        Path | None, typer.Option(envvar="VIP_LISTS", metavar="DIR", parser=folder_of, help="Folder of the lists; else none are made.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            envvar="VIP_RULES",
            metavar="DIR",
            help="Folder of the rules; default: rules beside the file of settings, else the packaged ones.",
        ),
    ] = None,
    on: OnOption = "today",
    log_json: Annotated[bool, typer.Option("--log-json", help="Print each step as one JSON document on a line of its own.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Do what is due this morning: tiers, reports, lists of the day; nothing where nothing is due.

    What cron calls every day. Inside a quarter its tiers are computed up to the newest day, after it the official ones.
    """
    from vip_tiering.cli.show.routine import document_of, line_of
    from vip_tiering.routine.morning import run_morning

    given = {"extracts": extracts, "out": out, "customers": customers, "reports": reports, "lists": lists, "rules": rules}
    settings = _settings(config, {name: value for name, value in given.items() if on_command_line(ctx, name)})
    status, begun = 0, time.monotonic()
    for outcome in run_morning(settings, _today(on, settings)):
        seconds, begun = time.monotonic() - begun, time.monotonic()
        status = status or outcome.status
        if log_json:
            show(json.dumps(document_of(outcome, seconds), ensure_ascii=False))
            continue
        warn(outcome.warnings)
        if outcome.ledger and outcome.ledger.code != "taken_up":  # an extract changed, or the rules: somebody should know
            warn((ledger_line(outcome.ledger),))
        for line in outcome.problems:
            complain(f"vip: {line}")
        if not quiet and not outcome.status:
            show(line_of(outcome, words()))
    raise typer.Exit(status)


def due(
    config: ConfigOption = None,
    on: OnOption = "today",
    as_json: Annotated[bool, json_option("what is due")] = False,
) -> None:
    """Say what is due and since when; nothing is computed or written."""
    from vip_tiering.cli.show.routine import due_table
    from vip_tiering.routine.morning import due_on

    settings = _settings(config, {})
    found, lacking = due_on(settings, _today(on, settings))
    if as_json:
        entries = [{"step": one.step, "of": str(one.of), "since": str(one.since)} for one in found]
        show_json({"due": entries, "lacking": list(map(str, lacking))})
    else:
        show_rendered(due_table(found, lacking, words()))


@config_app.command("show")
def config_show(config: ConfigOption = None, as_json: Annotated[bool, json_option("the settings")] = False) -> None:
    """Show every setting of vip run, and where it comes from: an option beats a variable, a variable the file."""
    from vip_tiering.cli.show.routine import settings_table
    from vip_tiering.routine.config import settings_of, variable_of

    settings = settings_of({}, os.environ, config, Path.cwd())
    _speak(settings)
    if as_json:
        show_json({name: {"value": value, "from": settings.sources[name]} for name, value in settings.values.items() if value is not None})
    else:
        show_rendered(settings_table(settings, variable_of, words()))


@config_app.command("init")
def config_init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="File that receives the settings.")] = Path("vip.yaml"),
    replace: Annotated[bool, typer.Option("--replace", help="Write over the file where it stands already.")] = False,
) -> None:
    """Write a file of settings after three questions: where the extracts lie, which the customer file is, where results go."""
    from vip_tiering.cli.show.routine import TOLD
    from vip_tiering.publishing.one_file import refuse_place, write_content
    from vip_tiering.routine.config import KEPT, RULES, file_of

    refuse_place(file, replace=replace)
    spoken = words()
    extracts = typer.prompt(spoken.of(TOLD, "extracts_asked"), default="extracts")
    customers = typer.prompt(spoken.of(TOLD, "customers_asked"), default="", show_default=False)
    results = typer.prompt(spoken.say(TOLD, "results_asked", kept=KEPT), default="results")
    content = file_of(extracts, customers, results, spoken.language, rules=(file.resolve().parent / RULES).is_dir())
    write_content(file, content, replace=replace)
    show(file)
    show(spoken.of(TOLD, "checked"))


def _settings(config: Path | None, options: dict[str, Any]) -> Settings:
    """Return the settings without which no morning can be."""
    from vip_tiering.routine.config import refuse_lacking, settings_of

    settings = settings_of({**options, "lang": wanted()}, os.environ, config, Path.cwd())
    _speak(settings)
    refuse_lacking(settings)
    return settings


def _speak(settings: Settings) -> None:
    """Speak as the file of settings says, where neither an option nor a variable does."""
    if settings.sources["lang"] == "file":
        prefer(settings["lang"])


def _today(on: str, settings: Settings) -> dt.date:
    """Return the day that counts as today, where the bank is; one that has not come is a usage error."""
    from vip_tiering.routine.config import zone_of

    zone = zone_of(settings["time_zone"]) if settings["time_zone"] else None
    today = dt.datetime.now(zone).date()
    day = today if on == "today" else date_of("--on", on)
    if day > today:
        raise UsageError("--on: lies in the future")
    return day
