"""What the files of playbooks say against each other.

By a file that is absent or has mistakes of its own nothing is judged; what is not wrong in it is judged by the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from vip_tiering.playbooks.actions import Action
from vip_tiering.playbooks.channels import OPT_OUT_WORDS, Channel, ChannelsFile, MessageForm
from vip_tiering.playbooks.customers.customers_file import CustomerRules, check_customers
from vip_tiering.playbooks.events import check_actions
from vip_tiering.playbooks.floor import refuse
from vip_tiering.playbooks.gates import GatesFile, Purpose
from vip_tiering.playbooks.messages import (
    EVENT_FIELD,
    FIELDS,
    fields_of,
    forbidden_in,
    longest_units,
    money_in,
    percent_in,
    with_values,
    yield_in,
)
from vip_tiering.playbooks.plan_ids import PlanIdsFile, check_plan_covered
from vip_tiering.playbooks.playbooks_file import PlaybooksFile, check_playbooks, looser_playbooks
from vip_tiering.playbooks.products import COUPON_KINDS, FACTS, Product, ProductsFile
from vip_tiering.playbooks.profiles import ProfilesFile, check_profile_channels
from vip_tiering.playbooks.targets import TargetsFile, check_figures
from vip_tiering.rules.calendar import CalendarFile
from vip_tiering.rules.forms import check_known
from vip_tiering.rules.load import RuleFolder
from vip_tiering.rules.tiers import TiersFile
from vip_tiering.rules.yaml_file import Document, Path

NAMELESS: Final[tuple[Purpose, ...]] = ("care", "general", "private")
"""Purposes whose texts must not name a product."""
OFFERING: Final[tuple[Purpose, ...]] = ("general", "insurance", "rated")
"""Purposes whose texts may say how long a product runs, what it costs at least, and when it is on sale."""
PERCENT_KINDS: Final = (*COUPON_KINDS, "card", "service", "activity")
"""The floor: kinds of product of which a text may name a percentage; of all others it could only be a yield."""


def check_together(folder: RuleFolder) -> None:
    """Add what the files of a folder say against each other, each mistake to the file that is to be changed."""
    book = folder.judged(PlaybooksFile)
    if book is not None:
        _check_book(folder, book)
    documents, tiers, gates, channels = folder.documents, folder.sound(TiersFile), folder.sound(GatesFile), folder.sound(ChannelsFile)
    if folder.judged(CustomerRules):
        check_customers(documents[CustomerRules], channels.by_code if channels else None)
    if judged := folder.judged(ProductsFile):
        _check_labels(documents[ProductsFile], judged.products, gates.forbidden_words.words if gates else [])
    if channels and (profiles := folder.judged(ProfilesFile)):
        check_profile_channels(documents[ProfilesFile], profiles, channels.by_code)
    if targets := folder.judged(TargetsFile):
        measures = [one.id for one in book.measures] if book and book.measures else None
        check_figures(documents[TargetsFile], targets, tiers.labels if tiers else None, measures)


def _check_book(folder: RuleFolder, book: PlaybooksFile) -> None:
    """Add what playbooks.yaml and the other files say against each other."""
    document, tiers, gates = folder.documents[PlaybooksFile], folder.sound(TiersFile), folder.sound(GatesFile)
    calendar, of_products, of_channels = folder.sound(CalendarFile), folder.sound(ProductsFile), folder.sound(ChannelsFile)
    products, channels = of_products.by_code if of_products else None, of_channels.by_code if of_channels else None
    if tiers:
        check_playbooks(document, book, list(tiers.labels))
    if ids := folder.sound(PlanIdsFile):
        check_plan_covered(document, book, [one.id for one in ids.ids])
    _check_references(document, book, products, channels)
    _check_messages(document, book, products, channels, gates.forbidden_words.words if gates else [])
    if channels is not None:
        _check_appointments(document, book, channels)
    if gates:
        _check_reassess(document, book, gates)
    if tiers and gates and products is not None and channels is not None:
        refuse(document, looser_playbooks(book, tiers.ladders, gates, products, channels))
    if calendar and document.is_sound:
        check_actions(folder.documents[CalendarFile], calendar, book)


def product_of(action: Action, products: dict[str, Product]) -> Product | None:
    """Return the one product that an action is about, of which its texts may tell more than the name; None where there is no such one."""
    topics = action.topics or []
    return products.get(topics[0]) if len(topics) == 1 else None


def said_of_product(text: str, action: Action, products: dict[str, Product]) -> str:
    """Return a template in which all is filled in that rules say of the one product of an action."""
    product = product_of(action, products)
    return text if product is None else with_values(text, {"product": product.label, **product.facts})


def texts_of(path: Path, action: Action) -> Iterator[tuple[Path, str]]:
    """Yield every text of an action's message with its place."""
    if action.message is not None:
        yield (*path, "message", "text"), action.message.text
        for index, variant in enumerate(action.message.variants or ()):
            yield (*path, "message", "variants", index, "text"), variant.text


