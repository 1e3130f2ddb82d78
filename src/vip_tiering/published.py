"""What stands already where something is to be published: the same, or something else, and then what differs, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from vip_tiering import folders
from vip_tiering.errors import DataError, OutputError

_WORDS: Final = {
    "inputs": "extracts",
    "previous": "run of the quarter before",
    "last_year": "run of the year before",
    "earlier": "exports of earlier days",
    "program": "version of this program",
    "only": "--only",
    "profiles": "--profile",
    "language": "--lang",
    "period": "--as-of",
    "allow_old_run": "--allow-old-run",
}
"""How people call the members of `made_from`; a member that is not here is called by its own name."""
_GROUPS: Final = ("files", "options")
"""Members that hold several; each of these is an option of the command line."""


def standing(folder: Path, made_from: dict[str, Any], *, replace: bool) -> Path | None:
    """Return `folder` where it holds the same intact run already, None where the way is free.

    Raises OutputError where something else stands there: another run (it says what differs), one that was altered, or
    no run at all.
    """
    if not folder.exists() and not folder.is_symlink():
        return None
    try:
        found, problems = folders.verify(folder)
    except (DataError, OSError):
        raise OutputError(f"{folder}: something that is no run of this program stands there; move it away") from None
    same = found["identity"] == folders.digest(made_from)
    if same and not problems:
        return folder
    if replace:
        return None
    if problems:
        raise OutputError([*map(str, problems), f"{folder}: stands there and was altered; --replace moves it to {folders.SUPERSEDED}"])
    raise OutputError(f"{folder}: {_refusal(found['made_from'], made_from)}")


def _refusal(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return why a folder made from `found` stays, and what would replace it."""
    differs = list(dict.fromkeys(_differences(found, wanted)))
    if differs == ["results"]:
        # The usual case, and no mistake: the same command once more after the first results of the day came in.
        return (
            "results were recorded since these lists were made; the lists that were handed out stand, and --replace is only needed to "
            "make other lists of the day"
        )
    things = [f"from other {', '.join(plain)}"] if (plain := [one for one in differs if not one.startswith("--")]) else []
    options = [f"with other {', '.join(asked)}"] if (asked := [one for one in differs if one.startswith("--")]) else []
    return f"stands there and was made {' and '.join([*things, *options])}; --replace moves it to {folders.SUPERSEDED}"


def _differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what differs; options as they are typed."""
    for name in {**wanted, **found}:
        old, new = found.get(name), wanted.get(name)
        if old == new:
            continue
        if name in _GROUPS and isinstance(old, dict) and isinstance(new, dict):
            yield from (_WORDS.get(one, f"--{one.replace('_', '-')}") for one in {**new, **old} if old.get(one) != new.get(one))
        else:
            yield _WORDS.get(name, name)
