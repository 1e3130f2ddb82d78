"""What people see of `vip tier explain`, readable at 80 columns, with and without colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from vip_tiering.base.money import fen_from_text
from vip_tiering.base.schema import ABSENT, RESERVED_CODES
from vip_tiering.base.words import Words
from vip_tiering.cli.show.run import filled_days, status_of
from vip_tiering.cli.show.tables import Line, add_figures, grid, grouped, plain_table, signed
from vip_tiering.cli.words.explain import BASES, NEGATIVES, OUTCOMES, SOURCES, STATES, TEXTS
from vip_tiering.cli.words.run import CHANGES
from vip_tiering.reports.words import CLUES

Document = Mapping[str, Any]
_BARS: Final = "▁▂▃▄▅▆▇█"
_NO_BAR: Final = "·"
_INDENT: Final = (0, 0, 0, 2)
_SHOWN_DAYS: Final = (1, 15)


def explanation(document: Document, words: Words) -> RenderableType:
    """Return the answer: the tier and its proof, the quarters, why it changed, the outlook, the days where they were asked for."""
    parts: list[RenderableType] = [_heading(document, words), *_proof(document, words), ""]
    parts += [*_quarters(document["quarters"], words), "", *_change(document, words)]
    if document["outlook"]:
        parts += ["", *_outlook(document, document["outlook"], words)]
    if document["trace"]:
        parts += ["", *_days(document, document["trace"], words)]
    return Group(*parts)


def _bold(text: str) -> Line:
    return Line(text, style="bold")


def _indented(what: RenderableType | str) -> Padding:
    return Padding(Line(what) if isinstance(what, str) else what, _INDENT)


def _named(document: Document, name: str = "tier") -> str:
    """Return a tier of a document by label and code."""
    return f"{document[f'{name}_label']} {document[name]}"


def _heading(document: Document, words: Words) -> Line:
    who = "named_renamed" if document["renamed_from"] else "named"
    heading = _bold(words.say(TEXTS, who, id=document["customer_id"], old=document["renamed_from"], tier=_named(document)))
    days = {"first": document["first_day"], "last": document["last_day"], "days": document["quarter_days"]}
    heading.append(f"\n{document['quarter']}  {words.say(TEXTS, 'days', **days, status=status_of(document, words))}", style="not bold")
    if document["tier_basis"] in BASES:
        alone = _named(document, "evaluated_tier")
        heading.append(f"\n  {words.say(BASES, document['tier_basis'], alone=alone)}", style="not bold")
    return heading


def _proof(document: Document, words: Words) -> list[RenderableType]:
    """The average, and the tests in yuan-days: nothing is divided, so that nothing is rounded."""
    if document["tier"] == ABSENT:
        return [_indented(words.say(TEXTS, "no_balance"))]
    average, closing = grouped(document["daily_average"]), grouped(document["closing_balance"])
    figures = words.say(TEXTS, "figures", average=average, closing=closing)
    held, days = document["days_held"], document["quarter_days"]
    if held < days:
        figures += words.say(TEXTS, "held_days", held=held, days=days)
    table = grid(2)
    for test in document["proof"]:
        sums = {"sum": grouped(document["yuan_days"]), "bound": grouped(test["bound"]), "by": grouped(test["by_yuan_days"])}
        tested = words.say(TEXTS, "over" if test["reached"] else "short", days=test["quarter_days"], **sums)
        table.add_row(test["tier_label"], tested)
    return [_indented(figures), _indented(table)]


def _quarters(quarters: Sequence[Document], words: Words) -> list[RenderableType]:
    """A line for each quarter, the oldest first, with the averages as a row of bars."""
    table = plain_table(*(words.say(TEXTS, name) for name in ("quarter", "tier")))
    add_figures(table, *(words.say(TEXTS, name) for name in ("daily_average", "closing_balance")))
    table.add_column(words.say(TEXTS, "change"))
    for one in quarters:
        if one["problem"] is None:
            amounts = [grouped(one[name] or "") for name in ("daily_average", "closing_balance")]
            tier = RESERVED_CODES[ABSENT] if one["tier"] == ABSENT else _named(one)
            table.add_row(one["quarter"], tier, *amounts, words.of(CHANGES, one["change"]) if one["change"] else "")
        else:
            table.add_row(one["quarter"], words.say(TEXTS, "not_used"))
    title = words.say(TEXTS, "quarters")
    line = _bold(f"{title}  ").append(sparkline([one.get("daily_average") for one in quarters]), style="not bold")
    problems = [words.say(TEXTS, "problem", **one) for one in quarters if one["problem"] is not None]
    return [line, _indented(table), *map(_indented, problems)]


def sparkline(averages: Sequence[str | None]) -> str:
    """Return amounts as bars between nothing and the largest of them; a dot where there is none."""
    fen = [None if one is None else max(fen_from_text(one), 0) for one in averages]
    largest = max((one for one in fen if one is not None), default=0) or 1
    return "".join(_NO_BAR if one is None else _BARS[one * (len(_BARS) - 1) // largest] for one in fen)


def _change(document: Document, words: Words) -> list[RenderableType]:
    """Why the tier is another one than in the quarter before, in the words that reports have for clues."""
    change, title = document["change"], _bold(words.say(TEXTS, "change"))
    if change["change"] == "initial":
        return [title, _indented(words.say(TEXTS, "initial"))]
    if not change["clues"]:
        return [title, _indented(words.say(TEXTS, "kept"))]
    if change["change"] == "held":
        return [title, _indented(words.say(TEXTS, "held", tier=_named(change, "to_tier")))]
    steps = abs(change["steps"])
    moved = f"{'one_' if steps == 1 else ''}{'up' if change['steps'] > 0 else 'down'}"
    tiers = {"before": _named(change, "from_tier"), "now": _named(change, "to_tier")}
    averages = {"before": grouped(change["previous_daily_average"]), "now": grouped(change["daily_average"])}
    clues = words.text("and").join(words.of(CLUES, one) for one in change["clues"])
    lines = [
        words.say(TEXTS, moved, change=words.of(CHANGES, change["change"]), steps=steps, **tiers),
        words.say(TEXTS, "averages", **averages, difference=signed(change["difference"])),
        words.say(TEXTS, "clues", clues=clues),
    ]
    return [title, *map(_indented, lines)]


def _outlook(document: Document, outlook: Document, words: Words) -> list[RenderableType]:
    """Where the customer will stand, and the deposits that decide it."""
    tiers = {name: _named(outlook, f"{name}_tier") for name in ("projected", "next")}
    state = words.say(STATES, outlook["state"], **tiers)
    lines = [words.say(TEXTS, "projected", state=state, average=grouped(outlook["projected_average"]))]
    if outlook["locked"]:
        lines.append(words.say(TEXTS, "locked", tier=_named(document)))
    elif outlook["cushion"] is not None and outlook["state"] != "falling":
        lines.append(words.say(TEXTS, "cushion", amount=grouped(outlook["cushion"]), tier=_named(document)))
    if outlook["next_tier"] is None:
        lines.append(words.say(TEXTS, "no_higher"))
    elif fen_from_text(outlook["gap_to_next"]):
        lines.append(words.say(TEXTS, "lacks", tier=tiers["next"], amount=grouped(outlook["gap_to_next"])))
    heading = words.say(TEXTS, "outlook", last=outlook["last_day"], left=outlook["days_left"], days=outlook["period_days"])
    return [_bold(heading), *map(_indented, lines), *_deposits(document, outlook, words)]


def _deposits(document: Document, outlook: Document, words: Words) -> list[RenderableType]:
    """What must come by which day: the first and last day, the 1st and 15th of each month. `--json` has every day."""
    columns = {"to_keep": words.say(TEXTS, "to_keep", tier=_named(document))} if outlook["state"] == "falling" else {}
    if outlook["next_tier"] is not None and outlook["state"] != "rising":
        columns["for_next"] = words.say(TEXTS, "for_next", tier=_named(outlook, "next_tier"))
    if not columns:
        return []
    table = plain_table(words.say(TEXTS, "deposit_on"))
    add_figures(table, words.say(TEXTS, "days_left"), *columns.values())
    deposits = outlook["deposits"]
    for one in deposits:
        if one in (deposits[0], deposits[-1]) or dt.date.fromisoformat(one["day"]).day in _SHOWN_DAYS:
            table.add_row(one["day"], str(one["days_left"]), *(grouped(one[name]) for name in columns))
    return [_indented(table)]


def _days(document: Document, days: Document, words: Words) -> list[RenderableType]:
    """Day by day: of all accounts together where there are several, then account by account."""
    accounts = days["accounts"]
    parts: list[RenderableType] = [_bold(words.say(TEXTS, "day_by_day", kind=days["kind"]))]
    if not accounts:
        parts.append(_indented(words.say(TEXTS, "no_row")))
    elif len(accounts) > 1:
        parts += [_indented(words.say(TEXTS, "accounts", count=len(accounts))), _indented(_totals(days["days"], words))]
    for account in accounts:
        total = words.say(TEXTS, "yuan_days", name=_account(account, document, words), sum=grouped(account["yuan_days"]))
        parts += [*([""] if len(accounts) > 1 else []), _indented(total), _indented(_spans(account["spans"], days, words))]
    return [*parts, "", *map(_indented, _remarks(document, days, words))]


def _totals(totals: Sequence[Document], words: Words) -> Table:
    table = plain_table(words.say(TEXTS, "of_days"), "")
    add_figures(table, *(words.say(TEXTS, name) for name in ("n", "balance", "sum")))
    table.add_column(words.say(TEXTS, "rows"))
    for one in totals:
        rows = str(one["rows"]) if one["rows"] else words.say(TEXTS, "none")
        table.add_row(one["from"], one["to"][5:], str(one["days"]), grouped(one["balance"]), grouped(one["yuan_days"]), rows)
    return table


def _account(account: Document, document: Document, words: Words) -> str:
    """Return how an account is called; the customer's id only where it is an old one."""
    old = words.say(TEXTS, "old_id", id=account["customer_id"]) if account["customer_id"] != document["customer_id"] else ""
    number = words.say(TEXTS, "account", id=account["account_id"]) if account["account_id"] else ""
    named = words.say(TEXTS, "and").join(filter(None, (old, number, account["product"] or "")))
    return named or words.say(TEXTS, "balances")


