"""K-FEE, K-LOBBY and E-COVER of `vip changes export`, against plain Python: Decimal, Fraction and dictionaries."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter, defaultdict
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.helpers import RULES, read_csv, vip
from tests.lists.exporting import make_run, write_rows
from tests.reports.test_change_report import sheets_of
from tests.workbooks import write_book
from vip_tiering.extracts.row_rules import RULES as ROW_RULES

BRANCHES = {"东支行": ("甲", "乙"), "西支行": ("丙",)}
TIERS = (5_000, 30_000, 150_000, 600_000, 2_000_000, 9_000_000)
TAUGHT = {
    "mobile_bank": "手机银行", "online_bank": "网上银行", "pos": "乐收银", "fund_collection": "跨行资金归集",
    "wealth_supermarket": "理财超市操作", "credit_card": "信用卡", "bill_payment": "生活缴费",
}  # fmt: skip
"""The topics of S-TEACH-1 and S-TEACH-2 as the plan has them."""
FEES = ("date", "branch", "manager", "customer_id", "product", "amount")
LOBBY = ("date", "branch", "action", "event", "visitors", "accounts_opened")
OUTSIDE = "the day does not lie in 2015-10-01 to 2015-12-31; deliver the rows of these days alone [day-outside]"
NOT_WHOLE = "this is not a whole number; write plain digits such as 1200, without a sign [number-whole]"
TWICE = "this event of the day and branch stands in an earlier row; add both up in one row, or tell them apart by event [row-repeated]"
HALL_ACTIONS = ", ".join(f"E-LOBBY-{number}" for number in range(1, 7))
NO_ACTION = f"the word is not known; write {HALL_ACTIONS}, or map it under values in rules/customers.yaml [value-unknown]"
DECIMALS = "the amount has decimals below the fen; amounts are exact to 0.01 yuan [amount-decimals]"
FEE = ("2015-11-03", "东支行", "甲", "", "基金", "12.34")
HALL = ("2015-12-24", "东支行", "", "圣诞", "10", "1")
OTHER_HALL = (*HALL[:3], "迎新", *HALL[4:])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of 60 customers and their customer file; each holds some products, by code or by label."""
    folder = tmp_path_factory.mktemp("branch")
    draw = random.Random(5)
    make_run(folder / "out", {f"C{number:03}": (0, TIERS[number % 6]) for number in range(60)})
    owners = [(branch, manager) for branch, managers in BRANCHES.items() for manager in managers] + [("", "")]
    rows = []
    for number in range(58):  # two are not in the file
        words = [draw.choice([code, label, f" {code.upper()} "]) for code, label in TAUGHT.items() if draw.random() < 0.4]
        words += ["基金定投"] * (number % 5 == 0) + ["本行理财夜市"] * (number % 7 == 0)
        rows.append((f"C{number:03}", "王芳", *owners[number % 4], "|".join(words)))
    write_rows(folder / "customers.csv", ("customer_id", "name", "branch", "manager", "products_held"), rows)
    return folder


def export(home: Path, out: Path, *arguments: object) -> tuple[int, str, str]:
    """Run `vip changes export` and return status, output and errors."""
    rules = () if "--rules" in arguments else ("--rules", RULES)
    done = vip("changes", "export", home / "out" / "2015Q4", "--customers", home / "customers.csv", "--out", out, *rules, *arguments)
    return done.returncode, done.stdout, done.stderr


