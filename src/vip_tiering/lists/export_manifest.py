"""What an export says of itself: from what it was made, what became of every action, what is where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow.compute as pc

from vip_tiering import folders
from vip_tiering._version import __version__
from vip_tiering.lists.day import DayLists
from vip_tiering.lists.window import Window
from vip_tiering.playbooks import Playbooks
from vip_tiering.rule_models import CalendarFile

SCHEMA_VERSION: Final = 1
"""Form of the manifest."""
EXPORT: Final = "vip-tiering export"
PRIVATE: Final = "vip-tiering private export"


@dataclass(frozen=True)
class Origin:
    """Everything that may change an export. `files`: SHA-256 of each file beside the run, None where it was not given.

    `results`: how long the files with the results of earlier exports were, by part and name.
    """

    on: dt.date
    quarter: str
    run: str
    files: Mapping[str, str | None]
    rules: str
    only: Sequence[str] = ()
    profiles: Sequence[str] = ()
    allow_old_run: bool = False
    earlier: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def made_from(self) -> dict[str, Any]:
        """What gives the export its identity."""
        return {
            "on": str(self.on),
            "run": self.run,
            "files": dict(self.files),
            "rules": self.rules,
            "only": sorted(self.only),
            "profiles": sorted(self.profiles),
            "allow_old_run": self.allow_old_run,
            "earlier": dict(self.earlier),
            "results": dict(self.results),
            "program": __version__,
        }


def rules_digest(books: Playbooks, calendar: CalendarFile) -> str:
    """Return the SHA-256 of all rules of an export, however they are written."""
    inner = books.books
    return folders.digest(
        {
            "playbooks": inner.playbooks.model_dump(mode="json"),
            "products": {code: one.model_dump(mode="json") for code, one in inner.products.items()},
            "channels": {code: one.model_dump(mode="json") for code, one in inner.channels.items()},
            "gates": books.gates.model_dump(mode="json"),
            "customers": books.customers.model_dump(mode="json"),
            "profiles": {code: one.model_dump(mode="json") for code, one in books.profiles.items()},
            "headers": books.headers,
            "calendar": calendar.model_dump(mode="json"),
        }
    )


def document_of(origin: Origin, window: Window, lists: DayLists, books: Playbooks, warnings: Sequence[str]) -> dict[str, Any]:
    """Return the manifest, but for its outputs and its private part."""
    first, last = window.dates
    return {
        **_head(EXPORT, origin),
        "window": {"first": str(first), "last": str(last)},
        "identity": folders.digest(origin.made_from),
        "made_from": origin.made_from,
        "rules": {"name": books.name, "source": books.books.playbooks.source},
        "actions": {action: one.document for action, one in lists.counts.items()},
        "channels": channel_counts(lists),
        "private": None,
        "warnings": list(warnings),
    }


def private_document(origin: Origin) -> dict[str, Any]:
    """Return the manifest of the private part, but for its outputs. It tells of no action: the main manifest counts all."""
    return {**_head(PRIVATE, origin), "identity": folders.digest(origin.made_from), "made_from": origin.made_from}


def _head(schema: str, origin: Origin) -> dict[str, Any]:
    return {
        "schema": schema,
        "schema_version": SCHEMA_VERSION,
        "program": {"name": "vip-tiering", "version": __version__},
        "on": str(origin.on),
        "quarter": origin.quarter,
        "status": "export",
    }


def channel_counts(lists: DayLists) -> dict[str, dict[str, int]]:
    """Return the rows of every channel, those in private files, and the customers they stand for."""
    counts = {}
    for code, table in lists.messages.items():
        ids = pc.sum(pc.count_substring(table["customer_id"], "|")).as_py() or 0
        counts[code] = {"rows": len(table), "private_rows": 0, "customers": len(table) + ids}
    for code, (open_rows, private_rows) in lists.lists.items():
        counts[code] = {"rows": len(open_rows), "private_rows": len(private_rows), "customers": len(open_rows) + len(private_rows)}
    return counts
