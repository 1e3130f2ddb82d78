"""What was posted, as tables and a document, and back: the same ledger, the same tallies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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


def tables_of(posted: Posted, done: Sequence[int]) -> dict[str, pa.Table]:
    """Return the ledger and where each of its customers stood first. `done`: the indices of the extracts that are kept, in order."""
    file, row = posted.arrivals.places(len(posted.ledger.roster))
    places = np.full(max(done, default=-1) + 2, -1, np.int32)  # the last one is for a customer that stands in no row
    places[list(done)] = np.arange(len(done))
    return posted.ledger.to_tables() | {"arrivals": pa.table({"file": places[file], "row": row})}


def document_of(posted: Posted, done: Sequence[int], last: int) -> dict[str, Any]:
    """Return the tallies of what was posted up to the day `last`; extracts go by their place in `done`."""
    reading, totals = posted.reading, posted.totals
    return {
        "rows": [reading.rows[index] for index in done],
        "encodings": [reading.encodings.get(index) for index in done],
        "superseded": [posted.superseded[index] for index in done],
        "used": posted.used,
        "collapsed": posted.collapsed,
        "tidied_ids": reading.tidied_ids,
        "outside": {str(day): rows for day, rows in sorted(reading.outside.items()) if day <= last},
        "rows_by_day": {str(day): dict(sorted(rows.items())) for day, rows in sorted(posted.rows_by_day.items()) if day <= last},
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
    sha256: Sequence[str],
    here: Sequence[int],
    extracts: Sequence[Extract],
    rules: Rules,
    day_totals: DayTotals,
) -> Posted:
    """Return what was posted, as if it had just been.

    `sha256` and `here`: of every kept extract its content and its index among today's `extracts`; `day_totals`: those of no day.
    """
    ledger = Ledger.from_tables({name: tables[name] for name in ("customers", "accounts")})
    posted = Posted(ledger, day_totals=day_totals)
    day_totals.by_day |= {int(day): (customers, fen) for day, (customers, fen) in document["day_totals"].items()}
    posted.reading = Reading(
        rows=Counter(dict(zip(here, document["rows"], strict=True))),
        sha256=dict(zip(here, sha256, strict=True)),
        encodings={index: one for index, one in zip(here, document["encodings"], strict=True) if one is not None},
        rejects=Rejects([Problem(*one) for one in document["rejects"]], set(document["rejected_customers"])),
        tidied_ids=document["tidied_ids"],
        outside=Counter({int(day): rows for day, rows in document["outside"].items()}),
    )
    posted.used, posted.collapsed = document["used"], document["collapsed"]
    posted.superseded = Counter({index: rows for index, rows in zip(here, document["superseded"], strict=True) if rows})
    posted.totals = Totals(
        document["excluded"],
        Total(*document["negative"]),
        *({code: Total(*figures) for code, figures in document[name].items()} for name in ("products", "currencies")),
    )
    posted.rows_by_day = {int(day): Counter(rows) for day, rows in document["rows_by_day"].items()}
    places = np.array([*here, -1], np.int32)
    file, row = (tables["arrivals"][name].to_numpy() for name in ("file", "row"))
    posted.arrivals = Arrivals([one.name for one in extracts], places[file], row)
    if rules.aliases:
        posted.renaming = Renaming(rules.aliases, ledger.roster, document["renamed_rows"])
    return posted


def _figures(total: Total) -> list[int]:
    return [total.rows, total.delivered, total.counted]
