"""A report as tables: for programs, with codes and English column names, and for people, in their language. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.money import DECIMAL, yuan_text
from vip_tiering.base.schema import ABSENT, REPORT_CHANGES, REPORT_MEASURES, REPORT_ROWS, RESERVED_CODES, UNASSIGNED
from vip_tiering.customers.texts import NOBODY_NAMED
from vip_tiering.reports.holders import Holders
from vip_tiering.reports.measures import YUAN, Line, MeasuredValue
from vip_tiering.reports.moves import Moves, codes_of, codes_of_run
from vip_tiering.reports.words import Words
from vip_tiering.tiers.run_folder import TieredRun

_INT: Final = pa.int64()
Group = tuple[str, ...]
"""The names of a branch, or of a branch and a manager; "" for none."""


@dataclass(frozen=True)
class Speech:
    """How a report speaks: its words, and the name of each tier, absent ones included."""

    words: Words
    tiers: Mapping[str, str]

    @classmethod
    def of(cls, words: Words, run: TieredRun) -> Speech:
        """Return the speech for a run."""
        return cls(words, words.tiers({**run.labels, ABSENT: RESERVED_CODES[ABSENT]}))

    def named(self, name: str) -> str:
        """Return the name of a branch or a manager."""
        return name or self.words.text("unassigned")


def rows_for_programs(moves: Moves, holders: Holders, run: TieredRun) -> pa.Table:
    """Return every row with the columns `schema.REPORT_CHANGES`; clues as codes joined by |."""
    labels = {**run.labels, ABSENT: RESERVED_CODES[ABSENT]}
    clues = {bits: "|".join(codes_of(bits)) for bits in np.unique(moves.clues).tolist()}
    columns = {
        **_people(moves, holders, UNASSIGNED, ""),
        **{name: moves.table[name] for name in moves.table.column_names},
        "from_label": _translated(moves.table["from_tier"], labels),
        "to_label": _translated(moves.table["to_tier"], labels),
        "clues": pa.array([clues[bits] for bits in moves.clues.tolist()], pa.string()),
    }
    return pa.table({name: columns[name] for name in REPORT_CHANGES})


def rows_for_people(moves: Moves, holders: Holders, speech: Speech) -> pa.Table:
    """Return every row with the columns `schema.REPORT_ROWS`, in words."""
    words = speech.words
    clues = {bits: words.clues(codes_of(bits)) for bits in np.unique(moves.clues).tolist()}
    kinds = {code: words.change(code) for code in moves.table["change"].unique().to_pylist()}
    columns = {
        **_people(moves, holders, speech.named(""), words.text("nobody")),
        **{name: moves.table[name] for name in moves.table.column_names},
        "change": _translated(moves.table["change"], kinds),
        "from_label": _translated(moves.table["from_tier"], speech.tiers),
        "to_label": _translated(moves.table["to_tier"], speech.tiers),
        "clues": pa.array([clues[bits] for bits in moves.clues.tolist()], pa.string()),
    }
    return pa.table({name: columns[name] for name in REPORT_ROWS})


def _people(moves: Moves, holders: Holders, unassigned: str, nobody: str) -> dict[str, pa.Array]:
    """Return who the rows are about and who holds them, by the place among the holders."""
    owner = pa.array(holders.owner[moves.at])
    names = holders.display_name.take(pa.array(moves.at))
    nameless = pc.is_in(names, value_set=pa.array(["", NOBODY_NAMED]))
    return {
        "display_name": pc.if_else(nameless, nobody, names),
        "branch": pa.array([branch or unassigned for branch, _ in holders.owners], pa.string()).take(owner),
        "manager": pa.array([manager or unassigned for _, manager in holders.owners], pa.string()).take(owner),
    }


def _translated(codes: pa.ChunkedArray, names: Mapping[str, str]) -> pa.Array:
    coded = codes.combine_chunks().dictionary_encode()
    return pa.array([names[code] for code in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def tier_lines(groups: Iterable[tuple[Group, Sequence[Line]]], names: Sequence[str], run: TieredRun, speech: Speech | None) -> pa.Table:
    """Return lines by tier, each after the names of its group. `names`: columns for them. Without `speech`: for programs, no totals."""
    codes, rows = codes_of_run(run), []
    for group, lines in groups:
        for line in lines:
            if line.level is None and speech is None:
                continue
            if speech is None:
                head = [name or UNASSIGNED for name in group]
                tier = [codes[line.level or 0], run.labels[codes[line.level or 0]]]
            else:
                head = [speech.named(name) for name in group]
                tier = [speech.words.text("total") if line.level is None else speech.tiers[codes[line.level]]]
            rows.append((*head, *tier, *_figures(line)))
    tiers = ["tier", "tier_label"] if speech is None else ["tier_label"]
    kinds = [pa.string()] * (len(names) + len(tiers)) + [kind for _, kind in _FIGURES]
    return _table([*names, *tiers, *(name for name, _ in _FIGURES)], kinds, rows)


_FIGURES: Final = (
    ("previous_customers", _INT),
    ("customers", _INT),
    ("customers_change", _INT),
    ("previous_daily_average_sum", DECIMAL),
    ("daily_average_sum", DECIMAL),
    ("daily_average_change", DECIMAL),
    ("previous_average_per_customer", DECIMAL),
    ("average_per_customer", DECIMAL),
)


def _figures(line: Line) -> tuple[int | None, ...]:
    known = line.previous_customers is not None and line.previous_sum_fen is not None
    return (
        line.previous_customers,
        line.customers,
        line.customers - line.previous_customers if known and line.previous_customers is not None else None,
        line.previous_sum_fen,
        line.sum_fen,
        line.sum_fen - line.previous_sum_fen if known and line.previous_sum_fen is not None else None,
        line.previous_each_fen,
        line.each_fen,
    )


def _table(names: Sequence[str], kinds: Sequence[pa.DataType], rows: Sequence[Sequence[object]]) -> pa.Table:
    """Return rows as a table; amounts come in fen."""
    columns = {}
    for place, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        values = [row[place] for row in rows]
        if kind == DECIMAL:
            columns[name] = pa.array([None if one is None else yuan_text(int(str(one))) for one in values], pa.string()).cast(DECIMAL)
        else:
            columns[name] = pa.array(values, kind)
    return pa.table(columns)


def migration_matrix(migration: pa.Table, run: TieredRun, speech: Speech) -> tuple[pa.Table, dict[str, str]]:
    """Return customers by tier before (rows) and now (columns), the highest first, with totals; and the headers of its columns."""
    codes = [*reversed(codes_of_run(run)), ABSENT]
    counts = {(row["from_tier"], row["to_tier"]): int(row["customers"]) for row in migration.to_pylist()}
    total = speech.words.text("total")
    rows: list[list[object]] = []
    for before in codes:
        found = [counts.get((before, now)) for now in codes]
        rows.append([speech.tiers[before], *found, sum(one or 0 for one in found)])
    sums = [sum(counts.get((before, now), 0) for before in codes) for now in codes]
    rows.append([total, *sums, sum(sums)])
    columns = [f"to {code}" for code in codes]
    headers = {**dict(zip(columns, (speech.tiers[code] for code in codes), strict=True)), "to": total}
    return _table(["from_label", *columns, "to"], [pa.string(), *[_INT] * (len(codes) + 1)], rows), headers


def known(table: pa.Table) -> pa.Table:
    """Return a table without the columns of which nothing is known."""
    return table.select([name for name in table.column_names if table[name].null_count < len(table)])


def measures_for_people(readings: Sequence[MeasuredValue], names: Mapping[str, str], speech: Speech, *, money: bool) -> pa.Table:
    """Return the figures in yuan, or those in customers; columns of targets only where there is any. `names`: by id of the measure."""
    words, chosen = speech.words, [one for one in readings if (one.unit == YUAN) == money]
    kind = DECIMAL if money else _INT
    columns = [("value", kind), ("previous", kind), ("growth", kind), ("last_year", kind), ("last_year_growth", kind)]
    columns += [] if money else [("band", _INT)]
    if any(one.quarter_target for one in chosen):
        columns += [("quarter_target", kind), ("quarter_reached", pa.string())]
    if any(one.year_target for one in chosen):
        columns += [("year_target", kind), ("year_reached", pa.string())]
    rows = []
    for one in chosen:
        branch = words.text("whole") if one.branch is None else speech.named(one.branch)
        rows.append([one.id, names[one.id], branch, *(_cell(one, name) for name, _ in columns)])
    head = ["measure", "label", "branch"]
    return _table([*head, *(name for name, _ in columns)], [*[pa.string()] * 3, *(kind for _, kind in columns)], rows)


def _cell(reading: MeasuredValue, name: str) -> object:
    value = getattr(reading, name)
    return value if not name.endswith("_reached") or value is None else _percent(value)


def _percent(tenths: int) -> str:
    """Return tenths of a percent as text, rounded down already."""
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}%"


def measures_for_programs(readings: Sequence[MeasuredValue], names: Mapping[str, str]) -> pa.Table:
    """Return every figure as text with the columns `schema.REPORT_MEASURES`; yuan with two decimals, "" where nothing is known."""
    rows = []
    for one in readings:
        branch = "" if one.branch is None else one.branch or UNASSIGNED
        values = [getattr(one, name) for name in REPORT_MEASURES[4:]]
        texts = [_text(value, name, one.unit) for name, value in zip(REPORT_MEASURES[4:], values, strict=True)]
        rows.append([one.id, names[one.id], branch, one.unit, *texts])
    return _table(REPORT_MEASURES, [pa.string()] * len(REPORT_MEASURES), rows)


def _text(value: int | None, name: str, unit: str) -> str:
    if value is None:
        return ""
    if name.endswith("_reached"):
        return _percent(value)
    return yuan_text(value) if unit == YUAN and name != "band" else str(value)


def measure_names(readings: Sequence[MeasuredValue], labels: Mapping[str, str], speech: Speech, *, chinese: bool) -> dict[str, str]:
    """Return the name of each measure: as the playbooks name it, else, and in English, by what it counts."""
    return {
        one.id: labels[one.id]
        if chinese and one.id in labels
        else speech.words.text("growth")
        if one.tier is None
        else speech.words.text("customers_from", tier=speech.tiers[one.tier])
        for one in readings
    }
