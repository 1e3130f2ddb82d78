"""`vip run` as cron calls it: one call a day, whatever happens in between; at the end the runs are those of one undisturbed call each."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import prepared
from tests.helpers import days_between, result_bytes, vip, vip_interrupted

ROOT = Path(__file__).parents[2]
CALLS = "every" if os.environ.get("VIP_EVERY_MORNING") == "all" else "some"
"""With VIP_EVERY_MORNING=all a call is made on every day of the four quarters; it takes minutes."""
FIRST, LAST = dt.date(2015, 1, 1), dt.date(2015, 12, 31)
CUSTOMERS = ("C001", "C002", "C003")


def extract_of(day: dt.date, shift: int = 0) -> str:
    """Return the extract of a day: balances that move through the tiers over a year."""
    number = (day - FIRST).days
    balances = (150_000 + 900 * number, 30_000 + shift, 520_000 - 700 * number)
    return "customer_id,balance\n" + "".join(f"{one},{fen}.00\n" for one, fen in zip(CUSTOMERS, balances, strict=True))


class Bank:
    """A bank whose extracts come day by day, and its file of settings."""

    def __init__(self, folder: Path) -> None:
        """Write the settings; no extract has come yet, but that of the day before the first quarter."""
        self.folder = folder
        (folder / "in").mkdir()
        (folder / "vip.yaml").write_text("version: 1\nextracts: [in]\nout: tiers\ntime_zone: Asia/Shanghai\n", encoding="utf-8")

    def deliver(self, day: dt.date, shift: int = 0) -> None:
        """Deliver the extract of a day, or another one in its place."""
        (self.folder / "in" / f"balances_{day:%Y%m%d}.csv").write_text(extract_of(day, shift))

    def put_away(self, before: dt.date) -> None:
        """Take extracts away that no quarter needs any more."""
        for path in (self.folder / "in").glob("*.csv"):
            if path.name < f"balances_{before:%Y%m%d}":
                path.unlink()

    def run(self, today: dt.date, *options: str) -> subprocess.CompletedProcess[str]:
        """Call `vip run` as cron does, on a day that is set, from a folder that is not the bank's."""
        return prepared.run(["run", "--config", str(self.folder / "vip.yaml"), "--on", str(today), *options], "/")

    @property
    def runs(self) -> list[str]:
        """The runs that stand."""
        return sorted(path.name for path in (self.folder / "tiers").glob("[!.]*"))


def mornings() -> list[dt.date]:
    """Return the days on which cron calls: all, or those around the ends of quarters and some between."""
    days = [day + dt.timedelta(days=1) for day in days_between(FIRST, LAST)]
    if CALLS == "every":
        return days
    return [day for day in days if (day.day in (1, 2) and day.month in (1, 4, 7, 10)) or (day.day, day.month) == (19, 9)]


def test_a_year_of_mornings_ends_in_the_same_bytes(tmp_path: Path) -> None:
    """Four quarters, a call a day, with a late file, a corrected one, second starts and a kill: one call each makes the same runs."""
    bank, wanted = Bank(tmp_path), {*mornings()}
    late, corrected, killed = dt.date(2015, 6, 30), dt.date(2015, 9, 16), dt.date(2015, 10, 1)
    for day in days_between(FIRST, LAST):
        today = day + dt.timedelta(days=1)
        if day == corrected + dt.timedelta(days=3):
            bank.deliver(corrected, 77)
        if day != late:
            bank.deliver(day)
        if today not in wanted:
            continue
        bank.put_away(today - dt.timedelta(days=95))
        if today == killed:
            _kill(bank, today)
        done = bank.run(today, "--quiet")
        if day == late:  # the last day of a quarter: neither the quarter nor the days after it can be computed
            assert (4, "") == (done.returncode, done.stdout)
            assert done.stderr.startswith(f"vip: quarter not complete yet: {late}")
            bank.deliver(late)
            continue
        assert (0, "", "") == (done.returncode, done.stdout, done.stderr), today
        if today.day == 2:
            again = bank.run(today)
            assert (0, "", "") == (again.returncode, again.stdout, again.stderr)
    for day in days_between(FIRST, LAST):
        bank.deliver(day, 77 if day == corrected else 0)
    quarters = [f"2015Q{number}" for number in range(1, 5)]
    assert quarters == [name for name in bank.runs if "asof" not in name]
    for quarter in quarters:
        assert 0 == vip("tier", "compute", tmp_path / "in", "--quarter", quarter, "--out", tmp_path / "whole", "-q").returncode
        assert result_bytes(tmp_path / "whole" / quarter) == result_bytes(tmp_path / "tiers" / quarter)
        assert 0 == vip("verify", tmp_path / "tiers" / quarter).returncode


