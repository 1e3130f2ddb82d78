"""Tiers that somebody set for single customers, until a day: the CSV that `overrides` in tiers.yaml names."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.quarter import DAY_WANTED, day_number, day_of
from vip_tiering.rules.tables import SPREADSHEET_ID, records

_HEADER: Final = ("customer_id", "tier", "reason", "approved_by", "valid_until")


@dataclass(frozen=True)
class Overrides:
    """The tiers that were set: customer_id and tier, arrays of shape (n,), and the last day of each as a day number."""

    customer_id: pa.Array
    tier: pa.Array
    valid_until: npt.NDArray[np.int64]
    sha256: str

    def in_force(self, day: int) -> tuple[pa.Array, pa.Array]:
        """Return customer_id and tier of those that are valid on a day."""
        valid = pa.array(self.valid_until >= day)
        return self.customer_id.filter(valid), self.tier.filter(valid)


def parse_overrides(content: bytes, name: str, tiers: Collection[str]) -> tuple[Overrides, list[str]]:
    """Return the tiers of a CSV `customer_id, tier, reason, approved_by, valid_until`, and a line per mistake as `name:line: message`.

    `tiers`: the codes of every ladder.
    """
    rows, problems = records(content, name, _HEADER)
    lines: dict[str, int] = {}
    days: list[int] = []
    for line, (customer, tier, reason, approved_by, valid_until) in rows:
        day = day_of(valid_until)
        days.append(-1 if day is None else day_number(day))
        if (first := lines.setdefault(customer, line)) != line:
            problems.append(f"{name}:{line}: this customer_id stands in line {first} already; keep one row per customer")
        if not customer or SPREADSHEET_ID.search(customer):
            problems.append(f"{name}:{line}: customer_id must be an id as plain text")
        if tier not in tiers:
            problems.append(f"{name}:{line}: tier must be a code of tiers.yaml: {', '.join(tiers)}")
        if not (reason and approved_by):
            problems.append(f"{name}:{line}: reason and approved_by must be filled in")
        if day is None:
            problems.append(f"{name}:{line}: valid_until must be {DAY_WANTED}")
    customers, codes = (pa.array([row[place] for _, row in rows], pa.string()) for place in (0, 1))
    return Overrides(customers, codes, np.array(days, np.int64), hashlib.sha256(content).hexdigest()), problems