def _check_references(
    document: Document, file: PlaybooksFile, products: dict[str, Product] | None, channels: dict[str, Channel] | None
) -> None:
    """Add topics and channels that are nowhere, and products that must not go where an action sends them.

    A file that could not be read is None, and nothing is judged by it.
    """
    bulk = {book.tier: book.bulk for book in reversed(file.playbooks)}  # of a tier that stands twice, the first counts
    barred = {tier for tier in bulk if bulk[tier] == "barred"}
    for path, tier, action in file.placed_actions():
        for index, code in enumerate(action.topics or () if products is not None else ()):
            check_known(document, (*path, "topics", index), code, products or (), "products.yaml")
        for index, code in enumerate(action.channels if channels is not None else ()):
            check_known(document, (*path, "channels", index), code, channels or (), "channels.yaml")
        if action.instead is not None and channels is not None:
            check_known(document, (*path, "instead", "channel"), action.instead.channel, channels, "channels.yaml")
        topics = [(index, products[code]) for index, code in enumerate(action.topics or ()) if products and code in products]
        public = [(index, code) for index, code in enumerate(action.channels) if channels and code in channels and channels[code].public]
        _check_topics(document, path, action, topics, public=bool(public) or action.campaign)
        if reached := [one for one in file.reached_tiers(tier, action) if one in barred]:
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
    risky, unjudged = product.risk != "none", purpose in ("service", "care", "general")
    insurance, private, right = product.kind == "insurance", product.offer == "private", "rated" if risky else "general"
    wrong = {
        f"has no risk level, which the purpose {purpose} needs; write risk: R1 to R5 in products.yaml": (
            not risky and purpose in ("rated", "private")
        ),
        f"has the risk level {product.risk}, which the purpose {purpose} does not judge; write purpose: [rated]": risky and unjudged,
        f"is an insurance, which the purpose {purpose} does not judge; write purpose: [insurance]": insurance and unjudged,
        "is a private product on a public channel; make it an appointment": private and public,
        "is a private product; write purpose: [private]": private and purpose != "private",
        f"is of kind: {product.kind}, which the purpose insurance does not judge; write purpose: [{right}]": (
            not insurance and purpose == "insurance"
        ),
    }
    return next((message for message, stands in wrong.items() if stands), None)


def _check_barred(document: Document, path: Path, action: Action, public: list[tuple[int, str]], tier: str) -> None:
    """Add what goes to many in a tier that bars it."""
    if action.campaign:
        document.add((*path, "campaign"), f"must not be true for {tier}, whose playbook says bulk: barred")
    for index, _ in public:
        document.add((*path, "channels", index), f"is public, but the playbook of {tier} says bulk: barred")


def _check_appointments(document: Document, file: PlaybooksFile, channels: dict[str, Channel]) -> None:
    """Add what is not a request for a meeting on a channel of appointments, which has no caps, and old customers sent elsewhere."""
    for path, _, action in file.placed_actions():
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


def _check_reassess(document: Document, file: PlaybooksFile, gates: GatesFile) -> None:
    """Add actions that ask for a new rating more often than limits.reassess_days says."""
    least = gates.limits.reassess_days.value
    for path, _, action in file.placed_actions():
        if action.trigger == "no_rating" and (action.cadence_days or 0) < least:
            key = ("cadence_days",) if action.cadence_days is not None else ("trigger",)
            wanted = f"must be at least {least}" if action.cadence_days is not None else f"no_rating needs cadence_days of at least {least}"
            document.add((*path, *key), f"{wanted}, the limits.reassess_days of gates.yaml")


def _check_messages(
    document: Document,
    file: PlaybooksFile,
    products: dict[str, Product] | None,
    channels: dict[str, Channel] | None,
    forbidden: list[str],
) -> None:
    """Add the mistakes of every text, one per text."""
    for path, _, action in file.placed_actions():
        if action.message is not None and channels is not None and not action.forms_in(channels):
            document.add(
                (*path, "message"), "stands where no channel carries messages; take it out, or name a channel that does", at_key=True
            )
        for place, text in texts_of(path, action):
            told = said_of_product(text, action, products or {})
            _check_text(document, place, text, told, action, action.forms_in(channels or {}))
        listed = [((*path, "listed_as"), action.listed_as)] if action.listed_as is not None else []
        listed += [((*path, "listed_when", index, "text"), one.text) for index, one in enumerate(action.listed_when or ())]
        for place, text in (*listed, *texts_of(path, action)):
            _check_said(document, place, text, action, products, forbidden)
            if action.strictest == "private" and (amount := money_in(text)):
                document.add(place, f"names the amount {amount}; a text of the purpose private asks for a meeting and names none")


