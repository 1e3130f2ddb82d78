"""Who is a private client, by the figures of a run and by the customer file. What goes to many, and open files, never name him."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vip_tiering.base.arrays import Mask, positions_in
from vip_tiering.customers.types import Customers
from vip_tiering.lists.selection.people import People
from vip_tiering.playbooks.customers.customers_file import ANSWERS


@dataclass(frozen=True)
class PrivacyRule:
    """Who is a private client: whose tier now or before is one of `levels`, or whose closing balance reaches `bound_fen`.

    The tier now is also that of the average and that without overrides (semantics 3.4, 3.5): whom an override puts lower is as
    private as before.
    """

    levels: Collection[int]
    bound_fen: int | None

    @classmethod
    def of(cls, barred: Collection[str], bounds_fen: Mapping[str, int], codes: Sequence[str]) -> PrivacyRule:
        """Return the rule for the ladder `codes` of a run: its tiers that bar what goes to many, and the lowest of their bounds."""
        there = [code for code in barred if code in codes]
        bounds = [bounds_fen[code] for code in there if code in bounds_fen]
        return cls([codes.index(code) for code in there], min(bounds, default=None))


def private_people(people: People, rule: PrivacyRule) -> Mask:
    """Return which customers of a run are private clients by the run's own figures, shape (n,)."""
    levels = np.array(sorted(rule.levels), np.int8)
    every = (people.level, people.previous_level, people.evaluated_level, people.retained_level)
    private: Mask = np.logical_or.reduce([np.isin(one, levels) for one in every])
    if rule.bound_fen is not None:
        private |= people.closing_fen >= rule.bound_fen
    return private


def private_in_file(customers: Customers, people: People, rule: PrivacyRule) -> Mask:
    """Return who is a private client by the customer file or by the run, shape (m,).

    Who left the run was a private client in the quarter before, and may still hold a number.
    """
    by_run = people.profile[private_people(people, rule)]
    left = positions_in(people.left_id.filter(pa.array(np.isin(people.left_level, sorted(rule.levels)))), customers.customer_id)
    told = customers.code["private_client"] == ANSWERS.index("Y")
    private: Mask = told | np.isin(np.arange(len(customers)), np.concatenate([by_run, left]))
    return private
