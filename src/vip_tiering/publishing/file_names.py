"""Names of branches and managers as names of files and folders: safe everywhere, readable, each name its own.

Pure functions; the work is done once for each distinct name.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from vip_tiering.base.schema import UNASSIGNED

MAX_CHARACTERS: Final = 64
MAX_BYTES: Final = 200
"""A file system takes 255 bytes; the rest is left to numbers and endings."""
_MARK_DIGITS: Final = 6
_UNSAFE: Final = re.compile(r"[^\w.-]")
_OF_WINDOWS: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Windows opens a device by these names, whatever the ending."""


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Return a file name for each distinct name.

    Letters of any script, digits, `-`, `_` and `.` stay, all else becomes `_`; none begins with `.`, all have at most 64
    characters and 200 bytes of UTF-8. A blank name is `unassigned`. Names that would become one, also where a file system
    does not tell capitals apart, get a suffix made of the name itself, which does not depend on the order; a name that is safe
    as it stands keeps it, unless another safe one differs in capitals only.
    """
    given = list(names)
    distinct = sorted({name if name.strip() else UNASSIGNED for name in given})
    cleaned = {name: _cleaned(name) for name in distinct}
    groups: dict[str, list[str]] = {}
    for name in distinct:
        groups.setdefault(cleaned[name].casefold(), []).append(name)
    result = {}
    for group in groups.values():
        safe = [name for name in group if name == cleaned[name]]
        if len(group) == 1 or len(safe) == 1:
            result[(safe or group)[0]] = cleaned[group[0]] if len(group) == 1 else safe[0]
    taken = {safe.casefold() for safe in result.values()}
    for name in distinct:
        if name not in result:
            result[name] = _marked(name, cleaned[name], taken)
            taken.add(result[name].casefold())
    return {name: result[name if name.strip() else UNASSIGNED] for name in given}


def _cleaned(name: str) -> str:
    """Return a name of safe characters and length; several names may become one."""
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFC", name.strip()))
    safe = re.sub(r"^\.|\.$", "_", _cut(safe, MAX_CHARACTERS, MAX_BYTES)) or UNASSIGNED
    return _cut(f"_{safe}", MAX_CHARACTERS, MAX_BYTES) if _OF_WINDOWS.fullmatch(safe) else safe


def _cut(text: str, characters: int, size: int) -> str:
    """Return the beginning of a text with at most so many characters and bytes."""
    return text[:characters].encode()[:size].decode(errors="ignore")


def _marked(name: str, safe: str, taken: set[str]) -> str:
    """Return a safe name with a suffix of the name's own digest, as long as it takes to be the only one."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    for digits in range(_MARK_DIGITS, len(digest)):
        marked = f"{_cut(safe, MAX_CHARACTERS - digits - 1, MAX_BYTES - digits - 1)}-{digest[:digits]}"
        if marked.casefold() not in taken:
            return marked
    raise ValueError(name)  # two names of one digest
