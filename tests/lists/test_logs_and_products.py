"""What a contact log binds, what caps count, who needs a manager, and products that are judged one by one; each by the oracle too."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.helpers import RULES
from tests.lists.exporting import customer, day, make_run, read_rows, reasons_of, write_customers, write_events, write_rows
from tests.lists.oracle_lists import DAY, BranchDay, Contact, Event, Remembered
from tests.lists.test_gates_oracle import DAYS, PLAIN, check, plain_world
from vip_tiering.base.errors import DataError, OutputError
from vip_tiering.base.words import Words
from vip_tiering.cli.show.lists import export_summary
from vip_tiering.lists.export.day import DayLists
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.lists.followup.verify import playbook_verify
from vip_tiering.playbooks.load import Playbooks, load

ON = DAYS[0]


@pytest.fixture(scope="module", name="books")
def _books() -> Playbooks:
    """Return the shipped playbooks."""
    books = load(RULES).playbooks
    assert books is not None
    return books


def verdicts(books: Playbooks, folder: Path, tiers: Mapping[str, str], **others: Any) -> tuple[dict[tuple[str, str], str], DayLists]:
    """Return the reason for each customer and action, as the oracle and the lists say alike, and the lists."""
    oracle, lists = check(plain_world(tiers, **others), books, folder)
    return {key: verdict.reason for key, verdict in oracle.verdicts.items()}, lists


def said(result: str, ago: int = 5, channel: str = "calls", action: str = "", mobile: str = "", customer: str = "A") -> Contact:
    """Return a row of the contact log so many days ago."""
    return Contact(customer, channel, action, ON - ago * DAY, result, mobile)


# --- what a contact log binds

Cases = Mapping[str, tuple[Sequence[Contact], Any]]


def numbered(names: Iterable[str], **fields: str) -> dict[str, dict[str, str]]:
    """Return plain customers, each with a number of his own and these fields."""
    return {name: PLAIN | {"mobile": f"138000{number:05d}", **fields} for number, name in enumerate(names, 100)}


def told_of(cases: Cases, customers: Mapping[str, Mapping[str, str]]) -> list[Contact]:
    """Return the log of all cases, each about the customer of its name; OWN stands for his number, and GONE for somebody else."""
    return [
        one._replace(
            customer=one.customer if one.customer != "A" else name,
            mobile=customers[name]["mobile"] if one.mobile == "OWN" else one.mobile,
        )
        for name, (log, _) in cases.items()
        for one in log
    ]


COMPLAINTS: Cases = {
    "today": ([said("complaint", 0)], True),
    "thirty days ago": ([said("complaint", 30, "sms", "OLD-1")], True),
    "on a visit": ([said("complaint", 30, "visits", "OLD-1")], True),
    "ahead": ([said("complaint", -1)], True),
    "31 days ago": ([said("complaint", 31)], False),
    "reached": ([said("reached", 31)], False),
}


def test_a_complaint_stops_offers_for_thirty_days(books: Playbooks, tmp_path: Path) -> None:
    """On whatever way somebody complained, nothing is offered on any, for thirty days; care and service go on, and may offer nothing."""
    customers = numbered(COMPLAINTS, birthday="1976-01-05")
    twin = customers["today"] | {"birthday": "1976-01-05"}
    tiers = dict.fromkeys([*customers, "TWIN"], "gold")
    events = [Event(one, "maturity", "", ON, "") for one in tiers]
    log = told_of(COMPLAINTS, customers)
    found, lists = verdicts(books, tmp_path, tiers, customers=customers | {"TWIN": twin}, events=events, log=log)
    offers = {row["customer_id"]: row["may_market"] for row in lists.lists["calls"][0].to_pylist()}
    for name, (_, stops) in COMPLAINTS.items():
        assert stops == (
            {"opted_out"} >= {why for (one, action), why in found.items() if one == name and "-SMS-" in action} - {"phone_barred"}
        )
        assert ("", "") == (found[name, "G-CALL-3"], found[name, "G-CALL-1"])
        assert ("N" if stops else "Y") == offers[name]
    assert ("phone_barred", "", "N") == (found["TWIN", "G-SMS-1"], found["TWIN", "G-CALL-3"], offers["TWIN"])


BINDING: Cases = {
    "refused": ([said("refused")], ("do_not_contact", "", "")),
    "refused a meeting long ago": ([said("refused", channel="appointments", ago=900)], ("do_not_contact", "", "")),
    "opted out ahead": ([said("opt_out", channel="sms", ago=-3)], ("", "do_not_contact", "")),
    "refused a visit": ([said("refused", channel="visits")], ("", "", "do_not_contact")),
    "wrong number": ([said("wrong_number", channel="visits")], ("do_not_contact", "do_not_contact", "")),
    "wrong number, told": ([said("wrong_number", mobile="OWN")], ("do_not_contact", "do_not_contact", "")),
    "wrong number, unreadable": ([said("wrong_number", mobile="1.38E+10")], ("do_not_contact", "do_not_contact", "")),
    "an earlier number was wrong": ([said("wrong_number", mobile="13800000077")], ("", "", "")),
    "an earlier number refused": ([said("refused", mobile="13800000077")], ("do_not_contact", "", "")),
    "number of one who is gone": ([said("wrong_number", mobile="OWN", customer="GONE")], ("do_not_contact", "do_not_contact", "")),
    "number that another refused": ([said("refused", mobile="OWN", customer="GONE")], ("do_not_contact", "", "")),
    "nothing of him": ([said("wrong_number", customer="GONE")], ("", "", "")),
    "bereaved": ([said("bereavement", ago=90)], ("", "bereavement", "bereavement")),
    "bereaved long ago": ([said("bereavement", ago=91)], ("", "", "")),
    "reached": ([said("reached", ago=40)], ("", "", "")),
}


def test_a_log_binds_as_records_do(books: Playbooks, tmp_path: Path) -> None:
    """A refusal bars its way, service included, and a wrong number all that uses it: that of the row, else the customer's own."""
    customers = {name: {**fields, "manager": name} for name, fields in numbered(BINDING).items()}
    asked: dict[str, dict[str, Any]] = {  # each action on a day of its own, since a day has one contact
        "G-CALL-1": {"events": [Event(one, "maturity", "", ON, "") for one in customers]},
        "G-SMS-1": {},
        "G-SEMINAR": {"branch_dates": {"G-SEMINAR": [BranchDay(ON + 7 * DAY)]}},
    }
    found = {}
    for action, others in asked.items():
        (tmp_path / action).mkdir()
        log = told_of(BINDING, customers)
        of_day, _ = verdicts(books, tmp_path / action, dict.fromkeys(customers, "gold"), customers=customers, log=log, **others)
        found |= {(name, action): of_day[name, action] for name in BINDING}
    got = {name: tuple(found[name, action] for action in asked) for name in BINDING}
    assert {name: reasons for name, (_, reasons) in BINDING.items()} == got


