"""Two runs side by side, customer by customer: whose tier, average or closing balance differs, and how much. Pure.

The two sides have names, such as `published` and `restated`, which begin or end the names of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import text_array
from vip_tiering.base.money import decimal_from_fen
from vip_tiering.base.schema import ABSENT

Names = tuple[str, str]
"""What the two sides are called."""
Mask = np.ndarray[Any, np.dtype[np.bool_]]
_FIGURES: Final = {"fen_days": "Int64", "daily_average_fen": "Int64", "closing_fen": "Int64"}


def side_by_side(old: pd.DataFrame, new: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Return everybody of both runs, sorted by customer_id, with tier and figures in fen of either side: `tier_NAME` and so on.

    `old`, `new`: with columns of `tiers.parquet`; null where a side does not know the customer.
    """
    wanted = ["customer_id", "tier", *_FIGURES]
    first, second = (frame[wanted].astype({"customer_id": "str", "tier": "str", **_FIGURES}) for frame in (old, new))
    both = first.merge(second, how="outer", on="customer_id", suffixes=(f"_{names[0]}", f"_{names[1]}"))
    return both.sort_values("customer_id", ignore_index=True)


def differing(sides: pd.DataFrame, names: Names, average: str = "fen_days") -> dict[str, Mask]:
    """Return for each way to differ, by its code, who does, shape (n,); who is on one side only is told of nothing besides.

    `average`: the column by which averages differ. Fen-days tell of a difference below a fen too, where both runs have as many days.
    """
    first, second = (sides[f"tier_{name}"].notna().to_numpy() for name in names)
    compared = {"tier": "tier", "average": average, "closing": "closing_fen"}
    return {
        f"only_{names[0]}": first & ~second,
        f"only_{names[1]}": second & ~first,
        **{kind: first & second & _unequal(sides, name, names) for kind, name in compared.items()},
    }


def _unequal(sides: pd.DataFrame, column: str, names: Names) -> Mask:
    """Return where a column differs between both sides; false where one of them is not there."""
    differs = sides[f"{column}_{names[0]}"] != sides[f"{column}_{names[1]}"]
    return differs.fillna(False).to_numpy(np.bool_)


def rows_that_differ(sides: pd.DataFrame, differs: Mapping[str, Mask], names: Names) -> pd.DataFrame:
    """Return the customers of whom anything differs: id, how, joined by `|`, and of each side `NAME_tier`, `NAME_average`, `NAME_closing`.

    Amounts are int64 fen, 0 and tier `absent` on a side without the customer; `difference` subtracts the averages that are printed.
    """
    any_of_them = np.logical_or.reduce([*differs.values()])
    rows = sides[any_of_them].reset_index(drop=True)
    kinds = pd.Series("", rows.index, dtype="str")
    for kind, mask in differs.items():
        kinds = kinds.mask(mask[any_of_them], kinds + "|" + kind)
    table = pd.DataFrame({"customer_id": rows["customer_id"], "differs": kinds.str.removeprefix("|")})
    for part, column in (("tier", "tier"), ("average", "daily_average_fen"), ("closing", "closing_fen")):
        for name in names:
            given = rows[f"{column}_{name}"]
            table[f"{name}_{part}"] = given.fillna(ABSENT) if part == "tier" else given.fillna(0).astype("int64")
    table["difference"] = table[f"{names[1]}_average"] - table[f"{names[0]}_average"]
    return table


def order_of_tiers(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the codes of both ladders, the lowest first: nobody, those of the newer one, what only the older one has."""
    return [ABSENT, *new, *(code for code in old if code not in new)]


def file_columns(rows: pd.DataFrame) -> dict[str, pa.Array]:
    """Return rows as the columns of a file: amounts in yuan, all else as text."""
    return {
        name: decimal_from_fen(rows[name].to_numpy(np.int64)) if pd.api.types.is_integer_dtype(rows[name]) else text_array(rows[name])
        for name in rows.columns
    }
