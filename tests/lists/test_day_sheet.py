"""今日联系: what a manager's sheet of the day, and that of a branch, hold, and who never stands in them."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import load_workbook

from tests.helpers import RULES
from tests.lists.exporting import ON, customer, export, make_run, write_customers, write_events

SOFFICE = shutil.which("soffice")
HEADERS: dict[str, str] = yaml.safe_load((RULES / "profiles.yaml").read_text(encoding="utf-8"))["headers"]
SHEET = (
    "rank", "display_name", "due_by", "tier_change", "why", "product", "contact_by", "phone", "last_contact", "daily_average",
    "deposit_today", "due_amount", "may_offer", "result", "obstacle", "note", "customer_id", "due_date", "previous_daily_average",
    "closing_balance", "lacking", "household", "action",
)  # fmt: skip
DATA = "（数据：2015年第4季度，截至12月31日，单位：元）"
AVERAGES = {
    "RISEN": (600_000, 1_200_000),
    "DUE": (600_000, 600_000),
    "LATER": (600_000, 600_000),
    "NEAR": (470_000, 470_000),
    "SHOP": (200_000, 200_000),
    "RICH": (9_000_000, 9_000_000),
    "OTHER": (600_000, 600_000),
}
PEOPLE = {
    "RISEN": customer(1, name="李一"),
    "DUE": customer(2, name="王二", birthday="1980-01-05"),
    "LATER": customer(3, name="张三", risk_rating="C3"),
    "NEAR": customer(4, name="赵四", consent_sms="", consent_call="Y", consent_wechat=""),
    "SHOP": customer(5, name="陈五", segments="merchant", consent_sms="N", consent_call="", consent_wechat="N"),
    "RICH": customer(6, name="何六"),
    "OTHER": customer(7, name="孙七", manager="M02"),
}
EVENTS = [
    ("DUE", "maturity", "", "2016-01-08", "三年定期", "50000.00"),
    ("DUE", "maturity", "", "2016-01-09", "五年定期", "70000.50"),
    ("LATER", "maturity", "", "2016-01-06", "三年定期", "300000.00"),
    ("OTHER", "maturity", "", "2016-01-07", "三年定期", ""),
]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the export of a day in which each manager has something to do."""
    home = tmp_path_factory.mktemp("sheet")
    run = make_run(home / "out", AVERAGES)
    held = {one: {**fields, "products_held": "手机银行|credit_card" if one == "SHOP" else ""} for one, fields in PEOPLE.items()}
    path = write_customers(home / "customers.csv", held)
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{cell}" for line, cell in zip(lines, ["products_held", *(one["products_held"] for one in held.values())], strict=True)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    done = export(run, path, home / "lists", "--events", write_events(home / "events.csv", EVENTS))
    assert done.returncode == 0, done.stderr
    return home / "lists" / ON


def sheet(path: Path) -> tuple[str, list[str], dict[str, dict[str, Any]]]:
    """Return title, headers and rows by customer of a workbook of a day."""
    book = load_workbook(path)
    assert ["今日联系"] == book.sheet_names
    title, headers, *rows = book.get_sheet_by_index(0).to_python()
    by_header = [dict(zip(headers, row, strict=True)) for row in rows]
    return str(title[0]), [str(one) for one in headers], {str(row["客户号"]): row for row in by_header}


def test_a_manager_has_one_row_for_each_customer(lists: Path) -> None:
    """The sheet has the title of its manager and day, the columns of the issue, and each customer once, the most urgent first."""
    title, headers, rows = sheet(lists / "branches" / "朝阳支行" / "M01.xlsx")
    assert f"今日联系  朝阳支行  M01  2016年1月5日{DATA}" == title
    assert [HEADERS[one] for one in SHEET] == headers
    assert ["DUE", "RISEN", "LATER", "NEAR", "SHOP"] == list(rows)
    assert [1, 2, 3, 4, 5] == [row["序号"] for row in rows.values()]


