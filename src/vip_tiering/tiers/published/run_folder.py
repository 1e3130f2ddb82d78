"""A published run that others start from: found intact and official; for a comparison or lists, of the right quarter too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vip_tiering.base.arrays import one_array
from vip_tiering.base.disk import reading, stands
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.quarter import Month, Period, Quarter
from vip_tiering.base.schema import CHANGES_CSV, TIERS_AND_RETENTION, TIERS_PARQUET, UNTIERED
from vip_tiering.base.text import but_for_zeros, csv_as_text
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import settle
from vip_tiering.publishing.switch import SUPERSEDED
from vip_tiering.rules.extracts import Aliases
from vip_tiering.rules.tiers import Ladder, OutlookRule, Tier, bound_fen
from vip_tiering.tiers.outlook import Horizon, outlook_of

if TYPE_CHECKING:
    import pandas as pd

_RUN: Final = "vip-tiering run"
_SHOWN_RUNS: Final = 3
_MOST_SHOWN: Final = 6
"""Runs of a folder that are all named; of more the newest."""
_FEW: Final = 50
"""So many customers are looked up in a file without taking all of it apart."""
TIERS_FILE: Final = "tiers.parquet"
_CHANGES: Final = "changes.csv"
_ROWS_AT_ONCE: Final = 1 << 16
NO_SUCH_RUN: Final = "there is no such run folder; vip tier compute makes one, such as out/2015Q4"
_NO_RUN: Final = "is not a run of vip tier compute; name a folder such as out/2015Q4"
_UNFIT: Final = {
    "provisional": "is a provisional run (--as-of); compute the whole quarter first",
    "monthly": "is a run of a month (--month), which has no tiers that count; name the run of a whole quarter",
}
"""What is said of a run that is not official, by its status."""
_NO_CHANGES: Final = pa.Table.from_batches([], pa.schema([(name, pa.string()) for name in CHANGES_CSV]))


@dataclass(frozen=True)
class TieredRun:
    """A published run. `labels`: by code, untiered first; `bounds_fen`: lower bound by code; `compared`: with the quarter before.

    `tiers` and `changes` have the columns of `tiers.parquet` and `changes.csv`, the latter as text. `manifest`: as published.
    """

    quarter: Quarter
    digest: str
    compared: bool
    labels: dict[str, str]
    bounds_fen: dict[str, int]
    tiers: pa.Table
    changes: pa.Table
    warnings: tuple[str, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ladder(self) -> Ladder:
        """The tiers by which it was computed."""
        return Ladder(tuple(Tier.model_validate(tier) for tier in self.manifest["rules"]["tiers"]), self.manifest["rules"]["source"])

    @property
    def outlook_rule(self) -> OutlookRule:
        """From where on customers are near another tier: the shares in its manifest, else the usual ones."""
        return OutlookRule.model_validate(self.manifest["rules"].get("outlook", {}))

    @property
    def period(self) -> Period:
        """The days that it covers."""
        as_of = dt.date.fromisoformat(self.manifest["last_day"])
        return Period(self.quarter, as_of if self.manifest["status"] == "provisional" else None)

    @property
    def horizon(self) -> Horizon:
        """The days that its outlook is for."""
        return Horizon.after(self.period)

    def outlook(self) -> pd.DataFrame:
        """Return who is about to rise or fall, as `outlook_of` tells it."""
        return outlook_of(self.frame(), self.horizon, self.ladder, self.outlook_rule)

    def frame(self) -> pd.DataFrame:
        """Return `tiers` as a run computes with them: one row per customer; tier is categorical."""
        codes = self.tiers["tier"].dictionary_encode()
        frame: pd.DataFrame = self.tiers.set_column(self.tiers.column_names.index("tier"), "tier", codes).to_pandas()
        return frame


def load_run(folder: Path, on: dt.date, grace_days: int, *, allow_old: bool) -> TieredRun:
    """Return the run in a folder for an export on a day.

    Raises DataError where it is absent, altered, provisional, later than the day, or not of the newest quarter that ended
    before it; the quarter before that one passes within `grace_days` of the new quarter, and any with `allow_old`.
    """
    run = read_run(folder)
    return replace(run, warnings=_judge_quarter(manifests.named(folder), run.quarter, on, grace_days, allow_old=allow_old))


def holds_runs(folder: Path) -> bool:
    """Tell whether runs lie in a folder, as `vip tier compute` publishes them there."""
    return any(_runs_in(folder))


def _runs_in(folder: Path) -> Iterator[str]:
    """Yield the names of the runs in a folder, sorted, those of months last. Raises OSError where the disk refuses."""
    names = ("[0-9][0-9][0-9][0-9]Q[1-4]*", "[0-9][0-9][0-9][0-9]-[0-9][0-9]")
    yield from (one.name for name in names for one in sorted(folder.glob(name)) if is_run(manifests.read_document(one)))


def refuse_around_runs(folder: Path) -> None:
    """Raise DataError where a folder is no run, and runs lie in it: it names the newest of them."""
    with reading(folder):
        runs = [] if (folder / manifests.MANIFEST).exists() else list(_runs_in(folder))
    if runs:
        shown = f"the runs {', '.join(runs)}" if 1 < len(runs) <= _MOST_SHOWN else f"the run {runs[0]}"
        shown = shown if len(runs) <= _MOST_SHOWN else f"{len(runs)} runs, among them {', '.join(runs[-_SHOWN_RUNS:])}"
        raise DataError(f"{folder}: holds {shown}; name {'one of them' if len(runs) > 1 else folder / runs[0]}")


def known_but_for_zeros(folder: Path, ids: pa.Array) -> bool:
    """Tell whether a run knows one of some ids once leading zeros are ignored. Only the ids of `tiers.parquet` are read."""
    with reading(f"{manifests.named(folder).name}/{TIERS_FILE}"):
        of_run = one_array(pq.read_table(folder / TIERS_FILE, columns=["customer_id"])["customer_id"]).cast(pa.string())
    return len(but_for_zeros(ids, of_run)) > 0


def is_run(document: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a manifest is that of a run."""
    return isinstance(document, dict) and document.get("schema") == _RUN


