"""What was read becomes the lists of a day, and both parts of an export: published whole or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULT_CODES
from vip_tiering.base.threads import threads
from vip_tiering.customers.texts import NOBODY_NAMED
from vip_tiering.customers.types import Customers
from vip_tiering.lists.export.day import DayInputs, DayLists, lists_of_day
from vip_tiering.lists.export.files import (
    LONGEST_WORKBOOK,
    ExportFiles,
    ExportOrigin,
    document_of,
    export_files,
    private_document,
    rules_digest,
)
from vip_tiering.lists.export.request import ExportOrder, Given
from vip_tiering.lists.selection.contact_log import together
from vip_tiering.lists.selection.earlier_exports import export_days
from vip_tiering.lists.selection.events import Window, window_of
from vip_tiering.lists.selection.people import NOBODY
from vip_tiering.lists.verification.rules import check_private, check_written
from vip_tiering.playbooks import event_plan
from vip_tiering.playbooks.event_plan import event_plan_between
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import folders, manifests
from vip_tiering.rules.calendar import CalendarFile, working_days

_SHORTEST: Final = 6
_FIRST_ROWS: Final = 2


def masked_id(text: str) -> str:
    """Return an id as D0***12; a short one is hidden whole."""
    return f"{text[:2]}***{text[-2:]}" if len(text) >= _SHORTEST else "***"


def masked_phone(text: str) -> str:
    """Return a number as 138****1234."""
    return f"{text[:3]}****{text[-4:]}" if text else ""


def previews_of(lists: DayLists, labels: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return the first rows of each open list by its name, masked. Of the private lists nothing is shown but that they exist."""
    tables = {**lists.messages, **{code: pair[0] for code, pair in lists.lists.items()}}
    return {
        f"{labels.get(code, '')} {code}".strip(): [_masked_row(row) for row in table.slice(0, _FIRST_ROWS).to_pylist()]
        for code, table in tables.items()
    }


def _masked_row(row: dict[str, str]) -> dict[str, str]:
    masked = {**row, "phone": masked_phone(row["phone"]), "customer_id": "|".join(map(masked_id, row["customer_id"].split("|")))}
    if "display_name" in row:
        masked["display_name"] = row["display_name"][:1] + "*"
    elif row["name"] != NOBODY_NAMED:
        masked["text"] = row["text"].replace(row["name"], row["name"][:1] + "*")
    return masked


_SHOWN: Final = 3


def notes_on(lists: DayLists, customers: Customers, window: Window, books: Playbooks, without_workbook: Sequence[str]) -> tuple[str, ...]:
    """Return one line for each thing that people should know, ids masked."""
    people = lists.people
    tiered = people.level > 0
    unknown = np.flatnonzero((people.profile == NOBODY) & tiered)
    notes = []
    if len(unknown):
        count = f"{len(unknown)} of {np.count_nonzero(tiered)}"
        notes.append(f"tiered customers that are not in the customer file: {count}, such as {_masked_ids(people.customer_id, unknown)}")
    there = np.zeros(len(customers), np.bool_)
    there[people.profile[people.profile != NOBODY]] = True
    if not there.all():
        others = np.flatnonzero(~there)
        count = f"{len(others)} of {len(customers)}"
        notes.append(
            f"customers of the customer file that are not in the run: {count}, such as {_masked_ids(customers.customer_id, others)}"
        )
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


