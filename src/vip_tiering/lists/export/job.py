"""The job of `vip playbook export`: read what comes in, and publish what is made of it whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vip_tiering._version import __version__
from vip_tiering.base.disk import stands, writing
from vip_tiering.base.errors import OutputError, UsageError
from vip_tiering.base.quarter import day_number
from vip_tiering.customers.incoming import Incoming, read_incoming
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.day import DayInputs, lists_of_day
from vip_tiering.lists.export.files import ExportFiles, document_of, export_files, private_document, private_root, rules_digest
from vip_tiering.lists.export.notes import notes_on_lists, notes_on_run, previews_of
from vip_tiering.lists.export.profiles import DEFAULT_PROFILE
from vip_tiering.lists.selection.cases import only_of
from vip_tiering.lists.selection.contact_log import BARRED, CONTACT_LOG, read_contact_log, together
from vip_tiering.lists.selection.earlier_exports import EarlierExports, read_earlier_exports
from vip_tiering.lists.selection.earlier_exports import by_new_ids as renamed_exports
from vip_tiering.lists.selection.events import window_of
from vip_tiering.lists.selection.memory import Memory, Roots, read_memory
from vip_tiering.lists.verification.rules import check_private, check_written
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.playbooks.plan import event_plan
from vip_tiering.playbooks.plan.event_plan import event_plan_between
from vip_tiering.playbooks.profiles import Profile
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.locks import locked, settle
from vip_tiering.publishing.switch import Switch
from vip_tiering.rules.calendar import CalendarFile, working_days
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun, holds_runs, load_run
from vip_tiering.tiers.published.run_folder import by_new_ids as renamed_run

PLAN_AHEAD: Final = dt.timedelta(days=60)
"""So far ahead of the day `event_plan.csv` tells what is to be prepared."""


@dataclass(frozen=True)
class ExportResult:
    """What came of it: the manifest, the folders, the channels' names.

    `names`: what actions and gates are called in Chinese; `previews`: the first rows of each list, masked; neither is there where
    the export stood there already.
    """

    document: dict[str, Any]
    folder: Path | None
    private_folder: Path | None
    warnings: tuple[str, ...]
    labels: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    previews: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    up_to_date: bool = False


def playbook_export(  # noqa: PLR0913 (names every option)
    run: Path,
    *,
    customers: Path,
    on: dt.date,
    out: Path,
    rules: Path | None = None,
    events: Path | None = None,
    contact_log: Path | None = None,
    do_not_contact: Path | None = None,
    only: Sequence[str] = (),
    profiles: Sequence[str] = (DEFAULT_PROFILE,),
    private_out: Path | None = None,
    allow_old_run: bool = False,
    forget_before: dt.date | None = None,
    replace: bool = False,
    dry_run: bool = False,
    max_bytes: str = "4G",
) -> ExportResult:
    """Export the lists of a day, unless the same export stands there already. With `dry_run` nothing is written."""
    private = private_root(out, private_out)
    roots = {"open": out, "private": private}
    _refuse_places(run, out, private)
    refuse_own_logs(contact_log, do_not_contact, (out, private))
    if forget_before is not None and forget_before > on + dt.timedelta(days=1):
        raise UsageError(f"--forget-before: must be at most the day after {on}, that of the export")
    loaded, books = rules_with_playbooks(rules)
    limited, forms = only_of(only, books), _profiles(profiles, books)
    calendar = loaded.calendar
    with ExitStack() as locks:
        if not dry_run:
            locks.enter_context(locked(out))
            locks.enter_context(locked(private))
        else:
            settle(out / str(on))
        memory = read_memory(roots, forget_before, making=on)
        tiered = load_run(run, on, books.gates.limits.run_grace_days.value, allow_old=allow_old_run)
        incoming = read_incoming(customers, events, contact_log, do_not_contact, books, size_in_bytes(max_bytes))
        ladder = loaded.ladder(tiered.quarter)
        earlier = read_earlier_exports(roots, memory, on, books.channels, loaded.aliases)
        tiered, incoming, earlier = by_new_ids(tiered, incoming, earlier, loaded.aliases)
        made_from = {
            "on": str(on),
            "run": tiered.digest,
            "files": incoming.sha256,
            "rules": rules_digest(books, calendar, loaded.aliases),
            "only": sorted(only),
            "profiles": sorted(profiles),
            "allow_old_run": allow_old_run,
            "earlier": earlier.digests,
            "results": earlier.marks,
            "program": __version__,
        }
        if not dry_run and (standing := folders.standing(out / str(on), made_from, replace=replace)):
            document = manifests.manifest_of(standing)
            private_folder = private / str(on) if document.get("private") else None
            _keep_forgetting(memory, roots, on)
            return ExportResult(document, standing, private_folder, tuple(document["warnings"]), {}, up_to_date=True)

        window = window_of(on, working_days(calendar))
        inputs = inputs_of(tiered, incoming, earlier, books, calendar)
        lists = lists_of_day(inputs, on, window, limited)
        strangers = incoming.judge_ids(tiered)  # what it refuses, it refuses before anything is written
        plan = event_plan_between(books, calendar, on, on + PLAN_AHEAD)
        files = export_files(lists, forms, books, on, tiered.quarter)
        files.open["event_plan.csv"] = event_plan.csv_writer(plan)
        warnings = (
            *tiered.warnings,
            *incoming.warnings,
            *strangers,
            *notes_on_run(tiered, ladder, incoming.customers, books, out, on),
            *([f"{on} is a day off; with --unless-day-off no lists are made on one"] if is_day_off(on, calendar) else []),
            *notes_on_lists(lists, incoming.customers, window, books, files),
            *plan.warnings,
        )
        document = document_of(made_from, tiered.quarter, window, lists, books, warnings, memory)
        labels = {code: one.label for code, one in books.channels.items()}
        previews = previews_of(lists, labels)
        if dry_run:
            return ExportResult(document, None, None, warnings, labels, books.names, previews)
        private_head = private_document(made_from, tiered.quarter)
        del tiered, incoming, earlier, inputs, lists  # reading the files back takes their memory
        folder, private_folder = _publish(document, private_head, files, roots, memory, books)
        return ExportResult(manifests.manifest_of(folder), folder, private_folder, warnings, labels, books.names, previews)


def is_day_off(on: dt.date, calendar: CalendarFile) -> bool:
    """Tell whether the bank does not work on a day; of years that nobody announced yet Saturdays and Sundays are taken."""
    return window_of(on - dt.timedelta(days=1), working_days(calendar)).last >= day_number(on)


def inputs_of(tiered: TieredRun, incoming: Incoming, earlier: EarlierExports, books: Playbooks, calendar: CalendarFile) -> DayInputs:
    """Return what the lists of a day are made from; what came of earlier exports binds beside what the files say."""
    barred = together([incoming.known.barred, earlier.heard.barred])
    known = dataclasses.replace(incoming.known, results=earlier.heard.results, barred=barred)
    dates = calendar.branch_dates or ()
    return DayInputs(tiered, books, incoming.customers, known, earlier.contacts, dates, earlier.overflow, earlier.first_day)


def by_new_ids(
    run: TieredRun, incoming: Incoming, earlier: EarlierExports, aliases: Aliases | None
) -> tuple[TieredRun, Incoming, EarlierExports]:
    """Return all that names customers by their present numbers: who refused under an old one has refused (semantics 12.1)."""
    return renamed_run(run, aliases), incoming.by_new_ids(aliases), renamed_exports(earlier, aliases)


def _refuse_places(run: Path, out: Path, private: Path) -> None:
    """Refuse places that would make one folder a part of another, or put lists among runs (semantics 12.12)."""
    out_place, private_place, run_place = (path.resolve() for path in (out, private, run))
    if out_place.is_relative_to(run_place):
        raise OutputError(f"{out}: lies inside the run {manifests.named(run).name}; choose another --out")
    if any(private_place.is_relative_to(one) for one in (out_place, run_place)) or out_place.is_relative_to(private_place):
        raise OutputError(f"{private}: must lie neither around nor inside --out or the run; choose another --private-out")
    for option, given, place in (("--out", out, out_place), ("--private-out", private, private_place)):
        around = {place, place.parent, *([run_place.parent] if place.is_relative_to(run_place.parent) else [])}
        if any(holds_runs(one) for one in around):
            raise OutputError(
                f"{given}: lies in a folder of runs; lists need a folder of their own, such as lists: choose another {option}"
            )


def refuse_own_logs(contact_log: Path | None, do_not_contact: Path | None, roots: Sequence[Path]) -> None:
    """Refuse what the export reads by itself: given once more, each contact would count twice."""
    for option, path, name in (("--contact-log", contact_log, CONTACT_LOG), ("--do-not-contact", do_not_contact, BARRED)):
        if path is not None and path.resolve() in {(root / name).resolve() for root in roots}:
            raise UsageError(f"{option}: {path} is read by itself, because it lies beside the exports; leave it out")


def _profiles(names: Sequence[str], books: Playbooks) -> list[Profile]:
    """Return the forms that are asked for, and the default for channels of messages that none of them takes: no list is left out."""
    for name in names:
        if name not in books.profiles:
            raise UsageError(f"--profile: must be one of {', '.join(books.profiles)}")
    wanted = [books.profiles[name] for name in dict.fromkeys(names)]
    default = books.profiles[DEFAULT_PROFILE]
    taken = {code for one in wanted for code in one.channels}
    return wanted if taken.issuperset(default.channels) else [*wanted, default]


def _publish(
    document: Mapping[str, Any], private_head: Mapping[str, Any], files: ExportFiles, roots: Roots, memory: Memory, books: Playbooks
) -> tuple[Path, Path | None]:
    """Write both parts, look at them by the rules, and let both appear at once, with the note of them (semantics 9.1).

    What stands there of an export that is replaced gives way also where the new one has nothing private. The caller holds the
    locks. Raises OutputError where the disk refuses, or what stands there is no export, ProofError where a rule is broken;
    both folders are as they were then.
    """
    name = document["on"]
    target, private = (roots[part] / name for part in ("open", "private"))
    switch, staged = Switch(*roots.values()), None
    with writing(private):
        if files.private:
            folders.standing(private, private_head["made_from"], replace=True)  # what is no part of an export stays where it is
            staged = folders.staged(roots["private"], name, files.private, private_head, lambda staging: check_private(staging, books))
            switch.put(staged, private, keep=True)
            part = manifests.manifest_of(staged)
            document = {**document, "private": {"digest": part["digest"], "rows": sum(one["rows"] for one in part["outputs"])}}
        elif stands(private / manifests.MANIFEST):
            switch.supersede(private)
    with writing(target):
        main = folders.staged(roots["open"], name, files.open, document, lambda staging: check_written(staging, staged, books))
        switch.put(main, target, keep=True)
        manifest = manifests.sha256_of((main / manifests.MANIFEST).read_bytes())
        memory.note(switch, roots, "export", dt.date.fromisoformat(name), _marks(roots), manifest)
        switch.commit()
    return target, private if staged is not None else None


def _keep_forgetting(memory: Memory, roots: Roots, on: dt.date) -> None:
    """Note what was forgotten just now where the lists of the day stand already, so that it need not be said again."""
    if memory.forgotten_before is None:
        return
    switch = Switch(*roots.values())
    with writing(roots["open"]):
        memory.note(switch, roots, "record", on, _marks(roots))
        switch.commit()


def _marks(roots: Roots) -> dict[str, dict[str, Any]]:
    """Return how the files with results of both parts are, for a note."""
    return {part: read_contact_log(root).marks for part, root in roots.items()}
