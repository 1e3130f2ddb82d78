"""The command `vip playbook forecast`: the load of the next working days. Heavy imports wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli.options import (
    ContactLogOption,
    CustomersOption,
    DoNotContactOption,
    EventsOption,
    MaxBytesOption,
    PrivateOfListsOption,
    RulesOption,
    day_or_today,
    json_option,
)
from vip_tiering.cli.terminal import show_json, show_rendered, warn
from vip_tiering.cli.words.language import words


def playbook_forecast(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4: official, intact, of the newest quarter.")],
    customers: CustomersOption,
    events: EventsOption = None,
    contact_log: ContactLogOption = None,
    do_not_contact: DoNotContactOption = None,
    lists: Annotated[
        Path | None,
        typer.Option("--lists", envvar="VIP_LISTS", metavar="OUT", help="Folder of the exports: they and their results are remembered."),
    ] = None,
    private_out: PrivateOfListsOption = None,
    on: Annotated[str, typer.Option("--on", envvar="VIP_ON", metavar="DATE", help="First day, such as 2016-01-05, or today.")] = "today",
    days: Annotated[int, typer.Option("--days", metavar="N", help="How many working days to look ahead.")] = 20,
    rules: RulesOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the load day by day")] = False,
) -> None:
    """Show the load ahead: how many contacts each manager has a day, who waits how long, and what never gets a turn.

    The lists of each day are made in memory, as if every contact of the days before was made and answered; nothing is written.
    """
    from vip_tiering.base.arrays import share_freed_memory
    from vip_tiering.cli.show.forecast import forecast_summary
    from vip_tiering.lists.forecast.job import playbook_forecast as work

    share_freed_memory()
    found = work(
        run,
        customers=customers,
        on=day_or_today(on),
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
        show_rendered(forecast_summary(found.quarter, found.ahead, words().knowing(found.names)))
