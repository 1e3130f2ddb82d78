"""What contacts bring: the effect of invented campaigns is found, by frames for a hundred seeds and by real runs and exports for one.

Every figure is held against a second computation; what counts is worked out by hand on a few customers.
"""

from __future__ import annotations

import json
import math
import os
import re
import statistics
import subprocess
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from wcwidth import wcswidth

from tests.helpers import RULES, vip
from tests.lists.exporting import customer, export, make_run, read_rows, rules_with_control, write_customers, write_rows
from vip_tiering import compute_tiers, load_rules
from vip_tiering.analysis.effect.figures import LATER, Figures, effect_of, groups_of
from vip_tiering.analysis.effect.intervals import mean_intervals, share_interval, wilson
from vip_tiering.lists.selection.control import control_group

SEEDS: Final = range(100 if os.environ.get("VIP_SEEDS") == "all" else 50)
ENOUGH: Final = 95 if len(SEEDS) == 100 else 46
"""With VIP_SEEDS=all a hundred seeds are tried, of which 95 must tell the truth; else fifty."""
CUSTOMERS: Final = 2_000
DAYS_BEFORE, DAYS_AFTER = 92, 91
SHARE: Final = Fraction(1, 10)
TAKERS: Final = 0.1
"""So many of the contacted follow a campaign."""
BROUGHT: Final = 40_000
"""Yuan that each of them brings on average; most bring less, a few much more."""
TRUE_EFFECT: Final = TAKERS * BROUGHT


def world(seed: int, kind: str, *, works: bool) -> tuple[pd.DataFrame, Figures, Figures]:
    """Return what exports tell of a campaign, and the figures before and after it: balances are lognormal, and so is what is brought.

    `kind`: what happens to balances without any contact. The groups are those that a hash draws of the ids of the seed.
    """
    rng = np.random.default_rng(seed)
    ids = pa.array([f"{kind}{seed:03}-{number:05}" for number in range(CUSTOMERS)])
    held = rng.lognormal(11, 1.2, CUSTOMERS)
    change = held * rng.normal(0, 0.05, CUSTOMERS)
    moving = rng.random(CUSTOMERS) < 0.08
    if kind == "restless":
        change = held * rng.normal(0, 0.2, CUSTOMERS)
    elif kind == "inflows":
        change += np.where(moving, rng.lognormal(11, 1.5, CUSTOMERS), 0)
    elif kind == "outflows":
        change -= np.where(moving, held * rng.random(CUSTOMERS), 0)
    control = control_group(ids, "E-SMS-1", SHARE)
    brought = np.where(rng.random(CUSTOMERS) < TAKERS, rng.lognormal(math.log(BROUGHT) - 0.5, 1, CUSTOMERS), 0)
    later = held + change + np.where(control, 0, brought if works else 0)
    rows = pd.DataFrame({"customer_id": ids, "action": "E-SMS-1", "day": "2016-01-05", "standing": np.where(control, "control", "listed")})
    return rows, figures(ids, held, DAYS_BEFORE), figures(ids, later, DAYS_AFTER)


def figures(ids: pa.Array, yuan: np.ndarray[Any, Any], days: int) -> Figures:
    """Return the figures of customers who hold so much all quarter."""
    fen = np.round(yuan * 100).astype(np.int64)
    level = np.searchsorted([2_000_000, 10_000_000, 50_000_000], fen, side="right")
    return Figures(pd.DataFrame({"customer_id": ids.to_pandas(), "fen_days": fen * days, "closing_fen": fen, "level": level}), days)


def found(seed: int, kind: str, *, works: bool) -> Mapping[str, Any]:
    """Return the measures of a world."""
    rows, before, after = world(seed, kind, works=works)
    document = effect_of("E-SMS-1", groups_of(rows), before, after)
    assert document["enough"]
    measures: Mapping[str, Any] = document["measures"]
    return measures


KINDS: Final = ("restless", "inflows", "outflows")


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_effect_is_found(kind: str) -> None:
    """The true effect of a campaign lies within the interval in 95 of 100 seeds (46 of 50), however balances move by themselves."""
    told = [found(seed, kind, works=True) for seed in SEEDS]
    hits = {
        name: sum(float(one[name]["low"]) <= TRUE_EFFECT <= float(one[name]["high"]) for one in told)
        for name in ("daily_average", "closing_balance")
    }
    width = statistics.median(float(one["closing_balance"]["high"]) - float(one["closing_balance"]["low"]) for one in told)
    shown = sum(not one["closing_balance"]["may_be_chance"] for one in told)
    print(f"{kind}: true effect {TRUE_EFFECT:,.0f} yuan, within the interval in {hits} of {len(SEEDS)} seeds")  # noqa: T201
    print(f"{kind}: median width {width:,.0f} yuan; told from chance in {shown}")  # noqa: T201
    assert min(hits.values()) >= ENOUGH


