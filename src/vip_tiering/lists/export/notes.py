"""What people should know of an export: warnings, and the first rows of each list; ids, names and numbers masked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import positions_in, truth
from vip_tiering.base.text import masked_id
from vip_tiering.customers.cells.texts import NO_SURNAME, NOBODY_NAMED
from vip_tiering.customers.households import households_of
from vip_tiering.customers.types import Customers
from vip_tiering.lists.export.day import DayLists
from vip_tiering.lists.export.files import LONGEST_WORKBOOK, ExportFiles
from vip_tiering.lists.export.row_context import OUR_PHONE
from vip_tiering.lists.selection.events import Window
from vip_tiering.lists.selection.memory import export_days
from vip_tiering.lists.selection.people import NOBODY
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.published.run_folder import TieredRun

_FIRST_ROWS: Final = 2
LARGE_HOUSEHOLD: Final = 10
"""A household with more customers is none, but a column that means something else."""
_SHOWN: Final = 3


def masked_phone(text: str) -> str:
    """Return a number as 138****1234."""
    return f"{text[:3]}****{text[-4:]}" if text else ""


def previews_of(lists: DayLists, labels: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return the first rows of each open list by its name, masked. Of the private lists nothing is shown but that they exist."""
    tables = {**lists.messages, **{code: pair[0] for code, pair in lists.lists.items()}}
    return {
        f"{labels.get(code, '')} {code}".strip(): [_masked_row(row) for row in table.slice(0, _FIRST_ROWS).to_pylist()]
        for code, table in tables.items()
    }


def _masked_row(row: dict[str, str]) -> dict[str, str]:
    masked = {**row, "phone": masked_phone(row["phone"]), "customer_id": "|".join(map(masked_id, row["customer_id"].split("|")))}
    if "display_name" in row:
        masked["display_name"] = row["display_name"][:1] + "*"
    elif row["name"] not in (NOBODY_NAMED, NO_SURNAME):
        masked["text"] = row["text"].replace(row["name"], row["name"][:1] + "*")
    return masked


def notes_on_run(run: TieredRun, ladder: Ladder, customers: Customers, books: Playbooks, out: Path, on: dt.date) -> Iterator[str]:
    """Yield what people should know of what an export is made from, beside what each file says."""
    if not run.compared:
        yield f"the run {run.quarter} was compared with no quarter before: who was a private client then is not known"
    if run.bounds_fen != {tier.code: tier.min_fen for tier in ladder.tiers}:
        yield f"the run {run.quarter} was tiered by other bounds than those of {books.name}: are these the rules of this bank?"
    if "status" not in customers.given and books.customers.status is not None:
        allowed = books.customers.status.not_delivered
        yield f"no status of customers is delivered, as {allowed.approved_by} allowed on {allowed.approved_on}"
    if later := [day for day in export_days(out) if day > str(on)]:
        yield f"exports of later days stand already, the first of {later[0]}: this one knows nothing of whom they contact"


def notes_on_lists(lists: DayLists, customers: Customers, window: Window, books: Playbooks, files: ExportFiles) -> Iterator[str]:
    """Yield one line for each thing that people should know of the lists."""
    people = lists.people
    tiered = people.level > 0
    unknown = np.flatnonzero((people.profile == NOBODY) & tiered)
    if len(unknown):
        count = f"{len(unknown)} of {np.count_nonzero(tiered)}"
        yield f"tiered customers that are not in the customer file: {count}, such as {_masked_ids(people.customer_id, unknown)}"
    others = np.setdiff1d(np.arange(len(customers)), people.profile)
    if len(others):
        count = f"{len(others)} of {len(customers)}"
        yield f"customers of the customer file that are not in the run: {count}, such as {_masked_ids(customers.customer_id, others)}"
    quota = books.gates.manager_quota
    named = {one.manager for one in quota.managers or ()} if quota is not None else set()
    acting = {name for field in ("manager", "wealth_manager") for name in customers.text[field].dictionary.to_pylist()}
    if strangers := named - acting:
        yield f"manager_quota names managers whom the customer file does not, so they have no quota: {len(strangers)}"
    yield from _households(customers)
    if window.guessed:
        yield "the working days after this day are not announced yet; Saturdays and Sundays are taken as the days off"
    if files.without_workbook:
        yield f"too long for a workbook (over {LONGEST_WORKBOOK} rows), CSV only: {', '.join(files.without_workbook[:_SHOWN])}"
    yield from unapproved_texts(lists, books)
    yield from _neutral_texts(lists)


def _households(customers: Customers) -> Iterator[str]:
    """Yield how many customers name a head of household who is not in the file, and that a household is too large to be one."""
    head = customers.text["household_customer_id"].cast(pa.string())
    unknown = np.count_nonzero((positions_in(head, customers.customer_id) < 0) & truth(pc.not_equal(head, "")))
    if unknown:
        yield f"customers whose household_customer_id is in no row of the customer file, so that it links nobody: {unknown}"
    largest = int(np.bincount(households_of(customers.customer_id, head)).max(initial=0))
    if largest > LARGE_HOUSEHOLD:
        yield f"the largest household has {largest} customers, of whom one is contacted in a day: is household_customer_id right?"


def _masked_ids(ids: pa.Array, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return ", ".join(masked_id(one) for one in ids.take(pa.array(at[:_SHOWN])).to_pylist())


def _neutral_texts(lists: DayLists) -> Iterator[str]:
    """Yield how many texts, private ones too, give neutral words because the rules know no telephone."""
    tables = [*lists.messages.values(), *(table for pair in lists.lists.values() for table in pair if "text" in table.column_names)]
    count = sum(pc.sum(pc.match_substring(table["text"], OUR_PHONE)).as_py() or 0 for table in tables)
    if count:
        yield f"texts that say {OUR_PHONE}, because customers.yaml has no telephone of the branch: {count}"


def unapproved_texts(lists: DayLists, books: Playbooks) -> Iterator[str]:
    """Yield the warnings about texts that went out and that nobody approved, or nobody knows when."""
    went_out = [
        (action.id, action.message)
        for book in books.file.playbooks
        for action in book.actions or ()
        if action.message is not None and (counts := lists.counts.get(action.id)) is not None and counts.exported
    ]
    samples = [name for name, message in went_out if message.is_sample]
    undated = [name for name, message in went_out if name not in samples and message.reviewed_on is None]
    if samples:
        yield f"sample texts that nobody reviewed went into lists, replace them before use: {', '.join(samples)}"
    if undated:
        yield f"texts without a day of approval went into lists, write reviewed_on: {', '.join(undated)}"