def refusal(home: Path, tmp_path: Path, option: str, header: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    """Return the line with which a file is refused, without the name of the file."""
    path = write_rows(tmp_path / "delivered.csv", header, rows)
    status, output, errors = export(home, tmp_path / "reports", option, path)
    assert (4, "", False) == (status, output, (tmp_path / "reports").exists()), errors
    return errors.removeprefix("vip: delivered.csv: ").removesuffix("\n")


def test_sums_are_exact_and_stand_against_their_targets(home: Path, tmp_path: Path) -> None:
    """Fees of both signs, by branch, manager and product, add up to the fen, whatever the sum; a share is rounded down."""
    draw = random.Random(7)
    places = [("东支行", "甲"), ("东支行", "乙"), ("西支行", ""), ("新支行", "丁")]
    rows = [
        (f"2015-{draw.randint(10, 12)}-{draw.randint(1, 30):02}", *draw.choice(places), "", draw.choice(["基金", "保险", ""]), str(amount))
        for amount in (Decimal(draw.randint(-(10**13), 10**14 - 1)).scaleb(-2) for _ in range(400))
    ]
    hall = [
        ("2015-12-24", "东支行", "E-LOBBY-6", "", "120", "7"),
        ("2015-12-25", "东支行", "E-LOBBY-6", "", "80", "0"),
        ("2015-11-11", "西支行", "", "金融讲座", "45", "3"),
        ("2015-11-11", "东支行", "", "金融讲座", "5", "0"),
    ]
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "targets.yaml").read_text("utf-8").partition("# targets:")[0]
    text += """targets:
  - {id: K-FEE, quarter: 2015Q4, target: 7000000000}
  - {id: K-FEE, quarter: 2015Q4, branch: 新支行, target: 3}
  - {id: K-LOBBY-2, quarter: 2015Q4, target: 300}
  - {id: K-LOBBY-3, quarter: 2016Q1, target: 7}
"""
    (rules / "targets.yaml").write_text(text, "utf-8")
    given = ("--fees", write_rows(tmp_path / "fees.csv", FEES, rows), "--lobby", write_rows(tmp_path / "lobby.csv", LOBBY, hall))
    status, output, errors = export(home, tmp_path / "reports", *given, "--rules", rules, "--json")
    report = tmp_path / "reports" / "2015Q4"
    assert 0 == status, errors
    assert "no customer belongs to 新支行, which the fees or events in the hall name" in errors
    assert "managers who earned fees and hold no customer: 1" in errors
    by_product: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for _, branch, manager, _, product, amount in rows:
        by_product[branch, manager or "unassigned", product] += Decimal(amount)
    counts = Counter((branch, manager or "unassigned", product) for _, branch, manager, _, product, _ in rows)
    found = {
        (row["branch"], row["manager"], row["product"]): (int(row["entries"]), Decimal(row["amount"]))
        for row in read_csv(report / "fees.csv")
    }
    assert {key: (counts[key], amount) for key, amount in by_product.items()} == found
    measures = {(row["measure"], row["branch"]): row for row in read_csv(report / "measures.csv")}
    whole = sum(by_product.values())
    assert whole == Decimal(measures["K-FEE", ""]["value"])
    for branch in ("东支行", "西支行", "新支行"):
        of_branch = sum(amount for (one, _, _), amount in by_product.items() if one == branch)
        assert of_branch == Decimal(measures["K-FEE", branch]["value"])
    assert ("", "") == (measures["K-FEE", "unassigned"]["value"], measures["K-FEE", ""]["previous"])

    def share(value: Decimal, target: int) -> str:
        tenths = int((Fraction(value) * 1000 / target).__floor__())
        return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}%"

    assert share(whole, 7_000_000_000) == measures["K-FEE", ""]["quarter_reached"]
    fresh = Decimal(measures["K-FEE", "新支行"]["value"])
    assert ("3.00", share(fresh, 3)) == tuple(measures["K-FEE", "新支行"][name] for name in ("quarter_target", "quarter_reached"))
    sums = [(measures[f"K-LOBBY-{one}", ""]["value"], measures[f"K-LOBBY-{one}", "东支行"]["value"]) for one in (1, 2, 3)]
    assert [("4", "3"), ("250", "205"), ("10", "7")] == sums
    assert ("83.3%", "") == (measures["K-LOBBY-2", ""]["quarter_reached"], measures["K-LOBBY-3", ""]["quarter_target"])
    lobby = {(row["branch"], row["action"], row["event"]): [*row.values()][3:] for row in read_csv(report / "lobby.csv")}
    assert {
        ("东支行", "E-LOBBY-6", "春节福字、春联"): ["2", "200", "7"],
        ("东支行", "", "金融讲座"): ["1", "5", "0"],
        ("西支行", "", "金融讲座"): ["1", "45", "3"],
    } == lobby
    document = json.loads(output)
    assert [] == document["not_delivered"]
    assert str(whole) == next(one["value"] for one in document["measures"] if one["measure"] == "K-FEE")
    assert {True} == {one["holds"] for one in document["proofs"] if one["name"].startswith("K-")}
    assert 4 == sum(one["name"].startswith("K-") for one in document["proofs"])
    own = [row[:3] for row in sheets_of(report / "managers" / "东支行" / "甲.xlsx")["汇总"]]
    start = own.index(["中间业务收入", "", ""])
    assert ["产品", "笔数", "金额"] == own[start + 1]
    mine = {product: amount for (branch, manager, product), amount in by_product.items() if (branch, manager) == ("东支行", "甲")}
    shown = {row[0]: Decimal(str(row[2])).quantize(Decimal("0.01"), ROUND_FLOOR) for row in own[start + 2 : start + 2 + len(mine)]}
    assert mine.keys() == shown.keys()


