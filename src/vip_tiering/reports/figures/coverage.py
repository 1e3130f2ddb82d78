"""Products by customer, and how far products are signed up by branch and manager (E-COVER, 产品签约覆盖度). Frames in, frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from vip_tiering.base.arrays import text_array
from vip_tiering.base.schema import UNTIERED
from vip_tiering.customers.products import COVERAGE, coverage_by, held_products, labels_held, labels_lacking
from vip_tiering.playbooks.products import Product


def with_products(
    customers: pd.DataFrame, known: pd.Series, products: Mapping[str, Product], taught: Sequence[Product]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return customers with what they hold and lack, in words, and how far products are signed up; None where nobody says.

    `customers`: see `customers_of`, with products_held as delivered; `known`: who is in the customer file. products_lacking is "" for
    whoever holds all that are `taught`, and for who is not known. The coverage has branch and manager, both null for all customers,
    manager null for a branch, and `COVERAGE`; those count who are known and have a tier.
    """
    if "products_held" not in customers:
        return customers, None
    held = held_products(text_array(customers["products_held"]), products)
    lacking = labels_lacking(held, taught, len(customers)).where(known.to_numpy(), "")
    tiered = customers.assign(at=np.arange(len(customers)))[(known & (customers["tier"] != UNTIERED)).to_numpy()]
    of_tiered = set(held["product"][held["at"].isin(tiered["at"])])
    told = [one.code for one in taught]
    told += sorted(of_tiered - {*told})
    parts = [
        coverage_by(tiered[["at"]].assign(everybody=""), held, ["everybody"], told),
        coverage_by(tiered[["branch", "at"]], held, ["branch"], told),
        coverage_by(tiered[["branch", "manager", "at"]], held, ["branch", "manager"], told),
    ]
    coverage = pd.concat(
        [part.astype({name: "str" for name in ("branch", "manager") if name in part}) for part in parts], ignore_index=True
    )
    coverage = coverage.reindex(columns=["branch", "manager", *COVERAGE]).astype({"branch": object, "manager": object})
    return customers.assign(products_held=labels_held(held, products, len(customers)), products_lacking=lacking), coverage
