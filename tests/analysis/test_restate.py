"""`vip tier restate`: corrected extracts against a published quarter, against a second way of counting (semantics 11.3)."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Row, days_between, read_csv, rules_without_calendar, vip, write_csv, yuan
from vip_tiering import DataError, OutputError, compute_tiers, load_rules
from vip_tiering.analysis.restate import COLUMNS, restate

Q3 = days_between(dt.date(2015, 7, 1), dt.date(2015, 9, 30))
Q4 = days_between(dt.date(2015, 10, 1), dt.date(2015, 12, 31))
DECEMBER = Q4[-31:]
BALANCES = {"A": 10_000_000, "B": 9_999_999, "C": 50_000_000, "D": 1_999_999, "E": 2_000_000, "F": 77, "G": 123_456_789}
"""Fen of every day."""
BOUNDS = {"untiered": 0, "effective": 2_000_000, "silver": 10_000_000, "gold": 50_000_000, "gold_diamond": 100_000_000}
Balances = dict[tuple[dt.date, str], int]


def every_day(days: list[dt.date]) -> Balances:
    """Return the balances of some days."""
    return {(day, one): fen for day in days for one, fen in BALANCES.items()}


def write(folder: Path, balances: Balances) -> Path:
    """Write balances as one extract a month and return their folder."""
    months = sorted({day.replace(day=1) for day, _ in balances})
    for month in months:
        rows = [Row(day, one, None, fen) for (day, one), fen in balances.items() if day.replace(day=1) == month]
        write_csv(folder / f"{month:%b}.csv", rows)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with extracts and the runs of 2015Q3 and 2015Q4."""
    folder = tmp_path_factory.mktemp("home")
    rules = load_rules(rules_without_calendar())
    compute_tiers(write(folder / "q3", every_day(Q3)), "2015Q3", rules=rules).write(folder / "out")
    run = compute_tiers(write(folder / "q4", every_day(Q4)), "2015Q4", rules=rules, previous=folder / "out" / "2015Q3")
    run.write(folder / "out")
    return folder


def tier_of(average: Fraction) -> str:
    """Return the tier of an average in fen, the plain way."""
    return [code for code, bound in BOUNDS.items() if average >= bound][-1]


def change_of(before: str, now: str) -> str:
    """Return the change between two tiers, the plain way."""
    levels = ["absent", *BOUNDS]
    if before == now or {before, now} <= {"absent", "untiered"}:
        return "kept"
    if before in ("absent", "untiered"):
        return "new" if before == "absent" else "entered"
    if now in ("absent", "untiered"):
        return "left" if now == "absent" else "lapsed"
    return "upgraded" if levels.index(now) > levels.index(before) else "downgraded"


def oracle(old: Balances, new: Balances) -> list[dict[str, str]]:
    """Return the rows of the file, by dictionaries and fractions."""
    rows = []
    for one in sorted({customer for _, customer in (*old, *new)}):
        sides: list[dict[str, Any]] = []
        for balances in (old, new):
            own = {day: fen for (day, customer), fen in balances.items() if customer == one}
            average = Fraction(sum(own.values()), len(Q4))
            tier = tier_of(average) if own else "absent"
            before = tier_of(Fraction(BALANCES[one])) if one in BALANCES else "absent"
            sides.append(
                {"there": bool(own), "tier": tier, "average": average, "closing": own.get(Q4[-1], 0), "change": change_of(before, tier)}
            )
        first, second = sides
        differs = []
        if first["there"] and second["there"]:
            differs = [kind for kind in ("tier", "average", "closing") if first[kind] != second[kind]]
        else:
            differs = ["only_published" if first["there"] else "only_restated"]
        differs += ["change"] if first["change"] != second["change"] else []
        if differs:
            shown = {"customer_id": one, "differs": "|".join(differs)}
            for name, show in (("tier", str), ("average", lambda fen: yuan(floor(fen))), ("closing", yuan), ("change", str)):
                shown |= {f"published_{name}": show(first[name]), f"restated_{name}": show(second[name])}
            shown["difference"] = yuan(floor(second["average"]) - floor(first["average"]))
            rows.append({name: shown[name] for name in COLUMNS})
    return rows


