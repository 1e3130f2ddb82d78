"""The hard rules that the written files of an export must keep, checked with code of their own: a second opinion on every export.

Nothing is taken from the selection, the gates or the turns; import-linter sees to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, one_array
from vip_tiering.base.errors import Problem
from vip_tiering.base.threads import threads
from vip_tiering.lists.verification.entries import Export, barred_tiers, export_of, findings_in
from vip_tiering.lists.verification.read_back import ListPart, begins_like_formula, finding, findings, read_part
from vip_tiering.lists.verification.texts import check_numbers, check_texts, check_times
from vip_tiering.playbooks.gates import GATES
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import manifests
from vip_tiering.publishing.file_names import safe_names

Owners = set[tuple[str, str]]
"""Branch and manager of rows."""
_MANIFEST: Final = manifests.MANIFEST


def check_managers(export: Export) -> Iterator[Problem]:
    """Yield files of managers that hold other rows than the lists, or rows of somebody else."""
    for part in export.parts:
        files = part.managers
        owners = {file: _owners(part.tables[file]) for file in files}
        everybody = set().union(*owners.values(), *(_owners(part.tables[file]) for file in _for_people(part, export)))
        places = _places(everybody)
        for file, found in owners.items():
            if any(places[owner] != _place_of(file) for owner in found):
                yield finding(part.shown(file), "manager-folder")
        for file in _for_people(part, export):
            channel = file.removesuffix(".csv")
            shares = [_of_channel(part.tables[one], channel, part.tables[file].column_names) for one in files]
            if not _same_rows(part.tables[file], shares):
                yield finding(part.shown(file), "manager-rows")


def _for_people(part: ListPart, export: Export) -> list[str]:
    """Return the lists that are split by manager."""
    return [file for code, files in part.lists.items() if not export.books.channels[code].public for file in files]


def _owners(table: pa.Table) -> Owners:
    """Return whose rows a table holds."""
    return set(table.select(["branch", "manager"]).to_pandas().drop_duplicates().itertuples(index=False, name=None))


def _places(owners: Owners) -> dict[tuple[str, str], str]:
    """Return the name of the folder, or file, of each branch and manager."""
    branches = safe_names({branch for branch, _ in owners})
    managers = {branch: safe_names({manager for one, manager in owners if one == branch}) for branch in branches}
    return {(branch, manager): f"{branches[branch]}/{managers[branch][manager]}" for branch, manager in owners}


def _place_of(file: str) -> str:
    """Return what a file's own name says: BRANCH/MANAGER."""
    return file.removeprefix("branches/").removesuffix(".csv")


def _of_channel(table: pa.Table, channel: str, columns: Sequence[str]) -> pa.Table:
    """Return the rows of a manager's file that belong to the list of a channel, with its columns."""
    return table.filter(pc.equal(table["channel"].cast(pa.string()), channel)).select(list(columns))


def _same_rows(listed: pa.Table, shares: list[pa.Table]) -> bool:
    """Tell whether tables together hold the rows of a list, in whatever order, cell by cell."""
    if not shares:
        return len(listed) == 0
    together = pa.concat_tables(shares)
    at = pc.index_in(one_array(together["customer_id"]), value_set=one_array(listed["customer_id"]))
    if len(together) != len(listed) or at.null_count or pc.count_distinct(at).as_py() < len(at):
        return False
    return bool(listed.take(at).combine_chunks().equals(together.combine_chunks()))


def check_written(folder: Path, private: Path | None, books: Playbooks) -> list[Problem]:
    """Return which hard rules the files of an export break; the manifests are there already.

    Without a private part, what both parts only tell together is not looked at, unless the manifest says that there is none.
    Where a file cannot be read, only that is told.
    """
    export, problems = read_export(folder, private, books)
    return problems if export is None else [*problems, *check_export(export)]


