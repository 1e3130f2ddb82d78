"""Who may be contacted, worked out row by row from docs/compliance.md and the rules, in plain Python: what lists are held against."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

DAY: Final = dt.timedelta(days=1)
LONG_AGO: Final = dt.date.min
PRIVATE_TIERS: Final = ("pre_private", "private")
GRAVE: Final = ("bereavement", "illness")
REFUSALS: Final = ("refused", "opt_out")
PHONE_WAYS: Final = ("sms", "call")
CONSENT: Final = {"sms": "consent_sms", "call": "consent_call", "wechat": "consent_wechat"}
NOBODY_NAMED: Final = "客户"

Fields = dict[str, str]


class Tiered(NamedTuple):
    """A customer of the run."""

    tier: str
    closing_fen: int
    average_fen: int = 0


class Change(NamedTuple):
    """A row of the run's changes."""

    change: str
    from_tier: str
    to_tier: str


class Event(NamedTuple):
    """A row of the events file."""

    customer: str
    event: str
    kind: str
    day: dt.date
    product: str
    amount_fen: int = -1


class Contact(NamedTuple):
    """A row of the contact log."""

    customer: str
    channel: str
    action: str
    day: dt.date
    result: str
    mobile: str = ""


class Barred(NamedTuple):
    """A row of the do-not-contact list."""

    customer: str
    mobile: str
    channel: str
    since: dt.date | None


class Remembered(NamedTuple):
    """A contact that an earlier export made; `day` is that of the export, or the later one of its result."""

    customer: str
    channel: str
    action: str
    day: dt.date
    event_day: dt.date | None
    product: str
    result: str = ""


class BranchDay(NamedTuple):
    """A day to which the branch invites; "" is every branch, no seats are any number."""

    day: dt.date
    branch: str = ""
    seats: int | None = None
    interests: Sequence[str] = ()


class Occasion(NamedTuple):
    """One event that makes an action due: its day, what it is about, since when a contact in the log may be about it.

    `until`: by when it should be done, None for no such day; `amount_fen`: -1 where it is not known.
    """

    day: dt.date
    product: str
    since: dt.date
    until: dt.date | None
    amount_fen: int = -1


class Verdict(NamedTuple):
    """On which channel an action was judged, and the one gate that stopped it; "" for none."""

    channel: str
    reason: str


@dataclass(frozen=True)
class World:
    """Everything that bears on one export, as rows. A file that is not given is None."""

    on: dt.date
    last: dt.date
    quarter_end: dt.date
    run: dict[str, Tiered]
    changes: dict[str, Change]
    customers: dict[str, Fields]
    given: frozenset[str]
    events: Sequence[Event] | None = None
    log: Sequence[Contact] | None = None
    barred: Sequence[Barred] | None = None
    memory: Sequence[Remembered] = ()
    branch_dates: Mapping[str, Sequence[BranchDay]] = field(default_factory=dict)
    compared: bool = True
    heard: Sequence[Contact] = ()
    overflow: Mapping[tuple[str, str], dt.date] = field(default_factory=dict)
    first_export: dt.date | None = None


