"""The ledger of a quarter, kept from one provisional run to the next, and when it may be taken up (semantics 2.11).

It may where reading everything would give the same: the same program, rules and kind; every used extract that it holds is there, unchanged;
and what is new holds later days only. A run that counts, the official one, takes up nothing: it is made from the extracts alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
from pyarrow import feather

from vip_tiering._version import __version__
from vip_tiering.base.disk import writing
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import day_date
from vip_tiering.extracts.extract import Extract
from vip_tiering.publishing import folders, manifests
from vip_tiering.tiers.day_totals import DayTotals
from vip_tiering.tiers.kept.state import TABLES, document_of, posted_again, tables_of
from vip_tiering.tiers.plan import Plan, hashes
from vip_tiering.tiers.posting import Posted

SCHEMA: Final = "vip-tiering ledger"
_SCHEMA_VERSION: Final = 1
_SETTLED_NS: Final = 2_000_000_000
"""A file whose status changed less than this before a run began may have changed once more within the same tick of its clock."""
Stamp = list[int]
"""Size, time of change, time of change of the status, and number of a file: equal ones are those of a file that nobody touched."""


@dataclass(frozen=True)
class Note:
    """What people are told of a kept ledger: `code` says whether it was taken up, or why not; `day` is its newest day."""

    code: str
    day: str = ""
    file: str = ""
    days: int = 0
    all_days: int = 0


@dataclass(frozen=True)
class TakenUp:
    """What a run may go on from: what was `posted`, None where nothing is taken up, from the extracts of these indices."""

    note: Note | None = None
    posted: Posted | None = None
    known: frozenset[int] = frozenset()


class _UnfitError(Exception):
    """Why a kept ledger is not taken up."""

    def __init__(self, code: str, file: str = "") -> None:
        super().__init__(code)
        self.code, self.file = code, file


def take_up(folder: Path, plan: Plan, pool: Executor) -> TakenUp:
    """Return the ledger that was kept in a folder for the quarter of a plan, or why it is not taken up; the caller holds the lock."""
    day = ""
    try:
        document = _intact(folder)
        day = str(day_date(_days(document)[-1]))
        here = _the_same(document, plan, pool)
        tables = {name: feather.read_table(folder / f"{name}.arrow", memory_map=False) for name in TABLES}
        posted = posted_again(tables, document["posted"], document["inputs"], here, plan.extracts, plan.rules, DayTotals.of(plan.ladder))
    except _UnfitError as error:
        return TakenUp(Note(error.code, day, error.file))
    posted.ledger.last = plan.request.period.last
    all_days = len(plan.days.to_post)
    return TakenUp(
        Note("taken_up", day, days=all_days - len(posted.days), all_days=all_days),
        posted,
        frozenset(index for index in here if index is not None),
    )


def _intact(folder: Path) -> dict[str, Any]:
    """Return the manifest of a kept ledger. Raises _UnfitError where it was altered, or kept by another version of the program."""
    try:
        document, problems = manifests.verify(folder)
    except DataError:
        raise _UnfitError("altered") from None
    if problems or document.get("schema") != SCHEMA or document["quarter"] != folder.name:
        raise _UnfitError("altered")
    if (document["schema_version"], document["program"]["version"]) != (_SCHEMA_VERSION, __version__):
        raise _UnfitError("program")
    return document


def _days(document: dict[str, Any]) -> tuple[int, ...]:
    """Return the days that a kept ledger holds, by their numbers, in order."""
    return tuple(map(int, document["posted"]["day_totals"]))


def _the_same(document: dict[str, Any], plan: Plan, pool: Executor) -> list[int | None]:
    """Return the index of every kept extract among those of the plan, None for an unused one that is gone, or not as it was.

    Raises _UnfitError where something else was posted than would be.
    """
    for name, value in _made_from(plan).items():
        if document["made_from"][name] != value:
            raise _UnfitError(name)
    days, to_post = _days(document), plan.days.to_post
    if days[-1] > plan.request.period.last:
        raise _UnfitError("further")
    here = _places(document["inputs"], plan.extracts, pool)
    wanted = {day for day in to_post if day <= days[-1]}
    for index in {*range(len(plan.extracts))}.difference(here):
        if wanted.intersection(plan.extracts[index].days):
            raise _UnfitError("file_new", plan.extracts[index].name)
    if to_post[: len(days)] != days:
        raise _UnfitError("days")
    return here


def _places(inputs: Sequence[dict[str, Any]], extracts: Sequence[Extract], pool: Executor) -> list[int | None]:
    """Return where each kept extract is among those of today. Raises _UnfitError for a used one that is gone, or not as it was."""
    by_name: dict[str, list[int]] = {}
    for index, one in enumerate(extracts):
        by_name.setdefault(one.name, []).append(index)
    places = [by_name[one["name"]].pop(0) if by_name.get(one["name"]) else None for one in inputs]
    changed = _changed(inputs, [None if index is None else extracts[index] for index in places], pool)
    for place, entry in enumerate(inputs):
        if places[place] is None or place in changed:
            if entry["used"]:
                raise _UnfitError("file_gone" if places[place] is None else "file_changed", entry["name"])
            places[place] = None
    return places


def _changed(inputs: Sequence[dict[str, Any]], extracts: Sequence[Extract | None], pool: Executor) -> set[int]:
    """Return the places of extracts that say or hold something else than they did; one that nobody touched is not read again."""
    there = [(place, one) for place, one in enumerate(extracts) if one is not None]
    changed = {place for place, one in there if _described(one) != inputs[place]["described"]}
    touched = [(place, one) for place, one in there if inputs[place]["stamp"] is None or inputs[place]["stamp"] != _stamp(one)]
    sha256 = hashes([one for _, one in touched], pool)
    return changed | {place for number, (place, _) in enumerate(touched) if sha256[number] != inputs[place]["sha256"]}


def keep(out: Path, plan: Plan, posted: Posted, started_ns: int) -> Path | None:
    """Stage the ledger for the next run of the quarter in `out`, and return where; the caller holds the lock.

    `started_ns`: when the run began to look at extracts. Nothing is kept where a file reaches beyond the period: the rest of it is
    still to come. Raises OutputError where the disk is full or refuses.
    """
    period, extracts = plan.request.period, plan.extracts
    if any(one.days and one.days[0] <= period.last < one.days[-1] for one in extracts):
        return None
    done = [index for index, one in enumerate(extracts) if index in posted.reading.rows and (not one.days or one.days[-1] <= period.last)]
    wanted = set(plan.days.to_post)
    unused = [index for index in done if wanted.isdisjoint(extracts[index].days)]
    tables = tables_of(posted, done)
    document = manifests.head(
        SCHEMA,
        _SCHEMA_VERSION,
        _made_from(plan),
        quarter=str(period.quarter),
        status="kept",
        inputs=[
            {
                "name": extracts[index].name,
                "sha256": posted.reading.sha256[index],
                "used": index not in unused,
                "described": _described(extracts[index]),
                "stamp": _settled(_stamp(extracts[index]), started_ns),
            }
            for index in done
        ],
        posted=document_of(posted, extracts, done, unused, period.last),
    )
    writers = {f"{name}.arrow": _writer(table) for name, table in tables.items()}
    with writing(out / str(period)):  # they appear together or not at all
        return folders.staged(out, str(period.quarter), writers, document)


def _made_from(plan: Plan) -> dict[str, Any]:
    """Return what decides on how rows are posted, beside the extracts."""
    return {"rules": plan.rules.digest(plan.request.period.quarter), "kind": plan.request.kind}


def _described(extract: Extract) -> dict[str, Any]:
    """Return what counts of an extract beside its content: what its name, its folders and the files beside it say."""
    return {
        "days": list(extract.days),
        "day": extract.day,
        "constants": dict(sorted(extract.constants.items())),
        "checksum": extract.sha256.sha256 if extract.sha256 else None,
        "controls": [list(vars(one).values()) for one in extract.controls],
    }


def _stamp(extract: Extract) -> Stamp | None:
    """Return what tells that nobody touched the file of an extract; None where it is not the file that was looked at."""
    try:
        status = extract.path.stat()
    except OSError:
        return None
    if (status.st_size, status.st_mtime_ns) != extract.signature:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _settled(stamp: Stamp | None, started_ns: int) -> Stamp | None:
    """Return a stamp where the file was left alone since before the run began; only then it tells of the content that was read."""
    return stamp if stamp is not None and stamp[2] < started_ns - _SETTLED_NS else None


def _writer(table: pa.Table) -> folders.Writer:
    def write(sink: IO[bytes]) -> int:
        feather.write_feather(table, sink, compression="uncompressed")
        return int(table.num_rows)

    return write
