"""The lists of a day against an oracle that goes by the rules row by row: the same verdict for every customer and action."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import functools
import random
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import RULES, examples
from tests.lists.exporting import rules_with_control
from tests.lists.oracle_lists import (
    DAY,
    REFUSALS,
    Barred,
    Book,
    BranchDay,
    Change,
    Contact,
    Event,
    Fields,
    Oracle,
    Remembered,
    Tiered,
    Verdict,
    World,
    birthday_in,
    canonical,
)
from vip_tiering.base.quarter import Quarter, day_number
from vip_tiering.base.schema import CHANGES_CSV, TIERS_PARQUET
from vip_tiering.customers.customer_file import parse_customers
from vip_tiering.customers.other_files import parse_contacts, parse_do_not_contact, parse_events
from vip_tiering.customers.side_file import SideFile, read_side_file
from vip_tiering.customers.types import NO_DAY, Known
from vip_tiering.lists.export.day import DayInputs, DayLists, lists_of_day
from vip_tiering.lists.export.outcome import CONTACT_COLUMNS, SUPPRESSED_COLUMNS, Counts
from vip_tiering.lists.export.people_list import GENERAL_ONLY, NO_MARKETING
from vip_tiering.lists.selection.cases import Only
from vip_tiering.lists.selection.events import Window
from vip_tiering.lists.selection.history import EARLIER_CONTACTS
from vip_tiering.playbooks.customers.customers_file import CustomerRules
from vip_tiering.playbooks.gates import GATES
from vip_tiering.playbooks.load import Playbooks, load
from vip_tiering.rules.calendar import BranchDate
from vip_tiering.tiers.published.run_folder import TieredRun

TIERS: Final = ("untiered", "effective", "silver", "gold", "gold_diamond", "pre_private", "private")
CHANNELS: Final = ("sms", "calls", "wechat", "appointments", "invitations", "visits", "lobby", "records")
COLUMNS: Final = (
    "name", "gender", "mobile", "manager", "wealth_manager", "branch", "birthday", "segments", "wechat_id", "household_customer_id",
    "risk_rating", "risk_rated_on", "qualified_investor", "qualified_on", "consent_sms", "consent_call", "consent_wechat", "status",
    "private_client", "points", "points_expire_on", "products_held", "interests",
)  # fmt: skip
"""Every column of the customer file but the customer's number."""
NEW_PRODUCTS: Final = (
    "treasury_bond", "bond_fund", "mixed_fund", "股票型基金", "理财产品", "participating_pension",
    "participating_pension", "trust", "private_fund", "nowhere", "",
)  # fmt: skip
RESULTS: Final = (
    "", "reached", "no_answer", "complaint", "interested", "done", "delivered", "failed", "wrong_number", "meeting_set", "bereavement",
    "reached", "delivered", "interested", "done", "reached", "delivered", "no_answer", "delivered", "", "",
)  # fmt: skip
"""What may come of a contact, refusals left out."""
NO_STATUS: Final = CustomerRules.model_validate(
    {"version": 1, "status": {"not_delivered": {"approved_by": "王行长", "approved_on": dt.date(2016, 1, 4), "reason": "test"}}}
)
DAYS: Final = tuple(
    dt.date.fromisoformat(day) for day in ("2016-01-05", "2016-02-29", "2016-03-01", "2017-02-27", "2017-02-28", "2016-12-30")
)
BRANCH_ACTIONS: Final = ("G-SEMINAR", "D-EVENT", "P-BRANCH-1", "P-BRANCH-2")
BOOK: Final = Book(RULES)
SATURDAY: Final = 5
TAUGHT: Final = sorted({topic for one in BOOK.listed() if one.get("unless_held") for topic in one["topics"]})
UNREACHED: Final = {"not_distributable", "no_template", "control_group"}
"""Gates that the shipped rules never close: every text is there, and no action has a control group."""
BY_PHONE: Final = {one["id"] for one in BOOK.listed() if BOOK.ways[one["channels"][0]] in {"sms", "call"}}
RATED: Final = {one["id"] for one in BOOK.listed() if BOOK.purpose(one)["rating"] == "needed"} | {"D-SMS-7"}
FALLS: Final = {
    "consent_sms": {one["id"] for one in BOOK.listed() if one["channels"][0] == "sms"} - {"D-SMS-7"},
    "risk_rating": RATED,
    "risk_rated_on": RATED,
    "birthday": {"G-CALL-3"},
    "qualified_investor": {one["id"] for one in BOOK.listed() if BOOK.purpose(one)["qualified"]},
    "mobile": BY_PHONE,
}
"""The actions that nobody gets without a column."""


@functools.cache
def _shipped() -> Playbooks:
    books = load(RULES).playbooks
    assert books is not None
    return books


@pytest.fixture(name="books")
def _books() -> Playbooks:
    """Return the shipped playbooks."""
    return _shipped()


# random worlds


class Likely(NamedTuple):
    """How a world is made: the chance of each mishap, and of each event."""

    mishap: float
    event: float


