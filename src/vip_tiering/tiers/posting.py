"""Day after day into the ledger, with a tally of what became of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int32s, offsets_of, one_array, truth
from vip_tiering.base.errors import Problem, counted
from vip_tiering.base.money import value_range
from vip_tiering.base.roster import Located, Positions, Words, id_words, mix
from vip_tiering.base.text import but_for_zeros
from vip_tiering.extracts.days import Day, Reading, Step
from vip_tiering.extracts.extract import Extract
from vip_tiering.extracts.rows import Rows
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.day_totals import DayTotals
from vip_tiering.tiers.ledger import Ledger
from vip_tiering.tiers.published.run_folder import TieredRun
from vip_tiering.tiers.scope import Renaming, Scope, Totals, count_day

_SHOWN_CONFLICTS: Final = 20
_NOWHERE: Final = np.empty(0, np.int32)
_FEW_ROWS: Final = 16
"""Rows of one customer that are compared one by one; who has more is found by sorting."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Collapsed:
    """What is left of the rows of a day. `kept`: indices, None for all; `superseded`: indices of rows that a later file corrects."""

    kept: npt.NDArray[np.intp] | None = None
    superseded: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    conflicts: list[Problem] = field(default_factory=list)


def collapse(rows: Rows, customers: Located, names: list[str], *, by_file_name: bool = False) -> Collapsed:
    """Return one row per key: the first of equal ones, or that of the file with the latest name (`by_file_name`).

    `names`: the name of each extract. Other balances for one key are conflicts (semantics 2.4).
    """
    if differ(rows, customers):
        return Collapsed()
    keys = _key_words(rows, customers.positions)
    mixed = mix(keys)
    ordered = np.sort(mixed)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(repeated) == 0:
        return Collapsed()
    # Few rows are left to compare exactly; their order is that of file and row, so that the first one stays.
    suspects = np.flatnonzero(np.isin(mixed, repeated))
    suspects = suspects[np.lexsort((rows.row[suspects], rows.file[suspects], *keys[:, suspects]))]
    superseded = _corrected(rows, suspects, keys, names) if by_file_name else np.empty(0, np.intp)
    suspects = suspects[~np.isin(suspects, superseded)]
    same_key = _same_as_before(keys, suspects)
    same_balance = rows.balance_fen[suspects[1:]] == rows.balance_fen[suspects[:-1]]
    if rows.currency is not None:  # of another currency, it is another balance
        same_balance &= _same_as_before(id_words(rows.currency), suspects)
    conflicts = np.flatnonzero(same_key & ~same_balance)
    if len(conflicts):
        pairs = zip(suspects[conflicts].tolist(), suspects[conflicts + 1].tolist(), strict=True)
        problems = sorted(_conflict(rows, first, second, names) for first, second in pairs)
        return Collapsed(conflicts=problems[:_SHOWN_CONFLICTS])
    dropped = np.concatenate([suspects[1:][same_key], superseded])
    return Collapsed(np.setdiff1d(np.arange(len(rows)), dropped, assume_unique=True), superseded)


def differ(rows: Rows, customers: Located) -> bool:
    """Tell whether all rows are surely of different keys; False says nothing.

    It is so where no customer has two rows, and where the rows of each follow each other, few in number, and no two of them are of one
    account and product: then a row is compared with the next ones only, and nothing needs to be sorted.
    """
    columns = [column for column in (rows.account_id, rows.product) if column is not None]
    if not columns or not len(rows):
        return customers.distinct
    positions = customers.positions
    starts = np.flatnonzero(np.diff(positions, prepend=-1))
    longest = int(np.diff(np.r_[starts, len(rows)]).max())
    if longest > _FEW_ROWS or len(starts) != np.count_nonzero(customers.present):
        return False
    for distance in range(1, longest):
        near = len(rows) - distance
        same = positions[distance:] == positions[:near]
        for column in columns:
            same &= truth(pc.equal(column.slice(distance), column.slice(0, near)))
        if same.any():
            return False
    return True


