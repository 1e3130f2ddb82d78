"""Cases that look bad and are good: what must be read right, and what must be said of it."""

from __future__ import annotations

import gzip
import re

import pyarrow as pa

from tests.extracts.bad_inputs.cases import (
    AMOUNT,
    CANARY,
    DAYS,
    HEADER,
    MIDDLE,
    Accepted,
    Change,
    Files,
    balance,
    beside,
    both,
    every_day,
    extract_rules,
    good,
    good_line,
    middle,
    nothing,
    parquet,
    replaced,
    row,
    rows,
    sound_parquet,
)
from tests.extracts.bad_inputs.of_rows import zoned

LOWER = f"{CANARY}002,gold_diamond,金钻,2828281.66,{AMOUNT}2.50,3"
"""What a customer has whose balance counts 0 on the middle day: 2 x 4242422.50 / 3, rounded down."""


def chinese(content: bytes) -> bytes:
    """Return an extract with Chinese headers and a column of names, as GB18030."""
    text = content.decode().replace("customer_id,date,balance", "客户号,数据日期,余额,姓名")
    return "".join(line + ("\n" if "姓名" in line else ",李四\n") for line in text.splitlines()).encode("gb18030")


def renamed(old: str, new: str) -> bytes:
    """Return the middle day with another header."""
    return (HEADER + rows(DAYS[1])).replace(old, new, 1).encode()


def also(id_text: str) -> Change:
    """Return the change that gives every day one more customer, with this id."""

    def change(files: Files) -> None:
        for name, day in zip(sorted(files), DAYS, strict=True):
            files[name] += f"{id_text},{day},1000000\n".encode()

    return change


def of_customer(number: int, name: str, id_text: str) -> Accepted:
    """Return the case of a customer whose id is this text, however strange, and stays so."""
    return Accepted(number, name, also(id_text), lines=(f"{id_text},gold_diamond,金钻,1000000.00,1000000.00,3",))


def whole_number_ids(files: Files) -> None:
    """Deliver every day as Parquet whose ids are whole numbers that no float holds."""
    for name, day in zip(sorted(files), DAYS, strict=True):
        ids = pa.array([_BEYOND_FLOATS + number for number in range(5)])
        files[name] = parquet(**{**sound_parquet(), "customer_id": ids, "date": pa.array([day] * 5)})


_BEYOND_FLOATS = 2**53 + 1


