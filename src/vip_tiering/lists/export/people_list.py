"""What lists for people say: one row for a customer and channel, with all its reasons, ranked for the manager who acts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, joined_groups, text_array
from vip_tiering.base.money import Int64s, decimal_from_fen
from vip_tiering.base.schema import LIST_FIELDS, PERSONAL_MESSAGE_FIELDS, SHEET_FIELDS
from vip_tiering.customers.cells.dates import iso_dates
from vip_tiering.customers.cells.texts import plain
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN
from vip_tiering.lists.export.household_cells import household_cells
from vip_tiering.lists.export.messages import render
from vip_tiering.lists.export.ranking import NEVER, URGENT_FIRST, greatest_urgency, with_urgency
from vip_tiering.lists.export.reasons import reasons_of
from vip_tiering.lists.export.row_context import RowContext
from vip_tiering.lists.selection.cases import Case
from vip_tiering.lists.selection.facts import PHONE_WAYS, Facts
from vip_tiering.lists.selection.gates import PASSES
from vip_tiering.playbooks.channels import Channel, Way

NO_MARKETING: Final = "仅服务，不得营销"
"""What a row says where nothing may be offered."""
GENERAL_ONLY: Final = "仅服务和一般业务，不得营销"
"""What a row in person says where only offers without risk may be talked of, since the customer consented to no way."""
_ONLY_WITHOUT_RISK: Final = "未测评或已过期，只谈无需测评的产品"
ARRANGE_BY: Final = "arrange_by"
"""The telephone by which the sheet of the day lets a visit be arranged; lists of visits hold none."""
_OF_OUTLOOK: Final = {"near_up", "near_down", "falling"}
_UP_TO: Final = "可营销，至 "
_SOONEST_FIRST: Final = ["precedence", "until", "number"]
_AMOUNTS: Final = ("previous_daily_average", "daily_average", "closing_balance", "deposit_today", "due_amount")
_TYPES: Final = {"rank": pa.int64(), **dict.fromkeys(_AMOUNTS, pa.decimal128(18, 2))}
_NO_ROWS: Final = pa.table(
    {
        name: pa.array([], _TYPES.get(name, pa.string()))
        for name in dict.fromkeys(("channel", *LIST_FIELDS, *PERSONAL_MESSAGE_FIELDS, *SHEET_FIELDS, ARRANGE_BY))
    }
)


def people_rows(verdicts: pd.DataFrame, channels: Sequence[Channel], context: RowContext) -> tuple[pa.Table, pa.Table]:
    """Return whom people contact, one row each with all reasons, and the rows that only private files may hold.

    Those are of private clients, or for private purposes. Both hold `channel`, `schema.LIST_FIELDS`, `PERSONAL_MESSAGE_FIELDS` and
    `SHEET_FIELDS`, and are sorted by branch, manager and rank.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    rows = passed[context.of_cases(lambda case: case.channel in channels, passed)]
    texts = [_with_texts(case, part, context) for case, part in context.by_case(with_urgency(rows, context))]
    if not texts:
        return _NO_ROWS, _NO_ROWS
    return context.parted(pd.concat(texts), lambda part: _ranked(part, channels, context))


def list_rows(people: pa.Table, channel: Channel) -> pa.Table:
    """Return the list of one channel from the rows for people, with the fields of the channel."""
    return people.filter(pc.equal(people["channel"], channel.code)).select(list(channel.fields))


def _with_texts(case: Case, rows: pd.DataFrame, context: RowContext) -> pd.DataFrame:
    """Return the rows of one case with what it says of each customer: `action`, `reasons`, `product`, `text`."""
    fields = context.values_of(case, rows)
    message = case.action.message if case.channel.message else None
    return rows.assign(
        number=case.number,
        action=case.action.id,
        reasons=reasons_of(case, rows, fields, context).to_pandas().array,
        product=context.products_of(case, rows).to_pandas().array,
        text=render(message.text, fields, len(rows)).to_pandas().array if message else "",
    )


def _ranked(entries: pd.DataFrame, channels: Sequence[Channel], context: RowContext) -> pa.Table:
    """Return one row per customer from all entries, sorted by branch, manager and rank."""
    if entries.empty:
        return _NO_ROWS
    of_channel = context.of_cases(lambda case: case.channel.code, entries)
    tables = [_rows(entries[of_channel == one.code], one, context) for one in channels if (of_channel == one.code).any()]
    table = pa.concat_tables(tables)
    owned = table.select(["branch", "manager", *URGENT_FIRST]).to_pandas()
    owned = owned.sort_values(["branch", "manager", *URGENT_FIRST], ascending=[True, True, *URGENT_FIRST.values()])
    rank = owned.groupby(["branch", "manager"]).cumcount() + 1
    return table.take(pa.array(owned.index)).append_column("rank", pa.array(rank)).select(_NO_ROWS.column_names)


