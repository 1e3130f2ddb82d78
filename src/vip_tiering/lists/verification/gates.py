"""The hard gates on written lists: whether each customer who stands in one may be contacted, by sets and with code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Mask, positions_in
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import Customers, Known
from vip_tiering.lists.verification.addresses import check_addresses
from vip_tiering.lists.verification.customers import WAYS, NewIds, Standing, standing_of
from vip_tiering.lists.verification.entries import Export, findings_in
from vip_tiering.lists.verification.households import check_households, check_managers
from vip_tiering.lists.verification.texts import tells_of_one_person
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.gates import PurposeRule
from vip_tiering.playbooks.products import Product
from vip_tiering.publishing import manifests
from vip_tiering.rules.extracts import Aliases

_LEVELS: Final = ("", "R1", "R2", "R3", "R4", "R5")
"""A level's place is its number; whatever else stands there is above every rating."""
_BY_PHONE: Final = ("sms", "call")
_RISKS: Final = {"none": 0, "R1": 1, "R2": 2, "R3": 3, "R4": 4, "R5": 5}


def check_words(export: Export, person: Int64s, standing: Standing) -> Iterator[Problem]:
    """Yield rows of lists that tell their reader to offer what the customer must not be offered. `person`: position, or -1."""
    lists = export.lists
    told = (person >= 0) & lists["may_market"].notna() & lists["max_risk"].notna()
    offers = lists["may_market"] == "Y"
    allowed = _allowed(export, standing)[lists["channel"], person]
    level = lists["max_risk"].cat.set_categories(_LEVELS).cat.codes
    above = level.where(level >= 0, len(_LEVELS)) > np.where(offers, standing.rating[person], 0)
    yield from findings_in(lists, "client-market", told & offers & ~allowed, "may_market")
    yield from findings_in(lists, "client-max-risk", told & above, "max_risk")


def _allowed(export: Export, standing: Standing) -> Mask:
    """Return to whom something may be offered on each channel, shape (number of channels, m)."""
    needed = any(one.rating == "needed" and one.consent == "needed" for one in export.books.gates.purposes)
    channels = [export.books.channels[code] for code in export.channels]
    ways = {way: _allowed_by(way, standing, needed=needed) for way in WAYS}
    return np.array([ways[one.way or "in_person"] for one in channels])


def _allowed_by(way: str, standing: Standing, *, needed: bool) -> Mask:
    """Return to whom something may be offered by a way. Nobody is asked for consent in person: that for another way counts."""
    allowed = ~standing.refused[way] & ~standing.bereaved & ~standing.complained
    if not needed:
        return allowed
    if way != "in_person":
        return allowed & standing.consents[way]
    result: Mask = allowed & np.logical_or.reduce([standing.consents[one] & ~standing.refused[one] for one in WAYS if one != way])
    return result


def check_gates(export: Export, run: Path, customers: Customers, known: Known, aliases: Aliases | None = None) -> list[Problem]:
    """Return whom an export lists and must not: by the run and the files from which it was made, with the ids that stand in them.

    `run`: a run folder; `aliases`: who got another number.

    Raises DataError where the run folder has no manifest that can be read.
    """
    if manifests.manifest_of(run)["digest"] != export.main.manifest["made_from"].get("run"):
        return [Problem(run.name, None, None, "run-unfit", "is not the run from which the export was made")]
    now = NewIds(aliases)
    standing = standing_of(customers, known, run, export.books, export.main.day, now)
    at = positions_in(now.of(export.customers), now.of(customers.customer_id)).astype(np.int64)
    lists, contacts = export.lists, export.contacts
    unread = np.array([*(code not in export.main.lists for code in export.channels), False], np.bool_)
    # Lists that were not read back, since another profile wrote them, are judged by what is remembered of them.
    remembered = contacts[unread[contacts["channel"]] & ~contacts["private"]]
    problems: list[Problem] = []
    for entries in (lists, remembered):
        person = at[entries["customer"]]
        problems += findings_in(entries, "client-unknown", person < 0, "customer_id")
        problems += _check_entries(export, entries.assign(person=person)[person >= 0], standing)
    person = at[lists["customer"]]
    contacted = at[contacts["customer"]]
    problems += [*check_households(export, contacted, customers, now), *check_managers(export, contacted, customers, standing)]
    problems += [*_check_offers(export, contacted, standing), *_check_named(export, person, standing)]
    problems += [*_check_phones(export, person, customers), *check_words(export, person, standing)]
    return [*problems, *check_addresses(export, person, customers)]


