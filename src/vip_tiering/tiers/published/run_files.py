"""What a run says of itself: where it came from, what it counted, and the proofs that it adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from vip_tiering._version import __version__
from vip_tiering.base.arrays import text_array
from vip_tiering.base.errors import ProofError
from vip_tiering.base.money import decimal_from_fen, yuan_text
from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import (
    CHANGES_CSV,
    DAILY_CSV,
    MIGRATION_BASES,
    MIGRATION_CSV,
    OUTLOOK_CSV,
    REJECTS_CSV,
    TIERS_AND_RETENTION,
    TIERS_CSV,
    TIERS_PARQUET,
)
from vip_tiering.base.text import tidy
from vip_tiering.extracts.rows import Rejects
from vip_tiering.publishing import manifests
from vip_tiering.publishing.csv_files import write_csv, write_parquet
from vip_tiering.publishing.folders import Writer
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.changes import Comparison
from vip_tiering.tiers.ledger import Averages
from vip_tiering.tiers.outlook import Horizon, states_by_tier
from vip_tiering.tiers.plan import Plan
from vip_tiering.tiers.posting import Posted
from vip_tiering.tiers.scope import Total

SCHEMA_VERSION = 1
"""Form of the manifest."""


@dataclass(frozen=True)
class Proof:
    """Two figures that were computed separately and must be equal."""

    name: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether the figures agree."""
        return self.left == self.right

    @property
    def document(self) -> dict[str, Any]:
        """What a manifest says of it, the figures as text."""
        return {"name": self.name, "left": str(self.left), "right": str(self.right), "holds": self.holds}


def refuse_contradiction(proofs: Sequence[Proof]) -> None:
    """Raise ProofError where a proof does not hold."""
    if failed := [one for one in proofs if not one.holds]:
        raise ProofError([f"proof failed, nothing was published: {one.name}: {one.left} against {one.right}" for one in failed])


def proofs_of(
    posted: Posted, averages: Averages, tier_counts: Mapping[str, int], comparison: Comparison, days: pd.DataFrame
) -> list[Proof]:
    """Return the proofs of a run (semantics 2.8). Raises ProofError where one does not hold."""
    tally = posted.tally
    migrated = int(comparison.migration["customers"].sum())
    proofs = [
        Proof(
            "rows read = used + outside + collapsed + excluded + superseded + rejected", tally["read"], sum(tally.values()) - tally["read"]
        ),
        Proof("fen-days of customers = fen of used rows x days they stand for", averages.fen_days_total, averages.counted_total),
        Proof("fen-days of customers = fen of all days and tiers", averages.fen_days_total, sum(days["balance_fen"])),
        Proof("customers = sum over tiers", len(averages.customers), sum(tier_counts.values())),
        Proof("customers of both quarters = sum over changes", migrated, sum(comparison.counts.values())),
    ]
    refuse_contradiction(proofs)
    return proofs


