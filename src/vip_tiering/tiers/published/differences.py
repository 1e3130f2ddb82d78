"""Which extracts differ between a run that stands and the one that would take its place, by what their manifests say of inputs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Input = Mapping[str, Any]
"""What a manifest says of an input: `name`, `sha256`, `first_day`, `last_day` and more."""


def differing_inputs(found: Mapping[str, Any], inputs: Sequence[Input]) -> list[str]:
    """Return the extracts that differ from those of a run's manifest, each with how: changed, added, gone.

    Only files that may have a used day count. A file that has another name, and the same content and days, is told only where nothing else
    differs, for then the name decides (`corrections: by_file_name`).
    """
    if not {"inputs", "first_day", "last_day"} <= found.keys():  # it is not a run
        return []
    old, new = (_used(some, found) for some in (found["inputs"], inputs))
    before, now = ({(one["name"], (one["sha256"], one["first_day"], one["last_day"])) for one in some} for some in (old, new))
    names_before, names_now = ({name for name, _ in some} for some in (before, now))
    hows = {name: "changed" if name in names_before & names_now else "added" if name in names_now else "gone" for name, _ in before ^ now}
    same_content = {content for _, content in before} & {content for _, content in now}
    renamed = {name for name, content in before ^ now if content in same_content and hows[name] != "changed"}
    told = sorted(hows.keys() - renamed) or sorted(hows)
    return [f"{name} {hows[name]}" for name in told]


def _used(inputs: Sequence[Input], run: Mapping[str, Any]) -> list[Input]:
    """Return the inputs that may have a used day: not after the period, and before it, for snapshots, of the newest day only."""
    first, last = run["first_day"], run["last_day"]
    inputs = [one for one in inputs if one["first_day"] is not None]  # a part without rows has no day
    if run["made_from"].get("options", {}).get("kind") == "changes":
        return [one for one in inputs if one["first_day"] <= last]
    opening = max((one["last_day"] for one in inputs if one["last_day"] < first), default=first)
    return [one for one in inputs if one["first_day"] <= last and one["last_day"] >= opening]
