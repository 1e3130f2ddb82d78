"""Customers whose tier somebody set: an override that puts a private client lower takes none of his protection away."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from tests.helpers import RULES
from tests.lists.exporting import ON, customer, export, private_rows, read_rows, reasons_of, write_customers, write_rows
from vip_tiering import compute_tiers, load_rules
from vip_tiering.customers.incoming import read_incoming
from vip_tiering.lists.verification.customers import NewIds, standing_of
from vip_tiering.playbooks.load import rules_with_playbooks

PRIVATE, GOLD = 9_000_000, 600_000
SET = "customer_id,tier,reason,approved_by,valid_until\nRICH,gold,家属要求,王行长,2016-12-31\nKEPT,gold,家属要求,王行长,2016-12-31\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with rules, a run and a customer file: all are gold, and nobody has a private client's money on the last day.

    RICH has the average of a private client; KEPT had it in the quarter before the last and the tier is kept; an override puts both
    down. PLAIN is gold.
    """
    home = tmp_path_factory.mktemp("set")
    rules = home / "rules"
    shutil.copytree(RULES, rules)
    tiers = (rules / "tiers.yaml").read_text(encoding="utf-8")
    more = "overrides: overrides.csv\nretention: {tiers: [private], grace_quarters: 4, fall_to: evaluated}\n"
    (rules / "tiers.yaml").write_text(tiers + more, encoding="utf-8")
    (rules / "overrides.csv").write_text(SET, encoding="utf-8")
    days = {
        "2015-03-31": {"RICH": GOLD, "KEPT": PRIVATE, "PLAIN": GOLD},
        "2015-07-01": {"KEPT": GOLD},
        "2015-10-01": {"RICH": PRIVATE},
        "2015-12-31": {"RICH": GOLD},
    }
    rows = [(day, one, f"{yuan}.00") for day, balances in days.items() for one, yuan in balances.items()]
    file = write_rows(home / "changes.csv", ("date", "customer_id", "balance"), rows)
    loaded, previous = load_rules(rules), None
    for quarter in ("2015Q2", "2015Q3", "2015Q4"):
        previous = compute_tiers(file, quarter, rules=loaded, kind="changes", previous=previous).write(home / "out")
    write_customers(home / "customers.csv", {one: customer(number) for number, one in enumerate(("RICH", "KEPT", "PLAIN"), start=1)})
    return home


def test_an_override_hides_no_private_client(home: Path, tmp_path: Path) -> None:
    """Who is a private client by the average, or by the tier that is kept, is in no list for many and in no open file."""
    run = home / "out" / "2015Q4"
    assert {"gold"} == {row["tier"] for row in read_rows(run / "tiers.csv")}
    done = export(run, home / "customers.csv", tmp_path / "lists", "--rules", home / "rules")
    assert 0 == done.returncode, done.stderr
    day, private = tmp_path / "lists" / ON, tmp_path / "lists.private" / ON
    open_files = {one.name: one.read_text(encoding="utf-8-sig") for one in day.rglob("*.csv")}
    assert [] == [name for name, text in open_files.items() if "RICH" in text or "KEPT" in text]
    assert any("PLAIN" in text for text in open_files.values())
    reasons = reasons_of(day, private)
    assert {"privacy_tier"} == {reason for (one, action), reason in reasons.items() if one != "PLAIN" and action.startswith("G-SMS")}
    assert {"RICH", "KEPT"} <= {row["客户号"] for row in private_rows(private)} | {one for one, _ in reasons}


def test_the_second_opinion_knows_them_too(home: Path) -> None:
    """By code of its own the verification takes the same customers for private clients."""
    books = rules_with_playbooks(home / "rules")[1]
    incoming = read_incoming(home / "customers.csv", None, None, None, books, 1 << 20)
    standing = standing_of(incoming.customers, incoming.known, home / "out" / "2015Q4", books, dt.date.fromisoformat(ON), NewIds())
    assert {"RICH": True, "KEPT": True, "PLAIN": False} == dict(
        zip(standing.customer_id.to_pylist(), standing.private.tolist(), strict=True)
    )
