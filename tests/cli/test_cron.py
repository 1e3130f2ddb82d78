"""The crontab of `examples/cron`, run as cron would: by /bin/sh, from /, without any environment."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import RESULT_FILES, days_between
from tests.lists.exporting import read_rows, write_rows
from vip_tiering.base.quarter import Quarter
from vip_tiering.demo import balances, people, run

CRONTAB = Path(__file__).parents[2] / "examples" / "cron" / "crontab"
VIP = "/opt/vip-tiering/bin/vip"


def crontab_lines() -> list[tuple[list[str], str]]:
    """Return the five fields of time and the command of every line of the crontab that runs something."""
    lines = [line for line in CRONTAB.read_text(encoding="utf-8").splitlines() if re.match(r"[0-9*]", line)]
    return [(fields, command) for *fields, command in (line.split(maxsplit=5) for line in lines)]


def crontab_line() -> tuple[list[str], str]:
    """Return the five fields of time and the command of the first line: it computes the quarter."""
    return crontab_lines()[0]


def last_quarter() -> Quarter:
    """Return the newest quarter that is complete today."""
    return Quarter.of(dt.date.today()).previous  # noqa: DTZ011 (the day of this machine, as the command takes it)


def write_extracts(folder: Path) -> list[Path]:
    """Write one CSV for each day of the last complete quarter, with three customers; return the paths."""
    folder.mkdir()
    paths = []
    for day in days_between(last_quarter().start, last_quarter().end):
        path = folder / f"balances_{day:%Y%m%d}.csv"
        path.write_text("customer_id,balance\nC001,150000.00\nC002,30000.00\nC003,12.50\n")
        paths.append(path)
    return paths


def run_like_cron(extracts: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the crontab's command with the folders and the program of this test."""
    _, command = crontab_line()
    real = {
        VIP: f"{shlex.quote(sys.executable)} -m vip_tiering",
        "/srv/extracts": shlex.quote(str(extracts)),
        "/srv/tiers": shlex.quote(str(out)),
    }
    for path, replacement in real.items():
        assert command.count(path) == 1
        command = command.replace(path, replacement)
    return subprocess.run(["env", "-i", "/bin/sh", "-c", command], cwd="/", env={}, capture_output=True, text=True, check=False)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return path -> time of change and content of every published file of an output folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def test_the_line_is_safe_for_cron() -> None:
    """It runs at 06:30 on the 2nd of each quarter's first month, with absolute paths only and no percent sign."""
    fields, command = crontab_line()
    assert fields == ["30", "6", "2", "1,4,7,10", "*"]
    assert f"{VIP} tier compute /srv/extracts --quarter last --out /srv/tiers --quiet" == command


def test_every_exit_code_is_explained() -> None:
    """The crontab explains the exit codes 0 to 6, each on a line of its own, and names where mail goes."""
    text = CRONTAB.read_text(encoding="utf-8")
    assert re.findall(r"^#   ([0-9]+)  \w", text, re.MULTILINE) == ["0", "1", "2", "3", "4", "5", "6"]
    assert re.search(r"^MAILTO=\S+@example\.com$", text, re.MULTILINE)


def test_success_is_silent_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    """The last complete quarter is published without a word; the same line again says nothing and touches no file."""
    write_extracts(tmp_path / "extracts")
    first = run_like_cron(tmp_path / "extracts", tmp_path / "tiers")
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    published = snapshot(tmp_path / "tiers")
    assert {f"{last_quarter()}/{name}" for name in ("manifest.json", *RESULT_FILES)} == set(published)
    second = run_like_cron(tmp_path / "extracts", tmp_path / "tiers")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert published == snapshot(tmp_path / "tiers")


@pytest.mark.bad_input(72)
@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file-empty"),
        (b"customer_id,balance\n", "file-no-rows"),
        (b"customer_id,amount_owed\nC001,150000.00\n", "header-missing"),
        (gzip.compress(b"customer_id,balance\nC001,150000.00\n", mtime=0)[:-4], "file-damaged"),
    ],
    ids=["empty", "header-only", "unknown-column", "cut-off"],
)
def test_one_bad_file_is_one_line(tmp_path: Path, content: bytes, rule: str) -> None:
    """One bad file among the days gives one line on stderr that names it, exit code 4, and no output."""
    bad = write_extracts(tmp_path / "extracts")[40]
    bad.write_bytes(content)
    done = run_like_cron(tmp_path / "extracts", tmp_path / "tiers")
    assert (done.returncode, done.stdout) == (4, "")
    assert re.fullmatch(rf"vip: {re.escape(bad.name)}: .* \[{rule}\]\n", done.stderr)
    assert not (tmp_path / "tiers").exists()


