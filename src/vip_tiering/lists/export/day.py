"""The straight line of an export: run and customers -> selected -> gates -> turns -> lists, suppressed, contacts. Frames only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.quarter import day_number
from vip_tiering.base.threads import threads
from vip_tiering.customers.types import Customers, Known
from vip_tiering.lists.export.message_list import message_rows
from vip_tiering.lists.export.outcome import Counts, contact_rows, counts_of, suppressed_rows
from vip_tiering.lists.export.people_list import list_rows
from vip_tiering.lists.export.ranking import keep_quotas
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Casework, Due, Only, all_actions, casework
from vip_tiering.lists.selection.events import EVENT_TRIGGERS, EventSources, Window
from vip_tiering.lists.selection.facts import Facts, PrivacyRule, facts_of, private_people
from vip_tiering.lists.selection.gates import Judge, Judged, judged_with_instead, take_turns
from vip_tiering.lists.selection.history import OVERFLOW, History, history_of, overflow_among
from vip_tiering.lists.selection.people import NOBODY, People, meet
from vip_tiering.lists.selection.select import Selector
from vip_tiering.playbooks.gates import GATES
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.tiers.run_folder import TieredRun

_AT_ONCE: Final = ("regular", *EVENT_TRIGGERS)
_UNRATED: Final = [GATES.index("no_risk_rating"), GATES.index("rating_expired")]


@dataclass(frozen=True)
class DayInputs:
    """Everything that an export is made from. `branch_dates`: day numbers by action; `overflow`: `OVERFLOW`."""

    run: TieredRun
    books: Playbooks
    customers: Customers
    known: Known
    memory: pa.Table
    branch_dates: Mapping[str, Sequence[int]]
    overflow: pa.Table = field(default_factory=OVERFLOW.empty_table)


@dataclass(frozen=True)
class DayLists:
    """The lists of one day, as tables. Of a pair the second holds what only private files may hold.

    `messages` and `lists`: by channel; `private`, shape (n,): who in the run is a private client.
    """

    messages: dict[str, pa.Table]
    lists: dict[str, tuple[pa.Table, pa.Table]]
    suppressed: tuple[pa.Table, pa.Table]
    contacts: tuple[pa.Table, pa.Table]
    counts: dict[str, Counts]
    people: People
    private: Mask


def lists_of_day(inputs: DayInputs, on: dt.date, window: Window, only: Only) -> DayLists:
    """Walk the line: who is due, which gate stops whom, whose turn it is, and what the lists say."""
    run, books, customers = inputs.run, inputs.books, inputs.customers
    people = meet(run.tiers, run.changes, customers, run.labels, compared=run.compared)
    privacy = _privacy(run, books, people)
    facts = facts_of(customers, people, inputs.known, books.channels, books.gates.limits, on, privacy)
    private = _private(people, facts, privacy)
    work = casework(books, people.codes)
    actions = [one.id for one in all_actions(books)]
    history = history_of(customers, inputs.memory, inputs.known.contacts, actions, list(books.channels), window.first)
    overflow = overflow_among(inputs.overflow, people, actions)
    sources = EventSources(people, customers, inputs.known.events, window, day_number(run.quarter.end), inputs.branch_dates, books.products)
    judge = _judge(books, facts, people, private, history, window.first)
    judged, selected = _judged(work, Selector(sources, history, work.levels, overflow), judge, only, rated="risk_rating" in customers.given)
    desk = RowContext(
        people,
        customers,
        facts,
        private,
        history.last_contact(len(customers)),
        overflow,
        window.first,
        books.gates.limits.list_valid_days.value,
        [*books.gates.forbidden_words.words, *(one.label for one in books.products.values() if one.offer == "private")],
    )
    judged = keep_quotas(judged, desk, books.gates.manager_quota, list(books.channels))
    every, chosen = judged, {case.action.id: selected.get(case.action.id, 0) for case in work.cases}
    judged, wanted = (every, chosen) if only.everything else _limited(every, only, people, work)
    channels = {code: one for code, one in books.channels.items() if one.contact}
    valid_days = books.gates.limits.message_valid_days.value
    with threads(1) as pool:
        whole = pool.submit(counts_of, every, chosen)  # the proof is of all
        beside = pool.submit(lambda: (suppressed_rows(judged, desk), contact_rows(judged, desk)))
        return DayLists(
            messages={code: message_rows(judged, one, desk, valid_days) for code, one in channels.items() if one.public},
            lists={code: list_rows(judged, one, desk) for code, one in channels.items() if not one.public},
            suppressed=beside.result()[0],
            contacts=beside.result()[1],
            counts=whole.result() if only.everything else counts_of(judged, wanted),
            people=people,
            private=private,
        )


def _limited(judged: Sequence[Judged], only: Only, people: People, work: Casework) -> tuple[list[Judged], dict[str, int]]:
    """Return the verdicts that an export is limited to, and how many were selected among them by action."""
    levels = {people.codes.index(code) for code in only.tiers if code in people.codes}
    kept = [one for one in judged if only.holds(one.due.case)]
    if only.tiers:
        kept = [one.take(np.isin(people.level[one.due.at], list(levels))) for one in kept]
    cases = [case for case in (*work.cases, *work.instead.values()) if only.holds(case)]
    meant = dict.fromkeys(case.action.id for case in cases if not only.tiers or levels & work.levels[case.action.id])
    return kept, {action: sum(len(one.due) for one in kept if one.due.case.action.id == action) for action in meant}


def _privacy(run: TieredRun, books: Playbooks, people: People) -> PrivacyRule:
    """Return who is a private client: by the tiers that bar what goes to many, and the lowest of their bounds."""
    barred = [tier for tier in books.file.private_tiers if tier in people.codes]
    bounds = [run.bounds_fen[code] for code in barred if code in run.bounds_fen]
    return PrivacyRule([people.codes.index(code) for code in barred], min(bounds, default=None))


def _private(people: People, facts: Facts, privacy: PrivacyRule) -> Mask:
    """Return who in the run is a private client, by the run's figures or by the customer file."""
    private = private_people(people, privacy)
    known = people.profile != NOBODY
    private[known] |= facts.private[people.profile[known]]
    return private


