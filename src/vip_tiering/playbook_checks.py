"""What is wrong with the playbook files: values against each other, within a file and between files.

Every function takes files whose form is right, and notes its findings in the document, at their places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from vip_tiering.message_text import OPT_OUT_WORDS
from vip_tiering.offer_models import GATES, Channel, ChannelsFile, GatesFile, ProductsFile
from vip_tiering.playbook_models import PURPOSES, Action, PlanIdsFile, PlaybooksFile
from vip_tiering.yaml_marks import Document, Path, path_text

_COMMON_YEAR: Final = 2015
"""A year without 29 February."""


def placed_actions(file: PlaybooksFile) -> Iterator[tuple[Path, str | None, Action]]:
    """Yield every action with its place and the code of its tier; None for those of every tier."""
    for number, book in enumerate(file.playbooks):
        for index, action in enumerate(book.actions or ()):
            yield ("playbooks", number, "actions", index), book.tier, action
    for index, action in enumerate(file.every_tier or ()):
        yield ("every_tier", index), None, action


def reached_tiers(file: PlaybooksFile, tier: str | None, action: Action) -> list[str]:
    """Return every tier for which an action of `tier` is done; None is every tier."""
    if tier is None:
        return sorted(book.tier for book in file.playbooks)
    same = [book.tier for book in file.playbooks if book.same_as == tier]
    return [tier, *same, *(other.tier for other in action.also_for or ())]


def covers_of(file: PlaybooksFile) -> Iterator[tuple[Path, list[str], str]]:
    """Yield the place, the ids that are covered, and a name for people, of every entry that covers any."""
    for number, book in enumerate(file.playbooks):
        yield ("playbooks", number, "covers"), book.covers or [], f"playbook of {book.tier}"
    for path, tier, action in placed_actions(file):
        yield (*path, "covers"), action.covers or [], f"{action.id} of {tier or 'every tier'}"
    for index, measure in enumerate(file.measures or ()):
        yield ("measures", index, "covers"), measure.covers, f"measure {measure.id}"
    for index, gap in enumerate(file.gaps or ()):
        yield ("gaps", index, "covers"), gap.covers, f"gap {gap.id}"


def check_unique(document: Document, path: Path, key: str, values: Iterable[str]) -> None:
    """Add the values of `key` that stand twice in the list at `path`."""
    first_use: dict[str, int] = {}
    for index, value in enumerate(values):
        if (first := first_use.setdefault(value, index)) != index:
            document.add((*path, index, key), f"must differ from {path_text((*path, first, key))}")


def check_known(document: Document, path: Path, word: str, known: Iterable[str], where: str) -> None:
    """Add a word that is none of those in another file."""
    known = list(known)
    if word not in known:
        near = get_close_matches(word, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known there: {', '.join(known) or 'none'}"
        document.add(path, f"is not in {where}{hint}")


def check_products(document: Document, file: ProductsFile) -> None:
    """Add products that are named twice or contradict themselves."""
    check_unique(document, ("products",), "code", (one.code for one in file.products))
    check_unique(document, ("products",), "label", (one.label for one in file.products))
    for index, one in enumerate(file.products):
        here = ("products", index)
        if one.call_days is not None and one.launch_on is None:
            document.add((*here, "call_days"), "needs launch_on, the day from which they count")
        if one.kind == "insurance" and one.benefit is None:
            document.add(here, "is an insurance without benefit; write benefit: protection or benefit: uncertain")
        if one.kind != "insurance" and one.benefit is not None:
            document.add((*here, "benefit"), "is for kind: insurance only")
        if one.kind in ("trust", "plan", "private_fund") and one.offer != "private":
            document.add((*here, "offer"), f"must be private for kind: {one.kind}")
        if one.risk == "none" and (one.offer == "private" or one.benefit == "uncertain"):
            document.add((*here, "risk"), "must be a level from R1 to R5: the principal or the benefit is not certain")


def check_channels(document: Document, file: ChannelsFile) -> None:
    """Add channels that are named twice, and times of day that leave no time."""
    check_unique(document, ("channels",), "code", (one.code for one in file.channels))
    check_unique(document, ("channels",), "label", (one.label for one in file.channels))
    for index, one in enumerate(file.channels):
        here = ("channels", index)
        if one.send_window and one.send_window.not_before >= one.send_window.not_after:
            document.add((*here, "send_window", "not_after"), "must be later than not_before")
        if one.contact != (one.way is not None):
            document.add((*here, "contact"), "and way go together: a channel that reaches customers needs way, another has none")
        if one.message and one.public:
            for key in ("signature", "opt_out"):
                if getattr(one.message, key) is None:
                    document.add((*here, "message"), f"of a public channel needs {key}")
        _check_way(document, here, one)
        opt_out = one.message.opt_out if one.message else None
        if opt_out is not None and not any(word in opt_out for word in OPT_OUT_WORDS):
            document.add((*here, "message", "opt_out"), f"must hold {' or '.join(OPT_OUT_WORDS)}, such as 拒收请回复R")


def _check_way(document: Document, here: Path, one: Channel) -> None:
    """Add a form that the channel's way cannot have: lists of messages and lists for people are written in different ways."""
    if one.way == "sms" and not (one.public and one.message):
        document.add((*here, "way"), "sms needs public: true and message")
    elif one.contact and one.public and one.way != "sms":
        document.add((*here, "public"), f"must be false for way: {one.way}; only way: sms goes to many at once")
    elif one.message and one.way not in ("sms", "wechat"):
        document.add((*here, "message"), "belongs to way: sms and way: wechat only", at_key=True)
    if one.appointment and one.way not in ("call", "in_person"):
        document.add((*here, "appointment"), "belongs to way: call and way: in_person only")


