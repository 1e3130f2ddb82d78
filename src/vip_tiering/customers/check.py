"""The job of `vip customers check`: what a customer file holds by the rules, and whether lists can be made of it. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import one_array, truth
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.schema import UNTIERED
from vip_tiering.customers.cells.phones import PHONE_KINDS, Phones, read_phones
from vip_tiering.customers.columns import FoundColumns, find_columns, perhaps_meant
from vip_tiering.customers.customer_file import ABSENT, parse_customers
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.fitness import damaged_phones, unfit_for_lists
from vip_tiering.customers.ids import NamedIds, judge_ids, named_ids, refuse_repeated, renamed
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.customers.types import NO_PHONE
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.extracts.headers import tidy_header
from vip_tiering.playbooks.customers.customers_file import CODES, CUSTOMER_FIELDS, SEGMENTS, CustomerRules
from vip_tiering.playbooks.load import load
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun, by_new_ids, read_run

_SHOWN_ROWS: Final = 10


@dataclass(frozen=True)
class CustomersCheck:
    """What came of it: the report as one document, and why no lists can be made of the file; nothing where they can.

    `names`: what the bank calls the fields.
    """

    document: dict[str, Any]
    problems: list[Problem | str]
    names: dict[str, str]


def customers_check(file: Path, *, run: Path | None = None, rules: Path | None = None, max_bytes: str = "4G") -> CustomersCheck:
    """Say what a customer file holds, by the rules, and how far it and a run know each other (semantics 12.9).

    The document holds headers, codes and words that the rules know, and numbers of rows; never a value of a customer.
    Raises DataError where the file is not a table that can be read, or the run is not one.
    """
    loaded = load(rules)
    form = (loaded.playbooks.customers if loaded.playbooks else loaded.customers).of_file("customers")
    side = read_side_file(file, size_in_bytes(max_bytes), form=form.form_of("customers"))
    columns, warnings = find_columns(side, form, CUSTOMER_FIELDS, ())
    tiered = by_new_ids(read_run(run), loaded.rules.aliases) if run is not None else None
    problems: list[Problem | str] = []
    lunar = 0
    try:
        customers, warnings = parse_customers(side, form)
        lunar = int(np.count_nonzero(customers.lunar_birthday))
    except DataError as error:
        problems += error.problems
    phones = read_phones(columns.texts("mobile"))
    unfit = unfit_for_lists(columns, phones.counts(), form)
    problems += unfit
    warnings += [] if unfit else damaged_phones(columns, phones.counts())
    named = None
    if "customer_id" in columns:  # without it everything but the customers themselves is still said
        named = named_ids(side, form, Fields(columns, form).ids("customer_id"))
        try:
            named = _present(named, loaded.rules.aliases)
            if tiered is not None:
                judge_ids(tiered, named)
        except DataError as error:
            problems += error.problems
    document = {
        "file": side.name,
        "rules": loaded.name,
        "rows": side.rows,
        "columns": [{"field": field, "header": columns.headers[field], "filled": _filled(columns, field)} for field in columns.values],
        "left_over": [{"header": header, "did_you_mean": _meant(header, columns, form)} for header in columns.unused],
        "absent": [{"field": field, "falls": falls} for field, falls in ABSENT.items() if field not in columns],
        "values": [*_values(columns, form)],
        "lunar_birthdays": lunar,
        "phones": _phones(phones) if "mobile" in columns else [],
        "run": _beside_run(tiered, named) if tiered is not None and named is not None else None,
        "warnings": [line for line in warnings if not any(f"no column {field}:" in line for field in ABSENT)],
        "problems": [str(one) for one in problems],
        "ready": not problems,
    }
    return CustomersCheck(document, problems, {field: form.headers_of(field)[:2][-1] for field in CUSTOMER_FIELDS})


def _present(named: NamedIds, aliases: Aliases | None) -> NamedIds:
    """Return the ids of a file as they are now. Raises DataError where two rows are one customer."""
    if aliases is None:
        return named
    now = renamed(named, aliases, "ids")
    refuse_repeated(named, now)
    return now


def _filled(columns: FoundColumns, field: str) -> int:
    return int(np.count_nonzero(truth(pc.not_equal(pc.utf8_trim_whitespace(columns.texts(field)), ""))))


def _meant(header: str, columns: FoundColumns, form: CustomerRules) -> str | None:
    """Return the field that a header which nobody knows may mean; None where it is known elsewhere, or like nothing that is absent."""
    if header not in columns.strange or header.startswith("column "):
        return None
    absent = {tidy_header(one): field for field in CUSTOMER_FIELDS if field not in columns for one in form.headers_of(field)}
    near = perhaps_meant(header, absent)
    return absent[near] if near else None


def _values(columns: FoundColumns, form: CustomerRules) -> Iterator[dict[str, Any]]:
    """Yield for each coded column how often each word that the rules know stands in it, and what it means; of others only where."""
    fields = Fields(columns, form)
    for field, known in {**CODES, "segments": SEGMENTS}.items():
        if field in columns:
            words, empty, unknown = fields.tally(field, known, several=field == "segments")
            rows = {"count": len(unknown), "rows": unknown[:_SHOWN_ROWS]}
            yield {"field": field, "header": columns.headers[field], "values": words, "empty": empty, "unknown": rows}


def _phones(phones: Phones) -> list[dict[str, Any]]:
    """Return how many cells hold a number of which kind."""
    counts = [{"kind": kind or "mobile", "looks": PHONE_KINDS[kind], "count": count} for kind, count in phones.counts().items()]
    empty = int(np.count_nonzero(phones.first == NO_PHONE))
    return [*counts, *([{"kind": "empty", "looks": "empty", "count": empty}] if empty else [])]


def _beside_run(run: TieredRun, named: NamedIds) -> dict[str, Any]:
    """Return how many customers of a run a file holds, and how many of the file the run."""
    ids, tier = one_array(run.tiers["customer_id"]).cast(pa.string()), run.tiers["tier"].cast(pa.string())
    found = truth(pc.is_in(ids, value_set=named.ids))
    tiered = truth(one_array(pc.not_equal(tier, UNTIERED)))
    return {
        "quarter": str(run.quarter),
        "customers": len(ids),
        "in_the_file": int(found.sum()),
        "tiered": int(tiered.sum()),
        "tiered_in_the_file": int((tiered & found).sum()),
        "only_in_the_file": int((~truth(pc.is_in(named.ids, value_set=ids))).sum()),
    }
