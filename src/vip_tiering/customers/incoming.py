"""The files that come in beside a run, read and checked: customers, events, contact log, do-not-contact list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import truth
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.customers.columns import find_columns
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.fitness import damaged_phones, unfit_for_lists
from vip_tiering.customers.ids import NamedIds, judge_ids, named_ids, refuse_repeated, renamed
from vip_tiering.customers.other_files import parse_contacts, parse_do_not_contact, parse_events
from vip_tiering.customers.side_file import SideFile, read_side_file
from vip_tiering.customers.types import Customers, Events, Known
from vip_tiering.playbooks.customers.customers_file import CUSTOMER_FIELDS, EVENTS, CustomerRules
from vip_tiering.playbooks.customers.file_forms import Kind
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun

HEAD: Final = "household_customer_id"
"""The field that names another customer."""
NOT_GIVEN: Final = {
    "events": "no --events file: no maturity, no new points, no bereavement is known",
    "contact_log": "no --contact-log file: only earlier exports and their results count for caps, turns and refusals",
    "do_not_contact": "no --do-not-contact file: nobody is known to be on such a list",
}
"""What it means that a file was not given, by its option."""


@dataclass(frozen=True)
class Incoming:
    """What the files say. `sha256`: by option, None for a file that was not given; `named`: the ids of each that was given, by option."""

    customers: Customers
    known: Known
    sha256: dict[str, str | None]
    named: dict[str, NamedIds]
    warnings: tuple[str, ...]

    def by_new_ids(self, aliases: Aliases | None) -> Incoming:
        """Return what the files say by the numbers that customers have now (semantics 12.1).

        Raises DataError where two rows of the customer file are one customer then.
        """
        if aliases is None:
            return self
        named = {option: renamed(one, aliases, "ids") for option, one in self.named.items()}
        refuse_repeated(self.named["customers"], named["customers"])
        known = {name: one and renamed(one, aliases) for name, one in vars(self.known).items()}
        head = self.customers.text[HEAD]
        text = self.customers.text | {HEAD: aliases.known_as(head.cast(pa.string())).dictionary_encode()}
        customers = replace(renamed(self.customers, aliases), text=text)
        return replace(self, customers=customers, known=Known(**known), named=named)

    def judge_ids(self, run: TieredRun) -> list[str]:
        """Hold the ids of all files against those of a run and return warnings; see `named_ids.judge_ids`."""
        return judge_ids(run, self.named["customers"], [one for option, one in self.named.items() if option != "customers"])


Parse = Callable[[SideFile, CustomerRules], tuple[Any, list[str]]]
"""Makes a value of a file by the rules of its kind, with warnings. Raises DataError."""


class Parsed(NamedTuple):
    """A file that was given, with the rules of its kind, what it says, and warnings."""

    value: Any
    file: SideFile
    rules: CustomerRules
    warnings: list[str]


def read_given(parsers: Mapping[Kind, tuple[Path | None, Parse]], rules: CustomerRules, max_bytes: int) -> dict[Kind, Parsed]:
    """Return what the files say that are given, by kind. Raises DataError with the problems of all of them."""
    found: dict[Kind, Parsed] = {}
    problems: list[Problem | str] = []
    for kind, (path, parse) in parsers.items():
        if path is None:
            continue
        of_kind = rules.of_file(kind)
        try:
            file = read_side_file(path, max_bytes, form=of_kind.form_of(kind))
            value, said = parse(file, of_kind)
        except DataError as error:
            problems += error.problems
        else:
            found[kind] = Parsed(value, file, of_kind, said)
    if problems:
        raise DataError(problems)
    return found


def read_incoming(
    customers: Path, events: Path | None, contact_log: Path | None, do_not_contact: Path | None, books: Playbooks, max_bytes: int
) -> Incoming:
    """Return what the files say. Raises DataError with the problems of all of them."""
    channels = [code for code, one in books.channels.items() if one.contact]
    parsers: dict[Kind, tuple[Path | None, Parse]] = {
        "customers": (customers, _customers),
        "events": (events, lambda file, rules: _events(file, rules, books.products.values())),
        "contact_log": (contact_log, lambda file, rules: parse_contacts(file, rules, channels)),
        "do_not_contact": (do_not_contact, lambda file, rules: parse_do_not_contact(file, rules, channels)),
    }
    read = read_given(parsers, books.customers, max_bytes)
    named: dict[str, NamedIds] = {kind: named_ids(one.file, one.rules, one.value.customer_id) for kind, one in read.items()}
    sha256: dict[str, str | None] = {kind: read[kind].file.sha256 if kind in read else None for kind in parsers}
    warnings = [line for kind in parsers for line in (read[kind].warnings if kind in read else [NOT_GIVEN[kind]])]
    found: dict[str, Any] = {kind: read[kind].value if kind in read else None for kind in parsers}
    known = Known(found["events"], found["contact_log"], found["do_not_contact"])
    return Incoming(found["customers"], known, sha256, named, tuple(warnings))


def _customers(file: SideFile, rules: CustomerRules) -> tuple[Customers, list[str]]:
    """Return the customers of a file of which lists can be made."""
    customers, warnings = parse_customers(file, rules)
    columns, _ = find_columns(file, rules, CUSTOMER_FIELDS, ())
    if problems := unfit_for_lists(columns, customers.phones, rules):
        raise DataError(problems)
    return customers, [*warnings, *damaged_phones(columns, customers.phones)]


def _events(file: SideFile, rules: CustomerRules, products: Iterable[Product]) -> tuple[Events, list[str]]:
    """Return the events of a file. A new product must be one of products.yaml, for its risk must be known."""
    events, warnings = parse_events(file, rules)
    names = pa.array([name for one in products for name in (one.code, one.label)], pa.string())
    strange = (events.event == EVENTS.index("new_product")) & ~truth(pc.is_in(events.product.cast(pa.string()), value_set=names))
    if strange.any():
        message = f"rows: {np.count_nonzero(strange)}: a new_product must be a code or label of products.yaml, which tells its risk"
        raise DataError([Problem(file.name, None, "product", "product-unknown", message)])
    return events, warnings
