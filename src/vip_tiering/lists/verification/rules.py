"""The hard rules that the written files of an export must keep, checked with code of their own: a second opinion on every export.

Nothing is taken from the selection, the gates or the turns; import-linter sees to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, one_array
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.base.threads import threads
from vip_tiering.lists.verification.entries import Export, all_differ, are_among, are_in, barred_tiers, export_of, places_in, repeated
from vip_tiering.lists.verification.read_back import CONTACTS, SUPPRESSED, ListPart, begins_like_formula, finding, findings, read_part
from vip_tiering.lists.verification.texts import check_numbers, check_texts, check_times
from vip_tiering.playbooks.gates import GATES
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import manifests
from vip_tiering.publishing.file_names import safe_names

Owners = set[tuple[str, str]]
"""Branch and manager of rows."""


def check_managers(export: Export) -> Iterator[Problem]:
    """Yield files of managers that hold other rows than the lists, or rows of somebody else."""
    for part in export.parts:
        files = [file for of_channel in part.managers.values() for file in of_channel]
        owners = {file: _owners(part.tables[file]) for file in files}
        everybody = set().union(*owners.values(), *(_owners(part.tables[file]) for file in _for_people(part, export)))
        places = _places(everybody)
        for file, found in owners.items():
            if any(places[owner] != _place_of(file, private=part.private) for owner in found):
                yield finding(part.shown(file), "manager-folder")
        for file in _for_people(part, export):
            channel = file.removesuffix(".csv")
            if not _same_rows(part.tables[file], [part.tables[one] for one in part.managers.get(channel, ())]):
                yield finding(part.shown(file), "manager-rows")


def _for_people(part: ListPart, export: Export) -> list[str]:
    """Return the lists that are split by manager."""
    return [file for code, files in part.lists.items() if not export.books.channels[code].public for file in files]


def _owners(table: pa.Table) -> Owners:
    """Return whose rows a table holds."""
    branch, manager = (one_array(table[name].dictionary_encode()) for name in ("branch", "manager"))
    key = branch.indices.to_numpy().astype(np.int64) * max(1, len(manager.dictionary)) + manager.indices.to_numpy()
    pairs = [divmod(one, len(manager.dictionary)) for one in np.unique(key).tolist()]
    return {(branch.dictionary[first].as_py(), manager.dictionary[second].as_py()) for first, second in pairs}


def _places(owners: Owners) -> dict[tuple[str, str], str]:
    """Return the name of the folder, or file, of each branch and manager."""
    branches = safe_names({branch for branch, _ in owners})
    managers = {branch: safe_names({manager for one, manager in owners if one == branch}) for branch in branches}
    return {(branch, manager): f"{branches[branch]}/{managers[branch][manager]}" for branch, manager in owners}


def _place_of(file: str, *, private: bool) -> str:
    """Return what a file's own name says: BRANCH/MANAGER."""
    inner = file.removeprefix("branches/")
    return inner.removesuffix(".csv") if private else inner.rpartition("/")[0]


def _same_rows(listed: pa.Table, shares: list[pa.Table]) -> bool:
    """Tell whether tables together hold the rows of a list, in whatever order, cell by cell."""
    if not shares:
        return len(listed) == 0
    together = pa.concat_tables(shares)
    at = pc.index_in(one_array(together["customer_id"]), value_set=one_array(listed["customer_id"]))
    if len(together) != len(listed) or at.null_count or repeated(at.to_numpy().astype(np.int64)).any():
        return False
    return bool(listed.take(at).combine_chunks().equals(together.combine_chunks()))


_MANIFEST: Final = manifests.MANIFEST


def check_intact(folder: Path, private: Path | None) -> list[Problem]:
    """Return what differs from the manifests of both parts: files that are absent, altered, or that nobody wrote.

    Raises DataError where a folder is none that this program published.
    """
    return [problem for one in (folder, private) if one is not None for problem in manifests.verify(one)[1]]


def check_written(folder: Path, private: Path | None, books: Playbooks) -> list[Problem]:
    """Return which hard rules the files of an export break; the manifests are there already.

    Without a private part, what both parts only tell together is not looked at, unless the manifest says that there is none.
    Where a file cannot be read, only that is told.
    """
    parts, problems = _read_parts(folder, private, books)
    return problems if parts is None else [*problems, *_check(parts, books, lambda: export_of(parts, books))]


def check_private(folder: Path, books: Playbooks) -> list[Problem]:
    """Return which hard rules the files of a private part break by themselves: their cells, messages and times."""
    part, problems = read_part(folder, books, private=True)
    return problems if part is None else [*problems, *(one for check in _OF_FILES for one in check([part], books))]


def read_export(folder: Path, private: Path | None, books: Playbooks) -> tuple[Export | None, list[Problem]]:
    """Return an export read back from its files, None where one of them cannot be, and what was found in reading."""
    parts, problems = _read_parts(folder, private, books)
    return export_of(parts, books) if parts is not None else None, problems


