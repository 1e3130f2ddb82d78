"""Why a customer has a tier: the proof, the quarters before, what moved the customer, and what would (semantics 11.1).

From run folders alone it is quick: a few rows of each run are read, and pandas is not loaded. `trace` tells the days, from the extracts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import texts_of
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem, RulesError, UsageError
from vip_tiering.base.money import fen_from_text, yuan_text
from vip_tiering.base.quarter import day_date, day_number
from vip_tiering.base.schema import ABSENT, RESERVED_CODES
from vip_tiering.base.text import tidy
from vip_tiering.base.threads import threads
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.publishing import manifests
from vip_tiering.reports.figures.clues import BETWEEN_CLUES, clues_of
from vip_tiering.rules.extracts import Aliases
from vip_tiering.rules.load import Rules, load_rules
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.outlook import STATES, Fen, Standing, states_of
from vip_tiering.tiers.published.run_folder import TieredRun, by_new_ids, known_but_for_zeros, read_customers
from vip_tiering.tiers.tiering import tier_levels

if TYPE_CHECKING:
    from vip_tiering.tiers.posting import Progress

Row = Mapping[str, Any]
"""A row of `tiers.parquet`, or what a document says of one."""
_QUARTERS: Final = "[0-9][0-9][0-9][0-9]Q[1-4]"
_READERS: Final = 2


@dataclass(frozen=True)
class Explanation:
    """What there is to say of a customer. `document`: amounts as text in yuan, fen-days as whole numbers in text."""

    document: dict[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Customer:
    """Who is asked for. `ids`: the present id, then the old ones under which runs and extracts may know the customer."""

    asked: str
    now: str
    ids: pa.Array

    @classmethod
    def of(cls, text: str, aliases: Aliases | None) -> Customer:
        """Return the customer of an id, which may be an old one. Raises UsageError for none."""
        asked = tidy(text)
        if not asked:
            raise UsageError("CUSTOMER: is empty; give one id, or - to read it from standard input")
        if aliases is None:
            return cls(asked, asked, texts_of([asked]))
        now = aliases.known_as(texts_of([asked]))
        old = aliases.old.filter(pc.equal(aliases.new, now[0]))
        return cls(asked, now[0].as_py(), pa.concat_arrays([now, old]))


def tier_explain(
    customer: str,
    run: Path,
    extracts: Sequence[str | Path] = (),
    progress: Progress = lambda _done, _all: None,
    *,
    rules: Path | None = None,
    max_bytes: str = "4G",
) -> Explanation:
    """Explain the tier that a customer has in a run, official or provisional; day by day too where its extracts are given.

    `rules`: they follow renumbered customers, and say what of the extracts counts; bounds are those of the run.
    Raises UsageError where no id is given, RulesError, and DataError (exit 4) where the run is absent, altered or of another kind,
    or does not know the customer, and whatever reading the extracts raises. No message holds the id.
    """
    limit = size_in_bytes(max_bytes)
    loaded = load_rules(rules)
    who = Customer.of(customer, loaded.aliases)
    known, told = explanations([who], run, loaded)
    if who.now not in told:
        raise unknown(run, who)
    document, row, found = told[who.now], known.rows.get(who.now), known.run
    warnings = known.warnings(run, loaded)
    if extracts:
        from vip_tiering.analysis.trace import trace  # noqa: PLC0415 (pandas loads where days are asked for)

        document["trace"], said = trace(extracts, found, who.ids, int(row["fen_days"]) if row else 0, loaded, limit, progress)
        warnings += said
    return Explanation(document, tuple(warnings))


@dataclass(frozen=True)
class KnownInRun:
    """A run, and what it says of some customers by their present ids: their rows of `tiers.parquet`, and of `changes.csv`."""

    run: TieredRun
    rows: Mapping[str, Row]
    moved: Mapping[str, Row]

    def warnings(self, folder: Path, rules: Rules) -> list[str]:
        """Return the warning that other rules made the run, where they did."""
        if _by_these_rules(self.run, rules):
            return []
        return [f"{manifests.named(folder).name}: was made by other rules than these ({rules.name})"]


def explanations(who: Sequence[Customer], run: Path, rules: Rules) -> tuple[KnownInRun, dict[str, dict[str, Any]]]:
    """Return what a run knows of customers, and the document of each, but for its days, by present id; each run is read once.

    Who is neither in its tiers nor in its changes has none. Raises DataError where the run is absent, altered or of another kind.
    """
    ids = pa.concat_arrays([one.ids for one in who])
    known = _known_in(run, ids, rules.aliases, provisional=True)
    before = _runs_before(run, known.run, ids, rules.aliases)
    documents = {}
    for one in who:
        row, moved = known.rows.get(one.now), known.moved.get(one.now)
        if row is None and moved is None:
            continue
        documents[one.now] = {
            **_head(known.run, one, row),
            "proof": proof(row, known.run.ladder) if row else [],
            "quarters": [*(_line_before(name, earlier, one.now) for name, earlier in before), _line(known.run, row, moved)],
            "change": _change(known.run, row, moved),
            "outlook": outlook(row, known.run) if row else None,
            "trace": None,
        }
    return known, documents


def proof(row: Row, ladder: Ladder) -> list[dict[str, Any]]:
    """Return the tests that put a customer into the tier: that of its own bound, and that of the one above (semantics 3.1).

    Where a tier is held or was set by hand these are the tests of the average's own tier. `by`: how much the yuan-days exceed what is
    needed, or fall short of it. Untiered customers have no own bound, the highest tier none above.
    """
    level, days, fen_days = ladder.codes.index(row.get("evaluated_tier", row["tier"])), int(row["quarter_days"]), int(row["fen_days"])
    tests = [(tier, reached) for tier, reached in ((level - 1, True), (level, False)) if 0 <= tier < len(ladder.tiers)]
    return [
        {
            "tier": ladder.tiers[place].code,
            "tier_label": ladder.tiers[place].label,
            "bound": yuan_text(ladder.tiers[place].min_fen),
            "quarter_days": days,
            "needed_yuan_days": yuan_text(ladder.tiers[place].min_fen * days),
            "reached": reached,
            "by_yuan_days": yuan_text(abs(fen_days - ladder.tiers[place].min_fen * days)),
        }
        for place, reached in tests
    ]


def outlook(row: Row, run: TieredRun) -> dict[str, Any]:
    """Return where the customer will stand if the balance stays, and what must come by which day (semantics 10).

    `deposits`: for each day left, what must come on it to reach the next tier, null in the highest one, and to keep the own one, null
    for untiered customers. `locked`: the tier stays even where everything is taken out.
    """
    ladder, horizon = run.ladder, run.horizon
    level, standing, own, following = _standing(row, run)
    projected = int(tier_levels(standing.projected, horizon.days, ladder)[0])
    return {
        "first_day": str(day_date(horizon.first)),
        "last_day": str(day_date(horizon.last)),
        "period_days": horizon.days,
        "days_left": horizon.remaining,
        **_tier("projected", ladder.codes[projected], ladder.labels),
        "projected_average": yuan_text(int(standing.projected[0]) // horizon.days),
        "state": STATES[int(states_of(standing, level, ladder, run.outlook_rule)[0])],
        "locked": own is not None and bool(standing.locked(own)[0]),
        "cushion": _amount(standing.cushion_fen, own),
        **_tier("next", None if following is None else ladder.codes[level[0] + 1], ladder.labels),
        "gap_to_next": _amount(standing.gap_fen, following),
        "deposits": [_deposits(day, standing, own, following) for day in range(horizon.first, horizon.last + 1)],
    }


def money_on(row: Row, run: TieredRun, on: dt.date) -> dict[str, Any] | None:
    """Return what money decides, coming or going on a day, if the balance stays until then (semantics 10.2, 10.3).

    As an entry of `deposits`, and `cushion`: what may be taken out on that day, null for untiered customers. None for a day on which
    the period is over, or that the run knows already.
    """
    day, horizon = day_number(on), run.horizon
    if not horizon.first <= day <= horizon.last:
        return None
    _, standing, own, following = _standing(row, run)
    return {**_deposits(day, standing, own, following), "cushion": _amount(standing.cushion_fen, own, horizon.last - day + 1)}


def _standing(row: Row, run: TieredRun) -> tuple[np.ndarray, Standing, np.ndarray | None, np.ndarray | None]:
    """Return level and standing of one customer, and the bounds in fen of the own tier and of the one above; each of shape (1,)."""
    level = np.array([run.ladder.codes.index(row["tier"])])
    standing = Standing.of(np.array([row["fen_days"]], np.int64), np.array([row["closing_fen"]], np.int64), run.horizon)
    bounds = [None, *(np.array([tier.min_fen], np.int64) for tier in run.ladder.tiers), None]
    return level, standing, bounds[level[0]], bounds[level[0] + 1]


def _deposits(day: int, standing: Standing, own: np.ndarray | None, following: np.ndarray | None) -> dict[str, Any]:
    """Return what must come on a day to reach the next tier, and to keep the own one."""
    left = standing.horizon.last - day + 1
    needed = {"for_next": _amount(standing.deposit_fen, following, left), "to_keep": _amount(standing.deposit_fen, own, left)}
    return {"day": str(day_date(day)), "days_left": left, **needed}


def _amount(of_bound: Callable[..., Fen], bound: np.ndarray | None, *days: int) -> str | None:
    """Return in yuan what a standing says of a bound, and of a number of days; None without a bound."""
    return None if bound is None else yuan_text(int(of_bound(bound, *days)[0]))


def _known_in(folder: Path, ids: pa.Array, aliases: Aliases | None, *, provisional: bool) -> KnownInRun:
    """Return what a run says of customers. `ids`: those of today and the old ones."""
    run = by_new_ids(read_customers(folder, ids, provisional=provisional), aliases)
    rows, moved = ({row["customer_id"]: row for row in table.to_pylist()} for table in (run.tiers, run.changes))
    return KnownInRun(run, rows, moved)


def _head(run: TieredRun, who: Customer, row: Row | None) -> dict[str, Any]:
    """Return who is asked for and what the run says; amounts are zero for a customer who is absent."""
    return {
        "customer_id": who.now,
        "renamed_from": who.asked if who.asked != who.now else None,
        "quarter": str(run.quarter),
        "status": run.manifest["status"],
        "first_day": run.manifest["first_day"],
        "last_day": run.manifest["last_day"],
        "quarter_days": int(run.manifest["quarter_days"]),
        **_tier("", row["tier"] if row else ABSENT, _labels(run)),
        "tier_basis": row.get("tier_basis", "evaluated") if row else None,
        **_tier("evaluated", row.get("evaluated_tier", row["tier"]) if row else None, _labels(run)),
        "fen_days": str(row["fen_days"] if row else 0),
        "yuan_days": yuan_text(row["fen_days"] if row else 0),
        "daily_average": yuan_text(row["daily_average_fen"] if row else 0),
        "closing_balance": yuan_text(row["closing_fen"] if row else 0),
        "days_held": int(row["days_held"]) if row else 0,
    }


def _tier(name: str, code: str | None, labels: Mapping[str, str]) -> dict[str, str | None]:
    """Return a tier as documents say it, by code and label."""
    tier = f"{name}_tier".lstrip("_")
    return {tier: code, f"{tier}_label": None if code is None else labels[code]}


def _labels(run: TieredRun) -> dict[str, str]:
    return {**run.labels, ABSENT: RESERVED_CODES[ABSENT]}


def _line(run: TieredRun, row: Row | None, moved: Row | None) -> dict[str, Any]:
    """Return what a quarter says of the customer in one line."""
    return {
        "quarter": str(run.quarter),
        **_tier("", row["tier"] if row else ABSENT, _labels(run)),
        "daily_average": yuan_text(row["daily_average_fen"]) if row else None,
        "closing_balance": yuan_text(row["closing_fen"]) if row else None,
        "change": _kind(run, row, moved),
        "problem": None,
    }


def _kind(run: TieredRun, row: Row | None, moved: Row | None) -> str | None:
    """Return the kind of change (semantics 4.3); `changes.csv` holds all but two. None for who is in neither quarter."""
    if moved is not None:
        return str(moved["change"])
    return None if row is None else "kept" if run.compared else "initial"


def _runs_before(folder: Path, run: TieredRun, ids: pa.Array, aliases: Aliases | None) -> list[tuple[str, KnownInRun | str]]:
    """Return each official run of an earlier quarter beside a run, by its name, the oldest first; or why it cannot be used."""
    with reading(folder.name):
        places = [place for place in sorted(folder.resolve().parent.glob(_QUARTERS)) if place.name < str(run.quarter)]

    def read(place: Path) -> tuple[str, KnownInRun | str]:
        try:
            earlier = _known_in(place, ids, aliases, provisional=False)
        except DataError as error:
            return place.name, _reason(error)
        quarter = str(earlier.run.quarter)
        return place.name, earlier if quarter == place.name else f"is a run of {quarter}"

    with threads(_READERS) as pool:
        return list(pool.map(read, places))


def _line_before(name: str, earlier: KnownInRun | str, customer: str) -> dict[str, Any]:
    """Return what an earlier quarter says of a customer in one line, or why it says nothing."""
    if isinstance(earlier, str):
        return {"quarter": name, "problem": earlier}
    return _line(earlier.run, earlier.rows.get(customer), earlier.moved.get(customer))


def _reason(error: DataError) -> str:
    """Return why a run cannot be used: the first problem, without the folder's name, which stands beside it."""
    first = error.problems[0]
    return first.message if isinstance(first, Problem) else first.partition(": ")[2]