@pytest.mark.bad_input(72)
def test_a_quarter_that_is_not_complete_is_one_line(tmp_path: Path) -> None:
    """Where the last day has not arrived yet, cron's mail is one line that names that day, with exit code 4."""
    write_extracts(tmp_path / "extracts")[-1].unlink()
    done = run_like_cron(tmp_path / "extracts", tmp_path / "tiers")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert done.stderr.startswith(f"vip: quarter not complete yet: {last_quarter().end}")


# --- the week of a branch


class Server:
    """A machine on which the crontab runs: its /srv is a folder of the test, its day is set by hand."""

    def __init__(self, srv: Path) -> None:
        """Put the demo's extracts and customers there, and an empty folder for what comes back."""
        run._write_folder(srv / "extracts", balances.extracts)
        run._write_folder(srv / "customers", lambda: people.files().items())
        (srv / "returned").mkdir()
        self.srv = srv

    def run(self, word: str, on: str, quarter: str = "2015Q4") -> str:
        """Run the one line of the crontab that holds a word, as cron would on a day; return what it mails: warnings alone."""
        ((_, command),) = [line for line in crontab_lines() if word in line[1]]
        program = f"{shlex.quote(sys.executable)} -m vip_tiering"
        told = {VIP: program, "/srv/": f"{self.srv}/", "--quarter last": f"--quarter {quarter}", "--on today": f"--on {on}"}
        for before, after in told.items():
            command = command.replace(before, after)
        done = subprocess.run(["env", "-i", "/bin/sh", "-c", command], cwd="/", env={}, capture_output=True, text=True, check=False)
        assert (0, "") == (done.returncode, done.stdout), done.stderr
        assert [] == [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
        return done.stderr

    def fill(self, on: str) -> int:
        """Fill in the managers' lists of a day, open and private, and hand them back; return how many rows have a result."""
        words, filled = itertools.cycle(["reached", "no_answer", "", "refused", "done"]), 0
        (self.srv / "returned" / on).mkdir()
        for part in ("lists", "lists.private"):
            for path in sorted((self.srv / part / on).glob("branches/*/*.csv")):
                rows = read_rows(path)
                for row in rows:
                    row["结果"] = next(words)
                    filled += len(row["事项"].split("|")) if row["结果"] else 0
                write_rows(self.srv / "returned" / on / f"{part}-{path.name}", list(rows[0]), [list(row.values()) for row in rows])
        return filled


def test_every_line_has_absolute_paths_and_its_time() -> None:
    """The lines run in this order of a day, the quarter's ones on the 2nd; every path is absolute and no percent sign is bare."""
    times = {command.split("vip ", 1)[1].split(" /srv")[0].split(' "')[0]: fields for fields, command in crontab_lines()}
    assert {
        "tier compute": ["30", "6", "2", "1,4,7,10", "*"],
        "changes export": ["0", "7", "2", "1,4,7,10", "*"],
        "playbook export": ["30", "7", "*", "*", "*"],
        "playbook record": ["0", "20", "*", "*", "*"],
        "playbook results": ["30", "20", "*", "*", "5"],
    } == times
    for _, command in crontab_lines():
        assert "%" not in command
        assert command.count(VIP) == command.count("vip ") == 1
        assert not re.search(r"--\w[\w-]* (?!/srv|--|last|today)\S", command)


def test_a_week_by_the_crontab(tmp_path: Path) -> None:
    """Compute, report, lists, record, results: the end of a week of the demo's branch, each line as it stands, on a day that is set.

    Nothing is said but warnings; a day off has no lists, and the same lines again change no published file. (Lists of which results
    came back already stand as they are, and the export says so with exit code 5.)
    """
    server, days = Server(tmp_path), [f"2016-01-{day:02d}" for day in range(7, 9)]
    server.run("tier compute", "", "2015Q3")
    server.run("tier compute", "")
    server.run("changes export", "")
    assert (tmp_path / "reports" / "2015Q4" / "report.xlsx").is_file()
    results = 0
    for on in days:
        server.run("playbook export", on)
        results += server.fill(on)
        server.run("playbook record", on)
    server.run("playbook results", days[-1])
    before = snapshot(tmp_path)
    assert "" == server.run("playbook export", "2016-01-09")
    for word in ("tier compute", "changes export", "playbook record", "playbook results"):
        server.run(word, days[-1])
    assert {path for path, content in snapshot(tmp_path).items() if before.get(path, ("", b""))[1] != content[1]} == set()
    assert days == sorted(path.name for path in (tmp_path / "lists").glob("2016-*"))
    rows = [row for part in ("lists", "lists.private") for row in read_rows(tmp_path / part / "results.csv")]
    assert results == sum(int(row["recorded"]) for row in rows) > 200
    contacts = [row for part in ("lists", "lists.private") for row in read_rows(tmp_path / part / "results_by_manager.csv")]
    assert 0 < sum(int(row["customers"]) for row in contacts) < sum(int(row["contacts"]) for row in contacts)
