"""What people should know of an export that succeeded: who is missing where, what was guessed, which texts nobody approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from vip_tiering.lists.day import DayLists
from vip_tiering.lists.export_files import LONGEST_WORKBOOK
from vip_tiering.lists.forms import Customers
from vip_tiering.lists.masks import masked_id
from vip_tiering.lists.memory import export_days
from vip_tiering.lists.orders import ExportOrder, Given
from vip_tiering.lists.people import NOBODY
from vip_tiering.lists.window import Window
from vip_tiering.playbook_lint import SAMPLE
from vip_tiering.playbooks import Playbooks

_SHOWN: Final = 3


def notes_on(lists: DayLists, customers: Customers, window: Window, books: Playbooks, without_workbook: Sequence[str]) -> tuple[str, ...]:
    """Return one line for each thing that people should know, ids masked."""
    people = lists.people
    tiered = people.level > 0
    unknown = np.flatnonzero((people.profile == NOBODY) & tiered)
    notes = []
    if len(unknown):
        count = f"{len(unknown)} of {np.count_nonzero(tiered)}"
        notes.append(f"tiered customers that are not in the customer file: {count}, such as {_masked(people.customer_id, unknown)}")
    there = np.zeros(len(customers), np.bool_)
    there[people.profile[people.profile != NOBODY]] = True
    if not there.all():
        others = np.flatnonzero(~there)
        count = f"{len(others)} of {len(customers)}"
        notes.append(f"customers of the customer file that are not in the run: {count}, such as {_masked(customers.customer_id, others)}")
    named = {one.manager for one in (books.gates.manager_quota.managers or ())} if books.gates.manager_quota else set()
    if strangers := named - set(customers.text["manager"].dictionary.to_pylist()):
        notes.append(f"manager_quota names managers whom the customer file does not, so they have no quota: {len(strangers)}")
    if window.guessed:
        notes.append("the working days after this day are not announced yet; Saturdays and Sundays are taken as the days off")
    if without_workbook:
        notes.append(f"too long for a workbook (over {LONGEST_WORKBOOK} rows), CSV only: {', '.join(without_workbook[:_SHOWN])}")
    return (*notes, *_samples(lists, books))


def notes_on_given(order: ExportOrder, given: Given) -> Iterator[str]:
    """Yield what people should know of what an export is made from, beside what each file says."""
    run, books = given.run, given.books
    if not run.compared:
        yield f"the run {run.quarter} was compared with no quarter before: who was a private client then is not known"
    if run.bounds_fen != {tier.code: tier.min_fen for tier in given.ladder.tiers}:
        yield f"the run {run.quarter} was tiered by other bounds than those of {books.name}: are these the rules of this bank?"
    if "status" not in given.incoming.customers.given and books.customers.status is not None:
        allowed = books.customers.status.not_delivered
        yield f"no status of customers is delivered, as {allowed.approved_by} allowed on {allowed.approved_on}"
    if later := [day for day in export_days(order.out) if day > str(order.on)]:
        yield f"exports of later days stand already, the first of {later[0]}: this one knows nothing of whom they contact"


def _masked(ids: pa.Array, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return ", ".join(masked_id(one) for one in ids.take(pa.array(at[:_SHOWN])).to_pylist())


def _samples(lists: DayLists, books: Playbooks) -> Iterator[str]:
    """Yield the warnings about texts that went out and that nobody approved, or nobody knows when."""
    went_out = [
        (action.id, action.message)
        for book in books.books.playbooks.playbooks
        for action in book.actions or ()
        if action.message is not None and (counts := lists.counts.get(action.id)) is not None and counts.exported
    ]
    samples = [name for name, message in went_out if message.reviewed_by.casefold().startswith(SAMPLE)]
    undated = [name for name, message in went_out if name not in samples and message.reviewed_on is None]
    if samples:
        yield f"sample texts that nobody reviewed went into lists, replace them before use: {', '.join(samples)}"
    if undated:
        yield f"texts without a day of approval went into lists, write reviewed_on: {', '.join(undated)}"
