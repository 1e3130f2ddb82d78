"""The load ahead is what the exports of those days say, one after the other, and looking ahead leaves no trace."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import customer, make_run, read_rows, write_customers, write_events, write_rows
from tests.lists.test_working_week import MONDAY, Week, day_of
from vip_tiering.base.quarter import day_date
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.lists.forecast.days import windows_ahead
from vip_tiering.lists.forecast.job import ForecastResult, playbook_forecast
from vip_tiering.rules.calendar import CalendarFile, working_days

DAYS = [MONDAY + dt.timedelta(days=number) for number in (0, 1, 2, 3, 4, 7)]
QUOTAS = {"赵经理": 4}
FILES = {"customers": "customers.csv", "events": "events.csv", "do_not_contact": "barred.csv", "contact_log": "log.csv"}


def ahead(week: Week, on: dt.date, days: int, lists: Path | None = None) -> ForecastResult:
    """Look ahead from the files of a branch."""
    given: dict[str, Any] = {option: week.folder / name for option, name in FILES.items()}
    return playbook_forecast(week.run_folder, on=on, days=days, lists=lists, rules=week.rules, **given)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file below a folder, hidden ones too, with its time and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()
    }


class Lived:
    """A branch of which every day was exported, and what was forecast before the first and after the third of these days."""

    def __init__(self, folder: Path) -> None:
        """Look ahead, and then live."""
        self.week = Week(folder, 11, 400)
        before = snapshot(folder)
        self.first = ahead(self.week, MONDAY, 4)
        self.untouched = [before == snapshot(folder)]
        self.rows: dict[dt.date, list[dict[str, str]]] = {}
        self.verdicts: dict[dt.date, dict[tuple[str, str], str]] = {}
        for on in DAYS:
            if on == DAYS[3]:
                self._record()
                before = snapshot(folder)
                self.later = ahead(self.week, on, len(DAYS) - 3, folder / "lists")
                self.untouched.append(before == snapshot(folder))
            verdicts, self.rows[on] = day_of(*self.week.export(on))
            self.verdicts[on] = {key: verdict.reason for key, verdict in verdicts.items()}

    def _record(self) -> None:
        """Record that the contacts of the second day were made; some refused, which the days after it must know."""
        rows = self.rows[DAYS[1]]
        said = [
            (row["customer_id"], row["action"], row["channel"], "reached" if place % 5 else "refused") for place, row in enumerate(rows)
        ]
        said = list({one[:3]: one for one in said if one[2] != "sms"}.values())
        assert {"reached", "refused"} == {one[3] for one in said}
        back = write_rows(self.week.folder / "back.csv", ("customer_id", "action", "channel", "result"), said)
        playbook_record(self.week.folder / "lists" / str(DAYS[1]), [back], rules=self.week.rules)

    def told_and_stopped(self, days: list[dt.date]) -> tuple[dict[str, set[str]], dict[str, dict[str, str]]]:
        """Return by action who was told in days, and for the others the last reason, by customer."""
        told: dict[str, set[str]] = defaultdict(set)
        last: dict[str, dict[str, str]] = defaultdict(dict)
        for on in days:
            for (one, action), reason in self.verdicts[on].items():
                if reason:
                    last[action][one] = reason
                else:
                    told[action].add(one)
        return told, {action: {one: reason for one, reason in of.items() if one not in told[action]} for action, of in last.items()}


@pytest.fixture(scope="module", name="lived")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Return a branch that lived through some days."""
    return Lived(tmp_path_factory.mktemp("ahead"))


def test_each_day_is_what_its_export_says(lived: Lived) -> None:
    """By action and reason each day of a forecast has the counts of the export of that day, made after those before it."""
    assert [str(on) for on in DAYS[:3]] == [day["on"] for day in lived.first.document["days"][:3]]
    for found, days in ((lived.first, DAYS[:3]), (lived.later, DAYS[3:])):  # refusals were recorded between
        for on, day in zip(days, found.document["days"], strict=False):
            by_action: dict[str, Counter[str]] = defaultdict(Counter)
            for (_, action), reason in lived.verdicts[on].items():
                by_action[action][reason] += 1
            told = {action: (one["exported"], one["suppressed"]) for action, one in day["actions"].items() if one["selected"]}
            assert {action: (many[""], {reason: many[reason] for reason in many if reason}) for action, many in by_action.items()} == told


def test_results_are_taken_into_account(lived: Lived) -> None:
    """With the folder of the exports, refusals that were recorded bind in a forecast, as they do in the next export."""
    refused = [one["actions"] for one in (lived.first.document["days"][3], lived.later.document["days"][0])]
    assert refused[0] != refused[1]