def check_gates(document: Document, file: GatesFile) -> None:
    """Add purposes or gates that are missing or out of order, and quotas that say nothing."""
    _check_order(document, "purposes", [one.code for one in file.purposes], list(PURPOSES))
    _check_order(document, "gates", [one.code for one in file.gates], list(GATES))
    quota = file.manager_quota
    if quota is not None and quota.contacts_per_day is None and quota.managers is None:
        document.add(("manager_quota",), "must say contacts_per_day, managers, or both", at_key=True)
    if quota is not None:
        check_unique(document, ("manager_quota", "managers"), "manager", (one.manager for one in quota.managers or ()))


def _check_order(document: Document, key: str, found: list[str], wanted: list[str]) -> None:
    """Add the first place where a list differs from the one that the program goes by."""
    for index, code in enumerate(wanted):
        if index >= len(found):
            document.add((key,), f"ends before {code}; write every one, in the shipped order", at_key=True)
            return
        if found[index] != code:
            document.add((key, index, "code"), f"must be {code}; write every one once, in the shipped order")
            return
    if len(found) > len(wanted):
        document.add((key, len(wanted)), "is one too many")


def check_plan_ids(document: Document, file: PlanIdsFile) -> None:
    """Add ids that are listed twice."""
    check_unique(document, ("ids",), "id", (one.id for one in file.ids))


def check_playbooks(document: Document, file: PlaybooksFile, tiers: list[str]) -> None:
    """Add what the tiers and the playbooks say against each other."""
    check_unique(document, ("playbooks",), "tier", (one.tier for one in file.playbooks))
    check_unique(document, ("measures",), "id", (one.id for one in file.measures or ()))
    check_unique(document, ("gaps",), "id", (one.id for one in file.gaps or ()))
    for number, book in enumerate(file.playbooks):
        check_known(document, ("playbooks", number, "tier"), book.tier, tiers, "tiers.yaml")
        _check_book(document, file, number)
    absent = [one for one in tiers if one not in [book.tier for book in file.playbooks]]
    renamed = any(("playbooks", number, "tier") in document.wrong for number in range(len(file.playbooks)))
    if absent and not renamed:  # a tier that was renamed is one mistake, told already
        message = f"holds nothing for {', '.join(absent)}; write playbook: none with a reason, or same_as"
        document.note(document.key_places["playbooks",], ("playbooks",), message)
    first_use: dict[str, Path] = {}
    for path, tier, action in placed_actions(file):
        if (first := first_use.setdefault(action.id, path)) != path:
            document.add((*path, "id"), f"must differ from {path_text((*first, 'id'))}; use also_for to do it for a further tier")
        _check_action(document, path, action)
        others = [one for one in tiers if one != tier]
        for index, other in enumerate(action.also_for or ()):
            check_known(document, (*path, "also_for", index, "tier"), other.tier, others, "the other tiers")