def _masked_ids(ids: pa.Array, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return ", ".join(masked_id(one) for one in ids.take(pa.array(at[:_SHOWN])).to_pylist())


def _samples(lists: DayLists, books: Playbooks) -> Iterator[str]:
    """Yield the warnings about texts that went out and that nobody approved, or nobody knows when."""
    went_out = [
        (action.id, action.message)
        for book in books.file.playbooks
        for action in book.actions or ()
        if action.message is not None and (counts := lists.counts.get(action.id)) is not None and counts.exported
    ]
    samples = [name for name, message in went_out if message.is_sample]
    undated = [name for name, message in went_out if name not in samples and message.reviewed_on is None]
    if samples:
        yield f"sample texts that nobody reviewed went into lists, replace them before use: {', '.join(samples)}"
    if undated:
        yield f"texts without a day of approval went into lists, write reviewed_on: {', '.join(undated)}"


PLAN_AHEAD: Final = dt.timedelta(days=60)
"""So far ahead of the day `event_plan.csv` tells what is to be prepared."""


@dataclass(frozen=True)
class Made:
    """An export that is not written yet: its manifest, but for the outputs, its files, and the first rows of each list, masked."""

    document: dict[str, Any]
    files: ExportFiles
    warnings: tuple[str, ...]
    labels: dict[str, str]
    previews: dict[str, list[dict[str, str]]]


def origin_of(order: ExportOrder, given: Given) -> ExportOrigin:
    """Return everything that may change an export."""
    return ExportOrigin(
        on=order.on,
        quarter=str(given.run.quarter),
        run=given.run.digest,
        files=given.incoming.sha256,
        rules=rules_digest(given.books, given.calendar),
        only=order.only,
        profiles=order.profiles,
        allow_old_run=order.allow_old_run,
        earlier=given.memory.digests,
        results=given.memory.marks,
    )


def make(order: ExportOrder, given: Given, origin: ExportOrigin) -> Made:
    """Walk the line of the day, and say how every file is written."""
    books, incoming, memory = given.books, given.incoming, given.memory
    known = replace(incoming.known, results=memory.heard.results, barred=together([incoming.known.barred, memory.heard.barred]))
    window = window_of(order.on, working_days(given.calendar))
    inputs = DayInputs(given.run, books, incoming.customers, known, memory.contacts, _branch_dates(given.calendar), memory.overflow)
    with threads(1) as pool:
        named = pool.submit(incoming.judge_ids, given.run)  # what it refuses, it refuses before anything is written
        lists = lists_of_day(inputs, order.on, window, given.only)
        strangers = named.result()
    plan = event_plan_between(books, given.calendar, order.on, order.on + PLAN_AHEAD)
    offered = books.customers.offered_words("result", RESULT_CODES)
    files = export_files(lists, given.profiles, books.channels, books.headers, offered)
    files.open["event_plan.csv"] = event_plan.csv_writer(plan)
    notes = notes_on(lists, incoming.customers, window, books, files.without_workbook)
    warnings = (*given.run.warnings, *incoming.warnings, *strangers, *notes_on_given(order, given), *notes, *plan.warnings)
    labels = {code: one.label for code, one in books.channels.items()}
    return Made(document_of(origin, window, lists, books, warnings), files, warnings, labels, previews_of(lists, labels))


def _branch_dates(calendar: CalendarFile) -> dict[str, list[int]]:
    """Return the days that the branch set, by action."""
    dates: dict[str, list[int]] = {}
    for one in calendar.branch_dates or ():
        dates.setdefault(one.action, []).append(day_number(one.date))
    return {action: sorted(set(days)) for action, days in dates.items()}


def publish(order: ExportOrder, origin: ExportOrigin, made: Made, books: Playbooks) -> tuple[Path, Path | None]:
    """Publish the private part, then the main one that names it; where either is refused, both folders are as they were.

    A private part alone is what a run that was killed left: it gives way.
    """
    name = str(order.on)
    with folders.provisional(order.private_root / name, order.out / name):
        private_folder, private = _publish_private(order, origin, made, books), None
        if private_folder is not None:
            written = manifests.manifest_of(private_folder)
            private = {"digest": written["digest"], "rows": sum(one["rows"] for one in written["outputs"])}
        whole = {**made.document, "private": private}
        folder = folders.publish(
            order.out,
            name,
            made.files.open,
            whole,
            replace=order.replace,
            check=lambda staging: check_written(staging, private_folder, books),
        )
    return folder, private_folder


def _publish_private(order: ExportOrder, origin: ExportOrigin, made: Made, books: Playbooks) -> Path | None:
    """Publish the private part after a look at its own files, unless the same one stands there; None where there is none.

    What stands there of an export that is replaced gives way also where the new one has nothing private.
    """
    root, name = order.private_root, str(order.on)
    if not made.files.private:
        if (root / name / manifests.MANIFEST).exists():
            folders.supersede(root / name)
        return None
    if (standing := folders.standing(root / name, origin.made_from, replace=True)) is not None:
        return standing
    document = private_document(origin)
    return folders.publish(root, name, made.files.private, document, replace=True, check=lambda staging: check_private(staging, books))
