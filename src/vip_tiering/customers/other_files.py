"""Events, contacts and do-not-contact entries: columns of text in, typed records and warnings out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.cells.phones import OTHER, PHONE_KINDS, read_phones
from vip_tiering.customers.columns import FoundColumns, find_columns
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.types import NO_PHONE, Contacts, DoNotContact, Events
from vip_tiering.extracts.headers import listed
from vip_tiering.playbooks.customers.customers_file import (
    ALL_CHANNELS,
    CONTACT_FIELDS,
    DO_NOT_CONTACT_FIELDS,
    EVENT_FIELDS,
    EVENTS,
    FAMILY_KINDS,
    CustomerRules,
)


def parse_events(file: SideFile, rules: CustomerRules) -> tuple[Events, list[str]]:
    """Return the events of a file, in its order, and warnings. `kind` and `product` are clean text; amounts are in fen.

    Raises DataError for an event, or a kind of a family event, that is not known, and for ids, days and amounts that are none.
    """
    fields, warnings = _fields(file, rules, EVENT_FIELDS, ("customer_id", "event", "date"))
    event = fields.codes("event", EVENTS, needed=True)
    events = Events(
        customer_id=fields.ids("customer_id"),
        event=event,
        kind=_kinds(fields, event == EVENTS.index("family_event")),
        day=fields.days("date", needed=True),
        product=fields.text("product"),
        amount_fen=fields.amounts("amount"),
    )
    fields.refuse()
    return events, warnings


def parse_contacts(file: SideFile, rules: CustomerRules, channels: Collection[str]) -> tuple[Contacts, list[str]]:
    """Return the contacts of a log, in its order, and warnings. `channels`: the codes that a channel may be.

    Of several numbers in a cell the first counts.

    Raises DataError for a channel or a result that is not known, and for ids and days that are none.
    """
    fields, warnings = _fields(file, rules, CONTACT_FIELDS, ("customer_id", "channel", "date"))
    phones = read_phones(fields.columns.texts("mobile"))
    contacts = Contacts(
        customer_id=fields.ids("customer_id"),
        channel=fields.words("channel", sorted(channels), needed=True),
        action=fields.text("action"),
        day=fields.days("date", needed=True),
        result=fields.codes("result", RESULTS),
        number=pc.fill_null(phones.numbers.take(pa.array(phones.first, mask=phones.first < 0)), ""),
    )
    fields.refuse()
    if bad := int(np.count_nonzero((phones.first < 0) & (phones.kind > OTHER))):
        warnings.append(f"{file.name}: {bad} numbers cannot be read; those that the customer file holds are taken for them")
    return contacts, warnings


def parse_do_not_contact(file: SideFile, rules: CustomerRules, channels: Collection[str]) -> tuple[DoNotContact, list[str]]:
    """Return the entries of a do-not-contact list, in its order, and warnings. An empty channel is `all` of them.

    A row with a customer and numbers becomes an entry for each, so that each of them is barred. Numbers of other phones bar
    nothing, and a warning counts them. Raises DataError for a row that names neither a customer nor a number that can be read, which
    would bar nobody in silence (semantics 12.4); a channel that is not known, ids and days that are none; and where customers or
    numbers have no column and nobody knows what is in another.
    """
    fields, warnings = _fields(file, rules, DO_NOT_CONTACT_FIELDS, ())
    columns = fields.columns
    if "customer_id" not in columns and "mobile" not in columns:
        find_columns(file, rules, DO_NOT_CONTACT_FIELDS, ("customer_id",))
    fields.problems += _unrecognised(columns)
    named = truth(pc.not_equal(pc.utf8_trim_whitespace(columns.texts("customer_id")), ""))
    customer_id = fields.ids("customer_id", needed=named)
    phones = read_phones(columns.texts("mobile"))
    map_it = f", or map its column, not recognised: {listed(columns.unused)}" if columns.unused else ""
    nothing = f"names neither a customer nor a number; fill in customer_id or mobile{map_it}"
    fields.note(None, "entry-empty", ~named & (phones.first == NO_PHONE), nothing)
    for place, words in enumerate(PHONE_KINDS.values()):
        if place > OTHER:
            message = f"names no customer, and its number is {words}; write the whole number as text, or name the customer"
            fields.note("mobile", "entry-unreadable", ~named & (phones.kind == place), message, rows=True)
    channel = fields.words("channel", sorted({*channels, ALL_CHANNELS}), otherwise=ALL_CHANNELS)
    since = fields.days("since")
    fields.refuse()
    if bad := int(np.count_nonzero(phones.kind > OTHER)):
        warnings.append(f"{file.name}: {bad} numbers cannot be read and bar nothing, their customers are barred; correct them")
    if others := int(np.count_nonzero(phones.kind == OTHER)):
        warnings.append(f"{file.name}: {others} numbers are of other phones, such as landlines, and bar nothing")
    rows = np.concatenate([np.flatnonzero(named), phones.row])
    by_id = np.arange(len(rows)) < int(named.sum())
    number = pa.concat_arrays([pa.repeat("", int(named.sum())), phones.numbers.take(pa.array(phones.number))])
    order = np.argsort(rows, kind="stable")
    rows, by_id = rows[order], by_id[order]
    return DoNotContact(
        customer_id=pc.if_else(pa.array(by_id), customer_id.take(pa.array(rows)), ""),
        number=number.take(pa.array(order)),
        channel=channel.take(pa.array(rows)),
        since=since[rows],
    ), warnings


def _unrecognised(columns: FoundColumns) -> Iterator[Problem]:
    """Yield that a do-not-contact list may name customers, or numbers, in a column that nobody knows: they would be lost in silence."""
    for field, what in (("customer_id", "customer"), ("mobile", "number")):
        if field not in columns and columns.strange:
            message = (
                f"no column for the {field}, and not recognised: {listed(columns.strange)}; if one names the {what}, map it to {field}"
                f" under columns in rules/customers.yaml, otherwise leave it out, or entries by {what} could be lost"
            )
            yield Problem(columns.file, None, None, "header-missing", message)


def _fields(file: SideFile, rules: CustomerRules, fields: Sequence[str], needed: Sequence[str]) -> tuple[Fields, list[str]]:
    columns, warnings = find_columns(file, rules, fields, needed)
    if not len(columns):
        warnings.append(f"{file.name}: the file has a header and no rows")
    return Fields(columns, rules), warnings


def _kinds(fields: Fields, family: Mask) -> pa.DictionaryArray:
    """Return the kinds: of a family event one of those known, which must be given; of any other event clean text."""
    if "kind" in fields.columns:
        known = fields.words("kind", FAMILY_KINDS, needed=True, within=family)
        return pc.if_else(pa.array(family), known.cast(pa.string()), fields.text("kind").cast(pa.string())).dictionary_encode()
    if family.any():
        message = f"no column for the kind, which a family event needs: {', '.join(FAMILY_KINDS)}"
        fields.problems.append(Problem(fields.columns.file, None, None, "header-missing", message))
    return fields.text("kind")
