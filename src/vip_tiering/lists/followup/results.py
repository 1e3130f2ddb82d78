"""What came of the lists, for each manager and action, and how far products are signed up. Frames in, frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.disk import reading, stands, writing
from vip_tiering.base.errors import DataError, UsageError
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.ids import renamed
from vip_tiering.customers.products import COVERAGE, coverage_by, held_products
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.customers.types import Customers
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import private_root
from vip_tiering.lists.selection.contact_log import CONTACT_LOG, sound_contact_log
from vip_tiering.lists.selection.earlier_exports import CONTACTS, SUPPRESSED, by_present_ids, folders_of, read_table
from vip_tiering.lists.selection.facts import REFUSALS
from vip_tiering.lists.selection.memory import export_days, read_memory
from vip_tiering.lists.selection.people import People, meet
from vip_tiering.playbooks.load import load, rules_with_playbooks
from vip_tiering.playbooks.products import Product
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import csv_bytes
from vip_tiering.publishing.locks import locked
from vip_tiering.publishing.manifests import manifest_of
from vip_tiering.publishing.switch import Switch
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import by_new_ids, read_run

OWNER: Final = ("branch", "manager", "action")
REACHED: Final = ("reached", "refused", "complaint", "interested", "meeting_set", "done", "bereavement", "delivered", "opt_out")
"""The results of contacts that took place or were delivered, whatever came of them."""
_DELIVERED: Final = "delivered"
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "interested": ("interested", "meeting_set", "done"),
    "refused": REFUSALS,
    "complaints": ("complaint",),
}
"""Which results each figure counts; the last result of a contact is the one that counts."""
OUTCOMES: Final = ("recorded", "reached", *_GROUPS, "obstacles", "delivered")
"""`reached`: somebody was spoken to; `delivered`: a message came to a phone, and nobody was. A contact counts in one of them at most."""
FIGURES: Final = ("selected", "exported", "customers", *OUTCOMES)
RESULTS_COLUMNS: Final = (*OWNER, *FIGURES)
"""The columns of `results.csv`, by action: customers, once in each export; but `customers` counts each of them once in all."""
MANAGER: Final = ("branch", "manager")
CONTACT_FIGURES: Final = ("customers", "contacts", "actions", *OUTCOMES)
CONTACTS_COLUMNS: Final = (*MANAGER, "channel", *CONTACT_FIGURES)
"""The columns of `results_by_manager.csv`: different customers, their contacts, and how many actions these were for; the outcomes
count contacts. One contact is one customer, day and channel: a conversation about three things is one, and three actions."""
OBSTACLES_COLUMNS: Final = (*OWNER, "obstacle", "contacts")
COVERAGE_COLUMNS: Final = ("tier", "tier_label", *COVERAGE)
_CONTACT: Final = ["customer_id", "action"]
_NUMBER: Final = r"(?!\d{4}-\d{2}-\d{2}(?!\d))(?<!\d)\d(?:[ \-－]?\d){6,}"
"""What may be a phone number, or an id, in what somebody wrote down."""
RESULTS_FILE: Final = "results.csv"
CONTACTS_FILE: Final = "results_by_manager.csv"
OBSTACLES_FILE: Final = "obstacles.csv"
COVERAGE_FILE: Final = "coverage.csv"


def told_of(day: str, contacts: pd.DataFrame, log: pd.DataFrame, sent: Collection[str]) -> pd.DataFrame:
    """Return a row for each customer and action that an export put on a list, with its day, and truth values for `OUTCOMES`.

    `contacts`: customer_id, channel, and the columns of `OWNER`; `log`: the rows of the contact log for this export, in its order;
    `sent`: the codes of channels that go to many, by which nobody is spoken to, not even who answers that he wants no more.
    """
    noted = log.assign(obstacles=log["obstacle"] != "").groupby(_CONTACT, as_index=False)
    said = noted.agg(result=("result", "last"), obstacles=("obstacles", "any"))
    told = contacts.drop_duplicates().merge(said, how="left", on=_CONTACT)
    counted = {name: told["result"].isin(words) for name, words in _GROUPS.items()}
    came = told["result"].isin(REACHED)
    silent = told["channel"].isin(sent) | (told["result"] == _DELIVERED)
    told = told.assign(day=day, recorded=told["result"].notna(), reached=came & ~silent, delivered=came & silent, **counted)
    return told.assign(obstacles=told["obstacles"].eq(other=True)).drop(columns="result")


def summed(told: Sequence[pd.DataFrame], stopped: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the figures of each branch, manager and action, in this order (`RESULTS_COLUMNS`).

    `told`: of each export (`told_of`); `stopped`: branch, manager and action of whom each export suppressed.
    """
    rows, others = _together(told), pd.concat([pd.DataFrame(columns=[*OWNER]), *stopped])
    by_owner = rows.groupby([*OWNER])
    figures = by_owner[[*OUTCOMES]].sum().assign(exported=by_owner.size(), customers=by_owner["customer_id"].nunique())
    figures = figures.join(others.groupby([*OWNER]).size().rename("stopped"), how="outer").fillna(0).astype("int64")
    return figures.assign(selected=figures["exported"] + figures["stopped"]).reset_index().sort_values([*OWNER])[[*RESULTS_COLUMNS]]


