"""What people see of `vip tier explain`, readable at 80 columns, with and without colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.schema import ABSENT, RESERVED_CODES
from vip_tiering.cli.show.tables import add_figures, grid, grouped, plain_table, signed
from vip_tiering.reports.changes.words import Words
from vip_tiering.tiers.missing_days import spans

Document = Mapping[str, Any]
_BARS: Final = "▁▂▃▄▅▆▇█"
_NO_BAR: Final = "·"
_INDENT: Final = (0, 0, 0, 2)
_SHOWN_DAYS: Final = (1, 15)
_NEGATIVE: Final = {"zero": "negative counts as 0.00", "net": "negative counts as it is"}
_BASES: Final = {"held": "held by retention", "override": "set by hand"}
_STATES: Final = {
    "rising": "rises to {projected}, if the balance stays",
    "falling": "falls to {projected}, if the balance stays",
    "near_up": "stays in {projected}, close to {next}",
    "near_down": "stays in {projected}, and little may be taken out",
    "steady": "stays in {projected}",
}


def explanation(document: Document) -> RenderableType:
    """Return the answer: the tier and its proof, the quarters, why it changed, the outlook, the days where they were asked for."""
    parts: list[RenderableType] = [_heading(document), *_proof(document), "", *_quarters(document["quarters"]), "", *_change(document)]
    if document["outlook"]:
        parts += ["", *_outlook(document, document["outlook"])]
    if document["trace"]:
        parts += ["", *_days(document, document["trace"])]
    return Group(*parts)


def _bold(text: str) -> Text:
    return Text(text, style="bold")


def _indented(what: RenderableType | str) -> Padding:
    return Padding(Text(what) if isinstance(what, str) else what, _INDENT)


def _named(document: Document, name: str = "tier") -> str:
    """Return a tier of a document by label and code."""
    return f"{document[f'{name}_label']} {document[name]}"


def _heading(document: Document) -> Text:
    renamed = f" (renamed from {document['renamed_from']})" if document["renamed_from"] else ""
    heading = _bold(f"{document['customer_id']}{renamed}: {_named(document)}")
    days = f"{document['first_day']} to {document['last_day']}, {document['quarter_days']} days, {document['status']}"
    heading.append(f"\n{document['quarter']}  {days}", style="not bold")
    if document["tier_basis"] in _BASES:
        alone = _named(document, "evaluated_tier")
        heading.append(f"\n  {_BASES[document['tier_basis']]}; the average alone gives {alone}", style="not bold")
    return heading


def _proof(document: Document) -> list[RenderableType]:
    """The average, and the tests in yuan-days: nothing is divided, so that nothing is rounded."""
    if document["tier"] == ABSENT:
        return [_indented("no balance on any day")]
    figures = f"daily average {grouped(document['daily_average'])}, closing balance {grouped(document['closing_balance'])}"
    held, days = document["days_held"], document["quarter_days"]
    if held < days:
        figures += f"; a balance is known on {held} of {days} days"
    table = grid(2)
    for test in document["proof"]:
        sign, by = (">=", "over by") if test["reached"] else ("<", "short by")
        tested = f"{grouped(document['yuan_days'])} yuan-days {sign} {grouped(test['bound'])} x {test['quarter_days']}"
        table.add_row(test["tier_label"], f"{tested}, {by} {grouped(test['by_yuan_days'])}")
    return [_indented(figures), _indented(table)]


def _quarters(quarters: Sequence[Document]) -> list[RenderableType]:
    """A line for each quarter, the oldest first, with the averages as a row of bars."""
    table = plain_table("quarter", "tier")
    add_figures(table, "daily average", "closing balance")
    table.add_column("change")
    for one in quarters:
        if one["problem"] is None:
            amounts = [grouped(one[name] or "") for name in ("daily_average", "closing_balance")]
            tier = RESERVED_CODES[ABSENT] if one["tier"] == ABSENT else _named(one)
            table.add_row(one["quarter"], tier, *amounts, one["change"] or "")
        else:
            table.add_row(one["quarter"], "not used")
    line = Text("quarters  ", style="bold").append(sparkline([one.get("daily_average") for one in quarters]), style="not bold")
    problems = [f"{one['quarter']}: {one['problem']}" for one in quarters if one["problem"] is not None]
    return [line, _indented(table), *map(_indented, problems)]


def sparkline(averages: Sequence[str | None]) -> str:
    """Return amounts as bars between nothing and the largest of them; a dot where there is none."""
    fen = [None if one is None else max(fen_from_text(one), 0) for one in averages]
    largest = max((one for one in fen if one is not None), default=0) or 1
    return "".join(_NO_BAR if one is None else _BARS[one * (len(_BARS) - 1) // largest] for one in fen)


def _change(document: Document) -> list[RenderableType]:
    """Why the tier is another one than in the quarter before, in the words that reports have for clues."""
    change = document["change"]
    if change["change"] == "initial":
        return [_bold("change"), _indented("initial: there is no run of the quarter before to compare with")]
    if not change["clues"]:
        return [_bold("change"), _indented("kept: the tier is that of the quarter before")]
    if change["change"] == "held":
        return [_bold("change"), _indented(f"held: {_named(change, 'to_tier')}, although the average is lower")]
    steps = abs(change["steps"])
    risen = f"{steps} step{'s' if steps > 1 else ''} {'up' if change['steps'] > 0 else 'down'}"
    moved = f"{change['change']}: {_named(change, 'from_tier')} to {_named(change, 'to_tier')}, {risen}"
    averages = f"{grouped(change['previous_daily_average'])} to {grouped(change['daily_average'])}"
    lines = [moved, f"daily average {averages}, {signed(change['difference'])}", f"clues: {Words('en', {}).clues(change['clues'])}"]
    return [_bold("change"), *map(_indented, lines)]


def _outlook(document: Document, outlook: Document) -> list[RenderableType]:
    """Where the customer will stand, and the deposits that decide it."""
    words = {name: _named(outlook, f"{name}_tier") for name in ("projected", "next")}
    lines = [_STATES[outlook["state"]].format_map(words) + f"; projected average {grouped(outlook['projected_average'])}"]
    if outlook["locked"]:
        lines.append(f"locked: {_named(document)} is reached already, whatever is taken out")
    elif outlook["cushion"] is not None and outlook["state"] != "falling":
        lines.append(f"cushion: {grouped(outlook['cushion'])} may be taken out today, and {_named(document)} stays")
    if outlook["next_tier"] is None:
        lines.append("there is no higher tier")
    elif fen_from_text(outlook["gap_to_next"]):
        lines.append(f"to {words['next']} the projected average lacks {grouped(outlook['gap_to_next'])}")
    heading = f"outlook to {outlook['last_day']}, {outlook['days_left']} of {outlook['period_days']} days left"
    return [_bold(heading), *map(_indented, lines), *_deposits(document, outlook)]


def _deposits(document: Document, outlook: Document) -> list[RenderableType]:
    """What must come by which day: the first and last day, the 1st and 15th of each month. `--json` has every day."""
    columns = {"to_keep": f"to keep {_named(document)}"} if outlook["state"] == "falling" else {}
    if outlook["next_tier"] is not None and outlook["state"] != "rising":
        columns["for_next"] = f"for {_named(outlook, 'next_tier')}"
    if not columns:
        return []
    table = plain_table("deposit on")
    add_figures(table, "days left", *columns.values())
    deposits = outlook["deposits"]
    for one in deposits:
        if one in (deposits[0], deposits[-1]) or dt.date.fromisoformat(one["day"]).day in _SHOWN_DAYS:
            table.add_row(one["day"], str(one["days_left"]), *(grouped(one[name]) for name in columns))
    return [_indented(table)]


def _days(document: Document, days: Document) -> list[RenderableType]:
    """Day by day: of all accounts together where there are several, then account by account."""
    accounts = days["accounts"]
    parts: list[RenderableType] = [_bold(f"day by day, kind {days['kind']}")]
    if not accounts:
        parts.append(_indented("the extracts hold no row of this customer for a day of the period"))
    elif len(accounts) > 1:
        parts += [_indented(f"all {len(accounts)} accounts"), _indented(_totals(days["days"]))]
    for account in accounts:
        named = _account(account, document)
        total = f"{grouped(account['yuan_days'])} yuan-days"
        parts += [*([""] if len(accounts) > 1 else []), _indented(f"{named}: {total}"), _indented(_spans(account["spans"], days))]
    return [*parts, "", *map(_indented, _remarks(document, days))]


def _totals(totals: Sequence[Document]) -> Table:
    table = plain_table("days", "")
    add_figures(table, "n", "balance", "yuan-days")
    table.add_column("rows")
    for one in totals:
        rows = str(one["rows"]) if one["rows"] else "no row"
        table.add_row(one["from"], one["to"][5:], str(one["days"]), grouped(one["balance"]), grouped(one["yuan_days"]), rows)
    return table


def _account(account: Document, document: Document) -> str:
    """Return how an account is called; the customer's id only where it is an old one."""
    old = f"old id {account['customer_id']}" if account["customer_id"] != document["customer_id"] else ""
    parts = [old, f"account {account['account_id']}" if account["account_id"] else "", account["product"] or ""]
    return ", ".join(filter(None, parts)) or "balances"