def check_private(folder: Path, books: Playbooks) -> list[Problem]:
    """Return which hard rules the files of a private part break by themselves: their cells, messages and times."""
    part, problems = read_part(folder, books, private=True)
    checks = (check_texts, check_numbers, check_times, _check_cells)
    return problems if part is None else [*problems, *(one for check in checks for one in check([part], books))]


def read_export(folder: Path, private: Path | None, books: Playbooks) -> tuple[Export | None, list[Problem]]:
    """Return an export read back from its files, None where one of them cannot be, and what was found in reading."""
    found = [read_part(folder, books, private=False)]
    if private is not None:
        found.append(read_part(private, books, private=True))
    parts = [part for part, _ in found if part is not None]
    return export_of(parts, books) if len(parts) == len(found) else None, [problem for _, of_part in found for problem in of_part]


def check_export(export: Export) -> list[Problem]:
    """Return which hard rules an export breaks, in the order of the files' rules: cells, messages, people, counts, managers."""
    of_files = (_check_cells, check_numbers, check_texts, check_times)
    of_people = (_check_actions, _check_customers, _check_contacts, _check_private, _check_offers, _check_counts, check_managers)
    checks = [*(partial(check, export.parts, export.books) for check in of_files), *(partial(check, export) for check in of_people)]
    with threads(2) as pool:
        return [problem for found in pool.map(lambda check: list(check()), checks) for problem in found]


def _check_cells(parts: Sequence[ListPart], _: Playbooks) -> Iterator[Problem]:
    """Yield cells that a spreadsheet would run."""
    for part in parts:
        for file, table in part.tables.items():
            for name in table.column_names:
                yield from findings(part.shown(file), "cell-formula", np.flatnonzero(begins_like_formula(table[name])), name.strip())


def _check_actions(export: Export) -> Iterator[Problem]:
    """Yield actions that nobody knows or counts, stand on a channel that is not theirs, and reasons that are not gates."""
    counted = export.main.manifest["actions"]
    known = export.of_actions(one.id in counted for one in export.actions)
    belongs = np.zeros((len(export.actions) + 1, len(export.channels) + 1), np.bool_)
    for number, one in enumerate(export.actions):
        own = [one.channels[0], *([one.instead.channel] if one.instead else [])]
        if any(export.books.channels[code].spoken for code in own):  # who is spoken to can be told of it, whatever the channel
            own += [code for code, channel in export.books.channels.items() if channel.spoken]
        belongs[number, [export.channels.index(code) for code in own]] = True
    for entries in export.kinds:
        action, channel = entries["action"], entries["channel"]
        yield from findings_in(entries, "action-unknown", ~known[action], "action")
        yield from findings_in(entries, "action-channel", known[action] & ~belongs[action, channel], "action")
    yield from findings_in(export.suppressed, "reason-unknown", ~export.suppressed["reason"].isin(GATES), "reason")


def _check_customers(export: Export) -> Iterator[Problem]:
    """Yield customers that stand twice: on one channel of a part, or suppressed for one action; and those exported besides."""
    named, suppressed = _named(export), export.suppressed
    again = named.index[named.duplicated(["customer", "channel", "private"])]
    yield from findings_in(export.lists, "customer-repeated", export.lists.index.isin(again), "customer_id")
    yield from findings_in(suppressed, "customer-repeated", suppressed["pair"].duplicated(), "customer_id")
    contacts = export.contacts
    several = contacts.groupby("customer")["channel"].transform("nunique") > 1
    yield from findings_in(contacts, "contacted-twice", several, "customer_id")
    yield from findings_in(suppressed, "both-ways", suppressed["pair"].isin(export.contacts["pair"]), "customer_id")


def _named(export: Export) -> pd.DataFrame:
    """Return an entry for each time that a row of a list names a customer; a row of several actions for people names him once."""
    lists = export.lists
    row = lists[["row", "customer"]].assign(file=lists["file"].cat.codes)  # the entries of a row follow one another
    return lists[(row != row.shift()).any(axis=1) | export.public[lists["channel"]]]


