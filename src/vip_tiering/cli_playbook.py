"""The commands `vip playbook ...`: what is done for each tier. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from vip_tiering.errors import RulesError, UsageError
from vip_tiering.options import STYLE, RulesOption
from vip_tiering.terminal import show, show_rendered

if TYPE_CHECKING:
    from vip_tiering.playbooks import Playbooks

playbook_app = typer.Typer(help="Show what is done for each tier.", **STYLE)


@playbook_app.command("show")
def playbook_show(
    tier: Annotated[str | None, typer.Argument(metavar="[TIER]", help="Code or label of a tier, such as silver; default: all.")] = None,
    rules: RulesOption = None,
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print the playbooks as one JSON document.")] = False,
) -> None:
    """Show what is done for a tier: for whom, on which channel, how often, and by which clause."""
    from vip_tiering.render_playbooks import document, playbook

    books = _books(rules)
    tiers = list(books.labels) if tier is None else [_tier(books, tier)]
    if as_json:
        show(json.dumps(document(books, tiers), ensure_ascii=False, indent=2))
        return
    for index, code in enumerate(tiers):
        show_rendered(playbook(books, code))
        if index < len(tiers) - 1:
            show()


@playbook_app.command("coverage")
def playbook_coverage(
    rules: RulesOption = None,
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print the ids as one JSON document.")] = False,
) -> None:
    """Show every id of the plan and the rule that covers it; one that no rule covers is exit code 3."""
    from vip_tiering.render_playbooks import coverage

    books = _books(rules)
    if books.books.plan_ids is None:
        raise RulesError(f"{books.name}: there is no plan_ids.yaml in this folder; it lists what the plan says")
    if as_json:
        show(json.dumps([{"id": one.id, "fact": one.fact, "covered_by": one.by} for one in books.covers], ensure_ascii=False, indent=2))
    else:
        show_rendered(coverage(books))
    if books.missing:
        raise RulesError(
            f"{books.name}/playbooks.yaml: no rule covers {one}; write covers: [{one}] where it is answered" for one in books.missing
        )


def _books(rules: RulesOption) -> Playbooks:
    from vip_tiering.playbooks import load_playbooks
    from vip_tiering.rules import locate_rules

    books = load_playbooks(rules)
    if books is None:
        raise RulesError(f"{locate_rules(rules)[1]}: there is no playbooks.yaml in this folder")
    return books


def _tier(books: Playbooks, wanted: str) -> str:
    for code, label in books.labels.items():
        if wanted in (code, label):
            return code
    raise UsageError(f"TIER: must be one of {', '.join(books.labels)}")
