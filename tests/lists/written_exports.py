"""Small exports written by hand for the tests of the hard rules: files, manifests and hashes by Python's own means."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vip_tiering.base.errors import Problem
from vip_tiering.customers.types import Customers, Known
from vip_tiering.lists.verification.gates import check_gates
from vip_tiering.lists.verification.rules import read_export
from vip_tiering.playbooks.load import Playbooks
from vip_tiering.publishing import manifests

DAY = "2016-01-05"
Row = dict[str, str]
LIST = (
    "customer_id", "action", "manager", "branch", "display_name", "phone", "tier_label", "previous_tier_label", "reasons", "product",
    "event_date", "due_by", "rank", "may_market", "max_risk", "last_contact", "result", "obstacle", "note",
)  # fmt: skip
PERSONAL = ("text", "wechat_id")
MESSAGE = ("phone", "text", "customer_id", "action", "not_before", "not_after", "valid_until")
SUPPRESSED = ("customer_id", "action", "channel", "reason", "manager", "branch", "tier")
CONTACT = ("customer_id", "channel", "action", "event_date", "product", "manager", "branch", "tier")
PEOPLE = ("calls", "wechat", "appointments", "invitations", "visits")


SAID = {
    "E-SMS-1": ("本期储蓄国债期限3年，票面年利率4.00%，100元起购，3月10日至3月19日发售。详情可到朝阳支行咨询，或致电我行客服热线。"),
    "G-SMS-1": (
        "我行在售{product}期限182天，5万元起购。想了解产品和风险，可到朝阳支行咨询，或致电我行客服热线。理财非存款，产品有风险，投资须谨慎。"
    ),
    "D-SMS-2": (
        "我行在售{product}期限182天，5万元起购。可到朝阳支行请客户经理为您介绍，预约请致电我行客服热线。理财非存款，产品有风险，投资须谨慎。"
    ),
    "D-SMS-7": (
        "想为养老早作准备，可到朝阳支行做一次养老保障需求分析，了解分红型养老保险，预约请致电我行客服热线。"
        "保险由保险公司承保，红利分配是不确定的。"
    ),
}
"""What the shipped templates say to customers of a branch without a telephone in the rules."""
ASKED = "您好，我是朝阳支行的客户经理。最近想请您来坐坐，当面聊一聊，您看哪天方便？也可以致电我行客服热线找我。如不方便，告诉我一声就好。"
"""What a manager asks by WeChat."""


def message(customers: str, action: str, phone: str, greeting: str = "客户", product: str = "") -> Row:
    """Return a row of sms.csv."""
    text = f"【示例银行】尊敬的{greeting}，{SAID[action].format(product=product)}拒收请回复R"
    return {
        "phone": phone,
        "text": text,
        "customer_id": customers,
        "action": action,
        "not_before": f"{DAY} 09:00",
        "not_after": f"{DAY} 20:00",
        "valid_until": "2016-01-08",
    }


def person(customer: str, actions: str, tier: str, **cells: str) -> Row:
    """Return a row of a list for people."""
    usual = {"manager": "M01", "branch": "朝阳支行", "display_name": "王*", "tier_label": tier, "previous_tier_label": tier, "rank": "1"}
    return {**dict.fromkeys((*LIST, *PERSONAL), ""), **usual, "customer_id": customer, "action": actions, **cells}


def stopped(customer: str, action: str, channel: str, reason: str, tier: str) -> Row:
    """Return a row of suppressed.csv."""
    row = (customer, action, channel, reason, "M01", "朝阳支行", tier)
    return dict(zip(SUPPRESSED, row, strict=True))


@dataclass
class Draft:
    """An export before it is written. `forms`: columns, rows and BOM by file, once `settle` has made them."""

    sms: list[Row]
    lists: dict[str, list[Row]]
    private: dict[str, list[Row]]
    suppressed: list[Row]
    private_suppressed: list[Row]
    main_files: dict[str, tuple[tuple[str, ...], list[Row], bool]] = field(default_factory=dict)
    private_files: dict[str, tuple[tuple[str, ...], list[Row], bool]] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    private_manifest: dict[str, Any] = field(default_factory=dict)
    named_digest: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def settle(self, books: Playbooks, run: str = "") -> None:
        """Make the files and the manifests that say the same as the rows."""
        self.headers = books.headers
        lists = {code: self.lists.get(code, []) for code in PEOPLE}
        contacts = [
            {"customer_id": one, "channel": "sms", "action": row["action"], "manager": "M01"}
            for row in self.sms
            for one in row["customer_id"].split("|")
        ]
        contacts += _contacts(lists)
        private_contacts = _contacts(self.private)
        self.main_files = {
            "sms.csv": (MESSAGE, self.sms, False),
            "contacts.csv": (CONTACT, contacts, True),
            "suppressed.csv": (SUPPRESSED, self.suppressed, True),
        }
        for code, rows in lists.items():
            columns = LIST + (PERSONAL if code == "wechat" else ())
            self.main_files[f"{code}.csv"] = (columns, rows, True)
        self.main_files |= _of_managers(lists)
        self.private_files = {
            "contacts.csv": (CONTACT, private_contacts, True),
            "suppressed.csv": (SUPPRESSED, self.private_suppressed, True),
        }
        self.private_files |= _of_managers(self.private)
        self._count([*contacts, *private_contacts], [*self.suppressed, *self.private_suppressed], lists)
        head = {"on": DAY, "quarter": "2015Q4", "status": "export", "identity": "1", "made_from": {"on": DAY, "run": run, "files": {}}}
        self.manifest = {"schema": "vip-tiering export", **head, **self.manifest}
        self.private_manifest = {"schema": "vip-tiering private export", **head}

    def _count(self, contacts: list[Row], suppressed: list[Row], lists: dict[str, list[Row]]) -> None:
        actions: dict[str, dict[str, Any]] = {}
        for one in sorted({row["action"] for row in (*contacts, *suppressed)}):
            reasons = [row["reason"] for row in suppressed if row["action"] == one]
            exported = len({row["customer_id"] for row in contacts if row["action"] == one})
            counts = {reason: reasons.count(reason) for reason in reasons}
            actions[one] = {"selected": exported + len(reasons), "exported": exported, "suppressed": counts}
        ids = sum(len(row["customer_id"].split("|")) for row in self.sms)
        channels = {"sms": {"rows": len(self.sms), "private_rows": 0, "customers": ids}}
        for code, rows in lists.items():
            hidden = len(self.private.get(code, []))
            channels[code] = {"rows": len(rows), "private_rows": hidden, "customers": len(rows) + hidden}
        self.manifest = {"actions": actions, "channels": channels, "warnings": []}

    def write(self, root: Path) -> tuple[Path, Path]:
        """Write both folders with manifests whose hashes are right, and return them."""
        private, main = root / "lists.private" / DAY, root / "lists" / DAY
        digest = _write(private, self.private_files, self.private_manifest, self.headers)
        named = {"digest": self.named_digest or digest, "rows": 0}
        _write(main, self.main_files, {"private": named, **self.manifest}, self.headers)
        return main, private


def _of_managers(lists: Mapping[str, list[Row]]) -> dict[str, tuple[tuple[str, ...], list[Row], bool]]:
    """Return the file of each manager, with the rows of all channels."""
    every = [{**row, "channel": code} for code, rows in lists.items() for row in rows]
    return {
        f"branches/{branch}/{manager}.csv": (
            ("channel", *LIST, *PERSONAL),
            [row for row in every if (row["branch"], row["manager"]) == (branch, manager)],
            True,
        )
        for branch, manager in sorted({(row["branch"], row["manager"]) for row in every})
    }


def _contacts(lists: Mapping[str, list[Row]]) -> list[Row]:
    return [
        {"customer_id": row["customer_id"], "channel": code, "action": action, "manager": row["manager"]}
        for code, rows in lists.items()
        for row in rows
        for action in row["action"].split("|")
    ]


def _write(
    folder: Path, files: Mapping[str, tuple[tuple[str, ...], list[Row], bool]], manifest: Mapping[str, Any], headers: Mapping[str, str]
) -> str:
    outputs = []
    for name, (columns, rows, bom) in sorted(files.items()):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([headers[one] for one in columns] if name.startswith("branches/") else columns)
        writer.writerows([row.get(one, "") for one in columns] for row in rows)
        content = text.getvalue().encode("utf-8-sig" if bom else "utf-8")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        outputs.append({"name": name, "rows": len(rows), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return rehash(folder, {"outputs": outputs, **manifest})


def rehash(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Write a manifest whose digest is its own, and return it."""
    digest = manifests.digest(manifest)
    (folder / "manifest.json").write_text(json.dumps({**manifest, "digest": digest}, ensure_ascii=False), encoding="utf-8")
    return digest


Change = Callable[[Draft], object]


def changed(draft: Draft, change: Change) -> Draft:
    """Return a draft of its own with a change."""
    own = copy.deepcopy(draft)
    change(own)
    return own


def check_people(folder: Path, private: Path | None, books: Playbooks, run: Path, customers: Customers, known: Known) -> list[Problem]:
    """Return what `vip playbook verify --run --customers` finds in the people of an export."""
    export, problems = read_export(folder, private, books)
    return problems if export is None else [*problems, *check_gates(export, run, customers, known)]
