"""Who is due for which action on a day: by tier, cadence and trigger. No gate is tried here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from vip_tiering.lists.forms import NO_DAY, NOT_GIVEN
from vip_tiering.money import Int64s
from vip_tiering.offer_models import Channel, Product, PurposeRule
from vip_tiering.playbook_models import Action
from vip_tiering.raw_columns import Mask
from vip_tiering.rows import Int32s


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
