"""The commands `vip extract check`, `vip tier ...`, `vip customers ...`, `vip verify`. Heavy imports wait for them."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from vip_tiering.base.errors import UsageError
from vip_tiering.cli.commands import Commands
from vip_tiering.cli.looking.dossier import customers_file
from vip_tiering.cli.looking.explain import tier_explain
from vip_tiering.cli.looking.what_if import tier_reconcile, tier_restate, tier_simulate
from vip_tiering.cli.options import MaxBytesOption, QuietOption, RulesOption, choice_of, date_of, json_option, on_command_line, out_option
from vip_tiering.cli.terminal import print_summary, progress_bar, show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import TEXTS

extract_app = Commands(help="Check balance extracts before a quarter is computed from them.")
tier_app = Commands(help="Compute the tiers of a quarter, explain them, and try other rules or corrected extracts.")
customers_app = Commands(help="Check the customer file before lists are made of it, and show what is known of a customer.")
KindOption = Annotated[
    str | None, typer.Option(envvar="VIP_KIND", metavar="snapshot|changes", help="What a row means; default: as the rules say.")
]
OpeningOption = Annotated[
    str | None, typer.Option(envvar="VIP_OPENING", metavar="zero", help="With --kind changes: balances before the first row are zero.")
]
AcceptMissingOption = Annotated[
    list[str] | None,
    typer.Option("--accept-missing", envvar="VIP_ACCEPT_MISSING", metavar="DATE", help="Accept that this day is missing; repeatable."),
]
AcceptPartialOption = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-partial",
        envvar="VIP_ACCEPT_PARTIAL",
        metavar="DATE|PART",
        help="Accept a day that came in part, or a part of days that comes no more; repeatable.",
    ),
]
AsOfOption = Annotated[
    str | None, typer.Option(envvar="VIP_AS_OF", metavar="DATE", help="Compute up to this day only; the run is provisional.")
]


@extract_app.command("check")
def extract_check(
    extracts: Annotated[list[str], typer.Argument(metavar="PATH", help="Balance extracts: files, folders or globs (CSV, .gz, Parquet).")],
    quarter: Annotated[
        str | None,
        typer.Option(envvar="VIP_QUARTER", metavar="QUARTER", help="Quarter: 2015Q4, or last; default: the one most days belong to."),
    ] = None,
    rules: RulesOption = None,
    kind: KindOption = None,
    opening: OpeningOption = None,
    accept_missing: AcceptMissingOption = None,
    accept_partial: AcceptPartialOption = None,
    as_of: AsOfOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the report")] = False,
) -> None:
    """Say what extracts hold, which days are missing, and whether a quarter can be computed; nothing is computed or written."""
    from vip_tiering.base.errors import DataError
    from vip_tiering.cli.show.extracts import extracts_report
    from vip_tiering.tiers.checking import check

    asked = _asked(kind, opening, accept_missing, accept_partial, as_of)
    with progress_bar() as progress:
        result = check.extract_check(
            extracts,
            dt.date.today(),  # noqa: DTZ011 (the bank's own day)
            progress,
            quarter=quarter,
            rules=rules,
            max_bytes=max_bytes,
            **asked,
        )
    if as_json:
        show_json(result.document)
    else:
        show_rendered(extracts_report(result.document, words()))
    if result.problems:
        raise DataError(result.problems)


@tier_app.command("compute", instead={"month": ("quarter", "as_of", "previous")})
def tier_compute(
    ctx: typer.Context,
    extracts: Annotated[
        list[str], typer.Argument(metavar="EXTRACT", help="Balance extracts: files, folders or globs (CSV, .gz, Parquet).")
    ],
    *,
    quarter: Annotated[
        str | None,
        typer.Option(
            envvar="VIP_QUARTER", metavar="QUARTER", help="Quarter: 2015Q4, 2015-Q4, 2015年4季度, or last (the newest complete one)."
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(envvar="VIP_MONTH", metavar="MONTH", help="Month, in place of a quarter: 2015-11, 201511, 2015年11月, or last."),
    ] = None,
    out: Annotated[Path, out_option("the run folder")],
    rules: RulesOption = None,
    previous: Annotated[
        Path | None, typer.Option(envvar="VIP_PREVIOUS", metavar="RUN", help="Run of the quarter before; default: the one under --out.")
    ] = None,
    no_previous: Annotated[bool, typer.Option("--no-previous", help="Compare with no previous run.")] = False,
    kind: KindOption = None,
    opening: OpeningOption = None,
    accept_missing: AcceptMissingOption = None,
    accept_partial: AcceptPartialOption = None,
    as_of: AsOfOption = None,
    max_rejects: Annotated[str, typer.Option(envvar="VIP_MAX_REJECTS", metavar="N|P%", help="How many rows may be rejected.")] = "0",
    jobs: Annotated[
        int | None,
        typer.Option(envvar="VIP_JOBS", min=1, max=64, metavar="N", help="Threads that read; default: one more than processors."),
    ] = None,
    max_bytes: MaxBytesOption = "4G",
    engine: Annotated[
        str, typer.Option(envvar="VIP_ENGINE", metavar="local|spark", help="Where days are read and posted: here, or on a Spark cluster.")
    ] = "local",
    spark_master: Annotated[
        str | None,
        typer.Option(
            "--spark-master",
            envvar="VIP_SPARK_MASTER",
            metavar="URL",
            help="Cluster, as spark://HOST:7077; default: as Spark is set up.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move another run of the quarter to .superseded first.")] = False,
    as_json: Annotated[bool, json_option("the manifest")] = False,
    quiet: QuietOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compute and show, but write nothing.")] = False,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="With --as-of: read every day again, not only those since the last such run.")
    ] = False,
) -> None:
    """Compute the tiers of a quarter from balance extracts and publish them as the folder OUT/QUARTER; or the averages of a month."""
    from vip_tiering.base.quarter import Month
    from vip_tiering.tiers import job

    if previous is not None and no_previous:
        raise UsageError("--previous and --no-previous exclude each other")
    asked = _asked(kind, opening, accept_missing, accept_partial, as_of)
    posting = _posting(engine, spark_master, named=on_command_line(ctx, "spark_master"))
    today = dt.date.today()  # noqa: DTZ011 (the bank's own day)
    whole = Month.parse(month, today) if month is not None else quarter or ""
    with progress_bar(wanted=not quiet) as progress, posting as elsewhere:
        result = job.tier_compute(
            extracts,
            whole,
            out,
            today,
            progress,
            rules=rules,
            previous=previous,
            no_previous=no_previous,
            max_rejects=max_rejects,
            jobs=jobs,
            max_bytes=max_bytes,
            replace=replace,
            dry_run=dry_run,
            from_start=from_start,
            elsewhere=elsewhere,
            **asked,
        )
    warn(result.warnings)
    if as_json:
        show_json({**result.document, "folder": result.folder})
    elif not quiet:
        print_summary(result)


def _asked(
    kind: str | None, opening: str | None, accept_missing: list[str] | None, accept_partial: list[str] | None, as_of: str | None
) -> dict[str, Any]:
    """Return what both commands are asked of the days and rows, as keyword arguments. Raises UsageError for what cannot be meant."""
    return {
        "kind": choice_of("--kind", kind, ("snapshot", "changes")),
        "opening_zero": choice_of("--opening", opening, ("zero",)) == "zero",
        "accept_missing": [date_of("--accept-missing", day) for day in accept_missing or ()],
        "accept_partial": accept_partial or [],
        "as_of": date_of("--as-of", as_of) if as_of is not None else None,
    }


def _posting(engine: str, spark_master: str | None, *, named: bool) -> AbstractContextManager[Any]:
    """Return what gives the engine that reads and posts the days on a cluster, None where this process does.

    `named`: the cluster was named on the command line, where it says nothing without the engine; a variable may stand for other commands.
    """
    if choice_of("--engine", engine, ("local", "spark")) == "local":
        if named:
            raise UsageError("--spark-master: is for --engine spark")
        return nullcontext()
    from vip_tiering.cluster.installed import require_spark

    require_spark()
    from vip_tiering.cluster.engine import posting_on

    return posting_on(spark_master)


@tier_app.command("show")
def tier_show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4: official, provisional, or of a month.")],
    as_json: Annotated[bool, json_option("the manifest")] = False,
) -> None:
    """Show the summary of a published run once more, as `vip tier compute` printed it; nothing is computed."""
    from vip_tiering.tiers import job

    result = job.tier_show(run)
    if as_json:
        show_json({**result.document, "folder": result.folder})
    else:
        print_summary(result)


tier_app.command("explain")(tier_explain)
tier_app.command("simulate")(tier_simulate)
tier_app.command("restate")(tier_restate)
tier_app.command("reconcile")(tier_reconcile)


@customers_app.command("check")
def customers_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Customer file (CSV, .xlsx, Parquet).")],
    run: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="A run folder, such as out/2015Q4: how far it and the file know each other.")
    ] = None,
    rules: RulesOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the report")] = False,
) -> None:
    """Say what a customer file holds by the rules, and whether lists can be made of it; no customer's value is shown."""
    from vip_tiering.base.errors import DataError
    from vip_tiering.cli.show.customers import customers_report
    from vip_tiering.customers import check

    result = check.customers_check(file, run=run, rules=rules, max_bytes=max_bytes)
    if as_json:
        show_json(result.document)
    else:
        show_rendered(customers_report(result.document, words().knowing(result.names)))
    if result.problems:
        raise DataError(result.problems)


customers_app.command("file")(customers_file)


def verify(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A run folder, such as out/2015Q4.")]) -> None:
    """Check that a published folder is whole and unaltered, by the checksums in its manifest."""
    from vip_tiering.base.errors import DataError
    from vip_tiering.cli.show.run import status_of
    from vip_tiering.publishing import manifests
    from vip_tiering.publishing.locks import settle

    settle(folder)
    if not (folder / manifests.MANIFEST).exists():
        from vip_tiering.tiers.published.run_folder import refuse_around_runs

        refuse_around_runs(folder)
    document, problems = manifests.verify(folder)
    if problems:
        raise DataError(problems)
    of = str(next(document[name] for name in ("month", "quarter", "year") if name in document))
    files = len(document["outputs"])
    show(words().say(TEXTS, "intact", folder=folder, files=files, of=of, status=status_of(document, words())))
