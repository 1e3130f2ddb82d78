"""Which products customers hold, by the customer file, and which of those worth teaching they lack (方案 第1条: 产品签约覆盖度)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import positions_in, text_array
from vip_tiering.base.text import tidy, tidy_column
from vip_tiering.customers.cells.texts import one_row_each
from vip_tiering.playbooks.products import Product

ANY_PRODUCT: Final = "any"
"""Stands in the coverage for holding at least one product."""
BETWEEN_PRODUCTS: Final = "、"
COVERAGE: Final = ("product", "customers", "holders", "share_percent")
"""What the coverage says of each group of customers and product."""


def held_products(cells: pa.Array, products: Mapping[str, Product]) -> pd.DataFrame:
    """Return what customers hold: `at`, the position of a customer, and `product`, each pair once, in the order of the cells.

    `cells`: the field products_held, several joined by |, null or "" for nothing. A product of the rules is told by its code, whether
    its code or its label stands there; any other word stands for itself.
    """
    table = one_row_each(pa.table({"at": np.arange(len(cells)), "product": pc.fill_null(cells.cast(pa.string()), "")}), "product")
    coded = tidy_column(pc.cast(table["product"], pa.string()).combine_chunks()).dictionary_encode()
    words = {tidy(word).lower(): code for code, one in products.items() for word in (one.label, code)}
    named = pa.array([words.get(word.lower(), word) for word in coded.dictionary.to_pylist()], pa.string())
    held = pd.DataFrame({"at": table["at"].to_numpy(), "product": named.take(coded.indices).to_pandas().astype("str")})
    return held[held["product"] != ""].drop_duplicates(ignore_index=True)


def labels_held(held: pd.DataFrame, products: Mapping[str, Product], count: int) -> pd.Series:
    """Return the products of each customer as people call them, joined by 、, shape (count,)."""
    labels = held["product"].map({code: one.label for code, one in products.items()}).fillna(held["product"])
    return labels.groupby(held["at"]).agg(BETWEEN_PRODUCTS.join).reindex(range(count), fill_value="").astype("str")


def labels_lacking(held: pd.DataFrame, taught: Sequence[Product], count: int) -> pd.Series:
    """Return which of the products worth teaching each customer lacks, joined by 、, shape (count,)."""
    codes = pa.array([one.code for one in taught], pa.string())
    place = positions_in(text_array(held["product"]), codes)
    lacks = np.ones((count, len(taught)), np.bool_)
    lacks[held["at"].to_numpy()[place >= 0], place[place >= 0]] = False
    sets, which = np.unique(lacks, axis=0, return_inverse=True)
    texts = [BETWEEN_PRODUCTS.join(one.label for one, is_lacking in zip(taught, row, strict=True) if is_lacking) for row in sets.tolist()]
    return pd.Series(np.array(texts, object)[which.reshape(-1)] if count else [], dtype="str")


def coverage_by(customers: pd.DataFrame, held: pd.DataFrame, keys: Sequence[str], products: Sequence[str]) -> pd.DataFrame:
    """Return for each group of customers how many hold any product, and how many each one: the keys and `COVERAGE`.

    `customers`: the keys, and `at`, the position by which `held` knows the customer; a group stands where its first customer does.
    `products`: those that are told, in this order. The share is rounded down to a tenth of a percent.
    """
    groups = customers.groupby([*keys], sort=False, observed=True)
    sizes = groups.size().rename("customers").reset_index()
    every = pd.DataFrame({"product": [ANY_PRODUCT, *products]})
    mine = customers.merge(held, on="at")
    counted = pd.concat([mine.drop_duplicates("at").assign(product=ANY_PRODUCT), mine])
    holders = counted.groupby([*keys, "product"], observed=True).size().rename("holders").reset_index()
    lines = sizes.merge(every, how="cross").merge(holders, how="left", on=[*keys, "product"])
    lines["holders"] = lines["holders"].fillna(0).astype("int64")
    tenths = 1000 * lines["holders"] // lines["customers"]
    lines["share_percent"] = (tenths // 10).astype("str") + "." + (tenths % 10).astype("str")
    return lines[[*keys, *COVERAGE]]
