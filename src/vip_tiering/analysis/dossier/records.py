"""The record that a manager keeps of a customer (维护档案): tiers, products, contacts and what came of them, what lies ahead.

方案 第3条 之二: 建立客户经理贵宾客户维护档案. Everything in it stands in files that others wrote: runs, the customer file, the events,
earlier exports with their results. `vip customers file` tells it of one customer, or writes a workbook for a manager.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering._version import __version__
from vip_tiering.analysis.dossier.facts import AHEAD, CONTACTS, LISTED, contacts_in, events_ahead, records
from vip_tiering.analysis.dossier.permissions import permissions
from vip_tiering.analysis.dossier.workbook import record_files
from vip_tiering.analysis.explain import Customer, KnownInRun, explanations, money_on, unknown
from vip_tiering.base.arrays import positions_in, texts_of, truth
from vip_tiering.base.disk import reading, stands, writing
from vip_tiering.base.errors import DataError, OutputError, UsageError
from vip_tiering.base.schema import ABSENT, RESULT_CODES, UNASSIGNED, UNTIERED
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.customers.cells.texts import addresses
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.ids import renamed
from vip_tiering.customers.incoming import NOT_GIVEN, Parse, read_given
from vip_tiering.customers.other_files import parse_contacts, parse_do_not_contact, parse_events
from vip_tiering.customers.products import held_products, labels_held, labels_lacking
from vip_tiering.customers.types import Contacts, Customers, Known
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import private_root
from vip_tiering.lists.selection.contact_log import CONTACT_LOG, Heard, heard_in, sound_contact_log, together
from vip_tiering.lists.selection.earlier_exports import CONTACTS as CONTACTS_FILE
from vip_tiering.lists.selection.earlier_exports import by_present_ids, folders_of, heard_by_new_ids, read_table
from vip_tiering.lists.selection.memory import export_days, read_memory
from vip_tiering.lists.selection.people import People, meet
from vip_tiering.lists.selection.privacy import PrivacyRule, private_in_file, private_people
from vip_tiering.playbooks.customers.customers_file import CODES, FAMILY_KINDS
from vip_tiering.playbooks.customers.file_forms import Kind
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.file_names import safe_names
from vip_tiering.publishing.locks import locked, settle
from vip_tiering.publishing.switch import Switch
from vip_tiering.rules.extracts import Aliases
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.published.run_folder import holds_runs

SCHEMA: Final = "vip-tiering customer records"
PRIVATE_SCHEMA: Final = "vip-tiering private customer records"
_SCHEMA_VERSION: Final = 1
_NO_TIER: Final = (ABSENT, UNTIERED)
_TEXTS: Final = ("branch", "manager", "wealth_manager")
Document = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """The files from which records are made; all but the customer file may be absent. `lists`: the folder of exports."""

    customers: Path
    events: Path | None = None
    contact_log: Path | None = None
    lists: Path | None = None
    private_lists: Path | None = None
    do_not_contact: Path | None = None


@dataclass(frozen=True)
class Records:
    """The records of customers, one document for each, and what people should know of them. `folders`: what was written.

    `names`: what codes of contacts and events are called in Chinese.
    """

    documents: list[Document]
    warnings: tuple[str, ...]
    folders: tuple[Path, ...] = ()
    up_to_date: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Read:
    """What the files say, by the ids that customers have now. `listed`, `log`: see `contacts_in`; `made_from`: their digests.

    `known`: what is known beside the customer file, of exports too; `unknown`: what was not given, without which more may be forbidden.
    """

    customers: Customers
    known: Known
    listed: pd.DataFrame
    log: pd.DataFrame
    unknown: list[str]
    made_from: Document
    warnings: list[str]


@dataclass(frozen=True)
class _Exports:
    """What exports left up to a day. `listed`, `log`: see `contacts_in`; `heard`: what binds since; `made_from`: their digests."""

    listed: pd.DataFrame
    log: pd.DataFrame
    heard: Heard
    made_from: Document


def customer_record(
    customer: str, run: Path, sources: Sources, *, on: dt.date, rules: Path | None = None, max_bytes: str = "4G"
) -> Records:
    """Return the record of one customer, by any id of his, as `vip tier explain` tells the tiers (semantics 11.1).

    Raises UsageError where no id is given, RulesError, and DataError where the run does not know the customer, or a file is not sound.
    No message holds the id.
    """
    loaded, books = rules_with_playbooks(rules)
    who = Customer.of(customer, loaded.aliases)
    read = _read(sources, on, loaded, books, size_in_bytes(max_bytes))
    known, documents = _documents([who], run, read, loaded, books, on)
    if not documents:
        raise unknown(run)
    absent = f"{sources.customers.name}: does not have this customer; are leading zeros lost? name, products and birthday are not known"
    in_file = truth(pc.is_in(texts_of([who.now]), value_set=read.customers.customer_id))[0]
    warnings = (*known.warnings(run, loaded), *read.warnings, *([] if in_file else [absent]))
    return Records(documents, warnings, names=_names(books))


def _names(books: Playbooks) -> dict[str, str]:
    """Return what people call channels, gates, results and kinds of family events, by code."""
    names = books.names | {code: one.label for code, one in books.channels.items()}
    for field_of, codes in (("result", RESULT_CODES), ("kind", FAMILY_KINDS)):
        names |= dict(zip(codes, books.customers.offered_words(field_of, codes), strict=True))
    return names


def manager_records(
    manager: str,
    run: Path,
    sources: Sources,
    out: Path,
    *,
    on: dt.date,
    rules: Path | None = None,
    replace: bool = False,
    max_bytes: str = "4G",
) -> Records:
    """Write the records of all customers of a manager as `out/MANAGER-DAY`, those of private clients as `out.private/MANAGER-DAY`.

    Who had no tier in any quarter is left out; customers whom the run does not know are counted in a warning. Raises UsageError where
    nobody has this manager, else as `customer_record`, and OutputError, LockedError.
    """
    loaded, books = rules_with_playbooks(rules)
    private = private_root(out, None)
    _refuse_places(run, sources, out)
    read = _read(sources, on, loaded, books, size_in_bytes(max_bytes))
    ids = read.customers.customer_id.filter(pc.equal(read.customers.text["manager"].cast(pa.string()), manager))
    if not len(ids):
        raise UsageError(f"--manager: no customer in {sources.customers.name} has this manager; write the name as it stands there")
    who = [Customer.of(one, loaded.aliases) for one in ids.to_pylist()]
    known, documents = _documents(who, run, read, loaded, books, on)
    strangers = len(who) - len(documents)
    documents = [one for one in documents if any(each.get("tier", ABSENT) not in _NO_TIER for each in one["quarters"])]
    notes = [f"{manifests.named(run).name}: customers of this manager whom it does not know: {strangers}"] if strangers else []
    warnings = (*known.warnings(run, loaded), *read.warnings, *notes)
    name = f"{safe_names([manager])[manager]}-{on}"
    made_from = {
        "on": str(on),
        "manager": manager,
        "run": known.run.digest,
        "records": manifests.digest({"documents": documents}),
        **read.made_from,
        "program": __version__,
    }
    head = {"on": str(on), "quarter": str(known.run.quarter), "status": "records"}
    with ExitStack() as locks:
        locks.enter_context(locked(out))
        locks.enter_context(locked(private))
        if folders.standing(out / name, made_from, replace=replace):
            there = tuple(one for one in (out / name, private / name) if one.is_dir())
            return Records(documents, warnings, there, up_to_date=True)
        files = record_files(documents, books, on)
        switch = Switch(out, private)
        written: list[Path] = []
        for root, schema, part in ((private, PRIVATE_SCHEMA, files.private), (out, SCHEMA, files.open)):
            with writing(root / name):
                if part:
                    if stands(root / name):
                        folders.standing(root / name, made_from, replace=True)  # what is no record stays where it is
                    document = {**manifests.head(schema, _SCHEMA_VERSION, made_from, **head), "warnings": list(warnings)}
                    switch.put(folders.staged(root, name, part, document), root / name, keep=True)
                    written.append(root / name)
                elif stands(root / name / manifests.MANIFEST):
                    switch.supersede(root / name)
        with writing(out / name):
            switch.commit()
    return Records(documents, warnings, tuple(reversed(written)))


def _refuse_places(run: Path, sources: Sources, out: Path) -> None:
    """Refuse a place among the runs, in one of them, or among exports."""
    place = out.resolve()
    if place.is_relative_to(run.resolve()) or holds_runs(out):
        raise OutputError(f"{out}: lies among the runs; records need a folder of their own, such as records: choose another --out")
    lists = sources.lists
    if lists is not None and place in {lists.resolve(), private_root(lists, sources.private_lists).resolve()}:
        raise OutputError(f"{out}: holds the exports; records need a folder of their own, such as records: choose another --out")


def _read(sources: Sources, on: dt.date, rules: Rules, books: Playbooks, max_bytes: int) -> _Read:
    """Return what the files say. Raises DataError with the problems of all of them."""
    channels = [code for code, one in books.channels.items() if one.contact]
    parsers: dict[Kind, tuple[Path | None, Parse]] = {
        "customers": (sources.customers, parse_customers),
        "events": (sources.events, parse_events),
        "contact_log": (sources.contact_log, lambda file, form: parse_contacts(file, form, channels)),
        "do_not_contact": (sources.do_not_contact, lambda file, form: parse_do_not_contact(file, form, channels)),
    }
    read = read_given(parsers, books.customers, max_bytes)
    aliases = rules.aliases
    found = {kind: one.value if aliases is None else renamed(one.value, aliases) for kind, one in read.items()}
    sha256 = {kind: read[kind].file.sha256 if kind in read else None for kind in parsers}
    # What falls of lists for want of a column does not concern a record.
    warnings = [line for kind, one in read.items() if kind != "customers" for line in one.warnings]
    customers = found["customers"]
    if "products_held" not in customers.given:
        warnings.append(f"{sources.customers.name}: no column products_held: which products a customer holds or lacks is not known")
    if sources.do_not_contact is None:
        warnings.append(NOT_GIVEN["do_not_contact"])
    exports = _exports(sources, on, books, aliases)
    barred = together([found.get("do_not_contact"), exports.heard.barred])
    known = Known(found.get("events"), found.get("contact_log"), barred, exports.heard.results)
    # Either of two tells of refusals: a branch has a log of its own, or keeps it with its exports.
    missing = {"do_not_contact": sources.do_not_contact, "events": sources.events, "contact_log": sources.lists or sources.contact_log}
    unknown = [name for name, path in missing.items() if path is None]
    made_from = {"files": sha256, "earlier": exports.made_from}
    return _Read(customers, known, exports.listed, exports.log, unknown, made_from, warnings)


def _exports(sources: Sources, on: dt.date, books: Playbooks, aliases: Aliases | None) -> _Exports:
    """Return the contacts that exports listed up to a day, the contact log beside them, what it binds, and the digests of both."""
    listed = pd.DataFrame(columns=[*LISTED, "export", "hidden"], dtype="str")
    log = pd.DataFrame(columns=["customer_id", "channel", "action", "export", "date", "result", "by", "obstacle", "note"], dtype="str")
    if sources.lists is None:
        return _Exports(listed, log, heard_in([], on), {})
    manifests.refuse_absent(sources.lists, "the --out of vip playbook export, such as lists")
    with reading(sources.lists.name):
        every_day = export_days(sources.lists)
    settle(sources.lists / str(on))
    roots = {"open": sources.lists, "private": private_root(sources.lists, sources.private_lists)}
    memory = read_memory(roots)
    if not every_day:  # where there were any, that is told
        raise DataError(f"{sources.lists.name}: no export lies here; name the --out of vip playbook export, such as lists")
    days = [day for day in every_day if day <= str(on)]
    exports: Document = {}
    tables = []
    for day in (one for one in days if one in memory.exports):
        manifest = manifests.manifest_of(sources.lists / day)
        exports[day] = manifest["digest"]
        for part, folder in zip(roots, folders_of(roots["open"], roots["private"], day, manifest), strict=False):
            contacts = read_table(folder, CONTACTS_FILE, LISTED).to_pandas()
            tables.append(contacts.assign(export=day, hidden=part == "private"))
    logs = {part: sound_contact_log(root, books.channels) for part, root in roots.items()}
    log = pa.concat_tables([one.logs[CONTACT_LOG].rows for one in logs.values()]).to_pandas()
    listed = pd.concat([listed, *tables], ignore_index=True)
    marks = {part: one.marks for part, one in logs.items()}
    heard = heard_by_new_ids(heard_in(logs.values(), on), aliases)
    return _Exports(by_present_ids(listed, aliases), by_present_ids(log, aliases), heard, {"exports": exports, "results": marks})


def _documents(
    who: Sequence[Customer], run: Path, read: _Read, rules: Rules, books: Playbooks, on: dt.date
) -> tuple[KnownInRun, list[Document]]:
    """Return what a run knows of customers, and the record of each whom it knows, the highest tier and average first."""
    known, told = explanations(who, run, rules)
    ids = texts_of([*told])
    at = positions_in(ids, read.customers.customer_id)
    people = _people(ids, at, read.customers, books)
    in_run = meet(known.run, read.customers)
    privacy = PrivacyRule.of(books.file.private_tiers, known.run.bounds_fen, in_run.codes)
    private = _private(in_run, privacy, ids, at, read.customers)
    bound = permissions(at, read.customers, in_run, read.known, privacy, books, on)
    may = {one: {**each, "not_given": read.unknown} for one, each in zip(told, bound, strict=True)}
    mine = read.listed["customer_id"].isin(told), read.log["customer_id"].isin(told)
    other = None if read.known.contacts is None else _of(read.known.contacts, ids)
    contacts = records(contacts_in(read.listed[mine[0]], read.log[mine[1]], other, on, books), CONTACTS)
    grave = books.gates.limits.bereavement_days.value
    ahead = records(events_ahead(at[at >= 0], read.customers, read.known.events, on, grave), AHEAD)
    documents = [
        {
            **told[one],
            "on": str(on),
            **people[one],
            "private": private[one],
            "money_on": money_on(known.rows[one], known.run, on) if one in known.rows else None,
            "may": may[one],
            "contacts": contacts.get(one, []),
            "events": ahead.get(one, []),
        }
        for one in told
    ]
    order = {code: place for place, code in enumerate(known.run.ladder.codes)}
    documents.sort(key=lambda one: (-order.get(one["tier"], -1), -int(one["fen_days"]), one["customer_id"]))
    return known, documents


def _of(contacts: Contacts, ids: pa.Array) -> Contacts:
    """Return the contacts of some customers."""
    keep = truth(pc.is_in(contacts.customer_id, value_set=ids))
    mask = pa.array(keep)
    return Contacts(
        contacts.customer_id.filter(mask),
        contacts.channel.filter(mask),
        contacts.action.filter(mask),
        contacts.day[keep],
        contacts.result[keep],
        contacts.number.filter(mask),
    )


def _people(ids: pa.Array, at: np.ndarray, customers: Customers, books: Playbooks) -> dict[str, Document]:
    """Return who customers are, by id: as lists show them, who looks after them, their rating, what they hold and lack."""
    place = pa.array(at, mask=at < 0)
    texts = {name: pc.fill_null(customers.text[name].take(place).cast(pa.string()), "").to_pylist() for name in _TEXTS}
    code = {name: np.where(at >= 0, customers.code[name][at], 0) for name in ("gender", "risk_rating")}
    names = pc.fill_null(customers.text["name"].take(place).cast(pa.string()), "")
    shown = addresses(names, code["gender"].astype(np.int8))[0].to_pylist()
    rated = iso_dates(np.where(at >= 0, customers.day["risk_rated_on"][at], np.iinfo(np.int32).min).astype(np.int32)).to_pylist()
    held = held_products(customers.text["products_held"].take(place), books.products)
    is_known = (at >= 0) & ("products_held" in customers.given)
    holds = labels_held(held, books.products, len(ids)).tolist()
    lacks = labels_lacking(held, books.taught, len(ids)).tolist()
    return {
        one: {
            "display_name": shown[row],
            **{name: values[row] or (UNASSIGNED if name != "wealth_manager" else "") for name, values in texts.items()},
            "risk_rating": CODES["risk_rating"][code["risk_rating"][row]],
            "risk_rated_on": rated[row],
            "products_held": holds[row].split("、") if holds[row] else [],
            "products_lacking": lacks[row].split("、") if is_known[row] and lacks[row] else [],
            "products_known": bool(is_known[row]),
        }
        for row, one in enumerate(ids.to_pylist())
    }


def _private(people: People, rule: PrivacyRule, ids: pa.Array, at: np.ndarray, customers: Customers) -> dict[str, bool]:
    """Return who is a private client, by id: by the rule of exports, by the run's own figures or by the customer file."""
    by_run = {*people.customer_id.filter(pa.array(private_people(people, rule))).to_pylist()}
    by_run |= {*people.left_id.filter(pa.array(np.isin(people.left_level, sorted(rule.levels)))).to_pylist()}
    in_file = private_in_file(customers, people, rule)
    by_file = np.where(at >= 0, in_file[at], False)
    return {one: one in by_run or bool(by_file[row]) for row, one in enumerate(ids.to_pylist())}