def _rows(entries: pd.DataFrame, channel: Channel, context: RowContext) -> pa.Table:
    """Return one row per customer of a channel, with the columns of `URGENT_FIRST` besides and without a rank."""
    entries = entries.sort_values(["at", *_SOONEST_FIRST])
    urgency = greatest_urgency(entries)
    at = urgency["at"].to_numpy()
    first = entries.drop_duplicates("at")  # one person acts on a customer in a day
    columns = {**_who(at, channel, context), "manager": context.acting(first), **_what(entries, urgency, channel, context)}
    columns |= {"tier_change": _tier_change(columns), **_money(entries, at, context)}
    nothing = pc.equal(columns["may_offer"], NO_MARKETING)
    columns["lacking"] = pc.if_else(nothing, "", columns["lacking"])  # where nothing may be offered nobody reads what could be
    columns[ARRANGE_BY] = pc.if_else(pa.array(_may_call(at, channel, context)), context.phones(at), columns["phone"])
    columns["household"] = household_cells(first, context)
    return pa.table({**columns, **{name: pa.array(urgency[name]) for name in URGENT_FIRST}})


def _who(at: Int32s, channel: Channel, context: RowContext) -> dict[str, pa.Array]:
    """Return the columns that tell who is meant."""
    blank = pa.repeat("", len(at))
    return {
        "customer_id": context.people.customer_id.take(pa.array(at)),
        "branch": context.named("branch", at),
        "display_name": context.addresses_of(at)[0],
        "phone": context.phones(at) if channel.way in ("sms", "call") else blank,
        "tier_label": context.labels_of(context.people.level[at]).cast(pa.string()),
        "previous_tier_label": context.labels_of(context.people.previous_level[at]).cast(pa.string()),
        "last_contact": iso_dates(context.last_contact[context.people.profile[at]]),
        "wechat_id": context.text_of("wechat_id", at) if channel.message else blank,
        "result": blank,
        "obstacle": blank,
        "note": blank,
        "channel": plain(channel.code, len(at)).cast(pa.string()),
        "contact_by": plain(channel.label, len(at)).cast(pa.string()),
    }


def _what(entries: pd.DataFrame, urgency: pd.DataFrame, channel: Channel, context: RowContext) -> dict[str, pa.Array]:
    """Return the columns that tell what is due, by when, and what may be offered. `urgency`: of each customer, sorted like the entries."""
    at, until = urgency["at"].to_numpy(), urgency["until"]
    may, max_risk, offered = may_offer(context.people.profile[at], channel.way or "in_person", context.facts)
    reasons = joined_groups(text_array(entries["reasons"]), entries["at"], "；")
    # What waited for a place in the manager's day may be overdue.
    due_by = until.clip(lower=context.today).where(until != NEVER, context.today + context.limits.list_valid_days.value)
    day = entries["day"].where(entries["until"] != NEVER, NEVER).groupby(entries["at"]).min().replace(NEVER, NO_DAY)
    return {
        "action": joined_groups(text_array(entries["action"]), entries["at"], "|"),
        "reasons": pc.if_else(pa.array(may), reasons, pc.binary_join_element_wise(reasons, offered, "；")),
        "why": reasons,
        "product": _products(entries, at),
        "event_date": iso_dates(day.to_numpy()),
        "due_by": iso_dates(due_by.to_numpy()),
        "may_market": pc.if_else(pa.array(may), "Y", "N"),
        "max_risk": max_risk,
        "may_offer": offered,
        "text": text_array(entries.drop_duplicates("at")["text"]),
    }


