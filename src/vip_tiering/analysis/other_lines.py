"""Causes for which the line of a quarter is walked again with one thing changed (semantics 11.4): an ordinary run, never written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.analysis.hypotheses import Hypothesis, any_rounding
from vip_tiering.base.arrays import one_array, positions_in
from vip_tiering.base.money import Int64s
from vip_tiering.base.quarter import Period, day_date
from vip_tiering.base.text import tidy
from vip_tiering.extracts.days import Day, Reading, Step
from vip_tiering.rules.extracts import ProductRules
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.plan import Plan, Request
from vip_tiering.tiers.posting import Progress
from vip_tiering.tiers.run import Run, walk

Through = Callable[[Plan, Iterable[Step]], Iterable[Step]]
MOST_PRODUCTS: Final = 30
"""With more of them the column is hardly that of a product, and each costs a walk."""


@dataclass(frozen=True)
class Shifted(Period):
    """The days of a period, all of them so many days later. Its outlook is of no use: nothing is to come of it."""

    by: int = 0

    @property
    def first(self) -> int:
        """The number of the first day."""
        return super().first + self.by

    @property
    def last(self) -> int:
        """The number of the last day."""
        return super().last + self.by

    @property
    def provisional(self) -> bool:
        """Never: the days after it are those of the next quarter."""
        return False


@dataclass
class Seen:
    """What the first walk showed of the extracts: days delivered, days filled, products, and how many rows were negative."""

    delivered: frozenset[int] = frozenset()
    filled: tuple[int, ...] = ()
    products: set[str] = field(default_factory=set)
    negative_rows: int = 0

    def through(self, plan: Plan, steps: Iterable[Step]) -> Iterator[Step]:
        """Look at the days of a walk as they go by."""
        self.delivered = frozenset(day for one in plan.extracts for day in one.days)
        self.filled = tuple(day for day, _ in plan.days.filled)
        for day, reading in steps:
            if day is not None and day.rows.product is not None and len(self.products) <= MOST_PRODUCTS:
                self.products.update(pc.unique(day.rows.product).to_pylist())
            yield day, reading


@dataclass(frozen=True)
class Lines:
    """The line, ready to be walked for the customers of a list, shape (n,): as the run was computed, but for what is changed.

    `unit`: what the figures of the list are rounded to, in 1/10,000 fen.
    """

    ids: pa.Array
    unit: int
    arguments: Sequence[str | Path]
    request: Request
    rules: Rules
    progress: Progress
    max_bytes: int

    def walk(self, *, rules: Rules | None = None, period: Period | None = None, through: Through | None = None) -> Run:
        """Walk the line once. Days that are missing or in part are taken as they are: the run itself has judged them."""
        period = period or self.request.period
        every_day = tuple(map(day_date, range(period.first, period.last + 1)))
        extracts = (rules or self.rules).extracts.model_copy(update={"partial_days": "accept"})
        request = replace(self.request, period=period, accept_missing=every_day)
        loaded = replace(rules or self.rules, extracts=extracts)
        way = through or (lambda _plan, steps: steps)
        return walk(self.arguments, request, loaded, None, self.progress, max_bytes=self.max_bytes, through=way)

    def fen_days(self, run: Run) -> Int64s:
        """Return the fen-days of the customers of the list, shape (n,); 0 for whoever is not in a run."""
        at = positions_in(self.ids, one_array(pa.array(run.tiers["customer_id"])).cast(pa.string()))
        values = np.append(run.tiers["fen_days"].to_numpy(np.int64), 0)
        found: Int64s = values[at]  # -1, of whoever is absent, is the 0 at the end
        return found

    def hypotheses(self, seen: Seen, as_it_is: Int64s, *, same: bool) -> Iterator[Hypothesis]:
        """Yield the causes one after another; each is walked when it is asked for.

        `as_it_is`: fen-days with nothing changed, and whether they are the `same` as in the run.
        """
        days = self.request.period.days

        def cause(code: str, words: str, fen_days: Int64s, by: int = days) -> Hypothesis:
            return Hypothesis(code, words, fen_days, by, any_rounding(self.unit))

        if not same:
            yield cause("other_extracts", "as these extracts give it, not those of the run", as_it_is)
        if seen.filled and self.request.kind == "snapshot":
            delivered = self.fen_days(self.walk(through=_with_empty_days))
            yield cause("missing_days_as_nothing", f"missing days ({len(seen.filled)}) counted as nothing", delivered)
            if by := days - len(seen.filled):
                yield cause("delivered_days_only", f"mean over the {by} delivered days only", delivered, by)
        other = {"zero": ("net", "negatives_netted", "netted"), "net": ("zero", "negatives_zeroed", "counted as 0")}
        if seen.negative_rows and (found := other.get(self.rules.extracts.negative)):
            rule, code, how = found
            yield cause(code, f"negative balances {how}", self.fen_days(self.walk(rules=self._with(negative=rule))))
        for by, code, words in ((-1, "a_day_earlier", "earlier"), (1, "a_day_later", "later")):
            period = Shifted(self.request.period.quarter, self.request.period.as_of, by=by)
            if _reaches(seen, period, self.request):
                span = f"{day_date(period.first)} to {day_date(period.last)}"
                yield cause(code, f"a day {words}: {span}", self.fen_days(self.walk(period=period)))
        for code, words, product in self._scopes(seen):
            yield cause(code, words, self.fen_days(self.walk(rules=self._with(product=product))))
        for one, product in self._without_each(seen):
            left = self.fen_days(self.walk(rules=self._with(product=product)))
            yield cause(f"without_product:{one}", f"product {one} left out", left)
            yield cause(f"only_product:{one}", f"product {one} alone", as_it_is - left)

    def not_tried(self, seen: Seen) -> list[str]:
        """Return what the extracts cannot tell."""
        lines = []
        for by, day in ((-1, self.request.period.first - 1), (1, self.request.period.last + 1)):
            period = Shifted(self.request.period.quarter, self.request.period.as_of, by=by)
            if not _reaches(seen, period, self.request):
                lines.append(f"not tried: a day {'earlier' if by < 0 else 'later'}, which needs an extract of {day_date(day)}")
        if len(self._products(seen)) > MOST_PRODUCTS:
            lines.append(f"not tried: each product left out, for there are more than {MOST_PRODUCTS}")
        return lines

    def _with(self, **changed: Any) -> Rules:  # noqa: ANN401 (any rule of extracts)
        return replace(self.rules, extracts=self.rules.extracts.model_copy(update=changed))

    def _products(self, seen: Seen) -> list[str]:
        """Return the products that count, sorted: by the rules, or where these name none as delivered."""
        rule = self.rules.extracts.product
        named = {*(rule.include or ()), *(rule.weights or {})} if rule else seen.products
        return sorted(map(tidy, named))

    def _scopes(self, seen: Seen) -> Iterator[tuple[str, str, ProductRules]]:
        """Yield the scopes in which more counts than by the rules."""
        rule = self.rules.extracts.product
        if rule is not None and rule.weights:
            yield "weights_ignored", "weights of products ignored", ProductRules(include=self._products(seen), exclude=rule.exclude)
        if rule is not None and rule.exclude:
            everything = [*self._products(seen), *map(tidy, rule.exclude)]
            yield "all_products", "all products counted in full", ProductRules(include=everything)

    def _without_each(self, seen: Seen) -> Iterator[tuple[str, ProductRules]]:
        """Yield each product that counts, and the scope without it."""
        rule = self.rules.extracts.product or ProductRules()
        products = self._products(seen)
        for one in products if 1 < len(products) <= MOST_PRODUCTS else ():
            weights = {code: weight for code, weight in (rule.weights or {}).items() if tidy(code) != one}
            rest = [code for code in products if code != one]
            yield one, ProductRules(include=rest, exclude=[*(rule.exclude or ()), one], weights=weights or None)


def _reaches(seen: Seen, period: Period, request: Request) -> bool:
    """Tell whether the extracts hold what a shifted period needs: a day on or before its first, and one on or after its last."""
    opening = request.opening_zero and request.kind == "changes"
    return bool(seen.delivered) and max(seen.delivered) >= period.last and (opening or min(seen.delivered) <= period.first)


def _with_empty_days(plan: Plan, steps: Iterable[Step]) -> Iterator[Step]:
    """Put a day without rows in the place of every missing day, so that nothing stands on it."""
    missing = [day for day, _ in plan.days.filled]
    last: Day | None = None
    for day, reading in steps:
        if day is not None:
            for gone in [one for one in missing if last is not None and last.day < one < day.day]:
                yield Day(gone, day.rows.take(slice(0, 0))), Reading()
            last = day
        yield day, reading
    if last is not None:
        for gone in [one for one in missing if one > last.day]:
            yield Day(gone, last.rows.take(slice(0, 0))), Reading()
