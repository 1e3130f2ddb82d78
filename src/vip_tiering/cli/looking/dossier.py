"""The command `vip customers file`: the record that a manager keeps of a customer. Heavy imports wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.base.errors import UsageError
from vip_tiering.cli.looking.explain import STDIN, id_from_stdin, refuse_swapped
from vip_tiering.cli.options import (
    CustomersOption,
    DoNotContactOption,
    EventsOption,
    MaxBytesOption,
    PrivateOfListsOption,
    QuietOption,
    RulesOption,
    day_or_today,
    folder_of,
    json_option,
)
from vip_tiering.cli.terminal import show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words


def customers_file(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="[CUSTOMER] RUN",
            help="The customer's id, also an old one, or - for standard input; and a run folder, such as out/2015Q4. "
            "With --manager the run alone.",
        ),
    ],
    customers: CustomersOption,
    lists: Annotated[
        Path | None,
        typer.Option("--lists", envvar="VIP_LISTS", metavar="DIR", help="Folder of the exports: contacts and what came of them."),
    ] = None,
    contact_log: Annotated[Path | None, typer.Option(envvar="VIP_CONTACT_LOG", metavar="FILE", help="Contacts made elsewhere.")] = None,
    do_not_contact: DoNotContactOption = None,
    events: EventsOption = None,
    on: Annotated[
        str, typer.Option("--on", envvar="VIP_ON", metavar="DATE", help="Day from which on events lie ahead, such as 2016-01-05, or today.")
    ] = "today",
    manager: Annotated[
        str | None, typer.Option("--manager", metavar="MANAGER", help="A workbook of all customers of this manager, in place of CUSTOMER.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", parser=folder_of, help="With --manager: receives DIR/MANAGER-DATE; private clients go to DIR.private."
        ),
    ] = None,
    private_out: PrivateOfListsOption = None,
    rules: RulesOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move another workbook of the day to .superseded first.")] = False,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the record")] = False,
    quiet: QuietOption = False,
) -> None:
    """Show the record of a customer: tiers, products, contacts and what came of them, what lies ahead; or write those of a manager.

    With - as CUSTOMER the id does not stand in the history of the shell: vip customers file - out/2015Q4 --customers FILE
    """
    from vip_tiering.analysis.dossier import records
    from vip_tiering.cli.show.dossier import record

    customer, run = _asked(what, manager, out)
    refuse_swapped(customer, run)
    day = day_or_today(on)
    sources = records.Sources(customers, events, contact_log, lists, private_out, do_not_contact)
    if manager is not None and out is not None:
        found = records.manager_records(manager, run, sources, out, on=day, rules=rules, replace=replace, max_bytes=max_bytes)
        warn(found.warnings)
        if as_json:
            show_json({"customers": len(found.documents), "folders": found.folders})
        elif not quiet:
            for folder in found.folders:
                show(words().text("up_to_date", folder=folder) if found.up_to_date else folder)
        return
    one = id_from_stdin() if customer == STDIN else customer
    found = records.customer_record(one, run, sources, on=day, rules=rules, max_bytes=max_bytes)
    warn(found.warnings)
    if as_json:
        show_json(found.documents[0])
    else:
        show_rendered(record(found.documents[0], words().knowing(found.names)))


def _asked(what: list[str], manager: str | None, out: Path | None) -> tuple[str, Path]:
    """Return the customer, "" for a manager's, and the run. Raises UsageError for what cannot be meant."""
    if (manager is None) != (out is None):
        raise UsageError("--manager and --out belong together: the workbooks of a manager need a folder")
    if manager is not None:
        if len(what) != 1:
            raise UsageError("RUN: with --manager name the run alone, without a CUSTOMER")
        return "", Path(what[0])
    if len(what) != 2:  # noqa: PLR2004 (a customer and a run)
        raise UsageError("CUSTOMER RUN: name a customer and a run, or a run with --manager and --out")
    return what[0], Path(what[1])