# --- what caps count


def sent(*ago: int, action: str = "OLD-1", customer: str = "A") -> list[Contact]:
    """Return messages of the log so many days ago."""
    return [said("delivered", one, "sms", action, customer=customer) for one in ago]


def remembered(ago: int, action: str = "G-SMS-1", customer: str = "A") -> Remembered:
    """Return a message of an earlier export so many days ago."""
    return Remembered(customer, "sms", action, ON - ago * DAY, None, "")


TWO, FOUR, TWIN = [remembered(10), remembered(10, "G-SMS-2")], [remembered(one) for one in (10, 15, 20, 25)], "B"
CAPS: dict[str, tuple[list[Contact], list[Remembered], bool]] = {
    "four on a day": (sent(10, 10, 10, 10), [], True),
    "three on a day": (sent(10, 10, 10), [], False),
    "four on two days": (sent(10, 10, 20, 20), [], True),
    "four, one long ago": (sent(10, 10, 20, 30), [], False),
    "six days ago": (sent(6), [], True),
    "seven days ago": (sent(7), [], False),
    "three and an export": (sent(10, 20, 25), [remembered(15)], True),
    "the log tells of the export": (sent(10, 20, 15, action="G-SMS-1"), [remembered(15)], False),
    "the log tells of it without action": (sent(10, 20, 15, action=""), [remembered(15)], False),
    "the log tells of another one": (sent(10, 20, 15, action="G-SMS-2"), [remembered(15)], True),
    "two to both holders": (sent(10, 20, action="") + sent(10, 20, action="", customer=TWIN), [], False),
    "four to both holders": (sent(10, 20, action="") + sent(11, 21, action="", customer=TWIN), [], True),
    "care": (sent(10, 10, 20, 20, action="G-CALL-3"), [], False),
    "exports of several actions": ([], [*TWO, remembered(20), remembered(25)], False),
    "exports to both holders": ([], [*TWO[:1], *[one._replace(customer=TWIN) for one in FOUR[:1]], *FOUR[1:3]], False),
    "four exports": ([], [*FOUR[:2], *[one._replace(customer=TWIN) for one in FOUR[2:]]], True),
}


