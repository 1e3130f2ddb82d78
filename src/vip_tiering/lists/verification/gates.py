"""The hard gates on written lists: whether each customer who stands in one may be contacted, by sets and with code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, one_array, truth
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import Int64s
from vip_tiering.customers.types import Customers
from vip_tiering.lists.verification.customers import WAYS, Beside, Standing, standing_of
from vip_tiering.lists.verification.entries import Entries, Export, places_in
from vip_tiering.lists.verification.read_back import CONTACTS
from vip_tiering.lists.verification.rules import read_export
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.gates import PurposeRule
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.products import Product
from vip_tiering.publishing import manifests

_LEVELS: Final = ("", "R1", "R2", "R3", "R4", "R5")
"""A level's place is its number; whatever else stands there is above every rating."""


def check_words(export: Export, at: Int64s, standing: Standing) -> Iterator[Problem]:
    """Yield rows that tell their reader to offer what the customer must not be offered. `at`: position of each customer, or -1."""
    lists = export.lists
    person = at[lists.customer]
    market, risk = np.zeros(len(lists), np.bool_), np.zeros(len(lists), np.bool_)
    allowed = _allowed(export, standing)
    rating = np.append(standing.rating, 0)[person].astype(np.int64)
    for number, table in enumerate(export.listed):
        mine = np.flatnonzero((lists.file == number) & (person >= 0))
        if not len(mine) or not {"may_market", "max_risk"} <= set(table.column_names):
            continue
        rows = lists.row[mine]
        offers = _places(table["may_market"], ("Y",))[rows] == 0
        level = _places(table["max_risk"], _LEVELS)[rows]
        market[mine] = offers & ~allowed[np.minimum(lists.channel[mine], len(export.channels) - 1), person[mine]]
        risk[mine] = level > np.where(offers, rating[mine], 0)
    yield from lists.findings("client-market", market, "may_market")
    yield from lists.findings("client-max-risk", risk, "max_risk")


def _places(column: pa.ChunkedArray, words: tuple[str, ...]) -> Int64s:
    return places_in(one_array(column), pa.array(words, pa.string())).astype(np.int64)


def _allowed(export: Export, standing: Standing) -> Mask:
    """Return to whom something may be offered on each channel, shape (number of channels, m)."""
    needed = any(one.rating == "needed" and one.consent == "needed" for one in export.books.gates.purposes)
    channels = [export.books.channels[code] for code in export.channels]
    ways = {way: _allowed_by(way, standing, needed=needed) for way in WAYS}
    return np.array([ways[one.way or "in_person"] for one in channels])


def _allowed_by(way: str, standing: Standing, *, needed: bool) -> Mask:
    """Return to whom something may be offered by a way. Nobody is asked for consent in person: that for another way counts."""
    allowed = ~standing.refused[way] & ~standing.bereaved
    if not needed:
        return allowed
    if way != "in_person":
        return allowed & standing.consents[way]
    result: Mask = allowed & np.logical_or.reduce([standing.consents[one] & ~standing.refused[one] for one in WAYS if one != way])
    return result


_BY_PHONE: Final = ("sms", "call")
_RISKS: Final = {"none": 0, "R1": 1, "R2": 2, "R3": 3, "R4": 4, "R5": 5}


def check_people(folder: Path, private: Path | None, books: Playbooks, run: Path, customers: Customers, beside: Beside) -> list[Problem]:
    """Return whom an export lists and must not: by the run and the files from which it was made. `run`: a run folder.

    Raises DataError where the run folder has no manifest that can be read.
    """
    export, problems = read_export(folder, private, books)
    return problems if export is None else [*problems, *check_gates(export, run, customers, beside)]


def check_gates(export: Export, run: Path, customers: Customers, beside: Beside) -> list[Problem]:
    """Return whom an export that was read back lists and must not."""
    if manifests.manifest_of(run)["digest"] != export.main.manifest["made_from"].get("run"):
        return [Problem(run.name, None, None, "run-unfit", "is not the run from which the export was made")]
    standing = standing_of(customers, beside, run, export.books, export.main.day)
    at = pc.fill_null(pc.index_in(export.customers, value_set=customers.customer_id), -1).to_numpy(zero_copy_only=False).astype(np.int64)
    unread = np.array([code not in export.main.lists for code in export.channels] + [False], np.bool_)
    contacts = export.contacts
    problems: list[Problem] = []
    # Lists that were not read back, since another profile wrote them, are judged by what is remembered of them.
    for claims, looked_at in (
        (export.lists, np.ones(len(export.lists), np.bool_)),
        (contacts, unread[contacts.channel] & ~contacts.private),
    ):
        person = at[claims.customer]
        problems += claims.findings("client-unknown", looked_at & (person < 0), "customer_id")
        problems += _check_entries(export, claims, np.where(looked_at, person, -1), standing)
    return [*problems, *_check_offers(export, at, standing), *_check_phones(export, at, customers), *check_words(export, at, standing)]


