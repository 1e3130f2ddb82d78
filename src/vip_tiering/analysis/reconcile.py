"""`vip tier reconcile`: a run against the bank's own 季日均 column, and the likely cause of each difference (semantics 11.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.analysis.bank_file import PARTS_PER_FEN, BankAverages, read_bank_file
from vip_tiering.analysis.hypotheses import UNITS, Hypothesis, divisors, roundings, unit_of_column
from vip_tiering.analysis.other_lines import Lines, Seen
from vip_tiering.analysis.recompute import other_causes, request_of
from vip_tiering.analysis.table_file import refuse_place, write_table
from vip_tiering.base.arrays import one_array, positions_in, share_freed_memory
from vip_tiering.base.errors import DataError
from vip_tiering.base.money import AMOUNT_LIMIT_FEN, Int64s, decimal_from_fen, exact_sum, largest
from vip_tiering.customers.ids import judge_ids, refuse_repeated, renamed
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.playbooks.load import AllRules, load
from vip_tiering.tiers.posting import Progress
from vip_tiering.tiers.published.run_folder import TieredRun, read_run

COLUMNS: Final = ("customer_id", "bank_average", "run_average", "difference", "cause")
"""The columns of the file: amounts in yuan; nothing where a side has not the customer, whose average is then 0 in the difference."""
UNEXPLAINED: Final = "unexplained"
_OTHERS: Final = {
    "only_in_file": "in the list only",
    "only_in_run": "in the run only",
    UNEXPLAINED: "unexplained",
}
"""What a customer's cause is where no hypothesis gives the figure."""
_MOST_FEN: Final = 4 * AMOUNT_LIMIT_FEN
"""An average that is smaller leaves room in int64 for every difference."""
_WITH_EXTRACTS: Final = "missing days, negatives, a day shifted, another scope"


@dataclass(frozen=True)
class Reconciliation:
    """What came of it. `document`: everything but customers; `rows`: those who differ, with `COLUMNS`; `file`: where they lie."""

    document: dict[str, Any]
    rows: pa.Table
    file: Path | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Sides:
    """The customers of a list, shape (n,), beside those of a run. Figures are in 1/10,000 fen; `place`: row in the run, -1 for nowhere."""

    ids: pa.Array
    figure: Int64s
    place: npt.NDArray[np.int32]
    average: Int64s
    only_in_run: npt.NDArray[np.intp]

    @classmethod
    def of(cls, bank: BankAverages, run: TieredRun) -> Sides:
        """Hold a list against a run; whoever is not in the run has an average of 0."""
        at = positions_in(bank.named.ids, one_array(run.tiers["customer_id"]))
        average_fen = one_array(run.tiers["daily_average_fen"]).to_numpy()
        if largest(average_fen) >= _MOST_FEN:
            raise DataError(f"{run.period}: an average is too large to be compared exactly")
        average = np.append(average_fen, 0)[at] * PARTS_PER_FEN
        there = np.zeros(len(run.tiers), np.bool_)
        there[at[at >= 0]] = True
        return cls(bank.named.ids, bank.figure, at, average, np.flatnonzero(~there))

    @property
    def differing(self) -> npt.NDArray[np.intp]:
        """The rows of the list whose figure is not the run's printed average."""
        return np.flatnonzero(self.figure != self.average)


@dataclass(frozen=True)
class Explained:
    """The causes that were tried, in their order, and of each differing customer the place of its own, -1 for none.

    `fits`: how many differing customers each gives; `all_by`: the place of the one that gives all of them.
    """

    tried: list[Hypothesis]
    fits: list[int]
    cause: npt.NDArray[np.int64]
    all_by: int | None