def corrected() -> Balances:
    """Return corrected balances: each customer differs in another way."""
    balances = every_day(Q4)
    balances[Q4[5], "B"] += 92  # exactly on the bound
    balances[Q4[0], "C"] -= 1  # one fen-day below the bound
    balances[Q4[0], "A"] += 1
    balances[Q4[1], "A"] -= 1  # the same sum by other days
    balances[Q4[-1], "F"] += 5
    balances[Q4[-2], "F"] -= 5  # another closing balance alone
    for day in Q4:
        del balances[day, "E"]
        balances[day, "NEW"] = 5_000_000
    return balances


def test_the_same_extracts_list_nobody(home: Path, tmp_path: Path) -> None:
    """The extracts of the run itself, whatever their files, give the run again: nobody is listed."""
    again = tmp_path / "one" / "all.csv"
    write_csv(again, [Row(day, one, None, fen) for (day, one), fen in reversed(every_day(Q4).items())])
    for extracts in (home / "q4", again):
        done = restate(home / "out" / "2015Q4", [str(extracts)], rules=rules_without_calendar(), out=tmp_path / f"{extracts.name}.who.csv")
        assert (0, set(), True) == (done.document["differing"], {*done.document["kinds"].values()} - {0}, done.document["changes_compared"])
        assert () == done.warnings
        assert [] == read_csv(tmp_path / f"{extracts.name}.who.csv")
    assert [] == restate(home / "out" / "2015Q4", [str(home / "q4")], rules=rules_without_calendar()).document["extracts"]


def test_exactly_who_differs_and_how(home: Path, tmp_path: Path) -> None:
    """Listed are those of whom anything differs, with what, by a second way of counting; a fen-day is enough."""
    extracts = write(tmp_path / "corrected", corrected())
    done = restate(home / "out" / "2015Q4", [str(extracts)], rules=rules_without_calendar(), out=tmp_path / "who.csv")
    expected = oracle(every_day(Q4), corrected())
    assert expected == read_csv(tmp_path / "who.csv")
    assert {one["customer_id"]: one["differs"] for one in expected} == {
        "B": "tier|average|change",
        "C": "tier|average|change",
        "E": "only_published|change",
        "F": "closing",
        "NEW": "only_restated|change",
    }
    assert done.document["differing"] == len(expected)
    words = [word for one in expected for word in one["differs"].split("|")]
    assert {kind: words.count(kind) for kind in done.document["kinds"]} == done.document["kinds"]
    moved = {(one["published_tier"], one["restated_tier"]): one["customers"] for one in done.document["moves"]}
    assert moved["effective", "silver"] == moved["gold", "silver"] == moved["effective", "absent"] == moved["absent", "effective"] == 1
    assert ["Dec.csv changed", "Nov.csv changed", "Oct.csv changed"] == done.document["extracts"]


def test_the_published_run_is_untouched(home: Path, tmp_path: Path) -> None:
    """Bytes and times of everything that is published stay as they are, whatever is found."""

    def state() -> dict[str, tuple[bytes, int]]:
        files = sorted(path for path in (home / "out").rglob("*") if path.is_file())
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    before, folders = state(), [(home / "out" / one).stat().st_mtime_ns for one in ("", "2015Q3", "2015Q4")]
    extracts = write(tmp_path / "corrected", corrected())
    restate(home / "out" / "2015Q4", [str(extracts)], rules=rules_without_calendar(), out=tmp_path / "who.csv")
    with pytest.raises(OutputError, match="lies inside a published folder"):
        restate(home / "out" / "2015Q4", [str(extracts)], rules=rules_without_calendar(), out=home / "out" / "2015Q4" / "who.csv")
    with pytest.raises(OutputError, match="lies among what is read"):
        restate(home / "out" / "2015Q4", [str(extracts)], rules=rules_without_calendar(), out=extracts / "who.csv")
    assert before == state()
    assert folders == [(home / "out" / one).stat().st_mtime_ns for one in ("", "2015Q3", "2015Q4")]