def _kill(bank: Bank, today: dt.date) -> None:
    """Let a call end by SIGTERM while it writes."""
    command = ("run", "--config", bank.folder / "vip.yaml", "--on", today)
    assert 143 == vip_interrupted("os:fsync", signal.SIGTERM, *command, cwd=bank.folder, after=2).returncode


def test_working_days_that_lack_are_one_line(tmp_path: Path) -> None:
    """Where yesterday's extract has not come, what is there is computed all the same; one line names the day, exit code 4."""
    bank = Bank(tmp_path)
    for day in days_between(FIRST, dt.date(2015, 1, 13)):
        bank.deliver(day)
    done = bank.run(dt.date(2015, 1, 16))
    assert (4, ["2015Q1-asof-20150113"]) == (done.returncode, bank.runs)
    assert "vip: not complete yet: no extract of 2015-01-14, 2015-01-15 has come; run again when it is there\n" == done.stderr
    assert 1 == done.stdout.count("\n")


def test_many_working_days_that_lack_are_stretches_and_a_count(tmp_path: Path) -> None:
    """However many days lack, they are told as a few stretches and a count, by vip due and by vip run, and no day is cut in two."""
    bank = Bank(tmp_path)
    for day in days_between(FIRST, dt.date(2015, 1, 13)):
        bank.deliver(day)
    command = ("due", "--config", bank.folder / "vip.yaml", "--on", "2015-03-31")
    lacking = json.loads(vip(*command, "--json").stdout)["lacking"]
    assert len(lacking) > 40
    done = bank.run(dt.date(2015, 3, 31))
    assert f"no extract of {len(lacking)} working days (2015-01-14 to 2015-01-16, 2015-01-19 to 2015-01-23, " in done.stderr
    assert done.stderr.count("2015-") <= 12
    due = vip(*command, "--lang", "zh").stdout
    told = due[due.index("余额文件") :]
    assert f"共 {len(lacking)} 天" in told
    assert 12 == len(re.findall(r"\d{4}-\d\d-\d\d", told)) == told.count("2015")


