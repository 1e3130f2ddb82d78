"""The plan of events as a folder: a table, a calendar file and the manifest, published whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, Final

import pandas as pd
import pyarrow as pa

from vip_tiering import folders, published
from vip_tiering._version import __version__
from vip_tiering.event_plan import EventPlan, records
from vip_tiering.playbooks import Playbooks
from vip_tiering.schema import EVENT_PLAN
from vip_tiering.tables import manifest_of, write_csv

SCHEMA_VERSION: Final = 1
"""Form of the manifest."""


def rows_of(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Return events, columns `schema.EVENT_PLAN`, as plain data: days as text, None where no quantity is given."""
    days = ("festival_date", "event_from", "event_to", "prepare_by")
    return [{**row, **{name: str(row[name]) for name in days}} for row in records(events)]


def publish_plan(plan: EventPlan, books: Playbooks, year: int, out: Path, *, replace: bool = False) -> tuple[Path, bool]:
    """Publish the plan of a year as the folder `out/YEAR`; return it, and whether the same plan stood there already.

    Raises OutputError where another one stands there and `replace` is not set, LockedError where another run works on `out`.
    """
    document = _document(plan, books, year)
    with folders.locked(out):
        if standing := published.standing(out / str(year), document["made_from"], replace=replace):
            return standing, True
        writers: dict[str, folders.Writer] = {
            "event_plan.csv": csv_writer(plan),
            "event_plan.ics": lambda sink: _write_calendar(plan.events, sink),
        }
        return folders.publish(out, str(year), writers, manifest_of(document), replace=replace), False


def csv_writer(plan: EventPlan) -> folders.Writer:
    """Return how a plan is written as CSV."""
    return lambda sink: write_csv(_columns(plan.events), sink)


def _document(plan: EventPlan, books: Playbooks, year: int) -> dict[str, Any]:
    """Return the manifest, but for its outputs: the events give the plan its identity, however the rules are written."""
    made_from = {"year": year, "events": folders.digest({"events": rows_of(plan.events)}), "program": __version__}
    return {
        "schema": "vip-tiering event plan",
        "schema_version": SCHEMA_VERSION,
        "program": {"name": "vip-tiering", "version": __version__},
        "year": year,
        "status": "event plan",
        "identity": folders.digest(made_from),
        "made_from": made_from,
        "rules": {"name": books.name, "source": books.books.playbooks.source},
        "events": len(plan.events),
        "warnings": list(plan.warnings),
    }


def _columns(events: pd.DataFrame) -> dict[str, pa.Array]:
    """Return the events as columns of a CSV; a quantity that nobody gave is an empty cell."""
    texts = {"quantity": pa.array([str(row["quantity"] or "") for row in records(events)], pa.string())}
    columns = zip(EVENT_PLAN.names, EVENT_PLAN.types, strict=True)
    return {name: texts[name] if name in texts else pa.array(events[name].tolist(), kind) for name, kind in columns}


def _write_calendar(events: pd.DataFrame, sink: IO[bytes]) -> int:
    from vip_tiering.icalendar import calendar_bytes  # noqa: PLC0415 (its library takes long, and exports do without)

    sink.write(calendar_bytes(events))
    return 2 * len(events)