def _tier_change(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return what the manager's sheet says of the tier in one cell: with the one before, where that was another."""
    now, before = columns["tier_label"], columns["previous_tier_label"]
    moved = pc.and_(pc.not_equal(before, ""), pc.not_equal(before, now))
    return pc.if_else(moved, pc.binary_join_element_wise(before, now, "→"), now)


def _money(entries: pd.DataFrame, at: Int32s, context: RowContext) -> dict[str, pa.Array]:
    """Return the customer's own figures, what falls due and by which day, and what is not held yet of what is worth teaching.

    What would bring him to the next tier is told where his standing is the reason.
    """
    people = context.people
    due = entries[context.of_cases(lambda case: case.action.trigger == "maturity", entries)].groupby("at")
    amount = due["amount_fen"].max().reindex(at, fill_value=NOT_GIVEN).to_numpy()
    moving = entries["at"][context.of_cases(lambda case: not _OF_OUTLOOK.isdisjoint(case.action.triggers), entries)]
    deposit = np.where(np.isin(at, moving), context.deposit_fen[at], NOT_GIVEN)
    return {
        "daily_average": decimal_from_fen(people.daily_average_fen[at]),
        "closing_balance": decimal_from_fen(people.closing_fen[at]),
        "previous_daily_average": _known(people.previous_average_fen[at]),
        "deposit_today": _known(deposit),
        "due_amount": _known(amount),
        "due_date": iso_dates(due["day"].min().reindex(at, fill_value=NO_DAY).to_numpy()),
        "lacking": context.lacking(at),
    }


def _known(fen: Int64s) -> pa.Array:
    """Return amounts in yuan, null for NOT_GIVEN."""
    known = fen != NOT_GIVEN
    return decimal_from_fen(np.where(known, fen, 0), known)


def _products(entries: pd.DataFrame, at: Int32s) -> pa.Array:
    """Return all products of each customer, each of them once, in their order."""
    products = entries[["at", "product"]].assign(product=entries["product"].str.split("、")).explode("product")
    named = products[products["product"] != ""].drop_duplicates()
    of_one = joined_groups(text_array(named["product"]), named["at"], "、").to_pandas()
    return text_array(of_one.set_axis(named["at"].unique()).reindex(at, fill_value=""))


def may_offer(profile: Int32s, way: Way, facts: Facts) -> tuple[Mask, pa.Array, pa.Array]:
    """Return who may be offered something in a way, the highest risk ("" for none), and what the sheet of the day says of both.

    `profile`, shape (k,): positions in the customer file. Whom a gate stops on every purpose is not left out.
    """
    may = _may_market(profile, way, facts)
    risk = _max_risk(profile, may, facts)
    said = pc.if_else(pc.equal(risk, ""), _ONLY_WITHOUT_RISK, pc.binary_join_element_wise(_UP_TO, risk, ""))
    return may, risk, pc.if_else(pa.array(may), said, _remark(profile, way, facts))


def _may_market(profile: Int32s, way: Way, facts: Facts) -> Mask:
    """Return to whom something may be offered in a way; in person consent to any way that was not refused is enough."""
    ways = [one for one in facts.consented if way in (one, "in_person")]
    consented = np.logical_or.reduce([(facts.consented[one] & ~facts.refused[one])[profile] for one in ways])
    if way in PHONE_WAYS:  # the number of somebody who must not be offered anything
        consented &= ~facts.barred_by_other(way, service=False, offer=True, bulk=False)[profile]
    result: Mask = consented & ~(facts.refused[way] | facts.bereaved | facts.complained)[profile]
    return result


def _may_call(at: Int32s, channel: Channel, context: RowContext) -> Mask:
    """Return who may be called to arrange what is done in person: who consented to calls, and whom nothing bars from them."""
    facts, profile = context.facts, context.people.profile[at]
    if channel.way != "in_person":
        return np.zeros(len(at), np.bool_)
    barred = facts.listed["call"] | facts.refused["call"] | facts.bereaved | facts.complained | ~facts.marketable
    barred |= facts.barred_by_other("call", service=False, offer=True, bulk=False)
    barred |= facts.holders > context.limits.customers_per_phone.value
    result: Mask = (facts.consented["call"] & ~barred)[profile]
    return result


def _remark(profile: Int32s, way: Way, facts: Facts) -> pa.Array:
    """Return what a row says where nothing may be offered: in person an offer without risk needs no consent."""
    silent = (facts.refused[way] | facts.bereaved | facts.complained)[profile] if way == "in_person" else np.ones(len(profile), np.bool_)
    return pc.if_else(pa.array(silent), NO_MARKETING, GENERAL_ONLY)


def _max_risk(profile: Int32s, may: Mask, facts: Facts) -> pa.Array:
    rating = np.where(may & facts.rating_valid[profile], facts.rating[profile], 0)
    return pa.array(["", "R1", "R2", "R3", "R4", "R5"], pa.string()).take(pa.array(rating))
