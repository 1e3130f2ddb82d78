"""What is known of some customers beside their tiers: contacts and what came of them, and what lies ahead. Frames in, frames out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from string import Template
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, truth
from vip_tiering.base.money import yuan_text
from vip_tiering.base.quarter import day_number
from vip_tiering.base.schema import RESULTS
from vip_tiering.customers.cells.dates import anniversaries, iso_dates
from vip_tiering.customers.cells.lunar import lunar_anniversaries
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN, Contacts, Customers, Events
from vip_tiering.lists.selection.contact_log import CONTACT
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.customers.customers_file import EVENTS
from vip_tiering.playbooks.load import Playbooks

LISTED: Final = ("customer_id", "channel", "action", "event_date", "product")
"""What is read of each contact of an export (`contacts.csv`)."""
CONTACTS: Final = ("date", "channel", "action", "what", "event_date", "product", "result", "by", "obstacle", "note", "source", "hidden")
"""What a record says of each contact. `hidden`: only a private file of an export has it."""
AHEAD: Final = ("date", "event", "kind", "product", "amount", "points")
"""What a record says of each event: amounts are text in yuan, "" where nothing is given."""
OTHER_LOG: Final = "contact log"
"""The source of a contact that no export made."""
_YEAR: Final = dt.timedelta(days=365)
_FIELD: Final = re.compile(r"\$\{\w+\}")


def contacts_in(listed: pd.DataFrame, log: pd.DataFrame, other: Contacts | None, on: dt.date, books: Playbooks) -> pd.DataFrame:
    """Return every contact up to a day: customer_id and `CONTACTS`, the newest first.

    `listed`: `LISTED`, `export` and `hidden`, for each contact of exports; `log`: the rows of their contact log; `other`: a log kept
    elsewhere. A contact that an export listed has a row for each result that was recorded, and one without where none was.
    """
    contact = [*CONTACT, "hidden"]
    once = listed.drop_duplicates().groupby(contact, as_index=False, sort=False).agg({"event_date": "max", "product": _joined})
    made = once.merge(log[[*CONTACT, "date", "result", "by", "obstacle", "note"]].drop_duplicates(), how="left", on=[*CONTACT])
    made["date"] = made["date"].fillna(made["export"])
    parts = [made.rename(columns={"export": "source"})]
    if other is not None:
        elsewhere = pa.table(
            {
                "customer_id": other.customer_id,
                "channel": other.channel.cast(pa.string()),
                "action": other.action.cast(pa.string()),
                "date": iso_dates(other.day),
                "result": pa.array(RESULTS, pa.string()).take(pa.array(other.result)),
            }
        )
        parts.append(elsewhere.to_pandas().assign(source=OTHER_LOG, hidden=False))
    texts = dict.fromkeys(["customer_id", *CONTACTS], "str") | {"hidden": "bool"}
    found = pd.concat([pd.DataFrame(columns=[*texts]), *parts], ignore_index=True)
    found["hidden"] = found["hidden"].astype("bool")
    found = found.fillna("").astype(texts)
    found = found[found["date"] <= str(on)].sort_values("date", ascending=False, kind="stable", ignore_index=True)
    actions = {one.id: one for one in books.actions()}
    named = zip(found["action"].tolist(), found["product"].tolist(), found["event_date"].tolist(), strict=True)
    what = [_what(actions.get(action), product, day, books) for action, product, day in named]  # of one customer, or of one manager
    return found.assign(what=pd.Series(what, dtype="str"))[["customer_id", *CONTACTS]]


def _joined(products: pd.Series) -> str:
    return "、".join(dict.fromkeys(one for one in products if one))


def _what(action: Action | None, product: str, event_date: str, books: Playbooks) -> str:
    """Return what a contact was for, as lists for people say it; else the topics of the action."""
    if action is None:
        return ""
    topics = "、".join(books.products[code].label for code in action.topics or ())
    said = Template(action.listed_as or topics or action.id).safe_substitute(product=product or topics, event_date=event_date)
    return re.sub(" +", " ", _FIELD.sub("", said)).strip()


def events_ahead(at: Int32s, customers: Customers, events: Events | None, on: dt.date, grave_days: int) -> pd.DataFrame:
    """Return what lies ahead of customers of the file, from a day on: customer_id and `AHEAD`, the soonest first.

    `at`: their positions in the file. Maturities, points, new products and family events are those of the events file, of the last
    also those of the last `grave_days` days, which a caller must know; the next birthday and the day on which points expire are those
    of the customer file.
    """
    today = day_number(on)
    born, lunar = customers.day["birthday"][at], customers.lunar_birthday[at]
    year = (on, on + _YEAR - dt.timedelta(days=1))
    birthday = np.where(lunar > 0, lunar_anniversaries(lunar, *year), anniversaries(born, *year))
    expire, points = customers.day["points_expire_on"][at], customers.points[at]
    ids = customers.customer_id.take(pa.array(at)).to_pandas()
    parts = [
        _events(ids, birthday, "birthday"),
        _events(ids, np.where((expire >= today) & (points != 0), expire, NO_DAY), "points_expire", points=points),
    ]
    if events is not None:
        mine = truth(pc.is_in(events.customer_id, value_set=pa.array(ids, pa.string())))
        since = np.where(events.event == EVENTS.index("family_event"), today - grave_days, today)
        chosen = np.flatnonzero(mine & (events.day >= since))
        told = _events(
            events.customer_id.take(pa.array(chosen)).to_pandas(),
            events.day[chosen],
            np.array(EVENTS, object)[events.event[chosen]],
            amount_fen=events.amount_fen[chosen],
        )
        kind, product = (one.take(pa.array(chosen)).cast(pa.string()).to_pandas().to_numpy() for one in (events.kind, events.product))
        parts.append(told.assign(kind=kind, product=product))
    found = pd.concat(parts, ignore_index=True)
    found = found[found["day"] != NO_DAY].sort_values(["day", "event", "product"], kind="stable", ignore_index=True)
    amounts = ["" if fen == NOT_GIVEN else yuan_text(fen) for fen in found["amount_fen"].tolist()]
    counts = ["" if one == NOT_GIVEN else str(one) for one in found["points"].tolist()]
    days = iso_dates(found["day"].to_numpy().astype(np.int32)).to_pandas()
    return found.assign(date=days, amount=amounts, points=counts)[["customer_id", *AHEAD]]


def _events(ids: pd.Series, day: Int32s, event: object, **numbers: object) -> pd.DataFrame:
    none = {"kind": "", "product": "", "amount_fen": NOT_GIVEN, "points": NOT_GIVEN}
    return pd.DataFrame({"customer_id": ids.to_numpy(), "day": day, "event": event, **none, **numbers})


def records(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, list[dict[Any, Any]]]:
    """Return the rows of each customer of a frame as records, by customer, in their order."""
    return {str(one): rows[[*columns]].to_dict("records") for one, rows in frame.groupby("customer_id", sort=False)}