class Maker:
    """Makes worlds whose days lie at the edges of the limits as often as not."""

    def __init__(self, rng: random.Random, on: dt.date, likely: Likely, managers: Sequence[str] = ("李经理", "赵经理")) -> None:
        """Take the dice."""
        self.rng, self.on, self.likely, self.managers = rng, on, likely, managers

    def chance(self, share: float) -> bool:
        """Return true so often."""
        return self.rng.random() < share

    def mishap(self) -> bool:
        """Return whether something is amiss."""
        return self.chance(self.likely.mishap)

    def near(self, *offsets: int) -> dt.date:
        """Return a day so far from the day of the export, or one beside it."""
        return self.on + (self.rng.choice(offsets) + self.rng.choice((-1, 0, 0, 1))) * DAY

    def answer(self) -> str:
        """Return a consent."""
        return self.rng.choice(("", "N")) if self.mishap() else "Y"

    def birthday(self) -> str:
        """Return a day of birth: at the bounds of age, near the day of the export, on a leap day, any, or none."""
        if self.mishap():
            return self.rng.choice(("", "1956-02-29", f"{birthday_in(self.on.year - 18, self.near(0))}"))
        kind = self.rng.randrange(4)
        if kind == 0:
            return birthday_in(self.on.year - self.rng.choice((18, 60)), self.near(0)).isoformat()
        if kind == 1:
            return birthday_in(self.rng.randrange(1920, 1998), self.near(0, 1, 3)).isoformat()
        if kind == 2:
            return f"{self.rng.randrange(1920, 1997, 4)}-02-29"
        return dt.date(self.rng.randrange(1930, 2003), self.rng.randrange(1, 13), self.rng.randrange(1, 29)).isoformat()

    def mobile(self, number: str) -> str:
        """Return a number as somebody may write it, or none."""
        if self.mishap() and self.chance(0.5):
            return self.rng.choice(("", "12345", "010-62345678", "1.38E+10", f"{number[:3]}****{number[7:]}", f"{number[:10]}.0"))
        forms = (number, number, number, f"+86 {number}", f"86{number}", f"{number[:3]}-{number[3:7]}-{number[7:]}", f" {number} ")
        forms += (f"{number}.0", f"0{number}", f"'{number}")
        return self.rng.choice(forms)

    def customer(self, number: str) -> Fields:
        """Return a row of the customer file."""
        rng = self.rng
        rated_on = self.near(-365, -366, -1, 1) if self.mishap() else self.near(-200)
        return {
            "name": rng.choice(("王丹", "李雷", "张三", "")),
            "gender": rng.choice(("F", "M", "")),
            "mobile": self.mobile(number),
            "manager": rng.choice((*self.managers, "")),
            "wealth_manager": rng.choice(("钱理财", "")),
            "branch": rng.choice(("城东支行", "城西支行", "")),
            "birthday": self.birthday(),
            "segments": rng.choice(("", "payroll", "merchant|savings")),
            "wechat_id": "" if self.mishap() else "wx1",
            "household_customer_id": "",
            "risk_rating": "" if self.mishap() else rng.choice(("C1", "C2", "C3", "C4", "C5")),
            "risk_rated_on": "" if self.mishap() and self.chance(0.3) else rated_on.isoformat(),
            "qualified_investor": rng.choice(("", "N")) if self.mishap() else "Y",
            "qualified_on": rng.choice(("", self.near(0, 1).isoformat())) if self.mishap() else "2015-06-01",
            "consent_sms": self.answer(),
            "consent_call": self.answer(),
            "consent_wechat": self.answer(),
            "status": rng.choice(("", "frozen", "deceased", "minor", "dormant", "closed", "blocked")) if self.mishap() else "active",
            "private_client": "Y" if self.chance(self.likely.mishap / 3) else rng.choice(("", "N")),
            "points": rng.choice(("", "0", "1200")),
            "points_expire_on": self.near(0, 30, 31, 33, 60).isoformat() if self.chance(self.likely.event) else "",
            "interests": rng.choice(("", "茶艺", "茶艺馆|跑步", "跑步 | book club")),
            "products_held": rng.choice(("", "信用卡", "pos|手机银行 | online_bank", "|".join(TAUGHT))),
        }

    def customers(self, count: int) -> dict[str, Fields]:
        """Return customers; a number has one to five holders."""
        result: dict[str, Fields] = {}
        while len(result) < count:
            number = f"138{len(result):08d}"
            for _ in range(self.rng.choice((1, 1, 1, 1, 2, 2, 3, 4, 5))):
                result[f"C{len(result):05d}"] = self.customer(number)
        self._link(result)
        given = [fields for fields in result.values() if fields["mobile"]]
        bad = [fields for fields in given if canonical(fields["mobile"]) == "bad"]
        for fields in bad if 2 * len(bad) >= len(given) else ():  # such a column is refused as a whole
            fields["mobile"] = ""
        return result

    def _link(self, customers: dict[str, Fields]) -> None:
        """Make households: of two, of chains, across branches; some name themselves, or nobody."""
        ids = list(customers)
        for number, fields in enumerate(customers.values()):
            if self.chance(0.3):
                near = ids[max(0, min(len(ids) - 1, number + self.rng.choice((-2, -1, 0, 1))))]
                fields["household_customer_id"] = self.rng.choice((near, near, near, "0", "C99999"))

    def tiered(self) -> Tiered:
        """Return a tier with a closing balance, which is now and then far above it."""
        tier = self.rng.choice(TIERS)
        fen = {"untiered": 0, "effective": 5_000_000}.get(tier, 30_000_000)
        closing = self.rng.choice((2_000_000_000, 500_000_000, 499_999_999)) if self.chance(self.likely.mishap / 2) else fen
        return Tiered(tier, closing, BOOK.bounds_fen.get(tier, 0) + self.rng.randrange(3))

    def run(self, ids: Iterable[str]) -> tuple[dict[str, Tiered], dict[str, Change]]:
        """Return the customers of the run and its changes; some have no profile, some profiles left before the quarter."""
        run, changes = {}, {}
        for one in ids:
            if self.mishap() and self.chance(0.5):
                if self.chance(0.5):
                    changes[one] = Change("left", self.rng.choice(TIERS), "absent")
                continue
            run[one] = self.tiered()
            before = self.rng.choice((*TIERS, "absent"))
            if self.chance(0.3) and before != run[one].tier:
                changes[one] = Change(_change(before, run[one].tier), before, run[one].tier)
        for number in range(len(run) // 30 + self.chance(0.1)):
            run[f"X{number:05d}"] = self.tiered()
        return run, changes

    def events(self, ids: Sequence[str]) -> list[Event]:
        """Return events of customers, and of those without a profile."""
        result = []
        for one in ids:
            if self.chance(self.likely.event):
                result += [self.event(one) for _ in range(self.rng.randrange(1, 3))]
            if self.mishap():
                kind = self.rng.choice(("bereavement", "illness", "birth", "wedding", "other"))
                result.append(Event(one, "family_event", kind, self.near(-90, -30, -1, 2), ""))
        self.rng.shuffle(result)
        return result

    def event(self, customer: str) -> Event:
        """Return an event that makes somebody's action due, or nearly."""
        event = self.rng.choice(("maturity", "points", "new_product", "new_product"))
        if event == "new_product":
            return Event(customer, event, "", self.near(-14, -13, -7, 0, 1, 2), self.rng.choice(NEW_PRODUCTS))
        day = self.near(0, 2, 7, 8, 9, 10) if event == "maturity" else self.near(0, 30, 31, 32, 33)
        return Event(customer, event, "", day, self.rng.choice(("", "wealth_product", "三年定期")))

    def past(self) -> dt.date:
        """Return a day of a contact: at the bounds of caps and cadences, mostly long enough ago."""
        return self.near(-1, -7, -14, -14, -30, -30, -30, -45, -60, -90, -90, -90, -120, 3)

    def log(self, ids: Sequence[str]) -> list[Contact]:
        """Return contacts of the customer file; an action may be unknown or missing, a customer may refuse."""
        result = []
        for one in ids:
            for _ in range(self.rng.choice((0, 0, 1, 1, 2, 6))):
                channel = self.rng.choice(CHANNELS[:6])
                action = self.rng.choice((*BOOK.actions, "OLD-1", ""))
                refused = self.mishap() and self.chance(0.2)
                outcome = self.rng.choice(("refused", "opt_out")) if refused else self.rng.choice(RESULTS)
                day = self.past() if self.chance(0.8) or not result else result[-1].day  # several on one day
                mobile = self.rng.choice(("", "", f"138{self.rng.randrange(len(ids)):08d}", "1.38E+10", f"0138{self.rng.randrange(9):08d}"))
                result.append(Contact(one, channel, action, day, outcome, mobile))
        self.rng.shuffle(result)
        return result

    def barred(self, ids: Sequence[str], customers: Mapping[str, Fields]) -> list[Barred]:
        """Return entries by customer, by number and by both."""
        result = []
        for one in ids:
            if self.mishap() and self.chance(0.5):
                mobile = "" if self.chance(0.5) else customers[one]["mobile"]
                customer = one if self.chance(0.7) or canonical(mobile) in {"", "bad"} else ""
                since = None if self.chance(0.5) else self.near(0, -10)
                result.append(Barred(customer, mobile, self.rng.choice(("all", "", *CHANNELS)), since))
        return result

    def branch_days(self) -> list[BranchDay]:
        """Return one or two days to which a branch invites, of all or of single branches, some with seats and interests."""
        seats, interests = self.rng.choice((None, 1, 3, 20)), self.rng.choice(((), ("茶艺", "book club")))
        day, later = self.near(0, 7, 14, 16, 17), self.near(5, 10)
        if self.chance(0.5):
            return [BranchDay(one, "", seats, interests) for one in {day: 0, later: 0}]
        return [BranchDay(day, "城东支行", seats, interests), BranchDay(day, "城西支行", 2)]

    def memory(self, ids: Sequence[str], events: Sequence[Event]) -> list[Remembered]:
        """Return what earlier exports did: regular actions, and calls about some of the events."""
        result = []
        for one in ids:
            for _ in range(self.rng.choice((0, 0, 1, 3))):
                action = BOOK.actions[self.rng.choice([action["id"] for action in BOOK.listed()])]
                event_day = None if action["trigger"] == "regular" else self.near(0, 7)
                result.append(Remembered(one, action["channels"][0], action["id"], self.past(), event_day, ""))
        calls = {"maturity": "G-CALL-1", "points": "G-CALL-5", "new_product": "G-CALL-2"}
        known = set(ids)
        for event in events:
            if event.event in calls and event.customer in known and self.chance(0.4):
                offered = BOOK.product(event.product) if event.event == "new_product" else None
                product = offered["label"] if offered else "" if event.event == "points" else event.product
                result.append(Remembered(event.customer, "calls", calls[event.event], self.past(), event.day, product))
        return result


def _change(before: str, now: str) -> str:
    """Return what a change is called."""
    if before == "absent":
        return "new"
    if before == "untiered":
        return "entered"
    if now == "untiered":
        return "lapsed"
    return "upgraded" if TIERS.index(now) > TIERS.index(before) else "downgraded"


def world_of(rng: random.Random, on: dt.date, count: int, likely: Likely) -> World:
    """Return a random world with every column and file."""
    maker = Maker(rng, on, likely, ["李经理", *(f"经理{number}" for number in range(count // 100))])
    customers = maker.customers(count)
    run, changes = maker.run(customers)
    events = maker.events([*run, *[one for one in customers if one not in run]])
    return World(
        on=on,
        last=on + rng.choice((0, 0, 2, 7)) * DAY,
        quarter_end=Quarter.of(on).previous.end,
        run=run,
        changes=changes,
        customers=customers,
        given=frozenset(COLUMNS),
        events=events,
        log=maker.log(list(customers)),
        barred=maker.barred(list(customers), customers),
        memory=maker.memory(list(customers), events),
        branch_dates={action: maker.branch_days() for action in BRANCH_ACTIONS if maker.chance(0.7)},
        first_export=rng.choice((None, maker.near(-1, -20, -60, -200))),
    )


# worlds as the program takes them


def _side_file(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> SideFile:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return read_side_file(path)


def _iso(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()


def run_of(world: World) -> TieredRun:
    """Return the run of a world."""
    ids = sorted(world.run)
    days = (world.quarter_end - Quarter.of(world.quarter_end).start).days + 1
    tiers = {
        "customer_id": ids,
        "tier": [world.run[one].tier for one in ids],
        "fen_days": [BOOK.bounds_fen.get(world.run[one].tier, 0) * days for one in ids],
        "quarter_days": [days] * len(ids),
        "daily_average_fen": [world.run[one].average_fen for one in ids],
        "closing_fen": [world.run[one].closing_fen for one in ids],
        "days_held": [days] * len(ids),
    }
    texts: dict[str, list[str]] = {name: [""] * len(world.changes) for name in CHANGES_CSV}
    texts["customer_id"] = sorted(world.changes)
    for name in ("change", "from_tier", "to_tier"):
        texts[name] = [getattr(world.changes[one], name) for one in texts["customer_id"]]
    ladder = [{"code": code, "label": BOOK.tier_labels[code], "min": fen // 100} for code, fen in BOOK.bounds_fen.items()]
    return TieredRun(
        quarter=Quarter.of(world.quarter_end),
        digest="0" * 64,
        compared=world.compared,
        labels={"untiered": "未达标", **BOOK.tier_labels},
        bounds_fen=BOOK.bounds_fen,
        tiers=pa.table(tiers, schema=TIERS_PARQUET),
        changes=pa.table(texts, schema=pa.schema([(name, pa.string()) for name in CHANGES_CSV])),
        warnings=(),
        manifest={"last_day": str(world.quarter_end), "status": "official", "rules": {"source": "the plan", "tiers": ladder}},
    )


def memory_of(rows: Iterable[Remembered], branches: Mapping[str, str]) -> pd.DataFrame:
    """Return what earlier exports remember. `branches`: of customers."""
    rows = list(rows)
    columns: dict[str, list[Any]] = {
        "customer_id": [one.customer for one in rows],
        "channel": [one.channel for one in rows],
        "action": [one.action for one in rows],
        "day": [day_number(one.day) for one in rows],
        "event_day": [NO_DAY if one.event_day is None else day_number(one.event_day) for one in rows],
        "product": [one.product for one in rows],
        "unanswered": [False] * len(rows),
        "branch": [branches.get(one.customer) or "unassigned" for one in rows],
        "declined": [one.result in REFUSALS for one in rows],
    }
    return pd.DataFrame(columns).astype(EARLIER_CONTACTS)


def inputs_of(world: World, books: Playbooks, folder: Path) -> DayInputs:
    """Return a world as an export takes it: files written and read."""
    header = [name for name in COLUMNS if name in world.given]
    rows = [[one, *(fields[name] for name in header)] for one, fields in world.customers.items()]
    rules = CustomerRules() if "status" in world.given else NO_STATUS
    customers, _ = parse_customers(_side_file(folder / "customers.csv", ["customer_id", *header], rows), rules)
    events = contacts = barred = None
    channels = list(books.channels)
    if world.events is not None:
        lines = [(one.customer, one.event, one.kind, _iso(one.day), one.product) for one in world.events]
        events, _ = parse_events(_side_file(folder / "events.csv", ["customer_id", "event", "kind", "date", "product"], lines), rules)
    if world.log is not None:
        lines = [(one.customer, one.channel, one.action, _iso(one.day), one.result, one.mobile) for one in world.log]
        file = _side_file(folder / "log.csv", ["customer_id", "channel", "action", "date", "result", "mobile"], lines)
        contacts, _ = parse_contacts(file, rules, channels)
    if world.barred is not None:
        entries = [(one.customer, one.mobile, one.channel, _iso(one.since)) for one in world.barred]
        file = _side_file(folder / "barred.csv", ["customer_id", "mobile", "channel", "since"], entries)
        barred, _ = parse_do_not_contact(file, rules, channels)
    return DayInputs(
        run=run_of(world),
        books=books,
        customers=customers,
        known=Known(events, contacts, barred),
        memory=memory_of(world.memory, {one: fields["branch"] for one, fields in world.customers.items() if "branch" in world.given}),
        branch_dates=branch_dates_of(world),
        first_day=None if world.first_export is None else day_number(world.first_export),
    )


def branch_dates_of(world: World) -> list[BranchDate]:
    """Return the days to which a world invites as the calendar has them."""
    return [
        BranchDate(action=action, date=one.day, branch=one.branch or None, seats=one.seats, interests=list(one.interests) or None)
        for action, days in world.branch_dates.items()
        for one in days
    ]


def lists_of(world: World, books: Playbooks, folder: Path) -> DayLists:
    """Return the lists of a world's day."""
    window = Window(day_number(world.on), day_number(world.last))
    return lists_of_day(inputs_of(world, books, folder), world.on, window, Only())


# what is compared


def verdicts_of(lists: DayLists) -> dict[tuple[str, str], Verdict]:
    """Return the verdicts that the tables of a day hold, each customer and action once."""
    result: dict[tuple[str, str], Verdict] = {}
    for table in lists.suppressed:
        assert tuple(table.column_names) == SUPPRESSED_COLUMNS
        for row in table.to_pylist():
            key = row["customer_id"], row["action"]
            assert key not in result, f"{row['action']}: one customer, two reasons"
            result[key] = Verdict(row["channel"], row["reason"])
    stopped = set(result)
    for table in lists.contacts:
        assert tuple(table.column_names) == CONTACT_COLUMNS
        for row in table.to_pylist():
            key = row["customer_id"], row["action"]
            assert key not in stopped, f"{row['action']}: exported and suppressed"
            result[key] = Verdict(row["channel"], "")
    return result


def differences(expected: Mapping[tuple[str, str], Any], got: Mapping[tuple[str, str], Any]) -> str:
    """Return where two answers differ, compactly: what was expected, what came, how often, and the first customer."""
    counts: Counter[tuple[str, Any, Any]] = Counter()
    first: dict[tuple[str, Any, Any], str] = {}
    for key in sorted(expected.keys() | got.keys()):
        if expected.get(key) != got.get(key):
            kind = key[1], expected.get(key), got.get(key)
            counts[kind] += 1
            first.setdefault(kind, key[0])
    lines = [
        f"{action}: expected {_said(wanted)}, got {_said(came)}: {count}, first {first[action, wanted, came]}"
        for (action, wanted, came), count in counts.most_common(40)
    ]
    return "\n".join(lines)


def _said(verdict: Any) -> str:
    if verdict is None:
        return "not selected"
    return f"{verdict.channel} {verdict.reason or 'exported'}" if isinstance(verdict, Verdict) else repr(verdict)


def counts_of(verdicts: Mapping[tuple[str, str], Verdict]) -> dict[str, Counts]:
    """Return the counts that follow from verdicts."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, action), verdict in verdicts.items():
        reasons[action][verdict.reason] += 1
    order = ["", *(gate["code"] for gate in BOOK.gates)]
    return {
        action: Counts(
            selected=counter.total(),
            exported=counter[""],
            suppressed={reason: counter[reason] for reason in order if reason and counter[reason]},
        )
        for action, counter in reasons.items()
    }


def counts_differ(oracle: Oracle, lists: DayLists) -> Iterator[str]:
    """Hold the counts of every action against the verdicts in the tables, which are the oracle's: nobody is lost."""
    told = counts_of(verdicts_of(lists))
    if lists.counts.keys() != {action["id"] for action in oracle.book.listed()}:
        yield f"counts: of {sorted(lists.counts)}"
    for action, counts in lists.counts.items():
        if counts.selected != counts.exported + sum(counts.suppressed.values()):
            yield f"counts: {action}: {counts} does not add up"
        if counts != told.get(action, Counts(0, 0, {})):
            yield f"counts: {action}: tables hold {told.get(action)}, got {counts}"


def secrets_differ(oracle: Oracle, lists: DayLists) -> Iterator[str]:
    """Hold every pair of tables against the oracle: private clients and private purposes in the second one, all others in the first."""
    for name, pair in (("suppressed", lists.suppressed), ("contacts", lists.contacts)):
        for hidden, table in zip((False, True), pair, strict=True):
            rows = zip(table["customer_id"].to_pylist(), table["action"].to_pylist(), strict=True)
            wrong = Counter(action for customer, action in rows if oracle.hidden(customer, action) != hidden)
            if wrong:
                yield f"{name}, {'private' if hidden else 'open'} table: {dict(wrong)}"
    people = dict(zip(lists.people.customer_id.to_pylist(), lists.private.tolist(), strict=True))
    expected = {one: oracle.private(one) for one in oracle.world.run}
    if people != expected:
        yield "private clients: " + differences(_keyed(expected, ""), _keyed(people, ""))


def messages_differ(oracle: Oracle, lists: DayLists) -> Iterator[str]:
    """Hold the messages against the oracle: one for a number, for exactly those who passed, nobody named where several share it."""
    rows = lists.messages["sms"].to_pylist()
    if lists.messages.keys() != {"sms"} or len({row["phone"] for row in rows}) != len(rows):
        yield f"messages: {list(lists.messages)}, {len(rows)} rows for {len({row['phone'] for row in rows})} numbers"
    reached: dict[tuple[str, str], Verdict] = {}
    for row in rows:
        ids = row["customer_id"].split("|")
        if {oracle.number[one] for one in ids} != {row["phone"]} or any((one, row["action"]) in reached for one in ids):
            yield f"messages: {row['customer_id']} do not stand at their number once"
        if any(oracle.private(one) for one in ids):
            yield f"messages: {row['customer_id']}: a private client"
        address = oracle.address(ids[0])
        if row["name"] != address or ("尊敬的" in row["text"]) != (f"尊敬的{address}，" in row["text"]):
            yield f"messages: {row['customer_id']}: addressed as {row['name']}, expected {address}"
        if {row["product"]} != oracle.named(ids[0], row["action"]):
            yield f"messages: {row['action']} is about {row['product']}"
        reached.update({(one, row["action"]): Verdict("sms", "") for one in ids})
    passed = {key: verdict for key, verdict in oracle.verdicts.items() if verdict == ("sms", "")}
    if reached != passed:
        yield "messages: " + differences(passed, reached)


def rows_differ(oracle: Oracle, lists: DayLists) -> Iterator[str]:
    """Hold the lists for people against the oracle: one row for a customer, in the right table, with what may be offered."""
    for channel, pair in lists.lists.items():
        for hidden, table in zip((False, True), pair, strict=True):
            rows = {row["customer_id"]: row for row in table.to_pylist()}
            where = f"{channel}, {'private' if hidden else 'open'} list"
            if len(rows) != table.num_rows:
                yield f"{where}: a customer in two rows"
            expected: dict[str, set[str]] = defaultdict(set)
            for (customer, action), verdict in oracle.verdicts.items():
                if verdict == (channel, "") and oracle.hidden(customer, action) == hidden:
                    expected[customer].add(action)
            listed = {one: set(row["action"].split("|")) for one, row in rows.items()}
            if listed != expected:
                yield f"{where}: " + differences(_keyed(expected, where), _keyed(listed, where))
            both = listed.keys() & expected.keys()
            offers = {one: oracle.offer(one, channel) for one in both}
            named = {one: set.union(*(oracle.named(one, action) for action in listed[one])) for one in both}
            offers_said = {one: (row["may_market"], row["max_risk"]) for one, row in rows.items() if one in both}
            named_said = {one: set(filter(None, row["product"].split("、"))) for one, row in rows.items() if one in both}
            for what, wanted, came in (("may_market, max_risk", offers, offers_said), ("product", named, named_said)):
                if wanted != came:
                    yield f"{where}: {what}: " + differences(_keyed(wanted, where), _keyed(came, where))
            if any(
                (NO_MARKETING in row["reasons"] or GENERAL_ONLY in row["reasons"]) != (row["may_market"] == "N") for row in rows.values()
            ):
                yield f"{where}: {NO_MARKETING} where something may be offered, or the reverse"


def _keyed(by_customer: Mapping[str, Any], what: str) -> dict[tuple[str, str], Any]:
    return {(one, what): "|".join(sorted(value)) if isinstance(value, set) else value for one, value in by_customer.items()}


def problems_of(oracle: Oracle, lists: DayLists) -> str:
    """Return everything in which the lists of a day differ from the oracle, a line for each."""
    got = verdicts_of(lists)
    found = [differences(oracle.verdicts, got)] if oracle.verdicts != got else []
    for differ in (counts_differ, secrets_differ, messages_differ, rows_differ):
        lines = list(differ(oracle, lists))
        found += [*lines[:20], *([f"and {len(lines) - 20} more"] if len(lines) > 20 else [])]
    return "".join(f"\n{line}" for line in found)


def check(world: World, books: Playbooks, folder: Path, book: Book = BOOK) -> tuple[Oracle, DayLists]:
    """Hold the lists of a world's day against the oracle."""
    oracle = Oracle(world, book)
    lists = lists_of(world, books, folder)
    problems = problems_of(oracle, lists)
    assert not problems, problems
    return oracle, lists


# tests


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_many_customers(on: dt.date, books: Playbooks, tmp_path: Path) -> None:
    """Among very many customers every one has the oracle's verdict on every action, and every table says so."""
    count = 10_000 if on == DAYS[0] else 1_000
    world = world_of(random.Random(on.toordinal()), on, count, Likely(mishap=0.06, event=0.5))
    check(world, books, tmp_path)


def test_every_gate_is_reached() -> None:
    """Every gate that the shipped rules can close stops somebody of the many; every trigger and channel serves somebody."""
    verdicts = Oracle(world_of(random.Random(DAYS[0].toordinal()), DAYS[0], 10_000, Likely(mishap=0.06, event=0.5)), BOOK).verdicts
    assert {verdict.reason for verdict in verdicts.values()} == {"", *(gate["code"] for gate in BOOK.gates)} - UNREACHED
    exported = {action for (_, action), verdict in verdicts.items() if not verdict.reason}
    assert {BOOK.actions[action]["trigger"] for action in exported} == {action["trigger"] for action in BOOK.listed()}
    assert {BOOK.actions[action]["channels"][0] for action in exported} == {action["channels"][0] for action in BOOK.listed()}


@given(st.randoms(), st.sampled_from(DAYS), st.integers(1, 8), st.sampled_from((0.05, 0.2)), st.booleans())
@settings(max_examples=examples(200))
def test_few_customers(rng: random.Random, on: dt.date, count: int, mishap: float, compared: bool) -> None:  # noqa: FBT001
    """Among few customers with much that is amiss every one has the oracle's verdict, with an earlier run or without."""
    world = world_of(rng, on, count, Likely(mishap=mishap, event=0.7))
    if not compared:
        world = dataclasses.replace(world, compared=False, changes={})
    with tempfile.TemporaryDirectory() as folder:
        check(world, _shipped(), Path(folder))


@pytest.mark.parametrize("columns", [COLUMNS[start::12] for start in range(12)], ids="+".join)
def test_columns_are_absent(columns: tuple[str, ...], books: Playbooks, tmp_path: Path) -> None:
    """Without a column, or two, everything that hangs on it falls, and nothing else."""
    world = world_of(random.Random("+".join(columns)), DAYS[0], 500, Likely(mishap=0.04, event=0.5))
    check(dataclasses.replace(world, given=world.given - {*columns}), books, tmp_path)


@pytest.mark.parametrize("column", ["consent_sms", "risk_rating", "risk_rated_on", "birthday", "qualified_investor", "mobile"])
def test_what_falls_without_a_column(column: str, books: Playbooks, tmp_path: Path) -> None:
    """Without consent, rating, birthday, qualification or number no action that needs it is exported at all."""
    world = world_of(random.Random(column), DAYS[0], 500, Likely(mishap=0.0, event=0.5))
    lists = lists_of(dataclasses.replace(world, given=world.given - {column}), books, tmp_path)
    exported = {action for action, counts in lists.counts.items() if counts.exported}
    assert not exported & FALLS[column]
    assert exported
    if column == "risk_rating":
        assert lists.counts["REASSESS"].selected == 0


@pytest.mark.parametrize(
    ("absent", "rows"),
    [(("events",), None), (("log",), None), (("barred",), None), (("events", "log", "barred"), None), (("events", "log", "barred"), ())],
)
def test_a_file_is_absent(absent: tuple[str, ...], rows: tuple[()] | None, books: Playbooks, tmp_path: Path) -> None:
    """A file that is not given, or has no rows, says nothing."""
    world = world_of(random.Random("+".join(absent)), DAYS[0], 500, Likely(mishap=0.04, event=0.5))
    files: dict[str, Any] = dict.fromkeys(absent, rows)
    check(dataclasses.replace(world, **files), books, tmp_path)


def test_a_product_is_launched(tmp_path: Path) -> None:
    """A product with a day of launch is a new one for every customer of the tier, for as many days as it says."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    products = (rules / "products.yaml").read_text(encoding="utf-8")
    launched = products.replace("code: mixed_fund,", "code: mixed_fund, launch_on: 2016-01-02, call_days: 5,")
    launched = launched.replace("code: credit_card,", "code: credit_card, launch_on: 2016-01-04,")
    assert launched.count("launch_on") == products.count("launch_on") + 2
    (rules / "products.yaml").write_text(launched, encoding="utf-8")
    books = load(rules).playbooks
    assert books is not None
    book = Book(rules)
    for day in (1, 2, 3, 4, 6, 7, 17, 18):
        world = world_of(random.Random(day), dt.date(2016, 1, day), 160, Likely(mishap=0.03, event=0.2))
        check(dataclasses.replace(world, last=world.on + 2 * DAY if day == 1 else world.on), books, tmp_path, book)


CONTROLLED: Final = {
    "E-SMS-1": "10%",
    "S-SMS-1": "50%",
    "S-SMS-2": "33.3333%",
    "S-POS": "0.5%",
    "G-CALL-2": "25%",
    "D-SMS-7": "40%",
    "D-ALLOC": "20%",
}
"""Actions of messages, which numbers share, of visits, of an event, of another channel for some, and of meetings."""


@pytest.mark.parametrize("on", DAYS[:2], ids=str)
def test_control_groups(on: dt.date, tmp_path: Path) -> None:
    """Who is of a control group has the oracle's verdict too: whom all earlier gates let pass, and nobody else."""
    rules = rules_with_control(tmp_path, CONTROLLED)
    books = load(rules).playbooks
    assert books is not None
    world = world_of(random.Random(on.toordinal() + 1), on, 3_000, Likely(mishap=0.06, event=0.5))
    oracle, _ = check(world, books, tmp_path, Book(rules))
    control = Counter(action for (_, action), verdict in oracle.verdicts.items() if verdict.reason == "control_group")
    assert {"E-SMS-1", "S-SMS-1", "S-SMS-2", "D-SMS-7", "D-ALLOC"} <= control.keys() <= CONTROLLED.keys()
    without = Oracle(world, BOOK).verdicts
    let_pass = {"", *GATES[GATES.index("control_group") :]}
    assert all(without[key].reason in let_pass for key, verdict in oracle.verdicts.items() if verdict.reason == "control_group")


PLAIN: Final = dict.fromkeys(COLUMNS, "") | {
    "name": "王丹", "gender": "F", "mobile": "13800000001", "manager": "李经理",
    "birthday": "1976-07-01", "wechat_id": "wx1", "risk_rating": "C5",
    "risk_rated_on": "2015-06-01", "qualified_investor": "Y", "qualified_on": "2015-06-01", "consent_sms": "Y", "consent_call": "Y",
    "consent_wechat": "Y", "status": "active",
}  # fmt: skip
"""A customer whom no gate stops."""


def plain_world(tiers: Mapping[str, str], **others: Any) -> World:
    """Return a world of plain customers by tier; one without a tier is in the customer file only."""
    on = DAYS[0]
    run = {one: Tiered(tier, 0) for one, tier in tiers.items() if tier}
    known: dict[str, Any] = {"changes": {}, "customers": dict.fromkeys(tiers, PLAIN), "given": frozenset(COLUMNS)}
    return World(on=on, last=on, quarter_end=Quarter.of(on).previous.end, run=run, **(known | others))


def test_who_left_as_a_private_client_bars_the_number(books: Playbooks, tmp_path: Path) -> None:
    """A holder of the number who was private in the quarter before and has left is a private client: nothing goes there in bulk."""
    world = plain_world({"A": "silver", "B": ""}, changes={"B": Change("left", "private", "absent")})
    oracle, _ = check(world, books, tmp_path)
    assert oracle.verdicts["A", "S-SMS-1"] == ("sms", "phone_barred")


def test_a_rating_that_bars_what_a_meeting_is_about_is_asked_for(books: Playbooks, tmp_path: Path) -> None:
    """Where only the options of a meeting fall for want of a valid rating, the manager is asked for a new one, too."""
    customers = {"A": PLAIN | {"risk_rated_on": "2014-12-01", "consent_wechat": ""}}
    oracle, _ = check(plain_world({"A": "private"}, customers=customers), books, tmp_path)
    assert oracle.verdicts["A", "P-ALLOC"].reason == "rating_expired"
    assert oracle.verdicts["A", "REASSESS"] == ("appointments", "")


@pytest.mark.parametrize("birthday", ["1956-01-05", ""], ids=["sixty", "of unknown age"])
def test_no_campaign_offers_seniors_an_uncertain_benefit(birthday: str, books: Playbooks, tmp_path: Path) -> None:
    """A new policy of uncertain benefit is never offered by campaign to a customer of sixty or of unknown age."""
    event = Event("A", "new_product", "", DAYS[0], "participating_pension")
    world = plain_world({"A": "gold"}, customers={"A": PLAIN | {"birthday": birthday}}, events=[event])
    oracle, _ = check(world, books, tmp_path)
    assert oracle.verdicts["A", "G-CALL-2"] == ("calls", "senior")


@pytest.mark.parametrize(
    ("product", "reason"),
    [
        ("private_fund", "private_in_public_channel"),
        ("trust", "private_in_public_channel"),
        ("private_wealth", "private_in_public_channel"),
    ],
)
@pytest.mark.parametrize("qualified", ["Y", "N"])
def test_no_campaign_offers_a_private_product(product: str, reason: str, qualified: str, books: Playbooks, tmp_path: Path) -> None:
    """A new product that a bank may not sell, or that is private, is offered to nobody by campaign."""
    customers = {"A": PLAIN | {"qualified_investor": qualified}}
    world = plain_world({"A": "gold"}, customers=customers, events=[Event("A", "new_product", "", DAYS[0], product)])
    oracle, _ = check(world, books, tmp_path)
    assert oracle.verdicts["A", "G-CALL-2"] == ("calls", reason)


@pytest.mark.parametrize("trouble", ["refused", "bereaved"])
def test_nothing_is_offered_on_a_number_that_is_barred_for_offers(trouble: str, books: Playbooks, tmp_path: Path) -> None:
    """A service call to a number whose other holder refused calls, or is bereaved, may be made and may offer nothing."""
    events = [Event("A", "maturity", "", DAYS[0], "")]
    customers = {"A": PLAIN, "B": PLAIN}
    if trouble == "refused":
        customers["B"] = PLAIN | {"consent_call": "N"}
    else:
        events.append(Event("B", "family_event", "bereavement", DAYS[0] - DAY, ""))
    oracle, _ = check(plain_world({"A": "gold", "B": ""}, customers=customers, events=events), books, tmp_path)
    assert oracle.verdicts["A", "G-CALL-1"] == ("calls", "")
    assert oracle.offer("A", "calls") == ("N", "")


def test_nobody_has_a_number(books: Playbooks, tmp_path: Path) -> None:
    """Where no customer of the file has a number, messages and calls are suppressed and all else goes on."""
    tiers = {tier: tier for tier in TIERS}
    customers = {tier: PLAIN | {"mobile": ""} for tier in TIERS}
    log = [Contact("silver", "sms", "S-SMS-1", DAYS[0] - 60 * DAY, "delivered")]
    oracle, _ = check(plain_world(tiers, customers=customers, log=log), books, tmp_path)
    assert oracle.verdicts["silver", "S-SMS-1"] == ("sms", "no_phone")
    assert oracle.verdicts["silver", "S-POS"] == ("visits", "")


def test_days_in_a_row(books: Playbooks, tmp_path: Path) -> None:
    """Exports that follow each other, each remembering those before, keep caps, cadences and turns, and tell of no event twice."""
    first = dt.date(2016, 1, 4)
    world = world_of(random.Random(7), first, 160, Likely(mishap=0.02, event=0.5))
    memory: list[Remembered] = []
    problems = ""
    for number in range(36):
        on = first + number * DAY
        if on.weekday() < SATURDAY:
            last = on + (2 * DAY if on.weekday() == SATURDAY - 1 else 0 * DAY)
            branch_dates = {action: [BranchDay(dt.date(2016, 2, 1), "", 5), BranchDay(dt.date(2016, 2, 15))] for action in BRANCH_ACTIONS}
            today = dataclasses.replace(world, on=on, last=last, memory=memory, branch_dates=branch_dates)
            oracle, lists = Oracle(today, BOOK), lists_of(today, books, tmp_path)
            problems += "".join(f"\n{on}{line}" for line in problems_of(oracle, lists).splitlines(keepends=True))
            memory = [*memory, *remembered_of(lists, on)]
    problems += "".join(f"\n{line}" for line in broken_promises(memory, Oracle(world, BOOK).number))
    assert not problems, problems
    assert topics_heard(memory) == sum(action.startswith("S-SMS-") for action in BOOK.actions)


def remembered_of(lists: DayLists, on: dt.date) -> list[Remembered]:
    """Return what a later export remembers of a day's lists."""
    rows = [row for table in lists.contacts for row in table.to_pylist()]
    days = [dt.date.fromisoformat(row["event_date"]) if row["event_date"] else None for row in rows]
    return [
        Remembered(row["customer_id"], row["channel"], row["action"], on, day, row["product"]) for row, day in zip(rows, days, strict=True)
    ]


def broken_promises(memory: Sequence[Remembered], number: Mapping[str, str]) -> Iterator[str]:
    """Return what contacts of many days break: caps of the channels, cadences of actions, events told twice."""
    capped: dict[tuple[str, str], set[dt.date]] = defaultdict(set)
    by_action: dict[tuple[str, str], set[dt.date]] = defaultdict(set)
    for one in memory:
        if BOOK.purpose(BOOK.actions[one.action])["caps"]:
            capped[one.channel, number[one.customer] if one.channel == "sms" else one.customer].add(one.day)
        by_action[one.action, one.customer].add(one.day)
    for (channel, unit), days in capped.items():
        for cap in BOOK.channels[channel].get("caps", ()):
            if any(sum(day <= other < day + cap["days"] * DAY for other in days) > cap["contacts"] for day in days):
                yield f"{channel}: {unit} was contacted on {sorted(days)}"
    for (action, customer), days in by_action.items():
        if any((later - day).days < BOOK.actions[action].get("cadence_days", 0) for day, later in pairwise(sorted(days))):
            yield f"{action}: {customer} was contacted on {sorted(days)}"
    events = Counter((one.action, one.event_day) for one in memory if one.event_day == dt.date(2016, 2, 1))
    invited = {action: count for (action, _), count in events.items() if action in BRANCH_ACTIONS}
    yield from (f"{action}: {count} were invited to five seats" for action, count in invited.items() if count > 5)
    once = {one for one in memory if "once_per" in BOOK.actions[one.action]}  # two events that look alike are told as one
    told = Counter((one.customer, one.action, one.event_day, one.product) for one in once)
    yield from (f"told {count} times: {key}" for key, count in told.items() if count > 1)


def topics_heard(memory: Sequence[Remembered]) -> int:
    """Return how many of the five topics of silver customers those heard who heard of most."""
    heard: dict[str, set[str]] = defaultdict(set)
    for one in memory:
        heard[one.customer if one.action.startswith("S-SMS-") else ""].add(one.action)
    return max(len(actions) for customer, actions in heard.items() if customer)
