"""Whatever call of a writing command is killed or refused by the disk: nothing is torn, nothing is lost, and the same command heals it.

A sample of the calls is tried; with `VIP_FAULTS=all` all of them are, and with `pytest -s` the figures are shown.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import RULES
from tests.lists.exporting import ON, customer, day, make_run, write_customers, write_events, write_rows
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.tiers.job import tier_compute

COMPILER = shutil.which("cc")
HERE = Path(__file__).parent
NEXT = "2016-01-06"
LISTS = ["--customers", "{home}/customers.csv", "--events", "{home}/events.csv", "--out", "{home}/lists", "--rules", str(RULES)]
RUN = "{home}/out/2015Q4"
FIRST_DAY = ["--quarter", "2015Q4", "--as-of", "2015-10-01", "--rules", str(RULES)]
RESULTS = ("results.csv", "results_by_manager.csv", "obstacles.csv")
OF_MANAGER = ["--lists", "{home}/lists", "--manager", "M01", "--on", NEXT]
RECORDED = ("playbook", "results", "{home}/lists")
STAMPS = (".ledgers/*/manifest.json",)
"""Notes which file an extract was, and that nobody touched it lately: of a copy made a moment ago it says another thing each time."""
JOBS: dict[str, dict[str, Any]] = {
    "compute": {"command": ["tier", "compute", "{home}/in", "--out", "{home}/new", *FIRST_DAY], "ignored": STAMPS},
    "compute-replace": {
        "command": ["tier", "compute", "{home}/in", "--out", "{home}/asof", *FIRST_DAY, "--replace"],
        "other": ["verify", "{home}/asof/2015Q4-asof-20151001"],
        "ignored": STAMPS,
    },
    "export": {"command": ["playbook", "export", RUN, "--on", NEXT, *LISTS], "other": RECORDED, "ignored": RESULTS},
    "export-replace": {
        "command": ["playbook", "export", RUN, "--on", ON, *LISTS, "--replace", "--only", "calls"],
        "other": ["playbook", "verify", f"{{home}}/lists/{ON}", "--rules", str(RULES)],
    },
    "record": {
        "command": ["playbook", "record", f"{{home}}/lists/{ON}", "{home}/second.csv", "--rules", str(RULES)],
        "other": RECORDED,
        "ignored": RESULTS,
    },
    "results": {"command": list(RECORDED)},
    "report": {"command": ["changes", "export", RUN, *LISTS[:2], "--out", "{home}/reports", "--rules", str(RULES)]},
    "file": {"command": ["customers", "file", RUN, *LISTS[:4], *OF_MANAGER, "--out", "{home}/records", "--rules", str(RULES)]},
    "plan": {"command": ["playbook", "plan", "--year", "2016", "--out", "{home}/plans", "--rules", str(RULES)]},
}
SAMPLED = 2
"""About so many calls of each command are tried, from its last one on."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the preloaded library, compiled."""
    if COMPILER is None or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler")
    path = tmp_path_factory.mktemp("library") / "faults.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", path, HERE / "faults.c", "-ldl"], check=True)
    return path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that the commands need: a run, files beside it, an export with results, extracts."""
    home = tmp_path_factory.mktemp("faults") / "template"
    people = {"G1": customer(1), "G2": customer(2), "G3": customer(3), "P1": customer(30)}
    run = make_run(home / "out", {one: (9_000_000, 9_000_000) if one == "P1" else (600_000, 600_000) for one in people})
    write_customers(home / "customers.csv", people)
    write_events(home / "events.csv", [(one, "maturity", "", "2016-01-09", "三年定期", "50000.00") for one in people])
    files = {"customers": home / "customers.csv", "events": home / "events.csv", "out": home / "lists", "rules": RULES}
    playbook_export(run, on=day(ON), **files)
    header = ("customer_id", "action", "result")
    playbook_record(home / "lists" / ON, [write_rows(home / "first.csv", header, [("G1", "G-CALL-1", "refused")])], rules=RULES)
    write_rows(home / "second.csv", header, [("G2", "G-CALL-1", "refused"), ("G3", "G-CALL-1", "wrong_number")])
    for balance in ("10.00", "150000.00"):
        write_rows(home / "in" / "balances_20151001.csv", ("customer_id", "balance"), [("A1", balance), ("A2", "5.00")])
        if balance == "10.00":
            tier_compute([str(home / "in")], "2015Q4", home / "asof", day(ON), as_of=day("2015-10-01"), rules=RULES)
    return home


def test_no_fault_is_left_unhealed(library: Path, template: Path, tmp_path: Path) -> None:
    """Killed or refused at any call, a command leaves the old or the new whole, says so with exit 4 or 5, and the next one heals it."""
    points = 0 if os.environ.get("VIP_FAULTS") == "all" else SAMPLED
    jobs = [{"template": str(template), "home": str(tmp_path / name / "home"), "points": points, **job} for name, job in JOBS.items()]
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-m", "tests.faults.driver", str(tmp_path / "jobs.json"), str(RULES)]
    environment = {**os.environ, "LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join(map(str, (HERE.parents[1], *sys.path[:0])))}
    environment["PYTHONPATH"] += os.pathsep + os.environ.get("PYTHONPATH", "")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=HERE.parents[1])
    assert done.returncode == 0, done.stderr
    tried = dict(zip(JOBS, map(json.loads, done.stdout.splitlines()), strict=True))
    for name, figures in tried.items():
        print(f"{name}: {figures['calls']} calls, {figures['kills']} killed, {figures['faults']} refused")  # noqa: T201 (asked for with -s)
        assert figures["kills"], name
        assert figures["faults"], name
    wrong = {name: {kind: found for kind, found in one.items() if isinstance(found, list) and found} for name, one in tried.items()}
    assert wrong == {name: {} for name in JOBS}