def reconcile(
    folder: Path,
    file: Path,
    extracts: Sequence[str] = (),
    progress: Progress = lambda _done, _all: None,
    *,
    rules: Path | None = None,
    column: str | None = None,
    sheet: str = "",
    out: Path | None = None,
    replace: bool = False,
    max_bytes: str = "4G",
) -> Reconciliation:
    """Compare the averages of a list with those of a run, official or provisional, and name the cause of each difference.

    `column`: the header of the averages; default: a usual one. With `extracts` the line is walked again for each cause that they
    can tell. Raises DataError for the run, the list and the extracts, RulesError, and OutputError for the file.
    """
    share_freed_memory()
    refuse_place(out, [file, *extracts], replace=replace)
    limit = size_in_bytes(max_bytes)
    loaded = load(rules)
    run = read_run(folder, provisional=True)
    bank = _by_new_ids(read_bank_file(file, loaded.customers, column, sheet, limit), run, loaded)
    judge_ids(run, bank.named)
    sides = Sides.of(bank, run)
    unit = unit_of_column(bank.figure)
    differing = sides.differing
    warnings: list[str] = []
    not_tried: list[str] = (
        [] if extracts else [f"not tried without extracts: {_WITH_EXTRACTS}; name the quarter's extracts behind the list"]
    )
    hypotheses = _told_by_run(run, sides, unit)
    if extracts and len(differing):
        lines = Lines(sides.ids.take(pa.array(differing)), unit, extracts, request_of(run), loaded.rules, progress, limit)
        warnings += other_causes(run, loaded.rules)
        hypotheses = _one_after_another(hypotheses, _told_by_extracts(run, lines, warnings, not_tried))
    explained = explain(sides.figure[differing], hypotheses)
    rows = _rows(sides, run, explained)
    if out is not None:
        write_table(out, {name: rows[name] for name in COLUMNS}, replace=replace)
    document = {
        **_head(run, bank, sides, unit),
        **_causes(rows, explained),
        "not_tried": not_tried if explained.all_by is None and len(differing) else [],
        "file": str(out) if out else None,
    }
    return Reconciliation(document, rows, out, tuple(warnings))


def _by_new_ids(bank: BankAverages, run: TieredRun, loaded: AllRules) -> BankAverages:
    """Return the list by the numbers that customers have now, where the run follows them. Raises DataError for two rows of one."""
    aliases = loaded.rules.aliases
    if aliases is None or "aliases" not in run.manifest["scope"]:
        return bank
    now = renamed(bank.named, aliases, "ids")
    refuse_repeated(bank.named, now)
    return replace(bank, named=now)


