"""What `vip playbook export` is asked to do, what it is made from, and what comes of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vip_tiering.customers.incoming import Incoming
from vip_tiering.lists.selection.cases import Only
from vip_tiering.lists.selection.earlier_exports import EarlierExports
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.profiles import Profile
from vip_tiering.publishing.manifests import named
from vip_tiering.rules.calendar import CalendarFile
from vip_tiering.rules.tiers import Ladder
from vip_tiering.tiers.run_folder import TieredRun

PRIVATE_SUFFIX: Final = ".private"


def private_root(out: Path, given: Path | None) -> Path:
    """Return the folder of the private parts: the one `given`, else OUT.private beside OUT."""
    if given is not None:
        return given
    beside = named(out)
    return beside.with_name(f"{beside.name}{PRIVATE_SUFFIX}")


DEFAULT_PROFILE: Final = "gateway"


@dataclass(frozen=True)
class ExportOrder:
    """What `vip playbook export` was asked to do."""

    run: Path
    customers: Path
    on: dt.date
    out: Path
    rules: Path | None = None
    events: Path | None = None
    contact_log: Path | None = None
    do_not_contact: Path | None = None
    only: tuple[str, ...] = ()
    profiles: tuple[str, ...] = (DEFAULT_PROFILE,)
    private_out: Path | None = None
    allow_old_run: bool = False
    replace: bool = False
    dry_run: bool = False
    max_bytes: str = "4G"

    @property
    def private_root(self) -> Path:
        """The folder that receives what only managers may see."""
        return private_root(self.out, self.private_out)


@dataclass(frozen=True)
class Given:
    """What an export is made from, read and checked: the run, the files beside it, earlier exports, rules, and what is asked for."""

    run: TieredRun
    incoming: Incoming
    memory: EarlierExports
    books: Playbooks
    ladder: Ladder
    calendar: CalendarFile
    only: Only
    profiles: list[Profile]


@dataclass(frozen=True)
class ExportResult:
    """What came of it: the manifest, the folders, the channels' names.

    `previews`: the first rows of each list, masked; nothing where the export stood there already.
    """

    document: dict[str, Any]
    folder: Path | None
    private_folder: Path | None
    warnings: tuple[str, ...]
    labels: dict[str, str]
    previews: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    up_to_date: bool = False