CASES = [
    Accepted(0, "sound", nothing, rows=(("read", 15), ("used", 15))),
    Accepted(12, "CSV named .parquet", replaced("b.parquet", good()[MIDDLE]), (("b.parquet", "CSV"),)),
    Accepted(12, "Parquet named .csv", middle(parquet(**sound_parquet())), ((MIDDLE, "Parquet"),)),
    Accepted(12, "Parquet named .csv.gz", replaced("b.csv.gz", parquet(**sound_parquet())), (("b.csv.gz", "Parquet"),)),
    Accepted(13, "gzip named .csv", middle(gzip.compress(good()[MIDDLE])), ((MIDDLE, "gzip"),)),
    Accepted(13, "gzip named .csv.gz", replaced("b_20151002.csv.gz", gzip.compress(good()[MIDDLE]))),
    Accepted(13, "CSV named .csv.gz", replaced("b_20151002.csv.gz", good()[MIDDLE]), (("b_20151002.csv.gz", "gzip"),)),
    Accepted(
        13, "gzip in pieces", middle(b"".join(gzip.compress(line) for line in good()[MIDDLE].splitlines(keepends=True))), ((MIDDLE,),)
    ),
    Accepted(18, "UTF-8 with BOM", every_day(b"\xef\xbb\xbf".__add__)),
    Accepted(18, "UTF-8 with BOM and quotes", middle(b'\xef\xbb\xbf"customer_id","date","balance"\n' + rows(DAYS[1]).encode())),
    Accepted(19, "GB18030 in one file", lambda files: files.update({MIDDLE: chinese(files[MIDDLE])}), ((MIDDLE, "GB18030", "UTF-8"),)),
    Accepted(19, "GB18030 in every file", every_day(chinese), (("balances_20151001.csv", "2 more", "GB18030"),)),
    Accepted(21, "lines that end in CR", every_day(lambda content: content.replace(b"\n", b"\r"))),
    Accepted(21, "lines that end in CR LF", every_day(lambda content: content.replace(b"\n", b"\r\n"))),
    Accepted(
        21,
        "lines that end in CR, with quotes",
        middle((HEADER + rows(DAYS[1])).replace("424242", '"424242', 1).replace(".50\n", '.50"\n', 1).replace("\n", "\r")),
    ),
    Accepted(
        24,
        "no final newline, which the rules accept",
        both(middle((HEADER + rows(DAYS[1]))[:-1]), extract_rules("final_newline: optional")),
    ),
    Accepted(
        25,
        "the same path twice",
        nothing,
        rows=(("read", 15), ("collapsed", 0)),
        options=("extracts", f"extracts/{MIDDLE}", f"./extracts/../extracts/{MIDDLE}"),
    ),
    Accepted(
        25,
        "byte-identical copy",
        beside("copy_20151002.csv", good()[MIDDLE]),
        (("copy_20151002.csv", MIDDLE, "byte-identical"),),
        rows=(("read", 20), ("used", 15), ("collapsed", 5)),
    ),
    Accepted(
        25,
        "equal bytes under names of two days",
        lambda files: files.update({name: (HEADER.replace("date,", "") + rows("x").replace(",x", "")).encode() for name in files}),
        rows=(("read", 15), ("used", 15), ("collapsed", 0)),
    ),
    Accepted(
        26,
        "overlapping files with equal rows",
        beside("part.csv", f"{HEADER}{CANARY}003,{DAYS[1]},{AMOUNT}3.5\n{CANARY}004,{DAYS[2]},{AMOUNT}4.50\n"),
        rows=(("read", 17), ("used", 15), ("collapsed", 2)),
    ),
    Accepted(35, "header with blanks and capitals", middle(renamed("customer_id,date", " Customer_ID , DATE "))),
    Accepted(35, "header in full-width letters", middle(renamed("customer_id,date", "ｃｕｓｔｏｍｅｒ＿ｉｄ,ＤＡＴＥ"))),
    Accepted(35, "header with invisible characters", middle(renamed("balance", "bal\u200bance\ufeff"))),
    of_customer(41, "id NA", "NA"),
    of_customer(41, "id NULL", "NULL"),
    of_customer(41, "id nan", "nan"),
    of_customer(41, "id None", "None"),
    of_customer(42, "id with leading zeros", "000042"),
    of_customer(42, "id of zeros", "0000"),
    of_customer(43, "id of 20 digits", "62220212345678901234"),
    Accepted(
        43,
        "whole-number ids in every Parquet",
        whole_number_ids,
        ((MIDDLE.replace("02", "01"), "2 more", "Parquet"),),
        lines=tuple(good_line(number).replace(f"{CANARY}00{number}", str(_BEYOND_FLOATS + number)) for number in range(5)),
        gone=tuple(f"{CANARY}00{number}" for number in range(5)),
    ),
    Accepted(44, "id with blanks around it", row(f" {CANARY}002 ,{DAYS[1]},{AMOUNT}2.50"), (("1 id had", "removed"),)),
    Accepted(44, "id with an ideographic space", row(f"{CANARY}002\u3000,{DAYS[1]},{AMOUNT}2.50"), (("1 id had", "removed"),)),
    Accepted(44, "id with an invisible character", row(f"{CANARY}\u200b002,{DAYS[1]},{AMOUNT}2.50"), (("1 id had", "removed"),)),
    Accepted(44, "id in full-width characters", row(f"ＣＡＮＡＲＹ００２,{DAYS[1]},{AMOUNT}2.50"), (("1 id had", "removed"),)),
    Accepted(51, "plus sign", balance(f"+{AMOUNT}2.50")),
    Accepted(52, "negative balance counts 0", balance("-7.00"), lines=(LOWER,)),
    Accepted(
        52,
        "negative balance is netted",
        both(balance("-7.00"), extract_rules("negative: net")),
        lines=(LOWER.replace("2828281.66", "2828279.33"),),
    ),
    Accepted(53, "third decimal that is zero", balance(f"{AMOUNT}2.500000")),
    Accepted(57, "digits alone", every_day(lambda content: content.replace(b"2015-10-0", b"2015100"))),
    Accepted(57, "slashes", every_day(lambda content: content.replace(b"2015-10-0", b"2015/10/0"))),
    Accepted(57, "slashes without zeros", every_day(lambda content: content.replace(b"2015-10-0", b"2015/10/"))),
    Accepted(57, "Chinese words", every_day(lambda content: re.sub(rb"2015-10-0(.)", "2015年10月\\1日".encode(), content))),
    Accepted(57, "some zeros left out", row(f"{CANARY}002,2015-10-2,{AMOUNT}2.50")),
    Accepted(57, "another form in each file", middle(HEADER + rows("20151002"))),
    Accepted(
        57,
        "the form that the rules say",
        both(every_day(lambda content: content.replace(b"2015-10-0", b"10.2015.0")), extract_rules('date_format: "%m.%Y.%d"')),
    ),
    Accepted(
        57,
        "whole numbers in a Parquet",
        replaced("b.parquet", parquet(**{**sound_parquet(), "date": pa.array([20151002] * 5)})),
    ),
    Accepted(
        60,
        "dates outside the period",
        lambda files: files.update({MIDDLE: files[MIDDLE] + f"{CANARY}900,2015-09-30,5.00\n{CANARY}901,2016-01-01,5.00\n".encode()}),
        rows=(("read", 17), ("used", 15), ("outside", 2)),
    ),
    Accepted(60, "a whole file outside the period", beside("old.csv", HEADER + rows("2014-01-01", 7)), rows=(("read", 22), ("outside", 7))),
    Accepted(61, "time stamp at midnight in a CSV", middle(HEADER + rows("2015-10-02 00:00:00"))),
    Accepted(61, "time stamp at midnight in a Parquet", replaced("b.parquet", zoned("UTC", 0))),
    Accepted(61, "time stamp at midnight of its zone", replaced("b.parquet", zoned("Asia/Shanghai", -8 * 3600))),
    Accepted(
        62,
        "repeated rows",
        lambda files: files.update({MIDDLE: files[MIDDLE] + rows(DAYS[1]).encode()}),
        rows=(("read", 20), ("used", 15), ("collapsed", 5)),
    ),
    Accepted(
        62, "repeated row written otherwise", beside("more.csv", f"{HEADER}{CANARY}002,20151002,{AMOUNT}2.5\n"), rows=(("collapsed", 1),)
    ),
]
