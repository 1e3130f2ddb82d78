"""Which cases a day has: every action of the playbooks on its channel, for the levels whose playbook holds it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from vip_tiering.errors import RulesError, UsageError
from vip_tiering.lists.cases import Case
from vip_tiering.playbook_checks import placed_actions
from vip_tiering.playbook_models import Action
from vip_tiering.playbooks import Playbooks
from vip_tiering.schema import UNTIERED


@dataclass(frozen=True)
class Only:
    """What an export is limited to: actions, channels, tiers; an empty one limits nothing.

    It limits what is listed and counted, after all is judged; but only the actions that are meant take turns with each other.
    """

    actions: Collection[str] = ()
    channels: Collection[str] = ()
    tiers: Collection[str] = ()

    @property
    def everything(self) -> bool:
        """Whether it limits nothing."""
        return not (self.actions or self.channels or self.tiers)

    def means(self, case: Case) -> bool:
        """Tell whether a case is among its actions."""
        return not self.actions or case.action.id in self.actions

    def holds(self, case: Case) -> bool:
        """Tell whether a case is among its actions and channels."""
        return self.means(case) and (not self.channels or case.channel.code in self.channels)


def only_of(words: Sequence[str], books: Playbooks) -> Only:
    """Return what words mean: ids of actions, codes of channels or of tiers. Raises UsageError for a word that is none."""
    actions = [action.id for action in all_actions(books)]
    channels = [code for code, one in books.books.channels.items() if one.contact]
    known = [*actions, *channels, *books.labels]
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"channels: {', '.join(channels)}; tiers: {', '.join(books.labels)}"
            raise UsageError(f"--only: is no action, channel or tier of the playbooks; {hint}")
    return Only(*([word for word in words if word in kind] for kind in (actions, channels, books.labels)))


def all_actions(books: Playbooks) -> list[Action]:
    """Return every action in the order of the file; its place is the number by which cases and histories know it."""
    return [action for _, _, action in placed_actions(books.books.playbooks)]


@dataclass(frozen=True)
class Casework:
    """The cases of a day in the order of the playbooks. `levels`: by action; `instead`: the case on the other channel, by action."""

    cases: list[Case]
    levels: dict[str, set[int]]
    instead: dict[str, Case]


def casework(books: Playbooks, codes: Sequence[str]) -> Casework:
    """Return the cases for the ladder of a run. Raises RulesError where the playbooks have nothing for one of its tiers.

    Actions for whoever visits the branch, and channels by which nobody is contacted, make no case.
    """
    planned = [book.tier for book in books.books.playbooks.playbooks]
    if strange := [code for code in codes if code != UNTIERED and code not in planned]:
        raise RulesError(f"{books.name}/playbooks.yaml: has nothing for {', '.join(strange)}, a tier of the run")
    levels: dict[str, set[int]] = {}
    for level, code in enumerate(codes):
        if code != UNTIERED:
            for action, _ in books.actions(code):
                levels.setdefault(action.id, set()).add(level)
    cases, instead = [], {}
    for number, action in enumerate(all_actions(books)):
        case = _case(books, number, action, action.channels[0])
        if action.id not in levels or not case.channel.contact or action.audience.who != "tier":
            continue
        cases.append(case)
        if action.instead is not None:
            instead[action.id] = _case(books, number, action, action.instead.channel)
    return Casework(cases, levels, instead)


def _case(books: Playbooks, number: int, action: Action, channel: str) -> Case:
    purpose = next(one for one in books.gates.purposes if one.code == action.strictest)
    topics = tuple(books.books.products[code] for code in action.topics or ())
    return Case(number, action, purpose, books.books.channels[channel], topics)
