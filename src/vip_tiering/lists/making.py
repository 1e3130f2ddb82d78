"""What was read becomes the lists of a day, and both parts of an export: published whole or not at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from vip_tiering import attic, event_files, folders, published
from vip_tiering.ahead import threads
from vip_tiering.event_plan import event_plan_between
from vip_tiering.lists.day import Inputs, lists_of_day
from vip_tiering.lists.export_files import ExportFiles, export_files
from vip_tiering.lists.export_manifest import Origin, document_of, private_document, rules_digest
from vip_tiering.lists.forms import RESULT_CODES
from vip_tiering.lists.hard_rules import check_private, check_written
from vip_tiering.lists.logbook import together
from vip_tiering.lists.masks import previews_of
from vip_tiering.lists.notes import notes_on, notes_on_given
from vip_tiering.lists.orders import ExportOrder, Given
from vip_tiering.lists.window import window_of
from vip_tiering.playbooks import Playbooks
from vip_tiering.quarter import day_number
from vip_tiering.rule_models import CalendarFile
from vip_tiering.tables import manifest_of
from vip_tiering.workdays import working_days

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


def origin_of(order: ExportOrder, given: Given) -> Origin:
    """Return everything that may change an export."""
    return Origin(
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


def make(order: ExportOrder, given: Given, origin: Origin) -> Made:
    """Walk the line of the day, and say how every file is written."""
    books, incoming, memory = given.books, given.incoming, given.memory
    known = replace(incoming.known, results=memory.heard.results, barred=together([incoming.known.barred, memory.heard.barred]))
    window = window_of(order.on, working_days(given.calendar))
    inputs = Inputs(given.run, books, incoming.customers, known, memory.contacts, _branch_dates(given.calendar), memory.overflow)
    with threads(1) as pool:
        named = pool.submit(incoming.judge_ids, given.run)  # what it refuses, it refuses before anything is written
        lists = lists_of_day(inputs, order.on, window, given.only)
        strangers = named.result()
    plan = event_plan_between(books, given.calendar, order.on, order.on + PLAN_AHEAD)
    offered = books.customers.offered_words("result", RESULT_CODES)
    files = export_files(lists, given.profiles, books.books.channels, books.headers, offered)
    files.open["event_plan.csv"] = event_files.csv_writer(plan)
    notes = notes_on(lists, incoming.customers, window, books, files.without_workbook)
    warnings = (*given.run.warnings, *incoming.warnings, *strangers, *notes_on_given(order, given), *notes, *plan.warnings)
    labels = {code: one.label for code, one in books.books.channels.items()}
    return Made(document_of(origin, window, lists, books, warnings), files, warnings, labels, previews_of(lists, labels))


def _branch_dates(calendar: CalendarFile) -> dict[str, list[int]]:
    """Return the days that the branch set, by action."""
    dates: dict[str, list[int]] = {}
    for one in calendar.branch_dates or ():
        dates.setdefault(one.action, []).append(day_number(one.date))
    return {action: sorted(set(days)) for action, days in dates.items()}


def publish(order: ExportOrder, origin: Origin, made: Made, books: Playbooks) -> tuple[Path, Path | None]:
    """Publish the private part, then the main one that names it; where either is refused, both folders are as they were.

    A private part alone is what a run that was killed left: it gives way.
    """
    name = str(order.on)
    with attic.provisional(order.private_root / name, order.out / name):
        private_folder, private = _publish_private(order, origin, made, books), None
        if private_folder is not None:
            written = folders.manifest_of(private_folder)
            private = {"digest": written["digest"], "rows": sum(one["rows"] for one in written["outputs"])}
        whole = {**made.document, "private": private}
        folder = folders.publish(
            order.out,
            name,
            made.files.open,
            manifest_of(whole),
            replace=order.replace,
            check=lambda staging: check_written(staging, private_folder, books),
        )
    return folder, private_folder


def _publish_private(order: ExportOrder, origin: Origin, made: Made, books: Playbooks) -> Path | None:
    """Publish the private part after a look at its own files, unless the same one stands there; None where there is none.

    What stands there of an export that is replaced gives way also where the new one has nothing private.
    """
    root, name = order.private_root, str(order.on)
    if not made.files.private:
        if (root / name / folders.MANIFEST).exists():
            attic.supersede(root / name)
        return None
    if (standing := published.standing(root / name, origin.made_from, replace=True)) is not None:
        return standing
    manifest = manifest_of(private_document(origin))
    return folders.publish(root, name, made.files.private, manifest, replace=True, check=lambda staging: check_private(staging, books))
