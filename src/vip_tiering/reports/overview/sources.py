"""Where the figures come from: filled days, rejected rows, the bounds of tiers, the files that were read. From a run's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from vip_tiering.base.money import fen_from_text
from vip_tiering.reports.overview.tables import Kind, Table

_FILLED: Final[dict[str, Kind]] = {"day": "day", "carried_from": "day"}
_REJECTS: Final[dict[str, Kind]] = {"rule": "text", "rows": "count"}
_LADDER: Final[dict[str, Kind]] = {"tier": "tier", "bound": "fen"}
_INPUTS: Final[dict[str, Kind]] = {
    "name": "text", "first_day": "day", "last_day": "day", "rows": "count", "format": "text", "sha256": "text",
}  # fmt: skip


def filled_of(manifest: Mapping[str, Any]) -> Table:
    """Return the days that were not delivered, each with the day that stands for it."""
    rows = [(one["day"], one["stands"]) for one in manifest["filled_days"]]
    return Table.of("filled", _FILLED, pd.DataFrame(rows, columns=[*_FILLED]))


def rejects_of(manifest: Mapping[str, Any]) -> Table:
    """Return how many rows were rejected by each rule."""
    return Table.of("rejects", _REJECTS, pd.DataFrame(manifest["rejects"]["rules"].items(), columns=[*_REJECTS]))


def ladder_of(manifest: Mapping[str, Any]) -> Table:
    """Return the lower bounds of the tiers, the highest first."""
    rows = [(tier["code"], fen_from_text(tier["min"])) for tier in reversed(manifest["rules"]["tiers"])]
    return Table.of("ladder", _LADDER, pd.DataFrame(rows, columns=[*_LADDER]))


def inputs_of(manifest: Mapping[str, Any]) -> Table:
    """Return the files that were read, with their days, rows and SHA-256; a copy of another one is left out."""
    rows = [{name: "" if one[name] is None else one[name] for name in _INPUTS} for one in manifest["inputs"] if "copy_of" not in one]
    return Table.of("inputs", _INPUTS, pd.DataFrame(rows, columns=[*_INPUTS]))
