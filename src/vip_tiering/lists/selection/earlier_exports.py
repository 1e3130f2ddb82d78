"""What earlier exports under the same folders remember: whom they put on a list, when, and for which event."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, text_array
from vip_tiering.base.disk import reading, stands
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.ids import renamed
from vip_tiering.lists.selection.contact_log import CONTACT, Heard, day_numbers, heard_in, last_rows, sound_contact_log
from vip_tiering.lists.selection.facts import REFUSALS
from vip_tiering.lists.selection.history import EARLIER_CONTACTS, OVERFLOW
from vip_tiering.lists.selection.memory import Memory, Roots
from vip_tiering.publishing import manifests
from vip_tiering.publishing.manifests import manifest_of
from vip_tiering.rules.extracts import Aliases

CONTACTS: Final = "contacts.csv"
SUPPRESSED: Final = "suppressed.csv"
WAITS: Final = ("manager_quota", "one_contact_a_day")
"""The gates behind which somebody waits for a later day."""
_NO_CONTACTS: Final = pd.DataFrame({name: [] for name in EARLIER_CONTACTS}).astype(EARLIER_CONTACTS)


@dataclass(frozen=True)
class EarlierExports:
    """What is known from before a day.

    `contacts`: of earlier exports (`history.EARLIER_CONTACTS`); `digests`: those of their manifests by day; `heard`: what came of them, and
    who may not be contacted since; `marks`: how long the files with both were, for the manifest; `overflow`: who was selected
    in an unbroken row of exports and had no place in a day (`OVERFLOW`); `first_day`: the day number of the first of them,
    None where there is none.
    """

    contacts: pd.DataFrame
    digests: dict[str, str]
    heard: Heard
    marks: dict[str, dict[str, Any]]
    overflow: pd.DataFrame
    first_day: int | None = None


def read_earlier_exports(
    roots: Roots, memory: Memory, on: dt.date, channels: Collection[str], aliases: Aliases | None = None
) -> EarlierExports:
    """Return what the exports of days before `on` remember, and what came of them up to that day.

    `aliases`: who got another number, by which the days without a place of a customer are one row; see `by_new_ids` for the rest.
    Without any `roots` nothing was ever exported.

    Raises DataError where a file of one of them was altered: somebody would be contacted again.
    """
    days = sorted(day for day in memory.exports if day < str(on))
    manifests = {day: manifest_of(roots["open"] / day) for day in days}
    parts = {day: folders_of(roots["open"], roots["private"], day, manifest) for day, manifest in manifests.items()}
    tables = [_contacts_of(folder, day) for day, both in parts.items() for folder in both]
    logbooks = {part: sound_contact_log(root, channels) for part, root in roots.items()}
    heard = heard_in(logbooks.values(), on)
    return EarlierExports(
        contacts=with_results(pd.concat([_NO_CONTACTS, *tables], ignore_index=True), heard.log.to_pandas()),
        digests={day: manifest["digest"] for day, manifest in manifests.items()},
        heard=heard,
        marks={part: one.marks for part, one in logbooks.items()},
        overflow=overflow_of([(day, parts[day], manifests[day]) for day in reversed(days)], aliases),
        first_day=day_number(dt.date.fromisoformat(days[0])) if days else None,
    )


def by_new_ids(earlier: EarlierExports, aliases: Aliases | None) -> EarlierExports:
    """Return what earlier exports remember by the numbers that customers have now, whatever they had then (semantics 12.1)."""
    if aliases is None:
        return earlier
    return replace(earlier, contacts=by_present_ids(earlier.contacts, aliases), heard=heard_by_new_ids(earlier.heard, aliases))


def heard_by_new_ids(heard: Heard, aliases: Aliases | None) -> Heard:
    """Return results and entries of logbooks by the numbers that customers have now; the log stays as it is."""
    if aliases is None:
        return heard
    barred = heard.barred and renamed(heard.barred, aliases)
    return replace(heard, results=renamed(heard.results, aliases), barred=barred)


def folders_of(out: Path, private_out: Path, day: str, manifest: dict[str, Any]) -> list[Path]:
    """Return the folders of the export of a day: the main part, and the private one where there is one.

    Raises DataError where the private part is not as the main one says.
    """
    private = manifest.get("private")
    if not private:
        return [out / day]
    message = f"the private part of the export of {day} is not in {private_out.name}/{day} as it was; name its folder with --private-out"
    try:
        found = manifests.manifest_of(private_out / day)["digest"]
    except DataError:
        found = None
    if found != private["digest"]:
        raise DataError([Problem(day, None, None, "memory-lost", message)])
    return [out / day, private_out / day]


def read_table(folder: Path, name: str, columns: Sequence[str]) -> pa.Table:
    """Return a file of a part of an export as text. Raises DataError where it is not as it was written."""
    manifest = manifests.manifest_of(folder)
    listed = next((one for one in manifest["outputs"] if one["name"] == name), None)
    with reading(f"{folder.name}/{name}"):
        content = (folder / name).read_bytes() if stands(folder / name) else None
    if listed is None or content is None or manifests.sha256_of(content) != listed["sha256"]:
        message = "was altered after it was published; caps and turns cannot go by it"
        raise DataError([Problem(f"{folder.name}/{name}", None, None, "output-altered", message)])
    return csv_as_text(content, columns)


def _contacts_of(folder: Path, day: str) -> pd.DataFrame:
    """Return the contacts of one part of an export (`EARLIER_CONTACTS`)."""
    read = ("customer_id", "channel", "action", "event_date", "product", "branch")
    return remembered(read_table(folder, CONTACTS, read), day_number(dt.date.fromisoformat(day)))


def remembered(contacts: pa.Table, day: int) -> pd.DataFrame:
    """Return the contacts that an export of a day makes as later ones remember them (`EARLIER_CONTACTS`), before any result."""
    texts = ("customer_id", "channel", "action", "event_date", "product", "branch")
    frame: pd.DataFrame = pa.table({name: contacts[name].cast(pa.string()) for name in texts}).to_pandas()
    frame = frame.assign(day=day, event_day=_days(frame["event_date"]), unanswered=False, declined=False)
    return frame.astype(EARLIER_CONTACTS)[[*EARLIER_CONTACTS]]


def with_results(contacts: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Return contacts (`EARLIER_CONTACTS`) with what came of them: the day of the last result, whether nobody answered or he refused.

    `log` has the columns of a contact log of ours; a row belongs to a contact by customer, channel, action and export.
    """
    exports = contacts["day"].drop_duplicates()
    made = contacts.assign(export=contacts["day"].map({day: str(day_date(day)) for day in exports}).astype("str"))
    row = last_rows(made, log, CONTACT)
    known, said = row >= 0, log.iloc[row[row >= 0]]
    contacts = contacts.copy()
    contacts.loc[known, "day"] = np.maximum(contacts["day"][known], _days(said["date"]))
    contacts.loc[known, "unanswered"] = (said["result"] == "no_answer").to_numpy()
    contacts.loc[known, "declined"] = said["result"].isin(REFUSALS).to_numpy()
    return contacts


