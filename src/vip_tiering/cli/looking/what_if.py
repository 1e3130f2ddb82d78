"""The commands that ask what if of published runs: `vip tier simulate`, `restate`, `reconcile`. Heavy imports wait for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vip_tiering.cli.options import MaxBytesOption, PreviousOption, ReplaceFileOption, RulesOption, file_option, json_option
from vip_tiering.cli.terminal import progress_bar, show, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words

RowsOption = Annotated[int, typer.Option("--rows", min=0, metavar="N", help="How many customers are shown at most; all are in --out.")]


def tier_simulate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Run folders, such as out/2015Q3 out/2015Q4: official or provisional.")],
    rules: Annotated[
        Path, typer.Option("--rules", metavar="CANDIDATE", help="Folder of rules with the other tiers.yaml; with playbooks.yaml, rows too.")
    ],
    out: Annotated[Path | None, file_option("who would change tier")] = None,
    replace: ReplaceFileOption = False,
    as_json: Annotated[bool, json_option("the figures")] = False,
) -> None:
    """Show the customers of past quarters under another ladder: tiers, assets, who changes, expected rows; no run is changed."""
    from vip_tiering.analysis.simulate import simulate
    from vip_tiering.cli.show.what_if import simulation

    done = simulate(runs, rules, out=out, replace=replace)
    _print(done, simulation(done.document, words().knowing(done.names)), as_json=as_json)


def tier_restate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The published run folder, such as out/2015Q4; it is only read.")],
    extracts: Annotated[
        list[str], typer.Argument(metavar="EXTRACT", help="All extracts of its quarter as they are now: files, folders or globs.")
    ],
    rules: RulesOption = None,
    previous: PreviousOption = None,
    out: Annotated[Path | None, file_option("every customer of whom anything differs")] = None,
    replace: ReplaceFileOption = False,
    rows: RowsOption = 10,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the counts")] = False,
) -> None:
    """Show whose tier, average or change would differ by corrected extracts; the published run stays as it is."""
    from vip_tiering.analysis.restate import first_rows, restate
    from vip_tiering.cli.show.what_if import restatement

    with progress_bar() as progress:
        done = restate(run, extracts, progress, rules=rules, previous=previous, out=out, replace=replace, max_bytes=max_bytes)
    _print(done, restatement(done.document, first_rows(done.rows, rows), words()), as_json=as_json)


def tier_reconcile(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4: official or provisional.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bank's own list of averages, 季日均 (CSV, Excel, Parquet).")],
    extracts: Annotated[
        list[str] | None,
        typer.Argument(metavar="EXTRACT", help="The run's extracts: tries missing days, negatives, a day shifted, other scopes too."),
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", metavar="HEADER", help="Header of the averages; default: a usual one such as 季日均.")
    ] = None,
    sheet: Annotated[str, typer.Option("--sheet", metavar="NAME", help="Sheet of a workbook; default: the only visible one.")] = "",
    rules: RulesOption = None,
    out: Annotated[Path | None, file_option("every customer who differs, with the likely cause")] = None,
    replace: ReplaceFileOption = False,
    rows: RowsOption = 5,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the counts")] = False,
) -> None:
    """Compare a run with the bank's own averages: the difference of every customer and its likely cause, counted."""
    from vip_tiering.analysis.reconcile import first_rows, reconcile
    from vip_tiering.cli.show.what_if import reconciliation

    with progress_bar(wanted=bool(extracts)) as progress:
        done = reconcile(
            run,
            file,
            extracts or [],
            progress,
            rules=rules,
            column=column,
            sheet=sheet,
            out=out,
            replace=replace,
            max_bytes=max_bytes,
        )
    _print(done, reconciliation(done.document, first_rows(done.rows, rows), words()), as_json=as_json)


def _print(done: Any, shown: Any, *, as_json: bool) -> None:  # noqa: ANN401 (imported late)
    """Print an answer, and where its rows lie."""
    warn(done.warnings)
    if as_json:
        show_json(done.document)
        return
    show_rendered(shown)
    if done.file is not None:
        show(done.file)
