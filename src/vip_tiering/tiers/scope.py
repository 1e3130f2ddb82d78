"""What of a delivered balance counts, and how much (semantics 2.6).

Row by row and in this order: a product that does not count is left out; the negative rule; the rate of the currency; the
weight of the product; then half-even to the fen, once. Rows are treated as whole columns; only the few combinations of
currency and product of a day are looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Mask, text_array
from vip_tiering.base.errors import Problem
from vip_tiering.base.money import AMOUNT_LIMIT_FEN, Int64s, exact_sum, exact_sums, value_range
from vip_tiering.base.quarter import day_date
from vip_tiering.base.roster import Located, Positions, Roster
from vip_tiering.base.text import tidy
from vip_tiering.extracts.row_rules import RULES
from vip_tiering.extracts.rows import Rejects, Rows
from vip_tiering.rules.extracts import HOME_CURRENCY, LONGEST_CARRY_DAYS, Aliases, Negative, ProductRules, Rates, weight_of
from vip_tiering.rules.load import Rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.retention import keep_highest
from vip_tiering.tiers.tiering import tier_levels

Index = npt.NDArray[np.intp]
_NEGATIVE: Final = "amount-negative"
_RANGE: Final = "amount-range"
_UNKNOWN: Final = Decimal(-1)
"""Stands for the weight of a product that the rules do not name."""
_SHOWN_PRODUCTS: Final = 20
_PRODUCT_FORM: Final = re.compile(r"(?!.*[0-9]{6})[\w -]{1,32}")
"""Products that a message may show; another one could be a customer's value in a column that was taken for the product."""
_WHOLE: Final = pa.decimal256(20, 0)
_FACTOR: Final = pa.decimal256(28, 16)
"""A rate has at most 8 digits and 10 places, a weight 6 places."""


class Renaming:
    """Follows a roster of ids as delivered, and says whose rows count for whom."""

    def __init__(self, aliases: Aliases, roster: Roster, rows: int = 0) -> None:
        """Begin with a roster that is still empty, or with one of which so many rows were renamed already."""
        self._aliases, self._roster = aliases, roster
        self._target: Positions = np.empty(0, np.int64)
        self.rows = rows
        self._extend()

    @property
    def customers(self) -> int:
        """How many delivered ids were renamed."""
        return int(np.count_nonzero(self._target != np.arange(len(self._target))))

    def apply(self, customers: Located) -> Located:
        """Return the rows' customers by their new numbers."""
        self._extend()
        positions = self._target[customers.positions]
        self.rows += int(np.count_nonzero(positions != customers.positions))
        return Located(positions, len(self._roster))

    def _extend(self) -> None:
        """Look at the ids that came since the last day; a new number may be new to the roster itself."""
        while (known := len(self._target)) < len(self._roster):
            new_ids = self._aliases.renamed(self._roster.ids.slice(known))
            target = np.arange(known, known + len(new_ids))
            renamed = np.flatnonzero(pc.is_valid(new_ids).to_numpy(zero_copy_only=False))
            if len(renamed):
                target[renamed] = self._roster.position_of(new_ids.take(pa.array(renamed)))
            self._target = np.concatenate([self._target, target])


def rename_previous(tiers: pd.DataFrame, aliases: Aliases | None, ladder: Ladder) -> pd.DataFrame:
    """Return the tiers of an earlier quarter by the new numbers: sums are added, and who was touched is tiered again (semantics 2.6).

    `days_held` of several ids becomes the longest of them. `ladder`: the one by which they were tiered.
    """
    if aliases is None or tiers.empty:
        return tiers
    ids = text_array(tiers["customer_id"])
    new_ids = aliases.known_as(ids)
    touched = pc.is_in(new_ids, aliases.new.unique()).to_numpy(zero_copy_only=False)
    if not touched.any():
        return tiers
    merged = (
        tiers.loc[touched]
        .assign(customer_id=pd.Series(new_ids.filter(pa.array(touched)), index=tiers.index[touched], dtype="string[pyarrow]"))
        .groupby("customer_id", as_index=False, sort=True)
        .agg({"fen_days": "sum", "quarter_days": "first", "closing_fen": "sum", "days_held": "max"})
    )
    days = int(tiers["quarter_days"].iloc[0])
    levels = tier_levels(merged["fen_days"].to_numpy(np.int64), days, ladder)
    codes = pd.Index(ladder.codes).union(tiers["tier"].cat.categories, sort=False)
    merged = merged.assign(tier=pd.Categorical.from_codes(levels, categories=codes), daily_average_fen=merged["fen_days"] // days)
    if "retained_tier" in tiers:
        merged = keep_highest(merged, tiers.loc[touched], new_ids.filter(pa.array(touched)), ladder)
    rest = tiers.loc[~touched].assign(tier=tiers.loc[~touched, "tier"].cat.set_categories(codes))
    frame: pd.DataFrame = pd.concat([rest, merged[list(tiers.columns)]], ignore_index=True)
    return frame


@dataclass(frozen=True)
class Scope:
    """The scope rules of a run, ready to be applied. `names`, `headers`: how messages call an extract and a role's column."""

    negative: Negative
    weights: dict[str, Decimal | None] | None
    """Product -> what of it counts, None for one that does not; None where all products count in full."""
    rates: Rates | None
    names: list[str]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, rules: Rules, names: list[str], headers: Mapping[str, str]) -> Self:
        """Return the scope that the rules describe."""
        return cls(rules.extracts.negative, _weights(rules.extracts.product), rules.rates, names, headers)