def _check_said(
    document: Document, path: Path, text: str, action: Action, products: dict[str, Product] | None, forbidden: list[str]
) -> None:
    """Add what a text, of a message or of a list for people, must not say."""
    listed = action.trigger == "branch_date" and path[-1] == "listed_as"
    names = _check_fields(document, path, text, [EVENT_FIELD] if listed else [])
    if path in document.wrong:
        return
    if products is not None:
        _check_facts(document, path, names, action, products)
    topics = [products[code] for code in action.topics or () if products and code in products]
    coupon = bool(topics) and all(one.kind in COUPON_KINDS for one in topics)
    one = product_of(action, products or {})
    told = with_values(text, {"coupon": one.coupon}) if one is not None and one.coupon is not None else text
    _check_promises(document, path, told, forbidden, coupon=coupon)
    percent = percent_in(told)
    if percent and products is not None and not (topics and all(one.kind in PERCENT_KINDS for one in topics)):
        document.add(path, f"names {percent}; only a text about a bond, a deposit, a card or a service may name a percentage")
    _check_names(document, path, text, action.strictest, products or {})


def _check_facts(document: Document, path: Path, names: list[str], action: Action, products: dict[str, Product]) -> None:
    """Add the first field of a product that the rules do not give: no text goes out with a hole."""
    product = product_of(action, products)
    for name in names:
        if name not in FACTS:
            continue
        if action.strictest not in OFFERING:
            document.add(path, f"holds ${{{name}}}; a text of the purpose {action.strictest} tells nothing of a product on offer")
        elif product is None:
            document.add(path, f"holds ${{{name}}}, which needs an action with one topic")
        elif name == "coupon" and product.kind not in COUPON_KINDS:
            document.add(path, f"holds ${{coupon}}, but {product.code} is of kind: {product.kind}; only a bond or a deposit has a coupon")
        elif name not in product.facts:
            document.add(path, f"holds ${{{name}}}, but {product.code} has no {FACTS[name]} in products.yaml; write it there")


def _check_text(document: Document, path: Path, text: str, told: str, action: Action, forms: list[tuple[Channel, MessageForm]]) -> None:
    """Add what the form of a message asks of a text. `told`: with what rules say of its product, which counts as long as it is."""
    names = _check_fields(document, path, text)
    if path in document.wrong:
        return
    if "product" in names and action.strictest in NAMELESS:
        document.add(path, f"must not name a product: its purpose is {action.strictest}")
    for channel, form in forms:
        said = text.replace("${signature}", "").replace("${opt_out}", form.opt_out or "")
        if form.opt_out is not None and not any(word in said for word in OPT_OUT_WORDS):
            document.add(path, "does not say how to refuse further messages; write ${opt_out} at its end")
        if form.signature is not None and "signature" not in names and not text.startswith("【"):
            document.add(path, "does not say who sends it; begin with ${signature}")
        units = longest_units(told, form.signature or "", form.opt_out or "")
        if units > form.max_units:
            document.add(
                path, f"can become {units} UTF-16 units long; at most {form.max_units} on {channel.code}, signature and opt-out included"
            )


def _check_fields(document: Document, path: Path, text: str, more: Sequence[str] = ()) -> list[str]:
    """Return the fields of a text; the first that nobody knows is added. `more`: what is known here besides."""
    names = []
    for written, name in fields_of(text):
        names.append(name)
        if name not in (*FIELDS, *more):
            document.add(path, f"holds {written}, which is not a field{_hint(name)}")
            break
    return names


def _hint(name: str) -> str:
    near = get_close_matches(name, FIELDS, n=1, cutoff=0.7)
    if near:
        return f"; did you mean ${{{near[0]}}}?"
    return f"; fields are {', '.join(f'${{{one}}}' for one in FIELDS)}, and $$ is a plain $"


def _check_promises(document: Document, path: Path, text: str, forbidden: list[str], *, coupon: bool = False) -> None:
    if found := forbidden_in(text, forbidden):
        document.add(path, f"holds {found[0]}, a promise that no message may make (gates.yaml, forbidden_words)")
    elif figure := yield_in(text, coupon=coupon):
        document.add(path, f"holds {figure}, a yield; no message may promise one, so take the figure out")


def _check_names(document: Document, path: Path, text: str, purpose: Purpose, products: dict[str, Product]) -> None:
    """Add the first product that a text names although its purpose forbids it."""
    barred = [one.label for one in products.values() if purpose in NAMELESS and _unnamed(one, purpose)]
    if named := forbidden_in(text, barred):
        document.add(path, f"names {named[0]}; a text of the purpose {purpose} must name no such product (products.yaml)")


def _unnamed(product: Product, purpose: Purpose) -> bool:
    """Tell whether texts of a purpose must not name a product: general ones no investment and no insurance, the others none at all."""
    if purpose == "general":
        return product.risk != "none" or product.kind == "insurance"
    return product.kind not in ("activity", "service")


def _check_labels(document: Document, products: Iterable[Product], forbidden: list[str]) -> None:
    """Add the products whose label, term or minimum, which messages may hold, makes a promise."""
    for index, product in enumerate(products):
        for key in ("label", "term", "minimum"):
            path, said = ("products", index, key), getattr(product, key) or ""
            _check_promises(document, path, said, forbidden)
            if key != "label" and (percent := percent_in(said)):
                document.add(path, f"names {percent}; the coupon of a bond or a deposit has a key of its own")