def contacts_by(told: Sequence[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """Return the contacts of each branch, manager or channel, whatever they were for: `by`, and `CONTACT_FIGURES`.

    A contact has an outcome where one of the actions that it was for has it.
    """
    rows = _together(told)
    one = [*MANAGER, "channel", "day", "customer_id"]
    contacts = rows.groupby(one, as_index=False)[[*OUTCOMES]].any().merge(rows.groupby(one, as_index=False).agg(actions=("action", "size")))
    groups = contacts.assign(contacts=1, all="").groupby([*by] or ["all"])
    figures = groups[["contacts", "actions", *OUTCOMES]].sum().assign(customers=groups["customer_id"].nunique())
    return figures.astype("int64").reset_index()[[*by, *CONTACT_FIGURES]]


def _together(told: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return what exports told as one frame."""
    none = pd.DataFrame({name: pd.Series(dtype="str") for name in ("customer_id", "channel", *OWNER, "day")})
    rows = pd.concat([none.assign(**dict.fromkeys(OUTCOMES, pd.Series(dtype="bool"))), *told], ignore_index=True)
    return rows.astype(dict.fromkeys(OUTCOMES, "bool"))


def obstacles_of(contacts: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each contact of one export and obstacle that it met: branch, manager, action, obstacle; long numbers are hidden."""
    told = log.loc[log["obstacle"] != "", [*_CONTACT, "obstacle"]].drop_duplicates()
    told["obstacle"] = told["obstacle"].str.replace(_NUMBER, "***", regex=True)
    return told.merge(contacts.drop_duplicates(_CONTACT), on=_CONTACT)[[*OWNER, "obstacle"]]


def obstacles_together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the obstacles of all exports (`OBSTACLES_COLUMNS`), the most frequent of each branch, manager and action first."""
    met = pd.concat([pd.DataFrame(columns=[*OWNER, "obstacle"]), *parts])
    counted = met.groupby([*OWNER, "obstacle"]).size().reset_index(name="contacts")
    return counted.sort_values([*OWNER, "contacts", "obstacle"], ascending=[True] * len(OWNER) + [False, True])


def coverage_of(customers: Customers, people: People, labels: Mapping[str, str], products: Mapping[str, Product]) -> pd.DataFrame:
    """Return how many customers of each tier hold each product, and any at all (`COVERAGE_COLUMNS`).

    方案 第1条: 产品签约覆盖度. `people`: the customers of a run, of whom those in the customer file count; products are joined by |.
    The share is rounded down to a tenth of a percent.
    """
    known = people.profile >= 0
    held = held_products(customers.text["products_held"].take(pa.array(people.profile[known])), products)
    everybody = pd.DataFrame({"at": np.arange(int(known.sum())), "level": people.level[known]}).sort_values("level", kind="stable")
    tiered = everybody[everybody["level"] > 0]  # the first level is that of customers without a tier
    found = coverage_by(tiered, held, ["level"], sorted(held["product"].unique()))
    codes = [people.codes[level] for level in found["level"]]
    return found.assign(tier=codes, tier_label=[labels[code] for code in codes])[list(COVERAGE_COLUMNS)]


@dataclass(frozen=True)
class Results:
    """What came of it, as tables.

    `figures`: `RESULTS_COLUMNS`; `contacts`: `CONTACTS_COLUMNS`; `managers`: the same over all channels, with the sum of all behind;
    `coverage`: None where nobody asked; `files`: what was written.
    """

    days: list[str]
    figures: pa.Table
    contacts: pa.Table
    managers: pa.Table
    coverage: pa.Table | None
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def playbook_results(  # noqa: PLR0913 (the options of the command)
    out: Path,
    *,
    since: dt.date = dt.date.min,
    until: dt.date = dt.date.max,
    run: Path | None = None,
    customers: Path | None = None,
    private_out: Path | None = None,
    rules: Path | None = None,
    dry_run: bool = False,
    max_bytes: str = "4G",
) -> Results:
    """Count what came of the exports under a folder, and write it beside them; what came of private clients to the private part.

    `since`, `until`: days of exports.
    """
    if (run is None) != (customers is None):
        raise UsageError("--run and --customers belong together: by both the products that each tier holds are counted")
    manifests.refuse_absent(out, "the --out of vip playbook export, such as lists")
    with reading(out.name):
        days = [day for day in export_days(out) if str(since) <= day <= str(until)]
    if not days:
        read_memory({"open": out, "private": private_root(out, private_out)})  # where there were any, that is told
        raise DataError(f"{out.name}: no export of these days lies here; name the --out of vip playbook export, such as lists")
    coverage, warnings = _coverage(run, customers, rules, max_bytes) if run and customers else (None, [])
    roots = {"open": out, "private": private_root(out, private_out)}
    with locked(roots["open"]), locked(roots["private"]):
        memory = read_memory(roots)
        loaded = load(rules)
        channels = loaded.playbooks.channels if loaded.playbooks is not None else {}
        sent = [code for code, channel in channels.items() if channel.public]
        parts = _count(roots, [day for day in days if day in memory.exports], loaded.rules.aliases, sent)
        tables: dict[tuple[Path, str], pa.Table] = {}
        for part, root in roots.items():
            one = parts[part]
            frames = {
                RESULTS_FILE: summed(one.told, one.stopped),
                CONTACTS_FILE: contacts_by(one.told, (*MANAGER, "channel")),
                OBSTACLES_FILE: obstacles_together(one.obstacles),
            }
            for name, frame in frames.items():
                with reading(f"{root.name}/{name}"):
                    if len(frame) or stands(root / name):  # what stands there from before is not true any more
                        tables[root, name] = _table(frame)
        if coverage is not None:
            tables[out, COVERAGE_FILE] = coverage
        if not dry_run:
            _write(tables, *roots.values())
    told = [frame for one in parts.values() for frame in one.told]
    by_manager = pd.concat([contacts_by(told, MANAGER), contacts_by(told, ())])
    return Results(
        days,
        figures=_table(summed(told, [frame for one in parts.values() for frame in one.stopped])),
        contacts=_table(contacts_by(told, (*MANAGER, "channel"))),
        managers=_table(by_manager.fillna("")),
        coverage=coverage,
        files=() if dry_run else tuple(root / name for root, name in tables),
        warnings=tuple(warnings),
    )


def _write(tables: Mapping[tuple[Path, str], pa.Table], *roots: Path) -> None:
    """Write tables as files of the roots, all of them or none. Raises OutputError where the disk refuses."""
    switch = Switch(*roots)
    with writing(roots[0]):
        for (root, file), table in tables.items():
            switch.write(root, file, csv_bytes({name: table[name] for name in table.column_names}, header=True))
        switch.commit()


@dataclass(frozen=True)
class _Part:
    """What one part of all exports tells, a frame for each: see `told_of`, `summed` and `obstacles_of`."""

    told: list[pd.DataFrame] = field(default_factory=list)
    stopped: list[pd.DataFrame] = field(default_factory=list)
    obstacles: list[pd.DataFrame] = field(default_factory=list)


def _count(roots: Mapping[str, Path], days: Sequence[str], aliases: Aliases | None, sent: Collection[str]) -> dict[str, _Part]:
    """Return what each part of the exports tells, a customer by his present number (semantics 12.1); the caller holds the locks."""
    manifests = {day: manifest_of(roots["open"] / day) for day in days}
    logs = {part: sound_contact_log(root).logs[CONTACT_LOG].rows.to_pandas() for part, root in roots.items()}
    parts = {part: _Part() for part in roots}
    for day in days:
        for part, folder in zip(roots, folders_of(roots["open"], roots["private"], day, manifests[day]), strict=False):
            contacts = read_table(folder, CONTACTS, ("customer_id", "channel", *OWNER)).to_pandas()
            log = logs[part][logs[part]["export"] == day]
            parts[part].told.append(by_present_ids(told_of(day, contacts, log, sent), aliases))
            parts[part].stopped.append(read_table(folder, SUPPRESSED, OWNER).to_pandas())
            parts[part].obstacles.append(obstacles_of(contacts, log))
    return parts


def _table(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _coverage(run_folder: Path, customer_file: Path, rules: Path | None, max_bytes: str) -> tuple[pa.Table | None, list[str]]:
    """Return how far products are signed up in each tier; None, and a warning, where the customer file does not say."""
    loaded, books = rules_with_playbooks(rules)
    run = by_new_ids(read_run(run_folder), loaded.aliases)
    form = books.customers.of_file("customers")
    customers, warnings = parse_customers(read_side_file(customer_file, size_in_bytes(max_bytes), form=form.form_of("customers")), form)
    if "products_held" not in customers.given:
        return None, [*warnings, "no column products_held in the customer file: the coverage of products is not known"]
    if loaded.aliases is not None:
        customers = renamed(customers, loaded.aliases)
    people = meet(run, customers)
    return _table(coverage_of(customers, people, run.labels, books.products)), warnings