def test_what_was_not_delivered_is_said_and_is_not_zero(home: Path, tmp_path: Path) -> None:
    """Without the files, or a column of one, the measure is empty everywhere, and the summary, the terminal and --json say so."""
    status, output, errors = export(home, tmp_path / "without")
    assert (0, False) == (status, "K-FEE" in errors)
    assert 4 == output.count("not delivered")
    rows = [row for row in read_csv(tmp_path / "without" / "2015Q4" / "measures.csv") if row["measure"].startswith(("K-FEE", "K-LOBBY"))]
    assert [("K-FEE", "", ""), *((f"K-LOBBY-{one}", "", "") for one in (1, 2, 3))] == [
        (row["measure"], row["branch"], row["value"]) for row in rows
    ]
    assert not (tmp_path / "without" / "2015Q4" / "fees.csv").exists()
    lines = [row[0] for row in sheets_of(tmp_path / "without" / "2015Q4" / "report.xlsx")["汇总"]]
    assert "未提供数据，本报告不计（不是零）：中间业务收入、厅堂营销场次、厅堂营销到访人数、厅堂营销开户数" in lines
    assert "支行指标：中间业务收入" not in lines
    path = write_rows(tmp_path / "lobby.csv", LOBBY[:5], [HALL[:5]])
    status, output, errors = export(home, tmp_path / "with", "--lobby", path, "--json")
    assert "warning: lobby.csv: no column accounts_opened: it is not counted\n" in errors
    document = json.loads(output)
    assert ["K-FEE", "K-LOBBY-3"] == document["not_delivered"]
    assert ["1", "10", ""] == [one["value"] for one in document["measures"] if one["measure"].startswith("K-LOBBY")]


