"""A report as tables: for programs, with codes and English column names, and for people, in their language. Frames in, tables out.

`Words` makes a table one for people; without them it is for programs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import one_array, text_array, truth
from vip_tiering.base.money import decimal_from_fen
from vip_tiering.base.schema import ABSENT, RESERVED_CODES, UNASSIGNED, UNTIERED
from vip_tiering.reports.figures.clues import BETWEEN_CLUES
from vip_tiering.reports.figures.tallies import MANAGER, TOTAL
from vip_tiering.reports.words import AMOUNTS, DEPOSIT, DEPOSIT_NOW, FIGURES, LACKING, MONTHS, MOVEMENT, OWN, PROSPECTS, ROWS, Words
from vip_tiering.tiers.published.run_folder import TieredRun

_ROWS = list(ROWS)
ROWS_FOR_PROGRAMS: Final = (*_ROWS[: _ROWS.index("from_label")], "from_tier", "to_tier", *_ROWS[_ROWS.index("from_label") :])
"""The columns of changes.csv."""
PROSPECTS_FOR_PROGRAMS: Final = (
    "customer_id", "display_name", "branch", "manager", "tier", "state", "target", "projected_tier", "daily_average", "gap",
    "cushion", "projected_average", "closing_balance", "last_contact",
)  # fmt: skip
"""The columns of outlook.csv; after the gap what must come, now and on each of some days."""


def table_of(frame: pd.DataFrame, columns: Collection[str], amounts: Collection[str] = AMOUNTS) -> pa.Table:
    """Return columns of a frame as text, whole numbers, and amounts, which come in fen, as decimal128(18, 2) yuan."""
    return pa.table({name: _column(frame[name], is_amount=name in amounts) for name in columns})


def _column(values: pd.Series, *, is_amount: bool) -> pa.Array:
    if not pd.api.types.is_integer_dtype(values):
        return text_array(values)
    numbers = one_array(pa.array(values))
    if not is_amount:
        return numbers
    known = truth(numbers.is_valid()) if numbers.null_count else None
    return decimal_from_fen(numbers.fill_null(0).to_numpy(), known)


def rows_table(moves: pd.DataFrame, run: TieredRun, words: Words | None = None) -> pa.Table:
    """Return every row with the columns `words.ROWS`, in words, or `ROWS_FOR_PROGRAMS`, with clues as codes joined by |."""
    labels = words.tiers if words else {**run.labels, ABSENT: RESERVED_CODES[ABSENT]}
    rows = moves.assign(from_label=moves["from_tier"].map(labels), to_label=moves["to_tier"].map(labels))
    rows = with_names(rows, words)
    if words is None:
        return table_of(rows, ROWS_FOR_PROGRAMS)
    clues = {codes: words.clues(codes.split(BETWEEN_CLUES)) for codes in rows["clues"].unique()}
    rows["display_name"] = rows["display_name"].replace("", words.text("nobody"))
    return table_of(rows.assign(change=rows["change"].map(words.changes), clues=rows["clues"].map(clues)), ROWS)


def prospects_table(chosen: pd.DataFrame, words: Words | None = None) -> pa.Table:
    """Return who is about to rise or fall, in words, or for programs with codes; what must come by the day stands after the gap.

    The tier to be reached is left out where it is the one they have.
    """
    deposits = [name for name in map(str, chosen.columns) if name.startswith(DEPOSIT)]
    rows = _customers(chosen, words)
    if words is None:
        place = PROSPECTS_FOR_PROGRAMS.index("gap") + 1
        columns = [*PROSPECTS_FOR_PROGRAMS[:place], *deposits, *PROSPECTS_FOR_PROGRAMS[place:]]
        return table_of(rows, columns, [*AMOUNTS, *deposits])
    people = [name for name in PROSPECTS if name != "target_label" or (chosen["target"] != chosen["tier"]).any()]
    place = people.index(DEPOSIT_NOW)
    columns = ["customer_id", "display_name", *MANAGER, *people[:place], *deposits, *people[place + 1 :]]
    return table_of(rows, columns, [*AMOUNTS, *deposits])


def without_owner(prospects: pa.Table) -> pa.Table:
    """Return those of one manager, whom no column needs to name; of nobody, the tier to be reached needs none either."""
    needless = {*MANAGER, *(() if len(prospects) else ["target_label"])}
    return prospects.select([name for name in prospects.column_names if name not in needless])


def movement_table(movement: pd.DataFrame, run: TieredRun) -> pa.Table:
    """Return why each tier's sum of averages changed, for programs."""
    rows = movement.assign(tier_label=movement["tier"].map(run.labels)).astype(dict.fromkeys(MOVEMENT, "Int64"))
    return table_of(rows, ["tier", "tier_label", *MOVEMENT], MOVEMENT)


