"""What is wrong with the entries of calendar.yaml against the playbooks, whose actions they name."""

from __future__ import annotations

from typing import Final

from vip_tiering.event_days import event_days
from vip_tiering.playbook_checks import check_known, placed_actions
from vip_tiering.playbook_models import Action, PlaybooksFile, Trigger
from vip_tiering.rule_models import CalendarFile
from vip_tiering.workdays import working_days
from vip_tiering.yaml_marks import Document, Path

FILE: Final = "calendar.yaml"


def check_actions(document: Document, calendar: CalendarFile, playbooks: PlaybooksFile) -> None:
    """Add entries whose action is nowhere or of another trigger, and events that would end before they begin.

    Both files are without other mistakes.
    """
    actions = {action.id: action for _, _, action in placed_actions(playbooks)}
    for index, one in enumerate(calendar.branch_dates or ()):
        _check_action(document, ("branch_dates", index, "action"), one.action, actions, "branch_date")
    is_working = working_days(calendar)
    for index, entry in enumerate(calendar.lobby_events or ()):
        path = ("lobby_events", index)
        _check_action(document, (*path, "action"), entry.action, actions, "festival")
        action = actions.get(entry.action)
        if action is None or action.lobby is None:
            continue
        days = event_days(action.lobby, entry.year, entry, is_working)
        if days.event_from > days.event_to:
            message = f"would begin on {days.event_from} and end on {days.event_to}; write both event_from and event_to"
            document.add(path, message)
        elif days.prepare_by > days.event_from:
            document.add((*path, "prepare_by"), f"must not be after {days.event_from}, the first day of the event")


def _check_action(document: Document, path: Path, name: str, actions: dict[str, Action], trigger: Trigger) -> None:
    known = [one.id for one in actions.values() if one.trigger == trigger]
    if name in actions and name not in known:
        document.add(path, f"has the trigger {actions[name].trigger}; only actions with trigger: {trigger} stand here")
    else:
        check_known(document, path, name, known, "playbooks.yaml")
