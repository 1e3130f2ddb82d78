"""The straight line of an export: run and customers -> selected -> gates -> turns -> lists, suppressed, contacts. Frames only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Mask
from vip_tiering.base.money import Int64s
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.types import NOT_GIVEN, Customers, Known
from vip_tiering.lists.export.messages import message_rows
from vip_tiering.lists.export.outcome import Counts, contact_rows, counts_of, suppressed_rows, topics_told
from vip_tiering.lists.export.people_list import list_rows, people_rows
from vip_tiering.lists.export.ranking import keep_quotas
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.export.seats import keep_seats
from vip_tiering.lists.selection.cases import Casework, Only, casework
from vip_tiering.lists.selection.events import EVENT_TRIGGERS, EventSources, Window, events_of_run
from vip_tiering.lists.selection.facts import Facts, facts_of
from vip_tiering.lists.selection.gates import NO_VERDICTS, PASSES, Judge, closed_channels, take_turns
from vip_tiering.lists.selection.history import OVERFLOW, History, history_of, overflow_among
from vip_tiering.lists.selection.one_contact import no_message_beside, on_one_channel
from vip_tiering.lists.selection.people import NOBODY, People, meet
from vip_tiering.lists.selection.privacy import PrivacyRule, private_people
from vip_tiering.lists.selection.select import Due, Selector
from vip_tiering.playbooks.gates import GATES
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.rules.calendar import BranchDate
from vip_tiering.tiers.outlook import Standing
from vip_tiering.tiers.published.run_folder import TieredRun

_AT_ONCE: Final = ("regular", *EVENT_TRIGGERS)
_UNRATED: Final = [GATES.index("no_risk_rating"), GATES.index("rating_expired")]


@dataclass(frozen=True)
class DayInputs:
    """Everything that an export is made from.

    `memory`: of earlier exports (`history.EARLIER_CONTACTS`); `branch_dates`: days of events; `overflow`: `OVERFLOW`;
    `first_day`: that of the first export that is remembered, None where this is the first.
    """

    run: TieredRun
    books: Playbooks
    customers: Customers
    known: Known
    memory: pd.DataFrame
    branch_dates: Sequence[BranchDate]
    overflow: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({name: [] for name in OVERFLOW}).astype(OVERFLOW))
    first_day: int | None = None


@dataclass(frozen=True)
class DayLists:
    """The lists of one day, as tables. Of a pair the second holds what only private files may hold.

    `messages` and `lists`: by channel; `sheets`: the rows of all channels for people (`people_rows`); `topics`: how many customers
    hear of each product; `private`, shape (n,): who in the run is a private client.
    """

    messages: dict[str, pa.Table]
    lists: dict[str, tuple[pa.Table, pa.Table]]
    sheets: tuple[pa.Table, pa.Table]
    suppressed: tuple[pa.Table, pa.Table]
    contacts: tuple[pa.Table, pa.Table]
    counts: dict[str, Counts]
    topics: dict[str, int]
    people: People
    private: Mask


def lists_of_day(inputs: DayInputs, on: dt.date, window: Window, only: Only) -> DayLists:
    """Walk the line: who is due, which gate stops whom, whose turn it is, and what the lists say."""
    run, books, customers = inputs.run, inputs.books, inputs.customers
    products, channels, limits = books.products, books.channels, books.gates.limits
    people = meet(run, customers)
    privacy = PrivacyRule.of(books.file.private_tiers, run.bounds_fen, people.codes)
    facts = facts_of(customers, people, inputs.known, channels, limits, on, privacy, products)
    private = _private(people, facts, privacy)
    work = casework(books, people.codes)
    actions = [one.id for one in books.actions()]
    history = history_of(customers, inputs.memory, inputs.known.contacts, actions, list(channels), window.first)
    overflow = overflow_among(inputs.overflow, people, actions)
    events = events_of_run(inputs.known.events, people)
    sources = EventSources(people, customers, events, window, day_number(run.quarter.end), inputs.branch_dates, products)
    first_day = window.first if inputs.first_day is None else inputs.first_day
    selector = Selector(sources, history, work.levels, overflow, first_day)
    judge = _judge(books, facts, customers, people, private, history, window.first)
    verdicts, dues = _judged(work, selector, judge, only, rated="risk_rating" in customers.given)
    context = RowContext(
        people,
        customers,
        facts,
        private,
        work.every,
        history.last_contact(len(customers)),
        overflow,
        window,
        limits,
        books.file.contact_order,
        tuple(books.taught),
        [*books.gates.forbidden_words.words, *(one.label for one in products.values() if one.offer == "private")],
        _deposits_on(window.first, run, people),
        books.customers.branches or (),
        inputs.branch_dates,
    )
    verdicts = on_one_channel(keep_seats(verdicts, context, inputs.memory), work, judge)
    verdicts = no_message_beside(keep_quotas(verdicts, context, books.gates.manager_quota), work)
    selected = {due.case.action.id: len(due.rows) for due in dues}
    counts = counts_of(verdicts, work.every, {case.action.id: selected.get(case.action.id, 0) for case in work.cases})
    if not only.everything:
        verdicts, meant = _limited(verdicts, only, people, work)
        counts = counts_of(verdicts, work.every, meant)
    by_channel = {code: one for code, one in channels.items() if one.contact}
    of_people = {code: one for code, one in by_channel.items() if not one.public}
    sheets = people_rows(verdicts, list(of_people.values()), context)
    return DayLists(
        messages={code: message_rows(verdicts, one, context) for code, one in by_channel.items() if one.public},
        lists={code: (list_rows(sheets[0], one), list_rows(sheets[1], one)) for code, one in of_people.items()},
        sheets=sheets,
        suppressed=suppressed_rows(verdicts, context),
        contacts=contact_rows(verdicts, dues, context),
        counts=counts,
        topics=topics_told(verdicts, work.every),
        people=people,
        private=private,
    )


def _limited(verdicts: pd.DataFrame, only: Only, people: People, work: Casework) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the verdicts that an export is limited to, and how many were selected among them by action."""
    levels = {people.codes.index(code) for code in only.tiers if code in people.codes}
    held = [case for case in work.every if only.holds(case)]
    kept = verdicts[verdicts["case"].isin([case.place for case in held])]
    if only.tiers:
        kept = kept[np.isin(people.level[kept["at"]], list(levels))]
        held = [case for case in held if levels & work.levels[case.action.id]]
    held.sort(key=lambda case: case.instead)
    sizes = kept["case"].value_counts()
    selected = dict.fromkeys((case.action.id for case in held), 0)
    for case in held:
        selected[case.action.id] += int(sizes.get(case.place, 0))
    return kept, selected