def test_caps_count_messages(books: Playbooks, tmp_path: Path) -> None:
    """Four messages in thirty days are enough, on however few days; one of which two files tell, or that two share, is one."""
    customers = numbered(CAPS)
    twins = {f"{name} {TWIN}": fields for name, fields in customers.items()}
    log, memory = (
        [row._replace(customer=name if row.customer == "A" else f"{name} {TWIN}") for name, case in CAPS.items() for row in case[place]]
        for place in (0, 1)
    )
    tiers = dict.fromkeys(customers, "gold") | dict.fromkeys(twins, "")
    found, _ = verdicts(books, tmp_path, tiers, customers=customers | twins, log=log, memory=memory)
    assert {name: case[2] for name, case in CAPS.items()} == {name: found[name, "G-SMS-5"] == "frequency_cap" for name in CAPS}


def test_a_campaign_costs_no_birthday_greeting(books: Playbooks, tmp_path: Path) -> None:
    """Care is outside the caps: who was called yesterday is called for a birthday, not for a campaign; a greeting stops no campaign."""
    cases: Cases = {
        "campaign": ([said("reached", 1, action="OLD-1")], "frequency_cap"),
        "greeting": ([said("reached", 1, action="G-CALL-4")], ""),
    }
    customers = numbered(cases, birthday="1976-01-05")
    events = [Event(one, "new_product", "", ON, "wealth_product") for one in customers]
    found, _ = verdicts(books, tmp_path, dict.fromkeys(cases, "gold"), customers=customers, events=events, log=told_of(cases, customers))
    assert {name: ("", reason) for name, (_, reason) in cases.items()} == {
        name: (found[name, "G-CALL-3"], found[name, "G-CALL-2"]) for name in cases
    }


# --- managers, and products one by one


def test_what_is_private_needs_a_manager(books: Playbooks, tmp_path: Path) -> None:
    """Without a manager nothing private is written to a file of nobody; care, and who has a manager, go on."""
    customers = numbered("AC", manager="") | {"B": PLAIN}
    found, _ = verdicts(books, tmp_path, {"A": "private", "B": "private", "C": "gold_diamond"}, customers=customers)
    assert {"no_manager"} == {found["A", "P-WECHAT"], found["A", "P-ALLOC"], found["C", "D-SMS-1"], found["C", "D-ALLOC-2"]}
    assert "" == found["C", "D-ALLOC"]
    assert {""} == {found["B", one] for one in ("P-ALLOC", "P-MEET")} | {found["A", "P-MEET"]}
    assert "one_contact_a_day" == found["B", "P-WECHAT"]


