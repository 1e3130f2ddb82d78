"""What came of the lists, for each manager and action, and how far products are signed up. Frames in, frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from vip_tiering.lists.selection.earlier_exports import CONTACTS, SUPPRESSED, folders_of, read_table
from vip_tiering.lists.selection.facts import REFUSALS
from vip_tiering.lists.selection.memory import export_days, read_memory
from vip_tiering.lists.selection.people import People, meet
from vip_tiering.playbooks.load import rules_with_playbooks
from vip_tiering.playbooks.products import Product
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import csv_bytes
from vip_tiering.publishing.locks import locked
from vip_tiering.publishing.manifests import manifest_of
from vip_tiering.publishing.switch import Switch
from vip_tiering.tiers.run_folder import by_new_ids, read_run

OWNER: Final = ("branch", "manager", "action")
REACHED: Final = ("reached", "refused", "complaint", "interested", "meeting_set", "done", "bereavement", "delivered", "opt_out")
"""The results of contacts that took place or were delivered, whatever came of them."""
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "reached": REACHED,
    "interested": ("interested", "meeting_set", "done"),
    "refused": REFUSALS,
    "complaints": ("complaint",),
}
"""Which results each figure counts; the last result of a contact is the one that counts."""
FIGURES: Final = ("selected", "exported", "recorded", *_GROUPS, "obstacles")
RESULTS_COLUMNS: Final = (*OWNER, *FIGURES)
"""The columns of `results.csv`: customers in each figure, summed over exports."""
OBSTACLES_COLUMNS: Final = (*OWNER, "obstacle", "contacts")
COVERAGE_COLUMNS: Final = ("tier", "tier_label", *COVERAGE)
_CONTACT: Final = ["customer_id", "action"]
_NUMBER: Final = r"(?!\d{4}-\d{2}-\d{2}(?!\d))(?<!\d)\d(?:[ \-－]?\d){6,}"
"""What may be a phone number, or an id, in what somebody wrote down."""
RESULTS_FILE: Final = "results.csv"
OBSTACLES_FILE: Final = "obstacles.csv"
COVERAGE_FILE: Final = "coverage.csv"


def figures_of(contacts: pd.DataFrame, suppressed: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Return what counts for each customer of one export, exported or suppressed: its owner, and 1 or 0 for each of the figures.

    `contacts`: customer_id, action, branch, manager; `suppressed`: action, branch, manager; `log`: the rows of the contact log for
    this export, in its order.
    """
    told = log.assign(obstacles=log["obstacle"] != "").groupby(_CONTACT, as_index=False)
    said = told.agg(result=("result", "last"), obstacles=("obstacles", "any"))
    exported = contacts.drop_duplicates().merge(said, how="left", on=_CONTACT)
    counted = {name: exported["result"].isin(words) for name, words in _GROUPS.items()}
    exported = exported.assign(selected=True, exported=True, recorded=exported["result"].notna(), **counted)
    exported["obstacles"] = exported["obstacles"].eq(other=True)
    stopped = suppressed.assign(**{name: name == "selected" for name in FIGURES})
    return pd.concat([exported, stopped])[list(RESULTS_COLUMNS)]


def summed(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the sums of figures for each branch, manager and action, in this order (`RESULTS_COLUMNS`)."""
    figures = pd.concat([pd.DataFrame(columns=RESULTS_COLUMNS), *parts]).astype(dict.fromkeys(FIGURES, "int64"))
    return figures.groupby(list(OWNER), as_index=False).sum()


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
    """What came of it. `figures`: `RESULTS_COLUMNS`; `coverage`: None where nobody asked; `files`: what was written."""

    days: list[str]
    figures: pa.Table
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
        figures, obstacles = _count(roots, [day for day in days if day in memory.exports])
        tables: dict[tuple[Path, str], pa.Table] = {}
        for part, root in roots.items():
            for name, frame in ((RESULTS_FILE, summed(figures[part])), (OBSTACLES_FILE, obstacles_together(obstacles[part]))):
                with reading(f"{root.name}/{name}"):
                    if len(frame) or stands(root / name):  # what stands there from before is not true any more
                        tables[root, name] = _table(frame)
        if coverage is not None:
            tables[out, COVERAGE_FILE] = coverage
        if not dry_run:
            _write(tables, *roots.values())
    whole = _table(summed([frame for of_part in figures.values() for frame in of_part]))
    return Results(days, whole, coverage, () if dry_run else tuple(root / name for root, name in tables), tuple(warnings))


def _write(tables: Mapping[tuple[Path, str], pa.Table], *roots: Path) -> None:
    """Write tables as files of the roots, all of them or none. Raises OutputError where the disk refuses."""
    switch = Switch(*roots)
    with writing(roots[0]):
        for (root, file), table in tables.items():
            switch.write(root, file, csv_bytes({name: table[name] for name in table.column_names}, header=True))
        switch.commit()


def _count(roots: Mapping[str, Path], days: Sequence[str]) -> tuple[dict[str, list[pd.DataFrame]], dict[str, list[pd.DataFrame]]]:
    """Return the figures and the obstacles of each export, by part; the caller holds the locks."""
    manifests = {day: manifest_of(roots["open"] / day) for day in days}
    found = {part: sound_contact_log(root) for part, root in roots.items()}
    logs = {part: one.logs[CONTACT_LOG].rows.to_pandas() for part, one in found.items()}
    figures: dict[str, list[pd.DataFrame]] = {part: [] for part in roots}
    obstacles: dict[str, list[pd.DataFrame]] = {part: [] for part in roots}
    for day in days:
        for part, folder in zip(roots, folders_of(roots["open"], roots["private"], day, manifests[day]), strict=False):
            contacts = read_table(folder, CONTACTS, ("customer_id", "action", "branch", "manager")).to_pandas()
            suppressed = read_table(folder, SUPPRESSED, ("action", "branch", "manager")).to_pandas()
            log = logs[part][logs[part]["export"] == day]
            figures[part].append(figures_of(contacts, suppressed, log))
            obstacles[part].append(obstacles_of(contacts, log))
    return figures, obstacles


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
