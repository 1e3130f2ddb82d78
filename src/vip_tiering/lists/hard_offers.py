"""The hard gates on what lists for people say may be offered: to whom anything, and how risky, by consent, refusal and rating."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from vip_tiering.arrow import one_array
from vip_tiering.errors import Problem
from vip_tiering.lists.claims import Export, places_in
from vip_tiering.lists.hard_people import WAYS, Standing
from vip_tiering.money import Int64s
from vip_tiering.raw_columns import Mask

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
    channels = [export.books.books.channels[code] for code in export.channels]
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