def _spans(accounts: Sequence[Document], days: Document) -> Table:
    table = plain_table("days", "")
    add_figures(table, "n", "balance", "yuan-days")
    table.add_column("how", overflow="fold")
    for one in accounts:
        balance, yuan_days = grouped(one["balance"]), grouped(one["yuan_days"])
        table.add_row(one["from"], one["to"][5:], str(one["days"]), balance, yuan_days, Text(_how(one, days)))
    return table


def _how(span: Document, days: Document) -> str:
    """Return how a balance came about: what of it counts, whether it was delivered on these days, and in which files."""
    return "; ".join(filter(None, (_scope(span, days["negative"]), f"{_source(span, days['kind'])}: {_files(span['rows'])}")))


def _scope(span: Document, negative: str) -> str:
    """Return the rules that made the delivered amount another one; nothing where it counts as it is."""
    delivered = f"{grouped(span['delivered'])} {span['currency']}"
    if span["outcome"] != "counted":
        return f"{delivered} {span['outcome']}"
    applied = [f"rate {span['rate']}"] if span["rate"] else []
    applied += [f"weight {span['weight']}"] if span["weight"] else []
    applied = [*([_NEGATIVE[negative]] if span["delivered"].startswith("-") else []), *applied]
    return f"{delivered}, {', '.join(applied)}" if applied else ""


