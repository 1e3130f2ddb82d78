"""File names made of the names of branches and managers: such as every file system and every shell takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

EMPTY: Final = "unassigned"
_LONGEST: Final = 64
_LONGEST_BYTES: Final = 180
_STRANGE: Final = re.compile(r"[^\w.-]")
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for itself."""


def safe_names(names: Sequence[str]) -> dict[str, str]:
    """Return name -> a name for a file. Two names never share one, also where case does not count.

    Letters of all scripts, digits, `-`, `_` and `.` stay; anything else becomes `_`. A name that is changed, or that
    differs from another by its case only, ends in a few digits of its hash, so that it is the same in every export.
    """
    distinct = sorted(set(names))
    folded = [one.casefold() for one in distinct]
    return {name: _safe(name, alone=folded.count(name.casefold()) == 1) for name in distinct}


def _safe(name: str, *, alone: bool) -> str:
    if not name:
        return EMPTY
    safe = _STRANGE.sub("_", unicodedata.normalize("NFC", name))
    sound = safe == name and alone and len(safe) <= _LONGEST and len(safe.encode()) <= _LONGEST_BYTES
    if sound and not safe.startswith(".") and not safe.endswith(".") and not _DEVICES.fullmatch(safe):
        return safe
    short = safe.lstrip(".")[:_LONGEST].encode()[:_LONGEST_BYTES].decode(errors="ignore")
    return f"{short}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:8]}"
