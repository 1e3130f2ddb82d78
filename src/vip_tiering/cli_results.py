"""The commands `vip playbook record` and `vip playbook results`: what came of the lists. Nothing heavy is imported before one runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.cli_playbook import playbook_app
from vip_tiering.options import MaxBytesOption, RulesOption, date_of, folder_of
from vip_tiering.terminal import print_recorded, print_results, show, warn

__all__ = ["playbook_app"]

PrivateOption = Annotated[
    Path | None,
    typer.Option(envvar="VIP_PRIVATE_OUT", metavar="DIR", parser=folder_of, help="Folder of the private parts; default: OUT.private."),
]


@playbook_app.command("record")
def playbook_record(
    folder: Annotated[Path, typer.Argument(metavar="EXPORT", help="The folder of the export, such as lists/2016-01-05.")],
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULTS...", help="Its lists with results filled in, and receipts: CSV, .xlsx, Parquet.")
    ],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Day of contacts without a day of their own; default: that of the export.")
    ] = None,
    private_out: PrivateOption = None,
    rules: RulesOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print what was recorded as one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", envvar="VIP_QUIET", help="Print nothing but warnings and errors.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and match, but write nothing.")] = False,
) -> None:
    """Record what came of an export's lists: refusals and wrong numbers bind at once, and the next lists go by it."""
    from vip_tiering.lists.recording import RecordOrder
    from vip_tiering.lists.recording import playbook_record as work

    day = date_of("--on", on) if on is not None else None
    done = work(RecordOrder(folder, tuple(results), rules, private_out, day, dry_run, max_bytes))
    warn(done.warnings)
    if as_json:
        counts = {"recorded": sum(done.contacts.values()), "known": done.known, "results": done.contacts, "barred": done.barred}
        show(json.dumps({**counts, "files": [str(one) for one in done.files]}, ensure_ascii=False, indent=2))
    elif not quiet:
        print_recorded(done, dry_run=dry_run)


@playbook_app.command("results")
def playbook_results(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of the exports, such as lists.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="First day of the exports; default: the first there is.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day of the exports; default: the last there is.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(metavar="RUN", help="A run: with --customers, the products that each tier holds are counted too.")
    ] = None,
    customers: Annotated[
        Path | None, typer.Option(envvar="VIP_CUSTOMERS", metavar="FILE", help="Customer file with a column products_held.")
    ] = None,
    private_out: PrivateOption = None,
    rules: RulesOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print the figures as one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", envvar="VIP_QUIET", help="Print nothing but warnings and errors.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and show, but write nothing.")] = False,
) -> None:
    """Count what came of the lists for each manager and action, and the obstacles that were met; write it as results.csv."""
    from vip_tiering.lists.resulting import ResultsOrder
    from vip_tiering.lists.resulting import playbook_results as work
    from vip_tiering.render_results import document

    days = {name: date_of(f"--{name}", day) for name, day in (("since", since), ("until", until)) if day is not None}
    done = work(
        ResultsOrder(out, **days, run=run, customers=customers, private_out=private_out, rules=rules, dry_run=dry_run, max_bytes=max_bytes)
    )
    warn(done.warnings)
    if as_json:
        show(json.dumps(document(done.days, done.figures, done.coverage, done.files), ensure_ascii=False, indent=2))
    elif not quiet:
        print_results(done, dry_run=dry_run)
