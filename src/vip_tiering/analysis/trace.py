"""A customer traced through the extracts of a run: which row of which file counted on which day, and how much (semantics 11.1).

Rows are read, judged and counted by what a run itself uses (`plan`, `days`, `posting`, `scope`); here they are only laid out by day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.analysis.recompute import request_of
from vip_tiering.base.arrays import share_freed_memory, truth
from vip_tiering.base.errors import NAMED_FILES, DataError, Problem, ProofError, first_of, told
from vip_tiering.base.money import yuan_text
from vip_tiering.base.quarter import Period, day_date
from vip_tiering.base.roster import Located
from vip_tiering.base.text import tidy
from vip_tiering.extracts.days import Day, Step, read_days
from vip_tiering.extracts.rows import Rows
from vip_tiering.rules.extracts import HOME_CURRENCY, Kind
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.plan import Plan, prepare, presumed_first, reading_threads
from vip_tiering.tiers.posting import Progress, collapse
from vip_tiering.tiers.published.differences import differing_inputs
from vip_tiering.tiers.published.run_folder import TieredRun
from vip_tiering.tiers.scope import Scope, count_day

COUNTED: Final = "counted"
EXCLUDED: Final = "excluded"
REJECTED: Final = "rejected"
_ACCOUNT: Final = ["customer_id", "account_id", "product"]
"""What names an account, as in the key of a row (semantics 2.4); "" where the extracts have no such column."""
_FIGURES: Final = ["currency", "delivered_fen", "counted_fen", "rate", "weight", "outcome"]
_COLUMNS: Final = ["posted", *_ACCOUNT, *_FIGURES, "file", "row"]
_SHOWN_PROBLEMS: Final = 20


@dataclass(frozen=True)
class Delivered:
    """A customer's rows. `rows`: one per key and day, with the columns `_COLUMNS`; `posted` is a day number, amounts are in fen.

    `rejected`: a row of the customer broke a rule, and counts nothing.
    """

    plan: Plan
    rows: pd.DataFrame
    sha256: dict[int, str]
    rejected: bool


def trace(
    extracts: Sequence[str | Path], run: TieredRun, ids: pa.Array, fen_days: int, rules: Rules, max_bytes: int, progress: Progress
) -> tuple[dict[str, Any], list[str]]:
    """Return what extracts say of a customer day by day and account by account, and warnings.

    `ids`: every id of the customer; `fen_days`: the customer's by the run. The extracts are read with the options of the run.
    Raises RulesError and DataError as computing a run does, and ProofError where the run's own extracts give another sum.
    """
    share_freed_memory()
    request = request_of(run)
    with reading_threads(None) as (pool, ahead):

        def delivered(presume: bool) -> Delivered:  # noqa: FBT001 (as `presumed_first` calls it)
            plan = prepare(extracts, request, rules, None, pool, max_bytes, presume=presume)
            return read_customer(plan, read_days(plan.extracts, plan.days.to_post, pool, ahead), ids, progress)

        found = presumed_first(delivered)
    period, plan = request.period, found.plan
    standing = standing_rows(found.rows, plan.days.to_post, period, request.kind)
    total = _sum(standing)
    made_from = plan.made_from(found.sha256)
    same = {name: made_from[name] == run.manifest["made_from"][name] for name in ("inputs", "rules", "program")}
    if all(same.values()) and total != fen_days:
        raise ProofError(f"{run.quarter}: the extracts of the run give this customer another sum than the run; nothing is explained")
    document = {
        "kind": request.kind,
        "extracts_of_run": same["inputs"],
        "rules_of_run": same["rules"],
        "rejected_rows": found.rejected,
        "negative": plan.rules.extracts.negative,
        "fen_days": str(total),
        "yuan_days": yuan_text(total),
        "difference_fen_days": str(total - fen_days),
        "difference_yuan_days": yuan_text(total - fen_days),
        "filled_days": plan.days.filled_days(),
        "days": daily_spans(standing, period),
        "accounts": account_spans(standing),
    }
    return document, [*plan.warnings, *_warnings(found, run, same)]


def standing_rows(rows: pd.DataFrame, to_post: Sequence[int], period: Period, kind: Kind) -> pd.DataFrame:
    """Return the rows that stand for days of the period, with `first`, `last` and `days` of these, by account and day.

    With `snapshot` a row stands until the next posted day, with `changes` until the next row of its account (semantics 2.2).
    """
    rows = rows.sort_values([*_ACCOUNT, "posted"], ignore_index=True)
    if kind == "snapshot":
        following = np.append(np.array(to_post, np.int64), period.last + 1)
        until = pd.Series(following[np.searchsorted(following, rows["posted"].to_numpy(np.int64), side="right")], rows.index)
    else:
        until = rows.groupby(_ACCOUNT)["posted"].shift(-1).astype("Int64").fillna(period.last + 1).astype("int64")
    rows = rows.assign(first=rows["posted"].clip(lower=period.first), last=until - 1)
    rows = rows.assign(days=rows["last"] - rows["first"] + 1)
    return rows[rows["days"] > 0].reset_index(drop=True)


def account_spans(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each account with its spans: days on end on which nothing changed, with the rows that stand for them."""
    same = [*_ACCOUNT, *_FIGURES]
    follows = (rows["first"] == rows["last"].shift() + 1) & (rows[same] == rows[same].shift()).all(axis=1)
    rows = rows.assign(span=(~follows).cumsum())
    return [
        {
            **{name: value or None for name, value in zip(_ACCOUNT, account, strict=True)},
            "fen_days": str(_sum(own)),
            "yuan_days": yuan_text(_sum(own)),
            "spans": [_span(one) for _, one in own.groupby("span")],
        }
        for account, own in rows.groupby(_ACCOUNT)
    ]