def test_a_second_start_waits_for_nobody(tmp_path: Path) -> None:
    """While one call computes, another one ends at once with exit code 6 and says who works; nothing is lost."""
    bank = Bank(tmp_path)
    for day in days_between(FIRST, dt.date(2015, 1, 13)):
        bank.deliver(day)
    (tmp_path / "tiers").mkdir(mode=0o700)
    holder = (
        "import sys, pathlib\nfrom vip_tiering.publishing.locks import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, tmp_path / "tiers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        done = bank.run(dt.date(2015, 1, 14))
        process.communicate("")
    assert (6, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert 0 == bank.run(dt.date(2015, 1, 14)).returncode


def test_one_step_that_fails_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """A customer file that is refused stops the report and the lists, each with its line; the tiers are there. `--log-json` tells all."""
    bank = Bank(tmp_path)
    for day in days_between(dt.date(2014, 12, 31), dt.date(2015, 4, 1)):
        bank.deliver(day)
    with (tmp_path / "vip.yaml").open("a") as file:
        file.write("customers: people.csv\nreports: reports\nlists: lists\n")
    (tmp_path / "people.csv").write_text("customer_id,name\nC001,\n")
    done = bank.run(dt.date(2015, 4, 2), "--log-json")
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert [("tiers", 0), ("tiers", 0)] == [(one["step"], one["exit"]) for one in steps[:2]]
    assert {"report", "lists"} == {one["step"] for one in steps[2:]}
    assert max(one["exit"] for one in steps) == 4 == done.returncode
    assert "C001" not in done.stdout
    assert ["2015Q1", "2015Q2-asof-20150401"] == bank.runs


def test_due_says_what_a_run_would_do(tmp_path: Path) -> None:
    """`vip due` names the same steps in the same order as `vip run` then does, and writes nothing."""
    bank = Bank(tmp_path)
    for day in days_between(FIRST, dt.date(2015, 4, 1)):
        bank.deliver(day)
    command = ["due", "--config", str(tmp_path / "vip.yaml"), "--on", "2015-04-02", "--json"]
    said = json.loads(prepared.run(command).stdout)
    assert [("tiers", "2015Q1", "2015-04-01"), ("tiers", "2015Q2-asof-20150401", "2015-04-02")] == [
        tuple(one.values()) for one in said["due"]
    ]
    assert not (tmp_path / "tiers").exists()
    done = bank.run(dt.date(2015, 4, 2), "--log-json")
    assert [one["of"] for one in said["due"]] == [json.loads(line)["of"] for line in done.stdout.splitlines()]
    assert {"due": [], "lacking": []} == json.loads(prepared.run(command).stdout)


@pytest.mark.parametrize("name", ["crontab", "vip-run.service"])
def test_the_examples_run_without_an_environment(tmp_path: Path, name: str) -> None:
    """The line of the crontab and that of the service run by /bin/sh from /, without variables, in the C locale: silent, or one JSON."""
    text = (ROOT / "examples" / "routine" / name).read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if "/bin/vip run" in line]
    command = line[line.index("/opt/") :]
    bank = Bank(tmp_path)
    today = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)  # everywhere over
    quarter_start = dt.date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    for day in days_between(quarter_start - dt.timedelta(days=1), today + dt.timedelta(days=2)):
        bank.deliver(day)
    told = {"/opt/vip-tiering/bin/vip": f"{shlex.quote(sys.executable)} -m vip_tiering", "/srv/": f"{tmp_path}/"}
    for before, after in told.items():
        command = command.replace(before, after)
    done = subprocess.run(["env", "-i", "LC_ALL=C", "/bin/sh", "-c", command], cwd="/", env={}, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert 1 == len(bank.runs)
    assert done.stdout == "" if "--quiet" in command else json.loads(done.stdout.splitlines()[0])["exit"] == 0


def test_old_provisional_runs_are_put_away(tmp_path: Path) -> None:
    """With `keep_provisional: 2` the two newest provisional runs stay, and their reports; official ones always; one line for each."""
    bank = Bank(tmp_path)
    with (tmp_path / "vip.yaml").open("a", encoding="utf-8") as file:
        file.write("keep_provisional: 2\nreports: reports\ncustomers: customers.csv\n")
    (tmp_path / "customers.csv").write_text("customer_id,name,manager,branch\n" + "".join(f"{one},张三,M1,朝阳支行\n" for one in CUSTOMERS))
    for day in days_between(dt.date(2014, 10, 1), dt.date(2015, 1, 3)):
        bank.deliver(day)
    said = []
    for day in days_between(dt.date(2015, 1, 4), dt.date(2015, 1, 7)):
        done = bank.run(day, "--lang", "en")
        assert done.returncode == 0, done.stderr
        said += [line for line in done.stdout.splitlines() if "removed" in line]
        bank.deliver(day)
    assert said == [f"provisional run 2015Q1-asof-201501{day}: removed" for day in ("03", "04")]
    inside = ["2015Q1-asof-20150105", "2015Q1-asof-20150106"]
    assert bank.runs == ["2014Q4", *inside]
    assert sorted(path.name for path in (tmp_path / "reports").glob("[!.]*")) == sorted(
        one for name in ("2014Q4", *inside) for one in (name, f"{name}.html")
    )
    assert {".ledgers", ".vip.lock"} == {path.name for path in (tmp_path / "tiers").glob(".*")}


def test_a_corrected_extract_is_told(tmp_path: Path) -> None:
    """A provisional run that could not go on from the one before warns which extract changed; in the log it has a code."""
    bank = Bank(tmp_path)
    for day in days_between(dt.date(2014, 12, 31), dt.date(2015, 1, 3)):
        bank.deliver(day)
    assert bank.run(dt.date(2015, 1, 4)).stderr == ""
    bank.deliver(dt.date(2015, 1, 4))
    assert json.loads(bank.run(dt.date(2015, 1, 5), "--log-json").stdout)["ledger"] == "taken_up"
    bank.deliver(dt.date(2015, 1, 2), 50)
    bank.deliver(dt.date(2015, 1, 5))
    told = bank.run(dt.date(2015, 1, 6), "--lang", "en").stderr
    assert told == "warning: Read every day again: balances_20150102.csv changed since 2015-01-04.\n"


def test_a_line_names_the_rules_wherever_cron_starts(tmp_path: Path) -> None:
    """A bank's own ladder beside its file of settings decides from whatever folder `vip run` is called, and each step names it."""
    bank = Bank(tmp_path)
    rules = tmp_path / "rules"
    rules.mkdir()
    ladder = "version: 1\nsource: ours\ntiers:\n  - {code: own, label: 自有, min: 1}\n"
    (rules / "tiers.yaml").write_text(ladder, encoding="utf-8")
    for day in days_between(dt.date(2014, 12, 31), dt.date(2015, 1, 5)):
        bank.deliver(day)
    done = bank.run(dt.date(2015, 1, 6))
    assert f"rules: {rules}; " in done.stdout
    manifest = json.loads((tmp_path / "tiers" / bank.runs[0] / "manifest.json").read_text(encoding="utf-8"))
    assert ["own"] == [one["code"] for one in manifest["rules"]["tiers"]]
