"""Who holds which customer: branch and manager by the customer file, and how reports show the customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, positions_in
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.customers.columns import FoundColumns, find_columns
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.side_file import SideFile
from vip_tiering.customers.texts import addresses, clean_text
from vip_tiering.playbooks.customers import CODES, CustomerRules
from vip_tiering.reports.words import TEXTS

_FIELDS: Final = ("customer_id", "name", "gender", "manager", "branch")
_ABSENT: Final = {
    "name": "nobody is shown by name",
    "manager": "every customer is unassigned",
    "branch": "every customer belongs to no branch",
}
_BETWEEN: Final = "\x1f"
"""Stands between branch and manager; no cleaned text holds it."""


@dataclass(frozen=True)
class Holders:
    """Branch and manager of customers, "" for none.

    `customer_id`: those of the customer file, shape (n,). `display_name` and `owner`, shape (n + 1,): the last entry is for
    whoever is not in the file. `owner`: index into `owners`, pairs of branch and manager in order, none last; `branch_of`:
    index into `branches` by owner.
    """

    customer_id: pa.Array
    display_name: pa.Array
    owner: Int32s
    owners: list[tuple[str, str]]
    branches: list[str]
    branch_of: Int32s

    def at(self, ids: pa.Array) -> Int32s:
        """Return where customers stand, shape (k,); whoever is not in the file stands at n."""
        places = positions_in(ids, self.customer_id)
        places[places < 0] = len(self.customer_id)
        return places

    def unknown(self, ids: pa.Array) -> int:
        """Return how many customers are not in the file."""
        return int(np.count_nonzero(self.at(ids) == len(self.customer_id)))


def parse_holders(file: SideFile, rules: CustomerRules) -> tuple[Holders, list[str]]:
    """Return who holds the customers of a file, and a warning for each column that is absent or perhaps misspelled.

    Raises DataError (exit 4) with every problem at once. Columns that a report does not need are not judged.
    """
    columns, warnings = find_columns(file, rules, _FIELDS, ("customer_id",))
    if not len(columns):
        raise DataError([Problem(file.name, None, None, "file-no-rows", "the file has a header and no rows; deliver the customers")])
    fields = Fields(columns, rules)
    ids = fields.ids("customer_id")
    fields.refuse_repeated("customer_id", ids)
    gender = fields.codes("gender", CODES["gender"]) if "gender" in columns else np.zeros(len(columns), np.int8)
    fields.refuse()
    names = addresses(_text(columns, "name"), gender)[0]
    missing = [f"{file.name}: no column {field}: {falls}" for field, falls in _ABSENT.items() if field not in columns]
    return _holders(ids, names, _name(columns, "branch"), _name(columns, "manager")), [*missing, *warnings]


def _text(columns: FoundColumns, field: str) -> pa.Array:
    if field not in columns:
        return pa.repeat("", len(columns))
    return clean_text(columns.values[field]).cast(pa.string())


def _name(columns: FoundColumns, field: str) -> pa.Array:
    """Return branches or managers; whoever is called like none is none."""
    texts = _text(columns, field)
    return pc.if_else(pc.is_in(texts, value_set=pa.array(TEXTS["unassigned"])), "", texts)


def _holders(ids: pa.Array, names: pa.Array, branch: pa.Array, manager: pa.Array) -> Holders:
    nobody = pa.array([""])
    joined = pc.binary_join_element_wise(branch, manager, _BETWEEN)
    coded = pa.concat_arrays([joined, pa.array([_BETWEEN])]).dictionary_encode()
    pairs = [tuple(text.split(_BETWEEN)) for text in coded.dictionary.to_pylist()]
    order = sorted(range(len(pairs)), key=lambda one: [(not name, name) for name in pairs[one]])
    place = np.empty(len(pairs), np.int32)
    place[order] = np.arange(len(pairs), dtype=np.int32)
    owners = [(pairs[one][0], pairs[one][1]) for one in order]
    branches = list(dict.fromkeys(name for name, _ in owners))
    return Holders(
        customer_id=ids,
        display_name=pa.concat_arrays([names.cast(pa.string()), nobody]),
        owner=place[coded.indices.to_numpy(zero_copy_only=False)],
        owners=owners,
        branches=branches,
        branch_of=np.array([branches.index(name) for name, _ in owners], np.int32),
    )
