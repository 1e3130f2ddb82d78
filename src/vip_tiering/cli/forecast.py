"""The command `vip playbook forecast`: the load of the next working days. Heavy imports wait for it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.base.words import Words
from vip_tiering.cli.options import LangOption, MaxBytesOption, RulesOption, date_of, folder_of, json_option, language_of
from vip_tiering.cli.terminal import show_json, show_rendered, warn


def playbook_forecast(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4: official, intact, of the newest quarter.")],
    customers: Annotated[
        Path, typer.Option("--customers", envvar="VIP_CUSTOMERS", metavar="FILE", help="Customer file (CSV, .xlsx, Parquet).")
    ],
    events: Annotated[
        Path | None, typer.Option(envvar="VIP_EVENTS", metavar="FILE", help="Maturities, points, new products, family events.")
    ] = None,
    contact_log: Annotated[
        Path | None, typer.Option(envvar="VIP_CONTACT_LOG", metavar="FILE", help="Contacts made elsewhere; they bind as results do.")
    ] = None,
    do_not_contact: Annotated[
        Path | None, typer.Option(envvar="VIP_DO_NOT_CONTACT", metavar="FILE", help="Customers and numbers that must not be contacted.")
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option("--lists", envvar="VIP_LISTS", metavar="OUT", help="Folder of the exports: they and their results are remembered."),
    ] = None,
    private_out: Annotated[
        Path | None,
        typer.Option(
            envvar="VIP_PRIVATE_OUT", metavar="DIR", parser=folder_of, help="Private folder of the exports; default: LISTS.private."
        ),
    ] = None,
    on: Annotated[str, typer.Option("--on", envvar="VIP_ON", metavar="DATE", help="First day, such as 2016-01-05, or today.")] = "today",
    days: Annotated[int, typer.Option("--days", metavar="N", help="How many working days to look ahead.")] = 20,
    rules: RulesOption = None,
    max_bytes: MaxBytesOption = "4G",
    lang: LangOption = None,
    as_json: Annotated[bool, json_option("the load day by day")] = False,
) -> None:
    """Show the load ahead: how many contacts each manager has a day, who waits how long, and what never gets a turn.

    The lists of each day are made in memory, as if every contact of the days before was made and answered; nothing is written.
    """
    from vip_tiering.base.arrays import share_freed_memory
    from vip_tiering.cli.show_forecast import forecast_summary
    from vip_tiering.lists.export.forecast_job import playbook_forecast as work

    words = Words(language_of(lang))
    share_freed_memory()
    found = work(
        run,
        customers=customers,
        on=date_of("--on", on) if on != "today" else dt.date.today(),  # noqa: DTZ011 (the bank's own day)
        days=days,
        lists=lists,
        rules=rules,
        events=events,
        contact_log=contact_log,
        do_not_contact=do_not_contact,
        private_out=private_out,
        max_bytes=max_bytes,
    )
    warn(found.warnings)
    if as_json:
        show_json({**found.document, "warnings": list(found.warnings)})
    else:
        show_rendered(forecast_summary(found.quarter, found.ahead, words.knowing(found.names)))
