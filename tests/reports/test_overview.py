"""`vip report --json`: every figure by a second way of counting, from the files of the run; customers masked; no language changes it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter, defaultdict
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from tests.helpers import RULES, read_csv, read_tiers, vip
from tests.lists.exporting import write_rows
from tests.reports.reported import Done
from tests.reports.test_change_report import NAMES, UNLISTED, WORLD, make_runs, write_people
from vip_tiering.base.money import wan_text
from vip_tiering.base.words import LANGUAGES, Pair
from vip_tiering.reports.overview import words
from vip_tiering.reports.overview.document import rows_of
from vip_tiering.reports.overview.groups import days_of_lists, lists_of
from vip_tiering.reports.overview.over_time import daily_of

CODES = ("private", "pre_private", "gold_diamond", "gold", "silver", "effective", "untiered")


def report(run: Path, *arguments: object) -> dict[str, Any]:
    """Return what `vip report --json` says, by the project's rules."""
    done = vip("report", run, "--json", "--rules", RULES, *arguments)
    assert (done.returncode, "unexpected" in done.stderr) == (0, False), done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the runs 2014Q4, 2015Q3 and 2015Q4, and a customer file."""
    folder = tmp_path_factory.mktemp("overview")
    make_runs(folder / "out")
    write_people(folder / "customers.csv")
    return folder


@pytest.fixture(scope="module")
def said(home: Path) -> dict[str, Any]:
    """Return what the report of 2015Q4 says."""
    return report(home / "out" / "2015Q4", "--customers", home / "customers.csv")


def manifest(run: Path) -> dict[str, Any]:
    """Return the manifest of a run."""
    document: dict[str, Any] = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    return document


def cents(text: str) -> int:
    """Return yuan as fen."""
    return int(Decimal(text) * 100)


def test_tiers_are_those_of_the_run_and_of_the_runs_before(home: Path, said: dict[str, Any]) -> None:
    """Customers and sums of averages of this quarter, the one before and last year's fourth are those of the runs, to the fen."""
    rows = {row["tier"]: row for row in said["tables"]["tiers"]}
    assert list(rows) == [*CODES, ""]
    for side, quarter in (("", "2015Q4"), ("previous_", "2015Q3"), ("last_year_", "2014Q4")):
        tiers = read_tiers(home / "out" / quarter).values()
        for code, row in rows.items():
            of_tier = [one for one in tiers if code in ("", one["tier"])]
            days = of_tier[0]["quarter_days"] if of_tier else 1
            counted = (len(of_tier), sum(one["fen_days"] for one in of_tier) // days)
            assert (row[f"{side}customers"], cents(row[f"{side}daily_average_sum"])) == counted, (side, code)
    for row in rows.values():
        assert row["customers_change"] == row["customers"] - row["previous_customers"]
        assert row["last_year_customers_change"] == row["customers"] - row["last_year_customers"]
        for change, before in (("daily_average_change", "previous_"), ("last_year_daily_average_change", "last_year_")):
            assert cents(row[change]) == cents(row["daily_average_sum"]) - cents(row[f"{before}daily_average_sum"])
        assert row["customers_share"] == (Decimal(row["customers"] * 1000) / rows[""]["customers"] + Decimal("0.5")).to_integral(
            ROUND_FLOOR
        )


def test_what_the_run_says_is_told_as_it_stands(home: Path, said: dict[str, Any]) -> None:
    """Migration, outlook, bounds of tiers, filled days, files and the head are those of the run's files, cell by cell."""
    run, tables = home / "out" / "2015Q4", said["tables"]
    names = ("from_tier", "to_tier", "customers", "daily_average_sum", "previous_daily_average_sum")
    assert [tuple(str(row[name]) for name in names) for row in tables["migration"]] == [
        tuple(row[name] for name in names) for row in read_csv(run / "migration.csv")
    ]
    states = Counter((row["tier"], row["state"]) for row in read_csv(run / "outlook.csv"))
    assert {
        (row["tier"], state): number for row in tables["outlook"] for state, number in row.items() if number and state != "tier"
    } == states
    document = manifest(run)
    assert tables["ladder"] == [{"tier": one["code"], "bound": one["min"]} for one in reversed(document["rules"]["tiers"])]
    assert tables["inputs"] == [{name: one[name] for name in tables["inputs"][0]} for one in document["inputs"]]
    assert (said["absent"]["filled"], document["filled_days"]) == ("none_filled", [])
    assert (said["customers"], said["daily_average_sum"]) == (document["customers"], document["daily_average_sum"])
    history = {(row["quarter"], row["tier"]): (row["customers"], row["daily_average_sum"]) for row in tables["history"]}
    for quarter in ("2014Q4", "2015Q3", "2015Q4"):
        one = manifest(home / "out" / quarter)
        assert history[quarter, ""] == (one["customers"], one["daily_average_sum"])
        for tier in one["tiers"]:
            assert history[quarter, tier["code"]] == (tier["customers"], tier["daily_average_sum"])


def test_spread_is_counted_customer_by_customer(home: Path, said: dict[str, Any]) -> None:
    """Bands around bounds and what the first percents hold are what counting customers one by one gives."""
    run, tables = home / "out" / "2015Q4", said["tables"]
    tiers = sorted(read_tiers(run).values(), key=lambda one: -one["fen_days"])
    for row in tables["bounds"]:
        low, high = (Decimal(row["bound"]) * (100 + row[name]) for name in ("from_percent", "to_percent"))
        within = [one["daily_average_fen"] for one in tiers if low <= one["daily_average_fen"] < high]
        assert (row["customers"], cents(row["daily_average_sum"])) == (len(within), sum(within)), row
    assert sum(row["customers"] for row in tables["bounds"]) > 0
    whole = sum(one["fen_days"] for one in tiers) // 92
    for row in tables["concentration"]:
        first = tiers[: -(-len(tiers) * row["first_percent"] // 100)]
        amount = sum(one["fen_days"] for one in first) // 92
        assert (row["customers"], cents(row["daily_average_sum"])) == (len(first), amount)
        assert row["daily_average_share"] == int(Decimal(amount * 1000) / whole + Decimal("0.5"))


def test_need_is_what_outlook_csv_says(home: Path, said: dict[str, Any]) -> None:
    """Money that would lift who is near the next tier adds up to the deposits of outlook.csv, by target and size."""
    wanted: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in read_csv(home / "out" / "2015Q4" / "outlook.csv"):
        if row["state"] == "near_up":
            fen = cents(row["deposit_for_next"])
            band = "to_10000" if fen <= 10**6 else "to_100000" if fen <= 10**7 else "to_1000000" if fen <= 10**8 else "above"
            count, amount = wanted[row["next_tier"], band]
            wanted[row["next_tier"], band] = count + 1, amount + fen
    told = {(row["target"], row["band"]): row for row in said["tables"]["need"] if row["direction"] == "lift"}
    assert {key: (row["customers"], cents(row["deposit_now"])) for key, row in told.items()} == wanted
    assert wanted


def test_branches_and_managers_add_up_to_the_run(home: Path, said: dict[str, Any]) -> None:
    """Each branch and manager has the customers that the customer file gives them, and their averages; nobody's come last."""
    tiers, held = read_tiers(home / "out" / "2015Q4"), defaultdict(list)
    for customer, row in tiers.items():
        branch, manager = ("", "") if customer == UNLISTED or customer not in WORLD else WORLD[customer][3:]
        held[branch, manager].append(row)
    told = {(row["branch"], row["manager"]): row for row in said["tables"]["managers"]}
    assert {key: row["customers"] for key, row in told.items() if row["customers"]} == {key: len(rows) for key, rows in held.items()}
    for key, rows in held.items():
        assert cents(told[key]["daily_average_sum"]) == sum(row["fen_days"] for row in rows) // 92
    branches = {row["branch"]: row for row in said["tables"]["branches"]}
    assert list(branches)[-1] == ""
    changes = Counter(
        WORLD[row["customer_id"]][3]
        for row in read_csv(home / "out" / "2015Q4" / "changes.csv")
        if row["change"] in ("upgraded", "entered", "new") and row["customer_id"] != UNLISTED
    )
    assert {name: row["up"] for name, row in branches.items() if row["up"]} == changes
    for code in ("branches_tiers", "managers_tiers"):
        assert sum(row["customers"] for row in said["tables"][code] if row["tier"] == "") == len(tiers)


def test_more_managers_than_a_byte_can_number(tmp_path: Path) -> None:
    """A bank of 130 managers has its report on a quarter in which nobody moved and nobody is falling."""
    world: dict[str, tuple[int, int, int | None, str, str]] = {
        f"C{number:03d}": (99_000, 99_000, None, "城东支行", f"M{number:03d}") for number in range(130)
    }
    people = [(customer, branch, manager) for customer, (_, _, _, branch, manager) in world.items()]
    path = write_rows(tmp_path / "customers.csv", ("客户号", "网点", "客户经理"), people)
    managers = report(make_runs(tmp_path / "out", world), "--customers", path)["tables"]["managers"]
    of_world = [row for row in managers if row["branch"]]
    assert [1] * 130 == [int(row["customers"]) for row in of_world]
    assert [(0, 0, 1, 0)] * 130 == [tuple(int(row[name]) for name in ("up", "down", "near_up", "falling")) for row in of_world]


def test_who_moved_most_is_shown_masked(home: Path, said: dict[str, Any]) -> None:
    """The largest rises and falls come first, each as in changes.csv, and nobody's number or given name stands in the report."""
    rows = read_csv(home / "out" / "2015Q4" / "changes.csv")
    differences = sorted((Decimal(row["difference"]) for row in rows), reverse=True)
    assert [Decimal(row["difference"]) for row in said["tables"]["rose"]] == [one for one in differences if one > 0][:10]
    assert [Decimal(row["difference"]) for row in said["tables"]["fell"]] == [one for one in reversed(differences) if one < 0][:10]
    text = json.dumps(said, ensure_ascii=False)
    assert "62***" in text
    assert "欧阳先生" in text
    secrets = [*WORLD, *(name for name, _ in NAMES.values() if name), "张小明"]
    assert [one for one in secrets if one != "0007" and one in text] == []


def test_sentences_say_what_the_tables_say(said: dict[str, Any]) -> None:
    """The sentences are made of figures of the tables: the whole, who moved, the tier that changed most, who is about to."""
    balance, moved, ahead = said["sentences"]
    tables = said["tables"]
    whole = tables["tiers"][-1]
    assert (balance["sum"], balance["change"]) == (whole["daily_average_sum"], whole["daily_average_change"])
    assert balance["tiered"] == sum(row["customers"] for row in tables["tiers"][:-2]) == said["tiered"]
    most = max(tables["tiers"][:-2], key=lambda row: abs(Decimal(row["daily_average_change"])))
    assert (moved["tier"], moved["change"]) == (most["tier"], most["daily_average_change"])
    parts = next(row for row in tables["movement"] if row["tier"] == most["tier"])
    assert moved["amount"] == parts[moved["part"]]
    assert (moved["up"], moved["down"]) == tuple(sum(row[name] for row in tables["branches"]) for name in ("up", "down"))
    for state, code in (("rising", "rising"), ("falling", "falling"), ("near", "near_up")):
        assert ahead[state] == sum(row[code] for row in tables["outlook"])
    assert cents(ahead["deposit"]) == sum(cents(row["deposit_now"]) for row in tables["need"] if row["direction"] == "lift")


def test_what_is_not_known_is_left_out_and_said(home: Path) -> None:
    """Without a customer file there are no branches, without an earlier quarter no migration; the report says why."""
    first = report(home / "out" / "2015Q3")
    wanted = {"branches": "no_people", "migration": "initial", "history": None, "contacts": "no_lists", "rose": "initial"}
    assert {code: first["absent"].get(code) for code in wanted} == wanted
    assert not {"branches", "managers", "migration", "movement", "rose"} & first["tables"].keys()
    assert [one["code"] for one in first["sentences"]] == ["balance_alone", "ahead"]
    assert {row["quarter"] for row in first["tables"]["history"]} == {"2014Q4", "2015Q3"}


def test_lists_count_from_the_quarter_for_which_the_run_decides(home: Path, tmp_path: Path) -> None:
    """Of an official run these are the lists of the next quarter, of a provisional one those of its own; where none are it says so."""
    assert days_of_lists({"last_day": "2015-12-31", "status": "official"}) == (dt.date(2016, 1, 1), dt.date(2016, 3, 31))
    assert days_of_lists({"last_day": "2015-11-20", "status": "provisional"}) == (dt.date(2015, 10, 1), dt.date(2015, 12, 31))
    (tmp_path / "lists").mkdir()
    empty = report(home / "out" / "2015Q4", "--lists", tmp_path / "lists")
    assert (empty["absent"]["contacts"], empty["absent"]["actions"]) == ("no_exports", "no_exports")
    absent = vip("report", home / "out" / "2015Q4", "--lists", tmp_path / "nowhere", "--json", "--rules", RULES)
    assert (absent.returncode, absent.stdout) == (4, "")


def test_results_of_lists_are_told_by_manager_and_action() -> None:
    """All managers together stand last, without a name; who has none has an empty one; actions are summed over managers."""
    outcomes = dict.fromkeys(("recorded", "delivered", "reached", "interested", "refused", "complaints", "obstacles"), 1)
    managers = pd.DataFrame([{"branch": branch, "manager": "", "customers": 2, "contacts": 2, **outcomes} for branch in ("", "unassigned")])
    actions = pd.DataFrame([{"action": "A", "selected": 3, "exported": 2, **outcomes}] * 2)
    contacts, by_action = lists_of(Done(managers, actions))
    assert [row["branch"] for row in rows_of(contacts)] == ["", None]
    assert [(row["action"], row["selected"], row["reached"]) for row in rows_of(by_action)] == [("A", 6, 2)]


def test_an_altered_run_beside_is_left_out_of_the_history(home: Path, tmp_path: Path) -> None:
    """Of a run whose manifest was altered the history says nothing, and a warning names it; one that holds the quarter is refused."""
    shutil.copytree(home / "out", tmp_path / "out")
    old = tmp_path / "out" / "2014Q4" / "manifest.json"
    old.write_text(old.read_text(encoding="utf-8").replace('"customers": 2', '"customers": 3', 1), encoding="utf-8")
    done = report(tmp_path / "out" / "2015Q4")
    assert {row["quarter"] for row in done["tables"]["history"]} == {"2015Q3", "2015Q4"}
    assert "2014Q4: is not an intact official run; the history leaves it out" in done["warnings"]
    (tmp_path / "out" / "2015Q4" / "tiers.csv").write_bytes(b"")
    refused = vip("report", tmp_path / "out" / "2015Q4", "--json", "--rules", RULES)
    assert (refused.returncode, refused.stdout) == (4, "")


def test_days_are_those_of_daily_csv(home: Path, said: dict[str, Any]) -> None:
    """Each day and tier of daily.csv is told, and the sum of each day, which on the last day is what customers hold then."""
    rows, told = read_csv(home / "out" / "2015Q4" / "daily.csv"), said["tables"]["daily"]
    assert {(row["date"], row["tier"]): (str(row["customers"]), row["balance"]) for row in told if row["tier"]} == {
        (row["date"], row["tier"]): (row["customers"], row["balance"]) for row in rows
    }
    whole = {row["date"]: cents(row["balance"]) for row in told if not row["tier"]}
    assert len(whole) == 92
    assert whole["2015-12-31"] == sum(row["closing_fen"] for row in read_tiers(home / "out" / "2015Q4").values())
    assert {day: sum(cents(row["balance"]) for row in rows if row["date"] == day) for day in list(whole)[:3]} == dict(
        list(whole.items())[:3]
    )


def test_a_carried_day_says_from_which() -> None:
    """A day that was not delivered names in the report the day whose balances stand for it, in each tier and in their sum."""
    columns = {"date": ["2015-10-01", "2015-10-02"], "tier": ["gold"] * 2, "customers": ["1"] * 2, "balance": ["9.00"] * 2}
    table = daily_of(pa.table({**columns, "carried_from": ["", "2015-10-01"]}), ["untiered", "gold"])
    assert table.rows["carried_from"].tolist() == ["", "", "2015-10-01", "2015-10-01"]
    assert table.rows["tier"].tolist() == ["gold", "", "gold", ""]


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (9_999, "0.01"), (4_999, "0.00"), (5_000, "0.01"), (-5_000, "-0.01"), (-4_999, "0.00"), (155_519_799_356, "155,519.80")],
)
def test_amounts_are_rounded_half_away_from_zero(fen: int, text: str) -> None:
    """An amount in 万元 has two decimals and commas, and never reads -0.00."""
    assert wan_text(fen) == text


def test_every_word_is_there_in_both_languages() -> None:
    """Each pair has both languages, with the same places for values."""
    tables: list[dict[str, Pair]] = [one for name, one in vars(words).items() if name.isupper() and isinstance(one, dict)]
    pairs = [pair for table in tables for pair in table.values()]
    assert len(pairs) > 100
    for pair in pairs:
        assert len(pair) == len(LANGUAGES)
        assert all(pair)
        assert Counter(part.split("}")[0] for part in pair[0].split("{")[1:]) == Counter(
            part.split("}")[0] for part in pair[1].split("{")[1:]
        )
