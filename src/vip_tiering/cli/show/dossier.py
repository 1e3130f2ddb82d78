"""What people see of `vip customers file`, readable at 80 columns, with and without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.base.words import Words
from vip_tiering.cli.show.explain import explanation
from vip_tiering.cli.show.tables import Line, grid, grouped, plain_table
from vip_tiering.cli.words.customers import EVENTS, NOT_GIVEN, NOTED, RECORD, WAYS
from vip_tiering.lists.export.people_list import GENERAL_ONLY
from vip_tiering.reports.words import TEXTS as OF_REPORTS

Document = Mapping[str, Any]
_INDENT = (0, 0, 0, 2)


def record(document: Document, words: Words) -> RenderableType:
    """Return the record of a customer: who it is, what is forbidden, tiers and outlook, products, contacts, what lies ahead.

    Where somebody in the family died or is gravely ill, no outlook is told: nobody speaks of money then.
    """
    told = {**document, "outlook": None} if document["may"]["bereaved_until"] else document
    return Group(
        _head(document, words),
        *(Padding(Line(line), _INDENT) for line in _bounds(document["may"], words)),
        "",
        explanation(told, words),
        "",
        Line(words.say(RECORD, "products"), style="bold"),
        _products(document, words),
        "",
        *_part(words.say(RECORD, "contacts"), document["contacts"], _contacts, words),
        "",
        *_part(words.say(RECORD, "ahead", day=document["on"]), document["events"], _events, words),
    )


def _head(document: Document, words: Words) -> Text:
    """Return who the customer is, as lists show it, and who looks after the customer."""
    head = Line(document["display_name"], style="bold")
    unassigned = words.of(OF_REPORTS, "unassigned")
    managers = [unassigned if one == UNASSIGNED else one for one in (document["branch"], document["manager"], document["wealth_manager"])]
    rating = "no_rating" if not document["risk_rating"] else "rating_of" if document["risk_rated_on"] else "rating"
    rated = words.say(RECORD, rating, rating=document["risk_rating"], day=document["risk_rated_on"])
    private = f"\n{words.say(RECORD, 'private')}" if document["private"] else ""
    said = words.say(RECORD, "and").join([" ".join(filter(None, managers)), rated])
    return head.append(f"  {said}{private}", style="not bold")


def _bounds(may: Document, words: Words) -> Iterator[str]:
    """Yield what may be offered, and what the customer or the rules forbid."""
    said = {one["way"]: _offer(one, words) for one in may["ways"] if one["way"] != "sms"}
    by_text = {text: _ways([way for way in said if said[way] == text], words) for text in said.values()}
    several = [words.say(RECORD, "way", ways=ways, said=text) for text, ways in by_text.items()]
    yield words.say(RECORD, "may", said=words.say(RECORD, "between").join(several if len(by_text) > 1 else by_text))
    for name in ("barred", "refused"):
        if may[name]:
            yield words.say(RECORD, name, ways=_ways(may[name], words))
    for name, line in (("bereaved_until", "bereaved"), ("no_offers_until", "complained"), ("rating_ended_on", "rating_over")):
        if may[name]:
            yield words.say(RECORD, line, day=may[name])
    if may["not_given"]:
        yield words.say(RECORD, "not_given", files=words.text("and").join(words.of(NOT_GIVEN, one) for one in may["not_given"]))


def _offer(way: Document, words: Words) -> str:
    """Return what may be offered in a way, or why nobody may be contacted by it."""
    if way["stopped_by"]:
        return words.say(RECORD, "stopped", why=words.name(way["stopped_by"]))
    if way["may_market"]:
        return words.say(RECORD, "up_to" if way["max_risk"] else "no_risk", risk=way["max_risk"])
    return words.say(RECORD, "general" if way["may_offer"] == GENERAL_ONLY else "service")


def _ways(ways: Sequence[str], words: Words) -> str:
    return words.text("and").join(words.of(WAYS, one) for one in ways)


def _products(document: Document, words: Words) -> Padding:
    table = grid(2)
    if not document["products_known"]:
        return Padding(Line(words.say(RECORD, "not_known")), _INDENT)
    for name in ("held", "lacking"):
        table.add_row(words.say(RECORD, name), Line("、".join(document[f"products_{name}"]) or words.say(RECORD, "none")))
    return Padding(table, _INDENT)


def _part(title: str, rows: Sequence[Document], table: Any, words: Words) -> list[RenderableType]:  # noqa: ANN401 (a function of rows)
    if rows:
        return [Line(title, style="bold"), Padding(table(rows, words), _INDENT)]
    return [Line(title, style="bold").append(words.say(RECORD, "no"), style="not bold")]


def _contacts(rows: Sequence[Document], words: Words) -> Table:
    """Return contacts, the newest first; what was in the way and what was noted stand below what it was for."""
    table = plain_table(*(words.say(RECORD, name) for name in ("date", "channel", "result")))
    table.add_column(words.say(RECORD, "what"), overflow="fold")
    for one in rows:
        by = words.say(RECORD, "by", by=one["by"]) if one["by"] else ""
        more = [words.say(RECORD, name, said=one[name]) for name in NOTED if one[name]]
        said = [" ".join(filter(None, (one["action"], one["what"]))), *more, by]
        result = words.name(one["result"]) if one["result"] else words.say(RECORD, "none_yet")
        table.add_row(one["date"], words.name(one["channel"]), result, Line("\n".join(filter(None, said))))
    return table


def _events(rows: Sequence[Document], words: Words) -> Table:
    table = plain_table(*(words.say(RECORD, name) for name in ("date", "event")))
    table.add_column(words.say(RECORD, "what"), overflow="fold")
    for one in rows:
        points = words.say(RECORD, "points", points=grouped(one["points"])) if one["points"] else ""
        amount = words.say(RECORD, "amount", amount=grouped(one["amount"])) if one["amount"] else ""
        said = words.say(RECORD, "and").join(filter(None, (words.name(one["kind"]), one["product"], amount, points)))
        table.add_row(one["date"], words.of(EVENTS, one["event"]), Line(said))
    return table
