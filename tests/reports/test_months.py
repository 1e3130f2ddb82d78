"""Monthly averages in the report of changes: by an oracle of fractions, for the months that are over, from sound runs alone."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from collections import defaultdict
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.helpers import RULES, days_between, read_csv
from tests.reports.test_change_report import make_runs, sheets_of, write_people
from vip_tiering import OutputError, compute_tiers, load_rules
from vip_tiering.base.quarter import Month
from vip_tiering.base.words import Words
from vip_tiering.cli.show.lists import changes_summary
from vip_tiering.reports.changes.export import ChangesResult, changes_export

MONTHS = [Month(2015, 9), Month(2015, 10), Month(2015, 11), Month(2015, 12)]


def fen(text: str) -> int:
    """Return yuan with two decimals in fen."""
    return int(text.replace(".", ""))


def oracle(changes: Path) -> dict[str, Fraction]:
    """Return the sum of averages of each month in fen: every balance on every day of it, by the definition."""
    histories: dict[str, dict[dt.date, int]] = defaultdict(dict)
    with changes.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            histories[row["customer_id"]][dt.date.fromisoformat(row["date"])] = fen(row["balance"])
    sums = {}
    for month in MONTHS:
        days = days_between(month.start, month.end)
        standing = [max((one for one in known if one <= day), default=None) for known in histories.values() for day in days]
        balances = [known[one] if one else 0 for known, one in zip((k for k in histories.values() for _ in days), standing, strict=True)]
        sums[str(month)] = Fraction(sum(balances), len(days))
    return sums


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs of quarters and months, one inside 2015Q4, and a customer file."""
    folder = tmp_path_factory.mktemp("made")
    make_runs(folder / "out")
    write_people(folder / "customers.csv")
    rules, extract = load_rules(RULES), folder / "changes.csv"
    for month in MONTHS:
        compute_tiers(extract, month, rules=rules, kind="changes").write(folder / "out")
    before = folder / "out" / "2015Q3"
    compute_tiers(extract, "2015Q4", rules=rules, kind="changes", previous=before, as_of=dt.date(2015, 12, 15)).write(folder / "out")
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """Return a copy of it that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "home"))


def report(home: Path, run: str = "2015Q4", **options: Any) -> ChangesResult:
    """Make the report of a run."""
    return changes_export(home / "out" / run, home / "customers.csv", home / "reports", rules=RULES, **options)


def warned(done: ChangesResult) -> list[str]:
    """Return the warnings that concern months."""
    return [one for one in done.warnings if one.startswith("2015-")]


def test_averages_of_months_are_those_of_the_definition(home: Path) -> None:
    """months.csv, the manifest and the summary hold the sum of each month and its change on the month before."""
    done, exact = report(home), oracle(home / "changes.csv")
    assert ([], True) == (warned(done), done.folder is not None)
    rows = read_csv(home / "reports" / "2015Q4" / "months.csv")
    assert ["2015-10", "2015-11", "2015-12"] == [row["month"] for row in rows]
    for before, row in zip(["2015-09", "2015-10", "2015-11"], rows, strict=True):
        assert floor(exact[row["month"]]) == fen(row["month_average_sum"])
        assert floor(exact[row["month"]]) - floor(exact[before]) == fen(row["month_change"])
    assert rows == done.document["months"]
    assert list(map(str, MONTHS)) == list(done.document["made_from"]["months"])
    first = sheets_of(home / "reports" / "2015Q4" / "report.xlsx")["汇总"]
    top = next(place for place, row in enumerate(first) if row[0] == "月日均")
    assert ["月份", "月日均\n（万元）", "较上月\n（万元）"] == first[top + 1][:3]
    shown = [[row[0], round(row[1] * 1_000_000), round(row[2] * 1_000_000)] for row in first[top + 2 : top + 5]]
    assert [[row["month"], fen(row["month_average_sum"]), fen(row["month_change"])] for row in rows] == shown


def test_inside_a_quarter_only_months_that_are_over_count(home: Path) -> None:
    """As of 15 December, October and November are over, and December is not, though its run stands there; nothing must add up."""
    done = report(home, "2015Q4-asof-20151215")
    assert ([], ["2015-10", "2015-11"]) == (warned(done), [row["month"] for row in done.document["months"]])
    assert "2015-12" not in done.document["made_from"]["months"]
    assert (home / "reports" / "2015Q4-asof-20151215" / "months-asof-20151215.csv").is_file()


def test_what_is_not_at_hand_is_left_out(home: Path) -> None:
    """Without the run of a month its row and the change of the next are left out; without any nothing is shown, and nothing is warned."""
    for name in ("2015-09", "2015-11"):
        shutil.rmtree(home / "out" / name)
    done = report(home, dry_run=True)
    assert [("2015-10", ""), ("2015-12", "")] == [(row["month"], row["month_change"]) for row in done.document["months"]]
    for name in ("2015-10", "2015-12"):
        shutil.rmtree(home / "out" / name)
    done = report(home)
    assert ([], {}, []) == (done.document["months"], done.document["made_from"]["months"], warned(done))
    assert not (home / "reports" / "2015Q4" / "months.csv").exists()
    assert not any(str(row[0]).startswith("月日均") for row in sheets_of(home / "reports" / "2015Q4" / "report.xlsx")["汇总"])


def test_a_run_that_is_not_sound_is_left_out_and_told(home: Path) -> None:
    """An altered run, one of another month and a folder of somebody else are each a warning, and count for nothing."""
    out = home / "out"
    tiers = out / "2015-11" / "tiers.csv"
    tiers.write_bytes(tiers.read_bytes() + b"x\n")
    shutil.rmtree(out / "2015-12")
    (out / "2015-09").rename(out / "2015-12")
    (out / "2015-09").mkdir()
    done = report(home, dry_run=True)
    assert ["2015-10"] == [row["month"] for row in done.document["months"]]
    said = [f"{name}: is not an intact run of the month; the monthly averages leave it out" for name in ("2015-09", "2015-11", "2015-12")]
    assert said == warned(done)


def test_months_of_other_extracts_are_told(home: Path) -> None:
    """Where months cover the days of the run, they must add up to it; where one was computed from other extracts a warning says so."""
    shutil.rmtree(home / "out" / "2015-11")
    other = home / "other.csv"
    other.write_text((home / "changes.csv").read_text("utf-8-sig").replace("6000000.37", "6000031.37"), "utf-8")
    compute_tiers(other, Month(2015, 11), rules=load_rules(RULES), kind="changes").write(home / "out")
    done = report(home, dry_run=True)
    assert ["2015-10, 2015-11, 2015-12: do not add up to 2015Q4; compute the months again from its extracts, by its rules"] == warned(done)
    assert 3 == len(done.document["months"])


def test_another_run_of_a_month_makes_another_report(home: Path) -> None:
    """The same report again is up to date; without the run of a month it is another one. In English the summary shows the months too."""
    assert not report(home, language="en").up_to_date
    assert report(home, language="en").up_to_date
    first = sheets_of(home / "reports" / "2015Q4" / "report.xlsx")["Summary"]
    top = next(place for place, row in enumerate(first) if row[0] == "Monthly averages")
    assert ["Month", "Monthly average", "+/- on month before"] == first[top + 1][:3]
    shutil.rmtree(home / "out" / "2015-12")
    with pytest.raises(OutputError, match="runs of months"):
        report(home, language="en")


def test_the_terminal_shows_them(home: Path) -> None:
    """The summary of the command lists the months below the measures."""
    console = Console(width=80, file=io.StringIO())
    with console.capture() as captured:
        console.print(changes_summary(report(home, dry_run=True).document, Words("en")))
    lines = captured.get().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("month "))
    assert "month    sum of averages, yuan  vs month before" == lines[place].rstrip()
    assert [line.split()[0] for line in lines[place + 1 : place + 4]] == ["2015-10", "2015-11", "2015-12"]
