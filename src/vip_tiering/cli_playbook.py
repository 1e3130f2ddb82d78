"""The commands `vip playbook ...`: what is done for each tier. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vip_tiering.errors import RulesError, UsageError
from vip_tiering.options import STYLE, RulesOption, folder_of, year_of
from vip_tiering.terminal import show, show_rendered, warn

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


@playbook_app.command("plan")
def playbook_plan(
    year: Annotated[str, typer.Option("--year", envvar="VIP_YEAR", metavar="YEAR", help="Year of the plan, such as 2016.")],
    rules: RulesOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", envvar="VIP_OUT", metavar="DIR", parser=folder_of, help="Folder that receives YEAR/; default: print only."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move another plan of the year to .superseded first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", envvar="VIP_JSON", help="Print the plan as one JSON document.")] = False,
) -> None:
    """Plan the events in the branch hall for a year: when each takes place, by when it is prepared, what is handed out."""
    from vip_tiering.event_files import publish_plan, rows_of
    from vip_tiering.event_plan import event_plan
    from vip_tiering.playbooks import check_rules
    from vip_tiering.render_events import events_table

    wanted = year_of("--year", year)
    loaded, books = check_rules(rules)
    books = _present(books, rules)
    plan = event_plan(books, loaded.calendar, wanted)
    folder, up_to_date = publish_plan(plan, books, wanted, out, replace=replace) if out is not None else (None, False)
    warn(plan.warnings)
    if as_json:
        document = {"year": wanted, "rules": books.name, "events": rows_of(plan.events), "warnings": plan.warnings}
        show(json.dumps({**document, "folder": str(folder) if folder else None}, ensure_ascii=False, indent=2))
    elif folder is not None:
        show(f"{folder}: already up to date" if up_to_date else folder)
    else:
        show_rendered(events_table(plan.events, wanted))


def _books(rules: RulesOption) -> Playbooks:
    from vip_tiering.playbooks import load_playbooks

    return _present(load_playbooks(rules), rules)


def _present(books: Playbooks | None, rules: RulesOption) -> Playbooks:
    from vip_tiering.rules import locate_rules

    if books is None:
        raise RulesError(f"{locate_rules(rules)[1]}: there is no playbooks.yaml in this folder")
    return books


def _tier(books: Playbooks, wanted: str) -> str:
    for code, label in books.labels.items():
        if wanted in (code, label):
            return code
    raise UsageError(f"TIER: must be one of {', '.join(books.labels)}")