def _check_contacts(export: Export) -> Iterator[Problem]:
    """Yield who stands in a list and is not remembered, and who is remembered and stands in no list that was read back."""
    lists, contacts = export.lists, export.contacts
    yield from findings_in(lists, "contact-missing", ~lists["place"].isin(contacts["place"]), "customer_id")
    read = np.array([*(code in export.main.lists for code in export.channels), True], np.bool_)
    unlisted = ~contacts["place"].isin(lists["place"]) & (read[contacts["channel"]] | contacts["private"])
    yield from findings_in(contacts, "contact-unlisted", unlisted, "customer_id")


def _check_private(export: Export) -> Iterator[Problem]:
    """Yield what only the own manager may read and stands in the main part."""
    private_purpose = export.of_actions(one.strictest == "private" for one in export.actions)
    closed = _private_clients(export, private_purpose)
    for entries in export.kinds:
        yield from findings_in(entries, "private-purpose", private_purpose[entries["action"]] & ~entries["private"], "action")
        yield from findings_in(entries, "private-client", closed[entries["customer"]] & ~entries["private"], "customer_id")


def _check_offers(export: Export) -> Iterator[Problem]:
    """Yield private products that are offered to many, by the action's topics or by the product that contacts.csv tells."""
    books, contacts = export.books, export.contacts
    campaign = export.of_actions(one.campaign for one in export.actions)
    topical = export.of_actions(any(books.products[code].offer == "private" for code in one.topics or ()) for one in export.actions)
    offer = export.of_actions(one.trigger == "new_product" for one in export.actions)
    closed = [name for one in books.products.values() if one.offer == "private" for name in (one.code, one.label)]
    action = contacts["action"]
    bulk = export.public[contacts["channel"]] | campaign[action]
    private = topical[action] | (offer[action] & contacts["product"].isin(closed))
    yield from findings_in(contacts, "private-offer", bulk & private, "action")


def _private_clients(export: Export, private_purpose: Mask) -> Mask:
    """Return which customers the private part shows to be private clients, shape (number of customers,).

    Their tier says so, or they are there for an action that others do openly.
    """
    codes, labels = barred_tiers(export.books)
    lists, suppressed = export.lists, export.suppressed
    shown = [entries.loc[entries["private"] & ~private_purpose[entries["action"]], "customer"] for entries in export.kinds]
    shown.append(lists.loc[lists["private"] & (lists["tier_label"].isin(labels) | lists["previous_tier_label"].isin(labels)), "customer"])
    shown.append(suppressed.loc[suppressed["private"] & suppressed["tier"].isin(codes), "customer"])
    closed = np.zeros(len(export.customers), np.bool_)
    closed[pd.concat(shown)] = True
    return closed


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
    exported = export.contacts.drop_duplicates("pair")["action"].value_counts()
    stopped = export.suppressed.groupby("action")["reason"].value_counts()
    reasons: list[dict[str, int]] = [{} for _ in export.actions]
    for number, reason, count in stopped[stopped > 0].reset_index(name="count").itertuples(index=False):
        if reason in GATES and number >= 0:
            reasons[number][reason] = count
    return [(int(exported.get(number, 0)), stopped_by) for number, stopped_by in enumerate(reasons)]


def _check_channels(export: Export) -> Iterator[Problem]:
    """Yield channels of which the lists hold other rows than the manifest says."""
    named, main = _named(export), export.main
    for number, code in enumerate(export.channels):
        said = main.manifest["channels"].get(code)
        if said is None or code not in main.lists:
            continue
        here = named[named["channel"] == number]
        rows = sum(len(main.tables[file]) for file in main.lists[code])
        found = {"rows": rows, "private_rows": int(here["private"].sum()), "customers": len(here)}
        if any(said[key] != count for key, count in found.items()):
            yield finding(main.shown(_MANIFEST), "counts-differ", about=code)