def test_load_of_managers(lived: Lived) -> None:
    """The contacts of managers are those of the lists; median, most, quota, who waits and how long follow from the days."""
    days = DAYS[3:]
    public = {code for code, one in lived.week.book.channels.items() if one["public"]}
    for on, day in zip(days, lived.later.document["days"], strict=True):
        contacts: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in lived.rows[on]:
            if row["channel"] not in public:
                contacts[row["branch"], row["manager"]].add(row["customer_id"])
        told = {(one["branch"], one["manager"]): one["contacts"] for one in day["managers"] if one["contacts"]}
        assert {owner: len(customers) for owner, customers in contacts.items()} == told
    loads: dict[tuple[str, str], list[int]] = defaultdict(list)
    for owner in {(one["branch"], one["manager"]) for day in lived.later.document["days"] for one in day["managers"]}:
        for day in lived.later.document["days"]:
            mine = [one["contacts"] for one in day["managers"] if (one["branch"], one["manager"]) == owner]
            loads[owner].append(mine[0] if mine else 0)
    for row in lived.later.document["managers"]:
        mine = loads.pop((row["branch"], row["manager"]))
        assert (median(mine), max(mine)) == (row["median"], row["most"])
        assert row["quota"] == (None if row["manager"] == "unassigned" else QUOTAS.get(row["manager"], 7))
    assert not loads


def test_who_waits_and_how_long(lived: Lived) -> None:
    """Who waits at the end is whom the last export had no place for; the longest wait is that of all, whether it ended or not."""
    owner = {(row["customer_id"], row["action"]): (row["branch"], row["manager"]) for rows in lived.rows.values() for row in rows}
    for part in ("lists", "lists.private"):
        for path in lived.week.folder.glob(f"{part}/*/suppressed.csv"):
            owner |= {(row["customer_id"], row["action"]): (row["branch"], row["manager"]) for row in read_rows(path)}
    since: dict[tuple[str, str], dt.date] = {}
    longest: Counter[tuple[str, str]] = Counter()
    waiting: dict[tuple[str, str], set[str]] = {}
    some = 0
    for on in DAYS:
        full = [key for key, reason in lived.verdicts[on].items() if reason == "manager_quota"]
        later = [key for key, reason in lived.verdicts[on].items() if reason in {"manager_quota", "one_contact_a_day"}]
        spoken = {(row["customer_id"], row["action"]) for row in lived.rows[on] if row["channel"] != "sms"}
        ended = [key for key in spoken if key in since]
        before, since = since, {key: since.get(key, on) for key in later}
        waiting = defaultdict(set)
        for one, action in [*full, *ended]:
            if action != "REASSESS" and on >= DAYS[3]:
                begun = since.get((one, action), before.get((one, action), on))
                longest[owner[one, action]] = max(longest[owner[one, action]], (on - begun).days)
        for one, action in full:
            if action != "REASSESS":
                waiting[owner[one, action]].add(one)
        if on >= DAYS[3]:
            day = next(day for day in lived.later.document["days"] if day["on"] == str(on))
            told = {(row["branch"], row["manager"]): row["waiting"] for row in day["managers"] if row["waiting"]}
            assert {key: len(customers) for key, customers in waiting.items()} == told
            some += len(told)
    told = {(row["branch"], row["manager"]): (row["waiting"], row["longest_wait"]) for row in lived.later.document["managers"]}
    assert {key: (len(waiting.get(key, ())), longest[key]) for key in told} == told
    assert max(longest.values()) > 2
    assert some