def _check_entries(export: Export, entries: pd.DataFrame, standing: Standing) -> list[Problem]:
    """Return which entries must not be contacted, by rule and in all cases together. `person`: a column with the position of each."""
    wrong: dict[str, list[pd.DataFrame]] = {}
    known = entries[(entries["action"] >= 0) & (entries["channel"] >= 0)]
    for _, those in known.groupby(["action", "channel"]):
        action, channel = those[["action", "channel"]].iloc[0]
        case = _Case(export, export.actions[action], export.channels[channel], standing)
        for rule, mask in case.broken(those["person"].to_numpy(), those["private"].to_numpy()):
            wrong.setdefault(rule, []).append(those[mask])
    found = {rule: pd.concat(parts) for rule, parts in wrong.items()}
    return [one for rule, those in found.items() for one in findings_in(those, rule, np.ones(len(those), np.bool_), "customer_id")]


class _Case:
    """One action on one channel: what it demands of whom it reaches."""

    def __init__(self, export: Export, action: Action, channel: str, standing: Standing) -> None:
        books = export.books
        self.standing, self.action = standing, action
        self.channel: Channel = books.channels[channel]
        self.purpose: PurposeRule = next(one for one in books.gates.purposes if one.code == action.strictest)
        self.topics: list[Product] = [books.products[code] for code in action.topics or ()]
        self.per_phone = books.gates.limits.customers_per_phone.value
        self.way = self.channel.way or "in_person"
        self.bulk = self.channel.public or action.campaign
        self.offers = self.purpose.code not in ("service", "care")
        self.service = self.purpose.consent == "not_needed" and not self.channel.public

    def broken(self, person: Int64s, private: Mask) -> Iterator[tuple[str, Mask]]:
        """Yield each rule with the claims that break it, shape (k,). `private`: of the private part."""
        for rule, wrong in (*self._facts(), *self._offer()):
            yield rule, wrong[person]
        yield "client-private", self.standing.private[person] & (~private | self.bulk)
        if self.action.control_share is not None:
            yield "client-control", self._in_control(person, self.action.control_share)

    def _in_control(self, person: Int64s, share: Fraction) -> Mask:
        """Return which claims are on somebody of the control group, shape (k,): by the id, of a number by the first of its holders.

        Nobody is judged at whose number an id has changed, for lists go by the ids of their own day.
        """
        who = self.standing
        ids = who.customer_id.to_pandas()
        if self.channel.public and self.way in _BY_PHONE:
            ids = ids.groupby(who.number).transform("min").where(who.number >= 0, ids)
        key = self.action.id.encode()
        drawn = ids.iloc[person].map(lambda one: int(blake2b(one.encode(), key=key, digest_size=8).hexdigest(), 16) < share * 2**64)
        result: Mask = drawn.to_numpy(np.bool_) & ~(who.renumbered | who.at_number(who.renumbered))[person]
        return result

    def _facts(self) -> Iterator[tuple[str, Mask]]:
        """Yield each rule on people with the customers who break it, shape (m,)."""
        who = self.standing
        yield "client-status", ~who.active
        yield "client-age", ~who.adult
        yield "client-listed", who.listed[self.way]
        stopped = ~who.active | ~who.adult | who.listed[self.way]
        if self.purpose.code != "service":
            yield "client-bereaved", who.bereaved
        no = np.zeros(len(who.active), np.bool_) if self.service else who.refused[self.way]
        no = no | who.complained if self.offers else no
        yield "client-refused", no
        stopped = stopped | no if self.service else stopped | no | who.bereaved
        if self.purpose.code == "private":
            yield "client-manager", ~who.managed
        if self._needs_consent():
            yield "client-consent", ~who.consents[self.way] & ~who.refused[self.way]
        if self.way in _BY_PHONE:
            if self.bulk:
                stopped = stopped | who.private
            yield "phone-holder", who.at_number(stopped) & ~stopped
            yield "phone-shared", who.sharers > self.per_phone
            if self.channel.public and tells_of_one_person(self.action):
                yield "text-tells", who.sharers > 1
            yield "phone-form", who.number < 0

    def _needs_consent(self) -> bool:
        if self.way == "in_person" and self.purpose.without_consent == "in_person":
            return False
        by_message = self.channel.message is not None
        return self.channel.public or self.purpose.consent == "needed" or (self.purpose.consent == "not_refused" and by_message)

    def _offer(self) -> Iterator[tuple[str, Mask]]:
        """Yield each rule on offers with the customers who break it, shape (m,)."""
        who = self.standing
        uncertain = any(one.benefit == "uncertain" for one in self.topics)
        sold = [one for one in self.topics if one.not_distributable is None]
        closed = [self.purpose.qualified and one.offer == "private" for one in sold]
        if self.purpose.qualified and (all(closed) or not self.topics):
            yield "client-unqualified", ~who.qualified
        if uncertain and self.bulk:
            yield "client-senior", ~who.young
        if self.purpose.rating == "needed" or (self.purpose.rating == "uncertain_benefit" and uncertain):
            yield "client-rating", who.rating == 0
            if self.topics:
                risks = [_RISKS[one.risk] for one in sold]
                open_risks = [risk for risk, private in zip(risks, closed, strict=True) if not private]
                least = np.where(who.qualified, min(risks, default=len(_RISKS)), min(open_risks, default=0 if sold else len(_RISKS)))
                yield "client-risk", (who.rating > 0) & (who.rating < least)
        elif self.topics and not sold:
            yield "client-risk", np.ones(len(who.rating), np.bool_)

    def named(self, person: Int64s, products: pd.Series) -> Iterator[tuple[str, Mask]]:
        """Yield each rule on products that a row names with the claims that break it, shape (k,). `products`: labels joined by 、."""
        who, cells = self.standing, "、" + products + "、"
        rated = (who.rating[person] > 0) & (self.purpose.rating == "needed")
        for one in self.topics:
            has = cells.str.contains(f"、{one.label}、", regex=False).to_numpy()
            yield "client-risk", has & ((one.not_distributable is not None) | (rated & (who.rating[person] < _RISKS[one.risk])))
            if self.purpose.qualified and one.offer == "private":
                yield "client-unqualified", has & ~who.qualified[person]


