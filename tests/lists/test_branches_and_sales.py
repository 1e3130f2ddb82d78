"""What texts say beside the customer file: telephones and managers of branches, and when a product is on sale."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import ON, customer, export, make_run, private_rows, read_rows, reasons_of, write_customers

BRANCHES = """
branches:
  - branch: 朝阳支行
    phone: 010-65550001
    managers:
      - {manager: M01, name: 张明, phone: "13800000001"}
      - {manager: M02, name: 李强}
  - {branch: 海淀支行, managers: [{manager: M01, name: 赵敏}]}
"""
SMS = {f"E{number:05d}": (50_000, 50_000) for number in range(1, 6)}
DIAMOND = {f"D{number:05d}": (2_000_000, 2_000_000) for number in range(1, 5)}
PRIVATE = {"P00001": (9_000_000, 9_000_000)}
PEOPLE = {
    "E00001": customer(1),
    "E00002": customer(2, branch="海淀支行"),
    "E00003": customer(3, branch=""),
    "E00004": customer(4),
    "E00005": customer(4),  # the same number
    "D00001": customer(11, consent_call="N"),
    "D00002": customer(12, manager="M02", consent_call="N"),
    "D00003": customer(13, branch="海淀支行", consent_call="N"),
    "D00004": customer(14, manager="", consent_call="N"),
    "P00001": customer(21, consent_call="N"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run, its customer file, and rules that know two branches."""
    folder = tmp_path_factory.mktemp("home")
    make_run(folder / "out", SMS | DIAMOND | PRIVATE)
    write_customers(folder / "customers.csv", PEOPLE)
    rules = Path(shutil.copytree(RULES, folder / "rules"))
    with (rules / "customers.yaml").open("a", encoding="utf-8") as file:
        file.write(BRANCHES)
    return folder


def with_sale(home: Path, folder: Path, sale: str) -> Path:
    """Return the same rules with another sale of the bond."""
    rules = Path(shutil.copytree(home / "rules", folder / "rules"))
    text = (rules / "products.yaml").read_text("utf-8")
    changed = re.sub(r"sale_from: [0-9-]+, sale_until: [0-9-]+", sale, text)
    assert changed != text
    (rules / "products.yaml").write_text(changed, "utf-8")
    return rules


def test_customers_are_told_whom_to_call(home: Path, tmp_path: Path) -> None:
    """Each customer is given the telephone of his branch, or his manager's name and number; where the rules have none, neutral words."""
    out = tmp_path / "lists"
    done = export(
        home / "out" / "2015Q4", home / "customers.csv", out, "--rules", home / "rules", "--only", "E-SMS-1", "--only", "D-SMS-3", "--only",
        "P-WECHAT",
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    texts = {row["customer_id"]: row["text"] for row in read_rows(out / ON / "sms.csv")}
    said = {one: re.search(r"可到(.*?)(?:咨询，或致电(.*?)|请(.*?)为您介绍，预约请致电(.*?))。", text) for one, text in texts.items()}
    assert {
        "E00001": ("朝阳支行", "010-65550001"),
        "E00002": ("海淀支行", "我行客服热线"),
        "E00003": ("我行网点", "我行客服热线"),
        "E00004|E00005": ("我行网点", "我行客服热线"),
        "D00001": ("朝阳支行", "张明", "13800000001"),
        "D00002": ("朝阳支行", "李强", "010-65550001"),
        "D00003": ("海淀支行", "赵敏", "我行客服热线"),
        "D00004": ("朝阳支行", "客户经理", "010-65550001"),
    } == {one: tuple(filter(None, found.groups())) for one, found in said.items() if found}
    [private] = [row["内容"] for row in private_rows(tmp_path / "lists.private" / ON) if row["客户号"] == "P00001"]
    assert private.startswith("您好，我是朝阳支行的张明。")
    assert "也可以致电13800000001找我" in private
    assert "warning: texts that say 我行客服热线, because customers.yaml has no telephone of the branch: 4\n" in done.stderr
    verified = vip("playbook", "verify", out / ON, "--rules", home / "rules", "--private-out", tmp_path / "lists.private")
    assert 0 == verified.returncode, verified.stderr


def test_by_other_rules_the_telephones_are_strange(home: Path, tmp_path: Path) -> None:
    """The second opinion knows the telephones of the rules: by rules without branches the same texts are those of no template."""
    out = tmp_path / "lists"
    done = export(home / "out" / "2015Q4", home / "customers.csv", out, "--rules", home / "rules", "--only", "E-SMS-1")
    assert 0 == done.returncode, done.stderr
    verified = vip("playbook", "verify", out / ON, "--rules", RULES)
    assert (4, 1) == (verified.returncode, verified.stderr.count("[text-template]"))


@pytest.mark.parametrize(("sale", "goes_out"), [("sale_until: 2016-01-05", True), ("sale_from: 2015-12-01, sale_until: 2016-01-04", False)])
def test_nothing_is_said_of_a_sale_that_is_over(home: Path, tmp_path: Path, sale: str, *, goes_out: bool) -> None:
    """On the last day of a sale its text goes out; on the next all its rows are left out, for there is no text that is true."""
    rules = with_sale(home, tmp_path, f"{sale}, sale_from: 2015-12-01" if "from" not in sale else sale)
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", "--rules", rules, "--only", "E-SMS-1")
    assert 0 == done.returncode, done.stderr
    rows = read_rows(tmp_path / "lists" / ON / "sms.csv")
    assert goes_out == bool(rows)
    if goes_out:
        assert {True} == {"12月1日至1月5日发售" in row["text"] for row in rows}
    else:
        assert dict.fromkeys([(one, "E-SMS-1") for one in SMS], "no_template") == reasons_of(tmp_path / "lists" / ON)


def test_the_second_opinion_knows_when_a_sale_is_over(home: Path, tmp_path: Path) -> None:
    """Lists that were made while a bond was on sale are refused by rules that say it was not."""
    out = tmp_path / "lists"
    done = export(home / "out" / "2015Q4", home / "customers.csv", out, "--rules", home / "rules", "--only", "E-SMS-1")
    assert 0 == done.returncode, done.stderr
    rules = with_sale(home, tmp_path, "sale_from: 2015-03-10, sale_until: 2015-03-19")
    verified = vip("playbook", "verify", out / ON, "--rules", rules)
    assert (4, True) == (verified.returncode, "[text-template]" in verified.stderr)