def test_what_never_gets_a_turn(lived: Lived) -> None:
    """By action: who was due, who was told, and the last reason of most others; whatever nobody was told of is named."""
    told, stopped = lived.told_and_stopped(DAYS[3:])
    rows = {row["action"]: row for row in lived.later.document["actions"]}
    for action, row in rows.items():
        due = len(told[action]) + len(stopped.get(action, {}))
        assert (due, len(told[action])) == (row["due"], row["told"])
        assert row["never_percent"] == (100 * (due - len(told[action])) // due if due else 0)
        reasons = Counter(stopped.get(action, {}).values())
        assert row["stopped"] == max(reasons.values(), default=0)
        assert reasons[row["reason"]] == row["stopped"] if reasons else row["reason"] == ""
    silent = {row["code"]: row for row in lived.later.document["never"] if row["kind"] == "action"}
    assert {action for action in rows if not told[action]} == {*silent}
    assert {"nobody_due"} == {row["reason"] for code, row in silent.items() if not rows[code]["due"]}
    assert any(rows[code]["due"] for code in silent)


def test_topics_that_nobody_hears_of(lived: Lived) -> None:
    """A topic of one action is silent where its action is; whatever a list names as its product is not."""
    book, labels = lived.week.book, {code: one["label"] for code, one in lived.week.book.products.items()}
    silent = {row["code"]: row["reason"] for row in lived.later.document["never"] if row["kind"] == "topic"}
    actions = {row["action"]: row["told"] for row in lived.later.document["actions"]}
    alone = Counter(code for action in actions for code in book.actions[action].get("topics", ()))
    for action, told in actions.items():
        topics = book.actions[action].get("topics", ())
        if len(topics) == 1 and alone[topics[0]] == 1:
            assert (topics[0] in silent) == (not told)
    named: set[str] = set()
    for on in DAYS[3:]:
        for part in ("lists", "lists.private"):
            for path in (lived.week.folder / part / str(on)).glob("branches/*/*.csv"):
                named.update(word for row in read_rows(path) for word in row["产品"].split("、"))
    assert named
    assert not named & {labels[code] for code in silent}


def test_nothing_is_written(lived: Lived) -> None:
    """A forecast leaves every file, note and lock as it was, with and without the folder of the exports."""
    assert [True, True] == lived.untouched


def test_days_ahead_are_working_days() -> None:
    """Days off are left out, a day off to begin with gives the next working day, and each window reaches up to the next one."""
    is_working = working_days(CalendarFile())
    windows = list(windows_ahead(dt.date(2016, 2, 6), 3, is_working))  # a working Saturday before 春节
    assert [dt.date(2016, 2, 6), dt.date(2016, 2, 14), dt.date(2016, 2, 15)] == [day_date(one.first) for one in windows]
    assert dt.date(2016, 2, 13) == day_date(windows[0].last)
    (first,) = windows_ahead(dt.date(2016, 1, 9), 1, is_working)
    assert dt.date(2016, 1, 11) == day_date(first.first)


@pytest.fixture(name="branch")
def _branch(tmp_path: Path) -> list[str]:
    """Return the command for a small branch with a private client."""
    people = {"G1": customer(1), "G2": customer(2, manager="M02"), "P1": customer(3)}
    run = make_run(tmp_path / "out", {one: (600_000, 9_000_000 if one == "P1" else 600_000) for one in people})
    write_customers(tmp_path / "customers.csv", people)
    write_events(tmp_path / "events.csv", [(one, "maturity", "", "2016-01-07", "三年定期", "1.00") for one in people])
    files = ("--customers", str(tmp_path / "customers.csv"), "--events", str(tmp_path / "events.csv"))
    return ["playbook", "forecast", str(run), *files, "--on", "2016-01-05", "--rules", str(RULES)]


def test_no_customer_is_named(branch: list[str]) -> None:
    """Neither the tables nor the document hold an id, a name or a number; private clients are counted like others."""
    shown, document = vip(*branch, "--days", "4"), vip(*branch, "--days", "4", "--json")
    assert (0, 0) == (shown.returncode, document.returncode)
    assert 4 == len(json.loads(document.stdout)["days"])
    met = next(one for one in json.loads(document.stdout)["actions"] if one["action"] == "P-MEET")
    assert (1, 1) == (met["due"], met["told"])
    for text in (shown.stdout, shown.stderr, document.stdout):
        assert not [word for word in ("G1", "G2", "P1", "王小明", "138000", "wx1") if word in text.replace("P-", "").replace("G-", "")]
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--days", "0"], 2, "vip: --days: must be 1 to 250\n"),
        (["--days", "251"], 2, "vip: --days: must be 1 to 250\n"),
        (["--private-out", "x"], 2, "vip: --private-out: needs --lists, whose private part it is\n"),
        (["--lists", "nowhere"], 4, "nowhere"),
        (["--on", "2016-03-30", "--days", "4"], 0, "from 2016-04-01 on the lists go by the run of a newer quarter; here they go by 2015Q4"),
        (["--on", "2016-07-01"], 4, "[run-unfit]"),
    ],
)
def test_what_cannot_be_meant(branch: list[str], arguments: list[str], code: int, message: str) -> None:
    """Days that say nothing, a private part of nothing, a folder that is not there, an old run: one line, nothing shown."""
    done = vip(*branch, *arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert bool(done.stdout) == (code == 0)


def test_first_export_is_forecast_from_no_folder(branch: list[str], tmp_path: Path) -> None:
    """Without the folder of the exports nothing is remembered, though one lies beside."""
    fresh = json.loads(vip(*branch, "--days", "1", "--json").stdout)
    export = ["export", *branch[2:], "--out", str(tmp_path / "lists"), "--quiet"]
    assert 0 == vip("playbook", *export).returncode
    again = json.loads(vip(*branch, "--days", "1", "--json").stdout)
    assert fresh == again
    on = branch.index("2016-01-05")
    later = [*branch[:on], "2016-01-06", *branch[on + 1 :], "--days", "1", "--json"]
    (remembering,) = json.loads(vip(*later, "--lists", str(tmp_path / "lists")).stdout)["days"]
    assert 0 == remembering["actions"]["G-CALL-1"]["exported"]
    assert 3 == fresh["days"][0]["actions"]["G-CALL-1"]["exported"]
