"""All runs that lie in a folder, those that were replaced too: what each says of itself, and whether it is intact."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem
from vip_tiering.base.threads import threads
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import settle
from vip_tiering.publishing.switch import SUPERSEDED
from vip_tiering.tiers.published.run_folder import TIERS_FILE, is_run

FIGURES: Final = (
    "quarter", "month", "first_day", "last_day", "quarter_days", "status", "customers", "daily_average_sum", "previous", "changes",
)  # fmt: skip
"""What is told of a run from its manifest, in this order; None where the manifest does not say, or was altered."""
_READERS: Final = 4
"""Runs whose files are hashed at the same time."""


def all_runs(out: Path) -> dict[str, Any]:
    """Return every run in a folder, and those in its `.superseded`, the oldest period first, as one document.

    A folder that is no run is left out. Of one that was altered the document says what is wrong, as the lines of its problems, and no
    figure where its manifest is not the one that was published.
    Raises DataError where the folder is absent, a run itself, or cannot be read.
    """
    manifests.refuse_absent(out, "the folder that holds the runs, such as out")
    with reading(out):
        settle(out / SUPERSEDED)
        if _looks_like_a_run(out):
            message = "is a run itself; name the folder around it"
            raise DataError([Problem(manifests.named(out).name, None, None, "run-unfit", message)])
        places = [*_runs_in(out, superseded=False), *_runs_in(out / SUPERSEDED, superseded=True)]
    with threads(_READERS) as pool:
        found = _described(places, out, pool)
    return {"schema": "vip-tiering runs", "folder": str(out), "runs": sorted(found, key=_order)}


def _runs_in(folder: Path, *, superseded: bool) -> Iterator[tuple[Path, bool]]:
    """Yield the folders within one that are runs. Raises OSError where the disk refuses."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not entry.name.startswith(".") and entry.is_dir() and _looks_like_a_run(entry):
            yield entry, superseded


def _looks_like_a_run(folder: Path) -> bool:
    """Tell whether a folder says that it is a run; one whose manifest nobody can read is one where the tiers of a run lie in it."""
    document = manifests.read_document(folder)
    return is_run(document) if isinstance(document, dict) else (folder / TIERS_FILE).is_file()


def _described(places: list[tuple[Path, bool]], out: Path, pool: Executor) -> list[dict[str, Any]]:
    """Return what there is to say of each run, whose files are hashed beside each other."""
    checked = pool.map(_checked, (place for place, _ in places))
    return [
        {
            "run": place.relative_to(out).as_posix(),
            **{name: manifest.get(name) for name in FIGURES},
            "superseded": superseded,
            "intact": not problems,
            "problems": problems,
        }
        for (place, superseded), (manifest, problems) in zip(places, checked, strict=True)
    ]


def _checked(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the manifest of a run, empty where it cannot be believed, and what is wrong with the folder, a line for each problem."""
    try:
        manifest, problems = manifests.verify(folder)
    except DataError as error:
        return {}, [*map(str, error.problems)]
    believed = manifest["digest"] == manifests.digest(manifest)
    return manifest if believed else {}, [*map(str, problems)]


def _order(run: dict[str, Any]) -> tuple[str, str, bool, str]:
    """Return by what runs are sorted: the period's end, then its beginning; of one period what counts stands last."""
    return run["last_day"] or "", run["first_day"] or "", not run["superseded"], run["run"]
