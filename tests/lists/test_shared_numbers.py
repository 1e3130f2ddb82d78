"""Numbers that several customers have: a message there tells nothing of one of them, and the second opinion judges it likewise."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import ON, customer, export, make_run, read_rows, reasons_of, write_customers
from vip_tiering.playbooks.messages import FIELDS

TELLING = [name for name, field in FIELDS.items() if field.shared == "never"]
TEXT = "          text: "
"""What stands before the text of a message in playbooks.yaml."""
POINTS = {"points": "1200", "points_expire_on": "2016-01-20"}
CUSTOMERS = {
    "A": customer(1, **POINTS),
    "B": customer(1, name="李芳", gender="F", **POINTS),
    "C": customer(2, segments="payroll"),
    "D": customer(2, segments="payroll", consent_sms=""),
    "E": customer(3, segments="payroll"),
}
"""Two with one number who both pass and of whom all is alike, two of whom one gave no consent, and one with a number of his own."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of effective customers, and their customer file."""
    home = tmp_path_factory.mktemp("shared")
    make_run(home / "out", dict.fromkeys(CUSTOMERS, (50_000, 50_000)))
    write_customers(home / "customers.csv", CUSTOMERS)
    return home


def rules_that_say(folder: Path, before: str, after: str) -> Path:
    """Return a copy of the shipped rules in which the first text of E-SMS-1 says something else."""
    rules = folder / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "playbooks.yaml").read_text(encoding="utf-8")
    start = text.index(before, text.index("- id: E-SMS-1\n"))
    (rules / "playbooks.yaml").write_text(text[:start] + after + text[start + len(before) :], encoding="utf-8")
    return rules


def exported(home: Path, out: Path, rules: Path) -> dict[str, str]:
    """Export E-SMS-1 and return the text of each row by its customers."""
    done = export(home / "out" / "2015Q4", home / "customers.csv", out, "--rules", rules, "--only", "E-SMS-1")
    assert 0 == done.returncode, done.stderr
    return {row["customer_id"]: row["text"] for row in read_rows(out / ON / "sms.csv")}


@pytest.mark.parametrize("field", TELLING)
@pytest.mark.parametrize("where", ["${name}", "工资卡"], ids=["text", "wording"])
def test_what_tells_of_one_person_never_reaches_a_shared_number(home: Path, tmp_path: Path, field: str, where: str) -> None:
    """A text with a field that tells of one person goes to his own number alone, also where all holders of another have the same."""
    rules = rules_that_say(tmp_path, where, f"{where}${{{field}}}")
    assert ["E"] == [*exported(home, tmp_path / "lists", rules)]
    assert {(one, "E-SMS-1"): "shared_phone" for one in "ABC"} == {
        (one, action): reason for (one, action), reason in reasons_of(tmp_path / "lists" / ON).items() if one in "ABC"
    }


def test_who_alone_passes_at_a_shared_number_is_not_told_of(home: Path, tmp_path: Path) -> None:
    """At a number with several holders nothing is said of branch, name or segment, whether both are written to or one alone."""
    texts = exported(home, tmp_path / "lists", RULES)
    assert {"A|B", "C", "E"} == set(texts)
    assert texts["A|B"] == texts["C"]
    assert "朝阳支行" in texts["E"]
    assert not re.search("朝阳支行|先生|女士|工资卡", texts["C"])


@pytest.mark.parametrize("field", TELLING)
def test_the_second_opinion_finds_what_tells_of_one_at_a_shared_number(home: Path, tmp_path: Path, field: str) -> None:
    """By rules whose text tells of one person, the row of both holders is found, and by the customer file that of the one who passed."""
    out = tmp_path / "lists"
    exported(home, out, RULES)
    rules = rules_that_say(tmp_path, "${name}", f"${{name}}${{{field}}}")
    people = ("--customers", home / "customers.csv", "--run", home / "out" / "2015Q4")
    rows = {row["customer_id"]: number for number, row in enumerate(read_rows(out / ON / "sms.csv"), start=2)}
    for arguments, found in ((), {"A|B"}), (people, {"A|B", "C"}):
        done = vip("playbook", "verify", out / ON, "--rules", rules, *arguments)
        told = "".join(line.partition("column")[0] for line in done.stderr.splitlines() if "sms.csv: " in line and "[text-tells]" in line)
        assert 4 == done.returncode
        assert found == {one for one, number in rows.items() if re.search(rf"\b{number}\b", told)}, done.stderr