def _read_parts(folder: Path, private: Path | None, books: Playbooks) -> tuple[list[ListPart] | None, list[Problem]]:
    found = [read_part(folder, books, private=False)]
    if private is not None:
        found.append(read_part(private, books, private=True))
    parts = [part for part, _ in found if part is not None]
    return parts if len(parts) == len(found) else None, [problem for _, of_part in found for problem in of_part]


def check_export(export: Export) -> list[Problem]:
    """Return which hard rules an export breaks, in the order of the files' rules: cells, messages, people, counts, managers."""
    return _check(export.parts, export.books, lambda: export)


def _check(parts: Sequence[ListPart], books: Playbooks, export_of_parts: Callable[[], Export]) -> list[Problem]:
    """Return which hard rules parts break. What single files tell is judged while the customers of all are put together."""
    of_people = (_check_actions, _check_customers, _check_contacts, _check_private, _check_offers, _check_counts, check_managers)
    with threads(2) as pool:
        of_files = pool.map(lambda check: list(check(parts, books)), _OF_FILES)
        export = export_of_parts()
        then = pool.map(lambda check: list(check(export)), of_people)
        texts, numbers, times, cells = of_files
        return [problem for found in (cells, numbers, texts, times, *then) for problem in found]


def _check_cells(parts: Sequence[ListPart], _: Playbooks) -> Iterator[Problem]:
    """Yield cells that a spreadsheet would run."""
    for part in parts:
        for file, table in part.tables.items():
            for name in table.column_names:
                yield from findings(part.shown(file), "cell-formula", np.flatnonzero(begins_like_formula(table[name])), name.strip())


_OF_FILES: Final = (check_texts, check_numbers, check_times, _check_cells)
"""What single files tell. What takes longest begins first."""


def _check_actions(export: Export) -> Iterator[Problem]:
    """Yield actions that nobody knows or counts, stand on a channel that is not theirs, and reasons that are no gates."""
    counted = export.main.manifest["actions"]
    known = export.of_actions([one.id in counted for one in export.actions])
    belongs = np.zeros((len(export.actions) + 1, len(export.channels) + 1), np.bool_)
    for number, action in enumerate(export.actions):
        own = [action.channels[0], *([action.instead.channel] if action.instead else [])]
        belongs[number, [export.channels.index(code) for code in own]] = True
    for claims in (export.lists, export.contacts, export.suppressed):
        yield from claims.findings("action-unknown", ~known[claims.action], "action")
        yield from claims.findings("action-channel", known[claims.action] & ~belongs[claims.action, claims.channel], "action")
    for part in export.parts:
        wrong = ~are_in(part.tables[SUPPRESSED]["reason"], GATES)
        yield from findings(part.shown(SUPPRESSED), "reason-unknown", np.flatnonzero(wrong), "reason")


def _check_customers(export: Export) -> Iterator[Problem]:
    """Yield customers that stand twice: on one channel of a part, or suppressed for one action; and those exported besides."""
    lists, channels = export.lists, len(export.channels) + 1
    rows = _named(export)
    again = np.zeros(len(lists), np.bool_)
    again[rows] = repeated((lists.customer[rows] * np.int64(channels) + lists.channel[rows]) * 2 + lists.private[rows])
    yield from lists.findings("customer-repeated", again, "customer_id")
    suppressed, exported = export.pairs(export.suppressed), export.pairs(export.contacts)
    if all_differ(suppressed, exported):  # soon said; who it is takes longer
        return
    yield from export.suppressed.findings("customer-repeated", repeated(suppressed), "customer_id")
    yield from export.suppressed.findings("both-ways", are_among(suppressed, exported), "customer_id")


def _named(export: Export) -> Int64s:
    """Return a claim for each time that a row of a list names a customer; a row of several actions for people names him once."""
    lists = export.lists
    first = np.ones(len(lists), np.bool_)  # the claims of a row follow one another
    first[1:] = (np.diff(lists.file) != 0) | (np.diff(lists.row) != 0) | (np.diff(lists.customer) != 0)
    public = np.array([*(one.public for one in export.books.channels.values()), False], np.bool_)
    return np.flatnonzero(first | public[lists.channel])


def _check_contacts(export: Export) -> Iterator[Problem]:
    """Yield who stands in a list and is not remembered, and who is remembered and stands in no list that was read back."""
    lists, contacts = export.lists, export.contacts
    listed, remembered = export.places(lists), export.places(contacts)
    if np.array_equal(np.sort(listed), np.sort(remembered)):
        return
    yield from lists.findings("contact-missing", ~are_among(listed, remembered), "customer_id")
    read = np.array([code in export.main.lists for code in export.channels] + [True], np.bool_)
    unlisted = ~are_among(remembered, listed) & (read[contacts.channel] | contacts.private)
    yield from contacts.findings("contact-unlisted", unlisted, "customer_id")


