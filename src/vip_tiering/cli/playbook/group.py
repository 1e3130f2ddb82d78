"""The commands `vip playbook ...`: what is done for each tier. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vip_tiering.base.errors import RulesError, UsageError
from vip_tiering.base.words import Words
from vip_tiering.cli.commands import Commands
from vip_tiering.cli.options import (
    ContactLogOption,
    CustomersOption,
    DoNotContactOption,
    EventsOption,
    MaxBytesOption,
    PrivateOption,
    QuietOption,
    RulesOption,
    date_of,
    day_or_today,
    folder_of,
    json_option,
    out_option,
    refuse_other_ending,
    year_of,
)
from vip_tiering.cli.playbook.effect import playbook_effect
from vip_tiering.cli.playbook.forecast import playbook_forecast
from vip_tiering.cli.playbook.texts import texts_app
from vip_tiering.cli.terminal import print_export, print_recorded, print_results, show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words
from vip_tiering.cli.words.lists import TEXTS

if TYPE_CHECKING:
    from vip_tiering.playbooks.load import Playbooks
    from vip_tiering.rules.load import Rules


_SHOWN_PROBLEMS = 20
playbook_app = Commands(
    help="Make the lists of a day, record what came of them, and show what is done for each tier.",
    headings={
        "Every day": ("export", "verify", "record", "forecast"),
        "Looking": ("results", "effect", "show", "coverage"),
        "Setting up": ("plan", "book", "texts"),
    },
)
playbook_app.add_typer(texts_app, name="texts")


@playbook_app.command("show")
def playbook_show(
    tier: Annotated[str | None, typer.Argument(metavar="[TIER]", help="Code or label of a tier, such as silver; default: all.")] = None,
    rules: RulesOption = None,
    as_json: Annotated[bool, json_option("the playbooks")] = False,
) -> None:
    """Show what is done for a tier: for whom, on which channel, how often, and by which clause."""
    from vip_tiering.cli.show.playbooks import document, playbook

    _, books = _loaded(rules)
    tiers = list(books.labels) if tier is None else [_tier(books, tier)]
    if as_json:
        show_json(document(books, tiers))
        return
    for index, code in enumerate(tiers):
        show_rendered(playbook(books, code, words()))
        if index < len(tiers) - 1:
            show()


@playbook_app.command("coverage")
def playbook_coverage(
    rules: RulesOption = None,
    as_json: Annotated[bool, json_option("the ids")] = False,
) -> None:
    """Show every id of the plan, the rule that covers it and the command that puts it out; one without both is exit code 3."""
    from vip_tiering.cli.show.playbooks import coverage

    _, books = _loaded(rules)
    if books.plan_ids is None:
        raise RulesError(f"{books.name}: there is no plan_ids.yaml in this folder; it lists what the plan says")
    if as_json:
        show_json([{"id": one.id, "fact": one.fact, "covered_by": one.by, "put_out_by": one.put_out_by} for one in books.covers])
    else:
        show_rendered(coverage(books, words()))
    if books.missing or books.silent:
        unnamed = [f"no rule covers {one}; write covers: [{one}] where it is answered" for one in books.missing]
        silent = [
            f"no command puts out anything for {one}; is its action not active, or has its measure no figure in targets.yaml?"
            for one in books.silent
        ]
        raise RulesError(f"{books.name}/playbooks.yaml: {line}" for line in (*unnamed, *silent))


@playbook_app.command("plan")
def playbook_plan(
    year: Annotated[str, typer.Option("--year", envvar="VIP_YEAR", metavar="YEAR", help="Year of the plan, such as 2016.")],
    rules: RulesOption = None,
    out: Annotated[Path | None, out_option("YEAR/; default: print only")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move another plan of the year to .superseded first.")] = False,
    as_json: Annotated[bool, json_option("the plan")] = False,
) -> None:
    """Plan the events in the branch hall for a year: when each takes place, by when it is prepared, what is handed out."""
    from vip_tiering.cli.show.playbooks import events_table
    from vip_tiering.playbooks.plan.event_plan import event_plan, publish_plan, rows_of

    wanted = year_of(year)
    loaded, books = _loaded(rules)
    plan = event_plan(books, loaded.calendar, wanted)
    folder, up_to_date = publish_plan(plan, books, wanted, out, words=words(), replace=replace) if out is not None else (None, False)
    warn(plan.warnings)
    if as_json:
        document = {"year": wanted, "rules": books.name, "events": rows_of(plan), "warnings": plan.warnings}
        show_json({**document, "folder": folder})
    elif folder is not None:
        show(words().text("up_to_date", folder=folder) if up_to_date else folder)
    else:
        show_rendered(events_table(plan.events, wanted, words()))


@playbook_app.command("book")
def playbook_book(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", parser=folder_of, help="Workbook that receives the plan: plan.xlsx.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", parser=folder_of, help="The same as a page: plan.html.")] = None,
    tier: Annotated[list[str] | None, typer.Option("--tier", metavar="TIER", help="Only this tier, by code or label; repeatable.")] = None,
    lists: Annotated[
        Path | None, typer.Option("--lists", metavar="OUT", help="The folder of the exports: with it the book says what was done.")
    ] = None,
    quarter: Annotated[
        str | None, typer.Option("--quarter", metavar="QUARTER", help="Quarter of what was done; default: that of the newest export.")
    ] = None,
    private_out: PrivateOption = None,
    rules: RulesOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the files that stand there.")] = False,
) -> None:
    """Write the plan as a branch reads it, in Chinese: for each tier what is done, for whom, how, how often, when, in which words."""
    from vip_tiering.base.quarter import Quarter
    from vip_tiering.lists.followup.progress import progress_of
    from vip_tiering.playbooks.plan.book import book_of
    from vip_tiering.playbooks.plan.book_files import book_page, book_workbook
    from vip_tiering.publishing.one_file import refuse_place, write_content

    if quarter is not None and lists is None:
        raise UsageError("--quarter: needs --lists, whose exports it is about")
    if html is not None and html.resolve() == out.resolve():
        raise UsageError("--html: must be another file than --out")
    refuse_other_ending("--out", out, ".xlsx")
    refuse_other_ending("--html", html, ".html", ".htm")
    loaded, books = _loaded(rules)
    tiers = [_tier(books, one, "--tier") for one in tier or ()]
    files = {out: book_workbook, **({html: book_page} if html is not None else {})}
    for path in files:
        refuse_place(path, replace=replace)
    wanted = Quarter.parse(quarter, dt.date.today()) if quarter is not None else None  # noqa: DTZ011 (the branch's day)
    progress = progress_of(lists, wanted, private_out) if lists is not None else None
    ladder = loaded.ladder(progress.quarter if progress is not None else Quarter.of(dt.date.today()))  # noqa: DTZ011 (likewise)
    book = book_of(books, ladder, tiers, progress)
    for path, made in files.items():
        write_content(path, made(book), replace=replace)
        show(path)


@playbook_app.command("export")
def playbook_export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4: official, intact, of the newest quarter.")],
    customers: CustomersOption,
    on: Annotated[str, typer.Option("--on", envvar="VIP_ON", metavar="DATE", help="Day of the lists, such as 2016-01-05, or today.")],
    out: Annotated[Path, out_option("the export as DIR/DATE")],
    events: EventsOption = None,
    contact_log: ContactLogOption = None,
    do_not_contact: DoNotContactOption = None,
    only: Annotated[list[str] | None, typer.Option(envvar="VIP_ONLY", metavar="ACTION|CHANNEL|TIER", help="Only this; repeatable.")] = None,
    profile: Annotated[
        list[str] | None, typer.Option(envvar="VIP_PROFILE", metavar="PROFILE", help="Form of the lists for a system; repeatable.")
    ] = None,
    private_out: Annotated[
        Path | None,
        typer.Option(
            envvar="VIP_PRIVATE_OUT", metavar="DIR", parser=folder_of, help="Folder for what only managers may see; default: OUT.private."
        ),
    ] = None,
    rules: RulesOption = None,
    forget_before: Annotated[
        str | None,
        typer.Option("--forget-before", metavar="DATE", help="Go on although memory of earlier days is lost; the manifest says so."),
    ] = None,
    allow_old_run: Annotated[bool, typer.Option("--allow-old-run", help="Take a run of an older quarter; the manifest says so.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Move another export of the day to .superseded first.")] = False,
    unless_day_off: Annotated[bool, typer.Option("--unless-day-off", help="Do nothing on a day off; for cron.")] = False,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the manifest")] = False,
    quiet: QuietOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Select and show, but write nothing.")] = False,
) -> None:
    """Export the lists of a day: SMS, calls, WeChat, appointments, invitations, visits; and who was left out for which reason."""
    from vip_tiering.base.arrays import share_freed_memory
    from vip_tiering.lists.export.job import is_day_off
    from vip_tiering.lists.export.job import playbook_export as work
    from vip_tiering.lists.export.profiles import DEFAULT_PROFILE
    from vip_tiering.playbooks.load import rules_with_playbooks

    day = day_or_today(on)
    if unless_day_off and is_day_off(day, rules_with_playbooks(rules)[0].calendar):
        if as_json:
            show_json({"on": str(day), "day_off": True})
        elif not quiet:
            show(words().text("day_off", day=day))
        return
    share_freed_memory()
    result = work(
        run,
        customers=customers,
        on=day,
        out=out,
        rules=rules,
        events=events,
        contact_log=contact_log,
        do_not_contact=do_not_contact,
        only=only or (),
        profiles=profile or (DEFAULT_PROFILE,),
        private_out=private_out,
        allow_old_run=allow_old_run,
        forget_before=date_of("--forget-before", forget_before) if forget_before is not None else None,
        replace=replace,
        dry_run=dry_run,
        max_bytes=max_bytes,
    )
    warn(result.warnings)
    if as_json:
        show_json({**result.document, "folder": result.folder, "private_folder": result.private_folder})
    elif not quiet:
        print_export(result)


playbook_app.command("forecast")(playbook_forecast)


@playbook_app.command("verify")
def playbook_verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an export, such as lists/2016-01-05.")],
    private_out: PrivateOption = None,
    rules: RulesOption = None,
    run: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run of the export: with --customers, who stands in the lists is judged too.")
    ] = None,
    customers: Annotated[Path | None, typer.Option(envvar="VIP_CUSTOMERS", metavar="FILE", help="The customer file of the export.")] = None,
    events: Annotated[Path | None, typer.Option(metavar="FILE", help="The events of the export.")] = None,
    contact_log: Annotated[Path | None, typer.Option(metavar="FILE", help="The contact log of the export.")] = None,
    do_not_contact: Annotated[Path | None, typer.Option(metavar="FILE", help="The do-not-contact list of the export.")] = None,
    max_bytes: MaxBytesOption = "4G",
) -> None:
    """Check the written files of an export against the hard rules once more, by code that has no part in making them."""
    from vip_tiering.base.errors import DataError, told
    from vip_tiering.lists.followup.verify import playbook_verify as work

    verdict = work(
        folder,
        private_out=private_out,
        rules=rules,
        run=run,
        customers=customers,
        events=events,
        contact_log=contact_log,
        do_not_contact=do_not_contact,
        max_bytes=max_bytes,
    )
    warn(verdict.warnings)
    if verdict.problems:
        lines, more = told(verdict.problems, _SHOWN_PROBLEMS)
        raise DataError([*lines, *([f"{folder.name}: ... and {more} more"] if more else [])])
    how = words().say(TEXTS, "by_customers" if verdict.people else "by_files")
    counts = {"files": verdict.files, "rows": verdict.rows, "customers": verdict.customers}
    show(words().say(TEXTS, "sound", folder=folder, **counts, how=how))


def _loaded(folder: RulesOption) -> tuple[Rules, Playbooks]:
    from vip_tiering.playbooks.load import load

    loaded = load(folder)
    if loaded.playbooks is None:
        raise RulesError(f"{loaded.shown}: there is no playbooks.yaml in this folder")
    return loaded.rules, loaded.playbooks


def _tier(books: Playbooks, wanted: str, option: str = "TIER") -> str:
    for code, label in books.labels.items():
        if wanted in (code, label):
            return code
    raise UsageError(f"{option}: must be one of {', '.join(books.labels)}")


def _words_with_names(folder: RulesOption) -> Words:
    """Return the words of the command; Chinese ones know what the actions of the rules are called."""
    from vip_tiering.playbooks.load import load

    books = load(folder).playbooks if words().language == "zh" else None
    return words().knowing(books.names) if books is not None else words()


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
    as_json: Annotated[bool, json_option("what was recorded")] = False,
    quiet: QuietOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and match, but write nothing.")] = False,
) -> None:
    """Record what came of an export's lists: refusals and wrong numbers bind at once, and the next lists go by it."""
    from vip_tiering.lists.followup.record import playbook_record as work

    day = date_of("--on", on) if on is not None else None
    done = work(folder, results, rules=rules, private_out=private_out, on=day, dry_run=dry_run, max_bytes=max_bytes)
    warn(done.warnings)
    if as_json:
        counts = {"recorded": sum(done.contacts.values()), "known": done.known, "results": done.contacts, "barred": done.barred}
        show_json({**counts, "files": done.files})
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
    as_json: Annotated[bool, json_option("the figures")] = False,
    quiet: QuietOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and show, but write nothing.")] = False,
) -> None:
    """Count customers and contacts, what they were for and what came of them, by manager and action; write it as results.csv."""
    from vip_tiering.cli.show.lists import results_document as document
    from vip_tiering.lists.followup.results import playbook_results as work

    days = {name: date_of(f"--{name}", day) for name, day in (("since", since), ("until", until)) if day is not None}
    done = work(out, **days, run=run, customers=customers, private_out=private_out, rules=rules, dry_run=dry_run, max_bytes=max_bytes)
    warn(done.warnings)
    if as_json:
        show_json(document(done))
    elif not quiet:
        print_results(done, _words_with_names(rules), dry_run=dry_run)


playbook_app.command("effect")(playbook_effect)
