"""What was posted, as tables and a document, and back: the same ledger, the same tallies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vip_tiering.base.errors import Problem
from vip_tiering.extracts.days import Reading
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.rows import Rejects
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.day_totals import DayTotals
from vip_tiering.tiers.ledger import Ledger
from vip_tiering.tiers.posting import Arrivals, Posted
from vip_tiering.tiers.scope import Renaming, Total, Totals

TABLES = ("accounts", "arrivals", "customers")
"""The tables of a kept ledger, each one file."""
_OF_FILES = ("rows", "encodings", "superseded")
"""Tallies that go by file."""


def tables_of(posted: Posted, done: Sequence[int]) -> dict[str, pa.Table]:
    """Return the ledger and where each of its customers stood first. `done`: the indices of the extracts that are kept, in order."""
    file, row = posted.arrivals.places(len(posted.ledger.roster))
    places = np.full(max(done, default=-1) + 2, -1, np.int32)  # the last one is for a customer that stands in no row
    places[list(done)] = np.arange(len(done))
    return posted.ledger.to_tables() | {"arrivals": pa.table({"file": places[file], "row": row})}


def document_of(posted: Posted, extracts: Sequence[Extract], done: Sequence[int], unused: Collection[int], last: int) -> dict[str, Any]:
    """Return the tallies of what was posted up to the day `last`; extracts go by their place in `done`.

    The rows of `unused` ones, that hold no used day, are told with their files alone: such a file may be gone the next day.
    """
    reading, totals = posted.reading, posted.totals
    told = [(day, extracts[index].name, reading.rows[index]) for index in unused for day in extracts[index].days]
    apart = {(day, name) for day, name, _ in told}
    outside = reading.outside.copy()
    for day, _, rows in told:
        outside[day] -= rows
    rows_by_day = {
        str(day): {name: count for name, count in sorted(rows.items()) if (day, name) not in apart}
        for day, rows in sorted(posted.rows_by_day.items())
        if day <= last
    }
    return {
        "rows": [reading.rows[index] for index in done],
        "encodings": [reading.encodings.get(index) for index in done],
        "superseded": [posted.superseded[index] for index in done],
        "used": posted.used,
        "collapsed": posted.collapsed,
        "tidied_ids": reading.tidied_ids,
        "outside": {str(day): rows for day, rows in sorted(outside.items()) if rows and day <= last},
        "rows_by_day": {day: rows for day, rows in rows_by_day.items() if rows},
        "rejects": [list(vars(one).values()) for one in sorted(reading.rejects.problems)],
        "rejected_customers": sorted(reading.rejects.customers),
        "excluded": totals.excluded,
        "negative": _figures(totals.negative),
        "products": {code: _figures(total) for code, total in sorted(totals.products.items())},
        "currencies": {code: _figures(total) for code, total in sorted(totals.currencies.items())},
        "renamed_rows": posted.renaming.rows if posted.renaming else 0,
        "day_totals": {str(day): [customers, fen] for day, (customers, fen) in sorted(posted.day_totals.by_day.items())},
    }


def posted_again(
    tables: Mapping[str, pa.Table],
    document: Mapping[str, Any],
    inputs: Sequence[Mapping[str, Any]],
    here: Sequence[int | None],
    extracts: Sequence[Extract],
    rules: Rules,
    day_totals: DayTotals,
) -> Posted:
    """Return what was posted, as if it had just been.

    `inputs`: what is known of every kept extract, and `here` its index among today's `extracts`, None for an unused one that is gone;
    `day_totals`: those of no day.
    """
    ledger = Ledger.from_tables({name: tables[name] for name in ("customers", "accounts")})
    posted = Posted(ledger, day_totals=day_totals)
    day_totals.by_day |= {int(day): (customers, fen) for day, (customers, fen) in document["day_totals"].items()}
    posted.reading = Reading(
        rejects=Rejects([Problem(*one) for one in document["rejects"]], set(document["rejected_customers"])),
        tidied_ids=document["tidied_ids"],
        outside=Counter({int(day): rows for day, rows in document["outside"].items()}),
    )
    posted.rows_by_day = {int(day): Counter(rows) for day, rows in document["rows_by_day"].items()}
    for place, index in enumerate(here):
        if index is not None:
            _add_file(posted, index, extracts[index], inputs[place], {name: document[name][place] for name in _OF_FILES})
    posted.used, posted.collapsed = document["used"], document["collapsed"]
    posted.totals = Totals(
        document["excluded"],
        Total(*document["negative"]),
        *({code: Total(*figures) for code, figures in document[name].items()} for name in ("products", "currencies")),
    )
    places = np.array([*(-1 if index is None else index for index in here), -1], np.int32)
    file, row = (tables["arrivals"][name].to_numpy() for name in ("file", "row"))
    posted.arrivals = Arrivals([one.name for one in extracts], places[file], row)
    if rules.aliases:
        posted.renaming = Renaming(rules.aliases, ledger.roster, document["renamed_rows"])
    return posted


def _add_file(posted: Posted, index: int, extract: Extract, known: Mapping[str, Any], tallies: Mapping[str, Any]) -> None:
    """Add what reading a file gave; of an unused one its rows count as outside of the period, as they did."""
    posted.reading.rows[index] = tallies["rows"]
    posted.reading.sha256[index] = known["sha256"]
    if tallies["encodings"] is not None:
        posted.reading.encodings[index] = tallies["encodings"]
    if tallies["superseded"]:
        posted.superseded[index] = tallies["superseded"]
    if not known["used"]:
        for day in extract.days:
            posted.reading.outside[day] += tallies["rows"]
            posted.rows_by_day.setdefault(day, Counter())[extract.name] += tallies["rows"]


def _figures(total: Total) -> list[int]:
    return [total.rows, total.delivered, total.counted]