def test_a_target_of_what_was_not_delivered_is_a_warning(home: Path, tmp_path: Path) -> None:
    """A target of the quarter without its file is told; one of another quarter is not."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "targets.yaml").read_text("utf-8").partition("# targets:")[0]
    text += "targets:\n  - {id: K-FEE, quarter: 2015Q4, target: 1}\n  - {id: K-LOBBY-1, quarter: 2016Q1, target: 1}\n"
    (rules / "targets.yaml").write_text(text, "utf-8")
    errors = export(home, tmp_path / "reports", "--rules", rules)[2]
    assert "warning: K-FEE: has a target of 2015Q4, and no --fees file was given; it is not counted\n" in errors
    assert "K-LOBBY" not in errors


def test_files_come_in_every_form(home: Path, tmp_path: Path) -> None:
    """Chinese headers in GB18030, a workbook with amounts as numbers, and months in place of days give the same sums."""
    chinese = (
        "入账日期,月份,支行,客户经理,客户号,收入项目,手续费\n2015-10-08,,东支行,甲,C001,基金,0.30\n,2015年11月,东支行,甲,,基金,-0.10\n"
    )
    (tmp_path / "fees.csv").write_bytes(chinese.encode("gb18030"))
    sheet = [["月份", "支行", "客户经理", "金额"], ["2015-10", "东支行", "甲", 0.3], ["201512", "东支行", "甲", -0.1]]
    write_book(tmp_path / "fees.xlsx", {"中收": sheet})
    for name in ("fees.csv", "fees.xlsx"):
        status, _, errors = export(home, tmp_path / name.replace(".", "-"), "--fees", tmp_path / name)
        assert 0 == status, errors
        [row] = read_csv(tmp_path / name.replace(".", "-") / "2015Q4" / "fees.csv")
        assert ("东支行", "甲", "2", "0.20") == (row["branch"], row["manager"], row["entries"], row["amount"])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"date": "2016-01-01"}, f"row 3, column date: {OUTSIDE}"),
        ({"date": "2015-09-30"}, f"row 3, column date: {OUTSIDE}"),
        ({"date": ""}, "row 3, column date: the date is missing [date-empty]"),
        ({"branch": " "}, "row 3, column branch: the branch is missing; write the one to which this belongs [value-missing]"),
        ({"amount": ""}, "row 3, column amount: the amount is missing; write 0.00 for nothing [amount-empty]"),
        ({"amount": "12.345"}, f"row 3, column amount: {DECIMALS}"),
        ({"amount": "1,200.00"}, "row 3, column amount: the amount has a thousands separator; write 1234.50 [amount-thousands]"),
        ({"amount": "1000000000000"}, "row 3, column amount: the amount is 1,000,000,000,000 yuan or more [amount-range]"),
        ({"customer_id": "1E+05"}, f"row 3, column customer_id: {ROW_RULES['id-spreadsheet']} [id-spreadsheet]"),
    ],
)  # fmt: skip
def test_a_bad_fee_is_refused(home: Path, tmp_path: Path, change: dict[str, str], line: str) -> None:
    """A file of fees with one bad row between two sound ones is refused as a whole, with the row."""
    bad = tuple({**dict(zip(FEES, FEE, strict=True)), **change}[name] for name in FEES)
    assert line == refusal(home, tmp_path, "--fees", FEES, FEE, bad, FEE)


def test_the_sound_neighbours_alone_pass(home: Path, tmp_path: Path) -> None:
    """The rows beside the bad ones of these tests are sound."""
    fees, lobby = write_rows(tmp_path / "fees.csv", FEES, [FEE, FEE]), write_rows(tmp_path / "lobby.csv", LOBBY, [HALL, OTHER_HALL])
    assert 0 == export(home, tmp_path / "sound", "--fees", fees, "--lobby", lobby)[0]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"date": "2016-01-01"}, f"row 3, column date: {OUTSIDE}"),
        ({"action": "E-LOBY-6"}, f"row 3, column action: {NO_ACTION}"),
        ({"event": ""}, "row 3, column event: the event is missing; name it [value-missing]"),
        ({"visitors": "-1"}, f"row 3, column visitors: {NOT_WHOLE}"),
        ({"visitors": "2.5"}, f"row 3, column visitors: {NOT_WHOLE}"),
        ({"accounts_opened": ""}, "row 3, column accounts_opened: a number is missing; write 0 for none [value-missing]"),
        ({"event": "圣诞", "visitors": "11"}, f"row 3, column date: {TWICE}"),
    ],
)  # fmt: skip
def test_a_bad_event_is_refused(home: Path, tmp_path: Path, change: dict[str, str], line: str) -> None:
    """A file of events with one bad row between two sound ones is refused as a whole, with the row."""
    sound = {**dict(zip(LOBBY, HALL, strict=True)), "event": "元旦"}
    bad = tuple({**sound, **change}[name] for name in LOBBY)
    assert line == refusal(home, tmp_path, "--lobby", LOBBY, HALL, bad, OTHER_HALL)


def test_months_and_headers_are_judged(home: Path, tmp_path: Path) -> None:
    """A month that is none, or of another quarter, and a file without a day, a branch or an event are refused."""
    header = ("month", *FEES[1:])
    month = "row 3, column month: this is not a month; write 2015-11, 201511 or 2015年11月 [month-invalid]"
    assert month == refusal(home, tmp_path, "--fees", header, ("2015-11", *FEE[1:]), ("2015-13", *FEE[1:]))
    outside = refusal(home, tmp_path, "--fees", header, ("2015-12", *FEE[1:]), ("2015-09", *FEE[1:]))
    assert outside.startswith("row 3, column month: the day does not lie in 2015-10-01 to 2015-12-31")
    assert "no column for the date" in refusal(home, tmp_path, "--fees", FEES[1:], FEE[1:])
    assert "no column for the amount" in refusal(home, tmp_path, "--fees", FEES[:-1], FEE[:-1])
    assert "no column for the branch" in refusal(home, tmp_path, "--lobby", ("date", "event"), (HALL[0], HALL[3]))
    assert "no column for the event" in refusal(home, tmp_path, "--lobby", ("date", "branch"), HALL[:2])


def test_ids_of_fees_are_held_against_the_run(home: Path, tmp_path: Path) -> None:
    """A customer whom nobody knows is counted in a warning."""
    path = write_rows(tmp_path / "fees.csv", FEES, [(*FEE[:3], "C001", *FEE[4:]), (*FEE[:3], "X9", *FEE[4:])])
    status, _, errors = export(home, tmp_path / "reports", "--fees", path)
    assert (0, True) == (status, "fees.csv: customers that are in neither the run nor the customer file: 1 of 2" in errors)


def test_another_file_is_another_report(home: Path, tmp_path: Path) -> None:
    """The digests of the files are part of the report's identity."""
    path = write_rows(tmp_path / "fees.csv", FEES, [FEE])
    assert 0 == export(home, tmp_path / "reports", "--fees", path)[0]
    assert "already up to date" in export(home, tmp_path / "reports", "--fees", path)[1]
    write_rows(path, FEES, [FEE, FEE])
    status, _, errors = export(home, tmp_path / "reports", "--fees", path)
    assert (5, True) == (status, "stands there and was made from other fees" in errors)