def _judge(books: Playbooks, facts: Facts, people: People, private: Mask, history: History, today: int) -> Judge:
    caps = {one.code: one.caps for one in books.gates.purposes}
    capped = [number for number, action in enumerate(all_actions(books)) if caps[action.strictest]]
    per_phone = books.gates.limits.customers_per_phone.value
    products = list(books.products.values())
    return Judge(facts, people.profile, private, history, capped, list(books.channels), per_phone, today, products)


def _judged(work: Casework, selector: Selector, judge: Judge, only: Only, *, rated: bool) -> tuple[list[Judged], dict[str, int]]:
    """Return the verdicts on all cases, and how many were selected by action.

    First those that are due by themselves, then those that follow from them: what is told in a meeting is due where a
    meeting is asked for; a new rating, where a missing or expired one stopped an offer. Where the bank delivers no ratings
    at all, nobody is asked for one.
    """
    dues = [selector.select(case) for case in work.cases if case.action.trigger in _AT_ONCE]
    judged = _after_gates(dues, work, judge)
    meant, others = ([one for one in judged if only.means(one.due.case) == wanted] for wanted in (True, False))
    judged = [*take_turns(meant, judge.history, judge.facts, judge.profile), *others]
    for case in (one for one in work.cases if one.action.trigger == "meeting"):
        met = [one.due.at[one.passed] for one in judged if one.due.case.channel.code == case.channel.code]
        dues.append(selector.among(case, _together(met)))
        judged += _after_gates(dues[-1:], work, judge)
    for case in (one for one in work.cases if one.action.trigger == "no_rating" and rated):
        stopped = [one.due.at[np.isin(one.reason, _UNRATED)] for one in judged]
        dues.append(selector.among(case, _together(stopped)))
        judged += _after_gates(dues[-1:], work, judge)
    return judged, {due.case.action.id: len(due) for due in dues}


def _after_gates(dues: Sequence[Due], work: Casework, judge: Judge) -> list[Judged]:
    with threads(2) as pool:
        verdicts = pool.map(lambda due: list(judged_with_instead(judge, due, work.instead.get(due.case.action.id))), dues)
        return [one for of_due in verdicts for one in of_due]


def _together(parts: Sequence[Int32s]) -> Int32s:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)
