"""What is wrong between the actions of the playbooks and what they refer to: products, channels, and the numbers of gates.yaml.

Every function takes files whose form is right, and notes its findings in the document, at their places.
"""

from __future__ import annotations

from vip_tiering.offer_models import Channel, GatesFile, Product
from vip_tiering.playbook_checks import check_known, placed_actions, reached_tiers
from vip_tiering.playbook_models import Action, PlaybooksFile, Purpose
from vip_tiering.yaml_marks import Document, Path


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
