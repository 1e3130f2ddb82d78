"""`vip demo`: two quarters of invented balances, computed like real ones, the lists of a day, and what came of them.

    DIR/.vip-demo       says that the folder is a demo's
    DIR/extracts/       one CSV a day, balances_20150701.csv and so on, but for one weekend that "was not delivered"
    DIR/customers/      the customer file, the events, the do-not-contact list
    DIR/out/            the two run folders
    DIR/reports/        who rose, fell, came or went, for the branch head and each manager
    DIR/lists/          the export of a day and what came of it; beside it lists.private/, what only managers may see
    DIR/returned/       the lists of the day as they came back
    DIR/report.html     the newer quarter on one page

Nothing that stands in DIR already is overwritten or removed: a folder that is not an earlier demo, or one that was altered,
is refused.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from vip_tiering._version import __version__
from vip_tiering.base.disk import writing
from vip_tiering.base.errors import OutputError
from vip_tiering.base.words import Words
from vip_tiering.demo import people
from vip_tiering.demo.balances import QUARTERS, extracts
from vip_tiering.demo.people import ON
from vip_tiering.lists.export.job import ExportResult, playbook_export
from vip_tiering.lists.followup.record import RecordResult, playbook_record
from vip_tiering.lists.followup.results import Results, playbook_results
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import LOCK, locked
from vip_tiering.publishing.one_file import write_content
from vip_tiering.publishing.switch import STAGING
from vip_tiering.reports.changes.export import ChangesResult, changes_export
from vip_tiering.reports.overview.contents import Contents
from vip_tiering.reports.overview.job import overview
from vip_tiering.reports.overview.page.page import report_page
from vip_tiering.rules.folder import packaged_rules
from vip_tiering.tiers.job import Result, tier_compute

_MARKER: Final = ".vip-demo"
_EXTRACTS: Final = "extracts"
_CUSTOMERS: Final = "customers"
_OUT: Final = "out"
_LISTS: Final = "lists"
_REPORTS: Final = "reports"
_RETURNED: Final = "returned"
_PAGE: Final = "report.html"
_TODAY: Final = dt.date(2016, 1, 4)
Files = Iterable[tuple[str, bytes]]


def run(folder: Path) -> Iterator[tuple[str, Result]]:
    """Make the extracts in `folder`, compute both quarters with the packaged rules, and yield a title with each result.

    Raises OutputError where something else stands there, or where it cannot be written.
    """
    _refuse_foreign(folder)
    with locked(folder):
        fresh = not (folder / _MARKER).exists()
        try:
            if fresh:
                _write_new(folder / _MARKER, _marker().encode())
            _write_folder(folder / _EXTRACTS, extracts)
            _write_folder(folder / _CUSTOMERS, lambda: people.files().items())
        except OSError as error:
            if fresh:
                (folder / _MARKER).unlink(missing_ok=True)
            raise OutputError(f"{folder}: cannot be written: {error.strerror}") from None
    for number, quarter in enumerate(QUARTERS):
        title = (
            f"{quarter} is compared with {quarter.previous}." if number else f"{quarter} is the first quarter: nothing to compare it with."
        )
        yield title, tier_compute([str(folder / _EXTRACTS)], str(quarter), folder / _OUT, _TODAY, rules=packaged_rules())


def _refuse_foreign(folder: Path) -> None:
    """Raise OutputError where the folder holds anything and is not a demo of this version."""
    with writing(folder):
        if not folder.exists() or {entry.name for entry in folder.iterdir()} <= {LOCK}:
            return
        marker = folder / _MARKER
        text = marker.read_text(encoding="utf-8", errors="replace") if marker.is_file() else None
    if text is None:
        raise OutputError(f"{folder}: is there already and is not a demo; name another folder: vip demo DIR")
    if text != _marker():
        raise OutputError(f"{folder}: is a demo of another version of this program; name another folder: vip demo DIR")


def _marker() -> str:
    return f"made by vip demo {__version__}; delete the whole folder when you are done\n"


def _write_new(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)


def _write_folder(target: Path, files: Callable[[], Files]) -> None:
    """Write files into a folder, whole or not at all; where they stand already they must be the very same."""
    if target.exists():
        _refuse_altered(target, dict(files()))
        return
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=target.parent))
    try:
        for name, content in files():
            _write_new(staging / name, content)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refuse_altered(target: Path, wanted: dict[str, bytes]) -> None:
    found = {entry.name: entry for entry in target.iterdir()}
    for name in sorted({*wanted, *found}):
        if name not in found or name not in wanted or found[name].read_bytes() != wanted[name]:
            raise OutputError(f"{target / name}: is not as the demo made it; name another folder: vip demo DIR")


def report(folder: Path) -> ChangesResult:
    """Report who changed tier in the newer quarter; `run` made what it needs."""
    run, customers = folder / _OUT / str(QUARTERS[1]), folder / _CUSTOMERS / "customers.csv"
    return changes_export(run, customers, folder / _REPORTS, rules=packaged_rules())


def lists(folder: Path) -> ExportResult:
    """Export the lists of a Friday from the newer run, with the packaged rules; `run` made what they need.

    An earlier demo in this folder recorded what came of them since; then they stand there, and must be as they were.
    """
    people, standing = folder / _CUSTOMERS, folder / _LISTS / str(ON)
    if standing.exists():
        document, problems = manifests.verify(standing)
        if problems:
            raise OutputError(f"{standing}: is not as the demo made it; name another folder: vip demo DIR")
        return ExportResult(document, standing, None, tuple(document["warnings"]), {}, up_to_date=True)
    return playbook_export(
        folder / _OUT / str(QUARTERS[1]),
        customers=people / "customers.csv",
        events=people / "events.csv",
        do_not_contact=people / "do_not_contact.csv",
        on=ON,
        out=folder / _LISTS,
        rules=packaged_rules(),
    )


def overview_of(folder: Path, counted: Results) -> tuple[Contents, Path]:
    """Return what the newer quarter's page says, and the page, in Chinese. `counted`: what `results` made of all lists, one day's.

    Raises OutputError where the page stands there and is another one.
    """
    run, page = folder / _OUT / str(QUARTERS[1]), folder / _PAGE
    customers = folder / _CUSTOMERS / "customers.csv"
    contents = overview(run, customers, rules=packaged_rules(), lists=lambda _first, _last: counted)
    content = report_page(contents, Words("zh"))
    with locked(folder):
        if not page.exists():
            write_content(page, content, replace=False)
        elif page.read_bytes() != content:
            raise OutputError(f"{page}: is not as the demo made it; name another folder: vip demo DIR")
    return contents, page


def results(folder: Path) -> tuple[RecordResult, Results]:
    """Record what came of the lists, and count it by manager and action; `lists` made what it needs."""
    export = folder / _LISTS / str(people.ON)
    with locked(folder):
        _write_folder(folder / _RETURNED, lambda: people.returned(export).items())
    files = sorted((folder / _RETURNED).glob("*.csv"))
    recorded = playbook_record(export, files, rules=packaged_rules())
    return recorded, playbook_results(folder / _LISTS, rules=packaged_rules())