def _check_entries(export: Export, claims: Entries, person: Int64s, standing: Standing) -> list[Problem]:
    """Return who of the claims must not be contacted, by rule and in all cases together. `person`: position of each, or -1."""
    if not len(claims):
        return []
    wrong: dict[str, list[Int64s]] = {}
    size = len(export.channels) + 1
    key = np.where(person < 0, -1, claims.action * size + claims.channel)
    order = np.argsort(key, kind="stable")
    cases, starts = np.unique(key[order], return_index=True)
    for case, where in zip(cases.tolist(), np.split(order, starts[1:]), strict=True):
        if case < 0 or case // size == len(export.actions) or case % size == len(export.channels):
            continue
        judge = _Case(export, export.actions[case // size], export.channels[case % size], standing)
        for rule, mask in judge.broken(person[where], claims.private[where]):
            wrong.setdefault(rule, []).append(where[mask])
    problems = []
    for rule, parts in wrong.items():
        mask = np.zeros(len(claims), np.bool_)
        mask[np.concatenate(parts)] = True
        problems += claims.findings(rule, mask, "customer_id")
    return problems


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
        self.service = self.purpose.consent == "not_needed" and not self.channel.public

    def broken(self, person: Int64s, private: Mask) -> Iterator[tuple[str, Mask]]:
        """Yield each rule with the claims that break it, shape (k,). `private`: of the private part."""
        for rule, wrong in (*self._facts(), *self._offer()):
            yield rule, wrong[person]
        yield "client-private", self.standing.private[person] & (~private | self.bulk)

    def _facts(self) -> Iterator[tuple[str, Mask]]:
        """Yield each rule on people with the customers who break it, shape (m,)."""
        who = self.standing
        yield "client-status", ~who.active
        yield "client-age", ~who.adult
        yield "client-listed", who.listed[self.way]
        stopped = ~who.active | ~who.adult | who.listed[self.way]
        if self.purpose.code != "service":
            yield "client-bereaved", who.bereaved
        if not self.service:
            yield "client-refused", who.refused[self.way]
            stopped = stopped | who.bereaved | who.refused[self.way]
        if self._needs_consent():
            yield "client-consent", ~who.consents[self.way] & ~who.refused[self.way]
        if self.way in _BY_PHONE:
            if self.bulk:
                stopped = stopped | who.private
            yield "phone-holder", who.at_number(stopped) & ~stopped
            yield "phone-shared", who.sharers > self.per_phone
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
        if self.purpose.qualified:
            yield "client-unqualified", ~who.qualified
        if uncertain and self.bulk:
            yield "client-senior", ~who.young
        sold = [_RISKS[one.risk] for one in self.topics if one.not_distributable is None]
        if self.purpose.rating == "needed" or (self.purpose.rating == "uncertain_benefit" and uncertain):
            yield "client-rating", who.rating == 0
            if self.topics:
                yield "client-risk", (who.rating > 0) & (who.rating < min(sold, default=len(_RISKS)))
        elif self.topics and not sold:
            yield "client-risk", np.ones(len(who.rating), np.bool_)


def _check_offers(export: Export, at: Int64s, standing: Standing) -> Iterator[Problem]:
    """Yield new products that do not fit the customer: an action without topics tells its product in contacts.csv only."""
    contacts = export.contacts
    products = {name: one for one in export.books.products.values() for name in (one.code, one.label)}
    told = one_array(pa.chunked_array([chunk for part in export.parts for chunk in part.tables[CONTACTS]["product"].chunks], pa.string()))
    place = pc.fill_null(pc.index_in(told, value_set=pa.array(list(products), pa.string())), len(products)).to_numpy(zero_copy_only=False)
    offered = export.of_actions([one.trigger == "new_product" for one in export.actions])[contacts.action]
    person = at[contacts.customer]
    known = offered & (person >= 0)
    rated = {one.code for one in export.books.gates.purposes if one.rating == "needed"}
    risky = export.of_actions([one.strictest in rated for one in export.actions])[contacts.action]
    risk = np.array([*(_RISKS[one.risk] for one in products.values()), 0], np.int8)[place]
    rating = np.append(standing.rating, 0)[person]
    unsold = np.array([*(one.not_distributable is not None for one in products.values()), False])[place]
    yield from contacts.findings("client-risk", known & (unsold | (risky & (rating > 0) & (rating < risk))), "product")
    uncertain = np.array([*(one.benefit == "uncertain" for one in products.values()), False])[place]
    campaign = export.of_actions([one.campaign for one in export.actions])[contacts.action]
    young = np.append(standing.young, True)[person]
    yield from contacts.findings("client-senior", known & uncertain & campaign & ~young, "product")


def _check_phones(export: Export, at: Int64s, customers: Customers) -> Iterator[Problem]:
    """Yield rows whose number is not that of each customer they name."""
    lists = export.lists
    wrong = np.zeros(len(lists), np.bool_)
    for number, table in enumerate(export.listed):
        mine = np.flatnonzero(lists.file == number)
        if not len(mine):
            continue
        written = one_array(table["phone"]).take(pa.array(lists.row[mine]))
        person = at[lists.customer[mine]]
        known = np.append(customers.phone, -1)[person]
        own = pc.fill_null(customers.numbers.take(pa.array(known, mask=known < 0)), "")
        wrong[mine] = (person >= 0) & truth(pc.and_(pc.not_equal(written, own), pc.not_equal(written, "")))
    yield from lists.findings("phone-differs", wrong, "phone")
