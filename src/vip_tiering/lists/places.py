"""Where the parts of exports lie: the main part where it was asked for, the private one beside it unless told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vip_tiering.folders import named

PRIVATE_SUFFIX: Final = ".private"


def private_root(out: Path, given: Path | None) -> Path:
    """Return the folder of the private parts: the one `given`, else OUT.private beside OUT."""
    if given is not None:
        return given
    beside = named(out)
    return beside.with_name(f"{beside.name}{PRIVATE_SUFFIX}")