# --- E-COVER


def people(home: Path) -> dict[str, tuple[str, str, set[str]]]:
    """Return branch, manager and the products of each customer of the file, products by code, else as they stand there."""
    codes = {label: code for code, label in TAUGHT.items()} | {"基金定投": "fund_saving_plan"}
    found = {}
    for row in read_csv(home / "customers.csv"):
        words = {word.strip() for word in row["products_held"].split("|") if word.strip()}
        found[row["customer_id"]] = row["branch"], row["manager"], {codes.get(word, word.lower()) for word in words}
    return found


def test_coverage_by_branch_and_manager(home: Path, tmp_path: Path) -> None:
    """coverage.csv counts holders among the customers with a tier, of all, of each branch, of each manager; shares are rounded down."""
    export(home, tmp_path / "reports")
    report = tmp_path / "reports" / "2015Q4"
    tiers = {row["customer_id"]: row["tier"] for row in read_csv(home / "out" / "2015Q4" / "tiers.csv")}
    members = {one: entry for one, entry in people(home).items() if tiers[one] != "untiered"}
    expected = {}
    groups: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    for branch, manager, held in members.values():
        for group in (("", ""), (branch or "unassigned", ""), (branch or "unassigned", manager or "unassigned")):
            groups[group].append(held)
    products = {product for _, _, held in members.values() for product in held} | set(TAUGHT)
    for group, sets in groups.items():
        for product in ("any", *products):
            holders = sum(bool(one) if product == "any" else product in one for one in sets)
            tenths = (Fraction(holders, len(sets)) * 1000).__floor__()
            expected[*group, product] = (len(sets), holders, f"{tenths // 10}.{tenths % 10}")
    rows = read_csv(report / "coverage.csv")
    found = {
        (row["branch"], row["manager"], row["product"]): (int(row["customers"]), int(row["holders"]), row["share_percent"]) for row in rows
    }
    assert (expected, len(rows)) == (found, len(found))
    summary = sheets_of(report / "report.xlsx")["汇总"]
    start = next(number for number, row in enumerate(summary) if row[0].startswith("产品签约覆盖度"))
    header = [cell for cell in summary[start + 1] if cell]
    assert ["支行", "客户经理", "本季客户数", "至少一项", *TAUGHT.values()] == header
    lines = {(row[0], row[1]): row for row in summary[start + 2 :] if row[0]}
    for (branch, manager), sets in groups.items():
        place = (branch.replace("unassigned", "未分配") or "全部", manager.replace("unassigned", "未分配") or "合计")
        shares = [expected[branch, manager, product][2] for product in ("any", *TAUGHT)]
        assert [len(sets), *shares] == lines[place][2 : 2 + len(header) - 2]
    order = [(row[0], row[1]) for row in summary[start + 2 :] if row[0]]
    assert [("全部", "合计"), ("东支行", "合计"), ("东支行", "乙"), ("东支行", "甲"), ("西支行", "合计")] == order[:5]