def read_run(folder: Path, *, provisional: bool = False) -> TieredRun:
    """Return the run in a folder, of whatever quarter, an official one, or with `provisional` one inside a quarter too.

    Raises DataError where it is absent, altered, or not of such a kind.
    """
    folder, manifest = _intact(folder, NO_SUCH_RUN)
    _refuse_unfit(folder, manifest, provisional=provisional)
    with reading(f"{folder.name}/{_CHANGES}"):
        run = replace(_read(folder, manifest), changes=csv_as_text(folder / _CHANGES, CHANGES_CSV))
    _refuse_formulas(folder, TIERS_FILE, run.tiers["customer_id"])
    _refuse_formulas(folder, _CHANGES, run.changes["customer_id"])
    return run


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the run in a folder, of whatever kind. Raises DataError where it is absent, altered, or no run."""
    folder, manifest = _intact(folder, NO_SUCH_RUN)
    if not is_run(manifest):
        raise _refused(folder, "run-unfit", _NO_RUN)
    return manifest


def read_month(folder: Path, month: Month) -> Mapping[str, Any]:
    """Return the manifest of the run of a month in a folder. Raises DataError where it is absent, altered, or anything else."""
    folder, manifest = _intact(folder, "there is no such run folder")
    if manifest.get("schema") != _RUN or manifest.get("month") != str(month):
        raise _refused(folder, "run-unfit", f"is not the run of {month}")
    return manifest


def read_customers(folder: Path, ids: pa.Array, *, provisional: bool = False) -> TieredRun:
    """Return the run in a folder with the rows of some customers alone, as fast as the disk allows.

    Raises DataError as `read_run` does; of the files only the two that are read are verified, with the manifest.
    """
    folder, manifest = _intact(folder, NO_SUCH_RUN, only=(TIERS_FILE, _CHANGES))
    _refuse_unfit(folder, manifest, provisional=provisional)
    with reading(f"{folder.name}/{TIERS_FILE}"):
        tiers = _tiers_of(folder / TIERS_FILE, ids)
    with reading(f"{folder.name}/{_CHANGES}"):
        changes = _changes_of(folder / _CHANGES, ids)
    return _run(manifest, tiers, changes)


def _tiers_of(path: Path, ids: pa.Array) -> pa.Table:
    """Return the rows of some customers of `tiers.parquet`; it is sorted by the bytes of the id, so that reading ends behind the last."""
    encoded = sorted(one.encode() for one in ids.to_pylist())
    rows = []
    with pq.ParquetFile(path, read_dictionary=["tier"]) as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            end = batch["customer_id"][-1].as_py().encode()
            if end >= encoded[0]:
                rows.append(batch.filter(pc.is_in(batch["customer_id"], ids)))
            if end >= encoded[-1]:
                break
        found = pa.Table.from_batches(rows, file.schema_arrow)
        return found.cast(TIERS_AND_RETENTION if "tier_basis" in found.column_names else TIERS_PARQUET)


def _changes_of(path: Path, ids: pa.Array) -> pa.Table:
    """Return the rows of some customers of `changes.csv`; a row begins with the id, and only theirs are taken apart."""
    if len(ids) > _FEW:
        changes = csv_as_text(path, CHANGES_CSV)
        return changes.filter(pc.is_in(changes["customer_id"], ids))
    content = path.read_bytes()
    begins = [0, *(content.find(f"\n{_csv_field(one)},".encode()) + 1 for one in ids.to_pylist())]
    lines = [content[begin : content.index(b"\n", begin) + 1] for begin in dict.fromkeys(begins)]  # the header, and who is there
    return csv_as_text(b"".join(lines), CHANGES_CSV)


def _csv_field(text: str) -> str:
    """Return a text as it stands in a CSV of a run."""
    return '"{}"'.format(text.replace('"', '""')) if any(mark in text for mark in ',"\r\n') else text


def by_new_ids(run: TieredRun, aliases: Aliases | None) -> TieredRun:
    """Return a run that was computed before `aliases` said so by the numbers that its customers have now (semantics 12.1).

    Who had several is one customer: sums are added and tiered again; of the changes the one from the highest tier counts.
    """
    if aliases is None or not any(pc.any(pc.is_in(one["customer_id"], aliases.old)).as_py() for one in (run.tiers, run.changes)):
        return run
    from vip_tiering.tiers.scope import rename_previous  # noqa: PLC0415 (it loads pandas, and customers are seldom renumbered)

    frame = rename_previous(run.frame(), aliases, run.ladder)
    tiers = pa.Table.from_pandas(frame.assign(tier=frame["tier"].astype("str")), run.tiers.schema, preserve_index=False)
    levels = pa.array([UNTIERED, *(tier.code for tier in run.ladder.tiers)], pa.string())
    changes = run.changes.set_column(
        run.changes.column_names.index("customer_id"), "customer_id", aliases.known_as(one_array(run.changes["customer_id"]))
    )
    level = pc.fill_null(pc.index_in(changes["from_tier"], levels), -1)
    changes = changes.append_column("level", level).sort_by([("customer_id", "ascending"), ("level", "descending")])
    ids = one_array(changes["customer_id"])
    first = pc.not_equal(ids[1:], ids[:-1])
    changes = changes.filter(pa.concat_arrays([pa.array([True]), first]) if len(ids) else first).drop_columns(["level"])
    return replace(run, tiers=tiers.sort_by("customer_id"), changes=changes)


def run_before(out: Path, quarter: Quarter, target: Path) -> Path | None:
    """Return the run of the quarter before in a folder of runs (semantics 4.1); None for the first run of all.

    `target`: where the run of `quarter` will stand; one that was the first may be made again. Raises DataError where the run is
    not there, although official ones of other quarters are: everybody would be taken for new.
    """
    settle(target)
    usual = out / str(quarter.previous)
    with reading(out.name):
        if stands(usual):
            return usual
        others = sorted(name for name in _official_runs(out) if name != str(quarter))
    standing = manifests.read_document(target)
    if not others or (manifests.is_manifest(standing) and standing.get("schema") == _RUN and standing.get("previous") is None):
        return None
    message = (
        f"is not there, although {', '.join(others[:_SHOWN_RUNS])} {'stand' if len(others) > 1 else 'stands'} in {out.name}; "
        f"compute or restore it, name it with --previous, or say --no-previous if {quarter} is to be compared with nothing"
    )
    raise _refused(usual, "previous-run", message)


def _official_runs(out: Path) -> Iterator[str]:
    """Yield the quarters of the official runs in a folder, those that were replaced too. Raises OSError where the disk refuses."""
    for folder in (out, out / SUPERSEDED):
        for entry in folder.iterdir() if folder.is_dir() else ():
            document = manifests.read_document(entry) if entry.is_dir() else None
            if manifests.is_manifest(document) and document.get("schema") == _RUN and document.get("status") == "official":
                yield str(document.get("quarter"))


def place_before(folder: Path, run: TieredRun, named: Path | None) -> Path | None:
    """Return where the run stands, or should, with which a run in `folder` was compared: as it is named, else beside it.

    None where it was compared with none. Raises DataError where one is named all the same.
    """
    origin = run.manifest["previous"]
    if origin is None:
        if named is not None:
            raise _refused(manifests.named(folder), "previous-run", "was compared with no earlier run; leave out --previous")
        return None
    place = named if named is not None else folder.resolve().parent / str(origin["quarter"])
    settle(place)
    return place


def load_previous(folder: Path, quarter: Quarter) -> TieredRun:
    """Return the run in a folder, for comparison with `quarter` (semantics 4.1); its own `changes` are not read.

    Raises DataError for any quarter but the one before, a provisional run, one of a month, and one that was altered.
    """
    folder, manifest = _intact(folder, "there is no such run folder for the previous quarter")
    if manifest.get("status") == "monthly":
        raise _refused(folder, "previous-run", _UNFIT["monthly"])
    if manifest.get("quarter") != str(quarter.previous):
        found = manifest.get("quarter", "no quarter")
        raise _refused(folder, "previous-run", f"is a run of {found}; the quarter before {quarter} is {quarter.previous}")
    if manifest.get("status") != "official":
        raise _refused(folder, "previous-run", _UNFIT["provisional"])
    return _read(folder, manifest)


def _intact(folder: Path, absent: str, only: Collection[str] | None = None) -> tuple[Path, dict[str, Any]]:
    """Return a published folder by its name, and its manifest. Raises DataError where it is absent or altered.

    `only`: the files that are looked at; all of them without it.
    """
    settle(folder)
    with reading(folder.name):
        if not folder.is_dir():
            raise DataError(f"{folder}: {absent}")
    refuse_around_runs(folder)
    manifest, problems = manifests.verify(folder, only)
    if problems:
        raise DataError(problems)
    return manifests.named(folder), manifest


def _refuse_unfit(folder: Path, manifest: Mapping[str, Any], *, provisional: bool) -> None:
    """Refuse what is no run, one of a month, and a provisional one that may not be."""
    listed = {output["name"] for output in manifest["outputs"]}
    if manifest.get("schema") != _RUN or not listed >= {TIERS_FILE, _CHANGES}:
        raise _refused(folder, "run-unfit", _NO_RUN)
    if manifest["status"] == "monthly" or (manifest["status"] != "official" and not provisional):
        raise _refused(folder, "run-unfit", _UNFIT[manifest["status"]])


def _read(folder: Path, manifest: Mapping[str, Any]) -> TieredRun:
    """Return the run in a folder that was verified, without its changes."""
    with reading(f"{folder.name}/{TIERS_FILE}"):
        return _run(manifest, pq.read_table(folder / TIERS_FILE), _NO_CHANGES)


def _run(manifest: Mapping[str, Any], tiers: pa.Table, changes: pa.Table) -> TieredRun:
    """Return what a manifest and two tables say of a run."""
    return TieredRun(
        quarter=Quarter.parse(manifest["quarter"], dt.date.max),
        digest=manifest["digest"],
        compared=manifest["previous"] is not None,
        labels={tier["code"]: tier["label"] for tier in manifest["tiers"]},
        bounds_fen={tier["code"]: bound_fen(tier["min"]) or 0 for tier in manifest["rules"]["tiers"]},
        tiers=tiers,
        changes=changes,
        warnings=(),
        manifest=manifest,
    )


def _judge_quarter(folder: Path, quarter: Quarter, on: dt.date, grace_days: int, *, allow_old: bool) -> tuple[str, ...]:
    newest = Quarter.of(on).previous
    if quarter == newest:
        return ()
    if quarter > newest:
        message = f"is a run of {quarter}, which had not ended on {on}; the newest quarter before is {newest}"
        raise _refused(folder, "run-unfit", message)
    days = (on - newest.following.start).days
    if quarter == newest.previous and days < grace_days:
        return (f"{folder.name} is not the newest quarter: {newest} has ended; it passes until {newest} is {grace_days} days over",)
    if allow_old:
        return (f"{folder.name} is an old run, used because of --allow-old-run; the newest quarter before {on} is {newest}",)
    message = f"is a run of {quarter}; the newest quarter that ended before {on} is {newest}: compute it, or say --allow-old-run"
    raise _refused(folder, "run-unfit", message)


def _refuse_formulas(folder: Path, file: str, ids: pa.ChunkedArray) -> None:
    """Refuse ids that a spreadsheet takes for a formula: they stand in lists as they are."""
    count = pc.sum(pc.match_substring_regex(ids, r"^[=+\-@]")).as_py()
    if count:
        message = f"ids that a spreadsheet would take for formulas: {count}; they begin with =, +, - or @"
        raise DataError([Problem(f"{folder.name}/{file}", None, "customer_id", "id-formula", message)])


def _refused(folder: Path, rule: str, message: str) -> DataError:
    return DataError([Problem(folder.name, None, None, rule, message)])
