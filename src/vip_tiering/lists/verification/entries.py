"""Who stands for which action on which channel, as the files of an export say it: one frame for each kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, encoded
from vip_tiering.base.errors import Problem
from vip_tiering.customers.cells.texts import one_row_each, plain
from vip_tiering.lists.verification.read_back import CONTACTS, SUPPRESSED, ListPart, findings
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.load import Playbooks

_OF_LISTS: Final = ("phone", "product", "may_market", "max_risk", "tier_label", "previous_tier_label", "display_name", "address")
_LISTS: Final = pa.schema(
    [
        ("file", pa.dictionary(pa.int32(), pa.string())),
        ("row", pa.int32()),
        ("private", pa.bool_()),
        *((name, pa.string()) for name in ("customer_id", "action", "channel", *_OF_LISTS)),
    ]
)
_REPEATING: Final = (
    "may_market", "max_risk", "tier_label", "previous_tier_label", "product", "reason", "tier", "manager", "display_name", "address",
)  # fmt: skip
_ADDRESS: Final = "(?P<address>.{0,2}(?:先生|女士))"


@dataclass(frozen=True)
class Export:
    """Both parts of an export, and whom they name: an entry for each customer and action that a row stands for.

    `lists`, `contacts`, `suppressed`: entries of the files of one kind. Columns: `file`, its name for people; `row`, counted from 0
    below the header; `private`, of the private part; `customer`, `action`, `channel`, positions in those below, -1 for an action
    or a channel that is not known; `pair` and `place`, one number for each customer and action, and for each customer, action,
    channel and part. Columns of text besides: of `lists` those that tell of the person, null where a file has none; of `contacts`
    `product` and `manager`; of `suppressed` the `reason` and the `tier`.
    """

    parts: tuple[ListPart, ...]
    books: Playbooks
    actions: tuple[Action, ...]
    channels: tuple[str, ...]
    customers: pa.Array
    lists: pd.DataFrame
    contacts: pd.DataFrame
    suppressed: pd.DataFrame

    @property
    def main(self) -> ListPart:
        """The part that the branch may read."""
        return self.parts[0]

    @property
    def kinds(self) -> tuple[pd.DataFrame, ...]:
        """The entries of all files, by kind."""
        return self.lists, self.contacts, self.suppressed

    @property
    def public(self) -> Mask:
        """Which channels are public, as a mask that entries may index; an unknown channel is not."""
        return np.array([*(one.public for one in self.books.channels.values()), False], np.bool_)

    def of_actions(self, facts: Iterable[bool]) -> Mask:
        """Return a fact of every action as a mask that entries may index; an unknown action has none."""
        return np.array([*facts, False], np.bool_)


def export_of(parts: Sequence[ListPart], books: Playbooks) -> Export:
    """Return the parts of an export with everybody whom they name; the main part comes first."""
    actions = tuple(books.actions())
    channels = tuple(books.channels)
    lists = [_rows(part, file, code, _OF_LISTS) for part in parts for code, file in _files_of(part)]
    lists = [one_row_each(one_row_each(rows, "customer_id"), "action") for rows in lists]
    kinds = [
        pa.concat_tables([_LISTS.empty_table(), *lists], promote_options="default"),
        pa.concat_tables([_rows(part, CONTACTS, "", ("product", "manager")) for part in parts]),
        pa.concat_tables([_rows(part, SUPPRESSED, "", ("reason", "tier")) for part in parts]),
    ]
    customers = encoded(pa.chunked_array([chunk for one in kinds for chunk in one["customer_id"].chunks], pa.string()))
    ends = np.cumsum([len(one) for one in kinds])
    codes = np.split(customers.indices.to_numpy(), ends[:-1])
    entries = [_entries(rows, of_kind, [one.id for one in actions], channels) for rows, of_kind in zip(kinds, codes, strict=True)]
    return Export(tuple(parts), books, actions, channels, customers.dictionary, *entries)


def _files_of(part: ListPart) -> Iterator[tuple[str, str]]:
    """Yield each list with its channel; "" where the rows say it."""
    yield from ((code, file) for code, files in part.lists.items() for file in files)
    if part.private:  # of the open part, the lists of the channels hold the same rows
        yield from (("", file) for file in part.managers)


def _rows(part: ListPart, file: str, channel: str, more: Sequence[str]) -> pa.Table:
    """Return the rows of a file with the columns that it has of those that entries have, as text."""
    table = part.tables[file]
    names = [name for name in ("customer_id", "action", "channel", *more) if name in table.column_names]
    columns = {name: table[name].cast(pa.string()) for name in names}
    if channel:
        columns["channel"] = pa.repeat(channel, len(table))
    if "text" in table.column_names and "address" in more:
        columns["address"] = _address_in(table["text"])
    row = np.arange(len(table), dtype=np.int32)
    return pa.table({"file": plain(part.shown(file), len(table)), "row": row, "private": pa.repeat(part.private, len(table)), **columns})


def _address_in(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the first form of address of each text with two characters before it, shape (n,); "" where there is none."""
    found = [pc.struct_field(pc.extract_regex(chunk.cast(pa.string()), _ADDRESS), "address") for chunk in texts.chunks]
    return pc.fill_null(pa.chunked_array(found, pa.string()), "")


def _entries(rows: pa.Table, customer: np.ndarray, actions: Sequence[str], channels: Sequence[str]) -> pd.DataFrame:
    words = [name for name in ("action", "channel", *_REPEATING) if name in rows.column_names]
    entries: pd.DataFrame = rows.drop_columns(["customer_id"]).to_pandas(categories=words)
    entries["customer"] = customer.astype(np.int64)
    for name, known in (("action", actions), ("channel", channels)):
        entries[name] = entries[name].cat.set_categories(known).cat.codes.astype(np.int64)
    entries["pair"] = entries["customer"] * (len(actions) + 1) + entries["action"]
    entries["place"] = (entries["pair"] * (len(channels) + 1) + entries["channel"]) * 2 + entries["private"]
    return entries


def findings_in(entries: pd.DataFrame, rule: str, wrong: Mask | pd.Series, column: str) -> list[Problem]:
    """Return what was found against a rule, file by file. `wrong`: which entries break it, shape (e,)."""
    by_file = entries.loc[np.asarray(wrong), ["file", "row"]].groupby("file", observed=True)["row"]
    return [problem for file, rows in by_file for problem in findings(str(file), rule, rows.to_numpy(), column)]


def barred_tiers(books: Playbooks) -> tuple[list[str], list[str]]:
    """Return codes and labels of the tiers to which nothing goes that goes to many."""
    codes = [book.tier for book in books.file.playbooks if book.bulk == "barred"]
    return codes, [books.labels[code] for code in codes]