def _private(people: People, facts: Facts, privacy: PrivacyRule) -> Mask:
    """Return who in the run is a private client, by the run's figures or by the customer file."""
    private = private_people(people, privacy)
    known = people.profile != NOBODY
    private[known] |= facts.private[people.profile[known]]
    return private


def _judge(books: Playbooks, facts: Facts, customers: Customers, people: People, private: Mask, history: History, today: int) -> Judge:
    caps = {one.code: one.caps for one in books.gates.purposes}
    capped = [number for number, action in enumerate(books.actions()) if caps[action.strictest]]
    per_phone = books.gates.limits.customers_per_phone.value
    products = list(books.products.values())
    closed = closed_channels(books.channels.values(), facts, history, capped, today)
    return Judge(facts, customers.customer_id, people.profile, private, history, closed, list(books.channels), per_phone, today, products)


def _judged(work: Casework, selector: Selector, judge: Judge, only: Only, *, rated: bool) -> tuple[pd.DataFrame, list[Due]]:
    """Return the verdicts on all cases (`gates.VERDICTS`), and who was due for each.

    First those that are due by themselves, then those that follow from them: what is told in a meeting is due where a
    meeting is asked for; a new rating, where a missing or expired one stopped an offer. Where the bank delivers no ratings
    at all, nobody is asked for one.
    """
    dues = [selector.select(case) for case in work.cases if case.action.trigger in _AT_ONCE]
    parts = [judge.judge(due.case, due.rows, work.instead_of(due.case)) for due in dues]
    verdicts = pd.concat([NO_VERDICTS, *parts], ignore_index=True)
    verdicts = take_turns(verdicts, [case for case in work.every if case.turns and only.means(case)], judge)
    for trigger in ("meeting", "no_rating") if rated else ("meeting",):
        for case in (one for one in work.cases if one.action.trigger == trigger):
            if trigger == "meeting":
                there = [one.place for one in work.every if one.channel.code == case.channel.code]
                among = verdicts["at"][verdicts["case"].isin(there) & (verdicts["reason"] == PASSES)]
            else:
                among = verdicts["at"][verdicts["reason"].isin(_UNRATED)]
            dues.append(selector.select(case, among.to_numpy()))
            followed = judge.judge(case, dues[-1].rows, work.instead_of(case))
            verdicts = pd.concat([verdicts, followed], ignore_index=True)
    return verdicts, dues


def _deposits_on(day: int, run: TieredRun, people: People) -> Int64s:
    """Return the deposit in fen for each customer of a run, shape (n,), if it comes on a day and stays: exact, rounded up (semantics 10.2).

    It counts on that day and on all that follow. NOT_GIVEN in the highest tier, and where the day lies outside of the period that
    the outlook of the run is for.
    """
    horizon = run.horizon
    if not horizon.first <= day <= horizon.last:
        return np.full(len(people), NOT_GIVEN, np.int64)
    tiers = run.tiers
    standing = Standing.of(tiers["fen_days"].to_numpy(), tiers["closing_fen"].to_numpy(), horizon)
    bounds = np.array([0, *(run.bounds_fen[code] for code in people.codes[1:])], np.int64)
    top = len(bounds) - 1
    level = people.level.astype(np.int64)
    deposit = standing.deposit_fen(bounds[np.minimum(level + 1, top)], horizon.last - day + 1)
    return np.where(level < top, deposit, NOT_GIVEN).astype(np.int64)
