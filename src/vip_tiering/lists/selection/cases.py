"""Who is due for which action on a day: by tier, cadence and trigger. No gate is tried here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import pyarrow as pa

from vip_tiering.base.arrays import Int32s, Mask
from vip_tiering.base.errors import RulesError, UsageError
from vip_tiering.base.money import Int64s
from vip_tiering.base.schema import UNTIERED
from vip_tiering.customers.types import NO_DAY, NOT_GIVEN
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.gates import PurposeRule
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.products import Product


@dataclass(frozen=True)
class Case:
    """One action on one channel, with what its purpose demands. `number` is its place among all actions."""

    number: int
    action: Action
    purpose: PurposeRule
    channel: Channel
    topics: tuple[Product, ...]

    @property
    def bulk(self) -> bool:
        """Whether it goes to many: never to private clients."""
        return self.channel.public or self.action.campaign

    @property
    def turns(self) -> bool:
        """Whether its topic takes turns with others: one message for a customer and an export."""
        return self.channel.message is not None


@dataclass(frozen=True)
class Occasion:
    """What makes an action due for each of its customers, arrays of shape (k,); several events of one are one occasion.

    `day`: of the soonest event; `until`: by when it should be done, NO_DAY for no such day; `product`: labels joined by 、;
    `offered`: index of the product on offer among all, -1 for none; `told`: of every event the customer was told already; `again`: of every
    event the customer is to be told once more, because nobody answered.
    """

    day: Int32s
    until: Int32s
    product: pa.Array
    amount_fen: Int64s
    points: Int64s
    offered: Int32s
    told: Mask
    again: Mask

    def take(self, where: Int32s | Mask) -> Occasion:
        """Return the occasions at positions, or those of a mask."""
        index = np.flatnonzero(where) if where.dtype == np.bool_ else where
        arrays = {name: getattr(self, name)[index] for name in ("day", "until", "amount_fen", "points", "offered", "told", "again")}
        return Occasion(product=self.product.take(pa.array(index)), **arrays)

    @staticmethod
    def none(count: int) -> Occasion:
        """Return the occasion of an action that needs no event."""
        return Occasion(
            day=np.full(count, NO_DAY, np.int32),
            until=np.full(count, NO_DAY, np.int32),
            product=pa.repeat("", count),
            amount_fen=np.full(count, NOT_GIVEN, np.int64),
            points=np.full(count, NOT_GIVEN, np.int64),
            offered=np.full(count, -1, np.int32),
            told=np.zeros(count, np.bool_),
            again=np.zeros(count, np.bool_),
        )


@dataclass(frozen=True)
class Remembered:
    """The single events behind occasions, arrays of shape (e,): what an export remembers, so that none is told twice."""

    at: Int32s
    day: Int32s
    product: pa.Array

    def of(self, at: Int32s) -> Remembered:
        """Return the events of these customers."""
        index = np.flatnonzero(np.isin(self.at, at))
        return Remembered(self.at[index], self.day[index], self.product.take(pa.array(index)))


@dataclass(frozen=True)
class Due:
    """The customers for whom a case is due. `at`: their positions in the run, each once, ascending, shape (k,)."""

    case: Case
    at: Int32s
    occasion: Occasion | None = None
    events: Remembered | None = None

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.at)

    def take(self, mask: Mask, case: Case | None = None) -> Due:
        """Return those of a mask, perhaps as another case."""
        at = self.at[mask]
        return replace(
            self,
            case=case or self.case,
            at=at,
            occasion=self.occasion.take(mask) if self.occasion else None,
            events=self.events.of(at) if self.events else None,
        )


@dataclass(frozen=True)
class Only:
    """What an export is limited to: actions, channels, tiers; an empty one limits nothing.

    It limits what is listed and counted, after all is judged; but only the actions that are meant take turns with each other.
    """

    actions: Collection[str] = ()
    channels: Collection[str] = ()
    tiers: Collection[str] = ()

    @property
    def everything(self) -> bool:
        """Whether it limits nothing."""
        return not (self.actions or self.channels or self.tiers)

    def means(self, case: Case) -> bool:
        """Tell whether a case is among its actions."""
        return not self.actions or case.action.id in self.actions

    def holds(self, case: Case) -> bool:
        """Tell whether a case is among its actions and channels."""
        return self.means(case) and (not self.channels or case.channel.code in self.channels)


def only_of(words: Sequence[str], books: Playbooks) -> Only:
    """Return what words mean: ids of actions, codes of channels or of tiers. Raises UsageError for a word that is none."""
    actions = [action.id for action in all_actions(books)]
    channels = [code for code, one in books.channels.items() if one.contact]
    known = [*actions, *channels, *books.labels]
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"channels: {', '.join(channels)}; tiers: {', '.join(books.labels)}"
            raise UsageError(f"--only: is no action, channel or tier of the playbooks; {hint}")
    return Only(*([word for word in words if word in kind] for kind in (actions, channels, books.labels)))


def all_actions(books: Playbooks) -> list[Action]:
    """Return every action in the order of the file; its place is the number by which cases and histories know it."""
    return books.actions()


@dataclass(frozen=True)
class Casework:
    """The cases of a day in the order of the playbooks. `levels`: by action; `instead`: the case on the other channel, by action."""

    cases: list[Case]
    levels: dict[str, set[int]]
    instead: dict[str, Case]


def casework(books: Playbooks, codes: Sequence[str]) -> Casework:
    """Return the cases for the ladder of a run. Raises RulesError where the playbooks have nothing for one of its tiers.

    Actions for whoever visits the branch, and channels by which nobody is contacted, make no case.
    """
    planned = list(books.of_tier)
    if strange := [code for code in codes if code != UNTIERED and code not in planned]:
        raise RulesError(f"{books.name}/playbooks.yaml: has nothing for {', '.join(strange)}, a tier of the run")
    levels: dict[str, set[int]] = {}
    for level, code in enumerate(codes):
        if code != UNTIERED:
            for action, _ in books.actions_of(code):
                levels.setdefault(action.id, set()).add(level)
    cases, instead = [], {}
    for number, action in enumerate(all_actions(books)):
        case = _case(books, number, action, action.channels[0])
        if action.id not in levels or not case.channel.contact or action.audience.who != "tier":
            continue
        cases.append(case)
        if action.instead is not None:
            instead[action.id] = _case(books, number, action, action.instead.channel)
    return Casework(cases, levels, instead)


def _case(books: Playbooks, number: int, action: Action, channel: str) -> Case:
    purpose = next(one for one in books.gates.purposes if one.code == action.strictest)
    topics = tuple(books.products[code] for code in action.topics or ())
    return Case(number, action, purpose, books.channels[channel], topics)