@pytest.mark.parametrize("kind", KINDS)
def test_no_effect_is_taken_for_chance(kind: str) -> None:
    """Where a campaign brings nothing, about 95 of 100 intervals of each measure hold 0."""
    told = [found(seed, kind, works=False) for seed in SEEDS]
    chance = {name: sum(one[name]["may_be_chance"] for one in told) for name in ("daily_average", "closing_balance", "rose", "fell")}
    print(f"{kind}: no effect, intervals that hold 0: {chance} of {len(SEEDS)}")  # noqa: T201
    assert min(chance.values()) >= 0.9 * len(SEEDS)


# real runs and exports

EXPORT_DAYS: Final = ("2016-01-05", "2016-01-06", "2016-01-12")
BROUGHT_ON: Final = "2016-01-20"
DAYS_WITH_IT: Final = 72
"""From that day to the end of the quarter."""


class Campaign(NamedTuple):
    """A branch that sent messages with a control group, and the runs before and after."""

    lists: Path
    before: Path
    after: Path
    rules: Path


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Return a branch of lognormal balances whose customers bring money where a message of one action reached them."""
    root = tmp_path_factory.mktemp("campaign")
    rng = np.random.default_rng(16)
    ids = [f"C{number:05}" for number in range(1_500)]
    third, fourth, later = (rng.lognormal(10.8, 0.6, len(ids)).round() for _ in range(3))
    fourth = (third * rng.lognormal(0, 0.1, len(ids))).round()
    later = (fourth * rng.lognormal(0, 0.1, len(ids))).round()
    before = make_run(root / "out", {one: (int(a), int(b)) for one, a, b in zip(ids, third, fourth, strict=True)})
    people = {one: customer(number, manager=f"M{number % 30:02}") for number, one in enumerate(ids)}
    people["C00007"]["private_client"] = "Y"
    file = write_customers(root / "customers.csv", people)
    rules = rules_with_control(root, {"E-SMS-1": "20%"})
    for day in EXPORT_DAYS:
        done = export(before, file, root / "lists", "--rules", rules, on=day)
        assert 0 == done.returncode, done.stderr
    reached = {
        row["customer_id"] for day in EXPORT_DAYS for row in read_rows(root / "lists" / day / "contacts.csv") if row["action"] == "E-SMS-1"
    }
    takes = rng.random(len(ids)) < TAKERS
    brought = np.where(takes & np.isin(ids, sorted(reached)), rng.lognormal(math.log(BROUGHT) - 0.5, 1, len(ids)), 0).round()
    rows = [("2015-12-31", one, int(yuan)) for one, yuan in zip(ids, fourth, strict=True)]
    gone = set(ids[100:110])
    rows += [("2016-01-01", one, 0 if one in gone else int(yuan)) for one, yuan in zip(ids, later, strict=True)]
    rows += [(BROUGHT_ON, one, int(a + b)) for one, a, b in zip(ids, later, brought, strict=True) if b and one not in gone]
    changes = [(day, one, f"{yuan}.00") for day, one, yuan in rows]
    path = write_rows(root / "later.csv", ("date", "customer_id", "balance"), changes)
    after = compute_tiers(path, "2016Q1", rules=load_rules(RULES), kind="changes", previous=before).write(root / "out")
    return Campaign(root / "lists", before, after, rules)


def effect(campaign: Campaign, *arguments: object, **runs: Path) -> subprocess.CompletedProcess[str]:
    """Run `vip playbook effect`."""
    one = campaign._replace(**runs)
    return vip("playbook", "effect", one.lists, one.before, one.after, "--rules", one.rules, *arguments)


def exported(campaign: Campaign) -> dict[str, dict[str, str]]:
    """Return what exports tell of the action, by the test's own reading: customer -> day -> "" or the gate."""
    told: dict[str, dict[str, str]] = {}
    for day in EXPORT_DAYS:
        for root in (campaign.lists, campaign.lists.with_name("lists.private")):
            for file in ("contacts.csv", "suppressed.csv"):
                for row in read_rows(root / day / file) if (root / day / file).exists() else ():
                    if row["action"] == "E-SMS-1":
                        told.setdefault(row["customer_id"], {})[day] = row.get("reason", "")
    return told