def own_table(customers: pd.DataFrame, words: Words) -> pa.Table:
    """Return all customers of a manager with the columns `words.OWN`."""
    needed = {"basis_label": "tier_basis", "household_average": "household"}
    rows = _customers(customers, words)
    if "household" in customers:
        rows["household_average"] = household_averages(customers)
    return table_of(rows, [name for name in OWN if needed.get(name, name) in rows])


def household_averages(customers: pd.DataFrame) -> pd.Series:
    """Return the sum of the averages of each customer's household among these customers in fen, shape (n,); null for who is alone.

    Of a household only those count who stand in the same file: nobody reads there what another manager's customer holds.
    """
    of_one = customers.groupby("household")["daily_average"]
    several = (of_one.transform("size") > 1) & (customers["household"] != "")  # "": who is not in the customer file
    total: pd.Series = of_one.transform("sum").astype("Int64")
    return total.where(several)


def _customers(customers: pd.DataFrame, words: Words | None) -> pd.DataFrame:
    """Return customers with amounts under the names that reports use, and with the words of one language where there are any."""
    amounts = {"gap_to_next_fen": "gap_to_next", "cushion_fen": "cushion", "closing_fen": "closing_balance"}
    rows = with_names(customers.rename(columns={**amounts, "projected_average_fen": "projected_average"}), words)
    if words is None:
        return rows
    labels = {"tier_label": "tier", "target_label": "target", "projected_label": "projected_tier", "from_label": "from_tier"}
    for label, code in labels.items():
        if code in rows:
            rows[label] = rows[code].astype("str").map({**words.tiers, "": ""})
    if "tier_basis" in rows:
        rows["basis_label"] = rows["tier_basis"].map(words.bases)
    rows["state_label"] = rows["state"].astype("str").map(words.states)
    rows["display_name"] = rows["display_name"].replace("", words.text("nobody"))
    return rows


def lacking_table(customers: pd.DataFrame, words: Words) -> pa.Table:
    """Return the customers of a manager who lack a product that is taught, with the columns `words.LACKING`."""
    lacking = customers[(customers["products_lacking"] != "") & (customers["tier"] != UNTIERED)]
    return table_of(_customers(lacking, words), LACKING)


def with_names(frame: pd.DataFrame, words: Words | None) -> pd.DataFrame:
    """Return a frame with a name for who has no branch or no manager; null stays."""
    nobody = words.named("") if words else UNASSIGNED
    names = {name: frame[name].astype("str").replace("", nobody) for name in ("branch", "manager") if name in frame}
    return frame.assign(**names)


def tiers_table(lines: pd.DataFrame, run: TieredRun, words: Words | None = None) -> pa.Table:
    """Return lines by tier, each after the names of its group; with totals where it is for people."""
    groups = [name for name in ("branch", "manager") if name in lines]
    lines = with_names(lines, words)
    if words is None:
        lines = lines[lines["tier"] != TOTAL]
        return table_of(lines.assign(tier_label=lines["tier"].map(run.labels)), [*groups, "tier", "tier_label", *FIGURES])
    labels = {**words.tiers, TOTAL: words.text("total")}
    return table_of(lines.assign(tier_label=lines["tier"].map(labels)), [*groups, "tier_label", *FIGURES])


def known(table: pa.Table) -> pa.Table:
    """Return a table without the columns of which nothing is known."""
    return table.select([name for name in table.column_names if table[name].null_count < len(table)])


def months_table(months: pd.DataFrame) -> pa.Table:
    """Return the averages of months with the columns `words.MONTHS`, for people and programs alike."""
    return table_of(months, MONTHS)
