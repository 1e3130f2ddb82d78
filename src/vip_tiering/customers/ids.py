"""The ids that files beside a run name, held against those of the run: zeros that were lost, files of another bank, unknown customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, Mask, one_array, truth
from vip_tiering.base.errors import DataError, Problem, counted
from vip_tiering.base.schema import UNTIERED
from vip_tiering.base.text import but_for_zeros
from vip_tiering.customers.columns import find_columns
from vip_tiering.customers.side_file import SideFile
from vip_tiering.playbooks.customers.customers_file import CustomerRules
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun

_FIRST_LOOK: Final = 1000
_SHOWN: Final = 20
_Table = TypeVar("_Table", bound=Any)


@dataclass(frozen=True)
class NamedIds:
    """The ids that a file names, shape (n,), none of them "", and the row of each; `column`: their header as messages show it."""

    file: str
    column: str
    ids: pa.Array
    row: Int32s


def named_ids(file: SideFile, rules: CustomerRules, ids: pa.Array) -> NamedIds:
    """Return where the ids of a file stand. `ids`: as they were read from it, in its order, "" where there is none."""
    columns, _ = find_columns(file, rules, ("customer_id",), ())
    if "customer_id" not in columns:
        return NamedIds(file.name, "", pa.array([], pa.string()), np.empty(0, np.int32))
    given = truth(pc.not_equal(pc.utf8_trim_whitespace(columns.values["customer_id"]), ""))
    return NamedIds(file.name, columns.headers["customer_id"], ids.filter(pc.not_equal(ids, "")), columns.row[given])


def renamed(table: _Table, aliases: Aliases, column: str = "customer_id") -> _Table:
    """Return a table by the ids that its customers have now; those that kept theirs keep their place (semantics 12.1)."""
    return dataclasses.replace(table, **{column: aliases.known_as(getattr(table, column))})


def refuse_repeated(delivered: NamedIds, now: NamedIds) -> None:
    """Raise DataError where two rows of a file are one customer by the aliases. `delivered`, `now`: its ids then and now."""
    again = np.flatnonzero(now.ids.dictionary_encode().indices.to_pandas().duplicated().to_numpy())
    problems: list[Problem | str] = []
    for index in again[:_SHOWN].tolist():
        first = int(now.row[pc.index(now.ids, now.ids[index]).as_py()])
        message = f"by the aliases of rules/extracts.yaml this is the customer of row {first}; deliver one row per customer, by the new id"
        problems.append(Problem(delivered.file, int(now.row[index]), delivered.column, "id-repeated", message))
    if len(again) > _SHOWN:
        more = counted(len(again) - _SHOWN, "more customer")
        problems.append(f"{delivered.file}: ... and {more} with a row for each id")
    if problems:
        raise DataError(problems)


def judge_ids(run: TieredRun, customers: NamedIds, beside: Iterable[NamedIds] = ()) -> list[str]:
    """Return a warning for each file beside the customer file that names customers whom neither the run nor that file knows.

    Raises DataError (exit 4) with every problem at once: ids that are known but for leading zeros, by which somebody would be
    lost in silence; and a customer file with nobody who has a tier. Of the customer file the run's ids alone are known.
    """
    of_run = pa.concat_arrays([one_array(table["customer_id"]).cast(pa.string()) for table in (run.tiers, run.changes)])
    lost = but_for_zeros(_unknown(customers.ids, of_run), of_run)
    problems = [*_lost_zeros(customers, lost)] or [*_nobody(run, customers)]
    sound = customers.ids.filter(pa.array(~_are(customers.ids, lost))) if len(lost) else customers.ids
    warnings = []
    for one in beside:
        strange = _unknown(_unknown(one.ids, of_run), sound)
        problems += _lost_zeros(one, pa.concat_arrays([but_for_zeros(strange, known) for known in (of_run, sound)]))
        if len(strange):
            count = f"{len(strange)} of {pc.count_distinct(one.ids).as_py()}"
            warnings.append(f"{one.file}: customers that are in neither the run nor the customer file: {count}")
    if problems:
        raise DataError(problems)
    return warnings


def _are(ids: pa.Array, among: pa.Array) -> Mask:
    return truth(pc.is_in(ids, value_set=among))


def _unknown(ids: pa.Array, known: pa.Array) -> pa.Array:
    """Return the different ids that are not among those known. The table is made of the fewer of both."""
    if ids.equals(known[: len(ids)]):  # as where both are sorted and the file holds all customers
        return ids[:0]
    if len(ids) < len(known):
        known = known.filter(pc.is_in(known, value_set=ids))
    return ids.filter(pa.array(~_are(ids, known))).unique()


def _lost_zeros(named: NamedIds, lost: pa.Array) -> Iterator[Problem]:
    """Yield that ids of a file lost their zeros: how many, and where the first stands."""
    if not len(lost):
        return
    row = int(named.row[np.argmax(_are(named.ids, lost))])
    count = len(lost.unique())
    these = (
        "this id differs from one of the run" if count == 1 else f"{count} ids, of which this is the first, differ from those of the run"
    )
    message = f"{these} by leading zeros only: leading zeros were lost; deliver ids as text, as they are in the run"
    yield Problem(named.file, row, named.column, "id-zeros", message)


def _nobody(run: TieredRun, customers: NamedIds) -> Iterator[Problem]:
    """Yield that a customer file holds nobody who has a tier, where anybody has one."""
    tiered = one_array(run.tiers["customer_id"].filter(pc.not_equal(run.tiers["tier"].cast(pa.string()), UNTIERED)))
    looked_for = (customers.ids[:_FIRST_LOOK], customers.ids)  # in the right file the first customers are enough
    if len(tiered) and not any(_are(tiered, ids).any() for ids in looked_for):
        message = f"none of the {len(tiered)} customers with a tier is in this file; is it the file of this bank and month?"
        yield Problem(customers.file, None, None, "customers-none", message)
