"""The job of `vip playbook export`: read what comes in, walk the line of a day, publish both parts whole or not at all."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from vip_tiering import event_files, folders
from vip_tiering.ahead import threads
from vip_tiering.errors import OutputError, UsageError
from vip_tiering.event_plan import event_plan_between
from vip_tiering.lists.casework import Only, only_of
from vip_tiering.lists.day import Inputs, lists_of_day
from vip_tiering.lists.export_files import DEFAULT_PROFILE, ExportFiles, export_files
from vip_tiering.lists.export_manifest import Origin, document_of, private_document, rules_digest
from vip_tiering.lists.hard_rules import check_written
from vip_tiering.lists.incoming import Incoming, read_incoming
from vip_tiering.lists.logbook import BARRED, CONTACT_LOG, together
from vip_tiering.lists.masks import previews_of
from vip_tiering.lists.memory import recall
from vip_tiering.lists.notes import notes_on
from vip_tiering.lists.places import private_root
from vip_tiering.lists.run_folder import load_run
from vip_tiering.lists.window import window_of
from vip_tiering.playbooks import Playbooks, rules_with_playbooks
from vip_tiering.profile_models import Profile
from vip_tiering.quarter import day_number
from vip_tiering.readers.limits import size_in_bytes
from vip_tiering.rule_models import CalendarFile
from vip_tiering.tables import manifest_of
from vip_tiering.workdays import working_days

PLAN_AHEAD: Final = dt.timedelta(days=60)
"""So far ahead of the day `event_plan.csv` tells what is to be prepared."""


@dataclass(frozen=True)
class ExportOrder:
    """What `vip playbook export` was asked to do."""

    run: Path
    customers: Path
    on: dt.date
    out: Path
    rules: Path | None = None
    events: Path | None = None
    contact_log: Path | None = None
    do_not_contact: Path | None = None
    only: tuple[str, ...] = ()
    profiles: tuple[str, ...] = (DEFAULT_PROFILE,)
    private_out: Path | None = None
    allow_old_run: bool = False
    replace: bool = False
    dry_run: bool = False
    max_bytes: str = "4G"

    @property
    def private_root(self) -> Path:
        """The folder that receives what only managers may see."""
        return private_root(self.out, self.private_out)


@dataclass(frozen=True)
class ExportResult:
    """What came of it: the manifest, the folders, the channels' names.

    `previews`: the first rows of each list, masked; nothing where the export stood there already.
    """

    document: dict[str, Any]
    folder: Path | None
    private_folder: Path | None
    warnings: tuple[str, ...]
    labels: dict[str, str]
    previews: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    up_to_date: bool = False


def playbook_export(order: ExportOrder) -> ExportResult:
    """Export the lists of a day, unless the same export stands there already. With `dry_run` nothing is written."""
    _refuse_places(order)
    _refuse_own_logs(order)
    rules, books = rules_with_playbooks(order.rules)
    only, profiles = only_of(order.only, books), _profiles(order, books)
    if order.dry_run:
        return _export(order, books, rules.calendar, only, profiles)
    with folders.locked(order.out), folders.locked(order.private_root):
        return _export(order, books, rules.calendar, only, profiles)


def _export(order: ExportOrder, books: Playbooks, calendar: CalendarFile, only: Only, profiles: list[Profile]) -> ExportResult:
    """Read, compute and publish; the caller holds the locks."""
    with threads(1) as pool:
        reading = pool.submit(_incoming, order, books)
        run = load_run(order.run, order.on, books.gates.limits.run_grace_days.value, allow_old=order.allow_old_run)
        incoming = reading.result()
    memory = recall(order.out, order.private_root, order.on, books.books.channels)
    known = replace(incoming.known, results=memory.heard.results, barred=together([incoming.known.barred, memory.heard.barred]))
    origin = Origin(
        on=order.on,
        quarter=str(run.quarter),
        run=run.digest,
        files=incoming.sha256,
        rules=rules_digest(books, calendar),
        only=order.only,
        profiles=order.profiles,
        allow_old_run=order.allow_old_run,
        earlier=memory.digests,
        results=memory.marks,
    )
    target = order.out / str(order.on)
    if not order.dry_run and (standing := folders.standing(target, origin.made_from, replace=order.replace)):
        return _standing(order, standing)
    window = window_of(order.on, working_days(calendar))
    inputs = Inputs(run, books, incoming.customers, known, memory.contacts, _branch_dates(calendar), memory.overflow)
    lists = lists_of_day(inputs, order.on, window, only)
    plan = event_plan_between(books, calendar, order.on, order.on + PLAN_AHEAD)
    files = export_files(lists, profiles, books.books.channels, books.headers)
    files.open["event_plan.csv"] = event_files.csv_writer(plan)
    notes = notes_on(lists, incoming.customers, window, books, files.without_workbook)
    warnings = (*run.warnings, *incoming.warnings, *notes, *plan.warnings)
    document = document_of(origin, window, lists, books, warnings)
    labels = {code: one.label for code, one in books.books.channels.items()}
    previews = previews_of(lists, labels)
    if order.dry_run:
        return ExportResult(document, None, None, warnings, labels, previews)
    del run, reading, incoming, inputs, lists, memory, known  # reading the files back takes their memory
    folder, private = _publish(order, origin, document, files, books)
    return ExportResult(folders.manifest_of(folder), folder, private, warnings, labels, previews)


def _incoming(order: ExportOrder, books: Playbooks) -> Incoming:
    max_bytes = size_in_bytes(order.max_bytes)
    return read_incoming(order.customers, order.events, order.contact_log, order.do_not_contact, books, max_bytes)


def _refuse_places(order: ExportOrder) -> None:
    """Refuse places that would make one folder a part of another."""
    out, private, run = (path.resolve() for path in (order.out, order.private_root, order.run))
    if out.is_relative_to(run):
        raise OutputError(f"{order.out}: lies inside the run {order.run.name}; choose another --out")
    if private.is_relative_to(out) or out.is_relative_to(private) or private.is_relative_to(run):
        raise OutputError(f"{order.private_root}: must lie neither around nor inside --out or the run; choose another --private-out")


def _refuse_own_logs(order: ExportOrder) -> None:
    """Refuse what the export reads by itself: given once more, each contact would count twice."""
    for option, given, name in (("--contact-log", order.contact_log, CONTACT_LOG), ("--do-not-contact", order.do_not_contact, BARRED)):
        if given is not None and given.resolve() in {(root / name).resolve() for root in (order.out, order.private_root)}:
            raise UsageError(f"{option}: {given} is read by itself, because it lies beside the exports; leave it out")


def _profiles(order: ExportOrder, books: Playbooks) -> list[Profile]:
    for name in order.profiles:
        if name not in books.profiles:
            raise UsageError(f"--profile: must be one of {', '.join(books.profiles)}")
    return [books.profiles[name] for name in dict.fromkeys(order.profiles)]


def _branch_dates(calendar: CalendarFile) -> dict[str, list[int]]:
    """Return the days that the branch set, by action."""
    dates: dict[str, list[int]] = {}
    for one in calendar.branch_dates or ():
        dates.setdefault(one.action, []).append(day_number(one.date))
    return {action: sorted(set(days)) for action, days in dates.items()}


def _standing(order: ExportOrder, folder: Path) -> ExportResult:
    """Return the result for an export that stands there already, as it is to be made."""
    document = folders.manifest_of(folder)
    private = order.private_root / str(order.on) if document.get("private") else None
    return ExportResult(document, folder, private, tuple(document["warnings"]), {}, up_to_date=True)


def _publish(
    order: ExportOrder, origin: Origin, document: dict[str, Any], files: ExportFiles, books: Playbooks
) -> tuple[Path, Path | None]:
    """Publish the private part, then the main one that names it. A private part alone is what a broken run left: it gives way."""
    name, root = str(order.on), order.private_root
    private_folder, private = None, None
    if files.private:
        head = private_document(origin)
        private_folder = folders.standing(root / name, origin.made_from, replace=True)
        if private_folder is None:
            private_folder = folders.publish(root, name, files.private, manifest_of(head), replace=True)
        written = folders.manifest_of(private_folder)
        private = {"digest": written["digest"], "rows": sum(one["rows"] for one in written["outputs"])}
    whole = {**document, "private": private}
    folder = folders.publish(
        order.out,
        name,
        files.open,
        manifest_of(whole),
        replace=order.replace,
        check=lambda staging: check_written(staging, private_folder, books),
    )
    return folder, private_folder
