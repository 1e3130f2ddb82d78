"""What is worth a warning in playbooks that are valid: `file:line: what` for each finding, one line per subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vip_tiering.message_checks import forms_of, texts_of
from vip_tiering.message_text import longest_units, segments
from vip_tiering.offer_models import Cap, Channel, Product
from vip_tiering.playbook_checks import covers_of, placed_actions
from vip_tiering.playbook_models import PlanIdsFile, PlaybooksFile
from vip_tiering.yaml_marks import Document, Path

SAMPLE = "sample"
"""A `reviewed_by` that begins so is nobody's approval."""
CAP_DAYS = 30


@dataclass(frozen=True)
class Books:
    """The playbook files of a folder, valid and true to each other."""

    playbooks: PlaybooksFile
    products: dict[str, Product]
    channels: dict[str, Channel]
    plan_ids: PlanIdsFile | None


def lint(books: Books, document: Document) -> list[str]:
    """Return the warnings about playbooks, in the order of the file."""
    found = [*_not_covered(books), *_no_playbook(books), *_own_cadence(books), *_too_many_topics(books), *_topics(books), *_messages(books)]
    placed = sorted((document.place(path), message) for path, message in found)
    return [f"{document.name}:{place.line}: {message}" for place, message in placed]


def _not_covered(books: Books) -> Iterator[tuple[Path, str]]:
    if missing := missing_ids(books):
        yield (), f"no rule covers {', '.join(missing)} of plan_ids.yaml"


def missing_ids(books: Books) -> list[str]:
    """Return the ids of the plan that no rule covers."""
    covered = {one for _, ids, _ in covers_of(books.playbooks) for one in ids}
    return [one.id for one in books.plan_ids.ids if one.id not in covered] if books.plan_ids else []


def _no_playbook(books: Books) -> Iterator[tuple[Path, str]]:
    for number, book in enumerate(books.playbooks.playbooks):
        if book.playbook is not None:
            yield ("playbooks", number), f"the tier {book.tier} has no playbook: {book.reason}"


def _own_cadence(books: Books) -> Iterator[tuple[Path, str]]:
    own = [(path, action.id) for path, _, action in placed_actions(books.playbooks) if action.cadence_source == "ours"]
    if own:
        yield own[0][0], f"the cadence is ours, not in the plan: {', '.join(dict.fromkeys(name for _, name in own))}"


def _too_many_topics(books: Books) -> Iterator[tuple[Path, str]]:
    """Find tiers with more topics on a channel than its caps let one customer hear of in 30 days."""
    for number, book in enumerate(books.playbooks.playbooks):
        for code, channel in books.channels.items():
            actions = [one for one in book.actions or () if one.channels[0] == code and one.trigger == "regular"]
            topics = sum(max(1, len(one.topics or ())) for one in actions if (one.cadence_days or CAP_DAYS) <= CAP_DAYS)
            if channel.caps and topics > (most := most_contacts(channel.caps)):
                yield (
                    ("playbooks", number),
                    f"{book.tier} has {topics} topics on {code}, whose caps let {most} through in {CAP_DAYS} days; they take turns",
                )


def most_contacts(caps: list[Cap]) -> int:
    """Return how many contacts all caps together let through in 30 days."""
    return min(cap.contacts * -(-CAP_DAYS // cap.days) for cap in caps)


def _topics(books: Books) -> Iterator[tuple[Path, str]]:
    for path, _, action in placed_actions(books.playbooks):
        for index, code in enumerate(action.topics or ()):
            if reason := books.products[code].not_distributable:
                yield (*path, "topics", index), f"{action.id} is about {code}, which appears in no list: {reason}"


def _messages(books: Books) -> Iterator[tuple[Path, str]]:
    samples = []
    for path, _, action in placed_actions(books.playbooks):
        forms = forms_of(action, books.channels)
        if action.message is None and forms:
            yield path, f"{action.id} has no message; all its rows on {forms[0][0].code} are left out (no_template)"
        if action.message is not None and action.message.reviewed_by.casefold().startswith(SAMPLE):
            samples.append((path, action.id))
        elif action.message is not None and action.message.reviewed_on is None:
            yield (*path, "message"), f"the message of {action.id} has no reviewed_on; write the day of its approval"
        for place, text in texts_of(path, action):
            for channel, form in forms:
                parts = segments(longest_units(text, form.signature or "", form.opt_out or ""))
                if parts > form.max_segments:
                    yield place, f"the message of {action.id} can take {parts} segments on {channel.code}, more than {form.max_segments}"
    if samples:
        names = ", ".join(dict.fromkeys(name for _, name in samples))
        yield samples[0][0], f"sample texts that nobody reviewed, replace before use: {names}"
