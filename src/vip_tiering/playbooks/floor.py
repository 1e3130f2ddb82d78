"""The floor: what rules may not be looser than, unless somebody signed for it beside the entry.

Each file's module says what is looser in it; all of them speak through `Looser`, so there is one form of override for everything.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from vip_tiering.rules.forms import Override, RuleFile
from vip_tiering.rules.yaml_file import Document, Path, path_text

NEEDS: Final = "a looser one needs override with approved_by, approved_on, reason"


class Looser(NamedTuple):
    """One value that is looser than the floor: where it stands, what would be right, and who signed for it."""

    path: Path
    wanted: str
    override: Override | None


def refuse(document: Document, found: Iterable[Looser]) -> None:
    """Add whatever is looser than the floor and nobody signed for."""
    for one in found:
        if one.override is None:
            document.add(one.path, f"{one.wanted}; {NEEDS}")


def allowed(document: Document, found: Iterable[Looser]) -> Iterator[str]:
    """Yield a warning for whatever is looser than the floor because somebody signed for it."""
    for one in found:
        if one.override is not None:
            by = f"{one.override.approved_by} allowed it on {one.override.approved_on}: {one.override.reason}"
            yield f"{document.name}:{document.place(one.path).line}: {path_text(one.path)} {one.wanted}, but {by}"


class PlaybookFile(RuleFile):
    """A rule file that playbooks or reports need."""

    @classmethod
    def check_data(cls, document: Document) -> None:
        """Add days of approval and review that have not come yet, wherever they stand."""
        today = dt.date.today()  # noqa: DTZ011 (the branch's day)
        for path in document.places:
            if path and path[-1] in ("approved_on", "reviewed_on"):
                day = functools.reduce(lambda value, step: value[step], path, document.data)
                if isinstance(day, dt.date) and day > today:
                    document.add(path, "must not be in the future")