def _check_book(document: Document, file: PlaybooksFile, number: int) -> None:
    """Add what the playbook of one tier says against itself."""
    book, here = file.playbooks[number], ("playbooks", number)
    given = [key for key in ("actions", "same_as", "playbook") if getattr(book, key) is not None]
    if len(given) != 1:
        document.add(here, "must hold one of actions, same_as and playbook: none")
    if book.playbook is not None and book.reason is None:
        document.add((*here, "playbook"), "needs a reason beside it")
    if book.same_as is not None:
        with_actions = [one.tier for one in file.playbooks if one.actions and one.tier != book.tier]
        check_known(document, (*here, "same_as"), book.same_as, with_actions, "the playbooks with actions")


def _check_action(document: Document, path: Path, action: Action) -> None:
    """Add what an action says against itself."""
    if (action.cadence_days is None) != (action.cadence_source is None):
        key, other = ("cadence_source", "cadence_days") if action.cadence_days is None else ("cadence_days", "cadence_source")
        document.add((*path, key), f"needs {other} beside it")
    if action.trigger == "regular" and action.cadence_days is None:
        document.add((*path, "trigger"), "regular needs cadence_days and cadence_source")
    if (action.trigger == "festival") != (action.lobby is not None):
        document.add((*path, "trigger"), "festival and lobby belong together")
    if action.message is not None:
        check_unique(document, (*path, "message", "variants"), "segment", (one.segment for one in action.message.variants or ()))
    lobby = action.lobby
    if lobby and (lobby.festival == "summer") != bool(lobby.first_day and lobby.last_day):
        document.add((*path, "lobby"), "first_day and last_day belong to festival: summer, and only to it")
    elif lobby and lobby.first_day and lobby.last_day:
        _check_season(document, (*path, "lobby"), lobby.first_day, lobby.last_day)
        if lobby.working_days_before is not None:
            document.add((*path, "lobby", "working_days_before"), "must not stand beside first_day and last_day")


def _check_season(document: Document, path: Path, first_day: str, last_day: str) -> None:
    """Add the ends of a season that are no days of every year, or stand the wrong way round."""
    for key, day in (("first_day", first_day), ("last_day", last_day)):
        try:
            dt.date.fromisoformat(f"{_COMMON_YEAR}-{day}")
        except ValueError:
            document.add((*path, key), "must be a day of every year")
    if last_day < first_day:
        document.add((*path, "last_day"), "must not be before first_day; a season lies within one year")


def check_plan_covered(document: Document, file: PlaybooksFile, ids: list[str]) -> None:
    """Add covered ids that the plan does not have."""
    for path, covered, _ in covers_of(file):
        for index, one in enumerate(covered):
            if one not in ids:
                near = get_close_matches(one, ids, n=1)
                document.add((*path, index), "is not in plan_ids.yaml" + (f"; did you mean {near[0]}?" if near else ""))


CHECKS: Final[dict[str, Callable[[Document], None]]] = {
    "channels.yaml": lambda document: check_channels(document, ChannelsFile.model_validate(document.data)),
    "gates.yaml": lambda document: check_gates(document, GatesFile.model_validate(document.data)),
    "plan_ids.yaml": lambda document: check_plan_ids(document, PlanIdsFile.model_validate(document.data)),
    "products.yaml": lambda document: check_products(document, ProductsFile.model_validate(document.data)),
}
"""The checks of each file by itself."""
