"""Who holds which customer: branch and manager by the customer file, and how reports show the customer."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import Mask, positions_in, text_array
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.text import tidy_column
from vip_tiering.customers.cells.texts import LONGEST_LIST, NOBODY_NAMED, addresses, clean_text
from vip_tiering.customers.columns import FoundColumns, find_columns
from vip_tiering.customers.fields import Fields
from vip_tiering.customers.households import households_of
from vip_tiering.customers.side_file import SideFile
from vip_tiering.playbooks.customers.customers_file import CODES, CustomerRules
from vip_tiering.reports.words import TEXTS
from vip_tiering.rules.extracts import Aliases

_FIELDS: Final = ("customer_id", "name", "gender", "manager", "branch", "products_held", "household_customer_id")
_ABSENT: Final = {
    "name": "nobody is shown by name",
    "manager": "every customer is unassigned",
    "branch": "every customer belongs to no branch",
}


def parse_holders(file: SideFile, rules: CustomerRules) -> tuple[pd.DataFrame, list[str]]:
    """Return who holds the customers of a file, and a warning for each column that is absent or perhaps misspelled.

    The frame has one row per customer: customer_id, display_name, and branch and manager as categories in the order of reports;
    "" stands for none, and comes last; products_held, several joined by |, and household_customer_id, only where the file has them.
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
    missing = [f"{file.name}: no column {field}: {falls}" for field, falls in _ABSENT.items() if field not in columns]
    shown, _ = addresses(_texts(columns, "name"), gender)
    table = {"customer_id": ids, "display_name": shown, "branch": _texts(columns, "branch"), "manager": _texts(columns, "manager")}
    if "products_held" in columns:
        table["products_held"] = clean_text(fields.several("products_held"), LONGEST_LIST).cast(pa.string())
    if "household_customer_id" in columns:
        table["household_customer_id"] = clean_text(tidy_column(columns.texts("household_customer_id"))).cast(pa.string())
    holders: pd.DataFrame = pa.table(table).to_pandas()
    holders["display_name"] = holders["display_name"].replace(NOBODY_NAMED, "")
    for field in ("branch", "manager"):
        names = holders[field].replace(list(TEXTS["unassigned"]), "")  # whoever is called like none is none
        in_order = sorted({*names.unique(), ""}, key=lambda name: (name == "", name))
        holders[field] = pd.Categorical(names, in_order, ordered=True)
    return holders, [*missing, *warnings]


def no_holders() -> pd.DataFrame:
    """Return the holders of nobody, as `parse_holders` would: every customer is unassigned, and nobody is shown by name."""
    nobody = pd.DataFrame({name: pd.Series(dtype="str") for name in ("customer_id", "display_name", "branch", "manager")})
    for field in ("branch", "manager"):
        nobody[field] = pd.Categorical(nobody[field], [""], ordered=True)
    return nobody


def _texts(columns: FoundColumns, field: str) -> pa.Array:
    if field not in columns:
        return pa.repeat("", len(columns))
    return clean_text(columns.values[field]).cast(pa.string())  # noqa: PD011 (not of pandas)


def with_households(holders: pd.DataFrame, aliases: Aliases | None) -> pd.DataFrame:
    """Return holders with `household` in place of the household's head: the id of its first member. `aliases`: who got another id."""
    if "household_customer_id" not in holders:
        return holders
    head, ids = text_array(holders["household_customer_id"]), text_array(holders["customer_id"])
    first = households_of(ids, head if aliases is None else aliases.known_as(head))
    return holders.drop(columns="household_customer_id").assign(household=ids.take(pa.array(first)).to_pandas().array)


def with_holders(rows: pd.DataFrame, holders: pd.DataFrame) -> pd.DataFrame:
    """Return rows of customers with the columns of `holders`; "" for whoever is not in the customer file."""
    held = holders.drop(columns="customer_id").reset_index(drop=True)
    found = held.reindex(positions_in(text_array(rows["customer_id"]), text_array(holders["customer_id"])))
    texts = dict.fromkeys(held.columns, "")
    return pd.concat([rows.reset_index(drop=True), found.reset_index(drop=True).fillna(texts)], axis="columns")


def are_held(ids: pd.Series, holders: pd.DataFrame) -> Mask:
    """Return which customers are in the customer file, shape (n,)."""
    return np.asarray(positions_in(text_array(ids), text_array(holders["customer_id"])) >= 0)