def _weights(product: ProductRules | None) -> dict[str, Decimal | None] | None:
    if product is None:
        return None
    included = {tidy(code): Decimal(1) for code in product.include or ()}
    weighted = {tidy(code): weight_of(weight) for code, weight in (product.weights or {}).items()}
    return {**included, **weighted, **{tidy(code): None for code in product.exclude or ()}}


@dataclass
class Total:
    """Rows of a product or a currency, and their sums as delivered and as counted, in hundredths."""

    rows: int = 0
    delivered: int = 0
    counted: int = 0


@dataclass
class Totals:
    """What the scope rules did to the rows of a run. `negative`: overdrafts, in fen, before they count as anything."""

    excluded: int = 0
    negative: Total = field(default_factory=Total)
    products: dict[str, Total] = field(default_factory=dict)
    currencies: dict[str, Total] = field(default_factory=dict)

    def add(self, other: Totals) -> None:
        """Add the totals of another day."""
        self.excluded += other.excluded
        pairs = [(self.negative, other.negative)]
        for mine, others in ((self.products, other.products), (self.currencies, other.currencies)):
            pairs += [(mine.setdefault(code, Total()), total) for code, total in others.items()]
        for total, more in pairs:
            total.rows += more.rows
            total.delivered += more.delivered
            total.counted += more.counted


@dataclass(frozen=True)
class Counted:
    """The rows of a day that count, with the balance that counts. `kept`: their indices, None where all rows do."""

    rows: Rows
    kept: Index | None
    totals: Totals = field(default_factory=Totals)
    rejects: Rejects = field(default_factory=Rejects)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class _Codes:
    """A column of few different values: `names` of shape (k,), `index` of shape (n,)."""

    names: list[str]
    index: npt.NDArray[np.int64]

    @classmethod
    def of(cls, column: pa.Array | None, otherwise: str, count: int) -> Self:
        if column is None:
            return cls([otherwise] if count else [], np.zeros(count, np.int64))
        encoded = column.dictionary_encode()
        return cls(encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64))


def count_day(rows: Rows, day: int, scope: Scope) -> Counted:
    """Return what counts of the rows of one day. Problems forbid a run; rejects may be allowed."""
    if scope.weights is None and scope.rates is None and rows.balance_range_fen[0] >= 0:
        return Counted(rows, None)
    products = _Codes.of(rows.product if scope.weights is not None else None, "", len(rows))
    currencies = _Codes.of(rows.currency, HOME_CURRENCY, len(rows))
    weights = [Decimal(1) if scope.weights is None else scope.weights.get(name, _UNKNOWN) for name in products.names]
    rates = [Decimal(1) if scope.rates is None else scope.rates.rate(name, day) for name in currencies.names]
    if problems := [*_unknown_products(rows, products, weights, scope), *_missing_rates(rows, currencies, rates, day, scope)]:
        return Counted(rows, None, problems=problems)
    excluded = np.array([weight is None for weight in weights], bool)[products.index]
    negative = (rows.balance_fen < 0) & ~excluded
    floored = np.where(negative, 0, rows.balance_fen) if scope.negative == "zero" else rows.balance_fen
    counted = _converted(floored, currencies, rates, products, weights)
    rejects, refused = _rejects(rows, counted, excluded, negative, scope)
    used = ~(excluded | refused)
    totals = Totals(int(np.count_nonzero(excluded)), _negative_total(rows, negative & used, currencies, rates))
    if scope.weights is not None:
        totals.products = _totals(products, rows.balance_fen, counted, used, excluded)
    if scope.rates is not None:
        totals.currencies = _totals(currencies, rows.balance_fen, counted, used, excluded)
    kept = None if used.all() else np.flatnonzero(used)
    rows = replace(rows, balance_fen=counted)
    return Counted(rows if kept is None else rows.take(kept), kept, totals, rejects)


def half_even(amounts: Int64s, factor: Decimal) -> Int64s:
    """Return amounts times an exact factor, each rounded half-even to a whole number once; shape (n,)."""
    exact = pc.multiply(pa.array(amounts).cast(_WHOLE), pa.scalar(factor, _FACTOR))
    whole = pc.round(exact, 0, round_mode="half_to_even").cast(pa.decimal256(60, 0))
    largest_fen = pa.scalar(Decimal(AMOUNT_LIMIT_FEN), whole.type)  # what is larger is rejected, so its size does not matter
    bounded = pc.min_element_wise(pc.max_element_wise(whole, pc.negate(largest_fen)), largest_fen)
    result: Int64s = bounded.cast(pa.int64()).to_numpy()
    return result