def _source(span: Document, kind: str) -> str:
    """Return on how many days a balance was delivered, and for how many others it stands; of which day it is, where of none of these."""
    others = span["days"] - span["delivered_days"]
    word = "filled" if kind == "snapshot" else "carried"
    if not span["delivered_days"]:
        return f"{word} from {span['rows'][0]['day']}"
    return f"{span['delivered_days']} delivered, {others} {word}" if others else "delivered"


def _files(rows: Sequence[Document]) -> str:
    names = list(dict.fromkeys(row["file"] for row in rows))
    if len(rows) == 1:
        return f"{names[0]} row {rows[0]['row']}"
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _remarks(document: Document, days: Document) -> list[str]:
    """Return the sum against the run's, and the days that others stand for."""
    remarks = []
    if days["filled_days"]:
        stands = groupby(days["filled_days"], key=lambda one: one["stands"])
        shown = [f"{', '.join(spans(dt.date.fromisoformat(one['day']) for one in group))} (by {since})" for since, group in stands]
        remarks.append(f"filled days: {', '.join(shown)}")
    total = f"sum: {grouped(days['yuan_days'])} yuan-days"
    if days["difference_fen_days"] == "0":
        return [*remarks, f"{total}, as in the run"]
    return [*remarks, f"{total}; the run has {grouped(document['yuan_days'])}, the difference is {signed(days['difference_yuan_days'])}"]