def daily_spans(rows: pd.DataFrame, period: Period) -> list[dict[str, Any]]:
    """Return what counts of all accounts together: days on end with one balance. `rows`: how many stand, 0 where there is none."""
    each = rows.loc[rows.index.repeat(rows["days"]), ["first", "counted_fen"]]
    each = each.assign(day=each["first"] + each.groupby(level=0).cumcount())
    by_day = each.groupby("day")["counted_fen"].agg(["sum", "size"])
    by_day = by_day.reindex(range(period.first, period.last + 1), fill_value=0).astype(object)
    span = (by_day != by_day.shift()).any(axis=1).cumsum()
    return [
        {
            "from": str(day_date(one.index[0])),
            "to": str(day_date(one.index[-1])),
            "days": len(one),
            "rows": int(one["size"].iloc[0]),
            "balance": yuan_text(one["sum"].iloc[0]),
            "fen_days": str(one["sum"].iloc[0] * len(one)),
            "yuan_days": yuan_text(one["sum"].iloc[0] * len(one)),
        }
        for _, one in by_day.groupby(span)
    ]


def _sum(rows: pd.DataFrame) -> int:
    """Return the fen-days of rows, as a Python integer."""
    return int((rows["counted_fen"].astype(object) * rows["days"].astype(object)).sum())


def _span(rows: pd.DataFrame) -> dict[str, Any]:
    """Return days on end on which nothing changed, from the rows that stand for them. The other days of a row repeat it."""
    one = rows.iloc[0]
    return {
        "from": str(day_date(one["first"])),
        "to": str(day_date(rows["last"].iloc[-1])),
        "days": int(rows["days"].sum()),
        "delivered_days": int((rows["posted"] >= rows["first"]).sum()),
        "outcome": one["outcome"],
        "currency": one["currency"],
        "delivered": yuan_text(int(one["delivered_fen"])),
        "rate": one["rate"] or None,
        "weight": one["weight"] or None,
        "balance": yuan_text(int(one["counted_fen"])),
        "fen_days": str(_sum(rows)),
        "yuan_days": yuan_text(_sum(rows)),
        "rows": [
            {"day": str(day_date(posted)), "file": file, "row": int(row)}
            for posted, file, row in zip(rows["posted"], rows["file"], rows["row"], strict=True)
        ],
    }


