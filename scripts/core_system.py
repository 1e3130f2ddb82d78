"""Make the files of an invented bank as its core system delivers them, for docs/core-system.md.

    python scripts/core_system.py FOLDER

Balances: a text file a day for each of three branches, GBK, fields parted by |, without a header; customers and those who must not be
contacted: workbooks. Everything follows from one seed. The numbers lie in 138 0000 0000 to 138 0000 0299.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import xlsxwriter

FIRST_DAY, DAYS = dt.date(2015, 4, 1), 275
NOT_DELIVERED = dt.date(2015, 11, 14)
"""A Saturday, as happens."""
BRANCHES = ("朝阳支行", "海淀支行", "西城支行")
CUSTOMERS = 300
EXCEL_DAY_0 = dt.date(1899, 12, 30)
SURNAMES, GIVEN = ("王", "李", "张", "刘", "陈", "欧阳"), ("伟", "芳", "娜", "敏", "静", "强")


def customer(number: int) -> str:
    """Return the id of a customer: it begins with zeros, as such ids do."""
    return f"{number * 37 + 1_000:010d}"


def written(day: dt.date) -> str:
    """Return a day as the core system writes it: without zeros."""
    return f"{day.year}/{day.month}/{day.day}"


def write_balances(folder: Path, rng: np.random.Generator) -> None:
    """Write a file for each branch and day: institution, customer, account, currency, balance, day, and a separator at the end."""
    folder.mkdir(parents=True)
    yuan = rng.lognormal(11, 2, CUSTOMERS)
    for day in (FIRST_DAY + dt.timedelta(days=number) for number in range(DAYS)):
        yuan *= rng.lognormal(0.001, 0.02, CUSTOMERS)
        for place, branch in enumerate(BRANCHES) if day != NOT_DELIVERED else ():
            lines = [
                f"{branch}|{customer(number)}|6222{number:012d}|人民币|{yuan[number]:.2f}|{written(day)}|\n"
                for number in range(place, CUSTOMERS, len(BRANCHES))
            ]
            (folder / f"BAL_{place + 1:03d}_{day:%Y%m%d}.txt").write_bytes("".join(lines).encode("gbk"))


def write_workbook(path: Path, rows: list[list[object]]) -> None:
    """Write a workbook of one sheet."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)


def write_customers(path: Path, rng: np.random.Generator) -> None:
    """Write the customer file: ids as text, birthdays as the serial numbers that a spreadsheet keeps."""
    rows: list[list[object]] = [
        ["客户号", "客户姓名", "性别", "手机号", "客户经理", "网点", "出生日期", "客户状态", "短信同意", "电话同意"]
    ]
    for number in range(CUSTOMERS):
        name = SURNAMES[number % len(SURNAMES)] + GIVEN[number // 7 % len(GIVEN)]
        born = dt.date(1950, 1, 1) + dt.timedelta(days=int(rng.integers(0, 18_000)))
        rows.append(
            [
                customer(number),
                name,
                "男女"[number % 2],
                f"138{number:08d}",
                f"M{number % 6 + 1}",
                BRANCHES[number % len(BRANCHES)],
                (born - EXCEL_DAY_0).days,
                "正常",
                "是" if number % 11 else "否",
                "是",
            ]
        )
    write_workbook(path, rows)


def main() -> None:
    """Read the command line."""
    folder = Path(sys.argv[1])
    rng = np.random.default_rng(20150401)
    write_balances(folder / "balances", rng)
    write_customers(folder / "客户信息.xlsx", rng)
    write_workbook(folder / "禁止联系名单.xlsx", [["客户号", "起始日期"], [customer(3), 42_000], [customer(8), 42_100]])


if __name__ == "__main__":
    main()