PRODUCTS: list[tuple[str, str, dict[str, str], str, str]] = [
    ("gold_diamond", "D-ALLOC", {}, "", "股票型基金、债券型基金、混合型基金"),
    ("gold_diamond", "D-ALLOC-2", {}, "", "信托、券商集合计划"),
    ("gold_diamond", "D-ALLOC-2", {"risk_rating": "C3"}, "risk_mismatch", ""),
    ("gold_diamond", "D-ALLOC", {"qualified_investor": "N"}, "", "股票型基金、债券型基金、混合型基金"),
    ("gold_diamond", "D-ALLOC-2", {"qualified_investor": "N"}, "private_not_qualified", ""),
    ("gold_diamond", "D-ALLOC", {"qualified_on": "2016-01-06", "risk_rating": "C3"}, "", "债券型基金、混合型基金"),
    ("gold_diamond", "D-ALLOC", {"qualified_investor": "", "risk_rating": "C2"}, "", "债券型基金"),
    ("gold_diamond", "D-ALLOC", {"risk_rating": "C2"}, "", "债券型基金"),
    ("gold_diamond", "D-ALLOC", {"qualified_investor": "N", "risk_rating": "C1"}, "risk_mismatch", ""),
    ("gold_diamond", "D-ALLOC", {"risk_rated_on": "2014-01-01"}, "rating_expired", ""),
    ("gold_diamond", "D-SMS-1", {"qualified_investor": "N"}, "private_not_qualified", ""),
    ("private", "P-ALLOC", {"risk_rating": "C4"}, "", "信托、专项资管计划"),
    ("private", "P-ALLOC", {"risk_rating": "C3"}, "risk_mismatch", ""),
    ("private", "P-ALLOC", {"qualified_investor": "N"}, "private_not_qualified", ""),
]


def test_each_product_is_judged(books: Playbooks, tmp_path: Path) -> None:
    """Who may hear of some of the products is invited for these; who may hear of none is suppressed, for what stops all of them."""
    names = [f"{number:02d}" for number in range(len(PRODUCTS))]
    customers = {name: {**one, "manager": name, **case[2]} for (name, one), case in zip(numbered(names).items(), PRODUCTS, strict=True)}
    found, lists = verdicts(books, tmp_path, {name: case[0] for name, case in zip(names, PRODUCTS, strict=True)}, customers=customers)
    rows = {(row["customer_id"], hidden): row for hidden in (False, True) for row in lists.lists["appointments"][hidden].to_pylist()}
    for name, (_, action, _, reason, products) in zip(names, PRODUCTS, strict=True):
        assert reason == found[name, action]
        if not reason:
            assert set(products.split("、")) == set(rows[name, action != "D-ALLOC"]["product"].split("、")) - {"私银产品"}


# --- the same by files

GOLD, PEOPLE = (600_000, 600_000), {f"G{number}": customer(number) for number in range(1, 9)} | {"TWIN": customer(1), "P1": customer(30)}
RESULTS = {"G1": "refused", "G2": "wrong_number", "G3": "bereavement", "G4": "complaint", "G5": "reached", "P1": "refused"}


