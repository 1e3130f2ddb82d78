"""Which command puts out what the plan asks for: an id of the plan is covered where one does, not where a rule names it.

This is the one table of it; tests/playbooks/test_outputs.py runs each of these commands and looks for what it says here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.playbooks_file import PlaybooksFile
from vip_tiering.playbooks.targets import TargetsFile
from vip_tiering.rules.yaml_file import Path

OUTPUTS: Final[dict[str, str]] = {
    "tier": "vip tier compute: tiers.csv",
    "list": "vip playbook export: contacts.csv",
    "hall": "vip playbook plan: event_plan.csv",
    "record": "vip customers file",
    "measure": "vip changes export: measures.csv",
    "coverage": "vip changes export: coverage.csv",
    "gap": "vip playbook show --json: gaps",
}
"""Kind of output -> the command, and where it says so."""


def put_out(file: PlaybooksFile, channels: Mapping[str, Channel], targets: TargetsFile | None) -> Iterator[tuple[Path, str]]:
    """Yield the place of every entry that may cover ids of the plan, with each output (`OUTPUTS`) by which it is answered.

    An action that is not active, or on a channel that no command serves, has none; neither has a measure that nothing counts.
    """
    for number in range(len(file.playbooks)):
        yield ("playbooks", number), "tier"
    for path, _, action in file.placed_actions():
        yield from ((path, kind) for kind in _of_action(action, channels))
    counted = {figure.id for figure in (targets.measures if targets else ())}
    for index, measure in enumerate(file.measures or ()):
        if measure.id in counted:
            yield ("measures", index), "measure"
        if measure.taught_by:
            yield ("measures", index), "coverage"
    for index in range(len(file.gaps or ())):
        yield ("gaps", index), "gap"


def _of_action(action: Action, channels: Mapping[str, Channel]) -> Iterator[str]:
    if not action.active:
        return
    if action.lobby is not None:
        yield "hall"
    elif action.trigger == "standing":
        yield "record"
    elif channels[action.channels[0]].contact:
        yield "list"
