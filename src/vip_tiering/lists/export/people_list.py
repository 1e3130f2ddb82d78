"""What lists for people say: one row for a customer and channel, with all its reasons, ranked for the manager who acts on it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, joined_groups, text_array
from vip_tiering.base.schema import LIST_FIELDS, PERSONAL_MESSAGE_FIELDS
from vip_tiering.customers.dates import iso_dates
from vip_tiering.customers.types import NO_DAY
from vip_tiering.lists.export.messages import render
from vip_tiering.lists.export.ranking import NEVER, URGENT_FIRST, greatest_urgency, with_urgency
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.gates import PASSES
from vip_tiering.playbooks.channels import Channel

NO_MARKETING: Final = "仅服务,不得营销"
"""What a row says where nothing may be offered."""
GENERAL_ONLY: Final = "仅服务和一般业务,不得营销"
"""What a row in person says where only offers without risk may be talked of, since the customer consented to no way."""


def list_rows(verdicts: pd.DataFrame, channel: Channel, context: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return the rows of a channel for people, and those that only private files may hold: of private clients, or for private purposes.

    Both are sorted by branch, manager and rank.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    rows = passed[context.of_cases(lambda case: case.channel.code == channel.code, passed)]
    texts = [_with_texts(case, part, context) for case, part in context.by_case(with_urgency(rows, context))]
    if not texts:
        return _no_rows(channel), _no_rows(channel)
    return context.parted(pd.concat(texts), lambda part: _rows(part, channel, context))


def _with_texts(case: Case, rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return the rows of one case with what it says of each customer: `action`, `reasons`, `product`, `text`."""
    fields = context.fields_of(case, rows)
    message = case.action.message if case.channel.message else None
    reasons = pc.replace_substring_regex(render(case.action.listed_as or case.action.id, fields, len(rows)), " +", " ")
    return rows.assign(
        number=case.number,
        action=case.action.id,
        reasons=pc.utf8_trim(reasons, " ").to_pandas().array,  # without the blanks that an empty field leaves
        product=context.products_of(case, rows).to_pandas().array,
        text=render(message.text, fields, len(rows)).to_pandas().array if message else "",
    )


def _no_rows(channel: Channel) -> pa.Table:
    return pa.table({name: pa.array([], pa.int64() if name == "rank" else pa.string()) for name in _columns(channel)})


def _columns(channel: Channel) -> tuple[str, ...]:
    return LIST_FIELDS + (PERSONAL_MESSAGE_FIELDS if channel.message else ())


def _rows(entries: pd.DataFrame, channel: Channel, context: RowContext) -> pa.Table:
    """Return one row per customer from all entries, sorted by branch, manager and rank."""
    if entries.empty:
        return _no_rows(channel)
    entries = entries.sort_values(["at", "number"])
    urgency = greatest_urgency(entries, ["at"])
    columns = {**_who(urgency["at"].to_numpy(), channel, context), **_what(entries, urgency, channel, context)}
    owned = urgency.assign(branch=columns["branch"].to_pandas(), manager=columns["manager"].to_pandas())
    owned = owned.sort_values(["branch", "manager", *URGENT_FIRST], ascending=[True, True, *URGENT_FIRST.values()])
    rank = owned.groupby(["branch", "manager"]).cumcount() + 1
    table = pa.table(columns).take(pa.array(owned.index)).append_column("rank", pa.array(rank))
    return table.select(_columns(channel))


def _who(at: Int32s, channel: Channel, context: RowContext) -> dict[str, pa.Array]:
    """Return the columns that tell who is meant and who acts."""
    blank = pa.repeat("", len(at))
    return {
        "customer_id": context.people.customer_id.take(pa.array(at)),
        "manager": context.named("manager", at),
        "branch": context.named("branch", at),
        "display_name": context.addresses_of(at)[0],
        "phone": context.phones(at) if channel.way in ("sms", "call") else blank,
        "tier_label": context.labels_of(context.people.level[at]).cast(pa.string()),
        "previous_tier_label": context.labels_of(context.people.previous_level[at]).cast(pa.string()),
        "last_contact": iso_dates(context.last_contact[context.people.profile[at]]),
        "wechat_id": context.text_of("wechat_id", at),
        "result": blank,
        "obstacle": blank,
        "note": blank,
    }


def _what(entries: pd.DataFrame, urgency: pd.DataFrame, channel: Channel, context: RowContext) -> dict[str, pa.Array]:
    """Return the columns that tell what is due, by when, and what may be offered. `urgency`: of each customer, sorted like the entries."""
    at, until = urgency["at"].to_numpy(), urgency["until"]
    may = _may_market(at, channel, context)
    reasons = joined_groups(text_array(entries["reasons"]), entries["at"], ";")
    # What waited for a place in the manager's day may be overdue.
    due_by = until.clip(lower=context.today).where(until != NEVER, context.today + context.limits.list_valid_days.value)
    day = entries["day"].where(entries["until"] != NEVER, NEVER).groupby(entries["at"]).min().replace(NEVER, NO_DAY)
    return {
        "action": joined_groups(text_array(entries["action"]), entries["at"], "|"),
        "reasons": pc.if_else(pa.array(may), reasons, pc.binary_join_element_wise(reasons, _remark(at, channel, context), ";")),
        "product": _products(entries, at),
        "event_date": iso_dates(day.to_numpy()),
        "due_by": iso_dates(due_by.to_numpy()),
        "may_market": pc.if_else(pa.array(may), "Y", "N"),
        "max_risk": _max_risk(at, may, context),
        "text": text_array(entries.drop_duplicates("at")["text"]),
    }


def _products(entries: pd.DataFrame, at: Int32s) -> pa.Array:
    """Return all products of each customer, each of them once, in their order."""
    products = entries[["at", "product"]].assign(product=entries["product"].str.split("、")).explode("product")
    named = products[products["product"] != ""].drop_duplicates()
    of_one = joined_groups(text_array(named["product"]), named["at"], "、").to_pandas()
    return text_array(of_one.set_axis(named["at"].unique()).reindex(at, fill_value=""))


def _may_market(at: Int32s, channel: Channel, context: RowContext) -> Mask:
    """Return to whom something may be offered on this channel; in person consent to any way that was not refused is enough."""
    profile, facts, way = context.people.profile[at], context.facts, channel.way or "in_person"
    ways = [one for one in facts.consented if way in (one, "in_person")]
    consented = np.logical_or.reduce([(facts.consented[one] & ~facts.refused[one])[profile] for one in ways])
    if way in ("sms", "call"):  # the number of somebody who must not be offered anything
        consented &= ~facts.barred_by_other(way, service=False, offer=True, bulk=False)[profile]
    result: Mask = consented & ~(facts.refused[way] | facts.bereaved | facts.complained)[profile]
    return result


def _remark(at: Int32s, channel: Channel, context: RowContext) -> pa.Array:
    """Return what a row says where nothing may be offered: in person an offer without risk needs no consent."""
    profile, facts, way = context.people.profile[at], context.facts, channel.way or "in_person"
    silent = (facts.refused[way] | facts.bereaved | facts.complained)[profile] if way == "in_person" else np.ones(len(at), np.bool_)
    return pc.if_else(pa.array(silent), NO_MARKETING, GENERAL_ONLY)


def _max_risk(at: Int32s, may: Mask, context: RowContext) -> pa.Array:
    profile = context.people.profile[at]
    rating = np.where(may & context.facts.rating_valid[profile], context.facts.rating[profile], 0)
    return pa.array(["", "R1", "R2", "R3", "R4", "R5"], pa.string()).take(pa.array(rating))
