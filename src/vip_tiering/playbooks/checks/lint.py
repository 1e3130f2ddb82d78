"""What is worth a warning in playbooks that are valid: what the plan leaves open, what takes turns, texts that nobody reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vip_tiering.playbooks.channels import Channel
from vip_tiering.playbooks.checks.references import said_of_product, texts_of
from vip_tiering.playbooks.customers.customers_file import OF_BRANCH, CustomerRules
from vip_tiering.playbooks.messages import (
    fields_of,
    longest_units,
    segments,
)
from vip_tiering.playbooks.plan_ids import PlanIdsFile
from vip_tiering.playbooks.playbooks_file import PlaybooksFile
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.yaml_file import Document, Path

CAP_DAYS: Final = 30
"""Over so many days topics are set against caps."""


def lint(
    document: Document,
    file: PlaybooksFile,
    products: dict[str, Product],
    channels: dict[str, Channel],
    ids: PlanIdsFile | None,
    customers: CustomerRules,
) -> list[str]:
    """Return the warnings about playbooks that are valid, as `file:line: what`, in the order of the file."""
    found = [
        *_not_covered(file, ids),
        *_no_playbook(file),
        *_own_cadence(file),
        *_too_many_topics(file, channels),
        *_topics(file, products),
        *_messages(file, products, channels),
        *_no_branches(file, customers),
    ]
    placed = sorted((document.place(path), message) for path, message in found)
    return [f"{document.name}:{place.line}: {message}" for place, message in placed]


def _not_covered(file: PlaybooksFile, ids: PlanIdsFile | None) -> Iterator[tuple[Path, str]]:
    covered = {one for _, one, _ in file.covered()}
    if missing := [one.id for one in (ids.ids if ids else ()) if one.id not in covered]:
        yield (), f"no rule covers {', '.join(missing)} of plan_ids.yaml"


def _no_playbook(file: PlaybooksFile) -> Iterator[tuple[Path, str]]:
    for number, book in enumerate(file.playbooks):
        if book.playbook is not None:
            yield ("playbooks", number), f"the tier {book.tier} has no playbook: {book.reason}"


def _own_cadence(file: PlaybooksFile) -> Iterator[tuple[Path, str]]:
    own = [(path, action.id) for path, _, action in file.placed_actions() if action.cadence_source == "ours"]
    if own:
        yield own[0][0], f"the cadence is ours, not in the plan: {', '.join(dict.fromkeys(name for _, name in own))}"


def _too_many_topics(file: PlaybooksFile, channels: dict[str, Channel]) -> Iterator[tuple[Path, str]]:
    """Find tiers with more topics on a channel than its caps let one customer hear of in 30 days."""
    for number, book in enumerate(file.playbooks):
        for code, channel in channels.items():
            actions = [one for one in book.actions or () if one.channels[0] == code and one.trigger == "regular"]
            topics = sum(max(1, len(one.topics or ())) for one in actions if (one.cadence_days or CAP_DAYS) <= CAP_DAYS)
            most = min((cap.most_contacts(CAP_DAYS) for cap in channel.caps or ()), default=topics)
            if topics > most:
                yield (
                    ("playbooks", number),
                    f"{book.tier} has {topics} topics on {code}, whose caps let {most} through in {CAP_DAYS} days; they take turns",
                )


def _topics(file: PlaybooksFile, products: dict[str, Product]) -> Iterator[tuple[Path, str]]:
    for path, _, action in file.placed_actions():
        for index, code in enumerate(action.topics or ()):
            if reason := products[code].not_distributable:
                yield (*path, "topics", index), f"{action.id} is about {code}, which appears in no list: {reason}"


def _messages(file: PlaybooksFile, products: dict[str, Product], channels: dict[str, Channel]) -> Iterator[tuple[Path, str]]:
    samples = []
    for path, _, action in file.placed_actions():
        forms = action.forms_in(channels)
        if action.message is None and forms:
            yield path, f"{action.id} has no message; all its rows on {forms[0][0].code} are left out (no_template)"
        if action.message is not None and action.message.is_sample:
            samples.append((path, action.id))
        elif action.message is not None and action.message.reviewed_on is None:
            yield (*path, "message"), f"the message of {action.id} has no reviewed_on; write the day of its approval"
        for place, text in texts_of(path, action):
            for channel, form in forms:
                parts = segments(longest_units(said_of_product(text, action, products), form.signature or "", form.opt_out or ""))
                if parts > form.max_segments:
                    yield place, f"the message of {action.id} can take {parts} segments on {channel.code}, more than {form.max_segments}"
    if samples:
        names = ", ".join(dict.fromkeys(name for _, name in samples))
        yield samples[0][0], f"sample texts that nobody reviewed, replace before use: {names}"


def _no_branches(file: PlaybooksFile, customers: CustomerRules) -> Iterator[tuple[Path, str]]:
    if customers.branches is not None:
        return
    for path, _, action in file.placed_actions():
        for place, text in texts_of(path, action):
            if wanted := sorted({name for _, name in fields_of(text)} & {*OF_BRANCH}):
                yield (
                    place,
                    f"the message of {action.id} holds ${{{wanted[0]}}}, but customers.yaml has no branches: neutral words stand there",
                )
                return
