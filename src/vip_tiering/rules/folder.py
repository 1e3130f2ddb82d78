"""Which folder of rules is meant. It imports nothing heavy: completion asks it at every key."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def packaged_rules() -> Path:
    """Return the folder of the rules that come with the program (in a wheel, or beside `src` in a checkout)."""
    inside = Path(str(files("vip_tiering"))) / "_data" / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "rules"


def place_of(folder: str | Path | None) -> Path:
    """Return the folder of rules that is meant: `folder`, else `./rules` where it exists, else that of the packaged ones."""
    return Path(folder) if folder is not None else Path("rules") if Path("rules").is_dir() else packaged_rules()
