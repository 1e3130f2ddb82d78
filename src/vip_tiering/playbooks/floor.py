"""Where rules are looser than the floor: refused, unless somebody signed for it beside the entry.

Every function takes files whose form is right. All of them speak through `Looser`, so there is one form of override for everything.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from vip_tiering.base.money import FEN_PER_YUAN
from vip_tiering.playbooks.actions import Action, PlaybooksFile, Trigger, placed_actions, reached_tiers
from vip_tiering.playbooks.channels import Cap, Channel, ChannelsFile, Way
from vip_tiering.playbooks.gates import GatesFile, Limits, Purpose, PurposeRule
from vip_tiering.playbooks.messages import forbidden_in
from vip_tiering.playbooks.products import Product, ProductsFile
from vip_tiering.rules.forms import Override
from vip_tiering.rules.tiers import TiersFile, bound_fen
from vip_tiering.rules.yaml_file import Document, Path, path_text

LIMITS: Final[dict[str, tuple[int, int]]] = {
    "adult_age_years": (18, 1),
    "senior_age_years": (60, -1),
    "bereavement_days": (90, 1),
    "customers_per_phone": (3, -1),
    "rating_valid_months": (12, -1),
    "reassess_days": (90, 1),
    "message_valid_days": (3, -1),
    "list_valid_days": (14, -1),
    "run_grace_days": (20, -1),
}
"""Of each limit the number, and in which direction it becomes stricter."""
PRIVATE_FROM_YUAN: Final = 5_000_000
"""Whoever averages so much is a private client, at the latest."""
STEPS: Final[dict[str, tuple[object, ...]]] = {
    "consent": ("not_needed", "not_refused", "needed"),
    "without_consent": ("in_person", "never"),
    "rating": ("none", "uncertain_benefit", "needed"),
    "qualified": (False, True),
    "caps": (False, True),
}
"""What a purpose can demand, from the loosest to the strictest."""
PURPOSES: Final[dict[Purpose, Mapping[str, object]]] = {
    "service": {},
    "care": {"consent": "not_refused", "caps": True},
    "general": {"consent": "needed", "caps": True},
    "insurance": {"consent": "needed", "without_consent": "never", "rating": "uncertain_benefit", "caps": True},
    "rated": {"consent": "needed", "without_consent": "never", "rating": "needed", "caps": True},
    "private": {"consent": "needed", "without_consent": "never", "rating": "needed", "qualified": True, "caps": True},
}
"""What each purpose demands, where that is not the loosest."""
CAPS: Final[dict[Way, tuple[tuple[int, int], ...]]] = {
    "sms": ((1, 7), (4, 30)),
    "call": ((1, 14),),
    "wechat": ((1, 7), (4, 30)),
}
"""By way: at most so many contacts in so many days. Who asks for a meeting (`appointment`) is not bound by them."""
SEND_WINDOW: Final = ("09:00", "20:00")
"""Not before and not after which time of day something is sent by those ways."""
NOT_DISTRIBUTABLE: Final = ("private_fund",)
"""Kinds of product that a bank may not sell."""
CAMPAIGN_TRIGGERS: Final[tuple[Trigger, ...]] = ("new_product", "branch_date")
"""What makes an action due for all customers of a tier at once."""
FORBIDDEN_WORDS: Final = (
    "预期收益", "预期年化", "保本", "保收益", "保证收益", "稳赚", "稳赢", "零风险", "无风险", "包赚", "只赚不赔", "高收益", "最高收益",
    "刚性兑付", "刚兑", "本金安全", "收益有保障",
)  # fmt: skip
"""Promises that no message may make."""
NEEDS: Final = "a looser one needs override with approved_by, approved_on, reason"


class Looser(NamedTuple):
    """One value that is looser than the floor: where it stands, what would be right, and who signed for it."""

    path: Path
    wanted: str
    override: Override | None


def refuse(document: Document, found: Iterable[Looser]) -> None:
    """Add whatever is looser than the floor and nobody signed for."""
    for one in found:
        if one.override is None:
            document.add(one.path, f"{one.wanted}; {NEEDS}")


def allowed(document: Document, found: Iterable[Looser]) -> Iterator[str]:
    """Yield a warning for whatever is looser than the floor because somebody signed for it."""
    for one in found:
        if one.override is not None:
            by = f"{one.override.approved_by} allowed it on {one.override.approved_on}: {one.override.reason}"
            yield f"{document.name}:{document.place(one.path).line}: {path_text(one.path)} {one.wanted}, but {by}"


def check_signatures(document: Document, today: dt.date) -> None:
    """Add days of approval and review that have not come yet, wherever they stand."""
    for path in document.places:
        if path and path[-1] in ("approved_on", "reviewed_on"):
            day = functools.reduce(lambda value, step: value[step], path, document.data)
            if isinstance(day, dt.date) and day > today:
                document.add(path, "must not be in the future")


def looser_gates(file: GatesFile) -> Iterator[Looser]:
    """Yield limits, purposes, private clients and forbidden words that are looser than the floor."""
    for key in Limits.model_fields:
        limit, (shipped, direction) = getattr(file.limits, key), LIMITS[key]
        if (limit.value - shipped) * direction < 0:
            yield Looser(("limits", key, "value"), f"must be {'at least' if direction > 0 else 'at most'} {shipped}", limit.override)
    for index, rule in enumerate(file.purposes):
        yield from _looser_purpose(("purposes", index), rule)
    private = file.private_clients
    if private is not None and private.from_yuan > PRIVATE_FROM_YUAN:
        yield Looser(("private_clients", "from_yuan"), f"must be at most {PRIVATE_FROM_YUAN}", private.override)
    words = file.forbidden_words
    if missing := [one for one in FORBIDDEN_WORDS if not forbidden_in(one, words.words)]:
        yield Looser(("forbidden_words", "words"), f"must hold {'、'.join(missing)}", words.override)


def _looser_purpose(path: Path, rule: PurposeRule) -> Iterator[Looser]:
    """Yield what a purpose does not demand although it should."""
    for key, least in PURPOSES[rule.code].items():
        steps = STEPS[key]
        if steps.index(getattr(rule, key)) < steps.index(least):
            enough = " or ".join(str(one).lower() if isinstance(one, bool) else str(one) for one in steps[steps.index(least) :])
            yield Looser((*path, key), f"must be {enough}", rule.override)


def looser_channels(file: ChannelsFile) -> Iterator[Looser]:
    """Yield caps and times of day that are looser than the floor, on channels that are not for appointments."""
    for index, one in enumerate(file.channels):
        here = ("channels", index)
        if one.way is None or one.way not in CAPS or one.appointment:
            continue
        for contacts, days in CAPS[one.way]:
            if not any(most_contacts(cap, days) <= contacts for cap in one.caps or ()):
                path = (*here, "caps") if one.caps else here
                yield Looser(path, f"must have caps of at most {contacts} in {days} days, as way: {one.way} needs", one.override)
        first, last = SEND_WINDOW
        if one.send_window is None:
            yield Looser(here, f'must have a send_window from "{first}" to "{last}"', one.override)
            continue
        if one.send_window.not_before < first:
            yield Looser((*here, "send_window", "not_before"), f'must be "{first}" or later', one.override)
        if one.send_window.not_after > last:
            yield Looser((*here, "send_window", "not_after"), f'must be "{last}" or earlier', one.override)


def most_contacts(cap: Cap, days: int) -> int:
    """Return how many contacts a cap lets through in so many days at most."""
    return cap.contacts * -(-days // cap.days)


def looser_products(file: ProductsFile) -> Iterator[Looser]:
    """Yield products that a bank may not sell and that do not say so."""
    for index, one in enumerate(file.products):
        if one.kind in NOT_DISTRIBUTABLE and one.not_distributable is None:
            yield Looser(("products", index), f"must say not_distributable, as kind: {one.kind} needs", one.override)


FINDERS: Final[dict[str, Callable[[Document], Iterator[Looser]]]] = {
    "channels.yaml": lambda document: looser_channels(ChannelsFile.model_validate(document.data)),
    "gates.yaml": lambda document: looser_gates(GatesFile.model_validate(document.data)),
    "products.yaml": lambda document: looser_products(ProductsFile.model_validate(document.data)),
}
"""What is looser in each file by itself."""


def looser_playbooks(
    file: PlaybooksFile, tiers: TiersFile, gates: GatesFile, products: dict[str, Product], channels: dict[str, Channel]
) -> Iterator[Looser]:
    """Yield tiers of private clients that are open to what goes to many, and actions that go to many and do not say so."""
    from_yuan = gates.private_clients.from_yuan if gates.private_clients else PRIVATE_FROM_YUAN
    private = tiers_reaching(tiers, from_yuan * FEN_PER_YUAN)
    for number, book in enumerate(file.playbooks):
        if book.bulk != "barred" and book.tier in private:
            wanted = f"must be barred: customers with {from_yuan} yuan or more stand in {book.tier} (gates.yaml, private_clients)"
            yield Looser(("playbooks", number, "bulk"), wanted, book.override)
    barred = private | {book.tier for book in file.playbooks if book.bulk == "barred"}
    for path, tier, action in placed_actions(file):
        if action.channels[0] in channels and not set(reached_tiers(file, tier, action)) <= barred:
            yield from _looser_action(path, action, channels[action.channels[0]], products)
    yield from _looser_cadence(file, channels)


def _looser_action(path: Path, action: Action, channel: Channel, products: dict[str, Product]) -> Iterator[Looser]:
    """Yield what an action for a tier that is not barred leaves open: everybody is invited, or the old are offered what is uncertain."""
    if action.campaign or channel.public or not channel.contact or channel.appointment:
        return
    uncertain = [code for code in action.topics or () if code in products and products[code].benefit == "uncertain"]
    if action.trigger in CAMPAIGN_TRIGGERS:
        why = f"trigger: {action.trigger} invites many"
    elif uncertain:
        why = f"it names {uncertain[0]}, whose benefit is uncertain, on a channel that is for no appointment"
    else:
        return
    place = (*path, "campaign") if "campaign" in action.model_fields_set else path
    yield Looser(place, f"must say campaign: true, since {why}", action.override)


def _looser_cadence(file: PlaybooksFile, channels: dict[str, Channel]) -> Iterator[Looser]:
    """Yield actions that ask for meetings more often than the caps of the same way would let them: appointments have none."""
    for path, _, action in placed_actions(file):
        channel = channels.get(action.channels[0])
        if channel is None or not channel.appointment or channel.way not in CAPS or action.trigger != "regular":
            continue
        least = max(-(-days // contacts) for contacts, days in CAPS[channel.way])
        if (action.cadence_days or 0) < least:
            yield Looser((*path, "cadence_days"), f"must be at least {least} on {channel.code}, which has no caps", action.override)


def tiers_reaching(file: TiersFile, fen: int) -> set[str]:
    """Return the tiers of any ladder in which a customer with so much or more can stand: those whose upper end lies above it."""
    ladders = [file.tiers] if file.tiers is not None else [one.tiers for one in file.sets or ()]
    pairs = [pair for one in ladders for pair in zip(one, [*one[1:], None], strict=True)]
    return {tier.code for tier, above in pairs if above is None or (bound_fen(above.min) or 0) > fen}