def _check_named(export: Export, person: Int64s, standing: Standing) -> Iterator[Problem]:
    """Yield rows that name a product of which the customer must not hear, though of others he may: each product is judged.

    Rows that tell of events besides may name what the customer holds.
    """
    lists = export.lists.assign(person=person, row=export.lists.groupby(["file", "row"], observed=True).ngroup())
    topical = export.of_actions(bool(one.topics) for one in export.actions)[lists["action"]]
    alone = topical & ~lists["row"].isin(lists.loc[~topical, "row"]) & (person >= 0) & lists["product"].notna() & (lists["channel"] >= 0)
    wrong = {rule: np.zeros(len(lists), np.bool_) for rule in ("client-risk", "client-unqualified")}
    lists = lists.reset_index(drop=True)[np.asarray(alone)]
    for _, those in lists.groupby(["action", "channel"]):
        action, channel = those[["action", "channel"]].iloc[0]
        case = _Case(export, export.actions[action], export.channels[channel], standing)
        for rule, mask in case.named(those["person"].to_numpy(), those["product"].astype("str")):
            wrong[rule][those.index[mask]] = True
    for rule, mask in wrong.items():
        yield from findings_in(export.lists, rule, mask, "product")


def _check_offers(export: Export, person: Int64s, standing: Standing) -> Iterator[Problem]:
    """Yield new products that do not fit the customer: an action without topics tells its product in contacts.csv only."""
    contacts = export.contacts
    action = contacts["action"]
    products = {name: one for one in export.books.products.values() for name in (one.code, one.label)}
    rated = {one.code for one in export.books.gates.purposes if one.rating == "needed"}
    risky = export.of_actions(one.strictest in rated for one in export.actions)[action]
    campaign = export.of_actions(one.campaign for one in export.actions)[action]
    offered = export.of_actions(one.trigger == "new_product" for one in export.actions)[action] & (person >= 0)
    risk = contacts["product"].map({name: _RISKS[one.risk] for name, one in products.items()}).astype("float64").fillna(0)
    unsold = contacts["product"].isin([name for name, one in products.items() if one.not_distributable is not None])
    uncertain = contacts["product"].isin([name for name, one in products.items() if one.benefit == "uncertain"])
    rating = standing.rating[person]
    yield from findings_in(contacts, "client-risk", offered & (unsold | (risky & (rating > 0) & (rating < risk))), "product")
    yield from findings_in(contacts, "client-senior", offered & uncertain & campaign & ~standing.young[person], "product")


def _check_phones(export: Export, person: Int64s, customers: Customers) -> Iterator[Problem]:
    """Yield rows whose number is not that of each customer they name."""
    written, phone = export.lists["phone"], customers.phone[person]
    own = customers.numbers.take(pa.array(phone, mask=phone < 0)).fill_null("").to_pandas()
    yield from findings_in(export.lists, "phone-differs", (person >= 0) & (written != "") & (written != own), "phone")