def _one_after_another(*several: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
    for some in several:
        yield from some


def _told_by_run(run: TieredRun, sides: Sides, unit: int) -> Iterator[Hypothesis]:
    """Yield what the run alone tells of the differing customers: rounding, divisors."""
    at, days, quarter = sides.place[sides.differing], run.period.days, run.quarter
    fen_days, held = (np.append(one_array(run.tiers[name]).to_numpy(), 0)[at] for name in ("fen_days", "days_held"))
    yield from roundings(fen_days, days, unit)
    yield from divisors(fen_days, held, days, (quarter.following.start - quarter.start).days, unit)


def _told_by_extracts(run: TieredRun, lines: Lines, warnings: list[str], not_tried: list[str]) -> Iterator[Hypothesis]:
    """Yield what the extracts tell besides. What they say against the run, and cannot tell, is added to the two lists."""
    seen = Seen()
    again = lines.walk(through=seen.through)
    seen.negative_rows = again.manifest["negative"]["rows"]
    same = again.tiers["customer_id"].tolist() == run.tiers["customer_id"].to_pylist()
    same = same and bool((again.tiers["fen_days"].to_numpy() == one_array(run.tiers["fen_days"]).to_numpy()).all())
    if not same:
        warnings.append(f"{run.period}: these extracts give other averages than the run has; vip tier restate says whose")
    not_tried += lines.not_tried(seen)
    yield from lines.hypotheses(seen, lines.fen_days(again), same=same)


def explain(figure: Int64s, hypotheses: Iterable[Hypothesis]) -> Explained:
    """Give every figure, shape (n,), the first hypothesis that is exactly it; one that is all of them ends the search and counts alone."""
    cause = np.full(len(figure), -1, np.int64)
    tried: list[Hypothesis] = []
    fits: list[int] = []
    for place, one in enumerate(hypotheses if len(figure) else ()):
        mask = one.fits(figure)
        tried.append(one)
        fits.append(int(np.count_nonzero(mask)))
        if mask.all():
            return Explained(tried, fits, np.full(len(figure), place, np.int64), place)
        cause[(cause < 0) & mask] = place
    return Explained(tried, fits, cause, None)


def _rows(sides: Sides, run: TieredRun, explained: Explained) -> pa.Table:
    """Return whoever differs, or is on one side only, sorted by customer_id: the columns of `COLUMNS` as text, and `parts`.

    `parts`: the difference as int64, in 1/10,000 fen.
    """
    listed = _listed(sides)
    codes = pa.array([*(one.code for one in explained.tried), *_OTHERS], pa.string())
    others = {code: index for index, code in enumerate(_OTHERS, len(explained.tried))}
    cause = np.full(len(sides.ids), others["only_in_file"], np.int64)
    nowhere = np.where(sides.place[sides.differing] < 0, others["only_in_file"], others[UNEXPLAINED])
    cause[sides.differing] = np.where(explained.cause < 0, nowhere, explained.cause)
    run_ids = one_array(run.tiers["customer_id"]).take(pa.array(sides.only_in_run))
    run_parts = one_array(run.tiers["daily_average_fen"]).to_numpy()[sides.only_in_run] * PARTS_PER_FEN
    absent = sides.place[listed] < 0
    none = np.zeros(len(run_ids), np.bool_)
    table = pa.table(
        {
            "customer_id": pa.concat_arrays([sides.ids.take(pa.array(listed)), run_ids]),
            "bank_average": yuan_texts(np.append(sides.figure[listed], run_parts), np.append(np.zeros(len(listed), np.bool_), ~none)),
            "run_average": yuan_texts(np.append(sides.average[listed], run_parts), np.append(absent, none)),
            "difference": yuan_texts(np.append(sides.figure[listed] - sides.average[listed], -run_parts)),
            "cause": codes.take(pa.array(np.append(cause[listed], np.full(len(run_ids), others["only_in_run"])))),
            "parts": np.append(sides.figure[listed] - sides.average[listed], -run_parts),
        }
    )
    return table.sort_by("customer_id")


def _listed(sides: Sides) -> npt.NDArray[np.intp]:
    """Return the rows of the list that are told: those that differ, and those of nobody in the run."""
    return np.flatnonzero((sides.figure != sides.average) | (sides.place < 0))


def yuan_texts(parts: Int64s, none: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Return amounts in 1/10,000 fen, shape (n,), as text in yuan with two decimals, or as many as it has; null where `none`."""
    whole = decimal_from_fen(parts)
    exact = pa.Array.from_buffers(pa.decimal128(38, 6), len(whole), whole.buffers())
    texts = pc.replace_substring_regex(exact.cast(pa.string()), r"(\.[0-9]{2}[0-9]*?)0+$", r"\1")
    return texts if none is None else pc.if_else(pa.array(none), pa.scalar(None, pa.string()), texts)


def parts_text(parts: int) -> str:
    """Return an amount of any size in 1/10,000 fen as text in yuan: two decimals, or as many as it has."""
    whole, rest = divmod(abs(parts), PARTS_PER_FEN * 100)
    places = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if parts < 0 else ''}{whole}.{places}"


def _head(run: TieredRun, bank: BankAverages, sides: Sides, unit: int) -> dict[str, Any]:
    """Return what is compared, and how many customers are where."""
    both = int(np.count_nonzero(sides.place >= 0))
    return {
        "schema": "vip-tiering reconciliation",
        "run": str(run.period),
        "status": run.manifest["status"],
        "list": bank.name,
        "column": bank.column,
        "column_unit": bank.unit,
        "column_rounded_to": UNITS[unit],
        "customers": {"run": len(run.tiers), "list": len(sides.ids), "both": both, "only_in_run": len(sides.only_in_run)},
        "equal": len(sides.ids) - len(_listed(sides)),
        "differing": len(sides.differing),
        "difference_sum": parts_text(exact_sum(sides.figure) - exact_sum(sides.average)),
    }


def _causes(rows: pa.Table, explained: Explained) -> dict[str, Any]:
    """Return how many customers each cause has, with the sum of their differences, and whether one explains all that differ."""
    parts, coded = rows["parts"].to_numpy(), one_array(rows["cause"]).dictionary_encode()
    by_code = dict(zip(coded.dictionary.to_pylist(), range(len(coded.dictionary)), strict=True))
    codes = coded.indices.to_numpy(zero_copy_only=False)
    words = {one.code: one.words for one in explained.tried} | _OTHERS
    fits = {one.code: count for one, count in zip(explained.tried, explained.fits, strict=True)}
    causes = []
    for code in [one for one in words if one in by_code]:
        own = parts[codes == by_code[code]]
        causes.append({"cause": code, "words": words[code], "customers": len(own), "difference_sum": parts_text(exact_sum(own))})
    all_by = explained.tried[explained.all_by].code if explained.all_by is not None else None
    return {"explained_by": all_by, "causes": causes, "tried": [{"cause": code, "fits": count} for code, count in fits.items()]}


def first_rows(rows: pa.Table, count: int) -> list[dict[Any, Any]]:
    """Return so many rows as people want to see first: what is not explained, then the largest differences."""
    frame: pd.DataFrame = rows.to_pandas()
    order = np.lexsort((-frame["parts"].abs(), frame["cause"] != UNEXPLAINED))
    return frame.iloc[order[:count]].fillna("")[list(COLUMNS)].to_dict("records")