def tier_table(comparison: Comparison, ladder: Ladder, tier_counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return one entry per tier, `untiered` first: customers and the sum of averages, now and in the quarter before."""
    migration = comparison.migration
    table = []
    for code in ladder.codes:
        into, out_of = migration[migration["to_tier"] == code], migration[migration["from_tier"] == code]
        table.append(
            {
                "code": code,
                "label": ladder.labels[code],
                "customers": tier_counts[code],
                "daily_average_sum": yuan_text(sum(into["fen_days"]) // comparison.days),
                "previous_customers": int(out_of["customers"].sum()),
                "previous_daily_average_sum": yuan_text(sum(out_of["previous_fen_days"]) // comparison.previous_days),
            }
        )
    return table


def inputs_of(plan: Plan, posted: Posted) -> list[dict[str, Any]]:
    """Return what the manifest says of each input: name within the argument, SHA-256, rows, days, format; copies too."""
    entries = [
        {
            "name": extract.name,
            "sha256": posted.reading.sha256[index],
            "rows": posted.reading.rows[index],
            "first_day": str(day_date(extract.days[0])) if extract.days else None,
            "last_day": str(day_date(extract.days[-1])) if extract.days else None,
            "format": extract.format + (".gz" if extract.gzipped else ""),
            "encoding": posted.reading.encodings.get(index),
            **({"keys": dict(sorted(extract.constants.items()))} if extract.constants else {}),
            **({"superseded": posted.superseded[index]} if posted.superseded[index] else {}),
        }
        for index, extract in enumerate(plan.extracts)
    ]
    entries += [{**entries[index], "name": name, "copy_of": plan.extracts[index].name} for index, name in plan.copies]
    return sorted(entries, key=lambda entry: (entry["name"], entry["sha256"]))


def build(
    plan: Plan,
    posted: Posted,
    averages: Averages,
    tiers: pd.DataFrame,
    comparison: Comparison,
    outlook: pd.DataFrame,
    days: pd.DataFrame,
) -> dict[str, Any]:
    """Return the manifest of a run, but for its outputs. Raises ProofError where the run contradicts itself."""
    period, rejects = plan.request.period, posted.reading.rejects
    counts = tiers["tier"].value_counts(sort=False)
    tier_counts = {str(code): int(count) for code, count in counts.items()}
    proofs = proofs_of(posted, averages, tier_counts, comparison, days)
    made_from = plan.made_from(posted.reading.sha256)
    return {
        "schema": "vip-tiering run",
        "schema_version": SCHEMA_VERSION,
        "program": {"name": "vip-tiering", "version": __version__},
        "quarter": str(period.quarter),
        **({"month": str(period.month)} if period.month else {}),
        "status": period.status,
        "first_day": str(day_date(period.first)),
        "last_day": str(day_date(period.last)),
        "quarter_days": period.days,
        "identity": manifests.digest(made_from),
        "made_from": made_from,
        "rules": {
            "name": plan.rules.name,
            "source": plan.ladder.source,
            "valid_from": str(plan.ladder.valid_from) if plan.ladder.valid_from else None,
            "tiers": [{"code": tier.code, "label": tier.label, "min": yuan_text(tier.min_fen)} for tier in plan.ladder.tiers],
            "outlook": plan.rules.outlook.model_dump(),
        },
        "previous": {"quarter": str(plan.previous.quarter), "digest": plan.previous.digest} if plan.previous else None,
        "filled_days": plan.days.filled_days(),
        "last_delivered_day": str(day_date(plan.days.to_post[-1])),
        "rows": posted.tally,
        "negative": {
            "rule": plan.rules.extracts.negative,
            "rows": posted.totals.negative.rows,
            "sum": yuan_text(posted.totals.negative.delivered),
        },
        "scope": _scope(plan, posted),
        "rejects": {"rules": rejects.by_rule(), "customers": len(rejects.customers)},
        "customers": len(tiers),
        "daily_average_sum": yuan_text(averages.fen_days_total // period.days),
        "tiers": tier_table(comparison, plan.ladder, tier_counts),
        **_retention(plan, tiers),
        "changes": comparison.counts,
        "outlook": _outlook(plan, outlook),
        "proofs": [one.document for one in proofs],
        "inputs": inputs_of(plan, posted),
    }


def _retention(plan: Plan, tiers: pd.DataFrame) -> dict[str, Any]:
    """Return why customers have their tiers, and how many the averages alone would give each; nothing where nobody keeps one."""
    if "tier_basis" not in tiers:
        return {}
    rule, counts = plan.rules.retention, {"basis": tiers["tier_basis"], "evaluated": tiers["evaluated_tier"]}
    said = {name: {str(code): int(count) for code, count in one.value_counts(sort=False).items()} for name, one in counts.items()}
    return {"retention": {"rule": rule.model_dump() if rule else None, **said}}


def _outlook(plan: Plan, outlook: pd.DataFrame) -> dict[str, Any]:
    """Return for which days the outlook is, and how many customers are in each state."""
    horizon = Horizon.after(plan.request.period)
    return {"first_day": str(day_date(horizon.first)), "last_day": str(day_date(horizon.last)), "states": states_by_tier(outlook)}


def _scope(plan: Plan, posted: Posted) -> dict[str, Any]:
    """Return what the scope rules did to the rows: products, currencies and renamed customers, where the rules name them.

    Sums are over the rows of all delivered days: as delivered, in the currency of the row, and as counted, in yuan.
    """
    totals, rules = posted.totals, plan.rules.extracts
    scope: dict[str, Any] = {}
    if rules.product is not None:
        excluded = {tidy(code) for code in rules.product.exclude or ()}
        weights = {tidy(code): str(weight) for code, weight in (rules.product.weights or {}).items()}
        scope["products"] = [
            {"code": code, "counts": "0" if code in excluded else weights.get(code, "1"), **_figures(total)}
            for code, total in sorted(totals.products.items())
        ]
    if plan.rules.rates is not None:
        scope["currencies"] = [{"code": code, **_figures(total)} for code, total in sorted(totals.currencies.items())]
    if posted.renaming is not None:
        scope["aliases"] = {"customers": posted.renaming.customers, "rows": posted.renaming.rows}
    return scope


def _figures(total: Total) -> dict[str, Any]:
    return {"rows": total.rows, "delivered_sum": yuan_text(total.delivered), "counted_sum": yuan_text(total.counted)}


def run_writers(
    tiers: pd.DataFrame, comparison: Comparison, outlook: pd.DataFrame, days: pd.DataFrame, rejects: Rejects, ladder: Ladder
) -> dict[str, Writer]:
    """Return how every file of a run but the manifest is written."""
    labels, closing = ladder.labels, _yuan(tiers["closing_fen"]).cast(pa.string())  # the text of both files
    writers: dict[str, Writer] = {
        "tiers.csv": lambda sink: write_csv(_tiers_columns(tiers, labels, closing), sink),
        "tiers.parquet": lambda sink: write_parquet(tiers_table(tiers), sink),
        "changes.csv": lambda sink: write_csv(_changes_columns(comparison.changed, labels), sink),
        "migration.csv": lambda sink: write_csv(_migration_columns(comparison), sink),
        "outlook.csv": lambda sink: write_csv(_outlook_columns(outlook, closing), sink),
        "daily.csv": lambda sink: write_csv(_daily_columns(days), sink),
    }
    if len(rejects):
        writers["rejects.csv"] = lambda sink: write_csv(_rejects_columns(rejects), sink)
    return writers


def tiers_table(tiers: pd.DataFrame) -> pa.Table:
    """Return tiers as the table of `tiers.parquet`."""
    schema = TIERS_AND_RETENTION if "tier_basis" in tiers else TIERS_PARQUET
    columns = [
        text_array(tiers[name]) if kind == pa.string() else pa.array(tiers[name], kind)
        for name, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _tiers_columns(tiers: pd.DataFrame, labels: dict[str, str], closing: pa.Array) -> dict[str, pa.Array]:
    columns = {name: _codes(tiers[name]) for name in ("evaluated_tier", "tier_basis") if name in tiers}
    first = _named(
        TIERS_CSV[:3], text_array(tiers["customer_id"]), _codes(tiers["tier"]), _codes(tiers["tier"].cat.rename_categories(labels))
    )
    return (
        first
        | columns
        | _named(
            TIERS_CSV[3:],
            _yuan(tiers["daily_average_fen"]),
            closing,
            pa.array(tiers["days_held"]),
        )
    )


def _changes_columns(changed: pd.DataFrame, labels: dict[str, str]) -> dict[str, pa.Array]:
    return _named(
        CHANGES_CSV,
        text_array(changed["customer_id"]),
        _codes(changed["change"]),
        _codes(changed["from_tier"]),
        _codes(changed["to_tier"]),
        _codes(changed["from_tier"].cat.rename_categories(labels)),
        _codes(changed["to_tier"].cat.rename_categories(labels)),
        pa.array(changed["steps"]),
        _yuan(changed["previous_daily_average_fen"]),
        _yuan(changed["daily_average_fen"]),
        _yuan(changed["daily_average_fen"] - changed["previous_daily_average_fen"]),
        _yuan(changed["closing_fen"]),
        pa.array(changed["days_held"]),
    )


def _migration_columns(comparison: Comparison) -> dict[str, pa.Array]:
    migration = comparison.migration
    bases = {name: pa.array(migration[name], pa.int64()) for name in MIGRATION_BASES if name in migration}
    table = _named(
        MIGRATION_CSV,
        pa.array(migration["from_tier"], pa.string()),
        pa.array(migration["to_tier"], pa.string()),
        pa.array(migration["customers"], pa.int64()),
        pa.array([yuan_text(sums // comparison.days) for sums in migration["fen_days"]], pa.string()),
        pa.array([yuan_text(sums // comparison.previous_days) for sums in migration["previous_fen_days"]], pa.string()),
    )
    return table | bases


def _outlook_columns(outlook: pd.DataFrame, closing: pa.Array) -> dict[str, pa.Array]:
    """Return the columns of `outlook.csv`; equal ones, of which an official run has some, are one object and become text once."""
    amounts = [(outlook["closing_fen"], closing)]
    for name in ("gap_to_next_fen", "deposit_for_next_fen", "cushion_fen", "projected_average_fen"):
        fen = outlook[name]
        amounts.append((fen, next((text for other, text in amounts if other.equals(fen)), None) or _yuan(fen)))
    gap, deposit, cushion, projected = (text for _, text in amounts[1:])
    codes = (_codes(outlook[name]) for name in ("tier", "projected_tier", "state", "next_tier"))
    return _named(OUTLOOK_CSV, text_array(outlook["customer_id"]), *codes, gap, deposit, cushion, closing, projected)


def _daily_columns(days: pd.DataFrame) -> dict[str, pa.Array]:
    return _named(
        DAILY_CSV,
        pa.array(days["date"], pa.date32()),
        pa.array(days["tier"], pa.string()),
        pa.array(days["customers"], pa.int64()),
        pa.array([yuan_text(fen) for fen in days["balance_fen"]], pa.string()),
        pa.array(days["carried_from"], pa.date32()),
    )


def _rejects_columns(rejects: Rejects) -> dict[str, pa.Array]:
    problems = sorted(rejects.problems)
    return _named(
        REJECTS_CSV,
        pa.array([one.file for one in problems]),
        pa.array([one.row for one in problems]),
        pa.array([one.column or "" for one in problems]),
        pa.array([one.rule for one in problems]),
    )


def _named(names: Iterable[str], *columns: pa.Array) -> dict[str, pa.Array]:
    return dict(zip(names, columns, strict=True))


def _codes(column: pd.Series) -> pa.DictionaryArray:
    codes = column.cat.codes
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == -1), pa.array(column.cat.categories, pa.string()))


def _yuan(fen: pd.Series) -> pa.Array:
    """Return fen as yuan; null where nothing is known."""
    known = fen.notna().to_numpy() if fen.hasnans else None
    return decimal_from_fen(fen.to_numpy(np.int64, na_value=0), known)