def _same_as_before(keys: Words, ordered: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return for each row but the first whether it has the key of the row before it; shape (n - 1,)."""
    same: npt.NDArray[np.bool_] = (keys[:, ordered[1:]] == keys[:, ordered[:-1]]).all(axis=0)
    return same


def _corrected(rows: Rows, ordered: npt.NDArray[np.intp], keys: Words, names: list[str]) -> npt.NDArray[np.intp]:
    """Return the rows whose key stands in a file with a later name too; `ordered` goes by key, then by file.

    Names are those of the files alone: folders tell only where somebody put them.
    """
    own = [PurePosixPath(name).name for name in names]
    ranks = {name: rank for rank, name in enumerate(sorted(set(own)))}
    rank = np.array([ranks[name] for name in own])[rows.file[ordered]]
    starts = np.flatnonzero(np.r_[True, ~_same_as_before(keys, ordered)])
    latest = np.repeat(np.maximum.reduceat(rank, starts), np.diff(np.r_[starts, len(ordered)]))
    return ordered[rank < latest]


def _key_words(rows: Rows, positions: Positions) -> Words:
    parts = [positions.astype(np.uint64)[None, :]]
    parts += [id_words(column) for column in (rows.account_id, rows.product) if column is not None]
    return np.vstack(parts) if len(parts) > 1 else parts[0]


def _conflict(rows: Rows, first: int, second: int, names: list[str]) -> Problem:
    key = "customer" + (", account" if rows.account_id is not None else "") + (", product" if rows.product is not None else "")
    other = f"{names[rows.file[first]]} row {rows.row[first]}"
    message = f"another balance for the same day and {key} stands in {other}; deliver one of the two"
    if rows.account_id is None:
        message += ", or add the account's column"
    if rows.currency is not None:
        message += "; balances of one account in two currencies need an account or a product each"
    if rows.file[first] != rows.file[second]:
        message += "; if the later file corrects the earlier one, say corrections: by_file_name in rules/extracts.yaml"
    return Problem(names[rows.file[second]], int(rows.row[second]), None, "duplicate-conflict", message)


class Arrivals:
    """Where each id of a roster stood first: the file and the row. Memory grows with customers, not with days."""

    def __init__(self, names: Sequence[str] = (), file: Int32s = _NOWHERE, row: Int32s = _NOWHERE) -> None:
        """Begin with a roster that is empty, or with one whose ids stood first in the files `names[file]`, as `places` tells."""
        self._parts: list[tuple[int, Sequence[str], Int32s, Int32s]] = [(0, names, file, row)] if len(file) else []

    def note(self, rows: Rows, customers: Located, known: int, names: Sequence[str]) -> None:
        """Note the newcomers among the customers of these rows: those beyond the `known` ones. `names`: of the files."""
        if customers.size == known:
            return
        new = np.flatnonzero(customers.positions >= known)[::-1]
        first = np.empty(customers.size - known, np.intp)
        first[customers.positions[new] - known] = new  # the last assignment stands: the first row of each
        self._parts.append((known, names, rows.file[first], rows.row[first]))

    def places(self, count: int) -> tuple[Int32s, Int32s]:
        """Return file, by its index, and row of the first `count` ids; -1 for one that stands in no row, but was renamed to."""
        file, row = np.full((2, count), -1, np.int32)
        for begin, _, files, rows in self._parts:
            file[begin : begin + len(files)], row[begin : begin + len(rows)] = files, rows
        return file, row

    def first(self, positions: npt.NDArray[np.intp]) -> tuple[str, int]:
        """Return file and row of the id among these positions that came first."""
        position = int(positions.min())
        begin, names, file, row = next(part for part in reversed(self._parts) if part[0] <= position)
        return names[file[position - begin]], int(row[position - begin])


def lost_zeros(ids: pa.Array, arrivals: Arrivals, rules: Rules, header: str, previous: TieredRun | None = None) -> list[Problem]:
    """Return that ids of a run equal others but for leading zeros, within the run or in the quarter before (semantics 2.4).

    `ids`: those of a roster as delivered, and `arrivals` where they stood first. Renamed ids are judged by their new numbers.
    """
    if rules.extracts.leading_zeros == "significant":
        return []
    own = rules.aliases.known_as(ids) if rules.aliases else ids
    problems = _zeros_of_aliases(ids, rules, previous)
    if len(later := _twins(own)):
        problems.append(_zeros(own.take(pa.array(later)), "others of this run", arrivals.first(later), header))
    if previous is not None:
        before = one_array(previous.tiers["customer_id"])
        before = rules.aliases.known_as(before) if rules.aliases else before
        if not _of_one_length(own, before):
            unknown = own.filter(pc.invert(pc.is_in(own, value_set=before)))
            lost = np.flatnonzero(truth(pc.is_in(own, value_set=but_for_zeros(unknown, before))))
            if len(lost):
                problems.append(_zeros(own.take(pa.array(lost)), f"those of {previous.quarter}", arrivals.first(lost), header))
    return problems


def _zeros_of_aliases(ids: pa.Array, rules: Rules, previous: TieredRun | None) -> list[Problem]:
    """Return that old numbers of aliases would be those of customers but for leading zeros, so that nobody is renamed by them."""
    if rules.aliases is None:
        return []
    unknown, known = rules.aliases.old, [ids] if previous is None else [ids, one_array(previous.tiers["customer_id"])]
    for one in known:
        unknown = unknown.filter(pc.invert(pc.is_in(unknown, value_set=one)))
    count = len(pa.concat_arrays([but_for_zeros(unknown, one) for one in known]).unique())
    if not count:
        return []
    these = f"{counted(count, 'old id')} {'is that of a customer' if count == 1 else 'are those of customers'}"
    message = f"{these} but for leading zeros, so that nobody is renamed; write ids as text with their zeros"
    mend = "or say leading_zeros: significant in rules/extracts.yaml"
    return [Problem(f"{rules.name}/{rules.extracts.aliases}", None, "old_id", "id-zeros", f"{message}, {mend}")]


def _zeros(ids: pa.Array, others: str, place: tuple[str, int], header: str) -> Problem:
    count = len(ids.unique())
    these = f"this id differs from {others}" if count == 1 else f"{count:,} ids, of which this is the first, differ from {others}"
    message = f"{these} by leading zeros alone, so a customer would be two; deliver ids as text with their zeros"
    mend = "or say leading_zeros: significant in rules/extracts.yaml where they are two"
    file, row = place
    return Problem(file, row, header, "id-zeros", f"{message}, {mend}")


def _twins(ids: pa.Array) -> npt.NDArray[np.intp]:
    """Return the places of ids that equal another, earlier id but for leading zeros."""
    if _of_one_length(ids) or not pc.any(pc.starts_with(ids, "0")).as_py():
        return np.empty(0, np.intp)
    codes = pc.utf8_ltrim(ids, "0").dictionary_encode().indices.to_numpy()
    first = np.empty(codes.max() + 1, np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return np.flatnonzero(truth(pc.not_equal(ids, ids.take(pa.array(first[codes])))))


def _of_one_length(*ids: pa.Array) -> bool:
    """Tell whether all ids are of one length, as customer numbers are; then no two differ by zeros alone."""
    ranges = [value_range(np.diff(offsets_of(one))) for one in ids if len(one)]
    return len({length for lengths in ranges for length in lengths}) <= 1


@dataclass
class Posted:
    """The ledger after the last day, and what became of the rows. `problems` forbid a run; rejects may be allowed.

    `superseded`: rows that a later file corrected, by the index of the extract that held them. `rows_by_day`: rows that passed and
    were not repeated, by day and name of the file.
    """

    ledger: Ledger
    reading: Reading = field(default_factory=Reading)
    used: int = 0
    collapsed: int = 0
    copied_rows: int = 0
    superseded: Counter[int] = field(default_factory=Counter)
    totals: Totals = field(default_factory=Totals)
    renaming: Renaming | None = None
    problems: list[Problem | str] = field(default_factory=list)
    rows_by_day: dict[int, Counter[str]] = field(default_factory=dict)
    arrivals: Arrivals = field(default_factory=Arrivals)
    day_totals: DayTotals = field(default_factory=DayTotals)

    def add(self, other: Posted) -> None:
        """Add what became of the rows of other customers on the same days; the ledger, the reading and the problems stay as they are."""
        self.used += other.used
        self.collapsed += other.collapsed
        self.superseded.update(other.superseded)
        self.totals.add(other.totals)
        for day, counts in other.rows_by_day.items():
            self.rows_by_day.setdefault(day, Counter()).update(counts)
        self.day_totals.add(other.day_totals)

    @property
    def days(self) -> tuple[int, ...]:
        """The days that were posted, by their numbers, in order."""
        return tuple(self.day_totals.by_day)

    @property
    def tally(self) -> dict[str, int]:
        """Rows by what became of them; `read` is the sum of all others (the first proof of a run)."""
        return {
            "read": sum(self.reading.rows.values()) + self.copied_rows,
            "used": self.used,
            "outside": self.reading.outside.total(),
            "collapsed": self.collapsed,
            "excluded": self.totals.excluded,
            "superseded": self.superseded.total(),
            "rejected": len(self.reading.rejects),
        }


def post_days(
    posted: Posted,
    steps: Iterable[Step],
    days: int,
    extracts: Sequence[Extract],
    rules: Rules,
    progress: Progress = lambda _done, _all: None,
) -> Posted:
    """Post one day after another on top of what was `posted`, and return that.

    `days`: how many there are, `extracts`: what rows are known by in messages.
    """
    if rules.aliases and posted.renaming is None:
        posted.renaming = Renaming(rules.aliases, posted.ledger.roster)
    names = [extract.name for extract in extracts]
    scope = Scope.of(rules, names, {role: extracts[0].header(role) for role in ("balance", "currency", "product")})
    done = 0
    for day, reading in steps:
        posted.reading.add(reading)
        posted.problems += reading.problems
        for index in reading.rows if day is None else ():
            for outside, count in reading.outside.items():
                posted.rows_by_day.setdefault(outside, Counter())[names[index]] += count
        if day is not None and not posted.problems:
            _post_day(posted, day, scope, by_file_name=rules.extracts.corrections == "by_file_name")
        done += day is not None
        progress(done, days)
    return posted


def _post_day(posted: Posted, day: Day, scope: Scope, *, by_file_name: bool) -> None:
    """Post the rows of one day: one row per key, the balance that counts, the customer that it counts for."""
    ledger, rows = posted.ledger, day.rows
    known = len(ledger.roster)
    several = rows.account_id is not None or rows.product is not None  # rows of a customer, as a rule one after another
    locate = ledger.roster.locate_runs if several else ledger.roster.locate
    customers = Located(locate(rows.customer_id), len(ledger.roster))
    posted.arrivals.note(rows, customers, known, scope.names)
    single = collapse(rows, customers, scope.names, by_file_name=by_file_name)
    posted.problems += single.conflicts
    if single.conflicts:
        return
    if single.kept is not None:
        posted.collapsed += len(rows) - len(single.kept) - len(single.superseded)
        posted.superseded.update(dict(enumerate(np.bincount(rows.file[single.superseded]).tolist())))
        rows, customers = rows.take(single.kept), customers.take(single.kept)
    posted.rows_by_day[day.day] = _rows_by_file(rows, scope.names)
    counted = count_day(rows, day.day, scope)
    posted.problems += counted.problems
    posted.reading.rejects.extend(counted.rejects)
    posted.totals.add(counted.totals)
    if counted.problems:
        return
    if counted.kept is not None:
        customers = customers.take(counted.kept)
    posted.used += len(counted.rows)
    accounts = _account_keys(counted.rows, renamed=posted.renaming is not None) if ledger.kind == "changes" else None
    if posted.renaming:
        customers = posted.renaming.apply(customers)
    ledger.post(day.day, customers, counted.rows.balance_fen, accounts, counted.rows.largest_fen)
    posted.day_totals.note(day.day, *ledger.standing())


def _rows_by_file(rows: Rows, names: Sequence[str]) -> Counter[str]:
    """Return how many rows come from each file, by its name."""
    if not len(rows) or rows.file.strides == (0,):  # of one file: its number stands there once
        return Counter({names[index]: len(rows) for index in rows.file[:1].tolist()})
    counts: Counter[str] = Counter()
    for index, count in enumerate(np.bincount(rows.file).tolist()):
        counts[names[index]] += count
    return counts


def _account_keys(rows: Rows, *, renamed: bool) -> pa.Array | None:
    """Return one text per row that names its account, with the customer as delivered; None where each customer is one account.

    `renamed`: customers are, so that two delivered ones may be one.
    """
    parts = [rows.customer_id, *(column for column in (rows.account_id, rows.product) if column is not None)]
    if len(parts) > 1:
        return pc.binary_join_element_wise(*parts, "\x1f")
    return rows.customer_id if renamed else None
