"""Which contacts of an export the rows of returned lists mean, and what follows from their results. Frames in, frames out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, text_array, truth
from vip_tiering.base.errors import Problem
from vip_tiering.customers.cells.texts import one_row_each
from vip_tiering.lists.selection.contact_log import BARRED, COLUMNS, CONTACT_LOG
from vip_tiering.lists.selection.facts import PHONE_WAYS, REFUSALS, WRONG_NUMBER
from vip_tiering.playbooks.channels import Channel
from vip_tiering.rules.extracts import Aliases

_CONTACT: Final = ["customer_id", "action"]
"""What tells a contact of an export from others."""
_UNLISTED: Final = "is on none of {what}; give the lists back with customer_id, action and channel as they were"
_ZEROS_LOST: Final = (
    "is on none of {what}, where its id stands with leading zeros, which were lost here as Excel does with numbers; "
    "give customer_id back as it was, in a column of the format text"
)
_NO_NUMBER: Final = "wrong_number says that a number is wrong, and this channel uses none; write no_answer"


def listed_of(parts: Sequence[pa.Table], channels: Sequence[str]) -> pd.DataFrame:
    """Return the contacts that the parts of an export name in `contacts.csv`, the open part first, on the channels that are known.

    Columns: customer_id, action, channel; `private`: it stands in the private part alone. Each customer and action once.
    """
    contacts: pd.DataFrame = pd.concat(
        [part.to_pandas().assign(private=number > 0) for number, part in enumerate(parts)], ignore_index=True
    )
    return contacts[contacts["channel"].isin(channels)].drop_duplicates(_CONTACT)


def present_ids(ids: pd.Series, aliases: Aliases | None) -> pd.Series:
    """Return the ids by which customers are known now, shape (k,) (semantics 12.1)."""
    return ids if aliases is None else pd.Series(aliases.known_as(text_array(ids)).to_pandas().array, index=ids.index)


def _as_listed(ids: pd.Series, listed: pd.Series, aliases: Aliases | None) -> pd.Series:
    """Return ids as the export has them, shape (k,): a list that comes back may name a customer by the number before or after."""
    if aliases is None:
        return ids
    known = pd.Series(listed.array, index=present_ids(listed, aliases).array)
    found = present_ids(ids, aliases).map(known[~known.index.duplicated()])
    as_it_stands = truth(pc.is_in(text_array(ids), value_set=text_array(listed)))
    return ids.where(as_it_stands | found.isna(), found)


def matched_in(
    file: str, returned: pa.Table, listed: pd.DataFrame, channels: Sequence[Channel], what: str, aliases: Aliases | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the results of one file for each contact that its rows mean, and the problems of rows that mean none.

    A row may name several customers or several actions, as it does in the list. The results have the columns of both, `returned`
    and `listed`; `channel` is that of the contact. `channels`: those known; `aliases`: who got another number.
    """
    rows = one_row_each(one_row_each(returned, "customer_id"), "action").to_pandas()
    rows["customer_id"] = _as_listed(rows["customer_id"], listed["customer_id"], aliases)
    said = rows.merge(listed, how="left", on=_CONTACT, suffixes=("_said", ""))
    wrong = said["channel"].isna() | ((said["channel_said"] != "") & (said["channel_said"] != said["channel"]))
    strays = said[wrong]
    shortened = strays.loc[_differ_by_zeros(strays["customer_id"], listed["customer_id"]), "row"]
    unlisted = strays.loc[~strays["row"].isin(shortened), "row"]
    by_phone = [one.code for one in channels if one.way in PHONE_WAYS]
    odd = said.loc[~wrong & (said["result"] == WRONG_NUMBER) & ~said["channel"].isin(by_phone), "row"]
    problems = _problems(file, unlisted, "result-unlisted", _UNLISTED.format(what=what))
    problems += _problems(file, shortened, "result-unlisted", _ZEROS_LOST.format(what=what))
    problems += _problems(file, odd, "result-channel", _NO_NUMBER)
    return said, problems


def _differ_by_zeros(ids: pd.Series, known: pd.Series) -> Mask:
    """Tell which ids are not known and would be with other leading zeros, shape (k,). By Arrow: pandas looks up texts one by one."""
    named, listed = text_array(ids), text_array(known)
    bare = pc.utf8_ltrim(named, "0")
    as_bare = truth(pc.is_in(bare, value_set=pc.utf8_ltrim(listed, "0")))
    return as_bare & ~truth(pc.is_in(named, value_set=listed)) & truth(pc.not_equal(bare, ""))


def _problems(file: str, rows: pd.Series, rule: str, message: str) -> list[Problem]:
    """Return a problem for each different row."""
    return [Problem(file, row, None, rule, message) for row in rows.unique().tolist()]


def contradicted(found: pd.DataFrame) -> int:
    """Return of how many contacts the files say different things of one day."""
    said = found.drop_duplicates([*_CONTACT, "date", "result"])
    return int((said.groupby([*_CONTACT, "date"]).size() > 1).sum())


def log_rows(found: pd.DataFrame, on: dt.date, *, private: bool) -> pa.Table:
    """Return the rows for the contact log of one part. `on`: the day of the export."""
    return _rows(found[found["private"] == private].assign(export=str(on)), CONTACT_LOG)


def barred_rows(found: pd.DataFrame, channels: Sequence[Channel], on: dt.date, *, private: bool) -> pa.Table:
    """Return the do-not-contact entries that follow from the results of one part.

    Who refused is barred from the channel, and so is the number, `mobile`, by which that was heard: it bars whoever has it, whatever
    number the customer has by then (semantics 12.2). A wrong number is barred from everything that uses it, and where it is not
    known the customer is. They hold from `on`, the day of the export: a slip of the pen in the day of a contact must not put off a
    refusal.
    """
    mine = found[found["private"] == private].assign(since=str(on))
    refused = mine[mine["result"].isin(REFUSALS)]
    refused = pd.concat([refused.assign(mobile=""), refused[refused["mobile"] != ""]])
    first_of_way = {one.way: one.code for one in reversed(channels) if one.way in PHONE_WAYS}
    by_phone = pd.DataFrame({"channel": list(first_of_way.values())}, dtype="str")
    wrong = mine[mine["result"] == WRONG_NUMBER].drop(columns="channel").merge(by_phone, how="cross")
    barred = pd.concat([refused, wrong])
    return _rows(barred.assign(customer_id=barred["customer_id"].where(barred["mobile"] == "", "")), BARRED)


def _rows(frame: pd.DataFrame, file: str) -> pa.Table:
    return pa.Table.from_pandas(frame[list(COLUMNS[file])], preserve_index=False)