def canonical(mobile: str) -> str:
    """Return a number as eleven digits, "" for none, "bad" for no mobile number; every mobile of these tests begins with 138."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", mobile) if sign not in " -()'")
    if not plain:
        return ""
    digits = plain.removesuffix(".0")
    for prefix in ("+86", "0086", "86", "0"):
        if digits == prefix + digits[-11:]:
            digits = digits[-11:]
    return digits if len(digits) == 11 and digits.isdigit() and digits.startswith("138") else "bad"


def age_on(birthday: dt.date, on: dt.date) -> int:
    """Return the age in whole years."""
    return on.year - birthday.year - ((on.month, on.day) < (birthday.month, birthday.day))


def birthday_in(year: int, birthday: dt.date) -> dt.date:
    """Return the birthday in a year; of 29 February the 28th in common years."""
    return birthday.replace(year=year, day=min(birthday.day, calendar.monthrange(year, birthday.month)[1]))


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def risk_number(code: str) -> int:
    """Return 1 to 5 for R1 to R5 and C1 to C5, 0 for none."""
    return int(code[1]) if code[1:] in {"1", "2", "3", "4", "5"} else 0


class Book:
    """The rules as they stand in the files, and which actions each tier has."""

    def __init__(self, folder: Path) -> None:
        """Read the files."""
        playbooks, products, channels, gates, tiers = (
            yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
            for name in ("playbooks", "products", "channels", "gates", "tiers")
        )
        self.products: dict[str, dict[str, Any]] = {one["code"]: one for one in products["products"]}
        self.channels: dict[str, dict[str, Any]] = {one["code"]: one for one in channels["channels"]}
        self.purposes: dict[str, dict[str, Any]] = {one["code"]: one for one in gates["purposes"]}
        self.gates: list[dict[str, str]] = gates["gates"]
        self.quota: dict[str, Any] = gates.get("manager_quota", {})
        self.limits: dict[str, int] = {name: one["value"] for name, one in gates["limits"].items()}
        self.tier_labels: dict[str, str] = {one["code"]: one["label"] for one in tiers["tiers"]}
        self.bounds_fen: dict[str, int] = {one["code"]: int(one["min"]) * 100 for one in tiers["tiers"]}
        self.order: dict[str, Any] = playbooks.get("contact_order", {"first": []})
        self.ways: dict[str, str] = {code: one.get("way", "") for code, one in self.channels.items()}
        self.actions: dict[str, dict[str, Any]] = {}
        self.of_tier: dict[str, set[str]] = defaultdict(set)
        for book in playbooks["playbooks"]:
            for action in book.get("actions", ()):
                self.actions[action["id"]] = action
                for tier in (book["tier"], *(also["tier"] for also in action.get("also_for", ()))):
                    self.of_tier[tier].add(action["id"])
        for action in playbooks.get("every_tier", ()):
            self.actions[action["id"]] = action
            for book in playbooks["playbooks"]:
                if book.get("playbook") != "none":
                    self.of_tier[book["tier"]].add(action["id"])

    def purpose(self, action: dict[str, Any]) -> dict[str, Any]:
        """Return what the strictest purpose of an action demands; the file has the strictest last."""
        order = list(self.purposes)
        return self.purposes[max(action["purpose"], key=order.index)]

    def product(self, name: str) -> dict[str, Any] | None:
        """Return the product with this code or label."""
        return next((one for one in self.products.values() if name in {one["code"], one["label"]}), None)

    def listed(self) -> list[dict[str, Any]]:
        """Return the actions that make lists, in the order of the file."""
        return [one for one in self.actions.values() if self.channels[one["channels"][0]]["contact"] and one["audience"]["who"] == "tier"]


class Case(NamedTuple):
    """One action for one customer on one channel."""

    action: dict[str, Any]
    purpose: dict[str, Any]
    channel: dict[str, Any]
    customer: str
    occasions: list[Occasion] | None

    @property
    def way(self) -> str:
        """By what the customer is reached."""
        way: str = self.channel["way"]
        return way

    @property
    def bulk(self) -> bool:
        """Whether it goes to many."""
        return bool(self.channel["public"] or self.action.get("campaign"))

    @property
    def offers(self) -> bool:
        """Whether something is offered: what a complaint stops."""
        return self.purpose["code"] not in {"service", "care"}

    @property
    def mere_service(self) -> bool:
        """Whether it is service on a channel that is not public: no refusal stops it."""
        return self.purpose["code"] == "service" and not self.channel["public"]


class Oracle:
    """The verdict for every customer and action of an export."""

    def __init__(self, world: World, book: Book) -> None:
        """Gather the rows of every customer."""
        self.world, self.book = world, book
        self.events: dict[str, list[Event]] = defaultdict(list)
        for event in world.events or ():
            self.events[event.customer].append(event)
        self.log: dict[str, list[Contact]] = defaultdict(list)
        for contact in world.log or ():
            self.log[contact.customer].append(contact)
        self.heard: dict[str, list[Contact]] = defaultdict(list)
        for contact in world.heard:
            self.heard[contact.customer].append(contact)
        self.memory: dict[str, list[Remembered]] = defaultdict(list)
        for remembered in world.memory:
            self.memory[remembered.customer].append(remembered)
        self.number = {one: canonical(self.cell(one, "mobile")) for one in world.customers}
        self.holders: dict[str, list[str]] = defaultdict(list)
        for one, number in self.number.items():
            if number not in {"", "bad"}:
                self.holders[number].append(one)
        self.named_by: dict[str, set[str]] = defaultdict(set)
        for one in world.customers:
            self.named_by[self.cell(one, "household_customer_id")].add(one)
        self.turns: dict[str, dict[str, int]] = {}
        self.listed = self._listed()
        self.in_order = self.gates()
        self.verdicts = self._verdicts()

    # facts of a customer

    def cell(self, customer: str, column: str) -> str:
        """Return a cell of the customer file; "" where the column is not given."""
        return self.world.customers[customer][column] if column in self.world.given else ""

    def day(self, customer: str, column: str) -> dt.date | None:
        """Return a day of the customer file."""
        text = self.cell(customer, column)
        return dt.date.fromisoformat(text) if text else None

    def private(self, customer: str) -> bool:
        """Return whether somebody is a private client: by tier, earlier tier, closing balance or flag; who left had a tier, too."""
        tiered = self.world.run.get(customer)
        return (
            (tiered is not None and (tiered.tier in PRIVATE_TIERS or tiered.closing_fen >= self.book.bounds_fen["pre_private"]))
            or self.earlier_tier(customer) in PRIVATE_TIERS
            or (customer in self.world.customers and self.cell(customer, "private_client") == "Y")
        )

    def earlier_tier(self, customer: str) -> str:
        """Return the tier in the quarter before; "" where nobody knows one."""
        if not self.world.compared:
            return ""
        if customer in self.world.changes:
            return self.world.changes[customer].from_tier
        return self.world.run[customer].tier if customer in self.world.run else ""

    def marketable(self, customer: str) -> bool:
        """Return whether the status is active and the customer of age."""
        birthday = self.day(customer, "birthday")
        of_age = birthday is None or age_on(birthday, self.world.on) >= self.book.limits["adult_age_years"]
        return of_age and ("status" not in self.world.given or self.cell(customer, "status") == "active")

    def bereaved(self, customer: str) -> bool:
        """Return whether a death or grave illness in the family is known of late."""
        days = self.book.limits["bereavement_days"]  # "within" is read as: the last of them counts; so does a day ahead, to be safe
        return any(
            event.event == "family_event" and event.kind in GRAVE and (self.world.on - event.day).days <= days
            for event in self.events[customer]
        ) or any(
            one.result == "bereavement" and (self.world.on - one.day).days <= days for one in (*self.log[customer], *self.heard[customer])
        )

    def _listed(self) -> set[tuple[str, str]]:
        """Return who is on the do-not-contact list, for which way; and whom the contact log puts there, as records would."""
        result = set()
        for entry in self.world.barred or ():
            if entry.since is not None and entry.since > self.world.on:
                continue
            ways = set(self.book.ways.values()) if entry.channel in {"", "all"} else {self.book.ways[entry.channel]}
            who = {entry.customer, *self.holders.get(canonical(entry.mobile), ())}
            result |= {(one, way) for one in who for way in ways if one and way}
        for contact in self.world.log or ():
            told = canonical(contact.mobile)
            number = told if told not in {"", "bad"} else self.number.get(contact.customer, "")
            people = self.holders.get(number, ())
            if contact.result in REFUSALS:
                way = self.book.ways[contact.channel]
                result |= {(one, way) for one in (contact.customer, *(people if way in PHONE_WAYS else ()))}
            if contact.result == "wrong_number":
                result |= {(one, way) for one in ([contact.customer] if number in {"", "bad"} else people) for way in PHONE_WAYS}
        return result

    def complained(self, customer: str) -> bool:
        """Return whether the customer complained so lately that nothing is offered."""
        days = self.book.limits["complaint_days"]
        both = (*self.log[customer], *self.heard[customer])
        return any(one.result == "complaint" and (self.world.on - one.day).days <= days for one in both)

    def refused(self, customer: str, way: str) -> bool:
        """Return whether the customer refused a way, on whatever day."""
        if way in CONSENT and self.cell(customer, CONSENT[way]) == "N":
            return True
        both = (*self.log[customer], *self.heard[customer])
        return any(one.result in REFUSALS and self.book.ways[one.channel] == way for one in both)

    def consented(self, customer: str, way: str) -> bool:
        """Return whether the customer agreed to a way."""
        return way in CONSENT and self.cell(customer, CONSENT[way]) == "Y"

    def others(self, customer: str) -> list[str]:
        """Return the other holders of the customer's number."""
        return [one for one in self.holders.get(self.number[customer], ()) if one != customer]

    def rating_valid(self, customer: str) -> bool:
        """Return whether the rating is not too old."""
        rated = self.day(customer, "risk_rated_on")
        return rated is not None and rated <= self.world.on < months_after(rated, self.book.limits["rating_valid_months"])

    def senior(self, customer: str) -> bool:
        """Return whether the customer is old enough, or of unknown age."""
        birthday = self.day(customer, "birthday")
        return birthday is None or age_on(birthday, self.world.on) >= self.book.limits["senior_age_years"]

    # contacts that were made

    def freed(self, one: Remembered) -> bool:
        """Return whether a contact is the only one about its event, and nobody answered."""
        same = [other for other in self.memory[one.customer] if other[2] == one.action and other[4:6] == one[4:6]]
        return one.result == "no_answer" and len(same) == 1

    def made(self, customer: str, *, but_freed: bool = False) -> list[tuple[dt.date, str, str]]:
        """Return day, channel and action of every contact up to the day of the export."""
        remembered = [one for one in self.memory[customer] if not (but_freed and self.freed(one))]
        return [(one.day, one.channel, one.action) for one in (*self.log[customer], *remembered) if one.day <= self.world.on]

    def last_of(self, action: str, customers: Sequence[str], *, but_freed: bool = False) -> dt.date:
        """Return when any of these customers last heard of an action."""
        made = [one for customer in customers for one in self.made(customer, but_freed=but_freed)]
        return max((day for day, _, which in made if which == action), default=LONG_AGO)

    def capped(self, case: Case) -> bool:
        """Return whether a cap of the channel is reached, by number for SMS, else by customer: messages and calls are counted."""
        unit, again, today = self.unit(case), self.again(case), self.world.on

        def meant(one: Contact | Remembered) -> bool:
            capped = one.action not in self.book.actions or self.book.purpose(self.book.actions[one.action])["caps"]
            return one.channel == case.channel["code"] and one.day <= today and bool(capped)

        logged: dict[dt.date, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        listed: dict[dt.date, set[str]] = defaultdict(set)
        for customer in unit:
            for contact in filter(meant, self.log[customer]):
                logged[contact.day][contact.action if contact.action in self.book.actions else ""][customer] += 1
            for remembered in filter(meant, self.memory[customer]):
                if not (again and self.freed(remembered)):
                    listed[remembered.day].add(remembered.action)
        times = {day: sum(max(counts.values()) for counts in actions.values()) for day, actions in logged.items()}
        for day, actions in listed.items():
            if not ({*actions, ""} & logged[day].keys()):
                times[day] = times.get(day, 0) + 1
        caps = case.channel.get("caps", ())
        return any(sum(count for day, count in times.items() if (today - day).days < cap["days"]) >= cap["contacts"] for cap in caps)

    def unit(self, case: Case) -> list[str]:
        """Return who receives the message together: the holders of a number, or the customer alone."""
        return self.holders[self.number[case.customer]] if case.way == "sms" else [case.customer]

    # what is due

    def occasions(self, action: dict[str, Any], customer: str) -> list[Occasion] | None:
        """Return the events for which an action is due; None for an action that needs none."""
        trigger = action["trigger"]
        finders: dict[str, Callable[[dict[str, Any], str], list[Occasion]]] = {
            "maturity": self._of_events,
            "points": self._of_points,
            "new_product": self._of_products,
            "birthday": self._of_birthday,
            "card_upgrade": lambda _action, customer: self._of_change(customer, {"upgraded", "entered"}),
            "downgraded": lambda _action, customer: self._of_change(customer, {"downgraded"}),
            "near_up": lambda _action, customer: self._of_state(customer, "near_up"),
            "near_down": lambda _action, customer: self._of_state(customer, "near_down"),
            "falling": lambda _action, customer: self._of_state(customer, "falling"),
            "branch_date": self._of_branch,
        }
        if trigger not in finders:
            return None
        found = [one for each in (trigger, *action.get("also_on", ())) for one in finders[each](action, customer)]
        return [*dict.fromkeys(found)]

    def _ahead(self, action: dict[str, Any], day: dt.date) -> bool:
        return self.world.on <= day <= self.world.last + action.get("within_days", 0) * DAY

    def _due_since(self, action: dict[str, Any], day: dt.date) -> dt.date:
        return day - action.get("within_days", 0) * DAY - (self.world.last - self.world.on)

    def _of_events(self, action: dict[str, Any], customer: str) -> list[Occasion]:
        mine = [one for one in self.events[customer] if one.event == action["trigger"] and self._ahead(action, one.day)]
        if action["trigger"] == "maturity":
            return [Occasion(one.day, one.product, self._due_since(action, one.day), one.day, one.amount_fen) for one in mine]
        return [Occasion(one.day, "", self._due_since(action, one.day), one.day) for one in mine]  # points have no product, and no money

    def _of_points(self, action: dict[str, Any], customer: str) -> list[Occasion]:
        found = self._of_events(action, customer)
        if customer in self.world.customers:
            day = self.day(customer, "points_expire_on")
            if day is not None and self._ahead(action, day) and self.cell(customer, "points") != "0":
                found.append(Occasion(day, "", self._due_since(action, day), day))
        return found

    def _of_products(self, action: dict[str, Any], customer: str) -> list[Occasion]:
        found = []
        for event in self.events[customer]:
            product = self.book.product(event.product)
            if event.event == "new_product" and product is not None:
                found.append((event.day, product["label"], product.get("call_days", action["for_days"])))
        launched = [one for one in self.book.products.values() if "launch_on" in one]
        found += [(one["launch_on"], one["label"], one.get("call_days", action["for_days"])) for one in launched]
        on, last = self.world.on, self.world.last
        return [
            Occasion(day, product, day, day + (days - 1) * DAY) for day, product, days in found if day <= last and day + days * DAY > on
        ]

    def _of_birthday(self, action: dict[str, Any], customer: str) -> list[Occasion]:
        birthday = self.day(customer, "birthday") if customer in self.world.customers else None
        if birthday is None:
            return []
        days = [birthday_in(year, birthday) for year in (self.world.on.year, self.world.last.year)]
        mine = [day for day in sorted({*days}) if self.world.on <= day <= self.world.last][:1]
        return [Occasion(day, "", self._due_since(action, day), day) for day in mine]

    def _of_change(self, customer: str, kinds: set[str]) -> list[Occasion]:
        change = self.world.changes.get(customer)
        end = self.world.quarter_end
        return [Occasion(end, "", end + DAY, None)] if change is not None and change.change in kinds else []

    def _of_state(self, customer: str, state: str) -> list[Occasion]:
        end = self.world.quarter_end
        return [Occasion(end, "", end + DAY, None)] if self.state(customer) == state else []

    def state(self, customer: str) -> str:
        """Return where the closing balance leads if it stays for the whole next quarter: then it is the average."""
        tier, closing = self.world.run[customer].tier, self.world.run[customer].closing_fen
        codes = ["untiered", *self.book.bounds_fen]
        level, projected = codes.index(tier), sum(closing >= bound for bound in self.book.bounds_fen.values())
        if projected != level:
            return "rising" if projected > level else "falling"
        if level + 1 < len(codes) and closing * 10 >= self.book.bounds_fen[codes[level + 1]] * 9:
            return "near_up"
        own = self.book.bounds_fen.get(tier, 0)
        return "near_down" if own and (closing - own) * 20 < own else "steady"

    def _of_branch(self, action: dict[str, Any], customer: str) -> list[Occasion]:
        days = [one.day for one in self._invites(action["id"], customer) if self._ahead(action, one.day)]
        return [Occasion(day, "", self._due_since(action, day), day) for day in days]

    def _invites(self, action: str, customer: str) -> list[BranchDay]:
        """Return the days of an action to which a customer may be invited at all."""
        branch = self.cell(customer, "branch") if customer in self.world.customers else ""
        return [one for one in self.world.branch_dates.get(action, ()) if one.branch in {"", branch}]

    def _invited_to(self, case: Case) -> BranchDay | None:
        """Return the day to which a row invites."""
        if case.action["trigger"] != "branch_date":
            return None
        (kept,) = self.kept(case)
        return next(one for one in self._invites(case.action["id"], case.customer) if one.day == kept.day)

    def interested(self, case: Case) -> bool:
        """Return whether somebody is invited to what he cares for."""
        event = self._invited_to(case)
        mine = {one.strip() for one in self.cell(case.customer, "interests").split("|")}
        return event is not None and bool(mine & set(event.interests))

    def _keep_seats(self, verdicts: dict[tuple[str, str], Verdict]) -> None:
        """Invite so many as there are seats, those who hold one first, then by rank."""
        asking: dict[tuple[str, BranchDay], list[str]] = defaultdict(list)
        for (customer, action), verdict in verdicts.items():
            if not verdict.reason and self.book.actions[action]["trigger"] == "branch_date":
                case = self.due(self.book.actions[action], customer)
                assert case is not None
                event = self._invited_to(case)
                assert event is not None
                asking[action, event].append(customer)
        for (action, event), customers in asking.items():
            if event.seats is None:
                continue
            told = [one for rows in self.memory.values() for one in rows if (one.action, one.event_day) == (action, event.day)]
            told = [one for one in told if event.branch in {"", self.cell(one.customer, "branch")}]
            held = {one.customer for one in told} - {one.customer for one in told if one.result in REFUSALS}
            new = sorted((one for one in customers if one not in held), key=lambda one: self.urgency(one, [action]))
            for customer in new[max(0, event.seats - len(held)) :]:
                verdicts[customer, action] = Verdict(verdicts[customer, action].channel, "no_seat")

    def about(self, action: str, customer: str, occasion: Occasion) -> list[Remembered]:
        """Return the contacts of earlier exports about an event."""
        return [
            one
            for one in self.memory[customer]
            if (one.action, one.event_day, one.product) == (action, occasion.day, occasion.product) and one.day <= self.world.on
        ]

    def told(self, action: str, customer: str, occasion: Occasion) -> bool:
        """Return whether the customer was told of an event: an earlier export remembers it, or the log has the action since it was due."""
        remembered = any(not self.freed(one) for one in self.about(action, customer, occasion))
        return remembered or any(one.action == action and occasion.since <= one.day <= self.world.on for one in self.log[customer])

    def kept(self, case: Case) -> list[Occasion]:
        """Return the events that a row is about: those that were not told, or all where there are none; of new products one."""
        occasions = case.occasions or []
        fresh = [one for one in occasions if not self.told(case.action["id"], case.customer, one)] or occasions
        if case.action["trigger"] == "branch_date":
            return sorted(fresh, key=lambda one: one.day)[:1]
        if case.action["trigger"] != "new_product":
            return fresh
        products = {one: self.book.product(one.product) or {} for one in fresh}
        places = {code: place for place, code in enumerate(self.book.products)}

        def late(one: Occasion) -> tuple[bool, int, dt.date, int]:
            product = products[one]
            return product["offer"] == "private", risk_number(product["risk"]), one.day, places[product["code"]]

        return sorted(fresh, key=late)[:1]

    def again(self, case: Case) -> bool:
        """Return whether a row tells only of events about which nobody answered."""
        kept = self.kept(case)
        action = case.action["id"]
        return bool(kept) and all(self.about(action, case.customer, one) and not self.told(action, case.customer, one) for one in kept)

    def late(self, action: dict[str, Any], customer: str) -> list[Occasion]:
        """Return events that have passed since a manager had no place for them."""
        since = self.world.overflow.get((customer, action["id"]))
        if since is None or action["trigger"] not in {"maturity", "new_product", "birthday"}:
            return []
        today, self.world = self.world, replace(self.world, on=since)
        found = self.occasions(action, customer) or []
        self.world = today
        return [one for one in found if one.until is not None and one.until < today.on]

    def due(self, action: dict[str, Any], customer: str) -> Case | None:
        """Return the case of an action that is due by tier, cadence and event; meetings and ratings are seen to later."""
        if action["id"] not in self.book.of_tier[self.world.run[customer].tier]:
            return None
        if "cadence_days" in action:
            last = self.last_of(action["id"], [customer], but_freed=action["trigger"] == "branch_date")
            if last != LONG_AGO and (self.world.on - last).days < action["cadence_days"]:
                return None
        if action["trigger"] == "regular" and not self.book.channels[action["channels"][0]]["public"]:
            never = self.last_of(action["id"], [customer]) == LONG_AGO
            if never and (self.world.first_export or self.world.on) + self.first_turn(action, customer) * DAY > self.world.last:
                return None
        occasions = self.occasions(action, customer)
        if occasions is not None:
            occasions = [*occasions, *self.late(action, customer)]
        if occasions == []:
            return None
        return Case(action, self.book.purpose(action), self.book.channels[action["channels"][0]], customer, occasions)

    def first_turn(self, action: dict[str, Any], customer: str) -> int:
        """Return how many days after the first export the first turn of a regular action comes."""
        if action["id"] not in self.turns:
            by_manager: dict[tuple[str, ...], list[str]] = defaultdict(list)
            for one, tiered in self.world.run.items():
                if action["id"] in self.book.of_tier[tiered.tier]:
                    known = one in self.world.customers
                    column = action.get("by", "manager") if known and self.cell(one, action.get("by", "manager")) else "manager"
                    by_manager[(self.cell(one, "branch"), column, self.cell(one, column)) if known else ("?", "?", "?")].append(one)
            mainly = set(action["audience"].get("mainly", ()))

            def place(one: str) -> tuple[Any, ...]:
                """Return by what somebody comes before others."""
                meant = one in self.world.customers and bool(mainly & set(self.cell(one, "segments").split("|")))
                return not meant, -self.world.run[one].average_fen, one

            self.turns[action["id"]] = {
                one: number * action["cadence_days"] // len(people)
                for people in by_manager.values()
                for number, one in enumerate(sorted(people, key=place))
            }
        return self.turns[action["id"]][customer]

    # gates

    def offered(self, case: Case) -> list[dict[str, Any]] | None:
        """Return the products that an action is about, sellable or not; None where it is about none."""
        if case.action["trigger"] == "new_product":
            found = [product for one in self.kept(case) if (product := self.book.product(one.product)) is not None]
        elif "topics" in case.action:
            found = [self.book.products[code] for code in case.action["topics"]]
        else:
            return None
        return found

    def topics(self, case: Case) -> list[dict[str, Any]] | None:
        """Return the products that may be offered at all: those that a bank may sell; None where the action is about none."""
        found = self.offered(case)
        return None if found is None else [one for one in found if "not_distributable" not in one]

    def needs_rating(self, case: Case) -> bool:
        """Return whether a valid rating is needed."""
        rule = case.purpose["rating"]
        return rule == "needed" or (rule == "uncertain_benefit" and self.uncertain(case))

    def uncertain(self, case: Case) -> bool:
        """Return whether an action is about a policy of uncertain benefit."""
        return any(one.get("benefit") == "uncertain" for one in self.topics(case) or ())

    def consent_missing(self, case: Case) -> bool:
        """Return whether consent is needed and not there."""
        rule = case.purpose["consent"]
        needed = rule == "needed" or case.channel["public"] or (rule == "not_refused" and "message" in case.channel)
        if not needed or self.consented(case.customer, case.way):
            return False
        return case.way != "in_person" or case.purpose["without_consent"] != "in_person"

    def barred_by_other(self, case: Case) -> bool:
        """Return whether another holder of the number bars it."""
        if case.way not in PHONE_WAYS:
            return False
        return any(
            not self.marketable(other)
            or (other, case.way) in self.listed
            or (not case.mere_service and (self.bereaved(other) or self.refused(other, case.way)))
            or (case.offers and self.complained(other))
            or (case.bulk and self.private(other))
            for other in self.others(case.customer)
        )

    def audible(self, case: Case) -> list[dict[str, Any]]:
        """Return the sellable products of which a customer may hear: private ones only where qualified."""
        topics, open_to_all = self.topics(case), not case.purpose["qualified"] or self.qualified(case.customer)
        if topics is None:
            return [] if not open_to_all else [{}]
        return [one for one in topics if open_to_all or one["offer"] != "private"]

    def mismatch(self, case: Case) -> bool:
        """Return whether no topic is within the customer's rating."""
        topics = None if self.topics(case) is None else self.audible(case)
        rating = risk_number(self.cell(case.customer, "risk_rating"))
        return self.needs_rating(case) and topics is not None and all(risk_number(one["risk"]) > rating for one in topics)

    def all_told(self, case: Case) -> bool:
        """Return whether the customer was told of every event."""
        once = case.occasions is not None and "once_per" in case.action  # else the cadence sees to it
        return once and all(self.told(case.action["id"], case.customer, one) for one in case.occasions or ())

    def all_held(self, case: Case) -> bool:
        """Return whether the customer holds everything that an action would teach."""
        return bool(case.action.get("unless_held")) and self.lacking(case) == []

    def lacking(self, case: Case) -> list[dict[str, Any]]:
        """Return the sellable topics that a customer does not hold, by the customer file."""
        held = {one.strip() for one in self.cell(case.customer, "products_held").split("|")}
        return [one for one in self.topics(case) or () if not held & {one["code"], one["label"]}]

    def most_holders(self, case: Case) -> int:
        """Return how many customers may have the number: one alone where a message tells something of him."""
        told = re.findall(r"(?<!\$)\$\{(?:event_date|points|tier_label)\}", str(case.action.get("message", "")))
        return 1 if told and "message" in case.channel else self.book.limits["customers_per_phone"]

    def gates(self) -> list[tuple[str, Callable[[Case], bool]]]:
        """Return every gate in its order, with what closes it. Turns are taken later; no rule sets a quota."""
        holders = self.holders
        return [
            ("no_profile", lambda case: case.customer not in self.world.customers),
            ("privacy_tier", lambda case: case.bulk and self.private(case.customer)),
            ("not_marketable", lambda case: not self.marketable(case.customer)),
            ("bereavement", lambda case: case.purpose["code"] != "service" and self.bereaved(case.customer)),
            ("phone_barred", self.barred_by_other),
            ("do_not_contact", lambda case: (case.customer, case.way) in self.listed),
            (
                "opted_out",
                lambda case: (
                    (not case.mere_service and self.refused(case.customer, case.way)) or (case.offers and self.complained(case.customer))
                ),
            ),
            ("no_consent", self.consent_missing),
            ("no_manager", lambda case: case.purpose["code"] == "private" and not self.cell(case.customer, "manager")),
            ("no_phone", lambda case: case.way in PHONE_WAYS and not self.number[case.customer]),
            ("bad_phone", lambda case: case.way in PHONE_WAYS and self.number[case.customer] == "bad"),
            ("no_wechat", lambda case: case.way == "wechat" and not self.cell(case.customer, "wechat_id")),
            (
                "shared_phone",
                lambda case: case.way in PHONE_WAYS and len(holders[self.number[case.customer]]) > self.most_holders(case),
            ),
            (
                "private_in_public_channel",
                # a campaign is an offer for many on whatever channel, so a new product that is private is none for it
                lambda case: case.bulk and any(one["offer"] == "private" for one in self.offered(case) or ()),
            ),
            ("not_distributable", lambda case: self.topics(case) == []),
            ("private_not_qualified", lambda case: bool(case.purpose["qualified"]) and not self.audible(case)),
            ("already_held", self.all_held),
            ("no_risk_rating", lambda case: self.needs_rating(case) and not self.cell(case.customer, "risk_rating")),
            ("rating_expired", lambda case: self.needs_rating(case) and not self.rating_valid(case.customer)),
            ("risk_mismatch", self.mismatch),
            ("senior", lambda case: case.bulk and self.uncertain(case) and self.senior(case.customer)),
            ("no_template", lambda case: ("message" in case.channel and "message" not in case.action) or self.sale_over(case)),
            ("already_contacted", self.all_told),
            ("frequency_cap", lambda case: bool(case.purpose["caps"]) and self.capped(case)),
            ("control_group", self.in_control),
        ]

    def in_control(self, case: Case) -> bool:
        """Return whether the customer, or the first who has the same number where messages go to numbers, is of the control group."""
        share = case.action.get("control_group")
        if share is None:
            return False
        digest = hashlib.blake2b(min(self.unit(case)).encode(), digest_size=8, key=case.action["id"].encode()).hexdigest()
        return Fraction(int(digest, 16), 2**64) < Fraction(share.rstrip("%")) / 100

    def sale_over(self, case: Case) -> bool:
        """Return whether the action says when its product is on sale, and that is past."""
        ends = [self.book.products[code].get("sale_until") for code in case.action.get("topics", [])]
        said = str([case.action.get("message"), case.action.get("listed_as")])
        told = "${product_from}" in said or "${product_until}" in said
        return told and any(end is not None and end < self.world.on for end in ends)

    def qualified(self, customer: str) -> bool:
        """Return whether the customer was found to be a qualified investor by now."""
        day = self.day(customer, "qualified_on")
        return self.cell(customer, "qualified_investor") == "Y" and day is not None and day <= self.world.on

    # verdicts

    def judged(self, case: Case) -> Verdict:
        """Return the verdict before turns are taken."""
        reason = next((name for name, closed in self.in_order if closed(case)), "")
        instead = case.action.get("instead")
        if instead is not None and reason == instead["gate"]:
            return self.judged(case._replace(action={**case.action, "instead": None}, channel=self.book.channels[instead["channel"]]))
        return Verdict(case.channel["code"], reason)

    def _verdicts(self) -> dict[tuple[str, str], Verdict]:
        late = ("meeting", "no_rating")
        result = {}
        for action in self.book.listed():
            if action["trigger"] not in late:
                for customer in self.world.run:
                    case = self.due(action, customer)
                    if case is not None:
                        result[customer, action["id"]] = self.judged(case)
        self._take_turns(result)
        for action in self.book.listed():
            if action["trigger"] in late:
                for customer in self._late(action, result):
                    case = self.due(action, customer)
                    if case is not None:
                        result[customer, action["id"]] = self.judged(case)
        self._keep_seats(result)
        self._on_one_channel(result)
        self._keep_quotas(result)
        self._no_message_beside(result)
        return result

    def _on_one_channel(self, verdicts: dict[tuple[str, str], Verdict]) -> None:
        """Bring everything that people do for a customer to the last of his channels, or let it wait."""
        channels = list(self.book.channels)
        by_customer: dict[str, list[str]] = defaultdict(list)
        for (customer, action), verdict in verdicts.items():
            if not verdict.reason and not self.book.channels[verdict.channel]["public"]:
                by_customer[customer].append(action)
        for customer, actions in by_customer.items():
            chosen = max((verdicts[customer, one].channel for one in actions), key=channels.index)
            for one in actions:
                here = verdicts[customer, one].channel
                if here == chosen:
                    continue
                case = self.due(self.book.actions[one], customer)
                assert case is not None
                moved = case._replace(action={**case.action, "instead": None}, channel=self.book.channels[chosen])
                written = "message" in self.book.channels[here] or "message" in self.book.channels[chosen]
                passes = not written and not self.judged(moved).reason
                verdicts[customer, one] = Verdict(chosen, "") if passes else Verdict(here, "one_contact_a_day")

    def _no_message_beside(self, verdicts: dict[tuple[str, str], Verdict]) -> None:
        """Send nothing to whom somebody contacts on the same day."""
        public = {code: one["public"] for code, one in self.book.channels.items()}
        busy = {customer for (customer, _), verdict in verdicts.items() if not verdict.reason and not public[verdict.channel]}
        for (customer, action), verdict in verdicts.items():
            if customer in busy and not verdict.reason and public[verdict.channel]:
                verdicts[customer, action] = Verdict(verdict.channel, "one_contact_a_day")

    def _one_of_household(
        self, verdicts: dict[tuple[str, str], Verdict], places: Mapping[tuple[str, str], list[str]]
    ) -> dict[tuple[str, str], list[tuple[str, str]]]:
        """Let all but the most urgent place of each household wait, and return the others of each manager, the most urgent first."""
        everybody = sorted(places, key=lambda place: (*self.urgency(place[0], places[place]), place[1] == "wealth_manager"))
        by_manager: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        taken: set[str] = set()
        for customer, column in everybody:
            household = min(self.household(customer))
            if household in taken:
                for action in places[customer, column]:
                    verdicts[customer, action] = Verdict(verdicts[customer, action].channel, "one_contact_a_day")
            else:
                by_manager[self.cell(customer, "branch"), self.cell(customer, column)].append((customer, column))
            taken.add(household)
        return by_manager

    def _keep_quotas(self, verdicts: dict[tuple[str, str], Verdict]) -> None:
        """Leave each household the most urgent place, each manager the most urgent of those; and of actions so many as they say.

        A place is a customer with what one of his managers has for him.
        """
        places: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (customer, action), verdict in verdicts.items():
            if not verdict.reason and not self.book.channels[verdict.channel]["public"]:
                places[customer, self.acts(customer, self.book.actions[action])].append(action)
        by_manager = self._one_of_household(verdicts, places)
        own = {one["manager"]: one["contacts_per_day"] for one in self.book.quota.get("managers", ())}
        for (_, manager), mine in by_manager.items():
            if not manager:
                continue
            limit = own.get(manager, self.book.quota.get("contacts_per_day", len(mine)))
            taken: Counter[str] = Counter()
            for number, (customer, column) in enumerate(mine):
                for action in places[customer, column]:
                    most = self.book.actions[action].get("per_manager_a_day", len(mine))
                    if number >= limit or taken[action] >= most:
                        verdicts[customer, action] = Verdict(verdicts[customer, action].channel, "manager_quota")
                    else:
                        taken[action] += 1

    def acts(self, customer: str, action: dict[str, Any]) -> str:
        """Return the column of the customer file that names who acts: the wealth manager where the rules say so and there is one."""
        by: str = action.get("by", "manager")
        return by if self.cell(customer, by) and not self.private(customer) else "manager"

    def household(self, customer: str) -> set[str]:
        """Return everybody who belongs with a customer: whom he names, who names him, and so on."""
        found, waiting = {customer}, [customer]
        while waiting:
            one = waiting.pop()
            near = {self.cell(one, "household_customer_id")} & self.world.customers.keys() | self.named_by[one]
            waiting += near - found
            found |= near
        return found

    def precedence(self, customer: str, action: dict[str, Any], until: dt.date | None) -> int:
        """Return how early a reason comes by the rules, whatever its money."""
        first, last = self.book.order["first"], self.book.order.get("last", ())
        if until is not None and until <= self.world.last:
            return 0
        if action["trigger"] in last:
            return len(first) + 2
        return self._entry(customer, action)[0]

    def _entry(self, customer: str, action: dict[str, Any]) -> tuple[int, str]:
        """Return the first entry of the order that fits, and by what it orders."""
        first, triggers = self.book.order["first"], {action["trigger"], *action.get("also_on", ())}
        for place, entry in enumerate(first, 1):
            if triggers & set(entry["triggers"]) and self.world.run[customer].tier in entry.get("tiers", self.book.tier_labels):
                return place, entry.get("by", "")
        return len(first) + 1, ""

    def urgency(self, customer: str, actions: Sequence[str]) -> tuple[Any, ...]:
        """Return by what a customer comes before others."""
        cases = [case for case in (self.due(self.book.actions[one], customer) for one in actions) if case is not None]
        precedence, money, untils = [], [], []
        for case in cases:
            kept = self.kept(case)
            until = min((one.until for one in kept if one.until is not None), default=None)
            untils.append(until or dt.date.max)
            precedence.append(self.precedence(customer, case.action, until))
            by = self._entry(customer, case.action)[1]
            amount = sum(one.amount_fen for one in kept if one.amount_fen >= 0)
            money.append({"average": self.world.run[customer].average_fen, "amount": amount, "": 0}[by])
        segments = set(self.cell(customer, "segments").split("|"))
        return (
            min(precedence),
            -max(money),
            -list(self.book.tier_labels).index(self.world.run[customer].tier),
            min((self.world.overflow.get((customer, one), dt.date.max) for one in actions), default=dt.date.max),
            min(untils),
            not any(segments & set(case.action["audience"].get("mainly", ())) or self.interested(case) for case in cases),
            -self.world.run[customer].average_fen,
            customer,
        )

    def _late(self, action: dict[str, Any], verdicts: Mapping[tuple[str, str], Verdict]) -> list[str]:
        """Return for whom an action is due by what became of others: a meeting is asked for, or a rating was missing."""
        if action["trigger"] == "meeting":
            return sorted({one for (one, _), verdict in verdicts.items() if verdict == (action["channels"][0], "")})
        if "risk_rating" not in self.world.given:
            return []
        return sorted({one for (one, _), verdict in verdicts.items() if verdict.reason in {"no_risk_rating", "rating_expired"}})

    def _take_turns(self, verdicts: dict[tuple[str, str], Verdict]) -> None:
        """Leave one action for each number or customer on channels with texts: the one sent longest ago, never sent first."""
        rivals: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for (customer, action), verdict in verdicts.items():
            if not verdict.reason and "message" in self.book.channels[verdict.channel]:
                unit = self.number[customer] if verdict.channel == "sms" else customer
                rivals[verdict.channel, unit].append((customer, action))
        order = list(self.book.actions)
        for (channel, unit), all_of_unit in rivals.items():
            together = self.holders[unit] if channel == "sms" else [unit]
            chosen = min({action for _, action in all_of_unit}, key=lambda one: (self.last_of(one, together), order.index(one)))
            for customer, action in all_of_unit:
                if action != chosen:
                    verdicts[customer, action] = Verdict(channel, "not_this_turn")

    # what rows say

    def hidden(self, customer: str, action: str) -> bool:
        """Return whether only private files may hold a row."""
        return self.private(customer) or self.book.purpose(self.book.actions[action])["code"] == "private"

    def may_market(self, customer: str, channel: str) -> bool:
        """Return whether something may be offered to the customer on a channel; in person consent to any way is enough."""
        way = self.book.ways[channel]
        others = self.others(customer) if way in PHONE_WAYS else []
        silent = any(self.bereaved(one) or self.refused(one, way) or self.complained(one) for one in (customer, *others))
        ways = CONSENT if way == "in_person" else [way]
        return not silent and any(self.consented(customer, one) and not self.refused(customer, one) for one in ways)

    def offer(self, customer: str, channel: str) -> tuple[str, str]:
        """Return `may_market` and `max_risk` of a row."""
        return "Y" if self.may_market(customer, channel) else "N", self.max_risk(customer, channel)

    def named(self, customer: str, action: str) -> set[str]:
        """Return the products that a row names: what is held, or what a bank may sell and the customer's rating allows."""
        case = self.due(self.book.actions[action], customer)
        if case is None:
            return set()
        if case.action["trigger"] == "maturity":
            return {one.product for one in case.occasions or () if one.product and not self.told(action, customer, one)}
        rating = risk_number(self.cell(customer, "risk_rating"))
        topics = self.audible(case) if self.topics(case) else []
        if case.action.get("unless_held"):
            topics = [one for one in topics if one in self.lacking(case)]
        return {one["label"] for one in topics if not self.needs_rating(case) or risk_number(one["risk"]) <= rating}

    def max_risk(self, customer: str, channel: str) -> str:
        """Return the riskiest product that may be offered; "" where there is none, or no valid rating."""
        rating = self.cell(customer, "risk_rating")
        known = rating and self.rating_valid(customer) and self.may_market(customer, channel)
        return f"R{risk_number(rating)}" if known else ""

    def address(self, customer: str) -> str:
        """Return how a message addresses the customer: by surname, and nobody where a number has several holders."""
        name, gender = self.cell(customer, "name"), self.cell(customer, "gender")
        if not name or not gender or self.others(customer):
            return NOBODY_NAMED
        return name[0] + {"F": "女士", "M": "先生"}[gender]