def overflow_of(exports: Sequence[tuple[str, Sequence[Path], dict[str, Any]]], aliases: Aliases | None = None) -> pd.DataFrame:
    """Return who had no place in a day in the newest export, and since when without a break (`OVERFLOW`).

    `exports`: day, folders and manifest of each, the newest first. One that did not look at an action (`--only`) breaks nothing,
    and neither does another number of the customer.
    """
    found = pd.DataFrame({name: [] for name in OVERFLOW}).astype(OVERFLOW).assign(unbroken=True)
    seen = set[str]()
    for day, both, manifest in exports:
        number, counted = day_number(dt.date.fromisoformat(day)), set(manifest["actions"])
        fresh, seen = counted - seen, seen | counted
        if not found["unbroken"].any() and all(set(WAITS).isdisjoint(manifest["actions"][one]["suppressed"]) for one in fresh):
            continue  # most exports are not read
        today = _overflow_in(both, aliases)
        looked_at = found["action"].isin(counted)
        found["unbroken"] &= ~looked_at | (last_rows(found, today, ("customer_id", "action")) >= 0)
        found.loc[found["unbroken"] & looked_at, "since"] = number
        begun = today[today["action"].isin(fresh)].assign(since=number, unbroken=True)
        found = pd.concat([found, begun.astype(found.dtypes)], ignore_index=True)
    return found[[*OVERFLOW]]


def _overflow_in(both: Sequence[Path], aliases: Aliases | None) -> pd.DataFrame:
    """Return customer and action of all for whom one export had no place in the day."""
    tables = [read_table(folder, SUPPRESSED, ("customer_id", "action", "reason")) for folder in both]
    rows: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    full = rows.loc[rows["reason"].isin(WAITS), ["customer_id", "action"]]
    return by_present_ids(full, aliases).drop_duplicates(ignore_index=True)


def by_present_ids(frame: pd.DataFrame, aliases: Aliases | None) -> pd.DataFrame:
    """Return a frame with the present ids of its customers."""
    if aliases is None:
        return frame
    return frame.assign(customer_id=aliases.known_as(text_array(frame["customer_id"])).to_pandas().astype("str").array)


def _days(dates: pd.Series[str]) -> Int32s:
    """Return dates such as 2016-01-05 as day numbers, shape (n,); NO_DAY where there is none."""
    return day_numbers(text_array(dates))