def read_customer(plan: Plan, steps: Iterable[Step], ids: pa.Array, progress: Progress = lambda _done, _all: None) -> Delivered:
    """Return the rows of one customer from days as they are read. Raises DataError with the problems of all files."""
    names = [extract.name for extract in plan.extracts]
    scope = Scope.of(plan.rules, names, {role: plan.extracts[0].header(role) for role in ("balance", "currency", "product")})
    frames: list[pd.DataFrame] = []
    sha256: dict[int, str] = {}
    problems: list[Problem | str] = []
    wanted, rejected = {*ids.to_pylist()}, False
    for day, reading in steps:
        sha256 |= reading.sha256
        problems += reading.problems
        rejected |= any(tidy(customer) in wanted for customer in reading.rejects.customers)
        if day is not None and not problems:
            frame, found = _rows_of(day, ids, scope, by_file_name=plan.rules.extracts.corrections == "by_file_name")
            frames.append(frame)
            problems += found
            progress(len(frames), len(plan.days.to_post))
    if problems:
        raise DataError(told(problems, _SHOWN_PROBLEMS)[0])
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
    return Delivered(plan, rows, sha256, rejected or bool((rows["outcome"] == REJECTED).any()))


def _rows_of(day: Day, ids: pa.Array, scope: Scope, *, by_file_name: bool) -> tuple[pd.DataFrame, list[Problem]]:
    """Return what a day says of a customer, and what forbids to count it; judged and counted as a run does."""
    rows = day.rows.take(np.flatnonzero(truth(pc.is_in(day.rows.customer_id, value_set=ids))))
    customers = Located(pc.index_in(rows.customer_id, ids).to_numpy(zero_copy_only=False).astype(np.int64), len(ids))
    single = collapse(rows, customers, scope.names, by_file_name=by_file_name)
    if single.kept is not None:
        rows = rows.take(single.kept)
    counted = count_day(rows, day.day, scope)
    problems = [*single.conflicts, *counted.problems]
    if problems:
        return pd.DataFrame(columns=_COLUMNS), problems
    kept = np.arange(len(rows)) if counted.kept is None else counted.kept
    fen = np.zeros(len(rows), np.int64)
    fen[kept] = counted.rows.balance_fen
    frame = _frame(rows, day.day, scope).assign(counted_fen=fen)
    used = np.isin(np.arange(len(rows)), kept)
    left_out = np.where(frame["weight"] == EXCLUDED, EXCLUDED, REJECTED)
    return frame.assign(outcome=np.where(used, COUNTED, left_out), weight=frame["weight"].replace(EXCLUDED, ""))[_COLUMNS], problems


def _frame(rows: Rows, day: int, scope: Scope) -> pd.DataFrame:
    """Return rows with the rate and the weight that apply to them, as text; "" where there is none."""
    texts = {name: _texts(getattr(rows, name), len(rows)) for name in [*_ACCOUNT, "currency"]}
    currency = texts["currency"].replace("", HOME_CURRENCY)
    rates = {code: str(scope.rates.rate(code, day)) if scope.rates and code != HOME_CURRENCY else "" for code in currency.unique()}
    weights = {code: _weight(scope, code) for code in texts["product"].unique()}
    return pd.DataFrame(
        {
            "posted": np.int64(day),
            **texts,
            "currency": currency,
            "delivered_fen": rows.balance_fen,
            "rate": currency.map(rates).astype(object),
            "weight": texts["product"].map(weights).astype(object),
            "file": [scope.names[index] for index in rows.file.tolist()],
            "row": rows.row,
        }
    )


def _weight(scope: Scope, product: str) -> str:
    """Return the weight of a product as text, `EXCLUDED` for one that does not count, "" where it counts in full."""
    weight = Decimal(1) if scope.weights is None else scope.weights[product]
    return EXCLUDED if weight is None else "" if weight == 1 else str(weight)


def _texts(column: pa.Array | None, count: int) -> pd.Series:
    return pd.Series([""] * count if column is None else column.fill_null("").to_pylist(), dtype=object)


def _warnings(found: Delivered, run: TieredRun, same: dict[str, bool]) -> list[str]:
    """Return how the extracts are not those of the run. No figure stands here: it is the customer's."""
    warnings = []
    if not same["inputs"]:
        differing = differing_inputs(run.manifest, found.plan.inputs(found.sha256))
        which = f": {first_of(differing, NAMED_FILES)}" if differing else ""
        warnings.append(f"these are not the extracts of {run.quarter}{which}")
    if found.rejected:
        warnings.append("rows of this customer were rejected and count 0 on their day")
    return warnings