def test_options_are_those_of_the_run(tmp_path: Path) -> None:
    """Missing days, rejected rows and the day of a provisional run are accepted as they were, without being said again."""
    rules = rules_without_calendar()
    balances = {key: fen for key, fen in every_day(Q4[:60]).items() if not dt.date(2015, 10, 5) <= key[0] <= dt.date(2015, 10, 12)}
    extracts = write(tmp_path / "extracts", balances)
    with (extracts / "Oct.csv").open("a") as file:
        file.write("2015-10-02,H,1.001\n")
    accepted = days_between(dt.date(2015, 10, 8), dt.date(2015, 10, 12))
    run = compute_tiers(
        extracts, "2015Q4", rules=load_rules(rules), as_of=dt.date(2015, 11, 29), accept_missing=accepted, max_rejects="1", previous=None
    )
    run.write(tmp_path / "out")
    done = restate(tmp_path / "out" / "2015Q4-asof-20151129", [str(extracts)], rules=rules)
    assert (0, "provisional", False) == (done.document["differing"], done.document["status"], done.document["changes_compared"])
    (extracts / "Oct.csv").write_text((extracts / "Oct.csv").read_text() + "2015-10-03,H,x\n")
    with pytest.raises(DataError, match="rows rejected: 2, allowed: 1"):
        restate(tmp_path / "out" / "2015Q4-asof-20151129", [str(extracts)], rules=rules)


def test_without_the_earlier_run_changes_are_not_compared(home: Path, tmp_path: Path) -> None:
    """Where the run of the quarter before is not beside it, a warning says so; named, it is used; another one is refused."""
    run = Path(shutil.copytree(home / "out" / "2015Q4", tmp_path / "alone" / "2015Q4"))
    extracts, rules = [str(write(tmp_path / "corrected", corrected()))], rules_without_calendar()
    done = restate(run, extracts, rules=rules)
    assert ("2015Q4: changes are not compared; the run 2015Q3 is not beside it, name it with --previous",) == done.warnings
    assert not done.document["changes_compared"]
    assert {""} == {*done.rows["published_change"], *done.rows["restated_change"]}
    assert [one["differs"].removesuffix("|change") for one in oracle(every_day(Q4), corrected())] == [*done.rows["differs"]]
    named = restate(run, extracts, rules=rules, previous=home / "out" / "2015Q3")
    assert named.document["changes_compared"]
    compute_tiers(home / "q4", "2015Q4", rules=load_rules(rules)).write(tmp_path / "first")
    with pytest.raises(DataError, match="was not compared with 2015Q4 as it is now"):
        restate(run, extracts, rules=rules, previous=home / "out" / "2015Q4")
    with pytest.raises(DataError, match="was compared with no earlier run"):
        restate(tmp_path / "first" / "2015Q4", extracts, rules=rules, previous=home / "out" / "2015Q3")


def test_other_rules_are_told(home: Path) -> None:
    """Where the rules are not those of the run, a warning says that differences may come from them."""
    done = restate(home / "out" / "2015Q4", [str(home / "q4")], rules=rules_without_calendar("negative: net"))
    assert ["2015Q4: was computed by other rules than rules, so differences may come from the rules; name the same ones with --rules"] == [
        *done.warnings
    ]


def test_command(home: Path, tmp_path: Path) -> None:
    """Differences are exit 0; at 80 columns every line fits; as one document no customer is in it."""
    extracts = write(tmp_path / "corrected", corrected())
    line = ("tier", "restate", home / "out" / "2015Q4", extracts, "--rules", rules_without_calendar())
    shown = vip(*line, "--rows", 2, "--out", tmp_path / "who.csv", env={"COLUMNS": "80"})
    assert (0, "") == (shown.returncode, shown.stderr)
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert "3 more" in shown.stdout.splitlines()
    printed = json.loads(vip(*line, "--json").stdout)
    assert (5, None) == (printed["differing"], printed["file"])
