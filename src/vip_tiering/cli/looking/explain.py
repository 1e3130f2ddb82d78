"""The command `vip tier explain`: why a customer has a tier. Heavy imports wait for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from vip_tiering.base.errors import DataError, UsageError
from vip_tiering.cli.options import MaxBytesOption, RulesOption, json_option
from vip_tiering.cli.terminal import progress_bar, show_json, show_rendered, warn
from vip_tiering.cli.words.language import words

STDIN = "-"
_LONGEST_BYTES = 1 << 12


def tier_explain(
    customer: Annotated[
        str, typer.Argument(metavar="CUSTOMER", help="The customer's id, also an old one; - reads it from standard input.")
    ],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as out/2015Q4, official or provisional.")],
    extracts: Annotated[
        list[str] | None,
        typer.Argument(metavar="EXTRACT", help="The balance extracts of the run: they show every day and account as well."),
    ] = None,
    rules: RulesOption = None,
    max_bytes: MaxBytesOption = "4G",
    as_json: Annotated[bool, json_option("the answer")] = False,
) -> None:
    """Explain why a customer has a tier: the proof, the quarters before, what moved the customer, and what would.

    With - as CUSTOMER the id does not stand in the history of the shell: vip tier explain - out/2015Q4
    """
    from vip_tiering.analysis import explain
    from vip_tiering.cli.show.explain import explanation

    refuse_swapped(customer, run)
    with progress_bar(wanted=bool(extracts)) as progress:
        found = explain.tier_explain(
            id_from_stdin() if customer == STDIN else customer, run, extracts or (), progress, rules=rules, max_bytes=max_bytes
        )
    warn(found.warnings)
    if as_json:
        show_json(found.document)
    else:
        show_rendered(explanation(found.document, words()))


def refuse_swapped(customer: str, run: Path) -> None:
    """Refuse what is no folder in the place of the run; it may be a customer's id, so it is not shown.

    Raises UsageError where the customer's place holds a folder, else DataError.
    """
    from vip_tiering.publishing.locks import settle

    settle(run)
    if os.path.isdir(run):  # noqa: PTH112 (any text may stand there, and this one raises for none)
        return
    if customer and os.path.isdir(customer):  # noqa: PTH112 (likewise)
        raise UsageError("CUSTOMER RUN: the customer comes first, then the run")
    from vip_tiering.tiers.published.run_folder import NO_SUCH_RUN

    raise DataError(f"RUN: {NO_SUCH_RUN}")


def id_from_stdin() -> str:
    """Return the one id that standard input holds. Raises UsageError for none, several, and what is not text."""
    content = sys.stdin.buffer.read(_LONGEST_BYTES) if sys.stdin is not None else b""
    try:
        ids = [line for line in content.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UsageError("CUSTOMER: standard input is not UTF-8") from None
    if len(ids) != 1:
        raise UsageError(f"CUSTOMER: standard input holds {'several lines' if ids else 'no id'}; give one id")
    return ids[0]
