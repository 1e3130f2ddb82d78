"""Runs of a month: their averages by an oracle of fractions, their names, and that their tiers count for nothing (semantics 2.7)."""

from __future__ import annotations

import calendar
import datetime as dt
import json
import re
import subprocess
from collections.abc import Callable
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from tests.helpers import RULES, Row, days_between, examples, read_tiers, rules_with, vip, write_csv
from vip_tiering import DataError, UsageError, compute_tiers
from vip_tiering.base.quarter import Month, Period, Quarter, day_date
from vip_tiering.cli.main import app
from vip_tiering.customers.check import customers_check
from vip_tiering.reports.changes.export import changes_export
from vip_tiering.rules.extracts import Kind
from vip_tiering.tiers.outlook import Horizon
from vip_tiering.tiers.published.run_folder import holds_runs, read_run

MONTHS = st.builds(Month, st.integers(2000, 2030), st.integers(1, 12))
DAY = dt.timedelta(days=1)


@given(month=MONTHS)
def test_a_month_is_that_of_the_calendar(month: Month) -> None:
    """First and last day, N, the neighbours and the quarter are those of Python's own calendar; the outlook is for the next month."""
    days = calendar.monthrange(month.year, month.number)[1]
    period = Period.of(month)
    assert (month.start, month.end) == (day_date(period.first), day_date(period.last))
    assert (days, f"{month.year}-{month.number:02}") == (period.days, str(period))
    assert (True, "monthly") == (period.provisional, period.status)
    assert period.quarter.start <= month.start <= month.end <= period.quarter.end
    assert (Month.of(month.end + DAY), Month.of(month.start - DAY)) == (month.following, month.previous)
    horizon = Horizon.after(period)
    following = (month.following.start, month.following.end)
    assert (*following, False) == (day_date(horizon.first), day_date(horizon.last), horizon.counts)
    assert horizon.days == horizon.remaining == calendar.monthrange(following[0].year, following[0].month)[1]


@pytest.mark.parametrize("text", ["2015-01", "201501", "2015年01月", "2015年1月"])
def test_a_month_is_named_as_people_write_it(text: str) -> None:
    """Each form names the same month."""
    assert Month(2015, 1) == Month.parse(text, dt.date(2020, 1, 1))


@pytest.mark.parametrize(
    "text", ["2015-13", "2015-00", "2015-1", "20151", "2015/11", "2015-11-01", "2015Q4", "11", "２０１５-11", "0001-11"]
)
def test_what_is_not_a_month_is_refused(text: str) -> None:
    """Any other form is a usage error that shows the right ones."""
    with pytest.raises(UsageError, match="--month: not a month; write it as 2015-11, 201511, 2015年11月 or last"):
        Month.parse(text, dt.date(2020, 1, 1))


def test_a_month_must_be_over() -> None:
    """`last` is the newest complete month; from its last day on a month may be computed, the day before it is refused by name."""
    month = Month(2015, 2)
    assert month.previous == Month.parse("last", month.end)
    assert month == Month.parse("last", month.end + DAY)
    Period.of(month).refuse_unfinished(month.end)
    with pytest.raises(UsageError, match="--month: 2015-02 ends on 2015-02-28; the newest complete month is 2015-01"):
        Period.of(month).refuse_unfinished(month.end - DAY)
    with pytest.raises(UsageError, match="--month and --as-of exclude each other"):
        Period.of(month, month.end)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Month, list[Row], list[dt.date]]:
    """Return a month of 28, 29, 30 or 31 days, rows around it, and the delivered days: one before it, its last, and most between."""
    month = draw(st.sampled_from([Month(2015, 2), Month(2016, 2), Month(2015, 11), Month(2015, 12), Month(2016, 1)]))
    around = days_between(month.start - 3 * DAY, month.end + 2 * DAY)
    missing = draw(st.sets(st.sampled_from(around[2:-3])))
    delivered = [day for day in around if day not in missing]
    fen = st.integers(0, 2 * 10**9)
    rows = [Row(day, customer, None, draw(fen)) for day in delivered for customer in ("A", "B") if day == around[0] or draw(st.booleans())]
    rows += [Row(day, "always", None, 1) for day in delivered]
    return month, rows, delivered


