"""`vip runs OUT` and `vip tier show RUN`: published runs are looked at again, and nothing else is taken for one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests import prepared
from tests.helpers import vip
from vip_tiering.tiers.published.all_runs import all_runs

EXAMPLE = Path(__file__).parents[2] / "examples" / "branch" / "expected"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder with two runs, one of which stands in `.superseded` too, and much that is no run."""
    for name in ("2015Q3", "2015Q4"):
        shutil.copytree(EXAMPLE / name, tmp_path / name)
    shutil.copytree(EXAMPLE / "2015Q4", tmp_path / ".superseded" / "2015Q4-1")
    shutil.copytree(EXAMPLE.parent / "extracts" / "2015Q3", tmp_path / "2014Q4")  # extracts that are called like a run
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "manifest.json").write_text("{}", encoding="utf-8")
    shutil.copytree(EXAMPLE / "2015Q4", tmp_path / ".staging-abc")
    (tmp_path / "2013Q4").write_text("a file", encoding="utf-8")
    return tmp_path


def told(out: Path) -> dict[str, Any]:
    """Return what is said of each run, by its place."""
    return {one["run"]: one for one in all_runs(out)["runs"]}


def test_all_runs_are_told_and_nothing_else(out: Path) -> None:
    """Every run is told with what its manifest says, those in `.superseded` as such, the one that counts last; nothing else is."""
    runs = told(out)
    assert ["2015Q3", ".superseded/2015Q4-1", "2015Q4"] == [*runs]
    for name, one in runs.items():
        manifest = json.loads((out / name / "manifest.json").read_bytes())
        same = {"quarter", "first_day", "last_day", "quarter_days", "status", "customers", "daily_average_sum", "previous", "changes"}
        assert {key: manifest[key] for key in same} == {key: one[key] for key in same}
        assert (True, [], name.startswith("."), None) == (one["intact"], one["problems"], one["superseded"], one["month"])


@pytest.mark.parametrize("damage", ["tiers.csv", "manifest.json", "no manifest", "no manifest at all", "more"])
def test_a_damaged_run_is_told_as_such(out: Path, damage: str) -> None:
    """A run that was altered in any way is in the list, not intact, with what is wrong; its figures only where the manifest is its own."""
    run = out / "2015Q4"
    if damage == "more":
        (run / "more.txt").write_text("", encoding="utf-8")
    elif damage.startswith("no manifest"):
        (run / "manifest.json").unlink()
        if damage == "no manifest":
            (run / "manifest.json").write_text("{", encoding="utf-8")
    else:
        path = run / damage
        path.write_bytes(path.read_bytes().replace(b"9", b"8", 1))
    one = told(out)["2015Q4"]
    assert not one["intact"]
    assert one["problems"]
    known = damage in ("tiers.csv", "more")
    assert (39 if known else None) == one["customers"]
    done = vip("runs", out)
    assert (0, "3 runs, 1 not intact") == (done.returncode, done.stdout.splitlines()[-1])
    assert [f"warning: {problem}" for problem in one["problems"]] == done.stderr.splitlines()


def test_forty_runs_fit_eighty_columns(out: Path) -> None:
    """Forty runs are forty lines of at most 80 columns, in both languages."""
    for number in range(37):
        shutil.copytree(out / "2015Q3", out / f"2015Q3-{number:02}")
    for lang in ("en", "zh"):
        done = vip("runs", "list", out, "--lang", lang)
        *lines, _, last = done.stdout.splitlines()
        assert (41, "40") == (len(lines), "".join(filter(str.isdigit, last)))
        assert max(map(width_of, lines)) <= 80


def width_of(line: str) -> int:
    """Return the columns that a line takes: Chinese signs take two."""
    return sum(2 if "\u2e80" <= sign <= "\uffef" else 1 for sign in line)


def test_languages_do_not_change_what_programs_read(out: Path) -> None:
    """`--json` is the same in either language; the list itself is Chinese where it is asked for."""
    documents = {prepared.run(["runs", str(out), "--json"], VIP_LANG=lang).stdout for lang in ("en", "zh")}
    assert 1 == len(documents)
    assert all_runs(out) == json.loads(documents.pop())
    assert "共 3 次运行，全部完好" == vip("runs", out, "--lang", "zh").stdout.splitlines()[-1]


def test_places_without_runs(out: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder that holds no run says so; one that is not there, and a run itself, are exit code 4."""
    empty = tmp_path_factory.mktemp("empty")
    assert f"{empty}: there is no run here\n" == vip("runs", empty).stdout
    assert 4 == vip("runs", empty / "nowhere").returncode
    inside = vip("runs", out / "2015Q4")
    assert (4, "vip: 2015Q4: is a run itself; name the folder around it [run-unfit]\n") == (inside.returncode, inside.stderr)


def test_a_run_is_shown_as_it_was_computed(tmp_path: Path) -> None:
    """`vip tier show` prints of a run, letter by letter, what `vip tier compute` printed, and so with `--json`."""
    branch = EXAMPLE.parent
    options = ("--quarter", "2015Q4", "--rules", branch / "rules", "--previous", EXAMPLE / "2015Q3")
    computed = vip("tier", "compute", branch / "extracts" / "2015Q4", *options, "--out", tmp_path / "out")
    shown = vip("tier", "show", tmp_path / "out" / "2015Q4")
    assert (0, "", computed.stdout) == (shown.returncode, shown.stderr, shown.stdout)
    as_json = vip("tier", "compute", branch / "extracts" / "2015Q4", *options, "--out", tmp_path / "out", "--json")
    assert as_json.stdout == vip("tier", "show", tmp_path / "out" / "2015Q4", "--json").stdout


def test_only_an_intact_run_is_shown(out: Path) -> None:
    """A run that was altered, and what is no run, are exit code 4 and show nothing."""
    (out / "2015Q4" / "changes.csv").write_text("", encoding="utf-8")
    for place in ("2015Q4", "2014Q4", "notes", "nowhere"):
        done = vip("tier", "show", out / place)
        assert (4, "") == (done.returncode, done.stdout)
        assert done.stderr.startswith("vip: ")
