"""The command `vip report`: what a branch head looks at. Nothing heavy is imported before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vip_tiering.cli.options import (
    FeesOption,
    HoldersOption,
    LobbyOption,
    MaxBytesOption,
    PreviousOption,
    PrivateOfListsOption,
    QuietOption,
    RulesOption,
    folder_of,
    json_option,
    refuse_other_ending,
)
from vip_tiering.cli.terminal import show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words
from vip_tiering.publishing.one_file import refuse_place, write_content

if TYPE_CHECKING:
    from vip_tiering.reports.overview.contents import Contents


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4; one inside a quarter too.")],
    customers: Annotated[Path | None, HoldersOption] = None,
    lists: Annotated[
        Path | None, typer.Option("--lists", envvar="VIP_LISTS", metavar="DIR", help="Folder of the exports: lists and what came of them.")
    ] = None,
    private_out: PrivateOfListsOption = None,
    rules: RulesOption = None,
    previous: PreviousOption = None,
    fees: FeesOption = None,
    lobby: LobbyOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", parser=folder_of, help="Page that receives the report: report.html.")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", parser=folder_of, help="Workbook that receives the report: report.xlsx.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the files that stand there.")] = False,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("all figures")] = False,
    quiet: QuietOption = False,
) -> None:
    """Show a quarter on one page: tiers, who moved, who is about to, day by day, by branch and manager.

    Without --out and --xlsx the terminal shows the first screen of it.
    """
    from vip_tiering.lists.followup.for_report import results_between
    from vip_tiering.reports.overview.document import document_of
    from vip_tiering.reports.overview.job import overview

    refuse_other_ending("--out", out, ".html", ".htm")
    refuse_other_ending("--xlsx", xlsx, ".xlsx")
    for path in filter(None, (out, xlsx)):
        refuse_place(path, replace=replace)
    contents = overview(
        run,
        customers,
        rules=rules,
        previous=previous,
        branch_files={"fees": fees, "lobby": lobby},
        lists=partial(results_between, lists, private_out=private_out, rules=rules) if lists is not None else None,
        max_bytes=max_bytes,
    )
    warn(contents.warnings)
    if as_json:
        show_json(document_of(contents))
    for path, made in _files(out, xlsx, contents):
        write_content(path, made, replace=replace)
        if not (quiet or as_json):
            show(path)
    if out is None and xlsx is None and not (quiet or as_json):
        from vip_tiering.cli.show.report import report_summary

        show_rendered(report_summary(contents, words()))


def _files(out: Path | None, xlsx: Path | None, contents: Contents) -> Iterator[tuple[Path, bytes]]:
    """Yield the files that were asked for, with what they hold."""
    if out is not None:
        from vip_tiering.reports.overview.page.page import report_page

        yield out, report_page(contents, words())
    if xlsx is not None:
        from vip_tiering.reports.overview.workbook.book import workbook_of

        yield xlsx, workbook_of(contents, words())