def _check_private(export: Export) -> Iterator[Problem]:
    """Yield what only the own manager may read and stands in the main part."""
    private_purpose = export.of_actions([one.strictest == "private" for one in export.actions])
    closed = private_clients(export, private_purpose)
    for claims in (export.lists, export.contacts, export.suppressed):
        yield from claims.findings("private-purpose", private_purpose[claims.action] & ~claims.private, "action")
        yield from claims.findings("private-client", closed[claims.customer] & ~claims.private, "customer_id")


def _check_offers(export: Export) -> Iterator[Problem]:
    """Yield private products that are offered to many, by the action's topics or by the product that contacts.csv tells."""
    books = export.books
    many = np.array([*(one.public for one in books.channels.values()), False], np.bool_)
    campaign = export.of_actions([one.campaign for one in export.actions])
    topical = export.of_actions([any(books.products[code].offer == "private" for code in one.topics or ()) for one in export.actions])
    closed = [name for one in books.products.values() if one.offer == "private" for name in (one.code, one.label)]
    offer = export.of_actions([one.trigger == "new_product" for one in export.actions])
    contacts, told = export.contacts, np.concatenate([are_in(part.tables[CONTACTS]["product"], closed) for part in export.parts])
    bulk = many[contacts.channel] | campaign[contacts.action]
    yield from contacts.findings("private-offer", bulk & (topical[contacts.action] | (offer[contacts.action] & told)), "action")


def private_clients(export: Export, private_purpose: Mask) -> Mask:
    """Return which customers the private part shows to be private clients, shape (number of customers,).

    Their tier says so, or they are there for an action that others do openly.
    """
    closed = np.zeros(len(export.customers), np.bool_)
    for claims in (export.lists, export.contacts, export.suppressed):
        closed[claims.customer[claims.private & ~private_purpose[claims.action]]] = True
    codes, labels = barred_tiers(export.books)
    ids = []
    for part in export.parts:
        if part.private:
            ids.append(_ids_where(part.tables[SUPPRESSED], {"tier": codes}))
            ids += [
                _ids_where(part.tables[file], {"tier_label": labels, "previous_tier_label": labels}) for file in part.managers.get("", ())
            ]
    for one in ids:
        closed[pc.index_in(one, value_set=export.customers).to_numpy(zero_copy_only=False)] = True
    return closed


def _ids_where(table: pa.Table, words: Mapping[str, list[str]]) -> pa.Array:
    wanted = np.zeros(len(table), np.bool_)
    for name, known in words.items():
        wanted |= are_in(table[name], known)
    return one_array(table["customer_id"].filter(pa.array(wanted)))


def _check_counts(export: Export) -> Iterator[Problem]:
    """Yield the manifest's counts that the files do not bear out, and a private part that is not the one it names."""
    manifest, place = export.main.manifest, export.main.shown(_MANIFEST)
    named, private = manifest["private"], next((part for part in export.parts if part.private), None)
    if private is not None and (named is None or named["digest"] != private.manifest["digest"]):
        yield finding(private.shown(_MANIFEST), "private-part")
        return
    if not manifest["actions"].keys() <= {one.id for one in export.actions}:
        yield finding(place, "action-unknown")
    whole = private is not None or named is None
    for action, found in zip(export.actions, _counts_of(export), strict=True):
        counts = manifest["actions"].get(action.id)
        if counts is None:
            continue
        stopped = {reason: count for reason, count in counts["suppressed"].items() if count}
        adds_up = counts["selected"] == counts["exported"] + sum(stopped.values())
        if not adds_up or (whole and (counts["exported"], stopped) != found):
            yield finding(place, "counts-differ", about=action.id)
    if whole:
        yield from _check_channels(export)


def _counts_of(export: Export) -> list[tuple[int, dict[str, int]]]:
    """Return for each action how many customers were exported, and how many suppressed by reason."""
    size = len(export.actions) + 1
    once = ~repeated(export.pairs(export.contacts))
    exported = np.bincount(export.contacts.action[once], minlength=size).tolist()
    gates = pa.array(GATES, pa.string())
    reasons = np.concatenate([places_in(one_array(part.tables[SUPPRESSED]["reason"]), gates) for part in export.parts])
    key = export.suppressed.action * (len(GATES) + 1) + reasons
    stopped = np.bincount(key, minlength=size * (len(GATES) + 1)).reshape(size, -1).tolist()
    return [
        (exported[number], {gate: count for gate, count in zip(GATES, stopped[number], strict=False) if count})
        for number in range(len(export.actions))
    ]


def _check_channels(export: Export) -> Iterator[Problem]:
    """Yield channels of which the lists hold other rows than the manifest says."""
    lists, main = export.lists, export.main
    first = _named(export)
    for number, code in enumerate(export.channels):
        said = main.manifest["channels"].get(code)
        if said is None or code not in main.lists:
            continue
        here = first[lists.channel[first] == number]
        rows = sum(len(main.tables[file]) for file in main.lists[code])
        found = {"rows": rows, "private_rows": int(lists.private[here].sum()), "customers": len(here)}
        if any(said[key] != count for key, count in found.items()):
            yield finding(main.shown(_MANIFEST), "counts-differ", about=code)