def _converted(amounts: Int64s, currencies: _Codes, rates: list[Decimal | None], products: _Codes, weights: list[Decimal | None]) -> Int64s:
    """Return amounts in the fen that count: times the rate of their currency and the weight of their product."""
    pairs = currencies.index * len(weights) + products.index
    counted = amounts
    for pair in np.unique(pairs).tolist():
        factor = (rates[pair // len(weights)] or Decimal(0)) * (weights[pair % len(weights)] or Decimal(0))
        if factor != 1:
            at = np.flatnonzero(pairs == pair)
            counted = counted.copy() if counted is amounts else counted
            counted[at] = half_even(amounts[at], factor)
    return counted


def _unknown_products(rows: Rows, products: _Codes, weights: list[Decimal | None], scope: Scope) -> list[Problem]:
    """Return one problem that lists the products of a day that the rules do not name."""
    unknown = [place for place, weight in enumerate(weights) if weight == _UNKNOWN]
    if not unknown:
        return []
    shown = sorted(name for name in (products.names[place] for place in unknown) if _PRODUCT_FORM.fullmatch(name))[:_SHOWN_PRODUCTS]
    more = len(unknown) - len(shown)
    listed = ", ".join(shown) + (f"{' and ' if shown else ''}{more} more" if more else "")
    message = f"product unknown: {listed}; name each one under product in rules/extracts.yaml: include, exclude or weights"
    first = int(np.flatnonzero(np.isin(products.index, unknown))[0])
    return [_problem(rows, first, "product", "product-unknown", message, scope)]


def _missing_rates(rows: Rows, currencies: _Codes, rates: list[Decimal | None], day: int, scope: Scope) -> list[Problem]:
    """Return one problem for each currency of a day that has no rate of that day or of the seven days before it."""
    problems = []
    for place in (place for place, rate in enumerate(rates) if rate is None):
        message = f"no rate of {currencies.names[place]} for {day_date(day)} or one of the {LONGEST_CARRY_DAYS} days before it"
        message += "; add it to the rates file"
        first = int(np.flatnonzero(currencies.index == place)[0])
        problems.append(_problem(rows, first, "currency", "rate-missing", message, scope))
    return problems


def _problem(rows: Rows, row: int, role: str, rule: str, message: str, scope: Scope) -> Problem:
    return Problem(scope.names[rows.file[row]], int(rows.row[row]), scope.headers.get(role, role), rule, message)


def _rejects(rows: Rows, counted: Int64s, excluded: Mask, negative: Mask, scope: Scope) -> tuple[Rejects, Mask]:
    """Return the rows that break a rule only now: negative where that is refused, too large once converted."""
    lowest, highest = value_range(counted)
    too_large = ((counted >= AMOUNT_LIMIT_FEN) | (counted <= -AMOUNT_LIMIT_FEN)) & ~excluded
    refused = negative if scope.negative == "reject" else np.zeros(len(rows), bool)
    if max(highest, -lowest) >= AMOUNT_LIMIT_FEN:
        refused = refused | too_large
    bad = np.flatnonzero(refused)
    rules = [_NEGATIVE if one else _RANGE for one in (negative[bad] & (scope.negative == "reject")).tolist()]
    problems = [_problem(rows, row, "balance", rule, RULES[rule], scope) for row, rule in zip(bad.tolist(), rules, strict=True)]
    return Rejects(problems, set(rows.customer_id.take(pa.array(bad)).to_pylist())), refused


def _negative_total(rows: Rows, negative: Mask, currencies: _Codes, rates: list[Decimal | None]) -> Total:
    """Return how many used rows were negative, and their sum in fen before the negative rule and the weight."""
    at = np.flatnonzero(negative)
    codes = _Codes(currencies.names, currencies.index[at])
    fen = _converted(rows.balance_fen[at], codes, rates, _Codes([""], np.zeros(len(at), np.int64)), [Decimal(1)])
    return Total(len(at), exact_sum(fen), 0)


def _totals(codes: _Codes, delivered: Int64s, counted: Int64s, used: Mask, excluded: Mask) -> dict[str, Total]:
    """Return rows and sums by code; a row that does not count adds 0 to what was counted, a rejected one nothing at all."""
    size, at = len(codes.names), np.flatnonzero(used | excluded)
    index = codes.index[at]
    rows = np.bincount(index, minlength=size).tolist()
    sums = exact_sums(delivered[at], index, size), exact_sums(np.where(excluded, 0, counted)[at], index, size)
    return {name: Total(*figures) for name, *figures in zip(codes.names, rows, *sums, strict=True) if figures[0]}
