"""Events, contacts and do-not-contact entries: columns of text in, typed records and warnings out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.columns import FoundColumns, find_columns
from vip_tiering.customers.customer_file import canonical_mobiles
from vip_tiering.customers.fields import Fields, words_of
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.texts import clean_text, plain, recoded
from vip_tiering.customers.types import NO_DAY, NO_PHONE, NOT_GIVEN, Contacts, DoNotContact, Events
from vip_tiering.extracts.headers import listed
from vip_tiering.playbooks.customers import (
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
    columns = fields.columns
    event = fields.codes("event", EVENTS, needed=True)
    events = Events(
        customer_id=fields.ids("customer_id"),
        event=event,
        kind=_kinds(fields, event == EVENTS.index("family_event")),
        day=fields.days("date", needed=True),
        product=_text(fields, "product"),
        amount_fen=fields.amounts("amount") if "amount" in columns else np.full(len(columns), NOT_GIVEN, np.int64),
    )
    fields.refuse()
    return events, warnings


def parse_contacts(file: SideFile, rules: CustomerRules, channels: Collection[str]) -> tuple[Contacts, list[str]]:
    """Return the contacts of a log, in its order, and warnings. `channels`: the codes that a channel may be.

    Raises DataError for a channel or a result that is not known, and for ids and days that are none.
    """
    fields, warnings = _fields(file, rules, CONTACT_FIELDS, ("customer_id", "channel", "date"))
    columns = fields.columns
    contacts = Contacts(
        customer_id=fields.ids("customer_id"),
        channel=_channels(fields, sorted(channels), needed=True),
        action=_text(fields, "action"),
        day=fields.days("date", needed=True),
        result=fields.codes("result", RESULTS) if "result" in columns else np.zeros(len(columns), np.int8),
    )
    fields.refuse()
    return contacts, warnings


def parse_do_not_contact(file: SideFile, rules: CustomerRules, channels: Collection[str]) -> tuple[DoNotContact, list[str]]:
    """Return the entries of a do-not-contact list, in its order, and warnings. An empty channel is `all` of them.

    A row with a customer and a number becomes two entries, so that each of them is barred. A number that is no mobile bars
    nothing: such entries are left out, and a warning counts them. Raises DataError for a row with neither, a channel that is
    not known, for ids and days that are none, and where customers or numbers have no column and nobody knows what is in another.
    """
    fields, warnings = _fields(file, rules, DO_NOT_CONTACT_FIELDS, ())
    columns = fields.columns
    if "customer_id" not in columns and "mobile" not in columns:
        find_columns(file, rules, DO_NOT_CONTACT_FIELDS, ("customer_id",))
    fields.problems += _unrecognised(columns)
    empty = pa.array([""], pa.string()).take(pa.repeat(pa.scalar(0), len(columns)))
    named = truth(pc.not_equal(pc.utf8_trim_whitespace(columns.values.get("customer_id", empty)), ""))
    customer_id = fields.ids("customer_id", needed=named) if "customer_id" in columns else empty
    phone, numbers = canonical_mobiles(columns.values.get("mobile", empty))
    fields.refuse_neither(~named & (phone == NO_PHONE))
    channel = _channels(fields, sorted({*channels, ALL_CHANNELS}), needed=False)
    since = fields.days("since") if "since" in columns else np.full(len(columns), NO_DAY, np.int32)
    fields.refuse()
    if bad := int(np.count_nonzero(phone < NO_PHONE)):
        warnings.append(f"{file.name}: {bad} numbers are no mobile numbers of mainland China and bar nothing; correct them")
    rows = np.concatenate([np.flatnonzero(named), np.flatnonzero(phone >= 0)])
    by_id = np.arange(len(rows)) < int(named.sum())
    order = np.argsort(rows, kind="stable")
    rows, by_id = rows[order], by_id[order]
    # With a number of its own for "none", an index below 0 takes it from the end.
    with_none = pa.concat_arrays([numbers, pa.array([""], pa.string())])
    number = with_none.take(pa.array(np.where(by_id, len(numbers), phone[rows])))
    return DoNotContact(
        customer_id=pc.if_else(pa.array(by_id), customer_id.take(pa.array(rows)), ""),
        number=number,
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


def _text(fields: Fields, field: str) -> pa.DictionaryArray:
    return clean_text(fields.columns.values[field]) if field in fields.columns else plain("", len(fields.columns))


def _kinds(fields: Fields, family: Mask) -> pa.DictionaryArray:
    """Return the kinds: of a family event one of those known, which must be given; of any other event clean text."""
    if "kind" not in fields.columns:
        if family.any():
            fields.problems.append(Problem(fields.columns.file, None, None, "header-missing", _NO_KIND))
        return plain("", len(fields.columns))
    values = fields.columns.values["kind"]
    places = words_of(values, fields.word_table("kind", FAMILY_KINDS))
    fields.refuse_unknown("kind", places, FAMILY_KINDS, needed=True, within=family)
    known = pa.array(FAMILY_KINDS).take(pa.array(np.maximum(places, 0)))
    kinds = pc.if_else(pa.array(family), known, clean_text(values).dictionary_decode())
    coded = kinds.dictionary_encode()
    return recoded(coded.indices, coded.dictionary)


_NO_KIND = f"no column for the kind, which a family event needs: {', '.join(FAMILY_KINDS)}"


def _channels(fields: Fields, known: Sequence[str], *, needed: bool) -> pa.DictionaryArray:
    """Return the codes of channels; where none is needed, none given means all of them."""
    if "channel" not in fields.columns:
        return plain(ALL_CHANNELS, len(fields.columns))
    places: Int32s = words_of(fields.columns.values["channel"], fields.word_table("channel", known))
    fields.refuse_unknown("channel", places, known, needed=needed)
    default = known.index(ALL_CHANNELS) if ALL_CHANNELS in known else 0
    texts = pa.array(known, pa.string())
    return recoded(pa.array(np.where(places < 0, default, places).astype(np.int32)), texts)
