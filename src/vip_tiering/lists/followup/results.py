"""What came of the lists, for each manager and action, and how far products are signed up. Frames in, frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, last_rows, one_array, row_keys, truth
from vip_tiering.base.errors import DataError, UsageError
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.customers.texts import split_joined
from vip_tiering.customers.types import Customers
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.request import private_root
from vip_tiering.lists.selection.contact_log import CONTACT_LOG, sound_contact_log
from vip_tiering.lists.selection.earlier_exports import CONTACTS, SUPPRESSED, export_days, folders_of, marks_in, read_table
from vip_tiering.lists.selection.facts import REFUSALS
from vip_tiering.lists.selection.people import People, meet
from vip_tiering.playbooks.load import rules_with_playbooks
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.csv_files import csv_bytes
from vip_tiering.publishing.manifests import manifest_of
from vip_tiering.tiers.run_folder import read_run

OWNER: Final = ("branch", "manager", "action")
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "reached": ("reached", "refused", "complaint", "interested", "meeting_set", "done", "bereavement", "delivered", "opt_out"),
    "interested": ("interested", "meeting_set", "done"),
    "refused": REFUSALS,
    "complaints": ("complaint",),
}
"""Which results each figure counts; the last result of a contact is the one that counts."""
FIGURES: Final = ("selected", "exported", "recorded", *_GROUPS, "obstacles")
RESULTS_COLUMNS: Final = (*OWNER, *FIGURES)
"""The columns of `results.csv`: customers in each figure, summed over exports."""
OBSTACLES_COLUMNS: Final = (*OWNER, "obstacle", "contacts")
COVERAGE_COLUMNS: Final = ("tier", "tier_label", "product", "customers", "holders", "share_percent")
ANY_PRODUCT: Final = "any"
_PAIR: Final = ("customer_id", "action")


def figures_of(contacts: pa.Table, suppressed: pa.Table, log: pa.Table) -> pa.Table:
    """Return the figures of one export for each branch, manager and action (`RESULTS_COLUMNS`), unsorted.

    `contacts`: customer_id, action, branch, manager; `suppressed`: action, branch, manager; `log`: the rows of the contact log for
    this export, in its order.
    """
    listed = contacts.group_by([*_PAIR, "branch", "manager"]).aggregate([])
    result = one_array(log["result"].take(last_rows(_keys(listed), _keys(log))))
    obstacle = _any_obstacle(listed, log)
    counted = {
        "selected": np.ones(len(listed), np.bool_),
        "exported": np.ones(len(listed), np.bool_),
        "recorded": truth(pc.is_valid(result)),
        **{name: truth(pc.is_in(result, value_set=pa.array(words))) for name, words in _GROUPS.items()},
        "obstacles": obstacle,
    }
    exported = pa.table(
        {**{name: listed[name] for name in OWNER}, **{name: pa.array(mask.astype(np.int64)) for name, mask in counted.items()}}
    )
    stopped = {name: pa.array(np.full(len(suppressed), int(name == "selected"), np.int64)) for name in FIGURES}
    return summed([exported, pa.table({**{name: suppressed[name] for name in OWNER}, **stopped})])


def summed(parts: Sequence[pa.Table]) -> pa.Table:
    """Return the sums of figures for each branch, manager and action, in this order."""
    sums = pa.concat_tables([_EMPTY, *parts]).group_by(list(OWNER)).aggregate([(name, "sum") for name in FIGURES])
    return sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names]).select(list(RESULTS_COLUMNS)).sort_by(_IN_ORDER)


_IN_ORDER: Final = [(name, "ascending") for name in OWNER]
_EMPTY: Final = pa.table({**{name: pa.array([], pa.string()) for name in OWNER}, **{name: pa.array([], pa.int64()) for name in FIGURES}})


def _keys(table: pa.Table) -> pa.Array:
    return row_keys(*(table[name] for name in _PAIR))


def _any_obstacle(listed: pa.Table, log: pa.Table) -> Mask:
    told = log.filter(pc.not_equal(log["obstacle"], ""))
    return truth(pc.is_in(_keys(listed), value_set=_keys(told)))


def obstacles_of(contacts: pa.Table, log: pa.Table) -> pa.Table:
    """Return how many contacts of one export met each obstacle, by branch, manager and action (`OBSTACLES_COLUMNS`), unsorted."""
    told = log.filter(pc.not_equal(log["obstacle"], "")).group_by([*_PAIR, "obstacle"]).aggregate([])
    listed = contacts.group_by([*_PAIR, "branch", "manager"]).aggregate([])
    at = pc.index_in(_keys(told), value_set=_keys(listed))
    columns = {name: listed[name].take(at) for name in OWNER}
    return pa.table({**columns, "obstacle": told["obstacle"], "contacts": pa.array(np.ones(len(told), np.int64))})


def obstacles_together(parts: Sequence[pa.Table]) -> pa.Table:
    """Return the obstacles of all exports, the most frequent of each branch, manager and action first."""
    empty = pa.table({**{name: pa.array([], pa.string()) for name in (*OWNER, "obstacle")}, "contacts": pa.array([], pa.int64())})
    sums = pa.concat_tables([empty, *parts]).group_by([*OWNER, "obstacle"]).aggregate([("contacts", "sum")])
    named = sums.rename_columns([name.removesuffix("_sum") for name in sums.column_names]).select(list(OBSTACLES_COLUMNS))
    return named.sort_by([*_IN_ORDER, ("contacts", "descending"), ("obstacle", "ascending")])


def coverage_of(customers: Customers, people: People, labels: Mapping[str, str]) -> pa.Table:
    """Return how many customers of each tier hold each product, and any at all (`COVERAGE_COLUMNS`).

    方案 第1条: 产品签约覆盖度. `people`: the customers of a run, of whom those in the customer file count; products are joined by |.
    The share is rounded down to a tenth of a percent.
    """
    known = np.flatnonzero(people.profile >= 0)
    level = people.level[known].astype(np.int64)
    held = customers.text["products_held"].take(pa.array(people.profile[known])).cast(pa.string())
    names, row = split_joined(held)
    names = pc.utf8_trim_whitespace(names)
    given = truth(pc.not_equal(names, ""))
    coded = names.filter(pa.array(given)).dictionary_encode()
    pairs = np.unique(np.stack([row[given], coded.indices.to_numpy().astype(np.int64)]), axis=1)
    order = pc.sort_indices(coded.dictionary).to_numpy()
    holders = np.zeros((len(people.codes), len(coded.dictionary) + 1), np.int64)
    np.add.at(holders, (level[pairs[0]], pairs[1] + 1), 1)
    np.add.at(holders, (level[np.unique(pairs[0])], 0), 1)
    holders = holders[:, [0, *(order + 1).tolist()]]
    products = [ANY_PRODUCT, *coded.dictionary.take(pa.array(order)).to_pylist()]
    sizes = np.bincount(level, minlength=len(people.codes))
    tiers = [number for number in range(1, len(people.codes)) if sizes[number]]
    all_customers, all_holders = np.repeat(sizes[tiers], len(products)), holders[tiers].reshape(-1)
    tenths = 1000 * all_holders // np.maximum(all_customers, 1)
    columns: dict[str, Any] = {
        "tier": [people.codes[number] for number in tiers for _ in products],
        "tier_label": [labels[people.codes[number]] for number in tiers for _ in products],
        "product": products * len(tiers),
        "customers": all_customers,
        "holders": all_holders,
        "share_percent": [f"{one // 10}.{one % 10}" for one in tenths.tolist()],
    }
    return pa.table(columns).select(list(COVERAGE_COLUMNS))


RESULTS_FILE: Final = "results.csv"
OBSTACLES_FILE: Final = "obstacles.csv"
COVERAGE_FILE: Final = "coverage.csv"


@dataclass(frozen=True)
class ResultsOrder:
    """What `vip playbook results` was asked to do. `since`, `until`: days of exports."""

    out: Path
    since: dt.date = dt.date.min
    until: dt.date = dt.date.max
    run: Path | None = None
    customers: Path | None = None
    private_out: Path | None = None
    rules: Path | None = None
    dry_run: bool = False
    max_bytes: str = "4G"

    @property
    def private_root(self) -> Path:
        """The folder of the private parts."""
        return private_root(self.out, self.private_out)


@dataclass(frozen=True)
class Results:
    """What came of it. `figures`: `feedback.RESULTS_COLUMNS`; `coverage`: None where nobody asked; `files`: what was written."""

    days: list[str]
    figures: pa.Table
    coverage: pa.Table | None
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def playbook_results(order: ResultsOrder) -> Results:
    """Count what came of the exports under a folder, and write it beside them; what came of private clients to the private part."""
    if (order.run is None) != (order.customers is None):
        raise UsageError("--run and --customers belong together: by both the products that each tier holds are counted")
    manifests.refuse_absent(order.out, "the --out of vip playbook export, such as lists")
    days = [day for day in export_days(order.out) if str(order.since) <= day <= str(order.until)]
    if not days:
        raise DataError(f"{order.out.name}: no export of these days lies here; name the --out of vip playbook export, such as lists")
    coverage, warnings = _coverage(order, order.run, order.customers) if order.run and order.customers else (None, [])
    with folders.locked(order.out), folders.locked(order.private_root):
        return _results(order, days, coverage, warnings)


def _results(order: ResultsOrder, days: list[str], coverage: pa.Table | None, warnings: list[str]) -> Results:
    """Count and write; the caller holds the locks."""
    roots = {"open": order.out, "private": order.private_root}
    manifests = {day: manifest_of(order.out / day) for day in export_days(order.out)}
    logbooks = {part: sound_contact_log(root, marks_in(manifests.values(), part)) for part, root in roots.items()}
    logs = {part: one.logs[CONTACT_LOG].rows for part, one in logbooks.items()}
    figures: dict[str, list[pa.Table]] = {part: [] for part in roots}
    obstacles: dict[str, list[pa.Table]] = {part: [] for part in roots}
    for day in days:
        parts = folders_of(order.out, order.private_root, day, manifests[day])
        for part, folder in zip(roots, parts, strict=False):
            contacts = read_table(folder, CONTACTS, ("customer_id", "action", "branch", "manager"))
            suppressed = read_table(folder, SUPPRESSED, ("action", "branch", "manager"))
            log = logs[part].filter(pc.equal(logs[part]["export"], day))
            figures[part].append(figures_of(contacts, suppressed, log))
            obstacles[part].append(obstacles_of(contacts, log))
    tables: dict[Path, pa.Table] = {}
    for part, root in roots.items():
        for name, table in ((RESULTS_FILE, summed(figures[part])), (OBSTACLES_FILE, obstacles_together(obstacles[part]))):
            if len(table) or (root / name).exists():  # what stands there from before is not true any more
                tables[root / name] = table
    if coverage is not None:
        tables[order.out / COVERAGE_FILE] = coverage
    if not order.dry_run:
        for path, table in tables.items():
            folders.replace_file(path, csv_bytes({name: table[name] for name in table.column_names}, header=True))
    whole = summed([table for of_part in figures.values() for table in of_part])
    return Results(days, whole, coverage, () if order.dry_run else tuple(tables), tuple(warnings))


def _coverage(order: ResultsOrder, run_folder: Path, customer_file: Path) -> tuple[pa.Table | None, list[str]]:
    """Return how far products are signed up in each tier; None, and a warning, where the customer file does not say."""
    _, books = rules_with_playbooks(order.rules)
    run = read_run(run_folder)
    customers, warnings = parse_customers(read_side_file(customer_file, size_in_bytes(order.max_bytes)), books.customers)
    if "products_held" not in customers.given:
        return None, [*warnings, "no column products_held in the customer file: the coverage of products is not known"]
    return coverage_of(customers, meet(run.tiers, run.changes, customers, run.labels, compared=run.compared), run.labels), warnings