def _change(run: TieredRun, row: Row | None, moved: Row | None) -> dict[str, Any]:
    """Return what moved the customer against the quarter before, with the codes of clues (`reports.clues`)."""
    kind = _kind(run, row, moved)
    if moved is None:
        return {"change": kind, "clues": []}
    levels = {ABSENT: -1, **{code: level for level, code in enumerate(run.ladder.codes)}}
    before, now = (np.array([levels[moved[side]]]) for side in ("from_tier", "to_tier"))
    bounds = np.array([0, *(tier.min_fen for tier in run.ladder.tiers)], np.int64)
    closing, held = np.array([fen_from_text(moved["closing_balance"])]), np.array([int(moved["days_held"])])
    clues = str(clues_of(before, now, closing, held, bounds, int(run.manifest["quarter_days"]))[0])
    return {
        "change": kind,
        **_tier("from", moved["from_tier"], _labels(run) | {moved["from_tier"]: moved["from_label"]}),
        **_tier("to", moved["to_tier"], _labels(run)),
        "steps": int(moved["steps"]),
        "previous_daily_average": moved["previous_daily_average"],
        "daily_average": moved["daily_average"],
        "difference": moved["difference"],
        "closing_balance": moved["closing_balance"],
        "clues": clues.split(BETWEEN_CLUES),
    }


def _by_these_rules(run: TieredRun, rules: Rules) -> bool:
    """Tell whether a run was made by these rules."""
    try:
        return bool(run.manifest["made_from"]["rules"] == rules.digest(run.quarter))
    except RulesError:  # they have no tiers for its quarter
        return False


def unknown(folder: Path, who: Customer | None = None) -> DataError:
    """Return that a run does not know a customer. `who`: it is told whether an id is known that differs by leading zeros; none is shown."""
    if who is not None and known_but_for_zeros(folder, who.ids):
        message = "does not know this id, but one that differs by leading zeros only: write it as it is in the run, with its zeros"
        return DataError([Problem(manifests.named(folder).name, None, None, "customer-unknown", message)])
    message = "does not know this customer: neither the tiers nor the changes have the id; an old id is found by the aliases of --rules"
    return DataError([Problem(manifests.named(folder).name, None, None, "customer-unknown", message)])