def test_a_control_group_is_never_contacted(campaign: Campaign) -> None:
    """The same customers are held back on every day, and no list or message of any day names them for the action."""
    told = exported(campaign)
    held_back = {one for one, days in told.items() if "control_group" in days.values()}
    assert 150 < len(held_back) < 300
    assert {"control_group"} == {reason for one in held_back for reason in told[one].values() if reason in ("", "control_group", *LATER)}
    always = [one for one in held_back if len(told[one]) == len(EXPORT_DAYS)]
    assert len(always) > 150
    messages: set[str] = set()
    for day in EXPORT_DAYS:
        rows = read_rows(campaign.lists / day / "sms.csv")
        messages |= {one for row in rows if row["action"] == "E-SMS-1" for one in row["customer_id"].split("|")}
        counts = json.loads((campaign.lists / day / "manifest.json").read_text("utf-8"))["actions"]["E-SMS-1"]
        assert counts["selected"] == counts["exported"] + sum(counts["suppressed"].values())
        assert counts["suppressed"].get("control_group", 0) == sum(days.get(day) == "control_group" for days in told.values())
    assert len(messages) > 900
    assert not messages & held_back


def test_the_effect_of_a_real_campaign_is_found(campaign: Campaign) -> None:
    """By real runs and exports the true effect on each who was listed lies within its interval; every count is that of the files."""
    done = effect(campaign, "--json")
    assert (0, "") == (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    (one,) = document["actions"]
    told = exported(campaign)
    listed = {customer for customer, days in told.items() if "" in days.values()}
    held_back = {customer for customer, days in told.items() if "control_group" in days.values()}
    waiting = {customer for customer, days in told.items() if set(days.values()) & set(LATER)} - listed
    after = tiers_of(campaign.after)
    assert {"contacted": len(listed | waiting), "control": len(held_back)} == one["customers"]
    assert (len(listed), len(waiting)) == (one["listed"], one["waiting"])
    assert {"contacted": len((listed | waiting) - after.keys()), "control": len(held_back - after.keys())} == one["left"]
    assert sum(one["left"].values()) > 0
    for name, true in (("closing_balance", TRUE_EFFECT), ("daily_average", TRUE_EFFECT * DAYS_WITH_IT / DAYS_AFTER)):
        measure = one["measures"][name]["per_listed"]
        print(f"{name}: true {true:,.0f}, found {measure['difference']} ({measure['low']} to {measure['high']})")  # noqa: T201
        assert float(measure["low"]) <= true <= float(measure["high"])
    assert differences(campaign, listed | waiting, held_back) == pytest.approx(
        {name: float(one["measures"][name]["difference"]) for name in ("daily_average", "closing_balance")}, abs=0.02
    )


def tiers_of(run: Path) -> dict[str, dict[str, str]]:
    """Return the customers of a run."""
    return {row["customer_id"]: row for row in read_rows(run / "tiers.csv")}


def differences(campaign: Campaign, contacted: set[str], control: set[str]) -> dict[str, float]:
    """Return the differences of mean changes by the printed amounts of both runs; who left has nothing."""
    before, after = tiers_of(campaign.before), tiers_of(campaign.after)

    def mean(customers: set[str], column: str) -> float:
        nothing = {column: "0.00"}
        return float(
            statistics.mean(Fraction(after.get(one, nothing)[column]) - Fraction(before[one][column]) for one in sorted(customers))
        )

    return {column: mean(contacted, column) - mean(control, column) for column in ("daily_average", "closing_balance")}


def test_what_people_see(campaign: Campaign) -> None:
    """The table fits 80 columns in both languages, tells the groups, and names no customer."""
    for lang, words in (("en", ("contacted", "control", "95% interval")), ("zh", ("联系组", "对照组", "95%区间"))):
        done = effect(campaign, "--lang", lang)
        assert (0, "") == (done.returncode, done.stderr)
        print(done.stdout)  # noqa: T201
        assert all(word in done.stdout for word in words)
        assert max(wcswidth(line) for line in done.stdout.splitlines()) <= 80
        assert "C0" not in done.stdout
        assert lang == "en" or not re.search("[a-z]{2}", done.stdout)


def test_questions_that_have_no_answer(campaign: Campaign, tmp_path: Path) -> None:
    """Each is one line with its exit code: no exports, none between the runs, runs in the wrong order, one run twice, no control group."""
    empty = tmp_path / "empty"
    empty.mkdir()
    cases: list[tuple[int, str, subprocess.CompletedProcess[str]]] = [
        (4, "no export between 2015-12-31 and 2016-03-31", effect(campaign, lists=empty)),
        (
            4,
            "no export between 2015-09-30 and 2015-12-31",
            effect(campaign, before=campaign.before.with_name("2015Q3"), after=campaign.before),
        ),
        (4, "2015Q4: is a run of 2015Q4, before 2016Q1", effect(campaign, before=campaign.after, after=campaign.before)),
        (4, "2016Q1: is a run of the same quarter", effect(campaign, before=campaign.after)),
        (4, "there is no such run folder", effect(campaign, after=tmp_path / "2016Q1")),
        (
            2,
            "--action: E-SMS-2 has no control group in these exports; those that have one: E-SMS-1",
            effect(campaign, "--action", "E-SMS-2"),
        ),
        (2, "--action: E-SMS-9 has no control group in these exports", effect(campaign, "--action", "E-SMS-9")),
    ]
    for status, line, done in cases:
        assert (status, "") == (done.returncode, done.stdout), line
        assert line in done.stderr
        assert done.stderr.count("\n") == 1
    assert effect(campaign, "--action", "E-SMS-1").returncode == 0


def test_exports_without_any_control_group(campaign: Campaign, tmp_path: Path) -> None:
    """Where no action has a control group, the answer says what to write."""
    people = write_customers(tmp_path / "customers.csv", {f"C{number:05}": customer(number) for number in range(5)})
    assert export(campaign.before, people, tmp_path / "lists").returncode == 0
    done = effect(campaign, lists=tmp_path / "lists")
    assert 4 == done.returncode
    assert 'write control_group: "10%" beside an action of playbooks.yaml' in done.stderr


# by hand


def small(levels: Mapping[str, tuple[int, int]]) -> tuple[Figures, Figures]:
    """Return figures of customers, by tier before and after, who hold 100 yuan more for each tier; -1: absent."""
    sides = []
    for side, days in ((0, DAYS_BEFORE), (1, DAYS_AFTER)):
        there = {one: pair[side] for one, pair in levels.items() if pair[side] >= 0}
        fen = np.array([level * 10_000 for level in there.values()], np.int64)
        frame = {"customer_id": list(there), "fen_days": fen * days, "closing_fen": fen, "level": list(there.values())}
        sides.append(Figures(pd.DataFrame(frame), days))
    return sides[0], sides[1]


def rows_of(*told: tuple[str, str, str]) -> pd.DataFrame:
    """Return rows of exports: customer, day, standing."""
    return pd.DataFrame(
        [(one, "E-SMS-1", day, standing) for one, day, standing in told], columns=["customer_id", "action", "day", "standing"]
    )


def test_who_counts() -> None:
    """Listed or waiting is contacted; before the control group began nothing counts; who was on either side, or is new, is left out."""
    rows = rows_of(
        *(("early", "2016-01-04", "listed"), ("A", "2016-01-05", "waiting"), ("A", "2016-01-06", "listed")),
        *(("B", "2016-01-05", "waiting"), ("K", "2016-01-05", "control"), ("K", "2016-01-06", "control")),
        *(("both", "2016-01-05", "listed"), ("both", "2016-01-06", "control"), ("new", "2016-01-06", "listed")),
        ("gone", "2016-01-06", "control"),
    )
    before, after = small({"A": (1, 2), "B": (1, 1), "K": (2, 1), "both": (1, 1), "new": (-1, 1), "gone": (1, -1), "early": (1, 1)})
    told = effect_of("E-SMS-1", groups_of(rows), before, after)
    expected = {"customers": {"contacted": 2, "control": 2}, "listed": 1, "waiting": 1, "left": {"contacted": 0, "control": 1}}
    assert expected | {"action": "E-SMS-1", "not_in_run_before": 1, "in_both_groups": 1, "enough": False, "measures": {}} == told


def test_few_customers_are_not_told() -> None:
    """With 29 in a group nothing is told, with 30 everything: the exact differences, who left with nothing and fallen."""
    for size in (29, 30):
        told = [(f"A{number}", "2016-01-05", "listed") for number in range(60)]
        told += [(f"K{number}", "2016-01-05", "control") for number in range(size)]
        levels = {one: (1, 2 if one in ("A0", "A1", "A2") else 1) for one, _, _ in told} | {"K0": (2, -1)}
        one = effect_of("E-SMS-1", groups_of(rows_of(*told)), *small(levels))
        assert one["enough"] == (size == 30) == bool(one["measures"])
    money, closing, rose, fell = (one["measures"][name] for name in ("daily_average", "closing_balance", "rose", "fell"))
    assert ("5.00", "-6.67", "11.67") == (closing["contacted"], closing["control"], closing["difference"])
    assert money == closing
    assert ("5.0", "0.0", "5.0") == (rose["contacted"], rose["control"], rose["difference"])
    assert ("0.0", "3.3", "-3.3") == (fell["contacted"], fell["control"], fell["difference"])


def test_the_effect_on_the_listed() -> None:
    """Where a third of the contacted still wait, the effect on each who was listed is half as large again."""
    told = [(f"A{number}", "2016-01-05", "waiting" if number < 30 else "listed") for number in range(90)]
    told += [(f"K{number}", "2016-01-05", "control") for number in range(40)]
    levels = {one: (1, 2 if one.startswith("A") and standing == "listed" else 1) for one, _, standing in told}
    one = effect_of("E-SMS-1", groups_of(rows_of(*told)), *small(levels))["measures"]["closing_balance"]
    assert ("66.67", "100.00") == (one["difference"], one["per_listed"]["difference"])
    assert float(one["per_listed"]["low"]) == pytest.approx(float(one["low"]) * 1.5, abs=0.02)


# intervals against a second computation


def test_the_interval_of_means_is_that_of_all_drawings() -> None:
    """The bounds are those of every possible drawing of lots: an effect is within them as long as taking it away leaves nothing odd."""
    rng = np.random.default_rng(3)
    values = np.round(rng.lognormal(6, 1, 14)).astype(np.int64)
    control = np.arange(14) < 5
    (interval,) = mean_intervals([values], control)
    assert interval.difference == statistics.mean(map(Fraction, values[~control].tolist())) - statistics.mean(
        map(Fraction, values[control].tolist())
    )

    def odd(effect: float, *, above: bool) -> float:
        """Return in how many of all drawings the difference is at least as far out, once the effect is taken away."""
        rest = values - np.where(control, 0, effect)
        total = rest.sum()
        drawn = [rest[list(lots)].sum() for lots in combinations(range(14), 5)]
        means = [(total - one) / 9 - one / 5 for one in drawn]
        mine = rest[~control].mean() - rest[control].mean()
        return sum((one >= mine - 1e-9) if above else (one <= mine + 1e-9) for one in means) / len(means)

    assert odd(interval.low, above=True) == pytest.approx(0.025, abs=0.008)
    assert odd(interval.high, above=False) == pytest.approx(0.025, abs=0.008)


def test_bounds_move_with_the_money() -> None:
    """With an effect added to all contacted both bounds move by it; in fen or in yuan they are the same; the same call says the same."""
    rng = np.random.default_rng(4)
    values = np.round(rng.lognormal(12, 1.5, 400)).astype(np.int64)
    control = rng.random(400) < 0.2
    plain, moved, finer = mean_intervals([values, values + np.where(control, 0, 5_000), values * 100], control)
    assert moved.difference - plain.difference == 5_000
    assert (moved.low - plain.low, moved.high - plain.high) == pytest.approx((5_000, 5_000))
    assert (finer.low, finer.high) == pytest.approx((plain.low * 100, plain.high * 100))
    assert [plain] == mean_intervals([values], control)


@pytest.mark.parametrize(
    ("contacted", "control", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_shares_is_newcombes(contacted: tuple[int, int], control: tuple[int, int], low: float, high: float) -> None:
    """The bounds are those that Newcombe (1998, table II, method 10) prints."""
    interval = share_interval(contacted, control)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)
    assert interval.difference == Fraction(*contacted) - Fraction(*control)


@pytest.mark.parametrize(("many", "of"), [(0, 30), (1, 30), (15, 30), (81, 263), (15, 148), (1, 29)])
def test_wilsons_bounds_solve_their_equation(many: int, of: int) -> None:
    """At each bound the share that was found is 1.96 standard deviations away."""
    for bound in wilson(many, of):
        assert abs(many / of - bound) == pytest.approx(1.959964 * math.sqrt(max(bound * (1 - bound), 0) / of), abs=1e-6)
