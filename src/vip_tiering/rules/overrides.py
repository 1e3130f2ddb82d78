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
from vip_tiering.rules.extracts import Aliases
from vip_tiering.rules.tables import SPREADSHEET_ID, records

_HEADER: Final = ("customer_id", "tier", "reason", "approved_by", "valid_until")


@dataclass(frozen=True)
class Overrides:
    """The tiers that were set, arrays of shape (n,): customer_id, by the present numbers, tier, last day, and line in the file `name`."""

    customer_id: pa.Array
    tier: pa.Array
    valid_until: npt.NDArray[np.int64]
    line: npt.NDArray[np.int64]
    name: str
    sha256: str

    def in_force(self, day: int) -> pa.Table:
        """Return customer_id, tier and line of those that are valid on a day."""
        table = pa.table({"customer_id": self.customer_id, "tier": self.tier, "line": self.line})
        return table.filter(pa.array(self.valid_until >= day))


def parse_overrides(content: bytes, name: str, tiers: Collection[str], aliases: Aliases | None = None) -> tuple[Overrides, list[str]]:
    """Return the tiers of a CSV `customer_id, tier, reason, approved_by, valid_until`, and a line per mistake as `name:line: message`.

    `tiers`: the codes of every ladder. A renamed customer is meant by the old number too (semantics 12.1).
    """
    rows, problems = records(content, name, _HEADER)
    delivered, codes = (pa.array([row[place] for _, row in rows], pa.string()) for place in (0, 1))
    customers = aliases.known_as(delivered) if aliases else delivered
    lines: dict[str, int] = {}
    days: list[int] = []
    for known_as, (line, (customer, tier, reason, approved_by, valid_until)) in zip(customers.to_pylist(), rows, strict=True):
        day = day_of(valid_until)
        days.append(-1 if day is None else day_number(day))
        if (first := lines.setdefault(known_as, line)) != line:
            problems.append(f"{name}:{line}: this customer_id stands in line {first} already; keep one row per customer")
        if not customer or SPREADSHEET_ID.search(customer):
            problems.append(f"{name}:{line}: customer_id must be an id as plain text")
        if tier not in tiers:
            problems.append(f"{name}:{line}: tier must be a code of tiers.yaml: {', '.join(tiers)}")
        if not (reason and approved_by):
            problems.append(f"{name}:{line}: reason and approved_by must be filled in")
        if day is None:
            problems.append(f"{name}:{line}: valid_until must be {DAY_WANTED}")
    until, places = np.array(days, np.int64), np.array([line for line, _ in rows], np.int64)
    return Overrides(customers, codes, until, places, name, hashlib.sha256(content).hexdigest()), problems
