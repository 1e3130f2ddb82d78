"""Small branches for the tests of exports: runs of a few customers, their files, and exports read back."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.helpers import RULES, vip
from vip_tiering import compute_tiers, load_rules

CUSTOMER_HEADER = (
    "customer_id", "name", "gender", "mobile", "manager", "branch", "birthday", "segments", "wechat_id", "risk_rating", "risk_rated_on",
    "qualified_investor", "qualified_on", "consent_sms", "consent_call", "consent_wechat", "status", "private_client", "points",
    "points_expire_on", "wealth_manager", "household_customer_id", "interests",
)  # fmt: skip
USUAL = {
    "name": "王小明",
    "gender": "M",
    "manager": "M01",
    "branch": "朝阳支行",
    "birthday": "1980-06-15",
    "wechat_id": "wx1",
    "risk_rating": "C5",
    "risk_rated_on": "2015-06-01",
    "qualified_investor": "Y",
    "qualified_on": "2015-06-01",
    "consent_sms": "Y",
    "consent_call": "Y",
    "consent_wechat": "Y",
    "status": "active",
}
"""A customer whom no gate stops."""
ON = "2016-01-05"
"""A Tuesday."""


def make_run(out: Path, averages: Mapping[str, tuple[int, int]], closing: Mapping[str, int] | None = None) -> Path:
    """Compute 2015Q3 and 2015Q4 for customers with these averages in yuan (0: absent) and return the folder of 2015Q4.

    `closing`: who has another balance on the last day.
    """
    rows = [("2015-06-30", "opening", 1)]
    for customer, (third, fourth) in averages.items():
        rows += [("2015-07-01", customer, third), ("2015-10-01", customer, fourth)]
    rows += [("2015-12-31", customer, yuan) for customer, yuan in (closing or {}).items()]
    path = write_rows(out.parent / "changes.csv", ("date", "customer_id", "balance"), [(day, one, f"{yuan}.00") for day, one, yuan in rows])
    rules = load_rules(RULES)
    compute_tiers(path, "2015Q3", rules=rules, kind="changes").write(out)
    return compute_tiers(path, "2015Q4", rules=rules, kind="changes", previous=out / "2015Q3").write(out)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def customer(number: int, **fields: str) -> dict[str, str]:
    """Return a customer whom no gate stops, with his own number, but for these fields."""
    return {**USUAL, "mobile": f"138{number:08d}", **fields}


def write_customers(path: Path, customers: Mapping[str, Mapping[str, str]], without: Sequence[str] = ()) -> Path:
    """Write a customer file, perhaps without some of its columns."""
    header = [name for name in CUSTOMER_HEADER if name not in without]
    rows = [[{"customer_id": one, **fields}.get(name, "") for name in header] for one, fields in customers.items()]
    return write_rows(path, header, rows)


def write_events(path: Path, rows: Iterable[tuple[str, str, str, str, str, str]]) -> Path:
    """Write an events file: customer_id, event, kind, date, product, amount."""
    return write_rows(path, ("customer_id", "event", "kind", "date", "product", "amount"), rows)


def export(run: Path, customers: Path, out: Path, *arguments: object, on: str = ON) -> subprocess.CompletedProcess[str]:
    """Run `vip playbook export` with the project's rules, unless `--rules` is among the arguments."""
    rules = () if "--rules" in arguments else ("--rules", RULES)
    return vip("playbook", "export", run, "--customers", customers, "--on", on, "--out", out, *rules, *arguments)


def rules_with_control(folder: Path, shares: Mapping[str, str]) -> Path:
    """Return a copy of the shipped rules in which actions have control groups. `shares`: by the id of the action."""
    rules = folder / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "playbooks.yaml").read_text(encoding="utf-8")
    for action, share in shares.items():
        assert text.count(f"- id: {action}\n") == 1
        text = re.sub(f"( *)- id: {action}\n", f'\\g<0>\\1  control_group: "{share}"\n', text)
    (rules / "playbooks.yaml").write_text(text, encoding="utf-8")
    return rules


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return a CSV as rows by header, with Python's own reader."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def private_rows(private: Path) -> list[dict[str, str]]:
    """Return the rows of every manager's private file."""
    return [row for path in sorted(private.glob("branches/*/*.csv")) for row in read_rows(path)]


def reasons_of(folder: Path, private: Path | None = None) -> dict[tuple[str, str], str]:
    """Return (customer, action) -> the reason for which nobody contacts him."""
    rows = read_rows(folder / "suppressed.csv")
    if private is not None and private.exists():
        rows += read_rows(private / "suppressed.csv")
    assert len({(row["customer_id"], row["action"]) for row in rows}) == len(rows)
    return {(row["customer_id"], row["action"]): row["reason"] for row in rows}


def day(text: str) -> dt.date:
    """Return a day."""
    return dt.date.fromisoformat(text)
