"""What an export asks of every customer: each action on its channel is one case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from vip_tiering.base.errors import RulesError, UsageError
from vip_tiering.base.schema import UNTIERED
from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.customers.customers_file import SEGMENTS
from vip_tiering.playbooks.gates import PurposeRule
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.playbooks.products import Product


@dataclass(frozen=True)
class Case:
    """One action on one channel, with what its purpose demands.

    `place`: among the cases of the day, as the column `case` of verdicts has it; `number`: the place of its action among all, by
    which histories know it; `instead`: it is on another channel than the action's first, be it because a gate stops that one, be
    it because the customer is spoken to on this one anyway.
    """

    place: int
    number: int
    instead: bool
    action: Action
    purpose: PurposeRule
    channel: Channel
    topics: tuple[Product, ...]

    @property
    def bulk(self) -> bool:
        """Whether it goes to many: never to private clients."""
        return self.channel.public or self.action.campaign

    @property
    def main_segments(self) -> int:
        """Whom the action mainly means, as bits of `Customers.segments`."""
        return sum(1 << number for number, segment in enumerate(SEGMENTS) if segment in (self.action.audience.mainly or ()))

    @property
    def turns(self) -> bool:
        """Whether its topic takes turns with others: one message for a customer and an export."""
        return self.channel.message is not None


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
    actions = [action.id for action in books.actions()]
    channels = [code for code, one in books.channels.items() if one.contact]
    known = [*actions, *channels, *books.labels]
    for word in words:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"channels: {', '.join(channels)}; tiers: {', '.join(books.labels)}"
            raise UsageError(f"--only: is not an action, channel or tier of the playbooks; {hint}")
    return Only(*([word for word in words if word in kind] for kind in (actions, channels, books.labels)))


@dataclass(frozen=True)
class Casework:
    """The cases of a day in the order of the playbooks. `levels`: those of the ladder whose playbook has the action, by action.

    Behind them stand the actions that are talked of on each further channel by which somebody is spoken to.
    """

    every: list[Case]
    levels: dict[str, set[int]]

    @property
    def cases(self) -> list[Case]:
        """Those that are tried first, each on the first channel of its action."""
        return [case for case in self.every if not case.instead]

    def instead_of(self, case: Case) -> Case | None:
        """Return the case on the other channel of an action; it stands right behind."""
        return self.every[case.place + 1] if case.action.instead is not None else None

    def spoken(self, case: Case, channel: str) -> Case | None:
        """Return the case of the same action on another channel by which the customer is spoken to; None where it is not for talks."""
        found = (one for one in self.every if one.action.id == case.action.id and one.channel.code == channel)
        return next(found, None) if case.channel.spoken else None


def casework(books: Playbooks, codes: Sequence[str]) -> Casework:
    """Return the cases for the ladder of a run. Raises RulesError where the playbooks have nothing for one of its tiers.

    Actions for whoever visits the branch, those that are not active, and channels by which nobody is contacted, make no case.
    """
    planned = list(books.of_tier)
    if strange := [code for code in codes if code != UNTIERED and code not in planned]:
        raise RulesError(f"{books.name}/playbooks.yaml: has nothing for {', '.join(strange)}, a tier of the run")
    levels: dict[str, set[int]] = {}
    for level, code in enumerate(codes):
        if code != UNTIERED:
            for action, _ in books.actions_of(code):
                levels.setdefault(action.id, set()).add(level)
    purposes = {one.code: one for one in books.gates.purposes}
    every: list[Case] = []
    for number, action in enumerate(books.actions()):
        channels = [action.channels[0], *([action.instead.channel] if action.instead is not None else [])]
        if not action.active or action.id not in levels or not books.channels[channels[0]].contact or action.audience.who != "tier":
            continue
        topics = tuple(books.products[code] for code in action.topics or ())
        for instead, code in zip((False, True), channels, strict=False):
            every.append(Case(len(every), number, instead, action, purposes[action.strictest], books.channels[code], topics))
    return Casework([*every, *_spoken_elsewhere(every, list(books.channels.values()))], levels)


def _spoken_elsewhere(every: Sequence[Case], channels: Sequence[Channel]) -> list[Case]:
    """Return each action that is talked of as a case on each further channel by which somebody is spoken to."""
    known = {(one.action.id, one.channel.code) for one in every}
    further = {
        (case.action.id, channel.code): replace(case, instead=True, channel=channel)
        for case in every
        for channel in channels
        if case.channel.spoken and channel.spoken and (case.action.id, channel.code) not in known
    }
    return [replace(case, place=len(every) + number) for number, case in enumerate(further.values())]
