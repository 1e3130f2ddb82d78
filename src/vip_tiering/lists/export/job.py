"""The job of `vip playbook export`: read what comes in, and publish what is made of it whole or not at all."""

from __future__ import annotations

from pathlib import Path

from vip_tiering.base.errors import OutputError, UsageError
from vip_tiering.base.threads import threads
from vip_tiering.customers.incoming import Incoming, read_incoming
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.request import DEFAULT_PROFILE, ExportOrder, ExportResult, Given
from vip_tiering.lists.selection.cases import Only, only_of
from vip_tiering.lists.selection.contact_log import BARRED, CONTACT_LOG
from vip_tiering.lists.selection.earlier_exports import read_earlier_exports
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.playbooks.profiles import Profile
from vip_tiering.publishing import folders, manifests
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.run_folder import load_run


def playbook_export(order: ExportOrder) -> ExportResult:
    """Export the lists of a day, unless the same export stands there already. With `dry_run` nothing is written."""
    _refuse_places(order)
    _refuse_own_logs(order)
    rules, books = rules_with_playbooks(order.rules)
    only, profiles = only_of(order.only, books), _profiles(order, books)
    if order.dry_run:
        return _export(order, books, rules, only, profiles)
    with folders.locked(order.out), folders.locked(order.private_root):
        return _export(order, books, rules, only, profiles)


def _export(order: ExportOrder, books: Playbooks, rules: Rules, only: Only, profiles: list[Profile]) -> ExportResult:
    """Read, compute and publish; the caller holds the locks."""
    with threads(1) as pool:
        reading = pool.submit(_incoming, order, books)
        run = load_run(order.run, order.on, books.gates.limits.run_grace_days.value, allow_old=order.allow_old_run)
        from vip_tiering.lists.export import publish  # noqa: PLC0415 (pandas loads while the customers are read)

        incoming = reading.result()
    memory = read_earlier_exports(order.out, order.private_root, order.on, books.channels)
    given = Given(run, incoming, memory, books, rules.ladder(run.quarter), rules.calendar, only, profiles)
    origin = publish.origin_of(order, given)
    target = order.out / str(order.on)
    if not order.dry_run and (standing := folders.standing(target, origin.made_from, replace=order.replace)):
        return _standing(order, standing)
    made = publish.make(order, given, origin)
    if order.dry_run:
        return ExportResult(made.document, None, None, made.warnings, made.labels, made.previews)
    del run, reading, incoming, memory, given  # reading the files back takes their memory
    folder, private = publish.publish(order, origin, made, books)
    return ExportResult(manifests.manifest_of(folder), folder, private, made.warnings, made.labels, made.previews)


def _incoming(order: ExportOrder, books: Playbooks) -> Incoming:
    max_bytes = size_in_bytes(order.max_bytes)
    return read_incoming(order.customers, order.events, order.contact_log, order.do_not_contact, books, max_bytes)


def _refuse_places(order: ExportOrder) -> None:
    """Refuse places that would make one folder a part of another."""
    out, private, run = (path.resolve() for path in (order.out, order.private_root, order.run))
    if out.is_relative_to(run):
        raise OutputError(f"{order.out}: lies inside the run {manifests.named(order.run).name}; choose another --out")
    if private.is_relative_to(out) or out.is_relative_to(private) or private.is_relative_to(run):
        raise OutputError(f"{order.private_root}: must lie neither around nor inside --out or the run; choose another --private-out")


def _refuse_own_logs(order: ExportOrder) -> None:
    """Refuse what the export reads by itself: given once more, each contact would count twice."""
    for option, given, name in (("--contact-log", order.contact_log, CONTACT_LOG), ("--do-not-contact", order.do_not_contact, BARRED)):
        if given is not None and given.resolve() in {(root / name).resolve() for root in (order.out, order.private_root)}:
            raise UsageError(f"{option}: {given} is read by itself, because it lies beside the exports; leave it out")


def _profiles(order: ExportOrder, books: Playbooks) -> list[Profile]:
    """Return the forms that are asked for, and the default for channels of messages that none of them takes: no list is left out."""
    for name in order.profiles:
        if name not in books.profiles:
            raise UsageError(f"--profile: must be one of {', '.join(books.profiles)}")
    wanted = [books.profiles[name] for name in dict.fromkeys(order.profiles)]
    default = books.profiles[DEFAULT_PROFILE]
    taken = {code for one in wanted for code in one.channels}
    return wanted if taken.issuperset(default.channels) else [*wanted, default]


def _standing(order: ExportOrder, folder: Path) -> ExportResult:
    """Return the result for an export that stands there already, as it is to be made."""
    document = manifests.manifest_of(folder)
    private = order.private_root / str(order.on) if document.get("private") else None
    return ExportResult(document, folder, private, tuple(document["warnings"]), {}, up_to_date=True)