def test_a_manager_sees_who_lacks_which_product(home: Path, tmp_path: Path) -> None:
    """尚无的产品 names for each customer with a tier the products that are taught and not held, and nobody who holds all of them."""
    export(home, tmp_path / "reports")
    tiers = {row["customer_id"]: row["tier"] for row in read_csv(home / "out" / "2015Q4" / "tiers.csv")}
    for branch, managers in BRANCHES.items():
        for manager in managers:
            header, *rows = sheets_of(tmp_path / "reports" / "2015Q4" / "managers" / branch / f"{manager}.xlsx")["尚无的产品"]
            assert ["客户号", "客户", "层级", "持有产品", "尚无的产品", "上次联系"] == header
            lacking = {
                one: "、".join(label for code, label in TAUGHT.items() if code not in held)
                for one, (of, by, held) in people(home).items()
                if (of, by) == (branch, manager) and tiers[one] != "untiered"
            }
            assert {one: text for one, text in lacking.items() if text} == {row[0]: row[4] for row in rows}
            assert all({*row[3].split("、")}.isdisjoint(row[4].split("、")) for row in rows)


def test_without_the_column_nothing_is_said_of_products(home: Path, tmp_path: Path) -> None:
    """A customer file without products_held makes no coverage and no sheet of it."""
    shutil.copytree(home, tmp_path / "home")
    rows = [[*row.values()][:4] for row in read_csv(home / "customers.csv")]
    write_rows(tmp_path / "home" / "customers.csv", ("customer_id", "name", "branch", "manager"), rows)
    status, output, _ = export(tmp_path / "home", tmp_path / "reports", "--json")
    assert (0, []) == (status, json.loads(output)["coverage"])
    assert not (tmp_path / "reports" / "2015Q4" / "coverage.csv").exists()
    assert "尚无的产品" not in sheets_of(tmp_path / "reports" / "2015Q4" / "managers" / "东支行" / "甲.xlsx")


def test_what_is_taught_stands_in_the_rules(home: Path, tmp_path: Path) -> None:
    """Other actions under taught_by are other products: nothing of them stands in the program."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    text = (rules / "playbooks.yaml").read_text("utf-8")
    (rules / "playbooks.yaml").write_text(text.replace("taught_by: [S-TEACH-1, S-TEACH-2]", "taught_by: [S-POS]"), "utf-8")
    export(home, tmp_path / "reports", "--rules", rules)
    rows = sheets_of(tmp_path / "reports" / "2015Q4" / "managers" / "西支行" / "丙.xlsx")["尚无的产品"][1:]
    assert {"乐收银、结算资金管理", "结算资金管理"} == {row[4] for row in rows}
