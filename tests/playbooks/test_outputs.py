"""That an id of the plan is covered is a fact: every command that `vip playbook coverage` names is run, and has it in its output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import RULES, read_csv, vip
from tests.lists.exporting import CUSTOMER_HEADER, ON, customer, make_run, write_events, write_rows
from vip_tiering.playbooks.checks.outputs import OUTPUTS
from vip_tiering.playbooks.load import load

TIERS = {
    "effective": 30_000, "silver": 150_000, "gold": 600_000, "gold_diamond": 2_000_000, "pre_private": 6_000_000, "private": 9_000_000,
}  # fmt: skip
BRANCH_DATES = ("G-SEMINAR", "D-EVENT", "P-BRANCH-1", "P-BRANCH-2", "P-BRANCH-3")


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which every command ran: a customer or two for each tier, events, and the days that the branch sets."""
    folder = tmp_path_factory.mktemp("outputs")
    shutil.copytree(RULES, folder / "rules")
    days = "".join(f"  - {{action: {one}, date: 2016-01-12, place: 营业厅, note: 一月}}\n" for one in BRANCH_DATES)
    calendar = (folder / "rules" / "calendar.yaml").read_text("utf-8")
    (folder / "rules" / "calendar.yaml").write_text(f"{calendar}\nbranch_dates:\n{days}", "utf-8")
    averages = {f"{tier}-{number}": (5_000 if number else yuan, yuan) for tier, yuan in TIERS.items() for number in range(2)}
    make_run(folder / "out", averages)
    header = (*CUSTOMER_HEADER, "products_held")
    people = {one: customer(number, birthday="1980-01-05", products_held="手机银行") for number, one in enumerate(averages)}
    rows = [[{"customer_id": one, **cells}.get(name, "") for name in header] for one, cells in people.items()]
    write_rows(folder / "customers.csv", header, rows)
    events = [
        (one, event, "", "2016-01-05", product, "")
        for one in averages
        for event, product in (("maturity", "三年定期"), ("points", ""), ("new_product", "非凡增利"))
    ]
    write_events(folder / "events.csv", events)
    fees = write_rows(folder / "fees.csv", ("date", "branch", "amount"), [("2015-11-01", "朝阳支行", "1.00")])
    hall = write_rows(folder / "hall.csv", ("date", "branch", "event"), [("2015-11-01", "朝阳支行", "讲座")])
    run, given = folder / "out" / "2015Q4", ("--customers", folder / "customers.csv", "--rules", folder / "rules")
    for command in (
        ("playbook", "export", run, *given, "--events", folder / "events.csv", "--on", ON, "--out", folder / "lists"),
        ("playbook", "plan", "--year", "2016", "--rules", folder / "rules", "--out", folder / "plans"),
        ("changes", "export", run, *given, "--out", folder / "reports", "--fees", fees, "--lobby", hall),
        ("customers", "file", run, *given, "--lists", folder / "lists", "--on", ON, "--manager", "M01", "--out", folder / "records"),
    ):
        done = vip(*command)
        assert 0 == done.returncode, done.stderr
    return folder


def named_in(rules: Path) -> Iterator[tuple[str, str, Any]]:
    """Yield each id that an entry of playbooks.yaml covers, what kind of entry it is, and its name; as plain YAML says it."""
    book = yaml.safe_load((rules / "playbooks.yaml").read_text("utf-8"))
    for tier in book["playbooks"]:
        yield from ((one, "tier", tier["tier"]) for one in tier.get("covers", ()))
        yield from ((one, "action", action["id"]) for action in tier.get("actions", ()) for one in action.get("covers", ()))
    for kind in ("measures", "gaps"):
        yield from ((one, kind, entry["id"]) for entry in book[kind] for one in entry["covers"])


def found_in(branch: Path) -> dict[str, set[str]]:
    """Return the names that the commands put out, by the kind of output."""
    report, folders = branch / "reports" / "2015Q4", (branch / "lists" / ON, branch / "lists.private" / ON)
    document = json.loads(vip("playbook", "show", "--json", "--rules", branch / "rules").stdout)
    return {
        "tier": {row["tier"] for row in read_csv(branch / "out" / "2015Q4" / "tiers.csv")},
        "list": {row["action"] for folder in folders for name in ("contacts", "suppressed") for row in read_csv(folder / f"{name}.csv")},
        "hall": {row["action"] for row in read_csv(branch / "plans" / "2016" / "event_plan.csv")},
        "record": {"G-FILE"} if [*(branch / "records").rglob("维护档案-M01-*.xlsx")] else set(),
        "measure": {row["measure"] for row in read_csv(report / "measures.csv") if row["value"]},
        "coverage": {"E-COVER"} if read_csv(report / "coverage.csv") else set(),
        "gap": {one["id"] for one in document["gaps"]},
    }


def test_every_id_of_the_plan_is_put_out_by_the_command_that_coverage_names(branch: Path) -> None:
    """For each id the named command ran and has an entry that covers it in the named file; no id is without."""
    found = found_in(branch)
    outputs = {place: found[kind] for kind, place in OUTPUTS.items()}
    entries: dict[str, set[str]] = {}
    for one, _, name in named_in(branch / "rules"):
        entries.setdefault(one, set()).add(name)
    coverage = json.loads(vip("playbook", "coverage", "--json", "--rules", branch / "rules").stdout)
    assert len(coverage) > 70
    for one in coverage:
        assert one["put_out_by"], one["id"]
        assert [] == [place for place in one["put_out_by"] if not entries[one["id"]] & outputs[place]], one["id"]
    assert {*OUTPUTS.values()} == {place for one in coverage for place in one["put_out_by"]}


def test_measures_of_the_plan_each_have_a_value(branch: Path) -> None:
    """Where everything was delivered each measure has a value, but for a column that the file has not."""
    empty = {row["measure"] for row in read_csv(branch / "reports" / "2015Q4" / "measures.csv") if not row["branch"] and not row["value"]}
    assert {"K-LOBBY-2", "K-LOBBY-3"} == empty


@pytest.mark.parametrize(
    ("file", "old", "new", "silent"),
    [
        ("targets.yaml", "  - {id: K-FEE, measure: fees}", "  #", "K-FEE"),
        ("playbooks.yaml", "taught_by: [S-TEACH-1, S-TEACH-2], ", "", "E-COVER"),
        ("playbooks.yaml", "        covers: [G-CALL-2]\n", "        covers: [G-CALL-2]\n        active: false\n", "G-CALL-2"),
    ],
)
def test_a_label_alone_does_not_cover(tmp_path: Path, file: str, old: str, new: str, silent: str) -> None:
    """A measure that nothing counts, and an action that is not active, name their id in vain: exit code 3 says so."""
    shutil.copytree(RULES, tmp_path / "rules")
    text = (tmp_path / "rules" / file).read_text("utf-8")
    assert 1 == text.count(old)
    (tmp_path / "rules" / file).write_text(text.replace(old, new), "utf-8")
    done = vip("playbook", "coverage", "--rules", tmp_path / "rules", cwd=tmp_path)
    line = f"no command puts out anything for {silent}; is its action not active, or has its measure no figure in targets.yaml?\n"
    assert (3, f"vip: rules/playbooks.yaml: {line}") == (done.returncode, done.stderr)
    assert ("NOTHING PUTS IT OUT" in done.stdout, done.stdout.endswith("71 ids, 70 covered, 1 missing\n")) == (True, True)
    books = load(tmp_path / "rules").playbooks
    assert books is not None
    assert books.summary.endswith("70 of 71 ids of the plan covered")
