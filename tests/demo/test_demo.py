"""`vip demo`: complete, quick, repeatable, and careful with what stands there already."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from wcwidth import wcswidth

from tests.helpers import read_csv, vip
from vip_tiering.base.errors import OutputError
from vip_tiering.base.schema import CHANGES
from vip_tiering.base.words import Words
from vip_tiering.cli.show.run import run_summary
from vip_tiering.demo import run
from vip_tiering.demo.balances import NOT_DELIVERED

QUARTERS = ("2015Q3", "2015Q4")


def everything(folder: Path) -> dict[str, bytes | None]:
    """Return path -> content (None: a folder) of all that lies in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def manifest(folder: Path, quarter: str) -> dict[str, object]:
    """Return the manifest of one of a demo's runs."""
    document: dict[str, object] = json.loads((folder / "out" / quarter / "manifest.json").read_bytes())
    return document


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Run the demo once, in an empty folder: where it is and what it printed."""
    folder = tmp_path_factory.mktemp("empty")
    done = vip("demo", "--verbose", cwd=folder, env={"COLUMNS": "80", "NO_COLOR": "1"})
    return folder / "vip-demo", done


def test_the_demo_runs_from_an_empty_folder(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """`vip demo` needs no argument, no network and no file, ends with 0; nothing but its folder appears."""
    folder, done = shown
    assert (done.returncode, done.stderr) == (0, "")
    assert [folder] == list(folder.parent.iterdir())


def test_the_demo_prints_both_summaries_and_the_paths(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Both quarters, the packaged rules, the filled weekend and both run folders are printed, within 80 columns."""
    _, done = shown
    for text in (
        "2015Q3  2015-07-01 to 2015-09-30, 92 days, official",
        "2015Q4  2015-10-01 to 2015-12-31, 92 days, official",
        "rules: packaged rules",
        "filled days: 2015-11-14 to 2015-11-15 (by 2015-11-13)",
        "vip-demo/out/2015Q3\n",
        "vip-demo/out/2015Q4\n",
        "changes of 2015Q4 against 2015Q3",
        "vip-demo/reports/2015Q4\n",
        "lists of 2016-01-08 (up to 2016-01-10) from the run 2015Q4",
        "results of 1 export, 2016-01-08",
        "vip-demo/lists/results.csv\n",
    ):
        assert text in done.stdout
    assert re.search(r"^recorded [1-9],\d{3} results: ", done.stdout, re.MULTILINE)
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []


def test_the_demo_fits_one_screen(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Without `--verbose` the demo prints at most 24 lines of 80 columns, in Chinese too, and ends with the path of the report."""
    folder, _ = shown
    done = vip("demo", "--lang", "zh", cwd=folder.parent, env={"COLUMNS": "80", "NO_COLOR": "1"})
    lines = done.stdout.splitlines()
    assert (0, "", "2015Q4 客户层级报告", "vip-demo/report.html") == (done.returncode, done.stderr, lines[0][:13], lines[-1])
    assert len(lines) <= 24
    assert max(map(wcswidth, lines)) <= 80
    assert "2015Q4" in (folder / "report.html").read_text(encoding="utf-8")


def test_no_figure_is_cut_on_a_narrow_terminal(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Where the matrix does not fit, every pair of tiers has a line of its own, with its whole figure."""
    folder, _ = shown
    rows = read_csv(folder / "out" / "2015Q4" / "migration.csv")
    migration = [(row["from_tier"], row["to_tier"], int(row["customers"]) * 1_000_000) for row in rows]
    document = manifest(folder, "2015Q4")
    printed = io.StringIO()
    Console(width=80, file=printed).print(run_summary(document, migration, Words("en")))
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    begin = lines.index("customers from 2015Q3 to 2015Q4") + 2
    listed = [int(line.split()[-1].replace(",", "")) for line in lines[begin : begin + len(migration)]]
    assert sorted(customers for _, _, customers in migration) == sorted(listed)


def test_every_tier_and_every_change_occurs(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Whoever tries the demo sees each tier in both quarters, each kind of change, an overdraft and a filled weekend."""
    folder, _ = shown
    for quarter in QUARTERS:
        document = json.loads((folder / "out" / quarter / "manifest.json").read_bytes())
        assert [tier["code"] for tier in document["tiers"] if not tier["customers"]] == []
        assert document["negative"]["rows"] > 0
    changes = json.loads((folder / "out" / "2015Q4" / "manifest.json").read_bytes())["changes"]
    assert set(CHANGES) - {"initial", "held"} == {name for name, count in changes.items() if count}
    assert [str(day) for day in NOT_DELIVERED] == [one["day"] for one in document["filled_days"]]


def test_both_runs_pass_verify(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Both run folders are whole and unaltered, and the second quarter was compared with the first."""
    folder, _ = shown
    assert [vip("verify", folder / "out" / quarter).returncode for quarter in QUARTERS] == [0, 0]
    assert {"quarter": "2015Q3", "digest": manifest(folder, "2015Q3")["digest"]} == manifest(folder, "2015Q4")["previous"]


def test_accounts_and_customers_open_and_close(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The extracts hold several accounts per customer, and both accounts and customers come and go."""
    folder, _ = shown
    first, last = (read_csv(folder / "extracts" / f"balances_{day}.csv") for day in ("20150701", "20151231"))
    for column in ("customer_id", "account_id"):
        before, after = ({row[column] for row in rows} for rows in (first, last))
        assert before - after
        assert after - before
    assert len({row["customer_id"] for row in first}) < len({row["account_id"] for row in first}) == len(first)


def test_two_demos_are_the_same_bytes(shown: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """Another folder, another working directory with rules of its own, another time zone and locale: the same extracts and runs."""
    folder, _ = shown
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "tiers.yaml").write_text("not: [a, rule, file")
    other = {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "7", "VIP_RULES": "rules", "VIP_OUT": "elsewhere"}
    done = vip("demo", "another", cwd=tmp_path, env=other)
    assert (done.returncode, done.stderr) == (0, "")
    assert everything(folder) == everything(tmp_path / "another")


def test_the_demo_can_be_run_again(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """A second demo in the same folder ends with 0, says that runs, report, lists and results stand, and changes no byte."""
    folder, first = shown
    (folder / ".staging-killed").mkdir()
    before = everything(folder) | {}
    del before[".staging-killed"]
    done = vip("demo", folder, "--verbose")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("already up to date") == 4
    recorded = re.findall(r"^recorded (\S+) results: ", first.stdout, re.MULTILINE)
    assert [f"already recorded: {one} results, nothing new" for one in recorded] == re.findall("already recorded: .*", done.stdout)
    assert before == everything(folder)


def test_the_command_by_hand_is_true(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Of the commands that the demo names at its end one gives the very run that the demo made, the other makes further lists."""
    folder, demonstrated = shown
    compute, export = demonstrated.stdout.partition("By hand:\n")[2].replace("\\\n", "").splitlines()[:2]
    done = vip(*shlex.split(compute)[1:], cwd=folder.parent)
    assert (done.returncode, done.stdout) == (0, "vip-demo/out/2015Q4: already up to date\n")
    done = vip(*shlex.split(export)[1:], "--dry-run", cwd=folder.parent)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "dry run: nothing was written")


def test_the_demo_shows_lists_and_nobody(shown: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """The demo exports a day: a masked look at each list is printed, and no id or number of a customer in full."""
    folder, done = shown
    assert "the first rows, masked:\n短信 sms" in done.stdout
    rows = read_csv(folder / "lists" / "2016-01-08" / "sms.csv")
    assert rows
    assert [] == [row for row in rows if row["phone"] in done.stdout or row["customer_id"] in done.stdout]
    assert "vip-demo/lists.private/2016-01-08 (private: for each manager alone)\n" in done.stdout


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "extracts/balances_20150701.csv", "out/2015Q3/manifest.json"])
def test_a_foreign_folder_is_refused_untouched(tmp_path: Path, name: str) -> None:
    """A folder that holds anything else is refused with exit 5 and one line, and not a byte in it changes."""
    folder = tmp_path / "mine"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text("mine")
    before = everything(folder)
    done = vip("demo", folder)
    assert (done.returncode, done.stdout) == (5, "")
    assert f"vip: {folder}: is there already and is not a demo; name another folder: vip demo DIR\n" == done.stderr
    assert before == everything(folder)


def test_altered_extracts_are_not_written_over(tmp_path: Path) -> None:
    """A demo whose extracts somebody changed, added to or removed is refused with the file's name, and left alone."""
    folder = tmp_path / "demo"
    next(run.run(folder))
    path = folder / "extracts" / "balances_20150702.csv"
    content = path.read_bytes()
    for name, change in (
        ("balances_20150702.csv", lambda: path.write_bytes(content.replace(b"D000001", b"D999999"))),
        ("balances_20150702.csv", path.unlink),
        ("mine.csv", lambda: (path.write_bytes(content), path.with_name("mine.csv").write_text("mine"))),
    ):
        change()
        before = everything(folder)
        with pytest.raises(OutputError, match=f"^{re.escape(str(path.with_name(name)))}: is not as the demo made it; ") as raised:
            next(run.run(folder))
        assert len(raised.value.problems) == 1
        assert before == everything(folder)


def test_a_demo_of_another_version_is_refused(tmp_path: Path) -> None:
    """A folder that another version of the program marked is not mixed with this one's demo."""
    (tmp_path / ".vip-demo").write_text("made by vip demo 0.0.1\n")
    done = vip("demo", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    assert "another version" in done.stderr
    assert everything(tmp_path) == {".vip-demo": b"made by vip demo 0.0.1\n"}


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A file in the way ends with exit 5 and one line, whether it is the folder itself or above it."""
    (tmp_path / "file").write_text("mine")
    for folder in ("file", "file/demo"):
        done = vip("demo", folder, cwd=tmp_path)
        assert (5, "", f"vip: {folder}: cannot be written: Not a directory\n") == (done.returncode, done.stdout, done.stderr)
    assert everything(tmp_path) == {"file": b"mine"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    """A folder without write permission ends with exit 5 and one line."""
    tmp_path.chmod(0o500)
    done = vip("demo", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (5, "", "vip: vip-demo: cannot be written: Permission denied\n")


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """Where the extracts do not fit, the demo ends with exit 5 and one line and removes what it had begun."""
    done = subprocess.run(
        [sys.executable, "-m", "vip_tiering", "demo"],
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (5, "", "vip: vip-demo: cannot be written: File too large\n")
    assert everything(tmp_path) == {}