def _spans(accounts: Sequence[Document], days: Document, words: Words) -> Table:
    table = plain_table(words.say(TEXTS, "of_days"), "")
    add_figures(table, *(words.say(TEXTS, name) for name in ("n", "balance", "sum")))
    table.add_column(words.say(TEXTS, "how"), overflow="fold")
    for one in accounts:
        balance, yuan_days = grouped(one["balance"]), grouped(one["yuan_days"])
        table.add_row(one["from"], one["to"][5:], str(one["days"]), balance, yuan_days, Line(_how(one, days, words)))
    return table


def _how(span: Document, days: Document, words: Words) -> str:
    """Return how a balance came about: what of it counts, whether it was delivered on these days, and in which files."""
    source = words.say(TEXTS, "colon").join([_source(span, days["kind"], words), _files(span["rows"], words)])
    return words.say(TEXTS, "semicolon").join(filter(None, (_scope(span, days["negative"], words), source)))


def _scope(span: Document, negative: str, words: Words) -> str:
    """Return the rules that made the delivered amount another one; nothing where it counts as it is."""
    delivered = f"{grouped(span['delivered'])} {span['currency']}"
    outcome = span["outcome"]
    if outcome != "counted":
        return f"{delivered} {words.of(OUTCOMES, outcome)}"
    applied = [words.of(NEGATIVES, negative)] if span["delivered"].startswith("-") else []
    applied += [words.say(TEXTS, name, **{name: span[name]}) for name in ("rate", "weight") if span[name]]
    return words.say(TEXTS, "and").join([delivered, *applied]) if applied else ""


def _source(span: Document, kind: str, words: Words) -> str:
    """Return on how many days a balance was delivered, and for how many others it stands; of which day it is, where of none of these."""
    others = span["days"] - span["delivered_days"]
    if not span["delivered_days"]:
        return words.say(SOURCES, f"{kind}_from", day=span["rows"][0]["day"])
    return words.say(SOURCES, kind if others else "delivered", delivered=span["delivered_days"], others=others)


def _files(rows: Sequence[Document], words: Words) -> str:
    names = list(dict.fromkeys(row["file"] for row in rows))
    if len(rows) == 1:
        return words.say(TEXTS, "row", file=names[0], row=str(rows[0]["row"]))
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _remarks(document: Document, days: Document, words: Words) -> list[str]:
    """Return the sum against the run's, and the days that others stand for."""
    remarks = [filled_days(days["filled_days"], words)] if days["filled_days"] else []
    sums = {"sum": grouped(days["yuan_days"]), "run": grouped(document["yuan_days"]), "difference": signed(days["difference_yuan_days"])}
    return [*remarks, words.say(TEXTS, "as_in_run" if days["difference_fen_days"] == "0" else "not_as_in_run", **sums)]