def oracle(month: Month, rows: list[Row], delivered: list[dt.date], kind: Kind) -> dict[str, Fraction]:
    """Return the average of every customer who is present, by the definition: day by day, each filled from the newest one before it."""
    averages = {}
    days = days_between(month.start, month.end)
    for customer in {row.customer for row in rows}:
        known = {row.day: row.fen for row in rows if row.customer == customer}
        if kind == "snapshot":
            used = [max(one for one in delivered if one <= day) for day in days]
            balances = [known.get(day) for day in used]
        else:
            balances = [known[max(one for one in known if one <= day)] or None for day in days]
        if any(balance is not None for balance in balances):
            averages[customer] = Fraction(sum(balance or 0 for balance in balances), len(days))
    return averages


@pytest.mark.parametrize("kind", ["snapshot", "changes"])
def test_an_average_is_that_of_its_days(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> None:
    """For 28 to 31 days, in both kinds, averages and tiers are those of the definition; first days are filled from before the month."""
    rules = rules_with(max_carry_days=40, partial_days="accept")

    @given(history=histories())
    @settings(max_examples=examples(8))
    def tried(history: tuple[Month, list[Row], list[dt.date]]) -> None:
        month, rows, delivered = history
        extract = write_csv(tmp_path_factory.mktemp("one") / "balances.csv", rows)
        run = compute_tiers(extract, month, rules=rules, kind=kind)
        expected = oracle(month, rows, delivered, kind)
        found = {row["customer_id"]: row for row in run.tiers.to_dict("records")}
        days = calendar.monthrange(month.year, month.number)[1]
        assert {customer: average * days for customer, average in expected.items()} == {one: row["fen_days"] for one, row in found.items()}
        bounds = [tier.min_fen for tier in run.ladder.tiers]
        for customer, average in expected.items():
            level = sum(average >= bound for bound in bounds)
            assert (floor(average), run.ladder.codes[level]) == (found[customer]["daily_average_fen"], found[customer]["tier"])

    tried()


def world(folder: Path) -> Path:
    """Write balances of two customers that change from month to month, and return the file."""
    rows = [Row(dt.date(2015, 6, 30), "A", None, 1)]
    rows += [Row(dt.date(2015, month, 1), one, None, 10**7 * month) for month in range(7, 13) for one in ("A", "B")]
    return write_csv(folder / "balances.csv", rows)


def compute(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `vip tier compute` on the world in a folder."""
    command = ("tier", "compute", home / "balances.csv", "--kind", "changes", "--out", home / "out", "--rules", RULES)
    return vip(*command, *arguments)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the world, and its run of 2015-11."""
    folder = tmp_path_factory.mktemp("home")
    world(folder)
    done = compute(folder, "--month", "2015年11月")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("2015-11  2015-11-01 to 2015-11-30, 30 days, monthly, 2 customers\n")
    return folder


def test_a_run_of_a_month_says_what_it_is(home: Path) -> None:
    """Its folder is called by the month and is compared with nothing; manifest, summary and `vip verify` say what it is."""
    folder = home / "out" / "2015-11"
    document = json.loads((folder / "manifest.json").read_bytes())
    said = [document[name] for name in ("quarter", "month", "status", "first_day", "last_day", "quarter_days", "previous")]
    assert ["2015Q4", "2015-11", "monthly", "2015-11-01", "2015-11-30", 30, None] == said
    assert ("2015-12-01", "2015-12-31") == (document["outlook"]["first_day"], document["outlook"]["last_day"])
    assert {"A": 30 * 11 * 10**7, "B": 30 * 11 * 10**7} == {one: row["fen_days"] for one, row in read_tiers(folder).items()}
    assert f"{folder}: already up to date\n" == compute(home, "--month", "201511").stdout
    assert f"{folder}: intact, 6 files, 2015-11, monthly\n" == vip("verify", folder).stdout


class Asked(Exception):  # noqa: N818 (not an error)
    """What the command asks of the job, as it would have been computed."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Return what tells for a command line and variables which quarter or month, day and previous run are meant."""

    def ask(*arguments: str, **variables: str) -> list[Any]:
        def stop(_extracts: object, whole: object, *_: object, **options: object) -> None:
            raise Asked([whole, options["as_of"], options["previous"]])

        with monkeypatch.context() as patched:
            patched.setattr("vip_tiering.tiers.job.tier_compute", stop)
            for name, value in variables.items():
                patched.setenv(name, value)
            with pytest.raises(Asked) as caught:
                get_command(app).main(["tier", "compute", "x", "--out", "o", *arguments], standalone_mode=False)
        found: list[Any] = caught.value.args[0]
        return found

    return ask


def test_a_month_stands_in_place_of_a_quarter(asked: Callable[..., list[Any]]) -> None:
    """`--month` excludes `--quarter`, `--as-of` and `--previous`; what the command line says beats the variable of another."""
    for other in (("--quarter", "2015Q4"), ("--as-of", "2015-11-15"), ("--previous", "out/2015Q3")):
        with pytest.raises(UsageError, match=f"--month and {other[0]} exclude each other"):
            asked("--month", "2015-11", *other)
    everything = {"VIP_QUARTER": "2015Q4", "VIP_AS_OF": "2015-10-15", "VIP_PREVIOUS": "out/2015Q3"}
    assert [Month(2015, 10), None, None] == asked("--month", "2015-10", **everything)
    assert [Month(2015, 11), None, None] == asked(VIP_MONTH="2015-11")
    assert ["2015Q3", dt.date(2015, 9, 1), None] == asked("--quarter", "2015Q3", VIP_MONTH="2015-11", VIP_AS_OF="2015-09-01")
    for line, variables in (((), {"VIP_QUARTER": "2015Q4"}), (("--as-of", "2015-11-15"), {"VIP_QUARTER": "2015Q4"}), ((), everything)):
        with pytest.raises(UsageError, match="--month and --quarter exclude each other"):
            asked(*line, VIP_MONTH="2015-11", **variables)


def test_nothing_takes_its_tiers(home: Path, tmp_path: Path) -> None:
    """As a previous run, for lists, for a report of changes and beside a customer file it is refused (exit 4), and told as what it is."""
    month, extract = home / "out" / "2015-11", home / "balances.csv"
    customers = tmp_path / "customers.csv"
    customers.write_text("客户号,姓名\nA,张三\n", "utf-8")
    what = "2015-11: is a run of a month (--month), which has no tiers that count; name the run of a whole quarter"
    done = vip("playbook", "export", month, "--customers", customers, "--on", "2016-01-11", "--out", tmp_path / "lists", "--rules", RULES)
    assert (4, f"vip: {what} [run-unfit]\n") == (done.returncode, done.stderr)
    refused: list[Callable[[], object]] = [
        lambda: compute_tiers(extract, "2016Q1", rules=rules_with(), kind="changes", previous=month),
        lambda: compute_tiers(extract, "2015Q4", rules=rules_with(), kind="changes", previous=month),
        lambda: read_run(month),
        lambda: changes_export(month, customers, tmp_path / "reports", rules=RULES),
        lambda: customers_check(customers, run=month, rules=RULES),
    ]
    for call in refused:
        with pytest.raises(DataError, match=re.escape(what)):
            call()
    with pytest.raises(UsageError, match="a run of a month is compared with nothing"):
        compute_tiers(extract, Month(2015, 11), rules=rules_with(), kind="changes", previous=home / "out" / "2015Q3")


def test_months_are_no_quarters_to_miss(tmp_path: Path) -> None:
    """Beside runs of months alone a quarter is the first of all; such a folder holds runs all the same."""
    compute_tiers(world(tmp_path), Month(2015, 9), kind="changes", rules=rules_with()).write(tmp_path / "out")
    assert holds_runs(tmp_path / "out")
    done = compute(tmp_path, "--quarter", "2015Q4")
    assert (0, True) == (done.returncode, "initial 2 (compared with no earlier run)" in done.stdout), done.stderr


def test_a_month_without_its_last_day_is_not_complete(tmp_path: Path) -> None:
    """Missing days are those of the month: its last one is refused by name, and one of another month cannot be accepted."""
    days = days_between(dt.date(2015, 11, 1), dt.date(2015, 11, 29))
    extract = write_csv(tmp_path / "balances.csv", [Row(day, "A", None, 1) for day in days])
    with pytest.raises(DataError, match="month not complete yet: 2015-11-30; deliver that day"):
        compute_tiers(extract, Month(2015, 11), rules=rules_with())
    with pytest.raises(UsageError, match="--accept-missing: 2015-12-01 is not a day of 2015-11"):
        compute_tiers(extract, Month(2015, 11), rules=rules_with(), accept_missing=[dt.date(2015, 12, 1)])
    with pytest.raises(DataError, match=r"no extract holds a day of 2015-10 \(2015-10-01 to 2015-10-31\) or before it"):
        compute_tiers(extract, Month(2015, 10), rules=rules_with())
    run = compute_tiers(extract, Month(2015, 11), rules=rules_with(), accept_missing=[dt.date(2015, 11, 30)])
    assert ("2015-11", str(Quarter(2015, 4))) == (run.name, run.manifest["quarter"])