def test_a_log_alone_binds_like_records_alone(tmp_path: Path) -> None:
    """The same results, recorded in one branch and given as a contact log in another, leave the same lists; the second opinion agrees."""
    run = make_run(tmp_path / "out", {one: (9_000_000, 9_000_000) if one == "P1" else GOLD for one in PEOPLE})
    customers = write_customers(tmp_path / "customers.csv", PEOPLE)
    first = [(one, "maturity", "", "2016-01-08", "三年定期", "1.00") for one in PEOPLE if one not in {"G6", "G7", "G8"}]  # they are sent to
    later = [(one, "maturity", "", "2016-01-25", "五年定期", "1.00") for one in PEOPLE]
    files = {"customers": customers, "events": write_events(tmp_path / "events.csv", [*first, *later]), "rules": RULES}
    playbook_export(run, on=day("2016-01-05"), out=tmp_path / "a", **files)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    shutil.copytree(tmp_path / "a.private", tmp_path / "b.private")
    sent = {
        row["customer_id"]: row["action"] for row in read_rows(tmp_path / "a" / "2016-01-05" / "contacts.csv") if row["channel"] == "sms"
    }
    rows = [
        (one, "P-MEET" if one == "P1" else "G-CALL-1", "appointments" if one == "P1" else "calls", result)
        for one, result in RESULTS.items()
    ]
    rows += [(one, sent[one], "sms", result) for one, result in (("G6", "opt_out"), ("G7", "delivered"), ("G8", "complaint"))]
    back = write_rows(tmp_path / "back.csv", ("customer_id", "action", "channel", "result"), rows)
    playbook_record(tmp_path / "a" / "2016-01-05", [back], rules=RULES)
    log = write_rows(tmp_path / "log.csv", ("customer_id", "action", "channel", "result", "date"), [(*row, "2016-01-05") for row in rows])
    told = {}
    for name, given in (("a", {}), ("b", {"contact_log": log})):
        playbook_export(run, on=day("2016-01-20"), out=tmp_path / name, **files, **given)
        folder, private = tmp_path / name / "2016-01-20", tmp_path / f"{name}.private" / "2016-01-20"
        assert not playbook_verify(folder, run=run, **files, **given).problems
        told[name] = (
            reasons_of(folder, private),
            [read_rows(part / "contacts.csv") for part in (folder, private)],
            [read_rows(folder / f"{code}.csv") for code in ("sms", "calls", "visits", "invitations")],
        )
    assert told["a"] == told["b"]
    assert {"do_not_contact", "bereavement", "opted_out", "phone_barred"} <= set(told["a"][0].values())


def test_lists_do_not_lie_among_runs(tmp_path: Path) -> None:
    """Lists in a folder of runs, at any depth, and in one of other runs, are refused; beside it they lie well."""
    run = make_run(tmp_path / "out", {"G1": GOLD})
    elsewhere = make_run(tmp_path / "other" / "out", {"G1": GOLD})
    customers = write_customers(tmp_path / "customers.csv", {"G1": customer(1)})
    asked: dict[str, Any] = {"customers": customers, "on": day("2016-01-05"), "rules": RULES}
    for out in (run.parent, run.parent / "lists", run.parent / "a" / "b" / "lists", elsewhere.parent, elsewhere.parent / "lists"):
        with pytest.raises(
            OutputError, match="lies in a folder of runs; lists need a folder of their own, such as lists: choose another --out"
        ):
            playbook_export(run, out=out, **asked)
    with pytest.raises(OutputError, match="choose another --private-out"):
        playbook_export(run, out=tmp_path / "lists", private_out=run.parent / "private", **asked)
    assert ["2015Q3", "2015Q4"] == sorted(path.name for path in run.parent.iterdir() if not path.name.startswith("."))
    assert not (tmp_path / "lists").exists()
    assert playbook_export(run, out=tmp_path / "lists", **asked).folder == tmp_path / "lists" / "2016-01-05"
    with pytest.raises(DataError, match="nowhere: there is no such run folder"):  # a folder that only looks like one of runs is none
        playbook_export(tmp_path / "lists" / "nowhere", out=tmp_path / "lists", **asked)


def test_the_main_reason_is_that_of_most_customers() -> None:
    """Of an action of which nobody is left the summary names the reason of most customers, and of several the first gate."""
    actions = {
        "A": {"selected": 9, "exported": 0, "suppressed": {"no_profile": 1, "no_consent": 5, "frequency_cap": 3}},
        "B": {"selected": 4, "exported": 0, "suppressed": {"bereavement": 2, "no_consent": 2}},
        "C": {"selected": 4, "exported": 1, "suppressed": {"no_consent": 3}},
        "D": {"selected": 0, "exported": 0, "suppressed": {}},
    }
    document = {
        "on": "2016-01-05",
        "quarter": "2015Q4",
        "window": {"first": "2016-01-05", "last": "2016-01-05"},
        "channels": {},
        "actions": actions,
    }
    with io.StringIO() as out:
        Console(file=out, width=80).print(export_summary(document, {}, Words("en")))
        lines = [line.strip() for line in out.getvalue().splitlines()]
    assert ["A: 9 selected, none exported; main reason no_consent 5", "B: 4 selected, none exported; main reason bereavement 2"] == [
        line for line in lines if "main reason" in line
    ]
