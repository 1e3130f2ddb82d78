"""What is worth a warning in playbooks that are valid: `file:line: what` for each finding, one line per subject."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vip_tiering.playbooks.actions import Action, PlanIdsFile, PlaybooksFile, covers_of, placed_actions, reached_tiers
from vip_tiering.playbooks.channels import Cap, Channel
from vip_tiering.playbooks.gates import GatesFile, Purpose
from vip_tiering.playbooks.messages import forms_of, longest_units, segments, texts_of
from vip_tiering.playbooks.products import Product
from vip_tiering.rules.forms import check_known
from vip_tiering.rules.yaml_file import Document, Path

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


def check_references(
    document: Document, file: PlaybooksFile, products: dict[str, Product] | None, channels: dict[str, Channel] | None
) -> None:
    """Add topics and channels that are nowhere, and products that must not go where an action sends them.

    A file that could not be read is None, and nothing is judged by it.
    """
    bulk = {book.tier: book.bulk for book in reversed(file.playbooks)}  # of a tier that stands twice, the first counts
    barred = {tier for tier in bulk if bulk[tier] == "barred"}
    for path, tier, action in placed_actions(file):
        for index, code in enumerate(action.topics or () if products is not None else ()):
            check_known(document, (*path, "topics", index), code, products or (), "products.yaml")
        for index, code in enumerate(action.channels if channels is not None else ()):
            check_known(document, (*path, "channels", index), code, channels or (), "channels.yaml")
        if action.instead is not None and channels is not None:
            check_known(document, (*path, "instead", "channel"), action.instead.channel, channels, "channels.yaml")
        topics = [(index, products[code]) for index, code in enumerate(action.topics or ()) if products and code in products]
        public = [(index, code) for index, code in enumerate(action.channels) if channels and code in channels and channels[code].public]
        _check_topics(document, path, action, topics, public=bool(public) or action.campaign)
        if reached := [one for one in reached_tiers(file, tier, action) if one in barred]:
            _check_barred(document, path, action, public, reached[0])


def _check_topics(document: Document, path: Path, action: Action, topics: list[tuple[int, Product]], *, public: bool) -> None:
    """Add products that the gates of the purpose do not judge, and those that are not for the public."""
    for index, product in topics:
        if wrong := _wrong_topic(product, action.strictest, public=public):
            document.add((*path, "topics", index), wrong)
    if action.strictest == "insurance" and not action.topics:
        document.add((*path, "purpose"), "insurance needs topics of kind: insurance")
    if action.strictest == "private" and public and not any((*path, "topics", index) in document.wrong for index, _ in topics):
        document.add((*path, "channels"), "hold a public one, which the purpose private rules out; make it an appointment")


def _wrong_topic(product: Product, purpose: Purpose, *, public: bool) -> str | None:
    """Return why an action of this purpose must not be about a product."""
    offers_risk, unjudged = product.risk != "none", purpose in ("service", "care", "general")
    insurance, private, right = product.kind == "insurance", product.offer == "private", "rated" if product.risk != "none" else "general"
    wrong = (
        (
            not offers_risk and purpose in ("rated", "private"),
            f"has no risk level, which the purpose {purpose} needs; write risk: R1 to R5 in products.yaml",
        ),
        (
            offers_risk and unjudged,
            f"has the risk level {product.risk}, which the purpose {purpose} does not judge; write purpose: [rated]",
        ),
        (insurance and unjudged, f"is an insurance, which the purpose {purpose} does not judge; write purpose: [insurance]"),
        (private and public, "is a private product on a public channel; make it an appointment"),
        (private and purpose != "private", "is a private product; write purpose: [private]"),
        (
            not insurance and purpose == "insurance",
            f"is of kind: {product.kind}, which the purpose insurance does not judge; write purpose: [{right}]",
        ),
    )
    return next((message for stands, message in wrong if stands), None)


def _check_barred(document: Document, path: Path, action: Action, public: list[tuple[int, str]], tier: str) -> None:
    """Add what goes to many in a tier that bars it."""
    if action.campaign:
        document.add((*path, "campaign"), f"must not be true for {tier}, whose playbook says bulk: barred")
    for index, _ in public:
        document.add((*path, "channels", index), f"is public, but the playbook of {tier} says bulk: barred")


def check_appointments(document: Document, file: PlaybooksFile, channels: dict[str, Channel]) -> None:
    """Add what is no request for a meeting on a channel of appointments, which has no caps, and old customers sent to another one."""
    for path, _, action in placed_actions(file):
        instead = channels.get(action.instead.channel) if action.instead else None
        if instead is not None and not instead.appointment:
            document.add((*path, "instead", "channel"), "must be one with appointment: true in channels.yaml")
        first = channels.get(action.channels[0])
        if first is None or not first.appointment:
            continue
        if action.campaign:
            document.add((*path, "campaign"), f"must not be true on {first.code}: an appointment is made with one customer")
        if action.trigger not in ("regular", "meeting"):
            document.add((*path, "trigger"), f"must be regular or meeting on {first.code}, which is for appointments")


def check_reassess(document: Document, file: PlaybooksFile, gates: GatesFile) -> None:
    """Add actions that ask for a new rating more often than limits.reassess_days says."""
    least = gates.limits.reassess_days.value
    for path, _, action in placed_actions(file):
        if action.trigger == "no_rating" and (action.cadence_days or 0) < least:
            key = ("cadence_days",) if action.cadence_days is not None else ("trigger",)
            wanted = f"must be at least {least}" if action.cadence_days is not None else f"no_rating needs cadence_days of at least {least}"
            document.add((*path, *key), f"{wanted}, the limits.reassess_days of gates.yaml")