def test_a_row_says_all_that_is_known(lists: Path) -> None:
    """Reasons over all channels, the soonest first; the tier with the one before; figures to the fen; what may be offered."""
    _, _, rows = sheet(lists / "branches" / "朝阳支行" / "M01.xlsx")
    assert "生日 2016年1月5日；产品到期 2016年1月8日 三年定期、五年定期" == rows["DUE"]["今天为何"]
    assert (120_000.5, "2016-01-08") == (rows["DUE"]["到期金额"], rows["DUE"]["到期日"])
    assert ("金卡→金钻", "金卡") == (rows["RISEN"]["层级与变动"], rows["LATER"]["层级与变动"])
    assert (600_000, 600_000, "") == tuple(rows["DUE"][one] for one in ("日均", "期末余额", "今天存入多少可升级"))
    assert (600_000, 1_200_000) == (rows["RISEN"]["上季日均"], rows["RISEN"]["日均"])
    # 30,000 on 91 days, by money that counts on the 87 days from 5 January to 31 March
    assert rows["NEAR"]["今天存入多少可升级"] == 31_379.32
    assert "2016-01-06" == rows["LATER"]["最晚联系日"]
    assert ["可营销，至 R3", "可营销，至 R5"] == [rows[one]["能否营销及上限"] for one in ("LATER", "NEAR")]
    assert ("电话", "拜访") == (rows["NEAR"]["怎么联系"], rows["SHOP"]["怎么联系"])
    assert ("13800000004", "") == (rows["NEAR"]["电话"], rows["SHOP"]["电话"])


def test_what_is_held_is_not_taught(lists: Path) -> None:
    """Who holds two of the taught products, by label or code, is shown the others, and is taught what is lacking."""
    _, _, rows = sheet(lists / "branches" / "朝阳支行" / "M01.xlsx")
    assert "网上银行、乐收银、跨行资金归集、理财超市操作、生活缴费" == rows["SHOP"]["尚无的产品"]
    assert "手机银行" in rows["DUE"]["尚无的产品"]
    assert "S-POS|S-TEACH-1|S-TEACH-2" == rows["SHOP"]["事项"]


def test_the_head_of_a_branch_sees_all_managers(lists: Path) -> None:
    """The branch's sheet has the rows of every manager, one after the other, with the manager in front."""
    title, headers, rows = sheet(lists / "branches" / "朝阳支行.xlsx")
    assert f"今日联系  朝阳支行  2016年1月5日{DATA}" == title
    assert "客户经理" == headers[0]
    assert {"M01": 5, "M02": 1} == {one: sum(row["客户经理"] == one for row in rows.values()) for one in ("M01", "M02")}


def test_private_clients_stand_in_their_own_workbook(lists: Path) -> None:
    """A private client is in the private workbook of the manager, and in no open one; so is what is for private purposes alone.

    The head of the branch has no private workbook.
    """
    private = lists.parent.with_name("lists.private") / ON
    _, _, rows = sheet(private / "branches" / "朝阳支行" / "M01.xlsx")
    assert ["RICH", "RISEN"] == list(rows)
    assert rows["RISEN"]["事项"].startswith("D-")
    assert "RICH" not in sheet(lists / "branches" / "朝阳支行.xlsx")[2]
    assert not list((private / "branches").glob("*.xlsx"))


def test_it_prints_on_a4_across(lists: Path) -> None:
    """The sheet is one page wide, across, with title and headers on every page, and ends with the customer's id."""
    with zipfile.ZipFile(lists / "branches" / "朝阳支行" / "M01.xlsx") as parts:
        page, book = (parts.read(name).decode() for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"))
    assert 'paperSize="9"' in page
    assert 'orientation="landscape"' in page
    assert 'fitToHeight="0"' in page
    assert "今日联系!$A$1:$Q$7" in book
    assert "今日联系!$1:$2" in book
    assert 'topLeftCell="C3"' in page, "names stay in sight"
    assert "无人接听" in page
    assert "已送达" not in page


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_nothing_is_clipped_on_paper(lists: Path, tmp_path: Path) -> None:
    """LibreOffice prints every reason, number and remark whole."""
    source = lists / "branches" / "朝阳支行" / "M01.xlsx"
    command = [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir", tmp_path]
    subprocess.run([*command, source], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "M01.pdf").stat().st_size > 5_000
    if reader := shutil.which("pdftotext"):
        text = subprocess.run([reader, "-layout", tmp_path / "M01.pdf", "-"], check=True, capture_output=True, timeout=60).stdout.decode()
        plain = "".join(text.split())
        assert "今日联系朝阳支行M012016年1月5日" in plain
        assert all(amount in plain for amount in ("1,200,000.00", "120,000.50", "13800000001"))
