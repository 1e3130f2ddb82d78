"""A week of a branch: each day's lists come back with results, and the next day's lists go by them, by an independent model."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import xlsxwriter

from tests.helpers import RULES
from tests.lists.exporting import make_run, read_rows, write_rows
from tests.lists.oracle_lists import (
    PHONE_WAYS,
    REFUSALS,
    Barred,
    Book,
    BranchDay,
    Change,
    Contact,
    Event,
    Oracle,
    Remembered,
    Tiered,
    Verdict,
    World,
)
from tests.lists.test_gates_oracle import COLUMNS, DAY, Likely, Maker, differences
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.lists.followup.results import playbook_results
from vip_tiering.lists.followup.verify import playbook_verify

MONDAY = dt.date(2016, 1, 4)
QUOTA = {"contacts_per_day: 12": "contacts_per_day: 7\n  managers: [{manager: 赵经理, contacts_per_day: 4}]"}
BRANCH_DATES = """
branch_dates:
  - {action: G-SEMINAR, date: 2016-01-19, time: "14:00", place: 三楼, seats: 6, interests: [茶艺]}
  - {action: D-EVENT, date: 2016-01-20, branch: 城东支行, seats: 3}
  - {action: D-EVENT, date: 2016-01-20, branch: 城西支行}
"""
INVITATIONS = {
    "G-SEMINAR": [BranchDay(dt.date(2016, 1, 19), "", 6, ("茶艺",))],
    "D-EVENT": [BranchDay(dt.date(2016, 1, 20), "城东支行", 3), BranchDay(dt.date(2016, 1, 20), "城西支行")],
}
AVERAGES = (10_000, 20_000, 99_999, 100_000, 300_000, 500_000, 700_000, 1_000_000, 4_000_000, 5_000_000, 8_000_000)
CALLED = {
    "no_answer": 6,
    "reached": 6,
    "interested": 2,
    "refused": 1,
    "wrong_number": 1,
    "bereavement": 1,
    "complaint": 1,
    "done": 1,
    "": 3,
}
MET = {"no_answer": 4, "reached": 6, "meeting_set": 2, "refused": 1, "done": 2, "": 3}
SENT = {"delivered": 12, "failed": 2, "opt_out": 1, "": 2}
ZH = {"customer_id": "客户号", "action": "事项", "result": "结果", "obstacle": "阻碍"}


class Filled(NamedTuple):
    """What somebody wrote into a row of a list: whom and what it means, and what came of it."""

    customers: str
    actions: str
    channel: str
    result: str


class Week:
    """The branch, its files, and what the model knows of it."""

    def __init__(self, folder: Path, seed: int, count: int) -> None:
        """Make the files of a branch."""
        self.folder, self.rng = folder, random.Random(seed)
        self.rules = folder / "rules"
        shutil.copytree(RULES, self.rules)
        for name, change in (("gates.yaml", QUOTA), ("calendar.yaml", {"": BRANCH_DATES})):
            text = (self.rules / name).read_text(encoding="utf-8")
            for before, after in change.items():
                text = text.replace(before, after) if before else text + after
            (self.rules / name).write_text(text, encoding="utf-8")
        self.book = Book(self.rules)
        maker = Maker(self.rng, MONDAY, Likely(0.03, 0.5))
        self.customers = maker.customers(count)
        for number, fields in enumerate(self.customers.values()):
            if number % 2 == 0:
                fields["birthday"] = f"19{self.rng.randrange(60, 90)}-01-{self.rng.randrange(4, 11):02d}"
        self.events = [event for one in self.customers if self.rng.random() < 0.6 for event in self.events_of(one)]
        contact = ["", "all", *(code for code, one in self.book.channels.items() if one["contact"])]
        self.barred = [one for one in maker.barred(list(self.customers), self.customers) if one.channel in contact]
        contacts = [code for code, one in self.book.channels.items() if one["contact"]]
        self.log = [one for one in maker.log(list(self.customers)) if one.channel in contacts and self.rng.random() < 0.2]
        self.aliases: dict[str, str] = {}
        averages = {one: (self.rng.choice(AVERAGES), self.rng.choice(AVERAGES)) for one in self.customers}
        self.run_folder = make_run(folder / "out", averages)
        self.write()
        self.memory: list[Remembered] = []
        self.heard: list[Contact] = []
        self.bars: list[Barred] = []
        self.overflow: dict[tuple[str, str], dt.date] = {}
        self.days: dict[dt.date, list[Filled]] = {}

    def events_of(self, customer: str) -> Iterator[Event]:
        """Yield what happens to a customer in these days."""
        day = MONDAY + self.rng.randrange(-3, 14) * DAY
        if self.rng.random() < 0.3:
            yield Event(customer, "new_product", "", MONDAY + self.rng.randrange(-13, 5) * DAY, "wealth_product")
        elif self.rng.random() < 0.04:
            yield Event(customer, "family_event", "bereavement", MONDAY - DAY, "")
        else:
            yield Event(customer, "maturity", "", day, self.rng.choice(("", "三年定期")), self.rng.choice((-1, 5_000_000, 90_000_001)))

    def write(self) -> None:
        """Write the files of the branch."""
        rows = [[one, *(fields[name] for name in COLUMNS)] for one, fields in self.customers.items()]
        write_rows(self.folder / "customers.csv", ("customer_id", *COLUMNS), rows)
        lines = [
            (one.customer, one.event, one.kind, one.day, one.product, f"{one.amount_fen / 100:.2f}" if one.amount_fen >= 0 else "")
            for one in self.events
        ]
        write_rows(self.folder / "events.csv", ("customer_id", "event", "kind", "date", "product", "amount"), lines)
        entries = [(one.customer, one.mobile, one.channel, one.since or "") for one in self.barred]
        write_rows(self.folder / "barred.csv", ("customer_id", "mobile", "channel", "since"), entries)
        said = [(one.customer, one.channel, one.action, one.day, one.result, one.mobile) for one in self.log]
        write_rows(self.folder / "log.csv", ("customer_id", "channel", "action", "date", "result", "mobile"), said)

    def renumber(self) -> None:
        """Give some customers another number: the customer file has it from now on, and the rules say whose it was; no other file does."""
        self.aliases = {one: f"N{one}" for number, one in enumerate(self.customers) if number % 7 == 3}
        write_rows(self.rules / "aliases.csv", ("old_id", "new_id"), self.aliases.items())
        text = (self.rules / "extracts.yaml").read_text(encoding="utf-8")
        (self.rules / "extracts.yaml").write_text(f"{text}\naliases: aliases.csv\n", encoding="utf-8")
        self.customers = {self.aliases.get(one, one): fields for one, fields in self.customers.items()}
        rows = [[one, *(fields[name] for name in COLUMNS)] for one, fields in self.customers.items()]
        write_rows(self.folder / "customers.csv", ("customer_id", *COLUMNS), rows)

    def world(self, on: dt.date) -> World:
        """Return everything that bears on the export of a day."""
        tiers = read_rows(self.run_folder / "tiers.csv")
        changes = read_rows(self.run_folder / "changes.csv")
        new = self.aliases

        def now(rows: Sequence[Any]) -> list[Any]:
            """Return rows by the numbers that customers have now."""
            return [one._replace(customer=new.get(one.customer, one.customer)) for one in rows]

        return World(
            on=on,
            last=on + 2 * DAY if on.weekday() == 4 else on,
            quarter_end=dt.date(2015, 12, 31),
            run={
                new.get(row["customer_id"], row["customer_id"]): Tiered(row["tier"], fen(row["closing_balance"]), fen(row["daily_average"]))
                for row in tiers
            },
            changes={
                new.get(row["customer_id"], row["customer_id"]): Change(row["change"], row["from_tier"], row["to_tier"]) for row in changes
            },
            customers={
                one: {**fields, "household_customer_id": new.get(fields["household_customer_id"], fields["household_customer_id"])}
                for one, fields in self.customers.items()
            },
            given=frozenset(COLUMNS),
            events=now(self.events),
            log=now(self.log),
            barred=now([*self.barred, *self.bars]),
            memory=now(self.memory),
            branch_dates=INVITATIONS,
            heard=now(self.heard),
            first_export=MONDAY,
            overflow={(new.get(one, one), action): since for (one, action), since in self.overflow.items()},
        )

    def export(self, on: dt.date) -> tuple[Path, Path]:
        """Export the lists of a day and return both folders."""
        files = {"customers": "customers.csv", "events": "events.csv", "do_not_contact": "barred.csv", "contact_log": "log.csv"}
        given = {option: self.folder / name for option, name in files.items()}
        playbook_export(self.run_folder, on=on, out=self.folder / "lists", rules=self.rules, **given)
        private = self.folder / "lists.private" / str(on)
        verdict = playbook_verify(self.folder / "lists" / str(on), rules=self.rules, run=self.run_folder, **given)
        assert not verdict.problems
        return self.folder / "lists" / str(on), private

    def remember(self, on: dt.date, verdicts: Mapping[tuple[str, str], Verdict], rows: list[dict[str, str]]) -> None:
        """Keep what the export of a day did: contacts, and who had no place."""
        for row in rows:
            day = dt.date.fromisoformat(row["event_date"]) if row["event_date"] else None
            self.memory.append(Remembered(row["customer_id"], row["channel"], row["action"], on, day, row["product"]))
        full = [key for key, verdict in verdicts.items() if verdict.reason in {"manager_quota", "one_contact_a_day"}]
        known = {(self.aliases.get(one, one), action): since for (one, action), since in self.overflow.items()}
        self.overflow = {key: known.get(key, on) for key in full}

    def learn(self, on: dt.date, filled: list[Filled]) -> None:
        """Keep what came of the lists of a day."""
        self.days[on] = filled
        for one in filled:
            pairs = {(customer, action) for customer in one.customers.split("|") for action in one.actions.split("|")}
            for customer, action in sorted(pairs):
                self.heard.append(Contact(customer, one.channel, action, on, one.result))
                if one.result in REFUSALS:
                    self.bars.append(Barred(customer, "", one.channel, on))
                    if self.book.ways[one.channel] in PHONE_WAYS:
                        self.bars.append(Barred("", self.customers[customer]["mobile"], one.channel, on))
                if one.result == "wrong_number":
                    self.bars += [Barred("", self.customers[customer]["mobile"], channel, on) for channel in ("sms", "calls")]
            self.memory = [
                known._replace(result=one.result) if known.day == on and (known.customer, known.action) in pairs else known
                for known in self.memory
            ]


def fen(yuan: str) -> int:
    """Return an amount in fen."""
    return int(yuan.replace(".", ""))


def day_of(folder: Path, private: Path) -> tuple[dict[tuple[str, str], Verdict], list[dict[str, str]]]:
    """Return the verdicts of an export by its files, each customer and action once, and the contacts that it made."""
    parts = [part for part in (folder, private) if part.exists()]
    verdicts: dict[tuple[str, str], Verdict] = {}
    for part in parts:
        for row in read_rows(part / "suppressed.csv"):
            assert (row["customer_id"], row["action"]) not in verdicts
            verdicts[row["customer_id"], row["action"]] = Verdict(row["channel"], row["reason"])
    contacts = [row for part in parts for row in read_rows(part / "contacts.csv")]
    for row in contacts:
        assert verdicts.get((row["customer_id"], row["action"]), Verdict(row["channel"], "")) == Verdict(row["channel"], "")
        verdicts[row["customer_id"], row["action"]] = Verdict(row["channel"], "")
    return verdicts, contacts


def drawn(rng: random.Random, words: Mapping[str, int]) -> str:
    """Return a result."""
    return rng.choices(list(words), list(words.values()))[0]


def fill(week: Week, folder: Path, private: Path, back: Path) -> tuple[list[Path], list[Filled]]:
    """Fill in the lists of a day as managers do, some as workbooks, and write the receipts of the gateway."""
    rng, files, filled = week.rng, [], []
    back.mkdir()
    sources = sorted(folder.glob("branches/*/*.csv")) + (sorted(private.glob("branches/*/*.csv")) if private.exists() else [])
    for number, source in enumerate(sources):
        rows = read_rows(source)
        for row in rows:
            channel = row["渠道"]
            words = MET if week.book.ways[channel] not in {"call", "sms"} else CALLED
            row[ZH["result"]] = drawn(rng, words)
            row[ZH["obstacle"]] = "利率低" if row[ZH["result"]] and rng.random() < 0.2 else ""
            if row[ZH["result"]]:
                filled.append(Filled(row[ZH["customer_id"]], row[ZH["action"]], channel, row[ZH["result"]]))
        files.append(_save(back / f"{number}-{source.name}", rows, as_workbook=number % 2 == 1))
    receipts = [(row["customer_id"], row["action"], "sms", drawn(rng, SENT)) for row in read_rows(folder / "sms.csv")]
    filled += [Filled(*row) for row in receipts if row[3]]
    files.append(write_rows(back / "receipts.csv", ("customer_id", "action", "channel", "result"), receipts))
    return files, filled


def _save(path: Path, rows: list[dict[str, str]], *, as_workbook: bool) -> Path:
    if not as_workbook:
        return write_rows(path, list(rows[0]), [list(row.values()) for row in rows])
    path = path.with_suffix(".xlsx")
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("电话")
        for number, cells in enumerate([list(rows[0]), *(row.values() for row in rows)]):
            sheet.write_row(number, 0, cells)
    return path


def whole_week(folder: Path, seed: int, count: int) -> Week:
    """Live through a week, and hold every day against the model."""
    week, problems = Week(folder, seed, count), []
    for on in (MONDAY + number * DAY for number in range(5)):
        if on == MONDAY + 2 * DAY:
            week.renumber()
        oracle = Oracle(week.world(on), week.book)
        paths = week.export(on)
        verdicts, contacts = day_of(*paths)
        problems += [f"{on} {line}" for line in differences(oracle.verdicts, verdicts).splitlines()]
        week.remember(on, verdicts, contacts)
        files, filled = fill(week, *paths, folder / f"back-{on}")
        recorded = playbook_record(paths[0], files, rules=week.rules)
        assert recorded.known == 0
        again = playbook_record(paths[0], files[::-1], rules=week.rules)
        assert not again.files
        week.learn(on, filled)
    assert not problems, "\n".join(problems)
    return week


@pytest.fixture(scope="module", name="week")
def _week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    """Return a week that many customers lived through."""
    return whole_week(tmp_path_factory.mktemp("week"), 7, 500)


def lists_of(week: Week, on: dt.date) -> list[tuple[str, dict[str, str]]]:
    """Return channel and row of every list for people of a day, open and private."""
    folder, private = week.folder / "lists" / str(on), week.folder / "lists.private" / str(on)
    return [(row["渠道"], row) for part in (folder, private) for path in part.glob("branches/*/*.csv") for row in read_rows(path)]


def test_model_says_the_same_each_day(week: Week) -> None:
    """Every customer and action of a week has the verdict of the model, and each thing that the week is about happened in it."""
    reasons: Counter[str] = Counter()
    for on in week.days:
        verdicts, _ = day_of(week.folder / "lists" / str(on), week.folder / "lists.private" / str(on))
        reasons.update(verdict.reason for verdict in verdicts.values())
    wanted = {"manager_quota", "already_contacted", "frequency_cap", "do_not_contact", "bereavement", "phone_barred", "not_this_turn"}
    wanted |= {"opted_out", "no_manager", "one_contact_a_day"}
    assert [reason for reason in wanted if reasons[reason] < 5] == []
    results = Counter(one.result for filled in week.days.values() for one in filled)
    assert [word for word in (*CALLED, *MET, *SENT) if word and not results[word]] == []


def test_nobody_is_told_twice(week: Week) -> None:
    """An event is told once; twice only where nobody answered the first time, and never a third time."""
    told: dict[tuple[str, str, dt.date | None, str], list[Remembered]] = defaultdict(list)
    for one in week.memory:
        if "once_per" in week.book.actions[one.action]:
            told[one.customer, one.action, one.event_day, one.product].append(one)
    more = [contacts for contacts in told.values() if len(contacts) > 1]
    assert more
    assert all(len(contacts) == 2 and contacts[0].result == "no_answer" for contacts in more)
    freed = [contacts for contacts in told.values() if contacts[0].result == "no_answer"]
    assert len(more) < len(freed)


def test_no_refusal_is_broken(week: Week) -> None:
    """Who refused a way, or whose number is wrong, is on no later list of this way; who is bereaved gets service alone."""
    checked = 0
    for (before, filled), (_, _) in pairwise(week.days.items()):
        refused = {
            (customer, week.book.ways[one.channel]) for one in filled if one.result in REFUSALS for customer in one.customers.split("|")
        }
        bereaved = {customer for one in filled if one.result == "bereavement" for customer in one.customers.split("|")}
        for one in week.memory:
            if one.day > before:
                checked += 1
                assert (one.customer, week.book.ways[one.channel]) not in refused
                assert one.customer not in bereaved or week.book.purpose(week.book.actions[one.action])["code"] == "service"
    assert checked


def test_quotas_hold(week: Week) -> None:
    """No manager has more customers in a day than places, full days happen, and so many risk assessments as the rules allow."""
    own, full = {"赵经理": 4}, 0
    for on in week.days:
        by_manager: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for _, row in lists_of(week, on):
            by_manager[row["支行"], row["客户经理"]].append(row)
        for (_, manager), rows in by_manager.items():
            if manager != "unassigned":
                places = len({row["客户号"] for row in rows})  # open and private rows of one are one contact
                assert places <= own.get(manager, 7)
                full += places == own.get(manager, 7)
                assert sum("REASSESS" in row["事项"].split("|") for row in rows) <= 2
    assert full > 5


def test_nobody_is_contacted_twice_in_a_day(week: Week) -> None:
    """A customer is contacted on one channel in a day; what waited for that happens, and who is spoken to hears of other things too."""
    exported = {on: day_of(week.folder / "lists" / str(on), week.folder / "lists.private" / str(on))[1] for on in week.days}
    by_day = {(on, row["customer_id"]): set[str]() for on, rows in exported.items() for row in rows}
    for on, rows in exported.items():
        for row in rows:
            by_day[on, row["customer_id"]].add(row["channel"])
    assert all(len(each) == 1 for each in by_day.values())
    moved = [row for rows in exported.values() for row in rows if row["channel"] != week.book.actions[row["action"]]["channels"][0]]
    assert {week.book.channels[row["channel"]]["public"] for row in moved} == {False}


def test_a_household_is_contacted_once_a_day(week: Week) -> None:
    """People contact one customer of a household in a day, and households of several do happen."""
    oracle = Oracle(week.world(max(week.days)), week.book)
    by_day: dict[tuple[dt.date, str], set[str]] = defaultdict(set)
    for on in week.days:
        for row in day_of(week.folder / "lists" / str(on), week.folder / "lists.private" / str(on))[1]:
            if not week.book.channels[row["channel"]]["public"]:
                customer = week.aliases.get(row["customer_id"], row["customer_id"])
                by_day[on, min(oracle.household(customer))].add(customer)
    assert {1} == {len(customers) for customers in by_day.values()}
    assert any(len(oracle.household(one)) > 1 for customers in by_day.values() for one in customers)


def test_no_event_has_more_guests_than_seats(week: Week) -> None:
    """Who was invited and did not refuse has a seat, over all days."""
    guests: dict[tuple[str, BranchDay], set[str]] = defaultdict(set)
    for one in week.memory:
        customer = week.aliases.get(one.customer, one.customer)
        for event in INVITATIONS.get(one.action, ()):
            if event.branch in {"", week.customers[customer]["branch"]} and one.result not in REFUSALS:
                guests[one.action, event].add(customer)
    assert guests
    assert all(event.seats is None or len(customers) <= event.seats for (_, event), customers in guests.items())


def test_late_events_are_not_lost(week: Week) -> None:
    """A birthday or a maturity for which there was no place in a day is called about on a later one."""
    calls = {"G-CALL-1", "G-CALL-3"}
    late = [one for one in week.memory if one.action in calls and one.event_day is not None and one.event_day < one.day]
    assert late


@pytest.mark.parametrize("seed", range(int(os.environ.get("VIP_WEEKS", "0"))))
def test_other_weeks(seed: int, tmp_path: Path) -> None:
    """Other branches, as many as VIP_WEEKS says, live through a week by the model too."""
    whole_week(tmp_path, 100 + seed, 60)


def test_results_add_up(week: Week) -> None:
    """The figures of a week are those of its lists and of what was written into them."""
    done = playbook_results(week.folder / "lists")
    totals = Counter[str]()
    for row in done.figures.to_pylist():
        totals.update({name: row[name] for name in ("selected", "exported", "recorded", "refused", "obstacles")})
    contacts = {(one.customer, one.action, one.day) for one in week.memory}
    assert totals["exported"] == len(contacts)
    stopped = sum(
        len(read_rows(part / "suppressed.csv"))
        for on in week.days
        for part in (week.folder / "lists" / str(on), week.folder / "lists.private" / str(on))
        if part.exists()
    )
    assert totals["selected"] == len(contacts) + stopped
    told = {(one.customer, one.action, one.day): one.result for one in week.memory}
    assert totals["recorded"] == sum(bool(result) for result in told.values())
    assert totals["refused"] == sum(result in REFUSALS for result in told.values())
    written = [row for root in ("lists", "lists.private") for row in read_rows(week.folder / root / "results.csv")]
    assert totals["exported"] == sum(int(row["exported"]) for row in written)
    assert not {"P-MEET", "P-WECHAT"} & {row["action"] for row in read_rows(week.folder / "lists" / "results.csv")}


def test_customers_and_contacts_are_counted_apart(week: Week) -> None:
    """One customer, day and channel is one contact, however many actions it was for; a customer counts once, renumbered or not."""
    done = playbook_results(week.folder / "lists", rules=week.rules)
    now = {one: week.aliases.get(one, one) for one in (known.customer for known in week.memory)}
    rows = [row for on in week.days for row in day_of(week.folder / "lists" / str(on), week.folder / "lists.private" / str(on))[1]]
    owner = {(row["customer_id"], row["action"]): (row["branch"], row["manager"]) for row in rows}
    contacts: dict[tuple[str, str, str], dict[tuple[str, dt.date], dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for one in week.memory:
        contacts[*owner[one.customer, one.action], one.channel][now[one.customer], one.day][one.action] = one.result
    reached = {"reached", "refused", "complaint", "interested", "meeting_set", "done", "bereavement", "delivered", "opt_out"}

    def outcomes(channel: str, said: dict[str, str]) -> tuple[bool, bool]:
        """Return whether somebody was spoken to, and whether a message came to a phone."""
        came = [result for result in said.values() if result in reached]
        sent = [result == "delivered" or channel == "sms" for result in came]
        return not all(sent), any(sent)

    expected = {
        key: (
            len({customer for customer, _ in of_key}),
            len(of_key),
            sum(map(len, of_key.values())),
            sum(any(said.values()) for said in of_key.values()),
            sum(outcomes(key[2], said)[0] for said in of_key.values()),
            sum(outcomes(key[2], said)[1] for said in of_key.values()),
            sum(not set(REFUSALS).isdisjoint(said.values()) for said in of_key.values()),
        )
        for key, of_key in contacts.items()
    }
    names = ("customers", "contacts", "actions", "recorded", "reached", "delivered", "refused")
    found = {(row["branch"], row["manager"], row["channel"]): tuple(row[name] for name in names) for row in done.contacts.to_pylist()}
    assert expected == found
    assert any(many > ones for _, ones, many, *_ in expected.values())
    assert any(ones > customers for customers, ones, *_ in expected.values())
    *managers, whole = done.managers.to_pylist()
    assert (len(set(now.values())), sum(one[1] for one in expected.values())) == (whole["customers"], whole["contacts"])
    assert len(set(now.values())) < len(now)
    for row in managers:
        mine = [key for key in contacts if key[:2] == (row["branch"], row["manager"])]
        assert row["customers"] == len({customer for key in mine for customer, _ in contacts[key]})
        assert row["contacts"] == sum(len(contacts[key]) for key in mine)
    by_action = {(row["branch"], row["manager"], row["action"]): row["customers"] for row in done.figures.to_pylist() if row["exported"]}
    assert by_action == Counter(
        key for key, _ in {((*owner[one.customer, one.action], one.action), now[one.customer]) for one in week.memory}
    )
    written = [row for root in ("lists", "lists.private") for row in read_rows(week.folder / root / "results_by_manager.csv")]
    assert sum(int(row["actions"]) for row in written) == sum(one[2] for one in expected.values())
